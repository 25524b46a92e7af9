"""The fused multiply-add: an instruction, or its emulation on a processor that has none.

Without the instruction LLVM calls libm's `fma`, with whose own emulation loops take twenty to forty
times as long as with this one (glibc 2.36 under GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA). It has the
same bits: the product is exact (Dekker 1971), and what is lost of the sum is rounded to odd, after
which one more rounding is as good as one of the exact value (Boldo and Melquiond 2008).

All numbers may be vectors.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from fastact.compiler.float16 import constant
from fastact.native import machine_code

I64, F32, F64 = ir.IntType(64), ir.FloatType(), ir.DoubleType()
SIGN, FRACTION, BIAS = -(2**63), 2**52 - 1, 1023  # of float64
# Exponents of product and sum further apart count as so far: the lesser one decides ties only.
FAR = 200
HALF_LEAST = 2.0**-75  # half of the smallest subnormal number, times 2**1000


def multiply_add(b: Any, x: Any, y: Any, z: Any) -> Any:
    """``x * y + z`` of float32 or float64 with one rounding."""
    return b.fma(x, y, z) if machine_code.fuses() else emulated(b, x, y, z)


def emulated(b: Any, x: Any, y: Any, z: Any) -> Any:
    """The same with plain operations."""
    return single(b, x, y, z) if x.type == like(x, F32) else double(b, x, y, z)


def single(b: Any, x: Any, y: Any, z: Any) -> Any:
    """``x * y + z`` of float32, in float64: the product is exact, the sum is rounded to odd."""
    wide, narrow = like(x, F64), x.type
    x, y, z = (b.fpext(each, wide) for each in (x, y, z))
    return b.fptrunc(odd(b, *two_sum(b, b.fmul(x, y), z)), narrow)


def double(b: Any, x: Any, y: Any, z: Any) -> Any:
    """``x * y + z`` of float64.

    Exponents are kept aside, so that nothing overflows or underflows before the last step.
    """
    (u, i), (v, j), (w, k) = (split(b, each) for each in (x, y, z))
    scale = b.add(i, j)
    apart, zero = b.sub(k, scale), b.fcmp_ordered("==", z, of(z, 0.0))
    shift = power(b, clamp(b, apart, -FAR, FAR))
    w = b.select(zero, of(w, 0.0), b.fmul(w, shift))
    high, low = two_product(b, u, v)
    high, rest = two_sum(b, high, w)
    rest = odd(b, *two_sum(b, rest, low))
    value = b.fadd(high, rest)
    near = rescaled(b, value, b.fsub(rest, b.fsub(value, high)), scale)
    alone = b.or_(b.icmp_signed(">", apart, of(apart, FAR)), b.not_(finite(b, z)))
    result = b.select(b.and_(alone, b.not_(zero)), z, near)
    ordinary = b.and_(positive(b, x), positive(b, y))
    return b.select(ordinary, result, b.fadd(b.fmul(x, y), z))


def like(x: Any, element: Any) -> Any:
    """A type, or the vector of it with as many lanes as `x` has."""
    lanes = isinstance(x.type, ir.VectorType)
    return ir.VectorType(element, x.type.count) if lanes else element


def of(x: Any, value: float) -> Any:
    """A number of the type of `x`."""
    return constant(x.type, value)


def pattern_of(b: Any, x: Any) -> Any:
    """Return the bits of a float64 as an integer."""
    return b.bitcast(x, like(x, I64))


def float_of(b: Any, i: Any) -> Any:
    """Return the float64 that has these bits."""
    return b.bitcast(i, like(i, F64))


def without_sign(b: Any, i: Any) -> Any:
    """Return bits with the sign cleared."""
    return b.and_(i, of(i, 2**63 - 1))


def size(b: Any, x: Any) -> Any:
    """Return |x|."""
    return float_of(b, without_sign(b, pattern_of(b, x)))


def finite(b: Any, x: Any) -> Any:
    """Return whether x is neither infinite nor NaN."""
    return b.fcmp_ordered("<", size(b, x), of(x, float("inf")))


def positive(b: Any, x: Any) -> Any:
    """Whether x is finite and not zero."""
    return b.and_(finite(b, x), b.fcmp_ordered("!=", x, of(x, 0.0)))


def clamp(b: Any, i: Any, low: int, high: int) -> Any:
    """Return an integer from `low` to `high`."""
    i = b.select(b.icmp_signed("<", i, of(i, low)), of(i, low), i)
    return b.select(b.icmp_signed(">", i, of(i, high)), of(i, high), i)


def power(b: Any, i: Any) -> Any:
    """2**i, where that is a normal number."""
    return float_of(b, b.shl(b.add(i, of(i, BIAS)), of(i, 52)))


def split(b: Any, x: Any) -> tuple[Any, Any]:
    """Numbers of size [1, 2), and exponents, of numbers that are finite and not zero."""
    i = pattern_of(b, x)
    small = b.icmp_signed("<", without_sign(b, i), of(i, 1 << 52))
    i = pattern_of(b, b.select(small, b.fmul(x, of(x, 2.0**54)), x))
    exponent = b.and_(b.lshr(i, of(i, 52)), of(i, 2047))
    exponent = b.sub(exponent, b.select(small, of(i, BIAS + 54), of(i, BIAS)))
    return float_of(b, b.or_(b.and_(i, of(i, SIGN | FRACTION)), of(i, BIAS << 52))), exponent


def two_sum(b: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """The sum and its error (Knuth)."""
    s = b.fadd(x, y)
    t = b.fsub(s, x)
    return s, b.fadd(b.fsub(x, b.fsub(s, t)), b.fsub(y, t))


def halves(b: Any, x: Any) -> tuple[Any, Any]:
    """Two numbers of 26 bits (Veltkamp)."""
    t = b.fmul(x, of(x, 2.0**27 + 1))
    high = b.fsub(t, b.fsub(t, x))
    return high, b.fsub(x, high)


def two_product(b: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """The product and its error (Dekker)."""
    p = b.fmul(x, y)
    (xh, xl), (yh, yl) = halves(b, x), halves(b, y)
    error = b.fsub(b.fmul(xh, yh), p)
    for one, other in ((xh, yl), (xl, yh), (xl, yl)):
        error = b.fadd(error, b.fmul(one, other))
    return p, error


def odd(b: Any, s: Any, error: Any) -> Any:
    """A sum rounded to nearest, and its error, as the sum rounded to odd.

    The last bit is set wherever there is an error, after a step back if the sum is too large.
    """
    i = pattern_of(b, s)
    beyond = b.lshr(b.xor(i, pattern_of(b, error)), of(i, 63))
    truncated = b.or_(b.sub(i, beyond), of(i, 1))
    inexact = b.fcmp_ordered("!=", error, of(error, 0.0))
    return b.select(inexact, float_of(b, truncated), s)


def rescaled(b: Any, value: Any, rest: Any, scale: Any) -> Any:
    """``value * 2**scale``, where `rest` is what has been rounded off `value`.

    A subnormal result is rounded a second time. That is right unless it was a tie only because
    `rest` was off.
    """
    low, high = (
        b.icmp_signed(sign, scale, of(scale, at)) for sign, at in (("<", -700), (">", 900))
    )
    last = b.select(high, of(scale, 1000), of(scale, 0))
    last = b.select(low, of(scale, -1000), last)
    exact = b.fmul(value, power(b, clamp(b, b.sub(scale, last), -900, 900)))
    result = b.fmul(exact, power(b, last))
    error = b.fsub(exact, b.fmul(result, power(b, b.sub(of(last, 0), last))))
    tie = b.fcmp_ordered("==", size(b, error), of(error, HALF_LEAST))
    off = b.and_(tie, b.fcmp_ordered(">", b.fmul(error, rest), of(error, 0.0)))
    step = b.fmul(error, of(error, 2.0**-999))
    return b.select(off, b.fadd(result, step), result)
