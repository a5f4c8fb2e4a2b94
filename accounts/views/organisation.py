"""The pages of one's own organisation: facts and people for all, changes for administrators."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Concat, Now
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.adapter import limited
from accounts.attempts import count_mail
from accounts.forms import SCOPES, InviteForm, RoleForm, TokenForm, refuse
from accounts.invitation_mail import send_invitation
from accounts.models import ApiToken, ApiTokenQuerySet, Invitation, MemberRole, User
from accounts.paging import page_of
from accounts.readers import Reader
from accounts.refusals import refusal_on_record, with_limit
from accounts.roles import Right
from accounts.services import invitations, people, tokens
from accounts.services.invitations import IssuedInvitation
from accounts.sessions import PageRequest, signed_in
from hub.kit import clock
from hub.kit.errors import (
    Absent,
    Conflict,
    InvalidInput,
    ReauthenticationRequired,
    TooManyRequests,
)
from hub.web.pages import render_page

FORM = ["GET", "HEAD", "POST"]
SCOPE_WORDS = dict(SCOPES)
LONG_AGO = timedelta(days=365_000)
"""Further back than anything happened."""


@require_safe
@signed_in
def organisation(request: PageRequest) -> HttpResponse:
    """Facts and people; for administrators the invitations and tokens too."""
    reader = request.reader
    administers = reader.may(Right.ADMINISTER)
    context: dict[str, Any] = {
        "member": reader.member,
        "roles": [MemberRole(role).label for role in reader.member.roles],
        "people": page_of(request, _people(reader), name="people", ordering="place"),
        "administers": administers,
    }
    if administers:
        context["invitations"] = Invitation.objects.visible_to(reader.member)
        tokens_page = page_of(request, _tokens(reader), name="tokens", ordering="-place")
        context["tokens"] = tokens_page
        context["token_rows"] = [
            {"token": token, "scopes": [(scope, SCOPE_WORDS[scope]) for scope in token.scopes]}
            for token in tokens_page.rows
        ]
    return render_page(request, "accounts/organisation.html", context)


# People -------------------------------------------------------------------------------------
@require_http_methods(FORM)
@signed_in
def invitation_new(request: PageRequest) -> HttpResponse:
    """Offer somebody an account."""
    reader = request.reader
    with refusal_on_record(reader, "invitation.create"):
        reader.require(Right.ADMINISTER)
    form = InviteForm(request.POST or None, initial={"role": "analyst"})
    if request.method == "POST" and form.is_valid():
        try:
            with refusal_on_record(reader, "invitation.create"):
                count_mail(email=form.cleaned_data["email"], sender=str(reader.member.pk))
                issued = invitations.invite(**form.cleaned_data, by=reader)
        except TooManyRequests as error:
            form.add_error(None, limited(error))
        except (Conflict, InvalidInput) as error:
            refuse(form, error)
        else:
            return _invited(request, issued)
    response = render_page(request, "accounts/invite.html", {"form": form})
    return with_limit(response, form)


@require_POST
@signed_in
def invitation_again(request: PageRequest, invitation_id: UUID) -> HttpResponse:
    reader = request.reader
    with refusal_on_record(reader, "invitation.create"):
        reader.require(Right.ADMINISTER)
        waiting = Invitation.objects.visible_to(reader.member).filter(pk=invitation_id).first()
        if waiting is None:
            raise Absent
        try:
            count_mail(email=waiting.email, sender=str(reader.member.pk))
            issued = invitations.invite_again(invitation_id=invitation_id, by=reader)
        except (TooManyRequests, Conflict, InvalidInput) as error:
            messages.error(request, error.detail)
            return redirect("organisation")
    return _invited(request, issued)


@require_POST
@signed_in
def invitation_withdraw(request: PageRequest, invitation_id: UUID) -> HttpResponse:
    with refusal_on_record(request.reader, "invitation.withdraw"):
        invitations.withdraw_invitation(invitation_id=invitation_id, by=request.reader)
    messages.success(request, _("The invitation is withdrawn; its link ends here."))
    return redirect("organisation")


def _invited(request: PageRequest, issued: IssuedInvitation) -> HttpResponse:
    email = issued.invitation.email
    if send_invitation(issued):
        messages.success(request, _("%s is invited by mail.") % email)
    else:
        messages.error(request, _("The mail to %s could not be sent. Invite them again.") % email)
    return redirect("organisation")


@require_http_methods(FORM)
@signed_in
def person(request: PageRequest, user_id: UUID) -> HttpResponse:
    """Somebody's role, and the end of their access."""
    reader = request.reader
    shown = _person(reader, user_id)
    form = RoleForm(request.POST or None, initial={"role": shown.role})
    if request.method == "POST" and form.is_valid():
        try:
            with refusal_on_record(reader, "user.role", str(user_id)):
                people.change_role(user_id=user_id, role=form.cleaned_data["role"], by=reader)
        except (Conflict, InvalidInput) as error:
            refuse(form, error)
        else:
            messages.success(request, _("The role is changed; it counts at once."))
            return redirect("organisation")
    context = {"form": form, "person": shown, "is_self": shown.pk == request.user.pk}
    return render_page(request, "accounts/person.html", context)


@require_POST
@signed_in
def person_end(request: PageRequest, user_id: UUID) -> HttpResponse:
    return _change_access(request, user_id, ends=True)


@require_POST
@signed_in
def person_restore(request: PageRequest, user_id: UUID) -> HttpResponse:
    return _change_access(request, user_id, ends=False)


def _change_access(request: PageRequest, user_id: UUID, *, ends: bool) -> HttpResponse:
    action, change = (
        ("user.end", people.end_access) if ends else ("user.restore", people.restore_access)
    )
    try:
        with refusal_on_record(request.reader, action, str(user_id)):
            user = change(user_id=user_id, by=request.reader)
    except Conflict as error:
        messages.error(request, error.detail)
        return redirect("organisation")
    words = _("%s has no access any more.") if ends else _("%s has access again.")
    messages.success(request, words % user.display_name)
    return redirect("organisation")


def _people(reader: Reader) -> QuerySet[User]:
    """By name, those whose access has ended after the others."""
    access = Case(When(is_active=True, then=Value("0")), default=Value("1"))
    place = Concat(access, "name", Value(" "), "email", output_field=CharField())
    return User.objects.visible_to(reader.member).annotate(place=place)


def _person(reader: Reader, user_id: UUID) -> User:
    """Somebody of the organisation, for those who may change them."""
    user = User.objects.visible_to(reader.member).filter(pk=user_id).first()
    if user is None:
        raise Absent
    with refusal_on_record(reader, "user.role", str(user_id)):
        people.require_rank_over(reader, user=user)
    return user


# Tokens -------------------------------------------------------------------------------------
@require_http_methods(FORM)
@signed_in
def token_new(request: PageRequest) -> HttpResponse:
    """Make a token; its text stands on the page that answers, and nowhere afterwards."""
    reader = request.reader
    with refusal_on_record(reader, "token.create"):
        reader.require(Right.ADMINISTER)
    if not reader.reauthenticated:
        raise ReauthenticationRequired
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        life = timedelta(days=int(form.cleaned_data["days"]))
        try:
            issued = tokens.create_token(
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                expires_at=clock.now() + life,
                by=reader,
            )
        except InvalidInput as error:
            refuse(form, error)
        else:
            return render_page(request, "accounts/token_made.html", {"issued": issued})
    return render_page(request, "accounts/token_new.html", {"form": form})


@require_http_methods(FORM)
@signed_in
def token_revoke(request: PageRequest, token_id: str) -> HttpResponse:
    """Ask with GET, revoke with POST."""
    reader = request.reader
    with refusal_on_record(reader, "token.revoke"):
        reader.require(Right.ADMINISTER)
    token = _tokens(reader).filter(pk=token_id).first()
    if token is None:
        raise Absent
    if request.method != "POST":
        return render_page(request, "accounts/token_revoke.html", {"token": token})
    tokens.end_token(token_id=token_id, by=reader)
    messages.success(request, _("The token %s is revoked.") % token.name)
    return redirect("organisation")


def _tokens(reader: Reader) -> ApiTokenQuerySet:
    """The organisation's tokens, those that have ended below the others, else the newest first."""
    has_ended = Q(revoked_at__isnull=False) | Q(expires_at__lte=Now())
    place = Case(When(has_ended, then=F("created_at") - LONG_AGO), default=F("created_at"))
    return ApiToken.objects.visible_to(reader.member).annotate(place=place)
