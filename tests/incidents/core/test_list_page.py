"""The page of the incident list: what it shows to whom, its filters, its pages and its parts."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Member
from accounts.readers import Reader
from accounts.roles import Role
from hub.audit.models import AuditEntry
from incidents.core.models import Incident
from incidents.core.services.correcting import merge_incident
from incidents.core.services.filing import withdraw_incident
from incidents.core.services.saved_filters import create_saved_filter
from incidents.taxonomy.models import Election
from tests import make
from tests.accounts.signing_in import person, signed_in

pytestmark = pytest.mark.django_db

PAGE = "/incidents/"
HOSTILE = "<script>alert(1)</script>\u202e{{ 7*7 }}😀" + "long" * 40
RESULTS = {"HX-Request": "true", "HX-Target": "results"}
WHOLE = {"HX-Request": "true", "HX-Target": "incidents"}


@pytest.fixture
def member() -> Member:
    return make.member("reader")


@pytest.fixture
def reader(member: Member) -> Client:
    return signed_in(person(member, role=Role.ANALYST))


def page(client: Client, query: str = "", answered: int = 200, **asked: str) -> str:
    answer = client.get(PAGE + query, asked or None)
    assert answer.status_code == answered, answer.content
    return answer.content.decode()


def refs(text: str) -> list[str]:
    return re.findall(r'cell-ref"[^>]*>(DF-\w{8})<', text)


def titles_in(text: str) -> list[str]:
    return [html.unescape(title) for title in re.findall(r"data-row><bdi>(.*?)</bdi>", text)]


def titles(client: Client, query: str = "", **asked: str) -> list[str]:
    return titles_in(page(client, query, 200, **asked))


def ways(text: str, words: str) -> list[str]:
    """Addresses of the links with these words."""
    pattern = rf'<a[^>]*?href="([^"]*)"[^>]*>(?:(?!</a>).)*{re.escape(words)}(?:(?!</a>).)*</a>'
    return [html.unescape(way) for way in re.findall(pattern, text, re.DOTALL)]


def way(text: str, words: str) -> str:
    (found,) = ways(text, words)
    return found


def part(text: str) -> str:
    """The results, as they stand in a page."""
    return text[text.index("<section") : text.index("</section>")]


# What is seen -------------------------------------------------------------------------------
def test_an_incident_is_a_row_of_facts_in_words(reader: Client) -> None:
    shown = make.incident(
        make.member("acme"), title="Cloned voice", tlp="green", severity="critical",
        media_kinds=["audio", "live_stream"], countries=["SK", "US", "DE"],
        targets=[{"name": "Zuzana", "kind": "politician"}],
    )  # fmt: skip

    text = part(page(reader))

    assert refs(text) == [shown.ref]
    assert way(text, "Cloned voice") == f"/incidents/{shown.ref}/"
    for words in ("TLP:GREEN", "Critical", "Triage", "Acme", "Audio, Live stream", "Zuzana"):
        assert words in text
    assert "Slovakia, United States" in text
    assert "+1" in text
    assert text.count("just now") == 2


def test_the_front_page_leads_to_the_list(reader: Client) -> None:
    assert reader.get("/")["Location"] == PAGE


def test_who_is_not_signed_in_is_led_to_the_sign_in() -> None:
    answer = Client().get(PAGE, {"q": "voice"})

    assert answer["Location"] == "/sign-in/?next=%2Fincidents%2F%3Fq%3Dvoice"


def test_own_drafts_are_marked_and_others_are_absent(reader: Client, member: Member) -> None:
    make.draft(member, title="Our draft")
    make.draft(title="Their draft")

    text = page(reader)

    assert titles(reader) == ["Our draft"]
    assert ">Draft</span>" in part(text)
    assert "Their draft" not in text


def test_of_what_others_withdrew_the_tombstone_stands_there(reader: Client, member: Member) -> None:
    lead = make.person(make.member("acme"))
    gone = make.incident(
        by=lead, title="Gone title", targets=[{"name": "Joe", "kind": "candidate"}],
        severity="critical", countries=["SK"],
    )  # fmt: skip
    withdraw_incident(incident_id=gone.pk, reason="It was <real>", by=lead)

    everything, withdrawn = page(reader), part(page(reader, status="withdrawn"))

    assert refs(everything) == []
    assert refs(withdrawn) == [gone.ref]
    assert "It was &lt;real&gt;" in withdrawn
    for told in ("Gone title", "Joe", "Critical", "Slovakia", "Triage"):
        assert told not in withdrawn
    assert "left out" not in withdrawn
    assert "left out" in page(reader, status="withdrawn", severity="critical")
    assert refs(page(reader, status="withdrawn", severity="critical")) == []


def test_ours_that_are_withdrawn_are_whole(member: Member, reader: Client) -> None:
    lead = make.person(member)
    gone = make.incident(by=lead, title="Our gone title")
    withdraw_incident(incident_id=gone.pk, reason="wrong", by=lead)

    assert titles(reader, status="withdrawn") == ["Our gone title"]
    assert titles(reader) == []


def test_a_merged_incident_names_the_other_to_who_may_read_it(reader: Client) -> None:
    lead = make.person(make.member("acme"))
    seen, hidden = (
        make.incident(by=lead),
        make.incident(by=lead, tlp="amber", shared_with=[make.member()]),
    )
    for other in (seen, hidden):
        gone = make.incident(by=lead)
        merge_incident(incident_id=gone.pk, into=other.ref, by=lead)

    text = page(reader, status="withdrawn")

    assert text.count("Merged into") == 1
    assert f'href="/incidents/{seen.ref}/"' in text
    assert hidden.ref not in text


def test_nothing_of_a_hidden_incident_or_a_strange_person_is_there(
    reader: Client, member: Member
) -> None:
    make.incident(title="Seen")
    lead, other = make.person(make.member("zeta")), make.member()
    queries = ["", "?q=voice", "?status=draft", "?status=withdrawn", "?owner=zeta", "?tag=secret"]
    before = [masked(page(reader, query)) for query in queries]

    make.incident(
        by=lead, title="A secret voice", tlp="amber", shared_with=[other], tags=['tag:"secret"']
    )
    make.incident(by=lead, title="A red voice", tlp="red")
    make.draft(by=lead, title="A voice to come")
    make.member("gone-member", status="suspended")
    create_saved_filter(name="Elsewhere", query={"q": "x"}, by=lead, shared=True)
    create_saved_filter(name="Mine", query={"q": "x"}, by=make.person(member))

    assert [masked(page(reader, query)) for query in queries] == before


def masked(text: str) -> str:
    """The page without what is new in every answer."""
    return re.sub(r'nonce="[^"]+"|csrfmiddlewaretoken" value="[^"]+"', "", text)


def test_a_reading_of_what_is_marked_is_on_record_once(reader: Client, member: Member) -> None:
    shown = [make.incident(tlp="amber", shared_with=[member]) for _ in range(2)]
    make.incident(tlp="green")

    page(reader)

    entry = AuditEntry.objects.get(action="incident.read")
    assert sorted(entry.objects_named) == sorted(one.ref for one in shown)


@pytest.mark.parametrize("role", list(Role))
def test_hostile_words_are_shown_as_text(member: Member, role: Role) -> None:
    user = person(member, role=role)
    client = signed_in(user)
    lead = make.person(make.member())
    Member.objects.filter(pk=lead.member.pk).update(name=HOSTILE[:200])
    make.incident(
        by=lead, title=HOSTILE[:300], tags=['tag:"<script>alert(2)</script>"'],
        targets=[{"name": HOSTILE[:100], "kind": "politician"}],
    )  # fmt: skip
    saved = create_saved_filter(
        name="<script>alert(3)</script>", query={"q": "<script>"}, by=Reader(member, user)
    )
    paths = [
        PAGE, "/incidents/?tag=<script>alert(2)</script>", '/incidents/?platform="><script>',
        "/incidents/?q=<script>alert(4)</script>\u202e", "/incidents/?harm=<script>",
        "/incidents/?<script>=1", "/incidents/?cursor=<script>", "/incidents/?ordering=<script>",
        "/filters/", "/filters/new/?q=<script>", f"/filters/{saved.pk}/",
        f"/filters/{saved.pk}/delete/",
    ]  # fmt: skip
    pages = [client.get(path).content.decode() for path in paths]

    assert all("<script>" not in text for text in pages)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[0]


# Filters ------------------------------------------------------------------------------------
FIRST: dict[str, Any] = {
    "title": "first", "tlp": "clear", "severity": "high", "media_kinds": ["audio"],
    "harms": ["war_or_crisis"], "goals": ["false_information"], "manipulation": ["voice_clone"],
    "countries": ["SK"], "languages": ["sk"], "elections": ["us-2026"],
    "tags": ['tag:"robo, call"'], "distributed": {"platform": "Telegram"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "chip"),
    [
        ("q=first", "Search: first"), ("tlp=clear", "Mark: TLP:CLEAR"),
        ("severity=high", "Severity: High"), ("severity=high&severity=low", "Severity: Low"),
        ("severity=high,low", "Severity: Low"), ("owner=acme", "Owner: Acme"),
        ("media_kind=audio", "Media: Audio"), ("harm=war_or_crisis", "Harm: War or crisis"),
        ("goal=false_information", "Goal: False information"),
        ("manipulation=voice_clone", "Manipulation: Voice clone"),
        ("authenticity=authentic", "Authenticity: Authentic"), ("country=sk", "Country: Slovakia"),
        ("language=SK", "Language: SK"), ("election=us-2026", "Election: Midterms"),
        ("tag=" + 'tag:"robo, call"', "Tag: robo, call"), ("tag=%22Robo, call%22", ""),
        ("tag=%22robo, call%22", "Tag: robo, call"), ("platform=telegram", "Platform: telegram"),
        ("published_after=2026-01-01", "Published since: 2026-01-01"),
        ("updated_after=2026-01-01", "Updated since: 2026-01-01"),
        ("status=published&owner=acme", "Status: Published"),
    ],
)  # fmt: skip
def test_each_filter_keeps_what_fits_and_is_a_chip(reader: Client, query: str, chip: str) -> None:
    Election.objects.create(
        key="us-2026", name="Midterms", kind="general", country="US",
        polling_from="2026-11-03", polling_to="2026-11-03", watch_from="2026-09-04",
    )  # fmt: skip
    first = make.incident(make.member("acme"), **FIRST)
    Incident.objects.filter(pk=first.pk).update(
        authenticity="authentic",
        published_at="2026-03-01T00:00:00Z",
        updated_at="2026-03-01T00:00Z",
    )
    other = make.incident(title="second", tlp="green", severity="info")
    Incident.objects.filter(pk=other.pk).update(
        published_at="2025-03-01T00:00:00Z", updated_at="2025-03-01T00:00Z"
    )

    assert titles(reader, f"?{query}") == ["first"] * bool(chip)
    assert f'aria-label="Remove {chip}' in page(reader, f"?{query}")


def test_a_chip_leads_to_the_list_without_it(reader: Client) -> None:
    text = page(reader, "?severity=high,low&country=SK&ordering=-severity&q=voice")

    assert "Severity" in text
    ways_out = dict(
        re.findall(r'chip-remove"\s+href="([^"]+)"[^>]*?aria-label="Remove ([^"]+)"', text)
    )
    assert {words: html.unescape(way) for way, words in ways_out.items()} == {
        "Search: voice": "?severity=high%2Clow&country=SK&ordering=-severity",
        "Severity: High": "?q=voice&severity=low&country=SK&ordering=-severity",
        "Severity: Low": "?q=voice&severity=high&country=SK&ordering=-severity",
        "Country: Slovakia": "?q=voice&severity=high%2Clow&ordering=-severity",
    }


def test_what_is_left_blank_is_not_asked(reader: Client) -> None:
    make.incident(title="only")

    assert titles(reader, "?q=&owner=&published_after=&platform=&severity=,%20,") == ["only"]
    assert "chip-remove" not in page(reader, "?q=+&owner=")


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("severity=severe", "Severity", "Known:"), ("harm=harm", "Harm", "is no harm"),
        ("published_after=soon", "Published since", "is no moment"),
        ("language=english", "Language", "BCP 47"), ("q=%3F", "Search", "There is no word in it"),
        ("tag=no:such", "Tag", "namespace"), ("q=a%00b", "Search", "U+0000"),
        ("ordering=title", "", "cannot be ordered"), ("cursor=x", "", "start again"),
        ("severty=high", "", "There is no query parameter"), ("owner=%00", "Owner", "U+0000"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field(
    reader: Client, query: str, field: str, words: str
) -> None:
    make.incident(title="shown")

    text = page(reader, f"?{query}", answered=400)

    errors = re.findall(r'<ul class="errorlist"[^>]*id="(\w+)"', text)
    assert words in text
    assert (f">{field}</a>:" in text) is bool(field)
    assert bool(errors) is bool(field)
    assert "shown" not in titles_in(text)


def test_a_ref_is_found_by_name(reader: Client) -> None:
    named, hidden = make.incident(title="named"), make.draft()
    make.incident(title="other")

    assert titles(reader, q=named.ref.lower()) == ["named"]
    assert titles(reader, q=hidden.ref) == []


@pytest.mark.parametrize(
    ("view", "query", "found"),
    [
        ("All", "?q=voice", ["theirs voice", "draft voice", "our voice"]),
        ("Ours", "?q=voice&owner=reader", ["draft voice", "our voice"]),
        ("Drafts", "?q=voice&status=draft", ["draft voice"]),
        ("Withdrawn", "?q=voice&status=withdrawn", []),
    ],
)
def test_a_view_keeps_the_question(
    reader: Client, member: Member, view: str, query: str, found: list[str]
) -> None:
    make.incident(member, title="our voice")
    make.draft(member, title="draft voice")
    make.incident(title="theirs voice")

    text = page(reader, "?q=voice&owner=reader&status=draft")

    assert way(part(text), view) == query
    assert titles(reader, query) == found
    assert re.findall(r'class="tab"[^>]*aria-current="true">([^<]+)<', page(reader, query)) == [
        view
    ]


# Orders and pages ---------------------------------------------------------------------------
def test_columns_order_the_list_and_back(reader: Client) -> None:
    for severity in ("low", "critical", "medium"):
        make.incident(title=f"{severity} voice", severity=severity)

    first = page(reader, q="voice")
    worst = page(reader, way(part(first), "Severity"))
    by_severity = titles(reader, "?ordering=-severity")

    assert way(part(first), "Severity") == "?q=voice&ordering=-severity"
    assert 'aria-sort="descending"' in worst
    assert way(part(worst), "Severity") == "?q=voice&ordering=severity"
    assert by_severity == ["critical voice", "medium voice", "low voice"]
    assert titles(reader, "?ordering=severity") == by_severity[::-1]
    assert way(part(first), "Updated") == "?q=voice&ordering=updated_at"


@pytest.mark.parametrize("ordering", ["", "severity", "-severity", "published_at", "updated_at"])
def test_pages_lead_on_and_back(reader: Client, ordering: str) -> None:
    lead = make.person(make.member())
    made = [make.incident(by=lead).ref for _ in range(120)]
    text = page(reader, f"?ordering={ordering}&status=published")
    there, forth, back = refs(text), [text], []
    while ways(text, "Next"):
        text = page(reader, way(text, "Next"))
        forth.append(text)
        there += refs(text)
    while ways(text, "Previous"):
        text = page(reader, way(text, "Previous"))
        back.append(text)

    assert [len(refs(one)) for one in forth] == [50, 50, 20]
    assert sorted(there) == sorted(made)
    assert [refs(one) for one in back] == [refs(one) for one in forth[-2::-1]]
    assert ways(forth[0], "Previous") == []


def test_a_page_without_rows_leads_back(reader: Client) -> None:
    lead = make.person(make.member())
    for _ in range(51):
        make.incident(by=lead)
    last = way(page(reader), "Next")
    Incident.objects.filter(ref__in=refs(page(reader, last))).update(readers=[], tlp="red")

    text = page(reader, last)

    assert "There is nothing further" in text
    assert len(refs(page(reader, way(text, "Previous")))) == 50


def test_a_place_in_the_list_is_of_one_organisation_only(reader: Client) -> None:
    lead = make.person(make.member())
    for _ in range(51):
        make.incident(by=lead)
    further = way(page(reader), "Next")

    answer = signed_in(person(make.member())).get(PAGE + further)

    assert answer.status_code == 400


# Nothing ------------------------------------------------------------------------------------
def test_an_empty_hub_says_what_to_do(reader: Client, member: Member) -> None:
    viewer = signed_in(person(member, role=Role.VIEWER))

    assert "No incidents yet" in page(reader)
    assert len(ways(page(reader), "File an incident")) == 2
    assert ways(page(viewer), "File an incident") == []


def test_nothing_found_leads_to_everything(reader: Client) -> None:
    make.incident()

    text = page(reader, q="nonsense")

    assert "Nothing found" in text
    assert way(text, "Show all incidents") == PAGE


# Parts --------------------------------------------------------------------------------------
@pytest.mark.parametrize("query", ["", "?q=voice&severity=medium&ordering=-severity", "?q=none"])
def test_htmx_gets_the_part_that_the_page_holds(reader: Client, query: str) -> None:
    for _ in range(51):
        make.incident(make.member())
    whole = page(reader, query)

    results = reader.get(PAGE + query, headers=RESULTS).content.decode()
    both = reader.get(PAGE + query, headers=WHOLE).content.decode()

    assert results.strip().startswith("<section")
    assert results.strip() in both.strip()
    assert both.strip() in whole
    assert "<form" not in results


def test_htmx_is_told_the_address_without_blanks(reader: Client) -> None:
    answer = reader.get(f"{PAGE}?q=&severity=high&severity=low&owner=", headers=RESULTS)
    plain = reader.get(f"{PAGE}?q=", headers=RESULTS)

    assert answer["HX-Push-Url"] == "/incidents/?severity=high%2Clow"
    assert plain["HX-Push-Url"] == PAGE
    assert "HX-Retarget" not in answer
    assert {"HX-Request", "HX-Target"} <= set(answer["Vary"].split(", "))
    assert "HX-Push-Url" not in reader.get(PAGE)


def test_what_is_wrong_with_a_filter_comes_with_the_filters(reader: Client) -> None:
    of_filter = reader.get(f"{PAGE}?language=english", headers=RESULTS)
    of_words = reader.get(f"{PAGE}?q=%3F", headers=RESULTS)

    assert (of_filter.status_code, of_filter["HX-Retarget"]) == (400, "#incidents")
    assert "<form" in of_filter.content.decode()
    assert of_words.status_code == 400
    assert "HX-Retarget" not in of_words
    assert "There is no word in it" in of_words.content.decode()
    assert "data-focus" not in of_words.content.decode()


def test_the_page_asks_as_much_for_many_as_for_one(reader: Client, member: Member) -> None:
    lead = make.person(make.member())
    queries = [
        "", "?status=withdrawn", "?q=voice&owner=acme&election=x&country=SK&ordering=-severity",
    ]  # fmt: skip
    Election.objects.create(
        key="x", name="x", kind="general", country="US", polling_from="2026-11-03",
        polling_to="2026-11-03", watch_from="2026-09-04",
    )  # fmt: skip

    def add(number: int) -> None:
        for _ in range(number):
            by = make.person(make.member())
            shared = make.incident(by=by, tlp="amber", shared_with=[member])
            gone = make.incident(by=lead)
            withdraw_incident(incident_id=gone.pk, reason="x", by=lead)
            create_saved_filter(name=str(shared.ref), query={"owner": by.member.slug},
                                by=make.system(member), shared=True)  # fmt: skip

    def counts() -> list[int]:
        found = []
        for query in queries:
            with CaptureQueriesContext(connection) as captured:
                page(reader, query)
            found.append(len(captured))
        return found

    add(1)
    few = counts()
    add(30)

    assert counts() == few
    assert max(few) <= 13
