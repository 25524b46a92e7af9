"""`scipy.special` inside compiled code: its signatures, and its results within a few ulp."""

from __future__ import annotations

import numpy as np
import pytest

numba = pytest.importorskip("numba", reason="Numba does not support this Python yet")
special = pytest.importorskip("scipy.special", reason="SciPy is not installed")
pytest.importorskip("fastact.in_njit.scipy_special")

RNG = np.random.default_rng(17)
X = np.concatenate([RNG.normal(size=60), [0.0, np.nan, 3.0, 1e-300]]).reshape(8, 8)
P = RNG.random((8, 8))


def agree(function, *arguments):
    agree_all(numba.njit(function)(*arguments), function(*arguments))


def agree_all(got, wanted):
    for one, other in zip(got, wanted, strict=True):
        if isinstance(other, tuple):
            agree_all(one, other)
            continue
        assert np.shape(one) == np.shape(other)
        assert not np.ndim(one) or one.dtype == other.dtype
        eps = np.finfo(np.asarray(other).dtype).eps
        np.testing.assert_allclose(one, other, rtol=40 * eps, atol=4 * eps)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_alone(dtype):
    def every(x, p):
        return (
            special.expit(x), special.logit(p), special.log_expit(x), special.erf(x),
            special.erfc(x), special.entr(x), special.xlogy(x, p), special.rel_entr(p, x),
            special.xlogy(0.0, p), special.expit(x[0, 0]), special.entr(2),
            special.kl_div(p, x), special.xlog1py(x, p),
        )  # fmt: skip

    agree(every, X.astype(dtype), P.astype(dtype))


@pytest.mark.parametrize("dtype", ["f2", "f8"])
def test_rows(dtype):
    def every(x, b):
        return (
            special.softmax(x, axis=1), special.softmax(x), special.log_softmax(x[0]),
            special.log_softmax(x, axis=0), special.logsumexp(x), special.logsumexp(x, axis=1),
            special.logsumexp(x[0], b=x[1]), special.softmax(x, 1),
            special.softmax(x, (0, 1)),
            special.logsumexp(x, axis=0, keepdims=True), special.logsumexp(x, keepdims=True),
            special.logsumexp(x, b=b, axis=1, return_sign=True),
            special.softmax(x[0, 0]), special.logsumexp(x[0, 0]),
        )  # fmt: skip

    agree(every, P.astype(dtype), (P - 0.5).astype(dtype))


def test_edges():
    zeros = np.array([0.0, 0.0, 0.0, 1.0, -1.0, np.nan, 2.0, np.inf])
    others = np.array([0.0, np.nan, np.inf, 0.0, 2.0, 1.0, -1.0, np.inf])

    def every(x, y):
        return (
            special.xlogy(x, y), special.rel_entr(x, y), special.entr(x), special.kl_div(x, y),
            special.xlog1py(x, y),
        )  # fmt: skip

    agree(every, zeros, others)


def test_out():
    def every(x, p):
        a, b, c, d, e = np.empty((5, *x.shape))
        special.expit(x, a)
        special.erf(x, out=b)
        special.xlogy(p, p, c)
        special.kl_div(p, p + 0.5, out=d)
        return a, b, c, d, special.entr(p, e), e, special.logit(p, out=None)

    agree(every, X, P)


def test_out_of_float16():
    """The result is rounded as SciPy's ufuncs round it."""

    def every(x, p, out):
        special.expit(x, out)
        return special.erf(x, out=out[::-1].copy()), out

    agree(every, X.astype("f2"), P.astype("f2"), np.empty(X.shape, "f2"))


def test_the_dtype_of_small_integers():
    """SciPy's own tables say whether these are float32 or float64, and those of float16."""

    def every(i, s, h, f, d):
        return (
            special.xlogy(i, i), special.xlogy(s, f), special.xlogy(f, f), special.xlog1py(f, d),
            special.rel_entr(i, f), special.kl_div(s, s), special.entr(i), special.xlogy(2, f),
            special.expit(i), special.erf(s), special.log_expit(h), special.kl_div(h, f),
            special.rel_entr(h, h), special.xlogy(h, 2.0), special.xlog1py(h, d),
        )  # fmt: skip

    dtypes = "i1", "i2", "f2", "f4", "f8"
    agree(every, *(np.arange(1, 4).astype(dtype) for dtype in dtypes))


def test_what_scipy_refuses():
    with pytest.raises(numba.core.errors.TypingError):
        numba.njit(lambda v: special.expit(v))([1.0])
