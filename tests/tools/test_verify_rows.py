"""`fastact verify` along an axis: its reference against mpmath, and that it finds what is wrong."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from mpmath import mp, mpf

pytest.importorskip("typer", reason="the command line is an extra")

from fastact.cli import verify
from fastact.cli.report import CommandError
from fastact.verification import rows, run
from fastact.verification.judge import Tally
from fastact.verification.reference import LONG, WIDER, of_mpmath
from fastact.verification.rows import FORMULAS, JUDGED, KINDS, LENGTHS, Draw, Truth, draws, measure
from fastact.verification.sample import plan
from tests.support.rows import truth
from tests.support.strategies import DTYPES
from tests.tools.test_cli import one_line
from tests.tools.test_cli import run as command
from tests.tools.test_verify import ROW, exact

ARITHMETICS = [
    pytest.param(LONG, marks=pytest.mark.skipif(not WIDER, reason="longdouble is float64 here")),
    of_mpmath(),
]
OURS = ("fastact",)
SMALL = Draw("normal 3", 17, 8, 0)
INF, NAN = np.inf, np.nan
over_names = pytest.mark.parametrize("name", JUDGED)


# ---------------------------------------------------------------- the reference
def values(name, x, arithmetic):
    """What the reference gives for each row, as numbers of mpmath."""
    with np.errstate(all="ignore"), arithmetic.precision():
        known = Truth(x, arithmetic)
        found = FORMULAS[JUDGED[name]](known, slice(0, x.shape[1]))
    with mp.workprec(300), np.errstate(invalid="ignore"):
        return [list(row) if arithmetic.dtype is object else exact(row) for row in found]


def ulp(true, dtype):
    info = np.finfo(dtype)
    return mp.ldexp(1, max(mp.mag(true) - 1 if true else info.minexp, info.minexp) - info.nmant)


def assert_true(name, x, found):
    """To 2^-60 in relation to the value, to 1/64 ulp where a sum cancels; far below any float."""
    least = mpf(JUDGED[name]._least)
    with mp.workprec(300):
        for row, got in zip(x, found, strict=True):
            for at, (a, b) in enumerate(zip(got, truth(name, row), strict=True)):
                near = ulp(max(abs(b), least), x.dtype) / 64 if least else mp.ldexp(abs(b), -60)
                near = max(near, mp.ldexp(1, -1200))
                assert a == b or abs(a - b) <= near, (name, row.tolist(), at, mp.nstr(a - b, 5))


@over_names
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("arithmetic", ARITHMETICS, ids=lambda a: a.name)
def test_reference_against_mpmath(name, dtype, arithmetic):
    for kind in KINDS:
        for n, count in ((1, 1), (2, 2), (3, 2), (17, 1)):
            x = Draw(kind, n, count, 0).elements(dtype)
            x = x[np.isfinite(x.max(axis=-1))]
            assert_true(name, x, values(name, x, arithmetic) if x.size else [])


@over_names
def test_reference_of_differences_that_longdouble_rounds(name):
    x = np.array([[700.1, 0.0123, -3.3e-5], [0.3, -700.1, 1e-6]])
    assert_true(name, x, values(name, x, rows.arithmetic_for("float64")))


@over_names
def test_reference_of_a_row_in_several_blocks(name, monkeypatch):
    x = Draw("balanced", 100, 2, 0).elements("float64")
    monkeypatch.setattr(rows, "BLOCK", 7)
    assert_true(name, x, values(name, x, rows.arithmetic_for("float64")))


def test_reference_notices_a_wrong_formula(monkeypatch):
    """The check above is one that can fail."""

    def wrong(known, cut):
        return Truth.softmax(known, cut) * (1 + LONG.number(2.0**-55))

    monkeypatch.setitem(FORMULAS, JUDGED["softmax"], wrong)
    with pytest.raises(AssertionError):
        test_reference_against_mpmath("softmax", "float64", LONG)


def test_conventions_of_the_reference():
    x = np.array([[-INF, -INF], [INF, INF], [INF, -INF], [NAN, 0.0]])
    half = np.log(LONG.number(0.5))
    wanted = {
        "softmax": [[0, 0], [0.5, 0.5], [1, 0], [NAN, NAN]],
        "log_softmax": [[-INF, -INF], [half, half], [0, -INF], [NAN, NAN]],
        "logsumexp": [[-INF], [INF], [INF], [NAN]],
    }
    with np.errstate(all="ignore"):
        for name, true in wanted.items():
            found = FORMULAS[JUDGED[name]](Truth(x, LONG), slice(0, 2))
            assert np.array_equal(found, np.array(true, np.longdouble), equal_nan=True), name


def test_sums_keep_what_rounding_leaves():
    terms = np.array([[1e30, 1.0, 3.0, -1e30, 0.5]], np.longdouble)
    assert rows.total(terms) == [[4.5]]


# ---------------------------------------------------------------- what is tried
@pytest.mark.parametrize("elements", [100, 10_000, 10**6, 2**23])
def test_draws_are_about_as_many_as_asked_for(elements):
    found = draws(elements)
    assert len(set(found)) == len(found)
    assert {draw.n for draw in found} == {n for n in LENGTHS if n * rows.SHARE <= elements}
    assert elements / 3 < sum(draw.count for draw in found) < 1.5 * elements


def test_the_usual_draws_have_every_kind_and_the_longest_rows():
    found = draws(verify.ELEMENTS)
    for n in LENGTHS[:-2]:
        assert {draw.kind for draw in found if draw.n == n} == {*KINDS}
    assert [draw.kind for draw in found if draw.n == LENGTHS[-1]] == [*KINDS][:3]
    assert max(draw.count for draw in found) == LENGTHS[-1]  # memory


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_kinds(kind, dtype):
    draw = Draw(kind, 10, 50, 0)
    x = draw.elements(dtype)
    assert (x.shape, x.dtype) == ((50, 10), dtype)
    assert x.tobytes() == draw.elements(dtype).tobytes()
    if kind not in {"equal", "all -inf"}:
        assert x.tobytes() != replace(draw, turn=1).elements(dtype).tobytes()


def test_balanced_rows_are_near_0_at_any_distance():
    for dtype in ("float32", "float64"):
        x = Draw("balanced", 16, 500, 0).elements(dtype)
        distances = np.log2(np.abs(np.array(values("logsumexp", x, LONG), float)))
        assert np.quantile(distances, 0.1) < -35
        assert np.quantile(distances, 0.9) > -10


# ---------------------------------------------------------------- what is found
@over_names
@pytest.mark.parametrize("dtype", DTYPES)
def test_bounds_hold(name, dtype):
    bounds = JUDGED[name].max_ulp[dtype]
    for draw in draws(20_000):
        for (_, variety), tally in measure(name, dtype, tuple(bounds), OURS, draw).items():
            assert tally.keeps(bounds[variety]), (draw, variety, tally)


class Wrong:
    """A function that is wrong at one place when it is called along this axis."""

    def __init__(self, f, how, axis, place):
        self.f, self.how, self.axis, self.place = f, how, axis, place
        self.name, self._least, self.max_ulp = f.name, f._least, f.max_ulp
        self._keeps_axis = f._keeps_axis

    def __call__(self, x, axis):
        y = self.f(x, axis=axis)
        if axis == self.axis:
            y[self.place] = self.how(y[self.place])
        return y


def measured(monkeypatch, name, how, axis, place, dtype="float32", draw=SMALL):
    """The tallies of a function that is wrong at one place."""
    f = JUDGED[name]
    wrong = Wrong(f, how, axis, place)
    monkeypatch.setitem(FORMULAS, wrong, FORMULAS[f])
    monkeypatch.setitem(JUDGED, name, wrong)
    return measure(name, dtype, run.varieties(name), OURS, draw)


def up(steps):
    def change(y):
        for _ in range(steps):
            y = np.nextafter(y, np.asarray(INF, y.dtype))
        return y

    return change


@pytest.mark.parametrize(
    ("name", "axis", "place", "named"),
    [
        ("softmax", -1, (5, 9), "axis=-1 draw 0 row 5 element 9"),
        ("softmax", 0, (9, 5), "axis=0 draw 0 row 5 element 9"),
        ("log_softmax", -1, (0, 16), "axis=-1 draw 0 row 0 element 16"),
        ("logsumexp", -1, 7, "axis=-1 draw 0 row 7"),
        ("logsumexp", 0, 3, "axis=0 draw 0 row 3"),
    ],
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_an_error_of_a_few_ulp_is_found_and_named(monkeypatch, dtype, name, axis, place, named):
    tally = measured(monkeypatch, name, up(5), axis, place, dtype)["fastact", "forward"]
    assert 3 < tally.max_ulp < 8
    assert tally.worst == f"normal 3 n=17 {named}"
    assert not tally.keeps(JUDGED[name].max_ulp[dtype]["forward"])


@pytest.mark.parametrize(
    ("how", "kind"), [(lambda y: y * NAN, "normal 3"), (lambda y: 0 * y + 1, "one NaN")]
)
@pytest.mark.parametrize(("name", "place"), [("softmax", (2, 1)), ("logsumexp", 2)])
def test_a_wrong_nan_is_found_and_named(monkeypatch, name, place, how, kind):
    draw = replace(SMALL, kind=kind)
    for (_, variety), tally in measured(
        monkeypatch, name, lambda y: np.where(np.isnan(y), 1, NAN), -1, place, draw=draw
    ).items():
        if variety == "forward" or kind == "normal 3":
            element = " element 1" if name == "softmax" and variety == "forward" else ""
            assert tally.wrong_nan == 1
            assert tally.wrong_nan_at == f"{kind} n=17 axis=-1 draw 0 row 2{element}"


def test_an_error_in_a_long_row_is_found(monkeypatch):
    place = (0, 65_536)
    draw = Draw("normal 1", 65_537, 1, 0)
    tally = measured(monkeypatch, "softmax", up(3), -1, place, draw=draw)["fastact", "forward"]
    assert tally.worst.endswith("row 0 element 65536")


def test_shares_that_do_not_sum_to_1_are_found(monkeypatch):
    draw = Draw("equal", 16, 4, 0)
    found = measured(
        monkeypatch, "softmax", lambda y: y * np.float32(1 + 2.0**-17), -1, 1, draw=draw
    )
    tally = found["fastact", "sum"]
    assert tally.max_ulp == 64
    assert tally.worst == "equal n=16 axis=-1 draw 0 row 1"
    assert not tally.keeps(JUDGED["softmax"].max_ulp["float32"]["sum"])


def test_subnormal_shares_are_not_counted_against_a_sum():
    draw = Draw("equal", 65_408, 1, 0)  # 1 / 65408 lies between two subnormal float16
    tally = measure("softmax", "float16", ("sum",), OURS, draw)["fastact", "sum"]
    assert tally.max_ulp <= 1
    y = JUDGED["softmax"](draw.elements("float16"))
    assert abs(y.astype(float).sum() - 1) > 2.0**-10


def test_other_packages_are_judged_where_there_is_one_convention():
    for name in JUDGED:
        for kind in ("normal 3", "some inf", "all -inf", "one NaN"):
            draw = Draw(kind, 17, 8, 0)
            found = measure(name, "float64", ("forward",), ("fastact", "scipy"), draw)
            assert found["scipy", "forward"].wrong_nan == 0
            size = 17 * 8 if JUDGED[name]._keeps_axis else 8
            assert found["fastact", "forward"].inputs == 2 * size
            assert found["scipy", "forward"].inputs == (2 * size if kind == "normal 3" else 0)


# ---------------------------------------------------------------- the work and the command
def job(*names, elements=5000):
    plans = (replace(plan("float32", 1000), elements=elements),)
    return run.Job(names, ("forward", "sum"), (), plans)


def test_a_broken_bound_is_named_with_function_dtype_and_place(monkeypatch):
    state = run.State(job("softmax"), None)
    state.add(("softmax", "float32"), measured(monkeypatch, "softmax", up(3), -1, (5, 9)))
    found = verify.found(state, state.rows)
    assert [row["variety"] for row in found] == ["forward", "sum"]
    with pytest.raises(
        CommandError,
        match=r"softmax forward float32: \d\.\d+ ulp at normal 3 n=17 .* element 9, declared 2",
    ):
        verify.complain(found)


def test_work_goes_on_with_the_same_result(tmp_path):
    whole, part = run.State(job("softmax", "relu"), None), tmp_path / "state"
    run.run(whole, 1, lambda task: None)
    assert set(whole.rows["relu", "float32"]) == {("fastact", "forward")}
    first = run.State(job("softmax", "relu"), part)

    def interrupt(task):
        if sum(first.done.values()) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.run(first, 1, interrupt)
    rest = run.State(job("softmax", "relu"), part)
    assert sum(rest.done.values()) == 5
    run.run(rest, 1, lambda task: None)
    assert rest.rows == whole.rows
    assert rest.inputs == whole.inputs == whole.job.inputs


def test_json():
    result = command(
        "verify",
        "logsumexp",
        "softmax",
        "relu",
        "--dtype",
        "float32",
        "--samples",
        "2000",
        "--json",
    )
    assert (result.returncode, result.stderr) == (0, "")
    found = json.loads(result.stdout)["results"]
    assert [set(row) for row in found] == [ROW] * 6
    assert [(row["function"], row["variety"]) for row in found][:3] == [
        ("logsumexp", "forward"), ("softmax", "forward"), ("softmax", "sum"),
    ]  # fmt: skip
    assert [row["bound"] for row in found[:3]] == [2, 2, 1]
    assert all(row["ok"] for row in found)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["sofmax"], "softmax"),
        (["relu", "--variety", "sum"], "nothing to judge"),
        (["log_softmax", "--variety", "sum,derivative"], "nothing to judge"),
        (["softmax", "--parameters", "3"], "no function"),
    ],
)
def test_wrong_usage_is_one_line(arguments, named):
    result = command("verify", *arguments)
    assert result.returncode == 2
    assert named in one_line(result)


def test_places_are_shown_as_they_are():
    place = "around 1e5 n=10 axis=0 draw 0 row 10"
    assert verify.short(place) == place
    assert Tally().merge(Tally(1, 0.5, place)).worst == place
