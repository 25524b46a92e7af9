"""A run as one HTML page that needs nothing else: data, style, charts and script are in it."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from fastact.benchmarks.summary import Data, left_out, name_of, noise, not_measured, others

FOLDER = files("fastact.benchmarks") / "page"
DIGITS = 4  # of each number
PARTS = {
    "STYLE": ("uPlot.min.css", "page.css"),
    "CHARTS": ("uPlot.iife.min.js",),
    "SCRIPT": ("page.js",),
}
KEPT = (
    "date", "commit", "command", "processor", "system", "cpus", "threads", "versions", "seconds",
    "peers", "noise", "controls", "bandwidth", "startup", "compile",
)  # fmt: skip


def page(runs: Sequence[Data]) -> str:
    """Return the page of runs in the order of time: it shows the last, and the trend of all."""
    text = (FOLDER / "page.html").read_text(encoding="utf-8")
    for place, names in PARTS.items():
        part = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)
        text = text.replace(f"/*{place}*/", part)
    data = {"run": shortened(runs[-1]), "history": history(runs)}
    # In a script element a < could begin a tag.
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return text.replace("/*DATA*/", written)


def rounded(value: Any) -> Any:
    """Return a number without the digits that say nothing, and None of what is no number."""
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def quartiles(found: Mapping[str, float]) -> list[float]:
    """Return three numbers."""
    return [rounded(found[name]) for name in ("low", "median", "high")]


def shortened(run: Data) -> dict[str, Any]:
    """Return what the page needs of a run."""
    kept = {name: run[name] for name in KEPT}
    kept["bandwidth"] = [[size, rounded(speed)] for size, speed in run["bandwidth"]]
    kept["noise"] = f"{noise(run)}, {others(run)}"
    without = (line.removeprefix("left out: ") for line in left_out(run))
    kept["notes"] = [*not_measured(run), *without]
    return kept | {"cells": [cell_of(cell) for cell in run["cells"]]}


def cell_of(cell: Data) -> dict[str, Any]:
    """Return what the page needs of a cell: of a runner its quartiles and its error."""
    names = ("function", "variety", "dtype", "shape", "threads", "group", "bytes", "left_out")
    kept = {name: cell[name] for name in names} | {"best": cell["best"]}
    kept["runners"] = {
        name: [*quartiles(found), rounded(found["ulp"])] for name, found in cell["runners"].items()
    }
    if cell["best"] is not None:
        kept |= {"ratio": quartiles(cell["ratio"]), "behind": cell["behind"]}
    return kept


def history(runs: Sequence[Data]) -> list[dict[str, Any]]:
    """Return the means of the groups, run by run, over the cells that each run has."""
    ratios = [
        {name_of(c): (c["group"], c["ratio"]["median"]) for c in run["cells"] if c["best"]}
        for run in runs
    ]
    common = set.intersection(*(set(each) for each in ratios))
    found = []
    for run, each in zip(runs, ratios, strict=True):
        groups: dict[str, list[float]] = {}
        for name in each:
            if name in common:
                groups.setdefault(each[name][0], []).append(each[name][1])
        means = {name: rounded(statistics.geometric_mean(v)) for name, v in groups.items()}
        about = {"date": run["date"], "commit": run["commit"]}
        found.append({**about, "version": run["versions"]["fastact"], "means": means})
    return found
