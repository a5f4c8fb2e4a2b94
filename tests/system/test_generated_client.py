"""A client that a program wrote from the OpenAPI document does what its caller wants."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.system.fixtures import StartHub

pytestmark = pytest.mark.system

GENERATOR = Path(sys.executable).with_name("openapi-python-client")
CALLS = """
import json, sys
from hub_client import AuthenticatedClient
from hub_client.api.incidents import (
    incidents_create, incidents_list, incidents_observations_create, incidents_partial_update,
    incidents_publish, incidents_retrieve,
)
from hub_client.models import (
    IncidentInput, IncidentInputTlp, ObservationInput, PatchedIncidentChanges, Problem,
    TargetInput, TargetInputKind,
)

address, token = sys.argv[1:]
with AuthenticatedClient(base_url=address, token=token) as client:
    draft = incidents_create.sync(
        client=client,
        idempotency_key="generated-1",
        body=IncidentInput(
            title="A cloned voice",
            tlp=IncidentInputTlp.GREEN,
            targets=[TargetInput(name="A candidate", kind=TargetInputKind.CANDIDATE)],
        ),
    )
    read = incidents_retrieve.sync_detailed(draft.ref, client=client)
    changed = incidents_partial_update.sync(
        draft.ref,
        client=client,
        if_match=read.headers["ETag"],
        body=PatchedIncidentChanges(summary="Heard in a call."),
    )
    published = incidents_publish.sync(draft.ref, client=client)
    seen = incidents_observations_create.sync(
        draft.ref, client=client, body=ObservationInput(platform="Telephone")
    )
    page = incidents_list.sync(client=client, status="published", limit=1)
    refused = incidents_publish.sync_detailed(draft.ref, client=client)
    assert isinstance(refused.parsed, Problem)
    print(json.dumps({
        "statuses": [draft.status, published.status, refused.status_code],
        "kept": draft.to_dict().items() >= {"title": "A cloned voice", "tlp": "green"}.items(),
        "target": published.targets[0].name,
        "summary": changed.summary,
        "platform": seen.platform,
        "listed": [one.ref == draft.ref for one in page.results],
        "code": refused.parsed.code,
    }))
"""


def test_a_generated_client_files_publishes_and_reads(start_hub: StartHub, tmp_path: Path) -> None:
    hub = start_hub("web")
    address = f"http://127.0.0.1:{hub.port}"
    document = requests.get(f"{address}/api/v1/schema/", timeout=30)
    (tmp_path / "openapi.json").write_bytes(document.content)
    (tmp_path / "config.json").write_text(json.dumps({"post_hooks": []}))

    generated = run(
        *(str(GENERATOR), "generate", "--meta", "none", "--fail-on-warning"),
        *("--path", "openapi.json", "--config", "config.json", "--output-path", "hub_client"),
        folder=tmp_path,
    )
    called = run(sys.executable, "-c", CALLS, address, hub.tokens["filer"], folder=tmp_path)

    assert generated.returncode == 0, generated.stdout + generated.stderr
    assert called.returncode == 0, called.stderr
    assert json.loads(called.stdout) == {
        "statuses": ["draft", "published", 409],
        "kept": True,
        "target": "A candidate",
        "summary": "Heard in a call.",
        "platform": "Telephone",
        "listed": [True],
        "code": "conflict",
    }


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=90
    )
