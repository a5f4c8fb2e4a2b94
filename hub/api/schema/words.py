"""Sentences about operations, read off the code that serves them."""

from __future__ import annotations

import inspect
import re
from typing import Any, Final

_VERBS: Final = {
    "list": "List",
    "retrieve": "Read",
    "create": "Create",
    "partial_update": "Change",
    "destroy": "Delete",
}
_HOOKS: Final = {
    "create": "perform_create",
    "partial_update": "perform_update",
    "destroy": "perform_destroy",
}
"""Methods that say what is special about an action that all have in common."""
_GENERAL: Final = {
    "list": "A page at a time; follow `next`.",
    "create": "The answer is the whole object as GET shows it, with its address in `Location`.",
    "partial_update": "A merge patch: absent members stay as they are, null clears, and a list "
    "takes the place of the old one.",
    "destroy": "The answer has no body.",
}
_SENTENCE: Final = re.compile(r"(?<=[.:?!])\s+")


def summary_of(view: Any) -> str:
    """First sentence of the docstring of the method or its hook; else a verb and a noun."""
    sentences = _own_sentences(view)
    if sentences:
        return sentences[0].rstrip(".:")
    noun = view.noun or _noun_of(type(view).__name__)
    verb = _VERBS.get(view.action) or view.action.replace("_", " ").capitalize()
    if view.action == "list":
        return f"{verb} {_plural(noun)}"
    article = "an" if noun[0] in "aeiou" else "a"
    return f"{verb} {article} {noun}"


def description_of(view: Any) -> str:
    """What the method's docstring says after its first sentence, and what the class's says."""
    about = " ".join([*_own_sentences(view)[1:], _GENERAL.get(view.action, "")]).strip()
    resource = inspect.cleandoc(type(view).__doc__ or "")
    scope = "" if view.is_public else view.required_scopes[view.action]
    needs = f"A token needs the scope `{scope}`." if scope else "Any valid token will do."
    return "\n\n".join(part for part in (about, resource, "" if view.is_public else needs) if part)


def _own_sentences(view: Any) -> list[str]:
    for name in (view.action, _HOOKS.get(view.action, "")):
        method = getattr(type(view), name, None)
        # What all resources have in common tells nothing of this one.
        if method is not None and method.__module__ != "hub.api.actions" and method.__doc__:
            return _SENTENCE.split(" ".join(method.__doc__.split()))
    return []


def _noun_of(class_name: str) -> str:
    words = re.findall(r"[A-Z][a-z]*", class_name.removesuffix("ViewSet"))
    return " ".join(words).lower()


def _plural(noun: str) -> str:
    head, of, owner = noun.partition(" of ")
    plural = f"{head[:-1]}ies" if head.endswith("y") else f"{head.removesuffix('s')}s"
    return plural + of + owner
