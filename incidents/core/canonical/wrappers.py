"""Addresses that only lead to another one, which they carry inside."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from urllib.parse import unquote

import idna

from hub.kit.errors import InvalidInput
from incidents.core.canonical.parts import Parts, parse_url


@dataclass(frozen=True, slots=True)
class Redirect:
    """A page that sends the reader on to the address in one of its parameters."""

    why: str
    hosts: re.Pattern[str]
    path: re.Pattern[str]
    params: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cache:
    """A copy of a page whose own address stands in the path, after "s/" where it is https."""

    why: str
    hosts: re.Pattern[str]
    """Its group `origin`, where it has one, must name the copied page's host: anybody can write
    another host into the path."""
    path: re.Pattern[str]


GOOGLE = re.compile(r"(?:www\.)?google\.(?:[a-z]{2,3}|com?\.[a-z]{2})")

REDIRECTS = (
    Redirect("links in Google's results", GOOGLE, re.compile(r"/url"), ("url", "q")),
    Redirect(
        "links that leave Facebook",
        re.compile(r"(?:(?:l|lm|m|www)\.)?facebook\.com"),
        re.compile(r"/l\.php|/flx/warn/?"),
        ("u",),
    ),
    Redirect(
        "links that leave Instagram, Threads and Messenger",
        re.compile(r"l\.(?:instagram\.com|threads\.(?:com|net)|messenger\.com)"),
        re.compile(r"/(?:l\.php)?"),
        ("u",),
    ),
    Redirect(
        "links under YouTube videos",
        re.compile(r"(?:(?:www|m)\.)?youtube\.com"),
        re.compile(r"/redirect"),
        ("q",),
    ),
    Redirect(
        "links that leave Reddit", re.compile(r"out\.reddit\.com"), re.compile(r"/.*"), ("url",)
    ),
    Redirect(
        "links that leave Tumblr", re.compile(r"t\.umblr\.com"), re.compile(r"/redirect"), ("z",)
    ),
    Redirect(
        "links that leave LinkedIn",
        re.compile(r"(?:www\.)?linkedin\.com"),
        re.compile(r"/redir/redirect|/safety/go"),
        ("url",),
    ),
    Redirect(
        "links that leave VKontakte",
        re.compile(r"(?:(?:away|m|www)\.)?vk\.(?:com|ru)"),
        re.compile(r"/away(?:\.php)?"),
        ("to",),
    ),
    Redirect("Telegram's instant view", re.compile(r"t\.me"), re.compile(r"/iv"), ("url",)),
    Redirect(
        "links checked by Outlook",
        re.compile(r"[a-z0-9-]+\.safelinks\.protection\.outlook\.com"),
        re.compile(r"/.*"),
        ("url",),
    ),
    Redirect(
        "links in DuckDuckGo's results",
        re.compile(r"duckduckgo\.com"),
        re.compile(r"/l/?"),
        ("uddg",),
    ),
    Redirect("links in Slack", re.compile(r"slack-redir\.net"), re.compile(r"/link"), ("url",)),
    Redirect(
        "links that leave Steam",
        re.compile(r"steamcommunity\.com"),
        re.compile(r"/linkfilter/?"),
        ("u", "url"),
    ),
)

CACHES = (
    Cache(
        "the AMP cache of Google",
        re.compile(r"(?:(?P<origin>[a-z0-9-]+)\.)?cdn\.ampproject\.org"),
        re.compile(r"/(?:c|v|wp)/(?P<secure>s/)?(?P<page>.+)"),
    ),
    Cache(
        "the AMP cache of Bing",
        re.compile(r"(?P<origin>[a-z0-9-]+)\.bing-amp\.com"),
        re.compile(r"/(?:c|v|wp)/(?P<secure>s/)?(?P<page>.+)"),
    ),
    Cache(
        "the AMP viewer of Google", GOOGLE, re.compile(r"/amp/(?P<secure>s/)?(?P<page>[^/]+\..+)")
    ),
    Cache(
        "the AMP viewer of Bing",
        re.compile(r"(?:www\.)?bing\.com"),
        re.compile(r"/amp/(?P<secure>s/)?(?P<page>[^/]+\..+)"),
    ),
)


def unwrapped(parts: Parts) -> Parts | None:
    """The address inside; None where there is none that a browser would open."""
    return _redirected(parts) or _cached(parts)


def _redirected(parts: Parts) -> Parts | None:
    for rule in REDIRECTS:
        if rule.hosts.fullmatch(parts.host) and rule.path.fullmatch(parts.path):
            found = (parts.param(name) for name in rule.params)
            return next(
                (inner for value in found if value and (inner := _parsed(unquote(value)))), None
            )
    return None


def _cached(parts: Parts) -> Parts | None:
    for rule in CACHES:
        host, path = rule.hosts.fullmatch(parts.host), rule.path.fullmatch(parts.path)
        if host and path:
            scheme = "https" if path["secure"] else "http"
            query = f"?{parts.query}" if parts.params else ""
            page = _parsed(f"{scheme}://{path['page']}{query}")
            origin = host.groupdict().get("origin")
            return page if page and (origin is None or origin in _cache_labels(page.host)) else None
    return None


def _parsed(url: str) -> Parts | None:
    try:
        return parse_url(url)
    except InvalidInput:
        return None


def _cache_labels(host: str) -> frozenset[str]:
    """The labels under which an AMP cache may keep a host's pages: readable, or hashed.

    The algorithm is the AMP project's ("AMP Cache URL format").
    """
    try:
        readable = idna.decode(host).replace("-", "--").replace(".", "-")
        label = readable if readable.isascii() else idna.encode(readable).decode()
    except idna.IDNAError:
        label = ""
    digest = base64.b32encode(hashlib.sha256(host.encode()).digest()).decode()
    return frozenset({label, f"0-{label}-0", digest.rstrip("=").lower()})
