"""The class of an elementwise activation, and how one is declared or made of others."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from fastact.arguments import ERRORS, explain, unexpected
from fastact.containers.door import public
from fastact.definition import algebra, described
from fastact.definition.bitmask import ForwardWithMask
from fastact.definition.declaration import (
    MAX_ULP,
    Catalogue,
    Declaration,
    Field,
    Origin,
)
from fastact.definition.expression import Flat, Node, X, lock, unflattened
from fastact.definition.function import Array, Backward, Function, Partial, integers
from fastact.definition.sums import summed_to
from fastact.native import ufunc
from fastact.native.weak import WeakValues
from fastact.numerics.primitives import Kernel

if TYPE_CHECKING:
    from fastact.definition.interfaces import Algebra
else:
    from fastact.definition.operators import Operators as Algebra

VARIETIES = ("derivative", "second_derivative", "value_and_derivative")
LISTED = Catalogue()

_of_node: WeakValues[Node, Activation] = WeakValues()


def of_node(root: Node) -> Activation:
    """The activation of an expression: one object for each."""
    if root.kind == "call" and root.operands == (X,) and not root.params:
        found: Activation = root.activation
        return found
    with lock():
        known = _of_node.get(root)
        if known is None:
            known = Activation(*algebra.declared(root), origin=algebra.Expression(root, rebuilt))
        return known


def rebuilt(parts: Flat) -> Activation:
    """The activation of an expression that was made flat: what `pickle` calls."""
    return of_node(unflattened(parts))


class Activation(Algebra, Function):
    """An elementwise activation: a function, its derivatives and their products with gradients.

    ``f(x, *params, out=None, where=True, dtype=None, casting="same_kind")`` is the value, with the
    semantics of `numpy.ufunc`. Parameters are positional or named, scalars or arrays that broadcast
    against `x`. float16, float32 and float64 give their own dtype, integers and bool give float64.
    In a notebook it shows its formula, itself with its derivative, and the largest errors found.
    """

    from_output: bool
    _backward_type = Backward
    _own_name: str | None = None  # of its Numba type, if it is not of the catalogue
    _of_node = staticmethod(of_node)

    def __init__(
        self, declaration: Declaration, doc: str | Callable[[], str], origin: Origin = LISTED
    ) -> None:
        self.declaration, self._origin = declaration, origin
        self._doc = doc
        self.name = declaration.name
        self._stem = re.sub(r"\W+", "_", declaration.name, flags=re.ASCII).strip("_")[:80] or "f"
        self.formula, self.kinks = declaration.formula, declaration.kinks
        self.params = declaration.params
        self.from_output = "derivative_from_output" in declaration.kernels
        self.max_ulp = {
            dtype: bounds | dict(declaration.bounds.get(dtype, {}))
            for dtype, bounds in MAX_ULP.items()
        }
        super().__init__(self, "forward", 1 + len(self.params))
        self.__name__ = self.__qualname__ = declaration.name
        self.derivative = Function(self, "derivative", self._nin)
        self.second_derivative = Function(self, "second_derivative", self._nin)
        self.value_and_derivative = Function(self, "value_and_derivative", self._nin)
        self.backward = self._backward_type(self)
        self.forward_with_mask = ForwardWithMask(self)
        self._partials = {
            p.name: Partial(self, f"partial_{p.name}", 1 + self._nin)
            for p in self.params
            if p.partial is not None
        }
        if declaration.node is not None:
            with lock():
                _of_node[declaration.node] = self

    @public()
    def _backward_params(self, dy: Array, /, *, x: Array, **params: Array) -> dict[str, Any]:
        """Return the gradients with respect to the parameters, by their names.

        >>> import numpy as np, fastact as fa
        >>> dy, x = np.ones((2, 3)), np.array([[-1.0, 2.0, -3.0], [-4.0, 5.0, 6.0]])
        >>> fa.prelu.backward_params(dy, x=x, weight=np.full(3, 0.25))
        {'weight': array([-5.,  0., -3.])}
        """
        if not self._partials:
            raise TypeError(f"{self.name}.backward_params(): {self.name} has no such parameters")
        called = f"{self.name}.backward_params"
        values = self._bind((), params, called)
        if params:
            known = ("x", *(p.name for p in self.params))
            raise unexpected(called, next(iter(params)), known)
        self._check_shapes(called, {"dy": dy, "x": x}, values)
        shapes = {p.name: np.shape(v) for p, v in zip(self.params, values, strict=True)}
        dtype = np.float64 if integers((dy, x), values) else None
        try:
            return {
                name: summed_to(
                    shapes[name],
                    np.asarray(ufunc.quiet(partial.ufunc, dy, x, *values, dtype=dtype)),
                )
                for name, partial in self._partials.items()
            }
        except ERRORS as error:
            explain(error, called, dy=dy, x=x)
            raise

    def _with_params(self, *params: float, **named: float) -> Activation:
        """Return the activation with its parameters fixed: a function of `x` alone.

        >>> import fastact as fa
        >>> fa.identity * fa.softplus.with_params(beta=2)
        identity * softplus.with_params(beta=2)
        """
        node = algebra.bound(self, *params, **named)
        return of_node(node) if self.params else self

    if not TYPE_CHECKING:  # `Algebra` has their types
        backward_params = described.method(_backward_params)
        with_params = described.method(_with_params)

    def _functions(self) -> Iterator[Function]:
        """Every function of this activation that has a ufunc."""
        found: list[Function] = [self, *map(self._function, (*VARIETIES, "backward"))]
        if self.from_output:
            found.append(vars(self)["backward"]._from_output)
        found.extend(self._partials.values())
        return (f for f in found if f._kernel in self.declaration.kernels)

    def _function(self, variety: str) -> Function:
        """A member as what it is here: checkers see what users may call."""
        found: Function = vars(self)[variety]
        return found

    def _document(self) -> str:
        return self._doc if isinstance(self._doc, str) else self._doc()

    def __reduce__(self) -> Any:
        return self._origin.reduce(self)

    def __repr__(self) -> str:
        return self._origin.shown(self)

    def _repr_html_(self) -> str:
        """What a notebook shows: formula, shape and errors."""
        from fastact.definition import html

        return html.activation(self)

    def _repr_latex_(self) -> str | None:
        """The formula."""
        from fastact.definition import html

        return html.latex(f"f(x) = {self.formula}")


def declare(
    name: str,
    forward: Kernel,
    derivative: Kernel,
    second_derivative: Kernel,
    *,
    derivative_from_output: Kernel | None = None,
    float32: Mapping[str, Kernel] = MappingProxyType({}),
    float64: Mapping[str, Kernel] = MappingProxyType({}),
    factors: Mapping[str, Kernel] = MappingProxyType({}),
    parts: Mapping[str, Kernel] = MappingProxyType({}),
    products: Mapping[str, Kernel] = MappingProxyType({}),
    formula: str,
    summary: str,
    limits: tuple[Field, Field] = (-math.inf, math.inf),
    source: str = "",
    kind: Callable[[Declaration, Callable[[], str]], Activation] | None = None,
    **fields: Any,
) -> Any:
    """Declare an activation: an `Activation`, or, with parameters, what `interfaces` calls it.

    Parameters
    ----------
    name
        What it is called.
    forward, derivative, second_derivative, derivative_from_output
        Its kernels, in the precision that `numerics.primitives` tells.
    float32, float64
        The forms of kernels for results of this dtype, by the names of the arguments above.
    factors
        What products of float32 are made of, in gated pairs and in the algebra, by the same names:
        kernels in float64 that are near enough to be multiplied by others before they are rounded,
        and small enough far out to make zero of any two float32.
    parts
        The same of float64: kernels whose results are two float64, to 2**-54 of their sum.
    products
        Kernels of ``(x, value)`` by dtype, the value times the function: of gated pairs, which then
        need no factor in twice the precision.
    formula, summary, source
        What its docstring says.
    limits
        The values at the ends of the domain.
    kind
        The class, or what makes an object of one.
    **fields
        The fields of `Declaration`.
    """
    kernels = {
        "forward": forward,
        "derivative": derivative,
        "second_derivative": second_derivative,
    }
    if derivative_from_output is not None:
        kernels["derivative_from_output"] = derivative_from_output
    for p in fields.get("params", ()):
        if p.partial is not None:
            kernels[f"partial_{p.name}"] = p.partial
    for table, dtype, found in (
        ("forms", "float32", float32), ("forms", "float64", float64),
        ("factors", "float32", factors), ("factors", "float64", parts),
        *(("products", dtype, {"forward": product}) for dtype, product in products.items()),
    ):  # fmt: skip
        for kernel, known in found.items():
            kernels[kernel] = kernels[kernel].extended(table, dtype, known)
    record = Declaration(name, formula, kernels, limits=limits, **fields)
    doc = functools.partial(described.activation, record, summary, source)
    return (kind or Activation)(record, doc)
