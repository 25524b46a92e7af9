"""Softmax and log-softmax as loops over rows.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.dispatch import outlined
from fastact.compiler.simd import LANES, double, load_all, store_all
from fastact.rowkernels.across import TILES, in_strips, in_tiles
from fastact.rowkernels.along import (
    Output,
    Passes,
    element_of,
    fill,
    in_groups,
    largest,
    nan_if_any,
    subtract_maximum,
)
from fastact.rowkernels.arithmetic import (
    INF,
    NATIVE,
    Normaliser,
    Terms,
    logarithm,
    quotient,
)
from fastact.rowkernels.long_rows import (
    LONG,
    across_in_pieces,
    first_step,
    second_step,
    serially,
    third_step,
)
from fastact.rowkernels.memory import (
    COUNT,
    GROUP,
    GROUP_OF_LOGARITHMS,
    HIGH,
    LOW,
    MAXIMUM,
    MOVED,
    REST,
    TOTAL,
    from_row,
)
from fastact.rowkernels.operation import ALL, Loop, RowOperation, over_rows


class Operands(NamedTuple):
    """Rows of the input, and of the output."""

    x: Any
    y: Any


class Forward(NamedTuple):
    """Softmax or log-softmax: its terms, and what is made of their sums.

    Exponentials are computed once if it `keeps` them. A row without mass is filled with
    `fill_value`.
    """

    terms: Terms
    keeps: bool
    to: Normaliser
    group: int
    fill_value: float


def of_softmax(dtype: str) -> Forward:
    """e**(x - m) / sum."""
    terms = Terms(NATIVE[dtype], without_largest=False)
    return Forward(terms, True, quotient(terms), GROUP, 0.0)


def of_log_softmax(dtype: str) -> Forward:
    """x - m - log(sum)."""
    terms = Terms(NATIVE[dtype], without_largest=True)
    return Forward(terms, False, logarithm(terms), GROUP_OF_LOGARITHMS, -INF)


# ---------------------------------------------------------------- passes along a row
@functools.cache
def beginning(terms: Terms, fill_value: float) -> tuple[Any, Any]:
    """The first pass of a row, and what is done when its maximum is known."""
    f, limit = terms.f, terms.limit
    most, nan, subtract = largest(f), nan_if_any(f), subtract_maximum(f)
    infinity, empty = f.infinity, f.one * fill_value

    def handle_large_maximum(x, y, n, m, state):
        """Store x - m in the output and set MOVED: later passes read the row from there."""
        if m == -infinity:
            fill(y, n, empty + nan(x, n))
        else:
            subtract(x, y, n, m)
            state[MAXIMUM], state[MOVED] = 0.0, 1.0

    handle_large_maximum = outlined(handle_large_maximum)

    def begin(operands, r, n, state, m):
        """Write the maximum to the row's state; a large one is dealt with at once."""
        state[MAXIMUM], state[MOVED] = double(m), 0.0
        if abs(m) >= limit:
            x, y = from_row(operands, r)
            handle_large_maximum(x, y, n, m, state)

    begin = njit(begin)

    def first(operands, r, n, state):
        """Find the maximum of row `r` of `operands.x`, and begin the row's state."""
        begin(operands, r, n, state, most(from_row(operands.x, r), n))

    return njit(first), begin


@functools.cache
def passes(forward: Forward) -> Passes:
    """The passes along rows."""
    terms, parameters, round_off = forward.terms, forward.to.parameters, forward.terms.f.round
    first, begin = beginning(terms, forward.fill_value)

    def row(operands, r, n, state):
        """Return the input of row `r` (its output if it was moved there), length, `Output`."""
        x, y = from_row(operands, r)
        if state[MOVED] != 0.0:
            x = y
        return x, n, Output(y, round_off(state[MAXIMUM]))

    def settle(operands, width, n, state):
        """Write the parameters of a group of rows to their states, from the sums there."""
        a, b = parameters(load_all(state, TOTAL), load_all(state, REST), load_all(state, COUNT))
        store_all(state, HIGH, double(a))
        store_all(state, LOW, double(b))

    def counts(operands, r):
        """Return that every row is computed."""
        return True

    return Passes(
        terms=terms, keeps=forward.keeps, element=element_of(forward.to), first=first, begin=begin,
        row=njit(row), settle=njit(settle), counts=njit(counts),
    )  # fmt: skip


# ---------------------------------------------------------------- every way
def along(forward: Forward) -> Any:
    """Rows one after the other, not longer than `LONG`."""
    return in_groups(passes(forward), forward.group)


@njit
def operands_of(x, y):
    """Return two arrays as the operands of a call."""
    return Operands(x, y)


def steps(forward: Forward) -> tuple[Any, Any, Any]:
    """The three jobs of a long row, which compute exponentials twice."""
    terms, to = forward.terms, forward.to
    second = second_step(terms, along(forward), operands_of)
    return first_step(terms), second, third_step(terms, to)


def loop(forward: Forward) -> Any:
    """The loop of a function, except for long rows that do not lie side by side."""
    terms, keeps, to, _, _ = forward
    f, one_by_one, long_rows = terms.f, along(forward), serially(steps(forward))
    # float16 has too few bits to keep an exponential in the output.
    strips = in_strips(terms, to, one_by_one, keeps=keeps and f.pointer == f.number)
    long_strip = across_in_pieces(terms, to)

    def rows(operands, rows, n, scratch):
        """Read `operands.x` and write `operands.y`, rows one after the other, of any length."""
        if n > LONG:
            long_rows(operands, rows, n, scratch)
        elif n > 0:
            one_by_one(operands, rows, n, scratch)

    rows_of = outlined(rows)

    def columns(operands, rows, n, scratch):
        """Read `operands.x` and write `operands.y`, rows side by side where they lie."""
        if n <= LONG:
            strips(operands, rows, n, scratch)
        else:
            for r in range(0, rows, LANES):
                here, width = from_row(operands, r), min(LANES, rows - r)
                if not long_strip(here, width, n, scratch):
                    rows_of(here, width, n, scratch)
        return True

    tile = in_tiles(terms, to, keeps=keeps)
    return over_rows(RowOperation(rows_of, njit(columns), tile, at_once=ALL, tiles=TILES))


def softmax(dtype: str) -> Any:
    """The loop of softmax."""
    return loop(of_softmax(dtype))


def log_softmax(dtype: str) -> Any:
    """The loop of log-softmax."""
    return loop(of_log_softmax(dtype))


LOOPS = {
    "softmax": Loop(
        Operands, softmax, steps=lambda dtype: steps(of_softmax(dtype)), as_written=True
    ),
    "log_softmax": Loop(
        Operands, log_softmax, steps=lambda dtype: steps(of_log_softmax(dtype)), as_written=True
    ),
}
