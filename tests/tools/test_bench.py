"""`fastact bench`: what it is asked for, what it leaves out, and what it writes."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("typer")

from fastact.benchmarks import measure, peers, summary, truth
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
        (("-k", "gelu and"), "-k takes words with and, or, not and brackets, got 'gelu and'"),
        (("gelu", "--sizes", "3x4"), "nothing to measure: no cell is of these names and sizes"),
        (("--json", "no/folder/x.json"), "cannot write no/folder/x.json"),
        (("--quik",), "No such option: --quik"),
    ],
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


def test_every_function_has_a_peer_that_everybody_has():
    found, _ = peers.load(["numpy", "scipy"])
    compared = {name for peer in found.values() for name, _ in peer.calls}
    assert compared == set(functions())


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


def times(run, factor, functions=("sigmoid", "softmax")):
    """A run as if some functions took so many times as long."""
    changed = json.loads(json.dumps(run))
    for cell in changed["cells"]:
        if cell["function"] in functions:
            ours = cell["runners"]["fastact"]
            ours["passes"] = [seconds * factor for seconds in ours["passes"]]
    return changed


@pytest.fixture
def run(bench, tmp_path):
    """A run that was measured, on a machine of two percent noise."""
    file = tmp_path / "a.json"
    bench("sigmoid", "softmax", *SMALL, "--json", file)
    found = json.loads(file.read_text()) | {"noise": 0.02}
    for cell in found["cells"]:
        ours = cell["runners"]["fastact"]
        ours["passes"] = [min(ours["passes"]) * (1 + part) for part in (0.0, 0.003, 0.006)]
    for control in found["controls"].values():
        control |= {"low": control["median"], "high": control["median"]}
    return found


def test_compare_finds_a_planted_slowdown(bench, tmp_path, run):
    files = [tmp_path / name for name in ("a.json", "b.json")]
    sigmoid, both = ("sigmoid",), ("sigmoid", "softmax")
    for factor, slowed, status in ((1.1, sigmoid, 1), (1 / 1.1, sigmoid, 0), (1.019, both, 0)):
        for file, data in zip(files, (run, times(run, factor, slowed)), strict=True):
            file.write_text(json.dumps(data))
        slow = status * sum(c["function"] == "sigmoid" for c in run["cells"])
        found = bench("compare", *files, "--html", tmp_path / "trend.html")
        assert found[0] == status
        assert f"{slow} slower" in found[1]
        assert (f"fastact: {slow} cells got slower" in found[2]) == bool(status)
    assert (tmp_path / "trend.html").read_text().startswith("<!doctype html>")


def test_compare_takes_out_the_clock(bench, tmp_path, run):
    """All of NumPy slower by as much: another clock, not another fastact."""
    slowed = times(run, 1.3)
    slowed["controls"]["np.tanh"]["low"] *= 1.3
    files = [tmp_path / name for name in ("a.json", "b.json")]
    for file, data in zip(files, (run, slowed), strict=True):
        file.write_text(json.dumps(data))
    status, out, _ = bench("compare", *files)
    assert status == 0
    assert "NumPy alone, after / before: 1.300" in out


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


@pytest.mark.parametrize("text", ["", "[1]", '{"format": 0}'])
def test_compare_wants_runs(bench, tmp_path, text):
    file = tmp_path / "x.json"
    file.write_text(text)
    for arguments in (("compare", file, file), ("report", file, "--html", tmp_path / "x.html")):
        status, out, err = bench(*arguments)
        assert (status, out) == (2, "")
        assert err.count("\n") == 1
        assert "is no run of fastact bench" in err
