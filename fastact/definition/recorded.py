"""The largest errors measured: `ulps.json`, which `fastact verify --write` writes."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

PATH = Path(__file__).parent.parent / "ulps.json"

DIGITS = 3  # of an error, which is rounded up

Record = dict[str, dict[str, dict[str, dict[str, Any]]]]  # dtype, function, variety, what was found


def read(path: Path = PATH) -> Record:
    """What is recorded; nothing if there is no file."""
    if not path.exists():
        return {}
    record: Record = json.loads(path.read_text(encoding="utf-8"))
    return record


def shown(error: float) -> str:
    """An error, rounded up."""
    if error == 0:
        return "0"
    unit = 10.0 ** (math.floor(math.log10(error)) - DIGITS + 1)
    up = min(math.ceil(error / unit - 2**-20) * unit, 0.5 if error <= 0.5 else math.inf)
    return f"{up:.{DIGITS}g}"
