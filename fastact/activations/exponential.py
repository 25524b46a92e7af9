"""Activations made of the exponential function."""

from __future__ import annotations

from fastact.elementary import exp, exp_single
from fastact.engine.activation import declare
from fastact.engine.primitives import kernel

INF = float("inf")


# exponential     y = y' = e^x
@kernel
def exponential(x):
    return exp(x)


@kernel
def exponential_from_output(y):
    return y


exponential.float32 = exp_single
exponential = declare(
    exponential, exponential, exponential,
    derivative_from_output=exponential_from_output,
    formula="e^x",
    summary="The exponential function, the inverse link of Poisson models.",
    limits="0 at -inf, inf at inf",
    monotone=1, range=(0.0, INF),
)  # fmt: skip
