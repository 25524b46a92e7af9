"""Rows side by side: a lane is a row. Strips of `LANES` columns, and tiles made of short rows.

As in `along` one loop does all three passes, each of another strip.

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
def accumulators(f: Precision, *, parts: bool) -> tuple[Any, Any]:
    """Functions that add an element of each row to its accumulators, and that give the sums.

    Accumulators are in scratch memory; those of float32 take the place of float64.
    """
    (start, start_rest), add, settle = summing(f, parts=parts)
    join, narrow = f.join, isinstance(start, np.float32)
    rests = f.number == types.float64  # of float64 sums; else they are zero
    unit = 2 if narrow else 1

    def load(scratch, k):
        """Sum and rest of accumulator k before they are settled."""
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

    def load_settled(scratch, k):
        """Return the float64 sum and rest that accumulator k has in scratch memory."""
        total = load_all(scratch, TOTALS + k * LANES)
        return total, load_all(scratch, RESTS + k * LANES) if rests else splat(0.0)

    def store_settled(scratch, k, total, rest):
        """Write the float64 sum and rest of accumulator k to scratch memory."""
        store_all(scratch, TOTALS + k * LANES, total)
        if rests:
            store_all(scratch, RESTS + k * LANES, rest)

    load, store = njit(load), njit(store)
    load_settled, store_settled = njit(load_settled), njit(store_settled)

    def collect(scratch, i, e):
        """Add element i of each row."""
        total, rest = splat(start), splat(start_rest)
        if i >= LANES:
            total, rest = load(scratch, i % LANES)
        total, rest = add(total, rest, e)
        store(scratch, i % LANES, total, rest)

    def joined(scratch):
        """The sums, column by column, in the order of `folded`."""
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
    """The function that gives the maxima of rows side by side, and whether none is too large."""
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
    """Functions that begin the sums of rows side by side, add element i, and end them."""
    f, parts = terms.f, terms.parts
    collect, join = accumulators(f, parts=parts)
    (start, start_rest), add, settle = summing_short(f, parts=parts)
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
    """The function that gives sum and count of rows side by side."""
    f, power = terms.f, terms.power
    begin, add_terms, end = sums_of_columns(terms)
    zero, native = f.zero, f.native

    def totals(x, e, n, width, m, length, how, scratch):
        """Exponentials are kept in `e`. `length` elements of each row count; all if it is None.

        The memory that may be asked for is that of the next rows, which lie beside these.
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
    """The function that gives maximum, sum and count of up to `LANES` rows side by side."""
    top_of, total_of, zero = maxima(terms), totals(terms), terms.f.zero

    def sums_across(x, n, width, keeps, scratch):
        """Exponentials take the place of elements if it `keeps` them.

        Nothing is done if a maximum is too large, which the first result says.
        """
        possible, m = top_of(x, n, width)
        if not possible:
            return False, m, double(m), double(m), splat(zero)
        how = How(keeps, False, False)
        total, rest, count = total_of(x, x, n, width, m, None, how, scratch)
        return True, m, total, rest, count

    return njit(sums_across)


# ---------------------------------------------------------------- strips
@functools.cache
def passes_of_strip(terms: Terms, to: Normaliser, *, keeps: bool) -> tuple[Any, Any, Any]:
    """The passes over a strip by itself, which keep exponentials in the output."""
    top_of, total_of = maxima(terms), totals(terms)
    element, zero = to.element, terms.f.zero

    def top(x, rows, n):
        """Whether no maximum is too large, and the maxima."""
        return top_of(side_by_side(x), n, min(LANES, rows))

    def middle(x, y, rows, n, m, scratch):
        width, how = min(LANES, rows), How(keeps, False, True)
        return total_of(side_by_side(x), side_by_side(y), n, width, m, None, how, scratch)

    def last(x, y, rows, n, m, a, b):
        width, x, y = min(LANES, rows), side_by_side(x), side_by_side(y)
        for i in range(n):
            v = fetch_across(y if keeps else x, i, width, zero)
            put_across(y, i, width, element(v, keeps, m, a, b))

    return outlined(top), outlined(middle), outlined(last)


@functools.cache
def three_across(terms: Terms, to: Normaliser, *, keeps: bool) -> Any:
    """The maxima of the next strip; the sums of this one; the results of the one before."""
    f, power, element = terms.f, terms.power, to.element
    begin, add_terms, end = sums_of_columns(terms)
    zero, lowest = f.zero, -f.infinity

    def three_across(x, y, n, before, m, scratch):
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

    return njit(three_across)


@functools.cache
def in_strips(terms: Terms, to: Normaliser, along: Any, *, keeps: bool) -> Any:
    """Rows side by side, in strips; `along` does those of which a maximum is too large."""
    top, middle, last = passes_of_strip(terms, to, keeps=keeps)
    three = three_across(terms, to, keeps=keeps)
    parameters, limit = to.parameters, terms.limit

    def in_strips(operands, rows, n, scratch):
        """Read the rows of `operands.x` and write their results to `operands.y`."""
        x, y = operands
        possible, m = top(x, rows, n)
        before, waits = (m, m, m), False  # of the strip before, whose last pass waits
        for r in range(0, rows, LANES):
            here, left = from_row(operands, r), rows - r
            x_r, y_r = side_by_side(here)
            if possible and waits and left >= 2 * LANES:
                m_after, total, rest, count = three(x_r, y_r, n, before, m, scratch)
                a, b = parameters(total, rest, count)
                before, m, possible = (m, a, b), m_after, every(abs(m_after) < limit)
                continue
            if waits:
                last(from_row(x_r, -LANES), from_row(y_r, -LANES), LANES, n, *before)
            if possible:
                total, rest, count = middle(x_r, y_r, left, n, m, scratch)
                a, b = parameters(total, rest, count)
                before = m, a, b
            else:
                along(here, min(LANES, left), n, scratch)
            waits = possible
            if left > LANES:
                possible, m = top(from_row(x_r, LANES), left - LANES, n)
        if waits:
            r = (rows - 1) // LANES * LANES
            last(from_row(x, r), from_row(y, r), rows - r, n, *before)

    return outlined(in_strips)


# ---------------------------------------------------------------- tiles
# A pass over a short row has little to do at a time, so it goes over several tiles before the next
# begins. Each has behind it the maxima of its rows, and two numbers made of their sums.
TILES, OF_ROWS = 4, 3


@functools.cache
def passes_of_tile(terms: Terms, to: Normaliser, *, keeps: bool) -> tuple[Any, Any, Any]:
    """The passes over a tile, where exponentials may take the place of elements."""
    top_of, total_of, (parameters, element) = maxima(terms), totals(terms), to
    zero = terms.f.zero

    def top(tile, n):
        """Whether no maximum is too large."""
        possible, m = top_of(column(tile), n, LANES)
        store_all(tile, n * LANES, m)
        return possible

    def middle(tile, n, scratch):
        m, here, how = load_all(tile, n * LANES), column(tile), How(keeps, False, False)
        total, rest, count = total_of(here, here, n, LANES, m, None, how, scratch)
        a, b = parameters(total, rest, count)
        store_all(tile, (n + 1) * LANES, a)
        store_all(tile, (n + 2) * LANES, b)

    def last(tile, n):
        m, a = load_all(tile, n * LANES), load_all(tile, (n + 1) * LANES)
        b = load_all(tile, (n + 2) * LANES)
        for i in range(n):
            v = fetch_across(column(tile), i, LANES, zero)
            put_across(column(tile), i, LANES, element(v, keeps, m, a, b))

    return njit(top), njit(middle), njit(last)


@functools.cache
def in_tiles(terms: Terms, to: Normaliser, *, keeps: bool) -> Any:
    """Short rows by way of several tiles: whether no maximum was too large."""
    (top, middle, last), zero = passes_of_tile(terms, to, keeps=keeps), terms.f.zero
    to_numbers = numbers(narrow=terms.f.number == types.float32)

    def in_tiles(operands, rows, n, scratch):
        """Write the results of rows of `operands.x` to `operands.y`; return whether it was done."""
        x, y = operands
        tiles, size, possible = to_numbers(scratch), n + OF_ROWS, True
        for r in range(0, rows, LANES):
            bring(from_row(x, r), min(LANES, rows - r), n, shifted(tiles, r * size), zero)
        for r in range(0, rows, LANES):
            possible = top(shifted(tiles, r * size), n) and possible
        if not possible:
            return False
        packed = x.row == n and y.row == n and x.step == 1 and y.step == 1
        for r in range(0, rows, LANES):
            middle(shifted(tiles, r * size), n, scratch)
            if packed:  # soon those of the next rows are wanted
                for i in range((rows + r) * n, (rows + r + LANES) * n, LANES):
                    prefetch_read(x, i)
                    prefetch_write(y, i)
        for r in range(0, rows, LANES):
            last(shifted(tiles, r * size), n)
        for r in range(0, rows, LANES):
            back(shifted(tiles, r * size), from_row(y, r), min(LANES, rows - r), n)
        return True

    return njit(in_tiles)
