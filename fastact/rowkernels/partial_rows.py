"""Rows that come in parts: what a part leaves behind, how parts are joined, and the results.

A part is its largest element m, and the sum of e**(x - m) over the *others*, as two float64: the
largest itself would hide what is small beside 1, on which logarithms near 0 depend. Joined parts
are a part again; twice the precision makes the error independent of their number and order. Sums
are in units of 1 / UP, so that what is below the normal numbers counts too.

================ ===== ======
m                -inf  inf
the sum / UP     -1    how many others are inf
================ ===== ======

The sum is NaN if an element is NaN.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.simd import LANES, every, lane, splat
from fastact.numerics.primitives import head, number, scaled, tail, where, widen
from fastact.rowkernels.across import sums_across
from fastact.rowkernels.along import fill, largest, nan_if_any, summed
from fastact.rowkernels.arithmetic import (
    DOUBLE,
    INF,
    NATIVE,
    Normaliser,
    Precision,
    Terms,
    join_double,
    log1p,
    logarithm,
    quotient,
)
from fastact.rowkernels.double_double_sum import FAR, exp_of_pair, log_of_sum, sum_of_row
from fastact.rowkernels.memory import (
    element_at,
    fetch,
    fetch_across,
    from_row,
    put,
    put_across,
    side_by_side,
)
from fastact.rowkernels.operation import RowOperation, input_abreast, over_rows

# The logarithm of a sum and its maximum cancel where this is negative, but not below -44, minus the
# logarithm of 2**63 elements. There the sum has to be better than a float64, and so in each part
# whose maximum may be that of the row, or not much below.
LEAST = -90.0
UP = DOUBLE["float64"].up
DOWN = 1.0 / UP


class Parts(NamedTuple):
    """Of each row, or of each part of it, the maximum and the sum of the others in two numbers."""

    m: Any
    total: Any
    rest: Any


class PartOperands(NamedTuple):
    """Rows of a part, and what it leaves behind."""

    x: Any
    m: Any
    total: Any
    rest: Any


class JoinOperands(NamedTuple):
    """What parts have left behind, a row of each; the same of all parts."""

    m: Any
    total: Any
    rest: Any
    top: Any
    high: Any
    low: Any


class LogOperands(NamedTuple):
    """What parts have left behind, a row of each; log-sum-exp."""

    m: Any
    total: Any
    rest: Any
    y: Any


class Operands(NamedTuple):
    """Rows of the input; of each what all its parts have left behind; rows of the output."""

    x: Any
    m: Any
    total: Any
    rest: Any
    y: Any


# ---------------------------------------------------------------- a part
@functools.cache
def of_row(dtype: str) -> Any:
    """The function that gives what a row leaves behind."""
    f, terms = DOUBLE[dtype], Terms(DOUBLE[dtype], parts=True)
    most, nan, limit, total_of = largest(f), nan_if_any(f), terms.limit, summed(terms)
    exactly = sum_of_row(dtype, weighted=False, up=UP)

    def of_row(x, n, scratch):
        """Return what the row `x` leaves behind; the sum in double-double needs scratch memory."""
        m, zero = most(x, n), 0.0
        if m == -INF:
            return m, nan(x, n) - UP, zero
        if m == INF:
            count = -1.0
            for i in range(n):
                count += where(element_at(x, i, 0.0) == INF, 1.0, 0.0)
            return m, nan(x, n) + count * UP, zero
        if LEAST < m < 0.0 or abs(m) >= limit:
            total, rest = exactly(x, x, n, m, scratch)
            total, rest = join_double(total, rest, -UP, zero)
        else:
            total, rest, count = total_of(x, n, m)
            total, rest = join_double(total, rest, (count - 1.0) * UP, zero)
        return m, total, rest

    return njit(of_row)


def max_and_sum(dtype: str) -> Any:
    """The loop over rows of a part."""
    one, sums = of_row(dtype), sums_across(Terms(DOUBLE[dtype], parts=True))

    def columns(operands, width, n, scratch):
        """Rows side by side: whether nothing can cancel."""
        done, m, total, rest, count = sums(side_by_side(operands.x), n, width, False, scratch)
        total, rest = join_double(total, rest, (count - 1.0) * UP, splat(0.0))
        if not (done and every((m <= LEAST) | (m >= 0.0))):
            return False
        for j in range(width):
            here = from_row(operands, j)
            here.m.pointer[0], here.total.pointer[0] = lane(m, j), lane(total, j)
            here.rest.pointer[0] = lane(rest, j)
        return True

    def rows(operands, rows, n, scratch):
        """Write what `rows` rows leave behind, one after the other."""
        for r in range(rows):
            here = from_row(operands, r)
            m, total, rest = one(here.x, n, scratch)
            here.m.pointer[0], here.total.pointer[0], here.rest.pointer[0] = m, total, rest

    return over_rows(RowOperation(njit(rows), njit(columns), abreast=input_abreast))


# ---------------------------------------------------------------- parts joined
@njit
def weight(m, top, total, rest):
    """The sum of a part beside a maximum `top`, its own included, as two float64."""
    total, rest = join_double(UP, 0.0, total, rest)
    if m == top:
        return total, rest
    if m - top < -FAR:
        return 0.0 * total, 0.0  # NaN stays
    share, power = exp_of_pair(widen((m,))[0] - widen((top,))[0])
    product = scaled(share * number(total, rest), power)
    return head(product), tail(product)


@njit
def joined(parts, n):
    """The maximum and the sum of a row from those of its parts."""
    m, total, rest = parts
    top, at = -INF, 0
    for i in range(n):
        if m.pointer[i * m.step] > top:
            top, at = m.pointer[i * m.step], i
    if n == 0:
        return top, -UP, 0.0
    high, low = total.pointer[at * total.step], rest.pointer[at * rest.step]
    for i in range(n):
        if i != at:
            more, less = weight(
                m.pointer[i * m.step], top, total.pointer[i * total.step],
                rest.pointer[i * rest.step],
            )  # fmt: skip
            high, low = join_double(high, low, more, less)
    return top, high, low


def join(dtype: str) -> Any:
    """The loop that joins parts."""

    def rows(operands, rows, n, scratch):
        """Write what all parts of each row leave behind, from that of each part."""
        for r in range(rows):
            m, total, rest, top, high, low = from_row(operands, r)
            top.pointer[0], high.pointer[0], low.pointer[0] = joined(Parts(m, total, rest), n)

    return over_rows(RowOperation(njit(rows)))


# ---------------------------------------------------------------- results
@njit
def log_of_parts(m, total, rest):
    """Log-sum-exp of a row."""
    if abs(m) == INF:
        return m + (total - total)  # NaN stays
    logarithm = log1p((total + rest) * DOWN)
    if m < 0.0 and abs(m + logarithm) < 2.0 * logarithm:
        high, low = join_double(UP, 0.0, total, rest)
        return log_of_sum(high * DOWN, low * DOWN, m)
    return m + logarithm


def logsumexp(dtype: str) -> Any:
    """The loop that joins parts to log-sum-exp."""

    def rows(operands, rows, n, scratch):
        """Write log-sum-exp of each row, from what its parts have left behind."""
        for r in range(rows):
            m, total, rest, y = from_row(operands, r)
            a, b, c = joined(Parts(m, total, rest), n)
            y.pointer[0] = log_of_parts(a, b, c)

    return over_rows(RowOperation(njit(rows)))


@functools.cache
def parameters_of(f: Precision, *, log: bool) -> Any:
    """The function that makes the two numbers of a `Normaliser` of what parts have left behind."""
    to = logarithm(Terms(f, parts=True)) if log else quotient(Terms(f, parts=False, quick=False))
    parameters, unit = to.parameters, f.up * DOWN

    def parameters_of(total, rest):
        """Return the two parameters, from total and rest of all parts."""
        if not log:
            total, rest = join_double(UP, 0.0, total, rest)
        return parameters(total * unit, rest * unit, 1.0)

    return njit(parameters_of)


@functools.cache
def results_along(f: Precision, to: Normaliser, parameters: Any, fill_value: float) -> Any:
    """The function of a row by itself."""
    element, round_off, infinity, zero = to.element, f.round, f.infinity, f.zero
    empty = f.one * fill_value

    def results_along(row, n):
        """Read `row.x` and write `row.y`, from the maximum and the sum of all parts."""
        m, total, rest = row.m.pointer[0], row.total.pointer[0], row.rest.pointer[0]
        if m == -INF:
            fill(row.y, n, empty + round_off(where(total == total, 0.0, total)))
            return
        a, b = parameters(total, rest)
        top = zero if m == INF else round_off(m)
        for i in range(0, n, LANES):
            v = fetch(row.x, i, n - i, zero)
            if m == INF:
                v = where(v == infinity, zero, splat(-infinity))
            put(row.y, i, n - i, element(v, False, top, a, b))

    return njit(results_along)


@functools.cache
def results_across(f: Precision, to: Normaliser, parameters: Any) -> Any:
    """The function of rows side by side, unless a maximum is infinite: whether it was done."""
    element, round_off, zero = to.element, f.round, f.zero

    def results_across(rows, width, n, scratch):
        """Write `rows.y` from `rows.x`, a lane for each row; return whether it was done."""
        x, y = side_by_side(rows.x), side_by_side(rows.y)
        m = fetch_across(rows.m, 0, width, 0.0)
        if not every(abs(m) < INF):
            return False
        total, rest = (
            fetch_across(rows.total, 0, width, 0.0),
            fetch_across(rows.rest, 0, width, 0.0),
        )
        top, (a, b) = round_off(m), parameters(total, rest)
        for i in range(n):
            v = fetch_across(x, i, width, zero)
            put_across(y, i, width, element(v, False, top, a, b))
        return True

    return njit(results_across)


def results_of_parts(dtype: str, *, log: bool) -> Any:
    """The loop of softmax or log-softmax from the rows' maxima and sums."""
    f = NATIVE[dtype]
    to = logarithm(Terms(f, parts=True)) if log else quotient(Terms(f, parts=False, quick=False))
    parameters = parameters_of(f, log=log)
    one = results_along(f, to, parameters, -INF if log else 0.0)

    def rows(operands, rows, n, scratch):
        """Write the results of `rows` rows, one after the other."""
        for r in range(rows):
            one(from_row(operands, r), n)

    return over_rows(RowOperation(njit(rows), results_across(f, to, parameters)))


LOOPS = {
    "max_and_sum": (PartOperands, max_and_sum),
    "join_parts": (JoinOperands, join),
    "logsumexp_of_parts": (LogOperands, logsumexp),
    "softmax_of_parts": (Operands, lambda dtype: results_of_parts(dtype, log=False)),
    "log_softmax_of_parts": (Operands, lambda dtype: results_of_parts(dtype, log=True)),
}
