"""PyTorch, as it is called and as `torch.compile` fuses it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from fastact.benchmarks.peers.peer import (
    BACKWARD,
    FLOATS,
    FORWARD,
    FROM_OUTPUT,
    LOSS,
    LOSS_OF_LABELS,
    SELU,
    VALUE_AND_GRAD,
    VALUE_AND_GRAD_OF_LABELS,
    Calls,
    Into,
    Peer,
    into,
    usual,
)  # fmt: skip

# The operators that write into a tensor that is there.
WRITING = {
    "sigmoid": "sigmoid", "log_sigmoid": "log_sigmoid", "logit": "logit", "tanh": "tanh",
    "relu": "relu", "leaky_relu": "leaky_relu", "hard_shrink": "hardshrink",
    "soft_shrink": "softshrink", "hard_tanh": "hardtanh", "hard_sigmoid": "hardsigmoid",
    "hard_silu": "hardswish", "softplus": "softplus", "silu": "silu", "mish": "mish", "elu": "elu",
    "erf": "erf", "erfc": "erfc", "gelu": "gelu", "exponential": "exp",
}  # fmt: skip


def writes(operator: Callable[..., Any]) -> Into:
    """Return the call of an operator that writes into a tensor."""
    return lambda x, out: operator(x, out=out)


def gated(operator: Callable[..., Any]) -> Callable[..., Any]:
    """Return the call of a gated pair: the first half times a function of the second."""

    def call(x: Any) -> Any:
        value, gate = x.chunk(2, -1)
        return value * operator(gate)

    return call


def losses() -> Calls:
    """Return the losses, and with their gradients, which autograd finds."""
    import torch
    from torch.nn import functional

    of_targets: dict[str, Callable[..., Any]] = {
        "kl_divergence": lambda x, t: functional.kl_div(x, t, reduction="sum") / x.numel(),
        "sigmoid_cross_entropy": functional.binary_cross_entropy_with_logits,
        "squared_error": lambda x, t: functional.mse_loss(x.sigmoid(), t, reduction="sum") / 2,
    }
    of_labels = {"nll": functional.nll_loss, "softmax_cross_entropy": functional.cross_entropy}

    def with_gradient(loss: Callable[..., Any]) -> Callable[..., Any]:
        def call(x: Any, t: Any) -> Any:
            x = x.detach().requires_grad_()
            with torch.enable_grad():
                value = loss(x, t)
            return value.detach(), torch.autograd.grad(value, x)[0]

        return call

    calls: Calls = {(name, LOSS): f for name, f in of_targets.items()}
    calls |= {(name, LOSS_OF_LABELS): f for name, f in of_labels.items()}
    calls |= {(name, VALUE_AND_GRAD): with_gradient(f) for name, f in of_targets.items()}
    calls |= {(name, VALUE_AND_GRAD_OF_LABELS): with_gradient(f) for name, f in of_labels.items()}
    return calls


def torch() -> Peer:
    """PyTorch's operators, without autograd's bookkeeping."""
    import torch
    from torch.nn import functional

    torch.set_grad_enabled(mode=False)
    aten = torch.ops.aten
    (weight,), (threshold, value) = usual("prelu"), usual("threshold")
    softmax_backward = aten._softmax_backward_data
    log_softmax_backward = aten._log_softmax_backward_data
    calls: Calls = {
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
        ("swiglu", FORWARD): gated(functional.silu),
        ("reglu", FORWARD): gated(functional.relu),
        ("geglu", FORWARD): gated(functional.gelu),
        ("softmax", FORWARD): lambda x: torch.softmax(x, -1),
        ("softmax", FROM_OUTPUT): lambda dy, y: softmax_backward(dy, y, -1, y.dtype),
        ("log_softmax", FORWARD): lambda x: torch.log_softmax(x, -1),
        ("log_softmax", FROM_OUTPUT): lambda dy, y: log_softmax_backward(dy, y, -1, y.dtype),
        ("softmin", FORWARD): lambda x: functional.softmin(x, -1),
        ("logsumexp", FORWARD): lambda x: torch.logsumexp(x, -1),
        ("logmeanexp", FORWARD): lambda x: torch.logsumexp(x, -1) - math.log(x.shape[-1]),
        **losses(),
    }
    calls |= into({name: writes(getattr(aten, f).out) for name, f in WRITING.items()})
    return Peer("torch", FLOATS, torch.from_numpy, calls, torch.set_num_threads)


def torch_compile() -> Peer:
    """`torch.compile` of PyTorch's own functions, for any shape; it needs a C++ compiler."""
    import torch
    from torch.nn import functional

    torch.set_grad_enabled(mode=False)
    functions = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "softplus": functional.softplus,
        "silu": functional.silu,
        "gelu": functional.gelu,
        "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
        "mish": functional.mish,
        "elu": functional.elu,
        "softmax": lambda x: torch.softmax(x, -1),
        "log_softmax": lambda x: torch.log_softmax(x, -1),
        "logsumexp": lambda x: torch.logsumexp(x, -1),
    }
    calls: Calls = {
        (name, FORWARD): torch.compile(apart(f), dynamic=True, fullgraph=True)
        for name, f in functions.items()
    }
    return Peer("torch.compile", ("float32", "float64"), torch.from_numpy, calls)


def apart(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same function with a code object of its own.

    PyTorch compiles eight versions of a code object, dtypes and sizes of what it calls, and then
    calls it as it is, uncompiled.
    """

    def call(x: Any) -> Any:
        return f(x)

    call.__code__ = call.__code__.replace()
    return call
