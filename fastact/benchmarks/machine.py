"""What is measured on: the machine, its versions, its noise and the speed of its memory."""

from __future__ import annotations

import os
import platform
import shlex
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

import fastact as fa
from fastact.benchmarks.turns import spread, within

PACKAGES = (
    "numpy", "numba", "llvmlite", "scipy", "numexpr", "torch", "jax", "jaxlib", "onnxruntime",
    "openvino", "mkl", "simd-ml-kernels",
)  # fmt: skip

STAT = Path("/proc/stat")  # of Linux
MOST = 0.95  # of the cores: who measures has some of them

ONE_CORE, VECTORS, MEMORY = "np.tanh", "np.exp", "np.copyto"
ALL_CORES = "np.tanh on all cores"


def processor() -> str:
    """Return what the machine calls its processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def versions() -> dict[str, str]:
    """Return the versions of the packages that are installed."""
    found = {"fastact": fa.__version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def commit() -> str | None:
    """Return the commit of the checkout that fastact is imported from, if it is one."""
    folder = Path(fa.__file__).parent
    describe = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(describe, capture_output=True, text=True, check=True)  # noqa: S603  # git
        inside = subprocess.run(  # noqa: S603  # a wheel in somebody else's checkout is not it
            ["git", "-C", str(folder), "ls-files", "__init__.py"],  # noqa: S607
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip() if inside.stdout else None


def command(arguments: list[str]) -> str:
    """Return the command that repeats the run; of files only the names, which are anybody's."""
    return shlex.join(["fastact", "bench", *(each.rpartition("/")[2] for each in arguments)])


def description() -> dict[str, Any]:
    """Return what a reader has to know of the run."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "command": command(sys.argv[2:]),
        "processor": processor(),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "cpus": os.cpu_count(),
        "threads": fa.get_num_threads(),
        "versions": versions(),
    }


class Controls:
    """Calls of NumPy alone, measured again and again during a run: the machine's noise.

    In the cache of one core, bound by latency and by the vector units, which cores may share; in
    memory; and on all cores at once, which whatever else runs takes time from.
    """

    def __init__(self) -> None:
        x, large = np.linspace(-4, 4, 4096), np.ones(2**20)
        into, single = np.empty_like(large), x.astype(np.float32)
        wide = [np.linspace(-4, 4, 2**15) for _ in range(fa.get_num_threads())]
        pool = ThreadPoolExecutor(len(wide))
        self.calls: dict[str, Callable[[], Any]] = {
            ONE_CORE: lambda: np.tanh(x),
            VECTORS: lambda: np.exp(single),
            MEMORY: lambda: np.copyto(into, large),
            ALL_CORES: lambda: list(pool.map(np.tanh, wide)),
        }
        self.times: dict[str, list[float]] = {name: [] for name in self.calls}

    def measure(self) -> None:
        """Measure each once more."""
        for name, values in within(self.calls, 0.06).items():
            self.times[name].append(statistics.median(values))


def controls(found: Iterable[Mapping[str, list[float]]]) -> dict[str, Any]:
    """Return the quartiles of each call, and as noise half their distance over the median."""
    times: dict[str, list[float]] = defaultdict(list)
    for each in found:
        for name, values in each.items():
            times[name] += values
    result = {}
    for name, values in times.items():
        s = spread(values)
        result[name] = s._asdict() | {"noise": (s.high - s.low) / 2 / s.median}
    return result


def cores() -> tuple[float, float]:
    """Return the seconds of all cores, and of these what other processes or machines took."""
    if not STAT.exists():
        return 0.0, 0.0
    tick = os.sysconf("SC_CLK_TCK")
    spent = [int(n) / tick for n in STAT.read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]]
    idle = sum(spent[3:5])
    return sum(spent), sum(spent) - idle - process_time()


def others(before: tuple[float, float]) -> float:
    """Return the share of the cores that others took since `cores` was called."""
    every, taken = (b - a for a, b in zip(before, cores(), strict=True))
    return min(max(taken / every, 0.0), MOST) if every else 0.0


def bandwidth(size: int) -> float:
    """Return the bytes a second that a copy of so many bytes reads and writes, the fastest way."""
    x = np.ones(max(size // 4, 1), np.float32)
    out = np.empty_like(x)
    calls = {"np": lambda: np.copyto(out, x), "fa": lambda: fa.identity(x, out=out)}
    best = min(statistics.median(times) for times in within(calls, 0.05).values())
    return 2 * x.nbytes / best
