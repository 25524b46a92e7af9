"""`jacobian` inside compiled code: what `fastact.rowwise.jacobians` does, with the same loops."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import types

from fastact.in_njit import axes, operands, row_options, special_rows
from fastact.in_njit.operands import INT, ONE, ZERO, Operand, led
from fastact.in_njit.plan import Attempt, Call, either, floating, new_array
from fastact.in_njit.row_options import DOUBLE, Options, compiled, spread
from fastact.in_njit.rowwise import RowPlan
from fastact.in_njit.special_rows import absence, of_rows


# ---------------------------------------------------------------- what Numba compiles
def with_sink(x: Any, where: Any, lengths: Any, y: Any, present: Any) -> None:
    """Write rows with one more element, 0, and which of them are present."""
    n = x.shape[-1]
    for place, length in np.ndenumerate(lengths):
        for i in range(n):
            at = place + (i,)  # noqa: RUF005  # Numba knows no `*place` here
            y[at] = x[at]
            if present is not None:
                here = i < length
                if where is not None:
                    here &= where[at]
                present[at] = here
        last = place + (n,)  # noqa: RUF005  # as above
        y[last] = 0.0
        if present is not None:
            present[last] = True


def one_step(band: Any, one: Any) -> None:
    """Write to `band` the number `one` in the middle, and 1 - `one` elsewhere."""
    for i in range(band.size):
        band[i] = 1.0 - one
    band[band.size // 2] = one


def lost(y: Any, sink: Any, factors: Any, found: Any) -> None:
    """Write to `found` what a step along all inputs takes from the sink."""
    for place, factor in np.ndenumerate(factors):
        share = np.float64(sink[place + (0,)])  # noqa: RUF005  # as above
        for i in range(y.shape[-1]):
            at = place + (i,)  # noqa: RUF005  # as above
            value = np.float64(y[at])
            found[at] = 0.0 if value == 0.0 else value * share * factor


def nothing(found: Any) -> None:
    """Write 0 to all elements."""
    found[...] = 0.0


def less(found: Any, diagonal: Any) -> None:
    """Subtract from `found` the numbers of another array."""
    for place, value in np.ndenumerate(diagonal):
        found[place] -= np.float64(value)


# ---------------------------------------------------------------- operands
def repeated(operand: Operand) -> Operand:
    """Rows with one more axis before the last."""
    *kept, length = operand.shape
    *outer, stride = operand.strides
    return Operand(operand.pointer, [*kept, ONE, length], [*outer, ZERO, stride])


def for_each(operand: Operand | None) -> Operand | None:
    """What belongs to rows, if it is more than a number, with one more axis."""
    if operand is None or not operand.shape:
        return operand
    return Operand(operand.pointer, [*operand.shape, ONE], [*operand.strides, ZERO])


def later(call: Call, operand: Operand, count: Any, dtype: str) -> Any:
    """The place that lies some elements after the first."""
    size = INT(np.dtype(dtype).itemsize)
    return call.builder.gep(operand.pointer, [call.builder.mul(count, size)])


class Jacobian(RowPlan):
    """A call of `jacobian`, with one more axis than the input."""

    positional = ("x",)

    def typed(self) -> Any:
        ty = self.with_axis("x")
        self.common()
        self.dtype = str(floating(ty))
        return new_array(ty, floating(ty), ty.ndim + 1)

    def attempt(self, call: Call) -> Attempt | None:
        ndim, owner, b = self.types["x"].ndim, self.ty.target, call.builder
        found = axes.of_call(self, call, ndim)
        one = found is not None and (found.axis is not None or isinstance(self.known["axis"], int))
        if found is None or not one or not row_options.simple(self, ndim, found):
            return None
        x, copy = self.operand(call, "x", self.dtype)
        options = row_options.of_call(self, call, x, found, owner._sign)

        def make() -> Any:
            views = axes.Views(call, found)
            rows, seen = views.of(x, self.dtype), options.in_rows(views)
            made, result = self.new_result(call, [*x.shape, rows.shape[-1]])
            outputs = Operand(result.pointer, x.shape, result.strides[:-1])
            *kept, n = rows.shape
            strides = [*views.of(outputs, self.dtype).strides, result.strides[-1]]
            matrices = Operand(result.pointer, [*kept, n, n], strides)
            self.of_steps(call, rows, matrices, seen)
            slope = special_rows.slope_of(call, self.dtype, rows, seen)
            if slope is not None:
                self.capped(call, slope.operand, matrices, seen)
                self.release(call, [slope.copy])
            return made

        return Attempt(make, either(b, found.wrong, *options.wrong), [copy, *options.copies])

    def of_steps(self, call: Call, rows: Operand, matrices: Operand, options: Options) -> None:
        """Write the Jacobians of the output, by the cap's results if there is a cap."""
        b, context = call.builder, call.context
        *kept, n = rows.shape
        *outer, down, along = matrices.strides
        diagonal = operands.as_array(
            context, b, Operand(matrices.pointer, rows.shape, [*outer, b.add(down, along)]),
            self.dtype,
        )  # fmt: skip
        y, sink, copies = self.output(call, rows, options)
        places = [b.add(b.add(n, n), ONE)]  # any vector of a step begins at one of them
        band, band_copy = operands.scratch(context, b, self.dtype, places)
        size = INT(np.dtype(self.dtype).itemsize)
        d = Operand(
            later(call, band, n, self.dtype), matrices.shape,
            [*[ZERO] * len(kept), b.neg(size), size],
        )  # fmt: skip
        once = options._replace(
            where=options.where and repeated(options.where),
            factor=for_each(options.factor), length=for_each(options.length),
        )  # fmt: skip
        three = d, repeated(y), matrices
        difference, difference_copy = operands.scratch(context, b, "float64", rows.shape)

        def products(of: Any, one: float) -> None:
            compiled(call, one_step, types.none, band_copy, (types.float64, DOUBLE(one)))
            row_options.product(call, of, self.dtype, three, once)

        products(self.ty.target._columns, 0.0)
        if sink is None:
            compiled(call, nothing, types.none, difference_copy)
        else:
            shares = [operands.as_array(context, b, led(each), self.dtype) for each in (y, sink)]
            factor = options.factor or row_options.number(call, 1.0)
            factors = of_rows(call, factor, rows, "float64")
            into = operands.as_array(context, b, led(difference), "float64")
            compiled(call, lost, types.none, *shares, factors, into)
        compiled(call, less, types.none, difference_copy, diagonal)
        products(self.ty.target._rows, 1.0)
        operands.convert(context, b, diagonal, difference_copy)
        self.release(call, [band_copy, difference_copy, *copies])

    def output(
        self, call: Call, rows: Operand, options: Options
    ) -> tuple[Operand, Operand | None, list[Any]]:
        """The output's rows, the share of the sink if there is one, and what is to be released."""
        b, context, owner = call.builder, call.context, self.ty.target
        if owner._sink != 0.0:
            y, copy = operands.scratch(context, b, self.dtype, rows.shape)
            special_rows.forward(call, owner._shares or owner, self.dtype, rows, y, options)
            return y, None, [copy]
        *kept, n = rows.shape
        shape = [*kept, b.add(n, ONE)]
        y, copy = operands.scratch(context, b, self.dtype, shape)
        where, present, where_copy = None, (types.none, context.get_dummy_value()), None
        if options.where is not None or options.length is not None:
            where, where_copy = operands.scratch(context, b, "bool", shape)
            present = operands.as_array(context, b, led(where), "bool")
        given, into = (operands.as_array(context, b, led(each), self.dtype) for each in (rows, y))
        there = absence(call, rows, options)
        compiled(call, with_sink, types.none, given, *there, into, present)
        once = options._replace(where=where, length=None)
        special_rows.forward(call, owner._loops, self.dtype, y, y, once)
        sink = Operand(later(call, y, n, self.dtype), [*kept, ONE], y.strides)
        return Operand(y.pointer, rows.shape, y.strides), sink, [copy, where_copy]

    def capped(self, call: Call, slopes: Operand, matrices: Operand, options: Options) -> None:
        """Multiply by the slopes of the cap, and put 0 where inputs are absent."""
        where = options.where and spread(call.builder, repeated(options.where), matrices.shape)
        once = options._replace(where=where, length=for_each(options.length))
        slopes = spread(call.builder, repeated(slopes), matrices.shape)
        one = row_options.number(call, 1.0)
        special_rows.slope_rows(call, self.dtype, matrices, slopes, one, once)
