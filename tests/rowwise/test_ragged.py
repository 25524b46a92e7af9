"""Ragged sequences: the bits of a call for each, forward and backward."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastact as fa
from tests.support.checks import assert_same_bits
from tests.support.rows import FORMS

over_forms = pytest.mark.parametrize("f", FORMS, ids=lambda f: f.name)


def ragged(lengths, dtype="float64", shape=(), seed=0):
    """An array of sequences of these lengths, and where they are."""
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=int)])
    x = np.random.default_rng(seed).normal(0, 3, (*shape, offsets[-1])).astype(dtype)
    return x, offsets


def one_by_one(function, arrays, offsets):
    parts = [
        function(*(np.ascontiguousarray(a[..., i:j]) for a in arrays)) for i, j in pairwise(offsets)
    ]
    return np.concatenate([np.empty_like(arrays[0][..., :0]), *parts], axis=-1)


@over_forms
@given(data=st.data())
def test_sequences_are_calls(f, dtype, data):
    lengths = data.draw(st.lists(st.integers(0, 40), max_size=30), "lengths")
    shape = data.draw(st.sampled_from([(), (2,), (2, 3), (0,)]), "shape")
    x, offsets = ragged(lengths, dtype, shape)
    y = f.sequences(x, offsets=offsets)
    assert_same_bits(y, one_by_one(f, (x,), offsets))
    dy = ragged(lengths, dtype, shape, 1)[0]
    got = f.sequences.backward(dy, y=y, offsets=offsets)
    assert_same_bits(got, one_by_one(lambda d, p: f.backward(d, y=p), (dy, y), offsets))
    got = f.sequences.backward(dy, x=x, offsets=offsets)
    assert_same_bits(got, one_by_one(lambda d, v: f.backward(d, x=v), (dy, x), offsets))


@over_forms
def test_long_and_short_ones(f, dtype):
    lengths = [1, 2047, 3, 2048, 0, 5000, 2, 2, 700, 2**16 + 1, 2**16 + 1]
    x, offsets = ragged(lengths, dtype, (2,))
    assert_same_bits(f.sequences(x, offsets=offsets), one_by_one(f, (x,), offsets))


@over_forms
@pytest.mark.parametrize("lengths", [[10] * 32, [3, 3, 3, 7, 7, 1, 0, 0, 5, 5], [0, 0, 40, 40, 0]])
@pytest.mark.parametrize("options", [{}, {"temperature": 0.7}, {"softcap": 2.5}], ids=str)
def test_runs_of_one_length(f, lengths, options, dtype):
    x, offsets = ragged(lengths, dtype)
    dy, sides = ragged(lengths, dtype, seed=1)[0], {"offsets": offsets, **options}
    assert_same_bits(f.sequences(x, **sides), one_by_one(lambda v: f(v, **options), (x,), offsets))
    wanted = one_by_one(lambda d, v: f.backward(d, x=v, **options), (dy, x), offsets)
    assert_same_bits(f.sequences.backward(dy, x=x, **sides), wanted)


def test_sequences_far_apart_in_memory():
    """Every third element, backwards, in an array that is not aligned."""
    x, offsets = ragged([5, 5, 1, 30], "float64")
    wanted = fa.softmax.sequences(x, offsets=offsets)
    wide = np.zeros(3 * x.size)
    wide[::-3] = x
    odd = np.zeros(x.nbytes + 1, np.uint8)[1:].view(np.float64)
    odd[...] = x
    for each in (wide[::-3], odd, x.astype(">f8")):
        assert_same_bits(fa.softmax.sequences(each, offsets=offsets), wanted)
        assert_same_bits(fa.softmax.sequences(each, offsets=offsets[::-1][::-1]), wanted)


def test_dtypes_of_gradient_and_output_meet():
    x, offsets = ragged([5, 3], "float32")
    y, dy = fa.softmax.sequences(x, offsets=offsets), ragged([5, 3], "float64", seed=1)[0]
    wanted = one_by_one(lambda d, p: fa.softmax.backward(d, y=p), (dy, y), offsets)
    got = fa.softmax.sequences.backward(dy, y=y, offsets=offsets)
    assert got.dtype == np.float64
    assert_same_bits(got, wanted)


@over_forms
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_any_axis(f, axis):
    x, offsets = ragged([2, 0, 5, 1], shape=(3, 4))
    wanted = f.sequences(x, offsets=offsets)
    moved = np.moveaxis(x, -1, axis)
    assert_same_bits(np.moveaxis(f.sequences(moved, offsets=offsets, axis=axis), axis, -1), wanted)
    got = f.sequences.backward(moved, y=np.moveaxis(wanted, -1, axis), offsets=offsets, axis=axis)
    assert_same_bits(np.moveaxis(got, axis, -1), f.sequences.backward(x, y=wanted, offsets=offsets))


@over_forms
def test_in_place_and_out(f, dtype):
    x, offsets = ragged([2, 0, 5, 1, 3000], dtype, (3,))
    wanted = f.sequences(x, offsets=offsets)
    out = np.empty_like(x)
    assert f.sequences(x, offsets=offsets, out=out) is out
    assert_same_bits(out, wanted)
    assert f.sequences(x, offsets=offsets, out=x) is x
    assert_same_bits(x, wanted)


def test_options_and_special_sequences():
    x, offsets = ragged([2, 5, 1])
    got = fa.softmax.sequences(x, offsets=offsets, temperature=3.0)
    wanted = one_by_one(lambda v: fa.softmax(v, temperature=3.0), (x,), offsets)
    assert_same_bits(got, wanted)
    x[:2], x[3] = -np.inf, np.nan
    y = fa.softmax.sequences(x, offsets=offsets)
    assert (y[:2] == 0).all()
    assert np.isnan(y[2:7]).all()
    assert y[7] == 1
    dx = fa.softmax.sequences.backward(np.ones(8), y=y, offsets=offsets)
    assert (dx[[0, 1, 7]] == 0).all()


WRONG = [
    (TypeError, "offsets must be integers", [0.0, 8.0]),
    (ValueError, "offsets must have one axis", [[0, 8]]),
    (ValueError, "offsets must have one axis", np.array([], int)),
    (ValueError, "from 0 to 8, .* got 1 to 8", [1, 8]),
    (ValueError, "from 0 to 8, .* got 0 to 7", [0, 3, 7]),
    (ValueError, "must ascend, got 5 before 4 at place 1", [0, 5, 4, 8]),
]


@pytest.mark.parametrize(("kind", "match", "offsets"), WRONG)
def test_wrong_offsets(kind, match, offsets):
    x = np.ones(8)
    with pytest.raises(kind, match=rf"softmax\.sequences.*{match}"):
        fa.softmax.sequences(x, offsets=offsets)
    with pytest.raises(kind, match=match):
        fa.softmax.sequences.backward(x, y=x, offsets=offsets)


def test_other_errors():
    x = np.ones(8)
    with pytest.raises(TypeError, match="exactly one of x= and y="):
        fa.softmax.sequences.backward(x, offsets=[0, 8])
    with pytest.raises(ValueError, match=r"dy must be of the shape of y, \(8,\)"):
        fa.softmax.sequences.backward(np.ones(7), y=x, offsets=[0, 8])
    with pytest.raises(np.exceptions.AxisError):
        fa.softmax.sequences(x, offsets=[0, 8], axis=1)
    with pytest.raises(ValueError, match="temperature"):
        fa.softmax.sequences(x, offsets=[0, 8], temperature=0)
