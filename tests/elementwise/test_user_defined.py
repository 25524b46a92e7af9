"""Activations that users define: values, parameters, what is missing, what is stored, pickling."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

import fastact as fa
from fastact.definition.fingerprint import fingerprint
from fastact.native.loop_registry import VOLATILE
from tests.conftest import PACKAGE
from tests.hazards.scripts import run
from tests.support.checks import assert_same_bits, check_slope
from tests.support.strategies import DTYPES, mixed

numba = pytest.importorskip("numba", reason="Numba does not support this Python yet")

SCALE = 3.0


@fa.activation(
    derivative=lambda x, a=0.5: 1 + a * x / math.sqrt(x * x + 1),
    second_derivative=lambda x, a=0.5: a / (x * x + 1) ** 1.5,
    partials={"a": lambda x, a=0.5: math.sqrt(x * x + 1) - 1},
    params={"a": (-1.0, 1.0)},
    formula=r"x + a (\sqrt{x^2 + 1} - 1)",
)
def bent(x, a=0.5):
    """The bent identity."""
    return x + a * (math.sqrt(x * x + 1) - 1)


@fa.activation(
    derivative=lambda x: 1.0 if x > 0 else 0.0,
    from_output=lambda y: 1.0 if y > 0 else 0.0,
    kinks=[(0.0, 0.0)],
    monotone=1,
    range=(0.0, math.inf),
)
def ramp(x):
    if x > 0:
        return SCALE * x / 3
    return x if math.isnan(x) else 0


@fa.activation
def bare(x):
    return fa.sigmoid(x) * np.tanh(x)


def rounded_once(f, x, *params):
    """What a function of float64 gives, in the dtype of x."""
    with np.errstate(all="ignore"):
        return np.array([f(float(v), *params) for v in x], np.float64).astype(x.dtype)


def test_it_is_an_activation_like_any_other():
    assert isinstance(bent, fa.Activation)
    assert isinstance(bent.ufunc, np.ufunc)
    assert bent.ufunc.__name__ == bent.name == "bent"
    assert bent.__doc__ == "The bent identity."
    assert [p.name for p in bent.params] == ["a"]
    assert "bent" not in fa.activations


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_are_those_of_float64_rounded_once(dtype):
    x = np.concatenate([np.linspace(-4, 4, 41), [np.inf, -np.inf, np.nan]]).astype(dtype)
    assert_same_bits(bent(x), rounded_once(bent.__wrapped__, x, 0.5))
    assert_same_bits(bent(x, 0.25), rounded_once(bent.__wrapped__, x, 0.25))
    assert_same_bits(bent(x, a=x[3]), rounded_once(bent.__wrapped__, x, float(x[3])))
    assert_same_bits(ramp(x), rounded_once(ramp.__wrapped__, x))
    slope = rounded_once(lambda v: 1 + 0.5 * v / math.sqrt(v * v + 1), x[:-3])
    assert_same_bits(bent.derivative(x[:-3]), slope)
    assert_same_bits(bent.backward(x[:-3], x=x[:-3]), x[:-3] * slope)
    for got, wanted in zip(
        bent.value_and_derivative(x), (bent(x), bent.derivative(x)), strict=True
    ):
        assert_same_bits(got, wanted)


def test_second_derivative_partials_and_kinks():
    x = np.linspace(-3, 3, 61)
    for variety in ("derivative", "second_derivative"):
        check_slope(bent, variety, x, (0.25,))
    gradient = bent.backward_params(np.ones(61), x=x, a=0.25)["a"]
    assert gradient == pytest.approx(float(np.sum(np.sqrt(x * x + 1) - 1)))
    assert [(k.at, k.derivative) for k in ramp.kinks] == [(0.0, 0.0)]
    assert ramp.from_output
    assert_same_bits(ramp.backward(x, y=ramp(x)), ramp.backward(x, x=x))


def test_threads_and_strides():
    x = mixed("f8", 2**18)
    with fa.num_threads(1):
        wanted = bent(x)
    with fa.num_threads(4):
        assert_same_bits(bent(x), wanted)
    assert_same_bits(bent(x[::-3]), wanted[::-3])


def test_inside_compiled_code():
    @numba.njit
    def twice(x):
        return 2 * bent(x, 0.25) + bent.derivative(x, 0.25)

    assert twice(2.0) == 2 * bent(2.0, 0.25) + bent.derivative(2.0, 0.25)


def test_in_an_expression():
    """Their float64 values are exact operands: the others keep their precision, that of pairs."""
    x = np.linspace(-3, 3, 99)
    same = fa.activation(lambda x: x, name="same", derivative=lambda x: 1.0)
    assert_same_bits(fa.softsign(same)(x), fa.softsign(x))
    assert_same_bits((fa.identity * fa.sigmoid(same))(x), (fa.identity * fa.sigmoid)(x))
    assert_same_bits(fa.softsign(same).derivative(x), fa.softsign.derivative(x))
    # By itself, tanh has a form for float64 that is not rounded from pairs.
    assert np.allclose(fa.tanh(same)(x), fa.tanh(x), rtol=2 * np.finfo(float).eps, atol=0)


def test_functions_of_one_name_stay_apart():
    made = [fa.activation(eval(f"lambda x: x + {k}.0"), name="same") for k in range(3)]
    assert [f.name for f in made] == ["same"] * 3
    assert [float(f(1.0)) for f in made] == [1.0, 2.0, 3.0]
    assert len({f._loops["float64"].symbol for f in made}) == 3
    one, two = made[:2]
    assert numba.njit(lambda x: (one(x), two(x)))(1.0) == (1.0, 2.0)


# --- what is missing, and what is wrong ---------------------------------------------------------


@pytest.mark.parametrize("function", [lambda x: 0.2 * x, lambda x, a=1.0: a * x])
@pytest.mark.parametrize(
    "use",
    [
        lambda bare: bare.derivative(1.0),
        lambda bare: bare.value_and_derivative(1.0),
        lambda bare: bare.backward(1.0, x=1.0),
        lambda bare: (fa.identity * bare).derivative(1.0),
        lambda bare: numba.njit(lambda x: bare.derivative(x))(1.0),  # noqa: PLW0108 (a lambda is what is meant)
    ],
)
def test_without_a_derivative_there_is_none(use, function):
    error = (TypeError, numba.TypingError)  # the latter from the compiler of the caller
    with pytest.raises(error, match=r"bare: its derivative is not known.*derivative=lambda"):
        use(fa.activation(function, name="bare"))


def test_functions_lists_what_there_is():
    assert [f._variety for f in bare._functions()] == ["forward"]
    assert "second_derivative" in [f._variety for f in bent._functions()]


def test_powers_do_not_raise():
    """Numba's code for them does, for exponents that these have not."""
    f = fa.activation(lambda x: x**2 + 1 / x**2 + x**3 + x**0.5 + math.pow(x, 2))
    assert f(4.0) == 16 + 1 / 16 + 64 + 2 + 16


OF_ALL_KINDS = """
import math, fastact as fa
def halved(x):
    n = 0
    while 1 < x < 1e9:
        x, n = x / 2, n + 1
    return x + n
for f in (lambda x: x**2, lambda x: x % 3.0, lambda x: x // 2, math.exp, math.erf, math.lgamma,
          lambda x: math.hypot(x, 1.0), lambda x: np.log1p(x), lambda x: max(x, 0.0), halved):
    own = fa.activation(f if hasattr(f, "__code__") else eval("lambda x: f(x)", {"f": f}))
    assert own(np.array([1, np.inf])).shape == (2,)
assert (own * fa.sigmoid)(X).shape == X.shape
"""


@pytest.mark.parametrize("processor", ["host", "generic"])
def test_compiling_says_nothing(processor, tmp_path):
    """LLVM would tell of loops that it cannot vectorise, and NumPy of flags that an fmod leaves."""
    where = {"FASTACT_CACHE_DIR": str(tmp_path), "FASTACT_QUIET": "1"}
    run(OF_ALL_KINDS, NUMBA_CPU_NAME=processor, timeout=300, **where)


def raises(x):
    if x < 0:
        raise ValueError
    return x


def calls_a_plain_function(x):
    y = x + 1
    return rounded_once(y)


def calls_what_is_not_there(x):
    y = 2 * x
    return np.heaviside(y, 0.5)


WRONG = {
    "raises": (raises, r"raise ValueError\n.*it may raise ValueError.*return math.nan instead"),
    "calls a function": (calls_a_plain_function, r"return rounded_once\(y\)\n.*numba.njit"),
    "unknown": (calls_what_is_not_there, r"return np.heaviside\(y, 0.5\)\n.*heaviside"),
    "an array": (lambda x: np.where(x > 0, x, 0.0), "write a if condition else b"),
    "may raise": (lambda x: (1.0, 2.0)[int(x)], "it may raise IndexError"),
    "divides": (lambda x: x**-2, r"it may raise ZeroDivisionError .*error_model"),
    "a tuple": (lambda x: (x, x), r"it returns .*, not a real number"),
    "complex": (lambda x: x * 1j, r"it returns complex128"),
    "sometimes nothing": (lambda x: x if x > 0 else None, r"it returns .*, not a real number"),
    "Numba's own library": (lambda x: math.gamma(x), r"calls numba_gamma"),  # noqa: PLW0108 (a lambda is what is meant)
    "an assertion of Numba": (lambda x: sorted(x), r"lambda x: sorted\(x\)"),  # noqa: PLW0108 (a lambda is what is meant)
}


@pytest.mark.parametrize("name", WRONG)
def test_what_numba_cannot_compile_shows_the_line(name):
    function, message = WRONG[name]
    with pytest.raises(TypeError, match=message) as caught:
        fa.activation(function)(np.float32(1))
    text = str(caught.value)
    assert function.__name__ in text
    assert f'File "{__file__}", line ' in text
    assert len(text.splitlines()) <= 4


def test_the_error_comes_from_inside_an_expression_too():
    with pytest.raises(TypeError, match="raise ValueError"):
        (fa.identity * fa.activation(raises))(1.0)


@pytest.mark.parametrize(
    ("define", "message"),
    [
        (lambda: fa.activation(math.tanh), "must be a Python function"),
        (lambda: fa.activation(derivative=3)(raises), "derivative of raises must be"),
        (lambda: fa.activation(derivative=lambda x, a: x)(raises), r"takes \(x\).*\(x, a\)"),
        (lambda: fa.activation(second_derivative=lambda x: x)(raises), "needs derivative="),
        (lambda: fa.activation(params={"b": (0, 1)})(raises), "no parameter 'b'"),
        (lambda: fa.activation(lambda *x: x), "by position"),
    ],
)
def test_wrong_definitions(define, message):
    with pytest.raises(TypeError, match=message):
        define()


def test_pickling():
    local = fa.activation(lambda x: x, name="local")
    for each in (bent, bent.derivative, bent.backward, bent.ufunc, ramp, local, local.ufunc):
        assert pickle.loads(pickle.dumps(each)) is each
    assert b"bent" in pickle.dumps(bent)
    assert len(pickle.dumps(bent)) < 100 < len(pickle.dumps(local))  # by its name, by value


# --- what decides the code ----------------------------------------------------------------------

BASE = """
import math
from types import ModuleType
import numpy as np
from numba import njit
K = 2.0
settings = ModuleType("settings")
settings.power = 3
TABLE = np.array([1.0, 2.0])

@njit
def inner(x):
    return x * 1.0

@njit
def helper(x):
    return inner(x) + K

def outer(c):
    def f(x, a=0.5):
        return c * helper(x) + a + settings.power + TABLE[1] + math.pi
    return f

f = outer(4.0)
"""
EDITS = {
    "a global constant": ("K = 2.0", "K = 2.5"),
    "an int for a float": ("K = 2.0", "K = 2"),
    "a closure": ("outer(4.0)", "outer(5.0)"),
    "a default": ("a=0.5", "a=0.25"),
    "an operator": ("+ a", "- a"),
    "a constant in the body": ("c * helper", "3 * helper"),
    "a helper": ("inner(x) + K", "inner(x) - K"),
    "a helper's helper": ("x * 1.0", "x * 1.5"),
    "a helper's option": ("@njit\ndef inner", "@njit(fastmath=True)\ndef inner"),
    "a module's attribute": ("power = 3", "power = 4"),
    "an array": ("[1.0, 2.0]", "[1.0, 3.0]"),
    "another function of a module": ("math.pi", "math.e"),
}


def key_of(text):
    space = {"__name__": "cell"}
    exec(text, space)
    return fingerprint(space["f"])


def test_nothing_else_decides_the_code():
    moved = "\n\n# a comment\n" + BASE.replace("K = 2.0", "unused = 1\nK   =   2.0  # two")
    assert key_of(BASE) == key_of(moved)
    assert not key_of(BASE).startswith(VOLATILE)


@pytest.mark.parametrize("edit", EDITS)
def test_each_edit_is_seen(edit):
    old, new = EDITS[edit]
    assert old in BASE
    assert key_of(BASE.replace(old, new)) != key_of(BASE)


@pytest.mark.parametrize(
    "text",
    [
        "things = object()\nf = lambda x: x + things.y",
        "def other(x): return x\nf = lambda x: other(x)",
        "f = (lambda g: lambda x: g(x))(lambda x: x)",
        "table = {1: 2}\nf = lambda x: table[1]",
    ],
)
def test_what_cannot_be_told_is_not_stored(text):
    assert key_of(text).startswith(VOLATILE)
    assert key_of(text) != key_of(text)


def test_a_function_that_refers_to_itself():
    text = (
        "import fastact as fa\n@fa.activation(derivative=lambda x: f(x))\ndef f(x): return x * {}"
    )
    first, second = (key_of(text.format(k)) for k in (1, 2))
    assert first != second
    assert not first.startswith(VOLATILE)


# --- on disk ------------------------------------------------------------------------------------

USER = """
import math
import fastact as fa
from helpers import SHIFT

@fa.activation(derivative=lambda x: math.cos(x))
def wave(x):
    return math.sin(x) + SHIFT
"""
RUN = """
import sys, numpy as np
from user import wave
x = np.linspace(-2, 2, 9, dtype="f4")
print(wave(x).tobytes().hex(), wave.derivative(x).tobytes().hex(), "numba" in sys.modules)
"""


def test_stored_and_compiled_again_after_an_edit(python, tmp_path):
    (tmp_path / "user.py").write_text(USER)
    env = {
        "PYTHONPATH": f"{tmp_path}:{PACKAGE.parent}",
        "FASTACT_CACHE_DIR": str(tmp_path / "store"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def run(shift):
        (tmp_path / "helpers.py").write_text(f"SHIFT = {shift}\n")
        return python(RUN, **env).stdout.split()

    first, again, edited, back = run(0.5), run(0.5), run(0.75), run(0.5)
    assert first[2] == edited[2] == "True"
    assert again[2] == back[2] == "False"
    assert first[:2] == again[:2] == back[:2]
    assert edited[0] != first[0]
    values = np.frombuffer(bytes.fromhex(edited[0]), "f4")
    assert_same_bits(values, (np.sin(np.linspace(-2, 2, 9)) + 0.75).astype("f4"))


CELLS = """
import sys, numpy as np
def cell(text):
    exec(compile(text, "<cell>", "exec"), globals())
cell("import fastact as fa\\nfactor = 2.0\\n@fa.activation\\ndef f(x): return factor * x")
first = f
print(first(1.5), "numba" in sys.modules)
cell("factor = 4.0\\n@fa.activation\\ndef f(x): return factor * x")
print(first(1.5), f(1.5), f is first)
print((fa.activation(lambda x: x - 1))(1.5))
"""


def test_notebook_cells_run_again(python, tmp_path):
    env = {"FASTACT_CACHE_DIR": str(tmp_path / "store")}
    cold, warm = (python(CELLS, **env).stdout.splitlines() for _ in range(2))
    assert cold == ["3.0 True", "3.0 6.0 False", "0.5"]
    assert warm == ["3.0 False", *cold[1:]]


def test_what_cannot_be_told_is_compiled_each_time(tmp_path, monkeypatch):
    monkeypatch.setenv("FASTACT_CACHE_DIR", str(tmp_path))
    plain = numba.extending.register_jitable(lambda x: x + 1)
    kept, unkept = fa.activation(lambda x: x + 1, name="kept"), fa.activation(lambda x: +plain(x))
    assert kept(1.0) == unkept(1.0) == 2.0
    assert [path.name.split(".")[0] for path in tmp_path.iterdir()] == ["kept"]
