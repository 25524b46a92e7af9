"""Options of functions along an axis: what they take beside a plain call, by turns.

`python -m bench.options [functions]` prints, for each shape in float32, how many times as long as
the plain call one with a temperature, a mask, lengths or a causal mask takes, forward and backward;
and how long ragged sequences take beside a NumPy loop over them. The exit status is 1 if a
temperature or a mask takes more than 3 times the plain call, or sequences more than the loop.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import fastact as fa
from bench.claims import WIDTH
from fastact.benchmarks.peers.peer import FORWARD
from fastact.benchmarks.peers.rows import BY_HAND
from fastact.benchmarks.turns import by_turns, ratio
from fastact.catalogue import of_kind

SHAPES = (32, 10), (1000, 100), (8, 4096)
FUNCTIONS, SUMS = ([f.name for f in of_kind(kind)] for kind in ("shares", "sum"))
MOST = {"temperature": 3.0, "where": 3.0, "sequences": 1.0}
Calls = dict[str, Callable[[], Any]]


def options(shape: tuple[int, int]) -> dict[str, dict[str, Any]]:
    """Return the keywords by the name of the column."""
    rows, n = shape
    rng = np.random.default_rng(0)
    return {
        "temperature": {"temperature": 2.0},
        "temperatures": {"temperature": rng.uniform(0.5, 2.0, rows)},
        "where": {"where": rng.random(shape) < 0.7},
        "lengths": {"lengths": rng.integers(1, n + 1, rows)},
        "causal": {"causal": True},
    }


def forward(name: str, x: Any) -> Calls:
    """Return the calls of a function."""
    f, keywords = getattr(fa, name), options(x.shape)
    if name in SUMS:
        keywords = {"where": keywords["where"]}
    made: Calls = {key: partial(f, x, **given) for key, given in keywords.items()}
    return {"plain": lambda: f(x)} | made


def backward(name: str, x: Any) -> Calls:
    """Return the calls of its gradient, from the output."""
    f = getattr(fa, name)
    y, dy = f(x), x[::-1].copy()
    given = options(x.shape)
    made: Calls = {key: partial(f.backward, dy, y=y, **each) for key, each in given.items()}
    return {"plain": lambda: f.backward(dy, y=y)} | made


# ---------------------------------------------------------------- a sequence, as NumPy code has it
def shares(x: Any, sink: float = 0.0) -> Any:
    """Return softmax, with another logit 0 of this weight."""
    top = x.max()
    e = np.exp(x - top)
    return e / (e.sum() + sink * np.exp(-top))


def logarithms(x: Any) -> Any:
    """Return log-softmax."""
    z = x - x.max()
    return z - np.log(np.exp(z).sum())


def above_threshold(x: Any) -> Any:
    """Return sparsemax."""
    z = np.sort(x)[::-1]
    past = np.cumsum(z) - 1
    k = np.count_nonzero(z * np.arange(1, x.size + 1) > past)
    return np.maximum(x - past[k - 1] / k, 0)


# The rivals of `sequences`: those of the benchmarks' NumPy, which work along an axis of any array,
# and in their place quicker ones of a row alone. What has neither is not measured.
ALONE: dict[str, Callable[[Any], Any]] = {
    name: formula for (name, variety), formula in BY_HAND.items() if variety == FORWARD
} | {
    "softmax": shares,
    "softmin": lambda x: shares(-x),
    "softmax_off_by_one": lambda x: shares(x, 1.0),
    "log_softmax": logarithms,
    "sparsemax": above_threshold,
    "hardmax": lambda x: np.where(np.arange(x.size) == x.argmax(), 1, 0),
}


def sequences(name: str, x: Any) -> Calls:
    """Return the calls of equal sequences, and of a loop over them that uses NumPy."""
    f, flat, alone = getattr(fa, name), x.ravel(), ALONE[name]
    offsets = np.arange(0, flat.size + 1, x.shape[1])

    def loop() -> Any:
        out = np.empty_like(flat)
        for start, end in pairwise(offsets):
            out[start:end] = alone(flat[start:end])
        return out

    # Both are timed only if they compute the same, to what NumPy rounds off in float32.
    assert np.allclose(loop(), f.sequences(flat, offsets=offsets), atol=1e-6)
    return {"plain": loop, "sequences": lambda: f.sequences(flat, offsets=offsets)}


def main(names: list[str]) -> int:
    """Measure and print; return the exit status."""
    wrong, columns = 0, [*options(SHAPES[0]), "sequences"]
    table = Table("function", "shape", *columns, title="times the plain call, or the NumPy loop")
    for name in names:
        for shape in SHAPES:
            x = np.random.default_rng(1).normal(0, 3, shape).astype(np.float32)
            kinds = [(name, forward)]
            if name not in SUMS:
                kinds += [(f"{name}.backward", backward)]
                kinds += [(f"{name}.sequences", sequences)] * (name in ALONE)
            for label, calls in kinds:
                times = by_turns(calls(name, x))
                found = {k: ratio(times, k, "plain").median for k in times if k != "plain"}
                wrong += sum(found.get(key, 0.0) > most for key, most in MOST.items())
                cells = (f"{found[k]:.2f}" if k in found else "" for k in columns)
                table.add_row(label, "x".join(map(str, shape)), *cells)
    Console(width=WIDTH).print(table)
    return min(wrong, 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("functions", nargs="*", default=[*FUNCTIONS, *SUMS])
    sys.exit(main(parser.parse_args().functions))
