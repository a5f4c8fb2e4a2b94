"""Who is behind the session of a browser, for pages as for the API."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, Final, ParamSpec, cast
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers

from accounts.adapter import is_own_path
from accounts.models import Session, User
from accounts.readers import Reader
from hub.kit import clock
from hub.kit.errors import Absent, NotAllowed, ReauthenticationRequired
from hub.web.pages import render_page

USE_IS_NOTED_EVERY: Final = timedelta(minutes=5)
PROOFS: Final = frozenset({"password"})
"""What proves who somebody is; a link in a mail that opens a form for a new password does not."""

Arguments = ParamSpec("Arguments")


class PageRequest(HttpRequest):
    """A request of somebody who signed in."""

    user: User
    reader: Reader


View = Callable[Concatenate[PageRequest, Arguments], HttpResponse]
OpenView = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]


def signed_in(view: View[Arguments]) -> OpenView[Arguments]:
    """A page for people of an organisation: `request.reader` says who asks.

    Whoever is not signed in is led to the sign-in, and from there back. Of what services raise,
    Absent becomes the page of what never existed, NotAllowed that of what one may not, and
    ReauthenticationRequired leads to the page that asks for the password again.
    """

    @wraps(view)
    def page(
        request: PageRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HttpResponse:
        if request.user.member is None:
            return render_page(request, "accounts/no_organisation.html", {}, status=403)
        return view(request, *args, **kwargs)

    return signed_in_person(page)


def signed_in_person(view: View[Arguments]) -> OpenView[Arguments]:
    """A page for everybody who signed in, operators without an organisation among them.

    These have no `request.reader`.
    """

    @wraps(view)
    def page(
        request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HttpResponse:
        user = request.user
        if not isinstance(user, User):
            return _lead_to(request, "account_login")
        known = cast("PageRequest", request)
        if user.member is not None:
            proven = has_just_proven(request)
            known.reader = Reader(user.member, user, reauthenticated=proven)
        note_use(request)
        try:
            with timezone.override(ZoneInfo(user.time_zone)), translation.override(user.locale):
                response = view(known, *args, **kwargs)
        except ReauthenticationRequired:
            return _lead_to(request, "account_reauthenticate")
        except Absent as error:
            raise Http404 from error
        except NotAllowed as error:
            raise PermissionDenied(error.detail) from error
        add_never_cache_headers(response)
        return response

    return page


def has_just_proven(request: HttpRequest) -> bool:
    """Whether the person gave their password in this session within the last few minutes."""
    if not isinstance(request.user, User):
        return False
    latest = max(
        (
            float(record.get("at", 0))
            for record in get_authentication_records(request, request.user)
            if record.get("method") in PROOFS
        ),
        default=0.0,
    )
    return 0 <= time.time() - latest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def note_use(request: HttpRequest) -> None:
    """Keep when the session was last used, to a few minutes, so that reading stays reading."""
    row = getattr(request.session, "row", None)
    now = clock.now()
    if isinstance(row, Session) and row.last_seen_at < now - USE_IS_NOTED_EVERY:
        Session.objects.filter(pk=row.pk).update(last_seen_at=now)


def _lead_to(request: HttpRequest, name: str) -> HttpResponse:
    """To a page that asks who is there, and from it back to what was asked for."""
    address = f"{reverse(name)}?{urlencode({REDIRECT_FIELD_NAME: _way_back(request)})}"
    if "HX-Request" in request.headers:
        # htmx would put the page into a part of this one.
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def _way_back(request: HttpRequest) -> str:
    """The page itself; where a part of it or an action was asked for, the page that asked."""
    if request.method in {"GET", "HEAD"} and "HX-Request" not in request.headers:
        return request.get_full_path()
    parts = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return path if parts.netloc == request.get_host() and is_own_path(path) else "/"
