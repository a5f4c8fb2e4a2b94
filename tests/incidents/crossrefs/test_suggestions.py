"""What two incidents have in common leads to a suggestion, told in words to who may know it."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.readers import Reader
from hub.audit.models import AuditEntry
from hub.outbox.models import Chore, Event
from incidents.core.models import Incident
from incidents.core.services.filing import update_incident, withdraw_incident
from incidents.crossrefs.models import Caller, CrossReference, Evidence, ScriptBand, State
from incidents.crossrefs.services.deciding import accept_link, delete_link, reject_link
from incidents.crossrefs.services.suggesting import suggest_links
from tests import make
from tests.conftest import Login

pytestmark = pytest.mark.django_db

ARTICLE = "https://news.example.org/2024/cloned-voice"
ITS_OTHER_FORM = "https://amp.news.example.org/2024/cloned-voice?utm_source=mail"
SCRIPT = "Stay at home on Tuesday and keep your vote for the election in November."
CHANGED = "Stay home this Tuesday and keep your vote for the elections in November!"
NUMBER = {"phone": {"number": "+1 603 555 0100"}}
POST = "https://x.com/fixture/status/9000000000000000001"


def change(incident: Incident, by: Reader, **changes: Any) -> None:
    incident.refresh_from_db()
    update_incident(
        incident_id=incident.pk, changes=changes, by=by, expected_revision=incident.revision
    )


def cites(*urls: str) -> dict[str, Any]:
    return {"references": [{"url": url} for url in urls]}


def shown(client: Any, incident: Incident) -> list[dict[str, Any]]:
    """The links of an incident as a client gets them."""
    found: list[dict[str, Any]] = client.get(f"/api/v1/incidents/{incident.ref}/crossrefs/").json()[
        "results"
    ]
    return found


def print_of(algorithm: str, value: str, **quality: int) -> dict[str, Any]:
    return {"fingerprints": [{"algorithm": algorithm, "value": value, **quality}]}


# What is found --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "expected", "words"),
    [
        (
            cites(ARTICLE), cites(ITS_OTHER_FORM), ("url", "related"),
            "Both cite https://news.example.org/2024/cloned-voice.",
        ),
        (
            print_of("sha256", "a" * 64), print_of("sha256", "A" * 64),
            ("fingerprint", "same_media"),
            "Their media are the same file: equal SHA-256 fingerprints.",
        ),
        (
            print_of("pdq", "b" * 64, quality=80), print_of("pdq", "b" * 64),
            ("fingerprint", "same_media"),
            "Their media look or sound alike: equal PDQ fingerprints.",
        ),
        (
            {"script": SCRIPT}, {"script": CHANGED}, ("text", "variant_of"),
            "What is said in them is 92 % the same.",
        ),
        (
            {"script": SCRIPT}, {"script": SCRIPT.upper()}, ("text", "duplicate_of"),
            "What is said in them is 100 % the same.",
        ),
    ],
)  # fmt: skip
def test_what_two_incidents_share_is_told_in_words(
    as_token: Login,
    first: dict[str, Any],
    second: dict[str, Any],
    expected: tuple[str, str],
    words: str,
) -> None:
    older, newer = make.incident(**first), make.incident(**second)

    assert make.suggestions() == 1

    (link,) = shown(as_token(make.member()), older)
    assert (link["origin"], link["type"]) == expected
    assert link["explanation"] == words
    assert (link["from"], link["to"]) == (newer.ref, older.ref)
    assert (link["state"], link["by"], link["decided_at"]) == ("suggested", None, None)
    assert 0.5 < link["score"] <= 1


@pytest.mark.parametrize(
    ("first", "second", "expected", "words"),
    [
        (
            NUMBER, {"phone": {"number": "(603) 555-0100".replace("(", "+1 (")}},
            ("phone", "same_campaign"), "Calls came from the same number, which ends in 0100.",
        ),
        (
            {"url": POST}, {"url": POST.replace("x.com", "mobile.twitter.com")},
            ("url", "duplicate_of"),
            "Both were seen at https://x.com/i/status/9000000000000000001.",
        ),
    ],
)  # fmt: skip
def test_so_is_what_observations_of_them_share(
    as_token: Login,
    first: dict[str, Any],
    second: dict[str, Any],
    expected: tuple[str, str],
    words: str,
) -> None:
    lead = make.person(make.member())
    older, newer = make.incident(by=lead), make.incident()
    make.observation(older, lead, **first)
    make.observation(newer, lead, tlp="green", **second)

    assert make.suggestions() == 1

    (link,) = shown(as_token(make.member()), newer)
    assert (link["origin"], link["type"], link["explanation"]) == (*expected, words)


@pytest.mark.parametrize("observed_first", [True, False])
def test_what_one_was_seen_at_may_be_what_the_other_cites(
    as_token: Login, observed_first: bool
) -> None:
    lead = make.person(make.member())
    observed, citing = {"observations": [{"platform": "X", "url": POST}]}, cites(POST)
    first, second = (observed, citing) if observed_first else (citing, observed)
    make.incident(by=lead, **first)
    incident = make.incident(**second)

    assert make.suggestions() == 1

    (link,) = shown(as_token(make.member()), incident)
    assert link["explanation"] == (
        "One was seen at what the other cites: https://x.com/i/status/9000000000000000001."
    )


def test_several_reasons_make_one_suggestion(as_token: Login) -> None:
    said = {
        **cites(ARTICLE, f"{ARTICLE}-2"),
        "script": SCRIPT,
        "targets": [{"name": "A Candidate", "kind": "candidate"}],
    }
    first, second = make.incident(**said), make.incident(**said)
    lead = make.person(make.member())
    for incident in (first, second):
        make.observation(incident, lead, **NUMBER)

    assert make.suggestions() == 1

    (link,) = shown(as_token(make.member()), first)
    assert (link["origin"], link["type"]) == ("text", "duplicate_of")
    assert link["explanation"] == (
        f"What is said in them is 100 % the same. Both cite {ARTICLE}. Both cite {ARTICLE}-2."
    )


# What is not found ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (cites(ARTICLE), cites("https://news.example.org/2024/another")),
        (cites("https://news.example.org/"), cites("https://news.example.org")),
        (print_of("pdq", "0" * 64, quality=3), print_of("pdq", "0" * 64, quality=3)),
        ({"script": "Do not vote."}, {"script": "Do not vote."}),
        ({"script": SCRIPT}, {"script": "Send the fee today, and we double what you invested."}),
        ({}, {}),
    ],
)
def test_too_little_in_common_suggests_nothing(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    make.incident(**first)
    make.incident(**second)

    assert make.suggestions() == 0
    assert Event.objects.filter(topic="crossref.suggested").exists() is False


def test_two_deepfakes_in_one_article_are_not_taken_for_one() -> None:
    for name, month in (("Joe Biden", "01"), ("Taylor Swift", "08")):
        make.incident(
            **cites(ARTICLE),
            targets=[{"name": name, "kind": "politician"}],
            distributed={"at": f"2024-{month}-21T00:00:00Z", "precision": "day"},
        )

    assert make.suggestions() == 0


@pytest.mark.parametrize("name", ["Biden", "Joseph Biden", "Джо Байден (Joe Biden)"])
def test_other_spellings_of_a_name_do_not_speak_against_it(name: str) -> None:
    for one in ("Joe Biden", name):
        make.incident(**cites(ARTICLE), targets=[{"name": one, "kind": "politician"}])

    assert make.suggestions() == 1


def test_drafts_and_withdrawn_incidents_are_left_alone() -> None:
    lead = make.person(make.member())
    make.draft(tlp="green", **cites(ARTICLE))
    withdrawn = make.incident(by=lead, **cites(ARTICLE))
    withdraw_incident(incident_id=withdrawn.pk, reason="Satire.", by=lead)
    make.incident(**cites(ARTICLE))

    assert make.suggestions() == 0
    assert Chore.objects.exists() is False


# What becomes of it ---------------------------------------------------------------------------


def test_a_chore_done_twice_suggests_once() -> None:
    make.incident(**cites(ARTICLE))
    make.incident(**cites(ARTICLE))
    events = list(Chore.objects.values_list("event_id", flat=True))

    made = [suggest_links(pk) for pk in [*events, *events]]

    assert sum(made) == 1
    assert CrossReference.objects.count() == Evidence.objects.count() == 1
    assert Event.objects.filter(topic="crossref.suggested").count() == 1


def test_a_suggestion_is_announced_and_on_record() -> None:
    lead = make.person(make.member())
    make.incident(**cites(ARTICLE))
    make.incident(by=lead, tlp="amber", shared_with=[make.member()], **cites(ARTICLE))

    make.suggestions()

    link = CrossReference.objects.get()
    event = Event.objects.get(topic="crossref.suggested")
    assert (event.subject_id, event.stream_id, event.version) == (link.pk, link.pk, 1)
    assert (event.mark, event.actor_id, event.is_directed) == ("amber", None, False)
    assert AuditEntry.objects.get(action="crossref.suggest").objects_named == [str(link.pk)]


def test_reasons_that_fall_away_take_the_suggestion_with_them() -> None:
    lead = make.person(make.member())
    first = make.incident(by=lead, **cites(ARTICLE), script=SCRIPT)
    make.incident(**cites(ARTICLE), script=SCRIPT)
    make.suggestions()
    assert ScriptBand.objects.filter(incident=first).exists()

    change(first, lead, references=[])
    make.suggestions()
    link = CrossReference.objects.get()
    assert (link.origin, link.evidence.count()) == ("text", 1)

    change(first, lead, script="")
    make.suggestions()
    assert CrossReference.objects.exists() is False
    assert ScriptBand.objects.filter(incident=first).exists() is False


def test_what_was_rejected_stays_away(as_token: Login) -> None:
    lead = make.person(make.member())
    first = make.incident(by=lead, **cites(ARTICLE))
    make.incident(**cites(ARTICLE))
    make.suggestions()
    reject_link(link_id=CrossReference.objects.get().pk, by=lead)

    change(first, lead, title="More is known", **cites(ARTICLE, f"{ARTICLE}-2"))

    assert make.suggestions() == 0
    assert CrossReference.objects.get().state == State.REJECTED
    assert shown(as_token(first.owner), first) == []


def test_what_was_accepted_keeps_its_type_and_loses_reasons_that_fell_away(
    as_token: Login,
) -> None:
    lead = make.person(make.member())
    first = make.incident(by=lead, **print_of("sha256", "a" * 64))
    make.incident(**print_of("sha256", "a" * 64))
    make.suggestions()
    accept_link(link_id=CrossReference.objects.get().pk, by=lead)

    change(first, lead, fingerprints=[])
    make.suggestions()

    (link,) = shown(as_token(make.member()), first)
    assert (link["type"], link["state"]) == ("same_media", "accepted")
    assert (link["origin"], link["score"], link["explanation"]) == ("manual", None, "")


def test_an_accepted_link_that_is_taken_back_does_not_come_back() -> None:
    lead = make.person(make.member())
    first = make.incident(by=lead, **cites(ARTICLE))
    make.incident(**cites(ARTICLE))
    make.suggestions()
    link = accept_link(link_id=CrossReference.objects.get().pk, by=lead)

    delete_link(link_id=link.pk, by=lead)
    change(first, lead, title="Again")

    assert make.suggestions() == 0
    assert CrossReference.objects.get().state == State.REJECTED


def test_incidents_that_are_linked_are_not_suggested() -> None:
    lead = make.person(make.member())
    first, second = make.incident(by=lead, **cites(ARTICLE)), make.incident(by=lead)
    make.link(second, first, lead)

    change(second, lead, **cites(ARTICLE))

    assert make.suggestions() == 0


def test_linking_them_oneself_takes_the_suggestion_away() -> None:
    lead = make.person(make.member())
    first, second = (make.incident(by=lead, **cites(ARTICLE)) for _ in range(2))
    make.suggestions()

    made = make.link(second, first, lead)

    assert list(CrossReference.objects.all()) == [made]


def test_a_link_of_a_draft_is_announced_when_it_is_published() -> None:
    lead = make.person(make.member())
    draft, other = make.draft(lead.member, tlp="green"), make.incident(by=lead)
    link = make.link(draft, other, lead)
    make.suggestions()
    assert Event.objects.filter(subject_id=link.pk).exists() is False

    make.publish(draft, lead)
    make.suggestions()

    event = Event.objects.get(subject_id=link.pk)
    assert (event.topic, event.version, event.actor_id) == (
        "crossref.accepted", 2, lead.member.pk,
    )  # fmt: skip


# Who may know of it ---------------------------------------------------------------------------


def test_reasons_that_few_may_know_make_a_suggestion_for_those_few(as_token: Login) -> None:
    observer, partner = make.member(), make.member()
    lead = make.person(observer)
    first, second = make.incident(), make.incident()
    for incident in (first, second):
        shared = {"tlp": "amber", "audiences": make.audience(partner)}
        make.observation(incident, lead, **NUMBER, **shared)

    assert make.suggestions() == 1

    assert len(shown(as_token(partner), first)) == 1
    assert shown(as_token(make.member()), first) == []
    # Each owner may read what is said about its own incident, not what is said about the other.
    assert shown(as_token(first.owner), first) == []


def test_reasons_that_all_may_know_make_one_for_all_instead(as_token: Login) -> None:
    lead = make.person(make.member())
    first, second = make.incident(by=lead), make.incident(by=lead)
    for incident in (first, second):
        make.observation(incident, lead, tlp="amber", **NUMBER)
    make.suggestions()
    hidden = CrossReference.objects.get()

    for incident in (first, second):
        change(incident, lead, **cites(ARTICLE))
    make.suggestions()

    (link,) = shown(as_token(make.member()), first)
    assert link["id"] != str(hidden.pk)
    assert [one["id"] for one in shown(as_token(lead.member), first)] == [link["id"]]


def test_rejecting_what_few_may_know_keeps_nothing_from_the_others(as_token: Login) -> None:
    lead = make.person(make.member())
    first, second = make.incident(by=lead), make.incident(by=lead)
    for incident in (first, second):
        make.observation(incident, lead, tlp="amber", **NUMBER)
    make.suggestions()
    reject_link(link_id=CrossReference.objects.get().pk, by=lead)

    for incident in (first, second):
        change(incident, lead, **cites(ARTICLE))

    assert make.suggestions() == 1
    assert len(shown(as_token(make.member()), first)) == 1


def test_accepting_what_few_may_know_gives_others_the_link_and_not_its_reasons(
    as_token: Login,
) -> None:
    lead = make.person(make.member())
    first, second = make.incident(by=lead), make.incident(by=lead)
    for incident in (first, second):
        make.observation(incident, lead, tlp="amber", **NUMBER)
    make.suggestions()

    accept_link(link_id=CrossReference.objects.get().pk, by=lead)

    (to_owner,), (to_others,) = (
        shown(as_token(one), first) for one in (lead.member, make.member())
    )
    assert to_owner["explanation"] == "Calls came from the same number, which ends in 0100."
    assert (to_others["state"], to_others["type"]) == ("accepted", "same_campaign")
    assert (to_others["origin"], to_others["score"], to_others["explanation"]) == (
        "manual", None, "",
    )  # fmt: skip


@pytest.mark.parametrize("mark", ["amber", "red"])
def test_a_suggestion_is_seen_by_those_who_see_both_ends(as_token: Login, mark: str) -> None:
    lead, partner = make.person(make.member()), make.member()
    named = partner if mark == "amber" else make.user(partner)
    first = make.incident(**cites(ARTICLE))
    make.incident(by=lead, tlp=mark, shared_with=[named], **cites(ARTICLE))

    assert make.suggestions() == 1

    seen = [len(shown(as_token(one), first)) for one in (lead.member, partner, make.member())]
    assert seen == ([1, 1, 0] if mark == "amber" else [0, 0, 0])


def test_narrowing_an_end_hides_the_link_at_once_and_withdrawing_it_from_all(
    as_token: Login,
) -> None:
    lead, other = make.person(make.member()), make.member()
    first = make.incident(**cites(ARTICLE))
    second = make.incident(by=lead, **cites(ARTICLE))
    make.suggestions()
    assert len(shown(as_token(other), first)) == 1

    change(second, lead, tlp="amber", audiences=make.audience(first.owner))
    assert [len(shown(as_token(one), first)) for one in (other, first.owner)] == [0, 1]

    withdraw_incident(incident_id=second.pk, reason="Satire.", by=lead)
    assert [shown(as_token(one), first) for one in (other, first.owner)] == [[], []]


def test_what_finds_a_caller_goes_with_the_observation() -> None:
    lead = make.person(make.member())
    incident = make.incident(by=lead)
    seen = make.observation(incident, lead, **NUMBER)
    make.suggestions()
    assert Caller.objects.count() == 1

    seen.delete()

    assert Caller.objects.exists() is False
