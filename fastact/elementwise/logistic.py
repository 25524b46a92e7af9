"""Activations made of the logistic function. ``E`` is exp(-|x|), which cannot overflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastact.definition.activation import declare
from fastact.definition.declaration import Kink, Parameter
from fastact.numerics import double, rational, single
from fastact.numerics.elementary import (
    ONE32,
    ZERO32,
    F,
    at_root,
    clamp,
    exp,
    exp_tail,
    expm1,
    log1p_unit,
    log_quotient,
    near_root,
    times_constant,
)
from fastact.numerics.primitives import copysign, fma, kernel, scaled, where
from fastact.numerics.tables import (
    GELU_TANH_BEND,
    GELU_TANH_BEND_QUOTIENT,
    GELU_TANH_ROOT,
    GELU_TANH_ROOT_QUOTIENT,
    MISH_BEND,
    MISH_BEND_LEFT,
    MISH_BEND_LEFT_QUOTIENT,
    MISH_BEND_QUOTIENT,
    MISH_ROOT,
    MISH_ROOT_QUOTIENT,
    SILU_BEND,
    SILU_BEND_QUOTIENT,
    SILU_ROOT,
    SILU_ROOT_QUOTIENT,
)

if TYPE_CHECKING:
    from fastact.definition import interfaces

__all__ = [
    "sigmoid",
    "expit",
    "log_sigmoid",
    "log_expit",
    "logit",
    "softplus",
    "silu",
    "swish",
    "quick_gelu",
    "gelu_tanh",
    "mish",
]

TWICE_ROOT = 1.5957691216057308, -9.96930880911092e-17  # 2 sqrt(2 / pi)
INF = float("inf")
NAN32 = F(np.nan)


# sigmoid     y = 1 / (1 + e^-x)          y' = y (1 - y) = E / (1 + E)^2
# y' from the output is 0 once y rounds to 1; from E it keeps its relative accuracy in both tails.
@kernel
def sigmoid_value(x):
    e = exp(-abs(x))
    return where(x < 0.0, e, 1.0) / (1.0 + e)


@kernel
def sigmoid_derivative(x):
    e = exp(-abs(x))
    d = 1.0 + e
    return e / (d * d)


@kernel
def sigmoid_second_derivative(x):  # y' (1 - 2 y), where 1 - 2 y = expm1(-|x|) / (1 + E), signed
    e = exp(-abs(x))
    d = 1.0 + e
    return copysign(e * -expm1(-abs(x)) / (d * d * d), -x)


@kernel(widen=False)
def sigmoid_from_output(y):  # y (1 - y), rounded once
    return fma(-y, y, y)


sigmoid: interfaces.FromEither = declare(
    "sigmoid", sigmoid_value, sigmoid_derivative, sigmoid_second_derivative,
    float32={
        "forward": single.sigmoid,
        "derivative": single.sigmoid_slope,
        "second_derivative": single.sigmoid_bend,
    },
    float64={"forward": double.sigmoid, "derivative": double.sigmoid_slope},
    factors={"forward": single.sigmoid_factor},
    parts={"forward": double.sigmoid_parts, "derivative": double.sigmoid_slope_parts},
    products={"float32": single.glu, "float64": double.glu},
    derivative_from_output=sigmoid_from_output,
    formula=r"\frac{1}{1 + e^{-x}}",
    summary="The logistic function 1 / (1 + exp(-x)).",
    limits=(0.0, 1.0),
    source="Verhulst 1845; also called expit",
    aliases=("expit",),
    monotone=1, range=(0.0, 1.0), roots={"second_derivative": (0.0,)},
    saturates={"forward": ((40.0, 1.0),)},
)  # fmt: skip
expit = sigmoid


# log_sigmoid     y = log(1 / (1 + e^-x)) = min(x, 0) - log1p(E)          y' = sigmoid(-x)
# Both terms have the same sign, so nothing cancels.
@kernel
def log_sigmoid_value(x):
    return where(x < 0.0, x, 0.0) - log1p_unit(exp(-abs(x)))


@kernel
def log_sigmoid_derivative(x):
    e = exp(-abs(x))
    return where(x > 0.0, e, 1.0) / (1.0 + e)


@kernel
def log_sigmoid_second_derivative(x):
    e = exp(-abs(x))
    d = 1.0 + e
    return -(e / (d * d))


@kernel
def log_sigmoid_from_output(y):  # 1 - e^y
    return -expm1(y)


log_sigmoid: interfaces.FromEither = declare(
    "log_sigmoid", log_sigmoid_value, log_sigmoid_derivative, log_sigmoid_second_derivative,
    float32={
        "forward": single.log_sigmoid,
        "derivative": single.log_sigmoid_slope,
        "second_derivative": single.log_sigmoid_bend,
        "derivative_from_output": single.log_sigmoid_from_output,
    },
    float64={"forward": double.log_sigmoid, "derivative": double.log_sigmoid_slope},
    derivative_from_output=log_sigmoid_from_output,
    formula=r"-\log(1 + e^{-x})",
    summary="The logarithm of the logistic function, -log(1 + exp(-x)).",
    limits=(-INF, -0.0),
    source="the logarithm of what Verhulst 1845 has; also called log_expit",
    aliases=("log_expit",),
    monotone=1, range=(-INF, 0.0),
)  # fmt: skip
log_expit = log_sigmoid


# logit     y = log(x / (1 - x))          y' = 1 / (x (1 - x))
# 1 - x is exact near 1/2, where the quotient is near 1 and its logarithm must not lose it. With
# eps, x is clipped to [eps, 1 - eps]; no x is left or right of the bounds of a negative eps.
@kernel
def logit_value(x, eps):
    rest = 1.0 - x
    top = where(x < eps, eps, where(rest < eps, 1.0 - eps, x))
    return log_quotient(top, where(x < eps, 1.0 - eps, where(rest < eps, eps, rest)))


@kernel
def inside_of_logit(x, eps):
    """`x` where it is not clipped, and NaN outside [0, 1] if nothing is."""
    outside = (eps < 0.0) & ((x < 0.0) | (x > 1.0))
    return where(outside, np.nan, x)


@kernel
def clipped(x, eps):
    return (eps >= 0.0) & ((x < eps) | (1.0 - x < eps))


@kernel
def logit_derivative(x, eps):
    inside = abs(inside_of_logit(x, eps))
    return where(clipped(x, eps), 0.0, 1.0 / (inside * (1.0 - inside)))


@kernel
def logit_second_derivative(x, eps):
    inside = abs(inside_of_logit(x, eps))
    d = 1.0 / (inside * (1.0 - inside))
    return where(clipped(x, eps), 0.0, (scaled(inside, 2.0) - 1.0) * d * d)


@kernel
def logit_eps(x, eps):
    slope = 1.0 / (eps * (1.0 - eps))
    inside = inside_of_logit(x, eps)
    return where(
        clipped(x, eps), where(x < eps, slope, -slope), where(inside == inside, 0.0, inside)
    )


@kernel
def logit_from_output(y, eps):  # 1 / x (1 - x) = (1 + E)^2 / E
    e = exp(-abs(y))
    d = 1.0 + e
    return d * d / e


# In float32: 1 - x = s + t exactly, and so is x s = p + e; the quotient has what rounds off them.
@kernel(widen=False)
def logit_slope_single(x, eps):
    s = ONE32 - x
    t = (ONE32 - s) - x
    a = abs(x)
    p = a * s
    e = fma(a, s, -p) + a * t
    q = ONE32 / p
    y = where(q == INF, q, fma(q, fma(-p, q, ONE32) - e * q, q))
    outside = (eps < ZERO32) & ((x < ZERO32) | (x > ONE32))
    high = (s < eps) | ((s == eps) & (t < ZERO32))
    cut = (eps >= ZERO32) & ((x < eps) | high)
    return where(cut, ZERO32, where(outside, NAN32, y))


logit: interfaces.FromEitherWithEps = declare(
    "logit", logit_value, logit_derivative, logit_second_derivative,
    float32={"derivative": logit_slope_single},
    float64={"forward": rational.logit, "derivative": rational.logit_slope},
    derivative_from_output=logit_from_output,
    params=(Parameter("eps", None, 0.015625, 0.375, logit_eps, none=-1.0),),
    requires=("eps <= 0.5",), output_requires=("eps < 0",),
    formula=r"\log\frac{x}{1 - x}",
    summary=(
        "The log-odds log(x / (1 - x)), the inverse of the logistic function; with `eps`, of x "
        "clipped to [eps, 1 - eps]."
    ),
    limits=("-inf if eps < 0 else nan", "inf if eps < 0 else nan"),
    source="Berkson 1944",
    kinks=(Kink("eps", "1 / (eps * (1 - eps))"), Kink("1 - eps", "1 / (eps * (1 - eps))")),
    output_loss="(1 + y ** 2) ** 0.5",
    monotone=1, domain=("0.0 if eps < 0 else -inf", "1.0 if eps < 0 else inf"),
    roots={"forward": (0.5,), "second_derivative": (0.5,)},
)  # fmt: skip


# softplus     y = log(1 + e^bx) / b = max(x, 0) + log1p(e^-|bx|) / b          y' = sigmoid(b x)
# exp cannot overflow, log1p keeps the left tail, and no threshold is needed. Far out log1p(E) = E,
# which is kept from becoming a subnormal number before it is divided by b.
@kernel
def softplus_value(x, beta):
    e, scale = exp_tail(-abs(beta * x))
    return where(x > 0.0, x, 0.0) + scaled(where(scale < 1.0, e, log1p_unit(e)) / beta, scale)


@kernel
def softplus_derivative(x, beta):
    e = exp(-abs(beta * x))
    return where(x < 0.0, e, 1.0) / (1.0 + e)


@kernel
def softplus_second_derivative(x, beta):
    e, scale = exp_tail(-abs(beta * x))
    d = 1.0 + scaled(e, scale)
    return scaled(beta * e / (d * d), scale)


@kernel
def softplus_from_output(y, beta):  # 1 - e^-by
    return -expm1(-(beta * y))


@kernel
def softplus_beta(x, beta):  # (v sigmoid(v) - log(1 + e^v)) / b^2 with v = b x: both terms negative
    v = clamp(beta * x, -800.0, 800.0)
    e, scale = exp_tail(-abs(v))
    small = scaled(e, scale)
    near = -(abs(v) * small / (1.0 + small)) - log1p_unit(small)
    far = -(e * (1.0 + abs(v)))
    return scaled(where(scale < 1.0, far, near) / beta / beta, scale)


softplus: interfaces.FromEitherWithBeta = declare(
    "softplus", softplus_value, softplus_derivative, softplus_second_derivative,
    float32={
        "forward": single.softplus,
        "derivative": single.softplus_slope,
        "second_derivative": single.softplus_bend,
        "derivative_from_output": single.softplus_from_output,
    },
    float64={"forward": double.softplus, "derivative": double.softplus_slope},
    derivative_from_output=softplus_from_output,
    params=(Parameter("beta", 1.0, 0.125, 8.0, softplus_beta),),
    requires=("beta > 0",),
    formula=r"\frac{1}{\beta}\log(1 + e^{\beta x})",
    summary="The smooth rectifier log(1 + exp(beta x)) / beta.",
    limits=(0.0, INF),
    source="Dugas et al. 2001",
    monotone=1, range=(0.0, INF),
)  # fmt: skip


# silu     y = x sigmoid(x)          y' = sigmoid(x) (1 + x (1 - sigmoid(x)))
# With E: y' = E (1 + E + x) / (1 + E)^2 for x < 0, and (1 + E (1 + x)) / (1 + E)^2 otherwise; it
# cancels at its root only. E is kept from becoming a subnormal number before x multiplies it.
@kernel
def silu_value(x):
    e, scale = exp_tail(-abs(x))
    x = where(x < -800.0, -800.0, x)
    d = 1.0 + scaled(e, scale)
    return where(x < 0.0, scaled(x * e / d, scale), x / d)


@kernel
def silu_slope(x):
    e, scale = exp_tail(-abs(x))
    x = clamp(x, -800.0, 800.0)
    small = scaled(e, scale)
    d = 1.0 + small
    left = scaled(e * (d + x) / (d * d), scale)
    return where(x < 0.0, left, (1.0 + small * (1.0 + x)) / (d * d))


@kernel
def silu_derivative(x):
    return near_root(x, silu_slope(x), SILU_ROOT, SILU_ROOT_QUOTIENT)


@kernel
def silu_bend(x, factor):  # E (2 (1 + E) + |x| expm1(-|x|)) / (1 + E)^3, times a factor
    e, scale = exp_tail(-abs(x))
    x = abs(clamp(x, -800.0, 800.0))
    d = 1.0 + scaled(e, scale)
    return scaled(factor * e * (scaled(d, 2.0) + x * expm1(-x)) / (d * d * d), scale)


@kernel
def silu_second_derivative(x):
    return near_root(abs(x), silu_bend(x, 1.0), SILU_BEND, SILU_BEND_QUOTIENT)


silu: interfaces.FromInput = declare(
    "silu", silu_value, silu_derivative, silu_second_derivative,
    float32={"forward": single.silu, "derivative": single.silu_slope},
    float64={"forward": double.silu, "derivative": double.silu_slope},
    factors={"forward": single.silu_factor},
    parts={"forward": double.silu_parts},
    products={"float32": single.swiglu, "float64": double.swiglu},
    formula=r"x\,\sigma(x)",
    summary="The sigmoid linear unit x sigmoid(x), also called swish.",
    limits=(-0.0, INF),
    source="Hendrycks and Gimpel 2016; Elfwing, Uchibe and Doya 2017",
    range=(-0.27846454276107379, INF),
    roots={
        "forward": (0.0,),
        "derivative": (SILU_ROOT[0],),
        "second_derivative": (-SILU_BEND[0], SILU_BEND[0]),
    },
)  # fmt: skip


# swish     y = x sigmoid(b x)          y'(x) = silu'(b x)
@kernel
def swish_value(x, beta):
    v = beta * x
    e, scale = exp_tail(-abs(v))
    d = 1.0 + scaled(e, scale)
    left = where(v < -800.0, copysign(0.0, x), scaled(x * e / d, scale))
    return where(v < 0.0, left, x / d)


@kernel
def swish_derivative(x, beta):
    v = beta * x
    return at_root(v, silu_slope(v), SILU_ROOT, SILU_ROOT_QUOTIENT, 1.0)


@kernel
def swish_second_derivative(x, beta):
    v = beta * x
    return at_root(abs(v), silu_bend(v, beta), SILU_BEND, SILU_BEND_QUOTIENT, beta)


@kernel
def swish_beta(x, beta):  # x^2 sigmoid'(b x)
    v = abs(beta * x)
    e, scale = exp_tail(-v)
    d = 1.0 + scaled(e, scale)
    return where(v > 800.0, 0.0, scaled(x * (x * e) / (d * d), scale))


swish: interfaces.FromInputWithBeta = declare(
    "swish", swish_value, swish_derivative, swish_second_derivative,
    float32={"forward": single.swish, "derivative": single.swish_slope},
    float64={"forward": double.swish, "derivative": double.swish_slope},
    params=(Parameter("beta", 1.0, 0.125, 8.0, swish_beta),),
    formula=r"x\,\sigma(\beta x)",
    summary="The input times the logistic function of `beta` times it; with `beta` = 1 it is silu.",
    limits=("-0.0 if beta > 0 else -inf", "inf if beta >= 0 else 0.0"),
    source="Ramachandran, Zoph and Le 2017",
    range=(-INF, INF),
    roots={
        "forward": (0.0,),
        "derivative": (f"{SILU_ROOT[0]} / beta",),
        "second_derivative": (f"-{SILU_BEND[0]} / beta", f"{SILU_BEND[0]} / beta"),
    },
)  # fmt: skip


# quick_gelu     y = x sigmoid(1.702 x)          y'(x) = silu'(1.702 x)
@kernel
def quick_gelu_value(x):
    e, scale = exp_tail(-abs(1.702 * x))
    x = where(x < -800.0, -800.0, x)
    d = 1.0 + scaled(e, scale)
    return where(x < 0.0, scaled(x * e / d, scale), x / d)


@kernel
def quick_gelu_derivative(x):
    return silu_derivative(1.702 * x)


@kernel
def quick_gelu_second_derivative(x):
    v = 1.702 * x
    return at_root(abs(v), silu_bend(v, 1.702), SILU_BEND, SILU_BEND_QUOTIENT, 1.702)


quick_gelu: interfaces.FromInput = declare(
    "quick_gelu", quick_gelu_value, quick_gelu_derivative, quick_gelu_second_derivative,
    float32={"forward": single.quick_gelu, "derivative": single.quick_gelu_slope},
    float64={"forward": double.quick_gelu, "derivative": double.quick_gelu_slope},
    formula=r"x\,\sigma(1.702 x)",
    summary="The approximation of gelu by x sigmoid(1.702 x).",
    limits=(-0.0, INF),
    source="Hendrycks and Gimpel 2016",
    range=(-0.16361018963635361, INF),
    roots={
        "forward": (0.0,),
        "derivative": (-0.751154255441289,),
        "second_derivative": (-1.4097281319127308, 1.4097281319127308),
    },
)  # fmt: skip


# gelu_tanh     y = x (1 + tanh u) / 2 = x sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3)
# Never 1 + tanh u, which loses the left tail. Let w be the slope of 2 u; then with E = e^-|2 u|
# y' = E (1 + E + x w) / (1 + E)^2 for x < 0 and (1 + E + E x w) / (1 + E)^2 otherwise.
@kernel
def gelu_tanh_exponent(x):
    """2 u and w."""
    square = 0.044715 * (x * x)
    return (
        times_constant(x * (1.0 + square), TWICE_ROOT),
        times_constant(1.0 + 3.0 * square, TWICE_ROOT),
    )


@kernel
def gelu_tanh_value(x):
    near = clamp(x, -40.0, 40.0)
    v, _ = gelu_tanh_exponent(near)
    e, scale = exp_tail(-abs(v))
    d = 1.0 + scaled(e, scale)
    return where(x < 0.0, scaled(near * e / d, scale), x / d)


@kernel
def gelu_tanh_derivative(x):
    x = clamp(x, -40.0, 40.0)
    v, w = gelu_tanh_exponent(x)
    e, scale = exp_tail(-abs(v))
    small = scaled(e, scale)
    d = 1.0 + small
    left = scaled(e * (d + x * w) / (d * d), scale)
    y = where(x < 0.0, left, (d + small * (x * w)) / (d * d))
    return near_root(x, y, GELU_TANH_ROOT, GELU_TANH_ROOT_QUOTIENT)


@kernel
def gelu_tanh_second_derivative(x):  # E ((2 w + |x w'|) (1 + E) - |x| w^2 (1 - E)) / (1 + E)^3
    x = abs(clamp(x, -40.0, 40.0))
    v, w = gelu_tanh_exponent(x)
    e, scale = exp_tail(-v)
    d = 1.0 + scaled(e, scale)
    bend = times_constant(6.0 * (0.044715 * (x * x)), TWICE_ROOT)
    y = scaled(e * ((scaled(w, 2.0) + bend) * d + x * w * w * expm1(-v)) / (d * d * d), scale)
    return near_root(x, y, GELU_TANH_BEND, GELU_TANH_BEND_QUOTIENT)


gelu_tanh: interfaces.FromInput = declare(
    "gelu_tanh", gelu_tanh_value, gelu_tanh_derivative, gelu_tanh_second_derivative,
    float32={"forward": single.gelu_tanh, "derivative": single.gelu_tanh_slope},
    float64={"forward": double.gelu_tanh, "derivative": double.gelu_tanh_slope},
    formula=r"\tfrac12 x (1 + \tanh(\sqrt{2/\pi}\,(x + 0.044715 x^3)))",
    summary="The approximation of gelu by the hyperbolic tangent.",
    limits=(-0.0, INF),
    source="Hendrycks and Gimpel 2016",
    range=(-0.17004075057125408, INF),
    roots={
        "forward": (0.0,),
        "derivative": (GELU_TANH_ROOT[0],),
        "second_derivative": (-GELU_TANH_BEND[0], GELU_TANH_BEND[0]),
    },
)  # fmt: skip


# mish     y = x tanh(log(1 + e^x)) = x n / (n + 2), n = e^x (e^x + 2)
# All terms are positive, so nothing cancels; for x > 0 the fraction is reduced by e^2x. The
# derivatives are polynomials in x and E over powers of the denominator.
@kernel
def mish_denominator(e, left):
    return where(left, 2.0 + e * (2.0 + e), 1.0 + scaled(e * (1.0 + e), 2.0))


@kernel
def mish_value(x):
    e, scale = exp_tail(-abs(x))
    x = where(x < -800.0, -800.0, x)
    small = scaled(e, scale)
    d = mish_denominator(small, x < 0.0)
    left = scaled(x * (e * (2.0 + small)) / d, scale)
    return where(x < 0.0, left, x * (1.0 + scaled(small, 2.0)) / d)


@kernel
def mish_derivative(x):
    e, scale = exp_tail(-abs(x))
    x = clamp(x, -800.0, 800.0)
    small = scaled(e, scale)
    d = mish_denominator(small, x < 0.0)
    once, twice = scaled(x + 1.0, 4.0), scaled(x, 4.0) + 6.0
    left = scaled(e * (once + small * (twice + small * (4.0 + small))) / (d * d), scale)
    right = (1.0 + small * (4.0 + small * (twice + small * once))) / (d * d)
    y = where(x < 0.0, left, right)
    return near_root(x, y, MISH_ROOT, MISH_ROOT_QUOTIENT)


@kernel
def mish_second_derivative(x):
    e, scale = exp_tail(-abs(x))
    x = clamp(x, -800.0, 800.0)
    small = scaled(e, scale)
    d = mish_denominator(small, x < 0.0)
    left = 4.0 + small * (8.0 + small * (6.0 + scaled(small, 2.0)))
    left = left + x * (2.0 + small * (2.0 - small * (3.0 + scaled(small, 2.0))))
    right = 2.0 + small * (6.0 + small * (8.0 + scaled(small, 4.0)))
    right = small * (right - x * (2.0 + small * (3.0 - small * (2.0 + scaled(small, 2.0)))))
    y = scaled(scaled(e, 4.0) * where(x < 0.0, left, right) / (d * d * d), scale)
    y = near_root(x, y, MISH_BEND_LEFT, MISH_BEND_LEFT_QUOTIENT)
    return near_root(x, y, MISH_BEND, MISH_BEND_QUOTIENT)


mish: interfaces.FromInput = declare(
    "mish", mish_value, mish_derivative, mish_second_derivative,
    float32={"forward": single.mish, "derivative": single.mish_slope},
    formula=r"x\tanh(\log(1 + e^x))",
    summary="The input times the hyperbolic tangent of its softplus.",
    limits=(-0.0, INF),
    source="Misra 2019",
    range=(-0.3088434130172505, INF),
    roots={
        "forward": (0.0,),
        "derivative": (MISH_ROOT[0],),
        "second_derivative": (MISH_BEND_LEFT[0], MISH_BEND[0]),
    },
)  # fmt: skip
