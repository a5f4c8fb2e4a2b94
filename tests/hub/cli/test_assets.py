"""The build of the pages' look: when it runs, with which Node, and what is said when it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.cli import assets, node
from hub.cli.node import Node, find_node

NODE = """#!/bin/sh
case "$1" in
--version) echo "{version}";;
ci) echo npm "$@" >> {log}; mkdir -p node_modules;;
build.mjs) echo node "$@" >> {log}; mkdir -p "$2" && cp src/hub.js "$2" && exit {code};;
esac
"""
MANAGE = """
import os, sys
open({log!r}, "a").write(" ".join(sys.argv[:2]) + os.environ.get("HUB_HOME", "") + chr(10))
"""


class Checkout:
    """A checkout with sources of a look, and programs that note what they are asked to do."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ui = root / "ui"
        self.log = root / "log"
        self.path = root / "bin"
        (self.ui / "src").mkdir(parents=True)
        (self.ui / "src" / "hub.js").write_text("first")
        (self.ui / "package-lock.json").write_text("{}")
        (root / "requirements").mkdir()
        (root / "static").mkdir()
        (root / "manage.py").write_text(MANAGE.format(log=str(self.log)))
        self.path.mkdir()
        self.make_node()

    def make_node(self, *, version: str = "v22.1.0", code: int = 0) -> None:
        for name in ("node", "npm"):
            program = self.path / name
            program.write_text(NODE.format(version=version, log=self.log, code=code))
            program.chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": f"{self.path}:/usr/bin:/bin", "HUB_HOME": "of another hub"}

    @property
    def without_node(self) -> dict[str, str]:
        return {"PATH": ""}

    def asked(self) -> list[str]:
        """What was started since the last call."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line.replace(str(self.root), "") for line in lines]


INSTALLS = "npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1"
BUILDS = "node build.mjs /ui/build.new"
COLLECTS = "manage.py collectstatic"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    monkeypatch.setattr(assets, "CHECKOUT", tmp_path)
    monkeypatch.setattr(node, "WHEEL", "no_such_package")
    return Checkout(tmp_path)


def test_what_is_built_is_not_built_again(checkout: Checkout) -> None:
    assets.ensure(checkout.environment)
    first = checkout.asked()

    assets.ensure(checkout.environment)

    assert first == [INSTALLS, BUILDS, COLLECTS]
    assert checkout.asked() == []
    assert (checkout.ui / "build" / "hub.js").read_text() == "first"


def test_a_changed_source_is_built_and_a_changed_lock_is_installed(checkout: Checkout) -> None:
    assets.ensure(checkout.environment)
    checkout.asked()

    (checkout.ui / "src" / "hub.js").write_text("second")
    assets.ensure(checkout.environment)
    after_source = checkout.asked()
    (checkout.ui / "package-lock.json").write_text("{ }")
    assets.ensure(checkout.environment)

    assert after_source == [BUILDS, COLLECTS]
    assert checkout.asked() == [INSTALLS, BUILDS, COLLECTS]
    assert (checkout.ui / "build" / "hub.js").read_text() == "second"


def test_without_node_it_says_what_to_do_and_collects_the_rest(checkout: Checkout) -> None:
    with pytest.raises(assets.AssetsError, match="Install Node, or"):
        assets.ensure(checkout.without_node)

    assert checkout.asked() == [COLLECTS]
    assert not (checkout.ui / "build").exists()


def test_a_build_that_is_there_needs_no_node(checkout: Checkout) -> None:
    assets.ensure(checkout.environment)
    checkout.asked()

    assets.ensure(checkout.without_node)

    assert checkout.asked() == []


def test_a_failed_build_is_told_keeps_the_last_one_and_is_tried_again(checkout: Checkout) -> None:
    assets.ensure(checkout.environment)
    (checkout.ui / "src" / "hub.js").write_text("second")
    checkout.make_node(code=1)
    with pytest.raises(assets.AssetsError, match=r"build\.mjs .* failed"):
        assets.ensure(checkout.environment)
    kept = (checkout.ui / "build" / "hub.js").read_text()
    checkout.make_node()
    checkout.asked()

    assets.ensure(checkout.environment)

    assert kept == "first"
    assert BUILDS in checkout.asked()
    assert (checkout.ui / "build" / "hub.js").read_text() == "second"


def test_whoever_starts_a_hub_goes_on_with_plain_pages(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    assets.ensure_or_say(checkout.without_node)

    assert capsys.readouterr().err.endswith("\nThe hub runs; its pages are plain.\n")


def test_without_sources_there_is_nothing_to_build(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(assets, "CHECKOUT", tmp_path / "elsewhere")

    assets.ensure(checkout.without_node)

    assert checkout.asked() == []


@pytest.mark.parametrize("version", ["v18.20.1", "nonsense", ""])
def test_an_old_node_is_none(checkout: Checkout, version: str) -> None:
    checkout.make_node(version=version)

    assert find_node(checkout.environment) is None


def test_the_node_of_the_wheel_serves_where_the_system_has_none(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = checkout.root / "packages" / "node_of_a_wheel"
    (package / "bin").mkdir(parents=True)
    (package / "__init__.py").touch()
    (checkout.path / "node").rename(package / "bin" / "node")
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.setattr(node, "WHEEL", "node_of_a_wheel")

    found = find_node(checkout.without_node)

    program = str(package / "bin" / "node")
    manager = str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    assert found == Node(node=(program,), npm=(program, manager))


def test_the_system_comes_first(checkout: Checkout) -> None:
    found = find_node(checkout.environment)

    assert found == Node(node=(str(checkout.path / "node"),), npm=(str(checkout.path / "npm"),))


def test_the_lock_of_the_look_names_no_registry() -> None:
    lock = (Path(assets.__file__).parents[2] / "ui" / "package-lock.json").read_text()

    assert '"integrity"' in lock
    assert '"resolved"' not in lock
