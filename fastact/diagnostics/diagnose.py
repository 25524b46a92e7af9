"""`fastact.diagnose`: why is this activation not performing well? What it does to a gradient."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastact.arguments import axes, refused, shown
from fastact.containers.opened import LAZY, is_dask, opener
from fastact.definition.activation import Activation
from fastact.definition.declaration import evaluate

CHUNK = 2**18  # elements that are looked at together
SATURATED = 0.01  # of the largest slope
MOSTLY = 0.9  # of the rows: a unit of relu is at 0 on half of them when all is well
WEAK, STRONG = 0.1, 3.0  # mean slopes that are worth a word

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Diagnosis:
    """What an activation does to a layer; each array has the shape of one row: a value per unit.

    Attributes
    ----------
    function, rows
        The name of the activation, and how many rows were looked at.
    zero
        The share of rows where the derivative is exactly 0 (or below the threshold given).
    saturated
        The share of rows where it is below 1 % of its largest value: these include `zero`.
    attenuation
        The mean of |f'(x)|: how much of a gradient passes.
    gain
        The root of the mean of f'(x)**2: by what the size of a random gradient is multiplied.
    passed
        With `dy`, the root mean square of ``dy * f'(x)`` over that of `dy`; else None.
    nan, inf
        On how many rows the derivative is NaN, and on how many the data are infinite. Where the
        derivative is NaN, the row counts nowhere else.
    """

    function: str
    rows: int
    zero: Floats
    saturated: Floats
    attenuation: Floats
    gain: Floats
    passed: Floats | None
    nan: NDArray[np.int64]
    inf: NDArray[np.int64]

    @property
    def units(self) -> int:
        """How many units there are."""
        return self.zero.size

    @property
    def dead(self) -> NDArray[np.bool_]:
        """Units whose derivative is 0 on every row: no gradient ever comes through."""
        return np.asarray(self.zero == 1)

    @property
    def mostly_saturated(self) -> NDArray[np.bool_]:
        """Units that are not dead, but saturated on more than 90 % of the rows."""
        return np.asarray((self.saturated > MOSTLY) & ~self.dead)

    def findings(self) -> Iterator[str]:
        """What is wrong, the worst first, a sentence each."""
        bad, units = int(self.nan.sum()), f"of {self.units} units"
        if bad or self.inf.any():
            yield f"{bad} derivatives are NaN, and {int(self.inf.sum())} of the data infinite"
        if dead := np.count_nonzero(self.dead):
            yield (
                f"{dead} {units} are dead: their derivative is 0 on every row, so that they learn "
                "nothing any more (a bias nearer 0, a smaller step, or a function with a slope "
                "there, such as leaky_relu or silu)"
            )
        if stuck := np.count_nonzero(self.mostly_saturated):
            yield (
                f"{stuck} {units} are saturated: on more than 90 % of the rows their derivative is "
                "below 1 % of its largest value (smaller weights, or normalised inputs)"
            )
        mean = float(np.nanmean(self.attenuation)) if not np.isnan(self.attenuation).all() else 1.0
        if not WEAK <= mean <= STRONG:
            change = "shrink" if mean < WEAK else "grow"
            yield f"gradients {change}: the mean of |f'| is {mean:.2g}, and layers multiply"

    @np.errstate(all="ignore")
    def __repr__(self) -> str:
        def spread(values: Floats) -> str:
            if np.isnan(values).all():
                return "nan"
            low, middle, high = np.nanquantile(values, (0, 0.5, 1))
            return f"{low:.3g} to {high:.3g}, median {middle:.3g}"

        findings = list(self.findings()) or ["no unit is dead or saturated, and gradients pass"]
        lines = [f"{self.function}: {self.units} units, {self.rows} rows"]
        lines += [f"  {finding}" for finding in findings]
        lines += [f"  mean of |f'|, by unit: {spread(self.attenuation)}"]
        lines += [f"  gain of gradients (RMS of f'), by unit: {spread(self.gain)}"]
        if self.passed is not None:
            lines.append(f"  gain of this gradient, by unit: {spread(self.passed)}")
        return "\n".join(lines)


@np.errstate(all="ignore")
def diagnose(
    x: ArrayLike,
    f: Activation,
    *,
    dy: ArrayLike | None = None,
    axis: int | tuple[int, ...] = 0,
    from_output: bool = False,
    dead: float = 0.0,
    **params: Any,
) -> Diagnosis:
    """Say why an activation does not perform well: dead and saturated units, lost gradients.

    Parameters
    ----------
    x : array_like
        The inputs of the activation in a layer (pre-activations), rows of units; with `from_output`
        its outputs. Any shape with one axis at least.
    f : Activation
        The activation.
    dy : array_like, optional
        The gradient that arrives at the output, of the shape of `x`.
    axis : int or tuple of int
        The axes that count rows (samples, positions); the others count units.
    from_output : bool
        Whether `x` is the output of the activation.
    dead : float
        A derivative no larger than this counts as 0.
    **params
        The parameters of the activation; one for each unit broadcasts as it does in the call.

    Returns
    -------
    Diagnosis
        Arrays with a value per unit, and a verdict as text.

    Raises
    ------
    TypeError
        If `f` is not an Activation, if the derivative cannot be had from the output, or if an array
        is lazy, ragged, masked or sparse.
    ValueError
        If there are no rows, or if `dy` has another shape than `x`.

    Notes
    -----
    A unit is dead when its derivative is 0 on every row (Maas, Hannun and Ng 2013, "Rectifier
    Nonlinearities Improve Neural Network Acoustic Models"; Lu, Shin, Su and Karniadakis 2019,
    "Dying ReLU and Initialization"). It is saturated where the derivative is below 1 % of its
    largest value, or of 1 where that is larger (Glorot and Bengio 2010, "Understanding the
    difficulty of training deep feedforward neural networks"). The root mean square of the
    derivative is the factor by which a layer scales random gradients, in the sense of that paper.

    Memory: one chunk of about 2**18 elements at a time, beside the results.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> x = np.array([[-1.0, 2.0, 0.5], [-3.0, -1.0, 0.25]])
    >>> found = fa.diagnose(x, fa.relu)
    >>> found.dead
    array([ True, False, False])
    >>> found.attenuation
    array([0. , 0.5, 1. ])
    """
    if not isinstance(f, Activation):
        raise TypeError(f"diagnose(): f must be an Activation, got {shown(f)}")
    layer, arriving = taken("x", x), None if dy is None else taken("dy", dy)
    if arriving is not None and arriving.shape != layer.shape:
        raise ValueError(f"diagnose(): dy must have the shape of x, {layer.shape}, "
                         f"got {arriving.shape}")  # fmt: skip
    batch = axes("diagnose", axis, layer.ndim)
    rows = math.prod(layer.shape[k] for k in batch)
    if not (batch and rows):
        raise ValueError(f"diagnose(): needs rows along axis {axis}, got shape {layer.shape}")
    counts = Sums(batch, dead, SATURATED * min(1.0, steepest(f, params)))
    for part in chunks(layer.shape, batch):
        given = {
            name: value if np.ndim(value) == 0 else np.broadcast_to(value, layer.shape)[part]
            for name, value in params.items()
        }
        slope = slopes(f, layer[part], given, from_output=from_output)
        counts.add(layer[part], slope, None if arriving is None else arriving[part])
    return counts.diagnosis(f.name, rows)


def taken(argument: str, value: Any) -> Any:
    """The array in what is given; a TypeError for containers of which there is none in memory."""
    container = None if is_dask(value) else opener("diagnose", argument, value)
    if container is not None and container.missing is not None:
        raise refused("diagnose", argument, "without missing values", "some: fill or drop them")
    found = value if container is None else container.array
    if is_dask(found):
        raise TypeError(f"diagnose(): {argument} must be {LAZY}")
    array = np.asanyarray(found)
    if array.dtype.kind not in "biuf":
        raise refused("diagnose", argument, "numbers", array.dtype)
    return array


def chunks(shape: tuple[int, ...], axes: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Parts of an array, cut along the longest of these axes."""
    longest = max(axes, key=lambda k: shape[k])
    step = max(1, CHUNK * shape[longest] // max(1, math.prod(shape)))
    for start in range(0, shape[longest], step):
        yield *[slice(None)] * longest, slice(start, start + step)


def slopes(f: Activation, x: Any, params: dict[str, Any], *, from_output: bool) -> Any:
    """The size of the derivative at inputs, or at those that gave these outputs."""
    if from_output:
        ones = np.broadcast_to(np.ones((), getattr(x, "dtype", np.float64)), x.shape)
        return np.abs(f.backward(ones, y=x, **params))
    return np.abs(f.derivative(x, **params))


def steepest(f: Activation, params: dict[str, Any]) -> float:
    """The largest slope where activations work; for arrays of parameters, at a few of them."""
    names = {p.name: p.typical for p in f.params} | params
    some = {n: np.quantile(np.asarray(v, np.float64), (0, 0.5, 1)) for n, v in names.items()}
    largest = 0.0
    for k in range(3):
        values = {name: float(drawn[k]) for name, drawn in some.items()}
        ends = np.clip([float(evaluate(end, values)) for end in f.declaration.domain], -64.0, 64.0)
        size = slopes(f, np.linspace(ends[0], ends[1], 4097), values, from_output=False)
        largest = max(largest, float(np.max(size, initial=0.0, where=np.isfinite(size))))
    return largest


class Sums:
    """What is counted and added up per unit, chunk by chunk."""

    def __init__(self, axes: tuple[int, ...], dead: float, low: float) -> None:
        self.axes, self.dead, self.low = axes, dead, low
        self.totals: dict[str, Any] = {}

    def add(self, x: Any, slope: Any, dy: Any) -> None:
        """Count another chunk."""
        self.sum("nan", np.isnan(slope))
        self.sum("inf", np.isinf(x))
        self.sum("zero", slope <= self.dead)
        self.sum("saturated", slope < self.low)
        known = ~np.isnan(slope)
        self.sum("slope", slope, known)
        self.sum("square", np.square(slope, dtype=np.float64), known)
        if dy is not None:
            known = known & ~np.isnan(dy)
            arriving = np.square(dy, dtype=np.float64)
            self.sum("arriving", arriving, known)
            self.sum("leaving", np.square(slope, dtype=np.float64) * arriving, known)

    def sum(self, name: str, values: Any, where: Any = True) -> None:
        """Add the sum over the rows of a chunk."""
        kind = np.int64 if np.asarray(values).dtype == np.bool_ else np.float64
        total = np.sum(values, axis=self.axes, dtype=kind, where=where)
        self.totals[name] = self.totals.get(name, 0) + np.asarray(total)

    def diagnosis(self, function: str, rows: int) -> Diagnosis:
        """What the sums say."""
        t = self.totals
        known = rows - t["nan"]
        passed = np.sqrt(t["leaving"] / t["arriving"]) if "leaving" in t else None
        return Diagnosis(
            function,
            rows,
            t["zero"] / known,
            t["saturated"] / known,
            t["slope"] / known,
            np.sqrt(t["square"] / known),
            passed,
            t["nan"],
            t["inf"],
        )
