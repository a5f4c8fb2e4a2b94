"""What is typed into the form of an incident is kept until it is saved, for whoever typed it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Session, User
from accounts.roles import Role
from hub.kit import clock
from incidents.core.models import Incident
from incidents.core.services.correcting import delete_draft, redact_incident
from incidents.core.services.filing import update_incident
from incidents.core.services.unsaved import LARGEST_BYTES
from incidents.core.tasks import purge
from incidents.core.unsaved import UnsavedWork
from tests import make
from tests.accounts.signing_in import PASSWORD, person, sign_in, signed_in
from tests.incidents.core.filling import Filling
from tests.stored import places_of

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}


def autosave(form: Filling, **fields: Any) -> Any:
    """As the script sends it a moment after something was typed."""
    answer = form.type(**fields).press("autosave", **JSON)
    if answer.status_code == 200:
        form.type(seen=str(answer.json()["seen"]))
    return answer


def again(form: Filling) -> Filling:
    """The same form in another window."""
    return Filling(form.client, path=form.path)


# Keeping ------------------------------------------------------------------------------------
def test_what_is_typed_is_in_the_form_again() -> None:
    form = Filling(signed_in(person(make.member())))

    saved = autosave(form, title="Half a sent", targets_0_name="Ann", countries=["FR", "XX"])
    with_a_row = form.press("add", "targets")
    autosave(form, targets_1_name="Bob")
    other = again(form)

    assert re.fullmatch(r"Saved \d\d:\d\d:\d\d", saved.json()["words"])
    assert with_a_row.status_code == 200
    assert other.fields["title"] == ["Half a sent"]
    assert other.fields["countries"] == ["FR", "XX"]
    assert other.fields["targets-0-name"] + other.fields["targets-1-name"] == ["Ann", "Bob"]
    assert b"You have unsaved work" in other.page.content
    assert not Incident.objects.exists()


def test_whoever_begins_an_incident_comes_back_to_the_one_not_filed() -> None:
    form = Filling(signed_in(person(make.member())))
    autosave(form, title="Left behind")

    back = form.client.get("/incidents/new/")
    another = form.client.get("/incidents/new/?another")
    skipped = form.client.get("/incidents/new/?skip")

    assert back.headers["Location"] == form.path
    assert (another.status_code, b"at hand" in another.content) == (200, True)
    assert skipped.headers["Location"] != form.path


def test_unsaved_work_on_an_incident_is_in_its_form_alone() -> None:
    acme = make.member("acme")
    one, other = make.draft(acme), make.draft(acme)
    client = signed_in(person(acme))

    autosave(Filling(client, one.ref), summary="Only here")

    assert Filling(client, one.ref).fields["summary"] == ["Only here"]
    assert Filling(client, other.ref).fields["summary"] == [""]
    one.refresh_from_db()
    assert one.summary == ""


def test_nobody_else_sees_it_not_even_a_colleague() -> None:
    acme = make.member("acme")
    incident = make.draft(acme)
    mine = signed_in(person(acme))
    new, edit = Filling(mine), Filling(mine, incident.ref)
    autosave(new, title="Secretword")
    autosave(edit, summary="Secretword")
    colleague = signed_in(person(acme, role=Role.ADMIN))

    pages = [
        colleague.get(new.path),
        colleague.get("/incidents/new/"),
        colleague.get(f"/incidents/{incident.ref}/edit/"),
    ]
    taken = Filling(colleague, path=new.path)
    conflict = autosave(taken, title="Mine")

    assert [b"Secretword" in page.content for page in pages] == [False, False, False]
    assert conflict.status_code == 409
    assert again(new).fields["title"] == ["Secretword"]
    assert "incidents_unsavedwork" not in places_of("Secretword")


def test_it_is_gone_when_it_is_saved_or_discarded() -> None:
    acme = make.member("acme")
    incident = make.draft(acme)
    client = signed_in(person(acme))
    saved, discarded, filed = Filling(client, incident.ref), Filling(client), Filling(client)
    autosave(saved, title="Saved")
    autosave(discarded, title="Discarded")
    autosave(filed, title="Filed")

    assert saved.save().status_code == 302
    assert discarded.press("discard").status_code == 302
    assert filed.save().status_code == 302

    left = UnsavedWork.objects.get()
    filed_as = Incident.objects.get(title="Filed")
    assert (left.fields, left.filed_as) == ({}, filed_as)
    assert client.get(filed.path).headers["Location"] == f"/incidents/{filed_as.ref}/"
    assert client.get("/incidents/new/").status_code == 200


def test_too_much_is_not_kept_and_says_so() -> None:
    form = Filling(signed_in(person(make.member())))

    answer = autosave(form, summary="x" * LARGEST_BYTES)

    assert answer.status_code == 413
    assert "smaller parts" in answer.json()["words"]


def test_typing_takes_few_queries() -> None:
    form = Filling(signed_in(person(make.member())))
    autosave(form, title="Begun")

    with CaptureQueriesContext(connection) as caught:
        autosave(form, title="Begun, and more")

    assert len(caught) < 12


# Windows ------------------------------------------------------------------------------------
def test_two_windows_do_not_overwrite_each_other() -> None:
    one = Filling(signed_in(person(make.member())))
    autosave(one, title="From one")
    two = again(one)
    autosave(one, title="From one, later")

    refused = autosave(two, title="From two")
    kept = autosave(two, seen=str(refused.json()["seen"]))
    overtaken = autosave(one, title="From one again")

    assert (refused.status_code, kept.status_code, overtaken.status_code) == (409, 200, 409)
    assert "changed in another window at" in refused.json()["words"]
    assert again(one).fields["title"] == ["From two"]


def test_a_window_that_missed_an_answer_goes_on() -> None:
    form = Filling(signed_in(person(make.member())))
    form.type(title="One").press("autosave", **JSON)

    answer = form.type(title="Two").press("autosave", **JSON)

    assert answer.status_code == 200
    assert again(form).fields["title"] == ["Two"]


def test_saving_over_what_another_window_typed_takes_two_steps() -> None:
    acme = make.member("acme")
    incident = make.draft(acme)
    one = Filling(signed_in(person(acme)), incident.ref)
    two = again(one)
    autosave(one, title="From one")

    first = two.save(title="From two")
    incident.refresh_from_db()
    title_between = incident.title
    second = two.save()

    incident.refresh_from_db()
    assert b"changed in another window" in first.content
    assert title_between == "A cloned voice"
    assert (second.status_code, incident.title) == (302, "From two")


def test_the_same_form_does_not_file_twice_by_accident() -> None:
    form = Filling(signed_in(person(make.member()))).type(title="Once")
    form.save()

    again_pressed = form.save()
    typed_on = autosave(Filling(form.client).type(title="Other"), title="Other")

    assert b"filed already, as DF-" in again_pressed.content
    assert Incident.objects.count() == 1
    assert typed_on.status_code == 200
    assert form.save().status_code == 302
    assert Incident.objects.count() == 2


def test_two_windows_may_begin_at_once() -> None:
    acme = make.member("acme")
    incident = make.draft(acme)
    one = Filling(signed_in(person(acme)), incident.ref)
    two = again(one)

    answers = [autosave(one, title="One"), autosave(two, title="Two")]

    assert [answer.status_code for answer in answers] == [200, 409]


# Somebody else saved first ------------------------------------------------------------------
def change(incident: Incident, **changes: Any) -> None:
    """As a colleague, by the API say."""
    update_incident(
        incident_id=incident.pk,
        changes=changes,
        by=make.person(incident.owner),
        expected_revision=Incident.objects.get(pk=incident.pk).revision,
    )


def test_what_both_changed_is_shown_side_by_side_and_nothing_is_overwritten() -> None:
    acme = make.member("acme")
    incident = make.draft(acme, title="Before", summary="Before", narrative="Before")
    form = Filling(signed_in(person(acme)), incident.ref)
    change(incident, title="Theirs", narrative="Theirs", countries=["FR"])

    answer = form.save(title="Ours", summary="Ours")

    incident.refresh_from_db()
    shown = {one.member: (one.ours, one.theirs) for one in answer.context["conflicts"]}
    assert shown == {"title": ("Ours", "Theirs")}
    assert incident.title == "Theirs"
    assert (form.fields["narrative"], form.fields["countries"]) == (["Theirs"], ["FR"])
    assert (form.fields["title"], form.fields["summary"]) == (["Ours"], ["Ours"])


@pytest.mark.parametrize(("take", "title"), [([], "Ours"), (["title"], "Theirs")])
def test_either_text_can_be_taken(take: list[str], title: str) -> None:
    acme = make.member("acme")
    incident = make.draft(acme, title="Before")
    form = Filling(signed_in(person(acme)), incident.ref)
    change(incident, title="Theirs", narrative="Theirs")
    form.save(title="Ours", summary="Ours")

    answer = form.save(take=take)

    incident.refresh_from_db()
    assert answer.status_code == 302
    assert (incident.title, incident.summary) == (title, "Ours")
    assert incident.narrative == "Theirs"


def test_unsaved_work_is_brought_up_to_date_when_it_is_opened() -> None:
    acme = make.member("acme")
    incident = make.draft(acme, title="Before", tlp="green")
    form = Filling(signed_in(person(acme)), incident.ref)
    autosave(form, title="Ours")
    change(incident, title="Theirs", tlp="amber")

    opened = again(form)

    assert (opened.fields["title"], opened.fields["tlp"]) == (["Ours"], ["amber"])
    assert [one.member for one in opened.page.context["conflicts"]] == ["title"]
    assert opened.save().status_code == 302


def test_rows_that_both_changed_are_one_difference() -> None:
    acme = make.member("acme")
    ann, bob = ({"name": name, "kind": "candidate"} for name in ("Ann", "Bob"))
    incident = make.draft(acme, targets=[ann])
    form = Filling(signed_in(person(acme)), incident.ref)
    change(incident, targets=[ann, bob])

    answer = form.save(targets_0_name="Anne")
    form.save(take=["targets"])

    incident.refresh_from_db()
    assert [one.member for one in answer.context["conflicts"]] == ["targets"]
    assert [one["name"] for one in incident.targets] == ["Ann", "Bob"]


# Sessions that end --------------------------------------------------------------------------
def end_session(user: User) -> None:
    Session.objects.filter(user=user).delete()


def test_a_script_is_told_that_the_session_has_ended_and_goes_on_after_the_sign_in() -> None:
    user = person(make.member())
    form = Filling(signed_in(user))
    end_session(user)

    ended = form.type(title="Typed").press("autosave", **JSON)
    by_htmx = form.press("add", "targets", **{"HX-Request": "true"})
    sign_in(form.client, user)
    saved = form.press("autosave", **JSON)

    assert (ended.status_code, by_htmx.status_code, saved.status_code) == (401, 401, 200)
    assert again(form).fields["title"] == ["Typed"]


def test_a_form_sent_after_its_session_ended_goes_through_the_sign_in_unstored() -> None:
    user = person(make.member())
    form = Filling(signed_in(user))
    end_session(user)

    asked = form.save(title='Kept "as it is" & whole', countries=["FR", "DE"])
    stored = places_of("as it is")
    wrong = form.client.post("/sign-in/", hidden_fields(asked) | credentials(user, "wrong"))
    right = form.client.post("/sign-in/", hidden_fields(wrong) | credentials(user))
    done = form.client.post(action_of(right), hidden_fields(right))

    incident = Incident.objects.get()
    assert b"Nothing you typed is lost" in asked.content
    assert "no-store" in asked.headers["Cache-Control"]
    assert stored == []
    assert done.headers["Location"] == f"/incidents/{incident.ref}/"
    assert incident.title == 'Kept "as it is" & whole'
    assert incident.countries == ["FR", "DE"]


def test_whoever_else_signs_in_does_not_get_it() -> None:
    user, other = person(make.member()), person(make.member())
    form = Filling(signed_in(user))
    end_session(user)
    asked = form.save(title="Of the first")

    signed = form.client.post("/sign-in/", hidden_fields(asked) | credentials(other))
    refused = form.client.post(action_of(signed), hidden_fields(signed))

    assert refused.status_code == 403
    assert not Incident.objects.exists()
    assert not UnsavedWork.objects.exists()


def test_a_form_opened_before_the_last_sign_in_is_not_lost() -> None:
    user = person(make.member())
    client = Client(enforce_csrf_checks=True)
    sign_in_by_page(client, user)
    form = Filling(client)
    end_session(user)
    sign_in_by_page(client, user)
    ours = {"Origin": "http://testserver"}

    refused = form.type(title="Typed").press("save", "draft", **ours)
    done = client.post(action_of(refused), hidden_fields(refused))
    foreign = form.press("save", "draft", Origin="https://evil.example")
    unknown = form.press("save", "draft")

    assert b"Go on where you were" in refused.content
    assert done.status_code == 302
    assert Incident.objects.get().title == "Typed"
    assert (foreign.status_code, unknown.status_code) == (403, 403)


def test_widening_asks_for_the_password_and_loses_nothing() -> None:
    acme = make.member("acme")
    incident = make.incident(acme, tlp="amber", shared_with=[make.member()])
    user = person(acme)
    form = Filling(signed_in(user), incident.ref)
    later = clock.now() + timedelta(minutes=10)

    with time_machine.travel(later):
        asked = form.save(title="Typed", tlp="green", audience_members=[])
        opened = again(form)
        form.client.post("/sign-in/again/", {"password": PASSWORD})
        done = opened.save()

    incident.refresh_from_db()
    assert asked.headers["Location"].startswith("/sign-in/again/")
    assert (opened.fields["title"], opened.fields["tlp"]) == (["Typed"], ["green"])
    assert (done.status_code, incident.tlp, incident.title) == (302, "green", "Typed")


def hidden_fields(answer: Any) -> dict[str, str]:
    """What the hidden fields of the first form in a page hold."""
    form = re.search(r"<main.*?</main>", answer.content.decode(), re.DOTALL)
    assert form is not None
    found = re.findall(r'<input type="hidden" name="([^"]+)"\s+value="([^"]*)"', form[0])
    return {name: unescaped(value) for name, value in found}


def unescaped(text: str) -> str:
    for entity, sign in (("&quot;", '"'), ("&#x27;", "'"), ("&lt;", "<"), ("&gt;", ">")):
        text = text.replace(entity, sign)
    return text.replace("&amp;", "&")


def action_of(answer: Any) -> str:
    found = re.search(
        r'<form method="post" action="([^"]*)" data-carries-on', answer.content.decode()
    )
    assert found is not None
    return unescaped(found[1])


def credentials(user: User, password: str = PASSWORD) -> dict[str, str]:
    return {"login": user.email, "password": password}


def sign_in_by_page(client: Client, user: User) -> None:
    page = client.get("/sign-in/")
    answer = client.post("/sign-in/", hidden_fields(page) | credentials(user))
    assert answer.status_code == 302


# Forgetting ---------------------------------------------------------------------------------
def test_a_redaction_reaches_what_is_typed() -> None:
    acme = make.member("acme")
    incident = make.incident(acme, summary="Jane Example did it")
    client = signed_in(person(acme))
    autosave(
        Filling(client, incident.ref),
        summary="Said: Jane  Example did it",
        references_0_url="https://x.example/jane-example",
    )
    autosave(
        Filling(client),
        title="Jane example again",
        references_0_url="https://x.example/?q=jane+example",
        references_0_rest='{"publisher": {"name": "Jane Example"}}',
    )
    elsewhere = Filling(signed_in(person(make.member())))
    autosave(elsewhere, title="Jane Example of others")

    redact_incident(
        incident_id=incident.pk, texts=["Jane Example"], reason="Named", by=make.person(acme)
    )

    edit = UnsavedWork.objects.get(incident=incident).fields
    new = UnsavedWork.objects.get(incident=None, user__member=acme).fields
    assert edit["summary"] == ["Said: [redacted] did it"]
    assert edit["references-0-url"] == ["https://x.example/jane-example"]
    assert new["title"] == ["[redacted] again"]
    assert new["references-0-url"] == new["references-0-rest"] == [""]
    assert again(elsewhere).fields["title"] == ["Jane Example of others"]


def test_it_goes_with_its_draft_and_with_its_author() -> None:
    acme = make.member("acme")
    draft = make.draft(acme)
    user = person(acme)
    client = signed_in(user)
    autosave(Filling(client, draft.ref), title="Typed")
    autosave(Filling(client), title="Typed")

    delete_draft(incident_id=draft.pk, by=make.person(acme))
    left = UnsavedWork.objects.count()
    User.objects.filter(pk=user.pk).delete()

    assert (left, UnsavedWork.objects.count()) == (1, 0)


def test_what_nobody_came_back_to_is_swept_after_thirty_days() -> None:
    client = signed_in(person(make.member()))
    autosave(Filling(client), title="Old")
    with time_machine.travel(clock.now() + timedelta(days=29)):
        purge()
        kept = UnsavedWork.objects.count()
    with time_machine.travel(clock.now() + timedelta(days=31)):
        purge()

    assert (kept, UnsavedWork.objects.count()) == (1, 0)


def test_a_form_of_no_kind_is_blank() -> None:
    client = signed_in(person(make.member()))

    assert Filling(client, path=f"/incidents/new/?form={uuid4()}").fields["title"] == [""]
    assert client.get("/incidents/new/?form=nonsense").status_code == 200
