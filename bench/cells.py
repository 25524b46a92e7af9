"""Every function beside the fastest of its peers, cell by cell: ``python -m bench.cells``.

A cell is a function, a variety, a dtype and a size. What is compared does the same work: backward
from the output against backward from the output, results allocated by each. All calls of a cell are
measured in one process, by turns; a ratio is the time of the fastest peer over that of fastact, and
a cell is behind if its upper quartile is below 1. The table sums up; ``--json`` has every cell, and
the exit status is 1 if any is behind. ``FASTACT_NUM_THREADS=1`` measures one thread.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

import fastact as fa
from bench.cases import Case, call_of, functions, operands, varieties
from bench.compare import Spread, by_turns, ratio
from bench.peers import PEERS

WIDTH = 110  # of the table in a file or a pipe
DTYPES = ("float32", "float64")
SIZES = ((100,), (4096,), (2**16,), (2**20,), (2**24,))
TABLES = ((32, 10), (100_000, 10), (10_000, 100), (1000, 1000), (200, 32_000), (1, 2**22))
QUICK = ((4096,), (2**18,), (10_000, 100))
ROUNDS = 9
WORST = 5  # cells of each group that are named


class Cell(NamedTuple):
    """What was measured, and how many times as long the fastest peer takes."""

    case: Case
    peer: str
    ratio: Spread

    @property
    def behind(self) -> bool:
        """Whether the fastest peer is faster by more than the quartiles."""
        return self.ratio.high < 1


def group(case: Case) -> str:
    """The group whose mean a cell counts in."""
    kind = case.variety.replace("_from_output", "") if case.function in fa.activations else "rows"
    return f"{kind} {case.dtype}"


def cases(options: argparse.Namespace) -> Iterator[Case]:
    """Yield every case that a peer can be asked for too."""
    for name, f in functions().items():
        if options.functions and name not in options.functions:
            continue
        shapes: tuple[tuple[int, ...], ...] = SIZES if name in fa.activations else TABLES
        if options.quick:
            shapes = tuple(s for s in QUICK if len(s) == len(shapes[0]))
        for variety, dtype, shape in product(varieties(name, f), DTYPES, shapes):
            case = Case(name, variety, dtype, shape)
            if any(rivals(case)):
                yield case


def rivals(case: Case) -> Iterator[str]:
    """The names of the peers that do the same work in the same dtype."""
    for name, peer in PEERS.items():
        if (case.function, case.variety) in peer.calls and case.dtype in peer.dtypes:
            yield name


def measured(case: Case, block: float) -> Cell:
    """Measure a case beside its peers."""
    f, arrays = call_of(case), operands(case)
    calls: dict[str, Any] = {"fastact": lambda: f(*arrays)}
    for name in rivals(case):
        call = PEERS[name].calls[case.function, case.variety]
        own = [PEERS[name].array(array) for array in arrays]
        calls[name] = lambda call=call, own=own: call(*own)
    with np.errstate(all="ignore"):  # the formulas of some peers overflow
        times = by_turns(calls, rounds=ROUNDS, block=block)
    fastest = min(calls.keys() - {"fastact"}, key=lambda name: statistics.median(times[name]))
    return Cell(case, fastest, ratio(times, fastest, "fastact"))


def summary(cells: list[Cell]) -> Table:
    """The table for people: a line for each group."""
    made = Table(title=f"Time of the fastest peer / fastact, {fa.get_num_threads()} threads")
    for heading in ("group", "cells", "geometric mean", "behind", "worst cells"):
        made.add_column(heading)
    for name in dict.fromkeys(group(cell.case) for cell in cells):
        inside = [cell for cell in cells if group(cell.case) == name]
        mean = statistics.geometric_mean(cell.ratio.median for cell in inside)
        behind = sum(cell.behind for cell in inside)
        worst = sorted(inside, key=lambda cell: cell.ratio.median)[:WORST]
        lines = (
            f"{c.ratio.median:.2f} ({c.ratio.low:.2f} to {c.ratio.high:.2f}) {c.case}, {c.peer}"
            for c in worst
        )
        made.add_row(name, str(len(inside)), f"{mean:.2f}", str(behind), "\n".join(lines))
    return made


def processor() -> str:
    """What the machine calls its processor."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def main() -> None:
    """Measure, print, and tell by the exit status whether any cell is behind."""
    parser = argparse.ArgumentParser(description="measure every function beside its fastest peer")
    parser.add_argument("functions", nargs="*", help="those to measure; all by default")
    parser.add_argument("--quick", action="store_true", help="two sizes, shorter turns")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every cell as JSON too")
    options = parser.parse_args()
    if unknown := set(options.functions) - set(functions()):
        parser.error(f"no such function: {', '.join(sorted(unknown))}")
    progress = track(list(cases(options)), "measuring by turns", console=Console(stderr=True))
    cells = [measured(case, 0.003 if options.quick else 0.01) for case in progress]
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(summary(cells))
    console.print(f"{processor()}; peers: {', '.join(PEERS)}")
    if options.json:
        found = [
            {**c.case._asdict(), "peer": c.peer, "ratio": c.ratio._asdict(), "behind": c.behind}
            for c in cells
        ]
        options.json.write_text(json.dumps(found, indent=1))
    sys.exit(any(cell.behind for cell in cells))


if __name__ == "__main__":
    main()
