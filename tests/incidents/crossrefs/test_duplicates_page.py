"""Incidents that share something with what is typed, as far as its author may know of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Member
from accounts.roles import Role
from hub.audit.models import AuditEntry
from incidents.core.models import Incident
from tests import make
from tests.accounts.signing_in import person, signed_in
from tests.incidents.core.filling import Filling

pytestmark = pytest.mark.django_db

PAGE = "/incidents/duplicates/"
HTMX = {"HX-Request": "true"}
ARTICLE = "https://news.example/2026/11/22/cloned-voice"
POST = "https://x.com/somebody/status/1234567890"
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SCRIPT = "It is important that you save your vote for the November election, do not go on Tuesday."
NUMBER = "+16035550100"

FIELDS: dict[str, dict[str, Any]] = {
    "reference": {"references": [{"url": f"{ARTICLE}/amp?utm_source=x"}]},
    "fingerprint": {"fingerprints": [{"algorithm": "sha256", "value": HASH}]},
    "script": {"script": SCRIPT.replace("important", "very important")},
    "observation": {"observations": [{"platform": "X", "url": POST}]},
    "call": {"observations": [{"platform": "Telephone", "phone": {"number": NUMBER}}]},
}
TYPED: dict[str, dict[str, str]] = {
    "reference": {"references_0_url": f"{ARTICLE}?fbclid=1"},
    "fingerprint": {"fingerprints_0_value": HASH.upper()},
    "script": {"script": SCRIPT},
    "observation": {"references_0_url": "https://twitter.com/i/web/status/1234567890?s=20"},
    "call": {"observations_0_phone_number": "+1 (603) 555-0100"},
}
SHARED = {
    "reference": ("url", ARTICLE),
    "fingerprint": ("fingerprint", "sha256"),
    "script": ("text", "97"),
    "observation": ("url", "https://x.com/i/status/1234567890"),
    "call": ("phone", "0100"),
}
KINDS = sorted(FIELDS)


def reader(member: Member | None = None) -> Client:
    return signed_in(person(member or make.member(), role=Role.ANALYST))


def typed(client: Client, kind: str) -> dict[str, Any]:
    """The fields of a form in which one clue of a kind was typed."""
    form = Filling(client).type(**TYPED[kind])
    for name in ("fingerprints", "observations"):
        form.fields[f"{name}-TOTAL_FORMS"] = ["1"]
    return dict(form.fields)


def found(client: Client, kind: str) -> Any:
    return client.post(PAGE, typed(client, kind), headers=HTMX)


def file(kind: str, owner: Member | None = None, **fields: Any) -> Incident:
    incident = make.incident(owner, **FIELDS[kind], **fields)
    make.suggestions()  # scripts and callers are indexed by the look for links
    return incident


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_shared_is_found_and_named(kind: str) -> None:
    incident = file(kind)

    answer = found(reader(), kind)

    (one,) = answer.context["duplicates"]
    assert one.incident == incident
    assert [tuple(shared) for shared in one.shared] == [SHARED[kind]]
    assert incident.ref.encode() in answer.content
    assert b"data-announce" in answer.content
    assert b"<html" not in answer.content


HIDDEN: dict[str, Callable[[], dict[str, Any]]] = {
    "a draft": lambda: {"publish": False},
    "amber for others": lambda: {"tlp": "amber", "shared_with": [make.member()]},
    "red": lambda: {"tlp": "red"},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", HIDDEN)
def test_what_is_hidden_is_not_found_and_leaves_no_trace(kind: str, how: str) -> None:
    client = reader()
    before = found(client, kind)
    file(kind, **HIDDEN[how]())

    after = found(client, kind)

    assert after.context["duplicates"] == []
    assert after.content == before.content


@pytest.mark.parametrize("kind", ["observation", "call"])
def test_what_a_hidden_observation_tells_is_not_found(kind: str) -> None:
    incident = make.incident(tlp="green")
    observer = make.person(make.member())
    (seen,) = FIELDS[kind]["observations"]
    make.observation(incident, observer, **seen, tlp="amber")
    make.suggestions()

    assert found(reader(), kind).context["duplicates"] == []
    assert len(found(reader(incident.owner), kind).context["duplicates"]) == 1


def test_a_withdrawn_incident_is_no_duplicate() -> None:
    acme = make.member("acme")
    incident = file("reference", acme)
    lead = signed_in(person(acme, role=Role.LEAD))
    lead.post(f"/incidents/{incident.ref}/withdraw/", {"reason": "Wrong"})

    assert found(reader(acme), "reference").context["duplicates"] == []


def test_the_incident_itself_is_none() -> None:
    acme = make.member("acme")
    incident, other = file("reference", acme), file("reference")
    client = reader(acme)
    form = Filling(client, incident.ref)

    answer = client.post(f"{PAGE}?incident={incident.ref}", form.fields, headers=HTMX)

    assert [one.incident for one in answer.context["duplicates"]] == [other]


def test_the_form_says_which_incident_it_is() -> None:
    acme = make.member("acme")
    incident = file("reference", acme)

    page = reader(acme).get(f"/incidents/{incident.ref}/edit/").content.decode()

    assert f'hx-post="{PAGE}?incident={incident.ref}' in page


def test_those_with_most_in_common_come_first() -> None:
    one = file("reference")
    both = make.incident(**FIELDS["reference"], **FIELDS["fingerprint"])
    client = reader()
    fields = typed(client, "reference") | {
        name: value for name, value in typed(client, "fingerprint").items() if "finger" in name
    }

    answer = client.post(PAGE, fields, headers=HTMX)

    assert [one.incident for one in answer.context["duplicates"]] == [both, one]


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        (
            "reference",
            "url=https%3A%2F%2Fnews.example%2F2026%2F11%2F22%2Fcloned-voice%3Ffbclid%3D1",
        ),
        (
            "observation",
            "url=https%3A%2F%2Ftwitter.com%2Fi%2Fweb%2Fstatus%2F1234567890%3Fs%3D20&amp;platform=X",
        ),
    ],
)
def test_joining_takes_along_where_it_was_seen(kind: str, query: str) -> None:
    incident = file(kind)

    answer = found(reader(), kind)

    link = f'href="/incidents/{incident.ref}/observations/new/?{query}"'
    assert link in answer.content.decode()


def test_without_a_script_the_whole_form_comes_with_what_was_typed() -> None:
    incident = file("reference")
    form = Filling(reader()).type(title="Typed", references_0_url=ARTICLE)
    address = form.path

    form.path = PAGE + "?" + address.partition("?")[2]
    answer = form.press("check")

    assert [one.incident for one in answer.context["duplicates"]] == [incident]
    assert (form.fields["title"], form.path) == (["Typed"], address)


def test_after_pasting_what_was_kept_is_looked_for() -> None:
    incident = file("observation")
    client = reader()

    began = client.post("/incidents/new/", {"pasted": POST})
    shown = client.get(began.headers["Location"])

    assert [one.incident for one in shown.context["duplicates"]] == [incident]
    assert b"You have unsaved work" not in shown.content
    assert client.get(PAGE).headers["Location"] == "/incidents/new/"


def test_reading_a_title_of_amber_is_on_record() -> None:
    acme, friend = make.member("acme"), make.member()
    incident = file("reference", acme, tlp="amber", shared_with=[friend])

    found(reader(friend), "reference")

    entry = AuditEntry.objects.get(action="incident.read")
    assert entry.objects_named == [incident.ref]


@pytest.mark.parametrize("kind", KINDS)
def test_many_take_as_many_queries_as_one(kind: str) -> None:
    client = reader()
    file(kind)
    fields = typed(client, kind)
    counts = [queries_of(client, fields)]
    for _ in range(12):
        file(kind)

    counts.append(queries_of(client, fields))

    assert counts[0] == counts[1]


def queries_of(client: Client, fields: dict[str, Any]) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.post(PAGE, fields, headers=HTMX).status_code == 200
    return len(caught)


def test_what_cannot_be_read_is_no_clue() -> None:
    client = reader()
    form = Filling(client).type(references_0_url="no link", script="short")

    answer = client.post(PAGE, form.fields, headers=HTMX)

    assert answer.context["has_clues"] is True
    assert answer.context["duplicates"] == []
    assert reader(make.member(kind="regulator")).post(PAGE, {}).status_code == 403
