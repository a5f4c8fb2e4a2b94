"""Adds people to organisations from the command line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from accounts import services
from accounts.provisioning import member_named
from accounts.roles import Role
from hub.kit.provisioning import ProvisioningCommand


class Command(ProvisioningCommand):
    help = "Add a person: user create --email a@acme.example --member acme --role analyst"

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="add a person to an organisation")
        create.add_argument("--email", required=True)
        create.add_argument("--member", required=True, metavar="SLUG")
        create.add_argument("--role", required=True, choices=[role.value for role in Role])
        create.add_argument("--name", default="")
        create.add_argument("--password", help="absent: the person cannot sign in yet")

    def provision(self, options: dict[str, Any]) -> dict[str, Any]:
        user = services.create_user(
            email=options["email"],
            member_id=member_named(options["member"]).pk,
            role=options["role"],
            name=options["name"],
            password=options["password"],
        )
        return {
            "id": str(user.pk),
            "email": user.email,
            "member": options["member"],
            "role": user.role,
        }
