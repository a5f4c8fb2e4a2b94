"""Who takes part in generated incidents: organisations, their people and groups, and targets."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from accounts.models import Member, MemberKind, MemberStatus, User
from accounts.roles import Role
from bench.incidents.words import LANGUAGES, Skewed
from incidents.sharing.models import Membership, SharingGroup

NAMES: Final = (
    "Aldermoor", "Bramblecast", "Cobaltine", "Dovetail", "Emberline", "Fathomworks",
    "Glasswing", "Hollowpine", "Inkstone", "Juniper", "Kestrelnet", "Lanternfish", "Marrowby",
    "Northlight", "Oxbow", "Pinwheel", "Quillon", "Rookery", "Saltmarsh", "Thistledown",
    "Umbrella", "Verdigris", "Wrenfield", "Yarrow", "Zephyrine", "Alphacheck", "Bellwether",
    "Civitas", "Delphi", "Everwatch",
)  # fmt: skip
OBSERVERS: Final = 8
"""The last of them stand outside the community."""
COMMUNITY_READER: Final = "aldermoor"
OBSERVING_READER: Final = "delphi"
"""Reads what is clear, and the little that names it."""
GROUPS: Final = 12
TARGETS: Final = 4_000
TARGET_KINDS: Final = Skewed(
    [
        "politician", "candidate", "public_figure", "election_official", "journalist",
        "organisation", "government_entity", "group", "private_person",
    ],
    [34, 24, 16, 4, 7, 5, 5, 2, 3],
)  # fmt: skip
COUNTRIES: Final = Skewed([
    "US", "IN", "BR", "GB", "DE", "FR", "MX", "UA", "PL", "TR", "ES", "IT", "NG", "ID", "PH",
    "TW", "KR", "JP", "ZA", "AR", "SK", "MD", "RO", "CZ", "CA", "AU", "AT", "NL", "SE", "KE",
    "PK", "BD", "LK", "GE", "EG", "CO", "CL", "PE", "GH", "SN", "TN", "GR", "PT", "IE", "DK",
    "NO", "FI", "HU", "BG", "RS", "HR", "LT", "LV", "EE",
])  # fmt: skip
"""What is rare here is rarer than any of it: see `bench.incidents.landmarks`."""


@dataclass(frozen=True, eq=False)
class Target:
    """Somebody whom deepfakes show; the first of all are shown most often."""

    name: str
    document: dict[str, Any]


class Cast:
    """All of them, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(f"cast {seed}")
        self.members = [self._member(place, name) for place, name in enumerate(NAMES)]
        self.users = {member.slug: list(self._users(member)) for member in self.members}
        self.groups: list[SharingGroup] = []
        self.memberships: list[Membership] = []
        for number in range(GROUPS):
            self._add_group(number)
        self.targets = Skewed([self._target(number) for number in range(TARGETS)])

    @cached_property
    def owners(self) -> Skewed[Member]:
        """Observers file nothing."""
        return Skewed(self.members[:-OBSERVERS])

    @property
    def active_members(self) -> list[Member]:
        return [member for member in self.members if member.is_active]

    def groups_of(self, member: Member) -> list[SharingGroup]:
        """Those that the member may name: its own, and those it belongs to."""
        belongs = {one.group_id for one in self.memberships if one.member_id == member.pk}
        return [
            group for group in self.groups if group.owner_id == member.pk or group.pk in belongs
        ]

    def write(self) -> None:
        """Put them into the database, which must not know them yet."""
        Member.objects.bulk_create(self.members)
        User.objects.bulk_create([user for users in self.users.values() for user in users])
        SharingGroup.objects.bulk_create(self.groups)
        Membership.objects.bulk_create(self.memberships)

    def _uuid(self) -> UUID:
        return UUID(int=self._rng.getrandbits(128), version=4)

    def _member(self, place: int, name: str) -> Member:
        inside = place < len(NAMES) - OBSERVERS
        kinds = [MemberKind.SIGNATORY, MemberKind.MEMBER, MemberKind.SIGNATORY]
        if inside and place % 11 == 10:
            kind = MemberKind.FACT_CHECKER
        elif inside:
            kind = kinds[place % 3]
        else:
            outside = [
                MemberKind.FACT_CHECKER, MemberKind.ELECTION_AUTHORITY, MemberKind.REGULATOR,
                MemberKind.CIVIL_SOCIETY,
            ]  # fmt: skip
            kind = outside[place % 4]
        return Member(
            id=self._uuid(),
            slug=name.lower(),
            name=name,
            kind=kind,
            in_community=inside,
            status=MemberStatus.SUSPENDED if name == "Wrenfield" else MemberStatus.ACTIVE,
            jurisdictions=sorted(set(COUNTRIES.several(self._rng, 3))),
            domains=[f"{name.lower()}.example"],
        )

    def _users(self, member: Member) -> Iterator[User]:
        for role in (Role.LEAD, Role.ANALYST, Role.ANALYST, Role.VIEWER):
            user = User(id=self._uuid(), member=member, role=role)
            user.email = f"{role}-{user.pk.hex[:6]}@{member.domains[0]}"
            user.set_unusable_password()
            yield user

    def _add_group(self, number: int) -> None:
        owner = self.members[number % 7]
        group = SharingGroup(
            id=self._uuid(),
            owner=owner,
            name=f"Group {number + 1}",
            membership_hidden=number % 4 == 3,
        )
        others = self._rng.sample(self.active_members, k=self._rng.randint(3, 9))
        self.groups.append(group)
        self.memberships += [Membership(group=group, member=member) for member in others]

    def _target(self, number: int) -> Target:
        rng = self._rng
        language = LANGUAGES[rng.choice(list(LANGUAGES))]
        family = language.family_names.split()
        family += [word.capitalize() for word in language.words.things[-400:]]
        name = f"{rng.choice(language.given_names.split())} {rng.choice(family)}"
        kind = TARGET_KINDS.one(rng)
        document: dict[str, Any] = {"name": name, "kind": kind, "country": COUNTRIES.one(rng)}
        if kind == "private_person":
            document |= {"name": "Private person 1", "aliases": []}
        elif number % 9 == 0:
            document["aliases"] = [name.rsplit(maxsplit=1)[-1]]
        return Target(document["name"], document)
