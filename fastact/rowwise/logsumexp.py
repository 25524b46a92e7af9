"""log-sum-exp and log-mean-exp along an axis, with their gradients."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Never

import numpy as np
from numpy import ndarray

from fastact.arguments import (
    CHARACTERS,
    INTEGRAL,
    MISSING,
    Axis,
    array_of,
    axes,
    boolean,
    broadcast,
    cast,
    delivered,
    floats,
    mask,
    one_int,
    output,
    outputs,
    own,
    together,
    weak,
)
from fastact.containers.door import public, without_unknown
from fastact.containers.opened import LAZY, is_dask
from fastact.definition.described import called, shown
from fastact.definition.plain_calls import CalledPlainly
from fastact.native import threads
from fastact.native.glue import FIRST, MADE, OUT, WHERE, Form, plain_forms
from fastact.rowwise import chunks, documents
from fastact.rowwise.row_function import (
    LOG_MAX_ULP,
    SLAB,
    Layout,
    RowFunction,
    chosen,
    masked,
    slabs,
)
from fastact.rowwise.row_options import Rows, numbers_of, quick
from fastact.rowwise.softmax_family import softmax

if TYPE_CHECKING:
    from fastact.definition import interfaces

Array = Any
INF = float("inf")

weighted = RowFunction("logsumexp_weighted", "logsumexp", "XX", "xx")
weighted_shares = RowFunction("logsumexp_shares", "logsumexp", "DD", "D")
sum_of_products = RowFunction("logsumexp_products", "logsumexp", "XX", "x")
# Where the maximum and the logarithm cancel, 2**-95 is the limit: results nearer to 0 than this
# have errors in ulp of this.
LEAST = 2.0**-40
ABSENT = numbers_of(-INF)


class LogSum(RowFunction):
    """What `logsumexp` and `logmeanexp` share: the shape of the result, masks, and the gradient."""

    _kind = "sum"
    _formulas = MappingProxyType({
        "value": r"s = \log \sum_k b_k e^{x_k}",
        "backward": r"dx_i = ds\,\frac{b_i e^{x_i}}{\sum_k b_k e^{x_k}}",
        "jvp": r"ds = \sum_i \frac{b_i e^{x_i}}{\sum_k b_k e^{x_k}}\,dx_i",
    })  # fmt: skip

    def _finish(self, result: Any, layout: Layout, *, keepdims: bool, out: Any) -> Any:
        """The result, with the axes as ones if they are kept, in `out` if there is one."""
        result = kept(result, layout) if keepdims else result
        return delivered(self.name, out, result)

    def _masked(self, x: Any, present: Any, *counts: Any) -> Any:
        """The results of rows of which elements are absent, a slab at a time."""
        result = np.empty(x.shape[:-1], x.dtype)
        for index in slabs(x.shape, x.ndim - 1):
            seen = masked(x[index], present[index], x.dtype.type(-INF))
            here = index[:-1]
            result[here] = self._in_one_call(seen, *(each[here] for each in counts))
        return result[()]

    @shown
    @public()
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
        """The gradient of the input for that of the result: see `documents.OF_SUMS`."""
        name = f"{self.name}.backward"
        x = floats(name, "x", x)
        ds = floats(name, "ds", weak(ds, x.dtype))
        shape = x.shape if b is None else together(name, x=x, b=floats(name, "b", b))
        layout, what = Layout(shape, axes(name, axis, len(shape))), "the shape of the result"
        if ds.ndim == len(shape) and ds.ndim:
            broadcast(name, "ds", ds, shape, "the shape of x")
        else:
            ds = kept(broadcast(name, "ds", ds, layout.kept, what), layout)
        dtype = np.result_type(x if b is None else joint(x, b), ds)
        if out is not None:
            output(name, out, shape, dtype)
        p = shares(name, x, axis, where, b)
        with np.errstate(all="ignore"):
            result = np.asarray(np.multiply(p, ds))
            np.copyto(result, 0, where=p == 0)
            return delivered(name, out, result.astype(dtype, copy=False)[()])

    @shown
    @public()
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
        """The tangent of the result for that of the input: see `documents.OF_SUMS`."""
        name = f"{self.name}.jvp"
        x = floats(name, "x", x)
        keepdims = boolean(name, "keepdims", keepdims)
        shape = x.shape if b is None else together(name, x=x, b=floats(name, "b", b))
        layout = Layout(shape, axes(name, axis, len(shape)))
        dx = floats(name, "dx", weak(dx, x.dtype))
        dtype = np.result_type(x if b is None else joint(x, b), dx)
        dx = broadcast(name, "dx", dx, shape, "the shape of x")
        check_out(name, out, layout, dtype, keepdims=keepdims)
        p = shares(name, x, axis, where, b)
        total = sum_of_products._in_one_call(layout.rows(p), layout.rows(dx))
        return self._finish(cast(total, dtype)[()], layout, keepdims=keepdims, out=out)

    def _member(self, name: str, _text: str) -> str:
        return documents.member(self, name, called(self, name), documents.OF_SUMS)

    def __reduce__(self) -> Any:
        return self.name

    def __repr__(self) -> str:
        return f"<fastact.{self.name}(x, axis=-1)>"


LISTED = LogSum  # what `fastact.catalogue` looks for


class LogSumExp(LogSum, CalledPlainly):
    """``log(sum(exp(x)))`` along an axis, or ``log(sum(b exp(x)))``.

    ``logsumexp(x, axis=-1, keepdims=False, b=None, return_sign=False, where=None, out=None)``, as
    SciPy's but for the default of `axis`. `axis` may be an int, a tuple of ints, or None for all.
    The result has the dtype of `x`, or that of `x` and `b` together; integers become float64, and
    float16 is computed in float32. An empty or all -inf row gives -inf.

    Parameters
    ----------
    b
        Weights, of any sign, that broadcast with `x`. An element of weight 0 does not count,
        whatever it is. A sum below 0 has no logarithm: NaN.
    return_sign
        Return the logarithm of the sum's absolute value, and its sign.
    where
        A boolean array that broadcasts to `x`: what is False does not count.
    out
        The result, or with `return_sign` a pair: of the shape of `x` without `axis`, or with ones
        for it under ``keepdims=True``.

    Error: at most 2 ulp in float32 and 3.5 ulp in float64. Where the maximum and the logarithm
    cancel, or weights do, all is computed in twice the precision: the logarithm is wrong by 2**-95
    at most, times the sum of the terms' absolute values in relation to their sum.
    Source: Blanchard, Higham and Higham 2021, Accurately Computing the Log-Sum-Exp and Softmax
    Functions.

    Raises
    ------
    TypeError
        If `x` or `b` is not a float or integer array, `where` not boolean, `keepdims` or
        `return_sign` not a bool.
    ValueError
        If shapes do not broadcast, `axis` is out of range (an AxisError), or `out` has another
        shape.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.logsumexp(np.array([1000.0, 1000.0])) == 1000 + np.log(2)
    np.True_
    >>> log, sign = fa.logsumexp(np.zeros(3), b=[1.0, -2.0, -3.0], return_sign=True)
    >>> print(np.exp(log).round(12), sign)
    4.0 -1.0
    """

    _axis = "axis"
    _unshaped = (OUT,)
    max_ulp = LOG_MAX_ULP
    _least = LEAST

    def __init__(self) -> None:
        super().__init__("logsumexp", "logsumexp", "X", "x")

    def _forms(self) -> list[Form]:
        seen = chosen.ufunc, FIRST, WHERE, tuple(ABSENT.values())
        return [
            *plain_forms(self.ufunc, out=False),
            *plain_forms(self._plain, OUT, out=False),
            Form.of(WHERE, steps=[seen, (self.ufunc, MADE)]),
        ]

    def _plain(self, x: Any, out: Any) -> Any:
        """Apply the function to an array of floats along its last axis, in `out`."""
        output(self.name, out, x.shape[:-1], x.dtype)
        return threads.call(self.ufunc, x, out)

    @without_unknown
    def __call__(
        self,
        x: Array = MISSING,
        /,
        axis: Axis = -1,
        *more: Never,
        keepdims: bool = False,
        b: Array | None = None,
        return_sign: bool = False,
        where: Array | None = None,
        out: Any = None,
        **unknown: Never,
    ) -> Any:
        """Apply the function along `axis`; see the class."""
        if type(axis) is not int:
            axis = one_int(axis)
        if (
            type(x) is ndarray and type(axis) is int and keepdims is False and b is None
            and return_sign is False and (out is None or type(out) is ndarray)
            and not (more or unknown)
        ):  # fmt: skip
            if self._waits:
                self._go_plainly()
            if where is not None:
                return self._where(x, axis, where, out)
            if out is None and x.dtype.char in CHARACTERS and -x.ndim <= axis < x.ndim:
                return self._in_one_call(x, axis=axis)
        return self._general(
            x, axis, *more, keepdims=keepdims, b=b, return_sign=return_sign, where=where, out=out,
            **unknown,
        )  # fmt: skip

    def _where(self, x: Any, axis: int, where: Array, out: Any) -> Any:
        """A call with a mask, in the shortest way that it allows."""
        if (
            out is None and x.dtype.char in CHARACTERS and -x.ndim <= axis < x.ndim
            and x.size <= SLAB and quick(1.0, x.shape, axis % x.ndim, where) is not None
        ):  # fmt: skip
            return self._in_one_call(masked(x, where, ABSENT[x.dtype.char]), axis=axis)
        return self._general(x, axis, where=where, out=out)

    @public(lazy=("x",))
    def _general(
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
        """What the call comes to if it is not one of the ufunc with an array."""
        keepdims = boolean(self.name, "keepdims", keepdims)
        return_sign = boolean(self.name, "return_sign", return_sign)
        if is_dask(x):
            if b is not None or return_sign or where is not None or out is not None:
                what = "with b, return_sign, where or out x"
                raise TypeError(f"{self.name}(): {what} must be {LAZY}")
            return chunks.logsumexp(x, axis, keepdims=keepdims)
        if not return_sign and b is None and where is None:
            x = floats(self.name, "x", x)
            layout = Layout(x.shape, axes(self.name, axis, x.ndim))
            check_out(self.name, out, layout, x.dtype, keepdims=keepdims)
            return self._finish(
                self._in_one_call(layout.rows(x)), layout, keepdims=keepdims, out=out
            )
        outs = outputs(self.name, out, 2) if return_sign else (out,)
        x, b = weights(self.name, x, b)
        layout = Layout(x.shape, axes(self.name, axis, x.ndim))
        for each in outs:
            check_out(self.name, each, layout, x.dtype, keepdims=keepdims)
        log, sign = self._sums(x, layout, b, where, return_sign=return_sign)
        if not return_sign:
            if b is not None:
                log = np.where(sign < 0, np.nan, log)[()].astype(log.dtype)
            return self._finish(log, layout, keepdims=keepdims, out=out)
        return tuple(
            self._finish(each, layout, keepdims=keepdims, out=into)
            for each, into in zip((log, sign), outs, strict=True)
        )

    def _sums(
        self, x: Any, layout: Layout, b: Any, where: Array | None, *, return_sign: bool
    ) -> tuple[Any, Any]:
        """The logarithms and the signs."""
        present = None if where is None else layout.rows(mask(self.name, "where", where, x.shape))
        x = layout.rows(x)
        if b is None and not return_sign:
            return self._masked(x, present), None
        b = np.broadcast_to(x.dtype.type(1), x.shape) if b is None else layout.rows(b)
        log, sign = (np.empty(layout.kept, x.dtype) for _ in range(2))
        for index in slabs(x.shape, x.ndim - 1) if present is not None else [(...,)]:
            counts = b[index] if present is None else np.where(present[index], b[index], 0)
            counts = counts.astype(x.dtype, copy=False)
            found = weighted._in_one_call(x[index], counts, out=(None, None))
            log[index[:-1]], sign[index[:-1]] = found
        return log[()], sign[()]


class LogMeanExp(LogSum, CalledPlainly):
    """``log(mean(exp(x)))`` along an axis.

    ``logmeanexp(x, axis=-1, keepdims=False, where=None, out=None)``; arguments, dtypes and errors
    raised are those of `logsumexp`. The mean is over the elements that `where` has. Nothing cancels
    where the mean is near 1: equal elements give exactly that element. A row of -inf alone, or
    without any element, gives -inf.

    Error: at most 2 ulp in float32 and 3.5 ulp in float64, near 0 too; where elements of both signs
    compensate each other, also up to 2**-56 times the largest.
    Source: as of `logsumexp`.

    >>> import numpy as np, fastact as fa
    >>> fa.logmeanexp(np.full(7, 0.1))
    np.float64(0.1)
    """

    _formulas = MappingProxyType(
        {
            "value": r"s = \log \frac{1}{n} \sum_k e^{x_k}",
            "backward": r"dx_i = ds\,\frac{e^{x_i}}{\sum_k e^{x_k}}",
            "jvp": r"ds = \sum_i \frac{e^{x_i}}{\sum_k e^{x_k}}\,dx_i",
        }
    )

    _axis = "axis"
    _unshaped = (OUT,)

    def __init__(self) -> None:
        super().__init__("logmeanexp", "logmeanexp", "Xd", "x")

    def _forms(self) -> list[Form]:
        return plain_forms(self._plain)

    @property
    def _any_ufunc(self) -> np.ufunc:
        return self.ufunc

    def _plain(self, x: Any, out: Any = None) -> Any:
        """Apply the function to an array of floats along its last axis."""
        count = float(x.shape[-1])
        if out is None:
            return threads.call(self.ufunc, x, count)
        output(self.name, out, x.shape[:-1], x.dtype)
        return threads.call(self.ufunc, x, count, out)

    @public(lazy=("x",))
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
        if self._waits:
            self._go_plainly()
        keepdims = boolean(self.name, "keepdims", keepdims)
        if is_dask(x):
            (core,) = found if len(found := axes(self.name, axis, x.ndim)) == 1 else (None,)
            if core is None or where is not None or out is not None or x.numblocks[core] != 1:
                raise TypeError(
                    f"{self.name}(): with where, out, several axes or an axis that is split into "
                    f"chunks x must be {LAZY}"
                )
            x = x.astype(np.float64) if x.dtype.kind in INTEGRAL else x
            result = self._in_one_call(x, float(x.shape[core]), axis=core)
            return np.expand_dims(result, core) if keepdims else result
        x = floats(self.name, "x", x)
        rows = Rows(self.name, x.shape, axis, where=where)
        check_out(self.name, out, rows.layout, x.dtype, keepdims=keepdims)
        seen = rows.layout.rows(x)
        if rows.where is None:
            result = self._in_one_call(seen, float(seen.shape[-1]))
        else:
            result = self._masked(seen, rows.where)
        return self._finish(result, rows.layout, keepdims=keepdims, out=out)

    def _masked(self, x: Any, present: Any) -> Any:
        counts = present.sum(axis=-1, dtype=np.float64)
        return super()._masked(x, present, counts)


def check_out(name: str, out: Any, layout: Layout, dtype: Any, *, keepdims: bool) -> None:
    """Raise before any work unless the result fits."""
    if out is not None:
        output(name, out, layout.with_ones if keepdims else layout.kept, dtype)


def kept(result: Any, layout: Layout) -> Any:
    """A result with ones for the axes along which it was made."""
    return np.expand_dims(result, layout.axes)


def joint(x: Any, b: Array) -> Any:
    """The dtype of elements with weights: Python numbers and integers do not widen it."""
    given = np.asarray(b)
    beside = type(b) in {int, float, bool} or given.dtype.kind in INTEGRAL
    dtype = x.dtype if beside else np.result_type(x, given)
    return np.dtype(np.float64) if dtype.kind in INTEGRAL else dtype.newbyteorder("=")


def weights(name: str, x: Array, b: Array | None) -> tuple[Any, Any]:
    """Elements and weights of one dtype and one shape."""
    if b is None:
        return floats(name, "x", x), None
    array, given = array_of(name, "x", x), floats(name, "b", b)
    x, dtype = floats(name, "x", array), joint(array, b)
    shape = together(name, x=x, b=given)
    x, b = (cast(a, dtype) for a in (x, given))
    return np.broadcast_to(x, shape), np.broadcast_to(b, shape)


def shares(name: str, x: Any, axis: Axis, where: Array | None, b: Array | None) -> Any:
    """What each element adds to the logarithm for a small step: softmax, or with weights."""
    if b is None:
        try:
            return softmax(x, axis=axis, where=where)
        except (TypeError, ValueError) as error:
            if own(error):
                Rows(name, x.shape, axis, where=where)  # says the same, of this function
            raise
    x, b = weights(name, x, b)
    layout = Layout(x.shape, axes(name, axis, x.ndim))
    if where is not None:
        b = np.where(mask(name, "where", where, x.shape), b, 0)
    return layout.back(weighted_shares._in_one_call(layout.rows(x), layout.rows(b)))


logsumexp: interfaces.LogSumExp = LogSumExp()
logmeanexp: interfaces.LogMeanExp = LogMeanExp()
