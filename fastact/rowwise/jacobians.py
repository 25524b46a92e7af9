"""The Jacobians of functions along an axis: products with unit vectors, one for each input.

The products are those of `jvp`, in the same loops, with their masks, factors and lengths; those of
log-softmax are made of softmax's output, which spares each of them all exponentials. A step along
all inputs at once leaves the output as it is. So the diagonal is the tangent for a step along all
other inputs, with the other sign: nothing cancels where it is near 0.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from fastact.elementwise import tanh
from fastact.rowwise.row_options import Rows

Array = Any


def jacobian(owner: Any, rows: Rows, x: Any) -> Any:
    """The Jacobian of each row of an array, whose axis is that of `rows`, as a new array."""
    logits = rows.layout.rows(x)
    found = np.empty((*x.shape, logits.shape[-1]), x.dtype)
    columns = np.moveaxis(found, rows.layout.axes[0], -1)  # the input before the output
    with np.errstate(all="ignore"):
        y, sink = output(owner, rows, logits)
        of_steps(owner, rows, y, sink, columns)
        if rows.cap is not None:
            capped(rows, rows.cap, logits, columns)
    return found


def output(owner: Any, rows: Rows, x: Any) -> tuple[Any, Any]:
    """The output of rows, a new array, and the share of the sink if it is a logit of 0, or None."""
    if owner._sink != 0.0:
        y = np.empty(x.shape, x.dtype)
        (owner._shares or owner)._forward(rows, x, y)
        return y, None
    y = np.zeros((*x.shape[:-1], x.shape[-1] + 1), x.dtype)
    y[..., :-1] = x
    owner._loops._forward(rows.with_one_more(), y, y)
    return y[..., :-1], y[..., -1:]


def of_steps(owner: Any, rows: Rows, y: Any, sink: Any, columns: Any) -> None:
    """Write to `columns` the tangents of the output `y` for a step along each (capped) input."""
    steps, diagonal = np.eye(y.shape[-1], dtype=y.dtype), np.einsum("...jj->...j", columns)
    where = None if rows.where is None else rows.where[..., None, :]
    factor, length = (
        each[..., None] if np.ndim(each) else each for each in (rows.factor, rows.lengths)
    )
    tangents = functools.partial(owner._steps._of_output, y=y[..., None, :], out=columns)
    tangents(1 - steps, options=(where, factor, length))
    kept = np.zeros(y.shape) if sink is None else lost(y, sink, factor)
    kept -= diagonal
    tangents(steps, options=(where, factor, length))
    diagonal[...] = kept


def lost(y: Any, sink: Any, factor: Any) -> Any:
    """What a step along all inputs takes from the sink, in float64: 0 where the output is."""
    found = np.multiply(y, sink, dtype=np.float64) * (1.0 if factor is None else factor)
    return np.where(y == 0, 0.0, found)


def capped(rows: Rows, cap: float, logits: Any, columns: Any) -> None:
    """Multiply `columns` by the slope of the cap, and put 0 where inputs are absent."""
    slope = tanh.derivative(np.divide(logits, cap, dtype=logits.dtype))
    columns *= slope[..., :, None]
    present = rows.present((...,))
    if present is not None:
        np.copyto(columns, 0, where=~present[..., :, None])
