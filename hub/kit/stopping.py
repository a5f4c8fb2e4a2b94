"""Whether the hub's process, or the worker that this process belongs to, was asked to stop."""

from __future__ import annotations

import mmap
from typing import Final

# One page that forked children share with their parent: a worker's children are sent no signal
# when it is asked to stop, but have to know it.
_page: Final = mmap.mmap(-1, 1)


def request_stop() -> None:
    """Ask this process and its relatives to finish what is under way and begin nothing new."""
    _page[0] = 1


def is_stopping() -> bool:
    """Whether somebody asked."""
    return _page[0] == 1
