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

import numpy as np

from fastact import arguments
from fastact.arguments import unexpected
from fastact.definition.declaration import UNBOUNDED, Declaration, Kink, evaluate
from fastact.definition.differentiate import Kernels, at_a_point
from fastact.definition.expression import (
    LATEX,
    Flat,
    Node,
    X,
    flat,
    node,
    reachable,
    shown,
    substituted,
)
from fastact.definition.fingerprint import fingerprint
from fastact.definition.function import Function, of_ufunc

INF = math.inf


# ---------------------------------------------------------------- what operators call
def is_activation(value: Any) -> bool:
    """Whether a value is an activation: the function that is called like what owns it."""
    return isinstance(value, Function) and value._variety == "forward"


def call(activation: Any, params: tuple[float, ...], argument: Node) -> Node:
    """The node of an activation applied to an expression."""
    stands_for: Node | None = activation.declaration.node
    if stands_for is not None:
        return substituted(stands_for, argument)
    return node("call", (argument,), activation=activation, params=params)


def scalar(value: Any) -> Any:
    """A NumPy scalar or 0-d array as Python's number; whatever else as it is."""
    number = isinstance(value, np.ndarray | np.generic) and not value.ndim
    return value.item() if number and not getattr(value, "mask", False) else value


def expression(value: Any) -> Node | None:
    """The expression that an operand stands for; None if it is none."""
    value = scalar(value)
    if is_activation(value):
        for name in (p.name for p in value.params if p.required):
            raise TypeError(
                f"{value.name} needs a value for {name}: {value.name}.with_params({name}=…)"
            )
        return call(value, numbers_of(value, value._bind((), {})), X)
    if isinstance(value, numbers.Real):
        number = as_float(value)
        if number is None or not math.isfinite(number):
            raise ValueError(
                f"an activation is combined with finite numbers, got {arguments.shown(value)}"
            )
        return node("number", value=number)
    return None


def numbers_of(f: Any, params: Iterable[Any]) -> tuple[float, ...]:
    """The parameters as numbers."""
    return tuple(number_of(f, p, scalar(v)) for p, v in zip(f.params, params, strict=True))


def number_of(f: Any, p: Any, value: Any) -> float:
    """A parameter as a number."""
    number = as_float(value) if isinstance(value, numbers.Real) else None
    if number is None:
        raise TypeError(
            f"{f.name}: in an expression {p.name} must be a number, got {type(value).__name__}"
        )
    return number


def as_float(value: Any) -> float | None:
    """A real number in float64; None if it is an integer that is too large."""
    try:
        return float(value)
    except OverflowError:
        return None


def combined(symbol: str, *operands: Any) -> Any:
    """The expression that an operator makes of activations and numbers, or NotImplemented."""
    nodes = tuple(map(expression, operands))
    if None in nodes:
        wrong = next(o for o, n in zip(operands, nodes, strict=True) if n is None)
        if isinstance(wrong, np.ndarray):
            raise TypeError(
                "an activation is combined with activations and numbers; to combine its values "
                "with an array, call it: f(x)"
            )
        return NotImplemented
    return node(symbol, nodes)  # type: ignore[arg-type]  # no None is left


def composed(ufunc: np.ufunc, argument: Any, *params: Any) -> Node:
    """The expression f(g), where `ufunc` is that of f and `argument` is g."""
    f = of_ufunc(ufunc)
    if f is None or not is_activation(f):
        whose = ufunc.__name__ if f is None else f"{f._owner.name}.{f._variety}"
        raise TypeError(f"{whose}() takes no activation: only activations are composed")
    inner = expression(argument)
    if inner is None or any(map(is_activation, params)):
        raise TypeError(f"{f.name}(): an activation is no parameter")
    return call(f, numbers_of(f, params), inner)


def bound(f: Any, *params: float, **named: float) -> Node:
    """The expression that ``f.with_params`` stands for."""
    called, known = f"{f.name}.with_params", [p.name for p in f.params]
    if len(params) > len(known):
        names = f" ({', '.join(known)})" if known else ""
        raise TypeError(f"{called}() takes {len(known)} parameters{names}, got {len(params)}")
    for key in named:
        if key not in known:
            raise unexpected(called, key, known)
    given = dict(zip(known, params, strict=False)) | named
    for p in f.params:
        if p.name in given:
            number_of(f, p, scalar(given[p.name]))
    return call(f, numbers_of(f, f._bind(params, named, called)), X)


# ---------------------------------------------------------------- what is known of an expression

DOC = """{text}, made of activations by `fastact.definition.algebra`.

.. math:: f(x) = {formula}

Evaluated in twice the precision of the result and rounded once. The error is not bounded: a
difference may cancel.
"""


class Expression:
    """The origin of an activation that is made of others by operators or `with_params`."""

    listed = False

    def __init__(self, root: Node, rebuild: Callable[[Flat], Any]) -> None:
        self.root, self.rebuild = root, rebuild

    def code(self) -> tuple[Any, ...]:
        """The structure, and what decides the code of activations in it that users defined."""
        return tuple(flat(self.root))

    def missing(self, kernel: str) -> str:
        """Which activation in it lacks the kernel."""
        lacking = Kernels(self.root).unknown(kernel)
        return "; ".join(f"{f.name}: {f._origin.missing(kernel)}" for f in lacking)

    def again(self) -> Any:
        """The activation of this expression."""
        return self.rebuild(flat(self.root))

    def reduce(self, activation: Any) -> Any:
        return self.rebuild, (flat(self.root),)

    def shown(self, activation: Any) -> str:
        return str(activation.name)


def declared(root: Node) -> tuple[Declaration, str]:
    """The declaration of an expression, and its docstring."""
    text, formula = shown(root), shown(root, LATEX).replace("_", r"\_")
    record = Declaration(
        text,
        formula,
        Kernels(root),
        source=lambda: fingerprint(*flat(root)),
        bounds=UNBOUNDED,
        node=root,
        **facts(root),
    )
    return record, DOC.format(text=text, formula=formula)


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
    f = at.activation.declaration
    values = dict(zip([p.name for p in f.params], at.params, strict=True))

    def numbers_in(fields: Iterable[Any]) -> Any:
        return tuple(float(evaluate(each, values)) for each in fields)

    pairs = [numbers_in((kink.at, kink.derivative)) for kink in f.kinks]
    return {
        "domain": numbers_in(f.domain),
        "range": numbers_in(f.range),
        "limits": f.limits and numbers_in(f.limits),
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
