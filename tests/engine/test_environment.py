"""What else is in the process does no harm: another library's floating-point mode and its memory.

Flush-to-zero, denormals-are-zero and the rounding mode belong to a thread: a shared object built
with -Ofast switches them for the thread that loads it and for those started later.
"""

from __future__ import annotations

import mmap
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from fastact.catalogue import of_kind
from tests.conftest import ACTIVATIONS
from tests.support.profile import part

ROOT = Path(__file__).parents[2]

CONTROL = r"""
#if defined(__x86_64__)
#include <xmmintrin.h>
unsigned long get(void) { return _mm_getcsr() & ~0x3Ful; }
void set(unsigned long mode) { _mm_setcsr((unsigned) mode); }
#elif defined(__aarch64__)
unsigned long get(void) { unsigned long mode; __asm__("mrs %0, fpcr" : "=r"(mode)); return mode; }
void set(unsigned long mode) { __asm__("msr fpcr, %0" : : "r"(mode)); }
#endif
"""

# The register's values: the default, flush-to-zero, and rounding down, up and towards zero.
MODES = {
    "x86_64": {"default": 0x1F80, "flush": 0x9FC0, "down": 0x3F80, "up": 0x5F80, "zero": 0x7F80},
    "aarch64": {"default": 0, "flush": 1 << 24, "down": 2 << 22, "up": 1 << 22, "zero": 3 << 22},
}.get(platform.machine(), {"default": 0})

ROWS = [f.name for f in part(of_kind("shares", "sum"), 3)]
PRELUDE = (
    f"NAMES, ROWS = {[f.name for f in ACTIVATIONS]}, {ROWS}"
    """
import ctypes, sys
import numpy as np
import fastact as fa

rng = np.random.default_rng(0)
functions = [g for f in map(fa.activations.get, NAMES) for g in (f, f.derivative)]
functions += [getattr(fa, name) for name in ROWS]


def call(g, x):
    # Numbers that are exact: NumPy converts parameters before the loop, in the caller's mode.
    return g(x, *[float(np.float16(p.typical)) for p in getattr(g, "params", ())])


def values(bits, dtype, size):
    x = rng.integers(0, 2**16, (size, bits // 16), dtype="u2").view(dtype).ravel()
    x[::2] = rng.normal(0, 5, size).astype(dtype)[::2]
    x[::5] *= np.finfo(dtype).tiny
    return x


with np.errstate(all="ignore"):
    small = [values(16 * n, d, 100) for n, d in ((1, "f2"), (2, "f4"), (4, "f8"))]
    large = [values(16 * n, d, 60000) for n, d in ((1, "f2"), (2, "f4"), (4, "f8"))]


def bits(y):
    # The sign and the payload of a NaN are those that the processor makes: see reproducibility.md.
    return np.where(np.isnan(y), y.dtype.type(np.nan), y).tobytes()


def compute(inputs):
    return {(g.name, x.dtype.name): bits(call(g, x)) for g in functions for x in inputs}


def check(got, wanted):
    assert got == wanted, [key for key in wanted if got[key] != wanted[key]]
"""
)

needs_compiler = pytest.mark.skipif(
    not (shutil.which("gcc") and "flush" in MODES),
    reason="reaching the floating-point control register takes gcc on x86-64 or aarch64",
)


@pytest.fixture
def control(tmp_path):
    """A shared object that reads and writes the floating-point control register."""
    return shared_object(tmp_path, "control", CONTROL, "-O1")


def shared_object(folder, name, source, *options):
    (folder / f"{name}.c").write_text(source)
    library = folder / f"lib{name}.so"
    command = ["gcc", *options, "-shared", "-fPIC", "-o", library, folder / f"{name}.c"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return library


def gcc_version():
    return subprocess.check_output(["gcc", "-dumpversion"], text=True).partition(".")[0]


def load(control):
    return f"""
control = ctypes.CDLL({str(control)!r})
control.get.restype, control.set.argtypes = ctypes.c_ulong, [ctypes.c_ulong]
"""


@needs_compiler
@pytest.mark.parametrize("mode", [m for m in MODES if m != "default"])
@pytest.mark.parametrize("pool", ["made before", "made after"])
def test_modes_neither_matter_nor_change(python, control, mode, pool):
    python(
        f"""{PRELUDE}{load(control)}
fa.set_num_threads(2)
compute(small)
wanted = compute(large) if {pool == "made before"} else None
control.set({MODES[mode]})
got = compute(large)
after = control.get()
control.set({MODES["default"]})
assert after == {MODES[mode]}, hex(after)
check(got, wanted or compute(large))
"""
    )


@needs_compiler
def test_the_control_register_is_really_set(python, control):
    """The test above would be empty if setting the mode had no effect."""
    python(
        f"""{PRELUDE}{load(control)}
tiny = np.array([5e-324] * 8)
assert (tiny * 1.0 == tiny).all()
control.set({MODES["flush"]})
flushed = (tiny * 1.0).tobytes()
control.set({MODES["default"]})
assert flushed == bytes(64)
"""
    )


@needs_compiler
@pytest.mark.parametrize("pool", ["made before", "made after"])
def test_a_library_built_with_fast_math(python, tmp_path, control, pool):
    start = subprocess.check_output(["gcc", "-print-file-name=crtfastmath.o"], text=True).strip()
    # gcc links it by itself, from 13 on into programs alone.
    options = ["-Ofast", *([start] if int(gcc_version()) > 12 else [])]
    fast = shared_object(tmp_path, "fast", "double twice(double x) { return 2 * x; }", *options)
    python(
        f"""{PRELUDE}{load(control)}
fa.set_num_threads(2)
wanted = compute(small), compute(large) if {pool == "made before"} else None
ctypes.CDLL({str(fast)!r})
before = control.get()
assert before & ({MODES["flush"]} ^ {MODES["default"]}), hex(before)
got = compute(small), compute(large)
assert control.get() == before
control.set({MODES["default"]})
check(got[0], wanted[0])
check(got[1], wanted[1] or compute(large))
"""
    )


@pytest.mark.parametrize("towards", ["FE_DOWNWARD", "FE_UPWARD", "FE_TOWARDZERO"])
def test_rounding_through_the_c_library(python, towards):
    """The same for rounding, without a compiler."""
    numbers = {
        "x86_64": {"FE_DOWNWARD": 0x400, "FE_UPWARD": 0x800, "FE_TOWARDZERO": 0xC00},
        "aarch64": {"FE_DOWNWARD": 0x800000, "FE_UPWARD": 0x400000, "FE_TOWARDZERO": 0xC00000},
    }
    if platform.machine() not in numbers:
        pytest.skip("fenv.h's numbers are known for x86-64 and aarch64 only")
    mode = numbers[platform.machine()][towards]
    python(
        f"""{PRELUDE}
wanted = compute(small)
libm = ctypes.CDLL("libm.so.6")
assert libm.fesetround({mode}) == 0
got = compute(small)
assert libm.fegetround() == {mode}
libm.fesetround(0)
check(got, wanted)
"""
    )


def test_no_flag_is_raised(python):
    """Neither invalid nor division by zero, overflow or underflow, whatever the kernels discard."""
    python(
        f"""{PRELUDE}
try:
    libm = ctypes.CDLL("libm.so.6")
except OSError:
    sys.exit()
compute(small)
libm.feclearexcept(0x1D)
compute(small)
assert libm.fetestexcept(0x1D) == 0
"""
    )


FAR_APART = """
import ctypes, mmap
from fastact.native import loader, machine_code

flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
gaps = []
for k in range(200):
    numbers = [float(k + i) for i in range(40 * (k % 60) + 1)]
    kind, values = f"[{len(numbers)} x double]", ", ".join(f"double {v}" for v in numbers)
    code = machine_code.assembled(f"@t = internal constant {kind} [{values}]" + f'''
        define double @look{k}(i64 %i) {{
            %place = getelementptr {kind}, ptr @t, i64 0, i64 %i
            %value = load double, ptr %place
            ret double %value
        }}''')
    if k % 2:  # another package maps gigabytes between what is loaded before and after
        gaps.append(mmap.mmap(-1, 3 * 2**30, flags=flags, prot=mmap.PROT_READ))
    by_llvm = machine_code.load(code).get_function_address(f"look{k}")
    for address in (loader.load(code, f"look{k}")[0], by_llvm):
        look = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int64)(address)
        assert look(len(numbers) - 1) == numbers[-1]
"""


@pytest.mark.skipif(not hasattr(mmap, "MAP_ANONYMOUS"), reason="maps memory as POSIX does")
def test_code_and_constants_stay_together_however_memory_is_mapped(python):
    """LLVM aborts where an instruction does not reach the constants that it reads."""
    python(FAR_APART)


@needs_compiler
@pytest.mark.parametrize("mode", [m for m in MODES if m != "default"])
def test_modes_do_not_matter_around_the_kernels(python, control, mode):
    """Nor do they where NumPy computes what is before and after a loop."""
    python(
        f"""import ctypes, sys
import numpy as np
sys.path.append({str(ROOT)!r})
from tests.support.calls import results
{load(control)}
wanted = results()
control.set({MODES[mode]})
got = results()
after = control.get()
control.set({MODES["default"]})
assert after == {MODES[mode]}, hex(after)
different = dict.fromkeys(name for (name, k) in wanted if got[name, k] != wanted[name, k])
assert not different, list(different)
"""
    )
