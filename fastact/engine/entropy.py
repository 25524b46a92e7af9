"""Cross-entropy of softmax with its gradient: see `fastact.losses`.

The loss of a row is computed in float64, ``factor (logsumexp(x) - x[label])``, where nothing
cancels: both terms of ``(max - x[label]) + log(sum)`` are not negative. Where a label is the
largest element, its gradient ``-(1 - p)`` is made of the sum without it.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from typing import Any

from fastact.engine.general import finite_of
from fastact.engine.primitives import fma, single, where
from fastact.engine.rows import (
    DEPTH,
    DOUBLE,
    INF,
    NATIVE,
    Format,
    Kind,
    exponential,
    filled,
    folded,
    largest,
    log_sum,
    memory,
    njit,
    outlined,
    raised,
    rounding,
    spoiled,
    sum_of_lanes,
    summed,
    summed_across,
    tiles,
)  # fmt: skip
from fastact.engine.vector import (
    LANES,
    double,
    every_lane,
    first,
    gather,
    real,
    shifted,
    within,
)  # fmt: skip

KEPT, LEFT = Kind(True, True, True, None, None), Kind(False, True, True, None, None)


# ---------------------------------------------------------------- any target, any row
@functools.cache
def readers(dtype: str, *, weighted: bool) -> tuple[Any, Any]:
    """Functions that read weights, which are 0 if there are none, and a single element."""
    fetch, _ = memory(DOUBLE[dtype])

    def weights(w: Any, i: Any, core: Any, left: Any) -> Any:
        return fetch(w, i, core, left, 0.0) if weighted else every_lane(0.0)

    def at(p: Any, i: Any, core: Any) -> Any:
        return first(fetch(shifted(p, i * core), 0, 1, 1, 0.0))

    return njit(weights), njit(at)


@functools.cache
def general_sums(dtype: str, *, weighted: bool) -> Any:
    f = DOUBLE[dtype]
    (fetch, _), (weights, _) = memory(f), readers(dtype, weighted=weighted)
    power, add, fold, start = raised(f), f.add, folded(f), f.start

    def general_sums(
        x: Any, w: Any, n: Any, core_x: Any, core_w: Any, m: Any, infinite: Any
    ) -> Any:
        """Sum, rest and count as elsewhere; the sum of w (m - x) and that of w."""
        total, rest, count = every_lane(start), every_lane(0.0), every_lane(0.0)
        spread, mass = every_lane(0.0), every_lane(0.0)
        for i in range(0, n, LANES):
            v = within(finite_of(fetch(x, i, core_x, n - i, 0.0), infinite), n - i, -INF)
            q = weights(w, i, core_w, n - i)
            e = within(power(v, m), n - i, 0.0)
            count += where(v == m, 1.0, every_lane(0.0))
            total, rest = add(total, rest, where(v == m, 0.0, e))
            spread += where(q == 0.0, 0.0, q * (m - v))
            mass += q
        total, rest = fold(total, rest)
        return total, rest, sum_of_lanes(count), sum_of_lanes(spread), sum_of_lanes(mass)

    return njit(general_sums)


@functools.cache
def general_row(dtype: str, *, gradient: bool, weighted: bool) -> Any:
    """A row in float64: the target is `factor` at the label (if it is one) + `smoothing` w."""
    f, native = DOUBLE[dtype], NATIVE[dtype]
    (fetch, _), (_, put), fill, spoil = memory(f), memory(native), filled(native), spoiled(f)
    most, power, log_of, rounded = largest(f), raised(f), log_sum(f), rounding(dtype)
    sums, (weights, at) = general_sums(dtype, weighted=weighted), readers(dtype, weighted=weighted)
    up, one = f.up, native.one

    def row(
        x: Any, label: Any, factor: Any, w: Any, smoothing: Any, dx: Any, n: Any,
        core_x: Any, core_w: Any, core_dx: Any,
    ) -> Any:  # fmt: skip
        m, nan = most(x, n, core_x), spoil(x, n, core_x)
        if m == -INF:
            if gradient:
                fill(dx, n, core_dx, one * nan)
            return INF + nan
        infinite = m == INF
        m = where(infinite, 0.0, m)
        total, rest, count, spread, mass = sums(x, w, n, core_x, core_w, m, infinite)
        logarithm = log_of(total, rest, count)
        whole = (total + rest) + count * up
        loss, of_label = smoothing * (spread + mass * logarithm), 0.0
        if label >= 0:
            v = finite_of(at(x, label, core_x), infinite)
            p = power(v, m) / whole
            others = ((total + rest) + (count - 1.0) * up) / whole if v == m else 1.0 - p
            loss += factor * ((m - v) + logarithm)
            of_label = -factor * others
            if weighted:
                of_label += smoothing * (mass * p - at(w, label, core_w))
        if gradient:
            share = (factor + smoothing * mass) / whole
            for i in range(0, n, LANES):
                v = finite_of(fetch(x, i, core_x, n - i, 0.0), infinite)
                dx_i = power(v, m) * share - smoothing * weights(w, i, core_w, n - i)
                put(dx, i, core_dx, n - i, rounded(dx_i))
            if label >= 0:
                put(shifted(dx, label * core_dx), 0, 1, 1, every_lane(one * rounded(of_label)))
        return loss

    return outlined(row)


def general(dtype: str, *, gradient: bool) -> Any:
    """The loop over rows of logits, label (or -1), factor, class weights and smoothing."""
    row, fill = general_row(dtype, gradient=gradient, weighted=True), filled(NATIVE[dtype])
    zero = NATIVE[dtype].zero

    def one(
        x: Any, label: Any, factor: Any, w: Any, smoothing: Any, loss: Any, dx: Any, n: Any,
        core_x: Any, core_w: Any, core_dx: Any,
    ) -> None:  # fmt: skip
        if factor == 0.0 and smoothing == 0.0:
            loss[0] = 0.0
            if gradient:
                fill(dx, n, core_dx, zero)
        else:
            loss[0] = row(x, label, factor, w, smoothing, dx, n, core_x, core_w, core_dx)

    one = njit(one)

    def value(
        x: Any, label: Any, factor: Any, w: Any, smoothing: Any, loss: Any, t: Any, s: Any,
        rows: Any, n: Any, row_x: Any, row_label: Any, row_factor: Any, row_w: Any,
        row_smoothing: Any, row_loss: Any, core_x: Any, core_label: Any, core_factor: Any,
        core_w: Any, core_smoothing: Any, core_loss: Any,
    ) -> None:  # fmt: skip
        for r in range(rows):
            one(shifted(x, r * row_x), label[r * row_label], factor[r * row_factor],
                shifted(w, r * row_w), smoothing[r * row_smoothing],
                shifted(loss, r * row_loss), x, n, core_x, core_w, core_x)  # fmt: skip

    def value_and_gradient(
        x: Any, label: Any, factor: Any, w: Any, smoothing: Any, loss: Any, dx: Any, t: Any,
        s: Any, rows: Any, n: Any, row_x: Any, row_label: Any, row_factor: Any, row_w: Any,
        row_smoothing: Any, row_loss: Any, row_dx: Any, core_x: Any, core_label: Any,
        core_factor: Any, core_w: Any, core_smoothing: Any, core_loss: Any, core_dx: Any,
    ) -> None:  # fmt: skip
        for r in range(rows):
            one(shifted(x, r * row_x), label[r * row_label], factor[r * row_factor],
                shifted(w, r * row_w), smoothing[r * row_smoothing],
                shifted(loss, r * row_loss), shifted(dx, r * row_dx),
                n, core_x, core_w, core_dx)  # fmt: skip

    return njit(value_and_gradient if gradient else value)


# ---------------------------------------------------------------- a label, in the dtype
@functools.cache
def shares(f: Format) -> tuple[Any, Any]:
    """Functions of a row's sums: what multiplies exponentials, and a label's gradient."""
    up, narrow = f.up, f.number != DOUBLE["float64"].number

    def quotient(factor: Any, total: Any, rest: Any, count: Any) -> Any:
        """factor / sum in two parts."""
        largest = double(count) * up
        partial = largest + total
        whole = partial + rest
        high = factor / whole
        if narrow:
            short = single(high)
            return short, single(high - double(short))
        low = (largest - (partial - total)) + ((partial - whole) + rest)
        return high, (fma(-high, whole, factor) - high * low) / whole

    def of_label(x: Any, m: Any, e: Any, factor: Any, total: Any, rest: Any, count: Any) -> Any:
        """-factor (1 - p)."""
        whole = (total + rest) + double(count) * up
        others = where(x == m, (total + rest) + (double(count) - 1.0) * up, whole - double(e))
        return -factor * (others / whole)

    return njit(quotient), njit(of_label)


@functools.cache
def one_row(dtype: str, *, gradient: bool) -> Any:
    f = NATIVE[dtype]
    kept, buffered = KEPT if dtype != "float16" else LEFT, KEPT
    most, log_of, (quotient, of_label) = largest(f), log_sum(f), shares(f)
    power, limit = exponential(f, quick=True)
    total_of, short_total_of = summed(f, kept if gradient else LEFT), summed(f, buffered)
    general = general_row(dtype, gradient=gradient, weighted=False)
    (fetch, put), zero = memory(f), f.zero
    keeps, rounded, room = kept.keeps, rounding(dtype), f.room

    def results(x: Any, e: Any, dx: Any, n: Any, core_x: Any, core_e: Any, core_dx: Any,
                m: Any, a: Any, b: Any, short: Any) -> None:  # fmt: skip
        for i in range(0, n, LANES):
            if short or keeps:
                v = fetch(e, i, core_e, n - i, zero)
            else:
                v = power(fetch(x, i, core_x, n - i, zero), m)
            put(dx, i, core_dx, n - i, fma(v, a, v * b))

    results = njit(results)

    def one_row(
        x: Any, label: Any, factor: Any, dx: Any, n: Any, core_x: Any, core_dx: Any, t: Any
    ) -> Any:
        m = most(x, n, core_x)
        if abs(m) >= limit:
            return general(x, label, factor, x, 0.0, dx, n, core_x, core_x, core_dx)
        at = first(fetch(shifted(x, label * core_x), 0, 1, 1, zero))
        if n <= room:
            total, rest, count = short_total_of(x, t, n, core_x, 1, m)
        else:
            total, rest, count = total_of(x, dx, n, core_x, core_dx, m)
        if gradient:
            a, b = quotient(factor, total, rest, count)
            if n <= room:
                results(x, t, dx, n, core_x, 1, core_dx, m, a, b, True)
            else:
                results(x, dx, dx, n, core_x, core_dx, core_dx, m, a, b, False)
            slope = of_label(at, m, power(at, m), factor, total, rest, count)
            put(shifted(dx, label * core_dx), 0, 1, 1, every_lane(rounded(slope)))
        return factor * ((double(m) - double(at)) + log_of(total, rest, count))

    return outlined(one_row)


@functools.cache
def side_by_side(dtype: str, *, gradient: bool, keeps: bool) -> Any:
    """Up to `LANES` rows as columns, whose exponentials are kept where they are needed."""
    f = NATIVE[dtype]
    (fetch, put_column), sums = memory(f), summed_across(f, KEPT if keeps else LEFT)
    log_of, (power, _), (quotient, of_label) = log_sum(f), exponential(f, quick=True), shares(f)
    (_, put), rounded, zero = memory(DOUBLE["float64"]), rounding(dtype), f.zero

    def side_by_side(
        x: Any, label: Any, factor: Any, loss: Any, dx: Any, n: Any, lanes: Any, width: Any,
        row_loss: Any, core_x: Any, core_dx: Any, s: Any,
    ) -> Any:  # fmt: skip
        """Whether all was done: rows with a large maximum are left alone."""
        at = every_lane(zero)
        for i in range(n):
            at = where(label == i, fetch(x, i * core_x, 1, lanes, zero), at)
        done, m, total, rest, count = sums(x, dx, n, lanes, core_x, core_dx, s)
        if not done:
            return False
        value = factor * ((double(m) - double(at)) + log_of(total, rest, count))
        put(loss, 0, row_loss, width, where(factor == 0.0, 0.0, value))
        if gradient:
            a, b = quotient(factor, total, rest, count)
            slope = rounded(of_label(at, m, power(at, m), factor, total, rest, count))
            for i in range(n):
                e = fetch(dx, i * core_dx, 1, lanes, zero)
                v = where(label == i, slope, fma(e, a, e * b))
                put_column(dx, i * core_dx, 1, lanes, where(factor == 0.0, zero, v))
        return True

    return outlined(side_by_side)


@functools.cache
def several(dtype: str, *, gradient: bool) -> tuple[Any, Any]:
    """Functions of up to `LANES` rows: by way of a tile, and where neighbours are in other rows."""
    f = NATIVE[dtype]
    (bring, back), zero = tiles(f), f.zero
    of_tile = side_by_side(dtype, gradient=gradient, keeps=True)
    of_columns = side_by_side(dtype, gradient=gradient, keeps=gradient)

    def tile(
        x: Any, label: Any, factor: Any, loss: Any, dx: Any, n: Any, width: Any, row_x: Any,
        row_loss: Any, row_dx: Any, core_x: Any, core_dx: Any, t: Any, s: Any,
    ) -> Any:  # fmt: skip
        bring(x, row_x, core_x, width, n, t, zero)
        done = of_tile(t, label, factor, loss, t, n, LANES, width, row_loss, LANES, LANES, s)
        if gradient and done:
            back(t, dx, row_dx, core_dx, width, n)
        return done

    def columns(
        x: Any, label: Any, factor: Any, loss: Any, dx: Any, n: Any, width: Any, row_x: Any,
        row_loss: Any, row_dx: Any, core_x: Any, core_dx: Any, t: Any, s: Any,
    ) -> Any:  # fmt: skip
        return of_columns(
            x, label, factor, loss, dx, n, width, width, row_loss, core_x, core_dx, s
        )  # fmt: skip

    return njit(tile), njit(columns)


@functools.cache
def alone(dtype: str, *, gradient: bool) -> Any:
    one, fill, zero = one_row(dtype, gradient=gradient), filled(NATIVE[dtype]), NATIVE[dtype].zero

    def alone(
        x: Any, label: Any, factor: Any, dx: Any, n: Any, core_x: Any, core_dx: Any, t: Any
    ) -> Any:
        """The loss of a row, which is 0 and has no gradient if its factor is 0."""
        if factor == 0.0:
            if gradient:
                fill(dx, n, core_dx, zero)
            return 0.0
        return one(x, label, factor, dx, n, core_x, core_dx, t)

    return njit(alone)


@functools.cache
def rows_of(dtype: str, *, gradient: bool) -> Any:
    one, (tile, columns) = alone(dtype, gradient=gradient), several(dtype, gradient=gradient)
    keepable = dtype != "float16"

    def rows_of(
        x: Any, label: Any, factor: Any, loss: Any, dx: Any, rows: Any, n: Any,
        row_x: Any, row_label: Any, row_factor: Any, row_loss: Any, row_dx: Any,
        core_x: Any, core_dx: Any, t: Any, s: Any,
    ) -> None:  # fmt: skip
        tiled = rows > 1 and n <= DEPTH
        abreast = keepable and rows > 1 and row_x == 1 and row_dx == 1 and not tiled
        together = LANES if tiled or abreast else 1
        for r in range(0, rows, together):
            width, done = min(together, rows - r), False
            if together > 1:
                labels = real(gather(shifted(label, r * row_label), 0, row_label, width, 0))
                factors = gather(shifted(factor, r * row_factor), 0, row_factor, width, 0.0)
                x_r, dx_r = shifted(x, r * row_x), shifted(dx, r * row_dx)
                loss_r = shifted(loss, r * row_loss)
                if tiled:
                    done = tile(x_r, labels, factors, loss_r, dx_r, n, width, row_x, row_loss,
                                row_dx, core_x, core_dx, t, s)  # fmt: skip
                else:
                    done = columns(x_r, labels, factors, loss_r, dx_r, n, width, row_x, row_loss,
                                   row_dx, core_x, core_dx, t, s)  # fmt: skip
            for k in range(r, r if done else r + width):
                loss[k * row_loss] = one(
                    shifted(x, k * row_x), label[k * row_label], factor[k * row_factor],
                    shifted(dx, k * row_dx), n, core_x, core_dx, t,
                )  # fmt: skip

    return njit(rows_of)


def labelled(dtype: str, *, gradient: bool) -> Any:
    """The loop over rows of logits, label and factor."""
    rows_of_label = rows_of(dtype, gradient=gradient)

    def value(
        x: Any, label: Any, factor: Any, loss: Any, t: Any, s: Any, rows: Any, n: Any,
        row_x: Any, row_label: Any, row_factor: Any, row_loss: Any,
        core_x: Any, core_label: Any, core_factor: Any, core_loss: Any,
    ) -> None:  # fmt: skip
        rows_of_label(x, label, factor, loss, x, rows, n, row_x, row_label, row_factor,
                      row_loss, row_x, core_x, core_x, t, s)  # fmt: skip

    def value_and_gradient(
        x: Any, label: Any, factor: Any, loss: Any, dx: Any, t: Any, s: Any, rows: Any, n: Any,
        row_x: Any, row_label: Any, row_factor: Any, row_loss: Any, row_dx: Any,
        core_x: Any, core_label: Any, core_factor: Any, core_loss: Any, core_dx: Any,
    ) -> None:  # fmt: skip
        rows_of_label(x, label, factor, loss, dx, rows, n, row_x, row_label, row_factor,
                      row_loss, row_dx, core_x, core_dx, t, s)  # fmt: skip

    return njit(value_and_gradient if gradient else value)
