"""Functions along an axis inside compiled code have the bits, arguments and errors of outside."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa
from fastact.catalogue import of_kind
from tests.in_njit.support import allocations, assert_inside_as_outside, assert_same
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


def test_weights_and_sign():
    def every(x, b):
        return fa.logsumexp(x, b=b), fa.logsumexp(x, b=b, axis=0, return_sign=True)

    assert_inside_as_outside(numba, every, RNG.normal(size=(5, 4)), RNG.normal(size=(5, 4)))


def test_rare_options():
    """What the function itself computes, with the same arguments."""

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


def test_sequences():
    def every(x, dy, offsets):
        y = fa.softmax.sequences(x, offsets=offsets)
        return (
            y, fa.softmax.sequences(x, offsets=offsets, temperature=2.0),
            fa.softmax.sequences.backward(dy, y=y, offsets=offsets),
        )  # fmt: skip

    assert_inside_as_outside(
        numba, every, RNG.normal(size=9), RNG.normal(size=9), np.array([0, 2, 2, 9])
    )


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
    wide = np.empty(x.shape)
    assert_same(into(x, wide), fa.softmax(x, axis=0, out=np.empty(x.shape)))
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


def test_a_row_costs_its_result_alone():
    x, out = np.ones(100), np.empty(100)
    handed = allocations(lambda x, out: None, x, out)
    for f in (fa.softmax, fa.softmin, fa.sparsemax):
        assert allocations(lambda x, out, f=f: f(x), x, out) == handed + 1, f
        assert allocations(lambda x, out, f=f: f(x, out=out), x, out) == handed, f
    assert allocations(lambda x, out: fa.logsumexp(x), x, out) == handed
    assert allocations(lambda x, out: fa.softmax.backward(x, y=x), x, out) == handed + 1


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
