"""Calls inside compiled code, beside calls outside and what a user of Numba would write.

`python -m bench.inside` measures by turns and prints four tables: the time of a call in ``@njit``
over that of the same call outside; the same of calls that go through Python; the time of loops over
the plain formula over a call inside; and the time of the README's training step in NumPy's own
functions, and with ours in Python, over that in one compiled function.
The exit status is 1 if a call inside takes more than 1.05 times as long: on a quiet machine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache, partial
from typing import Any

import numba
import numpy as np
from rich.console import Console
from rich.table import Table

import fastact as fa
from bench.claims import WIDTH
from fastact.benchmarks.peers.compiled import NAIVE
from fastact.benchmarks.turns import QUICK, ROUNDS, by_turns, ratio
from fastact.verification.processes import processes

SIZES = (2**10, 2**20)
DTYPES = ("float32", "float64")
LIMIT = 1.05
CLASSES = 2**5

Function = Callable[..., Any]


def gradient(x: Any) -> Any:
    return fa.gelu.backward(x, x=x)


def loss(x: Any) -> Any:
    rows = x.reshape(-1, CLASSES)
    return fa.softmax_cross_entropy.value_and_grad(rows, np.zeros(rows.shape[0], np.int64))


CALLS: dict[str, Function] = {
    "sigmoid": lambda x: fa.sigmoid(x),
    "gelu": lambda x: fa.gelu(x),
    "gelu.backward": gradient,
    "softmax": lambda x: fa.softmax(x.reshape(-1, CLASSES)),
    "softmax_cross_entropy.value_and_grad": loss,
    "swiglu": lambda x: fa.swiglu(x.reshape(-1, CLASSES)),
}
IN_PYTHON: dict[str, Function] = {
    "softmax, cold": lambda x: fa.softmax(x.reshape(-1, CLASSES), temperature=2.0**-600),
    "softplus, an array of beta": lambda x: fa.softplus(x, beta=np.exp(x)),
}


def repeated(function: Function, count: int) -> Function:
    """A compiled function that makes a call several times: entering compiled code costs too."""
    inner = numba.njit(function)

    def many(x: Any) -> Any:
        for _ in range(count):
            inner(x)
        return inner(x)

    found: Function = numba.njit(many)
    return found


def middle_of_a_page(x: Any) -> Any:
    """A copy that begins 2 KiB after a page does.

    Results begin just after a page does, at other places inside and outside. Where input and output
    are 48 to 256 bytes apart in this respect, every loop takes about a quarter longer.
    """
    place = np.empty(x.nbytes + 8192, np.uint8)
    start = -place.ctypes.data % 4096 + 2048
    found = place[start : start + x.nbytes].view(x.dtype)
    found[...] = x
    return found


def inside_over_outside(name: str, dtype: str, size: int, turns: Any) -> tuple[str, float]:
    """The quotient of times, as text and its median."""
    function, count = {**CALLS, **IN_PYTHON}[name], max(1, 2**17 // size)
    x = middle_of_a_page(np.linspace(-4, 4, size).astype(dtype))
    many = repeated(function, count - 1)
    many(x)

    def outside() -> None:
        for _ in range(count):
            function(x)

    times = by_turns({"inside": lambda: many(x), "outside": outside}, **turns)
    r = ratio(times, "inside", "outside")
    return f"{r.median:.2f} ({r.low:.2f} to {r.high:.2f})", r.median


def ways(name: str, dtype: str) -> dict[str, Function]:
    """What a user of Numba would write for a formula, and the call."""
    formula = NAIVE[name]
    element, f, kind = numba.njit(formula), getattr(fa, name), numba.from_dtype(np.dtype(dtype))

    def loop(x: Any) -> Any:
        y = np.empty_like(x)
        for i in numba.prange(x.size):
            y[i] = element(x[i])
        return y

    return {
        "fastact": numba.njit(lambda x: f(x)),
        "@njit": numba.njit(loop),
        "@njit, prange": numba.njit(loop, parallel=True),
        "@vectorize": numba.vectorize([kind(kind)])(formula),
        "@vectorize, parallel": numba.vectorize([kind(kind)], target="parallel")(formula),
    }


# ---------------------------------------------------------------- a training step
WIDTHS = ((64, 8, 16, 3), (256, 784, 128, 10))  # batch, inputs, hidden, classes


def step(x: Any, labels: Any, w: Any, v: Any, rate: float) -> Any:
    """The step of the README: two layers, the loss with its gradient, and an update."""
    h = fa.tanh(x @ w)
    loss, dz = fa.softmax_cross_entropy.value_and_grad(h @ v, labels)
    da = fa.tanh.backward(dz @ v.T, y=h)
    v -= rate * (h.T @ dz)
    w -= rate * (x.T @ da)
    return loss


def numpy_step(x: Any, labels: Any, w: Any, v: Any, rate: float) -> Any:
    """The same in NumPy."""
    h = np.tanh(x @ w)
    z = h @ v
    z -= z.max(axis=1, keepdims=True)
    p = np.exp(z)
    total = p.sum(axis=1, keepdims=True)
    p /= total
    rows = np.arange(len(x))
    loss = np.mean(np.log(total[:, 0]) - z[rows, labels])
    p[rows, labels] -= 1
    dz = p / len(x)
    da = dz @ v.T * (1 - h * h)
    v -= rate * (h.T @ dz)
    w -= rate * (x.T @ da)
    return loss


STEPS = {"NumPy": numpy_step, "Python": step, "inside": step}


@cache
def prepared(way: str, dtype: str, sizes: tuple[int, ...]) -> Callable[[], Any]:
    """One of the steps, with operands of its own."""
    rng = np.random.default_rng(0)
    batch, inputs, hidden, classes = sizes
    x, labels = rng.normal(size=(batch, inputs)).astype(dtype), rng.integers(0, classes, batch)
    shapes = (inputs, hidden), (hidden, classes)
    w, v = ((rng.normal(size=each) / np.sqrt(each[0])).astype(dtype) for each in shapes)
    function = numba.njit(step) if way == "inside" else STEPS[way]
    return partial(function, x, labels, w, v, dtype_number(dtype, 0.01))


def first_losses(*wanted: Any) -> list[float]:
    """The losses of the first steps."""
    return [float(prepared(*wanted)()) for _ in range(3)]


def seconds(turns: Any, *wanted: Any) -> float:
    """The time of a step."""
    return by_turns({"step": prepared(*wanted)}, **{**turns, "rounds": 1})["step"][0]


def training(dtype: str, sizes: tuple[int, ...], turns: Any) -> tuple[str, str]:
    """What a step takes in NumPy, and with our functions in Python, over one compiled function.

    Each has a process of its own: the copies of OpenBLAS that NumPy and SciPy, and thereby Numba,
    bring along would have twice as many threads as there are processors.
    """
    times: dict[str, list[float]] = {way: [] for way in STEPS}
    with ExitStack() as stack:
        submit = {way: stack.enter_context(processes(1)) for way in STEPS}
        losses = [submit[way](first_losses, way, dtype, sizes).result() for way in STEPS]
        assert np.allclose(losses, losses[0], rtol=1e-4), losses
        for turn in range(turns.get("rounds", ROUNDS)):
            for way in list(STEPS)[:: -1 if turn % 2 else 1]:
                times[way].append(submit[way](seconds, turns, way, dtype, sizes).result())
    found = (ratio(times, way, "inside") for way in ("NumPy", "Python"))
    first, second = (f"{r.median:.2f} ({r.low:.2f} to {r.high:.2f})" for r in found)
    return first, second


def dtype_number(dtype: str, value: float) -> Any:
    """A number that does not widen arrays in compiled code."""
    return np.dtype(dtype).type(value)


def main() -> None:
    """Measure, print, and tell by the exit status whether the limit holds."""
    parser = argparse.ArgumentParser(description="measure calls inside @njit beside those outside")
    parser.add_argument("--quick", action="store_true", help="small arrays, once: to see it run")
    quick = parser.parse_args().quick
    turns, all_sizes = (QUICK, SIZES[:1]) if quick else ({}, SIZES)
    names, formulas = (("gelu",), ("sigmoid",)) if quick else (CALLS, ("sigmoid", "gelu", "mish"))
    console = Console(width=None if sys.stdout.isatty() else WIDTH + 40)
    sizes = [f"{size} elements" for size in all_sizes]
    shown = Table("function", "dtype", *sizes, title="A call inside @njit over one outside")
    medians = []
    for name in names:
        for dtype in DTYPES:
            found = [inside_over_outside(name, dtype, size, turns) for size in all_sizes]
            medians += [median for _, median in found]
            shown.add_row(name, dtype, *(text for text, _ in found))
    console.print(shown)
    shown = Table("function", f"{SIZES[0]} elements", title="The same, through Python")
    for name in IN_PYTHON:
        shown.add_row(name, inside_over_outside(name, "float64", SIZES[0], turns)[0])
    console.print(shown)
    shown = Table(title=f"Plain formula over fastact, {fa.get_num_threads()} threads")
    for heading in ("function", "elements", "@njit", "@njit, prange", "@vectorize",
                    "@vectorize, parallel"):  # fmt: skip
        shown.add_column(heading)
    for name in formulas:
        calls = ways(name, "float32")
        for size in all_sizes:
            x = np.linspace(-4, 4, size, dtype="f4")
            times = by_turns({way: partial(call, x) for way, call in calls.items()}, **turns)
            others = [ratio(times, way, "fastact").median for way in calls if way != "fastact"]
            shown.add_row(name, str(size), *(f"{each:.1f}" for each in others))
    console.print(shown)
    title = "A training step over the same in one compiled function"
    shown = Table("batch, inputs, hidden, classes", "dtype", "NumPy", "in Python", title=title)
    for widths in WIDTHS[: 1 if quick else None]:
        for dtype in DTYPES:
            shown.add_row(", ".join(map(str, widths)), dtype, *training(dtype, widths, turns))
    console.print(shown)
    sys.exit(max(medians) > LIMIT)


if __name__ == "__main__":
    main()
