"""The three passes over rows side by side, where a lane of a vector is a row.

Rows that lie side by side in memory are computed there, in strips of `LANES` rows: three strips at
a time, each at another pass. Short rows are copied to tiles in scratch memory, whose columns they
become, and the results are copied back.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba.core import types

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.dispatch import outlined
from fastact.compiler.simd import LANES, double, every, load_all, shifted, singles, splat, store_all
from fastact.numerics.primitives import where
from fastact.rowkernels.along import How
from fastact.rowkernels.arithmetic import (
    Normaliser,
    Precision,
    Terms,
    counted,
    larger,
    summing,
    summing_short,
)
from fastact.rowkernels.memory import (
    RESTS,
    TOTALS,
    back,
    bring,
    column,
    fetch_across,
    from_element,
    from_row,
    numbers,
    prefetch_read,
    prefetch_write,
    put_across,
    side_by_side,
)


@functools.cache
def settled(f: Precision) -> tuple[Any, Any]:
    """Make the functions that read and write the float64 accumulators of rows side by side."""
    rests = f.number == types.float64  # the rests of settled sums are 0 in other precisions

    def load_settled(scratch, k):
        """Return the float64 sum and rest that accumulator k has in scratch memory."""
        total = load_all(scratch, TOTALS + k * LANES)
        return total, load_all(scratch, RESTS + k * LANES) if rests else splat(0.0)

    def store_settled(scratch, k, total, rest):
        """Write the float64 sum and rest of accumulator k to scratch memory."""
        store_all(scratch, TOTALS + k * LANES, total)
        if rests:
            store_all(scratch, RESTS + k * LANES, rest)

    return njit(load_settled), njit(store_settled)


@functools.cache
def accumulators(f: Precision, *, without_largest: bool) -> tuple[Any, Any]:
    """Make the functions that add to the accumulators of rows side by side, and that join them.

    A row has `LANES` accumulators in scratch memory, at `TOTALS` and, for what rounds off, `RESTS`.
    They are float32 where terms are, and float64 once they are settled.
    """
    (start, start_rest), add, settle = summing(f, without_largest=without_largest)
    load_settled, store_settled = settled(f)
    join, narrow = f.join, isinstance(start, np.float32)
    rests = f.number == types.float64  # the rests of settled sums are 0 in other precisions
    unit = 2 if narrow else 1  # numbers in the place of a float64

    def load(scratch, k):
        """Return sum and rest of accumulator k from scratch memory, as they are being added to."""
        at, s = unit * k * LANES, singles(scratch) if narrow else scratch
        if narrow or rests:
            return load_all(s, unit * TOTALS + at), load_all(s, unit * RESTS + at)
        return load_all(s, TOTALS + at), splat(0.0)

    def store(scratch, k, total, rest):
        """Write sum and rest of accumulator k to scratch memory, as `load` reads them."""
        at, s = unit * k * LANES, singles(scratch) if narrow else scratch
        store_all(s, unit * TOTALS + at, total)
        if narrow or rests:
            store_all(s, unit * RESTS + at, rest)

    load, store = njit(load), njit(store)

    def collect(scratch, i, e):
        """Add `e`, which element i of each row contributes, to accumulator i modulo `LANES`."""
        total, rest = splat(start), splat(start_rest)
        if i >= LANES:
            total, rest = load(scratch, i % LANES)
        total, rest = add(total, rest, e)
        store(scratch, i % LANES, total, rest)

    def joined(scratch):
        """Return the rows' sums and rests, joined in scratch memory as `folded` joins lanes."""
        for k in range(LANES):
            total, rest = load(scratch, k)
            total, rest = settle(total, rest)
            store_settled(scratch, k, total, rest)
        half = LANES // 2
        while half > 0:
            for k in range(half):
                a, a_rest = load_settled(scratch, k)
                b, b_rest = load_settled(scratch, k + half)
                total, rest = join(a, a_rest, b, b_rest)
                store_settled(scratch, k, total, rest)
            half //= 2
        return load_settled(scratch, 0)

    return njit(collect), njit(joined)


# ---------------------------------------------------------------- passes over columns
@functools.cache
def maxima(terms: Terms) -> Any:
    """Make the first pass: the maxima of rows side by side, unless one is too large."""
    f, limit = terms.f, terms.limit
    zero, infinity = f.zero, f.infinity

    def maxima(x, n, width):
        """Return whether no maximum of the rows of `x` reaches the limit, and the maxima."""
        m, other = splat(-infinity), splat(-infinity)
        for i in range(0, n - 1, 2):
            m = larger(fetch_across(x, i, width, zero), m)
            other = larger(fetch_across(x, i + 1, width, zero), other)
        m = larger(larger(fetch_across(x, n - 1, width, zero), m), other)
        return every(abs(m) < limit), m

    return njit(maxima)


@functools.cache
def sums_of_columns(terms: Terms) -> tuple[Any, Any, Any]:
    """Make the functions that begin the sums of rows side by side, add element i, and end them."""
    f, without_largest = terms.f, terms.without_largest
    collect, join = accumulators(f, without_largest=without_largest)
    (start, start_rest), add, settle = summing_short(f, without_largest=without_largest)
    count_largest, zero = counted(terms), f.zero

    def begin():
        """Return totals, rests and counts of no elements: vectors, a lane for each row."""
        return splat(start), splat(start_rest), splat(zero)

    def add_terms(sums, e, v, m, present, i, n, scratch):
        """Add element i of each row, `v`, whose exponential is `e`.

        The totals of rows longer than `LANES` grow in scratch memory, all others in `sums`.
        """
        total, rest, count = sums
        e, count = count_largest(e, v, m, count, present)
        if n <= LANES:
            total, rest = add(total, rest, e)
        else:
            collect(scratch, i, e)
        return total, rest, count

    def end(sums, n, scratch):
        """Return totals, rests and counts, from `sums` or from scratch memory."""
        total, rest, count = sums
        total, rest = settle(total, rest) if n <= LANES else join(scratch)
        return total, rest, count

    return njit(begin), njit(add_terms), njit(end)


@functools.cache
def totals(terms: Terms) -> Any:
    """Make the second pass: exponentials of rows side by side, and their sums."""
    f, power = terms.f, terms.power
    begin, add_terms, end = sums_of_columns(terms)
    zero, native = f.zero, f.native

    def totals(x, e, n, width, m, length, how, scratch):
        """Return totals, rests and counts of the rows of `x`, and keep exponentials in `e`.

        Only the first `length` elements of each row count; all if it is None. What may be
        prefetched is the memory of the next rows, which lie beside these.
        """
        sums = begin()
        for i in range(n):
            if how.ahead:
                prefetch_read(from_element(x, i), LANES)
                prefetch_write(from_element(e, i), LANES)
            v = fetch_across(x, i, width, zero)
            raw = power(v, m)
            present = None
            if length is not None:
                present = length > i
                raw = where(present, raw, zero)
            if native and how.keeps:
                put_across(e, i, width, raw)
            sums = add_terms(sums, raw, v, m, present, i, n, scratch)
        return end(sums, n, scratch)

    return njit(totals)


@functools.cache
def sums_across(terms: Terms) -> Any:
    """Make the function of the first two passes over up to `LANES` rows side by side."""
    maxima_of, totals_of, zero = maxima(terms), totals(terms), terms.f.zero
    longest = terms.f.longest

    def sums_across(x, n, width, keeps, scratch):
        """Return whether it was possible, maxima, totals, rests and counts of the rows of `x`.

        It is impossible if a maximum is too large, or a row too long. With `keeps`, exponentials
        replace the elements of `x`.
        """
        possible, m = maxima_of(x, n, width)
        if not possible or n > longest:
            return False, m, double(m), double(m), splat(zero)
        how = How(keeps, False, False)
        total, rest, count = totals_of(x, x, n, width, m, None, how, scratch)
        return True, m, total, rest, count

    return njit(sums_across)


# ---------------------------------------------------------------- strips
@functools.cache
def passes_of_strip(terms: Terms, to: Normaliser, *, keeps: bool) -> tuple[Any, Any, Any]:
    """Make the three passes over one strip; exponentials that are kept stand in the output."""
    maxima_of, totals_of = maxima(terms), totals(terms)
    element, zero = to.element, terms.f.zero

    def find_maxima(x, rows, n):
        """Return whether no maximum of the rows of `x` is too large, and the maxima."""
        return maxima_of(side_by_side(x), n, min(LANES, rows))

    def sum_exponentials(x, y, rows, n, m, scratch):
        """Return totals, rests and counts of the rows of `x`, and keep exponentials in `y`."""
        width, how = min(LANES, rows), How(keeps, False, True)
        return totals_of(side_by_side(x), side_by_side(y), n, width, m, None, how, scratch)

    def write_results(x, y, rows, n, m, a, b):
        """Write the results to `y`, from the exponentials there if they were kept, or from `x`."""
        width, x, y = min(LANES, rows), side_by_side(x), side_by_side(y)
        for i in range(n):
            v = fetch_across(y if keeps else x, i, width, zero)
            put_across(y, i, width, element(v, keeps, m, a, b))

    return outlined(find_maxima), outlined(sum_exponentials), outlined(write_results)


@functools.cache
def overlapped_strips(terms: Terms, to: Normaliser, *, keeps: bool) -> Any:
    """Make the loop with a pass of each of three strips: the first of the next, and so on."""
    f, power, element = terms.f, terms.power, to.element
    begin, add_terms, end = sums_of_columns(terms)
    zero, lowest = f.zero, -f.infinity

    def overlapped_strips(x, y, n, before, m, scratch):
        """Return the maxima of the rows after `x` and the sums of those of `x`.

        The results of the rows before go to memory before `y`, the exponentials of `x` to `y`.
        """
        m_before, a, b = before
        x_before, y_before, x_after = from_row(x, -LANES), from_row(y, -LANES), from_row(x, LANES)
        sums, most = begin(), splat(lowest)
        for i in range(n):
            prefetch_read(from_element(x_after, i), LANES)
            prefetch_write(from_element(y, i), LANES)
            v = fetch_across(y_before if keeps else x_before, i, LANES, zero)
            put_across(y_before, i, LANES, element(v, keeps, m_before, a, b))
            most = larger(fetch_across(x_after, i, LANES, zero), most)
            v = fetch_across(x, i, LANES, zero)
            raw = power(v, m)
            if keeps:
                put_across(y, i, LANES, raw)
            sums = add_terms(sums, raw, v, m, None, i, n, scratch)
        total, rest, count = end(sums, n, scratch)
        return most, total, rest, count

    return njit(overlapped_strips)


@functools.cache
def in_strips(terms: Terms, to: Normaliser, along: Any, *, keeps: bool) -> Any:
    """Make the function of rows side by side; `along` does strips with a maximum too large."""
    find_maxima, sum_exponentials, write_results = passes_of_strip(terms, to, keeps=keeps)
    overlapped = overlapped_strips(terms, to, keeps=keeps)
    parameters, limit = to.parameters, terms.limit

    def in_strips(operands, rows, n, scratch):
        """Read the rows of `operands.x` and write their results to `operands.y`."""
        x, y = operands
        possible, m = find_maxima(x, rows, n)
        before, waits = (m, m, m), False  # parameters of the strip before; whether its results wait
        for r in range(0, rows, LANES):
            here, left = from_row(operands, r), rows - r
            x_r, y_r = side_by_side(here)
            if possible and waits and left >= 2 * LANES:
                m_after, total, rest, count = overlapped(x_r, y_r, n, before, m, scratch)
                a, b = parameters(total, rest, count)
                before, m, possible = (m, a, b), m_after, every(abs(m_after) < limit)
                continue
            if waits:
                write_results(from_row(x_r, -LANES), from_row(y_r, -LANES), LANES, n, *before)
            if possible:
                total, rest, count = sum_exponentials(x_r, y_r, left, n, m, scratch)
                a, b = parameters(total, rest, count)
                before = m, a, b
            else:
                along(here, min(LANES, left), n, scratch)
            waits = possible
            if left > LANES:
                possible, m = find_maxima(from_row(x_r, LANES), left - LANES, n)
        if waits:
            r = (rows - 1) // LANES * LANES
            write_results(from_row(x, r), from_row(y, r), rows - r, n, *before)

    return outlined(in_strips)


# ---------------------------------------------------------------- tiles
# One tile of short rows gives a pass few independent operations, so that it mostly waits. Each pass
# therefore goes over several tiles before the next pass begins.
TILES = 4
# Vectors after the elements of a tile: the maxima of its rows, and the two parameters of each.
AFTER_ELEMENTS = 3


@functools.cache
def passes_of_tile(terms: Terms, to: Normaliser, *, keeps: bool) -> tuple[Any, Any, Any]:
    """Make the three passes over one tile in scratch memory."""
    maxima_of, totals_of, (parameters, element) = maxima(terms), totals(terms), to
    zero = terms.f.zero

    def find_maxima(tile, n):
        """Store the maxima after the elements, and return whether none is too large."""
        possible, m = maxima_of(column(tile), n, LANES)
        store_all(tile, n * LANES, m)
        return possible

    def sum_exponentials(tile, n, scratch):
        """Store the rows' parameters after the maxima; exponentials may replace elements."""
        m, here, how = load_all(tile, n * LANES), column(tile), How(keeps, False, False)
        total, rest, count = totals_of(here, here, n, LANES, m, None, how, scratch)
        a, b = parameters(total, rest, count)
        store_all(tile, (n + 1) * LANES, a)
        store_all(tile, (n + 2) * LANES, b)

    def write_results(tile, n):
        """Replace the elements of the tile, or their exponentials, by results."""
        m, a = load_all(tile, n * LANES), load_all(tile, (n + 1) * LANES)
        b = load_all(tile, (n + 2) * LANES)
        for i in range(n):
            v = fetch_across(column(tile), i, LANES, zero)
            put_across(column(tile), i, LANES, element(v, keeps, m, a, b))

    return njit(find_maxima), njit(sum_exponentials), njit(write_results)


@functools.cache
def in_tiles(terms: Terms, to: Normaliser, *, keeps: bool) -> Any:
    """Make the function of short rows, which goes by way of up to `TILES` tiles."""
    find_maxima, sum_exponentials, write_results = passes_of_tile(terms, to, keeps=keeps)
    zero = terms.f.zero
    to_numbers = numbers(narrow=terms.f.number == types.float32)

    def in_tiles(operands, rows, n, scratch):
        """Write the results of rows of `operands.x` to `operands.y`; return whether it was done."""
        x, y = operands
        tiles, size, possible = to_numbers(scratch), n + AFTER_ELEMENTS, True
        for r in range(0, rows, LANES):
            bring(from_row(x, r), min(LANES, rows - r), n, shifted(tiles, r * size), zero)
        for r in range(0, rows, LANES):
            possible = find_maxima(shifted(tiles, r * size), n) and possible
        if not possible:
            return False
        packed = x.row == n and y.row == n and x.step == 1 and y.step == 1
        for r in range(0, rows, LANES):
            sum_exponentials(shifted(tiles, r * size), n, scratch)
            if packed:  # the rows of the next tiles lie right after these
                for i in range((rows + r) * n, (rows + r + LANES) * n, LANES):
                    prefetch_read(x, i)
                    prefetch_write(y, i)
        for r in range(0, rows, LANES):
            write_results(shifted(tiles, r * size), n)
        for r in range(0, rows, LANES):
            back(shifted(tiles, r * size), from_row(y, r), min(LANES, rows - r), n)
        return True

    return njit(in_tiles)
