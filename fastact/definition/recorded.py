"""The largest errors measured: `ulps.json`, which `fastact verify --write` writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PATH = Path(__file__).parent.parent / "ulps.json"

Record = dict[str, dict[str, dict[str, dict[str, Any]]]]  # dtype, function, variety, what was found


def read(path: Path = PATH) -> Record:
    """What is recorded; nothing if there is no file."""
    if not path.exists():
        return {}
    record: Record = json.loads(path.read_text(encoding="utf-8"))
    return record
