"""Functions of `scipy.special` inside compiled code, once this module has been imported.

>>> import numba, scipy.special
>>> import fastact.in_njit.scipy_special
>>> @numba.njit
... def odds(x):
...     return scipy.special.logit(scipy.special.expit(x))
>>> odds(0.0)
0.0

They have SciPy's signatures, less ``out``, and are computed as outside of `numba` by the functions
of this package:

- ``expit``, ``logit``, ``log_expit``, ``softplus``, ``erf``, ``erfc``;
- ``softmax``, ``log_softmax``, ``logsumexp``, over all axes unless `axis` is given;
- ``entr``, ``rel_entr``, ``xlogy``, of numbers and arrays that broadcast.

Results are those of SciPy within the errors of both, but for rows with infinities: a row of -inf
alone has the softmax 0, and +inf share the mass, where SciPy has NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
import scipy.special
from numba.core import types
from numba.extending import overload

from fastact.elementwise import erf, erfc, log_sigmoid, logit, sigmoid, softplus
from fastact.in_njit.plan import is_array, is_number
from fastact.rowwise.logsumexp import logsumexp
from fastact.rowwise.softmax_family import log_softmax, softmax

ALONE = {
    "expit": sigmoid,
    "logit": logit,
    "log_expit": log_sigmoid,
    "softplus": softplus,
    "erf": erf,
    "erfc": erfc,
}


def taken(*arguments: Any) -> bool:
    """Whether these are what SciPy's loops take as it is: float16 becomes float32."""
    return all(
        (is_array(t) or is_number(t)) and getattr(t, "dtype", t) != types.float16 for t in arguments
    )


def register_alone(name: str, function: Any) -> None:
    """Let compiled code call a function of one argument."""

    def choose(x: Any) -> Callable[..., Any] | None:
        return (lambda x: function(x)) if taken(x) else None

    overload(getattr(scipy.special, name), strict=False)(choose)


for _name, _function in ALONE.items():
    if hasattr(scipy.special, _name):
        register_alone(_name, _function)


def whole(x: Any, axis: Any) -> bool:
    """Whether all axes are the only one."""
    none = axis is None or isinstance(axis, types.NoneType) or getattr(axis, "value", 0) is None
    return none and x.ndim == 1


def register_rows(name: str, function: Any) -> None:
    """Let compiled code call a function along an axis."""

    def choose(x: Any, axis: Any = None) -> Callable[..., Any] | None:
        if not (is_array(x) and taken(x)):
            return None
        if whole(x, axis):
            return lambda x, axis=None: function(x)
        return lambda x, axis=None: function(x, axis)

    overload(getattr(scipy.special, name), strict=False)(choose)


register_rows("softmax", softmax)
register_rows("log_softmax", log_softmax)


@overload(scipy.special.logsumexp, strict=False)
def _logsumexp(a: Any, axis: Any = None, b: Any = None) -> Callable[..., Any] | None:
    if not (is_array(a) and taken(a)):
        return None
    unweighted = b is None or isinstance(b, types.NoneType) or getattr(b, "value", 0) is None
    if whole(a, axis) and unweighted:
        return lambda a, axis=None, b=None: logsumexp(a)
    return lambda a, axis=None, b=None: logsumexp(a, axis, b=b)


# ---------------------------------------------------------------- x log y
KINDS = ["float32(float32, float32)", "float64(float64, float64)"]


@numba.vectorize(KINDS)
def xlogy(x: Any, y: Any) -> Any:
    """``x log(y)``, and 0 where x is 0 unless y is NaN."""
    if x == 0 and not math.isnan(y):
        return x * 0
    return x * math.log(y) if y > 0 else x * (-math.inf if y == 0 else math.nan)


@numba.vectorize(["float32(float32)", "float64(float64)"])
def entr(x: Any) -> Any:
    """``-x log(x)``, 0 at 0, and -inf below."""
    if math.isnan(x):
        return x
    if x > 0:
        return -x * math.log(x)
    return x * 0 if x == 0 else -math.inf


@numba.vectorize(KINDS)
def rel_entr(x: Any, y: Any) -> Any:
    """``x log(x / y)``, 0 where x is 0, and inf where a ratio is not that of positive numbers."""
    if math.isnan(x) or math.isnan(y):
        return math.nan
    if x > 0 and y > 0:
        return x * math.log(x / y)
    return x * 0 if x == 0 and y >= 0 else math.inf


@overload(scipy.special.entr, strict=False)
def _entr(x: Any) -> Callable[..., Any] | None:
    return (lambda x: entr(x)) if taken(x) else None


@overload(scipy.special.xlogy, strict=False)
def _xlogy(x: Any, y: Any) -> Callable[..., Any] | None:
    return (lambda x, y: xlogy(x, y)) if taken(x, y) else None


@overload(scipy.special.rel_entr, strict=False)
def _rel_entr(x: Any, y: Any) -> Callable[..., Any] | None:
    return (lambda x, y: rel_entr(x, y)) if taken(x, y) else None
