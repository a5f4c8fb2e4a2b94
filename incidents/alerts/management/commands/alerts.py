"""Tells from the command line whether every alert is accounted for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from hub.kit.provisioning import ProvisioningCommand
from incidents.alerts.balance import balance


class Command(ProvisioningCommand):
    help = "Count what was emitted and what became of it: alerts balance"

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("balance", help="emitted = ok + pending + leased + dead + …")

    def provision(self, options: dict[str, Any]) -> dict[str, Any]:
        counted = balance()
        return asdict(counted) | {"is_even": counted.is_even}
