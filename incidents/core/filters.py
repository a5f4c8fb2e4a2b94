"""The filters of the incident list."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any, Final

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Lower
from rest_framework.exceptions import ValidationError

from accounts.models import Member
from accounts.readers import Reader
from hub.api.fields import Instant
from hub.api.parameters import Parameter
from hub.api.suggestions import right_words, shown
from hub.kit.errors import FieldError, InvalidInput
from incidents.core.appearances import Appearance
from incidents.core.models import Incident, Observation, Severity, Status
from incidents.core.orderings import ON_TOMBSTONES as ORDERS_ON_TOMBSTONES
from incidents.core.orderings import ORDERINGS, with_column_of
from incidents.core.search import found_by
from incidents.sharing.marks import Tlp
from incidents.taxonomy import registry
from incidents.taxonomy.languages import canonical_language
from incidents.taxonomy.machinetags import check_tags
from incidents.taxonomy.models import Election
from incidents.taxonomy.services import current_tags

DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

Read = Callable[[str], str]
"""Brings one value to the form in which it is stored, or raises InvalidInput."""


def split_values(text: str) -> list[str]:
    """The values of a list, parted by the commas that do not stand between quotation marks."""
    values, quoted = [""], False
    for sign in text:
        quoted ^= sign == '"'
        if sign == "," and not quoted:
            values.append("")
        else:
            values[-1] += sign
    return values


def require_known(text: str, known: Collection[str], *, kind: str) -> str:
    """`text`, if it is known; raises InvalidInput, saying what is."""
    if text not in known:
        detail = f"{shown(text)} is no {kind}. {right_words(text, known)}"
        raise InvalidInput(detail, code="unknown_value")
    return text


def one_of(known: Collection[str], *, kind: str) -> Read:
    return partial(require_known, known=known, kind=kind)


def value_of(namespace: str, *, kind: str) -> Read:
    """Of a vocabulary, asked for each time: values come with new data."""
    return lambda text: require_known(text, registry.ids(namespace), kind=kind)


def country(text: str) -> str:
    return require_known(text.upper(), registry.ids("countries"), kind="country")


def election(text: str) -> str:
    known = sorted(Election.objects.values_list("key", flat=True))
    return require_known(text, known, kind="election")


def tag(text: str) -> str:
    """A tag by the name it goes by today."""
    try:
        (current,) = current_tags(check_tags([text]))
    except InvalidInput as error:
        raise InvalidInput(error.errors[0].detail, code=error.errors[0].code) from error
    return current


def moment(text: str) -> Any:
    """A moment; a day stands for its beginning, in UTC."""
    try:
        return Instant().run_validation(f"{text}T00:00:00Z" if DAY.fullmatch(text) else text)
    except ValidationError as error:
        detail = (
            f"{shown(text)} is no moment: send 2026-11-22, or 2026-11-22T20:04:00Z, or with another"
            " zone, whose + an address writes as %2B, in the years from 1900 to 2099."
        )
        raise InvalidInput(detail, code="invalid_moment") from error


class Given(django_filters.CharFilter):
    """A parameter as it was given, spaces and all; an empty one counts as none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, **options)


class OneOfSeveral(Given):
    """Values parted by commas, any of which fits."""

    def __init__(self, read: Read = str, **options: Any) -> None:
        super().__init__(**{"lookup_expr": "in", **options})
        self.read = read

    def filter(self, qs: QuerySet[Incident], value: str | None) -> QuerySet[Incident]:
        if not value:
            return qs
        values = list(dict.fromkeys(self.read(text.strip()) for text in split_values(value)))
        return self.fitting(qs, values)

    def fitting(self, qs: QuerySet[Incident], values: list[str]) -> QuerySet[Incident]:
        return qs.filter(**{f"{self.field_name}__{self.lookup_expr}": values})


class AnyInList(OneOfSeveral):
    """Incidents whose own list holds one of the values."""

    def __init__(self, read: Read, **options: Any) -> None:
        super().__init__(read, lookup_expr="overlap", **options)


class Owner(OneOfSeveral):
    """Slugs of organisations; one that is not known owns nothing that anybody sees."""

    def fitting(self, qs: QuerySet[Incident], values: list[str]) -> QuerySet[Incident]:
        named = Member.objects.filter(slug__in=values).values("pk")
        # Of a single one PostgreSQL then sees that its incidents lie in order in their index.
        return qs.filter(owner=Subquery(named)) if len(values) == 1 else qs.filter(owner__in=named)


class Platform(OneOfSeveral):
    """Platforms, whatever their case, of the incident or of observations that the reader sees."""

    parent: IncidentFilter

    def fitting(self, qs: QuerySet[Incident], values: list[str]) -> QuerySet[Incident]:
        names = [Lower(Value(value.removeprefix('"').removesuffix('"'))) for value in values]
        seen = Observation.objects.visible_to(self.parent.reader).filter(
            pk=OuterRef("observation_id")
        )
        found = Appearance.objects.filter(incident=OuterRef("pk"), platform__in=names)
        return qs.filter(Exists(found.filter(Q(observation=None) | Exists(seen))))


class Moment(Given):
    """A moment that the incident's comes before or after."""

    def filter(self, qs: QuerySet[Incident], value: str | None) -> QuerySet[Incident]:
        if not value:
            return qs
        return qs.filter(**{f"{self.field_name}__{self.lookup_expr}": moment(value)})


class Words(Given):
    """What the incident tells of, in the reader's own words."""

    def filter(self, qs: QuerySet[Incident], value: str | None) -> QuerySet[Incident]:
        return qs.filter(found_by(value)) if value else qs


class IncidentFilter(django_filters.FilterSet):
    """Withdrawn incidents stand in the list only when their status is asked for.

    Of those of others only what a tombstone shows can be asked for, and no other order be seen: a
    filter on anything else would tell what was taken back.
    """

    q = Words()
    status = OneOfSeveral(one_of(Status.values, kind="status"))
    tlp = OneOfSeveral(one_of(Tlp.values, kind="tlp"))
    owner = Owner()
    severity = OneOfSeveral(one_of(Severity.values, kind="severity"))
    media_kind = AnyInList(value_of("media_kinds", kind="media kind"), field_name="media_kinds")
    harm = AnyInList(value_of("harms", kind="harm"), field_name="harms")
    goal = AnyInList(value_of("goals", kind="goal"), field_name="goals")
    manipulation = AnyInList(value_of("manipulation", kind="manipulation"))
    authenticity = OneOfSeveral(value_of("authenticity", kind="authenticity"))
    country = AnyInList(country, field_name="countries")
    language = AnyInList(canonical_language, field_name="languages")
    election = AnyInList(election, field_name="elections")
    tag = AnyInList(tag, field_name="tags")
    platform = Platform()
    published_after = Moment(field_name="published_at", lookup_expr="gt")
    published_before = Moment(field_name="published_at", lookup_expr="lt")
    updated_after = Moment(field_name="updated_at", lookup_expr="gt")

    ON_TOMBSTONES = frozenset({"status", "tlp", "owner", "published_after", "published_before"})

    class Meta:
        model = Incident
        fields: list[str] = []

    def __init__(self, *given: Any, reader: Reader) -> None:
        super().__init__(*given)
        self.reader = reader

    def filter_queryset(self, queryset: QuerySet[Incident]) -> QuerySet[Incident]:
        """Raises InvalidInput with all that is wrong, at the names of the parameters."""
        errors: list[FieldError] = []
        for name, value in self.form.cleaned_data.items():
            try:
                queryset = self.filters[name].filter(queryset, value)
            except InvalidInput as error:
                errors += _errors_at(name, error)
        if errors:
            raise InvalidInput(errors[0].detail, code=errors[0].code, errors=errors)
        asked = {name for name, value in self.form.cleaned_data.items() if value}
        if "status" not in asked:
            queryset = queryset.exclude(status=Status.WITHDRAWN)
        elif asked - self.ON_TOMBSTONES or self._ordering not in ORDERS_ON_TOMBSTONES:
            own = Q(owner=self.reader.member)
            queryset = queryset.filter(~Q(status=Status.WITHDRAWN) | own)
        return with_column_of(queryset, self._ordering)

    @property
    def _ordering(self) -> str:
        """What the list is ordered by, without its direction; whether it may be is asked later."""
        given = self.data.get("ordering") if self.data else None
        return str(given or "updated_at").removeprefix("-")


def _errors_at(name: str, error: InvalidInput) -> Iterator[FieldError]:
    return (one._replace(pointer=f"/{name}") for one in error.errors)


SEVERAL: Final = "several by comma, any of which fits"

WORDS: Final = {
    "q": Parameter(
        "words of title, summary, narrative, script, targets, tags or references; all must be "
        "there, the last may be a beginning; names may be misspelt",
        example="cloned voice",
    ),
    "status": Parameter(
        "`draft`, `published`, `withdrawn`; several by comma; withdrawn ones only when named",
        example="published",
    ),
    "tlp": Parameter(f"marks, {SEVERAL}", example="clear,green"),
    "owner": Parameter(f"slugs of organisations, {SEVERAL}", example="acme"),
    "severity": Parameter(f"severities, {SEVERAL}", example="high,critical"),
    "media_kind": Parameter(f"ids of the vocabulary `media_kinds`, {SEVERAL}", example="audio"),
    "harm": Parameter(f"ids of the vocabulary `harms`, {SEVERAL}"),
    "goal": Parameter(f"ids of the vocabulary `goals`, {SEVERAL}"),
    "manipulation": Parameter(f"ids of the vocabulary `manipulation`, {SEVERAL}"),
    "authenticity": Parameter(f"ids of the vocabulary `authenticity`, {SEVERAL}"),
    "country": Parameter(f"ISO 3166-1 alpha-2, {SEVERAL}", example="US,SK"),
    "language": Parameter(f"BCP 47, exactly as incidents name them, {SEVERAL}", example="en"),
    "election": Parameter(f"ids from `elections/`, {SEVERAL}"),
    "tag": Parameter(f"machine tags, {SEVERAL}", example='tag:"robocall"'),
    "platform": Parameter(
        f"where it was distributed or observed, in any case, {SEVERAL}", example="telegram"
    ),
    "published_after": Parameter("a moment or day; published later", example="2026-01-01"),
    "published_before": Parameter("a moment or day; published earlier"),
    "updated_after": Parameter("a moment or day; changed later"),
}
"""What each filter takes, for the documentation of the API."""

ASKED: Final = (*WORDS, "ordering")
"""Parameters of the incident list that can be kept."""


def require_askable(query: dict[str, str], *, by: Reader) -> None:
    """Raises InvalidInput, below /query, for what the incident list would refuse."""
    name = query.get("ordering", "").removeprefix("-")
    if name and name not in ORDERINGS:
        detail = f"Lists cannot be ordered by {shown(name)}. {right_words(name, ORDERINGS)}"
        raise InvalidInput(detail, pointer="/query/ordering", code="invalid_ordering")
    try:
        IncidentFilter(query, Incident.objects.visible_to(by), reader=by).qs  # noqa: B018 - making it is the check
    except InvalidInput as error:
        raise error.at("/query") from error
