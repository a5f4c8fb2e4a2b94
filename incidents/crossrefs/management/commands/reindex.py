"""Indexes from the command line what was filed before there was an index for it."""

from __future__ import annotations

from typing import Any

from hub.kit.provisioning import ProvisioningCommand
from incidents.core.services.reindexing import index_tags
from incidents.crossrefs.services.reindexing import index_links


class Command(ProvisioningCommand):
    help = "Make what incidents of an earlier release are found by: tags, scripts, callers."

    def provision(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"tags": index_tags(), "links": index_links()}
