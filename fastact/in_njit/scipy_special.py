"""Functions of `scipy.special` inside compiled code, once this module has been imported.

>>> import numba, scipy.special
>>> import fastact.in_njit.scipy_special
>>> @numba.njit
... def odds(x):
...     return scipy.special.logit(scipy.special.expit(x))
>>> odds(0.0)
0.0

They have SciPy's signatures and dtypes, which for float16 and small integers are those of the SciPy
that is installed, and are computed by the functions of this package, as outside of `numba`:

- ``expit``, ``logit``, ``log_expit``, ``softplus``, ``erf``, ``erfc``;
- ``softmax``, ``log_softmax``, ``logsumexp``, over all axes unless `axis` is given;
- ``entr``, ``rel_entr``, ``kl_div``, ``xlogy``, ``xlog1py``, of numbers and arrays that broadcast.

Results are those of SciPy within the errors of both, but for rows with infinities: a row of -inf
alone has the softmax 0, and +inf share the mass, where SciPy has NaN. Functions along an axis make
float64 of integers of any size.
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
from fastact.elementwise import erf, erfc, identity, log_sigmoid, logit, sigmoid, softplus
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
    """Whether these are numbers or arrays of them."""
    return all(is_array(t) or is_number(t) for t in arguments)


def dtype_of(name: str, *arguments: Any) -> Any:
    """The type of SciPy's result; its versions differ for small integers and float16: it is asked.

    Numbers beside arrays have no say, as in NumPy. None is for what SciPy refuses.
    """
    alone = not any(map(is_array, arguments))
    numbers = [as_dtype(types.unliteral(getattr(t, "dtype", t))).type(1) for t in arguments]
    ones = [
        np.ones(1, type(one)) if is_array(t) else one if alone else one.item()
        for t, one in zip(arguments, numbers, strict=True)
    ]
    try:
        return np.asarray(getattr(scipy.special, name)(*ones)).dtype.type
    except TypeError:
        return None


def known(argument: Any, default: Any) -> Any:
    """The value of an argument, or `default` where only the call tells it."""
    value = argument if argument is None or isinstance(argument, int) else value_of(argument)
    return default if value is UNKNOWN else value


def register_alone(name: str, function: Any) -> None:
    """Let compiled code call a function of one argument."""

    def choose(x: Any, out: Any = None) -> Callable[..., Any] | None:
        dtype = dtype_of(name, x) if taken(x) else None
        if dtype is None:
            return None
        if known(out, out) is None:
            return lambda x, out=None: function(x, dtype=dtype)
        return lambda x, out=None: function(x, out=out, dtype=dtype)

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
ONE = {np.float32: "float32(float32)", np.float64: "float64(float64)"}
TWO = {np.float32: "float32(float32, float32)", np.float64: "float64(float64, float64)"}


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


@with_all_of_numba
def same(x: Any) -> Any:
    """The argument as it is."""
    return x


@functools.cache
def converting(dtype: Any) -> Any:
    """The function that makes an argument one of a dtype."""
    return with_all_of_numba(lambda x: identity(x, dtype=dtype))


def fitted(argument: Any, dtype: Any) -> Any:
    """What makes a ufunc take an argument: Numba converts the others, and no float16."""
    half = getattr(argument, "dtype", argument) == types.float16
    narrow = dtype is np.float32 and not is_array(argument)
    return converting(dtype) if half or narrow else same


def register_one(formula: Callable[..., Any]) -> None:
    """Let compiled code call a function of numbers and arrays."""
    name = formula.__name__

    def choose(x: Any, out: Any = None) -> Callable[..., Any] | None:
        dtype = dtype_of(name, x) if taken(x) else None
        if dtype is None:
            return None
        ufunc, fit = of_numbers(formula, ONE[dtype]), fitted(x, dtype)
        if known(out, out) is None:
            return lambda x, out=None: ufunc(fit(x))
        return lambda x, out=None: ufunc(fit(x), out)

    overload(getattr(scipy.special, name), strict=False)(choose)


def register_two(formula: Callable[..., Any]) -> None:
    """Let compiled code call a function of two numbers or arrays."""
    name = formula.__name__

    def choose(x: Any, y: Any, out: Any = None) -> Callable[..., Any] | None:
        dtype = dtype_of(name, x, y) if taken(x, y) else None
        if dtype is None:
            return None
        ufunc, first, second = of_numbers(formula, TWO[dtype]), *(fitted(t, dtype) for t in (x, y))
        if known(out, out) is None:
            return lambda x, y, out=None: ufunc(first(x), second(y))
        return lambda x, y, out=None: ufunc(first(x), second(y), out)

    overload(getattr(scipy.special, name), strict=False)(choose)


register_one(entr)
for _formula in (xlogy, xlog1py, rel_entr, kl_div):
    register_two(_formula)
