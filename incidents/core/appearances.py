"""On which platforms an incident is said to have been distributed or seen."""

from __future__ import annotations

import pgtrigger
from django.db import models


class Appearance(models.Model):
    """Index of the platforms of incidents and of their observations, whatever their case.

    With an observation, whoever may read that observation may know of it.
    """

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="appearances", db_index=False
    )
    observation = models.OneToOneField(
        "incidents.Observation",
        on_delete=models.CASCADE,
        null=True,
        related_name="appearance",
    )
    platform = models.CharField(max_length=240)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident"],
                condition=models.Q(observation=None),
                name="appearance_of_distribution_once",
            ),
        ]
        indexes = [
            models.Index(fields=["incident", "platform"], name="appearance_incident"),
            models.Index(fields=["platform", "incident"], name="appearance_platform"),
        ]

    def __str__(self) -> str:
        return self.platform


INCIDENT_TRIGGERS = [
    pgtrigger.Trigger(
        name="appearance_added",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        condition=pgtrigger.Condition("""NEW."distributed" ->> 'platform' IS NOT NULL"""),
        func="""INSERT INTO incidents_appearance (incident_id, platform)
            VALUES (NEW."id", lower(NEW."distributed" ->> 'platform')); RETURN NULL;""",
    ),
    pgtrigger.Trigger(
        name="appearance_changed",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("distributed"),  # type: ignore[no-untyped-call]
        func="""
            DELETE FROM incidents_appearance
                WHERE incident_id = NEW."id" AND observation_id IS NULL;
            INSERT INTO incidents_appearance (incident_id, platform)
                SELECT NEW."id", lower(NEW."distributed" ->> 'platform')
                WHERE NEW."distributed" ->> 'platform' IS NOT NULL;
            RETURN NULL;""",
    ),
]
OBSERVATION_TRIGGERS = [
    pgtrigger.Trigger(
        name="appearance",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("platform"),  # type: ignore[no-untyped-call]
        func="""
            INSERT INTO incidents_appearance (incident_id, observation_id, platform)
                VALUES (NEW."incident_id", NEW."id", lower(NEW."platform"))
                ON CONFLICT (observation_id) DO UPDATE SET platform = excluded.platform;
            RETURN NULL;""",
    ),
]
