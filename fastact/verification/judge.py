"""Errors in ulp against the reference, and their tally.

Every result is judged by a quick arithmetic first. Where that leaves a doubt (the result may not
be correctly rounded, or the quick one has lost digits) a wider one decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from fastact.engine.activation import ORDERS, Activation, evaluate
from fastact.verification.reference import DOUBLE, LONG, WIDER, Arithmetic, derivatives, of_mpmath

Array = Any
BLOCK = 2**13  # inputs that are judged at once: their arrays stay in the cache
WINDOW = 2.0**-6  # the share of a root's size around it in which the quick arithmetic is not asked
TAIL = (2.0**3, 2.0**12, 2.0**-1100, 2.0**-40)  # between which inputs and results are exponential


class Stages(NamedTuple):
    """Which arithmetic judges first and which in doubt; from which error on there is a doubt."""

    quick: Arithmetic
    wide: Arithmetic
    doubt: float  # ulp
    tails: bool  # whether the quick one cannot be trusted in exponential tails


@cache
def stages(dtype: str) -> Stages:
    """How results of this dtype are judged."""
    if dtype == "float64":
        quick = LONG if WIDER else of_mpmath()
        return Stages(quick, of_mpmath(), 0.5 - 2.0**-4, tails=True)
    return Stages(DOUBLE, LONG if WIDER else of_mpmath(), 0.5 - 2.0**-10, tails=False)


def parameters(f: Activation, dtype: str) -> tuple[float, ...]:
    """The defaults, or typical values, as the kernels get them: rounded to the dtype."""
    return tuple(float(np.asarray(p.typical, dtype)) for p in f.params)


@dataclass
class Tally:
    """What was found of one variety of a function: the row of a table."""

    inputs: int = 0
    max_ulp: float = -1.0  # below every error: an input is named even if all are exact
    worst: str = ""  # the input, in hexadecimal
    not_correctly_rounded: int = 0
    wrong_nan: int = 0  # NaN in place of a number, or a number in place of NaN
    wrong_nan_at: str = ""  # the first such input

    def add(self, x: Array, errors: Array) -> None:
        """Count these errors, of which an infinite one stands for a wrong NaN."""
        self.inputs += errors.size
        self.not_correctly_rounded += int(np.count_nonzero(errors > 0.5))
        wrong = np.flatnonzero(np.isinf(errors))
        if wrong.size:
            self.wrong_nan += wrong.size
            self.wrong_nan_at = self.wrong_nan_at or float(x[wrong[0]]).hex()
            errors = np.where(np.isinf(errors), -1.0, errors)
        if errors.size and errors[at := int(np.argmax(errors))] > self.max_ulp:
            self.max_ulp, self.worst = float(errors[at]), float(x[at]).hex()

    def merge(self, other: Tally) -> Tally:
        """Return both together; of equal errors the earlier input stays."""
        worse = max(self, other, key=lambda tally: tally.max_ulp)
        return Tally(
            self.inputs + other.inputs,
            worse.max_ulp,
            worse.worst,
            self.not_correctly_rounded + other.not_correctly_rounded,
            self.wrong_nan + other.wrong_nan,
            self.wrong_nan_at or other.wrong_nan_at,
        )

    def keeps(self, bound: float) -> bool:
        """Whether no error is above a bound, and every NaN is right."""
        return self.max_ulp <= bound and not self.wrong_nan

    def as_dict(self) -> dict[str, Any]:
        """Return the fields."""
        return asdict(self)


class Case:
    """A function at its default parameters in one dtype, and what its declaration says there."""

    def __init__(self, f: Activation, dtype: str) -> None:
        self.f, self.dtype, self.stages = f, dtype, stages(dtype)
        self.params = parameters(f, dtype)
        self.info = np.finfo(dtype)
        self.low, self.high = (self.field(end) for end in f.domain)
        self.kinks = {self.field(kink.at): self.field(kink.derivative) for kink in f.kinks}
        self.bends = [*self.kinks, *(self.field(bend) for bend in f.bends)]
        self.roots = [self.field(root) for variety in f.roots.values() for root in variety]

    def field(self, field: float | str) -> float:
        """The value of a field of the declaration."""
        names = [p.name for p in self.f.params]
        return float(evaluate(field, dict(zip(names, self.params, strict=True))))

    def true(self, arithmetic: Arithmetic, x: Array, order: int) -> list[Array]:
        """The true values, with the declared derivatives at kinks."""
        found = derivatives(self.f.name, arithmetic, x, self.params, order)
        if order:
            for at, slope in self.kinks.items():
                found[1] = np.where(x == at, arithmetic.number(slope), found[1])
        return found

    def defined(self, x: Array) -> Array:
        """Whether the function has a value there."""
        return (x >= self.low) & (x <= self.high)  # neither holds for NaN

    def close(self, x: Array) -> Array:
        """Whether x is near a root, where the quick arithmetic loses digits."""
        near = np.zeros(x.shape, bool)
        for root in self.roots:
            near |= np.abs(x - root) <= WINDOW * abs(root)
        return near & (x != self.low) & (x != self.high)

    def doubtful(self, x: Array, true: Array, error: Array) -> Array:
        """Whether the quick arithmetic leaves it open how large this error is."""
        doubt = error > self.stages.doubt
        if self.stages.tails:
            near, far, least, most = TAIL
            size = np.abs(true)
            doubt |= (np.abs(x) > near) & (np.abs(x) < far) & (size > least) & (size < most)
        return doubt & (x != self.low) & (x != self.high)  # a limit there, and a pole it may be


def errors(got: Array, true: Array, arithmetic: Arithmetic, dtype: str) -> Array:
    """Distances in ulp of the true value; an infinity counts as the power of two above the floats.

    The ulp is never less than the least subnormal number. NaN against a number is inf.
    """
    info = np.finfo(dtype)
    with np.errstate(all="ignore"), arithmetic.precision():
        two = arithmetic.number(2.0)
        top, least = two ** int(info.maxexp), two ** int(info.minexp)
        wanted = np.minimum(np.maximum(true, -top), top)
        given = np.minimum(np.maximum(arithmetic.array(got), -top), top)
        power = np.minimum(np.maximum(arithmetic.power(wanted), least), top / 2)
        found = (np.abs(given - wanted) / power * two ** int(info.nmant)).astype(np.float64)
    return np.where(np.isnan(found), np.inf, found)


Call = Callable[[Array], Array]  # x -> a variety of a function
Row = tuple[str, str]  # package and variety


def judge(
    case: Case,
    calls: Mapping[Row, Call],
    x: Array,
    strict: Sequence[str] = ("fastact",),
) -> dict[Row, Tally]:
    """Judge functions of one block of inputs.

    Parameters
    ----------
    case
        What the functions claim to compute.
    calls
        The functions by package and variety.
    x
        The inputs.
    strict
        The packages for which the wide arithmetic decides every doubt; elsewhere it decides only
        near roots, because many results of other packages are not correctly rounded.

    Returns
    -------
    dict
        A tally for each of `calls`.
    """
    tallies = {key: Tally() for key in calls}
    results = {key: np.asarray(call(x)) for key, call in calls.items()}
    inside = case.defined(x)
    if np.any(inside):
        defined = {key: got[inside] for key, got in results.items()}
        judge_defined(case, defined, x[inside], strict, tallies)
    for key, got in results.items():
        tallies[key].add(x[~inside], np.where(np.isnan(got[~inside]), 0.0, np.inf))
    return tallies


def judge_defined(
    case: Case,
    results: Mapping[Row, Array],
    x: Array,
    strict: Sequence[str],
    tallies: Mapping[Row, Tally],
) -> None:
    """Add to the tallies what the results at inputs in the domain are worth."""
    order = max(ORDERS.index(variety) for _, variety in results)
    quick, wide = case.stages.quick, case.stages.wide
    true = case.true(quick, x, order)
    near = case.close(x)
    found, unsure = {}, near.copy()
    for (package, variety), got in results.items():
        values = true[ORDERS.index(variety)]
        error = found[package, variety] = errors(got, values, quick, case.dtype)
        if package in strict:
            unsure |= case.doubtful(x, values, error)
    if wide is not quick and unsure.any():
        true = case.true(wide, x[unsure], order)
        for (package, variety), got in results.items():
            again = slice(None) if package in strict else near[unsure]
            at = np.flatnonzero(unsure)[again]
            values = true[ORDERS.index(variety)][again]
            found[package, variety][at] = errors(got[at], values, wide, case.dtype)
    for (package, variety), error in found.items():
        judged = np.ones(x.shape, bool)
        if variety == "second_derivative":  # at a jump of the slope it is that of either side
            judged = ~np.isin(x, case.bends)
        tallies[package, variety].add(x[judged], error[judged])
