"""People: their roles and access, and where they are signed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.browsers import browser_name
from accounts.deeds import ActingAdmin, Deed, Done
from accounts.forms import RoleForm
from accounts.models import Session, User
from accounts.services import people, sessions
from hub.audit.services import Actor
from hub.web.admin_cells import badge, cell, link, small_table
from hub.web.admin_rows import Door, Narrowing, Panel, example
from hub.web.admin_site import site


def _give_role(row: User, fields: Mapping[str, Any], by: Actor) -> Done:
    people.assign_role(user_id=row.pk, role=fields["role"], by=by)
    return Done(_("The role is changed; it counts at once."))


def _close(row: User, fields: Mapping[str, Any], by: Actor) -> Done:
    people.close_account(user_id=row.pk, by=by)
    return Done(_("%s has no access any more.") % row)


def _reopen(row: User, fields: Mapping[str, Any], by: Actor) -> Done:
    people.reopen_account(user_id=row.pk, by=by)
    return Done(_("%s has access again.") % row)


def _sign_out(row: User, fields: Mapping[str, Any], by: Actor) -> Done:
    ended = sessions.sign_out(user_id=row.pk, by=by)
    words = ngettext(
        "%(number)d browser is signed out.", "%(number)d browsers are signed out.", ended
    )
    return Done(words % {"number": ended})


class FindPerson(Narrowing):
    """By address, whole, or by organisation."""

    email = forms.CharField(label=gettext_lazy("E-mail address"), required=False)
    member = forms.CharField(
        label=gettext_lazy("Organisation"), required=False, **example(gettext_lazy("short name"))
    )
    who = forms.ChoiceField(
        label=gettext_lazy("Who"),
        choices=[
            ("", gettext_lazy("Everybody")),
            ("operators", gettext_lazy("Operators")),
            ("ended", gettext_lazy("Whose access has ended")),
        ],
        required=False,
    )


@admin.register(User, site=site)
class PersonAdmin(ActingAdmin[User]):
    title = gettext_lazy("People")
    order = "email"
    list_display = (
        "email",
        "display_name",
        "organisation",
        "role_in_words",
        "access",
        "last_login",
    )
    facts = (*list_display[1:], "locale", "time_zone", "created_at")
    list_select_related = ("member",)
    narrowing = FindPerson
    deeds = (
        Deed(
            "role",
            gettext_lazy("Change the role"),
            gettext_lazy("It counts from their next request."),
            _give_role,
            form=RoleForm,
            is_offered=lambda row: row.member_id is not None,
            initial=lambda row: {"role": row.role},
        ),
        Deed(
            "sign-out",
            gettext_lazy("Sign out everywhere"),
            gettext_lazy("Their sessions end. They can sign in again."),
            _sign_out,
            is_dangerous=True,
        ),
        Deed(
            "end",
            gettext_lazy("End their access"),
            gettext_lazy(
                "They are signed out everywhere and cannot sign in again. What they wrote stays."
                " It can be given back."
            ),
            _close,
            is_offered=lambda row: row.is_active,
            is_dangerous=True,
        ),
        Deed(
            "restore",
            gettext_lazy("Give access back"),
            gettext_lazy("They come back with the role and the password they had."),
            _reopen,
            is_offered=lambda row: not row.is_active,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).select_related("member").defer("password")

    def narrow(self, rows: QuerySet[User], given: Mapping[str, Any]) -> QuerySet[User]:
        if "email" in given:
            rows = rows.filter(pk__in=site.directory.ids(given["email"]))
        if "member" in given:
            rows = rows.filter(member__slug=given["member"])
        if given.get("who") == "operators":
            rows = rows.filter(is_staff=True, member=None)
        elif given.get("who") == "ended":
            rows = rows.filter(is_active=False)
        return rows

    def panels(self, request: HttpRequest, row: User) -> list[Panel]:
        return [Panel(_("Where they are signed in"), _sessions_of(row))]

    def see_also(self, row: User) -> list[Door]:
        log = reverse("admin:audit_auditentry_changelist", query={"actor": row.email})
        return [Door("history", _("What they did"), log)]

    @admin.display(description=gettext_lazy("name"))
    def display_name(self, row: User) -> str:
        return row.name

    @admin.display(description=gettext_lazy("organisation"))
    def organisation(self, row: User) -> SafeString | str:
        if row.member is None:
            return _("none: operates the hub") if row.is_staff else ""
        return link(reverse("admin:accounts_member_change", args=[row.member.pk]), row.member.slug)

    @admin.display(description=gettext_lazy("role"))
    def role_in_words(self, row: User) -> str:
        return row.role.capitalize() if row.member_id else _("Operator")

    @admin.display(description=gettext_lazy("access"))
    def access(self, row: User) -> SafeString:
        return badge("active") if row.is_active else badge("left", _("Ended"))


def _sessions_of(user: User) -> SafeString:
    rows = [
        (
            cell(browser_name(session.browser)),
            cell(session.address),
            cell(session.signed_in_at),
            cell(session.last_seen_at),
            end_door(session),
        )
        for session in Session.objects.visible_to(user)
    ]
    labels = [_("Browser"), _("Address"), _("Signed in"), _("Last seen")]
    return small_table(_("Where they are signed in"), labels, rows, door=_("End"))


def end_door(session: Session) -> SafeString:
    """The button to where a session is ended."""
    return format_html(
        '<a class="btn btn-sm" href="{}">{}<span class="visually-hidden">: {}</span></a>',
        end_url(session),
        _("End"),
        browser_name(session.browser),
    )


def end_url(session: Session) -> str:
    """Where a session is ended, named by what is of no use to whoever reads it."""
    return reverse("admin:accounts_session_end_row", args=[f"{session.user_id}.{session.handle}"])
