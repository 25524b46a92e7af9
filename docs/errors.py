"""Draw docs/errors.png, errors in ulp beside other packages: ``python docs/errors.py``.

Needs matplotlib; what is installed of PyTorch, JAX and SciPy is drawn too.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import fastact as fa
from fastact.cli.figure import COLOURS, save
from fastact.verification.judge import Case, errors
from fastact.verification.peers import OURS, PLACES, calls
from fastact.verification.sample import special_points

SHOWN = [("gelu", "forward"), ("silu", "forward"), ("mish", "forward"), ("sigmoid", "derivative")]
DTYPE = "float32"
REACH, LINEAR = 1000.0, 2.0  # of the x axis, and up to where it is even
COLUMNS, EACH = 360, 250  # bins of the x axis, and inputs in each: the largest error is drawn
LEAST, MOST = 0.1, 1e8  # ulp
MARKS = dict(zip((OURS, *PLACES), "_ox+", strict=True))


def bins() -> np.ndarray:
    """The edges of the bins, evenly on the axis."""
    end = np.arcsinh(REACH / LINEAR)
    return np.asarray(LINEAR * np.sinh(np.linspace(-end, end, COLUMNS + 1)))


def inputs(case: Case) -> np.ndarray:
    """Random inputs of every bin, and the special points of the function."""
    edges, rng = bins(), np.random.default_rng(0)
    x = edges[:-1, None] + np.diff(edges)[:, None] * rng.random((COLUMNS, EACH))
    special = special_points(case)
    return np.concatenate([x.ravel().astype(DTYPE), special[np.abs(special) < REACH]])


def worst(x: np.ndarray, error: np.ndarray) -> np.ndarray:
    """The largest error in each bin."""
    column = np.clip(np.searchsorted(bins(), x.astype(float), side="right") - 1, 0, COLUMNS - 1)
    found = np.zeros(COLUMNS)
    np.maximum.at(found, column, error)
    return np.clip(found, LEAST, MOST)


def draw(axes: Axes, name: str, variety: str) -> None:
    """Draw the errors of one function in every package that has it."""
    case = Case(fa.activations[name], DTYPE)
    x, order = inputs(case), int(variety != "forward")
    true = case.true(case.stages.wide, x, order)[order]
    middle = (bins()[1:] + bins()[:-1]) / 2
    axes.axhline(1, color="0.4", lw=0.9, ls="--", zorder=1)
    found = calls(case.f, DTYPE, [variety], tuple(MARKS))
    for (package, _), call in found.items():
        error = worst(x, errors(call(x), true, case.stages.wide, DTYPE))
        colour = COLOURS[list(MARKS).index(package)]
        label = f"{package}: {float(f'{error.max():.2g}'):,.10g}"
        style = {"lw": 2.2, "zorder": 4} if package == OURS else {
            "ls": "none", "marker": MARKS[package], "ms": 3.2, "alpha": 0.75, "mew": 0.9
        }  # fmt: skip
        axes.plot(middle, error, color=colour, label=label, **style)
    axes.set_title(name + "′" * order, loc="left", fontsize="medium")
    axes.set_xscale("asinh", linear_width=LINEAR)
    axes.set_yscale("log")
    ticks = [-1000, -100, -10, -3, 0, 3, 10, 100, 1000]
    axes.set_xticks(ticks, [f"{t:g}".replace("-", "−") for t in ticks])
    axes.set(xlim=(-REACH, REACH), ylim=(LEAST / 1.4, MOST))
    axes.grid(alpha=0.2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(
        frameon=False, fontsize="small", loc="lower right", bbox_to_anchor=(1.01, 0.99), ncols=4,
        columnspacing=1.2, handlelength=1.4, handletextpad=0.5,
    )  # fmt: skip


def main() -> None:
    """Draw the picture."""
    made = Figure(figsize=(10, 6), layout="constrained", dpi=110)
    FigureCanvasAgg(made)
    grid = made.subplots(2, 2, sharex=True, sharey=True)
    for axes, (name, variety) in zip(grid.ravel(), SHOWN, strict=True):
        draw(axes, name, variety)
    made.supylabel("largest error in ulp", fontsize="medium")
    made.supxlabel("x, float32", fontsize="medium")
    save(made, Path(__file__).with_suffix(".png"))


if __name__ == "__main__":
    main()
