"""What each role inside an organisation may do: the one statement of it."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Role(StrEnum):
    VIEWER = "viewer"
    ANALYST = "analyst"
    LEAD = "lead"
    ADMIN = "admin"


class Rank(IntEnum):
    """Roles in order; each may do all that the ones below it may."""

    NONE = 0
    VIEWER = 1
    ANALYST = 2
    LEAD = 3
    ADMIN = 4
    OPERATOR = 5
    """Whoever operates the hub, in whatever organisation and role."""


class Right(StrEnum):
    """Something an organisation lets some of its people do."""

    READ = "read"
    FILE = "file incidents and edit your organisation's own"
    NARROW = "narrow who may see an incident"
    PUBLISH = "publish, widen or withdraw"
    DECIDE = "decide proposals and suggestions"
    SHARE = "manage sharing groups"
    ADMINISTER = "manage users, tokens and endpoints"


RANKS = {
    Role.VIEWER: Rank.VIEWER,
    Role.ANALYST: Rank.ANALYST,
    Role.LEAD: Rank.LEAD,
    Role.ADMIN: Rank.ADMIN,
}

NEEDED = {
    Right.READ: Rank.VIEWER,
    Right.FILE: Rank.ANALYST,
    Right.NARROW: Rank.ANALYST,
    Right.PUBLISH: Rank.LEAD,
    Right.DECIDE: Rank.LEAD,
    Right.SHARE: Rank.LEAD,
    Right.ADMINISTER: Rank.ADMIN,
}

OBSERVER_RIGHTS = frozenset({Right.READ, Right.ADMINISTER})
"""What people and tokens of an organisation outside the community may do, whatever their role."""

TOKEN_RIGHTS = {
    "incidents:write": frozenset(
        {Right.FILE, Right.NARROW, Right.PUBLISH, Right.DECIDE, Right.SHARE}
    ),
    "webhooks:admin": frozenset({Right.ADMINISTER}),
}
"""What a token's scopes let it do; reading is asked for by scope alone, at each route."""


def rank_of(role: str, *, operates: bool = False) -> Rank:
    """The rank of a stored role; an unknown one has none, whoever operates the hub the highest."""
    if operates:
        return Rank.OPERATOR
    try:
        return RANKS[Role(role)]
    except ValueError:
        return Rank.NONE


def role_may(role: str, right: Right) -> bool:
    """Whether a person with this role has the right inside their own organisation."""
    return rank_of(role) >= NEEDED[right]


def scopes_may(scopes: list[str], right: Right) -> bool:
    """Whether a token with these scopes has the right."""
    return right is Right.READ or any(right in TOKEN_RIGHTS.get(scope, ()) for scope in scopes)


def roles_with(right: Right) -> list[str]:
    """The roles that have a right, lowest first."""
    return [role.value for role in Role if role_may(role, right)]


def may_act_on(actor: Rank, other: Rank) -> bool:
    """Whether someone may change the account, credentials or role of someone else.

    Asked on every credential path (password, token, e-mail, role): nobody acts on an account of
    higher rank than their own, and only administrators act on others at all.
    """
    return actor >= NEEDED[Right.ADMINISTER] and actor >= other
