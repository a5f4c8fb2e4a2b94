"""Makes accounts from the command line: of people of organisations, and of operators."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from accounts.provisioning import member_named
from accounts.roles import Role
from accounts.services.people import create_operator, create_user
from hub.kit.errors import InvalidInput
from hub.kit.provisioning import ProvisioningCommand


class Command(ProvisioningCommand):
    help = "Add a person: user create --email a@acme.example --member acme --role analyst"

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser(
            "create", help="add a person to an organisation, or to those who operate the hub"
        )
        create.add_argument("--email", required=True)
        create.add_argument("--member", metavar="SLUG")
        create.add_argument("--role", choices=[role.value for role in Role])
        create.add_argument(
            "--operator", action="store_true", help="operates the hub; in place of member and role"
        )
        create.add_argument("--name", default="")
        create.add_argument("--password", help="absent: the person cannot sign in yet")

    def provision(self, options: dict[str, Any]) -> dict[str, Any]:
        given = (options["member"], options["role"])
        if any(given) if options["operator"] else not all(given):
            raise InvalidInput("Name --member and --role, or else --operator.")
        return _operator(options) if options["operator"] else _person(options)


def _person(options: dict[str, Any]) -> dict[str, Any]:
    user = create_user(
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


def _operator(options: dict[str, Any]) -> dict[str, Any]:
    user = create_operator(
        email=options["email"], name=options["name"], password=options["password"]
    )
    return {"id": str(user.pk), "email": user.email, "operator": True}
