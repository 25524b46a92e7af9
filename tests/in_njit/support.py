"""What the tests of calls inside compiled code share."""

from __future__ import annotations

import operator
import sys
from typing import Any

import numpy as np

from fastact.catalogue import catalogue
from tests.support.checks import assert_same_bits


def assert_same(got: Any, wanted: Any, what: object = "") -> None:
    """The same shape, dtype and bits; compiled code returns every number as a Python float."""
    if isinstance(wanted, tuple):
        assert len(got) == len(wanted), what
        for one, other in zip(got, wanted, strict=True):
            assert_same(one, other, what)
        return
    if isinstance(wanted, dict):
        assert [*got] == [*wanted], what
        assert_same(tuple(got.values()), tuple(wanted.values()), what)
        return
    if isinstance(got, float):
        assert np.ndim(wanted) == 0, what
        got = np.asarray(got).astype(np.asarray(wanted).dtype)
    assert_same_bits(got, wanted, what)


# What compiled code can call: a sample needs NumPy's generator, which draws outside.
COMPILED = [entry for entry in catalogue.values() if entry.kind != "samples"]
# Members that are another function, or one of NumPy, or make one.
BESIDE = {"activation", "ufunc", "with_params"}


def members(function: Any, name: str = "") -> Any:
    """A function with all that can be called of it, and of these, by their names."""
    yield name
    inner = operator.attrgetter(name)(function) if name else function
    for member in dir(inner):
        if member[0] != "_" and member not in BESIDE and callable(getattr(inner, member)):
            yield from members(function, f"{name}.{member}".lstrip("."))


def assert_inside_as_outside(numba: Any, function: Any, *arguments: Any) -> None:
    """A function compiled gives what it gives in Python."""
    assert_same(numba.njit(function)(*arguments), function(*arguments), function)


def python_calls(compiled: Any, *arguments: Any) -> int:
    """How often a compiled function leaves a call to the function outside, in Python."""
    from fastact.in_njit.python_call import Invocation

    found, code = [], Invocation.__call__.__code__

    def look(frame: Any, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code is code:
            found.append(frame)

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        compiled(*arguments)
    finally:
        sys.setprofile(before)
    return len(found)


def allocations(function: Any, *arguments: Any) -> int:
    """How often a compiled function asks Numba's runtime for memory."""
    import numba
    from numba.core.runtime import _nrt_python, rtsys

    compiled = numba.njit(function)
    compiled(*arguments)
    _nrt_python.memsys_enable_stats()
    try:
        before = rtsys.get_allocation_stats().alloc
        compiled(*arguments)
        return rtsys.get_allocation_stats().alloc - before
    finally:
        _nrt_python.memsys_disable_stats()
