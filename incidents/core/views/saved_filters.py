"""Pages of saved filters: questions to the incident list that are asked again."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import refuse
from accounts.paging import page_of
from accounts.readers import Reader
from accounts.refusals import refusal_on_record
from accounts.roles import Right
from accounts.sessions import PageRequest, signed_in
from hub.kit.errors import Absent, InvalidInput
from hub.kit.text import read_name
from hub.web.pages import render_page
from incidents.core.filters import require_askable
from incidents.core.models import SavedFilter
from incidents.core.services import saved_filters as services
from incidents.core.views import navigation
from incidents.core.views.choices import Choices
from incidents.core.views.questions import Question, normalised

FORM = ["GET", "HEAD", "POST"]
NAME_LENGTH = 100


class Shown(NamedTuple):
    """A saved filter as its list shows it."""

    saved: SavedFilter
    address: str
    words: list[Any]
    is_changeable: bool


class SaveForm(forms.Form):
    """What a question is called, and for whom it is kept."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_LENGTH)
    shared = forms.BooleanField(
        label=gettext_lazy("For everybody in my organisation"),
        required=False,
        help_text=gettext_lazy("Otherwise nobody but you sees it."),
    )
    replace = forms.BooleanField(
        label=gettext_lazy("Replace the filter of this name by this one"), required=False
    )

    def __init__(self, *given: Any, reader: Reader, **options: Any) -> None:
        super().__init__(*given, **options)
        if not reader.may(Right.FILE):
            del self.fields["shared"]

    def clean_name(self) -> str:
        try:
            return read_name(self.cleaned_data["name"], longest=NAME_LENGTH)
        except InvalidInput as error:
            raise forms.ValidationError(error.detail) from error

    @property
    def is_shared(self) -> bool:
        return bool(self.cleaned_data.get("shared"))


@require_safe
@signed_in
def saved_filters(request: PageRequest) -> HttpResponse:
    """The reader's own and their organisation's, by name."""
    reader = request.reader
    choices = Choices(reader)
    by_name = SavedFilter.objects.visible_to(reader).annotate(folded=Lower("name"))
    page = page_of(request, by_name, name="filters", ordering="folded")
    context = {
        "shown": [_shown(saved, choices, by=reader) for saved in page.rows],
        "page": page,
    }
    return render_page(request, "incidents/saved_filters/list.html", context)


@require_http_methods(FORM)
@signed_in
def saved_filter_new(request: PageRequest) -> HttpResponse:
    """Keep the question that stands in the address."""
    reader = request.reader
    question = Question.of(normalised(request.GET))
    try:
        require_askable(dict(question.asked), by=reader)
    except InvalidInput:  # the list says what is wrong with it
        return _asked(question)
    form = SaveForm(request.POST or None, reader=reader)
    taken = False
    if request.method == "POST" and form.is_valid():
        try:
            _keep(form, question, by=reader)
        except InvalidInput as error:
            refuse(form, error)
            taken = any(one.code == "name_taken" for one in error.errors)
        else:
            messages.success(request, _("The filter is saved."))
            return _asked(question)
    context = {
        "form": form,
        "taken": taken or bool(request.POST.get("replace")),
        "words": navigation.in_words(question, Choices(reader)),
        "address": question.address,
    }
    return render_page(request, "incidents/saved_filters/new.html", context)


@require_http_methods(FORM)
@signed_in
def saved_filter(request: PageRequest, filter_id: UUID) -> HttpResponse:
    """Call a saved filter something else, or keep it for others."""
    reader = request.reader
    saved = _changeable(reader, filter_id, action="filter.update")
    initial = {"name": saved.name, "shared": saved.user_id is None}
    form = SaveForm(request.POST or None, initial=initial, reader=reader)
    if request.method == "POST" and form.is_valid():
        shared = form.is_shared if "shared" in form.fields else None
        name = form.cleaned_data["name"]
        try:
            with refusal_on_record(reader, "filter.update", str(filter_id)):
                services.update_saved_filter(
                    filter_id=filter_id, name=name, shared=shared, by=reader
                )
        except InvalidInput as error:
            refuse(form, error)
        else:
            messages.success(request, _("The filter is changed."))
            return redirect("saved_filters")
    context = {"form": form, "shown": _shown(saved, Choices(reader), by=reader)}
    return render_page(request, "incidents/saved_filters/change.html", context)


@require_http_methods(FORM)
@signed_in
def saved_filter_delete(request: PageRequest, filter_id: UUID) -> HttpResponse:
    """Ask with GET, delete with POST."""
    reader = request.reader
    saved = _changeable(reader, filter_id, action="filter.delete")
    if request.method != "POST":
        context = {"shown": _shown(saved, Choices(reader), by=reader)}
        return render_page(request, "incidents/saved_filters/delete.html", context)
    with refusal_on_record(reader, "filter.delete", str(filter_id)):
        services.delete_saved_filter(filter_id=filter_id, by=reader)
    messages.success(request, _("The filter “%s” is deleted.") % saved.name)
    return redirect("saved_filters")


def _asked(question: Question) -> HttpResponse:
    """To the list, with the question."""
    query = urlencode(question.asked)
    path = reverse("incident_list")
    return redirect(f"{path}?{query}" if query else path)


def _shown(saved: SavedFilter, choices: Choices, *, by: Reader) -> Shown:
    question = Question.of(saved.query)
    is_own = saved.user_id is not None
    return Shown(
        saved,
        reverse("incident_list") + question.address,
        navigation.in_words(question, choices),
        is_own or by.may(Right.FILE),
    )


def _changeable(reader: Reader, filter_id: UUID, *, action: str) -> SavedFilter:
    """One that the reader sees and may change. Raises Absent, NotAllowed."""
    saved = SavedFilter.objects.visible_to(reader).filter(pk=filter_id).first()
    if saved is None:
        raise Absent
    with refusal_on_record(reader, action, str(filter_id)):
        services.require_change(saved, by=reader)
    return saved


def _keep(form: SaveForm, question: Question, *, by: Reader) -> None:
    """As a new one, or in place of what the same person or organisation calls the same."""
    name, shared, query = form.cleaned_data["name"], form.is_shared, dict(question.asked)
    namesakes = SavedFilter.objects.visible_to(by).filter(name=name)
    same = namesakes.filter(user=None if shared else by.user).first()
    if same is not None and form.cleaned_data["replace"]:
        with refusal_on_record(by, "filter.update", str(same.pk)):
            services.update_saved_filter(filter_id=same.pk, query=query, by=by)
        return
    with refusal_on_record(by, "filter.create"):
        services.create_saved_filter(name=name, query=query, shared=shared, by=by)
