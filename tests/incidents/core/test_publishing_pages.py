"""The pages that publish, withdraw and delete: what they say will happen, and that it does."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Member, MemberKind
from accounts.roles import Role
from hub.outbox.models import Event
from incidents.core.models import Incident
from incidents.core.services.filing import update_incident
from tests import make
from tests.accounts.signing_in import person, signed_in

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>\u202e{{ 7*7 }}"


def lead(member: Member) -> Client:
    return signed_in(person(member, role=Role.LEAD))


def asked(client: Client, incident: Incident) -> Any:
    answer = client.get(f"/incidents/{incident.ref}/publish/")
    assert answer.status_code == 200
    return answer


def seen_by(answer: Any) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.words, one.names) for one in answer.context["reach"].seen_by]


# Who will see it ----------------------------------------------------------------------------
def test_open_marks_name_how_many_and_who_is_left_out() -> None:
    acme = make.member("acme")
    make.member("suspended", status="suspended")
    make.member("commission", kind=MemberKind.ELECTION_AUTHORITY)
    client = lead(acme)

    clear = asked(client, make.draft(acme, tlp="clear"))
    green = asked(client, make.draft(acme, tlp="green"))

    assert seen_by(clear)[0] == (
        "All 2 organisations of this hub, observers among them.",
        (),
    )
    assert seen_by(green) == [("The 1 member of the community, and nobody else.", ())]
    assert green.context["reach"].unseen_by == ("The 1 observer of this hub.", "The public.")
    assert "the whole incident" in str(green.context["reach"].sent)


def test_amber_names_whom_it_reaches_and_whom_it_does_not() -> None:
    acme, ann, bob = (make.member(slug) for slug in ("acme", "ann", "bob"))
    commission = make.member("commission", kind=MemberKind.ELECTION_AUTHORITY)
    gone = make.member("gone", status="left")
    group = make.group(acme, ann, bob, commission, gone)
    Member.objects.filter(pk=gone.pk).update(status="active")
    strict = make.draft(acme, tlp="amber+strict", shared_with=[group, commission, gone, ann])
    amber = make.draft(acme, tlp="amber", shared_with=[group, commission])
    Member.objects.filter(pk=gone.pk).update(status="left")
    client = lead(acme)

    of_strict, of_amber = asked(client, strict), asked(client, amber)

    assert seen_by(of_strict) == [
        ("Your own organisation, Acme.", ()),
        ("1 organisation that you name.", ("Ann",)),
        (f"The 2 organisations of “{group.name}” that the mark admits.", ("Ann", "Bob")),
    ]
    assert of_strict.context["reach"].unseen_by == (
        "Commission, although you name it: the mark admits no observers.",
        "Gone, which is not active today.",
        "Everybody else.",
    )
    assert seen_by(of_amber)[2][1] == ("Ann", "Bob", "Commission")
    assert "not its title nor its text" in str(of_amber.context["reach"].sent)


def test_of_a_group_with_hidden_membership_nobody_is_named_or_counted() -> None:
    acme, manager = make.member("acme"), make.member("manager")
    group = make.group(manager, acme, membership_hidden=True)
    draft = make.draft(acme, tlp="amber", shared_with=[group])
    client = lead(acme)
    before = asked(client, draft)
    secret = make.member("secret")
    group.memberships.create(member=secret)
    own = make.group(acme, secret, membership_hidden=True)
    of_own = make.draft(acme, tlp="amber", shared_with=[own])

    after = asked(client, draft)

    assert seen_by(after)[1] == (
        f"The members of “{group.name}”; who they are is hidden, to you too.",
        (),
    )
    assert main_of(before) == main_of(after)
    assert seen_by(asked(client, of_own))[1][1] == ("Secret",)


def test_groups_that_are_gone_reach_nobody_that_can_be_named() -> None:
    acme = make.member("acme")
    left, deleted = make.group(make.member(), acme), make.group(acme, make.member())
    draft = make.draft(acme, tlp="amber", shared_with=[left, deleted])
    left.memberships.all().delete()
    deleted.memberships.all().delete()
    type(deleted).objects.filter(pk=deleted.pk).update(deleted_at="2026-01-01T00:00:00Z")

    words = [one for one, _ in seen_by(asked(lead(acme), draft))]

    assert sorted(words[1:]) == [
        "A group that was deleted, and so nobody.",
        "The members of a group that you cannot name today.",
    ]


def test_the_order_of_groups_without_a_name_tells_nothing_of_their_names() -> None:
    acme, manager, other = (make.member(slug) for slug in ("acme", "manager", "other"))
    groups = [make.group(owner, acme) for owner in (manager, acme, manager, manager, acme)]
    draft = make.draft(acme, tlp="amber", shared_with=[*groups, other])
    gone, own_gone, gone_too, *_ = groups
    for group, name in zip(groups, ("M", "A", "Z", "B", "N"), strict=True):
        type(group).objects.filter(pk=group.pk).update(name=name)
    for group in (gone, gone_too):
        group.memberships.all().delete()
    type(own_gone).objects.filter(pk=own_gone.pk).update(deleted_at="2026-01-01T00:00:00Z")
    client = lead(acme)

    before = seen_by(asked(client, draft))
    type(gone).objects.filter(pk=gone.pk).update(name="Zz")
    type(gone_too).objects.filter(pk=gone_too.pk).update(name="Aa")
    type(own_gone).objects.filter(pk=own_gone.pk).update(name="Mm")

    hidden = "The members of a group that you cannot name today."
    assert [words for words, _ in before[2:]] == [
        "The 1 organisation of “B” that the mark admits.",
        "The 1 organisation of “N” that the mark admits.",
        hidden,
        "A group that was deleted, and so nobody.",
        hidden,
    ]
    assert seen_by(asked(client, draft)) == before


def test_red_names_persons_of_ones_own_and_counts_the_others() -> None:
    acme = make.member("acme")
    boss = person(acme, role=Role.LEAD, name="Boss")
    named = make.user(acme, role=Role.VIEWER, name="Named")
    other = make.user(make.member(), name="Other Person")
    client = signed_in(boss)
    draft = make.draft(acme, by=make.person(acme), tlp="red", shared_with=[named, other])

    answer = asked(client, draft)

    shown = seen_by(answer)
    assert {"Boss", "Named"} <= set(shown[0][1])
    assert shown[1] == ("1 person of another organisation, named by id.", ())
    assert b"Other Person" not in answer.content
    assert "No system is sent anything" in str(answer.context["reach"].sent)


def main_of(answer: Any) -> str:
    text: str = answer.content.decode()
    return text.partition("<main")[2].partition('<form class="form-foot')[0]


# Publishing ---------------------------------------------------------------------------------
def test_it_is_published_as_it_was_shown() -> None:
    acme = make.member("acme")
    draft = make.draft(acme, tlp="green", title=HOSTILE)
    client = lead(acme)
    page = asked(client, draft)

    answer = client.post(f"/incidents/{draft.ref}/publish/", {"revision": "1"})

    draft.refresh_from_db()
    assert b"<script>alert" not in page.content
    assert answer.headers["Location"] == f"/incidents/{draft.ref}/"
    assert draft.status == "published"
    again = client.post(f"/incidents/{draft.ref}/publish/", {"revision": "2"})
    assert again.headers["Location"] == f"/incidents/{draft.ref}/"
    assert Event.objects.filter(topic="incident.published").count() == 1


def test_what_was_changed_since_is_shown_first() -> None:
    acme = make.member("acme")
    draft = make.draft(acme, tlp="amber", shared_with=[make.member()])
    client = lead(acme)
    update_incident(
        incident_id=draft.pk,
        changes={"tlp": "clear", "audiences": []},
        by=make.person(acme),
        expected_revision=1,
    )

    stale = client.post(f"/incidents/{draft.ref}/publish/", {"revision": "1"})
    unsaid = client.post(f"/incidents/{draft.ref}/publish/")

    draft.refresh_from_db()
    assert b"Somebody has changed it since you looked" in stale.content
    assert (unsaid.status_code, draft.status) == (200, "draft")
    assert not Event.objects.exists()


def test_without_an_audience_the_dialogue_leads_to_the_field() -> None:
    acme = make.member("acme")
    draft = make.draft(acme, tlp="amber")
    client = lead(acme)

    shown = asked(client, draft)
    refused = client.post(f"/incidents/{draft.ref}/publish/", {"revision": "1"})

    draft.refresh_from_db()
    link = f"/incidents/{draft.ref}/edit/#id_audience_members".encode()
    assert (link in shown.content, link in refused.content) == (True, True)
    assert b'<button type="submit" class="btn btn-primary"' not in shown.content
    assert b"name at least one" in refused.content
    assert draft.status == "draft"


def test_htmx_is_given_the_dialogue_alone() -> None:
    acme = make.member("acme")
    draft, published = make.draft(acme, tlp="green"), make.incident(acme)
    client = lead(acme)
    htmx = {"HX-Request": "true"}

    parts = [
        client.get(f"/incidents/{draft.ref}/publish/", headers=htmx),
        client.get(f"/incidents/{draft.ref}/delete/", headers=htmx),
        client.get(f"/incidents/{published.ref}/withdraw/", headers=htmx),
    ]

    assert [part.status_code for part in parts] == [200, 200, 200]
    assert [b"<html" in part.content for part in parts] == [False, False, False]
    assert [b"<form" in part.content for part in parts] == [True, True, True]


# Withdrawing and deleting -------------------------------------------------------------------
def test_an_incident_is_withdrawn_with_a_reason() -> None:
    acme = make.member("acme")
    incident = make.incident(acme)
    client = lead(acme)
    path = f"/incidents/{incident.ref}/withdraw/"

    without = client.post(path, {"reason": " "})
    answer = client.post(path, {"reason": HOSTILE})
    again = client.get(path)

    incident.refresh_from_db()
    assert without.status_code == 200
    assert b"This field is required" in without.content
    assert answer.headers["Location"] == again.headers["Location"] == f"/incidents/{incident.ref}/"
    assert (incident.status, incident.withdrawn_reason) == ("withdrawn", HOSTILE)


def test_a_reason_is_kept_as_the_api_keeps_it() -> None:
    acme = make.member("acme")
    incident = make.incident(acme)
    client = lead(acme)
    path = f"/incidents/{incident.ref}/withdraw/"

    refused = client.post(path, {"reason": "Not\x1b[2J real"})
    client.post(path, {"reason": " Not real.\r\n\u202eSorry "})

    incident.refresh_from_db()
    assert b"without other control characters; U+001B is one." in refused.content
    assert incident.withdrawn_reason == "Not real.\n\u202eSorry"


def test_a_draft_is_deleted_after_asking() -> None:
    acme = make.member("acme")
    draft, published = make.draft(acme), make.incident(acme)
    client = signed_in(person(acme, role=Role.ANALYST))

    shown = client.get(f"/incidents/{draft.ref}/delete/")
    kept = Incident.objects.count()
    answer = client.post(f"/incidents/{draft.ref}/delete/")
    refused = client.post(f"/incidents/{published.ref}/delete/")

    assert b"cannot be taken back" in shown.content
    assert (kept, Incident.objects.get()) == (2, published)
    assert answer.headers["Location"] == "/incidents/"
    assert refused.headers["Location"] == f"/incidents/{published.ref}/"


def test_addresses_in_lower_case_are_understood() -> None:
    acme = make.member("acme")
    draft = make.draft(acme, tlp="green")

    assert lead(acme).get(f"/incidents/{draft.ref.lower()}/publish/").status_code == 200
