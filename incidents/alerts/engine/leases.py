"""How much may be under way, and for how long without news."""

from __future__ import annotations

IN_FLIGHT_PER_ENDPOINT = 4
"""Alerts that are posted to one endpoint at the same time, by all workers together."""

LEASE_SECONDS = 20
"""Longer than an attempt may last (15.5 s); after it, what a dead worker left is due again."""
