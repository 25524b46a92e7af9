"""Softmax, log-softmax and log-sum-exp, as loops over rows.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
import math
import sys
from typing import Any

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.simd import LANES, every, every_lane, lane, shifted
from fastact.numerics import primitives
from fastact.numerics.elementary import log
from fastact.numerics.primitives import single, where
from fastact.rowkernels.across import summed_across, tiles
from fastact.rowkernels.along import largest, spoiled, summed
from fastact.rowkernels.arithmetic import (
    ACROSS,
    ALONG,
    DOUBLE,
    INF,
    NATIVE,
    TILED,
    Kind,
    choose,
    larger,
    largest_of_lanes,
    log_sum,
    logarithm,
    memory,
    quotient,
    smaller,
    sum_of_lanes,
)
from fastact.rowkernels.double_double_sum import in_pairs, log_of_sum
from fastact.rowkernels.long_rows import forward

NAN = math.nan


def kinds_of_softmax(dtype: str) -> tuple[Kind, Kind, Kind]:
    """For rows, short rows and rows in pieces: see `pieces.forward`."""
    again, kept = (quotient(NATIVE[dtype], keeps=keeps) for keeps in (False, True))
    # float16 has too few bits to keep an exponential in the output.
    return again if dtype == "float16" else kept, kept, again


def kinds_of_log_softmax(dtype: str) -> tuple[Kind, Kind, Kind]:
    kind = logarithm(NATIVE[dtype])
    return kind, kind, kind


def softmax(dtype: str) -> Any:
    return forward(NATIVE[dtype], *kinds_of_softmax(dtype), 0.0)


def log_softmax(dtype: str) -> Any:
    return forward(NATIVE[dtype], *kinds_of_log_softmax(dtype), -INF)


# ---------------------------------------------------------------- log-sum-exp
# The maximum and the logarithm may cancel, so both are float64. Where that is not enough, the row
# is summed in pairs: where their sum is less than so many times the logarithm.
DOUBT = {"float16": 0.0, "float32": 2.0**-20, "float64": 2.0}


@functools.cache
def one_logsumexp(dtype: str) -> Any:
    f = DOUBLE[dtype]
    kind = logarithm(f)
    most, total_of, log_of, spoil = largest(f), summed(f, kind), log_sum(f), spoiled(f)
    exactly, doubt, limit = in_pairs(dtype, weighted=False), DOUBT[dtype], f.limit

    def one_logsumexp(x: Any, n: Any, core: Any, t: Any) -> Any:
        m = most(x, n, core)
        if abs(m) == INF:
            return m + spoil(x, n, core)
        if abs(m) < limit:
            total, rest, count = total_of(x, t, n, core, 1, m)
            logarithm = log_of(total, rest, count)
            result = m + logarithm
            if m >= 0.0 or abs(result) >= doubt * logarithm:
                return result
        total, rest = exactly(x, x, n, core, core, m, t)
        return log_of_sum(total, rest, m)

    return njit(one_logsumexp)


def storing(dtype: str) -> Any:
    """The function that writes a float64 as an element."""
    to_half = primitives.double_to_half

    def plain(p: Any, i: Any, value: Any) -> None:
        p[i] = value

    def rounding(p: Any, i: Any, value: Any) -> None:
        p[i] = single(value)

    def halving(p: Any, i: Any, value: Any) -> None:
        p[i] = to_half(value)

    return njit({"float16": halving, "float32": rounding, "float64": plain}[dtype])


def logsumexp(dtype: str) -> Any:
    f, one, store = DOUBLE[dtype], one_logsumexp(dtype), storing(dtype)
    sums, log_of = summed_across(f, logarithm(f)), log_sum(f)
    bring, _ = tiles(f)
    doubt = DOUBT[dtype]

    def side_by_side(x: Any, n: Any, width: Any, core: Any, s: Any, t: Any) -> Any:
        """Whether the results are right, and these."""
        done, m, total, rest, count = sums(x, x, n, width, core, core, s)
        logarithm = log_of(total, rest, count)
        result = m + logarithm
        close = (m < 0.0) & (abs(result) < doubt * logarithm)
        return done and every(where(close, 0.0, m) == m), result

    side_by_side = njit(side_by_side)

    def loop(
        x: Any, y: Any, t: Any, s: Any, rows: Any, n: Any,
        row_x: Any, row_y: Any, core_x: Any, core_y: Any,
    ) -> None:  # fmt: skip
        way = ALONG if n == 0 else choose(rows, n, row_x, 1)
        together = 1 if way == ALONG else LANES
        for r in range(0, rows, together):
            x_r, width = shifted(x, r * row_x), min(together, rows - r)
            right, result = False, every_lane(0.0)
            if way == TILED:
                bring(x_r, row_x, core_x, width, n, t, 0.0)
                right, result = side_by_side(t, n, LANES, LANES, s, t)
            elif way == ACROSS:
                right, result = side_by_side(x_r, n, width, core_x, s, t)
            for j in range(width):
                value = lane(result, j) if right else one(shifted(x_r, j * row_x), n, core_x, t)
                store(y, (r + j) * row_y, value)

    return njit(loop)


# ---------------------------------------------------------------- sums with weights
FINITE = sys.float_info.max


def logsumexp_weighted(dtype: str) -> Any:
    """log |sum of b e^x| and the sign of the sum; elements of weight 0 do not count."""
    f, exactly, store = DOUBLE[dtype], in_pairs(dtype, weighted=True), storing(dtype)
    fetch, _ = memory(f)

    def extent(x: Any, b: Any, n: Any, core_x: Any, core_b: Any) -> Any:
        """The largest x + log |b|, and 0 or NaN if anything is NaN."""
        m, spoilt = every_lane(-INF), every_lane(0.0)
        for i in range(0, n, LANES):
            v, w = fetch(x, i, core_x, n - i, 0.0), fetch(b, i, core_b, n - i, 0.0)
            m = larger(where(w == 0.0, -INF, v + log(smaller(abs(w), FINITE))), m)
            both = where(w == 0.0, 0.0, v) + w
            spoilt += where(v == v, where(w == w, 0.0, both), both)
        return largest_of_lanes(m), sum_of_lanes(spoilt)

    extent = njit(extent)

    def infinite(x: Any, b: Any, n: Any, core_x: Any, core_b: Any) -> Any:
        """The sum of the weights of infinite elements."""
        total = every_lane(0.0)
        for i in range(0, n, LANES):
            v, w = fetch(x, i, core_x, n - i, 0.0), fetch(b, i, core_b, n - i, 0.0)
            total += where(v == INF, w, 0.0)
        return sum_of_lanes(total)

    infinite = njit(infinite)

    def loop(
        x: Any, b: Any, y: Any, sign: Any, t: Any, s: Any, rows: Any, n: Any,
        row_x: Any, row_b: Any, row_y: Any, row_sign: Any,
        core_x: Any, core_b: Any, core_y: Any, core_sign: Any,
    ) -> None:  # fmt: skip
        for r in range(rows):
            x_r, b_r = shifted(x, r * row_x), shifted(b, r * row_b)
            m, spoilt = extent(x_r, b_r, n, core_x, core_b)
            if m == -INF:
                result, total = -INF + spoilt, spoilt
            elif m == INF:
                total = infinite(x_r, b_r, n, core_x, core_b) + spoilt
                result = where(total == 0.0, NAN, INF) + spoilt
            else:
                total, rest = exactly(x_r, b_r, n, core_x, core_b, m, t)
                sign_of = where(total < 0.0, -1.0, 1.0)
                result = -INF
                if total != 0.0:
                    result = log_of_sum(sign_of * total, sign_of * rest, m) + spoilt
                total += spoilt
            store(y, r * row_y, result)
            store(sign, r * row_sign, where(total > 0.0, 1.0, where(total < 0.0, -1.0, total)))

    return njit(loop)
