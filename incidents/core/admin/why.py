"""Why somebody can, or cannot, see an incident: the rule that decides, in words."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.forms import EMAIL_LENGTH, refuse
from accounts.operators import acting
from hub.kit.errors import InvalidInput
from hub.kit.ids import REF_PATTERN
from hub.web.admin_site import site
from hub.web.pages import render_page
from incidents.core.asking import Question, answer, find_question
from incidents.core.services.opening import record_question


class WhyForm(forms.Form):
    """Which incident, and who asks."""

    ref = forms.RegexField(
        rf"(?i)^{REF_PATTERN}\Z",
        label=_("Incident"),
        widget=forms.TextInput({"placeholder": "DF-7K3Q9MXA"}),
        error_messages={"invalid": _("A ref looks like DF-7K3Q9MXA.")},
    )
    member = forms.CharField(
        label=_("Organisation"),
        required=False,
        max_length=64,
        widget=forms.TextInput({"placeholder": _("short name")}),
    )
    email = forms.EmailField(
        label=_("Person"),
        required=False,
        max_length=EMAIL_LENGTH,
        widget=forms.EmailInput({"placeholder": _("e-mail address"), "autocomplete": "off"}),
    )
    observation = forms.UUIDField(
        label=_("Observation"),
        required=False,
        widget=forms.TextInput({"placeholder": _("its id, if it is about one")}),
    )

    def clean_ref(self) -> str:
        ref: str = self.cleaned_data["ref"]
        return ref.upper()


@require_safe
def why(request: HttpRequest) -> HttpResponse:
    """The question as a form, and the answer beside it. What was asked is kept on record."""
    asks = bool(request.GET.keys() - {"ref", "observation"})
    form = WhyForm(request.GET if asks else None, initial=request.GET.dict())
    context: dict[str, object] = {"form": form}
    if asks and form.is_valid():
        try:
            question = find_question(**form.cleaned_data)
        except InvalidInput as error:
            refuse(form, error)
        else:
            context |= _answered(request, question)
    return render_page(request, "admin/why.html", context)


def _answered(request: HttpRequest, question: Question) -> dict[str, object]:
    user = question.reader.user
    record_question(
        ref=question.incident.ref,
        member=question.reader.member.slug,
        user_id=user.pk if user else None,
        by=acting(request),
    )
    return {"question": question, "answer": answer(question)}


site.add_page("why/", name="why", view=why)
