"""The derivative, the backward pass and the one-pass form agree, and agree with calculus."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastact as fa
from tests.support.checks import (
    apply,
    assert_same_bits,
    backward,
    check_from_output,
    check_linear,
    check_product,
    check_slope,
    check_together,
)
from tests.support.reference import domain
from tests.support.strategies import (
    central,
    defaults,
    mixed,
    output_sets,
    parameter_sets,
    parameters,
    sample,
    vectors,
)


@pytest.mark.parametrize("order", ["derivative", "second_derivative"])
def test_is_the_slope_by_finite_differences(f, order):
    x = central("float64", 2000, np.random.default_rng(2))
    for params in parameter_sets(f, "float64"):
        check_slope(f, order, x[np.abs(x) < 64], params)


def test_backward_is_the_product(f, dtype):
    dy, x = mixed(dtype, 3000, 1), mixed(dtype, 3000, 2)
    for params in parameter_sets(f, dtype):
        check_product(f, dy, x, params)


@given(data=st.data())
def test_backward_is_the_product_of_anything(f, dtype, data):
    params = data.draw(parameters(f, dtype), "parameters")
    x = data.draw(vectors(f, dtype), "x")
    dy = np.array(
        data.draw(st.lists(st.floats(width=16), min_size=x.size, max_size=x.size), "dy"), dtype
    )
    check_product(f, dy, x, params)


def test_backward_is_linear(f, dtype):
    dy, x = central(dtype, 2000, np.random.default_rng(3)), mixed(dtype, 2000, 4)
    check_linear(f, dy, x, defaults(f, dtype))


def test_value_and_derivative_is_the_two_calls(f, dtype):
    for params in parameter_sets(f, dtype):
        check_together(f, mixed(dtype, 3000), params)


FROM_OUTPUT = [f for f in fa.activations.values() if f.from_output]
where_output_is_enough = pytest.mark.parametrize("f", FROM_OUTPUT, ids=lambda f: f.name)


@where_output_is_enough
def test_backward_from_the_output(f, dtype):
    first, *others = output_sets(f, dtype)
    check_from_output(f, sample(f, dtype, first)[::2], first)
    for params in others:
        check_from_output(f, sample(f, dtype, params)[::8], params)


@where_output_is_enough
def test_backward_from_the_output_is_never_nan(f, dtype):
    x = mixed(dtype, 3000)
    for params in output_sets(f, dtype):
        low, high = domain(f, params)
        inside = x[(x >= low) & (x <= high)]
        dx = backward(f, np.ones_like(inside), params, y=f(inside, *params))
        assert not np.isnan(dx).any(), inside[np.isnan(dx)][:3]


def test_backward_in_place(f, dtype):
    x, dy = mixed(dtype, 700), mixed(dtype, 700, 5)
    params = output_sets(f, dtype)[0] if f.from_output else ()
    for saved in [{"x": x}, *([{"y": f(x, *params)}] if f.from_output else [])]:
        out = dy.copy()
        assert backward(f, out, params, **saved, out=out) is out
        assert_same_bits(out, backward(f, dy, params, **saved))


def test_backward_leaves_its_inputs_alone(f, dtype):
    dy, x = mixed(dtype, 700, 5), mixed(dtype, 700)
    before = dy.tobytes(), x.tobytes()
    backward(f, dy, x=x)
    assert (dy.tobytes(), x.tobytes()) == before


def test_backward_wants_exactly_one_of_x_and_y(f):
    dy = np.ones(3)
    for wrong in ({}, {"x": dy, "y": dy}):
        with pytest.raises(TypeError, match="x="):
            backward(f, dy, **wrong)


def test_backward_from_an_output_that_is_not_enough(f):
    if f.from_output:
        params = output_sets(f, "float64")[0]
        assert backward(f, np.ones(3), params, y=f(np.full(3, 0.5), *params)).shape == (3,)
    else:
        with pytest.raises(TypeError, match="x="):
            backward(f, np.ones(3), y=np.ones(3))


def test_backward_broadcasts(f):
    dy, x = np.linspace(-1, 1, 5)[:, None], np.linspace(0.1, 0.9, 4)
    assert_same_bits(backward(f, dy, x=x), dy * apply(f, "derivative", x))
