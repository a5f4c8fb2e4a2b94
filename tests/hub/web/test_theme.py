"""The look: kept in a cookie, chosen without JavaScript."""

from __future__ import annotations

import pytest
from django.test import Client

PAGE = "/design/"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_look_is_in_the_page_from_its_first_byte(theme: str) -> None:
    client = Client()

    chosen = client.post(
        "/theme/", {"theme": theme}, headers={"Referer": f"http://testserver{PAGE}?a=1"}
    )

    assert (chosen.status_code, chosen["Location"]) == (302, f"{PAGE}?a=1")
    assert chosen.cookies["theme"]["samesite"] == "Lax"
    assert f'data-bs-theme="{theme}"' in client.get(PAGE).content.decode()


@pytest.mark.parametrize("cookie", ["", "system", "<script>"])
def test_without_a_choice_the_browser_chooses(cookie: str) -> None:
    client = Client()
    client.cookies["theme"] = cookie

    assert "data-bs-theme" not in client.get(PAGE).content.decode()


def test_an_unknown_look_is_refused() -> None:
    refused = Client().post("/theme/", {"theme": "pink"})

    assert refused.status_code == 400
    assert "theme" not in refused.cookies
    assert Client().get("/theme/").status_code == 405


@pytest.mark.parametrize(
    "referer", ["https://evil.example/page", "http://testserver//evil.example/", "javascript:1", ""]
)
def test_the_way_back_leads_to_no_other_place(referer: str) -> None:
    answer = Client().post("/theme/", {"theme": "dark"}, headers={"Referer": referer})

    assert answer["Location"] == "/"
