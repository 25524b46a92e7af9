"""Softmax and log-softmax with a temperature, a sink and a length: see `fastact.rowwise`.

Computed in float64 whatever the dtype, a row at a time.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from typing import Any

from fastact.engine.primitives import fma, where
from fastact.engine.rows import (
    DOUBLE,
    INF,
    NATIVE,
    difference,
    filled,
    folded,
    join_double,
    larger,
    largest_of_lanes,
    log_sum,
    memory,
    njit,
    rounding,
    sum_of_lanes,
)  # fmt: skip
from fastact.engine.vector import (
    LANES,
    every_lane,
    shifted,
    within,
)  # fmt: skip

LARGE = 2.0**47  # beyond it, what rounds off a product is not looked at


@njit
def product(x: Any, factor: Any) -> Any:
    """The product and what rounds off."""
    high = x * factor
    return high, where(abs(high) < LARGE, fma(x, factor, -high), 0.0)


@njit
def finite_of(v: Any, infinite: Any) -> Any:
    """In a row with infinite elements these are 0, and the others -inf."""
    return where(infinite, where(v == INF, 0.0, where(v == v, -INF, v)), v)


@functools.cache
def scaled_power(dtype: str) -> Any:
    f = DOUBLE[dtype]
    power, lowest = f.power, f.lowest

    def scaled_power(high: Any, low: Any, m: Any) -> Any:
        """`up` times e**(high + low - m)."""
        d, rest = difference(high, m)
        small = d < lowest
        return power(where(small, lowest, d), where(small, 0.0, rest + low))

    return njit(scaled_power)


@functools.cache
def statistics(dtype: str) -> Any:
    f = DOUBLE[dtype]
    (fetch, _), power, add, fold, start = memory(f), scaled_power(dtype), f.add, folded(f), f.start

    def largest(x: Any, factor: Any, sink: Any, n: Any, core: Any) -> Any:
        """The largest product or the sink, what rounds off, and 0 or NaN if an element is NaN."""
        m, spoilt = every_lane(-INF), every_lane(0.0)
        sign = where(factor < 0.0, -1.0, 1.0)
        for i in range(0, n, LANES):
            v = within(fetch(x, i, core, n - i, 0.0) * sign, n - i, -INF)
            m = larger(v, m)
            spoilt += where(v == v, 0.0, v)
        high, low = product(largest_of_lanes(m) * sign, factor)
        if not high > sink:
            high, low = sink, 0.0
        return high, low, sum_of_lanes(spoilt)

    def summed(
        x: Any, factor: Any, sink: Any, n: Any, core: Any, m: Any, m_low: Any, infinite: Any
    ) -> Any:
        """The sum without the largest terms, its rest, and the number of these."""
        total, rest, count = every_lane(start), every_lane(0.0), every_lane(0.0)
        for i in range(0, n, LANES):
            high, low = product(fetch(x, i, core, n - i, 0.0), factor)
            high = within(finite_of(high, infinite), n - i, -INF)
            e = within(power(high, low - m_low, m), n - i, 0.0)
            same = (high == m) & (low == m_low)
            count += where(same, 1.0, every_lane(0.0))
            total, rest = add(total, rest, where(same, 0.0, e))
        total, rest = fold(total, rest)
        number = sum_of_lanes(count)
        sink = finite_of(sink, infinite)
        if sink == m and m_low == 0.0:
            number += 1.0
        elif sink > -INF:
            total += power(sink, -m_low, m)
        return total, rest, number

    return njit(largest), njit(summed)


@functools.cache
def finish(dtype: str, *, log: bool) -> tuple[Any, Any]:
    """Functions that give two numbers of a row's sums, and a result of these."""
    f = DOUBLE[dtype]
    power, log_of, invert, up = scaled_power(dtype), log_sum(f), f.inverse, f.up

    def parameters(total: Any, rest: Any, count: Any) -> Any:
        if log:
            return log_of(total, rest, count), 0.0
        whole, lost = join_double(count * up, 0.0, total, rest)
        return invert(whole, lost)

    def result(high: Any, low: Any, m: Any, a: Any, b: Any) -> Any:
        if log:
            d, rest = difference(high, m)
            return where(d > -INF, (d - a) + (rest + low), d - a)
        e = power(high, low, m)
        return fma(e, a, e * b)

    return njit(parameters), njit(result)


@functools.cache
def general(dtype: str, *, log: bool) -> Any:
    """A loop over rows of x, factor, sink and length."""
    f = DOUBLE[dtype]
    (fetch, _), (_, put), fill = memory(f), memory(NATIVE[dtype]), filled(NATIVE[dtype])
    (largest, summed), (parameters, result) = statistics(dtype), finish(dtype, log=log)
    rounded, one = rounding(dtype), NATIVE[dtype].one
    empty = one * (-INF if log else 0.0)

    def row(x: Any, factor: Any, sink: Any, n: Any, y: Any, core_x: Any, core_y: Any) -> None:
        m, m_low, spoilt = largest(x, factor, sink, n, core_x)
        if m == -INF:
            fill(y, n, core_y, empty + rounded(spoilt))
            return
        infinite = m == INF
        m = where(infinite, 0.0, m)
        total, rest, count = summed(x, factor, sink, n, core_x, m, m_low, infinite)
        a, b = parameters(total, rest, count)
        for i in range(0, n, LANES):
            high, low = product(fetch(x, i, core_x, n - i, 0.0), factor)
            high = finite_of(high, infinite)
            put(y, i, core_y, n - i, rounded(result(high, low - m_low, m, a, b)))

    row = njit(row)

    def loop(
        x: Any, factor: Any, sink: Any, length: Any, y: Any, t: Any, s: Any, rows: Any, n: Any,
        row_x: Any, row_factor: Any, row_sink: Any, row_length: Any, row_y: Any,
        core_x: Any, core_factor: Any, core_sink: Any, core_length: Any, core_y: Any,
    ) -> None:  # fmt: skip
        for r in range(rows):
            y_r, count = shifted(y, r * row_y), max(0, min(n, length[r * row_length]))
            row(shifted(x, r * row_x), factor[r * row_factor], sink[r * row_sink], count,
                y_r, core_x, core_y)  # fmt: skip
            fill(shifted(y_r, count * core_y), n - count, core_y, empty)

    return njit(loop)
