"""The demonstration's lines fit into 80 columns and are plain where nobody looks."""

from __future__ import annotations

import io

from hub.cli.demo.narration import Narration, milliseconds


def test_lines_are_plain_and_fit_whatever_they_hold() -> None:
    stream = io.StringIO()
    page = Narration(stream)

    page.title("A [bold]title[/bold] " + "that is long " * 10)
    page.step("A step " * 20)
    page.line("words " * 40)
    page.quote("a title " * 40)
    page.row("A company with a name that is long enough", "12345 ms", "verified " * 20)
    page.success("All of it happened.")

    text = stream.getvalue()
    assert "\x1b" not in text
    assert "[bold]title[/bold]" in text
    assert max(len(line) for line in text.splitlines()) <= 79


def test_steps_are_numbered_and_carry_the_time() -> None:
    stream = io.StringIO()
    page = Narration(stream)

    page.step("The first")
    page.step("The second")

    lines = [line for line in stream.getvalue().splitlines() if line]
    assert [line.split()[0] for line in lines] == ["1", "2"]
    assert all(line.endswith("0.0 s") and len(line) == 79 for line in lines)


def test_why_it_failed_is_told_whole() -> None:
    stream = io.StringIO()
    page = Narration(stream)

    page.log(["web | one line", "relay | " + "y" * 200])
    page.failure("It was answered " + "x" * 300)

    assert stream.getvalue().splitlines() == [
        "web | one line",
        "relay | " + "y" * 200,
        "",
        "It was answered " + "x" * 300,
    ]


def test_times_are_told_in_milliseconds() -> None:
    assert milliseconds(0.0414) == "41 ms"
