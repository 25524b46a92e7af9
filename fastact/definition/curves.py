"""The curves of activations: pieces between kinks, and the window that shows them.

What draws them, `fastact plot` and notebooks, takes the numbers from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastact.definition.declaration import ORDERS, evaluate

POINTS = 1201
REACH = 4.0  # of the x axis, to each side, if all kinks are within
TALL = 3.0  # a function that grows is cut off there: the eye is to see its derivatives too
STEEP = 12.0  # a curve that leaves this many times its middle half is cut off

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """A function or a derivative of an activation, with its parameters."""

    f: Any  # an activation
    variety: str
    params: Mapping[str, float]
    points: int = POINTS

    def __call__(self, x: Floats) -> Floats:
        """Return the values."""
        call = self.f if self.variety == "forward" else getattr(self.f, self.variety)
        return np.asarray(call(x, **self.params))

    def field(self, value: float | str) -> float:
        """Return a field of the declaration for these parameters."""
        known = {p.name: p.typical for p in self.f.params} | dict(self.params)
        return float(evaluate(value, known))

    @property
    def domain(self) -> tuple[float, float]:
        """Where the activation is defined."""
        low, high = map(self.field, self.f.declaration.domain)
        return low, high

    def places(self, fields: Any, ends: tuple[float, float]) -> list[float]:
        """Return those fields of the declaration that are numbers between the ends."""
        low, high = max(ends[0], self.domain[0]), min(ends[1], self.domain[1])
        return sorted({at for at in map(self.field, fields) if low <= at <= high})

    def kinks(self, ends: tuple[float, float]) -> list[float]:
        """Return where the derivative jumps."""
        return self.places((kink.at for kink in self.f.kinks), ends)

    def breaks(self, ends: tuple[float, float]) -> list[float]:
        """Return where the curve may jump: the second derivative at bends too."""
        bends = self.f.declaration.bends if self.variety == ORDERS[-1] else ()
        return sorted({*self.kinks(ends), *self.places(bends, ends)})

    def roots(self, ends: tuple[float, float]) -> list[float]:
        """Return where the curve crosses zero."""
        return self.places(self.f.declaration.roots.get(self.variety, ()), ends)

    def pieces(self, ends: tuple[float, float]) -> Iterator[tuple[Floats, Floats]]:
        """Return the curve in pieces that no jump interrupts."""
        low, high = max(ends[0], self.domain[0]), min(ends[1], self.domain[1])
        edges = [low, *(at for at in self.breaks(ends) if low < at < high), high]
        for start, end in pairwise(edges):
            share = (end - start) / (ends[1] - ends[0])
            x = np.linspace(start, end, max(3, int(self.points * share)))
            x[0], x[-1] = np.nextafter(start, end), np.nextafter(end, start)
            y = self(x)
            kept = np.isfinite(y)
            yield x[kept], y[kept]


def window(
    functions: Sequence[tuple[Any, Mapping[str, float]]], reach: float = REACH
) -> tuple[float, float]:
    """Return the part of the x axis with all kinks where the functions are defined."""
    curves = [Curve(f, "forward", params) for f, params in functions]
    domains = [curve.domain for curve in curves]
    kinks = [at for curve in curves for at in curve.kinks((-10 * reach, 10 * reach))]
    reach = max(reach, *(1.2 * abs(at) for at in kinks), 0.0)
    low = max(-reach, min(low for low, _ in domains))
    high = min(reach, max(high for _, high in domains))
    margin = 0.03 * (high - low)
    return (
        low if low == -reach else low - margin,
        high if high == reach else high + margin,
    )


def height(value: Curve, slopes: Floats, ends: tuple[float, float]) -> float:
    """Return where a function that grows is cut off, so that its derivative can be seen too."""
    kinks = np.append(value(np.array(value.kinks(ends))), 1.0)
    return float(max(TALL * max(1.0, np.abs(slopes).min()), np.abs(kinks).max()))


def limits(values: Sequence[Floats]) -> tuple[float, float]:
    """Return the ends of the y axis: all values, but not a pole or an explosion."""
    y = np.concatenate([np.zeros(1), *values])
    low, high = float(y.min()), float(y.max())
    quarter, three = np.quantile(y, (0.1, 0.9))
    reach = STEEP * max(three - quarter, 1e-3)
    low, high = max(low, quarter - reach), min(high, three + reach)
    margin = 0.06 * (high - low) or 1.0
    return low - margin, high + margin


def shown(f: Any, given: Mapping[str, float]) -> dict[str, float]:
    """Return the parameters of an activation that have no default, and those that are given."""
    needed = {p.name: (2 * p.low + 3 * p.high) / 5 for p in f.params if p.required}
    return needed | {p.name: given[p.name] for p in f.params if p.name in given}
