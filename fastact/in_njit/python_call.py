"""The call of the function itself, in Python, from compiled code.

What compiled code does not do by itself it leaves to the function that is called outside: rare
options, and whatever is wrong, so that errors are the same ones. Results are those of the call.
"""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
from numba.core import cgutils, types

from fastact.definition.travel import dumps_by_name
from fastact.in_njit import symbols


class Invocation:
    """A Python callable that calls a function with arguments by name.

    Parameters
    ----------
    target, member
        The function is `target`, or the method of it that has this name.
    positional, named
        The names of the arguments, those that only have a place first; None leaves one out.
    constants
        Arguments that are known when the call is compiled.
    result
        What is expected: an array as ``(dtype, ndim)``, a number as None, a list or dict of such,
        "out" if the result is an argument, ``("item", k, ...)`` if only the k-th is wanted.
    """

    def __init__(
        self, target: Any, member: str, names: tuple[str, ...], positional: tuple[str, ...],
        constants: dict[str, Any], result: Any,
    ) -> None:  # fmt: skip
        self.target, self.member, self.names, self.positional = target, member, names, positional
        self.constants, self.result = constants, result

    def __call__(self, *arguments: Any) -> Any:
        """Call the function."""
        named = dict(zip(self.names, arguments, strict=True)) | self.constants
        placed = [named.pop(name) for name in self.positional if name in named]
        function = getattr(self.target, self.member) if self.member else self.target
        return settled(function(*placed, **named), self.result)

    def __reduce__(self) -> Any:
        try:
            pickled = dumps_by_name((self.target, self.constants))
        except (pickle.PicklingError, AttributeError, TypeError):
            return symbols.revive, ("", ())  # which is never this version
        return restored, (pickled, self.member, self.names, self.positional, self.result)


def restored(pickled: bytes, member: str, names: Any, positional: Any, result: Any) -> Invocation:
    """What unpickling calls: one that does not find its function is a stale cache."""
    try:
        target, constants = pickle.loads(pickled)  # noqa: S301  # from Numba's own pickle
    except Exception as error:
        raise symbols.StaleError(error) from error
    return Invocation(target, member, names, positional, constants, result)


def settled(value: Any, expected: Any) -> Any:
    """A result as compiled code takes it: contiguous arrays, Python numbers."""
    if expected == "out":
        return None
    if isinstance(expected, list):
        return tuple(map(settled, value, expected))
    if isinstance(expected, dict):
        return tuple(settled(value[name], each) for name, each in expected.items())
    if expected is None:
        return float(value)
    if expected[0] == "item":
        return settled(value[expected[1]], expected[2])
    dtype, ndim = expected
    array = np.asarray(value, order="C")
    if array.dtype != dtype or array.ndim != ndim:
        raise TypeError(
            f"fastact: compiled for a result of {dtype} with {ndim} axes, "
            f"got {array.dtype} with {array.ndim}"
        )
    return array.copy() if not array.flags.c_contiguous or not array.flags.writeable else array


def expected(ty: Any) -> Any:
    """What `settled` is told for a Numba type."""
    if isinstance(ty, types.BaseTuple):
        return [expected(each) for each in ty]
    return (str(ty.dtype), ty.ndim) if isinstance(ty, types.Array) else None


def call(
    context: Any,
    builder: Any,
    invocation: Invocation,
    arguments: list[tuple[Any, Any]],
    result: Any,
) -> Any:
    """Call it with boxed arguments, ``(type, value)`` each, and unbox the result."""
    environment = context.get_env_manager(builder)
    index = environment.add_const(invocation)
    api = context.get_python_api(builder)
    state = api.gil_ensure()
    boxed = []
    for ty, value in arguments:
        context.nrt.incref(builder, ty, value)  # boxing takes a reference away
        boxed.append(api.from_native_value(ty, value, environment))
    found = api.call_function_objargs(environment.read_const(index), boxed)
    for each in boxed:
        api.decref(each)
    with builder.if_then(cgutils.is_null(builder, found), likely=False):
        if caught(builder):
            api.err_clear()
        api.gil_release(state)
        failed(context, builder, invocation)
    native = api.to_native_value(result, found)
    if callable(native.cleanup):
        native.cleanup()
    api.decref(found)
    api.gil_release(state)
    with builder.if_then(native.is_error, likely=False):
        context.call_conv.return_exc(builder)
    return native.value


def caught(builder: Any) -> bool:
    """Whether the call stands in a ``try`` block."""
    return bool(getattr(builder, "_in_try_block", False))


def failed(context: Any, builder: Any, invocation: Invocation) -> None:
    """Pass on the error of Python; in a ``try`` block, where Numba needs one of its own, that."""
    if caught(builder):
        text = f"{invocation.target!r}: wrong arguments"
        context.call_conv.return_user_exc(builder, ValueError, (text,))
    else:
        context.call_conv.return_exc(builder)
