"""Loads the demonstration from the command line."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from hub.cli.demo_data import load_demo
from hub.cli.demo_facts import read_facts
from hub.kit.errors import InvalidInput
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

        parser.add_argument(
            "--sign-in",
            action="store_true",
            dest="with_sign_in",
            help="let its people sign in, with the password HUB_DEMO_PASSWORD",
        )

    def provision(self, options: dict[str, Any]) -> dict[str, Any]:
        facts = read_facts()
        password = settings.HUB_DEMO_PASSWORD if options["with_sign_in"] else None
        if password == "":
            raise InvalidInput("Set HUB_DEMO_PASSWORD, or start the hub, which makes one.")
        loaded = load_demo(facts, with_token=options["with_token"], password=password)
        printed: dict[str, Any] = {
            "members": loaded.members,
            "groups": loaded.groups,
            "users": [one for member in facts.members for one in member.addresses],
            "incidents": loaded.incidents,
            "created": loaded.created,
        }
        if loaded.token:
            printed["token"] = {"member": loaded.token.member, "token": loaded.token.text}
        return printed
