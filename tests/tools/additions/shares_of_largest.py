"""Functions along an axis: one with a kernel of its own, and one of loops that are there."""

from __future__ import annotations

COLDMAX = '''

# coldmax      y = the limit of softmax for low temperatures: the largest elements share the mass
@kernel
def coldmax_row(row):
    """Write equal shares where an element is the maximum, else 0."""
    count = splat(0.0)
    for i in range(0, row.n, LANES):
        count += where(elements(row, i) == row.maximum, 1.0, splat(0.0))
    share = 1.0 / sum_of_lanes(count)
    for i in range(0, row.n, LANES):
        put(row, i, where(elements(row, i) == row.maximum, share, splat(0.0)))


class Coldmax(Normaliser):
    """The limit of softmax for low temperatures: the largest elements share the mass.

    ``coldmax(x, axis=-1, out=None)``; keywords are those of `softmax`, of which ``temperature``
    changes nothing. The gradient is 0. A row of -inf alone gives zeros; NaN makes its row NaN.
    The result is exact but for the rounding of a share.

    >>> import numpy as np, fastact as fa
    >>> fa.coldmax(np.array([1.0, 3.0, 3.0]))
    array([0. , 0.5, 0.5])
    """

    _row, _product = coldmax_row, NO_GRADIENT
    _formulas = MappingProxyType({"value": r"y_i = [x_i = m] / |\\{k: x_k = m\\}|"})


coldmax: interfaces.Along = Coldmax("coldmax")
'''
SPARSEMIN = '''

class Sparsemin(Normaliser):
    """Sparsemin, ``sparsemax(-x)``: the smallest elements have the mass.

    ``sparsemin(x, axis=-1, out=None)``; keywords, errors, gradients and accuracy are those of
    `sparsemax`, with +inf for what is absent and a row of +inf alone without mass.

    >>> import numpy as np, fastact as fa
    >>> fa.sparsemin(np.array([1.0, 0.5, 3.0]))
    array([0.25, 0.75, 0.  ])
    """

    _loops, _sign = sparsemax, -1.0
    _formulas = MappingProxyType({
        "value": r"y_i = \\max(-x_i - \\tau, 0), \\quad \\sum_k y_k = 1",
        "jacobian": r"J_{ij} = [y_i > 0] (\\frac{[y_j > 0]}{|\\{k: y_k > 0\\}|} - \\delta_{ij})",
    })  # fmt: skip


sparsemin: interfaces.Along = Sparsemin("sparsemin")
'''
TRUTH = """\
    "coldmax": lambda row: [mpf(x == max(row)) / row.count(max(row)) for x in row],
    "sparsemin": lambda row: sparsemax([-x for x in row]),
"""
EDITS = {
    "fastact/rowwise/softmax_family.py": {
        "__all__ = [": '"coldmax", "sparsemin", ',
        "": COLDMAX + SPARSEMIN,
    },
    "tests/support/rows.py": {'    "hardmax": hardmax,\n': TRUTH},
}
