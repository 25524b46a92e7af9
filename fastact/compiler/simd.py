"""Vectors of lanes as values of Numba: what functions of rows are written with.

A vector has `LANES` lanes of one type and compiles to a vector of LLVM: no loop has to be
recognised. Operators and the primitives of kernels work lane by lane; a scalar operand stands in
every lane. Elements of arrays are read and written as vectors too, any distance apart.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.datamodel import models
from numba.core.datamodel.registry import register_default as register_model
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic

from fastact.compiler import float16
from fastact.compiler.fma import emulated
from fastact.native import machine_code
from fastact.numerics import primitives, rows

LANES = rows.LANES  # of float32 they are one vector of 512 bits, of float64 two
I32 = ir.IntType(32)
ELEMENT = {
    types.float32: ir.FloatType(), types.float64: ir.DoubleType(), types.uint8: ir.IntType(8),
    types.uint16: ir.IntType(16),
    types.int32: I32, types.int64: ir.IntType(64), types.boolean: ir.IntType(1),
}  # fmt: skip


class VectorType(types.Type):
    """Numba's type of a vector."""

    def __init__(self, dtype: types.Type) -> None:
        self.dtype = dtype
        super().__init__(name=f"fastact.vector({dtype})")

    @property
    def llvm(self) -> Any:
        """LLVM's type of the vector."""
        return ir.VectorType(ELEMENT[self.dtype], LANES)


@register_model(VectorType)
class VectorModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: VectorType) -> None:
        super().__init__(dmm, fe_type, fe_type.llvm)


I64, F32, F64 = ELEMENT[types.int64], ELEMENT[types.float32], ELEMENT[types.float64]


# ---------------------------------------------------------------- LLVM
def broadcast(b: Any, scalar: Any, lanes: int = LANES) -> Any:
    """The vector with `scalar` in every lane."""
    kind = ir.VectorType(scalar.type, lanes)
    if isinstance(scalar, ir.Constant):
        return ir.Constant(kind, [scalar] * lanes)
    one = b.insert_element(ir.Constant(kind, ir.Undefined), scalar, I32(0))
    return shuffled(b, one, one, [0] * lanes)


def shuffled(b: Any, x: Any, y: Any, lanes: list[int]) -> Any:
    """The lanes of `x`, and after them those of `y`, chosen by number."""
    return b.shuffle_vector(x, y, ir.Constant(ir.VectorType(I32, len(lanes)), lanes))


def called(b: Any, name: str, result: Any, *arguments: Any, overloads: tuple[Any, ...] = ()) -> Any:
    """Call an intrinsic of LLVM that is overloaded by the types of `overloads`, else `result`."""
    names = {"float": "f32", "double": "f64", "ptr": "p0"}

    def mangled(kind: Any) -> str:
        """Return a type as it stands in the name of an intrinsic."""
        if isinstance(kind, ir.VectorType):
            return f"v{kind.count}{mangled(kind.element)}"
        return names.get(str(kind), str(kind))

    symbol = ".".join(["llvm", name, *map(mangled, overloads or (result,))])
    kind = ir.FunctionType(result, [a.type for a in arguments])
    f = b.module.globals.get(symbol) or ir.Function(b.module, kind, symbol)
    return b.call(f, arguments)


def lifted(context: Any, b: Any, ty: types.Type, value: Any, dtype: types.Type) -> Any:
    """A value as a vector of lanes of type `dtype`."""
    if isinstance(ty, VectorType):
        return value
    return broadcast(b, value if ty == types.boolean else context.cast(b, value, ty, dtype))


# ---------------------------------------------------------------- operators
def of_vectors(args: Any) -> VectorType | None:
    """The type of the vectors among arguments; a mask is one only where there is no other."""
    found = [ty for ty in args if isinstance(ty, VectorType)]
    return max(found, key=lambda ty: ty.dtype != types.boolean, default=None)


def operator_for_vectors(symbol: Any, emit: Any, result: Any = None) -> None:
    """Let Numba apply `symbol` lane by lane."""

    class Template(AbstractTemplate):
        key = symbol

        def generic(self, args: Any, kws: Any) -> Any:
            vector = of_vectors(args)
            known = (VectorType, types.Number)
            if vector is None or not all(isinstance(ty, known) for ty in args):
                return None
            return signature(vector if result is None else VectorType(result), *args)

    infer_global(symbol)(Template)

    def lower(context: Any, b: Any, sig: Any, args: Any) -> Any:
        dtype = of_vectors(sig.args).dtype  # type: ignore[union-attr]  # `Template` saw one
        both = zip(sig.args, args, strict=True)
        return emit(b, *(lifted(context, b, ty, value, dtype) for ty, value in both))

    for operands in [
        (VectorType,), (VectorType, VectorType),
        (VectorType, types.Number), (types.Number, VectorType),
    ]:  # fmt: skip
        lower_builtin(symbol, *operands)(lower)


def compared(symbol: str) -> Any:
    """Return what emits an ordered comparison, which is false for NaN."""
    return lambda b, x, y: b.fcmp_ordered(symbol, x, y)


for _symbol, _emit in [
    (operator.add, lambda b, x, y: b.fadd(x, y)),
    (operator.iadd, lambda b, x, y: b.fadd(x, y)),
    (operator.sub, lambda b, x, y: b.fsub(x, y)),
    (operator.mul, lambda b, x, y: b.fmul(x, y)),
    (operator.truediv, lambda b, x, y: b.fdiv(x, y)),
    (operator.neg, lambda b, x: b.fneg(x) if x.type.element in (F32, F64) else b.neg(x)),
    (abs, lambda b, x: called(b, "fabs", x.type, x)),
    (operator.and_, lambda b, x, y: b.and_(x, y)),
    (operator.or_, lambda b, x, y: b.or_(x, y)),
]:
    operator_for_vectors(_symbol, _emit)
for _symbol, _name in [
    (operator.lt, "<"), (operator.le, "<="), (operator.gt, ">"), (operator.ge, ">="),
    (operator.eq, "=="),
]:  # fmt: skip
    operator_for_vectors(_symbol, compared(_name), types.boolean)


# ---------------------------------------------------------------- the primitives of kernels
def fma(b: Any, x: Any, y: Any, z: Any) -> Any:
    """Emit x y + z with one rounding."""
    if machine_code.fuses():
        return called(b, "fma", x.type, x, y, z)
    return emulated(b, x, y, z)


def polynomial(b: Any, x: Any, *coefficients: Any) -> Any:
    """In the order of operations that scalars have, for the same bits."""
    if len(coefficients) < primitives.LONG:
        return horner(b, x, coefficients)
    square = b.fmul(x, x)
    even, odd = (horner(b, square, coefficients[::-1][start::2][::-1]) for start in (0, 1))
    return fma(b, odd, x, even)


def horner(b: Any, x: Any, coefficients: Sequence[Any]) -> Any:
    """Emit a polynomial, from the highest coefficient on, by Horner's rule."""
    value, *others = coefficients
    for c in others:
        value = fma(b, value, x, c)
    return value


def converted(change: str, kind: Any) -> Any:
    """Return what emits the conversion of lanes to another type, if they have not got it."""
    vector = ir.VectorType(kind, LANES)

    def emit(b: Any, x: Any) -> Any:
        return x if x.type == vector else getattr(b, change)(x, vector)

    return emit


def bits(b: Any, x: Any) -> Any:
    """Emit the bits of floats as integers as wide."""
    return b.bitcast(x, ir.VectorType(I64 if x.type.element == F64 else I32, LANES))


def from_bits(b: Any, x: Any) -> Any:
    """Emit the floats that integers as wide are the bits of."""
    return b.bitcast(x, ir.VectorType(F64 if x.type.element == I64 else F32, LANES))


SAME: dict[Any, types.Type] = {}
INTEGERS = {types.float32: types.int32, types.float64: types.int64}
FLOATS = {integer: real for real, integer in INTEGERS.items()}
EMITTED: dict[Any, tuple[Callable[..., Any], dict[Any, types.Type] | types.Type]] = {
    primitives.where: (lambda b, c, x, y: b.select(c, x, y), SAME),
    primitives.fma: (fma, SAME),
    primitives.polynomial: (polynomial, SAME),
    primitives.bits: (bits, INTEGERS),
    primitives.from_bits: (from_bits, FLOATS),
    primitives.shift_left: (lambda b, x, n: b.shl(x, n), SAME),
    primitives.shift_right: (lambda b, x, n: b.ashr(x, n), SAME),
    primitives.add_bits: (lambda b, x, y: b.add(x, y), SAME),
    primitives.single: (converted("fptrunc", F32), types.float32),
}  # fmt: skip


def typed(primitive: Any, args: Any) -> Any:
    """The signature of a primitive with vectors among its arguments; None without."""
    vector = of_vectors(args)
    if vector is None:
        return None
    _, result = EMITTED[primitive]
    dtype = result.get(vector.dtype, vector.dtype) if isinstance(result, dict) else result
    return signature(VectorType(dtype), *args)


def lowered(primitive: Any, context: Any, b: Any, sig: Any, args: Any) -> Any:
    """The code of a primitive with vectors among its arguments."""
    vector = of_vectors(sig.args)
    emit, _ = EMITTED[primitive]
    flat: list[Any] = []
    for ty, value in zip(sig.args, args, strict=True):
        if isinstance(ty, types.BaseTuple):
            parts = zip(ty.types, (b.extract_value(value, k) for k in range(ty.count)), strict=True)
        else:
            parts = zip([ty], [value], strict=True)
        flat += [lifted(context, b, t, v, vector.dtype) for t, v in parts]  # type: ignore[union-attr]  # as `typed`
    return emit(b, *flat)


# ---------------------------------------------------------------- vectors and scalars
@intrinsic
def splat(typing: Any, scalar: Any) -> Any:
    """The vector with a scalar in every lane."""

    def code(context: Any, b: Any, sig: Any, args: Any) -> Any:
        return broadcast(b, args[0])

    return VectorType(scalar)(scalar), code


@intrinsic
def first(typing: Any, x: Any) -> Any:
    """The scalar in the first lane."""

    def code(context: Any, b: Any, sig: Any, args: Any) -> Any:
        return b.extract_element(args[0], I32(0))

    return x.dtype(x), code


@intrinsic
def within(typing: Any, x: Any, count: Any, filler: Any) -> Any:
    """The first `count` lanes, and `filler` in the others."""

    def code(context: Any, b: Any, sig: Any, args: Any) -> Any:
        return b.select(in_range(b, args[1]), args[0], broadcast(b, args[2]))

    return x(x, types.int64, x.dtype), code


@intrinsic
def lane(typing: Any, x: Any, k: Any) -> Any:
    """The scalar in lane k."""

    def code(context: Any, b: Any, sig: Any, args: Any) -> Any:
        return b.extract_element(args[0], b.trunc(args[1], I32))

    return x.dtype(x, types.int64), code


@intrinsic
def every(typing: Any, mask: Any) -> Any:
    """Whether a mask holds in every lane."""

    def code(context: Any, b: Any, sig: Any, args: Any) -> Any:
        word = ir.IntType(LANES)
        return b.icmp_unsigned("==", b.bitcast(args[0], word), word(2**LANES - 1))

    return types.boolean(mask), code


def shuffle_xor(distance: int) -> Any:
    """The function that exchanges the lanes that are `distance` apart."""

    @intrinsic
    def exchanged(typing: Any, x: Any) -> Any:
        def code(context: Any, b: Any, sig: Any, args: Any) -> Any:
            return shuffled(b, args[0], args[0], [k ^ distance for k in range(LANES)])

        return x(x), code

    return exchanged


@intrinsic
def real(typing: Any, x: Any) -> Any:
    """Integers as float64."""

    def code(context: Any, b: Any, sig: Any, args: Any) -> Any:
        return b.sitofp(args[0], ir.VectorType(F64, LANES))

    return VectorType(types.float64)(x), code


@intrinsic
def double(typing: Any, x: Any) -> Any:
    """The lanes as float64."""

    def code(context: Any, b: Any, sig: Any, args: Any) -> Any:
        if isinstance(x, VectorType):
            return converted("fpext", F64)(b, args[0])
        return context.cast(b, args[0], x, types.float64)

    return (VectorType(types.float64) if isinstance(x, VectorType) else types.float64)(x), code


# ---------------------------------------------------------------- memory
SIZE = {"i8": 1, "i16": 2, "float": 4, "double": 8, "i64": 8}


def in_range(b: Any, count: Any, lanes: int = LANES) -> Any:
    """The mask of the first `count` of so many lanes."""
    most = b.select(b.icmp_signed("<", count, I64(lanes)), count, I64(lanes))
    numbers = ir.Constant(ir.VectorType(I32, lanes), [I32(k) for k in range(lanes)])
    return b.icmp_signed("<", numbers, broadcast(b, b.trunc(most, I32), lanes))


def store_some(b: Any, value: Any, pointer: Any, count: Any) -> None:
    """Store the first `count` lanes of a vector, fewer than all.

    Without 512 bits that is a call of a function of the module: 8, 4, 2 and 1 lanes, those that
    `count` is the sum of. A masked store of 256 bits is 42 operations on an AMD Zen 3, and one of
    half floats there is none.
    """
    element, kind = value.type.element, value.type
    if machine_code.has_512_bits():
        size, mask = I32(SIZE[str(element)]), in_range(b, count)
        called(b, "masked.store", ir.VoidType(), value, pointer, size, mask,
               overloads=(kind, pointer.type))  # fmt: skip
        return
    name = f"fastact_store_some_{element}"
    f = b.module.globals.get(name) or store_pieces(b.module, name, kind)
    b.call(f, [value, pointer, count])


def store_pieces(module: ir.Module, name: str, kind: ir.VectorType) -> ir.Function:
    """The function that stores some lanes of such a vector."""
    f = ir.Function(module, ir.FunctionType(ir.VoidType(), [kind, ir.PointerType(), I64]), name)
    f.linkage = "linkonce_odr"  # each module has one, and the linker keeps one
    f.attributes.add("noinline")
    b = ir.IRBuilder(f.append_basic_block())
    rest, place, count = f.args
    size = SIZE[str(kind.element)]
    for width in (8, 4, 2, 1):
        there = b.icmp_signed("!=", b.and_(count, I64(width)), I64(0))
        low, high = (shuffled(b, rest, rest, list(range(k, k + width))) for k in (0, width))
        with b.if_then(there):
            b.store(low, place).align = size
        rest = b.select(there, high, low)
        place = b.select(there, place_of(b, place, I64(width), kind.element), place)
    b.ret_void()
    return f


def places(b: Any, pointer: Any, stride: Any, element: Any) -> Any:
    """The addresses of lanes that lie `stride` elements apart."""
    lanes = ir.Constant(ir.VectorType(I64, LANES), [I64(k) for k in range(LANES)])
    offsets = b.mul(lanes, broadcast(b, stride))
    start = broadcast(b, b.ptrtoint(pointer, I64))
    size = broadcast(b, I64(SIZE[str(element)]))
    return b.inttoptr(b.add(start, b.mul(offsets, size)), ir.VectorType(ir.PointerType(), LANES))


def place_of(b: Any, pointer: Any, index: Any, element: Any) -> Any:
    """The address of an element, as a pointer to anything."""
    place = b.gep(pointer, [index], source_etype=element)
    place.type = ir.PointerType()
    return place


def value_type(pointer: Any) -> types.Type:
    """The type of the lanes that elements of memory become: half floats are float32."""
    return types.float32 if pointer.dtype == types.uint16 else pointer.dtype


def fits(p: Any, x: Any) -> bool:
    """Whether lanes are as wide as the elements of memory: wider ones would go past the end."""
    return bool(x.dtype == value_type(p))


def from_memory(b: Any, x: Any) -> Any:
    """Emit the lanes that elements become: half floats are widened."""
    if x.type.element == ELEMENT[types.uint16]:
        return b.fptrunc(float16.to_double(b, x), ir.VectorType(F32, LANES))
    return x


def to_memory(b: Any, x: Any, element: Any) -> Any:
    """Emit the elements that lanes become: half floats are rounded to."""
    if element == ELEMENT[types.uint16]:
        wide = ir.VectorType(F64, LANES)
        return float16.from_double(b, x if x.type == wide else b.fpext(x, wide))
    return x


@intrinsic
def load_all(typing: Any, p: Any, i: Any) -> Any:
    """Load `LANES` elements from index `i` on, as a vector."""

    def code(context: Any, b: Any, sig: Any, args: Any) -> Any:
        element = ELEMENT[p.dtype]
        place = place_of(b, args[0], args[1], element)
        value = b.load(place, typ=ir.VectorType(element, LANES))
        value.align = SIZE[str(element)]
        return from_memory(b, value)

    return VectorType(value_type(p))(p, types.int64), code


@intrinsic
def store_all(typing: Any, p: Any, i: Any, x: Any) -> Any:
    """Store a vector to the elements from index `i` on."""
    if not fits(p, x):
        return None

    def code(context: Any, b: Any, sig: Any, args: Any) -> Any:
        element = ELEMENT[p.dtype]
        place = place_of(b, args[0], args[1], element)
        b.store(to_memory(b, args[2], element), place).align = SIZE[str(element)]
        return context.get_dummy_value()

    return types.void(p, types.int64, x), code


@intrinsic
def shifted(typing: Any, p: Any, i: Any) -> Any:
    """The pointer to element `i`."""

    def code(context: Any, b: Any, sig: Any, args: Any) -> Any:
        return b.gep(args[0], [args[1]], source_etype=ELEMENT[p.dtype])

    return p(p, types.int64), code


@intrinsic
def singles(typing: Any, p: Any) -> Any:
    """The same memory as float32."""

    def code(context: Any, b: Any, sig: Any, args: Any) -> Any:
        return b.bitcast(args[0], context.get_value_type(sig.return_type))

    return types.CPointer(types.float32)(p), code


def prefetch(b: Any, place: Any, *, writing: bool) -> None:
    """Prefetch the memory at an address, which need not exist."""
    level = I32(3 if writing else 2)
    called(
        b, "prefetch", ir.VoidType(), place, I32(int(writing)), level, I32(1),
        overloads=(place.type,),
    )  # fmt: skip


# ---------------------------------------------------------------- transposition
# Columns that are transposed at a time: as many as a vector has lanes; or of what is left of rows a
# few, and then each vector holds these few elements of several rows.
SQUARE, QUAD = LANES, 4


def transposed(b: Any, vectors: list[Any]) -> list[Any]:
    """Transpose squares: as many neighbouring lanes, of each vector, as there are vectors.

    In each round pairs of vectors exchange halves of their squares. Twice is as before.
    """
    distance = len(vectors) // 2
    while distance:
        found = list(vectors)
        for k in range(len(vectors)):
            if k & distance:
                continue
            upper, lower = vectors[k], vectors[k + distance]
            kept = [j if not j & distance else j - distance + LANES for j in range(LANES)]
            moved = [j + distance if not j & distance else j + LANES for j in range(LANES)]
            found[k] = shuffled(b, upper, lower, kept)
            found[k + distance] = shuffled(b, upper, lower, moved)
        vectors, distance = found, distance // 2
    return vectors


def joined(b: Any, parts: list[Any]) -> Any:
    """One vector of the lanes of all, one after the other."""
    while len(parts) > 1:
        size = list(range(2 * parts[0].type.count))
        parts = [shuffled(b, x, y, size) for x, y in zip(parts[::2], parts[1::2], strict=True)]
    return parts[0]


def transposing_in(columns: int, *, whole: bool) -> Any:
    """The function that brings `columns` elements of `LANES` rows, or only the first `count`."""

    @intrinsic
    def transpose_in(typing: Any, source: Any, stride: Any, count: Any, target: Any) -> Any:
        """Elements of rows `stride` apart, as columns that lie together."""

        def code(context: Any, b: Any, sig: Any, args: Any) -> Any:
            element = ELEMENT[source.dtype]
            kind, size = ir.VectorType(element, columns), SIZE[str(element)]
            mask = None if whole else in_range(b, args[2], columns)

            def of_row(k: int) -> Any:
                place = place_of(b, args[0], b.mul(args[1], I64(k)), element)
                if whole:
                    value = b.load(place, typ=kind)
                    value.align = size
                    return value
                return called(
                    b, "masked.load", kind, place, I32(size), mask, ir.Constant(kind, None),
                    overloads=(kind, place.type),
                )  # fmt: skip

            vectors = []
            for k in range(columns):
                rows = joined(b, [of_row(j + k) for j in range(0, LANES, columns)])
                vector = from_memory(b, rows)
                wide = target.dtype == types.float64
                vectors.append(converted("fpext", F64)(b, vector) if wide else vector)
            for k, column in enumerate(transposed(b, vectors)):
                place = place_of(b, args[3], I64(k * LANES), column.type.element)
                b.store(column, place).align = 8
            return context.get_dummy_value()

        return types.void(source, types.int64, types.int64, target), code

    return transpose_in


def transposing_out(columns: int, *, whole: bool) -> Any:
    """The function that writes `columns` elements of `LANES` rows: the opposite."""

    @intrinsic
    def transpose_out(typing: Any, source: Any, target: Any, stride: Any, count: Any) -> Any:
        """Columns that lie together, as elements of rows `stride` apart."""

        def code(context: Any, b: Any, sig: Any, args: Any) -> Any:
            element, inner = ELEMENT[target.dtype], ELEMENT[source.dtype]
            kind, size = ir.VectorType(element, columns), SIZE[str(element)]
            mask = None if whole else in_range(b, args[3], columns)
            vectors = []
            for k in range(columns):
                place = place_of(b, args[0], I64(k * LANES), inner)
                vectors.append(b.load(place, typ=ir.VectorType(inner, LANES)))
                vectors[-1].align = 8
            for k, vector in enumerate(transposed(b, vectors)):
                rows = to_memory(b, vector, element)
                for j in range(0, LANES, columns):
                    row = shuffled(b, rows, rows, list(range(j, j + columns)))
                    place = place_of(b, args[1], b.mul(args[2], I64(j + k)), element)
                    if whole:
                        b.store(row, place).align = size
                    else:
                        called(
                            b, "masked.store", ir.VoidType(), row, place, I32(size), mask,
                            overloads=(kind, place.type),
                        )  # fmt: skip
            return context.get_dummy_value()

        return types.void(source, target, types.int64, types.int64), code

    return transpose_out


SQUARE_IN, SQUARE_OUT = (f(SQUARE, whole=True) for f in (transposing_in, transposing_out))
QUAD_IN, QUAD_OUT = (f(QUAD, whole=True) for f in (transposing_in, transposing_out))
REST_IN, REST_OUT = (f(QUAD, whole=False) for f in (transposing_in, transposing_out))
