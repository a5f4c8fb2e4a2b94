"""Figures for Prometheus, for those who watch this hub and nobody else."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from hub.api.problems import hub_problem
from hub.kit.addresses import unwrap
from hub.kit.errors import NotAllowed

_FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_VIA")


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All collectors that the slices registered, in Prometheus' text format."""
    if not (_has_token(request) or _is_local(request)):
        detail = "Ask from this machine, or with HUB_METRICS_TOKEN as a bearer token."
        return hub_problem(NotAllowed(detail)).answer()
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(
        generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST, headers=headers
    )


def _has_token(request: HttpRequest) -> bool:
    expected = settings.HUB_METRICS_TOKEN
    kind, _, given = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    matches = hmac.compare_digest(given.strip().encode(), expected.encode())
    return bool(expected) and kind.lower() == "bearer" and matches


def _is_local(request: HttpRequest) -> bool:
    # A proxy on this machine makes the whole world look local; it says that it forwards.
    if any(name in request.META for name in _FORWARDED):
        return False
    try:
        return unwrap(ip_address(request.META.get("REMOTE_ADDR", ""))).is_loopback
    except ValueError:  # a socket without an address
        return False
