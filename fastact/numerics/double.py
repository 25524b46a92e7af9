"""The forms of kernels for float64 results: plain float64, in two parts in the last steps only.

e^t = 2^n (1 + p) with p = expm1(t - n log 2), of which 1 + p is never rounded: it multiplies as
y + y p. What a sum or product in the last steps loses is kept and added in the end. Results below
the normal numbers are computed times 2^512 and are rounded once.

Numbers are clamped one end after the other, which LLVM makes instructions of. NaN stays.
"""

from __future__ import annotations

from fastact.numerics.elementary import (
    LN2_HI,
    LN2_LO,
    LN2_REST,
    LN2_TOP,
    LOG2E,
    MAGIC,
    clamp,
    smaller,
)
from fastact.numerics.primitives import (
    add_bits,
    bits,
    copysign,
    fma,
    from_bits,
    head,
    kernel,
    number,
    polynomial,
    shift_left,
    tail,
    where,
)
from fastact.numerics.tables import (
    ATANH_DOUBLE,
    ERF_FAR_DOUBLE,
    ERF_NEAR_DOUBLE,
    EXP,
    GELU_DOUBLE,
    GELU_ROOT,
    GELU_SLOPE_DOUBLE,
    LOGCOSH_HALF_DOUBLE,
    POWER_OF_TWO_DOUBLE,
    SILU_ROOT,
    TANH_SHRINK_PAIR,
    TANH_SHRINK_PAIR_LOW,
)

UP, DOWN = 2.0**512, 2.0**-512
# It leaves n and the bias of float64 in the low bits; `PLAIN_UP` those of 2**(n + 512).
PLAIN = MAGIC + 1023.0
PLAIN_UP, PLAIN_DOWN, PLAIN_100 = PLAIN + 512.0, PLAIN - 512.0, PLAIN + 100.0
UP_100 = 2.0**100
NEAR_ZERO = 0.625  # where softplus(v / beta) is log 2 and a little
SLOPE, ROOT_TWO = 1.1283791670955126, (1.4142135623730951, -9.667293313452913e-17)  # 2 / sqrt(pi)
THIRD = 0.3333333333333333, 1.850371707708594e-17
TANH_SHRINK_DOUBLE = (*TANH_SHRINK_PAIR, *TANH_SHRINK_PAIR_LOW[:-2:2])
# Of gelu_tanh: c = 2 sqrt(2 / pi) and 0.044715 c.
ROOT = 1.5957691216057308, -9.96930880911092e-17
ROOT_CUBE = 0.07135481627260025, -4.1218577217431825e-18
# Of gelu_tanh', a float64 near e^-v at its root, -log a, 3 a and 2 a c with c = 2 sqrt(2 / pi).
# Next to the root it decides what rounds off: of 25 this one is the best.
GELU_TANH_A, GELU_TANH_V = 3.425182901999155, (-1.231154872331899, -9.464480442328566e-17)
GELU_TANH_3A = 10.275548705997466, -8.881784197001252e-16
GELU_TANH_2AC = 10.931602221724319, -7.445102636636608e-16
# Roots to 2**-31: sums with a multiple of LN2_TOP are exact.
SILU_TOP = round(SILU_ROOT[0] * 2.0**31) * 2.0**-31
GELU_TANH_TOP = round(GELU_TANH_V[0] * 2.0**31) * 2.0**-31
INF = float("inf")
SIGMOID_ZERO, SILU_ZERO = -745.1332191019412, -751.7555630413638  # below, they round to zero
GELU_ZERO = -38.58014022378236
SILU_A = 3.591121476668622, -3.6148589599468234e-20  # e^-x at the root of silu'
SILU_REST = -1.0948000793140865e-16  # -log of the first, but for the root's first part


@kernel
def power(k):
    """2**n for the n in the low bits of `k`."""
    return from_bits(shift_left(bits(k), 52))


@kernel
def times_power(x, n):
    """`x` times 2**n for an integer n, where both are normal numbers."""
    return from_bits(add_bits(bits(x), n << 52))


@kernel
def expm1_rounded(t, less, n):
    """expm1(r) for r = t - less - n log 2; the largest term is last, so it alone is rounded."""
    r = fma(n, -LN2_REST, fma(n, -LN2_TOP, t)) - less
    return fma(fma(polynomial(r, EXP[:-1]), r, EXP[-1]), r * r, r)


@kernel
def expm1_parts(t, low, n):
    """r and expm1(r) - r for r = t + low - n log 2; the second has what rounds off the first."""
    top, rest = fma(n, -LN2_TOP, t), fma(n, LN2_REST, -low)
    r = top - rest
    return r, fma(polynomial(r, EXP), r * r, (top - r) - rest)


@kernel(widen=False)
def exp(x):
    t = clamp(x, -746.0, 710.0)
    magic = where(t < 0.0, PLAIN_UP, PLAIN_DOWN)
    k = fma(t, LOG2E, magic)
    s = power(k)
    return fma(s, expm1_rounded(t, 0.0, k - magic), s) * where(t < 0.0, DOWN, UP)


# The logistic function without cases: e^-x = M (1 + p) / N with M = 2^min(n, 0), N = 2^-max(n, 0),
# so y = N / (N + M (1 + p)), where N or M is 1. With T, the smaller one, S = 1 + T loses its low
# part and so does S + M p: y = N (q + q e) with q, the inverse of their sum, and e, its residual.
@kernel
def logistic(x, low):
    """1 / (1 + e**-(x + low)) for x from -746 to 746."""
    k = fma(x, -LOG2E, PLAIN_UP)
    n = k - PLAIN_UP
    r = fma(n, -LN2_REST, fma(n, -LN2_TOP, -x)) - low
    p = fma(polynomial(r, EXP), r * r, r)
    negative = where(k > PLAIN_UP, PLAIN_UP, k)
    m, factor = power(negative), power(negative - n)
    t = smaller(m, factor)
    s = UP + t
    d = fma(m, p, s)
    d_low = fma(m, p, s - d) + (t - (s - UP))
    q = 1.0 / d
    return fma(q, fma(-d_low, q, fma(-d, q, 1.0)), q) * factor


@kernel(widen=False)
def sigmoid(x):
    return logistic(clamp(x, -746.0, 746.0), 0.0)


@kernel(widen=False)
def log_sigmoid_slope(x):
    return sigmoid(-x)


@kernel(widen=False)
def softplus_slope(x, beta):
    v = beta * x
    return logistic(clamp(v, -746.0, 746.0), where(abs(v) > 746.0, 0.0, fma(beta, x, -v)))


# x takes the place of the 1 above. N may be a subnormal number, of which T needs only that it is
# small: where its exponent is not positive, T is 0.
@kernel
def over_one_and_exp(x, t, low):
    """The parts of N (q + e i) = x / (1 + e**-(t + low)) for t from -800 to 600; N as bits."""
    k = fma(t, -LOG2E, PLAIN)
    n = k - PLAIN
    r = fma(n, -LN2_REST, fma(n, -LN2_TOP, -t)) - low
    p = fma(polynomial(r, EXP), r * r, r)
    negative = where(k > PLAIN, PLAIN, k)
    m, exponent = power(negative), shift_left(bits(negative - n), 52)
    one = smaller(m, from_bits(where(exponent > 0, exponent, 0)))
    s = 1.0 + one
    d = fma(m, p, s)
    d_low = fma(m, p, s - d) + (one - (s - 1.0))
    inverse = 1.0 / d
    q = x * inverse
    return q, fma(-d_low, q, fma(-d, q, x)), inverse, exponent


@kernel
def times_sigmoid(x, t, low):
    """x / (1 + e**-(t + low)) for t from -800 to 600 and |x| up to 800."""
    q, e, inverse, n = over_one_and_exp(x, t, low)
    return fma(e, inverse, q) * from_bits(add_bits(n, 512 << 52)) * DOWN


@kernel(widen=False)
def silu(x):
    near = where(x < -760.0, -760.0, x)
    y = times_sigmoid(near, where(near > 600.0, 600.0, near), 0.0)
    return where(x > 600.0, x, copysign(y, x))


# x has any size here, so that only where e^t is very small N is made a normal number.
@kernel(widen=False)
def swish(x, beta):
    v = beta * x
    t = clamp(v, -760.0, 600.0)
    small = t < -600.0
    low = where((v < -760.0) | (v > 600.0), 0.0, fma(beta, x, -v))
    q, e, inverse, n = over_one_and_exp(x, t, low)
    up = from_bits(add_bits(n, where(small, 512 << 52, 0)))
    y = fma(e, inverse, q) * up * where(small, DOWN, 1.0)
    return where(v > 600.0, x, copysign(where(v < -760.0, 0.0, y), x))


# Products with a value v of any size: both parts are multiplied, and rounded once.
@kernel
def times_parts(v, top, low, down, zero):
    """v (top + low) times a power of two; where `zero`, v times a zero with the sign of `top`."""
    first = v * top
    y = where(abs(v) == INF, first, copysign(fma(v, top, v * low) * down, first))
    return where(zero, 0.0 * first, y)


@kernel
def value_times_sigmoid(v, x, t, zero):
    """v x / (1 + e**-t); for t below `zero`, v times a zero with the sign of x."""
    small = t < -600.0
    q, e, inverse, n = over_one_and_exp(x, t, 0.0)
    up = from_bits(add_bits(n, where(small, 512 << 52, 0)))
    return times_parts(v, q * up, e * inverse * up, where(small, DOWN, 1.0), t < zero)


@kernel(widen=False)
def glu(u, v):
    return value_times_sigmoid(v, 1.0, clamp(u, -760.0, 600.0), SIGMOID_ZERO)


@kernel(widen=False)
def swiglu(u, v):
    x = where(u < -760.0, -760.0, u)
    y = value_times_sigmoid(v, x, where(x > 600.0, 600.0, x), SILU_ZERO)
    return where(u > 600.0, v * u, y)


@kernel(widen=False)
def quick_gelu(x):
    near = where(x < -450.0, -450.0, x)
    t = where(near > 300.0, 300.0, near)
    v = 1.702 * t
    y = times_sigmoid(near, v, fma(1.702, t, -v))
    return where(x > 300.0, x, copysign(y, x))


# As factors, in pairs that share one exponential: the inverse R of 1 + E for E = e^-|x|, and E, as
# 2^-100 and 2^100 times these. All to 2**-54.
@kernel
def inverse_and_tail(x, far):
    """These for a pair x, of which what is below `far` is the same as there."""
    t = -abs(head(x))
    less = where(t < far, 0.0, copysign(tail(x), head(x) * tail(x)))
    t = where(t < far, far, t)
    k = fma(t, LOG2E, PLAIN_100)
    p, m = expm1_rounded(t, less, k - PLAIN_100), power(k)
    s = UP_100 + m
    d = fma(m, p, s)
    d_low = fma(m, p, s - d) + (m - (s - UP_100))
    q = 1.0 / d
    top = 1.0 + p
    inverse = number(q, q * fma(-d_low, q, fma(-d, q, 1.0)))
    return inverse, number(m * top, m * (p - (top - 1.0)))


@kernel
def sigmoid_parts(x):
    inverse, e = inverse_and_tail(x, -750.0)
    return where(x < 0.0, e, UP_100) * inverse


@kernel
def sigmoid_slope_parts(x):
    inverse, e = inverse_and_tail(x, -750.0)
    return e * inverse * (inverse * UP_100)


@kernel
def silu_parts(x):
    near = where(x < -760.0, -760.0, x)
    inverse, e = inverse_and_tail(near, -760.0)
    y = near * where(x < 0.0, e, UP_100) * inverse
    return where(x > 600.0, x, y)


@kernel
def product(c, x):
    """A constant in two parts times x, likewise."""
    y = c[0] * x
    return y, fma(c[1], x, fma(c[0], x, -y))


@kernel
def two_sum(x, y):
    """x + y and what rounds off it (Knuth 1969)."""
    z = x + y
    back = z - x
    return z, (x - (z - back)) + (y - back)


# The exponent of gelu_tanh, x (c + c k x^2), in two parts.
@kernel
def gelu_tanh_exponent(x):
    square = x * x
    bend, low = product(ROOT_CUBE, square)
    g, g_low = two_sum(ROOT[0], bend)
    low = (g_low + ROOT[1]) + fma(ROOT_CUBE[0], fma(x, x, -square), low)
    v = x * g
    return v, fma(x, low, fma(x, g, -v))


@kernel(widen=False)
def gelu_tanh(x):
    near = where(x < -22.0, -22.0, x)
    v, low = gelu_tanh_exponent(where(near > 9.0, 9.0, near))
    y = times_sigmoid(near, v, low)
    return where(x > 9.0, x, copysign(y, x))


# E / (1 + E)^2 with E = e^t: (1 + E)^2 in two parts, its inverse q and the residual e, and in the
# end q (1 + e) (1 + p).
@kernel
def logistic_slope(t, power_more):
    """That times 2**power_more, for t from -750 to 0."""
    k = fma(t, LOG2E, PLAIN_100)
    p, m = expm1_rounded(t, 0.0, k - PLAIN_100), power(k)
    s = UP_100 + m
    d = fma(m, p, s)
    low = fma(m, p, s - d) + (m - (s - UP_100))
    square = d * d
    rest = fma(d + d, low, fma(d, d, -square))
    q = 1.0 / square
    e = fma(-rest, q, fma(-square, q, 1.0))
    return fma(q, fma(e, 1.0 + p, p), q) * times_power(m, 100 + power_more)


@kernel(widen=False)
def sigmoid_slope(x):
    t = -abs(x)
    return logistic_slope(where(t < -750.0, -750.0, t), 0)


@kernel(widen=False)
def tanh_slope(x):
    t = -2.0 * abs(x)
    return logistic_slope(where(t < -750.0, -750.0, t), 2)


# (1 - E) / (1 + E) with E = e^(-2|x|) = s (1 + p), top and bottom in two parts. Near 0, where it
# is -p / (2 + p), the error of p makes at most 0.9 ulp.
@kernel
def tanh_fraction(a):
    """Top and bottom for a >= 0, times 2**100, by the exponential that the slope takes too."""
    t = -2.0 * a
    t = where(t < -750.0, -750.0, t)
    k = fma(t, LOG2E, PLAIN_100)
    p, s = expm1_rounded(t, 0.0, k - PLAIN_100), power(k)
    less = UP_100 - s
    top = fma(-s, p, less)
    top_low = fma(-s, p, less - top) + ((UP_100 - less) - s)
    d = 2.0 * UP_100 - top
    return top, top_low, d, ((2.0 * UP_100 - d) - top) - top_low


@kernel(widen=False)
def tanh(x):
    top, top_low, d, low = tanh_fraction(abs(x))
    inverse = 1.0 / d
    q = top * inverse
    return copysign(fma(fma(-low, q, fma(-d, q, top) + top_low), inverse, q), x)


# x - tanh x, from 0.7 on with the quotient above in two parts, and near 0 the product of
# c = x^3 in two parts and 1/3 + x^2 Q(x^2).
@kernel(widen=False)
def tanh_shrink(x):
    a = abs(x)
    top, top_low, d, low = tanh_fraction(a)
    inverse = 1.0 / d
    q = top * inverse
    far = (a - q) - fma(-low, q, fma(-d, q, top) + top_low) * inverse
    square = a * a
    cube = square * a
    rest = fma(square, a, -cube) + fma(a, a, -square) * a
    tail = fma(square, polynomial(square, TANH_SHRINK_DOUBLE), THIRD[1])
    near = fma(cube, THIRD[0], fma(cube, tail, rest * THIRD[0]))
    return copysign(where(a < 0.7, near, far), x)


# The slopes of silu and gelu_tanh are f (d + l) / d^2, where f = a e^v = s (1 + p) for the exponent
# v = x or that of gelu_tanh, d = f + a and l = a x v'. With a = e^-v0, where v0 is v at the root, p
# is exact where d + l cancels.
@kernel
def slope(p, up, top, top_low, d, d_low):
    """That of d + l and d in two parts, and s times 2**512."""
    square = d * d
    rest = fma(d + d, d_low, fma(d, d, -square))
    inverse = 1.0 / square
    e = fma(-rest, inverse, fma(-square, inverse, 1.0))
    w = fma(e, 1.0 + p, p)
    y = top * inverse
    y_low = fma(top_low, inverse, fma(top, inverse, -y))
    return (y + fma(y, w, fma(y_low, w, y_low))) * up * DOWN


@kernel
def slope_of_sum(r, k, a, line, line_low):
    """That for s = 2**n and p = expm1(r); the sum keeps what rounds off its terms."""
    p, up = fma(polynomial(r, EXP), r * r, r), power(k)
    s = up * DOWN
    more, more_low = two_sum(a, s)
    d = fma(s, p, more)
    d_low = fma(s, p, more - d) + more_low
    top, top_low = two_sum(d, line)
    return slope(p, up, top, (top_low + d_low) + line_low, d, d_low)


@kernel(widen=False)
def silu_slope(x):
    x = clamp(x, -760.0, 300.0)
    k = fma(x - SILU_ROOT[0], LOG2E, PLAIN_UP)
    n = k - PLAIN_UP
    r = (x - fma(n, LN2_TOP, SILU_TOP)) - fma(n, LN2_REST, SILU_ROOT[0] - SILU_TOP)
    a = SILU_A[0]
    line = a * x
    return slope_of_sum(r - SILU_REST, k, a, line, fma(a, x, -line))


# Of gelu_tanh, where x v' = 3 v - 2 c x.
@kernel(widen=False)
def gelu_tanh_slope(x):
    x = clamp(x, -22.0, 9.0)
    v, v_low = gelu_tanh_exponent(x)
    k = fma(v - GELU_TANH_V[0], LOG2E, PLAIN_UP)
    n = k - PLAIN_UP
    r = (v - fma(n, LN2_TOP, GELU_TANH_TOP)) - fma(n, LN2_REST, GELU_TANH_V[0] - GELU_TANH_TOP)
    r = r + (v_low - GELU_TANH_V[1])
    thrice, thrice_low = product(GELU_TANH_3A, v)
    line, line_low = product(GELU_TANH_2AC, x)
    far, far_low = two_sum(thrice, -line)
    low = (far_low + fma(GELU_TANH_3A[0], v_low, thrice_low)) - line_low
    return slope_of_sum(r, k, GELU_TANH_A, far, low)


# Of silu(b x), whose v = b x in two parts may be nearer to the root than a sum of such terms is
# exact: there d + l is f - 1 + a t with t = v - x0, of which both terms have the sign of t.
@kernel(widen=False)
def swish_slope(x, beta):
    v = beta * x
    rest = where((v < -760.0) | (v > 300.0), 0.0, fma(beta, x, -v))
    t, low = two_sum(clamp(v, -760.0, 300.0), -SILU_ROOT[0])
    near = t - SILU_ROOT[1]  # in this order what cancels is exact
    low = low + ((t - near) - SILU_ROOT[1])
    t = near + rest
    low = (low + (rest - (t - near))) - SILU_ROOT[2]
    a, a_low = SILU_A
    line = a * t
    line_low = fma(a_low, t, fma(a, low, fma(a, t, -line)))
    k = fma(t, LOG2E, PLAIN_UP)
    n = k - PLAIN_UP
    r = fma(n, -LN2_REST, fma(n, -LN2_TOP, t)) + low
    p, up = fma(polynomial(r, EXP), r * r, r), power(k)
    s = up * DOWN
    less = s - 1.0
    f = fma(s, p, less)
    top, top_low = two_sum(f, line)
    top_low = top_low + (line_low + fma(s, p, less - f))
    more, more_low = two_sum(a, s)
    d = fma(s, p, more)
    return slope(p, up, top, top_low, d, fma(s, p, more - d) + (more_low + a_low))


@kernel(widen=False)
def quick_gelu_slope(x):
    return swish_slope(x, 1.702)


# erf(x) = x + x q(x^2) near 0, and 1 - 2^g(|x|) elsewhere.
@kernel(widen=False)
def erf(x):
    a = abs(x)
    near = fma(a, polynomial(fma(a, a, -0.72), ERF_NEAR_DOUBLE), a)
    g = polynomial(where(a > 5.95, 5.95, a) - 1.25, ERF_FAR_DOUBLE)
    k = g + PLAIN
    part = polynomial(g - (k - PLAIN), POWER_OF_TWO_DOUBLE)
    return copysign(where(a < 1.2, near, fma(-power(k), part, 1.0)), x)


# e^(-a b) = s (1 + r + h), of the product in two parts.
@kernel
def bell(a, b, magic):
    """s, r and h."""
    q = a * b
    k = fma(q, -LOG2E, magic)
    r, h = expm1_parts(-q, -fma(a, b, -q), k - magic)
    return power(k), r, h


# e^(-b^2) s (1 + w), where s 2 / sqrt(pi) is as exact as the constant.
@kernel(widen=False)
def erf_slope(x):
    b = abs(x)
    b = where(b > 28.0, 28.0, b)
    s, r, h = bell(b, b, PLAIN_UP)
    s = SLOPE * s
    return fma(s, r + h, s) * DOWN


@kernel(widen=False)
def erfc_slope(x):
    return -erf_slope(x)


# erfc(a) = 2 Phi(-b) with b = sqrt(2) a, see gelu; near 0, where that is not monotone, 1 - erf(a).
@kernel(widen=False)
def erfc(x):
    a = abs(x)
    a = where(a > 27.5, 27.5, a)
    s, r, h = bell(a, a, PLAIN_UP)
    d = fma(a, ROOT_TWO[0], 1.0)
    low = fma(a, ROOT_TWO[1], fma(a, ROOT_TWO[0], 1.0 - d))
    t = fma(-4.0 * ROOT_TWO[0], 1.0 / (a + 2.0 * ROOT_TWO[0]), 1.0)
    u, v = 1.0 / d, polynomial(t, GELU_DOUBLE)
    u_low = fma(-low, u, fma(-d, u, 1.0)) * u
    w = r + fma(v, 1.0 + (r + h), h)
    y = (u + fma(u, w, fma(u_low, w, u_low))) * s * DOWN
    near = fma(-x, polynomial(fma(a, a, -0.72), ERF_NEAR_DOUBLE), 1.0 - x)
    return where(a < 0.46875, near, where(x < 0.0, 2.0 - y, y))


# Phi(-b) = e^(-b^2 / 2) (1 + v) / (2 (b + 1)), where v is nearly a polynomial in (b - 4) / (b + 4).
@kernel
def normal_tail(x):
    """b Phi(-b) for b = |x| up to 39 in two parts, as 2**-512 of them times the third result."""
    b = abs(x)
    b = where(b > 39.0, 39.0, b)
    half = b * 0.5
    s, r, h = bell(half, b, PLAIN_UP)
    d = b + 1.0
    low, u, t = b - (d - 1.0), 1.0 / d, b / (b + 4.0)
    v = polynomial((t + t) - 1.0, GELU_DOUBLE)
    y = half * u
    y_low = fma(-low, y, fma(-d, y, half)) * u
    w = r + fma(v, 1.0 + (r + h), h)
    low = fma(y, w, fma(y_low, w, y_low))
    top = y + low
    return top, (y - top) + low, s


@kernel(widen=False)
def gelu(x):
    y, _, s = normal_tail(x)
    y = y * s * DOWN
    return where(x > 0.0, x - y, copysign(y, x))


@kernel(widen=False)
def geglu(u, v):
    small = u < -37.0
    y, low, s = normal_tail(u)
    s = where(small, s, s * DOWN)
    y, low = y * s, low * s
    left = u < 0.0
    top = where(left, -y, u - y)
    low = where(left, -low, ((u - top) - y) - low)
    y = times_parts(v, top, low, where(small, DOWN, 1.0), u < GELU_ZERO)
    return where(u > 39.0, v * u, y)


# gelu'(-b) = e^(-b^2 / 2) (b0 - b) (1 + v) / 2, where b0 is its root and 1 + v has none.
@kernel(widen=False)
def gelu_slope(x):
    b = abs(x)
    b = where(b > 39.0, 39.0, b)
    s, r, h = bell(b * 0.5, b, PLAIN_UP - 1.0)
    t = b / (b + 4.0)
    v = polynomial((t + t) - 1.0, GELU_SLOPE_DOUBLE)
    d = -GELU_ROOT[0] - b
    back = -GELU_ROOT[0] - d
    low = ((back - b) + (-GELU_ROOT[0] - (d + back))) - GELU_ROOT[1]
    w = r + fma(v, 1.0 + (r + h), h)
    y = (d + fma(d, w, fma(low, w, low))) * s * DOWN
    return where(x > 0.0, 1.0 - y, y)


# softplus = max(x, 0) + log1p(E) / b with E = e^-|b x| = s (1 + p). log1p(E) = 2 atanh(S), where
# S = E / (2 + E) = 1 - g with g = 2 / (2 + E), is E g (1 + S^2 P(S^2)), of which all factors are
# multiplied in one step, and 1 / b with them. Near 0, where that is not monotone, it is
# (log 2 + v / 2 + v^2 Q(v^2)) / b with v = b x, of which v / 2 is exact and the last term small.
@kernel(widen=False)
def softplus(x, beta):
    v = beta * x
    rest = fma(beta, x, -v)
    near, t = abs(v) < NEAR_ZERO, -abs(v)
    k = fma(t, LOG2E, PLAIN_UP)
    n = k - PLAIN_UP
    r = fma(n, -LN2_REST, fma(n, -LN2_TOP, t)) + where(v > 0.0, -rest, rest)
    up, p = power(k), fma(polynomial(r, EXP), r * r, r)
    s = up * DOWN
    two = 2.0 + s
    e = fma(s, p, two)
    e_low = fma(s, p, two - e) + (s - (two - 2.0))
    d = e * beta
    d_low = fma(e_low, beta, fma(e, beta, -d))
    inverse = 1.0 / where(near, beta, d)
    g = inverse + inverse
    error = fma(-d_low, inverse, fma(-d, inverse, 1.0))
    square = 1.0 - g * beta
    square = square * square
    w = fma(fma(square, polynomial(square, ATANH_DOUBLE), error), 1.0 + p, p)
    tail = fma(g, w, g)
    y = where(x > 0.0, fma(s, tail, x), tail * up * DOWN)
    y = where(near, softplus_near(v, rest, beta, inverse), y)
    return where(abs(v) > 1000.0, where(x > 0.0, x, 0.0), y)


@kernel
def softplus_near(v, rest, beta, inverse):
    square = v * v
    s = fma(square, polynomial(square, LOGCOSH_HALF_DOUBLE), 0.5 * v) + fma(0.5, rest, LN2_LO)
    y = LN2_HI + s
    q = y * inverse
    return fma(fma(-beta, q, y) + (s - (y - LN2_HI)), inverse, q)


@kernel(widen=False)
def log_sigmoid(x):
    return -softplus(-x, 1.0)
