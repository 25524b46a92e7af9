"""The peak of memory of loss and gradient: beside logits and gradient there is next to nothing.

`python -m bench.memory` prints it for 20,000 rows of 32,000 float32 logits, which take 5.1 GB with
their gradient; `--rows` makes it smaller. The exit status is 1 if it is above 1.05 times both.
"""

from __future__ import annotations

import argparse
import resource
import sys

import numpy as np

import fastact as fa

CLASSES, BOUND = 32_000, 1.05


def resident() -> float:
    """Return the largest number of bytes that this process has had in memory."""
    return 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="measure the memory of loss and gradient")
    parser.add_argument("--rows", type=int, default=20_000)
    rows = parser.parse_args().rows
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
