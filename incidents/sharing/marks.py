"""The marks that say how far information travels and what may be done with it."""

from __future__ import annotations

from django.db import models


class Tlp(models.TextChoices):
    """Traffic Light Protocol 2.0 (FIRST, 2022), widest first."""

    CLEAR = "clear", "TLP:CLEAR"
    GREEN = "green", "TLP:GREEN"
    AMBER = "amber", "TLP:AMBER"
    AMBER_STRICT = "amber+strict", "TLP:AMBER+STRICT"
    RED = "red", "TLP:RED"


class Pap(models.TextChoices):
    """Permissible Actions Protocol, widest first."""

    CLEAR = "clear", "PAP:CLEAR"
    GREEN = "green", "PAP:GREEN"
    AMBER = "amber", "PAP:AMBER"
    RED = "red", "PAP:RED"


STRICTNESS = {Tlp(value): rank for rank, value in enumerate(Tlp.values)}
OPEN_MARKS = (Tlp.CLEAR, Tlp.GREEN)
"""Marks on which an audience narrows; on amber and amber+strict it is the list."""
LISTED_MARKS = (Tlp.AMBER, Tlp.AMBER_STRICT)


def strictness(mark: str) -> int:
    """0 for clear, rising to 4 for red."""
    return STRICTNESS[Tlp(mark)]


def stricter(left: str, right: str) -> Tlp:
    """The mark of something that both marks bind."""
    return max(Tlp(left), Tlp(right), key=strictness)


def marks_up_to(mark: str) -> list[str]:
    """The marks no stricter than `mark`."""
    return [value for value in Tlp.values if strictness(value) <= strictness(mark)]
