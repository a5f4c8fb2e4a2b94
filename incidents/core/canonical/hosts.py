"""Hosts that serve one site under several names."""

from __future__ import annotations

import re
from dataclasses import replace

from incidents.core.canonical.parts import Parts

DEVICE_LABELS = {
    "amp": "AMP pages under a host of their own",
    "m": "pages for telephones",
    "mobile": "pages for telephones",
    "touch": "pages for touch screens",
}
"""First labels under which publishers serve the pages of their www host in another dress."""

INNER_DEVICE_LABEL = re.compile(r"([a-z-]+)\.m\.(wik[a-z]+\.org)")
"""Wikimedia puts the label after the language: en.m.wikipedia.org."""

SAME_SITE = {
    "bbc.co.uk": "bbc.com",  # serves the same paths to readers in the United Kingdom
    "edition.cnn.com": "cnn.com",  # the international front page; articles are the same
    "guardian.co.uk": "theguardian.com",  # the name until 2013, which still redirects
}

WWW_SITES = frozenset(
    {
        "aljazeera.com",
        "bbc.com",
        "bloomberg.com",
        "cnn.com",
        "dailymail.co.uk",
        "dw.com",
        "ft.com",
        "independent.co.uk",
        "independent.ie",
        "irishtimes.com",
        "lemonde.fr",
        "newsweek.com",
        "nytimes.com",
        "politico.com",
        "politifact.com",
        "reuters.com",
        "snopes.com",
        "spiegel.de",
        "telegraph.co.uk",
        "theguardian.com",
        "washingtonpost.com",
        "wsj.com",
    }
)
"""Sites that redirect their bare name to www; of others it is not known and both stay apart."""

BARE_SITES = frozenset({"apnews.com", "fullfact.org"})
"""Sites that redirect www to their bare name."""

SECOND_LEVELS = frozenset({"ac", "co", "com", "edu", "go", "gob", "gov", "ne", "net", "or", "org"})
"""Labels under which countries register names: example.co.uk is a site, co.uk is none."""


def with_canonical_host(parts: Parts) -> Parts:
    if parts.port is not None:
        return parts  # a server of its own, about which nothing is known
    return replace(parts, host=canonical_host(parts.host))


def canonical_host(host: str) -> str:
    """The host under which a site is known, without the label of a device."""
    if match := INNER_DEVICE_LABEL.fullmatch(host):
        return f"{match[1]}.{match[2]}"
    had_www = host.startswith("www.") and _depth(host) > 0
    site = host.removeprefix("www.") if had_www else host
    on_device = False
    while (rest := _without_device(site)) is not None:
        site, on_device = rest, True
    site = SAME_SITE.get(site, site)
    if site in BARE_SITES:
        return site
    if site in WWW_SITES or had_www or (on_device and _depth(site) == 0):
        return f"www.{site}"
    return site


def _without_device(host: str) -> str | None:
    label, _, rest = host.partition(".")
    return rest if label in DEVICE_LABELS and _depth(rest) >= 0 else None


def _depth(host: str) -> int:
    """How many labels stand before the name that was registered; below 0 for a bare suffix."""
    labels = host.split(".")
    country_suffix = (
        len(labels) > 1 and labels[-2] in SECOND_LEVELS and len(labels[-1]) == len("uk")
    )
    return len(labels) - (3 if country_suffix else 2)
