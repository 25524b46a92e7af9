"""Figures of activations: curves, kinks and roots, from the declarations alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

import fastact as fa
from fastact.definition.curves import REACH, Curve, Floats, height, limits, shown, window
from fastact.definition.declaration import ORDERS

__all__ = ["REACH", "Curve", "figure", "limits", "named", "one", "save", "sheet", "shown", "window"]

COLUMNS = 4  # of a sheet
LABEL = 1.7  # inches of a line for each entry of the legend
# Okabe and Ito 2008, "Color Universal Design", without yellow, which is too light on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
STYLES = ("-", "--", "-.", (0, (1, 1.2)))
TITLES = dict(zip(ORDERS, ("f(x)", "f′(x)", "f″(x)"), strict=True))
NAMES = dict(zip(ORDERS, ("function", "derivative", "second derivative"), strict=True))

# The derivative at a kink, what it comes from on each side, and a root.
FULL: dict[str, Any] = {"marker": "o", "markersize": 5, "linestyle": "none", "zorder": 5}
EMPTY: dict[str, Any] = FULL | {"markerfacecolor": "white", "zorder": 4}
ROOT: dict[str, Any] = EMPTY | {"marker": "D", "markersize": 4.5}
PEER: dict[str, Any] = {"color": "0.1", "linestyle": "none", "markersize": 6, "zorder": 6}


def draw(axes: Axes, curve: Curve, ends: tuple[float, float], **style: Any) -> list[Floats]:
    """Draw a curve, its jumps and its roots; return the values of its pieces."""
    drawn: list[Floats] = []
    label, colour = style.pop("label"), style["color"]
    open_ends = []
    for x, y in curve.pieces(ends):
        axes.plot(x, y, label=None if drawn else label, **style)
        open_ends += [(x[0], y[0]), (x[-1], y[-1])] if y.size else []
        drawn.append(y)
    if curve.variety != ORDERS[-1]:
        kinks = np.array(curve.kinks(ends))
        jumps = [p for p in open_ends if np.any(np.abs(p[0] - kinks) < 1e-9 * (1 + abs(p[0])))]
        for at, value in jumps:
            axes.plot(at, value, **EMPTY, color=colour)
        axes.plot(kinks, curve(kinks), **FULL, color=colour)
    roots = np.array(curve.roots(ends))
    axes.plot(roots, np.zeros_like(roots), **ROOT, color=colour)
    return drawn


def frame(axes: Axes, ends: tuple[float, float], values: Sequence[Floats]) -> None:
    """Set the limits of the axes and draw the axes through zero."""
    axes.set(xlim=ends, ylim=limits(values))
    axes.axhline(0, color="0.6", lw=0.8, zorder=0)
    axes.axvline(0, color="0.6", lw=0.8, zorder=0)
    axes.grid(alpha=0.2)
    axes.spines[["top", "right"]].set_visible(False)


Peer = Callable[[Floats], Floats]


def one(
    f: fa.Activation,
    params: Mapping[str, float],
    varieties: Sequence[str],
    ends: tuple[float, float],
    axes: Axes,
) -> None:
    """Draw an activation and its derivatives into one pair of axes, where both can be seen."""
    drawn = {}
    for k, variety in enumerate(ORDERS):
        if variety in varieties:
            style = {"color": COLOURS[k], "linestyle": STYLES[k], "lw": 2.0 - 0.3 * k}
            curve = Curve(f, variety, params)
            drawn[variety] = draw(axes, curve, ends, label=NAMES[variety], **style)
    slopes = np.concatenate(drawn.get("derivative", [np.ones(1)]))
    most = height(Curve(f, "forward", params), slopes, ends)
    frame(axes, ends, [np.clip(y, -most, most) for pieces in drawn.values() for y in pieces])


def figure(
    functions: Sequence[tuple[fa.Activation, Mapping[str, float]]],
    varieties: Sequence[str],
    ends: tuple[float, float],
    peers: Mapping[tuple[str, str], Mapping[str, Peer]],
) -> Figure:
    """Draw activations side by side: one pair of axes for each of the varieties.

    Parameters
    ----------
    functions
        Activations with their parameters.
    varieties
        Of "forward", "derivative" and "second_derivative".
    ends
        Of the x axis.
    peers
        Functions of other packages by (name of the activation, variety), and package.
    """
    made = Figure(figsize=(1.2 + 4.4 * len(varieties), 4.4), layout="constrained", dpi=120)
    FigureCanvasAgg(made)
    x = np.linspace(*ends, 101)
    for axes, variety in zip(np.ravel(made.subplots(1, len(varieties))), varieties, strict=True):
        values = []
        for k, (f, params) in enumerate(functions):
            style = {
                "color": COLOURS[k % len(COLOURS)],
                "linestyle": STYLES[k % len(STYLES)],
                "lw": 1.8,
            }
            values += draw(axes, Curve(f, variety, params), ends, label=named(f, params), **style)
            found = peers.get((f.name, variety), {})
            for n, (package, peer) in enumerate(found.items()):
                style = PEER | {"marker": "x+1"[n], "markevery": (3 * n, 9)}
                axes.plot(x, peer(x), label=package, **style)
        frame(axes, ends, values)
        axes.set(title=TITLES[variety], xlabel="x")
    legend(made)
    return made


def sheet(
    functions: Sequence[tuple[fa.Activation, Mapping[str, float]]],
    varieties: Sequence[str],
    ends: tuple[float, float] | None = None,
) -> Figure:
    """Draw each activation with its derivatives into axes of its own, four in a row."""
    rows = -(-len(functions) // COLUMNS)
    made = Figure(figsize=(3.1 * COLUMNS, 2.4 * rows + 0.5), layout="constrained", dpi=80)
    FigureCanvasAgg(made)
    grid = np.ravel(made.subplots(rows, COLUMNS))
    for axes, (f, params) in zip(grid, functions, strict=False):
        one(f, params, varieties, ends or window([(f, params)]), axes)
        axes.set_title(named(f, params), fontsize="medium")
        axes.tick_params(labelsize="small")
    for axes in grid[len(functions) :]:
        axes.set_axis_off()
    legend(made)
    return made


def legend(made: Figure) -> None:
    """Put one legend under all axes: each label once, then what the marks mean."""
    entries: dict[str, Any] = {}
    for axes in made.axes:
        handles, labels = axes.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    for text, mark in {"value at a kink": FULL, "limit at a kink": EMPTY, "root": ROOT}.items():
        entries[text] = Line2D([], [], color="0.3", **mark)
    made.legend(
        list(entries.values()), list(entries), loc="outside lower center",
        ncols=min(len(entries), 6, int(made.get_figwidth() // LABEL)), frameon=False,
    )  # fmt: skip


def save(made: Figure, path: Path) -> None:
    """Write a figure as PNG or SVG, the same bytes each time."""
    svg = path.suffix.lower() == ".svg"
    with rc_context({"svg.hashsalt": "fastact"}):
        made.savefig(path, metadata={"Date": None} if svg else None)


def named(f: fa.Activation, params: Mapping[str, float]) -> str:
    """Return the name of an activation with the parameters that are given."""
    given = ", ".join(f"{name}={value:g}" for name, value in params.items())
    return f"{f.name}({given})" if given else f.name
