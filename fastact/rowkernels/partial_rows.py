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
from typing import Any

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.simd import LANES, every, every_lane, first, lane, shifted  # fmt: skip
from fastact.numerics.primitives import head, number, scaled, tail, where, widen
from fastact.rowkernels.across import summed_across
from fastact.rowkernels.along import filled, largest, spoiled, summed
from fastact.rowkernels.arithmetic import (
    ACROSS,
    ALONG,
    DOUBLE,
    INF,
    NATIVE,
    Format,
    Kind,
    choose,
    join_double,
    log1p,
    logarithm,
    memory,
    quotient,
    rounding_of,
)
from fastact.rowkernels.double_double_sum import FAR, exp_of_pair, in_pairs, log_of_sum

# The logarithm of a sum and its maximum cancel where this is negative, but not below -44, minus the
# logarithm of 2**63 elements. There the sum has to be better than a float64, and so in each part
# whose maximum may be that of the row, or not much below.
LEAST = -90.0
UP = DOUBLE["float64"].up
DOWN = 1.0 / UP


# ---------------------------------------------------------------- a part
@functools.cache
def of_row(dtype: str) -> Any:
    f = DOUBLE[dtype]
    most, spoil, limit = largest(f), spoiled(f), f.limit
    total_of = summed(f, logarithm(f))
    (fetch, _), exactly = memory(f), in_pairs(dtype, weighted=False, up=UP)

    def of_row(x: Any, n: Any, core: Any, t: Any) -> Any:
        m, zero = most(x, n, core), 0.0
        if m == -INF:
            return m, spoil(x, n, core) - UP, zero
        if m == INF:
            count = -1.0
            for i in range(n):
                count += where(first(fetch(x, i, core, 1, 0.0)) == INF, 1.0, 0.0)
            return m, spoil(x, n, core) + count * UP, zero
        if LEAST < m < 0.0 or abs(m) >= limit:
            total, rest = exactly(x, x, n, core, core, m, t)
            total, rest = join_double(total, rest, -UP, zero)
        else:
            total, rest, count = total_of(x, t, n, core, 1, m)
            total, rest = join_double(total, rest, (count - 1.0) * UP, zero)
        return m, total, rest

    return njit(of_row)


def max_and_sum(dtype: str) -> Any:
    f, one = DOUBLE[dtype], of_row(dtype)
    sums = summed_across(f, logarithm(f))

    def side_by_side(x: Any, n: Any, width: Any, core: Any, s: Any) -> Any:
        """Whether nothing can cancel, and the parts."""
        done, m, total, rest, count = sums(x, x, n, width, core, core, s)
        total, rest = join_double(total, rest, (count - 1.0) * UP, every_lane(0.0))
        return done and every((m <= LEAST) | (m >= 0.0)), m, total, rest

    side_by_side = njit(side_by_side)

    def loop(
        x: Any, m: Any, total: Any, rest: Any, t: Any, s: Any, rows: Any, n: Any,
        row_x: Any, row_m: Any, row_total: Any, row_rest: Any,
        core_x: Any, core_m: Any, core_total: Any, core_rest: Any,
    ) -> None:  # fmt: skip
        way = ALONG if n == 0 else choose(rows, n, row_x, 1)
        together = LANES if way == ACROSS else 1
        for r in range(0, rows, together):
            x_r, width, right = shifted(x, r * row_x), min(together, rows - r), False
            tops, totals, rests = every_lane(0.0), every_lane(0.0), every_lane(0.0)
            if way == ACROSS:
                right, tops, totals, rests = side_by_side(x_r, n, width, core_x, s)
            for j in range(width):
                k = r + j
                if right:
                    a, b, c = lane(tops, j), lane(totals, j), lane(rests, j)
                else:
                    a, b, c = one(shifted(x_r, j * row_x), n, core_x, t)
                m[k * row_m], total[k * row_total], rest[k * row_rest] = a, b, c

    return njit(loop)


# ---------------------------------------------------------------- parts joined
@njit
def weight(m: Any, top: Any, total: Any, rest: Any) -> Any:
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
def joined(m: Any, total: Any, rest: Any, n: Any, core_m: Any, core_t: Any, core_r: Any) -> Any:
    top, at = -INF, 0
    for i in range(n):
        if m[i * core_m] > top:
            top, at = m[i * core_m], i
    if n == 0:
        return top, -UP, 0.0
    high, low = total[at * core_t], rest[at * core_r]
    for i in range(n):
        if i != at:
            more, less = weight(m[i * core_m], top, total[i * core_t], rest[i * core_r])
            high, low = join_double(high, low, more, less)
    return top, high, low


def join(dtype: str) -> Any:
    def loop(
        m: Any, total: Any, rest: Any, top: Any, high: Any, low: Any,
        t: Any, s: Any, rows: Any, n: Any,
        row_m: Any, row_total: Any, row_rest: Any, row_top: Any, row_high: Any, row_low: Any,
        core_m: Any, core_total: Any, core_rest: Any, core_top: Any, core_high: Any, core_low: Any,
    ) -> None:  # fmt: skip
        for r in range(rows):
            a, b, c = joined(
                shifted(m, r * row_m), shifted(total, r * row_total), shifted(rest, r * row_rest),
                n, core_m, core_total, core_rest,
            )  # fmt: skip
            top[r * row_top], high[r * row_high], low[r * row_low] = a, b, c

    return njit(loop)


# ---------------------------------------------------------------- results
def logsumexp(dtype: str) -> Any:
    def result(m: Any, total: Any, rest: Any) -> Any:
        if abs(m) == INF:
            return m + (total - total)  # NaN stays
        logarithm = log1p((total + rest) * DOWN)
        if m < 0.0 and abs(m + logarithm) < 2.0 * logarithm:
            high, low = join_double(UP, 0.0, total, rest)
            return log_of_sum(high * DOWN, low * DOWN, m)
        return m + logarithm

    result = njit(result)

    def loop(
        m: Any, total: Any, rest: Any, y: Any, t: Any, s: Any, rows: Any, n: Any,
        row_m: Any, row_total: Any, row_rest: Any, row_y: Any,
        core_m: Any, core_total: Any, core_rest: Any, core_y: Any,
    ) -> None:  # fmt: skip
        for r in range(rows):
            a, b, c = joined(
                shifted(m, r * row_m), shifted(total, r * row_total), shifted(rest, r * row_rest),
                n, core_m, core_total, core_rest,
            )  # fmt: skip
            y[r * row_y] = result(a, b, c)

    return njit(loop)


@functools.cache
def softmax_parameters(f: Format) -> Any:
    parameters, unit = quotient(f, keeps=False).parameters, f.up * DOWN

    def softmax_parameters(total: Any, rest: Any) -> Any:
        total, rest = join_double(UP, 0.0, total, rest)
        return parameters(total * unit, rest * unit, 1.0)

    return njit(softmax_parameters)


@functools.cache
def log_parameters(f: Format) -> Any:
    parameters, unit = logarithm(f).parameters, f.up * DOWN

    def log_parameters(total: Any, rest: Any) -> Any:
        return parameters(total * unit, rest * unit, 1.0)

    return njit(log_parameters)


@functools.cache
def along(f: Format, kind: Kind, parameters: Any, empty: float) -> Any:
    (fetch, put), fill, convert, result = memory(f), filled(f), rounding_of(f), kind.result
    zero, infinity, nothing = f.zero, f.infinity, f.one * empty

    def along(
        x: Any, y: Any, n: Any, core_x: Any, core_y: Any, m: Any, total: Any, rest: Any
    ) -> None:
        if m == -INF:
            fill(y, n, core_y, nothing + convert(where(total == total, 0.0, total)))
            return
        a, b = parameters(total, rest)
        top = zero if m == INF else convert(m)
        for i in range(0, n, LANES):
            v = fetch(x, i, core_x, n - i, zero)
            if m == INF:
                v = where(v == infinity, zero, every_lane(-infinity))
            put(y, i, core_y, n - i, result(v, top, a, b))

    return njit(along)


@functools.cache
def across(f: Format, kind: Kind, parameters: Any) -> Any:
    (fetch, put), convert, result, zero = memory(f), rounding_of(f), kind.result, f.zero
    wide, _ = memory(DOUBLE["float64"])

    def across(
        x: Any, y: Any, n: Any, width: Any, core_x: Any, core_y: Any,
        m: Any, total: Any, rest: Any, row_m: Any, row_total: Any, row_rest: Any,
    ) -> Any:  # fmt: skip
        """Up to `LANES` rows side by side, unless a maximum is infinite: whether it was done."""
        top = wide(m, 0, row_m, width, 0.0)
        if not every(abs(top) < INF):
            return False
        totals, rests = wide(total, 0, row_total, width, 0.0), wide(rest, 0, row_rest, width, 0.0)
        a, b = parameters(totals, rests)
        for i in range(n):
            v = fetch(x, i * core_x, 1, width, zero)
            put(y, i * core_y, 1, width, result(v, convert(top), a, b))
        return True

    return njit(across)


def finish(dtype: str, kind: Kind, parameters: Any, empty: float) -> Any:
    """The loop of a function of rows from the rows' maxima and sums."""
    f = NATIVE[dtype]
    one, many = along(f, kind, parameters, empty), across(f, kind, parameters)

    def loop(
        x: Any, m: Any, total: Any, rest: Any, y: Any, t: Any, s: Any, rows: Any, n: Any,
        row_x: Any, row_m: Any, row_total: Any, row_rest: Any, row_y: Any,
        core_x: Any, core_m: Any, core_total: Any, core_rest: Any, core_y: Any,
    ) -> None:  # fmt: skip
        side_by_side = choose(rows, n, row_x, row_y) == ACROSS
        together = LANES if side_by_side else 1
        for r in range(0, rows, together):
            x_r, y_r, width = shifted(x, r * row_x), shifted(y, r * row_y), min(together, rows - r)
            m_r, total_r = shifted(m, r * row_m), shifted(total, r * row_total)
            rest_r = shifted(rest, r * row_rest)
            if side_by_side and many(
                x_r, y_r, n, width, core_x, core_y,
                m_r, total_r, rest_r, row_m, row_total, row_rest,
            ):  # fmt: skip
                continue
            for j in range(width):
                one(
                    shifted(x_r, j * row_x), shifted(y_r, j * row_y), n, core_x, core_y,
                    m_r[j * row_m], total_r[j * row_total], rest_r[j * row_rest],
                )  # fmt: skip

    return njit(loop)


def softmax_of_parts(dtype: str) -> Any:
    f = NATIVE[dtype]
    return finish(dtype, quotient(f, keeps=False, quick=False), softmax_parameters(f), 0.0)


def log_softmax_of_parts(dtype: str) -> Any:
    f = NATIVE[dtype]
    return finish(dtype, logarithm(f), log_parameters(f), -INF)


LOOPS = {
    "max_and_sum": max_and_sum,
    "join_parts": join,
    "logsumexp_of_parts": logsumexp,
    "softmax_of_parts": softmax_of_parts,
    "log_softmax_of_parts": log_softmax_of_parts,
}
