"""The operators of activations: what makes an expression of activations an activation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fastact.definition import algebra
from fastact.definition.expression import Node

# NumPy's functions that mean an operator: ``np.float32(2) * f`` calls `numpy.multiply`.
SYMBOLS = {np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/", np.negative: "neg"}


class Operators:
    """``+ - * /`` and unary ``-`` with activations and real numbers; see `algebra.py`."""

    __slots__ = ()
    _of_node: Callable[[Node], Any]  # the activation of an expression

    def __add__(self, other: Any) -> Any:
        return self._combined("+", self, other)

    def __radd__(self, other: Any) -> Any:
        return self._combined("+", other, self)

    def __sub__(self, other: Any) -> Any:
        return self._combined("-", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._combined("-", other, self)

    def __mul__(self, other: Any) -> Any:
        return self._combined("*", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._combined("*", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self._combined("/", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._combined("/", other, self)

    def __neg__(self) -> Any:
        return self._combined("neg", self)

    def _combined(self, symbol: str, *operands: Any) -> Any:
        root = algebra.combined(symbol, *operands)
        return root if root is NotImplemented else self._of_node(root)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """``f(g)`` calls the ufunc of f, and ``np.float64(2) * g`` NumPy's: both end here."""
        if method != "__call__" or options:
            return NotImplemented
        if ufunc in SYMBOLS:
            return self._combined(SYMBOLS[ufunc], *inputs)
        return self._of_node(algebra.composed(ufunc, *inputs))
