"""Sessions: who is signed in where, without what they are signed in with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.people import end_door
from accounts.browsers import browser_name
from accounts.deeds import ActingAdmin, Deed, Done
from accounts.models import Session
from accounts.services import sessions
from hub.audit.services import Actor
from hub.kit import clock
from hub.kit.errors import Absent
from hub.web.admin_cells import link
from hub.web.admin_rows import Narrowing
from hub.web.admin_site import site


def _end(row: Session, fields: Mapping[str, Any], by: Actor) -> Done:
    if row.user_id is None:
        raise Absent
    sessions.sign_out(user_id=row.user_id, handle=row.handle, by=by)
    return Done(_("That browser is signed out."))


class FindSession(Narrowing):
    """By whose it is."""

    email = forms.CharField(label=gettext_lazy("E-mail address"), required=False)


@admin.register(Session, site=site)
class SessionAdmin(ActingAdmin[Session]):
    """The key of a session is the credential itself: it stands in no address and on no page."""

    title = gettext_lazy("Sessions")
    order = "-last_seen_at"
    has_page = False
    list_display = ("person", "browser_in_words", "address", "signed_in_at", "last_seen_at", "end")
    quiet = frozenset({"end"})
    narrowing = FindSession
    deeds = (
        Deed(
            "end",
            gettext_lazy("End the session"),
            gettext_lazy("The person is signed out of this browser, and can sign in again."),
            _end,
            is_dangerous=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        rows: QuerySet[Session] = super().get_queryset(request)
        signed_in = rows.filter(user__isnull=False, expire_date__gt=clock.now())
        return signed_in.select_related("user").defer("session_data", "user__password")

    def narrow(self, rows: QuerySet[Session], given: Mapping[str, Any]) -> QuerySet[Session]:
        return rows.filter(user__in=site.directory.ids(given["email"]))

    def key(self, row: Session) -> str:
        return f"{row.user_id}.{row.handle}"

    def find(self, request: HttpRequest, object_id: str) -> Session:
        person, _dot, handle = object_id.partition(".")
        try:
            theirs = list(self.get_queryset(request).filter(user=UUID(person)))
        except ValueError as error:
            raise Absent from error
        found = next((one for one in theirs if one.handle == handle), None)
        if found is None:
            raise Absent
        return found

    def called(self, row: Session) -> str:
        return str(row.user)

    @admin.display(description=gettext_lazy("person"))
    def person(self, row: Session) -> SafeString:
        return link(reverse("admin:accounts_user_change", args=[row.user_id]), row.user)

    @admin.display(description=gettext_lazy("browser"))
    def browser_in_words(self, row: Session) -> str:
        return browser_name(row.browser)

    @admin.display(description=gettext_lazy("end"))
    def end(self, row: Session) -> SafeString:
        return end_door(row)
