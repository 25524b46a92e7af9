"""Rows that come in parts: what a part leaves behind, how parts are joined, and the results.

A part leaves behind its largest element m, and the sum of e**(x - m) over the *other* elements, as
two float64: total and rest. The 1 of the largest itself would hide what is small beside it, on
which logarithms near 0 depend. Joined parts leave behind the same; twice the precision makes the
error independent of their number and order. Sums are multiplied by UP, so that what is below the
normal numbers counts too.

Where m is -inf, total / UP is -1; where m is inf, it is the number of other elements that are inf.
The total is NaN if an element is NaN.

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
from fastact.rowkernels.double_double_sum import FAR, exp_double_double, log_of_sum, sum_of_row
from fastact.rowkernels.memory import (
    element_at,
    fetch,
    fetch_across,
    from_row,
    put,
    put_across,
    side_by_side,
)
from fastact.rowkernels.operation import Loop, RowOperation, input_abreast, over_rows

# log-sum-exp is m + log(sum). The two cancel if the row's maximum m lies between -44, minus the
# logarithm of 2**63 elements, and 0: then the sum needs more digits than a float64 has. A part
# knows its own maximum alone. If that is above 0, so is the row's; if it is below LEAST, the part
# is less than what rounds off such a row's sum. Parts in between are summed in double-double.
LEAST = -90.0
UP = DOUBLE["float64"].up
DOWN = 1.0 / UP


class Parts(NamedTuple):
    """What a row, or each part of it, leaves behind."""

    m: Any
    total: Any
    rest: Any


class PartOperands(NamedTuple):
    """Rows that are parts, and what each leaves behind."""

    x: Any
    m: Any
    total: Any
    rest: Any


class JoinOperands(NamedTuple):
    """Rows of what parts have left behind; of each row what all its parts do."""

    m: Any
    total: Any
    rest: Any
    maximum: Any
    high: Any
    low: Any


class LogOperands(NamedTuple):
    """Rows of what parts have left behind; of each row log-sum-exp."""

    m: Any
    total: Any
    rest: Any
    y: Any


class Operands(NamedTuple):
    """Rows of a part; of each what all parts have left behind; rows of the output."""

    x: Any
    m: Any
    total: Any
    rest: Any
    y: Any


# ---------------------------------------------------------------- a part
@functools.cache
def of_row(dtype: str) -> Any:
    """Make the function that gives what a row leaves behind."""
    f, terms = DOUBLE[dtype], Terms(DOUBLE[dtype], without_largest=True)
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
    """Make the loop that gives what rows leave behind."""
    of_one, sums = of_row(dtype), sums_across(Terms(DOUBLE[dtype], without_largest=True))

    def columns(operands, width, n, scratch):
        """Write what `width` rows side by side leave behind; return False if sums may cancel."""
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
            m, total, rest = of_one(here.x, n, scratch)
            here.m.pointer[0], here.total.pointer[0], here.rest.pointer[0] = m, total, rest

    return over_rows(RowOperation(njit(rows), njit(columns), abreast=input_abreast))


# ---------------------------------------------------------------- parts joined
@njit
def weight(m, maximum, total, rest):
    """Return the sum of a part relative to `maximum`, that of the row, with the part's largest."""
    total, rest = join_double(UP, 0.0, total, rest)
    if m == maximum:
        return total, rest
    if m - maximum < -FAR:
        return 0.0 * total, 0.0  # NaN stays
    share, power = exp_double_double(widen((m,))[0] - widen((maximum,))[0])
    product = scaled(share * number(total, rest), power)
    return head(product), tail(product)


@njit
def joined(parts, n):
    """Return what a row of parts leaves behind, from the rows `parts` of length `n`."""
    m, total, rest = parts
    maximum, at = -INF, 0
    for i in range(n):
        if m.pointer[i * m.step] > maximum:
            maximum, at = m.pointer[i * m.step], i
    if n == 0:
        return maximum, -UP, 0.0
    high, low = total.pointer[at * total.step], rest.pointer[at * rest.step]
    for i in range(n):
        if i != at:
            more, less = weight(
                m.pointer[i * m.step], maximum, total.pointer[i * total.step],
                rest.pointer[i * rest.step],
            )  # fmt: skip
            high, low = join_double(high, low, more, less)
    return maximum, high, low


def join(dtype: str) -> Any:
    """Make the loop that joins parts."""

    def rows(operands, rows, n, scratch):
        """Write what all parts of each row leave behind, from that of each part."""
        for r in range(rows):
            m, total, rest, maximum, high, low = from_row(operands, r)
            maximum.pointer[0], high.pointer[0], low.pointer[0] = joined(Parts(m, total, rest), n)

    return over_rows(RowOperation(njit(rows)))


# ---------------------------------------------------------------- results
@njit
def log_of_parts(m, total, rest):
    """Return log-sum-exp of a row from what it leaves behind."""
    if abs(m) == INF:
        return m + (total - total)  # NaN stays
    logarithm = log1p((total + rest) * DOWN)
    if m < 0.0 and abs(m + logarithm) < 2.0 * logarithm:
        high, low = join_double(UP, 0.0, total, rest)
        return log_of_sum(high * DOWN, low * DOWN, m)
    return m + logarithm


def logsumexp(dtype: str) -> Any:
    """Make the loop that joins parts to log-sum-exp."""

    def rows(operands, rows, n, scratch):
        """Write log-sum-exp of each row, from what its parts have left behind."""
        for r in range(rows):
            m, total, rest, y = from_row(operands, r)
            a, b, c = joined(Parts(m, total, rest), n)
            y.pointer[0] = log_of_parts(a, b, c)

    return over_rows(RowOperation(njit(rows)))


@functools.cache
def parameters_of(f: Precision, to: Normaliser, *, log: bool) -> Any:
    """Make the function that gives the parameters of a `Normaliser` from a row's sum."""
    parameters, unit = to.parameters, f.up * DOWN

    def parameters_of(total, rest):
        """Return the two parameters, from total and rest of all parts."""
        if not log:
            total, rest = join_double(UP, 0.0, total, rest)
        return parameters(total * unit, rest * unit, 1.0)

    return njit(parameters_of)


@functools.cache
def results_along(f: Precision, to: Normaliser, parameters: Any, fill_value: float) -> Any:
    """Make the function that gives results of any row."""
    element, round_off, infinity, zero = to.element, f.round, f.infinity, f.zero
    empty = f.one * fill_value

    def results_along(row, n):
        """Read `row.x` and write `row.y`, from the maximum and the sum of all parts."""
        m, total, rest = row.m.pointer[0], row.total.pointer[0], row.rest.pointer[0]
        if m == -INF:
            fill(row.y, n, empty + round_off(where(total == total, 0.0, total)))
            return
        a, b = parameters(total, rest)
        maximum = zero if m == INF else round_off(m)
        for i in range(0, n, LANES):
            v = fetch(row.x, i, n - i, zero)
            if m == INF:
                v = where(v == infinity, zero, splat(-infinity))
            put(row.y, i, n - i, element(v, False, maximum, a, b))

    return njit(results_along)


@functools.cache
def results_across(f: Precision, to: Normaliser, parameters: Any) -> Any:
    """Make the function that gives results of rows side by side, if all maxima are finite."""
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
        maximum, (a, b) = round_off(m), parameters(total, rest)
        for i in range(n):
            v = fetch_across(x, i, width, zero)
            put_across(y, i, width, element(v, False, maximum, a, b))
        return True

    return njit(results_across)


def results_of_parts(dtype: str, *, log: bool) -> Any:
    """Make the loop of softmax or log-softmax of a part, from maximum and sum of all parts."""
    f = NATIVE[dtype]
    terms = Terms(f, without_largest=log, quick=log)
    to = logarithm(terms) if log else quotient(terms)
    parameters = parameters_of(f, to, log=log)
    write_row = results_along(f, to, parameters, -INF if log else 0.0)

    def rows(operands, rows, n, scratch):
        """Write the results of `rows` rows, one after the other."""
        for r in range(rows):
            write_row(from_row(operands, r), n)

    return over_rows(RowOperation(njit(rows), results_across(f, to, parameters)))


LOOPS = {
    "max_and_sum": Loop(PartOperands, max_and_sum),
    "join_parts": Loop(JoinOperands, join),
    "logsumexp_of_parts": Loop(LogOperands, logsumexp),
    "softmax_of_parts": Loop(Operands, lambda dtype: results_of_parts(dtype, log=False)),
    "log_softmax_of_parts": Loop(Operands, lambda dtype: results_of_parts(dtype, log=True)),
}
