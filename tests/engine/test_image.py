"""Object code in memory without LLVM: what is whole runs, and whatever else is refused."""

from __future__ import annotations

import ctypes
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastact.native import image, loader, loop_registry, machine_code, processor

pytestmark = pytest.mark.skipif(
    not image.SUPPORTED, reason="LLVM loads code on systems other than Linux on x86-64"
)
SUM = """
@c = private constant [4 x double] [double 1.0, double 2.0, double 3.0, double 4.0]
@kept = private global double 0.5
define double @add(i64 %i) {
  %p = getelementptr double, ptr @c, i64 %i
  %a = load double, ptr %p
  %b = load double, ptr @kept
  %s = fadd double %a, %b
  store double %s, ptr @kept
  ret double %s
}
"""


@pytest.fixture(scope="module")
def code():
    """The object code of a function with constants and a variable."""
    return machine_code.assembled(SUM)


def called(address, i):
    return ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int64)(address)(i)


def test_constants_and_variables_are_where_the_code_looks(code):
    address, loaded = loader.load(code, "add")
    assert isinstance(loaded, image.Mapped)
    assert [called(address, i) for i in (0, 3, 1)] == [1.5, 5.5, 7.5]


def test_each_image_has_variables_of_its_own_and_gives_its_memory_back(code):
    first, second = (image.Image(code).load() for _ in range(2))
    for each in (first, second):
        assert called(each.get_function_address("add"), 0) == 1.5
        assert each.get_function_address("no such function") == 0
        each.close()


def test_memory_is_never_writable_and_executable(code):
    accesses = [access for _, _, access in image.Image(code).protections]
    assert len(accesses) == 3
    both = image.WRITE_AND_EXECUTE
    assert all(access & both != both for access in accesses)


def test_all_loops_of_the_catalogue_are_images():
    """On a processor with a fused multiply-add they call nothing."""
    if not machine_code.fuses():
        pytest.skip("without it they call libm's")
    specs = [s for s in loop_registry.loops() if s.function in ("sigmoid", "softmax", "swiglu")]
    assert len(specs) > 20
    for spec in specs:
        assert spec.symbol in image.Image(spec.code()[0]).symbols


def test_code_that_calls_something_is_left_to_llvm():
    text = "declare double @sin(double)\ndefine double @f(double %x) {\n %y = call double @sin("
    code = machine_code.assembled(f"{text}double %x)\n ret double %y\n}}")
    with pytest.raises(image.UnfitError):
        image.Image(code)
    assert loader.loadable(code, "f")


@given(data=st.data())
def test_damaged_code_is_an_image_or_refused(code, data):
    """The store has a checksum; a file that somebody else wrote may have a right one."""
    damaged = bytearray(code)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(code) - 1) | st.integers(0, 63))
        kind = data.draw(st.sampled_from(["<B", "<H", "<I", "<Q"]))
        size = struct.calcsize(kind)
        if at + size <= len(code):
            struct.pack_into(kind, damaged, at, data.draw(st.integers(0, 256**size - 1)))
    damaged = damaged[: data.draw(st.just(len(code)) | st.integers(0, len(code)))]
    try:
        found = image.Image(bytes(damaged))
    except image.UnfitError:
        return
    assert 0 < found.size <= image.MOST
    assert all(0 <= place <= found.size for place in found.places.values())


def test_what_the_processor_says_does_not_depend_on_the_core():
    processor.facts.cache_clear()
    first = processor.facts()
    processor.facts.cache_clear()
    assert processor.facts() == first
    assert "1.0c" in first


WARM = """
import sys, numpy as np, fastact as fa
x = np.ones((3, 4), np.float32)
fa.gelu(x), fa.softmax(x), fa.softmax_cross_entropy.value_and_grad(x, [0, 1, 2])
print(sorted({name.partition(".")[0] for name in sys.modules} & {"llvmlite", "numba"}))
"""


def test_a_warm_start_loads_neither_llvm_nor_numba(python, tmp_path):
    env = {"FASTACT_CACHE_DIR": str(tmp_path / "store")}
    assert python(WARM, **env).stdout == "['llvmlite', 'numba']\n"
    assert python(WARM, **env).stdout == "[]\n"
