"""What a run found, summed up: the groups, the cells that are behind, and lines for people."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fastact.benchmarks.cases import Case

WORST = 5  # cells of each group that are named
UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
Data = Mapping[str, Any]


class Group(NamedTuple):
    """The cells of a group that have a peer."""

    name: str
    cells: list[Data]

    @property
    def mean(self) -> float:
        """The geometric mean of how many times as long the best peer takes."""
        return statistics.geometric_mean(cell["ratio"]["median"] for cell in self.cells)

    @property
    def behind(self) -> list[Data]:
        """The cells in which the best peer is faster by more than the quartiles, worst first."""
        found = [cell for cell in self.cells if cell["behind"]]
        return sorted(found, key=lambda cell: cell["ratio"]["median"])


def name_of(cell: Data) -> str:
    """Return the name of a cell."""
    key = (cell["function"], cell["variety"], cell["dtype"], tuple(cell["shape"]), cell["threads"])
    return str(Case(*key))


def groups(data: Data) -> list[Group]:
    """Return the groups of a run."""
    compared = [cell for cell in data["cells"] if cell["best"] is not None]
    names = dict.fromkeys(cell["group"] for cell in compared)
    return [Group(name, [c for c in compared if c["group"] == name]) for name in names]


def seconds(value: float) -> str:
    """Return a time with three digits and the unit that suits it."""
    scale, unit = next((pair for pair in UNITS if value >= pair[0]), UNITS[-1])
    return f"{value / scale:.3g} {unit}"


def quartiles(ratio: Data) -> str:
    """Return a ratio with its quartiles, in words."""
    return f"{ratio['median']:.2f} ({ratio['low']:.2f}-{ratio['high']:.2f})"


def worst(group: Group) -> list[Data]:
    """Return the cells of a group that are nearest to being behind, or most behind."""
    return sorted(group.cells, key=lambda cell: cell["ratio"]["median"])[:WORST]


def left_out(data: Data) -> Iterator[str]:
    """Yield a line for each peer that is not there, and for each that failed or differed."""
    for name, reason in data["missing"].items():
        yield f"left out: {name} ({reason})"
    first: dict[tuple[str, str], tuple[str, str]] = {}
    count: dict[tuple[str, str], int] = {}
    for cell in data["cells"]:
        for peer, reason in cell["left_out"].items():
            key = peer, cell["function"]
            first.setdefault(key, (name_of(cell), reason))
            count[key] = count.get(key, 0) + 1
    for (peer, function), (name, reason) in first.items():
        yield f"left out: {peer} in {count[peer, function]} cells of {function}, {name}: {reason}"


def not_measured(data: Data) -> Iterator[str]:
    """Yield how many cells there was no time for, if any."""
    if data["not measured"]:
        yield f"not measured, as the time was over: {data['not measured']} cells"


def noise(data: Data) -> str:
    """Return the noise of a run in words."""
    found = data["noise"]
    return "not known of one process" if found is None else f"± {found:.1%} between processes"


def others(data: Data) -> str:
    """Return in words how much of the cores other processes had, on average."""
    share = statistics.mean(process["others"] for process in data["processes"])
    return f"other processes took {share:.0%} of the cores"


def compiling(data: Data) -> Iterator[str]:
    """Yield how long compiling takes, if it was measured."""
    if times := list(data["compile"].values()):
        median, total = seconds(statistics.median(times)), seconds(sum(times))
        yield f"compiling float32: {median} (median), {total} for all of {len(times)} functions"


def notes(data: Data) -> Iterator[str]:
    """Yield what a reader has to know beside the table."""
    yield f"{data['processor']}, {data['threads']} threads; {data['date']}; {data['seconds']:.0f} s"
    controls = ", ".join(f"{n} ± {c['noise']:.1%}" for n, c in data["controls"].items())
    yield f"noise: {noise(data)}; NumPy alone: {controls}; {others(data)}"
    for name, found in data["startup"].items():
        yield f"{name}: {seconds(found['median'])}"
    yield from compiling(data)
    yield from not_measured(data)
    yield from left_out(data)
