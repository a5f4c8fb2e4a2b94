"""What the tests of sign-in share: people with passwords, and the forms they fill in."""

from __future__ import annotations

import re
from typing import Any

from django.core import mail
from django.test import Client

from accounts.models import Member, User
from accounts.roles import Role
from tests import make

PASSWORD = "a long walk by the sea"
SIGN_IN = "/sign-in/"
WRONG = "do not open an account"
"""Words of the one answer to every sign-in that is refused."""


def person(of: Member | None = None, *, role: str = Role.LEAD, **fields: Any) -> User:
    """Somebody who can sign in with `PASSWORD`."""
    user = make.user(of, role=role, **fields)
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


def sign_in(client: Client, user: User, password: str = PASSWORD, **fields: str) -> Any:
    """Fill in the form as that person."""
    return client.post(SIGN_IN, {"login": user.email, "password": password, **fields})


def signed_in(user: User) -> Client:
    """A browser in which that person has just signed in."""
    client = Client()
    assert sign_in(client, user).status_code == 302
    return client


def link_in_mail(number: int = -1) -> str:
    """The path of the link in a mail that was sent."""
    found = re.search(r"^https?://[^/\s]+(/\S+)$", str(mail.outbox[number].body), re.MULTILINE)
    assert found is not None
    return found[1]
