"""Functions along an axis inside compiled code: softmax, its family and log-sum-exp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import TypingError

from fastact.in_njit import operands, symbols
from fastact.in_njit.operands import Operand
from fastact.in_njit.plan import (
    Attempt,
    Call,
    Plan,
    either,
    floating,
    is_array,
    is_number,
    new_array,
)
from fastact.native import loop_registry
from fastact.rowwise.row_options import LARGEST

OPTIONS = ("where", "lengths", "causal", "softcap", "empty", "inf")
DOUBLE = ir.DoubleType()


def launch(
    call: Call, name: str, dtype: str, letters: str, given: Sequence[Operand], axis: int
) -> None:
    """Call a loop over rows; the operands are those that `letters` tell, the first has the axis."""
    first = given[0]
    with_axis = [letter.isupper() for letter in letters]
    inner = [op.strides[axis] for op, own in zip(given, with_axis, strict=True) if own]
    outer = [op.without(axis) if own else op for op, own in zip(given, with_axis, strict=True)]
    need = symbols.needed(loop_registry.get, name, dtype)
    sizes = first.without(axis).shape
    operands.launch(call.context, call.builder, need, outer, sizes, (first.shape[axis], inner))


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
        """The type of an array that has an axis."""
        ty = self.array(argument)
        if not ty.ndim:
            raise self.refuse(argument, "an array with an axis")
        return ty

    def axis(self, ndim: int) -> int | None:
        """The axis from 0, if it is one that is known."""
        axis = self.known["axis"]
        if isinstance(axis, int) and -ndim <= axis < ndim:
            return axis % ndim
        return None

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


def is_axis(ty: Any) -> bool:
    """Whether this is an integer, a tuple of them, or None."""
    ty = types.unliteral(ty)
    if isinstance(ty, types.Omitted):
        ty = types.literal(ty.value) if ty.value is not None else types.none
        ty = types.unliteral(ty)
    if isinstance(ty, types.BaseTuple):
        return all(isinstance(types.unliteral(each), types.Integer) for each in ty)
    return isinstance(ty, types.Integer | types.NoneType)


def factor_of(plan: Plan, call: Call, sign: float) -> tuple[Any, list[Any]]:
    """What elements are multiplied by for a temperature, and whether that is wrong."""
    b = call.builder
    if plan.known["temperature"] is None:
        return DOUBLE(sign), []
    temperature = plan.number(call, "temperature", "float64")
    good = b.and_(
        b.fcmp_ordered(">", temperature, DOUBLE(0.0)),
        b.fcmp_ordered("<", temperature, DOUBLE(float("inf"))),
    )
    factor = b.fdiv(DOUBLE(1.0), temperature)
    factor = b.select(b.fcmp_ordered(">", factor, DOUBLE(LARGEST)), DOUBLE(LARGEST), factor)
    return b.fmul(DOUBLE(sign), factor), [b.not_(good)]


class Normalise(RowPlan):
    """A call of softmax and its family."""

    positional = ("x",)

    def typed(self) -> Any:
        ty = self.rows("x")
        self.common()
        self.dtype = str(floating(ty))
        return self.out(new_array(ty, floating(ty)))

    def attempt(self, call: Call) -> Attempt | None:
        ndim, target = self.types["x"].ndim, self.ty.target
        axis, temperature = self.axis(ndim), self.types["temperature"]
        if (
            axis is None or self.given(*OPTIONS) or is_array(temperature)
            or not self.array_of_loop("out", self.dtype, ndim)
        ):  # fmt: skip
            return None
        x, copy = self.operand(call, "x", self.dtype)
        out, wrong = self.into(call, x, [x])
        general = not target.plain or self.known["temperature"] is not None
        factor, bad = factor_of(self, call, target.sign)
        b = call.builder

        def make() -> Any:
            made = None if out else operands.empty(call.context, b, self.result, x.shape)
            result = out or operands.of_array(call.context, b, self.result, made)
            function, between = target, []
            if general:
                function = target.general
                sinks = (
                    [] if target.sink is None else [operands.constant(b, "float64", target.sink)]
                )
                between = [operands.of_number(b, factor), *sinks]
                between.append(operands.of_number(b, x.shape[axis]))
            given = [x, *between, result]
            launch(call, function.name, self.dtype, function.letters, given, axis)
            self.release(call, [copy])
            return self.given_out(call) if out else made

        return Attempt(make, either(b, *wrong, *bad))


class Jacobian(RowPlan):
    """A call of `jacobian`, with one more axis than the input."""

    positional = ("x",)

    def typed(self) -> Any:
        ty = self.rows("x")
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
        if is_array(self.types["d"]):
            kinds.append(np.dtype(str(floating(self.types["d"]))))
        self.dtype = str(np.result_type(*kinds))
        return self.out(new_array(saved, operands.number_type(self.dtype)))

    def attempt(self, call: Call) -> Attempt | None:
        product, ndim = self.ty.target, self.types[self.saved].ndim
        axis, b, d = self.axis(ndim), call.builder, self.types["d"]
        if (
            axis is None or self.given("where", "lengths", "causal", "softcap", "temperature")
            or product.owner.sign != 1.0 or not is_array(d) or d.ndim != ndim
            or not self.array_of_loop("out", self.dtype, ndim)
            or (self.saved == "x" and not product.owner.plain)
        ):  # fmt: skip
            return None
        first, copy = self.operand(call, "d", self.dtype)
        kind = self.dtype if self.saved == "y" else str(floating(self.types["x"]))
        if kind != self.dtype:  # the output would be rounded to a smaller dtype in between
            return None
        second, another = self.operand(call, self.saved, kind)
        out, wrong = self.into(call, second, [first, second])
        wrong.append(b.not_(operands.same_shape(b, first, second)))

        def make() -> Any:
            y, scratch = second, None
            array = types.Array(operands.number_type(self.dtype), ndim, "C")
            if self.saved == "x":
                scratch = operands.empty(call.context, b, array, second.shape)
                y = operands.of_array(call.context, b, array, scratch)
                owner = product.owner
                launch(call, owner.name, self.dtype, owner.letters, [second, y], axis)
            made = None if out else operands.empty(call.context, b, self.result, first.shape)
            result = out or operands.of_array(call.context, b, self.result, made)
            function = product.function
            launch(call, function.name, self.dtype, function.letters, [first, y, result], axis)
            self.release(call, [copy, another, scratch and (array, scratch)])
            return self.given_out(call) if out else made

        return Attempt(make, either(b, *wrong))


class LogSum(RowPlan):
    """A call of `logsumexp` or `logmeanexp`."""

    positional = ("x",)

    def typed(self) -> Any:
        ty = self.rows("x")
        self.common()
        kinds = [np.dtype(str(floating(ty)))]
        if "b" in self.types and is_array(self.types["b"]):
            kinds.append(np.dtype(str(floating(self.types["b"]))))
        self.dtype = str(np.result_type(*kinds))
        keep = self.constant("keepdims", "a bool", bool)
        ndim = ty.ndim if keep else ty.ndim - self.axes(ty.ndim)
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
        ty, target, b = self.types["x"], self.ty.target, call.builder
        axis = self.axis(ty.ndim)
        options = [n for n in ("b", "return_sign", "where", "keepdims", "out") if n in self.types]
        if axis is None or self.given(*options):
            return None
        x, copy = self.operand(call, "x", self.dtype)
        shape = x.without(axis).shape

        def make() -> Any:
            place = made = None
            if shape:
                made = operands.empty(call.context, b, self.result, shape)
                result = operands.of_array(call.context, b, self.result, made)
            else:
                kind = call.context.get_data_type(self.result)
                place = cgutils.alloca_once(b, kind)
                result = Operand(b.bitcast(place, operands.PTR), [], [])
            between = []
            if target.nin > 1:
                between = [operands.of_number(b, b.sitofp(x.shape[axis], DOUBLE))]
            launch(call, target.name, self.dtype, target.letters, [x, *between, result], axis)
            self.release(call, [copy])
            return b.load(place) if place is not None else made

        return Attempt(make)


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
        return self.out(new_array(ty, operands.number_type(str(np.result_type(*kinds)))))


class Sequences(RowPlan):
    """A call of a function of ragged sequences."""

    positional = ("x",)

    def typed(self) -> Any:
        ty = self.rows("x")
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
        kinds = [self.rows(name) for name in ("dy", *given)]
        self.common()
        dtype = np.result_type(*(np.dtype(str(floating(kind))) for kind in kinds))
        return self.out(new_array(kinds[0], operands.number_type(str(dtype))))
