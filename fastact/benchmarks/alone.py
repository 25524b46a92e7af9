"""Fastact alone, measured in processes of their own: what two runs are compared by.

Where memory and code lie, how fast the clock is, and what else runs differ from process to process,
so that rounds in one process agree better than two runs do. What processes that are spread over a
run differ by is what a comparison has to reckon with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import wait
from time import perf_counter
from typing import Any

import numpy as np

import fastact as fa
from fastact.benchmarks.cases import Case, call_of, operands
from fastact.benchmarks.machine import ONE_CORE, Controls, cores, others
from fastact.benchmarks.turns import ratio, within
from fastact.verification.processes import processes

SHORTEST = 0.01  # seconds for a case, when the time is over
CONTROL = 8  # times that NumPy alone is measured in a process
TICK = 0.2  # seconds after which it is told that a process still works
Found = dict[str, Any]


def process(cases: Sequence[Case], each: float, limit: float, tell: Callable[[str], None]) -> Found:
    """Return what `measured` finds in a process of its own."""
    with processes(1) as submit:
        task = submit(measured, cases, each, limit)
        while wait([task], TICK).not_done:
            tell("fastact alone, in a process of its own")
    return dict(task.result())


def measured(cases: Sequence[Case], each: float, limit: float) -> Found:
    """Return the seconds of each case at one clock, those of NumPy's calls, and what others took.

    A case takes `each` seconds at most, all of them about `limit`. Some processors run at one clock
    for seconds, and at another that is a fifth slower for the next: so what is measured is the time
    over that of NumPy's tanh by turns with it, and what is returned is that times the quickest.
    """
    start, before = perf_counter(), cores()
    controls, found = Controls(), {}
    tanh = controls.calls[ONE_CORE]
    every = max(1, len(cases) // CONTROL)
    for index, case in enumerate(cases):
        if index % every == 0:
            controls.measure()
        left = start + limit - perf_counter()
        if left < 0:
            break
        found[str(case)] = relative(case, tanh, min(each, left / (len(cases) - index)))
    controls.measure()
    unit = min(controls.times[ONE_CORE])
    seconds = {name: quotient * unit for name, quotient in found.items()}
    return {"cells": seconds, "controls": controls.times, "others": others(before)}


def relative(case: Case, unit: Callable[[], Any], slot: float) -> float:
    """Return the time of a case over that of another call, in rounds of about so many seconds."""
    start = perf_counter()
    with np.errstate(all="ignore"), fa.num_threads(case.threads or fa.get_num_threads()):
        f, arrays = call_of(case), operands(case)
        left = slot - (perf_counter() - start)
        calls = {"unit": unit, "case": lambda: f(*arrays)}
        times = within(calls, max(left, SHORTEST), slow_ones=True)
    return ratio(times, "case", "unit").median
