"""The truth of functions along an axis in every form, a row at a time, in mpmath.

A row is what of it is present, divided by the temperature; what is absent gets what the
function says of it, `_fill_value`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mpmath import exp, fsum, inf, log, mp, mpf, tanh

from fastact.catalogue import catalogue, of_kind

PRECISION = 1400  # bits: e^x - 1 of the smallest subnormal number has some left
BITS = 100  # of a gradient
BOUND = {"float16": 1.0, "float32": 2.0, "float64": 3.0}  # in ulp
FORMS = of_kind("shares")


def softmax(row: list[mpf]) -> list[mpf]:
    total = fsum(map(exp, row))
    return [exp(x) / total for x in row]


def log_softmax(row: list[mpf]) -> list[mpf]:
    total = log(fsum(map(exp, row)))
    return [x - total for x in row]


def sparsemax(row: list[mpf]) -> list[mpf]:
    """The threshold of the longest run of the largest for which it is below the last of them."""
    ordered, tau = sorted(row, reverse=True), mpf(0)
    for k in range(1, len(row) + 1):
        candidate = (fsum(ordered[:k]) - 1) / k
        if ordered[k - 1] > candidate:
            tau = candidate
    return [max(x - tau, mpf(0)) for x in row]


def hardmax(row: list[mpf]) -> list[mpf]:
    return [mpf(k == row.index(max(row))) for k in range(len(row))]


TRUTH: dict[str, Callable[[list[mpf]], list[mpf]]] = {
    "softmax": softmax,
    "log_softmax": log_softmax,
    "softmin": lambda row: softmax([-x for x in row]),
    "softmax_off_by_one": lambda row: softmax([*row, mpf(0)])[:-1],
    "sparsemax": sparsemax,
    "hardmax": hardmax,
    "logsumexp": lambda row: [log(fsum(map(exp, row)))],
    "logmeanexp": lambda row: [log(fsum(map(exp, row)) / len(row))],
}


def truth(
    name: str, row: Sequence[float], present: Sequence[bool] | None = None,
    temperature: float = 1.0, softcap: float | None = None,
) -> list[mpf]:  # fmt: skip
    """What a row must give, one number for each element of it."""
    fill_value = mpf(getattr(catalogue[name].function, "_fill_value", 0))
    with mp.workprec(PRECISION):
        x = [mpf(float(v)) for v in row]
        if softcap is not None:
            x = [softcap * tanh(v / mpf(softcap)) for v in x]
        there = [True] * len(x) if present is None else list(present)
        values = [v / mpf(temperature) for v, is_there in zip(x, there, strict=True) if is_there]
        found = TRUTH[name](values) if values else []
        if catalogue[name].kind == "sum":
            return found or [-inf]
        rest = iter(found)
        return [next(rest) if is_there else fill_value for is_there in there]


def slopes(name: str, row: Sequence[float], dy: Sequence[float], at: int) -> tuple[mpf, mpf]:
    """The gradient of one element of a row, for that of the results: to the left, and to the right.

    The two are the same to `BITS`, unless there is a kink.
    """
    with mp.workprec(4 * BITS):
        x, step = [mpf(float(v)) for v in row], mpf(2) ** -BITS
        low, here, high = (
            fsum(mpf(float(d)) * y for d, y in zip(dy, TRUTH[name](moved), strict=True))
            for moved in ([*x[:at], x[at] + side * step, *x[at + 1 :]] for side in (-1, 0, 1))
        )
        return (here - low) / step, (high - here) / step
