"""Write the list of functions in the README: ``python docs/contents.py``; the site has its groups.

The groups are those of the catalogue, in its order: of activations the families, which are modules.
"""

from __future__ import annotations

import re
from pathlib import Path

import gallery

from fastact.catalogue import Entry, catalogue

README = Path(__file__).resolve().parents[1] / "README.md"
PLACE = re.compile(r"(<!-- made by docs/contents.py -->\n).*?(<!-- end -->)", re.DOTALL)
KINDS = {
    "gated": "Gated pairs",
    "shares": "Along an axis",
    "samples": "Along an axis",
    "sum": "Along an axis",
    "loss": "Losses with their gradients",
    "loss of labels": "Losses with their gradients",
}


def groups() -> dict[str, list[Entry]]:
    """All functions by the heading under which they are listed."""
    families = {f.name: family for family, fs in gallery.families().items() for f in fs}
    found: dict[str, list[Entry]] = {}
    for name, entry in catalogue.items():
        heading = families[name].capitalize() if name in families else KINDS[entry.kind]
        found.setdefault(heading, []).append(entry)
    return found


def listed() -> str:
    """The table of the README."""
    rows = (
        f"| {heading.lower()} | {' '.join(f'`{entry.name}`' for entry in entries)} |"
        for heading, entries in groups().items()
    )
    return "\n".join(["| | |", "|---|---|", *rows])


def readme(text: str) -> str:
    """The README with the list in its place."""
    return PLACE.sub(lambda found: f"{found[1]}\n{listed()}\n\n{found[2]}", text)


if __name__ == "__main__":
    README.write_text(readme(README.read_text(encoding="utf-8")), encoding="utf-8")
