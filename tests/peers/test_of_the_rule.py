"""The rule itself: what is our fault must not pass, whatever a peer does elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa
from tests.peers.packages import PACKAGES
from tests.peers.rule import (
    check_convention,
    choices,
    chosen,
    declared,
    disagreements,
    judge,
    points,
    reached,
)

X = points(fa.silu, "float32", ())
RIGHT = fa.silu(X)
TAIL = X < -20
JAX = next(package for package in PACKAGES if package.name == "jax")


def verdict(ours, theirs, f=fa.silu, variety="forward", xs=X, params=()):
    return judge(f, variety, chosen(disagreements(f, variety, xs, params, ours, theirs)))


def test_what_agrees_needs_no_judge():
    assert disagreements(fa.silu, "forward", X, (), RIGHT, RIGHT) == []


def test_an_error_of_the_peer_passes_and_is_told():
    largest, place = verdict(RIGHT, np.where(TAIL, np.float32(0), RIGHT))
    assert largest > 2**20
    assert "silu forward" in place


@pytest.mark.parametrize("factor", [1.001, 0, -1, np.inf, np.nan])
def test_an_error_of_ours_fails(factor):
    ours = RIGHT.copy()
    with np.errstate(invalid="ignore"):
        ours[TAIL] *= factor
    for theirs in (RIGHT, np.where(X > 20, np.float32(0), RIGHT), np.full_like(X, 7)):
        with pytest.raises(AssertionError, match="silu forward float32 at"):
            verdict(ours, theirs)


def test_what_is_no_number_is_wrong_in_either():
    verdict(RIGHT, np.where(np.isnan(X), np.float32(0), RIGHT))
    with pytest.raises(AssertionError):
        verdict(np.where(np.isnan(X), np.float32(0), RIGHT), RIGHT)


def test_beside_a_kink_there_is_no_choice():
    xs = np.float32([-1e-45, -0.0, 0.0, 1e-45])
    ours = fa.relu.derivative(xs)
    verdict(ours, np.float32([0, 1, 1, 1]), fa.relu, "derivative", xs)
    with pytest.raises(AssertionError):
        verdict(np.float32([0, 0, 0, 0]), ours, fa.relu, "derivative", xs)


def test_where_the_second_derivative_jumps_both_sides_are_right():
    xs = np.zeros(1)
    for ours in (0.0, 1.0):
        verdict(np.array([ours]), np.array([0.5]), fa.elu, "second_derivative", xs, (1.0,))
    with pytest.raises(AssertionError):
        verdict(np.array([0.5]), xs, fa.elu, "second_derivative", xs, (1.0,))


def test_a_choice_must_be_the_declared_one():
    (kink,) = reached(fa.leaky_relu, "float32", (0.25,)).values()
    line = next(line for line in JAX.lines if line.ours == "leaky_relu")
    value = declared(JAX, line, kink.elsewhere, kink.derivative)
    xs = np.zeros(1, "f4")
    check_convention(fa.leaky_relu, value, (0.25,), xs, np.float32([1]))
    with pytest.raises(AssertionError, match="leaky_relu derivative"):
        check_convention(fa.leaky_relu, value, (0.25,), xs, np.float32([0.25]))


def test_the_name_of_a_function_goes_before_that_of_its_package():
    relu, maximum = (line for line in JAX.lines if line.ours == "relu")
    elsewhere = {"jax": 1.0, "jax.numpy.maximum": 0.5}
    assert declared(JAX, relu, elsewhere, 0.0) == 1.0
    assert declared(JAX, maximum, elsewhere, 0.0) == 0.5
    assert declared(JAX, relu, {}, 0.0) == 0.0


def test_only_what_a_peer_has_is_varied():
    lines = {line.theirs: line for line in JAX.lines}
    assert choices(fa.softplus, JAX, lines["nn.softplus"], "float32") == [(1.0,)]
    assert len(choices(fa.elu, JAX, lines["nn.elu"], "float32")) > 5
