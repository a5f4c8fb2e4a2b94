"""The page on which an organisation says where it saw a deepfake."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from rest_framework.exceptions import ValidationError

from accounts.refusals import refusal_on_record
from accounts.roles import Right
from accounts.sessions import PageRequest, signed_in
from hub.api.problems import field_errors
from hub.api.serializers import validated
from hub.kit.errors import Conflict, InvalidInput
from hub.web.pages import render_page
from incidents.core.forms import choices
from incidents.core.forms.observing import ObservationForm
from incidents.core.inputs import ObservationInput
from incidents.core.models import Incident, Status
from incidents.core.reading import audit_reading, incident_of
from incidents.core.services.observing import add_observation, speaks_from_hidden_group

JOINING: Final = ("platform", "url")
"""What those bring along in the address who began to file the same."""


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def observation_new(request: PageRequest, ref: str) -> HttpResponse:
    """Add an observation to an incident that the reader may read whole."""
    reader = request.reader
    incident = incident_of(reader, ref.upper(), whole=True)
    with refusal_on_record(reader, "observation.add", incident.ref):
        reader.require(Right.FILE)
    if incident.status == Status.WITHDRAWN:
        messages.error(request, _("The incident was withdrawn: nothing can be added to it."))
        return redirect("incident", incident.ref)
    form = ObservationForm(
        request.POST or None,
        initial={name: request.GET[name] for name in JOINING if name in request.GET},
        incident=incident,
        reader=reader,
        hides_organisation=speaks_from_hidden_group(incident, reader),
    )
    if request.method == "POST" and form.is_valid() and _added(request, incident, form):
        messages.success(request, _("The observation is added."))
        return redirect(f"{reverse('incident', args=[incident.ref])}#observations")
    audit_reading([(incident.ref, incident.tlp)], by=reader)
    context = {"incident": incident, "form": form, "languages": choices.languages()}
    return render_page(request, "incidents/observation_new.html", context)


def _added(request: PageRequest, incident: Incident, form: ObservationForm) -> bool:
    """Whether the service took it; else the form says why not."""
    try:
        fields = validated(ObservationInput, form.document())
    except ValidationError as error:
        form.refuse(field_errors(error.detail))
        return False
    try:
        with refusal_on_record(request.reader, "observation.add", incident.ref):
            add_observation(incident_id=incident.pk, fields=fields, by=request.reader)
    except InvalidInput as error:
        form.refuse(error.errors)
    except Conflict as error:
        form.add_error(None, error.detail)
    else:
        return True
    return False
