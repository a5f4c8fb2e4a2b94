"""API tokens: what they may do and when they were used, never what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.deeds import ActingAdmin, Deed, Done
from accounts.models import ApiToken
from accounts.services.tokens import revoke_token
from hub.audit.services import Actor
from hub.web.admin_cells import badge, code, link
from hub.web.admin_rows import Narrowing, example
from hub.web.admin_site import site


def _revoke(row: ApiToken, fields: Mapping[str, Any], by: Actor) -> Done:
    revoke_token(token_id=row.pk, by=by)
    return Done(_("The token %s is revoked.") % row.name)


class FindToken(Narrowing):
    """By how it begins, or by organisation."""

    id = forms.CharField(label=gettext_lazy("Begins with"), required=False, **example("dfh_…"))
    member = forms.CharField(
        label=gettext_lazy("Organisation"), required=False, **example(gettext_lazy("short name"))
    )


@admin.register(ApiToken, site=site)
class TokenAdmin(ActingAdmin[ApiToken]):
    title = gettext_lazy("API tokens")
    order = "pk"  # by chance, as the ids are
    list_display = (
        "begins",
        "name",
        "organisation",
        "state_in_words",
        "last_used_at",
        "expires_at",
    )
    facts = (*list_display[1:], "scopes", "addresses", "created_at", "created_by", "revoked_at")
    narrowing = FindToken
    deeds = (
        Deed(
            "revoke",
            gettext_lazy("Revoke"),
            gettext_lazy(
                "Whatever uses it is refused from its next request on. This cannot be taken back."
            ),
            _revoke,
            is_offered=lambda row: row.revoked_at is None,
            is_dangerous=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        rows: QuerySet[ApiToken] = super().get_queryset(request)
        return rows.select_related("member", "created_by").defer("digest")

    def narrow(self, rows: QuerySet[ApiToken], given: Mapping[str, Any]) -> QuerySet[ApiToken]:
        if "id" in given:
            rows = rows.filter(pk=given["id"].removeprefix("dfh_")[:8])
        if "member" in given:
            rows = rows.filter(member__slug=given["member"])
        return rows

    @admin.display(description=gettext_lazy("begins with"))
    def begins(self, row: ApiToken) -> SafeString:
        return code(f"dfh_{row.pk}")

    @admin.display(description=gettext_lazy("organisation"))
    def organisation(self, row: ApiToken) -> SafeString:
        return link(reverse("admin:accounts_member_change", args=[row.member_id]), row.member.slug)

    @admin.display(description=gettext_lazy("state"))
    def state_in_words(self, row: ApiToken) -> SafeString:
        return badge(row.state)
