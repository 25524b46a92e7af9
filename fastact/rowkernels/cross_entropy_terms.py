"""What the loss of a row and its gradient are made of: operands, any row, sums and results.

The passes of `cross_entropy` put these together. What they cannot compute, rows with a large
maximum, `any_row` does in float64.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.dispatch import outlined
from fastact.compiler.simd import LANES, double, splat, within
from fastact.numerics.primitives import fma, single, where
from fastact.rowkernels.across import accumulators
from fastact.rowkernels.along import fill, largest, nan_if_any
from fastact.rowkernels.arithmetic import (
    DOUBLE,
    INF,
    NATIVE,
    Precision,
    Terms,
    finite_of,
    folded,
    in_order,
    join_double,
    log_sum,
    sum_of_lanes,
)
from fastact.rowkernels.memory import each_vector, element_at, fetch, fetch_across, put


# ---------------------------------------------------------------- operands
class Labelled(NamedTuple):
    """Rows of logits; of each the label, what its loss is multiplied by, and the loss."""

    x: Any
    label: Any
    factor: Any
    loss: Any


class LabelledGradient(NamedTuple):
    """The same, with rows of gradients."""

    x: Any
    label: Any
    factor: Any
    loss: Any
    dx: Any


class Weighted(NamedTuple):
    """As `Labelled`, with rows of targets `w`, times `smoothing`; a label may be -1, for none."""

    x: Any
    label: Any
    factor: Any
    w: Any
    smoothing: Any
    loss: Any


class WeightedGradient(NamedTuple):
    """The same, with rows of gradients: what `complete` makes of all operands."""

    x: Any
    label: Any
    factor: Any
    w: Any
    smoothing: Any
    loss: Any
    dx: Any


class Form(NamedTuple):
    """One of four losses: its dtype, and what it has."""

    dtype: str
    weighted: bool
    gradient: bool

    @property
    def f(self) -> Precision:
        """The precision of exponentials."""
        return NATIVE[self.dtype]

    @property
    def terms(self) -> Terms:
        """The terms of the sum."""
        return Terms(self.f, without_largest=True)


@functools.cache
def complete(form: Form) -> Any:
    """Make the function that makes operands `WeightedGradient`.

    In the place of an operand that the form has not stands another, which is never read there.
    """
    weighted, gradient = form.weighted, form.gradient

    def complete(given):
        """Return operands that have every field, from those that were `given`."""
        x, factor = given.x, given.factor
        w = given.w if weighted else x
        smoothing = given.smoothing if weighted else factor
        dx = given.dx if gradient else x
        return WeightedGradient(x, given.label, factor, w, smoothing, given.loss, dx)

    return njit(complete)


@njit
def value_of_row(values):
    """Return the one number that an operand without the axis has for a row."""
    return values.pointer[0]


@njit
def class_of(row, n):
    """Return the label of a row of `n` classes, or -1 for none.

    Labels have been checked, but are the caller's own memory: whatever other threads write there
    meanwhile, no index leaves the row.
    """
    label = value_of_row(row.label)
    return label if np.uint64(label) < np.uint64(n) else np.int64(-1)


# ---------------------------------------------------------------- any target, any row
class Sums(NamedTuple):
    """Sum, rest and count of exponentials; the sums of w (m - x) and of w over the targets."""

    total: Any
    rest: Any
    count: Any
    spread: Any
    mass: Any


@functools.cache
def sums_of_any_row(form: Form) -> Any:
    """Make the function that sums any row in float64."""
    f, weighted = DOUBLE[form.dtype], form.weighted
    power = Terms(f, without_largest=True, quick=False).power
    fold, ((start, _), add, _) = folded(f, without_largest=True), f.other_terms

    def sums_of_any_row(x, w, n, m, infinite):
        """Return the `Sums` of the row `x` with maximum `m` and targets `w`."""
        total, rest, count = splat(start), splat(0.0), splat(0.0)
        spread, mass = splat(0.0), splat(0.0)
        for i in range(0, n, LANES):
            v = within(finite_of(fetch(x, i, n - i, 0.0), infinite), n - i, -INF)
            q = fetch(w, i, n - i, 0.0) if weighted else splat(0.0)
            e = within(power(v, m), n - i, 0.0)
            count += where(v == m, 1.0, splat(0.0))
            total, rest = add(total, rest, where(v == m, 0.0, e))
            spread += where(q == 0.0, 0.0, q * (m - v))
            mass += q
        total, rest = fold(total, rest)
        return Sums(
            total, rest, sum_of_lanes(count), sum_of_lanes(spread), sum_of_lanes(mass)
        )  # fmt: skip

    return njit(sums_of_any_row)


@functools.cache
def gradient_of_any_row(form: Form) -> Any:
    """Make the function that writes the gradient of any row, but for that of the label."""
    weighted, round_off = form.weighted, form.f.round
    power = Terms(DOUBLE[form.dtype], without_largest=True, quick=False).power

    def gradient_of_any_row(row, n, m, infinite, share):
        """Write the gradient to `row.dx`; `share` is what exponentials are multiplied by."""
        smoothing = value_of_row(row.smoothing)
        for i in range(0, n, LANES):
            v = finite_of(fetch(row.x, i, n - i, 0.0), infinite)
            q = fetch(row.w, i, n - i, 0.0) if weighted else splat(0.0)
            put(row.dx, i, n - i, round_off(power(v, m) * share - smoothing * q))

    return njit(gradient_of_any_row)


@functools.cache
def any_row(form: Form) -> Any:
    """Make the function of any row, in float64.

    The target is `smoothing` w, and `factor` more at the label.
    """
    f, weighted, gradient = DOUBLE[form.dtype], form.weighted, form.gradient
    most, nan_of, log_of, up, round_off = largest(f), nan_if_any(f), log_sum(f), f.up, form.f.round
    power, sums = Terms(f, without_largest=True, quick=False).power, sums_of_any_row(form)
    write = gradient_of_any_row(form)

    def any_row(row, n):
        """Return the loss of `row`, and write its gradient to `row.dx`."""
        x, w, dx = row.x, row.w, row.dx
        label, factor = class_of(row, n), value_of_row(row.factor)
        smoothing = value_of_row(row.smoothing) if weighted else 0.0
        m, nan = most(x, n), nan_of(x, n)
        if m == -INF:
            if gradient:
                fill(dx, n, round_off(nan))
            return INF + nan
        infinite = m == INF
        m = where(infinite, 0.0, m)
        s = sums(x, w, n, m, infinite)
        logarithm = log_of(s.total, s.rest, s.count)
        whole = (s.total + s.rest) + s.count * up
        loss, of_label = smoothing * (s.spread + s.mass * logarithm), 0.0
        if label >= 0:
            v = finite_of(element_at(x, label, 0.0), infinite)
            p = power(v, m) / whole
            others = ((s.total + s.rest) + (s.count - 1.0) * up) / whole if v == m else 1.0 - p
            loss += factor * ((m - v) + logarithm)
            of_label = -factor * others
            if weighted:
                of_label += smoothing * (s.mass * p - element_at(w, label, 0.0))
        if gradient:
            write(row, n, m, infinite, (factor + smoothing * s.mass) / whole)
            if label >= 0:
                put(dx, label, 1, round_off(of_label))
        return loss

    return outlined(any_row)


# ---------------------------------------------------------------- from sums to results
# Sums over targets do not cancel, so they are plain float64 sums, as float32 has them without the
# largest terms. Their order is that of every other sum.
OF_TARGETS = NATIVE["float32"]


@functools.cache
def quotient_of(f: Precision) -> Any:
    """Make the function that gives what exponentials are multiplied by: factor / sum."""
    up, narrow = f.up, f.number != DOUBLE["float64"].number

    def quotient_of(factor, total, rest, count):
        """Return factor / sum in two parts, from a row's total, rest and count."""
        whole, low = join_double(double(count) * up, 0.0, total, rest)
        high = factor / whole
        if narrow:
            short = single(high)
            return short, single(high - double(short))
        return high, (fma(-high, whole, factor) - high * low) / whole

    return njit(quotient_of)


@functools.cache
def slope_of(form: Form) -> Any:
    """Make the function of a label's gradient, -factor (1 - p) + smoothing (mass p - w)."""
    up, weighted, power = form.f.up, form.weighted, form.terms.power

    def slope_of(x, m, factor, sums, smoothing, w):
        """Return the gradient at the label, where `x` and `w` stand, from maximum and sums."""
        total, rest, count, _, mass = sums
        e = power(x, m)
        whole = (total + rest) + double(count) * up
        others = where(x == m, (total + rest) + (double(count) - 1.0) * up, whole - double(e))
        slope = -factor * (others / whole)
        if weighted:
            slope += smoothing * (mass * (double(e) / whole) - double(w))
        return slope

    return njit(slope_of)


@njit
def term_of_target(x, w, m):
    """Return w (m - x), which is 0 where w is, and w: both as float64."""
    q = double(w)
    return where(q == 0.0, 0.0, q * (double(m) - double(x))), q


@functools.cache
def targets_along(f: Precision) -> Any:
    """Make the function that sums over the targets of a row."""
    zero, fold = f.zero, folded(OF_TARGETS, without_largest=True)
    sum_in_order = in_order(OF_TARGETS, without_largest=True)

    def step(arrays, i, left, m, found):
        """Add the terms of the vectors of `x` and `w` at `i` to `found`."""
        x, w = arrays
        spread, mass = found
        d, q = term_of_target(fetch(x, i, left, zero), fetch(w, i, left, zero), m)
        return spread + d, mass + q

    loop = each_vector(njit(step))

    def targets_along(x, w, n, m):
        """Return the sums of w (m - x) and of w, of the rows `x` and `w`."""
        spread, mass = loop((x, w), n, m, (splat(0.0), splat(0.0)))
        if n <= LANES:
            return sum_in_order(spread, n)[0], sum_in_order(mass, n)[0]
        return fold(spread, splat(0.0))[0], fold(mass, splat(0.0))[0]

    return njit(targets_along)


@functools.cache
def targets_across(f: Precision) -> Any:
    """Make the function that sums over the targets of rows side by side."""
    zero, (collect, join) = f.zero, accumulators(OF_TARGETS, without_largest=True)

    def targets_across(x, w, n, width, m, scratch):
        """Return the sums of w (m - x) and of w as vectors, a lane for each row of `x` and `w`."""
        spread, mass = splat(0.0), splat(0.0)
        for j in range(2):
            spread, total = mass, splat(0.0)
            for i in range(n):
                v = fetch_across(x, i, width, zero)
                d, q = term_of_target(v, fetch_across(w, i, width, zero), m)
                each = d if j == 0 else q
                if n <= LANES:
                    total += each
                else:
                    collect(scratch, i, each)
            mass = total if n <= LANES else join(scratch)[0]
        return spread, mass

    return njit(targets_across)
