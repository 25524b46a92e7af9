"""The softmax family in all its forms: masks, temperatures, lengths, caps, policies, gradients."""

from __future__ import annotations

import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mpmath import fsum, mp, mpf

import fastact as fa
from fastact.catalogue import of_kind
from fastact.native import loop_registry
from fastact.rowwise import row_function
from tests.hazards.scripts import run
from tests.support.checks import assert_same_bits
from tests.support.rows import BITS, BOUND, FORMS, PRECISION, TRUTH, slopes, truth
from tests.support.strategies import LAYOUTS
from tests.support.ulp import ulps

over_forms = pytest.mark.parametrize("f", FORMS, ids=lambda f: f.name)
SMOOTH = [f for f in FORMS if f._smooth]
over_smooth = pytest.mark.parametrize("f", SMOOTH, ids=lambda f: f.name)
SHARES = [f for f in FORMS if f._fill_value == 0]
SPARSE = [f for f in FORMS if f._sink is None]  # done row by row, with a threshold
EPS = {"float16": 2.0**-10, "float32": 2.0**-23, "float64": 2.0**-52}


def cube(dtype="float64", seed=0, scale=3.0, shape=(4, 5, 6)):
    return np.random.default_rng(seed).normal(0, scale, shape).astype(dtype)


def some(shape, seed=0, share=0.6):
    return np.random.default_rng(seed).random(shape) < share


def check_row(f, row, present=None, *, slack=0.0, **options):
    """Every element is within the bound, in ulp; `slack` is what inputs may be wrong by."""
    got = f(row, **options)
    assert got.dtype == row.dtype
    wanted = truth(f.name, row, present, options.get("temperature", 1.0), options.get("softcap"))
    for y, true in zip(got, wanted, strict=True):
        far = float(abs(float(y) - float(true))) <= slack * max(1.0, abs(float(true)))
        error = ulps(y, true, row.dtype)
        assert error <= BOUND[row.dtype.name] or (slack and far), (
            f"{f.name} {row.dtype} {options}: {error:.4g} ulp in {row.tolist()}: {y!r}"
        )


# --- values -------------------------------------------------------------------------------------


@over_forms
@pytest.mark.parametrize("scale", [1e-6, 1.0, 30.0])
@pytest.mark.parametrize("size", [1, 2, 3, 16, 17, 70])
def test_values(f, dtype, size, scale):
    rng = np.random.default_rng(size)
    check_row(f, rng.normal(0, scale, size).astype(dtype))
    check_row(f, np.full(size, scale, dtype))


@over_forms
@given(data=st.data())
def test_drawn_rows_with_masks_and_lengths(f, dtype, data):
    floats = st.floats(-512, 512, width=np.finfo(dtype).bits)
    pairs = data.draw(st.lists(st.tuples(floats, st.booleans()), min_size=1, max_size=40), "row")
    row, present = np.array([x for x, _ in pairs], dtype), np.array([p for _, p in pairs])
    check_row(f, row, present, where=present)
    length = data.draw(st.integers(0, len(row)), "length")
    first = np.arange(len(row)) < length
    check_row(f, row, first, lengths=length)
    check_row(f, row, first & present, lengths=length, where=present)


@over_forms
@pytest.mark.parametrize("temperature", [0.25, 8.0])
def test_a_temperature_that_is_a_power_of_two_is_exact(f, dtype, temperature):
    for size in (1, 5, 40):
        row = cube(dtype, size, shape=(size,))
        divided = (row / temperature).astype(dtype)
        assert_same_bits(f(row, temperature=temperature), f(divided, temperature=1.0))


@over_forms
@pytest.mark.parametrize("temperature", [0.3, 0.7, 3.0, 100.0])
def test_temperatures(f, dtype, temperature):
    for size in (1, 2, 5, 40):
        row = cube(dtype, size, shape=(size,))
        spread = float(np.ptp(row.astype("f8"))) / temperature
        slack = 4 * EPS["float64"] * spread if f in SPARSE else 0
        if dtype != "float64" or f in SPARSE:
            check_row(f, row, temperature=temperature, slack=slack)
        else:
            check_close(f, row, temperature, spread)


def check_close(f, row, temperature, spread):
    """float64: the reciprocal of the temperature is rounded, half an ulp of the exponent."""
    bound = BOUND["float64"] + spread
    wanted = truth(f.name, row, temperature=temperature)
    assert max(map(ulps, f(row, temperature=temperature), wanted, [row.dtype] * row.size)) <= bound


@pytest.mark.parametrize("f", [fa.softmax, fa.log_softmax], ids=lambda f: f.name)
def test_nothing_is_lost_near_the_limit_of_low_temperatures(f, dtype):
    """A log-probability near 0 is small and negative; the largest share is 1."""
    row = np.array([90.0, -60.0, 0.0], dtype)
    for temperature in (0.3, 0.7, 1.9):
        y = f(row, temperature=temperature)
        if f is fa.softmax:
            assert y[0] == 1
        else:
            assert y[0] <= 0
            assert ulps(y[0], truth(f.name, row, temperature=temperature)[0], dtype) < 1000


def test_extreme_temperatures(dtype):
    row = np.array([1.0, 3.0, 2.0], dtype)
    assert_same_bits(fa.softmax(row, temperature=5e-324), np.array([0, 1, 0], dtype))
    third = np.full(3, 1 / 3).astype(dtype)
    assert_same_bits(fa.softmax(row, temperature=1e300), third)


@pytest.mark.parametrize("degrees", [1e-200, 1e-307, 3e-308, 1e-309, 1e-310])
def test_gradients_at_temperatures_whose_reciprocal_is_large_or_infinite(degrees):
    y, step, n = np.array([0.5, 0.5]), np.array([degrees, 0.0]), np.array([0.25, -0.25])
    for product in (fa.softmax.backward, fa.softmax.jvp):
        for saved in ({"y": y}, {"x": np.zeros(2)}):
            found = product(step, temperature=degrees, **saved)
            assert np.allclose(found, n, rtol=1e-12)
    rows, each = np.stack([step, step / degrees]), np.array([degrees, 2.0])
    found = fa.softmax.backward(rows, y=np.stack([y, y]), temperature=each)
    assert np.allclose(found, [n, n / 2], rtol=1e-12)
    matrix = fa.softmax.jacobian(np.zeros(2), temperature=degrees)
    with np.errstate(over="ignore"):
        assert np.allclose(matrix, np.stack([n, -n]) / degrees, rtol=1e-12)


@over_smooth
def test_softcap(f, dtype):
    """The cap comes first: tanh has an error of an ulp, times the cap."""
    for cap in (0.5, 5.0, 30.0):
        row = cube(dtype, 3, 10.0, (30,))
        got, wanted = f(row, softcap=cap), truth(f.name, row, softcap=cap)
        error = max(float(abs(float(y) - t)) for y, t in zip(got, wanted, strict=True))
        assert error <= 4 * (1 + cap) * EPS["float32" if dtype == "float16" else dtype] + (
            8 * EPS[dtype] * max(1, *(abs(float(t)) for t in wanted))
        )
    inf = np.array([np.inf, -np.inf, 0], dtype)
    assert np.allclose(
        fa.softmax(inf, softcap=2.0), fa.softmax(np.array([2.0, -2.0, 0])), atol=2e-3
    )


# --- one call of the ufunc ----------------------------------------------------------------------


@over_forms
def test_options_that_say_nothing_change_nothing(f, dtype):
    x = cube(dtype)
    wanted = f(x)
    everything = {"where": True, "lengths": 6, "temperature": 1.0, "softcap": None}
    assert_same_bits(f(x, where=np.ones((5, 1), bool)), wanted)
    for name, value in everything.items():
        assert np.allclose(f(x, **{name: value}), wanted, rtol=4 * EPS[dtype], atol=0)


@over_forms
def test_masked_elements_count_as_absent(f, dtype):
    """The same bits as -inf in the same places, and close to the row without them."""
    x, present = cube(dtype), some((4, 5, 6))
    present[1, 2] = False
    y = f(x, where=present)
    absent = -np.inf * f._sign
    assert_same_bits(y, f(np.where(present, x, absent).astype(dtype)))
    assert (y[~present] == f._fill_value).all()
    for k in range(5):
        row = f(x[0, k][present[0, k]])
        assert np.allclose(y[0, k][present[0, k]], row, rtol=4 * EPS[dtype], atol=EPS[dtype])


@over_forms
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_masked_may_be_anything(f, dtype, bad):
    x, present = cube(dtype), some((4, 5, 6))
    dirty = np.where(present, x, bad).astype(dtype)
    assert_same_bits(f(dirty, where=present), f(x, where=present))
    lengths = np.arange(20).reshape(4, 5) % 7
    within = np.arange(6) < lengths[..., None]
    dirty = np.where(within, x, bad).astype(dtype)
    assert_same_bits(f(dirty, lengths=lengths), f(x, lengths=lengths))
    dy = cube(dtype, 1)
    wanted = f.backward(dy, x=x, where=present)
    dirty, d = np.where(present, [[x], [dy]], bad).astype(dtype)[:, 0]
    assert_same_bits(f.backward(d, x=dirty, where=present), wanted)
    assert_same_bits(f.jvp(d, x=dirty, where=present), f.jvp(dy, x=x, where=present))
    y = f(x, where=present)
    for other in (bad, 1):
        dirty = np.where(present, y, other).astype(dtype)
        assert_same_bits(f.backward(d, y=dirty, where=present), wanted)


@over_forms
def test_a_mask_holds_in_a_row_of_nan(f, dtype):
    x = np.array([np.nan, 1, 2, 3], dtype)
    present = np.array([True, True, False, True])
    y = f(x, where=present)
    assert np.isnan(y[present]).all()
    assert y[2] == f._fill_value


@over_forms
@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), (2, 1), None], ids=str)
def test_masks_and_axes(f, dtype, axis):
    """Any axes give what the same rows give that lie along the last."""
    x, present = cube(dtype), some((1, 5, 6))
    axes = tuple(range(3)) if axis is None else tuple(a % 3 for a in np.atleast_1d(axis))
    rest = tuple(a for a in range(3) if a not in axes)
    kept = [x.shape[a] for a in rest]

    def rows(a):
        return np.broadcast_to(a, x.shape).transpose(*rest, *axes).reshape(*kept, -1)

    options = {"temperature": 2.0}
    wanted = f(rows(x), where=rows(present), **options)
    assert_same_bits(rows(f(x, axis=axis, where=present, **options)), wanted)
    out = np.empty_like(x)
    assert f(x, axis=axis, where=present, **options, out=out) is out
    assert_same_bits(rows(out), wanted)
    dy = cube(dtype, 1)
    wanted = f.backward(rows(dy), x=rows(x), where=rows(present), **options)
    assert_same_bits(rows(f.backward(dy, x=x, axis=axis, where=present, **options)), wanted)


@over_forms
@pytest.mark.parametrize("layout", [name for name in LAYOUTS if "empty" not in name])
@pytest.mark.parametrize("axis", [0, -1])
def test_layouts(f, layout, axis):
    x = LAYOUTS[layout](cube("float32", shape=(300,)))
    plain = np.array(x, x.dtype.newbyteorder("="), order="C")
    present = some(x.shape)
    for options in ({}, {"where": present}, {"where": present, "temperature": 3.0}):
        got = f(x, axis=axis, **options)
        assert_same_bits(np.array(got), np.array(f(plain, axis=axis, **options)), options)


@over_forms
def test_in_place_and_out(f, dtype):
    present = some((4, 5, 6))
    for options in ({}, {"where": present}, {"temperature": 2.0}, {"lengths": 4}, {"softcap": 9}):
        for axis in (0, 1, -1):
            x = cube(dtype)
            if axis != -1 and "lengths" in options:
                continue
            wanted = f(x, axis=axis, **options)
            assert f(x, axis=axis, **options, out=x) is x
            assert_same_bits(x, wanted, options)


@over_forms
@pytest.mark.parametrize("shape", [(9, 40_000), (40_000, 9)])
def test_threads_change_no_bit(f, dtype, shape):
    """Of few long rows and of many short ones, forward and backward."""
    x, dy = cube(dtype, shape=shape), cube(dtype, 1, shape=shape)
    found = []
    for count in (1, 2, 3, 7):
        with fa.num_threads(count):
            found.append((f(x), f.backward(dy, y=f(x)), f(x, temperature=2.0)))
    for results in found[1:]:
        for got, wanted in zip(results, found[0], strict=True):
            assert_same_bits(got, wanted)


@over_forms
def test_overlapping_out(f, dtype):
    for shift in range(-9, 10):
        buffer = cube(dtype, 1, shape=(100,))
        x, out = (buffer[20 + s : 60 + s].reshape(4, 10) for s in (0, shift))
        wanted = f(x.copy(), where=some((4, 10)))
        f(x, where=some((4, 10)), out=out)
        assert_same_bits(out, wanted, shift)
        buffer = cube(dtype, 1, shape=(100,))
        y, dx = (buffer[20 + s : 60 + s].reshape(4, 10) for s in (0, shift))
        dy = cube(dtype, 2, shape=(4, 10))
        wanted = f.backward(dy, y=y.copy(), where=some((4, 10)))
        f.backward(dy, y=y, where=some((4, 10)), out=dx)
        assert_same_bits(dx, wanted, shift)


@over_forms
def test_out_of_another_type_gets_the_rounded_result(f):
    x, present = cube("float32"), some((4, 5, 6))
    out = np.empty(x.shape)
    f(x, where=present, out=out)
    assert_same_bits(out, f(x, where=present).astype("f8"))
    with pytest.raises(TypeError, match="out"):
        f(x, where=present, out=np.empty(x.shape, int))
    with pytest.raises(ValueError, match="out"):
        f(x, where=present, out=np.empty((4, 5)))


@over_forms
def test_integers_bool_and_lists(f):
    for x in ([[1, 2, 3]], np.arange(6).reshape(2, 3), np.array([[True, False, True]])):
        for options in ({}, {"where": [True, False, True]}, {"temperature": 2.0}):
            assert_same_bits(f(x, **options), f(np.asarray(x, "f8"), **options))


@pytest.mark.parametrize("f", [*FORMS, *of_kind("sum")], ids=lambda f: f.name)
def test_a_number_is_a_row_of_one_element(f, dtype):
    """It gives a NumPy scalar, as of every ufunc; there is no other axis."""
    number = np.dtype(dtype).type(3.0)
    for x in (number, np.array(number)):
        for axis in (-1, 0, None):
            got = f(x, axis=axis)
            assert type(got) is np.dtype(dtype).type
            assert_same_bits(got, np.asarray(f(np.array([number])).reshape(())[()]))
            assert type(f.backward(number, x=x, axis=axis)) is np.dtype(dtype).type
    assert type(f(3.0)) is np.float64
    with pytest.raises(np.exceptions.AxisError):
        f(number, axis=1)


@over_forms
def test_empty_arrays(f):
    for shape in ((0, 3), (3, 0), (0,), (0, 0)):
        for options in ({}, {"where": True}, {"temperature": 2.0}, {"lengths": 0}):
            y = f(np.zeros(shape), **options)
            assert y.shape == shape
            assert f.backward(np.zeros(shape), y=y, **options).shape == shape
    assert f(np.zeros((0, 3)), axis=None, where=True).shape == (0, 3)
    if f is not fa.softmax_off_by_one:
        with pytest.raises(ValueError, match=r"the row at \(0,\)"):
            f(np.zeros((3, 0)), empty="raise")


# --- special rows -------------------------------------------------------------------------------


def rows_without_mass(f, dtype):
    """Rows without an element that counts, and one with; and what is present of them."""
    absent = -np.inf * f._sign
    x = np.array([[absent] * 4, [1, 2, 3, 4], [absent, absent, 5, 5], [1, 2, 3, 4]], dtype)
    present = np.ones((4, 4), bool)
    present[1], present[2, 2:] = False, False
    return x, present


@over_forms
def test_rows_without_mass(f, dtype):
    x, present = rows_without_mass(f, dtype)
    assert (f(x, where=present)[:3] == f._fill_value).all()
    dy = np.full(x.shape, np.inf, dtype)
    for options in ({"x": x}, {"y": f(x, where=present)}):
        for product in (f.backward, f.jvp):
            got = product(dy[:3], **{k: v[:3] for k, v in options.items()}, where=present[:3])
            assert (got[1] == 0).all()
            got = product(np.ones((3, 4), dtype), **{k: v[:3] for k, v in options.items()},
                          where=present[:3])  # fmt: skip
            assert (got == 0).all()
    assert (f.jacobian(x, where=present)[:3] == 0).all()


WITH_POLICY = [f for f in FORMS if f._sink != 0]  # whose rows may be without mass


@pytest.mark.parametrize("f", WITH_POLICY, ids=lambda f: f.name)
def test_policies_of_rows_without_mass(f, dtype):
    x, present = rows_without_mass(f, dtype)
    last = f(x[3:])[0]
    zero, nan, uniform = (f(x, where=present, empty=e) for e in ("zero", "nan", "uniform"))
    assert np.isnan(nan[:3]).all()
    shares = np.array([[0.25] * 4, [0.25] * 4, [0.5, 0.5, 0, 0]])
    with np.errstate(divide="ignore"):
        wanted = shares if f._fill_value == 0 else np.log(shares)
    assert (np.isfinite(uniform[:3]) == np.isfinite(wanted)).all()
    there = np.isfinite(wanted)  # NumPy's logarithm is another one on each processor
    np.testing.assert_array_max_ulp(uniform[:3][there], wanted.astype(dtype)[there], maxulp=1)
    for y in (zero, nan, uniform):
        assert_same_bits(y[3], last)
    target = x.copy()
    with pytest.raises(ValueError, match=r"row at \(0,\)"):
        f(target, where=present, empty="raise", out=target)
    assert_same_bits(target, x)
    assert_same_bits(f(x[3:], empty="raise")[0], last)
    with pytest.raises(ValueError, match=r"row at \(1, 0\)"):
        f(x.reshape(4, 1, 4)[::-1][[0, 1, 2]], empty="raise", lengths=[[4], [0], [4]])


@pytest.mark.parametrize("f", WITH_POLICY, ids=lambda f: f.name)
def test_policy_of_infinite_elements(f, dtype):
    x = np.array([[np.inf, 0, np.inf], [1, 2, 3], [np.inf, 0, 0]], dtype)
    x *= dtype_of_name(dtype)(f._sign)
    limit, nan = f(x), f(x, inf="nan")
    assert np.isnan(nan).all(axis=1).tolist() == [True, False, True]
    assert_same_bits(nan[1], limit[1])
    if f._smooth and f._fill_value == 0:
        assert_same_bits(limit[0], np.array([0.5, 0, 0.5], dtype))
    present = np.array([False, True, True])
    assert np.isnan(f(x, inf="nan", where=present)).sum(axis=1).tolist() == [2, 0, 0]


def dtype_of_name(name):
    return np.dtype(name).type


def test_off_by_one_attends_to_nothing(dtype):
    x = np.array([[-np.inf, -np.inf], [-1e4, -1e4], [0, 0], [1e4, 0]], dtype)
    third = dtype_of_name(dtype)(1 / 3)
    wanted = np.array([[0, 0], [0, 0], [third, third], [1, 0]], dtype)
    assert_same_bits(fa.softmax_off_by_one(x), wanted)


def test_hardmax_takes_the_first(dtype):
    for size in (1, 2, 16, 17, 40):
        for first in range(size):
            x = np.zeros(size, dtype)
            x[first:] = 1
            assert fa.hardmax(x).tolist() == [float(k == first) for k in range(size)]
    assert fa.hardmax(np.array([-np.inf, np.inf, np.inf], dtype)).tolist() == [0, 1, 0]


def test_sparsemax_is_the_nearest_point_of_the_simplex(dtype):
    x = cube(dtype, 0, 1.0, (50, 33))
    y = fa.sparsemax(x).astype("f8")
    assert np.abs(y.sum(axis=-1) - 1).max() <= 33 * EPS[dtype]
    assert (y == 0).mean() > 0.5
    tau = np.where(y > 0, x - y, np.nan)
    assert np.nanmax(tau, axis=-1) == pytest.approx(np.nanmin(tau, axis=-1), abs=8 * EPS[dtype])
    assert_same_bits(fa.sparsemax(np.zeros(4, dtype)), np.full(4, 0.25, dtype))
    assert_same_bits(fa.sparsemax(np.array([5, 1, 0], dtype)), np.array([1, 0, 0], dtype))


# --- lengths and causal attention ---------------------------------------------------------------


@over_forms
@pytest.mark.parametrize(("queries", "keys"), [(4, 4), (3, 7), (7, 3), (1, 5), (5, 1)])
def test_causal(f, dtype, queries, keys):
    x = cube(dtype, shape=(2, queries, keys))
    seen = np.arange(keys) <= np.arange(queries)[:, None] + keys - queries
    lengths = np.clip(np.arange(queries) + keys - queries + 1, 0, keys)
    assert_same_bits(f(x, causal=True), f(x, lengths=lengths))
    assert np.allclose(f(x, causal=True), f(x, where=seen), rtol=4 * EPS[dtype], atol=0)
    dy = cube(dtype, 1, shape=(2, queries, keys))
    for product in (f.backward, f.jvp):
        got, wanted = product(dy, x=x, causal=True), product(dy, x=x, where=seen)
        assert np.allclose(got, wanted, rtol=8 * EPS[dtype], atol=16 * EPS[dtype])
    both = f(x, causal=True, lengths=2 if keys > 1 else 1)
    assert_same_bits(both, f(x, lengths=np.minimum(lengths, 2)))


@over_forms
def test_lengths_along_any_axis(f, dtype):
    x = cube(dtype)
    lengths = np.arange(24).reshape(4, 6) % 6
    got = f(x, axis=1, lengths=lengths)
    wanted = f(np.moveaxis(x, 1, -1), lengths=lengths)
    assert_same_bits(np.moveaxis(got, 1, -1), wanted)
    assert_same_bits(f(x, axis=1, lengths=3), f(x, axis=1, lengths=np.full((4, 1), 3)))


# --- gradients ----------------------------------------------------------------------------------

OPTIONS = [
    {}, {"temperature": 0.5}, {"where": some((3, 7), 2)}, {"lengths": [7, 3, 0]}, {"softcap": 2.0},
    {"where": some((3, 7), 2), "temperature": [[3.0], [1.0], [0.2]][0], "softcap": 1.5},
]  # fmt: skip
over_options = pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "+".join(o) or "plain")


def differences(f, x, options, h=2.0**-18):
    """The Jacobian of each row by central differences: ``[..., i, j]``."""
    found = np.empty((*x.shape, x.shape[-1]))
    for j in range(x.shape[-1]):
        step = np.zeros_like(x)
        step[..., j] = h
        high, low = f(x + step, **options), f(x - step, **options)
        with np.errstate(invalid="ignore"):
            found[..., j] = np.where(high == low, 0, high - low) / (2 * h)
    return found


@over_forms
@over_options
def test_gradients_against_finite_differences(f, options):
    x = cube(seed=3, scale=1.0, shape=(3, 7))
    wanted = differences(f, x, options)
    close = {"rtol": 1e-6, "atol": 1e-8}
    assert np.allclose(f.jacobian(x, **options), wanted, **close)
    d = cube(seed=4, shape=(3, 7))
    assert np.allclose(f.backward(d, x=x, **options), np.einsum("rij,ri->rj", wanted, d), **close)
    assert np.allclose(f.jvp(d, x=x, **options), np.einsum("rij,rj->ri", wanted, d), **close)


@over_forms
@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_products_are_those_of_the_jacobian(f, dtype, axis):
    x, d = cube(dtype), cube(dtype, 1)
    y, jacobian = f(x, axis=axis), np.moveaxis(f.jacobian(x, axis=axis).astype("f8"), axis % 3, -2)
    rows = np.moveaxis(d, axis, -1).astype("f8")
    size = 40 * EPS[dtype] * np.abs(rows).max()
    for product, letters in ((f.backward, "abij,abi->abj"), (f.jvp, "abij,abj->abi")):
        wanted = np.moveaxis(np.einsum(letters, jacobian, rows), -1, axis)
        for saved in ({"x": x}, {"y": y}):
            got = product(d, **saved, axis=axis)
            assert got.dtype == dtype
            assert np.abs(got - wanted).max() <= size * (1 if f._fill_value == 0 else 8)


@over_forms
@given(data=st.data())
def test_backward_is_the_derivative_of_the_truth(f, dtype, data):
    """Within some ulps of the largest term, and what the error of the output makes of it."""
    size = data.draw(st.integers(1, 50), "size")
    seed = data.draw(st.integers(0, 1000), "seed")
    x, dy = cube(dtype, seed, shape=(3, size)), cube(dtype, seed + 1, shape=(3, size))
    y = f(x)
    dx = f.backward(dy, y=y)
    for _ in range(4):
        at = data.draw(st.tuples(st.integers(0, 2), st.integers(0, size - 1)), "element")
        r, k = at
        left, right = slopes(f.name, x[r], dy[r], k)
        assume(abs(left - right) <= mpf(2) ** (10 - BITS))
        one, d = float(y[at]), dy.astype("f8")
        share = one if f._fill_value == 0 else np.exp(one)
        terms = np.abs(d[r]).sum() * share + abs(d[at])
        bound = (4 + BOUND[dtype] * max(1, abs(one))) * EPS[dtype] * terms
        assert abs(float(dx[at]) - float(left)) <= bound


@over_smooth
def test_the_diagonal_of_the_jacobian_keeps_its_accuracy(f):
    """Where one element has nearly all: 1 - p is not what cancellation leaves."""
    if f in SPARSE:
        return
    x = np.array([40.0, 0.0, -1.0]) * f._sign
    p = np.array([float(t) for t in truth("softmax", x * f._sign)])
    others = p[1] + p[2] + (p[1] if f._sink == 0 else 0)
    wanted = others * f._sign
    assert f.jacobian(x)[0, 0] == pytest.approx(wanted, rel=1e-13, abs=0)
    assert f.jacobian(x, temperature=2.0)[0, 0] == pytest.approx(f.jacobian(x / 2)[0, 0] / 2)


def true_jacobian(f, row):
    """The Jacobian of a row of softmax's kin, in mpmath."""
    shares = TRUTH["softmax"]([f._sign * mpf(float(v)) for v in row] + [mpf(0)] * (f._sink == 0))
    n, found = len(row), np.empty((len(row), len(row)), object)
    for i, j in np.ndindex(n, n):
        others = fsum(p for k, p in enumerate(shares) if k != i)
        first = mpf(1) if f._fill_value else shares[i]
        found[i, j] = f._sign * first * (others if i == j else -shares[j])
    return found


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("f", [f for f in FORMS if f._sink is not None], ids=lambda f: f.name)
def test_errors_of_the_jacobian(f, dtype, axis):
    """Those of two shares and of a product."""
    rng = np.random.default_rng(8)
    x = (rng.normal(size=(20, 6)) * rng.choice([0.3, 2.0, 6.0], (20, 1))).astype(dtype)
    x[0] = [40, 0, -1, 3, 2, 1]
    got = f.jacobian(x if axis else x.T, axis=axis)
    assert got.dtype == dtype
    got = got if axis else np.moveaxis(got, 1, 0)
    bound, least = 2 * BOUND[dtype] + 2, float(np.finfo(dtype).smallest_subnormal)
    with mp.workprec(PRECISION):
        for row, matrix in zip(x, got, strict=True):
            for one, wanted in zip(matrix.flat, true_jacobian(f, row).flat, strict=True):
                close = bound * (EPS[dtype] * abs(wanted) + least)
                assert abs(mpf(float(one)) - wanted) <= close


@over_forms
@pytest.mark.parametrize("shape", [(4, 5, 6), (7, 37)], ids=str)
def test_products_in_place_and_into_out(f, dtype, shape):
    """Of rows that are shorter than a vector, and that end within one."""
    x, d = cube(dtype, shape=shape), cube(dtype, 1, shape=shape)
    y = f(x)
    for product in (f.backward, f.jvp):
        for options in ({}, {"where": some(x.shape)}, {"temperature": 3.0}):
            wanted = product(d, y=y, **options)
            out = d.copy()
            assert product(out, y=y, **options, out=out) is out
            assert_same_bits(out, wanted)
            saved = y.copy()
            product(d, y=saved, **options, out=saved)
            assert_same_bits(saved, wanted)
            assert_same_bits(product(d, y=y, **options, out=np.empty_like(d)), wanted)


# --- errors -------------------------------------------------------------------------------------

WRONG = [
    (TypeError, "where must be boolean", {"where": np.ones(6)}),
    (ValueError, "where must broadcast", {"where": np.ones(5, bool)}),
    (ValueError, "where must broadcast", {"where": np.ones((2, 4, 5, 6), bool)}),
    (ValueError, "temperature must be positive", {"temperature": 0}),
    (ValueError, "temperature must be positive", {"temperature": -1.0}),
    (ValueError, "temperature must be positive", {"temperature": np.nan}),
    (ValueError, "temperature must be positive", {"temperature": np.inf}),
    (ValueError, "temperature must be positive.*got 0.0", {"temperature": [1, 2, 0, 1, 1]}),
    (ValueError, "temperature must broadcast", {"temperature": [1, 2]}),
    (TypeError, "temperature must be a number", {"temperature": "warm"}),
    (TypeError, "lengths must be integers", {"lengths": 2.0}),
    (ValueError, r"lengths must lie in 0\.\.6.*got 7 at \(1,\)", {"lengths": [0, 7, 1, 1, 1]}),
    (ValueError, r"lengths must lie in 0\.\.6.*got -1", {"lengths": -1}),
    (ValueError, "lengths must broadcast", {"lengths": [1, 2]}),
    (ValueError, "lengths need one axis", {"lengths": 1, "axis": (1, 2)}),
    (ValueError, "causal=True needs", {"causal": True, "axis": 0}),
    *[
        (ValueError, r"softcap must be one number from 2\*\*-60 to 2\*\*60", {"softcap": cap})
        for cap in (0.0, 1e-20, 1e40, np.inf, np.nan, [1.0, 2.0])
    ],
    (ValueError, "empty must be one of", {"empty": "one"}),
    (ValueError, "inf must be one of", {"inf": "raise"}),
    (np.exceptions.AxisError, "axis", {"axis": 3, "where": True}),
    (ValueError, "twice", {"axis": (1, 1), "where": True}),
    (TypeError, r"axis must be an integer.*got 0\.5", {"axis": 0.5}),
    (TypeError, r"axis must be an integer.*got \(0, 'x'\)", {"axis": (0, "x")}),
]


@over_forms
@pytest.mark.parametrize(("kind", "match", "options"), WRONG)
def test_errors_come_before_any_work(f, kind, match, options):
    x = cube()
    before = x.copy()
    with pytest.raises(kind, match=match) as error:
        f(x, **options, out=x)
    assert f.name in str(error.value)
    assert_same_bits(x, before)
    if not options.keys() & {"empty", "inf"}:
        with pytest.raises(kind, match=match) as error:
            f.backward(x, x=x, **options, out=x)
        assert f.name in str(error.value)
        assert_same_bits(x, before)


@over_forms
def test_backward_needs_one_of_input_and_output(f):
    x = cube()
    for options in ({}, {"x": x, "y": x}, {"where": True}):
        with pytest.raises(TypeError, match=rf"{f.name}.*exactly one of x= and y="):
            f.backward(x, **options)
    with pytest.raises(TypeError, match="softcap needs x="):
        f.backward(x, y=x, softcap=2.0)


@over_forms
@pytest.mark.parametrize("x", [np.ones(3, "g"), np.ones(3, "c16"), np.array(["a"])])
def test_other_types_are_type_errors(f, x):
    for options in ({}, {"where": True}):
        with pytest.raises(TypeError, match=f.name.split("_")[0][:4]):
            f(x, **options)


# --- ufuncs and other packages ------------------------------------------------------------------


@over_forms
def test_ufuncs(f):
    assert isinstance(f.ufunc, np.ufunc)
    plain = not f._loops
    options = "(),()" if f._sink is None else "(),(),()"
    assert f.ufunc.signature == ("(n)->(n)" if plain else f"(n),{options}->(n)")
    assert f.backward.ufunc.signature == "(n),(n)->(n)"
    assert pickle.loads(pickle.dumps(f)) is f


@over_forms
def test_dask(f):
    da = pytest.importorskip("dask.array")
    x, present = cube(), some((4, 5, 6))
    chunked = da.from_array(x, chunks=(2, 3, 6))
    for options in ({}, {"temperature": 2.0}, {"lengths": 4}, {"where": present}, {"softcap": 4.0},
                    {"temperature": np.arange(1.0, 6)}, {"causal": True}):  # fmt: skip
        got = f(chunked, **options)
        assert isinstance(got, da.Array)
        assert np.allclose(got.compute(), f(x, **options), rtol=1e-14)
    with pytest.raises(TypeError, match="need NumPy arrays"):
        f(chunked, inf="nan")


@over_forms
def test_xarray(f):
    xr = pytest.importorskip("xarray")
    x = cube(shape=(3, 4))
    for options in ({}, {"temperature": 2.0}):
        named, core = xr.DataArray(x, dims=("a", "b")), [["b"]]
        got = xr.apply_ufunc(f, named, input_core_dims=core, output_core_dims=core, kwargs=options)
        assert np.allclose(got, f(x, **options), rtol=1e-14)


# --- memory -------------------------------------------------------------------------------------

LARGE = (1500, 1000)


def peak(call):
    """The largest memory allocated by a call, in bytes."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@over_forms
@pytest.mark.parametrize("axis", [-1, 0])
@pytest.mark.parametrize("form", ["plain", "where", "backward", "backward, where"])
def test_in_place_copies_a_slab_at_most(f, form, axis):
    x = cube("float32", shape=LARGE)
    y, present = f(x, axis=axis), some(LARGE)
    masked = {"where": present} if "where" in form else {}
    if "backward" in form:
        wanted = f.backward(x, y=y, axis=axis, **masked)
        call = lambda: f.backward(x, y=y, axis=axis, **masked, out=x)  # noqa: E731
    else:
        wanted = f(x, axis=axis, **masked)
        call = lambda: f(x, axis=axis, **masked, out=x)  # noqa: E731
    used = peak(call)
    assert_same_bits(x, wanted)
    assert used < 4 * row_function.SLAB * x.itemsize < x.nbytes


@over_forms
def test_slabs_change_nothing(f, monkeypatch):
    """Of the result, of overlapping memory, and of the place of an empty row."""
    x, dy, options = cube(), cube(seed=1), {"temperature": 2.0}
    y = f(x, **options)
    wanted = f.backward(dy, y=y, **options)
    monkeypatch.setattr(row_function, "SLAB", 12)
    assert_same_bits(f(x, **options), y)
    buffer = np.empty(y.size + 7)
    saved, out = (buffer[k : k + y.size].reshape(y.shape) for k in (0, 7))
    saved[...] = y
    assert_same_bits(f.backward(dy, y=saved, **options, out=out), wanted)
    x[2, 3] = -np.inf * f._sign
    if f in WITH_POLICY:
        with pytest.raises(ValueError, match=r"row at \(2, 3\)"):
            f(x, empty="raise")


@pytest.mark.parametrize("shape", [(7, 1000), (1000, 7), (3, 5, 7), (2, 600, 2), (1, 1, 100), (9,)])
def test_slabs_cover_everything_once(shape, monkeypatch):
    monkeypatch.setattr(row_function, "SLAB", 64)
    for axis in range(len(shape)):
        seen, rest = np.zeros(shape, int), np.prod(shape) // shape[axis]
        pieces = list(row_function.slabs(shape, axis))
        for index in pieces:
            seen[index] += 1
            assert seen[index].shape[axis] == shape[axis]
            assert seen[index].size <= max(64, shape[axis])
        assert (seen == 1).all()
        assert len(pieces) <= max(1, rest)


def test_a_function_without_a_product_says_so():
    """When it is made, and not at its first gradient."""
    half = type("Half", (type(fa.hardmax),), {"_product": None})
    with pytest.raises(TypeError, match="Half has a `_row` and no `_product`"):
        half("half")
    assert not [spec for spec in loop_registry.loops() if spec.name.startswith("half")]


# ---------------------------------------------------------------- calls that native code takes
PLAIN = [f for f in FORMS if f._x_alone]


class Own(np.ndarray):
    """A class of arrays that users may have."""


@pytest.mark.parametrize("f", PLAIN, ids=lambda f: f.name)
def test_plain_calls_are_calls_of_the_ufunc(f, dtype):
    """However they are written; all others give the same by the longer way."""
    x, d = cube(dtype), cube(dtype, 1)
    wanted = f.ufunc(x)
    slope, product = f.backward.ufunc(d, wanted), f.backward
    f(x), product(d, y=wanted)  # the first calls find the ufuncs
    made, key = x.copy(), "output"[:3]  # which is not the text in Python's table
    for options in ({}, {"axis": -1}, {"out": made}, {"axis": -1, "out": made},
                    {"out": made, "axis": -1}, {key: made}, {"axis": np.int64(-1)},
                    {"axis": x.ndim - 1}, {"out": None}, {"where": None}):  # fmt: skip
        for call, right in (
            (lambda **k: f(x, **k), wanted),
            (lambda **k: product(d, y=wanted, **k), slope),
            (lambda **k: product(d, **k, y=wanted), slope),
        ):
            made[...] = 7
            assert_same_bits(call(**options), right)
            assert_same_bits(made, right if options.get("out") is made else np.full_like(x, 7))
    assert_same_bits(f(x.tolist()), f.ufunc(x.astype(float)))
    assert_same_bits(f(x, axis=0), f.ufunc(x, axis=0))
    assert_same_bits(product(d, y=wanted, axis=0), product.ufunc(d, wanted, axis=0))
    assert_same_bits(np.asarray(f(x.view(Own))), wanted)
    wide = np.empty(x.shape)
    assert f(x, out=wide) is wide
    assert product(d.astype("f8"), y=wanted).dtype == "f8"
    assert product(np.ones(3, int), y=np.ones(3, int)).dtype == "f8"


@pytest.mark.parametrize("f", PLAIN, ids=lambda f: f.name)
def test_what_is_no_plain_call_says_what_is_wrong(f):
    x = np.ones((2, 3))
    f(x), f.backward(x, y=x)
    for call, word in (
        (f, "'x'"), (lambda: f(x, x), "axis"), (lambda: f(x, -1, x), "argument"),
        (lambda: f(x, axs=-1), "'axis'"), (lambda: f(x, y=x), "'y'"), (lambda: f(x, out=3), "out"),
        (lambda: f.backward(x), "x= and y="), (lambda: f.backward(x, out=x), "x= and y="),
        (lambda: f.backward(x, x, x), "argument"), (lambda: f.backward(x, y=x, out=[]), "out"),
        (lambda: f.backward(x, y=x, x=x), "x= and y="), (lambda: f(x, out=x, axis=1.5), "axis"),
    ):  # fmt: skip
        with pytest.raises(TypeError, match=word):
            call()


def test_plain_calls_in_a_context_have_its_number_of_threads():
    x = np.ones((2, 3))
    assert isinstance(fa.softmax(x), np.ndarray)
    with fa.num_threads(1):
        assert_same_bits(fa.softmax(x), fa.softmax.ufunc(x))
        assert_same_bits(fa.softmax.backward(x, y=x), fa.softmax.backward.ufunc(x, x))


def test_plain_calls_of_logsumexp(dtype):
    x = cube(dtype)
    wanted = fa.logsumexp.ufunc(x)
    fa.logsumexp(x)
    made = np.empty_like(wanted)
    for options in ({}, {"axis": -1}, {"out": made}, {"keepdims": False}, {"axis": 2}):
        assert_same_bits(fa.logsumexp(x, **options), wanted)
    assert_same_bits(made, wanted)
    assert type(fa.logsumexp(x[0, 0])) is x.dtype.type
    assert fa.logsumexp(x, keepdims=True).shape == (4, 5, 1)


def test_native_code_takes_plain_calls():
    """Also where a context has a number of threads of its own."""
    run("""
        import fastact as fa
        from fastact.catalogue import of_kind
        x = np.ones((2, 3))
        sums = [f for f in of_kind("sum") if hasattr(f, "_forms")]
        for f in (*of_kind("shares"), *sums):
            calls = {f: lambda f: f(x)}
            if f not in sums:
                calls |= dict.fromkeys((f.backward, f.jvp), lambda g: g(x, y=x))
            for g, call in calls.items():
                assert g.__call__.__name__ == "__call__"
                call(g)
                assert g.__call__.__self__[0] is g._any_ufunc
        with fa.num_threads(1):
            assert fa.softmax.__call__.__self__[0] is fa.softmax.ufunc
            assert (fa.softmax(x) == fa.softmax.ufunc(x)).all()
    """)
