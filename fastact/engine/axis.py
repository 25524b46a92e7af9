"""The loops along an axis: one for each generalized ufunc, by its name.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from numba.core import types

from fastact.engine import (
    compile,
    curvature,
    entropy,
    longloops,
    loops,
    machine,
    parts,
    products,
    softmaxes,
    sparse,
)  # fmt: skip
from fastact.engine.catalogue import LoopSpec
from fastact.engine.general import general
from fastact.engine.pieces import LIMITS, steps
from fastact.engine.rows import INF, NATIVE, SCRATCH

LOOPS: dict[str, Callable[[str], Any]] = {
    "softmax": softmaxes.softmax,
    "log_softmax": softmaxes.log_softmax,
    "logsumexp": softmaxes.logsumexp,
    "logsumexp_weighted": softmaxes.logsumexp_weighted,
    **products.LOOPS,
    **sparse.LOOPS,
    **parts.LOOPS,
    "softmax_general": partial(general, log=False),
    "log_softmax_general": partial(general, log=True),
    "cross_entropy": partial(entropy.labelled, gradient=False),
    "cross_entropy_gradient": partial(entropy.labelled, gradient=True),
    "cross_entropy_general": partial(entropy.general, gradient=False),
    "cross_entropy_general_gradient": partial(entropy.general, gradient=True),
    "cross_entropy_hessian": curvature.hessian,
}
# The three steps of a long row, of functions that go through it in pieces.
STEPS: dict[str, Callable[[str], tuple[Any, Any, Any]]] = {
    "softmax": lambda dtype: steps(NATIVE[dtype], *softmaxes.kinds_of_softmax(dtype), 0.0),
    "log_softmax": lambda dtype: steps(NATIVE[dtype], *softmaxes.kinds_of_log_softmax(dtype), -INF),
}
ELEMENT = compile.ELEMENT | {"int64": types.int64}
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
    result = compile.compiled(LOOPS[spec.name](spec.dtype), arguments)
    rows = loops.Rows(result.fndesc.mangled_name, operands, SCRATCH)
    if spec.name not in STEPS:
        text = loops.rowwise(spec.symbol, rows, machine.architecture())
        return compile.link(spec.symbol, text, result.library.get_llvm_str())
    x, y = arguments[:2]
    kinds = x, y, types.CPointer(types.float64), arguments[2], *[types.int64] * 6
    steps = [compile.compiled(each, kinds) for each in STEPS[spec.name](spec.dtype)]
    symbols = tuple(each.fndesc.mangled_name for each in steps)
    text = longloops.rowwise(spec.symbol, rows, symbols, LIMITS, machine.architecture())
    libraries = [each.library.get_llvm_str() for each in (result, *steps)]
    return compile.link(spec.symbol, text, *libraries)
