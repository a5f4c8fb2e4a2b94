"""What was measured, and how it is printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

WIDTH: Final = 58


@dataclass(frozen=True)
class Series:
    """One number of one side, once for each round."""

    name: str
    values: Sequence[float]
    unit: str
    note: str = ""

    def line(self) -> str:
        name = f"      {self.name}"
        middle = _middle(median(self.values), self.values, self.unit)
        return f"{name:{WIDTH}}{middle}   {self.note}".rstrip()


@dataclass(frozen=True)
class Verdict:
    """What a promise is about, and whether it holds."""

    promise: str
    what: str
    values: Sequence[float]
    """Once for each round."""
    target: float
    unit: str = "x"
    at_least: bool = False
    """Larger is better."""
    overall: float | None = None
    """What the promise is about; the median of the rounds if it is not given."""
    note: str = ""

    @property
    def value(self) -> float:
        return median(self.values) if self.overall is None else self.overall

    @property
    def holds(self) -> bool:
        return self.value >= self.target if self.at_least else self.value <= self.target

    def line(self) -> str:
        sign = ">=" if self.at_least else "<="
        title = f"{self.promise:<4}  {self.what}"
        found = "holds" if self.holds else "MISSED"
        return (
            f"{title:{WIDTH}}{_middle(self.value, self.values, self.unit)}"
            f"   {sign} {self.target:g} {self.unit}: {found}   {self.note}".rstrip()
        )


@dataclass(frozen=True)
class Measured:
    """What one measurement has to say."""

    verdicts: Sequence[Verdict]
    series: Sequence[Series]

    def lines(self) -> list[str]:
        return [
            *(verdict.line() for verdict in self.verdicts),
            *(series.line() for series in self.series),
        ]


def ratios(ours: Sequence[float], others: Sequence[float]) -> list[float]:
    """Round by round, so that what slows the machine for a while slows both."""
    return [mine / other for mine, other in zip(ours, others, strict=True)]


def quantile(values: Sequence[float], part: float) -> float:
    """The smallest value that at least this part of all are not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-part * len(ordered) // 1) - 1))]


def _middle(value: float, values: Sequence[float], unit: str) -> str:
    spread = f"({_number(min(values))} to {_number(max(values))})"
    return f"{_number(value):>7} {unit:<2} {spread:<18}"


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
