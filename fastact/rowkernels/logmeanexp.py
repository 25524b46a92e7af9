"""The log-mean-exp of rows, in double-double.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from fastact.compiler.dispatch import dispatcher as njit
from fastact.numerics.elementary import expm1, log
from fastact.numerics.primitives import head, number, rounded, tail, widen
from fastact.rowkernels.along import largest, nan_if_any, summed
from fastact.rowkernels.arithmetic import DOUBLE, INF, Terms
from fastact.rowkernels.double_double_sum import WIDTH, add_with_rest, settled
from fastact.rowkernels.logsumexp import storing
from fastact.rowkernels.memory import element_at, from_row
from fastact.rowkernels.operation import Loop, RowOperation, over_rows

# max + log(mean of e^(x - max)), the logarithm in double-double. Near 0 that is not accurate
# enough: there the mean of e^(x - max) - 1 is taken, whose terms are all below 0, so that none
# cancel.
DOUBT = {"float16": 0.0, "float32": 2.0**-20, "float64": 0.25}
SERIES = 2.0**-30  # below, four terms of log(1 + u) are enough


class Operands(NamedTuple):
    """Rows of the input; of each how many elements count, the others being -inf; the result."""

    x: Any
    count: Any
    y: Any


@njit
def log_of_one_and(u):
    """Return log(1 + u) in double-double, for u in (-1, 0]."""
    if head(u) > -SERIES:
        return u * (1.0 - u * (0.5 - u * (1.0 / 3.0 - u * 0.25)))
    return log(1.0 + u)


@functools.cache
def mean_near_zero(dtype: str) -> Any:
    """The function that gives log-mean-exp of a row by way of e^(x - m) - 1."""

    def mean_near_zero(x, n, m, count, scratch):
        """Return log-mean-exp of the row `x`; the sum in double-double is in scratch memory."""
        for j in range(2 * WIDTH):
            scratch[j] = 0.0
        missing = count - n  # minus the -inf that do not count; each that does is -1
        for i in range(n):
            v = element_at(x, i, 0.0)
            e = expm1(widen((v,))[0] - widen((m,))[0])
            if v == -INF:
                missing += 1.0
            else:
                add_with_rest(scratch, i % WIDTH, head(e), tail(e))
        total, rest = settled(scratch)
        mean = (number(total, rest) - missing) / count
        return rounded(log_of_one_and(mean) + widen((m,))[0])

    return njit(mean_near_zero)


def logmeanexp(dtype: str) -> Any:
    """The loop of log-mean-exp."""
    store, exactly, f, doubt = storing(dtype), mean_near_zero(dtype), DOUBLE[dtype], DOUBT[dtype]
    most, nan, down = largest(f), nan_if_any(f), 1.0 / f.up
    total_of = summed(Terms(f, without_largest=False, quick=False))

    def of_row(x, n, count, scratch):
        """Return log-mean-exp of the `count` elements of the row `x` that are not masked."""
        m = most(x, n)
        if abs(m) == INF or count == 0.0:
            return m + nan(x, n)
        total, rest, _ = total_of(x, n, m)
        result = rounded(log(number(total * down, rest * down) / count) + widen((m,))[0])
        return exactly(x, n, m, count, scratch) if abs(result) < doubt else result

    of_row = njit(of_row)

    def rows(operands, rows, n, scratch):
        """Write log-mean-exp of each row of `operands.x` to `operands.y`."""
        for r in range(rows):
            row = from_row(operands, r)
            store(row.y, 0, of_row(row.x, n, row.count.pointer[0], scratch))

    return over_rows(RowOperation(njit(rows)))


LOOPS = {"logmeanexp": Loop(Operands, logmeanexp)}
