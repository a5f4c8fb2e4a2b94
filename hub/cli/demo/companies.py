"""The companies of the demonstration, each with its access to the API and its own receiver."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.cli.demo.client import Answer, Client
from hub.cli.demo.receivers import Alert, Receiver
from hub.cli.demo_facts import IncidentFacts, MemberFacts

CAST: Final = (
    "hedgewatch", "farwire", "pigeonpost", "quillfeed", "trueleaf", "ballot-commission",
)  # fmt: skip
"""Those that call the API and take alerts; the last one is an observer."""
PUBLISHED: Final = "incident.published"
WITHDRAWN: Final = "incident.withdrawn"
SUGGESTED: Final = "crossref.suggested"
ACCEPTED: Final = "crossref.accepted"
JOINED: Final = "member.joined"
ABOUT_INCIDENTS: Final = (PUBLISHED, WITHDRAWN, SUGGESTED, ACCEPTED)
TOPICS: Final = [*ABOUT_INCIDENTS, JOINED]
"""What the receivers ask for."""
COMMUNITY: Final = frozenset({"signatory", "member"})


@dataclass(frozen=True)
class Company:
    """A member that calls the API and takes alerts."""

    facts: MemberFacts
    client: Client
    receiver: Receiver

    @property
    def slug(self) -> str:
        return self.facts.slug

    @property
    def name(self) -> str:
        return self.facts.name

    @property
    def is_observer(self) -> bool:
        return self.facts.kind not in COMMUNITY

    def subscribe(self) -> None:
        """Register the receiver with the hub."""
        wanted = {"url": self.receiver.url, "topics": TOPICS}
        made = self.client.post("endpoints/", wanted, status=201)
        self.receiver.trust(made.document["secret"])

    def file(self, facts: IncidentFacts, group_ids: Mapping[str, str]) -> Filed:
        """Publish an incident by one POST."""
        answer = self.client.post("incidents/", facts.document(group_ids), status=201)
        return Filed(self, facts, answer.document["ref"], answer.seconds)

    def incident(self, ref: str) -> Answer:
        """What the hub answers this member about an incident."""
        return self.client.get(f"incidents/{ref}/")

    def feed(self, *topics: str) -> list[dict[str, Any]]:
        """All that the pull feed holds for this member, page by page; of these topics, if any."""
        items: list[dict[str, Any]] = []
        query = f"events/?limit=200&topics={','.join(topics)}"
        page = self.client.read(query)
        while page["results"]:
            items += page["results"]
            page = self.client.read(f"{query}&after={page['cursor']}")
        return items


@dataclass(frozen=True)
class Filed:
    """An incident that a company has published."""

    owner: Company
    facts: IncidentFacts
    ref: str
    seconds: float
    """How long the POST took."""


@dataclass(frozen=True)
class Heard:
    """An alert at one company."""

    company: Company
    alert: Alert


def heard(companies: Iterable[Company], topic: str, name: str) -> list[Heard]:
    """Which of the companies have this alert by now, in the order it reached them."""
    found = ((company, company.receiver.alert(topic, name)) for company in companies)
    known = [Heard(company, alert) for company, alert in found if alert]
    return sorted(known, key=lambda one: one.alert.arrived_at)
