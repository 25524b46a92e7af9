"""Numbers inside compiled code: the bits of the ufuncs, in loops that LLVM vectorises."""

from __future__ import annotations

import platform
import re

import numpy as np
import pytest

import fastact as fa
from tests.in_njit.support import assert_same
from tests.support.checks import assert_same_bits
from tests.support.strategies import DTYPES, defaults, mixed

numba = pytest.importorskip("numba", reason="Numba does not support this Python yet")
pytestmark = pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaWarning")


def loop_over(f, params):
    """A user's loop over scalars that calls `f` and its derivative."""

    @numba.njit
    def loop(x, y, d):
        for i in range(x.size):
            y[i] = f(x[i], *params)
            d[i] = f.derivative(x[i], *params)

    return loop


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scalars_in_a_loop(f, dtype):
    """Bit for bit the ufuncs, and vectorised."""
    x = mixed(dtype, 999)
    params = tuple(map(np.dtype(dtype).type, defaults(f, dtype)))
    loop, y, d = loop_over(f, params), np.empty_like(x), np.empty_like(x)
    loop(x, y, d)
    assert_same_bits(y, f(x, *params))
    assert_same_bits(d, f.derivative(x, *params))
    assert vectorised(loop), f"{f.name}: no vector instruction in the loop"


def vectorised(dispatcher):
    (signature,) = dispatcher.signatures
    if platform.machine() == "x86_64":
        return re.search(
            r"%[xyz]mm\d+.*[yz]mm|p[ds]\s+.*%[yz]mm", dispatcher.inspect_asm(signature)
        )
    return re.search(r"<\d+ x (float|double)>", dispatcher.inspect_llvm(signature))


# Around the scalar function, which is compiled for every activation above, only the number of
# arguments matters.
NUMBERS = {len(f.params): f for f in reversed(fa.activations.values())}
by_number_of_parameters = pytest.mark.parametrize("f", NUMBERS.values(), ids=lambda f: f.name)


@by_number_of_parameters
def test_every_member(f):
    """The gradient and both at once, of float16 too, whose numbers Numba has no arithmetic for."""
    params = defaults(f, "float16")
    names = "".join(f", {p.name}={v!r}" for p, v in zip(f.params, params, strict=True))
    source = (
        "def loop(x, y, d, g):\n"
        " for i in range(x.size):\n"
        f"  y[i], d[i] = f.value_and_derivative(x[i]{names})\n"
        f"  g[i] = f.backward(x[0], x=x[i]{names})\n"
    )
    space = {"f": f}
    exec(source, space)
    loop = numba.njit(space["loop"])
    for dtype in DTYPES:
        x = mixed(dtype, 300)
        y, d, g = (np.empty_like(x) for _ in range(3))
        loop(x, y, d, g)
        assert_same_bits(y, f(x, *params))
        assert_same_bits(d, f.derivative(x, *params))
        assert_same_bits(
            g, f.backward(x[0], x=x, **dict(zip([p.name for p in f.params], params, strict=True)))
        )


def test_integers_and_bool_are_float64():
    for value in (3, True, np.int8(3), np.uint64(3)):
        assert_same(numba.njit(lambda v: fa.tanh(v))(value), fa.tanh(value))


def test_a_float32_stays_one():
    """As outside: the data decide, and a Python number as a parameter has no say."""
    x = np.ones(2, "f4")

    @numba.njit
    def first(x):
        y = np.empty_like(x)
        y[0], y[1] = fa.elu(-x[0], 0.3), fa.sigmoid(x[0])
        return y

    assert_same(first(x), np.array([fa.elu(-x[0], 0.3), fa.sigmoid(x[0])]))
