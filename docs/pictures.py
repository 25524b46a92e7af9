"""The picture of each public function on its page.

Activations are drawn by `fastact.cli.figure`, as `fastact plot` does. What has several inputs is
drawn along one of them, with the others held.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

import fastact as fa
from fastact.cli import figure
from fastact.definition.declaration import ORDERS

SIZE = (5.1, 3.8)  # inches: letters can be read on a telephone too, on which it shrinks
X: NDArray[np.float64] = np.linspace(-5.0, 5.0, 401)
# Log-probabilities and rows: the first element moves, the others stand still.
ROWS = np.stack([X, np.zeros_like(X), np.ones_like(X)], axis=-1)
LABELS = np.zeros(X.size, dtype=np.int64)
Curves = Mapping[str, Any]


def shares(f: Any) -> tuple[str, Curves]:
    """The three elements of a result for the row (x, 0, 1)."""
    y = f(ROWS)
    return "x, of the row (x, 0, 1)", {f"element {k}": y[:, k] for k in range(3)}


def samples(f: Any) -> tuple[str, Curves]:
    """The three elements of a softened sample of the row (x, 0, 1), the noise being held."""
    y = np.array([f(row, rng=np.random.default_rng(0)) for row in ROWS])
    return "x, of the row (x, 0, 1), for one draw", {f"element {k}": y[:, k] for k in range(3)}


def total(f: Any) -> tuple[str, Curves]:
    """The result for the row (x, 0, 1), and its derivative by x."""
    slope = f.backward(np.ones_like(X), x=ROWS)[:, 0]
    return "x, of the row (x, 0, 1)", {f.name: f(ROWS), "derivative by x": slope}


def pair(f: Any) -> tuple[str, Curves]:
    """The result for a value of 1, and its derivative by the gate."""
    one = np.ones_like(X)
    slope = f.backward(np.ones((X.size, 1)), x=np.stack([one, X], axis=-1))[:, 1]
    return "gate u, for the value v = 1", {f.name: f.split(X, one), "derivative by u": slope}


def loss(*others: Any, x: Any = X, **options: Any) -> Callable[[Any], tuple[str, Curves]]:
    """The loss of each input, and its derivative by it; targets are 1 where none are given."""
    others = others or (np.ones_like(X),)

    def curves(f: Any) -> tuple[str, Curves]:
        cuts = [slice(k, k + 1) for k in range(X.size)]  # the loss of one sample is its mean too
        pairs = [f.value_and_grad(x[at], *(o[at] for o in others), **options) for at in cuts]
        value, grad = (np.array([np.ravel(p[i])[0] for p in pairs]) for i in range(2))
        return X_OF.get(f.name, "x"), {"loss": value, "derivative by x": grad}

    return curves


X_OF = {
    "softmax_cross_entropy": "x, of the logits (x, 0, 1), where the label is 0",
    "nll": "x, a log-probability, where the label is 0",
    "sigmoid_cross_entropy": "the logit x, where the target is 1",
    "focal": "the logit x, where the target is 1",
    "squared_error": "z, for activation = sigmoid and t = 1",
    "kl_divergence": "x, a log-probability, where the target is 0.5",
}
# By the name of a function that needs other inputs than those of its kind, or by its kind.
CURVES: Mapping[str, Callable[[Any], tuple[str, Curves]]] = {
    "gated": pair,
    "shares": shares,
    "samples": samples,
    "sum": total,
    "loss of labels": loss(LABELS, x=ROWS),
    "loss": loss(),
    "squared_error": loss(activation=fa.sigmoid),
    "kl_divergence": loss(np.full_like(X, 0.5)),
}


def draw(entry: Any, path: Path) -> None:
    """Draw the picture of a function, if it is not there."""
    if path.exists():
        return
    made = Figure(figsize=SIZE, layout="constrained")
    FigureCanvasAgg(made)
    axes = made.subplots()
    if entry.kind == "elementwise":
        params = figure.shown(entry.function, {})
        ends = figure.window([(entry.function, params)])
        figure.one(entry.function, params, ORDERS, ends, axes)
        axes.set(title=figure.named(entry.function, params), xlabel="x")
        figure.legend(made)
    else:
        several(entry, axes)
    figure.save(made, path)


def several(entry: Any, axes: Any) -> None:
    """Draw a function of several inputs along one of them."""
    label, curves = (CURVES.get(entry.name) or CURVES[entry.kind])(entry.function)
    for k, (name, y) in enumerate(curves.items()):
        style = {"color": figure.COLOURS[k], "linestyle": figure.STYLES[k], "lw": 2.0}
        axes.plot(X, y, label=name, **style)
    figure.frame(axes, (X[0], X[-1]), [np.asarray(y) for y in curves.values()])
    axes.set(title=entry.name, xlabel=label)
    axes.legend(frameon=False)


def alt(entry: Any) -> str:
    """What the picture shows, for those who do not see it."""
    if entry.kind == "elementwise":
        return (
            f"{entry.name}(x) solid, its derivative dashed, its second derivative dash-dotted; "
            "a dot is the value at a kink, a circle a limit there, a diamond a root"
        )
    three = entry.kind in {"shares", "samples"}
    of = "the three elements of its result" if three else "its value and derivative"
    return f"{entry.name} for one input that varies: {of}"
