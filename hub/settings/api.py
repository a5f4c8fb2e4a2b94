"""What the API's own documentation says before it comes to single operations.

`{limit}` and `{burst}` are filled in from the settings in force: `hub/api/schema/figures.py`.
"""

from __future__ import annotations

API_DESCRIPTION = """\
Companies share incidents of deepfakes here and are alerted to each other's.

**Who asks.** `Authorization: Bearer dfh_…`: a token of an organisation, with scopes; each operation
names the one it needs. Or the session of a person who signed in, with `X-CSRFToken` where something
is changed. A token never sees what is marked red.

**Hidden is absent.** What you may not read is answered like what never existed: 404, the same
bytes. No list, count, order, filter or error tells of it.

**Lists** are `{"results": […], "next": url or null, "previous": url or null}`, without totals.
Follow `next`; its cursor is good for this list, ordering and organisation.

**Changing.** Single objects bear an `ETag`. Send it as `If-Match` with PATCH, PUT and DELETE: 412
says that somebody was quicker, 428 that it is needed and missing. PATCH takes a merge patch: absent
members stay, `null` clears, a list takes the place of the old one.

**Sending again.** Any POST that creates or changes something takes an `Idempotency-Key`: for 24
hours the same request with the same key is carried out once, and answered again with
`Idempotency-Replayed: true`.

**Errors** are `application/problem+json` (RFC 9457); `code` is for programs, `errors` point at what
is wrong in the input. A method that a path does not list here is answered 405, with `Allow`; a path
that leads nowhere 404. Bodies are strict JSON in UTF-8 of at most 1 MiB and 32 levels, without a
key that stands twice; unknown members and unknown query parameters are errors. Every answer bears
an `X-Request-Id`, which names it in the hub's log. A request line above 4,094 bytes is 414.

**Limits.** {limit} and token, {burst} of them at once; then 429 with `Retry-After`.
"""
