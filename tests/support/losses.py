"""The losses as a textbook has them, in extended precision, and their errors in ulp."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
from mpmath import mp, mpf

from fastact.catalogue import of_kind

WIDE = np.longdouble
LOSSES = {f.name: f for f in of_kind("loss", "loss of labels")}


def expit(x: mpf) -> mpf:
    return 1 / (1 + mp.exp(-x))


def binary_entropy(x: mpf, t: mpf) -> mpf:
    return t * mp.log1p(mp.exp(-x)) + (1 - t) * mp.log1p(mp.exp(x))


# What every loss is, in mpmath, with its options left out: of an input and its target, or of a row
# and its label.
REFERENCE: dict[str, Callable[..., mpf]] = {
    "focal": lambda x, t: (t + expit(x) - 2 * t * expit(x)) ** 2 * binary_entropy(x, t),
    "kl_divergence": lambda x, t: t * (mp.log(t) - x),
    "nll": lambda row, label: -row[label],
    "sigmoid_cross_entropy": binary_entropy,
    "softmax_cross_entropy": lambda row, label: mp.log(sum(map(mp.exp, row))) - row[label],
    "squared_error": lambda x, t: (expit(x) - t) ** 2 / 2,
}


def errors(got: Any, true: Any) -> np.ndarray:
    """Distances from floats to extended ones in ulp of the true value, at least the smallest."""
    got, true = np.asarray(got), np.asarray(true, WIDE)
    info = np.finfo(got.dtype)
    exponent = np.maximum(np.frexp(np.abs(true))[1] - 1, info.minexp)
    unit = np.ldexp(WIDE(1), exponent - info.nmant)
    with np.errstate(invalid="ignore"):
        distance = np.where(got == true, 0, np.abs(got - true) / unit)
    return np.where(np.isnan(got) & np.isnan(true), 0, distance).astype("f8")


def entropies(x: Any, q: Any) -> tuple[Any, Any]:
    """Losses and gradients of rows of logits for targets `q`, both along the last axis.

    At its largest element, p - q for q = 1 is minus the sum of the others.
    """
    x, q = np.asarray(x, WIDE), np.asarray(q, WIDE)
    top = np.arange(x.shape[-1]) == x.argmax(-1)[..., None]
    below = x - x.max(-1, keepdims=True)
    e = np.exp(below)
    others = np.where(top, 0, e).sum(-1, keepdims=True)
    loss = (q * (np.log1p(others) - below)).sum(-1)
    mass = q.sum(-1, keepdims=True)
    p, rest = e / (1 + others), np.where(top, others, (1 + others) - e) / (1 + others)
    return loss, np.where(q == mass, -mass * rest, mass * p - q)


def target(shape: tuple[int, ...], labels: Any, weight: Any, ignore: Any, smoothing: float) -> Any:
    """The targets of torch's definition, unscaled, and the weights of the labels that count."""
    classes, counted = shape[-1], labels != ignore
    w = np.ones(classes, WIDE) if weight is None else np.asarray(weight, WIDE)
    one = np.arange(classes) == np.where(counted, labels, 0)[..., None]
    q = w * ((1 - WIDE(smoothing)) * one + WIDE(smoothing) / classes) * counted[..., None]
    return q, (w * one).sum(-1) * counted


def binary(x: Any, t: Any, pos_weight: float = 1.0) -> tuple[Any, Any, Any]:
    """Value, gradient and hessian of sigmoid cross-entropy."""
    x, t = np.asarray(x, WIDE), np.asarray(t, WIDE)
    e = np.exp(-abs(x))
    high, low = np.where(x < 0, e, 1) / (1 + e), np.where(x < 0, 1, e) / (1 + e)
    value = t * pos_weight * (np.maximum(-x, 0) + np.log1p(e))
    value += (1 - t) * (np.maximum(x, 0) + np.log1p(e))
    return value, (1 - t) * high - pos_weight * t * low, (pos_weight * t + 1 - t) * high * low


def focal(x: Any, t: Any, gamma: float, alpha: float | None) -> tuple[Any, Any]:
    """Value and gradient of the focal loss for targets 0 and 1."""
    sign = np.where(np.asarray(t) == 1, WIDE(1), WIDE(-1))
    z = sign * np.asarray(x, WIDE)  # p_t = sigmoid(z)
    e = np.exp(-abs(z))
    p, q = np.where(z < 0, e, 1) / (1 + e), np.where(z < 0, 1, e) / (1 + e)
    entropy = np.maximum(-z, 0) + np.log1p(e)
    weight = 1 if alpha is None else np.where(sign > 0, WIDE(alpha), 1 - WIDE(alpha))
    power = np.exp(WIDE(gamma) * (-np.maximum(z, 0) - np.log1p(e)))
    return weight * power * entropy, -sign * weight * power * (q + gamma * p * entropy)


def peak(function):
    """The most memory that a second call takes on top, in bytes."""
    function()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = function()
    used = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    del kept
    return used
