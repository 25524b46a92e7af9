"""How far results are from the true ones, in ulp."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastact.benchmarks.cases import Case, call_of, functions
from fastact.verification import judge
from fastact.verification.reference import DOUBLE, LINES, LONG, WIDER

JUDGED = 4096  # elements of each result
WORST = 2.0**judge.MOST  # stands for a wrong NaN: JSON has no infinity


def parts(result: Any) -> list[Any]:
    """Return the arrays of a result, flat."""
    several = result if isinstance(result, tuple | list) else (result,)
    return [np.asarray(part).reshape(-1) for part in several]


def truth(case: Case, operands: list[Any]) -> list[Any] | None:
    """Return the true results, flat, in a wider dtype; None if nothing wider is there.

    Those of an activation of x come from the reference of `fastact verify`, the others from fastact
    itself in float64.
    """
    if case.function in LINES and case.variety != "backward_from_output":
        return of_reference(case, operands)
    if case.dtype == "float64":
        return None
    wide = [a.astype(np.float64) if a.dtype.kind == "f" else a for a in operands]
    with np.errstate(all="ignore"):
        return parts(call_of(case)(*wide))


def of_reference(case: Case, operands: list[Any]) -> list[Any] | None:
    """Return the true results of an activation at the first inputs."""
    if case.dtype == "float64" and not WIDER:
        return None
    arithmetic = LONG if case.dtype == "float64" else DOUBLE
    judged = judge.Case(functions()[case.function], case.dtype)
    dy = operands[0][:JUDGED] if case.variety == "backward" else None
    x = (operands[0] if dy is None else operands[1])[:JUDGED]
    value, slope = judged.true(arithmetic, x, 1)
    if dy is not None:
        return [dy.astype(arithmetic.dtype) * slope]
    return [value, slope] if case.variety == "value_and_derivative" else [value]


def ulps(case: Case, result: Any, true: list[Any] | None) -> float | None:
    """Return the largest error; that of the slope counts too, where there is one."""
    if true is None:
        return None
    arithmetic = LONG if case.dtype == "float64" else DOUBLE
    found = [
        judge.errors(got[:JUDGED], each[:JUDGED], arithmetic, case.dtype)
        for got, each in zip(parts(result), true, strict=True)
    ]
    return min(float(max(each.max() for each in found)), WORST)


def difference(case: Case, result: Any, ours: Any) -> str | None:
    """Return how a peer's result is another than ours; None if it is the same but for rounding.

    A peer that computes something else is no peer; one that is less accurate is.
    """
    tolerance = max(1e-8, 64 * float(np.finfo(case.dtype).eps))
    theirs, expected = parts(result), parts(ours)
    if [(a.size, a.dtype) for a in theirs] != [(a.size, a.dtype) for a in expected]:
        return "another dtype or size"
    with np.errstate(all="ignore"):
        for a, e in zip(theirs, expected, strict=True):
            wrong = ~np.isclose(a, e, rtol=tolerance, atol=tolerance, equal_nan=True)
            if wrong.any():
                at = int(np.argmax(wrong))
                return f"{np.count_nonzero(wrong)} elements differ, {a[at]:g} for {e[at]:g}"
    return None
