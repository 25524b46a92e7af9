"""NumPy's formulas of what works along rows, as one writes them by hand: pairs, shares, losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fastact.benchmarks.peers.peer import (
    BACKWARD,
    FORWARD,
    FROM_OUTPUT,
    LOSS,
    LOSS_OF_LABELS,
    VALUE_AND_GRAD,
    VALUE_AND_GRAD_OF_LABELS,
    Calls,
)

Pair = tuple[Any, Any]


def of_rows(reduce: Callable[..., Any], x: Any) -> Any:
    """Reduce each row, so that what comes out broadcasts against it."""
    return reduce(x, axis=-1, keepdims=True)


def sigmoid(x: Any) -> Any:
    """Return the logistic function of it."""
    return 1 / (1 + np.exp(-x))


def glu(x: Any) -> Any:
    """Return the first half times the sigmoid of the second."""
    value, gate = np.split(x, 2, axis=-1)
    return value * sigmoid(gate)


def swiglu(x: Any) -> Any:
    """Return the first half times silu of the second."""
    value, gate = np.split(x, 2, axis=-1)
    return value * gate * sigmoid(gate)


def reglu(x: Any) -> Any:
    """Return the first half times relu of the second."""
    value, gate = np.split(x, 2, axis=-1)
    return value * np.maximum(gate, 0)


def reglu_backward(dy: Any, x: Any) -> Any:
    """Return the gradients of both halves."""
    value, gate = np.split(x, 2, axis=-1)
    return np.concatenate([dy * np.maximum(gate, 0), dy * value * (gate > 0)], axis=-1)


def softmax(x: Any) -> Any:
    """Return exponentials, divided by their sum."""
    e = np.exp(x - of_rows(np.max, x))
    return e / of_rows(np.sum, e)


def log_softmax(x: Any) -> Any:
    """Return the logarithms of softmax."""
    z = x - of_rows(np.max, x)
    return z - np.log(of_rows(np.sum, np.exp(z)))


def softmax_off_by_one(x: Any) -> Any:
    """Return softmax with one more logit, which is 0."""
    top = np.maximum(of_rows(np.max, x), 0)
    e = np.exp(x - top)
    return e / (np.exp(-top) + of_rows(np.sum, e))


def of_softmax(dy: Any, y: Any) -> Any:
    """Return the gradient of softmax, which is that of softmax_off_by_one too."""
    return y * (dy - of_rows(np.sum, dy * y))


def sparsemax(x: Any) -> Any:
    """Return the nearest point of the simplex, by sorting."""
    z = np.sort(x, axis=-1)[..., ::-1]
    k = np.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    above = np.cumsum(z, axis=-1) - 1
    size = of_rows(np.sum, k * z > above)
    threshold = np.take_along_axis(above, size - 1, axis=-1) / size.astype(x.dtype)
    return np.maximum(x - threshold, 0)


def of_sparsemax(dy: Any, y: Any) -> Any:
    """Return the gradient: less the mean over the support, 0 elsewhere."""
    support = (y > 0).astype(y.dtype)
    return support * (dy - of_rows(np.sum, dy * support) / of_rows(np.sum, support))


def hardmax(x: Any) -> Any:
    """Return 1 at the first of the largest."""
    y = np.zeros_like(x)
    np.put_along_axis(y, of_rows(np.argmax, x), 1, axis=-1)
    return y


def logsumexp(x: Any) -> Any:
    """Return the logarithm of the sum of exponentials."""
    top = of_rows(np.max, x)
    return np.log(np.sum(np.exp(x - top), axis=-1)) + top[..., 0]


def logmeanexp(x: Any) -> Any:
    """Return the logarithm of the mean of exponentials."""
    top = of_rows(np.max, x)
    return np.log(np.mean(np.exp(x - top), axis=-1)) + top[..., 0]


def focal(x: Any, t: Any) -> Any:
    """Return the focal loss for gamma = 2."""
    p = sigmoid(x)
    return np.mean((t + p - 2 * t * p) ** 2 * (np.logaddexp(0, x) - t * x))


def focal_and_gradient(x: Any, t: Any) -> Pair:
    """Return the loss and its gradient."""
    p, entropy = sigmoid(x), np.logaddexp(0, x) - t * x
    wrong = t + p - 2 * t * p
    slope = wrong * (2 * (1 - 2 * t) * p * (1 - p) * entropy + wrong * (p - t))
    return np.mean(wrong**2 * entropy), slope / x.size


def kl_divergence(x: Any, t: Any) -> Any:
    """Return the divergence, where 0 log 0 is 0."""
    return np.mean(t * (np.log(np.where(t > 0, t, 1)) - x))


def at_labels(x: Any, labels: Any) -> Any:
    """Return the element of each row that its label names."""
    return np.take_along_axis(x, labels[..., None], axis=-1)[..., 0]


def nll(x: Any, labels: Any) -> Any:
    """Return minus the mean log-probability of the labels."""
    return -np.mean(at_labels(x, labels))


def nll_and_gradient(x: Any, labels: Any) -> Pair:
    """Return the loss and its gradient."""
    gradient = np.zeros_like(x)
    np.put_along_axis(gradient, labels[..., None], -1 / labels.size, axis=-1)
    return nll(x, labels), gradient


def sigmoid_cross_entropy(x: Any, t: Any) -> Any:
    """Return the loss, without overflow."""
    return np.mean(np.logaddexp(0, x) - t * x)


def softmax_cross_entropy(x: Any, labels: Any) -> Any:
    """Return the loss of logits and labels."""
    return np.mean(logsumexp(x) - at_labels(x, labels))


def softmax_cross_entropy_and_gradient(x: Any, labels: Any) -> Pair:
    """Return the loss and its gradient."""
    shifted = x - of_rows(np.max, x)
    e = np.exp(shifted)
    total = of_rows(np.sum, e)
    gradient = e / total
    gradient[np.arange(labels.size), labels] -= 1
    return np.mean(np.log(total[..., 0]) - at_labels(shifted, labels)), gradient / labels.size


def squared_error(x: Any, t: Any) -> Any:
    """Return half the sum of squared errors of sigmoids."""
    return np.sum((sigmoid(x) - t) ** 2) / 2


def squared_error_and_gradient(x: Any, t: Any) -> Pair:
    """Return the loss and its gradient."""
    y = sigmoid(x)
    return np.sum((y - t) ** 2) / 2, (y - t) * y * (1 - y)


BY_HAND: Calls = {
    ("glu", FORWARD): glu,
    ("swiglu", FORWARD): swiglu,
    ("reglu", FORWARD): reglu,
    ("reglu", BACKWARD): reglu_backward,
    ("softmax", FORWARD): softmax,
    ("softmax", FROM_OUTPUT): of_softmax,
    ("log_softmax", FORWARD): log_softmax,
    ("softmin", FORWARD): lambda x: softmax(-x),
    ("softmin", FROM_OUTPUT): lambda dy, y: -of_softmax(dy, y),
    ("softmax_off_by_one", FORWARD): softmax_off_by_one,
    ("softmax_off_by_one", FROM_OUTPUT): of_softmax,
    ("sparsemax", FORWARD): sparsemax,
    ("sparsemax", FROM_OUTPUT): of_sparsemax,
    ("hardmax", FORWARD): hardmax,
    ("logsumexp", FORWARD): logsumexp,
    ("logmeanexp", FORWARD): logmeanexp,
    ("focal", LOSS): focal,
    ("focal", VALUE_AND_GRAD): focal_and_gradient,
    ("kl_divergence", LOSS): kl_divergence,
    ("kl_divergence", VALUE_AND_GRAD): lambda x, t: (kl_divergence(x, t), -t / x.size),
    ("nll", LOSS_OF_LABELS): nll,
    ("nll", VALUE_AND_GRAD_OF_LABELS): nll_and_gradient,
    ("sigmoid_cross_entropy", LOSS): sigmoid_cross_entropy,
    ("sigmoid_cross_entropy", VALUE_AND_GRAD): lambda x, t: (
        sigmoid_cross_entropy(x, t),
        (sigmoid(x) - t) / x.size,
    ),
    ("softmax_cross_entropy", LOSS_OF_LABELS): softmax_cross_entropy,
    ("softmax_cross_entropy", VALUE_AND_GRAD_OF_LABELS): softmax_cross_entropy_and_gradient,
    ("squared_error", LOSS): squared_error,
    ("squared_error", VALUE_AND_GRAD): squared_error_and_gradient,
}
