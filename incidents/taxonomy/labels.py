"""What the values of vocabularies are called, for people."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from incidents.taxonomy import registry


@functools.cache
def labels(namespace: str) -> Mapping[str, str]:
    """The labels of a vocabulary by id, in the order of its file; none of one that is not there."""
    found = registry.vocabulary(namespace)
    values = found.values if found else ()
    return MappingProxyType({value.id: value.label for value in values})


def label_of(namespace: str, id: str) -> str:  # noqa: A002 - it is an id everywhere else too
    """The label of a value; one that the vocabulary does not have is called as it is written."""
    return labels(namespace).get(id, id)


def labels_of(namespace: str, ids: Iterable[str]) -> list[str]:
    return [label_of(namespace, id) for id in ids]  # noqa: A001 - as above
