"""Members that give more than an array: gradients by parameters, and masks of bits."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa
from tests.conftest import ACTIVATIONS
from tests.in_njit.support import allocations, assert_same, python_calls
from tests.support.strategies import DTYPES, mixed

numba = pytest.importorskip("numba", reason="Numba does not support this Python yet")
pytestmark = pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaWarning")

RNG = np.random.default_rng(19)
WITH_PARAMETERS = [f for f in ACTIVATIONS if f._partials]
WITH_MASKS = [f for f in ACTIVATIONS if f.declaration.masked is not None]
by_name = {"ids": lambda f: f.name}


def data(dtype):
    """An array with strides of its own, whose elements are not a whole number of words."""
    x = mixed(dtype, 2 * 3 * 37).reshape(3, 74)[:, ::2]
    return x, np.random.default_rng(19).normal(size=x.shape).astype(dtype)


def written(text, f):
    """A function of `x`, `dy` and `p`: Numba takes keywords only if they are written out."""
    return eval(f"lambda x, dy, p: {text}", {"f": f})


def named(params):
    """Parameters by name, each its typical value."""
    return "".join(f", {p.name}={p.typical!r}" for p in params)


def dtype_of(f, functions):
    """One dtype for each function by its place: each costs a second of compiling."""
    return DTYPES[functions.index(f) % len(DTYPES)]


@pytest.mark.parametrize("f", WITH_PARAMETERS, **by_name)
def test_gradients_by_parameters(f):
    """Of numbers, with one number for all and for each column; inside they are a dict too."""
    x, dy = data(dtype_of(f, WITH_PARAMETERS))
    first, *_ = f._partials
    numbers = named(f.params)
    columns, rows = (
        f", {first}={each}" + named(p for p in f.params if p.name != first)
        for each in ("p", "p[:3].reshape(3, 1)")
    )
    every = written(
        f"(f.backward_params(dy, x=x{numbers}), f.backward_params(dy, x=x{columns}), "
        f"f.backward_params(dy, x=x[:1]{rows}), f.backward_params(2.0, x=x[0]{rows}), "
        f"f.backward_params(dy, x=x{numbers})['{first}'], "
        f"f.backward_params(dy[0, 0], x=x[1, 2]{numbers}))",
        f,
    )
    (typical,) = (p.typical for p in f.params if p.name == first)
    given, inside = (x, dy, np.full(37, typical, x.dtype)), numba.njit(every)
    assert_same(inside(*given), every(*given))
    ruled = bool(f.declaration.requires)  # of arrays, rules are for Python
    assert python_calls(inside, *given) == 3 * ruled


def test_gradients_by_parameters_of_images():
    """Sums over axes that are no run; each gradient is one array, and one is on the stack."""

    def every(x, dy, w):
        return fa.prelu.backward_params(dy, x=x, weight=w)["weight"]

    x, dy = RNG.normal(size=(2, 3, 5, 4, 6)).astype("f4")
    w, inside = np.full((5, 1, 1), 0.25, "f4"), numba.njit(every)
    for change in (np.ascontiguousarray, np.asfortranarray):
        given = change(x), change(dy), w
        assert_same(inside(*given), every(*given))
        assert python_calls(inside, *given) == 0
    nothing = allocations(lambda x, dy, w: None, x, dy, w)
    assert allocations(every, x, dy, w) == nothing + 1


@pytest.mark.parametrize("f", WITH_MASKS, **by_name)
def test_masks(f):
    x, dy = data(dtype_of(f, WITH_MASKS))
    values = named(f.params)
    used = named(p for p in f.params if p.name in f.forward_with_mask._used)
    every = written(
        f"(f.forward_with_mask(x{values}), f.forward_with_mask(x[0, :32]{values}), "
        f"f.forward_with_mask(x[:0]{values}), f.forward_with_mask(x[0, 0]{values}), "
        f"f.backward(dy, mask=f.forward_with_mask(x{values})[1]{used}))",
        f,
    )
    inside = numba.njit(every)
    assert_same(inside(x, dy, None), every(x, dy, None))
    assert python_calls(inside, x, dy, None) == 1  # that of a number


def test_masks_with_parameters_that_are_arrays():
    """For each column and element; those of a rule, and numbers that only a call tells."""

    def every(x, dy, p):
        mask = fa.prelu.forward_with_mask(x, p)[1]
        return (
            mask, fa.prelu.forward_with_mask(x.T, dy.T), fa.relu.forward_with_mask(x.T),
            fa.prelu.backward(dy, mask=mask, weight=p), fa.prelu.backward(dy, mask=mask, weight=dy),
            fa.leaky_relu.backward(dy, mask=mask, negative_slope=p[0]),
        )  # fmt: skip

    x, dy = data("float64")
    inside, given = numba.njit(every), (x, dy, np.linspace(0.1, 0.9, 37))
    assert_same(inside(*given), every(*given))
    assert python_calls(inside, *given) == 0


def test_a_loop_sums_the_gradients_of_numbers():
    """No array is made of what a loop adds up."""

    @numba.njit
    def total(x, dy, weight):
        found = 0.0
        for i in range(x.size):
            found += fa.prelu.backward_params(dy[i], x=x[i], weight=weight)["weight"]
        return found

    x, dy = np.linspace(-3, 3, 50), np.arange(50.0)
    wanted = fa.prelu.backward_params(dy, x=x, weight=0.25)["weight"]
    assert total(x, dy, 0.25) == pytest.approx(wanted, rel=1e-14)


def test_into_arrays():
    """With `out`, which may be the input."""

    @numba.njit
    def step(x, dy, out):
        y, mask = fa.relu.forward_with_mask(x, out=x)
        return y, mask, fa.relu.backward(dy, mask=mask, out=out)

    x, dy = (np.ascontiguousarray(a) for a in data("float32"))
    y, mask = fa.relu.forward_with_mask(x)
    wanted, out = fa.relu.backward(dy, mask=mask), np.empty_like(x)
    found = x.copy()
    assert_same(step(found, dy, out), (y, mask, wanted))
    assert_same((found, out), (y, wanted))
    assert python_calls(step, found, dy, out) == 0
    other = np.empty((3, 74), "f2")[:, ::2]
    wanted = fa.relu.backward(dy, mask=fa.relu.forward_with_mask(y)[1], out=other.copy())
    assert_same(step(y.copy(), dy, other)[2], wanted)
    handed = allocations(lambda x, dy, out: None, found, dy, out)
    assert allocations(step.py_func, found, dy, out) == handed + 1  # the mask


def test_wrong_values_raise_as_outside():
    @numba.njit
    def back(dy, mask):
        return fa.relu.backward(dy, mask=mask)

    with pytest.raises(ValueError, match=r"relu.backward\(\): mask must be of shape \(1,\)"):
        back(np.ones(5), np.zeros(2, np.uint8))
    with pytest.raises(ValueError, match=r"softplus\(\): needs beta > 0"):
        numba.njit(lambda x, b: fa.softplus.backward_params(x, x=x, beta=b))(np.ones(3), -1.0)
