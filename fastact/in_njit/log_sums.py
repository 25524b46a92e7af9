"""log-sum-exp and log-mean-exp inside compiled code, and their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.errors import TypingError

from fastact.in_njit import axes, operands, row_options
from fastact.in_njit.operands import Operand
from fastact.in_njit.plan import FLOATS, REAL, Attempt, Call, either, floating, is_array
from fastact.in_njit.rowwise import RowPlan, is_real, ndim_of
from fastact.rowwise import logsumexp
from fastact.rowwise.softmax_family import softmax

DOUBLE = ir.DoubleType()


# ---------------------------------------------------------------- what Numba compiles
def nothing_below_zero(logarithms: Any, signs: Any) -> None:
    """A sum below 0 has no logarithm."""
    for place, sign in np.ndenumerate(signs):
        if sign < 0:
            logarithms[place] = np.nan


def times_share(shares: Any, vectors: Any) -> None:
    """Multiply shares by the gradient of the result; where a share is 0, the product is."""
    for place, share in np.ndenumerate(shares):
        shares[place] = share * vectors[place] if share != 0 else 0.0


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
        counted = target._nin > 1 and self.known["where"] is not None  # which NumPy does
        if (
            found is None or counted
            or not row_options.simple(self, ndim, found)
            or not self.array_of_loop("out", self.dtype, self.ndim)
            or (self.known["where"] is not None and not found.run)
        ):  # fmt: skip
            return None
        x, copy = self.operand(call, "x", self.dtype)
        views = axes.Views(call, found)
        rows = views.of(x, self.dtype, (copy and copy[0]) or self.types["x"])
        options = row_options.of_call(self, call, x, rows, 1.0)
        shape = self.shape(call, found, x)
        out, wrong = self.into(call, shape, [], [x, *options.arrays])

        def make() -> Any:
            made, result = self.made(call, out, shape)
            result = self.of_rows(call, found, result)
            given, scratch = rows, None
            if options.where is not None:
                present, scratch = operands.scratch(call.context, b, self.dtype, x.shape)
                row_options.mask_in(call, self.dtype, x, options.where, -np.inf, present)
                given = found.rows(b, present, self.dtype)[0]
            counts = [operands.of_number(b, b.sitofp(given.shape[-1], DOUBLE))]
            between = counts if target._nin > 1 else []
            every = [given, *between, result]
            row_options.launch(call, target.name, self.dtype, target._letters, every)
            self.release(call, [scratch])
            return self.finished(call, made)

        wrong += [*options.wrong, views.broken]
        return Attempt(make, either(b, *wrong), [copy, *options.copies])

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
            or (self.known["where"] is not None and not found.run)
            or (self.dtype == "float16" and not signed)  # which Numba compares not
        ):  # fmt: skip
            return None
        x, copy = self.operand(call, "x", self.dtype)
        weights, another = operands.constant(b, self.dtype, 1.0), None
        if self.known["b"] is not None:
            weights, another = self.operand(call, "b", self.dtype)
        sizes, clash = operands.broadcast(b, [x, weights])
        x, weights = (row_options.spread(b, each, sizes) for each in (x, weights))
        views = axes.Views(call, found)
        rows, counts = (views.of(each, self.dtype) for each in (x, weights))
        options = row_options.of_call(self, call, x, rows, 1.0)
        shape = self.shape(call, found, x)
        out, wrong = self.into(call, shape, [], [x, weights, *options.arrays])
        item = self.result[0] if signed else self.result

        def make() -> Any:
            made, log = (None, out) if out else self.new_result(call, shape, item)
            present, scratch, other = counts, None, None
            if options.where is not None:
                kept, scratch = operands.scratch(call.context, b, self.dtype, sizes)
                row_options.mask_in(call, self.dtype, weights, options.where, 0.0, kept)
                present = found.rows(b, kept, self.dtype)[0]
            if signed or not shape:
                signs, sign = self.new_result(call, shape, item)
            else:
                sign, other = operands.scratch(call.context, b, self.dtype, shape)
            results = [self.of_rows(call, found, each) for each in (log, sign)]
            loop = logsumexp.weighted
            given = [rows, present, *results]
            row_options.launch(call, loop.name, self.dtype, loop._letters, given)
            if not signed:
                self.strike(call, log, sign)
            self.release(call, [scratch, other])
            if not signed:
                return self.finished(call, made)
            both = [self.finished(call, each, item) for each in (made, signs)]
            return call.context.make_tuple(b, self.result, both)

        wrong += [clash, *options.wrong, views.broken]
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


class LogSumBackward(RowPlan):
    """A call of the gradient of `logsumexp` or `logmeanexp`."""

    positional = ("ds",)

    def typed(self) -> Any:
        ty = self.rows("x")
        self.common()
        if not is_real(self.types["ds"]):
            raise self.refuse("ds", REAL)
        weights: Any = self.types.get("b")
        kinds = [np.dtype(str(floating(ty)))]
        if is_array(self.types["ds"]):
            kinds.append(np.dtype(str(floating(self.types["ds"]))))
        if is_array(weights) and weights.dtype in FLOATS:
            kinds.append(np.dtype(str(weights.dtype)))
        self.dtype = str(np.result_type(*kinds))
        number, ndim = operands.number_type(self.dtype), max(ndim_of(ty), ndim_of(weights))
        return self.out(types.Array(number, ndim, "C") if ndim else number)

    def attempt(self, call: Call) -> Attempt | None:
        ndim, vectors = ndim_of(self.types["x"]), ndim_of(self.types["ds"])
        found, b = axes.of_call(self, call, ndim), call.builder
        if (
            found is None or not found.run or not ndim or not row_options.simple(self, ndim, found)
            or ("b" in self.types and self.given("b")) or self.dtype == "float16"
            or str(floating(self.types["x"])) != self.dtype
            or not self.array_of_loop("out", self.dtype, ndim)
            or vectors > ndim
        ):  # fmt: skip
            return None
        x, copy = self.operand(call, "x", self.dtype)
        ds, another = self.operand(call, "ds", self.dtype)
        views = axes.Views(call, found)
        rows = views.of(x, self.dtype, (copy and copy[0]) or self.types["x"])
        sizes = x.shape if vectors == ndim else rows.shape[:-1]
        if vectors > len(sizes):
            return None
        options = row_options.of_call(self, call, x, rows, 1.0)
        out, wrong = self.into(call, x.shape, [x], [ds, *options.arrays])
        wrong.append(b.not_(operands.fits(b, ds, sizes)))
        target = out and views.of(out, self.dtype, self.types["out"])
        ds = row_options.spread(b, ds, sizes)
        if vectors == ndim:
            ds = views.of(ds, self.dtype)
        else:
            ds = Operand(ds.pointer, rows.shape, [*ds.strides, operands.ZERO])

        def make() -> Any:
            made, result = self.made(call, out, x.shape)
            to = target or found.rows(b, result, self.dtype)[0]
            row_options.forward(call, softmax, self.dtype, (x, result), (rows, to), options)
            arrays = (operands.as_array(call.context, b, each, self.dtype) for each in (to, ds))
            row_options.compiled(call, times_share, types.none, *arrays)
            return self.finished(call, made)

        wrong += [*options.wrong, views.broken]
        return Attempt(make, either(b, *wrong), [copy, another, *options.copies])


class LogSumJvp(LogSum):
    """A call of the tangent of `logsumexp` or `logmeanexp`."""

    positional = ("dx",)
    vectors = ("dx",)

    def attempt(self, call: Call) -> Attempt | None:
        return None
