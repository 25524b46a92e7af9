"""Softmax and log-softmax with a temperature, a sink and a length: see `fastact.rowwise`.

The product of an element and the factor is a number and its rest. The passes are those of the
other functions, but for rows whose products are huge or infinite: these are computed in float64.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
import math
from dataclasses import replace
from typing import Any, NamedTuple

from numba.core import types

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.dispatch import outlined
from fastact.compiler.simd import LANES, double, every, load_all, real, splat, store_all, within
from fastact.numerics.elementary import LN2_REST, LN2_TOP, LOG2E, LOG2E32, MAGIC, MAGIC_UP
from fastact.numerics.primitives import fma, where
from fastact.rowkernels.across import totals
from fastact.rowkernels.along import (
    How,
    Output,
    Passes,
    element_of,
    fill,
    in_groups,
    largest,
)
from fastact.rowkernels.arithmetic import (
    AFTER_LN2_32,
    DOUBLE,
    INF,
    LN2_32,
    MAGIC_32,
    MAGIC_512,
    NATIVE,
    Normaliser,
    Precision,
    Terms,
    difference,
    finite_of,
    folded,
    join_double,
    larger,
    largest_of_lanes,
    log_sum,
    logarithm,
    power_double,
    quotient,
    scaled_double,
    scaled_single,
    sum_of_lanes,
)
from fastact.rowkernels.memory import (
    COUNT,
    GROUP,
    GROUP_OF_LOGARITHMS,
    HIGH,
    LOW,
    MAXIMUM,
    MOVED,
    REST,
    TOTAL,
    back,
    bring,
    column,
    fetch,
    fetch_across,
    from_element,
    from_row,
    numbers,
    put,
    put_across,
    side_by_side,
)
from fastact.rowkernels.operation import Loop, RowOperation, over_rows

LARGE = 2.0**47  # beyond it, what rounds off a product is not looked at


class Operands(NamedTuple):
    """Rows of the input; of each a factor, a sink and a length; rows of the output."""

    x: Any
    factor: Any
    sink: Any
    length: Any
    y: Any


class Form(NamedTuple):
    """Softmax or log-softmax of a dtype."""

    dtype: str
    log: bool

    @property
    def f(self) -> Precision:
        """The precision of results."""
        return NATIVE[self.dtype]

    @property
    def terms(self) -> Terms:
        """The terms of the sum, whose maximum is a `Reference`."""
        return Terms(scaled(self.f), without_largest=self.log)

    @property
    def to(self) -> Normaliser:
        """What is made of the sum."""
        return logarithm(self.terms) if self.log else quotient(self.terms)

    @property
    def fill_value(self) -> Any:
        """What stands where a row has no mass."""
        return self.f.one * (-INF if self.log else 0.0)


@njit
def product(x, factor):
    """Return the product and what rounds off."""
    high = x * factor
    return high, where(abs(high) < LARGE, fma(x, factor, -high), 0.0)


# ---------------------------------------------------------------- any row, in float64
@functools.cache
def scaled_power(dtype: str) -> Any:
    """The function that makes `up` times e**(high + low - m)."""
    f = DOUBLE[dtype]
    power, lowest = f.power, f.lowest

    def scaled_power(high, low, m):
        """Return `up` times e**(high + low - m) of float64 products in two parts."""
        d, rest = difference(high, m)
        small = d < lowest
        return power(where(small, lowest, d), where(small, 0.0, rest + low))

    return njit(scaled_power)


@njit
def largest_product(x, factor, sink, n):
    """Return the largest product or the sink, what rounds off, and NaN if an element is, else 0."""
    m, zero_or_nan = splat(-INF), splat(0.0)
    sign = where(factor < 0.0, -1.0, 1.0)
    for i in range(0, n, LANES):
        v = within(fetch(x, i, n - i, 0.0) * sign, n - i, -INF)
        m = larger(v, m)
        zero_or_nan += where(v == v, 0.0, v)
    high, low = product(largest_of_lanes(m) * sign, factor)
    if not high > sink:
        high, low = sink, 0.0
    return high, low, sum_of_lanes(zero_or_nan)


class Maximum(NamedTuple):
    """The largest product of a row, or the sink if that is larger."""

    m: Any  # 0 if it is infinite
    low: Any  # what rounds off
    infinite: Any  # whether it is


@functools.cache
def sums_of_any_row(dtype: str) -> Any:
    """The function that sums a row without its largest terms, which are counted."""
    f, power = DOUBLE[dtype], scaled_power(dtype)
    fold, ((start, _), add, _) = folded(f, without_largest=True), f.other_terms

    def sums_of_any_row(x, factor, sink, n, maximum):
        """Return sum, rest and count of the row `x` times `factor`, and of the sink."""
        total, rest, count = splat(start), splat(0.0), splat(0.0)
        for i in range(0, n, LANES):
            high, low = product(fetch(x, i, n - i, 0.0), factor)
            high = within(finite_of(high, maximum.infinite), n - i, -INF)
            e = within(power(high, low - maximum.low, maximum.m), n - i, 0.0)
            same = (high == maximum.m) & (low == maximum.low)
            count += where(same, 1.0, splat(0.0))
            total, rest = add(total, rest, where(same, 0.0, e))
        total, rest = fold(total, rest)
        number = sum_of_lanes(count)
        sink = finite_of(sink, maximum.infinite)
        if sink == maximum.m and maximum.low == 0.0:
            number += 1.0
        elif sink > -INF:
            total += power(sink, -maximum.low, maximum.m)
        return total, rest, number

    return njit(sums_of_any_row)


@functools.cache
def to_results(dtype: str, *, log: bool) -> tuple[Any, Any]:
    """Functions that give two numbers of a row's sums, and a result of these."""
    f = DOUBLE[dtype]
    power, log_of, invert, up = scaled_power(dtype), log_sum(f), f.inverse, f.up

    def parameters(total, rest, count):
        """Return log(sum), or 1 / sum in two parts."""
        if log:
            return log_of(total, rest, count), 0.0
        whole, lost = join_double(count * up, 0.0, total, rest)
        return invert(whole, lost)

    def result(high, low, m, a, b):
        """Return the results of products in two parts."""
        if log:
            d, rest = difference(high, m)
            return where(d > -INF, (d - a) + (rest + low), d - a)
        e = power(high, low, m)
        return fma(e, a, e * b)

    return njit(parameters), njit(result)


@functools.cache
def any_row(form: Form) -> Any:
    """The function of a row in float64, whatever its products are."""
    sums, (parameters, result) = sums_of_any_row(form.dtype), to_results(form.dtype, log=form.log)
    round_off, fill_value = form.f.round, form.fill_value

    def any_row(x, y, n, factor, sink):
        """Read the first `n` elements of the row `x` and write their results to the row `y`."""
        m, m_low, zero_or_nan = largest_product(x, factor, sink, n)
        if m == -INF:
            fill(y, n, fill_value + round_off(zero_or_nan))
            return
        maximum = Maximum(where(m == INF, 0.0, m), m_low, m == INF)
        total, rest, count = sums(x, factor, sink, n, maximum)
        a, b = parameters(total, rest, count)
        for i in range(0, n, LANES):
            high, low = product(fetch(x, i, n - i, 0.0), factor)
            high = finite_of(high, maximum.infinite)
            put(y, i, n - i, round_off(result(high, low - maximum.low, maximum.m, a, b)))

    return outlined(any_row)


# ---------------------------------------------------------------- the quick way
class Reference(NamedTuple):
    """What the exponents of a row with a factor are relative to."""

    x: Any  # the element with the largest product; NaN if the sink is larger
    factor: Any  # in the precision of results
    more: Any  # what rounds off the factor, divided by the factor
    maximum: Any  # the largest product, or the sink
    low: Any  # what rounds off that


# The least and the largest size of a factor that the quick way splits into a float32 and a rest.
FACTORS = 2.0**-64, 2.0**64


@functools.cache
def scaled(f: Precision) -> Precision:
    """The precision of rows with a factor."""
    narrow = f.number == types.float32
    scaled_power = scaled_single if narrow else scaled_double
    per_octave, magic, magic_up = (
        (LOG2E32, MAGIC_32, MAGIC_UP) if narrow else (LOG2E, MAGIC, MAGIC_512)
    )  # fmt: skip
    log_high, log_rest = (LN2_32, AFTER_LN2_32) if narrow else (LN2_TOP, LN2_REST)
    lowest, minus_one = f.lowest, -f.one

    def quick(x, m):
        """As `quick_single` and `quick_double`, with a rest of x and m."""
        octave = fma(m.maximum, per_octave, magic) - magic
        of_maximum = fma(octave, -log_high, m.maximum)
        high = larger(m.maximum + lowest, x * m.factor)
        low = larger(minus_one, fma(x, m.factor, -high))
        if narrow:
            low = fma(high, m.more, low)
        k = fma(high - m.maximum, per_octave, magic_up)
        n = k - magic_up
        low = fma(n, -log_rest, low - m.low)
        return scaled_power(low + (fma(n + octave, -log_high, high) - of_maximum), k)

    def difference_of(x, m):
        """As `difference`, of a product and the largest product."""
        high = x * m.factor
        low = fma(x, m.factor, -high)
        if narrow:
            low = fma(high, m.more, low)
        d, rest = difference(high, m.maximum)
        return d, rest + (low - m.low)

    def same(x, m):
        """Return whether an element is the one with the largest product."""
        return x == m.x

    return replace(f, quick=njit(quick), difference=njit(difference_of), same=njit(same))


@functools.cache
def references(f: Precision, *, without_largest: bool) -> tuple[Any, Any, Any]:
    """Functions of a row's largest element, factor and sink, numbers or vectors."""
    narrow, limit, nan, up = f.number == types.float32, f.limit, f.one * math.nan, f.up
    one, join, round_off, lowest = f.one, f.join, f.round, float(f.lowest)

    def reference(x, factor, sink):
        """Return the `Reference` of a row or of rows, from numbers or vectors."""
        short = round_off(factor)
        more = round_off((factor - double(short)) / factor)
        high = x * short
        low = fma(x, short, -high)
        if narrow:
            low = fma(high, more, low)
        below, of_sink = double(high) < sink, round_off(sink)
        return Reference(
            where(below, nan, x), short, more, where(below, of_sink, high),
            where(below, round_off(sink - double(of_sink)), low),
        )  # fmt: skip

    def possible(m, factor):
        """Return whether the quick way is accurate."""
        return (abs(m.maximum) < limit) & (abs(factor) >= FACTORS[0]) & (abs(factor) <= FACTORS[1])

    def with_sink(total, rest, count, m, sink):
        """Return sum, rest and count with the sink among them."""
        d = larger(lowest, sink - double(m.maximum))  # none is subnormal: that would take long
        e = where(sink > -INF, power_double(d, -double(m.low)) * (up * 2.0**-512), 0.0)
        if without_largest:
            e = where(m.x == m.x, e, 0.0)
            count = where(m.x == m.x, count, count + one)
        total, rest = join(total, rest, e, 0.0)
        return total, rest, count

    return njit(reference), njit(possible), njit(with_sink)


# ---------------------------------------------------------------- passes along a row
@njit
def length_of(row, n):
    """Return how many elements of a row count, which stands in `row.length`."""
    return max(0, min(n, row.length.pointer[0]))


@functools.cache
def first_pass(form: Form) -> Any:
    """The function that finds the maximum, and does a row at once if it is too large."""
    f, fill_value, slow = form.f, form.fill_value, any_row(form)
    most, least = largest(f), largest(f, least=True)
    reference, possible, _ = references(f, without_largest=form.log)

    def first(operands, r, n, state):
        """Write the largest element of row `r` to its state; fill its output from its length on."""
        row = from_row(operands, r)
        x, y, factor, sink = row.x, row.y, row.factor.pointer[0], row.sink.pointer[0]
        length = length_of(row, n)
        m = least(x, length) if factor < 0.0 else most(x, length)
        state[MAXIMUM], state[MOVED] = 0.0, double(m)
        if not possible(reference(m, factor, sink), factor):
            slow(x, y, length, factor, sink)
            state[MAXIMUM] = -INF
        fill(from_element(y, length), n - length, fill_value)

    return njit(first)


@functools.cache
def passes(form: Form) -> Passes:
    """The passes along rows; the state holds the largest element in place of what was moved."""
    f, parameters, round_off = form.f, form.to.parameters, form.f.round
    reference, _, with_sink = references(f, without_largest=form.log)

    def row(operands, r, n, state):
        """Return the input of row `r`, how many elements count, and the `Output`."""
        here = from_row(operands, r)
        m = reference(round_off(state[MOVED]), here.factor.pointer[0], here.sink.pointer[0])
        return here.x, length_of(here, n), Output(here.y, m)

    def settle(operands, width, n, state):
        """Write the parameters of a group of rows to their states, from sums there and sinks."""
        sink = fetch_across(operands.sink, 0, width, 0.0)
        factor = fetch_across(operands.factor, 0, width, 1.0)
        m = reference(round_off(load_all(state, MOVED)), factor, sink)
        count = round_off(load_all(state, COUNT))
        a, b = parameters(*with_sink(load_all(state, TOTAL), load_all(state, REST), count, m, sink))
        store_all(state, HIGH, double(a))
        store_all(state, LOW, double(b))

    return Passes(
        terms=form.terms, keeps=not form.log, element=element_of(form.to), first=first_pass(form),
        begin=None, row=njit(row), settle=njit(settle),
    )  # fmt: skip


# ---------------------------------------------------------------- rows side by side
@functools.cache
def abreast(form: Form, *, keeps: bool) -> Any:
    """The function of rows side by side: `width` of them, in so many `lanes` of the arrays."""
    f, (parameters, element), fill_value = form.f, form.to, form.fill_value
    reference, possible, with_sink = references(f, without_largest=form.log)
    total_of, zero, one, lowest = totals(form.terms), f.zero, f.one, -f.infinity

    def abreast(rows, width, lanes, n, scratch):
        """Write the results of `width` rows to `rows.y`; return False if a product is too large."""
        x, y = side_by_side(rows.x), side_by_side(rows.y)
        factor, sink = (
            fetch_across(rows.factor, 0, width, 1.0),
            fetch_across(rows.sink, 0, width, -INF),
        )
        length = real(fetch_across(rows.length, 0, width, n))
        sign, m = where(factor < 0.0, -one, splat(one)), splat(lowest)
        for i in range(n):
            v = fetch_across(x, i, lanes, zero)
            m = larger(where(length > i, v * sign, lowest), m)
        m = reference(m * sign, factor, sink)
        done = every(possible(m, factor))
        if done:
            how = How(keeps, False, False)
            total, rest, count = total_of(x, y, n, lanes, m, length, how, scratch)
            total, rest, count = with_sink(total, rest, count, m, sink)
            a, b = parameters(total, rest, count)
            for i in range(n):
                v = fetch_across(y if keeps else x, i, lanes, zero)
                v = where(length > i, element(v, keeps, m, a, b), fill_value)
                put_across(y, i, lanes, v)
        return done

    return outlined(abreast)


@functools.cache
def tile_of(form: Form) -> Any:
    """The function of short rows, by way of a tile: whether all was done."""
    many, zero = abreast(form, keeps=not form.log), form.f.zero
    to_numbers = numbers(narrow=form.f.number == types.float32)

    def tile_of(rows, width, n, scratch):
        """Copy `rows.x` to a tile, compute there, and copy the results to `rows.y`."""
        tile = to_numbers(scratch)
        bring(rows.x, width, n, tile, zero)
        inside = Operands(column(tile), rows.factor, rows.sink, rows.length, column(tile))
        done = many(inside, width, LANES, n, scratch)
        if done:
            back(tile, rows.y, width, n)
        return done

    return njit(tile_of)


def loop(form: Form) -> Any:
    """A loop over rows of x, factor, sink and length."""
    # float16 has too few bits to keep an exponential in the output.
    many = abreast(form, keeps=not form.log and form.dtype != "float16")
    along = in_groups(passes(form), GROUP_OF_LOGARITHMS if form.log else GROUP)

    def columns(rows, width, n, scratch):
        """Compute `width` rows where they lie in `rows`; return whether that was possible."""
        return many(rows, width, width, n, scratch)

    return over_rows(RowOperation(along, njit(columns), tile_of(form)))


LOOPS = {
    "softmax_general": Loop(Operands, lambda dtype: loop(Form(dtype, log=False))),
    "log_softmax_general": Loop(Operands, lambda dtype: loop(Form(dtype, log=True))),
}
