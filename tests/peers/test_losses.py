"""The losses beside torch's: values and gradients over the grid of options."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import fastact as fa

CLOSE = {"float32": 2e-5, "float64": 1e-13}  # of torch, whose float32 gradients cancel
each_dtype = pytest.mark.parametrize("dtype", CLOSE)
each_reduction = pytest.mark.parametrize("reduction", ["mean", "sum", "none"])


def theirs(function, x, *tensors, **options):
    """Loss and gradient, of the sum where there is no reduction."""
    x = torch.tensor(x, requires_grad=True)
    loss = function(x, *map(torch.tensor, tensors), **options)
    (gradient,) = torch.autograd.grad(loss.sum(), x)
    return loss.detach().numpy(), gradient.numpy()


def check(ours, wanted, dtype):
    for got, true in zip(ours, wanted, strict=True):
        assert (np.shape(got), got.dtype) == (true.shape, true.dtype)
        assert np.allclose(got, true, rtol=CLOSE[dtype], atol=CLOSE[dtype] / 10)


SHAPES = {"rows": (12, 7), "long rows": (5, 90), "one row": (6,), "images": (3, 4, 2, 5)}
GRID = list(itertools.product([False, True], [None, 2, -100], [0.0, 0.1, 1.0]))


def logits(shape, dtype, seed=0):
    return np.random.default_rng(seed).normal(0, 3, shape).astype(dtype)


@each_dtype
@each_reduction
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize(("weighted", "ignore", "smoothing"), GRID)
def test_softmax_cross_entropy(shape, weighted, ignore, smoothing, reduction, dtype):
    rng, axis = np.random.default_rng(1), min(1, len(shape) - 1)
    x, classes = logits(shape, dtype), shape[axis]
    labels = np.asarray(rng.integers(0, classes, np.delete(shape, axis)))
    if ignore is not None:
        labels[rng.uniform(size=labels.shape) < 0.4] = ignore
    labels.flat[0] = 1  # a mean of nothing is NaN in torch
    weight = rng.uniform(0.2, 3, classes).astype(dtype) if weighted else None
    ours = fa.softmax_cross_entropy.value_and_grad(
        x, labels, axis=axis, weight=weight, ignore_index=ignore,
        label_smoothing=smoothing, reduction=reduction,
    )  # fmt: skip
    wanted = theirs(
        F.cross_entropy, x, labels, weight=None if weight is None else torch.tensor(weight),
        ignore_index=-1000 if ignore is None else ignore, label_smoothing=smoothing,
        reduction=reduction,
    )  # fmt: skip
    check(ours, wanted, dtype)


@each_dtype
@each_reduction
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_softmax_cross_entropy_of_probabilities(shape, weighted, smoothing, reduction, dtype):
    axis = min(1, len(shape) - 1)
    x, classes = logits(shape, dtype), shape[axis]
    t = fa.softmax(logits(shape, dtype, 5), axis=axis)
    rng = np.random.default_rng(1)
    weight = rng.uniform(0.2, 3, classes).astype(dtype) if weighted else None
    ours = fa.softmax_cross_entropy.value_and_grad(
        x, t, axis=axis, weight=weight, label_smoothing=smoothing, reduction=reduction
    )
    wanted = theirs(
        F.cross_entropy, x, t, weight=None if weight is None else torch.tensor(weight),
        label_smoothing=smoothing, reduction=reduction,
    )  # fmt: skip
    check(ours, wanted, dtype)


def test_where_torch_differs():
    """A mean of nothing, and infinite logits: the conventions in the docstring."""
    x, labels = logits((3, 4), "float64"), np.full(3, 1)
    assert np.isnan(theirs(F.cross_entropy, x, labels, ignore_index=1)[0])
    assert fa.softmax_cross_entropy(x, labels, ignore_index=1) == 0
    x[0], x[1, 1] = -np.inf, np.inf
    loss, gradient = theirs(F.cross_entropy, x, labels, reduction="none")
    assert np.isnan(loss[:2]).all()
    assert np.isnan(gradient[:2]).all()
    loss, gradient = fa.softmax_cross_entropy.value_and_grad(x, labels, reduction="none")
    assert loss[:2].tolist() == [np.inf, 0]
    assert (gradient[:2] == 0).all()


@each_dtype
@each_reduction
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ignore", [None, 2, -100])
def test_nll(weighted, ignore, reduction, dtype):
    rng = np.random.default_rng(1)
    y = fa.log_softmax(logits((12, 7), dtype))
    labels = rng.integers(0, 7, 12)
    if ignore is not None:
        labels[3:6] = ignore
    weight = rng.uniform(0.2, 3, 7).astype(dtype) if weighted else None
    ours = fa.nll.value_and_grad(y, labels, weight=weight, ignore_index=ignore, reduction=reduction)
    wanted = theirs(
        F.nll_loss, y, labels, weight=None if weight is None else torch.tensor(weight),
        ignore_index=-1000 if ignore is None else ignore, reduction=reduction,
    )  # fmt: skip
    check(ours, wanted, dtype)


@each_dtype
@each_reduction
@pytest.mark.parametrize("weights", list(itertools.product([False, True], repeat=2)), ids=str)
@pytest.mark.parametrize("soft", [False, True])
def test_sigmoid_cross_entropy(soft, weights, reduction, dtype):
    rng = np.random.default_rng(1)
    x, t = logits((9, 5), dtype), rng.uniform(size=(9, 5)).astype(dtype)
    t = t if soft else np.round(t)
    pos_weight, weight = (
        rng.uniform(0.2, 3, shape).astype(dtype) if given else None
        for given, shape in zip(weights, [(5,), (9, 5)], strict=True)
    )
    ours = fa.sigmoid_cross_entropy.value_and_grad(x, t, pos_weight, weight, reduction)
    wanted = theirs(
        F.binary_cross_entropy_with_logits, x, t, reduction=reduction,
        weight=None if weight is None else torch.tensor(weight),
        pos_weight=None if pos_weight is None else torch.tensor(pos_weight),
    )  # fmt: skip
    check(ours, wanted, dtype)


@each_dtype
@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")
@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "batchmean"])
@pytest.mark.parametrize("log_target", [False, True])
def test_kl_divergence(log_target, reduction, dtype):
    x = fa.log_softmax(logits((9, 5), dtype))
    t = (fa.log_softmax if log_target else fa.softmax)(logits((9, 5), dtype, 5))
    ours = fa.kl_divergence.value_and_grad(x, t, log_target, reduction)
    check(ours, theirs(F.kl_div, x, t, log_target=log_target, reduction=reduction), dtype)


def sigmoid_focal_loss(inputs, targets, alpha, gamma, reduction):
    """As torchvision writes it."""
    p = torch.sigmoid(inputs)
    ce_loss = F.binary_cross_entropy_with_logits(inputs, targets, reduction="none")
    p_t = p * targets + (1 - p) * (1 - targets)
    loss = ce_loss * ((1 - p_t) ** gamma)
    if alpha >= 0:
        alpha_t = alpha * targets + (1 - alpha) * (1 - targets)
        loss = alpha_t * loss
    return {"mean": torch.mean, "sum": torch.sum, "none": lambda x: x}[reduction](loss)


@each_dtype
@each_reduction
@pytest.mark.parametrize("alpha", [None, 0.25])
@pytest.mark.parametrize("gamma", [0.0, 1.5, 2.0])
@pytest.mark.parametrize("soft", [False, True])
def test_focal(soft, gamma, alpha, reduction, dtype):
    x, t = logits((9, 5), dtype), np.random.default_rng(1).uniform(size=(9, 5)).astype(dtype)
    t = t if soft else np.round(t)
    ours = fa.focal.value_and_grad(x, t, gamma, alpha, reduction)
    options = {"alpha": -1 if alpha is None else alpha, "gamma": gamma, "reduction": reduction}
    wanted = theirs(sigmoid_focal_loss, x, t, **options)
    for got, true in zip(ours, wanted, strict=True):
        assert np.allclose(got, true, rtol=30 * CLOSE[dtype], atol=CLOSE[dtype])


@each_dtype
def test_squared_error(dtype):
    x, t = logits((9, 5), dtype), logits((9, 5), dtype, 2)
    ours = fa.squared_error.value_and_grad(x, t, fa.tanh)
    half = theirs(lambda z, t: 0.5 * ((torch.tanh(z) - t) ** 2).sum(), x, t)
    for got, true in zip(ours, half, strict=True):
        assert np.allclose(got, true, rtol=10 * CLOSE[dtype], atol=CLOSE[dtype])


# --- gradient boosting --------------------------------------------------------------------------


def samples(classes):
    """Two features and labels that follow from them."""
    x = np.random.default_rng(0).normal(size=(600, 2))
    angle = np.arctan2(*x.T) + np.pi
    return x, np.minimum((angle / (2 * np.pi) * classes).astype(int), classes - 1)


def test_xgboost():
    xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
    x, labels = samples(3)
    data = xgboost.DMatrix(x, labels)
    options = {"num_class": 3, "max_depth": 3, "seed": 0, "nthread": 1, "base_score": 0.0}
    options |= {"disable_default_eval_metric": 1}

    def objective(logits, data):
        return fa.softmax_cross_entropy.gradient_and_hessian(
            logits, data.get_label().astype(int), hessian_scale=2.0
        )

    ours = xgboost.train(options, data, 10, obj=objective)
    theirs = xgboost.train(options | {"objective": "multi:softmax"}, data, 10)
    found, wanted = (model.predict(data, output_margin=True) for model in (ours, theirs))
    assert (found.argmax(1) == labels).mean() > 0.95
    assert np.allclose(found - found.mean(1, keepdims=True), wanted - wanted.mean(1, keepdims=True),
                       atol=0.02)  # fmt: skip


def test_lightgbm():
    lightgbm = pytest.importorskip("lightgbm", reason="lightgbm is not installed")
    x, labels = samples(2)
    options = {"verbosity": -1, "num_threads": 1, "boost_from_average": False, "seed": 0}

    def objective(logits, data):
        return fa.sigmoid_cross_entropy.gradient_and_hessian(logits, data.get_label())

    def raw(objective):
        model = lightgbm.train(options | {"objective": objective}, lightgbm.Dataset(x, labels), 20)
        return model.predict(x, raw_score=True)

    found, wanted = raw(objective), raw("binary")
    assert ((found > 0) == labels).mean() > 0.95
    assert np.allclose(found, wanted, rtol=1e-6, atol=1e-6)
