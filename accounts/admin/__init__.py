"""Organisations, people and what they sign in with, for operators."""

from __future__ import annotations

from accounts.admin import (  # noqa: F401 - Django finds what an app registers from here
    invitations,
    members,
    people,
    sessions,
    tokens,
)
from accounts.operators import operators_only
from accounts.people_by_id import People
from hub.web.admin_site import site

site.guard = operators_only
site.directory = People()
