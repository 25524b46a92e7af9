"""`fastact verify`: its reference against mpmath's derivatives, and that it finds what is wrong."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from mpmath import inf, mp, mpf

pytest.importorskip("typer")

import fastact as fa
from fastact.cli import verify
from fastact.cli.report import CommandError
from fastact.engine.activation import ORDERS
from fastact.verification import record, run
from fastact.verification.judge import Case, Tally, errors, judge
from fastact.verification.peers import calls
from fastact.verification.reference import DOUBLE, LINES, LONG, WIDER, of_mpmath
from fastact.verification.sample import CHUNK, blocks, plan, special_points

from .reference import expected
from .strategies import DTYPES, mixed, neighbours
from .test_cli import COMMAND, PLAIN, TIMEOUT, one_line
from .test_cli import run as command
from .ulp import ulps

ROW = {
    "function", "dtype", "variety", "package", "inputs", "max_ulp", "worst",
    "not_correctly_rounded", "wrong_nan", "wrong_nan_at", "share", "bound", "ok",
}  # fmt: skip
wide = pytest.mark.skipif(not WIDER, reason="longdouble is no wider than float64 here")


# ---------------------------------------------------------------- the reference
def test_every_function_has_a_line():
    assert sorted(LINES) == sorted(fa.activations)


def hard_points(case, dtype, every=200):
    """Some of the special points, all neighbours of roots, places in both tails."""
    points = special_points(case.f, dtype)
    chosen = [*points[::every], -30.5, -80.25, -100.5, 14.25, 88.5, 101.75]
    chosen += [x for at in (*case.roots, *case.bends) for x in neighbours(at, dtype, 1)]
    chosen = np.array(sorted({*map(float, chosen)}), dtype)
    return chosen[(chosen > case.low) & (chosen < case.high) & np.isfinite(chosen)]


def distance(got, true, dtype):
    """The relative distance; zero for two numbers that underflow, and for two that overflow."""
    info = np.finfo(dtype)
    least, most = mp.ldexp(1, info.minexp - info.nmant - 2), mp.ldexp(1, info.maxexp)
    if (abs(got) < least and abs(true) < least) or (min(got, true, key=abs) * got > most**2):
        return mpf(0)
    return abs(got - true) / abs(true) if true else mpf(inf)


def exact(values):
    """Numbers of mpmath from floats of any width; what float64 cannot hold is infinite."""
    highs = [float(v) for v in values]
    lows = [
        float(v - high) if np.isfinite(high) else 0.0 for v, high in zip(values, highs, strict=True)
    ]
    return [mpf(high) + mpf(low) for high, low in zip(highs, lows, strict=True)]


@pytest.mark.parametrize(
    ("arithmetic", "dtype", "digits"),
    [
        (DOUBLE, "float32", 34),
        pytest.param(LONG, "float32", 30, marks=wide),
        (of_mpmath(), "float64", 75),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_reference_against_mpmath(f, arithmetic, dtype, digits):
    """Float64 need not know the neighbourhood of roots: it is not asked there."""
    case = Case(f, dtype)
    x = hard_points(case, dtype)
    if arithmetic is DOUBLE:
        x = x[~case.close(x)]
    with mp.workprec(300):
        for variety, found in zip(ORDERS, case.true(arithmetic, x, 2), strict=True):
            values = found if arithmetic.dtype is object else exact(found)
            for at, got in zip(x.tolist(), values, strict=True):
                if variety == "second_derivative" and at in case.bends:
                    continue
                true = expected(f, variety, at, case.params)
                off = distance(mpf(got), true, dtype)
                assert off <= mp.ldexp(1, -digits), (
                    variety,
                    at,
                    mp.nstr(got, 20),
                    mp.nstr(true, 20),
                )


def test_limits_at_the_ends_of_the_domain(f):
    case = Case(f, "float32")
    ends = np.array([case.low, case.high], "f4")
    for variety, values in zip(ORDERS, case.true(DOUBLE, ends, 2), strict=True):
        for at, got in zip(ends.tolist(), values, strict=True):
            true = expected(f, variety, at, case.params)
            with np.errstate(over="ignore"):
                assert ulps(np.float32(got), true, "f4") <= 0.5, (variety, at)


def test_reference_notices_a_wrong_line(monkeypatch):
    """The check above is one that can fail."""
    monkeypatch.setitem(LINES, "tanh", lambda m, x: m.tanh(x) * (1 + 2.0**-29))
    with pytest.raises(AssertionError):
        test_reference_against_mpmath(fa.tanh, DOUBLE, "float32", 34)


# ---------------------------------------------------------------- the ruler and the tally
@pytest.mark.parametrize("dtype", DTYPES)
def test_errors_are_those_of_the_other_ruler(dtype):
    true = mixed("f8", 300) if dtype == "float64" else mixed("f4", 300).astype("f8") * 1.1
    with np.errstate(all="ignore"):
        got = np.nextafter(true.astype(dtype), np.array(1, dtype))
    arithmetic = of_mpmath() if dtype == "float64" else DOUBLE
    keep = ~np.isnan(true)
    found = errors(got[keep], arithmetic.array(true[keep]), arithmetic, dtype)
    wanted = [ulps(a, mpf(float(b)), dtype) for a, b in zip(got[keep], true[keep], strict=True)]
    assert found == pytest.approx(wanted)


def broken(x, at, how):
    """The logistic function, wrong at one place."""
    y = fa.sigmoid(x)
    return np.where(x == np.float32(at), how(y), y)


@pytest.mark.parametrize(
    ("at", "towards"),  # just below a power of two the ulp is half as large
    [
        (0.0, 2),
        (88.5, 2),
        (-17.25, 2),
        (-17.25, -1),
        (-103.0, 2),
        (-103.0, -1),
        (0.5, 2),
        (0.5, -1),
    ],
)
def test_a_single_error_of_one_ulp_is_found(at, towards):
    case = Case(fa.sigmoid, "float32")
    x = np.array([*np.linspace(-104, 104, 3001), at], "f4")
    wrong = {
        ("fastact", "forward"): lambda x: broken(
            x, at, lambda y: np.nextafter(y, np.float32(towards))
        )
    }
    good = judge(case, calls(fa.sigmoid, "float32", ["forward"], ["fastact"]), x)
    bad = judge(case, wrong, x)
    before, after = good["fastact", "forward"], bad["fastact", "forward"]
    assert after.not_correctly_rounded == before.not_correctly_rounded + np.sum(x == np.float32(at))
    assert after.max_ulp > 0.5
    assert before.max_ulp <= fa.sigmoid.max_ulp["float32"]["forward"]


def test_a_result_out_of_bounds_is_named():
    case = Case(fa.sigmoid, "float32")
    x = np.linspace(-5, 5, 999, dtype="f4")

    def wrong(x):
        return broken(x, x[7], lambda y: y * np.float32(1 + 2**-21))

    tally = judge(case, {("fastact", "forward"): wrong}, x)["fastact", "forward"]
    assert tally.worst == float(x[7]).hex()
    assert 4 < tally.max_ulp < 9
    assert not tally.keeps(4.0)


def test_nan_and_what_is_outside_must_give_nan():
    case = Case(fa.logit, "float32")
    x = np.array([np.nan, -1.0, 0.5, 1.5], "f4")
    for at, value in ((0, 0.0), (1, -np.inf), (3, 7.0)):

        def wrong(x, at=at, value=value):
            return np.where(np.arange(4) == at, np.float32(value), fa.logit(x))

        tally = judge(case, {("fastact", "forward"): wrong}, x)["fastact", "forward"]
        assert (tally.wrong_nan, tally.wrong_nan_at) == (1, float(x[at]).hex())
        assert not tally.keeps(9.0)
    right = judge(case, {("fastact", "forward"): fa.logit}, x)["fastact", "forward"]
    assert right == Tally(4, 0.0, right.worst)


def test_declared_slopes_at_kinks_count():
    case = Case(fa.relu, "float32")
    x = np.array([-1.0, 0.0, -0.0, 1.0], "f4")
    half = {
        ("fastact", "derivative"): lambda x: np.where(
            x == 0, np.float32(0.5), fa.relu.derivative(x)
        )
    }
    assert judge(case, half, x)["fastact", "derivative"].not_correctly_rounded == 2


def test_near_roots_the_wide_arithmetic_decides():
    """There float64 is wrong by more than the doubt that it is allowed."""
    case = Case(fa.mish, "float32")
    near, far = np.array([*neighbours(case.roots[1], "float32", 8), 1.0], "f4"), 0
    for at in near:
        true = expected(fa.mish, "derivative", float(at))
        rounded = np.array([float(true)], "f4")
        call = {("fastact", "derivative"): lambda x, y=rounded: y}
        tally = judge(case, call, np.array([at]))["fastact", "derivative"]
        assert tally.max_ulp == pytest.approx(ulps(rounded[0], true, "f4"), abs=1e-3)
        quick = case.true(DOUBLE, np.array([at]), 1)[1]
        far = max(far, abs(errors(rounded, quick, DOUBLE, "float32")[0] - tally.max_ulp))
    assert far > 2.0**-5


def test_in_doubt_the_wide_arithmetic_decides(monkeypatch):
    """The quick one may be wrong by as much as the doubt, and nothing changes."""
    true = Case.true

    def less_right(case, arithmetic, x, order):
        values = true(case, arithmetic, x, order)
        return [y * (1 + 2.0**-36) for y in values] if arithmetic is DOUBLE else values

    case, x = Case(fa.sigmoid, "float32"), np.linspace(-80, 5, 4001, dtype="f4")
    chosen = calls(fa.sigmoid, "float32", ["forward"], ["fastact"])
    before = judge(case, chosen, x)
    assert before["fastact", "forward"].not_correctly_rounded > 10
    monkeypatch.setattr(Case, "true", less_right)
    assert judge(case, chosen, x) == before


# ---------------------------------------------------------------- inputs
def test_every_float_is_tried_once():
    everything = plan("float16", None)
    got = np.concatenate([x for span in everything.tasks() for x in blocks(span, "float16")])
    assert np.array_equal(np.sort(got.view("u2")), np.arange(2**16))
    tasks = plan("float32", None).tasks()
    assert [task.first for task in tasks] == list(range(0, 2**32, CHUNK))
    assert {(task.step, task.count) for task in tasks} == {(1, CHUNK)}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sample_meets_every_exponent_of_both_signs(dtype):
    x = np.concatenate([x for task in plan(dtype, 50_000).tasks() for x in blocks(task, dtype)])
    assert 49_000 < x.size < 52_000
    info = np.finfo(dtype)
    finite = x[np.isfinite(x) & (x != 0)]
    met = {*zip(np.signbit(finite).tolist(), np.frexp(finite)[1].tolist(), strict=True)}
    normal = range(info.minexp + 1, info.maxexp + 1)
    assert [e for e in normal for sign in (True, False) if (sign, e) not in met] == []


def test_special_points(f):
    points = special_points(f, "float32")
    case = Case(f, "float32")
    for at in (*case.bends, *case.roots, 0.0, 1.0, np.inf, -np.inf):
        near = np.float32(at)
        wanted = [near, np.nextafter(near, np.float32(9e9)), np.nextafter(near, np.float32(-9e9))]
        assert np.isin(wanted, points).all(), at


def test_thresholds_are_special_points():
    points = special_points(fa.sigmoid, "float32")
    for at in (17.32868, -103.97208, -87.33654):  # saturates, vanishes, becomes subnormal
        assert np.min(np.abs(points - np.float32(at))[np.isfinite(points)]) < 1e-4


# ---------------------------------------------------------------- the work
def job(samples=40_000, functions=("relu", "softsign"), **changes):
    whole = run.Job(functions, ("forward", "derivative"), (), (plan("float32", samples),))
    return replace(whole, **changes)


def test_interrupted_work_goes_on_with_the_same_result(tmp_path, monkeypatch):
    monkeypatch.setattr("fastact.verification.sample.CHUNK", 2**13)
    whole, part = run.State(job(), None), run.State(job(), tmp_path / "state")
    run.run(whole, 1, lambda task: None)

    def interrupt(task):
        if sum(part.done.values()) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.run(part, 2, interrupt)
    rest = run.State(job(), tmp_path / "state")
    assert sum(rest.done.values()) == 3
    run.run(rest, 2, lambda task: None)
    assert rest.rows == whole.rows
    assert run.State(job(), tmp_path / "state").rows == whole.rows
    assert rest.inputs == rest.job.inputs
    assert [p.name for p in tmp_path.iterdir()] == ["state"]


def test_a_state_of_other_work_is_refused(tmp_path):
    path = tmp_path / "state"
    run.State(job(), path).save()
    for other in (job(samples=50_000), job(functions=("relu",)), job(varieties=("forward",))):
        with pytest.raises(run.StateError, match="another"):
            run.State(other, path)
    path.write_text("[1, 2")
    with pytest.raises(run.StateError, match="no state"):
        run.State(job(), path)


def test_ctrl_c_leaves_a_state_that_the_same_command_goes_on_with(tmp_path):
    state = tmp_path / "state"
    arguments = ["verify", "silu", "--dtype", "float32", "--variety", "forward", "--json"]
    arguments += ["--samples", str(2**25), "--resume", str(state), "--jobs", "1"]
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=PLAIN
    )
    while process.poll() is None and not state.exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, out, err) == (130, b"", b"")
    done = json.loads(state.read_text())["parts"][0]["tasks"]
    assert 0 < done < 33
    found = json.loads(command(*arguments).stdout)
    whole = plan("float32", 2**25)
    assert found["judged"] == whole.inputs - sum(span.count for span in whole.tasks()[: done - 1])
    special = special_points(fa.silu, "float32").size
    assert found["results"][0]["inputs"] == whole.inputs + special


def test_ctrl_c_while_work_is_handed_over_is_not_lost():
    code = """
import os, signal
from fastact.processes import interrupts_blocked, processes

if __name__ == "__main__":
    with processes(1) as submit:
        print(signal.SIGINT in submit(signal.pthread_sigmask, signal.SIG_BLOCK, []).result())
    print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []), flush=True)
    try:
        with interrupts_blocked():
            os.kill(os.getpid(), signal.SIGINT)
        print("lost")
    except KeyboardInterrupt:
        print("kept")
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=PLAIN
    )
    assert result.stdout.split() == ["True", "False", "kept"]


# ---------------------------------------------------------------- the command
def test_json():
    result = command("verify", "relu", "sigmoid", "--dtype", "float16", "--json")
    assert (result.returncode, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert set(found) == {"version", "seconds", "judged", "results"}
    assert found["judged"] == 2 * 2**16
    assert [set(row) for row in found["results"]] == [ROW] * 6
    assert [row["variety"] for row in found["results"]] == [*ORDERS] * 2
    for row in found["results"]:
        assert row["ok"] is True
        assert row["max_ulp"] <= 0.5 == row["bound"]
        assert row["not_correctly_rounded"] == 0
        float.fromhex(row["worst"])


def test_table():
    pytest.importorskip("scipy")
    result = command(
        "verify", "expit", "--dtype", "float32", "--samples", "2000", "--compare", "scipy",
        "--variety", "derivative,forward",
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, "")
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [line[:4] for line in lines if line and line[0] == "sigmoid"] == [
        ["sigmoid", "forward", "float32", "fastact"],
        ["sigmoid", "forward", "float32", "scipy"],
        ["sigmoid", "derivative", "float32", "fastact"],
    ]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["sigmod"], "sigmoid"),
        (["relu", "--dtype", "float23"], "float"),
        (["relu", "--variety", "second"], "second_derivative"),
        (["relu", "--compare", "numpyy"], "scipy"),
        (["relu", "--dtype", ""], "dtype"),
        (["relu", "--resume", "/nowhere/state"], "/nowhere"),
    ],
)
def test_wrong_usage_is_one_line(arguments, named):
    result = command("verify", *arguments)
    assert result.returncode == 2
    assert named in one_line(result)


def row(**changes):
    measured = {"function": "relu", "dtype": "float32", "variety": "forward", "package": "fastact"}
    measured |= Tally(100, 0.75, "0x1p+0", 3).as_dict() | {"share": 0.03, "bound": 1.0, "ok": True}
    return measured | changes


def test_a_broken_bound_fails():
    verify.complain([row()])
    with pytest.raises(CommandError, match=r"1 bounds are broken.*relu forward float32: 1.5"):
        verify.complain([row(), row(max_ulp=1.5, ok=False)])
    with pytest.raises(CommandError, match="3 NaN wrong, the first at -inf"):
        verify.complain([row(wrong_nan=3, wrong_nan_at="-inf", ok=False)])


# ---------------------------------------------------------------- ulps.json
def test_a_recorded_error_never_rises_unnoticed():
    first = record.updated({}, [row()], higher=False)
    kept = first["float32"]["relu"]["forward"]
    assert kept["max_ulp"] == 0.75
    with pytest.raises(record.HigherError, match=r"relu forward float32 from 0.75 to 0.8"):
        record.updated(first, [row(max_ulp=0.8)], higher=False)
    assert record.updated(first, [row(max_ulp=0.8)], higher=True) != first
    assert record.updated(first, [row(max_ulp=0.6, inputs=50)], higher=False) == first
    lower = record.updated(first, [row(max_ulp=0.6)], higher=False)
    assert lower["float32"]["relu"]["forward"]["max_ulp"] == 0.6


def test_recorded_errors_keep_the_declared_bounds(f):
    recorded = record.read()["float32"][f.name]
    assert {*recorded} == {*ORDERS}
    for variety, found in recorded.items():
        assert found["bound"] == f.max_ulp["float32"][variety]
        assert found["max_ulp"] <= found["bound"]
        assert found["inputs"] >= verify.SAMPLES["float32"]


def test_nothing_recorded_is_unknown():
    for functions in record.read().values():
        assert sorted(functions) == sorted(fa.activations)
