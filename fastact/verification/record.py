"""`ulps.json`: the largest errors measured, which the documentation quotes. They may only fall."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastact.definition.recorded import PATH, Record, read
from fastact.verification.peers import OURS

__all__ = [
    "PATH", "HigherError", "Record", "is_special", "read", "rounded_up", "updated",
    "write_text", "write_whole",
]  # fmt: skip

KEPT = ("max_ulp", "worst", "not_correctly_rounded", "inputs")
DIGITS = 6  # after the point


class HigherError(Exception):
    """An error larger than the recorded one."""


def updated(record: Record, rows: Iterable[Mapping[str, Any]], *, higher: bool) -> Record:
    """Return the record with these measurements, which are rows of `fastact verify --json`.

    What was measured on fewer inputs than the record stands on changes nothing, unless it is worse.
    Errors of other packages stand beside ours, and may rise.

    Raises
    ------
    HigherError
        If an error is larger than the recorded one, and `higher` does not allow it.
    """
    result: Record = json.loads(json.dumps(record))
    raised = []
    for row in rows:
        of_function = result.setdefault(row["dtype"], {}).setdefault(row["function"], {})
        old = of_function.get(row["variety"], {})
        new = {key: row[key] for key in KEPT} | {"max_ulp": rounded_up(row["max_ulp"])}
        if row["package"] != OURS:
            theirs = {"version": version(row["package"]), "wrong_nan": row["wrong_nan"]}
            old.setdefault("peers", {})[row["package"]] = new | theirs
            of_function[row["variety"]] = old
            continue
        if new["max_ulp"] > old.get("max_ulp", math.inf):
            raised.append(
                f"{row['function']} {row['variety']} {row['dtype']} "
                f"from {old['max_ulp']:.6g} to {new['max_ulp']:.6g}"
            )
        if new["max_ulp"] > old.get("max_ulp", -1.0) or new["inputs"] >= old["inputs"]:
            of_function[row["variety"]] = old | new | {"bound": row["bound"]}
    if raised and not higher:
        raise HigherError(f"{len(raised)} would rise: {', '.join(raised)}")
    return result


def rounded_up(error: float) -> float:
    """An error that is not less, without the digits that say nothing."""
    return math.ceil(error * 10**DIGITS) / 10**DIGITS if error < 10**DIGITS else error


def write_whole(path: Path, value: object) -> None:
    """Write a JSON file in one step."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def is_special(path: Path) -> bool:
    """Whether a path is a link, a device or a pipe, in whose place no file must come."""
    return path.is_symlink() or (path.exists() and not path.is_file())


def write_text(path: Path, text: str) -> None:
    """Write a file in one step: aside, then renamed. What is special is written into.

    Nothing here has a finalizer in Python, in which a Ctrl-C would be lost.
    """
    if is_special(path):
        path.write_text(text, encoding="utf-8")
        return
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).chmod(0o644)
    Path(name).replace(path)
