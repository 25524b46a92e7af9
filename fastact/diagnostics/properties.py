"""The properties that `fastact.check` tests: of a function in one dtype with one set of parameters.

Each check looks at many points at once and gives its findings as arrays: where, what came, what was
expected, how far apart they are and how far they may be. All are judged alike. NumPy alone is
needed: the truth about a derivative comes from finite differences of the function in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastact.definition.declaration import ORDERS, evaluate
from fastact.diagnostics.findings import RELATIVE, Finding
from fastact.diagnostics.finite_differences import UNRESOLVED, Jumps, beside, jumps, slopes
from fastact.native.threads import num_threads

LAST = ORDERS[-1]
NAMES = dict(zip(ORDERS, ("function", "derivative", "second derivative"), strict=True))
SLOPE = 2.0**-14  # by which share a slope may be off, beside the error of the differences
STEP = 2.0**-20  # by which share of its size nothing smooth jumps from one float to the next
DETOUR = 16.0  # a limit may be further away than the last steps, by so many of them
ROUNDINGS = 4.0  # ulp: the error of values for which no bound is known
LARGE = 2**16  # elements: more than one thread takes part
OCTAVES = (  # sizes of points: all there are, around 0, and closely where most functions bend
    np.ldexp(1.0, range(-1074, 1024, 31)),  # no power, which raises where it underflows
    2.0 ** np.arange(-60.0, -4.0, 0.5),
    2.0 ** np.arange(-4.0, 13.0, 1 / 24),
)

Array = NDArray[Any]


# ---------------------------------------------------------------- what is checked, and where
@dataclass(frozen=True)
class Case:
    """An activation with one dtype and one set of parameters."""

    f: Any
    dtype: str
    params: dict[str, float]
    rng: np.random.Generator

    def __call__(self, variety: str, x: Array) -> Any:
        """Values of the function or of a derivative."""
        f = self.f if variety == "forward" else getattr(self.f, variety)
        return f(x, **self.params)

    def backward(self, dy: Any, **saved: Any) -> Any:
        """``dy`` times the derivative."""
        return self.f.backward(dy, **saved, **self.params)

    def field(self, value: float | str) -> float:
        """A field of the declaration for these parameters."""
        return float(evaluate(value, self.params))

    @cached_property
    def varieties(self) -> list[str]:
        """The function and those derivatives that it has."""
        return [v for v in ORDERS if v in self.f.declaration.kernels]

    def unit(self, variety: str) -> float:
        """The relative error that is promised of a value, or what a few roundings make."""
        bound = self.f.max_ulp[self.dtype][variety]
        return float((bound if np.isfinite(bound) else ROUNDINGS) * np.finfo(self.dtype).eps)

    @cached_property
    def domain(self) -> tuple[float, float]:
        """Where the function is defined."""
        low, high = map(self.field, self.f.declaration.domain)
        return low, high

    @cached_property
    def kinks(self) -> Array:
        """Where the derivative may jump."""
        return self.places(kink.at for kink in self.f.kinks)

    @cached_property
    def bends(self) -> Array:
        """Where the second derivative may jump."""
        return np.concatenate([self.kinks, self.places(self.f.declaration.bends)])

    def places(self, fields: Iterable[float | str]) -> Array:
        """Those of some fields of the declaration that are numbers in the domain."""
        found = np.array([self.field(at) for at in fields], np.float64)
        return self.inside(found[np.isfinite(found)])

    def inside(self, x: Array) -> Array:
        """Those of `x` where the function is defined."""
        low, high = self.domain
        return x[(x >= low) & (x <= high)]

    @cached_property
    def x(self) -> Array:
        """Ascending finite points of the domain: every octave, both tails, all special places."""
        roots = self.places(root for roots in self.f.declaration.roots.values() for root in roots)
        ends = np.clip(self.domain, -64.0, 64.0)
        special = np.concatenate([roots, self.bends, ends, [0.0, 1.0, -1.0]])
        size = np.concatenate([*OCTAVES, np.abs(self.rng.normal(0.0, 8.0, 300))])
        away = np.maximum(np.abs(special), 1.0) * 2.0 ** -np.arange(1.0, 48.0)[:, None]
        near = [beside(special.astype(np.float64), n) for n in range(-3, 4)]
        line = np.linspace(ends[0], ends[1], 300)
        points = [size, -size, special + away, special - away, *near, line]
        found = np.unique(np.concatenate([p.ravel() for p in points]).astype(self.dtype))
        return self.inside(found[np.isfinite(found)])

    @cached_property
    def few(self) -> Array:
        """Some points in no order, NaN, infinities and points outside the domain among them."""
        special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.5, -1.5], self.dtype)
        return self.rng.permutation(
            np.concatenate([self.x[:: max(1, self.x.size // 700)], special])
        )


def ulps(got: Array, true: Array, dtype: str) -> Any:
    """The distance of `got`, of this dtype, from float64 values, in units in the last place."""
    info = np.finfo(dtype)
    top = np.ldexp(1.0, min(info.maxexp, 1023))
    got, true = (np.clip(np.asarray(v, np.float64), -top, top) for v in (got, true))
    exponent = np.clip(np.frexp(true)[1] - 1, info.minexp, info.maxexp - 1)
    exponent = np.where(true == 0, info.minexp, exponent)
    distance = np.abs(got - true) / np.ldexp(1.0, exponent - info.nmant)
    return np.where(np.isnan(got) & np.isnan(true), 0.0, distance)


def same(got: Any, wanted: Any) -> Array:
    """0 where the bits are the same, 1 where they are not; any NaN is like any other."""
    got, wanted = np.asarray(got), np.asarray(wanted)
    equal = (got == wanted) & (np.signbit(got) == np.signbit(wanted))
    return np.where(equal | (np.isnan(got) & np.isnan(wanted)), 0.0, 1.0)


def identical(x: Array, got: Any, wanted: Any) -> Finding:
    """The finding of a comparison bit by bit."""
    return Finding(x, got, wanted, same(got, wanted), 0.0, "differing")


Found = Iterator[tuple[str, Finding]]


def nan_stays_nan(case: Case) -> Found:
    """NaN in, NaN out."""
    x = np.array([np.nan, -np.nan], case.dtype)
    good = np.full(2, 0.5, case.dtype)
    results = {NAMES[v]: case(v, x) for v in case.varieties}
    if "derivative" in case.f.declaration.kernels:
        results["backward of x = NaN"] = case.backward(good, x=x)
        results["backward of dy = NaN"] = case.backward(x, x=good)
    for name, got in results.items():
        yield f"NaN gives NaN: {name}", identical(x, got, x)


def defined(case: Case) -> Found:
    """A number inside the domain, NaN outside, and the dtype of the input."""
    low, high = case.domain
    steps = [-1.0, 1.0, 1e4]
    outside = np.array([*(low - np.abs(steps)), *(high + np.abs(steps)), -np.inf, np.inf])
    outside = outside[(outside < low) | (outside > high)].astype(case.dtype)
    outside = outside[(outside < low) | (outside > high)]
    for variety in case.varieties:
        y = case(variety, case.x)
        error = np.isnan(y) + 2.0 * (np.asarray(y).dtype != case.dtype)
        yield (
            f"a number in the domain: {NAMES[variety]}",
            Finding(case.x, y, np.nan, error, 0.0, "differing"),
        )
        if outside.size:
            got = case(variety, outside)
            yield (
                f"NaN outside the domain: {NAMES[variety]}",
                identical(outside, got, np.full_like(outside, np.nan)),
            )


def near_float64(case: Case) -> Found:
    """The float64 result, within the declared error."""
    reference = replace(case, dtype="float64")
    for variety in case.varieties if case.dtype != "float64" else ():
        x = case.x if variety != LAST else away_from(case.bends, case.x)
        got, true = case(variety, x), reference(variety, x.astype(np.float64))
        allowed = case.f.max_ulp[case.dtype][variety] + 2.0**-10
        error = ulps(got, true, case.dtype)
        yield f"as in float64: {NAMES[variety]}", Finding(x, got, true, error, allowed, "ulp")


def away_from(places: Array, x: Array) -> Array:
    """Those of `x` that are none of `places`."""
    return x[~np.isin(x, places)]


def in_range(case: Case) -> Found:
    """Inside the declared range."""
    y = case("forward", case.x)
    low, high = (np.asarray(case.field(end), y.dtype) for end in case.f.declaration.range)
    nearest = np.clip(y, low, high)
    off = np.where(y == nearest, 0.0, np.abs(y - nearest))
    yield "inside the range", Finding(case.x, y, nearest, off, 0.0, "off by")


def rises(case: Case) -> Found:
    """Monotone where declared, and so is the sign of the derivative."""
    direction, bound = case.f.declaration.monotone, case.f.max_ulp[case.dtype]["forward"]
    if not direction:
        return
    y = case("forward", case.x).astype(np.float64)
    turned = np.where(direction * np.diff(y) < 0, ulps(y[1:], y[:-1], case.dtype), 0.0)
    yield "monotone", Finding(case.x[1:], y[1:], y[:-1], turned, max(0.0, 2 * bound - 1), "ulp")
    if "derivative" in case.f.declaration.kernels:
        d = case("derivative", case.x)
        wrong = np.maximum(-direction * d, 0)
        yield "the sign of the derivative", Finding(case.x, d, 0.0, wrong, 0.0, "off by")


def symmetric(case: Case) -> Found:
    """Odd or even where declared, with a derivative that is the other."""
    first = 1 if case.f.declaration.even else -1
    signs = dict(zip(ORDERS, (first, -first, first), strict=True))
    for variety in case.varieties if case.f.declaration.odd or case.f.declaration.even else ():
        x = away_from(case.bends, case.x) if variety == LAST else case.x
        got, wanted = case(variety, -x), signs[variety] * case(variety, x)
        zero = (got == 0) & (wanted == 0) & (variety == LAST)
        error = np.where(zero, 0.0, same(got, wanted))
        symmetry = "even" if case.f.declaration.even else "odd"
        yield f"{symmetry}: {NAMES[variety]}", Finding(-x, got, wanted, error, 0.0, "differing")


def limits(case: Case) -> Found:
    """At the infinities, the values that the function goes to."""
    far = float(np.finfo(case.dtype).max) * 2.0 ** -np.arange(24.0)
    ends = [sign for sign, end in zip((-1, 1), case.domain, strict=True) if np.isinf(end)]
    for sign, variety in ((s, v) for s in ends for v in case.varieties):
        y = case(variety, np.array(sign * far, case.dtype)).astype(np.float64)
        x = np.array([sign * np.inf], case.dtype)
        got = case(variety, x)
        steps = np.diff(y[np.isfinite(y)])
        if np.isnan(y).any() or (steps.min(initial=0) < 0 < steps.max(initial=0)):
            continue  # it goes nowhere
        grows = abs(y[0]) > abs(y[1])
        equal = got == y[0] or (grows and got == np.copysign(np.inf, y[0]))
        error = 0.0 if equal else abs(float(got[0]) - y[0])
        yield (
            f"the limit at infinity: {NAMES[variety]}",
            Finding(x, got, y[0], error, DETOUR * np.abs(steps).sum(), "off by"),
        )


def declared_limits(case: Case) -> Found:
    """At the ends of the domain, the limits that are declared, where any are."""
    stated = case.f.declaration.limits
    if stated is None:
        return
    y = np.array([case.field(limit) for limit in stated], np.float64)
    known = ~np.isnan(y)
    x, wanted = np.array(case.domain, case.dtype)[known], y[known].astype(case.dtype)
    got = case("forward", x)
    yield "the declared limit", Finding(x, got, wanted, got != wanted, 0.0, "differing")


def unbroken(case: Case) -> Found:
    """No jumps but at declared places; next to the ends of the domain floats are too coarse."""
    low, high = (beside(np.array(end), n) for end, n in zip(case.domain, (8, -8), strict=True))
    x = case.x[(case.x >= low) & (case.x <= high)]
    for variety in case.varieties if case.dtype == "float64" else ():
        y, found = case(variety, x), jumps(partial(case, variety), x, STEP)
        step = np.abs(found.value_after - found.value_before)
        step /= np.maximum(np.abs(found.value_before), np.abs(found.value_after))
        fields = [
            *(k.at for k in case.f.kinks),
            *(case.f.declaration.bends if variety == LAST else ()),
        ]
        allowed = np.where(declared(found, fields, case), np.inf, STEP)
        kind = "kink" if variety == "derivative" else "jump"
        yield (
            f"no {kind} but the declared ones: {NAMES[variety]}",
            Finding(
                np.append(x, found.after),
                np.append(y, found.value_after),
                np.append(y, found.value_before),
                np.append(np.zeros_like(x), step),
                np.append(np.full_like(x, STEP), allowed),
                "jump",
            ),
        )


def declared(found: Jumps, fields: Iterable[float | str], case: Case) -> Array:
    """Whether each jump is beside one of these places, some of which are rounded."""
    hit = np.zeros(found.before.shape, np.bool_)
    for at in fields:
        slack = 0 if exact(at) else 2
        low, high = beside(found.before, -slack), beside(found.after, slack)
        hit |= (low <= case.field(at)) & (case.field(at) <= high)
    return hit


def exact(at: float | str) -> bool:
    """Whether a field is a number or a parameter as it is, not the result of arithmetic."""
    return not isinstance(at, str) or at.lstrip("-").isidentifier()


def right_slopes(case: Case) -> Found:
    """Each derivative is the slope of the function before it, by differences."""
    for variety in case.varieties[1:] if case.dtype == "float64" else ():
        before = ORDERS[ORDERS.index(variety) - 1]
        edges = np.concatenate([case.bends, case.places(case.domain)])
        reach = np.min(np.abs(case.x - edges[:, None]), axis=0, initial=np.inf)
        x, reach = case.x[reach > 0], reach[reach > 0]
        true, error = slopes(partial(case, before), x, reach, case.unit(before))
        yield (
            f"the {NAMES[variety]} is the slope of the {NAMES[before]}",
            compared(x, case(variety, x), true, error),
        )


def compared(x: Array, got: Array, true: Array, error: Array) -> Finding:
    """The finding of a comparison with slopes that are known within `error`."""
    size = np.fmax(np.fmax(np.abs(got), np.abs(true)), UNRESOLVED)
    known = np.isfinite(error) & (got != true)
    off = np.where(known, np.abs(got - true) / size, 0.0)
    allowed = np.where(known, SLOPE + 4 * error / size, np.where(got == true, SLOPE, np.inf))
    return Finding(x, got, true, off, allowed, RELATIVE)


def at_kinks(case: Case) -> Found:
    """At a kink the derivative is the declared one."""
    kinks = [k for k in case.f.kinks if exact(k.at)]
    x = np.array([case.field(kink.at) for kink in kinks])
    held = (x == x.astype(case.dtype)) & np.isin(x, case.kinks)
    wanted = np.array([case.field(kink.derivative) for kink in kinks]).astype(case.dtype)[held]
    x = x[held].astype(case.dtype)
    if x.size and "derivative" in case.f.declaration.kernels:
        got = case("derivative", x)
        off = np.where(got == wanted, 0.0, 1.0)
        yield "the declared derivative at kinks", Finding(x, got, wanted, off, 0.0, "differing")


def in_one_pass(case: Case) -> Found:
    """``value_and_derivative`` is the two calls, ``backward`` the product with the derivative."""
    if "derivative" not in case.f.declaration.kernels:
        return
    x = case.few
    value, derivative = case("value_and_derivative", x)
    slope, dy = case("derivative", x), case.rng.permutation(x)
    yield "value and derivative in one pass: the value", identical(x, value, case("forward", x))
    yield "value and derivative in one pass: the derivative", identical(x, derivative, slope)
    yield "backward is dy times the derivative", identical(x, case.backward(dy, x=x), dy * slope)


def from_output(case: Case) -> Found:
    """``backward(y=)`` is as good as the rounding of y permits."""
    rules = case.f.declaration.output_requires
    if not (case.f.from_output and all(evaluate(rule, case.params) for rule in rules)):
        return
    exact, x = replace(case, dtype="float64"), case.x
    y = case("forward", x)
    got, wide = case.backward(np.ones_like(x), y=y), x.astype(np.float64)
    slope, bend = exact("derivative", wide), exact("second_derivative", wide)
    moved = case.f.max_ulp[case.dtype]["forward"] * spacing(y, case.dtype)
    cost = np.abs(bend / slope) * moved / spacing(slope, case.dtype)
    distance = np.min(np.abs(wide - case.bends[:, None]), axis=0, initial=np.inf)
    unclear = (cost >= 2**8) | (distance * np.abs(slope) <= 8 * moved) | ~np.isfinite(y * slope)
    allowed = np.where(unclear, np.inf, 2 * np.where(np.isnan(cost), 0, cost) + 4)
    error = np.where(np.isnan(got), np.nan, ulps(got, slope, case.dtype))
    yield "backward from y", Finding(x, got, slope, error, allowed, "ulp")


def spacing(y: Array, dtype: str) -> Any:
    """The unit in the last place of a dtype at each of `y`."""
    return np.abs(np.spacing(np.abs(np.asarray(y)).astype(dtype))).astype(np.float64)


def right_partials(case: Case) -> Found:
    """What ``backward_params`` sums is the slope in that parameter, by differences."""
    x = case.x
    clear = np.abs(x - case.bends[:, None]) > np.maximum(np.abs(x), 1.0) * 2.0**-10
    x = x[np.all(clear, axis=0)]
    for p in case.f.params if case.dtype == "float64" else ():
        if p.name not in case.f._partials:
            continue
        value = np.full_like(x, case.params[p.name])
        reach = np.minimum(value - p.low, p.high - value)
        if not (reach > 0).all():
            continue

        def moved(v: Array, name: str = p.name) -> Any:
            params: dict[str, Any] = case.params | {name: v}
            return replace(case, params=params)("forward", x)

        true, error = slopes(moved, value, reach, case.unit("forward"))
        got = case.f._partials[p.name].ufunc(np.ones_like(x), x, *case.params.values())
        yield f"the gradient of {p.name} is the slope in it", compared(x, got, true, error)


def same_bits_everywhere(case: Case) -> Found:
    """The same bits for every stride and every number of threads."""
    large = np.resize(case.few, LARGE + 3)
    both = np.repeat(case.few, 2)
    for variety in case.varieties:
        whole = case(variety, case.few)
        for layout, got in (
            ("strided", case(variety, both[::2])),
            ("reversed", case(variety, case.few[::-1])[::-1]),
            ("one by one", np.array([case(variety, x) for x in case.few[:50]])),
        ):
            end = got.size
            yield (
                f"the same bits: {layout} {NAMES[variety]}",
                identical(case.few[:end], got, whole[:end]),
            )
        with num_threads(3):
            got = case(variety, large)
        serial = np.resize(whole, large.size)
        yield f"the same bits: {NAMES[variety]} in threads", identical(large, got, serial)


CHECKS: tuple[Callable[[Case], Found], ...] = (  # what explains most comes first
    nan_stays_nan, defined, limits, declared_limits, in_range, at_kinks, unbroken, right_slopes,
    near_float64,
    rises, symmetric, right_partials, in_one_pass, from_output, same_bits_everywhere,
)  # fmt: skip
