"""Functions along an axis: the rows that are tried, their true values, and the errors.

A function is judged if it is in `FORMULAS`; its bounds are its `max_ulp`. The truth is computed in
longdouble, differences and sums with what rounding leaves of them. How to add a function: a
`max_ulp` on it, and its formula there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache, partial
from typing import Any
from zlib import crc32

import numpy as np

from fastact.definition.declaration import ORDERS
from fastact.rowwise.logsumexp import LogSumExp, logsumexp
from fastact.rowwise.softmax_family import log_softmax, softmax
from fastact.verification.judge import BLOCK, Row, Tally, errors
from fastact.verification.peers import OURS, along
from fastact.verification.reference import LONG, Arithmetic, of_mpmath

Array = Any
VARIETIES = (*ORDERS, "sum")  # the last: how far the elements of a result are from a sum of 1
AXES = (-1, 0)
LENGTHS = (1, 2, 3, 10, 16, 17, 64, 65, 100, 1000, 4096, 10_000, 65_537, 1_000_000)
SHARE = 8  # rows are not longer than the elements that are tried, divided by this
LEAST = 3  # kinds that are tried of every length
DIGITS = 40  # of the sums that cancel with the largest element
OFF = 4 * float(np.finfo(np.longdouble).eps)  # how wrong a true value may be, relative to it
VAGUE = 2.0**-6  # ulp: a true value that may be more wrong is computed in a wider arithmetic


# ---------------------------------------------------------------- true values
def total(terms: Array) -> Array:
    """The sums of rows, rounded once: by halves, with what rounding leaves of each sum."""
    low = terms[..., :1] * 0
    while (n := terms.shape[-1]) > 1:
        a, b, odd = terms[..., : n // 2], terms[..., n // 2 : n // 2 * 2], terms[..., n // 2 * 2 :]
        value, rest = both(a, b)
        low = low + rest.sum(axis=-1, keepdims=True)
        terms = np.concatenate([value, odd], axis=-1)
    return terms + low


def both(a: Array, b: Array) -> tuple[Array, Array]:
    """The sum of two numbers, and what rounding leaves of it."""
    value = a + b
    part = value - a
    return value, (a - (value - part)) + (b - part)


class Truth:
    """True values for some rows, computed column by column once the sum is known.

    Parameters
    ----------
    x
        Rows, along the last of two axes.
    arithmetic
        What is computed in.
    """

    def __init__(self, x: Array, arithmetic: Arithmetic) -> None:
        self.x, self.arithmetic = x, arithmetic
        self.most = x.max(axis=-1, keepdims=True)
        self.top = arithmetic.array(self.most)
        sums = []
        ties: Array = 0
        for cut in cuts(x.shape[-1]):
            powers = self.power(cut)
            same = x[:, cut] == self.most
            sums.append(total(np.where(same, powers * 0, powers)))
            ties += same.sum(axis=-1, keepdims=True)
        self.beside = total(np.concatenate(sums, axis=-1)) + (ties - 1)  # the largest itself
        self.log = arithmetic.log1p(self.beside)

    def below(self, cut: slice) -> tuple[Array, Array]:
        """How far elements are below the largest, and what rounding leaves of that."""
        x = self.x[:, cut]
        distance, rest = both(self.arithmetic.array(x), -self.top)
        finite = np.isfinite(x) & np.isfinite(self.most)
        return np.where(x == self.most, 0.0, distance), np.where(finite, rest, 0.0)

    def power(self, cut: slice) -> Array:
        """The exponentials of these distances."""
        distance, rest = self.below(cut)
        found = self.arithmetic.exp(distance)
        return found + found * rest

    def softmax(self, cut: slice) -> Array:
        """0 in a row without mass; infinite elements share it."""
        return np.where(self.most == -np.inf, 0.0, self.power(cut) / (1 + self.beside))

    def log_softmax(self, cut: slice) -> Array:
        """-inf in a row without mass."""
        distance, _ = self.below(cut)
        return np.where(self.most == -np.inf, -np.inf, distance - self.log)

    def logsumexp(self, _: slice) -> Array:
        """The largest element and the logarithm, from decimal numbers where the two cancel."""
        found = self.top + self.log
        if self.arithmetic is LONG:
            size = np.maximum(np.abs(found), LogSumExp._least)
            ulp = size * float(np.finfo(self.x.dtype).eps) / 2
            cancels = (self.most < 0) & (OFF * (self.log - self.top) > VAGUE * ulp)
            for at in np.flatnonzero(cancels & np.isfinite(found)):
                found[at, 0] = decimal_logsumexp(self.x[at])
        return found


def decimal_logsumexp(row: Array) -> np.longdouble:
    """The same of one row in decimal numbers: slow."""
    with localcontext(prec=DIGITS, Emin=-(10**6)):
        exact = sum((Decimal(x).exp() for x in row.tolist()), Decimal(0)).ln()
        high = float(exact)
        return np.longdouble(high) + np.longdouble(float(exact - Decimal(high)))


def cuts(n: int) -> list[slice]:
    """Columns that are computed at once."""
    return [slice(at, min(at + BLOCK, n)) for at in range(0, n, BLOCK)]


Function = Any  # a `RowFunction` that is called with the axis
FORMULAS: dict[Function, Callable[[Truth, slice], Array]] = {
    softmax: Truth.softmax,
    log_softmax: Truth.log_softmax,
    logsumexp: Truth.logsumexp,
}
JUDGED: dict[str, Function] = {f.name: f for f in FORMULAS}


# ---------------------------------------------------------------- rows
Generator = np.random.Generator
Shape = tuple[int, int]


def normal(rng: Generator, shape: Shape, dtype: str, scale: float, centre: float = 0) -> Array:
    """Of a normal distribution, around what the dtype can hold."""
    return rng.normal(centre if dtype != "float16" else centre / 100, scale, shape)


def deep(rng: Generator, shape: Shape, dtype: str) -> Array:
    """Evenly spread, so far down that shares become subnormal and vanish."""
    return rng.uniform(np.log(float(np.finfo(dtype).smallest_subnormal)) - 2, 0, shape)


def huge(rng: Generator, shape: Shape, dtype: str) -> Array:
    """Of all sizes that the dtype has, of either sign."""
    sizes = 2.0 ** rng.uniform(-10, np.finfo(dtype).maxexp - 1, shape)
    return sizes * rng.choice([-1.0, 1.0], shape)


def dominated(rng: Generator, shape: Shape, dtype: str) -> Array:
    """One element has nearly all the mass."""
    return replaced(rng, rng.normal(0, 1, shape), rng.uniform(5, 60, (shape[0], 1)))


def alike(rng: Generator, shape: Shape, dtype: str) -> Array:
    """One element is the largest and all others are equal, so that their exponentials err alike.

    These are a little above a power of two, where an error counts most.
    """
    rows, n = shape
    above, halvings = rng.uniform(0, 1.5 / n, (rows, 1)), rng.integers(1, 10, (rows, 1))
    others = above - np.log(2) * halvings
    return replaced(rng, np.repeat(others, n, axis=1), np.zeros((rows, 1)))


def replaced(rng: Generator, x: Array, value: Array) -> Array:
    """Rows with one element replaced."""
    np.put_along_axis(x, rng.integers(x.shape[1], size=(x.shape[0], 1)), value, axis=1)
    return x


def with_some(rng: Generator, shape: Shape, dtype: str, value: float) -> Array:
    """With this value at many places."""
    return np.where(rng.random(shape) < 0.3, value, rng.normal(0, 3, shape))


def balanced(rng: Generator, shape: Shape, dtype: str) -> Array:
    """Log-probabilities, moved so that the log-sum-exp is near 0, at a distance of any size.

    Rounding to the dtype leaves more, which less and less probable elements take upon themselves.
    """
    x = rng.normal(0, rng.choice([0.1, 1, 3, 10]), shape)
    wanted = 2.0 ** rng.uniform(-50, 0, (shape[0], 1)) * rng.choice([-1, 1], (shape[0], 1))
    x = (x - log_of_sum(x) + wanted).astype(dtype)
    for share in (0.0, 0.5, 1.0):
        at = int(share * (shape[1] - 1))
        place = np.argpartition(-x, at, axis=-1)[:, at : at + 1]
        least = np.take_along_axis(x, place, -1)
        step = (wanted - log_of_sum(x)) / np.exp(least.astype(np.longdouble))
        step = np.where(np.abs(step) < 0.5, step, 0)
        np.put_along_axis(x, place, (least + step).astype(dtype), -1)
    return x


def log_of_sum(x: Array) -> Array:
    """Of numbers that are not large."""
    return np.log(np.exp(x.astype(np.longdouble)).sum(axis=-1, keepdims=True))


KINDS: dict[str, Callable[[Generator, Shape, str], Array]] = {
    "normal 3": partial(normal, scale=3),
    "balanced": balanced,
    "dominated": dominated,
    "normal 0.1": partial(normal, scale=0.1),
    "normal 1": partial(normal, scale=1),
    "normal 30": partial(normal, scale=30),
    "normal 300": partial(normal, scale=300),
    "deep": deep,
    "huge": huge,
    "around 1e5": partial(normal, scale=1, centre=1e5),
    "around -1e5": partial(normal, scale=1, centre=-1e5),
    "alike": alike,
    "ties": lambda rng, shape, dtype: rng.integers(-3, 3, shape) * 1.25,
    "equal": lambda rng, shape, dtype: np.broadcast_to(rng.normal(0, 9, (shape[0], 1)), shape),
    "some -inf": partial(with_some, value=-np.inf),
    "some inf": partial(with_some, value=np.inf),
    "all -inf": lambda rng, shape, dtype: np.full(shape, -np.inf),
    "one NaN": lambda rng, shape, dtype: replaced(
        rng, rng.normal(0, 3, shape), np.full((shape[0], 1), np.nan)
    ),
}


# The most rows of kinds that are slow to judge, or about conventions and not about digits.
FEW = {"balanced": 1000, "some inf": 64, "all -inf": 8, "one NaN": 64}


@dataclass(frozen=True)
class Draw:
    """Some rows of one kind and length; the same each time."""

    kind: str
    n: int
    rows: int
    turn: int

    @property
    def count(self) -> int:
        """How many elements there are."""
        return self.rows * self.n

    def elements(self, dtype: str) -> Array:
        """The rows, along the last axis."""
        rng = np.random.default_rng([crc32(self.kind.encode()), self.n, self.turn])
        with np.errstate(over="ignore"):
            return KINDS[self.kind](rng, (self.rows, self.n), dtype).astype(dtype)


@cache
def draws(elements: int) -> list[Draw]:
    """What is tried where about so many elements are asked for: as many of each length."""
    return [
        Draw(kind, n, rows, turn)
        for n in LENGTHS
        if n * SHARE <= elements
        for kind, of_kind in shared(elements // len(LENGTHS) // n)
        for turn, rows in enumerate(portions(of_kind, max(1, BLOCK // n)))
    ]


def shared(rows: int) -> list[tuple[str, int]]:
    """So many rows, or a few more, shared among the kinds; of few rows the first kinds get them."""
    count = min(len(KINDS), max(rows, LEAST))
    each = max(1, rows // count)
    return [(kind, min(each, FEW.get(kind, each))) for kind in [*KINDS][:count]]


def portions(count: int, most: int) -> list[int]:
    """A number in parts of at most so many."""
    return [min(most, count - at) for at in range(0, count, most)]


# ---------------------------------------------------------------- errors
@dataclass(frozen=True)
class Results:
    """What one package gives for some rows, along one axis."""

    package: str
    axis: int
    rows: Array  # which of them
    values: Array  # for each a row


@dataclass(frozen=True)
class Places:
    """What to call the elements of a flat array, of columns of results or of one number a row."""

    draw: Draw
    given: Results
    columns: range | None = None

    def __getitem__(self, at: int) -> str:
        row, column = divmod(at, 1 if self.columns is None else len(self.columns))
        element = "" if self.columns is None else f" element {self.columns[column]}"
        draw, row = self.draw, self.given.rows[row]
        return f"{draw.kind} n={draw.n} axis={self.given.axis} draw {draw.turn} row {row}{element}"


def measure(
    name: str, dtype: str, varieties: Sequence[str], packages: Sequence[str], draw: Draw
) -> dict[Row, Tally]:
    """Judge some rows, along either axis.

    What other packages give for rows with NaN, infinite elements or no mass is not judged: there
    are several conventions.
    """
    f, x = JUDGED[name], draw.elements(dtype)
    arithmetic = arithmetic_for(dtype)
    with np.errstate(all="ignore"), arithmetic.precision():
        truth = Truth(x, arithmetic)
        results = [*results_of(f, truth, packages)]
        found = {(each.package, variety): Tally() for each in results for variety in varieties}
        for cut in cuts(results[0].values.shape[1]) if "forward" in varieties else []:
            true = FORMULAS[f](truth, cut)
            for each in results:
                off = distances(f, truth, each, true, cut)
                columns = range(cut.start, cut.stop) if f._keeps_axis else None
                found[each.package, "forward"].add(Places(draw, each, columns), off.ravel())
        for each in results if "sum" in varieties else []:
            found[each.package, "sum"].add(Places(draw, each), from_one(truth, each))
    return found


def arithmetic_for(dtype: str) -> Arithmetic:
    """Longdouble, where it is wide enough to judge a dtype."""
    return LONG if VAGUE * float(np.finfo(dtype).eps) / 2 >= OFF else of_mpmath()


def results_of(f: Function, truth: Truth, packages: Sequence[str]) -> Iterator[Results]:
    """Yield the results of each package that has the function, along each axis."""
    x = truth.x
    for package in packages:
        call = f if package == OURS else along(f.name, package, x.dtype.name)
        if call is None:
            continue
        judged = np.isfinite(truth.most[:, 0]) | (package == OURS)
        for axis in AXES:
            got = np.asarray(call(x if axis else np.ascontiguousarray(x.T), axis=axis))
            got = np.moveaxis(got, axis, -1) if f._keeps_axis else got
            yield Results(package, axis, np.flatnonzero(judged), got.reshape(len(x), -1)[judged])


def distances(f: Function, truth: Truth, given: Results, true: Array, cut: slice) -> Array:
    """Errors in ulp; NaN must be where an element of the row is NaN, and nowhere else."""
    got, a = given.values[:, cut], truth.arithmetic
    found = errors(got, true[given.rows], a, truth.x.dtype.name, f._least)
    spoilt = np.isnan(truth.most[given.rows])
    return np.where(spoilt, np.where(np.isnan(got), 0.0, np.inf), found)


def from_one(truth: Truth, given: Results) -> Array:
    """How far sums are from 1, in ulp of 1.

    The last digit of each subnormal share may be wrong by half, which is not counted.
    """
    info = np.finfo(truth.x.dtype)
    small = np.count_nonzero(given.values < info.tiny, axis=-1)
    allowed = small * (float(info.smallest_subnormal) / 2)
    off = np.abs(total(given.values.astype(np.longdouble))[:, 0] - 1)
    found = (np.maximum(off - allowed, 0) / float(info.eps)).astype(float)
    whole = truth.most[given.rows, 0] > -np.inf  # NaN is not
    return np.where(whole, np.where(np.isnan(found), np.inf, found), 0.0)
