"""Text that people write, as the hub keeps it: in one form, without signs that nobody sees."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from hub.kit.errors import InvalidInput

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Unicode's category Cc, and halves of surrogate pairs, which no UTF-8 can hold."""
_CONTROL_IN_LINES: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""The same without tabs and line breaks."""
_TURNING: Final = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
"""What turns the direction of all that follows it: embeddings, overrides and isolates."""


def read_text(
    given: str,
    *,
    longest: int | None = None,
    multiline: bool = False,
    may_be_blank: bool = False,
    pointer: str | None = None,
) -> str:
    """The text in NFC, stripped, with something to see in it.

    `multiline` allows line breaks and tabs. Direction marks are kept: right-to-left text needs
    them, and pages isolate what they show.

    Raises InvalidInput, at the pointer, with the code `control_character`, `too_long` or `blank`.
    """
    text = unicodedata.normalize("NFC", given.replace("\r\n", "\n")).strip()
    control = (_CONTROL_IN_LINES if multiline else _CONTROL).search(text)
    if control:
        words = "text without other" if multiline else "one line without"
        detail = f"Send {words} control characters; U+{ord(control[0]):04X} is one."
        raise InvalidInput(detail, pointer=pointer, code="control_character")
    if longest is not None and len(text) > longest:
        detail = f"At most {longest} characters; this has {len(text)}."
        raise InvalidInput(detail, pointer=pointer, code="too_long")
    if not may_be_blank and not any(c.isprintable() and not c.isspace() for c in text):
        raise InvalidInput("This may not be empty.", pointer=pointer, code="blank")
    return text


def read_name(
    given: str,
    *,
    longest: int | None = None,
    may_be_blank: bool = False,
    pointer: str | None = None,
) -> str:
    """As `read_text`, of what people call something: one line that leaves what follows it alone.

    Names stand amid other words, in mails and logs too, where nothing isolates them. The marks
    U+200E and U+200F, which act on their neighbours only, are kept.
    """
    name = read_text(given, longest=longest, may_be_blank=may_be_blank, pointer=pointer)
    turning = _TURNING.search(name)
    if turning:
        detail = f"Send it without what turns the text around; U+{ord(turning[0]):04X} does."
        raise InvalidInput(detail, pointer=pointer, code="control_character")
    return name
