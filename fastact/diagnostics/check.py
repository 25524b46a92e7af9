"""`fastact.check`: tests of the properties that any activation declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from fastact.arguments import shown
from fastact.definition.activation import Activation
from fastact.definition.declaration import Parameter, evaluate
from fastact.diagnostics.findings import Report, Result, failure
from fastact.diagnostics.properties import CHECKS, Case, Found


def rounded(p: Parameter, value: float, dtype: str) -> float:
    """A parameter in this dtype, not moved out of its declared range."""
    kind = np.dtype(dtype).type
    near = kind(value)
    if value != p.none and not p.low <= near <= p.high:
        near = np.nextafter(near, kind((p.low + p.high) / 2))
    return float(near)


def parameter_sets(f: Any, dtype: str, rng: np.random.Generator) -> list[dict[str, float]]:
    """The defaults, both ends of the declared ranges, and points between, as the rules permit."""
    bounds = {p.name: np.clip((p.low, p.high), *limits_of(p)) for p in f.params}
    shares = [0.0, 1.0, *rng.random(2)]
    drawn = [{n: lo + s * (hi - lo) for n, (lo, hi) in bounds.items()} for s in shares]
    sets = [{p.name: p.typical for p in f.params}, *(drawn if f.params else [])]
    sets = [{p.name: rounded(p, s[p.name], dtype) for p in f.params} for s in sets]
    different = [s for k, s in enumerate(sets) if s not in sets[:k]]
    return [s for s in different if all(evaluate(rule, s) for rule in f.declaration.requires)]


def limits_of(p: Parameter) -> tuple[float, float]:
    """What an unbounded range is taken to be."""
    reach = 4 * max(abs(p.typical), 1.0)
    return p.typical - reach, p.typical + reach


@np.errstate(all="ignore")
def check(
    f: Activation,
    *,
    dtypes: Sequence[str] = ("float32", "float64"),
    seed: int = 0,
    params: Mapping[str, float] | None = None,
    raises: bool = True,
) -> Report:
    """Test that an activation has the properties that it declares.

    Values are finite in the domain and NaN outside; NaN stays NaN; the infinities give the limits;
    range, monotonicity and symmetry are the declared ones; no kink or jump is undeclared; the
    derivatives are the slopes, in the centre, in both tails and on both sides of each kink, where
    they are as declared; the gradients of parameters are slopes too; the other dtypes give the
    float64 result within the declared error; ``value_and_derivative`` and ``backward`` are the same
    function; and the bits do not depend on strides and threads.

    Parameters
    ----------
    f : Activation
        One of `fastact.activations`, your own, or a result of algebra.
    dtypes : sequence of str
        Of "float16", "float32" and "float64". Slopes are always taken in float64.
    seed : int
        Of the random points and parameters.
    params : mapping of str to float, optional
        Check with these parameters alone; the others have their defaults. By default with the
        defaults, both ends of the declared ranges, and two random points between.
    raises : bool
        Whether the first failure is raised; else the report lists all of them.

    Returns
    -------
    Report
        What was checked, on how many points, with which largest error; its `repr` is a table.

    Raises
    ------
    CheckError
        An AssertionError that names the function, the check, the dtype, the parameters, and the
        input that failed worst.
    TypeError
        If `f` is not an Activation.

    Notes
    -----
    The slope at a point comes from central differences with steps from |x|/8 down to 2**-29 of it,
    extrapolated twice; of all, the one that differs least from its neighbours. It finds a
    derivative that is wrong by a tenth of a percent. Where the function is too close to its limit
    to tell (sigmoid far to the right), the second derivative is compared with the slope of the
    derivative, and a derivative that falls to 0 or moves in steps is found as a jump.

    Examples
    --------
    >>> import fastact as fa
    >>> report = fa.check(fa.relu, dtypes=["float64"])
    >>> report.failures
    ()
    """
    if not isinstance(f, Activation):
        raise TypeError(f"check(): f must be an Activation, got {shown(f)}")
    given = (
        None if params is None else {p.name: float(params.get(p.name, p.typical)) for p in f.params}
    )
    results, failures = [], []
    for case, run in cases(f, dtypes, seed, given):
        for title, finding in run(case):
            results.append(Result(title, case.dtype, case.params, finding))
            error = failure(results[-1], f.name)
            if error is not None and raises:
                raise error
            failures += [error] if error is not None else []
    return Report(f.name, tuple(results), tuple(failures))


def cases(
    f: Any, dtypes: Sequence[str], seed: int, given: dict[str, float] | None
) -> Iterator[tuple[Case, Callable[[Case], Found]]]:
    """Every check with everything that it is run on."""
    for dtype in dtypes:
        rng = np.random.default_rng(seed)
        for params in [given] if given is not None else parameter_sets(f, dtype, rng):
            case = Case(f, dtype, params, rng)
            yield from ((case, run) for run in CHECKS)
