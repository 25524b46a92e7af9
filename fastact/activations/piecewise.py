"""Activations of polynomial pieces: exact, or one rounding away from it."""

from __future__ import annotations

from fastact.engine.activation import Kink, Parameter, declare
from fastact.engine.primitives import kernel, where

INF = float("inf")


# identity     y = x          y' = 1
@kernel(widen=False)
def identity(x):
    return x


@kernel(widen=False)
def one(x):
    return where(x != x, x, 1.0)


@kernel(widen=False)
def zero(x):
    return where(x != x, x, 0.0)


identity = declare(
    identity, one, zero,
    derivative_from_output=one,
    formula="x",
    summary="The input itself: the activation of a linear layer.",
    monotone=1, odd=True,
)  # fmt: skip


# relu     y = max(x, 0)          y' = 1 for x > 0, else 0
@kernel(widen=False)
def relu(x):
    return where(x <= 0.0, 0.0, x)


@kernel(widen=False)
def relu_derivative(x):
    return where(x > 0.0, 1.0, where(x <= 0.0, 0.0, x))


relu = declare(
    relu, relu_derivative, zero,
    derivative_from_output=relu_derivative,
    formula=r"\max(x, 0)",
    summary="The rectified linear unit max(x, 0).",
    limits="0 at -inf, inf at inf",
    source="Nair and Hinton 2010",
    kinks=(Kink(0.0, 0.0),), monotone=1, range=(0.0, INF),
)  # fmt: skip


# leaky_relu     y = x for x > 0, else s x          y' = 1 for x > 0, else s
# With s = 0 it is relu: 0 at -inf too, where the product would be NaN.
@kernel(widen=False)
def leaky_relu(x, slope):
    below = where(slope == 0.0, where(x == x, slope, x), slope * x)
    return where(x > 0.0, x, below)


@kernel(widen=False)
def leaky_relu_derivative(x, slope):
    return where(x > 0.0, 1.0, where(x <= 0.0, slope, x))


@kernel(widen=False)
def leaky_relu_second_derivative(x, slope):
    return where(x != x, x, 0.0)


@kernel(widen=False)
def leaky_relu_slope(x, slope):
    return where(x > 0.0, 0.0, x)


leaky_relu = declare(
    leaky_relu, leaky_relu_derivative, leaky_relu_second_derivative,
    derivative_from_output=leaky_relu_derivative,
    params=(Parameter("negative_slope", 0.01, -2.0, 2.0, leaky_relu_slope),),
    output_requires=("negative_slope > 0",),
    formula=r"\max(x, 0) + s \min(x, 0)",
    summary="The rectified linear unit with slope `negative_slope` below 0.",
    source="Maas, Hannun and Ng 2013",
    kinks=(Kink(0.0, "negative_slope"),),
)  # fmt: skip
