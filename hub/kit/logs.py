"""How log lines look: one line each, with their data as fields, for people or for machines."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

from hub.kit.requests import request_id

SECRET_WORDS = ("secret", "token", "password", "authorization", "cookie", "signature")
"""A field whose name holds one of these is never written out."""


def with_request_id(
    logger: object, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Add the id of the request being served, the one its answer carries as X-Request-Id."""
    if request_id.get():
        event["request_id"] = request_id.get()
    return event


def without_secrets(
    logger: object, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blank what must not reach a log, whoever passed it."""
    for name in event:
        if any(word in name.lower() for word in SECRET_WORDS):
            event[name] = "(not logged)"
    return event


def configuration(*, form: str, level: str = "INFO") -> dict[str, Any]:
    """Django's LOGGING: to standard error, as `console` or `json`."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        with_request_id,
        without_secrets,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    drop = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    last: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if form == "json"
        else [structlog.dev.ConsoleRenderer(colors=False)]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [drop, *last],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # A 404 or a 400 is an answer, not a fault; what fails is logged as an error.
            "django.request": {"level": "ERROR"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }
