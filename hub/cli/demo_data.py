"""Loading of the demonstration's organisations and incidents into a hub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from django.contrib.auth.hashers import make_password
from django.db import transaction
from rest_framework.exceptions import ValidationError

from accounts.models import Member, TokenScope, User
from accounts.readers import Reader
from accounts.roles import Role
from accounts.services.members import create_member
from accounts.services.people import create_user
from accounts.services.tokens import issue_token
from hub.api.problems import problem_of
from hub.cli.demo_facts import ROLES, Facts, GroupFacts, IncidentFacts, MemberFacts
from hub.kit.errors import FieldError, InvalidInput
from incidents.core.inputs import IncidentInput
from incidents.core.models import Incident
from incidents.core.services.filing import create_incident
from incidents.sharing.models import SharingGroup
from incidents.sharing.services import create_group

TOKEN_NAME: Final = "Demonstration"  # noqa: S105 - what it is called


class DemoToken(NamedTuple):
    """A token that was made for whoever looks at the demonstration; shown this once."""

    member: str
    text: str


@dataclass(frozen=True)
class Loaded:
    """What of the demonstration stands in the hub now, and how much of it is new."""

    members: int
    groups: int
    incidents: int
    created: int
    token: DemoToken | None = None


@transaction.atomic
def load_demo(facts: Facts, *, with_token: bool = False, password: str | None = None) -> Loaded:
    """Load what is missing, as if its members had done it; run again, it changes nothing.

    One transaction: a first start that is interrupted loads all of it the next time. Members are
    recognised by their slug, groups by owner and name, incidents by owner and title. `with_token`
    makes a token for the first member, when that member is new. People who are new sign in with
    `password`; without it they cannot yet.

    Raises HubError when the hub does not take it, for instance from a suspended member.
    """
    loading = _Loading(password)
    first_is_new = not Member.objects.filter(slug=facts.members[0].slug).exists()
    for member in facts.members:
        loading.member(member)
    for group in facts.groups:
        loading.group(group)
    for incident in facts.incidents:
        loading.incident(incident)
    return Loaded(
        members=len(facts.members),
        groups=len(facts.groups),
        incidents=len(facts.incidents),
        created=loading.created,
        token=_issue_token(facts.members[0].slug) if with_token and first_is_new else None,
    )


class _Loading:
    """One run: who acts for each member, and what has become of the groups."""

    def __init__(self, password: str | None) -> None:
        # Once for all: it takes long on purpose.
        self.encoded = make_password(password) if password else ""
        self.leads: dict[str, Reader] = {}
        self.group_ids: dict[str, str] = {}
        self.created = 0

    def member(self, facts: MemberFacts) -> None:
        member = Member.objects.filter(slug=facts.slug).first() or self._new_member(facts)
        people = {role: self._person(member, facts.address_of(role), role) for role in ROLES}
        self.leads[facts.slug] = Reader(member, people[Role.LEAD])

    def group(self, facts: GroupFacts) -> None:
        by = self.leads[facts.owner]
        groups = SharingGroup.objects.visible_to(by)
        group = groups.filter(owner=by.member, name=facts.name).first()
        if group is None:
            group = create_group(
                name=facts.name,
                members=facts.members,
                description=facts.description,
                membership_hidden=facts.membership_hidden,
                by=by,
            )
            self.created += 1
        self.group_ids[facts.key] = str(group.pk)

    def incident(self, facts: IncidentFacts) -> None:
        by = self.leads[facts.owner]
        if Incident.objects.filter(owner=by.member, title=facts.title).exists():
            return
        try:
            _file(facts, self.group_ids, by)
        except InvalidInput as error:
            raise InvalidInput(f"Incident {facts.key}: {_words(error.errors)}") from error
        self.created += 1

    def _person(self, member: Member, address: str, role: Role) -> User:
        user = User.objects.named(address).filter(member=member).first()
        if user is None:
            user = create_user(email=address, member_id=member.pk, role=role)
            if self.encoded:
                user.password = self.encoded
                user.save(update_fields=["password"])
            self.created += 1
        return user

    def _new_member(self, facts: MemberFacts) -> Member:
        self.created += 1
        return create_member(
            slug=facts.slug,
            name=facts.name,
            kind=facts.kind,
            roles=facts.roles,
            jurisdictions=facts.jurisdictions,
            domains=facts.domains,
            signed_on=date.fromisoformat(facts.signed_on) if facts.signed_on else None,
            in_community=facts.in_community,
        )


def _file(facts: IncidentFacts, group_ids: Mapping[str, str], by: Reader) -> None:
    """File the incident as the API would. Raises InvalidInput."""
    serializer = IncidentInput(data=facts.document(group_ids))
    try:
        serializer.is_valid(raise_exception=True)
    except ValidationError as error:
        problem = problem_of(error)
        raise InvalidInput(errors=problem.errors if problem else ()) from error
    fields = dict(serializer.validated_data)
    publish = fields.pop("publish")
    observations = fields.pop("observations", [])
    create_incident(fields=fields, by=by, publish=publish, observations=observations)


def _words(errors: Sequence[FieldError]) -> str:
    return " ".join(f"{error.pointer}: {error.detail}" for error in errors)


def _issue_token(slug: str) -> DemoToken:
    issued = issue_token(
        member_id=Member.objects.get(slug=slug).pk,
        name=TOKEN_NAME,
        scopes=TokenScope.values,
    )
    return DemoToken(slug, issued.text)
