"""Arrays and numbers as operands of inner loops, and the call of a loop over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.np import arrayobj
from numba.np.numpy_support import as_dtype, from_dtype

from fastact.in_njit import symbols
from fastact.native import loop_registry

INT, PTR = ir.IntType(64), ir.IntType(8).as_pointer()
ZERO, ONE = INT(0), INT(1)

for _name in ("drive", "total", "outside"):
    loop_registry.add_support(
        f"njit_{_name}", loop_registry.builder("fastact.in_njit.driver", "build")
    )


class Operand(NamedTuple):
    """Where an operand begins, its lengths and its strides in bytes; a number has none."""

    pointer: Any
    shape: list[Any]
    strides: list[Any]

    def without(self, axis: int) -> Operand:
        """The operand without one of its axes, which begins where that begins."""
        return Operand(
            self.pointer,
            self.shape[:axis] + self.shape[axis + 1 :],
            self.strides[:axis] + self.strides[axis + 1 :],
        )


def led(operand: Operand) -> Operand:
    """An operand with one more axis, of length 1, so that no row is alone."""
    return Operand(operand.pointer, [ONE, *operand.shape], [ZERO, *operand.strides])


def number_type(dtype: str) -> Any:
    """Numba's type of a dtype."""
    return from_dtype(np.dtype(dtype))


def of_array(context: Any, builder: Any, ty: Any, value: Any) -> Operand:
    """An array as an operand."""
    array = arrayobj.make_array(ty)(context, builder, value)
    return Operand(
        builder.bitcast(array.data, PTR),
        cgutils.unpack_tuple(builder, array.shape, ty.ndim),
        cgutils.unpack_tuple(builder, array.strides, ty.ndim),
    )


def of_number(builder: Any, value: Any) -> Operand:
    """A number as an operand."""
    place = cgutils.alloca_once(builder, value.type)
    builder.store(value, place)
    return Operand(builder.bitcast(place, PTR), [], [])


def constant(builder: Any, dtype: str, value: float) -> Operand:
    """A number that is known, as an operand."""
    return of_number(builder, literal(dtype, value))


def literal(dtype: str, value: float) -> Any:
    """A number that is known, as it stands in an array of this dtype."""
    if dtype == "float16":
        return ir.IntType(16)(int(np.float16(value).view(np.uint16)))
    if dtype == "int64":
        return INT(int(value))
    return (ir.FloatType() if dtype == "float32" else ir.DoubleType())(
        float(np.dtype(dtype).type(value))
    )


def empty(context: Any, builder: Any, ty: Any, shape: Sequence[Any]) -> Any:
    """A new array, which the caller releases or returns."""
    return arrayobj._empty_nd_impl(context, builder, ty, list(shape))._getvalue()


def new(context: Any, builder: Any, ty: Any, shape: Sequence[Any]) -> tuple[Any, Operand]:
    """A new array, or without axes the place of a number, and its operand."""
    if shape:
        made = empty(context, builder, ty, shape)
        return made, of_array(context, builder, ty, made)
    place = cgutils.alloca_once(builder, context.get_data_type(ty))
    return place, Operand(builder.bitcast(place, PTR), [], [])


FEW = 512  # elements that scratch memory has room for on the stack


def scratch(
    context: Any, builder: Any, dtype: str, shape: Sequence[Any], wanted: Any = None
) -> tuple[Any, Any]:
    """Scratch memory as an operand, and the array with its type, which the caller releases.

    It is on the caller's stack up to `FEW` elements, and if it is not `wanted` at run time.
    """
    ty = types.Array(number_type(dtype), len(shape), "C")
    size, strides = INT(np.dtype(dtype).itemsize), []
    for length in reversed(shape):
        strides.append(size)
        size = builder.mul(size, length)
    few = builder.icmp_unsigned("<=", size, INT(FEW * np.dtype(dtype).itemsize))
    if wanted is not None:
        few = builder.or_(few, builder.not_(wanted))
    stack = cgutils.alloca_once(builder, context.get_data_type(ty.dtype), size=FEW)
    place = cgutils.alloca_once(builder, context.get_value_type(ty))
    with builder.if_else(few) as (here, elsewhere):
        with here:
            array = arrayobj.make_array(ty)(context, builder)
            size = INT(np.dtype(dtype).itemsize)
            arrayobj.populate_array(array, stack, list(shape), strides[::-1], size, None)
            builder.store(array._getvalue(), place)
        with elsewhere:
            builder.store(empty(context, builder, ty, shape), place)
    made = builder.load(place)
    return of_array(context, builder, ty, made), (ty, made)


def as_array(context: Any, builder: Any, operand: Operand, dtype: str) -> tuple[Any, Any]:
    """An operand as an array, with its type, that owns no memory."""
    ty = types.Array(number_type(dtype), len(operand.shape), "A")
    array = arrayobj.make_array(ty)(context, builder)
    pointer = builder.bitcast(operand.pointer, context.get_data_type(ty.dtype).as_pointer())
    size = INT(np.dtype(dtype).itemsize)
    arrayobj.populate_array(array, pointer, operand.shape, operand.strides, size, None)
    return ty, array._getvalue()


def convert(context: Any, builder: Any, to: tuple[Any, Any], source: tuple[Any, Any]) -> None:
    """Write an array into another one of its shape: each is a type and a value."""

    def fill(array: Any, source: Any) -> None:
        array[...] = source

    kinds, values = zip(to, source, strict=True)
    context.compile_internal(builder, fill, types.none(*kinds), list(values))


def converted(context: Any, builder: Any, ty: Any, value: Any, dtype: str) -> tuple[Any, Any]:
    """The type and value of a contiguous copy of an array in a dtype: scratch memory, no result."""
    if ty.layout != "F":
        shape = of_array(context, builder, ty, value).shape
        _, (result, made) = scratch(context, builder, dtype, shape)
        convert(context, builder, (result, made), (ty, value))
        return result, made
    to = np.dtype(dtype)
    result = types.Array(number_type(dtype), ty.ndim, "F")
    made = context.compile_internal(builder, lambda array: array.astype(to), result(ty), [value])
    return result, made


def dtype_of(ty: Any) -> np.dtype[Any]:
    """NumPy's dtype of the elements of an array, or of a number."""
    found: np.dtype[Any] = as_dtype(
        ty.dtype if isinstance(ty, types.Array) else types.unliteral(ty)
    )
    return found


def broadcast(builder: Any, operands: Sequence[Operand]) -> tuple[list[Any], Any]:
    """The lengths that operands broadcast to, and whether they do not."""
    ndim = max(len(each.shape) for each in operands)
    wrong, sizes = ir.IntType(1)(0), []
    for axis in range(-ndim, 0):
        size = ONE
        for each in operands:
            if len(each.shape) < -axis:
                continue
            length = each.shape[axis]
            one = builder.icmp_signed("==", size, ONE)
            differs = builder.icmp_signed("!=", length, size)
            long = builder.icmp_signed("!=", length, ONE)
            clash = builder.and_(builder.not_(one), builder.and_(differs, long))
            wrong = builder.or_(wrong, clash)
            size = builder.select(one, length, size)
        sizes.append(size)
    return sizes, wrong


def fits(builder: Any, operand: Operand, sizes: Sequence[Any]) -> Any:
    """Whether an operand broadcasts to these lengths."""
    good = ir.IntType(1)(1)
    for length, size in zip(reversed(operand.shape), reversed(sizes), strict=False):
        same = builder.icmp_signed("==", length, size)
        good = builder.and_(good, builder.or_(same, builder.icmp_signed("==", length, ONE)))
    return good


def same_shape(builder: Any, a: Operand, b: Operand) -> Any:
    """Whether two operands of as many axes have the same lengths."""
    good = ir.IntType(1)(1)
    for one, other in zip(a.shape, b.shape, strict=True):
        good = builder.and_(good, builder.icmp_signed("==", one, other))
    return good


def extent(builder: Any, operand: Operand, itemsize: int) -> tuple[Any, Any]:
    """The addresses of the first byte of an operand, and after its last."""
    low = high = builder.ptrtoint(operand.pointer, INT)
    for length, stride in zip(operand.shape, operand.strides, strict=True):
        span = builder.mul(builder.sub(length, ONE), stride)
        back = builder.icmp_signed("<", span, ZERO)
        low = builder.add(low, builder.select(back, span, ZERO))
        high = builder.add(high, builder.select(back, ZERO, span))
    return low, builder.add(high, INT(itemsize))


def collide(builder: Any, out: Operand, other: Operand, sizes: Any, *, same: bool) -> Any:
    """Whether two operands may share memory; if `same`, other than as one view."""
    a, b = extent(builder, out, 8), extent(builder, other, 8)
    apart = builder.or_(
        builder.icmp_signed("<=", a[1], b[0]), builder.icmp_signed("<=", b[1], a[0])
    )
    if same and len(out.shape) == len(other.shape):
        equal = builder.icmp_signed(
            "==", builder.ptrtoint(out.pointer, INT), builder.ptrtoint(other.pointer, INT)
        )
        for mine, its in zip(out.strides, other.strides, strict=True):
            equal = builder.and_(equal, builder.icmp_signed("==", mine, its))
        apart = builder.or_(apart, builder.and_(equal, same_shape(builder, out, other)))
    return builder.not_(apart)


def product(builder: Any, numbers: Sequence[Any]) -> Any:
    """The product of integers."""
    total = ONE
    for each in numbers:
        total = builder.mul(total, each)
    return total


def aligned(builder: Any, operand: Operand, sizes: Sequence[Any]) -> list[Any]:
    """The strides over axes of these lengths: 0 where the operand is repeated."""
    strides = [ZERO] * (len(sizes) - len(operand.shape))
    for length, stride in zip(operand.shape, operand.strides, strict=True):
        once = builder.icmp_signed("==", length, ONE)
        strides.append(builder.select(once, ZERO, stride))
    return strides


def launch(
    context: Any,
    builder: Any,
    need: symbols.Need,
    operands: Sequence[Operand],
    sizes: Sequence[Any],
    row: tuple[Any, Sequence[Any]] = (ZERO, ()),
) -> None:
    """Call a loop; `row` is the length of rows and the strides in them."""
    length, inner = row
    count, axes = len(operands), len(sizes)
    strides = zip(*(aligned(builder, each, sizes) for each in operands), strict=True)
    words = [builder.ptrtoint(each.pointer, INT) for each in operands]
    words += sizes
    words += [stride for axis in strides for stride in axis] if axes else []
    words += [ZERO] * axes  # the counter
    fixed = len(words) + count + 1
    total = fixed + 1 + count + len(inner)
    block = cgutils.alloca_once(builder, INT, size=total)
    for place, word in enumerate(words):
        builder.store(word, builder.gep(block, [INT(place)]))
    for place, word in enumerate([length, *[ZERO] * count, *inner], start=fixed):
        builder.store(word, builder.gep(block, [INT(place)]))
    loop = symbols.pointer(context, builder, need)
    call(
        context, builder, "njit_drive", INT,
        [loop, symbols.block(builder), INT(count), INT(axes), block],
    )  # fmt: skip


def call(context: Any, builder: Any, name: str, result: Any, arguments: Sequence[Any]) -> Any:
    """Call one of the functions of `driver`, or other native code that is no loop."""
    need = symbols.needed(loop_registry.get, name, "native")
    kind = ir.FunctionType(result, [each.type for each in arguments]).as_pointer()
    address = symbols.pointer(context, builder, need)
    return builder.call(builder.inttoptr(address, kind), list(arguments))
