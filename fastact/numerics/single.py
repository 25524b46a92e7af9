"""The forms of kernels for float32 results.

Two ways lead to 1 ulp. Through float64 a formula needs no care, and polynomials as short as 2**-28
allows; the conversions and the lanes, half as many, are its price. In float32 the last steps are
compensated: what a rounding loses is found by a fused multiply-add or a subtraction and added in
the end. Each function takes the way that is faster on processors with vectors of 256 bits.

Numbers are clamped one end after the other, which LLVM makes instructions of. NaN stays.
"""

from __future__ import annotations

from fastact.numerics.elementary import (
    DOWN,
    HALF32,
    LN2_HI,
    LN2_HI32,
    LN2_LO32,
    LOG2E,
    LOG2E32,
    MAGIC,
    MAGIC_DOWN,
    MAGIC_PLAIN,
    MAGIC_UP,
    ONE32,
    TWO32,
    UP,
    ZERO32,
    F,
    as_float,
    clamp,
    exponent,
    scale_single,
    smaller,
)
from fastact.numerics.primitives import (
    add_bits,
    bits,
    copysign,
    fma,
    from_bits,
    kernel,
    polynomial,
    shift_left,
    square_root,
    where,
)
from fastact.numerics.tables import (
    ERF_FAR,
    ERF_NEAR,
    EXP_SHORT,
    EXP_TERMS,
    EXPM1_RELATIVE,
    EXPM1_SHORT,
    GELU_FAR,
    GELU_ROOT,
    GELU_SHORT,
    GELU_SINGLE,
    GELU_SLOPE_FAR,
    GELU_SLOPE_SHORT,
    GELU_TANH_ROOT,
    LOG1P_SHORT,
    LOG_SHORT,
    MISH_ROOT,
    POWER_OF_TWO,
    SILU_ROOT,
    TANH_SHRINK_SHORT,
)

ROOT = 1.5957691216057308  # 2 sqrt(2 / pi)
CUBE, ROOT_CUBE = 0.044715, 0.044715 * ROOT
CUBE_1, CUBE_2 = 3.0 * CUBE * GELU_TANH_ROOT[0], 3.0 * CUBE * GELU_TANH_ROOT[0] ** 2
GELU_TANH_F = 0.29195521191476714  # e^v at the root of gelu_tanh'
SILU_A = 3.591121476668622  # e^-x at the root of silu'
MISH_E = 0.3034825352815289  # e^x at the root of mish'
MISH_TERMS = 0.027951242009170138, 0.3963578388927879, 0.7697248580619809
SELU_SCALE, SELU_BOTH = 1.0507009873554805, 1.7580993408473766
SLOPE, DENSITY = 1.1283791670955126, 0.3989422804014327  # 2 / sqrt(pi), 1 / sqrt(2 pi)
ROOT_TWO = 1.4142135623730951
BIASED = MAGIC + 1023.0  # leaves the exponent of 2**n in the low bits
SIGMOID_ZERO, SILU_ZERO = -103.97207708399179, -108.66030361932557  # below, they round to zero
FAR = 300.0  # e to minus that times any two of float32 rounds to zero
INF, NAN = float("inf"), float("nan")
FOURTH32, FAR32 = F(0.25), F(2.0**62)
FAR_BELL = 25.0  # and so is e to minus half the square of that


# ---------------------------------------------------------------- through float64
# e^t = 2^n e^r with r = t - n log 2 (Cody and Waite 1980); log 2 in one part is enough.
@kernel
def nearest(t):
    """The n of the reduction, with the bias of float64 in the low bits of a float, and r."""
    k = fma(t, LOG2E, BIASED)
    return k, fma(k - BIASED, -LN2_HI, t)


@kernel
def power(k):
    """2**n of that."""
    return from_bits(shift_left(bits(k), 52))


@kernel
def exp_short(t):
    """e**t for |t| <= 700, of 2**-28."""
    k, r = nearest(t)
    return polynomial(r, EXP_SHORT) * power(k)


@kernel
def exp_and_less(t):
    """e**t and e**t - 1 for |t| <= 700, each with its relative accuracy."""
    k, r = nearest(t)
    p, scale = fma(polynomial(r, EXPM1_SHORT) * r, r, r), power(k)
    return fma(scale, p, scale), fma(scale, p, scale - 1.0)


@kernel
def tail_and_less(x):
    """e**-|x| and e**-|x| - 1."""
    t = -abs(x)
    return exp_and_less(where(t < -FAR, -FAR, t))


@kernel
def tail_exp(x):
    """e**-|x|."""
    t = -abs(x)
    return exp_short(where(t < -FAR, -FAR, t))


# Float64 has room for e^-x where float32 has none: x / (1 + e^-x) needs no cases.
@kernel
def silu(x):
    x = where(x < -FAR, -FAR, x)
    return x / (1.0 + exp_short(-where(x > FAR, FAR, x)))


# Products with a value. Where the function rounds to zero, that with an infinite value is NaN.
@kernel
def with_infinite(y, v, x, zero):
    """The product `y` of v and a function that rounds to zero for x below `zero`."""
    return where((abs(v) == INF) & (x < zero), NAN, y)


@kernel
def glu(x, v):
    y = v / (1.0 + exp_short(clamp(-x, -FAR, FAR)))
    return with_infinite(y, v, x, SIGMOID_ZERO)


@kernel
def swiglu(x, v):
    y = v * where(x < -FAR, -FAR, x) / (1.0 + exp_short(clamp(-x, -FAR, FAR)))
    return with_infinite(y, v, x, SILU_ZERO)


@kernel
def swish(x, beta):
    v = beta * x
    return where(v < -FAR, copysign(0.0, x), x / (1.0 + exp_short(clamp(-v, -FAR, FAR))))


@kernel
def quick_gelu(x):
    x = where(x < -FAR, -FAR, x)
    return x / (1.0 + exp_short(-1.702 * where(x > FAR, FAR, x)))


@kernel
def gelu_tanh(x):
    x = where(x < -12.0, -12.0, x)
    near = where(x > 12.0, 12.0, x)
    return x / (1.0 + exp_short(-near * fma(near * near, ROOT_CUBE, ROOT)))


@kernel
def mish(x):
    x = where(x < -FAR, -FAR, x)
    e = exp_short(where(x > 60.0, 60.0, x))
    n = e * (e + 2.0)
    return x * n / (n + 2.0)


@kernel
def softplus(x, beta):
    e = tail_exp(beta * x)
    return where(x > 0.0, x, 0.0) + e * polynomial(e, LOG1P_SHORT) / beta


@kernel
def log_sigmoid(x):
    e = tail_exp(x)
    return fma(-e, polynomial(e, LOG1P_SHORT), where(x < 0.0, x, 0.0))


@kernel
def expm1_short(x):
    """e**x - 1 of x up to 60."""
    return exp_and_less(clamp(x, -FAR, 60.0))[1]


@kernel
def elu(x, alpha):
    return where(x > 0.0, x, alpha * expm1_short(x))


@kernel
def selu(x):
    return where(x > 0.0, SELU_SCALE * x, SELU_BOTH * expm1_short(x))


@kernel
def celu(x, alpha):
    return where(x > -(2.0**-80), x, alpha * expm1_short(x / alpha))


@kernel
def log1mexp(x):
    f, less = tail_and_less(x)
    k = exponent(-less)
    m = from_bits(add_bits(bits(-less), shift_left(-k, 52)))
    u = where(less > -0.75, m - 1.0, -f)
    y = fma(as_float(k), LN2_HI, u * polynomial(u, LOG_SHORT))
    return where(x > 0.0, y, where(x == 0.0, -INF, NAN))


# tanh |x| = m / (2 - m) with m = 1 - e^(-2 |x|), where nothing cancels.
@kernel
def less_tail(x):
    """1 - e**(-2 |x|), near 0 as accurate as elsewhere."""
    k, r = nearest(clamp(-2.0 * abs(x), -FAR, 0.0))
    p, scale = fma(polynomial(r, EXPM1_RELATIVE) * r, r, r), power(k)
    return abs(fma(scale, p, scale - 1.0))


@kernel
def lisht(x):
    m = less_tail(x)
    return abs(x) * m / (2.0 - m)


@kernel
def tanh_shrink(x):
    z, m = x * x, less_tail(x)
    far = copysign(abs(x) - m / (2.0 - m), x)
    return where(abs(x) < 0.7, x * (z * polynomial(z, TANH_SHRINK_SHORT)), far)


# ---------------------------------------------------------------- derivatives through float64
@kernel
def exp_left(x):
    """e**x of x <= 0, and anything elsewhere."""
    return exp_short(clamp(x, -FAR, 60.0))


@kernel
def elu_slope(x, alpha):
    return where(x > 0.0, 1.0, alpha * exp_left(x))


@kernel
def elu_bend(x, alpha):
    return where(x > 0.0, 0.0, alpha * exp_left(x))


@kernel
def selu_slope(x):
    return where(x > 0.0, SELU_SCALE, SELU_BOTH * exp_left(x))


@kernel
def selu_bend(x):
    return where(x > 0.0, 0.0, SELU_BOTH * exp_left(x))


@kernel
def celu_slope(x, alpha):
    return where(x > 0.0, 1.0, exp_left(x / alpha))


@kernel
def celu_bend(x, alpha):
    return where(x > 0.0, 0.0, exp_left(x / alpha) / alpha)


@kernel
def sigmoid_slope(x):
    e = tail_exp(x)
    d = 1.0 + e
    return e / (d * d)


@kernel
def tanh_slope(x):
    return 4.0 * sigmoid_slope(2.0 * x)


@kernel
def tanh_shrink_slope(x):
    m = less_tail(x)
    t = m / (2.0 - m)
    return t * t


@kernel
def tanh_shrink_bend(x):  # 2 tanh x sech(x)^2 = 8 f m / (1 + f)^3 with f = 1 - m
    f, less = tail_and_less(2.0 * x)
    d = 1.0 + f
    return copysign(8.0 * f * less / (d * d * d), x)


@kernel
def lisht_slope(x):  # tanh x + x sech(x)^2
    a = abs(x)
    a = where(a > FAR, FAR, a)
    f, less = tail_and_less(2.0 * a)
    d = 1.0 + f
    return copysign(fma(4.0 * a, f, -less * d) / (d * d), x)


@kernel
def log1mexp_slope(x):
    f, less = tail_and_less(x)
    return where(x < 0.0, NAN, f / abs(less))


@kernel
def log1mexp_bend(x):
    f, less = tail_and_less(x)
    return where(x < 0.0, NAN, -f / (less * less))


@kernel
def sigmoid_bend(x):
    e, less = tail_and_less(x)
    d = 1.0 + e
    return copysign(-e * less / (d * d * d), -x)


@kernel
def tanh_bend(x):
    return 8.0 * sigmoid_bend(2.0 * x)


@kernel(widen=False)
def log_sigmoid_slope(x):
    return sigmoid(-x)


@kernel
def log_sigmoid_bend(x):
    return -sigmoid_slope(x)


@kernel
def softplus_bend(x, beta):
    return beta * sigmoid_slope(beta * x)


@kernel
def softplus_slope(x, beta):
    return 1.0 / (1.0 + exp_short(clamp(-(beta * x), -FAR, FAR)))


@kernel(widen=False)
def tanh_from_output(y):
    return fma(-y, y, ONE32)


@kernel
def log_sigmoid_from_output(y):
    return -expm1_short(y)


@kernel
def log1mexp_from_output(y):
    return exp_and_less(clamp(-y, -FAR, 100.0))[1]


@kernel
def softplus_from_output(y, beta):
    return -expm1_short(-(beta * y))


# With the root x0 and t = x - x0, terms that cancel become terms of one sign: no formula needs a
# window around the root. silu'(x) = f (f - 1 + a t) / (f + a)^2, where f = e^t and a = e^-x0,
# because 1 + a (1 + x0) = 0.
@kernel
def silu_slope(x):
    t = clamp(x - SILU_ROOT[0], -FAR, FAR)
    f, less = exp_and_less(t)
    d = f + SILU_A
    return f * fma(SILU_A, t, less) / (d * d)


@kernel
def swish_slope(x, beta):
    return silu_slope(beta * x)


@kernel
def quick_gelu_slope(x):
    return silu_slope(1.702 * x)


# Factors: g in float64, made of the same exponential as g', which gated pairs need beside it.
@kernel
def sigmoid_factor(x):
    e = tail_exp(x)
    return where(x < 0.0, e, 1.0) / (1.0 + e)


@kernel
def silu_factor(x):  # x / (1 + a / f)
    t = clamp(x - SILU_ROOT[0], -FAR, FAR)
    f = exp_and_less(t)[0]
    return where(x < -FAR, -FAR, x) * f / (f + SILU_A)


# mish'(x) = e w / d^2, e = e0 f, d = e^2 + 2 e + 2, w = 4 t (1 + e) + (f - 1) (c0 + f (c1 + f c2)).
@kernel
def mish_slope(x):
    t = clamp(x, -FAR, 60.0) - MISH_ROOT[0]
    f, less = exp_and_less(t)
    e = MISH_E * f
    d = fma(e, e + 2.0, 2.0)
    w = fma(less, polynomial(f, MISH_TERMS), 4.0 * fma(t, e, t))
    return e * w / (d * d)


# gelu_tanh'(x) = F (1 + F + x w) / (1 + F)^2 with F = e^v, where v = c (x + k x^3) and w = v'. From
# its value at x0, F grows by F0 expm1(v - v0) = F0 expm1(c t (1 + q)), and x w by c t (1 + 3 q).
@kernel
def gelu_tanh_slope(x):
    t = clamp(x, -12.0, 12.0) - GELU_TANH_ROOT[0]
    q, t = fma(fma(CUBE, t, CUBE_1), t, CUBE_2), ROOT * t
    f, less = exp_and_less(fma(t, q, t))
    f, d = GELU_TANH_F * f, fma(GELU_TANH_F, f, 1.0)
    return f * fma(GELU_TANH_F, less, fma(3.0 * q, t, t)) / (d * d)


# ---------------------------------------------------------------- the normal distribution
# Phi(-b) = e^(-b^2 / 2) v(t) / (b + 5/2) with t = (b - 5/2) / (b + 5/2), in which v is nearly a
# polynomial (after Shepherd and Laframboise 1981); gelu'(-b) = e^(-b^2 / 2) (b0 - b) w(t), where
# b0 is its root and w has none.
@kernel
def bell(b):
    """e**(-b**2 / 2) for b up to 15 or more."""
    return exp_short(b * b * -0.5)


@kernel
def inverse_and_t(b):
    u = 1.0 / (b + 2.5)
    return u, fma(-5.0, u, 1.0)


@kernel
def erfc(x):
    b = abs(x)
    b = where(b > 10.5, 10.5, b)
    e, (u, t) = exp_short(-(b * b)), inverse_and_t(ROOT_TWO * b)
    y = (e + e) * (polynomial(t, GELU_SHORT) * u)
    return where(x < 0.0, 2.0 - y, y)


@kernel
def erf_slope(x):
    b = abs(x)
    b = where(b > 15.0, 15.0, b)
    return SLOPE * exp_short(-(b * b))


@kernel
def erf_bend(x):
    b = abs(x)
    return copysign(2.0 * where(b > 15.0, 15.0, b) * erf_slope(x), -x)


@kernel
def erfc_slope(x):
    return -erf_slope(x)


@kernel
def erfc_bend(x):
    return -erf_bend(x)


@kernel
def gelu_bend(x):
    b = abs(x)
    b = where(b > 15.0, 15.0, b)
    return DENSITY * bell(b) * (2.0 - b * b)


@kernel
def slope_from(x, b, w):
    y = (-GELU_ROOT[0] - b) * bell(b) * w
    return where(x > 0.0, 1.0 - y, y)


@kernel
def gelu_slope(x):
    b = abs(x)
    b = where(b > 15.0, 15.0, b)
    _, t = inverse_and_t(b)
    return slope_from(x, b, polynomial(t, GELU_SLOPE_SHORT))


# As factors both are exact further out: -25 makes zero of any two float32 that are multiplied.
@kernel
def gelu_factor(x):
    b = abs(x)
    b = where(b > FAR_BELL, FAR_BELL, b)
    u, t = inverse_and_t(b)
    y = bell(b) * (polynomial(t, GELU_FAR) * u)
    return where(x < 0.0, -b * y, x * (1.0 - y))


@kernel
def gelu_slope_factor(x):
    b = abs(x)
    b = where(b > FAR_BELL, FAR_BELL, b)
    _, t = inverse_and_t(b)
    return slope_from(x, b, polynomial(t, GELU_SLOPE_FAR))


# ---------------------------------------------------------------- in float32
# expm1(r) = r + h, and h has what rounds off r, which costs no multiplication more.
@kernel
def first_and_rest(t, n):
    """r and expm1(r) - r for r = t - n log 2."""
    top, low = fma(n, -LN2_HI32, t), n * LN2_LO32
    r = top - low
    return r, fma(polynomial(r, EXP_TERMS), r * r, (top - r) - low)


@kernel(widen=False)
def exp(x):
    t = clamp(x, F(-104.0), F(89.0))
    magic = where(t < ZERO32, MAGIC_UP, MAGIC_DOWN)
    k = fma(t, LOG2E32, magic)
    r, rest = first_and_rest(t, k - magic)
    s = scale_single(k)
    return fma(s, r + rest, s) * where(t < ZERO32, UP, DOWN)


# The logistic function without cases: e^-x = M (1 + p) / N with M = 2^min(n, 0), N = 2^-max(n, 0),
# so y = N / (N + M (1 + p)), where N or M is 1. With T, the smaller one, S = 1 + T loses its low
# part and so does S + M p: y = N (q + q e) with q, the inverse of their sum, and e, its residual.
# All are multiplied by 2^64, so that N is no subnormal number and y is rounded once.
@kernel(widen=False)
def sigmoid(x):
    x = clamp(x, F(-104.0), F(104.0))
    k = fma(x, -LOG2E32, MAGIC_UP)
    n = k - MAGIC_UP
    r = fma(n, -LN2_LO32, fma(n, -LN2_HI32, -x))
    p = fma(polynomial(r, EXP_TERMS), r * r, r)
    negative = where(k > MAGIC_UP, MAGIC_UP, k)
    m, factor = scale_single(negative), scale_single(negative - n)
    t = smaller(m, factor)
    s = DOWN + t
    d = fma(m, p, s)
    low = fma(m, p, s - d) + (t - (s - DOWN))
    q = ONE32 / d
    return fma(q, fma(-low, q, fma(-d, q, ONE32)), q) * factor


# erf(x) = x + x q(x^2) near 0, and 1 - 2^g(|x|) elsewhere: both are monotone, and so is where they
# meet, as long as it is below 1.22.
@kernel(widen=False)
def erf(x):
    a = abs(x)
    near = fma(a, polynomial(fma(a, a, F(-0.75)), ERF_NEAR), a)
    g = polynomial(where(a > F(3.95), F(3.95), a) - F(1.25), ERF_FAR)
    k = g + MAGIC_PLAIN
    part = polynomial(g - (k - MAGIC_PLAIN), POWER_OF_TWO)
    return copysign(where(a < F(1.2), near, fma(-scale_single(k), part, ONE32)), x)


# gelu(-b) = -b Phi(-b) = -y0 e^(-b^2 / 2) (1 + v) with y0 = b / (2 + 9 b / 4). Where t is near -1 a
# rounding of it would be too much: 2 b / (b + 5/2) - 1 is exact enough there. The factors 1 + p
# and 1 + v are never rounded, nor is the last product: it is y0 + c in two parts.
@kernel(widen=False)
def gelu(x):
    b = abs(x)
    b = where(b > F(14.6), F(14.6), b)
    half = b * HALF32
    q = half * b
    k = fma(q, -LOG2E32, MAGIC_UP)
    n = k - MAGIC_UP
    top, low = fma(n, -LN2_HI32, -q), fma(n, LN2_LO32, fma(half, b, -q))
    r = top - low
    h = fma(polynomial(r, EXP_TERMS), r * r, (top - r) - low)
    d = fma(F(2.25), b, TWO32)
    rest = fma(F(2.25), b, TWO32 - d)
    near = b < F(1.25)
    t = where(near, b, b - F(2.5)) / (b + F(2.5))
    v = polynomial(where(near, (t + t) - ONE32, t), GELU_SINGLE)
    u = ONE32 / d
    y0 = b * u
    e0 = fma(-rest, y0, fma(-d, y0, b)) * u
    h = fma(v, ONE32 + (r + h), h)
    w = r + h
    e1 = fma(e0, w, e0)
    a = y0 * h
    c = fma(y0, r, a)
    low = (fma(y0, r, -c) + a) + (fma(y0, h, -a) + e1)
    s = y0 + c
    y = (s + (((y0 - s) + c) + low)) * scale_single(k) * UP
    return copysign(where(x > ZERO32, x - y, y), x)


# (x + s) / 2 with s = sqrt(x^2 + b) as a + r with a = |x| / 2 and r = sqrt(a^2 + c), c = b / 4, and
# on the left c / (a + r), of sums and roots in two parts. A power of two keeps squares from
# overflowing and vanishing: beyond 2^62, r is a.
@kernel(widen=False)
def half_root(x, b):
    """a, c and r times that power, what the square of r lacks, and the inverse of the power."""
    up = where(b > F(2.0**60), F(2.0**-20), where(b < F(2.0**-60), F(2.0**20), ONE32))
    a, c = abs(x) * HALF32 * up, b * up * up * FOURTH32
    near = where(a > FAR32, FAR32, a)
    square = near * near
    h = square + c
    rest = where(square > c, (square - h) + c, (c - h) + square) + fma(near, near, -square)
    r = square_root(h)
    return a, c, where(a > FAR32, a, r), rest + fma(-r, r, h), ONE32 / up


@kernel(widen=False)
def squareplus(x, b):
    a, c, r, rest, down = half_root(x, b)
    p = a + r
    q = ONE32 / p
    w = a * q  # 1 / r = q / (1 - w), of which three digits are enough
    low = fma(rest * HALF32, q * fma(w, fma(w, TWO32, ONE32), ONE32), a - (p - r))
    y = c * q
    left = fma(fma(-y, low, fma(-y, p, c)), q, y) * down
    right = where(a > FAR32, x, (p + low) * down)
    return where(x < ZERO32, where(p == INF, ZERO32, left), right)


# y / s: on the right 1/2 + a / 2r, on the left c / (a + r) / 2r.
@kernel(widen=False)
def squareplus_slope(x, b):
    a, c, r, rest, _ = half_root(x, b)
    p = a + r
    q, g = ONE32 / p, HALF32 / r
    r_low = rest * g
    low, twice = (a - (p - r)) + r_low, g + g
    v = a * g
    t = HALF32 + v
    v_low = fma(-(v + v), r_low, fma(-(v + v), r, a)) * g
    right = t + ((v - (t - HALF32)) + v_low)
    c = c * F(2.0**40)  # so that the product is rounded as a normal number
    y = c * q
    z = y * g
    z_low = fma(y, g, -z) + fma(c, q, -y) * g
    e = fma(-low, q, fma(-p, q, ONE32)) + fma(-r_low, twice, fma(-r, twice, ONE32))
    left = where(p == INF, ZERO32, (fma(z, e, z_low) + z) * F(2.0**-40))
    return where(x < ZERO32, left, where(a > FAR32, ONE32, right))
