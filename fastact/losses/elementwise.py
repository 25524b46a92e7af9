"""Losses of each element by itself: a kernel for the value, one for the gradient, one loop."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from fastact.arguments import boolean, floats, number, outputs
from fastact.containers.door import public
from fastact.definition.described import shown
from fastact.losses.shared import (
    Array,
    ElementwiseLoss,
    LossFunction,
    Operand,
    Operands,
    check_reduction,
    fitting,
    functions,
    gradient_array,
    no_nan,
    slabs,
)  # fmt: skip
from fastact.native import threads
from fastact.numerics.elementary import clamp, exp, log, log1p_unit
from fastact.numerics.primitives import kernel, where

if TYPE_CHECKING:
    from fastact.definition import interfaces

__all__ = ["focal", "kl_divergence", "sigmoid_cross_entropy"]


# ---------------------------------------------------------------- shared by kernels
@kernel
def times(a, b):
    """``a b``, and 0 where `a` is 0, even if b is infinite or NaN."""
    return where(a == 0.0, 0.0, a * b)


@kernel
def softplus_pair(x):
    """log(1 + e^x) and log(1 + e^-x)."""
    log_term = log1p_unit(exp(-abs(x)))
    return where(x > 0.0, x, 0.0) + log_term, where(x < 0.0, -x, 0.0) + log_term


@kernel
def tops(x):
    """The dividends of e^x / (1 + e^x) and of 1 / (1 + e^x), and their common divisor."""
    e = exp(-abs(x))
    return where(x < 0.0, e, 1.0), where(x < 0.0, 1.0, e), 1.0 + e


# ---------------------------------------------------------------- sigmoid cross-entropy
# loss = w (p t log(1 + e^-x) + (1 - t) log(1 + e^x)), whose terms are positive for t in [0, 1];
# gradient = w ((1 - t) sigmoid(x) - p t sigmoid(-x)): one of the two is 0 for t = 0 or 1, so that
# 1 - sigmoid never cancels; hessian = w (p t + 1 - t) sigmoid(x) sigmoid(-x).
@kernel
def sigmoid_value(x, t, w, p, scale):
    high, low = softplus_pair(x)
    return times(w, times(p * t, low) + times(1.0 - t, high))


@kernel
def sigmoid_gradient(x, t, w, p, scale):
    high, low, d = tops(x)
    return times(w, ((1.0 - t) * high - p * t * low) / d * scale)


@kernel
def sigmoid_hessian(x, t, w, p, scale):
    e = exp(-abs(x))
    d = 1.0 + e
    return times(w, (p * t + (1.0 - t)) * (e / (d * d)) * scale)


class SigmoidCrossEntropy(ElementwiseLoss):
    r"""Binary cross-entropy of logits: the negative log-likelihood of independent 0s and 1s.

    .. math:: \ell(x, t) = w\,(p\,t \log(1 + e^{-x}) + (1 - t) \log(1 + e^{x}))

    ``sigmoid_cross_entropy(logits, targets, pos_weight=None, weight=None, reduction="mean")``. No
    sigmoid is formed and no term cancels, so that neither the loss nor the gradient saturates.

    Parameters
    ----------
    logits : array_like of float16, float32 or float64
        Of any shape. Integers are converted to float64.
    targets : array_like
        From 0 to 1; of the shape of the logits, or one that broadcasts to it.
    pos_weight : array_like, optional
        p, the weight of positive targets; broadcasts to the logits.
    weight : array_like, optional
        w, the weight of each element; broadcasts to the logits. What has weight 0 counts nothing,
        even if its loss is infinite or NaN.
    reduction : {"mean", "sum", "none"}
        The mean is over all elements, as in `torch`, whatever the weights.

    Returns
    -------
    scalar or ndarray
        In the dtype of the logits; with "none" of their shape. Summed in float64.

    Raises
    ------
    ValueError
        If shapes do not broadcast to that of the logits, a weight is NaN, the batch is empty under
        "mean", or `reduction` is another.
    TypeError
        For complex, object, string and longdouble input.

    Notes
    -----
    Error: each element of the gradient at most 1 ulp in float32 and 2 ulp in float64 where the
    target is 0 or 1, else of the larger of its two terms; the same holds for ``reduction="none"``.
    At x = ±inf the loss is 0 or inf. NaN gives NaN.
    Source: Good 1952; for `pos_weight`, the conventions of ``torch.nn.BCEWithLogitsLoss``.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> logits, targets = np.array([0.0, 2.0, -800.0]), np.array([1.0, 0.0, 1.0])
    >>> fa.sigmoid_cross_entropy(logits, targets, reduction="none")
    array([6.93147181e-01, 2.12692801e+00, 8.00000000e+02])
    >>> fa.sigmoid_cross_entropy.value_and_grad(logits, targets, reduction="sum")[1]
    array([-0.5       ,  0.88079708, -1.        ])
    """

    _formulas = MappingProxyType({
        "value_and_grad": (
            r"\frac{\partial \ell}{\partial x} = w\,((1 - t)\,\sigma(x) - p\,t\,\sigma(-x))"
        ),
        "gradient_and_hessian": (
            r"g = w\,((1 - t)\,\sigma(x) - p\,t\,\sigma(-x)), \quad h = w\,(p\,t + 1 - "
            r"t)\,\sigma(x)\,\sigma(-x)"
        ),
    })  # fmt: skip

    _letters = "xxxdd"
    _defaults = (1.0, 1.0)
    _kernels = MappingProxyType(
        {"value": sigmoid_value, "gradient": sigmoid_gradient, "hessian": sigmoid_hessian}
    )

    def _operands(
        self, name: str, logits: Array, targets: Array, pos_weight: Any, weight: Any
    ) -> tuple[Any, Any]:
        """The logits, and the operands after them with their dtypes."""
        x = floats(name, "logits", logits)
        dtype = x.dtype.newbyteorder("=")
        others = [(fitting(name, "targets", targets, x.shape), dtype)]
        weights = (("weight", weight, dtype), ("pos_weight", pos_weight, np.dtype(np.float64)))
        for what, given, kind in weights:
            factor: Any = 1.0 if given is None else fitting(name, what, given, x.shape)
            no_nan(name, what, np.asarray(factor))
            others.append((factor, kind))
        return x, tuple(others)

    @public()
    def __call__(
        self,
        logits: Array,
        targets: Array,
        pos_weight: Array | None = None,
        weight: Array | None = None,
        reduction: str = "mean",
    ) -> Any:
        """Return the loss; see the class."""
        return self._loss(logits, targets, pos_weight, weight, reduction=reduction)

    @shown
    @public()
    def value_and_grad(
        self,
        logits: Array,
        targets: Array,
        pos_weight: Array | None = None,
        weight: Array | None = None,
        reduction: str = "mean",
        *,
        out: Any = None,
    ) -> tuple[Any, Any]:
        """The loss and its gradient by the logits, in one pass: one read and one write.

        With ``reduction="none"`` the gradient is that of the sum: each element by its own logit.

        Parameters
        ----------
        out : ndarray, optional
            Where the gradient goes: of the shape and dtype of the logits, or the logits themselves.

        Raises
        ------
        ValueError, TypeError
            As for the loss, and if `out` has another shape or dtype.

        Examples
        --------
        >>> import numpy as np, fastact as fa
        >>> fa.sigmoid_cross_entropy.value_and_grad(np.zeros(2), np.array([0.0, 1.0]))
        (np.float64(0.6931471805599453), array([ 0.25, -0.25]))
        """
        given = logits, targets, pos_weight, weight
        return self._loss_and_gradient(*given, reduction=reduction, out=out)

    @shown
    @public()
    def gradient_and_hessian(
        self,
        logits: Array,
        targets: Array,
        pos_weight: Array | None = None,
        weight: Array | None = None,
        *,
        out: tuple[Any, Any] | None = None,
    ) -> tuple[Any, Any]:
        """First and second derivative of each element's loss: an objective for gradient boosting.

        The second, ``w (p t + 1 - t) sigmoid(x) sigmoid(-x)``, is 0 only where it is too small for
        the dtype: from ``s (1 - s)`` with s = sigmoid(x) it would be 0 once s rounds to 1. XGBoost
        and LightGBM take both as they are. `out` is a pair of arrays of the shape and dtype of the
        logits, one of which may be the logits. Errors raised are those of the loss.

        >>> import numpy as np, fastact as fa
        >>> fa.sigmoid_cross_entropy.gradient_and_hessian(np.array([0.0, 40.0]), np.array([1, 1]))
        (array([-5.00000000e-01, -4.24835426e-18]), array([2.50000000e-01, 4.24835426e-18]))
        """
        name = f"{self.name}.gradient_and_hessian"
        x, others = self._operands(name, logits, targets, pos_weight, weight)
        gradient, hessian = (gradient_array(name, o, x) for o in outputs(name, out, 2))
        compute, parts = self._functions["_hessian"].ufunc, Operands(x, others, (gradient, hessian))
        for slab in slabs(x.shape):
            threads.call(compute, *parts.cut(slab, 1.0))
        return gradient, hessian


# ---------------------------------------------------------------- focal loss
# With q = (1 - s) t + s (1 - t), s = sigmoid(x), the probability that is not the target's:
# loss = a q^g ce, ce being the cross-entropy, and by the product rule, as q' = s (1 - s) (1 - 2 t),
# gradient = a q^g (ce' + g ce (1 - 2 t) s (1 - s) / q). With E = e^-|x|, q = (c + d E) / (1 + E)
# for two numbers with c + d = 1. For a target of 0 or 1 on its own side c = 0, and
# log q = -|x| - log(1 + E) and s (1 - s) / q = 1 / (1 + E), with no quotient of numbers that
# underflow; and both terms of the gradient have one sign.
@kernel
def focal_power(x, t, gamma):
    """q^g, E, and E / (c + d E), as above."""
    e = exp(-abs(x))
    c, d = where(x < 0.0, t, 1.0 - t), where(x < 0.0, 1.0 - t, t)
    logarithm = where(c == 0.0, -abs(x), log(c + d * e)) - log1p_unit(e)
    return exp(times(gamma, logarithm)), e, where(c == 0.0, 1.0, e / (c + d * e))


@kernel
def balance(t, alpha):
    """The weight of a target: 1 if alpha is negative, which stands for None."""
    return where(alpha < 0.0, 1.0, alpha * t + (1.0 - alpha) * (1.0 - t))


@kernel
def focal_value(x, t, gamma, alpha, scale):
    power, _, _ = focal_power(x, t, gamma)
    high, low = softplus_pair(x)
    return balance(t, alpha) * times(power, times(t, low) + times(1.0 - t, high))


@kernel
def focal_gradient(x, t, gamma, alpha, scale):
    power, e, ratio = focal_power(x, t, gamma)
    high, low = softplus_pair(clamp(x, -800.0, 800.0))  # which `ratio` makes nothing of
    entropy = t * low + (1.0 - t) * high
    slope = where(x < 0.0, (1.0 - t) * e - t, (1.0 - t) - t * e)
    bend = gamma * entropy * ratio * ((1.0 - t) - t)
    return balance(t, alpha) * power * ((slope + bend) / (1.0 + e)) * scale


class Focal(ElementwiseLoss):
    r"""The focal loss: cross-entropy of logits in which what is easy counts little.

    .. math:: \ell(x, t) = \alpha_t\,(1 - p_t)^\gamma\,(-\log p_t)

    ``focal(logits, targets, gamma=2.0, alpha=None, reduction="mean")``, where p_t is sigmoid(x) for
    t = 1 and 1 - sigmoid(x) for t = 0; between, p_t and the cross-entropy are their means, as in
    torchvision.

    Parameters
    ----------
    logits, targets
        As for `sigmoid_cross_entropy`.
    gamma : float, default 2.0
        How much less the easy ones count; not negative. 0 gives `sigmoid_cross_entropy`.
    alpha : float, optional
        From 0 to 1: the weight of t = 1, that of t = 0 being 1 - alpha. None: both have weight 1.
    reduction : {"mean", "sum", "none"}
        torchvision's ``sigmoid_focal_loss`` has "none", and alpha = 0.25, by default.

    Returns
    -------
    scalar or ndarray
        In the dtype of the logits; with "none" of their shape. Summed in float64.

    Raises
    ------
    ValueError
        If shapes do not broadcast to that of the logits, `gamma` or `alpha` is out of range, the
        batch is empty under "mean", or `reduction` is another.
    TypeError
        For complex, object, string and longdouble input.

    Notes
    -----
    (1 - p_t)^gamma is taken from the logit, so that neither it nor the gradient saturates: where
    sigmoid(x) rounds to 1, both are still right. The derivative at gamma between 0 and 1 is finite
    everywhere, as (1 - p_t) is never 0 for a finite logit.
    Error: for targets 0 and 1, at most 1 ulp in float32 and 8 ulp in float64 where the result is a
    normal number and gamma is at most 8.
    Source: Lin, Goyal, Girshick, He and Dollár 2017, Focal Loss for Dense Object Detection.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> logits, targets = np.array([0.0, 4.0, 40.0]), np.array([0.0, 1.0, 1.0])
    >>> fa.focal(logits, targets, reduction="none")
    array([1.73286795e-01, 5.87156972e-06, 7.66764807e-53])
    >>> fa.focal.value_and_grad(logits, targets, reduction="sum")[1]
    array([ 2.98286795e-01, -1.73505312e-05, -2.30029442e-52])
    """

    _formulas = MappingProxyType({
        "value_and_grad": (
            r"\frac{\partial \ell}{\partial x} = \alpha_t\,(2t - 1)\,(1 - "
            r"p_t)^\gamma\,(\gamma\,p_t \log p_t - (1 - p_t)), \quad t \in \{0, 1\}"
        ),
    })  # fmt: skip

    _letters = "xxddd"
    _defaults = (2.0, -1.0)
    _kernels = MappingProxyType({"value": focal_value, "gradient": focal_gradient})

    def _operands(
        self, name: str, logits: Array, targets: Array, gamma: float, alpha: float | None
    ) -> tuple[Any, tuple[Operand, ...]]:
        """The logits, and the operands after them with their dtypes."""
        most = float(np.finfo(np.float64).max)
        gamma = number(name, "gamma", gamma, 0.0, most, "finite and not negative")
        if alpha is not None:
            alpha = number(name, "alpha", alpha, 0.0, 1.0, "None or from 0 to 1")
        x = floats(name, "logits", logits)
        t = fitting(name, "targets", targets, x.shape), x.dtype.newbyteorder("=")
        return x, (t, (gamma, None), (-1.0 if alpha is None else alpha, None))

    @public()
    def __call__(
        self,
        logits: Array,
        targets: Array,
        gamma: float = 2.0,
        alpha: float | None = None,
        reduction: str = "mean",
    ) -> Any:
        """Return the loss; see the class."""
        return self._loss(logits, targets, gamma, alpha, reduction=reduction)

    @shown
    @public()
    def value_and_grad(
        self,
        logits: Array,
        targets: Array,
        gamma: float = 2.0,
        alpha: float | None = None,
        reduction: str = "mean",
        *,
        out: Any = None,
    ) -> tuple[Any, Any]:
        """The loss and its gradient by the logits, in one pass.

        `out` is where the gradient goes, of the shape and dtype of the logits, or the logits
        themselves; another is an error, and all else is as for the loss.

        >>> import numpy as np, fastact as fa
        >>> loss, gradient = fa.focal.value_and_grad(np.zeros(2), np.array([0.0, 1.0]), alpha=0.25)
        >>> gradient
        array([ 0.11185755, -0.03728585])
        """
        return self._loss_and_gradient(logits, targets, gamma, alpha, reduction=reduction, out=out)


# ---------------------------------------------------------------- Kullback-Leibler divergence
# loss = t (log t - x), or e^t (t - x) if logarithms are given, in twice the precision of the
# result, as both may be nearly equal. A target of 0 gives 0.
@kernel
def divergence_value(x, t, scale):
    return times(t, log(t) - x)


@kernel
def divergence_gradient(x, t, scale):
    return -(t * scale)


@kernel
def exponential(t):
    """e^t, and 0 where it is too small for float64."""
    return where(t < -800.0, 0.0, exp(t))


@kernel
def log_divergence_value(x, t, scale):
    return times(exponential(t), t - x)


@kernel
def log_divergence_gradient(x, t, scale):
    return -(exponential(t) * scale)


class Divergence(ElementwiseLoss):
    r"""The Kullback–Leibler divergence of predicted log-probabilities from target probabilities.

    .. math:: D(t \,\|\, e^x) = \sum_i t_i\,(\log t_i - x_i)

    ``kl_divergence(log_probabilities, targets, log_target=False, reduction="mean")``, with the
    arguments of ``torch.nn.functional.kl_div``: the input are *logarithms* of probabilities, such
    as `log_softmax` gives, the targets are probabilities.

    Parameters
    ----------
    log_probabilities : array_like of float16, float32 or float64
        x, of any shape.
    targets : array_like
        t; of that shape, or one that broadcasts to it.
    log_target : bool, default False
        Whether the targets are logarithms too: then a term is ``exp(t) (t - x)``.
    reduction : {"mean", "batchmean", "sum", "none"}
        "mean" divides by the number of elements, as in torch; "batchmean" by the length of the
        first axis, which gives the mean divergence of rows.

    Returns
    -------
    scalar or ndarray
        In the dtype of the log-probabilities; with "none" of their shape. Summed in float64.

    Raises
    ------
    ValueError
        If shapes do not broadcast to that of the input, the batch is empty under "mean" or
        "batchmean", or `reduction` is another.
    TypeError
        For complex, object, string and longdouble input.

    Notes
    -----
    A target of 0 gives 0, whatever the input, even -inf (torch: NaN there); a negative one NaN.
    The gradient is by the log-probabilities, -t. That by the logits of a softmax is the one of
    ``softmax_cross_entropy`` with the same targets.
    Error: 1 ulp of the larger of t log t and t x.
    Source: Kullback and Leibler 1951.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> x, t = np.log([[0.5, 0.25, 0.25]]), np.array([[0.5, 0.5, 0.0]])
    >>> float(fa.kl_divergence(x, t, reduction="batchmean"))
    0.34657359027997264
    >>> fa.kl_divergence.value_and_grad(x, t, reduction="sum")[1]
    array([[-0.5, -0.5, -0. ]])
    """

    _formulas = MappingProxyType({
        "value_and_grad": r"\frac{\partial D}{\partial x_i} = -t_i",
    })  # fmt: skip

    _reductions = ("mean", "batchmean", "sum", "none")

    _kernels = MappingProxyType({"value": divergence_value, "gradient": divergence_gradient})

    def __init__(self, name: str) -> None:
        super().__init__(name)
        logs = {"value": log_divergence_value, "gradient": log_divergence_gradient}
        self._of_logs = functions(f"{name}_log", self._letters, logs, name)

    def _divisor(self, x: Any, reduction: str) -> float:
        """What the sum is divided by."""
        return float(len(x)) if reduction == "batchmean" else super()._divisor(x, reduction)

    @public()
    def __call__(
        self,
        log_probabilities: Array,
        targets: Array,
        log_target: bool = False,
        reduction: str = "mean",
    ) -> Any:
        """Return the loss; see the class."""
        check_reduction(self.name, reduction, self._reductions)
        function, x, others = self._chosen(self.name, "", log_probabilities, targets, log_target)
        return self._reduced(function, x, others, reduction)

    @shown
    @public()
    def value_and_grad(
        self,
        log_probabilities: Array,
        targets: Array,
        log_target: bool = False,
        reduction: str = "mean",
        *,
        out: Any = None,
    ) -> tuple[Any, Any]:
        """The loss and its gradient by the log-probabilities, in one pass.

        `out` is where the gradient goes, of the shape and dtype of the log-probabilities, or these
        themselves; another is an error, and all else is as for the loss.

        >>> import numpy as np, fastact as fa
        >>> x, t = np.log([0.5, 0.25, 0.25]), np.array([0.5, 0.5, 0.0])
        >>> loss, gradient = fa.kl_divergence.value_and_grad(x, t, reduction="sum")
        >>> gradient
        array([-0.5, -0.5, -0. ])
        """
        name = f"{self.name}.value_and_grad"
        check_reduction(name, reduction, self._reductions)
        function, x, others = self._chosen(
            name, "_gradient", log_probabilities, targets, log_target
        )
        gradient = gradient_array(name, out, x)
        return self._reduced(function, x, others, reduction, gradient), gradient

    def _chosen(
        self, name: str, ending: str, log_probabilities: Array, targets: Array, log_target: bool
    ) -> tuple[LossFunction, Any, tuple[Operand, ...]]:
        """The function for such targets, the input, and the operands after it."""
        x = floats(name, "log_probabilities", log_probabilities)
        t = fitting(name, "targets", targets, x.shape), x.dtype.newbyteorder("=")
        of_logs = boolean(name, "log_target", log_target)
        return (self._of_logs if of_logs else self._functions)[ending], x, (t,)


sigmoid_cross_entropy: interfaces.SigmoidCrossEntropy = SigmoidCrossEntropy("sigmoid_cross_entropy")
focal: interfaces.Focal = Focal("focal")
kl_divergence: interfaces.Divergence = Divergence("kl_divergence")
