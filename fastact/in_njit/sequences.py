"""Functions of ragged sequences inside compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import TypingError

from fastact.in_njit import axes, operands, row_options, symbols
from fastact.in_njit.operands import INT, ONE, ZERO, Operand
from fastact.in_njit.plan import Attempt, Call, either, floating, is_number, new_array
from fastact.in_njit.row_options import Options, number
from fastact.in_njit.rowwise import RowPlan, is_integral
from fastact.native import loop_registry
from fastact.rowwise.row_options import EVERY

VOID = ir.VoidType()
SECTIONS = 6  # of the table: see `fastact.rowkernels.ragged_loop`


def good_offsets(offsets: Any, n: Any) -> Any:
    """Whether these run from 0 to n and ascend."""
    good = offsets.size > 0 and offsets[0] == 0 and offsets[-1] == n
    for k in range(1, offsets.size):
        good &= offsets[k - 1] <= offsets[k]
    return good


def scale(array: Any, factor: Any) -> None:
    """Multiply all elements."""
    for place, value in np.ndenumerate(array):
        array[place] = value * factor


class OfSequences(RowPlan):
    """What calls of the function over sequences and of its gradient share."""

    positional = ("x",)
    inputs: tuple[str, ...] = ("x",)
    apart = 0  # how many of them may not be `out`, where the output is kept on the way

    def checked(self) -> Any:
        """The type of the result."""
        kinds = [self.with_axis(name) for name in self.inputs]
        self.common()
        if not is_integral(self.types["offsets"]):
            raise self.refuse("offsets", "an array of integers")
        dtype = np.result_type(*(np.dtype(str(floating(kind))) for kind in kinds))
        self.dtype = str(dtype)
        return self.out(new_array(kinds[0], operands.number_type(self.dtype)))

    def attempt(self, call: Call) -> Attempt | None:
        """Inputs in the dtype of the loop, with sequences along the last axis."""
        kinds = [self.types[name] for name in self.inputs]
        ndim, starts, degrees = kinds[0].ndim, self.types["offsets"], self.types["temperature"]
        if (
            self.given("softcap") or axes.known_axes(self.types["axis"], ndim) != (ndim - 1,)
            or any(kind.ndim != ndim or str(floating(kind)) != self.dtype for kind in kinds)
            or not (self.known["temperature"] is None or is_number(degrees))
            or not (isinstance(starts, types.Array) and starts.ndim == 1 and starts.layout == "C")
            or not self.array_of_loop("out", self.dtype, ndim)
        ):  # fmt: skip
            return None
        b, views = call.builder, axes.Views(call, axes.Axes(tuple(range(ndim - 1))))
        found = [self.operand(call, name, self.dtype) for name in self.inputs]
        matrices = [
            views.of(operand, self.dtype, copy[0] if copy else kind)
            for (operand, copy), kind in zip(found, kinds, strict=True)
        ]
        first, copies = found[0][0], [copy for _, copy in found]
        options = Options(None, None, None, [], [], [])
        if self.known["temperature"] is not None:
            options = row_options.of_temperature(self, call, first, self.owner._sign, options)
        elif self.owner._sign != 1.0:
            options = options._replace(factor=number(call, self.owner._sign))
        offsets = row_options.array_of(self, call, "offsets", "int64", options)
        good = row_options.compiled(
            call, good_offsets, types.boolean, offsets, (types.int64, first.shape[-1])
        )
        places = operands.of_array(call.context, b, *offsets)
        given = [operand for operand, _ in found]
        beside = [*given[: self.apart], places]
        out, wrong = self.into(call, first.shape, given[self.apart :], beside)
        wrong += [b.not_(operands.same_shape(b, first, each)) for each in given[1:]]
        target = out and views.of(out, self.dtype, self.types["out"])

        def make() -> Any:
            made, result = self.made(call, out, first.shape)
            to = target or views.axes.rows(b, result, self.dtype)[0]
            self.write(call, matrices, to, places, options)
            return self.finished(call, made)

        wrong += [b.not_(good), *options.wrong, views.broken]
        return Attempt(make, either(b, *wrong), [*copies, *options.copies])

    def write(
        self, call: Call, matrices: list[Operand], to: Operand, places: Operand, options: Options
    ) -> None:
        """Write the results of all sequences of matrices."""
        raise NotImplementedError

    @property
    def owner(self) -> Any:
        return self.ty.target._owner

    def forward(
        self, call: Call, x: Operand, y: Operand, places: Operand, options: Options
    ) -> None:
        """The function over all sequences of a matrix, whose columns are the first axis here."""
        function, between = self.owner, []
        if not function._x_alone or options.factor is not None:
            function = self.owner._scaled
            sinks = () if self.owner._sink is None else (number(call, self.owner._sink),)
            every = operands.of_number(call.builder, INT(int(EVERY)))
            between = [options.factor or number(call, 1.0), *sinks, every]
        self.launch(call, function, [x, *between, y], places)

    def launch(self, call: Call, function: Any, given: list[Operand], places: Operand) -> None:
        """Call the loop of a function for each sequence: see `fastact.rowwise.ragged.run`."""
        b, count, columns = call.builder, len(given), given[0].shape[0]
        rows, zeros = given[0].shape[-1], [ZERO] * count
        words = [b.ptrtoint(each.pointer, INT) for each in given]
        words += [each.strides[-1] if each.shape else ZERO for each in given]
        words += [each.strides[0] if each.shape else ZERO for each in given]
        words += [*zeros, *(each.strides[0] for each in given if each.shape)]
        table = cgutils.alloca_once(b, INT, size=SECTIONS * count)
        for k, word in enumerate(words):
            b.store(word, b.gep(table, [INT(k)]))
        need = symbols.needed(loop_registry.get, function.name, self.dtype)
        arguments = [
            symbols.pointer(call.context, b, need), symbols.block(b), table, INT(count),
            places.pointer, b.sub(places.shape[0], ONE), rows, ZERO, ZERO,
        ]  # fmt: skip
        some = b.icmp_signed(">", b.mul(rows, columns), ZERO)
        with b.if_then(some):
            operands.call(call.context, b, "sequences", VOID, arguments)


class Sequences(OfSequences):
    """A call of a function of ragged sequences."""

    def typed(self) -> Any:
        return self.checked()

    def write(
        self, call: Call, matrices: list[Operand], to: Operand, places: Operand, options: Options
    ) -> None:
        """The function itself."""
        self.forward(call, matrices[0], to, places, options)


class SequencesBackward(OfSequences):
    """A call of the gradient of a function of ragged sequences."""

    positional = ("dy",)

    def typed(self) -> Any:
        given = [name for name in ("x", "y") if self.known[name] is not None]
        if len(given) != 1:
            got = "both" if given else "neither"
            raise TypingError(f"{self.name}() needs exactly one of x= and y=, got {got}")
        self.inputs, self.apart = ("dy", *given), 1 if given == ["x"] else 0
        return self.checked()

    def attempt(self, call: Call) -> Attempt | None:
        """Numba multiplies no float16."""
        scaled = self.known["temperature"] is not None or self.owner._sign != 1.0
        return None if scaled and self.dtype == "float16" else super().attempt(call)

    def write(
        self, call: Call, matrices: list[Operand], to: Operand, places: Operand, options: Options
    ) -> None:
        """The product of the Jacobian and the vector, times the factor."""
        d, y = matrices
        if self.inputs[1] == "x":
            self.forward(call, y, to, places, options)
            y = to
        self.launch(call, self.owner.backward._function, [d, y, to], places)
        if options.factor is not None:
            array = operands.as_array(call.context, call.builder, to, self.dtype)
            factor = call.builder.load(
                call.builder.bitcast(options.factor.pointer, row_options.DOUBLE.as_pointer())
            )
            row_options.compiled(call, scale, types.none, array, (types.float64, factor))
