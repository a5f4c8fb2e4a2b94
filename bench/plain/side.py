"""The plain project's side of a measurement: it gives out a token."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token

from bench.conversation import answer
from bench.plain.models import Filing


def token() -> str:
    """A token with which filings can be made, and incidents read."""
    user, _ = User.objects.get_or_create(username="bench")
    found, _ = Token.objects.get_or_create(user=user)
    return str(found.key)


def filed() -> int:
    """Filings on record."""
    return Filing.objects.count()


COMMANDS: Final[dict[str, Any]] = {"token": token, "filed": filed}

if __name__ == "__main__":
    answer(COMMANDS)
