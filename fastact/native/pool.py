"""The native half of the thread pool: the shared block, and ``pool.c``, the code that works on it.

A ufunc calls its loop by ``call``, and a loop that runs without the GIL calls ``launch``. The
package carries the code as LLVM IR, ``pool.ll``, so that neither a C compiler nor Numba is needed,
and ``pool_layout.py`` has the offsets of the fields of its structs: ``tools/native_ir.py`` makes
both. The code has no undefined symbol: the addresses of the functions of libc that it calls are in
the block.

The protocol
------------
Whoever turns ``busy`` from 0 to 1 owns the pool and may publish one job in the block. A caller that
finds it taken runs its loop alone.

One word, ``state`` = (epoch: 32 bits, chunks: 16, next chunk: 16), hands out the chunks of the job.
To claim a chunk, a thread loads ``state``, reads the fields of the job and adds one to ``state`` by
compare-and-swap. The owner writes the fields of the next job only after every chunk of this one has
been claimed and finished. So a swap that succeeds proves that the fields were those of the job in
``state``, however late the thread was, and only then does it follow a pointer among them.

The owner claims chunks as well. When none is left it waits until ``done`` counts all those that it
did not run itself. Each of these has really been claimed by a worker that is running it: workers
that never come (in a forked child, or under ``ulimit -u``) cost nothing but their help.

A worker without work looks at ``state`` for ``spin_ns`` nanoseconds, sets ``parked``, looks once
more and sleeps on its semaphore. Whoever turns ``parked`` from 1 to 0 decides what happens: the
worker itself goes on, an owner posts to the semaphore.

A call of 2^21 elements or more, made by a ufunc in the main thread, is one job after another, its
stretches, of a few tens of milliseconds each. Between two of them there is no job, and nobody owns
the pool: there ``check_signals`` runs the handlers of signals that have come. If one raises, the
rest is not done, and ``call`` has NumPy raise it. Other threads never run handlers.

A forked child has none of the workers. Its ``owner`` reads 0, since the kernel wipes that page, and
then every call runs alone until ``threads`` has put the block in order.
"""

from __future__ import annotations

import ctypes
import mmap
import platform
import sys
from contextlib import suppress
from typing import Any

from fastact.native import loop_registry
from fastact.native.immortal import immortal
from fastact.native.loop_registry import LoopSpec
from fastact.native.pool_layout import FIELDS, LIBC, SLOT, SLOT_SIZE

PLACES = FIELDS | LIBC
SERIAL = 2**62  # a cut-over that no array reaches

# Measured on two cores of a Xeon (Sapphire Rapids, KVM; other processes about), a float32 loop of
# 0.26 ns/element, two threads against one, hot: sharing a call costs 1.3 microseconds.
CUTOVER = 2**15  # median speed-up 1.0 to 1.35 at 2^14 elements, 1.3 to 1.4 here, 1.5 at 2^16
MIN_CHUNK = 2**13  # two microseconds of work; 2^12 and 2^14 are no better
SPIN_NS = 200_000  # calls 0.1 ms apart stay hot: 1.5 at 2^16 elements; with 50 microseconds 0.5
# To wake a worker costs 20 to 60 microseconds: lone calls of 2^16 elements ran at 0.5, of 2^18 at
# 0.9, of 2^20 at 1.0 to 1.4. Below this, only the second call within SPIN_NS wakes anybody.
COLD_WORK = 2**19

PYTHON = {
    "acquire": "PyGILState_Ensure",
    "release": "PyGILState_Release",
    "check_signals": "PyErr_CheckSignals",
}

# Workers take no signal, so that one sent to the process interrupts the main thread, except those
# that a thread raises itself: SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE and SIGSEGV.
BLOCKED_SIGNALS = (2**1024 - 1) & ~sum(1 << (n - 1) for n in (4, 5, 6, 7, 8, 11))
MADV_WIPEONFORK = 18

# What a processor offers to a loop that waits: declaration and call of LLVM's intrinsic.
PAUSES = {
    "x86_64": ("declare void @llvm.x86.sse2.pause()", "call void @llvm.x86.sse2.pause()"),
    "aarch64": ("declare void @llvm.aarch64.hint(i32)", "call void @llvm.aarch64.hint(i32 1)"),
}
PAUSE = """
{}
define linkonce_odr void @fastact_pool_pause() {{
  {}
  ret void
}}
"""


def module(machine: str) -> Any:
    """The code of the pool for a machine, which LLVM has not optimised yet."""
    from importlib import resources

    import llvmlite.binding as llvm

    text = resources.files(__package__).joinpath("pool.ll").read_text("utf-8")
    code = llvm.parse_assembly(text)
    code.link_in(llvm.parse_assembly(PAUSE.format(*PAUSES[machine])))
    return code


def emit(spec: LoopSpec) -> bytes:
    """The object code for this machine."""
    from fastact.native import machine_code

    return machine_code.emit(module(platform.machine()), as_written=True)


code = loop_registry.add_support("pool", emit)


def memory() -> int:
    """A zeroed private block, and after it a page that a forked child sees as zeros.

    It stays: native threads outlive the interpreter.
    """
    size = FIELDS["owner"] + mmap.PAGESIZE
    if not sys.platform.startswith("linux"):
        plain = immortal((ctypes.c_char * (size + 64))())
        return -(-ctypes.addressof(plain) // 64) * 64
    area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(OSError):  # before Linux 4.14 a child forked past Python may launch to nobody
        area.madvise(MADV_WIPEONFORK, FIELDS["owner"], mmap.PAGESIZE)
    return ctypes.addressof(immortal(ctypes.c_char.from_buffer(area)))


def libc() -> dict[str, int] | None:
    """Addresses of what the code calls, or None where there can be no pool."""
    if not sys.platform.startswith("linux") or platform.machine() not in PAUSES:
        return None
    if ctypes.sizeof(ctypes.c_void_p) != 8:
        return None
    own = ctypes.CDLL(None)
    try:
        return {n: ctypes.cast(own[n], ctypes.c_void_p).value or 0 for n in LIBC}
    except AttributeError:
        return None


def python() -> dict[str, int]:
    """Addresses of what the code calls of Python's C API."""
    named = {field: getattr(ctypes.pythonapi, name) for field, name in PYTHON.items()}
    return {field: ctypes.cast(f, ctypes.c_void_p).value or 0 for field, f in named.items()}


def word(block: int, name: str) -> ctypes.c_int64:
    """A field of the block, as a number to read and set."""
    return ctypes.c_int64.from_address(block + PLACES[name])


def parked(block: int, worker: int) -> int:
    """1 while a worker sleeps, else 0."""
    return word(block + SLOT_SIZE * worker + SLOT["parked"], "slots").value


def build(spinners: int) -> int:
    """A new block. Its cut-over is SERIAL; without a pool it stays so and `launch` is zero."""
    block = memory()
    word(block, "cutover").value, word(block, "key").value = SERIAL, -1
    addresses = libc()
    if addresses is None:
        return block
    for name, address in (addresses | python()).items():
        word(block, name).value = address
    words = {"limit": 1, "min_chunk": MIN_CHUNK, "cold_work": COLD_WORK}
    words |= {"spin_ns": SPIN_NS, "spinners": spinners}
    for name, value in words.items():
        word(block, name).value = value
    ctypes.memmove(block + FIELDS["signals"], BLOCKED_SIGNALS.to_bytes(128, "little"), 128)
    ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(code.address())(block)
    word(block, "owner").value = 1
    return block
