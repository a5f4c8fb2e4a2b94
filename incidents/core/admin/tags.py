"""Free tags in use, those that were merged, and merging."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from accounts.deeds import ActingAdmin, Deed, Done
from hub.audit.services import Actor
from hub.kit.errors import InvalidInput
from hub.web.admin_cells import code
from hub.web.admin_rows import PER_PAGE, Narrowing
from hub.web.admin_site import site
from hub.web.pages import render_page
from incidents.core.free_tag_index import COUNTED, free_tags_in_use
from incidents.core.services.tagging import merge_tag
from incidents.taxonomy.models import TagAlias

MOST_AT_ONCE: Final = 1000
"""Incidents that one request rewrites, or some more: a browser does not wait for ever."""


class MergeForm(forms.Form):
    """Which tag becomes which."""

    tag = forms.CharField(
        label=gettext_lazy("Tag"),
        max_length=400,
        help_text=gettext_lazy('As it is written: tag:"robo call"'),
    )
    into = forms.CharField(label=gettext_lazy("Becomes"), max_length=400)


def _merge(_row: None, fields: Mapping[str, Any], by: Actor) -> Done:
    try:
        merged = merge_tag(tag=fields["tag"], into=fields["into"], by=by, most=MOST_AT_ONCE)
    except InvalidInput as error:
        for place, one in enumerate(error.errors):
            if one.pointer == "/from":
                error.errors[place] = one._replace(pointer="/tag")
        raise
    words = ngettext(
        "%(tag)s is %(into)s now: %(number)d incident was rewritten.",
        "%(tag)s is %(into)s now: %(number)d incidents were rewritten.",
        merged.incidents,
    ) % {"tag": merged.tag, "into": merged.into, "number": merged.incidents}
    if merged.incidents >= MOST_AT_ONCE:
        words += " " + _("More of them wait: merge the two once more.")
    return Done(words)


class FindAlias(Narrowing):
    """By the old tag, or the new one, as it is written."""

    tag = forms.CharField(label=gettext_lazy("Old or new tag"), required=False, max_length=400)


@admin.register(TagAlias, site=site)
class TagAliasAdmin(ActingAdmin[TagAlias]):
    title = gettext_lazy("Merged tags")
    order = "tag"
    has_page = False
    list_display = ("old", "new", "merged_at")
    narrowing = FindAlias
    explanation = gettext_lazy(
        "Free tags that were merged: whoever uses the old one gets the new one."
    )
    deeds_anew = (
        Deed(
            "merge",
            gettext_lazy("Merge two free tags"),
            gettext_lazy(
                "All incidents but withdrawn ones get the new tag in the place of the old one, now"
                " and whenever the old one is used again. Their members are told as of any change."
                " This cannot be taken back."
            ),
            _merge,
            form=MergeForm,
            is_dangerous=True,
        ),
    )

    def narrow(self, rows: QuerySet[TagAlias], given: Mapping[str, Any]) -> QuerySet[TagAlias]:
        wanted = given["tag"].strip()
        return rows.filter(tag=wanted) | rows.filter(into=wanted)

    @admin.display(description=gettext_lazy("old tag"))
    def old(self, row: TagAlias) -> SafeString:
        return code(row.tag)

    @admin.display(description=gettext_lazy("new tag"))
    def new(self, row: TagAlias) -> SafeString:
        return code(row.into)


class FindTag(Narrowing):
    """By how its words begin."""

    typed = forms.CharField(label=gettext_lazy("Begins with"), required=False, max_length=400)


@require_safe
def free_tags(request: HttpRequest) -> HttpResponse:
    """The members' own words that stand on incidents, without the incidents."""
    form = FindTag(request.GET)
    given = form.cleaned_data if form.is_valid() else {"typed": "", "after": ""}
    found = free_tags_in_use(typed=given["typed"], after=given["after"], limit=PER_PAGE + 1)
    merge = reverse("admin:taxonomy_tagalias_merge")
    context = {
        "form": form,
        "filters": form.visible_fields(),
        "used": [
            {"tag": one.tag, "number": _told(one.incidents), "merge": _address(merge, tag=one.tag)}
            for one in found[:PER_PAGE]
        ],
        "next": "",
        "merged": reverse("admin:taxonomy_tagalias_changelist"),
    }
    if len(found) > PER_PAGE:
        last = found[PER_PAGE - 1].tag
        context["next"] = _address(request.path, typed=given["typed"], after=last)
    return render_page(request, "admin/free_tags.html", context)


def _told(number: int) -> str:
    return _("%d or more") % number if number >= COUNTED else str(number)


def _address(path: str, **query: str) -> str:
    return f"{path}?{urlencode(query)}"


site.add_page("free-tags/", name="free_tags", view=free_tags)
