"""Products with the Jacobian of softmax and its family, from the output: a sum, then the result.

float64 has sums and products in pairs; the others are computed in float32 and summed in float64.

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
    larger,
    sum_of_lanes,
)
from fastact.rowkernels.memory import (
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
from fastact.rowkernels.operation import RowOperation, over_rows


class Operands(NamedTuple):
    """Rows of a cotangent or tangent, of the function's output, and of the product."""

    d: Any
    y: Any
    out: Any


class Masked(NamedTuple):
    """The same; of each row which elements are present, a factor of results, and a length."""

    d: Any
    y: Any
    where: Any
    factor: Any
    length: Any
    out: Any


class Product(NamedTuple):
    """A product with cotangent or tangent d, from the output y of a row.

    `terms` makes the terms of two sums from y and d: one is high + low, the other counts what takes
    part. `element` makes an element of the result from d, y and the sums. An output of `nothing`
    adds nothing to them.
    """

    terms: Any
    element: Any
    nothing: Any


# ---------------------------------------------------------------- pairs where they are wanted
def narrow(f: Precision) -> bool:
    return bool(f.number == types.float32)


@functools.cache
def multiplied(f: Precision) -> Any:
    """The product and what rounds off."""
    zero = f.zero

    def plainly(a, b):
        return a * b, splat(zero)

    def in_pairs(a, b):
        p = a * b
        return p, fma(a, b, -p)

    return njit(plainly if narrow(f) else in_pairs)


@functools.cache
def less(f: Precision) -> Any:
    """d - (high + low), and what rounds off."""
    zero = f.zero

    def plainly(d, high, low):
        return (d - high) - low, zero

    def in_pairs(d, high, low):
        value, lost = difference(d, high)
        return value, lost - low

    return njit(plainly if narrow(f) else in_pairs)


@functools.cache
def adding(f: Precision) -> Any:
    def plainly(total, rest, high, low):
        return total + double(high), rest

    return njit(plainly) if narrow(f) else join_double


@functools.cache
def settling(f: Precision) -> Any:
    """A sum as numbers of the format."""

    def in_two(high, low):
        short = single(high)
        return short, single((high - double(short)) + low)

    def as_it_is(high, low):
        return high, low

    return njit(in_two if narrow(f) else as_it_is)


# ---------------------------------------------------------------- the functions
@functools.cache
def probability(f: Precision) -> Any:
    """The exponential of a log-probability."""
    power, lowest, zero, down = f.power, f.lowest, f.zero, f.one / f.up

    def probability(y):
        return power(larger(lowest, where(y > zero, zero, y)), zero) * down

    return njit(probability)


def of_softmax(f: Precision) -> Product:
    """y (d - sum of y d), 0 where y is 0 whatever d is."""
    times, minus, zero = multiplied(f), less(f), f.zero

    def terms(y, d):
        high, low = times(d, y)
        return high, low, splat(zero)

    def element(d, y, total, rest, count):
        value, low = minus(d, total, rest)
        return where(y == zero, zero, fma(y, value, y * low))

    return Product(njit(terms), njit(element), zero)


def of_log_softmax(f: Precision) -> Product:
    """d - e^y times the sum of d, 0 in a row without mass."""
    share, zero, one, infinity = probability(f), f.zero, f.one, f.infinity

    def terms(y, d):
        return d, splat(zero), where(y == -infinity, zero, splat(one))

    def element(d, y, total, rest, count):
        p = share(y)
        return where(count == zero, zero * p, fma(-p, total, d) - p * rest)

    return Product(njit(terms), njit(element), -f.infinity)


def of_logarithms(f: Precision) -> Product:
    """Log-softmax's Jacobian times d: d less its mean with the weights e^y."""
    share, times, minus, zero = probability(f), multiplied(f), less(f), f.zero

    def terms(y, d):
        p = share(y)
        high, low = times(p, d)
        return where(p == zero, zero, high), where(p == zero, zero, low), p

    def element(d, y, total, rest, mass):
        value, low = minus(d, total, rest)
        return where(mass == zero, zero * mass, value + low)

    return Product(njit(terms), njit(element), -f.infinity)


def of_support(f: Precision) -> Product:
    """Sparsemax: d less its mean over the support, on the support."""
    minus, zero, one = less(f), f.zero, f.one

    def terms(y, d):
        return where(y > zero, d, zero), zero * y, where(y > zero, one, zero * y)

    def element(d, y, total, rest, count):
        mean = (total + rest) / count
        value, low = minus(d, mean, (fma(-mean, count, total) + rest) / count)
        return where(y > zero, value + low, zero * y)

    return Product(njit(terms), njit(element), zero)


def of_nothing(f: Precision) -> Product:
    """Hardmax: 0, but NaN where the output is."""
    zero = f.zero

    def terms(y, d):
        return zero * y, zero * y, zero * y

    def element(d, y, total, rest, count):
        return zero * y

    return Product(njit(terms), njit(element), zero)


# ---------------------------------------------------------------- passes along a row
class Reading(NamedTuple):
    """The arrays of the first pass, and those of the next row, whose memory is asked for."""

    d: Any
    y: Any
    following: Any


@functools.cache
def sums(f: Precision, product: Product) -> Any:
    """The function that gives both sums of a row."""
    (terms, _, nothing), zero = product, f.zero
    add, fold, settle = adding(f), joined_lanes(join_double), settling(f)

    def step(arrays, i, left, values, found):
        total, rest, count = found
        following = arrays.following
        prefetch_read(following.d, i)
        prefetch_read(following.y, i)
        prefetch_write(following.out, i)
        y, d = fetch(arrays.y, i, left, nothing), fetch(arrays.d, i, left, zero)
        high, low, more = terms(y, d)
        total, rest = add(total, rest, high, low)
        return total, rest, count + more

    loop = each_vector(njit(step))

    def sums(row, n):
        arrays = Reading(row.d, row.y, near(from_row(row, 1)))
        total, rest, count = loop(arrays, n, 0, (splat(0.0), splat(0.0), splat(zero)))
        of_row, rest_of_row = fold(total, rest)
        first, second = settle(of_row, rest_of_row)
        return first, second, sum_of_lanes(count)

    return njit(sums)


@functools.cache
def results(f: Precision, product: Product) -> Any:
    """The function that writes the product of a row."""
    element, zero = product.element, f.zero

    def step(row, i, left, values, found):
        high, low, count = values
        d, y = fetch(row.d, i, left, zero), fetch(row.y, i, left, zero)
        put(row.out, i, left, element(d, y, high, low, count))
        return found

    return each_vector(njit(step))


def products(dtype: str, of: Callable[[Precision], Product]) -> Any:
    """The loop of a product, from d and y."""
    f = NATIVE[dtype]
    product = of(f)
    sums_of, write = sums(f, product), results(f, product)

    def rows(operands, rows, n, scratch):
        for r in range(rows):
            row = from_row(operands, r)
            write(row, n, sums_of(row, n), 0)

    return over_rows(RowOperation(njit(rows)))


# ---------------------------------------------------------------- rows with absent elements
@njit
def masked_elements(arrays, mask, i, left, nothing, zero):
    """Elements of y and d, `nothing` and 0 where they are absent, and which are present."""
    there = present(mask, i, left)
    y, d = fetch(arrays.y, i, left, nothing), fetch(arrays.d, i, left, zero)
    return where(there, y, nothing), where(there, d, zero), there


@functools.cache
def masked_sums(f: Precision, product: Product) -> Any:
    """The function that gives both sums of the elements of a row that are present."""
    (terms, _, nothing), zero = product, f.zero
    add, fold, settle = adding(f), joined_lanes(join_double), settling(f)

    def step(arrays, i, left, mask, found):
        total, rest, count = found
        y, d, _ = masked_elements(arrays, mask, i, left, nothing, zero)
        high, low, more = terms(y, d)
        total, rest = add(total, rest, high, low)
        return total, rest, count + more

    loop = each_vector(njit(step))

    def sums(arrays, mask, n):
        total, rest, count = loop(arrays, n, mask, (splat(0.0), splat(0.0), splat(zero)))
        of_row, rest_of_row = fold(total, rest)
        first, second = settle(of_row, rest_of_row)
        return first, second, sum_of_lanes(count)

    return njit(sums)


@functools.cache
def masked_results(f: Precision, product: Product) -> Any:
    """The function that writes the product of a row times the factor, 0 where it is absent.

    A product is rounded to the dtype before it is multiplied.
    """
    (_, element, nothing), zero, round_off = product, f.zero, f.round
    half = f.pointer == types.uint16

    def step(arrays, i, left, values, found):
        (high, low, count), factor, mask = values
        y, d, there = masked_elements(arrays, mask, i, left, nothing, zero)
        value = element(d, y, high, low, count)
        if half:
            put(arrays.out, i, left, value)
            value = where(there, fetch(arrays.out, i, left, 0.0) * factor, 0.0)
        else:
            value = where(there, round_off(double(value) * factor), zero)
        put(arrays.out, i, left, value)
        return found

    return each_vector(njit(step))


def masked_products(dtype: str, of: Callable[[Precision], Product]) -> Any:
    """The loop of a product of the elements that are present, from d and y."""
    f = NATIVE[dtype]
    product = of(f)
    sums_of, write, zero = masked_sums(f, product), masked_results(f, product), f.zero

    def rows(operands, rows, n, scratch):
        for r in range(rows):
            row = from_row(operands, r)
            length, factor = max(0, min(n, row.length.pointer[0])), row.factor.pointer[0]
            arrays = Operands(row.d, row.y, row.out)
            write(arrays, length, (sums_of(arrays, row.where, length), factor, row.where), 0)
            fill(from_element(row.out, length), n - length, zero)

    return over_rows(RowOperation(njit(rows)))


PRODUCTS: dict[str, Callable[[Precision], Product]] = {
    "softmax_backward": of_softmax,
    "log_softmax_backward": of_log_softmax,
    "log_softmax_jvp": of_logarithms,
    "sparsemax_backward": of_support,
    "hardmax_backward": of_nothing,
}
LOOPS = {name: (Operands, functools.partial(products, of=of)) for name, of in PRODUCTS.items()} | {
    f"{name}_masked": (Masked, functools.partial(masked_products, of=of))
    for name, of in PRODUCTS.items()
}
