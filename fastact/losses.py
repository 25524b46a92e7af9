"""Losses, fused with their gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastact import activations
from fastact.engine.activation import Activation

Array = Any
SIGMOID: Activation = activations.sigmoid


class SquaredError:
    """Half the sum of squared errors of an output layer, ``E = ½ Σ (g(z) - t)²``.

    ``squared_error(z, t, activation=fa.sigmoid)``: `z` are the inputs of the output units, `t` the
    targets, which broadcast against `z`, and g the `activation`. The sum is over all elements.

    Raises
    ------
    TypeError
        If `activation` is not an `Activation`.
    ValueError
        If the shapes of `z` and `t` do not broadcast to that of `z`.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> float(fa.squared_error(np.zeros(2), np.array([0.0, 1.0])))
    0.25
    """

    name = "squared_error"

    def __call__(self, z: Array, t: Array, activation: Activation | None = None) -> Any:
        """Return ``E``; see the class."""
        g = chosen(activation)
        z, t = matched(z, t)
        return half_square(g(z) - t)

    def value_and_grad(
        self, z: Array, t: Array, activation: Activation | None = None, *, out: Any = None
    ) -> tuple[Any, Any]:
        """``E`` and ``delta = ∂E/∂z = (g(z) - t) g'(z)``, in one pass over `z`.

        With inputs x of the layer, ``z = x @ W``, the gradient of its weights is ``x.T @ delta``:
        ∂E/∂w_jk = (g(z_k) - t_k) g'(z_k) x_j.

        >>> import numpy as np, fastact as fa
        >>> fa.squared_error.value_and_grad(np.zeros(2), np.array([0.0, 1.0]))
        (np.float64(0.25), array([ 0.125, -0.125]))
        """
        g = chosen(activation)
        z, t = matched(z, t)
        error, slope = g.value_and_derivative(z)
        error = np.subtract(error, t, out=error if isinstance(error, np.ndarray) else None)
        return half_square(error), np.multiply(error, slope, out=out)

    def __reduce__(self) -> Any:
        return self.name

    def __repr__(self) -> str:
        return "<fastact.squared_error(z, t, activation=sigmoid)>"


def chosen(activation: Activation | None) -> Activation:
    """The activation, sigmoid unless another is given."""
    if activation is None:
        return SIGMOID
    if not isinstance(activation, Activation):
        raise TypeError(
            "squared_error(): activation must be a fastact.Activation, "
            f"got {type(activation).__name__}"
        )
    return activation


def matched(z: Array, t: Array) -> tuple[Any, Any]:
    """Both as arrays of one float dtype, where `t` broadcasts to `z`."""
    z, t = np.asarray(z), np.asarray(t)
    if z.dtype.kind != "f":
        z = z.astype(np.float64)
    try:
        fits = np.broadcast_shapes(z.shape, t.shape) == z.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"squared_error(): targets of shape {t.shape} do not broadcast to z of shape {z.shape}"
        )
    return z, t.astype(z.dtype, copy=False)


def half_square(error: Any) -> Any:
    """½ Σ error², summed in float64 at least."""
    total = np.sum(np.square(error, dtype=np.promote_types(error.dtype, np.float64)))
    return (0.5 * total).astype(error.dtype)


squared_error = SquaredError()
