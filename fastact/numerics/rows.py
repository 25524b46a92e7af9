"""What kernels of rows are written in, beside operators and the primitives of other kernels.

A kernel of a row, for a function along an axis, gets a `Row` and writes its results. It takes the
elements `LANES` at a time, as vectors of float64 on which operators, comparisons, `where` and `fma`
work lane by lane. Sums are kept in the lanes of accumulators, to which vectors are added in order
and whose lanes are added at the end: so every way through memory gives the same bits. A row with a
NaN, or without mass, never comes to a kernel.

The words stand here with what they mean; `rowkernels.from_kernels` has their compiled form.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from fastact.numerics.primitives import Kernel, kernel, primitive

LANES = 16


class Row(NamedTuple):
    """A row. Kernels read `n` and `maximum`; the other fields are for the words.

    Its elements are those of the input times a factor, such as 1 / temperature.
    """

    x: Any  # memory of the input
    y: Any  # memory of the results
    n: Any  # how many elements there are
    factor: Any  # of the input
    maximum: Any  # the largest element, which may be infinite
    rest: Any  # what rounds off the maximum


class Product(NamedTuple):
    """The product of a Jacobian, which is symmetric, and a vector d: two sums, then an element.

    Its kernels get vectors of outputs y and of d in the precision of the dtype, which are 0 past
    the end of a row. `terms`, of y and d, gives a term of the first sum in two parts, and a term of
    the second sum. `element`, of d, y, the first sum, what rounds off it, and the second sum, gives
    the product.
    """

    terms: Kernel
    element: Kernel


# ---------------------------------------------------------------- a row
@primitive
def elements(row: Row, i: int) -> Any:
    """The elements from `i` on; -inf past the end."""


@primitive
def below_maximum(row: Row, i: int) -> Any:
    """The same less the maximum, and what rounds off; 0 where both are inf."""


@primitive
def put(row: Row, i: int, values: Any) -> None:
    """Write the results from `i` on, rounded to the dtype; lanes past the end are left out."""


@primitive
def put_one(row: Row, i: int, value: Any) -> None:
    """Write the result of element `i` alone."""


# ---------------------------------------------------------------- lanes
@primitive
def splat(number: Any) -> Any:
    """The vector with a number in every lane."""


@primitive
def lane(x: Any, k: int) -> Any:
    """The number in lane `k`."""


@primitive
def every(mask: Any) -> Any:
    """Whether a comparison holds in every lane."""


@primitive
def sum_of_lanes(x: Any) -> Any:
    """The sum of the lanes."""


# ---------------------------------------------------------------- sums in two parts
@primitive
def joined(total: Any, rest: Any, more: Any, more_rest: Any) -> Any:
    """The sum of two numbers with their rests, and its rest."""


@primitive
def joined_lanes(total: Any, rest: Any) -> Any:
    """The sum of the lanes of a vector and of its rests, and its rest."""


@primitive
def less(d: Any, high: Any, low: Any) -> Any:
    """``d - (high + low)``, and what rounds off: nothing, in float32."""


# ---------------------------------------------------------------- no gradient
@kernel
def zero_terms(y: Any, d: Any) -> Any:
    """0, but NaN where the output is."""
    return 0.0 * y, 0.0 * y, 0.0 * y


@kernel
def zero_element(d: Any, y: Any, total: Any, rest: Any, count: Any) -> Any:
    """0, but NaN where the output is."""
    return 0.0 * y


NO_GRADIENT = Product(zero_terms, zero_element)
