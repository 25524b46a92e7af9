"""What is refused when a call is compiled: the error names function, argument, expected and got."""

from __future__ import annotations

import itertools
import operator

import numpy as np
import pytest

import fastact as fa
from tests.in_njit.support import COMPILED, members

numba = pytest.importorskip("numba", reason="Numba does not support this Python yet")
from numba.core import types  # noqa: E402
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
    (lambda x: fa.gumbel_softmax(x), X, r"gumbel_softmax\(\) cannot be called in compiled code"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "argument", "message"), REFUSED, ids=range(len(REFUSED)))
def test_wrong_types(function, argument, message):
    with pytest.raises(TypingError, match=message):
        numba.njit(function)(argument)


WRONG = {
    "list": types.List(types.float64, reflected=True),
    "tuple": types.UniTuple(types.float64, 2),
    "complex": types.complex128,
    "array of complex": types.Array(types.complex128, 2, "C"),
    "string": types.unicode_type,
    "set": types.Set(types.float64),
}
ARRAY, LABELS = types.Array(types.float64, 2, "C"), types.Array(types.int64, 1, "C")
TEXTS = {"empty", "inf", "casting", "dtype"}  # arguments that a string fits


def call_type(ty, name="", wrong=None):
    """The type of a call in which one argument is of a wrong type, and all others are right."""
    placed, named = [], {}
    for other, p in ty.signature.parameters.items():
        right = LABELS if other in {"labels", "offsets"} else ARRAY
        needed = p.default is p.empty or other == "weight"
        if other == name or needed or (other == "x" and name not in {"y", "mask"}):
            given = wrong if other == name else right
            if p.kind is p.POSITIONAL_ONLY:
                placed.append(given)
            else:
                named[other] = given
    return ty.get_call_type(None, tuple(placed), named.items())


def callable_types(function):
    """The types of a function and its members that compiled code may call."""
    for member in members(function):
        ty = numba.typeof(operator.attrgetter(member)(function) if member else function)
        try:
            call_type(ty)
        except TypingError:  # gradients by parameters that it has not, and the like
            continue
        yield ty


@pytest.mark.parametrize("entry", COMPILED, ids=lambda entry: entry.name)
def test_every_argument_of_every_function(entry):
    """Of a wrong type it is refused, whatever the argument: the error names it, and what came."""
    types_of = [*callable_types(entry.function)]
    assert types_of
    for ty in types_of:
        for name, (kind, wrong) in itertools.product(ty.signature.parameters, WRONG.items()):
            if kind == "string" and name in TEXTS:
                continue
            with pytest.raises(TypingError) as e:
                call_type(ty, name, wrong)
            text = str(e.value)
            assert ty.shown in text, text
            if name not in {"y", "mask"}:  # which not every function takes
                assert name in text, text
                assert "got" in text, text


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
