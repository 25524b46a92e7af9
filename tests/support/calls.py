"""Calls of every public function with every option, on numbers that are hard on arithmetic."""

from __future__ import annotations

import inspect
import warnings

import numpy as np

import fastact as fa
from fastact.catalogue import catalogue, of_kind
from tests.support.profile import part
from tests.support.rows import FORMS

X = np.array([[0.0, -400.0, -400.0, 1.0], [1e4, -np.inf, 3.0, 2.0]])
LABELS = np.array([0, 2])
PAIRS = of_kind("gated")


def along(numbers):
    """The numbers again and again, one for each column."""
    return np.resize(numbers, X.shape[1])


def calls_of_activation(f):
    # Numbers that are exact: NumPy converts parameters before the loop, in the caller's mode.
    values = [float(np.float16(p.typical)) for p in f.params]
    named = dict(zip([p.name for p in f.params], values, strict=True))
    for dtype in ("f2", "f4", "f8"):
        x = X.astype(dtype)
        for g in (f, f.derivative, f.second_derivative, f.value_and_derivative):
            yield lambda g=g, x=x: g(x, *values)
        yield lambda x=x: f.backward(x, x=x, **named)
        if f.from_output:
            yield lambda x=x: f.backward(x, y=np.full_like(x, 0.5), **named)
    if f._partials:
        dy = along([1e308, 1e308, 5e-324, 1.0])
        yield lambda: f.backward_params(dy, x=X, **named)


def calls_that_cast(f):
    """Results and parameters that dtypes of fewer bytes do not hold, or only as subnormals.

    How these are rounded is NumPy's affair, and follows the caller's mode.
    """
    values = [p.typical for p in f.params]
    x = along([1e300, -1e300, 1e-300, 1e-40])
    for dtype in ("f2", "f4"):
        out = np.empty(x.shape, dtype)
        for g in (f, f.derivative, f.second_derivative):
            yield lambda g=g, out=out: g(x, *values, out=out)
            yield lambda g=g, dtype=dtype: g(x, *values, dtype=dtype, casting="same_kind")
        named = dict(zip([p.name for p in f.params], values, strict=True))
        yield lambda out=out: f.value_and_derivative(x, *values, out=(out, np.empty_like(out)))
        yield lambda out=out, named=named: f.backward(x, x=x, out=out, **named)
        narrow = np.ones(x.shape, dtype)
        for k in range(len(values)):
            for value in (1e-300, np.full(x.shape, 1e-300), np.full(x.shape, 1e-40)):
                extreme = [*values[:k], value, *values[k + 1 :]]
                yield lambda e=extreme, n=narrow: tried(f, n, *e)
                yield lambda e=extreme, n=narrow: tried(f.derivative, n, *e)


def tried(g, *arguments):
    """The call, unless these parameters break a rule of the function."""
    try:
        return g(*arguments)
    except ValueError as error:
        if "needs" not in str(error):
            raise
        return ()


def calls_of_expression(f):
    yield lambda: f(X)
    yield lambda: f.derivative(X)
    yield lambda: fa.diagnose(X, f).dead


def calls_along(f):
    """Every member of a function along an axis, with every option."""
    options = [
        {}, {"temperature": 1e-3}, {"temperature": 1e-200}, {"where": X > 0}, {"lengths": 2},
        {"softcap": 3.0}, {"causal": True}, {"axis": 0},
    ]  # fmt: skip
    for each in options:
        yield lambda each=each: f(X, **each)
        yield lambda each=each: f.backward(X, x=X, **each)
        yield lambda each=each: f.jvp(X, x=X, **each)
        yield lambda each=each: f.jacobian(X, **each)
    for each in ({}, {"temperature": 1.7}, {"softcap": 3.0}, {"temperature": 1e-200}):
        for dtype in ("f2", "f4", "f8"):
            given = {"offsets": [0, 1, X.shape[-1]], **each}
            x = (X / 16).astype(dtype)  # exact in any mode
            yield lambda x=x, given=given: f.sequences(x, **given)
            yield lambda x=x, given=given: f.sequences.backward(x, x=x, **given)
    for empty in ("nan", "uniform"):
        if f._sink != 0:
            yield lambda empty=empty: f(np.full((2, 3), -np.inf), empty=empty)


def calls_of_samples(f):
    for each in ({}, {"temperature": 1e-3}, {"where": X > 0}, {"lengths": 2}, {"hard": True}):
        for dtype in ("f2", "f4", "f8"):
            x = X.astype(dtype)
            yield lambda x=x, each=each: f(x, rng=np.random.default_rng(0), **each)


def calls_of_sums(f):
    weighted = "b" in inspect.signature(f).parameters
    weights = {"b": along([5e-324, -1.0, 0.0, 1e300])} if weighted else {}
    for each in ({}, {"where": X > 0}, weights):
        yield lambda each=each: f(X, **each)
        yield lambda each=each: f.backward(np.resize([np.inf, 1e308], len(X)), x=X, **each)
        yield lambda each=each: f.jvp(X, x=X, **each)
    if weights:
        yield lambda: f(X.astype("f4"), b=1e-300)


def calls_of_loss(f):
    target = LABELS if f in of_kind("loss of labels") else along([0.0, 1.0, 0.5, 0.0])
    for dtype in ("f2", "f4", "f8"):
        x = X.astype(dtype)
        yield lambda x=x: f(x, target)
        yield lambda x=x: f.value_and_grad(x, target)
        if hasattr(f, "gradient_and_hessian"):
            yield lambda x=x: f.gradient_and_hessian(x, target)
        if target is not LABELS:  # beyond the smallest number of x's dtype
            yield lambda x=x: f.value_and_grad(x, np.full(X.shape, 1e-300))
    if target is LABELS:
        extremes = along([1e308, 1.0, 5e-324, 1.0])
        smoothed = "label_smoothing" in inspect.signature(f).parameters
        for each in ({}, {"label_smoothing": 1e-9} if smoothed else {}):
            yield lambda each=each: f.value_and_grad(X, target, weight=extremes, **each)
            yield lambda each=each: f.value_and_grad(
                X.astype("f4"), target, weight=extremes, **each
            )


def calls_of_pair(f):
    yield lambda: f(X)
    yield lambda: f.backward(X[:, ::2], x=X, bias=along([0.0]))
    yield lambda: f.split.backward(X, gate=X, value=X, gate_bias=1e300)


def casts_of_pair(f):
    for dtype in ("f2", "f4"):
        out, two = (
            np.empty(X[:, ::2].shape, dtype),
            (np.empty(X.shape, dtype), np.empty(X.shape, dtype)),
        )
        yield lambda out=out: f(X * 1e300, out=out)
        yield lambda two=two: f.split(X, X, out=two[0])
        yield lambda two=two: f.split.backward(X, gate=X * 1e300, value=X, out=two)


def casts_of_rows(f):
    for dtype in ("f2", "f4"):
        for options in ({}, {"axis": 0}, {"where": X > 0}, {"temperature": 1e-3}):
            out = np.empty(X.shape, dtype)
            yield lambda out=out, options=options: f(X, out=out, **options)
            yield lambda out=out, options=options: f.backward(X, x=X, out=out, **options)
    yield lambda: f(X.astype("f4"), temperature=1e-300)


CASTS = [
    *((f, casts_of_rows) for f in FORMS), *((f, casts_of_pair) for f in PAIRS),
    *((f, calls_that_cast) for f in part(fa.activations.values(), 5)),
]  # fmt: skip
MAKERS = {
    "shares": calls_along, "samples": calls_of_samples, "sum": calls_of_sums,
    "gated": calls_of_pair, "loss": calls_of_loss, "loss of labels": calls_of_loss,
}  # fmt: skip
CALLS = [
    *((e.function, MAKERS[e.kind]) for e in catalogue.values() if e.kind != "elementwise"),
    (fa.identity * fa.softplus, calls_of_expression),
    *((f, calls_of_activation) for f in part(fa.activations.values(), 5)),
]  # fmt: skip


def results():
    """What every call gives, as bytes: a NaN is a NaN."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return {
            (f.name, k): flattened(call())
            for f, calls in part(CALLS, 3)
            for k, call in enumerate(calls(f))
        }


def flattened(value):
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple | list):
        return b"|".join(map(flattened, value))
    value = np.asarray(value)
    return value.tobytes() if value.dtype.kind != "f" else canonical(value).tobytes()


def canonical(y):
    # Selected by bits: comparisons are the processor's, whose mode may take subnormals for 0.
    bits = y.view(f"u{y.itemsize}")
    whole = np.array(np.inf, y.dtype).view(bits.dtype)
    sign = np.array(-0.0, y.dtype).view(bits.dtype)
    return np.where((bits & ~sign) > whole, np.array(np.nan, y.dtype).view(bits.dtype), bits)
