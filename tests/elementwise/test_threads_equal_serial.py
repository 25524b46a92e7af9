"""The same bits for every number of threads, offset, stride and length."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa
from fastact.catalogue import of_kind
from fastact.native import threads
from tests.support.checks import VARIETIES, apply, assert_same_bits, backward
from tests.support.strategies import mixed, needed

THREADS = (1, 2, 3, 7)
over_rowwise = pytest.mark.parametrize("function", of_kind("shares", "sum"), ids=lambda f: f.name)


def cutover():
    """The length from which threads share a call; this makes the pool, which decides it."""
    fa.sigmoid(np.zeros(3, "f4"))
    return min(threads.stats()["cutover"], 2**20) or 2**14


@pytest.fixture(scope="module", params=["float16", "float32", "float64"])
def buffer(request):
    return mixed(request.param, 2 * cutover() + 2000)


def test_lengths_around_the_cutover(f, buffer):
    around = cutover()
    wanted = {}
    with fa.num_threads(1):
        wanted = {v: apply(f, v, buffer) for v in VARIETIES}
    for count in THREADS[1:]:
        with fa.num_threads(count):
            for length in (around - 1, around, around + 1, around + 63, 2 * around + 17):
                for v in VARIETIES:
                    assert_same_bits(
                        apply(f, v, buffer[:length]), wanted[v][:length], (f.name, v, count)
                    )


def test_both_outputs_and_backward(f, buffer):
    x, dy = buffer[100:], buffer[:-100]
    with fa.num_threads(1):
        wanted = (*apply(f, "value_and_derivative", x), backward(f, dy, x=x))
    for count in THREADS[1:]:
        with fa.num_threads(count):
            got = (*apply(f, "value_and_derivative", x), backward(f, dy, x=x))
        for a, b in zip(got, wanted, strict=True):
            assert_same_bits(a, b, (f.name, count))


def test_offsets(f, buffer):
    whole = f(buffer[:1200], **needed(f))
    for offset in range(64):
        assert_same_bits(f(buffer[offset:1100], **needed(f)), whole[offset:1100], (f.name, offset))
        out = np.empty(1200, buffer.dtype)[offset:1100]
        assert_same_bits(
            f(buffer[offset:1100], out=out, **needed(f)), whole[offset:1100], (f.name, offset)
        )


def test_lengths(f, buffer):
    whole = f(buffer[:200], **needed(f))
    for length in range(201):
        assert_same_bits(f(buffer[:length], **needed(f)), whole[:length], (f.name, length))


@pytest.mark.parametrize("step", [1, -1, 2, -2, 3, -3])
def test_strides(f, buffer, step):
    whole = f(buffer, **needed(f))
    for count in THREADS:
        with fa.num_threads(count):
            assert_same_bits(f(buffer[::step], **needed(f)), whole[::step], (f.name, step, count))
            out = np.empty(buffer.size * abs(step), buffer.dtype)[::step]
            assert_same_bits(f(buffer, out=out, **needed(f)), whole, (f.name, step, count))


def test_rows_columns_and_transposes(f, buffer):
    square = buffer[: 180 * 180].reshape(180, 180)
    whole = f(buffer, **needed(f))[: 180 * 180].reshape(180, 180)
    for count in (1, 3):
        with fa.num_threads(count):
            assert_same_bits(f(square.T, **needed(f)), np.ascontiguousarray(whole.T))
            assert_same_bits(f(square[::2, 5:-3], **needed(f)), whole[::2, 5:-3])


def test_in_place(f, buffer):
    wanted = f(buffer, **needed(f))
    for count in THREADS:
        x = buffer.copy()
        with fa.num_threads(count):
            assert f(x, out=x, **needed(f)) is x
        assert_same_bits(x, wanted, (f.name, count))


@over_rowwise
@pytest.mark.parametrize("shape", [(3000, 10), (10, 3000), (1, 70000), (300, 257)])
def test_rowwise_functions(function, dtype, shape):
    x = np.random.default_rng(0).normal(0, 5, shape).astype(dtype)
    for axis in (0, 1):
        with fa.num_threads(1):
            wanted = function(x, axis=axis)
        for count in THREADS[1:]:
            with fa.num_threads(count):
                assert_same_bits(function(x, axis=axis), wanted, (function.name, axis, count))


@over_rowwise
@pytest.mark.parametrize("shape", [(3000, 10), (10, 3000), (300, 257)])
def test_rowwise_functions_of_any_strides(function, dtype, shape):
    x = np.random.default_rng(0).normal(0, 5, shape).astype(dtype)
    wide = np.repeat(np.repeat(x, 2, axis=0), 3, axis=1)
    for axis in (0, 1):
        wanted = function(x, axis=axis)
        assert_same_bits(function(np.asfortranarray(x), axis=axis), wanted, "Fortran")
        assert_same_bits(function(wide[::2, ::3], axis=axis), wanted, "every second and third")
        turned = np.squeeze(function(x.T, axis=1 - axis)).T
        assert_same_bits(turned, np.squeeze(wanted), "transposed")


@pytest.mark.bigmem
def test_more_elements_than_32_bits_count(f):
    size = 2**31 + 9
    wide = np.broadcast_to(np.float16(0.25), (size,))
    for variety in ("forward", "derivative"):
        y = apply(f, variety, wide)
        places = [0, 1, size // 2, 2**31 - 1, 2**31, -1]
        assert y.shape == (size,)
        assert (y[places] == apply(f, variety, np.float16(0.25))).all()
        assert (y[:: 2**20] == y[0]).all()
