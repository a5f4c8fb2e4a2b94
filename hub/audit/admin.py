"""The audit log, for operators to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.audit.models import AuditEntry, Decision
from hub.web.admin_cells import badge, code, few
from hub.web.admin_rows import Narrowing, RowAdmin, example
from hub.web.admin_site import site

MOST_NAMED: Final = 3
"""Subjects of an entry that the list names; merging tags has hundreds."""


class FindEntry(Narrowing):
    """By what was done, who did it, and to what; each is compared whole."""

    action = forms.CharField(
        label=gettext_lazy("Action"), required=False, max_length=64, **example("incident.open")
    )
    actor = forms.CharField(
        label=gettext_lazy("Who"),
        required=False,
        max_length=254,
        **example(gettext_lazy("address or short name")),
    )
    subject = forms.CharField(
        label=gettext_lazy("Subject"),
        required=False,
        max_length=100,
        **example(gettext_lazy("ref, short name or id")),
    )
    decision = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[("", gettext_lazy("Both")), *Decision.choices],
        required=False,
    )


@admin.register(AuditEntry, site=site)
class AuditEntryAdmin(RowAdmin[AuditEntry]):
    title = gettext_lazy("Audit log")
    list_display = ("moment", "action", "who", "first_objects", "verdict")
    facts = (
        *("at", "action", "verdict", "who", "organisation", "objects"),
        *("request", "detail"),
    )
    narrowing = FindEntry
    exact = frozenset({"action"})
    explanation = gettext_lazy(
        "Changes, sign-ins, refusals, and reads of amber and above; newest first. Nothing changes"
        " or deletes an entry."
    )

    def narrow(self, rows: QuerySet[AuditEntry], given: Mapping[str, Any]) -> QuerySet[AuditEntry]:
        if "action" in given:
            rows = rows.filter(action=given["action"].strip())
        if "actor" in given:
            rows = rows.filter(_done_by(given["actor"].strip()))
        if "subject" in given:
            rows = rows.filter(objects_named__contains=[given["subject"].strip()])
        if "decision" in given:
            rows = rows.filter(decision=given["decision"])
        return rows

    def prepare(self, rows: Sequence[AuditEntry]) -> None:
        ids = {one for row in rows for one in (row.member_id, row.user_id) if one}
        names = site.directory.names(ids)
        for row in rows:
            vars(row)["names"] = names

    @admin.display(description=gettext_lazy("when"))
    def moment(self, row: AuditEntry) -> Any:
        return row.at

    @admin.display(description=gettext_lazy("who"))
    def who(self, row: AuditEntry) -> SafeString | str:
        if row.token_id:
            return format_html(
                "<bdi>{}</bdi>, {}", _called(row, row.member_id), code(f"dfh_{row.token_id}")
            )
        if row.user_id or row.member_id:
            return _called(row, row.user_id or row.member_id)
        return _("the hub, or its operator at a shell")

    @admin.display(description=gettext_lazy("organisation"))
    def organisation(self, row: AuditEntry) -> str:
        return _called(row, row.member_id)

    @admin.display(description=gettext_lazy("subject"))
    def objects(self, row: AuditEntry) -> list[str]:
        return row.objects_named

    @admin.display(description=gettext_lazy("subject"))
    def first_objects(self, row: AuditEntry) -> SafeString:
        return few(row.objects_named, MOST_NAMED)

    @admin.display(description=gettext_lazy("decision"))
    def verdict(self, row: AuditEntry) -> SafeString:
        if row.decision == Decision.DENIED:
            return badge("dead", _("Denied"))
        return badge("closed", _("Allowed"))

    @admin.display(description=gettext_lazy("request"))
    def request(self, row: AuditEntry) -> SafeString | str:
        return code(row.request_id) if row.request_id else ""


def _called(row: AuditEntry, key: UUID | None) -> str:
    """By name; who is not there any more, by id."""
    names: Mapping[UUID, str] = vars(row).get("names", {})
    return names.get(key, str(key)) if key else ""


def _done_by(text: str) -> Q:
    ids = site.directory.ids(text)
    if not ids:
        return Q(token_id=text.removeprefix("dfh_")[:8])
    return Q(user_id__in=ids) | Q(member_id__in=ids)
