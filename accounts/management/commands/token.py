"""Makes API tokens from the command line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from accounts.models import TokenScope
from accounts.provisioning import member_named
from accounts.services.tokens import issue_token
from hub.kit.clock import rfc3339
from hub.kit.provisioning import ProvisioningCommand


class Command(ProvisioningCommand):
    help = "Make a token: token create --member acme --name ci --scope incidents:read"

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make a token; its text is shown this once")
        create.add_argument("--member", required=True, metavar="SLUG")
        create.add_argument("--name", required=True)
        create.add_argument("--scope", action="append", required=True, choices=TokenScope.values)
        create.add_argument(
            "--address", action="append", default=[], help="an IP network it may be used from"
        )

    def provision(self, options: dict[str, Any]) -> dict[str, Any]:
        issued = issue_token(
            member_id=member_named(options["member"]).pk,
            name=options["name"],
            scopes=options["scope"],
            addresses=options["address"],
        )
        return {
            "token": issued.text,
            "id": issued.token.id,
            "member": options["member"],
            "scopes": issued.token.scopes,
            "expires_at": rfc3339(issued.token.expires_at),
        }
