"""Whatever is sent, the API answers as its document says, and never with a fault of its own."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from typing import Any

import pytest
import requests

from hub.cli.home import CHECKOUT
from tests.system.documented import Asker, Tally, operations_of, strict
from tests.system.fixtures import StartHub
from tests.system.harness import Hub, report
from tests.system.hostile_requests import hostile_requests, raw_answer_status

pytestmark = pytest.mark.system

CSRF = "fuzz" * 8
LIFTED = {"HUB_RATE_LOGIN": "1000000/m"}


def test_the_api_answers_as_its_document_says(start_hub: StartHub, chaos: bool) -> None:
    hub = start_hub("web", **LIFTED)
    address = f"http://127.0.0.1:{hub.port}"
    document = requests.get(f"{address}/api/v1/schema/", timeout=30).json()
    place = laid_out(hub)
    callers = {role: by_session(key) for role, key in place["sessions"].items()}
    callers |= {"token": by_token(hub), "nobody": {}}
    operations = len(operations_of(document))
    number = random.SystemRandom().randrange(2**32)
    tally = Tally()

    for turn, (caller, headers) in enumerate(callers.items()):
        known = requests.get(f"{address}/api/v1/me/", headers=headers, timeout=30)
        assert known.status_code == (401 if caller == "nobody" else 200), f"{caller}: {known.text}"
        asker = Asker(strict(document), address, headers=headers, names=place["names"], tally=tally)
        if chaos:
            asker.ask_all(times=20_000 // (len(callers) * operations * 2) + 5, number=number)
        else:
            asker.ask_once(turn=turn)
        report(f"{caller}: {dict(sorted(tally.statuses.items()))} {list(tally.findings)}")

    report(f"{tally.requests} requests, seed {number if chaos else 'none'}")
    assert tally.findings == {}, hub.what_was_said()
    assert tally.requests >= (20_000 if chaos else 250)
    assert "Traceback" not in hub.log("web").read_text(errors="replace")


def test_hostile_requests_are_refused_in_words(start_hub: StartHub) -> None:
    hub = start_hub("web", **LIFTED)
    names = laid_out(hub)["names"]
    wrong = []

    for request in hostile_requests(names, token=hub.tokens["filer"]):
        status, body = raw_answer_status(hub.port, request.bytes)
        if status not in request.expected:
            wrong.append(f"{request.name} was answered {status}: {body[:300]!r}")

    assert "\n".join(wrong) == ""
    assert "Traceback" not in hub.log("web").read_text(errors="replace")


def laid_out(hub: Hub) -> Any:
    finished = subprocess.run(
        [sys.executable, "-m", "tests.system.in_django", "tests.system.fuzz_place", "filer"],
        cwd=CHECKOUT,
        env=hub.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def by_session(key: str) -> dict[str, str]:
    return {"Cookie": f"sessionid={key}; csrftoken={CSRF}", "X-CSRFToken": CSRF}


def by_token(hub: Hub) -> dict[str, str]:
    return {"Authorization": f"Bearer {hub.tokens['filer']}"}
