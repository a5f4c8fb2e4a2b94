"""The page of the pull feed: where it stands, and how a program follows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import F
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.models import ApiToken, TokenScope
from accounts.roles import Right
from accounts.sessions import PageRequest, signed_in
from hub.kit import clock
from hub.web.pages import render_page
from incidents.alerts.feed import KEPT, state_of_feed

NEWEST: Final = 100
"""So many of the newest items are looked at."""
LATELY: Final = timedelta(hours=24)
TOKENS_SHOWN: Final = 5


@require_safe
@signed_in
def feed_state(request: PageRequest) -> HttpResponse:
    """Nothing of what the feed tells stands here, so nothing counts as read."""
    reader = request.reader
    state = state_of_feed(reader, newest=NEWEST)
    since = clock.now() - LATELY
    lately = sum(moment > since for moment in state.recorded)
    context: dict[str, Any] = {
        "state": state,
        "newest_at": next(iter(state.recorded), None),
        "lately": lately,
        "is_at_least": lately == NEWEST,
        "kept_days": KEPT.days,
        "host": settings.HUB_BASE_URL,
        "administers": reader.may(Right.ADMINISTER),
    }
    if context["administers"]:
        tokens = ApiToken.objects.visible_to(reader.member).filter(
            scopes__contains=[TokenScope.FEED_READ], revoked_at=None, expires_at__gt=clock.now()
        )
        latest = tokens.order_by(F("last_used_at").desc(nulls_last=True), "-created_at")
        context["tokens"] = latest[:TOKENS_SHOWN]
    return render_page(request, "alerts/feed.html", context)
