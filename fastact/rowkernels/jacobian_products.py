"""Products with the Jacobian of softmax and its family, from the output y.

Two passes over a row: sums of terms made of y and of the cotangent or tangent d, then the product.
float64 is computed and summed in double-double; float16 and float32 are computed in float32 and
summed in float64.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from numba.core import types

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.simd import double, splat
from fastact.numerics.primitives import fma, single, where
from fastact.rowkernels.along import fill
from fastact.rowkernels.arithmetic import (
    NATIVE,
    Precision,
    difference,
    join_double,
    joined_lanes,
    sum_of_lanes,
)
from fastact.rowkernels.memory import (
    each_result,
    each_vector,
    fetch,
    from_element,
    from_row,
    near,
    prefetch_read,
    prefetch_write,
    present,
    put,
)
from fastact.rowkernels.operation import Loop, RowOperation, over_rows


class Operands(NamedTuple):
    """Rows of a cotangent or tangent, of the function's output, and of the product."""

    d: Any
    y: Any
    out: Any


class Masked(NamedTuple):
    """The same; which elements of each row are present, a factor of its results, and a length."""

    d: Any
    y: Any
    where: Any
    factor: Any
    length: Any
    out: Any


class Product(NamedTuple):
    """A product with cotangent or tangent d, from the output y of a row."""

    terms: Any  # (y, d): a term in two parts, and what counts as taking part: both are summed
    element: Any  # (d, y, total, rest, count): an element of the product
    filler: Any  # an output that adds nothing to the sums, for lanes past the end of a row


# ---------------------------------------------------------------- float32 or double-double
def narrow(f: Precision) -> bool:
    """Return whether numbers are float32."""
    return bool(f.number == types.float32)


@functools.cache
def multiplied(f: Precision) -> Any:
    """Make the function of a product and what rounds off: nothing, in float32."""
    zero = f.zero

    def in_single(a, b):
        """Return the product in float32, and 0."""
        return a * b, splat(zero)

    def in_double_double(a, b):
        """Return the product in float64 and what rounds off."""
        p = a * b
        return p, fma(a, b, -p)

    return njit(in_single if narrow(f) else in_double_double)


@functools.cache
def subtracted(f: Precision) -> Any:
    """Make the function of d - (high + low) and what rounds off: nothing, in float32."""
    zero = f.zero

    def in_single(d, high, low):
        """Return the difference in float32, and 0."""
        return (d - high) - low, zero

    def in_double_double(d, high, low):
        """Return the difference in float64 and what rounds off."""
        value, lost = difference(d, high)
        return value, lost - low

    return njit(in_single if narrow(f) else in_double_double)


@functools.cache
def adding(f: Precision) -> Any:
    """Make the function that adds a term to accumulators: float64, for float64 with rests."""

    def in_double(total, rest, high, low):
        """Add a float32 term to a float64 total."""
        return total + double(high), rest

    return njit(in_double) if narrow(f) else join_double


@functools.cache
def settling(f: Precision) -> Any:
    """Make the function that adds the lanes: a sum in two parts, as numbers of the computation."""

    def in_two_singles(total, rest):
        """Return the sum of lanes of float64 as a float32 and a rest."""
        wide = sum_of_lanes(total)
        short = single(wide)
        return short, single(wide - double(short))

    return njit(in_two_singles) if narrow(f) else joined_lanes(join_double)


# ---------------------------------------------------------------- the functions
@functools.cache
def probability(f: Precision) -> Any:
    """Make the function that gives probabilities of their logarithms."""
    power, lowest, zero, down = f.power, f.lowest, f.zero, f.one / f.up

    def probability(y):
        """Return e**y of log-probabilities `y`, of which those above 0 count as 0."""
        vanishes = y < lowest  # as 0, for its product with `down` would be subnormal, which is slow
        return where(vanishes, zero, power(where(vanishes | (y > zero), zero, y), zero) * down)

    return njit(probability)


def of_softmax(f: Precision) -> Product:
    """Return softmax's product, y (d - sum of y d), which is 0 where y is, whatever d is."""
    times, minus, zero = multiplied(f), subtracted(f), f.zero

    def terms(y, d):
        """Return y d in two parts; nothing is counted."""
        high, low = times(d, y)
        return high, low, splat(zero)

    def element(d, y, total, rest, count):
        """Return y (d - sum)."""
        value, low = minus(d, total, rest)
        return where(y == zero, zero, fma(y, value, y * low))

    return Product(njit(terms), njit(element), zero)


def of_log_softmax(f: Precision) -> Product:
    """Return log-softmax's product with a cotangent, d - e^y sum of d, 0 in a row without mass."""
    share, zero, one, infinity = probability(f), f.zero, f.one, f.infinity

    def terms(y, d):
        """Return d, and 1 where there is mass."""
        return d, splat(zero), where(y == -infinity, zero, splat(one))

    def element(d, y, total, rest, count):
        """Return d - e**y sum."""
        p = share(y)
        return where(count == zero, zero * p, fma(-p, total, d) - p * rest)

    return Product(njit(terms), njit(element), -f.infinity)


def of_log_softmax_jvp(f: Precision) -> Product:
    """Return log-softmax's product with a tangent: d less its mean with the weights e^y."""
    return less_mean(f, probability(f), -f.infinity)


def of_shares(f: Precision) -> Product:
    """Return log-softmax's product with a cotangent from softmax's output: d - p sum of d."""
    zero = f.zero

    def terms(p, d):
        """Return d, and the weight."""
        return d, splat(zero), p

    def element(d, p, total, rest, mass):
        """Return d - p sum."""
        return where(mass == zero, zero * mass, fma(-p, total, d) - p * rest)

    return Product(njit(terms), njit(element), zero)


def of_shares_jvp(f: Precision) -> Product:
    """Return log-softmax's product with a tangent, likewise: the shares are the weights."""

    def share(p):
        """Return the weight."""
        return p

    return less_mean(f, njit(share), f.zero)


def less_mean(f: Precision, share: Any, filler: Any) -> Product:
    """Return d less its mean, with the weights that `share` makes of the output."""
    times, minus, zero = multiplied(f), subtracted(f), f.zero

    def terms(y, d):
        """Return d times its weight in two parts, and the weight."""
        p = share(y)
        high, low = times(p, d)
        return where(p == zero, zero, high), where(p == zero, zero, low), p

    def element(d, y, total, rest, mass):
        """Return d - mean."""
        value, low = minus(d, total, rest)
        return where(mass == zero, zero * mass, value + low)

    return Product(njit(terms), njit(element), filler)


# ---------------------------------------------------------------- passes along a row
class Reading(NamedTuple):
    """The arrays of the first pass, and the operands of the next row, which are prefetched."""

    d: Any
    y: Any
    following: Any


@functools.cache
def sums(f: Precision, product: Product) -> Any:
    """Make the first pass: both sums of a row."""
    (terms, _, filler), zero = product, f.zero
    add, settle = adding(f), settling(f)

    def step(arrays, i, left, values, found):
        """Add the terms of the vectors of d and y at `i` to `found`; prefetch the next row's."""
        total, rest, count = found
        following = arrays.following
        prefetch_read(following.d, i)
        prefetch_read(following.y, i)
        prefetch_write(following.out, i)
        y, d = fetch(arrays.y, i, left, filler), fetch(arrays.d, i, left, zero)
        high, low, more = terms(y, d)
        total, rest = add(total, rest, high, low)
        return total, rest, count + more

    loop = each_vector(njit(step))

    def sums(row, n):
        """Return both sums of a row, from `row.d` and `row.y`: the first in two parts."""
        arrays = Reading(row.d, row.y, near(from_row(row, 1)))
        total, rest, count = loop(arrays, n, 0, (splat(0.0), splat(0.0), splat(zero)))
        first, second = settle(total, rest)
        return first, second, sum_of_lanes(count)

    return njit(sums)


@functools.cache
def results(f: Precision, product: Product) -> Any:
    """Make the second pass: the product of a row, `row.out`."""
    element, zero = product.element, f.zero

    def of_vector(row, i, left, values):
        """Return the results of the vectors of d and y at `i`."""
        high, low, count = values
        d, y = fetch(row.d, i, left, zero), fetch(row.y, i, left, zero)
        return element(d, y, high, low, count)

    return each_result(njit(of_vector), zero)


def products(dtype: str, of: Callable[[Precision], Product]) -> Any:
    """Make the loop of a product."""
    f = NATIVE[dtype]
    product = of(f)
    sums_of, write = sums(f, product), results(f, product)

    def rows(operands, rows, n, scratch):
        """Write the products of `rows` rows of `operands` to its `out`, one row at a time."""
        for r in range(rows):
            row = from_row(operands, r)
            write(row, row.out, n, sums_of(row, n))

    return over_rows(RowOperation(njit(rows)))


# ---------------------------------------------------------------- rows with absent elements
@njit
def masked_elements(arrays, mask, i, left, filler, zero):
    """Return elements of y and d, `filler` and 0 where they are absent, and which are present."""
    there = present(mask, i, left)
    y, d = fetch(arrays.y, i, left, filler), fetch(arrays.d, i, left, zero)
    return where(there, y, filler), where(there, d, zero), there


@functools.cache
def masked_sums(f: Precision, product: Product) -> Any:
    """Make the first pass: both sums of the elements of a row that are present."""
    (terms, _, filler), zero = product, f.zero
    add, settle = adding(f), settling(f)

    def step(arrays, i, left, mask, found):
        """Add the terms of the elements of d and y at `i` that are present to `found`."""
        total, rest, count = found
        y, d, _ = masked_elements(arrays, mask, i, left, filler, zero)
        high, low, more = terms(y, d)
        total, rest = add(total, rest, high, low)
        return total, rest, count + more

    loop = each_vector(njit(step))

    def sums(arrays, mask, n):
        """Return both sums of a row, from `arrays.d` and `arrays.y`: the first in two parts."""
        total, rest, count = loop(arrays, n, mask, (splat(0.0), splat(0.0), splat(zero)))
        first, second = settle(total, rest)
        return first, second, sum_of_lanes(count)

    return njit(sums)


@functools.cache
def masked_results(f: Precision, product: Product) -> Any:
    """Make the second pass: the product of a row times the factor, 0 where it is absent.

    A product is rounded to the dtype before it is multiplied.
    """
    (_, element, filler), zero, round_off = product, f.zero, f.round
    half = f.pointer == types.uint16

    def step(arrays, i, left, values, found):
        """Write to `arrays.out` the results of the vectors of d and y at `i`."""
        (high, low, count), factor, mask = values
        y, d, there = masked_elements(arrays, mask, i, left, filler, zero)
        value = element(d, y, high, low, count)
        if half:
            put(arrays.out, i, left, value)
            value = where(there, fetch(arrays.out, i, left, 0.0) * factor, 0.0)
        else:
            if factor != 1.0:
                value = round_off(double(value) * factor)
            value = where(there, value, zero)
        put(arrays.out, i, left, value)
        return found

    return each_vector(njit(step))


def masked_products(dtype: str, of: Callable[[Precision], Product]) -> Any:
    """Make the loop of a product of the elements that are present."""
    f = NATIVE[dtype]
    product = of(f)
    sums_of, write, zero = masked_sums(f, product), masked_results(f, product), f.zero

    def rows(operands, rows, n, scratch):
        """Write the products of `rows` rows of `operands` to its `out`, one row at a time."""
        for r in range(rows):
            row = from_row(operands, r)
            length, factor = max(0, min(n, row.length.pointer[0])), row.factor.pointer[0]
            arrays = Operands(row.d, row.y, row.out)
            write(arrays, length, (sums_of(arrays, row.where, length), factor, row.where), 0)
            fill(from_element(row.out, length), n - length, zero)

    return over_rows(RowOperation(njit(rows)))


def loops_of(
    name: str, of: Callable[[Precision], Product], *, as_written: bool = False
) -> dict[str, Loop]:
    """Return the entries of a product in `LOOPS`: without and with a mask."""
    return {
        name: Loop(Operands, functools.partial(products, of=of), as_written=as_written),
        f"{name}_masked": Loop(Masked, functools.partial(masked_products, of=of)),
    }


LOOPS = {
    **loops_of("softmax_backward", of_softmax, as_written=True),
    **loops_of("log_softmax_backward", of_log_softmax, as_written=True),
    **loops_of("log_softmax_jvp", of_log_softmax_jvp),
    **loops_of("log_softmax_backward_of_shares", of_shares),
    **loops_of("log_softmax_jvp_of_shares", of_shares_jvp),
}
