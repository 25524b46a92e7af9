"""Which inputs are tried, as numbered blocks of a plan that needs no memory.

Floats are taken by bit pattern: evenly spaced patterns are evenly spread over all exponents and
both signs, NaN and infinities included.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import partial
from typing import Any
from zlib import crc32

import numpy as np

from fastact.definition.activation import Activation
from fastact.definition.declaration import Parameter, evaluate
from fastact.diagnostics.finite_differences import from_ordinals, ordinals
from fastact.verification import record
from fastact.verification.hard import HARD
from fastact.verification.judge import BLOCK, Case

Array = Any
CHUNK = 2**20  # inputs of one task
CENTRE = (2.0**-40, 2.0**12)  # sizes between which most functions do what they are known for
GRID = 2**14  # floats between which thresholds are looked for
REACH = 8  # neighbours on either side of a special point
OCTAVE = 16  # points in each octave of the distance from a root
TRIES = 100  # draws for each set of parameters that is wanted
HARD_CASES = np.array([float.fromhex(x) for cases in HARD.values() for x in cases])
UNSIGNED = {"float16": np.uint16, "float32": np.uint32, "float64": np.uint64}


@dataclass(frozen=True)
class Span:
    """The bit patterns ``first + k * step`` for k below `count`."""

    first: int
    step: int
    count: int


@dataclass(frozen=True)
class Plan:
    """The inputs for every function of one dtype; special points come on top, by function."""

    dtype: str
    spans: tuple[Span, ...]
    elements: int = 0  # about so many in the rows for each function along an axis

    @property
    def inputs(self) -> int:
        """How many there are, without special points."""
        return sum(span.count for span in self.spans)

    def tasks(self) -> list[Span]:
        """Return the spans in pieces of at most `CHUNK` inputs."""
        return [
            Span(span.first + at * span.step, span.step, min(CHUNK, span.count - at))
            for span in self.spans
            for at in range(0, span.count, CHUNK)
        ]


def bits(x: float, dtype: str) -> int:
    """The bit pattern of a float."""
    return int(np.asarray(x, dtype).view(UNSIGNED[dtype]))


def plan(dtype: str, samples: int | None) -> Plan:
    """Return every input of a dtype, or about so many in a stratified sample."""
    width = 8 * np.dtype(dtype).itemsize
    if samples is None or 2 * samples >= 2**width:
        return Plan(dtype, (Span(0, 1, 2**width),))
    low, high = (bits(end, dtype) for end in CENTRE)
    sign = 2 ** (width - 1)
    ends = [(0, 2**width, samples // 2)]  # half of them over everything, half over the centre
    ends += [(first + low, first + high, samples // 4) for first in (0, sign)]
    steps = [(b - a) // n | 1 for a, b, n in ends]  # odd: no low bit is the same throughout
    spans = [Span(a, s, -((a - b) // s)) for (a, b, _), s in zip(ends, steps, strict=True)]
    return Plan(dtype, tuple(spans))


def blocks(span: Span, dtype: str) -> Any:
    """Yield the floats of a span, `BLOCK` at a time."""
    kind = UNSIGNED[dtype]
    for at in range(0, span.count, BLOCK):
        offsets = np.arange(min(BLOCK, span.count - at), dtype=np.uint64)
        with np.errstate(over="ignore"):
            patterns = np.uint64(span.first + at * span.step) + offsets * np.uint64(span.step)
        yield patterns.astype(kind).view(dtype)


# ---------------------------------------------------------------- special points
def ordinal(x: float, dtype: str) -> int:
    """The number of a float in the order of its dtype."""
    return int(ordinals(x, dtype))


def states(case: Case, x: Array) -> Array:
    """Bits that say what the rounded results are: zero, subnormal, infinite, one of the limits."""
    found = np.zeros(x.shape, np.int64)
    for true in case.true(case.stages.quick, x, order=2):
        with np.errstate(all="ignore"):
            y = true.astype(float).astype(case.dtype)
        for holds in (y == 0, np.abs(y) < case.info.tiny, np.isinf(y), y == y[0], y == y[-1]):
            found = 2 * found + holds
    return found


def thresholds(case: Case) -> Array:
    """The ordinals at which results overflow, underflow, vanish or reach a limit."""
    ends = [ordinal(end, case.dtype) for end in (case.low, case.high)]
    edges = np.linspace(ends[0], ends[1], GRID).astype(np.int64)
    edges[-1] = ends[1]

    def state(numbers: Array) -> Array:
        whole = np.concatenate([edges[:1], numbers, edges[-1:]])
        return states(case, from_ordinals(whole, case.dtype))[1:-1]

    at = state(edges)
    change = np.flatnonzero(at[1:] != at[:-1])
    low, high, before = edges[change], edges[change + 1], at[change]
    while np.any(high - low > 1):
        middle = low + (high - low) // 2
        same = state(middle) == before
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return low


def special_points(case: Case) -> Array:
    """Inputs at which a function is most likely to be wrong.

    Kinks, bends, roots, ends of the domain, thresholds and powers of two with their neighbours;
    points that close in on roots, kinks and bends from both sides; published hard cases; the worst
    inputs that are recorded.

    Parameters
    ----------
    case
        A function with its parameters and the dtype of the points.

    Returns
    -------
    ndarray
        Of ascending order, each point once; both zeros, both infinities and NaN are among them.
    """
    dtype = case.dtype
    named = [0.0, case.low, case.high, *case.bends, *case.roots]
    named += [-at for at in named]
    info = np.finfo(dtype)
    powers = 2.0 ** np.arange(max(-60, info.minexp - info.nmant), min(60, info.maxexp))
    named += [*powers, *-powers, *map(float, (info.tiny, -info.tiny, info.max, info.min))]
    centres = np.concatenate([[ordinal(at, dtype) for at in named], thresholds(case)])
    numbers = (centres[:, None] + np.arange(-REACH, REACH + 1)).ravel().astype(np.int64)
    hard = [HARD_CASES, -HARD_CASES] if dtype == "float64" else []
    more = [approaches(case), *hard, recorded_worst(case)]
    numbers = np.concatenate([numbers, *(ordinals(at, dtype) for at in more)])
    last = ordinal(np.inf, dtype)
    numbers = np.unique(np.clip(numbers, -last, last))
    points = from_ordinals(numbers, dtype)
    return np.concatenate([points, np.array([-0.0, np.nan], dtype)])


def recorded_worst(case: Case) -> Array:
    """The inputs at which the largest errors were found when `ulps.json` was written."""
    found = record.read().get(case.dtype, {}).get(case.f.name, {})
    return np.array([float.fromhex(each["worst"]) for each in found.values()])


def approaches(case: Case) -> Array:
    """Points that close in on each root, kink and bend, so many in every octave of the distance."""
    shares = 2.0 ** -np.arange(0, int(case.info.nmant), 1 / OCTAVE)
    places = np.array([*case.roots, *case.bends])
    sizes = np.where(places == 0, 1.0, np.abs(places))
    distances = sizes[:, None] * shares
    return np.concatenate([places[:, None] + distances, places[:, None] - distances]).ravel()


# ---------------------------------------------------------------- parameters
def drawn(f: Activation, dtype: str, count: int) -> list[tuple[float, ...]]:
    """So many sets of parameters over their declared ranges, the same each time.

    Parameters
    ----------
    f
        An activation that has parameters.
    dtype
        In which each of them is representable.
    count
        The first sets are corners of the ranges, as far as its rules allow them.

    Returns
    -------
    list of tuple
        In the order of the declaration.
    """
    rng = np.random.default_rng(crc32(f.name.encode()))
    corners = list(itertools.product(*((p.low, p.high) for p in f.params)))
    found: dict[tuple[float, ...], None] = {}
    for at in itertools.count():
        wanted = corners[at] if at < len(corners) else [between(p, rng) for p in f.params]
        values = tuple(map(partial(within, dtype), f.params, wanted))
        known = dict(zip((p.name for p in f.params), values, strict=True))
        if all(evaluate(rule, known) for rule in f.declaration.requires):
            found[values] = None
        if len(found) == count or at > TRIES * count:
            return list(found)
    raise AssertionError


def between(p: Parameter, rng: np.random.Generator) -> float:
    """A value in the range of a parameter: one in eight the default, half evenly over exponents."""
    how = rng.integers(8)
    if how == 0:
        return p.typical
    if how % 2 and p.low > 0:
        return float(np.exp(rng.uniform(np.log(p.low), np.log(p.high))))
    return float(rng.uniform(p.low, p.high))


def within(dtype: str, p: Parameter, value: float) -> float:
    """The nearest float of a dtype that lies in the range of a parameter, or its default."""
    near = np.asarray(value, dtype)
    if value != p.none and float(near) < p.low:
        near = np.nextafter(near, np.asarray(np.inf, dtype))
    if value != p.none and float(near) > p.high:
        near = np.nextafter(near, np.asarray(-np.inf, dtype))
    return float(near)
