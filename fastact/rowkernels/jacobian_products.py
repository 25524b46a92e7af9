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
from fastact.compiler.simd import LANES, double, every_lane, shifted, soon_read, soon_written
from fastact.numerics.primitives import fma, single, where
from fastact.rowkernels.arithmetic import (
    NATIVE,
    Format,
    difference,
    join_double,
    joined_lanes,
    larger,
    memory,
    sum_of_lanes,
)


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
def narrow(f: Format) -> bool:
    return bool(f.number == types.float32)


@functools.cache
def multiplied(f: Format) -> Any:
    """The product and what rounds off."""
    zero = f.zero

    def plainly(a: Any, b: Any) -> Any:
        return a * b, every_lane(zero)

    def in_pairs(a: Any, b: Any) -> Any:
        p = a * b
        return p, fma(a, b, -p)

    return njit(plainly if narrow(f) else in_pairs)


@functools.cache
def less(f: Format) -> Any:
    """d - (high + low), and what rounds off."""
    zero = f.zero

    def plainly(d: Any, high: Any, low: Any) -> Any:
        return (d - high) - low, zero

    def in_pairs(d: Any, high: Any, low: Any) -> Any:
        value, lost = difference(d, high)
        return value, lost - low

    return njit(plainly if narrow(f) else in_pairs)


@functools.cache
def adding(f: Format) -> Any:
    def plainly(total: Any, rest: Any, high: Any, low: Any) -> Any:
        return total + double(high), rest

    return njit(plainly) if narrow(f) else join_double


@functools.cache
def settling(f: Format) -> Any:
    """A sum as numbers of the format."""

    def in_two(high: Any, low: Any) -> Any:
        short = single(high)
        return short, single((high - double(short)) + low)

    def as_it_is(high: Any, low: Any) -> Any:
        return high, low

    return njit(in_two if narrow(f) else as_it_is)


# ---------------------------------------------------------------- the functions
@functools.cache
def probability(f: Format) -> Any:
    """The exponential of a log-probability."""
    power, lowest, zero, down = f.power, f.lowest, f.zero, f.one / f.up

    def probability(y: Any) -> Any:
        return power(larger(lowest, where(y > zero, zero, y)), zero) * down

    return njit(probability)


def of_softmax(f: Format) -> Product:
    """y (d - sum of y d), 0 where y is 0 whatever d is."""
    times, minus, zero = multiplied(f), less(f), f.zero

    def terms(y: Any, d: Any) -> Any:
        high, low = times(d, y)
        return high, low, every_lane(zero)

    def element(d: Any, y: Any, total: Any, rest: Any, count: Any) -> Any:
        value, low = minus(d, total, rest)
        return where(y == zero, zero, fma(y, value, y * low))

    return Product(njit(terms), njit(element), zero)


def of_log_softmax(f: Format) -> Product:
    """d - e^y times the sum of d, 0 in a row without mass."""
    share, zero, one, infinity = probability(f), f.zero, f.one, f.infinity

    def terms(y: Any, d: Any) -> Any:
        return d, every_lane(zero), where(y == -infinity, zero, every_lane(one))

    def element(d: Any, y: Any, total: Any, rest: Any, count: Any) -> Any:
        p = share(y)
        return where(count == zero, zero * p, fma(-p, total, d) - p * rest)

    return Product(njit(terms), njit(element), -f.infinity)


def of_logarithms(f: Format) -> Product:
    """Log-softmax's Jacobian times d: d less its mean with the weights e^y."""
    share, times, minus, zero = probability(f), multiplied(f), less(f), f.zero

    def terms(y: Any, d: Any) -> Any:
        p = share(y)
        high, low = times(p, d)
        return where(p == zero, zero, high), where(p == zero, zero, low), p

    def element(d: Any, y: Any, total: Any, rest: Any, mass: Any) -> Any:
        value, low = minus(d, total, rest)
        return where(mass == zero, zero * mass, value + low)

    return Product(njit(terms), njit(element), -f.infinity)


def of_support(f: Format) -> Product:
    """Sparsemax: d less its mean over the support, on the support."""
    minus, zero, one = less(f), f.zero, f.one

    def terms(y: Any, d: Any) -> Any:
        return where(y > zero, d, zero), zero * y, where(y > zero, one, zero * y)

    def element(d: Any, y: Any, total: Any, rest: Any, count: Any) -> Any:
        mean = (total + rest) / count
        value, low = minus(d, mean, (fma(-mean, count, total) + rest) / count)
        return where(y > zero, value + low, zero * y)

    return Product(njit(terms), njit(element), zero)


def of_nothing(f: Format) -> Product:
    """Hardmax: 0, but NaN where the output is."""
    zero = f.zero

    def terms(y: Any, d: Any) -> Any:
        return zero * y, zero * y, zero * y

    def element(d: Any, y: Any, total: Any, rest: Any, count: Any) -> Any:
        return zero * y

    return Product(njit(terms), njit(element), zero)


# ---------------------------------------------------------------- the loop
def sums(f: Format, product: Product) -> Any:
    (fetch, _), (terms, _, nothing), zero = memory(f), product, f.zero
    add, fold, settle = adding(f), joined_lanes(join_double), settling(f)

    def sums(
        d: Any, y: Any, n: Any, core_d: Any, core_y: Any, next_d: Any, next_y: Any, next_out: Any
    ) -> Any:
        """Both sums; the memory of the next row is asked for."""
        total, rest, count = every_lane(0.0), every_lane(0.0), every_lane(zero)
        whole = n - n % LANES if core_d == 1 and core_y == 1 else 0
        for i in range(0, whole, LANES):
            soon_read(next_d, i)
            soon_read(next_y, i)
            soon_written(next_out, i)
            high, low, more = terms(fetch(y, i, 1, LANES, zero), fetch(d, i, 1, LANES, zero))
            total, rest = add(total, rest, high, low)
            count += more
        for i in range(whole, n, LANES):
            v, w = fetch(d, i, core_d, n - i, zero), fetch(y, i, core_y, n - i, nothing)
            high, low, more = terms(w, v)
            total, rest = add(total, rest, high, low)
            count += more
        of_row, rest_of_row = fold(total, rest)
        first, second = settle(of_row, rest_of_row)
        return first, second, sum_of_lanes(count)

    return njit(sums)


def products(dtype: str, of: Callable[[Format], Product]) -> Any:
    """The loop of a product, from d and y."""
    f = NATIVE[dtype]
    product, (fetch, put), zero = of(f), memory(f), f.zero
    sums_of, element = sums(f, product), product.element

    def results(
        d: Any, y: Any, out: Any, n: Any, core_d: Any, core_y: Any, core_out: Any,
        high: Any, low: Any, count: Any,
    ) -> None:  # fmt: skip
        near = core_d == 1 and core_y == 1 and core_out == 1
        whole = n - n % LANES if near else 0
        for i in range(0, whole, LANES):
            v, w = fetch(d, i, 1, LANES, zero), fetch(y, i, 1, LANES, zero)
            put(out, i, 1, LANES, element(v, w, high, low, count))
        for i in range(whole, n, LANES):
            left = n - i
            v, w = fetch(d, i, core_d, left, zero), fetch(y, i, core_y, left, zero)
            put(out, i, core_out, left, element(v, w, high, low, count))

    results = njit(results)

    def loop(
        d: Any, y: Any, out: Any, t: Any, s: Any, rows: Any, n: Any,
        row_d: Any, row_y: Any, row_out: Any, core_d: Any, core_y: Any, core_out: Any,
    ) -> None:  # fmt: skip
        for r in range(rows):
            d_r, y_r = shifted(d, r * row_d), shifted(y, r * row_y)
            out_r = shifted(out, r * row_out)
            high, low, count = sums_of(
                d_r, y_r, n, core_d, core_y,
                shifted(d_r, row_d), shifted(y_r, row_y), shifted(out_r, row_out),
            )  # fmt: skip
            results(d_r, y_r, out_r, n, core_d, core_y, core_out, high, low, count)

    return njit(loop)


LOOPS: dict[str, Callable[[str], Any]] = {
    "softmax_backward": lambda dtype: products(dtype, of_softmax),
    "log_softmax_backward": lambda dtype: products(dtype, of_log_softmax),
    "log_softmax_jvp": lambda dtype: products(dtype, of_logarithms),
    "sparsemax_backward": lambda dtype: products(dtype, of_support),
    "hardmax_backward": lambda dtype: products(dtype, of_nothing),
}
