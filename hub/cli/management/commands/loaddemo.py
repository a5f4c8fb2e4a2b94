"""Loads the demonstration from the command line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from hub.cli.demo_data import lead_address, load_demo
from hub.cli.demo_facts import read_facts
from hub.kit.provisioning import ProvisioningCommand


class Command(ProvisioningCommand):
    help = "Load invented members and real incidents; what is there already stays as it is"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--token",
            action="store_true",
            dest="with_token",
            help="make a token for the first member, when it is new",
        )

    def provision(self, options: dict[str, Any]) -> dict[str, Any]:
        facts = read_facts()
        loaded = load_demo(facts, with_token=options["with_token"])
        printed: dict[str, Any] = {
            "members": loaded.members,
            "groups": loaded.groups,
            "users": [lead_address(member) for member in facts.members],
            "incidents": loaded.incidents,
            "created": loaded.created,
        }
        if loaded.token:
            printed["token"] = {"member": loaded.token.member, "token": loaded.token.text}
        return printed
