"""Sparsemax, hardmax and the log-mean-exp.

All is computed in float64 whatever the dtype, a row at a time.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.simd import LANES, every, every_lane, first, lane, shifted, within
from fastact.numerics.elementary import expm1, log
from fastact.numerics.primitives import fma, head, number, rounded, tail, where, widen
from fastact.rowkernels.along import filled, largest, spoiled, summed
from fastact.rowkernels.arithmetic import (
    DOUBLE,
    INF,
    NATIVE,
    Kind,
    difference,
    join_double,
    joined_lanes,
    memory,
    rounding,
)
from fastact.rowkernels.double_double_sum import add_pair, settled
from fastact.rowkernels.softmax import storing
from fastact.rowkernels.softmax_scaled import finite_of, product, statistics

folded_pairs = joined_lanes(join_double)


# ---------------------------------------------------------------- the loops of sparse functions
def general(dtype: str, one: Callable[[str], Any]) -> Any:
    """A loop over rows of x, factor and length, of which `one` does what has a finite maximum."""
    search, _ = statistics(dtype)
    fill, finish, round_ = filled(NATIVE[dtype]), one(dtype), rounding(dtype)

    def loop(
        x: Any, factor: Any, length: Any, y: Any, t: Any, s: Any, rows: Any, n: Any,
        row_x: Any, row_factor: Any, row_length: Any, row_y: Any,
        core_x: Any, core_factor: Any, core_length: Any, core_y: Any,
    ) -> None:  # fmt: skip
        for r in range(rows):
            x_r, y_r, scale = shifted(x, r * row_x), shifted(y, r * row_y), factor[r * row_factor]
            count = max(0, min(n, length[r * row_length]))
            m, m_low, spoilt = search(x_r, scale, -INF, count, core_x)
            if m == -INF or spoilt != spoilt:
                fill(y_r, count, core_y, round_(spoilt))
            else:
                finish(x_r, scale, count, y_r, core_x, core_y, m, m_low)
            fill(shifted(y_r, count * core_y), n - count, core_y, round_(0.0))

    return njit(loop)


def plain(dtype: str, one: Callable[[str], Any]) -> Any:
    """The loop over rows of x alone."""
    search, _ = statistics(dtype)
    fill, finish, round_ = filled(NATIVE[dtype]), one(dtype), rounding(dtype)

    def loop(
        x: Any, y: Any, t: Any, s: Any, rows: Any, n: Any,
        row_x: Any, row_y: Any, core_x: Any, core_y: Any,
    ) -> None:  # fmt: skip
        for r in range(rows):
            x_r, y_r = shifted(x, r * row_x), shifted(y, r * row_y)
            m, m_low, spoilt = search(x_r, 1.0, -INF, n, core_x)
            if m == -INF or spoilt != spoilt:
                fill(y_r, n, core_y, round_(spoilt))
            else:
                finish(x_r, 1.0, n, y_r, core_x, core_y, m, m_low)

    return njit(loop)


# ---------------------------------------------------------------- sparsemax
# z = x - max(x); the threshold tau has sum of max(z - tau, 0) = 1. Michelot's iteration: the tau
# for which the elements above the last tau sum to 1, until there are no fewer. Elements of z not
# above -1 are 0 in any case, so it begins there.
@functools.cache
def sparsemax(dtype: str) -> Any:
    (fetch, _), (_, put), round_ = memory(DOUBLE[dtype]), memory(NATIVE[dtype]), rounding(dtype)

    def centred(x: Any, i: Any, n: Any, core: Any, factor: Any, m: Any, m_low: Any) -> Any:
        """Elements less the maximum, and what rounds off."""
        high, low = product(fetch(x, i, core, n - i, -INF), factor)
        high = within(finite_of(high, m == INF), n - i, -INF)
        d, rest = difference(high, where(m == INF, 0.0, m))
        near = d > -INF
        return d, where(near, rest + (low - m_low), 0.0)

    centred = njit(centred)

    def threshold(x: Any, n: Any, core: Any, factor: Any, m: Any, m_low: Any) -> Any:
        tau, low, size = -1.0, 0.0, INF
        while True:
            total, rest, count = every_lane(0.0), every_lane(0.0), every_lane(0.0)
            for i in range(0, n, LANES):
                d, r = centred(x, i, n, core, factor, m, m_low)
                above = d > tau
                count += where(above, 1.0, every_lane(0.0))
                total, rest = join_double(total, rest, where(above, d, 0.0), where(above, r, 0.0))
            high, rest_of = folded_pairs(total, rest)
            k, _ = folded_pairs(count, every_lane(0.0))
            high, rest_of = join_double(high, rest_of, -1.0, 0.0)
            tau = high / k
            low = (fma(-tau, k, high) + rest_of) / k
            if k >= size:
                return tau, low
            size = k

    threshold = njit(threshold)

    def one(
        x: Any, factor: Any, n: Any, y: Any, core_x: Any, core_y: Any, m: Any, m_low: Any
    ) -> None:  # fmt: skip
        tau, low = threshold(x, n, core_x, factor, m, m_low)
        for i in range(0, n, LANES):
            d, r = centred(x, i, n, core_x, factor, m, m_low)
            p = (d - tau) + (r - low)
            put(y, i, core_y, n - i, round_(where(p > 0.0, p, 0.0)))

    return njit(one)


# ---------------------------------------------------------------- hardmax
@functools.cache
def hardmax(dtype: str) -> Any:
    (fetch, _), (_, put), fill = memory(DOUBLE[dtype]), memory(NATIVE[dtype]), filled(NATIVE[dtype])
    round_, one_of = rounding(dtype), NATIVE[dtype].one

    def place(x: Any, factor: Any, n: Any, core: Any, m: Any) -> Any:
        """The index of the first element that is the maximum."""
        for i in range(0, n, LANES):
            v = within(fetch(x, i, core, n - i, 0.0) * factor, n - i, -INF)
            if not every(v < m):
                for j in range(LANES):
                    if lane(v, j) == m:
                        return i + j
        return 0

    place = njit(place)

    def one(
        x: Any, factor: Any, n: Any, y: Any, core_x: Any, core_y: Any, m: Any, m_low: Any
    ) -> None:  # fmt: skip
        k = place(x, factor, n, core_x, m)
        fill(y, n, core_y, round_(0.0))
        put(y, k, core_y, 1, every_lane(one_of))

    return njit(one)


# ---------------------------------------------------------------- log-mean-exp
# max + log(mean of e^(x - max)), the logarithm in pairs. Near 0 that is not accurate enough; there
# the mean of e^(x - max) - 1 is taken in pairs, none of whose terms cancel.
DOUBT = {"float16": 0.0, "float32": 2.0**-20, "float64": 0.25}
SERIES = 2.0**-30  # below, four terms of log(1 + u) are enough
WIDTH = 64


@njit
def log_of_one_and(u: Any) -> Any:
    """log(1 + u) of a pair, for u in (-1, 0]."""
    if head(u) > -SERIES:
        return u * (1.0 - u * (0.5 - u * (1.0 / 3.0 - u * 0.25)))
    return log(1.0 + u)


def logmeanexp(dtype: str) -> Any:
    """The loop over rows of x and the number of elements that count, the others being -inf."""
    store = storing(dtype)
    f, doubt = DOUBLE[dtype], DOUBT[dtype]
    most, spoil, down, (fetch, _) = largest(f), spoiled(f), 1.0 / f.up, memory(f)
    total_of = summed(f, Kind(False, False, False, None, None))

    def exactly(x: Any, n: Any, core: Any, m: Any, count: Any, s: Any) -> Any:
        for j in range(2 * WIDTH):
            s[j] = 0.0
        missing = count - n  # minus the -inf that do not count; each that does is -1
        for i in range(n):
            v = first(fetch(x, i, core, 1, m))
            e = expm1(widen((v,))[0] - widen((m,))[0])
            if v == -INF:
                missing += 1.0
            else:
                add_pair(s, i % WIDTH, head(e), tail(e))
        total, rest = settled(s)
        mean = (number(total, rest) - missing) / count
        return rounded(log_of_one_and(mean) + widen((m,))[0])

    exactly = njit(exactly)

    def one(x: Any, n: Any, core: Any, count: Any, s: Any) -> Any:
        m = most(x, n, core)
        if abs(m) == INF or count == 0.0:
            return m + spoil(x, n, core)
        total, rest, _ = total_of(x, s, n, core, 1, m)
        result = rounded(log(number(total * down, rest * down) / count) + widen((m,))[0])
        return exactly(x, n, core, m, count, s) if abs(result) < doubt else result

    one = njit(one)

    def loop(
        x: Any, count: Any, y: Any, t: Any, s: Any, rows: Any, n: Any,
        row_x: Any, row_count: Any, row_y: Any, core_x: Any, core_count: Any, core_y: Any,
    ) -> None:  # fmt: skip
        for r in range(rows):
            store(y, r * row_y, one(shifted(x, r * row_x), n, core_x, count[r * row_count], s))

    return njit(loop)


LOOPS: dict[str, Callable[[str], Any]] = {
    "sparsemax": lambda dtype: plain(dtype, sparsemax),
    "sparsemax_general": lambda dtype: general(dtype, sparsemax),
    "hardmax": lambda dtype: plain(dtype, hardmax),
    "hardmax_general": lambda dtype: general(dtype, hardmax),
    "logmeanexp": logmeanexp,
}
