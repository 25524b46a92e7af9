"""NaN, infinities, zeros, kinks, saturation, symmetry, monotonicity, and no warnings."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import fastact as fa
from fastact.definition.declaration import evaluate
from tests.support.checks import (
    VARIETIES,
    apply,
    backward,
    check_dense,
    check_kinks,
    check_odd,
    check_values,
    dense_windows,
)
from tests.support.reference import domain, expected, resolve
from tests.support.strategies import (
    declared_places,
    defaults,
    extremes,
    landmarks,
    mixed,
    neighbours,
    output_sets,
    parameter_sets,
    thresholds,
)
from tests.support.ulp import ulps

PAYLOADS = {"float16": "u2", "float32": "u4", "float64": "u8"}


def nans(dtype):
    """Quiet and signalling NaN of either sign with various payloads."""
    info = np.finfo(dtype)
    infinity = int(np.array(np.inf, dtype).view(PAYLOADS[dtype]))
    sign, quiet = infinity + 2**info.nmant, 2 ** (info.nmant - 1)
    payloads = [1, 5, quiet, quiet + 3, 2**info.nmant - 1]
    bits = [infinity + p + s for p in payloads for s in (0, sign)]
    return np.array(bits, PAYLOADS[dtype]).view(dtype)


def test_nan_stays_nan(f, variety, dtype):
    for params in parameter_sets(f, dtype):
        for lane in range(64):
            x = np.full(64 + lane % 3, 0.5, dtype)
            x[lane] = nans(dtype)[lane % 10]
            assert np.flatnonzero(np.isnan(apply(f, variety, x, params))).tolist() == [lane]


def test_nan_stays_nan_backward(f, dtype):
    x, good = nans(dtype), np.full(10, 0.5, dtype)
    assert np.isnan(backward(f, x, x=good)).all()
    assert np.isnan(backward(f, good, x=x)).all()
    if f.from_output:
        params = output_sets(f, dtype)[0]
        assert np.isnan(backward(f, x, params, y=f(good, *params))).all()
        assert np.isnan(backward(f, good, params, y=x)).all()


def test_nan_parameters(f, dtype):
    for index in [
        i
        for i, p in enumerate(f.params)
        if not any(p.name in rule for rule in f.declaration.requires)
    ]:
        params = list(defaults(f, dtype))
        params[index] = np.nan
        assert np.isnan(f(np.array([-0.5, -30], dtype), *params)).all()


def test_extremes_and_limits(f, variety, dtype):
    for params in parameter_sets(f, dtype):
        check_values(f, variety, np.array(extremes(dtype), dtype), params)


def test_landmarks_at_every_lane(f, variety, dtype):
    """The same bits wherever an input stands in a vector, and alone."""
    points = np.array(landmarks(f, dtype, defaults(f, dtype)), dtype)
    alone = np.array([apply(f, variety, x) for x in points])
    for lane in range(64):
        row = np.concatenate([np.full(lane, 0.5, dtype), points])
        together = apply(f, variety, row)[lane:]
        assert np.array_equal(together.view("u1"), alone.view("u1"))


def test_kinks(f, dtype):
    for params in parameter_sets(f, dtype):
        check_kinks(f, dtype, params)


def test_zeros_keep_their_sign(f, dtype):
    """A function through the origin gives back ±0; of other values only the value is tested."""
    x = np.array([0.0, -0.0], dtype)
    y = apply(f, "forward", x)
    if (y == 0).all():
        assert np.signbit(y).tolist() == [False, f.declaration.odd or bool(np.signbit(y[1]))]


def test_odd(f, dtype):
    if f.declaration.odd:
        for params in parameter_sets(f, dtype):
            check_odd(f, mixed(dtype, 20000), params)


def test_range_and_monotone_on_dense_windows(f, dtype):
    for params in parameter_sets(f, dtype):
        places = [0.0, 0.5, -0.5, 1.0, -1.0, 3.0, -3.0, *declared_places(f, params)]
        places += thresholds(f, "forward", dtype, params)
        for window in dense_windows(f, dtype, params, places, 4000):
            check_dense(f, window, params)


def test_range_and_monotone_on_the_whole_line(f, dtype):
    x = np.unique(mixed(dtype, 30000))
    for params in parameter_sets(f, dtype):
        low, high = domain(f, params)
        check_dense(f, x[(x >= low) & (x <= high)], params)


def test_outside_the_domain_is_nan(f, variety, dtype):
    for params in parameter_sets(f, dtype):
        low, high = domain(f, params)
        near = neighbours(low, dtype, 1)[0], neighbours(high, dtype, 1)[-1]
        outside = [x for x in (*near, -np.inf, np.inf, -2, 2) if not low <= x <= high]
        assert np.isnan(apply(f, variety, np.array(outside, dtype), params)).all()


def test_saturation_is_exact(f, dtype):
    """Beyond the point where the true value rounds to its limit, the result is that limit."""
    params = defaults(f, dtype)
    ends = np.array([resolve(end, f, params) for end in f.declaration.range], dtype)
    for sign in (-1, 1):
        limit = f(np.array(sign * np.inf, dtype), *params)
        x = sign * np.geomspace(2000, 60000, 500).astype(dtype)
        far = expected(f, "forward", float(x[0]), params)
        if limit in ends[np.isfinite(ends)] and ulps(limit, far, dtype) < 0.25:
            assert (f(x, *params) == limit).all()
            assert (f.derivative(x, *params) == 0).all()


def test_sigmoid_at_zero_is_one_half_exactly(dtype):
    assert (fa.sigmoid(np.array([0.0, -0.0], dtype)) == 0.5).all()


def test_tanh_at_zero_is_zero_of_the_same_sign(dtype):
    zeros = np.array([0.0, -0.0], dtype)
    assert np.array_equal(np.signbit(fa.tanh(zeros)), [False, True])


@pytest.mark.parametrize("size", [1, 17, 40000])
def test_no_warning_whatever_the_input(f, dtype, size):
    x = mixed(dtype, size)
    dy = mixed(dtype, size, 1)
    with np.errstate(all="raise"):
        for variety in VARIETIES:
            apply(f, variety, x)
        apply(f, "value_and_derivative", x)
        backward(f, dy, x=x)


def test_no_warning_at_landmarks(f, variety, dtype):
    with np.errstate(all="raise"):
        apply(f, variety, np.array(landmarks(f, dtype, defaults(f, dtype)), dtype))


def test_limits_are_those_of_the_declaration(f, dtype):
    """At the ends of the domain, over the whole range of each parameter."""
    ranges = [(p.low, max(p.low, 0.0), p.typical, p.high) for p in f.params]
    for params in itertools.product(*ranges):
        values = dict(zip((p.name for p in f.params), params, strict=True))
        limits = np.array([evaluate(end, values) for end in f.declaration.limits], np.float64)
        ends = np.array([evaluate(end, values) for end in f.declaration.domain], dtype)
        known = ~np.isnan(limits)
        np.testing.assert_array_equal(f(ends, *params)[known], limits[known].astype(dtype))


def test_limits_are_known_of_every_function(f):
    assert f.declaration.limits is not None
