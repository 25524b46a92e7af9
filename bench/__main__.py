"""`python -m bench` is the command `fastact bench`."""

from __future__ import annotations

import sys

from fastact.cli import main

if __name__ == "__main__":
    sys.argv[1:1] = ["bench"]
    sys.exit(main())
