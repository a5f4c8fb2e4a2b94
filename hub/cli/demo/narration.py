"""What the demonstration prints: lines that fit into 80 columns, in colour on a terminal."""

from __future__ import annotations

import time
from typing import IO, Final

from rich.console import Console
from rich.text import Text

WIDTH: Final = 79
TIME_WIDTH: Final = 10
NAME_WIDTH: Final = 28
INDENT: Final = "   "


class Narration:
    """The story as it is told; each heading carries the seconds since it began."""

    def __init__(self, stream: IO[str]) -> None:
        self._began = time.monotonic()
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False)
        self._width = min(WIDTH, self._console.width)
        self._steps = 0

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    def title(self, text: str) -> None:
        """The first line."""
        self._print(Text(text, style="bold"))

    def plain(self, text: str) -> None:
        """A line at the margin."""
        self._print(Text(text))

    def step(self, text: str) -> None:
        """The heading of the next step."""
        self._steps += 1
        self.gap()
        room = self._width - TIME_WIDTH
        heading = Text(f"{self._steps:>2} {text}", style="bold cyan")
        heading.truncate(room, overflow="ellipsis", pad=True)
        self._print(heading.append(f"{self.seconds:>{TIME_WIDTH - 2}.1f} s", style="dim"))

    def line(self, text: str) -> None:
        """A line of a step; what does not fit is cut."""
        self._print(Text(INDENT + text))

    def gap(self) -> None:
        """An empty line."""
        self._print(Text())

    def quote(self, text: str) -> None:
        """A title of somebody's report."""
        self._print(Text(f"{INDENT}“{text}”", style="italic"))

    def row(self, name: str, figure: str, words: str, *, good: bool = True) -> None:
        """A line of a table: who, a time, and what there is to say."""
        row = Text(f"{INDENT}  {name:<{NAME_WIDTH}}{figure:>8}  ")
        self._print(row.append(words, style="green" if good else "yellow"))

    def success(self, text: str) -> None:
        """The last line, when all of it happened."""
        self._print(Text(text, style="bold green"))

    def failure(self, text: str) -> None:
        """Why the story ends early; as long as it has to be."""
        self.gap()
        self._console.print(Text(text, style="bold red"), soft_wrap=True)

    def log(self, lines: list[str]) -> None:
        """What the hub's processes said, as they said it."""
        for line in lines:
            self._console.print(Text(line, style="dim"), soft_wrap=True)

    def _print(self, text: Text) -> None:
        text.truncate(self._width, overflow="ellipsis")
        self._console.print(text, soft_wrap=True)


def milliseconds(seconds: float) -> str:
    """A time as it is told."""
    return f"{seconds * 1000:.0f} ms"
