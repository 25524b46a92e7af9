"""The driver of all functions along an axis, and the record that describes one to it.

There are three ways through the rows of a call:

`ACROSS`
    the axis has its neighbours in memory in other rows: a lane is a row. Rows are computed side by
    side where they are.
`TILED`
    short rows: those of a *tile* are turned into columns of scratch memory, computed side by side
    there, and turned back.
`ALONG`
    other rows: lanes are neighbours in the row.

Rows side by side with a large or infinite maximum are computed `ALONG` instead.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.simd import LANES
from fastact.rowkernels.memory import DEPTH, from_row

ALONG, TILED, ACROSS = 0, 1, 2
# For arguments of outlined functions, of which Numba would compile another one for each literal.
ZERO, ONE = np.int64(0), np.int64(1)
ALL = 2**62  # more rows than there are


@njit
def ends_abreast(operands, n):
    """Whether neighbours in memory lie in other rows, in the first and the last operand."""
    return operands[0].row == 1 and operands[-1].row == 1


@njit
def long_abreast(operands, n):
    """The same of rows that do not fit into a tile."""
    return n > DEPTH and operands[0].row == 1 and operands[-1].row == 1


@njit
def input_abreast(operands, n):
    """The same of the first operand alone."""
    return operands[0].row == 1


class RowOperation(NamedTuple):
    """A function along an axis, as `over_rows` sees it.

    Its functions get the operands, a NamedTuple of `Strided` that begin with the first of the rows
    in question, the number of these, their length, and scratch memory.

    `rows` does rows one after the other, whatever they contain. `columns` does up to `at_once` rows
    side by side where they are, if `abreast` says that they lie so; `tile` does up to `LANES` short
    rows, or some times as many (`tiles`), in scratch memory. Both return whether that was possible.
    """

    rows: Any
    columns: Any = None
    tile: Any = None
    abreast: Any = ends_abreast
    at_once: int = LANES
    tiles: int = 1


class Loop(NamedTuple):
    """The loop of a ufunc, as `build` makes it: its operands, and what makes it for a dtype.

    `operands` is a NamedTuple of `Strided`. A function whose long rows go in pieces has `steps`,
    which makes the three steps of one. LLVM unrolls a loop that is `as_written` no further than it
    is written: it is a fifth shorter then, sooner compiled, and as fast or faster. Those of
    logsumexp and hardmax gain by being unrolled.
    """

    operands: Any
    make: Callable[[str], Any]
    steps: Callable[[str], tuple[Any, Any, Any]] | None = None
    as_written: bool = False


def way_through(operation: RowOperation) -> tuple[Any, Any]:
    """The functions that give the way through the rows of a call, and of how many at a time."""
    abreast, at_once, tiles = operation.abreast, operation.at_once, operation.tiles
    has_columns, has_tile = operation.columns is not None, operation.tile is not None

    def way_through(operands, rows, n):
        """Return the way for `rows` rows of length `n`, from how the operands lie in memory."""
        if rows > 1 and n > 0:
            if has_columns and abreast(operands, n):
                return ACROSS
            if has_tile and n <= DEPTH:
                return TILED
        return ALONG

    def together(way, rows, n):
        """Return how many rows are handed over at a time."""
        if way == TILED:
            return max(1, min(tiles, DEPTH // n)) * LANES
        return at_once if way == ACROSS else max(1, rows)

    return njit(way_through), njit(together)


def over_rows(operation: RowOperation) -> Any:
    """The loop over all rows of a call."""
    rows_of, columns, tile = operation.rows, operation.columns, operation.tile
    choose, how_many = way_through(operation)
    has_columns, has_tile = columns is not None, tile is not None

    def loop(operands, scratch, rows, n):
        """Compute all rows: read and write the operands, with `scratch` for what lies between."""
        way = choose(operands, rows, n)
        together = how_many(way, rows, n)
        for r in range(0, rows, together):
            here, width, done = from_row(operands, r), min(together, rows - r), False
            if has_tile and way == TILED:
                done = tile(here, width, n, scratch)
            if has_columns and way == ACROSS:
                done = columns(here, width, n, scratch)
            if not done:
                rows_of(here, width, n, scratch)

    return njit(loop)
