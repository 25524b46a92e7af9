"""Elementary functions as scalar kernels: branch-free, IEEE operations only, no calls to libm.

Each function has a form for floats (it serves float16 and float32 results, so about 2**-32 of
relative error is enough, and 2**-52 where a derivative may have a root) and one for pairs (which
serves float64 results: about 2**-60). All take arguments anywhere on the line unless they say less.

The polynomials are minimax, made by ``python -m tools.remez``; `tables` holds their coefficients.
"""

from __future__ import annotations

import numpy as np

from fastact.numerics.primitives import (
    add_bits,
    bits,
    copysign,
    elementary,
    fma,
    from_bits,
    head,
    kernel,
    number,
    polynomial,
    polynomial_pairs,
    scaled,
    shift_left,
    shift_right,
    tail,
    where,
)
from fastact.numerics.tables import (
    ATANH,
    CELU,
    CELU_PAIR,
    CELU_PAIR_LOW,
    ERF,
    ERF_PAIR,
    ERF_PAIR_LOW,
    EXP,
    EXP_PAIR,
    EXP_TANH,
    LOG,
    LOG1P,
    LOG_QUOTIENT,
    LOGCOSH,
    LOGCOSH_PAIR,
    LOGCOSH_PAIR_LOW,
    NORMAL_TAIL,
    NORMAL_TAIL_PAIR,
    NORMAL_TAIL_PAIR_LOW,
    QUOTIENT_TANH,
    TANH_SHRINK,
    TANH_SHRINK_PAIR,
    TANH_SHRINK_PAIR_LOW,
    TANH_SINGLE,
)

LOG2E = 1.4426950408889634
LN2_HI, LN2_LO = 0.6931471805599453, 2.3190468138462996e-17
# For pairs: the first part has 32 bits, so that its product with an exponent is exact.
LN2_TOP, LN2_REST = 0.6931471803691238, 1.9082149292705877e-10
# Adding it leaves the nearest integer in the low bits (Cody and Waite 1980).
MAGIC = 6755399441055744.0
SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
HALF_EXPONENT = 1 << 51
SMALLEST_NORMAL, TWO54 = 2.2250738585072014e-308, 18014398509481984.0


# ---------------------------------------------------------------- exp and expm1
# x = n log 2 + r with |r| <= log(2) / 2 (Cody and Waite 1980); e**x = 2**n (1 + expm1(r)).
@kernel
def nearest_power(x):
    """The n of the reduction, in the low bits of a float."""
    return fma(head(x), LOG2E, MAGIC)


@kernel
def power_of_two(k):
    """2**n for the n in the low bits of `k`, where that is a normal number."""
    return from_bits(shift_left(add_bits(bits(k), 1023), 52))


@kernel
def clamp(x, low, high):
    """`x` within [low, high]; NaN stays. One end after the other: LLVM makes max and min of it."""
    x = where(x < low, low, x)
    return where(x > high, high, x)


@kernel
def smaller(a, b):
    """The lesser of two floats above 0: integers are compared faster."""
    a, b = bits(a), bits(b)
    return from_bits(where(a < b, a, b))


@kernel
def reduced(x, k):
    """expm1(r) for floats."""
    n = k - MAGIC
    r = fma(n, -LN2_LO, fma(n, -LN2_HI, x))
    return fma(polynomial(r, EXP) * r, r, r)


@kernel
def reduced_pair(x, k):
    """expm1(r) for pairs: the first two terms of the series as pairs, the rest in float64."""
    n = k - MAGIC
    top = fma(n, -LN2_TOP, head(x))
    low = fma(n, -LN2_REST, tail(x))
    r = top + low
    rest = low - (r - top)
    square = r * r
    half = 0.5 * fma(r, r, -square)
    cube = square * r * polynomial(r, EXP_PAIR)
    two = fma(0.5, square, r)
    three = two + cube
    error = fma(0.5, square, r - two) + (cube - (three - two))
    return number(three, rest * (1.0 + r) + (error + half))


@elementary
def exp(x):
    """e**x, of an argument in float16's or float32's range."""
    x = clamp(x, -240.0, 240.0)
    k = nearest_power(x)
    scale = power_of_two(k)
    return fma(scale, reduced(x, k), scale)


@exp.for_pairs
def exp_pair(x):
    x = clamp(x, -800.0, 710.0)  # beyond 710 the low part would overflow as well
    k = nearest_power(x)
    half = shift_right(add_bits(bits(k), -bits(MAGIC)), 1)
    first = from_bits(shift_left(add_bits(half, 1023), 52))
    second = power_of_two(from_bits(add_bits(bits(k), -half)))
    return scaled(scaled(1.0 + reduced_pair(x, k), first), second)


@elementary
def exp_tail(x):
    """e**x and 1.0: in pairs, a multiple of e**x that is no subnormal number, and the factor."""
    return exp(x), 1.0


@exp_tail.for_pairs
def exp_tail_pair(x):
    small = x < -600.0
    x = clamp(x, -800.0, 0.0)
    k = nearest_power(x)
    k = where(small, k + 512.0, k)
    up = 1.0 + reduced_pair(x, where(small, k - 512.0, k))
    return scaled(up, power_of_two(k)), where(small, 2.0**-512, 1.0)


@elementary
def expm1(x):
    """e**x - 1, with relative accuracy at 0, of an argument below float32's overflow."""
    x = clamp(x, -240.0, 240.0)
    k = nearest_power(x)
    scale = power_of_two(k)
    return fma(scale, reduced(x, k), scale - 1.0)


@expm1.for_pairs
def expm1_pair(x):
    x = clamp(x, -800.0, 700.0)
    k = nearest_power(x)
    scale = power_of_two(where(k < MAGIC - 1000.0, MAGIC - 1000.0, k))
    less = scale - 1.0
    return scaled(reduced_pair(x, k), scale) + number(less, scale - (less + 1.0))


# ---------------------------------------------------------------- logarithms
@elementary
def log1p_unit(e):
    """log(1 + e) for e in [0, 1]: a polynomial, since a division would cost as much."""
    return e * polynomial(e, LOG1P)


@log1p_unit.for_pairs
def log1p_unit_pair(e):
    twice = e / (1.0 + scaled(e, 0.5))  # 2 s: halving a subnormal number would lose a bit
    s = 0.5 * head(twice)
    z = s * s
    return twice + s * (z * polynomial(z, ATANH))


@kernel
def exponent(x):
    """The k with x = 2**k m and m in [sqrt(1/2), sqrt(2))."""
    return shift_right(add_bits(bits(x), -SQRT_HALF_BITS), 52)


@kernel
def as_float(k):
    """A small integer as a float."""
    return from_bits(add_bits(bits(MAGIC), k)) - MAGIC


@kernel
def log_special(x, y):
    """log at 0, infinity, below 0 and NaN; `y` is what the reduction gave elsewhere."""
    y = where(x == 0.0, -np.inf, where(x == np.inf, np.inf, y))
    return where(x < 0.0, np.nan, where(x == x, y, x))


@elementary
def log(x):
    """The natural logarithm; relative accuracy near 1 as far as `x` itself has it."""
    k = exponent(x)
    m = from_bits(add_bits(bits(x), shift_left(-k, 52)))
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    y = fma(s * z, polynomial(z, LOG), 2.0 * s)
    return log_special(x, fma(as_float(k), LN2_HI, y))


@log.for_pairs
def log_pair(x):
    small = x < SMALLEST_NORMAL
    x = where(small, scaled(x, TWO54), x)
    k = exponent(head(x))
    scale = from_bits(shift_left(add_bits(-k, 1023), 52))
    f = scaled(x, scale) - 1.0
    s = f / (2.0 + f)
    z = head(s) * head(s)
    n = as_float(k) - where(small, 54.0, 0.0)
    tail_of_series = head(s) * (z * polynomial(z, LOG))
    y = (n * LN2_TOP + scaled(s, 2.0)) + (fma(n, LN2_REST, tail_of_series))
    return log_special(head(x), y)


@elementary
def log_quotient(top, bottom):
    """log(top / bottom) with one division, of numbers that are not negative; else NaN."""
    k = shift_right(add_bits(add_bits(bits(top), -bits(bottom)), HALF_EXPONENT), 52)
    m = from_bits(add_bits(bits(top), shift_left(-k, 52)))
    s = (m - bottom) / (m + bottom)
    z = s * s
    y = fma(s * z, polynomial(z, LOG_QUOTIENT), 2.0 * s)
    y = fma(as_float(k), LN2_HI, y)
    y = where(top > 0.0, where(bottom > 0.0, y, np.inf), -np.inf)
    return where((top >= 0.0) & (bottom >= 0.0), y, np.nan)


@log_quotient.for_pairs
def log_quotient_pair(top, bottom):
    return log(top / bottom)


# ---------------------------------------------------------------- the normal distribution
@elementary
def times_constant(x, constant):
    """`x` times a constant in two parts."""
    return x * constant[0]


@times_constant.for_pairs
def times_constant_pair(x, constant):
    return x * number(constant[0], constant[1])


def minimax(floats, high, low):
    """The elementary function of a table for floats, and of one for pairs in two pieces."""

    @elementary
    def approximation(x):
        return polynomial(x, floats)

    @approximation.for_pairs
    def approximation_pair(x):
        return polynomial_pairs(x, polynomial(head(x), high), low)

    return approximation


erf_quotient = minimax(ERF, ERF_PAIR, ERF_PAIR_LOW)  # erf(x) / x of x**2 up to 1
tanh_shrink_quotient = minimax(TANH_SHRINK, TANH_SHRINK_PAIR, TANH_SHRINK_PAIR_LOW)
logcosh_quotient = minimax(LOGCOSH, LOGCOSH_PAIR, LOGCOSH_PAIR_LOW)
celu_quotient = minimax(CELU, CELU_PAIR, CELU_PAIR_LOW)


@elementary
def erfc_scaled(a):
    """exp(a**2) erfc(a) for a >= 0, as far out as erfc(a) is a number.

    (1 + 2 a) exp(a**2) erfc(a) varies little, and as a function of (a - 4) / (a + 4) it is nearly
    a polynomial (after Shepherd and Laframboise 1981). Both quotients share one division.
    """
    above, d = a + 4.0, 1.0 + 2.0 * a
    inverse = 1.0 / (above * d)
    t = (a - 4.0) * (d * inverse)
    return polynomial(t, NORMAL_TAIL) * (above * inverse)


@erfc_scaled.for_pairs
def erfc_scaled_pair(a):
    t = (a - 4.0) / (a + 4.0)
    y = polynomial_pairs(t, polynomial(head(t), NORMAL_TAIL_PAIR), NORMAL_TAIL_PAIR_LOW)
    return y / (1.0 + scaled(a, 2.0))


# ---------------------------------------------------------------- roots of derivatives
# Near a root, a formula that cancels has an error of 2**-60 of its terms, not of its value. Pairs
# therefore take (x - root) g(x) there. The two lowest coefficients of the polynomial g are needed
# in two parts (rounded, they alone make an error of two ulp), and the root in three, because a
# product with a parameter may come as near to it as 2**-100.
@kernel
def at_root(x, y, root, quotient, factor):
    """`factor` times the function at x, where `y` is what its formula gives."""
    low = (tail(x) - root[1]) - root[2]  # next to the root it is the larger part
    t = ((x - x) + low) + (head(x) - root[0])  # x - x is a pair, and what is added to it too
    g = t * ((head(t) * polynomial(head(t), quotient) + root[4]) + root[3])
    return where(abs(head(t)) < 0.0625, factor * t * ((g + root[6]) + root[5]), y)


@elementary
def near_root(x, y, root, quotient):
    """The same, for x that are inputs: no float32 is so near to a root that `y` is not enough."""
    return y


@near_root.for_pairs
def near_root_pair(x, y, root, quotient):
    return at_root(x, y, root, quotient, 1.0)


# ---------------------------------------------------------------- float32 in float32
# Twice as many lanes as through float64, and about half of the time: see `numerics.single`.
F = np.float32
HALF32, ONE32, TWO32, ZERO32 = F(0.5), F(1.0), F(2.0), F(0.0)
LOG2E32 = F(1.44269504)
LN2_HI32, LN2_LO32 = F(0.693145752), F(1.42860677e-6)  # the first has 16 bits: exact products
BIAS, MAGIC32 = 127, 12582912.0
# Exponents are kept normal by a factor of 2**64, taken back at the end, where it rounds once.
MAGIC_PLAIN = F(MAGIC32 + BIAS)
UP, MAGIC_UP = F(2.0**-64), F(MAGIC32 + BIAS + 64)
DOWN, MAGIC_DOWN = F(2.0**64), F(MAGIC32 + BIAS - 64)
MINUS_TWO_LOG2E32, HALF_LN2_32 = F(-2.0 * LOG2E), F(0.5 * LN2_HI)


@kernel
def scale_single(k):
    """2**n for the n + 127 in the low bits of `k`."""
    return from_bits(shift_left(bits(k), 23))


@kernel(widen=False)
def tanh_single(x):
    """1 - 2 E / (1 + E) with E = exp(-2|x|) as polynomials, and another polynomial near 0."""
    a = abs(x)
    far = where(a > F(10.0), F(10.0), a)
    k = fma(far, MINUS_TWO_LOG2E32, MAGIC_PLAIN)
    r = fma(k - MAGIC_PLAIN, HALF_LN2_32, far)
    s = scale_single(k)
    e = fma(s, r * polynomial(r, EXP_TANH), s)
    z = a * a
    near = fma(a * z, polynomial(z, TANH_SINGLE), a)
    return copysign(where(a < F(0.9), near, fma(-e, polynomial(e, QUOTIENT_TANH), ONE32)), x)
