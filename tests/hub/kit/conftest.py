"""Fixtures of the tests of what is sent out."""

from __future__ import annotations

import aiohappyeyeballs
import pytest

from tests import receivers
from tests.posting import NAME, PUBLIC, Detour
from tests.receivers import Trust


@pytest.fixture
def detour(monkeypatch: pytest.MonkeyPatch) -> Detour:
    detour = Detour()
    monkeypatch.setattr(aiohappyeyeballs, "start_connection", detour.start_connection)
    return detour


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    folder = tmp_path_factory.mktemp("certificates")
    return receivers.make_trust(folder, NAME, addresses=(PUBLIC,))
