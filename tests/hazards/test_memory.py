"""What is dropped is given back: activations of one's own and of the algebra."""

from __future__ import annotations

import sys
from pathlib import Path

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
for _ in range(3):  # what is kept grows each time, and a heap for one more thread only once
    before = resident(), maps()
    for k in range({count}):
        make(k + 200)
    gc.collect()
    grown = resident() - before[0], maps() - before[1]
    if grown[0] < 2000 + {count} and grown[1] < 20:
        break
else:
    raise AssertionError(grown)
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


SLOW_TO_LEAVE = """
from fastact.native import loading
load = loading._load

def lingering(work, box):
    load(work, box)
    time.sleep(0.03)

loading._load = lingering
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="measured in /proc")
def test_threads_that_are_slow_to_leave_the_process() -> None:
    """As on a busy machine: a loader that is still there would have the next one take more."""
    once = GROWTH.replace("range(3)", "range(1)").format(make=MADE["losses of them"], count=40)
    warm, then = once.split("\ngc.collect()\n", 1)
    run(f"{warm}\n{SLOW_TO_LEAVE}{then}", timeout=300)


# Each is compiled, and what is dropped is taken down by the next load. It was 1,100 KB and three
# maps each, now 15 KB in the long run, which `python -m bench.memory --dropped 10000` measures; a
# few dozen maps come and go with what malloc has in pieces.
COMPILED = (
    GROWTH.replace("range(200)", "range(12)")
    .replace("k + 200", "k + 12")
    .replace(
        "grown[0] < 2000 + {count} and grown[1] < 20",
        "grown[0] < 4000 + 100 * {count} and grown[1] < 30 + {count}",
    )
    + """
from fastact.native import loop_registry
import weakref
gc.collect()
made = closure(1e6)
made(2.0)
codes = [f for f in loop_registry._loaded.values() if f not in loop_registry._kept]
gone = [weakref.ref(each) for each in (made, made.declaration.kernels["forward"], *codes)]
assert len(gone) == 3, codes
del made, codes
gc.collect()
gc.collect()  # once more: Numba lets go of what a function had when the function has gone
assert [each() for each in gone] == [None] * 3, [each() for each in gone]
"""
)
DIFFERENT = {
    "closures": "assert closure(k + 0.5)(2.0) == 2 * k + 1",
    "expressions": "assert (fa.identity * (k + 0.5) + fa.relu)(2.0) == 2 * k + 3",
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="measured in /proc")
@pytest.mark.parametrize("kind", DIFFERENT)
def test_dropped_code_is_given_back(kind: str, tmp_path: Path) -> None:
    script = COMPILED.format(make=DIFFERENT[kind], count=len(rounds(30)))
    run(script, timeout=300, FASTACT_CACHE_DIR=str(tmp_path))


def test_code_is_not_given_back_while_somebody_runs_it() -> None:
    """Threads make, call and drop activations, each with its right values, and forks go on."""
    run(
        f"""
        import fastact as fa
        x = np.linspace(-3, 3, 100_000)

        def closure(a):
            return fa.activation(lambda x: x * a)

        def work(seed):
            for k in range({len(rounds(30))}):
                a = (seed + k) % 7 + 0.5
                f = closure(a).ufunc
                assert np.array_equal(f(x), x * a)
                wrong.discard((seed, k))

        wrong = {{(seed, k) for seed in range(4) for k in range({len(rounds(30))})}}
        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        for each in threads:
            each.start()
        while any(each.is_alive() for each in threads):
            gc.collect()
            time.sleep(0.01)
        assert not wrong
        if not os.fork():
            assert closure(99.5)(2.0) == 199 and closure(0.5)(2.0) == 1
            os._exit(0)
        assert os.wait()[1] == 0
        """,
        timeout=300,
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a limit of Linux")
def test_error_long_before_the_limit_of_maps() -> None:
    """The share is set low, so that the limit is near; what is loaded goes on."""
    run(
        """
        import fastact as fa
        from fastact.native import loader
        assert fa.relu(2.0) == 2
        loader.EVERY, loader.SHARE = 1, 1e-6
        try:
            fa.sigmoid(2.0)
        except RuntimeError as error:
            assert "memory maps" in str(error)
        else:
            raise AssertionError
        assert fa.relu(2.0) == 2
        loader.SHARE = 0.75
        assert fa.sigmoid(0.0) == 0.5
        """
    )


def test_code_that_calls_may_be_anywhere() -> None:
    """Gigabytes between code and its constants, or what it calls, are no distance too far."""
    run(
        """
        from fastact.native import loader, machine_code
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
        assert loader.loadable(code, "fastact_far")
        import ctypes
        memory = ctypes.create_string_buffer(9)
        call = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(
            loader.load(code, "fastact_far")[0])
        assert call(ctypes.addressof(memory), 8, 3) == 0 and memory.raw == b"\\1" * 8 + b"\\0"
        """
    )
