"""What `fastact.check` finds: findings at many points, the report, and the error of the worst."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

DECISIVE = 2.0**-10  # a point tells something about a slope if it allows no more than this
RELATIVE = "relative error"
Array = NDArray[Any]


class CheckError(AssertionError):
    """What `fastact.check` found wrong, with the input that failed.

    Attributes
    ----------
    function, check, dtype : str
        The name of the activation, what was checked, and in which dtype.
    params : dict of str to float
        The parameters.
    x, got, expected : float
        The input, what the activation gave there, and what it should have given.
    """

    def __init__(self, result: Result, function: str, worst: int, failing: int) -> None:
        self.function, self.check = function, result.check
        self.dtype, self.params = result.dtype, result.params
        finding = result.finding
        self.x, self.got, self.expected, self.error, self.allowed = (
            float(np.broadcast_to(part, finding.x.shape)[worst]) for part in finding[:5]
        )
        given = "".join(f", {name}={value!r}" for name, value in self.params.items())
        super().__init__(
            f"{function} ({self.dtype}{given}): {self.check} at x = {self.x.hex()} ({self.x!r}): "
            f"got {self.got!r}, expected {self.expected!r}; {finding.unit} {self.error:.3g}, "
            f"allowed {self.allowed:.3g}; {failing} of {finding.x.size} points fail"
        )


class Finding(NamedTuple):
    """What one check found at the points `x`: a point fails unless its error is allowed."""

    x: Array
    got: Any
    expected: Any
    error: Any
    allowed: Any
    unit: str

    def judged(self) -> list[Array]:
        """Errors and what is allowed, one for each point."""
        return [np.broadcast_to(part, self.x.shape) for part in (self.error, self.allowed)]


@dataclass(frozen=True)
class Result:
    """One check of one dtype and one set of parameters."""

    check: str
    dtype: str
    params: dict[str, float]
    finding: Finding = field(repr=False)

    @property
    def telling(self) -> Array:
        """Where something could be told: not where differences say too little about a slope."""
        _, allowed = self.finding.judged()
        return allowed <= (DECISIVE if self.finding.unit == RELATIVE else np.finfo(float).max)

    @property
    def points(self) -> int:
        """How many points this check could tell something about."""
        return int(np.count_nonzero(self.telling))

    @property
    def worst(self) -> float:
        """The largest error at these points."""
        error, _ = self.finding.judged()
        return float(np.max(error, initial=0.0, where=self.telling))


@dataclass(frozen=True)
class Report:
    """What `fastact.check` did: `results`, `failures` and, as text, a table of both."""

    function: str
    results: tuple[Result, ...]
    failures: tuple[CheckError, ...] = ()

    @property
    def points(self) -> int:
        """How many points were looked at, over all checks."""
        return sum(result.points for result in self.results)

    def __repr__(self) -> str:
        rows: dict[tuple[str, str, str], list[Result]] = {}
        for result in self.results:
            row = result.check.partition(":")[0], result.dtype, result.finding.unit
            rows.setdefault(row, []).append(result)
        verdict = f"{len(self.failures)} FAILED" if self.failures else "all passed"
        lines = [f"{self.function}: {len(self.results)} checks, {self.points} points, {verdict}"]
        for (check, dtype, unit), results in rows.items():
            worst, points = max(r.worst for r in results), sum(r.points for r in results)
            lines.append(f"  {check:<56} {dtype:<8}{points:>8} points, {unit} {worst:.2g}")
        return "\n".join([*lines, *(f"FAILED {failure}" for failure in self.failures)])


def failure(result: Result, function: str) -> CheckError | None:
    """The error to be raised for what a check found, or None."""
    error, allowed = result.finding.judged()
    wrong = np.flatnonzero(~(error <= allowed))
    if not wrong.size:
        return None
    worst = wrong[np.argmax(np.nan_to_num(error[wrong], nan=np.inf))]
    return CheckError(result, function, int(worst), wrong.size)
