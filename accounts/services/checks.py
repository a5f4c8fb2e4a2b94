"""What services ask of values before they store them, in the words of the API."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import models

from accounts.models import User
from hub.kit.errors import FieldError, InvalidInput


def check_choices(name: str, given: Sequence[str], allowed: type) -> None:
    values = [str(choice.value) for choice in allowed]  # type: ignore[attr-defined] # an Enum
    errors = [
        FieldError(f"/{name}", "unknown_value", f"{value!r} is none of {', '.join(values)}.")
        for value in given
        if value not in values
    ]
    if errors:
        raise InvalidInput(errors[0].detail, errors=errors)


def check_fields(row: models.Model) -> None:
    """Ask the model's own validators; uniqueness is left to the database and the caller."""
    try:
        row.clean_fields()
    except ValidationError as error:
        errors = [
            FieldError(f"/{field}", "invalid", " ".join(messages))
            for field, messages in error.message_dict.items()
        ]
        raise InvalidInput(f"{errors[0].pointer[1:]}: {errors[0].detail}", errors=errors) from error


def check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), pointer="/password") from error
