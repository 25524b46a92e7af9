"""The report: what pytest-benchmark measured and the claims, as Markdown and as JSON."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jinja2

import fastact as fa

SECTIONS = ("functions", "threads_scaling", "startup", "compile")
PACKAGES = ("fastact", "numpy", "numba", "llvmlite", "scipy", "numexpr", "torch", "jax")
UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def seconds(value: float) -> str:
    """Return a time with three digits and the unit that suits it."""
    scale, unit = next((pair for pair in UNITS if value >= pair[0]), UNITS[-1])
    return f"{value / scale:.3g} {unit}"


def versions() -> dict[str, str]:
    """Return the versions of the packages that are installed."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def grouped(benchmarks: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return, for each section, its runners and a row for each group with the runners' medians."""
    sections: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in SECTIONS}
    for benchmark in benchmarks:
        info = dict(benchmark["extra_info"])
        section, runner = info.pop("section"), info.pop("runner")
        rows = sections[section]
        row = rows.setdefault(benchmark["group"], {"group": benchmark["group"], **info})
        row.setdefault("seconds", {})[runner] = benchmark["stats"]["median"]
    for rows in sections.values():
        for row in rows.values():
            reference = next(iter(row["seconds"].values()))
            row["ratio"] = {name: value / reference for name, value in row["seconds"].items()}
    return {
        section: {
            "runners": list(
                dict.fromkeys(name for row in rows.values() for name in row["seconds"])
            ),
            "rows": list(rows.values()),
        }
        for section, rows in sections.items()
    }


def build(measured: Path, claims: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the report as data, from pytest-benchmark's JSON file and the claims."""
    found = json.loads(measured.read_text())
    machine = found["machine_info"]
    return {
        "date": found["datetime"],
        "cpu": machine["cpu"].get("brand_raw", machine["processor"]),
        "system": f"{machine['system']} {machine['release']}, Python {machine['python_version']}",
        "threads": fa.get_num_threads(),
        "versions": versions(),
        "claims": claims,
        **grouped(found["benchmarks"]),
    }


def write(report: dict[str, Any], folder: Path) -> None:
    """Write report.json and report.md."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=False,  # noqa: S701 (Markdown, of our own numbers)
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["seconds"] = seconds
    text = environment.get_template("report.md.j2").render(report=report)
    (folder / "report.json").write_text(json.dumps(report, indent=1))
    (folder / "report.md").write_text(text)
