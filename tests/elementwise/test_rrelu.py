"""rrelu: the evaluation form is in the catalogue's tests; here are the slopes that are drawn."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from mpmath import mpf

import fastact as fa
from tests.support.checks import assert_same_bits
from tests.support.strategies import mixed


def generator(seed=0):
    return np.random.default_rng(seed)


def negative(size, dtype="float64"):
    return -np.linspace(0.5, 2, size).astype(dtype)


@pytest.mark.parametrize(("lower", "upper"), [(1 / 8, 1 / 3), (0.3, 0.3), (-1, 1), (0.1, 0.1001)])
def test_slopes_are_between_the_bounds(dtype, lower, upper):
    _, slopes = fa.rrelu(negative(20_000, dtype), lower, upper, rng=generator(), return_slopes=True)
    low, high = np.array([lower, upper], dtype)
    assert slopes.dtype == dtype
    assert (slopes >= low).all()
    assert (slopes < high).all() if low < high else (slopes == low).all()


def test_slopes_are_uniform():
    _, slopes = fa.rrelu(negative(100_000), 0.2, 0.7, rng=generator(), return_slopes=True)
    counts, _ = np.histogram(slopes, 20, (0.2, 0.7))
    # Five standard deviations of a binomial count.
    assert abs(counts - 5000).max() < 5 * (5000 * 0.95) ** 0.5
    assert abs(np.corrcoef(slopes[1:], slopes[:-1])[0, 1]) < 5 / 100_000**0.5


def test_a_seed_gives_the_same_bits(dtype):
    x = mixed(dtype, 5000)
    y, slopes = fa.rrelu(x, rng=generator(), return_slopes=True)
    assert_same_bits(fa.rrelu(x, rng=generator()), y)
    _, others = fa.rrelu(x, rng=generator(1), return_slopes=True)
    assert (others[x < 0] != slopes[x < 0]).mean() > 0.9


def test_the_generator_moves_on_by_one_draw_for_each_element():
    rng, same = generator(), generator()
    x = mixed("float64", 100)
    fa.rrelu(x, rng=rng)
    same.random(100)
    assert rng.random() == same.random()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_every_number_of_threads_gives_the_same_bits(dtype):
    x = mixed(dtype, 2**17 + 5)
    found = []
    for count in (1, 2, 5):
        with fa.num_threads(count):
            y, slopes = fa.rrelu(x, rng=generator(), return_slopes=True)
            found.append((y, slopes, fa.rrelu.backward(x, x=x, slopes=slopes)))
    for each in found[1:]:
        for got, wanted in zip(each, found[0], strict=True):
            assert_same_bits(got, wanted)


def test_layout_does_not_matter(layout):
    from tests.support.strategies import LAYOUTS

    x = LAYOUTS[layout](mixed("float32", 300))
    plain = np.ascontiguousarray(x, "float32").reshape(x.shape)
    assert_same_bits(fa.rrelu(x, rng=generator()), fa.rrelu(plain, rng=generator()))


def test_value_and_gradient_by_the_slopes(dtype):
    x, dy = mixed(dtype, 3000), mixed(dtype, 3000, seed=1)
    y, slopes = fa.rrelu(x, rng=generator(), return_slopes=True)
    assert (slopes[x > 0] == 1).all()
    assert (slopes[x <= 0] < 0.334).all()
    with np.errstate(all="ignore"):
        assert_same_bits(y, x * slopes)
        assert_same_bits(fa.rrelu.backward(dy, slopes=slopes), dy * slopes)
        wanted = np.where(np.isnan(x), x, dy * slopes)
    assert_same_bits(fa.rrelu.backward(dy, x=x, slopes=slopes), wanted)
    out = np.empty_like(dy)
    for saved in ({}, {"x": x}):
        assert fa.rrelu.backward(dy, slopes=slopes, out=out, **saved) is out
    assert_same_bits(out, wanted)


def test_the_gradient_is_that_of_the_function():
    """Differences of the function with its slopes held."""
    x = np.random.default_rng(3).normal(size=500)
    _, slopes = fa.rrelu(x, rng=generator(), return_slopes=True)
    dx = fa.rrelu.backward(np.ones_like(x), slopes=slopes)
    h = 2.0**-20
    high, low = (fa.rrelu(x + h * s, rng=generator(), return_slopes=True)[0] for s in (1, -1))
    apart = np.abs(x) > 2 * h
    np.testing.assert_allclose(dx[apart], ((high - low) / (2 * h))[apart], rtol=1e-8)


def test_in_place():
    x = mixed("float32", 500)
    y, slopes = fa.rrelu(x, rng=generator(), return_slopes=True)
    got, again = fa.rrelu(x, rng=generator(), return_slopes=True, out=x)
    assert got is x
    assert_same_bits(x, y)
    assert_same_bits(again, slopes)


def test_bounds_may_be_arrays():
    x = -np.ones((4, 300), "f4")
    lower, upper = np.arange(4.0)[:, None], np.arange(4.0)[:, None] + 0.5
    y, slopes = fa.rrelu(x, lower, upper, rng=generator(), return_slopes=True)
    assert y.dtype == slopes.dtype == np.float32
    assert ((slopes >= lower) & (slopes < upper)).all()
    assert fa.rrelu(np.float32(-1), np.zeros(3), upper=1, rng=generator()).shape == (3,)


def test_forms_of_the_input():
    y, slopes = fa.rrelu(np.float32(-2), rng=generator(), return_slopes=True)
    assert type(y) is type(slopes) is np.float32
    assert y == -2 * slopes
    assert fa.rrelu([-1, 2], rng=generator()).dtype == np.float64
    assert fa.rrelu(np.empty((0, 3), "f4"), rng=generator()).shape == (0, 3)


def test_special_values():
    x = np.array([np.nan, np.inf, -np.inf, -0.0])
    y = fa.rrelu(x, rng=generator())
    assert np.isnan(y[0])
    assert y[1:].tolist() == [np.inf, -np.inf, 0]
    assert np.signbit(y[3])
    assert fa.rrelu(-np.inf, 0, 0, rng=generator()) == 0


def test_evaluation_is_the_mean_slope():
    x = negative(50)
    mean = float((mpf(1 / 8) + mpf(1 / 3)) / 2)
    np.testing.assert_array_max_ulp(fa.rrelu(x), x * mean, 1)
    assert_same_bits(fa.rrelu.derivative(x), np.full(50, mean))
    gradients = fa.rrelu.backward_params(np.ones(50), x=x)
    np.testing.assert_allclose([gradients["lower"], gradients["upper"]], x.sum() / 2, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: fa.rrelu(x, rng=1), TypeError, r"default_rng\(seed\), got 1"),
        (lambda x: fa.rrelu(x, rng=np.random.RandomState(0)), TypeError, "Generator"),
        (lambda x: fa.rrelu(x, rng=np.random), TypeError, "Generator"),
        (lambda x: fa.rrelu(x, return_slopes=True), TypeError, "needs rng="),
        (lambda x: fa.rrelu(x, 0.5, 0.25), ValueError, "lower <= upper, got lower=0.5, upper=0.25"),
        (lambda x: fa.rrelu(x, 0.5, 0.25, rng=generator()), ValueError, "lower <= upper"),
        (lambda x: fa.rrelu(x, np.nan, rng=generator()), ValueError, "lower <= upper"),
        (lambda x: fa.rrelu(x, rng=generator(), where=x > 0), TypeError, "takes out= only, got w"),
        (lambda x: fa.rrelu(x, 0, 1, 2, rng=generator()), TypeError, "positional"),
        (lambda x: fa.rrelu(x.astype("D"), rng=generator()), TypeError, "rrelu.* complex128"),
        (lambda x: fa.rrelu.backward(x, slopes=x, y=x), TypeError, "got y= too"),
        (lambda x: fa.rrelu.backward(x, slopes=x, lower=0), TypeError, "got lower= too"),
        (fa.rrelu.backward, TypeError, "exactly one"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call(np.linspace(-1, 1, 5))


def test_errors_do_not_use_the_generator():
    rng = generator()
    with pytest.raises(ValueError, match="lower"):
        fa.rrelu(negative(5), 0.5, 0.25, rng=rng)
    assert rng.random() == generator().random()


def test_pickle():
    for thing in (fa.rrelu, fa.rrelu.backward, fa.rrelu.derivative):
        assert pickle.loads(pickle.dumps(thing)) is thing
    rng = generator()
    same = pickle.loads(pickle.dumps(rng))
    assert_same_bits(fa.rrelu(negative(9), rng=rng), fa.rrelu(negative(9), rng=same))
