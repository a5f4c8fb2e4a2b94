"""What the structure promises and no linter can say."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

from hub.celery import app
from hub.settings.events import FAN_OUT
from incidents.alerts.topics import TOPICS, UNTOLD

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("hub", "accounts", "incidents")
LONGEST_MODULE = 400
LONGEST_FUNCTION = 50
SETTINGS_LENGTH = 200

SCOPES = {"visible_to", "editable_by"}
"""The only ways from a manager to its rows where somebody asks from outside."""


def sources() -> list[Path]:
    return sorted(
        path.relative_to(ROOT)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts
    )


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text())


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def offenders(rule: Callable[[Path], object]) -> dict[str, object]:
    """What breaks a rule, by file; in one test, since there are hundreds of files."""
    return {str(path): found for path in sources() if (found := rule(path))}


def is_surface(path: Path) -> bool:
    folders = {"api", "views", "admin"} & set(path.parts[1:-1])
    is_kit = path.parts[:2] == ("hub", "api")
    return path.name in {"api.py", "views.py", "admin.py"} or (bool(folders) and not is_kit)


def test_modules_and_functions_can_be_read_in_one_go() -> None:
    def too_long(path: Path) -> list[str]:
        lines = (ROOT / path).read_text().count("\n")
        longest = SETTINGS_LENGTH if path.parent.name == "settings" else LONGEST_MODULE
        return [f"{lines} lines"] * (lines > longest) + [
            f"{node.name} {node.end_lineno - node.lineno + 1}"
            for node in functions(tree_of(path))
            if node.end_lineno and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
        ]

    assert offenders(too_long) == {}


def test_imports_stand_at_the_top() -> None:
    def inside(path: Path) -> list[str]:
        return [
            f"{function.name}:{node.lineno}"
            for function in functions(tree_of(path))
            if not (path.name == "apps.py" and function.name == "ready")
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]

    assert offenders(inside) == {}


def test_modules_say_in_one_sentence_what_they_are_for() -> None:
    def is_silent(path: Path) -> bool:
        return bool(tree_of(path).body) and not ast.get_docstring(tree_of(path))

    assert offenders(is_silent) == {}


def test_every_manager_is_scoped_at_once() -> None:
    def unscoped(path: Path) -> list[int]:
        return [
            node.lineno
            for node in ast.walk(tree_of(path))
            if is_surface(path)
            and isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Attribute)
            and node.value.attr == "objects"
            and node.attr not in SCOPES
        ]

    assert offenders(unscoped) == {}
    assert sum(map(is_surface, sources())) > 50


def test_nothing_hangs_on_model_signals() -> None:
    def imported(path: Path) -> list[str]:
        return [
            node.module
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.ImportFrom)
            and node.module in {"django.db.models.signals", "django.dispatch"}
        ]

    assert offenders(imported) == {}


BORDERS = {
    Path("hub/api/views.py"): 1,  # the HTTP handler
    Path("hub/relay/doers.py"): 1,  # the relay's own thread outlives what it runs
    Path("hub/relay/sender.py"): 1,  # each broker's library has errors of its own
    Path("incidents/alerts/engine/desk.py"): 1,  # handed on to the thread that asked
}
"""Where an unknown error ends; everywhere else the narrowest is caught, or it is raised again."""


def is_broad(handler: ast.ExceptHandler) -> bool:
    """Whether it catches everything and does not raise it again."""
    catches_all = handler.type is None or (
        isinstance(handler.type, ast.Name) and handler.type.id in {"Exception", "BaseException"}
    )
    last = handler.body[-1]
    return catches_all and not (isinstance(last, ast.Raise) and last.exc is None)


def test_broad_excepts_stand_at_the_outermost_borders_only() -> None:
    def broad(path: Path) -> list[int]:
        found = [
            node.lineno
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.ExceptHandler) and is_broad(node)
        ]
        return found[BORDERS.get(path, 0) :]

    assert offenders(broad) == {}


@pytest.mark.parametrize(("topic", "consumers"), sorted(settings.HUB_EVENTS.items()))
def test_every_consumer_named_in_the_settings_is_a_task(topic: str, consumers: list[str]) -> None:
    app.loader.import_default_modules()

    for name in consumers:
        task = app.tasks[name]
        assert task.acks_late
        assert task.ignore_result


def test_every_topic_is_fanned_out() -> None:
    # One that is missing here would wait for ever; one that is missing there would tell nobody.
    fanned_out = {topic for topic, names in settings.HUB_EVENTS.items() if FAN_OUT in names}

    assert fanned_out == set(settings.HUB_EVENTS) == TOPICS.keys() | UNTOLD
    assert not TOPICS.keys() & UNTOLD


def test_the_top_level_holds_the_given_packages_only() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    assert packages == set(PACKAGES)


def test_every_setting_of_the_environment_is_documented() -> None:
    documented = (ROOT / "docs" / "reference" / "settings.md").read_text()
    names = {
        node.value
        for path in sources()
        if path.parts[:2] == ("hub", "settings")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node.value.startswith(("HUB_", "DATABASE_", "CELERY_")) and node.value.isupper()
    }

    assert {name for name in names if f"`{name}`" not in documented} == set()
