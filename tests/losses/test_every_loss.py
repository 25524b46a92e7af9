"""Every loss of the catalogue: its value and gradient against its line of reference, and threads.

What one loss has besides, options or special values, is tested in the other modules.
"""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from mpmath import mp, mpf

import fastact as fa
from fastact.catalogue import catalogue, of_kind
from fastact.losses import shared
from tests.support.checks import assert_same_bits
from tests.support.losses import LOSSES, REFERENCE

EPS = {"float16": 2.0**-10, "float32": 2.0**-23, "float64": 2.0**-52}
BOUND = 3.0  # in ulp of what the value would change by if its arguments were rounded
LABELLED = of_kind("loss of labels")

every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=lambda f: f.name)


def operands(loss, dtype, shape=(6, 5), seed=0):
    """Inputs, and targets from 0 to 1 or labels."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 2, shape).astype(dtype)
    if loss in LABELLED:
        return x, rng.integers(0, shape[-1], shape[:-1])
    return x, rng.uniform(0.1, 0.9, shape).astype(dtype)


def terms(loss, x, t):
    """For each term of the loss a function of its arguments, and these."""
    if loss not in LABELLED:
        for v, target in zip(x.ravel(), t.ravel(), strict=True):
            yield REFERENCE[loss.name], [mpf(float(v)), mpf(float(target))], 1
        return
    for row, label in zip(x, t, strict=True):
        yield (
            lambda *row, label=label: REFERENCE[loss.name](row, label),
            [mpf(float(v)) for v in row],
            len(row),
        )


def near(got, true, size, dtype):
    """Whether a result has no more than the bound of error."""
    return abs(mpf(float(got)) - true) <= BOUND * EPS[dtype] * (abs(true) + size)


def slopes(function, at):
    """The partial derivatives at a point."""
    unit = [tuple(int(k == j) for j in range(len(at))) for k in range(len(at))]
    return [mp.diff(function, tuple(at), each) for each in unit]


def sensitivity(function, at):
    """How much of its value a function changes by if its arguments are rounded, in units of eps."""
    return sum(abs(v * slope) for v, slope in zip(at, slopes(function, at), strict=True))


@every_loss
def test_value_and_gradient_are_those_of_the_reference(loss, dtype):
    x, t = operands(loss, dtype, (2, 3) if loss in LABELLED else (3, 4))
    total, gradient = loss.value_and_grad(x, t, **summed(loss))
    assert gradient.dtype == x.dtype == total.dtype
    with mp.workdps(40):
        value, size, slope_of = mpf(0), mpf(0), iter(gradient.ravel())
        for function, at, inputs in terms(loss, x, t):
            value += function(*at)
            size += sensitivity(function, at)
            for k in range(inputs):

                def slope(*at, function=function, k=k):
                    return slopes(function, at)[k]

                true = slope(*at)
                assert near(next(slope_of), true, sensitivity(slope, at), dtype)
        assert near(total, value, size, dtype)
    assert_same_bits(loss(x, t, **summed(loss)), total)


def summed(loss):
    """The options by which a loss is a sum."""
    return {"reduction": "sum"} if "reduction" in inspect.signature(loss).parameters else {}


@every_loss
def test_gradient_against_finite_differences(loss):
    x, t = operands(loss, "float64")
    gradient, h = loss.value_and_grad(x, t)[1], 2.0**-14
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = h
        slope = (loss(x + step, t) - loss(x - step, t)) / (2 * h)
        assert np.isclose(gradient[place], slope, rtol=1e-6, atol=1e-8)


@every_loss
def test_threads_change_no_bit(loss, dtype):
    x, t = operands(loss, dtype, (500, 400))
    found = []
    for count in (1, 2, 3, 7):
        with fa.num_threads(count):
            found.append(loss.value_and_grad(x, t))
    for total, gradient in found[1:]:
        assert_same_bits(total, found[0][0])
        assert_same_bits(gradient, found[0][1])


@every_loss
def test_the_gradient_goes_where_it_is_told(loss, dtype):
    x, t = operands(loss, dtype)
    total, gradient = loss.value_and_grad(x, t)
    again = loss.value_and_grad(x, t, out=x)
    assert again[1] is x
    assert_same_bits(again[0], total)
    assert_same_bits(x, gradient)


def test_every_loss_has_a_reference():
    assert sorted(REFERENCE) == sorted(LOSSES)
    assert {catalogue[name].kind for name in REFERENCE} == {"loss", "loss of labels"}


@every_loss
def test_a_wrong_reference_is_noticed(loss, monkeypatch):
    """A tenth of a percent in the value, and so in the gradient."""
    right = REFERENCE[loss.name]
    monkeypatch.setitem(REFERENCE, loss.name, lambda *at: 1.001 * right(*at))
    with pytest.raises(AssertionError):
        test_value_and_gradient_are_those_of_the_reference(loss, "float32")


def no_slabs(*_):
    raise AssertionError("a loop over rows was to take this")


LARGE = ((65_537,), (300, 300), (3, 70_001), (2, 3, 66_000), (40_000, 3), (131_072,))


@pytest.mark.parametrize("dtype", EPS)
@pytest.mark.parametrize("shape", LARGE, ids=str)
@pytest.mark.parametrize("loss", of_kind("loss"), ids=lambda f: f.name)
def test_sums_of_large_arrays(loss, shape, dtype, monkeypatch):
    """The loop that sums gives the bits of NumPy's sums of slabs, for any number of threads."""
    x, t = operands(loss, dtype, shape)
    apart = [np.asfortranarray(each) if x.ndim > 1 else np.repeat(each, 2)[::2] for each in (x, t)]
    wanted, (value, gradient) = loss(*apart), loss.value_and_grad(*apart)
    monkeypatch.setattr(shared, "slabs", no_slabs)
    for threads in (1, 2, 5):
        with fa.num_threads(threads):
            assert_same_bits(loss(x, t), wanted)
            got, slope = loss.value_and_grad(x, t)
        assert_same_bits(got, value)
        assert_same_bits(slope, gradient)


@pytest.mark.parametrize("dtype", EPS)
def test_sums_with_weights(dtype):
    """Numbers are those of all elements; float64 weights, one for each, are not for that loop."""
    x, t = operands(fa.sigmoid_cross_entropy, dtype, (300, 300))
    w = np.random.default_rng(1).uniform(0.5, 2, x.shape).astype(dtype)
    for weight, pos in ((2.0, None), (w, None), (None, 3.0), (w, w), (w[0], w[0].astype("f8"))):
        options = {"weight": weight, "pos_weight": pos}
        apart = [np.asfortranarray(each) for each in (x, t)]
        wanted = fa.sigmoid_cross_entropy(*apart, **options)
        assert_same_bits(fa.sigmoid_cross_entropy(x, t, **options), wanted)
