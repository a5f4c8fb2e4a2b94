"""A webhook URL has one reading, and leads to the public internet or where the operator allows."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from hub.kit.errors import FieldError, InvalidInput
from hub.kit.webhook_urls import REFUSED_NAMES, WebhookUrl, parse_webhook_url

INSIDE = [ip_network("127.0.0.0/8"), ip_network("10.1.0.0/16"), ip_network("fd00::/8")]


def refusal(url: str, *, allow: bool = False) -> str:
    with pytest.raises(InvalidInput) as caught:
        parse_webhook_url(url, allow=INSIDE if allow else [])
    return caught.value.code


@pytest.mark.parametrize(
    ("url", "normalised"),
    [
        ("https://hooks.member-a.example/hub", "https://hooks.member-a.example/hub"),
        ("https://hooks.member-a.example", "https://hooks.member-a.example/"),
        ("HTTPS://Hooks.Member-A.EXAMPLE/Hub", "https://hooks.member-a.example/Hub"),
        ("https://hooks.member-d.example./hook", "https://hooks.member-d.example/hook"),
        ("https://hooks.example.com:443/", "https://hooks.example.com/"),
        ("https://hooks.example.com:/", "https://hooks.example.com/"),
        ("https://hooks.example.com:1024/", "https://hooks.example.com:1024/"),
        ("https://hooks.example.com:08443/", "https://hooks.example.com:8443/"),
        ("https://hooks.example.com:65535/", "https://hooks.example.com:65535/"),
        ("https://hooks.example.com?a=b", "https://hooks.example.com/?a=b"),
        ("https://hooks.example.com/a?b#c", "https://hooks.example.com/a?b"),
        ("https://hooks.example.com#c?d", "https://hooks.example.com/"),
        ("https://hooks.example.com/ä?ö=ü", "https://hooks.example.com/%C3%A4?%C3%B6=%C3%BC"),
        ("https://hooks.example.com/%C3%A4/%2F", "https://hooks.example.com/%C3%A4/%2F"),
        (
            'https://hooks.example.com/<">{}|^`',
            "https://hooks.example.com/%3C%22%3E%7B%7D%7C%5E%60",
        ),
        (
            "https://hooks.example.com/a;b=c/../d?e=[f]",
            "https://hooks.example.com/a;b=c/../d?e=%5Bf%5D",
        ),
        ("https://bücher.example/hook", "https://xn--bcher-kva.example/hook"),
        ("https://BÜCHER.example/hook", "https://xn--bcher-kva.example/hook"),
        ("https://xn--bcher-kva.example/hook", "https://xn--bcher-kva.example/hook"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("https://例え。テスト例/", "https://xn--r8jz45g.xn--zckzah4162a/"),
        ("https://my_hooks.example.com/", "https://my_hooks.example.com/"),
        ("https://r3---sn-4g5e.example.com/", "https://r3---sn-4g5e.example.com/"),
        ("https://1.2.3.4.example.com/", "https://1.2.3.4.example.com/"),
        ("https://localhost.member-e.example/", "https://localhost.member-e.example/"),
        ("https://internal.member-e.example/", "https://internal.member-e.example/"),
        ("https://mylocal.example/", "https://mylocal.example/"),
        ("https://arpa.example.arpa/", "https://arpa.example.arpa/"),
        ("https://example.org/?u=http://127.0.0.1/", "https://example.org/?u=http://127.0.0.1/"),
        ("https://example.org/user@host", "https://example.org/user@host"),
        ("https://93.184.215.14/hook", "https://93.184.215.14/hook"),
        ("https://93.184.215.14:8443/hook", "https://93.184.215.14:8443/hook"),
        ("https://[2606:2800:21F:0::1]/", "https://[2606:2800:21f::1]/"),
        ("https://[2606:2800:21f::1]:8443/", "https://[2606:2800:21f::1]:8443/"),
        ("https://[::ffff:93.184.215.14]/", "https://93.184.215.14/"),
    ],
)
def test_a_public_url_is_taken_and_written_in_one_form(url: str, normalised: str) -> None:
    parsed = parse_webhook_url(url, allow=[])

    assert parsed.given == url
    assert parsed.normalised == normalised
    assert parse_webhook_url(normalised, allow=[]).normalised == normalised


def test_the_parts_are_those_that_are_connected_to() -> None:
    parsed = parse_webhook_url("https://Hooks.Example.com.:8443/a/ä?b=c#d", allow=[])

    assert parsed == WebhookUrl(
        given="https://Hooks.Example.com.:8443/a/ä?b=c#d",
        normalised="https://hooks.example.com:8443/a/%C3%A4?b=c",
        scheme="https",
        host="hooks.example.com",
        port=8443,
        target="/a/%C3%A4?b=c",
        literal=None,
    )


def test_an_address_is_known_as_one() -> None:
    parsed = parse_webhook_url("https://[2606:2800:21f::1]/", allow=[])

    assert (parsed.host, parsed.port) == ("2606:2800:21f::1", 443)
    assert parsed.literal == ip_address("2606:2800:21f::1")


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "[fd00::1]", "[::ffff:127.0.0.1]"])
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("port", ["", ":1", ":22", ":80", ":8080"])
def test_an_allowed_network_is_reached_at_any_port_and_in_plain_http(
    host: str, scheme: str, port: str
) -> None:
    parsed = parse_webhook_url(f"{scheme}://{host}{port}/", allow=INSIDE)

    assert parsed.scheme == scheme
    assert parsed.literal is not None
    assert refusal(f"{scheme}://{host}{port}/") == "address_not_public"


def test_http_has_a_default_port_of_its_own() -> None:
    parsed = parse_webhook_url("http://127.0.0.1:80/", allow=INSIDE)

    assert (parsed.port, parsed.normalised) == (80, "http://127.0.0.1/")
    assert parse_webhook_url("http://127.0.0.1:443/", allow=INSIDE).port == 443


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://hooks.example.com/", "scheme"),
        ("http://93.184.215.14/", "scheme"),
        ("https://hooks.example.com:22/", "port"),
        ("https://10.2.0.1/", "address_not_public"),
        ("http://169.254.169.254/", "address_not_public"),
        ("https://[::1]/", "address_not_public"),
        ("https://localhost/", "name_not_public"),
        ("https://db:5432/", "name_not_public"),
        ("http://2130706433/", "host"),
    ],
)
def test_allowed_networks_open_nothing_else(url: str, code: str) -> None:
    assert refusal(url, allow=True) == code


@pytest.mark.parametrize("name", sorted(REFUSED_NAMES))
def test_internal_names_and_all_under_them_are_refused(name: str) -> None:
    assert refusal(f"https://{name}/") == "name_not_public"
    assert refusal(f"https://hooks.{name.upper()}./") == "name_not_public"
    assert refusal(f"https://a.b.c.{name}/") == "name_not_public"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        # schemes
        ("", "scheme"),
        ("hooks.example.com", "scheme"),
        ("//hooks.example.com/", "scheme"),
        ("https:hooks.example.com", "scheme"),
        ("https:/hooks.example.com", "scheme"),
        ("http://hooks.example.com/", "scheme"),
        ("http://93.184.215.14/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("data:text/plain,hi", "scheme"),
        ("unix:///var/run/docker.sock", "scheme"),
        ("ftp://example.com/x", "scheme"),
        ("gopher://127.0.0.1:6379/_INFO", "scheme"),
        ("http\u017f://example.com/", "scheme"),
        # who
        ("https://user:pass@hooks.example.com/", "user_info"),
        ("https://@hooks.example.com/", "user_info"),
        ("https://example.com@127.0.0.1/", "user_info"),
        ("https://127.0.0.1@example.com:80@10.0.0.1/", "user_info"),
        # characters
        (" https://hooks.example.com/", "characters"),
        ("https://hooks.example.com/\n", "characters"),
        ("https://hooks.example.com/a b", "characters"),
        ("https://hooks.example.com\\@127.0.0.1/", "characters"),
        ("https:\\\\hooks.example.com/", "characters"),
        ("https://example.com\r\nX-Injected: 1/", "characters"),
        ("https://hooks.example.com/\x00", "characters"),
        ("https://hooks.example.com/\x7f", "characters"),
        ("https://hooks.example.com/\x85", "characters"),
        ("https://hooks.example.com/\u00a0", "characters"),
        ("https://hooks.example.com/\u2028", "characters"),
        ("https://hooks.example.com/\ud800", "characters"),
        # addresses that are written in other ways
        ("https://2130706433/", "host"),
        ("https://0/", "host"),
        ("https://017700000001/", "host"),
        ("https://0177.0.0.1/", "host"),
        ("https://012.0.0.1/", "host"),
        ("https://0x7f000001/", "host"),
        ("https://0X7F.1/", "host"),
        ("https://0x/", "host"),
        ("https://127.1/", "host"),
        ("https://127.0.1/", "host"),
        ("https://127.0.0.1./", "host"),
        ("https://93.184.215.14./", "host"),
        ("https://1.2.3.4.5/", "host"),
        ("https://example.0x1/", "host"),
        ("https://256.1.1.1/", "host"),
        ("https://999.999.999.999/", "host"),
        ("https://00.0.0.0/", "host"),
        ("https://\uff11\uff12\uff17.\uff10.\uff10.\uff11/", "host"),
        ("https://\uff19\uff13.184.215.14/", "host"),
        ("https://127。0。0。1/", "host"),
        ("https://93。184。215。14/", "host"),
        ("https://①②⑦.⓪.⓪.①/", "host"),
        ("https://\uff10\uff58\uff17\uff46.1/", "host"),
        # addresses that are not public
        ("https://127.0.0.1/", "address_not_public"),
        ("https://127.0.0.1#@example.com/", "address_not_public"),
        ("https://127.0.0.1?@example.com/", "address_not_public"),
        ("https://0.0.0.0/", "address_not_public"),
        ("https://[::]/", "address_not_public"),
        ("https://[::127.0.0.1]/", "address_not_public"),
        ("https://[::ffff:7f00:1]/", "address_not_public"),
        ("https://[64:ff9b::7f00:1]/", "address_not_public"),
        # brackets
        ("https://[::1/", "host"),
        ("https://[]/", "host"),
        ("https://[", "host"),
        ("https://[::1]x/", "host"),
        ("https://[::1]443/", "host"),
        ("https://[127.0.0.1]/", "host"),
        ("https://[v1.fe80]/", "host"),
        ("https://[fe80::1%eth0]/", "host"),
        ("https://[fe80::1%25eth0]/", "host"),
        ("https://[2606:2800:21f::1%1]/", "host"),
        ("https://[::ffff:010.0.0.1]/", "host"),
        ("https://2606:2800:21f::1/", "host"),
        ("https://::1/", "host"),
        ("https://]/", "host"),
        # names
        ("https:///path", "host"),
        ("https://", "host"),
        ("https://:443/", "host"),
        ("https://./", "host"),
        ("https://../", "host"),
        ("https://.example.com/", "host"),
        ("https://a..example.com/", "host"),
        ("https://example.com../", "host"),
        ("https://-a.example.com/", "host"),
        ("https://a-.example.com/", "host"),
        ("https://a,b.example.com/", "host"),
        ("https://a%2eexample.com/", "host"),
        ("https://127.0.0.1%00.example.com/", "host"),
        ("https://%31%32%37.0.0.1/", "host"),
        ("https://a$b.example.com/", "host"),
        ("https://*.example.com/", "host"),
        ("https://a\u200db.example.com/", "host"),
        ("https://a\uff0fb.example.com/", "host"),
        ("https://ex\uff1a80.example.com/", "host"),
        ("https://i\u2764.example.com/", "host"),
        ("https://" + "a" * 64 + ".example.com/", "host"),
        ("https://" + "ä" * 64 + ".example.com/", "host"),
        ("https://" + "a." * 125 + "example/", "host"),
        ("https://" + "a" * 300 + ".example/", "host"),
        ("https://" + "ä." * 60 + "example/", "host"),
        ("https://db:5432/", "name_not_public"),
        ("https://ip6-localhost/", "name_not_public"),
        ("https://localhost\uff0e/", "name_not_public"),
        ("https://\uff4cocalhost/", "name_not_public"),
        ("https://host.docker.internal/", "name_not_public"),
        ("https://host.docker.\u24d8nternal/", "name_not_public"),
        ("https://ä/", "name_not_public"),
        # ports
        ("https://hooks.example.com:0/", "port"),
        ("https://hooks.example.com:22/", "port"),
        ("https://hooks.example.com:80/", "port"),
        ("https://hooks.example.com:1023/", "port"),
        ("https://hooks.example.com:65536/", "port"),
        ("https://hooks.example.com:99999/", "port"),
        ("https://hooks.example.com:123456/", "port"),
        ("https://hooks.example.com:-443/", "port"),
        ("https://hooks.example.com:+443/", "port"),
        ("https://hooks.example.com:4_43/", "port"),
        ("https://hooks.example.com:\uff14\uff14\uff13/", "port"),
        ("https://93.184.215.14:22/", "port"),
        # length
        ("https://hooks.example.com/" + "a" * 2023, "too_long"),
        ("https://hooks.example.com/" + "ä" * 400, "too_long"),
        ("a" * 1_000_000, "too_long"),
    ],
)
def test_anything_else_is_refused_for_its_reason(url: str, code: str) -> None:
    assert refusal(url) == code


def test_the_longest_url_is_taken() -> None:
    url = "https://hooks.example.com/" + "a" * 2022

    assert len(parse_webhook_url(url, allow=[]).normalised) == 2048


def test_the_longest_name_is_taken() -> None:
    name = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 53, "example"])

    assert len(name) == 253
    assert parse_webhook_url(f"https://{name}./", allow=[]).host == name


def test_a_refusal_says_what_would_be_right() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_webhook_url("https://db:5432/", allow=[])

    error = caught.value.at("/url")
    assert error.errors == [
        FieldError(
            "/url",
            "name_not_public",
            "db means something inside a network only: give a name that the whole internet "
            "resolves, such as hooks.example.com",
        )
    ]


@given(
    st.text(
        alphabet=st.sampled_from("ab.19x0[]:@/?#%\\-_ é。１Ⓐ①"),
        max_size=30,
    )
)
def test_the_client_library_reads_every_url_as_it_was_checked(rest: str) -> None:
    parsed = accepted(f"https://{rest}") or accepted("https://fallback.example/")
    assert parsed is not None

    url = URL(parsed.normalised, encoded=True)

    assert (url.scheme, url.raw_host, url.port) == (parsed.scheme, parsed.host, parsed.port)
    assert url.raw_path_qs == parsed.target
    assert url.raw_user is None
    assert str(url) == parsed.normalised


def accepted(url: str) -> WebhookUrl | None:
    try:
        return parse_webhook_url(url, allow=INSIDE)
    except InvalidInput:
        return None
