"""Functions of ragged sequences that lie one after another along an axis."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache, partial
from itertools import pairwise
from typing import Any

import numpy as np

from fastact.arguments import (
    cast,
    delivered,
    exactly_one,
    floats,
    integers,
    one_axis,
    output,
    refused,
)
from fastact.containers.door import public
from fastact.definition.described import Documented, called, shown
from fastact.native import loop_registry, threads
from fastact.rowwise import documents
from fastact.rowwise.row_function import RowFunction
from fastact.rowwise.row_options import capped

Array = Any
drive = loop_registry.add_support(
    "sequences", loop_registry.builder("fastact.rowkernels.ragged_loop", "build")
)


class Sequences(Documented):
    """The function over each of the sequences ``x[..., offsets[k]:offsets[k + 1]]``."""

    def __init__(self, owner: Any) -> None:
        self._owner, self.name = owner, f"{owner.name}.sequences"
        self.__module__, self.__name__, self.__qualname__ = "fastact", "sequences", self.name

    @public()
    def __call__(
        self,
        x: Array,
        /,
        *,
        offsets: Array,
        axis: int = -1,
        out: Any = None,
        temperature: Array | None = None,
        softcap: float | None = None,
    ) -> Any:
        """Apply the function to each sequence."""
        x, options = floats(self.name, "x", x), {"temperature": temperature, "softcap": softcap}
        axis = one_axis(self.name, axis, x.ndim)
        starts = checked_offsets(self.name, offsets, x.shape[axis])
        if out is not None:
            output(self.name, out, x.shape, x.dtype)
        found = self._owner._uniform_factor(**options)
        if found is None:
            result = one_by_one(partial(self._owner, **options), (x,), starts, axis)
        else:
            result = self._forward(x, starts, axis, *found)
        return delivered(self.name, out, result)

    def _forward(self, x: Any, offsets: Any, axis: int, factor: Any, cap: float | None) -> Any:
        """All sequences in one call of compiled code."""
        dtype = x.dtype
        if cap is not None:
            x, factor = capped(x, cap), (1.0 if factor is None else factor) * cap
        function, constants = self._owner._function_of(factor, None)
        return cast(over_sequences(function, (x, *constants), offsets, axis), dtype)

    @shown
    @public()
    def backward(
        self,
        dy: Array,
        /,
        *,
        x: Array | None = None,
        y: Array | None = None,
        offsets: Array,
        axis: int = -1,
        out: Any = None,
        temperature: Array | None = None,
        softcap: float | None = None,
    ) -> Any:
        """The gradient of the input for that of the output, from the output or the input."""
        name, options = f"{self.name}.backward", {"temperature": temperature, "softcap": softcap}
        exactly_one(name, x=x, y=y)
        key, saved = ("x", x) if y is None else ("y", y)
        saved, dy = floats(name, key, saved), floats(name, "dy", dy)
        if saved.shape != dy.shape:
            expected = f"of the shape of {key}, {saved.shape}"
            raise refused(name, "dy", expected, dy.shape, ValueError)
        axis = one_axis(name, axis, saved.ndim)
        starts = checked_offsets(name, offsets, saved.shape[axis])
        if out is not None:
            output(name, out, saved.shape, np.result_type(dy, saved))
        found = self._owner._uniform_factor(**options)
        if found is None or found[1] is not None:

            def apply(d: Any, of: Any) -> Any:
                return self._owner.backward(d, **{key: of}, **options)

            result = one_by_one(apply, (dy, saved), starts, axis)
        else:
            factor, _ = found
            y = saved if x is None else self._forward(saved, starts, axis, factor, None)
            result = over_sequences(self._owner.backward._function, (dy, y), starts, axis)
            if factor is not None:
                with np.errstate(all="ignore"):
                    np.multiply(result, np.float64(factor), out=result, casting="same_kind")
        return delivered(name, out, result)

    def _document(self) -> str:
        return documents.member(self._owner, "sequences", f"{self.name}{self._signature()}")

    def _member(self, name: str, _text: str) -> str:
        return documents.member(self._owner, f"sequences.{name}", called(self, name))

    def __reduce__(self) -> Any:
        return getattr, (self._owner, "sequences")

    def __repr__(self) -> str:
        return f"<fastact.{self.name}{self._signature()}>"


def one_by_one(
    function: Callable[..., Any], arrays: tuple[Any, ...], offsets: Any, axis: int
) -> Any:
    """Call `function` for each sequence, and write the results to a new array.

    This is for options that each call checks, such as a temperature for each row.
    """
    arrays = tuple(np.moveaxis(a, axis, -1) for a in arrays)
    result = np.empty(arrays[0].shape, np.result_type(*arrays))
    for start, end in pairwise(offsets.tolist()):
        if start < end:
            result[..., start:end] = function(*(a[..., start:end] for a in arrays))
    return np.moveaxis(result, -1, axis)


def over_sequences(
    function: RowFunction, operands: tuple[Any, ...], offsets: Any, axis: int
) -> Any:
    """Call the loop of a function over all sequences; the result is a new array.

    Operands without axes are the same for each sequence.
    """
    dtype = np.result_type(*(a for a in operands if np.ndim(a)))
    shape = operands[0].shape
    n = shape[axis]
    result = np.empty((*shape[:axis], *shape[axis + 1 :], n), dtype)
    if result.size:
        given = [rows_of(a, dtype, axis) if np.ndim(a) else np.asarray(a) for a in operands]
        run(function.name, dtype.name, [*given, result.reshape(-1, n)], offsets)
    return result if axis == len(shape) - 1 else np.moveaxis(result, -1, axis)


def rows_of(array: Any, dtype: Any, axis: int) -> Any:
    """An array of numbers as loops read them, as a matrix whose rows have all sequences."""
    if axis != array.ndim - 1:
        array = np.moveaxis(array, axis, -1)
    array = array.astype(dtype, copy=False).reshape(-1, array.shape[-1])
    return array if array.flags.aligned else array.copy()


def run(name: str, dtype: str, operands: list[Any], offsets: Any) -> None:
    """Call the loop of a ufunc for the sequences of matrices, the last of which is the result.

    Operands without axes are numbers.
    """
    count, places = len(operands), [a.ctypes.data for a in operands]
    rows, columns = ([a.strides[k] if a.ndim else 0 for a in operands] for k in (0, 1))
    core = [a.strides[1] for a in operands if a.ndim]
    words = [*places, *rows, *columns, *[0] * count, *core]
    table = (ctypes.c_int64 * (6 * count))(*words)
    loop = address(name, dtype)
    threads.call(
        driver(), loop, threads.block(), table, count, offsets.ctypes.data, len(offsets) - 1,
        operands[0].shape[0], *lock(),
    )  # fmt: skip


@cache
def address(name: str, dtype: str) -> int:
    """The address of a ufunc's loop."""
    return loop_registry.get(name, dtype).address()


@cache
def driver() -> Any:
    """The compiled function over sequences; what a handler of a signal raises, ctypes raises."""
    word, pointer = ctypes.c_int64, ctypes.c_void_p
    arguments = word, pointer, pointer, word, pointer, *[word] * 4
    return ctypes.PYFUNCTYPE(None, *arguments)(drive.address())


@cache
def lock() -> tuple[Any, ...]:
    """The addresses of the functions that release Python's lock and take it again."""
    functions = ctypes.pythonapi.PyEval_SaveThread, ctypes.pythonapi.PyEval_RestoreThread
    return tuple(ctypes.cast(each, ctypes.c_void_p).value for each in functions)


def checked_offsets(name: str, offsets: Array, n: int) -> Any:
    """Where sequences begin, and where the last one ends, as neighbours in memory."""
    array = integers(name, "offsets", offsets)
    if array.ndim != 1 or not array.size:
        raise ValueError(f"{name}(): offsets must have one axis and begin with 0, got {offsets!r}")
    if array[0] != 0 or array[-1] != n:
        raise ValueError(
            f"{name}(): offsets must run from 0 to {n}, the length of the axis, "
            f"got {int(array[0])} to {int(array[-1])}"
        )
    lengths = np.diff(array)
    if (lengths < 0).any():
        k = int(np.argmax(lengths < 0))
        raise ValueError(
            f"{name}(): offsets must ascend, got {int(array[k])} before {int(array[k + 1])} "
            f"at place {k}"
        )
    return np.ascontiguousarray(array)
