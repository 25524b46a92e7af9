"""Slopes and jumps of a function from its values alone, in float64: what `fastact.check` measures.

Both work on many points at once and know what they cannot tell: a slope comes with an estimate of
its error, and a jump is what stays when the points around it move together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Floats = NDArray[np.float64]
Function = Callable[[Floats], Floats]

STEPS = 26  # halvings of the step: from an eighth of |x| down to 2**-29 of it
LEVELS = 24  # of zooming: each makes an interval at least 3.2 times shorter
PARTS = 16  # of an interval
UNRESOLVED = 2.0**-1020  # below, float64 loses bits, and naive formulas underflow


def ordinals(x: ArrayLike, dtype: DTypeLike = np.float64) -> NDArray[np.int64]:
    """The numbers of floats in their order: neighbours differ by 1, and both zeros are 0."""
    floats = np.asarray(x, dtype)
    size = floats.dtype.itemsize
    bits = floats.view(f"i{size}").astype(np.int64)
    return np.where(bits < 0, -(bits & (2 ** (8 * size - 1) - 1)), bits)


def from_ordinals(numbers: NDArray[np.int64], dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """The floats of these numbers."""
    magnitude = np.abs(numbers).astype(f"u{np.dtype(dtype).itemsize}").view(dtype)
    return np.where(numbers < 0, -magnitude, magnitude)


def beside(x: Floats, steps: int) -> Floats:
    """The floats so many steps above each of `x`."""
    return from_ordinals(ordinals(x) + steps)


class Slopes(NamedTuple):
    """Slopes and the estimates of their errors, which are inf where nothing can be told."""

    value: Floats
    error: Floats


def slopes(f: Function, x: Floats, reach: Floats, unit: float) -> Slopes:
    """The slope of `f` at each of `x`, from its values no further away than `reach`.

    Central differences of many steps, each extrapolated twice (Richardson), and of these the one
    that differs least from its neighbours (Ridders 1982, "Accurate computation of F'(x) and
    F'(x) F''(x)"). `unit` bounds the relative error of the values of `f`.
    """
    widest = np.minimum(np.maximum(np.abs(x), 1.0) / 8, reach / 2)
    step = np.exp2(np.floor(np.log2(widest))) * 2.0 ** -np.arange(STEPS)[:, None]
    right, left = x + step, x - step
    high, low = f(right), f(left)
    once = (high - low) / (right - left)
    noise = (unit * (np.abs(high) + np.abs(low)) + UNRESOLVED) / (right - left)
    twice = once[1:] + (once[1:] - once[:-1]) / 3
    thrice = twice[1:] + (twice[1:] - twice[:-1]) / 15
    spread = np.maximum(np.abs(thrice[:-1] - thrice[1:]), np.abs(thrice[:-1] - twice[1:-1]))
    error = spread + 2 * noise[3:]
    error[~np.isfinite(error)] = np.inf
    best = np.argmin(error, axis=0), np.arange(x.size)
    return Slopes(thrice[best], error[best])


class Jumps(NamedTuple):
    """Places where a function jumps: the values at two floats and the size of the step."""

    before: Floats
    after: Floats
    value_before: Floats
    value_after: Floats


def third_differences(y: Floats) -> tuple[Floats, Floats]:
    """Their size along the first axis, 0 where a value is not finite, and as shares of `y`."""
    found = np.abs(np.diff(y, 3, axis=0))
    found = np.where(np.isfinite(found), found, 0.0)
    size = np.abs(np.lib.stride_tricks.sliding_window_view(y, 4, axis=0)).max(axis=-1)
    return found, found / np.maximum(size, UNRESOLVED)


def jumps(f: Function, grid: Floats, relative: float) -> Jumps:
    """Where `f` jumps between the ascending points of `grid`, if only by that share of its size.

    An interval is cut into parts; where third differences are the largest share of the values is
    looked at more closely. Of a smooth function they fall to nothing within a few rounds; those of
    a jump stay.
    """
    low, high = grid[:-1], grid[1:]
    near = np.maximum(np.maximum(np.abs(low), np.abs(high)), 2.0**-6) / 256
    around = np.abs(f(np.stack([low - near, low, high, high + near])))
    size = np.max(np.where(np.isfinite(around), around, 0.0), axis=0)
    floor = relative * size + UNRESOLVED
    shares = np.linspace(0, 1, PARTS + 1)[:, None]
    for _ in range(LEVELS):
        x = low + (high - low) * shares
        x[-1] = high
        bend, share = third_differences(f(x))
        at, column = np.argmax(np.where(bend > floor, share, 0.0), axis=0), np.arange(low.size)
        kept = bend[at, column] > floor
        at, column = at[kept], column[kept]
        low, high, floor = x[at, column], x[at + 3, column], floor[column]
    return between_neighbours(f, *bisected(f, low, high), floor)


def bisected(f: Function, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The two neighbouring floats in each interval between which `f` changes most."""
    below, above = ordinals(low), ordinals(high)
    for _ in range(64):
        middle = below // 2 + above // 2 + (below & above & 1)
        start, centre, end = (f(from_ordinals(n)) for n in (below, middle, above))
        left, apart = np.abs(centre - start) >= np.abs(end - centre), above - below > 1
        below = np.where(apart & ~left, middle, below)
        above = np.where(apart & left, middle, above)
    return from_ordinals(below), from_ordinals(above)


def between_neighbours(f: Function, low: Floats, high: Floats, floor: Floats) -> Jumps:
    """The changes above `floor` that stand out from those between the floats around them."""
    y = f(np.stack([low, high]))
    step = np.abs(y[1] - y[0])
    around = [np.abs(f(beside(x, n + 1)) - f(beside(x, n))) for x, n in ((low, -4), (high, 3))]
    usual = np.max(np.where(np.isfinite(around), around, 0.0), axis=0)
    kept = (step > floor) & (step > 16 * usual) & np.isfinite(step)
    return Jumps(*np.unique(np.stack([low, high, *y])[:, kept], axis=1))
