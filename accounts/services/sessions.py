"""Ending of sessions, by the person whose they are and by time."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.models import Session, User
from hub.audit.services import Actor, record
from hub.kit import clock
from hub.kit.errors import Absent


@transaction.atomic
def end_session(*, handle: str, user: User) -> None:
    """Sign a person out of one of their browsers. Raises Absent when it is none of theirs."""
    found = [one for one in Session.objects.visible_to(user) if one.handle == handle]
    if not found:
        raise Absent
    found[0].delete()
    _record(user, ended=1)


@transaction.atomic
def end_other_sessions(*, user: User, keep_session: str) -> int:
    """Sign a person out of all their browsers but the one with this key; says of how many."""
    others = Session.objects.visible_to(user).exclude(session_key=keep_session)
    ended, _ = others.delete()
    if ended:
        _record(user, ended=ended)
    return ended


@transaction.atomic
def sign_out(*, user_id: UUID, handle: str = "", by: Actor) -> int:
    """Sign somebody out of the browser that `handle` names, else of all; for the hub's operator.

    Says of how many. Raises Absent when there is no such person or browser.
    """
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise Absent
    sessions = list(Session.objects.visible_to(user))
    ended = [one for one in sessions if not handle or one.handle == handle]
    if handle and not ended:
        raise Absent
    for session in ended:
        session.delete()
    if ended:
        detail = {"ended": len(ended)}
        record("session.end", by=by, objects=[str(user.pk)], detail=detail)
    return len(ended)


def purge_expired_sessions() -> int:
    """Delete the rows of sessions that are over; says how many. Run again, it finds fewer."""
    deleted, _ = Session.objects.filter(expire_date__lte=clock.now()).delete()
    return deleted


def _record(user: User, *, ended: int) -> None:
    by = Actor(member_id=user.member_id, user_id=user.pk)
    record("session.end", by=by, objects=[str(user.pk)], detail={"ended": ended})
