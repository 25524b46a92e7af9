"""The run: every case beside its peers, by turns, in several passes and within a time.

A pass measures every case once. In between, processes that end thereafter measure fastact alone:
what they differ by is the noise of the machine.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

import fastact as fa
from fastact.benchmarks import alone, compiling, machine, truth
from fastact.benchmarks.cases import (
    VARIETIES,
    Case,
    Selection,
    call_of,
    cases,
    functions,
    group,
    operands,
)
from fastact.benchmarks.peers.peer import Peer
from fastact.benchmarks.processes import PROCESSES
from fastact.benchmarks.turns import spread, within

FORMAT = 2  # of the data
KEYS = {
    "format", "date", "commit", "command", "processor", "system", "cpus", "threads", "versions",
    "seconds", "peers", "missing", "noise", "controls", "bandwidth", "startup", "compile",
    "not measured", "cells", "processes",
}  # fmt: skip
OURS = "fastact"
FIRST = 2  # shares of the time that the first pass takes, in which peers compile and are checked
SHORTEST = 0.01  # seconds for a case, when the time is over
SHARE = 0.4  # of the time that processes take in which fastact is alone
ALONE = 10  # times shorter in each of them may a case be measured
NOISE = 0.9  # of the cases have less than what is called the noise
Bar = Callable[[float, str], None]


@dataclass(frozen=True)
class Plan:
    """What is measured and for how long."""

    selection: Selection
    limit: float  # seconds, of the whole run
    each: float  # seconds at most for a case in a pass
    passes: int
    processes: int  # that measure fastact alone
    starts: int  # processes that each line of start-up is measured with
    compiled: tuple[str, ...]  # the functions whose compilation is measured


@dataclass
class Cell:
    """A case, and what was found of it: seconds by runner and pass, and errors in ulp."""

    case: Case
    seconds: dict[str, list[list[float]]] = field(default_factory=dict)
    ulps: dict[str, float | None] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    bytes: int = 0

    def together(self, runner: str) -> list[float]:
        """Return the seconds of all rounds."""
        return list(itertools.chain.from_iterable(self.seconds[runner]))

    def data(self) -> dict[str, Any]:
        """Return what is kept of it."""
        runners = {
            name: spread(self.together(name))._asdict() | {"ulp": self.ulps.get(name)}
            for name in self.seconds
        }
        others = self.seconds.keys() - {OURS}
        best = min(others, key=lambda name: (runners[name]["median"], name), default=None)
        found = {**self.case._asdict(), "group": group(self.case), "bytes": self.bytes}
        found |= {"runners": runners, "left_out": self.left_out, "best": best}
        if best is not None:
            # One of them may have fewer rounds: what takes far longer has.
            pairs = zip(self.together(best), self.together(OURS), strict=False)
            ratio = spread([theirs / ours for theirs, ours in pairs])
            found |= {"ratio": ratio._asdict(), "behind": ratio.high < 1}
        return found


def asked(case: Case, peers: Mapping[str, Peer]) -> Iterator[str]:
    """Yield the names of the peers that do the same work in the same dtype and on these threads."""
    for name, peer in peers.items():
        has = (case.function, case.variety) in peer.calls and case.dtype in peer.dtypes
        if has and (peer.threads or not case.threads):
            yield name


def calls_of(case: Case, peers: Mapping[str, Peer]) -> tuple[dict[str, Any], list[Any]]:
    """Return the calls of fastact and of the peers that do the same work, and the operands."""
    f, arrays = call_of(case), operands(case)
    calls: dict[str, Any] = {OURS: lambda: f(*arrays)}
    for name in asked(case, peers):
        call = peers[name].calls[case.function, case.variety]
        own = [peers[name].array(array) for array in arrays]
        calls[name] = lambda call=call, own=own: call(*own)
    return calls, arrays


def check(cell: Cell, calls: dict[str, Any], arrays: list[Any]) -> None:
    """Compare every peer with us, and leave out those that compute something else or fail."""
    ours = calls[OURS]()
    copied = tuple(part.copy() for part in truth.parts(ours))
    true = truth.truth(cell.case, arrays)
    cell.ulps[OURS] = truth.ulps(cell.case, copied, true)
    inputs = arrays[: len(VARIETIES[cell.case.variety].operands)]
    cell.bytes = sum(a.nbytes for a in inputs[:1] if a is not None) + sum(a.nbytes for a in copied)
    if "dy" in VARIETIES[cell.case.variety].operands:
        cell.bytes += arrays[1].nbytes
    for name in calls.keys() - {OURS}:
        try:
            theirs = calls[name]()
            reason = truth.difference(cell.case, theirs, copied)
        except Exception as error:  # noqa: BLE001  # whatever a package raises
            reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        if reason is None:
            cell.ulps[name] = truth.ulps(cell.case, theirs, true)
        else:
            cell.left_out[name] = reason


def measure(cell: Cell, peers: Mapping[str, Peer], slot: float) -> None:
    """Measure a cell once more, in about so many seconds."""
    start = perf_counter()
    threads = cell.case.threads or fa.get_num_threads()
    with np.errstate(all="ignore"), fa.num_threads(threads):  # formulas of some peers overflow
        for peer in peers.values():
            if peer.threads is not None:
                peer.threads(threads)
        calls, arrays = calls_of(cell.case, peers)
        if not cell.seconds:
            check(cell, calls, arrays)
        calls = {name: call for name, call in calls.items() if name not in cell.left_out}
        left = slot - (perf_counter() - start)
        for name, times in within(calls, max(left, SHORTEST)).items():
            cell.seconds.setdefault(name, []).append(times)


def starts(count: int) -> dict[str, Any]:
    """Return the seconds of whole processes, by turns."""
    times: dict[str, list[float]] = {name: [] for name in PROCESSES}
    for turn in range(count + 1):  # the first fills the store and the file cache
        for name, process in PROCESSES.items():
            start = perf_counter()
            process()
            if turn:
                times[name].append(perf_counter() - start)
    return {name: spread(values)._asdict() for name, values in times.items()}


def passes(
    plan: Plan, cells: list[Cell], left: Callable[[], float]
) -> Iterator[tuple[Cell, float]]:
    """Yield the cells of all passes until the time is over, and how many seconds each may take."""
    for number in range(plan.passes):
        weights = [FIRST if not i else 1 for i in range(number, plan.passes)]
        after = left() * (1 - weights[0] / sum(weights))
        for index, cell in enumerate(turned(cells, number)):
            if left() < 0:
                return
            yield cell, min(plan.each, (left() - after) / (len(cells) - index))


def turned(cells: list[Cell], number: int) -> list[Cell]:
    """Return the cells, backwards every second time: neighbours are not always the same."""
    return cells[::-1] if number % 2 else cells


def noise(found: list[alone.Found]) -> float | None:
    """Return by how much processes differ, a standard deviation, but for the noisiest cells.

    None of one process, which cannot tell.
    """
    times: dict[str, list[float]] = {}
    for each in found:
        for name, seconds in each["cells"].items():
            times.setdefault(name, []).append(math.log(seconds))
    deviations = [statistics.stdev(each) for each in times.values() if len(each) > 1]
    return float(np.quantile(deviations, NOISE)) if deviations else None


def run(
    plan: Plan, peers: Mapping[str, Peer], missing: Mapping[str, str], bar: Bar
) -> dict[str, Any]:
    """Measure everything and return it as data."""
    start = perf_counter()
    about = machine.description()
    cells = [Cell(case) for case in cases(plan.selection)]

    def tell(what: str) -> None:
        bar(perf_counter() - start, what)

    tell("starting processes")
    started = starts(plan.starts) if plan.starts else {}
    tell("compiling")
    compiled = compiling.measure(list(plan.compiled), "float32") if plan.compiled else {}
    found = measure_all(plan, cells, peers, plan.limit - (perf_counter() - start), tell)
    done = [cell for cell in cells if cell.seconds]
    sizes = sorted({cell.bytes for cell in done if cell.case.function in fa.activations})
    return {
        "format": FORMAT,
        **about,
        "seconds": perf_counter() - start,
        "peers": list(peers),
        "missing": dict(missing),
        "noise": noise(found),
        "controls": machine.controls(each["controls"] for each in found),
        "bandwidth": [[size, machine.bandwidth(size // 2)] for size in sizes],
        "startup": started,
        "compile": compiled,
        "not measured": len(cells) - len(done),
        "cells": [cell.data() for cell in done],
        "processes": found,
    }


def measure_all(
    plan: Plan,
    cells: list[Cell],
    peers: Mapping[str, Peer],
    limit: float,
    tell: Callable[[str], None],
) -> list[alone.Found]:
    """Measure the cells beside peers, and return what processes find between, evenly spread."""
    start, apart, found = perf_counter(), 0.0, list[alone.Found]()
    slot, total = limit * SHARE / plan.processes, plan.passes * len(cells)

    def left() -> float:
        return limit * (1 - SHARE) - (perf_counter() - start - apart)

    for index, (cell, seconds) in enumerate(passes(plan, cells, left)):
        if index * plan.processes >= len(found) * total:
            before = perf_counter()
            every = [each.case for each in turned(cells, len(found))]
            found.append(alone.process(every, plan.each / ALONE, slot, tell))
            apart += perf_counter() - before
        tell(str(cell.case))
        measure(cell, peers, seconds)
    return found


def known() -> list[str]:
    """Return the names that can be asked for."""
    return list(functions())
