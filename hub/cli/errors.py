"""What the command line refuses, in words."""

from __future__ import annotations

from hub.kit.errors import HubError


class LaunchError(HubError):
    """The hub could not be started."""

    code = "launch_failed"
    title = "Could not start"
