"""Make docs/reliability.md of the results of the tests: ``python docs/reliability.py RESULTS.xml``.

The results are what pytest writes with ``--junitxml``; `tox -e hazards` makes both. There may be
several files: of a case that is in more than one, the last counts.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

HEAD = """# Reliability

fastact runs inside web servers, workers, notebooks and test runners. Each row is a hazard that has bitten a real
package; its tests do it on purpose, in processes of their own with a time-out, and expect right values and an empty
stderr. A case is one test with one way, seed or setting; what many of them repeat inside stands in the second column.
The page is made from results of `tox -e hazards`, of each case the last: {total} cases, with rounds times {rounds} or more rarely others:
{passed} passed, {failed} failed, {skipped} could not be run on that machine.

| what goes wrong | what is done on purpose | cases | survived |
|---|---|---|---|
"""
TAIL = """
What containers of other packages give stands in [Containers](containers.md), what wrong calls say in
[Wrong calls](bad_calls.md), what the store trusts in [Security](security.md).

## How long

`FASTACT_HAZARD_ROUNDS=10 tox -e hazards` repeats ten times as often what is repeated: 25 are 50 rounds of 16 processes
that are killed, 20 are 200 forks of processes that load, 100 of those that compile, 30 are 30 starts of joblib's eight
workers. `FASTACT_HAZARD_ROUNDS=400 tox -e hazards -- tests/hazards/test_soak.py -k soak` is a soak of twenty minutes.
`tox -e py`, and with it `.ci/run`, has the tests in their short form, without valgrind, servers, PyInstaller and
pytest-run-parallel. Arrays of more than 2³¹ elements are `pytest -m bigmem`. The longest case took {longest:.0f} minutes.

## Hazard by hazard

| hazard | tests | cases that survived |
|---|---|---|
{hazards}
## What is not supported, and says so

- Sub-interpreters: `import fastact` is an ImportError that says what works instead. NumPy does not support them either.
- A copy below another package (vendoring), and the reload of a single module: an ImportError.
- A first call while the interpreter shuts down: a result, or a RuntimeError that says so.
- A Python without Numba: a first call is a ModuleNotFoundError that names it. There is no slower way without it.

## What has not been run

- Free-threaded Python. NumPy, Numba and llvmlite have wheels for 3.14t, but the machine could get no interpreter: neither
  PyPI nor Debian has one, Debian's mirror there gave no source to build it from, and the servers that uv and pyenv load
  from could not be reached. The nearest that was run: eight threads that make all first calls at once, with Python's
  lock handed on every microsecond, and pytest-run-parallel with eight threads a test. The same tests run on 3.14t, and
  then with the lock off: the first asserts that it stays off, in the second a warning that it is on is an error.
- 10⁸ float64 of every function: [The largest errors](ulps.md) says how many of each were tried, besides published
  hard cases of exp, expm1, log1p, tanh, erf and erfc. `fastact verify --dtype float64 --exhaustive` tries so many.
- Windows, and freezers other than PyInstaller.
- Python 3.14 in tox, which finds none there: the tests of forks with `-W error`, of shutdown and of first calls were run
  by hand on Debian's 3.14.
- Docker, as no engine runs there. Its `--cpus` is a cgroup with a quota, which a test makes and enters; its `--read-only
  --user 65534` are file systems mounted anew for a process of that user.
- 64-bit ARM, for want of a machine. The nearest that was run: every level of x86-64 gives the same bits, also the least,
  with vectors as long as those of NEON and without a fused multiply-add.
- Development versions of Numba and NumPy, which would take a service that runs tests each night; the nearest is a Numba
  that refuses this Python or NumPy.
- Two versions of Numba beside each other: in the tests the installed one fills a store under another version's name. By
  hand, 0.66.0 and 0.68.1 shared a store, also after their entries had been swapped.
- valgrind with AVX-512, which it does not know: the loops that it watches are compiled for x86-64-v3, those that run
  between pages that nobody may touch for the machine. The pool of threads runs under ThreadSanitizer.
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
    row("An exception in a call gets lost, or ends the process", "handlers that raise every "
        "millisecond while loops load and compile, and before each line of this package in right and "
        "wrong calls, with the classes that it catches; every class of error out of loading, the "
        "recursion limit, threads that cannot start", "first_calls::", "handlers::"),
    row("Fork while something loads, compiles or computes", "1 and 4 threads that load or compile "
        "while the process forks; children, grandchildren, pools", "forks::",
        "engine.threads_in_processes::test_fork"),
    row("Ctrl-C and timers in long calls", "signals every millisecond in calls of seconds; SIGINT "
        "from outside, in 4 GB", "interrupts::"),
    row("The interpreter shuts down", "first calls from `__del__`, cycles, `atexit`, a module's "
        "end; threads that compile", "shutdown::",
        "engine.threads_in_processes::test_shutdown"),
    row("What users make does not get into workers", "pickle, cloudpickle, spawn, forkserver, "
        "joblib's loky, distributed, of activations, expressions, members and ufuncs that no "
        "module has", "travel::"),
    row("Entries of the store that are none", "pipes, devices, giants, links, objects without the "
        "symbol, directories that are swapped 2,000 times during use, what belongs to others, zip "
        "files and no sources; rounds of 16 processes that get `kill -9` while they fill one store, also from a cold start",
        "store_entries::"),
    row("A store that is damaged, full or shared", "truncated, zeroed, flipped and swapped files, "
        "`kill -9` of processes that fill it, no space, read-only, no home, edited sources, other "
        "processors", "engine.store::"),
    row("Memory that others change meanwhile", "labels, lengths and offsets overwritten by a thread "
        "during losses, gradients, Hessians and functions of rows", "memory_that_changes::"),
    row("File systems that take nothing", "mounted with 64 KB, full, without inodes, read-only: they "
        "stop root too; all of them read-only, for a user without a home", "disks::"),
    row("Many first calls at once", "pytest with 8 workers and joblib with 8 on empty stores, "
        "rounds; threads that switch every microsecond; Numba that is not there or refuses",
        "cold_starts::"),
    row("Servers that fork, frozen programs", "uWSGI with and without threads, gunicorn --preload, "
        "gevent workers: calls before and after the fork; a program of PyInstaller's, cold and warm",
        "other_programs::"),
    row("Loops read or leave what they should not", "16 loops of five kinds under valgrind's "
        "memcheck, on blocks that are exact to the byte", "memcheck::"),
    row("Memory before and behind arguments", "forbidden pages around every argument of functions, "
        "gradients and losses, at 9 shapes; around every array that NumPy allocates while every public "
        "function is called with every option, 970 calls at two shapes", "soak::test_guard",
        "soak::test_the_guard", "guarded_memory::"),
    row("Memory, threads or descriptors grow", "calls of every kind, new sizes and threads, without "
        "an end; equal and different activations made and dropped, also while threads run their code; "
        "the limit of memory maps", "soak::test_soak", "memory::"),
    row("Another library sets the floating-point mode", "flush-to-zero, denormals-are-zero, each "
        "rounding, a library built with -Ofast, gigabytes mapped between code",
        "engine.environment::"),
    row("More than 2³¹ elements", "8.6 GB in place, one row: `pytest -m bigmem`", "large::"),
    row("Settings that make no sense", "processors and numbers of threads that there are not, "
        "warnings as errors, places that are files, NUMBA_DISABLE_JIT", "settings::"),
    row("Reload, vendoring, sub-interpreters", "each of them", "other_names::"),
    row("Numbers that become source text, outputs that are fed back", "infinite, NaN and huge "
        "numbers, code in strings; reduce and accumulate", "numbers::"),
    row("Threads that are too many, too few or never run", "32 callers under each threading layer "
        "of Numba, gevent, `ulimit -u`, affinities, cgroups of both versions, a quota, bursts",
        "engine.threads_in_processes::", "engine.threads::"),
]  # fmt: skip


# Each hazard that this page began with, and the tests that show that it is survived. Those that are
# not in tests/hazards or tests/engine run with every change, in `tox -e py`.
HAZARDS = {
    "Concurrent callers, under each threading layer of Numba": ("engine.threads_in_processes::test_concurrent_callers",),
    "Fork after use": ("engine.threads_in_processes::test_fork_after_use", "engine.threads_in_processes::test_fork_pools"),
    "Fork while another thread is inside a kernel": ("engine.threads_in_processes::test_fork_during_launches",),
    "Fork while another thread compiles": ("hazards.forks::test_fork_while_threads_load", "hazards.forks::test_fork_while_threads_compile"),
    "Start-up of spawn, forkserver, loky, xdist": ("hazards.cold_starts::test_pytest_with_eight_workers_on_an_empty_store", "hazards.cold_starts::test_joblib_with_eight_workers_on_empty_stores", "hazards.travel::test_what_users_make_travels"),
    "Interpreter shutdown": ("hazards.shutdown::", "engine.threads_in_processes::test_shutdown_is_silent"),
    "Threads that never run": ("engine.threads_in_processes::test_python_threads_that_never_run", "engine.threads_in_processes::test_threads_of_the_system_that_never_run", "engine.threads_in_processes::test_gevent", "engine.threads_in_processes::test_gevent_before_everything", "engine.threads_in_processes::test_no_more_threads_allowed", "hazards.other_programs::test_servers_that_fork"),
    "Oversubscription, cgroups": ("engine.threads::test_cgroup", "engine.threads_in_processes::test_affinity", "engine.threads_in_processes::test_affinity_from_outside", "engine.threads_in_processes::test_quota", "engine.threads_in_processes::test_one_thread_has_no_helper", "engine.threads_in_processes::test_number_of_tasks"),
    "`-W error` and a fork, Python 3.12 and later": ("engine.threads_in_processes::test_fork_sees_one_thread", "hazards.forks::test_fork_right_after_the_first_call"),
    "Ctrl-C": ("hazards.interrupts::",),
    "Stale code across modules": ("engine.store::test_an_edited_constant_of_a_helper_module_is_seen", "engine.store::test_an_edited_helper_module_is_seen", "hazards.store_entries::test_two_versions_that_share_a_store"),
    "Processes that race for the store, `kill -9`": ("hazards.store_entries::test_sixteen_processes_that_start_cold_are_killed", "hazards.store_entries::test_sixteen_processes_are_killed_while_they_fill_a_store", "engine.store::test_processes_that_start_cold_together_and_some_of_them_killed"),
    "Corrupt and foreign entries": ("engine.store::test_damaged_entries_are_compiled_again", "engine.store::test_swapped_entries_are_compiled_again", "hazards.store_entries::test_object_with_right_checksum", "engine.store::test_entries_of_another_numba_are_not_used"),
    "Full disk, quota, read-only, no home": ("hazards.disks::", "engine.store::test_a_full_disk", "engine.store::test_without_a_place_to_write", "engine.store::test_a_read_only_directory", "hazards.settings::test_place_of_the_store", "hazards.store_entries::test_two_versions_that_share_a_store"),
    "Hostile directory": ("engine.store::test_a_directory_that_others_may_write_to_is_not_used", "engine.store::test_a_directory_of_somebody_else_is_not_used", "hazards.store_entries::test_directory_that_is_swapped_while_it_is_used"),
    "Different processors that share a store": ("engine.store::test_settings_that_decide_the_code_have_entries_of_their_own", "engine.same_bits::test_processors", "engine.store::test_an_old_processor_that_shares_the_store"),
    "Slow import, slow first call": ("engine.threads_in_processes::test_import_makes_nothing", "engine.store::test_a_warm_store_needs_no_numba", "hazards.cold_starts::test_import_loads_few_modules", "hazards.cold_starts::test_import_and_first_call_keep_their_budget"),
    "A loop for each shape": ("engine.store::test_the_number_of_loops_does_not_grow_with_shapes_and_parameters",),
    "NaN, infinity, −0 lost": ("elementwise.special::test_extremes_and_limits", "elementwise.values::test_on_the_sample", "elementwise.special::test_nan_stays_nan", "elementwise.special::test_landmarks_at_every_lane", "elementwise.special::test_zeros_keep_their_sign"),
    "Flush-to-zero and rounding set by others": ("engine.environment::",),
    "Results that depend on threads, strides, offsets": ("elementwise.threads_equal_serial::test_offsets", "elementwise.threads_equal_serial::test_strides", "elementwise.threads_equal_serial::test_lengths", "engine.same_bits::test_places", "engine.same_bits::test_processors", "engine.same_bits::test_golden_hash", "engine.same_bits::test_sums_do_not_depend_on_the_order_in_memory"),
    "Overlap, outputs that do not fit": ("elementwise.layouts::test_any_overlap", "elementwise.layouts::test_out_that_does_not_fit", "hazards.soak::test_guard_pages", "hazards.guarded_memory::", "hazards.memcheck::"),
    "Odd inputs": ("elementwise.layouts::test_scalars_as_numpy_does", "elementwise.layouts::test_other_types_are_a_type_error_that_names_the_function", "tools.containers::", "tools.bad_calls::"),
    "ZeroDivisionError and warnings out of loops": ("elementwise.special::test_no_warning_whatever_the_input", "engine.environment::test_no_flag_is_raised", "tools.arguments::test_no_floating_point_warning", "engine.compiler_options::"),
    "More than 2³¹ elements": (
        "elementwise.threads_equal_serial::test_more_elements_than_32_bits_count",
        "hazards.large::",
    ),
    "Accuracy that gets worse": ("tools.ulps::", "tools.verify::"),
    "Exact values, monotonicity": ("elementwise.special::test_saturation_is_exact", "elementwise.special::test_range_and_monotone_on_the_whole_line", "elementwise.exactness::"),
    "NUMBA_DISABLE_JIT, no Numba": ("hazards.settings::test_smoke_while_numba_jit_is_disabled", "hazards.settings::test_numba_jit_disabled", "hazards.cold_starts::test_smoke_with_a_numba_that_refuses_this_python_or_numpy", "hazards.cold_starts::test_numba_that_cannot_be_imported"),
    "Free threading": ("hazards.cold_starts::test_first_calls_of_many_threads_at_once", "hazards.cold_starts::test_smoke_in_eight_threads"),
}  # fmt: skip


def full_name(test: str) -> str:
    """The name of a test of `HAZARDS` as pytest has it."""
    folder, _, name = test.partition(".")
    return f"tests.{folder}.test_{name}"


def by_hazard(found: dict[str, str]) -> str:
    """The table of the hazards."""
    lines = []
    for hazard, tests in HAZARDS.items():
        mine = [found[name] for name in found if name.startswith(tuple(map(full_name, tests)))]
        ran = len(mine) - mine.count("skipped")
        counts = f"{mine.count('passed')} of {ran}" if ran else "in `tox -e py`"
        if hazard.startswith("More than"):
            counts = "in `pytest -m bigmem`"
        shown = ", ".join(f"`{test.removesuffix('::')}`" for test in tests)
        lines.append(f"| {hazard} | {shown} | {counts} |\n")
    return "".join(lines)


def longest(path: Path) -> float:
    """How many minutes the longest case took."""
    return max(float(case.get("time", 0)) for case in cases(path)) / 60


def cases(path: Path) -> Iterator[ET.Element]:
    """Every case of a file of results."""
    return ET.parse(path).iter("testcase")  # noqa: S314  # pytest wrote it


def outcomes(path: Path) -> dict[str, str]:
    """The outcome of every case, by ``module::name``."""
    found = {}
    for case in cases(path):
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {"failure", "error"} else "passed"
        name = f"{case.get('classname')}::{case.get('name')}"
        found[name] = "skipped" if "skipped" in kinds else outcome
    return found


OF_THIS_PAGE = "hazards.test_reliability::"  # tests that do nothing to the package


def rows_of(name: str) -> list[Row]:
    """The row that a test belongs to: the first that names it."""
    return [r for r in ROWS if name.startswith(r.tests)][:1]


def page(found: dict[str, str], rounds: str, minutes: float = 0) -> str:
    """The text of the page."""
    lines = []
    for each in ROWS:
        mine = [found[name] for name in found if rows_of(name) == [each]]
        ran = len(mine) - mine.count("skipped")
        lines.append(f"| {each.hazard} | {each.fault} | {ran} | {mine.count('passed')} |\n")
    counts = {k: [*found.values()].count(k) for k in ("passed", "failed", "skipped")}
    tail = TAIL.format(hazards=by_hazard(found), longest=minutes)
    return HEAD.format(total=len(found), rounds=rounds, **counts) + "".join(lines) + tail


def main() -> None:
    """Write the page."""
    paths = [Path(path) for path in sys.argv[1:]]
    found = {name: outcome for path in paths for name, outcome in outcomes(path).items()}
    found = {name: outcome for name, outcome in found.items() if OF_THIS_PAGE not in name}
    rounds = os.environ.get("FASTACT_HAZARD_ROUNDS", "1")
    text = page(found, rounds, max(map(longest, paths)))
    Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
