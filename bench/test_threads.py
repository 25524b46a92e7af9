"""One thread and all threads, over the catalogue."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fastact as fa
from fastact.benchmarks.cases import Case, call_of, operands

SHAPE = (2**22,)
COUNTS = sorted({1, fa.get_num_threads()})


@pytest.mark.parametrize("threads", COUNTS)
@pytest.mark.parametrize("name", fa.activations)
def test_threads(benchmark: Any, name: str, threads: int) -> None:
    case = Case(name, "forward", "float32", SHAPE)
    f = call_of(case)
    (x,) = operands(case)
    out = np.empty_like(x)
    benchmark.group = str(case)
    benchmark.extra_info.update(
        case._asdict(), section="threads_scaling", runner=f"{threads} thread{'s'[: threads > 1]}"
    )
    with fa.num_threads(threads):
        benchmark(f, x, out=out)
