"""`fastact bench`: what it is asked for, what it leaves out, and what it writes."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import runpy
import sys
import threading
import time
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

pytest.importorskip("typer")

from fastact.benchmarks import compare, html, measure, peers, summary, truth, turns
from fastact.benchmarks.cases import (
    QUICK,
    VARIETIES,
    WHOLE,
    Case,
    call_of,
    cases,
    functions,
    operands,
    selected,
    varieties,
)  # fmt: skip
from fastact.benchmarks.peers import rows
from fastact.cli import app
from fastact.cli import bench as command

SMALL = ("--quick", "--sizes", "100,3x4", "--peers", "numpy")


@pytest.fixture
def bench(monkeypatch, capsys):
    monkeypatch.setattr(command, "QUICK_EACH", 0.02)  # seconds: not to measure, to see it run
    monkeypatch.setattr(command, "QUICK_PROCESSES", 2)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["fastact", "bench", *map(str, arguments)])
        status = app.run()
        return status, *capsys.readouterr()

    return run


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("gellu",), "unknown function 'gellu'; the nearest is 'gelu'"),
        (("--dtypes", "float23"), "unknown dtype 'float23'; the nearest is 'float32'"),
        (("--peers", "numpi"), "unknown peer 'numpi'; the nearest is 'numpy'"),
        (("--sizes", "4k"), "--sizes takes 4096 or 1000x10, got '4k'"),
        (("--sizes", "9" * 5000), f"--sizes takes 4096 or 1000x10, got '{'9' * 5000}'"),
        (("--sizes", "100,99999999999999"), "--sizes: 99999999999999 fits in no memory"),
        (("--sizes", "3x999999999999999999"), "--sizes: 3x999999999999999999 fits in no memory"),
        (("-k", "gelu and"), "-k takes words with and, or, not and brackets, got 'gelu and'"),
        (("gelu", "--sizes", "3x4"), "nothing to measure: no cell is of these names and sizes"),
        (("--json", "no/folder/x.json"), "cannot write no/folder/x.json"),
        (("relu", "--json", "/tmp/x", "--html", "/tmp/../tmp/x"), "--json and --html are the same"),
        (("-k", ""), "-k is empty: leave it out for all cells"),
        (("--sizes", ""), "--sizes takes 4096 or 1000x10, got ''"),
        (("--dtypes", ""), "--dtypes takes names with commas between, got ''"),
        (("--dtypes", "float32,,float64"), "--dtypes takes names with commas between, got 'float"),
        (("--peers", ""), "--peers takes names with commas between, got ''"),
        (("--quik",), "No such option: --quik"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_wrong_arguments_end_with_one_line(bench, arguments, message):
    status, out, err = bench(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith(f"fastact: {message}")
    assert err.count("\n") == 1


def test_help_shows_what_one_types(bench):
    status, out, _ = bench("--help")
    assert status == 0
    assert "Usage: fastact bench [OPTIONS] [functions]..." in out


def test_a_run_is_written_and_shown(bench, tmp_path):
    file = tmp_path / "run.json"
    status, out, err = bench("sigmoid", "softmax", *SMALL, "--json", file)
    data = json.loads(file.read_text())
    assert (status, err) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]
    asked = QUICK._replace(
        functions=("sigmoid", "softmax"), shapes=((100,), (3, 4)), forward=(), into=((100,), (3, 4))
    )
    keys = [(c["function"], c["variety"], c["dtype"], tuple(c["shape"])) for c in data["cells"]]
    assert keys == [case[:4] for case in cases(asked)]
    for cell in data["cells"]:
        for runner in cell["runners"].values():
            assert 0 < runner["low"] <= runner["median"] <= runner["high"]
            assert runner["ulp"] >= 0
        assert (cell["best"] == "numpy") == (len(cell["runners"]) == 2)
    assert "backward float32" in out
    assert "noise: ±" in out


def test_without_peers_the_times_of_fastact_are_shown(bench):
    status, out, _ = bench("relu", "--quick", "--sizes", "100", "--peers", "none")
    assert status == 0
    (line,) = (line for line in out.splitlines() if line.startswith("relu-forward-float32-100 "))
    assert re.search(r" [\d.]+ (ns|µs|ms) +[\d.]+ (ns|µs|ms) to [\d.]+ (ns|µs|ms)$", line)
    assert "geometric mean" not in out


def test_a_link_or_a_device_is_written_into(bench, tmp_path):
    """No file comes in its place: somebody may write to /dev/stdout, as root."""
    link, device, file = (tmp_path / name for name in ("link", "device", "run.json"))
    link.symlink_to(file)
    device.symlink_to(os.devnull)
    arguments = ("relu", "-k", "forward", *SMALL)
    assert bench(*arguments, "--json", link, "--html", device)[::2] == (0, "")
    assert link.is_symlink()
    assert device.is_symlink()
    assert json.loads(file.read_text())["cells"]
    (tmp_path / "dangling").symlink_to(tmp_path / "no" / "folder")
    assert bench(*arguments, "--json", tmp_path / "dangling")[0] == 2


def test_a_peer_that_is_not_installed_is_named(bench, monkeypatch):
    monkeypatch.setitem(sys.modules, "numexpr", None)
    status, out, _ = bench("relu", "--quick", "--sizes", 3, "--peers", "numexpr,numpy")
    assert status == 0
    assert "left out: numexpr (numexpr: pip install numexpr)" in out


def test_a_peer_that_differs_is_not_timed():
    right = peers.load(["numpy"])[0]["numpy"]
    key = "sigmoid", "forward"
    for wrong in (np.tanh, lambda x: (1 / (1 + np.exp(-x))).astype("f8"), lambda x: 1 / 0):
        cell = measure.Cell(Case(*key, "float32", (100,)))
        measure.measure(cell, {"numpy": right._replace(calls={key: wrong})}, 0.0)
        assert set(cell.seconds) == {"fastact"}
        assert set(cell.left_out) == {"numpy"}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_errors_are_judged(dtype):
    """Against the truth: a result that is a float further off is about an ulp worse."""
    for variety in ("forward", "backward", "value_and_derivative"):
        case = Case("gelu", variety, dtype, (500,))
        arrays = operands(case)
        true, got = truth.truth(case, arrays), truth.parts(call_of(case)(*arrays))
        assert 0 < truth.ulps(case, tuple(got), true) < 2
        assert 2 < truth.ulps(case, tuple(a + 3 * np.spacing(a) for a in got), true) < 8


def test_peers_name_what_is_measured():
    found, _ = peers.load(peers.PEERS)
    asked = {(name, variety) for name in functions() for variety in varieties(name)}
    assert {
        (p.name, call) for p in found.values() for call in p.calls if call not in asked
    } == set()
    assert {"numpy", "njit", "vectorize"} <= set(found)


def test_everybody_has_a_peer_of_what_the_report_compares():
    """A new function may have none: the next report says so, on its page too."""
    found, _ = peers.load(["numpy", "scipy"])
    everybody = {name for peer in found.values() for name, _ in peer.calls}
    text = (Path(__file__).parents[2] / "docs" / "cells.html").read_text(encoding="utf-8")
    (data,) = re.findall(
        r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL
    )
    compared = {cell["function"] for cell in json.loads(data)["run"]["cells"] if cell["best"]}
    assert len(compared) > 50
    assert compared <= everybody


@pytest.mark.parametrize("key", sorted(rows.BY_HAND), ids="-".join)
def test_formulas_by_hand_agree(key):
    """Also where an element stands out, and where a target is 0 or 1."""
    for dtype in ("float32", "float64"):
        cell = measure.Cell(Case(*key, dtype, (30, 10)))
        calls, arrays = measure.calls_of(cell.case, peers.load(["numpy"])[0])
        if "t" in VARIETIES[key[1]].operands:
            arrays[1][::3] = np.round(arrays[1][::3])
        measure.check(cell, calls, arrays)
        assert not cell.left_out


def test_everything_is_measured():
    whole = {(c.function, c.variety, c.dtype) for c in cases(WHOLE)}
    assert {f for f, _, _ in whole} == set(functions())
    assert {v for _, v, _ in whole} == set(VARIETIES)
    assert {f for f, _, _ in ((c.function, 0, 0) for c in cases(QUICK))} == set(functions())


def test_keywords_select_by_words():
    chosen = selected("gelu and not (backward or float64)")
    names = ("gelu-forward-float32-100", "gelu-backward-float32-100", "relu-forward-float32-100")
    assert [chosen(name) for name in names] == [True, False, False]


def test_in_place_sees_the_same_input_each_time():
    case = Case("exponential", "in_place", "float32", (100,))
    arrays = operands(case)
    first = call_of(case)(*arrays).copy()
    assert np.array_equal(call_of(case)(*arrays), first)


def drawn(run, seed, factors=MappingProxyType({}), *, noise=0.015, clock=1.0):
    """A run as if processes differed by so much, and some functions took so many times as long."""
    rng = np.random.default_rng(seed)

    def seconds(factor=1.0):
        return clock * factor * math.exp(rng.normal(0, noise))

    processes = [
        {
            "cells": {
                summary.name_of(cell): seconds(factors.get(cell["function"], 1.0))
                for cell in run["cells"]
            },
            "controls": {name: [clock] for name in run["controls"]},
            "others": 0.0,
        }
        for _ in range(10)
    ]
    return run | {"processes": processes}


@pytest.fixture(scope="module")
def run():
    """A run that was measured."""
    shapes = (100,), (3, 4)
    chosen = QUICK._replace(
        functions=("sigmoid", "softmax"), shapes=shapes, forward=(), into=shapes
    )
    plan = measure.Plan(chosen, 600.0, 0.02, 2, 2, 0, ())
    return measure.run(plan, *peers.load(("numpy",)), lambda seconds, what: None)


@pytest.fixture
def compared(bench, tmp_path):
    """Compare runs: the status, and what is printed."""
    files = [tmp_path / name for name in ("before.json", "after.json")]

    def compare(*runs):
        for file, run in zip(files, runs, strict=True):
            file.write_text(json.dumps(run))
        return bench("compare", *files, "--html", tmp_path / "trend.html")

    return compare


def test_each_process_measures_every_cell(run):
    assert len(run["processes"]) == 2
    for process in run["processes"]:
        assert set(process["cells"]) == set(map(summary.name_of, run["cells"]))
        assert set(process["controls"]) == set(run["controls"])
        assert 0 <= process["others"] < 1
    one, other = (list(process["cells"]) for process in run["processes"])
    assert one == other[::-1]


@pytest.mark.parametrize(
    ("factor", "status", "verdict"), [(1.1, 1, "slower"), (1 / 1.1, 0, "faster")]
)
def test_compare_finds_what_is_planted(compared, tmp_path, run, factor, status, verdict):
    found, out, err = compared(drawn(run, 1), drawn(run, 2, {"sigmoid": factor}))
    changed = sum(cell["function"] == "sigmoid" for cell in run["cells"])
    assert found == status
    assert f"{changed} {verdict}" in out
    assert (err == f"fastact: {changed} cells got slower\n") == bool(status)
    assert (tmp_path / "trend.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("noise", [0.001, 0.015, 0.2])
def test_compare_finds_nothing_in_a_commit_and_itself(run, noise):
    """In fifty comparisons at most three times, where a half is expected."""
    pairs = [
        (drawn(run, seed, noise=noise), drawn(run, seed + 1, noise=noise))
        for seed in range(0, 100, 2)
    ]
    alarms = [any(c.verdict != "same" for c in compare.changes(*pair)) for pair in pairs]
    assert sum(alarms) <= 3


def test_compare_takes_out_the_clock(compared, run):
    """All of NumPy slower by as much: another clock, in which a slowdown is found nevertheless."""
    status, out, _ = compared(drawn(run, 1), drawn(run, 2, clock=1.3))
    assert status == 0
    assert compared(drawn(run, 1), drawn(run, 2, {"sigmoid": 1.1}, clock=1 / 1.3))[0] == 1
    assert "NumPy alone, after / before: 1.300" in out


@pytest.mark.parametrize("control", ["np.exp", "np.copyto", "np.tanh on all cores", "others"])
def test_compare_allows_for_what_numpy_suffered(run, control):
    """Each control allows for cells of its kind."""
    shape = [2**20]
    large = run | {"cells": [cell | {"shape": shape} for cell in run["cells"]]}
    before, after = drawn(large, 1), drawn(large, 2, {"sigmoid": 1.1, "softmax": 1.1})
    assert {change.verdict for change in compare.changes(before, after)} == {"slower"}
    for process in after["processes"]:
        if control == "others":
            process["others"] = 0.2
        else:
            process["controls"][control] = [1.2]
    assert {change.verdict for change in compare.changes(before, after)} == {"same"}


def test_the_report_names_every_cell_that_is_behind(run):
    docs = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "benchmarks.py"))
    compared = [cell for cell in run["cells"] if cell["best"]]
    for cell, ratio in zip(compared, (0.5, 0.9), strict=False):
        cell["ratio"], cell["behind"] = dict.fromkeys(("low", "median", "high"), ratio), True
    found = summary.groups(run)
    for text in (docs["text"](run, found), docs["part_of_readme"](run, found)):
        for cell in compared:
            assert (f"| {summary.name_of(cell)} |" in text) == cell["behind"]
    assert docs["PLACE"].search(docs["README"].read_text(encoding="utf-8"))


def test_the_page_tells_what_there_was_no_time_for(run):
    first, *_ = html.shortened(run | {"not measured": 6})["notes"]
    assert first == "not measured, as the time was over: 6 cells"


@pytest.mark.parametrize("text", ["", "[1]", '{"format": 0}', '{"format": 2}'])
def test_compare_wants_runs(bench, tmp_path, text):
    file = tmp_path / "x.json"
    file.write_text(text)
    for arguments in (("compare", file, file), ("report", file, "--html", tmp_path / "x.html")):
        status, out, err = bench(*arguments)
        assert (status, out) == (2, "")
        assert err.count("\n") == 1
        assert "is no run of fastact bench" in err


@pytest.mark.parametrize("key", ["cells", "processes"])
def test_compare_wants_runs_that_measured(compared, run, key):
    status, out, err = compared(run, run | {key: []})
    assert (status, out) == (2, "")
    assert "is no run of fastact bench" in err


def test_keys_of_a_run(run):
    assert run.keys() == measure.KEYS


def cut(run, processes):
    """A run of which the time was over after so many processes."""
    return run | {"processes": run["processes"][:processes]}


def test_two_processes_tell_nothing(compared, run):
    """Their interval has no end that a float could hold; nobody takes that for the same speed."""
    seeds = np.random.default_rng(0).integers(0, 1000, (10, 2))
    for one, other in seeds:
        before, after = (cut(drawn(run, seed, noise=2.0), 2) for seed in (one, other))
        assert {change.verdict for change in compare.changes(before, after)} == {"same"}
    status, out, _ = compared(before, after)
    count = len(run["cells"])
    assert status == 0
    assert f"{count} same" in out
    assert "half of the cells could show: no change of a size that occurs" in out
    assert f"too few samples to tell: {count} of {count} cells, of fewer than 4 processes" in out


def test_compare_says_what_it_could_have_found(compared, run):
    out = compared(drawn(run, 1), drawn(run, 2))[1]
    (least,) = re.findall(r"could show: a change to (\S+) times as long, or more", out)
    assert 1.02 <= float(least) < 1.06
    assert "too few samples" not in out


@pytest.mark.skipif(not turns.TASKS.exists(), reason="only Linux tells what threads do")
def test_a_turn_begins_when_the_threads_of_the_one_before_sleep(monkeypatch):
    monkeypatch.setattr(turns, "LONGEST_PAUSE", 60.0)
    ended = []

    def work():
        hashlib.pbkdf2_hmac("sha256", b"", b"", 300_000)  # without Python's lock
        ended.append(time.perf_counter())

    thread = threading.Thread(target=work)
    start = time.perf_counter()
    thread.start()
    turns.by_turns({"": int}, rounds=1, block=turns.SHORTEST, pause=0.001)
    seconds = time.perf_counter() - start
    thread.join()
    assert seconds > (ended[0] - start) / 2
