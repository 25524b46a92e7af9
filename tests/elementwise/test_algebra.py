"""Activations made of activations: values and derivatives, text, identity, store, what is refused.

The truth is the expression itself, evaluated in mpmath from the reference of its activations, and
its derivatives by `mpmath.diff`. The tolerance is what rounding each operation once may cost, found
by carrying an error beside each value through the same rules.
"""

from __future__ import annotations

import math
import operator
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mpmath import mp, mpf

import fastact as fa
from fastact.definition import algebra
from fastact.definition.declaration import ORDERS
from fastact.definition.differentiate import Kernels, at_a_point, limit
from fastact.definition.expression import X, reachable, shown
from tests.support.checks import apply, assert_same_bits, check_product, check_slope, check_together
from tests.support.reference import ELEMENTWISE, expected
from tests.support.strategies import mixed, sample
from tests.support.ulp import ulps, ulps_between, unit

NAMES = dict(fa.activations)
SMOOTH = [
    f
    for f in fa.activations.values()
    if not (
        f.kinks or any(isinstance(end, str) or np.isfinite(end) for end in f.declaration.domain)
    )
]
SYMBOLS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
EXPRESSIONS = [
    "identity * sigmoid",
    "identity * tanh(softplus)",
    "-(tanh + 2) / (1 + exponential)",
    "softplus.with_params(beta=2)(tanh - 0.5 * identity) - leaky_relu * sigmoid",
]

NO_NUMBA = "Numba does not support this Python yet"


def read(text):
    return eval(text, NAMES)


# --- the truth and the tolerance ----------------------------------------------------------------


def true(root, x):
    """The value of an expression at a number of mpmath."""
    values = {X: x}
    for each in reachable(root):
        if each.kind == "number":
            values[each] = mpf(each.value)
        elif each.kind == "call":
            line = ELEMENTWISE[each.activation.name]
            values[each] = line(values[each.operands[0]], *map(mpf, each.params))
        elif each.kind == "neg":
            values[each] = -values[each.operands[0]]
        elif each is not X:
            values[each] = SYMBOLS[each.kind](*(values[o] for o in each.operands))
    return values[root]


def slope(f, x, order):
    with mp.workprec(700):
        return mp.diff(f, mpf(x), order) if order else +f(mpf(x))


def added(a, b):
    return [p + q for p, q in zip(a, b, strict=True)]


class Jet:
    """A value, its derivatives, and a bound for the error of each; `eps` is one rounding."""

    eps = 0.0

    def __init__(self, values, errors):
        self.v = values
        self.e = [
            e + self.eps * (abs(v) + mpf(2) ** -12) for v, e in zip(values, errors, strict=True)
        ]

    def __add__(self, other):
        return Jet(added(self.v, other.v), added(self.e, other.e))

    def __neg__(self):
        return Jet([-v for v in self.v], self.e)

    def __sub__(self, other):
        return self + -other

    def __mul__(self, other):
        def leibniz(a, b):
            return [sum(math.comb(n, k) * a[k] * b[n - k] for k in range(n + 1)) for n in range(3)]

        sizes, others = ([abs(v) for v in jet.v] for jet in (self, other))
        lost = added(leibniz(sizes, other.e), leibniz(self.e, others))
        rounded = [self.eps * v for v in leibniz(sizes, others)]
        return Jet(leibniz(self.v, other.v), added(lost, rounded))

    def __truediv__(self, other):
        return self * other.through(lambda x: 1 / x)

    def through(self, f):
        """The jet of f at this one."""
        d = [slope(f, self.v[0], k) for k in range(4)]
        _, v1, v2 = self.v
        e0, e1, e2 = self.e
        values = [d[0], d[1] * v1, d[2] * v1**2 + d[1] * v2]
        errors = [
            abs(d[1]) * e0,
            abs(d[2] * v1) * e0 + abs(d[1]) * e1,
            abs(d[3] * v1**2) * e0 + abs(2 * d[2] * v1) * e1 + abs(d[2] * v2) * e0 + abs(d[1]) * e2,
        ]
        rounded = [0, self.eps * abs(d[1] * v1), self.eps * (abs(d[2] * v1**2) + abs(d[1] * v2))]
        return Jet(values, added(errors, rounded))


def jet_of(root, x, eps):
    """The jet of an expression at x, each operation rounded with `eps`."""
    Jet.eps = mpf(eps)
    jets = {}
    for each in reachable(root):
        if each is X:
            jets[each] = Jet([mpf(x), mpf(1), mpf(0)], [0, 0, 0])
        elif each.kind == "number":
            jets[each] = Jet([mpf(each.value), mpf(0), mpf(0)], [0, 0, 0])
        elif each.kind == "neg":
            jets[each] = -jets[each.operands[0]]
        elif each.kind == "call":
            line, params = ELEMENTWISE[each.activation.name], tuple(map(mpf, each.params))
            jets[each] = jets[each.operands[0]].through(lambda v, f=line, p=params: f(v, *p))
        else:
            jets[each] = SYMBOLS[each.kind](*(jets[o] for o in each.operands))
    return jets[root]


def check(root, order, x, got, eps, dtype):
    """A value is within the tolerance of the truth, and half an ulp for the last rounding."""
    wanted = slope(lambda v: true(root, v), x, order)
    allowed = jet_of(root, x, eps).e[order] + unit(wanted, dtype)
    error = abs(mpf(float(got)) - wanted)
    assert error <= allowed, (
        f"{shown(root)}, order {order}, at {x!r}: {got!r}, true {mp.nstr(wanted, 17)}, "
        f"error {mp.nstr(error, 3)}, allowed {mp.nstr(allowed, 3)}"
    )


# --- values -------------------------------------------------------------------------------------

NUMBERS = st.floats(-4, 4).map(lambda v: round(v, 2)).filter(bool)
LEAVES = st.sampled_from(SMOOTH)


def larger(smaller):
    pairs = st.tuples(st.sampled_from("+-*/"), smaller, smaller | NUMBERS)
    return (
        pairs.map(lambda t: SYMBOLS[t[0]](t[1], t[2]))
        | pairs.map(lambda t: SYMBOLS[t[0]](t[2], t[1]))
        | smaller.map(operator.neg)
        | st.tuples(LEAVES, smaller).map(lambda t: t[0](t[1]))
    )


TREES = st.recursive(LEAVES, larger, max_leaves=4)


@given(f=TREES, x=st.floats(-4, 4).map(lambda v: float(np.float32(v))))
def test_random_expressions_in_the_interpreter(f, x):
    """What is compiled for float32, with float64 numbers, before it is compiled."""
    root = algebra.expression(f)
    kernels = Kernels(root)
    try:
        jet = jet_of(root, x, 2.0**-30)
    except ZeroDivisionError:
        assume(False)  # the reference itself has no value there
    for order, variety in enumerate(ORDERS):
        got = at_a_point(kernels[variety].function, x)
        if math.isnan(got) or max(map(abs, jet.v)) > 1e30:  # out of range
            continue
        check(root, order, x, got, 2.0**-30, "float32")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("variety", ORDERS)
@pytest.mark.parametrize("text", EXPRESSIONS)
def test_compiled_expressions(text, variety, dtype):
    f = read(text)
    xs = np.linspace(-9, 9, 24).astype(dtype)
    got = apply(f, variety, xs)
    assert got.dtype == xs.dtype
    for x, y in zip(xs.tolist(), got, strict=True):
        eps = 2.0 ** (-30 if dtype == "float32" else -58)
        check(algebra.expression(f), ORDERS.index(variety), x, y, eps, dtype)


def test_every_activation_is_an_operand(f):
    """Its kernels take the numbers that expressions are made of: pairs, in float64."""
    compiler = pytest.importorskip("fastact.compiler.kernels", reason=NO_NUMBA)
    types = pytest.importorskip("numba", reason=NO_NUMBA).types
    kernels = (
        fa.identity * f.with_params(*(p.typical for p in f.params))(fa.tanh)
    ).declaration.kernels
    compiler.compiled(compiler.core(kernels["second_derivative"], "float64"), (types.float64,))
    values = [at_a_point(kernels[variety].function, 0.25) for variety in ORDERS]
    params = tuple(mpf(p.typical) for p in f.params)
    for order, value in enumerate(values):
        wanted = slope(lambda v: v * ELEMENTWISE[f.name](mp.tanh(v), *params), 0.25, order)
        assert value == pytest.approx(float(wanted), rel=1e-6, abs=1e-9)


def test_all_functions_agree():
    f = read(EXPRESSIONS[1])
    x, dy = mixed("f4", 99), mixed("f4", 99, seed=1)
    check_together(f, x)
    check_product(f, dy, x)
    for variety in ORDERS[1:]:
        check_slope(f, variety, np.linspace(-5, 5, 101))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_same_function_by_two_ways(dtype):
    x = sample(fa.silu, dtype)
    x = x[np.abs(x) < 80]
    pairs = [("identity * sigmoid", fa.silu), ("identity * tanh(softplus)", fa.mish)]
    for text, wanted in pairs:
        for variety in ORDERS[:2]:
            got, other = apply(read(text), variety, x), apply(wanted, variety, x)
            near_root = np.abs(other) < 2.0**-6 if variety == "derivative" else other != other
            assert ulps_between(got, other)[~near_root].max() <= 2, (text, variety)


def test_a_product_in_float32_is_rounded_once():
    """Computed in float64, in which a product is as good as the function by itself."""
    f = fa.identity * fa.sigmoid
    assert f.declaration.kernels["forward"].forms.get("float32") is not None
    xs = sample(fa.silu, "float32", size=2000)
    pairs = zip(f(xs), (expected(fa.silu, "forward", x) for x in xs.tolist()), strict=True)
    found = [ulps(y, wanted, "float32") for y, wanted in pairs]
    assert max(found) <= fa.silu.max_ulp["float32"]["forward"]


def test_products_that_need_no_second_part():
    x = np.linspace(-110, 110, 4001).astype("f4")
    with np.errstate(all="ignore"):
        wide = x.astype("f8")
        for text, wanted in [
            ("-sigmoid * identity", -wide * fa.sigmoid(wide)),
            ("0.75 * (identity * (identity * sigmoid))", 0.75 * wide * wide * fa.sigmoid(wide)),
            ("identity * silu", wide * fa.silu(wide)),
            ("identity * gelu", wide * fa.gelu(wide)),
        ]:
            assert read(text).declaration.kernels["forward"].forms.get("float32") is not None
            assert ulps_between(read(text)(x), wanted.astype("f4")).max() <= 1
    for text in (
        "sigmoid + identity",
        "sigmoid * tanh",
        "0.1 * sigmoid",
        "1e+30 * (identity * sigmoid)",
        "sigmoid / identity",
        "identity * (identity * (identity * sigmoid))",
        "sigmoid(tanh) * identity",
    ):
        assert read(text).declaration.kernels["forward"].forms.get("float32") is None


# --- special values -----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_at_infinity_and_nan(dtype):
    x = np.array([-np.inf, np.inf, np.nan], dtype)
    f = fa.identity * fa.sigmoid
    assert_same_bits(f(x), np.array([-0.0, np.inf, np.nan], dtype))
    assert_same_bits(f.derivative(x), np.array([0.0, 1.0, np.nan], dtype))
    assert_same_bits((fa.identity / fa.identity)(x), np.array([1, 1, np.nan], dtype))
    assert_same_bits(fa.exponential(1 / fa.softplus)(x)[1:], np.array([1, np.nan], dtype))
    assert np.isnan((fa.identity - fa.softplus)(x)[2])
    line = 2 * fa.identity + 1
    assert_same_bits(line.derivative(x), np.array([2, 2, np.nan], dtype))
    assert_same_bits(line.second_derivative(x), np.array([0, 0, np.nan], dtype))


def test_a_limit_that_cannot_be_told_is_nan():
    assert limit([1.0, 1.0]) == 1.0
    assert limit([0.7, 0.7]) is None  # the digits are those of float32's kernels
    assert limit([1.0, 1.5, 2.0]) is None
    assert limit([-1e9, -1e18]) == -math.inf
    assert str(limit([-1e-9, -1e-18])) == "-0.0"


def test_kinks_and_domain():
    at = [(k.at, k.derivative) for k in (2 * fa.relu + fa.sigmoid).kinks]
    assert at == [(0.0, 0.25)]
    assert (fa.identity * fa.relu).kinks == ()
    assert fa.leaky_relu.with_params(0.25).kinks[0].derivative == 0.25
    assert (fa.logit * fa.relu).declaration.domain == (0.0, 1.0)
    assert fa.relu.declaration.range == (fa.identity(fa.relu)).declaration.range


def test_no_bound_is_stated():
    bounds = (fa.identity - fa.tanh).max_ulp
    assert {b for by in bounds.values() for b in by.values()} == {math.inf}


# --- text and identity --------------------------------------------------------------------------

TEXTS = [
    *EXPRESSIONS,
    "identity * (sigmoid * tanh)",
    "identity - (sigmoid - tanh) + relu",
    "identity / (sigmoid / tanh) / relu",
    "(identity + 1) * tanh",
    "-identity * -(tanh + 1)",
    "-(identity * tanh)",
    "2 * tanh(-identity)",
    "leaky_relu.with_params(negative_slope=0.2)",
    "softplus.with_params()",
    "silu(leaky_relu.with_params(negative_slope=0.2)(sigmoid) - 0.1)",
    "prelu.with_params(weight=-0.0)(tanh)",
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_text_is_read_back(text):
    assert repr(read(text)) == text
    assert read(text) is read(text)


@given(f=TREES)
def test_any_text_is_read_back(f):
    assert algebra.expression(read(shown(algebra.expression(f)))) is algebra.expression(f)


def test_equal_expressions_are_one_object():
    x = fa.identity
    assert 2 * fa.tanh is np.float32(2) * fa.tanh is np.multiply(Fraction(2), fa.tanh)
    assert fa.tanh * np.array(2) is fa.tanh * 2
    assert x * 0.0 is not x * -0.0
    assert fa.tanh(x) is x(fa.tanh) is fa.tanh
    assert (x * fa.sigmoid)(fa.tanh) is fa.tanh * fa.sigmoid(fa.tanh)
    assert fa.swish(fa.tanh, beta=2) is fa.swish.with_params(2)(fa.tanh)
    assert len({x + 1, 1 + x, x + 1.0}) == 2


def test_each_part_is_computed_once():
    f = fa.tanh(fa.softplus)
    f = f * f + f / (f + fa.sigmoid(fa.softplus))
    for order, calls in enumerate(
        [
            ["k_sigmoid_value", "k_softplus_value", "k_tanh_value"],
            ["k_sigmoid_value", "k_softplus_value", "k_tanh_value", *(f"k_{n}_derivative" for n in
             ("sigmoid", "softplus", "tanh"))],
        ]
    ):  # fmt: skip
        text = f.declaration.kernels[ORDERS[order]].function.__doc__
        found = [line.split("(k_")[1].split("(")[0] for line in text.splitlines() if "(k_" in line]
        assert sorted(f"k_{name}" for name in found) == sorted(calls)


def test_a_graph_of_many_paths_stays_small():
    f = fa.tanh
    for _ in range(40):
        f = f * f + 1
    assert len(f.name) < 10000
    assert len(f.declaration.kernels["forward"].function.__doc__.splitlines()) < 100
    f = fa.sigmoid
    for _ in range(40):
        f = f * f
    assert f.declaration.kernels["forward"].forms.get("float32") is None


def test_a_long_chain():
    f = fa.tanh
    for _ in range(1000):
        f = f + 1
    assert pickle.loads(pickle.dumps(f)) is f
    assert len(f.declaration.kernels["derivative"].function.__doc__.splitlines()) < 10


# --- on disk, in other processes ----------------------------------------------------------------

OTHER = """
import pickle, sys, numpy as np
f = pickle.loads(bytes.fromhex({data!r}))
x = np.linspace(-2, 2, 9, dtype="f4")
print(repr(f), f(x).tobytes().hex(), "numba" in sys.modules)
"""


def test_pickled_and_stored(python, tmp_path):
    f = fa.softplus.with_params(0.5)(fa.identity / 3) - fa.relu
    data = pickle.dumps(f)
    assert pickle.loads(data) is f
    assert pickle.loads(pickle.dumps(f.derivative)) is f.derivative
    runs = [
        python(OTHER.format(data=data.hex()), FASTACT_CACHE_DIR=str(tmp_path / "store")).stdout
        for _ in range(2)
    ]
    wanted = f"{f!r} {f(np.linspace(-2, 2, 9, dtype='f4')).tobytes().hex()}"
    assert runs == [f"{wanted} True\n", f"{wanted} False\n"]


def test_other_numbers_are_other_code(tmp_path, monkeypatch):
    monkeypatch.setenv("FASTACT_CACHE_DIR", str(tmp_path))
    assert [float((fa.identity * k)(1.5)) for k in (2, 3)] == [3.0, 4.5]
    assert len(list(tmp_path.glob("identity*"))) == 2


def test_threads():
    f = fa.identity * fa.sigmoid
    x = mixed("f4", 2**18)
    with fa.num_threads(1):
        wanted = f(x)
    with fa.num_threads(4):
        assert_same_bits(f(x), wanted)


def test_importing_and_combining_compile_nothing(python):
    python(
        "import sys, fastact as fa\n"
        "f = fa.identity * fa.tanh(fa.softplus) + 2 * fa.relu\n"
        "assert 'numba' not in sys.modules"
    )


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda: fa.tanh * np.ones(3), TypeError, "with activations and numbers"),
        (lambda: np.ones(3) + fa.tanh, TypeError, "with activations and numbers"),
        (lambda: fa.tanh + "a", TypeError, "unsupported operand"),
        (lambda: fa.tanh * 1j, TypeError, "unsupported operand"),
        (lambda: fa.tanh / math.nan, ValueError, "finite"),
        (lambda: fa.prelu * 2, TypeError, "prelu needs a value for weight: prelu.with_params"),
        (lambda: fa.tanh.derivative(fa.relu), TypeError, r"tanh.derivative.* takes no activation"),
        (lambda: np.exp(fa.tanh), TypeError, r"exp\(\) takes no activation"),
        (lambda: fa.leaky_relu(fa.tanh, fa.tanh), TypeError, "leaky_relu"),
        (lambda: fa.leaky_relu(fa.tanh, np.ones(3)), TypeError, "negative_slope must be a number"),
        (lambda: fa.softplus.with_params(beta=0), ValueError, "needs beta > 0"),
        (lambda: fa.softplus.with_params(gamma=1), TypeError, "argument 'gamma'; it takes beta"),
        (lambda: fa.tanh(fa.relu, out=np.ones(3)), TypeError, "tanh"),
    ],
)
def test_refused(use, error, message):
    with pytest.raises(error, match=message):
        use()
