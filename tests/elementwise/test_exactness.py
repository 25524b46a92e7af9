"""What holds exactly: values, symmetry, monotonicity between neighbours, ranges; and identities.

Of float32 a run of neighbours in so many is tried, or all with ``FASTACT_TEST_PROFILE=long``.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from mpmath import inf, mp, mpf

import fastact as fa
from fastact.definition.declaration import evaluate
from fastact.verification.shape import faults
from tests.conftest import PROFILE
from tests.support.checks import VARIETIES, apply, assert_same_bits, backward
from tests.support.reference import bends, domain, expected, kinks
from tests.support.strategies import (
    central,
    defaults,
    mixed,
    neighbours,
    obeyed,
    output_sets,
    parameter_sets,
    sample,
)
from tests.support.test_of_tests import Mutant, instead

PRECISE = mp.ldexp(1, -60)


def same_size(rows, others, sign):
    """Whether numbers of the reference are `sign` times others."""
    pairs = [pair for each in zip(rows, others, strict=True) for pair in zip(*each, strict=True)]
    with mp.workprec(200):
        return all(abs(a - sign * b) <= PRECISE * abs(a) for a, b in pairs)


# ---------------------------------------------------------------- values
def test_a_value_that_is_a_float_is_that_float_at_zero(f, variety, dtype):
    """sigmoid(0) = 1/2, sigmoid'(0) = 1/4, tanh'(0) = 1, log_sigmoid''(0) = -1/4, erfc(0) = 1."""
    for params in parameter_sets(f, dtype):
        if 0.0 in bends(f, params) or mp.isnan(true := expected(f, variety, 0.0, params)):
            continue
        nearest = np.dtype(dtype).type(float(true))
        if same_size([[mpf(float(nearest))]], [[true]], 1):
            assert apply(f, variety, np.zeros(1, dtype), params) == nearest, params


# ---------------------------------------------------------------- what is declared is complete
POINTS = [0.03125, 0.25, 0.75, 1.25, 2.5, 5.5, 7.75, 20.0]


def sets(f):
    """Parameters that all move together, and each by itself."""
    first = defaults(f, "float64")
    moved = [
        (*first[:k], value, *first[k + 1 :])
        for k, p in enumerate(f.params)
        for value in (p.low, (p.low + p.high) / 2)
    ]
    return parameter_sets(f, "float64") + [s for s in moved if obeyed(f, f.declaration.requires, s)]


def true_values(f, points):
    """The values of the reference for each set of parameters."""
    return [[expected(f, "forward", x, params) for x in points] for params in sets(f)]


def test_symmetry_is_declared_where_there_is_one(f):
    right, left = true_values(f, POINTS), true_values(f, [-x for x in POINTS])
    assert f.declaration.odd == same_size(right, left, -1)
    assert f.declaration.even == same_size(right, left, 1)


def test_monotonicity_is_declared_where_there_is_one(f):
    """Of functions whose parameters do not turn them round."""
    directions = set()
    for params in sets(f):
        low, high = domain(f, params)
        points = sorted({s * x / k for x in POINTS for k in (1, 3, 64) for s in (-1, 1)})
        values = [expected(f, "forward", x, params) for x in points if low < x < high]
        pairs = [(a, b) for a, b in pairwise(values) if not same_size([[a]], [[b]], 1)]
        steps = {(b > a) - (b < a) for a, b in pairs}
        directions |= {steps.pop()} if len(steps) == 1 else {0} if steps else set()
    assert {f.declaration.monotone} == directions or (
        len(directions) > 1 and not f.declaration.monotone
    )


# ---------------------------------------------------------------- the shape
def test_even_functions_are_even_and_their_derivatives_odd(f, dtype):
    if f.declaration.even:
        x = mixed(dtype, 20000)
        for variety, sign in zip(VARIETIES, (1, -1, 1), strict=True):
            wanted = sign * apply(f, variety, x)
            assert_same_bits(apply(f, variety, -x), wanted, f"{f.name} {variety}")


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_shape(f, dtype):
    """Monotone from each float to the next, odd or even, saturated, inside the range."""
    every = 1 if dtype == "float16" or PROFILE == "long" else 1000
    assert faults(f, dtype, every=every) == {}


@pytest.mark.parametrize(
    ("f", "at", "value", "what"),
    [
        (fa.tanh, 12.5, 1 + 2**-10, "range"),
        (fa.sigmoid, 0.5, 0.6, "monotone"),
        (fa.erfc, -0.5, 1.4, "monotone"),
        (fa.erf, -0.5, -0.52, "odd"),
        (fa.lisht, -0.5, 0.2312, "even"),
        (fa.tanh, -30, -0.9995, "saturated"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_wrong_shape_is_seen(f, at, value, what):
    """Where the value is, or from the next float to it."""
    fault = faults(Mutant(f, forward=instead(f, lambda x: x == at, value)), "float16")[what]
    assert float.fromhex(fault.x) in neighbours(at, "float16", 1)
    assert fault.inputs == 1


# ---------------------------------------------------------------- identities
def wide(dtype):
    """A type in which a sum of a few numbers of `dtype` is as good as exact."""
    return {"float16": np.float64, "float32": np.float64, "float64": np.longdouble}[dtype.name]


def term(f, x, factor=1.0):
    """`factor` times f(x), and by how much the declared error may move it."""
    y = np.asarray(f(x))
    unit = np.maximum(np.spacing(np.abs(y)), np.spacing(np.abs(np.nextafter(y, 2 * y))))
    owner, variety = f._owner, f._variety
    factor = np.asarray(factor).astype(wide(x.dtype))
    bound = owner.max_ulp[x.dtype.name][variety]
    return factor * y.astype(factor.dtype), np.abs(factor) * bound * unit.astype(factor.dtype)


IDENTITIES = {
    "silu(x) = x sigmoid(x)": lambda x: [term(fa.silu, x), term(fa.sigmoid, x, -x)],
    "lisht(x) = x tanh(x)": lambda x: [term(fa.lisht, x), term(fa.tanh, x, -x)],
    "log_sigmoid(x) = -softplus(-x)": lambda x: [term(fa.log_sigmoid, x), term(fa.softplus, -x)],
    "sigmoid(x) + sigmoid(-x) = 1": lambda x: [
        term(fa.sigmoid, x), term(fa.sigmoid, -x), (-1.0, 0.0)
    ],
    "tanh(x) = 2 sigmoid(2 x) - 1": lambda x: [
        term(fa.tanh, x), term(fa.sigmoid, 2 * x, -2.0), (1.0, 0.0)
    ],
    "erf(x) + erfc(x) = 1": lambda x: [term(fa.erf, x), term(fa.erfc, x), (-1.0, 0.0)],
    "gelu(x) - gelu(-x) = x": lambda x: [
        term(fa.gelu, x), term(fa.gelu, -x, -1.0), term(fa.identity, x, -1.0)
    ],
    "silu(x) - silu(-x) = x": lambda x: [
        term(fa.silu, x), term(fa.silu, -x, -1.0), term(fa.identity, x, -1.0)
    ],
    "softplus(x) - softplus(-x) = x": lambda x: [
        term(fa.softplus, x), term(fa.softplus, -x, -1.0), term(fa.identity, x, -1.0)
    ],
    "tanh(x) + tanh_shrink(x) = x": lambda x: [
        term(fa.tanh, x), term(fa.tanh_shrink, x), term(fa.identity, x, -1.0)
    ],
    "soft_shrink(x) = x - hard_tanh(x, -1/2, 1/2)": lambda x: [
        term(fa.soft_shrink, x), (fa.hard_tanh(x, -0.5, 0.5) - x.astype(wide(x.dtype)), 0.0)
    ],
    "softplus'(x) = sigmoid(x)": lambda x: [
        term(fa.softplus.derivative, x), term(fa.sigmoid, x, -1.0)
    ],
    "logcosh'(x) = tanh(x)": lambda x: [term(fa.logcosh.derivative, x), term(fa.tanh, x, -1.0)],
    "sigmoid'(x) = sigmoid'(-x)": lambda x: [
        term(fa.sigmoid.derivative, x), term(fa.sigmoid.derivative, -x, -1.0)
    ],
    "elu(x) = celu(x)": lambda x: [term(fa.elu, x), term(fa.celu, x, -1.0)],
    "silu(x) = swish(x)": lambda x: [term(fa.silu, x), term(fa.swish, x, -1.0)],
    "elu(x) + 1 = exp(x) below 0": lambda x: [
        term(fa.elu, -np.abs(x)), term(fa.exponential, -np.abs(x), -1.0), (1.0, 0.0)
    ],
    "2 sparse_plus(x) - x = 2 sparse_plus(-x) + x": lambda x: [
        term(fa.sparse_plus, x), term(fa.sparse_plus, -x, -1.0), term(fa.identity, x, -1.0)
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", IDENTITIES)
def test_identity(name, dtype):
    x = central(dtype, 40000, np.random.default_rng(3))
    terms = IDENTITIES[name](x)
    off = np.abs(sum(value for value, _ in terms))
    digits = np.finfo(wide(x.dtype)).eps * sum(np.abs(value) for value, _ in terms)
    allowed = sum(error for _, error in terms) + 4 * digits
    worst = int(np.argmax(off - allowed))
    assert off[worst] <= allowed[worst], f"{name} at {float(x[worst]).hex()}: {off[worst]}"


# ---------------------------------------------------------------- the derivative from the output
def allowed_loss(f, dtype, y, true, params):
    """The declared bound on the error of the derivative from an output."""
    names = {p.name: value for p, value in zip(f.params, params, strict=True)} | {"y": y}
    loss = evaluate(f.declaration.output_loss, names)
    return loss * float(np.finfo(dtype).eps) * max(1.0, abs(float(true)))


def test_what_the_output_loses(f, dtype):
    for params in output_sets(f, dtype) if f.from_output else ():
        x = sample(f, dtype, params, 120)
        low, high = domain(f, params)
        x = x[(x >= low) & (x <= high)]
        y = f(x, *params)
        corners = {float(f(np.array(float(at), dtype), *params)) for at in kinks(f, params)}
        got, top = backward(f, np.ones_like(x), params, y=y), mpf(2) ** int(np.finfo(dtype).maxexp)
        for at, out, slope in zip(x.tolist(), y.tolist(), got.tolist(), strict=True):
            true = expected(f, "derivative", at, params)
            if out in corners or abs(out) == inf or abs(true) > float(np.finfo(dtype).max):
                continue
            off = abs(min(mpf(slope), top) - true)
            assert off <= allowed_loss(f, dtype, out, true, params), (params, at.hex(), slope, true)


def test_what_the_output_loses_on_many_inputs(f):
    """Of float32, beside the derivative in float64."""
    params = defaults(f, "float32")
    low, high = domain(f, params)
    x = np.unique(mixed("float32", 200_000))
    x = x[(x >= low) & (x <= high)]
    if not f.from_output:
        return
    y, true = f(x, *params), f.derivative(x.astype("f8"), *params)
    corners = [f(np.float32(at), *params) for at in kinks(f, params)]
    clear = np.isfinite(y) & ~np.isin(y, corners) & (np.abs(true) <= np.finfo("f4").max)
    names = {p.name: v for p, v in zip(f.params, params, strict=True)} | {"y": y.astype("f8")}
    allowed = evaluate(f.declaration.output_loss, names) * np.finfo("f4").eps
    with np.errstate(invalid="ignore"):
        got = backward(f, np.ones_like(x), params, y=y).astype("f8")
        off = np.abs(np.minimum(got, 2.0**128) - true)
        wrong = np.flatnonzero(clear & ~(off <= allowed * np.maximum(1, np.abs(true))))
    assert not wrong.size, (x[wrong[0]], off[wrong[0]], true[wrong[0]])
