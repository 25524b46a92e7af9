"""Arithmetic in twice the precision: what Numba makes of the primitives and operators of kernels.

A *number* of a kernel is one of

- ``float64``: the working precision of float16 and float32 results;
- `exact`: a float64 that stands for itself in a kernel with a float64 result;
- `pair`: the unevaluated sum ``hi + lo`` of two float64, about 2**-100 of relative precision.

The first operation on an `exact` gives a `pair`. The algorithms are the error-free transformations
of Dekker (1971) and Knuth (TAOCP 2, 4.2.2) with a fused multiply-add for products; sums are not
renormalised, since kernels are short and end with one rounding, ``hi + lo``.

Everything is emitted as LLVM instructions in place: no branches and no calls, so that the loop
around a kernel vectorises.

Imports Numba: used when a loop is compiled, and inside users' own ``@njit`` functions.
"""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

from llvmlite import ir
from numba.core import types
from numba.core.datamodel import models
from numba.core.datamodel.registry import register_default as register_model
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature

from fastact.compiler import float16, fma, simd
from fastact.numerics import primitives

F64 = ir.DoubleType()


class NumberType(types.Type):
    """Numba's type of the numbers of float64 kernels."""

    def __init__(self, name: str, parts: int) -> None:
        self.parts = parts
        super().__init__(name=f"fastact.{name}")


exact = NumberType("exact", 1)
pair = NumberType("pair", 2)


@register_model(NumberType)
class NumberModel(models.StructModel):
    def __init__(self, dmm: Any, fe_type: NumberType) -> None:
        members = [("hi", types.float64), ("lo", types.float64)][: fe_type.parts]
        super().__init__(dmm, fe_type, members)


class Number(NamedTuple):
    """The LLVM values of a number; `lo` is None where it is known to be zero."""

    hi: Any
    lo: Any = None


# ---------------------------------------------------------------- error-free transformations
def two_product(b: Any, x: Any, y: Any) -> Number:
    """Return a product and its error."""
    p = b.fmul(x, y)
    return Number(p, fma.multiply_add(b, x, y, b.fneg(p)))


def add(b: Any, x: Number, y: Number) -> Number:
    """Return x + y: the sum of the high parts with its error, and the low parts."""
    hi, lo = fma.two_sum(b, x.hi, y.hi)
    for part in (x.lo, y.lo):
        lo = lo if part is None else b.fadd(lo, part)
    return Number(hi, lo)


def negate(b: Any, x: Number) -> Number:
    """Return -x."""
    return Number(*(None if part is None else b.fneg(part) for part in x))


def subtract(b: Any, x: Number, y: Number) -> Number:
    """Return x - y."""
    return add(b, x, negate(b, y))


def multiply(b: Any, x: Number, y: Number) -> Number:
    """Return x y: the product of the high parts with its error, and the mixed products."""
    hi, lo = two_product(b, x.hi, y.hi)
    for one, other in ((x, y), (y, x)):
        lo = lo if other.lo is None else fma.multiply_add(b, one.hi, other.lo, lo)
    return Number(hi, lo)


def divide(b: Any, x: Number, y: Number) -> Number:
    """One division: the quotient's residual is multiplied by the reciprocal."""
    inverse = b.fdiv(F64(1.0), y.hi)
    hi = b.fmul(x.hi, inverse)
    rest = fma.multiply_add(b, b.fneg(hi), y.hi, x.hi)
    rest = rest if x.lo is None else b.fadd(rest, x.lo)
    rest = rest if y.lo is None else fma.multiply_add(b, b.fneg(hi), y.lo, rest)
    return Number(hi, b.fmul(rest, inverse))


def square_root(b: Any, x: Number) -> Number:
    """The root of the high part, and what Newton's step adds: nothing at 0 and infinity."""
    hi = b.call(b.module.declare_intrinsic("llvm.sqrt", [x.hi.type]), [x.hi])
    rest = fma.multiply_add(b, b.fneg(hi), hi, x.hi)
    rest = rest if x.lo is None else b.fadd(rest, x.lo)
    lo = b.fdiv(rest, b.fadd(hi, hi))
    finite = b.fcmp_ordered("==", b.fsub(lo, lo), F64(0.0))
    return Number(hi, b.select(finite, lo, F64(0.0)))


def absolute(b: Any, x: Number) -> Number:
    """Return |x|."""
    if x.lo is None:
        return Number(b.call(b.module.declare_intrinsic("llvm.fabs", [F64]), [x.hi]))
    negative = b.fcmp_ordered("<", x.hi, F64(0.0))
    return select(b, negative, negate(b, x), x)


def select(b: Any, condition: Any, x: Number, y: Number) -> Number:
    """Return x where a condition holds, else y; without low parts if neither has one."""
    if x.lo is None and y.lo is None:
        return Number(b.select(condition, x.hi, y.hi))
    zero = F64(0.0)
    lo = b.select(condition, x.lo or zero, y.lo or zero)
    return Number(b.select(condition, x.hi, y.hi), lo)


# ---------------------------------------------------------------- in and out of Numba's values
def unpack(context: Any, b: Any, ty: types.Type, value: Any) -> Number:
    """Return the LLVM values of a number that Numba has, whatever its type."""
    if not isinstance(ty, NumberType):
        return Number(context.cast(b, value, ty, types.float64))
    return Number(*(b.extract_value(value, k) for k in range(ty.parts)))


def pack(context: Any, b: Any, ty: NumberType, number: Number) -> Any:
    """Return Numba's value of a number."""
    value = ir.Constant(context.get_value_type(ty), ir.Undefined)
    parts = [number.hi, number.lo or F64(0.0)][: ty.parts]
    for k, part in enumerate(parts):
        value = b.insert_value(value, part, k)
    return value


def is_number(ty: types.Type) -> bool:
    """Return whether a type may stand beside numbers in an operation."""
    return isinstance(ty, NumberType | types.Float | types.Integer)


def canonical(ty: types.Type) -> types.Type:
    """Return the type that an operand is cast to."""
    return ty if isinstance(ty, NumberType) else types.float64


def joined(*tys: types.Type) -> types.Type:
    """The type of a choice between numbers of these types."""
    wide = [ty for ty in tys if isinstance(ty, NumberType)]
    return max(wide, key=lambda ty: ty.parts) if wide else types.float64


def operator_for_numbers(symbol: Any, emit: Any, result: Any) -> None:
    """Let Numba apply `symbol` where at least one operand is `exact` or `pair`."""

    class Template(AbstractTemplate):
        key = symbol

        def generic(self, args: Any, kws: Any) -> Any:
            if any(isinstance(ty, NumberType) for ty in args) and all(map(is_number, args)):
                return signature(result(*args), *map(canonical, args))
            return None

    infer_global(symbol)(Template)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        numbers = [unpack(context, builder, *both) for both in zip(sig.args, args, strict=True)]
        value = emit(builder, *numbers)
        return (
            value
            if sig.return_type is types.boolean
            else pack(context, builder, sig.return_type, value)
        )

    operands = [NumberType, types.Float]
    if emit in (negate, absolute):
        lower_builtin(symbol, NumberType)(lower)
        return
    for x in operands:
        for y in operands:
            if NumberType in (x, y):
                lower_builtin(symbol, x, y)(lower)


def compare(symbol: str) -> Any:
    """Return what emits a comparison: of the high parts, by which kernels choose a formula."""
    if symbol == "!=":  # true for NaN
        return lambda b, x, y: b.fcmp_unordered(symbol, x.hi, y.hi)
    return lambda b, x, y: b.fcmp_ordered(symbol, x.hi, y.hi)


for _symbol, _emit in [
    (operator.add, add),
    (operator.sub, subtract),
    (operator.mul, multiply),
    (operator.truediv, divide),
]:
    operator_for_numbers(_symbol, _emit, lambda *args: pair)
operator_for_numbers(operator.neg, negate, lambda x: x)
operator_for_numbers(abs, absolute, lambda x: x)
for _symbol, _name in [
    (operator.lt, "<"),
    (operator.le, "<="),
    (operator.gt, ">"),
    (operator.ge, ">="),
    (operator.eq, "=="),
    (operator.ne, "!="),
]:
    operator_for_numbers(_symbol, compare(_name), lambda *args: types.boolean)


# ---------------------------------------------------------------- the primitives
def primitive_for_numbers(name: Any, result: Any) -> Any:
    """Decorator: the code of a primitive, for floats and for numbers alike."""

    def decorate(emit: Any) -> Any:
        """Register the code with Numba; vectors go to `simd`."""

        class Template(AbstractTemplate):
            key = name

            def generic(self, args: Any, kws: Any) -> Any:
                return simd.typed(name, args) or result(*args)

        infer_global(name)(Template)

        @lower_builtin(name, types.VarArg(types.Any))
        def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            if simd.of_vectors(sig.args) is not None:
                return simd.lowered(name, context, builder, sig, args)
            return emit(context, builder, sig, args)

        return emit

    return decorate


def same_floats(*tys: types.Type) -> types.Type:
    """The float type of plain operands: float32 only where a float32 takes part alone."""
    floats = {ty for ty in tys if isinstance(ty, types.Float)}
    return types.float32 if floats == {types.float32} else types.float64


def where_type(condition: Any, x: Any, y: Any) -> Any:
    """Type a choice: numbers as the wider one, floats as floats, anything else as `x`."""
    if any(isinstance(ty, NumberType) for ty in (x, y)):
        ty = joined(x, y)
        return signature(ty, types.boolean, *(canonical(each) for each in (x, y)))
    if not (isinstance(x, types.Float) or isinstance(y, types.Float)):
        return signature(x, types.boolean, x, x)
    ty = same_floats(x, y)
    return signature(ty, types.boolean, ty, ty)


@primitive_for_numbers(primitives.where, where_type)
def _where(context: Any, b: Any, sig: Any, args: Any) -> Any:
    condition, x, y = args
    if not isinstance(sig.return_type, NumberType):
        return b.select(condition, x, y)
    x, y = (unpack(context, b, *both) for both in zip(sig.args[1:], (x, y), strict=True))
    return pack(context, b, sig.return_type, select(b, condition, x, y))


def float_type(*tys: types.Type) -> Any:
    """Type a function of floats, which are all cast to one type."""
    ty = same_floats(*tys)
    return signature(ty, *[ty] * len(tys))


@primitive_for_numbers(primitives.fma, float_type)
def _fma(context: Any, b: Any, sig: Any, args: Any) -> Any:
    return fma.multiply_add(b, *args)


def head_type(x: types.Type) -> Any:
    """Type the high part of a number, or a float."""
    return signature(types.float64 if isinstance(x, NumberType) else x, x)


@primitive_for_numbers(primitives.head, head_type)
def _head(context: Any, b: Any, sig: Any, args: Any) -> Any:
    ty = sig.args[0]
    return b.extract_value(args[0], 0) if isinstance(ty, NumberType) else args[0]


@primitive_for_numbers(primitives.tail, lambda x: signature(types.float64, x))
def _tail(context: Any, b: Any, sig: Any, args: Any) -> Any:
    return b.extract_value(args[0], 1) if sig.args[0] is pair else F64(0.0)


@primitive_for_numbers(
    primitives.number, lambda hi, lo: signature(pair, types.float64, types.float64)
)
def _number(context: Any, b: Any, sig: Any, args: Any) -> Any:
    return pack(context, b, pair, Number(*args))


@primitive_for_numbers(
    primitives.bits,
    lambda x: signature(types.int64 if x == types.float64 else types.int32, x),
)
def _bits(context: Any, b: Any, sig: Any, args: Any) -> Any:
    return b.bitcast(args[0], context.get_value_type(sig.return_type))


@primitive_for_numbers(
    primitives.from_bits,
    lambda i: signature(types.float64 if i == types.int64 else types.float32, i),
)
def _from_bits(context: Any, b: Any, sig: Any, args: Any) -> Any:
    return b.bitcast(args[0], context.get_value_type(sig.return_type))


def integer_type(x: types.Type, y: types.Type) -> Any:
    """Type an operation on integers as its first operand."""
    return signature(x, x, x)


@primitive_for_numbers(primitives.shift_left, integer_type)
def _shift_left(context: Any, b: Any, sig: Any, args: Any) -> Any:
    return b.shl(*args)


@primitive_for_numbers(primitives.add_bits, integer_type)
def _add_bits(context: Any, b: Any, sig: Any, args: Any) -> Any:
    return b.add(*args)


# ---------------------------------------------------------------- from and to the array's dtype
def widened(elements: types.Type) -> Any:
    """Type a tuple of elements as numbers."""
    kind = exact if elements.dtype == types.float64 else types.float64
    return signature(types.UniTuple(kind, elements.count), elements)


@primitive_for_numbers(primitives.widen, widened)
def _widen(context: Any, b: Any, sig: Any, args: Any) -> Any:
    (elements,) = sig.args

    def widen(value: Any) -> Any:
        """Emit one element as a number."""
        if elements.dtype == types.float64:
            return pack(context, b, exact, Number(value))
        return context.cast(b, value, elements.dtype, types.float64)

    values = [widen(b.extract_value(args[0], k)) for k in range(elements.count)]
    return context.make_tuple(b, sig.return_type, values)


@primitive_for_numbers(
    primitives.half_to_double,
    lambda x: signature(types.UniTuple(types.float64, x.count), x),
)
def _half_to_double(context: Any, b: Any, sig: Any, args: Any) -> Any:
    values = [float16.to_double(b, b.extract_value(args[0], k)) for k in range(sig.args[0].count)]
    return context.make_tuple(b, sig.return_type, values)


@primitive_for_numbers(primitives.double_to_half, lambda x: signature(types.uint16, types.float64))
def _double_to_half(context: Any, b: Any, sig: Any, args: Any) -> Any:
    return float16.from_double(b, args[0])


@primitive_for_numbers(
    primitives.rounded, lambda x: signature(types.float64, x if is_number(x) else types.float64)
)
def _rounded(context: Any, b: Any, sig: Any, args: Any) -> Any:
    """``hi + lo``, unless `lo` is zero (`hi` may be -0), infinite or NaN (`hi` is infinite)."""
    number = unpack(context, b, sig.args[0], args[0])
    if number.lo is None:
        return number.hi
    size = absolute(b, Number(number.lo)).hi
    inexact = b.and_(
        b.fcmp_ordered(">", size, F64(0.0)), b.fcmp_ordered("<", size, F64(float("inf")))
    )
    return b.select(inexact, b.fadd(number.hi, number.lo), number.hi)


@primitive_for_numbers(primitives.single, lambda x: signature(types.float32, x))
def _single(context: Any, b: Any, sig: Any, args: Any) -> Any:
    return context.cast(b, args[0], sig.args[0], types.float32)


@primitive_for_numbers(primitives.shift_right, integer_type)
def _shift_right(context: Any, b: Any, sig: Any, args: Any) -> Any:
    return b.ashr(*args)


@primitive_for_numbers(primitives.polynomial, lambda x, table: signature(x, x, table))
def _polynomial(context: Any, b: Any, sig: Any, args: Any) -> Any:
    """Emit Horner's rule; for a long one, twice, of x squared: its steps wait for one another."""
    x, table = args
    coefficients = [b.extract_value(table, k) for k in range(sig.args[1].count)]
    if len(coefficients) < primitives.LONG or sig.args[0] == types.float32:
        return horner(b, x, coefficients)
    square = b.fmul(x, x)
    even, odd = (horner(b, square, coefficients[::-1][start::2][::-1]) for start in (0, 1))
    return fma.multiply_add(b, odd, x, even)


def horner(b: Any, x: Any, coefficients: list[Any]) -> Any:
    """Emit a polynomial, from the highest coefficient on, by Horner's rule."""
    value, *others = coefficients
    for c in others:
        value = fma.multiply_add(b, value, x, c)
    return value


@primitive_for_numbers(
    primitives.polynomial_pairs,
    lambda x, value, table: signature(pair, x, canonical(value), table),
)
def _polynomial_pairs(context: Any, b: Any, sig: Any, args: Any) -> Any:
    """Emit Horner's rule in pairs, from `value` on; the table has high and low parts in turns."""
    x, value = (unpack(context, b, *both) for both in zip(sig.args[:2], args[:2], strict=True))
    parts = [b.extract_value(args[2], k) for k in range(sig.args[2].count)]
    for hi, lo in zip(parts[::2], parts[1::2], strict=True):
        value = add(b, multiply(b, x, value), Number(hi, lo))
    return pack(context, b, pair, value)


def scaled_type(x: types.Type, power: types.Type) -> Any:
    """Type a number times a power of two."""
    return signature(x, x, types.float64 if isinstance(x, NumberType) else x)


@primitive_for_numbers(primitives.scaled, scaled_type)
def _scaled(context: Any, b: Any, sig: Any, args: Any) -> Any:
    """Emit both parts times a power of two, which is exact."""
    x, power = args
    if not isinstance(sig.return_type, NumberType):
        return b.fmul(x, power)
    parts = unpack(context, b, sig.args[0], x)
    return pack(
        context, b, sig.return_type, Number(*(part and b.fmul(part, power) for part in parts))
    )


def square_root_type(x: types.Type) -> Any:
    """Type a square root: a pair for numbers."""
    return signature(pair if isinstance(x, NumberType) else x, x)


@primitive_for_numbers(primitives.square_root, square_root_type)
def _square_root(context: Any, b: Any, sig: Any, args: Any) -> Any:
    if not isinstance(sig.return_type, NumberType):
        return b.call(b.module.declare_intrinsic("llvm.sqrt", [args[0].type]), args)
    x = unpack(context, b, sig.args[0], args[0])
    return pack(context, b, sig.return_type, square_root(b, x))


def copysign_type(x: types.Type, sign: types.Type) -> Any:
    """Type a number with another's sign."""
    if isinstance(x, NumberType) or isinstance(sign, NumberType):
        return signature(canonical(x), canonical(x), canonical(sign))
    return float_type(x, sign)


@primitive_for_numbers(primitives.copysign, copysign_type)
def _copysign(context: Any, b: Any, sig: Any, args: Any) -> Any:
    """The low part of a pair is multiplied by 1 or -1."""
    wide = isinstance(sig.args[0], NumberType)
    x = unpack(context, b, sig.args[0], args[0]) if wide else Number(args[0])
    sign = b.extract_value(args[1], 0) if isinstance(sig.args[1], NumberType) else args[1]
    kind = x.hi.type
    intrinsic = b.module.declare_intrinsic(
        "llvm.copysign", [kind], ir.FunctionType(kind, [kind, kind])
    )
    hi = b.call(intrinsic, [x.hi, sign])
    if not wide:
        return hi
    lo = x.lo and b.fmul(x.lo, b.call(intrinsic, [kind(1.0), sign]))
    return pack(context, b, sig.return_type, Number(hi, lo))
