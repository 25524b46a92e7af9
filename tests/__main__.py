"""Run the tests: `python -m tests`, or with arguments of pytest what these say.

All tests are three sessions of pytest, as Numba unloads no machine code: in one, a worker would
take more than 1 GB, at which a session fails.
"""

from __future__ import annotations

import os
import subprocess
import sys

# Without -P Python would find the package here, and not where it is installed.
PYTEST = (sys.executable, "-P", "-m", "pytest", "-n", "auto", "--dist", "loadgroup")
# Each benchmark runs too: once, on small arrays, unmeasured.
APART = ("tests/elementwise", "tests/in_njit")
REST = (*(f"--ignore={folder}" for folder in APART), "tests", "bench", "README.md")
SESSIONS = ((APART[0],), REST, (APART[1],))


def main() -> None:
    """Run pytest, and end with the status of the first session that failed."""
    sessions = [sys.argv[1:]] if sys.argv[1:] else SESSIONS
    os.environ.setdefault("FASTACT_TEST_WORKER_MB", "1024")
    statuses = [
        subprocess.run([*PYTEST, "--benchmark-disable", *each], check=False).returncode
        for each in sessions
    ]
    sys.exit(next(filter(None, statuses), 0))


if __name__ == "__main__":
    main()
