"""The taxonomy app: curated vocabularies, machine tags, elections."""

from __future__ import annotations

from django.apps import AppConfig

from incidents.taxonomy import registry


class TaxonomyConfig(AppConfig):
    name = "incidents.taxonomy"
    label = "taxonomy"

    def ready(self) -> None:
        # A malformed vocabulary file stops the start, not the first request that needs it.
        registry.vocabularies()
