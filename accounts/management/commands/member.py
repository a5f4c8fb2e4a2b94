"""Admits organisations from the command line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from accounts.models import MemberKind, MemberRole
from accounts.services.members import create_member
from hub.kit.provisioning import ProvisioningCommand


class Command(ProvisioningCommand):
    help = "Admit an organisation: member create --slug acme --name 'Acme'"

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="admit an organisation, active at once")
        create.add_argument("--slug", required=True)
        create.add_argument("--name", required=True)
        create.add_argument("--kind", default=MemberKind.SIGNATORY, choices=MemberKind.values)
        create.add_argument("--domain", action="append", default=[])
        create.add_argument(
            "--in-community",
            action="store_true",
            default=None,
            help="reads green as signatories and members do: for fact-checkers",
        )
        create.add_argument("--role", action="append", default=[], choices=MemberRole.values)

    def provision(self, options: dict[str, Any]) -> dict[str, Any]:
        member = create_member(
            slug=options["slug"],
            name=options["name"],
            kind=options["kind"],
            domains=options["domain"],
            roles=options["role"],
            in_community=options["in_community"],
        )
        return {
            "id": str(member.pk),
            "slug": member.slug,
            "name": member.name,
            "kind": member.kind,
            "status": member.status,
            "in_community": member.in_community,
        }
