"""Sums inside compiled code, over the axes along which an array was broadcast.

As `fastact.definition.sums`, with the same loop. Which axes these are is known only at run time: so
terms are seen with every axis twice, once among those that stay and once among those of a row, and
one of both has length 1.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import types

from fastact.definition.sums import LETTERS
from fastact.in_njit import axes, operands, row_options
from fastact.in_njit.operands import ONE, ZERO, Operand, led
from fastact.in_njit.plan import Call

DOUBLE = ir.DoubleType().as_pointer()


def sum_into(call: Call, terms: Operand, to: Operand, dtype: str) -> None:
    """Write to an operand the sums of terms that it was broadcast to the shape of."""
    context, b, count = call.context, call.builder, len(terms.shape)
    ahead = count - len(to.shape)
    shape, strides = [ONE] * ahead + to.shape, [ZERO] * ahead + to.strides
    pairs = [*zip(shape, terms.shape, strict=True)]
    kept = [b.select(b.icmp_signed("==", *pair), pair[1], ONE) for pair in pairs]
    summed = [b.select(b.icmp_signed("==", *pair), ONE, pair[1]) for pair in pairs]
    twice = Operand(terms.pointer, kept + summed, terms.strides * 2)
    views = axes.Views(call, axes.Axes(tuple(range(count, 2 * count))))
    rows, total, copy = views.of(twice, dtype), Operand(to.pointer, shape, strides), None
    if dtype != "float64":
        array = operands.as_array(context, b, led(total), dtype)
        wide, copy = operands.scratch(context, b, "float64", [ONE, *shape])
        total = wide.without(0)
    row_options.launch(call, "sums", dtype, LETTERS, [rows, total])
    if copy is not None:
        if to.shape:
            operands.convert(context, b, array, copy)
        else:
            number = b.load(b.bitcast(total.pointer, DOUBLE))
            kind = operands.number_type(dtype)
            rounded = context.cast(b, number, types.float64, kind)
            b.store(rounded, b.bitcast(to.pointer, rounded.type.as_pointer()))
        context.nrt.decref(b, *copy)
    views.settle()
