"""Functions along an axis inside compiled code have the bits, arguments and errors of outside."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa
from fastact.catalogue import of_kind
from tests.in_njit.support import (
    allocations,
    assert_inside_as_outside,
    assert_same,
    python_calls,
)
from tests.support.strategies import DTYPES

numba = pytest.importorskip("numba", reason="Numba does not support this Python yet")
pytestmark = pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaWarning")

RNG = np.random.default_rng(15)
FAMILY, SUMS = of_kind("shares"), of_kind("sum")
family = pytest.mark.parametrize("f", FAMILY, ids=lambda f: f.name)
sums = pytest.mark.parametrize("f", SUMS, ids=lambda f: f.name)


def data(dtype, shape=(4, 6, 10)):
    """Rows with infinities and NaN among them, with strides of their own; and gradients."""
    x = (3 * RNG.normal(size=(*shape[:-1], 2 * shape[-1]))).astype(dtype)[..., ::2]
    x[0, 0], x[0, 1, 3], x[1, 1, 2], x[2, 2, 1] = -np.inf, np.inf, np.nan, -np.inf
    return x, RNG.normal(size=shape).astype(dtype)


@family
def test_values_and_gradients(f):
    """On any axis, of several numbers of dimensions, from output and input."""

    def every(x, dy):
        y = f(x)
        return (
            y, f(x, axis=0), f(x[0, 1:, 1], -1), f(dy, axis=1, temperature=0.5),
            f.backward(dy, y=y), f.backward(dy, x=x), f.backward(dy[1], y=dy[0], axis=0),
            f.jvp(dy, y=y, axis=1),
        )  # fmt: skip

    x, dy = data(DTYPES[FAMILY.index(f) % 3])
    assert_inside_as_outside(numba, every, x, dy)


@sums
def test_sums(f):
    def every(x, dy):
        return (
            f(x), f(x, axis=0), f(x[1, 2]), f(x, keepdims=True), f(x, axis=None),
            f(x, axis=(0, 2)), f.backward(f(dy), x=dy), f(dy, where=dy > 0),
        )  # fmt: skip

    for dtype in DTYPES[:: 2 if f is fa.logsumexp else 1][:2]:
        assert_inside_as_outside(numba, every, *data(dtype))


@family
def test_axes(f):
    """Several that are one run in memory, and one that only the call tells; masks and in place."""

    def every(x, dy, mask, degrees, k, mine):
        y = f(x, axis=(1, 2))
        return (
            y, f(x, axis=(0, 1)), f(x, axis=None), f(x, axis=k), f(x, axis=k, where=mask),
            f(x, axis=(0, 1), where=mask), f(x[:, :, ::2], axis=(0, 1)), f(x, axis=()),
            f.backward(dy, y=y, axis=(1, 2)), f.backward(dy, x=x, axis=(-3, -2), where=mask),
            f.backward(dy, x=x, axis=k, temperature=degrees), f(x, axis=k, lengths=3),
            f.jvp(dy[0], x=x[0], where=mask[0]), f(mine, axis=k, out=mine),
            f.backward(mine, y=x, axis=k, out=mine),
        )  # fmt: skip

    x, dy = (np.ascontiguousarray(a) for a in data(DTYPES[FAMILY.index(f) % 3]))
    given = x, dy, RNG.random(x.shape) > 0.3, RNG.random(x.shape[1:]) + 0.5
    inside = numba.njit(every)
    for k in (0, -3):
        assert_same(inside(*given, k, dy.copy()), every(*given, k, dy.copy()))
    assert python_calls(inside, *given, 0, dy.copy()) == 0
    with pytest.raises(np.exceptions.AxisError):
        inside(*given, 3, dy.copy())


@family
def test_jacobians(f):
    """Of numbers of dimensions, axes and options; of rows that are infinite, NaN or empty."""

    def every(x, mask, degrees, lengths, k):
        return (
            f.jacobian(x), f.jacobian(x[0, 1]), f.jacobian(x, axis=k), f.jacobian(x[:, :, :0]),
            f.jacobian(x, axis=0, temperature=degrees), f.jacobian(x, where=mask, softcap=2.0),
            f.jacobian(x, lengths=lengths, softcap=3.0), f.jacobian(x, where=mask, lengths=3),
            f.jacobian(x, causal=True, temperature=0.5),
        )  # fmt: skip

    x, _ = data(DTYPES[FAMILY.index(f) % 3], (3, 4, 5))
    degrees, lengths = RNG.random(x.shape[1:]) + 0.5, RNG.integers(0, 6, x.shape[:2])
    given = x, RNG.random(x.shape) > 0.3, degrees, lengths, -2
    inside = numba.njit(every)
    assert_same(inside(*given), every(*given))
    assert python_calls(inside, *given) == 0
    with pytest.raises(np.exceptions.AxisError):
        inside(*given[:-1], 3)


@pytest.mark.parametrize("f", [fa.softmax, fa.softmax_off_by_one], ids=lambda f: f.name)
def test_jacobians_of_other_dtypes_and_fast_math(f):
    def every(x, half, integers):
        return f.jacobian(x), f.jacobian(half, softcap=2.0, where=half > 0), f.jacobian(integers)

    given = 9 * RNG.normal(size=(2, 40)), RNG.normal(size=(2, 4)).astype("f2"), np.arange(5)
    assert_same(numba.njit(fastmath=True)(every)(*given), every(*given))


@pytest.mark.parametrize("axis", [(0,), None], ids=str)
def test_a_jacobian_has_one_axis(axis):
    with pytest.raises(TypeError, match=r"softmax.jacobian\(\): axis must be an integer"):
        numba.njit(lambda x: fa.softmax.jacobian(x, axis=axis))(np.ones(3))


@family
def test_axes_that_are_no_run(f):
    """As they are named or as they lie in memory, with options; of numbers of dimensions."""

    def every(x, fortran, dy, mask, degrees, out, mine):
        y = f(x, axis=(0, 2))
        return (
            y, f(x, axis=(2, 1)), f(fortran, axis=(1, 2)), f(fortran, axis=None),
            f(x, axis=(0, 2), where=mask, temperature=degrees, out=out),
            f(fortran, axis=(2, 0), softcap=2.0, where=mask), f(mine, axis=(0, 2), out=mine),
            f.backward(dy, y=y, axis=(0, 2)), f.backward(dy, x=fortran, axis=(0, 1)),
            f.jvp(dy, x=x, axis=(0, -1), where=mask, temperature=degrees, softcap=3.0, out=out),
            f(x[:, :1], axis=(0, 2)), f(x[:0], axis=(0, 2)),
        )  # fmt: skip

    x, dy = (np.ascontiguousarray(a) for a in data(DTYPES[FAMILY.index(f) % 3], (3, 4, 5)))
    given = x, np.asfortranarray(x[::-1]), dy, RNG.random(x.shape) > 0.3, RNG.random(4) + 0.5
    inside, into = numba.njit(every), lambda: (np.empty_like(x.T).T, x.copy())
    assert_same(inside(*given, *into()), every(*given, *into()))
    assert python_calls(inside, *given, *into()) == 0


@sums
def test_sums_over_axes_that_are_no_run(f):
    def every(x, fortran, ds, k, mask):
        return (
            f(x, axis=(0, 2)), f(fortran, axis=(1, 2), keepdims=True),
            f(x, axis=(2, 0), where=mask), f(fortran, axis=k, keepdims=True),
            f.backward(ds, x=x, axis=(0, 2), where=mask),
            f.backward(x, x=fortran, axis=(0, 1)), f.jvp(x, x=fortran, axis=(2, 0)),
        )  # fmt: skip

    inside = numba.njit(every)
    for shape, k in ((3, 4, 5), 1), ((3, 1, 5), -1), ((1, 4, 1), 0):
        x, ds = RNG.normal(size=shape), RNG.normal(size=shape[1])
        given = x, np.asfortranarray(x), ds, k, RNG.random(shape) > 0.3
        assert_same(inside(*given), every(*given))
        assert python_calls(inside, *given) == 0


def test_weights_over_axes_that_are_no_run():
    def every(x, b, mask):
        return (
            fa.logsumexp(x, axis=(0, 2), b=b, where=mask), fa.logsumexp(x, axis=(2, 1), b=b[0]),
            fa.logsumexp.backward(2.0, x=x, axis=(0, 2), b=b[0], where=mask),
        )  # fmt: skip

    x, b = RNG.normal(size=(2, 3, 4, 5))
    inside, given = numba.njit(every), (x, b, b > 0)
    assert_same(inside(*given), every(*given))
    assert python_calls(inside, *given) == 0


def test_weights_and_sign():
    """Weights that broadcast either way, with masks; integers do not widen."""

    def every(x, b, mask, integers):
        return (
            fa.logsumexp(x, b=b), fa.logsumexp(x, b=b, axis=0, return_sign=True),
            fa.logsumexp(x[0], b=b), fa.logsumexp(x, b=b, axis=None, keepdims=True),
            fa.logsumexp(x, b=b[0], where=mask), fa.logsumexp(x, b=integers),
            fa.logsumexp(x, return_sign=True, keepdims=True), fa.logsumexp(x[0], b=-2.0),
        )  # fmt: skip

    for dtype in ("f4", "f8"):
        x, b = RNG.normal(size=(2, 5, 4)).astype(dtype)
        given = x, b, x > 0, np.arange(-1, 3)
        inside = numba.njit(every)
        assert_same(inside(*given), every(*given))
        assert python_calls(inside, *given) == 0


@sums
def test_gradients_of_sums(f):
    """For each row, for each element, and for a number; into the input too."""

    def every(x, ds, mask, k, mine):
        return (
            f.backward(ds, x=x), f.backward(ds[:, :, None], x=x, where=mask),
            f.backward(x[0], x=x, axis=k), f.backward(x[0, 0], x=x, axis=(0, 1)),
            f.backward(2.0, x=x, axis=None), f.backward(2, x=x[0, 0]),
            f.backward(ds, x=mine, out=mine),
        )  # fmt: skip

    x, _ = (np.ascontiguousarray(a) for a in data("float32"))
    given = x, RNG.normal(size=x.shape[:2]).astype("f4"), RNG.random(x.shape) > 0.3, 0
    inside = numba.njit(every)
    assert_same(inside(*given, x.copy()), every(*given, x.copy()))
    assert python_calls(inside, *given, x.copy()) == 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_weights_of_the_gradients_of_sums(dtype):
    """Of rows and of columns, with masks; shares are float64 until they are multiplied."""

    def every(x, b, mask):
        return (
            fa.logsumexp.backward(x[:, 0], x=x, b=b),
            fa.logsumexp.backward(2.0, x=x[0], b=b, where=mask[0]),
            fa.logsumexp.jvp(x, x=x, b=b, axis=0, keepdims=True),
        )  # fmt: skip

    x, b = RNG.normal(size=(2, 5, 4)).astype(dtype)
    inside, given = numba.njit(every), (x, b, x > 0)
    assert_same(inside(*given), every(*given))
    assert python_calls(inside, *given) == 0


def test_dtypes_of_the_gradients_of_sums():
    """A wider vector makes a wider result, of shares in the dtype of the input; integers do not."""

    def every(x, single, half, b, integers):
        return (
            fa.logsumexp.backward(integers, x=single), fa.logsumexp.backward(x, x=half),
            fa.logsumexp.backward(x[:, 0], x=single), fa.logmeanexp.jvp(x, x=half),
            fa.logsumexp.jvp(integers[:4], x=single, b=integers[1:]),
            fa.logsumexp.jvp(single, x=half, b=half),
        )  # fmt: skip

    x, b = RNG.normal(size=(2, 5, 4))
    given = x, x.astype("f4"), x.astype("f2"), b, np.arange(5)
    inside = numba.njit(every)
    assert_same(inside(*given), every(*given))
    assert python_calls(inside, *given) == 0


@family
def test_vectors_of_other_dtypes_and_shapes(f):
    """Wider than the input, whose output is then rounded; narrower; numbers; those that repeat."""

    def every(x, single, half, mask):
        return (
            f.backward(x, x=single), f.jvp(x, x=half, softcap=2.0, where=mask),
            f.backward(single, y=half), f.backward(half, x=single, temperature=0.5),
            f.backward(x[0], x=x), f.jvp(x[:, :1], x=x, axis=0), f.backward(2.0, x=single),
        )  # fmt: skip

    x = RNG.normal(size=(5, 4))
    inside, given = numba.njit(every), (x, x.astype("f4"), x.astype("f2"), x < 1.0)
    assert_same(inside(*given), every(*given))
    assert python_calls(inside, *given) == 0


def test_a_vector_with_more_axes_than_the_output():
    x = RNG.normal(size=(5, 4))
    assert_inside_as_outside(numba, lambda x: fa.softmax.backward(x, y=x[0]), x)


@sums
def test_tangents_and_masks_of_sums(f):
    def every(x, dx, mask):
        return (
            f.jvp(dx, x=x), f.jvp(dx[0, 0], x=x[0, 0], where=mask[0, 0]),
            f.jvp(dx, x=x, axis=(0, 1), keepdims=True), f(x, axis=1, where=mask),
            f.backward(dx[:, :, 0], x=x, where=mask),
        )  # fmt: skip

    x, dx = (np.ascontiguousarray(a) for a in data(DTYPES[2 * SUMS.index(f)]))
    inside, given = numba.njit(every), (x, dx, RNG.random(x.shape) > 0.3)
    assert_same(inside(*given), every(*given))
    assert python_calls(inside, *given) == 0


@family
def test_caps(f):
    """Before masks and temperatures, forward and backward, in place."""

    def every(x, dy, mask, degrees, mine):
        return (
            f(x, softcap=2.0, where=mask, temperature=degrees), f(mine, softcap=0.7, out=mine),
            f.backward(dy, x=x, softcap=2.0, where=mask, temperature=degrees),
            f.jvp(dy[0], x=x[0], axis=0, softcap=1.5, temperature=0.5),
        )  # fmt: skip

    x, dy = data(DTYPES[FAMILY.index(f) % 3])
    given = x, dy, RNG.random(x.shape) > 0.3, RNG.random(x.shape[:-1]) + 0.5
    inside = numba.njit(every)
    assert_same(inside(*given, x.copy()), every(*given, x.copy()))
    assert python_calls(inside, *given, x.copy()) == 0


@pytest.mark.parametrize("f", [f for f in FAMILY if f._sink != 0], ids=lambda f: f.name)
def test_policies(f):
    """Rows without mass and with infinite elements, masked, empty, alone, in place."""

    def every(x, mask, lengths, mine):
        return (
            f(x, empty="uniform", inf="nan", where=mask, lengths=lengths), f(x[0], empty="uniform"),
            f(x, axis=0, empty="nan", inf="nan"), f(mine, empty="uniform", softcap=2.0, out=mine),
            f(x[0, :0], empty="nan"), f(x[2, 3:], empty="raise"),
        )  # fmt: skip

    x = np.array(data(DTYPES[FAMILY.index(f) % 3])[0][:, 0])
    x[0], x[1, 2] = -np.inf * f._sign, np.inf * f._sign
    given = x, RNG.random(x.shape) > 0.3, np.array([3, 9, 0, 10])
    inside = numba.njit(every)
    assert_same(inside(*given, x.copy()), every(*given, x.copy()))
    assert python_calls(inside, *given, x.copy()) == 0


def test_several_options():
    """Some of which the function itself computes, with the same arguments."""

    def every(x, mask, lengths, temperatures):
        return (
            fa.softmax(x, where=mask), fa.softmax(x, axis=(0, 1)), fa.softmax(x, lengths=lengths),
            fa.softmax(x, temperature=temperatures), fa.softmax(x, causal=True, softcap=2.0),
            fa.log_softmax(x, axis=None), fa.softmax(x, where=mask, empty="uniform", inf="nan"),
            fa.softmax.backward(x, y=x, where=mask), fa.softmax.jacobian(x),
        )  # fmt: skip

    x = RNG.normal(size=(4, 6))
    assert_inside_as_outside(
        numba, every, x, x > 0, np.array([0, 1, 5, 6]), np.array([0.5, 1.0, 2.0, 3.0])
    )


@family
def test_sequences(f):
    """Of one row and of several, along any axis, from the output and the input, in place."""

    def every(x, dy, offsets, mine):
        y = f.sequences(x, offsets=offsets)
        return (
            y, f.sequences(x, offsets=offsets, temperature=2.0),
            f.sequences(dy, offsets=offsets, out=mine), f.sequences(x, offsets=offsets, axis=0),
            f.sequences.backward(dy, y=y, offsets=offsets, axis=1),
            f.sequences.backward(dy[0, 0], x=x[0, 0], offsets=offsets),
            f.sequences.backward(mine, y=y, offsets=offsets, out=mine),
        )  # fmt: skip

    inside = numba.njit(every)
    for dtype in DTYPES[FAMILY.index(f) % 2 :: 2]:
        x, dy = RNG.normal(size=(2, 9, 9, 9)).astype(dtype)
        given = x, dy, np.array([0, 2, 2, 9])
        assert_same(inside(*given, x.copy()), every(*given, x.copy()))
        assert python_calls(inside, *given, x.copy()) == 0


@family
def test_options_of_sequences(f):
    """Caps, and temperatures of all rows and of each, forward and backward."""

    def every(x, dy, offsets, degrees):
        y, back = f.sequences(x, offsets=offsets, temperature=degrees), f.sequences.backward
        return (
            y, f.sequences(x, offsets=offsets, softcap=2.0, axis=1),
            f.sequences(x, offsets=offsets, softcap=1.5, temperature=degrees[0]),
            back(dy, y=y, offsets=offsets, temperature=degrees),
            back(dy, x=x, offsets=offsets, temperature=0.5, axis=1),
            back(dy, x=x, offsets=offsets, softcap=2.0),
            back(dy, x=x, offsets=offsets, softcap=1.5, temperature=degrees, axis=0),
            back(dy[0, 0], x=x[0, 0], offsets=offsets, softcap=0.5),
        )  # fmt: skip

    x, dy = RNG.normal(size=(2, 9, 9, 9)).astype(DTYPES[FAMILY.index(f) % 3])
    given = x, dy, np.array([0, 2, 2, 9]), RNG.random((9, 9)) + 0.5
    inside = numba.njit(every)
    assert_same(inside(*given), every(*given))
    assert python_calls(inside, *given) == 0


def test_wrong_sequences_raise_as_outside():
    @numba.njit
    def inside(x, offsets, temperature):
        return fa.softmax.sequences(x, offsets=offsets, temperature=temperature)

    x = np.arange(5.0)
    for wrong, message in (([0, 4], "run from 0 to 5"), ([0, 3, 2, 5], "must ascend")):
        with pytest.raises(ValueError, match=message):
            inside(x, np.array(wrong), 1.0)
    with pytest.raises(ValueError, match="temperature must be positive"):
        inside(x, np.array([0, 5]), -1.0)
    assert inside(np.ones(0), np.array([0]), 1.0).shape == (0,)


def test_out():
    """`out` of a fitting dtype is the loop's; in place and in another dtype NumPy's rules hold."""

    @numba.njit
    def into(x, out):
        return fa.softmax(x, axis=0, out=out)

    x, _ = data("float32")
    wanted = fa.softmax(x, axis=0)
    out = np.empty_like(wanted)
    assert_same(into(x, out), wanted)
    assert_same(out, wanted)
    for dtype in "f2", "f8":
        other = np.empty(x.shape, dtype)
        assert_same(into(x, other), fa.softmax(x, axis=0, out=np.empty(x.shape, dtype)))
        assert python_calls(into, x, other) == 0
    same = x.copy()
    into(same, same)
    assert_same(same, wanted)
    with pytest.raises(ValueError):  # noqa: PT011  # the message is NumPy's
        into(x, np.empty((1, 2, 3), "f4"))


def test_wrong_values_raise_as_outside():
    @numba.njit
    def at(x, t):
        return fa.softmax(x, axis=2, temperature=t)

    @numba.njit
    def far(x):
        return fa.softmax(x, axis=3)

    with pytest.raises(ValueError, match="temperature must be positive and finite, got -1"):
        at(np.ones((1, 2, 3)), -1.0)
    with pytest.raises(np.exceptions.AxisError):
        far(np.ones((1, 2, 3)))
    with pytest.raises(ValueError, match="must have an element"):
        numba.njit(lambda x: fa.softmax(x, where=x > 0, empty="raise"))(-np.ones(3))


def test_a_bool_is_no_number():
    """As outside, where these are a TypeError."""
    x, labels = np.ones((2, 3)), np.array([0, 1])
    for name, call in (
        ("temperature", lambda x, _, b: fa.softmax(x, temperature=b)),
        ("softcap", lambda x, _, b: fa.softmax.jacobian(x[0], softcap=b)),
        ("temperature", lambda x, t, b: fa.softmax.sequences(x[0], offsets=t, temperature=b)),
        ("label_smoothing", lambda x, t, b: fa.softmax_cross_entropy(x, t, label_smoothing=b)),
        ("gamma", lambda x, _, b: fa.focal(x, x, gamma=b)),
    ):
        with pytest.raises(numba.TypingError, match=rf"{name} must be a number, got bool"):
            numba.njit(call)(x, labels, True)


# Calls with a row and `given`, which is ", out=out" or nothing; the sums give a number.
ROW_CALLS = [
    "f(x{})", "f(x, softcap=2.0{})", "f(x, empty='uniform', inf='nan'{})", "f(x, where=mask{})",
    "f(x, temperature=2.0{})", "f(x, lengths=7{})", "f(n{})",
    "f(x, axis=None{})", "f(x, axis=axis{})", "f(x, axis=(0,){})", "f.backward(x, y=x{})",
    "f.backward(x, x=x{})", "f.jvp(x, y=x{})", "f.jvp(x, x=x{})",
    "f.backward(dy, x=x, where=mask{})",
    "f.backward(dy, x=x, temperature=2.0{})", "f.jvp(dy, x=x, lengths=7{})",
]  # fmt: skip
SUM_CALLS = ["f(x)", "f(x, axis=None)", "f(x, where=mask)", "f(n)"]
SHORT = 500  # elements that scratch memory has room for on the stack


def asked(text, f, n):
    """How often a call with rows of n elements asks for memory, beside the call of a function."""
    names, row = "x, dy, n, mask, axis, out", RNG.normal(size=n)
    given = row, row + 1.0, np.arange(n), row > 0, 0, np.empty(n)
    nothing = allocations(eval(f"lambda {names}: None"), *given)
    return allocations(eval(f"lambda {names}: ({text})", {"f": f}), *given) - nothing


def records(*columns):
    """Records without gaps, in which no column's elements are whole elements apart."""
    made = np.zeros(
        columns[0].shape, [("gap", "i1"), *((f"c{k}", c.dtype) for k, c in enumerate(columns))]
    )
    for k, column in enumerate(columns):
        made[f"c{k}"] = column
    return made


@family
def test_columns_of_packed_records(f):
    """As arguments, of which Numba does not know it, and as columns of records."""

    def every(x, dy, r):
        return (
            f(x), f(r["c0"], axis=0), f(x, temperature=2.0), f.backward(dy, x=x),
            f.jvp(r["c1"], y=dy), f.jacobian(x[0]), f.sequences(x, offsets=np.array([0, 3, 10])),
        )  # fmt: skip

    dtype = DTYPES[FAMILY.index(f) % 2 + 1]
    r = records(*(RNG.normal(size=(3, 10)).astype(dtype) for _ in range(2)))
    assert_inside_as_outside(numba, every, r["c0"], r["c1"], r)

    @numba.njit
    def into(x, r, out):
        f(x, out=r["c0"])
        f(x, axis=0, out=out)

    x, wanted = np.ascontiguousarray(r["c1"]), r.copy()
    wanted["c0"], wanted["c1"] = f(x), f(x, axis=0)
    into(x, r, r["c1"])
    assert r.tobytes() == wanted.tobytes()


def test_sums_and_losses_of_packed_records():
    def every(x, labels):
        return (
            fa.logsumexp(x), fa.logmeanexp(x, axis=0), fa.logsumexp.backward(x[0], x=x, axis=0),
            fa.softmax_cross_entropy(x, labels), fa.nll.value_and_grad(x, labels),
            fa.softmax_cross_entropy.value_and_grad(x, labels, label_smoothing=0.1)[1],
        )  # fmt: skip

    r = records(RNG.normal(size=(3, 5)), np.array([[1], [0], [4]]) + np.zeros((3, 5), int))
    assert_inside_as_outside(numba, every, r["c0"], r["c1"][:, 0])


@family
def test_a_row_costs_its_result_alone(f):
    """Not even a call with `out` that goes through the input, or in place."""
    n = 10_000
    texts = ROW_CALLS if f is fa.softmax else ROW_CALLS[1::4]
    assert asked(", ".join(t.format("") for t in texts), f, n) == len(texts)
    assert asked(", ".join(t.format(", out=out") for t in texts), f, n) == 0
    assert asked("f(x, out=x), f.backward(dy, y=x, out=dy)", f, n) == 0


@sums
def test_a_sum_of_a_row_costs_nothing(f):
    """But for one array if a long row has a mask or is of integers."""
    texts = SUM_CALLS if f is fa.logsumexp else SUM_CALLS[:2]
    assert asked(", ".join(texts), f, SHORT) == 0
    assert asked(", ".join(texts), f, 10_000) == len(texts[2:])


def test_a_gradient_in_place_costs_one_array_if_the_row_is_long():
    """The output that it needs has no place in the result, which is the vector."""
    assert asked("f.backward(dy, x=x, out=dy)", fa.softmax, SHORT) == 0
    assert asked("f.backward(dy, x=x, out=dy)", fa.softmax, 10_000) == 1


@pytest.mark.parametrize("x", [1.5, np.array(2.5, "f4")], ids=repr)
def test_a_number_is_a_row_of_one_element(x):
    def every(x):
        return (
            fa.softmax(x), fa.softmin(x, axis=0), fa.softmax_off_by_one(x, temperature=0.5),
            fa.log_softmax(x, axis=None), fa.softmax.backward(x, y=x), fa.softmax.backward(x, x=x),
            fa.logsumexp(x), fa.logsumexp(x, keepdims=True), fa.logsumexp.backward(x, x=x),
            fa.softmax(x, where=False),
        )  # fmt: skip

    assert_inside_as_outside(numba, every, x)


def test_integers_and_several_threads():
    assert_inside_as_outside(numba, lambda x: fa.softmax(x), np.arange(12).reshape(3, 4))
    x = RNG.normal(size=(300, 1000)).astype("f4")
    assert_inside_as_outside(numba, lambda x: (fa.softmax(x), fa.softmax(x, axis=0)), x)
