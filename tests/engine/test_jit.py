"""Inside users' own compiled code: the same bits as the ufuncs, cached, and vectorised by LLVM."""

from __future__ import annotations

import platform
import re

import numpy as np
import pytest

import fastact as fa
from tests.conftest import PACKAGE
from tests.support.checks import assert_same_bits
from tests.support.strategies import defaults, mixed, needed

numba = pytest.importorskip("numba", reason="Numba does not support this Python yet")
pytestmark = pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaWarning")

USER = """
from numba import njit
from fastact import sigmoid
import fastact as fa


@njit(cache=True)
def leak(v):
    return sigmoid(v) + sigmoid.derivative(v)


@njit(cache=True)
def through_the_module(v):
    return fa.sigmoid(v) * fa.tanh(v)
"""

CHECK = """
import sys
import numpy as np
import fastact as fa
from user import leak, through_the_module

for x in (np.linspace(-9, 9, 77), np.linspace(-9, 9, 77, dtype="f4")):
    wanted = fa.sigmoid(x) + fa.sigmoid.derivative(x)
    assert leak(x).tobytes() == wanted.tobytes()
    assert leak(x[5]) == wanted[5]
    assert type(leak(x[5])) is float or leak(x[5]).dtype == x.dtype
    assert through_the_module(x).tobytes() == (fa.sigmoid(x) * fa.tanh(x)).tobytes()
print(sum(leak.stats.cache_hits.values()), sum(leak.stats.cache_misses.values()))
"""


def test_as_the_readme_shows_it_and_cached(python, tmp_path):
    (tmp_path / "user.py").write_text(USER)
    env = {"PYTHONPATH": f"{tmp_path}:{PACKAGE.parent}", "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    hits, misses = python(CHECK, **env).stdout.split()
    assert (int(hits), int(misses)) == (0, 4)
    hits, misses = python(CHECK, **env).stdout.split()
    assert (int(hits), int(misses)) == (4, 0)


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
def test_arrays(f):
    params = tuple(needed(f).values())

    @numba.njit
    def both(x):
        return f(x, *params), f.derivative(x, *params)

    for dtype in ("float32", "float64"):
        x = mixed(dtype, 300).reshape(3, 100)
        for got, wanted in zip(both(x), (f(x, *params), f.derivative(x, *params)), strict=True):
            assert_same_bits(got, wanted)


@by_number_of_parameters
def test_vectorize(f):
    params = defaults(f, "float64")

    @numba.vectorize(["f4(f4)", "f8(f8)"])
    def through(v):
        return f(v, *params)

    for dtype in ("float32", "float64"):
        with np.errstate(all="ignore"):  # Numba's own loop shows the flags that ours restores
            got = through(mixed(dtype, 300))
        assert_same_bits(got, f(mixed(dtype, 300), *params))


def test_parameters_by_name():
    @numba.njit
    def steep(x):
        return fa.leaky_relu(x, negative_slope=0.25)

    assert steep(-2.0) == -0.5
