"""The class of rrelu: an activation whose slope below 0 may be drawn for each element."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from fastact.arguments import ERRORS, MISSING, explain
from fastact.definition.activation import Activation
from fastact.definition.bitmask import operands
from fastact.definition.declaration import Declaration
from fastact.definition.described import OPTIONS
from fastact.definition.function import Array, Backward

if TYPE_CHECKING:
    from fastact.definition.interfaces import WithNegativeSlope

TRAINING = """
Training: ``rrelu(x, rng=rng)`` draws the slope of each element that is not positive, uniformly in
[lower, upper) and in the dtype of `x`, from a `numpy.random.Generator`: one draw for each element,
in C order, so that a seed gives the same bits for any number of threads. Of the other options it
takes `out`. ``rrelu(x, rng=rng, return_slopes=True)`` is ``(y, slopes)``, where `slopes` is the
derivative: the slope drawn, and 1 where x > 0. So ``rrelu.backward(dy, slopes=slopes)`` needs
nothing else; with ``x=`` besides, it gives NaN where `x` is.

>>> import numpy as np, fastact as fa
>>> x = np.array([-1.0, 2.0, -3.0])
>>> y, slopes = fa.rrelu(x, rng=np.random.default_rng(0), return_slopes=True)
>>> bool((y == x * slopes).all()), float(slopes[1])
(True, 1.0)
>>> bool((fa.rrelu.backward(np.ones(3), slopes=slopes) == slopes).all())
True
"""


class RandomizedBackward(Backward):
    """The vector-Jacobian product of rrelu: of the evaluation form, or with slopes drawn before."""

    _owner: Randomized

    @property
    def _sources(self) -> list[str]:
        return [*super()._sources, "slopes"]

    def _general(
        self, dy: Array = MISSING, /, *rest: Array, slopes: Array | None = None, out: Any = None,
        **named: Any,
    ) -> Any:  # fmt: skip
        """``dy * slopes``, or ``dy * f'(x)`` of the evaluation form, as of any activation.

        Raises
        ------
        TypeError
            If `slopes` is given with anything but `x` and `out`; without it, as ever.
        """
        if slopes is None:
            return super()._general(dy, *rest, out=out, **named)
        x = named.pop("x", None)
        self._check_option("out", out)
        if rest or dy is MISSING:
            raise TypeError(self._misplaced())
        if named:
            raise TypeError(
                f"rrelu.backward() takes slopes= alone or with x=, got {next(iter(named))}= too"
            )
        below_zero: WithNegativeSlope = self._owner._below_zero
        try:
            at = -1.0 if x is None else x
            return below_zero.backward(dy, x=at, negative_slope=slopes, out=out)
        except ERRORS as error:
            given = {} if x is None else {"x": x}
            explain(error, f"{self._owner.name}.backward", out, dy=dy, **given, slopes=slopes)
            raise


class Randomized(Activation):
    """An activation with an evaluation form, and a training form with random slopes."""

    _backward_type = RandomizedBackward
    _options = OPTIONS | {"rng": None, "return_slopes": False}

    def __init__(
        self, declaration: Declaration, doc: Callable[[], str], *, below_zero: WithNegativeSlope
    ) -> None:
        super().__init__(declaration, lambda: doc() + TRAINING)
        self._below_zero = below_zero  # the function with a slope for each element: leaky_relu

    def _general(
        self, x: Array = MISSING, /, *params: Array, rng: Any = None, return_slopes: bool = False,
        **options: Any,
    ) -> Any:  # fmt: skip
        """Return the evaluation form, or with `rng` the training form; see the docstring."""
        if rng is None or x is MISSING:
            if return_slopes:
                raise TypeError("rrelu(): return_slopes=True needs rng=, which draws the slopes")
            return super()._general(x, *params, **options)
        if not isinstance(rng, np.random.Generator):
            raise TypeError(
                "rrelu(): rng must be a numpy.random.Generator, such as "
                f"numpy.random.default_rng(seed), got {rng!r}"
            )
        out = options.pop("out", None)
        self._check_option("out", out)
        bounds = self._bind(params, options)
        if options:
            raise TypeError(f"rrelu() with rng= takes out= only, got {next(iter(options))}=")
        (x,) = operands("rrelu", x, ())
        slopes = draw(rng, x, *bounds)
        np.copyto(slopes, 1, where=x > 0)
        try:
            y = self._below_zero(x, slopes, out=out)
        except ERRORS as error:
            explain(error, "rrelu", out, x=x)
            raise
        return (y, slopes[()]) if return_slopes else y


def draw(rng: np.random.Generator, x: Any, lower: Array, upper: Array) -> Any:
    """Slopes for the elements of `x`, uniform in [lower, upper), in C order."""
    low, high = (np.asarray(bound, x.dtype) for bound in (lower, upper))
    shape = np.broadcast_shapes(x.shape, low.shape, high.shape)
    wide = np.promote_types(x.dtype, np.float32)
    drawn = np.empty(shape, wide)
    rng.random(dtype=wide.type, out=drawn)
    drawn *= high.astype(wide) - low
    drawn += low
    slopes = drawn.astype(x.dtype, copy=False)
    # Rounding may have given `upper` itself.
    return np.minimum(slopes, np.nextafter(high, low), out=slopes)
