"""What is found by the words that somebody types, and what nobody learns by typing words."""

from __future__ import annotations

import random
import string
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.readers import Reader
from incidents.core.models import Incident, IncidentVersion
from incidents.core.search import is_typo
from incidents.core.search_column import SearchWord
from incidents.core.services.filing import update_incident, withdraw_incident
from tests import make
from tests.conftest import Login

INCIDENTS = "/api/v1/incidents/"

TOLD: dict[str, Any] = {
    "title": "A false Zelensky gives up",
    "summary": "Elections were near.",
    "narrative": "The war is lost.",
    "script": "Lay down your arms!",
    "targets": [{"name": "José Núñez", "kind": "politician", "aliases": ["Łukasz Straße"]}],
    "tags": ['tag:"hacked broadcaster"'],
    "references": [
        {
            "url": "https://www.mimikama.example/en/capitulation-video/",
            "title": "Ein Bericht",
            "publisher": {"name": "Mimikama Verein"},
        }
    ],
}


@pytest.fixture
def lead(db: None) -> Reader:
    return make.person(make.member())


def found(client: Any, q: str, **parameters: str) -> list[str]:
    answer = client.get(INCIDENTS, {"q": q, **parameters})
    assert answer.status_code == 200, answer.content
    return [row["ref"] for row in answer.json()["results"]]


@pytest.mark.parametrize(
    "q",
    [
        "zelensky", "ZELENSKY", "Zelenskij", "Zelenskyi", "zelensk", "Zelnesky",
        "Jose Nuñes", "jose nunez", "José Núñez", "Lukasz Strasse", "lukas",
        "near elections", "election", "gives up", "the war", "the", "arms lay", "arm",
        "broadcaster", "hacked zelensky", "mimikama.example", "capitulation-video", "verein",
        "ein bericht", "zelensky, arms; (war)", "\u201czelensky\u201d",
    ],
)  # fmt: skip
def test_an_incident_is_found_by_its_words_and_by_names_nearly_right(
    as_token: Login, lead: Reader, q: str
) -> None:
    incident = make.incident(by=lead, **TOLD)
    make.incident(by=lead, title="A cat", summary="It sleeps.")

    assert found(as_token(make.member()), q) == [incident.ref]


@pytest.mark.parametrize(
    "q",
    ["zelensky cat", "zelonskij", "nunes cat", "lest cat", "bericht2", "2024", "ze z", "lection"],
)
def test_other_words_do_not_find_it(as_token: Login, lead: Reader, q: str) -> None:
    make.incident(by=lead, **(TOLD | {"title": "A false Zelensky in 2023"}))
    make.incident(by=lead, title="A cat")

    assert found(as_token(make.member()), q) == []


def test_words_in_other_scripts_are_found(as_token: Login, lead: Reader) -> None:
    cyrillic = make.incident(by=lead, title="Підроблений Зеленський")
    chinese = make.incident(by=lead, title="深度伪造")
    client = as_token(make.member())

    assert found(client, "зеленський") == [cyrillic.ref]
    assert found(client, "深") == [chinese.ref]


def test_what_is_found_comes_in_the_order_asked_for(as_token: Login, lead: Reader) -> None:
    low = make.incident(by=lead, title="A voice", severity="low")
    high = make.incident(by=lead, title="A voice", severity="high")
    medium = make.incident(by=lead, title="Another", summary="voice", severity="medium")
    client = as_token(make.member())

    assert found(client, "voice") == [medium.ref, high.ref, low.ref]
    assert found(client, "voice", ordering="severity") == [low.ref, medium.ref, high.ref]


@pytest.mark.parametrize(
    ("q", "words"),
    [
        ("?! …", "no word"),
        (" ", "no word"),
        ("x" * 201, "200 characters"),
        ("'\\&|!:*()", "no word"),
    ],
)
def test_a_question_without_words_or_too_long_is_refused(
    as_token: Login, q: str, words: str
) -> None:
    answer = as_token(make.member()).get(INCIDENTS, {"q": q})

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/q", "invalid_search")
    assert words in error["detail"]


def test_what_means_something_to_postgresql_is_only_punctuation(
    as_token: Login, lead: Reader
) -> None:
    incident = make.incident(by=lead, title="It's Tom & Jerry | http://a.example/b_c?d=e")
    client = as_token(make.member())

    for q in (
        "it's",
        "tom & jerry",
        "!jerry",
        "(tom | nobody",
        "a.example/b_c",
        "tom:*",
        "je\\rry",
    ):
        assert found(client, q) == ([] if q in {"(tom | nobody", "je\\rry"} else [incident.ref])


def test_an_empty_question_asks_for_nothing(as_token: Login, lead: Reader) -> None:
    incident = make.incident(by=lead)

    assert found(as_token(make.member()), "") == [incident.ref]


def test_only_what_the_reader_may_see_is_found(as_token: Login, lead: Reader) -> None:
    other = make.member()
    make.draft(lead.member, title="A voice")
    make.incident(by=lead, title="A voice", tlp="amber", shared_with=[make.member()])
    red = make.incident(by=lead, title="A voice", tlp="red", shared_with=[make.user(other)])
    shared = make.incident(by=lead, title="A voice", tlp="amber", shared_with=[other])

    assert found(as_token(other), "voice") == [shared.ref]
    assert red.ref not in found(as_token(lead.member), "voice")


def test_what_was_withdrawn_is_found_by_its_owner_alone(as_token: Login, lead: Reader) -> None:
    incident = make.incident(by=lead, title="A voice")
    withdraw_incident(incident_id=incident.pk, reason="Satire.", by=lead)
    other, owner = as_token(make.member()), as_token(lead.member)

    assert found(other, "voice", status="withdrawn") == []
    assert found(owner, "voice") == []
    assert found(owner, "voice", status="withdrawn") == [incident.ref]


def test_a_change_is_found_by_its_new_words_only(as_token: Login, lead: Reader) -> None:
    incident = make.incident(by=lead, title="About Zelensky")
    update_incident(
        incident_id=incident.pk, changes={"title": "About Obama"}, by=lead, expected_revision=1
    )
    client = as_token(make.member())

    assert found(client, "Zelensky") == []
    assert found(client, "Obama") == [incident.ref]
    assert set(SearchWord.objects.values_list("word", flat=True)) == {"about", "obama"}


def test_a_word_stays_known_as_long_as_anyone_uses_it(lead: Reader) -> None:
    first = make.incident(by=lead, title="About Zelensky")
    second = make.draft(lead.member, title="Zelensky again")
    words = SearchWord.objects.order_by("word").values_list("word", flat=True)

    Incident.objects.filter(pk=first.pk).update(title="Nobody 2024 x")
    after_change = list(words.all())
    second.delete()

    assert after_change == ["again", "nobody", "zelensky"]
    assert list(words.all()) == ["nobody"]


def test_filling_the_column_anew_is_no_version_of_the_incident(lead: Reader) -> None:
    incident = make.incident(by=lead, title="About Zelensky")
    Incident.objects.filter(pk=incident.pk).update(search="")

    with connection.cursor() as cursor:
        cursor.execute("SELECT length(search) FROM incidents_incident")
        assert cursor.fetchone()[0] > 0
    assert IncidentVersion.objects.count() == 1
    assert Incident.objects.get().search is None  # it is never fetched


def test_a_misspelt_word_is_found_whether_or_not_hidden_incidents_use_it_too(
    as_token: Login, lead: Reader
) -> None:
    seen = make.incident(by=lead, title="A voice", summary="Of Zelensky.")
    client = as_token(make.member())
    before = [found(client, q) for q in ("Zelenskij", "Zelensky")]
    hidden = make.incident(by=lead, title="Zelensky Zelenskyy Zelenskij", tlp="red")

    after = [found(client, q) for q in ("Zelenskij", "Zelensky")]

    assert SearchWord.objects.filter(word="zelenskij").exists()
    assert hidden.ref not in {ref for refs in after for ref in refs}
    assert before == after == [[], [seen.ref]]


def test_a_search_takes_the_same_queries_whatever_it_finds(as_token: Login, lead: Reader) -> None:
    client = as_token(make.member())

    def queries(q: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(INCIDENTS, {"q": q})
        return len(captured)

    queries("Zelenskij")  # the first notes when the token was used
    none = queries("Zelenskij")
    for _ in range(3):
        make.incident(by=lead, **TOLD)

    assert {queries("Zelenskij"), queries("of the"), queries("a b c d e")} == {none}


def test_the_longest_incident_can_be_indexed(lead: Reader) -> None:
    rng = random.Random(1)

    def text(length: int, letters: str = string.ascii_lowercase) -> str:
        words = ("".join(rng.choices(letters, k=rng.randint(3, 6))) for _ in range(length))
        return " ".join(words)[:length]

    wide = "".join(chr(0x20000 + number) for number in range(5000))
    incident = make.incident(
        by=lead,
        title=text(300),
        summary=text(10_000, wide),
        narrative=text(5_000),
        script=text(20_000, wide),
        targets=[
            {"name": text(200), "kind": "other", "aliases": [text(200) for _ in range(20)]}
            for _ in range(50)
        ],
        tags=[f'tag:"{text(250).strip()}"' for _ in range(100)],
        references=[
            {
                "url": f"https://x.example/{number}/{text(1900).replace(' ', '-')}",
                "title": text(500, wide),
                "publisher": {"name": text(200, wide)},
            }
            for number in range(100)
        ],
    )

    with connection.cursor() as cursor:
        cursor.execute("SELECT length(search) FROM incidents_incident WHERE id = %s", [incident.pk])
        assert cursor.fetchone()[0] > 20_000


@pytest.mark.parametrize(
    ("typed", "meant", "expected"),
    [
        ("bidne", "biden", True), ("nunes", "nunez", True), ("nunes", "gomez", False),
        ("zelenskij", "zelensky", True), ("zelonskij", "zelensky", False), ("bdn", "biden", False),
    ],
)  # fmt: skip
def test_so_many_letters_may_be_wrong(typed: str, meant: str, *, expected: bool) -> None:
    assert is_typo(typed, meant) is expected


@pytest.mark.django_db
@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_whatever_is_typed_is_answered_or_refused(text: str) -> None:
    client = TYPING["client"]

    answer = client.get(INCIDENTS, {"q": text})

    assert answer.status_code in {200, 400}


TYPING: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def typing(as_token: Login) -> None:
    TYPING["client"] = as_token(make.member())
