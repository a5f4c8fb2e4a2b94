"""Endpoints: where members are alerted, and pausing and resuming that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.deeds import ActingAdmin, Deed, Done
from hub.audit.services import Actor
from hub.web.admin_cells import badge, link
from hub.web.admin_rows import Door, Narrowing, example
from hub.web.admin_site import site
from incidents.alerts.models import Endpoint, EndpointState
from incidents.alerts.services.endpoints import disable_endpoint, enable_endpoint


class PauseForm(forms.Form):
    """Why nothing is sent for a while."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("The organisation reads it."),
    )


class ResumeForm(forms.Form):
    """What becomes of that which waited."""

    waiting = forms.ChoiceField(
        label=gettext_lazy("What waited meanwhile"),
        choices=[
            ("send", gettext_lazy("is sent now")),
            ("skip", gettext_lazy("is skipped; the organisation finds it in its feed")),
        ],
        initial="send",
        widget=forms.RadioSelect,
    )


def _pause(row: Endpoint, fields: Mapping[str, Any], by: Actor) -> Done:
    disable_endpoint(endpoint_id=row.pk, reason=fields["reason"], by=by)
    return Done(_("The endpoint is paused. What was owed to it waits."))


def _resume(row: Endpoint, fields: Mapping[str, Any], by: Actor) -> Done:
    enable_endpoint(endpoint_id=row.pk, send_waiting=fields["waiting"] == "send", by=by)
    return Done(_("The endpoint is resumed."))


class FindEndpoint(Narrowing):
    """By organisation, or by state."""

    member = forms.CharField(
        label=gettext_lazy("Organisation"), required=False, **example(gettext_lazy("short name"))
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[("", gettext_lazy("All")), *EndpointState.choices],
        required=False,
    )


@admin.register(Endpoint, site=site)
class EndpointAdmin(ActingAdmin[Endpoint]):
    title = gettext_lazy("Endpoints")
    list_display = ("host", "organisation", "state_in_words", "sequence", "created_at")
    facts = (
        *("organisation", "url", "description", "topics", "state_in_words", "state_reason"),
        *("sequence", "not_before", "created_at", "updated_at"),
    )
    numbers = frozenset({"sequence"})
    narrowing = FindEndpoint
    explanation = gettext_lazy(
        "Addresses of members' systems to which alerts are posted. Their secrets are shown to"
        " nobody."
    )
    deeds = (
        Deed(
            "pause",
            gettext_lazy("Pause"),
            gettext_lazy(
                "Nothing is sent there until it is resumed. What is owed already waits; what"
                " happens meanwhile is not owed to it, and the organisation finds that in its"
                " feed. Its other endpoints are told."
            ),
            _pause,
            form=PauseForm,
            is_offered=lambda row: row.state == EndpointState.ACTIVE,
            is_dangerous=True,
        ),
        Deed(
            "resume",
            gettext_lazy("Resume"),
            gettext_lazy("It gets alerts again."),
            _resume,
            form=ResumeForm,
            is_offered=lambda row: row.state == EndpointState.DISABLED,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        rows: QuerySet[Endpoint] = super().get_queryset(request)
        return rows.select_related("member").defer("secret")

    def narrow(self, rows: QuerySet[Endpoint], given: Mapping[str, Any]) -> QuerySet[Endpoint]:
        if "member" in given:
            rows = rows.filter(member__slug=given["member"])
        if "state" in given:
            rows = rows.filter(state=given["state"])
        return rows

    @admin.display(description=gettext_lazy("host"))
    def host(self, row: Endpoint) -> str:
        return host_of(row)

    @admin.display(description=gettext_lazy("organisation"))
    def organisation(self, row: Endpoint) -> SafeString:
        return link(reverse("admin:accounts_member_change", args=[row.member_id]), row.member.slug)

    @admin.display(description=gettext_lazy("state"))
    def state_in_words(self, row: Endpoint) -> SafeString:
        return badge("paused" if row.state == EndpointState.DISABLED else row.state)

    def see_also(self, row: Endpoint) -> list[Door]:
        sent = reverse("admin:alerts_delivery_changelist", query={"endpoint": str(row.pk)})
        log = reverse("admin:audit_auditentry_changelist", query={"subject": str(row.pk)})
        return [
            Door("send", _("Deliveries"), sent),
            Door("history", _("Audit log"), log),
        ]

    def called(self, row: Endpoint) -> str:
        return _("Endpoint at %s") % host_of(row)


def host_of(endpoint: Endpoint) -> str:
    """Where it is posted to, without the path, which may be known to few."""
    return urlsplit(endpoint.url).netloc or endpoint.url
