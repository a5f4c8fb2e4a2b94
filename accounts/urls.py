"""Where the REST and the pages of accounts lie."""

from __future__ import annotations

from django.urls import path

from accounts.api import MemberViewSet, MeViewSet
from accounts.views import account, organisation, signing_in

urlpatterns = [
    path("me/", MeViewSet.as_view({"get": "retrieve"})),
    path("members/", MemberViewSet.as_view({"get": "list"})),
    path("members/<str:slug>/", MemberViewSet.as_view({"get": "retrieve"})),
]

# Names that begin with account_ are allauth's.
SIGNING_IN = [
    path("sign-in/", signing_in.SignIn.as_view(), name="account_login"),
    path("sign-in/again/", signing_in.Prove.as_view(), name="account_reauthenticate"),
    path("sign-out/", signing_in.SignOut.as_view(), name="account_logout"),
    path(
        "password/forgotten/",
        signing_in.ForgottenPassword.as_view(),
        name="account_reset_password",
    ),
    path(
        "password/forgotten/sent/",
        signing_in.forgotten_password_sent,
        name="account_reset_password_done",
    ),
    path(
        "password/new/<str:uidb36>/<str:key>/",
        signing_in.NewPassword.as_view(),
        name="account_reset_password_from_key",
    ),
    path("invitation/<str:text>/", signing_in.invitation, name="invitation"),
]
ACCOUNT = [
    path("account/", account.account, name="account"),
    path("account/password/", account.password, name="account_password"),
    path("account/sessions/end/", account.sessions_end, name="sessions_end"),
    path("account/sessions/<str:handle>/end/", account.session_end, name="session_end"),
]
ORGANISATION = [
    path("organisation/", organisation.organisation, name="organisation"),
    path("organisation/people/<uuid:user_id>/", organisation.person, name="person"),
    path("organisation/people/<uuid:user_id>/end/", organisation.person_end, name="person_end"),
    path(
        "organisation/people/<uuid:user_id>/restore/",
        organisation.person_restore,
        name="person_restore",
    ),
    path("organisation/invitations/new/", organisation.invitation_new, name="invitation_new"),
    path(
        "organisation/invitations/<uuid:invitation_id>/again/",
        organisation.invitation_again,
        name="invitation_again",
    ),
    path(
        "organisation/invitations/<uuid:invitation_id>/withdraw/",
        organisation.invitation_withdraw,
        name="invitation_withdraw",
    ),
    path("organisation/tokens/new/", organisation.token_new, name="token_new"),
    path(
        "organisation/tokens/<slug:token_id>/revoke/",
        organisation.token_revoke,
        name="token_revoke",
    ),
]
pages = [*SIGNING_IN, *ACCOUNT, *ORGANISATION]
