"""What a supervisor prints: its children's lines, each behind the name of the child."""

from __future__ import annotations

import os
import select
from typing import Final

COLOURS: Final = {
    "hub": 1,
    "postgres": 34,
    "broker": 35,
    "prepare": 33,
    "web": 32,
    "relay": 36,
    "worker": 33,
    "beat": 90,
}
"""ANSI SGR codes."""
WIDTH: Final = max(map(len, COLOURS))
PIPE_SAFE_BYTES: Final = 4096
"""PIPE_BUF on Linux: a pipe that `select` calls writable takes this much without blocking."""
KEPT_BYTES: Final = 1 << 20
LONGEST_LINE: Final = 64 * 1024


class Output:
    """Lines to a descriptor that may be a terminal, a file, or a pipe that nobody reads.

    Never blocks: a supervisor that waits for its reader cannot stop in order. What a slow reader
    leaves is kept up to a megabyte, then lines are left out and counted.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._coloured = os.isatty(descriptor) and "NO_COLOR" not in os.environ
        self._waiting = bytearray()
        self._left_out = 0
        self._broken = False

    def line(self, name: str, text: str) -> None:
        """One line of the process `name`."""
        prefix = f"{name:<{WIDTH}} | "
        if self._coloured:
            prefix = f"\x1b[{COLOURS.get(name, 0)}m{prefix}\x1b[0m"
        self.plain(prefix + text)

    def plain(self, text: str) -> None:
        """One line without a name."""
        if len(self._waiting) > KEPT_BYTES:
            self._left_out += 1
            return
        if self._left_out:
            self._waiting += f"[{self._left_out} lines left out: nobody read them]\n".encode()
            self._left_out = 0
        self._waiting += text.encode(errors="replace") + b"\n"
        self.flush()

    def flush(self) -> None:
        """Write what can be written now."""
        while self._waiting and not self._broken:
            if not select.select([], [self._descriptor], [], 0)[1]:
                return
            try:
                written = os.write(self._descriptor, self._waiting[:PIPE_SAFE_BYTES])
            except BrokenPipeError:
                self._broken = True
                break
            del self._waiting[:written]
        if self._broken:
            self._waiting.clear()

    @property
    def is_behind(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._waiting)


class LineReader:
    """Cuts a child's output into lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines that are complete now; one that never ends is cut."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        return [line.decode(errors="replace").rstrip("\r") for line in lines]

    def rest(self) -> list[str]:
        """What stands after the last line end, when no more comes."""
        last, self._rest = self._rest, b""
        return [last.decode(errors="replace")] if last else []
