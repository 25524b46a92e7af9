"""What fastact is compared with: one line for each function of each peer that is installed.

A peer's call takes its operands in the order of `cases.VARIETIES`, as arrays that the peer made,
and runs on as many threads as fastact does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

import fastact as fa

FLOATS = ("float16", "float32", "float64")
FORWARD, BACKWARD, FROM_OUTPUT = "forward", "backward", "backward_from_output"
VALUE_AND_DERIVATIVE = "value_and_derivative"


class Peer(NamedTuple):
    """Another package: the dtypes that it keeps, how it makes an array, what it can be asked."""

    name: str
    dtypes: tuple[str, ...]
    array: Callable[[Any], Any]
    calls: Mapping[tuple[str, str], Callable[..., Any]]


def numpy() -> Peer:
    """NumPy, as one writes the formulas with it; always one thread."""
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
        ("leaky_relu", FORWARD): lambda x: np.maximum(x, 0.01 * x),
        ("leaky_relu", BACKWARD): lambda dy, x: np.where(x > 0, dy, 0.01 * dy),
        ("softplus", FORWARD): lambda x: np.logaddexp(0, x),
        ("softplus", BACKWARD): lambda dy, x: dy / (1 + np.exp(-x)),
        ("silu", FORWARD): lambda x: x / (1 + np.exp(-x)),
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
    calls = {
        ("sigmoid", FORWARD): expression("1 / (1 + exp(-x))"),
        ("logit", FORWARD): expression("log(x / (1 - x))"),
        ("tanh", FORWARD): expression("tanh(x)"),
        ("relu", FORWARD): expression("where(x > 0, x, 0)"),
        ("leaky_relu", FORWARD): expression("where(x > 0, x, x / 100)"),
        ("softplus", FORWARD): expression("log1p(exp(x))"),
        ("silu", FORWARD): expression("x / (1 + exp(-x))"),
        ("exponential", FORWARD): expression("exp(x)"),
    }
    return Peer("numexpr", ("float32", "float64"), np.asarray, calls)


def torch() -> Peer:
    """PyTorch's operators, without autograd's bookkeeping."""
    import torch
    from torch.nn import functional

    torch.set_num_threads(fa.get_num_threads())
    torch.set_grad_enabled(mode=False)
    aten = torch.ops.aten
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
        ("leaky_relu", FORWARD): functional.leaky_relu,
        ("leaky_relu", BACKWARD): lambda dy, x: aten.leaky_relu_backward(dy, x, 0.01, False),
        ("softplus", FORWARD): functional.softplus,
        ("softplus", BACKWARD): lambda dy, x: aten.softplus_backward(dy, x, 1, 20),
        ("silu", FORWARD): functional.silu,
        ("silu", BACKWARD): aten.silu_backward,
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
    functions = {
        "identity": nn.identity,
        "sigmoid": nn.sigmoid,
        "log_sigmoid": nn.log_sigmoid,
        "logit": special.logit,
        "tanh": jax.numpy.tanh,
        "relu": nn.relu,
        "leaky_relu": nn.leaky_relu,
        "softplus": nn.softplus,
        "silu": nn.silu,
        "exponential": jax.numpy.exp,
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
    for make in (numpy, scipy, numexpr, torch, jax):
        try:
            peers[make.__name__] = make()
        except ImportError:
            continue
    return peers


PEERS = installed()
