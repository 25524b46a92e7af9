"""JAX."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import fastact as fa
from fastact.benchmarks.peers.peer import (
    BACKWARD,
    FLOATS,
    FORWARD,
    VALUE_AND_DERIVATIVE,
    Calls,
    Peer,
    usual,
)  # fmt: skip


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

    calls: Calls = {}
    for name, f in functions.items():
        calls[name, FORWARD] = compiled(f)
        if name in fa.activations:
            calls[name, BACKWARD] = compiled(lambda dy, x, f=f: jax.vjp(f, x)[1](dy)[0])
            calls[name, VALUE_AND_DERIVATIVE] = compiled(
                lambda x, f=f: jax.jvp(f, (x,), (jax.numpy.ones_like(x),))
            )
    return Peer("jax", FLOATS, jax.numpy.asarray, calls)
