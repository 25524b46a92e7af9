"""The peak of memory of loss and gradient, of `fastact warmup`, and the growth by what is dropped.

`python -m bench.memory` prints the peak for 20,000 rows of 32,000 float32 logits, which take 5.1 GB
with their gradient; `--rows` makes it smaller. The exit status is 1 if it is above 1.05 times both.

`python -m bench.memory --dropped 10000` makes, calls and drops as many activations of one's own,
and as many expressions, which all differ: each is compiled. It prints what memory and memory maps
have grown by since the first tenth; the exit status is 1 if that is above 25 KB or a tenth of a map
for each. LLVM keeps names and numbers that it has seen once, which is what remains. Either kind
has a process of its own.

`python -m bench.memory --warmup` compiles all there is into an empty store, and prints the peak of
the largest process; the exit status is 1 if it is above 600 MB.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

import fastact as fa

CLASSES, BOUND = 32_000, 1.05
KILOBYTES, MAPS = 25.0, 0.1  # that each activation may leave behind
WARMUP = 600  # MB that a process of `fastact warmup` may take


def resident() -> float:
    """Return the largest number of bytes that this process has had in memory."""
    return 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def own(k: int) -> float:
    """Make an activation, call it, and drop it."""
    return float(fa.activation(lambda x: x * (k + 0.5))(2.0))


def expression(k: int) -> float:
    """Make an expression, call it, and drop it."""
    return float((fa.identity * (k + 0.5) + fa.relu)(2.0))


def now() -> Any:
    """Return the kilobytes of this process in memory, and its memory maps."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    maps = Path("/proc/self/maps").read_text().count("\n")
    return np.array([pages * resource.getpagesize() / 1024, maps])


def growth(make: Callable[[int], Any], count: int) -> Any:
    """What each of `count` calls leaves behind, without the first tenth."""
    warm = count // 10
    for k in range(warm):
        make(k)
    before = now()
    for k in range(warm, count):
        make(k)
    return (now() - before) / (count - warm)


def dropped(count: int) -> bool:
    """Measure and print what dropped activations leave; whether it is too much."""
    kinds = (own, expression)
    with ProcessPoolExecutor(len(kinds), get_context("spawn")) as pool:
        found = list(pool.map(growth, kinds, [count] * len(kinds)))
    for make, (kilobytes, maps) in zip(kinds, found, strict=True):
        print(f"{count} of {make.__name__}: {kilobytes:.1f} KB and {maps:.3f} maps each")
    return bool((np.array(found) > (KILOBYTES, MAPS)).any())


def warmup() -> bool:
    """Measure and print the largest process of `fastact warmup`; whether it is too large."""
    subprocess.run([sys.executable, "-m", "fastact", "warmup"], check=True)
    found = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"the largest process took {found:.0f} MB, claimed at most {WARMUP}")
    return found > WARMUP


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="measure memory")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--dropped", type=int, default=0, metavar="COUNT")
    parser.add_argument("--warmup", action="store_true")
    rows, count, all_loops = vars(parser.parse_args()).values()
    if count or all_loops:
        with tempfile.TemporaryDirectory() as place:
            os.environ["FASTACT_CACHE_DIR"] = place
            sys.exit(dropped(count) if count else warmup())
    warm = np.zeros((2, CLASSES), np.float32)
    fa.softmax_cross_entropy.value_and_grad(warm, np.zeros(2, np.int64))
    before = resident()
    logits = np.full((rows, CLASSES), 0.5, np.float32)
    labels = np.zeros(rows, np.int64)
    _, gradient = fa.softmax_cross_entropy.value_and_grad(logits, labels)
    found = (resident() - before) / (logits.nbytes + gradient.nbytes)
    print(f"peak / (logits + gradient): {found:.3f}, claimed at most {BOUND}")
    sys.exit(found > BOUND)


if __name__ == "__main__":
    main()
