"""Filing and publishing as people do it, and what becomes of text that is not saved yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from accounts.models import Member, Session, User
from accounts.roles import Role
from incidents.core.models import Incident
from incidents.core.unsaved import UnsavedWork
from tests import make
from tests.accounts.signing_in import PASSWORD, person
from tests.browser.conftest import OpenBrowser
from tests.browser.looking import TELEPHONE, broken_rules, too_wide

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        finders.find("ui/hub.js") is None, reason="The scripts of the pages are not built: make ui"
    ),
]

ARTICLE = "https://news.example/2026/11/22/cloned-voice"
SAVED = re.compile(r"Saved \d\d:\d\d:\d\d")
LOST_AT_MOST_MS = 2_000


@pytest.fixture
def outspoken(chromium: Browser, live_server: Any) -> Iterator[BrowserContext]:
    """A browser whose console may tell of answers that are errors."""
    with chromium.new_context(base_url=live_server.url) as context:
        context.set_default_timeout(10_000)
        yield context


def a_lead(member: Member | None = None) -> User:
    return person(member or make.member("acme"), role=Role.LEAD)


def sign_in(page: Page, user: User) -> None:
    page.goto("/account/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account/")


def open_form(page: Page) -> None:
    page.goto("/incidents/new/?skip")
    expect(page.get_by_label("Title").first).to_be_visible()


def begin(page: Page, pasted: str) -> None:
    page.goto("/incidents/new/")
    page.get_by_label("What do you have at hand?").fill(pasted)
    page.get_by_role("button", name="Look and begin").click()


# The path -----------------------------------------------------------------------------------
@pytest.mark.parametrize("java_script", [True, False])
def test_an_incident_is_filed_from_a_link_and_published(
    open_browser: OpenBrowser, java_script: bool
) -> None:
    page = open_browser(java_script_enabled=java_script).new_page()
    friend = make.member("friend")
    known = make.incident(friend, title="Filed before", references=[{"url": ARTICLE}])
    sign_in(page, a_lead())

    begin(page, f"{ARTICLE}/amp?utm_source=x")
    duplicates = page.get_by_role("complementary", name="Filed already?")
    expect(duplicates.get_by_role("link", name="Filed before")).to_be_visible()
    join = duplicates.get_by_role("link", name="Join it: we saw this too")
    expect(join).to_have_attribute("href", re.compile(rf"{known.ref}/observations/new/\?url="))

    targets = page.get_by_role("group", name="Whom it shows or speaks of")
    targets.get_by_label("Name").first.fill("Ann Lee")
    page.get_by_role("button", name="Add a target").click()
    expect(targets.get_by_role("group", name="Target 2")).to_be_visible()
    page.get_by_role("button", name="Save and publish…").click()
    expect(page.get_by_role("alert")).to_contain_text("This may not be empty")
    page.get_by_label("Title").first.fill("Our own words")
    targets.get_by_label("Kind").first.select_option(label="Candidate")
    page.get_by_role("group", name="Organisations").get_by_label("Friend").check()
    page.get_by_role("button", name="Save and publish…").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Publish DF-")
    expect(page.get_by_role("main")).to_contain_text("1 organisation that you name.")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url(re.compile(r"/incidents/DF-\w{8}/$"))
    incident = Incident.objects.get(title="Our own words")
    assert (incident.status, incident.audiences) == ("published", [{"member": "friend"}])
    assert incident.references[0]["canonical_url"] == ARTICLE
    assert [target["name"] for target in incident.targets] == ["Ann Lee"]


def test_the_keyboard_is_enough(open_browser: OpenBrowser) -> None:
    page = open_browser().new_page()
    make.member("friend")
    sign_in(page, a_lead())

    page.goto("/incidents/new/")
    expect(page.get_by_label("What do you have at hand?")).to_be_focused()
    page.keyboard.type("A cloned voice")
    reach(page, "Look and begin")
    page.keyboard.press("Enter")
    page.wait_for_url("**/duplicates/**")
    reach(page, "Video")
    page.keyboard.press("Space")
    reach(page, "Add a target")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Target 2")).to_be_focused()
    reach(page, "Remove: Target 2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Add a target")).to_be_focused()
    reach(page, "TLP:AMBER")
    page.keyboard.press("ArrowUp")
    reach(page, "Save the draft")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/incidents/DF-\w{8}/$"))

    incident = Incident.objects.get()
    assert (incident.title, incident.tlp) == ("A cloned voice", "green")
    assert (incident.media_kinds, incident.targets) == (["video"], [])


def reach(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus."""
    for _ in range(150):
        words = page.evaluate(
            "(document.activeElement.labels?.[0] ?? document.activeElement).textContent"
        )
        if " ".join(words.split()).startswith(name):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {name}")


def test_pickers_filter_and_suggest_and_keep_what_was_chosen(open_browser: OpenBrowser) -> None:
    page = open_browser().new_page()
    acme = make.member("acme")
    make.incident(acme, tags=['tag:"robocall"', 'tag:"dialler"'])
    sign_in(page, a_lead(acme))
    open_form(page)

    page.get_by_text("Where and when").click()
    countries = page.get_by_role("group", name=re.compile("^Countries"))
    countries.get_by_label("Filter: Countries").fill("cote")
    countries.get_by_role("checkbox").check()
    expect(countries.get_by_role("checkbox")).to_have_count(1)
    expect(countries).to_contain_text("1 chosen")
    page.get_by_text("Tags").first.click()
    tags = page.get_by_role("group", name=re.compile("^Tags"))
    tags.get_by_label("Filter: Tags").fill("robo")
    tags.get_by_label("robocall").check()
    tags.get_by_label("Filter: Tags").fill("dial")
    tags.get_by_label("dialler").check()
    page.get_by_label("Title").first.fill("Tagged")
    page.get_by_role("button", name="Save the draft").click()
    page.wait_for_url(re.compile(r"/incidents/DF-\w{8}/$"))

    incident = Incident.objects.get(title="Tagged")
    assert incident.countries == ["CI"]
    assert sorted(incident.tags) == ['tag:"dialler"', 'tag:"robocall"']


def test_nothing_is_saved_beside_the_form_that_is_sent(open_browser: OpenBrowser) -> None:
    page = open_browser().new_page()
    sign_in(page, a_lead())
    open_form(page)
    page.get_by_label("Title").first.fill("Sent once")
    expect(page.locator("[data-state]")).to_have_text(SAVED)
    sent: list[Route] = []
    saved: list[Request] = []

    def hold(route: Route) -> None:
        if route.request.is_navigation_request() and not sent:
            sent.append(route)
        else:
            saved.append(route.request)
            route.continue_()

    page.route(lambda _: True, hold)
    # Changed, which is to be saved in a moment, changed back, and sent within that moment.
    page.evaluate(
        """() => {
            const box = document.querySelector('[name=media_kinds]')
            box.click()
            box.click()
            document.querySelector('button[name=save][value=draft]').click()
        }"""
    )
    page.wait_for_timeout(1500)

    assert [request.post_data for request in saved if request.method == "POST"] == []
    (route,) = sent
    route.continue_()
    page.wait_for_url(re.compile(r"/incidents/DF-\w{8}/$"))
    assert Incident.objects.get().title == "Sent once"


def test_duplicates_are_shown_while_one_types(open_browser: OpenBrowser) -> None:
    page = open_browser().new_page()
    make.incident(title="Filed before", references=[{"url": ARTICLE}])
    sign_in(page, a_lead())
    open_form(page)

    link = page.get_by_label("Link").first
    link.fill(f"{ARTICLE}?utm_source=x")

    expect(page.get_by_role("link", name="Filed before")).to_be_visible()
    expect(page.locator("#announcer")).to_contain_text("One incident that you may see")
    expect(link).to_be_focused()


def test_the_question_before_publishing_is_a_dialogue(open_browser: OpenBrowser) -> None:
    page = open_browser().new_page()
    acme = make.member("acme")
    draft = make.draft(acme, tlp="green")
    sign_in(page, a_lead(acme))
    page.goto(f"/incidents/{draft.ref}/")
    opener = page.get_by_role("link", name="Publish")
    dialogue = page.get_by_role("dialog", name=f"Publish {draft.ref}?")

    opener.click()
    expect(dialogue).to_contain_text("The 1 member of the community")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialogue).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    dialogue.get_by_role("link", name="Not yet").click()
    expect(dialogue).to_be_hidden()
    opener.click()
    dialogue.get_by_role("button", name="Publish").click()

    expect(page.get_by_text(f"{draft.ref} is published.")).to_be_visible()
    draft.refresh_from_db()
    assert draft.status == "published"


# Text that is not saved ---------------------------------------------------------------------
def test_what_is_typed_survives_the_browser(open_browser: OpenBrowser) -> None:
    context = open_browser()
    page = context.new_page()
    user = a_lead()
    sign_in(page, user)
    open_form(page)
    page.get_by_label("Title").first.press_sequentially("One letter after the other", delay=20)
    page.wait_for_timeout(LOST_AT_MOST_MS)
    context.close()

    page = open_browser().new_page()
    sign_in(page, user)
    page.goto("/incidents/new/")

    expect(page.get_by_text("You have unsaved work")).to_be_visible()
    expect(page.get_by_label("Title").first).to_have_value("One letter after the other")
    page.get_by_role("button", name="Discard it").click()
    expect(page.get_by_label("What do you have at hand?")).to_be_visible()
    assert not UnsavedWork.objects.exists()


def test_what_is_typed_after_the_session_ended_is_saved_after_the_next_sign_in(
    outspoken: BrowserContext,
) -> None:
    page = outspoken.new_page()
    user = a_lead()
    sign_in(page, user)
    open_form(page)
    page.get_by_label("Title").first.fill("Before")
    expect(page.locator("[data-state]")).to_have_text(SAVED)
    Session.objects.filter(user=user).delete()

    page.get_by_label("Title").first.fill("After")
    notice = page.get_by_role("status").filter(has_text="Your session has ended")
    expect(notice).to_be_visible()
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_label("Title").first).to_have_value("After")
    with outspoken.expect_page() as opened:
        notice.get_by_role("link", name="Sign in in a new window").click()
    other = opened.value
    other.get_by_label("E-mail address").fill(user.email)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url("**/account/")
    page.bring_to_front()
    page.evaluate("dispatchEvent(new Event('focus'))")

    expect(notice).to_be_hidden()
    expect(page.locator("[data-state]")).to_have_text(SAVED)
    page.get_by_role("button", name="Save the draft").click()
    page.wait_for_url(re.compile(r"/incidents/DF-\w{8}/$"))
    assert Incident.objects.get().title == "After"


def test_without_a_script_a_form_sent_too_late_goes_on_after_the_sign_in(
    open_browser: OpenBrowser,
) -> None:
    page = open_browser(java_script_enabled=False).new_page()
    user = a_lead()
    sign_in(page, user)
    open_form(page)
    page.get_by_label("Title").first.fill("Too late")
    Session.objects.filter(user=user).delete()

    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("main")).to_contain_text("Nothing you typed is lost")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Go on").click()

    page.wait_for_url(re.compile(r"/incidents/DF-\w{8}/$"))
    assert Incident.objects.get().title == "Too late"


def test_two_windows_tell_of_each_other(outspoken: BrowserContext) -> None:
    one = outspoken.new_page()
    sign_in(one, a_lead())
    open_form(one)
    one.get_by_label("Title").first.fill("From one")
    expect(one.locator("[data-state]")).to_have_text(SAVED)
    two = outspoken.new_page()
    two.goto(one.url)
    one.get_by_label("Title").first.fill("From one, later")
    expect(one.locator("[data-state]")).to_have_text(SAVED)

    two.get_by_label("Title").first.fill("From two")
    notice = two.get_by_role("status").filter(has_text="changed in another window")
    expect(notice).to_be_visible()
    notice.get_by_role("button", name="Keep what is here").click()

    expect(two.locator("[data-state]")).to_have_text(SAVED)
    assert UnsavedWork.objects.get().fields["title"] == ["From two"]


# Looks --------------------------------------------------------------------------------------
def test_axe_finds_nothing_in_a_form_that_is_filled_in_or_refused(
    open_browser: OpenBrowser,
) -> None:
    page = open_browser(color_scheme="light").new_page()
    acme = make.member("acme")
    make.incident(title="Filed before", references=[{"url": ARTICLE}])
    without = make.draft(acme, tlp="amber")
    sign_in(page, a_lead(acme))
    found: dict[str, list[str]] = {}

    begin(page, f"{ARTICLE}/amp")
    expect(page.get_by_role("link", name="Filed before")).to_be_visible()
    for details in page.locator("details").all():
        details.evaluate("element => { element.open = true }")
    page.get_by_role("button", name="Add an observation").click()
    expect(page.get_by_role("group", name="Observation 1")).to_be_visible()
    found["form"] = violations(page)
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found["refused"] = violations(page)
    page.goto(f"/incidents/{without.ref}/publish/")
    found["without an audience"] = violations(page)

    assert {name: rules for name, rules in found.items() if rules} == {}


def violations(page: Page) -> list[str]:
    """The rules that the page breaks, light and dark, and what is too wide for a telephone."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    broken = broken_rules(page)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    broken += broken_rules(page, "color-contrast")
    page.set_viewport_size({"width": TELEPHONE, "height": 844})
    broken += too_wide(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    return broken
