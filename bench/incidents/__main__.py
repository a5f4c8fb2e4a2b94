"""Fills DATABASE_URL with generated incidents: `python -m bench.incidents --count 100000`."""

from __future__ import annotations

import os
import runpy

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.development")
    django.setup()
    runpy.run_module("bench.incidents.filling", run_name="__main__")
