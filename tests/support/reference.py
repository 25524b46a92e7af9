"""The independent truth: one mpmath line per function, derivatives by `mpmath.diff`.

A line is the formula as a textbook prints it; it may cancel, because `true_value` raises the
working precision until two precisions agree to 2**-80, far below an ulp of any format here.
How to add a function: one line in `ELEMENTWISE`, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from math import comb
from typing import Any

import numpy as np
import scipy.special
from mpmath import erf, exp, expm1, fsum, inf, log, mp, mpf, nan, sqrt, tanh

SIXTHS = tuple(float(np.array(1 / 6, dtype)) for dtype in ("f8", "f4", "f2"))
SELU_ALPHA, SELU_SCALE = mpf(1.6732632423543772), mpf(1.0507009873554805)


def logistic(x: mpf) -> mpf:
    return 1 / (1 + exp(-x))


def erfc(x: mpf) -> mpf:
    return mp.erfc(x) if x < 10**5 else mpf(0)  # mpmath gives up further out


def clip(x: mpf, low: mpf, high: mpf) -> mpf:
    return min(max(x, low), high)


ELEMENTWISE: dict[str, Callable[..., mpf]] = {
    "identity": lambda x: x,
    "relu": lambda x: max(x, 0),
    "relu6": lambda x: clip(x, 0, 6),
    "leaky_relu": lambda x, negative_slope: x if x > 0 else negative_slope * x,
    "prelu": lambda x, weight: x if x > 0 else weight * x,
    "rrelu": lambda x, lower, upper: x if x > 0 else (lower + upper) / 2 * x,
    "relu_squared": lambda x: max(x, 0) ** 2,
    "threshold": lambda x, threshold, value: x if x > threshold else value,
    "thresholded_relu": lambda x, alpha: x if x > alpha else mpf(0),
    "hard_shrink": lambda x, lambd: x if abs(x) > lambd else mpf(0),
    "soft_shrink": lambda x, lambd: x - clip(x, -lambd, lambd),
    "shrink": lambda x, lambd, bias: x - bias * mp.sign(x) if abs(x) > lambd else mpf(0),
    "hard_tanh": clip,
    "hard_sigmoid": lambda x, alpha, beta: clip(
        (x + 6 * beta) / 6 if alpha in SIXTHS else alpha * x + beta, 0, 1
    ),
    "hard_silu": lambda x: x * clip(x + 3, 0, 6) / 6,
    "sparse_plus": lambda x: max(x, 0) if abs(x) > 1 else (x + 1) ** 2 / 4,
    "sparse_sigmoid": lambda x: clip((x + 1) / 2, 0, 1),
    "sigmoid": logistic,
    "log_sigmoid": lambda x: -log(1 + exp(-x)),
    "logit": lambda x, eps: logit(x if eps < 0 else clip(x, eps, 1 - eps)),
    "softplus": lambda x, beta: log(1 + exp(beta * x)) / beta,
    "silu": lambda x: x * logistic(x),
    "swish": lambda x, beta: x * logistic(beta * x),
    "quick_gelu": lambda x: x * logistic(mpf(1.702) * x),
    "gelu_tanh": lambda x: x / 2 * (1 + tanh(sqrt(2 / mp.pi) * (x + mpf(0.044715) * x**3))),
    "mish": lambda x: x * tanh(log(1 + exp(x))),
    "tanh": tanh,
    "tanh_shrink": lambda x: x - tanh(x),
    "lisht": lambda x: x * tanh(x),
    "logcosh": lambda x: log((exp(x) + exp(-x)) / 2),
    "exponential": exp,
    "elu": lambda x, alpha: x if x > 0 else alpha * expm1(x),
    "selu": lambda x: SELU_SCALE * (x if x > 0 else SELU_ALPHA * expm1(x)),
    "celu": lambda x, alpha: x if x > 0 else alpha * expm1(x / alpha),
    "log1mexp": lambda x: log(1 - exp(-x)),
    "erf": erf,
    "erfc": erfc,
    "gelu": lambda x: x * erfc(-x / sqrt(2)) / 2,
    "softsign": lambda x: x / (1 + abs(x)),
    "squareplus": lambda x, b: (x + sqrt(x * x + b)) / 2,
    "dish": lambda x: x / 2 * (x / sqrt(1 + x * x) + 1),
}


def logit(x: mpf) -> mpf:
    return log(x) - log(1 - x)


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

# Tried in turn: the binary digits of the step of differences, and how many more the formula is
# evaluated with than the differences take. The first is cheap, and enough where nothing cancels.
# The others do not differ by a little only: two that both lose e**-300 beside 1 would agree, on a
# wrong value. From the second on a value below `NOTHING` has underflowed every format.
# The last one sees that a slope is 0 where the next derivative jumps.
PRECISIONS = ((128, 0), (160, 1400), (192, 3200), (1400, 3200))
NOTHING = mp.ldexp(1, -1200)
AGREEMENT = mp.ldexp(1, -80)
FAR = mp.ldexp(1, 2300)  # stands for infinity: times any float it is none, and still a number


def difference(
    line: Callable[..., mpf],
    point: Sequence[mpf],
    by: int,
    order: int,
    side: int,
    precision: tuple[int, int],
) -> mpf:
    """The difference quotient of this order by argument `by` at `point`, or to one side of it."""
    digits, more = precision
    sizes = [int(mp.mag(v)) if v else -1100 for v in point]  # zero is less than any float
    large, small = max(0, *sizes), max(0, *(-size for size in sizes))
    with mp.workprec((order + 1) * digits + more + 2 * (large + small)):
        h = mp.ldexp(side or 0.5, -digits - small)  # kinks, poles and ends are often at 0
        ways = range(order + 1) if side else range(-order, order + 1, 2)
        values = [line(*point[:by], point[by] + k * h, *point[by + 1 :]) for k in ways]
        signed = [(-1) ** (order - k) * comb(order, k) * y for k, y in enumerate(values)]
        return fsum(signed) / (h if side else 2 * h) ** order


def agree(a: mpf, b: mpf) -> bool:
    return a == b != 0 or abs(a - b) <= AGREEMENT * abs(b) != 0


# A KB each. What tests of one function ask for, they ask for together: see tests/conftest.py.
@lru_cache(maxsize=2**15)
def true_value(
    name: str,
    order: int,
    x: mpf,
    params: tuple[float, ...] = (),
    side: int = 0,
    by: int = 0,
) -> mpf:
    """The `order`-th derivative at `x`, right to 2**-80; `side` = ±1 stays on that side of `x`.

    It is that with respect to x, or to the parameter whose number, from 1, is `by`.
    """
    point = (x, *map(mpf, params))
    previous = nan
    for precision in PRECISIONS:
        value = difference(ELEMENTWISE[name], point, by, order, side, precision)
        if agree(value, previous) or (precision != PRECISIONS[0] and abs(value) < NOTHING):
            return value
        previous = value
    raise ArithmeticError(f"{name}, order {order}, does not settle at {x} with {params}")


def true_row(name: str, row: Sequence[float]) -> list[mpf]:
    """The values of a function along an axis, one for each element of `row`."""
    with mp.workprec(1400):
        total = fsum(exp(mpf(x)) for x in row)
        return [ROWWISE[name](mpf(x), total) for x in row]


def resolve(field: float | str, f: Any, params: Sequence[Any]) -> Any:
    """A field of a declaration: a number, or an expression in the parameters.

    With parameters of mpmath the value is one of mpmath, not rounded to a float.
    """
    if not isinstance(field, str):
        return float(field)
    names = {p.name: value for p, value in zip(f.params, params, strict=True)}
    return eval(field, {"__builtins__": {}, "inf": np.inf}, names)


def domain(f: Any, params: tuple[float, ...]) -> tuple[float, float]:
    """Where `f` is defined with these parameters."""
    low, high = (resolve(end, f, params) for end in f.declaration.domain)
    return low, high


@cache
def kinks(f: Any, params: tuple[float, ...]) -> dict[mpf, Any]:
    """The kinks that `f` has with these parameters, by their places, which need not be floats."""
    low, high = domain(f, params)
    with mp.workprec(1400):
        places = {mpf(resolve(kink.at, f, [*map(mpf, params)])): kink for kink in f.kinks}
    return {at: kink for at, kink in places.items() if low <= at <= high}


def bends(f: Any, params: tuple[float, ...]) -> list[float]:
    """Where the second derivative of `f` jumps, and is that of one side."""
    return [
        *map(float, kinks(f, params)),
        *(resolve(bend, f, params) for bend in f.declaration.bends),
    ]


def kink_at(f: Any, x: float, params: tuple[float, ...] = ()) -> Any:
    """The declared kink of `f` at `x`, or None."""
    return kinks(f, params).get(mpf(x))


def expected(f: Any, variety: str, x: float, params: tuple[float, ...] = ()) -> mpf:
    """What `f`, declared as it is, must give at `x`: kinks as declared, limits at the ends."""
    low, high = domain(f, params)
    if not low <= x <= high:
        return nan
    kink = kink_at(f, x, params)
    if kink is not None and variety == "derivative":
        return mpf(resolve(kink.derivative, f, params))
    at = FAR * (1 if x > 0 else -1) if abs(x) == inf else mpf(x)
    if variety not in ORDERS:  # it has no finite ends there that a parameter could move across
        names = [f"partial_{p.name}" for p in f.params]
        return true_value(f.name, 1, at, params, by=1 + names.index(variety))
    side = 0 if abs(x) == inf else int(x == low) - int(x == high)
    return true_value(f.name, ORDERS[variety], at, params, side)


def one_sided(f: Any, variety: str, x: float, params: tuple[float, ...], side: int) -> mpf:
    """The limit at `x` from one side; NaN where the function itself jumps away from that side."""
    try:
        return true_value(f.name, ORDERS[variety], mpf(x), params, side)
    except ArithmeticError:
        return nan
