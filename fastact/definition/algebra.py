"""Activations made of activations: ``+ - * /``, unary ``-``, real numbers, and ``f(g)``.

An expression is a graph of `Node`, in which equal parts are one node. Its value and derivatives are
written, by the rules of calculus, as one scalar function that computes each part once, and that is
compiled like any kernel: in twice the precision of the result, rounded at the end. No activation
that takes part is rounded by itself.

What that cannot mend: a difference whose terms cancel loses what they lose, so that no bound for
the error is stated (``max_ulp`` is infinite); and where an operand overflows or underflows, an
expression is what IEEE arithmetic makes of it. Where it is NaN at an infinity although it has a
limit there that can be told (``x * sigmoid(x)``), it takes the limit.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from fastact.definition.activation import UNBOUNDED, Activation, Declaration, Kink, evaluate, made
from fastact.definition.differentiate import Kernels, at_a_point
from fastact.definition.expression import (
    LATEX,
    Flat,
    Node,
    X,
    flat,
    lock,
    node,
    reachable,
    shown,
    substituted,
)
from fastact.definition.fingerprint import fingerprint

INF = math.inf

_derived: WeakValueDictionary[Node, Derived] = WeakValueDictionary()


# ---------------------------------------------------------------- what operators call
def call(activation: Activation, params: tuple[float, ...], argument: Node) -> Node:
    """The node of an activation applied to an expression."""
    if isinstance(activation, Derived):
        return substituted(activation.expression, argument)
    if activation.name == "identity" and activation.listed:
        return argument
    return node("call", (argument,), activation=activation, params=params)


def scalar(value: Any) -> Any:
    """A NumPy scalar or 0-d array as Python's number; whatever else as it is."""
    return value.item() if isinstance(value, np.ndarray | np.generic) and not value.ndim else value


def expression(value: Any) -> Node | None:
    """The expression that an operand stands for; None if it is none."""
    value = scalar(value)
    if isinstance(value, Activation):
        if isinstance(value, Derived):
            return value.expression
        for name in (p.name for p in value.params if p.required):
            raise TypeError(
                f"{value.name} needs a value for {name}: {value.name}.with_params({name}=…)"
            )
        return call(value, numbers_of(value, value.bind((), {})), X)
    if isinstance(value, numbers.Real):
        if not math.isfinite(value):
            raise ValueError(f"an activation is combined with finite numbers, got {value!r}")
        return node("number", value=float(value))
    return None


def numbers_of(f: Activation, params: Iterable[Any]) -> tuple[float, ...]:
    """The parameters as numbers."""
    values = tuple(map(scalar, params))
    for p, value in zip(f.params, values, strict=True):
        if not isinstance(value, numbers.Real):
            raise TypeError(
                f"{f.name}: in an expression {p.name} must be a number, got {type(value).__name__}"
            )
    return tuple(map(float, values))


def combined(symbol: str, *operands: Any) -> Any:
    """The activation that an operator makes of activations and numbers."""
    nodes = tuple(map(expression, operands))
    if None in nodes:
        wrong = next(type(o).__name__ for o, n in zip(operands, nodes, strict=True) if n is None)
        if wrong == "ndarray":
            raise TypeError(
                "an activation is combined with activations and numbers; to combine its values "
                "with an array, call it: f(x)"
            )
        return NotImplemented
    return derived(node(symbol, nodes))  # type: ignore[arg-type]  # no None is left


def composed(ufunc: np.ufunc, argument: Any, *params: Any) -> Any:
    """The activation f(g), where `ufunc` is that of f and `argument` is g."""
    f = made.get(ufunc)
    if not isinstance(f, Activation):
        whose = ufunc.__name__ if f is None else f"{f.owner.name}.{f.variety}"
        raise TypeError(f"{whose}() takes no activation: only activations are composed")
    inner = expression(argument)
    if inner is None or any(isinstance(p, Activation) for p in params):
        raise TypeError(f"{f.name}(): an activation is no parameter")
    return derived(call(f, numbers_of(f, params), inner))


def bound(f: Activation, *params: float, **named: float) -> Activation:
    """See `Activation.with_params`."""
    values = numbers_of(f, f.bind(params, named))
    if named:
        raise TypeError(f"{f.name}.with_params() has no parameter {next(iter(named))!r}")
    return derived(call(f, values, X)) if f.params else f


def derived(root: Node) -> Any:
    """The activation of an expression: one object for each."""
    if root is X:
        from fastact.elementwise import identity

        return identity
    if root.kind == "call" and root.operands == (X,) and not root.params:
        return root.activation
    with lock():
        found = _derived.get(root)
        if found is None:
            found = _derived[root] = Derived(root)
        return found


def rebuilt(parts: Flat) -> Any:
    """The activation of an expression that was made flat."""
    nodes: list[Node] = []
    for kind, places, *others in parts:
        nodes.append(node(kind, tuple(nodes[place] for place in places), *others))
    return derived(nodes[-1])


# ---------------------------------------------------------------- the activation

DOC = """{text}, made of activations by `fastact.definition.algebra`.

.. math:: f(x) = {formula}

Evaluated in twice the precision of the result and rounded once. The error is not bounded: a
difference may cancel.
"""


class Derived(Activation):
    """An activation made of others by operators, composition or `with_params`."""

    listed = False

    def __init__(self, root: Node) -> None:
        self.expression = root
        text, formula = shown(root), shown(root, LATEX).replace("_", r"\_")
        record = Declaration(
            text,
            formula,
            Kernels(root),
            source=lambda: fingerprint(*self.origin),
            bounds=UNBOUNDED,
            **facts(root),
        )
        super().__init__(record, DOC.format(text=text, formula=formula))

    @property
    def origin(self) -> tuple[Any, ...]:
        """The structure, and what decides the code of activations in it that users defined."""
        return tuple(flat(self.expression))

    def missing(self, kernel: str) -> str:
        """Which activation in it lacks the kernel."""
        lacking = Kernels(self.expression).unknown(kernel)
        return "; ".join(f"{f.name}: {f.missing(kernel)}" for f in lacking)

    def __reduce__(self) -> Any:
        return rebuilt, (flat(self.expression),)

    def __repr__(self) -> str:
        return self.name


def facts(root: Node) -> dict[str, Any]:
    """What is known of an expression: all of a lone activation, else its domain and its kinks."""
    if root.kind == "call" and root.operands == (X,):
        return facts_of_call(root)
    direct = [facts_of_call(each) for each in reachable(root)
              if each.kind == "call" and each.operands == (X,)]  # fmt: skip
    lows, highs = zip((-INF, INF), *(each["domain"] for each in direct), strict=True)
    places = sorted({kink.at for each in direct for kink in each["kinks"]})
    return {"domain": (max(lows), min(highs)), "kinks": kinks(root, places)}


def facts_of_call(at: Node) -> dict[str, Any]:
    """The declaration of an activation, with numbers in the place of its parameters."""
    f = at.activation
    values = dict(zip([p.name for p in f.params], at.params, strict=True))

    def numbers_in(fields: Iterable[Any]) -> Any:
        return tuple(float(evaluate(each, values)) for each in fields)

    pairs = [numbers_in((kink.at, kink.derivative)) for kink in f.kinks]
    return {
        "domain": numbers_in(f.domain),
        "range": numbers_in(f.range),
        "monotone": f.monotone,
        "odd": f.odd,
        "even": f.even,
        "kinks": tuple(Kink(*pair) for pair in pairs),
        "roots": {variety: numbers_in(roots) for variety, roots in f.roots.items()},
    }


def kinks(root: Node, places: list[float]) -> tuple[Kink, ...]:
    """Those of the places at which the derivative of the expression jumps."""
    if not places or "derivative" not in (kernels := Kernels(root)):
        return ()
    slope = kernels["derivative"].function
    return tuple(Kink(at, at_a_point(slope, at)) for at in places if jumps(slope, at))


def jumps(function: Callable[..., Any], at: float) -> bool:
    """Whether the values on both sides stay apart as the sides come closer."""
    far, near = (
        abs(at_a_point(function, at + h) - at_a_point(function, at - h))
        for h in (2.0**-10, 2.0**-20)
    )
    return near > 0.5 * far and near > 2.0**-16 * abs(at_a_point(function, at))
