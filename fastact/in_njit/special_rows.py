"""Caps, and policies for rows that are empty or infinite, inside compiled code.

A cap comes before all else and is computed in the memory of the result. Special rows are found
before the function is computed, since the result may be in the memory of the input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba.core import types

from fastact.elementwise import logit, tanh
from fastact.in_njit import operands, row_options, symbols
from fastact.in_njit.elementwise import loop_of
from fastact.in_njit.operands import ONE, Operand, led
from fastact.in_njit.plan import Call, Plan
from fastact.in_njit.row_options import DOUBLE, Options, compiled, spread
from fastact.rowwise.row_options import EMPTY, INFINITE


class Policies(NamedTuple):
    """What special rows give, as the call has it written out."""

    empty: str
    inf: str

    @property
    def plain(self) -> bool:
        """Whether nothing is to be done."""
        return self == (EMPTY[0], INFINITE[0])


def policies(plan: Plan) -> Policies | None:
    """The policies of a call; None if only Python knows what to do with them."""
    empty, inf = plan.known["empty"], plan.known["inf"]
    allowed = EMPTY[:1] if plan.ty.target._sink == 0.0 else EMPTY
    return Policies(empty, inf) if empty in allowed and inf in INFINITE else None


# ---------------------------------------------------------------- what Numba compiles
# All is computed in float64 and rounded when it is stored: for products and quotients of float32
# and float16 that is what their own arithmetic gives.
def quotients(x: Any, divisor: Any, y: Any) -> None:
    """Write to `y` the elements of `x` divided by a number."""
    for place, value in np.ndenumerate(x):
        y[place] = np.float64(value) / divisor


def products(x: Any, y: Any) -> None:
    """Multiply elements of `y` by those of `x`."""
    for place, value in np.ndenumerate(x):
        y[place] = np.float64(value) * np.float64(y[place])


def sloped(y: Any, slopes: Any, factors: Any, where: Any, lengths: Any) -> None:
    """Multiply rows of `y` by the slope of a cap and by a factor; write 0 where they are absent."""
    for place, factor in np.ndenumerate(factors):
        for i in range(y.shape[-1]):
            at = place + (i,)  # noqa: RUF005  # Numba knows no `*place` here
            present = i < lengths[place]
            if where is not None:
                present &= where[at]
            y[at] = np.float64(y[at]) * np.float64(slopes[at])
            y[at] = np.float64(y[at]) * factor if present else 0.0


def judged(
    x: Any, where: Any, lengths: Any, absent: Any, asks_empty: Any, asks_infinite: Any, states: Any
) -> bool:
    """Write 1 for rows without mass, 2 for rows with an infinite element, if these are asked for.

    The result says whether there is a row without mass.
    """
    found = False
    for place, _ in np.ndenumerate(states):
        gone, infinite = asks_empty, False
        for i in range(min(x.shape[-1], lengths[place])):
            at = place + (i,)  # noqa: RUF005
            present = True
            if where is not None:
                present = where[at]
            value = np.float64(x[at])
            gone &= not present or value == absent
            infinite |= present and value == -absent
        states[place] = 1 if gone else 2 if infinite and asks_infinite else 0
        found |= gone
    return found


def replaced(y: Any, where: Any, lengths: Any, uniform: Any, logarithms: Any, states: Any) -> None:
    """Write NaN to rows that are special, or to those without mass equal shares."""
    fill, n = -np.inf if logarithms else 0.0, y.shape[-1]
    for place, state in np.ndenumerate(states):
        if state == 0:
            continue
        count = 0
        for i in range(min(n, lengths[place])):
            present = True
            if where is not None:
                present = where[place + (i,)]  # noqa: RUF005
            count += present
        shares = state == 1 and uniform
        every = state == 1 and (count == 0 or not uniform)
        value = np.nan
        if shares:
            equal = max(1, n if every else count)
            value = logit(1.0 / (equal + 1.0)) if logarithms else 1.0 / equal
        for i in range(n):
            at = place + (i,)  # noqa: RUF005
            present = i < lengths[place]
            if where is not None:
                present &= where[at]
            y[at] = value if present or every else fill


# ---------------------------------------------------------------- caps
def of_cap(
    call: Call, cap: Any, dtype: str, x: Operand, y: Operand, into: str, slope: bool
) -> None:
    """Write to `y`, of the dtype `into`, tanh(x / cap) or its slope."""
    b, context, kind = call.builder, call.context, operands.number_type(into)
    narrow = context.cast(b, cap, types.float64, kind)
    divisor = types.float64, context.cast(b, narrow, kind, types.float64)
    arrays = [operands.as_array(context, b, *each) for each in ((x, dtype), (y, into))]
    compiled(call, quotients, types.none, arrays[0], divisor, arrays[1])
    need = symbols.needed(loop_of, tanh.derivative if slope else tanh, into)
    operands.launch(context, b, need, [y, y], y.shape)


def with_cap(
    call: Call, dtype: str, x: Operand, y: Operand, options: Options, apply: Callable[..., None]
) -> None:
    """Write to `y` what `apply` makes of rows `x` and their factor, perhaps with a cap before.

    float16 is float32 between the cap and the result.
    """
    if options.cap is None:
        apply(dtype, x, y, options.factor)
        return
    b, context, wide, work, copy = call.builder, call.context, dtype, y, None
    if dtype == "float16":
        wide = "float32"
        work, copy = operands.scratch(context, b, wide, x.shape)
    of_cap(call, options.cap, dtype, x, work, wide, slope=False)
    apply(wide, work, work, options.capped_factor)
    if copy is not None:
        operands.convert(context, b, operands.as_array(context, b, y, dtype), copy)
        context.nrt.decref(b, *copy)


def forward(call: Call, owner: Any, dtype: str, x: Operand, y: Operand, options: Options) -> None:
    """Write the shares of rows `x` to `y`."""

    def apply(kind: str, x: Operand, y: Operand, factor: Operand | None) -> None:
        row_options.forward(call, owner, kind, x, y, options._replace(factor=factor))

    with_cap(call, dtype, x, y, options, apply)


class Slope(NamedTuple):
    """The slope of a cap for each element, and the scratch memory that it is in."""

    operand: Operand
    copy: Any


def slope_of(call: Call, dtype: str, x: Operand, options: Options) -> Slope | None:
    """The slope of the cap of a call, if there is one."""
    if options.cap is None:
        return None
    found = Slope(*operands.scratch(call.context, call.builder, dtype, x.shape))
    of_cap(call, options.cap, dtype, x, found.operand, dtype, slope=True)
    return found


def product(
    call: Call, of: Any, dtype: str, rows: tuple[Operand, Operand, Operand], options: Options,
    slope: Slope | None,
) -> None:  # fmt: skip
    """The product of the Jacobian and a vector, times the slope of a cap."""
    if slope is None:
        row_options.product(call, of, dtype, rows, options)
        return
    vector, y, to = rows
    one = row_options.number(call, 1.0)
    factor = options.factor or one
    if of._before:
        pair = operands.as_array(call.context, call.builder, vector, dtype), slope.copy
        compiled(call, products, types.none, *pair)
        vector, one = slope.operand, factor
    once = options._replace(factor=one)
    row_options.product(call, of, dtype, (vector, y, to), once)
    if not of._before:
        slope_rows(call, dtype, to, slope.operand, factor, options)


def slope_rows(
    call: Call, dtype: str, rows: Operand, slopes: Operand, factor: Operand, options: Options
) -> None:
    """Multiply rows by the slope of a cap and by a factor; write 0 where they are absent."""
    both = (led(each) for each in (rows, slopes))
    arrays = [operands.as_array(call.context, call.builder, each, dtype) for each in both]
    factors = of_rows(call, factor, rows, "float64")
    compiled(call, sloped, types.none, *arrays, factors, *absence(call, rows, options))


# ---------------------------------------------------------------- policies
def of_rows(call: Call, operand: Operand, rows: Operand, dtype: str) -> tuple[Any, Any]:
    """What belongs to rows, one number for each, as an array."""
    found = led(spread(call.builder, operand, rows.shape[:-1]))
    return operands.as_array(call.context, call.builder, found, dtype)


def absence(call: Call, rows: Operand, options: Options) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Mask and lengths of rows as arguments of compiled functions."""
    b, context = call.builder, call.context
    where = types.none, context.get_dummy_value()
    if options.where is not None:
        where = operands.as_array(context, b, led(options.where), "bool")
    length = options.length or operands.of_number(b, rows.shape[-1])
    return where, of_rows(call, length, rows, "int64")


@contextmanager
def kept(
    plan: Plan, call: Call, given: Policies, rows: tuple[Operand, Operand], options: Options
) -> Iterator[None]:
    """Around the code of the function: what special rows of the first array give in the second."""
    if given.plain:
        yield
        return
    b, context, target = call.builder, call.context, plan.ty.target
    absent = target._absent if options.cap is None else np.nan  # which no element is

    def switch(value: bool) -> tuple[Any, Any]:
        return types.boolean, context.get_constant(types.boolean, value)

    x, y = (operands.as_array(context, b, led(each), plan.dtype) for each in rows)
    present = absence(call, rows[0], options)
    _, states = operands.scratch(context, b, "int64", [ONE, *rows[0].shape[:-1]])
    asked = switch(given.empty != EMPTY[0]), switch(given.inf != INFINITE[0])
    number = types.float64, DOUBLE(absent)
    empty = compiled(call, judged, types.boolean, x, *present, number, *asked, states)
    if given.empty == "raise":
        with b.if_then(b.trunc(empty, ir.IntType(1)), likely=False):
            plan.python(call)
    yield
    switches = switch(given.empty == "uniform"), switch(target._fill_value != 0.0)
    compiled(call, replaced, types.none, y, *present, *switches, states)
    context.nrt.decref(b, *states)
