"""What loops over rows are made of: softmax, log-softmax and log-sum-exp.

A loop gets `rows` rows of `n` elements with any strides. There are three ways through them, and
`choose` says which one it is:

`across`
    short rows, and an axis whose neighbours in memory lie in other rows: a lane is a row. The rows
    of a *tile* are turned into columns of scratch memory and stay there.
`along`
    other rows: lanes are neighbours in the row. Three sweeps, which find the row in the cache:
    maximum, exponentials and their sum, result. Short rows take each sweep together.
`in_pieces` (see `engine.pieces`)
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

from fastact.elementary import (
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
    log,
    scale_single,
)  # fmt: skip
from fastact.engine import compile
from fastact.engine.primitives import (
    bits,
    fma,
    from_bits,
    polynomial,
    shift_left,
    single,
    where,
)  # fmt: skip
from fastact.engine.vector import (
    LANES,
    QUAD,
    QUAD_IN,
    QUAD_OUT,
    REST_IN,
    REST_OUT,
    SQUARE,
    SQUARE_IN,
    SQUARE_OUT,
    double,
    every,
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
    shifted,
    singles,
    soon_read,
    soon_written,
    store_all,
    store_some,
    within,
)  # fmt: skip
from fastact.tables import EXP, EXP_SINGLE, LOG

DEPTH = 64  # elements of a row that a tile holds: scratch memory has room for two tiles
INF = float("inf")
njit, outlined = compile.dispatcher, compile.outlined


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
    inverse = 1.0 / total
    high = single(inverse)
    return high, single(inverse - double(high))


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


# ---------------------------------------------------------------- sweeps along a row
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


@functools.cache
def settled_row(f: Format, *, parts: bool) -> Any:
    fold, short = folded(f, parts=parts), in_order(f, parts=parts)

    def settled_row(total: Any, rest: Any, count: Any, n: Any, few: Any) -> Any:
        """Sum, rest and count, from what the second sweep gives."""
        total_of_row, rest_of_row = short(total, n) if few else fold(total, rest)
        return total_of_row, rest_of_row, sum_of_lanes(count)

    return njit(settled_row)


# The facts of rows are float64 numbers, of each kind those of up to `LANES` rows side by side.
MAXIMUM, MOVED, HIGH, LOW, SLOPE, TOTAL, REST, COUNT, OWN = (LANES * k for k in range(9))
FACTS = 16 * LANES
SUMS = 3 * LANES  # what the second sweep gives: three vectors of each row


@functools.cache
def keeping(f: Format, *, parts: bool) -> tuple[Any, Any]:
    """Functions that keep what the second sweep gives, and that make numbers of it."""
    settle, join, short = (
        summing(f, parts=parts).settle, joined_lanes(f.join), in_order(f, parts=parts)
    )  # fmt: skip
    rests, round_off = f.number == types.float64, rounding_of(f)

    def keep(sums: Any, total: Any, rest: Any, count: Any, few: Any) -> None:
        total, rest = (double(total), double(rest)) if few else settle(total, rest)
        store_all(sums, 0, total)
        if rests:
            store_all(sums, LANES, rest)
        if parts:
            store_all(sums, 2 * LANES, double(count))

    def settled_facts(sums: Any, facts: Any, n: Any, few: Any) -> None:
        total, rest = load_all(sums, 0), every_lane(0.0)
        if rests:
            rest = load_all(sums, LANES)
        if few:
            facts[TOTAL], facts[REST] = short(round_off(total), n)
        else:
            facts[TOTAL], facts[REST] = join(total, rest)
        if parts:
            facts[COUNT] = sum_of_lanes(load_all(sums, 2 * LANES))

    return njit(keep), njit(settled_facts)


@functools.cache
def largest(f: Format, *, least: bool = False) -> Any:
    fetch, _ = memory(f)
    of_two, lowest = (smaller, f.infinity) if least else (larger, -f.infinity)

    def largest(x: Any, n: Any, core: Any) -> Any:
        """The largest (or least) element of a row that is not NaN; -inf (inf) if there is none."""
        a = every_lane(lowest)
        b, c, d = a, a, a
        if core == 1:
            whole = n - n % (4 * LANES)
            for i in range(0, whole, 4 * LANES):
                a = of_two(fetch(x, i, 1, LANES, lowest), a)
                b = of_two(fetch(x, i + LANES, 1, LANES, lowest), b)
                c = of_two(fetch(x, i + 2 * LANES, 1, LANES, lowest), c)
                d = of_two(fetch(x, i + 3 * LANES, 1, LANES, lowest), d)
            for i in range(whole, n, LANES):
                a = of_two(fetch(x, i, 1, n - i, lowest), a)
        else:
            for i in range(0, n, LANES):
                a = of_two(fetch(x, i, core, n - i, lowest), a)
        a = of_two(of_two(a, b), of_two(c, d))
        return -largest_of_lanes(-a) if least else largest_of_lanes(a)

    return njit(largest)


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
def quotient(f: Format, *, keeps: bool, quick: bool = True) -> Kind:
    """Softmax: e**(x - m) / sum. Where they are not kept, exponentials are computed again."""
    invert, (power, _) = f.inverse, exponential(f, quick=quick)

    def parameters(total: Any, rest: Any, count: Any) -> Any:
        return invert(total, rest)

    def of_exponential(e: Any, m: Any, high: Any, low: Any) -> Any:
        return fma(e, high, e * low)

    def of_input(x: Any, m: Any, high: Any, low: Any) -> Any:
        e = power(x, m)
        return fma(e, high, e * low)

    result = njit(of_exponential if keeps else of_input)
    return Kind(keeps, False, quick, njit(parameters), result)


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


@functools.cache
def summed(f: Format, kind: Kind) -> Any:
    sweep, settle = second_sweep(f, kind, ahead=False), settled_row(f, parts=kind.parts)

    def summed(x: Any, y: Any, n: Any, core_x: Any, core_y: Any, m: Any) -> Any:
        """Sum, rest and count of a row."""
        few = n <= LANES
        total, rest, count = sweep(x, y, n, core_x, core_y, m, few, False, x, y)
        return settle(total, rest, count, n, few)

    return njit(summed)


@functools.cache
def second_sweep(f: Format, kind: Kind, *, ahead: bool) -> Any:
    """The second sweep.

    With `ahead` it asks for the memory of the next rows, of input and output: while there is much
    to compute there is little to wait for.
    """
    (fetch, put), (power, _) = memory(f), exponential(f, quick=kind.quick)
    keeps, parts = kind.keeps, kind.parts
    (start, start_rest), add, _ = summing(f, parts=parts)
    widened = not isinstance(start, type(f.zero))
    zero, one, lowest, same = f.zero, f.one, -f.infinity, f.same
    ask = asking(f)

    def step(
        x: Any, y: Any, i: Any, core_x: Any, core_y: Any, left: Any, m: Any, padded: Any,
        count: Any,
    ) -> Any:  # fmt: skip
        """The exponentials of the next elements, of which there are `left`, and the new count."""
        v = fetch(x, i, core_x, left, lowest)
        e = power(v, m)
        if keeps:
            put(y, i, core_y, LANES if padded else left, e)
        if parts:
            count += where(same(v, m), one, every_lane(zero))
            e = where(same(v, m), zero, e)
        return (e if left >= LANES else within(e, left, zero)), count

    step = njit(step)

    def second_sweep(
        x: Any, y: Any, n: Any, core_x: Any, core_y: Any, m: Any, few: Any, padded: Any,
        next_x: Any, next_y: Any,
    ) -> Any:  # fmt: skip
        """The accumulators of the sum; the number of largest elements if these are left out.

        With `few` elements, which have one accumulator, the terms. Exponentials that are kept fill
        whole vectors if they are `padded`.
        """
        total, rest, count = every_lane(start), every_lane(start_rest), every_lane(zero)
        if core_x == 1 and (core_y == 1 or not keeps) and not few:
            whole = n - n % LANES
            for i in range(0, whole, LANES):
                if ahead:
                    ask(next_x, i, next_y, i)
                e, count = step(x, y, i, 1, 1, LANES, m, padded, count)
                total, rest = add(total, rest, e)
            if whole < n:
                e, count = step(x, y, whole, 1, 1, n - whole, m, padded, count)
                total, rest = add(total, rest, e)
        else:
            for i in range(0, n, LANES):
                e, count = step(x, y, i, core_x, core_y, n - i, m, padded, count)
                if few:
                    total = double(e) if widened else e
                else:
                    total, rest = add(total, rest, e)
        return total, rest, count

    return njit(second_sweep)


@functools.cache
def finished(f: Format, kind: Kind) -> Any:
    (fetch, put), result, keeps, zero = memory(f), kind.result, kind.keeps, f.zero

    def step(
        x: Any, e: Any, y: Any, i: Any, core_x: Any, core_e: Any, core_y: Any, left: Any,
        m: Any, a: Any, b: Any, padded: Any,
    ) -> None:  # fmt: skip
        if keeps:
            v = fetch(e, i, core_e, LANES if padded else left, zero)
        else:
            v = fetch(x, i, core_x, left, zero)
        put(y, i, core_y, left, result(v, m, a, b))

    step = njit(step)

    def finished(
        x: Any, e: Any, y: Any, n: Any, core_x: Any, core_e: Any, core_y: Any,
        m: Any, a: Any, b: Any, padded: Any,
    ) -> None:  # fmt: skip
        """The last sweep: from the exponentials, or from the input again."""
        if core_y == 1 and (core_e == 1 if keeps else core_x == 1):
            whole = n - n % LANES
            for i in range(0, whole, LANES):
                step(x, e, y, i, 1, 1, 1, LANES, m, a, b, padded)
            if whole < n:
                step(x, e, y, whole, 1, 1, 1, n - whole, m, a, b, padded)
        else:
            for i in range(0, n, LANES):
                step(x, e, y, i, core_x, core_e, core_y, n - i, m, a, b, padded)

    return njit(finished)


@functools.cache
def rewritten(f: Format) -> Any:
    """What is done first with a row whose maximum is large or infinite."""
    (fetch, put), zero = memory(f), f.zero

    def rewritten(x: Any, y: Any, n: Any, core_x: Any, core_y: Any, m: Any) -> None:
        """x - m, which is exact wherever it is not far below 0; 0 where both are infinite."""
        for i in range(0, n, LANES):
            v = fetch(x, i, core_x, n - i, zero)
            put(y, i, core_y, n - i, where(v == m, zero, v - m))

    return njit(rewritten)


@functools.cache
def spoiled(f: Format) -> Any:
    (fetch, _), zero = memory(f), f.zero

    def spoiled(x: Any, n: Any, core: Any) -> Any:
        """NaN if an element is NaN, else 0."""
        found = every_lane(zero)
        for i in range(0, n, LANES):
            v = fetch(x, i, core, n - i, zero)
            found += where(v == v, zero, v)
        return sum_of_lanes(found)

    return njit(spoiled)


@functools.cache
def filled(f: Format) -> Any:
    _, put = memory(f)

    def filled(y: Any, n: Any, core: Any, value: Any) -> None:
        for i in range(0, n, LANES):
            put(y, i, core, n - i, every_lane(value))

    return njit(filled)


# What ends a sweep takes long and keeps few units busy, so a sweep goes over several rows before
# the next begins. Scratch memory holds their exponentials, where rows are not longer than `room`.
# The memory of the next rows is asked for unless they are too long to stay in the cache.
TOGETHER = 8  # the most rows
AHEAD = 8  # rows up to so many times `room`


@functools.cache
def with_room(f: Format, kind: Kind, short: Kind, *, ahead: bool) -> tuple[Any, Any]:
    """The second and the last sweep over the first `count` of n elements.

    Exponentials of a `short` kind are kept in scratch memory, those of rows longer than `room` in
    the output. Where both are alike one sweep serves both.
    """
    room, alike = f.room, kind is short and f.pointer == f.number
    sweep, last = second_sweep(f, kind, ahead=ahead), finished(f, kind)
    short_sweep, short_last = second_sweep(f, short, ahead=ahead), finished(f, short)

    def place(t: Any, y: Any, core_y: Any, n: Any) -> Any:
        e, core_e = y, core_y
        if n <= room:
            e, core_e = t, 1
        return e, core_e

    place = njit(place)

    def total_of(
        x: Any, y: Any, t: Any, n: Any, count: Any, core_x: Any, core_y: Any, m: Any,
        next_x: Any, next_y: Any,
    ) -> Any:  # fmt: skip
        e, core_e = place(t, y, core_y, n)
        return sweep(x, e, count, core_x, core_e, m, n <= LANES, n <= room, next_x, next_y)

    def finish(
        x: Any, y: Any, t: Any, n: Any, count: Any, core_x: Any, core_y: Any,
        m: Any, a: Any, b: Any,
    ) -> None:  # fmt: skip
        e, core_e = place(t, y, core_y, n)
        last(x, e, y, count, core_x, core_e, core_y, m, a, b, n <= room)

    def either_total_of(
        x: Any, y: Any, t: Any, n: Any, count: Any, core_x: Any, core_y: Any, m: Any,
        next_x: Any, next_y: Any,
    ) -> Any:  # fmt: skip
        if n <= room:
            return short_sweep(x, t, count, core_x, 1, m, n <= LANES, True, next_x, next_y)
        return sweep(x, y, count, core_x, core_y, m, False, False, next_x, next_y)

    def either_finish(
        x: Any, y: Any, t: Any, n: Any, count: Any, core_x: Any, core_y: Any,
        m: Any, a: Any, b: Any,
    ) -> None:  # fmt: skip
        if n <= room:
            short_last(x, t, y, count, core_x, 1, core_y, m, a, b, True)
        else:
            last(x, y, y, count, core_x, core_y, core_y, m, a, b, False)

    if alike:
        return njit(total_of), njit(finish)
    return njit(either_total_of), njit(either_finish)


class Sweeps(NamedTuple):
    """The sweeps of a row."""

    top: Any
    middle: Any
    settle: Any
    last: Any
    possible: Any = None  # whether they can go together, and all of them
    all_sweeps: Any = None


@functools.cache
def three_sweeps(f: Format, kind: Kind, short: Kind, empty: float) -> Sweeps:
    """The sweeps of a row: the maximum, the sum and what is made of it, the results."""
    most, (total_of, finish) = largest(f), with_room(f, kind, short, ahead=True)
    rewrite, spoil, fill, round_off = rewritten(f), spoiled(f), filled(f), rounding_of(f)
    infinity, nothing, parameters = f.infinity, f.one * empty, kind.parameters
    _, limit = exponential(f, quick=kind.quick)
    keep, settled_facts = keeping(f, parts=kind.parts)

    def crown(
        x: Any, y: Any, n: Any, core_x: Any, core_y: Any, row: Any, options: Any, facts: Any, m: Any
    ) -> None:  # fmt: skip
        """A large maximum is taken off at once: the row goes on in the output, which is said."""
        facts[MAXIMUM], facts[MOVED] = double(m), 0.0
        if m == -infinity:
            fill(y, n, core_y, nothing + spoil(x, n, core_x))
        elif abs(m) >= limit:
            rewrite(x, y, n, core_x, core_y, m)
            facts[MAXIMUM], facts[MOVED] = 0.0, 1.0

    crown = njit(crown)

    def top(
        x: Any, y: Any, n: Any, core_x: Any, core_y: Any, row: Any, options: Any, facts: Any
    ) -> None:
        crown(x, y, n, core_x, core_y, row, options, facts, most(x, n, core_x))

    def middle(
        x: Any, y: Any, n: Any, core_x: Any, core_y: Any, row: Any, options: Any, facts: Any,
        sums: Any, t: Any, next_x: Any, next_y: Any,
    ) -> None:  # fmt: skip
        if facts[MOVED] != 0.0:
            x, core_x = y, core_y
        total, rest, count = total_of(
            x, y, t, n, n, core_x, core_y, round_off(facts[MAXIMUM]), next_x, next_y
        )
        keep(sums, total, rest, count, n <= LANES)

    def settle(
        x: Any, n: Any, row_x: Any, core_x: Any, start: Any, width: Any, options: Any, facts: Any,
        sums: Any,
    ) -> None:  # fmt: skip
        for k in range(width):
            settled_facts(shifted(sums, k * SUMS), shifted(facts, k), n, n <= LANES)
        a, b = parameters(load_all(facts, TOTAL), load_all(facts, REST), load_all(facts, COUNT))
        store_all(facts, HIGH, double(a))
        store_all(facts, LOW, double(b))

    def last(
        x: Any, y: Any, n: Any, core_x: Any, core_y: Any, row: Any, options: Any, facts: Any, t: Any
    ) -> None:
        if facts[MOVED] != 0.0:
            x, core_x = y, core_y
        m, a, b = round_off(facts[MAXIMUM]), round_off(facts[HIGH]), round_off(facts[LOW])
        finish(x, y, t, n, n, core_x, core_y, m, a, b)

    def counts(row: Any, options: Any) -> Any:
        return True

    def nothing_left(y: Any, core_y: Any, row: Any, options: Any, facts: Any) -> None:
        pass

    at_once = overlapped(f, short, njit(counts), crown, njit(nothing_left))
    return Sweeps(njit(top), njit(middle), njit(settle), njit(last), *at_once)


@functools.cache
def along(f: Format, kind: Kind, short: Kind, empty: float) -> Any:
    """Rows one by one; one without mass is filled with `empty`."""
    in_turn = in_groups(f.room, three_sweeps(f, kind, short, empty))

    def along(
        x: Any, y: Any, rows: Any, n: Any, row_x: Any, row_y: Any, core_x: Any, core_y: Any,
        t: Any, facts: Any,
    ) -> None:  # fmt: skip
        in_turn(x, y, rows, n, row_x, row_y, core_x, core_y, t, facts, None)

    return outlined(along)


@functools.cache
def in_groups(room: int, sweeps: Sweeps) -> Any:
    """Each sweep over some rows before the next, unless the first has done all.

    That it says by -inf as the first of `facts`. `options` are what rows have beside elements.
    Where it is possible three sweeps go together: the first over the next rows, the last over
    those before.
    """
    top, middle, settle, last, possible, all_sweeps = sweeps
    overlaps = possible is not None

    def in_groups(
        x: Any, y: Any, rows: Any, n: Any, row_x: Any, row_y: Any, core_x: Any, core_y: Any,
        t: Any, facts: Any, options: Any,
    ) -> None:  # fmt: skip
        slot = (n + LANES - 1) // LANES * LANES
        together = max(1, min(TOGETHER, room // slot))
        ahead = together if n <= AHEAD * room else 0
        near = overlaps and core_x == 1 and core_y == 1 and n > LANES and n <= room
        for k in range(0, 2 * FACTS, LANES):
            store_all(facts, k, every_lane(1.0))  # subnormal numbers would take long
        here, there, sums = facts, shifted(facts, FACTS), shifted(facts, 2 * FACTS)
        for r in range(min(together, rows)):
            top(shifted(x, r * row_x), shifted(y, r * row_y), n, core_x, core_y,
                r, options, shifted(here, r))  # fmt: skip
        for start in range(0, rows + together, together):
            for k in range(together):
                before, r, after = start + k - together, start + k, start + k + together
                x_r, y_r, t_r = shifted(x, r * row_x), shifted(y, r * row_y), shifted(t, k * slot)
                x_before, y_before = shifted(x, before * row_x), shifted(y, before * row_y)
                x_after, y_after = shifted(x, after * row_x), shifted(y, after * row_y)
                own, other, own_sums = shifted(here, k), shifted(there, k), shifted(sums, k * SUMS)
                ends = 0 <= before < rows and other[MAXIMUM] > -INF
                computes, begins = r < rows and own[MAXIMUM] > -INF, after < rows
                all_three = near and ends and computes and begins
                if overlaps and all_three and possible(after, options):
                    all_sweeps(x_before, y_before, x_r, y_r, x_after, y_after, n, t_r,
                               own, other, own_sums, before, after, options)  # fmt: skip
                    continue
                if ends:
                    last(x_before, y_before, n, core_x, core_y, before, options, other, t_r)
                if computes:
                    next_x, next_y = shifted(x_r, ahead * row_x), shifted(y_r, ahead * row_y)
                    middle(x_r, y_r, n, core_x, core_y, r, options, own, own_sums, t_r,
                           next_x, next_y)  # fmt: skip
                if begins:
                    top(x_after, y_after, n, core_x, core_y, after, options, other)
            if start < rows:
                settle(shifted(x, start * row_x), n, row_x, core_x,
                       start, min(together, rows - start), options, here, sums)  # fmt: skip
            here, there = there, here

    return outlined(in_groups)


@functools.cache
def overlapped(f: Format, kind: Kind, counts: Any, crown: Any, close: Any) -> tuple[Any, Any]:
    """Whether the sweeps can go together, and all of them, each over another row."""
    sweep, (keep, _), keeps = sweep_of_three(f, kind), keeping(f, parts=kind.parts), kind.keeps
    round_off = rounding_of(f)

    def all_sweeps(
        x_before: Any, y_before: Any, x: Any, y: Any, x_after: Any, y_after: Any, n: Any, t: Any,
        facts: Any, facts_other: Any, sums: Any, before: Any, after: Any, options: Any,
    ) -> None:  # fmt: skip
        m, m_before = round_off(facts[MAXIMUM]), round_off(facts_other[MAXIMUM])
        a, b = round_off(facts_other[HIGH]), round_off(facts_other[LOW])
        if facts[MOVED] != 0.0:
            x = y
        if facts_other[MOVED] != 0.0:
            x_before = y_before
        m_after, total, rest, count = sweep(
            t if keeps else x_before, y_before, m_before, a, b, x, t, y, m, x_after, n
        )
        keep(sums, total, rest, count, False)
        close(y_before, 1, before, options, facts_other)
        crown(x_after, y_after, n, 1, 1, after, options, facts_other, m_after)

    return counts, njit(all_sweeps)


@functools.cache
def sweep_of_three(f: Format, kind: Kind) -> Any:
    (fetch, put), (power, _) = memory(f), exponential(f, quick=kind.quick)
    keeps, parts, result = kind.keeps, kind.parts, kind.result
    (start, start_rest), add, _ = summing(f, parts=parts)
    zero, one, lowest, same = f.zero, f.one, -f.infinity, f.same

    def step(
        e_before: Any, y_before: Any, m_before: Any, a: Any, b: Any,
        x: Any, e: Any, y: Any, m: Any, x_after: Any, i: Any, left: Any, count: Any, most: Any,
    ) -> Any:  # fmt: skip
        soon_written(y, i)
        v = fetch(e_before, i, 1, LANES if keeps else left, zero)
        put(y_before, i, 1, left, result(v, m_before, a, b))
        most = larger(fetch(x_after, i, 1, left, lowest), most)
        v = fetch(x, i, 1, left, lowest)
        raw = power(v, m)
        if keeps:
            put(e, i, 1, LANES, raw)
        if parts:
            count += where(same(v, m), one, every_lane(zero))
            raw = where(same(v, m), zero, raw)
        return (raw if left >= LANES else within(raw, left, zero)), count, most

    step = njit(step)

    def sweep_of_three(
        e_before: Any, y_before: Any, m_before: Any, a: Any, b: Any,
        x: Any, e: Any, y: Any, m: Any, x_after: Any, n: Any,
    ) -> Any:  # fmt: skip
        """The maximum of the next row; as `second_sweep` of this one; the result of that before.

        Exponentials of this row take the place of those before.
        """
        total, rest, count = every_lane(start), every_lane(start_rest), every_lane(zero)
        most, whole = every_lane(lowest), n - n % LANES
        for i in range(0, whole, LANES):
            raw, count, most = step(
                e_before, y_before, m_before, a, b, x, e, y, m, x_after, i, LANES, count, most
            )
            total, rest = add(total, rest, raw)
        if whole < n:
            raw, count, most = step(
                e_before, y_before, m_before, a, b, x, e, y, m, x_after, whole, n - whole,
                count, most,
            )  # fmt: skip
            total, rest = add(total, rest, raw)
        return largest_of_lanes(most), total, rest, count

    return njit(sweep_of_three)


# ---------------------------------------------------------------- across rows
# Scratch memory holds a tile, whose columns are rows, or short rows; the accumulators of each
# column, or the facts of rows; and what is found out about pieces of a row.
TOTALS, RESTS = 2048, 2048 + LANES * LANES
FOUND = TOTALS + max(2 * LANES * LANES, 2 * FACTS + TOGETHER * SUMS)
SCRATCH = FOUND + 4 * 1024  # float64 elements


@functools.cache
def accumulators(f: Format, *, parts: bool) -> tuple[Any, Any]:
    """Functions that add an element of each row to its accumulators, and that give the sums."""
    (start, start_rest), add, settle = summing(f, parts=parts)
    join, narrow = f.join, isinstance(start, np.float32)
    rests = f.number == types.float64  # of float64 sums; else they are zero

    def kept(s: Any, k: Any) -> Any:
        """Sum and rest in accumulator k, each in a place that has room for float64."""
        at = k * LANES
        if narrow:
            s32 = singles(s)
            return load_all(s32, 2 * (TOTALS + at)), load_all(s32, 2 * (RESTS + at))
        return load_all(s, TOTALS + at), load_all(s, RESTS + at) if rests else every_lane(0.0)

    def keep(s: Any, k: Any, total: Any, rest: Any) -> None:
        at = k * LANES
        if narrow:
            s32 = singles(s)
            store_all(s32, 2 * (TOTALS + at), total)
            store_all(s32, 2 * (RESTS + at), rest)
        else:
            store_all(s, TOTALS + at, total)
            if rests:
                store_all(s, RESTS + at, rest)

    def settled_sum(s: Any, k: Any) -> Any:
        at = k * LANES
        return load_all(s, TOTALS + at), load_all(s, RESTS + at) if rests else every_lane(0.0)

    kept, keep, settled_sum = njit(kept), njit(keep), njit(settled_sum)

    def collect(s: Any, i: Any, e: Any) -> None:
        """Add element i of each row."""
        total, rest = every_lane(start), every_lane(start_rest)
        if i >= LANES:
            total, rest = kept(s, i % LANES)
        total, rest = add(total, rest, e)
        keep(s, i % LANES, total, rest)

    def joined(s: Any) -> Any:
        """The sums, column by column, in the order of `folded`."""
        for k in range(LANES):
            total, rest = kept(s, k)
            total, rest = settle(total, rest)
            store_all(s, TOTALS + k * LANES, total)
            if rests:
                store_all(s, RESTS + k * LANES, rest)
        half = LANES // 2
        while half > 0:
            for k in range(half):
                a, a_rest = settled_sum(s, k)
                b, b_rest = settled_sum(s, k + half)
                total, rest = join(a, a_rest, b, b_rest)
                store_all(s, TOTALS + k * LANES, total)
                if rests:
                    store_all(s, RESTS + k * LANES, rest)
            half //= 2
        return settled_sum(s, 0)

    return njit(collect), njit(joined)


@functools.cache
def summed_across(f: Format, kind: Kind, *, ahead: bool = False) -> Any:
    top_of, total_of, zero = tops_across(f, kind), totals_across(f, kind, ahead=ahead), f.zero

    def summed_across(x: Any, e: Any, n: Any, width: Any, core_x: Any, core_e: Any, s: Any) -> Any:
        """Maximum, sum and count of up to `LANES` rows side by side.

        Exponentials go to `e`. Nothing is done if a maximum is too large, which the first says.
        """
        possible, m = top_of(x, n, width, core_x)
        if not possible:
            return False, m, double(m), double(m), every_lane(zero)
        total, rest, count = total_of(x, e, n, width, core_x, core_e, s, m, None)
        return True, m, total, rest, count

    return njit(summed_across)


@functools.cache
def tops_across(f: Format, kind: Kind) -> Any:
    (fetch, _), (_, limit) = memory(f), exponential(f, quick=kind.quick)
    zero, infinity = f.zero, f.infinity

    def tops_across(x: Any, n: Any, width: Any, core_x: Any) -> Any:
        """The maxima of up to `LANES` rows side by side, and whether none is too large."""
        m, other = every_lane(-infinity), every_lane(-infinity)
        for i in range(0, n - 1, 2):
            m = larger(fetch(x, i * core_x, 1, width, zero), m)
            other = larger(fetch(x, (i + 1) * core_x, 1, width, zero), other)
        m = larger(larger(fetch(x, (n - 1) * core_x, 1, width, zero), m), other)
        return every(abs(m) < limit), m

    return njit(tops_across)


@functools.cache
def totals_across(f: Format, kind: Kind, *, ahead: bool = False) -> Any:
    """With `ahead` it asks for the memory of the next rows, which lie beside these."""
    (fetch, put), (power, _) = memory(f), exponential(f, quick=kind.quick)
    keeps, parts, ask = kind.keeps, kind.parts, asking(f)
    collect, join = accumulators(f, parts=parts)
    (start, start_rest), add, settle = summing_few(f, parts=parts)
    same, zero, one = f.same, f.zero, f.one

    def totals_across(
        x: Any, e: Any, n: Any, width: Any, core_x: Any, core_e: Any, s: Any, m: Any, length: Any
    ) -> Any:
        """Sum and count of up to `LANES` rows side by side, of which `length` elements count."""
        count, total, rest = every_lane(zero), every_lane(start), every_lane(start_rest)
        for i in range(n):
            if ahead:
                ask(x, i * core_x + LANES, e, i * core_e + LANES)
            v = fetch(x, i * core_x, 1, width, zero)
            raw = power(v, m)
            if length is not None:
                raw = where(length > i, raw, zero)
            if keeps:
                put(e, i * core_e, 1, width, raw)
            if parts:
                here = same(v, m)
                if length is not None:
                    here = here & (length > i)
                count += where(here, one, every_lane(zero))
                raw = where(here, zero, raw)
            if n <= LANES:
                total, rest = add(total, rest, raw)
            else:
                collect(s, i, raw)
        few = n <= LANES
        total, rest = settle(total, rest) if few else join(s)
        return total, rest, count

    return njit(totals_across)


@functools.cache
def across(f: Format, kind: Kind) -> Any:
    (fetch, put), total_of = memory(f), summed_across(f, kind, ahead=True)
    keeps, parameters, result, zero = kind.keeps, kind.parameters, kind.result, f.zero

    def across(x: Any, y: Any, n: Any, width: Any, core_x: Any, core_y: Any, s: Any) -> Any:
        """Up to `LANES` rows side by side, unless a maximum is too large: whether all was done."""
        done, m, total, rest, count = total_of(x, y, n, width, core_x, core_y, s)
        if done:
            a, b = parameters(total, rest, count)
            for i in range(n):
                v = fetch(y if keeps else x, i * (core_y if keeps else core_x), 1, width, zero)
                put(y, i * core_y, 1, width, result(v, m, a, b))
        return done

    return outlined(across)


@functools.cache
def tiles(f: Format) -> tuple[Any, Any]:
    """Functions that copy `LANES` rows to the columns of a tile, and back."""
    fetch, put = memory(f)

    def bring(x: Any, row: Any, core: Any, width: Any, n: Any, t: Any, filler: Any) -> None:
        if core == 1 and width == LANES:
            squares = n - n % SQUARE
            quads = n - n % QUAD
            for i in range(0, squares, SQUARE):
                SQUARE_IN(shifted(x, i), row, SQUARE, shifted(t, i * LANES))
            for i in range(squares, quads, QUAD):
                QUAD_IN(shifted(x, i), row, QUAD, shifted(t, i * LANES))
            if quads < n:
                REST_IN(shifted(x, quads), row, n - quads, shifted(t, quads * LANES))
        else:
            for i in range(n):
                store_all(t, i * LANES, fetch(shifted(x, i * core), 0, row, width, filler))

    def back(t: Any, y: Any, row: Any, core: Any, width: Any, n: Any) -> None:
        if core == 1 and width == LANES:
            squares = n - n % SQUARE
            quads = n - n % QUAD
            for i in range(0, squares, SQUARE):
                SQUARE_OUT(shifted(t, i * LANES), shifted(y, i), row, SQUARE)
            for i in range(squares, quads, QUAD):
                QUAD_OUT(shifted(t, i * LANES), shifted(y, i), row, QUAD)
            if quads < n:
                REST_OUT(shifted(t, quads * LANES), shifted(y, quads), row, n - quads)
        else:
            for i in range(n):
                put(shifted(y, i * core), 0, row, width, load_all(t, i * LANES))

    return njit(bring), njit(back)


# ---------------------------------------------------------------- the choice
ALONG, TILED, ACROSS = 0, 1, 2


@njit
def choose(rows: Any, n: Any, row_x: Any, row_y: Any) -> Any:
    """The way through rows: see the head of this file."""
    if rows > 1 and row_x == 1 and row_y == 1:
        return ACROSS
    return TILED if rows > 1 and n <= DEPTH else ALONG
