"""Who operates the hub, and how the pages for operators are kept to them."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.http import HttpResponse

from accounts.adapter import actor_of
from accounts.models import User
from accounts.sessions import PageRequest, has_just_proven, signed_in_person
from hub.audit.services import Actor
from hub.kit.errors import Absent, ReauthenticationRequired
from hub.web.admin_site import View


def operators_only(view: View) -> View:
    """A page for operators. To people of organisations, whatever their role, there is none.

    Whoever operates the hub and belongs to an organisation needs an account for each: what one may
    do here is nothing that an organisation taking part should be able to do to the others.
    """

    @wraps(view)
    def page(request: PageRequest, /, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_operator:
            raise Absent
        return view(request, *args, **kwargs)

    return signed_in_person(page)


def acting(request: Any) -> Actor:
    """The operator behind a request, for the audit log."""
    user: User = request.user
    return actor_of(user)


def require_proof(request: Any) -> None:
    """Raises ReauthenticationRequired unless the password was given in the last few minutes."""
    if not has_just_proven(request):
        raise ReauthenticationRequired
