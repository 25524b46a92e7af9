"""Exponentials and sums of rows: the same bits for every layout and every number of threads.

Sums never depend on the way through a row. In a row of more than `LANES` elements, element i is
added to accumulator i modulo `LANES`, and accumulators are joined by halves; shorter rows have one
accumulator, in the order of elements.

Exponentials are computed multiplied by a power of two (`up`), so that none is subnormal: what is
below the normal numbers is rounded once, when it is divided by the sum.

Everything here takes and returns numbers or vectors of them, and touches no memory.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba.core import types

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.simd import double, first, lane, shuffle_xor, splat
from fastact.numerics.elementary import (
    HALF32,
    LN2_HI32,
    LN2_LO32,
    LN2_REST,
    LN2_TOP,
    LOG2E,
    LOG2E32,
    MAGIC,
    MAGIC32,
    MAGIC_UP,
    ONE32,
    log,
    scale_single,
)
from fastact.numerics.primitives import bits, fma, from_bits, polynomial, shift_left, single, where
from fastact.numerics.tables import EXP, EXP_SINGLE, LOG

INF = float("inf")


# ---------------------------------------------------------------- exponentials
@njit
def larger(x, y):
    """Return the larger of both; `y` where `x` is NaN."""
    return where(x > y, x, y)


@njit
def smaller(x, y):
    """Return the smaller of both; `y` where `x` is NaN."""
    return where(x < y, x, y)


@njit
def equal(x, m):
    """Return whether an element is the maximum."""
    return x == m


@njit
def difference(x, m):
    """Return x - m as a float and what rounds off (Knuth)."""
    d = x - m
    back = d - x
    return d, (x - (d - back)) - (m + back)


@njit
def finite_of(v, infinite):
    """Return elements; where the row is `infinite`, 0 for those that are inf, -inf for others."""
    return where(infinite, where(v == INF, 0.0, where(v == v, -INF, v)), v)


MAGIC_512 = MAGIC + 1023.0 + 512.0
# e**-LOWEST, times `up`, is still a normal number; beside a sum of at least 1 it is nothing.
LOWEST_32, LOWEST = np.float32(130.0), 760.0


@njit
def series_single(r):
    """Return (e**r - 1 - r) / r**2."""
    return fma(polynomial(r, EXP_SINGLE), r, HALF32)


@njit
def scaled_single(r, k):
    """Return 2**n e**r, with n + 127 in the low bits of `k`."""
    p = fma(series_single(r), r * r, r)
    s = scale_single(k)
    return fma(s, p, s)


@njit
def scaled_double(r, k):
    """Return 2**n e**r, with n + 1023 in the low bits of `k`."""
    p = fma(polynomial(r, EXP) * r, r, r)
    s = from_bits(shift_left(bits(k), 52))
    return fma(s, p, s)


@njit
def power_single(d, rest):
    """Return 2**64 e**(d + rest) for -130 <= d <= 0."""
    k = fma(d, LOG2E32, MAGIC_UP)
    n = k - MAGIC_UP
    return scaled_single(fma(n, -LN2_HI32, d) + fma(n, -LN2_LO32, rest), k)


@njit
def power_double(d, rest):
    """Return 2**512 e**(d + rest) for -760 <= d <= 0."""
    k = fma(d, LOG2E, MAGIC_512)
    n = k - MAGIC_512
    return scaled_double(fma(n, -LN2_TOP, d) + fma(n, -LN2_REST, rest), k)


# Quicker, where maxima are not huge: let K be the integer nearest to m / log(2), log(2) = L + l.
# Then x - m - n log(2) = (x - (n + K) L) - (m - K L) - n l. Both differences in parentheses are
# exact (one fma each), so nobody needs x - m and what rounds off it.
LN2_32, AFTER_LN2_32 = np.float32(0.693147182), np.float32(-1.90465421e-9)
MAGIC_32 = np.float32(MAGIC32)


@njit
def quick_single(x, m):
    """Return 2**64 e**(x - m) for x <= m and |m| < 2**16."""
    octave = fma(m, LOG2E32, MAGIC_32) - MAGIC_32
    of_m, of_octave = fma(octave, -LN2_32, m), octave * AFTER_LN2_32
    x = larger(m - LOWEST_32, x)
    k = fma(x - m, LOG2E32, MAGIC_UP)
    n = k - (MAGIC_UP - octave)
    first, second = fma(n, -LN2_32, x) - of_m, fma(n, -AFTER_LN2_32, of_octave)
    r = first + second
    p = first + fma(series_single(r), r * r, second)
    s = scale_single(k)
    return fma(s, p, s)


@njit
def quick_double(x, m):
    """Return 2**512 e**(x - m) for x <= m and |m| < 2**28."""
    octave = fma(m, LOG2E, MAGIC) - MAGIC
    of_m = fma(octave, -LN2_TOP, m)
    x = larger(m - LOWEST, x)
    k = fma(x - m, LOG2E, MAGIC_512)
    n = k - MAGIC_512
    return scaled_double(fma(n, -LN2_REST, fma(n + octave, -LN2_TOP, x) - of_m), k)


# ---------------------------------------------------------------- sums
# A sum begins with a number that is larger than any term. Then three operations give what rounds
# off (Dekker), and at the end that number is taken off exactly. In float32 this needs a large term:
# where the largest are left out, all others may be so small that they are in the rest alone, which
# is a plain float32 sum. There float32 terms are summed in float64 (`WIDENED`).
BIG_SINGLE, BIG = np.float32(2.0**65), 2.0**513


class Summing(NamedTuple):
    """A way to sum: sum and rest of no terms, what adds a term, what makes float64 of both."""

    start: tuple[Any, Any]
    add: Any
    settle: Any


@njit
def add_term(total, rest, e):
    """Add `e` to `total`, and what rounds off to `rest` (Dekker)."""
    after = total + e
    return after, rest + (e - (after - total))


@njit
def add_widened(total, rest, e):
    """Add a float32 `e` to a float64 `total`; `rest` stays."""
    return total + double(e), rest


@njit
def settle_single(total, rest):
    """Take `BIG_SINGLE` off a float32 sum: a float64, and the rest 0 or NaN."""
    return double(total - BIG_SINGLE) + double(rest), 0.0 * double(rest)


@njit
def settle_double(total, rest):
    """Take `BIG` off a float64 sum."""
    return total - BIG, rest


@njit
def settle_widened(total, rest):
    """Return a float64 sum, from which nothing has to be taken off, and its rest."""
    return total, rest


IN_SINGLE = Summing((BIG_SINGLE, np.float32(0.0)), add_term, settle_single)
IN_DOUBLE = Summing((BIG, 0.0), add_term, settle_double)
WIDENED = Summing((0.0, 0.0), add_widened, settle_widened)


@njit
def join_single(a, a_rest, b, b_rest):
    """Add two float64 sums of float32 terms; the rests are 0."""
    return a + b, a_rest


@njit
def join_double(a, a_rest, b, b_rest):
    """Add two sums with their rests, and what rounds off (Knuth)."""
    total = a + b
    back = total - a
    return total, (a_rest + b_rest) + ((a - (total - back)) + (b - back))


@njit
def inverse_single(total, rest):
    """Return 1 / total as a float32 and a rest."""
    whole = single(total)
    after = single(total - double(whole))
    high = ONE32 / whole
    return high, (fma(-high, whole, ONE32) - high * after) * high


@njit
def inverse_double(total, rest):
    """Return 1 / (total + rest) as a float64 and a rest."""
    whole = total + rest
    rest += total - whole
    high = 1.0 / whole
    return high, (fma(-high, whole, 1.0) - high * rest) * high


@njit
def log1p(u):
    """Return log(1 + u) for u >= 0; what rounds off 1 + u is not lost."""
    w = 1.0 + u
    s, h = u / (2.0 + u), 0.5 * u * u
    z = s * s
    small = u - (h - s * (h + z * polynomial(z, LOG)))
    return where(u < 0.375, small, where(u < INF, log(w) + (u - (w - 1.0)) / w, u))


@njit
def unrounded(v):
    """Return a float64 as it is: the `round` of rows that are computed in float64."""
    return v


@dataclass(frozen=True)
class Precision:
    """How rows of a dtype are computed.

    A maximum may be more than a number (`softmax_scaled.Reference`): `quick`, `difference` and
    `same` are the functions that look into it.
    """

    pointer: Any  # Numba's type of the elements in memory
    room: int  # numbers that scratch memory holds for exponentials
    number: Any  # Numba's type of the numbers that are computed with
    zero: Any
    one: Any
    infinity: Any
    lowest: Any  # of x - m: what is below counts as this
    up: float  # exponentials are computed times this power of two
    power: Any  # (d, rest): `up` times e**(d + rest)
    quick: Any  # (x, m): `up` times e**(x - m), for maxima below `limit` in size
    limit: Any
    round: Any  # makes a number of a float64
    all_terms: Summing  # how all terms of a row are summed
    other_terms: Summing  # how all but the largest are summed
    join: Any  # adds two sums with their rests
    inverse: Any  # (total, rest): 1 / sum in two parts
    difference: Any = difference  # (x, m): x - m, and what rounds off
    same: Any = equal  # (x, m): whether an element is the maximum

    @property
    def longest(self) -> int:
        """The length of the longest rows that are summed: then accumulators of float32 are full."""
        return 2**24 if self.number == types.float32 else 2**62

    @property
    def native(self) -> bool:
        """Whether `fetch` gives the numbers that are computed with, rather than narrower ones."""
        return bool((self.pointer == types.float64) == (self.number == types.float64))


def of_single(pointer: Any) -> Precision:
    """Return how float16 and float32 are computed, in float32."""
    f = np.float32
    return Precision(
        pointer=pointer, room=4096, number=types.float32, zero=f(0.0), one=f(1.0),
        infinity=f(np.inf), lowest=-LOWEST_32, up=2.0**64, power=power_single, quick=quick_single,
        limit=f(2.0**16), round=single, all_terms=IN_SINGLE, other_terms=WIDENED,
        join=join_single, inverse=inverse_single,
    )  # fmt: skip


def of_double(pointer: Any) -> Precision:
    """Return how a dtype is computed in float64."""
    return Precision(
        pointer=pointer, room=2048, number=types.float64, zero=0.0, one=1.0,
        infinity=INF, lowest=-LOWEST, up=2.0**512, power=power_double, quick=quick_double,
        limit=2.0**28, round=unrounded, all_terms=IN_DOUBLE, other_terms=IN_DOUBLE,
        join=join_double, inverse=inverse_double,
    )  # fmt: skip


SINGLE = {"float16": of_single(types.uint16), "float32": of_single(types.float32)}
NATIVE = SINGLE | {"float64": of_double(types.float64)}
DOUBLE = {dtype: of_double(f.pointer) for dtype, f in NATIVE.items()}


# ---------------------------------------------------------------- lanes
shuffle_8, shuffle_4, shuffle_2, shuffle_1 = map(shuffle_xor, (8, 4, 2, 1))


@njit
def sum_of_lanes(v):
    """Return the sum of the lanes, added by halves."""
    v += shuffle_8(v)
    v += shuffle_4(v)
    v += shuffle_2(v)
    return first(v + shuffle_1(v))


@njit
def largest_of_lanes(v):
    """Return the largest lane."""
    v = larger(v, shuffle_8(v))
    v = larger(v, shuffle_4(v))
    v = larger(v, shuffle_2(v))
    return first(larger(v, shuffle_1(v)))


@functools.cache
def joined_lanes(join: Any) -> Any:
    """Make the function that adds the lanes of a sum and its rest."""

    def joined_lanes(total, rest):
        """Return the sum of the lanes, added by halves, and its rest: both scalars."""
        total, rest = join(total, rest, shuffle_8(total), shuffle_8(rest))
        total, rest = join(total, rest, shuffle_4(total), shuffle_4(rest))
        total, rest = join(total, rest, shuffle_2(total), shuffle_2(rest))
        total, rest = join(total, rest, shuffle_1(total), shuffle_1(rest))
        return first(total), first(rest)

    return njit(joined_lanes)


def summing(f: Precision, *, without_largest: bool) -> Summing:
    """Return how terms are summed: all, or all but the largest."""
    return f.other_terms if without_largest else f.all_terms


@functools.cache
def folded(f: Precision, *, without_largest: bool) -> Any:
    """Make the function that settles the accumulators of a row and adds them."""
    settle, join = summing(f, without_largest=without_largest).settle, joined_lanes(f.join)

    def folded(total, rest):
        """Return sum and rest of the accumulators in the lanes."""
        total, rest = settle(total, rest)
        return join(total, rest)

    return njit(folded)


@functools.cache
def summing_short(f: Precision, *, without_largest: bool) -> Summing:
    """Return how one accumulator sums: without the largest terms, from 0 on in float64."""
    join = f.join

    def add(total, rest, e):
        """Add `e`, as a float64, to a sum and its rest."""
        return join(total, rest, double(e), 0.0)

    return Summing((0.0, 0.0), njit(add), settle_widened) if without_largest else f.all_terms


@functools.cache
def in_order(f: Precision, *, without_largest: bool) -> Any:
    """Make the function that sums the first lanes of a vector in one accumulator."""
    (start, start_rest), add, settle = summing_short(f, without_largest=without_largest)

    def in_order(e, n):
        """Return sum and rest of the first `n` lanes of `e`, added one after the other."""
        total, rest = start, start_rest
        for k in range(n):
            total, rest = add(total, rest, lane(e, k))
        return settle(total, rest)

    return njit(in_order)


# ---------------------------------------------------------------- exponentials of rows
@functools.cache
def raised(f: Precision) -> Any:
    """Make the function that makes exponentials beside any finite maximum."""
    power, lowest, zero = f.power, f.lowest, f.zero

    def raised(x, m):
        """Return `up` times e**(x - m) for x <= m."""
        d, rest = difference(x, m)
        small = d < lowest  # -inf too, whose rest is NaN
        return power(where(small, lowest, d), where(small, zero, rest))

    return njit(raised)


@dataclass(frozen=True)
class Terms:
    """The terms that are summed along a row: exponentials of its elements less the maximum."""

    f: Precision
    without_largest: bool  # whether the largest elements are counted instead of summed
    quick: bool = True  # whether maxima are below the limit of the precision

    @property
    def power(self) -> Any:
        """The function of element and maximum that makes exponentials."""
        return self.f.quick if self.quick else raised(self.f)

    @property
    def limit(self) -> Any:
        """The size of a maximum from which on `power` makes no exponentials."""
        return self.f.limit if self.quick else self.f.infinity


@functools.cache
def counted(terms: Terms) -> Any:
    """Make the function that leaves the largest elements out of a sum, and counts them."""
    f = terms.f
    same, without_largest, zero, one = f.same, terms.without_largest, f.zero, f.one

    def counted(e, v, m, count, present):
        """Return the term of `v`, whose exponential is `e`, and the new count of largest elements.

        `present` says which elements belong to their row; None: all do.
        """
        if without_largest:
            here = same(v, m)
            if present is not None:
                here = here & present
            count += where(here, one, splat(zero))
            e = where(here, zero, e)
        return e, count

    return njit(counted)


@njit
def share_of(e, high, low):
    """Return an exponential times a number in two parts."""
    return fma(e, high, e * low)


@functools.cache
def log_sum(f: Precision) -> Any:
    """Make the function that makes the logarithm of a row's sum."""
    down, wide = 1.0 / f.up, f.number == types.float64

    def log_sum(total, rest, count):
        """Return log(sum) in float64, where `count` terms 1 are not in `total`."""
        others = double(count) - 1.0
        terms = (total + rest) * down
        x = terms + others
        if not wide:
            return log1p(x)
        # What rounds off in both sums, times the slope of the logarithm.
        lost = (total - (total + rest)) + rest
        return log1p(x) + (lost * down + (terms - (x - others))) / (1.0 + x)

    return njit(log_sum)


# ---------------------------------------------------------------- from sums to results
class Normaliser(NamedTuple):
    """What softmax or log-softmax makes of a row's sum."""

    parameters: Any  # (total, rest, count): the row's two parameters
    element: Any  # (v, kept, m, *parameters): a result, of an element or of its kept exponential


@functools.cache
def quotient(terms: Terms) -> Normaliser:
    """Make softmax: e**(x - m) / sum. Exponentials that were not kept are computed again."""
    invert, power = terms.f.inverse, terms.power

    def parameters(total, rest, count):
        """Return 1 / sum in two parts."""
        return invert(total, rest)

    def element(v, kept, m, high, low):
        """Return the shares of the sum that elements, or exponentials that were `kept`, have."""
        return share_of(v if kept else power(v, m), high, low)

    return Normaliser(njit(parameters), njit(element))


@functools.cache
def logarithm(terms: Terms) -> Normaliser:
    """Make log-softmax: x - m - log(sum), neither part of which is positive: nothing cancels."""
    f = terms.f
    log_of, narrow, infinity = log_sum(f), f.number == types.float32, f.infinity
    difference = f.difference

    def parameters(total, rest, count):
        """Return log(sum) in two parts."""
        logarithm = log_of(total, rest, count)
        if narrow:
            high = single(logarithm)
            return high, single(logarithm - double(high))
        return logarithm, 0.0 * logarithm

    def element(x, kept, m, high, low):
        """Return x - m - log(sum) of elements."""
        d, rest = difference(x, m)
        return where(d > -infinity, (d - high) + (rest - low), d - high)

    return Normaliser(njit(parameters), njit(element))
