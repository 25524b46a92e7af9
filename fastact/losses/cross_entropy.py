"""Cross-entropy of softmax, and the negative log-likelihood: losses of rows with a label each."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from fastact.arguments import (
    MOST,
    array_of,
    cast,
    floats,
    integer,
    number,
    one_axis,
    outputs,
    refused,
)
from fastact.containers.door import public
from fastact.definition.described import shown
from fastact.losses.shared import (
    SLAB,
    Array,
    Loss,
    OfLosses,
    apart,
    check_batch,
    check_reduction,
    gradient_array,
    narrowed,
    number_of,
    slabs,
    summed,
    total_of,
)  # fmt: skip
from fastact.native import threads, ufunc
from fastact.rowwise.row_function import RowFunction

if TYPE_CHECKING:
    from fastact.definition import interfaces

__all__ = ["nll", "softmax_cross_entropy"]

OWNER = "softmax_cross_entropy"
SIGNED = np.dtype(np.int64)  # NumPy takes dtypes sooner than types


class RowLosses(RowFunction, OfLosses):
    """The losses of rows, and perhaps their gradient."""


def pair(name: str, inputs: str, owner: str = OWNER) -> tuple[RowLosses, RowLosses]:
    """The ufunc of the losses, and that of losses and gradient."""
    return (
        RowLosses(name, owner, inputs, "d"),
        RowLosses(f"{name}_gradient", owner, inputs, "dX"),
    )


LABELLED = pair("cross_entropy", "Xid")
GENERAL = pair("cross_entropy_general", "XidXd")
PICKED = pair("nll", "Xid", owner="nll")
OF_ZEROS = RowLosses("nll_of_zeros", "nll", "Xid", "dX")  # the gradient is zeros before
NO_LABEL = np.int64(-1)
HESSIAN = RowFunction("cross_entropy_hessian", OWNER, "Xidd", "XX")


@functools.cache
def largest() -> Callable[[Any], float]:
    """The function of the largest of labels, as unsigned numbers."""
    return ufunc.largest(LABELLED[0].ufunc)


# ---------------------------------------------------------------- what is checked before any work
def check_labels(name: str, labels: Any, shape: tuple[int, ...], axis: int) -> None:
    """Raise an error unless these are integers, of the shape of the logits without the axis."""
    if labels.dtype.kind not in "iu":
        soft = " or floats (probabilities)" * name.startswith("softmax_cross_entropy")
        soft *= not name.endswith("hessian")
        raise refused(name, "labels", f"integers (class indices){soft}", labels.dtype)
    rows = shape[:axis] + shape[axis + 1 :]
    if labels.shape != rows:
        hint = "; probabilities must be floats" if labels.shape == shape else ""
        raise ValueError(
            f"{name}(): labels that are class indices need the shape of the logits {shape} without "
            f"axis {axis}, {rows}, got {labels.shape}{hint}"
        )


def check_probabilities(name: str, labels: Any, shape: tuple[int, ...], axis: int) -> None:
    """Raise an error unless these have the shape of the logits."""
    if labels.shape == shape:
        return
    if labels.shape == shape[:axis] + shape[axis + 1 :]:
        raise TypeError(
            f"{name}(): labels that are class indices must be integers, got {labels.dtype}"
        )
    raise ValueError(
        f"{name}(): labels that are probabilities need the shape of the logits, {shape}, "
        f"got {labels.shape}"
    )


def check_range(name: str, labels: Any, classes: int, given: Any) -> None:
    """Raise a ValueError if a label, an int64, is no class; `given` are those of the message.

    Seen as unsigned integers, negative labels are the largest, so that one pass is enough.
    """
    if not labels.size or largest()(labels) < classes:
        return
    place = tuple(int(i) for i in np.argwhere((labels < 0) | (labels >= classes))[0])
    where = f"labels[{', '.join(map(str, place))}]" if place else "the label"
    known = f"{classes} classes, 0 to {classes - 1}" if classes else "0 classes"
    raise ValueError(f"{name}(): {where} is {int(given[place])}, which is none of {known}")


def class_weights(name: str, weight: Any, classes: int) -> Any:
    """The weights as one finite float64 for each class, or an error."""
    weight = floats(name, "weight", weight)
    if weight.shape != (classes,):
        raise ValueError(
            f"{name}(): weight needs one number for each class, shape {(classes,)}, "
            f"got {weight.shape}"
        )
    weight = weight.astype(np.float64, copy=False)
    if not np.isfinite(weight).all():
        place = int(np.argmin(np.isfinite(weight)))
        raise ValueError(f"{name}(): weight must be finite, got {weight[place]} for class {place}")
    return weight


LARGE = 2.0**10  # weight: sums of larger ones, or a float16 of one, might overflow


@np.errstate(all="ignore")
def balanced(of_row: Any, counted: Any, weight: Any) -> tuple[Any, Any]:
    """Weights of rows and classes, perhaps times one power of two, which a mean does not change."""
    counts = True if counted is None else counted
    top = float(np.max(np.abs(of_row), initial=0.0, where=counts))
    if top == 0.0 or 1.0 / LARGE <= top <= LARGE:
        return of_row, weight
    power = -math.frexp(top)[1]
    return np.ldexp(np.where(counts, of_row, 0.0), power), np.ldexp(weight, power)


# ---------------------------------------------------------------- targets
@dataclass
class Targets:
    """Labels as int64, what multiplies the loss of each row, and what is spread over the classes.

    Factors and smoothing are divided by what the reduction divides by, so that the loss is a sum
    over rows. A row that does not count has factor 0.
    """

    labels: Any
    factor: Any  # a number, or one for each row
    smoothing: Any  # the same, or None
    weight: Any  # one for each class, or None


def targets(name: str, labels: Any, classes: int, options: Any) -> Targets:
    """Labels, which are checked, and by the loops once more, with the factors of their rows."""
    weight, ignore_index, smoothing, reduction = options
    found = np.asarray(labels, SIGNED, "C")
    counted: Any = None  # which rows count, None if all do
    if ignore_index is not None:
        counted = labels != int(ignore_index)  # as uint64, labels of which are not all int64
        found = np.where(counted, found, 0)
    check_range(name, found, classes, labels)
    of_row = None
    if weight is not None:
        weight = class_weights(name, weight, classes)
        of_row = weight.take(found)
    divisor = 1.0
    if reduction == "mean":
        if of_row is not None:
            of_row, weight = balanced(of_row, counted, weight)
        divisor = mass(found.size, counted, of_row)
    each = 0.0 if divisor == 0.0 else 1.0 / divisor
    spread = each if counted is None else counted * each
    if of_row is None and not smoothing:
        return Targets(found, spread, None, weight)
    with np.errstate(all="ignore"):
        factor = spread if of_row is None else of_row * spread
        if not smoothing:
            return Targets(found, factor, None, weight)
        return Targets(found, (1.0 - smoothing) * factor, smoothing / classes * spread, weight)


def mass(rows: int, counted: Any, of_row: Any) -> float:
    """The sum of the weights of the rows that count."""
    if of_row is not None:
        return float(np.add.reduce(of_row, axis=None, where=True if counted is None else counted))
    return float(rows if counted is None else np.count_nonzero(counted))


# ---------------------------------------------------------------- losses of rows
def last(x: Any, axis: int) -> Any:
    """A view with the axis at the end."""
    return x if axis == x.ndim - 1 else np.moveaxis(x, axis, -1)


def of_labels(x: Any, gradient: Any, found: Targets, losses: Any, *, new: bool) -> float:
    """The sum of `losses`, those of rows with labels, which it writes, and the gradient.

    Whether that is a `new` array, made by `_new_gradient` of the loss, matters to some.
    """
    operands: tuple[Any, ...] = (found.labels, found.factor)
    functions = LABELLED
    if found.smoothing is not None:
        weight = np.ones(x.shape[-1]) if found.weight is None else found.weight
        operands, functions = (*operands, cast(weight, x.dtype), found.smoothing), GENERAL
    return of_operands(functions, x, gradient, operands, losses)


def of_picked(x: Any, gradient: Any, found: Targets, losses: Any, *, new: bool) -> float:
    """The same of rows of log-probabilities with labels; a new gradient is zeros.

    NumPy lays another array under a gradient in the other byte order, and fills it later.
    """
    zeros = new and x.dtype.isnative
    functions = PICKED[0], OF_ZEROS if zeros else PICKED[1]
    return of_operands(functions, x, gradient, (found.labels, found.factor), losses)


def of_operands(
    functions: Any, x: Any, gradient: Any, operands: tuple[Any, ...], losses: Any
) -> float:
    """The same, by the ufunc of the pair that makes the gradient or not."""
    outs = (losses,) if gradient is None else (losses, gradient)
    return summed(functions[gradient is not None], losses, x, *operands, *outs)


def of_probabilities(
    name: str, x: Any, gradient: Any, labels: Any, options: Any, losses: Any
) -> float:
    """The sum of `losses`, those of rows with probabilities, which it writes, and the gradient."""
    weight, _, smoothing, reduction = options
    classes, shape = x.shape[-1], x.shape[:-1]
    if weight is not None:
        weight = class_weights(name, weight, classes)
    scale = classes / x.size if reduction == "mean" else 1.0
    x, labels = apart(x, gradient), apart(labels, gradient)
    as_given = weight is None and not smoothing and labels.dtype == x.dtype
    for slab in [...] if as_given else slabs(shape, max(1, SLAB // classes)):
        q = labels[slab] if as_given else mixed(labels[slab], x.dtype, weight, smoothing)
        outs: tuple[Any, ...] = (losses[slab],)
        if gradient is not None:
            outs += (gradient[slab],)
        threads.call(
            GENERAL[gradient is not None].ufunc, x[slab], NO_LABEL, 0.0, q, scale, out=outs
        )
    return total_of(losses)


@np.errstate(all="ignore")
def mixed(q: Any, dtype: Any, weight: Any, smoothing: float) -> Any:
    """Probabilities mixed with the uniform ones, times the weights of their classes."""
    if smoothing:
        q = q * (1.0 - smoothing) + smoothing / q.shape[-1]
    if weight is not None:
        q = q * weight
    return q.astype(dtype, copy=False)


class LossOfLabels(Loss):
    """A loss of rows with a label each, and perhaps of rows with a probability for each class."""

    _kind = "loss of labels"
    _input = "logits"  # the name of the first argument
    _axis = "axis"
    _positional = ("labels",)
    _pair: tuple[RowLosses, RowLosses]  # of rows with labels, without options
    _new_gradient: Callable[..., Any] = np.empty
    _most = sys.maxsize  # elements of which native code makes the gradient
    # What writes losses of rows, and the gradient where there is an array for it.
    _of_labels: Callable[..., float]
    _of_probabilities: Any = None

    @property
    def _any_ufunc(self) -> np.ufunc:
        return self._pair[0].ufunc

    def _natively_small(self, more: Any, *, gradient: bool) -> Callable[..., Any]:
        most = self._most if gradient else sys.maxsize
        compute = self._pair[gradient].ufunc
        return ufunc.reducing(compute, more, number_of, labelled=True, most=most)

    def _computed(
        self, name: str, x: Any, labels: Any, axis: int, options: Any, out: tuple[Any] | None
    ) -> tuple[Any, Any]:
        """The loss, and its gradient if `out` is a tuple: in the array there, or a new one."""
        weight, ignore_index, smoothing, reduction = options
        if self._waits:
            self._go_plainly()
        if ignore_index is not None:
            integer(name, "ignore_index", ignore_index)
        check_reduction(name, reduction)
        smoothing = number(name, "label_smoothing", smoothing, 0.0, 1.0, "from 0 to 1")
        options = weight, ignore_index, smoothing, reduction
        x, labels = floats(name, self._input, x), array_of(name, "labels", labels, np.int64)
        axis = one_axis(name, axis, x.ndim)
        gradient, new = None, out is not None and out[0] is None
        if out is not None:
            make = self._new_gradient
            gradient = make(x.shape, x.dtype) if new else gradient_array(name, out[0], x)
        soft = labels.dtype.kind == "f" and self._of_probabilities is not None
        (check_probabilities if soft else check_labels)(name, labels, x.shape, axis)
        check_batch(name, labels.size, reduction, "row")
        rows = last(x, axis), None if gradient is None else last(gradient, axis)
        losses = np.empty(rows[0].shape[:-1])
        if soft:
            if ignore_index is not None:
                raise ValueError(f"{name}(): ignore_index needs labels that are class indices")
            total = self._of_probabilities(name, *rows, last(labels, axis), options, losses)
        else:
            found = targets(name, labels, x.shape[axis], options)
            total = self._of_labels(*rows, found, losses, new=new)
        if reduction == "none":
            return narrowed(losses, x.dtype)[()], gradient
        return number_of(total, x.dtype), gradient


# ---------------------------------------------------------------- softmax cross-entropy
class SoftmaxCrossEntropy(LossOfLabels):
    r"""Cross-entropy of the softmax of logits: the negative log-likelihood of labels.

    .. math:: \ell(x, q) = \sum_j q_j\,(\log\sum_k e^{x_k} - x_j)

    ``softmax_cross_entropy(logits, labels, axis=-1, weight=None, ignore_index=None,
    label_smoothing=0.0, reduction="mean")``. For a class index l, q is 1 at l and 0 elsewhere. No
    array of probabilities is made.

    Parameters
    ----------
    logits : array_like of float16, float32 or float64
        Integers are converted to float64.
    labels : array_like
        Integers: class indices, of the shape of the logits without `axis`. Floats: probabilities,
        of the shape of the logits.
    axis : int, default -1
        The axis of the classes; 1 is what `torch` has.
    weight : array_like, optional
        A finite number for each class, by which its q is multiplied.
    ignore_index : int, optional
        The class index of rows that do not count: their loss and gradient are 0 whatever their
        logits. It need not be a class.
    label_smoothing : float, default 0.0
        e, from 0 to 1: q becomes ``(1 - e) q + e / K`` for K classes, before weights.
    reduction : {"mean", "sum", "none"}
        "mean" divides the sum of the losses by the sum of the weights of the labels that count,
        also with smoothing; for probabilities, by the number of rows.

    Returns
    -------
    scalar or ndarray
        In the dtype of the logits; with "none" of their shape without `axis`. Computed and summed
        in float64.

    Raises
    ------
    ValueError
        Before any work: if a label is out of range (with its position), shapes do not match, a
        weight is not finite, `label_smoothing` is not from 0 to 1, `reduction` is unknown, the
        batch is empty under "mean", or `ignore_index` is given with probabilities.
    AxisError
        If `axis` is out of range.
    TypeError
        If `axis` or `ignore_index` is no integer; for labels that are neither integers nor floats,
        and complex, object, string and longdouble logits.

    Notes
    -----
    All of this is as in ``torch.nn.functional.cross_entropy``, but for two cases. If no row counts,
    or their weights sum to 0, the mean is 0 with gradient 0, as in Chainer (torch: NaN). Infinite
    logits are limits: +inf share the mass; a row of -inf has loss inf and gradient 0 (torch: NaN).
    NaN makes its row NaN.
    Error: a row's loss at most 2 ulp in float32 and 3.5 ulp in float64, each element of the
    gradient at most 2 ulp in float32 and 4 ulp in float64, also where the label has nearly all the
    mass: 1 - p is not formed by subtraction. With weights and smoothing, or with probabilities, the
    errors of the gradient are those of its larger term. Probabilities that are smoothed or weighted
    are rounded to the dtype of the logits before.
    Source: Bridle 1990; for label smoothing Szegedy et al. 2016, Rethinking the Inception
    Architecture for Computer Vision.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> logits, labels = np.array([[2.0, 0.0, 0.0], [0.0, 50.0, 0.0]]), np.array([2, 1])
    >>> fa.softmax_cross_entropy(logits, labels, reduction="none")
    array([2.23954477e+00, 3.85749970e-22])
    >>> fa.softmax_cross_entropy(logits, np.array([-1, 1]), ignore_index=-1, label_smoothing=0.1)
    np.float64(3.3333333333333335)
    """

    _formulas = MappingProxyType({
        "value_and_grad": (
            r"\frac{\partial \ell}{\partial x_j} = p_j \sum_k q_k - q_j, \quad p_j = "
            r"\frac{e^{x_j}}{\sum_k e^{x_k}}"
        ),
        "gradient_and_hessian": (
            r"g_j = w\,(p_j - [j = l]), \quad h_j = w\,p_j (1 - p_j), \quad p_j = "
            r"\frac{e^{x_j}}{\sum_k e^{x_k}}"
        ),
    })  # fmt: skip

    _pair = LABELLED
    _of_labels = staticmethod(of_labels)
    _of_probabilities = staticmethod(of_probabilities)

    @public()
    def __call__(
        self,
        logits: Array,
        labels: Array,
        axis: int = -1,
        weight: Array | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        reduction: str = "mean",
    ) -> Any:
        """Return the loss; see the class."""
        options = weight, ignore_index, label_smoothing, reduction
        return self._computed(self.name, logits, labels, axis, options, None)[0]

    @shown
    @public()
    def value_and_grad(
        self,
        logits: Array,
        labels: Array,
        axis: int = -1,
        weight: Array | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        reduction: str = "mean",
        *,
        out: Any = None,
    ) -> tuple[Any, Any]:
        """The loss and its gradient by the logits, ``(sum q) softmax(x) - q``: one read, one write.

        With ``reduction="none"`` the gradient is that of the sum: each row by its own logits.

        Parameters
        ----------
        out : ndarray, optional
            Where the gradient goes: of the shape and dtype of the logits, or the logits themselves.

        Raises
        ------
        ValueError, TypeError, AxisError
            As for the loss, and if `out` has another shape or dtype or is read-only.

        Examples
        --------
        >>> import numpy as np, fastact as fa
        >>> loss, gradient = fa.softmax_cross_entropy.value_and_grad(np.zeros((1, 4)), [0])
        >>> gradient
        array([[-0.75,  0.25,  0.25,  0.25]])
        """
        name = "softmax_cross_entropy.value_and_grad"
        options = weight, ignore_index, label_smoothing, reduction
        return self._computed(name, logits, labels, axis, options, (out,))

    @shown
    @public()
    def gradient_and_hessian(
        self,
        logits: Array,
        labels: Array,
        axis: int = -1,
        weight: Array | None = None,
        ignore_index: int | None = None,
        *,
        hessian_scale: float = 1.0,
        out: tuple[Any, Any] | None = None,
    ) -> tuple[Any, Any]:
        """The gradient of the sum of the losses, and the diagonal of its hessian, in one pass.

        For each element ``w (p - [it is the label])`` and ``w p (1 - p)``, p being its probability
        and w the `weight` of the label's class: what an objective of gradient boosting returns.
        Neither is 0 unless it is too small for the dtype: 1 - p is not formed by subtraction where
        p is nearly 1.

        Parameters
        ----------
        hessian_scale : float, default 1.0
            What the hessian is multiplied by. XGBoost's own objective has 2, LightGBM's K / (K - 1)
            for K classes (Friedman 2001).
        out : pair of ndarray, optional
            Where both go: of the shape and dtype of the logits; one of them may be the logits.

        Raises
        ------
        ValueError, TypeError, AxisError
            As for the loss with class indices, and if `hessian_scale` is not one finite number.

        Examples
        --------
        >>> import numpy as np, fastact as fa
        >>> fa.softmax_cross_entropy.gradient_and_hessian(np.array([[40.0, 0.0]]), np.array([0]))
        (array([[-4.24835426e-18,  4.24835426e-18]]), array([[4.24835426e-18, 4.24835426e-18]]))
        """
        name = f"{self.name}.gradient_and_hessian"
        x, labels = floats(name, "logits", logits), array_of(name, "labels", labels, np.int64)
        axis = one_axis(name, axis, x.ndim)
        check_labels(name, labels, x.shape, axis)
        outs = [gradient_array(name, o, x) for o in outputs(name, out, 2)]
        if ignore_index is not None:
            integer(name, "ignore_index", ignore_index)
        scale = number(name, "hessian_scale", hessian_scale, -MOST, MOST, "one finite number")
        found = targets(name, labels, x.shape[axis], (weight, ignore_index, 0.0, "sum"))
        operands = last(x, axis), found.labels, found.factor, found.factor * scale
        threads.call(HESSIAN.ufunc, *operands, *(last(o, axis) for o in outs))
        return outs[0], outs[1]


# ---------------------------------------------------------------- negative log-likelihood
class NegativeLogLikelihood(LossOfLabels):
    r"""The negative log-likelihood of class indices, from log-probabilities.

    .. math:: \ell(x, l) = -w_l\,x_l

    ``nll(log_probabilities, labels, axis=-1, weight=None, ignore_index=None, reduction="mean")``:
    `softmax_cross_entropy` of log-probabilities, such as `log_softmax` gives, with the same
    arguments, conventions, dtypes and errors raised. From logits take `softmax_cross_entropy`,
    which reads them once.

    Notes
    -----
    Error: of a row's loss none without weights, and with them that of one rounding.
    Source: Fisher 1922, On the Mathematical Foundations of Theoretical Statistics.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> fa.nll(np.log([[0.5, 0.25, 0.25]]), np.array([1]))
    np.float64(1.3862943611198906)
    >>> fa.nll.value_and_grad(np.log([[0.5, 0.25, 0.25]]), np.array([1]))[1]
    array([[ 0., -1.,  0.]])
    """

    _formulas = MappingProxyType({
        "value_and_grad": r"\frac{\partial \ell}{\partial x_j} = -w_l\,[j = l]",
    })  # fmt: skip

    _input = "log_probabilities"
    _pair = PICKED
    _new_gradient = np.zeros  # which the system gives where there are many
    _most = 2**16
    _of_labels = staticmethod(of_picked)

    @public()
    def __call__(
        self,
        log_probabilities: Array,
        labels: Array,
        axis: int = -1,
        weight: Array | None = None,
        ignore_index: int | None = None,
        reduction: str = "mean",
    ) -> Any:
        """Return the loss; see the class."""
        options = weight, ignore_index, 0.0, reduction
        return self._computed(self.name, log_probabilities, labels, axis, options, None)[0]

    @shown
    @public()
    def value_and_grad(
        self,
        log_probabilities: Array,
        labels: Array,
        axis: int = -1,
        weight: Array | None = None,
        ignore_index: int | None = None,
        reduction: str = "mean",
        *,
        out: Any = None,
    ) -> tuple[Any, Any]:
        """The loss and its gradient by the log-probabilities: ``-w`` at labels, 0 elsewhere.

        `out` is where the gradient goes; all else is as for `softmax_cross_entropy`.

        >>> import numpy as np, fastact as fa
        >>> loss, gradient = fa.nll.value_and_grad(np.log([[0.5, 0.25, 0.25]]), np.array([1]))
        >>> gradient
        array([[ 0., -1.,  0.]])
        """
        options = weight, ignore_index, 0.0, reduction
        name = f"{self.name}.value_and_grad"
        return self._computed(name, log_probabilities, labels, axis, options, (out,))


softmax_cross_entropy: interfaces.CrossEntropy = SoftmaxCrossEntropy(OWNER)
nll: interfaces.NegativeLogLikelihood = NegativeLogLikelihood("nll")
