"""Softmax and its family for dask arrays that are split along the axis: ``fa.dask``.

>>> import dask.array, fastact as fa
>>> x = dask.array.arange(4, chunks=2).astype("f4")
>>> fa.dask.softmax(x).compute().round(4)
array([0.0321, 0.0871, 0.2369, 0.6439], dtype=float32)

An axis in one chunk needs none of this: ``fa.softmax`` takes such dask arrays as they are. Here
each chunk leaves its largest element and its sum of exponentials, in three float64 for each row,
which a tree joins. So `logsumexp` reads each chunk once. `softmax` and `log_softmax` need it a
second time, and until then the scheduler keeps it, in memory or, where ``distributed`` has none
left, on disk: split the other axes too, and only one chunk's rows wait at a time.

Results do not depend on the scheduler, on workers or on threads. They depend on the chunks, within
the bounds of error that `fastact.softmax`, `fastact.log_softmax` and `fastact.logsumexp` promise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastact.arguments import INTEGRAL, Axis, axes, boolean, refused
from fastact.native import loop_registry
from fastact.rowwise.logsumexp import PARTS as OF_PARTS
from fastact.rowwise.row_function import RowFunction
from fastact.rowwise.softmax_family import log_softmax as _log_softmax
from fastact.rowwise.softmax_family import softmax as _softmax

try:
    import dask.array as da
except ImportError as error:
    raise ImportError("fastact.dask needs dask: pip install 'fastact[dask]'") from error

__all__ = ["log_softmax", "logsumexp", "softmax"]

WHOLE = {"softmax": _softmax, "log_softmax": _log_softmax}  # for rows that no chunk cuts
# What a part of a row leaves behind: see `rowkernels.partial_rows`.
PARTS = np.dtype([("maximum", "f8"), ("sum", "f8"), ("rest", "f8")])


def softmax(x: Any, /, axis: Axis = -1, *, split_every: int | None = None) -> Any:
    """Softmax along an axis of a dask array, split along it or not.

    Values at infinities and NaN, and the bounds of error, are those of `fastact.softmax`.

    Parameters
    ----------
    x
        A dask array of float16, float32 or float64; integers and bool become float64. Chunks may
        have unknown sizes.
    axis
        An int, a tuple of ints, or None for all.
    split_every
        How many chunks are joined at a time, as in dask's own reductions.

    Returns
    -------
    dask.array.Array
        With the shape, chunks and dtype of `x`.

    Raises
    ------
    TypeError
        If `x` is not a dask array, or of another dtype.
    numpy.exceptions.AxisError, ValueError
        If there is no such axis, or it is named twice.

    Examples
    --------
    >>> import dask.array, numpy as np, fastact as fa
    >>> x = dask.array.from_array(np.array([0.0, -np.inf, 0.0]), chunks=1)
    >>> fa.dask.softmax(x).compute()
    array([0.5, 0. , 0.5])
    """
    return _normalised("softmax", x, axis, split_every)


def log_softmax(x: Any, /, axis: Axis = -1, *, split_every: int | None = None) -> Any:
    """The logarithm of softmax along an axis of a dask array; see `softmax` and its parameters.

    Values at infinities and NaN, and the bounds of error, are those of `fastact.log_softmax`.

    >>> import dask.array, numpy as np, fastact as fa
    >>> fa.dask.log_softmax(dask.array.from_array(np.array([50.0, 0.0]), chunks=1)).compute()
    array([-1.92874985e-22, -5.00000000e+01])
    """
    return _normalised("log_softmax", x, axis, split_every)


def logsumexp(
    x: Any, /, axis: Axis = -1, *, keepdims: bool = False, split_every: int | None = None
) -> Any:
    """``log(sum(exp(x)))`` along an axis of a dask array; see `softmax` and its parameters.

    Values at infinities and NaN, and the bounds of error, are those of `fastact.logsumexp`. With
    ``keepdims=True`` the axis stays, with one element.

    >>> import dask.array, fastact as fa
    >>> float(fa.dask.logsumexp(dask.array.zeros(1024, chunks=100)) / 10)
    0.6931471805599453
    """
    x, found = _checked("logsumexp", x, axis)
    keepdims = boolean("fastact.dask.logsumexp", "keepdims", keepdims)
    if not found:  # each element is a sum of one
        x, found, keepdims = x[np.newaxis], (0,), False
    meta = np.empty((0,) * x.ndim, x.dtype)
    parts = _reduced(x, found, split_every)
    result = parts.map_blocks(_logarithm, axis=max(found), to=x.dtype, dtype=x.dtype, meta=meta)
    return result if keepdims else result.squeeze(found)


def _checked(name: str, x: Any, axis: Axis) -> tuple[Any, tuple[int, ...]]:
    """The array in a float format, and its axes as non-negative integers."""
    name = f"fastact.dask.{name}"
    if not isinstance(x, da.Array):
        got = f"{type(x).__name__}, which {name.replace('.dask', '')} takes"
        raise refused(name, "x", "a dask array", got)
    dtype = np.dtype("f8") if x.dtype.kind in INTEGRAL else x.dtype.newbyteorder("=")
    if dtype.name not in loop_registry.DTYPES:
        raise refused(name, "x", f"{', '.join(loop_registry.DTYPES)} or integers", x.dtype)
    return x.astype(dtype), axes(name, axis, x.ndim)


def _normalised(name: str, x: Any, axis: Axis, split_every: int | None) -> Any:
    x, found = _checked(name, x, axis)
    meta = np.empty((0,) * x.ndim, x.dtype)
    if all(x.numblocks[a] == 1 for a in found):
        return x.map_blocks(WHOLE[name], axis=axis, dtype=x.dtype, meta=meta)
    parts = _reduced(x, found, split_every)
    # Blocks are matched by number and not by size, which may be unknown.
    return da.blockwise(
        _result, range(x.ndim), x, range(x.ndim), parts, range(x.ndim), function=name,
        axis=max(found), dtype=x.dtype, meta=meta, align_arrays=False, token=name,
    )  # fmt: skip


def _reduced(x: Any, axes: tuple[int, ...], split_every: int | None) -> Any:
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
    axes = [(axis,)] * function.nin + [()] * function.nout
    function.ufunc(*arrays, axes=axes, out=_fields(found))
    return np.expand_dims(found, axis)


def _parts(x: Any, axis: Any, keepdims: bool, computing_meta: bool = False) -> Any:
    """The parts of a chunk; dask asks with `computing_meta` for an empty array of their dtype."""
    if computing_meta:
        return np.empty((0,) * x.ndim, PARTS)
    *others, last = sorted(axis)
    return _joined(_along(OF_PARTS["max_and_sum"], (x,), last), others, keepdims=True)


def _joined(parts: Any, axis: Any, keepdims: bool) -> Any:
    for a in axis:
        parts = _along(OF_PARTS["join_parts"], _fields(parts), a)
    return parts


def _logarithm(parts: Any, axis: int, to: Any) -> Any:
    found = OF_PARTS["logsumexp_of_parts"].ufunc(*_fields(parts), axes=[(axis,)] * 3 + [()])
    return np.expand_dims(found, axis).astype(to)


def _result(x: Any, parts: Any, function: str, axis: int) -> Any:
    scalars = _fields(np.squeeze(parts, axis))
    return OF_PARTS[f"{function}_of_parts"].ufunc(x, *scalars, axes=[(axis,), (), (), (), (axis,)])
