"""The native half of the thread pool: the shared block and the code that works on it.

A loop that runs without the GIL calls ``launch``; the rest is reached from there. The code is the
LLVM IR in ``pool.ll``, which needs neither Numba nor ``llvmlite.ir`` and has no undefined symbol:
the functions of libc that it uses are words of the block.

One job at a time lives in the block. Its chunks are handed out through one word, ``state`` =
(epoch: 32 bits, chunks: 16, next chunk: 16), claimed by compare-and-swap. A worker reads the fields
of the job between loading ``state`` and swapping it; the fields of the next job are written only
after every chunk of this one has been claimed and finished, so a swap that succeeds proves that the
fields belong to it, however late the worker was. Only then are pointers followed. The caller claims
chunks as well, hence whatever is unfinished when none is left has really been claimed by a worker:
workers that never run (a forked child, ``ulimit -u``) cost nothing but their help.
"""

from __future__ import annotations

import ctypes
import mmap
import platform
import sys
from contextlib import suppress
from importlib import resources
from typing import Any

from fastact.native import loop_registry
from fastact.native.loop_registry import LoopSpec

SERIAL = 2**62  # a cut-over that no array reaches
MAX_THREADS = 1024

# Measured on two cores of a Xeon (Sapphire Rapids, KVM; other processes about), a float32 loop of
# 0.26 ns/element, two threads against one, hot: sharing a call costs 1.3 microseconds.
CUTOVER = 2**15  # median speed-up 1.0 to 1.35 at 2^14 elements, 1.3 to 1.4 here, 1.5 at 2^16
MIN_CHUNK = 2**13  # two microseconds of work; 2^12 and 2^14 are no better
SPIN_NS = 200_000  # calls 0.1 ms apart stay hot: 1.5 at 2^16 elements; with 50 microseconds 0.5
# To wake a worker costs 20 to 60 microseconds: lone calls of 2^16 elements ran at 0.5, of 2^18 at
# 0.9, of 2^20 at 1.0 to 1.4. Below this, only the second call within SPIN_NS wakes anybody.
COLD_WORK = 2**19

# Byte offsets. What the caller writes and what workers write never share a pair of cache lines.
FIELDS = {
    # read by every loop: elements below which it does not call, the function it calls
    "cutover": 0, "launch": 8,
    "limit": 16, "key": 24, "min_chunk": 32, "spin_ns": 40, "spinners": 48, "quiesce": 56,
    # libc
    "pthread_create": 64, "pthread_join": 72, "pthread_sigmask": 80, "pthread_getspecific": 88,
    "sem_init": 96, "sem_wait": 104, "sem_post": 112, "clock_gettime": 120,
    "sched_getcpu": 128, "sched_yield": 136, "pthread_self": 144,
    "pthread_getaffinity_np": 152, "pthread_setaffinity_np": 160,
    "signals": 256,
    # under `busy`: the pool
    "busy": 384, "workers": 392, "failed": 400, "launches": 408,
    "cold_work": 416, "cold_at": 424,
    # the word that hands out chunks, the core of the caller, how many workers may help; the job
    "state": 512, "cpu": 520, "stop": 528, "helpers": 536,
    "fn": 576, "args": 584, "dims": 592, "steps": 600, "nargs": 608, "ndims": 616,
    "chunk": 624, "head": 632,
    "done": 768,
    # two cache lines for each worker: semaphore, then the words of SLOT
    "slots": 1024,
    # on a page that the kernel zeroes in a forked child, however it was forked
    "owner": 2**18,
}  # fmt: skip
SLOT = {"thread": 32, "block": 40, "index": 48, "parked": 56, "excluded": 64}
SLOT_SIZE = 128
LIBC = tuple(FIELDS)[tuple(FIELDS).index("pthread_create") : tuple(FIELDS).index("signals")]

# Workers take no signal, so that one sent to the process interrupts the main thread, except those
# that a thread raises itself: SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE and SIGSEGV.
BLOCKED_SIGNALS = (2**1024 - 1) & ~sum(1 << (n - 1) for n in (4, 5, 6, 7, 8, 11))
MADV_WIPEONFORK = 18

PAUSES = {  # what a core offers to a loop that waits: declaration, call
    "x86_64": ("declare void @llvm.x86.sse2.pause()", "call void @llvm.x86.sse2.pause()"),
    "aarch64": ("declare void @llvm.aarch64.hint(i32)", "call void @llvm.aarch64.hint(i32 1)"),
}
PATIENCE = 1000  # pauses that the caller spends on the last chunks before it yields its core


def source(machine_code: str) -> str:
    """The IR for a machine, with the addresses of the fields spelled out in each function."""
    hint, pause = PAUSES.get(machine_code, ("", ""))
    fields = (f"  %b.{k} = getelementptr i8, ptr %b, i64 {v}" for k, v in FIELDS.items())
    slot = (f"  %s.{k} = getelementptr i8, ptr %slot, i64 {v}" for k, v in SLOT.items())
    words = {"fields": "\n".join(fields), "slot": "\n".join(slot)}
    words |= {"hint": hint, "pause": pause, "patience": str(PATIENCE)}
    words["size"] = str(SLOT_SIZE)
    text = resources.files(__package__).joinpath("pool.ll").read_text("utf-8")
    for name, value in words.items():
        text = text.replace(f"${name}", value)
    return text


def emit(spec: LoopSpec) -> bytes:
    """The object code for this machine."""
    from fastact.native import machine_code

    return machine_code.assembled(source(platform.machine()))


code = loop_registry.add_support("pool", emit)


def leak(thing: Any) -> None:
    """Keep an object for ever: native threads outlive the interpreter."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def memory() -> int:
    """A zeroed private block, and after it a page that a forked child sees as zeros."""
    size = FIELDS["owner"] + mmap.PAGESIZE
    if not sys.platform.startswith("linux"):
        leak(plain := (ctypes.c_char * (size + 64))())
        return -(-ctypes.addressof(plain) // 64) * 64
    area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(OSError):  # before Linux 4.14 a child forked past Python may launch to nobody
        area.madvise(MADV_WIPEONFORK, FIELDS["owner"], mmap.PAGESIZE)
    view = ctypes.c_char.from_buffer(area)
    leak(view)
    return ctypes.addressof(view)


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


def word(block: int, name: str) -> ctypes.c_int64:
    """A field of the block, as a number to read and set."""
    return ctypes.c_int64.from_address(block + FIELDS[name])


def parked(block: int, worker: int) -> int:
    """1 while the worker sleeps."""
    return word(block + SLOT_SIZE * worker + SLOT["parked"], "slots").value


def build(spinners: int) -> int:
    """A new block. Its cut-over is SERIAL; without a pool it stays so and `launch` is zero."""
    block = memory()
    word(block, "cutover").value, word(block, "key").value = SERIAL, -1
    addresses = libc()
    if addresses is None:
        return block
    for name, address in addresses.items():
        word(block, name).value = address
    words = {"limit": 1, "min_chunk": MIN_CHUNK, "spin_ns": SPIN_NS, "spinners": spinners}
    words["cold_work"] = COLD_WORK
    for name, value in words.items():
        word(block, name).value = value
    ctypes.memmove(block + FIELDS["signals"], BLOCKED_SIGNALS.to_bytes(128, "little"), 128)
    ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(code.address())(block)
    word(block, "owner").value = 1
    return block
