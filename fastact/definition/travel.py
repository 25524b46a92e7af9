"""How an activation that a user has defined gets into another process.

Pickle finds it by its name where the module that defines it can be imported there. What is in
``__main__``, in a notebook, in a function or in a module that was never a file goes by value, as
cloudpickle has it: the functions with the globals and closures that they name. Read back in the
process that it came from, it is the same object.
"""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from fastact.native.loading import loaded
from fastact.native.store import sha256
from fastact.native.weak import WeakValues

_alive: WeakValues[bytes, Any] = WeakValues()  # by the hash of their pickles


def name_of(activation: Any) -> str | None:
    """The name that another process finds an activation by, in its module; None if it does not."""
    module = activation.__module__
    return None if module == "__main__" or by_value(module) else name_here(activation)


def name_here(activation: Any) -> str | None:
    """The name that the module of an activation has for it, if it has one."""
    names = vars(sys.modules.get(activation.__module__, ModuleType(""))).items()
    return next((name for name, value in names if value is activation), None)


def by_value(module: str) -> bool:
    """Whether the user has told cloudpickle that workers cannot import a module."""
    package = sys.modules.get("cloudpickle")
    registry: set[str] = package.list_registry_pickle_by_value() if package else set()
    return any(f"{module}.".startswith(f"{each}.") for each in registry)


def reduced(activation: Any, parts: Callable[[], Any]) -> Any:
    """What pickle is given: the name, or `parts`, ``(blank, fill, state)``, in a pickle of theirs.

    The activation may be a global of its own functions, so its pickle has an object to refer to
    before the functions: ``blank()``, which ``fill(object, state)`` completes.
    """
    name = name_of(activation)
    if name is not None:
        return name
    file = io.BytesIO()
    pickler(file, activation, parts()).dump(activation)
    data = file.getvalue()
    _alive[sha256(data).digest()] = activation
    return revived, (data,)


def revived(data: bytes) -> Any:
    """The activation of a pickle: what is called in the other process."""
    key = sha256(data).digest()
    found = _alive.get(key)
    if found is None:
        _alive[key] = found = pickle.loads(data)  # noqa: S301  # a part of what pickle reads
    return found


def pickler(file: io.BytesIO, activation: Any, parts: tuple[Any, ...]) -> Any:
    """A pickler of cloudpickle's, to which an activation is its parts."""
    blank, fill, state = parts
    kind = cloudpickle().Pickler

    class Pickler(kind):  # type: ignore[misc, valid-type]  # known once it is imported
        """The activation by its parts, all else as cloudpickle has it."""

        def reducer_override(self, value: Any) -> Any:
            """Return how a value is pickled."""
            if value is activation:
                return blank, (), state, None, None, fill
            return super().reducer_override(value)

    return Pickler(file)


class ByName(pickle.Pickler):
    """A pickler for what must be found again, changed or not: users' activations by name alone."""

    def reducer_override(self, value: Any) -> Any:
        """Return how a value is pickled."""
        if not hasattr(getattr(value, "_origin", None), "definition"):
            return NotImplemented
        name = name_here(value)
        if name is None:
            raise pickle.PicklingError(f"{value.name}: {value.__module__} has no name for it")
        return name


def dumps_by_name(value: Any) -> bytes:
    """Pickle a value with users' activations by name; a PicklingError if one has none."""
    file = io.BytesIO()
    ByName(file).dump(value)
    return file.getvalue()


def cloudpickle() -> Any:
    """The package if it is in use here, with what users registered; else the copy in Numba.

    The copy is looked for when it is needed, as the compiler is: a warm start needs neither. A fork
    in another thread waits for it.
    """
    return sys.modules.get("cloudpickle") or loaded(_numbas)


def _numbas() -> Any:
    """The copy in Numba, which the compiler imports whatever its settings are."""
    import_module("fastact.compiler")
    return import_module("numba.cloudpickle")
