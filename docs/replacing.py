"""How functions of other packages are called here: the table of a guide, and of each page.

The names are those that `tests/peers/table.py` compares, value by value; the defaults that differ
are `elsewhere` of the declarations. Nothing is listed that no test has compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

import fastact as fa
from tests.peers import table

PACKAGES = {
    "PyTorch": ("torch.{}", table.TORCH),
    "JAX": ("jax.{}", table.JAX),
    "SciPy": ("scipy.special.{}", table.SCIPY),
    "Thinc": ("ops.{}", table.THINC),
    "ONNX": ("{}", table.ONNX),
}


def calls() -> Iterator[tuple[str, str, str, str]]:
    """Our name, the package, the call there and the call here."""
    for package, (form, lines) in PACKAGES.items():
        for line in lines:
            yield line.ours, package, theirs(line, form), ours(line)


def theirs(line: table.Line, form: str) -> str:
    """The call there; a parameter is called as it is here."""
    name = form.format(line.theirs)
    named = [f"{n}={p}" for p, names in line.named.items() for n in names.split()]
    fixed = [f"{name}={value!r}" for name, value in line.options.items()]
    return f"{name}({', '.join(['x', *map(str, line.arrays), *named, *fixed])})"


def ours(line: table.Line) -> str:
    """The call here."""
    known = {p.name for p in fa.activations[line.ours].params}
    used = [*line.named, *(each for each in line.arrays if each in known)]
    fixed = [f"{name}={value!r}" for name, value in line.fixed.items()]
    named = [f"{name}={name}" for name in used]
    return f"fa.{line.ours}({', '.join(['x', *named, *fixed])})"


def defaults(name: str) -> str:
    """The defaults of the parameters, and where they are others."""
    found = {c.what: c for c in fa.conventions() if c.function == name}
    texts = []
    for p in fa.activations[name].params:
        if p.default is not None:
            choice = found.get(f"default of {p.name}")
            others = f" ({choice.cells()[3]})" if choice else ""
            texts.append(f"{p.name}={p.default:g}{others}")
    return ", ".join(texts)


class Table(SphinxDirective):
    """The directive: the table of one package."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict] = {}

    def run(self) -> list[nodes.Node]:
        """Make the table."""
        package = self.arguments[0]
        lines = [".. list-table::", "   :header-rows: 1", "   :align: left", ""]
        lines += ["   * - there", "     - here", "     - defaults here"]
        for name, where, there, here in calls():
            if where == package:
                lines += [f"   * - ``{there}``", f"     - ``{here}``"]
                lines += [f"     - {defaults(name)}".rstrip()]
        return self.parse_text_to_nodes("\n".join(lines))
