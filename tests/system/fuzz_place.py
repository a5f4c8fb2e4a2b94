"""What requests are tried on: `python -m tests.system.in_django tests.system.fuzz_place SLUG`."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from accounts.models import Member, User
from accounts.readers import Reader
from accounts.roles import Role
from accounts.session_store import SessionStore
from incidents.alerts.services.endpoints import create_endpoint
from incidents.core.services.saved_filters import create_saved_filter
from tests import make


def lay_out(slug: str) -> dict[str, Any]:
    """Sessions of one person of each role, and keys of things by the names that paths give them."""
    owner = Member.objects.get(slug=slug)
    other = Member.objects.exclude(pk=owner.pk).order_by("slug")[0]
    persons = {role: make.user(owner, role=role) for role in Role}
    lead = Reader(owner, persons[Role.LEAD])
    mine = [
        make.incident(by=lead),
        make.incident(by=lead, publish=False),
        make.incident(by=lead, tlp="amber", shared_with=[other]),
    ]
    theirs = [make.incident(other), make.incident(other, tlp="amber", shared_with=[owner])]
    hidden = make.incident(other, publish=False)
    endpoint = create_endpoint(member_id=owner.pk, url="https://hooks.example.org/1").endpoint
    links = [make.link(mine[0], one, lead) for one in (mine[2], *theirs)]
    saved = create_saved_filter(name="Voices", query={"q": "voice"}, by=lead, shared=True)
    return {
        "sessions": {str(role): session_of(user) for role, user in persons.items()},
        "names": {
            "ref": [one.ref for one in (*mine, *theirs, hidden)],
            "slug": [owner.slug, other.slug],
            "namespace": ["harms", "tag", "countries"],
            "endpoint": [str(endpoint.pk)],
            "id": [
                str(endpoint.pk),
                *(str(one.pk) for one in (*links, saved)),
                str(make.group(owner, other).pk),
                str(make.group(other, owner).pk),
                *(str(make.observation(one, lead).pk) for one in mine),
            ],
        },
    }


def session_of(user: User) -> str:
    """Key of a session in which the user is signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(lay_out(sys.argv[1])))
