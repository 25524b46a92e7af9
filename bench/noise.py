"""What `fastact bench compare` finds in runs of one commit, and in a slowdown of ten percent.

    python -m bench.noise               # eleven runs, ten comparisons: about twelve minutes
    python -m bench.noise --runs 3

Each run is compared with the one before it, of which nothing differs. Then once more, as if gelu
had become slower: its calls with ten percent more elements stand in for the others. Fails if a
comparison finds what is not there, or nothing of what is.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from fastact.benchmarks import compare, summary

RUNS = 11
FUNCTIONS = ("sigmoid", "tanh", "gelu", "softplus", "silu")
SLOWED = "gelu"
SIZE, LARGER = 8192, 9011  # elements, too few for a second thread
OPTIONS = ("--quick", "-k", "forward or backward", "--sizes", f"{SIZE},{LARGER}", "--peers", "none")
Run = dict[str, Any]


def measured(file: Path) -> Run:
    """A run."""
    command = [sys.executable, "-m", "fastact", "bench", *FUNCTIONS, *OPTIONS, "--json"]
    subprocess.run([*command, str(file)], stdout=subprocess.DEVNULL, check=True)
    return compare.read(file)


def chosen(run: Run, *, slowed: bool) -> Run:
    """The cells of the usual size, of which some take the time of larger ones."""
    cells = [cell for cell in run["cells"] if cell["shape"] == [SIZE]]
    kept = {}
    for name in map(summary.name_of, cells):
        larger = slowed and name.startswith(SLOWED)
        kept[name] = name.replace(str(SIZE), str(LARGER)) if larger else name
    processes = [
        process
        | {"cells": {n: process["cells"][of] for n, of in kept.items() if of in process["cells"]}}
        for process in run["processes"]
    ]
    return run | {"cells": cells, "processes": processes}


def found(before: Run, after: Run) -> dict[str, compare.Change]:
    """What is slower or faster."""
    every = compare.changes(before, after)
    return {change.name: change for change in every if change.verdict != "same"}


def report(before: Run, after: Run) -> bool:
    """Compare two runs twice and print what was found; return whether it is what is there."""
    alarms = found(before, chosen(after, slowed=False))
    planted = found(before, chosen(after, slowed=True))
    names = [name for name in map(summary.name_of, before["cells"]) if name.startswith(SLOWED)]
    slower = [planted[name] for name in names if name in planted]
    print(f"noise {summary.noise(after)}; of one commit {len(alarms)} cells differ", end="; ")
    print(f"of {len(names)} slowed cells {len(slower)} are slower", end="")
    print("".join(f", {change.ratio:.3f} ± {change.noise:.1%}" for change in slower), flush=True)
    return not alarms and bool(slower) and set(planted) <= set(names)


def main() -> int:
    """Make the runs and compare neighbours."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    count = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        files = (Path(folder) / f"{number}.json" for number in range(count))
        right = [
            report(chosen(a, slowed=False), b) for a, b in itertools.pairwise(map(measured, files))
        ]
    print(f"{len(right)} comparisons, {right.count(True)} right")
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(main())
