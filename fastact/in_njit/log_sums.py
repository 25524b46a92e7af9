"""log-sum-exp and log-mean-exp inside compiled code, and their gradients."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.errors import TypingError

from fastact.in_njit import axes, operands, row_options
from fastact.in_njit.operands import ONE, Operand, led
from fastact.in_njit.plan import FLOATS, REAL, Attempt, Call, either, floating, is_array
from fastact.in_njit.rowwise import RowPlan, is_real, ndim_of
from fastact.rowwise import logsumexp
from fastact.rowwise.softmax_family import softmax

DOUBLE = ir.DoubleType()


# ---------------------------------------------------------------- what Numba compiles
def nothing_below_zero(logarithms: Any, signs: Any) -> None:
    """Write NaN to the logarithms of sums below 0."""
    for place, sign in np.ndenumerate(signs):
        if sign < 0:
            logarithms[place] = np.nan


def times_share(shares: Any, vectors: Any, products: Any) -> None:
    """Write to `products` shares times the gradient of the result, and 0 where a share is 0.

    float64 rounds products of float32 and float16 as their own arithmetic does.
    """
    for place, each in np.ndenumerate(shares):
        share = np.float64(each)
        products[place] = share * np.float64(vectors[place]) if share != 0 else 0.0


def counted(where: Any, counts: Any) -> None:
    """Write to `counts` how many elements of each row are present."""
    for place, _ in np.ndenumerate(counts):
        found = 0
        for i in range(where.shape[-1]):
            found += where[place + (i,)]  # noqa: RUF005  # Numba knows no `*place` here
        counts[place] = found


# ---------------------------------------------------------------- plans


class LogSum(RowPlan):
    """A call of `logsumexp` or `logmeanexp`."""

    positional: tuple[str, ...] = ("x",)
    vectors: tuple[str, ...] = ()  # arrays beside `x` that decide the dtype, and weights

    def typed(self) -> Any:
        ty = self.rows("x")
        self.common()
        for name in self.vectors:
            if not is_real(self.types[name]):
                raise self.refuse(name, REAL)
        beside = [self.types[name] for name in self.vectors]
        if is_array(self.types.get("b")) and self.types["b"].dtype in FLOATS:
            beside.append(self.types["b"])  # weights that are integers do not widen
        kinds = [np.dtype(str(floating(each))) for each in beside if is_array(each)]
        self.dtype = str(np.result_type(np.dtype(str(floating(ty))), *kinds))
        self.keep = self.constant("keepdims", "a bool", bool)
        ndim = max(ndim_of(ty), ndim_of(self.types.get("b")))
        ndim = self.ndim = ndim if self.keep or not ndim else ndim - self.lost(ndim)
        number = operands.number_type(self.dtype)
        result = types.Array(number, ndim, "C") if ndim else number
        if "return_sign" in self.types and self.constant("return_sign", "a bool", bool):
            if self.known["out"] is not None:
                raise TypingError(f"{self.name}(): out and return_sign together need Python")
            return types.UniTuple(result, 2)
        return self.out(result)

    def lost(self, ndim: int) -> int:
        """How many axes go."""
        ty = self.types["axis"]
        if isinstance(ty, types.BaseTuple):
            return len(ty)
        return ndim if self.known["axis"] is None else 1

    def attempt(self, call: Call) -> Attempt | None:
        ndim, target, b = ndim_of(self.types["x"]), self.ty.target, call.builder
        found = axes.of_call(self, call, ndim)
        if self.given(*(name for name in ("b", "return_sign") if name in self.types)):
            return self.weighted(call)
        if (
            found is None or not row_options.simple(self, ndim, found)
            or not self.array_of_loop("out", self.dtype, self.ndim)
        ):  # fmt: skip
            return None
        x, copy = self.operand(call, "x", self.dtype)
        options = row_options.of_call(self, call, x, found, 1.0)
        shape = self.shape(call, found, x)
        out, wrong = self.into(call, shape, [], [x, *options.arrays])

        def make() -> Any:
            views = axes.Views(call, found)
            made, result = self.made(call, out, shape)
            rows = views.of(x, self.dtype, (copy and copy[0]) or self.types["x"])
            mask, scratch, copy_of_counts = options.in_rows(views).where, None, None
            counts: list[Operand] = []
            if target._nin > 1:
                counts, copy_of_counts = self.counts(call, rows, mask)
            if mask is not None:
                present, scratch = operands.scratch(call.context, b, self.dtype, rows.shape)
                row_options.mask_in(call, self.dtype, rows, mask, -np.inf, present)
                rows = present
            every = [rows, *counts, self.of_rows(call, found, result)]
            row_options.launch(call, target.name, self.dtype, target._letters, every)
            self.release(call, [scratch, copy_of_counts])
            views.settle()
            return self.finished(call, made)

        wrong += [found.wrong, *options.wrong]
        return Attempt(make, either(b, *wrong), [copy, *options.copies])

    def counts(self, call: Call, rows: Operand, mask: Operand | None) -> tuple[list[Operand], Any]:
        """How many elements of each row count, as an operand, and the memory that it is in."""
        b, context = call.builder, call.context
        if mask is None:
            return [operands.of_number(b, b.sitofp(rows.shape[-1], DOUBLE))], None
        found, copy = operands.scratch(context, b, "float64", [ONE, *rows.shape[:-1]])
        where = operands.as_array(context, b, led(mask), "bool")
        row_options.compiled(call, counted, types.none, where, copy)
        return [found.without(0)], copy

    def shape(self, call: Call, found: axes.Axes, x: Operand) -> list[Any]:
        """The lengths of the result."""
        return (found.ones if self.keep else found.kept)(call.builder, x.shape)

    def of_rows(self, call: Call, found: axes.Axes, result: Operand) -> Operand:
        """The result as one number of each row."""
        if not self.keep:
            return result
        rows, _ = found.rows(call.builder, result, self.dtype)
        return rows.without(len(rows.shape) - 1)

    def weighted(self, call: Call) -> Attempt | None:
        """The logarithms of sums with weights, and their signs."""
        ndim = max(ndim_of(self.types["x"]), ndim_of(self.types["b"]))
        found, b, signed = axes.of_call(self, call, ndim), call.builder, self.known["return_sign"]
        if (
            found is None or not row_options.simple(self, ndim, found)
            or not self.array_of_loop("out", self.dtype, self.ndim)
            or (self.dtype == "float16" and not signed)  # which Numba compares not
        ):  # fmt: skip
            return None
        x, copy = self.operand(call, "x", self.dtype)
        weights, another = operands.constant(b, self.dtype, 1.0), None
        if self.known["b"] is not None:
            weights, another = self.operand(call, "b", self.dtype)
        sizes, clash = operands.broadcast(b, [x, weights])
        x, weights = (row_options.spread(b, each, sizes) for each in (x, weights))
        options = row_options.of_call(self, call, x, found, 1.0)
        shape = self.shape(call, found, x)
        out, wrong = self.into(call, shape, [], [x, weights, *options.arrays])
        item = self.result[0] if signed else self.result

        def make() -> Any:
            views = axes.Views(call, found)
            made, log = (None, out) if out else self.new_result(call, shape, item)
            rows, counts = (views.of(each, self.dtype) for each in (x, weights))
            mask, scratch, other = options.in_rows(views).where, None, None
            if mask is not None:
                kept, scratch = operands.scratch(call.context, b, self.dtype, counts.shape)
                row_options.mask_in(call, self.dtype, counts, mask, 0.0, kept)
                counts = kept
            if signed or not shape:
                signs, sign = self.new_result(call, shape, item)
            else:
                sign, other = operands.scratch(call.context, b, self.dtype, shape)
            results = [self.of_rows(call, found, each) for each in (log, sign)]
            loop = logsumexp.weighted
            given = [rows, counts, *results]
            row_options.launch(call, loop.name, self.dtype, loop._letters, given)
            if not signed:
                self.strike(call, log, sign)
            self.release(call, [scratch, other])
            views.settle()
            if not signed:
                return self.finished(call, made)
            both = [self.finished(call, each, item) for each in (made, signs)]
            return call.context.make_tuple(b, self.result, both)

        wrong += [clash, found.wrong, *options.wrong]
        return Attempt(make, either(b, *wrong), [copy, another, *options.copies])

    def strike(self, call: Call, log: Operand, sign: Operand) -> None:
        """Write NaN where a sum is below 0, which has no logarithm."""
        b, single = call.builder, len(log.shape) == 0
        if not single:
            arrays = (operands.as_array(call.context, b, each, self.dtype) for each in (log, sign))
            row_options.compiled(call, nothing_below_zero, types.none, *arrays)
            return
        kind = call.context.get_data_type(operands.number_type(self.dtype))
        logarithm, total = (b.bitcast(each.pointer, kind.as_pointer()) for each in (log, sign))
        below = b.fcmp_ordered("<", b.load(total), kind(0.0))
        b.store(b.select(below, kind(float("nan")), b.load(logarithm)), logarithm)


class Terms(NamedTuple):
    """Elements and weights of a call in one dtype and shape; None if not given."""

    dtype: str  # of shares
    x: Operand
    weights: Operand | None
    options: row_options.Options
    wrong: list[Any]
    copies: list[Any]

    def in_rows(self, views: axes.Views) -> Terms:
        """The same as rows."""
        weights = self.weights and views.of(self.weights, self.dtype)
        x, options = views.of(self.x, self.dtype), self.options.in_rows(views)
        return self._replace(x=x, weights=weights, options=options)


class OfShares(RowPlan):
    """What derivatives share: what each element adds to the logarithm for a small step."""

    @property
    def has_weights(self) -> bool:
        return "b" in self.types and self.known["b"] is not None

    @property
    def kind(self) -> str:
        """The dtype of shares: that of the input, float64 with weights."""
        return "float64" if self.has_weights else str(floating(self.types["x"]))

    @property
    def joint(self) -> str:
        """The dtype in which elements and weights come together; integers do not widen."""
        kinds = [np.dtype(str(floating(self.types["x"])))]
        weights: Any = self.types.get("b")
        if is_array(weights) and weights.dtype in FLOATS:
            kinds.append(np.dtype(str(weights.dtype)))
        return str(np.result_type(*kinds))

    def possible(self, call: Call, ndim: int) -> axes.Axes | None:
        """The axes, if types are those of which operands can be made."""
        found = axes.of_call(self, call, ndim)
        return found if found is not None and row_options.simple(self, ndim, found) else None

    def terms(self, call: Call, found: axes.Axes) -> Terms:
        """The operands of shares."""
        b = call.builder
        x, *copies = self.wide(call, "x")
        weights, wrong = None, [found.wrong]
        if self.has_weights:
            weights, *others = self.wide(call, "b")
            copies += others
            sizes, clash = operands.broadcast(b, [x, weights])
            x, weights = (row_options.spread(b, each, sizes) for each in (x, weights))
            wrong.append(clash)
        options = row_options.of_call(self, call, x, found, 1.0)
        return Terms(self.kind, x, weights, options, [*wrong, *options.wrong], copies)

    def wide(self, call: Call, name: str) -> tuple[Operand, Any, Any]:
        """An argument in the dtype of shares, by way of that of elements and weights; copies."""
        if not self.has_weights:
            return *self.operand(call, name, self.kind), None
        found, copy = self.operand(call, name, self.joint)
        if self.joint == "float64":
            return found, copy, None
        context, b = call.context, call.builder
        if not found.shape:
            number = operands.number_type(self.joint)
            place = b.bitcast(found.pointer, context.get_value_type(number).as_pointer())
            return (
                operands.of_number(b, context.cast(b, b.load(place), number, types.float64)),
                copy,
                None,
            )
        array = operands.as_array(context, b, found, self.joint)
        another = operands.converted(context, b, *array, "float64")
        return operands.of_array(context, b, *another), copy, another

    def write(self, call: Call, terms: Terms, to: Operand) -> None:
        """Write the shares of rows."""
        options, copy, weights = terms.options, None, terms.weights
        if weights is None:
            row_options.forward(call, softmax, terms.dtype, terms.x, to, options)
            return
        if options.where is not None:
            present, copy = operands.scratch(call.context, call.builder, terms.dtype, to.shape)
            row_options.mask_in(call, terms.dtype, weights, options.where, 0.0, present)
            weights = present
        loop = logsumexp.weighted_shares
        row_options.launch(call, loop.name, terms.dtype, loop._letters, [terms.x, weights, to])
        self.release(call, [copy])


class LogSumBackward(OfShares):
    """A call of the gradient of `logsumexp` or `logmeanexp`."""

    positional = ("ds",)

    def typed(self) -> Any:
        ty = self.rows("x")
        self.common()
        if not is_real(self.types["ds"]):
            raise self.refuse("ds", REAL)
        kinds = [np.dtype(self.joint)]
        if is_array(self.types["ds"]):
            kinds.append(np.dtype(str(floating(self.types["ds"]))))
        self.dtype = str(np.result_type(*kinds))
        number, ndim = (
            operands.number_type(self.dtype),
            max(ndim_of(ty), ndim_of(self.types.get("b"))),
        )
        return self.out(types.Array(number, ndim, "C") if ndim else number)

    def attempt(self, call: Call) -> Attempt | None:
        ndim, vectors = (
            max(map(ndim_of, map(self.types.get, ("x", "b")))),
            ndim_of(self.types["ds"]),
        )
        found, b, context = self.possible(call, ndim), call.builder, call.context
        if found is None or vectors > ndim or not self.array_of_loop("out", self.dtype, ndim):
            return None
        terms = self.terms(call, found)
        ds, another = self.operand(call, "ds", self.dtype)
        x, shape = terms.x, found.shape(b, terms.x.shape)
        sizes = x.shape if vectors == ndim else shape[:-1]
        if vectors > len(sizes):
            return None
        given = [each for each in (x, terms.weights) if each]
        same, apart = ([], given) if self.has_weights else (given, [])
        out, wrong = self.into(call, x.shape, same, [*apart, ds, *terms.options.arrays])
        wrong.append(b.not_(operands.fits(b, ds, sizes)))
        ds = row_options.spread(b, ds, sizes)

        def make() -> Any:
            views = axes.Views(call, found)
            made, result = self.made(call, out, x.shape)
            to, scratch = views.of(result, self.dtype, self.result, written=True), None
            vector = Operand(ds.pointer, shape, [*ds.strides, operands.ZERO])
            if vectors == ndim:
                vector = views.of(ds, self.dtype)
            shares = to
            if terms.dtype != self.dtype:
                shares, scratch = operands.scratch(context, b, terms.dtype, shape)
            self.write(call, terms.in_rows(views), shares)
            arrays = ((shares, terms.dtype), (vector, self.dtype), (to, self.dtype))
            every = (operands.as_array(context, b, *each) for each in arrays)
            row_options.compiled(call, times_share, types.none, *every)
            self.release(call, [scratch])
            views.settle()
            return self.finished(call, made)

        wrong += terms.wrong
        return Attempt(make, either(b, *wrong), [*terms.copies, another, *terms.options.copies])


class LogSumJvp(LogSum, OfShares):
    """A call of the tangent of `logsumexp` or `logmeanexp`."""

    positional = ("dx",)
    vectors = ("dx",)

    def attempt(self, call: Call) -> Attempt | None:
        ndim = max(map(ndim_of, map(self.types.get, ("x", "b"))))
        found, b, context = self.possible(call, ndim), call.builder, call.context
        fits = ndim_of(self.types["dx"]) <= ndim
        if found is None or not fits or not self.array_of_loop("out", self.dtype, self.ndim):
            return None
        terms = self.terms(call, found)
        kind = str(np.promote_types(terms.dtype, self.dtype))  # of the loop
        dx, another = self.operand(call, "dx", kind)
        x, shape = terms.x, self.shape(call, found, terms.x)
        given = [each for each in (x, dx, terms.weights) if each]
        out, wrong = self.into(call, shape, [], [*given, *terms.options.arrays])
        wrong.append(b.not_(operands.fits(b, dx, x.shape)))
        dx = row_options.spread(b, dx, x.shape)

        def make() -> Any:
            views = axes.Views(call, found)
            made, result = self.made(call, out, shape)
            to, loop = self.of_rows(call, found, result), logsumexp.sum_of_products
            rows = terms.in_rows(views)
            shares, scratch = operands.scratch(context, b, terms.dtype, rows.x.shape)
            self.write(call, rows, shares)
            wide, total, other, copy = shares, to, None, None
            if kind != terms.dtype:
                wide, other = operands.scratch(context, b, kind, rows.x.shape)
                operands.convert(context, b, other, scratch)
            if kind != self.dtype:
                led_total, copy = operands.scratch(context, b, kind, [ONE, *to.shape])
                total = led_total.without(0)
            every = [wide, views.of(dx, kind), total]
            row_options.launch(call, loop.name, kind, loop._letters, every)
            if copy is not None:
                operands.convert(
                    context, b, operands.as_array(context, b, led(to), self.dtype), copy
                )
            self.release(call, [scratch, other, copy])
            views.settle()
            return self.finished(call, made)

        wrong += terms.wrong
        return Attempt(make, either(b, *wrong), [*terms.copies, another, *terms.options.copies])
