"""Activations made of the logistic function. ``E`` is exp(-|x|), which cannot overflow."""

from __future__ import annotations

import numpy as np

from fastact.elementary import (
    SILU_BEND,
    SILU_BEND_LOW,
    SILU_ROOT,
    SILU_ROOT_LOW,
    clamp,
    exp,
    exp_tail,
    expm1,
    log,
    log1p_unit,
    near_root,
    sigmoid_single,
    silu_single,
)
from fastact.engine.activation import Parameter, declare
from fastact.engine.primitives import copysign, kernel, scaled, where
from fastact.tables import SILU_BEND_QUOTIENT, SILU_ROOT_QUOTIENT

INF = float("inf")


# sigmoid     y = 1 / (1 + e^-x)          y' = y (1 - y) = E / (1 + E)^2
# y' from the output is 0 once y rounds to 1; from E it keeps its relative accuracy in both tails.
@kernel
def sigmoid(x):
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


@kernel
def sigmoid_from_output(y):
    return y * (1.0 - y)


sigmoid.float32 = sigmoid_single
sigmoid = declare(
    sigmoid, sigmoid_derivative, sigmoid_second_derivative,
    derivative_from_output=sigmoid_from_output,
    formula=r"\frac{1}{1 + e^{-x}}",
    summary="The logistic function 1 / (1 + exp(-x)).",
    limits="0 at -inf, 1 at inf",
    source="Verhulst 1845; also called expit",
    aliases=("expit",),
    monotone=1, range=(0.0, 1.0), roots={"second_derivative": (0.0,)},
    saturates={"forward": ((40.0, 1.0),)},
)  # fmt: skip


# log_sigmoid     y = log(1 / (1 + e^-x)) = min(x, 0) - log1p(E)          y' = sigmoid(-x)
# Both terms have the same sign, so nothing cancels.
@kernel
def log_sigmoid(x):
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


log_sigmoid = declare(
    log_sigmoid, log_sigmoid_derivative, log_sigmoid_second_derivative,
    derivative_from_output=log_sigmoid_from_output,
    formula=r"-\log(1 + e^{-x})",
    summary="The logarithm of the logistic function, -log(1 + exp(-x)).",
    limits="-inf at -inf, -0 at inf",
    source="also called log_expit",
    aliases=("log_expit",),
    monotone=1, range=(-INF, 0.0),
)  # fmt: skip


# logit     y = log(x / (1 - x))          y' = 1 / (x (1 - x))
# 1 - x is exact near 1/2, where the quotient is near 1 and its logarithm must not lose it.
@kernel
def logit(x):
    return log(x / (1.0 - x))


@kernel
def logit_derivative(x):
    inside = where(x < 0.0, np.nan, where(x > 1.0, np.nan, abs(x)))
    return 1.0 / (inside * (1.0 - inside))


@kernel
def logit_second_derivative(x):
    inside = where(x < 0.0, np.nan, where(x > 1.0, np.nan, abs(x)))
    d = 1.0 / (inside * (1.0 - inside))
    return (scaled(inside, 2.0) - 1.0) * d * d


@kernel
def logit_from_output(y):  # 1 / x (1 - x) = (1 + E)^2 / E
    e = exp(-abs(y))
    d = 1.0 + e
    return d * d / e


logit = declare(
    logit, logit_derivative, logit_second_derivative,
    derivative_from_output=logit_from_output,
    formula=r"\log\frac{x}{1 - x}",
    summary="The log-odds log(x / (1 - x)), the inverse of the logistic function.",
    limits="-inf at 0, inf at 1, NaN outside [0, 1]",
    source="Berkson 1944",
    monotone=1, domain=(0.0, 1.0), roots={"forward": (0.5,), "second_derivative": (0.5,)},
)  # fmt: skip


# softplus     y = log(1 + e^bx) / b = max(x, 0) + log1p(e^-|bx|) / b          y' = sigmoid(b x)
# exp cannot overflow, log1p keeps the left tail, and no threshold is needed. Far out log1p(E) = E,
# which is kept from becoming a subnormal number before it is divided by b.
@kernel
def softplus(x, beta):
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
    v = beta * x
    e, scale = exp_tail(-abs(v))
    small = scaled(e, scale)
    near = -(abs(v) * small / (1.0 + small)) - log1p_unit(small)
    far = scaled(e * (where(v < -800.0, -800.0, v) - 1.0), scale)
    return where(scale < 1.0, far, near) / beta / beta


softplus = declare(
    softplus, softplus_derivative, softplus_second_derivative,
    derivative_from_output=softplus_from_output,
    params=(Parameter("beta", 1.0, 0.125, 8.0, softplus_beta),),
    requires=("beta > 0",),
    formula=r"\frac{1}{\beta}\log(1 + e^{\beta x})",
    summary="The smooth rectifier log(1 + exp(beta x)) / beta.",
    limits="0 at -inf, inf at inf",
    source="Dugas et al. 2001",
    monotone=1, range=(0.0, INF),
)  # fmt: skip


# silu     y = x sigmoid(x)          y' = sigmoid(x) (1 + x (1 - sigmoid(x)))
# With E: y' = E (1 + E + x) / (1 + E)^2 for x < 0, and (1 + E (1 + x)) / (1 + E)^2 otherwise; it
# cancels at its root only. E is kept from becoming a subnormal number before x multiplies it.
@kernel
def silu(x):
    x = where(x < -800.0, -800.0, x)
    e, scale = exp_tail(-abs(x))
    d = 1.0 + scaled(e, scale)
    return where(x < 0.0, scaled(x * e / d, scale), x / d)


@kernel
def silu_derivative(x):
    x = clamp(x, -800.0, 800.0)
    e, scale = exp_tail(-abs(x))
    small = scaled(e, scale)
    d = 1.0 + small
    left = scaled(e * (d + x) / (d * d), scale)
    y = where(x < 0.0, left, (1.0 + small * (1.0 + x)) / (d * d))
    return near_root(x, y, SILU_ROOT, SILU_ROOT_LOW, SILU_ROOT_QUOTIENT)


@kernel
def silu_second_derivative(x):  # E (2 (1 + E) + |x| expm1(-|x|)) / (1 + E)^3
    x = abs(clamp(x, -800.0, 800.0))
    e, scale = exp_tail(-x)
    d = 1.0 + scaled(e, scale)
    y = scaled(e * (scaled(d, 2.0) + x * expm1(-x)) / (d * d * d), scale)
    return near_root(x, y, SILU_BEND, SILU_BEND_LOW, SILU_BEND_QUOTIENT)


silu.float32 = silu_single
silu = declare(
    silu, silu_derivative, silu_second_derivative,
    formula=r"x\,\sigma(x)",
    summary="The sigmoid linear unit x sigmoid(x), also called swish.",
    limits="-0 at -inf, inf at inf",
    source="Hendrycks and Gimpel 2016; Elfwing, Uchibe and Doya 2017",
    range=(-0.27846454276107379, INF),
    roots={
        "forward": (0.0,),
        "derivative": (-1.2784645427610738,),
        "second_derivative": (-2.3993572805154675, 2.3993572805154675),
    },
)  # fmt: skip
