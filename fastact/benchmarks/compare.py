"""Two runs compared: which cells got slower or faster by more than their noise.

Each run measured fastact alone in several processes. What is compared is the time of a cell over
that of NumPy's tanh in the same process, so that another clock is no change of fastact's. Welch's
t test gives the interval of a cell's change, at a level at which comparing two runs of one commit
finds a change in any cell once in a hundred times. As processes of one run do not tell what
differs between runs, noise is the half of that interval, but two percent at least, and with it by
how much other calls of NumPy changed, and how much longer a call that takes all cores can have
taken where other processes took some of their time.
"""

from __future__ import annotations

import json
import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fastact.benchmarks.machine import ALL_CORES, MEMORY, ONE_CORE, VECTORS
from fastact.benchmarks.measure import FORMAT, KEYS
from fastact.benchmarks.summary import Data, name_of

FALSE_ALARMS = 0.01  # comparisons of a commit with itself that find a change
LEAST = 0.02  # of which no run of minutes can tell
THREADED = 2**14  # elements from which a call may take all cores
LARGE = 2**18  # elements from which it may wait for memory
FEW = 4  # processes; of fewer, the interval of a cell tells next to nothing
HUGE = 100.0  # a logarithm; what is uncertain by that much cannot be compared


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


class Power(NamedTuple):
    """What two runs could have found."""

    least: float  # the time after over before from which half of the cells are slower
    few: int  # cells that one of the runs has in too few processes
    cells: int  # of the later run


class Times(NamedTuple):
    """Logarithms of seconds, process by process: of NumPy's tanh, and of all else over them."""

    unit: list[float]
    cells: Mapping[str, list[float]]
    controls: Mapping[str, list[float]]


def read(path: Path) -> dict[str, Any]:
    """Read a run; a file that is none is a ValueError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{path} is no run of fastact bench") from error
    if not isinstance(found, dict) or not is_run(found):
        raise ValueError(f"{path} is no run of fastact bench, or one of another version's format")
    return found


def is_run(found: Data) -> bool:
    """Return whether data has what a run has, in which something was measured."""
    whole = found.get("format") == FORMAT and found.keys() >= KEYS
    return whole and all(found[name] for name in ("cells", "processes"))


def times(run: Data) -> Times:
    """Return the times of a run."""
    found = Times([], defaultdict(list), defaultdict(list))
    for process in run["processes"]:
        controls = {name: min(seconds) for name, seconds in process["controls"].items()}
        found.unit.append(math.log(controls[ONE_CORE]))
        for part, each in ((found.cells, process["cells"]), (found.controls, controls)):
            for name, seconds in each.items():
                part[name].append(math.log(seconds) - found.unit[-1])
    return found


def machine(before: Times, after: Times) -> float:
    """Return how many times as long NumPy alone took: another clock, not another fastact."""
    return math.exp(statistics.mean(after.unit) - statistics.mean(before.unit))


def taken(*runs: Data) -> float:
    """Return how much longer a call takes that waits for cores which other processes took."""
    shares = (statistics.mean(p["others"] for p in run["processes"]) for run in runs)
    return 1 / (1 - float(max(shares))) - 1


def shifts(before: Times, after: Times) -> dict[str, float]:
    """Return by how much the calls of NumPy changed."""
    return {
        name: abs(statistics.mean(after.controls[name]) - statistics.mean(before.controls[name]))
        for name in (VECTORS, MEMORY, ALL_CORES)
    }


def changes(before: Data, after: Data) -> list[Change]:
    """Return the cells that both runs have in two processes or more, the most slowed first."""
    from scipy import stats  # which only this needs

    old, new = times(before), times(after)
    shift, waiting = shifts(old, new), taken(before, after)
    every = {name_of(cell): cell for cell in after["cells"]}
    cells = {n: c for n, c in every.items() if min(len(t.cells.get(n, ())) for t in (old, new)) > 1}
    found = []
    for name, cell in cells.items():
        test = stats.ttest_ind(new.cells[name], old.cells[name], equal_var=False)
        low, high = test.confidence_interval(1 - FALSE_ALARMS / len(cells))
        noise = max(LEAST, (high - low) / 2) + disturbance(cell, shift, waiting)
        ratio = math.exp(statistics.mean(new.cells[name]) - statistics.mean(old.cells[name]))
        found.append(Change(name, ratio, math.expm1(noise) if noise < HUGE else math.inf))
    return sorted(found, key=lambda change: -change.ratio)


def power(found: Sequence[Change], before: Data, after: Data) -> Power:
    """Return what could have been found, where something was compared."""
    cells = [times(run).cells for run in (before, after)]
    names = [name_of(cell) for cell in after["cells"]]
    few = sum(min(len(each.get(name, ())) for each in cells) < FEW for name in names)
    return Power(1 + statistics.median(change.noise for change in found), few, len(names))


def disturbance(cell: Data, shift: Mapping[str, float], waiting: float) -> float:
    """Return by how much a cell can have changed for what is no change of fastact's."""
    size = math.prod(cell["shape"])
    found = [shift[VECTORS]]
    if size >= LARGE:
        found.append(shift[MEMORY])
    if size >= THREADED and cell["threads"] != 1:
        found += [shift[ALL_CORES], waiting]
    return max(found)


def differences(before: Data, after: Data) -> Mapping[str, tuple[str, str]]:
    """Return what of the machine and its packages is another, for a reader to mind."""
    pairs = {name: (str(before[name]), str(after[name])) for name in ("processor", "threads")}
    versions = before["versions"].keys() | after["versions"].keys()
    for name in sorted(versions):
        pairs[name] = tuple(run["versions"].get(name, "none") for run in (before, after))
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
