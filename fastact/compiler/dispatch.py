"""From Python functions to LLVM modules and object code: the only place with compiler options.

Numba compiles a function, another module writes the loop around it, LLVM inlines the one into the
other, vectorises and emits. Importing this module imports Numba; the rest of the package does so
only when something has to be compiled that the store does not hold.

``fastmath`` is never used: it deletes checks for NaN. ``error_model="numpy"`` always: the other
raises from inside the loop and keeps it from being vectorised.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import llvmlite.binding as llvm
from numba import njit
from numba.core import config
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target

from fastact.native import machine_code

OPTIONS = {
    "error_model": "numpy",
    "nogil": True,
    "forceinline": True,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


if machine_code.refused():  # Numba would give the same to LLVM, which ends the process
    config.CPU_NAME = config.CPU_FEATURES = None


@functools.cache
def dispatcher(function: Callable[..., Any]) -> Any:
    """The Numba dispatcher of a scalar function."""
    return njit(**OPTIONS)(function)


@functools.cache
def outlined(function: Callable[..., Any]) -> Any:
    """The same, for a function that is too long to be repeated wherever it is called."""
    return njit(**OPTIONS | {"forceinline": False})(function)


@contextmanager
def unoptimised() -> Iterator[None]:
    """Leave all optimisation to `link`, which sees the loop and the function together.

    Numba optimises each function by itself: that would unroll loops before anything is inlined,
    keep them from being vectorised, and take twice the time.
    """
    codegen = cpu_target.target_context.codegen()
    places = [(config, "OPT", 0), (codegen, "_opt_level", 0), (codegen, "_loopvect", False)]
    with global_compiler_lock:
        saved = [getattr(place, name) for place, name, _ in places]
        try:
            for place, name, value in places:
                setattr(place, name, value)
            yield
        finally:
            for (place, name, _), value in zip(places, saved, strict=True):
                setattr(place, name, value)


def compiled(function: Any, arguments: tuple[Any, ...]) -> Any:
    """Numba's result for a dispatcher and the types of its arguments, not optimised."""
    with unoptimised():
        _, _, folded, _ = function.get_call_template(arguments, {})
        return function.overloads[tuple(folded)]


def link(name: str, text: str, *libraries: str) -> bytes:
    """Inline the functions of `libraries` into the loop, optimise, and emit."""
    return machine_code.emit(linked(name, text, *libraries))


def linked(name: str, text: str, *libraries: str) -> Any:
    """The module of a loop and the functions of `libraries`; what is `outlined` stays so.

    What remains visible are the loop `name` and its variants, whose names begin with it.
    """
    module = llvm.parse_assembly(text)
    for library in libraries:
        module.link_in(llvm.parse_assembly(library))
    for function in module.functions:
        if not (function.is_declaration or function.name.startswith(name)):
            function.linkage = llvm.Linkage.internal
            inlined = any(b"alwaysinline" in several for several in function.attributes)
            if function.name.startswith("_ZN") and not inlined:
                function.add_function_attribute("noinline")
    for variable in module.global_variables:  # Numba's records of environments: nobody reads them
        if not variable.is_declaration:
            variable.linkage = llvm.Linkage.internal
    return module
