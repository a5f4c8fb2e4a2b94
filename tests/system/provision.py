"""Makes a database that hubs of the tests begin with.

`python -m tests.system.provision NAME…`, the names being slugs and, as ROLE@SLUG, people.
"""

from __future__ import annotations

import json
import os
import sys

import django

from hub.cli.prepare import prepare
from hub.kit.provisioning import answer_of

SCOPES = ("incidents:read", "incidents:write", "feed:read", "webhooks:admin", "members:read")


PASSWORD = "a long walk by the sea"
"""Of all people."""


def provision(names: list[str]) -> dict[str, str]:
    """Migrate, and admit organisations and people; a token of each organisation, by slug."""
    prepare(demo=False)
    slugs = [name for name in names if "@" not in name]
    for slug in slugs:
        answer_of("member", "create", "--slug", slug, "--name", slug.title())
    for name in names:
        if name not in slugs:
            _admit(name)
    return {slug: _token(slug) for slug in slugs}


def _admit(name: str) -> None:
    role, _, slug = name.partition("@")
    words = ["--email", f"{name}.example", "--member", slug, "--role", role]
    answer_of("user", "create", *words, "--password", PASSWORD)


def _token(slug: str) -> str:
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    return str(answer_of("token", "create", "--member", slug, "--name", "tests", *scopes)["token"])


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.development")
    django.setup()
    sys.stdout.write(json.dumps(provision(sys.argv[1:])))
