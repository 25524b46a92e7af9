"""Squared error: its value, and the gradient of a layer's weights that follows from its delta."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa

from .strategies import needed

EVERYWHERE = [f for f in fa.activations.values() if f.domain == (-np.inf, np.inf)]
SMOOTH = [f for f in EVERYWHERE if not (f.kinks or needed(f))]
smooth = pytest.mark.parametrize("g", SMOOTH, ids=lambda g: g.name)


def layer(seed=0, rows=6, inputs=4, outputs=3):
    """Inputs, weights and targets of a layer."""
    rng = np.random.default_rng(seed)
    return (
        rng.normal(size=(rows, inputs)),
        rng.normal(size=(inputs, outputs)),
        rng.uniform(size=(rows, outputs)),
    )


@smooth
def test_value_is_half_the_sum_of_squares(g):
    x, w, t = layer()
    wanted = 0.5 * ((g(x @ w) - t) ** 2).sum()
    assert np.isclose(fa.squared_error(x @ w, t, activation=g), wanted, rtol=1e-13)


@smooth
def test_delta_is_error_times_slope(g):
    x, w, t = layer(1)
    z = x @ w
    loss, delta = fa.squared_error.value_and_grad(z, t, activation=g)
    assert loss == fa.squared_error(z, t, activation=g)
    assert np.allclose(delta, (g(z) - t) * g.derivative(z), rtol=1e-13, atol=1e-300)


@smooth
def test_weight_gradient_against_finite_differences(g):
    """dE/dw_jk = (g(z_k) - t_k) g'(z_k) x_j, summed over the rows: xᵀ delta."""
    x, w, t = layer(2)
    _, delta = fa.squared_error.value_and_grad(x @ w, t, activation=g)
    h, found = 2.0**-17, np.empty_like(w)
    for index in np.ndindex(w.shape):
        step = np.zeros_like(w)
        step[index] = h
        high, low = (fa.squared_error(x @ (w + s * step), t, activation=g) for s in (1, -1))
        found[index] = (high - low) / (2 * h)
    assert np.allclose(x.T @ delta, found, rtol=1e-6, atol=1e-8)


def test_one_row_is_the_outer_product():
    x, w, t = layer(3, rows=1)
    z = x @ w
    _, delta = fa.squared_error.value_and_grad(z, t, activation=fa.sigmoid)
    y = 1 / (1 + np.exp(-z[0]))
    assert np.allclose(x.T @ delta, np.outer(x[0], (y - t[0]) * y * (1 - y)), rtol=1e-13)


def test_the_default_activation_is_sigmoid():
    x, w, t = layer(4)
    assert fa.squared_error(x @ w, t) == fa.squared_error(x @ w, t, activation=fa.sigmoid)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_delta_has_the_type_of_the_input(dtype):
    x, w, t = layer(5)
    z, t = (x @ w).astype(dtype), t.astype(dtype)
    _, delta = fa.squared_error.value_and_grad(z, t, activation=fa.tanh)
    assert delta.dtype == dtype
    assert delta.shape == z.shape


def test_saturated_units_still_learn():
    """At z = 40 float64's sigmoid is 1, but its derivative, and so delta, is not 0."""
    z, t = np.array([[40.0, -40.0]]), np.array([[0.0, 1.0]])
    _, delta = fa.squared_error.value_and_grad(z, t, activation=fa.sigmoid)
    assert np.allclose(delta, [[np.exp(-40), -np.exp(-40)]], rtol=1e-14)


def test_a_perfect_fit_costs_nothing():
    z = np.linspace(-3, 3, 12)
    loss, delta = fa.squared_error.value_and_grad(z, fa.sigmoid(z), activation=fa.sigmoid)
    assert loss == 0
    assert (delta == 0).all()


def test_shapes_that_do_not_match():
    with pytest.raises(ValueError, match="shape"):
        fa.squared_error(np.ones((2, 3)), np.ones((4, 3)))
