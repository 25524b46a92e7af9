"""Functions of ragged sequences that lie one after another along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastact.arguments import delivered, exactly_one, floats, integers, one_axis
from fastact.containers import public
from fastact.definition.described import Documented, called, shown
from fastact.rowwise import documents
from fastact.rowwise.row_function import SLAB

Array = Any
LONG = 2048  # elements, from which on a sequence is worth a call of its own


class Sequences(Documented):
    """The function over each of the sequences ``x[..., offsets[k]:offsets[k + 1]]``."""

    _interface = frozenset({"backward", "name"})

    def __init__(self, owner: Any) -> None:
        self.owner, self.name = owner, f"{owner.name}.sequences"
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

        def apply(parts: tuple[Any, ...], into: Any, where: Any = None) -> None:
            self.owner(parts[0], where=where, **options, out=into)

        return self._each(apply, (x,), offsets, axis, out)

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
            raise ValueError(f"{name}(): dy must have the shape {saved.shape}, got {dy.shape}")

        def apply(parts: tuple[Any, ...], into: Any, where: Any = None) -> None:
            d, of = parts
            self.owner.backward(d, **{key: of}, where=where, **options, out=into)

        return self._each(apply, (dy, saved), offsets, axis, out)

    def _document(self) -> str:
        return documents.member(self.owner, "sequences", f"{self.name}{self._signature()}")

    def _member(self, name: str, _text: str) -> str:
        return documents.member(self.owner, f"sequences.{name}", called(self, name))

    def __reduce__(self) -> Any:
        return getattr, (self.owner, "sequences")

    def __repr__(self) -> str:
        return f"<fastact.{self.name}{self._signature()}>"

    def _each(
        self, apply: Any, arrays: tuple[Any, ...], offsets: Array, axis: int, out: Any
    ) -> Any:
        """Long sequences one by one, short ones of about the same length side by side."""
        axis = one_axis(self.name, axis, arrays[0].ndim)
        starts, lengths = cuts(self.name, offsets, arrays[0].shape[axis])
        arrays = tuple(np.moveaxis(a, axis, -1) for a in arrays)
        result = np.empty(arrays[0].shape, np.result_type(*arrays))
        for k in np.flatnonzero(lengths >= LONG):
            part = (..., slice(starts[k], starts[k] + lengths[k]))
            apply(tuple(a[part] for a in arrays), result[part])
        for group in similar(lengths, result[..., 0].size if result.size else 1):
            together(apply, arrays, result, starts[group], lengths[group])
        result = np.moveaxis(result, -1, axis)
        return delivered(self.name, out, result)


def together(apply: Any, arrays: tuple[Any, ...], result: Any, starts: Any, lengths: Any) -> None:
    """Short sequences as the rows of a matrix as wide as the longest, and back."""
    width = lengths.max()
    columns = np.arange(width)
    within = columns < lengths[:, None]
    places = np.where(within, starts[:, None] + columns, starts[:, None])
    parts = tuple(a[..., places] for a in arrays)
    into = np.empty(parts[0].shape, result.dtype)
    apply(parts, into, None if within.all() else within)
    result[..., places[within]] = into[..., within]


def similar(lengths: Any, repeated: int) -> list[Any]:
    """The short sequences in groups of at most twice the shortest's length, a slab each."""
    short = np.flatnonzero((lengths > 0) & (lengths < LONG))
    order = short[np.argsort(lengths[short], kind="stable")]
    power = np.frexp(lengths[order].astype(np.float64))[1]
    groups = []
    for each in np.split(order, np.flatnonzero(np.diff(power)) + 1):
        if len(each):
            most = max(1, SLAB // (int(lengths[each[-1]]) * repeated))
            groups += [each[i : i + most] for i in range(0, len(each), most)]
    return groups


def cuts(name: str, offsets: Array, n: int) -> tuple[Any, Any]:
    """Where sequences begin, and how long they are."""
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
    return array[:-1], lengths
