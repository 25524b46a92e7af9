"""Two runs compared: which cells got slower or faster by more than their noise.

What disturbs a measurement makes it longer. So each pass counts by its quickest round, a cell by
its quickest pass, and its noise is by how much the passes differ. A change counts if it is more
than the noise of the cell in either run, than three times what is usual in either run for cells of
that size, than two percent, and than NumPy alone was disturbed by whatever else ran there: on all
cores for large arrays, which take all, and on one for others.
"""

from __future__ import annotations

import json
import math
import statistics
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from fastact.benchmarks.machine import ALL_CORES, ONE_CORE, VECTORS
from fastact.benchmarks.measure import FORMAT, OURS
from fastact.benchmarks.summary import Data, name_of

USUAL = 3  # times the median
LEAST = 0.02  # of which no run of minutes can tell
THREADED = 2**14  # elements from which a call may take all cores


class Change(NamedTuple):
    """A cell in two runs: the time of the later over that of the earlier, and the noise of it."""

    name: str
    ratio: float
    noise: float

    @property
    def verdict(self) -> str:
        """Whether it got slower or faster by more than the noise, or the same."""
        if self.ratio > 1 + self.noise:
            return "slower"
        return "faster" if self.ratio < 1 / (1 + self.noise) else "same"


def read(path: Path) -> dict[str, Any]:
    """Read a run; a file that is none is a ValueError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{path} is no run of fastact bench") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError(f"{path} is no run of fastact bench, or one of another version's format")
    return found


def quickest(run: Data) -> dict[str, float]:
    """Return the quickest time of each cell."""
    return {name_of(cell): min(cell["runners"][OURS]["passes"]) for cell in run["cells"]}


def noises(run: Data) -> dict[str, float]:
    """Return the noise of each cell: its own, or what is usual for its size where that is more."""
    own, of_size = {}, defaultdict(list)
    for cell in run["cells"]:
        passes = cell["runners"][OURS]["passes"]
        own[name_of(cell)] = found = max(passes) / min(passes) - 1
        of_size[math.prod(cell["shape"])].append(found)
    usual = {size: USUAL * statistics.median(found) for size, found in of_size.items()}
    return {
        name_of(cell): max(LEAST, own[name_of(cell)], usual[math.prod(cell["shape"])])
        for cell in run["cells"]
    }


def machine(before: Data, after: Data) -> float:
    """Return how many times as long NumPy alone took: another clock, not another fastact."""
    both = [run["controls"].get(ONE_CORE) for run in (before, after)]
    return both[1]["low"] / both[0]["low"] if all(both) else 1.0


def disturbed(control: str, before: Data, after: Data) -> float:
    """Return by how much a call of NumPy alone was disturbed: within runs, and between them."""
    both = [run["controls"].get(control) for run in (before, after)]
    if not all(both):
        return 0.0
    within = sum(each["high"] / each["low"] - 1 for each in both)
    return float(within + abs(math.log(both[1]["median"] / both[0]["median"])))


def changes(before: Data, after: Data) -> list[Change]:
    """Return the cells that both runs have, the most slowed first."""
    factor = machine(before, after)
    one, every = (disturbed(control, before, after) for control in (VECTORS, ALL_CORES))
    old, new = quickest(before), quickest(after)
    noise = [noises(run) for run in (before, after)]
    large = {
        name_of(cell)
        for cell in after["cells"]
        if math.prod(cell["shape"]) >= THREADED and cell["threads"] != 1
    }
    found = [
        Change(
            name,
            new[name] / old[name] / factor,
            max(*(each[name] for each in noise), every if name in large else one),
        )
        for name in old
        if name in new
    ]
    return sorted(found, key=lambda change: -change.ratio)


def differences(before: Data, after: Data) -> Mapping[str, tuple[str, str]]:
    """Return what of the machine and its packages is another, for a reader to mind."""
    pairs = {name: (str(before[name]), str(after[name])) for name in ("processor", "threads")}
    versions = before["versions"].keys() | after["versions"].keys()
    for name in sorted(versions):
        pairs[name] = tuple(run["versions"].get(name, "none") for run in (before, after))
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
