"""The independent truth: one line for each function, derivatives by Taylor arithmetic.

A line is the formula of a textbook, in a form that does not cancel except at roots. It is
evaluated on `Jet` objects, which carry value, first and second derivative at once, and in any of
three arithmetics: float64, the longdouble of C where it is wider (64 bits of significand on x86),
and mpmath. No formula, coefficient or code of the kernels is used. How to add a function: one line
in `LINES`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

Array = Any  # of float64 or longdouble, or of objects: numbers of mpmath
Term = Any  # an array, or a float where it is the same everywhere

PI = "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803"
LN2 = "0.69314718055994530941723212145817656807550013436025525412068000949339362196969471560587"
MPMATH_BITS = 256
EXPONENT = np.int64(0x7FF << 52)  # its bits in a float64
WIDER = np.finfo(np.longdouble).nmant > np.finfo(np.float64).nmant


# ---------------------------------------------------------------- arithmetics
@dataclass(frozen=True)
class Arithmetic:
    """Numbers of one kind, in arrays, and the elementary functions of them.

    Inputs beyond 2**far are as good as infinite, and a factor e**-deepest is as good as zero, for
    every format that is judged with these numbers.
    """

    name: str
    dtype: Any
    far: int
    deepest: float
    number: Callable[[Any], Any]  # from a float or a decimal string
    array: Callable[[Any], Array]  # from floats
    power: Callable[[Array], Array]  # the largest power of two up to |x|
    exp: Callable[[Array], Array]
    expm1: Callable[[Array], Array]
    log: Callable[[Array], Array]
    log1p: Callable[[Array], Array]
    sqrt: Callable[[Array], Array]
    sinh: Callable[[Array], Array]
    tanh: Callable[[Array], Array]
    erf: Callable[[Array], Array]
    erfc: Callable[[Array], Array]
    gauss: Callable[[Array], Array]  # e^-x²
    precision: Callable[[], AbstractContextManager[Any]] = nullcontext


def of_numpy(
    name: str, dtype: Any, far: int, deepest: float, power: Callable[[Array], Array]
) -> Arithmetic:
    """The arithmetic of a NumPy dtype."""
    return Arithmetic(
        name, dtype, far, deepest, dtype, lambda x: np.asarray(x, dtype),
        power,
        np.exp, np.expm1, np.log, np.log1p, np.sqrt, np.sinh, np.tanh,
        erf_of_floats, erfc_of_floats, gauss_of_floats,
    )  # fmt: skip


@cache
def of_mpmath() -> Arithmetic:
    """The arithmetic of mpmath, in object arrays; slow, and right to far more than any format."""
    from mpmath import mp

    def each(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        elementwise: Callable[[Any], Any] = np.frompyfunc(function, 1, 1)
        return elementwise

    def power(x: Any) -> Any:
        return mp.ldexp(1, mp.mag(x) - 1) if x and mp.isfinite(x) else mp.mpf(0)

    numbers = each(lambda v: mp.mpf(float(v)))
    return Arithmetic(
        "mpmath", object, 1100, 11000.0, mp.mpf, lambda x: numbers(np.asarray(x)),
        each(power), each(mp.exp), each(mp.expm1), each(mp.log), each(mp.log1p), each(mp.sqrt),
        each(mp.sinh), each(mp.tanh), each(mp.erf), each(mp.erfc), lambda x: each(mp.exp)(-x * x),
        precision=lambda: mp.workprec(MPMATH_BITS),
    )  # fmt: skip


def split(condition: Array, x: Array, yes: Callable[..., Any], no: Callable[..., Any]) -> Array:
    """``yes(x)`` where the condition holds and ``no(x)`` elsewhere, each computed there only."""
    if np.all(condition):
        return yes(x)
    if not np.any(condition):
        return no(x)
    result = np.empty_like(x)
    result[condition], result[~condition] = yes(x[condition]), no(x[~condition])
    return result


def erf_of_floats(x: Array) -> Array:
    """Its Maclaurin series below 1, 1 - erfc beyond."""
    return split(
        np.abs(x) < 1, x, erf_series, lambda x: np.copysign(1 - erfc_fraction(np.abs(x)), x)
    )


def erfc_of_floats(x: Array) -> Array:
    """1 - erf below 1, the continued fraction of Laplace beyond."""
    return split(x < 1, x, lambda x: 1 - erf_of_floats(x), erfc_fraction)


def erf_series(x: Array) -> Array:
    """2 / sqrt(pi) e^-x² times the sum of 2^n x^(2n+1) / (2n+1)!!, whose terms have one sign."""
    square, total, term, n = x * x, x, x, 0
    while np.any(np.abs(term) > np.finfo(x.dtype).eps / 64 * np.abs(total)):
        n += 1
        term = term * square * (x.dtype.type(2) / (2 * n + 1))
        total = total + term
    return total * np.exp(-square) * (2 / np.sqrt(x.dtype.type(PI)))


def erfc_fraction(x: Array) -> Array:
    """e^-x² / sqrt(pi) over x + (1/2)/(x + (2/2)/(x + (3/2)/(x + …))), from the depth needed."""
    digits = (np.finfo(x.dtype).nmant + 4) * np.log(2)
    depth = 12 + int((digits / float(np.min(x))) ** 2 / 7)
    total = x
    for k in range(depth, 0, -1):
        total = x + x.dtype.type(k / 2) / total
    return gauss_of_floats(x) / (total * np.sqrt(x.dtype.type(PI)))


def power_of_float64(x: Array) -> Array:
    return (np.asarray(x, np.float64).view(np.int64) & EXPONENT).view(np.float64)


def power_of_longdouble(x: Array) -> Array:
    return np.ldexp(np.longdouble(1), np.frexp(x)[1] - 1)


def gauss_of_floats(x: Array) -> Array:
    """e^-x², from the square in two parts: rounded as a whole it would be wrong far out."""
    short = x.astype(np.float32).astype(x.dtype)
    rest = (x - short) * (x + short)
    return np.exp(-short * short) * np.exp(-rest) if np.any(rest) else np.exp(-short * short)


DOUBLE = of_numpy("float64", np.float64, 160, 700.0, power_of_float64)
LONG = of_numpy("longdouble", np.longdouble, 1100, 11000.0, power_of_longdouble)


# ---------------------------------------------------------------- Taylor arithmetic
def plus(a: Term, b: Term) -> Term:
    """The sum; zero is most often a plain number, and then nothing is computed."""
    if isinstance(a, float) and a == 0:
        return b
    return a if isinstance(b, float) and b == 0 else a + b


def times(a: Term, b: Term) -> Term:
    """The product; 0 and 1 are most often plain numbers, and then nothing is computed."""
    for one, other in ((a, b), (b, a)):
        if isinstance(one, float) and one in {0.0, 1.0}:
            return other if one else 0.0
    return a * b


class Jet:
    """A function of x at many points: its value and its first derivatives, each an array."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms = tuple(terms)

    @property
    def value(self) -> Term:
        """The value."""
        return self.terms[0]

    def __add__(self, other: Any) -> Jet:
        if not isinstance(other, Jet):
            return Jet([self.value + other, *self.terms[1:]])
        return Jet([plus(a, b) for a, b in zip(self.terms, other.terms, strict=True)])

    def __neg__(self) -> Jet:
        return Jet([times(a, -1.0) for a in self.terms])

    def __sub__(self, other: Any) -> Jet:
        return self.__add__(-other)

    def __mul__(self, other: Any) -> Jet:
        if not isinstance(other, Jet):
            return Jet([times(a, other) for a in self.terms])
        a, b = self.terms, other.terms
        found = [times(a[0], b[0])]
        if len(a) > 1:
            found.append(plus(times(a[1], b[0]), times(a[0], b[1])))
        if len(a) > 2:
            ends = plus(times(a[2], b[0]), times(a[0], b[2]))
            found.append(plus(ends, times(2.0, times(a[1], b[1]))))
        return Jet(found)

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, number: Any) -> Jet:
        return Jet([a if isinstance(a, float) and a == 0 else a / number for a in self.terms])

    def compose(self, *outer: Callable[[], Term]) -> Jet:
        """g(self) for a function whose value and derivatives at `self.value` these give."""
        u = self.terms
        g = [derivative() for derivative in outer[: len(u)]]
        found = [g[0]]
        if len(u) > 1:
            found.append(times(g[1], u[1]))
        if len(u) > 2:
            found.append(plus(times(g[2], times(u[1], u[1])), times(g[1], u[2])))
        return Jet(found)


def choose(condition: Array, yes: Any, no: Any) -> Jet:
    """`yes` where the condition holds, `no` elsewhere; each is a jet or a number."""
    order = next(len(j.terms) for j in (yes, no) if isinstance(j, Jet))
    both = [j.terms if isinstance(j, Jet) else (j, *[0.0] * (order - 1)) for j in (yes, no)]
    return Jet([np.where(condition, a, b) for a, b in zip(*both, strict=True)])


class Maths:
    """The functions that lines are made of, on jets of one arithmetic."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic
        self.number = arithmetic.number
        self.pi, self.ln2 = arithmetic.number(PI), arithmetic.number(LN2)
        self.root_two = arithmetic.sqrt(arithmetic.number(2.0))
        self.root_pi = arithmetic.sqrt(self.pi)

    # of arrays
    def clipped(self, v: Array, power: float = 1.0) -> Array:
        """`v`, no further out than where exponentials of it have vanished."""
        limit = self.number(self.arithmetic.deepest**power)
        return np.minimum(np.maximum(v, -limit), limit)

    def decaying(self, v: Array) -> Array:
        """e^-|v|."""
        return self.arithmetic.exp(-np.abs(self.clipped(v)))

    def tanh_of(self, v: Array) -> Array:
        return self.arithmetic.tanh(self.clipped(v))

    def sech_squared(self, v: Array) -> Array:
        e = self.decaying(2 * v)
        return 4 * e / (1 + e) ** 2

    def log1p_decaying(self, v: Array) -> Array:
        return self.arithmetic.log1p(self.decaying(v))

    def sigmoid_of(self, v: Array) -> Array:
        e = self.decaying(v)
        return np.where(v < 0, e, 1.0) / (1 + e)

    def sigmoid_slope(self, v: Array) -> Array:
        e = self.decaying(v)
        return e / (1 + e) ** 2

    def gauss(self, v: Array) -> Array:
        """e^-v²."""
        return self.arithmetic.gauss(self.clipped(v, 0.5))

    def erfc_of(self, v: Array) -> Array:
        return self.arithmetic.erfc(self.clipped(v, 0.5))

    def log_cosh_of(self, v: Array) -> Array:
        """Near 0 from cosh v = 1 + 2 sinh(v / 2)²."""
        a = self.arithmetic
        return split(
            np.abs(v) < 1,
            v,
            lambda v: a.log1p(2 * a.sinh(v / 2) ** 2),
            lambda v: np.abs(v) + self.log1p_decaying(2 * v) - self.ln2,
        )

    def tanh_rest_of(self, v: Array) -> Array:
        """v - tanh v; near 0 from v cosh v - sinh v = sum of 2k v^(2k+1) / (2k+1)!."""

        def near(v: Array) -> Array:
            square, total = v * v, self.number(0.0)
            for k in range(30, 0, -1):  # 61! is 2**278
                total = total * square + self.number(str(2 * k)) / self.number(
                    str(math.factorial(2 * k + 1))
                )
            e = self.decaying(v)
            return v * (square * total) / ((e + 1 / e) / 2)

        return split(np.abs(v) < 1, v, near, lambda v: v - self.tanh_of(v))

    def logit_of(self, v: Array) -> Array:
        """Between 1/4 and 3/4 as log1p, because 2 v - 1 is exact there."""
        a = self.arithmetic
        return split(
            (v > 0.25) & (v < 0.75),
            v,
            lambda v: a.log1p((2 * v - 1) / (1 - v)),
            lambda v: a.log(v) - a.log1p(-v),
        )

    def log1mexp_of(self, v: Array) -> Array:
        """By log1p far out, by expm1 near 0."""
        a = self.arithmetic
        return split(
            v > 0.7,
            v,
            lambda v: a.log1p(-self.decaying(v)),
            lambda v: a.log(-a.expm1(-v)),
        )

    # of jets
    def exp(self, u: Jet) -> Jet:
        value = self.arithmetic.exp(self.clipped(u.value))
        return u.compose(lambda: value, lambda: value, lambda: value)

    def expm1(self, u: Jet) -> Jet:
        v, a = self.clipped(u.value), self.arithmetic
        return u.compose(lambda: a.expm1(v), lambda: a.exp(v), lambda: a.exp(v))

    def sigmoid(self, u: Jet) -> Jet:
        v = u.value
        return u.compose(
            lambda: self.sigmoid_of(v),
            lambda: self.sigmoid_slope(v),
            lambda: -self.sigmoid_slope(v) * self.tanh_of(v / 2),
        )

    def softplus(self, u: Jet) -> Jet:
        v = u.value
        return u.compose(
            lambda: np.where(v < 0, 0.0, v) + self.log1p_decaying(v),
            lambda: self.sigmoid_of(v),
            lambda: self.sigmoid_slope(v),
        )

    def tanh(self, u: Jet) -> Jet:
        v = u.value
        return u.compose(
            lambda: self.tanh_of(v),
            lambda: self.sech_squared(v),
            lambda: -2 * self.tanh_of(v) * self.sech_squared(v),
        )

    def log_cosh(self, u: Jet) -> Jet:
        v = u.value
        return u.compose(
            lambda: self.log_cosh_of(v), lambda: self.tanh_of(v), lambda: self.sech_squared(v)
        )

    def tanh_rest(self, u: Jet) -> Jet:
        v = u.value
        return u.compose(
            lambda: self.tanh_rest_of(v),
            lambda: self.tanh_of(v) ** 2,
            lambda: 2 * self.tanh_of(v) * self.sech_squared(v),
        )

    def normal_cdf(self, u: Jet) -> Jet:
        """The normal distribution function."""
        v = u.value / self.root_two
        return u.compose(
            lambda: self.erfc_of(-v) / 2,
            lambda: self.gauss(v) / (self.root_two * self.root_pi),
            lambda: -u.value * self.gauss(v) / (self.root_two * self.root_pi),
        )

    def erf(self, u: Jet) -> Jet:
        v = u.value
        return u.compose(
            lambda: self.arithmetic.erf(self.clipped(v, 0.5)),
            lambda: 2 / self.root_pi * self.gauss(v),
            lambda: -4 / self.root_pi * v * self.gauss(v),
        )

    def erfc(self, u: Jet) -> Jet:
        slope = self.erf(u) * -1.0
        return Jet([self.erfc_of(u.value), *slope.terms[1:]])

    def logit(self, u: Jet) -> Jet:
        v = u.value + 0.0  # of the zeros the positive one: the pole is at the end of the domain
        return u.compose(
            lambda: self.logit_of(v),
            lambda: 1 / v / (1 - v),
            lambda: (2 * v - 1) / v / v / (1 - v) / (1 - v),
        )

    def log1mexp(self, u: Jet) -> Jet:
        v, expm1 = self.clipped(u.value) + 0.0, self.arithmetic.expm1
        return u.compose(
            lambda: self.log1mexp_of(u.value),
            lambda: 1 / expm1(v),
            lambda: 1 / expm1(v) / expm1(-v),
        )

    def softsign(self, u: Jet) -> Jet:
        v = u.value
        r = 1 / (1 + np.abs(v))
        return u.compose(lambda: v * r, lambda: r * r, lambda: -2 * np.sign(v) * r * r * r)

    def squareplus(self, u: Jet, b: float) -> Jet:
        """On the left x + s = b / (s - x); the derivative is y / s, the second b / (2 s³)."""
        v = u.value
        s = self.arithmetic.sqrt(v * v + b)
        y = np.where(v < 0, b / (s + np.abs(v)), s + np.abs(v)) / 2
        return u.compose(lambda: y, lambda: y / s, lambda: b / s / s / s / 2)

    def dish(self, u: Jet) -> Jet:
        """With s = sqrt(1 + x²), on the left 1 + x / s = 1 / (s (s - x))."""
        v = u.value
        s = self.arithmetic.sqrt(v * v + 1)
        far = s * (s + np.abs(v))
        share = np.where(v < 0, 1 / far, (s + np.abs(v)) / s)
        return u.compose(
            lambda: v * share / 2,
            lambda: share / 2 + v / s / s / s / 2,
            lambda: (2 - v * v) / s / s / s / s / s / 2,
        )


def clip(x: Jet, low: float, high: float) -> Jet:
    return choose(x.value <= low, low, choose(x.value >= high, high, x))


# The parameters as the kernels get them: rounded to the dtype, and the nearest of 1/6 means 1/6.
SIXTHS = tuple(float(np.array(1 / 6, dtype)) for dtype in ("f8", "f4", "f2"))
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def rounds_an_exponent(line: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a line that rounds an argument of e^x: its relative error grows with the argument."""
    line.rounds_an_exponent = True  # type: ignore[attr-defined]
    return line


LINES: dict[str, Callable[..., Any]] = {
    "identity": lambda m, x: x,
    "relu": lambda m, x: choose(x.value > 0, x, 0.0),
    "relu6": lambda m, x: clip(x, 0.0, 6.0),
    "leaky_relu": lambda m, x, slope: choose(x.value > 0, x, x * m.number(slope)),
    "prelu": lambda m, x, weight: choose(x.value > 0, x, x * m.number(weight)),
    "rrelu": lambda m, x, low, high: choose(
        x.value > 0, x, x * ((m.number(low) + m.number(high)) / 2)
    ),
    "relu_squared": lambda m, x: choose(x.value > 0, x * x, 0.0),
    "threshold": lambda m, x, threshold, value: choose(x.value > threshold, x, value),
    "thresholded_relu": lambda m, x, alpha: choose(x.value > alpha, x, 0.0),
    "hard_shrink": lambda m, x, lambd: choose(np.abs(x.value) > lambd, x, 0.0),
    "soft_shrink": lambda m, x, lambd: x - clip(x, -lambd, lambd),
    "shrink": lambda m, x, lambd, bias: choose(
        np.abs(x.value) > lambd, choose(x.value > 0, x - bias, x + bias), 0.0
    ),
    "hard_tanh": lambda m, x, low, high: clip(x, low, high),
    "hard_sigmoid": lambda m, x, alpha, beta: clip(
        (x + 6 * m.number(beta)) / m.number(6.0) if alpha in SIXTHS else x * m.number(alpha) + beta,
        0.0,
        1.0,
    ),
    "hard_silu": lambda m, x: x * clip(x + 3.0, 0.0, 6.0) / m.number(6.0),
    "sparse_plus": lambda m, x: choose(
        np.abs(x.value) < 1, (x + 1.0) * (x + 1.0) / 4, choose(x.value > 0, x, 0.0)
    ),
    "sparse_sigmoid": lambda m, x: clip((x + 1.0) / 2, 0.0, 1.0),
    "sigmoid": lambda m, x: m.sigmoid(x),
    "log_sigmoid": lambda m, x: -m.softplus(-x),
    "logit": lambda m, x, eps: m.logit(x if eps < 0 else clip(x, eps, 1 - m.number(eps))),
    "softplus": lambda m, x, beta: m.softplus(x * m.number(beta)) / m.number(beta),
    "silu": lambda m, x: x * m.sigmoid(x),
    "swish": lambda m, x, beta: x * m.sigmoid(x * m.number(beta)),
    "quick_gelu": rounds_an_exponent(lambda m, x: x * m.sigmoid(x * m.number(1.702))),
    "gelu_tanh": rounds_an_exponent(
        lambda m, x: (
            x * m.sigmoid((x + x * x * x * m.number(0.044715)) * (2 * m.root_two / m.root_pi))
        )
    ),
    "mish": rounds_an_exponent(lambda m, x: x * m.tanh(m.softplus(x))),
    "tanh": lambda m, x: m.tanh(x),
    "tanh_shrink": lambda m, x: m.tanh_rest(x),
    "lisht": lambda m, x: x * m.tanh(x),
    "logcosh": lambda m, x: m.log_cosh(x),
    "exponential": lambda m, x: m.exp(x),
    "elu": lambda m, x, alpha: choose(x.value > 0, x, m.expm1(x) * m.number(alpha)),
    "selu": lambda m, x: (
        choose(x.value > 0, x, m.expm1(x) * m.number(SELU_ALPHA)) * m.number(SELU_SCALE)
    ),
    "celu": lambda m, x, alpha: choose(
        x.value > 0, x, m.expm1(x / m.number(alpha)) * m.number(alpha)
    ),
    "log1mexp": lambda m, x: m.log1mexp(x),
    "erf": lambda m, x: m.erf(x),
    "erfc": lambda m, x: m.erfc(x),
    "gelu": rounds_an_exponent(lambda m, x: x * m.normal_cdf(x)),
    "softsign": lambda m, x: m.softsign(x),
    "squareplus": lambda m, x, b: m.squareplus(x, m.number(b)),
    "dish": lambda m, x: m.dish(x),
}


def derivatives(
    name: str, arithmetic: Arithmetic, x: Any, params: Sequence[float] = (), order: int = 2
) -> list[Array]:
    """The value and the derivatives up to `order` of a function at floats.

    Parameters
    ----------
    name
        Of an elementwise activation.
    arithmetic
        What is computed in.
    x
        Floats in the domain, infinities included, NaN not.
    params
        The parameters, as the kernels are given them.
    order
        0, 1 or 2.

    Returns
    -------
    list of ndarray
        Of the shape of `x`. At a jump of the value or of a derivative they are those of a side.
    """
    with np.errstate(all="ignore"), arithmetic.precision():
        far = arithmetic.number(2.0) ** arithmetic.far
        points = np.minimum(np.maximum(arithmetic.array(x), -far), far)
        jet = LINES[name](Maths(arithmetic), Jet([points, 1.0, 0.0][: order + 1]), *params)
        none = np.zeros_like(points)
        return [t if np.ndim(t) else none + arithmetic.number(t) for t in jet.terms]
