"""Pages of sign-in and forgotten passwords: allauth's flows with the hub's forms, words and limits.

They are classes because allauth's are.
"""

from __future__ import annotations

from typing import Any, Final

from allauth.account.views import (
    INTERNAL_RESET_SESSION_KEY,
    LoginView,
    LogoutView,
    PasswordResetFromKeyView,
    PasswordResetView,
    ReauthenticateView,
)
from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.adapter import limited
from accounts.attempts import count_mail
from accounts.carrying import CARRIED, hand_back
from accounts.forms import AcceptForm, ForgottenPasswordForm, refuse
from accounts.models import User
from accounts.password_mail import send_reset, tell_of_new_password
from accounts.refusals import with_limit
from accounts.services.invitations import accept_invitation, open_invitation
from hub.api.client_addresses import client_address
from hub.kit.errors import Absent, Conflict, InvalidInput, TooManyRequests
from hub.web.pages import render_page
from hub.web.theme import keep_theme

SECRET_FIELDS: Final = ("password", "current", CARRIED)
private = method_decorator([never_cache, sensitive_post_parameters(*SECRET_FIELDS)], "dispatch")


class _Limited:
    """Answers 429, with when to come back, where a form says that too much was tried."""

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc] # a mixin
        return with_limit(response, form)


@private
class SignIn(_Limited, LoginView):
    template_name = "accounts/sign_in.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if CARRIED in request.POST and isinstance(request.user, User):
            # Signed in meanwhile, in another window.
            return self._go_on(self.get_success_url())
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        carried = {CARRIED: self.request.POST.get(CARRIED, "")}
        context: dict[str, Any] = super().get_context_data(**carried, **kwargs)
        return context

    def form_valid(self, form: BaseForm) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        if CARRIED in self.request.POST and isinstance(self.request.user, User):
            response = self._go_on(response["Location"])
        if isinstance(self.request.user, User):
            keep_theme(response, self.request, self.request.user.theme)
        return response

    def _go_on(self, target: str) -> HttpResponse:
        carried = self.request.POST[CARRIED]
        return hand_back(self.request, to=target, carried=carried)


@private
class SignOut(LogoutView):
    """Asks with GET, signs out with POST."""

    template_name = "accounts/sign_out.html"


@private
class Prove(_Limited, ReauthenticateView):
    """Asks somebody who signed in for the password again, before what is delicate."""

    template_name = "accounts/prove.html"


@private
class ForgottenPassword(_Limited, PasswordResetView):
    """Sends a link to whoever may sign in, and a mail that says so to any other address.

    Both take the same time and end on the same page, so that nobody learns who has an account.
    """

    template_name = "accounts/forgotten_password.html"
    success_url = reverse_lazy("account_reset_password_done")

    def form_valid(self, form: ForgottenPasswordForm) -> HttpResponse:
        email = form.cleaned_data["email"]
        try:
            count_mail(email=email, sender=client_address(self.request))
        except TooManyRequests as error:
            form.add_error(None, limited(error))
            return self.form_invalid(form)
        send_reset(email)
        return redirect(self.success_url)


@require_safe
def forgotten_password_sent(request: HttpRequest) -> HttpResponse:
    """What happens now; the same whether there is such an account or not."""
    return render_page(request, "accounts/forgotten_password_sent.html", {})


@private
class NewPassword(PasswordResetFromKeyView):
    """Behind the link in the mail; moves the key out of the address before it shows a form."""

    template_name = "accounts/new_password.html"
    success_url = reverse_lazy("account_login")

    def form_valid(self, form: BaseForm) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        self.request.session.pop(INTERNAL_RESET_SESSION_KEY, None)
        tell_of_new_password(self.reset_user)
        messages.success(self.request, _("Your password is changed. Sign in with it."))
        return response


@never_cache
@sensitive_post_parameters(*SECRET_FIELDS)
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, text: str) -> HttpResponse:
    """Behind the link of an invitation: choose a name and a password, and have an account."""
    try:
        offered = open_invitation(text)
    except Absent:
        return render_page(request, "accounts/invitation_ended.html", {}, status=404)
    form = AcceptForm(request.POST or None, initial={"name": offered.name})
    if request.method == "POST" and form.is_valid():
        try:
            accept_invitation(text=text, **form.cleaned_data)
        except (Conflict, InvalidInput) as error:
            refuse(form, error)
        else:
            messages.success(request, _("Your account is ready. Sign in with your password."))
            return redirect("account_login")
    return render_page(request, "accounts/invitation.html", {"form": form, "invitation": offered})
