"""What is dropped is given back: activations of one's own and of the algebra."""

from __future__ import annotations

import sys

import pytest

from tests.hazards.scripts import rounds, run

GROWTH = """
import fastact as fa

def closure(a):
    @fa.activation
    def f(x):
        return x * a
    return f

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4

def maps():
    return sum(1 for _ in open("/proc/self/maps"))

def make(k):
    {make}

for k in range(200):
    make(k)
gc.collect()
before = resident(), maps()
for k in range({count}):
    make(k + 200)
gc.collect()
grown = resident() - before[0], maps() - before[1]
assert grown[0] < 2000 + {count} and grown[1] < 20, grown
"""
MADE = {
    "equal closures": "assert closure(2.5)(2.0) == 5",
    "their derivatives": "closure(1.5).with_params()(2.0)",
    "equal expressions": "assert (fa.identity * fa.relu)(2.0) == 4",
    "expressions": "fa.identity * float(k) + fa.relu",
    "their ufuncs": "(fa.identity * (k + 0.5) + fa.relu).ufunc",
    "losses of them": "fa.squared_error(X, X, activation=closure(3.5))",
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="measured in /proc")
@pytest.mark.parametrize("kind", MADE)
def test_dropped_activations(kind: str) -> None:
    run(GROWTH.format(make=MADE[kind], count=len(rounds(500))), timeout=300)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a limit of Linux")
def test_error_long_before_the_limit_of_maps() -> None:
    """The share is set low, so that the limit is near; what is loaded goes on."""
    run(
        """
        import fastact as fa
        from fastact.native import machine_code
        assert fa.relu(2.0) == 2
        machine_code.EVERY, machine_code.SHARE = 1, 1e-6
        try:
            fa.sigmoid(2.0)
        except RuntimeError as error:
            assert "memory maps" in str(error)
        else:
            raise AssertionError
        assert fa.relu(2.0) == 2
        machine_code.SHARE = 0.75
        assert fa.sigmoid(0.0) == 0.5
        """
    )


def test_code_that_calls_may_be_anywhere() -> None:
    """Gigabytes between code and its constants, or what it calls, are no distance too far."""
    run(
        """
        from fastact.native import machine_code
        import llvmlite.binding as llvm
        code = machine_code.assembled('''
            @c = private constant [64 x double] zeroinitializer
            declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
            define double @fastact_far(ptr %p, i64 %n, i64 %i) {
              call void @llvm.memset.p0.i64(ptr %p, i8 1, i64 %n, i1 false)
              %q = getelementptr double, ptr @c, i64 %i
              %r = load double, ptr %q
              ret double %r
            }
        ''')
        assert not machine_code.calls_outside(llvm.ObjectFileRef.from_data(code))
        assert machine_code.loadable(code, "fastact_far")
        import ctypes
        memory = ctypes.create_string_buffer(9)
        call = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(
            machine_code.load(code, "fastact_far"))
        assert call(ctypes.addressof(memory), 8, 3) == 0 and memory.raw == b"\\1" * 8 + b"\\0"
        """
    )
