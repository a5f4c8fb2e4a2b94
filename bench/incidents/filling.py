"""Fills the configured database with generated incidents."""

from __future__ import annotations

import argparse
import sys
import time

from bench.failure import BenchError
from bench.incidents.loading import load, tidy
from bench.incidents.rows import Rows

SEED = 20_240_216


def main() -> int:
    """Say how long it took; 1 when the database holds something already."""
    parser = argparse.ArgumentParser(prog="python -m bench.incidents", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="incidents; default 100000")
    parser.add_argument("--seed", type=int, default=SEED, help="another one, other incidents")
    chosen = parser.parse_args()
    began = time.monotonic()
    try:
        load(Rows(count=chosen.count, seed=chosen.seed))
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    tidy()
    print(f"{chosen.count:,} incidents in {time.monotonic() - began:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
