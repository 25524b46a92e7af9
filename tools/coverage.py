"""Print which lines of Python the tests do not run, from what `tox -e coverage` has measured.

    python -m tools.coverage FOLDER

The folder has the data of coverage.py and what `tests/support/compiled.py` wrote beside it. Python
does not run what Numba compiles: lines of such a function that nothing ran as Python are left out,
and the functions are named.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]


class Module(NamedTuple):
    """What was found of a module: numbers of lines, and names of functions."""

    name: str
    lines: int
    missing: list[int]
    kernels: list[str]


def compiled(folder: Path) -> dict[str, dict[int, str]]:
    """What Numba compiled: by file and first line, the name."""
    found: dict[str, dict[int, str]] = {}
    for path in folder.glob("compiled.*.json"):
        for file, line, name in json.loads(path.read_text(encoding="utf-8")):
            found.setdefault(file, {})[line] = name
    return found


def bodies(file: Path, first: dict[int, str]) -> Iterator[tuple[str, range]]:
    """The names and the lines of the functions that begin at these lines."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            above = getattr(node, "decorator_list", [])
            start = min(line.lineno for line in (node, *above))
            if name := first.get(start) or first.get(node.lineno):
                yield name, range(start, (node.end_lineno or start) + 1)


def modules(folder: Path) -> Iterator[Module]:
    """Every module of the package."""
    from coverage import Coverage  # which only `tox -e coverage` has

    measured = Coverage(folder / "data", config_file=str(ROOT / "pyproject.toml"))
    measured.load()
    first = compiled(folder)
    for file in sorted((ROOT / "fastact").rglob("*.py")):
        _, statements, _, missing, _ = measured.analysis2(str(file))
        left, kernels = set(), []
        for name, lines in bodies(file, first.get(str(file), {})):
            if unseen := set(missing).intersection(lines):
                left |= unseen
                kernels.append(name)
        rest = sorted(set(missing) - left)
        name = str(file.relative_to(ROOT))
        yield Module(name, len(statements) - len(left), rest, sorted(set(kernels)))


def runs(lines: list[int]) -> str:
    """Numbers of lines, as ``3-5, 8``."""
    found: list[list[int]] = []
    for line in lines:
        if found and line == found[-1][1] + 1:
            found[-1][1] = line
        else:
            found.append([line, line])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def report(found: list[Module]) -> Iterator[str]:
    """The lines of the report."""
    width = max(len(module.name) for module in found)
    yield f"{'module':{width}} {'lines':>6} {'not run':>8}"
    for module in found:
        row = f"{module.name:{width}} {module.lines:6} {len(module.missing):8}"
        yield f"{row}  {runs(module.missing)}".rstrip()
    lines, missing = sum(m.lines for m in found), sum(len(m.missing) for m in found)
    yield f"{'all':{width}} {lines:6} {missing:8}  {100 * (1 - missing / lines):.1f} % run"
    yield ""
    yield "Left out, because Numba compiles it and Python does not run it:"
    for module in found:
        if module.kernels:
            yield f"{module.name}: {', '.join(module.kernels)}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(report(list(modules(Path(sys.argv[1]))))) + "\n")
