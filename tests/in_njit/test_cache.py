"""Numba's cache of users' functions: kept across processes, and never stale."""

from __future__ import annotations

import shutil

import pytest

from tests.conftest import PACKAGE

pytest.importorskip("numba", reason="Numba does not support this Python yet")

OWN = """
import fastact as fa

@fa.activation(derivative=lambda x: 3 * x**2)
def cube(x):
    return x * x * x

steep, gated = fa.elu.with_params(alpha=2.0), fa.swiglu.with_params(beta=2.0)
several = steep, (fa.softplus.with_params(beta=2.0), fa.celu.with_params(alpha=2.0))
"""
USER = """
from numba import carray, cfunc, guvectorize, njit, prange, types
from fastact import sigmoid
import fastact as fa
from own import cube, gated, several, steep
import own


@njit(cache=True)
def leak(v):
    return sigmoid(v) + sigmoid.derivative(v)


@njit(cache=True)
def through_the_module(v):
    return fa.sigmoid(v) * fa.tanh(v)


@njit(cache=True)
def of_rows(v, labels):
    return fa.softmax(v), fa.softmax_cross_entropy.value_and_grad(v, labels)


@njit(cache=True)
def in_python(v):
    return fa.softmax(v, softcap=3.0)


@njit(cache=True)
def by_parameters(v, weight):
    return fa.prelu.backward_params(v, x=v, weight=weight)


@njit(cache=True)
def inner(v):
    return fa.gelu(v)


@njit(cache=True)
def outer(v):
    return inner(v) + 1


@njit(cache=True)
def of_own(v):
    return cube(v) + cube.derivative(v)


@njit(cache=True)
def of_expressions(v):
    return own.steep(v), gated(v), fa.squared_error(v, v, steep)


@njit(cache=True)
def of_gates(v):
    return gated.split(v, 0.5)


@njit(cache=True)
def of_tuples(v):
    return several[1][1](v) + own.several[1][0](v)


@njit(cache=True, parallel=True)
def expressions_in_threads(v, y):
    for i in prange(v.size):
        y[i] = steep(v[i])


@njit(cache=True)
def handed(f, v):
    return f(v)


@njit(cache=True, parallel=True)
def in_threads(v, y):
    for i in prange(v.shape[0]):
        y[i] = cube(v[i, 0]) + fa.softmax(v[i], softcap=3.0)


@guvectorize(["f8[:],f8[:]"], "(n)->(n)", cache=True)
def generalized(v, y):
    for i in range(v.size):
        y[i] = cube(v[i])


@cfunc(types.float64(types.CPointer(types.float64), types.int64), cache=True)
def callback(pointer, n):
    return fa.softmax(carray(pointer, (n,)), softcap=3.0)[0] + cube(pointer[0])
"""
CHECK = """
import gc
import numpy as np
import fastact as fa
import user

x = np.linspace(-9, 9, 77)
def check(got, wanted):
    assert np.asarray(got).tobytes() == np.asarray(wanted).tobytes()

check(user.leak(x), fa.sigmoid(x) + fa.sigmoid.derivative(x))
check(user.leak(x[5]), fa.sigmoid(x[5]) + fa.sigmoid.derivative(x[5]))
check(user.through_the_module(x), fa.sigmoid(x) * fa.tanh(x))
rows = x.reshape(7, 11)
y, (loss, gradient) = user.of_rows(rows, np.arange(7))
check(y, fa.softmax(rows))
check(gradient, fa.softmax_cross_entropy.value_and_grad(rows, np.arange(7))[1])
check(user.in_python(rows), fa.softmax(rows, softcap=3.0))
wanted = fa.prelu.backward_params(x, x=x, weight=x)
check(user.by_parameters(x, x)["weight"], wanted["weight"])
check(user.outer(x), fa.gelu(x) + 1)
check(user.of_own(x), user.cube(x) + user.cube.derivative(x))
check(user.of_own(2.0), user.cube(2.0) + user.cube.derivative(2.0))
steep, even = user.steep, x[:76]
for got, wanted in zip(
    user.of_expressions(even), (steep(even), user.gated(even), fa.squared_error(even, even, steep))
):
    check(got, wanted)
check(user.of_gates(0.75), user.gated.split(0.75, 0.5))
check(user.of_tuples(x), user.several[1][1](x) + user.several[1][0](x))
y = np.empty_like(x)
user.expressions_in_threads(x, y)
check(y, steep(x))
check(user.handed(fa.relu, x), fa.relu(x))
check(user.handed(user.cube, x), user.cube(x))
check(user.generalized(x), user.cube(x))
gc.collect()
pointer = x.ctypes.data_as(user.callback.ctypes.argtypes[0])
check(user.callback.ctypes(pointer, 77), fa.softmax(x, softcap=3.0)[0] + user.cube(x[0]))
y = np.empty_like(rows)
user.in_threads(rows, y)
check(y, user.cube(rows[:, :1]) + fa.softmax(rows, softcap=3.0))
functions = (
    "leak", "through_the_module", "of_rows", "in_python", "by_parameters", "outer", "of_own",
    "handed", "in_threads", "of_expressions", "of_gates", "of_tuples", "expressions_in_threads",
)
for name in functions:
    stats = getattr(user, name).stats
    print(name, sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""
CALLS = {"leak": 2, "of_own": 2, "handed": 2}
NAMES = (
    "leak", "through_the_module", "of_rows", "in_python", "by_parameters", "outer", "of_own",
    "handed", "in_threads", "of_expressions", "of_gates", "of_tuples", "expressions_in_threads",
)  # fmt: skip


@pytest.fixture
def project(python, tmp_path):
    """A user's package: runs the check, and returns hits and misses by function."""
    (tmp_path / "user.py").write_text(USER)
    (tmp_path / "own.py").write_text(OWN)

    def run(package=PACKAGE):
        found = python(
            CHECK,
            PYTHONPATH=f"{tmp_path}:{package.parent}",
            NUMBA_CACHE_DIR=str(tmp_path / "cache"),
        )
        lines = (line.split() for line in found.stdout.splitlines())
        return {name: (int(hits), int(misses)) for name, hits, misses in lines}

    return run


def test_kept_across_processes_and_never_stale(project, tmp_path):
    """Hits in another process; misses with another version, and of an activation that changed."""
    fresh = {name: (0, CALLS.get(name, 1)) for name in NAMES}
    kept = {name: (CALLS.get(name, 1), 0) for name in NAMES}
    assert project() == fresh
    assert project() == kept

    own = OWN.replace("x * x * x", "x * x * x + 0 * x")
    (tmp_path / "own.py").write_text(own)
    changed = kept | {"of_own": (0, 2), "handed": (1, 1), "in_threads": (0, 1)}
    assert project() == changed
    assert project() == kept

    (tmp_path / "own.py").write_text(own.replace("2.0", "3.0"))
    changed = ("of_expressions", "of_gates", "of_tuples", "expressions_in_threads")
    assert project() == kept | dict.fromkeys(changed, (0, 1))

    copy = tmp_path / "other" / "fastact"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / "numerics" / "tables.py").open("a") as file:
        file.write("\n# another version\n")
    assert project(copy) == fresh
    assert project(copy) == kept


LOCAL = """
import numba
import fastact as fa

def made(k):
    @fa.activation
    def scaled(x):
        return k * x
    return scaled

functions = made(2.0), made(3.0)

@numba.njit(cache=True)
def of_local(x):
    return functions[0](x) + functions[1](x)

print(of_local(1.0), sum(of_local.stats.cache_hits.values()))
"""


def test_an_activation_that_nothing_finds_is_compiled_again(python, tmp_path):
    """No name leads another process to a local activation: it does not get the code of another."""
    (tmp_path / "local.py").write_text(LOCAL)
    env = {"PYTHONPATH": f"{tmp_path}:{PACKAGE.parent}", "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    for _ in range(2):
        assert python("import local", **env).stdout.split() == ["5.0", "0"]


# ---------------------------------------------------------------- an empty store
FUNCTIONS = """
import numpy as np
from numba import njit
import fastact as fa

def outside(x, labels, lengths):
    loss, gradient = fa.softmax_cross_entropy.value_and_grad(x, labels, label_smoothing=0.1)
    y = fa.softmax(x, lengths=lengths)
    return loss, gradient, y, fa.softmax.backward(x, y=y, where=x < 1)

inside, own = njit(outside), njit(lambda x: min(x.size, 3))
given = np.eye(2, 3), np.array([1, 2]), np.array([3, 2])
"""
COMPARED = """
for a, b in zip(inside(*given), outside(*given), strict=True):
    assert np.array_equal(a, b)
"""


@pytest.mark.slow
@pytest.mark.parametrize("first", ["inside(*given)", "own(given[0])", "outside(*given)"])
def test_whatever_is_compiled_first(python, tmp_path, first):
    """Loops are compiled before, in or after a function of the user's, which needs all of Numba."""
    python(FUNCTIONS + first + COMPARED, FASTACT_CACHE_DIR=str(tmp_path / "store"))
