"""What decides the compiled code of a user's function: the key under which it is stored.

It is the bytecode and the constants, the defaults, the values in closures and the values of the
globals that the function names, and the same of every compiled function among them. Line numbers
and file names do not count. Numba is not imported.

What cannot be told in this way (an object of unknown kind, a function whose compiled form stands
elsewhere) makes code *volatile*: it is compiled in each process and never stored.
"""

from __future__ import annotations

import builtins
import itertools
import os
from collections.abc import Iterable, Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from fastact.definition.function import Function
from fastact.native.loop_registry import VOLATILE
from fastact.native.store import sha256

# Their code changes with their version only; those of Numba and fastact are in every key.
STABLE = ("builtins", "math", "cmath", "operator", "numpy", "numba", "fastact")
NUMBERS = bool | int | float | complex | str | bytes | None | type(Ellipsis)
LARGEST = 2**20  # bytes of an array that is hashed

Seen = dict[int, tuple[int, Any]]  # by address, what has been met, and as the how manieth

_volatile = itertools.count()


class UnknownError(Exception):
    """A value that no key can be made of."""


def fingerprint(*functions: Any) -> str:
    """The key of code that is made of these functions."""
    digest = sha256(f"numpy {np.__version__}".encode())
    try:
        for part in parts(functions, seen={}):
            digest.update(part.encode() + b"\0")
    except UnknownError as unknown:
        return f"{VOLATILE}{os.getpid()}.{next(_volatile)}: {unknown}"
    return digest.hexdigest()


def parts(value: Any, seen: Seen) -> Iterator[str]:
    """The texts that tell `value` from any other."""
    if isinstance(value, NUMBERS | np.generic):
        yield f"{type(value).__name__} {value!r}"
        return
    yield type(value).__qualname__
    if isinstance(value, tuple | frozenset):
        yield from sequence(value, seen)
    elif isinstance(value, np.ndarray) and value.nbytes <= LARGEST and value.dtype.kind in "biufc":
        yield f"{value.dtype.str} {value.shape}"
        yield sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
    elif isinstance(value, CodeType):
        yield from code(value, seen)
    elif id(value) in seen:  # a function that calls itself
        yield f"again {seen[id(value)][0]}"
    else:
        seen[id(value)] = len(seen), value
        own = isinstance(value, FunctionType) and not stable(value)
        yield from function(value, seen) if own else by_name(value, seen)


def sequence(values: Iterable[Any], seen: Seen) -> Iterator[str]:
    if isinstance(values, frozenset):
        values = sorted(values, key=repr)
    for value in values:
        yield from parts(value, seen)
    yield "end"


def code(value: CodeType, seen: Seen) -> Iterator[str]:
    yield value.co_code.hex()
    yield f"{value.co_argcount} {value.co_flags}"
    names = (value.co_names, value.co_varnames, value.co_freevars, value.co_cellvars)
    yield repr(names)
    yield from sequence(value.co_consts, seen)


def function(value: FunctionType, seen: Seen) -> Iterator[str]:
    """A function that Numba compiles: all that its code can see."""
    yield from code(value.__code__, seen)
    yield from sequence((value.__defaults__, *(value.__kwdefaults__ or {}).items()), seen)
    for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
        yield name
        try:
            yield from member(cell.cell_contents, seen)
        except ValueError:
            raise UnknownError(f"{name} of {value.__name__} has no value yet") from None
    names = sorted(names_in(value.__code__))
    for name in names:
        yield from named(name, value.__globals__, names, seen)


def names_in(value: CodeType) -> set[str]:
    """The globals and attributes that a function or one inside it names."""
    inner = (names_in(c) for c in value.co_consts if isinstance(c, CodeType))
    return set(value.co_names).union(*inner)


def named(name: str, space: dict[str, Any], names: list[str], seen: Seen) -> Iterator[str]:
    """A name as a global; an attribute that is no global stands with its module."""
    if name not in space:
        yield f"{name} {'builtin' if hasattr(builtins, name) else 'attribute'}"
        return
    yield name
    value = space[name]
    if isinstance(value, ModuleType):
        yield from module(value, names, seen)
    else:
        yield from member(value, seen)


def module(value: ModuleType, names: list[str], seen: Seen) -> Iterator[str]:
    """A module: whatever of it could be meant by the names."""
    yield f"module {value.__name__}"
    if value.__name__.partition(".")[0] in STABLE or id(value) in seen:
        return
    seen[id(value)] = len(seen), value
    for name in names:
        yield from named(name, vars(value), names, seen)


def member(value: Any, seen: Seen) -> Iterator[str]:
    """What a function refers to: functions among it are those that Numba can call.

    Numba calls a plain function only by way of an implementation that somebody registered for it,
    which may be any other.
    """
    if isinstance(value, FunctionType) and not stable(value):
        raise UnknownError(f"{value.__name__} is not compiled by numba.njit")
    yield from parts(value, seen)


def stable(value: Any) -> bool:
    return str(getattr(value, "__module__", None)).partition(".")[0] in STABLE


def by_name(value: Any, seen: Seen) -> Iterator[str]:
    """An activation, a function that Numba has compiled, or what a stable package supplies."""
    compiled = getattr(value, "py_func", None)
    if isinstance(value, Function):
        yield f"{value._owner.name} {value._variety}"
        yield from parts(value._owner._origin.code(), seen)
    elif isinstance(compiled, FunctionType) and hasattr(value, "targetoptions"):
        yield repr(sorted(value.targetoptions.items()))
        yield from function(compiled, seen)
    elif isinstance(value, np.ufunc | BuiltinFunctionType | FunctionType | type) and stable(value):
        yield f"{value.__module__}.{getattr(value, '__qualname__', value.__name__)}"
    else:
        raise UnknownError(f"{value!r:.80}")
