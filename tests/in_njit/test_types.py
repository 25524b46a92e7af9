"""What is refused when a call is compiled: the error names function, argument, expected and got."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa

numba = pytest.importorskip("numba", reason="Numba does not support this Python yet")
from numba.core.errors import TypingError  # noqa: E402

X = np.ones((2, 3))
REFUSED = [
    (lambda x: fa.gelu(x), [1.0, 2.0], r"gelu\(\): x must be .*, got reflected list\(float64\)"),
    (lambda x: fa.gelu(x), (1.0, 2.0), r"gelu\(\): x must be .*, got UniTuple\(float64 x 2\)"),
    (lambda x: fa.gelu(x), 1j, r"gelu\(\): x must be .*, got complex128"),
    (lambda x: fa.gelu(x), "one", r"gelu\(\): x must be .*, got unicode_type"),
    (lambda x: fa.gelu(x), X.astype(complex), r"gelu\(\): x must be .*, got array\(complex128"),
    (lambda x: fa.gelu(x, out=3), X, r"gelu\(\): out must be an array .*, got 3"),
    (lambda x: fa.elu(x, "a"), X, r"elu\(\): alpha must be .*, got 'a'"),
    (lambda x: fa.elu(x, beta=1.0), X, r"elu\(\): got an unexpected keyword argument 'beta'"),
    (lambda x: fa.prelu(x), X, r"prelu\(\): missing a required argument: 'weight'"),
    (lambda x: fa.gelu.backward(x), X, r"gelu.backward\(\) needs exactly one of x= and y="),
    (lambda x: fa.gelu.backward(x, x=x, y=x), X, r"exactly one of x= and y=, got both"),
    (lambda x: fa.gelu.backward(x, y=x), X, r"does not determine its derivative"),
    (lambda x: fa.prelu(x, None), X, r"prelu\(\) needs a value for weight"),
    (lambda x: fa.gelu.ufunc(x), X, r"gelu.ufunc\(\) cannot be called in compiled code"),
    (lambda x: fa.swish(x, beta=None), X, r"swish\(\) needs a value for beta"),
    (lambda x: fa.gelu(x, dtype="i4"), X, r"gelu\(\): dtype must be float16, float32 or float64"),
    (lambda x: fa.gelu(x, dtype=np.float32, casting="safe"), X, "x must be of a type that cast"),
    (lambda x: fa.relu.backward_params(x, x=x), X, r"relu.*\(\): relu has no such parameters"),
    (lambda x: fa.prelu.backward_params(x, x=x), X, r"missing a required argument: 'weight'"),
    (lambda x: fa.prelu.backward(x, mask=x), X, r"prelu.backward\(\): missing .*: 'weight'"),
    (lambda x: fa.relu.backward(x, mask=x), X, r"relu.backward\(\): mask must be a uint8 array"),
    (lambda x: fa.relu.backward(x, x=x, mask=x), X, "exactly one of x=, y= and mask="),
    (lambda x: fa.gelu.backward(x, mask=x), X, r"gelu takes more than two values"),
    (lambda x: fa.gelu.forward_with_mask(x), X, r"gelu takes more than two values"),
    (lambda x: fa.nll(x, 0, weight="a"), X, r"weight must be an array of numbers, got 'a'"),
    (lambda x: fa.gelu.backward(x, x), X, r"gelu.backward\(\): too many positional"),
    (lambda x: fa.softmax(x), 1j, r"softmax\(\): x must be a number or an array .*, got complex"),
    (lambda x: fa.softmax(x), [1.0], r"softmax\(\): x must be .*, got reflected list"),
    (lambda x: fa.softmax(x, axis=1.0), X, r"softmax\(\): axis must be .*, got float64"),
    (lambda x: fa.softmax(x, where=x), X, r"softmax\(\): where must be an array of bool"),
    (lambda x: fa.softmax(x, lengths=x), X, r"softmax\(\): lengths must be an array of int"),
    (lambda x: fa.softmax.backward(x), X, r"softmax.backward\(\) needs exactly one of x= and y="),
    (lambda x: fa.logsumexp(x, keepdims=x), X, r"logsumexp\(\): keepdims must be a bool, writ"),
    (lambda x: fa.softmax_cross_entropy(x, "a"), X,
     r"softmax_cross_entropy\(\): labels must be an array of integers .*, got 'a'"),
    (lambda x: fa.softmax_cross_entropy(x, x > 0), X, r"labels must be an array of integers"),
    (lambda x: fa.nll(x, x), X, r"nll\(\): labels must be an array of integers"),
    (lambda x: fa.focal(x, "a"), X, r"focal\(\): targets must be an array .*, got 'a'"),
    (lambda x: fa.squared_error(x, x, 3), X, r"activation must be a fastact.Activation, got 3"),
    (lambda x: fa.squared_error.value_and_grad(x, 1j), X, r"t must be an array .*, got complex128"),
    (lambda x: fa.swiglu(x), [1.0], r"swiglu\(\): x must be an array .*, got reflected list"),
    (lambda x: fa.swiglu.split(x, "a"), X, r"swiglu.split\(\): value must be .*, got 'a'"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "argument", "message"), REFUSED, ids=range(len(REFUSED)))
def test_wrong_types(function, argument, message):
    with pytest.raises(TypingError, match=message):
        numba.njit(function)(argument)


def test_a_reduction_must_be_written_out():
    with pytest.raises(TypingError, match="reduction must be a string, written out in the call"):
        numba.njit(lambda x, r: fa.focal(x, x, reduction=r))(X, "mean")


def test_no_derivative_without_one():
    @fa.activation
    def bent(x):
        return x * x

    with pytest.raises(TypingError, match="derivative"):
        numba.njit(lambda x: bent.derivative(x))(X)
    assert (numba.njit(lambda x: bent(x))(X) == bent(X)).all()
