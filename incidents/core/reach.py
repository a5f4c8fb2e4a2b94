"""Whom an incident reaches by its mark and audience, in words that its owner may know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Member, User
from accounts.readers import Reader
from incidents.core.models import Incident
from incidents.core.visibility import LEADS
from incidents.sharing.marks import LISTED_MARKS, OPEN_MARKS, Tlp
from incidents.sharing.models import SharingGroup

SENT: Final[dict[str, Any]] = {
    "whole": gettext_lazy(
        "Their systems are sent the whole incident, by webhook and feed; above 20 kB only its"
        " reference."
    ),
    "reference": gettext_lazy(
        "Their systems are sent its reference, marks and severity, not its title nor its text. What"
        " it says is read here, by people who sign in."
    ),
    "nothing": gettext_lazy(
        "No system is sent anything, and no token ever reads it. The persons named find it here."
    ),
}


@dataclass(frozen=True)
class Reached:
    """Somebody who will see it, or a kind of them."""

    words: str
    names: tuple[str, ...] = ()
    """The organisations meant, where the reader may know them."""


@dataclass(frozen=True)
class Reach:
    """Who sees an incident once it is published, who does not, and what is sent."""

    seen_by: tuple[Reached, ...]
    unseen_by: tuple[str, ...]
    sent: Any
    is_listed_without_anybody: bool
    """The mark asks for an audience, and there is none."""


def reach_of(incident: Incident, *, by: Reader) -> Reach:
    """Whom a draft of the reader's organisation would reach.

    Of a sharing group whose membership is hidden from the reader, neither names nor a number are
    told.
    """
    if incident.tlp == Tlp.RED:
        return _reach_of_persons(incident, by=by)
    named = _Named(incident, by=by)
    is_open = incident.tlp in OPEN_MARKS
    if is_open and not incident.audiences:
        seen_by, unseen_by = _everybody(incident.tlp)
    else:
        seen_by = [_own(by), *named.reached()]
        unseen_by = [*named.without_effect(), _("Everybody else.")]
    return Reach(
        seen_by=tuple(seen_by),
        unseen_by=tuple(unseen_by),
        sent=SENT["whole" if is_open else "reference"],
        is_listed_without_anybody=incident.tlp in LISTED_MARKS and not incident.audiences,
    )


def _own(by: Reader) -> Reached:
    return Reached(_("Your own organisation, %s.") % by.member.name)


def _everybody(mark: str) -> tuple[list[Reached], list[str]]:
    active = list(Member.objects.active().values_list("in_community", flat=True))
    inside = sum(active)
    outside = len(active) - inside
    if mark == Tlp.CLEAR:
        words = ngettext(
            "The %(number)d organisation of this hub, observers among them.",
            "All %(number)d organisations of this hub, observers among them.",
            len(active),
        )
        said = [Reached(words % {"number": len(active)})]
        said.append(Reached(_("Anybody they pass it on to: TLP:CLEAR allows them to.")))
        return said, []
    words = ngettext(
        "The %(number)d member of the community, and nobody else.",
        "All %(number)d members of the community, and nobody else.",
        inside,
    )
    observers = ngettext(
        "The %(number)d observer of this hub.", "The %(number)d observers of this hub.", outside
    )
    left_out = [observers % {"number": outside}] if outside else []
    return [Reached(words % {"number": inside})], [*left_out, _("The public.")]


class _Named:
    """The organisations and groups that an incident names."""

    def __init__(self, incident: Incident, *, by: Reader) -> None:
        slugs = [one["member"] for one in incident.audiences if "member" in one]
        keys = [UUID(one["group"]) for one in incident.audiences if "group" in one]
        self.by = by
        self.needs_community = incident.tlp in {Tlp.GREEN, Tlp.AMBER_STRICT}
        self.members = list(Member.objects.filter(slug__in=slugs).order_by("name")) if slugs else []
        active = Prefetch("members", Member.objects.active().order_by("name"))
        groups = SharingGroup.objects.filter(pk__in=keys).order_by("name", "pk")
        visible = SharingGroup.objects.visible_to(by).filter(pk__in=keys)
        self.known = set(visible.values_list("pk", flat=True)) if keys else set()
        self.groups = self._in_order(groups.prefetch_related(active)) if keys else []

    def _in_order(self, groups: Iterable[SharingGroup]) -> list[SharingGroup]:
        """By name, then those that the reader cannot name, whose order must tell nothing of it."""
        by_name = list(groups)
        named = [one for one in by_name if one.pk in self.known]
        unnamed = [one for one in by_name if one.pk not in self.known]
        return [*named, *sorted(unnamed, key=attrgetter("pk"))]

    def reached(self) -> Iterator[Reached]:
        if names := [one.name for one in self.members if self._admits(one)]:
            words = ngettext(
                "%(number)d organisation that you name.",
                "%(number)d organisations that you name.",
                len(names),
            )
            yield Reached(words % {"number": len(names)}, tuple(names))
        for group in self.groups:
            yield self._of_group(group)

    def _of_group(self, group: SharingGroup) -> Reached:
        is_own = group.owner_id == self.by.member.pk
        if group.deleted_at is not None and is_own:
            return Reached(_("A group that was deleted, and so nobody."))
        # Whoever has left a group hears no more of it, not even that it is gone.
        if group.pk not in self.known:
            return Reached(_("The members of a group that you cannot name today."))
        if group.membership_hidden and not is_own:
            return Reached(_("The members of “%s”; who they are is hidden, to you too.") % group)
        names = [one.name for one in group.members.all() if self._admits(one)]
        words = ngettext(
            "The %(number)d organisation of “%(group)s” that the mark admits.",
            "The %(number)d organisations of “%(group)s” that the mark admits.",
            len(names),
        )
        return Reached(words % {"number": len(names), "group": group}, tuple(names))

    def without_effect(self) -> Iterator[str]:
        for one in self.members:
            if not one.is_active:
                yield _("%s, which is not active today.") % one.name
            elif self.needs_community and one.is_observer:
                yield _("%s, although you name it: the mark admits no observers.") % one.name

    def _admits(self, member: Member) -> bool:
        return member.is_active and (not self.needs_community or member.in_community)


def _reach_of_persons(incident: Incident, *, by: Reader) -> Reach:
    keys = [one["user"] for one in incident.audiences if "user" in one]
    people = Q(pk=incident.author_id) | Q(member=by.member, role__in=LEADS) | Q(pk__in=keys)
    found = list(User.objects.active().filter(people).order_by("name", "email"))
    own = [one.display_name for one in found if one.member_id == by.member.pk]
    others = sum(1 for one in found if one.member_id != by.member.pk)
    seen_by = [
        Reached(
            _("Of your organisation, whoever filed it, its leads, and whom you name."), tuple(own)
        )
    ]
    if others:
        words = ngettext(
            "%(number)d person of another organisation, named by id.",
            "%(number)d persons of other organisations, named by id.",
            others,
        )
        seen_by.append(Reached(words % {"number": others}))
    return Reach(
        seen_by=tuple(seen_by),
        unseen_by=(_("Everybody else, in your organisation too."),),
        sent=SENT["nothing"],
        is_listed_without_anybody=False,
    )
