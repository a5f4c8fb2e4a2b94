"""The form of an observation: what the API takes of one, as fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.readers import Reader
from hub.kit.clock import rfc3339
from hub.kit.errors import FieldError
from incidents.core.forms import choices
from incidents.core.models import Incident
from incidents.sharing.marks import Tlp, strictness

ACCOUNT: Final = ("handle", "verified", "automation")
PHONE: Final = ("number", "spoofed", "carrier", "region")
COUNTS: Final = ("views", "likes", "shares", "comments", "calls")
REACH: Final = (*COUNTS, "at")
NESTED: Final = {"account": ACCOUNT, "phone": PHONE, "reach": REACH}
"""Members of the API's observation that are objects; their fields here are `account_handle` …"""

AVAILABILITIES: Final = [
    ("", _("Not looked up")),
    ("up", _("Online, unmarked")),
    ("labelled", _("Online, with a label")),
    ("restricted", _("Restricted: fewer see it")),
    ("removed", _("Removed")),
]
SPOOFED: Final = [("", _("Not known")), ("true", _("Yes")), ("false", _("No"))]
MOMENT: Final = "%Y-%m-%dT%H:%M"


def _moment(label: Any, help_text: Any = "") -> forms.DateTimeField:
    widget = forms.DateTimeInput({"type": "datetime-local"}, format=MOMENT)
    return forms.DateTimeField(label=label, required=False, help_text=help_text, widget=widget)


def _count(label: Any) -> forms.IntegerField:
    widget = forms.NumberInput({"min": 0, "inputmode": "numeric"})
    return forms.IntegerField(label=label, required=False, min_value=0, widget=widget)


def _text(label: Any, length: int, help_text: Any = "", **attributes: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=length,
        required=False,
        help_text=help_text,
        widget=forms.TextInput(attributes),
    )


def _choice(label: Any, values: Any, help_text: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=values, required=False, help_text=help_text)


def _of_vocabulary(namespace: str) -> Any:
    def values() -> list[tuple[str, Any]]:
        known = choices.of_vocabulary(namespace)
        return [("", _("Not known")), *((one.value, one.label) for one in known)]

    return values


class ObservationForm(forms.Form):
    """Where and when the deepfake was seen, and what became of it there."""

    platform = forms.CharField(
        label=_("Platform"),
        max_length=120,
        help_text=_("Where it was seen or heard: Telegram, Telephone, a site's name."),
    )
    url = _text(_("Link"), 2048, _("The post itself, if there is one."), inputmode="url")
    availability = _choice(_("What became of it there"), AVAILABILITIES)
    seen_first = _moment(_("First seen"))
    seen_last = _moment(_("Last seen"))
    posted_at = _moment(_("Posted"))
    country = _choice(_("Country"), _of_vocabulary("countries"))
    language = _text(
        _("Language"), 35, _("By name or code: English, en-US, zh-Hant."), list="languages"
    )
    account_handle = _text(_("Handle"), 200, _("Of the account that distributed it."))
    account_verified = _choice(_("Verified"), _of_vocabulary("account_verified"))
    account_automation = _choice(_("Person or program"), _of_vocabulary("account_automation"))
    phone_number = _text(
        _("Number"),
        20,
        _("As +16035550100. A keyed digest and the last four digits are kept, nothing else."),
        inputmode="tel",
        autocomplete="off",
    )
    phone_spoofed = _choice(_("Forged number"), SPOOFED)
    phone_carrier = _text(_("Carrier"), 100)
    phone_region = _text(_("Region"), 100)
    reach_views = _count(_("Views"))
    reach_likes = _count(_("Likes"))
    reach_shares = _count(_("Shares"))
    reach_comments = _count(_("Comments"))
    reach_calls = _count(_("Calls"))
    reach_at = _moment(_("Counted"))
    tlp = forms.ChoiceField(label=_("Mark"), required=False)
    audiences = forms.MultipleChoiceField(
        label=_("Only for"),
        required=False,
        help_text=_("Organisations and groups; on TLP:RED persons. Several with Ctrl or Cmd."),
        widget=forms.SelectMultiple({"size": 8}),
    )
    show_organisation = forms.BooleanField(
        label=_("Show that your organisation says so"),
        required=False,
        help_text=_(
            "You read this incident only as a member of a group whose membership is hidden. Unless"
            " you choose this, nobody is told who saw it."
        ),
    )

    def __init__(
        self,
        *args: Any,
        incident: Incident,
        reader: Reader,
        hides_organisation: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.hides_organisation = hides_organisation
        self._choices_of("tlp", [*_marks(incident)])
        self._choices_of("audiences", [*_audiences(reader)])
        if not hides_organisation:
            del self.fields["show_organisation"]

    def _choices_of(self, name: str, values: list[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = values

    @property
    def opened(self) -> frozenset[str]:
        """Which folded parts of the form hold something, or something wrong."""
        parts = {name: [f"{name}_{member}" for member in NESTED[name]] for name in NESTED}
        parts["sharing"] = ["tlp", "audiences", "show_organisation"]
        return frozenset(
            part
            for part, names in parts.items()
            if any(name in self.errors or self.data.get(name) for name in names)
        )

    def document(self) -> dict[str, Any]:
        """What was filled in, as the API's observation; after `is_valid`."""
        given = {name: _written(value) for name, value in self.cleaned_data.items()}
        found = {name: value for name, value in given.items() if value or value == 0}
        found = {name: value for name, value in found.items() if value is not False}
        if "language" in found:
            found["language"] = choices.language_code(found["language"])
        if "audiences" in found:
            found["audiences"] = [_named(one) for one in found["audiences"]]
        for name, members in NESTED.items():
            inner = {one: found.pop(f"{name}_{one}") for one in members if f"{name}_{one}" in found}
            if inner:
                found[name] = inner
        if "phone" in found and "spoofed" in found["phone"]:
            found["phone"]["spoofed"] = found["phone"]["spoofed"] == "true"
        return found

    def refuse(self, errors: Iterable[FieldError]) -> None:
        """Say what was not taken, at the fields that the pointers name."""
        for error in errors:
            first, _sep, rest = error.pointer.strip("/").partition("/")
            name = f"{first}_{rest}" if first in NESTED else first
            self.add_error(name if name in self.fields else None, error.detail)


def _written(value: Any) -> Any:
    return rfc3339(value) if hasattr(value, "utcoffset") else value


def _named(value: str) -> dict[str, str]:
    """`member:slug` as the API writes it."""
    kind, _sep, key = value.partition(":")
    return {kind: key}


def _marks(incident: Incident) -> Iterable[tuple[str, Any]]:
    """The incident's own, then those that are stricter."""
    own = Tlp(incident.tlp)
    yield "", _("As the incident: %(mark)s") % {"mark": own.label}
    for mark in Tlp:
        if strictness(mark) >= strictness(own):
            yield mark.value, mark.label


def _audiences(reader: Reader) -> Iterable[tuple[Any, list[tuple[str, str]]]]:
    kinds = (
        (_("Groups"), "group", choices.groups(reader)),
        (_("Organisations"), "member", choices.members(reader)),
        (_("People of yours (TLP:RED)"), "user", choices.people(reader)),
    )
    for title, kind, options in kinds:
        if options:
            yield title, [(f"{kind}:{one.value}", one.label) for one in options]
