"""The three passes along a row: the maximum, the exponentials and their sum, the results.

Lanes of a vector are neighbours in a row. Each pass goes over a group of rows before the next pass
begins. Between passes a row's sum becomes the parameters of its results: that is a long chain of
operations, so it is done for all rows of a group at once, a lane for each (`settling`).

The first and the third pass wait for memory, the second for arithmetic. So where rows are short
enough for the cache, one loop takes the first pass of a row in the next group, the second of one in
this group and the third of one in the group before (`overlapped`).

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from numba.core import types

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.dispatch import outlined
from fastact.compiler.simd import LANES, double, load_all, shifted, splat, store_all, within
from fastact.numerics.primitives import where
from fastact.rowkernels.arithmetic import (
    INF,
    Normaliser,
    Precision,
    Terms,
    counted,
    folded,
    in_order,
    joined_lanes,
    larger,
    largest_of_lanes,
    smaller,
    sum_of_lanes,
    summing,
)
from fastact.rowkernels.memory import (
    COUNT,
    HIGH,
    LOW,
    MAXIMUM,
    REST,
    STATES,
    SUMS,
    TOTAL,
    TOTALS,
    each_vector,
    fetch,
    from_row,
    near,
    neighbours,
    numbers,
    prefetch_read,
    prefetch_write,
    put,
    view,
)

PREFETCH_DISTANCE = 2048  # elements: so far ahead a long row is prefetched


# ---------------------------------------------------------------- whole rows
@functools.cache
def largest(f: Precision, *, least: bool = False) -> Any:
    """Make the function that finds the largest (or least) element of a row that is not NaN.

    It is -inf (inf) if there is none.
    """
    of_two, lowest = (smaller, f.infinity) if least else (larger, -f.infinity)

    def largest(x, n):
        """Return the largest (or least) of the `n` elements of `x`, found in four chains."""
        a = splat(lowest)
        b, c, d = a, a, a
        whole = 0
        if x.step == 1:
            close, whole = near(x), n - n % (4 * LANES)
            for i in range(0, whole, 4 * LANES):
                a = of_two(fetch(close, i, LANES, lowest), a)
                b = of_two(fetch(close, i + LANES, LANES, lowest), b)
                c = of_two(fetch(close, i + 2 * LANES, LANES, lowest), c)
                d = of_two(fetch(close, i + 3 * LANES, LANES, lowest), d)
        for i in range(whole, n, LANES):
            a = of_two(fetch(x, i, n - i, lowest), a)
        a = of_two(of_two(a, b), of_two(c, d))
        return -largest_of_lanes(-a) if least else largest_of_lanes(a)

    return njit(largest)


@functools.cache
def nan_if_any(f: Precision) -> Any:
    """Make the function that looks for NaN in a row."""
    zero = f.zero

    def nan_if_any(x, n):
        """Return NaN if any of the `n` elements of `x` is NaN, else 0."""
        found = splat(zero)
        for i in range(0, n, LANES):
            v = fetch(x, i, n - i, zero)
            found += where(v == v, zero, v)
        return sum_of_lanes(found)

    return njit(nan_if_any)


@njit
def fill(y, n, value):
    """Write a value to the first `n` elements of the row `y`."""
    for i in range(0, n, LANES):
        put(y, i, n - i, value)


@functools.cache
def subtract_maximum(f: Precision) -> Any:
    """Make the function that takes a large or infinite maximum off the elements of a row.

    x - m is exact unless it is so far below 0 that its exponential is 0; it is 0 where both are
    infinite.
    """
    zero = f.zero

    def subtract_maximum(x, y, n, m):
        """Read the row `x` and write x - m to the row `y`."""
        for i in range(0, n, LANES):
            v = fetch(x, i, n - i, zero)
            put(y, i, n - i, where(v == m, zero, v - m))

    return njit(subtract_maximum)


# ---------------------------------------------------------------- the second pass
class How(NamedTuple):
    """What a pass does with memory: constants where it is called, which cost nothing."""

    keeps: Any  # whether exponentials are stored, or are read again
    padded: Any  # whether they fill whole vectors, as they may in scratch memory
    ahead: Any  # whether memory of other rows or elements is prefetched


@functools.cache
def term_of(terms: Terms) -> Any:
    """Make the function that makes terms of a sum from a vector of elements."""
    f, power, count_largest = terms.f, terms.power, counted(terms)
    zero, lowest, native = f.zero, -f.infinity, f.native

    def term_of(x, kept, i, left, m, how, count):
        """Return terms of the vector of `x` at `i` and the count; exponentials go to `kept`."""
        v = fetch(x, i, left, lowest)
        e = power(v, m)
        if native and how.keeps:
            put(kept, i, LANES if how.padded else left, e)
        e, count = count_largest(e, v, m, count, None)
        return (e if left >= LANES else within(e, left, zero)), count

    return njit(term_of)


@functools.cache
def accumulate(terms: Terms) -> Any:
    """Make the second pass: exponentials, and the accumulators of their sum.

    It may prefetch other rows of input and output: its arithmetic leaves the memory idle.
    """
    f, term = terms.f, term_of(terms)
    (start, start_rest), add, _ = summing(f, without_largest=terms.without_largest)
    zero, widened = f.zero, not isinstance(start, type(f.zero))

    def step(arrays, i, left, values, found):
        """Add the terms of the vector of `x` at `i` to `found`, and keep exponentials in `kept`."""
        x, kept, next_x, next_y = arrays
        m, how = values
        total, rest, count = found
        if how.ahead:
            prefetch_read(next_x, i)
            prefetch_write(next_y, i)
        e, count = term(x, kept, i, left, m, how, count)
        total, rest = add(total, rest, e)
        return total, rest, count

    loop = each_vector(njit(step))

    def accumulate(arrays, n, m, short, how):
        """Return the accumulators of a row's sum and rest, and the count of its largest elements.

        `arrays` are the input, where exponentials are kept, and the input and output to be
        prefetched. A `short` row has no accumulators: its terms come back instead, which `in_order`
        sums.
        """
        total, rest, count = splat(start), splat(start_rest), splat(zero)
        if short:
            e, count = term(arrays[0], arrays[1], 0, n, m, how, count)
            return (double(e) if widened else e), rest, count
        return loop(arrays, n, (m, how), (total, rest, count))

    return njit(accumulate)


@functools.cache
def summed(terms: Terms) -> Any:
    """Make the function that sums the exponentials of a row."""
    accumulators, without_largest = accumulate(terms), terms.without_largest
    fold = folded(terms.f, without_largest=without_largest)
    sum_in_order = in_order(terms.f, without_largest=without_largest)

    def summed(x, n, m):
        """Return sum, rest and count of the row `x` with maximum `m`; nothing is written."""
        short = n <= LANES
        total, rest, count = accumulators((x, x, x, x), n, m, short, How(False, False, False))
        total_of_row, rest_of_row = sum_in_order(total, n) if short else fold(total, rest)
        return total_of_row, rest_of_row, sum_of_lanes(count)

    return njit(summed)


# ---------------------------------------------------------------- the third pass
@functools.cache
def results(element: Any, f: Precision) -> Any:
    """Make the third pass: `element` makes results of exponentials that were kept, or of the input.

    A row that is much longer than the cache is prefetched.
    """
    zero = f.zero

    def step(arrays, i, left, values, found):
        """Write to `row.y` the results of the vector of `source` at `i`."""
        source, row = arrays
        a, b, how = values
        if how.ahead:
            prefetch_read(source, i + PREFETCH_DISTANCE)
            prefetch_write(row.y, i + PREFETCH_DISTANCE)
        v = fetch(source, i, LANES if how.padded else left, zero)
        put(row.y, i, left, element(v, how.keeps, row, i, left, a, b))
        return found

    loop = each_vector(njit(step))

    def results(source, row, n, a, b, how):
        """Write to `row.y` the `n` results of `source`, which are exponentials if `how.keeps`."""
        loop((source, row), n, (a, b, how), 0)

    return njit(results)


class Output(NamedTuple):
    """What the results of a row need: the output, and the maximum."""

    y: Any
    m: Any


@functools.cache
def element_of(to: Normaliser) -> Any:
    """Make the `element` of a function whose results need no more than an `Output`."""
    of_one = to.element

    def element_of(v, kept, row, i, left, a, b):
        """Return the results of a vector of exponentials, if they were `kept`, or of elements."""
        return of_one(v, kept, row.m, a, b)

    return njit(element_of)


@njit
def no_end(operands, r, n, state):
    """Do nothing: the `close` of a function that is complete after the third pass."""


# ---------------------------------------------------------------- passes in groups of rows
class Passes(NamedTuple):
    """A function along rows: what it does in the three passes, which a row's state connects.

    A finished row has the maximum -inf in its state, and later passes skip it. If exponentials are
    kept, those of rows that fit are in scratch memory, those of longer rows in the output, unless
    that is float16, which has too few bits.
    """

    terms: Terms
    keeps: bool  # whether exponentials are kept for the third pass, or computed again
    element: Any  # makes results: see `results`
    first: Any  # (operands, r, n, state): finds the maximum of row r, and begins
    begin: Any  # (operands, r, n, state, m): the same with a maximum that has been found
    row: Any  # input and length of a row, and what results need: with the output y and maximum m
    settle: Any  # (operands, width, n, state): makes parameters of the sums of a group of rows
    close: Any = no_end  # (operands, r, n, state): comes after the third pass
    counts: Any = None  # whether row r may be overlapped with others; None: no row may
    gives: bool = True  # whether there is an output with the axis, and hence a third pass


class Group(NamedTuple):
    """What the passes of a call share."""

    rows: Any  # of the call
    n: Any  # their length
    together: Any  # rows of a group
    ahead: Any  # so many rows ahead memory is prefetched
    kept: Any  # scratch memory for exponentials, for each row of a group
    here: Any  # the states of the rows of this group
    there: Any  # those of the group before, which the group after overwrites
    sums: Any  # the accumulators of the rows of this group


@functools.cache
def keeping(f: Precision, *, without_largest: bool) -> tuple[Any, Any]:
    """Make the functions that store accumulators, and that make a row's sum of them."""
    settle, join = summing(f, without_largest=without_largest).settle, joined_lanes(f.join)
    sum_in_order = in_order(f, without_largest=without_largest)
    round_off, rests = f.round, f.number == types.float64

    def keep(sums, found, short):
        """Write a row's accumulators to its place `sums` in scratch memory."""
        total, rest, count = found
        total, rest = (double(total), double(rest)) if short else settle(total, rest)
        store_all(sums, 0, total)
        if rests:
            store_all(sums, LANES, rest)
        if without_largest:
            store_all(sums, 2 * LANES, double(count))

    def total_of(sums, state, n, short):
        """Join the accumulators in `sums`, and write sum, rest and count to the row's state."""
        total, rest = load_all(sums, 0), splat(0.0)
        if rests:
            rest = load_all(sums, LANES)
        if short:
            state[TOTAL], state[REST] = sum_in_order(round_off(total), n)
        else:
            state[TOTAL], state[REST] = join(total, rest)
        if without_largest:
            state[COUNT] = sum_of_lanes(load_all(sums, 2 * LANES))

    return njit(keep), njit(total_of)


# The next rows are prefetched, unless they are so many times longer than what scratch memory holds:
# then they would leave the cache before they are read.
AHEAD = 8


@functools.cache
def second_pass(passes: Passes) -> Any:
    """Make the function that takes the second pass of a row."""
    f, keeps, gives = passes.terms.f, passes.keeps, passes.gives
    sums_of = accumulate(passes.terms)
    keep, _ = keeping(f, without_largest=passes.terms.without_largest)
    row_of, room, keepable = passes.row, f.room, f.pointer == f.number

    def second_pass(operands, group, r, state, kept, sums):
        """Sum row `r` into `sums`; exponentials that are kept go to `kept` or to its output."""
        x, count, row = row_of(operands, r, group.n, state)
        next_x, next_y = near(from_row((x, row.y), group.ahead))
        place, m, short, fits = view(kept, 0, 1), row.m, group.n <= LANES, group.n <= room
        if keepable:
            here = place if fits else row.y
            found = sums_of((x, here, next_x, next_y), count, m, short, How(keeps, fits, gives))
        else:
            how = How(keeps and fits, True, gives)
            found = sums_of((x, place, next_x, next_y), count, m, short, how)
        keep(sums, found, short)

    return njit(second_pass)


@functools.cache
def third_pass(passes: Passes) -> Any:
    """Make the function that takes the third pass of a row, and closes it."""
    f, row_of, close, keeps = passes.terms.f, passes.row, passes.close, passes.keeps
    write, room, round_off = results(passes.element, f), f.room, f.round
    keepable = f.pointer == f.number

    def third_pass(operands, group, r, state, kept):
        """Write the results of row `r` to its output, from kept exponentials or from its input."""
        x, count, row = row_of(operands, r, group.n, state)
        place, a, b = view(kept, 0, 1), round_off(state[HIGH]), round_off(state[LOW])
        fits = group.n <= room
        if keepable and keeps:
            write(place if fits else row.y, row, count, a, b, How(True, fits, False))
        elif keeps and fits:
            write(place, row, count, a, b, How(True, True, False))
        else:
            write(x, row, count, a, b, How(False, False, False))
        close(operands, r, group.n, state)

    return njit(third_pass)


# The longest rows of float32 whose passes are overlapped though scratch memory cannot hold them. In
# float64 that is no faster, and slower where rows lie a multiple of a page apart: they compete for
# the same lines of the cache.
FAR = 2**16


class Three(NamedTuple):
    """The arrays of three rows whose passes are overlapped, for `three_passes`."""

    source: Any  # of the row before: its exponentials, or its input
    before: Any  # what the results of the row before need
    x: Any  # the input of this row
    kept: Any  # where its exponentials are kept
    y: Any  # its output, which is prefetched
    after: Any  # the input of the row after


@functools.cache
def three_passes(passes: Passes) -> Any:
    """Make the loop of three passes: results of one row, sums of the next, maximum of the third.

    Exponentials of this row overwrite those of the row before, once they have been read. Rows that
    are too long for scratch memory (`far`) keep them in the output.
    """
    terms, element, keeps = passes.terms, passes.element, passes.keeps
    f, term = terms.f, term_of(terms)
    (start, start_rest), add, _ = summing(f, without_largest=terms.without_largest)
    zero, lowest, room, reaches_far = f.zero, -f.infinity, f.room, reach(f) > f.room

    def sums(rows, i, left, m, padded, found):
        """Return the accumulators with the terms of the vector of this row at `i`."""
        total, rest, count = found
        e, count = term(rows.x, rows.kept, i, left, m, How(keeps, padded, False), count)
        total, rest = add(total, rest, e)
        return total, rest, count

    sums = njit(sums)

    def three_passes(rows, n, a, b, m):
        """Return the maximum of `rows.after` and the accumulators of `rows.x`.

        Where rows are no whole vectors, the last `LANES` results are computed before any is
        written, as the output may be the input, and overlap those before.
        """
        rows = near(rows)
        far = n > room
        padded = keeps and not (reaches_far and far)
        last, whole = n - LANES, n - n % LANES
        source, before, after = rows.source, rows.before, rows.after
        results = splat(zero)
        if whole < n:
            results = element(fetch(source, last, LANES, zero), keeps, before, last, LANES, a, b)
        most = larger(fetch(after, last, LANES, lowest), splat(lowest))
        found = splat(start), splat(start_rest), splat(zero)
        for i in range(0, whole, LANES):
            if reaches_far and far:
                prefetch_read(after, i + PREFETCH_DISTANCE)
                prefetch_write(rows.y, i + PREFETCH_DISTANCE)
            else:
                prefetch_write(rows.y, i)
            v = fetch(source, i, LANES, zero)
            put(before.y, i, LANES, element(v, keeps, before, i, LANES, a, b))
            most = larger(fetch(after, i, LANES, lowest), most)
            found = sums(rows, i, LANES, m, padded, found)
        if whole < n:
            found = sums(rows, whole, n - whole, m, padded, found)
            put(before.y, last, LANES, results)
        return largest_of_lanes(most), found

    return njit(three_passes)


def reach(f: Precision) -> int:
    """Return the length of the longest rows whose passes are overlapped."""
    return FAR if f.pointer == types.float32 else f.room


@functools.cache
def overlapped(passes: Passes) -> Any:
    """Make the function that takes a pass of each of three rows in one loop."""
    f, keeps, row_of = passes.terms.f, passes.keeps, passes.row
    three = three_passes(passes)
    keep, _ = keeping(f, without_largest=passes.terms.without_largest)
    begin, close, round_off, room = passes.begin, passes.close, f.round, f.room
    far = reach(f) > room

    def overlapped(operands, group, r, k, kept):
        """Write output of the row before `r`, sums of row `r`, and state of the row after it."""
        state, other = shifted(group.here, k), shifted(group.there, k)
        before, after, n = r - group.together, r + group.together, group.n
        x, _, row = row_of(operands, r, n, state)
        x_before, _, row_before = row_of(operands, before, n, other)
        x_after = from_row(operands[0], after)
        a, b = round_off(other[HIGH]), round_off(other[LOW])
        scratch = view(kept, 0, 1)
        if far and n > room:
            source = row_before.y if keeps else x_before
            rows = Three(source, row_before, x, row.y, row.y, x_after)
        else:
            rows = Three(scratch if keeps else x_before, row_before, x, scratch, row.y, x_after)
        m_after, found = three(rows, n, a, b, row.m)
        keep(shifted(group.sums, k * SUMS), found, False)
        close(operands, before, n, other)
        begin(operands, after, n, other, m_after)

    return njit(overlapped)


@functools.cache
def one_by_one(passes: Passes) -> Any:
    """Make the function that takes the passes of the same three rows one after the other."""
    first, second, gives = passes.first, second_pass(passes), passes.gives
    third: Any = third_pass(passes) if gives else None

    def one_by_one(operands, group, r, k, kept):
        """Write output of the row before `r`, sums of row `r`, and state of the row after it."""
        before, after = r - group.together, r + group.together
        state, other = shifted(group.here, k), shifted(group.there, k)
        if gives and 0 <= before < group.rows and other[MAXIMUM] > -INF:
            third(operands, group, before, other, kept)
        if 0 <= r < group.rows and state[MAXIMUM] > -INF:
            second(operands, group, r, state, kept, shifted(group.sums, k * SUMS))
        if after < group.rows:
            first(operands, after, group.n, other)

    return outlined(one_by_one)


@functools.cache
def settling(passes: Passes) -> Any:
    """Make the function that ends the second pass of a group, whose first row is `start`."""
    row_of, settle = passes.row, passes.settle
    _, total_of = keeping(passes.terms.f, without_largest=passes.terms.without_largest)

    def settling(operands, group, start):
        """Complete the states of the group's rows, from their sums in scratch memory."""
        width = min(group.together, group.rows - start)
        for k in range(width):
            state = shifted(group.here, k)
            if state[MAXIMUM] > -INF:
                _, count, _ = row_of(operands, start + k, group.n, state)
                total_of(shifted(group.sums, k * SUMS), state, count, group.n <= LANES)
        settle(from_row(operands, start), width, group.n, group.here)

    return njit(settling)


@functools.cache
def in_groups(passes: Passes, most: int) -> Any:
    """Make the function of rows one after the other, in groups of up to `most`.

    In each round the group's second pass, the first of the next group and the third of the group
    before are taken, row by row: in one loop where that is possible.
    """
    alone, settle, counts = one_by_one(passes), settling(passes), passes.counts
    overlaps = counts is not None
    three: Any = overlapped(passes) if overlaps else None
    f = passes.terms.f
    room, limit, to_numbers = f.room, reach(f), numbers(narrow=f.number == types.float32)

    def group_of(operands, rows, n, scratch):
        """Return the group before the first, and how many numbers each row has in `kept`."""
        slot = (n + LANES - 1) // LANES * LANES
        together = max(1, min(most, room // slot))
        ahead = together if n <= AHEAD * room else 0
        here = shifted(scratch, TOTALS)
        for k in range(0, 2 * STATES, LANES):
            store_all(here, k, splat(1.0))  # what is there may be subnormal, which is slow
        there, sums = shifted(here, STATES), shifted(here, 2 * STATES)
        return Group(rows, n, together, ahead, to_numbers(scratch), here, there, sums), slot

    group_of = njit(group_of)

    def in_groups(operands, rows, n, scratch):
        """Write the results of `rows` rows of `operands`, with their states in scratch memory."""
        group, slot = group_of(operands, rows, n, scratch)
        together = group.together
        close = overlaps and neighbours((operands[0], operands[-1])) and LANES < n <= limit
        for start in range(-together, rows + together, together):
            for k in range(together):
                r, kept = start + k, shifted(group.kept, k * slot)
                state, other = group.here[MAXIMUM + k], group.there[MAXIMUM + k]
                full = close and start >= together and r + together < rows
                full = full and state > -INF and other > -INF
                if overlaps and full and counts(operands, r + together):
                    three(operands, group, r, k, kept)
                else:
                    alone(operands, group, r, k, kept)
            if 0 <= start < rows:
                settle(operands, group, start)
            group = Group(rows, n, together, group.ahead, group.kept, group.there, group.here,
                          group.sums)  # fmt: skip

    return outlined(in_groups)
