"""The page of the incident list."""

from __future__ import annotations

from typing import Any, Final

from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.forms import refuse
from accounts.readers import Reader
from accounts.roles import Right
from accounts.sessions import PageRequest, signed_in
from hub.api.pagination import CURSOR, Page
from hub.kit.errors import InvalidInput
from hub.web.pages import render_page, wants_fragment
from incidents.core.models import Incident, SavedFilter
from incidents.core.reading import audit_reading, merged_refs
from incidents.core.views import navigation
from incidents.core.views.choices import Choices
from incidents.core.views.filter_form import FilterForm
from incidents.core.views.found import Row, find
from incidents.core.views.questions import Question, normalised

TARGET: Final = "HX-Target"
RESULTS: Final = "results"
"""Id of the part that changes while somebody types; anything else swaps the filters too."""


@require_safe
@signed_in
def incident_list(request: PageRequest) -> HttpResponse:
    """What the reader may see, by whatever they ask; also as a part of itself, for htmx."""
    reader = request.reader
    asked = normalised(request.GET)
    question = Question.of(asked)
    choices = Choices(reader)
    form = FilterForm(asked, choices)
    page: Page[Incident] | None = None
    try:
        page = find(asked, by=reader, path=request.path)
    except InvalidInput as error:
        refuse(form, error)
    context = _asked(question, choices, by=reader) | _answered(page, by=reader)
    context |= {"form": form, "is_elsewhere": CURSOR in asked}
    only_results = _wants_results(request, form)
    response = render_page(
        request,
        "incidents/list/page.html",
        context | {"takes_focus": not wants_fragment(request)},
        fragment="incidents/list/_results.html"
        if only_results
        else "incidents/list/_incidents.html",
        status=200 if page else 400,
    )
    patch_vary_headers(response, [TARGET])
    if wants_fragment(request):
        _steer(request, response, asked.urlencode(), only_results=only_results)
    return response


def _asked(question: Question, choices: Choices, *, by: Reader) -> dict[str, Any]:
    saved = SavedFilter.objects.visible_to(by).order_by(Lower("name"), "pk")
    offered = navigation.saved_views(question, saved[: navigation.OFFERED])
    return {
        "question": question,
        "views": navigation.views_of(question, by=by),
        "saved": offered,
        "is_saved": any(one.is_current for one in offered),
        "chips": navigation.chips_of(question, choices),
        "columns": navigation.columns_of(question),
        "leaves_out_tombstones": navigation.leaves_out_tombstones(question),
        "may_file": by.may(Right.FILE),
    }


def _answered(page: Page[Incident] | None, *, by: Reader) -> dict[str, Any]:
    if page is None:
        return {"rows": None}
    audit_reading(((row.ref, row.tlp) for row in page.rows), by=by)
    merged = merged_refs(page.rows, by=by)
    return {
        "rows": [Row.of(row, by=by, merged=merged) for row in page.rows],
        "next": navigation.here(page.next),
        "previous": navigation.here(page.previous),
    }


def _wants_results(request: HttpRequest, form: FilterForm) -> bool:
    """Whether the filters stay as they are.

    What is wrong with one is said at its field, so they come along then; but not under the hands of
    somebody who is typing what to search for.
    """
    return request.headers.get(TARGET) == RESULTS and not form.errors.keys() - {"q"}


def _steer(request: HttpRequest, response: HttpResponse, query: str, *, only_results: bool) -> None:
    """Have htmx put the part where it belongs, and show the address without what is left blank."""
    path = reverse("incident_list")
    response["HX-Push-Url"] = f"{path}?{query}" if query else path
    if request.headers.get(TARGET) == RESULTS and not only_results:
        response["HX-Retarget"] = "#incidents"
