"""Activations made of the exponential function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastact.definition.activation import declare
from fastact.definition.declaration import Kink, Parameter
from fastact.numerics import double, double_exponentials, single
from fastact.numerics.elementary import (
    celu_quotient,
    clamp,
    exp,
    exp_tail,
    expm1,
    log,
    log1p_unit,
    times_constant,
)
from fastact.numerics.primitives import kernel, scaled, where

if TYPE_CHECKING:
    from fastact.definition import interfaces

__all__ = [
    "exponential",
    "elu",
    "selu",
    "celu",
    "log1mexp",
]

INF, NAN = float("inf"), float("nan")


# exponential     y = y' = e^x
@kernel
def exponential_value(x):
    return exp(x)


@kernel(widen=False)
def exponential_from_output(y):
    return y


exponential: interfaces.FromEither = declare(
    "exponential", exponential_value, exponential_value, exponential_value,
    float32=dict.fromkeys(("forward", "derivative", "second_derivative"), single.exp),
    float64=dict.fromkeys(("forward", "derivative", "second_derivative"), double.exp),
    derivative_from_output=exponential_from_output,
    formula="e^x",
    summary="The exponential function, the inverse link of Poisson models.",
    source="NIST Digital Library of Mathematical Functions, 4.2(iii)",
    limits=(0.0, INF),
    monotone=1, range=(0.0, INF),
)  # fmt: skip


# elu     y = x for x > 0, else a (e^x - 1)          y' = 1 for x > 0, else a e^x
@kernel
def elu_value(x, alpha):
    return where(x > 0.0, x, alpha * expm1(x))


@kernel
def elu_tail(x, alpha):
    """alpha e^x for x <= 0."""
    e, scale = exp_tail(x)
    return scaled(alpha * e, scale)


@kernel
def elu_derivative(x, alpha):
    return where(x > 0.0, 1.0, elu_tail(x, alpha))


@kernel
def elu_second_derivative(x, alpha):
    return where(x > 0.0, 0.0, elu_tail(x, alpha))


@kernel
def elu_alpha(x, alpha):
    return where(x > 0.0, 0.0, expm1(x))


@kernel
def elu_from_output(y, alpha):
    return where(y > 0.0, 1.0, y + alpha)


elu: interfaces.FromEitherWithAlpha = declare(
    "elu", elu_value, elu_derivative, elu_second_derivative,
    float32={
        "forward": single.elu,
        "derivative": single.elu_slope,
        "second_derivative": single.elu_bend,
    },
    float64={
        "forward": double_exponentials.elu,
        "derivative": double_exponentials.elu_slope,
        "second_derivative": double_exponentials.elu_bend,
        "derivative_from_output": double_exponentials.elu_from_output,
    },
    derivative_from_output=elu_from_output,
    params=(Parameter("alpha", 1.0, 0.125, 4.0, elu_alpha),),
    output_requires=("alpha > 0",),
    formula=r"x \text{ if } x > 0 \text{ else } \alpha (e^x - 1)",
    summary="The exponential linear unit.",
    limits=("-alpha", INF),
    source="Clevert, Unterthiner and Hochreiter 2015",
    kinks=(Kink(0.0, "alpha"),), monotone=1, range=("-alpha", INF),
)  # fmt: skip


# selu     y = s elu(x; a)          y' = s for x > 0, else s a e^x
SELU_SCALE = 1.0507009873554805
SELU_BOTH = 1.7580993408473766, 5.75014648756476e-17  # s a, with a = 1.6732632423543772


@kernel
def selu_value(x):
    return where(x > 0.0, SELU_SCALE * x, times_constant(expm1(x), SELU_BOTH))


@kernel
def selu_tail(x):
    e, scale = exp_tail(x)
    return scaled(times_constant(e, SELU_BOTH), scale)


@kernel
def selu_derivative(x):
    return where(x > 0.0, SELU_SCALE, selu_tail(x))


@kernel
def selu_second_derivative(x):
    return where(x > 0.0, 0.0, selu_tail(x))


@kernel
def selu_from_output(y):
    return where(y > 0.0, SELU_SCALE, (y + SELU_BOTH[0]) + SELU_BOTH[1])


selu: interfaces.FromEither = declare(
    "selu", selu_value, selu_derivative, selu_second_derivative,
    float32={
        "forward": single.selu,
        "derivative": single.selu_slope,
        "second_derivative": single.selu_bend,
    },
    float64={
        "forward": double_exponentials.selu,
        "derivative": double_exponentials.selu_slope,
        "second_derivative": double_exponentials.selu_bend,
        "derivative_from_output": double_exponentials.selu_from_output,
    },
    derivative_from_output=selu_from_output,
    formula=r"s\,(x \text{ if } x > 0 \text{ else } \alpha (e^x - 1))",
    summary="The exponential linear unit with s = 1.0507009873554805, α = 1.6732632423543772.",
    limits=(-SELU_BOTH[0], INF),
    source="Klambauer et al. 2017",
    kinks=(Kink(0.0, SELU_BOTH[0]),), monotone=1, range=(-SELU_BOTH[0], INF),
)  # fmt: skip


# celu     y = x for x > 0, else a (e^(x/a) - 1)          y' = 1 for x > 0, else e^(x/a)
@kernel
def celu_value(x, alpha):  # x / alpha may be a subnormal number, where y rounds to x
    return where(x > -(2.0**-900), x, alpha * expm1(x / alpha))


@kernel
def celu_derivative(x, alpha):
    return where(x > 0.0, 1.0, exp(x / alpha))


@kernel
def celu_second_derivative(x, alpha):
    e, scale = exp_tail(x / alpha)
    return where(x > 0.0, 0.0, scaled(e / alpha, scale))


@kernel
def celu_alpha(x, alpha):  # e^u - 1 - u e^u with u = x / a, which cancels near 0
    u = where(x > 0.0, 0.0, clamp(x / alpha, -800.0, 0.0))
    return where(u > -0.5, u * (u * celu_quotient(u)), expm1(u) - u * exp(u))


@kernel
def celu_from_output(y, alpha):
    return where(y > 0.0, 1.0, 1.0 + y / alpha)


celu: interfaces.FromEitherWithAlpha = declare(
    "celu", celu_value, celu_derivative, celu_second_derivative,
    float32={
        "forward": single.celu,
        "derivative": single.celu_slope,
        "second_derivative": single.celu_bend,
    },
    float64={"forward": double_exponentials.celu, "derivative": double_exponentials.celu_slope},
    derivative_from_output=celu_from_output,
    params=(Parameter("alpha", 1.0, 0.125, 4.0, celu_alpha),),
    requires=("alpha > 0",),
    formula=r"x \text{ if } x > 0 \text{ else } \alpha (e^{x / \alpha} - 1)",
    summary="The exponential linear unit whose derivative is continuous for every `alpha`.",
    limits=("-alpha", INF),
    source="Barron 2017",
    bends=(0.0,), monotone=1, range=("-alpha", INF),
)  # fmt: skip


# log1mexp     y = log(1 - e^-x)          y' = E / (1 - E), E = e^-x
# Beyond log 2 as log1p of -E, which is -log1p(E / (1 - E)).
@kernel
def log1mexp_value(x):
    e, scale = exp_tail(-x)
    rest = -expm1(-x)
    far = where(scale < 1.0, e, log1p_unit(e / rest))
    return where(x < 0.6931, log(rest), -scaled(far, scale))


@kernel
def log1mexp_derivative(x):
    e, scale = exp_tail(-x)
    return where(x < 0.0, NAN, scaled(e / abs(expm1(-abs(x))), scale))


@kernel
def log1mexp_second_derivative(x):
    e, scale = exp_tail(-x)
    rest = expm1(-abs(x))
    return where(x < 0.0, NAN, -scaled(e / rest / rest, scale))


@kernel
def log1mexp_from_output(y):  # e^-y - 1
    return where(y < -50.0, exp(-y), expm1(-y))


log1mexp: interfaces.FromEither = declare(
    "log1mexp", log1mexp_value, log1mexp_derivative, log1mexp_second_derivative,
    float32={
        "forward": single.log1mexp,
        "derivative": single.log1mexp_slope,
        "second_derivative": single.log1mexp_bend,
        "derivative_from_output": single.log1mexp_from_output,
    },
    float64={
        "forward": double_exponentials.log1mexp,
        "derivative": double_exponentials.log1mexp_slope,
    },
    derivative_from_output=log1mexp_from_output,
    formula=r"\log(1 - e^{-x})",
    summary="The logarithm of 1 - exp(-x), for x >= 0.",
    limits=(-INF, -0.0),
    source="Maechler 2012",
    output_loss="1 - y", monotone=1, domain=(0.0, INF), range=(-INF, 0.0),
)  # fmt: skip
