"""The AsyncAPI 3.0 document of alerts: what is posted to receivers, and what the feed answers."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

from accounts.models import TokenScope
from hub.api.json_schemas import COMPONENTS, Schema, closed
from hub.api.pagination import MAX_LIMIT
from incidents.alerts.schemas import alert_schemas

FEED: Final = "/api/v1/events/"
BINDING: Final = "0.3.0"
"""Of the HTTP bindings for AsyncAPI."""

_HEADERS: Final[Schema] = {
    "type": "object",
    "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
    "properties": {
        "webhook-id": {
            "type": "string",
            "pattern": "^evt_[0-9a-f]{32}$",
            "description": "The event, the same at every attempt",
        },
        "webhook-timestamp": {
            "type": "string",
            "pattern": "^[0-9]+$",
            "description": "Seconds since 1970, of this attempt",
        },
        "webhook-signature": {
            "type": "string",
            "pattern": "^v1,[A-Za-z0-9+/]+=*( v1,[A-Za-z0-9+/]+=*)*$",
            "description": "v1, and base64 of HMAC-SHA-256 over id.timestamp.body",
        },
    },
}
_TEXT: Final[Schema] = {"type": "string"}


def asyncapi_document() -> dict[str, Any]:
    """The same for everybody: nothing in it depends on what the hub holds."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Alerts of the deepfake incident-sharing hub",
            "version": "1",
            "description": "Signed webhooks as Standard Webhooks 1.0 has them, and a pull feed of "
            "the same events.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "receiver": {
                "host": "{host}",
                "protocol": "https",
                "description": "Where the url of an endpoint leads",
                "variables": {"host": {"description": "A public name or address"}},
            },
            "hub": _hub(),
        },
        "channels": {"webhooks": _webhooks(), "feed": _feed()},
        "operations": _operations(),
        "components": {
            "schemas": _schemas(),
            "messages": _messages(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": f"A token with the scope {TokenScope.FEED_READ.value}",
                }
            },
        },
    }


def _hub() -> dict[str, Any]:
    address = urlsplit(settings.HUB_BASE_URL)
    return {"host": address.netloc, "protocol": address.scheme, "description": "This hub"}


def _webhooks() -> dict[str, Any]:
    return {
        "address": None,
        "title": "Webhooks",
        "description": "Posted to every endpoint that wants the topic and may be told of it.",
        "servers": [{"$ref": "#/servers/receiver"}],
        "messages": {
            topic: {"$ref": f"#/components/messages/{topic}"} for topic in alert_schemas().webhooks
        },
    }


def _feed() -> dict[str, Any]:
    return {
        "address": FEED,
        "title": "Pull feed",
        "description": "The same events for those who ask, oldest first, as things are now.",
        "servers": [{"$ref": "#/servers/hub"}],
        "messages": {
            "pull": {"$ref": "#/components/messages/pull"},
            "page": {"$ref": "#/components/messages/page"},
        },
    }


def _operations() -> dict[str, Any]:
    query = {
        "after": {**_TEXT, "description": "A cursor, or the id of an event that was received"},
        "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT},
        "topics": {**_TEXT, "description": "Only these, several by comma"},
        "own": {**_TEXT, "enum": ["true", "false"]},
    }
    return {
        "postWebhook": {
            "action": "send",
            "channel": {"$ref": "#/channels/webhooks"},
            "summary": "Post an alert; any answer of 2xx within 15 seconds takes it.",
            "bindings": {"http": {"method": "POST", "bindingVersion": BINDING}},
        },
        "pullFeed": {
            "action": "receive",
            "channel": {"$ref": "#/channels/feed"},
            "summary": "Answer with the next events after a cursor.",
            "security": [{"$ref": "#/components/securitySchemes/token"}],
            "bindings": {
                "http": {
                    "method": "GET",
                    "query": {"type": "object", "properties": query},
                    "bindingVersion": BINDING,
                }
            },
            "messages": [{"$ref": "#/channels/feed/messages/pull"}],
            "reply": {
                "channel": {"$ref": "#/channels/feed"},
                "messages": [{"$ref": "#/channels/feed/messages/page"}],
            },
        },
    }


def _schemas() -> dict[str, Schema]:
    made = alert_schemas()
    return {
        **made.definitions.schemas,
        **{f"webhook.{topic}": schema for topic, schema in made.webhooks.items()},
        **{f"item.{topic}": schema for topic, schema in made.items.items()},
    }


def _messages() -> dict[str, Any]:
    topics = alert_schemas().webhooks
    items = {"anyOf": [{"$ref": f"{COMPONENTS}item.{topic}"} for topic in topics]}
    page = closed({"results": {"type": "array", "items": items}, "cursor": _TEXT})
    return {
        **{topic: _webhook_message(topic) for topic in topics},
        "pull": {"name": "pull", "title": "A request without a body"},
        "page": {"name": "page", "title": "Some events, oldest first", "payload": page},
    }


def _webhook_message(topic: str) -> dict[str, Any]:
    return {
        "name": topic,
        "title": topic,
        "headers": _HEADERS,
        "payload": {"$ref": f"{COMPONENTS}webhook.{topic}"},
    }
