"""The rule by which a peer may disagree with us, as functions that `test_of_the_rule` can test.

Beyond the roundings of both sides two values may differ only at a kink, where the declaration says
what the peer chose; where the second derivative jumps, and ours is that of one side; and where
mpmath finds ours within its bound and the peer's further away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from mpmath import mp, mpf

from tests.peers.packages import Named, Package
from tests.peers.table import Line
from tests.support.checks import errors_of, where
from tests.support.reference import bends, expected, kinks, resolve
from tests.support.strategies import (
    central,
    declared_places,
    defaults,
    extremes,
    neighbours,
    obeyed,
    parameter_sets,
    powers_of_two,
    rounded_into,
    towards_ends,
)
from tests.support.ulp import ulps, ulps_between

APART = 4  # ulp: more than the roundings of both sides together
JUDGED = 30  # disagreements that are judged against mpmath, of each case
POINTS = 4096  # as many for every case: JAX compiles for each number of them anew
TAILS = {"float16": 20.0, "float32": 110.0, "float64": 760.0}  # where exp(-x) has vanished
DRAWN = 3  # sets of parameters beside those that `parameter_sets` chooses

Params = tuple[float, ...]


# --- what is asked ------------------------------------------------------------------------------


def points(f: Any, dtype: str, params: Params) -> np.ndarray:
    """Both neighbours of all that is declared, every octave, both tails, and the centre."""
    rng = np.random.default_rng(POINTS)
    near = [x for at in declared_places(f, params) for x in neighbours(at, dtype)]
    octaves = powers_of_two(dtype, every=max(1, np.finfo(dtype).maxexp // 12))
    fixed = [*near, *extremes(dtype), *octaves, *(-x for x in octaves), np.nan]
    fixed += towards_ends(f, dtype, params)
    tails = rng.uniform(-TAILS[dtype], TAILS[dtype], POINTS // 2)
    known = np.concatenate([np.array(fixed, dtype), tails.astype(dtype)])
    return np.concatenate([known, central(dtype, POINTS - known.size, rng)])


def drawn(f: Any, dtype: str) -> list[Params]:
    """Parameters anywhere in their declared ranges."""
    rng = np.random.default_rng(DRAWN)
    sets = [tuple(rng.uniform(p.low, p.high) for p in f.params) for _ in range(DRAWN)]
    return [tuple(map(rounded_into, f.params, s, [dtype] * len(s))) for s in sets]


def choices(f: Any, package: Package, line: Line, dtype: str) -> list[Params]:
    """Sets of our parameters, in which those that the peer does not have are as it fixes them."""
    dtype = min(dtype, package.parameters, key=lambda name: np.dtype(name).itemsize)
    free = {*line.named, *line.arrays}
    usual = [
        rounded_into(p, line.fixed.get(p.name, value), dtype)
        for p, value in zip(f.params, defaults(f, dtype), strict=True)
    ]
    sets = [
        tuple(
            value if p.name in free else known
            for p, value, known in zip(f.params, values, usual, strict=True)
        )
        for values in [*parameter_sets(f, dtype), *drawn(f, dtype)]
    ]
    return [s for s in dict.fromkeys(sets) if obeyed(f, f.declaration.requires, s)]


def translated(f: Any, line: Line, params: Params) -> tuple[Named, list[float]]:
    """The parameters by the names that the peer has for them, and those that it takes as arrays."""
    values = {p.name: v for p, v in zip(f.params, params, strict=True)}
    absent = {p.name: p.none for p in f.params if p.none is not None}
    named = {
        theirs: None if absent.get(ours) == values[ours] else values[ours]
        for ours, names in line.named.items()
        for theirs in names.split()
    }
    return named, [values.get(name, name) for name in line.arrays]


def asked(
    package: Package, f: Any, line: Line, variety: str, xs: np.ndarray, params: Params
) -> Any:
    """What the peer gives."""
    with np.errstate(all="ignore"):
        y = package(line, variety, xs, *translated(f, line, params))
    assert (y.dtype, y.shape) == (xs.dtype, xs.shape), f"{package.name} {line}: {y.dtype} {y.shape}"
    return y


# --- disagreements ------------------------------------------------------------------------------


class Disagreement(NamedTuple):
    """One input with what both sides make of it, and how far in ulp these are apart."""

    params: Params
    x: np.floating
    ours: np.floating
    theirs: np.floating
    apart: float


def reached(f: Any, dtype: str, params: Params) -> dict[float, Any]:
    """The kinks that floats of this format hit."""
    known = {float(at): (at, kink) for at, kink in kinks(f, params).items()}
    return {x: kink for x, (at, kink) in known.items() if mpf(float(np.array(x, dtype))) == at}


def disagreements(
    f: Any, variety: str, xs: np.ndarray, params: Params, ours: np.ndarray, theirs: np.ndarray
) -> list[Disagreement]:
    """Where the two are further apart than roundings make them, and calculus decides."""
    apart = ulps_between(theirs, ours)
    open_to_choice = [*reached(f, xs.dtype.name, params)] if variety == "derivative" else []
    found = np.flatnonzero((apart > APART) & ~np.isin(xs, open_to_choice))
    return [Disagreement(params, xs[i], ours[i], theirs[i], float(apart[i])) for i in found]


def chosen(found: list[Disagreement]) -> list[Disagreement]:
    """As many as are judged: the worst, at numbers before infinities, and some evenly from all."""
    order = sorted(found, key=lambda d: (np.isfinite(d.x), d.apart), reverse=True)
    worst, rest = order[: JUDGED // 2], order[JUDGED // 2 :]
    return worst + rest[:: max(1, -(-len(rest) // (JUDGED - len(worst))))]


def judge(f: Any, variety: str, found: list[Disagreement]) -> tuple[float, str]:
    """The peer's largest error in ulp at a number; raises if it is ours that is wrong."""
    largest = 0.0, ""
    for d in found:
        at = np.array([d.x])
        own, other = (
            errors_of(np.array([y]), f, variety, at, d.params)[0] for y in (d.ours, d.theirs)
        )
        bound = f.max_ulp[at.dtype.name][variety]
        jump = variety == "second_derivative" and d.x in bends(f, d.params)
        place = where(f, variety, d.x, d.params)
        assert own <= bound and (jump or own < other), (  # noqa: PT018 (one message tells of both)
            f"{place}: {own:.4g} ulp, declared {bound}; the peer's {other:.4g} ulp; "
            f"{d.ours!r} and {d.theirs!r}, true {true_text(f, variety, d)}"
        )
        if np.isfinite(d.x):
            largest = max(largest, (other, f"{place}: {d.theirs!r}"))
    return largest


def true_text(f: Any, variety: str, d: Disagreement) -> str:
    try:
        return mp.nstr(expected(f, variety, float(d.x), d.params), 20)
    except ArithmeticError:
        return "open"


# --- conventions --------------------------------------------------------------------------------


def declared(package: Package, line: Line, elsewhere: Mapping[str, Any], ours: Any) -> Any:
    """What is declared to be chosen by this function, else by this package, else by all."""
    return elsewhere.get(f"{package.name}.{line.theirs}", elsewhere.get(package.name, ours))


def check_convention(
    f: Any, value: Any, params: Params, xs: np.ndarray, theirs: np.ndarray
) -> None:
    """At a kink the peer's derivative is the one that is declared to be its choice."""
    wanted = mpf(resolve(value, f, params))
    for x, y in zip(xs, theirs, strict=True):
        assert ulps(y, wanted, xs.dtype) <= APART, (
            f"{where(f, 'derivative', x, params)}: {y!r}, declared as {value!r}"
        )
