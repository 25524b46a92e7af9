"""Make docs/conventions.md: ``python docs/conventions.py``."""

from __future__ import annotations

from pathlib import Path

import fastact as fa

HEAD = """# Conventions

What calculus leaves open is declared with each function, tested, and listed here: the derivative at
each kink, and the defaults and derivatives that other packages chose differently. In Python the
same table is `fa.conventions()`. This page is made by `python docs/conventions.py`.

"""


def page() -> str:
    """The text of the page."""
    return HEAD + fa.conventions().markdown()


if __name__ == "__main__":
    Path(__file__).with_suffix(".md").write_text(page(), encoding="utf-8")
