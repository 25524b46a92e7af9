"""The shape of a function over all floats of a dtype: range, monotonicity, symmetry, saturation.

An error in ulp says nothing of these: a result may be wrong by half an ulp and fall where the
function rises. What is declared is checked here between every float and the next:
``python -m fastact.verification.shape tanh erf`` tries all float32.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

import fastact as fa
from fastact.definition.activation import Activation
from fastact.verification.judge import Case
from fastact.verification.sample import UNSIGNED, bits

Array = Any
BLOCK = 2**15  # floats of either sign that are looked at together: their arrays stay in the cache


class Fault(NamedTuple):
    """The first input, by size, at which a property does not hold; the value there; how many."""

    x: str  # in hexadecimal
    y: str
    inputs: int


def faults(f: Activation, dtype: str = "float32", *, every: int = 1) -> dict[str, Fault]:
    """Check what a function declares of its shape, at its default parameters.

    Parameters
    ----------
    f : Activation
        What is checked: that no value is outside the range, that it is monotone from each float to
        the next, odd or even bit for bit, the limit itself where it is declared to be saturated,
        and that its values at the infinities are those between which the others lie.
    dtype : str
        "float16" or "float32", all of whose numbers are tried.
    every : int
        Try only one run of `BLOCK` neighbours in so many.

    Returns
    -------
    dict
        A `Fault` for each property that does not hold: none if all is well.

    Examples
    --------
    >>> import fastact as fa
    >>> faults(fa.tanh, "float16")
    {}
    """
    case, last = Case(f, dtype), bits(np.inf, dtype)
    found: dict[str, Fault] = {}
    for start in range(0, last + 1, BLOCK * every):
        for name, fault in block(case, last, start).items():
            first = found.get(name, fault._replace(inputs=0))
            found[name] = first._replace(inputs=first.inputs + fault.inputs)
    return found


def block(case: Case, last: int, start: int) -> dict[str, Fault]:
    """Check the floats with these bit patterns, of either sign, and the first after them."""
    patterns = np.arange(start, min(start + BLOCK, last) + 1, dtype=UNSIGNED[case.dtype])
    right = patterns.view(case.dtype)
    left = -right
    y, z = (np.asarray(case.f(x, *case.params)) for x in (right, left))
    found: dict[str, Fault] = {}
    for name, x, values, wrong in properties(case, right, left, y, z):
        at = np.flatnonzero(wrong)
        if at.size:
            found.setdefault(name, Fault(text(x[at[0]]), text(values[at[0]]), at.size))
    return found


def text(x: Array) -> str:
    """Return a float in hexadecimal."""
    return float(x).hex()


def properties(
    case: Case, right: Array, left: Array, y: Array, z: Array
) -> Iterator[tuple[str, Array, Array, Array]]:
    """Yield properties with inputs, values and where they do not hold; NaN violates none.

    `right` and `left` are floats of rising size and either sign, `y` and `z` the values there.
    """
    f = case.f
    low, high = (np.asarray(case.field(end), case.dtype) for end in f.declaration.range)
    sides = ((right, y, f.declaration.monotone), (left, z, -f.declaration.monotone))
    for x, values, rises in sides:
        yield "range", x, values, (values < low) | (values > high)
        if rises:
            below, above = (values[:-1], values[1:]) if rises > 0 else (values[1:], values[:-1])
            yield "monotone", x[1:], values[1:], above < below
        for at, limit in f.declaration.saturates.get("forward", ()):
            beyond = (x >= at) if at > 0 else (x <= at)
            yield "saturated", x, values, beyond & (values != np.asarray(limit, case.dtype))
    if f.declaration.odd or f.declaration.even:
        wanted = y if f.declaration.even else -y
        pattern = UNSIGNED[case.dtype]
        same = (z.view(pattern) == wanted.view(pattern)) | (np.isnan(z) & np.isnan(wanted))
        yield "even" if f.declaration.even else "odd", left, z, ~same


def main(names: Sequence[str]) -> int:
    """Try all float32 for these functions, or all; write what does not hold; return how much."""
    wrong = 0
    for name in names or fa.activations:
        found = faults(fa.activations[name])
        wrong += len(found)
        for kind, (x, y, inputs) in found.items():
            sys.stdout.write(f"{name} is not {kind} at {x}, where it is {y}: {inputs} inputs\n")
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) > 0)
