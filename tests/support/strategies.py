"""What the tests feed to an activation, derived from its declaration.

Floats are numbered by their *ordinal*: 0 for zero, 1 for the smallest subnormal, negative for
negative floats. Neighbours differ by 1, and evenly spaced ordinals are evenly spaced exponents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any

import numpy as np
from hypothesis import strategies as st
from mpmath import inf, mp, mpf
from numpy.typing import DTypeLike

from tests.support.reference import bends, domain, expected, resolve
from tests.support.ulp import unit

DTYPES = ("float16", "float32", "float64")
CENTRE = (-30, 11)  # binary exponents between which every activation does what it is known for

# --- floats by ordinal --------------------------------------------------------------------------


def ordinal(x: float, dtype: DTypeLike) -> int:
    """The number of `x`, rounded to `dtype`, among the floats; both zeros are 0."""
    dtype = np.dtype(dtype)
    bits = int(np.asarray(x, dtype).view(f"i{dtype.itemsize}"))
    return bits if bits >= 0 else -(bits & (2 ** (8 * dtype.itemsize - 1) - 1))


def from_ordinals(numbers: Iterable[int] | np.ndarray, dtype: DTypeLike) -> np.ndarray:
    """The floats with these ordinals."""
    dtype = np.dtype(dtype)
    numbers = np.asarray(numbers, "i8")
    magnitude = np.abs(numbers).astype(f"i{dtype.itemsize}").view(dtype)
    return np.where(numbers < 0, -magnitude, magnitude)


def neighbours(x: float, dtype: DTypeLike, reach: int = 3) -> list[float]:
    """`x` rounded to `dtype` and the `reach` floats on either side of it."""
    last, middle = ordinal(inf, dtype), ordinal(x, dtype)
    numbers = range(max(middle - reach, -last), min(middle + reach, last) + 1)
    return from_ordinals(numbers, dtype).tolist()


def inside(f: Any, dtype: DTypeLike, params: tuple[float, ...]) -> tuple[int, int]:
    """The ordinals of the ends of the domain."""
    low, high = domain(f, params)
    return ordinal(low, dtype), ordinal(high, dtype)


# --- places that a declaration names, or that follow from it ------------------------------------


def states(f: Any, variety: str, dtype: str, params: tuple, limit: mpf, number: int) -> tuple:
    """Whether the result rounds to `limit`, is subnormal, rounds to zero, or overflows."""
    true = expected(f, variety, float(from_ordinals(number, dtype)), params)
    info = np.finfo(dtype)
    return (
        abs(true - limit) <= unit(limit, dtype) / 2,
        abs(true) < mpf(float(info.tiny)),
        abs(true) < mpf(float(info.smallest_subnormal)) / 2,
        abs(true) >= mp.ldexp(1, info.maxexp),
    )


def bisect(holds: Callable[[int], bool], here: int, there: int) -> int:
    """The last ordinal on the way from `here` to `there` for which `holds` is true."""
    while abs(there - here) > 1:
        middle = (here + there) // 2
        here, there = (middle, there) if holds(middle) else (here, middle)
    return here


@cache
def thresholds(f: Any, variety: str, dtype: str, params: tuple[float, ...]) -> tuple[float, ...]:
    """Where the rounded result saturates, becomes subnormal, vanishes or overflows."""
    lowest, highest = (max(-(2.0**15), min(end, 2.0**15)) for end in domain(f, params))
    start = ordinal((lowest + highest) / 2 + (highest - lowest) / 2**15, dtype)
    found = []
    for end in (ordinal(lowest, dtype) + 1, ordinal(highest, dtype) - 1):
        limit = expected(f, variety, float(from_ordinals(end, dtype)), params)
        at = partial(states, f, variety, dtype, params, limit)
        for i, (near, far) in enumerate(zip(at(start), at(end), strict=True)):
            if near != far:
                found.append(bisect(lambda n, at=at, i=i, near=near: at(n)[i] == near, start, end))
    return tuple(from_ordinals(found, dtype).tolist())


def declared_places(f: Any, params: tuple[float, ...] = ()) -> list[float]:
    """Kinks and bends, the roots and the finite ends of the domain."""
    roots = [resolve(root, f, params) for roots in f.declaration.roots.values() for root in roots]
    return [*bends(f, params), *roots, *(end for end in domain(f, params) if np.isfinite(end))]


def extremes(dtype: DTypeLike) -> list[float]:
    """Zeros, the first numbers, the edge of the subnormals, the largest numbers, infinities."""
    info = np.finfo(dtype)
    least, tiny, most = map(float, (info.smallest_subnormal, info.tiny, info.max))
    positive = [0.0, least, 2 * least, 3 * least, *neighbours(tiny, dtype, 1), 1.0, most, inf]
    return [sign * x for x in positive for sign in (1.0, -1.0)]


@cache
def landmarks(f: Any, dtype: str, params: tuple[float, ...] = ()) -> tuple[float, ...]:
    """Every place where a kernel is most likely to be wrong, with its neighbours."""
    places = declared_places(f, params)
    places += thresholds(f, "forward", dtype, params) + thresholds(f, "derivative", dtype, params)
    near = [x for place in places for x in neighbours(place, dtype)]
    return (*dict.fromkeys(near), *extremes(dtype))


# --- fixed samples ------------------------------------------------------------------------------


def powers_of_two(dtype: DTypeLike, every: int) -> list[float]:
    """Powers of two with their neighbours in the centre, and every few octaves outside it."""
    info = np.finfo(dtype)
    first, last = max(CENTRE[0], info.minexp), min(CENTRE[1], info.maxexp)
    near = [y for e in range(first, last) for y in neighbours(2.0**e, dtype, 1)]
    return near + [2.0**e for e in range(info.minexp - info.nmant, info.maxexp, every)]


def towards_ends(f: Any, dtype: DTypeLike, params: tuple[float, ...]) -> list[float]:
    """The finite ends of the domain approached by powers of two."""
    distances = 2.0 ** -np.arange(1.0, np.finfo(dtype).nmant + 1)
    low, high = domain(f, params)
    steps = [low + distances] if np.isfinite(low) else []
    steps += [high - distances] if np.isfinite(high) else []
    return [float(x) for step in steps for x in step]


def central(dtype: DTypeLike, size: int, rng: np.random.Generator) -> np.ndarray:
    """Random floats of either sign, evenly over the exponents of the centre."""
    ends = [ordinal(2.0**e, dtype) for e in (max(CENTRE[0], np.finfo(dtype).minexp), CENTRE[1])]
    return from_ordinals(rng.integers(*ends, size), dtype) * rng.choice([-1, 1], size).astype(dtype)


@cache
def sample(f: Any, dtype: str, params: tuple[float, ...] = (), size: int = 120) -> np.ndarray:
    """The stratified sample on which values are judged: landmarks, every octave, random points."""
    rng = np.random.default_rng(size)
    octaves = powers_of_two(dtype, every=max(1, np.finfo(dtype).maxexp // 12))
    fixed = [
        *landmarks(f, dtype, params),
        *octaves,
        *(-x for x in octaves),
        *towards_ends(f, dtype, params),
    ]
    drawn = from_ordinals(rng.integers(*inside(f, dtype, params), size // 4), dtype)
    points = np.concatenate([np.array(fixed, dtype), central(dtype, size, rng), drawn])
    low, high = domain(f, params)
    outside = (points < low) | (points > high)
    return np.concatenate([points[~outside], points[outside][:20]])


def mixed(dtype: DTypeLike, size: int, seed: int = 0) -> np.ndarray:
    """Random bit patterns and central values with special values between, for bitwise tests."""
    rng = np.random.default_rng(seed)
    last = ordinal(inf, dtype)
    values = central(dtype, size, rng)
    values[::2] = from_ordinals(rng.integers(-last, last + 1, size), dtype)[::2]
    special = np.array([np.nan, inf, -inf, 0.0, -0.0, np.finfo(dtype).tiny / 2], dtype)
    values[5::11] = np.resize(special, values[5::11].size)
    return values


# --- parameters ---------------------------------------------------------------------------------


def rounded_into(parameter: Any, value: float, dtype: DTypeLike) -> float:
    """`value` in `dtype`, moved to the nearest float between the declared bounds."""
    near = neighbours(value, dtype, 1)
    if value != parameter.none:
        near = [x for x in near if parameter.low <= x <= parameter.high]
    return min(near, key=lambda x: abs(x - value))


def needed(f: Any) -> dict[str, float]:
    """Values for the parameters without a default: what every call of `f` must give."""
    return {p.name: p.typical for p in f.params if p.required}


def defaults(f: Any, dtype: DTypeLike) -> tuple[float, ...]:
    return tuple(rounded_into(p, p.typical, dtype) for p in f.params)


@cache
def parameter_sets(f: Any, dtype: str) -> list[tuple[float, ...]]:
    """The defaults, both declared bounds, and points between, each representable in `dtype`.

    Of several parameters every second one falls where the others rise.
    """
    shares = (0.0, 0.3, 0.9, 1.0) if f.params else ()
    turns = [(p.low, p.high)[:: (1, -1)[i % 2]] for i, p in enumerate(f.params)]
    between = [[a + share * (b - a) for a, b in turns] for share in shares]
    sets = [tuple(map(rounded_into, f.params, v, [dtype] * len(v))) for v in between]
    return [
        s
        for s in dict.fromkeys([defaults(f, dtype), *sets])
        if obeyed(f, f.declaration.requires, s)
    ]


def output_sets(f: Any, dtype: str) -> list[tuple[float, ...]]:
    """The parameters among them for which the output is enough for the derivative."""
    rules = f.backward._from_output._requires
    return [s for s in parameter_sets(f, dtype) if obeyed(f, rules, s)]


def parameters(f: Any, dtype: DTypeLike) -> st.SearchStrategy[tuple[float, ...]]:
    """Parameters over their declared range, both bounds and the defaults included."""

    def one(p: Any) -> st.SearchStrategy[float]:
        bounds = st.sampled_from([p.typical, p.low, p.high])
        return (bounds | st.floats(p.low, p.high)).map(lambda v: rounded_into(p, v, dtype))

    return st.tuples(*map(one, f.params)).filter(
        lambda values: obeyed(f, f.declaration.requires, values)
    )


def obeyed(f: Any, rules: tuple[str, ...], values: tuple[float, ...]) -> bool:
    """Whether the parameters obey the rules."""
    return all(resolve(rule, f, values) for rule in rules)


# --- inputs -------------------------------------------------------------------------------------


def inputs(f: Any, dtype: str) -> st.SearchStrategy[float]:
    """Inputs over the whole line, most of them inside the domain, many at landmarks."""
    last = ordinal(inf, dtype)
    one = ordinal(1.0, dtype)
    octave = ordinal(2.0, dtype) - one
    by_exponent = st.integers(*inside(f, dtype, defaults(f, dtype))) | st.integers(-last, last)
    centre = st.integers(one - 8 * octave, one + 8 * octave).flatmap(
        lambda n: st.sampled_from([n, -n])
    )
    drawn = (by_exponent | centre).map(lambda n: float(from_ordinals(n, dtype)))
    return st.sampled_from(landmarks(f, dtype, defaults(f, dtype))) | drawn | st.just(np.nan)


def vectors(f: Any, dtype: str, size: int = 8) -> st.SearchStrategy[np.ndarray]:
    return st.lists(inputs(f, dtype), max_size=size).map(lambda xs: np.array(xs, dtype))


# --- layouts ------------------------------------------------------------------------------------


def stepped(x: np.ndarray, step: int) -> np.ndarray:
    """The values of `x` every `step`-th element of a buffer, backwards where `step` is negative."""
    buffer = np.full(max(1, x.size * abs(step)), np.nan, x.dtype)
    view = buffer[::step][: x.size]
    view[...] = x
    return view


def at_byte(x: np.ndarray, offset: int) -> np.ndarray:
    """The values of `x` that many bytes into a buffer."""
    buffer = np.zeros(x.nbytes + offset, "u1")
    view = buffer[offset:].view(x.dtype)
    view[...] = x
    return view


def read_only(x: np.ndarray) -> np.ndarray:
    x = x.copy()
    x.flags.writeable = False
    return x


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "C": np.copy,
    "Fortran": lambda x: np.asfortranarray(np.resize(x, (x.size // 7 + 1, 7))),
    "transposed": lambda x: np.resize(x, (5, x.size // 5 + 1)).T,
    "negative stride": lambda x: stepped(x, -1),
    "every second": lambda x: stepped(x, 2),
    "every third, backwards": lambda x: stepped(x, -3),
    "zero stride": lambda x: np.broadcast_to(x[:, None], (x.size, 9)),
    "repeated": lambda x: np.broadcast_to(x, (3, x.size)),
    "one element repeated": lambda x: np.broadcast_to(x[:1], (min(x.size, 1) * 700,)),
    "offset": lambda x: np.concatenate([x[:3], x])[min(3, x.size) :],
    "column": lambda x: np.column_stack([x, x[::-1]])[:, 0],
    "middle of a cube": lambda x: np.resize(x, (8, 9, 11))[1:-1, ::2, -2:1:-1],
    "misaligned": lambda x: at_byte(x, 1),
    "byte-swapped": lambda x: x.astype(x.dtype.newbyteorder()),
    "read-only": read_only,
    "empty": lambda x: x[:0],
    "empty, two axes": lambda x: np.empty((0, 5), x.dtype),
    "one element": lambda x: x[:1],
}


@st.composite
def windows(draw: st.DrawFn, shape: tuple[int, ...], steps: tuple[int, ...], size: int) -> Any:
    """A window of that shape into a buffer of `size` elements: ``(offset, strides)`` in elements.

    Axes are nested in a drawn order, so that without a zero among `steps` no element is met twice.
    """
    strides, extent, first = [0] * len(shape), 1, 0
    for axis in draw(st.permutations(range(len(shape)))):
        step = draw(st.sampled_from(steps))
        strides[axis] = step * extent
        first += max(0, -strides[axis]) * max(0, shape[axis] - 1)
        extent *= max(1, abs(step) * shape[axis])
    return first + draw(st.integers(0, size - extent)), tuple(strides)


def window(buffer: np.ndarray, shape: tuple[int, ...], place: tuple) -> np.ndarray:
    """The view of `buffer` that a draw of `windows` names."""
    offset, strides = place
    width = buffer.itemsize
    return np.ndarray(shape, buffer.dtype, buffer, offset * width, [s * width for s in strides])


def rows_of_all_kinds(dtype: str, rows: int, n: int, seed: int = 0) -> np.ndarray:
    """Ordinary rows; among them rows without mass, huge ones, with infinity or with NaN."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 3, (rows, n)).astype(dtype)
    kinds = rng.choice(5, rows, p=[0.6, 0.1, 0.1, 0.1, 0.1])
    x[kinds == 1] = -np.inf
    x[kinds == 2] += np.finfo(dtype).max / 2
    x[kinds == 3, n // 2] = np.inf
    x[kinds == 4, n - 1] = np.nan
    return x
