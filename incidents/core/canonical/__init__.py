"""One address for one published item, in whatever form its address arrives."""

from __future__ import annotations

from hub.kit.errors import InvalidInput
from incidents.core.canonical import amp, hosts, platforms, tracking, wrappers
from incidents.core.canonical.parts import URL_LENGTH, Parts, parse_url


def canonical_url(url: str) -> str:
    """The address under which an item is known, found offline from any of its forms.

    Two addresses of one item (AMP, mobile, with tracking, through a redirect page, by another
    name of its platform) give one; addresses of different items never do. It is an identity: the
    address as it arrived stays what is shown and opened. Canonical addresses map to themselves.

    Raises InvalidInput for anything but an http(s) address that a browser would open.
    """
    parts = parse_url(url)
    settled = _settled(parts)
    # Ends: unwrapping consumes one level of nesting, and what is settled stays so.
    while settled != parts:
        parts, settled = settled, _settled(settled)
    text = settled.text()
    if len(text) > URL_LENGTH:
        raise InvalidInput(
            f"The URL is longer than {URL_LENGTH} characters once it is written in ASCII."
        )
    return text


def _settled(parts: Parts) -> Parts:
    while (inner := wrappers.unwrapped(parts)) is not None:
        parts = inner
    parts = hosts.with_canonical_host(parts)
    parts = amp.without_amp(parts)
    parts = tracking.without_tracking(parts)
    return platforms.in_platform_form(parts)
