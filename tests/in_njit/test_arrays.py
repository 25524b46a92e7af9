"""Arrays inside compiled code: every function of every activation has the bits it has outside."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa
from tests.conftest import ACTIVATIONS, PROFILE
from tests.in_njit.support import (
    allocations,
    assert_inside_as_outside,
    assert_same,
    python_calls,
)
from tests.support.strategies import DTYPES, mixed

numba = pytest.importorskip("numba", reason="Numba does not support this Python yet")
pytestmark = pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaWarning")

RNG = np.random.default_rng(14)
NAMES = list(fa.activations)


def in_turn(f):
    """One dtype for each activation by its place, or all: each costs a second of compiling."""
    return DTYPES if PROFILE == "long" else [DTYPES[NAMES.index(f.name) % len(DTYPES)]]


def data(dtype, shape=(3, 8, 7)):
    """An array with strides of its own, and a contiguous one of the same shape."""
    apart = mixed(dtype, 2 * int(np.prod(shape))).reshape(*shape[:-1], 2 * shape[-1])
    return apart[::-1, :, ::2], RNG.normal(size=shape).astype(dtype)


def written(text, **names):
    """A function of `x` and `dy`: Numba takes keywords only if they are written out."""
    return eval(f"lambda x, dy: {text}", names)


def keywords(f):
    return "".join(f", {p.name}={p.typical!r}" for p in f.params)


PAIRS = [(f, dtype) for f in ACTIVATIONS for dtype in in_turn(f)]


@pytest.mark.parametrize(("f", "dtype"), PAIRS, ids=str)
def test_every_function(f, dtype):
    named = keywords(f)
    calls = [
        f"f(x{named})", f"f.derivative(dy{named})", f"f.second_derivative(x{named})",
        f"f.value_and_derivative(dy{named})", f"f.backward(dy, x=x{named})",
    ]  # fmt: skip
    if f.from_output:
        calls.append(f"f.backward(dy, y=f(x{named}){named})")
    assert_inside_as_outside(numba, written(f"({', '.join(calls)})", f=f), *data(dtype))


# Around the kernels, which are compiled for every activation above, only the number of arguments
# matters.
NUMBERS = {len(f.params): f for f in reversed(fa.activations.values())}
by_number_of_parameters = pytest.mark.parametrize("f", NUMBERS.values(), ids=lambda f: f.name)


@by_number_of_parameters
@pytest.mark.parametrize("dtype", DTYPES)
def test_out(f, dtype):
    """Into an array, which is returned; it may be the input."""
    into = numba.njit(written(f"f(x{keywords(f)}, out=dy)", f=f))
    x, _ = data(dtype)
    wanted, out = f(x, *(p.typical for p in f.params)), np.empty(x.shape[::-1], dtype).T
    assert_same(into(x, out), wanted)
    assert_same(out, wanted)
    same = x.copy()
    into(same, same)
    assert_same(same, wanted)


def test_out_that_overlaps_or_does_not_fit():
    """What no loop may be given goes the way of NumPy: a copy, or its error."""

    @numba.njit
    def into(x, out):
        return fa.tanh(x, out=out)

    x = np.linspace(-3, 3, 500)
    shifted = x.copy()
    into(shifted[1:], shifted[:-1])
    assert_same(shifted[:-1], fa.tanh(x)[1:])
    backwards = x.copy()
    into(backwards[::-1], backwards)
    assert_same(backwards, fa.tanh(x)[::-1])
    with pytest.raises(ValueError, match=r"out must be of shape \(500,\), got \(499,\)"):
        into(x, np.empty(499))
    other = np.empty(500, "f4")
    assert_same(into(x.astype("f2"), other), fa.tanh(x.astype("f2"), out=np.empty(500, "f4")))
    assert_same(into(x, other), fa.tanh(x, out=np.empty(500, "f4")))
    assert python_calls(into, x, other) == 0
    fixed = np.empty(500)
    fixed.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        into(x, fixed)


def test_pair_of_outs():
    @numba.njit
    def both(x, value, slope):
        return fa.gelu.value_and_derivative(x, out=(value, slope))

    x, _ = data("float32")
    value, slope = np.empty_like(x), np.empty(x.shape, "f4")
    assert_same(both(x, value, slope), fa.gelu.value_and_derivative(x))
    assert_same((value, slope), fa.gelu.value_and_derivative(x))


@pytest.mark.parametrize("shape", [(), (0,), (1,), (5, 0, 2), (1, 1), (2, 1, 3), (70000,)], ids=str)
def test_shapes(shape):
    """Empty arrays, axes of one, none, and enough elements for several threads."""
    x = RNG.normal(size=shape)
    assert_inside_as_outside(numba, lambda x: fa.sigmoid(x), x)


@pytest.mark.parametrize("kind", ["i1", "u8", "i8", "?"])
def test_integers(kind):
    """As outside: float64 for one array, NumPy's rules for several."""
    x, dy = np.arange(6).astype(kind), RNG.normal(size=6).astype("f4")
    assert_inside_as_outside(
        numba, lambda x, dy: (fa.sigmoid(x), fa.elu(x), fa.tanh.backward(dy, x=x)), x, dy
    )


def test_broadcast():
    """Data and parameters with axes of one, without axes, and numbers."""
    x, dy = RNG.normal(size=(4, 1, 5)), RNG.normal(size=(3, 1))
    weight = RNG.random(5)
    assert_inside_as_outside(
        numba,
        lambda x, dy, w: (fa.prelu(x, w), fa.tanh.backward(dy, x=x), fa.gelu.backward(1.0, x=x)),
        x, dy, weight,
    )  # fmt: skip

    @numba.njit
    def wrong(x, dy):
        return fa.tanh.backward(dy, x=x)

    with pytest.raises(ValueError, match="broadcast"):
        wrong(x, RNG.normal(size=(7, 4)))


def test_mixed_dtypes_follow_numpy():
    x = RNG.normal(size=9)
    for one, other in (("f2", "f4"), ("f4", "f8"), ("f2", "f8"), ("f2", "i2")):
        assert_inside_as_outside(
            numba, lambda x, dy: fa.tanh.backward(dy, x=x), x.astype(one), x.astype(other)
        )


def test_where():
    """A mask of the shape of the result, one that broadcasts, and one that does not."""

    @numba.njit
    def chosen(x, mask, out):
        return fa.sigmoid(x, out=out, where=mask)

    x = RNG.normal(size=(4, 5))
    for mask in (x > 0, x[0] > 0, np.array(True), x[:, :1] > 0, True, False):
        out = np.zeros((5, 4)).T
        assert_same(chosen(x, mask, out), fa.sigmoid(x, out=np.zeros((4, 5)), where=mask))
        assert python_calls(chosen, x, mask, out) == 0
    with pytest.raises(ValueError, match="broadcast"):
        chosen(x, x[:, :2] > 0, np.zeros((4, 5)))

    @numba.njit
    def both(x, mask, one, other):
        return fa.gelu.value_and_derivative(x, out=(one, other), where=mask)

    found, wanted = ((np.zeros(5, "f4"), np.ones(5, "f4")) for _ in range(2))
    x = x[0].astype("f4")
    fa.gelu.value_and_derivative(x, out=wanted, where=x > 0)
    assert_same(both(x, x > 0, *found), wanted)


def test_dtype_of_python():
    assert_inside_as_outside(numba, lambda x: fa.gelu(x, dtype=float), np.ones(3, "f4"))


def test_dtype():
    """That of the loop, as a type of NumPy's, a dtype, or its name."""
    half = np.dtype("f2")

    def every(x, dy):
        return (
            fa.tanh(x, dtype=np.float32), fa.elu.derivative(dy, 1.0, dtype="float64"),
            fa.gelu(x, dtype=half), fa.gelu(x[0], dtype=half), fa.silu(2, dtype=np.float32),
        )  # fmt: skip

    assert_inside_as_outside(numba, every, RNG.normal(size=(2, 3)), np.ones(4, "f4"))


@pytest.mark.parametrize(("name", "value"), [("celu", -1.0), ("softplus", np.nan)])
def test_parameters_are_checked(name, value):
    """Wrong values raise as outside, whether of numbers or beside arrays."""
    f = getattr(fa, name)

    @numba.njit
    def called(x, parameter):
        return f(x, parameter)

    for x in (np.ones(3), 1.0):
        with pytest.raises(ValueError, match=f"{name}.*needs .* > 0"):
            called(x, value)
        assert_same(called(x, 2.0), f(x, 2.0))
    parameters = np.array([1.0, value, 2.0])
    with pytest.raises(ValueError, match=f"{name}.*needs .* > 0"):
        called(np.ones(3), parameters)


def test_an_array_costs_its_result_alone():
    """With `out` nothing is allocated, without it the result."""
    x, out = np.ones((100, 3)), np.empty((100, 3))
    handed = allocations(lambda x, out: None, x, out)  # each argument has a record
    assert allocations(lambda x, out: fa.gelu(x), x, out) == handed + 1
    assert allocations(lambda x, out: fa.gelu(x, out=out), x, out) == handed
    assert allocations(lambda x, out: fa.gelu.backward(x, x=x, out=out), x, out) == handed
