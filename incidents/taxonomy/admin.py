"""Vocabularies and elections as they were loaded from their files, for operators to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from hub.kit.errors import Absent
from hub.web.admin_cells import badge, code
from hub.web.admin_rows import Narrowing, RowAdmin
from hub.web.admin_site import site
from hub.web.pages import render_page
from incidents.taxonomy import registry
from incidents.taxonomy.elections import ElectionStatus
from incidents.taxonomy.models import Election


class FindElection(Narrowing):
    """By country, or by how firm the dates are."""

    country = forms.CharField(
        label=gettext_lazy("Country, two letters"), required=False, max_length=2
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Dates"),
        choices=[
            ("", gettext_lazy("All")),
            *((one.value, one.value.capitalize()) for one in ElectionStatus),
        ],
        required=False,
    )


@admin.register(Election, site=site)
class ElectionAdmin(RowAdmin[Election]):
    title = gettext_lazy("Elections")
    order = "key"
    list_display = ("name", "short", "country", "polling_from", "polling_to", "dates")
    facts = (
        *("short", "kind", "country", "region", "polling_from", "polling_to", "watch_from"),
        *("dates", "source"),
    )
    narrowing = FindElection
    explanation = gettext_lazy(
        "From incidents/taxonomy/data/elections.json: change it there, and bring it in with"
        " manage.py loadvocabularies."
    )

    def narrow(self, rows: QuerySet[Election], given: Mapping[str, Any]) -> QuerySet[Election]:
        if "country" in given:
            rows = rows.filter(country=given["country"].upper())
        if "status" in given:
            rows = rows.filter(status=given["status"])
        return rows

    @admin.display(description=gettext_lazy("key"))
    def short(self, row: Election) -> SafeString:
        return code(row.key)

    @admin.display(description=gettext_lazy("dates"))
    def dates(self, row: Election) -> SafeString:
        return badge(
            "active" if row.status != ElectionStatus.EXPECTED else "invited",
            row.status.capitalize(),
        )


@require_safe
def vocabularies(request: HttpRequest) -> HttpResponse:
    """All vocabularies, with how many values each has."""
    shown = [(found, len(found.values)) for found in registry.vocabularies()]
    return render_page(request, "admin/vocabularies.html", {"vocabularies": shown})


@require_safe
def vocabulary(request: HttpRequest, namespace: str) -> HttpResponse:
    """The values of one vocabulary."""
    found = registry.vocabulary(namespace)
    if found is None:
        raise Absent
    return render_page(request, "admin/vocabulary.html", {"vocabulary": found})


site.add_page("vocabularies/", name="vocabularies", view=vocabularies)
site.add_page("vocabularies/<slug:namespace>/", name="vocabulary", view=vocabulary)
