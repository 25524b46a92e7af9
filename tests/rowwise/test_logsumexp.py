"""logsumexp with all that SciPy's has, logmeanexp, and their gradients."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from mpmath import exp, fsum, log, mp, mpf

import fastact as fa
from fastact.catalogue import of_kind
from tests.support.checks import assert_same_bits
from tests.support.rows import BOUND, PRECISION, truth
from tests.support.strategies import LAYOUTS
from tests.support.ulp import ulps

FUNCTIONS = of_kind("sum")
over_functions = pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.name)
AXES = [0, 1, -1, (0, 1), (0, 2), (1, -1), (0, 1, 2), None]
over_axes = pytest.mark.parametrize("axis", AXES, ids=str)
INF, NAN = np.inf, np.nan


def cube(dtype="float64", seed=0, scale=3.0, shape=(4, 5, 6)):
    return np.random.default_rng(seed).normal(0, scale, shape).astype(dtype)


def some(shape, seed=0, share=0.6):
    return np.random.default_rng(seed).random(shape) < share


def scipy_logsumexp(x, **options):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return scipy.special.logsumexp(x, **options)


def check_row(f, row, present=None):
    got = f(row) if present is None else f(row, where=present)
    assert got.dtype == row.dtype
    (true,) = truth(f.name, row, present)
    error = ulps(got, true, row.dtype)
    largest = np.abs(row).max(initial=0, where=True if present is None else present)
    near = float(abs(got - true)) <= 2.0**-56 * float(largest) * (f is fa.logmeanexp)
    assert error <= BOUND[row.dtype.name] or near, (
        f"{f.name} {row.dtype}: {error:.4g} ulp in {row.tolist()}: {got!r}"
    )


# --- values -------------------------------------------------------------------------------------


@over_functions
@given(data=st.data())
def test_drawn_rows(f, dtype, data):
    floats = st.floats(-512, 512, width=np.finfo(dtype).bits)
    pairs = data.draw(st.lists(st.tuples(floats, st.booleans()), min_size=1, max_size=40), "row")
    row, present = np.array([x for x, _ in pairs], dtype), np.array([p for _, p in pairs])
    check_row(f, row)
    check_row(f, row, present)


@over_functions
@pytest.mark.parametrize("scale", [1e-30, 1e-9, 1e-3, 1.0, 100.0])
def test_values(f, dtype, scale):
    for size in (1, 2, 3, 16, 40):
        row = np.random.default_rng(size).normal(0, scale, size).astype(dtype)
        check_row(f, row)
        check_row(f, row, some(size, size))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10, 49, 100, 1000])
def test_the_mean_of_equal_elements_is_that_element(dtype, size):
    for value in (0.0, 0.1, -3.7, 1e-7, 80.0):
        row = np.full(size, value, dtype)
        assert fa.logmeanexp(row) == row[0]
        present = np.arange(size) % 3 == 0
        assert fa.logmeanexp(row, where=present) == row[0]


@pytest.mark.parametrize("total", [1e-1, 1e-4, 1e-8, 1e-12, 0.0])
@pytest.mark.parametrize("size", [1, 2, 10, 17, 100, 5000])
def test_a_sum_near_one_does_not_cancel(dtype, size, total):
    """Logarithms of probabilities: the maximum and the logarithm of the sum are equal, but not."""
    row = np.log(np.random.default_rng(size).dirichlet(np.ones(size))) + total
    row = row.astype(dtype)
    got, (true,) = fa.logsumexp(row), truth("logsumexp", row)
    near = abs(got - true) <= 2.0**-95
    assert ulps(got, true, dtype) <= BOUND[dtype] or near
    assert (fa.logsumexp(np.tile(row, (20, 1))) == got).all()


def test_a_mean_near_one_does_not_cancel(dtype):
    """The result is near 0: of tiny elements, or of large ones that compensate each other."""
    tiny = float(np.finfo(dtype).smallest_subnormal)
    for row in ([0, -tiny * 64], [tiny * 8, tiny * 8], [1e-4, -1e-4], [1e-7, -1.1e-7, 3e-8]):
        check_row(fa.logmeanexp, np.array(row, dtype))
    for high in np.array([0.1, 0.5, 0.69], dtype).tolist():
        low = float(log(2 - exp(mpf(high))))  # (e^high + e^low) / 2 is nearly 1
        check_row(fa.logmeanexp, np.array([high, low], dtype))


@over_functions
def test_special_rows(f, dtype):
    rows = [[-INF, -INF], [INF, 0], [INF, -INF], [NAN, 0], [INF, NAN], [-INF, NAN], [-INF, 1.0]]
    last = 1.0 if f is fa.logsumexp else 1.0 - np.log(2)
    wanted = np.array([-INF, INF, INF, NAN, NAN, NAN, last]).astype(dtype)
    assert_same_bits(f(np.array(rows, dtype)), wanted)
    assert_same_bits(f(np.array(rows, dtype), where=np.ones(2, bool)), wanted)
    assert_same_bits(f(np.array([[NAN, 2.0]], dtype), where=[False, True]), np.array([2.0], dtype))
    assert f(np.ones(3, dtype), where=False) == -INF
    assert f(np.zeros((0, 3), dtype)).shape == (0,)


@over_functions
def test_rows_without_elements(f, dtype):
    """Each in memory that held another number before."""
    x = np.zeros((2, 0, 3), dtype)
    weights = [{}, {"b": x}, {"b": x, "where": x == 0}] if f is fa.logsumexp else [{}]
    for options in (*weights, {"where": x == 0}, {"where": True}):
        for axis, shape in ((1, (2, 3)), ((1,), (2, 3)), ((0, 1), (3,)), (None, ())):
            used = np.full(shape, 7, dtype)
            del used
            result = f(x, axis=axis, **options)
            assert result.shape == shape
            assert (result == -INF).all()


# --- as SciPy -----------------------------------------------------------------------------------


@over_axes
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("weights", [None, (4, 5, 6), (5, 1), (2, 4, 5, 6), ()], ids=str)
def test_as_scipy(axis, keepdims, weights):
    x = cube()
    b = None if weights is None else cube(seed=1, shape=weights)
    if axis is not None and weights == (2, 4, 5, 6):
        axis = tuple(a % 4 for a in np.atleast_1d(axis))
    options = {"axis": axis, "keepdims": keepdims, "b": b, "return_sign": True}
    got, wanted = fa.logsumexp(x, **options), scipy_logsumexp(x, **options)
    for ours, theirs in zip(got, wanted, strict=True):
        assert (np.shape(ours), ours.dtype) == (np.shape(theirs), theirs.dtype)
        assert np.allclose(ours, theirs, rtol=1e-12, atol=1e-13)
    options.pop("return_sign")
    ours, theirs = fa.logsumexp(x, **options), scipy_logsumexp(x, **options)
    assert np.shape(ours) == np.shape(theirs)
    assert np.allclose(ours, theirs, rtol=1e-12, atol=1e-13, equal_nan=True)


SPECIAL = [
    ([1.0, 2.0], [1.0, -1.0]), ([1.0, 1.0], [1.0, -1.0]), ([1.0, 2.0], [0.0, 0.0]),
    ([INF, 1.0], [1.0, -5.0]), ([INF, 1.0], [-1.0, 5.0]), ([INF, 1.0], [0.0, 1.0]),
    ([-INF, -INF], [1.0, -1.0]), ([NAN, 1.0], [1.0, 1.0]), ([1.0, 2.0], [NAN, 1.0]),
    ([1000.0, 1000.0], [1.0, -2.0]), ([-1000.0], [-3.0]), ([0.0, -800.0], [0.0, 1.0]),
]  # fmt: skip


@pytest.mark.parametrize(("x", "b"), SPECIAL, ids=str)
def test_special_weights_as_scipy(x, b):
    got = fa.logsumexp(x, b=b, return_sign=True)
    wanted = scipy_logsumexp(x, b=b, return_sign=True)
    assert np.allclose(got[0], wanted[0], rtol=1e-14, equal_nan=True)
    if not np.isnan(got[0]):
        assert got[1] == wanted[1]
    if x != [-1000.0]:  # of a negative sum below float64's range SciPy makes -inf
        got, wanted = fa.logsumexp(x, b=b), scipy_logsumexp(x, b=b)
        assert np.allclose(got, wanted, rtol=1e-14, equal_nan=True)


def test_both_infinities_have_no_sum():
    log, sign = fa.logsumexp([INF, INF], b=[1.0, -1.0], return_sign=True)
    assert np.isnan(log)
    assert sign in {0, NAN} or np.isnan(sign)


@pytest.mark.parametrize("gap", [1e-3, 1e-8, 1e-13, 2.0**-52])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_that_cancel(gap, dtype):
    x = np.array([1.0, 1.0 + gap, 0.3, 0.3], dtype)
    b = np.array([1.0, -1.0, 0.5, -0.5], dtype)
    if x[0] == x[1]:
        assert fa.logsumexp(x, b=b, return_sign=True) == (-INF, 0)
        return
    with mp.workprec(PRECISION):
        terms = [mpf(float(w)) * exp(mpf(float(v))) for v, w in zip(x, b, strict=True)]
        total = fsum(terms)
        wanted, condition = log(abs(total)), fsum(map(abs, terms)) / abs(total)
    got, sign = fa.logsumexp(x, b=b, return_sign=True)
    near = abs(got - wanted) <= 2.0**-95 * condition
    assert ulps(got, wanted, dtype) <= BOUND[dtype] or near
    assert sign == (1 if total > 0 else -1)
    assert np.isnan(fa.logsumexp(x, b=b))


@given(data=st.data())
def test_weights_far_from_one(data):
    """The largest term need not be that of the largest element."""
    powers, logs = st.integers(-1074, 1023), st.floats(-40, 40)
    terms = data.draw(st.lists(st.tuples(powers, logs), min_size=1, max_size=9), "weights, terms")
    b = np.array([2.0**k for k, _ in terms])
    x = np.array([term - k * np.log(2) for k, term in terms])
    with mp.workprec(PRECISION):
        total = fsum(mpf(w) * exp(mpf(v)) for v, w in zip(x.tolist(), b.tolist(), strict=True))
        wanted = log(total)
    got, sign = fa.logsumexp(x, b=b, return_sign=True)
    assert sign == 1
    assert ulps(got, wanted, "float64") <= BOUND["float64"] or abs(got - wanted) <= 2.0**-95


def test_types_of_weights():
    x = np.ones(3, "float32")
    assert fa.logsumexp(x, b=2).dtype == "float32"
    assert fa.logsumexp(x, b=2.0).dtype == "float32"
    assert fa.logsumexp(x, b=np.ones(3)).dtype == "float64"
    assert fa.logsumexp([1, 2], b=[1, 2]).dtype == "float64"
    assert fa.logsumexp(np.ones(3, "float16"), b=np.ones(3, "float32")).dtype == "float32"
    assert fa.logsumexp(np.ones(2, "int8"), b=np.ones(2, "float16")).dtype == "float16"


@over_axes
@pytest.mark.parametrize("weights", [False, True])
def test_masks_are_weights_of_zero(axis, weights, dtype):
    x, present = cube(dtype), some((4, 5, 6))
    b = cube(dtype, 1) if weights else np.ones((4, 5, 6), dtype)
    wanted = fa.logsumexp(x, axis=axis, b=np.where(present, b, 0).astype(dtype), return_sign=True)
    for bad in (NAN, INF, 0.0):
        dirty = np.where(present, x, bad).astype(dtype)
        options = {"b": np.where(present, b, NAN).astype(dtype)} if weights else {}
        got = fa.logsumexp(dirty, axis=axis, where=present, return_sign=True, **options)
        assert_same_bits(got[0], wanted[0])
        assert_same_bits(got[1], wanted[1])
        if not weights:
            got = fa.logsumexp(dirty, axis=axis, where=present)
            assert np.allclose(got, wanted[0], rtol=4 * np.finfo(dtype).eps)


@over_functions
@over_axes
def test_axes_of_masks(f, axis, dtype):
    """Any axes give what the same rows give that lie along the last; `keepdims` keeps them."""
    x, present = cube(dtype), some((5, 6))
    axes = tuple(range(3)) if axis is None else tuple(a % 3 for a in np.atleast_1d(axis))
    rest = tuple(a for a in range(3) if a not in axes)

    def rows(a):
        moved = np.broadcast_to(a, x.shape).transpose(*rest, *axes)
        return moved.reshape(*[x.shape[a] for a in rest], -1)

    for options, others in (({}, {}), ({"where": present}, {"where": rows(present)})):
        got = f(x, axis=axis, **options)
        assert_same_bits(got, f(rows(x), **others))
        long = f(x, axis=axis, **options, keepdims=True)
        assert long.shape == tuple(1 if k in axes else n for k, n in enumerate(x.shape))
        assert_same_bits(long.reshape(np.shape(got)), np.asarray(got))
        out = np.empty(np.shape(got), dtype)
        assert f(x, axis=axis, **options, out=out) is out
        assert_same_bits(out, np.asarray(got))


@over_functions
@pytest.mark.parametrize("layout", [name for name in LAYOUTS if "empty" not in name])
def test_layouts(f, layout):
    x = LAYOUTS[layout](cube("float32", shape=(300,)))
    plain = np.array(x, x.dtype.newbyteorder("="), order="C")
    for axis in (0, -1):
        for options in ({}, {"where": some(x.shape)}):
            got = f(x, axis=axis, **options)
            assert_same_bits(np.array(got), np.array(f(plain, axis=axis, **options)))


def test_out_of_two():
    x = cube()
    out = np.empty((4, 5)), np.empty((4, 5))
    got = fa.logsumexp(x, b=x, return_sign=True, out=out)
    assert got[0] is out[0]
    assert got[1] is out[1]
    assert_same_bits(out[1], np.sign(out[1]))
    with pytest.raises(TypeError, match="out must be two arrays"):
        fa.logsumexp(x, return_sign=True, out=out[0])


# --- gradients ----------------------------------------------------------------------------------

OPTIONS = [{}, {"where": some((3, 7), 2)}, {"b": cube(seed=9, shape=(3, 7)) ** 2}]
over_options = pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "+".join(o) or "plain")


@over_functions
@over_options
@pytest.mark.parametrize("axis", [-1, 0, (0, 1), None], ids=str)
def test_gradients_against_finite_differences(f, options, axis):
    if f is fa.logmeanexp and "b" in options:
        return
    x, h = cube(seed=3, scale=1.0, shape=(3, 7)), 2.0**-18
    y = f(x, axis=axis, **options)
    ds, dx = cube(seed=4, shape=np.shape(y)), cube(seed=5, shape=x.shape)
    wanted = np.empty_like(x)
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = h
        high, low = f(x + step, axis=axis, **options), f(x - step, axis=axis, **options)
        with np.errstate(invalid="ignore"):
            wanted[index] = (ds * np.where(high == low, 0, high - low)).sum() / (2 * h)
    got = f.backward(ds, x=x, axis=axis, **options)
    assert np.allclose(got, wanted, rtol=1e-6, atol=1e-8)
    tangent = f.jvp(dx, x=x, axis=axis, **options)
    assert np.shape(tangent) == np.shape(y)
    assert np.sum(tangent * ds) == pytest.approx(np.sum(got * dx), rel=1e-12)
    kept = f(x, axis=axis, keepdims=True, **options).shape
    assert_same_bits(f.backward(ds.reshape(kept), x=x, axis=axis, **options), got)
    assert f.jvp(dx, x=x, axis=axis, keepdims=True, **options).shape == kept


@over_functions
def test_backward_of_rows_without_mass_is_zero(f, dtype):
    x = np.array([[-INF, -INF], [1, 2]], dtype)
    present = np.array([[True, True], [False, False]])
    for ds in (np.ones(2, dtype), np.array([INF, NAN], dtype)):
        assert (f.backward(ds, x=x, where=present) == 0).all()
    assert (f.jvp(np.full((2, 2), NAN, dtype), x=x, where=present) == 0).all()
    assert (fa.logsumexp.backward(np.ones(2, dtype), x=x, b=[0.0, 0.0]) == 0).all()


@over_functions
def test_backward_in_out_and_types(f, dtype):
    x, ds = cube(dtype), cube(dtype, 1, shape=(4, 5))
    got = f.backward(ds, x=x)
    assert got.dtype == dtype
    out = np.empty_like(x)
    assert f.backward(ds, x=x, out=out) is out
    assert_same_bits(out, got)
    assert_same_bits(f.backward(2, x=x), f.backward(np.full((4, 5), 2, dtype), x=x))
    with pytest.raises(ValueError, match=rf"{f.name}.*ds must"):
        f.backward(np.ones((5, 4)), x=x)


# --- errors -------------------------------------------------------------------------------------


@over_functions
def test_errors(f):
    x = cube()
    with pytest.raises(TypeError, match=rf"{f.name}.*where must be boolean"):
        f(x, where=np.ones(6))
    with pytest.raises(ValueError, match=rf"{f.name}.*where must broadcast"):
        f(x, where=np.ones(5, bool))
    with pytest.raises(np.exceptions.AxisError):
        f(x, axis=3)
    with pytest.raises(np.exceptions.AxisError):
        f(x, axis=3, where=True)
    with pytest.raises(ValueError, match="twice"):
        f(x, axis=(0, 0))
    with pytest.raises(TypeError):
        f(np.ones(3, "c16"), where=True)
    with pytest.raises(ValueError, match="out"):
        f(x, where=True, out=np.empty(3))


def test_errors_of_weights():
    with pytest.raises(ValueError, match=r"logsumexp\(\): b must broadcast"):
        fa.logsumexp(np.ones((2, 3)), b=np.ones(2))
    with pytest.raises(TypeError, match=r"logsumexp\(\): b must be"):
        fa.logsumexp(np.ones(3), b=np.ones(3, "c16"))


@over_functions
def test_ufunc_and_pickle(f):
    assert f.ufunc.signature == ("(n)->()" if f is fa.logsumexp else "(n),()->()")
    assert pickle.loads(pickle.dumps(f)) is f


@pytest.mark.parametrize("top", [2.0**28, -(2.0**28), 1e12, -1e12, 1e300, -1e300])
def test_maxima_of_any_size(top):
    """The quick way of exponentials has a limit; the largest elements are ties here, or near."""
    for size in (2, 10, 100, 5000):
        row = top + np.random.default_rng(size).normal(0, 3, size)
        row[-1] = top
        check_row(fa.logsumexp, row)
        wanted = fa.logsumexp(row)
        assert (fa.logsumexp(np.tile(row, (20, 1))) == wanted).all()
        assert (fa.logsumexp(np.tile(row, (20, 1)).T, axis=0) == wanted).all()
