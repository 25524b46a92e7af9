"""A Sphinx extension: a ``mermaid`` flowchart of arrows becomes a picture, drawn in layers.

GitHub draws these charts with a script from the network; the site does not need one. Only lines
``a --> b`` are known, which is what `architecture.md` has.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from matplotlib.figure import Figure
from sphinx.util.docutils import SphinxDirective

from fastact.cli import figure

ARROW = re.compile(r"^\s*(\w+) --> (\w+)\s*$", re.MULTILINE)
FOLDER = "charts"
Arrows = list[tuple[str, str]]


def layers(arrows: Arrows) -> dict[str, int]:
    """How far each name is from the bottom, by the longest way."""
    below: dict[str, set[str]] = {name: set() for arrow in arrows for name in arrow}
    for start, end in arrows:
        below[start].add(end)

    def depth(name: str) -> int:
        return 1 + max(map(depth, below[name]), default=-1)

    return {name: depth(name) for name in below}


def places(arrows: Arrows) -> dict[str, tuple[float, float]]:
    """Where each name stands: the names of a layer side by side, each other layer shifted."""
    heights = layers(arrows)
    found = {}
    for height in sorted(set(heights.values())):
        row = sorted(name for name in heights if heights[name] == height)
        for k, name in enumerate(row):
            shift = 0.6 if height % 2 else -0.6
            found[name] = ((k - (len(row) - 1) / 2) * 2.4 + shift, float(height))
    return found


def drawn(arrows: Arrows) -> Figure:
    """The picture."""
    at = places(arrows)
    made = Figure(figsize=(7, 0.75 * (1 + max(y for _, y in at.values()))), layout="constrained")
    axes = made.subplots()
    box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": figure.COLOURS[0]}
    texts = {
        name: axes.text(x, y, name, ha="center", va="center", fontsize=10, bbox=box)
        for name, (x, y) in at.items()
    }
    xs, ys = zip(*at.values(), strict=True)
    axes.set(xlim=(min(xs) - 1.2, max(xs) + 1.2), ylim=(min(ys) - 0.4, max(ys) + 0.4))
    axes.set_axis_off()
    made.draw_without_rendering()  # only then boxes have places, at which arrows end
    for start, end in arrows:
        boxes = {"patchA": texts[start].get_bbox_patch(), "patchB": texts[end].get_bbox_patch()}
        style = {"arrowstyle": "-|>", "color": "0.45", "shrinkA": 1, "shrinkB": 1}
        axes.annotate("", at[end], at[start], arrowprops=style | boxes, zorder=1)
    return made


class Mermaid(SphinxDirective):
    """The directive."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Draw the chart into a folder that git ignores, and show it."""
        arrows = ARROW.findall("\n".join(self.content))
        name = hashlib.sha256(repr(arrows).encode()).hexdigest()[:12]
        folder = Path(self.env.srcdir) / FOLDER
        folder.mkdir(exist_ok=True)
        figure.save(drawn(arrows), folder / f"{name}.svg")
        words = "; ".join(f"{start} imports {end}" for start, end in arrows)
        return [nodes.image(uri=f"/{FOLDER}/{name}.svg", alt=f"Flowchart: {words}.")]


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx what is here."""
    app.add_directive("mermaid", Mermaid)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
