"""The thread pool: the limits, the overrides, and every element of every launch."""

from __future__ import annotations

import asyncio
import contextvars
import ctypes
import functools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest

import fastact as fa
from fastact.native import loader, machine_code, pool, threads

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no pool elsewhere")
COUNTS = (1, 2, 3, 7)

# Two loops that write which elements they were given: softsign, with any stride, and a generalized
# "(n)->()" whose chunks are rows.
LOOPS = r"""
define internal void @test_softsign_chunk(ptr %args, ptr %dims, ptr %steps, ptr %b) {
  %n = load i64, ptr %dims
  %x0 = load ptr, ptr %args
  %y_at = getelementptr ptr, ptr %args, i64 1
  %y0 = load ptr, ptr %y_at
  %x_step = load i64, ptr %steps
  %y_step_at = getelementptr i64, ptr %steps, i64 1
  %y_step = load i64, ptr %y_step_at
  br label %next
next:
  %i = phi i64 [ 0, %0 ], [ %i1, %body ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %body, label %end
body:
  %x_offset = mul i64 %i, %x_step
  %y_offset = mul i64 %i, %y_step
  %x_at = getelementptr i8, ptr %x0, i64 %x_offset
  %out = getelementptr i8, ptr %y0, i64 %y_offset
  %x = load float, ptr %x_at, align 1
  %a = call float @llvm.fabs.f32(float %x)
  %d = fadd float %a, 1.0
  %y = fdiv float %x, %d
  store float %y, ptr %out, align 1
  %i1 = add i64 %i, 1
  br label %next
end:
  ret void
}

define internal void @test_total_chunk(ptr %args, ptr %dims, ptr %steps, ptr %b) {
  %rows = load i64, ptr %dims
  %n_at = getelementptr i64, ptr %dims, i64 1
  %n = load i64, ptr %n_at
  %x0 = load ptr, ptr %args
  %y_at = getelementptr ptr, ptr %args, i64 1
  %y0 = load ptr, ptr %y_at
  %x_step = load i64, ptr %steps
  %y_step_at = getelementptr i64, ptr %steps, i64 1
  %y_step = load i64, ptr %y_step_at
  %core_at = getelementptr i64, ptr %steps, i64 2
  %core = load i64, ptr %core_at
  br label %row
row:
  %r = phi i64 [ 0, %0 ], [ %r1, %done ]
  %left = icmp slt i64 %r, %rows
  br i1 %left, label %begin, label %end
begin:
  %x_offset = mul i64 %r, %x_step
  %y_offset = mul i64 %r, %y_step
  %x = getelementptr i8, ptr %x0, i64 %x_offset
  %y = getelementptr i8, ptr %y0, i64 %y_offset
  br label %next
next:
  %i = phi i64 [ 0, %begin ], [ %i1, %next ]
  %sum = phi double [ 0.0, %begin ], [ %sum1, %next ]
  %offset = mul i64 %i, %core
  %at = getelementptr i8, ptr %x, i64 %offset
  %value = load double, ptr %at
  %sum1 = fadd double %sum, %value
  %i1 = add i64 %i, 1
  %more = icmp slt i64 %i1, %n
  br i1 %more, label %next, label %done
done:
  store double %sum1, ptr %y
  %r1 = add i64 %r, 1
  br label %row
end:
  ret void
}

define void @$name(ptr %args, ptr %dims, ptr %steps, ptr %b) {
  %cutover = load i64, ptr %b
  %n = load i64, ptr %dims
  %inner_at = getelementptr i64, ptr %dims, i64 1
  $inner
  %work = mul i64 %n, %inner
  %large = icmp sge i64 %work, %cutover
  br i1 %large, label %parallel, label %serial
parallel:
  %launch_at = getelementptr i64, ptr %b, i64 1
  %launch = load ptr, ptr %launch_at
  call void %launch(ptr %b, ptr @$name_chunk, ptr %args, ptr %dims, ptr %steps, i64 2,
                    i64 $ndims, i64 $nsteps, i64 %work)
  ret void
serial:
  call void @$name_chunk(ptr %args, ptr %dims, ptr %steps, ptr %b)
  ret void
}
declare float @llvm.fabs.f32(float)
"""
SHAPES = {  # ndims, nsteps, how many elements one step of dims[0] is
    "softsign": ("1", "2", "%inner = add i64 0, 1"),
    "total": ("2", "3", "%inner = load i64, ptr %inner_at"),
}


@functools.cache
def loop(name: str) -> Callable[..., None]:
    text = LOOPS
    for key, value in zip(("ndims", "nsteps", "inner"), SHAPES[name], strict=True):
        text = text.replace(f"${key}", value)
    code = machine_code.emit(llvm.parse_assembly(text.replace("$name", f"test_{name}")))
    address, _ = loader.load(code, f"test_{name}")
    return ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4)(address)  # without the GIL


def run_loop(name: str, x: np.ndarray, y: np.ndarray, steps: tuple[int, ...]) -> np.ndarray:
    """Call a loop as NumPy does."""
    args = (ctypes.c_void_p * 2)(x.ctypes.data, y.ctypes.data)
    dims = (ctypes.c_int64 * x.ndim)(*x.shape)
    loop(name)(args, dims, (ctypes.c_int64 * len(steps))(*steps), threads.block())
    return y


def softsign(x: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    out = np.empty_like(x) if out is None else out
    return run_loop("softsign", x, out, (x.strides[0], out.strides[0]))


def expected(x: np.ndarray) -> np.ndarray:
    return x / (np.float32(1) + np.abs(x))


def normal(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(n).astype(np.float32)


@pytest.fixture
def restore() -> Iterator[None]:
    before = threads._limit()
    yield
    threads._state["limit"] = before
    threads._apply()


# ---- limits ----


@pytest.mark.parametrize(
    ("text", "count"),
    [
        *((text, None) for text in (None, "", "abc", "0", "-3", "2.5", "²", ",2")),
        *((text, 4) for text in ("4", " 4 ", "4,2", "4, 2")),
    ],
)
def test_parse_count(text: str | None, count: int | None) -> None:
    assert threads.parse_count(text) == count


V1 = "5:cpuacct,cpu:/a/b\n4:memory:/a\n"
CGROUPS = {
    "no cgroups": ({}, None),
    "v2 max": ({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "max 100000\n"}, None),
    "v2": ({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "200000 100000\n"}, 2),
    "v2 rounds up": ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000"}, 2),
    "v2 tiny": ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "1000 100000"}, 1),
    "v2 nested": (
        {
            "proc/self/cgroup": "0::/a/b/c\n",
            "sys/fs/cgroup/a/b/c/cpu.max": "max 100000",
            "sys/fs/cgroup/a/b/cpu.max": "500000 100000",
            "sys/fs/cgroup/a/cpu.max": "300000 100000",
        },
        3,
    ),
    "v2 beside v1": (
        {"proc/self/cgroup": V1 + "0::/a\n", "sys/fs/cgroup/unified/a/cpu.max": "400000 100000"},
        4,
    ),
    "v2 outside the namespace": (
        {"proc/self/cgroup": "0::/../x\n", "sys/fs/cgroup/cpu.max": "200000 100000"},
        2,
    ),
    "v1": (
        {
            "proc/self/cgroup": V1,
            "sys/fs/cgroup/cpuacct,cpu/a/b/cpu.cfs_quota_us": "250000\n",
            "sys/fs/cgroup/cpuacct,cpu/a/b/cpu.cfs_period_us": "100000\n",
        },
        3,
    ),
    "v1 none": (
        {
            "proc/self/cgroup": V1,
            "sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/a/b/cpu.cfs_period_us": "100000\n",
        },
        None,
    ),
    "v1 container, path of the host": (
        {
            "proc/self/cgroup": "3:cpu,cpuacct:/docker/0123\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "50000\n",
        },
        2,
    ),
    "malformed": (
        {"proc/self/cgroup": "nonsense\n\n0::/\n", "sys/fs/cgroup/cpu.max": "x y z\n"},
        None,
    ),
}


@pytest.mark.parametrize("case", CGROUPS)
def test_cgroup(case: str, tmp_path: Path) -> None:
    files, cpus = CGROUPS[case]
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert threads.cgroup_cpus(tmp_path) == cpus


def test_default_is_the_smallest(tmp_path: Path) -> None:
    cores = threads.available_cpus()
    assert threads.limits({}, tmp_path) == {"affinity": cores}
    wishes = {"FASTACT_NUM_THREADS": "3", "NUMBA_NUM_THREADS": "x", "OMP_NUM_THREADS": "5,1"}
    found = threads.limits(wishes, tmp_path)
    assert found == {"FASTACT_NUM_THREADS": 3, "OMP_NUM_THREADS": 5, "affinity": cores}


def test_set_num_threads(restore: None) -> None:
    threads.set_num_threads(np.int64(7))
    assert threads.get_num_threads() == 7
    assert threads.stats()["source"] == "set_num_threads"


@pytest.mark.parametrize("make", [threads.set_num_threads, threads.num_threads])
def test_bad_counts(make: Callable[[Any], Any]) -> None:
    name = make.__name__
    for n in (0, -1, 1025):
        with pytest.raises(ValueError, match=rf"^{name}: n must be from 1 to 1024, got {n}$"):
            make(n)
    for n in (1.5, "2", None):
        with pytest.raises(TypeError, match=rf"^{name}: n must be an integer, got {n!r}$"):
            make(n)


# ---- overrides ----


def launches(x: np.ndarray) -> int:
    """How many launches three calls of a ufunc make."""
    return launches_of(lambda: (threads.sync(), softsign(x)))


def launches_of(call: Callable[[], Any]) -> int:
    """How many launches three calls make: the first of them may find the workers asleep."""
    before = threads.stats()["launches"]
    for _ in range(3):
        call()
    return int(threads.stats()["launches"]) - int(before)


def rows(x: np.ndarray) -> np.ndarray:
    """The same elements as 4096 rows."""
    return x.reshape(2**12, -1)


# Calls of each kind that native code makes, if nothing forbids it.
PLAIN: Any = {
    "sigmoid": fa.sigmoid,
    "sigmoid out": lambda x: fa.sigmoid(x, out=np.empty_like(x)),
    "leaky_relu": fa.leaky_relu,
    "backward": lambda x: fa.gelu.backward(x, x=x),
    "own": fa.activation(lambda x: x * x),
    "softmax": lambda x: fa.softmax(rows(x)),
    "softmax.backward": lambda x: fa.softmax.backward(rows(x), y=rows(x)),
    "glu": lambda x: fa.glu(rows(x)),
    "squared_error": lambda x: fa.squared_error(x, x),
    "softmax_cross_entropy": lambda x: fa.softmax_cross_entropy(rows(x), np.zeros(2**12, np.int64)),
}


@linux
def test_num_threads_is_per_thread(restore: None) -> None:
    x = normal(2**20)
    threads.set_num_threads(2)
    assert launches(x) == 3
    seen: list[tuple[int, int]] = []
    with threads.num_threads(1):
        assert threads.get_num_threads() == 1
        assert launches(x) == 0
        with threads.num_threads(3):
            assert threads.get_num_threads() == 3
            assert launches(x) == 3
        assert launches(x) == 0
        other = threading.Thread(
            target=lambda: seen.append((threads.get_num_threads(), launches(x)))
        )
        other.start()
        other.join()
    assert seen == [(2, 3)]
    assert launches(x) == 3


@linux
def test_a_burst_of_long_calls_wakes_the_workers(restore: None) -> None:
    """However long each of them takes: what counts is the time between them."""
    threads.set_num_threads(2)
    x = normal(pool.COLD_WORK - 1)
    softsign(np.resize(x, pool.COLD_WORK))
    for _ in range(1000):  # asleep after SPIN_NS
        if pool.parked(threads.block(), 0):
            break
        time.sleep(0.001)
    start = time.perf_counter_ns()
    before = threads.stats()["launches"]
    softsign(x)
    assert time.perf_counter_ns() - start > pool.SPIN_NS
    assert threads.stats()["launches"] == before
    assert sum(launches(x) for _ in range(20)) > 0


@linux
def test_override_above_a_limit_of_one(restore: None) -> None:
    threads.set_num_threads(1)
    x = normal(2**20)
    assert launches(x) == 0
    with threads.num_threads(2):
        assert launches(x) == 3
    assert launches(x) == 0


@linux
@pytest.mark.parametrize("call", [None, *PLAIN.values()], ids=["ufunc", *PLAIN])
def test_num_threads_is_per_task(call: Any, restore: None) -> None:
    threads.set_num_threads(2)
    x = normal(2**20)
    shared = (lambda: launches(x)) if call is None else (lambda: launches_of(lambda: call(x)))

    async def task(n: int) -> list[tuple[int, bool]]:
        found = []
        with threads.num_threads(n):
            for _ in range(5):
                await asyncio.sleep(0)
                found.append((threads.get_num_threads(), shared() > 0))
        return found

    async def both() -> list[list[tuple[int, bool]]]:
        return await asyncio.gather(task(1), task(2))

    assert asyncio.run(both()) == [[(1, False)] * 5, [(2, True)] * 5]
    assert contextvars.copy_context().get(threads.override) is None


def test_num_threads_leaves_on_error() -> None:
    before = threads.get_num_threads()
    with pytest.raises(KeyError), threads.num_threads(5):
        raise KeyError
    assert threads.get_num_threads() == before


# ---- every element of every launch ----


@pytest.mark.parametrize("count", COUNTS)
def test_bits_do_not_depend_on_threads(count: int, restore: None) -> None:
    threads.set_num_threads(count)
    rng = np.random.default_rng(count)
    x, guard = normal(300_000), np.float32(-7)
    wanted = expected(x)
    for _ in range(150):
        n, offset, lead = rng.integers(30_000, 140_000), rng.integers(64), rng.integers(64)
        step = rng.choice([1, 1, 2, -1])
        window = x[offset : offset + abs(step) * n : abs(step)][:: np.sign(step)]
        out = np.full(lead + n + 1, guard)
        softsign(window, out[lead:-1])
        here = wanted[offset : offset + abs(step) * n : abs(step)][:: np.sign(step)]
        assert out[lead:-1].tobytes() == here.tobytes()
        assert (out[:lead] == guard).all()
        assert out[-1] == guard


@pytest.mark.parametrize("count", COUNTS)
def test_misaligned_strided_output(count: int, restore: None) -> None:
    threads.set_num_threads(count)
    n = 70_001
    raw = np.zeros(12 * n + 1, np.uint8)
    out = np.ndarray(n, np.float32, raw.data, offset=1, strides=(12,))
    x = normal(n)
    assert softsign(x, out).tobytes() == expected(x).tobytes()
    broadcast = np.broadcast_to(np.float32(3), n)
    assert softsign(broadcast, out).tobytes() == expected(broadcast).tobytes()


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("shape", [(2, 50_000), (3, 40_001), (700, 100), (100_000, 1), (1, 90_000)])
def test_rows(count: int, shape: tuple[int, int], restore: None) -> None:
    threads.set_num_threads(count)
    x = np.random.default_rng(0).standard_normal(shape)
    y = run_loop("total", x, np.zeros(shape[0]), (x.strides[0], 8, x.strides[1]))
    assert y.tobytes() == np.cumsum(x, axis=1)[:, -1].copy().tobytes()
