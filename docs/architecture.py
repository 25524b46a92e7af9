"""Make the picture of the folders: ``python docs/architecture.py`` writes it into architecture.md.

The arrows are the imports of the package, lazy ones and those of type checkers among them, as
`grimp` finds them, which import-linter reads too. An arrow that follows from others is left out.
"""

from __future__ import annotations

import re
from pathlib import Path

import grimp

HERE = Path(__file__).parent
PAGE = HERE / "architecture.md"
BLOCK = re.compile(r"(?<=```mermaid\n).*?(?=```)", re.DOTALL)


def imports() -> dict[str, set[str]]:
    """What each folder or module of the package imports of the others."""
    graph = grimp.build_graph("fastact", cache_dir=None)
    found = {name.removeprefix("fastact."): set() for name in graph.find_children("fastact")}
    for name, others in found.items():
        within = {f"fastact.{name}"} | graph.find_descendants(f"fastact.{name}")
        for module in within:
            for other in graph.find_modules_directly_imported_by(module):
                folder = other.split(".")[1] if "." in other else ""
                if folder not in {"", name}:
                    others.add(folder)
    return found


def reached(start: str, arrows: dict[str, set[str]]) -> set[str]:
    """All that a folder imports, directly or through others."""
    direct = arrows[start]
    return direct.union(*(reached(each, arrows) for each in direct))


def picture() -> str:
    """The picture in Mermaid's language."""
    arrows = imports()
    lines = ["flowchart TD"]
    for name in sorted(arrows):
        through = set().union(*(reached(each, arrows) for each in arrows[name]))
        lines += [f"    {name} --> {other}" for other in sorted(arrows[name] - through)]
    return "\n".join(lines) + "\n"


def page() -> str:
    """The page with the picture of today."""
    return BLOCK.sub(lambda _: picture(), PAGE.read_text(encoding="utf-8"), count=1)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
