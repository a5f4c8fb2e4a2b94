"""Links that members propose, and what becomes of proposals and suggestions."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.readers import Reader
from accounts.roles import Right
from hub.audit.services import record
from hub.kit import clock
from hub.kit.errors import Absent, Conflict, FieldError, InvalidInput, NotAllowed
from incidents.core.models import Incident, Status
from incidents.core.services.observing import speaks_from_hidden_group
from incidents.crossrefs.answers import forget_answers
from incidents.crossrefs.models import CrossReference, Origin, State
from incidents.crossrefs.services.suggesting import announce, forget_links

NOT_YOURS: Final = "Only the members that filed one of its two incidents can do this to a link."


@transaction.atomic
def propose_link(
    *,
    from_ref: str,
    to_ref: str,
    link_type: str,
    by: Reader,
    explanation: str = "",
    show_organisation: bool = False,
) -> CrossReference:
    """Link two incidents: at once if both are the reader's own, else for an owner to decide.

    Raises:
        NotAllowed: the reader's role may not.
        InvalidInput: an incident is not known as far as `by` may read, or both are the same one.
        Conflict: one was withdrawn, or they are linked so already.
    """
    by.require(Right.FILE)
    from_incident, to_incident = _find_ends(from_ref, to_ref, by=by)
    is_own = from_incident.owner_id == to_incident.owner_id == by.member.pk
    hides = speaks_from_hidden_group(from_incident, by) or speaks_from_hidden_group(to_incident, by)
    link = CrossReference(
        from_incident=from_incident,
        to_incident=to_incident,
        type=link_type,
        origin=Origin.MANUAL,
        explanation=explanation,
        organisation=by.member,
        author=by.user,
        organisation_hidden=hides and not show_organisation,
        created_at=clock.now(),
    )
    if is_own:
        _set_decided(link, State.ACCEPTED, by=by)
    _insert(link, by=by)
    _record("propose", link, by=by, state=link.state)
    if is_own:
        _drop_other_suggestions(link)
    announce(f"crossref.{link.state}", link)
    return link


@transaction.atomic
def accept_link(*, link_id: UUID, by: Reader) -> CrossReference:
    """Make a proposal or suggestion a link; all who read both incidents see it from now on.

    Raises:
        Absent: there is no such link that the reader may know.
        NotAllowed: it owns neither incident, or its role may not decide.
        Conflict: it was decided already.
    """
    link = _lock(link_id, by=by)
    _require_decision(link, by=by)
    _set_decided(link, State.ACCEPTED, by=by)
    link.save(update_fields=["state", "decided_at", "decided_by"])
    _drop_other_suggestions(link)
    _record("accept", link, by=by)
    announce("crossref.accepted", link)
    return link


@transaction.atomic
def reject_link(*, link_id: UUID, by: Reader) -> CrossReference:
    """Take a proposal or suggestion away from everybody; the hub does not make it again.

    Raises: as `accept_link`.
    """
    link = _lock(link_id, by=by)
    _require_decision(link, by=by)
    _set_decided(link, State.REJECTED, by=by)
    link.save(update_fields=["state", "decided_at", "decided_by"])
    _record("reject", link, by=by)
    return link


@transaction.atomic
def delete_link(*, link_id: UUID, by: Reader) -> None:
    """Take a link back: its author's organisation, or a lead of one that owns an end.

    What the hub suggested is kept as rejected, so that it does not come back.

    Raises:
        Absent: there is no such link that the reader may know.
        NotAllowed: it is neither the reader's organisation's nor about an incident of it, or the
            reader's role may not.
        Conflict: it is a suggestion that nobody decided on, or was rejected already.
    """
    link = _lock(link_id, by=by)
    require_deletion_allowed(link, by=by)
    if link.origin == Origin.MANUAL:
        _record("delete", link, by=by)
        forget_links([link.pk])
        forget_answers(link.pk)
        link.delete()
        return
    if link.state != State.ACCEPTED:
        raise Conflict("The hub suggested this: reject it, so that it does not come back.")
    _set_decided(link, State.REJECTED, by=by)
    link.save(update_fields=["state", "decided_at", "decided_by"])
    _record("delete", link, by=by)


def require_decision_allowed(link: CrossReference, *, by: Reader) -> None:
    """Raises NotAllowed unless `by` decides for one who owns an end; both must be fetched."""
    if by.member.pk not in {link.from_incident.owner_id, link.to_incident.owner_id}:
        raise NotAllowed(NOT_YOURS)
    by.require(Right.DECIDE)


def require_deletion_allowed(link: CrossReference, *, by: Reader) -> None:
    """Raises NotAllowed unless `by` may take the link back."""
    if link.organisation_id == by.member.pk:
        by.require(Right.FILE)
    else:
        require_decision_allowed(link, by=by)


def _find_ends(from_ref: str, to_ref: str, *, by: Reader) -> tuple[Incident, Incident]:
    visible = Incident.objects.visible_to(by).filter(ref__in=[from_ref, to_ref])
    # Of others' withdrawn incidents only a tombstone is left, and nothing hangs on that.
    found = {
        incident.ref: incident
        for incident in visible.select_related("owner")
        if incident.status != Status.WITHDRAWN or incident.owner_id == by.member.pk
    }
    asked = {"/from": from_ref, "/to": to_ref}
    errors = [
        FieldError(pointer, "not_found", "There is no such incident.")
        for pointer, ref in asked.items()
        if ref not in found
    ]
    if errors:
        raise InvalidInput("Some of what was named is not known.", errors=errors)
    if from_ref == to_ref:
        raise InvalidInput("Name two different incidents.", pointer="/to", code="same_incident")
    if any(incident.status == Status.WITHDRAWN for incident in found.values()):
        raise Conflict("One of the incidents was withdrawn: it is not linked any more.")
    return found[from_ref], found[to_ref]


def _insert(link: CrossReference, *, by: Reader) -> None:
    same = CrossReference.objects.visible_to(by).filter(
        Q(state=State.ACCEPTED) | Q(origin=Origin.MANUAL),
        from_incident=link.from_incident,
        to_incident=link.to_incident,
        type=link.type,
    )
    is_known = same.exists()
    if not is_known:
        try:
            with transaction.atomic():
                link.save(force_insert=True)
        except IntegrityError:
            is_known = True
    if is_known:
        raise Conflict("The two incidents are linked so already, or somebody proposes it.")


def _lock(link_id: UUID, *, by: Reader) -> CrossReference:
    """Lock a link and all others between its two incidents, in the order of keys.

    As the hub does when it suggests: neither waits for the other in a circle.
    """
    known = CrossReference.objects.editable_by(by).filter(pk=link_id)
    ends = known.values_list("from_incident_id", "to_incident_id").first()
    if ends is None:
        raise Absent
    between = CrossReference.objects.filter(
        from_incident__in=ends, to_incident__in=ends
    ).select_related("from_incident", "to_incident")
    locked = between.select_for_update(of=("self",)).order_by("pk")
    link = next((one for one in locked if one.pk == link_id), None)
    if link is None:
        raise Absent
    return link


def _require_decision(link: CrossReference, *, by: Reader) -> None:
    require_decision_allowed(link, by=by)
    if link.state != State.SUGGESTED:
        raise Conflict(f"The link was {link.state} already.")


def _set_decided(link: CrossReference, state: State, *, by: Reader) -> None:
    link.state, link.decided_at, link.decided_by = state, clock.now(), by.member


def _drop_other_suggestions(link: CrossReference) -> None:
    """What all who see both incidents see linked needs no suggestion any more."""
    ends = [link.from_incident_id, link.to_incident_id]
    others = CrossReference.objects.filter(from_incident__in=ends, to_incident__in=ends)
    others = others.exclude(origin=Origin.MANUAL).exclude(pk=link.pk)
    others = others.filter(state=State.SUGGESTED)
    forget_links(others.values_list("pk", flat=True))
    others.delete()


def _record(action: str, link: CrossReference, *, by: Reader, **detail: str) -> None:
    refs = [link.from_incident.ref, link.to_incident.ref]
    detail = {"id": str(link.pk), "type": link.type, **detail}
    record(f"crossref.{action}", by=by.actor, objects=refs, detail=detail)
