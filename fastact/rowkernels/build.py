"""The loops along an axis: one for each generalized ufunc, by its name.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

from typing import Any

from numba.core import types

from fastact.compiler import inner_loop
from fastact.compiler.dispatch import compiled, dispatcher, link
from fastact.compiler.kernels import ELEMENT as ELEMENTS
from fastact.native import machine_code
from fastact.native.loop_registry import LoopSpec
from fastact.numerics.primitives import where
from fastact.rowkernels import (
    cross_entropy,
    cross_entropy_hessian,
    from_kernels,
    jacobian_products,
    logmeanexp,
    logsumexp,
    long_rows_loop,
    memory,
    nll,
    partial_rows,
    softmax,
    softmax_scaled,
    sums,
    weighted_shares,
)
from fastact.rowkernels.long_rows import Pieces
from fastact.rowkernels.operation import Loop

LOOPS: dict[str, Loop] = {
    **softmax.LOOPS,
    **softmax_scaled.LOOPS,
    **logsumexp.LOOPS,
    **logmeanexp.LOOPS,
    **partial_rows.LOOPS,
    **jacobian_products.LOOPS,
    **cross_entropy.LOOPS,
    **cross_entropy_hessian.LOOPS,
    **nll.LOOPS,
    **weighted_shares.LOOPS,
    **sums.LOOPS,
}
ELEMENT = ELEMENTS | {"int64": types.int64, "bool": types.uint8}
SCRATCH = types.CPointer(types.float64)
PIECES = types.BaseTuple.from_types((SCRATCH, SCRATCH, *[types.int64] * 4), Pieces)


def chosen(spec: LoopSpec) -> bytes:
    """The object code of the loop of x where a mask is True, and elsewhere of another number."""

    def choose(x: Any, present: Any, absent: Any) -> Any:
        """Return `x` where it is present, else the other number."""
        return where(present != 0, x, absent)

    element = ELEMENT[spec.dtype]
    result = compiled(dispatcher(choose), (element, ELEMENT["bool"], element))
    kinds = (spec.dtype, "bool", spec.dtype, spec.dtype)
    scalar = inner_loop.Scalar(result.fndesc.mangled_name, 3, 1, spec.dtype, kinds)
    text = inner_loop.elementwise(spec.symbol, scalar, machine_code.architecture())
    return link(spec.symbol, text, result.library)


def build(spec: LoopSpec, letters: str, kernels: Any = None) -> bytes:
    """Return the object code of a generalized inner loop: one of `LOOPS`, or one of kernels.

    Each operand is a letter: ``x`` has the dtype of the loop, ``d`` is float64, ``i`` int64,
    ``b`` bool; a capital has the axis.
    """
    dtypes = {"x": spec.dtype, "i": "int64", "d": "float64", "b": "bool"}
    operands = tuple((dtypes[letter.lower()], letter.isupper()) for letter in letters)
    views = [memory.type_of(types.CPointer(ELEMENT[dtype])) for dtype, _ in operands]
    loop = from_kernels.loop(letters, kernels) if kernels else LOOPS[spec.name]
    arguments = types.BaseTuple.from_types(views, loop.operands), SCRATCH, types.int64, types.int64
    result = compiled(loop.make(spec.dtype), arguments)
    rows = inner_loop.Rows(result.fndesc.mangled_name, operands, memory.SCRATCH)
    if loop.steps is None:
        text = inner_loop.rowwise(spec.symbol, rows, machine_code.architecture())
        return link(spec.symbol, text, result.library, as_written=loop.as_written)
    steps = [compiled(each, (*views, PIECES)) for each in loop.steps(spec.dtype)]
    symbols = tuple(each.fndesc.mangled_name for each in steps)
    text = long_rows_loop.rowwise(spec.symbol, rows, symbols, machine_code.architecture())
    libraries = (each.library for each in (result, *steps))
    return link(spec.symbol, text, *libraries, as_written=loop.as_written)
