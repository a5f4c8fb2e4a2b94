"""What keeps a measurement from being one."""

from __future__ import annotations


class BenchError(Exception):
    """A measurement cannot be made, or came out incomplete; the message says why."""
