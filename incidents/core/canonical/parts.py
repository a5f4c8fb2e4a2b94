"""An http(s) address taken apart and written again, as RFC 3986 says."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

import idna

from hub.kit.errors import InvalidInput

URL_LENGTH = 2048
"""In characters; what browsers, proxies and other hubs agree to carry."""

URL_FORM = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?(?:\#(?P<fragment>.*))?",
    re.IGNORECASE,
)
AUTHORITY_FORM = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>[0-9]{0,5}))?")
HOST_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
NUMBER_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
HOST_LENGTH = 253

DEFAULT_PORTS = {"http": 80, "https": 443}
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
PLAIN = UNRESERVED | frozenset("!$&'()*+,;=:@/?")
"""What may stand unescaped in paths, queries and fragments (RFC 3986, section 3)."""
ONLY_PLAIN = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@/?]*")
ESCAPE_OR_SIGN = re.compile(r"%[0-9A-Fa-f]{2}|.", re.DOTALL)


class Param(NamedTuple):
    """One parameter of a query, escaped as it stands there."""

    name: str
    value: str | None
    """None where there is no equals sign."""


@dataclass(frozen=True, slots=True)
class Parts:
    """An address in its syntactic normal form."""

    scheme: str
    host: str
    port: int | None
    """None for the scheme's own."""
    path: str
    params: tuple[Param, ...] = ()
    fragment: str = ""

    def text(self) -> str:
        return (
            f"{self.scheme}://{self.host}"
            + (f":{self.port}" if self.port else "")
            + self.path
            + (f"?{self.query}" if self.params else "")
            + (f"#{self.fragment}" if self.fragment else "")
        )

    @property
    def query(self) -> str:
        return "&".join(
            param.name if param.value is None else f"{param.name}={param.value}"
            for param in self.params
        )

    def param(self, name: str) -> str | None:
        """The first value under `name`, escaped; None where there is none."""
        return next((param.value for param in self.params if param.name == name), None)


def parse_url(url: str) -> Parts:
    """Take an address apart in its normal form: lower-case host, no dot segments, least escapes.

    Raises InvalidInput, in words, for what is no http(s) address or pretends to be another one.
    """
    url = url.strip(" ")
    _check_text(url)
    match = URL_FORM.fullmatch(url)
    if match is None:
        raise InvalidInput("Give the whole address, beginning with https:// or http://.")
    scheme = match["scheme"].lower()
    host, port = _authority(match["authority"])
    if port in (None, DEFAULT_PORTS[scheme]):
        # Whoever serves a page at both schemes serves the same page.
        scheme, port = "https", None
    return Parts(
        scheme=scheme,
        host=host,
        port=port,
        path=_without_dot_segments(escaped(match["path"])) or "/",
        params=params_of(match["query"] or ""),
        fragment=escaped(match["fragment"] or ""),
    )


def params_of(query: str) -> tuple[Param, ...]:
    """The parameters of a query in their order; empty ones say nothing and are left out."""
    pairs = (piece.partition("=") for piece in query.split("&") if piece)
    return tuple(
        Param(escaped(name), escaped(value) if equals else None) for name, equals, value in pairs
    )


def escaped(text: str) -> str:
    """Escape what must be, unescape what need not be, in upper-case digits."""
    if ONLY_PLAIN.fullmatch(text):
        return text
    return "".join(_escape(found) for found in ESCAPE_OR_SIGN.findall(text))


def _escape(found: str) -> str:
    if len(found) == len("%00"):
        sign = chr(int(found[1:], base=16))
        return sign if sign in UNRESERVED else found.upper()
    if found in PLAIN:
        return found
    return "".join(f"%{byte:02X}" for byte in found.encode())


def _check_text(url: str) -> None:
    if not url:
        raise InvalidInput("The URL is empty.")
    if len(url) > URL_LENGTH:
        raise InvalidInput(f"A URL has at most {URL_LENGTH} characters; this has {len(url)}.")
    if "\\" in url:
        raise InvalidInput("A URL holds no backslash; write / between its parts.")
    if url.isascii() and url.isprintable() and " " not in url:
        return
    for sign in url:
        if unicodedata.category(sign) in {"Cc", "Cs"}:
            raise InvalidInput(f"A URL holds no control characters (U+{ord(sign):04X}).")
        if sign.isspace():
            raise InvalidInput("A URL holds no spaces; write %20.")


def _authority(authority: str) -> tuple[str, int | None]:
    if "@" in authority:
        raise InvalidInput(
            "The URL names a user before @, by which it can pass for another site; leave that out."
        )
    match = AUTHORITY_FORM.fullmatch(authority)
    if match is None:
        raise InvalidInput("The port after the host should be a number from 1 to 65535.")
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 0 < port < 2**16:
        raise InvalidInput(f"There is no port {port}; ports go from 1 to 65535.")
    return _host(match["host"]), port


def _host(host: str) -> str:
    if host.startswith("["):
        return _ipv6(host)
    try:
        name = host.removesuffix(".").lower()
        if not name.isascii() or "xn--" in name:
            name = idna.encode(name, uts46=True).decode().removesuffix(".")
    except idna.IDNAError as error:
        raise InvalidInput(f"The host {host!r} is not a valid international name.") from error
    labels = name.split(".")
    if len(name) > HOST_LENGTH or not all(HOST_LABEL.fullmatch(label) for label in labels):
        raise InvalidInput(f"The host {host!r} should be a name such as www.example.org.")
    if NUMBER_LABEL.fullmatch(labels[-1]):
        return _ipv4(name)
    if len(labels) == 1:
        raise InvalidInput(f"The host {host!r} has no dot; give its full name, as in example.org.")
    return name


def _ipv4(name: str) -> str:
    try:
        return str(ipaddress.IPv4Address(name))
    except ValueError as error:
        raise InvalidInput(f"The host {name!r} is neither a name nor four numbers.") from error


def _ipv6(host: str) -> str:
    try:
        return f"[{ipaddress.IPv6Address(host[1:-1].partition('%')[0])}]"
    except ValueError as error:
        raise InvalidInput(f"The host {host!r} is not an IPv6 address.") from error


def _without_dot_segments(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in {".", ".."}:
        kept.append("")
    return "".join(f"/{segment}" for segment in kept)
