"""Sums over the axes along which an array was broadcast: the same bits for every layout."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from fastact.native import loop_registry, mode, threads, ufunc

Array = Any

SLAB = 2**18  # elements that are copied at once
LETTERS = "Xd"  # rows, and of each its sum in float64: see `fastact.rowkernels.build`
for _dtype in loop_registry.DTYPES:
    _build = loop_registry.builder("fastact.rowkernels.build", "build", LETTERS)
    loop_registry.add(loop_registry.LoopSpec("sums", "sums", _dtype, _build))


@functools.cache
def of_rows() -> np.ufunc:
    """The generalized ufunc of the sums of rows."""
    return ufunc.make(
        "sums", "sums of rows", 1, 1, lambda dtype: loop_registry.get("sums", dtype).address(),
        "(n)->()", (None, "float64"),
    )  # fmt: skip


def summed_to(shape: tuple[int, ...], terms: Any) -> Any:
    """The sum of `terms` over the axes along which an array of this shape was broadcast.

    It is computed in float64, with what rounds off, whatever the layout of the terms.
    """
    wide = (1,) * (terms.ndim - len(shape)) + shape
    axes = [k for k, (n, m) in enumerate(zip(wide, terms.shape, strict=True)) if n != m]
    if not axes:
        return terms.reshape(shape)[()]
    rows = np.moveaxis(terms, axes, range(-len(axes), 0))
    count = terms.ndim - len(axes)
    total, length = np.empty(rows.shape[:count]), math.prod(rows.shape[count:])
    one_run = len(axes) == 1 or (terms.flags.c_contiguous and axes[-1] - axes[0] < len(axes))
    parts: Iterable[Any] = [...]
    if count and not one_run:  # which `reshape` copies
        step = max(1, SLAB // max(1, terms.size // max(1, len(rows))))
        parts = (slice(start, start + step) for start in range(0, len(rows), step))
    for here in parts:
        part = rows[here]
        threads.call(of_rows(), part.reshape(*part.shape[:count], length), total[here])
    with mode.default(), np.errstate(all="ignore"):
        return total.astype(terms.dtype, copy=False).reshape(shape)[()]
