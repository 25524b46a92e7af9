"""Activations inside users' own ``@njit`` functions.

Numba finds this module by the entry point ``numba_extensions`` when it first compiles something, so
importing fastact never imports Numba. ``sigmoid(v)`` and ``sigmoid.derivative(v)`` are then
compiled into the caller, for scalars and arrays: the same bits as the ufuncs, and LLVM vectorises
the loop.

The dtype is that of the data; parameters follow it, so that a Python float never widens float32.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any

import numpy as np
from numba import vectorize
from numba.core import types
from numba.core.datamodel import models
from numba.core.datamodel.registry import register_default
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, fold_arguments, infer_getattr
from numba.extending import typeof_impl

from fastact.compiler import activation_loops
from fastact.compiler.dispatch import users_dispatcher
from fastact.compiler.kernels import Chooser
from fastact.definition.activation import Activation
from fastact.definition.function import Backward, Function

CASTS = {"float32": np.float32, "float64": np.float64}


class FunctionType(Chooser):
    """Numba's type of a `Function`: each has its own, so that a call is known when it compiles."""

    def __init__(self, function: Function) -> None:
        self.function = function
        unique = "" if function._owner._origin.listed else f"@{id(function):x}"
        super().__init__(f"fastact.{function.name}{unique}")

    def get_call_type(self, context: Any, args: Any, kws: Any) -> Any:
        pysig = signature(self.function)
        folded = fold_arguments(
            pysig, args, dict(kws),
            lambda index, parameter, value: value,
            lambda index, parameter, default: types.Omitted(default),
            lambda index, parameter, values: values,
        )  # fmt: skip
        found = self.choose(folded).get_call_type(context, folded, {})
        return found.replace(pysig=pysig)

    def choose(self, args: Any) -> types.Dispatcher:
        data = args[: len(args) - len(self.function.params)]
        elements = [t.dtype if isinstance(t, types.Array) else t for t in data]
        dtype = "float32" if all(t == types.float32 for t in elements) else "float64"
        arrays = tuple(isinstance(t, types.Array) for t in args)
        return types.Dispatcher(caller(self.function, dtype, arrays))


def signature(function: Function) -> inspect.Signature:
    """The signature of the scalar function: the data, then the parameters with their defaults."""
    data = ["dy", "x"][function._nin - len(function.params) == 1 :]
    empty = inspect.Parameter.empty
    return inspect.Signature(
        [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in data]
        + [
            inspect.Parameter(
                p.name, inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=empty if default is None else default,
            )
            for p, default in zip(function.params, function._defaults, strict=True)
        ]
    )  # fmt: skip


@functools.cache
def caller(function: Function, dtype: str, arrays: tuple[bool, ...]) -> Any:
    """The dispatcher that a call compiles to; `arrays` says which arguments are arrays."""
    function._check_kernel()
    scalar = activation_loops.scalar(function._owner.declaration.kernels, function._variety, dtype)
    cast = CASTS[dtype]
    compute = users_dispatcher(calls(scalar, [cast] * len(arrays)))
    if not any(arrays):
        return compute
    # Scalar arguments are cast before NumPy's rules see them.
    pass_on = users_dispatcher(lambda value: value)
    looped = vectorize(calls(compute, [pass_on] * len(arrays)))
    return users_dispatcher(calls(looped, [pass_on if array else cast for array in arrays]))


def calls(f: Any, casts: list[Any]) -> Any:
    """A function that calls `f` with each argument cast: Numba needs the number written out."""
    a, b, c, d = (casts * 4)[:4] if len(casts) == 1 else (casts + [None] * 3)[:4]
    written = {
        1: lambda x: f(a(x)),
        2: lambda x, y: f(a(x), b(y)),
        3: lambda x, y, z: f(a(x), b(y), c(z)),
        4: lambda x, y, z, w: f(a(x), b(y), c(z), d(w)),
    }
    return written[len(casts)]


register_default(FunctionType)(models.OpaqueModel)


@typeof_impl.register(Function)
def _typeof(function: Function, context: Any) -> FunctionType:
    return FunctionType(function)


@infer_getattr
class FunctionAttributes(AttributeTemplate):
    """``sigmoid.derivative`` and the like."""

    key = FunctionType

    def generic_resolve(self, ty: FunctionType, name: str) -> FunctionType | None:
        if not isinstance(ty.function, Activation | Backward):
            return None
        member = getattr(ty.function, name, None)
        return FunctionType(member) if isinstance(member, Function) else None


@lower_getattr_generic(FunctionType)
def _attribute(context: Any, builder: Any, ty: Any, value: Any, name: str) -> Any:
    return context.get_dummy_value()


def _init_extension() -> None:
    """What the entry point calls: importing this module has done it all."""
