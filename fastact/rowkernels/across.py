"""Rows side by side: a lane is a row. Strips of `LANES` columns, and tiles made of short rows.

As in `along.py` one loop does all three sweeps, each of another strip.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba.core import types

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.dispatch import outlined
from fastact.compiler.simd import (
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
    load_all,
    shifted,
    singles,
    store_all,
)
from fastact.numerics.primitives import where
from fastact.rowkernels.arithmetic import (
    ONE,
    RESTS,
    TOTALS,
    Format,
    Kind,
    asking,
    exponential,
    larger,
    memory,
    summing,
    summing_few,
    without_largest,
)


@functools.cache
def accumulators(f: Format, *, parts: bool) -> tuple[Any, Any]:
    """Functions that add an element of each row to its accumulators, and that give the sums."""
    (start, start_rest), add, settle = summing(f, parts=parts)
    join, narrow = f.join, isinstance(start, np.float32)
    rests = f.number == types.float64  # of float64 sums; else they are zero

    def settled_sum(s: Any, k: Any) -> Any:
        """Sum and rest of accumulator k."""
        at = k * LANES
        return load_all(s, TOTALS + at), load_all(s, RESTS + at) if rests else every_lane(0.0)

    def keep_settled(s: Any, k: Any, total: Any, rest: Any) -> None:
        store_all(s, TOTALS + k * LANES, total)
        if rests:
            store_all(s, RESTS + k * LANES, rest)

    def kept(s: Any, k: Any) -> Any:
        """The same before they are settled: float32 takes the place of float64."""
        at, s32 = 2 * k * LANES, singles(s)
        return load_all(s32, 2 * TOTALS + at), load_all(s32, 2 * RESTS + at)

    def keep(s: Any, k: Any, total: Any, rest: Any) -> None:
        at, s32 = 2 * k * LANES, singles(s)
        store_all(s32, 2 * TOTALS + at, total)
        store_all(s32, 2 * RESTS + at, rest)

    settled_sum, keep_settled = njit(settled_sum), njit(keep_settled)
    kept, keep = (njit(kept), njit(keep)) if narrow else (settled_sum, keep_settled)

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
            keep_settled(s, k, total, rest)
        half = LANES // 2
        while half > 0:
            for k in range(half):
                a, a_rest = settled_sum(s, k)
                b, b_rest = settled_sum(s, k + half)
                total, rest = join(a, a_rest, b, b_rest)
                keep_settled(s, k, total, rest)
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
    keeps, others, ask, zero = kind.keeps, without_largest(f, kind), asking(f), f.zero
    collect, join = accumulators(f, parts=kind.parts)
    (start, start_rest), add, settle = summing_few(f, parts=kind.parts)

    def totals_across(
        x: Any, e: Any, n: Any, width: Any, core_x: Any, core_e: Any, s: Any, m: Any, length: Any
    ) -> Any:
        """Sum and count of up to `LANES` rows side by side, of which `length` elements count."""
        count, total, rest = every_lane(zero), every_lane(start), every_lane(start_rest)
        few = n <= LANES
        for i in range(n):
            if ahead:
                ask(x, i * core_x + LANES, e, i * core_e + LANES)
            v = fetch(x, i * core_x, 1, width, zero)
            raw = power(v, m)
            if length is not None:
                raw = where(length > i, raw, zero)
            if keeps:
                put(e, i * core_e, 1, width, raw)
            if length is None:
                raw, count = others(raw, v, m, count, None)
            else:
                raw, count = others(raw, v, m, count, length > i)
            if few:
                total, rest = add(total, rest, raw)
            else:
                collect(s, i, raw)
        total, rest = settle(total, rest) if few else join(s)
        return total, rest, count

    return njit(totals_across)


@functools.cache
def three_across(f: Format, kind: Kind) -> Any:
    (fetch, put), (power, _) = memory(f), exponential(f, quick=kind.quick)
    keeps, others, result, ask = kind.keeps, without_largest(f, kind), kind.result, asking(f)
    collect, join = accumulators(f, parts=kind.parts)
    (start, start_rest), add, settle = summing_few(f, parts=kind.parts)
    zero, lowest = f.zero, -f.infinity

    def three_across(
        x: Any, y: Any, n: Any, core_x: Any, core_y: Any, m_before: Any, a: Any, b: Any, m: Any,
        s: Any,
    ) -> Any:  # fmt: skip
        """As `sweep_of_three`, for strips of `LANES` rows that lie side by side."""
        count, total, rest = every_lane(zero), every_lane(start), every_lane(start_rest)
        most, few = every_lane(lowest), n <= LANES
        for i in range(n):
            at_x, at_y = i * core_x, i * core_y
            ask(x, at_x + 2 * LANES, y, at_y + LANES)
            v = fetch(y if keeps else x, (at_y if keeps else at_x) - LANES, 1, LANES, zero)
            put(y, at_y - LANES, 1, LANES, result(v, m_before, a, b))
            most = larger(fetch(x, at_x + LANES, 1, LANES, zero), most)
            v = fetch(x, at_x, 1, LANES, zero)
            raw = power(v, m)
            if keeps:
                put(y, at_y, 1, LANES, raw)
            raw, count = others(raw, v, m, count, None)
            if few:
                total, rest = add(total, rest, raw)
            else:
                collect(s, i, raw)
        total, rest = settle(total, rest) if few else join(s)
        return most, total, rest, count

    return njit(three_across)


@functools.cache
def sweeps_across(f: Format, kind: Kind) -> tuple[Any, Any, Any]:
    """The sweeps of a strip by itself."""
    top_of, sums = tops_across(f, kind), totals_across(f, kind, ahead=True)
    (fetch, put), keeps, result, zero = memory(f), kind.keeps, kind.result, f.zero

    def top(x: Any, rows: Any, n: Any, core_x: Any) -> Any:
        """Whether no maximum is too large, and the maxima."""
        return top_of(x, n, min(LANES, rows), core_x)

    def middle(
        x: Any, y: Any, rows: Any, n: Any, core_x: Any, core_y: Any, m: Any, s: Any
    ) -> Any:  # fmt: skip
        return sums(x, y, n, min(LANES, rows), core_x, core_y, s, m, None)

    def last(
        x: Any, y: Any, rows: Any, n: Any, core_x: Any, core_y: Any, m: Any, a: Any, b: Any
    ) -> None:
        width = min(LANES, rows)
        for i in range(n):
            v = fetch(y if keeps else x, i * (core_y if keeps else core_x), 1, width, zero)
            put(y, i * core_y, 1, width, result(v, m, a, b))

    return outlined(top), outlined(middle), outlined(last)


@functools.cache
def across(f: Format, kind: Kind, one_by_one: Any) -> Any:
    (top, middle, last), three = sweeps_across(f, kind), three_across(f, kind)
    parameters, (_, limit) = kind.parameters, exponential(f, quick=kind.quick)

    def across(
        x: Any, y: Any, rows: Any, n: Any, core_x: Any, core_y: Any, t: Any, s: Any
    ) -> None:  # fmt: skip
        """Rows side by side, in strips; `one_by_one` where a maximum is too large."""
        possible, m = top(x, rows, n, core_x)
        m_before, a, b, waits = m, m, m, False  # of the strip before, whose last sweep waits
        for r in range(0, rows, LANES):
            x_r, y_r, left = shifted(x, r), shifted(y, r), rows - r
            x_before, y_before = shifted(x_r, -LANES), shifted(y_r, -LANES)
            if possible and waits and left >= 2 * LANES:
                m_after, total, rest, count = three(
                    x_r, y_r, n, core_x, core_y, m_before, a, b, m, s
                )
                m_before, m, possible = m, m_after, every(abs(m_after) < limit)
                a, b = parameters(total, rest, count)
                continue
            if waits:
                last(x_before, y_before, LANES, n, core_x, core_y, m_before, a, b)
            if possible:
                total, rest, count = middle(x_r, y_r, left, n, core_x, core_y, m, s)
                a, b = parameters(total, rest, count)
            else:
                width, facts = min(LANES, left), shifted(s, TOTALS)
                one_by_one(x_r, y_r, width, n, ONE, ONE, core_x, core_y, t, facts)
            m_before, waits = m, possible
            if left > LANES:
                possible, m = top(shifted(x_r, LANES), left - LANES, n, core_x)
        if waits:
            r = (rows - 1) // LANES * LANES
            last(shifted(x, r), shifted(y, r), rows - r, n, core_x, core_y, m_before, a, b)

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
