"""Log-sum-exp, plain and with weights, as loops over rows.

The maximum and the logarithm may cancel, so both are float64. Where that is not enough, the row is
summed in double-double: where their sum is less than so many times the logarithm (`DOUBT`).

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
import math
import sys
from typing import Any, NamedTuple

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.simd import LANES, every, lane, splat
from fastact.numerics.elementary import log
from fastact.numerics.primitives import double_to_half, single, where
from fastact.rowkernels.across import sums_across
from fastact.rowkernels.along import largest, nan_if_any, summed
from fastact.rowkernels.arithmetic import (
    DOUBLE,
    INF,
    Terms,
    larger,
    largest_of_lanes,
    log_sum,
    smaller,
    sum_of_lanes,
)
from fastact.rowkernels.double_double_sum import log_of_sum, sum_of_row
from fastact.rowkernels.memory import bring, column, fetch, from_row, side_by_side
from fastact.rowkernels.operation import RowOperation, input_abreast, over_rows

NAN, FINITE = math.nan, sys.float_info.max
DOUBT = {"float16": 0.0, "float32": 2.0**-20, "float64": 2.0}


class Operands(NamedTuple):
    """Rows of the input, and of each the result."""

    x: Any
    y: Any


def terms_of(dtype: str) -> Terms:
    """The terms that are summed, in float64, without the largest."""
    return Terms(DOUBLE[dtype], parts=True)


@functools.cache
def storing(dtype: str) -> Any:
    """The function that writes a float64 as the number that belongs to a row."""

    def plain(y, r, value):
        """Write a float64 to row `r` of `y`."""
        y.pointer[r * y.row] = value

    def rounding(y, r, value):
        """Round to float32, and write to row `r` of `y`."""
        y.pointer[r * y.row] = single(value)

    def halving(y, r, value):
        """Round to float16, and write its bits to row `r` of `y`."""
        y.pointer[r * y.row] = double_to_half(value)

    return njit({"float16": halving, "float32": rounding, "float64": plain}[dtype])


# ---------------------------------------------------------------- log-sum-exp
@functools.cache
def of_row(dtype: str) -> Any:
    """The function that gives log-sum-exp of a row."""
    f, terms = DOUBLE[dtype], terms_of(dtype)
    most, total_of, log_of, nan = largest(f), summed(terms), log_sum(f), nan_if_any(f)
    exactly, doubt, limit = sum_of_row(dtype, weighted=False), DOUBT[dtype], terms.limit

    def of_row(x, n, scratch):
        """Return log-sum-exp of the row `x`; a sum in double-double stands in `scratch`."""
        m = most(x, n)
        if abs(m) == INF:
            return m + nan(x, n)
        if abs(m) < limit:
            total, rest, count = total_of(x, n, m)
            logarithm = log_of(total, rest, count)
            result = m + logarithm
            if m >= 0.0 or abs(result) >= doubt * logarithm:
                return result
        total, rest = exactly(x, x, n, m, scratch)
        return log_of_sum(total, rest, m)

    return njit(of_row)


def logsumexp(dtype: str) -> Any:
    """The loop of log-sum-exp."""
    one, store, doubt = of_row(dtype), storing(dtype), DOUBT[dtype]
    sums, log_of = sums_across(terms_of(dtype)), log_sum(DOUBLE[dtype])

    def abreast(x, y, width, lanes, n, scratch):
        """Rows side by side: whether no result needs the sum in double-double."""
        done, m, total, rest, count = sums(x, n, lanes, False, scratch)
        logarithm = log_of(total, rest, count)
        result = m + logarithm
        close = (m < 0.0) & (abs(result) < doubt * logarithm)
        if not (done and every(where(close, 0.0, m) == m)):
            return False
        for j in range(width):
            store(y, j, lane(result, j))
        return True

    abreast = njit(abreast)

    def columns(operands, width, n, scratch):
        """Write results of `width` rows that lie side by side; return whether that was possible."""
        x, y = operands
        return abreast(side_by_side(x), y, width, width, n, scratch)

    def tile(operands, width, n, scratch):
        """Write results of `width` rows by way of a tile; return whether that was possible."""
        x, y = operands
        bring(x, width, n, scratch, 0.0)
        return abreast(column(scratch), y, width, LANES, n, scratch)

    def rows(operands, rows, n, scratch):
        """Write the results of `rows` rows, one after the other, whatever they contain."""
        x, y = operands
        for r in range(rows):
            store(y, r, one(from_row(x, r), n, scratch))

    return over_rows(RowOperation(njit(rows), njit(columns), njit(tile), input_abreast))


# ---------------------------------------------------------------- sums with weights
class Weighted(NamedTuple):
    """Rows of the input and of weights; of each the result, and the sign of the sum."""

    x: Any
    b: Any
    y: Any
    sign: Any


@njit
def extent(x, b, n):
    """The largest x + log |b|, and 0 or NaN if anything is NaN."""
    m, spoilt = splat(-INF), splat(0.0)
    for i in range(0, n, LANES):
        v, w = fetch(x, i, n - i, 0.0), fetch(b, i, n - i, 0.0)
        m = larger(where(w == 0.0, -INF, v + log(smaller(abs(w), FINITE))), m)
        both = where(w == 0.0, 0.0, v) + w
        spoilt += where(v == v, where(w == w, 0.0, both), both)
    return largest_of_lanes(m), sum_of_lanes(spoilt)


@njit
def infinite(x, b, n):
    """The sum of the weights of infinite elements."""
    total = splat(0.0)
    for i in range(0, n, LANES):
        v, w = fetch(x, i, n - i, 0.0), fetch(b, i, n - i, 0.0)
        total += where(v == INF, w, 0.0)
    return sum_of_lanes(total)


def logsumexp_weighted(dtype: str) -> Any:
    """The loop of log |sum of b e^x| and the sign of the sum; weights 0 do not count."""
    exactly, store = sum_of_row(dtype, weighted=True), storing(dtype)

    def result_of(x, b, n, scratch):
        """Return log |sum of b e^x| of two rows, and a number with the sign of the sum."""
        m, spoilt = extent(x, b, n)
        if m == -INF:
            return -INF + spoilt, spoilt
        if m == INF:
            total = infinite(x, b, n) + spoilt
            return where(total == 0.0, NAN, INF) + spoilt, total
        total, rest = exactly(x, b, n, m, scratch)
        sign_of = where(total < 0.0, -1.0, 1.0)
        result = -INF
        if total != 0.0:
            result = log_of_sum(sign_of * total, sign_of * rest, m) + spoilt
        return result, total + spoilt

    result_of = njit(result_of)

    def rows(operands, rows, n, scratch):
        """Write logarithms and signs of `rows` rows, one after the other."""
        x, b, y, sign = operands
        for r in range(rows):
            result, total = result_of(from_row(x, r), from_row(b, r), n, scratch)
            store(y, r, result)
            store(sign, r, where(total > 0.0, 1.0, where(total < 0.0, -1.0, total)))

    return over_rows(RowOperation(njit(rows)))


LOOPS = {
    "logsumexp": (Operands, logsumexp),
    "logsumexp_weighted": (Weighted, logsumexp_weighted),
}
