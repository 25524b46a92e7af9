"""Every array of every call lies between forbidden pages: NumPy gets them where it allocates."""

from __future__ import annotations

import signal
import sys

import pytest

from tests.hazards.scripts import ROUNDS, finished, run

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="replaces NumPy's malloc")
TESTS = __file__.rpartition("/tests/")[0]
# NumPy's own interface for memory, NEP 49: what a call allocates, its results and temporary arrays
# too, ends right before a forbidden page, or begins right behind one.
ALLOCATOR = """
import ctypes, mmap
PAGE = mmap.PAGESIZE
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
size, pointer = ctypes.c_size_t, ctypes.c_void_p
taken = {}

def take(count):
    count = max(count, 1)
    whole = -(-count // PAGE) * PAGE
    start = libc.mmap(None, whole + 2 * PAGE, 3, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    assert libc.mprotect(start, PAGE, 0) == libc.mprotect(start + PAGE + whole, PAGE, 0) == 0
    found = start + PAGE + (whole - count if AT_END else 0)
    taken[found] = start, whole + 2 * PAGE, count
    return found

def give(found):
    if found:
        start, whole, _ = taken.pop(found)
        libc.munmap(start, whole)

def more(found, count):
    new = take(count)
    if found:
        ctypes.memmove(new, found, min(count, taken[found][2]))
        give(found)
    return new

KINDS = [(pointer, pointer, size), (pointer, pointer, size, size),
         (pointer, pointer, pointer, size), (None, pointer, pointer, size)]
FUNCTIONS = [ctypes.CFUNCTYPE(*kind)(f) for kind, f in zip(KINDS, [
    lambda _, n: take(n), lambda _, n, item: take(n * item),
    lambda _, old, n: more(old, n), lambda _, old, n: give(old)])]

class Handler(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char * 127), ("version", ctypes.c_uint8), ("context", pointer),
                *((f"f{k}", type(f)) for k, f in enumerate(FUNCTIONS))]

HANDLER = Handler(b"guarded", 1, None, *FUNCTIONS)
new_capsule = ctypes.pythonapi.PyCapsule_New
new_capsule.restype, new_capsule.argtypes = ctypes.py_object, [pointer, ctypes.c_char_p, pointer]
capsule = new_capsule(ctypes.addressof(HANDLER), b"mem_handler", None)
table = ctypes.pythonapi.PyCapsule_GetPointer
table.restype, table.argtypes = ctypes.POINTER(pointer), [ctypes.py_object, ctypes.c_char_p]
api = table(np._core._multiarray_umath._ARRAY_API, None)
set_handler = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(api[304])
old = set_handler(capsule)
assert np._core.multiarray.get_handler_name(np.ones(3)) == "guarded"
"""
CALLS = """
sys.path.append(TESTS)
from tests.support import calls as every
for shape in SHAPES:
    every.X = np.resize(every.X, shape)
    every.LABELS = np.arange(shape[0]) % shape[1]
    assert len(every.results()) > 50
os._exit(0)  # what is freed later would call Python, which ends
"""
BEYOND = """
import fastact as fa
x = np.ones(8)
assert fa.relu(x).sum() == 8
fa.relu(np.lib.stride_tricks.as_strided(x if AT_END else x[:0], (9,), (8 if AT_END else -8,)))
"""


def script(at_end: bool, then: str, *shapes: tuple[int, int]) -> str:
    return f"AT_END, SHAPES, TESTS = {at_end}, {shapes}, {TESTS!r}\n" + ALLOCATOR + then


@linux
@pytest.mark.skipif(ROUNDS <= 1, reason="loads every loop there is: in `tox -e hazards`")
@pytest.mark.parametrize("at_end", [True, False])
def test_every_call_in_guarded_memory(at_end: bool) -> None:
    run(script(at_end, CALLS, (2, 4), (5, 70)), timeout=900)


@linux
@pytest.mark.parametrize("at_end", [True, False])
def test_that_memory_is_guarded(at_end: bool) -> None:
    assert finished(script(at_end, BEYOND)).returncode == -signal.SIGSEGV
