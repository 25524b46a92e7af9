"""The work in processes: tasks, what is done so far, and the file that survives an interruption."""

from __future__ import annotations

import ctypes
import json
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import fastact as fa
from fastact.definition.declaration import ORDERS
from fastact.native import store
from fastact.verification import rows
from fastact.verification.judge import Case, Judge, Row, Tally
from fastact.verification.peers import OURS, calls
from fastact.verification.processes import processes
from fastact.verification.record import write_whole
from fastact.verification.rows import JUDGED, Draw
from fastact.verification.sample import Plan, Span, blocks, drawn, special_points

SAVED_EVERY = 2.0  # seconds
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of malloc.h
KEPT = 2**25  # bytes; the second takes no more
AHEAD = 4  # tasks that wait, for each process


class Task(NamedTuple):
    """Some inputs of one function: its special points where there is no span, or drawn rows."""

    function: str
    dtype: str
    varieties: tuple[str, ...]
    packages: tuple[str, ...]
    span: Span | Draw | None
    params: tuple[float, ...] | None = None  # the defaults
    known: dict[Row, float] | None = None  # see `Judge`


class StateError(Exception):
    """A state file that does not belong to this command."""


def measure(task: Task) -> dict[Row, Tally]:
    """Judge the inputs of a task, in this process."""
    if isinstance(task.span, Draw):
        return rows.measure(*task[:4], task.span)
    f = fa.activations[task.function]
    case = Case(f, task.dtype, task.params)
    chosen = calls(f, task.dtype, task.varieties, task.packages, task.params)
    points = [special_points(case)] if task.span is None else blocks(task.span, task.dtype)
    judge = Judge(case, chosen, known=task.known or {})
    for x in points:
        judge.block(x)
    return judge.verdict()


def varieties(name: str) -> tuple[str, ...]:
    """What is judged of a function."""
    return tuple(JUDGED[name].max_ulp["float32"]) if name in JUDGED else ORDERS


@dataclass(frozen=True)
class Job:
    """What one command is to do: it decides which state files belong to it."""

    functions: tuple[str, ...]
    varieties: tuple[str, ...]
    packages: tuple[str, ...]  # other than this one
    plans: tuple[Plan, ...]  # one for each dtype
    parameters: int = 0  # how many sets are drawn for each function; none: the defaults

    @property
    def inputs(self) -> int:
        """How many inputs there are in all, without special points."""
        tasks = (task for part in self.parts() for task in self.tasks(*part))
        return sum(task.span.count for task in tasks if task.span is not None)

    def parts(self) -> list[tuple[str, str]]:
        """Return functions with dtypes, in the order of the work."""
        return [(name, plan.dtype) for plan in self.plans for name in self.functions]

    def tasks(self, name: str, dtype: str) -> list[Task]:
        """Return the tasks for a function in a dtype; special points come first."""
        plan = next(plan for plan in self.plans if plan.dtype == dtype)
        packages = (OURS, *self.packages)
        known = varieties(name)
        chosen = tuple(variety for variety in self.varieties if variety in known)
        if name in JUDGED:
            tried = rows.draws(plan.elements)
            return [Task(name, dtype, chosen, packages, draw) for draw in tried]
        spans: list[Span | None] = [None, *plan.tasks()]
        if plan.spans[0].step == 1:  # everything: it contains the special points
            del spans[0]
        sets: list[tuple[float, ...] | None] = [None]
        if self.parameters:
            sets = [*drawn(fa.activations[name], dtype, self.parameters)]
        return [
            Task(name, dtype, chosen, packages, span, params) for params in sets for span in spans
        ]

    def key(self) -> str:
        """Return what a state must have been made with to be gone on with."""
        return f"{fa.__version__} {store.code_hash()} {self!r}"


class State:
    """How many tasks of each function and dtype are done, and what they found."""

    def __init__(self, job: Job, path: Path | None) -> None:
        self.job, self.path = job, path
        self.done: dict[tuple[str, str], int] = {}
        self.rows: dict[tuple[str, str], dict[Row, Tally]] = {}
        self._saved = -SAVED_EVERY  # the first task is saved at once
        if path is not None and path.exists():
            self._read(path)

    def add(self, part: tuple[str, str], found: dict[Row, Tally]) -> None:
        """Enter what the next task of a part found."""
        rows = self.rows.setdefault(part, {})
        for row, tally in found.items():
            rows[row] = rows[row].merge(tally) if row in rows else tally
        self.done[part] = self.done.get(part, 0) + 1
        if monotonic() - self._saved > SAVED_EVERY:
            self.save()

    @property
    def inputs(self) -> int:
        """How many inputs have been judged, without special points."""
        done = [self.job.tasks(*part)[:count] for part, count in self.done.items()]
        return sum(task.span.count for tasks in done for task in tasks if task.span is not None)

    def complete(self, part: tuple[str, str]) -> bool:
        """Whether all tasks of a function in a dtype are done."""
        return self.done.get(part, 0) == len(self.job.tasks(*part))

    def known(self, part: tuple[str, str]) -> dict[Row, float]:
        """Return the largest errors met so far."""
        return {row: tally.max_ulp for row, tally in self.rows.get(part, {}).items()}

    def save(self) -> None:
        """Write the file in one step: it is never half written."""
        if self.path is None:
            return
        parts = [
            {
                "function": part[0],
                "dtype": part[1],
                "tasks": count,
                "rows": [[*row, tally.as_dict()] for row, tally in self.rows[part].items()],
            }
            for part, count in self.done.items()
        ]
        write_whole(self.path, {"job": self.job.key(), "parts": parts})
        self._saved = monotonic()

    def _read(self, path: Path) -> None:
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            if kept["job"] != self.job.key():
                raise StateError(f"{path} is the state of another command or version")
            for part in kept["parts"]:
                where = part["function"], part["dtype"]
                self.done[where] = part["tasks"]
                self.rows[where] = {
                    (a, b): Tally(**fields | {"params": tuple(fields["params"])})
                    for a, b, fields in part["rows"]
                }
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StateError(f"{path} is no state of fastact verify") from error


def run(state: State, jobs: int, report: Callable[[Task], None]) -> None:
    """Do what `state` says is left, in so many processes; `report` is called after each task.

    The state is saved at the end, whatever ends it.
    """
    left = (
        task._replace(known=state.known(part))
        for part in state.job.parts()
        for task in state.job.tasks(*part)[state.done.get(part, 0) :]
    )
    try:
        with processes(jobs, prepare) as submit:
            for task, found in in_order(partial(submit, measure), left, AHEAD * jobs):
                state.add((task.function, task.dtype), found)
                report(task)
    finally:
        state.save()


Submit = Callable[[Task], "Future[dict[Row, Tally]]"]


def in_order(
    submit: Submit, tasks: Iterator[Task], ahead: int
) -> Iterator[tuple[Task, dict[Row, Tally]]]:
    """Yield tasks and results in order, so that the results do not depend on who is quicker."""
    waiting: deque[tuple[Task, Future[dict[Row, Tally]]]] = deque()
    for task in tasks:
        waiting.append((task, submit(task)))
        if len(waiting) >= ahead:
            first, future = waiting.popleft()
            yield first, future.result()
    for first, future in waiting:
        yield first, future.result()


def prepare() -> None:
    """Make a process one worker among several."""
    os.environ["OMP_NUM_THREADS"] = "1"
    fa.set_num_threads(1)
    keep_memory()


def keep_memory() -> None:
    """Let glibc keep what arrays of a block have used: new pages would cost as much as the work."""
    with suppress(AttributeError, OSError, TypeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        for option in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD):
            mallopt(option, KEPT)
