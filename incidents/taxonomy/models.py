"""Elections: the votes that incidents may touch."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.readers import Reader
from incidents.taxonomy.elections import ElectionStatus


class TagAlias(models.Model):
    """A free tag that operators merged into another: whoever uses it gets the other."""

    tag = models.CharField(primary_key=True, max_length=400)
    into = models.CharField(max_length=400, db_index=True)
    merged_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"{self.tag} -> {self.into}"


class ElectionQuerySet(models.QuerySet["Election"]):
    def visible_to(self, reader: Reader) -> ElectionQuerySet:
        """The calendar is the same for every active organisation."""
        return self if reader.member.is_active else self.none()


class Election(models.Model):
    """A vote, with the days on which it is held and from when it is watched."""

    key = models.SlugField(primary_key=True, max_length=64)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=64)
    """An id of the vocabulary `election_kind`."""
    country = models.CharField(max_length=2, db_index=True)
    """ISO 3166-1 alpha-2, or EU."""
    region = models.CharField(max_length=6, blank=True, default="")
    """ISO 3166-2; empty for a vote of the whole country."""
    polling_from = models.DateField(db_index=True)
    polling_to = models.DateField()
    watch_from = models.DateField()
    source = models.CharField(max_length=2048, blank=True, default="")
    """The page on which the dates were read; empty where nobody has confirmed them."""
    status = models.CharField(
        max_length=16, choices=[(known.value, known.value.title()) for known in ElectionStatus]
    )

    objects = ElectionQuerySet.as_manager()

    class Meta:
        ordering = ["polling_from", "key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(polling_from__lte=F("polling_to")),
                name="election_polling_from_before_polling_to",
            ),
            models.CheckConstraint(
                condition=Q(watch_from__lte=F("polling_from")),
                name="election_watch_from_before_polling_from",
            ),
        ]

    def __str__(self) -> str:
        return self.name
