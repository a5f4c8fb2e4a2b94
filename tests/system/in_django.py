"""Runs a module that needs Django: `python -m tests.system.in_django MODULE ARGUMENT…`."""

from __future__ import annotations

import runpy
import sys

import django

if __name__ == "__main__":
    django.setup()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__")
