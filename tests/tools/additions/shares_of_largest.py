"""Functions along an axis: one with a row kernel of its own, and one of loops that are there."""

from __future__ import annotations

KERNEL = '''
# ---------------------------------------------------------------- the shares of the largest
# Softmax in the limit of temperature 0: the mass is shared by the elements that are the maximum.
@functools.cache
def coldmax(dtype: str) -> Any:
    """The function of a row with a maximum."""
    round_off = NATIVE[dtype].round

    def largest_at(x, i, n, factor, m):
        """1 where an element is the maximum."""
        v = within(fetch(x, i, n - i, 0.0) * factor, n - i, -INF)
        return where(v == m, 1.0, splat(0.0))

    largest_at = njit(largest_at)

    def one(x, y, n, factor, m, m_low):
        count = splat(0.0)
        for i in range(0, n, LANES):
            count += largest_at(x, i, n, factor, m)
        share = 1.0 / sum_of_lanes(count)
        for i in range(0, n, LANES):
            put(y, i, n - i, round_off(largest_at(x, i, n, factor, m) * share))

    return njit(one)

'''
COLDMAX = '''
class Coldmax(Normaliser):
    """The limit of softmax for low temperatures: the largest elements share the mass.

    ``coldmax(x, axis=-1, out=None)``; keywords are those of `softmax`, of which ``temperature``
    changes nothing. The gradient is 0. A row of -inf alone gives zeros; NaN makes its row NaN.
    The result is exact but for the rounding of a share.

    >>> import numpy as np, fastact as fa
    >>> fa.coldmax(np.array([1.0, 3.0, 3.0]))
    array([0. , 0.5, 0.5])
    """

    _formulas = MappingProxyType({"value": r"y_i = [x_i = m] / |\\{k: x_k = m\\}|"})
    _smooth = False


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

    _formulas = MappingProxyType({
        "value": r"y_i = \\max(-x_i - \\tau, 0), \\quad \\sum_k y_k = 1",
        "jacobian": r"J_{ij} = [y_i > 0] (\\frac{[y_j > 0]}{|\\{k: y_k > 0\\}|} - \\delta_{ij})",
    })  # fmt: skip
    _loops, _sign = "sparsemax", -1.0


'''
INSTANCES = """

coldmax: interfaces.Along = Coldmax("coldmax")
sparsemin: interfaces.Along = Sparsemin("sparsemin")
"""
RECORD = '    "coldmax": Record(coldmax, of_nothing),\n'
TRUTH = """\
    "coldmax": lambda row: [mpf(x == max(row)) / row.count(max(row)) for x in row],
    "sparsemin": lambda row: sparsemax([-x for x in row]),
"""
EDITS = {
    "fastact/rowkernels/sparsemax.py": {
        "    joined_lanes,\n": "    sum_of_lanes,\n",
        "put(y, k, 1, one_of)\n\n    return njit(one)\n\n": KERNEL,
        '    "hardmax": Record(hardmax, of_nothing),\n': RECORD,
    },
    "fastact/rowwise/softmax_family.py": {
        "__all__ = [": '"coldmax", "sparsemin", ',
        "": COLDMAX + SPARSEMIN.rstrip() + INSTANCES,
    },
    "tests/support/rows.py": {'    "hardmax": hardmax,\n': TRUTH},
}
