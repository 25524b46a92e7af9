"""What a function costs on its very first use, before the store has it: the time to compile it.

Measured once for each loop, in the order of the documentation: what an earlier loop has compiled, a
later one of the same process reuses.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from fastact.native import loop_registry


@pytest.fixture(scope="module", autouse=True)
def _compiler() -> None:
    """Importing the compiler is start-up, which test_startup.py measures."""
    importlib.import_module("numba")


@pytest.mark.parametrize(
    "loop",
    [loop for loop in loop_registry.loops() if loop.name == loop.function],
    ids=lambda loop: f"{loop.name}-{loop.dtype}",
)
def test_compile(
    benchmark: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, loop: loop_registry.LoopSpec
) -> None:
    monkeypatch.setenv("FASTACT_CACHE_DIR", str(tmp_path))
    benchmark.group = loop.name
    benchmark.extra_info.update(section="compile", runner=loop.dtype)
    assert benchmark.pedantic(loop.ensure, rounds=1)
