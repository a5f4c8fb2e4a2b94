"""Links on pages: proposed, decided, taken back, and seen from both ends."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Member, MemberKind
from accounts.readers import Reader
from accounts.roles import Role
from hub.audit.models import AuditEntry
from incidents.core.models import Incident
from incidents.core.services.filing import withdraw_incident
from incidents.crossrefs.models import CrossReference, State
from tests import make
from tests.hub.dashboard.reading import Page

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
HOSTILE = "<script>alert(1)</script>\u202e{{ 7*7 }}😀" + "long" * 30


def browser(by: Reader) -> Client:
    client = Client()
    assert by.user is not None
    client.force_login(by.user)
    return client


def path(incident: Incident) -> str:
    return f"/incidents/{incident.ref}/links/new/"


def links(by: Reader, incident: Incident) -> Page:
    return Page(browser(by).get(f"/incidents/{incident.ref}/"))


def decide(by: Reader, link: CrossReference, action: str, at: Incident, **headers: str) -> Any:
    where = f"/links/{link.pk}/{action}/"
    return browser(by).post(where, {"incident": at.ref}, headers=headers)


class Scene:
    """Two incidents of two organisations, and somebody who reads both."""

    def __init__(self) -> None:
        self.owner, self.other_owner = (make.person(make.member()) for _ in "12")
        self.reader = make.person(make.member("acme"), role=Role.ANALYST)
        self.one = make.incident(by=self.owner, title="A cloned voice")
        self.other = make.incident(by=self.other_owner, title="A cloned face")

    def proposal(self, **words: Any) -> CrossReference:
        return make.link(self.one, self.other, self.reader, kind="derived_from", **words)


def propose(by: Reader, one: Incident, **fields: str) -> Any:
    return browser(by).post(path(one), {"type": "same_campaign", **fields})


# Proposing ----------------------------------------------------------------------------------
@pytest.mark.parametrize("form", ["{}", "  {} ", "https://hub.example/incidents/{}/"])
@pytest.mark.parametrize("lower", [True, False])
def test_a_link_is_proposed_by_the_ref_however_it_is_typed(form: str, lower: bool) -> None:
    scene = Scene()
    typed = form.format(scene.other.ref.lower() if lower else scene.other.ref)

    answer = propose(scene.reader, scene.one, other=typed, explanation="The same dialler.")

    link = CrossReference.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/incidents/{scene.one.ref}/#links")
    assert (link.from_incident, link.to_incident, link.type) == (
        scene.one,
        scene.other,
        "same_campaign",
    )
    assert (link.state, link.explanation) == (State.SUGGESTED, "The same dialler.")


def test_the_other_way_round_the_other_incident_is_the_beginning() -> None:
    scene = Scene()

    propose(scene.reader, scene.one, other=scene.other.ref, reverse="on")

    assert CrossReference.objects.get().from_incident == scene.other


def test_between_ones_own_incidents_the_link_stands_at_once() -> None:
    owner = make.person(make.member(), role=Role.ANALYST)
    one, other = make.incident(owner.member), make.incident(owner.member)

    propose(owner, one, other=other.ref)

    assert CrossReference.objects.get().state == State.ACCEPTED


def test_words_find_incidents_and_one_is_picked_with_the_rest_kept() -> None:
    scene = Scene()
    hidden = make.incident(title="A cloned face", tlp="amber", shared_with=[make.member()])
    own = {"other": "cloned face", "explanation": "Because."}

    found = propose(scene.reader, scene.one, **own)
    picked = propose(scene.reader, scene.one, pick=scene.other.ref, **own)

    assert "Choose one of these." in found.content.decode()
    assert scene.other.ref in found.content.decode()
    assert hidden.ref not in found.content.decode()
    assert f'value="{scene.other.ref}"' in picked.content.decode()
    assert "Because." in picked.content.decode()
    assert "errorlist" not in picked.content.decode()
    assert CrossReference.objects.exists() is False


def test_htmx_gets_what_is_found_alone() -> None:
    scene = Scene()
    client = browser(scene.reader)

    answer = client.get(path(scene.one), {"other": "face"}, headers=HTMX)
    nothing = client.get(path(scene.one), {"other": "zebra"}, headers=HTMX)

    assert Page(answer).text["found"].startswith("Choose one of these.")
    assert scene.other.ref in Page(answer).text["found"]
    assert "<html" not in answer.content.decode()
    assert Page(nothing).text["found"] == "No incident that you may read has these words."


@pytest.mark.parametrize("kind", ["hidden", "absent", "draft"])
def test_what_one_may_not_see_is_not_found_in_one_form_of_words(kind: str) -> None:
    scene = Scene()
    refs = {
        "hidden": make.incident(tlp="amber", shared_with=[make.member()]).ref,
        "absent": "DF-00000000",
        "draft": make.draft().ref,
    }

    answer = propose(scene.reader, scene.one, other=refs[kind])

    assert "There is no such incident." in Page(answer).text["main"]
    assert CrossReference.objects.exists() is False


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"other": ""}, "This field is required."),
        ({"other": "the same"}, "Name two different incidents."),
        ({"other": "DF-00000000", "type": "friend_of"}, "Select a valid choice"),
        ({"other": "DF-00000000", "explanation": "x" * 2001}, "at most 2000 characters"),
        ({"other": "!!!"}, "There is no word in it"),
    ],
)
def test_what_is_not_taken_comes_back_with_the_reason(fields: dict[str, str], said: str) -> None:
    scene = Scene()
    if fields["other"] == "the same":
        fields = {"other": scene.one.ref}

    answer = propose(scene.reader, scene.one, **fields)

    assert answer.status_code == 200
    assert said in Page(answer).text["main"]
    assert CrossReference.objects.exists() is False


def test_the_same_link_twice_is_refused() -> None:
    scene = Scene()
    propose(scene.reader, scene.one, other=scene.other.ref)

    answer = propose(scene.reader, scene.one, other=scene.other.ref)

    assert "linked so already" in Page(answer).text["main"]
    assert CrossReference.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "kind", "status"),
    [
        (Role.VIEWER, MemberKind.SIGNATORY, 403),
        (Role.ANALYST, MemberKind.SIGNATORY, 200),
        (Role.ADMIN, MemberKind.REGULATOR, 403),
    ],
)
def test_who_may_propose(role: Role, kind: MemberKind, status: int) -> None:
    incident = make.incident(tlp="clear")
    by = make.person(make.member(kind=kind), role=role)

    assert browser(by).get(path(incident)).status_code == status
    assert propose(by, incident, other=incident.ref).status_code == status
    denied = AuditEntry.objects.filter(action="crossref.create", decision="denied")
    assert denied.count() == (2 if status == 403 else 0)


@pytest.mark.parametrize("hide", ["hidden", "withdrawn"])
def test_there_is_no_form_for_what_one_does_not_see_whole(hide: str) -> None:
    owner = make.person(make.member())
    shared: dict[str, Any] = (
        {"tlp": "amber", "shared_with": [make.member()]} if hide == "hidden" else {}
    )
    incident = make.incident(by=owner, **shared)
    if hide == "withdrawn":
        withdraw_incident(incident_id=incident.pk, reason="Wrong.", by=owner)

    assert browser(make.person(make.member())).get(path(incident)).status_code == 404


def test_who_reads_by_a_hidden_group_chooses_whether_to_be_named() -> None:
    owner, member = make.member(), make.person(make.member("inside-one"))
    group = make.group(owner, member.member, make.member(), membership_hidden=True)
    one, other = (make.incident(owner, tlp="amber", shared_with=[group]) for _ in "12")

    assert "Show that your organisation" in browser(member).get(path(one)).content.decode()
    propose(member, one, other=other.ref)

    assert "Inside-One" not in links(make.person(owner), one).html
    assert "Who says so is not shown" in links(make.person(owner), one).text["links"]


# Seen from both ends ------------------------------------------------------------------------
def test_a_link_says_from_each_end_what_the_other_is_to_it() -> None:
    scene = Scene()
    scene.proposal(explanation="A clip of it.")

    here, there = (links(scene.reader, one).text["links"] for one in (scene.one, scene.other))

    assert f"Derived from {scene.other.ref} TLP:GREEN Suggested A cloned face A clip of it." in here
    assert f"Source of {scene.one.ref} TLP:GREEN Suggested A cloned voice A clip of it." in there
    assert "Proposed by Acme" in here
    assert "Proposed by Acme" in there


def test_a_suggestion_of_the_hub_gives_its_reason_in_words() -> None:
    same = [{"algorithm": "sha256", "value": "a" * 64}]
    one, _ = make.incident(fingerprints=same), make.incident(fingerprints=same)
    make.suggestions()

    text = links(make.person(one.owner), one).text["links"]

    assert "Their media are the same file: equal SHA-256 fingerprints." in text
    assert "Found by the hub, 99 % likely" in text


def test_a_link_whose_other_end_is_hidden_leaves_no_trace() -> None:
    owner = make.person(make.member())
    one = make.incident(by=owner, tlp="green")
    other = make.incident(by=owner, tlp="amber", shared_with=[make.member()], title="Hidden")
    make.link(one, other, owner)
    stranger = make.person(make.member())
    plain = make.incident(by=owner, tlp="green")

    with_link, without = (links(stranger, incident).text["links"] for incident in (one, plain))

    assert with_link == without
    assert other.ref in links(owner, one).text["links"]


def test_the_cluster_is_what_the_reader_sees_of_it() -> None:
    owner = make.person(make.member())
    one, two, three = (make.incident(by=owner, title=f"Number {n}") for n in "123")
    hidden = make.incident(by=owner, tlp="amber", shared_with=[make.member()])
    for first, second in ((one, two), (two, three), (three, hidden)):
        make.link(first, second, owner)

    text = links(make.person(make.member()), one).text["links"].partition("Cluster")[2]

    assert ("Number 1" in text, "Number 2" in text, "Number 3" in text) == (False, True, True)
    assert hidden.ref not in text


# Deciding -----------------------------------------------------------------------------------
@pytest.mark.parametrize(("action", "state"), [("accept", "accepted"), ("reject", "rejected")])
@pytest.mark.parametrize("end", ["one", "other"])
@pytest.mark.parametrize("role", list(Role))
def test_leads_of_either_end_decide(role: Role, end: str, action: str, state: str) -> None:
    scene = Scene()
    link = scene.proposal()
    at: Incident = getattr(scene, end)
    by = make.person(at.owner, role=role)
    may = role in {Role.LEAD, Role.ADMIN}

    offered = f"/links/{link.pk}/{action}/" in links(by, at).actions
    answer = decide(by, link, action, at)

    link.refresh_from_db()
    kept = AuditEntry.objects.filter(action=f"crossref.{action}", user_id=by.actor.user_id)
    assert offered is may
    assert answer.status_code == (302 if may else 403)
    assert link.state == (state if may else State.SUGGESTED)
    assert kept.get().decision == ("allowed" if may else "denied")
    if may:
        assert answer["Location"] == f"/incidents/{at.ref}/#links"


def test_others_see_a_proposal_and_decide_nothing() -> None:
    scene = Scene()
    link = scene.proposal()
    by = make.person(make.member(), role=Role.ADMIN)

    assert links(by, scene.one).actions.count(f"/links/{link.pk}/accept/") == 0
    assert decide(by, link, "accept", scene.one).status_code == 403


@pytest.mark.parametrize("action", ["accept", "reject", "delete"])
def test_a_link_one_does_not_see_is_not_there(action: str) -> None:
    owner = make.person(make.member())
    one = make.incident(by=owner)
    other = make.incident(by=owner, tlp="amber", shared_with=[make.member()])
    link = make.link(one, other, owner)

    answer = decide(make.person(make.member()), link, action, one)

    assert answer.status_code == 404
    assert CrossReference.objects.filter(pk=link.pk).exists()
    assert AuditEntry.objects.filter(decision="denied").exists() is False


def test_htmx_gets_the_section_after_a_decision() -> None:
    scene = Scene()
    link = scene.proposal()

    answer = decide(scene.other_owner, link, "accept", scene.other, **HTMX)

    page = Page(answer)
    assert "<html" not in page.html
    assert f"Source of {scene.one.ref} TLP:GREEN Accepted" in page.text["links"]
    assert "The link is accepted." in answer["HX-Trigger"]
    assert f"/links/{link.pk}/accept/" not in page.actions


def test_what_was_decided_already_says_so() -> None:
    scene = Scene()
    link = scene.proposal()
    decide(scene.owner, link, "accept", scene.one)

    answer = decide(scene.other_owner, link, "reject", scene.other, **HTMX)

    link.refresh_from_db()
    assert "accepted already" in answer["HX-Trigger"]
    assert link.state == State.ACCEPTED


def test_nothing_is_decided_by_following_a_link() -> None:
    scene = Scene()
    link = scene.proposal()

    answers = [browser(scene.owner).get(f"/links/{link.pk}/{a}/") for a in ("accept", "reject")]

    assert [answer.status_code for answer in answers] == [405, 405]


def test_taking_back_asks_first_and_then_does_it() -> None:
    scene = Scene()
    link = scene.proposal()
    client = browser(scene.reader)

    asked = client.get(f"/links/{link.pk}/delete/?incident={scene.other.ref}")
    still = CrossReference.objects.filter(pk=link.pk).exists()
    done = client.post(f"/links/{link.pk}/delete/", {"incident": scene.other.ref})

    assert "Source of" in Page(asked).text["main"]
    assert still is True
    assert done["Location"] == f"/incidents/{scene.other.ref}/#links"
    assert CrossReference.objects.exists() is False


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.ANALYST, 302)])
def test_who_takes_back_what_their_organisation_proposed(role: Role, status: int) -> None:
    scene = Scene()
    link = scene.proposal()

    answer = decide(make.person(scene.reader.member, role=role), link, "delete", scene.one)

    assert answer.status_code == status
    assert CrossReference.objects.exists() is (status == 403)


def test_a_suggestion_that_nobody_accepted_is_rejected_instead() -> None:
    same = [{"algorithm": "sha256", "value": "a" * 64}]
    one, _ = make.incident(fingerprints=same), make.incident(fingerprints=same)
    make.suggestions()
    link = CrossReference.objects.get()
    lead = make.person(one.owner)

    asked = browser(lead).get(f"/links/{link.pk}/delete/")

    assert asked.status_code == 302
    assert "Take back" not in links(lead, one).text["links"]
    assert decide(lead, link, "delete", one).status_code == 302
    assert CrossReference.objects.get().state == State.SUGGESTED


@pytest.mark.parametrize("role", list(Role))
def test_hostile_words_stay_words(role: Role) -> None:
    scene = Scene()
    Incident.objects.update(title=HOSTILE)
    Member.objects.filter(pk=scene.reader.member.pk).update(name=HOSTILE[:200])
    link = scene.proposal(explanation=HOSTILE)
    by = make.person(scene.one.owner, role=role)

    pages = [
        links(by, scene.one),
        Page(browser(scene.reader).get(path(scene.one))),
        Page(browser(scene.reader).get(f"/links/{link.pk}/delete/")),
        Page(propose(scene.reader, scene.one, other=HOSTILE[:200], explanation=HOSTILE)),
    ]

    assert all("<script>alert" not in page.html for page in pages)
    assert all("&lt;script&gt;alert" in page.html for page in pages)
