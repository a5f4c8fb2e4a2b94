"""Requests thought up by hand, as bytes: what no client library would send."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

PREFIX = "/api/v1"
PATIENCE_SECONDS = 15.0
REFUSED = frozenset(range(400, 500))
MEGABYTE = 1024 * 1024
WRONG_TYPES = (
    b'{"title":{},"tlp":[],"audiences":{},"targets":"x","created":[],"tags":{"a":1},'
    b'"references":[1],"fingerprints":[[]],"observations":[null],"publish":"true"}'
)


@dataclass(frozen=True)
class Hostile:
    """One request, and the statuses with which it may be answered."""

    name: str
    bytes: bytes
    expected: Collection[int]


def hostile_requests(names: Mapping[str, Sequence[str]], *, token: str) -> Iterator[Hostile]:
    """All of them, by the holder of a token."""
    by = f"Authorization: Bearer {token}\r\n"
    ref = names["ref"][0]
    yield from _bodies(by, ref)
    yield from _headers(by, token)
    yield from _methods(by, ref)
    yield from _paths(by, names)
    yield from _queries(by)
    yield from _lines()


def raw_answer_status(port: int, sent: bytes) -> tuple[int, bytes]:
    """Status and body of the answer; 0 when the connection ends without one."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as connection:
        # A server that has refused may close before it has read all.
        with contextlib.suppress(OSError):
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        received = b""
        with contextlib.suppress(OSError):
            while part := connection.recv(65536):
                received += part
    head, _, body = received.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    return (int(words[1]) if len(words) > 1 else 0), body


def _request(
    line: str, headers: str, body: bytes = b"", *, media_type: str = "application/json"
) -> bytes:
    sized = f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n" if body else ""
    head = f"{line} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}{sized}\r\n"
    return head.encode("latin-1") + body


def _bodies(by: str, ref: str) -> Iterator[Hostile]:
    deep = b'{"title":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    bodies: dict[str, tuple[bytes, Collection[int]]] = {
        "deep lists": (deep, {400}),
        "deep objects": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, {400}),
        "33 levels": (b'{"targets":' + b"[" * 33 + b"]" * 33 + b"}", {400}),
        "key twice": (b'{"title":"a","title":"b"}', {400}),
        "key twice by an escape": (b'{"title":"a","\\u0074itle":"b"}', {400}),
        "lone surrogate": (b'{"title":"\\ud800"}', {400}),
        "reversed surrogates": (b'{"title":"\\udc00\\ud800"}', {400}),
        "surrogate in UTF-8": (b'{"title":"\xed\xa0\x80"}', {400}),
        "surrogate in a key": (b'{"\\ud800":1}', {400}),
        "U+0000": (b'{"title":"a\\u0000b"}', {400}),
        "raw U+0000": (b'{"title":"a\x00b"}', {400}),
        "broken UTF-8": (b'{"title":"\xff\xfe"}', {400}),
        "overlong UTF-8": (b'{"title":"\xc0\xaf"}', {400}),
        "UTF-16": ('{"title":"a"}'.encode("utf-16"), {400}),
        "byte order mark": (b'\xef\xbb\xbf{"title":"a"}', {400}),
        "huge exponent": (b'{"title":1e999999}', {400}),
        "a million digits": (b'{"title":' + b"9" * 1_000_000 + b"}", {400}),
        "minus a million digits": (b'{"title":-' + b"9" * 1_000_000 + b"}", {400}),
        "a million decimals": (b'{"title":0.' + b"9" * 1_000_000 + b"}", {400}),
        "2**63": (b'{"observations":[{"platform":"x","reach":{"views":%d}}]}' % 2**63, {400}),
        "NaN": (b'{"title":NaN}', {400}),
        "Infinity": (b'{"title":-Infinity}', {400}),
        "nothing but a quote": (b'"', {400}),
        "null": (b"null", {400}),
        "true": (b"true", {400}),
        "a number": (b"0", {400}),
        "a list": (b"[]", {400}),
        "an empty object": (b"{}", {400}),
        "two documents": (b'{"title":"a"}{"title":"b"}', {400}),
        "comment": (b'{"title":"a"/**/}', {400}),
        "100,000 unknown members": (
            json.dumps({f"m{i}": i for i in range(50_000)}).encode(),
            {400},
        ),
        "above 1 MiB": (b'{"title":"' + b"a" * MEGABYTE + b'"}', {413}),
        "other types everywhere": (WRONG_TYPES, {400}),
        "direction marks and private use": ('{"title":"a\u202e\ue000\U0010ffff"}'.encode(), {201}),
        "only what nobody sees": ('{"title":"\u200b\u200b"}'.encode(), {400}),
        "__proto__": (b'{"__proto__":{"title":"a"},"constructor":1}', {400}),
        "a tag of 400 quotes": (
            json.dumps({"title": "a", "tags": ['tag:"' + '\\"' * 300 + '"']}).encode(),
            {400},
        ),
        "a URL of a bidirectional host": (
            json.dumps(
                {"title": "a", "references": [{"url": "https://\u202egro.elpmaxe/"}]}
            ).encode(),
            {400},
        ),
        "moments out of time": (
            b'{"title":"a","created":{"at":"9999-12-31T23:59:59-23:59","precision":"day"}}',
            {400},
        ),
    }
    for name, (body, expected) in bodies.items():
        sent = _request(f"POST {PREFIX}/incidents/", by, body)
        yield Hostile(f"body: {name}", sent, expected)
        tagged = _request(f"PUT {PREFIX}/incidents/{ref}/tags/", by + "If-Match: *\r\n", body)
        yield Hostile(f"tags: {name}", tagged, {*expected, 400, 200} - {201})
        hook = _request(f"POST {PREFIX}/endpoints/", by, body)
        yield Hostile(f"endpoint: {name}", hook, {*expected, 400} - {201})


def _headers(by: str, token: str) -> Iterator[Hostile]:
    body = b'{"title":"a"}'
    types = {
        "text/plain": 415,
        "application/x-www-form-urlencoded": 415,
        "multipart/form-data; boundary=x": 415,
        "multipart/form-data": 415,
        "application/json; charset=utf-16": 415,
        "application/json; charset*=x''y": 415,
        "application/merge-patch+json": 415,
        "application/json;" + "a=b;" * 500: 201,
        ";;;": 415,
        "\xff": 415,
    }
    for media_type, status in types.items():
        sent = _request(f"POST {PREFIX}/incidents/", by, body, media_type=media_type)
        yield Hostile(f"content type: {media_type[:60]}", sent, {status, 415})
    key = f"{PREFIX}/incidents/"
    for name, headers, expected in (
        ("no key", "Idempotency-Key:\r\n", {400}),
        ("key with a blank", "Idempotency-Key: a b\r\n", {400}),
        ("key in Latin-1", "Idempotency-Key: \xe9\r\n", {400}),
        ("long key", f"Idempotency-Key: {'k' * 256}\r\n", {400}),
        ("key of 5,000", f"Idempotency-Key: {'k' * 5000}\r\n", {400}),
    ):
        yield Hostile(name, _request(f"POST {key}", by + headers, body), expected)
    read = f"GET {PREFIX}/me/"
    for name, headers, expected in (
        ("basic", "Authorization: Basic YTpi\r\n", {401}),
        ("bearer of nothing", "Authorization: Bearer\r\n", {401}),
        ("two tokens", f"Authorization: Bearer {token} {token}\r\n", {401}),
        ("long token", f"Authorization: Bearer dfh_{'a' * 7000}\r\n", {401}),
        ("token in Latin-1", "Authorization: Bearer dfh_\xff\xfe\r\n", {401}),
        ("token cut short", f"Authorization: Bearer {token[:-1]}\r\n", {401}),
        ("a session of nobody", "Cookie: sessionid=" + "z" * 32 + "\r\n", {401}),
        ("a session of U+0000", "Cookie: sessionid=%00\r\n", {401}),
        ("a broken cookie", 'Cookie: ;;;=;"\\\r\n', {401}),
        ("a cookie of 7,000", "Cookie: sessionid=" + "a" * 7000 + "\r\n", {401}),
        ("accepts nothing", by + "Accept: ,;q=,\r\n", {406, 200}),
        ("accepts pictures", by + "Accept: image/*\r\n", {406}),
        ("accepts with q=NaN", by + "Accept: application/json;q=NaN\r\n", {200, 406}),
        ("long Accept", by + "Accept: " + "a/b," * 1800 + "\r\n", {406}),
        ("broken If-None-Match", by + 'If-None-Match: "\xff, W/", *\r\n', {200}),
        ("a foreign host", by + "X-Forwarded-Host: evil.example\r\n", {200}),
        ("a forwarded scheme", by + "X-Forwarded-Proto: gopher\r\n", {200}),
        ("a method beside the method", by + "X-HTTP-Method-Override: DELETE\r\n", {200}),
        ("range", by + "Range: bytes=0-0,5-\r\n", {200}),
        ("expectation", by + "Expect: 200-ok\r\n", {200, 400, 417}),
        ("upgrade", by + "Upgrade: h2c\r\nHTTP2-Settings: AAAA\r\n", {200}),
        ("date", by + "If-Modified-Since: yesterday\r\n", {200}),
        ("language", by + "Accept-Language: " + "x-" * 1000 + "\r\n", {200}),
        ("a session and a token", by + "Cookie: sessionid=" + "z" * 32 + "\r\n", {200}),
    ):
        yield Hostile(name, _request(read, headers), expected)
    host = f"{read} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n{by}\r\n"
    yield Hostile("Host of somebody else", host.encode("latin-1"), {400})
    odd = f"{read} HTTP/1.1\r\nHost: [::1\r\nConnection: close\r\n{by}\r\n"
    yield Hostile("broken Host", odd.encode("latin-1"), {400})


def _methods(by: str, ref: str) -> Iterator[Hostile]:
    paths = ("/incidents/", f"/incidents/{ref}/", "/me/", "/schema/", "/docs/", "/endpoints/")
    for path in paths:
        for method in ("TRACE", "OPTIONS", "CONNECT", "PROPFIND", "get", "LINK", "LONG" * 5):
            sent = _request(f"{method} {PREFIX}{path}", by)
            yield Hostile(f"{method} {path}", sent, {400, 405})
        yield Hostile(f"HEAD {path}", _request(f"HEAD {PREFIX}{path}", by), {200})
    for method in ("GET", "DELETE"):
        sent = _request(f"{method} {PREFIX}/incidents/{ref}/publish/", by, b"{")
        yield Hostile(f"{method} of an action", sent, {405})
    yield Hostile("GET with a body", _request(f"GET {PREFIX}/me/", by, b"{" * 5000), {200})


def _paths(by: str, names: Mapping[str, Sequence[str]]) -> Iterator[Hostile]:
    keys = (
        "%00", "%0a", "%ff", "%c0%af", "%ed%a0%80", "..", "%2e%2e", "%2f", "%252f", "a" * 3000,
        "%F0%9F%98%80", "0", "-1", "null", "{ref}", "'", "%27%20OR%201=1--", "%E2%80%AE", "*",
        "00000000-0000-0000-0000-000000000000", "1e400", ";", "%3Bjsessionid=1", "DF-00000000",
        names["ref"][0].lower() + "%20", names["id"][0].upper() + "%00", "+", "%", "%zz",
    )  # fmt: skip
    places = (
        "/incidents/{}/", "/incidents/{}/history/", "/incidents/{}/observations/", "/endpoints/{}/",
        "/endpoints/{}/deliveries/", "/sharing-groups/{}/", "/members/{}/", "/vocabularies/{}/",
        f"/incidents/{names['ref'][0]}/observations/{{}}/", "/{}/", "/incidents/{}",
    )  # fmt: skip
    for place in places:
        for key in keys:
            sent = _request(f"GET {PREFIX}{place.replace('{}', key)}", by)
            yield Hostile(f"GET {place} of {key[:40]}", sent, {400, 404})
    for path in (
        "//api/v1/me/", "/api/v1//me/", "/api/v1/me", "/api/v1/me//", "/api/v1/./me/",
        "/api/v1/me/..", "/API/V1/ME/", "/api/v2/me/", "/api/v1/", "/api/", "*",
        "/static/../hub/settings/base.py", "/static/..%2f..%2fmanage.py", "/static//etc/passwd",
        "/static/%00", "/static/" + "a" * 3000, "/static/api", "/static/",
    ):  # fmt: skip
        yield Hostile(f"GET {path[:60]}", _request(f"GET {path}", by), {400, 404})
    absolute = _request("GET http://evil.example/api/v1/me/", by)
    yield Hostile("absolute form", absolute, {200, 400})


def _queries(by: str) -> Iterator[Hostile]:
    cursors = ("", "%00", "a", "lA" * 500, "%ff%fe", "eyJhIjoxfQ", "-", "AAAA" * 20, "%F0%9F%98%80")
    lists = ("incidents", "endpoints", "members", "sharing-groups", "elections")
    for name in lists:
        for cursor in cursors:
            sent = _request(f"GET {PREFIX}/{name}/?cursor={cursor}", by)
            yield Hostile(f"cursor of {name}: {cursor[:20]}", sent, {400})
        for limit in (
            "0",
            "-1",
            "201",
            "1e2",
            "%D9%A1",
            "9" * 3000,
            "",
            "0x10",
            "1.0",
            "+1",
            "%00",
        ):
            sent = _request(f"GET {PREFIX}/{name}/?limit={limit}", by)
            yield Hostile(f"limit of {name}: {limit[:20]}", sent, {400})
    for query, expected in (
        ("limit=1&limit=2", {400}),
        ("limit=1&LIMIT=2", {400}),
        ("statis=draft", {400}),
        ("status=", {200, 400}),
        ("status=%00", {400}),
        ("status=%ff", {400}),
        ("status=" + "draft," * 600, {200, 400}),
        ("status=" + "draft," * 900, {414}),
        ("owner=" + ",".join(f"m{i}" for i in range(600)), {200, 400}),
        ("owner=%27%3B%20DROP%20TABLE%20x--", {200, 400}),
        ("severity[$ne]=high", {400}),
        ("ordering=title", {400}),
        ("ordering=--updated_at", {400}),
        ("ordering=updated_at,-published_at", {400}),
        ("ordering=owner__users__password", {400}),
        ("&&&&", {200}),
        ("=" * 200, {200, 400}),
        ("a=" * 2000, {400}),
        ("&".join(f"p{i}=1" for i in range(500)), {400}),
        ("format=xml", {400}),
        ("_method=DELETE", {400}),
        ("q=%F0%9F%98%80%00", {400}),
    ):
        sent = _request(f"GET {PREFIX}/incidents/?{query}", by)
        yield Hostile(f"query: {query[:40]}", sent, expected)
    for query in (
        "after=%00",
        "after=evt_",
        "after=evt_" + "0" * 26,
        "topics=%00",
        "own=1",
        "limit=0",
    ):
        yield Hostile(f"feed: {query}", _request(f"GET {PREFIX}/events/?{query}", by), {400})
    giant = _request(f"GET {PREFIX}/incidents/?owner={'a' * 100_000}", by)
    yield Hostile("giant query", giant, {0, 414})


def _lines() -> Iterator[Hostile]:
    """What the server must refuse before the hub sees it; or it hangs up."""
    refused = {0, *REFUSED}
    get, post = b"GET /api/v1/schema/", b"POST /api/v1/incidents/"
    tail = b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    lengths = {
        "an unknown coding": b"Transfer-Encoding: rot13\r\n\r\n",
        "a known coding within an unknown": b"Transfer-Encoding: rot13, chunked\r\n\r\n0\r\n\r\n",
        "two lengths": b"Content-Length: 1\r\nContent-Length: 2\r\n\r\na",
        "a length of letters": b"Content-Length: x\r\n\r\n",
        "a negative length": b"Content-Length: -1\r\n\r\n",
        "length and chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "chunks that end early": b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        "a chunk of no size": b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
        "a chunk of endless size": b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\nab",
    }
    headers = {
        "a header of 100 kB": b"X: " + b"a" * 100_000,
        "1,000 headers": b"\r\n".join(b"X-%d: a" % number for number in range(1000)),
        "a folded header": b"X: a\r\n b",
        "a header without a name": b": a",
        "U+0000 in a header": b"X: a\x00b",
        "a bare carriage return": b"X: a\rb",
    }
    lines = {
        "no line": b"\r\n\r\n",
        "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        "no version": get + b"\r\n\r\n",
        "version 9.9": get + b" HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
    }
    for name, rest in lengths.items():
        yield Hostile(f"line: {name}", post + tail + rest, refused)
    for name, header in headers.items():
        yield Hostile(f"line: {name}", get + tail + header + b"\r\n\r\n", refused)
    for name, sent in lines.items():
        yield Hostile(f"line: {name}", sent, refused)
