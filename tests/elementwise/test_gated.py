"""Gated pairs: values and gradients in ulps, halves along any axis, biases, layouts, errors."""

from __future__ import annotations

import gc
import math
import operator
import pickle
import tracemalloc
import weakref
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

import fastact as fa
from fastact.elementwise import gated
from fastact.native import loop_registry, pool, threads
from fastact.native import ufunc as ufuncs
from tests.support.checks import assert_same_bits
from tests.support.reference import expected
from tests.support.strategies import from_ordinals, mixed, neighbours, ordinal, window, windows
from tests.support.ulp import ulps

PAIRS = [each for each in vars(gated).values() if isinstance(each, gated.GatedPair)]
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -2.0, 0.5, -1000.0]
over_pairs = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)


def array(dtype, shape, seed=0, scale=3.0):
    return np.random.default_rng(seed).normal(0, scale, shape).astype(dtype)


def composed(pair, gate, value):
    """What one writes with NumPy."""
    with np.errstate(all="ignore"):
        return value * pair.activation(gate)


def composed_backward(pair, dy, gate, value):
    with np.errstate(all="ignore"):
        return dy * value * pair.activation.derivative(gate), dy * pair.activation(gate)


# --- values -------------------------------------------------------------------------------------


def numbers(pair, dtype, low=-12, high=12):
    """Finite floats, evenly over their exponents, and at the places that the activation names."""
    first, last = ordinal(2.0**low, dtype), ordinal(2.0**high, dtype)
    f = pair.activation
    places = [
        0.0,
        *(k.at for k in f.kinks),
        *(r for rs in f.declaration.roots.values() for r in rs),
    ]
    near = [x for place in places for x in neighbours(place, dtype, 1)]
    drawn = st.integers(first, last).map(lambda n: float(from_ordinals(n, dtype)))
    return drawn | drawn.map(operator.neg) | st.sampled_from(near)


def truths(pair, dy, gate, value):
    """The exact output and gradients, and the factors that must not underflow."""
    g, slope = (expected(pair.activation, v, gate) for v in ("forward", "derivative"))
    dy, value = mpf(dy), mpf(value)
    return (value * g, dy * value * slope, dy * g), (g, slope, dy * value)


def normal(x):
    """Whether a number is 0 or neither underflows nor overflows in float64."""
    return x == 0 or 2.0**-1022 <= abs(x) < 2.0**1023


def check_values(pair, dtype, dy, gate, value, biases=()):
    """Output and gradients are within the declared bound."""
    one = partial(np.array, dtype=dtype)
    named = dict(zip(("gate_bias", "value_bias"), map(one, biases), strict=False))
    y = pair.split(one(gate), one(value), **named)
    dgate, dvalue = pair.split.backward(one(dy), gate=one(gate), value=one(value), **named)[:2]
    with mp.workprec(300):
        sums = [mpf(a) + mpf(b) for a, b in zip((gate, value), biases or (0, 0), strict=True)]
        wanted, factors = truths(pair, dy, *sums)
    if not all(map(normal, factors)):
        return
    for what, got, true in zip(("y", "dgate", "dvalue"), (y, dgate, dvalue), wanted, strict=True):
        assert got.dtype == dtype
        error = ulps(got, true, dtype)
        assert error <= pair.max_ulp[dtype], f"{pair.name} {dtype} {what}: {error:.4g} ulp"


@over_pairs
@given(data=st.data())
def test_values_are_within_the_bound(pair, dtype, data):
    for _ in range(8):
        check_values(pair, dtype, *(data.draw(numbers(pair, dtype)) for _ in range(3)))


@over_pairs
@given(data=st.data())
def test_values_far_out(pair, dtype, data):
    """Products that underflow or overflow in the result's format, not in float64."""
    reach = min(np.finfo(dtype).maxexp - 1, 300)
    wide = numbers(pair, dtype, -reach, reach)
    drawn = [data.draw(each) for each in (wide, numbers(pair, dtype), wide)]
    check_values(pair, dtype, *drawn)


@over_pairs
@pytest.mark.parametrize("gate", [-600.0, -650.0, -690.0, 700.0, 1e5])
def test_float64_keeps_a_small_gate_times_a_large_value(pair, gate):
    for value in (1e300, -1e250, 1e-3):
        check_values(pair, "float64", 1.0, gate, value)


@over_pairs
@given(data=st.data())
def test_values_with_biases(pair, dtype, data):
    dy, gate, value, b, c = (data.draw(numbers(pair, dtype, -4, 4)) for _ in range(5))
    check_values(pair, dtype, dy, gate, value, (b, c))


@over_pairs
def test_a_bias_that_cancels(pair, dtype):
    """Nothing is lost between the bias and the product."""
    tiny = float(np.finfo(dtype).eps) ** 2
    gate, value = np.array([1.0, 2.0], dtype), np.array([-3.0, 3.0], dtype)
    got = pair.split(gate, value, gate_bias=dtype_of(dtype, tiny), value_bias=-value)
    assert_same_bits(got, np.zeros(2, dtype))
    assert_same_bits(
        pair.split(gate, value, gate_bias=-gate), composed(pair, np.zeros(2, dtype), value)
    )


def dtype_of(dtype, x):
    return np.dtype(dtype).type(x)


@over_pairs
def test_infinities_zeros_and_nan_are_those_of_a_product(pair, dtype):
    factor = SPECIAL[:-1]
    dy, gate, value = np.array(np.meshgrid(factor, SPECIAL, factor), dtype).reshape(3, -1)
    results = (pair.split(gate, value), *pair.split.backward(dy, gate=gate, value=value))
    wanted = composed(pair, gate, value), *composed_backward(pair, dy, gate, value)
    for got, other in zip(results, wanted, strict=True):
        clear = ~np.isfinite(other) | (other == 0)
        assert clear.sum() > 100
        np.testing.assert_array_equal(got[clear], other[clear])  # NaN equals NaN
        assert np.isfinite(got[~clear]).all()


@over_pairs
def test_the_sign_of_a_zero(pair, dtype):
    gate, value = map(np.ravel, np.meshgrid(*[np.array([-0.0, 0.0, -3.0, 3.0], dtype)] * 2))
    g = pair.activation(gate.astype("f8"))
    y = pair.split(gate, value)
    zero = y == 0
    assert zero.any()
    assert_same_bits(np.signbit(y)[zero], (np.signbit(g) ^ np.signbit(value))[zero])


@over_pairs
def test_no_warning(pair, dtype):
    gate, value = map(np.ravel, np.meshgrid(*[np.array([*SPECIAL, 6e4], dtype)] * 2))
    with np.errstate(all="raise"):
        pair.split(gate, value)
        pair.split.backward(value, gate=gate, value=value)


@over_pairs
def test_beside_numpy(pair):
    x, dy = array("float64", (6, 10)), array("float64", (6, 5), 1)
    value, gate = x[:, :5], x[:, 5:]
    assert np.allclose(pair(x), composed(pair, gate, value), rtol=1e-15, atol=0)
    dgate, dvalue = composed_backward(pair, dy, gate, value)
    got = pair.backward(dy, x=x)
    assert np.allclose(got, np.hstack([dvalue, dgate]), rtol=1e-15, atol=0)


@over_pairs
@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("gate_first", [False, True])
def test_backward_is_the_slope(pair, axis, gate_first):
    """Of the whole function, bias included, by central differences."""
    shape = (2, 4, 6)
    x, bias = array("float64", shape), array("float64", shape[axis], 1)
    call = partial(pair, axis=axis, gate_first=gate_first)
    dy = array("float64", call(x).shape, 2)
    dx, dbias = pair.backward(dy, x=x, axis=axis, gate_first=gate_first, bias=bias)
    for got, moved in ((dx, x), (dbias, bias)):
        for index in np.ndindex(moved.shape):
            kept, ends = moved[index], []
            for h in (2.0**-18, -(2.0**-18)):
                moved[index] = kept + h
                ends.append((dy * call(x, bias=bias)).sum())
            moved[index] = kept
            assert np.isclose(got[index], (ends[0] - ends[1]) * 2.0**17, rtol=1e-6, atol=1e-7)


# --- halves -------------------------------------------------------------------------------------


@st.composite
def splits(draw):
    """A shape with an axis of even length, `axis` counted from either end, and `gate_first`."""
    shape = draw(st.lists(st.integers(0, 5), min_size=1, max_size=3))
    axis = draw(st.integers(0, len(shape) - 1))
    shape[axis] = 2 * draw(st.integers(0, 40))
    named = axis - draw(st.sampled_from([0, len(shape)]))
    return tuple(shape), axis, {"axis": named, "gate_first": draw(st.booleans())}


def parts(x, axis, gate_first):
    """Gate and value as contiguous copies."""
    first, second = np.split(np.array(x, x.dtype.newbyteorder("="), order="C"), 2, axis)
    return (first.copy(), second.copy()) if gate_first else (second.copy(), first.copy())


def joined(gate, value, axis, gate_first):
    return np.concatenate((gate, value) if gate_first else (value, gate), axis)


def column(bias, axis, ndim):
    """The bias as an array that broadcasts."""
    return bias.reshape(*[-1 if k == axis else 1 for k in range(ndim)])


@over_pairs
@given(data=st.data())
def test_any_axis_and_strides(pair, dtype, data):
    """The same bits as for two contiguous arrays."""
    (shape, axis, how), steps, size = data.draw(splits()), (-2, -1, 1, 2, 3), 2**17
    buffer = mixed(dtype, size, 1)
    x = window(buffer, shape, data.draw(windows(shape, steps, size)))
    gate, value = parts(x, axis, how["gate_first"])
    dy = mixed(dtype, gate.size, 2).reshape(gate.shape)
    assert_same_bits(pair(x, **how), pair.split(gate, value))
    terms = pair.split.backward(dy, gate=gate, value=value)
    wanted = joined(*terms, axis, how["gate_first"])
    assert_same_bits(pair.backward(dy, x=x, **how), wanted)
    out = window(np.zeros(size, dtype), shape, data.draw(windows(shape, steps, size)))
    assert pair.backward(dy, x=x, **how, out=out) is out
    assert_same_bits(out, wanted)
    out = window(np.zeros(size, dtype), gate.shape, data.draw(windows(gate.shape, steps, size)))
    assert pair(x, **how, out=out) is out
    assert_same_bits(out, pair.split(gate, value))


def assert_sum(got, terms, axes):
    """`got` is the sum over these axes, but for the order of summation and one rounding."""
    wide = terms.astype("f8")
    rest, eps = np.abs(wide).sum(axes).ravel() * 2.0**-50, np.finfo(terms.dtype).eps
    wanted = wide.sum(axes).ravel()
    assert (np.abs(got.ravel() - wanted) <= rest + eps * np.abs(wanted)).all()


@over_pairs
@given(data=st.data())
def test_bias_along_any_axis(pair, dtype, data):
    shape, axis, how = data.draw(splits())
    x, bias = array(dtype, shape), array(dtype, shape[axis], 1)
    (gate, value), biases = parts(x, axis, how["gate_first"]), column(bias, axis, x.ndim)
    b, c = parts(biases, axis, how["gate_first"])
    assert_same_bits(pair(x, **how, bias=bias), pair.split(gate, value, gate_bias=b, value_bias=c))
    dy = array(dtype, gate.shape, 2)
    dx, dbias = pair.backward(dy, x=x, **how, bias=bias)
    terms = pair.split.backward(dy, gate=gate, value=value, gate_bias=b, value_bias=c)
    assert_same_bits(dx, joined(*terms[:2], axis, how["gate_first"]))
    assert (dbias.shape, dbias.dtype) == (bias.shape, dtype)
    for got in (dbias, joined(*terms[2:], axis, how["gate_first"]).ravel()):
        assert_sum(got, dx, tuple(k for k in range(x.ndim) if k != axis))


@over_pairs
@pytest.mark.parametrize("change", [np.asfortranarray, lambda x: x.astype(x.dtype.newbyteorder())])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_other_orders(pair, dtype, change, axis):
    x = array(dtype, (4, 6, 8))
    dy = array(dtype, pair(x, axis).shape, 1)
    assert_same_bits(pair(change(x), axis), pair(x, axis))
    assert_same_bits(
        pair.backward(change(dy), x=change(x), axis=axis).astype(dtype),
        pair.backward(dy, x=x, axis=axis),
    )


@over_pairs
@pytest.mark.parametrize(
    "shape", [(2001, 26), (700, 300), (3, 500, 128), (64, 2 * pool.CUTOVER), (6 * 2**15,)]
)
def test_the_same_bits_for_every_number_of_threads(pair, dtype, shape):
    x = mixed(dtype, math.prod(shape)).reshape(shape)
    (gate, value), bias = parts(x, x.ndim - 1, gate_first=False), x[(0,) * (x.ndim - 1)].copy()
    wanted = (
        pair.split(gate, value),
        np.concatenate(pair.split.backward(value, gate=gate, value=value)[::-1], -1),
    )
    for count in (1, 2, 3, 7):
        with fa.num_threads(count):
            assert_same_bits(pair(x), wanted[0], count)
            assert_same_bits(pair.backward(value, x=x), wanted[1], count)
            b, c = parts(bias, 0, gate_first=False)
            assert_same_bits(
                pair(x, bias=bias), pair.split(gate, value, gate_bias=b, value_bias=c), count
            )


@over_pairs
def test_short_rows_share_the_threads(pair):
    x = array("float32", (2048, 1024))
    y = np.empty((2048, 512), "f4")
    with fa.num_threads(2):
        for call in (lambda: pair(x, out=y), lambda: pair.backward(y, x=x, out=x)):
            before = threads.stats()["launches"]
            for _ in range(20):  # not every call: the workers may be asleep, or the machine busy
                call()
            if not threads.stats()["native"]:
                pytest.skip("needs native threads")
            assert threads.stats()["launches"] > before


@over_pairs
@pytest.mark.parametrize("axis", [0, 1])
def test_no_temporary_arrays(pair, axis):
    x = array("float32", (1200, 800))
    y, dx, bias = pair(x, axis), np.empty_like(x), np.zeros(x.shape[axis], "f4")
    calls = [
        lambda: pair(x, axis, out=y),
        lambda: pair(x, axis, bias=bias, out=y),
        lambda: pair.backward(y, x=x, axis=axis, out=dx),
        lambda: pair.backward(y, x=x, axis=axis, bias=bias, out=dx),
        lambda: pair.backward(y, x=dx, axis=axis, out=dx),
        lambda: pair(dx, axis, out=np.split(dx, 2, axis)[0]),
    ]
    for number, call in enumerate(calls):
        call()
        tracemalloc.start()
        call()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < x.nbytes / 8, number


# --- out, in place, broadcasting ----------------------------------------------------------------


@over_pairs
@pytest.mark.parametrize("axis", [0, 1])
def test_in_place(pair, dtype, axis):
    x = array(dtype, (40, 60))
    y, dy = pair(x, axis), array(dtype, pair(x, axis).shape, 1)
    wanted, half = pair.backward(dy, x=x, axis=axis), x.shape[axis] // 2
    for start in (0, half, half // 2):
        spoilt = x.copy()
        out = spoilt[:, start:][:, :half] if axis else spoilt[start:][:half]
        assert_same_bits(pair(spoilt, axis, out=out), y)
    spoilt = x.copy()
    assert pair.backward(dy, x=spoilt, axis=axis, out=spoilt) is spoilt
    assert_same_bits(spoilt, wanted)


@over_pairs
def test_split_in_place(pair, dtype):
    gate, value, dy = (array(dtype, 500, k) for k in range(3))
    y, (dgate, dvalue) = pair.split(gate, value), pair.split.backward(dy, gate=gate, value=value)
    for place in (0, 1):
        spoilt = [gate.copy(), value.copy()]
        assert pair.split(*spoilt, out=spoilt[place]) is spoilt[place]
        assert_same_bits(spoilt[place], y)
    g, v, d = gate.copy(), value.copy(), dy.copy()
    got = pair.split.backward(d, gate=g, value=v, out=(g, v))
    assert got[0] is g
    assert got[1] is v
    assert_same_bits(g, dgate)
    assert_same_bits(v, dvalue)


@over_pairs
def test_split_broadcasts(pair, dtype):
    gate, value, b, dy = (
        array(dtype, shape, k) for k, shape in enumerate([(4, 1), (3, 1, 5), (5,), (3, 4, 5)])
    )
    whole = [np.broadcast_to(a, (3, 4, 5)).copy() for a in (gate, value, b)]
    assert_same_bits(pair.split(gate, value), pair.split(*whole[:2]))
    got = pair.split.backward(dy, gate=gate, value=value, value_bias=b)
    terms = pair.split.backward(dy, gate=whole[0], value=whole[1], value_bias=whole[2])
    for each, argument, term, axes in zip(
        got, (gate, value, b), terms, ((0, 2), 1, (0, 1)), strict=True
    ):
        assert (each.shape, each.dtype) == (argument.shape, dtype)
        assert_sum(each, term, axes)


@over_pairs
def test_split_has_the_options_of_a_ufunc(pair):
    gate, value = array("float32", 7), array("float32", 7, 1)
    where = gate > 0
    out = np.full(7, 9, "f4")
    pair.split(gate, value, out=out, where=where)
    assert_same_bits(out, np.where(where, pair.split(gate, value), np.float32(9)))
    assert pair.split(gate, value, dtype="f8").dtype == "f8"
    assert isinstance(pair.split(1.0, 2.0), np.float64)


@over_pairs
def test_a_number_as_dy_keeps_the_dtype(pair, dtype):
    x = array(dtype, (4, 6))
    ones = np.ones((4, 3), dtype)
    assert_same_bits(pair.backward(1.0, x=x), pair.backward(ones, x=x))
    gate, value = parts(x, 1, gate_first=False)
    for got, wanted in zip(
        pair.split.backward(1.0, gate=gate, value=value),
        pair.split.backward(ones, gate=gate, value=value),
        strict=True,
    ):
        assert_same_bits(got, wanted)


@over_pairs
def test_integers_and_lists_are_float64(pair):
    wide = np.arange(-6.0, 6.0).reshape(2, 6)
    for x in (wide.astype("i1"), wide.astype("i8"), wide.tolist()):
        assert_same_bits(pair(x), pair(wide))
        assert_same_bits(pair.backward(np.ones((2, 3), "i1"), x=x), pair.backward(1.0, x=wide))
    bits = np.array([True, False, True, True])
    assert_same_bits(pair(bits), pair(bits.astype("f8")))
    assert_same_bits(pair.split(bits, bits), pair.split(*[bits.astype("f8")] * 2))


@over_pairs
def test_mixed_dtypes_are_promoted(pair):
    x = array("float32", (3, 4))
    assert pair(x, bias=np.zeros(4)).dtype == "f8"
    assert pair.backward(np.ones((3, 2)), x=x).dtype == "f8"
    assert pair.backward(np.ones((3, 2), "f2"), x=x).dtype == "f4"


@over_pairs
def test_empty(pair, dtype):
    for shape, axis in (((0, 4), 1), ((3, 0), 1), ((0,), 0), ((0, 5), 0)):
        x = np.empty(shape, dtype)
        y = pair(x, axis)
        assert y.shape == tuple(n // 2 if k == axis else n for k, n in enumerate(shape))
        dx, dbias = pair.backward(y, x=x, axis=axis, bias=np.ones(shape[axis], dtype))
        assert (dx.shape, dx.dtype) == (shape, dtype)
        assert_same_bits(dbias, np.zeros(shape[axis], dtype))


# --- errors -------------------------------------------------------------------------------------

X, HALF = np.ones((3, 4)), np.ones((3, 2))


@over_pairs
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda f: f(X, 0), ValueError, r"{}\(\): x .* even length along axis 0, got 3 .*\(3, 4\)"),
        (lambda f: f.backward(HALF, x=X, axis=0), ValueError, r"{}.backward\(\): x .* got 3"),
        (lambda f: f(X, 2), np.exceptions.AxisError, r"{}\(\).*axis 2.*dimension 2"),
        (lambda f: f(1.0), np.exceptions.AxisError, r"{}\(\).*dimension 0"),
        (lambda f: f(X, (0, 1)), TypeError, r"{}\(\): axis must be an integer, got \(0, 1\)"),
        (lambda f: f(X, 0.5), TypeError, r"{}\(\): axis must be an integer, got 0.5"),
        (lambda f: f(X, bias=np.ones(2)), ValueError, r"{}\(\): bias .*\(4,\).* got \(2,\)"),
        (lambda f: f(X, bias=1.0), ValueError, r"{}\(\): bias .*\(4,\).* got \(\)"),
        (lambda f: f(X, out=X), ValueError, r"{}\(\): out .*\(3, 2\), got \(3, 4\)"),
        (lambda f: f(X, out=[1]), TypeError, r"{}\(\): out must be an ndarray, got list"),
        (lambda f: f.backward(X, x=X), ValueError, r"{}.backward\(\)"),
        (lambda f: f.backward(np.ones((2, 3, 2)), x=X), ValueError, r"dy .*\(3, 2\).*\(2, 3, 2\)"),
        (lambda f: f.backward(HALF, x=X, out=HALF), ValueError, r"out .*\(3, 4\), got \(3, 2\)"),
        (lambda f: f.split(X, HALF), ValueError, r"{}.split\(\).* gate \(3, 4\), value \(3, 2\)"),
        (
            lambda f: f.split(X, X, value_bias=np.ones(5)),
            ValueError,
            r"{}.split\(\).* value \(3, 4\), value_bias \(5,\)",
        ),
        (
            lambda f: f.split.backward(HALF, gate=X, value=X),
            ValueError,
            r"{}.split.backward\(\): dy .* output, \(3, 4\), got shape \(3, 2\)",
        ),
        (
            lambda f: f.split.backward(X, gate=X[0], value=X, out=(X, X.copy())),
            ValueError,
            r"{}.split.backward\(\).* out .*\(4,\)",
        ),
        (lambda f: f(X.astype("c16")), TypeError, "{}"),
        (lambda f: f(X.astype("g")), TypeError, "{}"),
        (lambda f: f(X.astype(object)), TypeError, "{}"),
        (lambda f: f.backward(HALF, x=X.astype("c16")), TypeError, "{}"),
        (lambda f: f.split("a", "b"), TypeError, "{}"),
    ],
)
def test_errors(pair, call, error, message):
    with pytest.raises(error, match=message.format(pair.name)):
        call(pair)


# --- objects ------------------------------------------------------------------------------------


def test_the_pairs_are_public():
    assert [getattr(fa, pair.name) for pair in PAIRS] == PAIRS
    assert {pair.name for pair in PAIRS} <= set(fa.__all__)


@over_pairs
def test_pickle_and_repr(pair):
    for each in (pair, pair.split, *pair._ufuncs()):
        assert pickle.loads(pickle.dumps(each)) is each
    assert pair.name in repr(pair)
    assert pair.name in repr(pair.split)
    assert pair.activation.name in pair.__doc__


@over_pairs
def test_ufuncs_are_registered_and_their_loops_known(pair):
    assert isinstance(pair.ufunc, np.ufunc)
    assert pair.ufunc is pair.split.ufunc is getattr(ufuncs, pair.name)
    known = {
        (loop.name, loop.dtype) for loop in loop_registry.loops() if loop.function == pair.name
    }
    assert len(known) == 12
    for made in pair._ufuncs():
        assert getattr(ufuncs, made.__name__) is made


# --- another parameter --------------------------------------------------------------------------


@given(data=st.data(), beta=st.sampled_from([1.0, 1.702, 0.5, -2.0]))
def test_values_with_a_parameter(dtype, data, beta):
    """`swiglu` of a gate that is ``swish(gate, beta)``, within the bounds of `swiglu`."""
    pair, one = fa.swiglu.with_params(beta=beta), partial(np.array, dtype=dtype)
    dy, gate, value = (data.draw(numbers(fa.swiglu, dtype, -4, 4)) for _ in range(3))
    got = (
        pair.split(one(gate), one(value)),
        *pair.split.backward(one(dy), gate=one(gate), value=one(value)),
    )
    with mp.workprec(300):
        factors = [expected(fa.swish, v, gate, (beta,)) for v in ("forward", "derivative")]
        g, slope = factors
        wanted = value * g, mpf(dy) * value * slope, dy * g
    if all(map(normal, (*factors, mpf(dy) * value))):
        for y, true in zip(got, wanted, strict=True):
            assert ulps(y, true, dtype) <= pair.max_ulp[dtype]


def test_a_pair_with_a_parameter_is_one_like_any_other():
    f, x = fa.swiglu.with_params(beta=1.702), array("f8", (5, 8))
    assert fa.swiglu.with_params(1.702) is f
    assert all(pickle.loads(pickle.dumps(each)) is each for each in (f, f.split, f.ufunc))
    assert_same_bits(f(x), f.split(x[:, 4:], x[:, :4]))
    assert np.allclose(f(x, bias=np.ones(8)), f(x + 1), rtol=1e-12)
    dx, dy = f.backward(np.ones((5, 4)), x=x), np.ones(4)
    both = [f.split.backward(dy, gate=row[4:], value=row[:4])[::-1] for row in x]
    assert_same_bits(dx, np.concatenate(both).reshape(5, 8))
    assert "beta=1.702" in repr(f)
    gone = weakref.ref(f)
    del f
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: fa.swiglu.with_params(bta=2), "swiglu.with_params() got an unexpected keyword"),
        (lambda: fa.swiglu.with_params("a"), "swiglu.with_params(): swish: in an expression beta"),
    ],
)
def test_wrong_parameters(call, text):
    with pytest.raises(TypeError) as error:
        call()
    assert str(error.value).startswith(text)
