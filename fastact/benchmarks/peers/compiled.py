"""What a user of Numba writes by hand: the plain formula, in three ways."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from fastact.benchmarks.peers.peer import FORWARD, Calls, Peer, into, one_thread

Formula = Callable[[float], float]
DTYPES = ("float32", "float64")

NAIVE: dict[str, Formula] = {  # as a user of Numba writes them
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": lambda x: math.tanh(x),  # noqa: PLW0108  # Numba compiles it
    "relu": lambda x: max(x, 0),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "gelu": lambda x: x * 0.5 * math.erfc(-x * math.sqrt(0.5)),
    "softplus": lambda x: math.log1p(math.exp(x)),
    "mish": lambda x: x * math.tanh(math.log1p(math.exp(x))),
}


def loop(formula: Formula, *, parallel: bool) -> Callable[[Any, Any], Any]:
    """Return a loop over elements that Numba compiles at the first call."""
    import numba

    element = numba.njit(formula)

    def over(x: Any, y: Any) -> Any:
        of_x, of_y = x.reshape(-1), y.reshape(-1)
        for i in numba.prange(x.size):
            of_y[i] = element(of_x[i])
        return y

    found: Callable[[Any, Any], Any] = numba.njit(parallel=parallel)(over)
    return found


def by_loops(*, parallel: bool) -> Calls:
    """Return the calls of all formulas as loops."""
    loops = {name: loop(formula, parallel=parallel) for name, formula in NAIVE.items()}
    calls: Calls = {
        (name, FORWARD): lambda x, f=f: f(x, np.empty_like(x)) for name, f in loops.items()
    }
    return calls | into(loops)


def njit() -> Peer:
    """Numba's `@njit` over the formula; always one thread."""
    return Peer("njit", DTYPES, np.asarray, by_loops(parallel=False), one_thread)


def njit_parallel() -> Peer:
    """Numba's own threads over the formula, in a `prange`."""
    import numba

    def threads(count: int) -> None:
        numba.set_num_threads(min(count, numba.config.NUMBA_NUM_THREADS))

    return Peer("njit_parallel", DTYPES, np.asarray, by_loops(parallel=True), threads)


def vectorize() -> Peer:
    """Numba's `@vectorize` of the formula: a ufunc, one thread; compiled when it is asked."""
    import numba

    # With these types: of the float32 and the integer of a formula Numba would make a float64.
    kinds = [numba.float32(numba.float32), numba.float64(numba.float64)]

    @cache
    def made(name: str) -> Any:
        return numba.vectorize(kinds)(NAIVE[name])

    lazily = {name: lambda x, *out, n=name: made(n)(x, *out) for name in NAIVE}
    calls: Calls = {(name, FORWARD): f for name, f in lazily.items()}
    return Peer("vectorize", DTYPES, np.asarray, calls | into(lazily), one_thread)
