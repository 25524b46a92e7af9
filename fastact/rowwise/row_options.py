"""Which elements of rows are present, and at what temperature: checked before any work."""

from __future__ import annotations

import copy
import functools
import math
from typing import Any

import numpy as np

from fastact.arguments import (
    FLOATS,
    Axis,
    axes,
    boolean,
    broadcast,
    fits,
    integers,
    mask,
    number,
    numbers,
    refused,
)
from fastact.elementwise import tanh
from fastact.native import mode
from fastact.rowwise.row_function import Layout

Array = Any
INF = math.inf
NUMBER = frozenset({int, float, np.float64})
EMPTY, INFINITE = ("zero", "nan", "uniform", "raise"), ("limit", "nan")
EVERY = np.array(2**62, np.int64)  # a length that every row has
INT64 = EVERY.dtype.char
ONE = np.array(1.0)  # a factor that every row has; arrays pass sooner than numbers
FEW = 64  # numbers that Python compares sooner than NumPy
SUBNORMAL = 2.0**-1022  # temperature: of those below, reciprocals are infinite
STEP = 2.0**64  # in which products are multiplied by these
COLD = 2.0**-512  # temperature: below, products with its reciprocal could overflow in kernels
HOT = 2.0**512  # temperature: above, its reciprocal may be subnormal
# Caps by which each number of float32 can be divided, and multiplied again.
CAPS = 2.0**-60, 2.0**60, "one number from 2**-60 to 2**60"


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
        self.layout = layout = Layout(shape, axes(name, axis, len(shape)))
        self.where = None if where is None else layout.rows(mask(name, "where", where, shape))
        self.factor: Any = None if temperature is None and sign == 1.0 else sign
        self.sign = sign
        self.cold: Any = None  # the temperatures, where there is one below COLD
        self.rest: Any = None  # what products are multiplied by after the factor, if that is not 1
        if temperature is not None:
            degrees = temperatures(name, temperature, layout.kept)
            if np.any(degrees < COLD):
                self.cold = degrees
            if np.any(degrees < SUBNORMAL):
                self.rest = np.where(degrees < SUBNORMAL, STEP, 1.0)
                degrees = degrees * self.rest
            with np.errstate(all="ignore"):
                self.factor = sign * (1.0 / degrees)
        self.lengths: Any = (
            None if lengths is None else checked_lengths(name, lengths, axis, layout)
        )
        if boolean(name, "causal", causal):
            seen = causal_lengths(name, shape, layout)
            self.lengths = seen if self.lengths is None else np.minimum(seen, self.lengths)
        self.cap = None if softcap is None else number(name, "softcap", softcap, *CAPS)

    @property
    def partial(self) -> bool:
        """Whether elements may be absent."""
        return self.where is not None or self.lengths is not None

    def present(self, index: tuple[Any, ...]) -> Any:
        """Which elements of a slab are present; None for all."""
        found = None if self.where is None else self.where[index]
        if self.lengths is not None:
            lengths = self.lengths[index[:-1]]
            within = np.arange(self.layout.shape[-1]) < lengths[..., None]
            found = within if found is None else within & found
        return found

    def with_one_more(self) -> Rows:
        """The same with one more element in each row, which is present."""
        found, (*kept, n) = copy.copy(self), self.layout.shape
        found.layout, found.where, found.lengths = Layout((*kept, n + 1), (len(kept),)), None, None
        if self.partial:
            found.where = np.ones(found.layout.shape, bool)
            found.where[..., :-1] = self.present((...,))
        return found

    def operands(self, index: tuple[Any, ...]) -> tuple[Any, Any]:
        """The factor and the length of the rows of a slab."""
        factor: Any = 1.0 if self.factor is None else self.factor
        lengths = self.layout.shape[-1] if self.lengths is None else self.lengths[index[:-1]]
        return (factor[index[:-1]] if np.ndim(factor) else factor), lengths

    def complete(self, products: Any, axes: int = 1) -> None:
        """Multiply products, which have so many axes in a row, by what the factor left out."""
        if self.rest is not None:
            rest = self.rest[(..., *(None,) * axes)] if np.ndim(self.rest) else self.rest
            np.multiply(products, rest, out=products, casting="same_kind")

    def stretched(self, index: tuple[Any, ...], x: Any, sink: float) -> tuple[Any, Any, Any]:
        """Elements, factor and sink for temperatures whose reciprocal is too large for kernels.

        What matters are differences from the largest element that counts, or the sink: these,
        times 1 / COLD, which is exact, go with what is left of the factor.
        """
        with np.errstate(all="ignore"):
            logits = x.astype(np.float64) * (self.sign * (1.0 if self.cap is None else self.cap))
            present = self.present(index)
            counts = True if present is None else present
            top = np.max(logits, axis=-1, keepdims=True, where=counts, initial=-math.inf)
            top = np.maximum(top, sink)
            below = np.where((logits == top) & (top > -math.inf), 0.0, logits - top)
            below = np.where(top > -math.inf, below, -math.inf) / COLD
            below = np.where(np.isnan(top), np.nan, below)
            degrees = self.cold[index[:-1]] if np.ndim(self.cold) else self.cold
            sinks = np.where(sink == top[..., 0], 0.0, (sink - top[..., 0]) / degrees)
            return below, COLD / degrees, sinks


# ---------------------------------------------------------------- options that are soon checked
def quick(
    sign: float, shape: tuple[int, ...], axis: int, where: Array, temperature: Array = None,
    lengths: Array = None, causal: object = False,
) -> tuple[Any, Any] | None:  # fmt: skip
    """The factors of rows, or None for 1, and their lengths, or None for all.

    The result is None if `Rows` has to check the options. What a ufunc broadcasts is left as it is.
    """
    if where is not None and not (
        type(where) is np.ndarray and where.dtype.char == "?"
        and (where.shape == shape or fits(where.shape, shape))
    ):  # fmt: skip
        return None
    factor: Any = None if sign == 1.0 else sign
    if temperature is not None:
        factor = quick_factor(sign, temperature, shape, axis)
        if factor is None:
            return None
    if lengths is None and causal is False:
        return factor, None
    length = None if lengths is None else quick_lengths(lengths, shape, axis)
    if length is None and lengths is not None:
        return None
    if causal is not False:
        if causal is not True or len(shape) < 2 or axis != len(shape) - 1:
            return None
        seen = keys_seen(*shape[-2:])
        length = seen if length is None else np.minimum(seen, length)
    return factor, length


def is_array(value: Any, char: str) -> bool:
    """Whether this is a NumPy array of the dtype with this character, in native byte order."""
    return type(value) is np.ndarray and value.dtype.char == char and value.dtype.isnative


def quick_factor(sign: float, temperature: Array, shape: tuple[int, ...], axis: int) -> Any:
    """What inputs are multiplied by; None if `Rows` has to check the temperature."""
    if not mode.is_default():  # a division; the longer way sets the mode
        return None
    if isinstance(temperature, np.floating | np.integer):
        temperature = float(temperature)
    if type(temperature) in NUMBER:
        return sign / temperature if COLD <= temperature <= HOT else None
    if not (is_array(temperature, "d") and temperature.size):
        return None
    if fits(temperature.shape, without(shape, axis)) and within(temperature, COLD, HOT):
        return sign / temperature
    return None


def quick_lengths(lengths: Array, shape: tuple[int, ...], axis: int) -> Any:
    """The lengths of rows; None if `Rows` has to check them."""
    n = shape[axis]
    if type(lengths) is int:
        return lengths if 0 <= lengths <= n else None
    if not (is_array(lengths, INT64) and lengths.size):
        return None
    if fits(lengths.shape, without(shape, axis)) and within(lengths, 0, n):
        return lengths
    return None


def without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    """The shape less an axis."""
    return shape[:axis] + shape[axis + 1 :]


def within(values: Any, least: float, most: float) -> bool:
    """Whether all numbers are in a range, and none is NaN."""
    if values.size <= FEW:
        found = values.ravel().tolist()
        total = sum(found)
        return bool(min(found) >= least and max(found) <= most and total == total)
    low, high = (f.reduce(values, axis=None) for f in (np.minimum, np.maximum))
    return bool(low >= least and high <= most)


@functools.lru_cache(64)
def keys_seen(queries: int, keys: int) -> Any:
    """How many keys each query sees: row i those up to i + keys - queries."""
    return frozen(np.clip(np.arange(queries) + keys - queries + 1, 0, keys))


@functools.lru_cache(64)
def everywhere(shape: tuple[int, ...]) -> Any:
    """A mask that is True in an array of this shape."""
    return np.broadcast_to(np.True_, shape)


def frozen(array: Any) -> Any:
    """The array, which is not to be written to."""
    array.flags.writeable = False
    return array


def numbers_of(value: float) -> dict[str, Any]:
    """A number in each of our dtypes, in their order, by NumPy's character for it."""
    return {array.dtype.char: array for array in (frozen(np.array(value, f)) for f in FLOATS)}


# ---------------------------------------------------------------- all options
def capped(x: Any, cap: float, out: Any = None) -> Any:
    """``tanh(x / cap)`` in `out` or a new array; of float16 in a new one of float32.

    float16 would be too coarse for what is multiplied by the cap again.
    """
    if x.dtype == np.float16:
        out = np.empty(x.shape, np.float32)
    out = np.empty_like(x, subok=False) if out is None else out
    with np.errstate(all="ignore"):
        return tanh(np.divide(x, cap, out=out, dtype=out.dtype), out=out)


def temperatures(name: str, temperature: Array, kept: tuple[int, ...]) -> Any:
    """The temperature: one number, or one for each row."""
    array = numbers(name, "temperature", temperature)
    wrong = ~((array > 0) & (array < math.inf))
    if wrong.any():
        value = float(array[wrong][0]) if array.ndim else temperature
        raise refused(name, "temperature", "positive and finite", f"{value!r}", ValueError)
    if not array.ndim:
        return array[()]
    return broadcast(name, "temperature", array, kept, "x without the axis")


def checked_lengths(name: str, lengths: Array, axis: Axis, layout: Layout) -> Any:
    """The length of each row."""
    array = integers(name, "lengths", lengths)
    if len(layout.axes) != 1:
        raise ValueError(f"{name}(): lengths need one axis, got axis={axis!r}")
    wrong, n = (array < 0) | (array > layout.shape[-1]), layout.shape[-1]
    if wrong.any():
        at = tuple(map(int, np.argwhere(wrong)[0]))
        raise ValueError(
            f"{name}(): lengths must lie in 0..{n}, the length of the axis; "
            f"got {int(array[at])} at {at}"
        )
    return broadcast(name, "lengths", array, layout.kept, "x without the axis")


def causal_lengths(name: str, shape: tuple[int, ...], layout: Layout) -> Any:
    """How many keys each query sees: row i those up to i + keys - queries."""
    if len(shape) < 2 or layout.axes != (len(shape) - 1,):
        raise ValueError(
            f"{name}(): causal=True needs x of shape (..., queries, keys) and the last axis, "
            f"got shape {shape} and axes {layout.axes}"
        )
    return np.broadcast_to(keys_seen(*shape[-2:]), layout.kept)
