"""Filing, changing, publishing and withdrawing incidents, at the services."""

from __future__ import annotations

import pytest

from accounts.models import Member
from accounts.readers import Reader
from accounts.roles import Role
from hub.audit.models import AuditEntry
from hub.kit.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    PreconditionFailed,
    ReauthenticationRequired,
)
from hub.outbox.models import Event, EventRecipient
from incidents.core.models import Citation, Fingerprint, Incident, Status
from incidents.core.services.filing import (
    create_incident,
    publish_incident,
    tag_incident,
    update_incident,
    withdraw_incident,
)
from tests import make

pytestmark = pytest.mark.django_db


def told(topic: str) -> set[str]:
    """Slugs of those that the latest event of a topic is addressed to."""
    event = Event.objects.filter(topic=topic).latest("id")
    members = Member.objects.filter(pk__in=event.addressees.values("member_id"))
    return set(members.values_list("slug", flat=True))


def change(incident: Incident, by: Reader, **changes: object) -> Incident:
    incident.refresh_from_db()
    return update_incident(
        incident_id=incident.pk, changes=changes, by=by, expected_revision=incident.revision
    )


def test_a_filed_incident_is_an_amber_draft_of_which_nobody_is_told() -> None:
    author = make.person(make.member("acme"), role=Role.ANALYST)

    incident = create_incident(fields={"title": "A voice"}, by=author)

    stored = Incident.objects.get(ref=incident.ref)
    assert (stored.status, stored.tlp, stored.version) == ("draft", "amber", 1)
    assert (stored.owner, stored.author) == (author.member, author.user)
    assert Event.objects.count() == 0
    assert AuditEntry.objects.get().action == "incident.create"


def test_publishing_records_one_event_in_the_same_transaction() -> None:
    owner = make.member("acme")
    incident = make.draft(owner, tlp="green")

    published = publish_incident(incident_id=incident.pk, by=make.person(owner))

    event = Event.objects.get()
    assert (event.topic, event.subject_id, event.version, event.mark) == (
        "incident.published",
        incident.pk,
        2,
        "green",
    )
    assert (event.actor_id, event.is_directed) == (owner.pk, False)
    assert published.status == Status.PUBLISHED
    assert published.published_at is not None


def test_publishing_twice_is_refused_and_tells_nobody_again() -> None:
    owner = make.member()
    incident = make.incident(owner)

    with pytest.raises(Conflict):
        publish_incident(incident_id=incident.pk, by=make.person(owner))

    assert Event.objects.filter(topic="incident.published").count() == 1


@pytest.mark.parametrize("mark", ["amber", "amber+strict"])
def test_a_listed_mark_without_an_audience_is_refused_and_stays_a_draft(mark: str) -> None:
    owner = make.member()
    incident = make.draft(owner, tlp=mark)

    with pytest.raises(InvalidInput) as refused:
        publish_incident(incident_id=incident.pk, by=make.person(owner))

    assert [(e.pointer, e.code) for e in refused.value.errors] == [
        ("/audiences", "audience_required")
    ]
    incident.refresh_from_db()
    assert incident.status == Status.DRAFT
    assert Event.objects.count() == 0


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST])
def test_only_leads_publish_and_withdraw(role: Role) -> None:
    owner = make.member()
    draft, published = make.draft(owner, tlp="green"), make.incident(owner)
    person = make.person(owner, role=role)
    before = Event.objects.count()

    with pytest.raises(NotAllowed):
        publish_incident(incident_id=draft.pk, by=person)
    with pytest.raises(NotAllowed):
        withdraw_incident(incident_id=published.pk, reason="wrong", by=person)

    assert Event.objects.count() == before


def test_nobody_changes_what_another_organisation_filed() -> None:
    incident = make.incident(make.member())
    stranger = make.person(make.member(), role=Role.ADMIN)

    with pytest.raises(NotAllowed):
        change(incident, stranger, title="Mine now")

    incident.refresh_from_db()
    assert incident.title == "A cloned voice"


def test_of_two_writers_who_read_the_same_version_the_second_is_refused() -> None:
    owner = make.member()
    incident = make.incident(owner)
    person = make.person(owner)
    change(incident, person, title="First")

    with pytest.raises(PreconditionFailed):
        update_incident(
            incident_id=incident.pk, changes={"title": "Second"}, by=person, expected_revision=1
        )

    incident.refresh_from_db()
    assert (incident.title, incident.version) == ("First", 2)


def test_changing_nothing_is_no_new_version_and_tells_nobody() -> None:
    owner = make.member()
    incident = make.incident(owner)

    same = change(incident, make.person(owner), title="A cloned voice")

    assert same.version == 1
    assert set(Event.objects.values_list("topic", flat=True)) == {"incident.published"}


def test_narrowing_tells_those_who_lose_sight_and_those_who_keep_it() -> None:
    owner, kept, lost = make.member(), make.member("kept"), make.member("lost")
    incident = make.incident(owner, tlp="green")

    change(
        incident,
        make.person(owner, role=Role.ANALYST),
        tlp="amber",
        audiences=make.audience(kept),
    )

    assert told("incident.revoked") == {lost.slug}
    assert told("incident.updated") == {kept.slug}
    assert Event.objects.filter(topic="incident.granted").exists() is False


def test_widening_tells_those_who_gain_sight() -> None:
    owner, had, gains = make.member(), make.member("had"), make.member("gains")
    incident = make.incident(owner, tlp="amber", shared_with=[had])

    change(incident, make.person(owner, reauthenticated=True), tlp="green", audiences=[])

    assert told("incident.granted") == {gains.slug}
    assert told("incident.updated") == {had.slug}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("amber", True), ("green", False)),
        (("amber", True), ("green", True)),
        (("green", True), ("green", False)),
        (("green", False), ("clear", False)),
        (("amber+strict", True), ("amber", True)),
    ],
)
@pytest.mark.parametrize("with_token", [False, True])
def test_widening_a_published_mark_needs_a_person_who_has_just_signed_in_again(
    before: tuple[str, bool], after: tuple[str, bool], with_token: bool
) -> None:
    owner, other = make.member(), make.member()
    incident = make.incident(owner, tlp=before[0], shared_with=[other] * before[1])
    reader = make.system(owner) if with_token else make.person(owner)

    with pytest.raises(ReauthenticationRequired):
        change(incident, reader, tlp=after[0], audiences=make.audience(*[other] * after[1]))

    incident.refresh_from_db()
    assert (incident.tlp, incident.version) == (before[0], 1)


def test_a_token_may_add_to_an_audience() -> None:
    owner, first, second = make.member(), make.member(), make.member("second")
    incident = make.incident(owner, tlp="amber", shared_with=[first])

    change(incident, make.system(owner), audiences=make.audience(first, second))

    assert told("incident.granted") == {"second"}
    assert Event.objects.filter(topic="incident.updated").exists() is False


def test_an_analyst_narrows_but_does_not_add_to_an_audience() -> None:
    owner, first, second = make.member(), make.member("first"), make.member("second")
    incident = make.incident(owner, tlp="amber", shared_with=[first, second])
    analyst = make.person(owner, role=Role.ANALYST)

    change(incident, analyst, audiences=make.audience(second))
    with pytest.raises(NotAllowed):
        change(incident, analyst, audiences=make.audience(first, second))

    assert told("incident.revoked") == {"first"}


def test_naming_an_audience_on_a_green_incident_narrows_it() -> None:
    owner, named, others = make.member(), make.member("named"), make.member("others")
    incident = make.incident(owner, tlp="green")

    change(incident, make.person(owner, role=Role.ANALYST), audiences=make.audience(named))

    assert told("incident.revoked") == {others.slug}


def test_marking_red_takes_it_from_every_organisation_and_needs_a_person() -> None:
    owner, other = make.member(), make.member("other")
    incident = make.incident(owner, tlp="amber", shared_with=[other])
    named = make.user(other)

    with pytest.raises(InvalidInput) as refused:
        change(incident, make.system(owner), tlp="red", audiences=make.audience(named))
    change(incident, make.person(owner), tlp="red", audiences=make.audience(named))

    assert [(e.pointer, e.code) for e in refused.value.errors] == [("/tlp", "red_needs_a_person")]
    assert told("incident.revoked") == {"other"}


@pytest.mark.parametrize("mark", ["clear", "green", "amber", "amber+strict"])
def test_only_red_names_persons(mark: str) -> None:
    owner, other = make.member(), make.member()

    with pytest.raises(InvalidInput) as refused:
        make.draft(owner, tlp=mark, shared_with=[make.user(other)])

    assert [(e.pointer, e.code) for e in refused.value.errors] == [
        ("/audiences/0", "audience_kind")
    ]
    assert Incident.objects.count() == 0


def test_an_audience_that_is_hidden_is_refused_in_the_words_for_one_that_is_absent() -> None:
    owner, other = make.member(), make.member()
    hidden = make.group(other, other)
    entries = [{"group": str(hidden.pk)}, {"group": "0192f0c1-2345-7abc-8def-0123456789ab"}]

    with pytest.raises(InvalidInput) as refused:
        create_incident(fields={"title": "x", "audiences": entries}, by=make.person(owner))

    first, second = refused.value.errors
    assert first.pointer == "/audiences/0/group"
    assert first._replace(pointer="") == second._replace(pointer="")


def test_withdrawal_tells_all_who_could_read_it_and_all_it_was_ever_sent_to() -> None:
    owner, reads, once = make.member(), make.member("reads"), make.member("once")
    incident = make.incident(owner, tlp="amber", shared_with=[reads])
    incident.disclosures.create(member=once)

    withdraw_incident(incident_id=incident.pk, reason="It was satire.", by=make.person(owner))

    assert told("incident.withdrawn") == {"reads", "once"}
    incident.refresh_from_db()
    assert (incident.status, incident.withdrawn_reason, incident.version) == (
        "withdrawn",
        "It was satire.",
        2,
    )


def test_a_withdrawn_incident_stays_as_it_is() -> None:
    owner = make.member()
    incident, person = make.incident(owner), make.person(owner)
    withdraw_incident(incident_id=incident.pk, reason="wrong", by=person)

    with pytest.raises(Conflict):
        withdraw_incident(incident_id=incident.pk, reason="again", by=person)
    with pytest.raises(Conflict):
        change(incident, person, title="Other")
    with pytest.raises(Conflict):
        publish_incident(incident_id=incident.pk, by=person)

    assert Event.objects.filter(topic="incident.withdrawn").count() == 1


def test_one_article_in_several_forms_is_one_reference() -> None:
    forms = [
        "https://amp.theguardian.com/uk-news/2024/feb/25/story",
        "https://www.theguardian.com/uk-news/2024/feb/25/story?utm_source=x",
        "https://www.theguardian.com/uk-news/2024/feb/25/story",
    ]

    incident = make.draft(
        references=[{"url": url, "kind": "news", "title": ""} for url in forms],
    )

    (reference,) = incident.references
    assert reference["canonical_url"] == forms[2]
    assert [reference["url"], *reference["variants"]] == forms
    assert list(Citation.objects.values_list("canonical_url", flat=True)) == [forms[2]]


def test_indexes_follow_the_document() -> None:
    owner = make.member()
    old, new = "ab" * 32, "CD" * 32
    incident = make.draft(owner, fingerprints=[{"algorithm": "sha256", "value": old}])

    change(
        incident,
        make.person(owner),
        fingerprints=[{"algorithm": "sha256", "value": new}],
        references=[{"url": "https://example.org/a"}],
    )

    assert list(Fingerprint.objects.values_list("value", flat=True)) == [new.lower()]
    assert list(Citation.objects.values_list("canonical_url", flat=True)) == [
        "https://example.org/a"
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"tags": ['nonsense:a="b"']}, "/tags/0"),
        ({"references": [{"url": "ftp://example.org/"}]}, "/references/0/url"),
        ({"fingerprints": [{"algorithm": "sha256", "value": "xyz"}]}, "/fingerprints/0/value"),
        (
            {"fingerprints": [{"algorithm": "md5", "value": "a" * 32, "quality": 3}]},
            "/fingerprints/0/quality",
        ),
        ({"fingerprints": [{"algorithm": "crc", "value": "x"}]}, "/fingerprints/0/algorithm"),
        ({"elections": ["nowhere-1999"]}, "/elections/0"),
        ({"audiences": [{"member": "nobody"}]}, "/audiences/0/member"),
        ({"audiences": [{"group": "no-uuid"}]}, "/audiences/0/group"),
        ({"tlp": "green", "harms": ["minor"]}, "/tlp"),
        ({"tlp": "amber", "targets": [{"name": "x", "kind": "group", "minor": True}]}, "/tlp"),
        (
            {"references": [{"url": "https://a.example/", "canonical_url": "https://b.example/"}]},
            "/references/0/canonical_url",
        ),
    ],
)
def test_what_is_wrong_is_said_where_it_stands_and_nothing_is_saved(
    fields: dict[str, object], expected: str
) -> None:
    author = make.person(make.member())

    with pytest.raises(InvalidInput) as refused:
        create_incident(fields={"title": "x"} | fields, by=author)

    assert [error.pointer for error in refused.value.errors] == [expected]
    assert Incident.objects.count() == 0
    assert Event.objects.count() == 0


def test_content_about_minors_is_amber_strict_from_the_start() -> None:
    incident = create_incident(
        fields={"title": "x", "harms": ["minor"]}, by=make.person(make.member())
    )

    assert incident.tlp == "amber+strict"


def test_a_private_person_is_stored_as_a_pseudonym() -> None:
    targets = [
        {"name": "Ada Example", "kind": "private_person", "aliases": ["Addy"]},
        {"name": "Joe Public", "kind": "politician"},
    ]

    incident = make.draft(targets=targets)

    assert incident.targets == [
        {"name": "Private person 1", "kind": "private_person", "aliases": []},
        {"name": "Joe Public", "kind": "politician"},
    ]


def test_tagging_is_a_version_of_its_own() -> None:
    owner = make.member()
    incident = make.incident(owner)

    tagged = tag_incident(
        incident_id=incident.pk,
        tags=['tag:"robocall"', 'tag:"robocall"'],
        by=make.person(owner, role=Role.ANALYST),
        expected_revision=1,
    )

    assert (tagged.tags, tagged.version) == (['tag:"robocall"'], 2)
    assert Event.objects.latest("id").topic == "incident.updated"


def test_an_update_of_what_everybody_reads_is_addressed_to_nobody_in_particular() -> None:
    owner = make.member()
    incident = make.incident(owner)

    change(incident, make.person(owner), title="Better title")

    assert Event.objects.latest("id").is_directed is False
    assert EventRecipient.objects.count() == 0
