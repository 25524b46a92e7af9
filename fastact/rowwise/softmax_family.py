"""softmax and its family: forward, backward, Jacobian, Jacobian-vector product.

A plain call is one call of a generalized ufunc. All else (masks, temperatures, lengths, a cap,
policies for special rows) goes through rows in slabs, in the output's own memory.
"""

from __future__ import annotations

import functools
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Never

import numpy as np
from numpy import ndarray

from fastact.arguments import (
    CHARACTERS,
    INTEGER,
    INTEGRAL,
    Axis,
    axes,
    boolean,
    broadcast,
    choice,
    delivered,
    exactly_one,
    floats,
    mask,
    one_axis,
    output,
    target,
    together,
    weak,
)
from fastact.containers import LAZY, is_dask, public, without_unknown
from fastact.definition.described import Documented, called, shown
from fastact.elementwise import tanh
from fastact.native import threads
from fastact.rowwise import chunks, documents
from fastact.rowwise.ragged import Sequences
from fastact.rowwise.row_function import MAX_ULP, RowFunction, slabs
from fastact.rowwise.row_options import COLD, EMPTY, INFINITE, Rows, masked

if TYPE_CHECKING:
    from fastact.definition import interfaces

Array = Any
INF = float("inf")
NUMBER = (int, float)
HOT = 2.0**512  # temperature: above, its reciprocal may be subnormal


@functools.cache
def shared(owner: str, ending: str, letters: str) -> RowFunction:
    """The function of some loops, which several public functions may share."""
    return RowFunction(f"{owner}_{ending}", owner, letters, "X")


class Normaliser(RowFunction):
    """What the functions of this family share: the call, and the gradient.

    What a function says of itself are fields of its class. Its `loops` are those of its own name
    (``name``, ``name_general``, ``name_backward``) unless they are those of another function.
    """

    _kind, _smooth = "shares", True  # whether there is a gradient other than 0
    _interface = RowFunction._interface | {"backward", "jacobian", "jvp", "sequences"}
    loops = ""
    sign = 1.0  # what the input is multiplied by: -1 makes the smallest the largest
    nothing = 0.0  # what an element is that does not count
    sink: float | None = None  # one more logit, for loops that take one; -inf is none
    symmetric = True  # whether the Jacobian is, so that one product is both

    def __init__(self, name: str) -> None:
        loops = self.loops or name
        letters = "Xdi" if self.sink is None else "Xddi"
        self.general = shared(loops, "general", letters)
        if loops == name:
            super().__init__(name, name, "X", "X")
        else:
            self.name, self.owner, self.letters = name, loops, self.general.letters
            self.__name__ = self.__qualname__ = name
            self.__module__ = "fastact"
            self.signature, self.nin, self.nout = (
                self.general.signature, self.general.nin, self.general.nout,
            )  # fmt: skip
        self.plain = self.nin == 1  # there is a ufunc of x alone
        product = shared(loops, "backward", "XX")
        self.backward = Backward(self, product)
        self.jvp = Jvp(self, product if self.symmetric else shared(loops, "jvp", "XX"))
        self.sequences = Sequences(self)

    @property
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc` itself."""
        return super().ufunc if self.plain else self.general.ufunc

    @without_unknown
    def __call__(
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
        **unknown: Never,
    ) -> Any:
        """Apply the function along `axis`; see the class."""
        if (
            type(x) is ndarray and type(axis) is int and where is None and lengths is None
            and causal is False and softcap is None and empty == "zero" and inf == "limit"
            and (out is None or type(out) is ndarray) and not unknown
        ):  # fmt: skip
            if temperature is None:
                if self.plain:
                    made = self._ufunc or self.ufunc
                    if axis == -1 and out is None and x.ndim:
                        return threads.call(made, x)
                    if -x.ndim <= axis < x.ndim:
                        return threads.call(made, x, axis=axis, out=out)
            elif (
                type(temperature) in NUMBER and COLD <= temperature <= HOT
                and x.dtype.char in CHARACTERS and x.ndim
            ):  # fmt: skip
                return self._at_temperature(x, axis, temperature, out)
        return self._general(
            x, axis, where=where, temperature=temperature, lengths=lengths, causal=causal,
            softcap=softcap, empty=empty, inf=inf, out=out, **unknown,
        )  # fmt: skip

    def _at_temperature(self, x: Any, axis: int, temperature: float, out: Any) -> Any:
        """One call of the compiled function."""
        n = x.shape[axis] if -x.ndim <= axis < x.ndim else 0
        factor = self.sign / temperature
        if self.sink is None:
            return self.general.apply(x, factor, n, axis=axis, out=out)
        return self.general.apply(x, factor, self.sink, n, axis=axis, out=out)

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
        choice(self.name, "empty", empty, EMPTY[:1] if self.sink == 0.0 else EMPTY)
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
        rows = Rows(self.name, x.shape, axis, sign=self.sign, **options)
        into = target(self.name, out, x.shape, x.dtype, (x,))
        direct = into is not None
        into = np.empty_like(x, subok=False) if into is None else into
        y = rows.layout.rows(into)
        self._forward(rows, rows.layout.rows(x), y, empty, inf)
        rows.layout.settle(y, into)
        return into if direct else delivered(self.name, out, into)

    def _forward(self, rows: Rows, x: Any, y: Any, empty: str = "zero", inf: str = "limit") -> None:
        """All rows: at once where that needs no memory, else in slabs."""
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
        """The rows of one slab."""
        work = np.empty(y.shape, np.float32) if capped_half(rows, y) else y
        if rows.cap is not None:
            x = tanh(np.divide(x, rows.cap, out=work, casting="same_kind"), out=work)
        gone = infinite = None
        if empty in {"nan", "uniform"}:
            gone = self._empty(rows, x, rows.present(index))
        if inf == "nan":
            infinite = has(x, -self._absent, rows.present(index))
        if rows.where is not None:
            x = masked(x, rows.where[index], self._absent, work)
        self._apply(rows, index, x, work)
        if infinite is not None:
            work[infinite] = np.nan
        if rows.partial and np.isnan(work[..., :1]).any():  # rows are spoiled as a whole
            np.copyto(work, self.nothing, where=~rows.present(index))
        if gone is not None:
            share = np.nan if empty == "nan" else self._uniform(work, gone, rows.present(index))
            work[gone] = share
        if work is not y:
            np.copyto(y, work, casting="same_kind")

    def _apply(self, rows: Rows, index: Any, x: Any, y: Any) -> None:
        """The ufunc itself."""
        if self.plain and rows.factor is None and rows.lengths is None and rows.cap is None:
            self.apply(x, out=y)
            return
        factor, lengths = rows.operands(index)
        factor = factor if rows.cap is None else factor * rows.cap
        sink: Any = -INF if self.sink is None else self.sink
        if rows.cold is not None:
            x, factor, sink = rows.stretched(index, x, sink)
        sinks = () if self.sink is None else (sink,)
        self.general.apply(x, factor, *sinks, lengths, out=y)

    @property
    def _absent(self) -> float:
        """The input that counts as absent."""
        return -INF * self.sign

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
        shares = rows / rows.sum(axis=-1, keepdims=True)
        with np.errstate(divide="ignore"):
            return shares if self.nothing == 0 else np.log(shares)

    def _lazy(
        self, x: Any, axis: Axis, options: dict[str, Any], empty: str, inf: str, out: Any
    ) -> Any:
        """Dask arrays, which pass on the ufunc: for what it can do by itself."""
        used = [key for key, value in options.items() if value is not None and value is not False]
        used += ["empty"] * (empty != "zero") + ["inf"] * (inf != "limit")
        used += ["out"] * (out is not None)
        found = axes(self.name, axis, x.ndim)
        if self.name in {"softmax", "log_softmax"} and not used:
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
        rows = Rows(self.name, tuple(x.shape), axis, sign=self.sign, **{**options, "where": None})
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
        sink = () if self.sink is None else (self.sink,)
        if self.plain and rows.factor is None and rows.lengths is None and rows.cap is None:
            return self.apply(x, axis=core)
        factor = factor if rows.cap is None else factor * rows.cap
        return self.general.apply(x, factor, *sink, lengths, axis=core)

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
            name, x.shape, (one_axis(name, axis, x.ndim),), sign=self.sign, where=where,
            temperature=temperature, lengths=lengths, causal=causal, softcap=softcap,
        )  # fmt: skip
        logits = rows.layout.rows(x)
        y = np.empty(logits.shape, x.dtype)
        self._forward(rows, logits, y)
        with np.errstate(all="ignore"):
            return self._finished(self._jacobian(y, logits, rows), logits, rows)

    def _finished(self, found: Any, logits: Any, rows: Rows) -> Any:
        """The Jacobian of what was made of the logits, with that of temperature, cap and masks."""
        if rows.factor is not None:
            factor = rows.factor[..., None, None] if np.ndim(rows.factor) else rows.factor
            np.multiply(found, factor, out=found, casting="same_kind", where=found != 0)
        if rows.cap is not None:
            found *= tanh.derivative(logits / logits.dtype.type(rows.cap))[..., None, :]
        present = rows.present((slice(None),) * logits.ndim)
        if present is not None:
            np.copyto(found, 0, where=~(present[..., :, None] & present[..., None, :]))
        return np.moveaxis(found, -2, rows.layout.axes[0])

    def _jacobian(self, y: Any, x: Any, rows: Rows) -> Any:
        """The tangents of the output for steps along each input, from the output."""
        steps = np.eye(y.shape[-1], dtype=y.dtype)
        return np.swapaxes(self.jvp.function.apply(steps, y[..., None, :]), -1, -2)

    def _member(self, name: str, _text: str) -> str:
        return documents.member(self, name, called(self, name))

    def __reduce__(self) -> Any:
        return self.name

    def __repr__(self) -> str:
        return f"<fastact.{self.name}(x, axis=-1)>"


class Product(Documented):
    """A product of the Jacobian and a vector, from the output or from the input."""

    before = False  # whether the cap's slope comes before the product
    vector = "dy"
    _interface = frozenset({"name", "ufunc"})

    def __init__(self, owner: Normaliser, function: RowFunction) -> None:
        self.owner, self.function = owner, function
        self.__module__, self.__name__ = "fastact", type(self).__name__.lower()
        self.name = self.__qualname__ = f"{owner.name}.{self.__name__}"
        self._words = {"d": self.vector}

    @property
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc` of the vector and the output."""
        return self.function.ufunc

    @without_unknown
    def __call__(
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
        **unknown: Never,
    ) -> Any:
        """Return the product; see the class."""
        if (
            type(d) is ndarray and type(y) is ndarray and x is None and type(axis) is int
            and where is None and temperature is None and lengths is None and causal is False
            and softcap is None and (out is None or type(out) is ndarray)
            and d.dtype.kind == "f" and y.dtype.kind == "f" and self.owner.sign == 1.0
            and not unknown
        ):  # fmt: skip
            return self.function.apply(d, y, axis=axis, out=out)
        return self._general(
            d, x=x, y=y, axis=axis, where=where, temperature=temperature, lengths=lengths,
            causal=causal, softcap=softcap, out=out, **unknown,
        )  # fmt: skip

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
        plain = (
            where is None and temperature is None and lengths is None and softcap is None
            and not boolean(self.name, "causal", causal) and self.owner.sign == 1.0
        )  # fmt: skip
        if any(map(is_dask, (d, x, y))):
            return self._lazy(d, x, y, axis, plain=plain and out is None)
        if y is not None and softcap is not None:
            raise TypeError(f"{self.name}(): softcap needs x=, got y=")
        saved = floats(self.name, "y" if x is None else "x", y if x is None else x)
        d = floats(self.name, self.vector, weak(d, saved.dtype))
        if plain:
            return self._plain(d, saved, axis, out, from_x=y is None)
        rows = Rows(
            self.name, saved.shape, axis, sign=self.owner.sign, where=where,
            temperature=temperature, lengths=lengths, causal=causal, softcap=softcap,
        )  # fmt: skip
        d = broadcast(self.name, self.vector, d, saved.shape, "the shape of x")
        dtype = np.result_type(d, saved)
        into = target(self.name, out, saved.shape, dtype, (d,), (saved,))
        direct = into is not None
        into = np.empty_like(saved, dtype, subok=False) if into is None else into
        seen = rows.layout.rows
        result = seen(into)
        with np.errstate(all="ignore"):
            self._rows(rows, seen(d), seen(saved), result, from_x=y is None)
        rows.layout.settle(result, into)
        return into if direct else delivered(self.name, out, into)

    def _plain(self, d: Any, saved: Any, axis: Axis, out: Any, *, from_x: bool) -> Any:
        """No option is given: one ufunc of the vector and the output."""
        shape = together(self.name, **{self.vector: d, "the array": saved})
        if not isinstance(axis, INTEGER) or d.ndim == 0:
            d, saved = np.broadcast_arrays(d, saved)
        if not shape:
            axis = axes(self.name, axis, 0)
        if out is not None:
            output(self.name, out, shape, np.result_type(d, saved))
        y = self.owner(saved, axis=axis) if from_x else saved
        return self.function.along((d, y), axis, out)

    def _lazy(self, d: Any, x: Any, y: Any, axis: Axis, *, plain: bool) -> Any:
        """Dask arrays, which pass on the ufunc."""
        key, saved = ("x", x) if y is None else ("y", y)
        if not plain or not isinstance(axis, INTEGER):
            raise TypeError(f"{self.name}(): with several axes or options {key} must be {LAZY}")
        core = one_axis(self.name, axis, saved.ndim)
        for each in (d, saved):
            if is_dask(each) and (each.ndim != saved.ndim or each.numblocks[core] != 1):
                raise TypeError(
                    f"{self.name}(): {key} and the vector must have all of the axis in a chunk, "
                    f"got chunks {each.chunks}: rechunk them"
                )
        if y is None:
            saved = self.owner(x, axis=axis)
        d, saved = (
            a.astype(np.float64) if a.dtype.kind in INTEGRAL else a
            for a in (d if is_dask(d) else np.asarray(d), saved)
        )
        return self.function.apply(d, saved, axis=core)

    def _rows(self, rows: Rows, d: Any, saved: Any, out: Any, *, from_x: bool) -> None:
        for index in slabs(d.shape, d.ndim - 1):
            y, slope, result = saved[index], None, out[index]
            if rows.cap is not None:
                slope = tanh.derivative(np.divide(y, rows.cap, dtype=y.dtype))
            if from_x:
                y = np.empty(y.shape, y.dtype)
                self.owner._slab(rows, index, saved[index], y)
            self._slab(rows, index, d[index], y, slope, result, from_x=from_x)

    def _slab(
        self, rows: Rows, index: Any, d: Any, y: Any, slope: Any, out: Any, *, from_x: bool
    ) -> None:
        present = rows.present(index)
        if present is not None and not from_x:
            y = masked(y, present, self.owner.nothing)
        if slope is not None and self.before:
            d = np.multiply(d, slope, out=out, casting="same_kind")
        if present is not None:  # what is absent must not count, though it be NaN
            d = masked(d, present, 0)
        self.function.apply(d, y, out=out)
        if slope is not None and not self.before:
            np.multiply(out, slope, out=out, casting="same_kind")
        if rows.factor is not None:
            factor = rows.operands(index)[0]
            factor = factor[..., None] if np.ndim(factor) else factor
            np.multiply(out, factor, out=out, casting="same_kind")
        if present is not None:
            masked(out, present, 0, out)

    def _document(self) -> str:
        return documents.member(self.owner, self.__name__, f"{self.name}{self._signature()}")

    def __reduce__(self) -> Any:
        return getattr, (self.owner, self.__name__)

    def __repr__(self) -> str:
        return f"<fastact.{self.name}{self._signature()}>"


class Backward(Product):
    """The vector-Jacobian product: the gradient of the input for that of the output."""


class Jvp(Product):
    """The Jacobian-vector product: the tangent of the output for that of the input."""

    before = True
    vector = "dx"


def has(x: Any, value: float, present: Any) -> Any:
    """Which rows have this value among the elements that count."""
    return np.any(x == value, axis=-1, where=True if present is None else present)


def capped_half(rows: Rows, y: Any) -> bool:
    """Whether the capped logits would lose their accuracy in the output's memory."""
    return rows.cap is not None and y.dtype == np.float16


def of_shares(_: Any, y: Any, x: Any, rows: Rows) -> Any:
    """Softmax's Jacobian: the diagonal, y (1 - y), sums 1 - y from the others.

    It is accurate where y is near 1.
    """
    found = with_diagonal(-y[..., :, None] * y[..., None, :], 0)
    return with_diagonal(found, -found.sum(axis=-1))


def with_diagonal(matrices: Any, values: Any) -> Any:
    """Matrices in the last two axes, with this diagonal."""
    rows = np.arange(matrices.shape[-1])
    matrices[..., rows, rows] = values
    return matrices


__all__ = ["hardmax", "log_softmax", "softmax", "softmax_off_by_one", "softmin", "sparsemax"]
LISTED = Normaliser  # what `fastact.catalogue` looks for


class Softmax(Normaliser):
    """Softmax, ``exp(x) / sum(exp(x))`` along an axis.

    ``softmax(x, axis=-1, out=None)``; `axis` may be an int, a tuple of ints, or None for all.
    Computed as exp(x - max(x)), which cannot overflow (the log-sum-exp shift). +inf shares the
    mass with its equals; a row of -inf alone gives zeros; NaN makes its row NaN. More keywords:

    where
        A boolean array that broadcasts to `x`: what is False is absent, and its result is 0.
    temperature
        ``softmax(x / temperature)``: a positive number, or one for each row, an array that
        broadcasts to `x` without the axis.
    lengths
        How many elements of each row, from the first, are present: integers that broadcast to
        `x` without the axis.
    causal
        For `x` of shape (..., queries, keys): row i sees the keys up to i + keys - queries.
    softcap
        ``softmax(c tanh(x / c))`` with c = softcap. It comes before all masks; -inf in `x` becomes
        -c, so mask by the other keywords.
    empty
        What a row without mass gives, all of it -inf or absent: ``"zero"``; ``"nan"``;
        ``"uniform"``, equal shares of what is present, or of the whole row if nothing is;
        ``"raise"``, a `ValueError` with the position of the first such row.
    inf
        What a row with +inf gives: ``"limit"``, the mass shared among the infinite elements, or
        ``"nan"``.
    out
        The result; it may be `x`.

    `backward`, `jvp` and `jacobian` take the same keywords but for the last two policies. Their
    rows without mass are 0, with any policy if they are given ``x=``. `sequences` applies the
    function to ragged sequences.

    Error: at most 2 ulp in float32 and 3 ulp in float64, and the sum is within 1 ulp of 1 but for
    what subnormal shares have lost (`softmax.max_ulp`); a temperature adds up to |x - max(x)| /
    temperature half ulps in float64, the error of its reciprocal, and a cap that of tanh times
    `softcap`. float16 is computed in float32.
    Source: Bridle 1990; for the shift, Blanchard, Higham and Higham 2021.

    Raises
    ------
    TypeError
        If `x` is not a float or integer array, `where` not boolean, `lengths` not integers.
    ValueError
        If shapes do not broadcast, `lengths` leave 0..n, `temperature` or `softcap` is not positive
        and finite, `causal` is not over the last axis, or a policy is unknown.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.softmax(np.array([[0.0, 0.0], [-np.inf, -np.inf]]))
    array([[0.5, 0.5],
           [0. , 0. ]])
    >>> fa.softmax(np.zeros((2, 2)), where=[[True, True], [True, False]])
    array([[0.5, 0.5],
           [1. , 0. ]])
    >>> fa.softmax(np.zeros((2, 3)), causal=True)
    array([[0.5       , 0.5       , 0.        ],
           [0.33333333, 0.33333333, 0.33333333]])
    """

    sink = -INF
    max_ulp = MappingProxyType({dtype: {**ulp, "sum": 1.0} for dtype, ulp in MAX_ULP.items()})
    _formulas = MappingProxyType({
        "value": r"y_i = \frac{e^{x_i}}{\sum_k e^{x_k}}",
        "backward": r"dx_i = y_i (dy_i - \sum_k y_k\,dy_k)",
        "jvp": r"dy_i = y_i (dx_i - \sum_k y_k\,dx_k)",
        "jacobian": r"J_{ij} = y_i (\delta_{ij} - y_j)",
    })  # fmt: skip
    _jacobian = of_shares


class Softmin(Normaliser):
    """Softmin, ``softmax(-x)``: the smallest element has the largest share.

    ``softmin(x, axis=-1, out=None)``; keywords, errors, gradients and accuracy are those of
    `softmax`, with +inf for what is absent and a row of +inf alone without mass.

    >>> import numpy as np, fastact as fa
    >>> fa.softmin(np.array([0.0, np.log(3)]))
    array([0.75, 0.25])
    """

    loops, sink = "softmax", -INF
    sign = -1.0
    _formulas = MappingProxyType({
        "value": r"y_i = \frac{e^{-x_i}}{\sum_k e^{-x_k}}",
        "backward": r"dx_i = y_i (\sum_k y_k\,dy_k - dy_i)",
        "jvp": r"dy_i = y_i (\sum_k y_k\,dx_k - dx_i)",
        "jacobian": r"J_{ij} = y_i (y_j - \delta_{ij})",
    })  # fmt: skip
    _jacobian = of_shares


class SoftmaxOffByOne(Normaliser):
    """Softmax with one more logit, 0, that is left out: ``exp(x) / (1 + sum(exp(x)))``.

    ``softmax_off_by_one(x, axis=-1, out=None)``; keywords are those of `softmax`. An attention
    head can attend to nothing: where all logits are far below 0 the result is near 0, and a row
    that is all -inf or masked is 0 without any convention.

    Error: at most 2 ulp in float32 and 3 ulp in float64.
    Source: Miller 2023, "Attention is off by one"; Xiao et al. 2023, "attention sinks".

    >>> import numpy as np, fastact as fa
    >>> fa.softmax_off_by_one(np.array([0.0, np.log(2)]))
    array([0.25, 0.5 ])
    """

    loops, sink = "softmax", 0.0
    _formulas = MappingProxyType({
        "value": r"y_i = \frac{e^{x_i}}{1 + \sum_k e^{x_k}}",
        "backward": r"dx_i = y_i (dy_i - \sum_k y_k\,dy_k)",
        "jvp": r"dy_i = y_i (dx_i - \sum_k y_k\,dx_k)",
        "jacobian": r"J_{ij} = y_i (\delta_{ij} - y_j)",
    })  # fmt: skip

    def _jacobian(self, y: Any, x: Any, rows: Rows) -> Any:
        """The diagonal, y (1 - y), sums 1 - y from the others and the sink."""
        found = with_diagonal(-y[..., :, None] * y[..., None, :], 0)
        z = x if rows.cap is None else tanh(x / rows.cap) * rows.cap
        z = z if rows.factor is None else z * np.asarray(rows.factor)[..., None]
        top = np.argmax(y, axis=-1, keepdims=True)
        most, total = np.take_along_axis(y, top, -1), y.sum(axis=-1, keepdims=True)
        with np.errstate(over="ignore", invalid="ignore"):
            sink = most * np.exp(-np.take_along_axis(z, top, -1))
        sink = np.where(total < 0.5, 1 - total, sink)
        return with_diagonal(found, y * sink - found.sum(axis=-1))


class LogSoftmax(Normaliser):
    """The logarithm of softmax, ``x - log(sum(exp(x)))`` along an axis.

    ``log_softmax(x, axis=-1, out=None)``; keywords are those of `softmax`. What is absent is -inf,
    and so is a row without mass; NaN makes its row NaN.

    Error: at most 2 ulp in float32 and 3 ulp in float64, also where one element has nearly all the
    mass and the result is near 0.

    >>> import numpy as np, fastact as fa
    >>> fa.log_softmax(np.array([50.0, 0.0]))
    array([-1.92874985e-22, -5.00000000e+01])
    """

    sink = -INF
    nothing = -INF
    symmetric = False
    max_ulp = MAX_ULP
    _formulas = MappingProxyType({
        "value": r"y_i = x_i - \log \sum_k e^{x_k}",
        "backward": r"dx_i = dy_i - e^{y_i} \sum_k dy_k",
        "jvp": r"dy_i = dx_i - \sum_k e^{y_k}\,dx_k",
        "jacobian": r"J_{ij} = \delta_{ij} - e^{y_j}",
    })  # fmt: skip

    def _jacobian(self, y: Any, x: Any, rows: Rows) -> Any:
        """``1 - p`` on the diagonal is the sum of the others."""
        p = np.exp(y)
        found = with_diagonal(np.repeat(-p[..., None, :], p.shape[-1], axis=-2), 0)
        found[np.all(y == -INF, axis=-1)] = 0
        return with_diagonal(found, -found.sum(axis=-1))


class Sparsemax(Normaliser):
    """Sparsemax, the point of the simplex nearest to x: ``max(x - tau, 0)``, which sums to 1.

    ``sparsemax(x, axis=-1, out=None)``; keywords are those of `softmax`. tau is the exact
    threshold, found by Michelot's iteration in float64. Elements far below the largest are exactly
    0. The gradient is that of the support: ``dy`` less its mean over the support, 0 elsewhere.
    +inf shares the mass with its equals; a row of -inf alone gives zeros; NaN makes its row NaN.

    Error: at most 1 ulp.
    Source: Martins and Astudillo 2016; Michelot 1986.

    >>> import numpy as np, fastact as fa
    >>> fa.sparsemax(np.array([1.0, 0.5, -1.0]))
    array([0.75, 0.25, 0.  ])
    """

    _formulas = MappingProxyType({
        "value": r"y_i = \max(x_i - \tau, 0), \quad \sum_k y_k = 1, \quad S = \{k: y_k > 0\}",
        "backward": r"dx_i = [y_i > 0] (dy_i - \frac{1}{|S|} \sum_{k \in S} dy_k)",
        "jvp": r"dy_i = [y_i > 0] (dx_i - \frac{1}{|S|} \sum_{k \in S} dx_k)",
        "jacobian": r"J_{ij} = [y_i > 0] (\delta_{ij} - \frac{[y_j > 0]}{|S|})",
    })  # fmt: skip

    def _jacobian(self, y: Any, x: Any, rows: Rows) -> Any:
        support = (y > 0).astype(y.dtype)
        size = np.maximum(support.sum(axis=-1, dtype=np.float64), 1)[..., None, None]
        found = -support[..., :, None] * support[..., None, :] / size
        on = support * ((size - 1) / size)[..., 0]
        return with_diagonal(found, on).astype(y.dtype, copy=False)


class Hardmax(Normaliser):
    """Hardmax: 1 at the first of the largest elements, 0 elsewhere.

    ``hardmax(x, axis=-1, out=None)``; keywords are those of `softmax`, of which ``temperature``
    changes nothing. The gradient is 0. A row of -inf alone gives zeros; NaN makes its row NaN.
    The result is exact.
    Source: the operator of that name in ONNX.

    >>> import numpy as np, fastact as fa
    >>> fa.hardmax(np.array([1.0, 3.0, 3.0]))
    array([0., 1., 0.])
    """

    _smooth = False  # its gradient is 0
    _formulas = MappingProxyType({
        "value": r"y_i = [i = \arg\max_k x_k]",
        "backward": r"dx_i = 0",
        "jvp": r"dy_i = 0",
        "jacobian": r"J_{ij} = 0",
    })  # fmt: skip

    def _jacobian(self, y: Any, x: Any, rows: Rows) -> Any:
        return np.zeros((*y.shape, y.shape[-1]), y.dtype)


softmax: interfaces.Along = Softmax("softmax")
log_softmax: interfaces.Along = LogSoftmax("log_softmax")
softmin: interfaces.Along = Softmin("softmin")
softmax_off_by_one: interfaces.Along = SoftmaxOffByOne("softmax_off_by_one")
sparsemax: interfaces.Along = Sparsemax("sparsemax")
hardmax: interfaces.Along = Hardmax("hardmax")
