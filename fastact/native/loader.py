"""Putting object code into the process: as an `Image` where that is enough, else by LLVM."""

from __future__ import annotations

import ctypes
import os
from collections import deque
from pathlib import Path
from typing import Any
from weakref import KeyedRef

from fastact.native.image import Image, UnfitError
from fastact.native.loading import refuse_reload
from fastact.native.processor import CHOSEN

refuse_reload(globals())

# The memory maps of the process are counted after so many loads, each of which takes up to seven.
EVERY = 64
# Nothing more is loaded once this share of the maps that Linux allows is in use.
SHARE = 0.75
_loads: list[int] = [0]  # how often code was loaded


def check_maps() -> None:
    """Raise an error long before Linux refuses memory, upon which LLVM ends the process."""
    _loads[0] += 1
    if _loads[0] % EVERY:
        return
    try:
        most = int(Path("/proc/sys/vm/max_map_count").read_text())
        with Path("/proc/self/maps").open("rb") as file:
            maps = sum(1 for _ in file)
    except OSError:
        return
    if maps > SHARE * most:
        raise RuntimeError(
            f"fastact: {maps} of the {most} memory maps that a process may have are in use, and "
            f"{_loads[0]} functions have been compiled or loaded: make fewer activations that "
            "differ, and pass numbers as parameters"
        )


def loadable(code: bytes, name: str) -> bool:
    """Whether this is object code that has the function `name` and lacks nothing."""
    try:
        return name in Image(code).symbols
    except UnfitError:
        from fastact.native import machine_code

        return machine_code.loadable(code, name)


def load(code: bytes, name: str, *, apart: bool = False) -> tuple[int, Any]:
    """Put object code into the process; the address of its function `name`, and the loader.

    The loader of code that is `apart` goes into `dropped` once nobody has it.
    """
    give_back()
    check_maps()
    if any(os.environ.get(each) for each in CHOSEN):
        from fastact.native import machine_code

        machine_code.refused()  # warns of wrong variables
    loader = loader_of(code, apart=apart)
    address = int(loader.get_function_address(name))
    if not address:
        raise RuntimeError(f"fastact: the object code has no function {name}")
    return address, loader


def loader_of(code: bytes, *, apart: bool) -> Any:
    """Put the code into the process; return what did so, which stays until `give_back`."""
    try:
        found: Any = Image(code).load()
    except UnfitError:
        from fastact.native import machine_code

        return machine_code.load(code, apart=apart)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(found))
    return found


_owners: set[KeyedRef[Any, Any]] = set()  # weak references to owners of code, with its loader
dropped: deque[KeyedRef[Any, Any]] = deque()  # those of them that are gone


def give_back_after(owner: Any, loader: Any) -> None:
    """Let the next one who loads take down the loader, once its owner is gone."""
    _owners.add(KeyedRef(owner, dropped.append, loader))


def give_back() -> None:
    """Take down the loaders of code that has been dropped, where nothing else is loaded meanwhile.

    Code is dropped wherever the garbage collector happens to run, also inside LLVM.
    """
    while dropped:
        owner = dropped.popleft()
        _owners.discard(owner)
        loader = owner.key
        loader.close()
        ctypes.pythonapi.Py_DecRef(ctypes.py_object(loader))
