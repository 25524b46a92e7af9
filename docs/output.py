"""Make docs/output.md, what backward loses by an output: ``python docs/output.py``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import fastact as fa
from fastact.diagnostics.finite_differences import from_ordinals
from fastact.verification.judge import Case
from fastact.verification.sample import ordinal

HEAD = """# Backward from the output

`f.backward(dy, y=y)` takes the saved output in the place of the input, where that is enough: it
saves memory. But `y` has been rounded, and what the rounding took of it is missing in the
derivative. With eps = `np.finfo(dtype).eps`, its error is at most *bound* × eps × max(1, |f′(x)|),
unless `y` was rounded to the output at a kink or to infinity: small beside 1, and not beside a
derivative that is small itself. `f.backward(dy, x=x)` keeps all digits everywhere.

![The derivatives of sigmoid and tanh far out, from the input and from the output](tails.png)

Largest errors for dy = 1 at default parameters: divided by max(1, |f′|); divided by |f′|, where
that is no subnormal number; and the inputs from which on the derivative is 0, though from the input
it is not. *Exact*: the same bits as from the input. `python docs/output.py` makes this page.

| function | bound | float32: error | relative | 0 beyond | float64: error | relative | 0 beyond |
|---|---|---|---|---|---|---|---|
"""
COUNT = 2**15  # inputs of each of three kinds
CENTRE = (2.0**-30, 2.0**11)  # sizes between which most functions do what they are known for


class Loss(NamedTuple):
    """What is lost: the largest errors, and where nothing is left."""

    absolute: float
    relative: float
    vanishes: list[float]


def inputs(case: Case) -> np.ndarray:
    """Evenly by exponent over the line and the centre, and evenly by size up to 128."""
    ends = [(-np.inf, np.inf), CENTRE, tuple(-x for x in CENTRE)]
    spans = [[ordinal(end, case.dtype) for end in pair] for pair in ends]
    numbers = [np.linspace(*span, COUNT).astype(np.int64) for span in spans]
    steps = (np.arange(COUNT) / 2**7 - 2**7).astype(case.dtype)
    x = np.unique(np.concatenate([from_ordinals(n, case.dtype) for n in numbers] + [steps]))
    return x[case.defined(x)]


def loss(case: Case) -> Loss | None:
    """What the derivative from the output loses, or None if it loses nothing."""
    f, x = case.f, inputs(case)
    names = {p.name: value for p, value in zip(f.params, case.params, strict=True)}
    y, ones = f(x, *case.params), np.ones_like(x)
    from_x, from_y = f.backward(ones, x=x, **names), f.backward(ones, y=y, **names)
    if np.array_equal(from_x, from_y, equal_nan=True):
        return None
    corners = f(np.array([*case.kinks], case.dtype), *case.params)
    kept = np.isfinite(y) & np.isfinite(from_x) & ~np.isin(y, corners)
    x, from_x, from_y = x[kept], from_x[kept].astype(float), from_y[kept].astype(float)
    true = np.asarray(f.derivative(x.astype(float), *case.params))
    off = np.abs(np.minimum(from_y, float(case.info.max)) - true)
    absolute, normal = off / np.maximum(1, np.abs(true)), np.abs(from_x) >= case.info.tiny
    relative = off[normal] / np.abs(true[normal])
    gone = x[(from_x != 0) & (from_y == 0)]
    return Loss(float(np.max(absolute)), float(np.max(relative)), nearest(gone))


def nearest(x: np.ndarray) -> list[float]:
    """Of either sign the input of least size."""
    sides = (x[x < 0], x[x > 0])
    return [float(side[np.argmin(np.abs(side))]) for side in sides if side.size]


def cells(case: Case) -> list[str]:
    """The three cells of a dtype."""
    found = loss(case)
    if found is None:
        return ["exact", "", ""]
    beyond = ", ".join(f"{x:.3g}" for x in found.vanishes)
    return [f"{found.absolute:.2g}", f"{found.relative:.2g}", beyond]


def rows() -> Iterator[str]:
    """The rows of the table."""
    for f in fa.activations.values():
        if f.from_output:
            bound: Any = f.declaration.output_loss
            both = [c for dtype in ("float32", "float64") for c in cells(Case(f, dtype))]
            shown = f"{bound:g}" if not isinstance(bound, str) else f"`{bound}`"
            yield "| " + " | ".join([f"`{f.name}`", shown, *both]) + " |\n"


def page() -> str:
    """The text of the page."""
    return HEAD + "".join(rows())


if __name__ == "__main__":
    Path(__file__).with_suffix(".md").write_text(page(), encoding="utf-8")
