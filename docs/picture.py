"""Draw docs/tails.png, the picture of the README: ``python docs/picture.py`` (needs matplotlib)."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np

import fastact as fa

mpl.use("Agg")
import matplotlib.pyplot as plt

GREY, RED, BLUE = "0.75", "#d1495b", "#00798c"


def usual(f: fa.Activation, x: np.ndarray) -> np.ndarray:
    """The derivative from the output, as it is usually written."""
    return np.asarray(f.backward(np.ones_like(x), y=f(x)))


def draw(axes: plt.Axes, f: fa.Activation, title: str, end: float) -> None:
    """The derivative of `f` on a logarithmic scale: true, from the output, and from the input."""
    x = np.linspace(0, end, 1200, dtype=np.float32)
    true = np.asarray(f.derivative(x.astype(np.float64)))
    axes.semilogy(x, true, color=GREY, lw=7, label="true")
    axes.semilogy(x, f.derivative(x), color=BLUE, lw=1.5, label=f"float32, fa.{f.name}.derivative")
    kept = usual(f, x) > 0
    axes.semilogy(x[kept], usual(f, x)[kept], color=RED, lw=4, label=f"float32, {title}")
    last = x[kept][-1]
    place, arrow = (last + 0.06 * x[-1], 1e-4), {"arrowstyle": "->", "color": RED}
    axes.annotate(f"0 beyond x = {last:.0f}", (last, 1e-7), place, color=RED, arrowprops=arrow)
    axes.set(title=f"derivative of {f.name}", xlabel="x", ylim=(1e-46, 5), xlim=(0, x[-1]))
    axes.grid(alpha=0.25)
    axes.legend(loc="lower left", frameon=False)


def main() -> None:
    """Draw the picture."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    draw(left, fa.sigmoid, "y (1 - y)", 110)
    draw(right, fa.tanh, "1 - y²", 60)
    figure.savefig(Path(__file__).with_name("tails.png"), dpi=110)


if __name__ == "__main__":
    main()
