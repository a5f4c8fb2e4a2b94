"""The form of a link: shape only, the service decides."""

from __future__ import annotations

from typing import Any, Self

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from incidents.crossrefs.answers import EXPLANATION_LENGTH
from incidents.taxonomy import registry


def link_types() -> list[tuple[str, SafeString]]:
    """Each kind of link, with what it means."""
    vocabulary = registry.vocabulary("crossref_type")
    return [
        (
            value.id,
            format_html(
                '{}<span class="choice-meaning">{}</span>', _(value.label), _(value.description)
            ),
        )
        for value in (vocabulary.values if vocabulary else ())
    ]


class LinkForm(forms.Form):
    """Another incident, what this one is to it, and why."""

    other = forms.CharField(
        label=_("The other incident"),
        max_length=300,
        help_text=_("Its reference, such as DF-7K3Q9MXA, or words to find it by."),
    )
    type = forms.ChoiceField(
        label=_("How this incident relates to the other"),
        choices=link_types,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what the one is to the other.")},
    )
    reverse = forms.BooleanField(
        label=_("The other way round"),
        required=False,
        help_text=_("The other incident relates so to this one."),
    )
    explanation = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=EXPLANATION_LENGTH,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Everybody who reads both incidents reads this."),
    )
    show_organisation = forms.BooleanField(
        label=_("Show that your organisation says so"),
        required=False,
        help_text=_(
            "You read this incident only as a member of a group whose membership is hidden. Unless"
            " you choose this, nobody is told who proposes the link."
        ),
    )

    def __init__(self, *args: Any, hides_organisation: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hides_organisation = hides_organisation
        if not hides_organisation:
            del self.fields["show_organisation"]

    def with_other(self, ref: str) -> Self:
        """The same form as it was filled in, with another incident in it, not judged yet."""
        typed = {name: self.data[name] for name in self.fields if name in self.data}
        return type(self)(
            initial=typed | {"other": ref}, hides_organisation=self.hides_organisation
        )
