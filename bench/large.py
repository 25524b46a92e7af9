"""What a new array for a large result costs beside one that is there, `out=`.

`python -m bench.large [functions]` times both by turns, with NumPy's maximum for comparison, in a
process for each way in which memory can be had: as it is; without huge pages; and with the settings
of glibc that let the process keep what is freed (`docs/guides/large_arrays.md`). It prints how many
times as long a call takes that allocates, with quartiles, and what the process holds in the end.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import fastact as fa
from bench.claims import WIDTH
from fastact.benchmarks.turns import QUICK, Spread, by_turns, ratio

SIZES = (2**24, 2**26)
KEPT = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**31)}
WAYS = {
    "as it is": {},
    "no huge pages": {"NUMPY_MADVISE_HUGEPAGE": "0"},
    "freed memory kept": KEPT,
}


def times(f: Any, size: int, turns: Any) -> tuple[Spread, float]:
    """Return by how much allocating is slower, and the milliseconds of a call with `out=`."""
    x = np.random.default_rng(0).standard_normal(size, np.float32)
    out = np.empty_like(x)
    calls: dict[str, Callable[[], Any]] = {"new": partial(f, x), "out": partial(f, x, out=out)}
    found = by_turns(calls, **turns)
    return ratio(found, "new", "out"), 1e3 * sorted(found["out"])[len(found["out"]) // 2]


def resident() -> float:
    """Return the megabytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(names: list[str], sizes: list[int], turns: Any) -> list[list[str]]:
    """Return the lines of this process."""
    functions = {f"fa.{name}": getattr(fa, name) for name in names}
    functions["np.maximum"] = lambda x, **keywords: np.maximum(x, np.float32(0), **keywords)
    lines = []
    for size in sizes:
        for name, f in functions.items():
            slower, out = times(f, size, turns)
            shown = f"{slower.median:.2f} ({slower.low:.2f}-{slower.high:.2f})"
            lines.append([name, f"{size:,}", f"{out:.2f}", shown, f"{resident():.0f}"])
    return lines


def main() -> None:
    """Start the processes and print what they find."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("functions", nargs="*", default=["relu", "gelu"])
    parser.add_argument("--quick", action="store_true", help="small arrays, once: to see it run")
    parser.add_argument("--here", action="store_true", help="this process alone, as JSON")
    given = parser.parse_args()
    for name in given.functions:
        if not isinstance(getattr(fa, name, None), fa.Activation):
            parser.error(f"no activation {name!r}")
    sizes, turns = ([2**16], QUICK) if given.quick else (SIZES, {})
    if given.here:
        print(json.dumps(measure(given.functions, list(sizes), turns)))
        return
    shown = Table(title="float32: a new array beside one that is there")
    for heading in ("memory", "function", "elements", "out=, ms", "new / out=", "holds, MB"):
        shown.add_column(heading)
    quick = ["--quick"] * given.quick
    for way, settings in WAYS.items():
        done = subprocess.run(
            [sys.executable, "-m", "bench.large", *given.functions, *quick, "--here"],
            env=os.environ | settings, stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        for line in json.loads(done.stdout):
            shown.add_row(way, *line)
    Console(width=None if sys.stdout.isatty() else WIDTH).print(shown)


if __name__ == "__main__":
    main()
