"""Log lines: one each, their data as fields, no secrets."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest

from hub.kit.logs import configuration
from hub.kit.requests import request_id


def line_of(form: str, message: str, error: Any = None, **extra: Any) -> str:
    """What one log call writes under the configuration of this form."""
    formatter = dict(configuration(form=form)["formatters"]["line"])
    logger = logging.getLogger("hub.test")
    record = logger.makeRecord(
        logger.name, logging.WARNING, __file__, 1, message, (), error, extra=extra
    )
    return str(formatter.pop("()")(**formatter).format(record))


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_line_carries_its_data_and_no_secret(form: str) -> None:
    token = request_id.set("request-1")

    line = line_of(form, "Token made", member="acme", api_token="dfh_abc")

    request_id.reset(token)
    assert all(word in line for word in ("Token made", "acme", "request-1"))
    assert "dfh_abc" not in line
    assert "\n" not in line


def test_json_lines_can_be_parsed() -> None:
    line = json.loads(line_of("json", "Endpoint slow", seconds=3))

    assert (line["event"], line["level"], line["seconds"]) == ("Endpoint slow", "warning", 3)
    assert line["timestamp"].endswith("Z")
    assert "request_id" not in line


def test_an_error_stands_in_its_line() -> None:
    try:
        int("boom")
    except ValueError:
        line = line_of("json", "It failed", sys.exc_info())

    assert "ValueError: invalid literal" in json.loads(line)["exception"]
