"""A plugin of pytest for `tox -e coverage`: which functions Numba compiles in the tests.

Python does not run them, so that coverage.py sees nothing of them: `tools/coverage.py` leaves them
out by name. ``-p tests.support.compiled`` writes them beside the data of coverage.py.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from numba.core import event

FOLDER = Path(os.environ.get("COVERAGE_FILE", ".coverage")).absolute().parent


class Compiled(event.Listener):
    """File, line and name of all that Numba has compiled."""

    def __init__(self):
        self.found = set()

    def on_start(self, event):
        code = event.data["dispatcher"].py_func.__code__
        self.found.add((code.co_filename, code.co_firstlineno, code.co_qualname))

    def on_end(self, event):
        pass


def pytest_configure(config):
    config.compiled = Compiled()
    event.register("numba:compile", config.compiled)


def pytest_unconfigure(config):
    found = json.dumps(sorted(config.compiled.found))
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"compiled.{os.getpid()}.json").write_text(found, encoding="utf-8")
