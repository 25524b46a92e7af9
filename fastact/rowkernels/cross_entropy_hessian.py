"""Gradient and diagonal hessian of softmax cross-entropy: see `fastact.losses`.

With p the probability of an element, the gradient is p, or -(1 - p) at the label, and the diagonal
of the hessian p (1 - p). Where 1 - p could cancel, at a largest element, it is made of the sum
without it.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from typing import Any

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.simd import (
    LANES,
    double,
    every_lane,
    first,
    gather,
    load_all,
    real,
    shifted,
    store_all,
)
from fastact.numerics.primitives import where
from fastact.rowkernels.across import summed_across, tiles
from fastact.rowkernels.along import filled, largest, rewritten, spoiled, summed
from fastact.rowkernels.arithmetic import DEPTH, NATIVE, exponential, memory, rounding
from fastact.rowkernels.cross_entropy import KEPT, LEFT

SECOND = DEPTH * LANES  # scratch memory holds two tiles


@functools.cache
def derivatives(dtype: str) -> tuple[Any, Any]:
    """Functions that invert a row's sum, and that make p and 1 - p of an exponential."""
    up = NATIVE[dtype].up

    def shares(total: Any, rest: Any, count: Any) -> Any:
        """What an exponential is multiplied by, and 1 - p of a largest element."""
        others = (total + rest) + (double(count) - 1.0) * up
        return 1.0 / (others + up), others / (others + up)

    def probability(e: Any, inverse: Any, others: Any) -> Any:
        p = double(e) * inverse
        return p, where(double(e) == up, others, 1.0 - p)

    return njit(shares), njit(probability)


@functools.cache
def one_row(dtype: str) -> Any:
    f, rounded = NATIVE[dtype], rounding(dtype)
    most, total_of, spoil = largest(f), summed(f, LEFT), spoiled(f)
    power, limit = exponential(f, quick=True)
    (fetch, put), fill, rewrite = memory(f), filled(f), rewritten(f)
    zero, one, infinity, (shares, probability) = f.zero, f.one, f.infinity, derivatives(dtype)

    def one_row(
        x: Any, label: Any, factor: Any, bend: Any, g: Any, h: Any, n: Any,
        core_x: Any, core_g: Any, core_h: Any,
    ) -> None:  # fmt: skip
        m = most(x, n, core_x)
        if m == -infinity or (factor == 0.0 and bend == 0.0):
            nothing = zero if factor == 0.0 else one * spoil(x, n, core_x)
            fill(g, n, core_g, nothing)
            fill(h, n, core_h, nothing)
            return
        if abs(m) >= limit:
            rewrite(x, g, n, core_x, core_g, m)
            x, core_x, m = g, core_g, zero
        at = first(fetch(shifted(x, label * core_x), 0, 1, 1, zero))
        total, rest, count = total_of(x, g, n, core_x, core_g, m)
        inverse, others = shares(total, rest, count)
        for i in range(0, n, LANES):
            e = power(fetch(x, i, core_x, n - i, zero), m)
            p, q = probability(e, inverse, others)
            put(g, i, core_g, n - i, rounded(p * factor))
            put(h, i, core_h, n - i, rounded(p * q * bend))
        p, q = probability(power(at, m), inverse, others)
        put(shifted(g, label * core_g), 0, 1, 1, every_lane(one * rounded(-q * factor)))

    return njit(one_row)


@functools.cache
def tile_of_rows(dtype: str) -> Any:
    f, rounded = NATIVE[dtype], rounding(dtype)
    sums, (bring, back), zero = summed_across(f, KEPT), tiles(f), f.zero
    shares, probability = derivatives(dtype)

    def tile(
        x: Any, label: Any, factor: Any, bend: Any, g: Any, h: Any, n: Any, width: Any,
        row_x: Any, row_g: Any, row_h: Any, core_x: Any, core_g: Any, core_h: Any, t: Any, s: Any,
    ) -> Any:  # fmt: skip
        """Up to `LANES` rows, unless a maximum is too large: whether all was done."""
        bring(x, row_x, core_x, width, n, t, zero)
        done, _, total, rest, count = sums(t, t, n, LANES, LANES, LANES, s)
        if not done:
            return False
        inverse, others = shares(total, rest, count)
        for i in range(n):
            p, q = probability(load_all(t, i * LANES), inverse, others)
            slope = where(label == i, -q, p) * factor
            store_all(t, i * LANES, rounded(where(factor == 0.0, 0.0, slope)))
            curve = where(factor == 0.0, 0.0, p * q * bend)
            store_all(t, SECOND + i * LANES, rounded(curve))
        back(t, g, row_g, core_g, width, n)
        back(shifted(t, SECOND), h, row_h, core_h, width, n)
        return True

    return njit(tile)


def hessian(dtype: str) -> Any:
    """The loop over rows of logits, label and the factors of gradient and hessian."""
    tile, one = tile_of_rows(dtype), one_row(dtype)

    def loop(
        x: Any, label: Any, factor: Any, bend: Any, g: Any, h: Any, t: Any, s: Any,
        rows: Any, n: Any, row_x: Any, row_label: Any, row_factor: Any, row_bend: Any,
        row_g: Any, row_h: Any, core_x: Any, core_label: Any, core_factor: Any, core_bend: Any,
        core_g: Any, core_h: Any,
    ) -> None:  # fmt: skip
        tiled = rows > 1 and n <= DEPTH
        together = LANES if tiled else 1
        for r in range(0, rows, together):
            width, done = min(together, rows - r), False
            if tiled:
                done = tile(
                    shifted(x, r * row_x),
                    real(gather(shifted(label, r * row_label), 0, row_label, width, 0)),
                    gather(shifted(factor, r * row_factor), 0, row_factor, width, 0.0),
                    gather(shifted(bend, r * row_bend), 0, row_bend, width, 0.0),
                    shifted(g, r * row_g), shifted(h, r * row_h), n, width, row_x, row_g, row_h,
                    core_x, core_g, core_h, t, s,
                )  # fmt: skip
            if not done:
                for k in range(r, r + width):
                    one(shifted(x, k * row_x), label[k * row_label], factor[k * row_factor],
                        bend[k * row_bend], shifted(g, k * row_g), shifted(h, k * row_h),
                        n, core_x, core_g, core_h)  # fmt: skip

    return njit(loop)
