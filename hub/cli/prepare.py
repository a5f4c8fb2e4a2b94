"""Brings the database to where the hub's processes can start: `python -m hub.cli.prepare`."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.urls import reverse

from hub.cli.demo_facts import read_facts
from hub.kit.provisioning import answer_of


def prepare(*, demo: bool) -> None:
    """Migrate, load the vocabularies, and index what an earlier release did not.

    With `demo`, load the demonstration into an empty hub, which is one without a member. Run again,
    it changes nothing.
    """
    _migrate()
    answer_of("loadvocabularies")
    answer_of("reindex")
    if demo and not apps.get_model("accounts", "Member").objects.exists():
        _welcome(answer_of("loaddemo", "--token", "--sign-in"))


def _migrate() -> None:
    """As the tables' owner, where another role than the hub's own is configured for that."""
    owner = os.environ.get("DATABASE_OWNER_URL")
    if owner and owner != os.environ.get("DATABASE_URL"):
        # A command of its own: Django's settings name one database address for a process's life.
        command = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
        subprocess.run(command, cwd=settings.BASE_DIR, check=True)
    else:
        call_command("migrate", interactive=False, verbosity=0)


def _welcome(loaded: dict[str, Any]) -> None:
    """Say, this once, what a visitor can begin with."""
    token = loaded["token"]
    print(
        f"Demonstration loaded: {loaded['members']} members, {loaded['groups']} sharing groups, "
        f"{loaded['incidents']} incidents."
    )
    print(
        f"To call the API as {token['member']}, under /api/v1/, send this header; "
        "it is shown this once:"
    )
    print(f"Authorization: Bearer {token['token']}")


def say_how_to_sign_in() -> None:
    """At every start: what it takes stands in this home anyway."""
    address = f"{settings.HUB_BASE_URL}{reverse('account_login')}"
    ours, *others = read_facts().members
    first, *colleagues = ours.addresses
    user = apps.get_model("accounts", "User").objects.filter(email=first, is_active=True).first()
    password = settings.HUB_DEMO_PASSWORD
    if user is not None and password and user.check_password(password):
        print(f"Sign in at {address} as {first} with the password {password}")
        elsewhere = " ".join(other.domains[0] for other in others)
        print(f"The same for {' and '.join(colleagues)}, and for such people at {elsewhere}")
    else:
        print(f"Sign in at {address} as somebody made by: manage.py user create --help")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.development")
    django.setup()
    prepare(demo=os.environ.get("HUB_DEMO") != "0")
    say_how_to_sign_in()
