"""Which tags stand on which incidents."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Collate


class OpenTo(models.IntegerChoices):
    """Who may read an incident without being named, whoever owns it."""

    SOME = 0
    COMMUNITY = 1
    EVERYBODY = 2


class Tagging(models.Model):
    """Index of `Incident.tags`: which tags are in use, and how often.

    `folded` is how a tag is looked up while it is being typed, and `open_to` spares asking of each
    incident who may read it: see `incidents.core.tag_usage`.
    """

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="taggings", db_index=False
    )
    tag = models.CharField(max_length=400)
    folded = models.CharField(max_length=400, db_default="")
    open_to = models.PositiveSmallIntegerField(choices=OpenTo, db_default=OpenTo.SOME)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "tag"], name="tagging_once"),
        ]
        indexes = [
            # In the order of bytes, so that the tags that begin with something lie together.
            models.Index(
                Collate("folded", "C"),
                Collate("tag", "C"),
                "open_to",
                "incident",
                name="tagging_tag",
            ),
        ]

    def __str__(self) -> str:
        return self.tag
