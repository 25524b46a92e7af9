"""gumbel_softmax: its noise, shares and samples, their gradient, what it refuses."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import fastact as fa
from tests.support.checks import assert_same_bits

LOGITS = np.log([0.1, 0.2, 0.3, 0.4])


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_hard_samples_have_the_frequencies_of_softmax(dtype):
    """Whatever the temperature: each count is within five standard deviations."""
    n, p = 20_000, np.exp(LOGITS)
    for temperature in (0.1, 1.0, 7.0):
        draws = fa.gumbel_softmax(
            np.tile(LOGITS.astype(dtype), (n, 1)), rng=rng(), temperature=temperature, hard=True
        )
        assert draws.dtype == dtype
        assert_same_bits(draws.sum(axis=1), np.ones(n, dtype))
        assert (abs(draws.sum(axis=0, dtype=float) - n * p) < 5 * np.sqrt(n * p * (1 - p))).all()


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_shares_are_softmax_of_noisy_logits(dtype):
    """The noise is -log of an exponential variable, drawn in C order in the dtype of x."""
    x = rng(1).normal(size=(3, 5)).astype(dtype)
    noise = -np.log(rng().standard_exponential((3, 5), dtype=np.dtype(dtype).type))
    for axis in (-1, 0, None):
        y = fa.gumbel_softmax(x, axis, rng=rng(), temperature=0.7)
        wanted = fa.softmax(x + noise, axis, temperature=0.7)
        np.testing.assert_allclose(y, wanted, rtol=2e-5 if dtype == "f4" else 1e-13)


def test_a_hard_sample_is_the_largest_share_and_has_its_gradient():
    x = rng(1).normal(size=(50, 6))
    sample, y = fa.gumbel_softmax(x, rng=rng(), temperature=0.5, hard=True, return_shares=True)
    assert_same_bits(sample, np.eye(6)[y.argmax(axis=1)])
    soft, same = fa.gumbel_softmax(x, rng=rng(), temperature=0.5, return_shares=True)
    assert_same_bits(soft, y)
    assert_same_bits(same, y)
    dy, step = rng(2).normal(size=(50, 6)), 1e-6
    dx = fa.softmax.backward(dy, y=y, temperature=0.5)
    moved = [fa.gumbel_softmax(x + side * step, rng=rng(), temperature=0.5) for side in (dx, -dx)]
    rise = (dy * (moved[0] - moved[1])).sum() / (2 * step)
    np.testing.assert_allclose(rise, (dx * dx).sum(), rtol=1e-6)


def test_a_seed_gives_the_same_bits_for_any_number_of_threads():
    x = rng(1).normal(size=(300, 1000))
    with fa.num_threads(1):
        alone = fa.gumbel_softmax(x, rng=rng())
    with fa.num_threads(4):
        assert_same_bits(fa.gumbel_softmax(x, rng=rng()), alone)
    assert_same_bits(fa.gumbel_softmax(np.asfortranarray(x), rng=rng()), alone)


def test_masks_lengths_and_special_values():
    x = np.zeros((2, 3))
    assert (fa.gumbel_softmax(x, rng=rng(), where=[True, False, True])[:, 1] == 0).all()
    assert (fa.gumbel_softmax(x, rng=rng(), lengths=[1, 2])[:, 2] == 0).all()
    with np.errstate(all="raise"):
        special = [[np.nan, 0, 0], [np.inf, 0, 0], [-np.inf, -np.inf, 0], [1e308, 0, -1e308]]
        y = fa.gumbel_softmax(np.array(special), rng=rng())
    assert np.isnan(y[0]).all()
    assert_same_bits(y[1:], np.array([[1.0, 0, 0], [0, 0, 1], [1, 0, 0]]))
    assert fa.gumbel_softmax(3.0, rng=rng()) == 1
    assert fa.gumbel_softmax([1, 2], rng=rng()).dtype == np.float64
    assert pickle.loads(pickle.dumps(fa.gumbel_softmax)) is fa.gumbel_softmax


def test_frames_come_back_as_frames():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame([[1.0, 2.0], [3.0, 4.0]], columns=["a", "b"], index=[5, 6])
    y = fa.gumbel_softmax(frame, rng=rng())
    assert list(y.columns) == ["a", "b"]
    assert_same_bits(y.to_numpy(), fa.gumbel_softmax(frame.to_numpy(), rng=rng()))


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({}, TypeError, "missing 1 required keyword-only argument: 'rng'"),
        ({"rng": 0}, TypeError, "rng must be a numpy.random.Generator, such as numpy.random.defau"),
        ({"rng": rng(), "tau": 1}, TypeError, "keyword argument 'tau'; did you mean 'temperature'"),
        ({"rng": rng(), "temperature": 0}, ValueError, "temperature must be positive and finite"),
        ({"rng": rng(), "hard": "no"}, TypeError, "hard must be True or False, got 'no'"),
        ({"rng": rng(), "return_shares": 2}, TypeError, "return_shares must be True or False"),
        ({"rng": rng(), "axis": 3}, ValueError, "axis 3 is out of bounds for array of dimension 1"),
        ({"rng": rng(), "where": "a"}, TypeError, "where must be boolean"),
        ({"rng": rng(), "lengths": 9}, ValueError, "lengths must lie in 0..4"),
    ],
)
def test_wrong_calls(options, kind, text):
    with pytest.raises(kind) as error:
        fa.gumbel_softmax(LOGITS, **options)
    assert str(error.value).startswith("gumbel_softmax()")
    assert text in str(error.value)
