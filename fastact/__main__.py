"""`python -m fastact` is the command `fastact`."""

from __future__ import annotations

import sys

from fastact.cli import main

if __name__ == "__main__":
    sys.exit(main())
