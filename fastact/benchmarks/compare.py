"""Two runs compared: which cells got slower or faster by more than their noise.

What disturbs a measurement makes it longer. So each pass counts by its quickest round, a cell by
its quickest pass, and its noise is by how much the passes differ. A change counts if it is more
than the noise of the cell in either run, than what all but the noisiest cells have in either run,
and than two percent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from fastact.benchmarks.measure import FORMAT, OURS
from fastact.benchmarks.summary import Data, name_of

LEAST = 0.02  # of which no run of minutes can tell
CONTROL = "np.tanh"  # computes in the cache, on one thread


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


def spreads(run: Data) -> dict[str, tuple[float, float]]:
    """Return the quickest time of each cell, and by how much its passes differ."""
    found = {}
    for cell in run["cells"]:
        passes = cell["runners"][OURS]["passes"]
        found[name_of(cell)] = min(passes), max(passes) / min(passes) - 1
    return found


def machine(before: Data, after: Data) -> float:
    """Return how many times as long NumPy alone took: another clock, not another fastact."""
    both = [run["controls"].get(CONTROL) for run in (before, after)]
    return both[1]["low"] / both[0]["low"] if all(both) else 1.0


def changes(before: Data, after: Data) -> list[Change]:
    """Return the cells that both runs have, the most slowed first."""
    factor, least = machine(before, after), max(LEAST, before["noise"], after["noise"])
    old, new = spreads(before), spreads(after)
    found = [
        Change(name, new[name][0] / old[name][0] / factor, max(least, old[name][1], new[name][1]))
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
