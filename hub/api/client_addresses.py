"""The address a request came from, behind as many proxies as the operator says there are."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address that the outermost trusted proxy saw; without proxies, that of the connection.

    Each proxy adds to the right of `X-Forwarded-For` whom it was asked by, so that what clients
    write themselves stands to the left of it. What is no address there is not believed.
    """
    direct = str(request.META.get("REMOTE_ADDR", ""))
    proxies = settings.HUB_TRUSTED_PROXIES
    if proxies:
        told = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")
        if len(told) >= proxies:
            return _address(told[-proxies]) or direct
    return direct


def _address(text: str) -> str:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return ""
