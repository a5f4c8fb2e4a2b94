"""Tells the demonstration: `python -m hub.cli.demo`, which is what `hub demo` becomes."""

from __future__ import annotations

import os
import sys

from hub.cli.demo.telling import tell

if __name__ == "__main__":
    sys.exit(0 if tell(os.environ) else 1)
