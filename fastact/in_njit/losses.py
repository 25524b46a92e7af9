"""Losses of elements inside compiled code: the fused loops, slab by slab."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types

from fastact.definition.activation import Activation
from fastact.in_njit import operands, symbols
from fastact.in_njit.cross_entropy import CrossEntropy, NegativeLogLikelihood
from fastact.in_njit.loss_plan import DOUBLE, LossPlan, with_axis
from fastact.in_njit.operands import INT, ONE, ZERO, Operand, product
from fastact.in_njit.plan import UNKNOWN, Attempt, Call, either, is_array, is_number
from fastact.in_njit.row_options import compiled, spread
from fastact.in_njit.rowwise import is_real
from fastact.losses import cross_entropy, elementwise, squared
from fastact.losses.shared import SLAB, OfTargets

ENDINGS = {"": "", "value_and_grad": "_gradient", "gradient_and_hessian": "_hessian"}


def without_nan(x: Any) -> bool:
    """Whether no element is NaN."""
    good = True
    for _, each in np.ndenumerate(x):
        good &= each == each  # the test for NaN
    return good


class Beside(NamedTuple):
    """Operands beside the input, as long as it or numbers, and the sizes of their elements.

    `whole` says whether all that are arrays are one run in memory, as the input is.
    """

    operands: list[Operand]
    itemsizes: list[int]
    wrong: list[Any]
    copies: list[Any]
    whole: bool = True


def loop_of(loss: Any, functions: str, ending: str, dtype: str) -> Any:
    """The loop of an elementwise loss."""
    return getattr(loss, functions)[ending].loops[dtype]


def squared_loop(activation: Activation, ending: str, dtype: str) -> Any:
    """The loop of the squared error with an activation."""
    return squared.squared(activation, ending).loops[dtype]


class Elementwise(LossPlan):
    """A call of a loss of each element by itself, or of one number."""

    def given_type(self) -> Any:
        """The type of the input; a number is an array without axes, as outside."""
        ty = self.types[self.data]
        return types.Array(types.unliteral(ty), 0, "C") if is_number(ty) else self.array(self.data)

    def check(self) -> None:
        if not is_real(self.types[self.target]):
            raise self.refuse(self.target, "an array of float16, float32, float64 or integers")
        for name in ("weight", "pos_weight", "gamma", "alpha"):
            if self.known.get(name) is not None and not is_real(self.types[name]):
                raise self.refuse(name, "a number or an array of numbers")
        self.refuse_bools("gamma", "alpha")

    def numbers(self, call: Call) -> tuple[list[Operand], list[Any]] | None:
        """The numbers between the targets and the scale; what is wrong; None if Python must."""
        return [], []

    def weighted(self) -> dict[str, str]:
        """The weights of elements, and the dtypes that the loop takes."""
        return {}

    def need(self) -> symbols.Need:
        """The loop."""
        ending = ENDINGS[self.ty.member]
        return symbols.needed(loop_of, self.ty.target, "_functions", ending, self.dtype)

    def divisor(self, call: Call, x: Operand, size: Any) -> Any:
        """What the sum is divided by."""
        one = DOUBLE(1.0)
        return call.builder.sitofp(size, DOUBLE) if self.reduction == "mean" else one

    def possible(self) -> bool:
        """Whether types are those of which operands can be made."""
        ndim, known = self.given_type().ndim, self.ty.target._reductions
        weights = [self.types[n] for n in self.weighted() if self.known[n] is not None]
        arrays = [ty for ty in (*weights, self.types[self.target]) if is_array(ty)]
        strange = any(is_array(ty) and ty.dtype == types.float16 for ty in weights)
        return (
            self.plain_out() and self.reduction in known and not strange
            and all(ty.ndim <= ndim for ty in arrays)
            and (ndim > 0 or self.reduction != "batchmean")
        )  # fmt: skip

    def beside(self, call: Call, x: Operand, numbers: Any) -> Beside:
        """The operands after the input, of which these are the numbers."""
        given, wrong, copies, whole = [], [], [], True
        dtypes = {self.target: self.dtype, **self.weighted()}
        for name, dtype in dtypes.items():
            operand, copy, fine = self.like(call, name, dtype, x)
            ty = self.types[name]
            held = copy[0] if copy else ty
            whole &= not operand.shape or (ty.ndim == len(x.shape) and held.layout == "C")
            given.append(operand)
            copies.append(copy)
            wrong += fine
        itemsizes = [np.dtype(dtype).itemsize for dtype in dtypes.values()]
        given += numbers[0]
        return Beside(
            given, [*itemsizes, *[8] * len(numbers[0])], wrong + numbers[1], copies, whole
        )

    def like(self, call: Call, name: str, dtype: str, x: Operand) -> tuple[Operand, Any, list[Any]]:
        """A number or an array repeated to the shape of the input; a copy; what is wrong."""
        b, ty = call.builder, self.types[name]
        if self.known[name] is None:
            return operands.constant(b, dtype, 1.0), None, []
        if not is_array(ty) or not ty.ndim:
            value = self.number(call, name, dtype)
            return operands.of_number(b, value), None, self.no_nan(call, name, value)
        found, copy = self.operand(call, name, dtype)
        wrong = [b.not_(operands.fits(b, found, x.shape)), *self.no_nan(call, name, None)]
        return (spread(b, found, x.shape) if ty.ndim < len(x.shape) else found), copy, wrong

    def no_nan(self, call: Call, name: str, value: Any) -> list[Any]:
        """Whether a weight is NaN."""
        b, ty = call.builder, self.types[name]
        if name == self.target or (value is not None and self.known[name] is not UNKNOWN):
            return []
        if value is not None:
            value = self.number(call, name, "float64")
            return [b.fcmp_unordered("uno", value, value)]
        good = compiled(call, without_nan, types.boolean, (ty, call.values[name]))
        return [b.not_(good)]

    def attempt(self, call: Call) -> Attempt | None:
        b, x_type = call.builder, self.given_type()
        if not self.possible():
            return None
        numbers = self.numbers(call)
        if numbers is None:
            return None
        x, copy = self.operand(call, self.data, self.dtype)
        x = with_axis(x)
        beside = self.beside(call, x, numbers)
        outs, wrong = self.outs(call, x, beside.operands)
        size = product(b, x.shape)
        wrong += [*beside.wrong, b.icmp_signed("==", size, ZERO)]
        whole = beside.whole and all(ty.layout == "C" for ty in (x_type, *self.into))
        second = self.ty.member == "gradient_and_hessian"
        if not whole and not second:  # slabs of these are not runs in memory
            wrong.append(b.icmp_signed(">", size, INT(SLAB)))

        def make() -> Any:
            made, results = self.results(call, outs, x)
            inputs = [x, *beside.operands]
            if second:
                given = [*inputs, operands.constant(b, "float64", 1.0), *results]
                operands.launch(call.context, b, self.need(), given, x.shape)
                return self.derivatives(call, made)
            if self.reduction == "none" and x_type.ndim:
                return self.finished(call, self.each(call, inputs, results, x), made)
            divisor = self.divisor(call, x, size)
            scale = b.fdiv(DOUBLE(1.0), divisor)
            itemsizes = [np.dtype(self.dtype).itemsize, *beside.itemsizes]
            total = self.summed(call, inputs, itemsizes, results, size, scale)
            return self.finished(call, self.rounded(call, b.fdiv(total, divisor)), made)

        return Attempt(make, either(b, *wrong), [copy, *beside.copies])

    def each(self, call: Call, inputs: list[Operand], outs: list[Operand], x: Operand) -> Any:
        """The losses as a new array."""
        b, ndim = call.builder, len(x.shape)
        ty = types.Array(types.float64, ndim, "C")
        losses = operands.empty(call.context, b, ty, x.shape)
        values = operands.of_array(call.context, b, ty, losses)
        given = [*inputs, operands.constant(b, "float64", 1.0), values, *outs]
        operands.launch(call.context, b, self.need(), given, x.shape)
        return self.narrowed(call, ndim, losses)

    def summed(
        self, call: Call, inputs: list[Operand], itemsizes: list[int], outs: list[Operand],
        size: Any, scale: Any,
    ) -> Any:  # fmt: skip
        """The sum, slab by slab as outside, since the order decides how it is rounded."""
        b, context, x = call.builder, call.context, inputs[0]
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
            part = operands.call(context, b, "njit_total", DOUBLE, [numbers, length])
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
                given = [
                    piece(b, each, itemsize, start, length)
                    for each, itemsize in zip(inputs, itemsizes, strict=True)
                ]
                after = [piece(b, each, itemsizes[0], start, length) for each in outs]
                now = Operand(values.pointer, [length], [INT(8)])
                add([*given, factor, now, *after], [length], length)
                end = b.add(start, length)
                b.store(end, place)
                b.cbranch(b.icmp_signed("<", end, size), head, tail)
                b.position_at_end(tail)
        context.nrt.decref(b, ty, scratch)
        return b.load(found)


def piece(builder: Any, operand: Operand, itemsize: int, start: Any, length: Any) -> Operand:
    """Some elements of an array that is one run in memory, or a number."""
    if not operand.shape:
        return operand
    item = INT(itemsize)
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

    def weighted(self) -> dict[str, str]:
        return {"weight": self.dtype, "pos_weight": "float64"}


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
        functions = "_of_logs" if self.known["log_target"] else "_functions"
        return symbols.needed(
            loop_of, self.ty.target, functions, ENDINGS[self.ty.member], self.dtype
        )

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
        ending = ENDINGS[self.ty.member]
        return symbols.needed(squared_loop, self.activation, ending, self.dtype)


PLANS = {
    cross_entropy.SoftmaxCrossEntropy: CrossEntropy,
    cross_entropy.NegativeLogLikelihood: NegativeLogLikelihood,
    elementwise.SigmoidCrossEntropy: SigmoidCrossEntropy,
    elementwise.Focal: Focal,
    elementwise.Divergence: Divergence,
    squared.SquaredError: SquaredError,
    OfTargets: Elementwise,
}
