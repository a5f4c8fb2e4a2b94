"""The provisioning commands: one JSON value on standard output, or an error in words."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.authentication import live_token
from accounts.models import Member, User

pytestmark = pytest.mark.django_db


def run(*words: str) -> Any:
    out = StringIO()
    call_command(*words, stdout=out)
    return json.loads(out.getvalue())


def test_members_people_and_tokens_are_made_from_the_command_line() -> None:
    member = run(
        "member", "create", "--slug", "acme", "--name", "Acme", "--kind", "member",
        "--domain", "acme.example", "--role", "telecom", "--role", "messaging",
    )  # fmt: skip
    user = run("user", "create", "--email", "a@acme.example", "--member", "acme", "--role", "lead")
    token = run(
        "token", "create", "--member", "acme", "--name", "ci",
        "--scope", "incidents:read", "--scope", "feed:read",
    )  # fmt: skip

    stored = Member.objects.get(slug="acme")
    assert (member["id"], member["in_community"]) == (str(stored.pk), True)
    assert (stored.domains, stored.roles) == (["acme.example"], ["telecom", "messaging"])
    assert User.objects.get(pk=user["id"]).member == stored
    found = live_token(token["token"], address="")
    assert found is not None
    assert (found.member, found.scopes) == (stored, ["incidents:read", "feed:read"])


def test_a_fact_checker_is_admitted_to_the_community_by_a_flag() -> None:
    words = ("member", "create", "--name", "Checkers", "--kind", "fact_checker", "--slug")

    assert run(*words, "outside")["in_community"] is False
    assert run(*words, "inside", "--in-community")["in_community"] is True


def test_what_cannot_be_done_is_said_in_words() -> None:
    with pytest.raises(CommandError, match="There is no member 'nobody'"):
        run("token", "create", "--member", "nobody", "--name", "x", "--scope", "lookup")
    with pytest.raises(CommandError, match="invalid choice: 'everything'"):
        run("token", "create", "--member", "x", "--name", "x", "--scope", "everything")
    with pytest.raises(CommandError, match="--slug"):
        run("member", "create", "--name", "x")
