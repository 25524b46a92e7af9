"""The forms for float64 results of functions made of products, quotients and roots.

They are plain float64: what a sum or product in the last steps loses is kept, where the bound needs
it, and added in the end.
"""

from __future__ import annotations

from fastact.numerics.elementary import HALF_EXPONENT, LN2_HI, LN2_LO, MAGIC
from fastact.numerics.primitives import (
    bits,
    copysign,
    fma,
    from_bits,
    kernel,
    polynomial,
    square_root,
    where,
)
from fastact.numerics.tables import LOG

INF, NAN = float("inf"), float("nan")
BIAS, EXPONENT = 1023 << 52, 0x7FF << 52  # of float64, as bits
UP = 2.0**100  # makes normal numbers of all
FAR = 2.0**500  # beyond, a sum with 1 is the larger term, and a square may overflow
# No float is 1/6, but that is what the nearest float64, float32 and float16 stand for.
SIXTHS = (1 / 6, 0.1666666716337204, 0.1666259765625)
SIXTH, SIXTH_LOW = 0.16666666666666666, 9.25185853854297e-18
THIRD, THIRD_LOW = 0.3333333333333333, 1.850371707708594e-17


# x / (1 + |x|), of the sum in two parts, without which it is not monotone.
@kernel(widen=False)
def softsign(x):
    a = abs(x)
    d = 1.0 + a
    low = where(a < 1.0, a - (d - 1.0), 1.0 - (d - a))
    q = 1.0 / d
    y = x * q
    y = fma(fma(-low, y, fma(-d, y, x)), q, y)
    return copysign(where(a > FAR, 1.0, abs(y)), x)


# The square of q (1 + e), where q is the inverse of the sum and e its residual.
@kernel(widen=False)
def softsign_slope(x):
    a = abs(x)
    a = where(a > 2.0**540, 2.0**540, a)
    d = 1.0 + a
    low = where(a < 1.0, a - (d - 1.0), 1.0 - (d - a))
    q = 1.0 / d
    e = fma(-low, q, fma(-d, q, 1.0))
    square = q * q
    return fma(square, e + e, fma(q, q, -square)) + square


# (x + s) / 2 with s = sqrt(x^2 + b), whose two roundings are within the bound, and on the left
# y = b / (2 (s - x)), of which one step of Newton's makes the root of y (y - x) = b / 4: it divides
# by the derivative 2 y - x = s = h / (1 - w) with h = s - x and w = -x / h, up to 1/2.
@kernel(widen=False)
def squareplus(x, b):
    a = abs(x)
    s = where(a > FAR, a, square_root(fma(x, x, b)))
    half = fma(0.5, a, 0.5 * s)
    g = 0.5 / half
    fourth = 0.25 * b
    y = (fourth + fourth) * g
    sum_, w = y + a, a * g
    low = y - (sum_ - a)
    rest = fma(-y, low, fma(-y, sum_, fourth))
    y = fma(rest, g * fma(w, fma(w, 2.0, 1.0), 1.0), y)
    return where(x < 0.0, where(a == INF, 0.0, y), where(x > FAR, x, half))


# x - x^2 rounds once. An eps below 0 clips nothing.
@kernel
def clipped(x, eps):
    """1 - x in two parts, and whether `x` is clipped at all, and on the right."""
    s = 1.0 - x
    low = (1.0 - s) - x
    right = (eps >= 0.0) & ((s < eps) | ((s == eps) & (low < 0.0)))
    return s, low, right | ((eps >= 0.0) & (x < eps)), right


@kernel(widen=False)
def logit_slope(x, eps):
    _, _, cut, _ = clipped(x, eps)
    y = 1.0 / fma(-x, x, abs(x))
    outside = (eps < 0.0) & ((x < 0.0) | (x > 1.0))
    return where(cut, 0.0, where(outside, NAN, y))


# log(a / b) = n log 2 + 2 atanh(f / g) for a = 2^n m, with f = m - b, which is exact, and
# g = m + b. Where n is 0, which is where the root is, the quotient alone is rounded before the last
# step.
@kernel
def log_quotient(top, bottom, low, shift):
    """log(top / (bottom + low)) + shift log 2 for normal numbers."""
    k = (bits(top) - bits(bottom) + HALF_EXPONENT + BIAS) & EXPONENT
    n = from_bits(bits(MAGIC) + (k >> 52)) - ((MAGIC + 1023.0) - shift)
    m = from_bits(bits(top) - k + BIAS)
    g = m + bottom
    back = g - m
    f, g_low = (m - bottom) - low, ((m - (g - back)) + (bottom - back)) + low
    q = 1.0 / g
    v = f * q
    z = v * v
    rest = fma(-g_low, v, fma(-g, v, f)) * q
    rest = fma(v * z, polynomial(z, LOG), rest + rest)
    return fma(n, LN2_HI, fma(n, LN2_LO, fma(v, 2.0, rest)))


# log(x / (1 - x)); clipped on the right it is that of eps, negative.
@kernel(widen=False)
def logit(x, eps):
    s, low, cut, right = clipped(x, eps)
    most = 1.0 - eps
    top, bottom = where(cut, eps, x), where(cut, most, s)
    y = log_quotient(top * UP, bottom, where(cut, (1.0 - most) - eps, low), -100.0)
    y = where(top > 0.0, where(bottom > 0.0, y, INF), -INF)
    return where((top >= 0.0) & (bottom >= 0.0), where(right, -y, y), NAN)


# ---------------------------------------------------------------- of pieces
# a x + b has the sign of the exact number because it is rounded once: as x + 6 b, if a is a sixth.
@kernel
def hard_sigmoid_line(x, alpha, beta):
    """The numerator of the line, its three operands, and the denominator, which is 6 or 1."""
    sixth = (alpha == SIXTHS[0]) | (alpha == SIXTHS[1]) | (alpha == SIXTHS[2])
    a, b = where(sixth, beta, alpha), where(sixth, 6.0, x)
    c, bottom = where(sixth, x, beta), where(sixth, 6.0, 1.0)
    return fma(a, b, c), a, b, c, bottom


@kernel(widen=False)
def hard_sigmoid(x, alpha, beta):
    top, _, _, _, bottom = hard_sigmoid_line(x, alpha, beta)
    y = where(bottom > 1.0, fma(top, SIXTH, top * SIXTH_LOW), top)
    return where(top <= 0.0, 0.0, where(top >= bottom, 1.0, y))


# Its distance from 1 is that of 1 - b, in two parts, and a x.
@kernel(widen=False)
def hard_sigmoid_slope(x, alpha, beta):
    top, a, b, c, bottom = hard_sigmoid_line(x, alpha, beta)
    less = bottom - c
    back = less - bottom
    below = fma(-a, b, less) + ((bottom - (less - back)) - (c + back))
    between = (top > 0.0) & (below > 0.0)
    return where(between, alpha, where(top == top, 0.0, top))


# x (x + 3) / 6, of the sum and the product in two parts.
@kernel(widen=False)
def hard_silu(x):
    t = x + 3.0
    low = x - (t - 3.0)
    p = x * t
    p_low = fma(x, low, fma(x, t, -p))
    y = fma(p, SIXTH, fma(p, SIXTH_LOW, p_low * SIXTH))
    return where(x <= -3.0, 0.0, where(x >= 3.0, x, y))


@kernel(widen=False)
def hard_silu_slope(x):
    t = x + 1.5
    y = fma(t, THIRD, t * THIRD_LOW)
    return where(x <= -3.0, 0.0, where(x >= 3.0, 1.0, y))


@kernel(widen=False)
def sparse_plus(x):
    t = x + 1.0
    y = 0.25 * fma(t, t, (t + t) * (x - (t - 1.0)))
    return where(x <= -1.0, 0.0, where(x >= 1.0, x, y))
