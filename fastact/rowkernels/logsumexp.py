"""Log-sum-exp, plain and with weights, as loops over rows.

The result is a maximum and a logarithm, which may cancel. So both are float64, and so are
exponentials, except those of float32 and float16 where nothing cancels (`quick_sums`). A row of
which more cancels, so that the result is less than `DOUBT` times the logarithm, is summed in
double-double.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
import math
import sys
from typing import Any, NamedTuple

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.dispatch import outlined
from fastact.compiler.simd import LANES, double, every, lane, load_all, splat, within
from fastact.numerics.elementary import log
from fastact.numerics.primitives import double_to_half, single, where
from fastact.rowkernels.across import sums_across
from fastact.rowkernels.along import largest, nan_if_any, summed
from fastact.rowkernels.arithmetic import (
    DOUBLE,
    INF,
    NATIVE,
    Terms,
    larger,
    largest_of_lanes,
    log_sum,
    smaller,
    sum_of_lanes,
)
from fastact.rowkernels.double_double_sum import log_of_sum, sum_of_row
from fastact.rowkernels.memory import bring, column, fetch, from_row, numbers, side_by_side
from fastact.rowkernels.operation import Loop, RowOperation, input_abreast, over_rows

NAN, FINITE = math.nan, sys.float_info.max
SURE = 1.0  # the least result of float32 sums: their error, 2**-23.5, is 0.7 of its last place
DOUBT = {"float16": 0.0, "float32": 2.0**-20, "float64": 2.0}


class Operands(NamedTuple):
    """Rows of the input, and of each the result."""

    x: Any
    y: Any


def terms_of(dtype: str) -> Terms:
    """The terms that are summed, in float64, without the largest."""
    return Terms(DOUBLE[dtype], without_largest=True)


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


# ---------------------------------------------------------------- sums in float32
@functools.cache
def quick_sums(dtype: str) -> tuple[Any, Any]:
    """The functions that try to give log-sum-exp of a row, or of rows side by side, in float32.

    A row is sure if the result is at least `SURE`, which makes the error of its sum small, and the
    maximum above 0. Each row decides that for itself, so its result does not depend on the way.
    """
    terms = Terms(NATIVE[dtype], without_largest=False)
    most, total_of, sums = largest(terms.f), summed(terms), sums_across(terms)
    log_of, limit, zero, one = log_sum(terms.f), terms.limit, terms.f.zero, terms.f.one
    longest = terms.f.longest

    def one_by_one(x, width, n, scratch):
        """Return log-sum-exp of `width` rows that are summed one by one, and which are sure."""
        for k in range(LANES):
            m, total, rest, count = zero, 0.0, 0.0, one
            if k < width and n <= longest:
                row = from_row(x, k)
                m = most(row, n)
                if zero < m < limit:
                    total, rest, count = total_of(row, n, m)
            scratch[k], scratch[LANES + k] = m, total
            scratch[2 * LANES + k], scratch[3 * LANES + k] = rest, count
        m, total = load_all(scratch, 0), load_all(scratch, LANES)
        rest, count = load_all(scratch, 2 * LANES), load_all(scratch, 3 * LANES)
        result = m + log_of(total, rest, count)
        return result, (m > 0.0) & (m < limit) & (result >= SURE)

    def abreast(x, width, lanes, n, scratch):
        """Return whether it was possible, whether all are sure, results, and which are sure."""
        possible, m, total, rest, count = sums(x, n, lanes, False, scratch)
        m = double(m)
        result = m + log_of(total, rest, count)
        sure = (m > 0.0) & (result >= SURE)
        unsure = within(where(sure, splat(0.0), splat(1.0)), width, 0.0)
        return possible, every(unsure == 0.0), result, sure

    return njit(one_by_one), njit(abreast)


# ---------------------------------------------------------------- log-sum-exp
@functools.cache
def of_row(dtype: str) -> Any:
    """The function that gives log-sum-exp of a row, in float64 or double-double."""
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


@functools.cache
def side_by_side_ways(dtype: str) -> tuple[Any, Any]:
    """Make `write`, for results of rows side by side, and `carefully`, which computes some first.

    Both return whether that was possible: whether no row needs the sum in double-double.
    """
    store, doubt = storing(dtype), DOUBT[dtype]
    sums, log_of = sums_across(terms_of(dtype)), log_sum(DOUBLE[dtype])

    def write(y, width, result):
        """Write the first lanes of `result` to the rows of `y`."""
        for j in range(width):
            store(y, j, lane(result, j))
        return True

    write = njit(write)

    def carefully(x, y, width, lanes, n, scratch, known, sure):
        """Write what is `known` of the rows that are `sure`, and sum the others in float64."""
        done, m, total, rest, count = sums(x, n, lanes, False, scratch)
        logarithm = log_of(total, rest, count)
        result = m + logarithm
        close = (m < 0.0) & (abs(result) < doubt * logarithm)
        if not (done and every(where(close, 0.0, m) == m)):
            return False
        return write(y, width, where(sure, known, result))

    return write, outlined(carefully)


@functools.cache
def side_by_side_in_float64(dtype: str) -> tuple[Any, Any]:
    """Rows that lie side by side, and rows by way of a tile."""
    _, carefully = side_by_side_ways(dtype)

    def columns(operands, width, n, scratch):
        """Write results of `width` rows that lie side by side; return whether that was possible."""
        x, y = operands
        unknown = splat(0.0)
        return carefully(side_by_side(x), y, width, width, n, scratch, unknown, unknown > 0.0)

    def tile(operands, width, n, scratch):
        """Write results of `width` rows by way of a tile; return whether that was possible."""
        x, y = operands
        bring(x, width, n, scratch, 0.0)
        unknown = splat(0.0)
        return carefully(column(scratch), y, width, LANES, n, scratch, unknown, unknown > 0.0)

    return njit(columns), njit(tile)


@functools.cache
def side_by_side_in_float32(dtype: str) -> tuple[Any, Any]:
    """The same, in float32 where all rows are sure."""
    (write, carefully), (_, quickly) = side_by_side_ways(dtype), quick_sums(dtype)
    to_numbers, zero = numbers(narrow=True), NATIVE[dtype].zero

    def columns(operands, width, n, scratch):
        """Write results of `width` rows that lie side by side; return whether that was possible."""
        x, y = side_by_side(operands.x), operands.y
        possible, enough, known, sure = quickly(x, width, width, n, scratch)
        if possible and enough:
            return write(y, width, known)
        return possible and carefully(x, y, width, width, n, scratch, known, sure)

    def tile(operands, width, n, scratch):
        """Write results of `width` rows by way of a tile; return whether that was possible."""
        x, y = operands
        here = to_numbers(scratch)
        bring(x, width, n, here, zero)
        possible, enough, known, sure = quickly(column(here), width, LANES, n, scratch)
        if possible and enough:
            return write(y, width, known)
        bring(x, width, n, scratch, 0.0)
        return possible and carefully(column(scratch), y, width, LANES, n, scratch, known, sure)

    return njit(columns), njit(tile)


def rows_in_float64(dtype: str) -> Any:
    """Rows one after the other."""
    one, store = of_row(dtype), storing(dtype)

    def rows(operands, rows, n, scratch):
        """Write the results of `rows` rows, one after the other, whatever they contain."""
        x, y = operands
        for r in range(rows):
            store(y, r, one(from_row(x, r), n, scratch))

    return njit(rows)


def rows_in_float32(dtype: str) -> Any:
    """The same, in float32 where they are sure, with the logarithms of a group at once."""
    careful, store, (quickly, _) = of_row(dtype), storing(dtype), quick_sums(dtype)

    def rows(operands, rows, n, scratch):
        """Write the results of `rows` rows, one after the other, whatever they contain."""
        x, y = operands
        for r in range(0, rows, LANES):
            width = min(LANES, rows - r)
            result, sure = quickly(from_row(x, r), width, n, scratch)
            result = where(sure, result, -INF)
            for k in range(width):
                value = lane(result, k)
                if value == -INF:
                    value = careful(from_row(x, r + k), n, scratch)
                store(y, r + k, value)

    return njit(rows)


def logsumexp(dtype: str) -> Any:
    """The loop of log-sum-exp."""
    rows, abreast = rows_in_float32, side_by_side_in_float32
    if dtype == "float64":
        rows, abreast = rows_in_float64, side_by_side_in_float64
    return over_rows(RowOperation(rows(dtype), *abreast(dtype), input_abreast))


# ---------------------------------------------------------------- sums with weights
class Weighted(NamedTuple):
    """Rows of the input and of weights; of each the result, and the sign of the sum."""

    x: Any
    b: Any
    y: Any
    sign: Any


@njit
def extent(x, b, n):
    """Return the largest x + log |b|, and NaN if an element or a weight is NaN, else 0."""
    m, zero_or_nan = splat(-INF), splat(0.0)
    for i in range(0, n, LANES):
        v, w = fetch(x, i, n - i, 0.0), fetch(b, i, n - i, 0.0)
        m = larger(where(w == 0.0, -INF, v + log(smaller(abs(w), FINITE))), m)
        both = where(w == 0.0, 0.0, v) + w
        zero_or_nan += where(v == v, where(w == w, 0.0, both), both)
    return largest_of_lanes(m), sum_of_lanes(zero_or_nan)


@njit
def infinite(x, b, n):
    """Return the sum of the weights in `b` of the infinite elements of `x`."""
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
        m, zero_or_nan = extent(x, b, n)
        if m == -INF:
            return -INF + zero_or_nan, zero_or_nan
        if m == INF:
            total = infinite(x, b, n) + zero_or_nan
            return where(total == 0.0, NAN, INF) + zero_or_nan, total
        total, rest = exactly(x, b, n, m, scratch)
        sign_of = where(total < 0.0, -1.0, 1.0)
        result = -INF
        if total != 0.0:
            result = log_of_sum(sign_of * total, sign_of * rest, m) + zero_or_nan
        return result, total + zero_or_nan

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
    "logsumexp": Loop(Operands, logsumexp),
    "logsumexp_weighted": Loop(Weighted, logsumexp_weighted),
}
