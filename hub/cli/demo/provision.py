"""Prepares the demonstration's hub: `python -m hub.cli.demo.provision`."""

from __future__ import annotations

import json
import os
from typing import Final

import django

from hub.cli.demo.companies import CAST
from hub.cli.demo_facts import MemberFacts, read_facts
from hub.cli.home import Home, write_atomically
from hub.cli.prepare import prepare
from hub.kit.provisioning import answer_of

TOKENS: Final = "demo_tokens.json"
SCOPES: Final = ("incidents:read", "incidents:write", "feed:read", "webhooks:admin")


def provision(home: Home) -> None:
    """Admit the companies by the operator's commands, and leave their tokens in the home."""
    prepare(demo=False)
    members = {member.slug: member for member in read_facts().members}
    tokens = {slug: _admitted(members[slug]) for slug in CAST}
    write_atomically(home.secrets / TOKENS, json.dumps(tokens))


def _admitted(member: MemberFacts) -> str:
    named = ("--slug", member.slug, "--name", member.name, "--kind", member.kind)
    answer_of("member", "create", *named, *_each("--role", *member.roles))
    token = ("--member", member.slug, "--name", "demonstration", *_each("--scope", *SCOPES))
    return str(answer_of("token", "create", *token)["token"])


def _each(option: str, *values: str) -> list[str]:
    return [word for value in values for word in (option, value)]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.development")
    django.setup()
    provision(Home.of(os.environ))
