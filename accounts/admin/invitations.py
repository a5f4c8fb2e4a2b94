"""Invitations: who was offered an account, and taking the offer back."""

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
from accounts.models import Invitation
from accounts.services import invitations
from hub.audit.services import Actor
from hub.web.admin_cells import badge, link
from hub.web.admin_rows import Narrowing, example
from hub.web.admin_site import site


def _revoke(row: Invitation, fields: Mapping[str, Any], by: Actor) -> Done:
    invitations.revoke_invitation(invitation_id=row.pk, by=by)
    return Done(_("The invitation is withdrawn; its link ends here."))


class FindInvitation(Narrowing):
    """By address, whole, or by organisation."""

    email = forms.CharField(label=gettext_lazy("E-mail address"), required=False)
    member = forms.CharField(
        label=gettext_lazy("Organisation"), required=False, **example(gettext_lazy("short name"))
    )


@admin.register(Invitation, site=site)
class InvitationAdmin(ActingAdmin[Invitation]):
    title = gettext_lazy("Invitations")
    list_display = ("email", "organisation", "role", "state", "created_at", "expires_at")
    facts = (*list_display[1:], "name", "created_by", "accepted_at", "withdrawn_at")
    narrowing = FindInvitation
    explanation = gettext_lazy(
        "An organisation's first administrator is invited from the page of the organisation."
    )
    deeds = (
        Deed(
            "revoke",
            gettext_lazy("Revoke"),
            gettext_lazy("Its link ends here. The organisation can invite the address again."),
            _revoke,
            is_offered=lambda row: row.accepted_at is None and row.withdrawn_at is None,
            is_dangerous=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        rows: QuerySet[Invitation] = super().get_queryset(request)
        return rows.select_related("member", "created_by").defer("digest")

    def narrow(self, rows: QuerySet[Invitation], given: Mapping[str, Any]) -> QuerySet[Invitation]:
        if "email" in given:
            rows = rows.filter(email__iexact=given["email"])
        if "member" in given:
            rows = rows.filter(member__slug=given["member"])
        return rows

    @admin.display(description=gettext_lazy("organisation"))
    def organisation(self, row: Invitation) -> SafeString:
        return link(reverse("admin:accounts_member_change", args=[row.member_id]), row.member.slug)

    @admin.display(description=gettext_lazy("state"))
    def state(self, row: Invitation) -> SafeString:
        if row.accepted_at:
            return badge("active", _("Accepted"))
        if row.withdrawn_at:
            return badge("revoked", _("Withdrawn"))
        return badge("expired") if row.has_expired else badge("invited", _("Waiting"))
