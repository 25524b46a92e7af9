"""Whole processes, from start to exit: what a script pays before its first result."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial

FIRST_CALL = "import numpy as np, fastact as fa; fa.sigmoid(np.ones(3, 'f4'))"


def run(code: str, folder: str | None = None, **environment: str) -> None:
    """Run a Python process that keeps and finds bytecode, as that of an installed package.

    It runs in `folder`, from which Python imports what is there rather than what is installed.
    """
    given = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", code], env=given | environment, check=True, cwd=folder
    )


def run_cold(code: str, folder: str | None = None) -> None:
    """Run a Python process that finds an empty store."""
    with tempfile.TemporaryDirectory() as store:
        run(code, folder, FASTACT_CACHE_DIR=store)


PROCESSES: dict[str, Callable[[], None]] = {
    "import numpy": partial(run, "import numpy"),
    "import fastact": partial(run, "import fastact"),
    "first call, warm store": partial(run, FIRST_CALL),
    "first call, empty store": partial(run_cold, FIRST_CALL),
}
