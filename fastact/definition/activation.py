"""The class of an elementwise activation, and the functions that belong to one."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

import numpy as np

from fastact.definition.operators import Operators
from fastact.native import loop_registry, threads, ufunc
from fastact.native.threads import in_use
from fastact.numerics.primitives import Kernel

Array = Any  # whatever `numpy.ufunc` takes: arrays, scalars, sequences, Series, dask arrays …

# The largest errors promised, in units in the last place, where a declaration does not say less.
MAX_ULP: dict[str, dict[str, float]] = {
    "float16": {"forward": 0.5, "derivative": 0.5, "second_derivative": 0.5},
    "float32": {"forward": 1.0, "derivative": 1.0, "second_derivative": 2.0},
    "float64": {"forward": 1.5, "derivative": 2.0, "second_derivative": 2.0},
}
# Of an activation whose errors nobody has measured.
UNBOUNDED = {dtype: dict.fromkeys(bounds, np.inf) for dtype, bounds in MAX_ULP.items()}
INTEGRAL = frozenset("biu")
ORDERS = ("forward", "derivative", "second_derivative")
VARIETIES = ("derivative", "second_derivative", "value_and_derivative")
# The kernel that a variety is made from, where it is not called the same.
KERNEL = {
    "value_and_derivative": "derivative",
    "backward": "derivative",
    "backward_from_output": "derivative_from_output",
}
Field = float | str  # of a declaration: a number, or an expression in the parameters


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
    return eval(compiled(value), {"__builtins__": {}, "inf": np.inf}, dict(values))  # noqa: S307  # our declarations


def integral(x: Array) -> bool:
    """Whether x is an array of integers or bool: ufuncs of several inputs would give float16."""
    return getattr(getattr(x, "dtype", None), "kind", None) in INTEGRAL


made: dict[np.ufunc, Function] = {}  # the function of each ufunc


class Function:
    """A NumPy ufunc that is made on its first use.

    Calling it is calling the ufunc: broadcasting, ``out=``, ``where=``, ``dtype=``, ``casting=``,
    any strides and byte order, and dispatch to pandas, xarray and dask.
    """

    # Python looks for `__call__` on the type and finds this slot, which each function fills: with
    # its ufunc itself where nothing has to be done before, so that a call costs no more than one.
    __slots__ = ("__call__", "__dict__")
    __call__: Any

    direct = True  # whether a call may go to the ufunc as it is

    def __init__(self, owner: Activation, variety: str, nin: int) -> None:
        self.owner, self.variety, self.nin = owner, variety, nin
        self.name = owner.name if variety == "forward" else f"{owner.name}_{variety}"
        key = owner.stem + self.name.removeprefix(owner.name)
        self.params = owner.params
        self.defaults = tuple(p.none if p.default is None else p.default for p in owner.params)
        self.requires = owner.declaration.requires
        self.detour()
        self._ufunc: np.ufunc | None = None
        build = loop_registry.builder(
            "fastact.compiler.activation_loops", "build", owner.kernels, variety, nin
        )
        self.loops = {
            dtype: loop_registry.LoopSpec(key, owner.name, dtype, build, owner.source)
            for dtype in loop_registry.DTYPES
        }
        if owner.listed:
            ufunc.registry[self.name] = lambda: self.ufunc
            for loop in self.loops.values():
                loop_registry.add(loop)

    @property
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc` itself."""
        if self._ufunc is None:
            self.check_kernel()
            nout = 2 if self.variety == "value_and_derivative" else 1
            name, doc = self.loops["float64"].name, self.owner.__doc__ or ""
            self._ufunc = ufunc.make(name, doc, self.nin, nout, self._address, threads.block())
            made[self._ufunc] = self
            if self.direct and not (self.params or in_use):
                self.__call__ = self._ufunc
                threads.first_use.append(self.detour)
        return self._ufunc

    def detour(self) -> None:
        """Call `general` from now on."""
        self.__call__ = self.general

    def _address(self, dtype: str) -> int:
        return self.loops[dtype].address()

    @property
    def kernel(self) -> str:
        """The name of the kernel that this is made of."""
        return KERNEL.get(self.variety, self.variety)

    def check_kernel(self) -> None:
        """Raise a TypeError if this would need a derivative that is not known."""
        if self.kernel not in self.owner.kernels:
            raise TypeError(f"{self.owner.name}: {self.owner.missing(self.kernel)}")

    def general(self, x: Array, /, *params: Array, **options: Any) -> Any:
        """Call the ufunc with parameters from `params` and `options`."""
        if in_use:
            threads.sync()
        if self.params:
            params = self.bind(params, options)
            if integral(x):
                options.setdefault("dtype", np.float64)
        return self.ufunc(x, *params, **options)

    def bind(self, params: tuple[Array, ...], named: dict[str, Any]) -> tuple[Array, ...]:
        """The parameters in the order of the declaration, taken out of `named`."""
        if not (params or named) and None not in self.defaults:
            return self.defaults
        if len(params) > len(self.params):
            raise TypeError(
                f"{self.name}() takes {1 + len(self.params)} positional arguments "
                f"({', '.join(['x', *(p.name for p in self.params)])}), got {1 + len(params)}"
            )
        for p in self.params[: len(params)]:
            if p.name in named:
                raise TypeError(f"{self.name}() got two values for {p.name}")
        rest = (named.pop(p.name, p.default) for p in self.params[len(params) :])
        values = tuple(
            p.none if value is None else value
            for p, value in zip(self.params, (*params, *rest), strict=True)
        )
        for p, value in zip(self.params, values, strict=True):
            if value is None:
                raise TypeError(f"{self.name}() needs a value for {p.name}")
        for rule in self.requires:
            self.check(rule, values)
        return values

    def check(self, rule: str, values: tuple[Array, ...]) -> None:
        """Raise a ValueError unless the parameters obey `rule`."""
        names = [p.name for p in self.params]
        known = dict(zip(names, values, strict=True))
        arrays = {n: v if isinstance(v, float | int) else np.asarray(v) for n, v in known.items()}
        if not np.all(evaluate(rule, arrays)):
            got = ", ".join(f"{n}={known[n]!r}" for n in names if n in compiled(rule).co_names)
            raise ValueError(f"{self.owner.name}(): needs {rule}, got {got}")

    def __reduce__(self) -> Any:
        return operator.attrgetter(self.variety), (self.owner,)

    def __repr__(self) -> str:
        return f"<fastact.{self.owner.name}.{self.variety}>"


class Backward(Function):
    """The vector-Jacobian product of an activation: ``dy * f'(x)``."""

    direct = False

    def __init__(self, owner: Activation) -> None:
        super().__init__(owner, "backward", 2 + len(owner.params))
        self.from_output: Function | None = None
        if owner.from_output:
            self.from_output = FromOutput(owner, "backward_from_output", self.nin)

    def general(
        self,
        dy: Array,
        /,
        *,
        x: Array | None = None,
        y: Array | None = None,
        mask: Any = None,
        out: Any = None,
        **named: Any,
    ) -> Any:
        """``dy * f'(x)``, from the input `x` or, where that is enough, the output `y` or a mask.

        Raises
        ------
        TypeError
            If not exactly one of `x`, `y` and `mask` is given, or if it is not enough.
        """
        name = f"{self.owner.name}.backward"
        if mask is not None:
            if x is not None or y is not None:
                raise TypeError(f"{name}() needs exactly one of x=, y= and mask=, got several")
            return self.owner.forward_with_mask.backward(dy, mask, out, named)
        if (x is None) == (y is None):
            given = "neither" if x is None else "both"
            raise TypeError(f"{name}() needs exactly one of x= and y=, got {given}")
        used = self if x is not None else self.from_output
        if used is None:
            raise TypeError(
                f"{name}(): the output of {self.owner.name} does not determine its derivative; "
                "pass the input as x="
            )
        params = used.bind((), named)
        if named:
            raise TypeError(f"{name}() got an unexpected keyword argument {next(iter(named))!r}")
        if threads.in_use:
            threads.sync()
        data = x if y is None else y
        dtype = np.float64 if integral(dy) and integral(data) else None
        return used.ufunc(dy, data, *params, out=out, dtype=dtype)


class FromOutput(Function):
    """``dy * f'(x)`` from ``y = f(x)``."""

    def __init__(self, owner: Activation, variety: str, nin: int) -> None:
        super().__init__(owner, variety, nin)
        self.requires += owner.declaration.output_requires

    def __reduce__(self) -> Any:
        return operator.attrgetter("backward.from_output"), (self.owner,)


class Partial(Function):
    """``dy * ∂f/∂p`` for a parameter p: the summands of its gradient."""

    def __reduce__(self) -> Any:
        return partial_of, (self.owner, self.variety.removeprefix("partial_"))


def partial_of(owner: Activation, parameter: str) -> Partial:
    """For pickle: the mapping of an activation's partials holds what is being pickled."""
    return owner.partials[parameter]


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
    source: str | Callable[[], str] = ""  # see `catalogue.LoopSpec`


def summed_to(shape: tuple[int, ...], terms: Any) -> Any:
    """The sum of `terms` over the axes along which an array of this shape was broadcast."""
    ahead = terms.ndim - len(shape)
    axes = *range(ahead), *(ahead + k for k, n in enumerate(shape) if n == 1)
    total = np.sum(terms, axis=axes, dtype=np.promote_types(terms.dtype, np.float64))
    return total.astype(terms.dtype).reshape(shape)[()]


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
    listed = True  # whether it is part of the catalogue, which its name finds it in

    def __init__(self, declaration: Declaration, doc: str) -> None:
        from fastact.definition import bitmask

        self.declaration = declaration
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
        self.forward_with_mask = bitmask.ForwardWithMask(self)
        self.partials = {
            p.name: Partial(self, f"partial_{p.name}", 1 + self.nin)
            for p in self.params
            if p.partial is not None
        }

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
        from fastact.definition import algebra

        return algebra.bound(self, *params, **named)

    @property
    def origin(self) -> tuple[Any, ...]:
        """What decides its code beside this package."""
        return ()

    def missing(self, kernel: str) -> str:
        """Why there is no such kernel, and how to give it: only what users make lacks any."""
        raise NotImplementedError(kernel)

    def functions(self) -> Iterator[Function]:
        """Every function of this activation that has a ufunc."""
        found = [self, *(getattr(self, variety) for variety in VARIETIES), self.backward]
        if self.backward.from_output is not None:
            found.append(self.backward.from_output)
        return (f for f in (*found, *self.partials.values()) if f.kernel in self.kernels)

    def __reduce__(self) -> Any:
        return self.name

    def __repr__(self) -> str:
        names = ", ".join(["x", *(p.name for p in self.params)])
        return f"<fastact.{self.name}({names}) = {self.formula}>"


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


def documentation(d: Declaration, summary: str, limits: str, reference: str) -> str:
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
        limits=limits,
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


def declare(
    forward: Kernel,
    derivative: Kernel,
    second_derivative: Kernel,
    *,
    derivative_from_output: Kernel | None = None,
    formula: str,
    summary: str,
    limits: str = "-inf at -inf, inf at inf",
    source: str = "",
    kind: type[Activation] | None = None,
    **fields: Any,
) -> Activation:
    """Declare an activation; it is named after its first kernel. See `Declaration`."""
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
    record = Declaration(forward.__name__, formula, kernels, **fields)
    return (kind or Activation)(record, documentation(record, summary, limits, source))
