"""Options of rows inside compiled code: masks, lengths and temperatures as operands of loops.

They are those that `fastact.rowwise.row_options.quick` knows outside, and go to the same loops. All
others are left to Python.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba.core import types

from fastact.in_njit import operands, symbols
from fastact.in_njit.axes import Axes, Views
from fastact.in_njit.operands import INT, Operand
from fastact.in_njit.plan import Call, Plan, is_array
from fastact.native import loop_registry
from fastact.rowwise.row_function import chosen
from fastact.rowwise.row_options import CAPS, COLD, HOT

DOUBLE = ir.DoubleType()


class Options(NamedTuple):
    """The operands of a call beside its arrays: None for what is not given.

    `where` has the shape of the arrays, or `in_rows` that of their rows. `wrong` are values of
    compiled code: whether Python has to be called. `arrays` are those of the caller that are read
    as they are, and `copies` those that were made for the call.
    """

    where: Operand | None
    factor: Operand | None
    length: Operand | None
    wrong: list[Any]
    arrays: list[Operand]
    copies: list[Any]
    cap: Any = None  # a float64, and what rows are multiplied by once they are capped
    capped_factor: Operand | None = None

    def in_rows(self, views: Views) -> Options:
        """The options of arrays that are seen as rows."""
        if self.where is None:
            return self
        return self._replace(where=views.of(self.where, "bool"))


# ---------------------------------------------------------------- what Numba compiles
def factors(temperatures: Any, sign: Any) -> Any:
    """The factors of rows, a new array, and whether kernels take all of these temperatures."""
    found, good = np.empty(temperatures.shape), True
    for place, degrees in np.ndenumerate(temperatures):
        fine = COLD <= degrees <= HOT
        good &= fine
        found[place] = sign / degrees if fine else 1.0
    return found, good


def within(lengths: Any, n: Any) -> bool:
    """Whether all lengths are from 0 to n."""
    good = True
    for _, length in np.ndenumerate(lengths):
        good &= 0 <= length <= n
    return good


def keys_seen(queries: Any, keys: Any, most: Any) -> Any:
    """How many keys each query sees, at most `most`: a new array."""
    found = np.empty(queries, np.int64)
    for i in range(queries):
        found[i] = min(max(i + keys - queries + 1, 0), keys, most)
    return found


def times(numbers: Any, scale: Any) -> Any:
    """The products of numbers and one number: a new array."""
    found = np.empty(numbers.shape)
    for place, each in np.ndenumerate(numbers):
        found[place] = each * scale
    return found


# ---------------------------------------------------------------- the operands of a call
def simple(plan: Plan, ndim: int, axes: Axes) -> bool:
    """Whether operands can be made of options of these types."""
    where, causal = plan.types["where"], plan.known.get("causal", False)
    rows = [plan.types[n] for n in ("temperature", "lengths") if n in plan.types]
    masks = not isinstance(where, types.Array) or where.ndim <= ndim
    one = axes.axis is not None or len(axes.joined) == 1
    kept = ndim - (1 if one else len(axes.joined))
    last = axes.joined == (ndim - 1,) and ndim > 1
    alone = not is_array(plan.types.get("lengths")) and last
    return (
        masks
        and all(not is_array(ty) or ty.ndim <= kept for ty in rows)
        and (one or plan.known.get("lengths") is None)
        and (causal is False or (causal is True and alone))
    )


def of_call(plan: Plan, call: Call, x: Operand, axes: Axes, sign: float) -> Options:
    """The operands of a call with an array."""
    shape = axes.shape(call.builder, x.shape)
    found = Options(None, None if sign == 1.0 else number(call, sign), None, [], [], [])
    if plan.known["where"] is not None:
        found = of_where(plan, call, x, found)
    for name, make in MADE.items():
        if plan.known.get(name) not in {None, False}:
            found = make(plan, call, shape, sign, found)
    return found


def number(call: Call, value: float) -> Operand:
    """A float64 that is known."""
    return operands.constant(call.builder, "float64", value)


def compiled(call: Call, function: Callable[..., Any], result: Any, *given: Any) -> Any:
    """Call a function that Numba compiles into the caller, with pairs of type and value."""
    kinds, values = zip(*given, strict=True)
    return call.context.compile_internal(call.builder, function, result(*kinds), list(values))


def of_where(plan: Plan, call: Call, x: Operand, found: Options) -> Options:
    """The mask, repeated to the shape of the array."""
    b, mask = call.builder, plan.mask(call)
    found.wrong.append(b.not_(operands.fits(b, mask, x.shape)))
    found.arrays.append(mask)
    return found._replace(where=spread(b, mask, x.shape))


def of_temperature(
    plan: Plan, call: Call, shape: list[Any], sign: float, found: Options
) -> Options:
    """The factors: reciprocals of temperatures."""
    b, ty = call.builder, plan.types["temperature"]
    if not is_array(ty) or not ty.ndim:
        degrees = plan.number(call, "temperature", "float64")
        good = b.and_(
            b.fcmp_ordered(">=", degrees, DOUBLE(COLD)), b.fcmp_ordered("<=", degrees, DOUBLE(HOT))
        )
        found.wrong.append(b.not_(good))
        factor = operands.of_number(b, b.fdiv(DOUBLE(sign), degrees))
        return found._replace(factor=factor)
    given = array_of(plan, call, "temperature", "float64", found)
    result = types.Tuple([types.Array(types.float64, ty.ndim, "C"), types.boolean])
    made = compiled(call, factors, result, given, (types.float64, DOUBLE(sign)))
    array = b.extract_value(made, 0)
    found.copies.append((result[0], array))
    factor = operands.of_array(call.context, b, result[0], array)
    found.wrong.append(b.not_(b.trunc(b.extract_value(made, 1), ir.IntType(1))))
    found.wrong.append(b.not_(operands.fits(b, factor, shape[:-1])))
    return found._replace(factor=factor)


def of_lengths(plan: Plan, call: Call, shape: list[Any], sign: float, found: Options) -> Options:
    """The lengths of rows."""
    b, ty = call.builder, plan.types["lengths"]
    if not is_array(ty) or not ty.ndim:
        length = plan.number(call, "lengths", "int64")
        long = b.icmp_unsigned(">", length, shape[-1])  # negative ones are the largest
        found.wrong.append(long)
        return found._replace(length=operands.of_number(b, length))
    kind, value = array_of(plan, call, "lengths", "int64", found)
    size = types.int64, shape[-1]
    good = compiled(call, within, types.boolean, (kind, value), size)
    length = operands.of_array(call.context, b, kind, value)
    found.wrong.append(b.not_(good))
    found.wrong.append(b.not_(operands.fits(b, length, shape[:-1])))
    found.arrays.append(length)
    return found._replace(length=length)


def of_causal(plan: Plan, call: Call, shape: list[Any], sign: float, found: Options) -> Options:
    """The lengths of rows that are queries, each of which sees the keys before it."""
    b, most = call.builder, shape[-1]
    if found.length is not None:
        most = b.load(b.bitcast(found.length.pointer, INT.as_pointer()))
    ty = types.Array(types.int64, 1, "C")
    made = compiled(call, keys_seen, ty, *((types.int64, n) for n in (*shape[-2:], most)))
    found.copies.append((ty, made))
    return found._replace(length=operands.of_array(call.context, b, ty, made))


def of_softcap(plan: Plan, call: Call, shape: list[Any], sign: float, found: Options) -> Options:
    """The cap, and the factor of what has been capped."""
    b, context = call.builder, call.context
    cap, (least, most, _) = plan.number(call, "softcap", "float64"), CAPS
    good = b.and_(b.fcmp_ordered(">=", cap, DOUBLE(least)), b.fcmp_ordered("<=", cap, DOUBLE(most)))
    found.wrong.append(b.not_(good))
    factor = found.factor or number(call, 1.0)
    if not factor.shape:
        one = b.load(b.bitcast(factor.pointer, DOUBLE.as_pointer()))
        capped = operands.of_number(b, b.fmul(one, cap))
        return found._replace(cap=cap, capped_factor=capped)
    ty = types.Array(types.float64, len(factor.shape), "C")
    array = operands.as_array(context, b, factor, "float64")
    made = compiled(call, times, ty, array, (types.float64, cap))
    found.copies.append((ty, made))
    return found._replace(cap=cap, capped_factor=operands.of_array(context, b, ty, made))


# In the order in which they are needed: `causal` limits `lengths`, and a cap is one more factor.
MADE = {
    "temperature": of_temperature,
    "lengths": of_lengths,
    "causal": of_causal,
    "softcap": of_softcap,
}


def array_of(plan: Plan, call: Call, name: str, dtype: str, found: Options) -> tuple[Any, Any]:
    """An array in a dtype, with its type: as it is or a copy."""
    _, copy = plan.operand(call, name, dtype)
    found.copies.append(copy)
    return copy or (plan.types[name], call.values[name])


def spread(builder: Any, operand: Operand, shape: list[Any]) -> Operand:
    """An operand repeated to a shape that it broadcasts to."""
    return Operand(operand.pointer, shape, operands.aligned(builder, operand, shape))


# ---------------------------------------------------------------- loops
def launch(
    call: Call, name: str, dtype: str, letters: str, given: Sequence[Operand], axis: int = -1
) -> None:
    """Call a loop over rows; the operands are those that `letters` tell, the first has the axis."""
    first, with_axis = given[0], [letter.isupper() for letter in letters]
    axis %= len(first.shape)
    inner = [op.strides[axis] for op, own in zip(given, with_axis, strict=True) if own]
    outer = [op.without(axis) if own else op for op, own in zip(given, with_axis, strict=True)]
    need = symbols.needed(loop_registry.get, name, dtype)
    sizes = first.without(axis).shape
    operands.launch(call.context, call.builder, need, outer, sizes, (first.shape[axis], inner))


def choose(
    call: Call, dtype: str, x: Operand, where: Operand, otherwise: Operand, y: Operand
) -> None:
    """Write to `y` the elements of `x` where a mask is True, else those of another operand."""
    need = symbols.needed(loop_registry.get, chosen.name, dtype)
    operands.launch(call.context, call.builder, need, [x, where, otherwise, y], y.shape)


def mask_in(call: Call, dtype: str, x: Operand, where: Operand, absent: float, y: Operand) -> None:
    """Write `x` to `y`, with this number for what is absent."""
    choose(call, dtype, x, where, operands.constant(call.builder, dtype, absent), y)


def forward(call: Call, owner: Any, dtype: str, x: Operand, y: Operand, options: Options) -> None:
    """Write the shares of rows `x` to `y`, between two loops that put the mask in.

    Both may be the same memory.
    """
    b, rows = call.builder, x
    if options.where is not None:
        mask_in(call, dtype, x, options.where, owner._absent, y)
        rows = y
    function = owner
    between: list[Operand] = []
    if not owner._x_alone or options.factor is not None or options.length is not None:
        function = owner._scaled
        sinks = () if owner._sink is None else (number(call, owner._sink),)
        every = options.length or operands.of_number(b, rows.shape[-1])
        between = [options.factor or number(call, 1.0), *sinks, every]
    launch(call, function.name, dtype, function._letters, [rows, *between, y])
    if options.where is not None:
        mask_in(call, dtype, y, options.where, owner._fill_value, y)


def product(
    call: Call, of: Any, dtype: str, rows: tuple[Operand, Operand, Operand], options: Options
) -> None:
    """Write the product of the Jacobian and a vector: `rows` are vector, output and result."""
    d, y, result = rows
    b, function = call.builder, of._function
    between: list[Operand] = []
    if (options.where, options.factor, options.length) != (None, None, None):
        function = of._with_mask
        everywhere = spread(b, operands.of_number(b, ir.IntType(8)(1)), y.shape)
        length = options.length or operands.of_number(b, y.shape[-1])
        between = [options.where or everywhere, options.factor or number(call, 1.0), length]
    launch(call, function.name, dtype, function._letters, [d, y, *between, result])
