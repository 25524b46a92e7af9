"""What keeps the memory of a process that runs the tests small: see tests/conftest.py."""

from __future__ import annotations

import gc
import resource
import weakref
from pathlib import Path

import llvmlite.binding as llvm
import pytest

from fastact.native import machine_code
from tests.conftest import pytest_runtest_teardown

MEMORY = Path("/proc/self/statm")  # of Linux, in pages


def resident() -> float:
    """MB of this process that are in memory now."""
    return int(MEMORY.read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 1e6


@pytest.mark.skipif(not MEMORY.exists(), reason="only Linux tells how much memory a process has")
def test_pass_managers_that_are_dropped_are_freed():
    """The second thousand finds room where the first was: kept, each takes 32 KB."""
    target, options = machine_code.target(), llvm.create_pipeline_tuning_options(speed_level=3)

    def make():
        builder = llvm.create_pass_builder(target, options)
        managers = [builder.getModulePassManager() for _ in range(1000)]
        del managers
        return resident()

    first = make()
    assert make() < first + 10


def test_code_that_is_compiled_is_given_back():
    """What LLVM compiled goes with its function, and a function that is there works on."""
    njit = pytest.importorskip("numba").njit

    def use():
        function = njit(lambda x: x + 1)
        assert function(1) == 2
        compiled = function.overloads[function.signatures[0]].library._final_module
        pytest_runtest_teardown()
        assert function(2) == 3
        assert njit(lambda x: function(x) * 2)(3) == 8  # which takes the code of the other
        pytest_runtest_teardown()
        return weakref.ref(compiled)

    compiled = use()
    gc.collect()
    assert compiled() is None
