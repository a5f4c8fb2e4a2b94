"""What is answered of incidents and observations, for the documentation of the API.

Answers are made by `incidents.core.representation`; a test holds the two together.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents.core import examples

Output = serializers.Serializer[Any]


class MomentOutput(Output):
    at = serializers.DateTimeField(required=False)
    precision = serializers.CharField()
    country = serializers.CharField(required=False)


class CreatedOutput(MomentOutput):
    tool = serializers.CharField(required=False)


class DistributedOutput(MomentOutput):
    platform = serializers.CharField(required=False)


class TargetOutput(Output):
    name = serializers.CharField()
    kind = serializers.CharField()
    country = serializers.CharField(required=False, allow_null=True)
    minor = serializers.BooleanField(required=False)
    notified = serializers.BooleanField(required=False)
    aliases = serializers.ListField(child=serializers.CharField(), required=False)


class PublisherOutput(Output):
    name = serializers.CharField()
    domain = serializers.CharField(required=False)


class ReferenceOutput(Output):
    url = serializers.CharField()
    canonical_url = serializers.CharField()
    variants = serializers.ListField(child=serializers.CharField())
    kind = serializers.CharField()
    title = serializers.CharField()
    publisher = PublisherOutput(required=False)
    published_at = serializers.CharField(required=False)
    language = serializers.CharField(required=False)
    quality = serializers.IntegerField(required=False)
    heat = serializers.IntegerField(required=False)
    via = serializers.ListField(child=serializers.CharField(), required=False)


class FingerprintOutput(Output):
    algorithm = serializers.CharField()
    value = serializers.CharField()
    quality = serializers.IntegerField(required=False)


class ReaderOutput(Output):
    member = serializers.CharField(required=False)
    group = serializers.UUIDField(required=False)
    user = serializers.UUIDField(required=False)


def _words(**options: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(), required=False, **options)


def _text(**options: Any) -> serializers.CharField:
    return serializers.CharField(required=False, **options)


class IncidentOutput(Output):
    """What is left of a withdrawn incident has only some of these for others than its owner."""

    example = examples.SHOWN

    ref = serializers.CharField()
    url = serializers.URLField()
    status = serializers.CharField()
    tlp = serializers.CharField()
    pap = serializers.CharField()
    owner = serializers.CharField()
    version = serializers.IntegerField()
    published_at = serializers.DateTimeField(allow_null=True)
    severity = _text()
    urgency = _text()
    stage = _text()
    title = _text()
    summary = _text()
    media_kinds = _words()
    manipulation = _words()
    authenticity = _text()
    goals = _words()
    harms = _words()
    targets = serializers.ListField(child=TargetOutput(), required=False)
    narrative = _text()
    script = _text()
    countries = _words()
    languages = _words()
    elections = _words()
    tags = _words()
    created = CreatedOutput(required=False, allow_null=True)
    distributed = DistributedOutput(required=False, allow_null=True)
    references = serializers.ListField(child=ReferenceOutput(), required=False)
    fingerprints = serializers.ListField(child=FingerprintOutput(), required=False)
    created_at = serializers.DateTimeField(required=False)
    updated_at = serializers.DateTimeField(required=False)
    withdrawn_at = serializers.DateTimeField(required=False)
    withdrawn_reason = _text()
    merged_into = serializers.CharField(
        required=False, help_text="of a withdrawn one, to who may read the other incident"
    )
    audiences = serializers.ListField(child=ReaderOutput(), required=False)
    author = serializers.UUIDField(required=False, allow_null=True)


class VersionOutput(Output):
    example = examples.SHOWN_VERSION

    version = serializers.IntegerField()
    at = serializers.DateTimeField()
    organisation = serializers.CharField(allow_null=True, help_text="null: the hub itself")
    change = serializers.CharField()
    note = serializers.CharField(required=False)
    old = serializers.DictField(required=False, help_text="to the owner only")

    def get_fields(self) -> dict[str, Any]:
        # A class attribute `fields` would hide the serializer's own.
        return {**super().get_fields(), "fields": _words()}


class AccountOutput(Output):
    handle = _text()
    verified = _text()
    automation = _text()


class PhoneOutput(Output):
    last4 = _text()
    spoofed = serializers.BooleanField(required=False, allow_null=True)
    carrier = _text()
    region = _text()


class ReachOutput(Output):
    at = serializers.DateTimeField(required=False)
    views = serializers.IntegerField(required=False)
    likes = serializers.IntegerField(required=False)
    shares = serializers.IntegerField(required=False)
    comments = serializers.IntegerField(required=False)
    calls = serializers.IntegerField(required=False)


class ObservationOutput(Output):
    example = examples.SHOWN_OBSERVATION

    id = serializers.UUIDField()
    incident = serializers.CharField()
    organisation = serializers.CharField(
        allow_null=True, help_text="null: a member of a group with hidden membership"
    )
    at = serializers.DateTimeField()
    tlp = serializers.CharField()
    platform = serializers.CharField()
    url = serializers.CharField()
    account = AccountOutput(allow_null=True)
    phone = PhoneOutput(allow_null=True)
    seen_first = serializers.DateTimeField(allow_null=True)
    seen_last = serializers.DateTimeField(allow_null=True)
    posted_at = serializers.DateTimeField(allow_null=True)
    country = serializers.CharField(allow_null=True)
    language = serializers.CharField(allow_null=True)
    reach = ReachOutput(allow_null=True)
    availability = serializers.CharField(allow_null=True)
    audiences = serializers.ListField(child=ReaderOutput(), required=False)
