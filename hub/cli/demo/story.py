"""What the demonstration shows, step by step; each step checks itself."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from hub.cli.demo.checks import (
    expect_feed_equal,
    expect_found,
    expect_link,
    expect_no_trace,
    expect_nothing_else,
    expect_reduced,
    expect_tombstone,
    expect_whole,
    is_feed_equal,
)
from hub.cli.demo.companies import (
    ACCEPTED,
    JOINED,
    PUBLISHED,
    SUGGESTED,
    WITHDRAWN,
    Company,
    Filed,
    Heard,
    heard,
)
from hub.cli.demo.failure import expect
from hub.cli.demo.narration import Narration, milliseconds
from hub.cli.demo.second_report import MISSPELT, second_report
from hub.cli.demo.stage import BROKER, Stage
from hub.cli.demo_facts import Facts, IncidentFacts

ARRIVAL_SECONDS: Final = 15.0
FEED_SECONDS: Final = 10.0
FEED_POLL_SECONDS: Final = 0.2
NEWCOMER: Final = "plumbline"
GROUP: Final = "election-desk"
WHOLE: Final = "the whole incident"
REASON: Final = "Parody that says it is parody: this was not deception."


class Story:
    """One telling; every alert that comes must be one that the story expects."""

    def __init__(
        self, stage: Stage, facts: Facts, companies: Sequence[Company], page: Narration
    ) -> None:
        self._stage = stage
        self._page = page
        self._companies = companies
        self._by_slug = {company.slug: company for company in companies}
        self._members = {member.slug: member for member in facts.members}
        self._groups = {group.key: group for group in facts.groups}
        self._incidents = {incident.key: incident for incident in facts.incidents}
        self._group_ids: dict[str, str] = {}
        self._expected: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._seconds: list[float] = []

    def tell(self) -> None:
        """All of it, in order. Raises Deviation where something else happens."""
        self._receivers_are_registered()
        self._a_member_is_admitted()
        self._a_clear_incident_reaches_everybody()
        robocall = self._a_green_incident_reaches_the_community()
        self._a_second_report_is_linked_to_the_first(robocall)
        self._an_amber_incident_reaches_its_audience()
        parody = self._alerts_arrive_while_the_broker_hangs()
        self._alerts_arrive_while_the_broker_is_dead()
        self._a_withdrawal_reaches_all_who_had_it(parody)
        self._the_feed_holds_what_was_sent()

    # The steps ------------------------------------------------------------------------------

    def _receivers_are_registered(self) -> None:
        self._page.step("Six organisations register a receiver each")
        for company in self._companies:
            company.subscribe()
            kind = company.facts.kind.replace("_", " ")
            words = f"{kind}, an observer" if company.is_observer else kind
            self._page.row(company.name, f":{company.receiver.port}", words)
        group = self._groups[GROUP]
        members = [slug for slug in group.members if slug in self._by_slug]
        document = {"name": group.name, "description": group.description, "members": members}
        made = self._by_slug[group.owner].client.post("sharing-groups/", document, status=201)
        self._group_ids[GROUP] = made.document["id"]
        names = ", ".join(self._by_slug[slug].name for slug in members)
        self._page.line(f"Sharing group “{group.name}” of {self._by_slug[group.owner].name}:")
        self._page.line(f"  {names}")

    def _a_member_is_admitted(self) -> None:
        newcomer = self._members[NEWCOMER]
        self._page.step(f"The operator admits {newcomer.name}: all are told")
        self._stage.admit(newcomer)
        self._expect_alerts(JOINED, NEWCOMER, self._companies)

    def _a_clear_incident_reaches_everybody(self) -> None:
        self._page.step("TLP:CLEAR alerts every member")
        filed = self._file("hedgewatch", "zelensky-surrender-video-2022")
        others = [one for one in self._companies if one is not filed.owner]
        self._expect_alerts(PUBLISHED, filed.ref, others, WHOLE, check=expect_whole)

    def _a_green_incident_reaches_the_community(self) -> Filed:
        self._page.step("TLP:GREEN alerts the community")
        filed = self._file("farwire", "new-hampshire-biden-robocall-2024")
        self._expect_community_alerted(filed)
        return filed

    def _a_second_report_is_linked_to_the_first(self, first: Filed) -> None:
        self._page.step("Another member reports the same: the hub links the two")
        second = self._publish(second_report(first.facts, owner="quillfeed"))
        self._expect_community_alerted(second)
        link = self._suggested_link(first, second)
        words = f"score {link['score']}"
        community = [one for one in self._companies if not one.is_observer]
        self._expect_alerts(SUGGESTED, link["id"], community, words, check=expect_link)
        accepted = first.owner.client.post(f"crossrefs/{link['id']}/accept/", {}, status=200)
        took = milliseconds(accepted.seconds)
        self._page.line(f"{first.owner.name}, which filed the first, accepts (in {took}):")
        others = [one for one in community if one is not first.owner]
        self._expect_alerts(ACCEPTED, link["id"], others, "it holds", check=expect_link)
        self._page.line(f"Whoever types “{MISSPELT}” into a search finds both:")
        for company in others:
            expect_found(company, MISSPELT, {first.ref, second.ref})
            self._page.row(company.name, "2", "incidents found")

    def _suggested_link(self, first: Filed, second: Filed) -> dict[str, Any]:
        """The link that the hub suggests between the two, as soon as it does, with its reasons."""
        links: list[dict[str, Any]] = []

        def is_suggested() -> bool:
            path = f"incidents/{first.ref}/crossrefs/"
            links[:] = first.owner.client.read(path)["results"]
            return bool(links)

        self._stage.wait_until(is_suggested, seconds=ARRIVAL_SECONDS, every=FEED_POLL_SECONDS)
        told = [(one["from"], one["to"], one["state"], one["by"]) for one in links]
        expected = [(second.ref, first.ref, "suggested", None)]
        expect(told == expected, f"The hub suggests {told} instead of {expected}.")
        kind = links[0]["type"].replace("_", " ")
        self._page.line(f"The hub suggests: {second.ref} is a {kind} {first.ref}.")
        for reason in links[0]["explanation"].split(". "):
            self._page.quote(reason.removesuffix("."))
        return links[0]

    def _an_amber_incident_reaches_its_audience(self) -> None:
        self._page.step("TLP:AMBER alerts its audience, and nobody else finds a trace")
        filed = self._file("pigeonpost", "cardin-kuleba-video-call-2024")
        slugs = set(self._groups[GROUP].members) - {filed.owner.slug}
        audience = [one for one in self._companies if one.slug in slugs]
        words = "the ref alone"
        self._expect_alerts(PUBLISHED, filed.ref, audience, words, check=expect_reduced)
        self._page.line("Their GET shows them the rest. To the others it does not exist:")
        everybody_else = [one for one in self._companies if one not in audience]
        self._expect_no_trace(filed, [one for one in everybody_else if one is not filed.owner])

    def _alerts_arrive_while_the_broker_hangs(self) -> Filed:
        self._page.step("The broker hangs: it accepts and never answers (SIGSTOP)")
        with self._stage.paused_broker():
            filed = self._file("quillfeed", "harris-parody-ad-2024")
            self._expect_community_alerted(filed)
        return filed

    def _alerts_arrive_while_the_broker_is_dead(self) -> None:
        self._page.step("The broker is killed (SIGKILL) and stays away")
        self._stage.kill_broker()
        self._expect_community_alerted(
            self._file("trueleaf", "indonesia-suharto-golkar-video-2024")
        )
        expect(BROKER not in self._stage.pids(), "The broker came back before it was asked to.")
        self._page.step("The broker is back")
        self._stage.start_broker()
        self._expect_community_alerted(self._file("hedgewatch", "putin-martial-law-broadcast-2023"))

    def _a_withdrawal_reaches_all_who_had_it(self, filed: Filed) -> None:
        self._page.step("A withdrawal reaches everyone who had the incident")
        path = f"incidents/{filed.ref}/withdraw/"
        answer = filed.owner.client.post(path, {"reason": REASON}, status=200)
        took = milliseconds(answer.seconds)
        self._page.line(f"{filed.owner.name} withdraws {filed.ref} (answered in {took}):")
        self._page.quote(REASON)
        told = self._community_without(filed.owner)
        words = "GET shows a tombstone"
        self._expect_alerts(WITHDRAWN, filed.ref, told, words, check=expect_tombstone)
        self._expect_no_trace(filed, self._observers())

    def _the_feed_holds_what_was_sent(self) -> None:
        self._page.step("The pull feed holds the same events under the same ids")
        for company in self._companies:
            # The relay places events a moment after their commit.
            placed = partial(is_feed_equal, company)
            self._stage.wait_until(placed, seconds=FEED_SECONDS, every=FEED_POLL_SECONDS)
            expect_feed_equal(company)
            expect_nothing_else(company, self._expected[company.slug])
            count = len(company.receiver.alerts())
            self._page.row(company.name, str(count), "alerts, sequence without a gap")
        half, last = statistics.median(self._seconds), max(self._seconds)
        self._page.gap()
        self._page.line(f"{len(self._seconds)} alerts, each of them once and verified. Commit to")
        self._page.line(
            f"receiver: {milliseconds(half)} in the median, {milliseconds(last)} at most."
        )

    # What they are made of ------------------------------------------------------------------

    def _observers(self) -> list[Company]:
        return [company for company in self._companies if company.is_observer]

    def _community_without(self, owner: Company) -> list[Company]:
        return [one for one in self._companies if not one.is_observer and one is not owner]

    def _file(self, slug: str, key: str) -> Filed:
        facts = self._incidents[key]
        expect(facts.owner == slug, f"{key} is told as {slug}'s, and is {facts.owner}'s.")
        return self._publish(facts)

    def _publish(self, facts: IncidentFacts) -> Filed:
        filed = self._by_slug[facts.owner].file(facts, self._group_ids)
        took = milliseconds(filed.seconds)
        self._page.line(f"{filed.owner.name} files {filed.ref} (answered in {took}):")
        self._page.quote(filed.facts.title)
        return filed

    def _expect_community_alerted(self, filed: Filed) -> None:
        told = self._community_without(filed.owner)
        self._expect_alerts(PUBLISHED, filed.ref, told, WHOLE, check=expect_whole)
        self._expect_no_trace(filed, self._observers())

    def _expect_alerts(
        self,
        topic: str,
        name: str,
        companies: Sequence[Company],
        words: str = "",
        *,
        check: Callable[[Heard], None] = lambda _: None,
    ) -> None:
        """Wait for the alert at all of these, look into each, and tell when it came."""
        self._stage.wait_until(
            lambda: len(heard(companies, topic, name)) == len(companies), seconds=ARRIVAL_SECONDS
        )
        told = heard(companies, topic, name)
        missing = {one.name for one in companies} - {one.company.name for one in told}
        expect(
            not missing,
            f"{topic} of {name} has not reached {', '.join(sorted(missing))} "
            f"after {ARRIVAL_SECONDS:g} s.",
        )
        for one in told:
            check(one)
            self._expected[one.company.slug].add((topic, name))
            self._seconds.append(one.alert.seconds)
            said = f"verified, {words}" if words else "verified"
            self._page.row(one.company.name, milliseconds(one.alert.seconds), said)

    def _expect_no_trace(self, filed: Filed, companies: Sequence[Company]) -> None:
        for company in companies:
            expect_no_trace(company, filed)
            self._page.row(
                company.name, "nothing", "no alert, not in its feed, GET 404", good=False
            )
