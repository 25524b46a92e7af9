"""Activations made of the normal distribution's functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastact.definition.activation import declare
from fastact.numerics import double, single
from fastact.numerics.elementary import at_root, erf_quotient, erfc_scaled, exp_tail, times_constant
from fastact.numerics.primitives import copysign, kernel, scaled, where
from fastact.numerics.tables import GELU_ROOT, GELU_ROOT_QUOTIENT

if TYPE_CHECKING:
    from fastact.definition import interfaces

__all__ = [
    "erf",
    "erfc",
    "gelu",
]

INF = float("inf")
SLOPE = 1.1283791670955126, 1.533545961316588e-17  # 2 / sqrt(pi)
ROOT_HALF = 0.7071067811865476, -4.833646656726457e-17
DENSITY = 0.3989422804014327, -2.49232720227773e-17  # 1 / sqrt(2 pi)
ROOT_TWO = 1.4142135623730951


@kernel
def size(x, most):
    """|x|, no larger than where everything has vanished."""
    x = abs(x)
    return where(x > most, most, x)


# erf     y = 2 / sqrt(pi) times the integral of e^-t^2 up to x          y' = 2 / sqrt(pi) e^-x^2
@kernel
def erf_value(x):
    a = size(x, 28.0)
    square = x * x
    e, scale = exp_tail(-(a * a))
    far = copysign(1.0 - scaled(e * erfc_scaled(a), scale), x)
    return where(a < 1.0, x * erf_quotient(square), far)


@kernel
def erf_derivative(x):
    a = size(x, 28.0)
    e, scale = exp_tail(-(a * a))
    return scaled(times_constant(e, SLOPE), scale)


@kernel
def erf_second_derivative(x):  # -2 x y'
    a = size(x, 28.0)
    e, scale = exp_tail(-(a * a))
    return copysign(scaled(scaled(a * times_constant(e, SLOPE), 2.0), scale), -x)


erf: interfaces.FromInput = declare(
    "erf", erf_value, erf_derivative, erf_second_derivative,
    float32={
        "forward": single.erf,
        "derivative": single.erf_slope,
        "second_derivative": single.erf_bend,
    },
    float64={"forward": double.erf, "derivative": double.erf_slope},
    formula=r"\frac{2}{\sqrt\pi}\int_0^x e^{-t^2} dt",
    summary="The error function.",
    source="NIST Digital Library of Mathematical Functions, 7.2(i)",
    limits=(-1.0, 1.0),
    monotone=1, odd=True, range=(-1.0, 1.0), roots={"second_derivative": (0.0,)},
)  # fmt: skip


# erfc     y = 1 - erf x          y' = -2 / sqrt(pi) e^-x^2
@kernel
def erfc_value(x):
    a = size(x, 28.0)
    e, scale = exp_tail(-(a * a))
    tail = scaled(e * erfc_scaled(a), scale)
    return where(x < 0.0, 2.0 - tail, tail)


@kernel
def erfc_derivative(x):
    return -erf_derivative(x)


@kernel
def erfc_second_derivative(x):
    return -erf_second_derivative(x)


erfc: interfaces.FromInput = declare(
    "erfc", erfc_value, erfc_derivative, erfc_second_derivative,
    float32={
        "forward": single.erfc,
        "derivative": single.erfc_slope,
        "second_derivative": single.erfc_bend,
    },
    float64={"forward": double.erfc, "derivative": double.erfc_slope},
    formula=r"1 - \operatorname{erf} x",
    summary="The complementary error function, accurate in its right tail.",
    source="NIST Digital Library of Mathematical Functions, 7.2(i)",
    limits=(2.0, 0.0),
    monotone=-1, range=(0.0, 2.0), roots={"second_derivative": (0.0,)},
)  # fmt: skip


# gelu     y = x Phi(x), Phi(x) = erfc(-x / sqrt 2) / 2          y' = Phi(x) + x phi(x)
# Never 1 + erf, which loses the left tail. With G = e^(-x^2 / 2) and Q = exp(a^2) erfc(a) / 2 at
# a = |x| / sqrt 2, Phi(x) is G Q on the left and 1 - G Q on the right.
@kernel
def gelu_parts(x):
    """G in two factors, and Q."""
    a = size(x, 39.0)
    e, scale = exp_tail(scaled(-(a * a), 0.5))
    return e, scale, scaled(erfc_scaled(times_constant(a, ROOT_HALF)), 0.5)


@kernel
def gelu_value(x):
    e, scale, q = gelu_parts(x)
    near = where(x < -39.0, -39.0, x)
    left = scaled(near * (e * q), scale)
    return where(x <= 0.0, left, x - where(x > 39.0, 0.0, left))


@kernel
def gelu_derivative(x):
    e, scale, q = gelu_parts(x)
    slope = times_constant(size(x, 39.0), DENSITY)
    tail = scaled(e * (q - slope), scale)
    y = where(x < 0.0, tail, 1.0 - tail)
    return at_root(x, y, GELU_ROOT, GELU_ROOT_QUOTIENT, 1.0)


@kernel
def gelu_second_derivative(x):  # phi(x) (2 - x^2)
    a = size(x, 39.0)
    e, scale = exp_tail(scaled(-(a * a), 0.5))
    return scaled(times_constant(e * (2.0 - a * a), DENSITY), scale)


gelu: interfaces.FromInput = declare(
    "gelu", gelu_value, gelu_derivative, gelu_second_derivative,
    float32={
        "forward": single.gelu,
        "derivative": single.gelu_slope,
        "second_derivative": single.gelu_bend,
    },
    float64={"forward": double.gelu, "derivative": double.gelu_slope},
    factors={"forward": single.gelu_factor, "derivative": single.gelu_slope_factor},
    products={"float64": double.geglu},
    formula=r"\tfrac12 x \operatorname{erfc}(-x / \sqrt2)",
    summary="The Gaussian error linear unit: the input times the normal distribution function.",
    limits=(-0.0, INF),
    source="Hendrycks and Gimpel 2016",
    range=(-0.16997120747990368, INF),
    roots={
        "forward": (0.0,),
        "derivative": (GELU_ROOT[0],),
        "second_derivative": (-ROOT_TWO, ROOT_TWO),
    },
)  # fmt: skip
