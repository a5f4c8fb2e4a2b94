"""Loads the curated data from the command line."""

from __future__ import annotations

from typing import Any

from hub.kit.provisioning import ProvisioningCommand
from incidents.taxonomy import services


class Command(ProvisioningCommand):
    help = "Check the vocabularies and bring the elections up to date"

    def provision(self, options: dict[str, Any]) -> dict[str, Any]:
        return services.load_vocabularies()._asdict()
