"""Every component on one page, for those who build pages with them; never in production."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from hub.web import words
from hub.web.pages import render_page

HOSTILE: Final = "<script>alert(1)</script> \u202etxt.exe " + "long" * 30
READER: Final = {
    "member": {"name": "Northwind Media"},
    "user": {"name": "Mara Lindqvist", "email": "mara@northwind.example"},
    "rights": {"read", "administer"},
}
BEGAN: Final = timezone.now()
ROWS: Final = [
    {
        "ref": "DF-7K3Q9MXA",
        "title": "Cloned voice of a candidate asks voters to stay at home",
        "tlp": "amber+strict",
        "severity": "critical",
        "status": "published",
        "owner": "Northwind Media",
        "at": BEGAN - timedelta(hours=1),
    },
    {
        "ref": "DF-2M8RT0WD",
        "title": "Face swap of a news anchor announces a bank's collapse",
        "tlp": "green",
        "severity": "high",
        "status": "published",
        "owner": "Łódź Fact Check",
        "at": BEGAN - timedelta(hours=9),
    },
    {
        "ref": "DF-9XA4C1HB",
        "title": "Generated picture of a flooded polling station",
        "tlp": "clear",
        "severity": "low",
        "status": "withdrawn",
        "owner": "acme",
        "at": BEGAN - timedelta(hours=52),
    },
]


class Sample(forms.Form):
    """One field of each kind."""

    title = forms.CharField(label=_("Title"), help_text=_("What happened, in one line."))
    url = forms.URLField(label=_("Link"), required=False, assume_scheme="https")
    mark = forms.ChoiceField(
        label=_("Mark"), choices=[("green", "TLP:GREEN"), ("amber", "TLP:AMBER")]
    )
    summary = forms.CharField(label=_("Summary"), widget=forms.Textarea({"rows": 3}))
    tell = forms.BooleanField(
        label=_("Tell me about changes"), required=False, help_text=_("By e-mail, once a day.")
    )
    kinds = forms.MultipleChoiceField(
        label=_("Media"),
        choices=[("video", _("Video")), ("audio", _("Audio")), ("image", _("Image"))],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("All that apply."),
    )
    urgency = forms.ChoiceField(
        label=_("Urgency"),
        choices=[("routine", _("Routine")), ("now", _("Now"))],
        widget=forms.RadioSelect,
    )


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    """The page; it asks nothing of the database."""
    now = timezone.now()
    if "toast" in request.GET:
        messages.success(request, _("The incident was published."))
        messages.error(request, _("The endpoint did not answer."))
    return render_page(
        request,
        "web/design.html",
        {
            "reader": READER,
            "tlp_values": list(words.TLP_MEANINGS),
            "pap_values": list(words.PAP_MEANINGS),
            "severities": list(words.SEVERITIES),
            "states": list(words.STATUSES),
            "members": ["Northwind Media", "Łódź Fact Check", "acme", HOSTILE],
            "moments": [now, now - timedelta(hours=5), now + timedelta(days=3), None],
            "empty_form": Sample(auto_id="empty_%s"),
            "wrong_form": Sample({"url": "no link"}, auto_id="wrong_%s"),
            "hostile": HOSTILE,
            "rows": ROWS,
        },
        fragment="web/_design_rows.html",
    )
