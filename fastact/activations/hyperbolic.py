"""Activations made of the hyperbolic tangent. ``E`` is exp(-|x|), which cannot overflow."""

from __future__ import annotations

from fastact.elementary import exp_tail, expm1, tanh_single
from fastact.engine.activation import declare
from fastact.engine.primitives import copysign, kernel, scaled


# tanh     y = (1 - e^-2x) / (1 + e^-2x)          y' = 1 - y^2 = 4 E^2 / (1 + E^2)^2
# With m = expm1(-2|x|), |y| = -m / (2 + m): accurate at 0, and it cannot overflow.
@kernel
def tanh(x):
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


@kernel
def tanh_from_output(y):
    return (1.0 - y) * (1.0 + y)


tanh.float32 = tanh_single
tanh = declare(
    tanh, tanh_derivative, tanh_second_derivative,
    derivative_from_output=tanh_from_output,
    formula=r"\tanh x",
    summary="The hyperbolic tangent.",
    limits="-1 at -inf, 1 at inf",
    monotone=1, odd=True, range=(-1.0, 1.0), roots={"second_derivative": (0.0,)},
    saturates={"forward": ((25.0, 1.0), (-25.0, -1.0))},
)  # fmt: skip
