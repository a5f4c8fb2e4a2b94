"""The files that pages are made with: collected under hashed names, or as they lie."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

_seen: Final[set[str]] = set()
"""Files that were found once; looking through the finders for every icon of a page is slow."""


class HubStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc] # untyped
    """Names a file by its hash where it was collected, and plainly where it was not.

    Django's own raises for a file that the manifest lacks: one forgotten file, or a hub whose files
    were never collected, would answer every page with a server error.
    """

    # What style sheets load. Not the maps that scripts and style sheets name for debuggers: they
    # are not collected, and collecting would stop at each.
    patterns = (("*.css", ManifestFilesMixin.patterns[0][1][:2]),)

    def stored_name(self, name: str) -> str:
        """The hashed name, else the name itself."""
        plain = self.clean_name(name)
        hashed: str = self.hashed_files.get(self.hash_key(plain), plain)
        return hashed


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc] # untyped
    """Serves collected files, compressed and for good, and the others from where they lie."""

    def add_files(self, root: str, prefix: str | None = None) -> None:
        """As WhiteNoise does it, but a hub that has collected none is in order."""
        if Path(root).is_dir():
            super().add_files(root, prefix)


def asset_url(name: str) -> str:
    """The address of a file of the pages' look; empty while it has not been built."""
    if name not in _seen:
        if not (name in _collected() or finders.find(name)):
            return ""
        _seen.add(name)
    return staticfiles_storage.url(name)


def _collected() -> Mapping[str, str]:
    hashed: Mapping[str, str] = getattr(staticfiles_storage, "hashed_files", {})
    return hashed
