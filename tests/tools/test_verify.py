"""`fastact verify`: its reference against mpmath's derivatives, and that it finds what is wrong."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from mpmath import inf, mp, mpf

pytest.importorskip("typer")

import fastact as fa
from fastact.cli import verify
from fastact.cli.report import CommandError
from fastact.definition.declaration import ORDERS, Parameter
from fastact.verification import record, run
from fastact.verification.hard import HARD
from fastact.verification.judge import Case, Judge, Tally, errors, judge
from fastact.verification.peers import calls
from fastact.verification.reference import DOUBLE, LINES, LONG, WIDER, of_mpmath
from fastact.verification.sample import CHUNK, blocks, drawn, plan, special_points
from tests.support.reference import expected
from tests.support.strategies import DTYPES, mixed, neighbours
from tests.support.ulp import ulps
from tests.tools.test_cli import COMMAND, PLAIN, TIMEOUT, one_line
from tests.tools.test_cli import run as command

ROW = {
    "function", "dtype", "variety", "package", "inputs", "max_ulp", "worst",
    "not_correctly_rounded", "wrong_nan", "wrong_nan_at", "params", "share", "bound", "ok",
}  # fmt: skip
wide = pytest.mark.skipif(not WIDER, reason="longdouble is no wider than float64 here")


# ---------------------------------------------------------------- the reference
def test_every_function_has_a_line():
    assert sorted(LINES) == sorted(fa.activations)


def hard_points(case, dtype, every=200):
    """Some of the special points, all neighbours of roots, places in both tails."""
    points = special_points(case)
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
    """Numbers of mpmath from floats of any width."""
    parts, exponents = np.frexp(values)
    highs = parts.astype(float)
    lows = np.where(np.isfinite(highs), parts - highs, 0).astype(float)
    return [
        mp.ldexp(mpf(high) + mpf(low), int(exponent))
        for high, low, exponent in zip(highs, lows, exponents, strict=True)
    ]


@pytest.mark.parametrize(
    ("arithmetic", "dtype", "digits"),
    [
        (DOUBLE, "float32", 39),
        pytest.param(LONG, "float32", 30, marks=wide),
        (of_mpmath(), "float64", 75),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_reference_against_mpmath(f, arithmetic, dtype, digits):
    """Float64 need not know the neighbourhood of roots: it is not asked there."""
    case = Case(f, dtype)
    x = asked(case, hard_points(case, dtype)) if arithmetic is DOUBLE else hard_points(case, dtype)
    with mp.workprec(300):
        for variety, found in zip(ORDERS, one_by_one(case, arithmetic, x), strict=True):
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


def one_by_one(case, arithmetic, x):
    """The true values, each computed alone: what is computed together may need more steps."""
    found = [case.true(arithmetic, x[at : at + 1], 2) for at in range(x.size)]
    return [np.concatenate(values) for values in zip(*found, strict=True)]


def asked(case, x):
    """The inputs at which the quick arithmetic is."""
    lost = case.lost(x)
    return x if lost is None else x[~lost]


@wide
def test_longdouble_is_as_near_as_it_is_trusted(f):
    """In float64 a result is called correctly rounded if it is for all values within the doubt."""
    case = Case(f, "float64")
    x = asked(case, hard_points(case, "float64"))
    with mp.workprec(300):
        for variety, found in zip(ORDERS, one_by_one(case, LONG, x), strict=True):
            doubts = exact(case.doubt(x, found))
            for at, got, doubt in zip(x.tolist(), exact(found), doubts, strict=True):
                if variety == "second_derivative" and at in case.bends:
                    continue
                true = expected(f, variety, at, case.params)
                off = min(abs(got - true), abs(true) * distance(got, true, "float64"))
                assert off <= doubt / 2, (variety, at, mp.nstr(off / doubt, 5))


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
    assert right == Tally(4, 0.0, right.worst, params=case.params)


def test_declared_slopes_at_kinks_count():
    case = Case(fa.relu, "float32")
    x = np.array([-1.0, 0.0, -0.0, 1.0], "f4")
    half = {
        ("fastact", "derivative"): lambda x: np.where(
            x == 0, np.float32(0.5), fa.relu.derivative(x)
        )
    }
    assert judge(case, half, x)["fastact", "derivative"].not_correctly_rounded == 2


def test_other_packages_may_choose_the_derivative_at_a_kink():
    case, x = Case(fa.relu, "float32"), np.array([-1.0, 0.0, 1.0], "f4")
    half = {("scipy", "derivative"): lambda x: np.heaviside(x, np.float32(0.5))}
    assert judge(case, half, x)["scipy", "derivative"] == Tally(2, 0.0, (-1.0).hex())
    wrong = {("scipy", "derivative"): lambda x: 0 * x}
    assert judge(case, wrong, x)["scipy", "derivative"].max_ulp > 1e6


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


def merged(case, chosen, x, size, known=()):
    total = Judge(case, chosen, known=dict(known))
    for at in range(0, x.size, size):
        total.block(x[at : at + size])
    return total.verdict()


@pytest.mark.parametrize("name", ["sigmoid", "mish", "relu", "soft_shrink", "logit", "elu"])
def test_blocks_and_what_is_known_change_nothing(name):
    """Neither how inputs are cut into blocks nor what is known before changes what is found."""
    f = fa.activations[name]
    case, x = Case(f, "float32"), special_points(Case(f, "float32"))
    chosen = calls(f, "float32", ORDERS, ["fastact"])
    whole = merged(case, chosen, x, x.size)
    assert merged(case, chosen, x, 97) == whole
    largest = {row: tally.max_ulp for row, tally in whole.items()}
    again = merged(case, chosen, x, 1000, known=largest)
    for row, tally in again.items():
        assert tally.not_correctly_rounded == whole[row].not_correctly_rounded
        assert (tally.inputs, tally.wrong_nan) == (whole[row].inputs, whole[row].wrong_nan)
        assert (tally.max_ulp, tally.worst) == (whole[row].max_ulp, whole[row].worst)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_tally_is_that_of_the_wide_arithmetic(dtype):
    """All errors computed one by one, in the wide arithmetic, give the same."""
    case, x = Case(fa.silu, dtype), special_points(Case(fa.silu, dtype))[::7]
    x = x[np.isfinite(x)]
    chosen = calls(fa.silu, dtype, ORDERS, ["fastact"])
    for (_, variety), tally in judge(case, chosen, x).items():
        true = case.true(of_mpmath(), x, 2)[ORDERS.index(variety)]
        found = errors(chosen["fastact", variety](x), true, of_mpmath(), dtype)
        assert tally.max_ulp == pytest.approx(found.max(), abs=1e-6)
        assert tally.not_correctly_rounded == np.count_nonzero(found > 0.5)


def test_an_error_too_large_for_float64_is_no_wrong_nan():
    case = Case(fa.exponential, "float64")
    huge = {("fastact", "forward"): lambda x: np.full_like(x, np.inf)}
    tally = judge(case, huge, np.array([-700.0]))["fastact", "forward"]
    assert tally.wrong_nan == 0
    assert tally.max_ulp > 2.0**900


def test_a_kink_between_two_floats_is_at_neither():
    case = Case(fa.logit, "float64", (0.1,))
    near = np.array([0.9])  # 1 - 0.1 lies below it
    assert case.bends[1] == near[0]
    assert list(case.kinks) == [0.1]
    assert judge(case, {("fastact", "derivative"): lambda x: 0 * x}, near)[
        "fastact", "derivative"
    ].keeps(0.5)


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
    case = Case(f, "float32")
    points = special_points(case)
    for at in (*case.bends, *case.roots, 0.0, 1.0, np.inf, -np.inf):
        near = np.float32(at)
        wanted = [near, np.nextafter(near, np.float32(9e9)), np.nextafter(near, np.float32(-9e9))]
        assert np.isin(wanted, points).all(), at


def test_thresholds_are_special_points():
    points = special_points(Case(fa.sigmoid, "float32"))
    for at in (17.32868, -103.97208, -87.33654):  # saturates, vanishes, becomes subnormal
        assert np.min(np.abs(points - np.float32(at))[np.isfinite(points)]) < 1e-4


def test_points_close_in_on_roots_from_both_sides():
    case = Case(fa.mish, "float64")
    root, points = min(case.roots), special_points(case)
    for sign in (1, -1):
        shares = sign * (points[np.isfinite(points)] / root - 1)
        octaves = np.unique(np.floor(np.log2(shares[shares > 0])))
        assert {*range(-48, 0)} <= {*octaves.tolist()}


@pytest.mark.parametrize(("name", "cases"), HARD.items())
def test_hard_cases_are_hard(name, cases):
    """Within 2^-40 ulp of a float or of the middle between two."""
    with mp.workprec(400):
        for case in cases:
            true = getattr(mp, name)(mpf(float.fromhex(case)))
            halves = mp.frexp(abs(true))[0] * 2**54
            assert abs(halves - mp.nint(halves)) < mp.ldexp(1, -39), case


def test_hard_cases_are_tried():
    points = special_points(Case(fa.tanh, "float64"))
    for cases in HARD.values():
        given = np.array([float.fromhex(case) for case in cases])
        assert np.isin([given, -given], points).all()


# ---------------------------------------------------------------- parameters
WITH_PARAMETERS = [f for f in fa.activations.values() if f.params]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("f", WITH_PARAMETERS, ids=lambda f: f.name)
def test_drawn_parameters_are_in_their_ranges(f, dtype):
    sets = drawn(f, dtype, 20)
    assert len(set(sets)) == 20
    assert sets == drawn(f, dtype, 20)
    assert sets[:3] == drawn(f, dtype, 3)
    for values in sets:
        for p, value in zip(f.params, values, strict=True):
            assert float(np.asarray(value, dtype)) == value
            assert p.low <= value <= p.high or value == p.none
        f(np.zeros(1, dtype), *values)  # which its rules allow
    for k, p in enumerate(f.params):
        low, high = (np.array([p.low, p.high], dtype)).tolist()
        near = {values[k] for values in sets}
        assert min(near) <= low + 0.01 * (high - low) or min(near) == p.none
        assert len(near) > 5


def test_drawn_parameters_obey_rules_and_bounds_that_are_no_floats():
    tenths = tuple(Parameter(name, 0.75, 0.7, 0.8) for name in "ab")
    rules = SimpleNamespace(requires=("a < b",))
    f = SimpleNamespace(name="f", params=tenths, declaration=rules)
    for a, b in drawn(f, "float32", 50):
        assert 0.7 <= a < b <= 0.8


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("f", WITH_PARAMETERS, ids=lambda f: f.name)
def test_bounds_hold_for_drawn_parameters(f, dtype):
    for values in drawn(f, dtype, 6):
        case = Case(f, dtype, values)
        chosen = calls(f, dtype, ORDERS, ["fastact"], values)
        for (_, variety), tally in judge(case, chosen, special_points(case)).items():
            assert tally.keeps(f.max_ulp[dtype][variety]), (variety, tally)
            assert tally.params == values


def test_parameters_are_those_of_the_worst_input(tmp_path):
    whole = run.Job(("celu",), ("forward",), (), (plan("float32", 5000),), parameters=3)
    assert whole.inputs == 3 * plan("float32", 5000).inputs
    state = run.State(whole, tmp_path / "state")
    run.run(state, 1, lambda task: None)
    tally = state.rows["celu", "float32"]["fastact", "forward"]
    assert tally.params in drawn(fa.celu, "float32", 3)
    x = np.array([float.fromhex(tally.worst)], "f4")
    case = Case(fa.celu, "float32", tally.params)
    chosen = calls(fa.celu, "float32", ["forward"], ["fastact"], tally.params)
    assert judge(case, chosen, x)["fastact", "forward"].max_ulp == tally.max_ulp
    assert run.State(whole, tmp_path / "state").rows == state.rows
    (row,) = verify.found(state, state.rows)
    assert row["params"] == {"alpha": tally.params[0]}


# ---------------------------------------------------------------- the work
def job(samples=40_000, functions=("relu", "softsign"), **changes):
    whole = run.Job(functions, ("forward", "derivative"), (), (plan("float32", samples),))
    return replace(whole, **changes)


def test_the_largest_errors_are_known_to_later_tasks():
    state = run.State(job(functions=("relu", "silu")), None)
    assert state.known(("silu", "float32")) == {}
    run.run(state, 1, lambda task: None)
    assert state.known(("relu", "float32"))["fastact", "forward"] == 0
    assert state.known(("silu", "float32"))["fastact", "forward"] > 0.5


def test_the_wide_arithmetic_is_spared_where_an_error_cannot_be_the_largest(monkeypatch):
    """In float64, where it is slow; the largest error and where it is stay the same."""
    case, x = Case(fa.tanh, "float64"), np.linspace(-300, 300, 20_001)
    chosen = calls(fa.tanh, "float64", ORDERS, ["fastact"])
    asked, true = [], Case.true

    def counted(case, arithmetic, x, order):
        if arithmetic is case.stages.wide:
            asked.append(x.size)
        return true(case, arithmetic, x, order)

    monkeypatch.setattr(Case, "true", counted)
    whole = merged(case, chosen, x, x.size)
    before = sum(asked)
    asked.clear()
    spared = merged(case, chosen, x, 1000, known={row: t.max_ulp for row, t in whole.items()})
    assert 0 < sum(asked) < before / 5
    for row, tally in whole.items():
        assert (spared[row].max_ulp, spared[row].worst) == (tally.max_ulp, tally.worst)
        assert spared[row].not_correctly_rounded == pytest.approx(
            tally.not_correctly_rounded, rel=0.1, abs=5
        )


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
    special = special_points(Case(fa.silu, "float32")).size
    assert found["results"][0]["inputs"] == whole.inputs + special


def test_ctrl_c_while_work_is_handed_over_is_not_lost():
    code = """
import os, signal
from fastact.verification.processes import interrupts_blocked, processes

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
    result = command(
        "verify", "expit", "--dtype", "float32", "--samples", "2000", "--compare", "scipy",
        "--variety", "derivative,forward",
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, "")
    assert max(map(len, result.stdout.splitlines())) <= 80
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
        (["relu", "--parameters", "3"], "no function"),
        (["celu", "--parameters", "3", "--write"], "--write"),
    ],
)
def test_wrong_usage_is_one_line(arguments, named):
    result = command("verify", *arguments)
    assert result.returncode == 2
    assert named in one_line(result)


def row(**changes):
    measured = {"function": "relu", "dtype": "float32", "variety": "forward", "package": "fastact"}
    measured |= Tally(100, 0.75, "0x1p+0", 3).as_dict() | {"params": {}, "share": 0.03}
    return measured | {"bound": 1.0, "ok": True} | changes


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


def test_an_error_is_recorded_rounded_up():
    found = record.updated({}, [row(max_ulp=0.33333333333)], higher=False)
    assert found["float32"]["relu"]["forward"]["max_ulp"] == 0.333334
    assert record.updated(found, [row(max_ulp=0.33333333334)], higher=False) == found


def test_other_packages_are_recorded_beside_ours():
    first = record.updated({}, [row()], higher=False)
    theirs = row(package="scipy", max_ulp=16.5, bound=None, ok=None)
    found = record.updated(first, [theirs], higher=False)["float32"]["relu"]["forward"]
    assert found["peers"]["scipy"]["max_ulp"] == 16.5
    assert found["peers"]["scipy"]["version"]
    assert {key: found[key] for key in first["float32"]["relu"]["forward"]} == first["float32"][
        "relu"
    ]["forward"]
    kept = record.updated({"float32": {"relu": {"forward": found}}}, [row()], higher=False)
    assert kept["float32"]["relu"]["forward"] == found
    record.updated(kept, [theirs | {"max_ulp": 99.0}], higher=False)  # theirs may rise


def test_what_is_done_is_written_at_once(tmp_path, monkeypatch):
    """Also from the state of an interrupted command; a function that is not done is not."""
    monkeypatch.setattr("fastact.verification.sample.CHUNK", 2**14)
    monkeypatch.setattr(record, "PATH", tmp_path / "ulps.json")
    monkeypatch.setattr(record.read, "__defaults__", (tmp_path / "ulps.json",))
    state = run.State(job(), tmp_path / "state")

    def interrupt(task):
        if task.function == "softsign":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.run(state, 1, interrupt)
    assert record.read() == {}
    verify.Keeper(run.State(job(), tmp_path / "state"), higher=False)
    assert list(record.read()["float32"]) == ["relu"]
    rest = run.State(job(), tmp_path / "state")
    keeper = verify.Keeper(rest, higher=False)
    run.run(rest, 1, lambda task: keeper.keep((task.function, task.dtype)))
    assert list(record.read()["float32"]) == ["relu", "softsign"]
    keeper.complain()
    lower = record.read()
    lower["float32"]["softsign"]["forward"]["max_ulp"] = 0.1
    record.write_whole(record.PATH, lower)
    with pytest.raises(CommandError, match=r"softsign forward float32 from 0\.1"):
        verify.Keeper(rest, higher=False).complain()
