"""The squared error of an output layer with any activation."""

from __future__ import annotations

import functools
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from fastact.arguments import floats, refused
from fastact.containers.door import public
from fastact.definition.activation import Activation
from fastact.definition.algebra import numbers_of
from fastact.definition.described import shown
from fastact.elementwise import sigmoid
from fastact.losses.shared import (
    Array,
    ElementwiseLoss,
    LossFunction,
    fitting,
    gradient_array,
)  # fmt: skip
from fastact.native import loop_registry

if TYPE_CHECKING:
    from fastact.definition import interfaces

__all__ = ["squared_error"]

SIGMOID: Activation = sigmoid


@functools.lru_cache(maxsize=16)  # no more, so that activations that are dropped can go
def squared(activation: Activation, ending: str) -> LossFunction:
    """The ufunc of the squared error with an activation, which is not part of the catalogue."""
    declaration = activation.declaration
    if ending:
        activation._function("derivative")._check_kernel()
    outputs = "dx" if ending else "d"
    build = loop_registry.builder(
        "fastact.compiler.loss_loops", "build_squares", declaration.kernels,
        numbers_of(activation, activation._bind((), {})), outputs,
    )  # fmt: skip
    return LossFunction(
        f"squared_error_{activation._stem}{ending}", "squared_error", f"xxd>{outputs}",
        build, declaration.source or "",
    )  # fmt: skip


class SquaredError(ElementwiseLoss):
    r"""Half the sum of squared errors of an output layer, ``E = ½ Σ (g(z) - t)²``.

    .. math:: E(z, t) = \frac{1}{2} \sum_i (g(z_i) - t_i)^2

    ``squared_error(z, t, activation=fa.sigmoid)``: `z` are the inputs of the output units, `t` the
    targets, which broadcast against `z`, and g the `activation`, with its default parameters. The
    sum is over all elements, in float64; the result is a scalar of the dtype of `z`, of which
    integers become float64.

    Raises
    ------
    TypeError
        If `activation` is not an `Activation`, or needs parameters; for complex, object, string
        and longdouble input.
    ValueError
        If the shape of `t` does not broadcast to that of `z`.

    Notes
    -----
    g(z) is what ``activation(z)`` gives, so that a perfect fit costs exactly 0. Delta is computed
    in float64 and rounded once: where g(z) is saturated far from its target it is small, but not 0.
    Error: at most 3 ulp of what the result changes by if `z` and `t` are rounded. Where g(z) is
    near t that is more than 3 ulp of the result.
    Source: Rumelhart, Hinton and Williams 1986, Learning Representations by Back-propagating
    Errors.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> float(fa.squared_error(np.zeros(2), np.array([0.0, 1.0])))
    0.25
    """

    _formulas = MappingProxyType({
        "value_and_grad": r"\delta_i = \frac{\partial E}{\partial z_i} = (g(z_i) - t_i)\,g'(z_i)",
    })  # fmt: skip

    _positional = ("t",)
    _reductions = ("sum",)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        for ending in ("", "_gradient"):  # with the default activation it can be compiled ahead
            for loop in squared(SIGMOID, ending).loops.values():
                loop_registry.add(loop)

    @property
    def _any_ufunc(self) -> np.ufunc:
        return self._plain_function("").ufunc

    def _plain_function(self, ending: str) -> LossFunction:
        return squared(SIGMOID, ending)

    @public()
    def __call__(self, z: Array, t: Array, activation: Activation | None = None) -> Any:
        """Return ``E``; see the class."""
        function = squared(chosen(self.name, activation), "")
        z = floats(self.name, "z", z)
        t = fitting(self.name, "t", t, z.shape), z.dtype.newbyteorder("=")
        return self._reduced(function, z, (t,), "sum")

    @shown
    @public()
    def value_and_grad(
        self, z: Array, t: Array, activation: Activation | None = None, *, out: Any = None
    ) -> tuple[Any, Any]:
        """``E`` and ``delta = ∂E/∂z = (g(z) - t) g'(z)``, in one pass: one read and one write.

        With inputs x of the layer, ``z = x @ W``, the gradient of its weights is ``x.T @ delta``:
        ∂E/∂w_jk = (g(z_k) - t_k) g'(z_k) x_j. `out` is where delta goes, of the shape and dtype of
        `z`, or `z` itself. A TypeError if the activation has no derivative.

        >>> import numpy as np, fastact as fa
        >>> fa.squared_error.value_and_grad(np.zeros(2), np.array([0.0, 1.0]))
        (np.float64(0.25), array([ 0.125, -0.125]))
        """
        name = f"{self.name}.value_and_grad"
        function = squared(chosen(name, activation), "_gradient")
        z = floats(name, "z", z)
        t = fitting(name, "t", t, z.shape), z.dtype.newbyteorder("=")
        delta = gradient_array(name, out, z)
        return self._reduced(function, z, (t,), "sum", delta), delta


def chosen(name: str, activation: Activation | None) -> Activation:
    """The activation, sigmoid unless another is given."""
    if activation is None:
        return SIGMOID
    if not isinstance(activation, Activation):
        raise refused(name, "activation", "a fastact.Activation", type(activation).__name__)
    return activation


squared_error: interfaces.SquaredError = SquaredError("squared_error")
