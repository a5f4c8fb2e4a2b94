"""The page of an incident: what it shows, to whom, and what it offers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Member, MemberKind, User
from accounts.readers import Reader
from accounts.roles import Role
from hub.audit.models import AuditEntry
from incidents.core.models import Incident
from incidents.core.services.correcting import merge_incident
from incidents.core.services.filing import update_incident, withdraw_incident
from incidents.sharing.models import SharingGroup
from incidents.taxonomy.services import load_vocabularies
from tests import make
from tests.hub.dashboard.reading import Page

pytestmark = pytest.mark.django_db

HOSTILE = '<script>alert(1)</script>"\u202e{{ 7*7 }}{% x %}😀' + "שלום" + "long" * 30
PRINT = "a" * 64
ACTIONS = {
    "edit": "/edit/",
    "publish": "/publish/",
    "withdraw": "/withdraw/",
    "delete": "/delete/",
    "observe": "/observations/new/",
    "link": "/links/new/",
}


def browser(user: User | None) -> Client:
    """A browser in which that person is signed in."""
    client = Client()
    assert user is not None
    client.force_login(user)
    return client


def reader(of: Member, role: str = Role.LEAD) -> Reader:
    return make.person(of, role=role)


def seen(by: Reader, incident: Incident, query: str = "") -> Page:
    answer = browser(by.user).get(f"/incidents/{incident.ref}/{query}")
    assert answer.status_code == 200
    return Page(answer)


def status(by: Reader, ref: str) -> int:
    return browser(by.user).get(f"/incidents/{ref}/").status_code


def offered(page: Page, incident: Incident) -> set[str]:
    """What the head of the page offers to do."""
    start = f"/incidents/{incident.ref}"
    return {name for name, path in ACTIONS.items() if f"{start}{path}" in page.links[""]}


def full(owner: Reader, **fields: Any) -> Incident:
    """An incident that says everything there is to say."""
    load_vocabularies()
    said = {
        "title": "A cloned voice",
        "summary": "What happened.",
        "narrative": "What it tells.",
        "script": "What is said.",
        "severity": "critical",
        "stage": "mitigating",
        "media_kinds": ["audio"],
        "manipulation": ["voice_clone"],
        "goals": ["financial_gain"],
        "harms": ["fraud"],
        "countries": ["FR"],
        "languages": ["fr"],
        "targets": [{"name": "Jane Example", "kind": "candidate", "aliases": ["J. E."]}],
        "created": {"at": "2026-11-01T00:00:00Z", "precision": "month", "tool": "Voicer"},
        "distributed": {"at": "2026-11-22T20:04:00Z", "precision": "hour", "platform": "Chatter"},
        "tags": ['tag:"robocall"', "likelihood:almost_certain"],
        "references": [{"url": "https://news.example/a?x=1", "title": "The story", "kind": "news"}],
        "fingerprints": [{"algorithm": "sha256", "value": PRINT}],
    }
    return make.incident(by=owner, **(said | fields))


# Who sees what ------------------------------------------------------------------------------
def test_everything_that_an_incident_says_stands_on_its_page() -> None:
    owner = reader(make.member("acme"))
    incident = full(owner)

    page = seen(reader(make.member()), incident)

    assert page.text["ref"] == incident.ref
    assert page.text["summary"] == "Summary What happened."
    assert page.text["narrative"].endswith("What it tells.")
    assert page.text["script"].endswith("What is said.")
    for words in ("Audio", "Voice clone", "Financial gain", "Fraud", "France", "French"):
        assert words in page.text["facts"]
    assert "Made November 2026 (to the month) Voicer" in page.text["facts"]
    assert "22 Nov 2026, 20:04 UTC (about that hour) Chatter" in page.text["facts"]
    assert "Jane Example Candidate also J. E." in page.text["facts"]
    assert "robocall" in page.text["facts"]
    assert "Almost certain" in page.text["facts"]
    assert page.links["references"] == ["https://news.example/a?x=1"]
    assert "news.example" in page.text["references"]
    assert 'rel="noopener noreferrer nofollow"' in page.html
    assert page.text["print-1"] == PRINT
    assert "within the community, not in public" in page.text["marks"]
    assert "Look-ups that the other side cannot notice only." in page.text["marks"]
    assert "Published by Acme" in page.text["history"]


def test_a_draft_is_its_owners_and_absent_for_all_others() -> None:
    owner = make.member()
    incident = make.draft(owner)

    codes = [status(reader(one), incident.ref) for one in (owner, make.member())]

    assert codes == [200, 404]


def test_hidden_and_absent_incidents_are_the_same_page() -> None:
    hidden = make.incident(tlp="amber", shared_with=[make.member()])
    client = browser(make.user(make.member()))

    answers = [client.get(f"/incidents/{ref}/") for ref in (hidden.ref, "DF-00000000")]

    assert [answer.status_code for answer in answers] == [404, 404]
    first, second = (re.sub(r"[0-9a-f-]{32,36}", "", one.content.decode()) for one in answers)
    assert first == second
    assert AuditEntry.objects.filter(action="incident.read").exists() is False


@pytest.mark.parametrize("path", ["", "alerts/", "observations/new/", "links/new/"])
def test_whoever_is_not_signed_in_is_led_there(path: str) -> None:
    incident = make.incident(tlp="clear")

    answer = Client().get(f"/incidents/{incident.ref}/{path}")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=")


def test_red_is_for_the_named_persons_its_author_and_the_owners_leads() -> None:
    owner, other = make.member(), make.member()
    named, colleague = reader(other), reader(other)
    lead, analyst = reader(owner), reader(owner, Role.ANALYST)
    incident = make.incident(by=lead, tlp="red", shared_with=[named.user or make.user(other)])

    codes = [status(one, incident.ref) for one in (lead, analyst, named, colleague)]

    assert codes == [200, 404, 200, 404]
    assert "The persons named" not in seen(named, incident).html
    assert "A person named by id" in seen(lead, incident).text["sharing"]


def test_a_reference_in_lower_case_leads_to_the_page() -> None:
    incident = make.incident()
    client = browser(make.user(make.member()))

    answer = client.get(f"/incidents/{incident.ref.lower()}/")

    assert (answer.status_code, answer["Location"]) == (302, f"/incidents/{incident.ref}/")


def test_reading_amber_is_on_record_once_with_what_is_linked() -> None:
    owner = make.member()
    lead = reader(owner)
    one, other = (make.incident(by=lead, tlp="amber", shared_with=[make.member()]) for _ in "12")
    make.link(one, other, lead)

    seen(lead, one)

    (entry,) = AuditEntry.objects.filter(action="incident.read")
    assert sorted(entry.objects_named) == sorted([one.ref, other.ref])


# What may be done ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "of_draft", "of_published"),
    [
        (Role.VIEWER, set(), set()),
        (Role.ANALYST, {"edit", "delete", "observe", "link"}, {"edit", "observe", "link"}),
        (
            Role.LEAD,
            {"edit", "publish", "delete", "observe", "link"},
            {"edit", "withdraw", "observe", "link"},
        ),
        (
            Role.ADMIN,
            {"edit", "publish", "delete", "observe", "link"},
            {"edit", "withdraw", "observe", "link"},
        ),
    ],
)
def test_the_page_offers_what_the_role_may(
    role: Role, of_draft: set[str], of_published: set[str]
) -> None:
    owner = make.member()
    by = reader(owner, role)
    draft, published = make.draft(owner), make.incident(owner)

    assert offered(seen(by, draft), draft) == of_draft
    assert offered(seen(by, published), published) == of_published


def test_others_may_observe_and_link_and_observers_read() -> None:
    incident = make.incident(tlp="clear")
    regulator = make.member(kind=MemberKind.REGULATOR)

    assert offered(seen(reader(make.member()), incident), incident) == {"observe", "link"}
    assert offered(seen(reader(regulator, Role.ADMIN), incident), incident) == set()


# Withdrawn ----------------------------------------------------------------------------------
def test_of_a_withdrawn_incident_others_see_what_is_left() -> None:
    owner = reader(make.member("acme"))
    other = reader(make.member())
    incident = full(owner, title="Secret words", observations=[{"platform": "Secret place"}])
    make.link(incident, make.incident(by=owner), owner)
    withdraw_incident(incident_id=incident.pk, reason="It was a mistake.", by=owner)

    left, whole = seen(other, incident), seen(owner, incident)

    assert "It was a mistake." in left.text[""]
    for word in ("Secret", "Jane", "What happened", "Critical", "Mitigating", "robocall", PRINT):
        assert word not in left.html
    assert not {"links", "history", "observations", "facts", "alerts", "sharing"} & left.ids
    assert offered(left, incident) == offered(whole, incident) == set()
    assert "Secret place" in whole.text["observations"]
    assert "Withdrawn by Acme" in whole.text["history"]


def test_the_tombstone_names_what_it_was_merged_into_to_who_may_read_that() -> None:
    owner = reader(make.member())
    let_in, other = make.member(), make.member()
    incident = make.incident(by=owner)
    into = make.incident(by=owner, tlp="amber", shared_with=[let_in])
    merge_incident(incident_id=incident.pk, into=into.ref, by=owner)

    assert into.ref in seen(reader(let_in), incident).html
    assert into.ref not in seen(reader(other), incident).html


# Observations -------------------------------------------------------------------------------
def test_observations_stand_with_what_they_say_and_hidden_ones_do_not() -> None:
    incident = make.incident(tlp="green")
    one, other = reader(make.member("acme")), reader(make.member())
    make.observation(
        incident,
        one,
        platform="Chatter",
        url="https://chatter.example/p/1",
        availability="removed",
        seen_first="2026-11-22T20:04:00Z",
        reach={"views": 1200},
        account={"handle": "@fake", "verified": "paid"},
        phone={"number": "+16035550100", "spoofed": True},
    )
    make.observation(incident, one, platform="Hidden place", tlp="amber")

    page, own = seen(other, incident), seen(one, incident)

    for words in ("Chatter", "Removed", "chatter.example", "22 Nov 2026", "@fake", "Paid", "0100"):
        assert words in page.text["observations"]
    assert "1,200 views" in page.text["observations"]
    assert "+16035550100" not in page.html
    assert "Hidden place" not in page.html
    assert "Hidden place TLP:AMBER" in own.text["observations"]


def test_who_observes_as_a_member_of_a_hidden_group_is_not_named() -> None:
    owner, member = make.member(), make.member("hidden-one")
    group = make.group(owner, member, make.member(), membership_hidden=True)
    incident = make.incident(owner, tlp="amber", shared_with=[group])
    make.observation(incident, reader(member))

    assert "Hidden-One" not in seen(reader(owner), incident).text["observations"]
    assert "A member of a group" in seen(reader(owner), incident).text["observations"]
    assert "Hidden-One" in seen(reader(member), incident).text["observations"]


def test_many_observations_come_page_by_page() -> None:
    owner = reader(make.member())
    incident = make.incident(
        by=owner, observations=[{"platform": f"Place {n}."} for n in range(25)]
    )
    page = seen(owner, incident)
    (older,) = [link for link in page.links["observations"] if "observations=" in link]

    rest = seen(owner, incident, older.partition("#")[0])

    first, second = (re.findall(r"Place \d+\.", one.text["observations"]) for one in (page, rest))
    assert (len(first), len(second)) == (20, 5)
    assert len({*first, *second}) == 25


# Owners only --------------------------------------------------------------------------------
def test_who_can_see_it_is_told_in_words_to_the_owner_alone() -> None:
    owner = make.member()
    named = make.member("reelnest", kind=MemberKind.REGULATOR)
    group = make.group(owner, make.member("inside"))
    incident = make.incident(owner, tlp="amber", shared_with=[named, group])

    own, others = seen(reader(owner), incident), seen(reader(named), incident)

    assert "Your organisation, and those named here: Reelnest ( observer )" in own.text["sharing"]
    assert group.name in own.text["sharing"]
    assert "Inside" not in own.text["sharing"]
    assert "sharing" not in others.ids
    assert group.name not in others.html


def test_a_group_that_the_owner_has_left_is_not_named() -> None:
    owner, manager = make.member(), make.member()
    group = make.group(manager, owner, make.member())
    incident = make.incident(owner, tlp="amber", shared_with=[group])
    group.memberships.filter(member=owner).delete()

    assert "A group you cannot name today" in seen(reader(owner), incident).text["sharing"]
    assert group.name not in seen(reader(owner), incident).html


def test_history_tells_old_values_and_audiences_to_the_owner_alone() -> None:
    owner, other = reader(make.member()), reader(make.member())
    incident = make.incident(by=owner, title="First title")
    change = {"title": "Second title", "audiences": make.audience(other.member)}
    update_incident(incident_id=incident.pk, changes=change, by=owner, expected_revision=1)

    own, others = (seen(one, incident).text["history"] for one in (owner, other))

    assert "title was First title" in own
    assert "audience" in own
    assert "title" in others
    assert "First title" not in others
    assert "audience" not in others


def test_a_long_history_comes_page_by_page() -> None:
    owner = reader(make.member())
    incident = make.incident(by=owner)
    for number in range(12):
        changes = {"summary": f"Text {number}."}
        update_incident(
            incident_id=incident.pk, changes=changes, by=owner, expected_revision=number + 1
        )

    page = seen(owner, incident)
    (older,) = [link for link in page.links["history"] if "history=" in link]
    rest = seen(owner, incident, older.partition("#")[0])

    assert page.text["history"].count("version") == 10
    assert rest.text["history"].count("version") == 3
    assert "Published by" in rest.text["history"] + page.text["history"]


# Text of others -----------------------------------------------------------------------------
@pytest.mark.parametrize("role", list(Role))
def test_hostile_texts_stay_texts(role: Role) -> None:
    owner = reader(make.member())
    Member.objects.filter(pk=owner.member.pk).update(name=HOSTILE[:200])
    owner.member.refresh_from_db()
    incident = full(
        owner,
        title=HOSTILE,
        summary=HOSTILE,
        narrative=HOSTILE,
        script=HOSTILE * 20,
        targets=[{"name": HOSTILE[:200], "kind": "organisation", "aliases": [HOSTILE[:200]]}],
        created={"precision": "unknown", "tool": HOSTILE[:200]},
        distributed={"precision": "unknown", "platform": HOSTILE[:120]},
        references=[
            {
                "url": "https://news.example/<script>alert(1)</script>",
                "title": HOSTILE,
                "publisher": {"name": HOSTILE[:200]},
            }
        ],
        observations=[
            {
                "platform": HOSTILE[:120],
                "account": {"handle": HOSTILE[:200]},
                "phone": {"carrier": HOSTILE[:100], "region": HOSTILE[:100]},
            }
        ],
    )
    make.link(incident, make.incident(by=owner, title=HOSTILE), owner, explanation=HOSTILE)
    update_incident(
        incident_id=incident.pk, changes={"title": "Now"}, by=owner, expected_revision=1
    )

    for by in (reader(owner.member, role), reader(make.member(), role)):
        page = seen(by, incident)
        assert "<script>alert" not in page.html
        assert "49" not in page.text["summary"]
        assert HOSTILE in page.html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
        assert not {name for name in page.attributes if name.startswith("on")}
        assert "style" not in page.attributes | page.tags


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", " javascript:x"])
def test_an_address_that_a_browser_would_run_is_no_link(url: str) -> None:
    incident = make.incident()
    stored = [{"url": url, "canonical_url": url, "variants": [], "kind": "news", "title": ""}]
    Incident.objects.filter(pk=incident.pk).update(references=stored)

    page = seen(reader(make.member()), incident)

    assert page.links["references"] == []
    assert url.strip() in page.text["references"]


# Work ---------------------------------------------------------------------------------------
def queries(by: Reader, incident: Incident) -> int:
    client = browser(by.user)
    path = f"/incidents/{incident.ref}/"
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def crowded(owner: Reader, other: Reader, number: int) -> Incident:
    """An incident with so many of everything that hangs on it."""
    group = make.group(owner.member, make.member())
    incident = full(
        owner,
        observations=[{"platform": f"Place {n}"} for n in range(number)],
        references=[{"url": f"https://news.example/{n}"} for n in range(number)],
        fingerprints=[{"algorithm": "sha256", "value": f"{n:064x}"} for n in range(number)],
        targets=[{"name": f"T {n}", "kind": "organisation"} for n in range(number)],
        tags=[f'tag:"{n}"' for n in range(number)],
    )
    for n in range(number):
        make.link(incident, make.incident(by=owner, title=f"Other {n}"), owner)
    named: list[Member | SharingGroup] = [
        group,
        other.member,
        *(make.member() for _ in range(number)),
    ]
    update_incident(
        incident_id=incident.pk,
        changes={"audiences": make.audience(*named)},
        by=owner,
        expected_revision=1,
    )
    return incident


@pytest.mark.parametrize("is_owner", [True, False])
def test_the_page_takes_as_many_queries_for_thirty_of_each_as_for_one(is_owner: bool) -> None:
    owner, other = reader(make.member()), reader(make.member())
    few, many = crowded(owner, other, 1), crowded(owner, other, 30)
    by = owner if is_owner else other

    assert queries(by, few) == queries(by, many)
