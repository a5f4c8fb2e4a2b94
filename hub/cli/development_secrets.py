"""Secrets of a hub on somebody's own machine: made once in `HUB_HOME/secrets`, then kept."""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import Final

from hub.cli.errors import LaunchError
from hub.cli.home import Home, write_once

KEY_BYTES: Final = 32
"""AES-256."""
SECRET_KEY_CHARACTERS: Final = 50
"""What Django's deployment check asks of SECRET_KEY (security.W009)."""
DEMO_PASSWORD: Final = "demo_password"  # noqa: S105 - the name of its file
"""With it the people of the demonstration sign in."""
DEMO_PASSWORD_BYTES: Final = 8
"""People type it."""
NAMES: Final = (
    "secret_key",
    "encryption_key",
    "postgres_password",
    "broker_password",
    DEMO_PASSWORD,
)


def make_secrets(home: Home) -> None:
    """Make those that are missing. Two makers at once end up with the same ones.

    Raises LaunchError for a file that holds no such secret: an encryption key is never replaced,
    for nobody could read any more what it has encrypted.
    """
    for name in NAMES:
        path = home.secrets / name
        if path.exists() and not path.read_text().strip():
            path.unlink()  # left empty by a crash; nothing can have been encrypted with it
        if not path.exists():
            write_once(path, _new(name) + "\n")
        check_secret(home, name)


def secret(home: Home, name: str) -> str:
    """The text of one secret that `make_secrets` has made."""
    return (home.secrets / name).read_text().strip()


def _new(name: str) -> str:
    if name == "encryption_key":
        return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    if name == DEMO_PASSWORD:
        return secrets.token_hex(DEMO_PASSWORD_BYTES)
    return secrets.token_urlsafe(48 if name == "secret_key" else 24)


def check_secret(home: Home, name: str) -> None:
    """Raise LaunchError, in words, unless the file holds what its name says."""
    text = secret(home, name)
    problem = ""
    if name == "encryption_key" and not _is_key(text):
        problem = f"is not the base64 of {KEY_BYTES} bytes"
    if name == "secret_key" and len(text) < SECRET_KEY_CHARACTERS:
        problem = f"has fewer than {SECRET_KEY_CHARACTERS} characters"
    if problem:
        raise LaunchError(
            f"{home.secrets / name} {problem}. Put the right one back, or delete the file to have "
            "a new one made; what the old one protected cannot be read with a new one."
        )


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == KEY_BYTES
    except binascii.Error:
        return False
