"""Functions along an axis inside compiled code: softmax, its family and log-sum-exp."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import TypingError

from fastact.in_njit import operands, row_options
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
        if not is_axis(self.types["axis"]):
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

    def axis(self, ndim: int) -> int | None:
        """The axis from 0, if it is one that is known, or if all are one run in memory."""
        axis = self.known["axis"]
        if isinstance(axis, int) and -ndim <= axis < ndim:
            return axis % ndim
        return 0 if self.joined else None

    @functools.cached_property
    def joined(self) -> bool:
        """Whether all axes are one, of arrays without gaps; a number has one."""
        arrays = [ty for name, ty in self.types.items() if name != "temperature" and is_array(ty)]
        alone = not any(ty.ndim for ty in arrays) and self.known["axis"] in {0, -1}
        beside = [name for name in ("where", "lengths", "causal", "b") if name in self.types]
        return (
            (alone or self.known["axis"] is None) and not self.given(*beside)
            and not is_array(self.types.get("temperature"))
            and all(ty.layout == "C" for ty in arrays)
        )  # fmt: skip

    def row(self, call: Call, operand: Operand) -> Operand:
        """An array as its rows are seen: all elements as one row if axes are joined."""
        if not self.joined:
            return operand
        b, size = call.builder, operands.ONE
        for length in operand.shape:
            size = b.mul(size, length)
        item = operands.INT(np.dtype(self.dtype).itemsize)
        return Operand(operand.pointer, [size], [item])

    def array_of_loop(self, argument: str, dtype: str, ndim: int) -> bool:
        """Whether `out` may be given to a loop."""
        ty = self.types[argument]
        return self.known[argument] is None or (
            ty.dtype == operands.number_type(dtype) and ty.ndim == ndim and ty.mutable
        )

    def into(self, call: Call, like: Operand, inputs: Sequence[Operand]) -> tuple[Any, list[Any]]:
        """`out` as an operand, or None, and what would be wrong with it."""
        if self.known["out"] is None:
            return None, []
        b = call.builder
        out = operands.of_array(call.context, b, self.types["out"], call.values["out"])
        wrong = [b.not_(operands.same_shape(b, out, like))]
        wrong += [operands.collide(b, out, each, like.shape, same=False) for each in inputs]
        return out, wrong

    def new_result(self, call: Call, shape: list[Any]) -> tuple[Any, Operand]:
        """A new array, or the place of a number, and its operand."""
        if shape:
            made = operands.empty(call.context, call.builder, self.result, shape)
            return made, operands.of_array(call.context, call.builder, self.result, made)
        place = cgutils.alloca_once(call.builder, call.context.get_data_type(self.result))
        return place, Operand(call.builder.bitcast(place, operands.PTR), [], [])

    def finished(self, call: Call, made: Any) -> Any:
        """The result: the array, or the number that stands in the place."""
        return made if isinstance(self.result, types.Array) else call.builder.load(made)


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


def is_axis(ty: Any) -> bool:
    """Whether this is an integer, a tuple of them, or None."""
    ty = types.unliteral(ty)
    if isinstance(ty, types.Omitted):
        ty = types.literal(ty.value) if ty.value is not None else types.none
        ty = types.unliteral(ty)
    if isinstance(ty, types.BaseTuple):
        return all(isinstance(types.unliteral(each), types.Integer) for each in ty)
    return isinstance(ty, types.Integer | types.NoneType)


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
        axis = self.axis(ndim)
        if (
            axis is None or self.given("softcap", "empty", "inf")
            or not row_options.simple(self, ndim, axis)
            or not self.array_of_loop("out", self.dtype, ndim)
        ):  # fmt: skip
            return None
        x, copy = self.operand(call, "x", self.dtype)
        seen = self.row(call, x)
        options = row_options.of_call(self, call, seen, axis, owner._sign)
        out, wrong = self.into(call, x, [x, *options.arrays])

        def make() -> Any:
            made, result = (None, out) if out else self.new_result(call, x.shape)
            given = seen, self.row(call, result)
            row_options.forward(call, owner, self.dtype, given, axis, options)
            return self.given_out(call) if out else self.finished(call, made)

        return Attempt(make, either(b, *wrong, *options.wrong), [copy, *options.copies])


class Jacobian(RowPlan):
    """A call of `jacobian`, with one more axis than the input."""

    positional = ("x",)

    def typed(self) -> Any:
        ty = self.with_axis("x")
        return new_array(ty, floating(ty), ty.ndim + 1)


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
        return self.out(like(saved, operands.number_type(self.dtype)))

    def attempt(self, call: Call) -> Attempt | None:
        product, ndim = self.ty.target, ndim_of(self.types[self.saved])
        axis, b, d = self.axis(ndim), call.builder, self.types["d"]
        kind = self.dtype if self.saved == "y" else str(floating(self.types["x"]))
        if (
            axis is None or self.given("softcap") or not row_options.simple(self, ndim, axis)
            or ndim_of(d) != ndim or not self.array_of_loop("out", self.dtype, ndim)
            or kind != self.dtype  # the output would be rounded to a smaller dtype in between
        ):  # fmt: skip
            return None
        first, copy = self.operand(call, "d", self.dtype)
        second, another = self.operand(call, self.saved, kind)
        seen = self.row(call, second)
        options = row_options.of_call(self, call, seen, axis, product._owner._sign)
        out, wrong = self.into(call, second, [first, second, *options.arrays])
        wrong.append(b.not_(operands.same_shape(b, first, second)))

        def make() -> Any:
            y, scratch = seen, None
            if self.saved == "x":
                y, scratch = operands.scratch(call.context, b, self.dtype, seen.shape)
                row_options.forward(call, product._owner, self.dtype, (seen, y), axis, options)
            made, result = (None, out) if out else self.new_result(call, first.shape)
            given = self.row(call, first), y, self.row(call, result)
            row_options.product(call, product, self.dtype, given, axis, options)
            self.release(call, [scratch])
            return self.given_out(call) if out else self.finished(call, made)

        return Attempt(make, either(b, *wrong, *options.wrong), [copy, another, *options.copies])


class LogSum(RowPlan):
    """A call of `logsumexp` or `logmeanexp`."""

    positional: tuple[str, ...] = ("x",)
    vectors: tuple[str, ...] = ("b",)  # arrays beside `x` that decide the dtype

    def typed(self) -> Any:
        ty = self.rows("x")
        self.common()
        kinds = [np.dtype(str(floating(ty)))]
        beside = [self.types[name] for name in self.vectors if name in self.types]
        kinds += [np.dtype(str(floating(ty))) for ty in beside if is_array(ty)]
        self.dtype = str(np.result_type(*kinds))
        self.keep = self.constant("keepdims", "a bool", bool)
        ndim = ndim_of(ty)
        ndim = self.ndim = ndim if self.keep or not ndim else ndim - self.axes(ndim)
        number = operands.number_type(self.dtype)
        result = types.Array(number, ndim, "C") if ndim else number
        if "return_sign" in self.types and self.constant("return_sign", "a bool", bool):
            if self.known["out"] is not None:
                raise TypingError(f"{self.name}(): out and return_sign together need Python")
            return types.UniTuple(result, 2)
        return self.out(result)

    def axes(self, ndim: int) -> int:
        """How many axes go."""
        ty = self.types["axis"]
        if isinstance(ty, types.BaseTuple):
            return len(ty)
        return ndim if self.known["axis"] is None else 1

    def attempt(self, call: Call) -> Attempt | None:
        ndim, target, b = ndim_of(self.types["x"]), self.ty.target, call.builder
        axis = self.axis(ndim)
        weighted = [name for name in ("b", "return_sign") if name in self.types]
        counted = target._nin > 1 and self.known["where"] is not None  # which NumPy does
        if (
            axis is None or self.given(*weighted) or counted
            or not row_options.simple(self, ndim, axis)
            or not self.array_of_loop("out", self.dtype, self.ndim)
        ):  # fmt: skip
            return None
        x, copy = self.operand(call, "x", self.dtype)
        axes, x = len(x.shape) if self.joined else 1, self.row(call, x)
        options = row_options.of_call(self, call, x, axis, 1.0)
        shape = x.without(axis).shape
        if self.keep:
            shape[axis:axis] = [operands.ONE] * axes
        out, wrong = self.into(call, Operand(x.pointer, shape, []), [x, *options.arrays])

        def make() -> Any:
            made, result = (None, out) if out else self.new_result(call, shape)
            rows = result
            for _ in range(axes if self.keep else 0):
                rows = rows.without(axis)
            given, scratch = x, None
            if options.where is not None:
                given, scratch = row_options.masked(call, self.dtype, x, options.where, -np.inf)
            counts = [operands.of_number(b, b.sitofp(x.shape[axis], DOUBLE))]
            between = counts if target._nin > 1 else []
            row_options.launch(
                call, target.name, self.dtype, target._letters, [given, *between, rows], axis
            )
            self.release(call, [scratch])
            if out:
                return self.given_out(call)
            return self.finished(call, made)

        wrong += options.wrong
        return Attempt(make, either(b, *wrong), [copy, *options.copies])


class LogSumBackward(RowPlan):
    """A call of the gradient of `logsumexp` or `logmeanexp`."""

    positional = ("ds",)

    def typed(self) -> Any:
        ty = self.rows("x")
        self.common()
        kinds = [np.dtype(str(floating(ty)))]
        for name in ("ds", "b"):
            given: Any = self.types.get(name)
            if is_array(given) and given.dtype in (types.float16, types.float32, types.float64):
                kinds.append(np.dtype(str(given.dtype)))
        return self.out(like(ty, operands.number_type(str(np.result_type(*kinds)))))


class LogSumJvp(LogSum):
    """A call of the tangent of `logsumexp` or `logmeanexp`."""

    positional = ("dx",)
    vectors = ("dx", "b")

    def attempt(self, call: Call) -> Attempt | None:
        return None


class Sequences(RowPlan):
    """A call of a function of ragged sequences."""

    positional = ("x",)

    def typed(self) -> Any:
        ty = self.with_axis("x")
        self.common()
        if not is_integral(self.types["offsets"]):
            raise self.refuse("offsets", "an array of integers")
        return self.out(new_array(ty, floating(ty)))


class SequencesBackward(RowPlan):
    """A call of the gradient of a function of ragged sequences."""

    positional = ("dy",)

    def typed(self) -> Any:
        given = [name for name in ("x", "y") if self.known[name] is not None]
        if len(given) != 1:
            got = "both" if given else "neither"
            raise TypingError(f"{self.name}() needs exactly one of x= and y=, got {got}")
        kinds = [self.with_axis(name) for name in ("dy", *given)]
        self.common()
        dtype = np.result_type(*(np.dtype(str(floating(kind))) for kind in kinds))
        return self.out(new_array(kinds[0], operands.number_type(str(dtype))))
