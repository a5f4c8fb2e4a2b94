"""The installed command `hub`."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from typing import Annotated, Final, TypeVar

import typer

from hub.cli.assets import ensure_or_say
from hub.cli.doctor import print_findings
from hub.cli.errors import LaunchError
from hub.cli.run_with_services import run_with_services
from hub.cli.up import up
from hub.kit.errors import HubError

FAILED: Final = 1
Answer = TypeVar("Answer")

app = typer.Typer(
    help="Runs and checks a hub for sharing deepfake incidents.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
services = typer.Typer(help="Embedded PostgreSQL and Valkey.", no_args_is_help=True)
app.add_typer(services, name="services")


@app.command("up")
def up_command() -> None:
    """Serve a hub at http://127.0.0.1:8000 until Ctrl-C or SIGTERM.

    HUB_HOME and HUB_PORT place it; DATABASE_URL and CELERY_BROKER_URL name services of your own;
    HUB_DEMO=0 leaves the demonstration's incidents out.
    """
    ensure_or_say(os.environ)
    _in_words(lambda: up(os.environ))


@app.command("demo")
def demo_command() -> None:
    """Show incidents travel from company to company on a hub of its own; about 20 seconds.

    Everything is made for it and gone afterwards. Exit code 0 only if all of it happened.
    """
    _in_words(_become_the_demonstration)


@app.command("doctor")
def doctor_command() -> None:
    """Say what is missing or wrong on this machine; exit code 0 when all is well."""
    if not _in_words(lambda: print_findings(os.environ)):
        raise typer.Exit(FAILED)


@services.command("run", context_settings={"ignore_unknown_options": True})
def services_run(
    command: Annotated[list[str], typer.Argument(help="The command, after two hyphens.")],
) -> None:
    """Run a command with throw-away services in DATABASE_URL and CELERY_BROKER_URL.

    What is configured already is used as it is. The exit code is the command's.
    """
    raise typer.Exit(_in_words(lambda: run_with_services(command, environment=os.environ)))


def _become_the_demonstration() -> None:
    """Go on as another program: the demonstration needs packages that a server does without."""
    if importlib.util.find_spec("standardwebhooks") is None:
        raise LaunchError("The demonstration needs more: install requirements/embedded.txt.")
    ensure_or_say(os.environ)
    os.execv(sys.executable, [sys.executable, "-m", "hub.cli.demo"])  # noqa: S606 - no shell


def _in_words(action: Callable[[], Answer]) -> Answer:
    """Do it; what the hub refuses ends the command with its reason and exit code 1."""
    try:
        return action()
    except HubError as error:
        print(error.detail, file=sys.stderr)
        raise typer.Exit(FAILED) from error
