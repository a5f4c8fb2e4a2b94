"""The mail about passwords: the link to a new one, and that one was chosen."""

from __future__ import annotations

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse

from accounts import mail
from accounts.adapter import actor_of
from accounts.models import User
from hub.audit.services import Actor, record


def tell_of_new_password(user: User) -> None:
    """So that nobody's password is changed without their knowing."""
    url = f"{settings.HUB_BASE_URL}{reverse('account_reset_password')}"
    mail.send("password_changed", to=user.email, context={"url": url})


def send_reset(email: str) -> None:
    """A link to whoever may sign in, and a mail that says so to any other address."""
    user = User.objects.named(email).select_related("member").first()
    if user is None or not user.may_sign_in:
        record("password.forgotten", by=Actor(), detail={"code": "no_account"})
        mail.send("reset_unknown", to=email, context={})
        return
    record("password.forgotten", by=actor_of(user), objects=[str(user.pk)])
    key = default_token_generator.make_token(user)
    path = reverse(
        "account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key}
    )
    hours = settings.PASSWORD_RESET_TIMEOUT // 3600
    context = {"url": f"{settings.HUB_BASE_URL}{path}", "hours": hours}
    mail.send("reset", to=user.email, context=context)
