"""How compiled user code reaches the loops of the store, and when its cache is stale.

A call of a loop is a call of a symbol that LLVM resolves when the code is loaded, so that no
address of this process stands in code that Numba keeps. Symbols are made known before: when the
user's function compiles, and when Numba reads it back from its cache.

Numba keeps, beside the code, the constants of the environments of all functions in it. A `Stamp`
is such a constant. Reading it back compares the version of this package and the sources of the
user's activations with those that the code was compiled for, and loads the loops that it calls. If
anything differs it raises an `OSError`, which for Numba's cache is a file that has gone: the
function is compiled again and the entry replaced. Nothing has to change in Numba's keys.
"""

from __future__ import annotations

import errno
import functools
import operator
import pickle
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

import llvmlite.binding as llvm
from llvmlite import ir

from fastact.definition.travel import dumps_by_name
from fastact.native import loop_registry, store, threads

PACKAGE = __name__.partition(".")[0]
BLOCK = "fastact.threads"  # what loops get as their data
_known: set[str] = set()


class Need(NamedTuple):
    """A loop, as a stamp keeps it: `pickled` finds it again, None if nothing can."""

    symbol: str
    pickled: bytes | None
    called: bool  # else its kernel has been inlined
    ending: str = ""  # of the name of another function of the loop's code


class StaleError(OSError):
    """Code that Numba kept is of another version, or its loops cannot be found again."""

    def __init__(self, why: object) -> None:
        super().__init__(errno.ESTALE, f"compiled code is stale: {why}")


class Stamp:
    """What code was compiled for; unpickling checks it and loads the loops."""

    def __init__(self, needs: tuple[Need, ...]) -> None:
        self.needs = needs

    def __reduce__(self) -> Any:
        return revive, (store.code_hash(), tuple(tuple(need) for need in self.needs))


def revive(code_hash: str, needs: tuple[Any, ...]) -> Stamp:
    """What unpickling a stamp calls: also that of a later version, so that its name must stay."""
    if code_hash != store.code_hash():
        raise StaleError("another version of fastact")
    found = tuple(Need(*need) for need in needs)
    for need in found:
        try:
            restore(need)
        except Exception as error:
            raise StaleError(error) from error
    return Stamp(found)


def restore(need: Need) -> None:
    """Find the loop again, and load it where it is called."""
    if need.pickled is None:
        raise StaleError("an activation that no name finds")
    make, *arguments = pickle.loads(need.pickled)  # noqa: S301  # from Numba's own pickle
    spec = make(*arguments).decided()
    if spec.symbol != need.symbol:
        raise StaleError(f"{spec.name} has changed")
    if need.called:
        publish(spec, need.ending)


def needed(make: Any, *arguments: Any, called: bool = True, ending: str = "") -> Need:
    """The need of the loop ``make(*arguments)``, which is found in this way again."""
    spec = make(*arguments).decided()
    try:
        pickled = dumps_by_name((make, *arguments))
    except (pickle.PicklingError, AttributeError, TypeError):
        pickled = None
    if called:
        publish(spec, ending)
    return Need(spec.symbol, pickled, called, ending)


def loop_at(module: str, name: str, *places: int) -> Any:
    """The loop of the activation, or of the gate of the pair, that a module has a name for.

    The name may be that of a tuple, which has it at the first of `places`, or has a tuple there.
    """
    value = functools.reduce(operator.getitem, places, getattr(sys.modules[module], name))
    return getattr(value, "activation", value)._loops["float64"]


def bindings(context: Any, targets: Iterable[Any]) -> Iterator[Need]:
    """What the names are bound to by which the function that is being lowered may find these.

    An expression is pickled by value, and so found again whatever became of the name for it.
    """
    wanted = {id(each) for each in targets}
    for module in modules_of(context):
        if module.__name__.partition(".")[0] != PACKAGE:
            for name, value in list(vars(module).items()):
                for places in within(value, wanted):
                    yield needed(loop_at, module.__name__, name, *places, called=False)


def within(value: Any, wanted: set[int]) -> Iterator[tuple[int, ...]]:
    """Where a value, or a tuple of values and tuples, has one of what is wanted, by its `id`."""
    if id(value) in wanted:
        yield ()
    elif isinstance(value, tuple):
        for place, each in enumerate(value):
            for inner in within(each, wanted):
                yield place, *inner


def modules_of(context: Any) -> list[ModuleType]:
    """The module of the function that is being lowered, and those that it has a name for.

    Of the body of a ``prange`` nobody tells the module: it may be any.
    """
    inner = context.environment.globals
    found = [sys.modules.get(inner.get("__name__")), *inner.values()]
    if inner.get("__name__", __name__) == __name__:
        found = [*sys.modules.values()]
    return [
        each for each in found
        if isinstance(each, ModuleType) and sys.modules.get(each.__name__) is each
    ]  # fmt: skip


def publish(spec: loop_registry.LoopSpec, ending: str = "") -> None:
    """Make the symbol of a loop known to LLVM, which compiles or loads it."""
    if BLOCK not in _known:
        llvm.add_symbol(BLOCK, threads.block())
        _known.add(BLOCK)
    symbol = spec.symbol + ending
    if symbol not in _known:
        llvm.add_symbol(symbol, spec.address_of(ending) if ending else spec.address())
        _known.add(symbol)


def stamp(context: Any, *needs: Need) -> None:
    """Leave a stamp in the environment of the function that is being lowered.

    Numba keeps environments by the names of their modules. The body of a ``prange`` has none: it
    gets this one, or its stamp would be lost, and what it needs for a call in Python.
    """
    context.environment.globals.setdefault("__name__", __name__)
    constants = context.environment.consts
    if not any(isinstance(each, Stamp) and each.needs == needs for each in constants):
        constants.append(Stamp(needs))


def pointer(context: Any, builder: Any, need: Need) -> Any:
    """The address of a loop, as the value of a symbol."""
    stamp(context, need)
    return external(builder, need.symbol + need.ending)


def block(builder: Any) -> Any:
    """The address of the launch block."""
    return external(builder, BLOCK)


def external(builder: Any, symbol: str) -> Any:
    """The address of a symbol, as a number."""
    module = builder.module
    found = module.globals.get(symbol)
    if found is None:
        found = ir.GlobalVariable(module, ir.IntType(8), symbol)
        found.linkage = "external"
    return builder.ptrtoint(found, ir.IntType(64))
