"""What is computed for an activation beside its value: one scalar function each.

Imports Numba: used by the loops when they are compiled, and inside users' own ``@njit`` functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fastact.compiler.dispatch import dispatcher
from fastact.compiler.kernels import core, object_code, product
from fastact.native.loop_registry import LoopSpec

OUTPUTS = {"value_and_derivative": 2}
# From a number to an element of an array, as loops take it: of float16 the bits.
NUMBER: dict[str, Callable[[float], Any]] = {
    "float16": lambda x: np.float16(x).view(np.uint16),
    "float32": np.float32,
    "float64": np.float64,
}


def scalar(kernels: Any, variety: str, dtype: str) -> Any:
    """The dispatcher of a variety of an activation, on array elements of this dtype."""
    if variety.startswith("partial_"):
        return times(kernels[variety], dtype)
    compose = COMPOSED.get(variety)
    return core(kernels[variety], dtype) if compose is None else compose(kernels, dtype)


def value_and_derivative(kernels: Any, dtype: str) -> Any:
    """Return the dispatcher that gives both, on array elements of this dtype."""
    value, derivative = core(kernels["forward"], dtype), core(kernels["derivative"], dtype)

    def both(*x: Any) -> Any:
        return value(*x), derivative(*x)

    return dispatcher(both)


def times(kernel: Any, dtype: str) -> Any:
    """Return the dispatcher of dy times a derivative, on array elements of this dtype."""
    derivative, multiply = core(kernel, dtype), product(dtype)

    def backward(dy: Any, *x: Any) -> Any:
        return multiply(dy, derivative(*x))

    return dispatcher(backward)


COMPOSED: dict[str, Callable[[Any, str], Any]] = {
    "value_and_derivative": value_and_derivative,
    "backward": lambda kernels, dtype: times(kernels["derivative"], dtype),
    "backward_from_output": lambda kernels, dtype: times(kernels["derivative_from_output"], dtype),
}


def with_constants(function: Any, dtype: str, constants: tuple[float, ...]) -> Any:
    """Return the dispatcher of a function whose last arguments are these numbers of its dtype."""
    numbers = tuple(NUMBER[dtype](c) for c in constants)

    def standard(*x: Any) -> Any:
        return function(*x, *numbers)

    return dispatcher(standard)


def build(
    spec: LoopSpec, kernels: Any, variety: str, nin: int, params: int, constants: tuple[float, ...]
) -> bytes:
    """The object code of a loop: the last of its inputs are parameters, or constants are."""
    function = scalar(kernels, variety, spec.dtype)
    if constants:
        function, params = with_constants(function, spec.dtype, constants), 0
    nout = OUTPUTS.get(variety, 1)
    return object_code(spec.symbol, function, spec.dtype, nin, nout, params=params)
