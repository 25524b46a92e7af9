"""The time of whole processes: importing, and the first call with and without compiled code."""

from __future__ import annotations

from typing import Any

import pytest

from fastact.benchmarks.processes import PROCESSES


@pytest.mark.parametrize("name", PROCESSES)
def test_startup(benchmark: Any, name: str) -> None:
    benchmark.group = "process"
    benchmark.extra_info.update(section="startup", runner=name)
    benchmark.pedantic(PROCESSES[name], rounds=7, warmup_rounds=1)
