"""The forms of endpoints: shape only, services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import refuse
from hub.kit.errors import FieldError, InvalidInput
from hub.web import words as states
from incidents.alerts.inputs import EndpointInput
from incidents.alerts.models import DeliveryState
from incidents.alerts.topics import CHOOSABLE
from incidents.alerts.words import TOPICS

STATES = [
    ("", _("All states")),
    *(
        (state.value, states.STATUSES[state.value].word)
        for state in DeliveryState
        if state is not DeliveryState.SUPERSEDED  # that was never sent, so it is in no log
    ),
]


class EndpointForm(forms.Form):
    """Where alerts are posted to, and which."""

    url = forms.CharField(
        label=_("URL"),
        widget=forms.URLInput(
            attrs={"autocomplete": "off", "placeholder": "https://hooks.example.org/deepfakes"}
        ),
        help_text=_("https, a public name or address, port 443 or 1024 to 65535."),
    )
    description = forms.CharField(
        label=_("What it is for"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("For your colleagues; it is sent to nobody."),
    )
    topics = forms.MultipleChoiceField(
        label=_("Topics"),
        required=False,
        choices=[(topic, topic) for topic in CHOOSABLE],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        help_text=_("With none ticked all are sent, those too that the hub learns later."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("url", "description"):
            self.fields[name].strip = False  # type: ignore[attr-defined] # the API's fields do it

    @property
    def topic_choices(self) -> list[dict[str, Any]]:
        """Each topic with its box and its sentence."""
        return [
            {"box": box, "name": box.data["value"], "meaning": TOPICS[str(box.data["value"])]}
            for box in self["topics"].subwidgets
        ]

    def clean(self) -> dict[str, Any]:
        """Ask what the API asks of the same fields."""
        given = {name: self.cleaned_data[name] for name in self.fields if name in self.cleaned_data}
        asked = EndpointInput(data=given)
        if asked.is_valid():
            return dict(asked.validated_data)
        wrong = [
            FieldError(f"/{name}", "invalid", str(detail))
            for name, details in asked.errors.items()
            if name in given  # what is missing was told already
            for detail in details
        ]
        if wrong:
            refuse(self, InvalidInput(errors=wrong))
        return given


class DeliveryFilter(forms.Form):
    """Which deliveries of a log to show."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=STATES,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    topic = forms.ChoiceField(
        label=_("Topic"),
        required=False,
        choices=[("", _("All topics")), *((topic, topic) for topic in CHOOSABLE)],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
