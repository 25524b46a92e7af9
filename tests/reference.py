"""The independent truth: one mpmath line per function, derivatives by `mpmath.diff`.

A line is the formula as a textbook prints it; it may cancel, because `true_value` raises the
working precision until two precisions agree to 2**-80, far below an ulp of any format here.
How to add a function: one line in `ELEMENTWISE`, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import scipy.special
from mpmath import exp, fsum, inf, log, mp, mpf, nan, tanh

ELEMENTWISE: dict[str, Callable[..., mpf]] = {
    "identity": lambda x: x,
    "sigmoid": lambda x: 1 / (1 + exp(-x)),
    "log_sigmoid": lambda x: -log(1 + exp(-x)),
    "logit": lambda x: log(x) - log(1 - x),
    "tanh": tanh,
    "relu": lambda x: max(x, 0),
    "leaky_relu": lambda x, negative_slope: x if x > 0 else negative_slope * x,
    "softplus": lambda x, beta: log(1 + exp(beta * x)) / beta,
    "silu": lambda x: x / (1 + exp(-x)),
    "exponential": exp,
}

# Along a row: the value for an element x, where `total` is the sum of exp over the row.
ROWWISE: dict[str, Callable[[mpf, mpf], mpf]] = {
    "softmax": lambda x, total: exp(x) / total,
    "log_softmax": lambda x, total: x - log(total),
    "logsumexp": lambda x, total: log(total),
}

# The same functions in SciPy; not a truth, only a second opinion in the central range.
SCIPY = {
    "sigmoid": scipy.special.expit,
    "log_sigmoid": scipy.special.log_expit,
    "logit": scipy.special.logit,
    "softmax": scipy.special.softmax,
    "log_softmax": scipy.special.log_softmax,
    "logsumexp": scipy.special.logsumexp,
}

ORDERS = {"forward": 0, "derivative": 1, "second_derivative": 2}
Order = int | tuple[int, ...]  # how often by x, or by x and each of the parameters

# Bits of working precision tried in turn, on top of the binary exponent of x. From `RESOLVED` on a
# value below `NOTHING` has underflowed every format, and is as good as zero.
PRECISIONS = (128, 192, 1400, 1600, 3200, 6400)
RESOLVED = 1400
NOTHING = mp.ldexp(1, -1200)
AGREEMENT = mp.ldexp(1, -80)
FAR = mp.ldexp(1, 1100)  # stands for infinity: further out than any float, still a number


def evaluate(
    name: str, order: Order, x: mpf, params: tuple[float, ...], bits: int, side: int
) -> mpf:
    """The function or a derivative of it at `x`, rounded only in working precision."""

    def line(value: mpf) -> mpf:
        return ELEMENTWISE[name](value, *map(mpf, params))

    with mp.workprec(bits + abs(int(mp.mag(x))) if x else bits):
        if isinstance(order, tuple):
            return mp.diff(ELEMENTWISE[name], (x, *map(mpf, params)), order)
        return mp.diff(line, x, order, direction=side) if order else +line(x)


def agree(a: mpf, b: mpf) -> bool:
    return a == b != 0 or abs(a - b) <= AGREEMENT * abs(b) != 0


@cache
def true_value(
    name: str, order: Order, x: mpf, params: tuple[float, ...] = (), side: int = 0
) -> mpf:
    """The `order`-th derivative at `x`, right to 2**-80; `side` = ±1 stays on that side of `x`."""
    previous = nan
    for bits in PRECISIONS:
        value = evaluate(name, order, x, params, bits, side)
        if agree(value, previous) or (bits >= RESOLVED and abs(value) < NOTHING):
            return value
        previous = value
    raise ArithmeticError(f"{name}, order {order}, does not settle at {x} with {params}")


def true_row(name: str, row: Sequence[float]) -> list[mpf]:
    """The values of a function along an axis, one for each element of `row`."""
    with mp.workprec(RESOLVED):
        total = fsum(exp(mpf(x)) for x in row)
        return [ROWWISE[name](mpf(x), total) for x in row]


def resolve(field: float | str, f: Any, params: tuple[float, ...]) -> float:
    """A field of a declaration: a number, or an expression in the parameters."""
    if not isinstance(field, str):
        return float(field)
    names = {p.name: value for p, value in zip(f.params, params, strict=True)}
    return eval(field, {"__builtins__": {}, "inf": inf}, names)


def domain(f: Any, params: tuple[float, ...]) -> tuple[float, float]:
    """Where `f` is defined with these parameters."""
    low, high = (resolve(end, f, params) for end in f.domain)
    return low, high


def kink_at(f: Any, x: float, params: tuple[float, ...] = ()) -> Any:
    """The declared kink of `f` at `x`, or None."""
    return next((k for k in f.kinks if resolve(k.at, f, params) == x), None)


def expected(f: Any, variety: str, x: float, params: tuple[float, ...] = ()) -> mpf:
    """What `f`, declared as it is, must give at `x`: kinks as declared, limits at the ends."""
    low, high = domain(f, params)
    if not low <= x <= high:
        return nan
    kink = kink_at(f, x, params)
    if kink is not None and variety == "derivative":
        return mpf(resolve(kink.derivative, f, params))
    at = FAR * (1 if x > 0 else -1) if abs(x) == inf else mpf(x)
    side = int(x == low) - int(x == high)
    return true_value(f.name, order_of(f, variety), at, params, 0 if abs(x) == inf else side)


def order_of(f: Any, variety: str) -> Order:
    """The order of the derivative that a variety computes."""
    if variety in ORDERS:
        return ORDERS[variety]
    return (0, *(int(variety == f"partial_{p.name}") for p in f.params))
