"""Functions along an axis as generalized ufuncs; their axes, slabs and outputs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from fastact.arguments import INTEGER, Axis, axes, delivered
from fastact.definition.described import Documented
from fastact.native import loop_registry, threads, ufunc
from fastact.native.ufunc import calling

Array = Any
# Operands by letter; x has the dtype of the loop.
FIXED = {"x": None, "i": "int64", "d": "float64", "b": "bool"}
# The largest errors promised of softmax and its kin, in units in the last place.
MAX_ULP: dict[str, dict[str, float]] = {
    "float16": {"forward": 1.0},
    "float32": {"forward": 2.0},
    "float64": {"forward": 3.0},
}
# The same of logarithms of sums: a term's error counts up to twice where all but one are equal.
LOG_MAX_ULP = MAX_ULP | {"float64": {"forward": 3.5}}
SLAB = 2**18  # elements that are computed at once where options need room for them: it stays cached


class RowFunction(Documented):
    """A generalized NumPy ufunc over one axis, made on its first use.

    Its operands are letters: those of `FIXED`, capital where they have the axis. `max_ulp` has the
    bounds that `fastact verify` judges, by dtype and variety; results smaller than `_least` have
    the ulp of `_least`. The loops are made of `kernels`, or `rowkernels` has them under the name.
    """

    max_ulp: Mapping[str, Mapping[str, float]] = MappingProxyType({})
    _least = 0.0
    # In LaTeX: what an element of the result is, "value", and of members what they give.
    _formulas: Mapping[str, str] = MappingProxyType({})

    def __init__(
        self,
        name: str,
        owner: str,
        inputs: str,
        outputs: str,
        build: Any = None,
        kernels: Any = None,
    ) -> None:
        self.name, self._owner, self._letters = name, owner, inputs + outputs
        self.__name__ = self.__qualname__ = name  # by which dask names its tasks
        self.__module__ = "fastact"
        sides = (",".join("(n)" if c.isupper() else "()" for c in s) for s in (inputs, outputs))
        self._core = "->".join(sides)
        self._nin, self._nout = len(inputs), len(outputs)
        # So many operands have the dtype of the loop, before others: of them `out` may be a cast.
        self._alike = max(1, len(inputs) - len(inputs.lstrip("xX")))
        self._ufunc: np.ufunc | None = None
        ufunc.registry[name] = lambda: self.ufunc
        for dtype in loop_registry.DTYPES if "x" in self._letters.lower() else ("float64",):
            made = build or loop_registry.builder(
                "fastact.rowkernels.build", "build", self._letters, kernels
            )
            loop_registry.add(loop_registry.LoopSpec(name, owner, dtype, made))

    @property
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc` itself."""
        if self._ufunc is None:
            self._ufunc = ufunc.make(
                self.name, self.__doc__ or "", self._nin, self._nout, self._address,
                self._core, tuple(FIXED[c.lower()] for c in self._letters),
            )  # fmt: skip
        return self._ufunc

    def _address(self, dtype: str) -> int:
        return loop_registry.get(self.name, dtype).address()

    def _in_one_call(self, *arrays: Array, axis: int = -1, out: Any = None) -> Any:
        """Apply the ufunc along an axis, in one call."""
        made = self._ufunc or self.ufunc
        call = threads.call if out is None else calling(out, *arrays[: self._alike])
        if axis == -1:
            if out is None:
                return call(made, *arrays)
            if type(out) is np.ndarray:  # without a keyword: that takes long
                return call(made, *arrays, out)
            return call(made, *arrays, out=out)
        try:
            return call(made, *arrays, axis=axis, out=out)
        except np.exceptions.AxisError as error:
            axes(self.name, axis, max(map(np.ndim, arrays)))  # names the function
            raise error from None

    def _along(self, arrays: tuple[Array, ...], axis: Axis, out: Any = None) -> Any:
        """Apply the ufunc along an axis, or along several as if they were one."""
        if isinstance(axis, INTEGER):
            return self._in_one_call(*arrays, axis=axis, out=out)
        arrays = tuple(map(np.asarray, arrays))
        return self._along_many(arrays, axis, out)

    @property
    def _keeps_axis(self) -> bool:
        """Whether the result has the axis."""
        return self._letters[-1].isupper()

    def _along_many(self, arrays: tuple[Any, ...], axis: Axis, out: Any) -> Any:
        """Several axes, moved to the end and joined into one."""
        arrays = np.broadcast_arrays(*arrays)
        layout = Layout(arrays[0].shape, axes(self.name, axis, arrays[0].ndim))
        result = self._in_one_call(*map(layout.rows, arrays))
        if self._keeps_axis:
            result = layout.back(result)
        return delivered(self.name, out, result)


# x where a mask is True, else another number: what is absent from rows, or their results there.
chosen = RowFunction(
    "chosen", "softmax", "xbx", "x", loop_registry.builder("fastact.rowkernels.build", "chosen")
)


def masked(x: Any, present: Any, absent: Any, *out: Any) -> Any:
    """`x` where it is present, else the number `absent` of its dtype: in `out`, or a new array."""
    return calling(out[0] if out else None, x)(chosen.ufunc, x, present, absent, *out)


class Layout:
    """How an array of a shape is seen as rows: the chosen axes are moved to the end and joined."""

    def __init__(self, shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
        self.axes, self.ends = axes, tuple(range(-len(axes), 0))
        self.kept = tuple(n for k, n in enumerate(shape) if k not in axes)
        self.core = tuple(shape[a] for a in axes)
        self.shape = (*self.kept, math.prod(self.core))
        self.with_ones = tuple(1 if k in axes else n for k, n in enumerate(shape))

    def rows(self, array: Any) -> Any:
        """The array as rows: a view wherever there is one."""
        if len(self.axes) == 1:
            return np.moveaxis(array, self.axes, self.ends)
        return np.moveaxis(array, self.axes, self.ends).reshape(self.shape)

    def back(self, rows: Any) -> Any:
        """Rows as an array of the original shape."""
        return np.moveaxis(rows.reshape((*self.kept, *self.core)), self.ends, self.axes)

    def settle(self, rows: Any, array: Any) -> None:
        """Copy rows into the array that they were made from, unless they are a view of it."""
        if not np.may_share_memory(rows, array):
            array[...] = self.back(rows)


def slabs(shape: tuple[int, ...], axis: int) -> Iterator[tuple[slice, ...]]:
    """Indices that cut an array into pieces of whole rows, of about `SLAB` elements.

    Rows without elements are rows, too.
    """
    size, cuts = math.prod(shape), []
    for k, length in enumerate(shape):
        step = max(1, length)
        if k != axis and size > SLAB:
            step = max(1, SLAB * length // size)
            size = size // length * step
        starts = [0] if k == axis else range(0, length, step)
        cuts.append([slice(i, i + step) for i in starts])
    return itertools.product(*cuts)
