"""How allauth signs people in here: attempts counted first, outcomes on record, words alike."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.attempts import begin_attempt
from accounts.models import User
from accounts.session_store import note_beginning
from hub.api.client_addresses import client_address
from hub.audit.models import Decision
from hub.audit.services import Actor, record
from hub.kit.errors import TooManyRequests

LIMITED = "limited"
"""Code of the form error that says that too many attempts failed."""


def actor_of(user: User) -> Actor:
    """The person by ids, for the audit log."""
    return Actor(member_id=user.member_id, user_id=user.pk)


def limited(error: TooManyRequests) -> ValidationError:
    """The same as an error of a form, with the seconds to wait."""
    seconds = error.retry_after or 1
    minutes = -(-seconds // 60)
    words = ngettext(
        "Too many attempts. Try again in %(minutes)d minute.",
        "Too many attempts. Try again in %(minutes)d minutes.",
        minutes,
    )
    return ValidationError(words, code=LIMITED, params={"minutes": minutes, "seconds": seconds})


class AccountAdapter(DefaultAccountAdapter):
    """allauth's account app as this hub runs it."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        # One sentence for a wrong password, an unknown address, an ended account and an
        # organisation that is not active.
        "email_password_mismatch": _(
            "This e-mail address and password do not open an account. If you are sure of both, ask "
            "an administrator of your organisation whether your account is active."
        ),
        "incorrect_password": _("This is not your password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Where somebody goes who came to sign in and for nothing else."""
        if request.user.is_authenticated and request.user.is_operator:
            return reverse("admin:index")
        return str(super().get_login_redirect_url(request))

    def is_ajax(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Paths of this hub only, whatever other names it answers to."""
        return bool(url) and is_own_path(url or "")

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: the next page shows what was done, and views say what it does not."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        return self._try_password(request, "sign_in", **credentials)

    def reauthenticate(self, user: AbstractBaseUser, password: str) -> bool:
        if not isinstance(user, User):
            return False
        found = self._try_password(
            self.request, "sign_in.again", email=user.email, password=password
        )
        if found is None or found.pk != user.pk:
            return False
        record("sign_in.again", by=actor_of(user))
        return True

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        super().login(request, user)
        note_beginning(request)
        if isinstance(user, User):
            record("sign_in", by=actor_of(user), detail={"address": client_address(request)})

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, User):
            record("sign_out", by=actor_of(request.user))
        super().logout(request)

    def _try_password(self, request: HttpRequest, action: str, **credentials: Any) -> User | None:
        """The account that these credentials open. Raises ValidationError, when too many failed."""
        email = str(credentials.get("email", ""))
        address = client_address(request)
        try:
            attempt = begin_attempt(email=email, address=address)
        except TooManyRequests as error:
            _record_failure(action, email=email, address=address, code=error.code)
            raise limited(error) from error
        user = authenticate(request, **credentials)
        if isinstance(user, User):
            attempt.succeeded()
            return user
        _record_failure(action, email=email, address=address, code="wrong_credentials")
        return None


def is_own_path(url: str) -> bool:
    """Whether an address leads to a page of this hub, whatever a browser makes of it."""
    return url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)


def _record_failure(action: str, *, email: str, address: str, code: str) -> None:
    """For the account that was tried, if there is one; what was typed is kept nowhere."""
    user = User.objects.named(email).first()
    record(
        action,
        by=Actor(member_id=user.member_id if user else None),
        objects=[str(user.pk)] if user else [],
        decision=Decision.DENIED,
        detail={"address": address, "code": code},
    )
