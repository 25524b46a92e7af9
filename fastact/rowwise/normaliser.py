"""A function along an axis that makes shares of a row: the call, its options, the Jacobian.

A plain call (`plain_calls.CalledPlainly`) is steps of ufuncs in native code. `__call__` is for the
others. If `row_options.quick` knows the options, the call is one of a generalized ufunc, with a
mask between two of `chosen`. All else (a cap, policies for special rows) goes through the rows in
slabs, in the output's own memory.
"""

from __future__ import annotations

from typing import Any, Never

import numpy as np
from numpy import ndarray

from fastact.arguments import (
    CHARACTERS,
    INTEGRAL,
    MISSING,
    Axis,
    axes,
    choice,
    delivered,
    floats,
    mask,
    one_axis,
    one_int,
    target,
)
from fastact.containers.door import public, without_unknown
from fastact.containers.opened import LAZY, is_dask
from fastact.definition.described import called, shown
from fastact.definition.plain_calls import CalledPlainly
from fastact.elementwise import logit, tanh
from fastact.native import threads
from fastact.native.glue import FIRST, MADE, TEMPERATURE, WHERE, Form, plain_forms
from fastact.native.ufunc import calling
from fastact.numerics.primitives import Kernel
from fastact.numerics.rows import NO_GRADIENT, Product
from fastact.rowwise import chunks, documents, jacobians, products
from fastact.rowwise.products import Backward, Jvp
from fastact.rowwise.ragged import Sequences
from fastact.rowwise.row_function import RowFunction, chosen, masked, slabs
from fastact.rowwise.row_options import (
    CAPS,
    COLD,
    EMPTY,
    EVERY,
    HOT,
    INF,
    INFINITE,
    NUMBER,
    ONE,
    Rows,
    capped,
    numbers_of,
    quick,
)

Array = Any


class Normaliser(RowFunction, CalledPlainly):
    """What the functions of this family share: the call, and the gradient.

    What a function says of itself are fields of its class. Its loops are made of the kernels `_row`
    and `_product`; or they are those of another function, `_loops`; or else `rowkernels` has them
    under its name (``name``, ``name_general``, ``name_backward``).
    """

    _axis = "axis"
    _kind = "shares"
    _row: Kernel | None = None  # what writes the results of a row: see `numerics.rows`
    _product: Product | None = None  # of the Jacobian and a vector, from the output
    _loops: Any = None  # the function of this family that has the loops, if it is another one
    _sign = 1.0  # what the input is multiplied by: -1 makes the smallest the largest
    _fill_value = 0.0  # what an element is that does not count
    _sink: float | None = None  # one more logit, for loops that take one; -inf is none
    _symmetric = True  # whether the Jacobian is, so that one product is both
    _shares: Any = None  # whose output the Jacobian is made of, if not its own

    def __init__(self, name: str) -> None:
        if self._loops is None:
            self._with_own_loops(name)
        else:
            self._with_loops_of(self._loops, name)
        self._sinks = () if self._sink is None else (np.array(self._sink),)
        self._absents, self._fill_values = map(numbers_of, (self._absent, self._fill_value))
        self._x_alone = self._nin == 1  # whether there is a ufunc without options
        self.sequences = Sequences(self)

    def _with_own_loops(self, name: str) -> None:
        """Enter the loops of a function that has some."""
        if self._row is not None and self._product is None:
            raise TypeError(
                f"{type(self).__name__} has a `_row` and no `_product`: without a gradient it is "
                "`NO_GRADIENT`"
            )
        scaled = "Xdi" if self._sink is None else "Xddi"
        self._scaled = RowFunction(f"{name}_general", name, scaled, "X", kernels=self._row)
        super().__init__(name, name, "X", "X", kernels=self._row)
        backward = self._products("backward")
        self.backward = Backward(self, *backward)
        self.jvp = Jvp(self, *(backward if self._symmetric else self._products("jvp")))
        self._columns: products.Product = self.jvp  # what makes them of the Jacobian
        self._rows: products.Product = self.jvp
        if self._shares is not None:
            self._columns = Jvp(self, *self._products("jvp_of_shares"))
            self._rows = Backward(self, *self._products("backward_of_shares"))

    def _products(self, ending: str) -> tuple[RowFunction, RowFunction]:
        """The ufuncs of a vector and the output: without and with a mask, factors and lengths."""
        plain, masked = (
            RowFunction(f"{self.name}_{each}", self.name, letters, "X", kernels=self._product)
            for each, letters in ((ending, "XX"), (f"{ending}_masked", "XXBdi"))
        )
        return plain, masked

    def _with_loops_of(self, other: Normaliser, name: str) -> None:
        """Take the loops of another function."""
        self._scaled = scaled = other._scaled
        self.name, self._owner, self._letters = name, other._owner, scaled._letters
        self.__name__ = self.__qualname__ = name
        self.__module__ = "fastact"
        self._core, self._nin, self._nout = scaled._core, scaled._nin, scaled._nout
        self._alike = scaled._alike
        self.backward = Backward(self, other.backward._function, other.backward._with_mask)
        self.jvp = Jvp(self, other.jvp._function, other.jvp._with_mask)
        self._columns = self._rows = self.jvp

    @property
    def _smooth(self) -> bool:
        """Whether there is a gradient other than 0."""
        return self._loops._smooth if self._loops else self._product is not NO_GRADIENT

    @property
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc` itself."""
        return super().ufunc if self._x_alone else self._scaled.ufunc

    def _forms(self) -> list[Form]:
        factor = None if self._sign == 1.0 else np.array(self._sign)
        (plain, beside), (scaled, at) = (
            self._function_of(each, None) for each in (factor, TEMPERATURE)
        )
        apply, choose = plain.ufunc, chosen.ufunc
        absents, fills = (tuple(each.values()) for each in (self._absents, self._fill_values))
        masked = [
            (choose, FIRST, WHERE, absents),
            (apply, MADE, *beside, MADE),
            (choose, MADE, WHERE, fills, MADE),
        ]
        return [
            *plain_forms(apply, beside=beside),
            Form.of(WHERE, steps=masked),
            Form.of(TEMPERATURE, steps=[(scaled.ufunc, FIRST, *at)], sign=self._sign),
        ]

    @without_unknown
    def __call__(
        self,
        x: Array = MISSING,
        /,
        axis: Axis = -1,
        *more: Never,
        where: Array | None = None,
        temperature: Array | None = None,
        lengths: Array | None = None,
        causal: bool = False,
        softcap: float | None = None,
        empty: str = "zero",
        inf: str = "limit",
        out: Any = None,
        **unknown: Never,
    ) -> Any:
        """Apply the function along `axis`; see the class."""
        if type(axis) is not int:
            axis = one_int(axis)
        if (
            type(x) is ndarray and type(axis) is int and softcap is None and empty == "zero"
            and inf == "limit" and (out is None or type(out) is ndarray) and not (more or unknown)
        ):  # fmt: skip
            if self._waits:
                self._go_plainly()
            shape, dtype = x.shape, x.dtype
            if -len(shape) <= axis < len(shape):
                fits = dtype.char in CHARACTERS and (
                    out is None
                    or (out.shape == shape and out.dtype == dtype and out.flags.writeable)
                )
                if (
                    where is None and temperature is None and lengths is None and causal is False
                    and self._x_alone and fits
                ):  # fmt: skip
                    return calling(out, x)(self._ufunc or self.ufunc, x, axis=axis, out=out)
                if fits:
                    found = quick(
                        self._sign, shape, axis % len(shape), where, temperature, lengths, causal
                    )
                    if found is not None and (where is None or separate(x, out, where, found[1])):
                        return self._forward_at_once(x, axis, out, where, found)
        return self._general(
            x, axis, *more, where=where, temperature=temperature, lengths=lengths, causal=causal,
            softcap=softcap, empty=empty, inf=inf, out=out, **unknown,
        )  # fmt: skip

    def _forward_at_once(
        self, x: Any, axis: int, out: Any, where: Any, found: tuple[Any, Any]
    ) -> Any:
        """One call of the ufunc, between two that put the mask in; `found` is from `quick`."""
        function, constants = self._function_of(*found)
        made, call = function._ufunc or function.ufunc, threads.call
        if where is None:
            if axis == -1 and out is None:  # as the next line, sooner
                return call(made, x, *constants)
            return function._in_one_call(x, *constants, axis=axis, out=out)
        choose, char = chosen._ufunc or chosen.ufunc, x.dtype.char  # `masked`, in less time
        if out is None:
            y = call(choose, x, where, self._absents[char])
        else:
            y = calling(out, x)(choose, x, where, self._absents[char], out)
        if axis == -1:
            call(made, y, *constants, y)
        else:
            function._in_one_call(y, *constants, axis=axis, out=y)
        return call(choose, y, where, self._fill_values[char], y)

    def _function_of(self, factor: Any, length: Any) -> tuple[RowFunction, tuple[Any, ...]]:
        """The ufunc for a factor and a length of rows, each perhaps None; its operands beside x."""
        if factor is None:
            if length is None and self._x_alone:
                return self, ()
            factor = ONE
        return self._scaled, (factor, *self._sinks, EVERY if length is None else length)

    def _uniform_factor(
        self, temperature: Any = None, softcap: Any = None
    ) -> tuple[Any, float | None] | None:
        """The factor and the cap of all rows alike; None if there is more to look at."""
        factor: Any = None if self._sign == 1.0 else self._sign
        if not (softcap is None or (type(softcap) in NUMBER and CAPS[0] <= softcap <= CAPS[1])):
            return None
        if temperature is not None:
            if not (type(temperature) in NUMBER and COLD <= temperature <= HOT):
                return None
            factor = self._sign / temperature
        return factor, None if softcap is None else float(softcap)

    @public(lazy=("x", "where"))
    def _general(
        self,
        x: Array,
        /,
        axis: Axis = -1,
        *,
        where: Array | None = None,
        temperature: Array | None = None,
        lengths: Array | None = None,
        causal: bool = False,
        softcap: float | None = None,
        empty: str = "zero",
        inf: str = "limit",
        out: Any = None,
    ) -> Any:
        """What the call comes to if it is not one of a ufunc with an array."""
        choice(self.name, "empty", empty, EMPTY[:1] if self._sink == 0.0 else EMPTY)
        choice(self.name, "inf", inf, INFINITE)
        options: dict[str, Any] = {
            "where": where, "temperature": temperature, "lengths": lengths, "causal": causal,
            "softcap": softcap,
        }  # fmt: skip
        if is_dask(x):
            return self._lazy(x, axis, options, empty, inf, out)
        if is_dask(where):
            raise TypeError(f"{self.name}(): where must be {LAZY}")
        x = floats(self.name, "x", x)
        rows = Rows(self.name, x.shape, axis, sign=self._sign, **options)
        into = target(self.name, out, x.shape, x.dtype, (x,), (rows.where,))
        direct = into is not None
        into = np.empty_like(x, subok=False) if into is None else into
        y = rows.layout.rows(into)
        self._forward(rows, rows.layout.rows(x), y, empty, inf)
        rows.layout.settle(y, into)
        return into if direct else delivered(self.name, out, into)

    def _forward(self, rows: Rows, x: Any, y: Any, empty: str = "zero", inf: str = "limit") -> None:
        """Write the results of the rows `x` to `y`: in slabs where options need room."""
        whole = rows.where is None and rows.cap is None and rows.cold is None and inf == "limit"
        whole &= empty == "zero"
        cuts = [(...,)] if whole else list(slabs(x.shape, x.ndim - 1))
        if empty == "raise":
            for index in cuts:
                self._refuse_empty(rows, index, x[index])
        if whole:
            self._slab(rows, cuts[0], x, y)
            return
        with np.errstate(all="ignore"):
            for index in cuts:
                self._slab(rows, index, x[index], y[index], empty, inf)

    def _slab(
        self, rows: Rows, index: Any, x: Any, y: Any, empty: str = "zero", inf: str = "limit"
    ) -> None:
        """Write the results of the rows of one slab to `y`."""
        work = y
        if rows.cap is not None:
            x = work = capped(x, rows.cap, y)
        gone = infinite = None
        if empty in {"nan", "uniform"}:
            gone = self._empty(rows, x, rows.present(index))
        if inf == "nan":
            infinite = has(x, -self._absent, rows.present(index))
        if rows.where is not None:
            x = masked(x, rows.where[index], x.dtype.type(self._absent), work)
        self._apply(rows, index, x, work)
        if infinite is not None:
            work[infinite] = np.nan
        if rows.partial and np.isnan(work[..., :1]).any():  # a NaN makes a whole row NaN
            np.copyto(work, self._fill_value, where=~rows.present(index))
        if gone is not None:
            share = np.nan if empty == "nan" else self._uniform(work, gone, rows.present(index))
            work[gone] = share
        if work is not y:
            np.copyto(y, work, casting="same_kind")

    def _apply(self, rows: Rows, index: Any, x: Any, y: Any) -> None:
        """Call the ufunc of rows of which the mask is put in already; write to `y`."""
        if self._x_alone and rows.factor is None and rows.lengths is None and rows.cap is None:
            self._in_one_call(x, out=y)
            return
        factor, lengths = rows.operands(index)
        factor = factor if rows.cap is None else factor * rows.cap
        sink: Any = -INF if self._sink is None else self._sink
        if rows.cold is not None:
            x, factor, sink = rows.stretched(index, x, sink)
        sinks = () if self._sink is None else (sink,)
        self._scaled._in_one_call(x, factor, *sinks, lengths, out=y)

    @property
    def _absent(self) -> float:
        """The input that counts as absent."""
        return -INF * self._sign

    def _empty(self, rows: Rows, x: Any, present: Any) -> Any:
        """Which rows have no element that counts."""
        absent = np.zeros(x.shape, bool) if rows.cap is not None else x == self._absent
        return np.all(absent, axis=-1, where=True if present is None else present)

    def _refuse_empty(self, rows: Rows, index: Any, x: Any) -> None:
        found = np.argwhere(self._empty(rows, x, rows.present(index)))
        if len(found):
            at = tuple(int(i) + s.start for i, s in zip(found[0], index[:-1], strict=True))
            raise ValueError(
                f"{self.name}(): x must have an element that counts in every row, "
                f"the row at {at} of x without the axis has none"
            )

    def _uniform(self, y: Any, gone: Any, present: Any) -> Any:
        """Equal shares of the elements that are there, or else of all."""
        rows = np.ones(y[gone].shape, bool) if present is None else present[gone]
        rows |= ~rows.any(axis=-1, keepdims=True)
        count = rows.sum(axis=-1, keepdims=True)
        if self._fill_value == 0:
            return rows / count
        return np.where(rows, logit(1 / (count + 1.0)), -INF)  # log(1 / count), in our own bits

    def _lazy(
        self, x: Any, axis: Axis, options: dict[str, Any], empty: str, inf: str, out: Any
    ) -> Any:
        """Dask arrays, which pass on the ufunc: for what it can do by itself."""
        used = [key for key, value in options.items() if value is not None and value is not False]
        used += ["empty"] * (empty != "zero") + ["inf"] * (inf != "limit")
        used += ["out"] * (out is not None)
        found = axes(self.name, axis, x.ndim)
        if chunks.splits(self.name) and not used:
            return chunks.normalised(self, x, axis)
        if {"empty", "inf", "out"} & {*used}:
            raise TypeError(
                f"{self.name}(): empty, inf and out need NumPy arrays: x must be {LAZY}"
            )
        if len(found) != 1 or x.numblocks[found[0]] != 1:
            raise TypeError(
                f"{self.name}(): x must have all of one axis in a chunk, got chunks "
                f"{x.chunks} and axis={axis!r}: rechunk it, or see fastact.dask"
            )
        x = x.astype(np.float64) if x.dtype.kind in INTEGRAL else x
        rows = Rows(self.name, tuple(x.shape), axis, sign=self._sign, **{**options, "where": None})
        if rows.cold is not None:
            raise TypeError(f"{self.name}(): with such a temperature x must be {LAZY}")
        (core,) = found
        if rows.cap is not None:
            x = tanh(x / x.dtype.type(rows.cap))
        if options["where"] is not None:
            where = options["where"]
            present = where if is_dask(where) else mask(self.name, "where", where, x.shape)
            x = np.where(present, x, np.asarray(self._absent, x.dtype))
        factor, lengths = (
            operand + np.zeros_like(np.take(x, 0, axis=core), dtype=operand.dtype)  # x's chunks
            if np.ndim(operand) else operand
            for operand in rows.operands((slice(None),) * x.ndim)
        )  # fmt: skip
        sink = () if self._sink is None else (self._sink,)
        if self._x_alone and rows.factor is None and rows.lengths is None and rows.cap is None:
            return self._in_one_call(x, axis=core)
        factor = factor if rows.cap is None else factor * rows.cap
        return self._scaled._in_one_call(x, factor, *sink, lengths, axis=core)

    @shown
    @public()
    def jacobian(
        self,
        x: Array,
        /,
        axis: int = -1,
        *,
        where: Array | None = None,
        temperature: Array | None = None,
        lengths: Array | None = None,
        causal: bool = False,
        softcap: float | None = None,
    ) -> Any:
        """The Jacobian of each row, of shape ``x.shape + (n,)``: see `documents.MEMBERS`."""
        name = f"{self.name}.jacobian"
        x = floats(name, "x", x)
        rows = Rows(
            name, x.shape, (one_axis(name, axis, x.ndim),), sign=self._sign, where=where,
            temperature=temperature, lengths=lengths, causal=causal, softcap=softcap,
        )  # fmt: skip
        return jacobians.jacobian(self, rows, x)

    def _member(self, name: str, _text: str) -> str:
        return documents.member(self, name, called(self, name))

    def __reduce__(self) -> Any:
        return self.name

    def __repr__(self) -> str:
        return f"<fastact.{self.name}(x, axis=-1)>"


def separate(x: Any, out: Any, *beside: Any) -> bool:
    """Whether rows can be prepared in the memory of the output, which may be x itself."""
    if not x.dtype.isnative:
        return False
    others = beside if out is x else (x, *beside)
    return out is None or (
        out.dtype == x.dtype
        and out.shape == x.shape
        and not any(np.may_share_memory(each, out) for each in others if each is not None)
    )


def has(x: Any, value: float, present: Any) -> Any:
    """Which rows have this value among the elements that count."""
    return np.any(x == value, axis=-1, where=True if present is None else present)
