"""The mail that brings an invitation to whom it is for."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from accounts import mail
from accounts.services.invitations import LIFE, IssuedInvitation


def send_invitation(issued: IssuedInvitation) -> bool:
    """Send the link, after the transaction that made it; whether the mail server took it."""
    inviter = issued.invitation.created_by
    path = reverse("invitation", args=[issued.text])
    return mail.send(
        "invitation",
        to=issued.invitation.email,
        context={
            "organisation": issued.invitation.member.name,
            "inviter": inviter.display_name if inviter else "",
            "url": f"{settings.HUB_BASE_URL}{path}",
            "days": LIFE.days,
        },
    )
