"""Makes endpoints from the command line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from accounts.provisioning import member_named
from hub.kit.provisioning import ProvisioningCommand
from incidents.alerts.services import endpoints


class Command(ProvisioningCommand):
    help = "Make an endpoint: endpoint create --member acme --url https://hooks.example.com/"

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make an endpoint; its secret is shown once")
        create.add_argument("--member", required=True, metavar="SLUG")
        create.add_argument("--url", required=True, help="where alerts are posted to")
        create.add_argument(
            "--topic", action="append", default=[], help="a topic it gets; all, if none is named"
        )
        create.add_argument("--description", default="")

    def provision(self, options: dict[str, Any]) -> dict[str, Any]:
        made = endpoints.create_endpoint(
            member_id=member_named(options["member"]).pk,
            url=options["url"],
            topics=options["topic"],
            description=options["description"],
        )
        return {
            "id": str(made.endpoint.pk),
            "secret": made.secret,
            "member": options["member"],
            "url": made.endpoint.url,
            "topics": made.endpoint.topics,
        }
