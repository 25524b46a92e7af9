"""Where else compiled code stands: arguments, fields, threads, callbacks, other decorators."""

from __future__ import annotations

import operator
import sys
from pathlib import Path

import numpy as np
import pytest

import fastact as fa
from fastact.catalogue import catalogue
from tests.in_njit.support import assert_same, members

numba = pytest.importorskip("numba", reason="Numba does not support this Python yet")
pytestmark = pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaWarning")

ROOT = Path(__file__).parents[2]
X = np.linspace(-4, 4, 301)
ROWS = X[:300].reshape(20, 15)


@numba.njit
def applied(f, x):
    return f(x) + f.derivative(x)


def test_argument():
    """Each activation is a type: one caller is compiled for each, own ones too."""
    own = fa.identity * fa.sigmoid
    for f in (fa.relu, fa.tanh, own):
        assert_same(applied(f, X), f(X) + f.derivative(X))
    assert len(applied.signatures) == 3
    assert numba.njit(lambda f: f)(fa.gelu) is fa.gelu
    assert_same(numba.njit(lambda f, x: f(x))(fa.softmax, ROWS), fa.softmax(ROWS))


def test_default_argument_closure_and_tuple():
    @numba.njit
    def default(x, f=fa.silu):
        return f(x)

    def closed(f):
        return numba.njit(lambda x: f(x))

    @numba.njit
    def layers(fs, x):
        return fs[0](x) + fs[1](x)

    assert_same(default(X), fa.silu(X))
    assert_same(default(X, fa.relu), fa.relu(X))
    assert_same(closed(fa.elu)(X), fa.elu(X))
    assert_same(layers((fa.elu, fa.tanh), X), fa.elu(X) + fa.tanh(X))


def test_field_of_a_jitclass():
    spec = [("f", numba.typeof(fa.mish)), ("scale", numba.float64)]

    @numba.experimental.jitclass(spec)
    class Layer:
        def __init__(self, f, scale):
            self.f = f
            self.scale = scale

        def forward(self, x):
            return self.f(self.scale * x)

    assert_same(Layer(fa.mish, 2.0).forward(X), fa.mish(2.0 * X))


LABELS = np.arange(20) % 15
METHODS = [  # and what they are called with
    (fa.softmax_cross_entropy.value_and_grad, (ROWS, LABELS)),
    (fa.softmax.jacobian, (ROWS,)),
    (fa.relu.forward_with_mask, (X,)),
    (fa.gelu.value_and_derivative, (X,)),
    (fa.swiglu.split, (X, X)),
]


@pytest.mark.parametrize(("f", "arguments"), METHODS, ids=lambda v: getattr(v, "__name__", ""))
def test_bound_methods(f, arguments):
    """A member that is handed over alone: argument, default argument, closure, tuple and result."""

    @numba.njit
    def argument(f, arguments):
        return f(*arguments)

    @numba.njit
    def default(arguments, f=f):
        return f(*arguments)

    @numba.njit
    def tuples(fs, arguments):
        return fs[1](*arguments)

    wanted = f(*arguments)
    closure = numba.njit(lambda arguments: f(*arguments))
    assert_same(argument(f, arguments), wanted)
    assert_same(default(arguments), wanted)
    assert_same(closure(arguments), wanted)
    assert_same(tuples((fa.relu, f), arguments), wanted)
    assert numba.njit(lambda f: f)(f) == f


def test_every_member_has_a_type():
    """Of its own, by which compiled code tells it from all others."""
    found = [
        numba.typeof(operator.attrgetter(member)(entry.function) if member else entry.function)
        for entry in catalogue.values()
        for member in members(entry.function)
    ]
    assert len({*found}) == len(found) > 300


def test_types_before_anything_is_compiled(python):
    """Numba loads its extensions when it first compiles something: a jitclass has types before."""
    found = python(
        "import numba, fastact as fa; "
        "print(numba.typeof(fa.mish), numba.typeof(fa.softmax), numba.typeof(fa.gelu.backward))"
    )
    assert found.stdout.split() == ["fastact.mish", "fastact.softmax", "fastact.gelu.backward"]


FIRST = """
import inspect, operator, os, sys, numba, fastact as fa
from fastact.catalogue import catalogue
from tests.in_njit.support import members

seen = {}
for entry in catalogue.values():
    for name in members(entry.function):
        member = operator.attrgetter(name)(entry.function) if name else entry.function
        asked = member.__func__ if inspect.ismethod(member) else member
        kind = inspect.getattr_static(asked, "_numba_type_")
        seen[kind] = member, f"fastact.{entry.name}" + f".{name}" * bool(name)
assert not any(name.startswith("fastact.in_njit") for name in sys.modules)
for member, wanted in seen.values():
    child = os.fork()  # in which Numba has not been asked for anything
    if not child:
        try:
            found = str(numba.typeof(member))
            os._exit(0 if found == wanted else print(found, wanted, flush=True) or 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0, (member, wanted)
print(*(wanted for _, wanted in seen.values()))
"""


def test_the_type_of_each_member_before_all_else(python):
    """Each tells it itself: one is asked for in a process of its own, for each way to tell it.

    What is looked at before Numba is imported tells it too.
    """
    assert python(f"import sys; sys.path.append({str(ROOT)!r})\n" + FIRST).stdout.split()
    found = python(
        "import sys, fastact as fa; f = fa.softmax.jacobian; assert 'numba' not in sys.modules; "
        "import numba; print(numba.typeof(f))"
    )
    assert found.stdout.split() == ["fastact.softmax.jacobian"]


def test_a_member_is_the_first_argument_of_all(python):
    found = python(
        "import numba, numpy as np, fastact as fa; f, x = fa.softmax.jacobian, np.ones((2, 3)); "
        "print((numba.njit(lambda f, x: f(x))(f, x) == f(x)).all())"
    )
    assert found.stdout.split() == ["True"]


def test_methods_of_others_have_none():
    with pytest.raises(numba.core.errors.TypingError):
        numba.njit(lambda f: f)([].append)


def test_fast_math_of_the_caller_changes_no_bit():
    """NaN, infinities and -0.0 too, which fast math takes to be absent."""
    x = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 1e-320, 0.1, -7.3] * 9)

    @fa.activation
    def known(x):  # its kernel is compiled here for the first time, and for this caller
        return 2.0 if x != x else x

    @numba.njit(fastmath=True)
    def fast(x, y, z):
        for i in range(x.size):
            y[i] = known(x[i])
            z[i] = fa.gelu.derivative(x[i])

    y, z = np.empty_like(x), np.empty_like(x)
    fast(x, y, z)
    assert_same(y, np.where(np.isnan(x), 2.0, x))
    assert_same(z, fa.gelu.derivative(x))
    assert_same(known(x), y)


def test_fast_math_of_the_caller_hides_no_error():
    """A NaN is found where fast math takes it to be absent, and quotients keep their bits."""

    @numba.njit(fastmath=True)
    def scaled(x, temperature):
        return fa.softmax(x, temperature=temperature)

    @numba.njit(fastmath=True)
    def loss(x, weight):
        return fa.sigmoid_cross_entropy.value_and_grad(x, x, weight=weight)

    x = ROWS[:7]
    assert_same(scaled(x, 0.3), fa.softmax(x, temperature=0.3))
    assert_same(loss(x, 0.3), fa.sigmoid_cross_entropy.value_and_grad(x, x, weight=0.3))
    with pytest.raises(ValueError, match="temperature must be positive and finite, got nan"):
        scaled(x, np.nan)
    with pytest.raises(ValueError, match="weight must be numbers, got NaN"):
        loss(x, np.nan)


LAYERS = """
import numpy as np, numba, fastact as fa

@numba.njit(parallel=True, nogil=True)
def numbers(x, y):
    for i in numba.prange(x.size):
        y[i] = fa.gelu(x[i])

@numba.njit(parallel=True)
def rows(x, y):
    for i in numba.prange(x.shape[0]):
        y[i] = fa.softmax(x[i])

@numba.njit(parallel=True)
def whole(x):
    return fa.tanh(x) + 2 * fa.silu(x)

x = np.linspace(-4, 4, 6000)
y, matrix = np.empty_like(x), x.reshape(20, 300)
numbers(x, y)
assert y.tobytes() == fa.gelu(x).tobytes()
out = np.empty_like(matrix)
rows(matrix, out)
assert out.tobytes() == fa.softmax(matrix).tobytes()
assert whole(x).tobytes() == (fa.tanh(x) + 2 * fa.silu(x)).tobytes()
print(numba.threading_layer())
"""


LIBRARIES = Path(sys.prefix) / "lib"  # where the wheel of TBB is put, and nobody looks


@pytest.mark.parametrize("layer", ["workqueue", "omp", "tbb"])
def test_parallel_loops(python, layer):
    """With each threading layer of Numba's."""
    found = {"NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": "2"}
    if layer == "tbb":
        if not (LIBRARIES / "libtbb.so.12").exists():
            pytest.skip("TBB has a wheel for Linux on x86-64 alone")
        found["LD_LIBRARY_PATH"] = str(LIBRARIES)
    if layer == "omp":
        reason = "Numba's wheel for this system has no OpenMP"
        pytest.importorskip("numba.np.ufunc.omppool", reason=reason, exc_type=ImportError)
    assert python(LAYERS, **found).stdout.split() == [layer]


def test_callbacks_and_other_decorators():
    @numba.cfunc("f8(f8)")
    def callback(v):
        return fa.softplus(v)

    @numba.guvectorize(["f8[:],f8[:]", "f4[:],f4[:]"], "(n)->(n)")
    def normalised(x, y):
        fa.softmax(x, out=y)

    @numba.stencil
    def neighbours(x):
        return fa.relu(x[-1]) + fa.relu(x[1])

    @numba.njit
    def smooth(x):
        return neighbours(x)

    @numba.vectorize(["f4(f4)", "f8(f8)"])
    def each(v):
        return fa.gelu(v)

    @numba.njit
    def with_python(x):
        y = fa.tanh(x)
        with numba.objmode(z="float64[::1]"):
            z = fa.sigmoid(y)
        return fa.relu(z)

    assert callback.ctypes(1.5) == fa.softplus(1.5)
    for dtype in ("f4", "f8"):
        assert_same(normalised(ROWS.astype(dtype)), fa.softmax(ROWS.astype(dtype)))
        assert_same(each(X.astype(dtype)), fa.gelu(X.astype(dtype)))
    wanted = np.zeros_like(X)
    wanted[1:-1] = fa.relu(X[:-2]) + fa.relu(X[2:])
    assert_same(smooth(X), wanted)
    assert_same(with_python(X), fa.relu(fa.sigmoid(fa.tanh(X))))


def test_errors_leave_compiled_code_whole():
    """An error from Python is one in compiled code: it can be caught, and the next call is well."""

    @numba.njit(nogil=True)
    def guarded(x, alpha):
        try:
            return fa.celu(x, alpha)[0]
        except Exception:  # noqa: BLE001  # Numba knows no other
            return -1.0

    assert guarded(X, -1.0) == -1.0
    assert guarded(X, 1.0) == fa.celu(X[0], 1.0)
