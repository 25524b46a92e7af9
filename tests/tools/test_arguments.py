"""Arguments that are nonsense: the function, the argument, what was expected and what came."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import fastact as fa
from fastact.catalogue import of_kind
from tests.support.rows import FORMS

X = np.array([[0.0, -400.0, -400.0, 1.0], [1e4, -np.inf, 3.0, 2.0]])
LABELS = np.array([0, 2])
LOSSES = of_kind("loss", "loss of labels")
PAIRS = of_kind("gated")

BAD = [
    (lambda: fa.softmax(X, dim=1), TypeError, "softmax() got an unexpected keyword argument 'dim'; did you mean 'axis'?"),
    (lambda: fa.softmin(X, mask=1), TypeError, "softmin() got an unexpected keyword argument 'mask'; did you mean 'where'?"),
    (lambda: fa.softmax.backward(X, y=X, tempreature=2), TypeError, "softmax.backward() got an unexpected keyword argument 'tempreature'; did you mean 'temperature'?"),
    (lambda: fa.softmax.jacobian(X, dim=1), TypeError, "softmax.jacobian() got an unexpected keyword argument 'dim'; did you mean 'axis'?"),
    (lambda: fa.logsumexp(X, keepdim=True), TypeError, "logsumexp() got an unexpected keyword argument 'keepdim'; did you mean 'keepdims'?"),
    (lambda: fa.softmax_cross_entropy(X, LABELS, weights=1), TypeError, "softmax_cross_entropy() got an unexpected keyword argument 'weights'; did you mean 'weight'?"),
    (lambda: fa.swiglu(X, dim=0), TypeError, "swiglu() got an unexpected keyword argument 'dim'; did you mean 'axis'?"),
    (lambda: fa.softmax_cross_entropy(X), TypeError, "softmax_cross_entropy() missing 1 required positional argument: 'labels'"),
    (lambda: fa.softmax(X, causal="no"), TypeError, "softmax(): causal must be True or False, got 'no'"),
    (lambda: fa.softmax.backward(X, y=X, causal="no"), TypeError, "softmax.backward(): causal must be True or False, got 'no'"),
    (lambda: fa.logsumexp(X, keepdims="no"), TypeError, "logsumexp(): keepdims must be True or False, got 'no'"),
    (lambda: fa.logsumexp(X, return_sign=2), TypeError, "logsumexp(): return_sign must be True or False, got 2"),
    (lambda: fa.glu(X, gate_first="yes"), TypeError, "glu(): gate_first must be True or False, got 'yes'"),
    (lambda: fa.kl_divergence(X, X, log_target="x"), TypeError, "kl_divergence(): log_target must be True or False, got 'x'"),
    (lambda: fa.softmax_cross_entropy(X, LABELS, ignore_index=1.5), TypeError, "softmax_cross_entropy(): ignore_index must be an integer, got 1.5"),
    (lambda: fa.nll(X, LABELS, ignore_index="a"), TypeError, "nll(): ignore_index must be an integer, got 'a'"),
    (lambda: fa.softmax_cross_entropy.gradient_and_hessian(X, np.float32([0, 1])), TypeError, "softmax_cross_entropy.gradient_and_hessian(): labels must be integers (class indices), got float32"),
    (lambda: fa.softmax_cross_entropy(X, LABELS, label_smoothing="a"), TypeError, "softmax_cross_entropy(): label_smoothing must be a number, got <U1"),
    (lambda: fa.focal(X, 0.0, gamma="a"), TypeError, "focal(): gamma must be a number, got <U1"),
    (lambda: fa.focal(X, 0.0, alpha=[1, 2]), ValueError, "focal(): alpha must be None or from 0 to 1, got [1, 2]"),
    (lambda: fa.nll(X, LABELS, reduction="men"), ValueError, "nll(): reduction must be one of ('mean', 'sum', 'none'), got 'men'; did you mean 'mean'?"),
    (lambda: fa.softmax(X, empty="zeros"), ValueError, "softmax(): empty must be one of ('zero', 'nan', 'uniform', 'raise'), got 'zeros'; did you mean 'zero'?"),
    (lambda: fa.softmax(X, inf=["limit"]), ValueError, "softmax(): inf must be one of ('limit', 'nan'), got ['limit']"),
    (lambda: fa.softmax(X, where=X > 0, out=[1]), TypeError, "softmax(): out must be an ndarray, got list"),
    (lambda: fa.softmax(X, out=[1]), TypeError, "softmax(): out must be an ndarray, got list"),
    (lambda: fa.softmax(X, out=np.empty((4, 2))), ValueError, "Output"),
    (lambda: fa.softmax.backward(X, y=X, where=X > 0, out=X[0]), ValueError, "softmax.backward(): out must be of shape (2, 4), got (4,)"),
    (lambda: fa.softmax.sequences(X[0], offsets=[0, 4], out=3), TypeError, "softmax.sequences(): out must be an ndarray, got int"),
    (lambda: fa.logsumexp(X, b=X, out=np.empty(3)), ValueError, "logsumexp(): out must be of shape (2,), got (3,)"),
    (lambda: fa.nll.value_and_grad(X, LABELS, out=1), TypeError, "nll.value_and_grad(): out must be an ndarray, got int"),
    (lambda: fa.sigmoid_cross_entropy.gradient_and_hessian(X, 0.0, out=X), TypeError, "sigmoid_cross_entropy.gradient_and_hessian(): out must be two arrays in a tuple, got ndarray"),
    (lambda: fa.swiglu.split.backward(X, gate=X, value=X, out=X), TypeError, "swiglu.split.backward(): out must be two arrays in a tuple, got ndarray"),
    (lambda: fa.swiglu(X, out=np.empty((2, 2), int)), TypeError, "swiglu(): out must be of a dtype that float64 can be cast to, got int64"),
    (lambda: fa.softmax(X, axis="rows"), TypeError, "softmax(): axis must be an integer, a tuple of integers or None, got 'rows'"),
    (lambda: fa.softmax(X, axis=5), np.exceptions.AxisError, "softmax(): axis 5 is out of bounds for array of dimension 2"),
    (lambda: fa.squared_error.value_and_grad(X, X, np.tanh), TypeError, "squared_error.value_and_grad(): activation must be a fastact.Activation, got ufunc"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "text"), BAD)
def test_messages(call, kind, text):
    with pytest.raises(kind) as error:
        call()
    assert text in str(error.value)


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
    for empty in ("nan", "uniform"):
        if f.sink != 0:
            yield lambda empty=empty: f(np.full((2, 3), -np.inf), empty=empty)


def calls_of_sums(f):
    weights = {} if f is fa.logmeanexp else {"b": np.array([5e-324, -1.0, 0.0, 1e300])}
    for each in ({}, {"where": X > 0}, weights):
        yield lambda each=each: f(X, **each)
        yield lambda each=each: f.backward(np.array([np.inf, 1e308]), x=X, **each)
        yield lambda each=each: f.jvp(X, x=X, **each)


def calls_of_loss(f):
    target = LABELS if f in of_kind("loss of labels") else np.array([0.0, 1.0, 0.5, 0.0])
    for dtype in ("f2", "f4", "f8"):
        x = X.astype(dtype)
        yield lambda x=x: f(x, target)
        yield lambda x=x: f.value_and_grad(x, target)
        if hasattr(f, "gradient_and_hessian"):
            yield lambda x=x: f.gradient_and_hessian(x, target)


def calls_of_pair(f):
    yield lambda: f(X)
    yield lambda: f.backward(X[:, :2], x=X, bias=np.zeros(4))
    yield lambda: f.split.backward(X, gate=X, value=X, gate_bias=1e300)


def calls_with_parameters(f):
    values = {p.name: p.typical for p in f.params}
    yield lambda: f.backward_params(np.array([1e308, 1e308, 5e-324, 1.0]), x=X, **values)


QUIET = [
    *((f, calls_along) for f in FORMS), (fa.logsumexp, calls_of_sums),
    (fa.logmeanexp, calls_of_sums), *((f, calls_of_loss) for f in LOSSES),
    *((f, calls_of_pair) for f in PAIRS),
    *((f, calls_with_parameters) for f in fa.activations.values() if f._partials),
]  # fmt: skip


@pytest.mark.parametrize(("f", "calls"), QUIET, ids=lambda v: getattr(v, "name", ""))
def test_no_floating_point_warning(f, calls):
    """NumPy's arithmetic around kernels is as quiet as they are, whatever the caller has set."""
    for call in calls(f):
        with np.errstate(all="raise"), warnings.catch_warnings():
            warnings.simplefilter("error")
            call()
