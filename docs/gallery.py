"""Make the gallery: ``python docs/gallery.py`` writes gallery.md and its pictures.

The pictures are those of ``fastact plot``, a sheet for each family.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import fastact as fa
from fastact.definition.declaration import ORDERS

HERE = Path(__file__).parent
PICTURES = HERE / "gallery"
HEAD = """# The shapes of the derivatives

Each activation of the catalogue (solid), its derivative (dashed) and its second derivative. A dot
is the derivative that holds at a kink, a circle what comes close to it from a side, a diamond a
root. `fastact plot` draws them one by one, side by side, and beside other packages.

This page is made by `python docs/gallery.py`.
"""


def families() -> dict[str, list[fa.Activation]]:
    """The activations by the module that declares them."""

    def module(f: fa.Activation) -> str:
        return str(f.declaration.kernels["forward"].__module__).rpartition(".")[-1]

    found: dict[str, list[fa.Activation]] = {}
    for f in fa.activations.values():
        found.setdefault(module(f), []).append(f)
    return found


def lines() -> Iterator[str]:
    """The lines of the page."""
    yield HEAD
    for family, functions in families().items():
        names = ", ".join(f.name for f in functions)
        yield f"## {family.capitalize()}\n"
        yield f"![{names}](gallery/{family}.png)\n"
        yield "| function | formula | backward from the output |\n|---|---|---|"
        for f in functions:
            formula = f.formula.replace("|", r"\vert ")
            yield f"| `{f.name}` | ${formula}$ | {'yes' if f.from_output else 'no'} |"
        yield ""


def text() -> str:
    """The text of the page."""
    return "\n".join(lines())


def main() -> None:
    """Write the page and the pictures."""
    (HERE / "gallery.md").write_text(text(), encoding="utf-8")
    figure = import_module("fastact.cli.figure")
    PICTURES.mkdir(exist_ok=True)
    for family, functions in families().items():
        curves = [(f, figure.shown(f, {})) for f in functions]
        figure.save(figure.sheet(curves, ORDERS), PICTURES / f"{family}.png")


if __name__ == "__main__":
    main()
