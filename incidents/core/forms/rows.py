"""What an incident has several of: targets, references, fingerprints, observations, a row each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from django import forms
from django.forms import BoundField
from django.forms.formsets import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from incidents.core.fingerprints import ALGORITHMS
from incidents.core.forms import choices, fields
from incidents.core.forms.choices import Option
from incidents.core.forms.fields import MomentField, TypedForm
from incidents.core.forms.pasting import algorithm_of

BESIDE: Final = ("variants", "publisher", "quality", "heat", "via")
"""Members of a reference that the form keeps and does not show, or not whole."""

YES_OR_NO: Final = (Option("yes", "Yes"), Option("no", "No"))
FLAGS: Final = {"yes": True, "no": False}


def without_blanks(document: Mapping[str, Any]) -> dict[str, Any]:
    """The members in which something stands."""
    return {name: value for name, value in document.items() if value not in ("", None, [], {})}


class RowForm(TypedForm):
    """One row. Where nothing stands in it, there is none."""

    noun: ClassVar[Any] = ""
    always: ClassVar[tuple[str, ...]] = ()
    """Members that are sent even if nothing stands in them, so that they are asked for."""
    first: ClassVar[tuple[str, ...]] = ()
    """Fields that are seen at once; the others are folded away while nothing stands in them."""

    @property
    def first_fields(self) -> list[BoundField]:
        return [self[name] for name in self.first]

    @property
    def more_fields(self) -> list[BoundField]:
        return [bound for bound in self.visible_fields() if bound.name not in self.first]

    @property
    def has_more(self) -> bool:
        """Whether what is folded away has something in it, or something wrong."""
        return any(bound.errors or bound.name in self.changed_data for bound in self.more_fields)

    def has_changed(self) -> bool:
        """Whether something stands in it; what it keeps without showing it does not count."""
        return any(name != "rest" for name in self.changed_data)

    def document(self) -> dict[str, Any]:
        """The row as the API takes it."""
        data = self.cleaned_data
        return {name: data[name] for name in self.always} | without_blanks(self.members(data))

    def members(self, data: dict[str, Any]) -> dict[str, Any]:
        return data


class TargetRow(RowForm):
    """Whom the deepfake shows or speaks of."""

    noun = _("Target")
    first = ("name", "kind", "country")
    always = ("name",)

    name = fields.line(_("Name"))
    kind = fields.select(_("Kind"), choices.of_vocabulary("target_kind"), empty=_("Choose one"))
    country = fields.country()
    aliases = fields.lines(_("Also known as"), rows=1, help_text=_("One name a line."))
    minor = forms.BooleanField(label=_("Under age"), required=False)
    notified = forms.BooleanField(label=_("Has been told"), required=False)

    def members(self, data: dict[str, Any]) -> dict[str, Any]:
        flags = {name: data[name] or None for name in ("minor", "notified")}
        return data | flags | {"aliases": fields.split_lines(data["aliases"])}


class ReferenceRow(RowForm):
    """An article, post or record that others published about the deepfake."""

    noun = _("Reference")
    first = ("url", "title", "kind")
    always = ("url",)

    url = fields.line(_("Link"), inputmode="url", **{"data-shared": "url"})
    kind = fields.select(_("Kind"), choices.of_vocabulary("reference_kind"))
    title = fields.line(_("Title"))
    publisher_name = fields.line(_("Published by"))
    published_at = fields.line(_("Published on"), placeholder="2026-11-22")
    language = fields.language()
    rest = fields.hidden()

    def members(self, data: dict[str, Any]) -> dict[str, Any]:
        rest = _read_rest(data["rest"], url=data["url"])
        name = data["publisher_name"]
        publisher = {**rest.pop("publisher", {}), "name": name} if name else None
        shown = {key: data[key] for key in ("url", "kind", "title", "published_at", "language")}
        return rest | shown | {"publisher": publisher}


def write_rest(reference: Mapping[str, Any]) -> str:
    """What a row keeps of a reference without showing it; it goes with the address."""
    beside = {name: reference[name] for name in BESIDE if reference.get(name)}
    return json.dumps({**beside, "url": reference["url"]}, ensure_ascii=False) if beside else ""


def _read_rest(text: str, *, url: str) -> dict[str, Any]:
    try:
        rest = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    if not isinstance(rest, dict) or rest.get("url") != url:
        return {}
    kept = {name: rest[name] for name in BESIDE if name in rest}
    return kept if isinstance(kept.get("publisher", {}), dict) else {}


class FingerprintRow(RowForm):
    """What the media looks or sounds like."""

    noun = _("Fingerprint")
    first = ("value", "algorithm", "quality")
    always = ("value",)

    algorithm = fields.select(
        _("Algorithm"),
        [Option(name, name) for name in ALGORITHMS],
        empty=_("By its form"),
    )
    value = fields.line(_("Value"), **{"data-shared": "fingerprint", "spellcheck": "false"})
    quality = forms.IntegerField(
        label=_("Quality"),
        required=False,
        min_value=0,
        max_value=100,
        help_text=_("0 to 100, perceptual ones only."),
    )

    def document(self) -> dict[str, Any]:
        data = self.cleaned_data
        algorithm = data["algorithm"] or algorithm_of(data["value"]) or "sha256"
        quality = {"quality": data["quality"]} if data["quality"] is not None else {}
        return {"algorithm": algorithm, "value": data["value"], **quality}


class ObservationRow(RowForm):
    """Where and when the deepfake was seen."""

    noun = _("Observation")
    first = ("platform", "url", "phone_number", "seen_first")
    always = ("platform",)

    platform = fields.line(_("Platform"), list_id="known-platforms")
    url = fields.line(_("Link to it"), inputmode="url", **{"data-shared": "url"})
    account_handle = fields.line(_("Account"))
    account_verified = fields.select(_("Verified"), choices.of_vocabulary("account_verified"))
    account_automation = fields.select(_("Run by"), choices.of_vocabulary("account_automation"))
    phone_number = fields.line(
        _("Number of the caller"),
        help_text=_("As +16035550100. Only a keyed digest and its last four digits are kept."),
        inputmode="tel",
        **{"data-shared": "phone"},
    )
    phone_spoofed = fields.select(_("Number forged"), YES_OR_NO, empty=_("Not known"))
    phone_carrier = fields.line(_("Carrier"))
    phone_region = fields.line(_("Region"))
    posted_at = fields.InstantField(_("Posted"))
    seen_first = fields.InstantField(_("First seen"))
    seen_last = fields.InstantField(_("Last seen"))
    country = fields.country()
    language = fields.language()
    availability = fields.select(
        _("What became of it there"),
        [
            Option("up", "Online"),
            Option("labelled", "Labelled"),
            Option("restricted", "Restricted"),
            Option("removed", "Removed"),
        ],
    )
    reach_views = forms.IntegerField(label=_("Views"), required=False, min_value=0)
    reach_shares = forms.IntegerField(label=_("Shares"), required=False, min_value=0)
    reach_likes = forms.IntegerField(label=_("Likes"), required=False, min_value=0)
    reach_comments = forms.IntegerField(label=_("Comments"), required=False, min_value=0)
    reach_calls = forms.IntegerField(label=_("Calls"), required=False, min_value=0)
    reach_at = fields.InstantField(_("Counted on"))

    def members(self, data: dict[str, Any]) -> dict[str, Any]:
        flat = {
            name: value.at if isinstance(self.fields[name], MomentField) and value else value
            for name, value in data.items()
        }
        flat["phone_spoofed"] = FLAGS.get(flat["phone_spoofed"])
        members: dict[str, Any] = {}
        for name, value in flat.items():
            whole, _, part = name.partition("_")
            if whole in {"account", "phone", "reach"} and value not in ("", None):
                members.setdefault(whole, {})[part] = value
            elif whole not in {"account", "phone", "reach"}:
                members[name] = value
        return members


if TYPE_CHECKING:
    _Rows = BaseFormSet[RowForm]
else:  # generic in the stubs only
    _Rows = BaseFormSet


class RowSet(_Rows):
    """The rows of one list."""

    add_words: Any = ""


def _rows(form: type[RowForm], at_most: int, add_words: Any) -> type[RowSet]:
    made = formset_factory(form, formset=RowSet, extra=0, max_num=at_most, absolute_max=at_most + 1)
    rows = cast("type[RowSet]", made)  # of the class that it was given
    rows.add_words = add_words
    return rows


ROWS: Final[dict[str, type[RowSet]]] = {
    "targets": _rows(TargetRow, 50, _("Add a target")),
    "references": _rows(ReferenceRow, 100, _("Add a reference")),
    "fingerprints": _rows(FingerprintRow, 200, _("Add a fingerprint")),
    "observations": _rows(ObservationRow, 50, _("Add an observation")),
}
"""By member of an incident; as many as the API takes."""
