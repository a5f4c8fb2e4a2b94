"""What may be sent of incidents and observations: shapes, lengths, and words for what is wrong."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from rest_framework.exceptions import ValidationError

from hub.api.fields import Flag, Instant, ListBody, Objects, Text, Values, VocabularyField, Whole
from hub.api.serializers import StrictSerializer
from hub.kit.errors import InvalidInput
from incidents.core import examples
from incidents.core.models import Availability
from incidents.core.redaction import SHORTEST
from incidents.taxonomy import registry
from incidents.taxonomy.languages import canonical_language
from incidents.taxonomy.machinetags import TAG_LENGTH

URL_LENGTH = 2048
LARGEST_COUNT = 10**15


def one_of(namespace: str, **options: Any) -> VocabularyField:
    """One value of a curated vocabulary."""
    return VocabularyField(partial(registry.ids, namespace), **options)


def several_of(namespace: str, *, at_most: int = 50) -> Values:
    """A list of values of a curated vocabulary; null empties it."""
    return Values(child=one_of(namespace), max_items=at_most, required=False, allow_null=True)


def optional_text(length: int, *, multiline: bool = False) -> Text:
    """Text that may be absent, empty or null, which is the same."""
    return Text(
        max_length=length, multiline=multiline, required=False, allow_blank=True, allow_null=True
    )


class Language(Text):
    """A BCP 47 language tag, in its canonical case."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=35, **options)

    def to_internal_value(self, data: Any) -> str:
        try:
            return canonical_language(super().to_internal_value(data))
        except InvalidInput as error:
            raise ValidationError(error.detail, code="invalid_language") from error


class ReaderInput(StrictSerializer):
    """One of an audience: exactly one of a member, a group, a person."""

    member = Text(max_length=64, required=False)
    group = Text(max_length=36, required=False)
    user = Text(max_length=36, required=False)

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        if len(attrs) != 1:
            detail = 'Name exactly one: {"member": slug}, {"group": id} or {"user": id}.'
            raise ValidationError(detail, code="exactly_one")
        return attrs


class TargetInput(StrictSerializer):
    """Whom the deepfake shows or speaks of."""

    name = Text(max_length=200)
    kind = one_of("target_kind")
    country = one_of("countries", required=False, allow_null=True)
    minor = Flag(required=False)
    notified = Flag(required=False)
    aliases = Values(child=Text(max_length=200), max_items=20, required=False)


class PublisherInput(StrictSerializer):
    name = Text(max_length=200)
    domain = Text(max_length=253, required=False)


class ReferenceInput(StrictSerializer):
    """An article, post or record that others published about the deepfake."""

    url = Text(max_length=URL_LENGTH)
    canonical_url = Text(max_length=URL_LENGTH, required=False)
    variants = Values(child=Text(max_length=URL_LENGTH), max_items=20, required=False)
    kind = one_of("reference_kind", required=False)
    title = Text(max_length=500, required=False, allow_blank=True)
    publisher = PublisherInput(required=False)
    published_at = Text(max_length=35, required=False)
    language = Language(required=False)
    quality = Whole(lowest=0, highest=100, required=False)
    heat = Whole(lowest=0, highest=100, required=False)
    via = Values(child=Text(max_length=URL_LENGTH), max_items=20, required=False)

    def validate_published_at(self, text: str) -> str:
        """A day is often all that is known of an article; a moment is kept as it was sent."""
        moment = f"{text}T00:00:00Z" if len(text) == len("2026-11-22") else text
        Instant().run_validation(moment)
        return text


class FingerprintInput(StrictSerializer):
    """What the media looks or sounds like; the value's form is asked for with its algorithm."""

    algorithm = Text(max_length=16)
    value = Text(max_length=200_000)
    quality = Whole(lowest=0, highest=100, required=False, allow_null=True)


class MomentInput(StrictSerializer):
    """A moment that may not be known exactly; null clears a member."""

    at = Instant(required=False, allow_null=True)
    precision = one_of("precision", required=False, allow_null=True)
    country = one_of("countries", required=False, allow_null=True)


class CreatedInput(MomentInput):
    tool = optional_text(200)


class DistributedInput(MomentInput):
    platform = optional_text(120)


class AccountInput(StrictSerializer):
    """The account that distributed it."""

    handle = optional_text(200)
    verified = one_of("account_verified", required=False)
    automation = one_of("account_automation", required=False)


class PhoneInput(StrictSerializer):
    """A caller; of the number only a keyed digest and its last four digits are kept."""

    number = Text(max_length=20, required=False)
    spoofed = Flag(required=False, allow_null=True)
    carrier = optional_text(100)
    region = optional_text(100)

    def validate_number(self, number: str) -> str:
        compact = number.translate(str.maketrans("", "", " -().\u00a0"))
        digits = compact.removeprefix("+")
        if not (digits.isascii() and digits.isdigit() and 4 <= len(digits) <= 15):
            raise ValidationError("Send it as +16035550100: E.164.", code="invalid_number")
        return compact


class ReachInput(StrictSerializer):
    """How often it was seen or heard, at one moment."""

    at = Instant(required=False)
    views = Whole(lowest=0, highest=LARGEST_COUNT, required=False)
    likes = Whole(lowest=0, highest=LARGEST_COUNT, required=False)
    shares = Whole(lowest=0, highest=LARGEST_COUNT, required=False)
    comments = Whole(lowest=0, highest=LARGEST_COUNT, required=False)
    calls = Whole(lowest=0, highest=LARGEST_COUNT, required=False)


def availabilities() -> Collection[str]:
    return Availability.values


class ObservationInput(StrictSerializer):
    """Where and when the deepfake was seen."""

    example = examples.SENT_OBSERVATION

    platform = Text(max_length=120)
    url = optional_text(URL_LENGTH)
    account = AccountInput(required=False, allow_null=True)
    phone = PhoneInput(required=False, allow_null=True)
    seen_first = Instant(required=False, allow_null=True)
    seen_last = Instant(required=False, allow_null=True)
    posted_at = Instant(required=False, allow_null=True)
    country = one_of("countries", required=False, allow_null=True)
    language = Language(required=False, allow_null=True)
    reach = ReachInput(required=False, allow_null=True)
    availability = VocabularyField(availabilities, required=False, allow_null=True)
    tlp = one_of("tlp", required=False)
    audiences = Objects(ReaderInput, max_items=200, required=False)
    show_organisation = Flag(required=False)


class IncidentChanges(StrictSerializer):
    """What its owner may change of an incident; null clears a member, lists are replaced whole."""

    example = examples.SENT_CHANGES

    title = Text(max_length=300)
    summary = optional_text(10_000, multiline=True)
    tlp = one_of("tlp", required=False)
    pap = one_of("pap", required=False)
    audiences = Objects(ReaderInput, max_items=200, required=False, allow_null=True)
    severity = one_of("severity", required=False, allow_null=True)
    urgency = one_of("urgency", required=False, allow_null=True)
    stage = one_of("stage", required=False, allow_null=True)
    media_kinds = several_of("media_kinds")
    manipulation = several_of("manipulation")
    goals = several_of("goals")
    harms = several_of("harms")
    targets = Objects(TargetInput, max_items=50, required=False, allow_null=True)
    narrative = optional_text(5_000, multiline=True)
    script = optional_text(20_000, multiline=True)
    countries = several_of("countries", at_most=250)
    languages = Values(child=Language(), max_items=50, required=False, allow_null=True)
    elections = Values(child=Text(max_length=64), max_items=50, required=False, allow_null=True)
    tags = Values(child=Text(max_length=TAG_LENGTH), max_items=100, required=False, allow_null=True)
    created = CreatedInput(required=False, allow_null=True)
    distributed = DistributedInput(required=False, allow_null=True)
    references = Objects(ReferenceInput, max_items=100, required=False, allow_null=True)
    fingerprints = Objects(FingerprintInput, max_items=200, required=False, allow_null=True)


class IncidentInput(IncidentChanges):
    """A new incident: its title, what else is known, and whether to publish it at once."""

    example = examples.SENT

    publish = Flag(required=False)
    observations = Objects(ObservationInput, max_items=50, required=False)


class WithdrawInput(StrictSerializer):
    reason = Text(max_length=2_000, multiline=True)


class RedactedText(Text):
    """A text that is to go; a short one would take half of all words with it."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if len(text) < SHORTEST:
            detail = f"At least {SHORTEST} characters; this has {len(text)}."
            raise ValidationError(detail, code="too_short")
        return text


class RedactInput(StrictSerializer):
    """Texts that are to go, and why, for all who read the history."""

    example = {"texts": ["Jane Example"], "reason": "A private person was named by mistake."}

    texts = Values(child=RedactedText(max_length=500), max_items=50, allow_empty=False)
    reason = Text(max_length=500)


class MergeInput(StrictSerializer):
    """The incident that stays."""

    example = {"into": examples.REF}

    into = Text(max_length=64)


class TagsInput(ListBody):
    """The whole list of an incident's machine tags."""

    example = examples.SENT_TAGS

    child = Text(max_length=TAG_LENGTH)
    max_items = 100
