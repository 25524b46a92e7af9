"""Softmax and cross-entropy beside other packages, in the shapes that people use.

`python -m bench.rows` measures by turns and prints, for each shape, how many times as long the
fastest other package takes, and PyTorch; `--json FILE` writes it too. The exit status is 1 if a
claim does not hold: softmax never slower than the fastest, 10 times PyTorch on many short rows and
2.5 times on average; cross-entropy with its gradient twice PyTorch. What is not installed is left
out, and a last line says which claims were not measured. `--quick` measures small shapes once.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

import fastact as fa
from bench.claims import WIDTH
from fastact.benchmarks.turns import QUICK, Spread, by_turns, ratio

SHORT = (100_000, 10)
SHAPES = (
    ((32, 10), -1), (SHORT, -1), ((10_000, 100), -1), ((1000, 1000), -1), ((200, 32_000), -1),
    ((10, 100_000), 0), ((1000, 1000), 0), ((1, 2**22), -1),
)  # fmt: skip
DTYPES = ("float32", "float64")
OTHERS = ("torch", "jax", "scipy", "sklearn")
Calls = dict[str, Callable[[], Any]]


class Trial(NamedTuple):
    """One function in one shape."""

    function: str
    dtype: str
    shape: tuple[int, ...]
    axis: int


def trials(*, quick: bool = False) -> Iterator[Trial]:
    """Yield what is measured."""
    shapes = SHAPES[:1] if quick else SHAPES
    for dtype in DTYPES:
        for function in MADE:
            yield from (Trial(function, dtype, shape, axis) for shape, axis in shapes)


def softmax(x: Any, axis: int) -> Calls:
    """Return the calls, into an array that is there where a package can."""
    out = np.empty_like(x)
    calls: Calls = {"fastact": lambda: fa.softmax(x, axis=axis, out=out)}
    if find_spec("torch"):
        import torch

        torch.set_num_threads(fa.get_num_threads())
        tensor, result = torch.from_numpy(x), torch.from_numpy(np.empty_like(x))
        calls["torch"] = lambda: torch.softmax(tensor, axis, out=result)
    if find_spec("jax"):
        import jax

        jax.config.update("jax_enable_x64", x.dtype == np.float64)
        array, call = jax.numpy.asarray(x), jax.jit(lambda x: jax.nn.softmax(x, axis))
        calls["jax"] = lambda: call(array).block_until_ready()
    if find_spec("scipy"):
        from scipy import special

        calls["scipy"] = lambda: special.softmax(x, axis=axis)
    if find_spec("sklearn") and axis == -1:
        from sklearn.utils import extmath

        calls["sklearn"] = lambda: extmath.softmax(x)
    return calls


def softmax_cross_entropy(x: Any, axis: int) -> Calls:
    """Return the calls for loss and gradient."""
    labels = np.random.default_rng(1).integers(0, x.shape[axis], x.shape[axis + 1])
    out = np.empty_like(x)
    loss = fa.softmax_cross_entropy
    calls: Calls = {"fastact": lambda: loss.value_and_grad(x, labels, axis=axis, out=out)}
    if find_spec("torch"):
        import torch

        torch.set_num_threads(fa.get_num_threads())
        logits, targets = torch.from_numpy(x.copy()), torch.from_numpy(labels)
        if axis == 0:  # there the classes are the second axis
            logits, targets = logits[None], targets[None]
        logits.requires_grad_()

        def forward_and_backward() -> None:
            logits.grad = None
            with torch.enable_grad():  # which the peers of other benchmarks switch off
                torch.nn.functional.cross_entropy(logits, targets).backward()

        calls["torch"] = forward_and_backward
    return calls


MADE: dict[str, Callable[[Any, int], Calls]] = {
    "softmax": softmax,
    "softmax_cross_entropy": softmax_cross_entropy,
}


def measured(trial: Trial, *, quick: bool = False) -> dict[str, Spread]:
    """Return how many times as long each other package takes."""
    turns = QUICK if quick else {"rounds": 11}
    x = np.random.default_rng(0).normal(0, 3, trial.shape).astype(trial.dtype)
    times = by_turns(MADE[trial.function](x, trial.axis), **turns)
    return {name: ratio(times, name, "fastact") for name in times if name != "fastact"}


def claimed(trial: Trial, found: dict[str, Spread]) -> dict[str, bool]:
    """Return what is claimed of this shape, and whether it holds, of those that are installed."""
    claims = {}
    if trial.function == "softmax" and found:
        claims["≥ 1 fastest"] = min(each.median for each in found.values()) >= 1
    if "torch" in found and trial.function == "softmax_cross_entropy":
        claims["≥ 2 torch"] = found["torch"].median >= 2
    elif "torch" in found and trial.shape == SHORT:
        claims["≥ 10 torch"] = found["torch"].median >= 10
    return claims


def means(rows: list[tuple[Trial, dict[str, Spread]]]) -> dict[str, float]:
    """Return the geometric means over the shapes of softmax, beside PyTorch, for each dtype."""
    found: dict[str, list[float]] = {}
    for trial, ratios in rows:
        if trial.function == "softmax" and "torch" in ratios:
            found.setdefault(trial.dtype, []).append(ratios["torch"].median)
    return {dtype: statistics.geometric_mean(values) for dtype, values in found.items()}


def print_table(rows: list[tuple[Trial, dict[str, Spread]]]) -> None:
    """Print the rows for people."""
    names = [name for name in OTHERS if any(name in r for _, r in rows)]
    shown = Table(
        title=f"Time of others / fastact, {fa.get_num_threads()} threads: median (quartiles)"
    )
    for heading in ("function", "dtype", "shape", "axis", *names, "claims"):
        shown.add_column(heading)
    for trial, found in rows:
        cells = [
            f"{r.median:.2f} ({r.low:.2f} to {r.high:.2f})" if (r := found.get(name)) else ""
            for name in names
        ]
        kept = claimed(trial, found).items()
        claims = "\n".join(f"{text}: {'yes' if ok else 'NO'}" for text, ok in kept)
        what = (trial.function, trial.dtype, str(trial.shape), str(trial.axis))
        shown.add_row(*what, *cells, claims)
    console = Console(width=None if sys.stdout.isatty() else WIDTH + 60)
    console.print(shown)
    for dtype, mean in means(rows).items():
        console.print(f"softmax {dtype}, geometric mean of torch / fastact: {mean:.2f}")
    if missing := [name for name in OTHERS if name not in names]:
        console.print(f"not installed, so no claim beside it was measured: {', '.join(missing)}")


def main() -> None:
    """Measure, print, and tell by the exit status whether every claim holds."""
    parser = argparse.ArgumentParser(description="measure softmax and cross-entropy beside others")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table as JSON too")
    parser.add_argument("--quick", action="store_true", help="small shapes, once: to see it run")
    options = parser.parse_args()
    chosen = list(trials(quick=options.quick))
    progress = track(chosen, "measuring by turns", console=Console(stderr=True))
    rows = [(trial, measured(trial, quick=options.quick)) for trial in progress]
    print_table(rows)
    if options.json:
        data = [
            {**trial._asdict(), "ratios": {name: r._asdict() for name, r in found.items()}}
            for trial, found in rows
        ]
        options.json.write_text(json.dumps(data, indent=1))
    good = all(all(claimed(trial, found).values()) for trial, found in rows)
    sys.exit(not (good and min(means(rows).values(), default=2.5) >= 2.5))


if __name__ == "__main__":
    main()
