"""The speed of every function, alone and beside its peers."""

from __future__ import annotations

from typing import Any

import pytest

from fastact.benchmarks import truth
from fastact.benchmarks.cases import Case, cases
from fastact.benchmarks.measure import OURS, asked, calls_of
from fastact.benchmarks.peers import load

PEERS, _ = load()


def _runs() -> list[Any]:
    return [
        pytest.param(case, name, id=f"{case}-{name}")
        for case in cases()
        for name in (OURS, *asked(case, PEERS))
    ]


@pytest.mark.parametrize(("case", "runner"), _runs())
def test_function(benchmark: Any, case: Case, runner: str) -> None:
    calls, _ = calls_of(case, {name: PEERS[name] for name in {runner} - {OURS}})
    if runner != OURS:
        assert truth.difference(case, calls[runner](), calls[OURS]()) is None
    benchmark.group = str(case)
    benchmark.extra_info.update(case._asdict(), section="functions", runner=runner)
    benchmark(calls[runner])
