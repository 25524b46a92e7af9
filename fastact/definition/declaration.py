"""What is known of an activation: the record that all else is generated from.

A declaration names its kernels and states what they are: parameters, kinks, roots, range, errors.
An `Origin` tells where an activation comes from: the catalogue, a user's function, an expression.
"""

from __future__ import annotations

import functools
import re
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


@functools.cache
def compiled(expression: str) -> CodeType:
    return compile(expression, "<declaration>", "eval")


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

    def reduce(self, activation: Any) -> Any:
        return activation.name

    def shown(self, activation: Any) -> str:
        return f"<fastact.{signature(activation)} = {activation.formula}>"


def signature(activation: Any) -> str:
    """The call of an activation, as ``"elu(x, alpha)"``."""
    return f"{activation.name}({', '.join(['x', *(p.name for p in activation.params)])})"


# What backward(y=) promises.
LOSS = """
From the output f'(x) is off by at most {loss} eps max(1, abs(f'(x))), where eps is that of
`numpy.finfo`, unless `y` was rounded to the output at a kink or to infinity."""
DOC = """{summary}

.. math:: f(x) = {formula}

Parameters
----------
x : array_like of float16, float32 or float64
    Any shape. Integers and bool are converted to float64.{parameters}
out, where, dtype, casting
    As for every `numpy.ufunc`.

Returns
-------
ndarray or scalar
    Of the shape that the arguments broadcast to and the dtype of `x`.

Raises
------
TypeError
    For complex, object, string and longdouble input.{raises}

Notes
-----
Limits: {limits}; NaN gives NaN. No floating-point warning is raised.
Kinks: {kinks}.
Error: at most {ulp32:g} ulp in float32 and {ulp64:g} ulp in float64, for value and derivative.
Backward: from the input ``x=``{from_output}.{loss}{source}

Examples
--------
>>> import numpy as np, fastact as fa
>>> x = np.array([0.25, 0.5, 0.75], dtype=np.float32)
>>> fa.{name}(x{arguments}).dtype
dtype('float32')
>>> dy = np.ones_like(x)
>>> bool((fa.{name}.backward(dy, x=x{arguments}) == fa.{name}.derivative(x{arguments})).all())
True
"""


def described_limits(d: Declaration) -> str:
    """The limits at the ends of the domain, where conditions hold for the usual parameters."""
    usual = {p.name: p.typical for p in d.params}
    names = re.compile("|".join(usual) or "(?!)")

    def shown(value: Field) -> str:
        plain = isinstance(value, str) and " if " not in value
        return names.sub(r"`\g<0>`", str(value)) if plain else f"{evaluate(value, usual):g}"

    ends = [evaluate(end, usual) for end in d.domain]
    told = [f"{shown(y)} at {x:g}" for x, y in zip(ends, d.limits or (), strict=True)]
    inside = "" if all(map(np.isinf, ends)) else f"; NaN outside [{ends[0]:g}, {ends[1]:g}]"
    return ", ".join(told) + inside


def documentation(d: Declaration, summary: str, reference: str) -> str:
    """The docstring of an activation."""
    described = [
        f"\n{p.name} : array_like"
        + (
            ""
            if p.required
            else f", default {p.default if p.default is None else f'{p.default:g}'}"
        )
        + "\n    Broadcasts against `x`."
        for p in d.params
    ]
    from_output = "derivative_from_output" in d.kernels
    factor = d.output_loss if isinstance(d.output_loss, str) else f"{d.output_loss:g}"
    kinks = [f"at x = {k.at} the derivative is taken to be {k.derivative}" for k in d.kinks]
    return DOC.format(
        summary=summary,
        formula=d.formula,
        parameters="".join(described),
        raises="".join(f"\nValueError\n    Unless {rule}." for rule in d.requires),
        limits=described_limits(d),
        kinks="; ".join(kinks) or "none",
        ulp32=MAX_ULP["float32"]["forward"],
        ulp64=MAX_ULP["float64"]["derivative"],
        from_output=" or the output ``y=``" * from_output
        + " or the ``mask=`` of `forward_with_mask`" * (d.masked is not None),
        loss=LOSS.format(loss=factor.replace("**", "^")) * from_output,
        source=f"\nSource: {reference}." if reference else "",
        name=d.name,
        arguments="".join(f", {p.name}={p.typical:g}" for p in d.params if p.required),
    )
