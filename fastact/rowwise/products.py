"""Products of the Jacobian of softmax and its family with a vector: `backward` and `jvp`.

A product is one call of a generalized ufunc of the vector and the output: without options of one,
with a mask, factors and lengths of another. The slope of a cap is multiplied by NumPy.
"""

from __future__ import annotations

from typing import Any, Never

import numpy as np
from numpy import ndarray

from fastact.arguments import (
    CHARACTERS,
    INTEGER,
    INTEGRAL,
    MISSING,
    Axis,
    axes,
    boolean,
    delivered,
    exactly_one,
    floats,
    one_axis,
    one_int,
    output,
    target,
    together,
    weak,
)
from fastact.containers.door import public, without_unknown
from fastact.containers.opened import LAZY, is_dask
from fastact.definition.plain_calls import CalledPlainly
from fastact.elementwise import tanh
from fastact.native import threads
from fastact.native.glue import FIRST, TEMPERATURE, WHERE, Form, plain_forms
from fastact.rowwise import chunks, documents
from fastact.rowwise.row_function import RowFunction, masked
from fastact.rowwise.row_options import EVERY, ONE, Rows, everywhere, quick

Array = Any


class Product(CalledPlainly):
    """A product of the Jacobian and a vector, from the output or from the input.

    `function` takes the vector and the output, `masked` a mask, a factor and a length too.
    """

    _axis = "axis"
    _before = False  # whether the cap's slope comes before the product
    _vector = "dy"

    def __init__(self, owner: Any, function: RowFunction, masked: RowFunction) -> None:
        self._owner, self._function, self._with_mask = owner, function, masked
        self._unsigned = owner._sign == 1.0
        self.__module__, self.__name__ = "fastact", type(self).__name__.lower()
        self.name = self.__qualname__ = f"{owner.name}.{self.__name__}"
        self._words = {"d": self._vector}

    @property
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc` of the vector and the output."""
        return self._function.ufunc

    def _forms(self) -> list[Form]:
        sign = self._owner._sign
        found = [
            Form.of("y", WHERE, steps=[
                (self._with_mask.ufunc, FIRST, "y", WHERE, np.array(sign), EVERY)
            ]),
            Form.of("y", TEMPERATURE, steps=[(self._times, FIRST, "y", TEMPERATURE)], sign=sign),
        ]  # fmt: skip
        if self._unsigned:
            return [*plain_forms(self.ufunc, "y"), *found]
        return [*found, Form.of("y", steps=[(self._times, FIRST, "y", np.array(sign))])]

    def _times(self, d: Any, y: Any, factor: Any) -> Any:
        """The product along the last axis, times a factor."""
        return threads.call(self._with_mask.ufunc, d, y, everywhere(d.shape), factor, EVERY)

    @without_unknown
    def __call__(
        self,
        d: Array = MISSING,
        /,
        *more: Never,
        x: Array | None = None,
        y: Array | None = None,
        axis: Axis = -1,
        where: Array | None = None,
        temperature: Array | None = None,
        lengths: Array | None = None,
        causal: bool = False,
        softcap: float | None = None,
        out: Any = None,
        **unknown: Never,
    ) -> Any:
        """Return the product, a new array or `out`; see `documents.MEMBERS`."""
        if type(axis) is not int:
            axis = one_int(axis)
        if (
            type(d) is ndarray and type(axis) is int and softcap is None
            and (out is None or type(out) is ndarray) and not (more or unknown)
        ):  # fmt: skip
            if self._waits:
                self._go_plainly()
            if (
                type(y) is ndarray and x is None and where is None and temperature is None
                and lengths is None and causal is False and d.dtype.char in CHARACTERS
                and y.dtype.char in CHARACTERS and self._unsigned and d.shape == y.shape
                and -d.ndim <= axis < d.ndim and out is None
            ):  # fmt: skip
                return self._function._in_one_call(d, y, axis=axis)
            found = self._at_once(d, x, y, axis, out, where, temperature, lengths, causal)
            if found is not None:
                return found
        return self._general(
            d, *more, x=x, y=y, axis=axis, where=where, temperature=temperature, lengths=lengths,
            causal=causal, softcap=softcap, out=out, **unknown,
        )  # fmt: skip

    def _at_once(
        self, d: Any, x: Any, y: Any, axis: int, out: Any, where: Any, *options: Any
    ) -> Any:
        """The product of arrays of one dtype and shape; None if there is more to look at."""
        saved = y if x is None else x
        if type(saved) is not ndarray or not (x is None or y is None):
            return None
        dtype, shape = d.dtype, d.shape
        if (
            dtype != saved.dtype or shape != saved.shape or dtype.char not in CHARACTERS
            or not -len(shape) <= axis < len(shape)
            or not (
                out is None
                or (out.dtype == dtype and out.shape == shape and out.flags.writeable)
            )
        ):  # fmt: skip
            return None
        found = quick(self._owner._sign, shape, axis % len(shape), where, *options)
        if found is None:
            return None
        if x is not None:
            y = self._owner._forward_at_once(x, axis, None, where, found)
        factor, length = found
        return self._of_output(d, y, where, factor, length, axis, out)

    def _of_output(
        self, d: Any, y: Any, where: Any, factor: Any, length: Any, axis: int, out: Any
    ) -> Any:
        """The product in one call, with a mask, factors and lengths if there are any."""
        if where is None and factor is None and length is None:
            return self._function._in_one_call(d, y, axis=axis, out=out)
        return self._masked(d, y, where, factor, length, axis, out)

    def _masked(
        self, d: Any, y: Any, where: Any, factor: Any, length: Any, axis: int, out: Any
    ) -> Any:
        """The product where elements are present, times the factor of rows."""
        shape, function = y.shape, self._with_mask
        if where is None:
            where = everywhere(shape)
        elif where.shape != shape:
            where = np.broadcast_to(where, shape)
        factor = ONE if factor is None else factor
        length = EVERY if length is None else length
        if axis == -1 and out is None:  # as the next line, sooner
            return threads.call(function._ufunc or function.ufunc, d, y, where, factor, length)
        return function._in_one_call(d, y, where, factor, length, axis=axis, out=out)

    @public(lazy=("d", "x", "y"))
    def _general(
        self,
        d: Array,
        /,
        *,
        x: Array | None = None,
        y: Array | None = None,
        axis: Axis = -1,
        where: Array | None = None,
        temperature: Array | None = None,
        lengths: Array | None = None,
        causal: bool = False,
        softcap: float | None = None,
        out: Any = None,
    ) -> Any:
        """What the call comes to if it is not one of a ufunc with two arrays."""
        exactly_one(self.name, x=x, y=y)
        no_options = (
            where is None and temperature is None and lengths is None and softcap is None
            and not boolean(self.name, "causal", causal) and self._unsigned
        )  # fmt: skip
        if any(map(is_dask, (d, x, y))):
            return self._lazy(d, x, y, axis, no_options=no_options and out is None)
        if y is not None and softcap is not None:
            raise TypeError(f"{self.name}(): softcap needs x=, got y=")
        key, saved = ("y", y) if x is None else ("x", x)
        saved = floats(self.name, key, saved)
        d = floats(self.name, self._vector, weak(d, saved.dtype))
        shape = together(self.name, **{self._vector: d, key: saved})
        if d.shape != saved.shape:
            d, saved = (np.broadcast_to(a, shape) for a in (d, saved))
        if no_options:
            return self._without_options(d, saved, axis, out, from_x=y is None)
        rows = Rows(
            self.name, shape, axis, sign=self._owner._sign, where=where,
            temperature=temperature, lengths=lengths, causal=causal, softcap=softcap,
        )  # fmt: skip
        dtype = np.result_type(d, saved)
        into = target(self.name, out, shape, dtype, (d,), (saved, rows.where))
        direct = into is not None
        into = np.empty_like(saved, dtype, subok=False) if into is None else into
        seen = rows.layout.rows
        result = seen(into)
        with np.errstate(all="ignore"):
            self._rows(rows, seen(d), seen(saved), result, from_x=y is None)
            rows.complete(result)
        rows.layout.settle(result, into)
        return into if direct else delivered(self.name, out, into)

    def _without_options(self, d: Any, saved: Any, axis: Axis, out: Any, *, from_x: bool) -> Any:
        """The product if no option is given: one ufunc of the vector and the output."""
        found = axes(self.name, axis, d.ndim)
        if d.ndim == 0:
            axis = found
        if out is not None:
            output(self.name, out, d.shape, np.result_type(d, saved))
        y = self._owner(saved, axis=axis) if from_x else saved
        return self._function._along((d, y), axis, out)

    def _lazy(self, d: Any, x: Any, y: Any, axis: Axis, *, no_options: bool) -> Any:
        """The lazy product of dask arrays, which pass on the ufunc."""
        key, saved = ("x", x) if y is None else ("y", y)
        if not no_options or not isinstance(axis, INTEGER):
            raise TypeError(f"{self.name}(): with several axes or options {key} must be {LAZY}")
        core = one_axis(self.name, axis, saved.ndim)
        for each in (d, saved):
            if is_dask(each) and (each.ndim != saved.ndim or each.numblocks[core] != 1):
                raise TypeError(
                    f"{self.name}(): {key} and the vector must have all of the axis in a chunk, "
                    f"got chunks {each.chunks}: rechunk them"
                )
        if y is None:
            saved = self._owner(x, axis=axis)
        whole = d if is_dask(d) else saved
        d = chunks.like(self.name, self._vector, d, whole)
        saved = chunks.like(self.name, key, saved, whole)
        d, saved = (a.astype(np.float64) if a.dtype.kind in INTEGRAL else a for a in (d, saved))
        return self._function._in_one_call(d, saved, axis=core)

    def _rows(self, rows: Rows, d: Any, saved: Any, out: Any, *, from_x: bool) -> None:
        """Write the product of all rows to `out`; from the input, the output is a new array."""
        y, index = saved, (...,)
        if from_x:
            y = np.empty(saved.shape, saved.dtype)
            self._owner._forward(rows, saved, y)
        factor, lengths = rows.operands(index)
        if rows.cap is None:
            self._masked(d, y, rows.where, factor, lengths, -1, out)
            return
        slope = tanh.derivative(np.divide(saved, rows.cap, dtype=saved.dtype))
        if self._before:
            d = np.multiply(d, slope, out=out, casting="same_kind")
        self._masked(d, y, rows.where, factor if self._before else 1.0, lengths, -1, out)
        if not self._before:
            np.multiply(out, slope, out=out, casting="same_kind")
            factor = factor[..., None] if np.ndim(factor) else factor
            np.multiply(out, factor, out=out, casting="same_kind")
            present = rows.present((slice(None),) * out.ndim)
            if present is not None:
                masked(out, present, out.dtype.type(0), out)

    def _document(self) -> str:
        return documents.member(self._owner, self.__name__, f"{self.name}{self._signature()}")

    def __reduce__(self) -> Any:
        return getattr, (self._owner, self.__name__)

    def __repr__(self) -> str:
        return f"<fastact.{self.name}{self._signature()}>"


class Backward(Product):
    """The vector-Jacobian product: the gradient of the input for that of the output."""


class Jvp(Product):
    """The Jacobian-vector product: the tangent of the output for that of the input."""

    _before = True
    _vector = "dx"
