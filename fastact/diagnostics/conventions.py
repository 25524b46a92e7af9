"""`fastact.diagnostics.conventions`: what calculus leaves open, here and in other packages.

Everything comes from the declarations of the activations: the derivatives at kinks, and the
defaults and derivatives that other packages chose differently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fastact.definition.declaration import evaluate
from fastact.elementwise import activations


class Convention(NamedTuple):
    """One choice: of which function, what is chosen, what it is here, and what elsewhere."""

    function: str
    what: str
    ours: str
    elsewhere: Mapping[str, str]  # by package, where it differs

    def cells(self) -> list[str]:
        """The texts of a row of the table."""
        others = ", ".join(f"{package} {value}" for package, value in self.elsewhere.items())
        return [self.function, self.what, self.ours, others]


SHORT = 12  # characters: longer expressions are shown by their value for the defaults
HEAD = ["function", "what", "here", "elsewhere"]


class Conventions(tuple[Convention, ...]):
    """The conventions in the order of the catalogue; as text, a table."""

    __slots__ = ()

    def rows(self) -> list[list[str]]:
        """The texts of the table with their headings."""
        return [HEAD, *(convention.cells() for convention in self)]

    def __repr__(self) -> str:
        rows = self.rows()
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        return "\n".join(lines)

    def markdown(self) -> str:
        """The table in Markdown."""
        head, *rows = ([cell.replace("|", r"\|") for cell in row] for row in self.rows())
        lines = [head, ["---"] * len(head), *rows]
        return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def conventions() -> Conventions:
    """List what is chosen where calculus leaves it open, and what other packages chose.

    Returns
    -------
    Conventions
        A tuple of `Convention`: the derivative of each function at each of its kinks, and each
        default of a parameter that is another elsewhere. As text it is a table; its method
        ``markdown()`` gives the table of the documentation.

    Examples
    --------
    >>> import fastact as fa
    >>> next(c for c in fa.conventions() if c.function == "relu")[:3]
    ('relu', 'derivative at x = 0', '0')
    """
    return Conventions(row for f in activations.values() for row in of(f))


def of(f: Any) -> Iterator[Convention]:
    """The conventions of one activation."""
    for p in f.params:
        if p.elsewhere:
            yield Convention(f.name, f"default of {p.name}", text(p.default), texts(p.elsewhere))
    usual = {p.name: p.typical for p in f.params}
    for kink in f.kinks:
        at = kink.at if len(str(kink.at)) <= SHORT else float(evaluate(kink.at, usual))
        where = f"derivative at x = {text(at)}"
        yield Convention(f.name, where, text(kink.derivative), texts(kink.elsewhere))


def texts(elsewhere: Mapping[str, Any]) -> dict[str, str]:
    """The values of other packages as text."""
    return {package: text(value) for package, value in elsewhere.items()}


def text(value: float | str | None) -> str:
    """A field of a declaration as people write it."""
    return value if isinstance(value, str) else "none" if value is None else f"{value:g}"
