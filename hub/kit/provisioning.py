"""Management commands that print exactly one JSON value, or an error in words."""

from __future__ import annotations

import io
import json
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from hub.kit.errors import HubError


class ProvisioningCommand(BaseCommand):
    """A command whose standard output is one JSON value; everything else goes to standard error."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = self.provision(options)
        except HubError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(json.dumps(result, ensure_ascii=False))

    def provision(self, options: dict[str, Any]) -> dict[str, Any]:
        """Do it, and return what to print. Raises HubError in words when it cannot be done."""
        raise NotImplementedError


def answer_of(command: str, *arguments: str) -> dict[str, Any]:
    """Run a provisioning command in this process; what it would have printed."""
    printed = io.StringIO()
    call_command(command, *arguments, stdout=printed)
    answer: dict[str, Any] = json.loads(printed.getvalue())
    return answer
