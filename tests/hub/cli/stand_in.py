"""`hub up` with processes that do nothing: `python -m tests.hub.cli.stand_in`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Final

from hub.cli.home import Home
from hub.cli.programs import Program
from hub.cli.up import Plan, is_ready, up

PREPARE: Final = """
import os, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS starts (at timestamptz DEFAULT now())")
    connection.execute("INSERT INTO starts DEFAULT VALUES")
    print("start", connection.execute("SELECT count(*) FROM starts").fetchone()[0])
"""
WEB: Final = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *arguments): pass
address = ("127.0.0.1", int(os.environ["HUB_PORT"]))
http.server.ThreadingHTTPServer(address, Handler).serve_forever()
"""
LOOP: Final = """
import os, signal, sys, time
def leave(number, frame):
    os.write(1, b"left\\n")  # print() may be interrupted in the middle of a print()
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
signal.signal(signal.SIGINT, lambda number, frame: os.write(1, b"heard Ctrl-C\\n"))
os.write(1, b"runs\\n")
while True: time.sleep(60)
"""


def _python(name: str, home: Home, environment: Mapping[str, str], code: str) -> Program:
    return Program(
        name=name,
        command=(sys.executable, "-c", code),
        home=home.root,
        environment=environment,
        folder=home.root,
    )


def _prepare(home: Home, environment: Mapping[str, str]) -> Program:
    return _python("prepare", home, environment, os.environ.get("PREPARE", PREPARE))


def _processes(home: Home, environment: Mapping[str, str], _port: int) -> list[Program]:
    loops = [_python(name, home, environment, LOOP) for name in ("relay", "worker", "beat")]
    return [_python("web", home, environment, WEB), *loops]


if __name__ == "__main__":
    stand_ins = Plan(prepare=_prepare, processes=_processes, is_ready=is_ready)
    up(os.environ, plan=stand_ins, durable=False)
