"""Calls of every kind, for long and at the edge of what memory there is."""

from __future__ import annotations

import signal
import sys

import pytest

from tests.hazards.scripts import ROUNDS, finished, run

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")

SOAK = """
import fastact as fa
made = calls()

def one_round(k):
    for name, (call, wanted) in made.items():
        right(name, call(), wanted)
    fa.gelu(np.linspace(-3, 3, 1 + 7919 * k % 200_000, dtype="f4"))
    fa.softmax(np.ones((1 + k % 50, 1 + 31 * k % 997), "f4"), axis=k % 2)
    thread = threading.Thread(target=fa.tanh, args=(np.ones(50_000),))
    thread.start()
    thread.join()

def now():
    kilobytes = int(open("/proc/self/statm").read().split()[1]) * 4
    return kilobytes, len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))

for k in range(60):
    one_round(k)
gc.collect()
before, end, k = now(), time.monotonic() + {seconds}, 0
while time.monotonic() < end:
    one_round(k)
    k += 1
gc.collect()
after = now()
assert k > 10 and after[0] < before[0] + 8000 and after[1:] == before[1:], (k, before, after)
"""
# Arrays that begin and end at a page that nobody may touch.
GUARDED = """
import ctypes, mmap
import fastact as fa
PAGE = mmap.PAGESIZE
libc = ctypes.CDLL(None, use_errno=True)

def guarded(x, end):
    '''The elements of x right before a forbidden page, or right behind one.'''
    size = -(-x.nbytes // PAGE) * PAGE
    memory = mmap.mmap(-1, size + 2 * PAGE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    for page in (start, start + PAGE + size):
        assert libc.mprotect(ctypes.c_void_p(page), PAGE, 0) == 0
    found = np.frombuffer(memory, x.dtype, x.size, PAGE + (size - x.nbytes if end else 0))
    found = found.reshape(x.shape)
    found[...] = x
    return found

def calls_with(g, dtype):
    rng = np.random.default_rng(0)
    for shape in ((1,), (7,), (16,), (67,), (3, 5), (4, 33), (20, 3), (2, 1024), (40_001,)):
        x = rng.uniform(0.1, 0.9, shape).astype(dtype)
        for end in (False, True):
            yield lambda *more, x=x, end=end: g(
                *(guarded(a, end) for a in (x, *more)), out=guarded(x, end))

EVERY = {every}
for f in list(fa.activations.values())[::EVERY]:
    p = [q.typical for q in f.params]
    for g in (f, f.derivative):
        for call in calls_with(lambda x, out, g=g, p=p: g(x, *p, out=out), "f4"):
            call()
for g in (fa.softmax, fa.log_softmax, fa.sparsemax, fa.softmin):
    for axis in (0, -1):
        for call in calls_with(lambda x, out, g=g: g(x, axis=axis, out=out), "f4"):
            call()
        for call in calls_with(lambda x, out, g=g: g.backward(x, y=x, axis=axis, out=out), "f4"):
            call()
for rows, classes in ((1, 1), (3, 2), (5, 17), (33, 100)):
    for end in (False, True):
        z = guarded(np.ones((rows, classes), "f4"), end)
        labels = guarded(np.arange(rows) % classes, end)
        fa.softmax_cross_entropy.value_and_grad(z, labels, out=guarded(z, end))
        fa.sigmoid_cross_entropy.value_and_grad(z, z, out=guarded(z, end))
"""


def test_soak() -> None:
    """Memory, threads and descriptors stay what they are: three seconds, or as many times more."""
    run(SOAK.format(seconds=3 * ROUNDS), timeout=120 + 6 * ROUNDS)


def test_guard_pages() -> None:
    """Nothing before or behind an argument is read or written, or the process would end."""
    run(GUARDED.format(every=5 if ROUNDS <= 1 else 1), timeout=900)


def test_the_guard_pages_guard() -> None:
    done = finished(
        GUARDED.format(every=1000)
        + "x = guarded(np.ones(8), True)\n"
        + "fa.relu(np.lib.stride_tricks.as_strided(x, (9,)))\n"
    )
    assert done.returncode == -signal.SIGSEGV
