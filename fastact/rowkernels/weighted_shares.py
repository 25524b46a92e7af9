"""What log-sum-exp's derivatives need: shares of terms with weights, and sums of products.

Both are computed in double-double.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.simd import splat
from fastact.numerics.elementary import LN2_REST, LN2_TOP
from fastact.numerics.primitives import number, rounded, scaled, where, widen
from fastact.rowkernels.along import fill
from fastact.rowkernels.arithmetic import DOUBLE, INF
from fastact.rowkernels.double_double_sum import LN2_LAST, exp_double_double, sum_of_row
from fastact.rowkernels.jacobian_products import Product, multiplied, sums
from fastact.rowkernels.logsumexp import extent, infinite, storing
from fastact.rowkernels.memory import element_at, from_row, put
from fastact.rowkernels.operation import Loop, RowOperation, over_rows

# Below this an exponent goes up by log(2**FAR), and its weight down by as much: the exponential of
# an element that a large weight belongs to may be far below the least number.
LOW, FAR = -700.0, 1000


class Weights(NamedTuple):
    """Rows of the input, of weights, and of shares."""

    x: Any
    b: Any
    y: Any


class Factors(NamedTuple):
    """Rows of both factors; of each the sum of products."""

    y: Any
    d: Any
    out: Any


@njit
def share(v, w, m, total, rest):
    """Return w e**(v - m) / (total + rest)."""
    d = widen((v,))[0] - widen((m,))[0]
    if v - m < LOW:
        d = (d + FAR * LN2_TOP) + FAR * number(LN2_REST, LN2_LAST)
        w *= 2.0**-FAR
    e, power = exp_double_double(d)
    return rounded(scaled(e * widen((w,))[0] / number(total, rest), power))


@njit
def finite(x, b, y, n, m, total, rest):
    """Write the shares of a row without infinite elements."""
    for i in range(n):
        v, w, found = element_at(x, i, 0.0), element_at(b, i, 0.0), 0.0
        if w != 0.0 and v != -INF:
            found = share(v, w, m, total, rest)
        put(y, i, 1, found)


@njit
def unlimited(x, b, y, n, total):
    """Write the shares of a row of which the infinite elements have all the mass."""
    for i in range(n):
        v, w = element_at(x, i, 0.0), element_at(b, i, 0.0)
        put(y, i, 1, w / total if v == INF and w != 0.0 else 0.0)


@njit
def unknown(x, b, y, n):
    """Write NaN to the elements of a row that count."""
    for i in range(n):
        v, w = element_at(x, i, 0.0), element_at(b, i, 0.0)
        put(y, i, 1, 0.0 if w == 0.0 or v == -INF else INF - INF)


def weighted_shares(dtype: str) -> Any:
    """The loop of b e**x / (sum of b e**x); weights 0 do not count."""
    exactly = sum_of_row(dtype, weighted=True)

    def rows(operands, rows, n, scratch):
        """Write the shares of `rows` rows, one after the other."""
        for r in range(rows):
            x, b, y = from_row(operands, r)
            m, zero_or_nan = extent(x, b, n)
            if zero_or_nan != zero_or_nan:
                unknown(x, b, y, n)
            elif m == -INF:
                fill(y, n, 0.0)
            elif m == INF:
                unlimited(x, b, y, n, infinite(x, b, n))
            else:
                total, rest = exactly(x, b, n, m, scratch)
                finite(x, b, y, n, m, total, rest)

    return over_rows(RowOperation(njit(rows)))


def of_shares() -> Product:
    """Return the terms of a sum of y d, which are 0 where y is, whatever d is."""
    times = multiplied(DOUBLE["float64"])

    def terms(y, d):
        """Return y d in two parts; nothing is counted."""
        high, low = times(y, d)
        rest = where(low == low, low, 0.0)  # NaN beside an infinite product
        return where(y == 0.0, 0.0, high), where(y == 0.0, 0.0, rest), splat(0.0)

    return Product(njit(terms), None, 0.0)


def sum_of_products(dtype: str) -> Any:
    """The loop of the sum of y d."""
    sums_of, store = sums(DOUBLE[dtype], of_shares()), storing(dtype)

    def rows(operands, rows, n, scratch):
        """Write the sums of `rows` rows, one after the other."""
        for r in range(rows):
            row = from_row(operands, r)
            total, rest, _ = sums_of(row, n)
            store(row.out, 0, where(abs(total) < INF, total + rest, total))

    return over_rows(RowOperation(njit(rows)))


LOOPS = {
    "logsumexp_shares": Loop(Weights, weighted_shares),
    "logsumexp_products": Loop(Factors, sum_of_products),
}
