"""The operators of activations: what makes an expression of activations an activation."""

from __future__ import annotations

from typing import Any

import numpy as np

# NumPy's functions that mean an operator: ``np.float32(2) * f`` calls `numpy.multiply`.
SYMBOLS = {np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/", np.negative: "neg"}


def combined(symbol: str, *operands: Any) -> Any:
    from fastact.definition import algebra

    return algebra.combined(symbol, *operands)


class Operators:
    """``+ - * /`` and unary ``-`` with activations and real numbers; see `algebra.py`."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return combined("+", self, other)

    def __radd__(self, other: Any) -> Any:
        return combined("+", other, self)

    def __sub__(self, other: Any) -> Any:
        return combined("-", self, other)

    def __rsub__(self, other: Any) -> Any:
        return combined("-", other, self)

    def __mul__(self, other: Any) -> Any:
        return combined("*", self, other)

    def __rmul__(self, other: Any) -> Any:
        return combined("*", other, self)

    def __truediv__(self, other: Any) -> Any:
        return combined("/", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return combined("/", other, self)

    def __neg__(self) -> Any:
        return combined("neg", self)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """``f(g)`` calls the ufunc of f, and ``np.float64(2) * g`` NumPy's: both end here."""
        from fastact.definition import algebra

        if method != "__call__" or options:
            return NotImplemented
        if ufunc in SYMBOLS:
            return algebra.combined(SYMBOLS[ufunc], *inputs)
        return algebra.composed(ufunc, *inputs)
