"""The reference and the ruler, tested where they could be wrong: tails, roots, subnormals, ends."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from mpmath import cosh, exp, inf, mp, mpf, nan, tanh

from tests.support.reference import ELEMENTWISE, ORDERS, expected, true_value
from tests.support.strategies import from_ordinals, neighbours, ordinal
from tests.support.ulp import ulps, ulps_between

# Closed forms that hold no difference of nearly equal numbers, written down independently.
HARD = {
    ("sigmoid", 0): (lambda x: exp(x) / (1 + exp(x)), [-700.0, -745.0, 40.0, 1e-300]),
    ("sigmoid", 1): (lambda x: exp(x) / (1 + exp(x)) ** 2, [-700.0, 700.0, 1e-300, 5e-324]),
    ("sigmoid", 2): (lambda x: -exp(x) * mp.expm1(x) / (1 + exp(x)) ** 3, [700.0, -1e-300, 5e-324]),
    ("tanh", 1): (lambda x: 1 / cosh(x) ** 2, [350.0, -350.0, 19.1, 1e-200]),
    ("tanh", 2): (lambda x: -2 * tanh(x) / cosh(x) ** 2, [350.0, 1e-300, 5e-324]),
    ("logit", 0): (lambda x: 2 * mp.atanh(2 * x - 1), [0.5 + 2**-53, 1 - 2**-53, 5e-324]),
    ("logit", 1): (lambda x: 1 / (x * (1 - x)), [0.5, 1 - 2**-53, 5e-324, 1e-300]),
    ("softplus", 0): (lambda x: mp.log1p(exp(x)), [-700.0, -745.0, 700.0, 1e-300]),
    ("silu", 0): (lambda x: x * exp(x) / (1 + exp(x)), [-700.0, -745.0, 1e-300]),
    ("log_sigmoid", 0): (lambda x: -mp.log1p(exp(-x)), [700.0, 745.0, -700.0]),
    # With the digits that are enough elsewhere 1 + exp(x) does not move with x at the first point.
    ("mish", 1): (
        lambda x: (
            exp(x)
            * (4 * (x + 1) + exp(x) * (4 * x + 6 + 4 * exp(x) + exp(2 * x)))
            / (2 + 2 * exp(x) + exp(2 * x)) ** 2
        ),
        [-199.34056871225818, -700.0, 5e-324, 3.0],
    ),
    ("gelu", 2): (
        lambda x: exp(-x * x / 2) / mp.sqrt(2 * mp.pi) * (2 - x * x),
        [-38.0, 30.0, -1.5, 1e-300],
    ),
    ("dish", 1): (
        lambda x: (1 + (x**3 + 2 * x) / mp.sqrt(1 + x * x) ** 3) / 2,
        [-1e9, -1e100, 1e100, 1e-300],
    ),
}


@pytest.mark.parametrize(("name", "order"), HARD)
def test_against_closed_forms_at_hard_points(name, order):
    closed, points = HARD[name, order]
    params = {"softplus": (1.0,), "logit": (-1.0,)}.get(name, ())
    for x in points:
        with mp.workprec(4000):
            wanted = closed(mpf(x))
        assert (
            abs(true_value(name, order, mpf(x), params) - wanted) <= abs(wanted) * mpf(2) ** -75
        ), x


def test_derivatives_by_a_parameter():
    """They keep their accuracy in both tails, where the two terms cancel."""
    for x in (-300.0, 40.0, 700.0, 1e9, 1e-300):
        with mp.workprec(4000):
            b, v = mpf(2), 2 * mpf(x)
            wanted = mpf(x) / (1 + exp(-v)) / b - mp.log1p(exp(v)) / b**2
        got = true_value("softplus", 1, mpf(x), (2.0,), by=1)
        assert abs(got - wanted) <= abs(wanted) * mpf(2) ** -75 + mpf(2) ** -1200, x


@pytest.mark.parametrize(
    "name", sorted(set(ELEMENTWISE) & {"sigmoid", "tanh", "silu", "exponential"})
)
@pytest.mark.parametrize("order", [1, 2])
def test_against_taylor_coefficients(name, order):
    """`mp.taylor` at much higher precision gives the same derivatives."""
    for x in (-3.25, -1e-3, 0.75, 20.5):
        with mp.workprec(600):
            wanted = mp.taylor(ELEMENTWISE[name], mpf(x), order)[order] * order
        assert abs(true_value(name, order, mpf(x)) - wanted) <= abs(wanted) * mpf(2) ** -75


class Declared(SimpleNamespace):
    __hash__ = object.__hash__


def declared(name, *, kinks=(), params=(), domain=(-inf, inf)):
    about = SimpleNamespace(bends=(), domain=domain)
    return Declared(name=name, kinks=kinks, params=params, declaration=about)


def test_kinks_come_from_the_declaration():
    kinks = (SimpleNamespace(at=0.0, derivative=0.25),)
    slope = (SimpleNamespace(name="negative_slope"),)
    assert expected(declared("relu", kinks=kinks), "derivative", 0.0) == 0.25
    assert expected(declared("relu", kinks=kinks), "derivative", 5e-324) == 1
    assert expected(declared("relu", kinks=kinks), "derivative", -5e-324) == 0
    kinks = (SimpleNamespace(at=0.0, derivative="negative_slope"),)
    leaky = declared("leaky_relu", kinks=kinks, params=slope)
    assert expected(leaky, "derivative", -0.0, (0.5,)) == 0.5


def test_limits_at_infinity_and_at_the_ends_of_the_domain():
    eps, params = SimpleNamespace(name="eps"), (-1.0,)
    f = declared("logit", domain=(0.0, 1.0), params=(eps,))
    assert [expected(f, v, 0.0, params) for v in ORDERS] == [-inf, inf, -inf]
    assert [expected(f, v, 1.0, params) for v in ORDERS] == [inf, inf, inf]
    outside = (-5e-324, 1.5, -inf, float("nan"))
    assert all(mp.isnan(expected(f, v, x, params)) for v in ORDERS for x in outside)
    f = declared("silu")
    assert [
        ulps(y, expected(f, v, inf), "f8") for y, v in zip([inf, 1, 0], ORDERS, strict=True)
    ] == [0] * 3
    assert [ulps(0.0, expected(f, v, -inf), "f8") for v in ORDERS] == [0] * 3


def test_ulps_count_floats(dtype):
    info = np.finfo(dtype)
    for x in map(float, (1, 1.5, 2, info.tiny, info.smallest_subnormal)):
        counted = [ulps(y, mpf(x), dtype) for y in neighbours(x, dtype, 3)[3:]]
        assert counted == [0, 1, 2, 3], x
    assert ulps(0.0, mpf(float(info.smallest_subnormal)) / 4, dtype) == 0.25
    with mp.workprec(100):
        assert ulps(1.0, 1 + mpf(float(info.eps)) / 8, dtype) == 0.125
        assert ulps(1.0, 1 - mpf(float(info.eps)) / 8, dtype) == 0.25


def test_ulps_at_overflow_zero_and_nan(dtype):
    most = float(np.finfo(dtype).max)
    top = mp.ldexp(1, np.finfo(dtype).maxexp)
    assert ulps(np.inf, 3 * top, dtype) == 0
    assert ulps(np.inf, mpf(inf), dtype) == 0
    assert ulps(most, 3 * top, dtype) == 1
    assert ulps(np.inf, mpf(most), dtype) == 1
    assert ulps(-np.inf, top, dtype) > 1000
    assert ulps(0.0, mpf(0), dtype) == 0
    assert ulps(np.nan, nan, dtype) == 0
    assert ulps(np.nan, mpf(1), dtype) == ulps(1.0, nan, dtype) == inf


def test_ordinals(dtype):
    last = ordinal(np.inf, dtype)
    numbers = [-last, -1, 0, 1, 2, last - 1, last]
    values = from_ordinals(numbers, dtype)
    assert [ordinal(x, dtype) for x in values] == numbers
    assert (np.diff(values) > 0).all()
    assert ordinal(-0.0, dtype) == 0
    assert np.nextafter(values[1], values[0]) == from_ordinals([-2], dtype)[0]


def test_ulps_between_arrays():
    a = np.array([1, np.nan, np.inf, 0, -0.0, 1, np.nan], "f4")
    b = np.array([1, np.nan, np.inf, -0.0, 1e-45, 1 + 2**-23, 1], "f4")
    assert ulps_between(a, b).tolist() == [0, 0, 0, 0, 1, 1, np.inf]
