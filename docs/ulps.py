"""Make docs/ulps.md and the table of the README: ``python docs/ulps.py``.

Both show what `fastact verify --write` has recorded in `fastact/ulps.json`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import fastact as fa
from fastact.engine.activation import ORDERS
from fastact.verification import record
from fastact.verification.peers import PLACES

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
PLACE = re.compile(r"(<!-- made by docs/ulps.py -->\n).*?(<!-- end -->)", re.DOTALL)
WIDTHS = {"float16": 16, "float32": 32, "float64": 64}
DIGITS = 3  # of an error, which is rounded up
HEAD = """# The largest errors

In units in the last place of the true value, at the default parameters, subnormal numbers and both
tails included; 0.5 is correctly rounded. `fastact verify --write` has recorded them by formulas
that are not those of the kernels. Where the slope jumps the second derivative is not judged.

The columns at the right have the largest errors of other packages on a sample of the inputs; their
derivatives are what their own differentiation gives, and at a kink they may be any. Measured were
{versions}.

This page is made by `python docs/ulps.py`.
"""


def table(head: list[str], rows: Iterator[list[str]]) -> Iterator[str]:
    """The lines of a table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def shown(error: float) -> str:
    """An error, rounded up."""
    if error == 0:
        return "0"
    unit = 10.0 ** (math.floor(math.log10(error)) - DIGITS + 1)
    up = min(math.ceil(error / unit - 2**-20) * unit, 0.5 if error <= 0.5 else math.inf)
    return f"{up:.{DIGITS}g}"


def inputs(found: Mapping[str, Any], dtype: str) -> str:
    """On how many inputs something was measured."""
    return f"all 2^{WIDTHS[dtype]}" if everything(found, dtype) else f"{found['inputs']:,}"


def everything(found: Mapping[str, Any], dtype: str) -> bool:
    """Whether those are all, or all but the few where the second derivative jumps."""
    return bool(found["inputs"] >= 2 ** WIDTHS[dtype] - 2**7)


def theirs(found: Mapping[str, Any], package: str) -> str:
    """The error of another package, or nothing."""
    peer = found.get("peers", {}).get(package)
    return "" if peer is None else shown(peer["max_ulp"])


def line(name: str, variety: str, dtype: str, found: Mapping[str, Any]) -> list[str]:
    """A row of a large table."""
    share = found["not_correctly_rounded"] / found["inputs"]
    return [
        f"`{name}`",
        variety.replace("_", " "),
        shown(found["max_ulp"]),
        f"{found['bound']:g}",
        f"`{found['worst']}`",
        f"{share:.2%}" if share else "0",
        inputs(found, dtype),
        *(theirs(found, package) for package in PLACES),
    ]


def versions(recorded: record.Record) -> str:
    """Which versions of other packages were measured."""
    met = {
        (package, peer["version"])
        for functions in recorded.values()
        for varieties in functions.values()
        for found in varieties.values()
        for package, peer in found.get("peers", {}).items()
    }
    return ", ".join(f"{package} {version}" for package, version in sorted(met)) or "none yet"


def page(recorded: record.Record) -> str:
    """The text of the page."""
    lines = [HEAD.format(versions=versions(recorded))]
    head = ["function", "of", "error", "bound", "at", "not rounded correctly", "inputs", *PLACES]
    for dtype, functions in recorded.items():
        rows = (
            line(name, variety, dtype, functions[name][variety])
            for name in fa.activations
            for variety in ORDERS
            if variety in functions.get(name, {})
        )
        lines += [f"## {dtype}\n", *table(head, rows), ""]
    return "\n".join(lines)


# ---------------------------------------------------------------- the README
SHORT = ("float32", "float64")


def summary(recorded: record.Record) -> str:
    """The table of the README: of each function the value, then the derivative."""
    packages = [package for package in PLACES if package in versions(recorded)]
    head = ["", *SHORT, *(f"{package} float32" for package in packages)]
    rows = (
        [
            f"`{name}`",
            *(both(recorded, dtype, name) for dtype in SHORT),
            *(both(recorded, "float32", name, package) for package in packages),
        ]
        for name in fa.activations
    )
    return "\n".join([*table(head, rows), "", *map(base, SHORT, [recorded] * len(SHORT))])


def both(recorded: record.Record, dtype: str, name: str, package: str = "") -> str:
    """The errors of the value and of the derivative."""
    found = [recorded[dtype][name][variety] for variety in ORDERS[:2]]
    if package:
        return " · ".join(filter(None, (theirs(each, package) for each in found)))
    return " · ".join(shown(each["max_ulp"]) for each in found)


def base(dtype: str, recorded: record.Record) -> str:
    """On what the numbers of a dtype stand."""
    found = [each for f in recorded[dtype].values() for v, each in f.items() if v in ORDERS[:2]]
    if all(everything(each, dtype) for each in found):
        return f"{dtype}: on all 2^{WIDTHS[dtype]} inputs. "
    least = min(each["inputs"] for each in found)
    return f"{dtype}: on {least:,} inputs of each function at least. "


def readme(text: str, recorded: record.Record) -> str:
    """The README with the table in its place."""
    return PLACE.sub(lambda found: f"{found[1]}\n{summary(recorded)}\n\n{found[2]}", text)


def main() -> None:
    """Write the page and the table of the README."""
    recorded = record.read()
    (HERE / "ulps.md").write_text(page(recorded), encoding="utf-8")
    README.write_text(readme(README.read_text(encoding="utf-8"), recorded), encoding="utf-8")


if __name__ == "__main__":
    main()
