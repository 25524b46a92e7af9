"""NumPy, SciPy and numexpr: the formulas as one writes them with arrays."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from fastact.benchmarks.peers.peer import (
    BACKWARD,
    FLOATS,
    FORWARD,
    FROM_OUTPUT,
    LOSS,
    SELU,
    Calls,
    Peer,
    into,
    one_thread,
    usual,
)  # fmt: skip
from fastact.benchmarks.peers.rows import BY_HAND


def ufuncs(calls: Calls) -> Calls:
    """Return the calls with `out=`, and in place, of those that are ufuncs."""
    found = ((name, f) for (name, variety), f in calls.items() if variety == FORWARD)
    return into({name: f for name, f in found if isinstance(f, np.ufunc)})


def numpy() -> Peer:
    """NumPy, as one writes the formulas with it; always one thread."""
    (weight,), (threshold, value) = usual("prelu"), usual("threshold")
    calls: Calls = {
        ("identity", FORWARD): np.positive,
        ("sigmoid", FORWARD): lambda x: 1 / (1 + np.exp(-x)),
        ("sigmoid", FROM_OUTPUT): lambda dy, y: dy * y * (1 - y),
        ("log_sigmoid", FORWARD): lambda x: -np.logaddexp(0, -x),
        ("logit", FORWARD): lambda x: np.log(x / (1 - x)),
        ("tanh", FORWARD): np.tanh,
        ("tanh", FROM_OUTPUT): lambda dy, y: dy * (1 - y * y),
        ("relu", FORWARD): lambda x: np.maximum(x, 0),
        ("relu", BACKWARD): lambda dy, x: dy * (x > 0),
        ("relu6", FORWARD): lambda x: np.clip(x, 0, 6),
        ("relu6", BACKWARD): lambda dy, x: dy * ((x > 0) & (x < 6)),
        ("leaky_relu", FORWARD): lambda x: np.maximum(x, 0.01 * x),
        ("leaky_relu", BACKWARD): lambda dy, x: np.where(x > 0, dy, 0.01 * dy),
        ("prelu", FORWARD): lambda x: np.where(x > 0, x, weight * x),
        ("prelu", BACKWARD): lambda dy, x: np.where(x > 0, dy, weight * dy),
        ("rrelu", FORWARD): lambda x: np.where(x > 0, x, 11 / 48 * x),
        ("rrelu", BACKWARD): lambda dy, x: np.where(x > 0, dy, 11 / 48 * dy),
        ("relu_squared", FORWARD): lambda x: np.maximum(x, 0) ** 2,
        ("relu_squared", BACKWARD): lambda dy, x: 2 * dy * np.maximum(x, 0),
        ("threshold", FORWARD): lambda x: np.where(x > threshold, x, value),
        ("threshold", BACKWARD): lambda dy, x: dy * (x > threshold),
        ("thresholded_relu", FORWARD): lambda x: x * (x > 1),
        ("thresholded_relu", BACKWARD): lambda dy, x: dy * (x > 1),
        ("hard_shrink", FORWARD): lambda x: x * (np.abs(x) > 0.5),
        ("hard_shrink", BACKWARD): lambda dy, x: dy * (np.abs(x) > 0.5),
        ("shrink", FORWARD): lambda x: x * (np.abs(x) > 0.5),
        ("shrink", BACKWARD): lambda dy, x: dy * (np.abs(x) > 0.5),
        ("soft_shrink", FORWARD): lambda x: x - np.clip(x, -0.5, 0.5),
        ("soft_shrink", BACKWARD): lambda dy, x: dy * (np.abs(x) > 0.5),
        ("hard_tanh", FORWARD): lambda x: np.clip(x, -1, 1),
        ("hard_tanh", BACKWARD): lambda dy, x: dy * (np.abs(x) < 1),
        ("hard_sigmoid", FORWARD): lambda x: np.clip(x / 6 + 0.5, 0, 1),
        ("hard_sigmoid", BACKWARD): lambda dy, x: dy * (np.abs(x) < 3) / 6,
        ("hard_silu", FORWARD): lambda x: x * np.clip(x + 3, 0, 6) / 6,
        ("sparse_sigmoid", FORWARD): lambda x: np.clip((x + 1) / 2, 0, 1),
        ("sparse_plus", FORWARD): lambda x: np.where(x > 1, x, np.maximum(x + 1, 0) ** 2 / 4),
        ("softplus", FORWARD): lambda x: np.logaddexp(0, x),
        ("softplus", BACKWARD): lambda dy, x: dy / (1 + np.exp(-x)),
        ("silu", FORWARD): lambda x: x / (1 + np.exp(-x)),
        ("swish", FORWARD): lambda x: x / (1 + np.exp(-x)),
        ("quick_gelu", FORWARD): lambda x: x / 2 * (1 + np.tanh(0.851 * x)),
        ("gelu_tanh", FORWARD): lambda x: (
            0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
        ),
        ("mish", FORWARD): lambda x: x * np.tanh(np.logaddexp(0, x)),
        ("tanh_shrink", FORWARD): lambda x: x - np.tanh(x),
        ("tanh_shrink", BACKWARD): lambda dy, x: dy * np.tanh(x) ** 2,
        ("lisht", FORWARD): lambda x: x * np.tanh(x),
        ("logcosh", FORWARD): lambda x: np.logaddexp(x, -x) - math.log(2),
        ("logcosh", BACKWARD): lambda dy, x: dy * np.tanh(x),
        ("elu", FORWARD): lambda x: np.where(x > 0, x, np.expm1(x)),
        ("elu", BACKWARD): lambda dy, x: np.where(x > 0, dy, dy * np.exp(x)),
        ("selu", FORWARD): lambda x: SELU[1] * np.where(x > 0, x, SELU[0] * np.expm1(x)),
        ("celu", FORWARD): lambda x: np.where(x > 0, x, np.expm1(x)),
        ("celu", BACKWARD): lambda dy, x: np.where(x > 0, dy, dy * np.exp(x)),
        ("log1mexp", FORWARD): lambda x: np.log(-np.expm1(-x)),
        ("log1mexp", BACKWARD): lambda dy, x: dy / np.expm1(x),
        ("softsign", FORWARD): lambda x: x / (1 + np.abs(x)),
        ("softsign", BACKWARD): lambda dy, x: dy / (1 + np.abs(x)) ** 2,
        ("squareplus", FORWARD): lambda x: (x + np.sqrt(x * x + 4)) / 2,
        ("dish", FORWARD): lambda x: x / 2 * (x / np.sqrt(1 + x * x) + 1),
        ("exponential", FORWARD): np.exp,
        ("exponential", FROM_OUTPUT): np.multiply,
    }
    return Peer("numpy", FLOATS, np.asarray, {**calls, **ufuncs(calls), **BY_HAND}, one_thread)


def scipy() -> Peer:
    """SciPy's special functions; always one thread."""
    from scipy import special

    def geglu(x: Any) -> Any:
        value, gate = np.split(x, 2, axis=-1)
        return value * gate * special.ndtr(gate)

    def geglu_backward(dy: Any, x: Any) -> Any:
        value, gate = np.split(x, 2, axis=-1)
        below = special.ndtr(gate)
        slope = below + gate * np.exp(gate * gate / -2) / math.sqrt(2 * math.pi)
        return np.concatenate([dy * gate * below, dy * value * slope], axis=-1)

    calls: Calls = {
        ("sigmoid", FORWARD): special.expit,
        ("log_sigmoid", FORWARD): special.log_expit,
        ("logit", FORWARD): special.logit,
        ("softplus", FORWARD): special.softplus,
        ("erf", FORWARD): special.erf,
        ("erfc", FORWARD): special.erfc,
        ("gelu", FORWARD): lambda x: x * special.ndtr(x),
        ("softmax", FORWARD): lambda x: special.softmax(x, axis=-1),
        ("log_softmax", FORWARD): lambda x: special.log_softmax(x, axis=-1),
        ("logsumexp", FORWARD): lambda x: special.logsumexp(x, axis=-1),
        ("logmeanexp", FORWARD): lambda x: special.logsumexp(x, axis=-1, b=1 / x.shape[-1]),
        ("geglu", FORWARD): geglu,
        ("geglu", BACKWARD): geglu_backward,
        ("kl_divergence", LOSS): lambda x, t: np.mean(special.xlogy(t, t) - t * x),
    }
    return Peer("scipy", ("float32", "float64"), np.asarray, {**calls, **ufuncs(calls)}, one_thread)


def numexpr() -> Peer:
    """Compiled expressions of numexpr."""
    import numexpr

    def expression(text: str) -> Callable[..., Any]:
        return lambda x: numexpr.evaluate(text, {"x": x})

    def writes(text: str) -> Callable[..., Any]:
        return lambda x, out: numexpr.evaluate(text, {"x": x}, out=out)

    formulas = {  # with integers: a constant that is a float would make everything float64
        "sigmoid": "1 / (1 + exp(-x))",
        "logit": "log(x / (1 - x))",
        "tanh": "tanh(x)",
        "relu": "where(x > 0, x, 0)",
        "relu6": "where(x < 0, 0, where(x > 6, 6, x))",
        "leaky_relu": "where(x > 0, x, x / 100)",
        "relu_squared": "where(x > 0, x * x, 0)",
        "thresholded_relu": "where(x > 1, x, 0)",
        "hard_tanh": "where(x < -1, -1, where(x > 1, 1, x))",
        "hard_sigmoid": "where(x < -3, 0, where(x > 3, 1, (x + 3) / 6))",
        "hard_silu": "where(x < -3, 0, where(x > 3, x, x * (x + 3) / 6))",
        "sparse_sigmoid": "where(x < -1, 0, where(x > 1, 1, (x + 1) / 2))",
        "sparse_plus": "where(x < -1, 0, where(x > 1, x, (x + 1) ** 2 / 4))",
        "softplus": "log1p(exp(x))",
        "silu": "x / (1 + exp(-x))",
        "swish": "x / (1 + exp(-x))",
        "mish": "x * tanh(log1p(exp(x)))",
        "tanh_shrink": "x - tanh(x)",
        "lisht": "x * tanh(x)",
        "logcosh": "log(cosh(x))",
        "exponential": "exp(x)",
        "elu": "where(x > 0, x, expm1(x))",
        "celu": "where(x > 0, x, expm1(x))",
        "log1mexp": "log(-expm1(-x))",
        "softsign": "x / (1 + abs(x))",
        "squareplus": "(x + sqrt(x * x + 4)) / 2",
        "dish": "(x * x / sqrt(1 + x * x) + x) / 2",
    }
    calls = {(name, FORWARD): expression(text) for name, text in formulas.items()}
    calls |= into({name: writes(text) for name, text in formulas.items()})
    return Peer("numexpr", ("float32", "float64"), np.asarray, calls, numexpr.set_num_threads)
