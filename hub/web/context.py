"""What every template is given."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from hub.web.theme import theme_of


def page(request: HttpRequest) -> dict[str, Any]:
    """The signed-in reader, if a view has found one, and the look this browser has chosen."""
    return {"reader": getattr(request, "reader", None), "theme": theme_of(request)}
