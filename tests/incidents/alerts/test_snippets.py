"""The lines that are shown beside a new secret take what the hub signs, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hub.kit import signing
from incidents.alerts.snippets import GO, NODE, PYTHON

SECRET = signing.new_secret()
BODY = '{"type":"incident.published","title":"é"}'.encode()


class Case(NamedTuple):
    """A request as a receiver gets it."""

    headers: Mapping[str, str]
    body: bytes


def case(*, age: int = 0, signs: bytes = BODY, before: str = "", body: bytes = BODY) -> Case:
    sent = int(time.time()) - age
    signature = signing.sign(SECRET, message_id="evt_1", timestamp=sent, body=signs)
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(sent)}
    return Case(headers | {"webhook-signature": f"{before}{signature}"}, body)


def in_python(asked: Case, folder: Path) -> bool:
    names: dict[str, Any] = {}
    exec(PYTHON, names)  # noqa: S102 - it is what is tested
    return bool(names["is_from_the_hub"](*asked))


def in_node(asked: Case, folder: Path) -> bool:
    (folder / "verify.mjs").write_text(NODE)
    body = f"Buffer.from({json.dumps(asked.body.hex())}, 'hex')"
    (folder / "run.mjs").write_text(
        'import { isFromTheHub } from "./verify.mjs";\n'
        f"console.log(isFromTheHub({json.dumps(dict(asked.headers))}, {body}));\n"
    )
    return printed(folder, "node", "run.mjs") == "true"


def in_go(asked: Case, folder: Path) -> bool:
    (folder / "verify.go").write_text(GO.replace("package hooks", "package main"))
    quoted = {name: json.dumps(value) for name, value in asked.headers.items()}
    headers = "".join(f'h.Set("{name}", {value})\n' for name, value in quoted.items())
    (folder / "run.go").write_text(
        'package main\nimport ("fmt"; "net/http")\nfunc main() {\nh := http.Header{}\n'
        f"{headers}fmt.Println(IsFromTheHub(h, []byte({json.dumps(asked.body.decode())})))\n}}\n"
    )
    return printed(folder, "go", "run", "run.go", "verify.go") == "true"


def printed(folder: Path, program: str, *arguments: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"There is no {program} on this machine.")
    environment = {**os.environ, "GOCACHE": str(folder / "cache")}
    found = subprocess.run(
        [path, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.strip()


@pytest.mark.parametrize("verify", [in_python, in_node, in_go])
def test_the_lines_take_what_the_hub_signed_and_nothing_else(
    verify: Callable[[Case, Path], bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET", signing.encode_secret(SECRET))
    cases = {
        "as it came": case(),
        "while the secret is rotated": case(before="v1,AAAA "),
        "another body": case(body=BODY + b" "),
        "another signature": case(signs=b"{}"),
        "sent again later": case(age=301),
    }

    taken = [name for name, asked in cases.items() if verify(asked, tmp_path)]

    assert taken == ["as it came", "while the secret is rotated"]
