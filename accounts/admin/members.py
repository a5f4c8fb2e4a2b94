"""Organisations: admitting, changing, suspending, and inviting their first administrator."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet, TextChoices
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.deeds import ActingAdmin, Deed, Done
from accounts.forms import EMAIL_LENGTH
from accounts.invitation_mail import send_invitation
from accounts.models import Member, MemberKind, MemberRole, MemberStatus
from accounts.services import invitations, members
from accounts.services.invitations import has_administrator
from hub.audit.services import Actor
from hub.web.admin_cells import badge
from hub.web.admin_rows import Door, Narrowing
from hub.web.admin_site import site

COUNTRY: Final = re.compile(r"[A-Z]{2}")


class WordsField(forms.CharField):
    """Several words in one line, parted by commas or spaces."""

    def __init__(
        self, *, upper: bool = False, pattern: re.Pattern[str] | None = None, **options: Any
    ) -> None:
        super().__init__(required=False, **options)
        self.upper, self.pattern = upper, pattern

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        words = re.split(r"[\s,]+", text.upper() if self.upper else text.lower())
        found = [word for word in dict.fromkeys(words) if word]
        for word in found:
            if self.pattern and not self.pattern.fullmatch(word):
                raise forms.ValidationError(_("%s is not written like this.") % word)
        return found


def _spoken(values: type[TextChoices]) -> list[tuple[str, str]]:
    """Values with their labels as words within a sentence would be written."""
    return [(value, _sentence(label)) for value, label in values.choices]


def _sentence(label: str) -> str:
    return label.capitalize().replace("Ai ", "AI ")


class FactsForm(forms.Form):
    """What the hub knows of an organisation."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=_spoken(MemberKind))
    in_community = forms.BooleanField(
        label=gettext_lazy("Belongs to the community"),
        required=False,
        help_text=gettext_lazy(
            "Signatories and members do, fact-checkers may, all others are observers."
        ),
    )
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Does"),
        choices=_spoken(MemberRole),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    jurisdictions = WordsField(
        label=gettext_lazy("Countries"),
        upper=True,
        pattern=COUNTRY,
        help_text=gettext_lazy("Two letters each, parted by commas."),
    )
    domains = WordsField(label=gettext_lazy("Domains"), help_text=gettext_lazy("Parted by commas."))
    signed_on = forms.DateField(
        label=gettext_lazy("Signed on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class AdmitForm(FactsForm):
    """The same, with the name that stays."""

    slug = forms.CharField(
        label=gettext_lazy("Short name"),
        max_length=64,
        help_text=gettext_lazy(
            "Lower-case letters, digits and hyphens. Incidents name it by this: it stays for good."
        ),
    )
    field_order = ("slug",)


class AdministratorForm(forms.Form):
    """Who shall be an organisation's first administrator."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        max_length=EMAIL_LENGTH,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)


def _admit(_row: None, fields: Mapping[str, Any], by: Actor) -> Done:
    member = members.create_member(**fields, by=by)
    url = reverse("admin:accounts_member_change", args=[member.pk])
    return Done(_("%s is admitted.") % member.name, url)


def _change(row: Member, fields: Mapping[str, Any], by: Actor) -> Done:
    members.change_member(member_id=row.pk, changes=fields, by=by)
    return Done(_("The facts are saved."))


def _facts(row: Member) -> Mapping[str, Any]:
    return {name: getattr(row, name) for name in FactsForm.base_fields}


def _set_status(status: str) -> Any:
    def do(row: Member, fields: Mapping[str, Any], by: Actor) -> Done:
        member = members.change_member_status(member_id=row.pk, status=status, by=by)
        return Done(_("%(name)s is %(status)s.") % {"name": member.name, "status": status})

    return do


def _invite(row: Member, fields: Mapping[str, Any], by: Actor) -> Done:
    issued = invitations.invite_administrator(member_id=row.pk, **fields, by=by)
    sent = send_invitation(issued)
    words = (
        _("%s is invited by mail.") if sent else _("The mail to %s could not be sent: try again.")
    )
    return Done(words % issued.invitation.email)


class FindMember(Narrowing):
    """By the beginning of the short name."""

    slug = forms.CharField(label=gettext_lazy("Short name begins with"), required=False)
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[("", gettext_lazy("All")), *MemberStatus.choices],
        required=False,
    )


@admin.register(Member, site=site)
class MemberAdmin(ActingAdmin[Member]):
    title = gettext_lazy("Members")
    order = "slug"
    list_display = ("name", "slug", "state", "kind_in_words", "community", "created_at")
    facts = (
        *("slug", "state", "kind_in_words", "community", "roles", "jurisdictions", "domains"),
        *("signed_on", "created_at"),
    )
    narrowing = FindMember
    deeds_anew = (
        Deed(
            "admit",
            gettext_lazy("Admit an organisation"),
            gettext_lazy("It is active at once, and the others are told that it has joined."),
            _admit,
            form=AdmitForm,
            initial=lambda _row: {"in_community": True},
        ),
    )
    deeds = (
        Deed(
            "facts",
            gettext_lazy("Change the facts"),
            gettext_lazy(
                "What it may read follows from its kind and its place in the community at once."
            ),
            _change,
            form=FactsForm,
            initial=_facts,
        ),
        Deed(
            "administrator",
            gettext_lazy("Invite its first administrator"),
            gettext_lazy(
                "They get a link by mail, good for a week. This is open as long as the organisation"
                " has no administrator, who invites the others."
            ),
            _invite,
            form=AdministratorForm,
            is_offered=lambda row: row.is_active and not has_administrator(row),
        ),
        Deed(
            "suspend",
            gettext_lazy("Suspend"),
            gettext_lazy(
                "Its people are signed out, its tokens refused and its alerts stopped at once. The"
                " others are told that it has left. It can be restored."
            ),
            _set_status(MemberStatus.SUSPENDED),
            is_offered=lambda row: row.is_active,
            is_dangerous=True,
        ),
        Deed(
            "restore",
            gettext_lazy("Restore"),
            gettext_lazy("It reads and acts again, and the others are told that it has joined."),
            _set_status(MemberStatus.ACTIVE),
            is_offered=lambda row: not row.is_active,
        ),
        Deed(
            "leave",
            gettext_lazy("End its membership"),
            gettext_lazy(
                "As when it is suspended, under another word. What it filed stays for those who"
                " may read it."
            ),
            _set_status(MemberStatus.LEFT),
            is_offered=lambda row: row.status != MemberStatus.LEFT,
            is_dangerous=True,
        ),
    )

    def narrow(self, rows: QuerySet[Member], given: Mapping[str, Any]) -> QuerySet[Member]:
        if "slug" in given:
            rows = rows.filter(slug__startswith=given["slug"].lower())
        if "status" in given:
            rows = rows.filter(status=given["status"])
        return rows

    @admin.display(description=gettext_lazy("status"))
    def state(self, row: Member) -> SafeString:
        return badge(row.status)

    @admin.display(description=gettext_lazy("kind"))
    def kind_in_words(self, row: Member) -> str:
        return _sentence(MemberKind(row.kind).label)

    @admin.display(description=gettext_lazy("community"))
    def community(self, row: Member) -> str:
        return _("Belongs to it") if row.in_community else _("Observer")

    def see_also(self, row: Member) -> list[Door]:
        places = [
            ("users", _("People"), "accounts_user", "member"),
            ("key", _("API tokens"), "accounts_apitoken", "member"),
            ("list-search", _("Incidents"), "incidents_incident", "owner"),
            ("webhook", _("Endpoints"), "alerts_endpoint", "member"),
            ("history", _("Audit log"), "audit_auditentry", "subject"),
        ]
        return [
            Door(picture, words, reverse(f"admin:{place}_changelist", query={name: row.slug}))
            for picture, words, place, name in places
        ]
