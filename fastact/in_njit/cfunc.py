"""Calls in Python from ``@cfunc``, whose environment Numba neither sets nor keeps.

What such a call needs is in the environment of the function. Numba fills it in for a function that
Python can call, and lets that keep it; a C callback has none, so both are done here.
"""

from __future__ import annotations

from typing import Any

from numba.core.ccallback import CFunc
from numba.core.compiler import CompileResult

from fastact.in_njit.python_call import Invocation

compile_uncached = CFunc._compile_uncached
rebuild = CompileResult._rebuild
_kept: list[Any] = []  # as long as the code, which Numba never lets go


def keep(environments: Any) -> None:
    """Keep those of which there are calls in Python."""
    _kept.extend(
        env for env in environments if any(isinstance(each, Invocation) for each in env.consts)
    )


def _compile_uncached(self: Any) -> Any:
    """Compile a callback, and fill in its environment."""
    found = compile_uncached(self)
    found.library.get_pointer_to_function(found.fndesc.llvm_cfunc_wrapper_name)  # links it
    found.library.codegen.set_env(found.environment.env_name, found.environment)
    keep([found.environment])
    return found


def _rebuild(*arguments: Any) -> Any:
    """Load a function from Numba's cache, of which nobody tells whether it is a callback."""
    found = rebuild(*arguments)
    keep([found.environment, *found.referenced_envs])
    return found


CFunc._compile_uncached = _compile_uncached
CompileResult._rebuild = staticmethod(_rebuild)
