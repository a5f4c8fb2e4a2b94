"""The errors that services raise, and that every border turns into an answer."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import NamedTuple, Self


class FieldError(NamedTuple):
    """One thing wrong with one member of the input."""

    pointer: str
    """JSON pointer (RFC 6901) to the member; empty for the input as a whole."""
    code: str
    detail: str


class HubError(Exception):
    """The hub could not do what was asked."""

    # The docstring of each class is its default message; `status` is what HTTP answers.
    code: str = "error"
    status: int = 500
    title: str = "Error"
    pointer: str | None = None

    def __init__(
        self,
        detail: str | None = None,
        *,
        pointer: str | None = None,
        code: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        """`detail` defaults to the class docstring; `retry_after` is in seconds."""
        self.detail = detail or " ".join((inspect.getdoc(type(self)) or self.title).split())
        super().__init__(self.detail)
        self.code = code or self.code
        self.pointer = self.pointer if pointer is None else pointer
        self.retry_after = retry_after


class InvalidInput(HubError):
    """The input is not valid."""

    code = "invalid"
    status = 400
    title = "Invalid input"

    def __init__(
        self,
        detail: str | None = None,
        *,
        pointer: str | None = None,
        code: str | None = None,
        errors: Sequence[FieldError] = (),
    ) -> None:
        """Without `errors`, the one error is `detail` at `pointer`, or at the whole input."""
        super().__init__(detail, pointer=pointer, code=code)
        self.errors = list(errors) or [FieldError(self.pointer or "", self.code, self.detail)]

    def at(self, prefix: str) -> Self:
        """Move every pointer under `prefix`, for the caller that knows where the value stood."""
        self.errors = [error._replace(pointer=prefix + error.pointer) for error in self.errors]
        self.pointer = prefix + (self.pointer or "")
        return self

    def within(self, prefix: str) -> Self:
        """Take `prefix` from every pointer, where what stood under it is the whole input."""
        self.errors = [
            error._replace(pointer=error.pointer.removeprefix(prefix)) for error in self.errors
        ]
        self.pointer = (self.pointer or "").removeprefix(prefix)
        return self


class Unreadable(HubError):
    """The hub cannot read this request."""

    code = "bad_request"
    status = 400
    title = "Bad request"


class NotAllowed(HubError):
    """You may see this, but not do that with it."""

    code = "not_allowed"
    status = 403
    title = "Not allowed"


class ScopeMissing(HubError):
    """The token lacks the scope that this needs."""

    code = "scope_missing"
    status = 403
    title = "Scope missing"


class ReauthenticationRequired(HubError):
    """Only a person who has just signed in again may do this."""

    code = "reauthentication_required"
    status = 403
    title = "Sign in again"


class Absent(HubError):
    """There is nothing here that you may read."""

    code = "not_found"
    status = 404
    title = "Not found"


class Conflict(HubError):
    """The state it is in does not allow this."""

    code = "conflict"
    status = 409
    title = "Conflict"


class PreconditionFailed(HubError):
    """It has changed since you read it: read it again and repeat the change on what you get."""

    code = "precondition_failed"
    status = 412
    title = "Changed since it was read"


class BodyTooLarge(HubError):
    """The body is larger than this address accepts."""

    code = "body_too_large"
    status = 413
    title = "Body too large"


class AddressTooLong(HubError):
    """The request line may have up to 4,094 bytes."""

    code = "address_too_long"
    status = 414
    title = "Address too long"


class KeyReused(HubError):
    """The Idempotency-Key came before with another body: use a new key for a new request."""

    code = "idempotency_key_reused"
    status = 422
    title = "Idempotency-Key reused"


class PreconditionRequired(HubError):
    """Send If-Match with the ETag of what you read."""

    code = "precondition_required"
    status = 428
    title = "If-Match required"


class TooManyRequests(HubError):
    """Too many requests: wait as long as Retry-After says."""

    code = "too_many_requests"
    status = 429
    title = "Too many requests"


class HeadersTooLarge(HubError):
    """A request may have up to 100 headers of up to 8,190 bytes each."""

    code = "headers_too_large"
    status = 431
    title = "Headers too large"


class Unavailable(HubError):
    """The hub cannot answer at the moment: try again as Retry-After says."""

    code = "unavailable"
    status = 503
    title = "Unavailable"
