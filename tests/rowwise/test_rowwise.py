"""softmax, log_softmax and logsumexp: values, axes, special rows, gradients, layouts."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf

import fastact as fa
from tests.support.checks import assert_same_bits
from tests.support.reference import SCIPY, true_row
from tests.support.strategies import LAYOUTS, rows_of_all_kinds
from tests.support.ulp import ulps, ulps_between

FUNCTIONS = {f.name: f for f in (fa.softmax, fa.log_softmax, fa.logsumexp)}
NORMALISERS = [fa.softmax, fa.log_softmax]
BOUND = {"float16": 1.0, "float32": 2.0, "float64": 3.0}
ALL_AXES = [0, 1, 2, -1, -2, -3, (0, 1), (0, 2), (1, -1), (0, 1, 2), (-1, 0)]

over_functions = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda f: f.name)
over_normalisers = pytest.mark.parametrize("function", NORMALISERS, ids=lambda f: f.name)


def cube(dtype, seed=0, scale=3.0):
    return np.random.default_rng(seed).normal(0, scale, (4, 5, 6)).astype(dtype)


def check_row(function, row):
    got = np.atleast_1d(function(row))
    assert got.dtype == row.dtype
    bound = BOUND[row.dtype.name]
    for y, true in zip(got, true_row(function.name, row.tolist()), strict=function in NORMALISERS):
        error = ulps(y, true, row.dtype)
        assert error <= bound, (
            f"{function.name} {row.dtype}: {error:.4g} ulp in {row.tolist()}: {y!r}"
        )


@over_functions
@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0, 3000.0])
@pytest.mark.parametrize("size", [1, 2, 3, 10, 16, 33, 100])
def test_values(function, dtype, size, scale):
    rng = np.random.default_rng(size)
    check_row(function, rng.normal(0, scale, size).astype(dtype))
    check_row(function, np.full(size, scale, dtype))
    check_row(function, (rng.normal(0, 1, size) + 10 * scale).astype(dtype))


@over_functions
@given(data=st.data())
def test_drawn_values(function, dtype, data):
    bound = 2.0**12
    floats = st.floats(-bound, bound, width=np.finfo(dtype).bits)
    row = data.draw(st.lists(floats, min_size=1, max_size=12), "row")
    check_row(function, np.array(row, dtype))


@pytest.mark.parametrize("total", [1e-3, 1e-8, 1e-14])
def test_logsumexp_near_zero(total):
    """The logarithm of a sum near 1 keeps its relative accuracy, as far as the inputs have it."""
    p = np.array([0.3, 0.7 + total])
    check_row_absolute(np.log(p), 4 * np.finfo("f8").eps)


def check_row_absolute(row, bound):
    assert abs(mpf(float(fa.logsumexp(row))) - true_row("logsumexp", row.tolist())[0]) <= bound


@over_functions
@pytest.mark.parametrize("axis", ALL_AXES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_axes_against_scipy(function, dtype, axis):
    x = cube(dtype)
    got, other = function(x, axis=axis), SCIPY[function.name](x, axis=axis)
    assert (got.shape, got.dtype) == (other.shape, other.dtype)
    assert ulps_between(got, np.asarray(other)).max() < 1024  # SciPy's log_softmax cancels near 0


@over_functions
@pytest.mark.parametrize("axis", ALL_AXES, ids=str)
def test_axes_are_rows(function, dtype, axis):
    """Any axis, a tuple included, gives what the same numbers in a contiguous row give."""
    x = cube(dtype)
    axes = tuple(a % 3 for a in np.atleast_1d(axis))
    rest = tuple(a for a in range(3) if a not in axes)
    rows = x.transpose(*rest, *sorted(axes)).reshape(*[x.shape[a] for a in rest], -1)
    wanted = function(np.ascontiguousarray(rows))
    got = function(x, axis=axis)
    if got.ndim == x.ndim:
        got = got.transpose(*rest, *sorted(axes)).reshape(rows.shape)
    assert_same_bits(got, wanted)


def test_logsumexp_over_everything(dtype):
    x = cube(dtype)
    assert_same_bits(fa.logsumexp(x, axis=None), fa.logsumexp(x.ravel()))
    assert fa.logsumexp(x, axis=None, keepdims=True).shape == (1, 1, 1)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [*ALL_AXES, None], ids=str)
def test_logsumexp_keepdims_as_scipy(axis, keepdims):
    x = cube("float64")
    got = fa.logsumexp(x, axis=axis, keepdims=keepdims)
    wanted = scipy.special.logsumexp(x, axis=axis, keepdims=keepdims)
    assert np.shape(got) == np.shape(wanted)
    assert np.allclose(got, wanted, rtol=1e-14)


@over_functions
def test_wrong_axes(function):
    x = cube("float64")
    with pytest.raises(np.exceptions.AxisError):
        function(x, axis=3)
    with pytest.raises(ValueError, match=r"ax[ei]s"):
        function(x, axis=(1, 1))
    with pytest.raises(TypeError, match=r"\(\): axis must be an integer"):
        function(x, axis=0.5)


# --- special rows -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 17, 300])
def test_a_row_of_minus_infinity(dtype, size):
    row = np.full(size, -np.inf, dtype)
    assert_same_bits(fa.softmax(row), np.zeros(size, dtype))
    assert fa.logsumexp(row) == -np.inf
    assert not np.isnan(fa.log_softmax(row)).any()


def test_backward_of_a_row_of_minus_infinity_is_zero(dtype):
    x, dy = np.full((2, 5), -np.inf, dtype), np.ones((2, 5), dtype)
    for function in NORMALISERS:
        dx = function.backward(dy, y=function(x))
        assert (dx == 0).all()


def test_rows_with_plus_infinity_share_the_mass(dtype):
    inf = np.inf
    rows = np.array([[inf, 0, inf, -inf], [inf, 1, 2, 3]], dtype)
    assert_same_bits(fa.softmax(rows), np.array([[0.5, 0, 0.5, 0], [1, 0, 0, 0]], dtype))
    assert (fa.logsumexp(rows) == inf).all()
    assert np.allclose(fa.log_softmax(rows)[0, [0, 2]], -np.log(2), rtol=1e-3)
    assert (fa.log_softmax(rows)[1] == [0, -inf, -inf, -inf]).all()


def test_some_minus_infinity(dtype):
    row = np.array([-np.inf, 1, -np.inf, 1], dtype)
    assert_same_bits(fa.softmax(row), np.array([0, 0.5, 0, 0.5], dtype))
    assert (fa.log_softmax(row)[[0, 2]] == -np.inf).all()
    check_row(fa.logsumexp, row[[1, 3]])
    assert fa.logsumexp(row) == fa.logsumexp(row[[1, 3]])


@over_functions
@pytest.mark.parametrize("place", [0, 7, 40])
def test_nan_spoils_its_row_and_no_other(function, dtype, place):
    x = np.zeros((3, 41), dtype)
    x[1, place] = np.nan
    y = np.isnan(function(x)).reshape(3, -1).all(axis=1)
    assert y.tolist() == [False, True, False]
    assert not np.isnan(function(x)).reshape(3, -1)[::2].any()


@over_functions
def test_huge_and_tiny_logits(function, dtype):
    most = float(np.finfo(dtype).max)
    for row in ([most, -most], [most, most / 2], [-most, -most], [1e-7, 0]):
        with np.errstate(all="raise"):
            assert not np.isnan(function(np.array(row, dtype))).any()


@over_functions
@pytest.mark.parametrize("scale", [1e3, 1e9, 1e15, 1e18, 1e25, 1e36])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logits_so_large_that_exponents_round_off(function, dtype, scale):
    for size in (3, 100):
        row = np.arange(size).astype(dtype) * np.array(scale, dtype)
        check_row(function, row)
        check_row(function, row[::-1] - row[-1])
        assert_same_bits(function(np.stack([row, row]))[0], function(row))


@over_functions
def test_integers_bool_and_lists(function):
    for x in ([[1, 2, 3]], np.arange(6).reshape(2, 3), np.array([[True, False, True]])):
        assert_same_bits(function(x), function(np.asarray(x, "f8")))


@over_functions
def test_empty(function):
    assert function(np.zeros((0, 3))).shape == SCIPY[function.name](np.zeros((0, 3)), axis=-1).shape
    if function in NORMALISERS:
        assert function(np.zeros((3, 0))).shape == (3, 0)
    else:
        assert (fa.logsumexp(np.zeros((3, 0))) == [-np.inf] * 3).all()


@over_functions
def test_one_element(function, dtype):
    for value in (0.0, -7.5, 88.0):
        x = np.array([value], dtype)
        exact = {"softmax": 1.0, "log_softmax": 0.0, "logsumexp": value}[function.name]
        assert (function(x) == exact).all()


@over_functions
@pytest.mark.parametrize(
    "x", [np.ones(3, "g"), np.ones(3, "c16"), np.array([None]), np.array(["a"])]
)
def test_other_types_are_type_errors(function, x):
    with pytest.raises(TypeError, match=function.name):
        function(x)


def test_probabilities_sum_to_one(dtype):
    x = np.random.default_rng(0).normal(0, 4, (200, 77)).astype(dtype)
    total = fa.softmax(x).astype("f8").sum(axis=1)
    assert np.abs(total - 1).max() < 77 * float(np.finfo(dtype).eps)


@over_functions
def test_no_warning(function, dtype):
    rows = [[np.inf, 1], [-np.inf, -np.inf], [np.nan, 0], [1e4, -1e4], [np.inf, -np.inf]]
    with np.errstate(all="raise"):
        function(np.array(rows, dtype))


def test_sigmoid_is_the_softmax_of_two_logits_one_of_which_is_zero(dtype):
    x = np.concatenate([np.linspace(-90, 90, 400), np.geomspace(1e-7, 1e3, 50)]).astype(dtype)
    p = fa.softmax(np.stack([x, np.zeros_like(x)], axis=-1))
    log_p = fa.log_softmax(np.stack([x, np.zeros_like(x)], axis=-1))
    assert ulps_between(p[:, 0], fa.sigmoid(x)).max() <= BOUND[dtype] + 1
    assert ulps_between(p[:, 1], fa.sigmoid(-x)).max() <= BOUND[dtype] + 1
    assert ulps_between(log_p[:, 0], fa.log_sigmoid(x)).max() <= BOUND[dtype] + 1


def test_softplus_is_the_logsumexp_of_two_logits_one_of_which_is_zero(dtype):
    x = np.linspace(-30, 30, 400).astype(dtype)
    s = fa.logsumexp(np.stack([x, np.zeros_like(x)], axis=-1))
    assert ulps_between(s, fa.softplus(x)).max() <= BOUND[dtype] + 1


# --- gradients ----------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [-1, 0, 1], ids=str)
def test_softmax_backward_is_the_formula(dtype, axis):
    x, dp = cube(dtype), cube(dtype, 1)
    p = fa.softmax(x, axis=axis)
    wide_p, wide_dp = p.astype("f8"), dp.astype("f8")
    wanted = wide_p * (wide_dp - (wide_p * wide_dp).sum(axis=axis, keepdims=True))
    got = fa.softmax.backward(dp, y=p, axis=axis)
    assert got.dtype == dtype
    assert np.abs(got - wanted).max() <= 8 * float(np.finfo(dtype).eps)


@pytest.mark.parametrize("axis", [-1, 0, 1], ids=str)
def test_log_softmax_backward_is_the_formula(dtype, axis):
    x, d = cube(dtype), cube(dtype, 1)
    y = fa.log_softmax(x, axis=axis)
    wanted = d - np.exp(y.astype("f8")) * d.astype("f8").sum(axis=axis, keepdims=True)
    got = fa.log_softmax.backward(d, y=y, axis=axis)
    assert got.dtype == dtype
    assert np.abs(got - wanted).max() <= 64 * float(np.finfo(dtype).eps)


def slope(function, x, dy, axis, h=2.0**-17):
    """The gradient of ``sum(dy * function(x))`` by central differences."""
    found = np.empty_like(x)
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = h
        change = function(x + step, axis=axis) - function(x - step, axis=axis)
        found[index] = (dy * change).sum() / (2 * h)
    return found


@over_functions
@pytest.mark.parametrize("axis", [-1, 0, (0, 1)], ids=str)
def test_backward_against_finite_differences(function, axis):
    x = np.random.default_rng(3).normal(size=(3, 4))
    y = function(x, axis=axis)
    dy = np.random.default_rng(4).normal(size=y.shape)
    keep = {"x": x} if function is fa.logsumexp else {"y": y}
    got = function.backward(dy, **keep, axis=axis)
    assert np.allclose(got, slope(function, x, dy, axis), rtol=1e-6, atol=1e-9)


def test_backward_in_place_and_into_out(dtype):
    x, dy = cube(dtype), cube(dtype, 1)
    for function in NORMALISERS:
        y = function(x)
        wanted = function.backward(dy, y=y)
        out = dy.copy()
        assert function.backward(out, y=y, out=out) is out
        assert_same_bits(out, wanted)


@pytest.mark.parametrize("axis", [-1, 0, 1], ids=str)
def test_jacobian(axis):
    x = np.random.default_rng(5).normal(size=(3, 4, 2))
    p, jacobian = fa.softmax(x, axis=axis), fa.softmax.jacobian(x, axis=axis)
    assert jacobian.shape == (*x.shape, x.shape[axis])
    rows = np.moveaxis(p, axis, -1)
    wanted = rows[..., None] * np.eye(rows.shape[-1]) - rows[..., :, None] * rows[..., None, :]
    assert np.allclose(np.moveaxis(jacobian, axis % 3, -2), wanted, rtol=1e-14, atol=1e-17)


def test_jacobian_against_finite_differences():
    x = np.random.default_rng(6).normal(size=5)
    h = 2.0**-17
    change = [(fa.softmax(x + h * e) - fa.softmax(x - h * e)) / (2 * h) for e in np.eye(5)]
    assert np.allclose(fa.softmax.jacobian(x), np.transpose(change), atol=1e-9)


def test_jacobian_times_a_vector_is_backward():
    x, dp = np.random.default_rng(7).normal(size=(2, 6, 5))
    p = fa.softmax(x)
    wanted = np.einsum("rij,ri->rj", fa.softmax.jacobian(x), dp)
    assert np.allclose(fa.softmax.backward(dp, y=p), wanted, rtol=1e-13, atol=1e-16)


# --- layouts ------------------------------------------------------------------------------------


@over_functions
@pytest.mark.parametrize("layout", [name for name in LAYOUTS if "empty" not in name])
@pytest.mark.parametrize("axis", [0, -1])
def test_layouts(function, dtype, layout, axis):
    x = LAYOUTS[layout](np.random.default_rng(0).normal(0, 3, 300).astype(dtype))
    plain = np.array(x, x.dtype.newbyteorder("="), order="C")
    assert_same_bits(np.array(function(x, axis=axis)), np.array(function(plain, axis=axis)))


@over_functions
@pytest.mark.parametrize("n", [3, 16, 17, 40, 64, 65, 100, 112, 300, 2100, 4100])
@pytest.mark.parametrize("rows", [1, 2, 5, 16, 47, 150])
def test_a_row_does_not_depend_on_its_neighbours(function, dtype, n, rows):
    """Several rows share passes, and the passes of neighbours overlap, along and across."""
    x = rows_of_all_kinds(dtype, rows, n)
    wanted = np.array([function(row) for row in x])
    for axis, given_x, back in (
        (1, x.copy(), np.asarray),
        (0, np.array(x.T, order="C"), np.transpose),
    ):
        got = function(given_x, axis=axis)
        assert_same_bits(back(got) if got.ndim == 2 else got, wanted, f"axis {axis}")
        if function in NORMALISERS:
            function(given_x, axis=axis, out=given_x)
            assert_same_bits(back(given_x), wanted, f"axis {axis}, in place")


@over_normalisers
@pytest.mark.parametrize("n", [3, 17, 100, 4100, 70000])
def test_nothing_is_written_between_rows(function, dtype, n):
    x = np.random.default_rng(0).normal(0, 3, (40 if n < 1000 else 5, n)).astype(dtype)
    wide = np.full((len(x) + 1, n + 40), 7, dtype)
    function(x, out=wide[:-1, :n])
    assert_same_bits(wide[:-1, :n].copy(), function(x))
    assert (wide[:, n:] == 7).all()
    assert (wide[-1] == 7).all()


@over_normalisers
def test_in_place_and_out(function, dtype):
    for axis in (0, 1, 2, -1):
        x = cube(dtype)
        wanted = function(x, axis=axis)
        out = np.empty_like(x)
        assert function(x, axis=axis, out=out) is out
        assert_same_bits(out, wanted)
        assert function(x, axis=axis, out=x) is x
        assert_same_bits(x, wanted)


@over_normalisers
def test_overlapping_out(function, dtype):
    for shift in range(-9, 10):
        buffer = np.random.default_rng(1).normal(0, 3, 100).astype(dtype)
        x, out = (buffer[20 + s : 60 + s].reshape(4, 10) for s in (0, shift))
        wanted = function(x.copy())
        function(x, out=out)
        assert_same_bits(out, wanted, shift)


@over_normalisers
def test_generalized_ufunc(function):
    assert isinstance(function.ufunc, np.ufunc)
    assert function.ufunc.signature == "(n)->(n)"
    x = cube("float32")
    assert_same_bits(function.ufunc(x), function(x))
    assert_same_bits(function.ufunc(x, axis=0), function(x, axis=0))


@over_functions
def test_pickle(function):
    assert pickle.loads(pickle.dumps(function)) is function
    assert pickle.loads(pickle.dumps(function.ufunc)) is function.ufunc
