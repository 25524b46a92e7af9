"""Every loop that can be compiled: what warms up, what is stored and what is loaded."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from fastact.native import store

DTYPES = ("float16", "float32", "float64")
VOLATILE = "volatile "  # how the source of code begins that cannot be told from what it will be

_lock = threading.RLock()
if hasattr(os, "register_at_fork"):  # a child must not inherit a compiler in mid-work
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )
_loops: dict[tuple[str, str], LoopSpec] = {}
_support: dict[tuple[str, str], LoopSpec] = {}


@dataclass(frozen=True)
class LoopSpec:
    """One inner loop: a ufunc's name, the function it belongs to, and a dtype.

    `build` returns its object code; it is called only when the store does not hold the loop.
    `source` is what decides the code beside this package, for functions that users define. It is
    asked for when the code is needed: the globals of a function may change until then.
    """

    name: str
    function: str
    dtype: str
    build: Callable[[LoopSpec], bytes]
    source: str | Callable[[], str] = ""

    @property
    def symbol(self) -> str:
        name = f"fastact_{self.name}_{self.dtype}"
        return name if not self.source else f"{name}_{digest(self.decided().source)}"

    def decided(self) -> LoopSpec:
        """The loop with the source as it is now."""
        return replace(self, source=self.source()) if callable(self.source) else self

    def __reduce__(self) -> Any:
        return get, (self.name, self.dtype)

    def code(self) -> tuple[bytes, bool]:
        """The object code, and whether it had to be compiled."""
        spec = self.decided()
        source = str(spec.source)
        volatile = source.startswith(VOLATILE)
        path = None if volatile else store.path_of(self.name, self.dtype, source)
        code = store.read(path)
        if code is not None:
            return code, False
        code = spec.build(spec)
        store.write(path, code)
        return code, True

    def ensure(self) -> bool:
        """Compile the loop unless the store holds it; whether it had to be compiled."""
        with _lock:
            return self.code()[1]

    def address(self) -> int:
        """The address of the loop in this process."""
        from fastact.native import machine_code

        with _lock:
            spec = self.decided()
            known = _addresses.get(spec)
            if known is None:
                known = _addresses[spec] = machine_code.load(spec.code()[0], spec.symbol)
            return known


def digest(source: object) -> str:
    return hashlib.sha256(str(source).encode()).hexdigest()[:16]


_addresses: dict[LoopSpec, int] = {}


def add(spec: LoopSpec) -> LoopSpec:
    """Enter a loop."""
    _loops[spec.name, spec.dtype] = spec
    return spec


def loops() -> list[LoopSpec]:
    """Every loop, in the order of the documentation."""
    return list(_loops.values())


def get(name: str, dtype: str) -> LoopSpec:
    """The loop of a ufunc for a dtype, or a piece of `support`."""
    return _loops.get((name, dtype)) or _support[name, dtype]


def add_support(name: str, build: Callable[[LoopSpec], bytes]) -> LoopSpec:
    """Enter native code that every loop needs, kept and loaded as loops are."""
    spec = _support[name, "native"] = LoopSpec(name, "engine", "native", build)
    return spec


def support() -> list[LoopSpec]:
    """The native code that every loop needs."""
    return list(_support.values())


def loaded() -> list[LoopSpec]:
    """The loops that this process has loaded or compiled so far."""
    return list(_addresses)


def builder(module: str, function: str, *arguments: Any) -> Callable[[LoopSpec], bytes]:
    """A `build` that imports Numba only when it is called."""

    def build(spec: LoopSpec) -> bytes:
        from importlib import import_module

        code: bytes = getattr(import_module(module), function)(spec, *arguments)
        return code

    return build
