"""The files of pages: as they lie, collected, and not there at all."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from hub.web import static_files

SCRIPT = "django_htmx/htmx-2.min.js"
PAGES = ("/design/", "/no/such/page/")


def body_of(answer: object) -> bytes:
    # The test client closes the file at its end.
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined] # a file's response


@pytest.fixture(autouse=True)
def as_a_hub_serves_them(settings: Settings) -> None:
    """Other tests look each file up when it is asked for."""
    settings.WHITENOISE_AUTOREFRESH = False


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Finders, storage and what was found are looked at anew, before and after."""
    monkeypatch.setattr(static_files, "_seen", set())
    cast("Any", finders.get_finder).cache_clear()
    yield
    cast("Any", finders.get_finder).cache_clear()


@pytest.fixture
def unbuilt(fresh: None, settings: Settings) -> None:
    """A hub whose look nobody has built."""
    settings.STATICFILES_DIRS = []


@pytest.fixture
def look(fresh: None, settings: Settings, tmp_path: Path) -> Path:
    """A small look of our own in place of the built one."""
    folder = tmp_path / "look"
    folder.mkdir()
    (folder / "hub.css").write_text("a{background:url(favicon.svg)}/*" + "x" * 2000 + "*/")
    (folder / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    settings.STATICFILES_DIRS = [("ui", folder)]
    return folder


@pytest.fixture
def collected(look: Path, settings: Settings, tmp_path: Path) -> Path:
    """The same, collected."""
    settings.STATIC_ROOT = tmp_path / "static"
    others = ["admin", "drf_*", "rest*"]
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=others)
    return tmp_path / "static"


@pytest.mark.parametrize("page", PAGES)
def test_without_a_build_a_page_is_plain_and_names_no_file_that_is_missing(
    unbuilt: None, page: str
) -> None:
    client = Client()

    text = client.get(page).content.decode()

    assert "<h1" in text
    assert "<svg" not in text
    assert "stylesheet" not in text
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', text)
    assert {name: client.head(name).status_code for name in named} == dict.fromkeys(named, 200)


@pytest.mark.parametrize("page", PAGES)
def test_built_and_not_collected_a_page_names_the_files_plainly(look: Path, page: str) -> None:
    client = Client()

    text = client.get(page).content.decode()

    assert '<link rel="stylesheet" href="/static/ui/hub.css">' in text
    assert client.head("/static/ui/hub.css").status_code == 200


def test_a_look_that_is_built_while_the_hub_runs_is_noticed(look: Path) -> None:
    before = static_files.asset_url("ui/late.css")
    (look / "late.css").touch()

    assert (before, static_files.asset_url("ui/late.css")) == ("", "/static/ui/late.css")


def test_collected_files_bear_their_hash_are_compressed_and_kept_for_good(collected: Path) -> None:
    client = Client()
    text = client.get("/no/such/page/").content.decode()
    (name,) = re.findall(r'<link rel="stylesheet" href="([^"]+)">', text)

    plain = client.get(name)
    packed = client.get(name, headers={"Accept-Encoding": "gzip"})
    smaller = client.head(name, headers={"Accept-Encoding": "gzip, br"})

    assert re.fullmatch(r"/static/ui/hub\.[0-9a-f]{12}\.css", name)
    assert plain["Cache-Control"] == "max-age=315360000, public, immutable"
    content = body_of(plain)
    assert re.search(rb"url\(\"favicon\.[0-9a-f]{12}\.svg\"\)", content)
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(body_of(packed)) == content
    assert smaller["Content-Encoding"] == "br"
    assert packed["Vary"] == "Accept-Encoding"


def test_a_file_that_was_not_collected_is_named_plainly(collected: Path) -> None:
    assert staticfiles_storage.url("ui/nothing.css") == "/static/ui/nothing.css"
    assert static_files.asset_url("ui/nothing.css") == ""


def test_files_as_they_lie_are_known_again_and_cannot_run_by_themselves() -> None:
    first = Client().get(f"/static/{SCRIPT}")

    found = finders.find(SCRIPT)
    assert body_of(first) == Path(str(found)).read_bytes()
    assert first["Content-Type"].startswith("text/javascript")
    assert first["Cache-Control"] == "max-age=3600, public"
    assert first["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "Access-Control-Allow-Origin" not in first
    again = Client().get(f"/static/{SCRIPT}", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, body_of(again)) == (304, b"")
    assert Client().post(f"/static/{SCRIPT}").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/api",
        "/static/nothing.js",
        "/static/../hub/settings/base.py",
        "/static/..%2f..%2fmanage.py",
        "/static//etc/passwd",
        "/static/a%00b",
        "/static/.stamp",
        "/static/" + "a" * 5000,
    ],
)
def test_nothing_else_is_served_from_there(path: str) -> None:
    assert Client(raise_request_exception=False).get(path).status_code == 404
