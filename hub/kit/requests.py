"""What the code that serves one request knows of it without being told."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

request_id: Final[ContextVar[str]] = ContextVar("request_id", default="")
"""Id of the request being served, as logs, audit entries and `X-Request-Id` say it; else empty."""
