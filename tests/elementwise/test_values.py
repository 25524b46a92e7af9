"""Values, derivatives and second derivatives in ulps of mpmath's, and beside SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastact as fa
from tests.conftest import name_of
from tests.support.checks import check_peer, check_values
from tests.support.reference import SCIPY, domain
from tests.support.strategies import central, defaults, parameter_sets, parameters, sample, vectors


def test_on_the_sample(f, variety, dtype):
    size = 40 + 8 * settings().max_examples
    first, *others = parameter_sets(f, dtype)
    check_values(f, variety, sample(f, dtype, first, size), first)
    for params in others:
        check_values(f, variety, sample(f, dtype, params, size)[::4], params)


@given(data=st.data())
def test_on_drawn_inputs(f, variety, dtype, data):
    params = data.draw(parameters(f, dtype), "parameters")
    check_values(f, variety, data.draw(vectors(f, dtype), "x"), params)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "f", [f for f in fa.activations.values() if f.name in SCIPY], ids=lambda f: f.name
)
def test_against_scipy(f, dtype):
    x = central(dtype, 4000, np.random.default_rng(1))
    low, high = domain(f, defaults(f, dtype))
    x = x[(np.abs(x) < 32) & (x > low) & (x < high)]
    check_peer(f, SCIPY[f.name], x, (), f.max_ulp[dtype]["forward"] + 4)


@pytest.mark.parametrize(
    ("f", "variety", "x", "params"),
    [
        (fa.tanh, "forward", "0x1.625bdffa20916p-3", ()),
        (fa.swish, "derivative", "-0x1.a4803e3a45cb2p-2", ("0x1.8e80c6e4abd7ep+1",)),
    ],
    ids=name_of,
)
def test_known_hard_inputs(f, variety, x, params):
    """Where rounding the largest term was too much, and two parts of t = v - x0 cancelled."""
    check_values(f, variety, np.array([float.fromhex(x)]), tuple(map(float.fromhex, params)))
