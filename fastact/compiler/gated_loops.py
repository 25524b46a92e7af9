"""Gated pairs, ``value * g(gate)``, and their gradients: scalar functions and loops.

Each object code has two loops: elementwise, for arrays that NumPy sees as one long run, and
over rows, whose threads share the rows where each is too short to be worth it.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir

from fastact.compiler import inner_loop
from fastact.compiler.dispatch import dispatcher
from fastact.compiler.inner_loop import INT, PTR, VOID
from fastact.compiler.kernels import core, object_code
from fastact.native.loop_registry import LoopSpec
from fastact.numerics.primitives import Kernel, kernel, where

INF = float("inf")
ROWS = "_rows"  # ends the name of the loop over rows
# Half of the smallest number of each dtype: what is not larger rounds to zero. That of float64,
# 2**-1075, is zero itself, in pairs too.
VANISHING = {"float16": 2.0**-25, "float32": 2.0**-150, "float64": 0.0}


@kernel
def times(a: Any, g: Any, vanishing: Any) -> Any:
    """``a g``; an infinite `a` meets the zero that `g` would be in an array, and gives NaN."""
    return a * where(abs(a) < INF, g, where(abs(g) <= vanishing, 0.0, g))


def factor(kernel: Kernel, dtype: str) -> Kernel:
    """The kernel in twice the precision of a result, no longer than a result of float32 needs."""
    short = kernel.factor or kernel.forms.get("float32", kernel)
    return short if short.widen and dtype != "float64" else kernel


def forward(kernels: Any, dtype: str) -> tuple[Kernel, ...]:
    """Return the kernel of the pair's value."""
    g, vanishing = factor(kernels["forward"], dtype), VANISHING[dtype]
    return (Kernel(lambda gate, value: times(value, g(gate), vanishing)),)


def backward(kernels: Any, dtype: str) -> tuple[Kernel, ...]:
    """The gradients of gate and value."""
    g, slope = (factor(kernels[each], dtype) for each in ("forward", "derivative"))
    vanishing = VANISHING[dtype]
    return (
        Kernel(lambda dy, gate, value: times(dy * value, slope(gate), vanishing)),
        Kernel(lambda dy, gate, value: times(dy, g(gate), vanishing)),
    )


def forward_bias(kernels: Any, dtype: str) -> tuple[Kernel, ...]:
    """Return the kernel of the pair's value, with biases `b` and `c` of gate and value."""
    (y,) = forward(kernels, dtype)
    return (Kernel(lambda gate, value, b, c: y(gate + b, value + c)),)


def backward_bias(kernels: Any, dtype: str) -> tuple[Kernel, ...]:
    """Return the kernels of the gradients, with biases `b` and `c` of gate and value."""
    dgate, dvalue = backward(kernels, dtype)
    return (
        Kernel(lambda dy, gate, value, b, c: dgate(dy, gate + b, value + c)),
        Kernel(lambda dy, gate, value, b, c: dvalue(dy, gate + b, value + c)),
    )


VARIETIES: dict[str, Callable[[Any, str], tuple[Kernel, ...]]] = {
    "forward": forward,
    "backward": backward,
    "forward_bias": forward_bias,
    "backward_bias": backward_bias,
}


def scalar(kernels: Any, variety: str, dtype: str) -> Any:
    """The dispatcher of a variety on array elements of this dtype."""
    results = [core(each, dtype) for each in VARIETIES[variety](kernels, dtype)]
    if len(results) == 1:
        return results[0]
    first, second = results

    def both(*x: Any) -> Any:
        return first(*x), second(*x)

    return dispatcher(both)


def each_row(module: ir.Module, compute: Any, operands: int) -> Any:
    """Call an elementwise loop for every row of a generalized ufunc whose operands are rows."""
    kind = ir.FunctionType(VOID, [PTR] * 3)
    f, b = inner_loop.function(module, "each_row", kind)
    places, dims, steps = f.args
    pointers, distances = b.pointers(places, operands), b.words(steps, operands)
    row = b.alloca(ir.ArrayType(PTR, operands))
    core_dims = b.gep(dims, [INT(1)], source_etype=INT)
    core_steps = b.gep(steps, [INT(operands)], source_etype=INT)
    with b.count(b.words(dims, 1)[0]) as i:
        for k in range(operands):
            start = b.offset(pointers[k], b.mul(i, distances[k]))
            b.store(start, b.gep(row, [INT(0), INT(k)]))
        b.call(compute, [row, core_dims, core_steps])
    b.ret_void()
    return f


def assembly(name: str, scalar: inner_loop.Scalar, architecture: str) -> str:
    """The LLVM assembly of the loop `name` and of that over rows."""
    module, operands = ir.Module(name), scalar.nin + scalar.nout
    elements = inner_loop.body(module, scalar)
    rows = each_row(module, elements, operands)
    for symbol, compute, core_dimensions in ((name, elements, 0), (f"{name}{ROWS}", rows, 1)):
        run = inner_loop.chunk(module, compute, architecture)
        inner_loop.entry(module, symbol, run, operands, core_dimensions)
    return inner_loop.assembly(module, scalar.dtype)


def build(spec: LoopSpec, kernels: Any, variety: str, nin: int, nout: int) -> bytes:
    """The object code of both loops."""
    function = scalar(kernels, variety, spec.dtype)
    return object_code(spec.symbol, function, spec.dtype, nin, nout, assembly)
