"""The documentation names what there is: links lead somewhere, lists are complete."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

from hub.cli.main import app as hub_command
from incidents.alerts.topics import CHOOSABLE

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("hub", "accounts", "incidents")
DOCS = ROOT / "docs"
ADRS = DOCS / "adr"

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`]+)`")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
FOLDERS = (*PACKAGES, "tests", "docs", "requirements", "templates", "bench", "clients")
"""Where paths begin that a page writes out."""
PATH = re.compile(rf"(?:{'|'.join(FOLDERS)})/[\w./-]*")
NEIGHBOUR = re.compile(r"[\w./-]+(?:\.py|/)")


def pages() -> list[Path]:
    return sorted(
        path.relative_to(ROOT)
        for folder, pattern in (
            (ROOT, "*.md"),
            (DOCS, "**/*.md"),
            (ROOT / "bench", "*.md"),
            (ROOT / "clients", "*.md"),
            (ROOT / "requirements", "*.md"),
        )
        for path in folder.glob(pattern)
    )


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return FENCED.sub("", (ROOT / page).read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> list[tuple[str, str]]:
    """Path and anchor of every link that stays inside the project."""
    inside = (link for link in LINK.findall(prose(page)) if "://" not in link)
    return [(path, anchor) for path, _, anchor in (link.partition("#") for link in inside)]


def column(page: str, heading: str = "") -> set[str]:
    """What stands as code in the first cell of a page's table rows, or of one section's."""
    text = prose(Path(page))
    section = text.partition(f"\n{heading}\n")[2].partition("\n#")[0] if heading else text
    rows = (line for line in section.splitlines() if line.startswith("| "))
    return {name for row in rows for name in CODE.findall(row.split("|")[1])}


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = [
        f"{path}#{anchor}"
        for path, anchor in links(page)
        if not (target := (ROOT / page).parent / path if path else ROOT / page).exists()
        or (anchor and anchor not in anchors(target))
    ]

    assert broken == []


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    named = [code for code in CODE.findall(prose(page)) if PATH.fullmatch(code)]

    # Some addresses begin as folders do.
    assert [path for path in named if not (ROOT / path).exists() and path not in served()] == []


def is_beside(name: str, whole_paths: list[Path]) -> bool:
    """Whether a short name stands in, under or next to one of the paths written out in its row."""
    return any(
        (path.parent / name).exists() or any(path.glob(f"**/{name.rstrip('/')}"))
        for path in whole_paths
    )


def strays(row: str) -> list[str]:
    """Paths in a row of the map that do not exist."""
    codes = CODE.findall(row)
    whole_paths = [ROOT / code for code in codes if (ROOT / code).exists()]
    paths = [code for code in codes if NEIGHBOUR.fullmatch(code)]
    return [
        code for code in paths if not (ROOT / code).exists() and not is_beside(code, whole_paths)
    ]


def test_the_map_names_only_what_exists() -> None:
    rows = [line for line in prose(Path("README.md")).splitlines() if line.startswith("| ")]

    assert {row: strays(row) for row in rows if strays(row)} == {}


def test_every_page_can_be_reached_from_the_index() -> None:
    listed = {
        ((ROOT / index).parent / path).resolve()
        for index in (Path("docs/README.md"), Path("docs/adr/README.md"))
        for path, _ in links(index)
    }

    assert set(DOCS.glob("**/*.md")) - listed == {DOCS / "README.md"}


def decisions() -> list[tuple[int, Path]]:
    return list(enumerate(sorted(ADRS.glob("[0-9]*.md")), start=1))


@pytest.mark.parametrize(("number", "file"), decisions(), ids=str)
def test_every_decision_is_numbered_titled_by_what_was_decided_and_listed(
    number: int, file: Path
) -> None:
    heading = file.read_text(encoding="utf-8").partition("\n")[0]
    title = heading.removeprefix(f"# {number}. ")

    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")

    assert file.name == f"{number:04}-{slug}.md"
    assert f"| [{number}]({file.name}) | {title} |" in (ADRS / "README.md").read_text()


def test_every_dependency_has_its_line() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = settings["project"]
    wanted = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
        *(one for group in settings["dependency-groups"].values() for one in group),
    ]
    text = (ADRS / "dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z][\w.-]*(?:\[[\w,-]+\])?) \|", text, re.MULTILINE)

    asked = {re.split(r"[~=<>; ]", requirement)[0] for requirement in wanted}

    assert set(rows) - {"package"} == asked


def project_models() -> Iterator[tuple[str, list[str]]]:
    for config in apps.get_app_configs():
        if config.name.partition(".")[0] in PACKAGES:
            for model in config.get_models():
                fields = [*model._meta.fields, *model._meta.many_to_many]
                yield model.__name__, [field.name for field in fields]


@pytest.mark.parametrize(("model", "fields"), sorted(project_models()))
def test_every_column_is_documented(model: str, fields: list[str]) -> None:
    documented = column("docs/reference/models.md", f"### {model}")
    inherited = {
        "IncidentVersion": column("docs/reference/models.md", "### Incident")
        - {"readers", "search"},
    }

    assert documented | inherited.get(model, set()) == set(fields)


def routes(patterns: list[URLPattern | URLResolver], start: str = "") -> Iterator[str]:
    for pattern in patterns:
        here = start + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, here)
        else:
            yield here


def served() -> set[str]:
    """The addresses of pages and API, the latter's without what all of them begin with."""
    return {
        re.sub(r"<[^>]+>", "{}", route).removeprefix("api/v1/") or "/"
        for route in routes(get_resolver(settings.ROOT_URLCONF).url_patterns)
    }


def test_every_route_is_documented() -> None:
    text = prose(Path("docs/reference/rest.md")) + prose(Path("docs/reference/pages.md"))

    documented = {re.sub(r"\{[^}]+\}", "{}", code) for code in CODE.findall(text)}

    assert served() - documented == set()


def test_every_topic_is_documented() -> None:
    text = prose(Path("docs/reference/webhooks.md"))

    assert set(CHOOSABLE) - set(CODE.findall(text)) == set()


def test_every_command_is_documented() -> None:
    text = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    ours = {name for name, module in get_commands().items() if module.startswith(PACKAGES)}
    commands = {command.name for command in hub_command.registered_commands}

    assert {name for name in ours if f"manage.py {name}" not in text} == set()
    assert {name for name in commands if f"hub {name}" not in text} == set()
