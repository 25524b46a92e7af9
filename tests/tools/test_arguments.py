"""Arguments that are nonsense: the function, the argument, what was expected and what came."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import fastact as fa
from tests.support.calls import CALLS, CASTS, LABELS, X

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
    (lambda: fa.softmax(X, out=np.empty((4, 2))), ValueError, "softmax(): out must be of shape (2, 4), got (4, 2)"),
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


@pytest.mark.parametrize(("f", "calls"), CALLS, ids=lambda v: getattr(v, "name", ""))
def test_no_floating_point_warning(f, calls):
    """NumPy's arithmetic around kernels is as quiet as they are, whatever the caller has set."""
    for call in calls(f):
        with np.errstate(all="raise"), warnings.catch_warnings():
            warnings.simplefilter("error")
            call()


@pytest.mark.parametrize("action", ["raise", "warn"])
@pytest.mark.parametrize(("f", "calls"), CASTS, ids=lambda v: getattr(v, "name", ""))
def test_no_floating_point_warning_of_a_cast(f, calls, action):
    """What becomes infinite, subnormal or 0 in a smaller dtype, for `out=` or as a parameter."""
    for call in calls(f):
        with np.errstate(all=action), warnings.catch_warnings():
            warnings.simplefilter("error")
            call()


@pytest.mark.parametrize("f", [fa.relu, fa.sigmoid, fa.identity * fa.softplus], ids=str)
def test_what_is_tried_on_an_activation_is_quiet_too(f):
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        str(fa.check(f, dtypes=("float32",)))
        str(fa.diagnose(X, f, dy=X))
        str(fa.diagnose(X * np.nan, f))
        fa.conventions()
        str(f), repr(f), f.__doc__


IMPORT_ALL = """
import importlib, pkgutil, warnings
import numpy as np
np.seterr(all="raise")
import fastact
for module in pkgutil.walk_packages(fastact.__path__, "fastact."):
    if not module.name.endswith("__main__") and "-" not in module.name:
        importlib.import_module(module.name)
"""


def test_imports_are_quiet_whenever_they_come(python):
    python(IMPORT_ALL)


def test_empty_lists_have_any_dtype():
    """NumPy makes float64 of them, which masks, lengths and labels are not."""
    rows = np.ones((0, 3))
    assert fa.softmax(np.ones(0), where=[]).shape == (0,)
    assert fa.softmax(rows, lengths=[]).shape == (0, 3)
    assert fa.softmax_cross_entropy(rows, [], reduction="sum") == 0
    assert fa.nll(rows, [], reduction="none").shape == (0,)
