"""Requests of all kinds that the document allows or forbids, and whether answers keep to it."""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
TIMEOUT_SECONDS = 30
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


def strict(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document, in which answers may have no member that is not described."""
    closed = copy.deepcopy(dict(document))
    for component in closed["components"]["schemas"].values():
        if component.get("properties"):
            component.setdefault("additionalProperties", False)
    # Credentials are the caller's, not made up.
    closed["components"].pop("securitySchemes", None)
    for operation in operations_of(closed):
        operation.pop("security", None)
    return closed


def operations_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of all paths and methods."""
    return [one for methods in document["paths"].values() for one in methods.values()]


@dataclass
class Tally:
    """What was asked, and what was wrong with the answers."""

    statuses: Counter[int] = field(default_factory=Counter)
    findings: dict[str, str] = field(default_factory=dict)
    """By operation and kind of finding: the first one in words."""

    @property
    def requests(self) -> int:
        return self.statuses.total()

    def note(self, name: str, failures: Iterable[Failure]) -> None:
        for failure in failures:
            self.findings.setdefault(f"{name}: {type(failure).__name__}", str(failure))


class Asker:
    """Asks every operation of the document as one caller."""

    def __init__(
        self,
        document: Mapping[str, Any],
        base_url: str,
        *,
        headers: Mapping[str, str],
        names: Mapping[str, Sequence[str]],
        tally: Tally,
    ) -> None:
        self._schema = schemathesis.openapi.from_dict(dict(document))
        self._base_url = base_url
        self._headers = headers
        self._names = names
        self._tally = tally
        self._session = requests.Session()

    def ask_all(self, *, times: int, number: int) -> None:
        """Ask each operation so many times with what it allows, and with what it does not."""
        for operation in self._operations():
            for mode in MODES:
                self._ask(operation, mode, times=times, number=number)

    def ask_once(self, *, turn: int) -> None:
        """Ask each operation once, in one of the modes; the other ones on the next turn."""
        for place, operation in enumerate(self._operations(), start=turn):
            self._ask(operation, MODES[place % len(MODES)], times=1, number=turn)

    def _operations(self) -> Iterator[Any]:
        for result in self._schema.get_all_operations():
            assert isinstance(result, Ok), result
            yield result.ok()

    def _ask(self, operation: Any, mode: GenerationMode, *, times: int, number: int) -> None:
        strategy = operation.as_strategy(generation_mode=mode)

        @seed(number)
        @settings(
            max_examples=times,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy, luck=st.randoms(use_true_random=False))
        def ask(case: Any, luck: random.Random) -> None:
            self._send(case, luck)

        try:
            ask()
        except Unsatisfiable:  # nothing that it forbids can be said of this one
            return

    def _send(self, case: Any, luck: random.Random) -> None:
        # What does not exist is answered 404 before anybody looks at the rest.
        for name in case.path_parameters or {}:
            if name in self._names and luck.random() < 0.8:
                case.path_parameters[name] = luck.choice(self._names[name])
        headers = dict(self._headers)
        if "If-Match" in (case.headers or {}) and luck.random() < 0.7:
            headers["If-Match"] = "*"
        response = case.call(
            base_url=self._base_url,
            headers=headers,
            session=self._session,
            timeout=TIMEOUT_SECONDS,
        )
        self._tally.statuses[response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            self._tally.note(f"{case.method} {case.operation.path}", group.exceptions)
        except Failure as failure:
            self._tally.note(f"{case.method} {case.operation.path}", [failure])
