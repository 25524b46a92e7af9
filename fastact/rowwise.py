"""Functions along an axis: softmax, log-softmax, log-sum-exp, and their gradients."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from fastact.engine import catalogue, threads, ufunc

Array = Any
Axis = int | tuple[int, ...] | None


FIXED = {"x": None, "i": "int64", "d": "float64"}  # operands by letter; x has the dtype of the loop


class RowFunction:
    """A generalized NumPy ufunc over one axis, made on its first use.

    Its operands are letters: those of `FIXED`, capital where they have the axis.
    """

    def __init__(self, name: str, owner: str, inputs: str, outputs: str) -> None:
        self.name, self.owner, self.letters = name, owner, inputs + outputs
        sides = (",".join("(n)" if c.isupper() else "()" for c in s) for s in (inputs, outputs))
        self.signature = "->".join(sides)
        self.nin, self.nout = len(inputs), len(outputs)
        self._ufunc: np.ufunc | None = None
        ufunc.registry[name] = lambda: self.ufunc
        for dtype in catalogue.DTYPES:
            build = catalogue.builder("fastact.engine.axis", "build", self.letters)
            catalogue.add(catalogue.LoopSpec(name, owner, dtype, build))

    @property
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc` itself."""
        if self._ufunc is None:
            self._ufunc = ufunc.make(
                self.name, self.__doc__ or "", self.nin, self.nout, self._address,
                threads.block(), self.signature, tuple(FIXED[c.lower()] for c in self.letters),
            )  # fmt: skip
        return self._ufunc

    def _address(self, dtype: str) -> int:
        return catalogue.get(self.name, dtype).address()

    def along(self, arrays: tuple[Array, ...], axis: Axis, out: Any = None) -> Any:
        """Apply the ufunc along an axis, or along several as if they were one."""
        if threads.in_use:
            threads.sync()
        if isinstance(axis, int | np.integer):
            axes = [(axis,)] * self.nin + ([(axis,)] if self.keeps_axis else [()])
            return self.ufunc(*arrays, axes=axes, out=out)
        arrays = tuple(map(np.asarray, arrays))
        return self._along_many(arrays, axis, out)

    @property
    def keeps_axis(self) -> bool:
        """Whether the result has the axis."""
        return self.letters[-1].isupper()

    def _along_many(self, arrays: tuple[Any, ...], axis: Axis, out: Any) -> Any:
        """Several axes, moved to the end and joined into one."""
        ndim = max(a.ndim for a in arrays)
        chosen = normalized(axis, ndim, self.name)
        ends = range(-len(chosen), 0)
        arrays = np.broadcast_arrays(*arrays)
        moved = [np.moveaxis(a, chosen, ends) for a in arrays]
        kept = moved[0].shape[: ndim - len(chosen)]
        joined = [m.reshape(*kept, int(np.prod(m.shape[len(kept) :]))) for m in moved]
        result = self.ufunc(*joined)
        if self.keeps_axis:
            result = np.moveaxis(result.reshape(moved[0].shape), ends, chosen)
        return result if out is None else assign(out, result)


def normalized(axis: Axis, ndim: int, name: str) -> tuple[int, ...]:
    """The axes as distinct non-negative integers."""
    if axis is None:
        return tuple(range(ndim))
    axes = (axis,) if isinstance(axis, int | np.integer) else tuple(axis)
    chosen = tuple(operator.index(a) for a in axes)
    for a in chosen:
        if not -ndim <= a < ndim:
            raise np.exceptions.AxisError(a, ndim, f"{name}()")
    chosen = tuple(a % ndim for a in chosen)
    if len(set(chosen)) != len(chosen):
        raise ValueError(f"{name}(): axis={axis!r} names an axis twice")
    return chosen


def assign(out: Any, result: Any) -> Any:
    """Put a result into `out`, as a ufunc would."""
    (target,) = out if isinstance(out, tuple) else (out,)
    if target.shape != result.shape:
        raise ValueError(f"out has shape {target.shape}, the result has {result.shape}")
    np.copyto(target, result, casting="same_kind")
    return target


class Softmax(RowFunction):
    """Softmax, ``exp(x) / sum(exp(x))`` along an axis.

    ``softmax(x, axis=-1, out=None)``; `axis` may be an int, a tuple of ints, or None for all.
    Computed as exp(x - max(x)), which cannot overflow (the log-sum-exp shift). +inf shares the
    mass with its equals; a row of -inf alone gives zeros; NaN makes its row NaN.

    Error: at most 2 ulp in float32 and 3 ulp in float64. float16 is computed in float64.
    Source: Bridle 1990; for the shift, Blanchard, Higham and Higham 2021.

    >>> import numpy as np, fastact as fa
    >>> fa.softmax(np.array([[0.0, 0.0], [-np.inf, -np.inf]]))
    array([[0.5, 0.5],
           [0. , 0. ]])
    """

    def __init__(self) -> None:
        super().__init__("softmax", "softmax", "X", "X")
        self._backward = RowFunction("softmax_backward", "softmax", "XX", "X")
        self.backward = Backward(self, self._backward)

    def __call__(self, x: Array, /, axis: Axis = -1, *, out: Any = None) -> Any:
        """Apply the function along `axis`; see the class."""
        return self.along((x,), axis, out)

    def jacobian(self, x: Array, /, axis: int = -1) -> Any:
        """The Jacobian ``diag(p) - p pᵀ`` of each row, of shape ``x.shape + (n,)``.

        Element ``[..., i, ..., j]`` is ``∂ softmax(x)_i / ∂ x_j``: i stands at `axis`, j at the
        end. The diagonal is ``p (1 - p)`` with 1 - p summed from the others, so that it keeps
        its accuracy where one element has nearly all the mass.

        >>> import numpy as np, fastact as fa
        >>> fa.softmax.jacobian(np.zeros(2))
        array([[ 0.25, -0.25],
               [-0.25,  0.25]])
        """
        p = np.moveaxis(np.asarray(self(x, axis=axis)), axis, -1)
        jacobian = -p[..., :, None] * p[..., None, :]
        rows = np.arange(p.shape[-1])
        jacobian[..., rows, rows] = 0
        jacobian[..., rows, rows] = -jacobian.sum(axis=-1)
        return np.moveaxis(jacobian, -2, axis if axis >= 0 else axis - 1)

    def __reduce__(self) -> Any:
        return "softmax"

    def __repr__(self) -> str:
        return "<fastact.softmax(x, axis=-1)>"


class Backward:
    """The vector-Jacobian product of softmax or log-softmax, from the output.

    ``f.backward(dy, y=y, axis=-1, out=None)``, or from the input with ``x=``. One sum and one pass.
    A row without mass (all -inf) gets 0, never NaN.
    """

    def __init__(self, owner: Any, function: RowFunction) -> None:
        self.owner, self.function = owner, function

    @property
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc` of ``(dy, y)``."""
        return self.function.ufunc

    def __call__(
        self,
        dy: Array,
        /,
        *,
        x: Array | None = None,
        y: Array | None = None,
        axis: Axis = -1,
        out: Any = None,
    ) -> Any:
        """Return the gradient of the input for that of the output; see the class."""
        if (x is None) == (y is None):
            given = "neither" if x is None else "both"
            raise TypeError(
                f"{self.owner.name}.backward() needs exactly one of x= and y=, got {given}"
            )
        return self.function.along((dy, self.owner(x, axis=axis) if y is None else y), axis, out)


class LogSoftmax(RowFunction):
    """The logarithm of softmax, ``x - log(sum(exp(x)))`` along an axis.

    ``log_softmax(x, axis=-1, out=None)``. A row of -inf alone gives -inf; NaN makes its row NaN.

    Error: at most 2 ulp in float32 and 3 ulp in float64, also where one element has nearly all the
    mass and the result is near 0.

    >>> import numpy as np, fastact as fa
    >>> fa.log_softmax(np.array([50.0, 0.0]))
    array([-1.92874985e-22, -5.00000000e+01])
    """

    def __init__(self) -> None:
        super().__init__("log_softmax", "log_softmax", "X", "X")
        function = RowFunction("log_softmax_backward", "log_softmax", "XX", "X")
        self.backward = Backward(self, function)

    def __call__(self, x: Array, /, axis: Axis = -1, *, out: Any = None) -> Any:
        """Apply the function along `axis`; see the class."""
        return self.along((x,), axis, out)

    def __reduce__(self) -> Any:
        return "log_softmax"

    def __repr__(self) -> str:
        return "<fastact.log_softmax(x, axis=-1)>"


class LogSumExp(RowFunction):
    """``log(sum(exp(x)))`` along an axis.

    ``logsumexp(x, axis=-1, keepdims=False, out=None)``. An empty or all -inf row gives -inf.

    Error: at most 2 ulp in float32 and 3 ulp in float64, near 0 too.

    >>> import numpy as np, fastact as fa
    >>> fa.logsumexp(np.array([1000.0, 1000.0])) == 1000 + np.log(2)
    np.True_
    """

    def __init__(self) -> None:
        super().__init__("logsumexp", "logsumexp", "X", "x")

    def __call__(
        self, x: Array, /, axis: Axis = -1, *, keepdims: bool = False, out: Any = None
    ) -> Any:
        """Apply the function along `axis`; see the class."""
        result = self.along((x,), axis, None if keepdims else out)
        if keepdims:
            result = np.expand_dims(result, normalized(axis, np.ndim(x), self.name))
            return result if out is None else assign(out, result)
        return result

    def backward(self, ds: Array, /, *, x: Array, axis: Axis = -1) -> Any:
        """``ds`` times softmax(x); `ds` has the shape of the result, with or without the axis."""
        p = softmax(x, axis=axis)
        ds = np.asarray(ds)
        if ds.ndim < p.ndim:
            ds = np.expand_dims(ds, normalized(axis, p.ndim, self.name))
        return ds * p

    def __reduce__(self) -> Any:
        return "logsumexp"

    def __repr__(self) -> str:
        return "<fastact.logsumexp(x, axis=-1)>"


softmax = Softmax()
log_softmax = LogSoftmax()
logsumexp = LogSumExp()
