"""Gated pairs inside compiled code."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types

from fastact.compiler import gated_loops
from fastact.compiler.kernels import ELEMENT
from fastact.elementwise.gated import ROWS, loop_of
from fastact.in_njit import axes, operands, python_call, symbols
from fastact.in_njit.axes import Axes
from fastact.in_njit.operands import INT, ONE, ZERO, Operand
from fastact.in_njit.plan import UNKNOWN, Attempt, Call, Plan, either, is_array, value_of
from fastact.in_njit.row_options import spread
from fastact.in_njit.rowwise import is_real, ndim_of
from fastact.in_njit.sums import sum_into
from fastact.native import pool


class GatedPlan(Plan):
    """What calls of gated pairs share."""

    def real(self, *names: str) -> None:
        """Check that arguments are arrays or numbers, or not given."""
        for name in names:
            if self.known[name] is not None and not is_real(self.types[name]):
                raise self.refuse(name, "a number or an array of float16, float32, float64 or "
                                  "integers")  # fmt: skip

    def common(self, *names: str) -> str:
        """The dtype of the loop: that of arrays together, which is float64 of integers alone."""
        kinds = [operands.dtype_of(self.types[n]) for n in names if is_array(self.types[n])]
        found = np.result_type(*kinds) if kinds else np.dtype("float64")
        return str(found) if found.kind == "f" else "float64"

    def fitting_out(self, ndim: int) -> bool:
        """Whether `out` may be given to a loop, if there is one."""
        ty = self.types["out"]
        return self.known["out"] is None or (
            ty.dtype == operands.number_type(self.dtype) and ty.mutable and ty.ndim == ndim
        )

    def into(self, call: Call, shape: list[Any], given: list[Operand]) -> tuple[Any, list[Any]]:
        """`out` as an operand, if there is one, and what would be wrong with it.

        It may be one of those that are given, as these are read where it is written.
        """
        if self.known["out"] is None:
            return None, []
        b = call.builder
        out = operands.of_array(call.context, b, self.types["out"], call.values["out"])
        wrong = [b.not_(operands.same_shape(b, out, Operand(out.pointer, shape, [])))]
        return out, wrong + [operands.collide(b, out, e, e.shape, same=True) for e in given]

    def outcome(
        self, call: Call, out: Operand | None, ty: Any, shape: list[Any]
    ) -> tuple[Any, Operand]:
        """The result, `out` or a new array, and its operand."""
        if out is not None:
            return self.given_out(call), out
        made = operands.empty(call.context, call.builder, ty, shape)
        return made, operands.of_array(call.context, call.builder, ty, made)

    @property
    def owner(self) -> Any:
        """The pair."""
        return getattr(self.ty.target, "_owner", self.ty.target)

    def need(self, variety: str, ending: str = "", *, called: bool = True) -> symbols.Need:
        return symbols.needed(
            loop_of, self.owner, variety, self.dtype, called=called, ending=ending
        )

    def launch(self, call: Call, variety: str, given: list[Operand]) -> None:
        """Call the loop over elements, or that over rows, which share the threads.

        Those are rows too short for several threads, whose elements are neighbours.
        """
        b, shape = call.builder, given[0].shape
        size = INT(np.dtype(self.dtype).itemsize)
        short = b.icmp_signed("<", shape[-1], INT(pool.CUTOVER))
        for each in given:
            short = b.and_(short, b.icmp_signed("==", each.strides[-1], size))
        with b.if_else(short) as (rows, elements):
            with rows:
                outer = [Operand(e.pointer, e.shape[:-1], e.strides[:-1]) for e in given]
                row = shape[-1], [each.strides[-1] for each in given]
                operands.launch(
                    call.context, b, self.need(variety, ROWS), outer, shape[:-1], row
                )  # fmt: skip
            with elements:
                operands.launch(call.context, b, self.need(variety), given, shape)


class Halves(GatedPlan):
    """A call with one array, of which one half is the gate."""

    positional = ("x",)

    def typed(self) -> Any:
        ty = self.array("x")
        if not ty.ndim:
            raise self.refuse("x", "an array with an axis")
        self.real("bias")
        self.check_axis()
        self.dtype = self.common("x", "bias")
        return self.out(types.Array(operands.number_type(self.dtype), ty.ndim, "C"))

    def check_axis(self) -> None:
        axis = types.unliteral(self.types["axis"])
        omitted = isinstance(axis, types.Omitted)
        if not omitted and not isinstance(axis, types.Integer):
            raise self.refuse("axis", "an integer")

    def along(self, call: Call) -> Axes | None:
        """The axis of the halves; None if only Python knows what to do with arguments."""
        first, ndim = self.types["gate_first"], self.types["x"].ndim
        plain = isinstance(value_of(first), bool) or types.unliteral(first) == types.boolean
        bias = self.known["bias"] is None or ndim_of(self.types["bias"]) == 1
        return axes.of_call(self, call, ndim) if plain and bias and self.fitting_out(ndim) else None

    def halves(self, call: Call, x: Operand, along: Axes) -> list[Operand]:
        """Gate and value."""
        b, first = call.builder, self.known["gate_first"]
        (length,), (stride,) = along.own(b, x.shape), along.own(b, x.strides)
        half = b.sdiv(length, INT(2))
        shape = [along.choose(b, k, half, n) for k, n in enumerate(x.shape)]
        both = [x.pointer, b.gep(x.pointer, [b.mul(half, stride)])]
        if first is UNKNOWN:
            first = self.flag(call, "gate_first")
            both = [b.select(first, *both), b.select(first, *both[::-1])]
        elif not first:
            both.reverse()
        return [Operand(pointer, shape, x.strides) for pointer in both]

    def column(self, call: Call, vector: Operand, along: Axes, count: int) -> Operand:
        """A vector as an array whose other axes have length 1."""
        b, (length,), (stride,) = call.builder, vector.shape, vector.strides
        shape = [along.choose(b, k, length, ONE) for k in range(count)]
        return Operand(
            vector.pointer, shape, [along.choose(b, k, stride, ZERO) for k in range(count)]
        )

    def biases(self, call: Call, x: Operand, along: Axes) -> tuple[list[Operand], Any, Any]:
        """The biases of gate and value, whether they do not fit, and a copy."""
        if self.known["bias"] is None:
            return [], None, None
        bias, copy = self.operand(call, "bias", self.dtype)
        wrong = call.builder.icmp_signed("!=", bias.shape[0], *along.own(call.builder, x.shape))
        column = self.column(call, bias, along, len(x.shape))
        return self.halves(call, column, along), wrong, copy

    def odd(self, call: Call, x: Operand, along: Axes) -> Any:
        b = call.builder
        return b.icmp_signed("!=", b.and_(*along.own(b, x.shape), ONE), ZERO)

    def attempt(self, call: Call) -> Attempt | None:
        along, b = self.along(call), call.builder
        if along is None:
            return None
        x, copy = self.operand(call, "x", self.dtype)
        gate, value = self.halves(call, x, along)
        biases, unfit, another = self.biases(call, x, along)
        out, wrong = self.into(call, gate.shape, [x, *biases])
        wrong += [along.wrong, self.odd(call, x, along), unfit]

        def make() -> Any:
            made, result = self.outcome(call, out, self.result, gate.shape)
            given = [gate, value, *biases, result]
            self.launch(call, "forward_bias" if biases else "forward", given)
            return made

        return Attempt(make, either(b, *wrong), [copy, another])


class HalvesBackward(Halves):
    """The gradient of both halves, and of the bias if there is one."""

    positional = ("dy",)

    def typed(self) -> Any:
        ty = self.array("x")
        if not ty.ndim:
            raise self.refuse("x", "an array with an axis")
        self.real("dy", "bias")
        self.check_axis()
        self.dtype = self.common("dy", "x", "bias")
        number = operands.number_type(self.dtype)
        array = self.out(types.Array(number, ty.ndim, "C"))
        if self.known["bias"] is None:
            return array
        return types.Tuple([array, types.Array(array.dtype, 1, "C")])

    def castable(self, dtype: Any) -> bool:
        """The gradient of the bias is the sum of what is in `out`."""
        return self.known["bias"] is None and super().castable(dtype)

    def attempt(self, call: Call) -> Attempt | None:
        along, b = self.along(call), call.builder
        ndim, dy_type = self.types["x"].ndim, self.types["dy"]
        if along is None or ndim_of(dy_type) > ndim:
            return None
        x, copy = self.operand(call, "x", self.dtype)
        dy, another = self.operand(call, "dy", self.dtype)
        gate, value = self.halves(call, x, along)
        biases, unfit, third = self.biases(call, x, along)
        out, wrong = self.into(call, x.shape, [x, dy, *biases])
        wrong += [along.wrong, self.odd(call, x, along), unfit]
        wrong.append(b.not_(operands.fits(b, dy, gate.shape)))

        def make() -> Any:
            array_type = self.result[0] if biases else self.result
            made, result = self.outcome(call, out, array_type, x.shape)
            given = [spread(b, dy, gate.shape), gate, value, *biases]
            given += self.halves(call, result, along)
            self.launch(call, "backward_bias" if biases else "backward", given)
            if not biases:
                return made
            vector, to = operands.new(call.context, b, self.result[1], along.own(b, x.shape))
            sum_into(call, result, self.column(call, to, along, ndim), self.dtype)
            return call.context.make_tuple(b, self.result, [made, vector])

        return Attempt(make, either(b, *wrong), [copy, another, third])

    def python(self, call: Call) -> Any:
        """With `out`, Python gives the gradient of the bias beside what is in it."""
        if self.known["out"] is not UNKNOWN or self.known["bias"] is None:
            return super().python(call)
        vector = self.result[1]
        found = self.invoked(call, vector, ("item", 1, python_call.expected(vector)))
        return call.context.make_tuple(call.builder, self.result, [self.given_out(call), found])


BIASES = ("gate_bias", "value_bias")
PARTS = ("gate", "value", *BIASES)  # of which there are gradients


@functools.cache
def scalar_of(owner: Any, kernel: str, dtype: str) -> Any:
    """The dispatcher of a pair's function of numbers."""
    return gated_loops.scalar(owner.activation.declaration.kernels, kernel, dtype)


class Split(GatedPlan):
    """A call with gate and value."""

    positional: tuple[str, ...] = ("gate", "value")
    names: tuple[str, ...] = ("gate", "value")
    variety = "forward"

    def typed(self) -> Any:
        self.real(*self.names, *BIASES)
        given = [n for n in (*self.names, *BIASES) if self.known[n] is not None]
        arrays = [self.types[n] for n in given if is_array(self.types[n])]
        self.numbers = not arrays and self.known["out"] is None
        self.ndim = max((ty.ndim for ty in arrays), default=0)
        if not self.ndim and not self.numbers:
            raise self.refuse("gate", "an array with an axis, or value")
        self.dtype = self.common_number(*given) if self.numbers else self.common(*given)
        return self.made_type(self.ndim)

    def common_number(self, *names: str) -> str:
        """The dtype of numbers: what all of them are, or else float64."""
        kinds = {types.unliteral(self.types[name]) for name in names}
        found = kinds.pop()
        return str(found) if not kinds and found in {types.float16, types.float32} else "float64"

    @property
    def biases(self) -> tuple[str, ...]:
        """The names of both biases if one is given."""
        return BIASES if any(self.known[name] is not None for name in BIASES) else ()

    def made_type(self, ndim: int) -> Any:
        number = operands.number_type(self.dtype)
        return number if self.numbers else self.out(types.Array(number, ndim, "C"))

    def needs(self) -> tuple[symbols.Need, ...]:
        inlined = self.numbers and self.owner._origin is not None
        return (self.need(self.kernel, called=False),) if inlined else ()

    @property
    def kernel(self) -> str:
        """The name of what a loop of this call computes."""
        return f"{self.variety}_bias" if self.biases else self.variety

    def inlined(self, call: Call) -> Any:
        """What the kernels give for numbers: one, or two."""
        function = scalar_of(self.owner, self.kernel, self.dtype)
        given = [
            operands.literal(self.dtype, -0.0) if self.known[name] is None  # which changes nothing
            else self.number(call, name, self.dtype)
            for name in (*self.names, *self.biases)
        ]  # fmt: skip
        return self.compiled(call, function, [ELEMENT[self.dtype]] * len(given), given)

    def inputs(self, call: Call) -> tuple[list[Operand], list[Any]] | None:
        """The operands and copies, or None where Python must do it."""
        names = (*self.names, *self.biases)
        if any(is_array(self.types[n]) and not self.types[n].ndim for n in names):
            return None
        found = [
            (operands.constant(call.builder, self.dtype, -0.0), None)  # which changes nothing
            if self.known[name] is None else self.operand(call, name, self.dtype)
            for name in names
        ]  # fmt: skip
        return [each for each, _ in found], [copy for _, copy in found]

    def attempt(self, call: Call) -> Attempt | None:
        if self.numbers:
            return Attempt(lambda: self.inlined(call))
        found, b = self.inputs(call), call.builder
        if found is None:
            return None
        given, copies = found
        sizes, clash = operands.broadcast(b, given)
        if not self.fitting_out(len(sizes)):
            return None
        out, wrong = self.into(call, sizes, given)

        def make() -> Any:
            made, result = self.outcome(call, out, self.result, sizes)
            operands.launch(call.context, b, self.need(self.kernel), [*given, result], sizes)
            return made

        return Attempt(make, either(b, clash, *wrong), copies)


class SplitBackward(Split):
    """The gradients of gate and value, and of the biases that are given."""

    positional = ("dy",)
    names = ("dy", "gate", "value")
    variety = "backward"

    def made_type(self, ndim: int) -> Any:
        number = operands.number_type(self.dtype)
        if self.known["out"] is not None:
            raise self.refuse("out", "None")
        results = []
        for name in PARTS:
            if self.known[name] is None:
                continue
            own = self.types[name].ndim if is_array(self.types[name]) else 0
            results.append(types.Array(number, own, "C") if own else number)
        return types.Tuple(results)

    def inlined(self, call: Call) -> Any:
        """The gradients, of which those of biases are these too."""
        both = cgutils.unpack_tuple(call.builder, super().inlined(call), 2)
        places = (k % 2 for k, name in enumerate(PARTS) if self.known[name] is not None)
        return call.context.make_tuple(call.builder, self.result, [both[k] for k in places])

    def attempt(self, call: Call) -> Attempt | None:
        if self.numbers:
            return Attempt(lambda: self.inlined(call))
        found, b = self.inputs(call), call.builder
        if found is None or ndim_of(self.types["dy"]) > self.ndim:
            return None
        (dy, *given), copies = found
        sizes, clash = operands.broadcast(b, given)
        wrong = [clash, b.not_(operands.fits(b, dy, sizes))]
        places = [k for k, name in enumerate(PARTS) if self.known[name] is not None]

        def make() -> Any:
            pairs = [*zip(places, self.result, strict=True)]
            made = [operands.new(call.context, b, ty, given[k].shape) for k, ty in pairs]
            terms = [self.terms(call, made[k][1], sizes) for k in range(2)]
            inputs = [spread(b, dy, sizes), *given]
            need = self.need(self.kernel)
            operands.launch(call.context, b, need, [*inputs, *(t.operand for t in terms)], sizes)
            for (k, _), (_, to) in zip(pairs, made, strict=True):
                term = terms[k % 2]
                with b.if_then(term.apart if k < 2 else ir.IntType(1)(1)):
                    sum_into(call, term.operand, to, self.dtype)
            self.release(call, [term.copy for term in terms])
            items = [m if to.shape else b.load(m) for m, to in made]
            return call.context.make_tuple(b, self.result, items)

        return Attempt(make, either(b, *wrong), copies)

    def terms(self, call: Call, to: Operand, sizes: list[Any]) -> Terms:
        """Where the terms of a gradient go: to the gradient itself, if nothing was broadcast."""
        b, whole = call.builder, ir.IntType(1)(0)
        if len(to.shape) == len(sizes):
            whole = operands.same_shape(b, to, Operand(to.pointer, sizes, []))
        apart = b.not_(whole)
        scratch, copy = operands.scratch(call.context, b, self.dtype, sizes, apart)
        if len(to.shape) < len(sizes):
            return Terms(scratch, apart, copy)
        strides = [b.select(apart, *pair) for pair in zip(scratch.strides, to.strides, strict=True)]
        pointer = b.select(apart, scratch.pointer, to.pointer)
        return Terms(Operand(pointer, sizes, strides), apart, copy)


class Terms(NamedTuple):
    """The terms of a gradient, whether they are not the gradient itself, and their memory."""

    operand: Operand
    apart: Any
    copy: Any
