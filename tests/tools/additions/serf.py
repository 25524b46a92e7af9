"""An activation, serf: x times the error function of softplus(x)."""

from __future__ import annotations

BLOCK = r'''

# serf     y = x erf(s), s = log(1 + e^x)          y' = erf(s) + x g, g = (2 / sqrt(pi)) e^-s^2 s'
# y'' = g (2 + x (1 - s' - 2 s s')). Below -40 s is e^x, of which the tail is kept.
@kernel
def serf_softplus(x):
    return where(x > 0.0, x, 0.0) + log1p_unit(exp(-abs(x)))


@kernel
def serf_tail(x, factor):
    """2 / sqrt(pi) e^x times a factor, for x below -40."""
    e, scale = exp_tail(where(x < -40.0, x, -40.0))
    return scaled(factor * times_constant(e, SLOPE), scale)


@kernel
def serf_value(x):
    far = serf_tail(x, clamp(x, -800.0, 0.0))
    return where(x < -40.0, far, x * erf_value(serf_softplus(x)))


@kernel
def serf_derivative(x):
    e, s = exp(-abs(x)), serf_softplus(x)
    sigma = where(x < 0.0, e, 1.0) / (1.0 + e)
    here = clamp(x, -800.0, 28.0)
    y = erf_value(s) + here * (erf_derivative(s) * sigma)
    y = where(x < -40.0, serf_tail(x, here + 1.0), y)
    return at_root(x, y, SERF_ROOT, SERF_ROOT_QUOTIENT, 1.0)


@kernel
def serf_second_derivative(x):
    e, s = exp(-abs(x)), size(serf_softplus(x), 28.0)
    sigma, rest = where(x < 0.0, e, 1.0) / (1.0 + e), where(x < 0.0, 1.0, e) / (1.0 + e)
    here = clamp(x, -800.0, 28.0)
    power, scale = exp_tail(-(s * s))
    factor = sigma * (2.0 + here * (rest - scaled(s * sigma, 2.0)))
    y = scaled(times_constant(power, SLOPE) * factor, scale)
    y = where(x < -40.0, serf_tail(x, here + 2.0), y)
    y = at_root(x, y, SERF_BEND_LEFT, SERF_BEND_LEFT_QUOTIENT, 1.0)
    return at_root(x, y, SERF_BEND, SERF_BEND_QUOTIENT, 1.0)


serf: interfaces.FromInput = declare(
    "serf", serf_value, serf_derivative, serf_second_derivative,
    formula=r"x\operatorname{erf}(\log(1 + e^x))",
    summary="The input times the error function of its softplus.",
    limits=(-0.0, INF),
    source="Nag and Bhattacharyya 2021",
    range=(-0.34843745875960643, INF),
    roots={
        "forward": (0.0,),
        "derivative": (SERF_ROOT[0],),
        "second_derivative": (SERF_BEND_LEFT[0], SERF_BEND[0]),
    },
)  # fmt: skip
'''
IMPORTS = """
from fastact.numerics.elementary import clamp, exp, log1p_unit
from fastact.numerics.tables import (
    SERF_BEND,
    SERF_BEND_LEFT,
    SERF_BEND_LEFT_QUOTIENT,
    SERF_BEND_QUOTIENT,
    SERF_ROOT,
    SERF_ROOT_QUOTIENT,
)
"""
ROOTS = """
    "SERF_ROOT": (lambda x: x * mp.erf(mp.log1p(mp.exp(x))), 1, "-1.19306"),
    "SERF_BEND_LEFT": (lambda x: x * mp.erf(mp.log1p(mp.exp(x))), 2, "-2.25650"),
    "SERF_BEND": (lambda x: x * mp.erf(mp.log1p(mp.exp(x))), 2, "1.09605"),
"""
LINE = '    "serf": rounds_an_exponent(lambda m, x: x * m.erf(m.softplus(x))),\n'
# By the file, after which line what comes; "" is the end of the file.
EDITS = {
    "fastact/elementwise/normal.py": {
        "ROOT_QUOTIENT\n": IMPORTS,
        '    "gelu",\n': '    "serf",\n',
        "": BLOCK,
    },
    "tools/remez.py": {'2, "1.19968"),\n': ROOTS[1:]},
    "tests/support/reference.py": {
        '    "erfc": erfc,\n': '    "serf": lambda x: x * erf(log(1 + exp(x))),\n'
    },
    "fastact/verification/reference.py": {
        '    "erfc": lambda m, x: m.erfc(x),\n': LINE,
    },
}
