"""The forms for float64 results of what is made of e^x alone; see `double`."""

from __future__ import annotations

from fastact.numerics.double import (
    DOWN,
    PLAIN,
    PLAIN_UP,
    UP_100,
    expm1_parts,
    power,
)
from fastact.numerics.elementary import LOG2E, clamp
from fastact.numerics.primitives import fma, kernel, where
from fastact.numerics.rational import log_quotient

INF, NAN = float("inf"), float("nan")
SELU_SCALE = 1.0507009873554805
SELU_BOTH, SELU_BOTH_LOW = 1.7580993408473766, 5.75014648756476e-17


# a e^t with a 2^n, which is exact, as the factor of 1 + p.
@kernel
def times_exp(a, t, low):
    """`a` times e**(t + low) for t <= 0, and anything elsewhere."""
    t = clamp(t, -800.0, 700.0)
    small = t < -600.0
    magic = where(small, PLAIN_UP, PLAIN)
    k = fma(t, LOG2E, magic)
    r, h = expm1_parts(t, low, k - magic)
    s = a * power(k)
    return fma(s, r + h, s) * where(small, DOWN, 1.0)


# a (e^t - 1) = (S - a) + S (r + h) with S = a 2^n. What rounds off the bracket, which is 0 near 0,
# goes to the small terms.
@kernel
def times_expm1(a, t, low):
    """`a` times e**(t + low) - 1 for t <= 0, and anything elsewhere."""
    t = clamp(t, -100.0, 700.0)
    k = fma(t, LOG2E, PLAIN)
    r, h = expm1_parts(t, low, k - PLAIN)
    s = a * power(k)
    less = s - a
    return fma(s, r, fma(s, h, s - (less + a))) + less


@kernel(widen=False)
def elu(x, alpha):
    return where(x < 0.0, times_expm1(alpha, x, 0.0), x)


@kernel(widen=False)
def elu_slope(x, alpha):
    return where(x > 0.0, 1.0, times_exp(alpha, x, 0.0))


@kernel(widen=False)
def elu_bend(x, alpha):
    return where(x > 0.0, 0.0, times_exp(alpha, x, 0.0))


@kernel(widen=False)
def elu_from_output(y, alpha):
    return where(y > 0.0, 1.0, y + alpha)


@kernel(widen=False)
def selu(x):
    return where(x < 0.0, times_expm1(SELU_BOTH, x, 0.0), SELU_SCALE * x)


@kernel(widen=False)
def selu_slope(x):
    return where(x > 0.0, SELU_SCALE, times_exp(SELU_BOTH, x, 0.0))


@kernel(widen=False)
def selu_bend(x):
    return where(x > 0.0, 0.0, times_exp(SELU_BOTH, x, 0.0))


@kernel(widen=False)
def selu_from_output(y):
    return where(y > 0.0, SELU_SCALE, (y + SELU_BOTH) + SELU_BOTH_LOW)


@kernel
def quotient(x, alpha):
    """x / alpha in two parts, where e to it is no limit."""
    u = x / alpha
    return u, where(abs(u) < 800.0, fma(-u, alpha, x) / alpha, 0.0)


@kernel(widen=False)
def celu(x, alpha):  # x / alpha may be a subnormal number, where y rounds to x
    u, low = quotient(x, alpha)
    return where(x < -(2.0**-900), times_expm1(alpha, u, low), x)


@kernel(widen=False)
def celu_slope(x, alpha):
    u, low = quotient(x, alpha)
    return where(x > 0.0, 1.0, times_exp(1.0, u, low))


# 1 - e^-x = 1 - s - s p with s (1 + p) = e^-x, as in tanh.
@kernel
def exp_and_rest(x):
    """s with a factor that makes it normal, the inverse of that, p, and 1 - e**-x in two parts."""
    t = where(x > 750.0, -750.0, -x)
    small = t < -600.0
    magic, back = where(small, PLAIN_UP, PLAIN), where(small, DOWN, 1.0)
    k = fma(t, LOG2E, magic)
    r, h = expm1_parts(t, 0.0, k - magic)
    up, p = power(k), r + h
    s = up * back
    less = 1.0 - s
    d = fma(-s, p, less)
    low = fma(-s, p, less - d) + fma(-s, (r - p) + h, (1.0 - less) - s)
    return up, back, p, d, low


@kernel(widen=False)
def log1mexp(x):
    up, back, p, d, low = exp_and_rest(x)
    e = fma(up, p, up) * back
    y = where(x > 36.0, fma(-0.5 * e, e, -e), -log_quotient(1.0, d * UP_100, low * UP_100, 100.0))
    return where(x > 0.0, y, where(x == 0.0, -INF, NAN))


@kernel(widen=False)
def log1mexp_slope(x):
    up, back, p, d, low = exp_and_rest(x)
    q = 1.0 / d
    w = fma(fma(-low, q, fma(-d, q, 1.0)), 1.0 + p, p)
    y = where(x < 2.0**-900, q, fma(q, w, q) * up * back)
    return where(x < 0.0, NAN, y)
