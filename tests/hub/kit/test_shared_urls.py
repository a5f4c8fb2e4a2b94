"""A list of tricks kept beside the checkout reaches nothing but public addresses."""

from __future__ import annotations

from pathlib import Path

from hub.kit.errors import InvalidInput
from hub.kit.webhook_urls import parse_webhook_url
from tests import receivers, shared_data
from tests.posting import PUBLIC, Detour, StubResolver, post_by_detour


def test_every_refusal_and_no_other_of_the_shared_list() -> None:
    urls = shared_data.load_json("ssrf/ssrf_urls.json")
    decided_by_dns = {
        case["url"] for case in urls["refused"] if case["category"] == "DNS / redirect"
    }

    taken = {case["url"] for case in urls["refused"] if accepted_outside(case["url"])}
    refused = [case["url"] for case in urls["allowed"] if not accepted_outside(case["url"])]

    assert taken == decided_by_dns
    assert refused == []


def accepted_outside(url: str) -> bool:
    try:
        parse_webhook_url(url, allow=[])
    except InvalidInput:
        return False
    return True


def test_the_shared_list_of_urls_reaches_public_addresses_only(
    detour: Detour, tmp_path: Path
) -> None:
    urls = shared_data.load_json("ssrf/ssrf_urls.json")
    redirecting = [case["url"] for case in urls["refused"] if "redirects_to" in case]
    trust = receivers.make_trust(tmp_path, "*.member-b.example")
    redirect = b"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"

    answers = {
        case["url"]: post_by_detour(
            case["url"],
            StubResolver([case.get("resolves_to", ["127.0.0.1"])]),
            detour=detour,
            trust=trust,
            script=receivers.answering(redirect),
        )[0]
        for case in urls["refused"]
    }

    assert [url for url, answer in answers.items() if answer.succeeded] == []
    assert [url for url, answer in answers.items() if answer.status == 302] == redirecting
    assert detour.wanted == [[(PUBLIC, 443)]] * len(redirecting)


def test_the_shared_list_of_urls_refuses_no_public_receiver(detour: Detour, tmp_path: Path) -> None:
    urls = shared_data.load_json("ssrf/ssrf_urls.json")
    names = ["*.member-a.example", "*.member-c.example", "*.member-d.example", "*.member-e.example"]
    exact = ["a.b.c.d.member-d.example", "example.com", "example.org", "xn--bcher-kva.example"]
    trust = receivers.make_trust(tmp_path, *names, *exact, addresses=(PUBLIC,))

    answers = {
        case["url"]: post_by_detour(
            case["url"],
            StubResolver([case.get("resolves_to", [])]),
            detour=detour,
            trust=trust,
        )[0]
        for case in urls["allowed"]
    }

    assert [(url, a.error) for url, a in answers.items() if not a.succeeded] == []
    assert len(detour.wanted) == len(urls["allowed"])
