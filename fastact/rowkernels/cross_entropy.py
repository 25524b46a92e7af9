"""Cross-entropy of softmax with its gradient: see `fastact.losses`.

The loss of a row, ``factor (logsumexp(x) - x[label])``, is computed in float64 as
``factor ((max - x[label]) + log(sum))``: neither term is negative, so nothing cancels. Where the
label is the largest element, its gradient ``-factor (1 - p)`` is made of the sum without it.

Four losses share this code (`Form`): with a label alone, or with targets for all classes too; with
the gradient or without. Their rows go along, or side by side, by the passes of `along` and
`across`; rows with a large maximum are computed in float64 by `any_row`.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.dispatch import outlined
from fastact.compiler.simd import LANES, double, load_all, real, shifted, splat, store_all, within
from fastact.numerics.primitives import fma, single, where
from fastact.rowkernels.across import accumulators, maxima, totals
from fastact.rowkernels.along import How, Passes, fill, in_groups, largest, nan_if_any
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
    share_of,
    sum_of_lanes,
)
from fastact.rowkernels.memory import (
    COUNT,
    DEPTH,
    GROUP_OF_LOGARITHMS,
    HIGH,
    LOW,
    MAXIMUM,
    OWN,
    REST,
    SLOPE,
    TOTAL,
    back,
    bring,
    column,
    each_vector,
    element_at,
    fetch,
    fetch_across,
    from_row,
    numbers,
    put,
    put_across,
    side_by_side,
)
from fastact.rowkernels.operation import RowOperation, long_abreast, over_rows

# What a row's state holds beside what `memory` names: logit and target at the label; the sums of
# w (max - x) and of w over targets; the loss.
X_AT, W_AT, SPREAD, MASS, LOSS = (OWN + LANES * k for k in range(5))


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
        return Terms(self.f, parts=True)


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
    power = Terms(f, parts=True, quick=False).power
    fold, ((start, _), add, _) = folded(f, parts=True), f.other_terms

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
    power = Terms(DOUBLE[form.dtype], parts=True, quick=False).power

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
    power, sums = Terms(f, parts=True, quick=False).power, sums_of_any_row(form)
    write = gradient_of_any_row(form)

    def any_row(row, n):
        """Return the loss of `row`, and write its gradient to `row.dx`."""
        x, w, dx = row.x, row.w, row.dx
        label, factor = value_of_row(row.label), value_of_row(row.factor)
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
    zero, fold, short = f.zero, folded(OF_TARGETS, parts=True), in_order(OF_TARGETS, parts=True)

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
            return short(spread, n)[0], short(mass, n)[0]
        return fold(spread, splat(0.0))[0], fold(mass, splat(0.0))[0]

    return njit(targets_along)


@functools.cache
def targets_across(f: Precision) -> Any:
    """Make the function that sums over the targets of rows side by side."""
    zero, (collect, join) = f.zero, accumulators(OF_TARGETS, parts=True)

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


# ---------------------------------------------------------------- passes along a row
class Output(NamedTuple):
    """What the gradient of a row is made of, beside exponentials and parameters."""

    y: Any  # the row of gradients
    w: Any  # the row of targets
    m: Any  # the maximum
    smoothing: Any  # what targets are multiplied by


@functools.cache
def beginning(form: Form) -> tuple[Any, Any, Any]:
    """Make `first`, `begin` and `counts` of `Passes`."""
    f, weighted, gradient = form.f, form.weighted, form.gradient
    most, limit, zero, round_off = largest(f), form.terms.limit, f.zero, f.round
    done_at_once, targets = any_row(form), targets_along(f)

    def counts(operands, r):
        """Return whether row `r` has a loss: a factor or smoothing that is not 0."""
        row = from_row(operands, r)
        return value_of_row(row.factor) != 0.0 or (weighted and value_of_row(row.smoothing) != 0.0)

    def at_label(row, n, state):
        """Write to `state` what label and targets give; later exponentials may overwrite x."""
        label = value_of_row(row.label)
        state[X_AT] = double(element_at(row.x, label, zero) if label >= 0 else zero)
        if weighted:
            state[W_AT] = double(element_at(row.w, label, zero) if label >= 0 else zero)
            m = round_off(state[MAXIMUM])
            state[SPREAD], state[MASS] = targets(row.x, row.w, n, m)

    counts, at_label = njit(counts), njit(at_label)

    def begin(operands, r, n, state, m):
        """Write the maximum to `state`; finish a row at once whose maximum is large."""
        row = from_row(operands, r)
        state[MAXIMUM] = double(m)
        if abs(m) < limit:
            at_label(row, n, state)
        else:
            state[MAXIMUM] = -INF
            row.loss.pointer[0] = done_at_once(row, n)

    begin = njit(begin)

    def first(operands, r, n, state):
        """Find the maximum of row `r` and begin; finish a row at once that does not count."""
        row = from_row(operands, r)
        if counts(operands, r):
            begin(operands, r, n, state, most(row.x, n))
        else:
            state[MAXIMUM], row.loss.pointer[0] = -INF, 0.0
            if gradient:
                fill(row.dx, n, zero)

    return njit(first), begin, counts


@functools.cache
def settling(form: Form) -> Any:
    """Make the function that ends the second pass of rows of a group, a lane for each."""
    weighted, gradient, f = form.weighted, form.gradient, form.f
    quotient, slope_at, log_of, round_off = quotient_of(f), slope_of(form), log_sum(f), f.round

    def settle(operands, width, n, state):
        """Write the losses of `width` rows, and to their states what gradients are made of."""
        factor = fetch_across(operands.factor, 0, width, 0.0)
        m, x_at = load_all(state, MAXIMUM), load_all(state, X_AT)
        total, rest, count = load_all(state, TOTAL), load_all(state, REST), load_all(state, COUNT)
        logarithm = log_of(total, rest, count)
        value = factor * ((m - x_at) + logarithm)
        smoothing, mass, spread, w_at = splat(0.0), splat(0.0), splat(0.0), x_at
        if weighted:
            labels = fetch_across(operands.label, 0, width, 0)
            smoothing = fetch_across(operands.smoothing, 0, width, 0.0)
            mass, w_at = load_all(state, MASS), load_all(state, W_AT)
            spread = load_all(state, SPREAD)
            value = where(real(labels) >= 0.0, value, 0.0)
            value += smoothing * (spread + mass * logarithm)
        store_all(state, LOSS, value)
        if gradient:
            whole = factor + smoothing * mass if weighted else factor
            a, b = quotient(whole, total, rest, count)
            sums = total, rest, count, spread, mass
            slope = slope_at(round_off(x_at), round_off(m), factor, sums, smoothing, w_at)
            store_all(state, HIGH, double(a))
            store_all(state, LOW, double(b))
            store_all(state, SLOPE, slope)
        for k in range(width):
            if state[MAXIMUM + k] > -INF:
                operands.loss.pointer[k * operands.loss.row] = state[LOSS + k]

    return njit(settle)


@functools.cache
def passes(form: Form) -> Passes:
    """Return the passes along rows: overlapped if there is a gradient and a label alone."""
    f, weighted, gradient = form.f, form.weighted, form.gradient
    power, zero, round_off = form.terms.power, f.zero, f.round
    first, begin, counts = beginning(form)

    def row(operands, r, n, state):
        """Return the logits of row `r`, their number, and the `Output`."""
        here, m = from_row(operands, r), round_off(state[MAXIMUM])
        smoothing = round_off(value_of_row(here.smoothing)) if weighted else zero
        w = here.w if weighted else here.dx
        return here.x, n, Output(here.dx, w, m, smoothing)

    def element(v, kept, row, i, left, a, b):
        """Return the gradients of a vector of exponentials, if they were `kept`, or of logits."""
        dx = share_of(v if kept else power(v, row.m), a, b)
        return fma(fetch(row.w, i, left, zero), -row.smoothing, dx) if weighted else dx

    def close(operands, r, n, state):
        """Write the gradient at the label over that of an element like others."""
        here = from_row(operands, r)
        label = value_of_row(here.label)
        if label >= 0:
            put(here.dx, label, 1, round_off(state[SLOPE]))

    return Passes(
        form.terms, gradient, njit(element), first, begin, njit(row), settling(form), njit(close),
        counts if gradient and not weighted else None, gradient,
    )  # fmt: skip


# ---------------------------------------------------------------- rows side by side
@functools.cache
def at_labels(form: Form) -> Any:
    """Make the function that finds what stands at the labels of rows side by side."""
    weighted, zero = form.weighted, form.f.zero

    def at_labels(x, w, label, n, lanes):
        """Return the elements of `x` and of `w` at the labels, a lane for each row."""
        at, w_at = splat(zero), splat(zero)
        for i in range(n):
            at = where(label == i, fetch_across(x, i, lanes, zero), at)
            if weighted:
                w_at = where(label == i, fetch_across(w, i, lanes, zero), w_at)
        return at, w_at

    return njit(at_labels)


@functools.cache
def gradients_across(form: Form) -> Any:
    """Make the third pass over rows side by side."""
    weighted, zero, round_off = form.weighted, form.f.zero, form.f.round

    def gradients_across(dx, w, n, lanes, label, share, slope, smoothing, unused):
        """Replace the exponentials in `dx` by gradients, 0 in rows that are `unused`."""
        (a, b), slope, smoothing = share, round_off(slope), round_off(smoothing)
        for i in range(n):
            v = share_of(fetch_across(dx, i, lanes, zero), a, b)
            if weighted:
                v = fma(fetch_across(w, i, lanes, zero), -smoothing, v)
            v = where(label == i, slope, v)
            put_across(dx, i, lanes, where(unused, zero, v))

    return njit(gradients_across)


@functools.cache
def abreast(form: Form) -> Any:
    """Make the function of `width` rows side by side, whose arrays have so many `lanes`.

    The columns of a tile have `LANES`, of which `width` are rows.
    """
    f, weighted, gradient = form.f, form.weighted, form.gradient
    top_of, total_of, targets = maxima(form.terms), totals(form.terms), targets_across(f)
    quotient, slope_at, log_of = quotient_of(f), slope_of(form), log_sum(f)
    find, write = at_labels(form), gradients_across(form)

    def abreast(rows, width, lanes, n, scratch):
        """Write losses and gradients; return False, having done nothing, if a maximum is large."""
        x, dx, w = side_by_side(rows.x), side_by_side(rows.dx), rows.w
        done, m = top_of(x, n, lanes)
        if not done:
            return False
        label, factor = (
            real(fetch_across(rows.label, 0, width, 0)),
            fetch_across(rows.factor, 0, width, 0.0),
        )
        at, w_at = find(x, w, label, n, lanes)
        unused, smoothing, spread, mass = factor == 0.0, factor, 0.0 * factor, 0.0 * factor
        if weighted:
            smoothing = fetch_across(rows.smoothing, 0, width, 0.0)
            spread, mass = targets(x, w, n, lanes, m, scratch)
            unused = unused & (smoothing == 0.0)
        how = How(gradient, False, False)
        total, rest, count = total_of(x, dx, n, lanes, m, None, how, scratch)
        logarithm = log_of(total, rest, count)
        value = factor * ((double(m) - double(at)) + logarithm)
        if weighted:
            value += smoothing * (spread + mass * logarithm)
        put_across(rows.loss, 0, width, where(unused, 0.0, value))
        if gradient:
            share = quotient(factor + smoothing * mass, total, rest, count)
            sums = total, rest, count, spread, mass
            slope = slope_at(at, m, factor, sums, smoothing, w_at)
            write(dx, w, n, lanes, label, share, slope, smoothing, unused)
        return True

    return outlined(abreast)


@functools.cache
def tile_of(form: Form) -> Any:
    """Make the function of short rows, which goes by way of a tile."""
    weighted, gradient, zero = form.weighted, form.gradient, form.f.zero
    many, to_numbers = abreast(form), numbers(narrow=form.dtype != "float64")

    def tile_of(rows, width, n, scratch):
        """Copy logits to a tile, compute there, and copy gradients back to `rows.dx`."""
        tile = to_numbers(scratch)
        targets, x = shifted(tile, DEPTH * LANES), column(tile)
        bring(rows.x, width, n, tile, zero)
        if weighted:
            bring(rows.w, width, n, targets, zero)
        inside = WeightedGradient(
            x, rows.label, rows.factor, column(targets), rows.smoothing, rows.loss, x
        )
        done = many(inside, width, LANES, n, scratch)
        if gradient and done:
            back(tile, rows.dx, width, n)
        return done

    return njit(tile_of)


def loop(form: Form) -> Any:
    """Make the loop of a loss."""
    of_all, many = complete(form), abreast(form)
    along = in_groups(passes(form), GROUP_OF_LOGARITHMS)

    def columns(rows, width, n, scratch):
        """Compute `width` rows where they lie in `rows`; return whether that was possible."""
        return many(rows, width, width, n, scratch)

    # float16 has too few bits to keep an exponential in the output.
    in_place = njit(columns) if form.dtype != "float16" else None
    over = over_rows(RowOperation(along, in_place, tile_of(form), long_abreast))

    def loop(operands, scratch, rows, n):
        """Write losses and gradients of all rows of `operands`."""
        over(of_all(operands), scratch, rows, n)

    return njit(loop)


LOOPS = {
    "cross_entropy": (Labelled, lambda dtype: loop(Form(dtype, False, False))),
    "cross_entropy_gradient": (LabelledGradient, lambda dtype: loop(Form(dtype, False, True))),
    "cross_entropy_general": (Weighted, lambda dtype: loop(Form(dtype, True, False))),
    "cross_entropy_general_gradient": (
        WeightedGradient, lambda dtype: loop(Form(dtype, True, True))
    ),
}  # fmt: skip
