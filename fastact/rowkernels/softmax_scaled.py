"""Softmax and log-softmax with a temperature, a sink and a length: see `row_function`.

The product of an element and the factor is a pair. The sweeps are those of `arithmetic`, but for
rows whose products are huge or infinite: they are computed in float64 in pairs.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
import math
from dataclasses import replace
from typing import Any

from numba.core import types

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.dispatch import outlined
from fastact.compiler.simd import LANES, double, every, every_lane, gather, real, shifted, within
from fastact.numerics.elementary import LN2_REST, LN2_TOP, LOG2E, LOG2E32, MAGIC, MAGIC_UP
from fastact.numerics.primitives import fma, where
from fastact.rowkernels.across import tiles, totals_across
from fastact.rowkernels.along import Sweeps, filled, in_groups, keeping, largest, with_room
from fastact.rowkernels.arithmetic import (
    AFTER_LN2_32,
    ALONG,
    COUNT,
    DOUBLE,
    HIGH,
    INF,
    LN2_32,
    LOW,
    MAGIC_32,
    MAGIC_512,
    MAXIMUM,
    MOVED,
    NATIVE,
    REST,
    SUMS,
    TILED,
    TOGETHER,
    TOGETHER_OF_LOGARITHMS,
    TOTAL,
    TOTALS,
    Format,
    Kind,
    choose,
    difference,
    folded,
    join_double,
    larger,
    largest_of_lanes,
    log_sum,
    logarithm,
    memory,
    power_double,
    quotient,
    rounding,
    rounding_of,
    scaled_double,
    scaled_single,
    sum_of_lanes,
)

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
    (fetch, _), power, fold = memory(f), scaled_power(dtype), folded(f, parts=True)
    (start, _), add, _ = f.other_terms

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
def in_pairs(dtype: str, *, log: bool) -> Any:
    """A row in float64 in pairs, whatever its products are."""
    f = DOUBLE[dtype]
    (fetch, _), (_, put), fill = memory(f), memory(NATIVE[dtype]), filled(NATIVE[dtype])
    (largest, summed), (parameters, result) = statistics(dtype), finish(dtype, log=log)
    rounded, empty = rounding(dtype), NATIVE[dtype].one * (-INF if log else 0.0)

    def in_pairs(x: Any, factor: Any, sink: Any, n: Any, y: Any, core_x: Any, core_y: Any) -> None:
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

    return outlined(in_pairs)


# ---------------------------------------------------------------- the quick way
# What exponents are relative to, the largest product or the sink, goes with the factor through the
# sweeps of `rows` in place of a maximum, as a tuple: the element whose product it is (NaN for the
# sink); the factor, and its rest as a part of it; the reference and its rest.
FACTORS = 2.0**-64, 2.0**64  # those that are a float32 and a rest


@functools.cache
def scaled(f: Format) -> Format:
    """The format of rows with a factor."""
    narrow = f.number == types.float32
    scaled_power = scaled_single if narrow else scaled_double
    per_octave, magic, magic_up = (
        (LOG2E32, MAGIC_32, MAGIC_UP) if narrow else (LOG2E, MAGIC, MAGIC_512)
    )  # fmt: skip
    top_of_log, rest_of_log = (LN2_32, AFTER_LN2_32) if narrow else (LN2_TOP, LN2_REST)
    lowest, minus_one = f.lowest, -f.one

    def quick(x: Any, m: Any) -> Any:
        """As `quick_single` and `quick_double`, with a rest of x and m."""
        _, factor, more, top, top_low = m
        octave = fma(top, per_octave, magic) - magic
        of_top = fma(octave, -top_of_log, top)
        high = larger(top + lowest, x * factor)
        low = larger(minus_one, fma(x, factor, -high))
        if narrow:
            low = fma(high, more, low)
        k = fma(high - top, per_octave, magic_up)
        n = k - magic_up
        low = fma(n, -rest_of_log, low - top_low)
        return scaled_power(low + (fma(n + octave, -top_of_log, high) - of_top), k)

    def difference_of(x: Any, m: Any) -> Any:
        _, factor, more, top, top_low = m
        high = x * factor
        low = fma(x, factor, -high)
        if narrow:
            low = fma(high, more, low)
        d, rest = difference(high, top)
        return d, rest + (low - top_low)

    def same(x: Any, m: Any) -> Any:
        return x == m[0]

    return replace(f, quick=njit(quick), difference=njit(difference_of), same=njit(same))


def kinds(dtype: str, *, log: bool) -> tuple[Kind, Kind, Kind]:
    """For rows, short rows and columns that cannot hold exponentials."""
    g = scaled(NATIVE[dtype])
    if log:
        return (logarithm(g),) * 3
    again, kept = quotient(g, keeps=False), quotient(g, keeps=True)
    return again if dtype == "float16" else kept, kept, again


@functools.cache
def references(f: Format, kind: Kind) -> tuple[Any, Any, Any]:
    """Functions of a row's largest element, factor and sink, numbers or vectors."""
    narrow, limit, nan, up = f.number == types.float32, f.limit, f.one * math.nan, f.up
    one, join, parts, rounded = f.one, f.join, kind.parts, rounding_of(f)
    lowest = float(f.lowest)

    def reference(x: Any, factor: Any, sink: Any) -> Any:
        """The tuple that is the maximum."""
        short = rounded(factor)
        more = rounded((factor - double(short)) / factor)
        high = x * short
        low = fma(x, short, -high)
        if narrow:
            low = fma(high, more, low)
        below, of_sink = double(high) < sink, rounded(sink)
        return (
            where(below, nan, x), short, more, where(below, of_sink, high),
            where(below, rounded(sink - double(of_sink)), low),
        )  # fmt: skip

    def possible(m: Any, factor: Any) -> Any:
        """Whether the quick way is accurate."""
        return (abs(m[3]) < limit) & (abs(factor) >= FACTORS[0]) & (abs(factor) <= FACTORS[1])

    def with_sink(total: Any, rest: Any, count: Any, m: Any, sink: Any) -> Any:
        """Sum and count, the sink among them."""
        d = larger(lowest, sink - double(m[3]))  # none is subnormal: that would take long
        e = where(sink > -INF, power_double(d, -double(m[4])) * (up * 2.0**-512), 0.0)
        if parts:
            e = where(m[0] == m[0], e, 0.0)
            count = where(m[0] == m[0], count, count + one)
        total, rest = join(total, rest, e, 0.0)
        return total, rest, count

    return njit(reference), njit(possible), njit(with_sink)


@functools.cache
def sweeps_with_factor(dtype: str, *, log: bool) -> Sweeps:
    """The sweeps of a row, for `in_groups`."""
    f, (kind, short, _), slow = NATIVE[dtype], kinds(dtype, log=log), in_pairs(dtype, log=log)
    g = scaled(f)
    most, least, fill = largest(f), largest(f, least=True), filled(f)
    total_of, finish = with_room(g, kind, short, ahead=True)
    reference, possible, with_sink = references(f, kind)
    parameters, round_off = kind.parameters, rounding_of(f)
    empty = f.one * (-INF if log else 0.0)
    keep, settled_facts = keeping(g, parts=kind.parts)

    def of_row(row: Any, n: Any, options: Any) -> Any:
        factors, row_factor, sinks, row_sink, lengths, row_length = options
        length = max(0, min(n, lengths[row * row_length]))
        return factors[row * row_factor], sinks[row * row_sink], length

    of_row = njit(of_row)

    def top(
        x: Any, y: Any, n: Any, core_x: Any, core_y: Any, row: Any, options: Any, facts: Any
    ) -> None:
        factor, sink, length = of_row(row, n, options)
        m = least(x, length, core_x) if factor < 0.0 else most(x, length, core_x)
        facts[MAXIMUM], facts[MOVED] = 0.0, double(m)
        if not possible(reference(m, factor, sink), factor):
            slow(x, factor, sink, length, y, core_x, core_y)
            facts[MAXIMUM] = -INF
        fill(shifted(y, length * core_y), n - length, core_y, empty)

    def middle(
        x: Any, y: Any, n: Any, core_x: Any, core_y: Any, row: Any, options: Any, facts: Any,
        sums: Any, t: Any, next_x: Any, next_y: Any,
    ) -> None:  # fmt: skip
        factor, sink, length = of_row(row, n, options)
        m = reference(round_off(facts[MOVED]), factor, sink)
        total, rest, count = total_of(x, y, t, n, length, core_x, core_y, m, next_x, next_y)
        keep(sums, total, rest, count, n <= LANES)

    def settle(n: Any, start: Any, width: Any, options: Any, facts: Any, sums: Any) -> None:
        for k in range(width):
            of_this = shifted(facts, k)
            if of_this[MAXIMUM] > -INF:
                factor, sink, length = of_row(start + k, n, options)
                m = reference(round_off(of_this[MOVED]), factor, sink)
                settled_facts(shifted(sums, k * SUMS), of_this, length, n <= LANES)
                a, b = parameters(
                    *with_sink(of_this[TOTAL], of_this[REST], round_off(of_this[COUNT]), m, sink)
                )
                of_this[HIGH], of_this[LOW] = double(a), double(b)

    def last(
        x: Any, y: Any, n: Any, core_x: Any, core_y: Any, row: Any, options: Any, facts: Any, t: Any
    ) -> None:
        factor, sink, length = of_row(row, n, options)
        m = reference(round_off(facts[MOVED]), factor, sink)
        a, b = round_off(facts[HIGH]), round_off(facts[LOW])
        finish(x, y, t, n, length, core_x, core_y, m, a, b)

    return Sweeps(njit(top), njit(middle), njit(settle), njit(last))


@functools.cache
def across_with_factor(dtype: str, *, log: bool, tile: bool) -> Any:
    f, (_, short, again) = NATIVE[dtype], kinds(dtype, log=log)
    kind = short if tile else again if dtype == "float16" else short
    g, (fetch, put), (reference, possible, with_sink) = scaled(f), memory(f), references(f, kind)
    total_of, keeps, parameters, result = (
        totals_across(g, kind), kind.keeps, kind.parameters, kind.result
    )  # fmt: skip
    zero, one, lowest, empty = f.zero, f.one, -f.infinity, f.one * (-INF if log else 0.0)

    def across(
        x: Any, y: Any, n: Any, width: Any, core_x: Any, core_y: Any,
        factor: Any, sink: Any, length: Any, s: Any,
    ) -> Any:  # fmt: skip
        """Up to `LANES` rows side by side: whether all was done."""
        sign, m = where(factor < 0.0, -one, every_lane(one)), every_lane(lowest)
        for i in range(n):
            v = fetch(x, i * core_x, 1, width, zero)
            m = larger(where(length > i, v * sign, lowest), m)
        m = reference(m * sign, factor, sink)
        done = every(possible(m, factor))
        if done:
            total, rest, count = total_of(x, y, n, width, core_x, core_y, s, m, length)
            total, rest, count = with_sink(total, rest, count, m, sink)
            a, b = parameters(total, rest, count)
            for i in range(n):
                v = fetch(y if keeps else x, i * (core_y if keeps else core_x), 1, width, zero)
                put(y, i * core_y, 1, width, where(length > i, result(v, m, a, b), empty))
        return done

    return outlined(across)


def general(dtype: str, *, log: bool) -> Any:
    """A loop over rows of x, factor, sink and length."""
    f = NATIVE[dtype]
    (bring, back), zero = tiles(f), f.zero
    of_tile = across_with_factor(dtype, log=log, tile=True)
    of_columns = across_with_factor(dtype, log=log, tile=False)
    most = TOGETHER_OF_LOGARITHMS if log else TOGETHER
    one_by_one = in_groups(f.room, most, sweeps_with_factor(dtype, log=log))

    def loop(
        x: Any, factor: Any, sink: Any, length: Any, y: Any, t: Any, s: Any, rows: Any, n: Any,
        row_x: Any, row_factor: Any, row_sink: Any, row_length: Any, row_y: Any,
        core_x: Any, core_factor: Any, core_sink: Any, core_length: Any, core_y: Any,
    ) -> None:  # fmt: skip
        way = choose(rows, n, row_x, row_y) if n > 0 else ALONG
        together = rows if way == ALONG else LANES
        for r in range(0, rows, max(1, together)):
            width, done = min(together, rows - r), False
            x_r, y_r, factor_r = (
                shifted(x, r * row_x), shifted(y, r * row_y), shifted(factor, r * row_factor)
            )  # fmt: skip
            sink_r, length_r = shifted(sink, r * row_sink), shifted(length, r * row_length)
            if way != ALONG:
                factors = gather(factor_r, 0, row_factor, width, 1.0)
                sinks = gather(sink_r, 0, row_sink, width, -INF)
                lengths = real(gather(length_r, 0, row_length, width, n))
                if way == TILED:
                    bring(x_r, row_x, core_x, width, n, t, zero)
                    done = of_tile(t, t, n, LANES, LANES, LANES, factors, sinks, lengths, s)
                    if done:
                        back(t, y_r, row_y, core_y, width, n)
                else:
                    done = of_columns(
                        x_r, y_r, n, width, core_x, core_y, factors, sinks, lengths, s
                    )  # fmt: skip
            if not done:
                options = factor_r, row_factor, sink_r, row_sink, length_r, row_length
                one_by_one(x_r, y_r, width, n, row_x, row_y, core_x, core_y, t,
                           shifted(s, TOTALS), options)  # fmt: skip

    return njit(loop)
