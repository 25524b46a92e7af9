"""Cross-entropy of softmax with its gradient: see `fastact.losses`.

The loss of a row is computed in float64, ``factor (logsumexp(x) - x[label])``, where nothing
cancels: both terms of ``(max - x[label]) + log(sum)`` are not negative. Where a label is the
largest element, its gradient ``-(1 - p)`` is made of the sum without it.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from typing import Any

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.dispatch import outlined
from fastact.compiler.simd import (
    LANES,
    double,
    every_lane,
    first,
    gather,
    load_all,
    real,
    shifted,
    store_all,
    within,
)
from fastact.numerics.primitives import fma, single, where
from fastact.rowkernels.across import accumulators, tiles, tops_across, totals_across
from fastact.rowkernels.along import (
    Sweeps,
    filled,
    in_groups,
    keeping,
    largest,
    overlapped,
    spoiled,
    with_room,
)
from fastact.rowkernels.arithmetic import (
    COUNT,
    DEPTH,
    DOUBLE,
    HIGH,
    INF,
    LOW,
    MAXIMUM,
    MOVED,
    NATIVE,
    OWN,
    REST,
    SLOPE,
    SUMS,
    TOGETHER_OF_LOGARITHMS,
    TOTAL,
    TOTALS,
    Format,
    Kind,
    exponential,
    folded,
    in_order,
    join_double,
    log_sum,
    memory,
    raised,
    rounding,
    share_of,
    sum_of_lanes,
)
from fastact.rowkernels.softmax_scaled import finite_of

# What is kept of a row beside the numbers of `rows`: what stands at the label, sums over targets.
X_AT, W_AT, SPREAD, MASS, LOSS = (OWN + LANES * k for k in range(5))


KEPT, LEFT = Kind(True, True, True, None, share_of), Kind(False, True, True, None, None)


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
    power, fold, ((start, _), add, _) = raised(f), folded(f, parts=True), f.other_terms

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
    up = f.up

    def row(
        x: Any, label: Any, factor: Any, w: Any, smoothing: Any, dx: Any, n: Any,
        core_x: Any, core_w: Any, core_dx: Any,
    ) -> Any:  # fmt: skip
        m, nan = most(x, n, core_x), spoil(x, n, core_x)
        if m == -INF:
            if gradient:
                fill(dx, n, core_dx, rounded(nan))
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
                put(shifted(dx, label * core_dx), 0, 1, 1, every_lane(rounded(of_label)))
        return loss

    return outlined(row)


# ---------------------------------------------------------------- in the dtype
PLAIN = NATIVE["float32"]  # sums over the targets, float64 that do not cancel: in the order of rows


@functools.cache
def shares(f: Format, *, weighted: bool) -> tuple[Any, Any]:
    """Functions of a row's sums: what multiplies exponentials, and a label's gradient."""
    up, narrow = f.up, f.number != DOUBLE["float64"].number

    def quotient(factor: Any, total: Any, rest: Any, count: Any) -> Any:
        """factor / sum in two parts."""
        whole, low = join_double(double(count) * up, 0.0, total, rest)
        high = factor / whole
        if narrow:
            short = single(high)
            return short, single(high - double(short))
        return high, (fma(-high, whole, factor) - high * low) / whole

    def of_label(
        x: Any, m: Any, e: Any, factor: Any, total: Any, rest: Any, count: Any,
        smoothing: Any, mass: Any, w: Any,
    ) -> Any:  # fmt: skip
        """-factor (1 - p), and smoothing (mass p - w)."""
        whole = (total + rest) + double(count) * up
        others = where(x == m, (total + rest) + (double(count) - 1.0) * up, whole - double(e))
        slope = -factor * (others / whole)
        if weighted:
            slope += smoothing * (mass * (double(e) / whole) - double(w))
        return slope

    return njit(quotient), njit(of_label)


@functools.cache
def of_targets(f: Format) -> tuple[Any, Any]:
    """The sum of w (m - x), and that of w: along a row, and of rows side by side."""
    (fetch, _), zero = memory(f), f.zero
    fold, short = folded(PLAIN, parts=True), in_order(PLAIN, parts=True)
    collect, join = accumulators(PLAIN, parts=True)

    def term(x: Any, w: Any, m: Any) -> Any:
        q = double(w)
        return where(q == 0.0, 0.0, q * (double(m) - double(x))), q

    term = njit(term)

    def along(x: Any, w: Any, n: Any, core_x: Any, core_w: Any, m: Any) -> Any:
        spread, mass = every_lane(0.0), every_lane(0.0)
        whole = n - n % LANES if core_x == 1 and core_w == 1 else 0
        for i in range(0, whole, LANES):
            d, q = term(fetch(x, i, 1, LANES, zero), fetch(w, i, 1, LANES, zero), m)
            spread, mass = spread + d, mass + q
        for i in range(whole, n, LANES):
            left = n - i
            d, q = term(fetch(x, i, core_x, left, zero), fetch(w, i, core_w, left, zero), m)
            spread, mass = spread + d, mass + q
        if n <= LANES:
            return short(spread, n)[0], short(mass, n)[0]
        return fold(spread, every_lane(0.0))[0], fold(mass, every_lane(0.0))[0]

    def across(
        x: Any, w: Any, n: Any, width: Any, core_x: Any, row_w: Any, core_w: Any, m: Any, s: Any
    ) -> Any:
        spread, mass = every_lane(0.0), every_lane(0.0)
        for j in range(2):
            spread, total = mass, every_lane(0.0)
            for i in range(n):
                v = fetch(x, i * core_x, 1, width, zero)
                d, q = term(v, fetch(shifted(w, i * core_w), 0, row_w, width, zero), m)
                each = d if j == 0 else q
                if n <= LANES:
                    total += each
                else:
                    collect(s, i, each)
            mass = total if n <= LANES else join(s)[0]
        return spread, mass

    return njit(along), njit(across)


@functools.cache
def results_of(f: Format, *, keeps: bool, weighted: bool) -> Any:
    """The last sweep: from the exponentials, or from the input again."""
    (fetch, put), (power, _), zero = memory(f), exponential(f, quick=True), f.zero

    def element(
        x: Any, e: Any, w: Any, i: Any, core_x: Any, core_e: Any, core_w: Any, left: Any,
        m: Any, a: Any, b: Any, smoothing: Any,
    ) -> Any:  # fmt: skip
        v = fetch(e, i, core_e, left, zero) if keeps else power(fetch(x, i, core_x, left, zero), m)
        v = fma(v, a, v * b)
        return fma(fetch(w, i, core_w, left, zero), -smoothing, v) if weighted else v

    element = njit(element)

    def results(
        x: Any, e: Any, w: Any, dx: Any, n: Any, core_x: Any, core_e: Any, core_w: Any,
        core_dx: Any, m: Any, a: Any, b: Any, smoothing: Any,
    ) -> None:  # fmt: skip
        near = core_x == 1 and core_e == 1 and core_dx == 1 and (core_w == 1 or not weighted)
        whole = n - n % LANES if near else 0
        for i in range(0, whole, LANES):
            put(dx, i, 1, LANES, element(x, e, w, i, 1, 1, 1, LANES, m, a, b, smoothing))
        for i in range(whole, n, LANES):
            v = element(x, e, w, i, core_x, core_e, core_w, n - i, m, a, b, smoothing)
            put(dx, i, core_dx, n - i, v)

    return njit(results)


@functools.cache
def row_of(f: Format, *, weighted: bool) -> tuple[Any, Any]:
    """Functions that give what belongs to a row, and an element of it."""
    (fetch, _), zero = memory(f), f.zero

    def of_row(row: Any, options: Any) -> Any:
        """Label, factor, targets, their distance, smoothing, and the place of the loss."""
        (
            label, row_label, factor, row_factor, w, row_w, core_w, smoothing, row_smoothing,
            loss, row_loss,
        ) = options  # fmt: skip
        return (
            label[row * row_label], factor[row * row_factor], shifted(w, row * row_w), core_w,
            smoothing[row * row_smoothing] if weighted else 0.0, shifted(loss, row * row_loss),
        )  # fmt: skip

    def at(p: Any, i: Any, core: Any) -> Any:
        return first(fetch(shifted(p, i * core), 0, 1, 1, zero)) if i >= 0 else zero

    return njit(of_row), njit(at)


@functools.cache
def at_label(dtype: str, *, weighted: bool) -> Any:
    f = NATIVE[dtype]
    (of_row, at), (of_target, _), round_off = (
        row_of(f, weighted=weighted), of_targets(f), rounding(dtype)
    )  # fmt: skip

    def at_label(x: Any, n: Any, core_x: Any, row: Any, options: Any, facts: Any) -> None:
        """What label and targets add, before exponentials may take the place of x."""
        label, _, w, core_w, _, _ = of_row(row, options)
        facts[X_AT] = double(at(x, label, core_x))
        if weighted:
            facts[W_AT] = double(at(w, label, core_w))
            facts[SPREAD], facts[MASS] = of_target(
                x, w, n, core_x, core_w, round_off(facts[MAXIMUM])
            )

    return njit(at_label)


@functools.cache
def first_sweep(dtype: str, *, gradient: bool, weighted: bool) -> tuple[Any, Any, Any]:
    f = NATIVE[dtype]
    (of_row, _), most, fill, zero = row_of(f, weighted=weighted), largest(f), filled(f), f.zero
    general, (_, limit) = (
        general_row(dtype, gradient=gradient, weighted=weighted), exponential(f, quick=True)
    )  # fmt: skip
    keep_label = at_label(dtype, weighted=weighted)

    def counts(row: Any, options: Any) -> Any:
        _, factor, _, _, smoothing, _ = of_row(row, options)
        return factor != 0.0 or smoothing != 0.0

    counts = njit(counts)

    def crown(
        x: Any, dx: Any, n: Any, core_x: Any, core_dx: Any, row: Any, options: Any, facts: Any,
        m: Any,
    ) -> None:  # fmt: skip
        """A row with a large maximum is done at once."""
        label, factor, w, core_w, smoothing, loss = of_row(row, options)
        facts[MAXIMUM], facts[MOVED] = double(m), 0.0
        if not abs(m) < limit:
            facts[MAXIMUM] = -INF
            loss[0] = general(x, label, factor, w, smoothing, dx, n, core_x, core_w, core_dx)
        else:
            keep_label(x, n, core_x, row, options, facts)

    crown = njit(crown)

    def top(
        x: Any, dx: Any, n: Any, core_x: Any, core_dx: Any, row: Any, options: Any, facts: Any
    ) -> None:
        """So is one that does not count."""
        if counts(row, options):
            crown(x, dx, n, core_x, core_dx, row, options, facts, most(x, n, core_x))
        else:
            _, _, _, _, _, loss = of_row(row, options)
            facts[MAXIMUM], loss[0] = -INF, 0.0
            if gradient:
                fill(dx, n, core_dx, zero)

    return njit(top), counts, crown


def kinds(dtype: str, *, gradient: bool) -> tuple[Kind, Kind]:
    """For rows and short rows; float16 has too few bits to keep an exponential in the output."""
    return (LEFT if dtype == "float16" else KEPT, KEPT) if gradient else (LEFT, LEFT)


@functools.cache
def middle_sweep(dtype: str, *, gradient: bool) -> Any:
    f, (kind, short) = NATIVE[dtype], kinds(dtype, gradient=gradient)
    (total_of, _), round_off = with_room(f, kind, short, ahead=gradient), rounding(dtype)
    keep, _ = keeping(f, parts=True)

    def middle(
        x: Any, dx: Any, n: Any, core_x: Any, core_dx: Any, row: Any, options: Any, facts: Any,
        sums: Any, t: Any, next_x: Any, next_dx: Any,
    ) -> None:  # fmt: skip
        total, rest, count = total_of(
            x, dx, t, n, n, core_x, core_dx, round_off(facts[MAXIMUM]), next_x, next_dx
        )
        keep(sums, total, rest, count, n <= LANES)

    return njit(middle)


@functools.cache
def settling(dtype: str, *, gradient: bool, weighted: bool) -> Any:
    f = NATIVE[dtype]
    (quotient, of_label), log_of = shares(f, weighted=weighted), log_sum(f)
    (of_row, _), (power, _) = row_of(f, weighted=weighted), exponential(f, quick=True)
    (_, settled_facts), round_off = keeping(f, parts=True), rounding(dtype)

    def settle(n: Any, start: Any, width: Any, options: Any, facts: Any, sums: Any) -> None:
        """The losses of some rows, and what makes their gradients, side by side."""
        for k in range(width):
            of_this = shifted(facts, k)
            if of_this[MAXIMUM] > -INF:
                settled_facts(shifted(sums, k * SUMS), of_this, n, n <= LANES)
        label, row_label, factor, row_factor, _, _, _, smoothing, row_smoothing, _, _ = options
        factors = gather(shifted(factor, start * row_factor), 0, row_factor, width, 0.0)
        m, x_at = load_all(facts, MAXIMUM), load_all(facts, X_AT)
        total, rest = load_all(facts, TOTAL), load_all(facts, REST)
        count = load_all(facts, COUNT)
        logarithm = log_of(total, rest, count)
        value = factors * ((m - x_at) + logarithm)
        smoothings, mass, w_at = 0.0, 0.0, x_at
        if weighted:
            labels = gather(shifted(label, start * row_label), 0, row_label, width, 0)
            smoothings = gather(
                shifted(smoothing, start * row_smoothing), 0, row_smoothing, width, 0.0
            )
            mass, w_at = load_all(facts, MASS), load_all(facts, W_AT)
            spread = load_all(facts, SPREAD)
            value = where(real(labels) >= 0.0, value, 0.0) + smoothings * (
                spread + mass * logarithm
            )
        store_all(facts, LOSS, double(value))
        if gradient:
            a, b = quotient(factors + smoothings * mass, total, rest, count)
            m, x_at = round_off(m), round_off(x_at)
            slope = of_label(
                x_at, m, power(x_at, m), factors, total, rest, count, smoothings, mass, w_at
            )
            store_all(facts, HIGH, double(a))
            store_all(facts, LOW, double(b))
            store_all(facts, SLOPE, double(slope))
        for k in range(width):
            of_this = shifted(facts, k)
            if of_this[MAXIMUM] > -INF:
                _, _, _, _, _, loss = of_row(start + k, options)
                loss[0] = of_this[LOSS]

    return njit(settle)


@functools.cache
def last_sweep(dtype: str, *, gradient: bool, weighted: bool) -> tuple[Any, Any]:
    f, (kind, short) = NATIVE[dtype], kinds(dtype, gradient=gradient)
    (of_row, _), (_, put), round_off = row_of(f, weighted=weighted), memory(f), rounding(dtype)

    def close(dx: Any, core_dx: Any, row: Any, options: Any, facts: Any) -> None:
        """The gradient of the label."""
        label, _, _, _, _, _ = of_row(row, options)
        if label >= 0:
            put(shifted(dx, label * core_dx), 0, 1, 1, every_lane(round_off(facts[SLOPE])))

    close = njit(close)
    results = results_of(f, keeps=kind.keeps, weighted=weighted)
    short_results, room = results_of(f, keeps=short.keeps, weighted=weighted), f.room

    def last(
        x: Any, dx: Any, n: Any, core_x: Any, core_dx: Any, row: Any, options: Any, facts: Any,
        t: Any,
    ) -> None:  # fmt: skip
        if gradient:
            _, _, w, core_w, smoothing, _ = of_row(row, options)
            m, a, b = round_off(facts[MAXIMUM]), round_off(facts[HIGH]), round_off(facts[LOW])
            s = round_off(smoothing)
            if n <= room:
                short_results(x, t, w, dx, n, core_x, 1, core_w, core_dx, m, a, b, s)
            else:
                results(x, dx, w, dx, n, core_x, core_dx, core_w, core_dx, m, a, b, s)
            close(dx, core_dx, row, options, facts)

    return njit(last), close


def sweeps(dtype: str, *, gradient: bool, weighted: bool) -> Sweeps:
    """Those of a row, which go together where there is a gradient, of no other targets."""
    options = {"gradient": gradient, "weighted": weighted}
    top, counts, crown = first_sweep(dtype, **options)
    last, close = last_sweep(dtype, **options)
    at_once = overlapped(NATIVE[dtype], KEPT, counts, crown, close)
    middle, settle = middle_sweep(dtype, gradient=gradient), settling(dtype, **options)
    return Sweeps(top, middle, settle, last, *(at_once if gradient and not weighted else ()))


@functools.cache
def side_by_side(dtype: str, *, gradient: bool, weighted: bool, keeps: bool) -> Any:
    """Up to `LANES` rows as columns, whose exponentials are kept where they are needed."""
    f, kind = NATIVE[dtype], KEPT if keeps else LEFT
    (fetch, put_column), top_of, total_of = memory(f), tops_across(f, kind), totals_across(f, kind)
    (quotient, of_label), (_, of_target) = shares(f, weighted=weighted), of_targets(f)
    log_of, (power, _), zero = log_sum(f), exponential(f, quick=True), f.zero
    (_, put), rounded = memory(DOUBLE["float64"]), rounding(dtype)

    def side_by_side(
        x: Any, label: Any, factor: Any, w: Any, smoothing: Any, loss: Any, dx: Any, n: Any,
        lanes: Any, width: Any, core_x: Any, row_w: Any, core_w: Any, row_loss: Any, core_dx: Any,
        s: Any,
    ) -> Any:  # fmt: skip
        """Whether all was done: rows with a large maximum are left alone."""
        done, m = top_of(x, n, lanes, core_x)
        if not done:
            return False
        at, w_at, spread, mass = every_lane(zero), every_lane(zero), 0.0 * factor, 0.0 * factor
        for i in range(n):
            at = where(label == i, fetch(x, i * core_x, 1, lanes, zero), at)
            if weighted:
                v = fetch(shifted(w, i * core_w), 0, row_w, lanes, zero)
                w_at = where(label == i, v, w_at)
        counts = factor == 0.0
        if weighted:
            spread, mass = of_target(x, w, n, lanes, core_x, row_w, core_w, m, s)
            counts = counts & (smoothing == 0.0)
        total, rest, count = total_of(x, dx, n, lanes, core_x, core_dx, s, m, None)
        logarithm = log_of(total, rest, count)
        value = factor * ((double(m) - double(at)) + logarithm)
        if weighted:
            value += smoothing * (spread + mass * logarithm)
        put(loss, 0, row_loss, width, where(counts, 0.0, value))
        if gradient:
            a, b = quotient(factor + smoothing * mass, total, rest, count)
            slope = rounded(of_label(
                at, m, power(at, m), factor, total, rest, count, smoothing, mass, w_at
            ))  # fmt: skip
            more = rounded(smoothing)
            for i in range(n):
                e = fetch(dx, i * core_dx, 1, lanes, zero)
                v = fma(e, a, e * b)
                if weighted:
                    q = fetch(shifted(w, i * core_w), 0, row_w, lanes, zero)
                    v = fma(q, -more, v)
                v = where(label == i, slope, v)
                put_column(dx, i * core_dx, 1, lanes, where(counts, zero, v))
        return True

    return outlined(side_by_side)


@functools.cache
def several(dtype: str, *, gradient: bool, weighted: bool) -> tuple[Any, Any]:
    """Functions of up to `LANES` rows: by way of a tile, and where neighbours are in other rows."""
    f = NATIVE[dtype]
    (bring, back), zero = tiles(f), f.zero
    of_tile = side_by_side(dtype, gradient=gradient, weighted=weighted, keeps=True)
    of_columns = side_by_side(dtype, gradient=gradient, weighted=weighted, keeps=gradient)

    def tile(
        x: Any, label: Any, factor: Any, w: Any, smoothing: Any, loss: Any, dx: Any, n: Any,
        width: Any, row_x: Any, row_w: Any, row_loss: Any, row_dx: Any,
        core_x: Any, core_w: Any, core_dx: Any, t: Any, s: Any,
    ) -> Any:  # fmt: skip
        bring(x, row_x, core_x, width, n, t, zero)
        targets = shifted(t, DEPTH * LANES)
        if weighted:
            bring(w, row_w, core_w, width, n, targets, zero)
        done = of_tile(t, label, factor, targets, smoothing, loss, t, n, LANES, width,
                       LANES, 1, LANES, row_loss, LANES, s)  # fmt: skip
        if gradient and done:
            back(t, dx, row_dx, core_dx, width, n)
        return done

    def columns(
        x: Any, label: Any, factor: Any, w: Any, smoothing: Any, loss: Any, dx: Any, n: Any,
        width: Any, row_x: Any, row_w: Any, row_loss: Any, row_dx: Any,
        core_x: Any, core_w: Any, core_dx: Any, t: Any, s: Any,
    ) -> Any:  # fmt: skip
        return of_columns(x, label, factor, w, smoothing, loss, dx, n, width, width,
                          core_x, row_w, core_w, row_loss, core_dx, s)  # fmt: skip

    return njit(tile), njit(columns)


@functools.cache
def rows_of(dtype: str, *, gradient: bool, weighted: bool) -> Any:
    tile, columns = several(dtype, gradient=gradient, weighted=weighted)
    of_row = sweeps(dtype, gradient=gradient, weighted=weighted)
    one_by_one = in_groups(NATIVE[dtype].room, TOGETHER_OF_LOGARITHMS, of_row)
    keepable = dtype != "float16"

    def rows_of(
        x: Any, label: Any, factor: Any, w: Any, smoothing: Any, loss: Any, dx: Any,
        rows: Any, n: Any, row_x: Any, row_label: Any, row_factor: Any, row_w: Any,
        row_smoothing: Any, row_loss: Any, row_dx: Any, core_x: Any, core_w: Any, core_dx: Any,
        t: Any, s: Any,
    ) -> None:  # fmt: skip
        tiled = rows > 1 and 0 < n <= DEPTH
        abreast = keepable and rows > 1 and row_x == 1 and row_dx == 1 and not tiled
        together = LANES if tiled or abreast else rows
        for r in range(0, rows, together):
            width, done = min(together, rows - r), False
            x_r, dx_r = shifted(x, r * row_x), shifted(dx, r * row_dx)
            label_r, factor_r = shifted(label, r * row_label), shifted(factor, r * row_factor)
            w_r, loss_r = shifted(w, r * row_w), shifted(loss, r * row_loss)
            smoothing_r = shifted(smoothing, r * row_smoothing)
            if tiled or abreast:
                labels = real(gather(label_r, 0, row_label, width, 0))
                factors = gather(factor_r, 0, row_factor, width, 0.0)
                smoothings = factors
                if weighted:
                    smoothings = gather(smoothing_r, 0, row_smoothing, width, 0.0)
                if tiled:
                    done = tile(x_r, labels, factors, w_r, smoothings, loss_r, dx_r, n, width,
                                row_x, row_w, row_loss, row_dx, core_x, core_w, core_dx,
                                t, s)  # fmt: skip
                else:
                    done = columns(x_r, labels, factors, w_r, smoothings, loss_r, dx_r, n, width,
                                   row_x, row_w, row_loss, row_dx, core_x, core_w, core_dx,
                                   t, s)  # fmt: skip
            if not done:
                options = (
                    label_r, row_label, factor_r, row_factor, w_r, row_w, core_w,
                    smoothing_r, row_smoothing, loss_r, row_loss,
                )  # fmt: skip
                one_by_one(x_r, dx_r, width, n, row_x, row_dx, core_x, core_dx, t,
                           shifted(s, TOTALS), options)  # fmt: skip

    return njit(rows_of)


def labelled(dtype: str, *, gradient: bool) -> Any:
    """The loop over rows of logits, label and factor."""
    rows_of_label = rows_of(dtype, gradient=gradient, weighted=False)

    def value(
        x: Any, label: Any, factor: Any, loss: Any, t: Any, s: Any, rows: Any, n: Any,
        row_x: Any, row_label: Any, row_factor: Any, row_loss: Any,
        core_x: Any, core_label: Any, core_factor: Any, core_loss: Any,
    ) -> None:  # fmt: skip
        rows_of_label(x, label, factor, x, factor, loss, x, rows, n, row_x, row_label, row_factor,
                      row_x, row_factor, row_loss, row_x, core_x, core_x, core_x, t, s)  # fmt: skip

    def value_and_gradient(
        x: Any, label: Any, factor: Any, loss: Any, dx: Any, t: Any, s: Any, rows: Any, n: Any,
        row_x: Any, row_label: Any, row_factor: Any, row_loss: Any, row_dx: Any,
        core_x: Any, core_label: Any, core_factor: Any, core_loss: Any, core_dx: Any,
    ) -> None:  # fmt: skip
        rows_of_label(x, label, factor, x, factor, loss, dx, rows, n, row_x, row_label, row_factor,
                      row_x, row_factor, row_loss, row_dx, core_x, core_x, core_dx,
                      t, s)  # fmt: skip

    return njit(value_and_gradient if gradient else value)


def general(dtype: str, *, gradient: bool) -> Any:
    """The loop over rows of logits, label (or -1), factor, class weights and smoothing."""
    rows_of_target = rows_of(dtype, gradient=gradient, weighted=True)

    def value(
        x: Any, label: Any, factor: Any, w: Any, smoothing: Any, loss: Any, t: Any, s: Any,
        rows: Any, n: Any, row_x: Any, row_label: Any, row_factor: Any, row_w: Any,
        row_smoothing: Any, row_loss: Any, core_x: Any, core_label: Any, core_factor: Any,
        core_w: Any, core_smoothing: Any, core_loss: Any,
    ) -> None:  # fmt: skip
        rows_of_target(x, label, factor, w, smoothing, loss, x, rows, n, row_x, row_label,
                       row_factor, row_w, row_smoothing, row_loss, row_x,
                       core_x, core_w, core_x, t, s)  # fmt: skip

    def value_and_gradient(
        x: Any, label: Any, factor: Any, w: Any, smoothing: Any, loss: Any, dx: Any, t: Any,
        s: Any, rows: Any, n: Any, row_x: Any, row_label: Any, row_factor: Any, row_w: Any,
        row_smoothing: Any, row_loss: Any, row_dx: Any, core_x: Any, core_label: Any,
        core_factor: Any, core_w: Any, core_smoothing: Any, core_loss: Any, core_dx: Any,
    ) -> None:  # fmt: skip
        rows_of_target(x, label, factor, w, smoothing, loss, dx, rows, n, row_x, row_label,
                       row_factor, row_w, row_smoothing, row_loss, row_dx,
                       core_x, core_w, core_dx, t, s)  # fmt: skip

    return njit(value_and_gradient if gradient else value)
