"""What loops over rows are made of: exponentials, sums, kinds of functions, scratch memory.

A loop gets `rows` rows of `n` elements with any strides. There are three ways through them, and
`choose` says which one it is:

`across` (see `across.py`)
    short rows, and an axis whose neighbours in memory lie in other rows: a lane is a row. The rows
    of a *tile* are turned into columns of scratch memory and stay there.
`along` (see `along.py`)
    other rows: lanes are neighbours in the row. Three sweeps, which find the row in the cache:
    maximum, exponentials and their sum, result.
`in_pieces` (see `long_rows`)
    rows that do not fit into the cache: each piece by itself, on all threads, then all together.

Sums never depend on the way. In a row of more than `LANES` elements, element i is added to
accumulator i modulo `LANES`, and accumulators are joined by halves; shorter rows have one
accumulator. So a result is the same bits for every stride, and for every number of threads.

Exponentials are kept multiplied by a power of two (`up`), so that what is below the normal numbers
is rounded once, when it is divided by the sum.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba.core import types

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.simd import (
    LANES,
    double,
    every_lane,
    exchange1,
    exchange2,
    exchange4,
    exchange8,
    first,
    gather,
    lane,
    load_all,
    load_some,
    scatter,
    soon_read,
    soon_written,
    store_all,
    store_some,
)
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

DEPTH = 64  # elements of a row that a tile holds: scratch memory has room for two tiles
INF = float("inf")


# ---------------------------------------------------------------- exponentials
@njit
def larger(x: Any, y: Any) -> Any:
    """The larger of both; `y` where `x` is NaN."""
    return where(x > y, x, y)


@njit
def smaller(x: Any, y: Any) -> Any:
    """The smaller of both; `y` where `x` is NaN."""
    return where(x < y, x, y)


@njit
def equal(x: Any, m: Any) -> Any:
    return x == m


@njit
def difference(x: Any, m: Any) -> Any:
    """x - m as a float and what rounds off (Knuth)."""
    d = x - m
    back = d - x
    return d, (x - (d - back)) - (m + back)


MAGIC_512 = MAGIC + 1023.0 + 512.0
LOWEST_32, LOWEST = np.float32(130.0), 760.0  # e to minus that is nothing beside any sum


@njit
def series_single(r: Any) -> Any:
    """(e**r - 1 - r) / r**2."""
    return fma(polynomial(r, EXP_SINGLE), r, HALF32)


@njit
def scaled_single(r: Any, k: Any) -> Any:
    """2**n e**r, with n + 127 in the low bits of `k`."""
    p = fma(series_single(r), r * r, r)
    s = scale_single(k)
    return fma(s, p, s)


@njit
def scaled_double(r: Any, k: Any) -> Any:
    """2**n e**r, with n + 1023 in the low bits of `k`."""
    p = fma(polynomial(r, EXP) * r, r, r)
    s = from_bits(shift_left(bits(k), 52))
    return fma(s, p, s)


@njit
def power_single(d: Any, rest: Any) -> Any:
    """2**64 e**(d + rest) for -130 <= d <= 0."""
    k = fma(d, LOG2E32, MAGIC_UP)
    n = k - MAGIC_UP
    return scaled_single(fma(n, -LN2_HI32, d) + fma(n, -LN2_LO32, rest), k)


@njit
def power_double(d: Any, rest: Any) -> Any:
    """2**512 e**(d + rest) for -760 <= d <= 0."""
    k = fma(d, LOG2E, MAGIC_512)
    n = k - MAGIC_512
    return scaled_double(fma(n, -LN2_TOP, d) + fma(n, -LN2_REST, rest), k)


# Quicker, where maxima are not huge: with K the integer nearest to m / log(2) and L the first part
# of log(2), x - m - n log(2) is x - (n + K) L less m - K L, which are exact (fma), less n times the
# other part. So no difference of x and m is needed with its rest.
LN2_32, AFTER_LN2_32 = np.float32(0.693147182), np.float32(-1.90465421e-9)
MAGIC_32 = np.float32(MAGIC32)


@njit
def quick_single(x: Any, m: Any) -> Any:
    """2**64 e**(x - m) for x <= m and |m| < 2**16; what rounds off the argument is not lost."""
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
def quick_double(x: Any, m: Any) -> Any:
    """2**512 e**(x - m) for x <= m and |m| < 2**28."""
    octave = fma(m, LOG2E, MAGIC) - MAGIC
    of_m = fma(octave, -LN2_TOP, m)
    x = larger(m - LOWEST, x)
    k = fma(x - m, LOG2E, MAGIC_512)
    n = k - MAGIC_512
    return scaled_double(fma(n, -LN2_REST, fma(n + octave, -LN2_TOP, x) - of_m), k)


# ---------------------------------------------------------------- sums
# Sums begin with a number that is larger than any term, so that three operations give what rounds
# off (Dekker); later it is taken off, exactly. Without the largest terms all others may be tiny,
# which would leave no more than the rest, a plain sum: float32 is summed in float64 then.
BIG_SINGLE, BIG = np.float32(2.0**65), 2.0**513


class Summing(NamedTuple):
    """Sum and rest of no terms, what adds a term to them, and what makes float64 of both."""

    start: tuple[Any, Any]
    add: Any
    settle: Any


@njit
def add_term(total: Any, rest: Any, e: Any) -> Any:
    after = total + e
    return after, rest + (e - (after - total))


@njit
def add_widened(total: Any, rest: Any, e: Any) -> Any:
    return total + double(e), rest


@njit
def settle_single(total: Any, rest: Any) -> Any:
    return double(total - BIG_SINGLE) + double(rest), 0.0 * double(rest)


@njit
def settle_double(total: Any, rest: Any) -> Any:
    return total - BIG, rest


@njit
def settled(total: Any, rest: Any) -> Any:
    return total, rest


IN_SINGLE = Summing((BIG_SINGLE, np.float32(0.0)), add_term, settle_single)
IN_DOUBLE = Summing((BIG, 0.0), add_term, settle_double)
WIDENED = Summing((0.0, 0.0), add_widened, settled)


@njit
def join_single(a: Any, a_rest: Any, b: Any, b_rest: Any) -> Any:
    return a + b, a_rest


@njit
def join_double(a: Any, a_rest: Any, b: Any, b_rest: Any) -> Any:
    total = a + b
    back = total - a
    return total, (a_rest + b_rest) + ((a - (total - back)) + (b - back))


@njit
def inverse_single(total: Any, rest: Any) -> Any:
    """1 / total as a float32 and a rest."""
    whole = single(total)
    after = single(total - double(whole))
    high = ONE32 / whole
    return high, (fma(-high, whole, ONE32) - high * after) * high


@njit
def inverse_double(total: Any, rest: Any) -> Any:
    whole = total + rest
    rest += total - whole
    high = 1.0 / whole
    return high, (fma(-high, whole, 1.0) - high * rest) * high


@njit
def log1p(u: Any) -> Any:
    """log(1 + u) for u >= 0, with what rounds off 1 + u."""
    w = 1.0 + u
    s, h = u / (2.0 + u), 0.5 * u * u
    z = s * s
    small = u - (h - s * (h + z * polynomial(z, LOG)))
    return where(u < 0.375, small, where(u < INF, log(w) + (u - (w - 1.0)) / w, u))


@dataclass(frozen=True)
class Format:
    """How rows of a dtype are computed.

    An exponential of `lowest` is nothing beside any sum, and `up` keeps it a normal number.
    `quick` makes exponentials where the size of the maximum is below `limit`. A maximum may be more
    than a number, which these and the last two know: the difference of an element and the maximum
    with its rest, and whether they are the same.
    """

    pointer: Any  # Numba's type of the elements
    room: int  # how many numbers scratch memory holds beside other things
    number: Any  # and of what is computed with
    zero: Any
    one: Any
    infinity: Any
    lowest: Any
    up: float
    power: Any
    quick: Any
    limit: Any
    all_terms: Summing
    other_terms: Summing  # than the largest
    join: Any
    inverse: Any
    difference: Any = difference
    same: Any = equal


def of_single(pointer: Any) -> Format:
    f = np.float32
    return Format(
        pointer, 4096, types.float32, f(0.0), f(1.0), f(np.inf), -LOWEST_32, 2.0**64,
        power_single, quick_single, f(2.0**16),
        IN_SINGLE, WIDENED, join_single, inverse_single,
    )  # fmt: skip


def of_double(pointer: Any) -> Format:
    return Format(
        pointer, 2048, types.float64, 0.0, 1.0, INF, -LOWEST, 2.0**512,
        power_double, quick_double, 2.0**28,
        IN_DOUBLE, IN_DOUBLE, join_double, inverse_double,
    )  # fmt: skip


SINGLE = {"float16": of_single(types.uint16), "float32": of_single(types.float32)}
NATIVE = SINGLE | {"float64": of_double(types.float64)}
DOUBLE = {dtype: of_double(f.pointer) for dtype, f in NATIVE.items()}


# ---------------------------------------------------------------- memory
@functools.cache
def memory(f: Format) -> tuple[Any, Any]:
    """Functions that read and write up to `LANES` elements of a row."""
    wide = f.number == types.float64

    def fetch(p: Any, i: Any, stride: Any, count: Any, filler: Any) -> Any:
        """Elements from number `i` of a row on, with `filler` in the other lanes."""
        if stride == 1:
            x = load_all(p, i) if count >= LANES else load_some(p, i, count, filler)
        else:
            x = gather(p, i * stride, stride, count, filler)
        return double(x) if wide else x

    def put(p: Any, i: Any, stride: Any, count: Any, x: Any) -> None:
        if stride != 1:
            scatter(p, i * stride, stride, count, x)
        elif count >= LANES:
            store_all(p, i, x)
        else:
            store_some(p, i, count, x)

    return njit(fetch), njit(put)


LINE = 64  # bytes of memory that come together


@functools.cache
def asking(f: Format) -> Any:
    """The function that asks for memory which is soon read and written, a vector of each."""
    line = 8 * LINE // f.pointer.bitwidth

    def asking(x: Any, i: Any, y: Any, j: Any) -> None:
        for k in range(0, LANES, line):
            soon_read(x, i + k)
            soon_written(y, j + k)

    return njit(asking)


def rounding(dtype: str) -> Any:
    """The function that rounds a float64 to the numbers of a dtype."""
    return rounding_of(NATIVE[dtype])


@functools.cache
def rounding_of(f: Format) -> Any:
    narrow = f.number == types.float32

    def rounding(v: Any) -> Any:
        return single(v) if narrow else v

    return njit(rounding)


# ---------------------------------------------------------------- lanes
@njit
def sum_of_lanes(v: Any) -> Any:
    v += exchange8(v)
    v += exchange4(v)
    v += exchange2(v)
    return first(v + exchange1(v))


@njit
def largest_of_lanes(v: Any) -> Any:
    v = larger(v, exchange8(v))
    v = larger(v, exchange4(v))
    v = larger(v, exchange2(v))
    return first(larger(v, exchange1(v)))


@functools.cache
def joined_lanes(join: Any) -> Any:
    def joined_lanes(total: Any, rest: Any) -> Any:
        """The sum of the lanes by halves, as a scalar and a rest."""
        total, rest = join(total, rest, exchange8(total), exchange8(rest))
        total, rest = join(total, rest, exchange4(total), exchange4(rest))
        total, rest = join(total, rest, exchange2(total), exchange2(rest))
        total, rest = join(total, rest, exchange1(total), exchange1(rest))
        return first(total), first(rest)

    return njit(joined_lanes)


def summing(f: Format, *, parts: bool) -> Summing:
    return f.other_terms if parts else f.all_terms


@functools.cache
def folded(f: Format, *, parts: bool) -> Any:
    settle, join = summing(f, parts=parts).settle, joined_lanes(f.join)

    def folded(total: Any, rest: Any) -> Any:
        """The sum of the accumulators in the lanes."""
        total, rest = settle(total, rest)
        return join(total, rest)

    return njit(folded)


@functools.cache
def summing_few(f: Format, *, parts: bool) -> Summing:
    """The sum in one accumulator: without the largest terms, as if it had begun with the first."""
    join = f.join

    def add(total: Any, rest: Any, e: Any) -> Any:
        return join(total, rest, double(e), 0.0)

    return Summing((0.0, 0.0), njit(add), settled) if parts else f.all_terms


@functools.cache
def in_order(f: Format, *, parts: bool) -> Any:
    """The sum of the first lanes, up to `LANES`, in one accumulator."""
    (start, start_rest), add, settle = summing_few(f, parts=parts)

    def in_order(e: Any, n: Any) -> Any:
        total, rest = start, start_rest
        for k in range(n):
            total, rest = add(total, rest, lane(e, k))
        return settle(total, rest)

    return njit(in_order)


# ---------------------------------------------------------------- kinds of functions
@functools.cache
def raised(f: Format) -> Any:
    power, lowest, zero = f.power, f.lowest, f.zero

    def raised(x: Any, m: Any) -> Any:
        """`up` times e**(x - m) for x <= m."""
        d, rest = difference(x, m)
        small = d < lowest  # -inf too, whose rest is NaN
        return power(where(small, lowest, d), where(small, zero, rest))

    return njit(raised)


@dataclass(frozen=True)
class Kind:
    """What a function of rows does with the sum of exponentials.

    `keeps`: the second sweep leaves exponentials in the output. `parts`: the sum leaves out the
    largest elements, which are counted. `quick`: maxima are below the format's limit. `parameters`
    makes two numbers of a row's sum and count, `result` an element of exponential or input,
    maximum and these.
    """

    keeps: bool
    parts: bool
    quick: bool
    parameters: Any
    result: Any


def exponential(f: Format, *, quick: bool) -> tuple[Any, Any]:
    """The function of element and maximum that makes exponentials, and from where on it cannot."""
    return (f.quick, f.limit) if quick else (raised(f), f.infinity)


@functools.cache
def without_largest(f: Format, kind: Kind) -> Any:
    same, parts, zero, one = f.same, kind.parts, f.zero, f.one

    def without_largest(e: Any, v: Any, m: Any, count: Any, present: Any) -> Any:
        """The term of a sum, and the new number of largest elements, of those that are `present`.

        These are all elements if it is None.
        """
        if parts:
            here = same(v, m)
            if present is not None:
                here = here & present
            count += where(here, one, every_lane(zero))
            e = where(here, zero, e)
        return e, count

    return njit(without_largest)


@njit
def share_of(e: Any, m: Any, high: Any, low: Any) -> Any:
    """An exponential times a number in two parts."""
    return fma(e, high, e * low)


@functools.cache
def quotient(f: Format, *, keeps: bool, quick: bool = True) -> Kind:
    """Softmax: e**(x - m) / sum. Where they are not kept, exponentials are computed again."""
    invert, (power, _) = f.inverse, exponential(f, quick=quick)

    def parameters(total: Any, rest: Any, count: Any) -> Any:
        return invert(total, rest)

    def of_input(x: Any, m: Any, high: Any, low: Any) -> Any:
        return share_of(power(x, m), m, high, low)

    return Kind(keeps, False, quick, njit(parameters), share_of if keeps else njit(of_input))


@functools.cache
def log_sum(f: Format) -> Any:
    down = 1.0 / f.up

    def log_sum(total: Any, rest: Any, count: Any) -> Any:
        """The logarithm of a sum, of which `total` leaves out `count` terms 1."""
        return log1p((total + rest) * down + (double(count) - 1.0))

    return njit(log_sum)


@functools.cache
def logarithm(f: Format) -> Kind:
    """Log-softmax: x - m - log(sum), where nothing cancels."""
    log_of, narrow, infinity = log_sum(f), f.number == types.float32, f.infinity
    difference = f.difference

    def parameters(total: Any, rest: Any, count: Any) -> Any:
        logarithm = log_of(total, rest, count)
        if narrow:
            high = single(logarithm)
            return high, single(logarithm - double(high))
        return logarithm, 0.0 * logarithm

    def result(x: Any, m: Any, high: Any, low: Any) -> Any:
        d, rest = difference(x, m)
        return where(d > -infinity, (d - high) + (rest - low), d - high)

    return Kind(False, True, True, njit(parameters), njit(result))


# ---------------------------------------------------------------- scratch memory
# Rows along which sweeps go before what they have found is joined: logarithms fill all lanes.
TOGETHER, TOGETHER_OF_LOGARITHMS = 8, LANES
# The facts of rows are float64 numbers, of each kind those of up to `LANES` rows side by side.
MAXIMUM, MOVED, HIGH, LOW, SLOPE, TOTAL, REST, COUNT, OWN = (LANES * k for k in range(9))
FACTS = 16 * LANES
SUMS = 3 * LANES  # what the second sweep gives: three vectors of each row

# It holds a tile, whose columns are rows, or the exponentials of short rows; the accumulators of
# each column, or the facts of rows; and what is found out about pieces of a row.
TOTALS, RESTS = 2048, 2048 + LANES * LANES
FOUND = TOTALS + max(2 * LANES * LANES, 2 * FACTS + LANES * SUMS)
SCRATCH = FOUND + 4 * 1024  # float64 elements


# ---------------------------------------------------------------- the choice
# For arguments of outlined functions, of which Numba would compile another one for each literal.
ZERO, ONE = np.int64(0), np.int64(1)
ALONG, TILED, ACROSS = 0, 1, 2


@njit
def choose(rows: Any, n: Any, row_x: Any, row_y: Any) -> Any:
    """The way through rows: see the head of this file."""
    if rows > 1 and row_x == 1 and row_y == 1:
        return ACROSS
    return TILED if rows > 1 and n <= DEPTH else ALONG
