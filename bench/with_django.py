"""Runs a module whose imports need Django's models: `python -m bench.with_django bench.ours`."""

from __future__ import annotations

import runpy
import sys

import django

if __name__ == "__main__":
    django.setup()
    runpy.run_module(sys.argv[1], run_name="__main__")
