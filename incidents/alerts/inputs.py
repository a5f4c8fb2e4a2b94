"""What may be sent of endpoints."""

from __future__ import annotations

from hub.api.fields import Name, Text, Values
from hub.api.serializers import StrictSerializer


class EndpointInput(StrictSerializer):
    """An address for alerts; what the URL may be is asked for by the service."""

    example = {
        "url": "https://hooks.farwire.example/deepfakes",
        "description": "To the trust and safety queue",
        "topics": ["incident.published", "incident.withdrawn"],
    }

    url = Text(max_length=2048)
    description = Name(max_length=200, required=False, allow_blank=True)
    topics = Values(child=Text(max_length=64), max_items=100, required=False)
