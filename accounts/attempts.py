"""How often a password may be tried, and how much mail may be asked for: counted before it is done.

Every count is one statement of PostgreSQL (`hub.api.limits`), so that attempts that come at the
same moment are counted one by one. E-mail addresses are kept as keyed digests only: people type
passwords into the wrong field.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import NamedTuple

from django.conf import settings

from hub.api.limits import Rate, give_back, parse_rate, take
from hub.kit.crypto import pepper
from hub.kit.errors import TooManyRequests


class _Count(NamedTuple):
    """One bucket from which an attempt takes."""

    key: str
    rate: Rate


class Attempt:
    """One try of a password that has been counted as a failure; `succeeded` takes that back."""

    def __init__(self, counts: Sequence[_Count]) -> None:
        self._counts = counts

    def succeeded(self) -> None:
        """The password was right: only failures count."""
        _give_back(self._counts)


def begin_attempt(*, email: str, address: str) -> Attempt:
    """Count a try of the password of an account, whether there is one or not, before it is checked.

    Counted for this account from this address, for the account from everywhere, and for the
    address with all accounts. Raises TooManyRequests, having counted nothing, when any is used up.
    """
    account = _digest(email)
    counts = [
        _Count(f"sign-in:{account}:{address}", parse_rate(settings.HUB_RATE_SIGN_IN)),
        _Count(f"sign-in:{account}", parse_rate(settings.HUB_RATE_SIGN_IN_ACCOUNT)),
        _Count(f"sign-in-from:{address}", parse_rate(settings.HUB_RATE_SIGN_IN_ADDRESS)),
    ]
    _take(counts)
    return Attempt(counts)


def count_mail(*, email: str, sender: str) -> None:
    """Count a mail that somebody has the hub send, for who gets it and for who asks.

    `sender` is an address of the network, or an organisation's id. Raises TooManyRequests.
    """
    _take(
        [
            _Count(f"mail-to:{_digest(email)}", parse_rate(settings.HUB_RATE_MAIL)),
            _Count(f"mail-by:{sender}", parse_rate(settings.HUB_RATE_MAIL_SENDER)),
        ]
    )


def _take(counts: Sequence[_Count]) -> None:
    for number, count in enumerate(counts):
        try:
            take(count.key, rate=count.rate, burst=count.rate.count)
        except TooManyRequests:
            _give_back(counts[:number])
            raise


def _give_back(counts: Sequence[_Count]) -> None:
    for count in counts:
        give_back(count.key, rate=count.rate)


def _digest(email: str) -> str:
    text = email.strip().lower().encode()
    return hmac.digest(pepper("sign-in"), text, hashlib.sha256).hex()
