"""What must be true of an alert, and of a company that must not know of an incident."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from hub.cli.demo.companies import ABOUT_INCIDENTS, JOINED, Company, Filed, Heard
from hub.cli.demo.failure import expect

NEVER_FILED: Final = "DF-00000000"


def expect_whole(one: Heard) -> None:
    """The alert carries the incident as GET shows it to this company."""
    shown = one.company.client.read(f"incidents/{one.alert.name}/")
    expect(
        one.alert.subject == shown,
        f"The alert of {one.alert.name} shows {one.company.name} something else than GET does.",
    )


def expect_reduced(one: Heard) -> None:
    """The alert says that there is something; GET shows this company what."""
    shown = one.company.client.read(f"incidents/{one.alert.name}/")
    expect(
        "title" not in one.alert.subject and "title" in shown,
        f"The amber alert of {one.alert.name} must carry no title, and GET must show it.",
    )


def expect_tombstone(one: Heard) -> None:
    """The alert says why, and nothing else is left of the incident for this company."""
    left = one.company.client.read(f"incidents/{one.alert.name}/")
    reason = one.alert.subject.get("withdrawn_reason")
    expect(
        (left["status"], left.get("withdrawn_reason")) == ("withdrawn", reason),
        f"{one.company.name} is not told why {one.alert.name} was withdrawn.",
    )
    expect("title" not in left, f"{one.company.name} still sees what {one.alert.name} said.")


def expect_link(one: Heard) -> None:
    """The alert carries the link between two incidents as GET shows it to this company."""
    shown = one.company.client.read(f"crossrefs/{one.alert.name}/")
    expect(
        shown == {name: one.alert.subject.get(name) for name in shown},
        f"The alert of the link {one.alert.name} shows {one.company.name} something else than GET.",
    )


def expect_found(company: Company, query: str, refs: Collection[str]) -> None:
    """What it finds by these words are these incidents, and no others."""
    listed = company.client.read(f"incidents/?q={query}")["results"]
    found = sorted(incident["ref"] for incident in listed)
    expect(
        found == sorted(refs),
        f"{company.name} searches for {query!r} and finds {found}, not {sorted(refs)}.",
    )


def expect_no_trace(company: Company, filed: Filed) -> None:
    """No alert, nothing in feed and list, and GET answers as if it had never been filed."""
    hidden, absent = company.incident(filed.ref), company.incident(NEVER_FILED)
    expect(
        hidden.status == 404 and hidden.comparable == absent.comparable,
        f"GET of {filed.ref} tells {company.name} something: {hidden.status}.",
    )
    alerted = any(filed.ref.encode() in alert.body for alert in company.receiver.alerts())
    expect(not alerted, f"{company.name} was alerted of {filed.ref}, which is not for it.")
    for place, shown in (
        ("feed", company.feed()),
        ("list", company.client.read("incidents/?limit=200")),
    ):
        told = filed.ref in str(shown)
        expect(not told, f"The {place} of {company.name} shows {filed.ref}, which is not for it.")


def expect_nothing_else(company: Company, expected: Collection[tuple[str, str]]) -> None:
    """Its alerts are these, by topic and name, each once, numbered without a gap, all verified."""
    receiver = company.receiver
    came = {(alert.topic, alert.name) for alert in receiver.alerts()}
    expect(
        came == set(expected),
        f"{company.name} got {sorted(came)} instead of {sorted(expected)}.",
    )
    sequences = sorted(alert.sequence for alert in receiver.alerts())
    expect(
        sequences == list(range(1, len(expected) + 1)),
        f"The alerts of {company.name} are not numbered without a gap: {sequences}.",
    )
    expect(not receiver.repeated, f"{company.name} got {receiver.repeated} alerts again.")
    refused = "; ".join(receiver.refused)
    expect(not refused, f"{company.name} refused what it could not verify: {refused}.")


def expect_feed_equal(company: Company) -> None:
    """Its feed holds the incidents' events that were sent to it, and no others."""
    pushed, pulled = _pushed_ids(company), _pulled_ids(company)
    expect(
        pushed == pulled,
        f"{company.name} was sent {sorted(pushed)}, but its feed holds {sorted(pulled)}.",
    )


def is_feed_equal(company: Company) -> bool:
    """Whether it does by now."""
    return _pushed_ids(company) == _pulled_ids(company)


def _pushed_ids(company: Company) -> set[str]:
    """The events about incidents that came by webhook."""
    return {alert.id for alert in company.receiver.alerts() if alert.topic != JOINED}


def _pulled_ids(company: Company) -> set[str]:
    """The events about incidents that stand in the feed."""
    return {item["data"]["event_id"] for item in company.feed(*ABOUT_INCIDENTS)}
