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
from fastact.definition.declaration import ORDERS
from fastact.definition.recorded import shown
from fastact.rowwise.logsumexp import LEAST
from fastact.verification import record
from fastact.verification.peers import PLACES
from fastact.verification.rows import JUDGED, LENGTHS, VARIETIES

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
PLACE = re.compile(r"(<!-- made by docs/ulps.py -->\n).*?(<!-- end -->)", re.DOTALL)
WIDTHS = {"float16": 16, "float32": 32, "float64": 64}
HEAD = """# The largest errors

In units in the last place of the true value, at the default parameters, subnormal numbers and both
tails included; 0.5 is correctly rounded. `fastact verify --write` has recorded them by formulas
that are not those of the kernels. Where the slope jumps the second derivative is not judged.

The columns at the right have the largest errors of other packages on a sample of the inputs; their
derivatives are what their own differentiation gives, and at a kink they may be any. Measured were
{versions}.

This page is made by `python docs/ulps.py`.
"""
ALONG = f"""## Along an axis

On drawn rows of 1 to {LENGTHS[-1]:,} elements, along the last axis and along the first, with ties,
infinite elements and rows without mass; `fastact/verification/rows.py` makes them under the names
given here. The sum is how far the elements of a result are from a sum of 1, in ulp of 1. Of
`logsumexp` results nearer to 0 than 2^{math.log2(LEAST):.0f} have the ulp of that.
"""


def table(head: list[str], rows: Iterator[list[str]]) -> Iterator[str]:
    """The lines of a table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


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
    head = [*head[:2], "dtype", *head[2:]]
    return "\n".join([*lines, ALONG, *table(head, map(line_of_rows, along(recorded))), ""])


Along = tuple[str, str, str, Mapping[str, Any]]


def along(recorded: record.Record) -> list[Along]:
    """What is recorded along an axis: function, dtype, variety and what was found."""
    return [
        (name, dtype, variety, functions[name][variety])
        for name in JUDGED
        for dtype, functions in recorded.items()
        for variety in VARIETIES
        if variety in functions.get(name, {})
    ]


def line_of_rows(what: Along) -> list[str]:
    """A row of the table of functions along an axis."""
    name, dtype, variety, found = what
    words = line(name, variety, dtype, found)
    return [*words[:2], dtype, *words[2:6], f"{found['inputs']:,}", *words[7:]]


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
    notes = [*map(base, SHORT, [recorded] * len(SHORT)), base_of_rows(recorded)]
    short = table(["along an axis", *head[1:]], summary_of_rows(recorded, packages))
    return "\n".join([*table(head, rows), "", *short, "", *notes])


def summary_of_rows(recorded: record.Record, packages: list[str]) -> Iterator[list[str]]:
    """Along an axis: of each function the result, and how far its elements are from a sum of 1."""
    found = {(name, variety, dtype): each for name, dtype, variety, each in along(recorded)}
    for name, variety in dict.fromkeys(key[:2] for key in found):
        ours = [found.get((name, variety, dtype)) for dtype in SHORT]
        others = found.get((name, variety, "float32"), {})
        yield [
            f"`{name}`" if variety == "forward" else f"its {variety}",
            *("" if each is None else shown(each["max_ulp"]) for each in ours),
            *(theirs(others, package) for package in packages),
        ]


def base_of_rows(recorded: record.Record) -> str:
    """On what the numbers along an axis stand."""
    least = min((each["inputs"] for *_, each in along(recorded)), default=0)
    return f"Along an axis: on {least:,} results at least, in rows of 1 to {LENGTHS[-1]:,}. "


def both(recorded: record.Record, dtype: str, name: str, package: str = "") -> str:
    """The errors of the value and of the derivative."""
    found = [recorded[dtype][name][variety] for variety in ORDERS[:2]]
    if package:
        return " · ".join(filter(None, (theirs(each, package) for each in found)))
    return " · ".join(shown(each["max_ulp"]) for each in found)


def base(dtype: str, recorded: record.Record) -> str:
    """On what the numbers of a dtype stand."""
    found = [recorded[dtype][name][variety] for name in fa.activations for variety in ORDERS[:2]]
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
