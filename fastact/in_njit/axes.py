"""Axes inside compiled code: arrays as their rows.

As outside (`fastact.rowwise.row_function.Layout`) the axes of a call are moved to the end and
joined to one. Where they are not one run in memory, a copy is made whose axes are.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba.core import types

from fastact import arguments
from fastact.in_njit import operands
from fastact.in_njit.operands import INT, ONE, ZERO, Operand, product
from fastact.in_njit.plan import UNKNOWN, Call, Plan, value_of


def is_axis(ty: Any) -> bool:
    """Whether this is an integer, a tuple of them, or None."""
    known = value_of(ty)
    if known is None or isinstance(known, int):
        return True
    if isinstance(known, tuple):
        return all(isinstance(each, int) for each in known)
    members = ty.types if isinstance(ty, types.BaseTuple) else [ty]
    return all(isinstance(types.unliteral(each), types.Integer) for each in members)


def known_axes(ty: Any, ndim: int) -> tuple[int, ...] | None:
    """The axes from 0, in the order in which they are joined; None if unknown or wrong."""
    axis = value_of(ty)
    if isinstance(ty, types.BaseTuple):
        axis = tuple(map(value_of, ty.types))
    if axis is UNKNOWN or (isinstance(axis, tuple) and UNKNOWN in axis):
        return None
    try:
        return arguments.axes("", axis, ndim)
    except (TypeError, ValueError):  # an AxisError is one
        return None


class Axes(NamedTuple):
    """The axes of a call: `joined` if they are known, else the only one is the value `axis`."""

    joined: tuple[int, ...]
    axis: Any = None
    wrong: Any = None  # whether there is no such axis

    @property
    def run(self) -> bool:
        """Whether they are one run in memory in every array without gaps."""
        first = self.joined[0] if self.joined else 0
        return self.joined == tuple(range(first, first + len(self.joined)))

    def kept(self, builder: Any, values: Sequence[Any]) -> list[Any]:
        """What belongs to the other axes, of one value for each."""
        if self.axis is None:
            return [value for k, value in enumerate(values) if k not in self.joined]
        return [
            builder.select(builder.icmp_signed(">", self.axis, INT(k)), before, after)
            for k, (before, after) in enumerate(pairwise(values))
        ]

    def own(self, builder: Any, values: Sequence[Any]) -> list[Any]:
        """What belongs to these axes."""
        if self.axis is None:
            return [values[k] for k in self.joined]
        found = values[-1]
        for k, value in enumerate(values[:-1]):
            here = builder.icmp_signed("==", self.axis, INT(k))
            found = builder.select(here, value, found)
        return [found]

    def ones(self, builder: Any, shape: Sequence[Any]) -> list[Any]:
        """A shape with ones for these axes."""
        return [self.choose(builder, k, ONE, length) for k, length in enumerate(shape)]

    def choose(self, builder: Any, k: int, here: Any, elsewhere: Any) -> Any:
        """One of two values: the first if axis `k` is one of these."""
        if self.axis is None:
            return here if k in self.joined else elsewhere
        return builder.select(builder.icmp_signed("==", self.axis, INT(k)), here, elsewhere)

    def shape(self, builder: Any, shape: Sequence[Any]) -> list[Any]:
        """The lengths of rows: those of the other axes, and that of a row."""
        return [*self.kept(builder, shape), product(builder, self.own(builder, shape))]

    def moved(self, builder: Any, operand: Operand) -> Operand:
        """An operand with these axes as the last."""
        shape, strides = (
            [*self.kept(builder, each), *self.own(builder, each)]
            for each in (operand.shape, operand.strides)
        )
        return Operand(operand.pointer, shape, strides)

    def rows(self, builder: Any, operand: Operand, dtype: str) -> tuple[Operand, Any]:
        """An operand with the joined axis as the last, and whether it is none in memory."""
        lengths, strides = self.own(builder, operand.shape), self.own(builder, operand.strides)
        length, stride, wrong = ONE, INT(np.dtype(dtype).itemsize), ir.IntType(1)(0)
        if len(lengths) == 1:
            (length,), (stride,) = lengths, strides
        else:
            for n, step in zip(reversed(lengths), reversed(strides), strict=True):
                alone = builder.icmp_signed("==", n, ONE)
                first = builder.icmp_signed("==", length, ONE)
                apart = builder.icmp_signed("!=", step, builder.mul(stride, length))
                free = builder.or_(alone, first)
                wrong = builder.or_(wrong, builder.and_(builder.not_(free), apart))
                stride = builder.select(builder.and_(first, builder.not_(alone)), step, stride)
                length = builder.mul(length, n)
        shape = [*self.kept(builder, operand.shape), length]
        strides = [*self.kept(builder, operand.strides), stride]
        return Operand(operand.pointer, shape, strides), wrong if len(lengths) > 1 else None


def of_call(plan: Plan, call: Call, ndim: int) -> Axes | None:
    """The axes of a call; None if only Python knows what to do with them."""
    ty = plan.types["axis"]
    found = known_axes(ty, ndim)
    if found is not None:
        return Axes(found)
    if plan.known["axis"] is not UNKNOWN or isinstance(ty, types.BaseTuple) or not ndim:
        return None
    b = call.builder
    given = call.context.cast(b, call.values["axis"], ty, types.int64)
    before = b.icmp_signed("<", given, ZERO)
    axis = b.select(before, b.add(given, INT(ndim)), given)
    return Axes((), axis, b.icmp_unsigned(">=", axis, INT(ndim)))


class Views:
    """Arrays of a call as their rows: copies of those whose axes are no run in memory."""

    def __init__(self, call: Call, axes: Axes) -> None:
        self.call, self.axes = call, axes
        self.copies: list[Any] = []
        self.back: list[tuple[Any, Any, Any]] = []  # whether, to which array, from which copy

    def of(self, operand: Operand, dtype: str, ty: Any = None, *, written: bool = False) -> Operand:
        """The rows of an operand, which is an array of a type, if that is given.

        Those that are `written` go back to the operand when all is settled.
        """
        b, context = self.call.builder, self.call.context
        rows, apart = self.axes.rows(b, operand, dtype)
        if apart is None or (self.axes.run and getattr(ty, "layout", "A") == "C"):
            return rows
        moved = self.axes.moved(b, operand)
        array = operands.as_array(context, b, moved, dtype)
        dense, copy = operands.scratch(context, b, dtype, moved.shape, apart)
        self.copies.append(copy)
        if written:
            self.back.append((apart, array, copy))
        else:
            with b.if_then(apart):
                operands.convert(context, b, copy, array)
        kept = len(rows.shape) - 1
        strides = [*dense.strides[:kept], dense.strides[-1]]
        return Operand(
            b.select(apart, dense.pointer, rows.pointer), rows.shape,
            [b.select(apart, *pair) for pair in zip(strides, rows.strides, strict=True)],
        )  # fmt: skip

    def settle(self) -> None:
        """Write back what was written to copies, and release all copies."""
        b, context = self.call.builder, self.call.context
        for apart, array, copy in self.back:
            with b.if_then(apart):
                operands.convert(context, b, array, copy)
        for copy in self.copies:
            context.nrt.decref(b, *copy)
