"""Losses inside compiled code: the fused loops for plain calls, Python for rare options."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types

from fastact.definition.activation import Activation
from fastact.in_njit import operands, python_call, symbols
from fastact.in_njit.operands import INT, ONE, ZERO, Operand
from fastact.in_njit.plan import (
    UNKNOWN,
    Attempt,
    Call,
    Plan,
    either,
    floating,
    is_array,
    new_array,
)
from fastact.in_njit.rowwise import is_integral, is_real, launch
from fastact.losses import cross_entropy, elementwise, squared
from fastact.losses.shared import SLAB, OfTargets

DOUBLE = ir.DoubleType()


class LossPlan(Plan):
    """What losses share: logits or the like first, a reduction, perhaps a gradient."""

    def __init__(self, ty: Any, arguments: dict[str, Any]) -> None:
        self.data, self.target = list(arguments)[:2]
        super().__init__(ty, arguments)

    def typed(self) -> Any:
        ty = self.array(self.data)
        self.check()
        self.element = floating(ty)
        self.dtype = str(self.element)
        loss = self.loss_type(ty)
        if self.ty.member == "gradient_and_hessian":
            array = new_array(ty, self.element)
            if self.known["out"] is not None:
                raise self.refuse("out", "None")
            return types.UniTuple(array, 2)
        if not self.gradient:
            return loss
        return types.Tuple([loss, self.out(new_array(ty, self.element))])

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
        found = self.invoked(call, loss, ("first", python_call.expected(loss)))
        return self.finished(call, found, None)

    def plain_out(self) -> bool:
        """Whether `out` may be given to a loop."""
        if not self.gradient or self.known["out"] is None:
            return True
        ty = self.types["out"]
        return bool(
            ty.dtype == self.element and ty.ndim == self.types[self.data].ndim and ty.mutable
        )

    def gradient_operand(self, call: Call, x: Operand, others: list[Operand]) -> Any:
        """`out` as an operand, and what is wrong with it; or None, None."""
        if not self.gradient or self.known["out"] is None:
            return None, []
        b = call.builder
        out = operands.of_array(call.context, b, self.types["out"], call.values["out"])
        wrong = [b.not_(operands.same_shape(b, out, x))]
        wrong += [
            operands.collide(b, out, each, x.shape, same=False)
            for each in (x, *others)
            if each.shape
        ]
        return out, wrong

    def finished(self, call: Call, loss: Any, made: Any) -> Any:
        """The result: the loss alone, or with the gradient."""
        if not self.gradient:
            return loss
        array = self.given_out(call) if made is None else made
        return call.context.make_tuple(call.builder, self.result, [loss, array])

    def new_gradient(self, call: Call, shape: list[Any]) -> tuple[Any, Operand]:
        array = self.result[1]
        made = operands.empty(call.context, call.builder, array, shape)
        return made, operands.of_array(call.context, call.builder, array, made)

    def rounded(self, call: Call, total: Any) -> Any:
        """A sum in the dtype of the result."""
        return call.context.cast(call.builder, total, types.float64, self.element)

    def narrowed(self, call: Call, ndim: int, losses: Any) -> Any:
        """An array of float64 in the dtype of the result."""
        if self.dtype == "float64":
            return losses
        ty = types.Array(types.float64, ndim, "C")
        _, found = operands.converted(call.context, call.builder, ty, losses, self.dtype)
        call.context.nrt.decref(call.builder, ty, losses)
        return found


def product(builder: Any, numbers: list[Any]) -> Any:
    """The product of integers."""
    total = ONE
    for each in numbers:
        total = builder.mul(total, each)
    return total


class CrossEntropy(LossPlan):
    """A call of `softmax_cross_entropy`, or of `nll`, which Python computes."""

    def check(self) -> None:
        if not self.types[self.data].ndim:
            raise self.refuse(self.data, "an array with an axis")
        labels = self.types["labels"]
        real = is_array(labels) and isinstance(labels.dtype, types.Float)
        if not is_integral(labels) and not (real and self.data == "logits"):
            either_kind = " or floats (probabilities)" if self.data == "logits" else ""
            raise self.refuse("labels", f"an array of integers (class indices){either_kind}")
        if not isinstance(self.known["axis"], int) and not (
            self.known["axis"] is UNKNOWN
            and isinstance(types.unliteral(self.types["axis"]), types.Integer)
        ):
            raise self.refuse("axis", "an integer")

    def loss_ndim(self, ty: Any) -> int:
        return int(ty.ndim) - 1

    def attempt(self, call: Call) -> Attempt | None:
        x_type, labels_type, b = self.types[self.data], self.types["labels"], call.builder
        axis, ndim = self.known["axis"], x_type.ndim
        if (
            self.data != "logits" or self.ty.member == "gradient_and_hessian"
            or not (isinstance(axis, int) and -ndim <= axis < ndim)
            or self.given("weight", "ignore_index", "label_smoothing")
            or not (is_array(labels_type) and is_integral(labels_type))
            or labels_type.ndim != ndim - 1 or ndim < 2 or not self.plain_out()
            or self.reduction not in {"mean", "sum", "none"}
        ):  # fmt: skip
            return None
        axis %= ndim
        x, copy = self.operand(call, self.data, self.dtype)
        labels, another = self.labels(call)
        rows = product(b, labels.shape)
        out, wrong = self.gradient_operand(call, x, [labels])
        wrong.append(b.not_(operands.same_shape(b, labels, x.without(axis))))
        first = b.bitcast(labels.pointer, INT.as_pointer())
        strange = operands.call(call.context, b, "outside", INT, [first, rows, x.shape[axis]])
        wrong.append(b.icmp_signed("!=", strange, ZERO))
        wrong.append(b.icmp_signed("==", rows, ZERO))

        def make() -> Any:
            ty = types.Array(types.float64, ndim - 1, "C")
            losses = operands.empty(call.context, b, ty, labels.shape)
            each = operands.of_array(call.context, b, ty, losses)
            factor = DOUBLE(1.0)
            if self.reduction == "mean":
                factor = b.fdiv(factor, b.sitofp(rows, DOUBLE))
            given, made = [x, labels, operands.of_number(b, factor), each], None
            if self.gradient:
                gradient = out
                if out is None:
                    made, gradient = self.new_gradient(call, x.shape)
                given.append(gradient)
            function = cross_entropy.LABELLED[self.gradient]
            launch(call, function.name, self.dtype, function.letters, given, axis)
            self.release(call, [copy, another])
            if self.reduction == "none":
                return self.finished(call, self.narrowed(call, ndim - 1, losses), made)
            numbers = b.bitcast(each.pointer, DOUBLE.as_pointer())
            total = operands.call(call.context, b, "total", DOUBLE, [numbers, rows])
            call.context.nrt.decref(b, ty, losses)
            return self.finished(call, self.rounded(call, total), made)

        return Attempt(make, either(b, *wrong))

    def labels(self, call: Call) -> tuple[Operand, Any]:
        """The labels as int64 that lie one after another."""
        ty, value = self.types["labels"], call.values["labels"]
        copy = None
        if ty.dtype != types.int64 or ty.layout != "C":
            copy = operands.converted(call.context, call.builder, ty, value, "int64")
            ty, value = copy
        return operands.of_array(call.context, call.builder, ty, value), copy


def loop_of(loss: Any, functions: str, ending: str, dtype: str) -> Any:
    """The loop of an elementwise loss."""
    return getattr(loss, functions)[ending].loops[dtype]


def squared_loop(activation: Activation, ending: str, dtype: str) -> Any:
    """The loop of the squared error with an activation."""
    return squared.squared(activation, ending).loops[dtype]


class Elementwise(LossPlan):
    """A call of a loss of each element by itself."""

    def check(self) -> None:
        if not is_real(self.types[self.target]):
            raise self.refuse(self.target, "an array of float16, float32, float64 or integers")
        for name in ("weight", "pos_weight", "gamma", "alpha"):
            if self.known.get(name) is not None and not is_real(self.types[name]):
                raise self.refuse(name, "a number or an array of numbers")

    def numbers(self, call: Call) -> tuple[list[Operand], list[Any]] | None:
        """The operands between the targets and the scale; what is wrong; None if Python must."""
        return [], []

    def need(self) -> symbols.Need:
        """The loop."""
        ending = "_gradient" if self.gradient else ""
        return symbols.needed(loop_of, self.ty.target, "functions", ending, self.dtype)

    def divisor(self, call: Call, x: Operand, size: Any) -> Any:
        """What the sum is divided by."""
        one = DOUBLE(1.0)
        return call.builder.sitofp(size, DOUBLE) if self.reduction == "mean" else one

    def attempt(self, call: Call) -> Attempt | None:
        b, x_type = call.builder, self.types[self.data]
        if (
            self.ty.member == "gradient_and_hessian" or not self.plain_out() or not x_type.ndim
            or self.reduction not in {"mean", "sum", "none", "batchmean"}
        ):  # fmt: skip
            return None
        t_type = self.types[self.target]
        if is_array(t_type) and t_type.ndim not in {0, x_type.ndim}:
            return None
        between = self.numbers(call)
        if between is None:
            return None
        x, copy = self.operand(call, self.data, self.dtype)
        if is_array(t_type) and t_type.ndim:
            t, another = self.operand(call, self.target, self.dtype)
            shapes = [b.not_(operands.same_shape(b, t, x))]
        else:
            t, another, shapes = operands.of_number(
                b, self.number(call, self.target, self.dtype)
            ), None, []  # fmt: skip
        out, wrong = self.gradient_operand(call, x, [t])
        size = product(b, x.shape)
        wrong += shapes + between[1] + [b.icmp_signed("==", size, ZERO)]
        layouts = [x_type, *([t_type] if t.shape else [])]
        layouts += [self.types["out"]] if out else []
        if any(each.layout != "C" for each in layouts):  # slabs of these are not runs in memory
            wrong.append(b.icmp_signed(">", size, INT(SLAB)))

        def make() -> Any:
            made, gradient = None, out
            if self.gradient and out is None:
                made, gradient = self.new_gradient(call, x.shape)
            inputs = [x, t, *between[0]]
            outs = [gradient] if self.gradient else []
            if self.reduction == "none":
                loss = self.each(call, inputs, outs, x)
            else:
                divisor = self.divisor(call, x, size)
                total = self.summed(call, inputs, outs, x, size, b.fdiv(DOUBLE(1.0), divisor))
                loss = self.rounded(call, b.fdiv(total, divisor))
            self.release(call, [copy, another])
            return self.finished(call, loss, made)

        return Attempt(make, either(b, *wrong))

    def each(self, call: Call, inputs: list[Operand], outs: list[Operand], x: Operand) -> Any:
        """The losses in an array."""
        b, ndim = call.builder, len(x.shape)
        ty = types.Array(types.float64, ndim, "C")
        losses = operands.empty(call.context, b, ty, x.shape)
        values = operands.of_array(call.context, b, ty, losses)
        given = [*inputs, operands.constant(b, "float64", 1.0), values, *outs]
        operands.launch(call.context, b, self.need(), given, x.shape)
        return self.narrowed(call, ndim, losses)

    def summed(
        self, call: Call, inputs: list[Operand], outs: list[Operand], x: Operand, size: Any,
        scale: Any,
    ) -> Any:  # fmt: skip
        """The sum, slab by slab as outside, since the order decides how it is rounded."""
        b, context = call.builder, call.context
        block, step = slab_of(b, x.shape)
        ty = types.Array(types.float64, 1, "C")
        scratch = operands.empty(context, b, ty, [step])
        values = operands.of_array(context, b, ty, scratch)
        factor = operands.of_number(b, scale)
        found = cgutils.alloca_once_value(b, DOUBLE(0.0))
        place = cgutils.alloca_once_value(b, ZERO)
        numbers = b.bitcast(values.pointer, DOUBLE.as_pointer())

        def add(given: list[Operand], sizes: list[Any], length: Any) -> None:
            operands.launch(context, b, self.need(), given, sizes)
            part = operands.call(context, b, "total", DOUBLE, [numbers, length])
            b.store(b.fadd(b.load(found), part), found)

        few = b.icmp_signed("<=", size, INT(SLAB))
        with b.if_else(few) as (whole, pieces):
            with whole:
                strides = contiguous(b, x.shape)
                at_once = Operand(values.pointer, x.shape, strides)
                add([*inputs, factor, at_once, *outs], x.shape, size)
            with pieces:
                head = b.append_basic_block("slab")
                tail = b.append_basic_block("after")
                b.branch(head)
                b.position_at_end(head)
                start = b.load(place)
                left = b.sub(block, b.srem(start, block))
                length = b.select(b.icmp_signed("<", left, step), left, step)
                given = [self.piece(b, each, start, length) for each in inputs]
                after = [self.piece(b, each, start, length) for each in outs]
                now = Operand(values.pointer, [length], [INT(8)])
                add([*given, factor, now, *after], [length], length)
                end = b.add(start, length)
                b.store(end, place)
                b.cbranch(b.icmp_signed("<", end, size), head, tail)
                b.position_at_end(tail)
        context.nrt.decref(b, ty, scratch)
        return b.load(found)

    def piece(self, builder: Any, operand: Operand, start: Any, length: Any) -> Operand:
        """Some elements of an array that is one run in memory, or a number."""
        if not operand.shape:
            return operand
        item = INT(np.dtype(self.dtype).itemsize)
        pointer = builder.gep(operand.pointer, [builder.mul(start, item)])
        return Operand(pointer, [length], [item])


def contiguous(builder: Any, shape: list[Any]) -> list[Any]:
    """The strides of float64 in C order."""
    strides = [INT(8)]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    return strides


def slab_of(builder: Any, shape: list[Any]) -> tuple[Any, Any]:
    """How `losses.shared.slabs` cuts: runs of so many elements, each in parts of so many."""
    b, limit = builder, INT(SLAB)
    rest, block, done = ONE, ONE, ir.IntType(1)(0)
    for length in reversed(shape):
        larger = b.mul(block, length)
        block = b.select(done, block, larger)
        fits = b.and_(b.not_(done), b.icmp_signed("<=", block, limit))
        rest = b.select(fits, block, rest)
        done = b.not_(fits)
    step = b.mul(b.sdiv(limit, rest), rest)
    return block, b.select(b.icmp_signed("<=", block, limit), block, step)


class SigmoidCrossEntropy(Elementwise):
    """A call of `sigmoid_cross_entropy`."""

    def numbers(self, call: Call) -> Any:
        if self.given("weight", "pos_weight"):
            return None
        b = call.builder
        return [operands.constant(b, self.dtype, 1.0), operands.constant(b, "float64", 1.0)], []


class Focal(Elementwise):
    """A call of `focal`."""

    def numbers(self, call: Call) -> Any:
        b = call.builder
        if any(self.known[n] is UNKNOWN and is_array(self.types[n]) for n in ("gamma", "alpha")):
            return None
        gamma, wrong = self.number(call, "gamma", "float64"), []
        good = b.and_(
            b.fcmp_ordered(">=", gamma, DOUBLE(0.0)),
            b.fcmp_ordered("<", gamma, DOUBLE(float("inf"))),
        )
        wrong.append(b.not_(good))
        alpha = DOUBLE(-1.0)
        if self.known["alpha"] is not None:
            alpha = self.number(call, "alpha", "float64")
            good = b.and_(
                b.fcmp_ordered(">=", alpha, DOUBLE(0.0)), b.fcmp_ordered("<=", alpha, DOUBLE(1.0))
            )
            wrong.append(b.not_(good))
        return [operands.of_number(b, gamma), operands.of_number(b, alpha)], wrong


class Divergence(Elementwise):
    """A call of `kl_divergence`."""

    def numbers(self, call: Call) -> Any:
        return ([], []) if isinstance(self.known["log_target"], bool) else None

    def need(self) -> symbols.Need:
        functions = "of_logs" if self.known["log_target"] else "functions"
        ending = "_gradient" if self.gradient else ""
        return symbols.needed(loop_of, self.ty.target, functions, ending, self.dtype)

    def divisor(self, call: Call, x: Operand, size: Any) -> Any:
        if self.reduction == "batchmean":
            return call.builder.sitofp(x.shape[0], DOUBLE)
        return super().divisor(call, x, size)


class SquaredError(Elementwise):
    """A call of `squared_error`."""

    def check(self) -> None:
        super().check()
        ty = self.types["activation"]
        self.activation = getattr(ty, "target", None)
        if self.known["activation"] is None:
            self.activation = squared.SIGMOID
        if isinstance(ty, types.Omitted) and ty.value is not None:
            self.activation = ty.value
        if not isinstance(self.activation, Activation):
            raise self.refuse("activation", "a fastact.Activation")
        if any(p.required for p in self.activation.params):
            raise self.refuse("activation", "an activation that needs no parameters")

    def need(self) -> symbols.Need:
        ending = "_gradient" if self.gradient else ""
        return symbols.needed(squared_loop, self.activation, ending, self.dtype)


PLANS = {
    cross_entropy.SoftmaxCrossEntropy: CrossEntropy,
    cross_entropy.NegativeLogLikelihood: CrossEntropy,
    elementwise.SigmoidCrossEntropy: SigmoidCrossEntropy,
    elementwise.Focal: Focal,
    elementwise.Divergence: Divergence,
    squared.SquaredError: SquaredError,
    OfTargets: Elementwise,
}
