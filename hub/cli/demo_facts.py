"""The demonstration's facts as `data/demo.json` tells them: real deepfakes, invented companies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from accounts.roles import Role

FILE: Final = Path(__file__).with_name("data") / "demo.json"
ROLES: Final = (Role.ADMIN, Role.LEAD, Role.ANALYST)
"""Each member has one person of each."""


@dataclass(frozen=True)
class MemberFacts:
    """An organisation. `signed_on` is a day such as 2024-02-16, empty where it never signed."""

    slug: str
    name: str
    kind: str
    roles: Sequence[str]
    jurisdictions: Sequence[str]
    domains: Sequence[str]
    signed_on: str = ""
    in_community: bool | None = None
    """None: as its kind says."""

    @property
    def addresses(self) -> list[str]:
        """The e-mail addresses of its people."""
        return [self.address_of(role) for role in ROLES]

    def address_of(self, role: Role) -> str:
        """The e-mail address of its person with this role."""
        return f"{role}@{self.domains[0]}"


@dataclass(frozen=True)
class GroupFacts:
    """A sharing group; `owner` and `members` are slugs, incidents name it by `key`."""

    key: str
    name: str
    owner: str
    description: str
    members: Sequence[str]
    membership_hidden: bool


@dataclass(frozen=True)
class IncidentFacts:
    """An incident of the member with the slug `owner`, as POST takes it but for its groups."""

    key: str
    owner: str
    publish: bool
    incident: Mapping[str, Any]

    @property
    def title(self) -> str:
        return str(self.incident["title"])

    @property
    def tlp(self) -> str:
        return str(self.incident["tlp"])

    def document(self, group_ids: Mapping[str, str]) -> dict[str, Any]:
        """What POST takes; `group_ids` gives the hub's id for the key of a sharing group."""
        audiences = [
            {"group": group_ids[one["group"]]} if "group" in one else one
            for one in self.incident.get("audiences", [])
        ]
        return {**self.incident, "audiences": audiences, "publish": self.publish}


@dataclass(frozen=True)
class Facts:
    """All of them, in the order of the file."""

    members: Sequence[MemberFacts]
    groups: Sequence[GroupFacts]
    incidents: Sequence[IncidentFacts]


def read_facts() -> Facts:
    """Read the file that comes with the project."""
    told = json.loads(FILE.read_text(encoding="utf-8"))
    return Facts(
        members=[MemberFacts(**member) for member in told["members"]],
        groups=[GroupFacts(**group) for group in told["sharing_groups"]],
        incidents=[IncidentFacts(**entry) for entry in told["incidents"]],
    )
