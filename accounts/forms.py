"""The forms of sign-in, account and organisation: shape only, services decide."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import available_timezones

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm, ReauthenticateForm
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from accounts.models import TokenScope, User
from accounts.roles import Role
from accounts.services.people import set_password
from hub.kit.errors import HubError, InvalidInput
from hub.web.theme import THEMES

PASSWORD_LENGTH: Final = 1000
"""Hashing takes as long as the password is."""
EMAIL_LENGTH: Final = 254

ROLES: Final = [
    (Role.VIEWER.value, _("Viewer: reads")),
    (Role.ANALYST.value, _("Analyst: also files, edits and tags incidents")),
    (Role.LEAD.value, _("Lead: also publishes, widens, withdraws and decides proposals")),
    (Role.ADMIN.value, _("Admin: also manages people, tokens and endpoints")),
]
SCOPES: Final = [
    (TokenScope.INCIDENTS_READ.value, _("Read incidents (incidents:read)")),
    (TokenScope.INCIDENTS_WRITE.value, _("File and change incidents (incidents:write)")),
    (TokenScope.FEED_READ.value, _("Follow the feed of events (feed:read)")),
    (TokenScope.WEBHOOKS_ADMIN.value, _("Manage endpoints (webhooks:admin)")),
    (TokenScope.MEMBERS_READ.value, _("List the organisations (members:read)")),
    (TokenScope.LOOKUP.value, _("Look up media and links (lookup)")),
    (TokenScope.MEDIA_WRITE.value, _("Send in media (media:write)")),
]
LIVES: Final = [
    ("30", _("30 days")),
    ("90", _("90 days")),
    ("180", _("180 days")),
    ("365", _("365 days, the longest there is")),
]
THEME_WORDS: Final = {"light": _("Light"), "dark": _("Dark"), "system": _("As the system says")}
PASSWORD_RULES: Final = _(
    "At least 8 characters, not digits alone, nothing common, nothing like your name or address."
)
"""AUTH_PASSWORD_VALIDATORS in one sentence."""


def _email_field(autocomplete: str) -> forms.EmailField:
    widget = forms.EmailInput(attrs={"autocomplete": autocomplete})
    return forms.EmailField(label=_("E-mail address"), max_length=EMAIL_LENGTH, widget=widget)


def _password_field(label: Any, autocomplete: str) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=PASSWORD_LENGTH, widget=widget)


def _new_password_field() -> forms.CharField:
    field = _password_field(_("New password"), "new-password")
    field.help_text = PASSWORD_RULES
    return field


def refuse(form: forms.BaseForm, error: HubError) -> None:
    """Say in the form what a service did not take, at the fields that it names."""
    wrong = error.errors if isinstance(error, InvalidInput) else ()
    named = [(one.pointer, one.detail) for one in wrong] or [(error.pointer or "", error.detail)]
    for pointer, detail in named:
        name = pointer.strip("/").partition("/")[0]
        form.add_error(name if name in form.fields else None, detail)


# Signing in ---------------------------------------------------------------------------------
class SignInForm(LoginForm):
    """E-mail address and password; the adapter counts the attempt before it checks them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = _email_field("username")
        self.fields["password"] = _password_field(_("Password"), "current-password")


class ProveForm(ReauthenticateForm):
    """The password again, of somebody who signed in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = _password_field(_("Password"), "current-password")


class ForgottenPasswordForm(forms.Form):
    """Where to send the link."""

    email = _email_field("username")


class NewPasswordForm(forms.Form):
    """A new password, for whoever came by the link in a mail."""

    password = _new_password_field()

    def __init__(
        self, *args: Any, user: User | None = None, temp_key: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password

    def save(self) -> None:
        """Called by allauth when the form is valid."""
        if self.user is not None:
            password = self.cleaned_data["password"]
            set_password(user_id=self.user.pk, password=password, action="password.reset")


class AcceptForm(forms.Form):
    """What makes an account of an invitation."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = _new_password_field()


# Account ------------------------------------------------------------------------------------
class ProfileForm(forms.Form):
    """How somebody is called, and how the hub looks to them."""

    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("Your organisation sees it; others see the organisation only."),
    )
    locale = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=[(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())],
    )
    theme = forms.ChoiceField(
        label=_("Look"),
        choices=[(theme, THEME_WORDS[theme]) for theme in THEMES],
        widget=forms.RadioSelect,
    )


class ChangePasswordForm(forms.Form):
    """The password there is, and the one there shall be."""

    current = _password_field(_("Current password"), "current-password")
    password = _new_password_field()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_current(self) -> str:
        current: str = self.cleaned_data["current"]
        adapter = get_adapter()
        if not adapter.reauthenticate(self.user, current):  # counts the attempt
            raise adapter.validation_error("incorrect_password")
        return current


# Organisation -------------------------------------------------------------------------------
class InviteForm(forms.Form):
    """Who is offered an account, and in which role."""

    email = _email_field("off")
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=ROLES, widget=forms.RadioSelect)


class RoleForm(forms.Form):
    """Another role for somebody."""

    role = forms.ChoiceField(label=_("Role"), choices=ROLES, widget=forms.RadioSelect)


class TokenForm(forms.Form):
    """What a new token is for, and what it may do."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("What it is for, so that one knows later what stops when it is revoked."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"), choices=SCOPES, widget=forms.CheckboxSelectMultiple
    )
    days = forms.ChoiceField(label=_("It ends after"), choices=LIVES, initial="90")
