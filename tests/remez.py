"""Minimax polynomials: ``python -m tests.remez > fastact/tables.py`` makes every table anew.

Remez' exchange in mpmath (Remez 1934; Muller, Elementary Functions, chapter 3): the polynomial p of
a given degree that minimises the largest weight(t) * |p(t) - f(t)| on an interval. The coefficients
are rounded to the format in which they are used, highest degree first (Horner's order).
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
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


def silu_derivative(x: mp.mpf) -> mp.mpf:
    p = 1 / (1 + mp.exp(-x))
    return p * (1 + x * (1 - p))


def silu_second(x: mp.mpf) -> mp.mpf:
    p = 1 / (1 + mp.exp(-x))
    return p * (1 - p) * (2 + x * (1 - 2 * p))


with mp.workprec(1600):
    SILU_ROOT = mp.findroot(silu_derivative, mp.mpf("-1.2784645427610738"))
    SILU_BEND = mp.findroot(silu_second, mp.mpf("2.3993572805154677"))


def tables() -> dict[str, Fit]:
    """Every table of fastact/tables.py by its name."""
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
        "SILU_ROOT_QUOTIENT": Fit(
            series(lambda t: silu_derivative(SILU_ROOT + t), lambda t: mp.mpf(0), 1),
            lambda t: mp.mpf(1),
            mp.mpf(-1) / 16,
            mp.mpf(1) / 16,
            8,
            np.float64,
        ),
        "SILU_BEND_QUOTIENT": Fit(
            series(lambda t: silu_second(SILU_BEND + t), lambda t: mp.mpf(0), 1),
            lambda t: mp.mpf(1),
            mp.mpf(-1) / 16,
            mp.mpf(1) / 16,
            8,
            np.float64,
        ),
        # Below 1, where r < 0, a unit in the last place of e**r is half as large.
        "EXP_SINGLE": Fit(
            exp3,
            lambda r: max(abs(r), FLOOR) ** 3 * (2 if r < 0 else 1),
            -LN2_HALF,
            LN2_HALF,
            3,
            np.float32,
        ),
        "INVERSE_SINGLE": Fit(
            lambda e: 1 + 1 / (1 + e), lambda e: 1 + e, mp.mpf(0), mp.mpf(1), 3, np.float32
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
    }


HEADER = (
    '"""Coefficients of minimax polynomials, made by ``python -m tests.remez``: do not edit."""'
)


def module() -> str:
    """The text of fastact/tables.py."""
    lines = [HEADER, "", "from __future__ import annotations", "", "import numpy as np"]
    with mp.workprec(160):
        for name, fit in tables().items():
            p, error = remez(fit)
            single = fit.dtype is np.float32
            lines += [
                "",
                f"# degree {fit.degree}, largest weighted error 2**{float(mp.log(error, 2)):.1f}",
                f"{name} = {'tuple(map(np.float32, (' if single else '('}",
                *(f"    {float(fit.dtype(mp.nstr(c, 25)))!r}," for c in p),
                ")))" if single else ")",
            ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(module())
