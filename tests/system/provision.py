"""Makes a database that hubs of the tests begin with: `python -m tests.system.provision SLUG…`."""

from __future__ import annotations

import json
import os
import sys

import django

from hub.cli.prepare import prepare
from hub.kit.provisioning import answer_of

SCOPES = ("incidents:read", "incidents:write", "feed:read", "webhooks:admin", "members:read")


def provision(slugs: list[str]) -> dict[str, str]:
    """Migrate, and admit organisations; a token of each, by slug."""
    prepare(demo=False)
    for slug in slugs:
        answer_of("member", "create", "--slug", slug, "--name", slug.title())
    return {slug: _token(slug) for slug in slugs}


def _token(slug: str) -> str:
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    return str(answer_of("token", "create", "--member", slug, "--name", "tests", *scopes)["token"])


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.development")
    django.setup()
    sys.stdout.write(json.dumps(provision(sys.argv[1:])))
