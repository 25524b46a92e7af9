"""Which elements of rows are present, and at what temperature: checked before any work."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fastact.rowwise.row_function import Axis, Layout, normalized

Array = Any
EMPTY, INFINITE = ("zero", "nan", "uniform", "raise"), ("limit", "nan")
LARGEST = 2.0**512  # factor: beyond, products would overflow, and all that do look alike
FLOATS = ("float16", "float32", "float64")


class Rows:
    """The rows of an array: its layout, which elements are present, temperatures, the cap.

    `where` and `lengths` are None where every element is present; `factor` is what inputs are
    multiplied by, None for 1. All are laid out as the rows are.
    """

    def __init__(
        self, name: str, shape: tuple[int, ...], axis: Axis, *, sign: float = 1.0,
        where: Array = None, temperature: Array = None, lengths: Array = None,
        causal: bool = False, softcap: float | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.layout = layout = Layout(shape, normalized(axis, len(shape), name))
        self.where = None if where is None else layout.rows(mask(name, where, shape))
        self.factor: Any = None if temperature is None and sign == 1.0 else sign
        if temperature is not None:
            with np.errstate(over="ignore"):
                factor = 1 / checked_temperature(name, temperature, layout.kept)
            self.factor = sign * np.minimum(factor, LARGEST)
        self.lengths: Any = (
            None if lengths is None else checked_lengths(name, lengths, axis, layout)
        )
        if causal:
            seen = causal_lengths(name, shape, layout)
            self.lengths = seen if self.lengths is None else np.minimum(seen, self.lengths)
        self.cap = None if softcap is None else positive(name, "softcap", softcap)

    @property
    def partial(self) -> bool:
        """Whether elements may be absent."""
        return self.where is not None or self.lengths is not None

    def present(self, index: tuple[slice, ...]) -> Any:
        """Which elements of a slab are present; None for all."""
        found = None if self.where is None else self.where[index]
        if self.lengths is not None:
            lengths = self.lengths[index[:-1]]
            within = np.arange(self.layout.shape[-1]) < lengths[..., None]
            found = within if found is None else within & found
        return found

    def operands(self, index: tuple[slice, ...]) -> tuple[Any, Any]:
        """The factor and the length of the rows of a slab."""
        factor: Any = 1.0 if self.factor is None else self.factor
        lengths = self.layout.shape[-1] if self.lengths is None else self.lengths[index[:-1]]
        return (factor[index[:-1]] if np.ndim(factor) else factor), lengths


def masked(x: Any, present: Any, absent: float, out: Any = None) -> Any:
    """`x` where it is present, else `absent`.

    By bits, ``absent ^ (x ^ absent) present``: `np.where` has a branch for each element, which is
    ten times as slow where masks are irregular.
    """
    kind = f"i{x.itemsize}"
    bits = np.array(absent, x.dtype).view(kind)
    found = np.bitwise_xor(x.view(kind), bits, out=None if out is None else out.view(kind))
    np.multiply(found, present, out=found)
    np.bitwise_xor(found, bits, out=found)
    return found.view(x.dtype)


def floats(name: str, x: Array, argument: str = "x") -> Any:
    """An array of one of our float types, in native byte order; integers become float64."""
    array = np.asarray(x)
    if array.dtype.kind in "iub":
        return array.astype(np.float64)
    if array.dtype.name not in FLOATS:
        raise TypeError(
            f"{name}(): {argument} must be float16, float32, float64 or integers, "
            f"got {array.dtype.name}"
        )
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def broadcast(name: str, argument: str, array: Any, shape: tuple[int, ...], what: str) -> Any:
    """The array broadcast to a shape."""
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise ValueError(
            f"{name}(): {argument} must broadcast to {what}, {shape}, got shape {np.shape(array)}"
        ) from None


def mask(name: str, where: Array, shape: tuple[int, ...]) -> Any:
    """The mask of an array of this shape."""
    where = np.asarray(where)
    if where.dtype != np.bool_:
        raise TypeError(
            f"{name}(): where must be boolean, True where an element counts, got {where.dtype.name}"
        )
    return broadcast(name, "where", where, shape, "the shape of x")


def number(name: str, argument: str, value: Array) -> Any:
    """An argument as an array of float64."""
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name}(): {argument} must be a number, got {array.dtype.name}")
    return array.astype(np.float64)


def positive(name: str, argument: str, value: Array) -> float:
    """A number that must be positive and finite."""
    array = number(name, argument, value)
    if array.ndim or not 0 < array < math.inf:
        raise ValueError(f"{name}(): {argument} must be one positive finite number, got {value!r}")
    return float(array)


def checked_temperature(name: str, temperature: Array, kept: tuple[int, ...]) -> Any:
    """The temperature: one number, or one for each row."""
    array = number(name, "temperature", temperature)
    wrong = ~((array > 0) & (array < math.inf))
    if wrong.any():
        value = float(array[wrong][0]) if array.ndim else temperature
        raise ValueError(f"{name}(): temperature must be positive and finite, got {value!r}")
    if not array.ndim:
        return array[()]
    return broadcast(name, "temperature", array, kept, "x without the axis")


def checked_lengths(name: str, lengths: Array, axis: Axis, layout: Layout) -> Any:
    """The length of each row."""
    array = np.asarray(lengths)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}(): lengths must be integers, got {array.dtype.name}")
    if len(layout.axes) != 1:
        raise ValueError(f"{name}(): lengths need one axis, got axis={axis!r}")
    wrong, n = (array < 0) | (array > layout.shape[-1]), layout.shape[-1]
    if wrong.any():
        at = tuple(map(int, np.argwhere(wrong)[0]))
        raise ValueError(
            f"{name}(): lengths must lie in 0..{n}, the length of the axis; "
            f"got {int(array[at])} at {at}"
        )
    return broadcast(name, "lengths", array.astype(np.int64), layout.kept, "x without the axis")


def causal_lengths(name: str, shape: tuple[int, ...], layout: Layout) -> Any:
    """How many keys each query sees: row i those up to i + keys - queries."""
    if len(shape) < 2 or layout.axes != (len(shape) - 1,):
        raise ValueError(
            f"{name}(): causal=True needs x of shape (..., queries, keys) and the last axis, "
            f"got shape {shape} and axes {layout.axes}"
        )
    queries, keys = shape[-2:]
    seen = np.clip(np.arange(queries) + keys - queries + 1, 0, keys)
    return np.broadcast_to(seen, layout.kept)


def chosen(name: str, argument: str, value: object, allowed: tuple[str, ...]) -> None:
    """Raise an error unless a policy is one of those that there are."""
    if value not in allowed:
        raise ValueError(f"{name}(): {argument} must be one of {allowed}, got {value!r}")


def given(name: str, x: Array | None, y: Array | None) -> None:
    """Raise an error unless exactly one of input and output is given."""
    if (x is None) == (y is None):
        what = "neither" if x is None else "both"
        raise TypeError(f"{name}() needs exactly one of x= and y=, got {what}")
