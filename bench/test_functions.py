"""The speed of every function, alone and beside its peers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bench.cases import Case, call_of, cases, operands
from bench.peers import PEERS


def _runs() -> list[Any]:
    runs = []
    for case in cases():
        runners = [
            name
            for name, peer in PEERS.items()
            if (case.function, case.variety) in peer.calls and case.dtype in peer.dtypes
        ]
        runs += [pytest.param(case, name, id=f"{case}-{name}") for name in ("fastact", *runners)]
    return runs


def _check_same(case: Case, actual: Any, expected: Any) -> None:
    """A peer that computes something else is not a peer; one that is less accurate is."""
    tolerance = max(1e-8, 64 * float(np.finfo(case.dtype).eps))
    for a, e in zip(np.atleast_2d(actual), np.atleast_2d(expected), strict=True):
        assert np.asarray(a).dtype == e.dtype
        np.testing.assert_allclose(np.asarray(a), e, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("case", "runner"), _runs())
def test_function(benchmark: Any, case: Case, runner: str) -> None:
    call, arrays = call_of(case), operands(case)
    if runner != "fastact":
        expected = call(*arrays)
        peer = PEERS[runner]
        call = peer.calls[case.function, case.variety]
        arrays = [peer.array(array) for array in arrays]
        _check_same(case, call(*arrays), expected)
    benchmark.group = str(case)
    benchmark.extra_info.update(case._asdict(), section="functions", runner=runner)
    benchmark(call, *arrays)
