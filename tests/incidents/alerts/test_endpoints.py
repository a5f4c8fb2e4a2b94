"""The life of endpoints, from services and from the command line."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from prometheus_client import REGISTRY

from accounts.models import Member
from hub.audit.models import AuditEntry
from hub.audit.services import THE_HUB
from hub.kit import crypto, signing
from hub.kit.errors import Absent, Conflict, InvalidInput
from hub.outbox.models import Event
from incidents.alerts.models import Endpoint
from incidents.alerts.services import endpoints
from tests import alerting, make

pytestmark = pytest.mark.django_db

URL = "https://hooks.example.com/alerts"


def test_an_endpoint_is_made_with_a_secret_that_is_stored_encrypted(birch: Member) -> None:
    made = endpoints.create_endpoint(
        member_id=birch.pk, url=URL, topics=["member.left", "member.left"], description="ours"
    )

    stored = Endpoint.objects.get()
    assert (stored.url, stored.topics, stored.description) == (URL, ["member.left"], "ours")
    assert (stored.state, stored.sequence) == ("active", 0)
    context = f"alerts_endpoint:secret:{stored.pk}"
    decrypted = crypto.decrypt(bytes(stored.secret), context=context)
    assert signing.encode_secret(decrypted) == made.secret
    assert made.endpoint.created_at == stored.created_at
    entry = AuditEntry.objects.get(action="endpoint.create")
    assert (entry.objects_named, entry.detail) == ([str(stored.pk)], {"url": URL})


def test_every_error_is_found_at_its_pointer_and_nothing_is_saved(birch: Member) -> None:
    with pytest.raises(InvalidInput) as refusal:
        endpoints.create_endpoint(
            member_id=birch.pk, url="http://10.0.0.1/", topics=["member.left", "weather"]
        )

    pointers = [(error.pointer, error.code) for error in refusal.value.errors]
    assert pointers == [("/url", "address_not_public"), ("/topics/1", "unknown_value")]
    assert "incident.published" in refusal.value.errors[1].detail
    assert Endpoint.objects.exists() is False


def test_equal_urls_are_allowed_and_five_hundred_endpoints(
    birch: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert endpoints.MAX_ENDPOINTS == 500
    monkeypatch.setattr(endpoints, "MAX_ENDPOINTS", 2)
    first = endpoints.create_endpoint(member_id=birch.pk, url=URL)
    endpoints.create_endpoint(member_id=birch.pk, url=URL)

    with pytest.raises(Conflict, match="at most 2"):
        endpoints.create_endpoint(member_id=birch.pk, url=URL)
    endpoints.delete_endpoint(endpoint_id=first.endpoint.pk, by=THE_HUB)
    endpoints.create_endpoint(member_id=birch.pk, url=URL)

    assert Endpoint.objects.existing().count() == 2


def test_changes_are_saved_and_noted_by_name(birch: Member) -> None:
    hook = alerting.endpoint(birch)
    later = endpoints.update_endpoint(
        endpoint_id=hook.pk, changes={"url": URL, "topics": []}, by=THE_HUB
    )

    stored = Endpoint.objects.get()
    assert (stored.url, stored.updated_at) == (URL, later.updated_at)
    assert stored.updated_at > hook.updated_at
    assert AuditEntry.objects.get(action="endpoint.update").detail == {"fields": ["url"]}


def test_changing_nothing_notes_nothing(birch: Member) -> None:
    hook = alerting.endpoint(birch)
    same = endpoints.update_endpoint(endpoint_id=hook.pk, changes={"url": hook.url}, by=THE_HUB)

    assert same.updated_at == hook.updated_at
    assert AuditEntry.objects.filter(action="endpoint.update").exists() is False


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://localhost/"},
        {"topics": ["weather"]},
        {"url": URL, "description": "a\x1bb"},
        {"url": URL, "description": "a\u202eb"},
    ],
)
def test_a_bad_change_changes_nothing(birch: Member, change: dict[str, Any]) -> None:
    hook = alerting.endpoint(birch)
    with pytest.raises(InvalidInput):
        endpoints.update_endpoint(endpoint_id=hook.pk, changes=change, by=THE_HUB)

    stored = Endpoint.objects.get()
    assert (stored.url, stored.topics) == (hook.url, [])


def test_what_was_deleted_is_absent(birch: Member) -> None:
    hook = alerting.endpoint(birch)
    endpoints.delete_endpoint(endpoint_id=hook.pk, by=THE_HUB)

    with pytest.raises(Absent):
        endpoints.delete_endpoint(endpoint_id=hook.pk, by=THE_HUB)
    with pytest.raises(Absent):
        endpoints.update_endpoint(endpoint_id=hook.pk, changes={"url": URL}, by=THE_HUB)
    with pytest.raises(Absent):
        endpoints.enable_endpoint(endpoint_id=hook.pk, send_waiting=True, by=THE_HUB)
    assert list(Endpoint.objects.visible_to(make.system(birch))) == []


def test_disabling_twice_is_told_once_and_enabling_an_active_one_changes_nothing(
    birch: Member,
) -> None:
    hook = alerting.endpoint(birch)
    for _ in range(2):
        endpoints.disable_endpoint(endpoint_id=hook.pk, reason="It answered 410 Gone.")
    assert Event.objects.filter(topic="endpoint.disabled").count() == 1

    for _ in range(2):
        enabled = endpoints.enable_endpoint(endpoint_id=hook.pk, send_waiting=True, by=THE_HUB)

    assert (enabled.state, enabled.state_reason) == ("active", "")
    assert AuditEntry.objects.filter(action="endpoint.enable").count() == 1


# The command line -------------------------------------------------------------------------------


def run(*words: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command(*words, stdout=out)
    printed: dict[str, Any] = json.loads(out.getvalue())
    return printed


def test_the_command_makes_an_endpoint_and_prints_its_secret(birch: Member) -> None:
    printed = run(
        "endpoint", "create", "--member", "birch", "--url", URL,
        "--topic", "incident.published", "--topic", "incident.withdrawn",
    )  # fmt: skip

    hook = Endpoint.objects.get()
    assert printed["id"] == str(hook.pk)
    assert printed["secret"].startswith("whsec_")
    assert hook.topics == ["incident.published", "incident.withdrawn"]
    assert hook.member == birch


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--member", "cedar", "--url", URL], "member create --slug cedar"),
        (["--member", "birch", "--url", "ftp://example.com/"], "https://"),
        (["--member", "birch", "--url", URL, "--topic", "x"], "incident.published"),
    ],
)
def test_the_command_says_what_would_be_right(birch: Member, words: list[str], hint: str) -> None:
    with pytest.raises(CommandError, match=hint):
        run("endpoint", "create", *words)

    assert Endpoint.objects.exists() is False


def test_the_balance_can_be_asked_for_from_the_command_line_and_by_prometheus(
    birch: Member,
) -> None:
    alerting.endpoint(birch)
    make.incident(make.member())
    alerting.fan_out_all()
    make.incident(make.member())

    printed = run("alerts", "balance")

    assert printed["is_even"] is True
    assert (printed["fan_outs_waiting"], printed["emitted"]) == (1, 1)
    assert printed["states"]["pending"] == 1
    assert REGISTRY.get_sample_value("hub_fan_outs_waiting") == 1
    assert REGISTRY.get_sample_value("hub_alerts_emitted") == 1
    assert REGISTRY.get_sample_value("hub_alerts", {"state": "pending"}) == 1
