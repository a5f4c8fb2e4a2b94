"""The whole form of an incident: its fields and rows together, checked as the API checks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from django.forms import BoundField
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from accounts.readers import Reader
from hub.api.problems import field_errors
from hub.api.serializers import validated
from hub.kit.errors import FieldError, HubError, InvalidInput
from incidents.core.forms import typed as typing
from incidents.core.forms.fields import Picker
from incidents.core.forms.incident import IncidentForm
from incidents.core.forms.merging import TOGETHER
from incidents.core.forms.rows import ROWS, RowForm, RowSet
from incidents.core.inputs import IncidentChanges, IncidentInput
from incidents.core.models import Incident
from incidents.core.unsaved import Typed


class Wrong(NamedTuple):
    """One thing that is wrong, for the list above the form."""

    label: str
    target: str
    """Id of what it is about; empty for the form as a whole."""
    words: str


class IncidentForms:
    """What somebody typed about an incident, ready to be shown again, checked and saved."""

    def __init__(
        self, typed: Typed, *, reader: Reader, incident: Incident | None, checked: bool = False
    ) -> None:
        self.typed = typed
        self.reader = reader
        self.incident = incident
        data = typing.data_of(typed)
        self.main = IncidentForm(data, reader=reader, incident=incident, checked=checked)
        # Observations of an incident that exists have a page of their own.
        names = [name for name in ROWS if incident is None or name != "observations"]
        self.rows: dict[str, RowSet] = {
            name: ROWS[name](data, prefix=name, form_kwargs={"checked": checked}) for name in names
        }

    @cached_property
    def document(self) -> dict[str, Any]:
        """What is typed, as the API takes it."""
        document = self.main.document()
        for name in self.rows:
            document[name] = [row.document() for row in self.filled(name)]
        return document

    def filled(self, name: str) -> list[RowForm]:
        """The rows in which something stands; their places are those of the document."""
        return [row for row in self.rows[name].forms if row.has_changed()]

    def checked_document(self, *, only: Iterable[str] | None = None) -> dict[str, Any]:
        """The document, or some of its members, in the shapes that services take.

        Raises InvalidInput with every error found.
        """
        is_readable = [self.main.is_valid(), *(rows.is_valid() for rows in self.rows.values())]
        sent = {
            name: value for name, value in self.document.items() if only is None or name in only
        }
        shape = IncidentInput if self.incident is None else IncidentChanges
        try:
            checked: dict[str, Any] = validated(shape, sent, partial=self.incident is not None)
        except ValidationError as error:
            raise InvalidInput(errors=list(field_errors(error.detail))) from error
        if not all(is_readable):
            raise InvalidInput(errors=SAID_ALREADY)
        return checked

    # What is wrong -------------------------------------------------------------------------------

    def refuse(self, error: HubError) -> None:
        """Say what is wrong at the fields and rows that it is about."""
        wrong = error.errors if isinstance(error, InvalidInput) else ()
        for one in wrong or [FieldError(error.pointer or "", error.code, error.detail)]:
            if one.detail:
                self._refuse_one(one)

    def _refuse_one(self, one: FieldError) -> None:
        tokens = one.pointer.strip("/").split("/")
        words = _("This is needed.") if one.code == "required" else one.detail
        if tokens[0] in self.rows and len(tokens) > 1 and tokens[1].isdigit():
            row = self.filled(tokens[0])[int(tokens[1])]
            name = "_".join(part for part in tokens[2:] if not part.isdigit())
            row.add_error(name if name in row.fields else None, words)
            return
        name = self._field_of(tokens)
        self.main.add_error(name if name in self.main.fields else None, words)

    def _field_of(self, tokens: list[str]) -> str:
        """The field from which a member of the document came."""
        place = int(tokens[1]) if len(tokens) > 1 and tokens[1].isdigit() else None
        if tokens[0] == "audiences":
            named = self.main.named
            return named[place][0] if place is not None else "audience_members"
        chosen = len(self.main.cleaned_data.get(tokens[0], ()))
        typed_by_hand = {"tags": "new_tags", "languages": "other_languages"}
        if place is not None and tokens[0] in typed_by_hand and place >= chosen:
            return typed_by_hand[tokens[0]]
        return "_".join(part for part in tokens if not part.isdigit())

    @property
    def wrong(self) -> list[Wrong]:
        """All that is wrong, in the order of the page."""
        found = [Wrong("", "", str(words)) for words in self.main.non_field_errors()]
        found += list(_errors_of(self.main.visible_fields()))
        for name, rows in self.rows.items():
            for number, row in enumerate(rows.forms, start=1):
                label = f"{row.noun} {number}"
                found += [
                    Wrong(label, f"{name}-{number}", str(words)) for words in row.non_field_errors()
                ]
                found += list(_errors_of(row.visible_fields(), before=f"{label}, "))
        return found

    # For the template: which folded parts have something in them, or something wrong --------------

    @property
    def has_about(self) -> bool:
        return self._stands("manipulation", "goals", "harms", "narrative", "script")

    @property
    def has_observations(self) -> bool:
        return self._has_rows("observations")

    @property
    def has_fingerprints(self) -> bool:
        return self._has_rows("fingerprints")

    @property
    def has_places(self) -> bool:
        listed = ("countries", "languages", "other_languages", "elections")
        return self._stands(*listed, *TOGETHER["created"], *TOGETHER["distributed"])

    @property
    def has_tags(self) -> bool:
        return self._stands("tags", "new_tags")

    @property
    def has_handling(self) -> bool:
        return any(self.main[name].errors for name in ("urgency", "stage", "pap"))

    def _has_rows(self, name: str) -> bool:
        return name in self.rows and self.rows[name].total_form_count() > 0

    def _stands(self, *names: str) -> bool:
        return any(self.main[name].value() or self.main[name].errors for name in names)


SAID_ALREADY: Final = [FieldError("", "", "")]
"""The forms have said at their fields what cannot be read."""


def _errors_of(bounds: Iterable[BoundField], *, before: str = "") -> Iterable[Wrong]:
    for bound in bounds:
        if bound.errors:
            is_group = isinstance(bound.field, Picker)
            target = bound.auto_id if is_group else bound.id_for_label
            label = str(bound.label)
            yield Wrong(before + (label.lower() if before else label), target, str(bound.errors[0]))
