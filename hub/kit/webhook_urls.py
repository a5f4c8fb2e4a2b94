"""Which addresses a member may ask the hub to post to, decided without asking DNS.

Everything that turns a URL into a connection goes through `parse_webhook_url`: its one reading
of host and port is what is checked and what is connected to. What a name resolves to is checked
when the connection is made, by `hub.kit.connections`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import quote

import idna

from hub.kit.addresses import Address, Network, is_public, lies_in, unwrap
from hub.kit.errors import InvalidInput

MAX_LENGTH: Final = 2048
"""Characters of a URL, as given and as normalised."""

MAX_NAME_LENGTH: Final = 253
"""Characters of a host name without its last dot: RFC 1035, section 2.3.4."""

REFUSED_NAMES: Final = frozenset(
    {
        "localhost",  # RFC 6761, as are test and invalid
        "localdomain",
        "local",  # RFC 6762
        "internal",  # set aside by ICANN in 2024
        "intranet",
        "corp",  # never to be delegated: ICANN 2018, as is home
        "home",
        "lan",
        "home.arpa",  # RFC 8375
        "onion",  # RFC 7686
        "svc",
        "cluster.local",
        "test",
        "invalid",
    }
)
"""Names that, with everything under them, mean something inside a network only.

They are refused whatever `HUB_WEBHOOK_ALLOW` says: it gives networks, and what such a name means
depends on the machine that asks; a receiver in one of these networks is written as an address.
"""

_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*)://", re.ASCII | re.IGNORECASE)
_PORT: Final = re.compile(r"[0-9]{1,5}")
_IPV4: Final = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# RFC 3986, section 3.3 and 3.4; the percent sign, because what is escaped already stays so.
_SAFE_IN_TARGET: Final = "/?:@!$&'()*+,;=-._~%"


@dataclass(frozen=True)
class WebhookUrl:
    """A URL that may be posted to, as far as can be said without DNS."""

    given: str
    normalised: str
    """ASCII only, host in lower case and without a last dot, no default port, no fragment."""
    scheme: str
    host: str
    """A name in ASCII, or an address without brackets."""
    port: int
    target: str
    """Path and query, percent-encoded: what stands in the request line."""
    literal: Address | None
    """The address, if the host is one; an IPv4-mapped one as IPv4."""


def parse_webhook_url(url: str, *, allow: Sequence[Network]) -> WebhookUrl:
    """Read a URL that webhooks shall be posted to, or say what would be right.

    https on port 443 or 1024 to 65535, to a name or a public address. To an address written out
    that lies in one of the networks `allow`, also http and any port. A fragment is left out, as
    it is never sent.

    Raises InvalidInput, whose code names the rule: `too_long`, `characters`, `scheme`,
    `user_info`, `host`, `port`, `name_not_public`, `address_not_public`.
    """
    _check_characters(url)
    match = _SCHEME.match(url)
    scheme = match[1].lower() if match else ""
    if match is None or scheme not in _DEFAULT_PORTS:
        raise InvalidInput("A webhook URL begins with https://", code="scheme")
    authority, target = _split(url[match.end() :])
    host_text, port_text = _split_authority(authority)
    host, literal = _read_host(host_text)
    port = _read_port(port_text, default=_DEFAULT_PORTS[scheme])
    if literal is None or not lies_in(literal, allow):
        _check_public(scheme, port, literal)
    shown_port = "" if port == _DEFAULT_PORTS[scheme] else f":{port}"
    shown_host = f"[{host}]" if isinstance(literal, IPv6Address) else host
    normalised = f"{scheme}://{shown_host}{shown_port}{target}"
    _check_length(normalised)
    return WebhookUrl(
        given=url,
        normalised=normalised,
        scheme=scheme,
        host=host,
        port=port,
        target=target,
        literal=literal,
    )


def _check_length(url: str) -> None:
    if len(url) > MAX_LENGTH:
        raise InvalidInput(
            f"A webhook URL has at most {MAX_LENGTH:,} characters, "
            "with what is not ASCII written in ASCII",
            code="too_long",
        )


def _check_characters(url: str) -> None:
    """Refuse what programs read in different ways: white space, controls, backslashes.

    Unicode categories: Cc controls, Cs lone surrogates, Z separators.
    """
    _check_length(url)
    for character in url:
        category = unicodedata.category(character)
        if category in {"Cc", "Cs"} or category.startswith("Z") or character == "\\":
            raise InvalidInput(
                f"A webhook URL has no white space, control characters or backslashes, "
                f"but this one has U+{ord(character):04X}: leave it out or percent-encode it",
                code="characters",
            )


def _split(rest: str) -> tuple[str, str]:
    """Part what follows the scheme into authority and percent-encoded target."""
    before_fragment = rest.partition("#")[0]
    end = min(
        (at for at in map(before_fragment.find, "/?") if at >= 0), default=len(before_fragment)
    )
    target = quote(before_fragment[end:], safe=_SAFE_IN_TARGET)
    return before_fragment[:end], target if target.startswith("/") else f"/{target}"


def _split_authority(authority: str) -> tuple[str, str]:
    """Part an authority into host, with brackets if it has any, and the digits of its port."""
    if "@" in authority:
        raise InvalidInput(
            "A webhook URL names no user or password: leave out what stands before the @; the "
            "signature of each webhook tells the receiver who sent it",
            code="user_info",
        )
    if authority.startswith("["):
        inside, bracket, port_part = authority.partition("]")
        if not bracket or (port_part and not port_part.startswith(":")):
            raise _bad_host("An IPv6 address stands between [ and ]")
        return inside + bracket, port_part[1:]
    host, _, port = authority.partition(":")
    if ":" in port:
        raise _bad_host("An IPv6 address stands between [ and ]")
    return host, port


def _read_port(text: str, *, default: int) -> int:
    if not text:
        return default
    port = int(text) if _PORT.fullmatch(text) else 0
    if not 1 <= port <= 65535:
        raise InvalidInput("A port is a number from 1 to 65535", code="port")
    return port


def _check_public(scheme: str, port: int, literal: Address | None) -> None:
    """Refuse what only the networks that the operator allowed may be given."""
    if literal is not None and not is_public(literal):
        raise InvalidInput(
            f"{literal} is not an address of the public internet: give one that is, or a name",
            code="address_not_public",
        )
    if scheme == "http":
        raise InvalidInput("A webhook URL begins with https://", code="scheme")
    if port != 443 and port < 1024:
        raise InvalidInput("Webhooks go to port 443 or 1024 to 65535", code="port")


def _bad_host(detail: str) -> InvalidInput:
    return InvalidInput(detail, code="host")


def _read_host(text: str) -> tuple[str, Address | None]:
    """Decide whether a host is an address or a name, and write either in its one form."""
    if text.startswith("["):
        literal = unwrap(_read_ipv6(text[1:-1]))
        return str(literal), literal
    if _IPV4.fullmatch(text):
        try:
            literal = IPv4Address(text)
        except ValueError:
            raise _bad_host("The numbers of an IPv4 address go from 0 to 255") from None
        return text, literal
    name = _read_name(text)
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        # What inet_aton makes of 0x7f.1, and NFKC of full-width digits, is an address; so is
        # every name whose last label is a number: https://url.spec.whatwg.org/#ends-in-a-number-checker
        raise _bad_host("Write an IPv4 address as four plain decimal numbers, such as 192.0.2.1")
    labels = name.split(".")
    if len(labels) == 1 or not REFUSED_NAMES.isdisjoint((labels[-1], ".".join(labels[-2:]))):
        raise InvalidInput(
            f"{name} means something inside a network only: give a name that the whole internet "
            "resolves, such as hooks.example.com",
            code="name_not_public",
        )
    return name, None


def _read_ipv6(text: str) -> IPv6Address:
    try:
        address = IPv6Address(text)
    except ValueError:
        raise _bad_host("Between [ and ] stands an IPv6 address") from None
    if address.scope_id is not None:
        raise _bad_host("An IPv6 address in a webhook URL has no zone: leave out the % part")
    return address


def _read_name(text: str) -> str:
    """The ASCII form of a host name, in lower case, without the last dot."""
    if len(text) > MAX_NAME_LENGTH + 1:
        raise _bad_host(f"A host name has at most {MAX_NAME_LENGTH} characters")
    if text.isascii():
        name = text.lower()
    else:
        try:
            name = idna.encode(text, uts46=True, std3_rules=True).decode()
        except idna.IDNAError:
            raise _bad_host("The host is not a valid internationalised domain name") from None
    name = name.removesuffix(".")
    if len(name) > MAX_NAME_LENGTH or not all(map(_LABEL.fullmatch, name.split("."))):
        raise _bad_host(
            "A host name is letters, digits and hyphens in parts of 1 to 63 characters with a "
            f"dot between them, at most {MAX_NAME_LENGTH} characters in all"
        )
    return name
