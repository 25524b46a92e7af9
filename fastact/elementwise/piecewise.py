"""Activations of polynomial pieces: exact, or one rounding away from it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fastact.definition.activation import declare
from fastact.definition.declaration import Kink, Parameter
from fastact.definition.expression import X
from fastact.elementwise.rrelu import Randomized
from fastact.numerics import rational
from fastact.numerics.elementary import ZERO32
from fastact.numerics.primitives import (
    copysign,
    head,
    kernel,
    number,
    scaled,
    square_root,
    tail,
    where,
)
from fastact.numerics.rational import SIXTH, SIXTHS, THIRD, THIRD_LOW

if TYPE_CHECKING:
    from fastact.definition import interfaces

__all__ = [
    "identity",
    "relu",
    "relu6",
    "leaky_relu",
    "prelu",
    "rrelu",
    "relu_squared",
    "threshold",
    "thresholded_relu",
    "hard_shrink",
    "soft_shrink",
    "shrink",
    "hard_tanh",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "sparse_plus",
    "sparse_sigmoid",
]

INF = float("inf")


# identity     y = x          y' = 1
@kernel(widen=False)
def identity_value(x):
    return x


@kernel(widen=False)
def one(x, *params):
    return where(x != x, x, 1.0)


@kernel(widen=False)
def zero(x, *params):
    return where(x != x, x, 0.0)


identity: interfaces.FromEither = declare(
    "identity", identity_value, one, zero,
    derivative_from_output=one,
    formula="x",
    summary="The input itself: the activation of a linear layer.",
    source="Widrow and Hoff 1960",
    monotone=1, odd=True, node=X,
)  # fmt: skip


# relu     y = max(x, 0)          y' = 1 for x > 0, else 0
@kernel(widen=False)
def relu_value(x):
    return where(x <= 0.0, 0.0, x)


@kernel(widen=False)
def relu_derivative(x):
    return where(x > 0.0, 1.0, where(x <= 0.0, 0.0, x))


@kernel(widen=False)
def reglu_value(x, v):
    return v * where(x <= ZERO32, ZERO32, x)


relu: interfaces.Plain = declare(
    "relu", relu_value, relu_derivative, zero,
    derivative_from_output=relu_derivative,
    products={"float32": reglu_value, "float64": reglu_value},
    formula=r"\max(x, 0)",
    summary="The rectified linear unit max(x, 0).",
    limits=(0.0, INF),
    source="Nair and Hinton 2010",
    kinks=(Kink(0.0, 0.0, {"jax.numpy.maximum": 0.5}),),
    monotone=1, range=(0.0, INF),
    masked=(1.0, 0.0),
)  # fmt: skip


# relu6     y = min(max(x, 0), 6)          y' = 1 between, 0 at both ends
@kernel(widen=False)
def relu6_value(x):
    return where(x <= 0.0, 0.0, where(x >= 6.0, 6.0, x))


@kernel(widen=False)
def relu6_derivative(x):
    return where(x <= 0.0, 0.0, where(x >= 6.0, 0.0, where(x != x, x, 1.0)))


relu6: interfaces.Plain = declare(
    "relu6", relu6_value, relu6_derivative, zero,
    derivative_from_output=relu6_derivative,
    formula=r"\min(\max(x, 0), 6)",
    summary="The rectified linear unit with a ceiling at 6.",
    limits=(0.0, 6.0),
    source="Krizhevsky 2010",
    kinks=(Kink(0.0, 0.0), Kink(6.0, 0.0, {"oneDNN": 1.0})),
    monotone=1, range=(0.0, 6.0),
    masked=(1.0, 0.0),
)  # fmt: skip


# leaky_relu     y = x for x > 0, else s x          y' = 1 for x > 0, else s
# With s = 0 it is relu: 0 at -inf too, where the product would be NaN.
@kernel(widen=False)
def leaky_relu_value(x, slope):
    below = where(slope == 0.0, where(x == x, slope, x), slope * x)
    return where(x > 0.0, x, below)


@kernel(widen=False)
def leaky_relu_derivative(x, slope):
    return where(x > 0.0, 1.0, where(x <= 0.0, slope, x))


@kernel(widen=False)
def leaky_relu_slope(x, slope):
    return where(x > 0.0, 0.0, x)


leaky_relu: interfaces.WithNegativeSlope = declare(
    "leaky_relu", leaky_relu_value, leaky_relu_derivative, zero,
    derivative_from_output=leaky_relu_derivative,
    params=(
        Parameter("negative_slope", 0.01, -2.0, 2.0, leaky_relu_slope,
                  elsewhere={"keras": 0.2, "chainer": 0.2, "nnabla": 0.1}),
    ),
    output_requires=("negative_slope > 0",),
    formula=r"\max(x, 0) + s \min(x, 0)",
    summary="The rectified linear unit with slope `negative_slope` below 0.",
    limits=("-inf * negative_slope if negative_slope else 0.0", INF),
    source="Maas, Hannun and Ng 2013",
    kinks=(Kink(0.0, "negative_slope", {"jax": 1.0}),),
    masked=(1.0, "negative_slope"),
)  # fmt: skip


# prelu     leaky_relu with a slope that is learnt, as a rule one for each channel
@kernel(widen=False)
def prelu_value(x, weight):
    below = where(weight == 0.0, where(x == x, weight, x), weight * x)
    return where(x > 0.0, x, below)


prelu: interfaces.WithWeight = declare(
    "prelu", prelu_value, leaky_relu_derivative, zero,
    derivative_from_output=leaky_relu_derivative,
    params=(Parameter("weight", None, -2.0, 2.0, leaky_relu_slope),),
    output_requires=("weight > 0",),
    formula=r"\max(x, 0) + w \min(x, 0)",
    summary="The rectified linear unit with a slope below 0 that is learnt: see `backward_params`.",
    limits=("-inf * weight if weight else 0.0", INF),
    source="He et al. 2015",
    kinks=(Kink(0.0, "weight", {"jax": 1.0}),),
    masked=(1.0, "weight"),
)  # fmt: skip


# rrelu     y = x for x > 0, else s x with s = (l + u) / 2, or drawn in [l, u)     y' = 1 or s
@kernel
def rrelu_value(x, lower, upper):
    slope = scaled(lower + upper, 0.5)
    below = where(slope == 0.0, where(x == x, slope, x), slope * x)
    return where(x > 0.0, x, below)


@kernel
def rrelu_derivative(x, lower, upper):
    return where(x > 0.0, 1.0, where(x <= 0.0, scaled(lower + upper, 0.5), x))


@kernel(widen=False)
def rrelu_bound(x, lower, upper):
    return where(x > 0.0, 0.0, 0.5 * x)


rrelu: interfaces.WithLowerUpper = declare(
    "rrelu", rrelu_value, rrelu_derivative, zero,
    derivative_from_output=rrelu_derivative,
    params=(
        Parameter("lower", 1 / 8, 0.0, 0.2, rrelu_bound),
        Parameter("upper", 1 / 3, 0.25, 0.9, rrelu_bound),
    ),
    monotone=1, requires=("lower <= upper",), output_requires=("lower + upper > 0",),
    formula=r"\max(x, 0) + \tfrac12 (l + u) \min(x, 0)",
    summary="The randomized leaky rectified linear unit, in its evaluation form.",
    limits=("-inf * (lower + upper) if lower + upper else 0.0", INF),
    source="Xu et al. 2015",
    kinks=(Kink(0.0, "(lower + upper) / 2"),),
    masked=(1.0, "(lower + upper) / 2"),
    kind=partial(Randomized, below_zero=leaky_relu),
)  # fmt: skip


# relu_squared     y = max(x, 0)^2          y' = 2 max(x, 0)
@kernel(widen=False)
def relu_squared_value(x):
    return where(x <= 0.0, 0.0, x * x)


@kernel(widen=False)
def relu_squared_derivative(x):
    return where(x <= 0.0, 0.0, x + x)


@kernel(widen=False)
def relu_squared_second_derivative(x):
    return where(x > 0.0, 2.0, where(x <= 0.0, 0.0, x))


@kernel
def relu_squared_from_output(y):
    return scaled(square_root(y), 2.0)


relu_squared: interfaces.FromEither = declare(
    "relu_squared", relu_squared_value, relu_squared_derivative, relu_squared_second_derivative,
    derivative_from_output=relu_squared_from_output,
    formula=r"\max(x, 0)^2",
    summary="The square of the rectified linear unit.",
    limits=(0.0, INF),
    source="So et al. 2021 (Primer)",
    bends=(0.0,), monotone=1, range=(0.0, INF),
)  # fmt: skip


# threshold     y = x for x > t, else v          y' = 1 for x > t, else 0
@kernel(widen=False)
def threshold_value(x, t, value):
    return where(t != t, t, where(x <= t, value, x))


@kernel(widen=False)
def threshold_derivative(x, t, value):
    return where(x > t, 1.0, where(x <= t, 0.0, x + t))


@kernel(widen=False)
def threshold_by_value(x, t, value):
    return where(x <= t, 1.0, where(x > t, 0.0, x + t))


threshold: interfaces.FromInputOrMaskWithThresholdValue = declare(
    "threshold", threshold_value, threshold_derivative, zero,
    params=(
        Parameter("threshold", None, -1.0, 1.0, zero),
        Parameter("value", None, -2.0, 2.0, threshold_by_value),
    ),
    formula=r"x \text{ if } x > t \text{ else } v",
    summary="The input above `threshold`, and `value` at and below it.",
    source="the module Threshold of PyTorch",
    limits=("value", INF),
    kinks=(Kink("threshold", 0.0),),
    masked=(1.0, 0.0),
)  # fmt: skip


# thresholded_relu     y = x for x > a, else 0          y' = 1 for x > a, else 0
@kernel(widen=False)
def thresholded_relu_value(x, alpha):
    return where(alpha != alpha, alpha, where(x <= alpha, 0.0, x))


@kernel(widen=False)
def thresholded_relu_derivative(x, alpha):
    return where(x > alpha, 1.0, where(x <= alpha, 0.0, x + alpha))


@kernel(widen=False)
def nonzero(y, *params):
    """The slope of what is either zero or moves with its input."""
    return where(y != y, y, where(y == 0.0, 0.0, 1.0))


thresholded_relu: interfaces.WithAlpha = declare(
    "thresholded_relu", thresholded_relu_value, thresholded_relu_derivative, zero,
    derivative_from_output=nonzero,
    params=(Parameter("alpha", 1.0, -1.0, 4.0, zero),),
    output_requires=("alpha >= 0",),
    formula=r"x \text{ if } x > \alpha \text{ else } 0",
    summary="The input above `alpha`, and 0 at and below it.",
    limits=(0.0, INF),
    source="Konda, Memisevic and Krueger 2014",
    kinks=(Kink("alpha", 0.0),),
    masked=(1.0, 0.0),
)  # fmt: skip


# hard_shrink     y = x for |x| > l, else 0          y' = 1 for |x| > l, else 0
@kernel(widen=False)
def hard_shrink_value(x, lambd):
    return where(abs(x) <= lambd, copysign(0, x), x)


@kernel(widen=False)
def hard_shrink_derivative(x, lambd):
    return where(abs(x) > lambd, 1.0, where(x != x, x, 0.0))


hard_shrink: interfaces.WithLambd = declare(
    "hard_shrink", hard_shrink_value, hard_shrink_derivative, zero,
    derivative_from_output=nonzero,
    params=(Parameter("lambd", 0.5, 0.125, 4.0, zero),),
    requires=("lambd >= 0",),
    formula=r"x \text{ if } |x| > \lambda \text{ else } 0",
    summary="The input, and 0 where it is no larger than `lambd`.",
    source="Donoho and Johnstone 1994",
    kinks=(Kink("-lambd", 0.0), Kink("lambd", 0.0)), odd=True, monotone=1,
    masked=(1.0, 0.0),
)  # fmt: skip


# soft_shrink     y = x - l for x > l, x + l for x < -l, else 0
@kernel(widen=False)
def soft_shrink_value(x, lambd):
    return where(abs(x) <= lambd, copysign(0, x), x - copysign(lambd, x))


@kernel(widen=False)
def soft_shrink_lambd(x, lambd):
    return where(x > lambd, -1.0, where(x < -lambd, 1.0, where(x != x, x, 0.0)))


soft_shrink: interfaces.WithLambd = declare(
    "soft_shrink", soft_shrink_value, hard_shrink_derivative, zero,
    derivative_from_output=nonzero,
    params=(Parameter("lambd", 0.5, 0.125, 4.0, soft_shrink_lambd),),
    requires=("lambd >= 0",),
    formula=r"\operatorname{sign}(x)\max(|x| - \lambda, 0)",
    summary="The input moved towards 0 by `lambd`, and 0 where it would pass it.",
    source="Donoho and Johnstone 1994",
    kinks=(Kink("-lambd", 0.0), Kink("lambd", 0.0)), odd=True, monotone=1,
    masked=(1.0, 0.0),
)  # fmt: skip


# shrink     y = x - b for x > l, x + b for x < -l, else 0          y' = 1 for |x| > l, else 0
@kernel(widen=False)
def shrink_value(x, lambd, bias):
    moved = where(x > 0.0, x - bias, x + bias)
    return where(abs(x) <= lambd, where(bias == bias, copysign(0, x), bias), moved)


@kernel(widen=False)
def shrink_derivative(x, lambd, bias):
    return hard_shrink_derivative(x, lambd)


@kernel(widen=False)
def shrink_bias(x, lambd, bias):
    return where(x > lambd, -1.0, where(x < -lambd, 1.0, where(x != x, x, 0.0)))


shrink: interfaces.FromInputOrMaskWithLambdBias = declare(
    "shrink", shrink_value, shrink_derivative, zero,
    params=(
        Parameter("lambd", 0.5, 0.125, 4.0, zero),
        Parameter("bias", 0.0, -4.0, 4.0, shrink_bias),
    ),
    requires=("lambd >= 0",),
    formula=r"x - b\,\operatorname{sign}(x) \text{ if } |x| > \lambda \text{ else } 0",
    summary="The input moved towards 0 by `bias`, and 0 where it is no larger than `lambd`.",
    source="the operator of that name in ONNX; Donoho and Johnstone 1994",
    kinks=(Kink("-lambd", 0.0), Kink("lambd", 0.0)), odd=True,
    masked=(1.0, 0.0),
)  # fmt: skip


# hard_tanh     y = min(max(x, low), high)          y' = 1 between, 0 at both ends
@kernel(widen=False)
def hard_tanh_value(x, low, high):
    return where(x <= low, low, where(x >= high, high, x))


@kernel(widen=False)
def hard_tanh_derivative(x, low, high):
    return where(x <= low, 0.0, where(x >= high, 0.0, where(x != x, x, 1.0)))


@kernel(widen=False)
def hard_tanh_low(x, low, high):
    return where(x < low, 1.0, where(x != x, x, 0.0))


@kernel(widen=False)
def hard_tanh_high(x, low, high):
    return where(x > high, 1.0, where(x != x, x, 0.0))


hard_tanh: interfaces.WithMinValMaxVal = declare(
    "hard_tanh", hard_tanh_value, hard_tanh_derivative, zero,
    derivative_from_output=hard_tanh_derivative,
    params=(
        Parameter("min_val", -1.0, -4.0, -0.5, hard_tanh_low),
        Parameter("max_val", 1.0, 0.5, 4.0, hard_tanh_high),
    ),
    requires=("min_val <= max_val",),
    formula=r"\min(\max(x, a), b)",
    summary="The input clipped to [min_val, max_val].",
    limits=("min_val", "max_val"),
    source="Collobert 2004",
    kinks=(
        Kink("min_val", 0.0, {"jax": 1.0, "jax.numpy.clip": 0.5}),
        Kink("max_val", 0.0,
             {"jax": 1.0, "jax.numpy.clip": 0.5, "oneDNN": 1.0}),
    ),
    monotone=1, range=("min_val", "max_val"),
    masked=(1.0, 0.0),
)  # fmt: skip


# hard_sigmoid     y = min(max(a x + b, 0), 1)          y' = a between, 0 at both ends
# No float is 1/6, but that is what the nearest one stands for: the kinks are at ±3 exactly.


@kernel
def together(x):
    """Both parts of a number, of which the high one may be zero or infinite."""
    return where(tail(x) - tail(x) == 0.0, head(x) + tail(x), head(x))


@kernel
def hard_sigmoid_line(x, alpha, beta):
    """Numerator and denominator of the line, and of its distance from 0 and from 1 the sign."""
    sixth = (alpha == SIXTHS[0]) | (alpha == SIXTHS[1]) | (alpha == SIXTHS[2])
    top, bottom = where(sixth, x + 6.0 * beta, alpha * x + beta), where(sixth, 6.0, 1.0)
    rest = bottom - top
    return top, bottom, together(top), together(rest)


@kernel
def hard_sigmoid_value(x, alpha, beta):
    top, bottom, above, below = hard_sigmoid_line(x, alpha, beta)
    return where(above <= 0.0, 0.0, where(below <= 0.0, 1.0, top / bottom))


# For float32 results: a product with a float64 that is nearly 1/6, in place of a division.
@kernel
def hard_sigmoid_short(x, alpha, beta):
    sixth, line = alpha == SIXTHS[1], alpha * x + beta
    under = where(sixth, x <= -6.0 * beta, line <= 0.0)
    over = where(sixth, x >= 6.0 - 6.0 * beta, line >= 1.0)
    y = where(sixth, (x + 6.0 * beta) * SIXTH, line)
    return where(under, 0.0, where(over, 1.0, y))


@kernel
def hard_sigmoid_derivative_short(x, alpha, beta):
    sixth, line = alpha == SIXTHS[1], alpha * x + beta
    between = where(sixth, (x > -6.0 * beta) & (x < 6.0 - 6.0 * beta), (line > 0.0) & (line < 1.0))
    known = where(sixth, x == x, line == line)
    cut = where(beta == beta, 0.0, beta)
    return where(between, alpha, where(known, cut, where(sixth, x, line)))


@kernel
def inside_of_hard_sigmoid(x, alpha, beta, value):
    """`value` on the line, 0 where it is cut off."""
    top, _, above, below = hard_sigmoid_line(x, alpha, beta)
    return where(above <= 0.0, 0.0, where(below <= 0.0, 0.0, where(top == top, value, top)))


@kernel
def hard_sigmoid_derivative(x, alpha, beta):
    return inside_of_hard_sigmoid(x, alpha, beta, alpha)


@kernel
def hard_sigmoid_alpha(x, alpha, beta):
    return inside_of_hard_sigmoid(x, alpha, beta, x)


@kernel
def hard_sigmoid_beta(x, alpha, beta):
    return inside_of_hard_sigmoid(x, alpha, beta, 1.0)


@kernel(widen=False)
def hard_sigmoid_from_output(y, alpha, beta):
    return where(y <= 0.0, 0.0, where(y >= 1.0, 0.0, where(y == y, alpha, y)))


hard_sigmoid: interfaces.WithAlphaBeta = declare(
    "hard_sigmoid", hard_sigmoid_value, hard_sigmoid_derivative, zero,
    float32={"forward": hard_sigmoid_short, "derivative": hard_sigmoid_derivative_short},
    float64={"forward": rational.hard_sigmoid, "derivative": rational.hard_sigmoid_slope},
    derivative_from_output=hard_sigmoid_from_output,
    params=(
        Parameter("alpha", 1 / 6, 0.125, 0.5, hard_sigmoid_alpha,
                  elsewhere={"onnx": 0.2, "thinc": 0.2, "chainer": 0.2}),
        Parameter("beta", 0.5, 0.25, 0.75, hard_sigmoid_beta),
    ),
    formula=r"\min(\max(\alpha x + \beta, 0), 1)",
    summary="A line clipped to [0, 1]; an `alpha` of 1 / 6 is taken to be one sixth exactly.",
    limits=("0.0 if alpha > 0 else 1.0", "1.0 if alpha > 0 else 0.0"),
    source="Courbariaux, Bengio and David 2015; Howard et al. 2019",
    kinks=(
        Kink(f"-(6 * beta if alpha in {SIXTHS} else beta / alpha)", 0.0),
        Kink(f"6 - 6 * beta if alpha in {SIXTHS} else (1 - beta) / alpha", 0.0),
    ),
    monotone=1, range=(0.0, 1.0),
    masked=("alpha", 0.0),
)  # fmt: skip


# hard_silu     y = x min(max(x + 3, 0), 6) / 6          y' = (2 x + 3) / 6 between
@kernel
def hard_silu_value(x):
    return where(x <= -3.0, 0.0, where(x >= 3.0, x, x * (x + 3.0) / 6.0))


# For float32 results: a product with a float64 that is nearly 1/6, in place of a division.
@kernel
def hard_silu_short(x):
    return where(x <= -3.0, 0.0, where(x >= 3.0, x, x * (x + 3.0) * SIXTH))


@kernel
def hard_silu_derivative_short(x):
    return where(x <= -3.0, 0.0, where(x >= 3.0, 1.0, (x + 1.5) * THIRD))


@kernel
def hard_silu_derivative(x):
    return where(x <= -3.0, 0.0, where(x >= 3.0, 1.0, (scaled(x, 2.0) + 3.0) / 6.0))


@kernel
def hard_silu_second_derivative(x):
    return where(abs(x) < 3.0, number(THIRD, THIRD_LOW), where(x != x, x, 0.0))


hard_silu: interfaces.FromInput = declare(
    "hard_silu", hard_silu_value, hard_silu_derivative, hard_silu_second_derivative,
    float32={"forward": hard_silu_short, "derivative": hard_silu_derivative_short},
    float64={"forward": rational.hard_silu, "derivative": rational.hard_silu_slope},
    formula=r"\frac{x}{6}\min(\max(x + 3, 0), 6)",
    summary="The input times the hard sigmoid, also called hard_swish.",
    limits=(0.0, INF),
    source="Howard et al. 2019",
    aliases=("hard_swish",),
    kinks=(
        Kink(-3.0, 0.0, {"thinc": -0.5, "torch before 2.7": -0.5}),
        Kink(3.0, 1.0, {"thinc": 1.5, "torch before 2.7": 1.5}),
    ),
    range=(-0.375, INF), roots={"forward": (0.0,), "derivative": (-1.5,)},
)  # fmt: skip
hard_swish = hard_silu


# sparse_plus     y = (x + 1)^2 / 4 between -1 and 1, 0 below, x above          y' = sparse_sigmoid
@kernel
def sparse_plus_value(x):
    y = x + 1.0
    return where(x <= -1.0, 0.0, where(x >= 1.0, x, scaled(y * y, 0.25)))


# sparse_sigmoid     y = min(max((x + 1) / 2, 0), 1)          y' = 1/2 between, 0 at both ends
@kernel(widen=False)
def sparse_sigmoid_value(x):
    return where(x <= -1.0, 0.0, where(x >= 1.0, 1.0, 0.5 * (x + 1.0)))


@kernel(widen=False)
def sparse_sigmoid_derivative(x):
    return where(abs(x) < 1.0, 0.5, where(x != x, x, 0.0))


@kernel(widen=False)
def sparse_sigmoid_from_output(y):
    return where(y <= 0.0, 0.0, where(y >= 1.0, 0.0, where(y != y, y, 0.5)))


@kernel
def sparse_plus_from_output(y):
    return where(y >= 1.0, 1.0, square_root(y))


sparse_plus: interfaces.FromEither = declare(
    "sparse_plus", sparse_plus_value, sparse_sigmoid_value, sparse_sigmoid_derivative,
    float64={"forward": rational.sparse_plus},
    derivative_from_output=sparse_plus_from_output,
    formula=r"\tfrac14 (x + 1)^2 \text{ for } |x| < 1, \max(x, 0) \text{ beyond}",
    summary="The smooth rectifier whose derivative is sparse_sigmoid.",
    limits=(0.0, INF),
    source="Martins and Astudillo 2016",
    bends=(-1.0, 1.0), monotone=1, range=(0.0, INF),
)  # fmt: skip
sparse_sigmoid: interfaces.Plain = declare(
    "sparse_sigmoid", sparse_sigmoid_value, sparse_sigmoid_derivative, zero,
    derivative_from_output=sparse_sigmoid_from_output,
    formula=r"\min(\max(\tfrac12 (x + 1), 0), 1)",
    summary="The sigmoid of sparsemax for two classes, a clipped line.",
    limits=(0.0, 1.0),
    source="Martins and Astudillo 2016",
    kinks=(Kink(-1.0, 0.0, {"jax": 0.25}), Kink(1.0, 0.0, {"jax": 0.25})),
    monotone=1, range=(0.0, 1.0),
    masked=(0.5, 0.0),
)  # fmt: skip
