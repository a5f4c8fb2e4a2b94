"""Measures the hub beside other solutions: `python -m bench [p1 …] [--quick]`; see README.md."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench import p1, p2, p3, p8, p9, p10, p11
from bench.failure import BenchError
from bench.place import Place
from bench.report import Measured

MEASUREMENTS: Final[dict[str, Callable[[Place], Measured]]] = {
    "p1": p1.measure,
    "p2": p2.measure,
    "p3": p3.measure,
    "p8": p8.measure,
    "p9": p9.measure,
    "p10": p10.measure,
    "p11": p11.measure,
}
SIZE: Final = 50_000
"""Small enough that all measurements together take less than ten minutes."""
FULL: Final = 1_000_000


def main() -> int:
    """Print every measurement as it is made; 1 when one could not be made."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASUREMENTS))
    parser.add_argument("--quick", action="store_true", help="only show that everything works")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument(
        "--size", type=int, default=SIZE, help="incidents of p8; default %(default)s"
    )
    sizes.add_argument("--full", action="store_const", const=FULL, dest="size", help="a million")
    parser.add_argument("--keep", action="store_true", help="keep filled databases for later runs")
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.names) - set(MEASUREMENTS))
    if unknown:
        parser.error(f"{', '.join(unknown)}: known are {', '.join(MEASUREMENTS)}")
    database_url = os.environ.get("DATABASE_URL", "")
    broker_url = os.environ.get("CELERY_BROKER_URL", "")
    if not database_url or not broker_url:
        parser.error("no services are configured; `make bench` starts some and runs this")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        place = Place(
            database_url, broker_url, Path(folder), chosen.quick, chosen.size, chosen.keep
        )
        try:
            run(place, chosen.names or list(MEASUREMENTS))
        except BenchError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


def run(place: Place, names: list[str]) -> None:
    """Make these measurements, one after the other."""
    print(f"Medians (lowest to highest) of rounds side by side; {os.cpu_count()} cores.")
    if place.quick:
        print("Quick: this shows that everything works, and says nothing about speed.")
    for name in names:
        began = time.monotonic()
        measured = MEASUREMENTS[name](place)
        print("\n".join(["", *measured.lines()]))
        print(f"      measured in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
