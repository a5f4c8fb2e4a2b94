"""What becomes of refused attempts on pages: a record of them, and when to come back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.forms import BaseForm
from django.http import HttpResponse

from accounts.adapter import LIMITED
from accounts.readers import Reader
from hub.audit.models import Decision
from hub.audit.services import record
from hub.kit.errors import NotAllowed


@contextmanager
def refusal_on_record(reader: Reader, action: str, *objects: str) -> Iterator[None]:
    """Record a denied attempt when what stands under it is refused; outside transactions only."""
    try:
        yield
    except NotAllowed as error:
        record(
            action,
            by=reader.actor,
            objects=list(objects),
            decision=Decision.DENIED,
            detail={"code": error.code},
        )
        raise


def with_limit(response: HttpResponse, form: BaseForm) -> HttpResponse:
    """The answer to a refused form, told as a limit where it is one."""
    for errors in form.errors.as_data().values():
        for error in errors:
            if error.code == LIMITED and error.params:
                response.status_code = 429
                response["Retry-After"] = str(error.params["seconds"])
    return response
