"""The checks can fail: each of these mistakes, seen in real libraries, is caught by them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import fastact as fa
from tests.support.checks import (
    check_dense,
    check_from_output,
    check_kinks,
    check_linear,
    check_odd,
    check_partial_product,
    check_partial_slope,
    check_product,
    check_slope,
    check_together,
    check_values,
)
from tests.support.strategies import central, defaults, mixed, sample

GOOD = pytest.mark.parametrize("f", [fa.sigmoid, fa.relu, fa.softplus], ids=lambda f: f.name)


pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of the mistakes


class Mutant:
    """An activation with some of its functions replaced."""

    def __init__(self, f, **wrong):
        self.f, self.wrong = f, wrong

    def __getattr__(self, name):
        return self.wrong.get(name, getattr(self.f, name))

    def __call__(self, *args, **kwargs):
        return self.wrong.get("forward", self.f)(*args, **kwargs)


def caught(check, *args):
    with pytest.raises(AssertionError, match=r"\w"):
        check(*args)


def at(f, dtype="float64"):
    return sample(f, dtype, defaults(f, dtype))


def scaled(f, factor):
    return lambda x, *params: np.multiply(f(x, *params), x.dtype.type(factor))


def instead(f, condition, value):
    """`f`, but `value` where `condition` holds."""
    return lambda x, *params: np.where(condition(x), x.dtype.type(value), f(x, *params))


@GOOD
def test_the_real_functions_pass(f):
    params = defaults(f, "float64")
    check_values(Mutant(f), "derivative", at(f), params)
    check_slope(Mutant(f), "derivative", central("float64", 500, np.random.default_rng(0)), params)
    check_kinks(Mutant(f), "float64", params)


@GOOD
@pytest.mark.parametrize("variety", ["derivative", "forward"])
def test_a_tenth_of_a_percent(f, variety):
    params = defaults(f, "float64")
    wrong = Mutant(f, **{variety: scaled(f if variety == "forward" else f.derivative, 1.001)})
    caught(check_values, wrong, variety, at(f), params)
    caught(
        check_slope, wrong, "derivative", central("float64", 500, np.random.default_rng(0)), params
    )


@pytest.mark.parametrize("f", [fa.sigmoid, fa.tanh], ids=lambda f: f.name)
@pytest.mark.parametrize(("dtype", "start"), [("float16", 4), ("float32", 12), ("float64", 17)])
def test_wrong_only_in_saturation(f, dtype, start):
    wrong = Mutant(f, derivative=instead(f.derivative, lambda x: x > start, 0))
    caught(check_values, wrong, "derivative", at(f, dtype))


def test_the_derivative_from_a_rounded_output_is_no_derivative():
    def from_y(x):
        y = fa.sigmoid(x)
        return y * (1 - y)

    caught(check_values, Mutant(fa.sigmoid, derivative=from_y), "derivative", at(fa.sigmoid))


@pytest.mark.parametrize("value", [1.0, 0.5])
def test_wrong_only_at_a_kink(value, dtype):
    wrong = Mutant(fa.relu, derivative=instead(fa.relu.derivative, lambda x: x == 0, value))
    caught(check_kinks, wrong, dtype)
    caught(check_values, wrong, "derivative", at(fa.relu, dtype))


def test_wrong_only_one_ulp_beside_a_kink(dtype):
    tiny = np.finfo(dtype).smallest_subnormal
    wrong = Mutant(fa.relu, derivative=instead(fa.relu.derivative, lambda x: x == tiny, 0))
    caught(check_kinks, wrong, dtype)


def test_off_by_two_units(dtype):
    """A table or a polynomial that is off by a few units in one binade."""

    def forward(x):
        y = fa.sigmoid(x)
        off = np.nextafter(np.nextafter(y, x.dtype.type(2)), x.dtype.type(2))
        off = np.nextafter(off, x.dtype.type(2))
        return np.where((x >= 0.25) & (x < 0.5), off, y)

    caught(check_values, Mutant(fa.sigmoid, forward=forward), "forward", at(fa.sigmoid, dtype))


def test_the_wrong_parameter(dtype):
    """Right for the default only: beta is taken for 1."""
    wrong = Mutant(fa.softplus, forward=lambda x, beta: fa.softplus(x, 1.0))
    check_values(wrong, "forward", at(fa.softplus, dtype), (1.0,))
    caught(check_values, wrong, "forward", at(fa.softplus, dtype), (2.0,))


def test_clipped_inputs(dtype):
    """Clipping at ±20 looks harmless to an absolute tolerance."""
    wrong = Mutant(fa.sigmoid, forward=lambda x: fa.sigmoid(np.clip(x, -8, 8)))
    caught(check_values, wrong, "forward", at(fa.sigmoid, dtype))


def test_subnormal_results_flushed(dtype):
    tiny = np.finfo(dtype).tiny
    flushed = instead(fa.exponential, lambda x: fa.exponential(x) < tiny, 0)
    caught(
        check_values, Mutant(fa.exponential, forward=flushed), "forward", at(fa.exponential, dtype)
    )


def test_overflow_one_step_early(dtype):
    most = np.finfo(dtype).max
    early = instead(fa.exponential, lambda x: fa.exponential(x) > most * 0.5, np.inf)
    caught(
        check_values, Mutant(fa.exponential, forward=early), "forward", at(fa.exponential, dtype)
    )


def test_lost_nan(dtype):
    wrong = Mutant(fa.relu, forward=lambda x: np.where(x > 0, x, x.dtype.type(0)))
    caught(check_values, wrong, "forward", np.array([np.nan], dtype))


def test_not_monotone():
    dent = instead(fa.sigmoid, lambda x: x == 0.5, 0.6)
    window = np.nextafter(np.float32(0.5), np.float32([0, 0.5, 1]))
    caught(check_dense, Mutant(fa.sigmoid, forward=dent), window)


def test_out_of_range():
    above = instead(fa.tanh, lambda x: x > 12, 1 + 2**-23)
    caught(check_dense, Mutant(fa.tanh, forward=above), np.linspace(0, 20, 50, dtype="f4"))


def test_not_odd():
    skew = instead(fa.tanh, lambda x: x == -0.5, np.nextafter(np.tanh(-0.5), 0))
    caught(check_odd, Mutant(fa.tanh, forward=skew), np.array([0.5, 0.25]))


def test_backward_that_drops_the_gradient():
    def backward(dy, x):
        return np.where(x > 0, dy, 1) * fa.sigmoid.derivative(x)

    x, dy = mixed("float32", 500), mixed("float32", 500, 1)
    caught(check_product, Mutant(fa.sigmoid, backward=backward), dy, x)
    caught(check_linear, Mutant(fa.sigmoid, backward=backward), dy, x)


def test_backward_from_y_that_is_nan_or_wrong():
    x = at(fa.sigmoid)
    nan = Mutant(
        fa.sigmoid,
        backward=lambda dy, y: fa.sigmoid.backward(dy, y=y) * np.where(y == 1, np.nan, 1),
    )
    off = Mutant(fa.sigmoid, backward=lambda dy, y: fa.sigmoid.backward(dy, y=y) * (1 + 2**-40))
    caught(check_from_output, nan, x)
    caught(check_from_output, off, x)


def test_one_pass_that_disagrees():
    both = lambda x: (fa.sigmoid(x), np.nextafter(fa.sigmoid.derivative(x), 0))  # noqa: E731
    caught(check_together, Mutant(fa.sigmoid, value_and_derivative=both), mixed("float64", 50))


BETA = fa.softplus._partials["beta"].ufunc


def with_partial(ufunc):
    return Mutant(fa.softplus, _partials={"beta": SimpleNamespace(ufunc=ufunc)})


@pytest.mark.parametrize(
    "wrong",
    [
        lambda dy, x, beta: BETA(dy, x, beta) * 1.001,
        lambda dy, x, beta: np.where(x > 4, 0, BETA(dy, x, beta)),
        lambda dy, x, beta: BETA(dy, x, 1.0),
        lambda dy, x, beta: -BETA(dy, x, beta),
    ],
    ids=["a tenth of a percent", "only in saturation", "the wrong parameter", "sign"],
)
def test_a_partial_derivative_that_is_wrong(wrong):
    x, params = central("float64", 500, np.random.default_rng(0)), (2.0,)
    caught(check_values, with_partial(wrong), "partial_beta", x, params)
    caught(check_partial_slope, with_partial(wrong), "partial_beta", x[np.abs(x) < 64], params)


def test_a_partial_derivative_that_drops_the_gradient():
    dropped = with_partial(lambda dy, x, beta: BETA(np.ones_like(dy), x, beta))
    x, dy = mixed("float32", 500), mixed("float32", 500, 1)
    caught(check_partial_product, dropped, "partial_beta", dy, x, (2.0,))


def test_a_second_derivative_that_is_of_neither_side_of_a_kink():
    between = instead(fa.elu.second_derivative, lambda x: x == 0, 0.5)
    caught(check_values, Mutant(fa.elu, second_derivative=between), "second_derivative",
           np.array([0.0]), (1.0,))  # fmt: skip
