"""No stale code in what Numba keeps for ``@guvectorize(cache=True)``.

Numba keeps two things for such a function: the function, beside its environments, and the loop over
it, which is object code alone, into which the function is inlined. A `symbols.Stamp` guards the
first. The second has no place for one, so the loop is made again where a stamp guards the function.
"""

from __future__ import annotations

from typing import Any

from numba.core.caching import NullCache
from numba.core.environment import lookup_environment
from numba.np.ufunc import wrappers

from fastact.in_njit.symbols import Stamp

ENVIRONMENT = "_ZN08NumbaEnv"  # how the names of environments begin in LLVM


def stamped(library: Any) -> bool:
    """Whether a library has a function that calls one of this package."""
    names = (each.name for each in library._get_module_for_linking().global_variables)
    found = (lookup_environment(name) for name in names if name.startswith(ENVIRONMENT))
    return any(isinstance(each, Stamp) for env in found if env for each in env.consts)


class Wrapper(wrappers._GufuncWrapper):
    """Numba's loop over a function, which is not kept where the function has a stamp."""

    cache: Any

    def _compile_wrapper(self, wrapper_name: str) -> Any:
        if not isinstance(self.cache, NullCache) and stamped(self.library):
            self.cache = NullCache()
        return super()._compile_wrapper(wrapper_name)


wrappers._GufuncWrapper = Wrapper
