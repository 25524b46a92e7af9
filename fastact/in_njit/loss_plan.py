"""What calls of losses inside compiled code share."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from fastact.in_njit import operands, python_call
from fastact.in_njit.operands import INT, ONE, Operand, product
from fastact.in_njit.plan import UNKNOWN, Call, Plan, floating, new_array

DOUBLE = ir.DoubleType()


def with_axis(operand: Operand) -> Operand:
    """An array without axes as one of one element."""
    return operand if operand.shape else Operand(operand.pointer, [ONE], [INT(8)])


class LossPlan(Plan):
    """What losses share: logits or the like first, a reduction, perhaps a gradient."""

    def __init__(self, ty: Any, arguments: dict[str, Any]) -> None:
        self.data, self.target = list(arguments)[:2]
        super().__init__(ty, arguments)

    def typed(self) -> Any:
        ty = self.given_type()
        self.check()
        self.element = floating(ty)
        self.dtype = str(self.element)
        loss = self.loss_type(ty)
        if self.ty.member == "gradient_and_hessian":
            self.reduction = "sum"
            return self.pair_of_outs(types.UniTuple(new_array(ty, self.element), 2))
        if not self.gradient:
            return loss
        return types.Tuple([loss, self.out(new_array(ty, self.element))])

    def given_type(self) -> Any:
        """The type of the input, which is an array."""
        return self.array(self.data)

    def loss_type(self, ty: Any) -> Any:
        self.reduction = "sum"
        if "reduction" in self.types:
            self.reduction = self.constant("reduction", "a string", str)
        ndim = self.loss_ndim(ty) if self.reduction == "none" else 0
        return types.Array(self.element, ndim, "C") if ndim else self.element

    def loss_ndim(self, ty: Any) -> int:
        return int(ty.ndim)

    def check(self) -> None:
        """Check the types of the other arguments."""

    @property
    def gradient(self) -> bool:
        return bool(self.ty.member == "value_and_grad")

    def python(self, call: Call) -> Any:
        """With `out`, Python gives the loss beside what is in it."""
        if not (self.gradient and self.known["out"] is UNKNOWN):
            return super().python(call)
        loss = self.result[0]
        found = self.invoked(call, loss, ("item", 0, python_call.expected(loss)))
        return self.finished(call, found, [])

    @property
    def into(self) -> list[Any]:
        """The types of the arrays of `out`."""
        if self.known.get("out") is None:
            return []
        ty = self.types["out"]
        return list(ty) if isinstance(ty, types.BaseTuple) else [ty]

    def plain_out(self) -> bool:
        """Whether `out` may be given to a loop."""
        ndim = self.given_type().ndim
        return all(ty.dtype == self.element and ty.ndim == ndim and ty.mutable for ty in self.into)

    def castable(self, dtype: Any) -> bool:
        """The dtype of a gradient is that of the input."""
        return False

    def outs(self, call: Call, x: Operand, others: list[Operand]) -> tuple[Any, list[Any]]:
        """The arrays of `out` as operands, and what is wrong with them."""
        b, value = call.builder, call.values.get("out")
        values = [value]
        if isinstance(self.types.get("out"), types.BaseTuple):
            values = cgutils.unpack_tuple(b, value, len(self.into))
        found = [
            with_axis(operands.of_array(call.context, b, ty, each))
            for ty, each in zip(self.into, values, strict=False)
        ]
        wrong = [b.not_(operands.same_shape(b, out, x)) for out in found]
        read = [x, *(each for each in others if each.shape)]
        pairs = [(out, each) for out in found for each in read]
        pairs += [(found[0], other) for other in found[1:]]
        wrong += [operands.collide(b, out, each, x.shape, same=False) for out, each in pairs]
        return found, wrong

    def results(self, call: Call, given: list[Operand], like: Operand) -> tuple[Any, list[Operand]]:
        """Where gradients go: the new arrays, and the operands; those of `out` are `given`."""
        if given or not self.ty.member:
            return [], given
        b, context = call.builder, call.context
        kinds = list(self.result)[int(self.gradient) :]  # after the loss
        made = [operands.empty(context, b, ty, like.shape[: ty.ndim]) for ty in kinds]
        return made, [
            with_axis(operands.of_array(context, b, ty, each))
            for ty, each in zip(kinds, made, strict=True)
        ]

    def finished(self, call: Call, loss: Any, made: list[Any]) -> Any:
        """The result: the loss alone, or with the gradient."""
        if not self.gradient:
            return loss
        array = made[0] if made else self.given_out(call)
        return call.context.make_tuple(call.builder, self.result, [loss, array])

    def derivatives(self, call: Call, made: list[Any]) -> Any:
        """The result: the gradient and the hessian."""
        if not made:
            return self.given_out(call)
        return call.context.make_tuple(call.builder, self.result, made)

    def rounded(self, call: Call, total: Any) -> Any:
        """A sum in the dtype of the result."""
        return call.context.cast(call.builder, total, types.float64, self.element)

    def narrowed(self, call: Call, ndim: int, losses: Any) -> Any:
        """An array of float64 in the dtype of the result."""
        if self.dtype == "float64":
            return losses
        context, b = call.context, call.builder
        ty = types.Array(types.float64, ndim, "C")
        narrow = types.Array(operands.number_type(self.dtype), ndim, "C")
        shape = operands.of_array(context, b, ty, losses).shape
        found = operands.empty(context, b, narrow, shape)
        operands.convert(context, b, (narrow, found), (ty, losses))
        context.nrt.decref(b, ty, losses)
        return found

    def reduced(self, call: Call, ndim: int, losses: Any, each: Operand) -> Any:
        """The losses of rows, or their sum, in the dtype of the result."""
        b = call.builder
        if self.reduction == "none":
            return self.narrowed(call, ndim, losses)
        numbers = b.bitcast(each.pointer, DOUBLE.as_pointer())
        length = product(b, each.shape)
        total = operands.call(call.context, b, "njit_total", DOUBLE, [numbers, length])
        call.context.nrt.decref(b, types.Array(types.float64, ndim, "C"), losses)
        return self.rounded(call, total)
