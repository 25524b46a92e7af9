"""Make the report on speed: ``python docs/benchmarks.py RUN.json [OLDER.json…]``.

A run is what `fastact bench --json` writes; ``tox -e bench`` does both. Of the newest it makes
docs/benchmarks.md with its pictures, docs/cells.html, which older runs add their trend
to, and the summary in the README.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastact.benchmarks import compare, summary
from fastact.benchmarks.html import page
from fastact.benchmarks.summary import Data, Group

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
PLACE = re.compile(r"(<!-- made by docs/benchmarks.py -->\n).*?(<!-- end -->)", re.DOTALL)
PAGE = HERE / "cells.html"
MEANS, LINES = HERE / "benchmarks.png", HERE / "benchmarks_sizes.png"
BEHIND = 5  # cells that the README names
DRAWN = ("gelu", "tanh", "silu", "softplus", "relu", "mish")  # whose speed is drawn by size
LARGE = 1000  # an error of so many ulp is shown with one digit
HEAD = """# Speed beside other packages

Every cell, a function in a variety, a dtype and a size, was measured by turns with every peer that
computes the same; a peer that did not was left out. A ratio is the time of the best peer over that
of fastact, so that above 1 fastact is faster. A cell is behind if the upper quartile of its ratios
is below 1. <a href="{page}">The page with all cells</a> sorts and filters them, and shows the speed
of every function against the size, and the errors.

{machine}. Noise: {noise}, but for the noisiest tenth of the cells; {others}. Measured by
`{command}` on {date}{commit}; versions: {versions}.

This page is made by `python docs/benchmarks.py`.
"""


def table(head: list[str], rows: Iterator[list[str]]) -> Iterator[str]:
    """The lines of a table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def means(found: list[Group]) -> Iterator[str]:
    """The table of the groups."""
    rows = (
        [group.name, str(len(group.cells)), f"{group.mean:.2f}", str(len(group.behind))]
        for group in found
    )
    return table(["group", "cells", "best peer / fastact, geometric mean", "behind"], rows)


def ulp(error: float | None) -> str:
    """An error in ulp."""
    if error is None:
        return "–"
    return f"{error:.0e}" if error >= LARGE else f"{float(f'{error:.2g}'):g}"


def behind(cells: list[Data]) -> Iterator[str]:
    """The table of cells, with the errors of both."""
    head = ["cell", "best peer", "peer / fastact", "ulp, peer", "ulp, fastact"]
    return table(head, map(row, cells))


def row(cell: Data) -> list[str]:
    """A cell's line."""
    r, runners = cell["ratio"], cell["runners"]
    return [
        summary.name_of(cell),
        cell["best"],
        f"{r['median']:.2f} ({r['low']:.2f} to {r['high']:.2f})",
        ulp(runners[cell["best"]]["ulp"]),
        ulp(runners["fastact"]["ulp"]),
    ]


def worst(found: list[Group]) -> list[Data]:
    """The cells that are behind, the worst first; if there are none, those that come nearest."""
    every = sorted((c for g in found for c in g.cells), key=lambda cell: cell["ratio"]["median"])
    return [cell for cell in every if cell["behind"]] or every[:BEHIND]


def draw_means(found: list[Group]) -> None:
    """Draw the ratios of all cells of each group, and the means."""
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 0.5 + 0.42 * len(found)), layout="constrained")
    for y, group in enumerate(reversed(found)):
        ratios = [cell["ratio"]["median"] for cell in group.cells]
        axes.plot(ratios, [y] * len(ratios), "|", color="#0072b2", alpha=0.5, markersize=11)
        axes.plot(group.mean, y, "D", color="#d55e00", markersize=7)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_yticks(range(len(found)), [group.name for group in reversed(found)])
    axes.set_xlabel("time of the best peer / fastact (right of the line fastact is faster); ◆ mean")
    axes.grid(axis="x", alpha=0.3)
    figure.savefig(MEANS, dpi=110, metadata={"Software": None})
    plt.close(figure)


def draw_sizes(data: Data) -> None:
    """Draw the speed of some functions against the size, with all peers."""
    from matplotlib import pyplot as plt

    figure, every = plt.subplots(2, 3, figsize=(11, 6.5), sharex=True, layout="constrained")
    styles = styles_of(data["peers"])
    for axes, name in zip(every.flat, DRAWN, strict=True):
        cells = [cell for cell in data["cells"] if key(cell) == (name, "forward", "float32", 0)]
        for runner, style in styles.items():
            points = sorted(speeds(cells, runner))
            if points:
                x, low, middle, high = zip(*points, strict=True)
                bars = [[m - a for a, m in zip(low, middle, strict=True)],
                        [b - m for b, m in zip(high, middle, strict=True)]]  # fmt: skip
                axes.errorbar(x, middle, bars, label=runner, capsize=2, **style)
        axes.set(title=f"{name} float32", xscale="log", yscale="log")
        sizes = sorted({cell["shape"][0] for cell in cells})
        axes.set_xticks(sizes, [binary(size) for size in sizes])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    for axes in every[-1]:
        axes.set_xlabel("elements")
    figure.supylabel("million elements a second: higher is faster", fontsize="medium")
    named = [axes.get_legend_handles_labels() for axes in every.flat]
    handles = {label: h for pair in named for h, label in zip(*pair, strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=7)
    figure.savefig(LINES, dpi=110, metadata={"Software": None})
    plt.close(figure)


def binary(size: int) -> str:
    """A number of elements, short."""
    powers = ((2**20, " Mi"), (2**10, " Ki"))
    return next((f"{size // n}{name}" for n, name in powers if size % n == 0), str(size))


def key(cell: Data) -> tuple[str, str, str, int]:
    """What the cells of a line have in common."""
    return cell["function"], cell["variety"], cell["dtype"], cell["threads"]


def styles_of(peers: list[str]) -> dict[str, dict[str, Any]]:
    """How each runner is drawn: colours that all people tell apart, with dashes and markers."""
    colours = ("#0072b2", "#b36b00", "#007a5a", "#b0518c", "#c14a00", "#56b4e9")
    dashes, markers = ("-", "--", ":"), "osD^vx"
    styles: dict[str, dict[str, Any]] = {
        name: {
            "color": colours[i % len(colours)],
            "linestyle": dashes[i // len(colours) % len(dashes)],
            "marker": markers[i % len(markers)],
            "markersize": 4,
        }
        for i, name in enumerate(peers)
    }
    return {"fastact": {"color": "black", "linewidth": 2.5, "marker": "o"}} | styles


def speeds(cells: list[Data], runner: str) -> Iterator[tuple[float, float, float, float]]:
    """The size and the quartiles of the speed, in million elements a second."""
    for cell in cells:
        if found := cell["runners"].get(runner):
            size = cell["shape"][0]
            low, middle, high = (size / found[q] / 1e6 for q in ("high", "median", "low"))
            yield size, low, middle, high


def text(data: Data, found: list[Group]) -> str:
    """The Markdown page."""
    about = HEAD.format(
        page=PAGE.name,
        machine=f"{data['processor']}, {data['threads']} threads, {data['system']}",
        noise=summary.noise(data),
        others=summary.others(data),
        command=data["command"],
        date=data["date"][:10],
        commit=f", commit {data['commit']}" if data["commit"] else "",
        versions=", ".join(f"{name} {version}" for name, version in data["versions"].items()),
    )
    cells = worst(found)
    count = sum(len(group.behind) for group in found)
    first = f"{count} cells, the worst first." if count else "None is; these come nearest."
    starts = ([name, summary.seconds(s["median"])] for name, s in data["startup"].items())
    return "\n".join(
        [
            about,
            *means(found),
            "",
            f"![The ratios of all cells, by group]({MEANS.name})",
            "",
            f"![Speed against size of {', '.join(DRAWN)}, with all peers]({LINES.name})",
            "",
            "## Where it is behind",
            "",
            first,
            "",
            *behind(cells),
            "",
            "## Starting",
            "",
            *table(["process, from start to exit", "median"], starts),
            "",
            *(f"{line[0].upper()}{line[1:]}." for line in summary.compiling(data)),
            "",
            "## Left out",
            "",
            *([f"- {line}" for line in summary.left_out(data)] or ["Nothing."]),
            "",
        ]
    )


def part_of_readme(data: Data, found: list[Group]) -> str:
    """The summary: the groups, the cells that are behind, and a picture."""
    count, all_cells = sum(len(g.behind) for g in found), sum(len(g.cells) for g in found)
    return "\n".join(
        [
            "",
            *means(found),
            "",
            f"![The ratios of all cells, by group](docs/{MEANS.name})",
            "",
            f"{count} of {all_cells} cells are behind. The worst are:",
            "",
            *behind(worst(found)[:BEHIND]),
            "",
            f"{data['processor']}, {data['threads']} threads, {data['date'][:10]}.",
            "",
            "",
        ]
    )


def main(files: list[str]) -> None:
    """Write all of it."""
    if not files:
        sys.exit("docs/benchmarks.py needs a file of `fastact bench --json`")
    runs = [compare.read(Path(file)) for file in files]
    runs.sort(key=lambda run: run["date"])
    found = summary.groups(runs[-1])
    PAGE.write_text(page(runs), encoding="utf-8")
    draw_means(found)
    draw_sizes(runs[-1])
    (HERE / "benchmarks.md").write_text(text(runs[-1], found), encoding="utf-8")
    readme = README.read_text(encoding="utf-8")
    made = part_of_readme(runs[-1], found)
    README.write_text(PLACE.sub(lambda m: m[1] + made + m[2], readme), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
