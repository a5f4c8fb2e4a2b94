"""Components: words beside every colour, labels to every input, text that stays text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
import time_machine
from django import forms
from django.template import Context, Template
from django.test import RequestFactory, override_settings
from django.utils.safestring import SafeString

from hub.web.templatetags import ui

HOSTILE = "<script>alert(1)</script>"


def rendered(source: str, **context: Any) -> str:
    """The text of a template that loads the components, each run of white space as one space."""
    return " ".join(Template("{% load ui %}" + source).render(Context(context)).split())


class Asked(forms.Form):
    """Some fields to look at."""

    title = forms.CharField(label="Title", help_text="In one line.")
    link = forms.URLField(label="Link", required=False, assume_scheme="https")
    agreed = forms.BooleanField(label="Agreed", help_text="As the policy says.")
    kinds = forms.MultipleChoiceField(
        label="Kinds", choices=[("a", "Audio")], widget=forms.CheckboxSelectMultiple
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [("clear", "TLP:CLEAR"), ("amber+strict", "TLP:AMBER+STRICT"), ("red", "TLP:RED")],
)
def test_a_mark_is_said_in_words(value: str, words: str) -> None:
    assert f">{words}</span>" in rendered("{% tlp value %}", value=value)


def test_colours_come_with_words() -> None:
    assert ">PAP:AMBER</span>" in rendered("{% pap 'amber' %}")
    assert rendered("{% severity 'critical' %}").endswith("</span>Critical</span>")
    assert (
        rendered("{% status 'withdrawn' %}") == '<span class="state tone-danger">Withdrawn</span>'
    )
    assert rendered("{% status 'active' 'Ends soon' %}") == (
        '<span class="state tone-success">Ends soon</span>'
    )
    assert ">Held back</span>" in rendered("{% status 'held_back' %}")


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Northwind Media", "NM"),
        ("acme", "A"),
        ("ann.lee@example.org", "A"),
        ("Łódź Fact Check", "ŁF"),
        ("- ?", "?"),
        ("", "?"),
    ],
)
def test_a_name_has_a_monogram_that_only_eyes_meet(name: str, letters: str) -> None:
    first, second = (
        rendered("{% member name %}", name=name),
        rendered("{% member name %}", name=name),
    )

    assert f'aria-hidden="true">{letters}</span><bdi>' in first
    assert first == second


def test_text_of_others_stays_text() -> None:
    for source in (
        "{% member text text %}",
        "{% status text %}",
        "{% status 'active' text %}",
        "{% tlp text %}",
        "{% severity text %}",
        "{% panel title=text id=text %}{{ text }}{% endpanel %}",
        "{% table caption=text %}{{ text }}{% endtable %}",
        "{% dialogue id=text title=text %}{{ text }}{% enddialogue %}",
        '{% include "components/toast.html" with text=text level=text only %}',
        '{% include "components/notice.html" with text=text title=text tone=text only %}',
        '{% include "components/failure.html" with text=text title=text url=text only %}',
        '{% include "components/empty.html" with text=text title=text url=text action=text only %}',
    ):
        html = rendered(source, text=HOSTILE + '" onclick="x')
        assert "<script" not in html.lower().replace("&lt;script", "")
        assert ' onclick="' not in html


class Offered(NamedTuple):
    """A value that a picker offers."""

    value: str
    label: str
    help: str = ""
    group: str = ""


class Offering(forms.MultipleChoiceField):
    """A picker's field."""

    one = False
    options = (
        Offered("a", "<b>A</b>", "About & so", "First"),
        Offered("b", "B", group="First"),
        Offered("c", "C", group="Second"),
    )


class Picking(forms.Form):
    """A form with a picker."""

    kinds = Offering()


def test_options_stand_under_their_groups_and_the_chosen_ones_are_ticked() -> None:
    form = Picking(initial={"kinds": ["b"]})

    shown = rendered("{% options bound %}", bound=form["kinds"])

    assert re.findall(r'picker-group">(\w+)<', shown) == ["First", "Second"]
    assert re.findall(r'value="(\w)"\s+checked', shown) == ["b"]
    assert "<bdi>&lt;b&gt;A&lt;/b&gt;</bdi>" in shown
    (help_id,) = re.findall(r'aria-describedby="([^"]*)"', shown)
    assert f'<div class="picker-help" id="{help_id}">About &amp; so</div>' in shown


def test_text_that_reads_like_markup_is_not_taken_for_it() -> None:
    offered = Offered("a", "A")

    as_markup = ui.option(offered, "kind", badge=SafeString("<i>A</i>"))
    as_text = ui.option(offered, "kind", badge="<i>A</i>")

    assert "<i>A</i>" in as_markup
    assert "&lt;i&gt;A&lt;/i&gt;" in as_text


@time_machine.travel(datetime(2026, 11, 22, 19, 0, tzinfo=UTC), tick=False)
@pytest.mark.parametrize(
    ("moment", "full", "since"),
    [
        (datetime(2026, 11, 22, 18, 59, 30, tzinfo=UTC), "22 Nov 2026, 18:59 UTC", "just now"),
        (datetime(2026, 11, 22, 14, 0, tzinfo=UTC), "22 Nov 2026, 14:00 UTC", "5\xa0hours ago"),
        (datetime(2026, 11, 25, 19, 0, tzinfo=UTC), "25 Nov 2026, 19:00 UTC", "in 3\xa0days"),
    ],
)
def test_a_moment_has_its_zone_and_a_form_for_programs(
    moment: datetime, full: str, since: str
) -> None:
    exact = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    when = Template("{% load ui %}{% when moment %}").render(Context({"moment": moment}))
    ago = Template("{% load ui %}{% ago moment %}").render(Context({"moment": moment}))

    assert when == f'<time datetime="{exact}" title="{since}">{full}</time>'
    assert ago == f'<time datetime="{exact}" title="{full}">{since}</time>'


def test_a_moment_is_told_in_the_zone_that_is_set() -> None:
    moment = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)

    with override_settings(TIME_ZONE="Europe/Warsaw"):
        html = rendered("{% when moment %}", moment=moment)

    assert "23 Nov 2026, 00:30 CET" in html
    assert 'datetime="2026-11-22T23:30:00Z"' in html


def test_never_is_a_word() -> None:
    assert "never" in rendered("{% when moment %}", moment=None)


def test_a_field_ties_label_help_and_errors_to_its_input() -> None:
    html = rendered("{% field form.title autofocus='' %}", form=Asked({}))

    assert '<label class="form-label" for="id_title">' in html
    assert 'id="id_title_helptext">In one line.</div>' in html
    assert '<ul class="errorlist" id="id_title_error"><li>This field is required.</li></ul>' in html
    assert 'aria-describedby="id_title_helptext id_title_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'class="form-control is-invalid"' in html
    assert "autofocus" in html
    assert "optional" not in html


def test_what_may_be_left_out_says_so() -> None:
    assert "optional" in rendered("{% field form.link %}", form=Asked())


def test_a_box_to_tick_has_its_label_beside_it_and_several_have_a_legend() -> None:
    one = rendered("{% field form.agreed %}", form=Asked({}))
    several = rendered("{% field form.kinds %}", form=Asked({}))

    assert '<label class="form-check"> <input type="checkbox"' in one
    assert 'aria-describedby="id_agreed_helptext id_agreed_error"' in one
    assert '<fieldset class="field" id="id_kinds" aria-describedby="id_kinds_error">' in several
    assert '<legend class="form-label">Kinds</legend>' in several
    assert several.count('class="form-check-input is-invalid"') == 1


def test_the_errors_of_a_form_stand_above_it_with_a_way_to_each_field() -> None:
    html = rendered("{% form_errors form %}", form=Asked({}))

    assert "3 things need your attention." in html
    assert '<a href="#id_title">Title</a>: This field is required.' in html
    assert rendered("{% form_errors form %}", form=Asked()) == ""


def test_a_list_is_ordered_by_a_column_and_back_and_keeps_its_filters() -> None:
    request = RequestFactory().get("/", {"q": "a b", "cursor": "xyz"})
    ordered = RequestFactory().get("/", {"ordering": "updated_at"})

    assert rendered("{% sort_url 'updated_at' %}", request=request) == (
        "?q=a+b&ordering=updated_at".replace("&", "&amp;")
    )
    assert rendered("{% sort_url 'updated_at' %}", request=ordered) == "?ordering=-updated_at"


def test_the_navigation_marks_where_one_is_and_leaves_out_what_is_not_there() -> None:
    request = RequestFactory().get("/design/")

    here = rendered("{% nav_link 'design' 'Components' 'list' %}", request=request)
    absent = rendered("{% nav_link 'no-such-page' 'None' 'list' %}", request=request)

    assert 'href="/design/" aria-current="page"' in here
    assert absent == ""


def test_the_trail_leads_to_the_pages_above_and_their_names_stay_text() -> None:
    html = rendered("{% trail '/one/' 'One' '/two/' name %}", name="<b>Two</b>")

    assert html.count("<li>") == 2
    assert 'href="/one/"' in html
    assert 'href="/two/"' in html
    assert "<bdi>&lt;b&gt;Two&lt;/b&gt;</bdi>" in html


@pytest.mark.parametrize(("options", "is_said"), [("", False), (" stacks=True", True)])
def test_a_table_that_stacks_says_that_it_is_one(options: str, is_said: bool) -> None:
    html = rendered("{% table caption='People'" + options + " %}<tbody></tbody>{% endtable %}")

    assert ('role="table"' in html) is is_said
    assert ("table-stacks" in html) is is_said
