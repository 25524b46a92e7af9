"""Errors in ulp against the reference, and their tally.

Every result is compared with a quick arithmetic first. Where everything as near to its value as
the true one rounds to the result, that is correctly rounded, and most often no more is asked. The
others are judged by a wider one where the quick one has lost digits, where the error may be the
largest, and where the quick one cannot tell whether the result is correctly rounded: but for
float64, where that is slow and the quick one says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from fastact.definition.activation import Activation
from fastact.definition.declaration import ORDERS, evaluate
from fastact.verification.reference import (
    DOUBLE,
    LINES,
    LONG,
    WIDER,
    Arithmetic,
    derivatives,
    of_mpmath,
)

Array = Any
BLOCK = 2**15  # inputs that are judged at once: their arrays stay in the cache
MOST = 1000  # exponent of the largest error: an infinite one stands for a wrong NaN
OPEN = 2**14  # results that are kept for the wide arithmetic
HALF = 0.5  # an ulp: no error of correct rounding is larger
TAIL = (1.0, 2.0**12)  # sizes of inputs between which a result may be exponential


class Stages(NamedTuple):
    """Which arithmetic judges first and which in doubt, and how far off the first may be."""

    quick: Arithmetic
    wide: Arithmetic
    doubt: float  # relative, and of the least normal number for what is less
    window: float  # the share of a root's size around it in which the first is not asked
    tails: float  # how much larger the doubt is for each octave from 1 of a result in a tail
    spares: bool  # whether the wide one is not asked where the error cannot be the largest
    ties: bool  # but where the error may be less or more than that of correct rounding


@cache
def stages(dtype: str) -> Stages:
    """How results of this dtype are judged."""
    if dtype == "float64":
        quick = LONG if WIDER else of_mpmath()
        return Stages(quick, of_mpmath(), 2.0**-59, 2.0**-2, 2.0**-3, WIDER, ties=False)
    return Stages(DOUBLE, LONG if WIDER else of_mpmath(), 2.0**-38, 2.0**-6, 0.0, True, ties=True)


def parameters(f: Activation, dtype: str) -> tuple[float, ...]:
    """The defaults, or typical values, as the kernels get them: rounded to the dtype."""
    return tuple(float(np.asarray(p.typical, dtype)) for p in f.params)


@dataclass
class Tally:
    """What was found of one variety of a function: the row of a table."""

    inputs: int = 0
    max_ulp: float = -1.0  # below every error: an input is named even if all are exact
    worst: str = ""  # the input, in hexadecimal, or the name of a place
    not_correctly_rounded: int = 0
    wrong_nan: int = 0  # NaN in place of a number, or a number in place of NaN
    wrong_nan_at: str = ""  # the first such input
    params: tuple[float, ...] = ()  # with which the worst error was found

    def add(self, x: Array, errors: Array) -> None:
        """Count these errors, of which an infinite one stands for a wrong NaN."""
        self.inputs += errors.size
        self.not_correctly_rounded += int(np.count_nonzero(errors > HALF))
        wrong = np.flatnonzero(np.isinf(errors))
        if wrong.size:
            self.wrong_nan += wrong.size
            self.wrong_nan_at = self.wrong_nan_at or placed(x[wrong[0]])
            errors = np.where(np.isinf(errors), -1.0, errors)
        if errors.size and errors[at := int(np.argmax(errors))] > self.max_ulp:
            self.max_ulp, self.worst = float(errors[at]), placed(x[at])

    def add_exact(self, x: Array) -> None:
        """Count inputs at which there is no error."""
        self.inputs += x.size
        if self.max_ulp < 0:
            self.max_ulp, self.worst = 0.0, float(x[0]).hex()

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
            worse.params,
        )

    def keeps(self, bound: float) -> bool:
        """Whether no error is above a bound, and every NaN is right."""
        return self.max_ulp <= bound and not self.wrong_nan

    def as_dict(self) -> dict[str, Any]:
        """Return the fields."""
        return asdict(self)


class Case:
    """A function in one dtype, and what its declaration says there; at its defaults if not told."""

    def __init__(self, f: Activation, dtype: str, params: tuple[float, ...] | None = None) -> None:
        self.f, self.dtype, self.stages = f, dtype, stages(dtype)
        self.params = parameters(f, dtype) if params is None else params
        self.info = np.finfo(dtype)
        self.low, self.high = (self.field(end) for end in f.declaration.domain)
        self.kinks = {
            self.field(kink.at): self.field(kink.derivative)
            for kink in f.kinks
            if self.exact(kink.at)
        }
        self.bends = [
            self.field(at) for at in (*(kink.at for kink in f.kinks), *f.declaration.bends)
        ]
        self.roots = [
            self.field(root) for variety in f.declaration.roots.values() for root in variety
        ]

        # The error of a result that is surely rounded correctly is less.
        self.certain = 0.5 - self.stages.doubt * 2.0 ** int(self.info.nmant)

    def field(self, field: float | str) -> float:
        """The value of a field of the declaration: no float of Python, to which NumPy gives way."""
        names = [p.name for p in self.f.params]
        return np.float64(evaluate(field, dict(zip(names, self.params, strict=True))))

    def exact(self, field: float | str) -> bool:
        """Whether that is a float; otherwise no input is there."""
        names = [p.name for p in self.f.params]
        known = dict(zip(names, map(Fraction, self.params), strict=True))
        return bool(evaluate(field, known) == self.field(field))

    def true(self, arithmetic: Arithmetic, x: Array, order: int) -> list[Array]:
        """The true values, with the declared derivatives at kinks."""
        found = derivatives(self.f.name, arithmetic, x, self.params, order)
        if order:
            for at, slope in self.kinks.items():
                found[1] = np.where(x == at, arithmetic.number(slope), found[1])
        return found

    def defined(self, x: Array) -> Array:
        """Whether the function has a value there."""
        with np.errstate(invalid="ignore"):  # a signalling NaN is converted
            return (x >= self.low) & (x <= self.high)  # neither holds for NaN

    def smooth(self, x: Array) -> Array | None:
        """Whether the slope does not jump at x; None if it nowhere does."""
        found = np.isin(x, self.bends, invert=True) if self.bends else None
        return None if found is None or found.all() else found

    def lost(self, x: Array) -> Array | None:
        """Whether the quick arithmetic loses digits at x, near a root; None if it nowhere does."""
        found = np.zeros(x.shape, bool)
        with np.errstate(over="ignore"):
            for root in self.roots:
                found |= np.abs(x - root) <= self.stages.window * abs(root)
        if not found.any():
            return None
        return found & (x != self.low) & (x != self.high)

    def doubt(self, x: Array, true: Array) -> Array:
        """How far the quick value may be from the true one, where it has not lost digits.

        An argument of e^x that is rounded makes a relative error that grows with the argument, as
        the product with a parameter may.
        """
        size = np.abs(true)
        off = np.maximum(size, self.info.tiny) * self.stages.doubt
        rounded = self.params or getattr(LINES[self.f.name], "rounds_an_exponent", False)
        if self.stages.tails and rounded:
            tail = (np.abs(x) > TAIL[0]) & (np.abs(x) < TAIL[1])
            octaves = np.abs(np.frexp(size[tail])[1])
            off[tail] *= 1 + self.stages.tails * octaves
        return off

    def sure(self, x: Array, got: Array, true: Array) -> Array:
        """Whether a result is correctly rounded, wherever the true value is within the doubt."""
        with np.errstate(all="ignore"):
            off = self.doubt(x, true)
            found: Array = (true - off).astype(self.dtype) == got
            return found & ((true + off).astype(self.dtype) == got)


def placed(x: Any) -> str:
    """What to call an input."""
    return x if isinstance(x, str) else float(x).hex()


def errors(
    got: Array, true: Array, arithmetic: Arithmetic, dtype: str, least: float = 0.0
) -> Array:
    """Distances in ulp of the true value; an infinity counts as the power of two above the floats.

    The ulp is never less than the least subnormal number, or that of `least`. NaN against a number
    is inf.
    """
    info = np.finfo(dtype)
    with np.errstate(all="ignore"), arithmetic.precision():
        two = arithmetic.number(2.0)
        top, floor = two ** int(info.maxexp), max(two ** int(info.minexp), arithmetic.number(least))
        wanted = np.minimum(np.maximum(true, -top), top)
        given = np.minimum(np.maximum(arithmetic.array(got), -top), top)
        power = np.minimum(np.maximum(arithmetic.power(wanted), floor), top / 2)
        found = np.abs(given - wanted) / power * two ** int(info.nmant)
        found = np.minimum(found, two**MOST).astype(np.float64)
    return np.where(np.isnan(found), np.inf, found)


Call = Callable[[Array], Array]  # x -> a variety of a function
Row = tuple[str, str]  # package and variety


class Judge:
    """Judges functions on one block of inputs after the other, and tallies what it finds.

    Parameters
    ----------
    case
        What the functions claim to compute.
    calls
        The functions by package and variety.
    strict
        The packages for which the wide arithmetic decides every doubt, and to which the declared
        derivatives at kinks apply; elsewhere it decides only near roots, because many results of
        other packages are not correctly rounded, and the derivative at a kink is not judged.
    known
        The largest errors met so far. Where one is above what is certainly rounded correctly, of
        results that are rounded so no error is computed any more.
    """

    def __init__(
        self,
        case: Case,
        calls: Mapping[Row, Call],
        strict: Collection[str] = ("fastact",),
        known: Mapping[Row, float] = MappingProxyType({}),
    ) -> None:
        self.case, self.calls, self.strict = case, calls, strict
        self.tallies = {row: Tally() for row in calls}
        self.largest = dict.fromkeys(calls, -1.0) | dict(known)
        self.open: dict[Row, list[tuple[Array, Array]]] = {row: [] for row in calls}
        self.order = max((ORDERS.index(variety) for _, variety in calls), default=0)

    def block(self, x: Array) -> None:
        """Judge the results for some inputs."""
        results = {row: np.asarray(call(x)) for row, call in self.calls.items()}
        inside = self.case.defined(x)
        if inside.all():
            self.defined(x, results)
            return
        if inside.any():
            self.defined(x[inside], {row: got[inside] for row, got in results.items()})
        for row, got in results.items():
            wrong = np.where(np.isnan(got[~inside]), 0.0, np.inf)
            self.tallies[row].add(x[~inside], wrong)

    def defined(self, x: Array, results: Mapping[Row, Array]) -> None:
        """Judge results at inputs in the domain."""
        true = self.case.true(self.case.stages.quick, x, self.order)
        lost = self.case.lost(x)
        for row, got in results.items():
            self.compare(row, x, got, true[ORDERS.index(row[1])], lost)

    def compare(self, row: Row, x: Array, got: Array, true: Array, lost: Array | None) -> None:
        """Judge one variety where it has values, as far as the quick arithmetic can."""
        ours = row[0] in self.strict  # at kinks others may have chosen other derivatives
        if row[1] in ORDERS[1 + ours :] and (judged := self.case.smooth(x)) is not None:
            x, got, true = x[judged], got[judged], true[judged]
            lost = lost if lost is None else lost[judged]
        if lost is None and (got == true).all():
            self.tallies[row].add_exact(x)
            return
        sure = self.case.sure(x, got, true)
        if lost is not None:
            sure &= ~lost
        if not sure.all():
            at = np.flatnonzero(~sure)
            self.doubt(row, x[at], got[at], true[at], None if lost is None else lost[at])
        if self.settled(row):
            self.tallies[row].inputs += int(np.count_nonzero(sure))
        else:
            quick = self.case.stages.quick
            found = errors(got[sure], true[sure], quick, self.case.dtype)
            self.tallies[row].add(x[sure], found)

    def settled(self, row: Row) -> bool:
        """Whether an error is known that is larger than any of correct rounding."""
        return self.largest[row] >= self.case.certain

    def counts(self, row: Row, x: Array, got: Array, true: Array) -> Array:
        """Whether, for values within the doubt, the tally depends on where the true one is."""
        quick = self.case.stages.quick
        with np.errstate(invalid="ignore"):  # infinite values
            off = self.case.doubt(x, true)
            around = true - off, true + off
        ends = [errors(got, end, quick, self.case.dtype) for end in around]
        found: Array = np.maximum(*ends) > self.largest[row]
        if self.case.stages.ties:
            found |= (ends[0] > HALF) != (ends[1] > HALF)
        return found

    def doubt(self, row: Row, x: Array, got: Array, true: Array, lost: Array | None) -> None:
        """Keep these results for the wide arithmetic, except limits, which may be its poles."""
        wide = (x != self.case.low) & (x != self.case.high)
        if row[0] not in self.strict:
            wide &= False if lost is None else lost
        elif self.case.stages.spares and self.settled(row):
            wide &= self.counts(row, x, got, true) | (False if lost is None else lost)
        self.open[row].append((x[wide], got[wide]))
        quick = self.case.stages.quick
        found = errors(got[~wide], true[~wide], quick, self.case.dtype)
        self.tallies[row].add(x[~wide], found)
        if not self.settled(row) or sum(x.size for x, _ in self.open[row]) > OPEN:
            self.decide(row)

    def decide(self, row: Row) -> None:
        """Judge what has been kept."""
        if not self.open[row]:
            return
        x, got = map(np.concatenate, zip(*self.open[row], strict=True))
        self.open[row].clear()
        wide, order = self.case.stages.wide, ORDERS.index(row[1])
        if x.size:
            true = self.case.true(wide, x, order)[order]
            self.tallies[row].add(x, errors(got, true, wide, self.case.dtype))
        self.largest[row] = max(self.largest[row], self.tallies[row].max_ulp)

    def verdict(self) -> dict[Row, Tally]:
        """Return a tally for each function."""
        for row in self.calls:
            self.decide(row)
            self.tallies[row].params = self.case.params
        return self.tallies


def judge(
    case: Case, calls: Mapping[Row, Call], x: Array, strict: Collection[str] = ("fastact",)
) -> dict[Row, Tally]:
    """Judge functions of one block of inputs: see `Judge`."""
    one = Judge(case, calls, strict)
    one.block(x)
    return one.verdict()
