"""References of incidents in the addresses of pages: `<ref:ref>`."""

from __future__ import annotations

from django.urls import register_converter


class RefConverter:
    """A reference in whatever case it was typed; the page leads to its address in upper case."""

    regex = "[Dd][Ff]-[0-9A-Za-z]{8}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(RefConverter, "ref")
