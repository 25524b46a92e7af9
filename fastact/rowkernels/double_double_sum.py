"""Log-sum-exp where the logarithm of the sum cancels with the maximum that was taken off.

The result may be as small as one likes beside both, so these, and the exponentials, are in
double-double: the error is about 2**-98 of them.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
import math
from fractions import Fraction
from typing import Any

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.dispatch import outlined
from fastact.numerics import primitives
from fastact.numerics.elementary import (
    LN2_REST,
    LN2_TOP,
    MAGIC,
    clamp,
    log,
    nearest_power,
    power_of_two,
)
from fastact.numerics.primitives import head, number, rounded, scaled, tail, where, widen
from fastact.rowkernels.arithmetic import INF, join_double

LN2_LAST = 1.1612227229362532e-26  # what LN2_TOP and LN2_REST leave of log(2)
PARTS = 16.0  # The series is of s / PARTS, and its result is doubled four times.
FAR = 1000.0  # An exponent beyond this in size counts as this.
# Where an exponent is beyond DEEP in size, its exponential is divided or multiplied by 2**SHIFT, so
# that both of its parts are normal numbers; the caller undoes that.
DEEP, SHIFT = 350.0, 600.0


def in_two_parts(value: Fraction) -> tuple[float, float]:
    """Return a fraction as a float64 and a rest."""
    return float(value), float(value - Fraction(float(value)))


def taylor(first: int, last: int) -> Any:
    """Make the function that sums s**(k - first) / k!, without a loop, so that it vectorises."""
    high, low = in_two_parts(Fraction(1, math.factorial(first)))
    if first == last:
        return njit(lambda s: number(high, low))
    others = taylor(first + 1, last)
    return njit(lambda s: others(s) * s + number(high, low))


series = taylor(1, 13)  # for |s| < log(2) / 32 the next term is 2**-112


@njit
def doubled(p):
    """Return e**(2 s) - 1 from p = e**s - 1."""
    return p * (2.0 + p)


@njit
def exp_double_double(x):
    """Return e**x in double-double, and the power of two that it has to be multiplied by."""
    x = clamp(x, -FAR, FAR)
    k, shift = nearest_power(x), where(head(x) < -DEEP, SHIFT, where(head(x) > DEEP, -SHIFT, 0.0))
    n = k - MAGIC
    s = scaled((x - n * LN2_TOP) - n * number(LN2_REST, LN2_LAST), 1.0 / PARTS)
    p = doubled(doubled(doubled(doubled(series(s) * s))))
    return scaled(1.0 + p, power_of_two(k + shift)), power_of_two(MAGIC - shift)


@njit
def log_of_sum(total, rest, m):
    """Return log(total + rest) + m: a logarithm in float64, and one step of Newton's method."""
    near = rounded(log(number(total, rest)))
    inverse, power = exp_double_double(number(-near, 0.0))
    more = scaled(number(total, rest) * inverse, power) - 1.0
    return rounded((widen((m,))[0] + widen((near,))[0]) + more)


# ---------------------------------------------------------------- the sum
WIDTH = 64  # accumulators of the sum, each with a rest
# Where these stand in scratch memory, and the next WIDTH elements, after which come their weights.
TOTALS, RESTS, TERMS = 0, WIDTH, 2 * WIDTH


@njit
def add_with_rest(t, j, value, rest):
    """Add a value and its rest to accumulator `j` in `t`."""
    total, low = join_double(t[TOTALS + j], t[RESTS + j], value, rest)
    t[TOTALS + j], t[RESTS + j] = total, low


@njit
def settled(t):
    """Return sum and rest of all accumulators in `t`, which are joined there by halves."""
    half = WIDTH // 2
    while half > 0:
        for j in range(half):
            add_with_rest(t, j, t[TOTALS + j + half], t[RESTS + j + half])
        half //= 2
    return t[TOTALS], t[RESTS]


@functools.cache
def element_of(dtype: str) -> Any:
    """Make the function that reads an element as a float64."""
    halves, to_double = dtype == "float16", primitives.half_to_double

    def element_of(p, i):
        """Return element `i` of the memory at `p` as a float64."""
        return to_double((p[i],))[0] if halves else 1.0 * p[i]

    return njit(element_of)


@functools.cache
def adding(*, weighted: bool, up: float) -> Any:
    """Make the function that adds the terms of `WIDTH` elements, one to each accumulator."""

    def adding(t, m):
        """Add exponentials of the elements in `t`, relative to `m`, to the accumulators in `t`."""
        for j in range(WIDTH):
            e, power = exp_double_double(widen((t[TERMS + j],))[0] - widen((m,))[0])
            weight = t[TERMS + WIDTH + j]
            if weighted:
                e = e * widen((weight,))[0]
            e = scaled(e, power * up)
            value, rest = head(e), tail(e)
            if weighted:
                value, rest = where(weight == 0.0, 0.0, value), where(weight == 0.0, 0.0, rest)
            add_with_rest(t, j, value, rest)

    return njit(adding)


@functools.cache
def sum_of_row(dtype: str, *, weighted: bool, up: float = 1.0) -> Any:
    """Make the function that sums a row's exponentials, times their weights and `up`."""
    element, add = element_of(dtype), adding(weighted=weighted, up=up)

    def sum_of_row(x, b, n, m, t):
        """Return sum and rest of the row `x` with weights `b`; `t` is scratch memory."""
        for j in range(WIDTH):
            t[TOTALS + j], t[RESTS + j] = 0.0, 0.0
        for i in range(0, n, WIDTH):
            left = min(WIDTH, n - i)
            for j in range(left, WIDTH):
                t[TERMS + j], t[TERMS + WIDTH + j] = -INF, 0.0
            for j in range(left):
                t[TERMS + j] = element(x.pointer, (i + j) * x.step)
                t[TERMS + WIDTH + j] = element(b.pointer, (i + j) * b.step) if weighted else 1.0
            add(t, m)
        return settled(t)

    return outlined(sum_of_row)
