"""Functions of ragged sequences inside compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import TypingError

from fastact.in_njit import axes, operands, row_options, special_rows, symbols
from fastact.in_njit.operands import INT, ONE, ZERO, Operand
from fastact.in_njit.plan import Attempt, Call, either, floating, new_array
from fastact.in_njit.row_options import Options, number, spread
from fastact.in_njit.rowwise import RowPlan, is_integral, ndim_of
from fastact.native import loop_registry
from fastact.rowwise.row_options import EVERY

VOID = ir.VoidType()
NO_OPTIONS = Options(None, None, None, [], [], [])
SECTIONS = 6  # of the table: see `fastact.rowkernels.ragged_loop`


def good_offsets(offsets: Any, n: Any) -> Any:
    """Whether these run from 0 to n and ascend."""
    good = offsets.size > 0 and offsets[0] == 0 and offsets[-1] == n
    for k in range(1, offsets.size):
        good &= offsets[k - 1] <= offsets[k]
    return good


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
        """Arrays in the dtype of the loop, as matrices whose first axis has the sequences."""
        kinds = [self.types[name] for name in self.inputs]
        ndim, starts = kinds[0].ndim, self.types["offsets"]
        axis = axes.known_axes(self.types["axis"], ndim)
        if (
            axis is None or not isinstance(self.known["axis"], int)
            or any(kind.ndim != ndim for kind in kinds) or not self.possible()
            or ndim_of(self.types["temperature"]) >= max(ndim, 1)
            or not (isinstance(starts, types.Array) and starts.ndim == 1 and starts.layout == "C")
            or not self.array_of_loop("out", self.dtype, ndim)
        ):  # fmt: skip
            return None
        b, along = call.builder, axes.Axes(axis)
        found = [self.operand(call, name, self.dtype) for name in self.inputs]
        given, copies = [operand for operand, _ in found], [copy for _, copy in found]
        first, sign = given[0], self.owner._sign
        shape = along.shape(b, first.shape)
        options = Options(None, None if sign == 1.0 else number(call, sign), None, [], [], [])
        for name in ("temperature", "softcap"):
            if self.known[name] is not None:
                options = row_options.MADE[name](self, call, shape, sign, options)
        # A copy, which no other thread can change between the check and the loop.
        offsets = operands.converted(call.context, b, starts, call.values["offsets"], "int64")
        options.copies.append(offsets)
        good = row_options.compiled(
            call, good_offsets, types.boolean, offsets, (types.int64, shape[-1])
        )
        places = operands.of_array(call.context, b, *offsets)
        beside = [*given[: self.apart], places]
        out, wrong = self.into(call, first.shape, given[self.apart :], beside)
        wrong += [b.not_(operands.same_shape(b, first, each)) for each in given[1:]]

        def make() -> Any:
            others = axes.Axes(tuple(k for k in range(ndim) if k != axis[0]))
            views, factors = axes.Views(call, others), axes.Views(call, last_axes(ndim - 1))
            made, result = self.made(call, out, first.shape)
            matrices = [views.of(operand, self.dtype) for operand in given]
            to = views.of(result, self.dtype, written=True)

            def of_rows(factor: Operand | None) -> Operand | None:
                if factor is None or not factor.shape:
                    return factor
                return factors.of(spread(b, factor, shape[:-1]), "float64")

            both = of_rows(options.factor), of_rows(options.capped_factor)
            seen = options._replace(factor=both[0], capped_factor=both[1])
            self.write(call, matrices, to, places, seen)
            factors.settle()
            views.settle()
            return self.finished(call, made)

        wrong += [b.not_(good), *options.wrong]
        return Attempt(make, either(b, *wrong), [*copies, *options.copies])

    def possible(self) -> bool:
        """Whether types are those of which operands can be made."""
        return True

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
        """The function over all sequences of a matrix."""

        def apply(dtype: str, x: Operand, y: Operand, factor: Operand | None) -> None:
            function, between = self.owner, []
            if not function._x_alone or factor is not None:
                function = self.owner._scaled
                sinks = () if self.owner._sink is None else (number(call, self.owner._sink),)
                every = operands.of_number(call.builder, INT(int(EVERY)))
                between = [factor or number(call, 1.0), *sinks, every]
            self.launch(call, function, dtype, [x, *between, y], places)

        special_rows.with_cap(call, self.dtype, x, y, options, apply)

    def launch(
        self, call: Call, function: Any, dtype: str, given: list[Operand], places: Operand
    ) -> None:
        """Call the loop of a function for each sequence: see `fastact.rowwise.ragged.run`."""
        b, count, columns = call.builder, len(given), given[0].shape[0]
        rows, zeros = given[0].shape[-1], [ZERO] * count
        core = [letter.isupper() for letter in function._letters]
        steps = [op.strides[0] if own else ZERO for op, own in zip(given, core, strict=True)]
        words = [b.ptrtoint(each.pointer, INT) for each in given]
        words += [each.strides[-1] if each.shape else ZERO for each in given]
        words += [*steps, *zeros, *(step for step, own in zip(steps, core, strict=True) if own)]
        table = cgutils.alloca_once(b, INT, size=SECTIONS * count)
        for k, word in enumerate(words):
            b.store(word, b.gep(table, [INT(k)]))
        need = symbols.needed(loop_registry.get, function.name, dtype)
        arguments = [
            symbols.pointer(call.context, b, need), symbols.block(b), table, INT(count),
            places.pointer, b.sub(places.shape[0], ONE), rows, ZERO, ZERO,
        ]  # fmt: skip
        some = b.icmp_signed(">", b.mul(rows, columns), ZERO)
        with b.if_then(some):
            operands.call(call.context, b, "sequences", VOID, arguments)


def last_axes(count: int) -> axes.Axes:
    """All axes of an array of so many."""
    return axes.Axes(tuple(range(count)))


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

    def possible(self) -> bool:
        """From the input, that decides the dtype; from the output there is no cap."""
        if self.inputs[1] == "y":
            return not self.given("softcap")
        return str(floating(self.types["x"])) == self.dtype

    def write(
        self, call: Call, matrices: list[Operand], to: Operand, places: Operand, options: Options
    ) -> None:
        """The product of the Jacobian and the vector, times the slope of a cap and the factor."""
        (d, y), b, slope = matrices, call.builder, None
        if self.inputs[1] == "x":
            slope = special_rows.slope_of(call, self.dtype, y, options)
            self.forward(call, y, to, places, options)
            y = to
        product, factor = self.owner.backward, options.factor
        if factor is None and slope is None:
            self.launch(call, product._function, self.dtype, [d, y, to], places)
            return
        one = number(call, 1.0)
        factor = factor or one
        everywhere = spread(b, operands.of_number(b, ir.IntType(8)(1)), y.shape)
        beside = [everywhere, one if slope else factor, operands.of_number(b, INT(int(EVERY)))]
        self.launch(call, product._with_mask, self.dtype, [d, y, *beside, to], places)
        if slope is not None:
            rows, slopes = transposed(to), transposed(slope.operand)
            special_rows.slope_rows(call, self.dtype, rows, slopes, factor, NO_OPTIONS)
            self.release(call, [slope.copy])


def transposed(matrix: Operand) -> Operand:
    """A matrix with the axis of the sequences as its last."""
    return Operand(matrix.pointer, matrix.shape[::-1], matrix.strides[::-1])
