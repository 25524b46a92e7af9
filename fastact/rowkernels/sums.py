"""Sums of rows, in float64 with what rounds off: the same bits for every layout.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.simd import LANES, lane, splat
from fastact.numerics.primitives import where
from fastact.rowkernels.across import settled
from fastact.rowkernels.arithmetic import DOUBLE, INF, join_double, joined_lanes
from fastact.rowkernels.memory import each_vector, fetch, fetch_across, from_row, side_by_side
from fastact.rowkernels.operation import Loop, RowOperation, input_abreast, over_rows


class Operands(NamedTuple):
    """Rows of terms, and of each its sum in float64."""

    x: Any
    y: Any


joined = joined_lanes(join_double)
load_settled, store_settled = settled(DOUBLE["float64"])


@njit
def step(x, i, left, values, found):
    """Add the vector of `x` at `i` to accumulators and their rests."""
    return join_double(*found, fetch(x, i, left, -0.0), splat(0.0))


add_all = each_vector(step)


@njit
def sum_of(total, rest):
    """Return a total with its rest, which is NaN beside an infinite one; one term is itself."""
    return where(abs(total) < INF, where(rest == 0.0, total, total + rest), total)


@njit
def rows(operands, rows, n, scratch):
    """Write the sums of `rows` rows, one after the other."""
    for r in range(rows):
        x, y = from_row(operands, r)
        total, rest = add_all(x, n, 0, (splat(-0.0), splat(0.0)))
        y.pointer[0] = sum_of(*joined(total, rest)) if n > 0 else 0.0


@njit
def columns(operands, width, n, scratch):
    """Write the sums of `width` rows that lie side by side, with the accumulators of `rows`."""
    x, y = operands
    x = side_by_side(x)
    for k in range(min(LANES, n)):  # others add nothing
        total, rest = splat(-0.0), splat(0.0)
        for i in range(k, n, LANES):
            v = fetch_across(x, i, width, -0.0)
            total, rest = join_double(total, rest, v, splat(0.0))
        store_settled(scratch, k, total, rest)
    half = LANES // 2
    while half > 0:
        for k in range(min(half, n - half)):
            total, rest = load_settled(scratch, k)
            store_settled(scratch, k, *join_double(total, rest, *load_settled(scratch, k + half)))
        half //= 2
    total, rest = load_settled(scratch, 0)
    found = sum_of(total, rest)
    for j in range(width):
        y.pointer[j * y.row] = lane(found, j)
    return True


def sums(dtype: str) -> Any:
    """The loop of the sum."""
    return over_rows(RowOperation(rows, columns, abreast=input_abreast))


LOOPS = {"sums": Loop(Operands, sums)}
