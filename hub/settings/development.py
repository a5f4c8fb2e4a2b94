"""Settings of a hub on somebody's own machine."""

from __future__ import annotations

from hub.settings.base import *  # noqa: F403 - settings modules build on each other

DEBUG = False  # errors read the same everywhere; a traceback stands in the log
HUB_DESIGN_PAGE = True
