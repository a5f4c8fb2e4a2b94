"""The explanation of who sees what says the same as the filter, whatever the case."""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Member, MemberKind, MemberStatus
from accounts.readers import Reader
from accounts.roles import Role
from incidents.core.asking import answer, find_question
from incidents.core.explaining import Outcome, explain, explain_child
from incidents.core.models import Incident, Observation
from incidents.core.services.filing import withdraw_incident
from tests import make
from tests.incidents.core.test_visibility import (
    ChildPlan,
    Plan,
    World,
    child_plans,
    plans,
    put,
    put_child,
    world,  # noqa: F401 - a fixture
    worlds_in_bulk,
)


@worlds_in_bulk
@given(several=st.lists(plans, min_size=1, max_size=25))
def test_the_explanation_admits_whom_the_filter_admits(
    several: list[Plan],
    world: World,  # noqa: F811 - the fixture
) -> None:
    with transaction.atomic():
        incidents = [put(plan, world) for plan in several]

        for reader in world.readers():
            seen = set(Incident.objects.visible_to(reader).values_list("pk", flat=True))
            explained = {one.pk for one in incidents if explain(one, reader).may_read}
            assert explained == seen
        transaction.set_rollback(True)


@worlds_in_bulk
@given(several=st.lists(st.tuples(plans, child_plans), min_size=1, max_size=25))
def test_the_explanation_of_a_part_admits_whom_the_filter_admits(
    several: list[tuple[Plan, ChildPlan]],
    world: World,  # noqa: F811 - the fixture
) -> None:
    with transaction.atomic():
        parts = [put_child(put(parent, world), child, world) for parent, child in several]

        for reader in world.readers():
            seen = set(Observation.objects.visible_to(reader).values_list("pk", flat=True))
            explained = {one.pk for one in parts if explain_child(one, reader).may_read}
            assert explained == seen
        transaction.set_rollback(True)


@pytest.fixture
def owner(db: None) -> Member:
    return make.member("acme")


def deciding(incident: Incident, reader: Reader) -> tuple[str, Outcome]:
    """What the line finds that decides, and what it says."""
    line = explain(incident, reader).deciding
    return str(line.finding), line.outcome


def test_each_case_is_decided_by_the_line_that_is_about_it(owner: Member) -> None:
    named, other = make.member(), make.member()
    grouped, observer = make.member(), make.member(kind=MemberKind.REGULATOR)
    group = make.group(owner, grouped)
    amber = make.incident(owner, tlp="amber", shared_with=[named, group])
    strict = make.incident(owner, tlp="amber+strict", shared_with=[named, observer])
    yes, no = Outcome.ADMITS, Outcome.REFUSES

    assert deciding(amber, Reader(owner, None)) == ("The organisation filed it.", yes)
    assert deciding(amber, Reader(named, None)) == (
        "The audience names the organisation itself.", yes,
    )  # fmt: skip
    assert deciding(amber, Reader(grouped, None)) == (
        "The audience names a sharing group to which the organisation belongs.", yes,
    )  # fmt: skip
    assert deciding(amber, Reader(other, None)) == (
        "The audience names neither the organisation nor a group to which it belongs.", no,
    )  # fmt: skip
    assert deciding(strict, Reader(observer, None)) == ("The organisation is an observer.", no)
    assert deciding(make.draft(owner), Reader(other, None)) == ("It is a draft.", no)
    assert deciding(make.incident(owner), Reader(other, None)) == ("It has no audience.", yes)


def test_red_is_explained_by_person(owner: Member) -> None:
    author = make.person(owner, role=Role.LEAD)
    viewer = make.person(owner, role=Role.VIEWER)
    guest = make.person(make.member(), role=Role.VIEWER)
    assert guest.user is not None
    red = make.incident(by=author, tlp="red", shared_with=[guest.user])
    yes, no = Outcome.ADMITS, Outcome.REFUSES

    assert deciding(red, Reader(owner, None)) == ("No person asks.", no)
    assert deciding(red, author) == ("The person is its author.", yes)
    assert deciding(red, make.person(owner, role=Role.ADMIN)) == (
        "The person is one of them.", yes,
    )  # fmt: skip
    assert deciding(red, viewer) == ("It does not name the person.", no)
    assert deciding(red, guest) == ("It names the person.", yes)


def test_what_is_left_of_a_withdrawn_incident_is_said(owner: Member) -> None:
    by = make.person(owner)
    gone = make.incident(by=by)
    withdraw_incident(incident_id=gone.pk, reason="Satire.", by=by)
    gone.refresh_from_db()

    assert explain(gone, make.person(make.member())).leaves_a_trace_only is True
    assert explain(gone, by).leaves_a_trace_only is False


def test_a_suspended_organisation_is_the_first_line(owner: Member) -> None:
    incident = make.incident(owner)
    gone = make.member(status=MemberStatus.SUSPENDED)

    explanation = explain(incident, Reader(gone, None))

    assert [line.outcome for line in explanation.lines] == [Outcome.REFUSES]


def test_an_answer_that_the_filter_contradicts_is_told_as_unconfirmed(owner: Member) -> None:
    incident, other = make.incident(owner), make.member("other")
    # As no statement of the hub's leaves it: the row says green, its keys say nobody.
    stale = Incident.objects.filter(pk=incident.pk)
    stale.update(audiences=[{"member": "other"}])
    question = find_question(ref=incident.ref, member="other")
    assert answer(question).is_confirmed is True

    question.incident.audiences = [{"member": "nobody"}]

    assert answer(question).is_confirmed is False
    assert other.is_active
