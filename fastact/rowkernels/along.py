"""The sweeps along a row: the maximum, the exponentials and their sum, the results.

The first and the last wait for memory, the second for arithmetic. So where rows are short enough
for the cache, one loop does all three, each on another row: the maximum of the next, the results of
the one before. What ends a sweep takes long and keeps few units busy: it is done for a group of
rows side by side.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from numba.core import types

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.dispatch import outlined
from fastact.compiler.simd import (
    LANES,
    double,
    every_lane,
    load_all,
    shifted,
    soon_read,
    soon_written,
    store_all,
    within,
)
from fastact.numerics.primitives import where
from fastact.rowkernels.arithmetic import (
    COUNT,
    FACTS,
    HIGH,
    INF,
    LOW,
    MAXIMUM,
    MOVED,
    REST,
    SUMS,
    TOGETHER,
    TOGETHER_OF_LOGARITHMS,
    TOTAL,
    Format,
    Kind,
    asking,
    exponential,
    folded,
    in_order,
    joined_lanes,
    larger,
    largest_of_lanes,
    memory,
    rounding_of,
    smaller,
    sum_of_lanes,
    summing,
    without_largest,
)

LATER = 2048  # elements ahead, of which memory is asked for where a row is long


@functools.cache
def keeping(f: Format, *, parts: bool) -> tuple[Any, Any]:
    """Functions that keep what the second sweep gives, and that make numbers of it."""
    settle, join, short = (
        summing(f, parts=parts).settle, joined_lanes(f.join), in_order(f, parts=parts)
    )  # fmt: skip
    rests, round_off = f.number == types.float64, rounding_of(f)

    def keep(sums: Any, total: Any, rest: Any, count: Any, few: Any) -> None:
        total, rest = (double(total), double(rest)) if few else settle(total, rest)
        store_all(sums, 0, total)
        if rests:
            store_all(sums, LANES, rest)
        if parts:
            store_all(sums, 2 * LANES, double(count))

    def settled_facts(sums: Any, facts: Any, n: Any, few: Any) -> None:
        total, rest = load_all(sums, 0), every_lane(0.0)
        if rests:
            rest = load_all(sums, LANES)
        if few:
            facts[TOTAL], facts[REST] = short(round_off(total), n)
        else:
            facts[TOTAL], facts[REST] = join(total, rest)
        if parts:
            facts[COUNT] = sum_of_lanes(load_all(sums, 2 * LANES))

    return njit(keep), njit(settled_facts)


@functools.cache
def largest(f: Format, *, least: bool = False) -> Any:
    fetch, _ = memory(f)
    of_two, lowest = (smaller, f.infinity) if least else (larger, -f.infinity)

    def largest(x: Any, n: Any, core: Any) -> Any:
        """The largest (or least) element of a row that is not NaN; -inf (inf) if there is none."""
        a = every_lane(lowest)
        b, c, d = a, a, a
        if core == 1:
            whole = n - n % (4 * LANES)
            for i in range(0, whole, 4 * LANES):
                a = of_two(fetch(x, i, 1, LANES, lowest), a)
                b = of_two(fetch(x, i + LANES, 1, LANES, lowest), b)
                c = of_two(fetch(x, i + 2 * LANES, 1, LANES, lowest), c)
                d = of_two(fetch(x, i + 3 * LANES, 1, LANES, lowest), d)
            for i in range(whole, n, LANES):
                a = of_two(fetch(x, i, 1, n - i, lowest), a)
        else:
            for i in range(0, n, LANES):
                a = of_two(fetch(x, i, core, n - i, lowest), a)
        a = of_two(of_two(a, b), of_two(c, d))
        return -largest_of_lanes(-a) if least else largest_of_lanes(a)

    return njit(largest)


@functools.cache
def summed(f: Format, kind: Kind) -> Any:
    sweep, parts = second_sweep(f, kind, ahead=False), kind.parts
    fold, short = folded(f, parts=parts), in_order(f, parts=parts)

    def summed(x: Any, y: Any, n: Any, core_x: Any, core_y: Any, m: Any) -> Any:
        """Sum, rest and count of a row."""
        few = n <= LANES
        total, rest, count = sweep(x, y, n, core_x, core_y, m, few, False, x, y)
        total_of_row, rest_of_row = short(total, n) if few else fold(total, rest)
        return total_of_row, rest_of_row, sum_of_lanes(count)

    return njit(summed)


@functools.cache
def summed_with_next(f: Format, kind: Kind) -> Any:
    """As `summed`, of a kind that keeps none, for whole vectors; the maximum of as many others."""
    (fetch, _), (power, _) = memory(f), exponential(f, quick=kind.quick)
    (start, start_rest), add, _ = summing(f, parts=kind.parts)
    others, fold = without_largest(f, kind), folded(f, parts=kind.parts)
    zero, lowest = f.zero, -f.infinity

    def summed_with_next(x: Any, n: Any, m: Any, x_after: Any) -> Any:
        total, rest, count = every_lane(start), every_lane(start_rest), every_lane(zero)
        most = every_lane(lowest)
        for i in range(0, n, LANES):
            soon_read(x_after, i + LATER)
            most = larger(fetch(x_after, i, 1, LANES, lowest), most)
            v = fetch(x, i, 1, LANES, lowest)
            e, count = others(power(v, m), v, m, count, None)
            total, rest = add(total, rest, e)
        total_of_row, rest_of_row = fold(total, rest)
        return total_of_row, rest_of_row, sum_of_lanes(count), largest_of_lanes(most)

    return njit(summed_with_next)


@functools.cache
def second_sweep(f: Format, kind: Kind, *, ahead: bool) -> Any:
    """The second sweep.

    With `ahead` it asks for the memory of the next rows, of input and output: while there is much
    to compute there is little to wait for.
    """
    (fetch, put), (power, _) = memory(f), exponential(f, quick=kind.quick)
    (start, start_rest), add, _ = summing(f, parts=kind.parts)
    keeps, others, zero, lowest = kind.keeps, without_largest(f, kind), f.zero, -f.infinity
    widened = not isinstance(start, type(zero))
    ask = asking(f)

    def step(
        x: Any, y: Any, i: Any, core_x: Any, core_y: Any, left: Any, m: Any, padded: Any,
        count: Any,
    ) -> Any:  # fmt: skip
        """The exponentials of the next elements, of which there are `left`, and the new count."""
        v = fetch(x, i, core_x, left, lowest)
        e = power(v, m)
        if keeps:
            put(y, i, core_y, LANES if padded else left, e)
        e, count = others(e, v, m, count, None)
        return (e if left >= LANES else within(e, left, zero)), count

    step = njit(step)

    def second_sweep(
        x: Any, y: Any, n: Any, core_x: Any, core_y: Any, m: Any, few: Any, padded: Any,
        next_x: Any, next_y: Any,
    ) -> Any:  # fmt: skip
        """The accumulators of the sum; the number of largest elements if these are left out.

        With `few` elements, which have one accumulator, the terms. Exponentials that are kept fill
        whole vectors if they are `padded`.
        """
        total, rest, count = every_lane(start), every_lane(start_rest), every_lane(zero)
        if core_x == 1 and (core_y == 1 or not keeps) and not few:
            whole = n - n % LANES
            for i in range(0, whole, LANES):
                if ahead:
                    ask(next_x, i, next_y, i)
                e, count = step(x, y, i, 1, 1, LANES, m, padded, count)
                total, rest = add(total, rest, e)
            if whole < n:
                e, count = step(x, y, whole, 1, 1, n - whole, m, padded, count)
                total, rest = add(total, rest, e)
        else:
            for i in range(0, n, LANES):
                e, count = step(x, y, i, core_x, core_y, n - i, m, padded, count)
                if few:
                    total = double(e) if widened else e
                else:
                    total, rest = add(total, rest, e)
        return total, rest, count

    return njit(second_sweep)


@functools.cache
def finished(f: Format, kind: Kind, *, far: bool = False) -> Any:
    (fetch, put), result, keeps, zero = memory(f), kind.result, kind.keeps, f.zero
    ask = asking(f)

    def step(
        x: Any, e: Any, y: Any, i: Any, core_x: Any, core_e: Any, core_y: Any, left: Any,
        m: Any, a: Any, b: Any, padded: Any,
    ) -> None:  # fmt: skip
        if keeps:
            v = fetch(e, i, core_e, LANES if padded else left, zero)
        else:
            v = fetch(x, i, core_x, left, zero)
        put(y, i, core_y, left, result(v, m, a, b))

    step = njit(step)

    def finished(
        x: Any, e: Any, y: Any, n: Any, core_x: Any, core_e: Any, core_y: Any,
        m: Any, a: Any, b: Any, padded: Any,
    ) -> None:  # fmt: skip
        """The last sweep: from the exponentials, or from the input again.

        Of a row that is `far` longer than the cache it asks for memory ahead.
        """
        if core_y == 1 and (core_e == 1 if keeps else core_x == 1):
            whole = n - n % LANES
            for i in range(0, whole, LANES):
                if far:
                    ask(x, i + LATER, y, i + LATER)
                step(x, e, y, i, 1, 1, 1, LANES, m, a, b, padded)
            if whole < n:
                step(x, e, y, whole, 1, 1, 1, n - whole, m, a, b, padded)
        else:
            for i in range(0, n, LANES):
                step(x, e, y, i, core_x, core_e, core_y, n - i, m, a, b, padded)

    return njit(finished)


@functools.cache
def rewritten(f: Format) -> Any:
    """What is done first with a row whose maximum is large or infinite."""
    (fetch, put), zero = memory(f), f.zero

    def rewritten(x: Any, y: Any, n: Any, core_x: Any, core_y: Any, m: Any) -> None:
        """x - m, which is exact wherever it is not far below 0; 0 where both are infinite."""
        for i in range(0, n, LANES):
            v = fetch(x, i, core_x, n - i, zero)
            put(y, i, core_y, n - i, where(v == m, zero, v - m))

    return njit(rewritten)


@functools.cache
def spoiled(f: Format) -> Any:
    (fetch, _), zero = memory(f), f.zero

    def spoiled(x: Any, n: Any, core: Any) -> Any:
        """NaN if an element is NaN, else 0."""
        found = every_lane(zero)
        for i in range(0, n, LANES):
            v = fetch(x, i, core, n - i, zero)
            found += where(v == v, zero, v)
        return sum_of_lanes(found)

    return njit(spoiled)


@functools.cache
def filled(f: Format) -> Any:
    _, put = memory(f)

    def filled(y: Any, n: Any, core: Any, value: Any) -> None:
        for i in range(0, n, LANES):
            put(y, i, core, n - i, every_lane(value))

    return njit(filled)


# Exponentials are kept in scratch memory, where rows are not longer than `room`. The memory of the
# next rows is asked for unless they are too long to stay in the cache.
AHEAD = 8  # rows up to so many times `room`


@functools.cache
def with_room(f: Format, kind: Kind, short: Kind, *, ahead: bool) -> tuple[Any, Any]:
    """The second and the last sweep over the first `count` of n elements.

    Exponentials of a `short` kind are kept in scratch memory, those of rows longer than `room` in
    the output. Where both are alike one sweep serves both.
    """
    room, alike = f.room, kind is short and f.pointer == f.number
    sweep, last = second_sweep(f, kind, ahead=ahead), finished(f, kind)
    short_sweep, short_last = second_sweep(f, short, ahead=ahead), finished(f, short)

    def place(t: Any, y: Any, core_y: Any, n: Any) -> Any:
        e, core_e = y, core_y
        if n <= room:
            e, core_e = t, 1
        return e, core_e

    place = njit(place)

    def total_of(
        x: Any, y: Any, t: Any, n: Any, count: Any, core_x: Any, core_y: Any, m: Any,
        next_x: Any, next_y: Any,
    ) -> Any:  # fmt: skip
        e, core_e = place(t, y, core_y, n)
        return sweep(x, e, count, core_x, core_e, m, n <= LANES, n <= room, next_x, next_y)

    def finish(
        x: Any, y: Any, t: Any, n: Any, count: Any, core_x: Any, core_y: Any,
        m: Any, a: Any, b: Any,
    ) -> None:  # fmt: skip
        e, core_e = place(t, y, core_y, n)
        last(x, e, y, count, core_x, core_e, core_y, m, a, b, n <= room)

    def either_total_of(
        x: Any, y: Any, t: Any, n: Any, count: Any, core_x: Any, core_y: Any, m: Any,
        next_x: Any, next_y: Any,
    ) -> Any:  # fmt: skip
        if n <= room:
            return short_sweep(x, t, count, core_x, 1, m, n <= LANES, True, next_x, next_y)
        return sweep(x, y, count, core_x, core_y, m, False, False, next_x, next_y)

    def either_finish(
        x: Any, y: Any, t: Any, n: Any, count: Any, core_x: Any, core_y: Any,
        m: Any, a: Any, b: Any,
    ) -> None:  # fmt: skip
        if n <= room:
            short_last(x, t, y, count, core_x, 1, core_y, m, a, b, True)
        else:
            last(x, y, y, count, core_x, core_y, core_y, m, a, b, False)

    if alike:
        return njit(total_of), njit(finish)
    return njit(either_total_of), njit(either_finish)


class Sweeps(NamedTuple):
    """The sweeps of a row."""

    top: Any
    middle: Any
    settle: Any
    last: Any
    possible: Any = None  # whether they can go together, all of them, and how long rows may be
    all_sweeps: Any = None
    reach: int = 0


@functools.cache
def three_sweeps(f: Format, kind: Kind, short: Kind, empty: float) -> Sweeps:
    """The sweeps of a row: the maximum, the sum and what is made of it, the results."""
    most, (total_of, finish) = largest(f), with_room(f, kind, short, ahead=True)
    rewrite, spoil, fill, round_off = rewritten(f), spoiled(f), filled(f), rounding_of(f)
    infinity, nothing, parameters = f.infinity, f.one * empty, kind.parameters
    _, limit = exponential(f, quick=kind.quick)
    keep, settled_facts = keeping(f, parts=kind.parts)

    def crown(
        x: Any, y: Any, n: Any, core_x: Any, core_y: Any, row: Any, options: Any, facts: Any, m: Any
    ) -> None:  # fmt: skip
        """A large maximum is taken off at once: the row goes on in the output, which is said."""
        facts[MAXIMUM], facts[MOVED] = double(m), 0.0
        if m == -infinity:
            fill(y, n, core_y, nothing + spoil(x, n, core_x))
        elif abs(m) >= limit:
            rewrite(x, y, n, core_x, core_y, m)
            facts[MAXIMUM], facts[MOVED] = 0.0, 1.0

    crown = njit(crown)

    def top(
        x: Any, y: Any, n: Any, core_x: Any, core_y: Any, row: Any, options: Any, facts: Any
    ) -> None:
        crown(x, y, n, core_x, core_y, row, options, facts, most(x, n, core_x))

    def middle(
        x: Any, y: Any, n: Any, core_x: Any, core_y: Any, row: Any, options: Any, facts: Any,
        sums: Any, t: Any, next_x: Any, next_y: Any,
    ) -> None:  # fmt: skip
        if facts[MOVED] != 0.0:
            x, core_x = y, core_y
        total, rest, count = total_of(
            x, y, t, n, n, core_x, core_y, round_off(facts[MAXIMUM]), next_x, next_y
        )
        keep(sums, total, rest, count, n <= LANES)

    def settle(n: Any, start: Any, width: Any, options: Any, facts: Any, sums: Any) -> None:
        for k in range(width):
            settled_facts(shifted(sums, k * SUMS), shifted(facts, k), n, n <= LANES)
        a, b = parameters(load_all(facts, TOTAL), load_all(facts, REST), load_all(facts, COUNT))
        store_all(facts, HIGH, double(a))
        store_all(facts, LOW, double(b))

    def last(
        x: Any, y: Any, n: Any, core_x: Any, core_y: Any, row: Any, options: Any, facts: Any, t: Any
    ) -> None:
        if facts[MOVED] != 0.0:
            x, core_x = y, core_y
        m, a, b = round_off(facts[MAXIMUM]), round_off(facts[HIGH]), round_off(facts[LOW])
        finish(x, y, t, n, n, core_x, core_y, m, a, b)

    def counts(row: Any, options: Any) -> Any:
        return True

    def nothing_left(y: Any, core_y: Any, row: Any, options: Any, facts: Any) -> None:
        pass

    at_once = overlapped(f, short, njit(counts), crown, njit(nothing_left))
    return Sweeps(njit(top), njit(middle), njit(settle), njit(last), *at_once)


@functools.cache
def along(f: Format, kind: Kind, short: Kind, empty: float) -> Any:
    """Rows one by one; one without mass is filled with `empty`."""
    most = TOGETHER_OF_LOGARITHMS if kind.parts else TOGETHER
    in_turn = in_groups(f.room, most, three_sweeps(f, kind, short, empty))

    def along(
        x: Any, y: Any, rows: Any, n: Any, row_x: Any, row_y: Any, core_x: Any, core_y: Any,
        t: Any, facts: Any,
    ) -> None:  # fmt: skip
        in_turn(x, y, rows, n, row_x, row_y, core_x, core_y, t, facts, None)

    return outlined(along)


@functools.cache
def in_groups(room: int, most: int, sweeps: Sweeps) -> Any:
    """Each sweep over up to `most` rows before the next, unless the first has done all.

    That it says by -inf as the first of `facts`. `options` are what rows have beside elements.
    Where it is possible three sweeps go together: the first over the next rows, the last over
    those before.
    """
    top, middle, settle, last, possible, all_sweeps, reach = sweeps
    overlaps = possible is not None

    def one_by_one(
        x: Any, y: Any, rows: Any, n: Any, row_x: Any, row_y: Any, core_x: Any, core_y: Any,
        t: Any, here: Any, there: Any, sums: Any, options: Any,
        start: Any, k: Any, together: Any, ahead: Any,
    ) -> None:  # fmt: skip
        """The sweeps that row k of three groups needs, one after the other."""
        before, r, after = start + k - together, start + k, start + k + together
        own, other = shifted(here, k), shifted(there, k)
        if 0 <= before < rows and other[MAXIMUM] > -INF:
            last(shifted(x, before * row_x), shifted(y, before * row_y), n, core_x, core_y,
                 before, options, other, t)  # fmt: skip
        if 0 <= r < rows and own[MAXIMUM] > -INF:
            x_r, y_r = shifted(x, r * row_x), shifted(y, r * row_y)
            next_x, next_y = shifted(x_r, ahead * row_x), shifted(y_r, ahead * row_y)
            middle(x_r, y_r, n, core_x, core_y, r, options, own, sums, t, next_x, next_y)
        if after < rows:
            top(shifted(x, after * row_x), shifted(y, after * row_y), n, core_x, core_y,
                after, options, other)  # fmt: skip

    one_by_one = outlined(one_by_one)

    def in_groups(
        x: Any, y: Any, rows: Any, n: Any, row_x: Any, row_y: Any, core_x: Any, core_y: Any,
        t: Any, facts: Any, options: Any,
    ) -> None:  # fmt: skip
        slot = (n + LANES - 1) // LANES * LANES
        together = max(1, min(most, room // slot))
        ahead = together if n <= AHEAD * room else 0
        near = core_x == 1 and core_y == 1 and n > LANES and n <= reach
        for k in range(0, 2 * FACTS, LANES):
            store_all(facts, k, every_lane(1.0))  # subnormal numbers would take long
        here, there, sums = facts, shifted(facts, FACTS), shifted(facts, 2 * FACTS)
        for start in range(-together, rows + together, together):
            inner = near and start >= together
            for k in range(together):
                before, r, after = start + k - together, start + k, start + k + together
                own, other = shifted(here, k), shifted(there, k)
                own_sums, t_r = shifted(sums, k * SUMS), shifted(t, k * slot)
                full = inner and after < rows and other[MAXIMUM] > -INF and own[MAXIMUM] > -INF
                if overlaps and full and possible(after, options):
                    all_sweeps(shifted(x, before * row_x), shifted(y, before * row_y),
                               shifted(x, r * row_x), shifted(y, r * row_y),
                               shifted(x, after * row_x), shifted(y, after * row_y), n, t_r,
                               own, other, own_sums, before, after, options)  # fmt: skip
                else:
                    one_by_one(x, y, rows, n, row_x, row_y, core_x, core_y, t_r, here, there,
                               own_sums, options, start, k, together, ahead)  # fmt: skip
            if 0 <= start < rows:
                settle(n, start, min(together, rows - start), options, here, sums)
            here, there = there, here

    return outlined(in_groups)


# Rows of float32 longer than `room` go together up to `FAR` elements. In float64 that is no faster,
# and slower where rows lie a multiple of a page apart: they fall into the same places of the cache.
FAR = 2**16


@functools.cache
def overlapped(f: Format, kind: Kind, counts: Any, crown: Any, close: Any) -> tuple[Any, Any, int]:
    """Whether the sweeps can go together, all of them, each over another row, and how far.

    Exponentials of rows longer than `room` are kept in the output, if its dtype allows it.
    """
    sweep, far_sweep = (sweep_of_three(f, kind, far=each) for each in (False, True))
    (keep, _), keeps = keeping(f, parts=kind.parts), kind.keeps
    round_off, room, far = rounding_of(f), f.room, f.pointer == types.float32

    def all_sweeps(
        x_before: Any, y_before: Any, x: Any, y: Any, x_after: Any, y_after: Any, n: Any, t: Any,
        facts: Any, facts_other: Any, sums: Any, before: Any, after: Any, options: Any,
    ) -> None:  # fmt: skip
        m, m_before = round_off(facts[MAXIMUM]), round_off(facts_other[MAXIMUM])
        a, b = round_off(facts_other[HIGH]), round_off(facts_other[LOW])
        if facts[MOVED] != 0.0:
            x = y
        if facts_other[MOVED] != 0.0:
            x_before = y_before
        if far and n > room:
            m_after, total, rest, count = far_sweep(
                y_before if keeps else x_before, y_before, m_before, a, b, x, y, y, m, x_after, n
            )
        else:
            m_after, total, rest, count = sweep(
                t if keeps else x_before, y_before, m_before, a, b, x, t, y, m, x_after, n
            )
        keep(sums, total, rest, count, False)
        close(y_before, 1, before, options, facts_other)
        crown(x_after, y_after, n, 1, 1, after, options, facts_other, m_after)

    return counts, njit(all_sweeps), FAR if far else room


@functools.cache
def sweep_of_three(f: Format, kind: Kind, *, far: bool) -> Any:
    (fetch, put), (power, _) = memory(f), exponential(f, quick=kind.quick)
    keeps, others, result = kind.keeps, without_largest(f, kind), kind.result
    (start, start_rest), add, _ = summing(f, parts=kind.parts)
    zero, lowest, padded = f.zero, -f.infinity, keeps and not far  # scratch memory has the room

    def step(
        e_before: Any, y_before: Any, m_before: Any, a: Any, b: Any,
        x: Any, e: Any, y: Any, m: Any, x_after: Any, i: Any, left: Any, count: Any, most: Any,
    ) -> Any:  # fmt: skip
        if far:
            soon_read(x_after, i + LATER)
        soon_written(y, i + LATER if far else i)
        v = fetch(e_before, i, 1, LANES if padded else left, zero)
        put(y_before, i, 1, left, result(v, m_before, a, b))
        most = larger(fetch(x_after, i, 1, left, lowest), most)
        v = fetch(x, i, 1, left, lowest)
        raw = power(v, m)
        if keeps:
            put(e, i, 1, LANES if padded else left, raw)
        raw, count = others(raw, v, m, count, None)
        return (raw if left >= LANES else within(raw, left, zero)), count, most

    step = njit(step)

    def sweep_of_three(
        e_before: Any, y_before: Any, m_before: Any, a: Any, b: Any,
        x: Any, e: Any, y: Any, m: Any, x_after: Any, n: Any,
    ) -> Any:  # fmt: skip
        """The maximum of the next row; as `second_sweep` of this one; the result of that before.

        Exponentials of this row take the place of those before.
        """
        total, rest, count = every_lane(start), every_lane(start_rest), every_lane(zero)
        most, whole = every_lane(lowest), n - n % LANES
        for i in range(0, whole, LANES):
            raw, count, most = step(
                e_before, y_before, m_before, a, b, x, e, y, m, x_after, i, LANES, count, most
            )
            total, rest = add(total, rest, raw)
        if whole < n:
            raw, count, most = step(
                e_before, y_before, m_before, a, b, x, e, y, m, x_after, whole, n - whole,
                count, most,
            )  # fmt: skip
            total, rest = add(total, rest, raw)
        return largest_of_lanes(most), total, rest, count

    return njit(sweep_of_three)
