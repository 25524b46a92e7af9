"""Masks of bits inside compiled code: the loops over units, as `fastact.definition.bitmask`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import TypingError

from fastact.definition import bitmask
from fastact.definition.bitmask import BITS, UNIT
from fastact.definition.declaration import compiled
from fastact.in_njit import operands, python_call, symbols
from fastact.in_njit.elementwise import Elementwise, rule_of
from fastact.in_njit.operands import INT, ONE, PTR, ZERO, Operand, number_type, product
from fastact.in_njit.plan import UNKNOWN, Attempt, Call, Plan, either, is_array, value_of
from fastact.in_njit.row_options import spread

MASK = "a uint8 array of forward_with_mask"
LOOP = ir.FunctionType(ir.VoidType(), [PTR] * 4)


def forward_loop(owner: Any, dtype: str) -> Any:
    """The loop that writes a mask."""
    return owner.forward_with_mask._loops[dtype]


def backward_loop(dtype: str) -> Any:
    """The loop that reads one."""
    return bitmask.FROM_MASK[dtype]


# ---------------------------------------------------------------- units
class Part(NamedTuple):
    """Where an operand begins, and how many bits an element has: none if all have one number."""

    pointer: Any
    bits: int
    written: bool = False


def run(call: Call, need: symbols.Need, size: Any, parts: list[Part]) -> None:
    """Call a loop over whole units, and over copies of what does not fill one."""
    b = call.builder
    address = symbols.pointer(call.context, b, need)
    units, rest = b.udiv(size, INT(UNIT)), b.urem(size, INT(UNIT))

    def loop(pointers: list[Any], count: Any) -> None:
        steps = [INT(part.bits * UNIT // 8) for part in parts]
        words = [b.ptrtoint(each, INT) for each in pointers], [count, INT(UNIT)], steps
        places = []
        for given in words:
            place = cgutils.alloca_once(b, INT, size=len(given))
            for k, word in enumerate(given):
                b.store(word, b.gep(place, [INT(k)]))
            places.append(b.bitcast(place, PTR))
        block = b.inttoptr(symbols.block(b), PTR)
        b.call(b.inttoptr(address, LOOP.as_pointer()), [*places, block])

    with b.if_then(b.icmp_signed(">", units, ZERO)):
        loop([part.pointer for part in parts], units)
    with b.if_then(b.icmp_signed(">", rest, ZERO)):
        ends = [end_of(b, part, units, rest) for part in parts]
        loop([inner for inner, _, _ in ends], ONE)
        for part, (inner, outer, length) in zip(parts, ends, strict=True):
            if part.written:
                if part.bits == 1:
                    clear_after(b, inner, rest)
                cgutils.raw_memcpy(b, outer, inner, length, 1)


def end_of(b: Any, part: Part, units: Any, rest: Any) -> tuple[Any, Any, Any]:
    """A copy of what follows the units, as a unit; where that is, and its length in bytes."""
    if not part.bits:
        return part.pointer, part.pointer, ZERO
    unit = part.bits * UNIT // 8
    outer = b.gep(part.pointer, [b.mul(units, INT(unit))])
    length = b.udiv(b.add(b.mul(rest, INT(part.bits)), INT(7)), INT(8))
    inner = b.bitcast(cgutils.alloca_once(b, INT, size=-(-unit // 8)), PTR)
    cgutils.memset(b, inner, INT(unit), 0)
    cgutils.raw_memcpy(b, inner, outer, length, 1)
    return inner, outer, length


def clear_after(b: Any, mask: Any, rest: Any) -> None:
    """Make 0 of the bits of a unit that belong to no element."""
    kind = ir.IntType(32)
    place = b.bitcast(mask, kind.as_pointer())
    whole = b.sub(b.shl(kind(1), b.trunc(rest, kind)), kind(1))
    b.store(b.and_(b.load(place), whole), place)


# ---------------------------------------------------------------- plans
def masked(owner: Any, name: str) -> Collection[str]:
    """The parameters that the derivative depends on, or a `TypingError` if there is no mask."""
    try:
        owner.forward_with_mask._values_of_slope(name)
    except TypeError as error:
        raise TypingError(str(error)) from None
    found: Collection[str] = owner.forward_with_mask._used
    return found


class OfUnits(Elementwise):
    """What calls that write and read masks share."""

    def value_type(self) -> Any:
        """The type of the array, or number, beside the mask."""
        number, ty = number_type(self.dtype), self.types[self.data[0]]
        ndim = ty.ndim if is_array(ty) else 0
        return self.out(types.Array(number, ndim, "C") if ndim else number)

    def possible(self) -> bool:
        """Whether types are those of which operands can be made, and rules are about numbers."""
        ty, out = self.types[self.data[0]], self.types["out"]
        most = max((self.types[name].ndim for name in self.arrays), default=0)
        fitting = self.known["out"] is None or (
            out.dtype == number_type(self.dtype) and out.mutable and out.ndim == most
        )
        ruled = bool(self.function._requires) and len(self.arrays) > 1
        return is_array(ty) and ty.ndim == most > 0 and fitting and not ruled

    def parameter(self, call: Call, name: str) -> tuple[Operand, Any]:
        """A parameter, and the copy that is made of it."""
        if name in self.arrays:
            return self.operand(call, name, self.dtype)
        return operands.of_number(call.builder, self.filled(call, name, self.dtype)), None

    def computed_by(
        self, call: Call, need: symbols.Need, given: list[tuple[Operand, Any]],
        mask: Operand | None = None,
    ) -> Attempt:  # fmt: skip
        """The code for an array and what goes with its elements; a mask, if it is not written."""
        b, context, (x, *others) = call.builder, call.context, [each for each, _ in given]
        out, size = self.outs(call), product(b, x.shape)
        wrong = self.broken(call)
        wrong += [b.not_(operands.fits(b, each, x.shape)) for each in others]
        wrong += [b.not_(operands.same_shape(b, each, x)) for each in out]
        wrong += [operands.collide(b, each, x, x.shape, same=True) for each in out]
        apart = [each for each in (*others, mask) if each and each.shape]
        wrong += [operands.collide(b, o, e, x.shape, same=False) for o in out for e in apart]
        length = b.udiv(b.add(size, INT(BITS - 1)), INT(BITS))
        if mask is not None:
            wrong.append(b.icmp_signed("!=", mask.shape[0], length))

        def make() -> Any:
            ty = (given[0][1] or [self.types[self.data[0]]])[0]
            found = [self.dense(call, x, x.shape, plain=ty.layout == "C")]
            found += [self.dense(call, each, x.shape, plain=False) for each in others]
            value_type, mask_type = self.value_type(), types.Array(types.uint8, 1, "C")
            array = call.values["out"] if out else operands.empty(context, b, value_type, x.shape)
            result = operands.of_array(context, b, value_type, array)
            y, copy = self.dense(call, result, x.shape, plain=value_type.layout == "C", read=False)
            parts, y = [part for part, _ in found], y._replace(written=True)
            if mask is None:
                bits = operands.empty(context, b, mask_type, [length])
                place = operands.of_array(context, b, mask_type, bits).pointer
                run(call, need, size, [*parts, y, Part(place, 1, written=True)])
            else:
                run(call, need, size, [*parts, Part(mask.pointer, 1), y])
            if copy is not None:
                operands.convert(context, b, (value_type, array), copy)
            self.release(call, [*(each for _, each in found), copy])
            value = self.given_out(call) if out else array
            return value if mask else context.make_tuple(b, self.result, [value, bits])

        return Attempt(make, either(b, *wrong), [copy for _, copy in given])

    def outs(self, call: Call) -> list[Operand]:
        """`out` as an operand, if it is given."""
        if self.known["out"] is None:
            return []
        ty = self.types["out"]
        return [operands.of_array(call.context, call.builder, ty, call.values["out"])]

    def dense(
        self, call: Call, operand: Operand, shape: list[Any], *, plain: bool, read: bool = True
    ) -> tuple[Part, Any]:
        """An operand as one run in memory: itself, or a copy, or room for what is written."""
        b, bits = call.builder, 8 * np.dtype(self.dtype).itemsize
        if not operand.shape or plain:
            return Part(operand.pointer, bits if operand.shape else 0), None
        found, copy = operands.scratch(call.context, b, self.dtype, shape)
        if read:
            every = operands.as_array(call.context, b, spread(b, operand, shape), self.dtype)
            operands.convert(call.context, b, copy, every)
        return Part(found.pointer, bits), copy


class WithMask(OfUnits):
    """A call of `forward_with_mask`."""

    def typed(self) -> Any:
        self.data, self.function = ("x",), self.ty.target._owner
        masked(self.function, self.name)
        self.check_operands(self.function.params)
        return types.Tuple([self.value_type(), types.Array(types.uint8, 1, "C")])

    def attempt(self, call: Call) -> Attempt | None:
        if not self.possible():
            return None
        given = [self.operand(call, "x", self.dtype)]
        given += [self.parameter(call, name) for name in self.names[1:]]
        return self.computed_by(call, self.need(), given)

    def need(self, *, called: bool = True) -> symbols.Need:
        return symbols.needed(forward_loop, self.function, self.dtype, called=called)

    def python(self, call: Call) -> Any:
        """With `out`, Python gives the mask beside what is in it."""
        if self.known["out"] is not UNKNOWN:
            return super().python(call)
        mask = self.result[1]
        found = self.invoked(call, mask, ("item", 1, python_call.expected(mask)))
        return call.context.make_tuple(call.builder, self.result, [self.given_out(call), found])


class FromMask(OfUnits):
    """A call of `backward` with a mask in the place of the input."""

    def typed(self) -> Any:
        self.data = ("dy",)
        if any(self.known[name] is not None for name in ("x", "y")):
            raise TypingError(f"{self.name}() needs exactly one of x=, y= and mask=, got several")
        used = masked(self.function._owner, self.name)
        self.check_operands(p for p in self.function.params if p.name in used)
        mask = self.types["mask"]
        if not (isinstance(mask, types.Array) and mask.dtype == types.uint8):
            raise self.refuse("mask", MASK)
        return self.value_type()

    def attempt(self, call: Call) -> Attempt | None:
        kind, slopes = self.types["mask"], self.function._owner.forward_with_mask._slopes
        found = [self.slope(call, each) for each in slopes]
        if not self.possible() or None in found or (kind.ndim, kind.layout) != (1, "C"):
            return None
        mask = operands.of_array(call.context, call.builder, kind, call.values["mask"])
        need = symbols.needed(backward_loop, self.dtype)
        given = [self.operand(call, "dy", self.dtype), *(each for each in found if each)]
        return self.computed_by(call, need, given, mask)

    def filled(self, call: Call, name: str, dtype: str) -> Any:
        """A number; for a parameter that the derivative does not depend on, one that is good."""
        (p,) = (p for p in self.function.params if p.name == name)
        if self.known[name] is None and p.none is None:
            return operands.literal(dtype, p.typical)
        return super().filled(call, name, dtype)

    def slope(self, call: Call, slope: Any) -> tuple[Operand, Any] | None:
        """One of both derivatives: a parameter, or a number; None if Python must compute it."""
        if slope in self.names:
            return self.parameter(call, slope)
        names = compiled(str(slope)).co_names
        if any(name in self.arrays for name in names):
            return None
        rounded = (self.filled(call, name, self.dtype) for name in names)
        to, number = number_type(self.dtype), types.float64
        numbers = [call.context.cast(call.builder, each, to, number) for each in rounded]
        found = operands.literal("float64", slope) if not names else self.compiled(
            call, rule_of(slope, names), [number] * len(names), numbers
        )  # fmt: skip
        value = call.context.cast(call.builder, found, number, to)
        return operands.of_number(call.builder, value), None


def backward(ty: Any, arguments: dict[str, Any]) -> Plan:
    """The plan of a call of `backward`, from a mask or not."""
    plan = Elementwise if value_of(arguments["mask"]) is None else FromMask
    return plan(ty, arguments)
