"""What is known of an activation: the record that all else is generated from.

A declaration names its kernels and states what they are: parameters, kinks, roots, range, errors.
An `Origin` tells where an activation comes from: the catalogue, a user's function, an expression.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, Protocol

import numpy as np

from fastact.definition.expression import Node
from fastact.numerics.primitives import Kernel

# The largest errors promised, in units in the last place, where a declaration does not say less.
MAX_ULP: dict[str, dict[str, float]] = {
    "float16": {"forward": 0.5, "derivative": 0.5, "second_derivative": 0.5},
    "float32": {"forward": 1.0, "derivative": 1.0, "second_derivative": 2.0},
    "float64": {"forward": 1.5, "derivative": 2.0, "second_derivative": 2.0},
}
# Of an activation whose errors nobody has measured.
UNBOUNDED = {dtype: dict.fromkeys(bounds, np.inf) for dtype, bounds in MAX_ULP.items()}
ORDERS = ("forward", "derivative", "second_derivative")
Field = float | str  # of a declaration: a number, or an expression in the parameters
CONSTANTS = {"inf": np.inf, "nan": np.nan}  # what such an expression may name beside them


@dataclass(frozen=True)
class Parameter:
    """A parameter of an activation, and the range over which its error bound holds."""

    name: str
    default: float | None  # None: a value has to be given
    low: float
    high: float
    partial: Kernel | None = None  # the derivative of the function with respect to it
    none: float | None = None  # what the kernels are given for a default of None
    elsewhere: Mapping[str, float] = field(default_factory=dict)  # other defaults, by package

    @property
    def required(self) -> bool:
        """Whether every call must give a value."""
        return self.default is None and self.none is None

    @property
    def typical(self) -> float:
        """The default as a number, or a value for examples where there is none."""
        known = (v for v in (self.default, self.none) if v is not None)
        return next(known, (self.low + 3 * self.high) / 4)


@dataclass(frozen=True)
class Kink:
    """A point where the derivative jumps, and the value it is given there."""

    at: Field
    derivative: Field
    elsewhere: Mapping[str, Field] = field(default_factory=dict)  # other conventions, by package


ARITHMETIC = (
    ast.Expression, ast.Name, ast.Load, ast.Constant, ast.Tuple, ast.IfExp, ast.BinOp, ast.UnaryOp,
    ast.Compare, ast.BoolOp, ast.operator, ast.unaryop, ast.cmpop, ast.boolop,
)  # fmt: skip
LARGEST_POWER = 16  # of what is not a float: 9**9**9 is computed for ever


@functools.cache
def compiled(expression: str) -> CodeType:
    """The code of a field, which is arithmetic with numbers and names, and nothing else.

    Raises
    ------
    ValueError
        If it is not.
    """
    try:
        tree = ast.parse(expression, mode="eval")
    except SyntaxError:
        tree = ast.parse("None", mode="eval")
    if not all(map(arithmetic, ast.walk(tree))):
        raise ValueError(f"{expression!r} is not arithmetic with numbers and parameters")
    return compile(tree, "<declaration>", "eval")


def arithmetic(each: ast.AST) -> bool:
    """Whether a part of an expression may be evaluated: 9**9**9 would be for ever."""
    if isinstance(each, ast.BinOp) and isinstance(each.op, ast.Pow | ast.LShift):
        power = each.right.value if isinstance(each.right, ast.Constant) else None
        return isinstance(power, float) or (isinstance(power, int) and power <= LARGEST_POWER)
    if isinstance(each, ast.Constant):
        return type(each.value) in {int, float, bool}
    return isinstance(each, ARITHMETIC)


def evaluate(value: Field, values: Mapping[str, Any]) -> Any:
    """The value of a field of a declaration for these parameters."""
    if not isinstance(value, str):
        return value
    return eval(compiled(value), {"__builtins__": {}, **CONSTANTS}, dict(values))  # noqa: S307  # our declarations


@dataclass(eq=False, repr=False)
class Declaration:
    """What is known of an activation: the record that all else is generated from."""

    name: str
    formula: str
    kernels: Mapping[str, Kernel]
    params: tuple[Parameter, ...] = ()
    kinks: tuple[Kink, ...] = ()
    bends: tuple[Field, ...] = ()  # where the second derivative jumps, and is that of one side
    roots: Mapping[str, tuple[Field, ...]] = field(default_factory=dict)
    domain: tuple[Field, Field] = (-np.inf, np.inf)
    range: tuple[Field, Field] = (-np.inf, np.inf)
    limits: tuple[Field, Field] | None = None  # at the ends of the domain; NaN or None: not known
    monotone: int = 0
    odd: bool = False
    even: bool = False
    saturates: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    bounds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()  # of the parameters
    output_requires: tuple[str, ...] = ()  # and where the derivative is found from the output
    output_loss: Field = 1.0  # see `LOSS`: a number, or an expression in the parameters and y
    masked: tuple[Field, Field] | None = None  # the two values of the derivative; a set bit: first
    source: str | Callable[[], str] = ""  # see `LoopSpec`
    node: Node | None = None  # the expression in whose place it stands; for the identity, x itself


class Origin(Protocol):
    """Where an activation comes from."""

    listed: bool  # whether it is part of the catalogue, in which its name finds it

    def code(self) -> tuple[Any, ...]:
        """What decides its compiled code beside this package."""

    def missing(self, kernel: str) -> str:
        """Why there is no such kernel, and how to give it."""

    def again(self) -> Any:
        """An activation of the same origin."""

    def reduce(self, activation: Any) -> Any:
        """What `pickle` is given for it: see `object.__reduce__`."""

    def shown(self, activation: Any) -> str:
        """Its `repr`."""


class Catalogue:
    """The origin of the activations of this package, which lack no kernel."""

    listed = True

    def code(self) -> tuple[Any, ...]:
        return ()

    def missing(self, kernel: str) -> str:
        raise NotImplementedError(kernel)

    def again(self) -> Any:
        raise NotImplementedError

    def reduce(self, activation: Any) -> Any:
        return activation.name

    def shown(self, activation: Any) -> str:
        return f"<fastact.{signature(activation)} = {activation.formula}>"


def signature(activation: Any) -> str:
    """The call of an activation, as ``"elu(x, alpha)"``."""
    return f"{activation.name}({', '.join(['x', *(p.name for p in activation.params)])})"
