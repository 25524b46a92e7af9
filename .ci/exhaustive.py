"""Judge two functions on every float32, others each day: ``python .ci/exhaustive.py``."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import fastact as fa


def chosen(day: int) -> list[str]:
    """Names from both ends of the catalogue: simple functions come first, slow ones last."""
    names = list(fa.activations)
    at = day % -(-len(names) // 2)
    return [*dict.fromkeys([names[at], names[-1 - at]])]


def main() -> int:
    """Run the command."""
    day = (datetime.now(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(days=1)
    options = ["--dtype", "float32", "--variety", "forward,derivative", "--exhaustive"]
    command = [sys.executable, "-m", "fastact", "verify", *chosen(day), *options]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
