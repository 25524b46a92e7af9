"""The functions that belong to an activation: each is a NumPy ufunc, made on its first use."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from fastact.definition.declaration import Declaration, Origin, Parameter, compiled, evaluate
from fastact.native import loop_registry, threads, ufunc
from fastact.native.threads import in_use
from fastact.numerics.primitives import Kernel

Array = Any  # whatever `numpy.ufunc` takes: arrays, scalars, sequences, Series, dask arrays …

INTEGRAL = frozenset("biu")
# The kernel that a variety is made from, where it is not called the same.
KERNEL = {
    "value_and_derivative": "derivative",
    "backward": "derivative",
    "backward_from_output": "derivative_from_output",
}


class Owner(Protocol):
    """An activation, as its functions see it."""

    name: str
    stem: str
    declaration: Declaration
    origin: Origin
    params: tuple[Parameter, ...]
    kernels: Mapping[str, Kernel]
    source: str | Callable[[], str]
    from_output: bool
    nin: int
    partials: dict[str, Any]
    forward_with_mask: Any

    def bind(self, params: tuple[Array, ...], named: dict[str, Any]) -> tuple[Array, ...]:
        """The parameters in the order of the declaration."""


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

    def __init__(self, owner: Owner, variety: str, nin: int) -> None:
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
        if owner.origin.listed:
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
            raise TypeError(f"{self.owner.name}: {self.owner.origin.missing(self.kernel)}")

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

    def __init__(self, owner: Owner) -> None:
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

    def __init__(self, owner: Owner, variety: str, nin: int) -> None:
        super().__init__(owner, variety, nin)
        self.requires += owner.declaration.output_requires

    def __reduce__(self) -> Any:
        return operator.attrgetter("backward.from_output"), (self.owner,)


class Partial(Function):
    """``dy * ∂f/∂p`` for a parameter p: the summands of its gradient."""

    def __reduce__(self) -> Any:
        return partial_of, (self.owner, self.variety.removeprefix("partial_"))


def partial_of(owner: Owner, parameter: str) -> Partial:
    """For pickle: the mapping of an activation's partials holds what is being pickled."""
    found: Partial = owner.partials[parameter]
    return found


def summed_to(shape: tuple[int, ...], terms: Any) -> Any:
    """The sum of `terms` over the axes along which an array of this shape was broadcast."""
    ahead = terms.ndim - len(shape)
    axes = *range(ahead), *(ahead + k for k, n in enumerate(shape) if n == 1)
    total = np.sum(terms, axis=axes, dtype=np.promote_types(terms.dtype, np.float64))
    return total.astype(terms.dtype).reshape(shape)[()]
