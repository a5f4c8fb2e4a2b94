"""Merges tags from the command line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from hub.kit.provisioning import ProvisioningCommand
from incidents.core.services.tagging import merge_tag


class Command(ProvisioningCommand):
    help = """Merge free tags: tag merge --from 'tag:"robo call"' --into 'tag:"robocall"'"""

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        merge = actions.add_parser("merge", help="make one free tag another, everywhere")
        merge.add_argument("--from", required=True, dest="tag", metavar="TAG")
        merge.add_argument("--into", required=True, metavar="TAG")

    def provision(self, options: dict[str, Any]) -> dict[str, Any]:
        merged = merge_tag(tag=options["tag"], into=options["into"])
        return {"from": merged.tag, "into": merged.into, "incidents": merged.incidents}
