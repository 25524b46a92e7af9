"""The Jacobians of functions along an axis: products with unit vectors, one for each row of it.

The products are those of `backward`, in the same loops, with their masks, factors and lengths;
those of log-softmax are made of softmax's output, which spares each of them all exponentials. A
step along all inputs at once leaves the output as it is. So the diagonal is the tangent for a step
along all other inputs, with the other sign: nothing cancels where it is near 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fastact.elementwise import tanh
from fastact.rowwise.row_options import Rows

Array = Any


def jacobian(owner: Any, rows: Rows, x: Any) -> Any:
    """The Jacobian of each row of an array, whose axis is that of `rows`, as a new array."""
    logits = rows.layout.rows(x)
    found = np.empty((*x.shape, logits.shape[-1]), x.dtype)
    matrices = np.moveaxis(found, rows.layout.axes[0], -2)
    with np.errstate(all="ignore"):
        y, sink = output(owner, rows, logits)
        of_steps(owner, rows, y, sink, matrices)
        if rows.cap is not None:
            capped(rows, rows.cap, logits, matrices)
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


def of_steps(owner: Any, rows: Rows, y: Any, sink: Any, matrices: Any) -> None:
    """Write the Jacobians of the output `y`, by the cap's results if there is a cap.

    Columns are written as rows first: their memory is one run, and of them only the diagonal stays.
    """
    units, diagonal = np.eye(y.shape[-1], dtype=y.dtype), np.einsum("...jj->...j", matrices)
    where = None if rows.where is None else rows.where[..., None, :]
    factor, length = (
        each[..., None] if np.ndim(each) else each for each in (rows.factor, rows.lengths)
    )
    given = y[..., None, :], where, factor, length, -1, matrices
    owner._columns._of_output(1 - units, *given)
    kept = np.zeros(y.shape) if sink is None else lost(y, sink, factor)
    kept -= diagonal
    owner._rows._of_output(units, *given)
    diagonal[...] = kept
    rows.complete(matrices, 2)


def lost(y: Any, sink: Any, factor: Any) -> Any:
    """What a step along all inputs takes from the sink, in float64: 0 where the output is."""
    found = np.multiply(y, sink, dtype=np.float64) * (1.0 if factor is None else factor)
    return np.where(y == 0, 0.0, found)


def capped(rows: Rows, cap: float, logits: Any, matrices: Any) -> None:
    """Multiply by the slope of the cap, and put 0 where inputs are absent."""
    slope = tanh.derivative(np.divide(logits, cap, dtype=logits.dtype))
    matrices *= slope[..., None, :]
    present = rows.present((...,))
    if present is not None:
        np.copyto(matrices, 0, where=~present[..., None, :])
