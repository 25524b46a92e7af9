"""The CPU seconds of first calls: whole processes that find an empty store.

`python -m bench.first_calls` prints for each call the median of a few processes, user and system
time together, from the start of Python to its end. Names after the command choose some calls,
`--processes` says how many processes each median is of. What is measured is the package in the
directory where this is started, or the installed one if there is none.

`--beside ../other` measures the package in another checkout too, by turns with this one, and prints
the ratio: seconds of two runs do not compare on a machine that does other things meanwhile.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
from pathlib import Path

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
    "hardmax": "fa.hardmax(x)",
    "cross-entropy": LABELS + "fa.softmax_cross_entropy(x, labels)",
    "cross-entropy, gradient": LABELS + "fa.softmax_cross_entropy.value_and_grad(x, labels)",
}


def children() -> float:
    """Return the CPU seconds of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds(call: str, dtype: str, folder: str | None) -> float:
    """Return the CPU seconds of one process in a folder."""
    before = children()
    run_cold(X.format(dtype=dtype) + CALLS[call], folder)
    return children() - before


def report(call: str, dtype: str, processes: int, beside: str | None) -> None:
    """Measure a call, by turns with the package in another folder if there is one, and print."""
    here: list[float] = []
    there: list[float] = []
    for _ in range(processes):
        here.append(seconds(call, dtype, None))
        if beside is not None:
            there.append(seconds(call, dtype, beside))
    line = f"{statistics.median(here):6.2f} s  {dtype} {call}"
    if there:
        ratio = statistics.median(a / b for a, b in zip(here, there, strict=True))
        line += f": {ratio:.2f} of {statistics.median(there):.2f} s in {beside}"
    print(line, flush=True)


def main() -> None:
    """Measure and print, a line for each call."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("calls", nargs="*", metavar="CALL", help=f"of {', '.join(CALLS)}")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--processes", type=int, default=3, help="of which each median is")
    parser.add_argument(
        "--beside", metavar="FOLDER", help="another checkout, which is measured by turns with this"
    )
    options = parser.parse_args()
    if not set(options.calls) <= set(CALLS):
        parser.error(f"calls are {', '.join(CALLS)}")
    if options.beside is not None and not Path(options.beside, "fastact", "__init__.py").exists():
        parser.error(f"there is no package fastact in {options.beside}")
    os.environ.pop("FASTACT_CACHE_DIR", None)
    for folder in {None, options.beside}:  # which leaves bytecode behind
        seconds("import", options.dtype, folder)
    for call in options.calls or CALLS:
        report(call, options.dtype, options.processes, options.beside)


if __name__ == "__main__":
    main()
