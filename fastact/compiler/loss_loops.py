"""Elementwise losses: from their kernels to loops with operands of two types.

A loop takes elements of its own dtype (letter ``x``) and, after them, float64 numbers (``d``); it
gives losses as float64, to be summed, and gradients in its own dtype.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastact.compiler import inner_loop, loss_sums
from fastact.compiler.activation_loops import with_constants
from fastact.compiler.dispatch import compiled, dispatcher, link
from fastact.compiler.kernels import ELEMENT, compute, core
from fastact.native import machine_code
from fastact.native.loop_registry import LoopSpec
from fastact.numerics import primitives
from fastact.numerics.primitives import Kernel


@dispatcher
def same(x: Any) -> Any:
    """Return the numbers: the counterpart of `widen` where nothing is widened."""
    return x


NARROW = {"float16": primitives.double_to_half, "float32": primitives.single, "float64": same}


def front_of(dtype: str) -> Any:
    """What makes numbers of a tuple of elements."""
    return primitives.half_to_double if dtype == "float16" else primitives.widen


def result(kernel: Kernel, elements: int, letter: str, dtype: str) -> Any:
    """The dispatcher of one output, of which the first `elements` arguments are elements."""
    value, rounded, single = compute(kernel), primitives.rounded, primitives.single
    front = front_of(dtype)
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
    return together([result(k, elements, c, dtype) for k, c in zip(kernels, outputs, strict=True)])


def together(results: list[Any]) -> Any:
    """The dispatcher of one output or two."""
    if len(results) == 1:
        return results[0]
    first, second = results

    def both(*x: Any) -> Any:
        return first(*x), second(*x)

    return dispatcher(both)


def build(spec: LoopSpec, kernels: tuple[Kernel, ...], inputs: str, outputs: str) -> bytes:
    """The object code of a loss, whose operands are letters."""
    return code_of(spec, scalar(kernels, inputs, outputs, spec.dtype), inputs, outputs)


def code_of(spec: LoopSpec, function: Any, inputs: str, outputs: str) -> bytes:
    """The object code of the loop over a dispatcher, and of that which sums losses, if any."""
    dtypes = tuple(spec.dtype if c == "x" else "float64" for c in inputs + outputs)
    arguments = tuple(ELEMENT[dtype] for dtype in dtypes[: len(inputs)])
    result = compiled(function, arguments)
    name = result.fndesc.mangled_name
    found = inner_loop.Scalar(name, len(inputs), len(outputs), spec.dtype, dtypes)
    architecture = machine_code.architecture()
    if outputs[0] == "d":
        cores = tuple(letter == "x" for letter in inputs + outputs)
        text = loss_sums.assembly(spec.symbol, found, cores, architecture)
    else:
        text = inner_loop.elementwise(spec.symbol, found, architecture)
    return link(spec.symbol, text, result.library)


# ---------------------------------------------------------------- the error of an activation
def as_float64(function: Any, dtype: str) -> Any:
    """The dispatcher of a function of elements whose element is widened."""
    rounded = primitives.rounded
    front = front_of(dtype)

    def widened(*x: Any) -> Any:
        return rounded(front((function(*x),))[0])

    return dispatcher(widened)


def before_rounding(kernel: Kernel, dtype: str) -> Any:
    """The dispatcher of a kernel on elements of a dtype, as a float64 where it is computed so."""
    kernel = kernel.forms.get(dtype, kernel)
    if kernel.plain or not kernel.widen:
        return as_float64(core(kernel, dtype), dtype)
    value, rounded = compute(kernel), primitives.rounded
    front = front_of(dtype)

    def number(*x: Any) -> Any:
        return rounded(value(*front(x)))

    return dispatcher(number)


def of_squares(
    kernels: Mapping[str, Kernel], params: tuple[float, ...], dtype: str, outputs: str
) -> Any:
    """The dispatcher of half the squared error of an activation, and of its gradient.

    The value is what a call of the activation gives, so that a perfect fit costs 0; the gradient is
    rounded once to the dtype.
    """
    value = with_constants(as_float64(core(kernels["forward"], dtype), dtype), dtype, params)
    target = as_float64(same, dtype)

    def loss(z: Any, t: Any, scale: Any) -> Any:
        error = value(z) - target(t)
        return 0.5 * (error * error)

    if len(outputs) == 1:
        return dispatcher(loss)
    slope = with_constants(before_rounding(kernels["derivative"], dtype), dtype, params)
    narrow = NARROW[dtype]

    def gradient(z: Any, t: Any, scale: Any) -> Any:
        return narrow((value(z) - target(t)) * slope(z) * scale)

    return together([dispatcher(loss), dispatcher(gradient)])


def build_squares(
    spec: LoopSpec, kernels: Mapping[str, Kernel], params: tuple[float, ...], outputs: str
) -> bytes:
    """The object code of the squared error of an activation, whose parameters are constants."""
    return code_of(spec, of_squares(kernels, params, spec.dtype, outputs), "xxd", outputs)
