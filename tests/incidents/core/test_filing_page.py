"""The form of an incident: what is filed and changed with it, and what it says is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Member
from accounts.roles import Role
from hub.audit.models import AuditEntry
from incidents.core.models import Incident, Observation
from incidents.taxonomy.services import load_vocabularies
from tests import make
from tests.accounts.signing_in import person, signed_in
from tests.incidents.core.filling import Filling

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>\u202e{{ 7*7 }}😀" + "long" * 60
HASH = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"
ARTICLE = "https://news.example/2026/11/22/clone"

WHOLE: dict[str, Any] = {
    "title": "Calls in a cloned voice",
    "summary": "On Sunday.\nTo thousands.",
    "tlp": "green",
    "pap": "green",
    "severity": "high",
    "urgency": "soon",
    "stage": "assessing",
    "media_kinds": ["audio", "call"],
    "manipulation": ["voice_clone"],
    "goals": ["false_information"],
    "harms": ["voter_suppression"],
    "targets": [
        {"name": "Ann Lee", "kind": "candidate", "country": "US", "minor": False},
        {"name": "Bob", "kind": "journalist", "aliases": ["B. O., jr.", "Robert"]},
    ],
    "narrative": "It is not worth it.",
    "script": "What a bunch of malarkey.",
    "countries": ["US", "CA"],
    "languages": ["en-US", "gsw-CH", "de"],
    "tags": ['disarm:technique="T0088.001"', 'tag:"robocall, again"'],
    "created": {"at": "2024-01-01T00:00:00Z", "precision": "month", "tool": "ElevenLabs"},
    "distributed": {
        "at": "2024-01-21T14:05:00Z",
        "precision": "minute",
        "country": "US",
        "platform": "Telephone",
    },
    "references": [
        {
            "url": f"{ARTICLE}?utm_source=x",
            "variants": [f"{ARTICLE}/amp"],
            "kind": "news",
            "title": "Clone",
            "publisher": {"name": "News", "domain": "news.example"},
            "published_at": "2026-11-22T10:00:00+01:00",
            "language": "en",
            "quality": 80,
            "heat": 3,
            "via": ["https://aggregator.example/1"],
        },
        {"url": "https://other.example/a", "kind": "other"},
    ],
    "fingerprints": [
        {"algorithm": "sha256", "value": HASH.lower()},
        {"algorithm": "pdq", "value": "0f" * 32, "quality": 90},
    ],
}


def analyst(member: Member | None = None, *, role: Role = Role.ANALYST) -> Client:
    return signed_in(person(member or make.member(), role=role))


def the_incident() -> Incident:
    return Incident.objects.get()


# Filing -------------------------------------------------------------------------------------
def test_a_title_is_enough_for_a_draft() -> None:
    acme = make.member("acme")
    form = Filling(analyst(acme))

    answer = form.save(title="A cloned voice")

    incident = the_incident()
    assert answer.headers["Location"] == f"/incidents/{incident.ref}/"
    assert (incident.owner, incident.title) == (acme, "A cloned voice")
    assert (incident.status, incident.tlp, incident.severity) == ("draft", "amber", "medium")


def test_what_is_filed_is_what_was_typed() -> None:
    load_vocabularies()
    farwire, client = make.member("farwire"), analyst()
    group = make.group(make.member(), farwire)
    form = Filling(client).type(
        title="Calls in a cloned voice",
        tlp="green",
        audience_members=["farwire"],
        media_kinds=["audio", "call"],
        countries=["US"],
        languages=["en"],
        other_languages="gsw-ch, yue",
        elections=["ng-2023"],
        new_tags="robocall\nlikelihood:likely",
        distributed_at="2024-01-21",
        distributed_country="united states",
        targets_0_name="Ann Lee",
        targets_0_kind="candidate",
        targets_0_aliases="A. Lee\nAnnie",
        references_0_url=f"{ARTICLE}?utm_source=x",
        references_0_language="German",
    )
    form.press("add", "fingerprints")
    form.type(fingerprints_0_value=HASH)
    form.press("add", "observations")
    form.type(
        observations_0_platform="Telephone",
        observations_0_phone_number="+1 603 555 0100",
        observations_0_seen_first="2024-01-21 14:00",
        observations_0_reach_calls="9581",
        observations_0_phone_spoofed="yes",
    )

    answer = form.save()

    assert answer.status_code == 302, form.errors(answer)
    incident, seen = the_incident(), Observation.objects.get()
    assert group.name.encode() not in form.page.content
    assert incident.audiences == [{"member": "farwire"}]
    assert incident.media_kinds == ["audio", "call"]
    assert incident.languages == ["en", "gsw-CH", "yue"]
    assert incident.elections == ["ng-2023"]
    assert incident.tags == ['tag:"robocall"', "likelihood:likely"]
    assert incident.distributed == {
        "at": "2024-01-21T00:00:00Z",
        "country": "US",
        "precision": "day",
    }
    assert incident.targets == [
        {"name": "Ann Lee", "kind": "candidate", "aliases": ["A. Lee", "Annie"]}
    ]
    assert incident.references[0]["canonical_url"] == ARTICLE
    assert incident.references[0]["language"] == "de"
    assert incident.fingerprints == [{"algorithm": "sha256", "value": HASH.lower()}]
    assert (seen.platform, seen.phone and seen.phone["last4"]) == ("Telephone", "0100")
    assert seen.phone is not None
    assert seen.phone["spoofed"] is True
    assert seen.reach == {"calls": 9581}


@pytest.mark.parametrize(
    ("pasted", "field", "value"),
    [
        ("  https://news.example/a?b=1 ", "references-0-url", "https://news.example/a?b=1"),
        ("news.example/a", "references-0-url", "https://news.example/a"),
        ("https://m.youtube.com/watch?v=abcdefghijk", "observations-0-platform", "YouTube"),
        ("https://t.me/channel/12", "observations-0-url", "https://t.me/channel/12"),
        ("+1 (603) 555-0100", "observations-0-phone_number", "+16035550100"),
        (HASH, "fingerprints-0-value", HASH),
        ("0" * 32, "fingerprints-0-algorithm", "md5"),
        ("Word for word. " * 20, "script", ("Word for word. " * 20).strip()),
        ("A cloned voice", "title", "A cloned voice"),
        (HOSTILE[:120], "title", HOSTILE[:120]),
    ],
)
def test_what_is_pasted_stands_in_its_place(pasted: str, field: str, value: str) -> None:
    client = analyst()

    answer = client.post("/incidents/new/", {"pasted": pasted})
    form = Filling(client, path=answer.headers["Location"])

    assert answer.headers["Location"].startswith("/incidents/duplicates/?form=")
    assert form.fields[field] == [value]
    assert form.path.startswith("/incidents/new/?form=")


def test_nothing_pasted_leads_to_the_form_and_too_much_comes_back() -> None:
    client = analyst()

    empty = client.post("/incidents/new/", {"pasted": " "})
    long = client.post("/incidents/new/", {"pasted": "x" * 20_001})

    assert empty.headers["Location"].startswith("/incidents/new/?form=")
    assert b"up to 20,000 characters" in long.content
    assert b"x" * 20_001 in long.content


# Rows ---------------------------------------------------------------------------------------
def test_rows_come_and_go_without_a_script_and_nothing_is_lost() -> None:
    form = Filling(analyst()).type(title="Kept", targets_0_name="One")

    form.press("add", "targets")
    form.type(targets_1_name="Two")
    form.press("add", "targets")
    form.type(targets_2_name="Three", tlp="red")
    form.press("remove", "targets-1")

    assert form.fields["targets-TOTAL_FORMS"] == ["2"]
    assert form.fields["targets-0-name"] + form.fields["targets-1-name"] == ["One", "Three"]
    assert (form.fields["title"], form.fields["tlp"]) == (["Kept"], ["red"])


def test_htmx_is_given_the_one_list() -> None:
    form = Filling(analyst()).type(targets_0_name="One")

    answer = form.press("add", "targets", **{"HX-Request": "true"})

    assert b"<html" not in answer.content
    assert answer.content.count(b'id="rows-targets"') == 1
    assert b'value="One"' in answer.content
    assert b'id="targets-2"' in answer.content
    assert b"data-announce" in answer.content


@pytest.mark.parametrize("button", ["add", "remove"])
@pytest.mark.parametrize("value", ["nothing", "targets-9", "targets--1", "observations-x"])
def test_a_row_that_does_not_exist_changes_nothing(button: str, value: str) -> None:
    form = Filling(analyst()).type(title="Kept")

    form.press(button, value)

    assert form.fields["title"] == ["Kept"]
    assert form.fields["targets-TOTAL_FORMS"] == ["1"]


# What is wrong ------------------------------------------------------------------------------
def test_each_error_stands_at_its_field_and_nothing_is_saved() -> None:
    form = Filling(analyst()).type(
        summary="Kept",
        tlp="red",
        audience_others="nobody",
        targets_0_name="Ann",
        references_0_title="Without a link",
        distributed_at="yesterday",
        other_languages="notalanguage",
        new_tags="unknown:thing",
    )

    answer = form.save()

    assert not Incident.objects.exists()
    wrong = dict(error.split(": ", 1) for error in form.errors(answer))
    assert wrong["Title"] == "This may not be empty."
    assert wrong["Target 1, kind"] == "This is needed."
    assert wrong["Reference 1, link"] == "This may not be empty."
    assert wrong["First distributed"].startswith("Write it as 2026-11-22")
    assert "BCP 47" in wrong["Other languages"]
    assert form.fields["summary"] == ["Kept"]
    assert form.fields["distributed_at"] == ["yesterday"]


def test_what_only_the_service_knows_stands_at_its_field_too() -> None:
    form = Filling(analyst()).type(
        title="Named", tlp="red", audience_others="nobody", new_tags="unknown:thing"
    )
    form.press("add", "fingerprints")

    tags = form.save(fingerprints_0_algorithm="md5", fingerprints_0_value="xyz")
    of_tags = form.errors(tags)
    named = form.save(new_tags="", fingerprints_0_value="", fingerprints_0_algorithm="")

    assert [error.partition(":")[0] for error in of_tags] == ["Other tags", "Fingerprint 1, value"]
    assert form.errors(named) == ["People of other organisations: There is no such user."]
    assert not Incident.objects.exists()


def test_guarded_content_with_a_wide_mark_is_refused_at_the_mark() -> None:
    form = Filling(analyst())

    answer = form.save(title="Guarded", harms=["minor"], tlp="green")

    assert [error.partition(":")[0] for error in form.errors(answer)] == ["Who may see it"]


@pytest.mark.parametrize("value", [HOSTILE, "]]>", "&amp;", '" onfocus="alert(1)'])
def test_hostile_text_comes_back_as_text(value: str) -> None:
    form = Filling(analyst()).type(
        summary=value, targets_0_name=value, references_0_url=value, new_tags=value
    )

    form.save(title="")

    assert form.fields["summary"] == [value]
    assert form.fields["targets-0-name"] == [value]
    assert b"<script>alert" not in form.page.content


# Editing ------------------------------------------------------------------------------------
def test_an_edit_that_changes_nothing_records_nothing() -> None:
    acme = make.member("acme")
    incident = make.incident(acme, **WHOLE)
    form = Filling(analyst(acme), incident.ref)

    answer = form.save()

    incident.refresh_from_db()
    assert answer.status_code == 302, form.errors(answer)
    assert incident.revision == 1


def test_an_edit_changes_what_was_changed_and_loses_nothing_it_does_not_show() -> None:
    acme = make.member("acme")
    incident = make.incident(acme, **WHOLE)
    before = incident.references[0]
    form = Filling(analyst(acme), incident.ref)

    answer = form.save(title="Another", references_0_title="Other words")

    incident.refresh_from_db()
    assert answer.status_code == 302, form.errors(answer)
    assert incident.changed_fields == ["references", "title"]
    assert incident.references[0] == before | {"title": "Other words"}
    assert incident.references[1]["url"] == "https://other.example/a"


def test_blanks_clear_what_was_there() -> None:
    acme = make.member("acme")
    incident = make.incident(acme, **WHOLE)
    form = Filling(analyst(acme), incident.ref)
    blank = dict.fromkeys(("at", "country", "platform"), "")

    form.save(
        summary="",
        countries=[],
        **{f"distributed_{name}": value for name, value in blank.items()},
        created_tool="",
    )

    incident.refresh_from_db()
    assert (incident.summary, incident.countries, incident.distributed) == ("", [], None)
    assert incident.created == {"at": "2024-01-01T00:00:00Z", "precision": "month"}


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/St_Johns"])
@pytest.mark.parametrize("precision", ["exact", "minute", "hour", "day", "month", "year"])
def test_moments_come_back_as_they_were(zone: str, precision: str) -> None:
    acme = make.member("acme")
    at = "2024-06-01T03:30:00Z" if precision in {"exact", "minute"} else "2024-01-01T00:00:00Z"
    incident = make.draft(acme, distributed={"at": at, "precision": precision})
    form = Filling(signed_in(person(acme, time_zone=zone)), incident.ref)

    form.save()
    form = Filling(form.client, incident.ref)
    form.save(distributed_at=form.fields["distributed_at"][0] + " ", distributed_platform="X")

    incident.refresh_from_db()
    assert incident.distributed == {"at": at, "precision": precision, "platform": "X"}


def test_whoever_cannot_be_named_today_stays_named() -> None:
    acme, gone = make.member("acme"), make.member("gone")
    group = make.group(make.member(), acme)
    incident = make.incident(acme, tlp="amber", shared_with=[gone, group])
    Member.objects.filter(pk=gone.pk).update(status="left")
    group.memberships.all().delete()
    form = Filling(analyst(acme), incident.ref)

    form.save(title="Another")

    incident.refresh_from_db()
    assert incident.audiences == make.audience(gone, group)
    assert group.name.encode() not in form.page.content


def test_an_analyst_who_would_widen_is_told_and_keeps_the_text() -> None:
    acme = make.member("acme")
    incident = make.incident(acme, tlp="amber", shared_with=[make.member()])
    form = Filling(analyst(acme), incident.ref)

    answer = form.save(title="Typed", tlp="green", audience_members=[])

    incident.refresh_from_db()
    assert "you must be lead or admin" in form.errors(answer)[0]
    assert form.fields["title"] == ["Typed"]
    assert (incident.title, incident.tlp) == ("A cloned voice", "amber")
    assert AuditEntry.objects.filter(action="incident.update", decision="denied").count() == 1


# Who may ------------------------------------------------------------------------------------
PATHS = ["edit/", "publish/", "withdraw/", "delete/"]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", PATHS)
def test_what_one_may_not_see_is_the_page_of_what_never_was(method: str, path: str) -> None:
    hidden = make.draft(make.member())
    client = analyst(role=Role.LEAD)

    of_hidden = getattr(client, method)(f"/incidents/{hidden.ref}/{path}")
    of_nothing = getattr(client, method)(f"/incidents/DF-00000000/{path}")

    assert of_hidden.status_code == of_nothing.status_code == 404
    assert of_hidden.content == of_nothing.content


@pytest.mark.parametrize("path", PATHS)
def test_others_see_and_do_not_change_and_that_is_on_record(path: str) -> None:
    incident = make.incident(make.member())
    client = analyst(role=Role.LEAD)

    answer = client.get(f"/incidents/{incident.ref}/{path}")

    assert answer.status_code == 403
    assert AuditEntry.objects.filter(decision="denied", objects_named=[incident.ref]).count() == 1


@pytest.mark.parametrize(
    ("path", "role", "status"),
    [
        ("edit/", Role.VIEWER, 403),
        ("edit/", Role.ANALYST, 200),
        ("delete/", Role.VIEWER, 403),
        ("delete/", Role.ANALYST, 200),
        ("publish/", Role.ANALYST, 403),
        ("publish/", Role.LEAD, 200),
        ("withdraw/", Role.ANALYST, 403),
    ],
)
def test_each_role_does_what_policy_lets_it(path: str, role: Role, status: int) -> None:
    acme = make.member("acme")
    draft = make.draft(acme)

    assert analyst(acme, role=role).get(f"/incidents/{draft.ref}/{path}").status_code == status


def test_viewers_file_nothing() -> None:
    client = analyst(role=Role.VIEWER)

    answers = [client.get("/incidents/new/"), client.post("/incidents/new/", {"pasted": "x"})]

    assert [answer.status_code for answer in answers] == [403, 403]


def test_a_withdrawn_incident_stays_as_it_is() -> None:
    acme = make.member("acme")
    lead = make.person(acme)
    incident = make.incident(acme, by=lead)
    client = analyst(acme, role=Role.LEAD)
    client.post(f"/incidents/{incident.ref}/withdraw/", {"reason": "Wrong"})

    answer = client.get(f"/incidents/{incident.ref}/edit/")

    assert answer.headers["Location"] == f"/incidents/{incident.ref}/"


# Queries ------------------------------------------------------------------------------------
def test_the_form_takes_as_many_queries_for_many_as_for_one() -> None:
    acme = make.member("acme")
    client = analyst(acme)
    one = make.incident(acme, tags=['tag:"one"'], tlp="amber", shared_with=[make.member()])
    counts = [queries_of(client, one)]
    for number in range(30):
        make.user(acme)
        make.group(acme, make.member())
        make.incident(acme, tags=[f'tag:"t{number}"'])
    many = make.incident(
        acme,
        tlp="amber",
        shared_with=[make.member() for _ in range(30)],
        targets=[{"name": f"N{number}", "kind": "candidate"} for number in range(30)],
        references=[{"url": f"https://x.example/{number}"} for number in range(30)],
    )

    counts.append(queries_of(client, many))

    assert counts[0] == counts[1]


def queries_of(client: Client, incident: Incident) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(f"/incidents/{incident.ref}/edit/").status_code == 200
    return len(caught)
