"""The negative log-likelihood with its gradient: of each row the element at the label.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

from typing import Any

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.simd import double
from fastact.rowkernels.along import fill
from fastact.rowkernels.arithmetic import NATIVE
from fastact.rowkernels.cross_entropy_terms import (
    Labelled,
    LabelledGradient,
    class_of,
    value_of_row,
)
from fastact.rowkernels.memory import element_at, from_row, put
from fastact.rowkernels.operation import Loop, RowOperation, over_rows


def loop(dtype: str, *, gradient: bool, of_zeros: bool = False) -> Any:
    """Make the loop of the losses, with the gradient or without; it may be zeros before."""
    zero, round_off = NATIVE[dtype].zero, NATIVE[dtype].round

    def rows(operands, rows, n, scratch):
        """Write ``-x[label] factor``, and the gradient: ``-factor`` at the label, else 0."""
        for r in range(rows):
            row = from_row(operands, r)
            factor, label = value_of_row(row.factor), class_of(row, n)
            if label < 0:
                factor, label = 0.0, 0
            at = 0.0 if factor == 0.0 else -double(element_at(row.x, label, zero))
            row.loss.pointer[0] = at * factor
            if gradient:
                if not of_zeros:
                    fill(row.dx, n, zero)
                if n > 0:
                    put(row.dx, label, 1, round_off(0.0 - factor))

    return over_rows(RowOperation(njit(rows)))


LOOPS = {
    "nll": Loop(Labelled, lambda dtype: loop(dtype, gradient=False)),
    "nll_gradient": Loop(LabelledGradient, lambda dtype: loop(dtype, gradient=True)),
    "nll_of_zeros": Loop(LabelledGradient, lambda dtype: loop(dtype, gradient=True, of_zeros=True)),
}
