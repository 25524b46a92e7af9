"""Gradient and diagonal hessian of softmax cross-entropy: see `fastact.losses`.

With p the probability of an element, the gradient is p, or -(1 - p) at the label, and the diagonal
of the hessian p (1 - p). At a largest element 1 - p could cancel: there it is made of the sum
without that element.

Rows that fit go by way of two tiles, one for each derivative, others one after the other.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.simd import LANES, double, real, shifted
from fastact.numerics.primitives import where
from fastact.rowkernels.across import sums_across
from fastact.rowkernels.along import fill, largest, nan_if_any, subtract_maximum, summed
from fastact.rowkernels.arithmetic import NATIVE, Terms
from fastact.rowkernels.cross_entropy_terms import class_of
from fastact.rowkernels.memory import (
    DEPTH,
    back,
    bring,
    column,
    element_at,
    fetch,
    fetch_across,
    from_element,
    from_row,
    numbers,
    put,
    put_across,
)
from fastact.rowkernels.operation import Loop, RowOperation, over_rows


class Operands(NamedTuple):
    """Rows of logits; labels and factors of each row; rows of gradients and of hessians."""

    x: Any
    label: Any
    factor: Any  # of the gradient
    factor_h: Any  # of the hessian
    g: Any
    h: Any


@functools.cache
def derivatives(dtype: str) -> tuple[Any, Any]:
    """Make the functions that invert a row's sum, and that make p and 1 - p of an exponential."""
    up = NATIVE[dtype].up

    def shares(total, rest, count):
        """Return what exponentials are multiplied by, and 1 - p of a largest element."""
        others = (total + rest) + (double(count) - 1.0) * up
        return 1.0 / (others + up), others / (others + up)

    def probability(e, inverse, others):
        """Return p and 1 - p of an exponential."""
        p = double(e) * inverse
        return p, where(double(e) == up, others, 1.0 - p)

    return njit(shares), njit(probability)


@functools.cache
def rows_of(dtype: str) -> Any:
    """Make the function of rows one after the other."""
    f, terms = NATIVE[dtype], Terms(NATIVE[dtype], without_largest=True)
    most, total_of, nan = largest(f), summed(terms), nan_if_any(f)
    power, limit, subtract, round_off = terms.power, terms.limit, subtract_maximum(f), f.round
    zero, one, infinity, (shares, probability) = f.zero, f.one, f.infinity, derivatives(dtype)
    longest = f.longest

    def write(x, n, m, row):
        """Write `row.g` and `row.h`, from `x` with a maximum that is not large; `g` may be `x`."""
        label, factor = class_of(row, n), row.factor.pointer[0]
        factor_h = row.factor_h.pointer[0]
        at = element_at(x, label, zero) if label >= 0 else m
        total, rest, count = 0.0, 0.0, zero
        for start in range(0, n, longest):
            of_part = total_of(from_element(x, start), min(longest, n - start), m)
            total, rest, count = total + of_part[0], rest + of_part[1], count + of_part[2]
        inverse, others = shares(total, rest, count)
        for i in range(0, n, LANES):
            e = power(fetch(x, i, n - i, zero), m)
            p, q = probability(e, inverse, others)
            put(row.g, i, n - i, round_off(p * factor))
            put(row.h, i, n - i, round_off(p * q * factor_h))
        p, q = probability(power(at, m), inverse, others)
        if label >= 0:
            put(row.g, label, 1, one * round_off(-q * factor))

    write = njit(write)

    def rows_of(operands, rows, n, scratch):
        """Read logits and labels of `operands`, and write its rows `g` and `h`."""
        for r in range(rows):
            row = from_row(operands, r)
            x, g, factor = row.x, row.g, row.factor.pointer[0]
            m = most(x, n)
            if m == -infinity or (factor == 0.0 and row.factor_h.pointer[0] == 0.0):
                fill_value = zero if factor == 0.0 else one * nan(x, n)
                fill(g, n, fill_value)
                fill(row.h, n, fill_value)
            elif n > 0:
                if abs(m) >= limit:
                    subtract(x, g, n, m)
                    x, m = g, zero
                write(x, n, m, row)

    return njit(rows_of)


@functools.cache
def tile_of(dtype: str) -> Any:
    """Make the function of short rows, unless a maximum is too large."""
    f, round_off = NATIVE[dtype], NATIVE[dtype].round
    sums, zero, (shares, probability) = (
        sums_across(Terms(f, without_largest=True)),
        f.zero,
        derivatives(dtype),
    )
    to_numbers = numbers(narrow=dtype != "float64")

    def tile_of(rows, width, n, scratch):
        """Compute in two tiles of scratch memory, and copy these to `rows.g` and `rows.h`."""
        first = to_numbers(scratch)
        second = shifted(first, DEPTH * LANES)
        g, h = column(first), column(second)
        bring(rows.x, width, n, first, zero)
        done, _, total, rest, count = sums(g, n, LANES, True, scratch)
        if not done:
            return False
        label = real(fetch_across(rows.label, 0, width, 0))
        factor = fetch_across(rows.factor, 0, width, 0.0)
        factor_h = fetch_across(rows.factor_h, 0, width, 0.0)
        inverse, others = shares(total, rest, count)
        for i in range(n):
            p, q = probability(fetch_across(g, i, LANES, zero), inverse, others)
            slope = where(label == i, -q, p) * factor
            put_across(g, i, LANES, round_off(where(factor == 0.0, 0.0, slope)))
            put_across(h, i, LANES, round_off(where(factor == 0.0, 0.0, p * q * factor_h)))
        back(first, rows.g, width, n)
        back(second, rows.h, width, n)
        return True

    return njit(tile_of)


def hessian(dtype: str) -> Any:
    """Make the loop of both derivatives."""
    return over_rows(RowOperation(rows_of(dtype), tile=tile_of(dtype)))


LOOPS = {"cross_entropy_hessian": Loop(Operands, hessian)}
