"""The loops along an axis: one for each generalized ufunc, by its name.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from numba.core import types

from fastact.compiler import inner_loop
from fastact.compiler.dispatch import compiled, link
from fastact.compiler.kernels import ELEMENT as ELEMENTS
from fastact.native import machine_code
from fastact.native.loop_registry import LoopSpec
from fastact.rowkernels import (
    cross_entropy,
    cross_entropy_hessian,
    jacobian_products,
    long_rows_loop,
    partial_rows,
    softmax,
    sparsemax,
)
from fastact.rowkernels.arithmetic import INF, NATIVE, SCRATCH
from fastact.rowkernels.long_rows import LIMITS, steps
from fastact.rowkernels.softmax_scaled import general

LOOPS: dict[str, Callable[[str], Any]] = {
    "softmax": softmax.softmax,
    "log_softmax": softmax.log_softmax,
    "logsumexp": softmax.logsumexp,
    "logsumexp_weighted": softmax.logsumexp_weighted,
    **jacobian_products.LOOPS,
    **sparsemax.LOOPS,
    **partial_rows.LOOPS,
    "softmax_general": partial(general, log=False),
    "log_softmax_general": partial(general, log=True),
    "cross_entropy": partial(cross_entropy.labelled, gradient=False),
    "cross_entropy_gradient": partial(cross_entropy.labelled, gradient=True),
    "cross_entropy_general": partial(cross_entropy.general, gradient=False),
    "cross_entropy_general_gradient": partial(cross_entropy.general, gradient=True),
    "cross_entropy_hessian": cross_entropy_hessian.hessian,
}
# The three steps of a long row, of functions that go through it in pieces.
STEPS: dict[str, Callable[[str], tuple[Any, Any, Any]]] = {
    "softmax": lambda dtype: steps(NATIVE[dtype], *softmax.kinds_of_softmax(dtype), 0.0),
    "log_softmax": lambda dtype: steps(NATIVE[dtype], *softmax.kinds_of_log_softmax(dtype), -INF),
}
ELEMENT = ELEMENTS | {"int64": types.int64}
# Those whose scratch memory holds float64 whatever they are given.
IN_DOUBLE = {"logsumexp", "logsumexp_weighted", "max_and_sum"}


def build(spec: LoopSpec, letters: str) -> bytes:
    """The object code of a generalized inner loop, whose operands are `rowwise.FIXED` letters."""
    dtypes = {"x": spec.dtype, "i": "int64", "d": "float64"}
    operands = tuple((dtypes[letter.lower()], letter.isupper()) for letter in letters)
    scratch = types.float64 if spec.name in IN_DOUBLE else NATIVE[spec.dtype].number
    arguments = (
        *[types.CPointer(ELEMENT[dtype]) for dtype, _ in operands],
        types.CPointer(scratch), types.CPointer(types.float64),
        *[types.int64] * (2 + 2 * len(operands)),
    )  # fmt: skip
    result = compiled(LOOPS[spec.name](spec.dtype), arguments)
    rows = inner_loop.Rows(result.fndesc.mangled_name, operands, SCRATCH)
    if spec.name not in STEPS:
        text = inner_loop.rowwise(spec.symbol, rows, machine_code.architecture())
        return link(spec.symbol, text, result.library.get_llvm_str())
    x, y = arguments[:2]
    kinds = x, y, types.CPointer(types.float64), arguments[2], *[types.int64] * 6
    steps = [compiled(each, kinds) for each in STEPS[spec.name](spec.dtype)]
    symbols = tuple(each.fndesc.mangled_name for each in steps)
    text = long_rows_loop.rowwise(spec.symbol, rows, symbols, LIMITS, machine_code.architecture())
    libraries = [each.library.get_llvm_str() for each in (result, *steps)]
    return link(spec.symbol, text, *libraries)
