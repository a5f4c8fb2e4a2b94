"""Pages that publish, withdraw and delete one's own incidents."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.carrying import carries_on
from accounts.forms import refuse
from accounts.roles import Right
from accounts.sessions import PageRequest, signed_in
from hub.api.services import rewrite_answers
from hub.kit.errors import Conflict, InvalidInput, PreconditionFailed
from hub.kit.text import read_text
from hub.web.pages import render_page
from incidents.core.models import Incident, Status
from incidents.core.reach import reach_of
from incidents.core.reading import audit_reading
from incidents.core.services.correcting import delete_draft
from incidents.core.services.filing import publish_incident, withdraw_incident
from incidents.core.views.finding import own_incident

FORM = ["GET", "HEAD", "POST"]


class PublishForm(forms.Form):
    """Carries which revision somebody was told about."""

    revision = forms.IntegerField(widget=forms.HiddenInput())


class WithdrawForm(forms.Form):
    """Why an incident is taken back."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Everybody who could read the incident reads this."),
    )

    def clean_reason(self) -> str:
        try:
            return read_text(self.cleaned_data["reason"], multiline=True)
        except InvalidInput as error:
            raise forms.ValidationError(error.detail) from error


@require_http_methods(FORM)
@signed_in
def incident_publish(request: PageRequest, ref: str) -> HttpResponse:
    """Say with GET who will see it, publish with POST."""
    incident = own_incident(request.reader, ref, action="incident.publish", right=Right.PUBLISH)
    if incident.status != Status.DRAFT:
        return _not_now(request, incident, _("%s is published already."))
    form = PublishForm(request.POST or None, initial={"revision": incident.revision})
    if request.method == "POST" and form.is_valid():
        try:
            publish_incident(
                incident_id=incident.pk,
                by=request.reader,
                expected_revision=form.cleaned_data["revision"],
            )
        except PreconditionFailed:
            form = PublishForm(initial={"revision": incident.revision})
            words = _("Somebody has changed it since you looked. This is how it stands now.")
            return _ask_to_publish(request, incident, form, changed=words)
        except InvalidInput as error:
            refuse(form, error)
        except Conflict:
            return _not_now(request, incident, _("%s is published already."))
        else:
            messages.success(request, _("%s is published.") % incident.ref)
            return redirect("incident", incident.ref)
    return _ask_to_publish(request, incident, form)


def _ask_to_publish(
    request: PageRequest, incident: Incident, form: PublishForm, **context: Any
) -> HttpResponse:
    audit_reading([(incident.ref, incident.tlp)], by=request.reader)
    context |= {
        "form": form,
        "incident": incident,
        "reach": reach_of(incident, by=request.reader),
    }
    return render_page(
        request, "incidents/publish.html", context, fragment="incidents/_publish.html"
    )


@require_http_methods(FORM)
@carries_on
@signed_in
def incident_withdraw(request: PageRequest, ref: str) -> HttpResponse:
    """Take a published incident back, and say why."""
    incident = own_incident(request.reader, ref, action="incident.withdraw", right=Right.PUBLISH)
    if incident.status != Status.PUBLISHED:
        return _not_now(request, incident, _("%s is not published: it cannot be withdrawn."))
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            withdraw_incident(incident_id=incident.pk, reason=reason, by=request.reader)
        except Conflict:
            return _not_now(request, incident, _("%s was withdrawn already."))
        messages.success(request, _("%s is withdrawn; all who had it are told.") % incident.ref)
        return redirect("incident", incident.ref)
    context = {"form": form, "incident": incident}
    return render_page(
        request, "incidents/withdraw.html", context, fragment="incidents/_withdraw.html"
    )


@require_http_methods(FORM)
@signed_in
def incident_delete(request: PageRequest, ref: str) -> HttpResponse:
    """Ask with GET, delete a draft with POST."""
    incident = own_incident(request.reader, ref, action="incident.delete", right=Right.FILE)
    if incident.status != Status.DRAFT:
        return _not_now(request, incident, _("%s is published: it can only be withdrawn."))
    if request.method == "POST":
        try:
            with transaction.atomic():
                gone = delete_draft(incident_id=incident.pk, by=request.reader)
                rewrite_answers([str(pk) for pk in gone], lambda _: b"")
        except Conflict:
            return _not_now(request, incident, _("%s is published: it can only be withdrawn."))
        messages.success(request, _("The draft %s is deleted.") % incident.ref)
        return redirect("incident_list")
    context = {"incident": incident}
    return render_page(request, "incidents/delete.html", context, fragment="incidents/_delete.html")


def _not_now(request: PageRequest, incident: Incident, words: str) -> HttpResponse:
    messages.error(request, words % incident.ref)
    return redirect("incident", incident.ref)
