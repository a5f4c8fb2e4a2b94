"""The form of an incident: its fields, its rows, and the document that they make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from accounts.readers import Reader
from incidents.core.forms import choices, fields
from incidents.core.forms.choices import Option
from incidents.core.forms.fields import MomentField, Picker, TypedForm
from incidents.core.forms.moments import Moment
from incidents.core.models import Incident
from incidents.sharing.marks import Tlp
from incidents.taxonomy.machinetags import FREE

PLATFORM_LIST: Final = "known-platforms"


class IncidentForm(TypedForm):
    """All of an incident but its rows."""

    title = fields.line(_("Title"), help_text=_("What happened, in one line."), maxlength="300")
    media_kinds = Picker(_("What kind of media"), choices.of_vocabulary("media_kinds"))
    severity = Picker(_("Severity"), choices.of_vocabulary("severity"), one=True)
    summary = fields.lines(
        _("Summary"), rows=5, help_text=_("What is known, for somebody who reads only this.")
    )
    tlp = Picker(_("Who may see it"), choices.of_vocabulary("tlp"), one=True)
    audience_members = Picker(_("Organisations"))
    audience_groups = Picker(_("Sharing groups"))
    audience_people = Picker(_("People of your organisation"))
    audience_others = fields.lines(
        _("People of other organisations"), rows=2, help_text=_("Their ids, one a line.")
    )
    pap = Picker(_("What may be done with it"), choices.of_vocabulary("pap"), one=True)
    urgency = Picker(_("Urgency"), choices.of_vocabulary("urgency"), one=True)
    stage = Picker(_("Stage"), choices.of_vocabulary("stage"), one=True)
    manipulation = Picker(_("How it was made"), choices.of_vocabulary("manipulation"))
    goals = Picker(_("What it is for"), choices.of_vocabulary("goals"))
    harms = Picker(_("What harm it does"), choices.of_vocabulary("harms"))
    narrative = fields.lines(_("Narrative"), help_text=_("The story it is to make people believe."))
    script = fields.lines(
        _("Script"), rows=5, help_text=_("What is said or written in it, word for word.")
    )
    countries = Picker(_("Countries"), choices.countries)
    languages = Picker(_("Languages"), choices.languages)
    other_languages = fields.line(
        _("Other languages"), help_text=_("BCP 47 codes between commas, such as yue, gsw-CH.")
    )
    elections = Picker(_("Elections"))
    tags = Picker(_("Tags"))
    new_tags = fields.lines(
        _("Other tags"),
        rows=2,
        help_text=_("One a line: words of your own, or a machine tag such as likelihood:likely."),
    )
    created_at = MomentField(_("Made"))
    created_precision = fields.select(
        _("How exactly this is known"),
        choices.of_vocabulary("precision"),
        empty=_("As it is written"),
    )
    created_country = fields.country(_("Made in"))
    created_tool = fields.line(_("Made with"))
    distributed_at = MomentField(_("First distributed"))
    distributed_precision = fields.select(
        _("How exactly this is known"),
        choices.of_vocabulary("precision"),
        empty=_("As it is written"),
    )
    distributed_country = fields.country(_("Distributed in"))
    distributed_platform = fields.line(_("Distributed on"), list_id=PLATFORM_LIST)

    def __init__(
        self, *args: Any, reader: Reader, incident: Incident | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        named = choices.named_by(incident)
        self._offer("elections", choices.elections(reader))
        self._offer("audience_members", choices.members(reader, named.members))
        self._offer("audience_groups", choices.groups(reader, named.groups))
        self._offer("audience_people", choices.people(reader, named.people))
        self._offer("tags", choices.recent_tags(reader))
        for name, field in self.fields.items():
            if isinstance(field, Picker):
                self._offer(name, _with_kept(name, field.options, self._chosen(name)))

    def _offer(self, name: str, options: Iterable[Option]) -> None:
        picker = self.fields[name]
        if isinstance(picker, Picker):
            picker.options = tuple(options)

    def _chosen(self, name: str) -> list[str]:
        value = self[name].value()
        return list(value) if isinstance(value, list) else [value] if value else []

    # The document -------------------------------------------------------------------------------

    def document(self) -> dict[str, Any]:
        """The fields as the API takes them, rows apart; null for what nothing stands in."""
        data = self.cleaned_data
        several = ("media_kinds", "manipulation", "goals", "harms", "countries", "elections")
        texts = ("summary", "narrative", "script")
        single = ("severity", "urgency", "stage")
        document = {
            "title": data["title"],
            **{name: data[name] for name in several},
            **{name: data[name] or None for name in texts},
            **{name: _only(data[name]) for name in single},
            "languages": [*data["languages"], *self.languages_by_code],
            "tags": [*data["tags"], *self.tags_by_hand],
            "audiences": [written for _, written in self.named],
            "created": self._moment("created", "tool"),
            "distributed": self._moment("distributed", "platform"),
        }
        for name in ("tlp", "pap"):
            if chosen := _only(data[name]):
                document[name] = chosen
        return document

    @property
    def languages_by_code(self) -> list[str]:
        """Languages typed as codes."""
        typed = fields.split_codes(self.cleaned_data["other_languages"])
        given = [choices.language_code(code) for code in typed]
        return [code for code in given if code not in self.cleaned_data["languages"]]

    @property
    def tags_by_hand(self) -> list[str]:
        """Tags typed by hand; words of one's own become free tags."""
        given = fields.split_lines(self.cleaned_data["new_tags"])
        tags = [one if ":" in one or '"' in one else f'{FREE}:"{one}"' for one in given]
        return [tag for tag in tags if tag not in self.cleaned_data["tags"]]

    @property
    def named(self) -> list[tuple[str, dict[str, str]]]:
        """Whom it is for, in the order of the document, each with the field that names them.

        A red incident is for persons, any other for organisations and groups; what stands in the
        fields that its mark does not ask for is left out, as the page shows.
        """
        data = self.cleaned_data
        people = ("audience_people", "user", data["audience_people"])
        others = ("audience_others", "user", fields.split_lines(data["audience_others"]))
        members = ("audience_members", "member", data["audience_members"])
        groups = ("audience_groups", "group", data["audience_groups"])
        asked = (people, others) if _only(data["tlp"]) == Tlp.RED else (members, groups)
        return [(name, {kind: key}) for name, kind, keys in asked for key in keys]

    def _moment(self, name: str, other: str) -> dict[str, Any] | None:
        """Null where nothing is known; members merge, so those in which nothing stands are null."""
        data = self.cleaned_data
        moment: Moment | None = data[f"{name}_at"]
        known = {
            "at": moment.at if moment else None,
            "precision": data[f"{name}_precision"] or (moment.precision if moment else None),
            "country": data[f"{name}_country"] or None,
            other: data[f"{name}_{other}"] or None,
        }
        return known if any(known.values()) else None


def _only(values: Sequence[str]) -> str | None:
    return values[0] if values else None


def _with_kept(name: str, options: Sequence[Option], chosen: Sequence[str]) -> list[Option]:
    """The options, and before them what is chosen and not among them; of long lists, all chosen."""
    known = {option.value: option for option in options}
    is_long = len(options) > LONG
    first = [
        known.get(value) or _unknown(name, value)
        for value in chosen
        if is_long or value not in known
    ]
    return [*first, *(option for option in options if option not in first)]


LONG: Final = 20
"""More options than can be looked over at once."""


def _unknown(name: str, value: str) -> Option:
    return choices.tag_option(value) if name == "tags" else Option(value, value)
