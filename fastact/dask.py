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

from typing import Any

from fastact.arguments import Axis, nearest
from fastact.rowwise import chunks, softmax_family

try:
    import dask.array  # noqa: F401
except ImportError as error:
    raise ImportError("fastact.dask needs dask: pip install 'dask[array]'") from error

__all__ = ["log_softmax", "logsumexp", "softmax"]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    hint = "" if name.startswith("_") else nearest(name, __all__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")


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
    return chunks.normalised(softmax_family.softmax, x, axis, split_every)


def log_softmax(x: Any, /, axis: Axis = -1, *, split_every: int | None = None) -> Any:
    """The logarithm of softmax along an axis of a dask array; see `softmax` and its parameters.

    Values at infinities and NaN, and the bounds of error, are those of `fastact.log_softmax`.

    >>> import dask.array, numpy as np, fastact as fa
    >>> fa.dask.log_softmax(dask.array.from_array(np.array([50.0, 0.0]), chunks=1)).compute()
    array([-1.92874985e-22, -5.00000000e+01])
    """
    return chunks.normalised(softmax_family.log_softmax, x, axis, split_every)


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
    return chunks.logsumexp(x, axis, keepdims=keepdims, split_every=split_every)
