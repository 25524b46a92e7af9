"""Activations made of the hyperbolic tangent. ``E`` is exp(-|x|), which cannot overflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastact.definition.activation import declare
from fastact.numerics import double, single
from fastact.numerics.elementary import (
    clamp,
    exp_tail,
    expm1,
    log1p_unit,
    logcosh_quotient,
    near_root,
    tanh_shrink_quotient,
    tanh_single,
)
from fastact.numerics.primitives import copysign, fma, kernel, scaled, where
from fastact.numerics.tables import LISHT_BEND, LISHT_BEND_QUOTIENT

if TYPE_CHECKING:
    from fastact.definition import interfaces

__all__ = [
    "tanh",
    "tanh_shrink",
    "lisht",
    "logcosh",
]

INF = float("inf")
LN2_HI, LN2_LO = 0.6931471805599453, 2.3190468138462996e-17


# tanh     y = (1 - e^-2x) / (1 + e^-2x)          y' = 1 - y^2 = 4 E^2 / (1 + E^2)^2
# With m = expm1(-2|x|), |y| = -m / (2 + m): accurate at 0, and it cannot overflow.
@kernel
def tanh_value(x):
    m = expm1(scaled(-abs(x), 2.0))
    return copysign(-m / (2.0 + m), x)


@kernel
def tanh_derivative(x):
    e, scale = exp_tail(scaled(-abs(x), 2.0))
    d = 1.0 + scaled(e, scale)
    return scaled(scaled(e, 4.0) / (d * d), scale)


@kernel
def tanh_second_derivative(x):  # -2 y y'
    e, scale = exp_tail(scaled(-abs(x), 2.0))
    d = 1.0 + scaled(e, scale)
    m = expm1(scaled(-abs(x), 2.0))
    return copysign(scaled(scaled(e * -m, 8.0) / (d * d * d), scale), -x)


@kernel(widen=False)
def tanh_from_output(y):
    return fma(-y, y, 1.0)


tanh: interfaces.FromEither = declare(
    "tanh", tanh_value, tanh_derivative, tanh_second_derivative,
    float32={
        "forward": tanh_single,
        "derivative": single.tanh_slope,
        "second_derivative": single.tanh_bend,
        "derivative_from_output": single.tanh_from_output,
    },
    float64={"forward": double.tanh, "derivative": double.tanh_slope},
    derivative_from_output=tanh_from_output,
    formula=r"\tanh x",
    summary="The hyperbolic tangent.",
    source="NIST Digital Library of Mathematical Functions, 4.28; LeCun et al. 1998",
    limits=(-1.0, 1.0),
    monotone=1, odd=True, range=(-1.0, 1.0), roots={"second_derivative": (0.0,)},
    saturates={"forward": ((25.0, 1.0), (-25.0, -1.0))},
)  # fmt: skip


# tanh_shrink     y = x - tanh x          y' = tanh(x)^2
# Near 0, where the terms cancel, x^3 times a polynomial in x^2.
@kernel
def size_of_tanh(x):
    m = expm1(scaled(-abs(x), 2.0))
    return abs(m) / (2.0 + m)


@kernel
def tanh_shrink_value(x):
    square = x * x
    far = copysign(abs(x) - size_of_tanh(x), x)
    return where(abs(x) < 0.7, x * (square * tanh_shrink_quotient(square)), far)


@kernel
def tanh_shrink_derivative(x):
    t = size_of_tanh(x)
    return t * t


@kernel
def tanh_shrink_second_derivative(x):  # 2 tanh(x) sech(x)^2
    e, scale = exp_tail(scaled(-abs(x), 2.0))
    d = 1.0 + scaled(e, scale)
    slope = scaled(e, 4.0) / (d * d)
    return copysign(scaled(scaled(slope * size_of_tanh(x), 2.0), scale), x)


tanh_shrink: interfaces.FromInput = declare(
    "tanh_shrink", tanh_shrink_value, tanh_shrink_derivative, tanh_shrink_second_derivative,
    float32={
        "forward": single.tanh_shrink,
        "derivative": single.tanh_shrink_slope,
        "second_derivative": single.tanh_shrink_bend,
    },
    float64={"forward": double.tanh_shrink},
    formula=r"x - \tanh x",
    summary="What the hyperbolic tangent takes away from the input.",
    source="the module Tanhshrink of PyTorch",
    monotone=1, odd=True,
)  # fmt: skip


# lisht     y = x tanh x          y' = tanh x + x sech(x)^2
@kernel
def lisht_value(x):
    return abs(x) * size_of_tanh(x)


@kernel
def lisht_derivative(x):
    e, scale = exp_tail(scaled(-abs(x), 2.0))
    size = abs(clamp(x, -800.0, 800.0))
    d = 1.0 + scaled(e, scale)
    return copysign(size_of_tanh(x) + scaled(scaled(size * e, 4.0) / (d * d), scale), x)


@kernel
def lisht_second_derivative(x):  # 2 sech(x)^2 (1 - x tanh x)
    e, scale = exp_tail(scaled(-abs(x), 2.0))
    x = abs(clamp(x, -800.0, 800.0))
    d = 1.0 + scaled(e, scale)
    y = scaled(scaled(e * (1.0 - x * size_of_tanh(x)), 8.0) / (d * d), scale)
    return near_root(x, y, LISHT_BEND, LISHT_BEND_QUOTIENT)


lisht: interfaces.FromInput = declare(
    "lisht", lisht_value, lisht_derivative, lisht_second_derivative,
    float32={"forward": single.lisht, "derivative": single.lisht_slope},
    formula=r"x \tanh x",
    summary="The input times its hyperbolic tangent.",
    limits=(INF, INF),
    source="Roy et al. 2019",
    even=True, range=(0.0, INF),
    roots={"derivative": (0.0,), "second_derivative": (-LISHT_BEND[0], LISHT_BEND[0])},
)  # fmt: skip


# logcosh     y = log(cosh x) = |x| + log1p(e^-2|x|) - log 2          y' = tanh x
# Near 0, where the terms cancel, x^2 times a polynomial in x^2.
@kernel
def logcosh_value(x):
    square = x * x
    e, scale = exp_tail(scaled(-abs(x), 2.0))
    far = (abs(x) - LN2_HI) - LN2_LO + log1p_unit(scaled(e, scale))
    return where(abs(x) < 0.7, square * logcosh_quotient(square), far)


logcosh: interfaces.FromInput = declare(
    "logcosh", logcosh_value, tanh_value, tanh_derivative,
    float32={"derivative": tanh_single, "second_derivative": single.tanh_slope},
    float64={"derivative": double.tanh, "second_derivative": double.tanh_slope},
    formula=r"\log \cosh x",
    summary="The logarithm of the hyperbolic cosine, a smooth absolute value.",
    source="Green 1990",
    limits=(INF, INF),
    even=True, range=(0.0, INF), roots={"derivative": (0.0,)},
)  # fmt: skip
