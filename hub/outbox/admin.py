"""Events, and what is still to be done about them, for operators to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.kit.ids import event_id, parse_event_id
from hub.outbox.lag import Waiting, lag
from hub.outbox.models import Chore, Event
from hub.web.admin_cells import age, badge, link, mark
from hub.web.admin_rows import Door, Narrowing, RowAdmin, example
from hub.web.admin_site import MOST_COUNTED, Figure, Figures, counted, site

SOON: Final = timedelta(seconds=30)
"""What should be done within a second or two and is not after this long, is stuck."""
LATER: Final = timedelta(minutes=10)


class FindEvent(Narrowing):
    """By id, whole, by topic, or by what still waits."""

    id = forms.CharField(
        label=gettext_lazy("Event or stream"), required=False, **example(gettext_lazy("id"))
    )
    topic = forms.ChoiceField(
        label=gettext_lazy("Topic"),
        choices=[("", gettext_lazy("All")), *((one, one) for one in settings.HUB_EVENTS)],
        required=False,
    )
    waits = forms.ChoiceField(
        label=gettext_lazy("Which"),
        choices=[
            ("", gettext_lazy("All")),
            ("fan-out", gettext_lazy("Waiting for their fan-out")),
            ("place", gettext_lazy("Without a place in the feed")),
        ],
        required=False,
    )

    def clean_id(self) -> UUID | None:
        text = self.cleaned_data["id"].strip()
        if not text:
            return None
        try:
            return parse_event_id(text) or UUID(text)
        except ValueError as error:
            raise forms.ValidationError(_("This is no id: evt_… or a UUID.")) from error


@admin.register(Event, site=site)
class EventAdmin(RowAdmin[Event]):
    title = gettext_lazy("Events")
    list_display = ("public", "topic", "tlp", "recorded_at", "fan_out", "recipients", "place")
    facts = (
        *("topic", "tlp", "subject_id", "stream_id", "version", "actor", "directed"),
        *("recorded_at", "position", "fanned_out_at", "recipients"),
    )
    numbers = frozenset({"recipients", "place"})
    narrowing = FindEvent
    exact = frozenset({"id", "waits"})
    explanation = gettext_lazy(
        "What members must learn of. An event is turned into deliveries (its fan-out) and gets a"
        " place in the pull feed, both by the relay."
    )

    def narrow(self, rows: QuerySet[Event], given: Mapping[str, Any]) -> QuerySet[Event]:
        if "id" in given:
            rows = rows.filter(Q(pk=given["id"]) | Q(stream_id=given["id"]))
        if "topic" in given:
            rows = rows.filter(topic=given["topic"])
        if given.get("waits") == "fan-out":
            rows = rows.filter(fanned_out_at=None)
        elif given.get("waits") == "place":
            rows = rows.filter(position=None)
        return rows

    def prepare(self, rows: Sequence[Event]) -> None:
        names = site.directory.names(row.actor_id for row in rows if row.actor_id)
        for row in rows:
            vars(row)["actor_name"] = names.get(row.actor_id or row.pk, "")

    @admin.display(description=gettext_lazy("id"))
    def public(self, row: Event) -> SafeString:
        return format_html('<span class="admin-id">{}</span>', row.public_id)

    @admin.display(description=gettext_lazy("mark"))
    def tlp(self, row: Event) -> SafeString:
        return mark(row.mark)

    @admin.display(description=gettext_lazy("fan-out"))
    def fan_out(self, row: Event) -> SafeString:
        return badge("ok", _("Done")) if row.fanned_out_at else badge("pending")

    @admin.display(description=gettext_lazy("place in feed"))
    def place(self, row: Event) -> SafeString | str:
        return badge("pending") if row.position is None else str(row.position)

    @admin.display(description=gettext_lazy("done by"))
    def actor(self, row: Event) -> str:
        return vars(row).get("actor_name", "") or str(row.actor_id or "")

    @admin.display(description=gettext_lazy("for"))
    def directed(self, row: Event) -> str:
        return _("the organisations it names") if row.is_directed else _("whoever may read it")

    def see_also(self, row: Event) -> list[Door]:
        sent = reverse("admin:alerts_delivery_changelist", query={"event": row.public_id})
        stream = reverse("admin:outbox_event_changelist", query={"id": str(row.stream_id)})
        return [
            Door("send", _("Its deliveries"), sent),
            Door("bell", _("Events of the same stream"), stream),
        ]


@admin.register(Chore, site=site)
class ChoreAdmin(RowAdmin[Chore]):
    title = gettext_lazy("Background work")
    order = "id"
    has_page = False
    list_display = ("consumer", "event_link", "topic", "since")
    explanation = gettext_lazy(
        "What events ask for besides their fan-out, oldest first. Each is gone once it is done."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Chore]:
        rows: QuerySet[Chore] = super().get_queryset(request)
        return rows.select_related("event").defer("note")

    @admin.display(description=gettext_lazy("event"))
    def event_link(self, row: Chore) -> SafeString:
        shown = format_html('<span class="admin-id">{}</span>', event_id(row.event_id))
        return link(reverse("admin:outbox_event_change", args=[row.event_id]), shown)

    @admin.display(description=gettext_lazy("topic"))
    def topic(self, row: Chore) -> str:
        return row.event.topic

    @admin.display(description=gettext_lazy("waits since"))
    def since(self, row: Chore) -> Any:
        return row.event.recorded_at


def figures() -> Figures:
    """How far behind the relay is."""
    found = lag(most=MOST_COUNTED)
    return Figures(
        gettext_lazy("Events"),
        [*_fan_outs(found.fan_outs), *_places(found.places), *_chores(found.chores)],
    )


def _fan_outs(waiting: Waiting) -> list[Figure]:
    is_prompt = _is_within(waiting, SOON)
    return [
        Figure(
            gettext_lazy("Waiting for their fan-out"),
            counted(waiting.number),
            is_prompt,
            gettext_lazy("0, or a few for a second. More: no relay runs, or the database is slow."),
            reverse("admin:outbox_event_changelist", query={"waits": "fan-out"}),
        ),
        Figure(
            gettext_lazy("Oldest that waits for it"),
            _age(waiting),
            is_prompt,
            gettext_lazy("Below 5 seconds; nobody is alerted of an event before its fan-out."),
        ),
    ]


def _places(waiting: Waiting) -> list[Figure]:
    is_prompt = _is_within(waiting, SOON)
    return [
        Figure(
            gettext_lazy("Without a place in the feed"),
            counted(waiting.number),
            is_prompt,
            gettext_lazy(
                "0, or a few for a second. More, while fan-outs are done: some transaction is held"
                " open."
            ),
            reverse("admin:outbox_event_changelist", query={"waits": "place"}),
        ),
        Figure(
            gettext_lazy("Oldest without one"),
            _age(waiting),
            is_prompt,
            gettext_lazy("Below 5 seconds; members who poll do not see an event before."),
        ),
    ]


def _chores(waiting: Waiting) -> list[Figure]:
    return [
        Figure(
            gettext_lazy("Background work"),
            counted(waiting.number),
            _is_within(waiting, LATER),
            gettext_lazy(
                "Looking for links, forgetting what was redacted: 0 after a quiet minute. More: no"
                " worker runs."
            ),
            reverse("admin:outbox_chore_changelist"),
        )
    ]


def _is_within(waiting: Waiting, limit: timedelta) -> bool:
    return waiting.oldest is None or waiting.oldest < limit


def _age(waiting: Waiting) -> str:
    if waiting.oldest is None:
        return _("none waits")
    return age(waiting.oldest)


site.add_figures(figures)
