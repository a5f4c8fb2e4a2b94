"""Which fingerprints there are, and how their values are written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub.kit.errors import InvalidInput

LONGEST_VALUE = 200_000
"""Characters; a chromaprint of three hours has about 90,000 words of 4 bytes in base 64."""


@dataclass(frozen=True)
class Algorithm:
    """A way to take a fingerprint; perceptual ones have a quality, cryptographic ones none."""

    id: str
    perceptual: bool
    form: re.Pattern[str]
    words: str


def _hex(digits: int) -> re.Pattern[str]:
    return re.compile(rf"[0-9a-f]{{{digits}}}")


PRINTABLE = re.compile(r"[A-Za-z0-9+/=_,:;.|-]+")

ALGORITHMS = {
    algorithm.id: algorithm
    for algorithm in (
        Algorithm("sha256", False, _hex(64), "64 hexadecimal digits"),
        Algorithm("md5", False, _hex(32), "32 hexadecimal digits"),
        Algorithm("pdq", True, _hex(64), "64 hexadecimal digits"),
        Algorithm("vpdq", True, PRINTABLE, "frames in printable form, without spaces"),
        Algorithm("chromaprint", True, PRINTABLE, "a raw or base 64 chromaprint, without spaces"),
        Algorithm("text_minhash", True, PRINTABLE, "a MinHash in printable form, without spaces"),
    )
}


def check_fingerprint(algorithm: str, value: str, quality: int | None) -> str:
    """The value as it is stored; hexadecimal digits in lower case.

    `quality` is 0 to 100. Raises InvalidInput at /algorithm, /value or /quality.
    """
    known = ALGORITHMS.get(algorithm)
    if known is None:
        raise InvalidInput(
            f"{algorithm!r} is none of {', '.join(ALGORITHMS)}.",
            pointer="/algorithm",
            code="unknown_value",
        )
    written = value.lower() if known.form is not PRINTABLE else value
    if len(written) > LONGEST_VALUE or not known.form.fullmatch(written):
        raise InvalidInput(f"A {algorithm} value is {known.words}.", pointer="/value")
    if quality is not None and not known.perceptual:
        raise InvalidInput(
            f"Only perceptual fingerprints have a quality; {algorithm} has none.",
            pointer="/quality",
        )
    return written
