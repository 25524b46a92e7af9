"""Make docs/reliability.md of the results of the tests: ``python docs/reliability.py RESULTS.xml``.

The results are what pytest writes with ``--junitxml``; `tox -e hazards` makes both.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

HEAD = """# Reliability

fastact runs inside web servers, workers, notebooks and test runners. Each row is a hazard that has bitten a real
package; its tests do it on purpose, in processes of their own with a time-out, and expect right values and an empty
stderr. A case is one test with one way, seed or setting; what many of them repeat inside stands in the second column.
The page is made from the results of `tox -e hazards`; the last run had {total} cases with rounds times {rounds}:
{passed} passed, {failed} failed, {skipped} could not be run on that machine.

| what goes wrong | what is done on purpose | cases | survived |
|---|---|---|---|
"""
TAIL = """
What containers of other packages give stands in [Containers](containers.md), what wrong calls say in
[Wrong calls](bad_calls.md), what the store trusts in [Security](security.md).

## How long

`FASTACT_HAZARD_ROUNDS=10 tox -e hazards` repeats ten times as often what is repeated; `FASTACT_HAZARD_ROUNDS=400 tox -e
hazards -- tests/hazards/test_soak.py -k soak` is a soak of twenty minutes. `tox -e py`, and with it `.ci/run`, has all of
the tests in their short form. Arrays of more than 2³¹ elements are `pytest -m bigmem`.

## What is not supported, and says so

- Sub-interpreters: `import fastact` is an ImportError that says what works instead. NumPy does not support them either.
- A copy below another package (vendoring), and the reload of a single module: an ImportError.
- A first call while the interpreter shuts down: a result, or a RuntimeError that says so.

## What has not been run

Free-threaded Python, PyInstaller and other freezers, uWSGI itself (preforking is tested with `os.fork`) and Windows. Zip
files and installations without sources are tested. The pool of threads runs under ThreadSanitizer; the loops run between
pages that nobody may touch, and not under valgrind.
"""
HAZARDS, ENGINE = "tests.hazards.test_", "tests.engine.test_"


class Row(NamedTuple):
    """A hazard, the faults that are injected, and its tests, by the beginnings of their names."""

    hazard: str
    fault: str
    tests: tuple[str, ...]


def row(hazard: str, fault: str, *tests: str) -> Row:
    """A row, whose tests are written as ``"forks"`` or ``"engine.store::test_a"``."""
    full = (HAZARDS + t if not t.startswith("engine.") else ENGINE + t[7:] for t in tests)
    return Row(hazard, fault, tuple(full))


ROWS = [
    row("An exception in a first call gets lost, or ends the process", "handlers that raise every "
        "millisecond while loops load and compile, every class of error out of loading, the "
        "recursion limit, threads that cannot start", "first_calls::"),
    row("Fork while something loads, compiles or computes", "1 and 4 threads that load or compile "
        "while the process forks; children, grandchildren, pools", "forks::",
        "engine.threads_in_processes::test_fork"),
    row("Ctrl-C and timers in long calls", "signals every millisecond in calls of seconds; SIGINT "
        "from outside", "interrupts::"),
    row("The interpreter shuts down", "first calls from `__del__`, cycles, `atexit`, a module's "
        "end; threads that compile", "shutdown::",
        "engine.threads_in_processes::test_shutdown"),
    row("What users make does not get into workers", "pickle, cloudpickle, spawn, forkserver, "
        "joblib's loky, distributed, of activations, expressions, members and ufuncs that no "
        "module has", "travel::"),
    row("Entries of the store that are none", "pipes, devices, giants, links, objects without the "
        "symbol, directories that are swapped 2,000 times during use, what belongs to others, zip "
        "files and no sources; rounds of 16 processes that get `kill -9` while they fill one store",
        "store_entries::"),
    row("A store that is damaged, full or shared", "truncated, zeroed, flipped and swapped files, "
        "`kill -9` of processes that fill it, no space, read-only, no home, edited sources, other "
        "processors", "engine.store::"),
    row("Memory that others change meanwhile", "labels overwritten by a thread during losses, "
        "gradients, Hessians", "memory_that_changes::"),
    row("Memory before and behind arguments", "forbidden pages around every argument of functions, "
        "gradients and losses, at 9 shapes", "soak::test_guard", "soak::test_the_guard"),
    row("Memory, threads or descriptors grow", "calls of every kind, new sizes and threads, without "
        "an end; equal and different activations made and dropped, also while threads run their code; "
        "the limit of memory maps", "soak::test_soak", "memory::"),
    row("Another library sets the floating-point mode", "flush-to-zero, denormals-are-zero, each "
        "rounding, a library built with -Ofast, gigabytes mapped between code",
        "engine.environment::"),
    row("Settings that make no sense", "processors and numbers of threads that there are not, "
        "warnings as errors, places that are files, NUMBA_DISABLE_JIT", "settings::"),
    row("Reload, vendoring, sub-interpreters", "each of them", "other_names::"),
    row("Numbers that become source text, outputs that are fed back", "infinite, NaN and huge "
        "numbers, code in strings; reduce and accumulate", "numbers::"),
    row("Threads that are too many, too few or never run", "32 callers under each threading layer "
        "of Numba, gevent, `ulimit -u`, affinities, cgroups of both versions, bursts",
        "engine.threads_in_processes::", "engine.threads::"),
]  # fmt: skip


def outcomes(path: Path) -> dict[str, str]:
    """The outcome of every case, by ``module::name``."""
    found = {}
    for case in ET.parse(path).iter("testcase"):  # noqa: S314  # pytest wrote it
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {"failure", "error"} else "passed"
        name = f"{case.get('classname')}::{case.get('name')}"
        found[name] = "skipped" if "skipped" in kinds else outcome
    return found


def rows_of(name: str) -> list[Row]:
    """The row that a test belongs to: the first that names it."""
    return [r for r in ROWS if name.startswith(r.tests)][:1]


def page(found: dict[str, str], rounds: str) -> str:
    """The text of the page."""
    lines = []
    for each in ROWS:
        mine = [found[name] for name in found if rows_of(name) == [each]]
        ran = len(mine) - mine.count("skipped")
        lines.append(f"| {each.hazard} | {each.fault} | {ran} | {mine.count('passed')} |\n")
    counts = {k: [*found.values()].count(k) for k in ("passed", "failed", "skipped")}
    return HEAD.format(total=len(found), rounds=rounds, **counts) + "".join(lines) + TAIL


def main() -> None:
    """Write the page."""
    found = outcomes(Path(sys.argv[1]))
    text = page(found, os.environ.get("FASTACT_HAZARD_ROUNDS", "1"))
    Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
