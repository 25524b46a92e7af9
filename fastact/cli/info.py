"""`fastact info`: what this installation is and where it keeps compiled code."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Annotated, Any

import typer
from rich.filesize import decimal
from rich.table import Table

import fastact as fa
from fastact.cli.report import console, line, table, write_json
from fastact.native import loop_registry, store, threads

PACKAGES = ("numpy", "numba", "llvmlite")
# The widest vectors that the processor has: LLVM's name of the feature, and what people call it.
VECTORS = {
    "avx512f": "AVX-512",
    "avx2": "AVX2",
    "avx": "AVX",
    "sse2": "SSE2",
    "sve2": "SVE2",
    "sve": "SVE",
    "neon": "NEON",
}


def info(
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
) -> None:
    """Show versions, processor, threads, and where compiled code is kept and what is in it."""
    found = {
        "versions": {
            "fastact": fa.__version__,
            "python": platform.python_version(),
            **{package: version(package) for package in PACKAGES},
        },
        "cpu": _cpu(),
        "threads": threads.stats(),
        "store": _store(),
    }
    if as_json:
        write_json(found)
    else:
        _show(found)


def _cpu() -> dict[str, str | None]:
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    vectors = (name for feature, name in VECTORS.items() if features.get(feature))
    return {"name": binding.get_host_cpu_name(), "vectors": next(vectors, None)}


def _store() -> dict[str, Any]:
    problem = store.problem(store.configured())
    functions = {loop.name: loop.function for loop in loop_registry.loops()}
    kept: dict[str, dict[str, Any]] = {}
    for entry in store.entries():
        row = kept.setdefault(
            functions.get(entry.name, entry.name), {"loops": 0, "dtypes": [], "bytes": 0}
        )
        row["loops"] += 1
        row["bytes"] += entry.size
        row["dtypes"] = sorted({*row["dtypes"], entry.dtype})
    return {
        "directory": str(store.configured() or "") or None,
        "usable": problem is None,
        "problem": problem,
        "loops": sum(row["loops"] for row in kept.values()),
        "bytes": sum(row["bytes"] for row in kept.values()),
        "functions": kept,
    }


def _show(found: dict[str, Any]) -> None:
    kept, limit, out = found["store"], found["threads"], console()
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    out.print(line("Versions", versions))
    vectors = found["cpu"]["vectors"] or "none"
    out.print(line("Processor", f"{found['cpu']['name']}, vectors {vectors}"))
    out.print(line("Threads", f"{limit['threads']} ({limit['source']})"))
    if not kept["usable"]:
        out.print(line("Compiled code", f"is not kept: {kept['problem']}"))
        return
    size = decimal(kept["bytes"])
    out.print(line("Compiled code", f"{kept['directory']}: {kept['loops']} loops, {size}"))
    if kept["loops"]:
        out.print()
        out.print(_by_function(kept["functions"]))


def _by_function(functions: dict[str, dict[str, Any]]) -> Table:
    rows = table("Function", "Dtypes", "loops", "size", left=2)
    for name, row in functions.items():
        rows.add_row(name, " ".join(row["dtypes"]), str(row["loops"]), decimal(row["bytes"]))
    return rows
