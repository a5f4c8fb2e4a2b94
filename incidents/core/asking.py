"""Questions of operators about sight: who, and what, an address, a short name and a ref mean."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Member, User
from accounts.readers import Reader
from hub.kit.errors import InvalidInput
from incidents.core.explaining import Explanation, explain, explain_child
from incidents.core.models import Incident, Observation

DECIDES = ("ref", "status", "tlp", "audiences", "owner_id", "author_id")
"""Of incidents, and no text."""
DECIDES_OF_PARTS = (
    *("tlp", "audiences", "organisation_id", "author_id", "follows_incident", "incident_id"),
    *(f"incident__{name}" for name in DECIDES),
)


class Question(NamedTuple):
    """Whether this reader may read this incident, or this observation of it."""

    reader: Reader
    incident: Incident
    observation: Observation | None


class Answer(NamedTuple):
    """Why, and whether the filter that every page asks says the same."""

    explanation: Explanation
    is_confirmed: bool


def find_question(
    *, ref: str, member: str = "", email: str = "", observation: UUID | None = None
) -> Question:
    """The rows that are meant; a person speaks for the organisation they belong to.

    Raises InvalidInput, at the pointer of what does not exist or does not fit.
    """
    incident = Incident.objects.only(*DECIDES).filter(ref=ref).first()
    if incident is None:
        raise InvalidInput("There is no incident with this ref.", pointer="/ref")
    return Question(_reader(member, email), incident, _observation(incident, observation))


def answer(question: Question) -> Answer:
    """Walk the table, and ask the filter too."""
    reader, incident, observation = question
    if observation is None:
        explanation = explain(incident, reader)
        rows: QuerySet[Incident] | QuerySet[Observation] = Incident.objects.visible_to(reader)
    else:
        explanation = explain_child(observation, reader)
        rows = Observation.objects.visible_to(reader)
    seen = rows.filter(pk=(observation or incident).pk).exists()
    return Answer(explanation, is_confirmed=seen == explanation.may_read)


def _reader(slug: str, email: str) -> Reader:
    if not email:
        return Reader(_member(slug), None)
    user = User.objects.named(email).select_related("member").first()
    if user is None:
        raise InvalidInput("Nobody has this address.", pointer="/email")
    if user.member is None:
        raise InvalidInput(
            "They belong to no organisation: they read no incident.", pointer="/email"
        )
    if slug and user.member.slug != slug:
        raise InvalidInput(f"They belong to {user.member.slug}.", pointer="/member")
    return Reader(user.member, user)


def _member(slug: str) -> Member:
    if not slug:
        raise InvalidInput("Name an organisation, or a person.", pointer="/member")
    member = Member.objects.filter(slug=slug).first()
    if member is None:
        raise InvalidInput("There is no organisation with this short name.", pointer="/member")
    return member


def _observation(incident: Incident, key: UUID | None) -> Observation | None:
    if key is None:
        return None
    rows = Observation.objects.select_related("incident").only(*DECIDES_OF_PARTS)
    found = rows.filter(pk=key, incident=incident).first()
    if found is None:
        raise InvalidInput("The incident has no such observation.", pointer="/observation")
    return found
