"""log-sum-exp and log-mean-exp along an axis, with their gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastact.rowwise.row_function import (
    INTEGER,
    MAX_ULP,
    Axis,
    Layout,
    RowFunction,
    assign,
    normalized,
    slabs,
)
from fastact.rowwise.row_options import Rows, broadcast, floats, mask
from fastact.rowwise.softmax_family import softmax

if TYPE_CHECKING:
    from fastact.definition.interfaces import (
        LogMeanExp as TypedLogMeanExp,
    )
    from fastact.definition.interfaces import (
        LogSumExp as TypedLogSumExp,
    )

Array = Any
INF = float("inf")

weighted = RowFunction("logsumexp_weighted", "logsumexp", "XX", "xx")


# Of rows in parts, for `fastact.dask`: see `rowkernels.partial_rows`.
PARTS = {
    f.name: f
    for f in (
        RowFunction("max_and_sum", "logsumexp", "X", "ddd"),
        RowFunction("join_parts", "logsumexp", "DDD", "ddd"),
        RowFunction("logsumexp_of_parts", "logsumexp", "DDD", "d"),
        RowFunction("softmax_of_parts", "softmax", "Xddd", "X"),
        RowFunction("log_softmax_of_parts", "log_softmax", "Xddd", "X"),
    )
}


class LogSum(RowFunction):
    """What both share: the shape of the result, masks, and the gradient."""

    def _finish(self, result: Any, layout: Layout, *, keepdims: bool, out: Any) -> Any:
        """The result, with the axes as ones if they are kept, in `out` if there is one."""
        result = kept(result, layout) if keepdims else result
        return result if out is None else assign(out, result)

    def backward(
        self,
        ds: Array,
        /,
        *,
        x: Array,
        axis: Axis = -1,
        where: Array | None = None,
        b: Array | None = None,
        out: Any = None,
    ) -> Any:
        """The gradient of the input for that of the result.

        `ds` has the shape of the result, with or without the axes; `where` and `b` are those of the
        function. A row without mass gets 0, never NaN.

        >>> import numpy as np, fastact as fa
        >>> fa.logsumexp.backward(1.0, x=np.zeros(4))
        array([0.25, 0.25, 0.25, 0.25])
        """
        x = floats(self.name, x)
        p = shares(self.name, x, axis, where, b)
        ds, layout = np.asarray(ds), Layout(p.shape, normalized(axis, p.ndim, self.name))
        if ds.ndim != p.ndim or not p.ndim:
            what = "the shape of the result"
            ds = kept(broadcast(self.name, "ds", ds, layout.kept, what), layout)
        dtype = np.result_type(p, ds) if ds.dtype.kind == "f" else p.dtype
        absent = p == 0
        with np.errstate(invalid="ignore"):
            result = np.multiply(p, ds, out=p if p.dtype == dtype else None)
        np.copyto(result, 0, where=absent)
        return result if out is None else assign(out, result)

    def jvp(
        self,
        dx: Array,
        /,
        *,
        x: Array,
        axis: Axis = -1,
        where: Array | None = None,
        b: Array | None = None,
        keepdims: bool = False,
        out: Any = None,
    ) -> Any:
        """The tangent of the result for that of the input: the mean of `dx` with softmax's weights.

        >>> import numpy as np, fastact as fa
        >>> fa.logsumexp.jvp(np.array([1.0, 3.0]), x=np.zeros(2))
        np.float64(2.0)
        """
        x = floats(self.name, x)
        p = shares(self.name, x, axis, where, b)
        dx = broadcast(self.name, "dx", floats(self.name, dx, "dx"), p.shape, "the shape of x")
        layout = Layout(p.shape, normalized(axis, p.ndim, self.name))
        terms = np.multiply(p, dx, dtype=np.float64, where=p != 0, out=np.zeros(p.shape))
        total = layout.rows(terms).sum(axis=-1).astype(np.result_type(p, dx))[()]
        return self._finish(total, layout, keepdims=keepdims, out=out)

    def __reduce__(self) -> Any:
        return self.name

    def __repr__(self) -> str:
        return f"<fastact.{self.name}(x, axis=-1)>"


class LogSumExp(LogSum):
    """``log(sum(exp(x)))`` along an axis, or ``log(sum(b exp(x)))``.

    ``logsumexp(x, axis=-1, keepdims=False, b=None, return_sign=False, where=None, out=None)``, as
    SciPy's but for the default of `axis`. `axis` may be an int, a tuple of ints, or None for all.
    An empty or all -inf row gives -inf.

    Parameters
    ----------
    b
        Weights, of any sign, that broadcast with `x`. An element of weight 0 does not count,
        whatever it is. A sum below 0 has no logarithm: NaN.
    return_sign
        Return the logarithm of the sum's absolute value, and its sign.
    where
        A boolean array that broadcasts to `x`: what is False does not count.

    Error: at most 2 ulp in float32 and 3 ulp in float64. Where the maximum and the logarithm
    cancel, or weights do, all is computed in twice the precision: the logarithm is wrong by 2**-95
    at most, times the sum of the terms' absolute values in relation to their sum.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.logsumexp(np.array([1000.0, 1000.0])) == 1000 + np.log(2)
    np.True_
    >>> log, sign = fa.logsumexp(np.zeros(3), b=[1.0, -2.0, -3.0], return_sign=True)
    >>> print(np.exp(log).round(12), sign)
    4.0 -1.0
    """

    max_ulp = MAX_ULP
    # Where the maximum and the logarithm cancel, 2**-95 is the limit: results nearer to 0 than this
    # have errors in ulp of this.
    least = 2.0**-40

    def __init__(self) -> None:
        super().__init__("logsumexp", "logsumexp", "X", "x")

    def __call__(
        self,
        x: Array,
        /,
        axis: Axis = -1,
        *,
        keepdims: bool = False,
        b: Array | None = None,
        return_sign: bool = False,
        where: Array | None = None,
        out: Any = None,
    ) -> Any:
        """Apply the function along `axis`; see the class."""
        if not keepdims and b is None and not return_sign and where is None:
            return self.of_one(x, axis, out)
        if b is None and not return_sign and where is None:
            result = self.along((x,), axis)
            layout = Layout(np.shape(x), normalized(axis, np.ndim(x), self.name))
            return self._finish(result, layout, keepdims=True, out=out)
        if return_sign and not (out is None or (isinstance(out, tuple) and len(out) == 2)):
            raise TypeError(
                f"{self.name}(): with return_sign out must be two arrays, got {type(out).__name__}"
            )
        layout, log, sign = self._sums(x, axis, b, where, return_sign=return_sign)
        if not return_sign:
            if b is not None:
                log = np.where(sign < 0, np.nan, log)[()].astype(log.dtype)
            return self._finish(log, layout, keepdims=keepdims, out=out)
        outs = (None, None) if out is None else out
        return tuple(
            self._finish(each, layout, keepdims=keepdims, out=into)
            for each, into in zip((log, sign), outs, strict=True)
        )

    def _sums(
        self, x: Array, axis: Axis, b: Array | None, where: Array | None, *, return_sign: bool
    ) -> tuple[Layout, Any, Any]:
        """The logarithms and the signs."""
        x, b = weights(self.name, x, b)
        layout = Layout(x.shape, normalized(axis, x.ndim, self.name))
        present = None if where is None else layout.rows(mask(self.name, where, x.shape))
        x = layout.rows(x)
        if b is None and not return_sign:
            return layout, self._masked(x, present), None
        b = np.broadcast_to(x.dtype.type(1), x.shape) if b is None else layout.rows(b)
        log, sign = (np.empty(layout.kept, x.dtype) for _ in range(2))
        for index in slabs(x.shape, x.ndim - 1) if present is not None else [(...,)]:
            counts = b[index] if present is None else np.where(present[index], b[index], 0)
            counts = counts.astype(x.dtype, copy=False)
            found = weighted.apply(x[index], counts, out=(None, None))
            log[index[:-1]], sign[index[:-1]] = found
        return layout, log[()], sign[()]

    def _masked(self, x: Any, present: Any) -> Any:
        result = np.empty(x.shape[:-1], x.dtype)
        for index in slabs(x.shape, x.ndim - 1):
            seen = np.where(present[index], x[index], x.dtype.type(-INF))
            result[index[:-1]] = self.apply(seen)
        return result[()]


class LogMeanExp(LogSum):
    """``log(mean(exp(x)))`` along an axis.

    ``logmeanexp(x, axis=-1, keepdims=False, where=None, out=None)``; the mean is over the elements
    that `where` has. Nothing cancels where the mean is near 1: equal elements give exactly that
    element. A row of -inf alone, or without any element, gives -inf.

    Error: at most 2 ulp in float32 and 3 ulp in float64, near 0 too; where elements of both signs
    compensate each other, also up to 2**-56 times the largest.

    >>> import numpy as np, fastact as fa
    >>> fa.logmeanexp(np.full(7, 0.1))
    np.float64(0.1)
    """

    def __init__(self) -> None:
        super().__init__("logmeanexp", "logmeanexp", "Xd", "x")

    def __call__(
        self,
        x: Array,
        /,
        axis: Axis = -1,
        *,
        keepdims: bool = False,
        where: Array | None = None,
        out: Any = None,
    ) -> Any:
        """Apply the function along `axis`; see the class."""
        if where is None and not keepdims and isinstance(axis, INTEGER):
            shape = np.shape(x)
            if -len(shape) <= axis < len(shape):
                x = x if hasattr(x, "dtype") and x.dtype.kind == "f" else floats(self.name, x)
                return self.apply(x, float(shape[axis]), axis=axis, out=out)
        x = floats(self.name, x)
        rows = Rows(self.name, x.shape, axis, where=where)
        seen = rows.layout.rows(x)
        if rows.where is None:
            result = self.apply(seen, float(seen.shape[-1]))
        else:
            result = self._masked(seen, rows.where)
        return self._finish(result, rows.layout, keepdims=keepdims, out=out)

    def _masked(self, x: Any, present: Any) -> Any:
        result = np.empty(x.shape[:-1], x.dtype)
        for index in slabs(x.shape, x.ndim - 1):
            seen = np.where(present[index], x[index], x.dtype.type(-INF))
            result[index[:-1]] = self.apply(seen, present[index].sum(axis=-1, dtype=np.float64))
        return result[()]


def kept(result: Any, layout: Layout) -> Any:
    """A result with ones for the axes along which it was made."""
    return np.expand_dims(result, layout.axes)


def weights(name: str, x: Array, b: Array | None) -> tuple[Any, Any]:
    """Elements and weights of one dtype and one shape."""
    if b is None:
        return floats(name, x), None
    x, given = np.asarray(x), np.asarray(b)
    dtype = np.result_type(x, b if isinstance(b, int | float) else given)
    dtype = np.dtype(np.float64) if dtype.kind in "iub" else dtype
    x, b = floats(name, x), floats(name, given, "b")
    try:
        shape = np.broadcast_shapes(x.shape, b.shape)
    except ValueError:
        raise ValueError(
            f"{name}(): b must broadcast with x, got shapes {b.shape} and {x.shape}"
        ) from None
    x, b = (a.astype(dtype, copy=False) for a in (x, b))
    return np.broadcast_to(x, shape), np.broadcast_to(b, shape)


def shares(name: str, x: Any, axis: Axis, where: Array | None, b: Array | None) -> Any:
    """What each element adds to the logarithm for a small step: softmax, or with weights."""
    if b is None:
        return softmax(x, axis=axis, where=where)
    x, b = weights(name, x, b)
    log, sign = logsumexp(x, axis=axis, b=b, where=where, return_sign=True, keepdims=True)
    with np.errstate(invalid="ignore", over="ignore"):
        p = np.exp(x - log) * b * sign
    absent = b == 0 if where is None else (b == 0) | ~mask(name, where, x.shape)
    np.copyto(p, 0, where=absent | (x == -INF))
    return p


logsumexp: TypedLogSumExp = LogSumExp()
logmeanexp: TypedLogMeanExp = LogMeanExp()
