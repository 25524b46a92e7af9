"""Activations made of quotients and square roots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastact.definition.activation import declare
from fastact.definition.declaration import Parameter
from fastact.numerics import rational, single
from fastact.numerics.elementary import near_root
from fastact.numerics.primitives import copysign, kernel, scaled, square_root, where
from fastact.numerics.tables import DISH_ROOT, DISH_ROOT_QUOTIENT

if TYPE_CHECKING:
    from fastact.definition import interfaces

__all__ = [
    "softsign",
    "squareplus",
    "dish",
]

INF = float("inf")
FAR = 2.0**500  # beyond, a sum with 1 is the larger term, and a square may overflow


# softsign     y = x / (1 + |x|)          y' = 1 / (1 + |x|)^2
@kernel
def softsign_value(x):
    return where(abs(x) > FAR, copysign(1.0, x), x / (1.0 + abs(x)))


@kernel
def softsign_derivative(x):
    r = 1.0 / (1.0 + abs(x))
    return r * r


@kernel
def softsign_second_derivative(x):
    r = 1.0 / (1.0 + abs(x))
    return copysign(scaled(r, 2.0) * r * r, -x)


@kernel
def softsign_from_output(y):
    r = 1.0 - abs(y)
    return r * r


softsign: interfaces.FromEither = declare(
    "softsign", softsign_value, softsign_derivative, softsign_second_derivative,
    float64={"forward": rational.softsign, "derivative": rational.softsign_slope},
    derivative_from_output=softsign_from_output,
    formula=r"\frac{x}{1 + |x|}",
    summary="A sigmoid that approaches its limits like 1 / x.",
    limits=(-1.0, 1.0),
    source="Turian, Bergstra and Bengio 2009",
    bends=(0.0,), monotone=1, odd=True, range=(-1.0, 1.0),
)  # fmt: skip


# squareplus     y = (x + s) / 2 with s = sqrt(x^2 + b)          y' = y / s
# On the left x + s cancels: it is b / (s - x).
@kernel
def squareplus_root(x, b):
    return where(abs(x) > FAR, abs(x), square_root(x * x + b))


@kernel
def half_distance(s, x):
    """(s - x) / 2, which does not overflow."""
    return scaled(s, 0.5) - scaled(x, 0.5)


@kernel
def squareplus_value(x, b):
    s = squareplus_root(x, b)
    right = where(x > FAR, x, scaled(x + s, 0.5))
    return where(x < 0.0, scaled(b, 0.25) / half_distance(s, x), right)


@kernel
def squareplus_derivative(x, b):
    s = squareplus_root(x, b)
    right = where(x > FAR, 1.0, scaled(1.0 + x / s, 0.5))
    return where(x < 0.0, scaled(b, 0.25) / s / half_distance(s, x), right)


@kernel
def squareplus_second_derivative(x, b):
    s = squareplus_root(x, b)
    return scaled(b / s / s / s, 0.5)


@kernel
def squareplus_b(x, b):
    return 0.25 / squareplus_root(x, b)


@kernel
def squareplus_from_output(y, b):  # y^2 / (y^2 + b / 4)
    square = y * y
    return where(y > FAR, 1.0, square / (square + scaled(b, 0.25)))


squareplus: interfaces.FromEitherWithB = declare(
    "squareplus", squareplus_value, squareplus_derivative, squareplus_second_derivative,
    float32={"forward": single.squareplus, "derivative": single.squareplus_slope},
    float64={"forward": rational.squareplus},
    derivative_from_output=squareplus_from_output,
    params=(Parameter("b", 4.0, 0.25, 16.0, squareplus_b),),
    requires=("b > 0",),
    formula=r"\tfrac12 (x + \sqrt{x^2 + b})",
    summary="A smooth rectifier without the exponential function.",
    limits=(0.0, INF),
    source="Barron 2021",
    monotone=1, range=(0.0, INF),
)  # fmt: skip


# dish     y = x (1 + c) / 2 with c = x / sqrt(1 + x^2)
# With r = 1 / sqrt(1 + x^2): 1 + c = r^2 / (1 - c), so that nothing cancels on the left, and
# y' = r^2 (1 + c - c^2) / (1 - c) / 2, y'' = (2 r^2 - c^2) r^3 / 2.
@kernel
def dish_parts(x):
    """r and c."""
    r = 1.0 / where(abs(x) > FAR, abs(x), square_root(x * x + 1.0))
    return r, where(abs(x) > FAR, copysign(1.0, x), x * r)


@kernel
def dish_value(x):
    r, c = dish_parts(x)
    right = where(x > FAR, x, scaled(x * (1.0 + c), 0.5))
    return where(x < 0.0, scaled(c * r / (1.0 - c), 0.5), right)


@kernel
def dish_derivative(x):
    r, c = dish_parts(x)
    left = r * (r * ((1.0 + c * (1.0 - c)) / (1.0 - c)))
    y = scaled(where(x < 0.0, left, 1.0 + c * (1.0 + r * r)), 0.5)
    return near_root(x, y, DISH_ROOT, DISH_ROOT_QUOTIENT)


@kernel
def dish_second_derivative(x):
    r, c = dish_parts(x)
    return scaled((scaled(r * r, 2.0) - c * c) * r * r * r, 0.5)


dish: interfaces.FromInput = declare(
    "dish", dish_value, dish_derivative, dish_second_derivative,
    formula=r"\tfrac12 x\left(\frac{x}{\sqrt{1 + x^2}} + 1\right)",
    summary="A silu without the exponential function.",
    limits=(-0.0, INF),
    source="Thinc",
    range=(-0.1501415530003888, INF),
    roots={
        "forward": (0.0,),
        "derivative": (DISH_ROOT[0],),
        "second_derivative": (-1.4142135623730951, 1.4142135623730951),
    },
)  # fmt: skip
