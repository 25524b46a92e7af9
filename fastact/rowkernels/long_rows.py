"""Rows too long for the cache, in pieces: on all threads, with the same bits for any number.

A row takes three steps. Each piece finds its maximum, and the sum of exponentials relative to it;
the pieces' sums are joined in the order of pieces; each piece computes its results from the sum of
all. So exponentials are computed twice, and memory is read twice and written once (Dukhan and
Ablavatski 2020). `long_rows_loop` gives pieces to threads; where rows are shared among threads
anyway, `serially` takes the steps on one.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.dispatch import outlined
from fastact.compiler.inner_loop import UNIT
from fastact.compiler.simd import LANES, double, shifted, splat
from fastact.numerics.primitives import fma, where
from fastact.rowkernels.across import sums_across
from fastact.rowkernels.along import (
    PREFETCH_DISTANCE,
    How,
    Output,
    element_of,
    largest,
    nan_if_any,
    results,
    summed,
    term_of,
)
from fastact.rowkernels.arithmetic import (
    INF,
    Normaliser,
    Precision,
    Terms,
    difference,
    folded,
    join_double,
    larger,
    largest_of_lanes,
    power_double,
    sum_of_lanes,
    summing,
)
from fastact.rowkernels.memory import (
    FOUND,
    fetch,
    fetch_across,
    from_element,
    from_row,
    near,
    prefetch_read,
    put_across,
    side_by_side,
)
from fastact.rowkernels.operation import ONE, ZERO

LONG = 2**16  # elements: longer rows go in pieces
SHORTEST, MOST = 2**14, 1024  # the fewest elements of a piece, and the most pieces of a row
NUMBERS = 4  # float64 numbers that a piece finds: maximum, sum, its rest, count of largest elements


class Pieces(NamedTuple):
    """Some neighbouring pieces of a row, as `long_rows_loop` hands them to a step."""

    found: Any  # where the numbers that the first of them finds stand, and then those of others
    scratch: Any
    first: Any  # the number of the first of them in the row
    count: Any  # of pieces
    length: Any  # elements of a piece
    n: Any  # elements of the row


@njit
def piece_length(n):
    """Return the length of pieces, which depends on that of the row alone: so do the bits.

    It is a multiple of `UNIT`, whole vectors. `long_rows_loop.each_long_row` emits this formula.
    """
    return max(SHORTEST, (n + MOST * UNIT - 1) // (MOST * UNIT) * UNIT)


@njit
def exp_of_difference(m, most):
    """Return e**(m - most), of float64 numbers or vectors."""
    d, rest = difference(m, most)
    small = d < -760.0
    return power_double(where(small, -760.0, d), where(small, 0.0, rest)) * 2.0**-512


@functools.cache
def joining(f: Precision) -> Any:
    """Make the function that adds the sums of a piece, with its maximum, to those of a row."""
    up = f.up

    def joining(most, so_far, m, of_piece):
        """Return the sums of a row with those of one more piece, relative to `most`."""
        (total, rest, count), (a, b, c) = so_far, of_piece
        scale, same = exp_of_difference(m, most), where(m == most, c, 0.0 * c)
        a += (c - same) * up
        high = a * scale
        total, rest = join_double(total, rest, high, fma(a, scale, -high) + b * scale)
        return total, rest, count + same

    return njit(joining)


# ---------------------------------------------------------------- one row, on all threads
@functools.cache
def summed_with_next(terms: Terms) -> Any:
    """Make the function that sums a piece and finds the maximum of the next, in one loop."""
    f, term = terms.f, term_of(terms)
    (start, start_rest), add, _ = summing(f, without_largest=terms.without_largest)
    fold, zero, lowest = folded(f, without_largest=terms.without_largest), f.zero, -f.infinity

    def summed_with_next(x, x_after, n, m):
        """Return sum, rest and count of `x`, and the maximum of `x_after`; n is whole vectors."""
        total, rest, count = splat(start), splat(start_rest), splat(zero)
        most = splat(lowest)
        for i in range(0, n, LANES):
            prefetch_read(x_after, i + PREFETCH_DISTANCE)
            most = larger(fetch(x_after, i, LANES, lowest), most)
            e, count = term(x, x, i, LANES, m, How(False, False, False), count)
            total, rest = add(total, rest, e)
        total_of_row, rest_of_row = fold(total, rest)
        return total_of_row, rest_of_row, sum_of_lanes(count), largest_of_lanes(most)

    return njit(summed_with_next)


@functools.cache
def first_step(terms: Terms) -> Any:
    """Make the step that finds the maximum and the sum of each piece."""
    f, limit = terms.f, terms.limit
    most, total_of, nan = largest(f), summed(terms), nan_if_any(f)
    total_with_next, zero = summed_with_next(terms), f.zero

    def first_step(x, y, pieces):
        """Read the pieces of `x`, and write to `pieces.found` what each finds; leave `y` alone."""
        length, left = pieces.length, pieces.n - pieces.first * pieces.length
        m_after = most(x, min(length, left))
        for k in range(pieces.count):
            here, after = from_element(x, k * length), from_element(x, (k + 1) * length)
            size, left = min(length, left), left - length
            m, last, found = m_after, k + 1 == pieces.count, shifted(pieces.found, k * NUMBERS)
            with_next = x.step == 1 and left >= length and not last and abs(m) < limit
            if with_next:
                total, rest, count, m_after = total_with_next(near(here), near(after), length, m)
            elif abs(m) < limit:
                total, rest, count = total_of(here, size, m)
            else:
                total, rest, count = double(nan(here, size)), 0.0, zero
            found[0], found[1], found[2], found[3] = double(m), total, rest, double(count)
            if not with_next and not last:
                m_after = most(after, min(length, left))

    return outlined(first_step)


@functools.cache
def second_step(terms: Terms, along: Any, operands_of: Any) -> Any:
    """Make the step that joins the sums of all pieces of a row."""
    join, limit = joining(terms.f), terms.limit
    # The first step sums no piece whose maximum reaches the limit in size. In a row whose own is
    # less than half of the limit, such a piece is so far below that it adds nothing.
    beyond = 0.5 * float(limit)

    def second_step(x, y, pieces):
        """Write the row's numbers to `pieces.found`, over those of the first piece.

        A row with a large maximum is finished as a whole; then its maximum is inf, and the third
        step leaves it alone.
        """
        found, most = pieces.found, -INF
        for k in range(pieces.count):
            most = max(most, found[k * NUMBERS])
        if abs(most) >= beyond:
            along(operands_of(x, y), ONE, pieces.n, pieces.scratch)
            most = INF
        else:
            sums = 0.0, 0.0, 0.0
            for k in range(pieces.count):
                own = shifted(found, k * NUMBERS)
                sums = join(most, sums, own[0], (own[1], own[2], own[3]))
            found[1], found[2], found[3] = sums
        found[0] = most

    return outlined(second_step)


@functools.cache
def third_step(terms: Terms, to: Normaliser) -> Any:
    """Make the step that computes the results of each piece, from the input again."""
    f, parameters = terms.f, to.parameters
    round_off = f.round
    write = results(element_of(to), f)

    def third_step(x, y, pieces):
        """Read `x` and write to `y` the results of some pieces, unless the row is done."""
        found = pieces.found
        if abs(found[0]) < INF:
            m = round_off(found[0])
            a, b = parameters(found[1], found[2], found[3])
            size = min(pieces.count * pieces.length, pieces.n - pieces.first * pieces.length)
            write(x, Output(y, m), size, a, b, How(False, False, True))

    return outlined(third_step)


@functools.cache
def serially(steps: tuple[Any, Any, Any]) -> Any:
    """Make the function of long rows one after the other, on one thread."""
    first, second, third = steps

    def serially(operands, rows, n, scratch):
        """Take the three steps of each row, with what pieces find in scratch memory."""
        length = piece_length(n)
        count = (n + length - 1) // length
        pieces = Pieces(shifted(scratch, FOUND), scratch, ZERO, count, length, n)
        for r in range(rows):
            x, y = from_row(operands, r)
            first(x, y, pieces)
            second(x, y, pieces)
            third(x, y, pieces)

    return outlined(serially)


# ---------------------------------------------------------------- rows side by side
@functools.cache
def across_in_pieces(terms: Terms, to: Normaliser) -> Any:
    """Make the function of up to `LANES` long rows side by side, unless a maximum is too large."""
    f, (parameters, element) = terms.f, to
    sums, join, zero, infinity = sums_across(terms), joining(f), f.zero, f.infinity

    def across_in_pieces(operands, width, n, scratch):
        """Write the results of rows of `operands.x` to `operands.y`; return whether it was done."""
        x, y = side_by_side(operands)
        most, length = splat(-infinity), piece_length(n)
        for i in range(n):
            most = larger(fetch_across(x, i, width, zero), most)
        m = double(most)
        so_far = m - m, m - m, m - m
        for start in range(0, n, length):
            here, size = from_element(x, start), min(length, n - start)
            done, most_of_piece, a, b, c = sums(here, size, width, False, scratch)
            if not done:
                return False
            so_far = join(m, so_far, double(most_of_piece), (a, b, double(c)))
        a, b = parameters(*so_far)
        for i in range(n):
            put_across(y, i, width, element(fetch_across(x, i, width, zero), False, most, a, b))
        return True

    return outlined(across_in_pieces)
