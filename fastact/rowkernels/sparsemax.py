"""Sparsemax, hardmax and the log-mean-exp.

All is computed in float64 whatever the dtype, a row at a time.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.simd import LANES, every, lane, splat, within
from fastact.numerics.elementary import expm1, log
from fastact.numerics.primitives import fma, head, number, rounded, tail, where, widen
from fastact.rowkernels.along import fill, largest, nan_if_any, summed
from fastact.rowkernels.arithmetic import (
    DOUBLE,
    INF,
    NATIVE,
    Precision,
    Terms,
    difference,
    finite_of,
    join_double,
    joined_lanes,
)
from fastact.rowkernels.double_double_sum import WIDTH, add_with_rest, settled
from fastact.rowkernels.jacobian_products import Product, loops_of, of_nothing, of_support
from fastact.rowkernels.logsumexp import storing
from fastact.rowkernels.memory import element_at, fetch, from_element, from_row, put
from fastact.rowkernels.operation import RowOperation, over_rows
from fastact.rowkernels.softmax import Operands
from fastact.rowkernels.softmax_scaled import largest_product, product

joined_with_rests = joined_lanes(join_double)


class Scaled(NamedTuple):
    """Rows of the input; of each a factor and a length; rows of the output."""

    x: Any
    factor: Any
    length: Any
    y: Any


class Means(NamedTuple):
    """Rows of the input; of each how many elements count, the others being -inf; the result."""

    x: Any
    count: Any
    y: Any


# ---------------------------------------------------------------- the loop of sparse functions
def sparse(dtype: str, one: Callable[[str], Any], *, scaled: bool) -> Any:
    """A loop over rows, of which `one` does what has a finite maximum."""
    finish, round_off = one(dtype), NATIVE[dtype].round

    def rows(operands, rows, n, scratch):
        """Read rows of `operands.x` and write rows of `operands.y`, one after the other."""
        for r in range(rows):
            row = from_row(operands, r)
            factor, count = 1.0, n
            if scaled:
                factor, count = row.factor.pointer[0], max(0, min(n, row.length.pointer[0]))
            m, m_low, zero_or_nan = largest_product(row.x, factor, -INF, count)
            if m == -INF or zero_or_nan != zero_or_nan:
                fill(row.y, count, round_off(zero_or_nan))
            else:
                finish(row.x, row.y, count, factor, m, m_low)
            if scaled:
                fill(from_element(row.y, count), n - count, round_off(0.0))

    return over_rows(RowOperation(njit(rows)))


# ---------------------------------------------------------------- sparsemax
# z = x - max(x); the threshold tau has sum of max(z - tau, 0) = 1. Michelot's iteration: the tau
# for which the elements above the last tau sum to 1, until there are no fewer. Elements of z not
# above -1 are 0 in any case, so it begins there.
@functools.cache
def sparsemax(dtype: str) -> Any:
    """The function of a row with a finite maximum."""
    round_off = NATIVE[dtype].round

    def centred(x, i, n, factor, m, m_low):
        """Return products of `x` at `i` and the factor less the maximum, and what rounds off."""
        high, low = product(fetch(x, i, n - i, -INF), factor)
        high = within(finite_of(high, m == INF), n - i, -INF)
        d, rest = difference(high, where(m == INF, 0.0, m))
        near = d > -INF
        return d, where(near, rest + (low - m_low), 0.0)

    centred = njit(centred)

    def threshold(x, n, factor, m, m_low):
        """Return tau and its rest for the first `n` elements of the row `x`."""
        tau, low, size = -1.0, 0.0, INF
        while True:
            total, rest, count = splat(0.0), splat(0.0), splat(0.0)
            for i in range(0, n, LANES):
                d, r = centred(x, i, n, factor, m, m_low)
                above = d > tau
                count += where(above, 1.0, splat(0.0))
                total, rest = join_double(total, rest, where(above, d, 0.0), where(above, r, 0.0))
            high, rest_of = joined_with_rests(total, rest)
            k, _ = joined_with_rests(count, splat(0.0))
            high, rest_of = join_double(high, rest_of, -1.0, 0.0)
            tau = high / k
            low = (fma(-tau, k, high) + rest_of) / k
            if k >= size:
                return tau, low
            size = k

    threshold = njit(threshold)

    def one(x, y, n, factor, m, m_low):
        """Read the first `n` elements of the row `x` and write max(z - tau, 0) to the row `y`."""
        tau, low = threshold(x, n, factor, m, m_low)
        for i in range(0, n, LANES):
            d, r = centred(x, i, n, factor, m, m_low)
            p = (d - tau) + (r - low)
            put(y, i, n - i, round_off(where(p > 0.0, p, 0.0)))

    return njit(one)


# ---------------------------------------------------------------- hardmax
@functools.cache
def hardmax(dtype: str) -> Any:
    """The function of a row with a finite maximum."""
    zero, one_of = NATIVE[dtype].zero, NATIVE[dtype].one

    def place(x, factor, n, m):
        """Return the index of the first element of the row `x` that is the maximum."""
        for i in range(0, n, LANES):
            v = within(fetch(x, i, n - i, 0.0) * factor, n - i, -INF)
            if not every(v < m):
                for j in range(LANES):
                    if lane(v, j) == m:
                        return i + j
        return 0

    place = njit(place)

    def one(x, y, n, factor, m, m_low):
        """Write 0 to the row `y`, and 1 at the first element of `x` that is the maximum."""
        k = place(x, factor, n, m)
        fill(y, n, zero)
        put(y, k, 1, one_of)

    return njit(one)


# ---------------------------------------------------------------- log-mean-exp
# max + log(mean of e^(x - max)), the logarithm in double-double. Near 0 that is not accurate
# enough: there the mean of e^(x - max) - 1 is taken, whose terms are all below 0, so that none
# cancel.
DOUBT = {"float16": 0.0, "float32": 2.0**-20, "float64": 0.25}
SERIES = 2.0**-30  # below, four terms of log(1 + u) are enough


@njit
def log_of_one_and(u):
    """Return log(1 + u) in double-double, for u in (-1, 0]."""
    if head(u) > -SERIES:
        return u * (1.0 - u * (0.5 - u * (1.0 / 3.0 - u * 0.25)))
    return log(1.0 + u)


@functools.cache
def mean_near_zero(dtype: str) -> Any:
    """The function that gives log-mean-exp of a row by way of e^(x - m) - 1."""

    def mean_near_zero(x, n, m, count, scratch):
        """Return log-mean-exp of the row `x`; the sum in double-double is in scratch memory."""
        for j in range(2 * WIDTH):
            scratch[j] = 0.0
        missing = count - n  # minus the -inf that do not count; each that does is -1
        for i in range(n):
            v = element_at(x, i, 0.0)
            e = expm1(widen((v,))[0] - widen((m,))[0])
            if v == -INF:
                missing += 1.0
            else:
                add_with_rest(scratch, i % WIDTH, head(e), tail(e))
        total, rest = settled(scratch)
        mean = (number(total, rest) - missing) / count
        return rounded(log_of_one_and(mean) + widen((m,))[0])

    return njit(mean_near_zero)


def logmeanexp(dtype: str) -> Any:
    """The loop of log-mean-exp."""
    store, exactly, f, doubt = storing(dtype), mean_near_zero(dtype), DOUBLE[dtype], DOUBT[dtype]
    most, nan, down = largest(f), nan_if_any(f), 1.0 / f.up
    total_of = summed(Terms(f, without_largest=False, quick=False))

    def of_row(x, n, count, scratch):
        """Return log-mean-exp of the `count` elements of the row `x` that are not masked."""
        m = most(x, n)
        if abs(m) == INF or count == 0.0:
            return m + nan(x, n)
        total, rest, _ = total_of(x, n, m)
        result = rounded(log(number(total * down, rest * down) / count) + widen((m,))[0])
        return exactly(x, n, m, count, scratch) if abs(result) < doubt else result

    of_row = njit(of_row)

    def rows(operands, rows, n, scratch):
        """Write log-mean-exp of each row of `operands.x` to `operands.y`."""
        for r in range(rows):
            row = from_row(operands, r)
            store(row.y, 0, of_row(row.x, n, row.count.pointer[0], scratch))

    return over_rows(RowOperation(njit(rows)))


# ---------------------------------------------------------------- the records
class Record(NamedTuple):
    """A function along an axis whose rows are done one by one.

    `of_row` makes for a dtype the function of a row with a finite or infinite maximum m + m_low,
    ``one(x, y, n, factor, m, m_low)``, which writes y; the driver does rows that are NaN or without
    mass. `product` makes the product of its Jacobian, which is symmetric, and a vector.
    """

    of_row: Callable[[str], Any]
    product: Callable[[Precision], Product]


RECORDS = {
    "sparsemax": Record(sparsemax, of_support),
    "hardmax": Record(hardmax, of_nothing),
}


def loops(name: str, record: Record) -> dict[str, tuple[Any, Callable[[str], Any]]]:
    """The loops of a record: plain, with factors and lengths, and those of the product."""
    plain = functools.partial(sparse, one=record.of_row, scaled=False)
    scaled = functools.partial(sparse, one=record.of_row, scaled=True)
    return {
        name: (Operands, plain),
        f"{name}_general": (Scaled, scaled),
        **loops_of(f"{name}_backward", record.product),
    }


LOOPS = {
    "logmeanexp": (Means, logmeanexp),
    **{key: loop for name, record in RECORDS.items() for key, loop in loops(name, record).items()},
}
