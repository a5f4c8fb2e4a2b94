"""What may be sent of links."""

from __future__ import annotations

from typing import Any

from hub.api.fields import Flag, Text
from hub.api.serializers import StrictSerializer
from incidents.core.inputs import one_of, optional_text
from incidents.crossrefs.answers import EXPLANATION_LENGTH


class LinkInput(StrictSerializer):
    """A link of one incident to another, both by their refs."""

    example = {
        "from": "DF-7K3Q9MXA",
        "to": "DF-2M8VXK4T",
        "type": "same_campaign",
        "explanation": "The same dialler, the same forged number.",
    }

    to = Text(max_length=32)
    type = one_of("crossref_type")
    explanation = optional_text(EXPLANATION_LENGTH, multiline=True)
    show_organisation = Flag(required=False)

    def get_fields(self) -> dict[str, Any]:
        # `from` is no name that Python lets a class give.
        return {"from": Text(max_length=32), **super().get_fields()}
