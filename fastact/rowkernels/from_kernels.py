"""The loops of functions along an axis that are kernels, and the words these are written in.

A kernel, and the product of its Jacobian, stand with the function in `rowwise.softmax_family`;
`numerics.rows` says what the words mean. Rows are done one after the other, and kernels compute in
float64 whatever the dtype.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from numba.core import types
from numba.core.registry import cpu_target
from numba.core.typing.templates import infer_global
from numba.extending import intrinsic

from fastact.compiler import simd
from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.dispatch import loading_what_is_needed
from fastact.compiler.kernels import Chooser, compute
from fastact.compiler.simd import F32, I64, VectorType, broadcast, converted, value_type, within
from fastact.numerics import rows as words
from fastact.numerics.primitives import Kernel, where
from fastact.numerics.rows import Row
from fastact.rowkernels import jacobian_products, softmax
from fastact.rowkernels.along import fill
from fastact.rowkernels.arithmetic import (
    INF,
    NATIVE,
    Precision,
    difference,
    finite_of,
    join_double,
    joined_lanes,
    sum_of_lanes,
)
from fastact.rowkernels.memory import fetch, from_element, from_row, store_vector
from fastact.rowkernels.operation import Loop, RowOperation, over_rows
from fastact.rowkernels.softmax_scaled import largest_product, product


# ---------------------------------------------------------------- the words
@njit
def elements(row, i):
    """Return products of elements from `i` on and the factor, and -inf past the end."""
    left = row.n - i
    return within(fetch(row.x, i, left, 0.0) * row.factor, left, -INF)


@njit
def below_maximum(row, i):
    """Return products of elements from `i` on less the maximum, and what rounds off."""
    left, m = row.n - i, row.maximum
    high, low = product(fetch(row.x, i, left, -INF), row.factor)
    high = within(finite_of(high, m == INF), left, -INF)
    d, rest = difference(high, where(m == INF, 0.0, m))
    near = d > -INF
    return d, where(near, rest + (low - row.rest), 0.0)


def writing(*, one: bool) -> Any:
    """The function that writes the results from an element on, or one of them."""
    y, n = map(Row._fields.index, ("y", "n"))

    @intrinsic
    def write(typing: Any, row: Any, i: Any, values: Any) -> Any:
        """Write a vector of float64, or a number, as results from `i` on."""
        vector = isinstance(values, VectorType)
        narrow = value_type(row.types[y].types[0]) == types.float32

        def code(context, b, sig, args):
            place, length = (b.extract_value(args[0], k) for k in (y, n))
            count = I64(1) if one else b.sub(length, args[1])
            x = args[2] if vector else broadcast(b, args[2])
            x = converted("fptrunc", F32)(b, x) if narrow else x
            store_vector(b, row.types[y], place, args[1], count, x)
            return context.get_dummy_value()

        return types.void(row, types.int64, values if vector else types.float64), code

    return write


class Less(Chooser):
    """Numba's type of `words.less`."""

    def choose(self, args: Any) -> types.Dispatcher:
        """Return the dispatcher for vectors of float32, or for those of float64."""
        dtype = args[0].dtype
        f = next(f for f in NATIVE.values() if f.number == dtype)
        return types.Dispatcher(jacobian_products.subtracted(f))


WORDS = {
    words.elements: elements,
    words.below_maximum: below_maximum,
    words.put: writing(one=False),
    words.put_one: writing(one=True),
    words.splat: simd.splat,
    words.lane: simd.lane,
    words.every: simd.every,
    words.sum_of_lanes: sum_of_lanes,
    words.joined: join_double,
    words.joined_lanes: joined_lanes(join_double),
}


def known(typing: Any) -> None:
    """Tell Numba what words are."""
    typing.refresh()  # after which it knows the types of intrinsics
    for word, function in WORDS.items():
        infer_global(word, typing.resolve_value_type(function))
    infer_global(words.less, Less("less"))


with loading_what_is_needed():
    known(cpu_target.typing_context)


# ---------------------------------------------------------------- the loops
class Scaled(NamedTuple):
    """Rows of the input; of each a factor and a length; rows of the output."""

    x: Any
    factor: Any
    length: Any
    y: Any


def results(dtype: str, of: Kernel, *, scaled: bool) -> Any:
    """Make the loop over rows, of which a kernel does what has a maximum."""
    finish, round_off = compute(of), NATIVE[dtype].round

    def rows(operands, rows, n, scratch):
        """Read rows of `operands.x` and write rows of `operands.y`, one after the other."""
        for r in range(rows):
            row = from_row(operands, r)
            factor, count = 1.0, n
            if scaled:
                factor, count = row.factor.pointer[0], max(0, min(n, row.length.pointer[0]))
            m, m_low, zero_or_nan = largest_product(row.x, factor, -INF, count)
            if m == -INF or zero_or_nan != zero_or_nan:
                fill(row.y, count, round_off(zero_or_nan))
            else:
                finish(Row(row.x, row.y, count, factor, m, m_low))
            if scaled:
                fill(from_element(row.y, count), n - count, round_off(0.0))

    return over_rows(RowOperation(njit(rows)))


def product_of(kernels: words.Product) -> Callable[[Precision], jacobian_products.Product]:
    """Return what makes of kernels, for a precision, the product of a Jacobian and a vector."""
    terms, element = map(compute, kernels)
    return lambda f: jacobian_products.Product(terms, element, f.zero)


# By the letters of operands, which `build` explains.
LOOPS: dict[str, tuple[Any, Callable[..., Any]]] = {
    "XX": (softmax.Operands, functools.partial(results, scaled=False)),
    "XdiX": (Scaled, functools.partial(results, scaled=True)),
    "XXX": (jacobian_products.Operands, jacobian_products.products),
    "XXBdiX": (jacobian_products.Masked, jacobian_products.masked_products),
}


def loop(letters: str, kernels: Kernel | words.Product) -> Loop:
    """Return the loop of kernels."""
    operands, make = LOOPS[letters]
    of = kernels if isinstance(kernels, Kernel) else product_of(kernels)
    return Loop(operands, functools.partial(make, of=of))
