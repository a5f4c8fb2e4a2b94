"""The hub's processes on the operators' front page: when each was last seen at the database."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.kit.presence import RELAY, WORKER, Presence, present
from hub.web.admin_cells import age
from hub.web.admin_site import Figure, Figures, site

RELAY_SILENT: Final = timedelta(seconds=30)
"""It looks once a second, and waits up to 15 s for a statement."""
WORKER_SILENT: Final = timedelta(seconds=90)
"""Beat has some worker sweep every 30 s."""


def figures() -> Figures:
    """Who is there to do the work."""
    seen = present()
    return Figures(gettext_lazy("Processes"), [_relay(seen.get(RELAY)), _worker(seen.get(WORKER))])


def _relay(seen: Presence | None) -> Figure:
    if _is_pooled() and seen is not None:
        # Of its connections only the one that listens can be told from others.
        return Figure(gettext_lazy("Relay"), _("listens"), is_fine=True, normal=RELAY_NORMAL)
    return Figure(gettext_lazy("Relay"), _told(seen), _is_within(seen, RELAY_SILENT), RELAY_NORMAL)


def _worker(seen: Presence | None) -> Figure:
    if _is_pooled():
        return Figure(
            gettext_lazy("Workers"),
            _("not known"),
            is_fine=True,
            normal=gettext_lazy(
                "The database is reached through a pooler, which hides them: see what waits."
            ),
        )
    return Figure(
        gettext_lazy("Workers"), _told(seen), _is_within(seen, WORKER_SILENT), WORKER_NORMAL
    )


RELAY_NORMAL: Final[Promise] = gettext_lazy(
    "Seen at the database within seconds. Not seen: none runs, or it does not reach the database."
)
WORKER_NORMAL: Final[Promise] = gettext_lazy(
    "Seen within 30 seconds, since beat has one sweep. Not seen: no worker runs, no beat, or the"
    " broker is away; the relay then does their work."
)


def _is_pooled() -> bool:
    """Whether connections are shared, so that their names say little of who uses them."""
    return settings.HUB_DATABASE_DIRECT_URL != settings.DATABASE_URL


def _is_within(seen: Presence | None, limit: timedelta) -> bool:
    return seen is not None and (seen.silent is None or seen.silent < limit)


def _told(seen: Presence | None) -> str:
    if seen is None:
        return _("not seen")
    if seen.silent is None or seen.connected is None:
        return _("connected")
    return _("seen %(silent)s ago, there for %(connected)s") % {
        "silent": age(seen.silent),
        "connected": age(seen.connected),
    }


site.add_figures(figures)
