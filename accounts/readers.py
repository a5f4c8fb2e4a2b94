"""Who asks: an organisation, and the person who acts for it if there is one."""

from __future__ import annotations

from dataclasses import dataclass

from accounts import roles
from accounts.models import ApiToken, Member, User
from accounts.roles import Right
from hub.audit.services import Actor
from hub.kit.errors import NotAllowed


@dataclass(frozen=True)
class Reader:
    """Who reads or acts; `user` is None for a token, an endpoint or a feed.

    `reauthenticated` tells that the person has just proven again who they are; tokens never have.
    """

    member: Member
    user: User | None
    token: ApiToken | None = None
    reauthenticated: bool = False

    @property
    def actor(self) -> Actor:
        """The same, by ids, for the audit log."""
        return Actor(
            member_id=self.member.pk,
            user_id=self.user.pk if self.user else None,
            token_id=self.token.pk if self.token else "",
        )

    def may(self, right: Right) -> bool:
        """Whether the organisation lets this person or token do it."""
        if not self.member.is_active:
            return False
        if self.member.is_observer and right not in roles.OBSERVER_RIGHTS:
            return False
        if self.user is not None:
            return self.user.is_active and roles.role_may(self.user.role, right)
        return self.token is not None and roles.scopes_may(self.token.scopes, right)

    @property
    def rights(self) -> frozenset[str]:
        """The names of all that this reader may do, in lower case: `"administer" in reader.rights`.

        For templates, which cannot call `may`.
        """
        return frozenset(right.name.lower() for right in Right if self.may(right))

    def require(self, right: Right) -> None:
        """Raises NotAllowed, saying who may, when this reader may not."""
        if not self.may(right):
            if self.member.is_observer and right not in roles.OBSERVER_RIGHTS:
                raise NotAllowed("Your organisation is an observer: it reads what is meant for it.")
            able = " or ".join(roles.roles_with(right))
            raise NotAllowed(f"To {right.value} you must be {able} of your organisation.")
