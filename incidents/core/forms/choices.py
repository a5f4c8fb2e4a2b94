"""What can be picked in the form of an incident, with the words for each value."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from django.conf.locale import LANG_INFO
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from accounts.models import Member, User
from accounts.readers import Reader
from hub.kit.errors import InvalidInput
from incidents.core.models import Incident, Status
from incidents.core.tag_usage import COUNTED, Order, label_of, tag_usage
from incidents.sharing.models import SharingGroup
from incidents.taxonomy import registry
from incidents.taxonomy.languages import canonical_language
from incidents.taxonomy.machinetags import folded_tag
from incidents.taxonomy.models import Election

TAGS_OFFERED: Final = 12
"""So many of those that stand on most incidents; more are found by typing."""
NEWEST: Final = 200
"""So many incidents are looked at for the tags that a form offers before anything is typed."""


class Option(NamedTuple):
    """A value that can be picked."""

    value: str
    label: str
    help: str = ""
    group: str = ""


@functools.cache
def of_vocabulary(namespace: str) -> tuple[Option, ...]:
    """The values of a curated vocabulary, in its order, under the names of its groups."""
    vocabulary = registry.vocabulary(namespace)
    if vocabulary is None:
        raise LookupError(namespace)
    groups = {group.id: group.label for group in vocabulary.groups}
    return tuple(
        Option(value.id, value.label, value.description, groups.get(value.group, ""))
        for value in vocabulary.values
    )


@functools.cache
def countries() -> tuple[Option, ...]:
    """Countries by name."""
    return tuple(sorted(of_vocabulary("countries"), key=lambda option: folded_tag(option.label)))


@functools.cache
def languages() -> tuple[Option, ...]:
    """Languages by name, those that are asked for most anywhere; others are typed as codes."""
    found = {}
    for code, about in LANG_INFO.items():
        if "name" in about:
            tag = canonical_language(code)
            found[tag] = Option(tag, about["name"], tag)
    return tuple(sorted(found.values(), key=lambda option: option.label))


def code_of(text: str, options: Iterable[Option]) -> str:
    """The value of what was typed as a name or as the value itself; else what was typed."""
    typed = text.strip()
    by_name = {option.label.casefold(): option.value for option in options}
    by_code = {option.value.casefold(): option.value for option in options}
    return by_code.get(typed.casefold()) or by_name.get(typed.casefold()) or typed


def language_code(text: str) -> str:
    """A language typed by name or code, as a BCP 47 tag; what is none is left as it was typed."""
    code = code_of(text, languages())
    try:
        return canonical_language(code) if code else ""
    except InvalidInput:
        return code


def name_of(value: str, options: Iterable[Option]) -> str:
    """What a value is called; itself, where it is not among the options."""
    return next((option.label for option in options if option.value == value), value)


def elections(reader: Reader) -> list[Option]:
    """The votes of the calendar, the latest first."""
    rows = Election.objects.visible_to(reader).order_by("-polling_from", "key")
    return [Option(row.key, row.name, f"{row.polling_from:%Y-%m-%d}") for row in rows]


def tags(reader: Reader, *, typed: str = "") -> list[Option]:
    """Tags on what the reader may see, those that are used most first."""
    order = Order("count", descending=True)
    used = tag_usage(reader, typed=typed, order=order, limit=TAGS_OFFERED)
    return [tag_option(use.tag, min(use.incidents, COUNTED)) for use in used]


def recent_tags(reader: Reader) -> list[Option]:
    """Tags on the newest incidents that the reader may see, those that are used most first.

    To count the uses of every tag takes too long for a page that is only opened.
    """
    newest = Incident.objects.visible_to(reader).exclude(status=Status.WITHDRAWN)
    rows = newest.order_by("-updated_at", "-pk").values_list("tags", flat=True)[:NEWEST]
    used = Counter(tag for tags in rows for tag in tags)
    return [tag_option(tag) for tag, _ in used.most_common(TAGS_OFFERED)]


def tag_option(tag: str, incidents: int | None = None) -> Option:
    """A tag as it can be picked, with how many incidents bear it if that is known."""
    label = label_of(tag)
    words = [tag] if label != tag and not tag.startswith("tag:") else []
    if incidents is not None:
        words.append(_("on %(number)d") % {"number": incidents})
    return Option(tag, label, " · ".join(words))


def members(reader: Reader, named: Sequence[str] = ()) -> list[Option]:
    """Active organisations but the reader's own, and those that an incident names already."""
    rows = Member.objects.visible_to(reader.member).exclude(pk=reader.member.pk).order_by("name")
    found = [Option(row.slug, row.name, _observer(row)) for row in rows]
    missing = set(named) - {option.value for option in found}
    left = Member.objects.filter(slug__in=missing).order_by("name") if missing else []
    return [*found, *(Option(row.slug, row.name, _("not active today")) for row in left)]


def _observer(member: Member) -> str:
    return _("observer") if member.is_observer else ""


def groups(reader: Reader, named: Sequence[str] = ()) -> list[Option]:
    """The reader's groups, and those that an incident names already.

    Of one whose membership is hidden, nothing tells how large it is.
    """
    rows = SharingGroup.objects.visible_to(reader).order_by("name", "pk")
    sizes = dict(rows.annotate(size=Count("memberships")).values_list("pk", "size"))
    found = [Option(str(row.pk), row.name, _size(row, sizes[row.pk], reader)) for row in rows]
    missing = set(named) - {option.value for option in found}
    if not missing:
        return found
    # Named before, by somebody who could: it was deleted since, or the organisation has left it.
    return [*found, *(Option(key, _("A group you cannot name today"), key) for key in missing)]


def _size(group: SharingGroup, size: int, reader: Reader) -> str:
    if group.membership_hidden and group.owner_id != reader.member.pk:
        return _("who belongs to it is hidden")
    return _("members: %(number)d") % {"number": size}


def people(reader: Reader, named: Sequence[str] = ()) -> list[Option]:
    """Active people of the reader's organisation; of others one knows the organisation only."""
    own = Q(member=reader.member, is_active=True)
    rows = User.objects.filter(own).order_by("name", "email")
    found = [Option(str(row.pk), row.display_name, row.email) for row in rows]
    missing = [key for key in named if key not in {option.value for option in found}]
    return [*found, *(Option(key, _("Somebody named by id"), key) for key in missing)]


class Named(NamedTuple):
    """Whom an incident names, by kind."""

    members: list[str]
    groups: list[str]
    people: list[str]


def named_by(incident: Incident | None) -> Named:
    """Whom an incident names already; nobody for a new one."""
    audiences = incident.audiences if incident else []
    members, groups, people = (
        [one[kind] for one in audiences if kind in one] for kind in ("member", "group", "user")
    )
    return Named(members, groups, people)
