"""From a kernel to an inner loop in LLVM's words. Imports Numba, and is imported on a miss only."""

from __future__ import annotations

import os
from importlib import import_module

from fastact.native.threads import malformed

THREADS = "NUMBA_NUM_THREADS"
if THREADS in malformed(os.environ):  # `native.threads` warns of it; Numba would not be imported
    wrong = os.environ.pop(THREADS)
    try:
        import_module("numba")
    finally:
        os.environ[THREADS] = wrong
