"""Elementwise losses: from their kernels to loops with operands of two types.

A loop takes elements of its own dtype (letter ``x``) and, after them, float64 numbers (``d``); it
gives losses as float64, to be summed, and gradients in its own dtype.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastact.compiler import inner_loop
from fastact.compiler.dispatch import compiled, dispatcher, link
from fastact.compiler.kernels import ELEMENT, compute
from fastact.native import machine_code
from fastact.native.loop_registry import LoopSpec
from fastact.numerics import primitives
from fastact.numerics.primitives import Kernel


@dispatcher
def same(x: Any) -> Any:
    """Return the numbers: the counterpart of `widen` where nothing is widened."""
    return x


def result(kernel: Kernel, elements: int, letter: str, dtype: str) -> Any:
    """The dispatcher of one output, of which the first `elements` arguments are elements."""
    value, rounded, single = compute(kernel), primitives.rounded, primitives.single
    front = primitives.half_to_double if dtype == "float16" else primitives.widen
    back = primitives.widen if dtype == "float64" else same
    pack = primitives.double_to_half

    def double(*x: Any) -> Any:
        return rounded(value(*(front(x[:elements]) + back(x[elements:]))))

    double = dispatcher(double)

    def float32(*x: Any) -> Any:
        return single(double(*x))

    def float16(*x: Any) -> Any:
        return pack(double(*x))

    if letter == "d" or dtype == "float64":
        return double
    return dispatcher(float32 if dtype == "float32" else float16)


def scalar(kernels: tuple[Kernel, ...], inputs: str, outputs: str, dtype: str) -> Any:
    """The dispatcher of all outputs."""
    elements = inputs.count("x")
    results = [result(k, elements, c, dtype) for k, c in zip(kernels, outputs, strict=True)]
    if len(results) == 1:
        return results[0]
    first, second = results

    def both(*x: Any) -> Any:
        return first(*x), second(*x)

    return dispatcher(both)


def build(
    spec: LoopSpec, kernels: Callable[[str], tuple[Kernel, ...]], inputs: str, outputs: str
) -> bytes:
    """The object code of a loop, whose operands are letters."""
    dtypes = tuple(spec.dtype if c == "x" else "float64" for c in inputs + outputs)
    function = scalar(kernels(spec.dtype), inputs, outputs, spec.dtype)
    arguments = tuple(ELEMENT[dtype] for dtype in dtypes[: len(inputs)])
    result = compiled(function, arguments)
    name = result.fndesc.mangled_name
    found = inner_loop.Scalar(name, len(inputs), len(outputs), spec.dtype, dtypes)
    text = inner_loop.elementwise(spec.symbol, found, machine_code.architecture())
    return link(spec.symbol, text, result.library)
