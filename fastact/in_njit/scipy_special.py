"""Functions of `scipy.special` inside compiled code, once this module has been imported.

>>> import numba, scipy.special
>>> import fastact.in_njit.scipy_special
>>> @numba.njit
... def odds(x):
...     return scipy.special.logit(scipy.special.expit(x))
>>> odds(0.0)
0.0

They have SciPy's signatures, take no float16, and are computed by the functions of this package, as
outside of `numba`:

- ``expit``, ``logit``, ``log_expit``, ``softplus``, ``erf``, ``erfc``;
- ``softmax``, ``log_softmax``, ``logsumexp``, over all axes unless `axis` is given;
- ``entr``, ``rel_entr``, ``kl_div``, ``xlogy``, ``xlog1py``, of numbers and arrays that broadcast.

Results are those of SciPy within the errors of both, but for rows with infinities: a row of -inf
alone has the softmax 0, and +inf share the mass, where SciPy has NaN.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import scipy.special
from numba.core import types
from numba.extending import overload
from numba.np.numpy_support import as_dtype

from fastact.compiler.dispatch import with_all_of_numba
from fastact.elementwise import erf, erfc, log_sigmoid, logit, sigmoid, softplus
from fastact.in_njit.plan import UNKNOWN, is_array, is_number, value_of
from fastact.rowwise import logsumexp as sums
from fastact.rowwise.softmax_family import log_softmax, softmax

logsumexp: Any = sums.logsumexp  # constants stand for its arguments, which types tell apart
ALONE = {
    "expit": sigmoid,
    "logit": logit,
    "log_expit": log_sigmoid,
    "softplus": softplus,
    "erf": erf,
    "erfc": erfc,
}


def taken(*arguments: Any) -> bool:
    """Whether these are what SciPy's loops take; float16, which it widens, is not."""
    return all(
        (is_array(t) or is_number(t)) and getattr(t, "dtype", t) != types.float16 for t in arguments
    )


def known(argument: Any, default: Any) -> Any:
    """The value of an argument, or `default` where only the call tells it."""
    value = argument if argument is None or isinstance(argument, int) else value_of(argument)
    return default if value is UNKNOWN else value


def register_alone(name: str, function: Any) -> None:
    """Let compiled code call a function of one argument."""

    def choose(x: Any, out: Any = None) -> Callable[..., Any] | None:
        if not taken(x):
            return None
        if known(out, out) is None:
            return lambda x, out=None: function(x)
        return lambda x, out=None: function(x, out=out)

    overload(getattr(scipy.special, name), strict=False)(choose)


for _name, _function in ALONE.items():
    if hasattr(scipy.special, _name):
        register_alone(_name, _function)


def axis_of(x: Any, axis: Any) -> Any:
    """The axis as a constant, of which our own code can be made; the type of one that is none."""
    found = known(axis, axis)
    return 0 if found is None and getattr(x, "ndim", 0) == 1 else found


def register_rows(name: str, function: Any) -> None:
    """Let compiled code call a function along an axis."""

    def choose(x: Any, axis: Any = None) -> Callable[..., Any] | None:
        if not taken(x):
            return None
        constant = axis_of(x, axis)
        if constant is None or isinstance(constant, int):
            return lambda x, axis=None: function(x, constant)
        return lambda x, axis=None: function(x, axis)

    overload(getattr(scipy.special, name), strict=False, prefer_literal=True)(choose)


register_rows("softmax", softmax)
register_rows("log_softmax", log_softmax)


@overload(scipy.special.logsumexp, strict=False, prefer_literal=True)
def _logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: Any = False, return_sign: Any = False
) -> Callable[..., Any] | None:
    if not taken(a):
        return None
    keep, sign = known(keepdims, None), known(return_sign, None)
    if keep is None or sign is None:  # the number of axes, or of results, is not known
        return None
    keep, sign, constant = bool(keep), bool(sign), axis_of(a, axis)
    if not (constant is None or isinstance(constant, int)):
        return lambda a, axis=None, b=None, keepdims=False, return_sign=False: logsumexp(
            a, axis, b=b, keepdims=keep, return_sign=sign
        )
    if known(b, b) is None:
        return lambda a, axis=None, b=None, keepdims=False, return_sign=False: logsumexp(
            a, constant, keepdims=keep, return_sign=sign
        )
    return lambda a, axis=None, b=None, keepdims=False, return_sign=False: logsumexp(
        a, constant, b=b, keepdims=keep, return_sign=sign
    )


# ---------------------------------------------------------------- x log y
ONE = ["float32(float32)", "float64(float64)"]
TWO = ["float32(float32, float32)", "float64(float64, float64)"]


def xlogy(x: Any, y: Any) -> Any:
    """``x log(y)``, and 0 where x is 0 unless y is NaN."""
    if x == 0 and not math.isnan(y):
        return x * 0
    return x * math.log(y) if y > 0 else x * (-math.inf if y == 0 else math.nan)


def xlog1py(x: Any, y: Any) -> Any:
    """``x log(1 + y)``, and 0 where x is 0 unless y is NaN."""
    if x == 0 and not math.isnan(y):
        return x * 0
    return x * math.log1p(y) if y > -1 else x * (-math.inf if y == -1 else math.nan)


def entr(x: Any) -> Any:
    """``-x log(x)``, 0 at 0, and -inf below."""
    if math.isnan(x):
        return x
    if x > 0:
        return -x * math.log(x)
    return x * 0 if x == 0 else -math.inf


def rel_entr(x: Any, y: Any) -> Any:
    """``x log(x / y)``, 0 where x is 0, and inf where a ratio is not that of positive numbers."""
    if math.isnan(x) or math.isnan(y):
        return math.nan
    if x > 0 and y > 0:
        return x * math.log(x / y)
    return x * 0 if x == 0 and y >= 0 else math.inf


def kl_div(x: Any, y: Any) -> Any:
    """``x log(x / y) - x + y``, y where x is 0, and inf where a ratio is not that of such."""
    if math.isnan(x) or math.isnan(y):
        return math.nan
    if x > 0 and y > 0:
        return x * math.log(x / y) - x + y
    return y if x == 0 and y >= 0 else math.inf


@functools.cache
def of_numbers(formula: Callable[..., Any], signature: str) -> Any:
    """The ufunc of a formula, compiled when a call asks for it."""
    return numba.vectorize([signature])(formula)


def is_single(name: str, *arguments: Any) -> bool:
    """Whether SciPy's result is float32: for small integers its versions differ, so it is asked.

    Numbers beside arrays have no say, as in NumPy.
    """
    alone = not any(map(is_array, arguments))
    numbers = [as_dtype(types.unliteral(getattr(t, "dtype", t))).type(1) for t in arguments]
    ones = [
        np.ones(1, type(one)) if is_array(t) else one if alone else one.item()
        for t, one in zip(arguments, numbers, strict=True)
    ]
    return bool(getattr(scipy.special, name)(*ones).dtype == np.float32)


@with_all_of_numba
def same(x: Any) -> Any:
    """The argument as it is."""
    return x


@with_all_of_numba
def single(x: Any) -> Any:
    """A number in float32."""
    return np.float32(x)


def register_one(formula: Callable[..., Any]) -> None:
    """Let compiled code call a function of numbers and arrays."""
    name = formula.__name__

    def choose(x: Any, out: Any = None) -> Callable[..., Any] | None:
        if not taken(x):
            return None
        ufunc = of_numbers(formula, ONE[0 if is_single(name, x) else 1])
        if known(out, out) is None:
            return lambda x, out=None: ufunc(x)
        return lambda x, out=None: ufunc(x, out)

    overload(getattr(scipy.special, name), strict=False)(choose)


def register_two(formula: Callable[..., Any]) -> None:
    """Let compiled code call a function of two numbers or arrays."""
    name = formula.__name__

    def choose(x: Any, y: Any, out: Any = None) -> Callable[..., Any] | None:
        if not taken(x, y):
            return None
        narrow = is_single(name, x, y)
        ufunc = of_numbers(formula, TWO[0 if narrow else 1])
        first, second = (single if narrow and not is_array(t) else same for t in (x, y))
        if known(out, out) is None:
            return lambda x, y, out=None: ufunc(first(x), second(y))
        return lambda x, y, out=None: ufunc(first(x), second(y), out)

    overload(getattr(scipy.special, name), strict=False)(choose)


register_one(entr)
for _formula in (xlogy, xlog1py, rel_entr, kl_div):
    register_two(_formula)
