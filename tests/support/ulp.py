"""Errors in units in the last place (ulp) of float16, float32 and float64 results against mpmath.

The unit is the spacing of the format in the binade of the *true* value, and never less than the
smallest subnormal. An infinite result stands for the power of two just above the largest float,
so overflowing one step too early or too late counts as one ulp, not as infinity.
"""

from __future__ import annotations

import numpy as np
from mpmath import mp, mpf
from numpy.typing import DTypeLike


def unit(true: mpf, dtype: DTypeLike) -> mpf:
    """The spacing of `dtype` around `true`."""
    info = np.finfo(dtype)
    if mp.isinf(true):
        return mp.ldexp(1, info.maxexp - 1 - info.nmant)
    exponent = int(mp.mag(true)) - 1 if true else info.minexp
    exponent = min(max(exponent, info.minexp), info.maxexp - 1)
    return mp.ldexp(1, exponent - info.nmant)


def ulps(got: float | np.floating, true: mpf, dtype: DTypeLike) -> float:
    """The distance from `got`, a float of `dtype`, to `true`; NaN against a number is inf."""
    got = mpf(float(got))
    if mp.isnan(true) or mp.isnan(got):
        return 0.0 if mp.isnan(true) and mp.isnan(got) else float("inf")
    top = mp.ldexp(1, np.finfo(dtype).maxexp)
    inside = min(max(true, -top), top)
    return float(abs(min(max(got, -top), top) - inside) / unit(inside, dtype))


def ulps_between(got: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The distance of two arrays of one dtype in ulp of `other`; equal, or both NaN, is 0."""
    same = (got == other) | (np.isnan(got) & np.isnan(other))
    with np.errstate(all="ignore"):
        distance = np.abs(got.astype("f8") - other.astype("f8")) / np.abs(np.spacing(other))
    return np.where(same, 0.0, np.where(np.isnan(distance), np.inf, distance))
