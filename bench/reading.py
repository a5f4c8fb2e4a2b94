"""Our side of P8, in a process of its own: who reads, and what there is to read."""

from __future__ import annotations

from typing import Any, Final

from accounts.models import Member
from accounts.readers import Reader
from accounts.services.tokens import issue_token
from bench.conversation import answer
from bench.incidents.cast import COMMUNITY_READER, OBSERVING_READER
from incidents.core.models import Incident, IncidentQuerySet, Status

READERS: Final = {"member": COMMUNITY_READER, "observer": OBSERVING_READER}


def token(who: str) -> str:
    """A token with which one of the `READERS` may read."""
    member = Member.objects.get(slug=READERS[who])
    return issue_token(member_id=member.pk, name="bench", scopes=["incidents:read"]).text


def share(who: str) -> float:
    """Which part of all incidents the reader may read."""
    readable, all_of_them = _readable(who).count(), Incident.objects.count()
    return readable / all_of_them


def ref(who: str) -> str:
    """An incident that the reader may read, from the middle."""
    readable = _readable(who).filter(status=Status.PUBLISHED).order_by("ref")
    return str(readable.values_list("ref", flat=True)[0])


def _readable(who: str) -> IncidentQuerySet:
    return Incident.objects.visible_to(Reader(Member.objects.get(slug=READERS[who]), None))


COMMANDS: Final[dict[str, Any]] = {"token": token, "share": share, "ref": ref}

if __name__ == "__main__":
    answer(COMMANDS)
