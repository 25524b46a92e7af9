"""Samples of a categorical distribution through which gradients pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastact.arguments import boolean, cast, floats
from fastact.containers.door import public
from fastact.definition.described import Documented
from fastact.elementwise import logit
from fastact.rowwise.row_options import Rows
from fastact.rowwise.softmax_family import hardmax, softmax

if TYPE_CHECKING:
    from fastact.definition import interfaces

Array = Any


class GumbelSoftmax(Documented):
    r"""Softmax of logits with Gumbel noise: a sample of the classes that they stand for, softened.

    .. math:: y = \operatorname{softmax}((x + g) / \tau), \quad g_i = -\log(-\log u_i)

    ``gumbel_softmax(x, axis=-1, *, rng, temperature=1.0, hard=False, return_shares=False)``. The
    noise comes from a `numpy.random.Generator`: one draw for each element, in C order, so that a
    seed gives the same bits for any number of threads. With ``hard=True`` the result is 1 at the
    largest share and 0 elsewhere, a sample of ``softmax(x)`` whatever the temperature. `where` and
    `lengths` are those of `softmax`.

    The gradient is that of softmax at the shares y, also of a hard sample (the straight-through
    estimator): ``softmax.backward(dy, y=y, temperature=temperature)``. ``return_shares=True``
    returns ``(sample, y)``, for which a hard sample needs it.

    Error: that of `softmax` for the rounded x + g. float16 is computed in float32.
    Source: Jang, Gu and Poole 2017; Maddison, Mnih and Teh 2017.

    Raises
    ------
    TypeError
        If `rng` is not a `numpy.random.Generator`, `x` not a float or integer array.
    ValueError
        If shapes do not broadcast, or `temperature` is not positive and finite.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> x = np.log([0.25, 0.75])
    >>> draws = fa.gumbel_softmax(np.tile(x, (10_000, 1)), rng=np.random.default_rng(0), hard=True)
    >>> draws.mean(axis=0).round(2)
    array([0.25, 0.75])
    >>> rng = np.random.default_rng(0)
    >>> sample, y = fa.gumbel_softmax(x, rng=rng, temperature=0.5, hard=True, return_shares=True)
    >>> sample
    array([0., 1.])
    >>> dx = fa.softmax.backward(np.array([1.0, 0.0]), y=y, temperature=0.5)
    """

    _kind = "samples"
    _made_of = (logit, softmax, hardmax)  # whose loops it runs

    def __init__(self) -> None:
        self.name = self.__name__ = self.__qualname__ = "gumbel_softmax"
        self.__module__ = "fastact"

    @public()
    def __call__(
        self,
        x: Array,
        /,
        axis: int | tuple[int, ...] | None = -1,
        *,
        rng: np.random.Generator,
        temperature: Array = 1.0,
        hard: bool = False,
        return_shares: bool = False,
        where: Array | None = None,
        lengths: Array | None = None,
    ) -> Any:
        """Draw a sample along `axis`; see the class."""
        x = floats(self.name, "x", x)
        hard = boolean(self.name, "hard", hard)
        return_shares = boolean(self.name, "return_shares", return_shares)
        if not isinstance(rng, np.random.Generator):
            raise TypeError(
                f"{self.name}(): rng must be a numpy.random.Generator, such as "
                f"numpy.random.default_rng(seed), got {rng!r}"
            )
        present: dict[str, Any] = {"where": where, "lengths": lengths}
        Rows(self.name, x.shape, axis, temperature=temperature, **present)  # says what is wrong
        with np.errstate(all="ignore"):
            noisy = x + noise(rng, x)
        shares = softmax(noisy, axis, temperature=temperature, **present)
        sample = hardmax(noisy, axis, **present) if hard else shares
        shares, sample = cast(shares, x.dtype), cast(sample, x.dtype)
        return (sample, shares) if return_shares else sample

    def __reduce__(self) -> Any:
        return self.name

    def __repr__(self) -> str:
        return "<fastact.gumbel_softmax(x, axis=-1, *, rng)>"


def noise(rng: np.random.Generator, x: Any) -> Any:
    """Gumbel noise for the elements of `x`, in float32 at least: -log(e), e exponential.

    NumPy's logarithm has not the same bits on all processors.
    """
    wide = np.promote_types(x.dtype.newbyteorder("="), np.float32)
    drawn = rng.standard_exponential(x.shape, dtype=wide.type)
    drawn = np.maximum(drawn, np.finfo(wide).tiny)  # a zero would be an infinite noise
    return -logit(drawn / (1 + drawn))


LISTED = GumbelSoftmax  # what `fastact.catalogue` looks for
gumbel_softmax: interfaces.Samples = GumbelSoftmax()
