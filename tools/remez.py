"""Minimax polynomials: ``python -m tools.remez > fastact/numerics/tables.py`` makes all tables.

``python -m tools.remez SERF_ROOT >> fastact/numerics/tables.py`` adds one, of a line in `ROOTS`.

Remez' exchange in mpmath (Remez 1934; Muller, Elementary Functions, chapter 3): the polynomial p of
a given degree that minimises the largest weight(t) * |p(t) - f(t)| on an interval. The coefficients
are rounded to the format in which they are used, highest degree first (Horner's order): each by
itself, or, where there are no bits to spare, one after the other, the others fitted anew.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Collection
from typing import NamedTuple

import mpmath as mp
import numpy as np

Function = Callable[[mp.mpf], mp.mpf]


class Fit(NamedTuple):
    """What a table approximates: f on [a, b], with the error weighted."""

    f: Function
    weight: Function
    a: mp.mpf
    b: mp.mpf
    degree: int
    dtype: type[np.floating]
    pairs: int = 0  # how many coefficients, from the lowest, are needed in twice the precision
    in_order: bool = False  # whether they are rounded one after the other


def remez(fit: Fit, rounds: int = 12) -> tuple[list[mp.mpf], mp.mpf]:
    """The coefficients, highest first, and the largest weighted error."""
    count = fit.degree + 2
    middle, half = (fit.a + fit.b) / 2, (fit.b - fit.a) / 2
    nodes = [middle - half * mp.cos(mp.pi * k / (count - 1)) for k in range(count)]
    grid = [middle - half * mp.cos(mp.pi * k / (40 * count)) for k in range(40 * count + 1)]
    values = [fit.f(t) for t in grid]
    weights = [fit.weight(t) for t in grid]
    for _ in range(rounds):
        system = mp.matrix(count, count)
        for i, t in enumerate(nodes):
            for j in range(count - 1):
                system[i, j] = t**j
            system[i, count - 1] = (-1) ** i / fit.weight(t)
        solution = mp.lu_solve(system, mp.matrix([fit.f(t) for t in nodes]))
        p = [solution[k] for k in range(count - 2, -1, -1)]
        errors = [w * (horner(p, t) - v) for t, v, w in zip(grid, values, weights, strict=True)]
        nodes = extrema(grid, errors, count)
    return p, max(map(abs, errors))


def one_by_one(fit: Fit) -> tuple[list[mp.mpf], mp.mpf]:
    """The same, rounded from the lowest coefficient on, after each of which the rest is fitted.

    What rounding a coefficient costs the others take up (Brisebarre and Chevillard 2007 look for
    the best of all; this is within a tenth of it). The fits are linear programmes on a grid.
    """
    count = 30 * (fit.degree + 2)
    middle, half = (fit.a + fit.b) / 2, (fit.b - fit.a) / 2
    grid = [middle - half * mp.cos(mp.pi * k / count) for k in range(count + 1)]
    values, weights = [fit.f(t) for t in grid], [fit.weight(t) for t in grid]
    p = [mp.mpf(0)] * (fit.degree + 1)
    for k in range(len(p)):
        for _ in range(2 if k else 4):  # it is solved in float64: what that misses once more
            rest = [v - horner(p[::-1], t) for t, v in zip(grid, values, strict=True)]
            for j, step in enumerate(programme(grid, rest, weights, range(k, len(p))), start=k):
                p[j] += step
        p[k] = mp.mpf(float(fit.dtype(float(p[k]))))
    errors = [w * (horner(p[::-1], t) - v) for t, v, w in zip(grid, values, weights, strict=True)]
    return p[::-1], max(map(abs, errors))


def programme(
    grid: list[mp.mpf], values: list[mp.mpf], weights: list[mp.mpf], powers: range
) -> list[mp.mpf]:
    """The coefficients of these powers that minimise the largest weighted error on the grid."""
    from numpy.polynomial import Chebyshev, Polynomial
    from scipy.optimize import linprog

    size = max(map(abs, values))
    w, t = (np.array([float(x) for x in numbers]) for numbers in (weights, grid))
    domain = [t[0], t[-1]]  # in powers of t alone the programme would be ill-conditioned
    chosen = [Chebyshev.basis(j, domain=domain) for j in range(len(powers))]
    columns = np.array([t ** powers[0] * p(t) for p in chosen]).T * w[:, None]
    scale = np.abs(columns).max(axis=0)
    columns, b = columns / scale, np.array([float(v / size) for v in values]) * w
    top = np.abs(b).max()
    bound = np.ones((len(grid), 1))  # the last unknown, which is minimised
    solution = linprog(
        np.eye(len(powers) + 1)[-1],
        A_ub=np.block([[columns, -bound], [-columns, -bound]]),
        b_ub=np.concatenate([b, -b]) / top,
        bounds=[(None, None)] * len(powers) + [(0, None)],
        method="highs",
    )
    found = Chebyshev(solution.x[:-1] * top / scale, domain=domain).convert(kind=Polynomial).coef
    return [mp.mpf(float(x)) * size for x in found]


def horner(p: list[mp.mpf], t: mp.mpf) -> mp.mpf:
    """The polynomial with these coefficients, highest first, at t."""
    return functools.reduce(lambda value, c: value * t + c, p)


def extrema(grid: list[mp.mpf], errors: list[mp.mpf], count: int) -> list[mp.mpf]:
    """The points of largest error, one for each run of equal sign, `count` neighbouring ones."""
    runs: list[int] = []
    for k, error in enumerate(errors):
        if runs and (error > 0) == (errors[runs[-1]] > 0):
            if abs(error) > abs(errors[runs[-1]]):
                runs[-1] = k
        else:
            runs.append(k)
    while len(runs) > count:
        runs.pop(0 if abs(errors[runs[0]]) < abs(errors[runs[-1]]) else -1)
    if len(runs) < count:
        raise ValueError(f"the error changes sign only {len(runs)} times, needed {count}")
    return [grid[k] for k in runs]


with mp.workprec(200):
    LN2_HALF = mp.log(2) / 2
FLOOR = mp.mpf("0.02")  # weights are powers of the argument, but no smaller than this


def series(f: Function, terms: Callable[[mp.mpf], mp.mpf], power: int) -> Function:
    """``(f(t) - terms(t)) / t**power`` without cancellation: in four times the digits."""

    def quotient(t: mp.mpf) -> mp.mpf:
        with mp.workprec(4 * mp.mp.prec):
            t = t or mp.mpf(2) ** (-mp.mp.prec // 8)
            return +((f(t) - terms(t)) / t**power)

    return quotient


def atanh_tail(z: mp.mpf) -> mp.mpf:
    s = mp.sqrt(z)
    return series(lambda t: 2 * mp.atanh(t), lambda t: 2 * t, 3)(s)


def tanh_tail(z: mp.mpf) -> mp.mpf:
    return series(mp.tanh, lambda t: t, 3)(mp.sqrt(z))


def normal_tail(t: mp.mpf) -> mp.mpf:
    """``(1 + 2 a) exp(a**2) erfc(a)`` for the a >= 0 with ``t = (a - 4) / (a + 4)``."""
    a = 4 * (1 + t) / (1 - t)
    return (1 + 2 * a) * mp.exp(a * a) * mp.erfc(a)


def even(f: Function, power: int) -> Function:
    """``f(x) / x**power`` as a function of x**2, without cancellation."""
    quotient = series(f, lambda x: mp.mpf(0), power)
    return lambda z: quotient(mp.sqrt(z))


def celu_bend(u: mp.mpf) -> mp.mpf:
    return series(lambda v: mp.expm1(v) - v * mp.exp(v), lambda v: mp.mpf(0), 2)(u)


def logistic(x: mp.mpf) -> mp.mpf:
    return 1 / (1 + mp.exp(-x))


def gelu_tanh(x: mp.mpf) -> mp.mpf:
    return x * logistic(2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf(0.044715) * x**3))


# Where a derivative vanishes: the function, the order of the derivative, and nearly where.
ROOTS: dict[str, tuple[Function, int, str]] = {
    "SILU_ROOT": (lambda x: x * logistic(x), 1, "-1.27846"),
    "SILU_BEND": (lambda x: x * logistic(x), 2, "2.39936"),
    "GELU_TANH_ROOT": (gelu_tanh, 1, "-0.752461"),
    "GELU_TANH_BEND": (gelu_tanh, 2, "1.4185"),
    "GELU_ROOT": (lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2, 1, "-0.751792"),
    "MISH_ROOT": (lambda x: x * mp.tanh(mp.log1p(mp.exp(x))), 1, "-1.19243"),
    "MISH_BEND_LEFT": (lambda x: x * mp.tanh(mp.log1p(mp.exp(x))), 2, "-2.25638"),
    "MISH_BEND": (lambda x: x * mp.tanh(mp.log1p(mp.exp(x))), 2, "1.49057"),
    "DISH_ROOT": (lambda x: x / 2 * (x / mp.sqrt(1 + x * x) + 1), 1, "-0.786151"),
    "LISHT_BEND": (lambda x: x * mp.tanh(x), 2, "1.19968"),
}
TERMS = 24  # of the series at a root: enough for 2**-100 at a distance of 1/16


@functools.cache
def root_and_series(name: str) -> tuple[mp.mpf, list[mp.mpf]]:
    """The root, and the series of the derivative divided by the distance, highest term first."""
    f, order, start = ROOTS[name]
    with mp.workprec(900):
        root = mp.findroot(lambda x: mp.diff(f, x, order), mp.mpf(start))
        terms = mp.taylor(f, root, TERMS + order + 1)
        series = [mp.ff(k, order) * terms[k] for k in range(order + 1, len(terms))]
    return root, series[::-1]


def root_fit(name: str) -> Fit:
    """What follows the constant and the linear term of the series, which `root_parts` gives."""
    _, terms = root_and_series(name)
    near = mp.mpf(1) / 16
    degree = 9 if name in {"DISH_ROOT", "LISHT_BEND"} else 7  # whose series have smaller radii
    return Fit(
        lambda t: horner(terms[:-2], t), lambda t: max(abs(t), FLOOR) ** 2, -near, near, degree,
        np.float64,
    )  # fmt: skip


def normal(b: mp.mpf) -> mp.mpf:
    """Phi(-b) exp(b**2 / 2), with the normal distribution function Phi."""
    return mp.erfc(b / mp.sqrt(2)) / 2 * mp.exp(b * b / 2)


def gelu_factor(b: mp.mpf) -> mp.mpf:
    """What gelu'(-b) is times exp(-b**2 / 2) (root - b): it has no zero."""
    root = -root_and_series("GELU_ROOT")[0]
    with mp.workprec(4 * mp.mp.prec):
        b = b if abs(b - root) > mp.mpf(2) ** -60 else root + mp.mpf(2) ** -80
        return (normal(b) - b / mp.sqrt(2 * mp.pi)) / (root - b)


def moebius(f: Function, k: mp.mpf) -> Function:
    """f(b) as a function of ``t = (b - k) / (b + k)``."""
    return lambda t: f(k * (1 + t) / (1 - t))


def moved(b: str, k: mp.mpf) -> mp.mpf:
    return (mp.mpf(b) - k) / (mp.mpf(b) + k)


def erf_rest(shift: mp.mpf) -> Function:
    """``erf(x) / x - 1`` as a function of ``x**2 - shift``."""
    quotient = even(mp.erf, 1)
    return lambda z: quotient(max(z + shift, mp.mpf(0))) - 1


def erfc_power(t: mp.mpf) -> mp.mpf:
    """The logarithm to base 2 of erfc(t + 5/4)."""
    return mp.log(mp.erfc(t + mp.mpf(5) / 4), 2)


def erfc_weight(t: mp.mpf) -> mp.mpf:
    """How an error of that makes one of erfc."""
    return mp.erfc(t + mp.mpf(5) / 4) * mp.log(2)


def tanh_less(x: mp.mpf) -> mp.mpf:
    return x - mp.tanh(x)


def logcosh(x: mp.mpf) -> mp.mpf:
    return mp.log(mp.cosh(x))


ZERO, ONE = mp.mpf(0), mp.mpf(1)


@mp.workprec(160)
def tables() -> dict[str, Fit]:
    """Every table of fastact/numerics/tables.py by its name."""
    exp2 = series(mp.exp, lambda r: 1 + r, 2)
    exp3 = series(mp.exp, lambda r: 1 + r + r * r / 2, 3)
    return {
        "EXP": Fit(exp2, lambda r: max(abs(r), FLOOR) ** 2, -LN2_HALF, LN2_HALF, 9, np.float64),
        "EXP_PAIR": Fit(
            exp3, lambda r: max(abs(r), FLOOR) ** 3, -LN2_HALF, LN2_HALF, 10, np.float64
        ),
        "LOG1P": Fit(
            lambda e: mp.log1p(e) / e if e else mp.mpf(1),
            lambda e: e / mp.log1p(e) if e else mp.mpf(1),
            mp.mpf(0),
            mp.mpf(1),
            11,
            np.float64,
        ),
        "ATANH": Fit(
            atanh_tail, lambda z: max(z, FLOOR**2), mp.mpf(0), mp.mpf(1) / 9, 10, np.float64
        ),
        "LOG": Fit(
            atanh_tail, lambda z: max(z, FLOOR**2), mp.mpf(0), mp.mpf("0.02944"), 7, np.float64
        ),
        "LOG_QUOTIENT": Fit(
            atanh_tail, lambda z: max(z, FLOOR**2), mp.mpf(0), mp.mpf("0.0412"), 4, np.float64
        ),
        "ERF": Fit(even(mp.erf, 1), lambda z: mp.mpf(1), ZERO, ONE, 8, np.float64),
        "ERF_PAIR": Fit(even(mp.erf, 1), lambda z: mp.mpf(1), ZERO, ONE, 14, np.float64, 5),
        "NORMAL_TAIL": Fit(normal_tail, lambda t: mp.mpf(1), -ONE, mp.mpf("0.45"), 14, np.float64),
        "NORMAL_TAIL_PAIR": Fit(
            normal_tail, lambda t: mp.mpf(1), -ONE, mp.mpf("0.747"), 25, np.float64, 8
        ),
        "TANH_SHRINK": Fit(even(tanh_less, 3), lambda z: mp.mpf(1), ZERO, ONE / 2, 9, np.float64),
        "TANH_SHRINK_PAIR": Fit(
            even(tanh_less, 3), lambda z: mp.mpf(1), ZERO, ONE / 2, 17, np.float64, 4
        ),
        "LOGCOSH": Fit(even(logcosh, 2), lambda z: mp.mpf(1), ZERO, ONE / 2, 9, np.float64),
        "LOGCOSH_PAIR": Fit(
            even(logcosh, 2), lambda z: mp.mpf(1), ZERO, ONE / 2, 17, np.float64, 4
        ),
        "CELU": Fit(celu_bend, lambda u: mp.mpf(1), -ONE / 2, ONE / 2, 8, np.float64),
        "CELU_PAIR": Fit(celu_bend, lambda u: mp.mpf(1), -ONE / 2, ONE / 2, 15, np.float64, 5),
        **{f"{name}_QUOTIENT": root_fit(name) for name in ROOTS},
        # Below 1, where r < 0, a unit in the last place of e**r is half as large.
        "EXP_SINGLE": Fit(
            exp3,
            lambda r: max(abs(r), FLOOR) ** 3 * (2 if r < 0 else 1),
            -LN2_HALF,
            LN2_HALF,
            3,
            np.float32,
        ),
        "EXP_TANH": Fit(
            series(lambda r: mp.exp(-2 * r), lambda r: mp.mpf(1), 1),
            lambda r: max(abs(r), FLOOR),
            -LN2_HALF / 2,
            LN2_HALF / 2,
            5,
            np.float32,
        ),
        "QUOTIENT_TANH": Fit(
            lambda e: 2 / (1 + e),
            lambda e: mp.mpf(1),
            mp.mpf(0),
            mp.exp(mp.mpf("-1.8")),
            5,
            np.float32,
        ),
        "TANH_SINGLE": Fit(
            tanh_tail, lambda z: max(z, FLOOR**2), mp.mpf(0), mp.mpf("0.82"), 6, np.float32
        ),
        **of_float32_in_float32(exp2),
        **of_float32_in_float64(exp2),
        **of_float64(),
    }


def flat(t: mp.mpf) -> mp.mpf:
    """The weight of an absolute error."""
    return mp.mpf(1)


def of_float32_in_float32(exp2: Function) -> dict[str, Fit]:
    """The tables of `numerics.single` for float32 numbers."""
    shift, k = mp.mpf("0.75"), mp.mpf("2.5")
    return {
        "EXP_TERMS": Fit(
            exp2,
            lambda r: max(abs(r), FLOOR) ** 2 * (2 if r < 0 else 1),
            -LN2_HALF, LN2_HALF, 4, np.float32, in_order=True,
        ),
        "ERF_NEAR": Fit(erf_rest(shift), flat, -shift, shift, 7, np.float32, in_order=True),
        "ERF_FAR": Fit(
            erfc_power, erfc_weight, mp.mpf("-0.05"), mp.mpf("2.7"), 6, np.float32, in_order=True
        ),
        "POWER_OF_TWO": Fit(
            lambda f: mp.mpf(2) ** f, flat, -ONE / 2, ONE / 2, 5, np.float32, in_order=True
        ),
        "GELU_SINGLE": Fit(
            moebius(lambda b: normal(b) * (b * 9 / 4 + 2) - 1, k), flat, -ONE, moved("14.6", k),
            10, np.float32, in_order=True,
        ),
    }  # fmt: skip


def of_float32_in_float64(exp2: Function) -> dict[str, Fit]:
    """The tables of `numerics.single` for float64 numbers: as short as float32 allows."""
    k = mp.mpf("2.5")
    mills = moebius(lambda b: normal(b) * (b + k), k)
    log1p = series(mp.log1p, lambda e: ZERO, 1)
    return {
        "EXP_SHORT": Fit(
            mp.exp, lambda r: mp.exp(-r), -LN2_HALF, LN2_HALF, 6, np.float64
        ),
        "EXPM1_SHORT": Fit(
            exp2, lambda r: max(abs(r), FLOOR) ** 2, -LN2_HALF, LN2_HALF, 4, np.float64
        ),
        "EXPM1_RELATIVE": Fit(
            exp2, lambda r: max(abs(r), FLOOR), -LN2_HALF, LN2_HALF, 5, np.float64
        ),
        "LOG1P_SHORT": Fit(log1p, lambda e: 1 / log1p(e), ZERO, ONE, 9, np.float64),
        "LOG_SHORT": Fit(
            log1p, lambda u: 1 / log1p(u), mp.sqrt(ONE / 2) - 1, mp.sqrt(2) - 1, 9, np.float64
        ),
        "TANH_SHRINK_SHORT": Fit(
            even(tanh_less, 3), lambda z: 1 / even(tanh_less, 3)(z), ZERO, ONE / 2, 6, np.float64
        ),
        "GELU_SHORT": Fit(mills, lambda t: 1 / mills(t), -ONE, moved("14.6", k), 10, np.float64),
        "GELU_SLOPE_SHORT": Fit(
            moebius(gelu_factor, k), flat, -ONE, moved("14.6", k), 9, np.float64
        ),
        # Of factors, which may be multiplied by the squares of large numbers.
        "GELU_FAR": Fit(mills, lambda t: 1 / mills(t), -ONE, moved("25", k), 11, np.float64),
        "GELU_SLOPE_FAR": Fit(
            moebius(gelu_factor, k), lambda t: 1 / moebius(gelu_factor, k)(t), -ONE,
            moved("25", k), 10, np.float64,
        ),
    }  # fmt: skip


def of_float64() -> dict[str, Fit]:
    """The tables of `numerics.double`."""
    shift, k = mp.mpf("0.72"), mp.mpf(4)
    return {
        "ERF_NEAR_DOUBLE": Fit(erf_rest(shift), flat, -shift, shift, 12, np.float64, in_order=True),
        "ERF_FAR_DOUBLE": Fit(
            erfc_power, erfc_weight, mp.mpf("-0.06"), mp.mpf("4.7"), 14, np.float64
        ),
        "POWER_OF_TWO_DOUBLE": Fit(
            lambda f: mp.mpf(2) ** f, flat, -ONE / 2, ONE / 2, 10, np.float64, in_order=True
        ),
        "ATANH_DOUBLE": Fit(
            lambda z: series(mp.atanh, lambda s: s, 3)(mp.sqrt(z)),
            lambda z: max(z, mp.mpf("0.001")), ZERO, ONE / 9, 8, np.float64,
        ),
        "LOGCOSH_HALF_DOUBLE": Fit(
            even(lambda v: logcosh(v / 2), 2), flat, ZERO, mp.mpf("0.4"), 7, np.float64
        ),
        "GELU_DOUBLE": Fit(
            moebius(lambda b: 2 * normal(b) * (b + 1) - 1, k), flat, -ONE, moved("39", k),
            23, np.float64, in_order=True,
        ),
        "GELU_SLOPE_DOUBLE": Fit(
            moebius(lambda b: 2 * gelu_factor(b) - 1, k), flat, -ONE, moved("39", k),
            20, np.float64, in_order=True,
        ),
    }  # fmt: skip


HEADER = (
    '"""Coefficients of minimax polynomials, made by ``python -m tools.remez``: do not edit."""'
)


def two_parts(x: mp.mpf) -> tuple[float, float]:
    """`x` as an unevaluated sum of two floats."""
    return float(x), float(x - mp.mpf(float(x)))


def root_parts(name: str) -> list[float]:
    """The root in three parts, then the linear and the constant term of the series, in two each."""
    root, terms = root_and_series(name)
    with mp.workprec(300):
        high, low = two_parts(root)
        rest = float(root - mp.mpf(high) - mp.mpf(low))
        return [high, low, rest, *two_parts(terms[-2]), *two_parts(terms[-1])]


def table(name: str, values: list[float], *, single: bool = False) -> list[str]:
    """The lines that define a tuple."""
    opened, closed = ("tuple(map(np.float32, (", ")))") if single else ("(", ")")
    return [f"{name} = {opened}", *(f"    {value!r}," for value in values), closed]


def rounded(fit: Fit) -> tuple[list[float], list[float], mp.mpf]:
    """The coefficients in the format in which they are used, those in two parts, and the error."""
    with mp.workprec(160):
        p, error = one_by_one(fit) if fit.in_order else remez(fit)
        cut = len(p) - fit.pairs
        values = [float(fit.dtype(mp.nstr(c, 25))) for c in p[:cut]]
        return values, [part for c in p[cut:] for part in two_parts(c)], error


def text(names: Collection[str] = ()) -> str:
    """The text of fastact/numerics/tables.py, or of tables in it by their names."""
    lines = [HEADER, "", "from __future__ import annotations", "", "import numpy as np"]
    lines = [] if names else lines
    made = {name: lambda name=name: table(name, root_parts(name)) for name in ROOTS}
    made |= {name: lambda name=name, fit=fit: fitted(name, fit) for name, fit in tables().items()}
    wanted = [n for n in made if not names or n in names or n.removesuffix("_QUOTIENT") in names]
    if missing := sorted(set(names) - set(made)):
        raise LookupError(f"no line in ROOTS: {', '.join(missing)}")
    return "\n".join([*lines, *(line for name in wanted for line in ("", *made[name]()))]) + "\n"


def fitted(name: str, fit: Fit) -> list[str]:
    """The lines of a polynomial."""
    values, low, error = rounded(fit)
    return [
        f"# degree {fit.degree}, largest weighted error 2**{float(mp.log(error, 2)):.1f}",
        *table(name, values, single=fit.dtype is np.float32),
        *(table(f"{name}_LOW", low) if low else ()),
    ]


if __name__ == "__main__":
    sys.stdout.write(text(sys.argv[1:]))
