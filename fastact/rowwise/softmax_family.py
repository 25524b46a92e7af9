"""softmax and its family."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from fastact.numerics.primitives import fma, kernel, where
from fastact.numerics.rows import (
    LANES,
    NO_GRADIENT,
    Product,
    below_maximum,
    elements,
    every,
    joined,
    joined_lanes,
    lane,
    less,
    put,
    put_one,
    splat,
    sum_of_lanes,
)
from fastact.rowwise.normaliser import Normaliser
from fastact.rowwise.row_function import LOG_MAX_ULP, MAX_ULP
from fastact.rowwise.row_options import INF

if TYPE_CHECKING:
    from fastact.definition import interfaces

__all__ = ["hardmax", "log_softmax", "softmax", "softmax_off_by_one", "softmin", "sparsemax"]
LISTED = Normaliser  # what `fastact.catalogue` looks for


class Softmax(Normaliser):
    """Softmax, ``exp(x) / sum(exp(x))`` along an axis.

    ``softmax(x, axis=-1, out=None)``; `axis` may be an int, a tuple of ints, or None for all. The
    result has the shape and dtype of `x`; integers become float64. It is computed as
    exp(x - max(x)), which cannot overflow (the log-sum-exp shift). +inf shares the mass with its
    equals; a row of -inf alone gives zeros; NaN makes its row NaN. More keywords:

    where
        A boolean array that broadcasts to `x`: what is False is absent, and its result is 0.
    temperature
        ``softmax(x / temperature)``: a positive number, or one for each row, an array that
        broadcasts to `x` without the axis.
    lengths
        How many elements of each row, from the first, are present: integers that broadcast to
        `x` without the axis.
    causal
        For `x` of shape (..., queries, keys): row i sees the keys up to i + keys - queries.
    softcap
        ``softmax(c tanh(x / c))`` with c = softcap, from 2**-60 to 2**60. It comes before all
        masks; -inf in `x` becomes -c, so mask by the other keywords.
    empty
        What a row without mass gives, all of it -inf or absent: ``"zero"``; ``"nan"``;
        ``"uniform"``, equal shares of what is present, or of the whole row if nothing is;
        ``"raise"``, a `ValueError` with the position of the first such row.
    inf
        What a row with +inf gives: ``"limit"``, the mass shared among the infinite elements, or
        ``"nan"``.
    out
        The result; it may be `x`.

    `backward`, `jvp` and `jacobian` take the same keywords but for the last two policies. Their
    rows without mass are 0, with any policy if they are given ``x=``. `sequences` applies the
    function to ragged sequences.

    Error: at most 2 ulp in float32 and 3 ulp in float64, and the sum is within 1 ulp of 1 but for
    what subnormal shares have lost (`softmax.max_ulp`); a temperature adds up to |x - max(x)| /
    temperature half ulps in float64, the error of its reciprocal, and a cap that of tanh times
    `softcap`. float16 is computed in float32.
    Source: Bridle 1990; for the shift, Blanchard, Higham and Higham 2021.

    Raises
    ------
    TypeError
        If `x` is not a float or integer array, `where` not boolean, `lengths` not integers.
    ValueError
        If shapes do not broadcast, `lengths` leave 0..n, `temperature` is not positive and finite,
        `softcap` is out of range, `causal` is not over the last axis, or a policy is unknown.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.softmax(np.array([[0.0, 0.0], [-np.inf, -np.inf]]))
    array([[0.5, 0.5],
           [0. , 0. ]])
    >>> fa.softmax(np.zeros((2, 2)), where=[[True, True], [True, False]])
    array([[0.5, 0.5],
           [1. , 0. ]])
    >>> fa.softmax(np.zeros((2, 3)), causal=True)
    array([[0.5       , 0.5       , 0.        ],
           [0.33333333, 0.33333333, 0.33333333]])
    """

    _sink = -INF
    max_ulp = MappingProxyType({dtype: {**ulp, "sum": 1.0} for dtype, ulp in MAX_ULP.items()})
    _formulas = MappingProxyType({
        "value": r"y_i = \frac{e^{x_i}}{\sum_k e^{x_k}}",
        "backward": r"dx_i = y_i (dy_i - \sum_k y_k\,dy_k)",
        "jvp": r"dy_i = y_i (dx_i - \sum_k y_k\,dx_k)",
        "jacobian": r"J_{ij} = y_i (\delta_{ij} - y_j)",
    })  # fmt: skip


softmax: interfaces.Along = Softmax("softmax")


class LogSoftmax(Normaliser):
    """The logarithm of softmax, ``x - log(sum(exp(x)))`` along an axis.

    ``log_softmax(x, axis=-1, out=None)``; keywords, dtypes and errors raised are those of
    `softmax`. What is absent is -inf, and so is a row without mass; NaN makes its row NaN.

    Error: at most 2 ulp in float32 and 3.5 ulp in float64, also where one element has nearly all
    the mass and the result is near 0.
    Source: Bridle 1990; for the shift, Blanchard, Higham and Higham 2021.

    >>> import numpy as np, fastact as fa
    >>> fa.log_softmax(np.array([50.0, 0.0]))
    array([-1.92874985e-22, -5.00000000e+01])
    """

    _sink = -INF
    _fill_value = -INF
    _symmetric = False
    _shares = softmax
    max_ulp = LOG_MAX_ULP
    _formulas = MappingProxyType({
        "value": r"y_i = x_i - \log \sum_k e^{x_k}",
        "backward": r"dx_i = dy_i - e^{y_i} \sum_k dy_k",
        "jvp": r"dy_i = dx_i - \sum_k e^{y_k}\,dx_k",
        "jacobian": r"J_{ij} = \delta_{ij} - e^{y_j}",
    })  # fmt: skip


log_softmax: interfaces.Along = LogSoftmax("log_softmax")


class Softmin(Normaliser):
    """Softmin, ``softmax(-x)``: the smallest element has the largest share.

    ``softmin(x, axis=-1, out=None)``; keywords, exceptions and gradients are those of `softmax`,
    with +inf for what is absent and a row of +inf alone without mass.

    Error: that of `softmax`, of which it is the result for -x.
    Source: that of `softmax`.

    >>> import numpy as np, fastact as fa
    >>> fa.softmin(np.array([0.0, np.log(3)]))
    array([0.75, 0.25])
    """

    _loops, _sink = softmax, -INF
    _sign = -1.0
    _formulas = MappingProxyType({
        "value": r"y_i = \frac{e^{-x_i}}{\sum_k e^{-x_k}}",
        "backward": r"dx_i = y_i (\sum_k y_k\,dy_k - dy_i)",
        "jvp": r"dy_i = y_i (\sum_k y_k\,dx_k - dx_i)",
        "jacobian": r"J_{ij} = y_i (y_j - \delta_{ij})",
    })  # fmt: skip


softmin: interfaces.Along = Softmin("softmin")


class SoftmaxOffByOne(Normaliser):
    """Softmax with one more logit, 0, that is left out: ``exp(x) / (1 + sum(exp(x)))``.

    ``softmax_off_by_one(x, axis=-1, out=None)``; keywords are those of `softmax`. An attention
    head can attend to nothing: where all logits are far below 0 the result is near 0, and a row
    that is all -inf or masked is 0 without any convention.

    Error: at most 2 ulp in float32 and 3 ulp in float64.
    Source: Miller 2023, "Attention is off by one"; Xiao et al. 2023, "attention sinks".

    >>> import numpy as np, fastact as fa
    >>> fa.softmax_off_by_one(np.array([0.0, np.log(2)]))
    array([0.25, 0.5 ])
    """

    _loops, _sink = softmax, 0.0
    _formulas = MappingProxyType({
        "value": r"y_i = \frac{e^{x_i}}{1 + \sum_k e^{x_k}}",
        "backward": r"dx_i = y_i (dy_i - \sum_k y_k\,dy_k)",
        "jvp": r"dy_i = y_i (dx_i - \sum_k y_k\,dx_k)",
        "jacobian": r"J_{ij} = y_i (\delta_{ij} - y_j)",
    })  # fmt: skip


softmax_off_by_one: interfaces.Along = SoftmaxOffByOne("softmax_off_by_one")


# sparsemax    y = max(z - tau, 0), z = x - max(x), with the tau for which the sum of y is 1
# Michelot's iteration: the tau for which the elements above the last tau sum to 1, until there are
# no fewer. Elements of z not above -1 are 0 in any case, so it begins there.
@kernel
def threshold(row):
    """Return tau and its rest."""
    tau, low, size = -1.0, 0.0, INF
    while True:
        total, rest, count = splat(0.0), splat(0.0), splat(0.0)
        for i in range(0, row.n, LANES):
            z, lost = below_maximum(row, i)
            above = z > tau
            count += where(above, 1.0, splat(0.0))
            total, rest = joined(total, rest, where(above, z, 0.0), where(above, lost, 0.0))
        high, rest_of = joined_lanes(total, rest)
        k = sum_of_lanes(count)
        high, rest_of = joined(high, rest_of, -1.0, 0.0)
        tau = high / k
        low = (fma(-tau, k, high) + rest_of) / k
        if k >= size:
            return tau, low
        size = k


@kernel
def sparsemax_row(row):
    """Write max(z - tau, 0)."""
    tau, low = threshold(row)
    for i in range(0, row.n, LANES):
        z, lost = below_maximum(row, i)
        p = (z - tau) + (lost - low)
        put(row, i, where(p > 0.0, p, 0.0))


# d less its mean over the support, where y > 0, and 0 elsewhere
@kernel
def on_support(y, d):
    """Return d in two parts and 1 on the support, else 0."""
    return where(y > 0.0, d, 0.0), 0.0 * y, where(y > 0.0, 1.0, 0.0 * y)


@kernel
def less_mean(d, y, total, rest, count):
    """Return d - mean on the support, else 0."""
    mean = (total + rest) / count
    value, lost = less(d, mean, (fma(-mean, count, total) + rest) / count)
    return where(y > 0.0, value + lost, 0.0 * y)


class Sparsemax(Normaliser):
    """Sparsemax, the point of the simplex nearest to x: ``max(x - tau, 0)``, which sums to 1.

    ``sparsemax(x, axis=-1, out=None)``; keywords are those of `softmax`. tau is the exact
    threshold, found by Michelot's iteration in float64. Elements far below the largest are exactly
    0. The gradient is that of the support: ``dy`` less its mean over the support, 0 elsewhere.
    +inf shares the mass with its equals; a row of -inf alone gives zeros; NaN makes its row NaN.

    Kinks: an element that equals tau is not of the support, and its gradient is 0.
    Error: at most 1 ulp.
    Source: Martins and Astudillo 2016; Michelot 1986.

    >>> import numpy as np, fastact as fa
    >>> fa.sparsemax(np.array([1.0, 0.5, -1.0]))
    array([0.75, 0.25, 0.  ])
    """

    _row, _product = sparsemax_row, Product(on_support, less_mean)
    _formulas = MappingProxyType({
        "value": r"y_i = \max(x_i - \tau, 0), \quad \sum_k y_k = 1, \quad S = \{k: y_k > 0\}",
        "backward": r"dx_i = [y_i > 0] (dy_i - \frac{1}{|S|} \sum_{k \in S} dy_k)",
        "jvp": r"dy_i = [y_i > 0] (dx_i - \frac{1}{|S|} \sum_{k \in S} dx_k)",
        "jacobian": r"J_{ij} = [y_i > 0] (\delta_{ij} - \frac{[y_j > 0]}{|S|})",
    })  # fmt: skip


sparsemax: interfaces.Along = Sparsemax("sparsemax")


# hardmax      y = 1 at the first of the largest elements, 0 elsewhere
@kernel
def first_largest(row):
    """Return the index of the first element that is the maximum."""
    for i in range(0, row.n, LANES):
        x = elements(row, i)
        if not every(x < row.maximum):
            for j in range(LANES):
                if lane(x, j) == row.maximum:
                    return i + j
    return 0


@kernel
def hardmax_row(row):
    """Write 0, and 1 at the first element that is the maximum."""
    k = first_largest(row)
    for i in range(0, row.n, LANES):
        put(row, i, 0.0)
    put_one(row, k, 1.0)


class Hardmax(Normaliser):
    """Hardmax: 1 at the first of the largest elements, 0 elsewhere.

    ``hardmax(x, axis=-1, out=None)``; keywords are those of `softmax`, of which ``temperature``
    changes nothing. The gradient is 0. A row of -inf alone gives zeros; NaN makes its row NaN.

    Error: none, the result is exact.
    Source: the operator of that name in ONNX.

    >>> import numpy as np, fastact as fa
    >>> fa.hardmax(np.array([1.0, 3.0, 3.0]))
    array([0., 1., 0.])
    """

    _row, _product = hardmax_row, NO_GRADIENT
    _formulas = MappingProxyType({
        "value": r"y_i = [i = \arg\max_k x_k]",
        "backward": r"dx_i = 0",
        "jvp": r"dy_i = 0",
        "jacobian": r"J_{ij} = 0",
    })  # fmt: skip


hardmax: interfaces.Along = Hardmax("hardmax")
