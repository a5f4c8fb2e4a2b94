"""Machine tags: `namespace:predicate="value"`, `namespace:predicate` and the free `tag:"…"`."""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from hub.kit.errors import FieldError, InvalidInput
from incidents.taxonomy import registry
from incidents.taxonomy.registry import Use, Value, Vocabulary

FREE = "tag"
"""The namespace of free tags, the only one in which no predicate stands."""
TAG_LENGTH = 300
NAME_LENGTH = 64
VALUE_LENGTH = 255
TAGS = 100
"""More tags on one incident describe nothing any more."""
LISTED = 24
"""So many values are named in an error; longer lists nobody reads."""
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co"})
"""Unicode categories that two equal-looking tags may differ in: control, format (bidirectional and
zero-width ones), surrogate, private use."""

FOLDED_LENGTH = 200
"""More of a tag than this nobody types before they see it; an index entry has its limits too."""

NAME_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
TAG_FORM = re.compile(
    r'(?P<namespace>[^:"]*):(?P<predicate>[^"=]*)(?:(?P<equals>=?)"(?P<value>[^"]*)")?'
)
FORMS = 'namespace:predicate="value", namespace:predicate or tag:"free text"'


@dataclass(frozen=True, slots=True)
class MachineTag:
    namespace: str
    predicate: str
    """Empty in free tags only."""
    value: str | None
    """None where the predicate says it all."""


def parse_tag(text: str) -> MachineTag:
    """Read one tag by its form alone; whether it is a known one is `check_tags`' question.

    The text is brought to NFC, and runs of white space in a free tag to one space.

    Raises InvalidInput, which says what would be right.
    """
    text = unicodedata.normalize("NFC", text).strip()
    if len(text) > TAG_LENGTH:
        raise InvalidInput(f"A tag has at most {TAG_LENGTH} characters; this has {len(text)}.")
    if intruder := next((sign for sign in text if unicodedata.category(sign) in UNSEEN), None):
        raise InvalidInput(
            f"A tag holds no control or invisible characters (U+{ord(intruder):04X})."
        )
    match = TAG_FORM.fullmatch(text)
    if match is None:
        raise InvalidInput(f"A tag is written {FORMS}, without further quotation marks.")
    if match["namespace"] == FREE:
        return _free_tag(match)
    return _curated_tag(match)


def write_tag(tag: MachineTag) -> str:
    """The one way to write a tag; `parse_tag` reads it back."""
    if tag.value is None:
        return f"{tag.namespace}:{tag.predicate}"
    equals = "=" if tag.predicate else ""
    return f'{tag.namespace}:{tag.predicate}{equals}"{tag.value}"'


def tag_of(vocabulary: Vocabulary, value: Value) -> MachineTag:
    """The tag that stands for a value of a vocabulary of tags."""
    if value.predicate:
        return MachineTag(vocabulary.namespace, value.predicate, value.id)
    return MachineTag(vocabulary.namespace, value.id, None)


def is_free(text: str) -> bool:
    """Whether a tag, as it is written canonically, is one of the members' own words."""
    return text.startswith(f"{FREE}:")


def folded_tag(text: str) -> str:
    """A tag, or the beginning of one, as it is looked up: in lower case, without accents.

    Folded alike, a tag that begins with what was typed is one whose folded form does.
    """
    decomposed = unicodedata.normalize("NFD", text.casefold())
    bare = "".join(sign for sign in decomposed if unicodedata.category(sign) != "Mn")
    return bare[:FOLDED_LENGTH]


def check_tags(texts: Sequence[str]) -> list[str]:
    """The tags as they are written canonically, in the order given, each once.

    Raises InvalidInput with one error for each text that is malformed, unknown, or the second
    value of a vocabulary that admits one; pointers are positions in `texts`: "/0", "/1" …
    """
    if len(texts) > TAGS:
        raise InvalidInput(f"An incident has at most {TAGS} tags; these are {len(texts)}.")
    accepted: dict[str, MachineTag] = {}
    errors: list[FieldError] = []
    for position, text in enumerate(texts):
        try:
            tag = _known(parse_tag(text))
            _refuse_second(tag, accepted)
        except InvalidInput as error:
            errors.append(FieldError(f"/{position}", error.code, error.detail))
        else:
            accepted.setdefault(write_tag(tag), tag)
    if errors:
        raise InvalidInput("Some tags cannot be used.", errors=errors)
    return list(accepted)


def _free_tag(match: re.Match[str]) -> MachineTag:
    if match["predicate"] or match["equals"] or match["value"] is None:
        raise InvalidInput('A free tag is written tag:"free text".')
    value = " ".join(match["value"].split())
    _check_value(value)
    return MachineTag(FREE, "", value)


def _curated_tag(match: re.Match[str]) -> MachineTag:
    for part in ("namespace", "predicate"):
        name = match[part]
        if not NAME_FORM.fullmatch(name) or len(name) > NAME_LENGTH:
            raise InvalidInput(
                f"The {part} {name!r} should be 1 to {NAME_LENGTH} letters, digits and _ . + -"
                f" without spaces; a tag is written {FORMS}."
            )
    value = match["value"]
    if value is None:
        return MachineTag(match["namespace"], match["predicate"], None)
    if not match["equals"]:
        raise InvalidInput(f"An = is missing before the value; a tag is written {FORMS}.")
    _check_value(value)
    if value != " ".join(value.split()):
        raise InvalidInput("The value begins or ends with a space, or has several in a row.")
    return MachineTag(match["namespace"], match["predicate"], value)


def _check_value(value: str) -> None:
    if not value:
        raise InvalidInput("The tag is empty between its quotation marks.")
    if len(value) > VALUE_LENGTH:
        raise InvalidInput(
            f"The value has at most {VALUE_LENGTH} characters; this has {len(value)}."
        )


def _known(tag: MachineTag) -> MachineTag:
    vocabulary = registry.vocabulary(tag.namespace)
    if vocabulary is None:
        raise InvalidInput(
            f"There is no namespace {tag.namespace!r}. Tags may be of {_tag_namespaces()};"
            f' words of your own are written tag:"…".' + _suggestion(tag)
        )
    if vocabulary.use is Use.FIELD:
        raise InvalidInput(f"{tag.namespace!r} is a field; tags may be of {_tag_namespaces()}.")
    if vocabulary.use is Use.TAG and write_tag(tag) not in _written(tag.namespace):
        raise InvalidInput(_unknown_value(tag, vocabulary))
    return tag


def _refuse_second(tag: MachineTag, accepted: dict[str, MachineTag]) -> None:
    vocabulary = registry.vocabulary(tag.namespace)
    if vocabulary is None or not vocabulary.exclusive or write_tag(tag) in accepted:
        return
    for other in accepted.values():
        same_question = tag.value is None or other.predicate == tag.predicate
        if other.namespace == tag.namespace and same_question:
            raise InvalidInput(
                f"{vocabulary.label} admits one value, and {write_tag(other)} stands before it:"
                " send one of the two."
            )


def _tag_namespaces() -> str:
    return ", ".join(found.namespace for found in registry.vocabularies() if found.use is Use.TAG)


@functools.cache
def _written(namespace: str) -> tuple[str, ...]:
    """The tags of a vocabulary of tags, in the order of its file; of any other none."""
    vocabulary = registry.vocabulary(namespace)
    if vocabulary is None or vocabulary.use is not Use.TAG:
        return ()
    return tuple(write_tag(tag_of(vocabulary, value)) for value in vocabulary.values)


def _unknown_value(tag: MachineTag, vocabulary: Vocabulary) -> str:
    written = _written(vocabulary.namespace)
    said = f"There is no {write_tag(tag)}."
    if vocabulary.predicates and tag.predicate not in vocabulary.predicates:
        forms = [f'{tag.namespace}:{predicate}="…"' for predicate in vocabulary.predicates]
        said += f" {vocabulary.namespace} is written {' or '.join(forms)}."
    elif len(written) > LISTED:
        said += f" The {len(written)} known ones stand under vocabularies/{tag.namespace}/."
    else:
        start = f"{tag.namespace}:" + (f"{tag.predicate}=" if vocabulary.predicates else "")
        said += f" Known are {', '.join(known for known in written if known.startswith(start))}."
    return said + _suggestion(tag)


def _suggestion(tag: MachineTag) -> str:
    # What came under the wrong predicate, or without one, is found by its value.
    value = tag.value or tag.predicate
    same_value = [
        known for known in _written(tag.namespace) if known.endswith((f'"{value}"', f":{value}"))
    ]
    everything = [known for found in registry.vocabularies() for known in _written(found.namespace)]
    close = difflib.get_close_matches(write_tag(tag), everything, n=1, cutoff=0.75)
    best = next(iter([*same_value, *close]), None)
    return f" Did you mean {best}?" if best else ""
