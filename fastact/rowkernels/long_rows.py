"""Rows too long for the cache, piece by piece: on all threads, and the same bits for any number.

Each piece has a maximum and a sum of exponentials relative to it; the pieces of a row are joined in
their order; then each piece is finished with the sum of all. So exponentials are computed twice,
and memory is read twice and written once (Dukhan and Ablavatski 2020).

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from typing import Any

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.dispatch import outlined
from fastact.compiler.simd import LANES, double, every_lane, load_all, shifted, store_all
from fastact.numerics.primitives import fma, where
from fastact.rowkernels.across import across, summed_across, tiles, tops_across, totals_across
from fastact.rowkernels.along import along, finished, largest, spoiled, summed, summed_with_next
from fastact.rowkernels.arithmetic import (
    ACROSS,
    ALONG,
    DEPTH,
    FOUND,
    INF,
    ONE,
    TILED,
    TOTALS,
    ZERO,
    Format,
    Kind,
    asking,
    choose,
    difference,
    exponential,
    join_double,
    larger,
    memory,
    power_double,
    rounding_of,
)

LONG = 2**16  # elements of a row, from which on it goes in pieces
SHORTEST, MOST = 2**14, 1024  # elements of a piece, and pieces of a row
LIMITS = LONG, SHORTEST, MOST
UNIT = 32  # elements of which a piece is a multiple: see `long_rows_loop`
PARTS = 4  # float64 numbers of a piece: maximum, sum, its rest, number of largest elements


@njit
def piece_length(n: Any) -> Any:
    """The length of pieces: it depends on that of the row alone."""
    return max(SHORTEST, (n + MOST * UNIT - 1) // (MOST * UNIT) * UNIT)


@njit
def share(m: Any, most: Any) -> Any:
    """e**(m - most)."""
    d, rest = difference(m, most)
    small = d < -760.0
    return power_double(where(small, -760.0, d), where(small, 0.0, rest)) * 2.0**-512


@functools.cache
def joining(f: Format) -> Any:
    up = f.up

    def joining(
        most: Any, total: Any, rest: Any, count: Any, m: Any, a: Any, b: Any, c: Any
    ) -> Any:
        """Sum, rest and count of a row so far, with those of its next piece."""
        scale, same = share(m, most), where(m == most, c, 0.0 * c)
        a += (c - same) * up
        high = a * scale
        total, rest = join_double(total, rest, high, fma(a, scale, -high) + b * scale)
        return total, rest, count + same

    return njit(joining)


# ---------------------------------------------------------------- one row, on all threads
@functools.cache
def part(f: Format, kind: Kind) -> Any:
    most, total_of, spoil = largest(f), summed(f, kind), spoiled(f)
    total_with_next, (_, limit) = summed_with_next(f, kind), exponential(f, quick=kind.quick)
    zero = f.zero

    def part(
        x: Any, y: Any, found: Any, t: Any, number: Any, pieces: Any, length: Any, n: Any,
        core_x: Any, core_y: Any,
    ) -> None:  # fmt: skip
        """Pieces from `number` on, of which `x` and `found` are the first."""
        m_after = most(x, min(length, n - number * length), core_x)
        for k in range(pieces):
            here, size = shifted(x, k * length * core_x), min(length, n - (number + k) * length)
            after, left = shifted(here, length * core_x), n - (number + k + 1) * length
            m, last, at = m_after, k + 1 == pieces, k * PARTS
            with_next = core_x == 1 and left >= length and not last and abs(m) < limit
            if with_next:
                total, rest, count, m_after = total_with_next(here, length, m, after)
            elif abs(m) < limit:
                total, rest, count = total_of(here, y, size, core_x, core_y, m)
            else:
                total, rest, count = double(spoil(here, size, core_x)), 0.0, zero
            found[at], found[at + 1], found[at + 2] = double(m), total, rest
            found[at + 3] = double(count)
            if not with_next and not last:
                m_after = most(after, min(length, left), core_x)

    return outlined(part)


@functools.cache
def whole(f: Format, kind: Kind, short: Kind, empty: float) -> Any:
    join, one = joining(f), along(f, kind, short, empty)
    _, limit = exponential(f, quick=kind.quick)
    beyond = 0.5 * float(limit)  # so that pieces whose maximum is too large are far below

    def whole(
        x: Any, y: Any, found: Any, t: Any, number: Any, pieces: Any, length: Any, n: Any,
        core_x: Any, core_y: Any,
    ) -> None:  # fmt: skip
        """All pieces together, in place of the first; a row with a large maximum as a whole."""
        most = -INF
        for k in range(pieces):
            most = max(most, found[k * PARTS])
        if abs(most) >= beyond:
            one(x, y, ONE, n, ZERO, ZERO, core_x, core_y, t, found)
            most = INF
        else:
            total, rest, count = 0.0, 0.0, 0.0
            for at in range(0, pieces * PARTS, PARTS):
                total, rest, count = join(
                    most, total, rest, count,
                    found[at], found[at + 1], found[at + 2], found[at + 3],
                )  # fmt: skip
            found[1], found[2], found[3] = total, rest, count
        found[0] = most

    return outlined(whole)


@functools.cache
def finish(f: Format, kind: Kind) -> Any:
    """`kind` computes exponentials again."""
    results, parameters, round_off = finished(f, kind, far=True), kind.parameters, rounding_of(f)

    def finish(
        x: Any, y: Any, found: Any, t: Any, number: Any, pieces: Any, length: Any, n: Any,
        core_x: Any, core_y: Any,
    ) -> None:  # fmt: skip
        if abs(found[0]) < INF:
            m = round_off(found[0])
            a, b = parameters(found[1], found[2], found[3])
            size = min(pieces * length, n - number * length)
            results(x, y, y, size, core_x, core_y, core_y, m, a, b, False)

    return outlined(finish)


def steps(f: Format, kind: Kind, short: Kind, again: Kind, empty: float) -> tuple[Any, Any, Any]:
    """The three steps of a row; see `forward` for the kinds."""
    return part(f, again), whole(f, kind, short, empty), finish(f, again)


@functools.cache
def serially(f: Format, kind: Kind, short: Kind, again: Kind, empty: float) -> Any:
    first_step, second_step, third_step = steps(f, kind, short, again, empty)

    def serially(x: Any, y: Any, n: Any, core_x: Any, core_y: Any, t: Any, s: Any) -> None:
        """A row by itself, on one thread."""
        length, found = piece_length(n), shifted(s, FOUND)
        pieces = (n + length - 1) // length
        first_step(x, y, found, t, ZERO, pieces, length, n, core_x, core_y)
        second_step(x, y, found, t, ZERO, pieces, length, n, core_x, core_y)
        third_step(x, y, found, t, ZERO, pieces, length, n, core_x, core_y)

    return outlined(serially)


# ---------------------------------------------------------------- rows side by side
@functools.cache
def across_in_pieces(f: Format, kind: Kind) -> Any:
    (fetch, put), sums, join = memory(f), summed_across(f, kind), joining(f)
    parameters, result, zero, infinity = kind.parameters, kind.result, f.zero, f.infinity

    def across_in_pieces(
        x: Any, y: Any, n: Any, width: Any, core_x: Any, core_y: Any, s: Any
    ) -> Any:
        """Up to `LANES` rows, unless a maximum of a piece is too large: whether all was done."""
        most, length = every_lane(-infinity), piece_length(n)
        for i in range(n):
            most = larger(fetch(x, i * core_x, 1, width, zero), most)
        m = double(most)
        total, rest, count = m - m, m - m, m - m
        for start in range(0, n, length):
            here, size = shifted(x, start * core_x), min(length, n - start)
            done, largest, a, b, c = sums(here, y, size, width, core_x, core_y, s)
            if not done:
                return False
            total, rest, count = join(m, total, rest, count, double(largest), a, b, double(c))
        a, b = parameters(total, rest, count)
        for i in range(n):
            v = fetch(x, i * core_x, 1, width, zero)
            put(y, i * core_y, 1, width, result(v, most, a, b))
        return True

    return outlined(across_in_pieces)


# A sweep over a short row has little to do at a time, so it goes over several tiles before the next
# begins. Each has behind it the maxima of its rows, and two numbers made of their sums.
TILES, OF_ROWS = 4, 3


@njit
def rows_together(n: Any) -> Any:
    return max(1, min(TILES, DEPTH // n)) * LANES


@njit
def tile_of(t: Any, r: Any, n: Any) -> Any:
    return shifted(t, r * (n + OF_ROWS))


@functools.cache
def sweeps_of_tile(f: Format, kind: Kind) -> tuple[Any, Any, Any]:
    top_of, total_of, (fetch, put) = tops_across(f, kind), totals_across(f, kind), memory(f)
    parameters, result, zero = kind.parameters, kind.result, f.zero

    def top(tile: Any, n: Any) -> Any:
        """Whether no maximum is too large."""
        possible, m = top_of(tile, n, LANES, LANES)
        store_all(tile, n * LANES, m)
        return possible

    def middle(tile: Any, n: Any, s: Any) -> None:
        m = load_all(tile, n * LANES)
        total, rest, count = total_of(tile, tile, n, LANES, LANES, LANES, s, m, None)
        a, b = parameters(total, rest, count)
        store_all(tile, (n + 1) * LANES, a)
        store_all(tile, (n + 2) * LANES, b)

    def last(tile: Any, n: Any) -> None:
        m, a = load_all(tile, n * LANES), load_all(tile, (n + 1) * LANES)
        b = load_all(tile, (n + 2) * LANES)
        for i in range(0, n * LANES, LANES):
            v = fetch(tile, i, 1, LANES, zero)
            put(tile, i, 1, LANES, result(v, m, a, b))

    return njit(top), njit(middle), njit(last)


@functools.cache
def tiled(f: Format, kind: Kind) -> Any:
    """Short rows by way of tiles."""
    (bring, back), (top, middle, last), ask = tiles(f), sweeps_of_tile(f, kind), asking(f)
    zero = f.zero

    def tiled(x: Any, y: Any, row_x: Any, row_y: Any, core_x: Any, core_y: Any,
              rows: Any, n: Any, t: Any, s: Any) -> Any:  # fmt: skip
        """Whether all was done: not if a maximum is too large."""
        for r in range(0, rows, LANES):
            width = min(LANES, rows - r)
            bring(shifted(x, r * row_x), row_x, core_x, width, n, tile_of(t, r, n), zero)
        possible = True
        for r in range(0, rows, LANES):
            possible = top(tile_of(t, r, n), n) and possible
        if not possible:
            return False
        packed = row_x == n and row_y == n and core_x == 1 and core_y == 1
        for r in range(0, rows, LANES):
            middle(tile_of(t, r, n), n, s)
            if packed:  # soon those of the next rows are wanted
                for i in range((rows + r) * n, (rows + r + LANES) * n, LANES):
                    ask(x, i, y, i)
        for r in range(0, rows, LANES):
            last(tile_of(t, r, n), n)
        for r in range(0, rows, LANES):
            width = min(LANES, rows - r)
            back(tile_of(t, r, n), shifted(y, r * row_y), row_y, core_y, width, n)
        return True

    return njit(tiled)


# ---------------------------------------------------------------- every way
def forward(f: Format, kind: Kind, short: Kind, again: Kind, empty: float) -> Any:
    """The loop of a function of rows, except for long rows that do not lie side by side.

    Where exponentials are wanted for the last sweep, `kind` keeps them in the output, and `short`
    in scratch memory, if its dtype allows it; `again` never does.
    """
    one, tile = along(f, kind, short, empty), tiled(f, short)
    many = across(f, kind, one)
    many_long, one_long = across_in_pieces(f, again), serially(f, kind, short, again, empty)

    def loop(
        x: Any, y: Any, t: Any, s: Any, rows: Any, n: Any,
        row_x: Any, row_y: Any, core_x: Any, core_y: Any,
    ) -> None:  # fmt: skip
        if n == 0:
            return
        way = choose(rows, n, row_x, row_y)
        if way == ACROSS and n <= LONG:
            many(x, y, rows, n, core_x, core_y, t, s)
            return
        together = rows if way == ALONG else rows_together(n) if way == TILED else LANES
        for r in range(0, rows, together):
            x_r, y_r, width = shifted(x, r * row_x), shifted(y, r * row_y), min(together, rows - r)
            done = False
            if way == TILED:
                done = tile(x_r, y_r, row_x, row_y, core_x, core_y, width, n, t, s)
            elif way == ACROSS:
                done = many_long(x_r, y_r, n, width, core_x, core_y, s)
            if n <= LONG and not done:
                facts = shifted(s, TOTALS)
                one(x_r, y_r, width, n, row_x, row_y, core_x, core_y, t, facts)
            for j in range(0 if n <= LONG or done else width):
                one_long(shifted(x_r, j * row_x), shifted(y_r, j * row_y), n, core_x, core_y, t, s)

    return njit(loop)
