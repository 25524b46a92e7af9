"""Cross-entropy of softmax with its gradient: see `fastact.losses`.

The loss of a row, ``factor (logsumexp(x) - x[label])``, is computed in float64 as
``factor ((max - x[label]) + log(sum))``: neither term is negative, so nothing cancels. Where the
label is the largest element, its gradient ``-factor (1 - p)`` is made of the sum without it.

Four losses share this code (`Form`): with a label alone, or with targets for all classes too; with
the gradient or without. Their rows go along, or side by side, by the passes of `along` and
`across`; what a loss is made of is in `cross_entropy_terms`.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.dispatch import outlined
from fastact.compiler.simd import LANES, double, load_all, real, shifted, splat, store_all
from fastact.numerics.primitives import fma, where
from fastact.rowkernels.across import maxima, totals
from fastact.rowkernels.along import How, Passes, fill, in_groups, largest
from fastact.rowkernels.arithmetic import INF, log_sum, share_of
from fastact.rowkernels.cross_entropy_terms import (
    Form,
    Labelled,
    LabelledGradient,
    Weighted,
    WeightedGradient,
    any_row,
    class_of,
    complete,
    quotient_of,
    slope_of,
    targets_across,
    targets_along,
    value_of_row,
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
    element_at,
    fetch,
    fetch_across,
    from_row,
    numbers,
    put,
    put_across,
    side_by_side,
)
from fastact.rowkernels.operation import Loop, RowOperation, long_abreast, over_rows

# What a row's state holds beside what `memory` names: logit and target at the label; the sums of
# w (max - x) and of w over targets; the loss.
X_AT, W_AT, SPREAD, MASS, LOSS = (OWN + LANES * k for k in range(5))


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
    longest = f.longest
    done_at_once, targets = any_row(form), targets_along(f)

    def counts(operands, r):
        """Return whether row `r` has a loss: a factor or smoothing that is not 0."""
        row = from_row(operands, r)
        return value_of_row(row.factor) != 0.0 or (weighted and value_of_row(row.smoothing) != 0.0)

    def at_label(row, n, state):
        """Write to `state` what label and targets give; later exponentials may overwrite x."""
        label = class_of(row, n)
        state[X_AT] = double(element_at(row.x, label, zero) if label >= 0 else zero)
        if weighted:
            state[W_AT] = double(element_at(row.w, label, zero) if label >= 0 else zero)
            m = round_off(state[MAXIMUM])
            state[SPREAD], state[MASS] = targets(row.x, row.w, n, m)

    counts, at_label = njit(counts), njit(at_label)

    def begin(operands, r, n, state, m):
        """Write the maximum to `state`; finish a row at once if either is too large."""
        row = from_row(operands, r)
        state[MAXIMUM] = double(m)
        if abs(m) < limit and n <= longest:
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
        label = class_of(here, n)
        if label >= 0:
            put(here.dx, label, 1, round_off(state[SLOPE]))

    return Passes(
        terms=form.terms, keeps=gradient, element=njit(element), first=first, begin=begin,
        row=njit(row), settle=settling(form), close=njit(close),
        counts=counts if gradient and not weighted else None, gives=gradient,
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
    maxima_of, total_of, targets = maxima(form.terms), totals(form.terms), targets_across(f)
    quotient, slope_at, log_of = quotient_of(f), slope_of(form), log_sum(f)
    find, write = at_labels(form), gradients_across(form)

    def abreast(rows, width, lanes, n, ahead, scratch):
        """Write losses and gradients; return False, having done nothing, if a maximum is large.

        With `ahead` and gradients, the memory of the next rows, which lie beside, is prefetched.
        """
        x, dx, w = side_by_side(rows.x), side_by_side(rows.dx), rows.w
        done, m = maxima_of(x, n, lanes)
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
        how = How(gradient, False, gradient and ahead)
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
        done = many(inside, width, LANES, n, False, scratch)
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
        return many(rows, width, width, n, True, scratch)

    # float16 has too few bits to keep an exponential in the output.
    in_place = njit(columns) if form.dtype != "float16" else None
    over = over_rows(RowOperation(along, in_place, tile_of(form), long_abreast))

    def loop(operands, scratch, rows, n):
        """Write losses and gradients of all rows of `operands`."""
        over(of_all(operands), scratch, rows, n)

    return njit(loop)


LOOPS = {
    "cross_entropy": Loop(
        Labelled, lambda dtype: loop(Form(dtype, False, False)), as_written=True
    ),
    "cross_entropy_gradient": Loop(
        LabelledGradient, lambda dtype: loop(Form(dtype, False, True)), as_written=True
    ),
    "cross_entropy_general": Loop(Weighted, lambda dtype: loop(Form(dtype, True, False))),
    "cross_entropy_general_gradient": Loop(
        WeightedGradient, lambda dtype: loop(Form(dtype, True, True))
    ),
}  # fmt: skip
