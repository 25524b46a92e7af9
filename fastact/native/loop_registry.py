"""Every loop that can be compiled: what warms up, what is stored and what is loaded."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from fastact.native import loader, store
from fastact.native.loading import loaded as in_own_thread
from fastact.native.loading import refuse_reload
from fastact.native.weak import WeakValues

refuse_reload(globals())

DTYPES = ("float16", "float32", "float64")
LONG = 2.0  # seconds: a first call that compiles for longer says so
_told: list[bool] = []
VOLATILE = "volatile "  # begins a source that does not tell all that decides the code

_loops: dict[tuple[str, str], LoopSpec] = {}
_support: dict[tuple[str, str], LoopSpec] = {}


class LoopSpec(NamedTuple):
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
        """The name of the loop's function in its object code."""
        name = f"fastact_{self.name}_{self.dtype}"
        return name if not self.source else f"{name}_{digest(self.decided().source)}"

    def decided(self) -> LoopSpec:
        """The loop with the source as it is now."""
        return self._replace(source=self.source()) if callable(self.source) else self

    def __reduce__(self) -> Any:
        return get, (self.name, self.dtype)

    def code(self) -> tuple[bytes, bool]:
        """The object code, and whether it had to be compiled."""
        spec = self.decided()
        code = store.read(spec.entry())
        return (code, False) if code is not None else (spec.compiled(), True)

    def entry(self) -> str | None:
        """The name under which the store keeps the code of a loop that is decided, if it does."""
        source = str(self.source)
        return None if source.startswith(VOLATILE) else store.name_of(self.name, self.dtype, source)

    def compiled(self) -> bytes:
        """The object code of a loop that is decided, compiled and kept."""
        with uncollected():
            code = self.build(self)
        store.write(self.entry(), code)
        return code

    def ensure(self) -> bool:
        """Compile the loop unless the store holds it; whether it had to be compiled."""
        return in_own_thread(lambda: self.code()[1])

    def address(self) -> int:
        """The address of the loop in this process, where it stays until the process ends."""
        found = self.loaded()
        _kept.add(found)
        return found.address

    def loaded(self) -> Loaded:
        """The loop in this process, where it stays as long as somebody has the result."""
        return in_own_thread(self._load)

    def _load(self) -> Loaded:
        """Return the loop; find its code and load it if that has not been done."""
        spec = self.decided()
        # Equal code is loaded once, whoever it belongs to.
        key = spec if str(spec.source).startswith(VOLATILE) else spec.symbol
        found = _loaded.get(key)
        if found is None:
            start = time.monotonic()
            code, compiled = spec.code()
            if compiled:
                tell(spec, time.monotonic() - start)
            if not (compiled or loader.loadable(code, spec.symbol)):
                code = spec.compiled()  # what the store held is no code of this loop
            apart = bool(spec.source)  # the catalogue's loops stay, those of users' functions go
            found = Loaded(spec, *loader.load(code, spec.symbol, apart=apart))
            _loaded[key] = found
            if apart:
                loader.give_back_after(found, found.loader)
            else:
                _kept.add(found)
        return found

    def part(self, ending: str) -> Part:
        """Another function of the loop's code, whose name is longer by `ending`."""

        def find() -> Part:
            found = self._load()
            return Part(found, found.loader.get_function_address(found.spec.symbol + ending))

        return in_own_thread(find)

    def address_of(self, ending: str) -> int:
        """The address of such a function, where it stays until the process ends."""
        found = self.part(ending)
        _kept.add(found.loaded)
        return found.address


class Part(NamedTuple):
    """A function in the code of a loop, which is in the process as long as this is there."""

    loaded: Loaded
    address: int


@contextmanager
def uncollected() -> Iterator[None]:
    """Let Python collect no garbage meanwhile: most of what compiling makes stays until it ends."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Loaded:
    """A loop whose code is in the process as long as this is there, or until the process ends."""

    def __init__(self, spec: LoopSpec, address: int, loader: Any) -> None:
        self.spec, self.address, self.loader = spec, address, loader


def tell(spec: LoopSpec, seconds: float) -> None:
    """Say once in a process, on standard error, that a first call has taken long, and why."""
    if seconds < LONG or _told or os.environ.get("FASTACT_QUIET") or sys.stderr is None:
        return
    _told.append(True)
    kept = "is kept for later starts" if store.directory() else "cannot be kept: see `fastact info`"
    what = "its engine" if spec.function == "engine" else f"{spec.function} for {spec.dtype}"
    text = f"fastact compiled {what} in {seconds:.0f} s, which {kept}"
    with suppress(OSError, ValueError):  # it may be closed
        sys.stderr.write(f"{text}; FASTACT_QUIET=1 silences this\n")


def digest(source: object) -> str:
    """Return a short hash of what decides code."""
    return store.sha256(str(source).encode()).hexdigest()[:16]


_loaded: WeakValues[str | LoopSpec, Loaded] = WeakValues()
_kept: set[Loaded] = set()  # what stays until the process ends


def add(spec: LoopSpec) -> LoopSpec:
    """Enter a loop."""
    _loops[spec.name, spec.dtype] = spec
    return spec


def loops() -> list[LoopSpec]:
    """Every loop, in the order of the documentation."""
    return list(_loops.values())


def get(name: str, dtype: str) -> LoopSpec:
    """The loop of a ufunc for a dtype, or native code that `add_support` has entered."""
    return _loops.get((name, dtype)) or _support[name, dtype]


def add_support(name: str, build: Callable[[LoopSpec], bytes]) -> LoopSpec:
    """Enter native code that is no loop, such as the pool; it is kept and loaded as loops are."""
    spec = _support[name, "native"] = LoopSpec(name, "engine", "native", build)
    return spec


def support() -> list[LoopSpec]:
    """The native code that is no loop."""
    return list(_support.values())


def loaded() -> list[LoopSpec]:
    """The loops that this process has loaded or compiled so far."""
    return [found.spec for found in _loaded.values()]


def builder(module: str, function: str, *arguments: Any) -> Callable[[LoopSpec], bytes]:
    """A `build` that imports Numba only when it is called."""

    def build(spec: LoopSpec) -> bytes:
        from importlib import import_module

        code: bytes = getattr(import_module(module), function)(spec, *arguments)
        return code

    return build
