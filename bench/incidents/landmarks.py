"""What measurements ask for by name: the same number of incidents has it, however many there are.

So that an answer does not grow with the number of incidents, unless finding it does.
"""

from __future__ import annotations

from typing import Final

NUMBER: Final = 25
"""So many incidents, evenly spread, published and clear: every organisation reads all of them."""
WORD: Final = "Quorndon"
"""Stands in the titles of those, and nowhere else."""
MISSPELT: Final = "Quorndonn"
COUNTRY: Final = "NU"
"""Only those touch Niue."""
