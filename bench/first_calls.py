"""The CPU seconds of first calls: whole processes that find an empty store.

`python -m bench.first_calls` prints for each call the median of a few processes, user and system
time together, from the start of Python to its end. Names after the command choose some calls,
`--processes` says how many processes each median is of. `PYTHONPATH` chooses the package that is
measured: figures of two versions compare only if they are taken by turns on the same machine.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics

from fastact.benchmarks.processes import run_cold

X = "import numpy as np, fastact as fa; x = np.ones((32, 10), '{dtype}'); "
LABELS = "labels = np.zeros(32, int); "
CALLS = {
    "import": "pass",
    "sigmoid": "fa.sigmoid(x)",
    "softmax": "fa.softmax(x)",
    "softmax.backward": "fa.softmax.backward(x, y=x)",
    "softmax, temperature": "fa.softmax(x, temperature=2.0)",
    "log_softmax": "fa.log_softmax(x)",
    "logsumexp": "fa.logsumexp(x)",
    "sparsemax": "fa.sparsemax(x)",
    "cross-entropy": LABELS + "fa.softmax_cross_entropy(x, labels)",
    "cross-entropy, gradient": LABELS + "fa.softmax_cross_entropy.value_and_grad(x, labels)",
}


def children() -> float:
    """Return the CPU seconds of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds(call: str, dtype: str) -> float:
    """Return the CPU seconds of one process."""
    before = children()
    run_cold(X.format(dtype=dtype) + CALLS[call])
    return children() - before


def main() -> None:
    """Measure and print, a line for each call."""
    parser = argparse.ArgumentParser(description="CPU seconds of first calls from an empty store")
    parser.add_argument("calls", nargs="*", metavar="CALL", help=f"of {', '.join(CALLS)}")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--processes", type=int, default=3)
    options = parser.parse_args()
    if not set(options.calls) <= set(CALLS):
        parser.error(f"calls are {', '.join(CALLS)}")
    os.environ.pop("FASTACT_CACHE_DIR", None)
    for call in options.calls or CALLS:
        found = [seconds(call, options.dtype) for _ in range(options.processes)]
        print(f"{statistics.median(found):6.2f} s  {options.dtype} {call}", flush=True)


if __name__ == "__main__":
    main()
