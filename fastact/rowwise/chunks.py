"""Functions along an axis of dask arrays whose chunks cut rows.

Each chunk gives its largest element and its sum of exponentials, which are joined in a tree. The
public functions are in `fastact.dask`. Only calls with dask's arrays import dask.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastact.arguments import INTEGRAL, Axis, axes, boolean, broadcast, refused
from fastact.containers.opened import is_dask
from fastact.native import loop_registry, threads
from fastact.rowwise.row_function import RowFunction

# What a part of a row leaves behind: see `rowkernels.partial_rows`.
PARTS = np.dtype([("maximum", "f8"), ("sum", "f8"), ("rest", "f8")])
FUNCTIONS = {
    f.name: f
    for f in (
        RowFunction("max_and_sum", "logsumexp", "X", "ddd"),
        RowFunction("join_parts", "logsumexp", "DDD", "ddd"),
        RowFunction("logsumexp_of_parts", "logsumexp", "DDD", "d"),
        RowFunction("softmax_of_parts", "softmax", "Xddd", "X"),
        RowFunction("log_softmax_of_parts", "log_softmax", "Xddd", "X"),
    )
}


def splits(name: str) -> bool:
    """Whether a function is computed of rows that chunks cut: it has a loop of their parts."""
    return f"{name}_of_parts" in FUNCTIONS


def like(name: str, argument: str, array: Any, whole: Any) -> Any:
    """An array beside a dask array, in chunks like its; dask itself makes one chunk of it."""
    import dask.array as da

    if is_dask(array):
        return array
    array = broadcast(name, argument, array, whole.shape, "the shape of the dask array")
    return da.from_array(array, chunks=whole.chunks)


def logsumexp(x: Any, axis: Axis, *, keepdims: bool, split_every: int | None = None) -> Any:
    """The logarithm of the sum of exponentials along an axis of a dask array."""
    x, found = _checked("logsumexp", x, axis)
    keepdims = boolean("fastact.dask.logsumexp", "keepdims", keepdims)
    if not found:  # each element is a sum of one
        x, found, keepdims = x[np.newaxis], (0,), False
    meta = np.empty((0,) * x.ndim, x.dtype)
    parts = _reduced(x, found, split_every)
    result = parts.map_blocks(_logarithm, axis=max(found), to=x.dtype, dtype=x.dtype, meta=meta)
    return result if keepdims else result.squeeze(found)


def normalised(function: Any, x: Any, axis: Axis, split_every: int | None = None) -> Any:
    """Softmax or its logarithm, which is the `RowFunction` given where no chunk cuts a row."""
    import dask.array as da

    x, found = _checked(function.name, x, axis)
    meta = np.empty((0,) * x.ndim, x.dtype)
    if all(x.numblocks[a] == 1 for a in found):
        return x.map_blocks(function, axis=axis, dtype=x.dtype, meta=meta)
    parts = _reduced(x, found, split_every)
    # Blocks are matched by number and not by size, which may be unknown.
    return da.blockwise(
        _result, range(x.ndim), x, range(x.ndim), parts, range(x.ndim), function=function.name,
        axis=max(found), dtype=x.dtype, meta=meta, align_arrays=False, token=function.name,
    )  # fmt: skip


def _checked(name: str, x: Any, axis: Axis) -> tuple[Any, tuple[int, ...]]:
    """The array in a float format, and its axes as non-negative integers."""
    name = f"fastact.dask.{name}"
    if not is_dask(x):
        got = f"{type(x).__name__}, which {name.replace('.dask', '')} takes"
        raise refused(name, "x", "a dask array", got)
    dtype = np.dtype("f8") if x.dtype.kind in INTEGRAL else x.dtype.newbyteorder("=")
    if dtype.name not in loop_registry.DTYPES:
        raise refused(name, "x", f"{', '.join(loop_registry.DTYPES)} or integers", x.dtype)
    return x.astype(dtype), axes(name, axis, x.ndim)


def _reduced(x: Any, axes: tuple[int, ...], split_every: int | None) -> Any:
    import dask.array as da

    return da.reduction(
        x, _parts, _joined, axis=axes, keepdims=True, dtype=PARTS, split_every=split_every,
        meta=np.empty((0,) * x.ndim, PARTS),
    )  # fmt: skip


# ---------------------------------------------------------------- what is done with chunks
def _fields(parts: Any) -> tuple[Any, ...]:
    return tuple(parts[name] for name in PARTS.names or ())


def _along(function: RowFunction, arrays: Sequence[Any], axis: int) -> Any:
    """Parts from rows or from parts, where the axis keeps one element."""
    shape = arrays[0].shape
    found = np.empty(shape[:axis] + shape[axis + 1 :], PARTS)
    axes = [(axis,)] * function._nin + [()] * function._nout
    threads.call(function.ufunc, *arrays, axes=axes, out=_fields(found))
    return np.expand_dims(found, axis)


def _parts(x: Any, axis: Any, keepdims: bool, computing_meta: bool = False) -> Any:
    """The parts of a chunk; dask asks with `computing_meta` for an empty array of their dtype."""
    if computing_meta:
        return np.empty((0,) * x.ndim, PARTS)
    *others, last = sorted(axis)
    return _joined(_along(FUNCTIONS["max_and_sum"], (x,), last), others, keepdims=True)


def _joined(parts: Any, axis: Any, keepdims: bool) -> Any:
    for a in axis:
        parts = _along(FUNCTIONS["join_parts"], _fields(parts), a)
    return parts


def _logarithm(parts: Any, axis: int, to: Any) -> Any:
    function, axes = FUNCTIONS["logsumexp_of_parts"].ufunc, [(axis,)] * 3 + [()]
    found = threads.call(function, *_fields(parts), axes=axes)
    return np.expand_dims(found, axis).astype(to)


def _result(x: Any, parts: Any, function: str, axis: int) -> Any:
    of_parts, scalars = FUNCTIONS[f"{function}_of_parts"].ufunc, _fields(np.squeeze(parts, axis))
    return threads.call(of_parts, x, *scalars, axes=[(axis,), (), (), (), (axis,)])
