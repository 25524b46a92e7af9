"""Functions along an axis inside compiled code: softmax and its family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.errors import TypingError

from fastact.in_njit import axes, operands, row_options, special_rows
from fastact.in_njit.operands import Operand
from fastact.in_njit.plan import (
    REAL,
    Attempt,
    Call,
    Plan,
    either,
    floating,
    is_array,
    is_number,
    new_array,
)

DOUBLE = ir.DoubleType()


class RowPlan(Plan):
    """What functions along an axis share."""

    counted = True

    def common(self) -> None:
        """Check the types of options."""
        for name, needed, good in (
            ("where", "an array of bool", is_mask),
            ("lengths", "an array of integers", is_integral),
            ("temperature", "a number or an array of numbers", is_real),
            ("softcap", "a number", is_number),
            ("b", "a number or an array of numbers", is_real),
        ):
            if name in self.types and self.known[name] is not None and not good(self.types[name]):
                raise self.refuse(name, needed)
        self.refuse_bools("temperature", "softcap")
        if not axes.is_axis(self.types["axis"]):
            raise self.refuse("axis", "an integer, a tuple of integers or None")

    def rows(self, argument: str) -> Any:
        """The type of rows; a number is a row of one element, as outside."""
        ty = self.types[argument]
        if not is_real(ty):
            raise self.refuse(argument, REAL)
        return ty

    def with_axis(self, argument: str) -> Any:
        """The type of an array that has an axis."""
        ty = self.array(argument)
        if not ty.ndim:
            raise self.refuse(argument, "an array with an axis")
        return ty

    def array_of_loop(self, argument: str, dtype: str, ndim: int) -> bool:
        """Whether `out` may be given to a loop."""
        ty = self.types[argument]
        return self.known[argument] is None or (
            ty.dtype == operands.number_type(dtype) and ty.ndim == ndim and ty.mutable
        )

    def into(
        self, call: Call, shape: list[Any], same: Sequence[Operand], apart: Sequence[Operand] = ()
    ) -> tuple[Any, list[Any]]:
        """`out` as an operand, or None, and what would be wrong with it.

        It may share no memory with inputs, unless it is one of those that may be the `same` array.
        """
        if self.known["out"] is None:
            return None, []
        b = call.builder
        out = operands.of_array(call.context, b, self.types["out"], call.values["out"])
        wrong = [b.not_(operands.same_shape(b, out, Operand(out.pointer, shape, [])))]
        wrong += [operands.collide(b, out, each, shape, same=True) for each in same]
        wrong += [operands.collide(b, out, each, shape, same=False) for each in apart]
        return out, wrong

    def made(self, call: Call, out: Operand | None, shape: list[Any]) -> tuple[Any, Operand]:
        """`out`, or a new array or the place of a number, and its operand."""
        if out is None:
            return self.new_result(call, shape)
        return None, out

    def widened(self, argument: str) -> bool:
        """Whether the elements of an argument have to become floats of the loop."""
        ty = self.types[argument]
        return ndim_of(ty) > 0 and ty.dtype != operands.number_type(self.dtype)

    def array_value(self, call: Call, argument: str) -> Operand:
        """An array as it is, whatever its elements."""
        return operands.of_array(
            call.context, call.builder, self.types[argument], call.values[argument]
        )

    def new_result(self, call: Call, shape: list[Any], ty: Any = None) -> tuple[Any, Operand]:
        """A new array, or the place of a number, and its operand; of a type, or of the result."""
        return operands.new(call.context, call.builder, ty or self.result, shape)

    def finished(self, call: Call, made: Any, ty: Any = None) -> Any:
        """The result: `out`, the new array, or the number that stands in the place."""
        if made is None:
            return self.given_out(call)
        return made if isinstance(ty or self.result, types.Array) else call.builder.load(made)


def is_mask(ty: Any) -> bool:
    """Whether this is a bool or an array of them."""
    return isinstance(ty, types.Boolean) or (
        isinstance(ty, types.Array) and isinstance(ty.dtype, types.Boolean)
    )


def is_integral(ty: Any) -> bool:
    """Whether this is an integer or an array of them."""
    ty = types.unliteral(ty)
    return isinstance(ty.dtype if isinstance(ty, types.Array) else ty, types.Integer)


def is_real(ty: Any) -> bool:
    """Whether this is a number or an array of numbers."""
    return is_array(ty) or is_number(ty)


def ndim_of(ty: Any) -> int:
    """How many axes this has: a number has none."""
    return ty.ndim if is_array(ty) else 0


def like(ty: Any, number: Any) -> Any:
    """The type of a result with the axes of an argument: without any, a number."""
    return new_array(ty, number) if ndim_of(ty) else number


class Normalise(RowPlan):
    """A call of softmax and its family."""

    positional = ("x",)

    def typed(self) -> Any:
        ty = self.rows("x")
        self.common()
        self.dtype = str(floating(ty))
        return self.out(like(ty, floating(ty)))

    def attempt(self, call: Call) -> Attempt | None:
        ndim, owner, b = ndim_of(self.types["x"]), self.ty.target, call.builder
        found, policies = axes.of_call(self, call, ndim), special_rows.policies(self)
        if (
            found is None or policies is None or not row_options.simple(self, ndim, found)
            or not self.array_of_loop("out", self.dtype, ndim)
        ):  # fmt: skip
            return None
        widened = self.widened("x")
        x = self.array_value(call, "x") if widened else self.operand(call, "x", self.dtype)[0]
        options = row_options.of_call(self, call, x, found, owner._sign)
        arrays = options.arrays
        out, wrong = self.into(call, x.shape, *(([], [x, *arrays]) if widened else ([x], arrays)))

        def make() -> Any:
            views = axes.Views(call, found)
            made, result = self.made(call, out, x.shape)
            given = x
            if widened:
                value = call.values["out"] if out else made
                source = self.types["x"], call.values["x"]
                operands.convert(call.context, b, (self.result, value), source)
                given = result
            rows = views.of(given, self.dtype, self.result if widened else self.types["x"])
            to = views.of(result, self.dtype, self.result, written=True)
            seen = options.in_rows(views)
            with special_rows.kept(self, call, policies, (rows, to), seen):
                special_rows.forward(call, owner, self.dtype, rows, to, seen)
            views.settle()
            return self.finished(call, made)

        return Attempt(make, either(b, found.wrong, *wrong, *options.wrong), options.copies)


class Product(RowPlan):
    """A call of the product of a Jacobian and a vector."""

    positional = ("d",)

    def typed(self) -> Any:
        given = [name for name in ("x", "y") if self.known[name] is not None]
        if len(given) != 1:
            got = "both" if given else "neither"
            raise TypingError(f"{self.name}() needs exactly one of x= and y=, got {got}")
        (self.saved,) = given
        saved = self.rows(self.saved)
        if not is_real(self.types["d"]):
            raise self.refuse("d", "an array of float16, float32, float64 or integers")
        self.common()
        kinds = [np.dtype(str(floating(saved)))]
        if is_array(self.types["d"]) or not ndim_of(saved):
            kinds.append(np.dtype(str(floating(self.types["d"]))))
        self.dtype = str(np.result_type(*kinds))
        larger = max(saved, self.types["d"], key=ndim_of)
        return self.out(like(larger, operands.number_type(self.dtype)))

    def attempt(self, call: Call) -> Attempt | None:
        product, ndim = self.ty.target, ndim_of(self.types[self.saved])
        found, b = axes.of_call(self, call, ndim), call.builder
        kind = self.dtype if self.saved == "y" else str(floating(self.types["x"]))
        if (
            found is None or not row_options.simple(self, ndim, found)
            or (self.saved == "y" and self.given("softcap"))  # an error
            or ndim_of(self.types["d"]) > ndim or not self.array_of_loop("out", self.dtype, ndim)
        ):  # fmt: skip
            return None
        d, copy = self.operand(call, "d", self.dtype)
        saved, another = self.operand(call, self.saved, kind)
        options = row_options.of_call(self, call, saved, found, product._owner._sign)
        out, wrong = self.into(call, saved.shape, [d, saved], options.arrays)
        wrong.append(b.not_(operands.fits(b, d, saved.shape)))

        def make() -> Any:
            views = axes.Views(call, found)
            made, result = self.made(call, out, saved.shape)
            vector = views.of(row_options.spread(b, d, saved.shape), self.dtype)
            rows = views.of(saved, kind, (another and another[0]) or self.types[self.saved])
            to = views.of(result, self.dtype, self.result, written=True)
            y, scratch, slope, seen = rows, None, None, options.in_rows(views)
            if self.saved == "x":
                slope = special_rows.slope_of(call, kind, rows, seen)
                slope = slope and special_rows.Slope(*self.wide(call, slope, kind))
                place = self.output(call, kind, vector, to, made)
                special_rows.forward(call, product._owner, kind, rows, place[0], seen)
                y, scratch = self.wide(call, place, kind)
            special_rows.product(call, product, self.dtype, (vector, y, to), seen, slope)
            self.release(call, [scratch, slope and slope.copy])
            views.settle()
            return self.finished(call, made)

        wrong += [found.wrong, *options.wrong]
        return Attempt(make, either(b, *wrong), [copy, another, *options.copies])

    def output(
        self, call: Call, kind: str, d: Operand, result: Operand, made: Any
    ) -> tuple[Operand, Any]:
        """Where the output of an input goes: into the result, unless that is the vector."""
        context, b = call.context, call.builder
        if kind != self.dtype:  # by which it is rounded
            return operands.scratch(context, b, kind, d.shape)
        if made is not None:
            return result, None
        same = operands.collide(b, result, d, d.shape, same=False)
        scratch, copy = operands.scratch(context, b, self.dtype, d.shape, same)
        pointer = b.select(same, scratch.pointer, result.pointer)
        pairs = zip(scratch.strides, result.strides, strict=True)
        strides = [b.select(same, one, other) for one, other in pairs]
        return Operand(pointer, d.shape, strides), copy

    def wide(self, call: Call, found: tuple[Operand, Any], kind: str) -> tuple[Operand, Any]:
        """Scratch memory of a dtype in that of the loop."""
        if kind == self.dtype:
            return found
        operand, copy = found
        context, b = call.context, call.builder
        wide, another = operands.scratch(context, b, self.dtype, operand.shape)
        operands.convert(context, b, another, copy)
        self.release(call, [copy])
        return wide, another
