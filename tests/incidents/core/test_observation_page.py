"""The page on which an organisation says where it saw a deepfake."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import MemberKind
from accounts.readers import Reader
from accounts.roles import Role
from hub.audit.models import AuditEntry
from incidents.core.models import Incident, Observation
from incidents.core.services.filing import withdraw_incident
from tests import make
from tests.hub.dashboard.reading import Page

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>\u202e{{ 7*7 }}😀" + "long" * 12


def browser(by: Reader) -> Client:
    client = Client()
    assert by.user is not None
    client.force_login(by.user)
    return client


def path(incident: Incident) -> str:
    return f"/incidents/{incident.ref}/observations/new/"


def send(by: Reader, incident: Incident, **fields: Any) -> Any:
    return browser(by).post(path(incident), {"platform": "Chatter", **fields})


def test_everything_the_api_takes_can_be_filled_in() -> None:
    incident = make.incident()
    by = make.person(make.member(), role=Role.ANALYST)
    assert by.user is not None
    by.user.time_zone = "Europe/Warsaw"
    by.user.save(update_fields=["time_zone"])
    let_in = make.member("reelnest")

    answer = send(
        by,
        incident,
        url="https://chatter.example/p/1?utm_source=x",
        availability="removed",
        posted_at="2026-11-20T10:00",
        seen_first="2026-11-21T10:00",
        seen_last="2026-11-22T10:00",
        country="FR",
        language="french",
        account_handle="@fake",
        account_verified="paid",
        account_automation="bot",
        phone_number="+1 603 555 0100",
        phone_spoofed="false",
        phone_carrier="Lingo",
        phone_region="New England",
        reach_views="1200",
        reach_calls="0",
        reach_at="2026-11-22T11:00",
        tlp="amber",
        audiences=["member:reelnest"],
    )

    seen = Observation.objects.get()
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"/incidents/{incident.ref}/#observations",
    )
    assert (seen.platform, seen.url) == ("Chatter", "https://chatter.example/p/1?utm_source=x")
    assert f"{seen.seen_first:%Y-%m-%dT%H:%M%z}" == "2026-11-21T09:00+0000"
    assert (seen.country, seen.language, seen.availability) == ("FR", "fr", "removed")
    assert seen.account == {"handle": "@fake", "verified": "paid", "automation": "bot"}
    assert seen.phone is not None
    assert (seen.phone["last4"], seen.phone["spoofed"], seen.phone["carrier"]) == (
        "0100",
        False,
        "Lingo",
    )
    assert seen.reach == {"views": 1200, "calls": 0, "at": "2026-11-22T10:00:00Z"}
    assert (seen.tlp, seen.audiences) == ("amber", [{"member": let_in.slug}])
    assert (seen.author, seen.organisation) == (by.user, by.member)


def test_a_platform_is_enough_and_the_mark_is_the_incidents() -> None:
    incident = make.incident(tlp="green")

    send(make.person(incident.owner), incident)

    seen = Observation.objects.get()
    assert (seen.tlp, seen.follows_incident, seen.phone, seen.reach) == ("green", True, None, None)


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"platform": ""}, "platform", "This field is required."),
        ({"url": "no link"}, "url", ""),
        ({"language": "not a language"}, "language", "BCP 47"),
        ({"phone_number": "call me"}, "phone_number", "+16035550100"),
        ({"reach_views": "-1"}, "reach_views", "greater than or equal to 0"),
        (
            {"seen_first": "2026-11-22T10:00", "seen_last": "2026-11-21T10:00"},
            "seen_last",
            "lies before",
        ),
        ({"tlp": "clear"}, "tlp", "Select a valid choice"),
        ({"audiences": ["member:nobody"]}, "audiences", "Select a valid choice"),
    ],
)
def test_what_is_not_taken_comes_back_at_its_field(
    fields: dict[str, Any], field: str, said: str
) -> None:
    incident = make.incident()

    answer = send(make.person(make.member()), incident, account_handle="@kept", **fields)

    page = Page(answer)
    assert answer.status_code == 200
    assert said in page.text[f"id_{field}_error"]
    assert page.text[f"id_{field}_error"] != ""
    assert f"#id_{field}" in page.links["main"]
    assert 'value="@kept"' in page.html
    assert Observation.objects.exists() is False


def test_what_one_may_not_know_cannot_be_named() -> None:
    incident = make.incident()
    hidden = make.group(make.member(), make.member())
    by = make.person(make.member())

    form = browser(by).get(path(incident)).content.decode()
    answer = send(by, incident, audiences=[f"group:{hidden.pk}"])

    assert str(hidden.pk) not in form
    assert hidden.name not in form
    assert "Select a valid choice" in answer.content.decode()
    assert hidden.name not in answer.content.decode()


@pytest.mark.parametrize(
    ("role", "kind", "status"),
    [
        (Role.VIEWER, MemberKind.SIGNATORY, 403),
        (Role.ANALYST, MemberKind.SIGNATORY, 302),
        (Role.LEAD, MemberKind.SIGNATORY, 302),
        (Role.ADMIN, MemberKind.REGULATOR, 403),
    ],
)
def test_who_may_observe(role: Role, kind: MemberKind, status: int) -> None:
    incident = make.incident(tlp="clear")
    by = make.person(make.member(kind=kind), role=role)

    answer = send(by, incident)

    (kept,) = AuditEntry.objects.filter(action="observation.add", user_id=by.actor.user_id)
    assert answer.status_code == status
    assert kept.decision == ("allowed" if status == 302 else "denied")
    assert Observation.objects.count() == (1 if status == 302 else 0)


@pytest.mark.parametrize("hide", ["hidden", "draft", "withdrawn", "absent"])
def test_there_is_no_form_for_what_one_does_not_see_whole(hide: str) -> None:
    owner = make.person(make.member())
    incident = {
        "hidden": lambda: make.incident(by=owner, tlp="amber", shared_with=[make.member()]),
        "draft": lambda: make.draft(owner.member),
        "withdrawn": lambda: make.incident(by=owner),
        "absent": lambda: Incident(ref="DF-00000000"),
    }[hide]()
    if hide == "withdrawn":
        withdraw_incident(incident_id=incident.pk, reason="Wrong.", by=owner)
    by = make.person(make.member())

    assert browser(by).get(path(incident)).status_code == 404
    assert send(by, incident).status_code == 404
    assert Observation.objects.exists() is False


def test_nothing_is_added_to_ones_own_withdrawn_incident() -> None:
    owner = make.person(make.member())
    incident = make.incident(by=owner)
    withdraw_incident(incident_id=incident.pk, reason="Wrong.", by=owner)

    answer = send(owner, incident)

    assert (answer.status_code, Observation.objects.exists()) == (302, False)


@pytest.mark.parametrize(("show", "is_hidden"), [({}, True), ({"show_organisation": "on"}, False)])
def test_who_reads_by_a_hidden_group_chooses_whether_to_be_named(
    show: dict[str, str], is_hidden: bool
) -> None:
    owner, member = make.member(), make.person(make.member())
    group = make.group(owner, member.member, make.member(), membership_hidden=True)
    incident = make.incident(owner, tlp="amber", shared_with=[group])

    assert "show_organisation" in browser(member).get(path(incident)).content.decode()
    assert (
        "show_organisation" not in browser(make.person(owner)).get(path(incident)).content.decode()
    )
    send(member, incident, **show)

    assert Observation.objects.get().organisation_hidden is is_hidden


def test_hostile_words_stay_words() -> None:
    incident = make.incident(title=HOSTILE)
    by = make.person(make.member())

    answer = send(by, incident, platform=HOSTILE, account_handle=HOSTILE, seen_first=HOSTILE)
    page = Page(answer)

    assert "<script>alert" not in page.html
    assert HOSTILE in page.text["main"]
