"""What a supervisor prints, whoever reads it or does not."""

from __future__ import annotations

import os

import pytest

from hub.cli.output import LineReader, Output


def test_lines_stand_behind_the_name_of_their_process() -> None:
    reading, writing = os.pipe()
    output = Output(writing)

    output.line("web", "hello")
    output.plain("Hub ready")

    assert os.read(reading, 4096) == b"web      | hello\nHub ready\n"
    os.close(reading)
    os.close(writing)


def test_a_terminal_gets_colours_unless_it_asks_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    reading, writing = os.openpty()
    Output(writing).line("web", "hello")
    coloured = os.read(reading, 4096)
    monkeypatch.setenv("NO_COLOR", "1")
    Output(writing).line("web", "hello")
    plain = os.read(reading, 4096)
    os.close(reading)
    os.close(writing)

    assert coloured == b"\x1b[32mweb      | \x1b[0mhello\r\n"
    assert plain == b"web      | hello\r\n"


def test_a_reader_that_sleeps_holds_nothing_up_and_learns_what_it_missed() -> None:
    reading, writing = os.pipe()
    output = Output(writing)

    for _ in range(3000):
        output.line("web", "x" * 1000)
    waiting = output.is_behind
    got = b""
    while output.is_behind:
        got += os.read(reading, 1 << 20)
        output.flush()
    output.plain("awake")
    got += os.read(reading, 1 << 20)

    assert waiting
    kept = got.count(b"web      | x")
    assert got.endswith(f"[{3000 - kept} lines left out: nobody read them]\nawake\n".encode())
    assert 1000 < kept < 1200
    os.close(reading)
    os.close(writing)


def test_a_reader_that_has_gone_is_no_reason_to_stop() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    output = Output(writing)

    output.plain("nobody")
    output.plain("hears this")

    assert not output.is_behind
    os.close(writing)


def test_output_is_cut_into_lines_however_it_comes() -> None:
    lines = LineReader()

    assert lines.feed(b"one\r\ntw") == ["one"]
    assert lines.feed(b"o\n\nthree \xff") == ["two", ""]
    assert lines.rest() == ["three \N{REPLACEMENT CHARACTER}"]
    assert lines.rest() == []


def test_a_line_that_never_ends_is_cut() -> None:
    lines = LineReader()

    assert [len(line) for line in lines.feed(b"x" * 70_000)] == [70_000]
    assert lines.rest() == []
