"""Gated pairs inside compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import types

from fastact.elementwise.gated import ROWS, loop_of
from fastact.in_njit import operands, symbols
from fastact.in_njit.operands import INT, ONE, ZERO, Operand
from fastact.in_njit.plan import UNKNOWN, Attempt, Call, Plan, either, is_array
from fastact.in_njit.rowwise import is_real
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
        """`out` as an operand, if there is one, and what would be wrong with it."""
        if self.known["out"] is None:
            return None, []
        b = call.builder
        out = operands.of_array(call.context, b, self.types["out"], call.values["out"])
        wrong = [b.not_(operands.same_shape(b, out, Operand(out.pointer, shape, [])))]
        return out, wrong + [operands.collide(b, out, e, e.shape, same=False) for e in given]

    def outcome(
        self, call: Call, out: Operand | None, ty: Any, shape: list[Any]
    ) -> tuple[Any, Operand]:
        """The result, `out` or a new array, and its operand."""
        if out is not None:
            return self.given_out(call), out
        made = operands.empty(call.context, call.builder, ty, shape)
        return made, operands.of_array(call.context, call.builder, ty, made)

    def need(self, variety: str, ending: str = "") -> symbols.Need:
        owner = getattr(self.ty.target, "_owner", self.ty.target)
        return symbols.needed(loop_of, owner, variety, self.dtype, ending=ending)

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

    def axis(self) -> int | None:
        """The axis from 0, if our own code can be written for it."""
        axis, ndim = self.known["axis"], self.types["x"].ndim
        known = isinstance(axis, int) and -ndim <= axis < ndim
        return axis % ndim if known and isinstance(self.known["gate_first"], bool) else None

    def halves(self, call: Call, x: Operand, axis: int) -> list[Operand]:
        """Gate and value."""
        b = call.builder
        half = b.sdiv(x.shape[axis], INT(2))
        shape = [*x.shape[:axis], half, *x.shape[axis + 1 :]]
        second = b.gep(x.pointer, [b.mul(half, x.strides[axis])])
        found = [Operand(x.pointer, shape, x.strides), Operand(second, shape, x.strides)]
        return found if self.known["gate_first"] else found[::-1]

    def biases(self, call: Call, x: Operand, axis: int) -> tuple[list[Operand], Any, Any] | None:
        """The biases of gate and value, whether they do not fit, a copy; None if Python has to."""
        if self.known["bias"] is None:
            return [], None, None
        ty, b = self.types["bias"], call.builder
        if not is_array(ty) or ty.ndim != 1:
            return None
        bias, copy = self.operand(call, "bias", self.dtype)
        wrong = b.icmp_signed("!=", bias.shape[0], x.shape[axis])
        after = len(x.shape) - axis - 1
        column = Operand(
            bias.pointer, [ONE] * axis + bias.shape + [ONE] * after,
            [ZERO] * axis + bias.strides + [ZERO] * after,
        )  # fmt: skip
        return self.halves(call, column, axis), wrong, copy

    def odd(self, call: Call, x: Operand, axis: int) -> Any:
        b = call.builder
        return b.icmp_signed("!=", b.and_(x.shape[axis], ONE), ZERO)

    def attempt(self, call: Call) -> Attempt | None:
        axis, b = self.axis(), call.builder
        if axis is None or not self.fitting_out(self.types["x"].ndim):
            return None
        x, copy = self.operand(call, "x", self.dtype)
        gate, value = self.halves(call, x, axis)
        found = self.biases(call, x, axis)
        if found is None:
            return None
        biases, unfit, another = found
        out, wrong = self.into(call, gate.shape, [x, *biases])
        wrong += [self.odd(call, x, axis), unfit]

        def make() -> Any:
            made, result = self.outcome(call, out, self.result, gate.shape)
            given = [gate, value, *biases, result]
            self.launch(call, "forward_bias" if biases else "forward", given)
            return made

        return Attempt(make, either(b, *wrong), [copy, another])


class HalvesBackward(Halves):
    """The gradient of both halves."""

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
        if self.known["out"] is UNKNOWN:
            raise self.refuse("out", "None where bias is given")
        return types.Tuple([array, types.Array(number, 1, "C")])

    def attempt(self, call: Call) -> Attempt | None:
        axis, b, dy_type = self.axis(), call.builder, self.types["dy"]
        if axis is None or self.known["bias"] is not None:
            return None
        ndim = self.types["x"].ndim
        if not is_array(dy_type) or dy_type.ndim != ndim or not self.fitting_out(ndim):
            return None
        x, copy = self.operand(call, "x", self.dtype)
        dy, another = self.operand(call, "dy", self.dtype)
        gate, value = self.halves(call, x, axis)
        out, wrong = self.into(call, x.shape, [x, dy])
        wrong += [self.odd(call, x, axis), b.not_(operands.same_shape(b, dy, gate))]

        def make() -> Any:
            made, result = self.outcome(call, out, self.result, x.shape)
            given = [dy, gate, value, *self.halves(call, result, axis)]
            self.launch(call, "backward", given)
            return made

        return Attempt(make, either(b, *wrong), [copy, another])


BIASES = ("gate_bias", "value_bias")


class Split(GatedPlan):
    """A call with gate and value."""

    positional: tuple[str, ...] = ("gate", "value")
    names: tuple[str, ...] = ("gate", "value")

    def typed(self) -> Any:
        self.real(*self.names, *BIASES)
        given = [n for n in (*self.names, *BIASES) if self.known[n] is not None]
        arrays = [n for n in given if is_array(self.types[n]) and self.types[n].ndim]
        if not arrays:
            raise self.refuse("gate", "an array, or value")
        self.dtype = self.common(*given)
        ndim = max(self.types[n].ndim for n in arrays)
        return self.made_type(ndim)

    @property
    def biases(self) -> tuple[str, ...]:
        """The names of both biases if one is given."""
        return BIASES if any(self.known[name] is not None for name in BIASES) else ()

    def made_type(self, ndim: int) -> Any:
        return self.out(types.Array(operands.number_type(self.dtype), ndim, "C"))

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
            need = self.need("forward_bias" if self.biases else "forward")
            operands.launch(call.context, b, need, [*given, result], sizes)
            return made

        return Attempt(make, either(b, clash, *wrong), copies)


class SplitBackward(Split):
    """The gradients of gate and value, and of the biases that are given."""

    positional = ("dy",)
    names = ("dy", "gate", "value")

    def made_type(self, ndim: int) -> Any:
        number = operands.number_type(self.dtype)
        if self.known["out"] is not None:
            raise self.refuse("out", "None")
        results = []
        for name in ("gate", "value", "gate_bias", "value_bias"):
            if self.known[name] is None:
                continue
            own = self.types[name].ndim if is_array(self.types[name]) else 0
            results.append(types.Array(number, own, "C") if own else number)
        return types.Tuple(results)

    def attempt(self, call: Call) -> Attempt | None:
        kinds = [self.types[name] for name in self.names]
        if self.biases or not all(map(is_array, kinds)) or len({t.ndim for t in kinds}) > 1:
            return None
        found, b = self.inputs(call), call.builder
        if found is None:
            return None
        given, copies = found
        wrong = [b.not_(operands.same_shape(b, given[0], each)) for each in given[1:]]

        def make() -> Any:
            sizes = given[0].shape
            made = [operands.empty(call.context, b, t, sizes) for t in self.result]
            outs = [operands.of_array(call.context, b, t, m)
                    for t, m in zip(self.result, made, strict=True)]  # fmt: skip
            operands.launch(call.context, b, self.need("backward"), [*given, *outs], sizes)
            return call.context.make_tuple(b, self.result, made)

        return Attempt(make, either(b, *wrong), copies)
