"""What fastact is compared with: one line for each function of each peer that is installed.

A peer's call takes its operands in the order of `cases.VARIETIES`, as arrays that the peer made,
and runs on as many threads as fastact does.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

import fastact as fa

FLOATS = ("float16", "float32", "float64")
FORWARD, BACKWARD, FROM_OUTPUT = "forward", "backward", "backward_from_output"
VALUE_AND_DERIVATIVE = "value_and_derivative"


SELU = 1.6732632423543772, 1.0507009873554805  # α and the scale


def usual(name: str) -> tuple[float, ...]:
    """Return the parameters that a function is measured with."""
    return tuple(p.typical for p in fa.activations[name].params)


class Peer(NamedTuple):
    """Another package: the dtypes that it keeps, how it makes an array, what it can be asked."""

    name: str
    dtypes: tuple[str, ...]
    array: Callable[[Any], Any]
    calls: Mapping[tuple[str, str], Callable[..., Any]]


def numpy() -> Peer:
    """NumPy, as one writes the formulas with it; always one thread."""
    (weight,), (threshold, value) = usual("prelu"), usual("threshold")
    calls: dict[tuple[str, str], Callable[..., Any]] = {
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
        ("relu_squared", FORWARD): lambda x: np.maximum(x, 0) ** 2,
        ("relu_squared", BACKWARD): lambda dy, x: 2 * dy * np.maximum(x, 0),
        ("threshold", FORWARD): lambda x: np.where(x > threshold, x, value),
        ("threshold", BACKWARD): lambda dy, x: dy * (x > threshold),
        ("thresholded_relu", FORWARD): lambda x: x * (x > 1),
        ("thresholded_relu", BACKWARD): lambda dy, x: dy * (x > 1),
        ("hard_shrink", FORWARD): lambda x: x * (np.abs(x) > 0.5),
        ("hard_shrink", BACKWARD): lambda dy, x: dy * (np.abs(x) > 0.5),
        ("soft_shrink", FORWARD): lambda x: x - np.clip(x, -0.5, 0.5),
        ("soft_shrink", BACKWARD): lambda dy, x: dy * (np.abs(x) > 0.5),
        ("hard_tanh", FORWARD): lambda x: np.clip(x, -1, 1),
        ("hard_tanh", BACKWARD): lambda dy, x: dy * (np.abs(x) < 1),
        ("hard_sigmoid", FORWARD): lambda x: np.clip(x / 6 + 0.5, 0, 1),
        ("hard_sigmoid", BACKWARD): lambda dy, x: dy * (np.abs(x) < 3) / 6,
        ("hard_silu", FORWARD): lambda x: x * np.clip(x + 3, 0, 6) / 6,
        ("sparse_sigmoid", FORWARD): lambda x: np.clip((x + 1) / 2, 0, 1),
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
        ("softmax", FROM_OUTPUT): lambda dy, y: y * (dy - np.sum(dy * y, axis=-1, keepdims=True)),
    }
    return Peer("numpy", FLOATS, np.asarray, calls)


def scipy() -> Peer:
    """SciPy's special functions; always one thread."""
    from scipy import special

    calls: dict[tuple[str, str], Callable[..., Any]] = {
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
    }
    return Peer("scipy", ("float32", "float64"), np.asarray, calls)


def numexpr() -> Peer:
    """Compiled expressions of numexpr."""
    import numexpr

    def expression(text: str) -> Callable[..., Any]:
        return lambda x: numexpr.evaluate(text, {"x": x})

    numexpr.set_num_threads(fa.get_num_threads())
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
    return Peer("numexpr", ("float32", "float64"), np.asarray, calls)


NAIVE: dict[str, Callable[[float], float]] = {  # as a user of Numba writes them
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": lambda x: math.tanh(x),  # noqa: PLW0108  # Numba compiles it
    "relu": lambda x: max(x, 0),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "gelu": lambda x: x * 0.5 * math.erfc(-x * math.sqrt(0.5)),
    "softplus": lambda x: math.log1p(math.exp(x)),
    "mish": lambda x: x * math.tanh(math.log1p(math.exp(x))),
}


def numba() -> Peer:
    """Numba's own threads over the formula, in a ``prange``; compiled at the first call."""
    import numba

    numba.set_num_threads(min(fa.get_num_threads(), numba.config.NUMBA_NUM_THREADS))

    def loop(formula: Callable[[float], float]) -> Callable[..., Any]:
        element = numba.njit(formula)

        def over(x: Any) -> Any:
            y, of_x = np.empty(x.shape, x.dtype), x.reshape(-1)
            of_y = y.reshape(-1)
            for i in numba.prange(x.size):
                of_y[i] = element(of_x[i])
            return y

        found: Callable[..., Any] = numba.njit(parallel=True)(over)
        return found

    calls = {(name, FORWARD): loop(formula) for name, formula in NAIVE.items()}
    return Peer("numba", ("float32", "float64"), np.asarray, calls)


def torch() -> Peer:
    """PyTorch's operators, without autograd's bookkeeping."""
    import torch
    from torch.nn import functional

    torch.set_num_threads(fa.get_num_threads())
    torch.set_grad_enabled(mode=False)
    aten = torch.ops.aten
    (weight,), (threshold, value) = usual("prelu"), usual("threshold")
    softmax_backward = aten._softmax_backward_data  # noqa: SLF001 (the operator has no other name)
    log_softmax_backward = aten._log_softmax_backward_data  # noqa: SLF001 (nor has this)
    calls: dict[tuple[str, str], Callable[..., Any]] = {
        ("sigmoid", FORWARD): torch.sigmoid,
        ("sigmoid", FROM_OUTPUT): aten.sigmoid_backward,
        ("log_sigmoid", FORWARD): functional.logsigmoid,
        ("logit", FORWARD): torch.logit,
        ("logit", BACKWARD): aten.logit_backward,
        ("tanh", FORWARD): torch.tanh,
        ("tanh", FROM_OUTPUT): aten.tanh_backward,
        ("relu", FORWARD): torch.relu,
        ("relu", BACKWARD): lambda dy, x: aten.threshold_backward(dy, x, 0),
        ("relu6", FORWARD): functional.relu6,
        ("relu6", BACKWARD): lambda dy, x: aten.hardtanh_backward(dy, x, 0, 6),
        ("leaky_relu", FORWARD): functional.leaky_relu,
        ("leaky_relu", BACKWARD): lambda dy, x: aten.leaky_relu_backward(dy, x, 0.01, False),
        ("prelu", FORWARD): lambda x: functional.prelu(x, torch.tensor(weight, dtype=x.dtype)),
        ("prelu", BACKWARD): lambda dy, x: aten.leaky_relu_backward(dy, x, weight, False),
        ("rrelu", FORWARD): functional.rrelu,
        ("rrelu", BACKWARD): lambda dy, x: aten.leaky_relu_backward(dy, x, 11 / 48, False),
        ("threshold", FORWARD): lambda x: functional.threshold(x, threshold, value),
        ("threshold", BACKWARD): lambda dy, x: aten.threshold_backward(dy, x, threshold),
        ("hard_shrink", FORWARD): functional.hardshrink,
        ("hard_shrink", BACKWARD): lambda dy, x: aten.hardshrink_backward(dy, x, 0.5),
        ("soft_shrink", FORWARD): functional.softshrink,
        ("soft_shrink", BACKWARD): lambda dy, x: aten.softshrink_backward(dy, x, 0.5),
        ("hard_tanh", FORWARD): functional.hardtanh,
        ("hard_tanh", BACKWARD): lambda dy, x: aten.hardtanh_backward(dy, x, -1, 1),
        ("hard_sigmoid", FORWARD): functional.hardsigmoid,
        ("hard_sigmoid", BACKWARD): aten.hardsigmoid_backward,
        ("hard_silu", FORWARD): functional.hardswish,
        ("hard_silu", BACKWARD): aten.hardswish_backward,
        ("softplus", FORWARD): functional.softplus,
        ("softplus", BACKWARD): lambda dy, x: aten.softplus_backward(dy, x, 1, 20),
        ("silu", FORWARD): functional.silu,
        ("silu", BACKWARD): aten.silu_backward,
        ("gelu_tanh", FORWARD): lambda x: functional.gelu(x, approximate="tanh"),
        ("gelu_tanh", BACKWARD): lambda dy, x: aten.gelu_backward(dy, x, approximate="tanh"),
        ("mish", FORWARD): functional.mish,
        ("mish", BACKWARD): aten.mish_backward,
        ("tanh_shrink", FORWARD): functional.tanhshrink,
        ("elu", FORWARD): functional.elu,
        ("elu", BACKWARD): lambda dy, x: aten.elu_backward(dy, 1, 1, 1, False, x),
        ("elu", FROM_OUTPUT): lambda dy, y: aten.elu_backward(dy, 1, 1, 1, True, y),
        ("selu", FORWARD): functional.selu,
        ("selu", BACKWARD): lambda dy, x: aten.elu_backward(dy, *SELU, 1, False, x),
        ("selu", FROM_OUTPUT): lambda dy, y: aten.elu_backward(dy, *SELU, 1, True, y),
        ("celu", FORWARD): functional.celu,
        ("celu", BACKWARD): lambda dy, x: aten.elu_backward(dy, 1, 1, 1, False, x),
        ("erf", FORWARD): torch.special.erf,
        ("erfc", FORWARD): torch.special.erfc,
        ("gelu", FORWARD): functional.gelu,
        ("gelu", BACKWARD): aten.gelu_backward,
        ("softsign", FORWARD): functional.softsign,
        ("exponential", FORWARD): torch.exp,
        ("glu", FORWARD): functional.glu,
        ("glu", BACKWARD): lambda dy, x: aten.glu_backward(dy, x, -1),
        ("swiglu", FORWARD): lambda x: functional.silu(x.chunk(2, -1)[1]) * x.chunk(2, -1)[0],
        ("softmax", FORWARD): lambda x: torch.softmax(x, -1),
        ("softmax", FROM_OUTPUT): lambda dy, y: softmax_backward(dy, y, -1, y.dtype),
        ("log_softmax", FORWARD): lambda x: torch.log_softmax(x, -1),
        ("log_softmax", FROM_OUTPUT): lambda dy, y: log_softmax_backward(dy, y, -1, y.dtype),
        ("logsumexp", FORWARD): lambda x: torch.logsumexp(x, -1),
    }
    return Peer("torch", FLOATS, torch.from_numpy, calls)


def jax() -> Peer:
    """JAX, compiled, with its own differentiation."""
    # XLA takes its number of threads from here when it starts.
    os.environ.update(NPROC=str(fa.get_num_threads()), JAX_PLATFORMS="cpu")
    import jax
    from jax import nn
    from jax.scipy import special

    jax.config.update("jax_enable_x64", val=True)
    (weight,) = usual("prelu")
    functions = {
        "identity": nn.identity,
        "sigmoid": nn.sigmoid,
        "log_sigmoid": nn.log_sigmoid,
        "logit": special.logit,
        "tanh": jax.numpy.tanh,
        "relu": nn.relu,
        "relu6": nn.relu6,
        "leaky_relu": nn.leaky_relu,
        "prelu": lambda x: nn.leaky_relu(x, weight),
        "hard_tanh": nn.hard_tanh,
        "hard_sigmoid": nn.hard_sigmoid,
        "hard_silu": nn.hard_silu,
        "sparse_plus": nn.sparse_plus,
        "sparse_sigmoid": nn.sparse_sigmoid,
        "softplus": nn.softplus,
        "silu": nn.silu,
        "swish": nn.swish,
        "gelu_tanh": lambda x: nn.gelu(x, approximate=True),
        "mish": nn.mish,
        "exponential": jax.numpy.exp,
        "elu": nn.elu,
        "selu": nn.selu,
        "celu": nn.celu,
        "log1mexp": nn.log1mexp,
        "erf": special.erf,
        "erfc": special.erfc,
        "gelu": lambda x: nn.gelu(x, approximate=False),
        "softsign": nn.soft_sign,
        "squareplus": nn.squareplus,
        "glu": nn.glu,
        "softmax": nn.softmax,
        "log_softmax": nn.log_softmax,
        "logsumexp": lambda x: special.logsumexp(x, axis=-1),
    }

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        function = jax.jit(function)
        return lambda *operands: jax.block_until_ready(function(*operands))

    calls: dict[tuple[str, str], Callable[..., Any]] = {}
    for name, f in functions.items():
        calls[name, FORWARD] = compiled(f)
        if name in fa.activations:
            calls[name, BACKWARD] = compiled(lambda dy, x, f=f: jax.vjp(f, x)[1](dy)[0])
            calls[name, VALUE_AND_DERIVATIVE] = compiled(
                lambda x, f=f: jax.jvp(f, (x,), (jax.numpy.ones_like(x),))
            )
    return Peer("jax", FLOATS, jax.numpy.asarray, calls)


def installed() -> dict[str, Peer]:
    """Return the peers that can be imported."""
    peers = {}
    for make in (numpy, scipy, numexpr, numba, torch, jax):
        try:
            peers[make.__name__] = make()
        except ImportError:
            continue
    return peers


PEERS = installed()
