"""The checks themselves, as functions of an activation, so that `test_of_tests` can test them.

Each raises an AssertionError that names the function, the parameters and the input that failed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from mpmath import mp, mpf

from tests.support.reference import bends, domain, expected, kink_at, kinks, one_sided, resolve
from tests.support.strategies import from_ordinals, inside, needed, neighbours, ordinal
from tests.support.ulp import ulps, ulps_between, unit

VARIETIES = ("forward", "derivative", "second_derivative")


def apply(f: Any, variety: str, x: Any, params: tuple[float, ...] = (), **kwargs: Any) -> Any:
    """`f` or a derivative of it at `x`; without `params` its defaults hold, where it has any."""
    if variety.startswith("partial"):
        return f._partials[variety.removeprefix("partial_")].ufunc(np.ones_like(x), x, *params)
    called = f if variety == "forward" else getattr(f, variety)
    return called(x, *params, **kwargs, **({} if params else needed(f)))


def backward(f: Any, dy: Any, params: tuple[float, ...] = (), **kwargs: Any) -> Any:
    """`f.backward` with the parameters by name."""
    return f.backward(dy, **kwargs, **named(f, params))


def named(f: Any, params: tuple[float, ...]) -> dict[str, float]:
    return dict(zip([p.name for p in f.params], params, strict=True)) if params else needed(f)


def assert_same_bits(got: Any, wanted: Any, what: object = "") -> None:
    """Equal type, shape and bits; a NaN equals any NaN."""
    got, wanted = np.asanyarray(got), np.asanyarray(wanted)
    assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape), what
    wrong = ~((got == wanted) & (np.signbit(got) == np.signbit(wanted)))
    wrong &= ~(np.isnan(got) & np.isnan(wanted))
    if wrong.any():
        first = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise AssertionError(
            f"{what}: {wrong.sum()} differ; at {first} {got[first]!r} is not {wanted[first]!r}"
        )


def where(f: Any, variety: str, x: np.floating, params: tuple[float, ...]) -> str:
    """The place of a failure, the input in hexadecimal."""
    return f"{f.name} {variety} {x.dtype.name}{params or ''} at {float(x).hex()} ({x})"


def errors(f: Any, variety: str, xs: np.ndarray, params: tuple[float, ...]) -> list[float]:
    """The error at each input in ulp."""
    got = apply(f, variety, xs, params)
    assert got.dtype == xs.dtype, f"{f.name} {variety}: {xs.dtype} in, {got.dtype} out"
    return errors_of(got, f, variety, xs, params)


def errors_of(
    got: np.ndarray, f: Any, variety: str, xs: np.ndarray, params: tuple[float, ...]
) -> list[float]:
    """The error in ulp of each of these values.

    Where the second derivative jumps, it may be that of either side; a derivative by a parameter
    may be any number.
    """
    jumps = set() if variety in {"forward", "derivative"} else {*bends(f, params)}
    found = []
    for x, y in zip(xs.tolist(), got, strict=True):
        if x not in jumps:
            true = [expected(f, variety, x, params)]
        elif variety == "second_derivative":
            true = [one_sided(f, variety, x, params, side) for side in (-1, 1)]
        else:
            true = [mpf(0) if np.isnan(y) else mpf(float(y))]
        found.append(min(ulps(y, value, xs.dtype) for value in true))
    return found


def check_values(f: Any, variety: str, xs: np.ndarray, params: tuple[float, ...] = ()) -> float:
    """Every value is within the declared bound of the true one; returns the largest error."""
    bounds = f.max_ulp[xs.dtype.name]
    bound = bounds.get(variety, bounds["derivative"])
    found = errors(f, variety, xs, params)
    worst = int(np.argmax(found)) if found else 0
    if found and not found[worst] <= bound:
        x = xs[worst]
        got, true = (
            apply(f, variety, xs[worst : worst + 1], params)[0],
            expected(f, variety, float(x), params),
        )
        failing = sum(not error <= bound for error in found)
        raise AssertionError(
            f"{where(f, variety, x, params)}: {found[worst]:.4g} ulp, declared {bound}; "
            f"got {got!r}, true {mp.nstr(true, 20)}; {failing} of {len(found)} inputs fail"
        )
    return max(found, default=0.0)


def check_kinks(f: Any, dtype: str, params: tuple[float, ...] = ()) -> None:
    """The derivative at a kink is the declared one, and that of its side one ulp beside it."""
    low, high = domain(f, params)
    for at in map(float, kinks(f, params)):
        points = [x for x in neighbours(at, dtype, 1) if low <= x <= high]
        check_values(f, "derivative", np.array([*points, -at if at == 0 else at], dtype), params)


def check_slope(f: Any, variety: str, xs: np.ndarray, params: tuple[float, ...] = ()) -> None:
    """Each derivative is the slope of the function before it, by central differences in float64."""
    before = VARIETIES[VARIETIES.index(variety) - 1]
    low, high = domain(f, params)
    xs = xs[(xs > low) & (xs < high)]
    reach = np.minimum(xs - low, high - xs)  # to the nearer end of the domain
    h = 2.0**-20 * np.minimum(reach, np.maximum(2.0**-8, np.abs(xs)))
    clear = np.all(np.abs(xs[:, None] - bends(f, params)) > 2 * h[:, None], axis=1)
    xs, h = xs[clear], h[clear]
    high, low = (apply(f, before, xs + sign * h, params) for sign in (1, -1))
    got, slope = apply(f, variety, xs, params), (high - low) / (2 * h)
    size = np.abs(got) + (np.abs(high) + np.abs(low)) * 2.0**-10
    close = np.where(np.abs(xs) < 2.0**-8, h**2, 0)  # in relation to x the step is a large one
    wrong = np.flatnonzero(~(np.abs(got - slope) <= 2.0**-14 * size + close + 1e-300))
    if wrong.size:
        i = wrong[0]
        raise AssertionError(f"{where(f, variety, xs[i], params)}: {got[i]!r}, slope {slope[i]!r}")


def check_dense(f: Any, xs: np.ndarray, params: tuple[float, ...] = ()) -> None:
    """Inside the declared range and, over ascending `xs`, monotone as declared."""
    y = apply(f, "forward", xs, params)
    low, high = (y.dtype.type(resolve(end, f, params)) for end in f.declaration.range)
    bad = np.flatnonzero(~((y >= low) & (y <= high)))
    assert not bad.size, f"{where(f, 'forward', xs[bad[0]], params)}: {y[bad[0]]!r} is out of range"
    with np.errstate(invalid="ignore"):
        # A float64 result is not always correctly rounded: it may fall by one ulp.
        slack = np.spacing(np.abs(y[1:])) if y.dtype == np.float64 else 0
        bad = np.flatnonzero(f.declaration.monotone * np.diff(y) < -slack)
    assert not bad.size, f"{where(f, 'forward', xs[bad[0]], params)}: not monotone"


def check_odd(f: Any, xs: np.ndarray, params: tuple[float, ...] = ()) -> None:
    """Odd functions are odd, and their derivatives even and odd, bit for bit."""
    for variety, sign in zip(VARIETIES, (-1, 1, -1), strict=True):
        left, right = (apply(f, variety, x, params) for x in (-xs, xs))
        nonzero = (left != 0) | (right != 0) if variety == "second_derivative" else slice(None)
        assert_same_bits(
            left[nonzero], (sign * right)[nonzero], f"{f.name} {variety} is not symmetric"
        )


def check_product(f: Any, dy: np.ndarray, x: np.ndarray, params: tuple[float, ...] = ()) -> None:
    """``backward(dy, x=x)`` is ``dy * derivative(x)``, bit for bit."""
    with np.errstate(all="ignore"):
        wanted = dy * f.derivative(x, *params)
    assert_same_bits(backward(f, dy, params, x=x), wanted, f"{f.name} backward {x.dtype}{params}")


def check_linear(f: Any, dy: np.ndarray, x: np.ndarray, params: tuple[float, ...] = ()) -> None:
    """``backward`` is linear in `dy`: exactly for powers of two, unless something underflows."""
    base = backward(f, dy, params, x=x)
    safe = (np.abs(base) > np.finfo(x.dtype).tiny) & (np.abs(base) < np.finfo(x.dtype).max / 4)
    for factor in (-1, 2, -4):
        scaled = backward(f, dy * x.dtype.type(factor), params, x=x)
        with np.errstate(over="ignore"):
            wanted = base * x.dtype.type(factor)
        assert_same_bits(scaled[safe], wanted[safe], f"{f.name} backward of {factor} dy")


def check_together(f: Any, x: np.ndarray, params: tuple[float, ...] = ()) -> None:
    """``value_and_derivative`` equals the two calls bit for bit."""
    y, d = f.value_and_derivative(x, *params)
    assert_same_bits(y, f(x, *params), f"{f.name}: value of value_and_derivative")
    assert_same_bits(d, f.derivative(x, *params), f"{f.name}: derivative of value_and_derivative")


def cost_of_rounding(f: Any, x: float, params: tuple[float, ...], dtype: str) -> float:
    """By how many ulp the derivative may move when the output moves by its declared error."""
    if kink_at(f, x, params) is not None:
        return 0.0
    y, slope, bend = (expected(f, variety, x, params) for variety in VARIETIES)
    if mp.isinf(slope):
        return 0.0
    if not slope:  # constant: nothing is lost if the output is a float
        return 0.0 if ulps(np.dtype(dtype).type(y), y, dtype) == 0 else np.inf
    step = f.max_ulp[dtype]["forward"] * unit(y, dtype)
    beyond = abs(y) >= float(np.finfo(dtype).max)
    if beyond or any(abs(at - x) * abs(slope) <= 2 * step for at in kinks(f, params)):
        return np.inf  # rounded to infinity, or to the output at a kink
    return float(abs(bend / slope) * step / unit(slope, dtype))


def check_from_output(f: Any, xs: np.ndarray, params: tuple[float, ...] = ()) -> None:
    """From the saved output the derivative is as good as the rounding of that output permits.

    Judged where that rounding costs less than 2**8 ulp; everywhere, no NaN and the right sign.
    """
    dtype = xs.dtype.name
    low, high = domain(f, params)
    xs = xs[(xs >= low) & (xs <= high)]
    got = backward(f, np.ones_like(xs), params, y=f(xs, *params))
    assert not np.isnan(got).any(), f"{f.name} from y is NaN at {xs[np.isnan(got)][0]!r}"
    for x, d in zip(xs.tolist(), got, strict=True):
        cost = cost_of_rounding(f, x, params, dtype)
        error = ulps(d, expected(f, "derivative", x, params), dtype)
        place = where(f, "derivative from y", xs.dtype.type(x), params)
        assert cost > 2**8 or error <= 2 * cost + 4, f"{place}: {error:.4g} ulp, {cost:.4g} allowed"


def check_peer(f: Any, peer: Any, xs: np.ndarray, params: tuple[float, ...], bound: float) -> None:
    """Within `bound` ulp of another library."""
    got, other = f(xs, *params), peer(xs, *params)
    error = ulps_between(got, other)
    worst = int(np.argmax(error))
    message = (
        f"{where(f, 'forward', xs[worst], params)}: {error[worst]:.3g} ulp from {other[worst]!r}"
    )
    assert error[worst] <= bound, message


def dense_windows(
    f: Any, dtype: str, params: tuple[float, ...], places: list[float], count: int
) -> list[np.ndarray]:
    """Runs of `count` neighbouring floats around each place, inside the domain."""
    low, high = inside(f, dtype, params)
    starts = [ordinal(place, dtype) - count // 2 for place in places]
    runs = [range(max(low, start), min(high, start + count)) for start in starts]
    return [from_ordinals(run, dtype) for run in runs if len(run) > 1]


def check_partial_slope(f: Any, variety: str, xs: np.ndarray, params: tuple[float, ...]) -> None:
    """The partial derivative is the slope of the function, by central differences in float64."""
    index = [f"partial_{p.name}" for p in f.params].index(variety)
    h = 2.0**-18 * max(2.0**-4, abs(params[index]))
    moved = [(*params[:index], params[index] + s * h, *params[index + 1 :]) for s in (1, -1)]
    # Kinks that the parameter moves, and the ends of the domain, must stay on their side of xs.
    edges = [edge for p in moved for edge in (*bends(f, p), *domain(f, p)) if np.isfinite(edge)]
    xs = xs[np.all(np.abs(xs[:, None] - np.array(edges)) > 64 * h, axis=1)]
    low, high = domain(f, params)
    xs = xs[(xs > low) & (xs < high)]
    up, down = (apply(f, "forward", xs, p) for p in moved)
    got, slope = apply(f, variety, xs, params), (up - down) / (2 * h)
    size = np.abs(got) + (np.abs(up) + np.abs(down)) * 2.0**-10
    wrong = np.flatnonzero(~(np.abs(got - slope) <= 2.0**-12 * size + 1e-300))
    if wrong.size:
        i = wrong[0]
        raise AssertionError(f"{where(f, variety, xs[i], params)}: {got[i]!r}, slope {slope[i]!r}")


def check_partial_product(
    f: Any, variety: str, dy: np.ndarray, x: np.ndarray, params: tuple[float, ...]
) -> None:
    """The summand of a gradient is `dy` times the partial derivative, bit for bit."""
    partial = f._partials[variety.removeprefix("partial_")]
    with np.errstate(all="ignore"):
        wanted = dy * apply(f, variety, x, params)
    got = partial.ufunc(dy, x, *params)
    assert_same_bits(got, wanted, f"{f.name} {variety} {x.dtype}{params}")
