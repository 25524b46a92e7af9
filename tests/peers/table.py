"""What is compared: one line for each function of a peer that computes one of ours.

A function is named as its package names it. To compare another one, add a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, eq=False)
class Line:
    """A function of a peer, and how to call it with our parameters."""

    ours: str
    theirs: str
    named: Mapping[str, str] = field(default_factory=dict)  # our parameters: theirs, by name
    arrays: tuple[str | float, ...] = ()  # what follows x, as arrays: our parameters, or numbers
    options: Mapping[str, Any] = field(default_factory=dict)  # what else it must be told
    fixed: Mapping[str, float] = field(default_factory=dict)  # ours, where it has none
    orders: int = 3  # what it has of value, derivative and second derivative

    def __repr__(self) -> str:
        return f"{self.ours}-{self.theirs}"


ALPHA = {"alpha": "alpha"}
BOUNDS = {"min_val": "min_val", "max_val": "max_val"}
LAMBD = {"lambd": "lambd"}
TANH = {"approximate": "tanh"}

# Beyond its threshold torch's softplus is x. From 50 on that is exact; from 20 on, the default, it
# is not.
EXACT = {"threshold": 50.0}

TORCH = (
    Line("identity", "nn.Identity()"),
    Line("relu", "nn.functional.relu"),
    Line("relu6", "nn.functional.relu6"),
    Line("leaky_relu", "nn.functional.leaky_relu", {"negative_slope": "negative_slope"}),
    Line("prelu", "nn.functional.prelu", arrays=("weight",)),
    Line("rrelu", "nn.functional.rrelu", {"lower": "lower", "upper": "upper"}),
    Line("threshold", "nn.functional.threshold", {"threshold": "threshold", "value": "value"}),
    Line("hard_shrink", "nn.functional.hardshrink", LAMBD),
    Line("soft_shrink", "nn.functional.softshrink", LAMBD),
    Line("hard_tanh", "nn.functional.hardtanh", BOUNDS),
    Line("hard_sigmoid", "nn.functional.hardsigmoid", orders=2),
    Line("hard_silu", "nn.functional.hardswish"),
    Line("sigmoid", "sigmoid"),
    Line("sigmoid", "special.expit"),
    Line("log_sigmoid", "nn.functional.logsigmoid"),
    Line("logit", "special.logit", {"eps": "eps"}),
    Line("softplus", "nn.functional.softplus", {"beta": "beta"}, options=EXACT),
    Line("silu", "nn.functional.silu"),
    Line("gelu_tanh", "nn.functional.gelu", options=TANH),
    Line("mish", "nn.functional.mish"),
    Line("tanh", "tanh"),
    Line("tanh_shrink", "nn.functional.tanhshrink"),
    Line("exponential", "exp"),
    Line("elu", "nn.functional.elu", ALPHA),
    Line("selu", "nn.functional.selu"),
    Line("celu", "nn.functional.celu", ALPHA),
    Line("erf", "special.erf"),
    Line("erfc", "special.erfc"),
    Line("gelu", "nn.functional.gelu"),
    Line("softsign", "nn.functional.softsign"),
)

JAX = (
    Line("identity", "nn.identity"),
    Line("relu", "nn.relu"),
    Line("relu", "numpy.maximum", arrays=(0.0,)),
    Line("relu6", "nn.relu6"),
    Line("leaky_relu", "nn.leaky_relu", {"negative_slope": "negative_slope"}),
    Line("prelu", "nn.leaky_relu", {"weight": "negative_slope"}),
    Line("hard_tanh", "nn.hard_tanh"),
    Line("hard_tanh", "numpy.clip", arrays=("min_val", "max_val")),
    Line("hard_sigmoid", "nn.hard_sigmoid"),
    Line("hard_silu", "nn.hard_silu"),
    Line("sparse_plus", "nn.sparse_plus"),
    Line("sparse_sigmoid", "nn.sparse_sigmoid"),
    Line("sigmoid", "nn.sigmoid"),
    Line("sigmoid", "scipy.special.expit"),
    Line("log_sigmoid", "nn.log_sigmoid"),
    Line("logit", "scipy.special.logit"),
    Line("softplus", "nn.softplus"),
    Line("silu", "nn.silu"),
    Line("swish", "nn.swish"),
    Line("gelu_tanh", "nn.gelu"),
    Line("gelu_tanh", "nn.gelu", options={"approximate": True}),
    Line("mish", "nn.mish"),
    Line("tanh", "nn.tanh"),
    Line("exponential", "numpy.exp"),
    Line("elu", "nn.elu", ALPHA),
    Line("selu", "nn.selu"),
    Line("celu", "nn.celu", ALPHA),
    Line("log1mexp", "nn.log1mexp"),
    Line("erf", "scipy.special.erf"),
    Line("erfc", "scipy.special.erfc"),
    Line("gelu", "nn.gelu", options={"approximate": False}),
    Line("softsign", "nn.soft_sign"),
    Line("squareplus", "nn.squareplus", {"b": "b"}),
)

ONNX = (
    Line("identity", "Identity"),
    Line("relu", "Relu"),
    Line("relu6", "Clip", arrays=(0.0, 6.0)),
    Line("leaky_relu", "LeakyRelu", {"negative_slope": "alpha"}),
    Line("prelu", "PRelu", arrays=("weight",)),
    Line("thresholded_relu", "ThresholdedRelu", ALPHA),
    Line("hard_shrink", "Shrink", LAMBD, options={"bias": 0.0}),
    Line("soft_shrink", "Shrink", {"lambd": "lambd bias"}),
    Line("shrink", "Shrink", {"lambd": "lambd", "bias": "bias"}),
    Line("hard_tanh", "Clip", arrays=("min_val", "max_val")),
    Line("hard_sigmoid", "HardSigmoid", {"alpha": "alpha", "beta": "beta"}),
    Line("hard_silu", "HardSwish"),
    Line("sigmoid", "Sigmoid"),
    Line("softplus", "Softplus"),
    Line("swish", "Swish", {"beta": "alpha"}),
    Line("gelu_tanh", "Gelu", options=TANH),
    Line("mish", "Mish"),
    Line("tanh", "Tanh"),
    Line("exponential", "Exp"),
    Line("elu", "Elu", ALPHA),
    Line("selu", "Selu"),
    Line("celu", "Celu", ALPHA),
    Line("erf", "Erf"),
    Line("gelu", "Gelu"),
    Line("softsign", "Softsign"),
)

THINC = (
    Line("relu", "relu"),
    Line("relu6", "relu_k"),
    Line("hard_tanh", "hard_tanh"),
    Line("hard_tanh", "clipped_linear", BOUNDS),
    Line("hard_sigmoid", "hard_sigmoid", fixed={"alpha": 0.2}),
    Line("hard_sigmoid", "clipped_linear", {"alpha": "slope", "beta": "offset"}),
    Line("hard_silu", "hard_swish_mobilenet"),
    Line("sigmoid", "sigmoid"),
    Line("swish", "swish"),
    Line("gelu_tanh", "gelu_approx"),
    Line("mish", "mish"),
    Line("erf", "erf"),
    Line("gelu", "gelu"),
    Line("dish", "dish"),
)

SKLEARN = (
    Line("identity", "identity"),
    Line("relu", "relu"),
    Line("sigmoid", "logistic"),
    Line("tanh", "tanh"),
    Line("exponential", "exp"),
)

SCIPY = (
    Line("sigmoid", "expit"),
    Line("log_sigmoid", "log_expit"),
    Line("logit", "logit"),
    Line("softplus", "softplus"),
    Line("erf", "erf"),
    Line("erfc", "erfc"),
)
