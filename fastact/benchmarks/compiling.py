"""Seconds to compile functions: ``python -m fastact.benchmarks.compiling DTYPE NAME…``.

In a process of its own and an empty store, in the order given: what one has compiled, a later one
reuses. Prints one JSON object.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
from time import perf_counter

from fastact.native import loop_registry


def seconds(name: str, dtype: str) -> float:
    """Return how long compiling a function takes."""
    start = perf_counter()
    loop_registry.get(name, dtype).ensure()
    return perf_counter() - start


def measure(names: list[str], dtype: str) -> dict[str, float]:
    """Return how long each takes, in a process of its own."""
    known = {loop.name for loop in loop_registry.loops()}
    command = [sys.executable, "-m", "fastact.benchmarks.compiling", dtype]
    with tempfile.TemporaryDirectory() as store:
        done = subprocess.run(  # noqa: S603  # our own interpreter
            [*command, *(name for name in names if name in known)],
            env=os.environ | {"FASTACT_CACHE_DIR": store},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    importlib.import_module("numba")  # which is start-up, not compiling
    for code in loop_registry.support():
        code.ensure()
    json.dump({name: seconds(name, sys.argv[1]) for name in sys.argv[2:]}, sys.stdout)
