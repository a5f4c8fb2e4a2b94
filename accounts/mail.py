"""The mail that accounts cause: plain text, sent after the change it tells of, never within it."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)


def send(template: str, *, to: str, context: Mapping[str, Any]) -> bool:
    """Send `templates/accounts/mail/<template>.txt`, whose first line is the subject.

    False when the mail server did not take it, which the log tells; whoever asked may try again.
    """
    values = {"base_url": settings.HUB_BASE_URL, **context}
    text = render_to_string(f"accounts/mail/{template}.txt", values)
    subject, _, body = text.strip().partition("\n")
    try:
        EmailMessage(subject=subject.strip(), body=body.strip() + "\n", to=[to]).send()
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("Mail not sent", extra={"mail": template, "error": type(error).__name__})
        return False
    return True
