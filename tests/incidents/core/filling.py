"""A browser without scripts that fills in the form of an incident, as its page shows it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

from django.test import Client


class _Fields(HTMLParser):
    """The fields of the form `incident-form`, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.action = ""
        self.inside = False
        self.area = self.selected = ""
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("id") == "incident-form"
            self.action = given.get("action", "") if self.inside else self.action
        if not self.inside or ("name" not in given and tag != "option"):
            return
        if tag == "input" and "form" not in given:
            ticked = given.get("type") not in {"checkbox", "radio"} or "checked" in given
            if ticked:
                self._add(given["name"], given.get("value", ""))
        elif tag == "textarea":
            self.area, self.text = given["name"], ""
        elif tag == "select":
            self.selected = given["name"]
        elif tag == "option" and self.selected and "selected" in given:
            self._add(self.selected, given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self.area:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.area:
            self._add(self.area, self.text.removeprefix("\n"))
            self.area = ""
        elif tag == "select":
            self.selected = ""
        elif tag == "form":
            self.inside = False

    def _add(self, name: str, value: str) -> None:
        self.fields.setdefault(name, []).append(value)


class Filling:
    """The form of a new incident, or of one that exists, in one window."""

    def __init__(self, client: Client, ref: str = "", *, path: str = "") -> None:
        self.client = client
        self.fields: dict[str, list[str]] = {}
        self.path = path or (
            f"/incidents/{ref}/edit/" if ref else f"/incidents/new/?form={uuid4()}"
        )
        self.page = client.get(self.path)
        assert self.page.status_code == 200
        self.read(self.page)

    def read(self, page: Any) -> None:
        """What a page shows is what is sent next."""
        parser = _Fields()
        parser.feed(page.content.decode())
        self.fields, self.path = parser.fields, parser.action or self.path

    def type(self, **fields: str | list[str]) -> Filling:
        """Fill in fields by name; those of rows as `targets_0_name`."""
        for name, value in fields.items():
            key = _key(name)
            self.fields[key] = value if isinstance(value, list) else [value]
        return self

    def press(self, button: str, value: str = "1", **headers: str) -> Any:
        """Send it, as by this button; what comes back is what the window then shows."""
        answer = self.client.post(
            self.path, {**self.fields, button: [value]}, headers=headers or None
        )
        shown = answer
        if answer.status_code == 302 and answer.headers["Location"] == self.path:
            shown = self.client.get(self.path)
        if shown.status_code == 200 and b"incident-form" in shown.content:
            self.page = shown
            self.read(shown)
        return answer

    def save(self, value: str = "draft", **fields: str | list[str]) -> Any:
        return self.type(**fields).press("save", value)

    def errors(self, answer: Any) -> list[str]:
        """What is wrong, as the list above the form says it."""
        if answer.context is None:
            return []
        return [f"{one.label}: {one.words}" for one in answer.context["forms"].wrong]


def _key(name: str) -> str:
    head, _, rest = name.partition("_")
    row, _, field = rest.partition("_")
    return f"{head}-{row}-{field}" if row.isdigit() else name
