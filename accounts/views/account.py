"""The pages of one's own account."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.browsers import browser_name
from accounts.forms import ChangePasswordForm, ProfileForm, refuse
from accounts.models import Session, User
from accounts.password_mail import tell_of_new_password
from accounts.refusals import with_limit
from accounts.services.people import change_profile, set_password
from accounts.services.sessions import end_other_sessions, end_session
from accounts.sessions import PageRequest, signed_in_person
from hub.kit.errors import InvalidInput
from hub.web.pages import render_page
from hub.web.theme import keep_theme, theme_of


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_person
def account(request: PageRequest) -> HttpResponse:
    """Name, language, time zone and look; the password; where one is signed in."""
    user = request.user
    known = {
        "name": user.name,
        "locale": user.locale,
        "time_zone": user.time_zone,
        "theme": user.theme or theme_of(request),
    }
    form = ProfileForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        fields = dict(form.cleaned_data)
        theme = fields.pop("theme")
        try:
            change_profile(user_id=user.pk, display_settings={"theme": theme}, **fields)
        except InvalidInput as error:
            refuse(form, error)
        else:
            messages.success(request, _("Your account is saved."))
            response = redirect("account")
            keep_theme(response, request, theme)
            return response
    context = {"form": form, "person": user, "sessions": _sessions(request)}
    return render_page(request, "accounts/account.html", context)


@sensitive_post_parameters("password", "current")
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_person
def password(request: PageRequest) -> HttpResponse:
    """Another password, after the one there is; all other sessions end."""
    form = ChangePasswordForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            changed = set_password(
                user_id=request.user.pk,
                password=form.cleaned_data["password"],
                keep_session=request.session.session_key or "",
            )
        except InvalidInput as error:
            refuse(form, error)
        else:
            return _with_new_password(request, changed)
    response = render_page(request, "accounts/password.html", {"form": form})
    return with_limit(response, form)


def _with_new_password(request: PageRequest, user: User) -> HttpResponse:
    """Go on in this session, under another key, and tell the person by mail."""
    update_session_auth_hash(request, user)
    tell_of_new_password(user)
    messages.success(request, _("Your password is changed. Other browsers are signed out."))
    return redirect("account")


@require_POST
@signed_in_person
def session_end(request: PageRequest, handle: str) -> HttpResponse:
    end_session(handle=handle, user=request.user)
    messages.success(request, _("That browser is signed out."))
    return redirect("account")


@require_POST
@signed_in_person
def sessions_end(request: PageRequest) -> HttpResponse:
    ended = end_other_sessions(user=request.user, keep_session=request.session.session_key or "")
    words = ngettext(
        "%(number)d other browser is signed out.",
        "%(number)d other browsers are signed out.",
        ended,
    )
    messages.success(request, words % {"number": ended})
    return redirect("account")


def _sessions(request: PageRequest) -> list[dict[str, Any]]:
    here = request.session.session_key
    return [
        {"row": row, "browser": browser_name(row.browser), "is_this": row.session_key == here}
        for row in Session.objects.visible_to(request.user)
    ]
