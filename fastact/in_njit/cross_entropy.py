"""Cross-entropy inside compiled code: labels and their factors, and the fused loops."""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np
from numba.core import cgutils, types

from fastact.in_njit import axes, operands
from fastact.in_njit.loss_plan import DOUBLE, LossPlan
from fastact.in_njit.operands import INT, ZERO, Operand, product
from fastact.in_njit.plan import UNKNOWN, Attempt, Call, either, is_array, is_number
from fastact.in_njit.row_options import compiled, launch, number, spread, times
from fastact.in_njit.rowwise import is_integral
from fastact.losses import cross_entropy

OPTIONS = ("weight", "ignore_index", "label_smoothing")


# ---------------------------------------------------------------- what Numba compiles
def checked(labels: Any, classes: Any, weight: Any, ignore: Any, large: Any) -> Any:
    """Labels of rows that count and 0 elsewhere, weights, how many count, and whether all is well.

    Weights of rows beyond `large`, or below its inverse, are not: Python may have to scale them.
    Labels and weights are new arrays: nobody else can change them between this check and the loop.
    """
    found, of_row = np.empty(labels.shape, np.int64), np.ones(labels.shape)
    good, count = True, 0
    if weight is not None:
        good = weight.size == classes
        for each in weight:
            good &= np.isfinite(each)
    for place, label in np.ndenumerate(labels):
        number, counts = np.int64(label), True
        good &= (number < 0) == (label < 0)  # but for uint64 that are no int64
        if ignore is not None:
            counts = number != ignore
        here = number if counts else 0
        inside = 0 <= here < classes
        good &= inside
        found[place] = here
        if weight is not None and inside and here < weight.size:
            of_row[place] = weight[here]
            good &= weight[here] == 0.0 or 1.0 / large <= abs(weight[here]) <= large
        count += counts
    return found, of_row, count, good


def scaled(labels: Any, of_row: Any, each: Any, ignore: Any, smoothing: Any, classes: Any) -> Any:
    """Make factors of the weights of rows, in place; return what is spread over the classes."""
    spread_out = np.empty(of_row.shape)
    for place, label in np.ndenumerate(labels):
        share = each
        if ignore is not None and np.int64(label) == ignore:
            share = 0.0 * each
        of_row[place] = (1.0 - smoothing) * (of_row[place] * share)
        spread_out[place] = smoothing / max(classes, 1) * share  # without classes labels are wrong
    return spread_out


def likelihoods(x: Any, labels: Any, factors: Any, losses: Any) -> None:
    """Write the losses of rows, which are along the last axis."""
    for place, label in np.ndenumerate(labels):
        factor = factors[place]
        picked = np.float64(x[place + (label,)])  # noqa: RUF005  # Numba knows no `*place` here
        losses[place] = (0.0 if factor == 0.0 else -picked) * factor


def slopes(labels: Any, factors: Any, gradient: Any) -> None:
    """Write the gradient of these losses by x."""
    gradient[...] = 0.0
    for place, label in np.ndenumerate(labels):
        gradient[place + (label,)] = 0.0 - factors[place]  # noqa: RUF005  # as above


# ---------------------------------------------------------------- the operands of a call
class Targets(NamedTuple):
    """Labels, what multiplies rows, and for smoothing what is spread and the weights of classes."""

    labels: Operand
    factor: Operand
    smoothing: tuple[Operand, Operand] | None
    wrong: list[Any]
    copies: list[Any]
    arrays: tuple[Any, ...] = ()  # labels and factors, with their types, where these are arrays


class OfLabels(LossPlan):
    """What losses of rows with a label each share."""

    counted = True
    soft = False  # whether labels may be probabilities

    def check(self) -> None:
        if not self.types[self.data].ndim:
            raise self.refuse(self.data, "an array with an axis")
        labels = self.types["labels"]
        real = is_array(labels) and isinstance(labels.dtype, types.Float)
        soft = self.soft and self.ty.member != "gradient_and_hessian"
        if not is_integral(labels) and not (real and soft):
            either_kind = " or floats (probabilities)" if soft else ""
            raise self.refuse("labels", f"an array of integers (class indices){either_kind}")
        if not isinstance(self.known["axis"], int) and not is_integral(self.types["axis"]):
            raise self.refuse("axis", "an integer")
        self.check_options()

    def check_options(self) -> None:
        """Check the types of options."""
        for name, needed, good, kinds in (
            ("weight", "an array of numbers", is_array, ()),
            ("ignore_index", "an integer", is_integral, int),
            ("label_smoothing", "a number", is_number, int | float),
            ("hessian_scale", "a number", is_number, int | float),
        ):
            known = self.known.get(name)
            if known is None:
                continue
            fine = good(self.types[name]) if known is UNKNOWN else isinstance(known, kinds)
            if not fine:
                raise self.refuse(name, needed)
        self.refuse_bools("label_smoothing", "hessian_scale")

    def loss_ndim(self, ty: Any) -> int:
        return int(ty.ndim) - 1

    def axis(self) -> int | None:
        """The axis from 0, if our own code can be written for it, and for labels."""
        axis, ndim = self.known["axis"], self.types[self.data].ndim
        weight = self.types["weight"]
        plain = (
            isinstance(axis, int) and -ndim <= axis < ndim and ndim > 1 and self.plain_out()
            and self.reduction in {"mean", "sum", "none"}
            and is_array(self.types["labels"]) and is_integral(self.types["labels"])
            and self.types["labels"].ndim == ndim - 1
            and (self.known["weight"] is None or weight.ndim == 1)
            # NumPy adds the weights of rows that count in an order of its own
            and not (self.reduction == "mean" and all(map(self.given, OPTIONS[:2])))
        )  # fmt: skip
        return axis % ndim if plain else None

    def targets(self, call: Call, x: Operand, axis: int, *, arrays: bool = False) -> Targets:
        """The operands that stand for labels and options."""
        options = [name for name in OPTIONS if name in self.types]
        if arrays or self.given(*options):
            return self.with_options(call, x, axis)
        b = call.builder
        labels, copy = self.plain_labels(call)
        rows = product(b, labels.shape)
        first = b.bitcast(labels.pointer, INT.as_pointer())
        strange = operands.call(call.context, b, "njit_outside", INT, [first, rows, x.shape[axis]])
        factor = DOUBLE(1.0)
        if self.reduction == "mean":
            factor = b.fdiv(factor, b.sitofp(rows, DOUBLE))
        wrong = [b.icmp_signed("!=", strange, ZERO), *self.misshapen(call, labels, x, axis)]
        return Targets(labels, operands.of_number(b, factor), None, wrong, [copy])

    def misshapen(self, call: Call, labels: Operand, x: Operand, axis: int) -> list[Any]:
        """Whether labels are not those of the rows, or there are none."""
        b = call.builder
        none = b.icmp_signed("==", product(b, labels.shape), ZERO)
        return [b.not_(operands.same_shape(b, labels, x.without(axis))), none]

    def plain_labels(self, call: Call) -> tuple[Operand, Any]:
        """The labels as contiguous int64, the caller's own if they are, and the copy or None."""
        ty, value = self.types["labels"], call.values["labels"]
        copy = None
        if ty.dtype != types.int64 or ty.layout != "C":
            copy = operands.converted(call.context, call.builder, ty, value, "int64")
            ty, value = copy
        return operands.of_array(call.context, call.builder, ty, value), copy

    def option(self, call: Call, name: str, ty: Any) -> tuple[Any, Any]:
        """The type and value of an option that is a number or None."""
        if self.known.get(name) is None:
            return types.none, call.context.get_dummy_value()
        return ty, self.number(call, name, str(ty))

    def with_options(self, call: Call, x: Operand, axis: int) -> Targets:
        """Labels and factors as arrays of their own."""
        b, context = call.builder, call.context
        ty, ndim = self.types["labels"], self.types["labels"].ndim
        kinds = [types.Array(kind, ndim, "C") for kind in (types.int64, types.float64)]
        result = types.Tuple([*kinds, types.int64, types.boolean])
        classes = types.int64, x.shape[axis]
        weight, copies = (types.none, context.get_dummy_value()), []
        if self.known["weight"] is not None:
            _, copy = self.operand(call, "weight", "float64")
            weight = copy or (self.types["weight"], call.values["weight"])
            copies.append(copy)
        ignore = self.option(call, "ignore_index", types.int64)
        given = ty, call.values["labels"]
        large = cross_entropy.LARGE if self.reduction == "mean" else math.inf
        made = compiled(
            call, checked, result, given, classes, weight, ignore, (types.float64, DOUBLE(large))
        )
        labels, factors, count, good = cgutils.unpack_tuple(b, made, 4)
        copies += [(kinds[0], labels), (kinds[1], factors)]
        found = operands.of_array(context, b, kinds[0], labels)
        factor = operands.of_array(context, b, kinds[1], factors)
        each = DOUBLE(1.0)
        if self.reduction == "mean":
            each = self.share(call, factor, count, weighted=weight[0] is not types.none)
        wrong = [b.not_(good), *self.misshapen(call, found, x, axis)]
        smoothing = DOUBLE(0.0)
        smooth = "label_smoothing" in self.types and self.known["label_smoothing"] != 0.0
        if smooth:
            smoothing = self.number(call, "label_smoothing", "float64")
            inside = b.and_(
                b.fcmp_ordered(">", smoothing, DOUBLE(0.0)),
                b.fcmp_ordered("<=", smoothing, DOUBLE(1.0)),
            )
            wrong.append(b.not_(inside))
        second = compiled(
            call, scaled, kinds[1], given, (kinds[1], factors), (types.float64, each), ignore,
            (types.float64, smoothing), classes,
        )  # fmt: skip
        copies.append((kinds[1], second))
        pair = None
        if smooth:
            spread_out = operands.of_array(context, b, kinds[1], second)
            pair = self.weights(call, weight, x, axis, copies), spread_out
        arrays = (kinds[0], labels), (kinds[1], factors)
        return Targets(found, factor, pair, wrong, copies, arrays)

    def share(self, call: Call, of_row: Operand, count: Any, *, weighted: bool) -> Any:
        """One over the weight of all rows that count."""
        b = call.builder
        mass = b.sitofp(count, DOUBLE)
        if weighted:
            numbers = b.bitcast(of_row.pointer, DOUBLE.as_pointer())
            rows = product(b, of_row.shape)
            mass = operands.call(call.context, b, "njit_total", DOUBLE, [numbers, rows])
        none = b.fcmp_ordered("==", mass, DOUBLE(0.0))
        return b.select(none, DOUBLE(0.0), b.fdiv(DOUBLE(1.0), mass))

    def weights(
        self, call: Call, weight: tuple[Any, Any], x: Operand, axis: int, copies: list[Any]
    ) -> Operand:
        """The weights of classes in the dtype of the loop, or ones, along the axis."""
        b, ty = call.builder, weight[0]
        if ty is types.none:
            return spread(b, operands.constant(b, self.dtype, 1.0), x.shape)
        if self.dtype != "float64":
            weight = operands.converted(call.context, b, *weight, self.dtype)
            copies.append(weight)
        found = operands.of_array(call.context, b, *weight)
        strides = [ZERO] * len(x.shape)
        strides[axis] = found.strides[0]
        return Operand(found.pointer, x.shape, strides)


class CrossEntropy(OfLabels):
    """A call of `softmax_cross_entropy`."""

    soft = True

    def attempt(self, call: Call) -> Attempt | None:
        if is_array(self.types["labels"]) and isinstance(self.types["labels"].dtype, types.Float):
            return self.of_probabilities(call)
        axis, b = self.axis(), call.builder
        if axis is None:
            return None
        x, copy = self.operand(call, self.data, self.dtype)
        found = self.targets(call, x, axis)
        outs, wrong = self.outs(call, x, [found.labels])
        wrong += found.wrong
        if self.ty.member == "gradient_and_hessian":
            scale = self.number(call, "hessian_scale", "float64")
            wrong.append(b.not_(b.fcmp_ordered("==", b.fsub(scale, scale), DOUBLE(0.0))))
            make = functools.partial(self.second, call, x, found, scale, outs, axis)
        else:
            between, functions = [found.labels, found.factor], cross_entropy.LABELLED
            if found.smoothing is not None:
                between, functions = [*between, *found.smoothing], cross_entropy.GENERAL
            function = functions[self.gradient]
            make = functools.partial(self.fused, call, function, [x, *between], outs, axis)
        return Attempt(make, either(b, *wrong), [copy, *found.copies])

    def second(
        self, call: Call, x: Operand, found: Targets, scale: Any, outs: list[Operand], axis: int
    ) -> Any:
        """The gradient and the hessian."""
        b, copy = call.builder, None
        made, results = self.results(call, outs, x)
        if found.arrays:
            _, (ty, factors) = found.arrays
            copy = ty, compiled(call, times, ty, (ty, factors), (types.float64, scale))
            scales = operands.of_array(call.context, b, *copy)
        else:
            scales = operands.of_number(b, scale)
        function = cross_entropy.HESSIAN
        given = [x, found.labels, found.factor, scales, *results]
        launch(call, function.name, self.dtype, function._letters, given, axis)
        self.release(call, [copy])
        return self.derivatives(call, made)

    def fused(
        self, call: Call, function: Any, inputs: list[Operand], outs: list[Operand], axis: int
    ) -> Any:
        """The losses of rows, and their reduction."""
        b, ndim, x = call.builder, len(inputs[0].shape) - 1, inputs[0]
        ty = types.Array(types.float64, ndim, "C")
        rows = x.without(axis).shape
        losses = operands.empty(call.context, b, ty, rows)
        each = operands.of_array(call.context, b, ty, losses)
        made, results = self.results(call, outs, x)
        launch(call, function.name, self.dtype, function._letters, [*inputs, each, *results], axis)
        return self.finished(call, self.reduced(call, ndim, losses, each), made)

    def of_probabilities(self, call: Call) -> Attempt | None:
        """Labels are an array like the logits."""
        ty, ndim, b = self.types["labels"], self.types[self.data].ndim, call.builder
        axis = self.known["axis"]
        if (
            not (isinstance(axis, int) and -ndim <= axis < ndim) or self.given(*OPTIONS)
            or ty.ndim != ndim or ty.dtype != self.element or not self.plain_out()
            or self.reduction not in {"mean", "sum", "none"} or ndim < 2
        ):  # fmt: skip
            return None
        axis %= ndim
        x, copy = self.operand(call, self.data, self.dtype)
        q = operands.of_array(call.context, b, ty, call.values["labels"])
        outs, wrong = self.outs(call, x, [q])
        size = product(b, x.shape)
        wrong += [b.not_(operands.same_shape(b, x, q)), b.icmp_signed("==", size, ZERO)]
        scale = DOUBLE(1.0)
        if self.reduction == "mean":
            scale = b.fdiv(b.sitofp(x.shape[axis], DOUBLE), b.sitofp(size, DOUBLE))
        none = operands.of_number(b, INT(int(cross_entropy.NO_LABEL)))
        inputs = [x, none, number(call, 0.0), q, operands.of_number(b, scale)]

        function = cross_entropy.GENERAL[self.gradient]
        make = functools.partial(self.fused, call, function, inputs, outs, axis)
        return Attempt(make, either(b, *wrong), [copy])


class NegativeLogLikelihood(OfLabels):
    """A call of `nll`, which picks one element of each row."""

    def attempt(self, call: Call) -> Attempt | None:
        axis, b, context = self.axis(), call.builder, call.context
        if axis is None:
            return None
        x, copy = self.operand(call, self.data, self.dtype)
        found, along = self.targets(call, x, axis, arrays=True), axes.Axes((axis,))
        outs, wrong = self.outs(call, x, [])
        labels, factors = found.arrays

        def array_of(operand: Operand) -> Any:
            rows, _ = along.rows(b, operand, self.dtype)
            return operands.as_array(context, b, rows, self.dtype)

        def make() -> Any:
            count = len(found.labels.shape)
            losses_type = types.Array(types.float64, count, "C")
            losses = operands.empty(context, b, losses_type, found.labels.shape)
            given = array_of(x), labels, factors, (losses_type, losses)
            compiled(call, likelihoods, types.none, *given)
            each = operands.of_array(context, b, losses_type, losses)
            made, gradients = self.results(call, outs, x)
            for gradient in gradients:
                compiled(call, slopes, types.none, labels, factors, array_of(gradient))
            return self.finished(call, self.reduced(call, count, losses, each), made)

        return Attempt(make, either(b, *wrong, *found.wrong), [copy, *found.copies])
