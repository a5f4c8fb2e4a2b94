"""Who may sign in with a password, and whose session goes on."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser

from accounts.models import User


class PasswordBackend(AuthenticationBackend):
    """E-mail address and password, for active accounts of active organisations.

    Asked at every request too: whose account or organisation is no longer active is signed out.
    """

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.select_related("member").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: AbstractBaseUser | None) -> bool:
        return isinstance(user, User) and user.may_sign_in

    def _authenticate_by_email(self, email: str, password: str) -> AbstractBaseUser | None:
        # allauth's own query finds lower-case addresses only, and keeps a table of its own.
        user = User.objects.named(email).select_related("member").first()
        return self._check_password(user, password)

    def _check_password(
        self, user: AbstractBaseUser | None, password: str
    ) -> AbstractBaseUser | None:
        # Not allauth's: it would say of an ended account that it has ended.
        if user is None:
            return None
        self._did_check_password = True
        return user if user.check_password(password) and self.user_can_authenticate(user) else None
