"""What somebody has pasted, recognised by its form, and where in an incident it belongs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from hub.kit.errors import InvalidInput
from incidents.core.canonical import canonical_url
from incidents.core.fingerprints import ALGORITHMS

TELEPHONE: Final = "Telephone"
PLATFORMS: Final = {
    "bsky.app": "Bluesky",
    "dailymotion.com": "Dailymotion",
    "discord.com": "Discord",
    "facebook.com": "Facebook",
    "gab.com": "Gab",
    "instagram.com": "Instagram",
    "kick.com": "Kick",
    "linkedin.com": "LinkedIn",
    "odysee.com": "Odysee",
    "ok.ru": "Odnoklassniki",
    "pinterest.com": "Pinterest",
    "reddit.com": "Reddit",
    "rumble.com": "Rumble",
    "snapchat.com": "Snapchat",
    "soundcloud.com": "SoundCloud",
    "spotify.com": "Spotify",
    "t.me": "Telegram",
    "threads.com": "Threads",
    "threads.net": "Threads",
    "tiktok.com": "TikTok",
    "truthsocial.com": "Truth Social",
    "tumblr.com": "Tumblr",
    "twitch.tv": "Twitch",
    "vimeo.com": "Vimeo",
    "vk.com": "VK",
    "weibo.com": "Weibo",
    "whatsapp.com": "WhatsApp",
    "x.com": "X",
    "youtube.com": "YouTube",
}
"""Names of platforms, by the host of their canonical addresses or a domain above it."""

ADDRESS: Final = re.compile(r"(?:https?://\S+|(?:[\w-]+\.)+[a-z]{2,}(?:[/?#]\S*)?)", re.IGNORECASE)
TITLE_LENGTH: Final = 140
"""Characters; what is longer, or has several lines, is taken for what the deepfake says."""
CHROMAPRINT: Final = re.compile(r"AQ[A-Za-z0-9_-]{30,}")
NUMBER: Final = re.compile(r"\+?[\d\s().\u00a0-]+")


@dataclass(frozen=True)
class Pasted:
    """A part of an incident that was recognised."""

    part: str
    """url, post, phone, fingerprint, script or title."""
    text: str
    """As it goes into the form."""
    detail: str = ""
    """Of a post its platform, of a fingerprint its algorithm."""


def recognised(text: str) -> Pasted:
    """What was pasted; anything that is nothing else is a title, or the script if it is long."""
    stripped = text.strip()
    if ADDRESS.fullmatch(stripped) and (found := _address(stripped)):
        return found
    if number := phone_number(stripped):
        return Pasted("phone", number, TELEPHONE)
    if algorithm := algorithm_of(stripped):
        return Pasted("fingerprint", stripped, algorithm)
    if len(stripped) > TITLE_LENGTH or "\n" in stripped:
        return Pasted("script", stripped)
    return Pasted("title", stripped)


def _address(text: str) -> Pasted | None:
    url = text if "://" in text else f"https://{text}"
    try:
        canonical = canonical_url(url)
    except InvalidInput:
        return None
    platform = platform_of(canonical)
    return Pasted("post" if platform else "url", url, platform)


def platform_of(canonical: str) -> str:
    """The platform that serves a canonical address; empty for any other site."""
    host = urlsplit(canonical).hostname or ""
    labels = host.split(".")
    names = (".".join(labels[start:]) for start in range(len(labels) - 1))
    return next((PLATFORMS[name] for name in names if name in PLATFORMS), "")


def phone_number(text: str) -> str:
    """A telephone number without the signs between its digits; empty for anything else."""
    if not NUMBER.fullmatch(text):
        return ""
    digits = re.sub(r"\D", "", text)
    if not 7 <= len(digits) <= 15:
        return ""
    return f"+{digits}" if text.startswith("+") else digits


def algorithm_of(value: str) -> str:
    """The fingerprint that has this form, the most used where several have; empty for none."""
    for name in ("sha256", "md5"):
        if ALGORITHMS[name].form.fullmatch(value.strip().lower()):
            return name
    return "chromaprint" if CHROMAPRINT.fullmatch(value.strip()) else ""
