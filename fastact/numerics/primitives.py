"""The few operations that kernels use beside ``+ - * /``, comparisons and ``abs``.

A kernel is a plain Python function of numbers. It is written once, as mathematics, and evaluated
in *twice the precision of its result*:

========  ==========================================  =========================================
result    a kernel's numbers are                      so that
========  ==========================================  =========================================
float16   ``float64``                                 one rounding, at the end
float32   ``float64``                                 one rounding, at the end
float64   pairs of ``float64`` (`double_double`)      one rounding, at the end, but for rare cases
========  ==========================================  =========================================

That costs two to five times what a result of its own precision needs. Where it matters, a kernel
has a *form* for float32 or float64 results (`Kernel.forms`), which spends a part of the bound.

What stands here is what an interpreter would do with floats; `double_double` teaches Numba to
compile the same names for floats and for pairs. Importing this module does not import Numba.
"""

from __future__ import annotations

import copy
import functools
import math
import struct
from collections.abc import Callable
from typing import Any

__all__ = ["Kernel", "Primitive", "elementary", "fma", "head", "kernel", "primitive", "where"]


LONG = 8  # coefficients, from which on a polynomial is two that are half as long


class Kernel:
    """A scalar function that Numba compiles when a loop first needs it.

    Parameters
    ----------
    function
        The scalar function.
    widen
        Whether it is evaluated in twice the precision of its result. Functions that are exact,
        or one rounding away from it, in the precision of their argument (``relu``) need not be.
    plain
        Whether it is any Python function that Numba can compile, not one of the operations here:
        it is evaluated in float64 whatever its result.
    """

    def __init__(
        self, function: Callable[..., Any], *, widen: bool = True, plain: bool = False
    ) -> None:
        self.function = function
        self.widen = widen
        self.plain = plain
        self.forms: dict[str, Kernel] = {}  # what computes results of some dtypes instead
        self.factors: dict[str, Kernel] = {}  # what results are multiplied by: see `declare`
        self.products: dict[str, Kernel] = {}  # that of a value with what it computes, likewise
        self.made: dict[Any, Any] = {}  # what the compiler has made of it, and goes with it
        self.__name__ = function.__name__
        self.__module__ = function.__module__
        self.__doc__ = function.__doc__

    def extended(self, table: str, dtype: str, kernel: Kernel) -> Kernel:
        """The same kernel with another of `dtype` among its forms, factors or products."""
        made = copy.copy(self)
        setattr(made, table, getattr(self, table) | {dtype: kernel})
        made.made = {}
        return made

    def __call__(self, *args: Any) -> Any:
        return self.function(*args)

    def __repr__(self) -> str:
        return f"<kernel {self.__module__}.{self.__name__}>"


class Primitive:
    """A function that `compiler.double_double` supplies the compiled form of."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any) -> Any:
        return self.__wrapped__(*args)  # type: ignore[attr-defined]


def kernel(function: Callable[..., Any] | None = None, *, widen: bool = True) -> Any:
    """Mark a scalar function as a kernel; see `Kernel`."""
    if function is None:
        return lambda function: Kernel(function, widen=widen)
    return Kernel(function, widen=widen)


def primitive(function: Callable[..., Any]) -> Primitive:
    """Mark a function whose compiled form `compiler.double_double` supplies."""
    return Primitive(function)


class Elementary(Kernel):
    """An elementary function with one form for floats and one for pairs."""

    pair: Kernel

    def for_pairs(self, function: Callable[..., Any]) -> Kernel:
        """Decorator: the form for pairs."""
        self.pair = Kernel(function)
        return self.pair


def elementary(function: Callable[..., Any]) -> Elementary:
    """Mark an elementary function: the decorated body is its form for floats."""
    return Elementary(function)


@primitive
def where(condition: Any, a: Any, b: Any) -> Any:
    """``a`` where `condition` holds, else ``b``: both are evaluated, nothing branches."""
    return a if condition else b


@primitive
def fma(a: Any, b: Any, c: Any) -> Any:
    """``a * b + c`` with one rounding."""
    from fractions import Fraction

    return float(Fraction(a) * Fraction(b) + Fraction(c)) if math.isfinite(a * b + c) else a * b + c


@primitive
def head(x: Any) -> Any:
    """The number rounded to float64: what comparisons look at."""
    return x


@primitive
def tail(x: Any) -> Any:
    """What `head` rounds off: zero for a float."""
    return 0.0


@primitive
def number(hi: Any, lo: Any) -> Any:
    """The pair ``hi + lo``."""
    return hi + lo


@primitive
def bits(x: Any) -> Any:
    """The bit pattern of a float as an integer of its size."""
    return int.from_bytes(struct.pack("<d", x), "little", signed=True)


@primitive
def from_bits(i: Any) -> Any:
    """The float with this bit pattern."""
    return struct.unpack("<d", (i % 2**64).to_bytes(8, "little"))[0]


@primitive
def shift_left(i: Any, count: Any) -> Any:
    """``i << count`` in the integer type of `i`."""
    return i << count


@primitive
def add_bits(i: Any, j: Any) -> Any:
    """``i + j`` in the integer type of `i`, wrapping."""
    return i + j


@primitive
def widen(x: Any) -> Any:
    """The kernel's numbers for the elements of arrays in a tuple."""
    return x


@primitive
def rounded(x: Any) -> Any:
    """The float64 nearest to a kernel's number."""
    return float(x)


@primitive
def single(x: Any) -> Any:
    """The float32 nearest to a float."""
    return struct.unpack("<f", struct.pack("<f", x))[0]


@primitive
def half_to_double(x: Any) -> Any:
    """The float64 values of the float16 bit patterns in a tuple."""
    return tuple(struct.unpack("<e", struct.pack("<H", each))[0] for each in x)


@primitive
def double_to_half(x: Any) -> Any:
    """The bit pattern of the float16 nearest to a float64."""
    return struct.unpack("<H", struct.pack("<e", x))[0]


@kernel(widen=False)
def product(a: Any, b: Any) -> Any:
    """``a * b``, rounded once."""
    return a * b


@primitive
def polynomial_pairs(x: Any, value: Any, coefficients: Any) -> Any:
    """Horner's rule in pairs from `value` on; each coefficient is two parts in `coefficients`."""
    for hi, lo in zip(coefficients[::2], coefficients[1::2], strict=True):
        value = x * value + (hi + lo)
    return value


@primitive
def copysign(x: Any, sign: Any) -> Any:
    """`x`, which is not negative, with the sign of `sign`; both may be zero."""
    return math.copysign(x, sign)


@primitive
def scaled(x: Any, power: Any) -> Any:
    """`x` times a power of two, exactly but for underflow."""
    return x * power


@primitive
def square_root(x: Any) -> Any:
    """The square root of a number that is not negative."""
    return math.sqrt(x)


@primitive
def shift_right(i: Any, count: Any) -> Any:
    """``i >> count``, keeping the sign."""
    return i >> count


@primitive
def polynomial(x: Any, coefficients: Any) -> Any:
    """Horner's rule with fused multiply-adds; the highest coefficient is first."""
    value = coefficients[0]
    for c in coefficients[1:]:
        value = fma(value, x, c)
    return value
