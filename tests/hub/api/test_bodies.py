from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.test import Client, RequestFactory
from rest_framework.exceptions import UnsupportedMediaType

from hub.api.bodies import DRAINED_BYTES, LengthRequired, read_body
from hub.api.parsers import StrictJSONParser
from hub.api.requests import HubRequest
from hub.kit.errors import BodyTooLarge, InvalidInput
from tests.hub.api.conftest import As

pytestmark = pytest.mark.urls("tests.hub.api.notes")
ECHO = "/api/v1/notes/echo/"
MIB = 1024 * 1024


def test_a_json_body_is_read(writer: Client) -> None:
    answer = writer.post(ECHO, {"a": ["é", 1, None]}, content_type="application/json")

    assert answer.status_code == 200
    assert answer.json() == {"a": ["é", 1, None]}


def test_no_body_is_an_empty_object_whatever_its_type(writer: Client) -> None:
    assert writer.generic("POST", ECHO, b"", "text/plain").json() == {}
    assert writer.generic("POST", ECHO, b"", "application/x-www-form-urlencoded").json() == {}


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json; charset=utf-16",
        "application/json; charset=nonsense",
        "application/merge-patch+json",
        "application/jsonp",
        "",
        ";;;",
    ],
)
def test_a_body_of_another_type_is_415(writer: Client, content_type: str) -> None:
    answer = writer.generic("POST", ECHO, b"{}", content_type=content_type)

    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=UTF-8",
        "application/json;",
    ],
)
def test_json_is_recognised_however_its_type_is_written(writer: Client, content_type: str) -> None:
    assert writer.generic("POST", ECHO, b"{}", content_type=content_type).status_code == 200


def test_malformed_json_is_400_with_its_place(writer: Client) -> None:
    answer = writer.generic("POST", ECHO, b'{"a": 1, "a": 2}', content_type="application/json")

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Malformed JSON",
        "status": 400,
        "detail": 'The key "a" stands twice in one object.',
        "code": "malformed_json",
        "errors": [
            {
                "pointer": "",
                "code": "malformed_json",
                "detail": 'The key "a" stands twice in one object.',
            }
        ],
    }


def test_a_body_of_exactly_the_limit_is_read_and_one_byte_more_is_413(writer: Client) -> None:
    fitting = json.dumps("x" * (MIB - 2)).encode()
    too_long = json.dumps("x" * (MIB - 1)).encode()

    assert len(fitting) == MIB
    assert writer.generic("POST", ECHO, fitting, "application/json").status_code == 200
    answer = writer.generic("POST", ECHO, too_long, "application/json")
    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"
    assert answer.json()["detail"] == "The body may have up to 1048576 bytes."


def test_size_comes_before_type_and_json_before_scope(as_: As) -> None:
    reader = as_("reader")
    path = "/api/v1/notes/"

    assert reader.generic("POST", path, b"x" * (MIB + 1), "text/plain").status_code == 413
    assert reader.generic("POST", path, b"{", "application/json").status_code == 400
    assert reader.generic("POST", path, b"{}", "application/json").status_code == 403


def test_a_declared_length_alone_is_enough_to_refuse() -> None:
    request = request_with(b"", CONTENT_LENGTH="99999999999")

    with pytest.raises(BodyTooLarge):
        read_body(request, limit_bytes=10)


def test_a_body_shorter_than_declared_is_refused() -> None:
    request = request_with(b"{}", CONTENT_LENGTH="8")

    with pytest.raises(InvalidInput) as refused:
        read_body(request, limit_bytes=10)

    assert refused.value.code == "body_cut_short"


def test_a_connection_that_breaks_while_the_body_is_read_is_no_server_error() -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError

    request = request_with(b"", CONTENT_LENGTH="8", stream=Broken())

    with pytest.raises(InvalidInput):
        read_body(request, limit_bytes=10)


def test_chunks_are_read_where_the_server_undoes_them() -> None:
    request = request_with(b'{"a": 1}', HTTP_TRANSFER_ENCODING="chunked", terminated=True)

    assert read_body(request, limit_bytes=10) == b'{"a": 1}'


class Endless(io.RawIOBase):
    """A client that never stops sending."""

    sent = 0

    def read(self, size: int = -1) -> bytes:
        self.sent += size
        return b"x" * size


@pytest.mark.parametrize(
    "meta", [{"HTTP_TRANSFER_ENCODING": "chunked"}, {"CONTENT_LENGTH": "99999999999"}]
)
def test_a_client_that_sends_too_much_may_finish_within_reason(meta: dict[str, str]) -> None:
    endless = Endless()
    request = request_with(b"", terminated=True, stream=endless, **meta)

    with pytest.raises(BodyTooLarge):
        read_body(request, limit_bytes=10)
    assert DRAINED_BYTES <= endless.sent <= DRAINED_BYTES + 11


def test_chunks_are_411_where_the_server_leaves_them_to_us() -> None:
    request = request_with(b"{}", HTTP_TRANSFER_ENCODING="chunked")

    with pytest.raises(LengthRequired):
        read_body(request, limit_bytes=10)


def test_a_body_that_somebody_read_before_is_read_again_within_the_limit() -> None:
    request = request_with(b"{}x", CONTENT_LENGTH="3")
    assert request.body == b"{}x"

    assert read_body(request, limit_bytes=3) == b"{}x"
    with pytest.raises(BodyTooLarge):
        read_body(request_read("123456"), limit_bytes=3)


def test_a_form_that_was_read_before_is_415() -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
    request = request_with(
        form, CONTENT_LENGTH=str(len(form)), CONTENT_TYPE="multipart/form-data; boundary=x"
    )
    assert request.POST["a"] == "1"

    with pytest.raises(UnsupportedMediaType):
        HubRequest(request, parsers=[StrictJSONParser()]).raw_body  # noqa: B018 - reading raises


def test_a_body_is_not_read_where_the_method_has_none(writer: Client) -> None:
    answer = writer.generic("GET", "/api/v1/notes/", b"{nonsense", "application/json")

    assert answer.status_code == 200


def request_with(body: bytes, *, terminated: bool = False, stream: Any = None, **meta: str) -> Any:
    request = RequestFactory().generic("POST", "/", b"", CONTENT_TYPE="application/json")
    environ = {
        **request.environ,
        "wsgi.input": stream or io.BytesIO(body),
        "wsgi.input_terminated": terminated,
        **meta,
    }
    if "CONTENT_LENGTH" not in meta:
        environ.pop("CONTENT_LENGTH", None)
    return type(request)(environ)


def request_read(text: str) -> Any:
    request = request_with(text.encode(), CONTENT_LENGTH=str(len(text)))
    request.body  # noqa: B018 - reading keeps it
    request.META["CONTENT_LENGTH"] = ""
    return request
