"""Deliveries: what is owed to endpoints and how it went, without what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

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
from hub.kit import clock
from hub.kit.ids import event_id, parse_event_id
from hub.web.admin_cells import badge, cell, clipped, link, since, small_table, until
from hub.web.admin_rows import Narrowing, Panel, example
from hub.web.admin_site import site
from incidents.alerts.admin.endpoints import host_of
from incidents.alerts.models import Delivery, DeliveryState, EndpointState
from incidents.alerts.services.deliveries import RETRIED, cancel_delivery, retry_delivery
from incidents.alerts.streams import about, refs_of


def _retry(row: Delivery, fields: Mapping[str, Any], by: Actor) -> Done:
    retry_delivery(delivery_id=row.pk, by=by)
    return Done(_("It is tried as soon as it may be."))


def _cancel(row: Delivery, fields: Mapping[str, Any], by: Actor) -> Done:
    cancel_delivery(delivery_id=row.pk, by=by)
    return Done(_("It is taken back."))


class FindDelivery(Narrowing):
    """By what it tells of, where to, or how it stands."""

    ref = forms.CharField(
        label=gettext_lazy("Incident"), required=False, max_length=11, **example("DF-7K3Q9MXA")
    )
    member = forms.CharField(
        label=gettext_lazy("Organisation"), required=False, **example(gettext_lazy("short name"))
    )
    endpoint = forms.UUIDField(
        label=gettext_lazy("Endpoint"), required=False, **example(gettext_lazy("id"))
    )
    event = forms.CharField(
        label=gettext_lazy("Event"), required=False, max_length=36, **example("evt_…")
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[("", gettext_lazy("All")), *DeliveryState.choices],
        required=False,
    )

    def clean_event(self) -> UUID | None:
        text = self.cleaned_data["event"].strip()
        found = parse_event_id(text)
        if text and found is None:
            raise forms.ValidationError(_("An event's id looks like evt_ and 32 digits."))
        return found


@admin.register(Delivery, site=site)
class DeliveryAdmin(ActingAdmin[Delivery]):
    title = gettext_lazy("Deliveries")
    list_display = (
        *("id", "state_in_words", "topic", "incident", "organisation", "where", "attempt_no"),
        *("next_in_words", "waited"),
    )
    numbers = frozenset({"attempt_no"})
    facts = (
        *("topic", "incident", "version", "event_link", "organisation", "where", "state_in_words"),
        *("attempt_no", "sequence", "next_time", "created_at", "first_attempt_at", "finished_at"),
    )
    narrowing = FindDelivery
    exact = frozenset({"ref", "event"})
    explanation = gettext_lazy(
        "One event owed to one endpoint, newest first. What was said in it, and answered to it, is"
        " not shown."
    )
    deeds_together = (
        Deed(
            "retry",
            gettext_lazy("Try again"),
            gettext_lazy(
                "What waits is tried now, what was given up once more. Whether the receiver may"
                " have it is asked again before."
            ),
            _retry,
            is_offered=lambda row: row.state in RETRIED,
            needs_proof=False,
        ),
        Deed(
            "cancel",
            gettext_lazy("Take back"),
            gettext_lazy(
                "It is not sent any more. The organisation finds the event in its feed all the"
                " same. This cannot be undone."
            ),
            _cancel,
            is_offered=lambda row: row.state == DeliveryState.PENDING,
            is_dangerous=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        rows: QuerySet[Delivery] = super().get_queryset(request)
        return rows.select_related("endpoint__member").defer("body", "endpoint__secret")

    def narrow(self, rows: QuerySet[Delivery], given: Mapping[str, Any]) -> QuerySet[Delivery]:
        if "ref" in given:
            rows = about(given["ref"].strip().upper(), rows)
        if "member" in given:
            rows = rows.filter(endpoint__member__slug=given["member"])
        if "endpoint" in given:
            rows = rows.filter(endpoint=given["endpoint"])
        if "event" in given:
            rows = rows.filter(event=given["event"])
        if "state" in given:
            rows = rows.filter(state=given["state"])
        return rows

    def prepare(self, rows: Sequence[Delivery]) -> None:
        refs = refs_of(row.stream_id for row in rows)
        for row in rows:
            vars(row)["ref"] = refs.get(row.stream_id, "")

    def panels(self, request: HttpRequest, row: Delivery) -> list[Panel]:
        return [Panel(_("Attempts"), _attempts(row))]

    @admin.display(description=gettext_lazy("incident"))
    def incident(self, row: Delivery) -> SafeString | str:
        ref: str = vars(row).get("ref", "")
        url = reverse("admin:incidents_incident_change", args=[row.stream_id])
        return link(url, ref) if ref else ""

    @admin.display(description=gettext_lazy("event"))
    def event_link(self, row: Delivery) -> SafeString:
        url = reverse("admin:outbox_event_change", args=[row.event_id])
        return link(url, event_id(row.event_id))

    @admin.display(description=gettext_lazy("organisation"))
    def organisation(self, row: Delivery) -> SafeString:
        return clipped(row.endpoint.member.slug)

    @admin.display(description=gettext_lazy("endpoint"))
    def where(self, row: Delivery) -> SafeString:
        url = reverse("admin:alerts_endpoint_change", args=[row.endpoint_id])
        return clipped(link(url, host_of(row.endpoint)))

    @admin.display(description=gettext_lazy("state"))
    def state_in_words(self, row: Delivery) -> SafeString:
        return badge(row.state)

    @admin.display(description=gettext_lazy("next try"))
    def next_time(self, row: Delivery) -> Any:
        return row.next_at if row.state == DeliveryState.PENDING else None

    @admin.display(description=gettext_lazy("next try"))
    def next_in_words(self, row: Delivery) -> SafeString | str:
        if row.state != DeliveryState.PENDING:
            return ""
        if row.endpoint.state == EndpointState.DISABLED:
            return _("when resumed")
        return until(row.next_at) if row.next_at > clock.now() else _("due")

    @admin.display(description=gettext_lazy("age"))
    def waited(self, row: Delivery) -> SafeString:
        return since(row.created_at)

    def called(self, row: Delivery) -> str:
        return _("Delivery %d") % row.pk


def _attempts(delivery: Delivery) -> SafeString:
    rows = [
        (
            cell(one.number),
            cell(one.at),
            cell(str(one.status) if one.status else one.error or _("no answer")),
            cell(f"{one.duration_ms} ms"),
            cell(one.address),
        )
        for one in delivery.attempts.defer("answer").order_by("pk")
    ]
    labels = [_("Number"), _("When"), _("Outcome"), _("Took"), _("Address")]
    return small_table(_("Attempts"), labels, rows)
