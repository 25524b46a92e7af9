"""Activations that users define."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack, overload

from fastact.arguments import boolean, own, refused, shown, unexpected
from fastact.definition import travel
from fastact.definition.activation import Activation
from fastact.definition.declaration import (
    CONSTANTS,
    UNBOUNDED,
    Declaration,
    Kink,
    Parameter,
    compiled,
    evaluate,
    signature,
)
from fastact.definition.fingerprint import fingerprint
from fastact.numerics.primitives import Kernel

if TYPE_CHECKING:
    from fastact.definition.interfaces import Known

Scalar = Callable[..., Any]  # of numbers, that Numba can compile
GIVEN = {
    "derivative": "derivative",
    "second_derivative": "second_derivative",
    "derivative_from_output": "from_output",
}  # the keyword of each kernel
ARGUMENT = {"derivative_from_output": "y"}
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
PAIRS, INTERVAL = "pairs (x, derivative)", "two ends, the lower one first"
DOC = """{name}, an activation defined with `fastact.activation`.

.. math:: f(x) = {formula}
"""


class Definition(NamedTuple):
    """What a user has said of an activation: all that another process needs to make it again."""

    functions: dict[str, FunctionType]  # by their kernels
    partials: dict[str, FunctionType]  # by their parameters
    name: str | None
    formula: str | None
    kinks: tuple[tuple[Any, Any], ...]
    ranges: Mapping[str, tuple[float, float]]  # of parameters
    facts: dict[str, Any]  # fields of the declaration


class UserDefined:
    """The origin of an activation that a user has defined; see `activation`."""

    listed = False

    def __init__(self, kernels: Mapping[str, Kernel], definition: Definition) -> None:
        self.kernels, self.definition = kernels, definition

    def code(self) -> tuple[Any, ...]:
        """The functions that it was defined with."""
        return tuple((name, kernel.function) for name, kernel in self.kernels.items())

    def missing(self, kernel: str) -> str:
        return (
            f"its {kernel.replace('_', ' ')} is not known. Define it with "
            f"@fastact.activation({GIVEN[kernel]}=lambda {ARGUMENT.get(kernel, 'x')}: …)"
        )

    def again(self) -> Activation:
        """Another activation that is defined in the same way."""
        return defined(blank(), self.definition)

    def reduce(self, activation: Activation) -> Any:
        return travel.reduced(activation, lambda: (blank, defined, self.definition))

    def shown(self, activation: Activation) -> str:
        return f"<{activation.__module__}.{signature(activation)}>"


@overload
def activation(function: Scalar, /, **known: Unpack[Known]) -> Activation: ...
@overload
def activation(
    function: None = None, /, **known: Unpack[Known]
) -> Callable[[Scalar], Activation]: ...
def activation(
    function: Scalar | None = None,
    /,
    *,
    derivative: Scalar | None = None,
    second_derivative: Scalar | None = None,
    from_output: Scalar | None = None,
    name: str | None = None,
    formula: str | None = None,
    kinks: Iterable[tuple[float, float]] = (),
    monotone: int = 0,
    odd: bool = False,
    even: bool = False,
    domain: tuple[float, float] = (-math.inf, math.inf),
    range: tuple[float, float] = (-math.inf, math.inf),  # noqa: A002  # the mathematical word
    params: Mapping[str, tuple[float, float]] | None = None,
    partials: Mapping[str, Scalar] | None = None,
    **unknown: Any,
) -> Any:
    """Make an activation of a scalar function: a decorator, with arguments or without.

    The function takes numbers and returns one. It is whatever Numba can compile: ``if``, loops,
    `math`, NumPy's functions of numbers, functions compiled with ``numba.njit``, and activations
    (``fastact.sigmoid(x)``). It is compiled on its first use, like all loops here, and kept on disk
    until it, or a function, constant or closure that it uses, changes. In a process, the values of
    globals and closures are those of the first use with a dtype.

    Parameters
    ----------
    function
        ``f(x)`` or ``f(x, a, b=2.0, …)``: further parameters are parameters of the activation.
    derivative, second_derivative
        Functions of the same parameters. Nothing is differentiated for you: without `derivative`,
        asking for a derivative is an error.
    from_output
        The derivative as a function of the output, ``g(y, …)``, for ``backward(dy, y=y)``.
    name, formula
        What it is called, and how it is written in LaTeX.
    kinks
        Pairs ``(x, value)``: where the derivative jumps, and what it is taken to be there.
    monotone, odd, even, domain, range
        What else is known: 1 or -1 if it rises or falls everywhere, whether f(-x) = -f(x) or f(x),
        where it is defined, and between which ends its values lie. These are used by tests.
    params
        The range of each parameter, as ``{name: (low, high)}``, that tests and examples draw from.
    partials
        The derivatives with respect to parameters, for ``backward_params``.

    Returns
    -------
    Activation
        With the methods, the threads and the dtypes of any other. It is evaluated in float64 and
        rounded once to float16 or float32. ``max_ulp`` is infinite: nobody has measured it.

    Raises
    ------
    TypeError
        If a function is not written in Python or takes other parameters. On the first use, if Numba
        cannot compile a function, or if it raises errors; the message shows the line.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> @fa.activation(derivative=lambda x, a=0.5: 1 + a * x / np.sqrt(x * x + 1))
    ... def bent(x, a=0.5):
    ...     return x + a * (np.sqrt(x * x + 1) - 1)
    >>> bent(np.float32([-1, 0, 1]))
    array([-0.79289323,  0.        ,  1.2071068 ], dtype=float32)
    >>> bent.derivative(0.0, a=0.25)
    np.float64(1.0)
    """
    options = {k: v for k, v in locals().items() if k not in {"function", "unknown"}}
    if unknown:
        raise unexpected("activation", next(iter(unknown)), options)
    for key, value in (("params", params), ("partials", partials)):
        if not isinstance(value, Mapping | None):
            raise refused("activation", key, "a dict by the names of parameters", shown(value))
    if function is None:
        return lambda function: activation(function, **options)
    given = {"forward": function, "derivative": derivative, "second_derivative": second_derivative,
             "derivative_from_output": from_output}  # fmt: skip
    functions = {k: python(f, k, function) for k, f in given.items() if f is not None}
    extra = {k: python(f, f"partials[{k!r}]", function) for k, f in (partials or {}).items()}
    if "second_derivative" in functions and "derivative" not in functions:
        name = functions["forward"].__name__
        raise TypeError(f"{name}: second_derivative= needs derivative= as well")
    facts = checked_facts(monotone=monotone, odd=odd, even=even, domain=domain, range=range)
    for key, text in (("name", name), ("formula", formula)):
        if not isinstance(text, str | None):
            raise refused("activation", key, "a string", shown(text))
    pairs = tuple(map(pair, several(kinks)))
    ranges = {key: ends(f"params[{key!r}]", value) for key, value in (params or {}).items()}
    return defined(blank(), Definition(functions, extra, name, formula, pairs, ranges, facts))


def blank() -> Activation:
    """An activation that is to be `defined`."""
    return Activation.__new__(Activation)


def defined(made: Activation, given: Definition) -> Activation:
    """Fill in what an activation is."""
    forward = given.functions["forward"]
    for kernel, other in given.functions.items():
        check_signature(forward, other, GIVEN.get(kernel, "function"))
    kernels = {k: Kernel(f, plain=True) for k, f in given.functions.items()}
    kernels |= {f"partial_{k}": Kernel(f, plain=True) for k, f in given.partials.items()}
    name = given.name or forward.__name__
    record = Declaration(
        name,
        given.formula or rf"\operatorname{{{name}}}(x)",
        kernels,
        params=parameters(forward, given.ranges, kernels),
        kinks=tuple(Kink(*kink) for kink in given.kinks),
        bounds=UNBOUNDED,
        source=lambda: fingerprint(*origin.code()),
        **given.facts,
    )
    fields = (*given.kinks, record.domain, record.range)
    check_fields(name, itertools.chain(*fields), record.params)
    check_numbers(record)
    origin = UserDefined(kernels, given)
    doc = DOC.format(name=record.name, formula=record.formula)
    made.__init__(record, inspect.getdoc(forward) or doc, origin)  # type: ignore[misc]  # a blank
    made.__module__, made.__qualname__ = forward.__module__, forward.__qualname__
    vars(made)["__wrapped__"] = forward
    return made


def checked_facts(
    *,
    monotone: Any,
    odd: Any,
    even: Any,
    domain: Any,
    range: Any,  # noqa: A002  # as activation's
) -> dict[str, Any]:
    """What is said of a function, once it can be true."""
    if isinstance(monotone, bool) or not isinstance(monotone, Real) or monotone not in {-1, 0, 1}:
        raise refused("activation", "monotone", "-1, 0 or 1", shown(monotone), ValueError)
    symmetric = {k: boolean("activation", k, v) for k, v in (("odd", odd), ("even", even))}
    if all(symmetric.values()):
        raise ValueError("activation(): only one of odd and even can be True, got both")
    given = {"domain": domain, "range": range}
    return {"monotone": monotone, **symmetric, **{k: interval(k, v) for k, v in given.items()}}


def several(kinks: Any) -> tuple[Any, ...]:
    """What the kinks are given as, once that is a collection."""
    try:
        return tuple(kinks)
    except TypeError as error:
        if not own(error):
            raise
        raise refused("activation", "kinks", PAIRS, shown(kinks)) from None


def pair(kink: Any) -> tuple[Any, Any]:
    """A kink: its place and the derivative there, each a number or an expression."""
    try:
        at, value = kink
    except (TypeError, ValueError) as error:
        if not own(error):
            raise
        at = value = None
    if not isinstance(at, Real | str) or not isinstance(value, Real | str):
        raise refused("activation", "kinks", PAIRS, shown(kink))
    return at, value


def ends(key: str, value: Any) -> tuple[float, float]:
    """Two numbers, the lower one first."""
    low, high = interval(key, value)
    if isinstance(low, str) or isinstance(high, str):
        raise refused("activation", key, "two numbers, the lower one first", shown(value))
    return low, high


def interval(key: str, value: Any) -> tuple[Any, Any]:
    """Two ends, the lower one first; an end may be an expression in the parameters."""
    try:
        low, high = value
    except (TypeError, ValueError) as error:
        if not own(error):
            raise
        raise refused("activation", key, INTERVAL, shown(value)) from None
    numbers = [end for end in (low, high) if not isinstance(end, str)]
    if not all(isinstance(end, Real) for end in numbers):
        raise refused("activation", key, INTERVAL, shown(value))
    if len(numbers) == 2 and not low <= high:
        raise refused("activation", key, INTERVAL, shown(value), ValueError)
    return low, high


def check_fields(name: str, fields: Iterable[Any], params: tuple[Parameter, ...]) -> None:
    """Raise an error unless what is written as a string is arithmetic with the parameters."""
    known = {p.name for p in params} | set(CONSTANTS)
    for field in fields:
        if isinstance(field, str) and (unknown := set(compiled(field).co_names) - known):
            raise ValueError(f"activation(): {name} has no parameter {min(unknown)!r}: {field!r}")


def check_numbers(record: Declaration) -> None:
    """Raise a ValueError unless what is said in numbers and expressions can be computed.

    Expressions are computed for typical parameters. A kink is at a finite place.
    """
    typical = {p.name: p.typical for p in record.params}
    for kink in record.kinks:
        at, value = (number_of(each, typical) for each in (kink.at, kink.derivative))
        if not math.isfinite(at) or math.isnan(value):
            got = shown((kink.at, kink.derivative))
            raise refused("activation", "kinks", f"{PAIRS} of numbers", got, ValueError)
    for key in ("domain", "range"):
        low, high = given = getattr(record, key)
        if not number_of(low, typical) <= number_of(high, typical):
            raise refused("activation", key, INTERVAL, shown(given), ValueError)


def number_of(field: Any, values: Mapping[str, float]) -> float:
    """A field as a number; NaN if it has no value that is real and fits float64."""
    try:
        return float(evaluate(field, values))
    except (ArithmeticError, TypeError):
        return math.nan


def python(function: Any, kernel: str, forward: Any) -> FunctionType:
    """The Python function, out of Numba's dispatcher if need be."""
    found = getattr(function, "py_func", function)
    if not isinstance(found, FunctionType):
        whose = getattr(forward, "__name__", repr(forward))
        raise TypeError(
            f"activation(): {GIVEN.get(kernel, kernel)} of {whose} must be a Python function of "
            f"numbers, got {type(found).__name__}"
        )
    return found


def check_signature(forward: FunctionType, other: FunctionType, keyword: str) -> None:
    """Raise a TypeError unless both take the same number of positional parameters."""
    taken = [inspect.signature(f).parameters.values() for f in (forward, other)]
    if any(p.kind not in POSITIONAL for ps in taken for p in ps) or not taken[0]:
        raise TypeError(f"activation(): {other.__name__} must take (x, …), by position")
    if len(taken[0]) != len(taken[1]):
        lists = [", ".join(p.name for p in ps) for ps in taken]
        raise TypeError(
            f"activation(): {forward.__name__} takes ({lists[0]}), but {keyword} takes ({lists[1]})"
        )


def number(argument: str, value: Any) -> float:
    """A number of the user's in float64."""
    try:
        if not isinstance(value, str | bytes):
            return float(value)
    except (TypeError, ValueError, OverflowError) as error:
        if not own(error):
            raise
    raise refused("activation", argument, "a number", shown(value))


def parameters(
    forward: FunctionType, ranges: Mapping[str, tuple[float, float]], kernels: Mapping[str, Kernel]
) -> tuple[Parameter, ...]:
    """The parameters after x; a range that is not given is the default alone, or [0, 1]."""
    _, *found = inspect.signature(forward).parameters.values()
    unknown = {*ranges, *(k[8:] for k in kernels if k.startswith("partial_"))} - {
        p.name for p in found
    }
    if unknown:
        raise TypeError(f"activation(): {forward.__name__} has no parameter {min(unknown)!r}")
    made = []
    for p in found:
        default = None if p.default is p.empty else number(f"the default of {p.name}", p.default)
        low, high = ranges.get(p.name, (0.0, 1.0) if default is None else (default, default))
        made.append(Parameter(p.name, default, low, high, kernels.get(f"partial_{p.name}")))
    return tuple(made)
