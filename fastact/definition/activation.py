"""The class of an elementwise activation, and how one is declared or made of others."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from fastact.definition import algebra
from fastact.definition.bitmask import ForwardWithMask
from fastact.definition.declaration import (
    MAX_ULP,
    Catalogue,
    Declaration,
    Field,
    Origin,
    Parameter,
    documentation,
)
from fastact.definition.expression import Flat, Node, X, lock, unflattened
from fastact.definition.function import Array, Backward, Function, Partial, integral, summed_to
from fastact.definition.operators import Operators
from fastact.native import threads
from fastact.native.threads import in_use
from fastact.numerics.primitives import Kernel

VARIETIES = ("derivative", "second_derivative", "value_and_derivative")
LISTED = Catalogue()

_of_node: WeakValueDictionary[Node, Activation] = WeakValueDictionary()


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


class Activation(Operators, Function):
    """An elementwise activation: a function, its derivatives and their products with gradients.

    ``f(x, *params, out=None, where=True, dtype=None, casting="same_kind")`` is the value, with the
    semantics of `numpy.ufunc`. Parameters are positional or named, scalars or arrays that broadcast
    against `x`. float16, float32 and float64 give their own dtype, integers and bool give float64.
    """

    name: str
    params: tuple[Parameter, ...]
    kernels: Mapping[str, Kernel]
    source: str | Callable[[], str]
    from_output: bool
    backward_type = Backward
    of_node = staticmethod(of_node)

    def __init__(self, declaration: Declaration, doc: str, origin: Origin = LISTED) -> None:
        self.declaration, self.origin = declaration, origin
        self.__doc__ = doc
        self.__module__ = "fastact"
        self.name = self.__name__ = self.__qualname__ = declaration.name
        self.stem = re.sub(r"\W+", "_", declaration.name, flags=re.ASCII).strip("_")[:80] or "f"
        self.kernels, self.source = declaration.kernels, declaration.source
        self.formula = declaration.formula
        self.kinks, self.bends = declaration.kinks, declaration.bends
        self.roots, self.domain, self.range = (
            declaration.roots, declaration.domain, declaration.range
        )  # fmt: skip
        self.monotone = declaration.monotone
        self.odd, self.even = declaration.odd, declaration.even
        self.saturates, self.aliases = declaration.saturates, declaration.aliases
        self.params = declaration.params
        self.from_output = "derivative_from_output" in declaration.kernels
        self.max_ulp = {
            dtype: bounds | dict(declaration.bounds.get(dtype, {}))
            for dtype, bounds in MAX_ULP.items()
        }
        super().__init__(self, "forward", 1 + len(self.params))
        self.derivative = Function(self, "derivative", self.nin)
        self.second_derivative = Function(self, "second_derivative", self.nin)
        self.value_and_derivative = Function(self, "value_and_derivative", self.nin)
        self.backward = self.backward_type(self)
        self.forward_with_mask = ForwardWithMask(self)
        self.partials = {
            p.name: Partial(self, f"partial_{p.name}", 1 + self.nin)
            for p in self.params
            if p.partial is not None
        }
        if declaration.node is not None:
            with lock():
                _of_node[declaration.node] = self

    def backward_params(self, dy: Array, /, *, x: Array, **params: Array) -> dict[str, Any]:
        """The gradients with respect to the parameters, by their names.

        Each has the shape of its parameter: ``dy * ∂f/∂p`` summed, in float64 at least, over the
        axes along which the parameter was broadcast.

        >>> import numpy as np, fastact as fa
        >>> dy, x = np.ones((2, 3)), np.array([[-1.0, 2.0, -3.0], [-4.0, 5.0, 6.0]])
        >>> fa.prelu.backward_params(dy, x=x, weight=np.full(3, 0.25))
        {'weight': array([-5.,  0., -3.])}
        """
        if not self.partials:
            raise TypeError(f"{self.name}.backward_params(): {self.name} has no such parameters")
        values = self.bind((), params)
        if params:
            raise TypeError(
                f"{self.name}.backward_params() got an unexpected keyword argument "
                f"{next(iter(params))!r}"
            )
        shapes = {p.name: np.shape(v) for p, v in zip(self.params, values, strict=True)}
        dtype = np.float64 if integral(dy) and integral(x) else None
        if in_use:
            threads.sync()
        return {
            name: summed_to(shapes[name], np.asarray(partial.ufunc(dy, x, *values, dtype=dtype)))
            for name, partial in self.partials.items()
        }

    def with_params(self, *params: float, **named: float) -> Activation:
        """The activation with its parameters fixed: a function of `x` alone.

        Parameters
        ----------
        *params, **named
            Numbers, by position or by name; the others take their defaults.

        Raises
        ------
        TypeError, ValueError
            As a call with these parameters, and for arrays.

        >>> import fastact as fa
        >>> fa.identity * fa.softplus.with_params(beta=2)
        identity * softplus.with_params(beta=2)
        """
        return of_node(algebra.bound(self, *params, **named)) if self.params else self

    def functions(self) -> Iterator[Function]:
        """Every function of this activation that has a ufunc."""
        found = [self, *(getattr(self, variety) for variety in VARIETIES), self.backward]
        if self.backward.from_output is not None:
            found.append(self.backward.from_output)
        return (f for f in (*found, *self.partials.values()) if f.kernel in self.kernels)

    def __reduce__(self) -> Any:
        return self.origin.reduce(self)

    def __repr__(self) -> str:
        return self.origin.shown(self)


def declare(
    name: str,
    forward: Kernel,
    derivative: Kernel,
    second_derivative: Kernel,
    *,
    derivative_from_output: Kernel | None = None,
    float32: Mapping[str, Kernel] = MappingProxyType({}),
    unrounded: Kernel | None = None,
    formula: str,
    summary: str,
    limits: tuple[Field, Field] = (-math.inf, math.inf),
    source: str = "",
    kind: Callable[[Declaration, str], Activation] | None = None,
    **fields: Any,
) -> Activation:
    """Declare an activation.

    Parameters
    ----------
    name
        What it is called.
    forward, derivative, second_derivative, derivative_from_output
        Its kernels, in the precision that `numerics.primitives` tells.
    float32
        The forms of kernels that compute float32 in float32, by the names of the arguments above.
    unrounded
        The float32 form of the value before it is rounded: ``(high, low, factor)``.
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
    for kernel, form in float32.items():
        kernels[kernel] = kernels[kernel].with_float32(form, unrounded)
    record = Declaration(name, formula, kernels, limits=limits, **fields)
    return (kind or Activation)(record, documentation(record, summary, source))
