"""What somebody sends after their session has ended is carried through the sign-in, never stored.

The sign-in page holds it in a hidden field and gives it back to a page that sends it again, once it
is known who is there.
"""

from __future__ import annotations

from functools import wraps
from typing import Final

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.cache import add_never_cache_headers
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.adapter import is_own_path
from accounts.forms import SignInForm
from accounts.models import User
from accounts.sessions import Arguments, OpenView
from hub.api import handlers
from hub.web.pages import render_page

CARRIED: Final = "carried"
"""The field that holds the whole of what was sent, written as a form is."""
WRITER: Final = "typed_by"
"""The field that says whose form it was: nobody else's sign-in sends it."""
LEFT_OUT: Final = ("csrfmiddlewaretoken",)

_carrying: Final[set[str]] = set()
"""Names of the views whose forms are carried."""


def carries_on(view: OpenView[Arguments]) -> OpenView[Arguments]:
    """A page whose form is not lost when the session it was opened in has ended.

    Put it before `signed_in`. A script that sends the form by itself gets 401 instead.
    """
    _carrying.add(view.__name__)

    @wraps(view)
    def page(
        request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HttpResponse:
        if request.method == "POST":
            if not isinstance(request.user, User):
                return _ask(request)
            if CARRIED in request.POST:
                _unpack(request)
        return view(request, *args, **kwargs)

    return page


def carried_by(request: HttpRequest) -> str:
    """What a request carries for another page; or all that was sent, if it is the first to."""
    if CARRIED in request.POST:
        return request.POST[CARRIED]
    sent = request.POST.copy()
    for name in LEFT_OUT:
        sent.pop(name, None)
    return sent.urlencode()


def hand_back(request: HttpRequest, *, to: str, carried: str) -> HttpResponse:
    """A page with one button, which sends again what was carried; scripts press it."""
    response = render_page(request, "accounts/carried.html", {"target": to, "carried": carried})
    add_never_cache_headers(response)
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For `CSRF_FAILURE_VIEW`.

    Each sign-in makes a new token, so a form that was opened before is refused. What it held is
    shown again to be sent once more, if the browser says that a page of this hub sent it.
    """
    is_ours = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    if not (is_ours and _is_carrying(request)) or _is_script(request):
        return handlers.csrf_failure(request, reason)
    if not isinstance(request.user, User):
        return _ask(request)
    return hand_back(request, to=_target(request), carried=carried_by(request))


def _is_carrying(request: HttpRequest) -> bool:
    """Whether a form was sent that must not be lost, by itself or with a sign-in."""
    match = request.resolver_match
    if match is None or request.method != "POST":
        return False
    return match.func.__name__ in _carrying or CARRIED in request.POST


def _target(request: HttpRequest) -> str:
    """Where the form was to go; a sign-in names it."""
    match = request.resolver_match
    if match is None or match.url_name != settings.LOGIN_URL:
        return request.get_full_path()
    named = request.POST.get(REDIRECT_FIELD_NAME, "")
    return named if is_own_path(named) else "/"


def _is_script(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers or not request.accepts("text/html")


def _ask(request: HttpRequest) -> HttpResponse:
    """The sign-in, with what was sent."""
    if _is_script(request):
        return HttpResponse(status=401)
    target = format_html(
        '<input type="hidden" name="{}" value="{}">', REDIRECT_FIELD_NAME, _target(request)
    )
    context = {
        "form": SignInForm(request=request),
        "redirect_field": target,
        CARRIED: carried_by(request),
    }
    response = render_page(request, "accounts/sign_in.html", context)
    add_never_cache_headers(response)
    return response


def _unpack(request: HttpRequest) -> None:
    """Let the view see what was sent at first. Raises PermissionDenied, if another wrote it."""
    sent = QueryDict(request.POST[CARRIED], encoding=settings.DEFAULT_CHARSET)
    if sent.get(WRITER, str(request.user.pk)) != str(request.user.pk):
        raise PermissionDenied(_("Somebody else had opened this form: sign in as them."))
    request.POST = sent
