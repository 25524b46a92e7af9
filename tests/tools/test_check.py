"""`fastact.check` passes what is right, and finds each of these mistakes where it is made."""

from __future__ import annotations

import re

import numpy as np
import pytest

import fastact as fa
from fastact.diagnostics.finite_differences import beside, from_ordinals, jumps, ordinals, slopes

TINY = 5e-324


class Wrong:
    """An activation with some of its functions replaced, and all that follows from them."""

    __class__ = property(lambda self: fa.Activation)  # for isinstance

    def __init__(self, f, **changed):
        self.f, self.changed = f, changed
        if "derivative" in changed:
            changed.setdefault("value_and_derivative", self.both)
            changed.setdefault("backward", self.product)

    def __getattr__(self, name):
        return self.changed.get(name, getattr(self.f, name))

    def __call__(self, x, *params, **named):
        return self.changed.get("forward", self.f)(x, *params, **named)

    def both(self, x, **params):
        return self(x, **params), self.derivative(x, **params)

    def product(self, dy, *, x=None, y=None, **params):
        if y is not None:
            return self.f.backward(dy, y=y, **params)
        return dy * self.derivative(x, **params)


def instead(f, where, value):
    """`f`, but `value`, or a factor of it, where `where` holds."""

    def changed(x, **params):
        x, y = np.asarray(x), np.asarray(f(x, **params))
        new = value(x, y) if callable(value) else np.full_like(y, value)
        return np.where(where(x), new.astype(y.dtype), y)

    return changed


def everywhere(x):
    return np.ones(x.shape, bool)


def times(factor):
    return lambda x, y: y * factor


def caught(f, check, **options):
    """The error of the check whose name begins so."""
    with pytest.raises(fa.CheckError, match=re.escape(check) or None) as caught:
        fa.check(f, **options)
    error = caught.value
    assert error.check.startswith(check)
    assert error.function == f.name
    assert float(error.x).hex() in str(error)
    assert repr(error.got) in str(error)
    assert not error.error <= error.allowed
    return error


in_float64 = {"dtypes": ["float64"]}
smooth = pytest.mark.parametrize("f", [fa.sigmoid, fa.tanh, fa.silu], ids=lambda f: f.name)


def test_the_catalogue_passes(f):
    report = fa.check(f)
    assert report.failures == ()
    assert report.points > 10_000
    assert {r.dtype for r in report.results} == {"float32", "float64"}


def test_float16_passes():
    assert fa.check(fa.softplus, dtypes=["float16"]).failures == ()


def test_the_report_says_what_was_done():
    report = fa.check(fa.relu, **in_float64)
    lines = repr(report).splitlines()
    assert lines[0].startswith("relu: ")
    assert lines[0].endswith("all passed")
    assert any("is the slope of the function" in line for line in lines)
    assert report.points == sum(r.points for r in report.results)


@smooth
@pytest.mark.parametrize("variety", ["derivative", "second_derivative"])
@pytest.mark.parametrize("factor", [1.001, 0.999])
def test_a_tenth_of_a_percent(f, variety, factor):
    wrong = instead(getattr(f, variety), everywhere, times(factor))
    error = caught(Wrong(f, **{variety: wrong}), "the ", **in_float64)
    assert "is the slope of" in error.check
    assert error.error == pytest.approx(1e-3, rel=0.2)


@smooth
@pytest.mark.parametrize("start", [5.0, 17.0, 30.0])
@pytest.mark.parametrize("side", [1, -1])
def test_a_tenth_of_a_percent_in_one_tail(f, start, side):
    wrong = instead(f.derivative, lambda x: side * x > start, times(1.001))
    error = caught(Wrong(f, derivative=wrong), "no kink but the declared ones", **in_float64)
    assert error.x == side * np.nextafter(start, np.inf) or error.x == side * start


@pytest.mark.parametrize("f", [fa.sigmoid, fa.tanh], ids=lambda f: f.name)
@pytest.mark.parametrize("start", [3.0, 17.0, 37.0, 300.0])
@pytest.mark.parametrize("side", [1, -1])
def test_zero_when_saturated(f, start, side):
    wrong = Wrong(f, derivative=instead(f.derivative, lambda x: side * x > start, 0.0))
    error = caught(wrong, "no kink but the declared ones", **in_float64)
    assert abs(error.x) == pytest.approx(start, rel=1e-15)
    assert {error.got, error.expected} >= {0.0}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("second", [True, False])
def test_the_usual_derivative_of_sigmoid(dtype, second):
    """``y (1 - y)``, even where the second derivative is made of it too, or there is none."""

    def slope(x):
        y = fa.sigmoid(x)
        return y * (1 - y)

    def bend(x):
        y = fa.sigmoid(x)
        return y * (1 - y) * (1 - 2 * y)

    kernels = {"forward": None, "derivative": None} | (
        {"second_derivative": None} if second else {}
    )
    wrong = Wrong(
        fa.sigmoid, derivative=slope, second_derivative=bend, kernels=kernels, from_output=False
    )
    error = caught(wrong, "as in float64" if dtype == "float32" else "no ", dtypes=[dtype])
    assert error.x > 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("value", [0.5, 1.0])
def test_wrong_only_at_a_kink(dtype, value):
    wrong = Wrong(fa.relu, derivative=instead(fa.relu.derivative, lambda x: x == 0, value))
    error = caught(wrong, "the declared derivative at kinks", dtypes=[dtype])
    assert (error.x, error.got, error.expected) == (0.0, value, 0.0)
    assert error.dtype == dtype


def test_wrong_only_at_a_kink_that_moves():
    """Right for the default of the parameter, wrong for others."""
    wrong = Wrong(
        fa.leaky_relu,
        derivative=lambda x, negative_slope=0.01: np.where(
            x == 0, x.dtype.type(0.01), fa.leaky_relu.derivative(x, negative_slope)
        ),
    )
    error = caught(wrong, "the declared derivative at kinks", **in_float64)
    assert error.params["negative_slope"] == error.expected != 0.01
    assert f"negative_slope={error.expected!r}" in str(error)


@pytest.mark.parametrize("steps", [1, -1, 2])
def test_wrong_only_beside_a_kink(steps):
    at = float(beside(np.array(0.0), steps))
    wrong = Wrong(fa.relu, derivative=instead(fa.relu.derivative, lambda x: x == at, 0.25))
    error = caught(wrong, "no kink but the declared ones", **in_float64)
    assert abs(error.x) <= 3 * TINY


def test_a_wrong_slope_on_one_side_of_a_kink():
    wrong = Wrong(fa.hard_tanh, derivative=instead(fa.hard_tanh.derivative, lambda x: x > 1, 0.001))
    error = caught(wrong, "the ", **in_float64)
    assert error.x > 1


def test_an_undeclared_kink():
    error = caught(Wrong(fa.relu, kinks=()), "no kink but the declared ones", **in_float64)
    assert error.x in {0.0, TINY}
    assert {error.got, error.expected} == {0.0, 1.0}


def test_an_undeclared_jump():
    """Softplus made linear from 20 on, as one finds it."""
    forward = instead(fa.softplus, lambda x: x > 20, lambda x, y: x)
    derivative = instead(fa.softplus.derivative, lambda x: x > 20, 1.0)
    wrong = Wrong(fa.softplus, forward=forward, derivative=derivative)
    error = caught(wrong, "", dtypes=["float64"], params={"beta": 1.0})
    assert error.x == pytest.approx(20, rel=0.1)


def test_a_single_wrong_value_at_a_round_number():
    wrong = Wrong(fa.tanh, derivative=instead(fa.tanh.derivative, lambda x: x == 1, 0.5))
    error = caught(wrong, "no kink but the declared ones", **in_float64)
    assert error.x == pytest.approx(1.0, rel=1e-15)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_off_by_some_units(dtype):
    off = instead(fa.sigmoid, lambda x: (x > 0.25) & (x < 0.5), lambda x, y: y + 3 * np.spacing(y))
    wrong = Wrong(fa.sigmoid, forward=lambda x: off(x) if x.dtype == dtype else fa.sigmoid(x))
    error = caught(wrong, "as in float64", dtypes=[dtype])
    assert 0.25 < error.x < 0.5
    assert error.error == pytest.approx(3, abs=1)


def test_lost_nan(dtype):
    wrong = Wrong(fa.relu, forward=lambda x: np.where(x > 0, x, x.dtype.type(0)))
    caught(wrong, "NaN gives NaN", dtypes=[dtype])


def test_nan_in_the_domain():
    wrong = Wrong(fa.exponential, forward=instead(fa.exponential, lambda x: x > 709, np.nan))
    assert caught(wrong, "", **in_float64).x > 709


def test_a_number_outside_the_domain():
    wrong = Wrong(fa.logit, forward=instead(fa.logit, lambda x: x < 0, -np.inf))
    assert caught(wrong, "NaN outside the domain", params={}, **in_float64).x < 0


@pytest.mark.parametrize("value", [0.5, np.nan, np.inf])
def test_wrong_limits(value):
    wrong = Wrong(fa.sigmoid, forward=instead(fa.sigmoid, lambda x: x == np.inf, value))
    assert caught(wrong, "the limit at infinity", **in_float64).x == np.inf


@pytest.mark.parametrize("value", [2.0**-1060, 0.25])
def test_another_limit_than_the_declared_one(value):
    wrong = Wrong(fa.sigmoid, forward=instead(fa.sigmoid, lambda x: x == -np.inf, value))
    assert caught(wrong, "", **in_float64).x == -np.inf


def test_out_of_range():
    wrong = Wrong(fa.tanh, forward=instead(fa.tanh, lambda x: x > 9, 1 + 2**-23))
    assert caught(wrong, "", dtypes=["float64"]).got > 1


def test_not_monotone():
    dent = instead(fa.sigmoid, lambda x: x == 1, lambda x, y: y - 5 * np.spacing(y))
    assert caught(Wrong(fa.sigmoid, forward=dent), "monotone", **in_float64).x == 1


def test_not_odd():
    inner = lambda x: (x < -0.5) & (x > -9)  # noqa: E731
    wrong = Wrong(fa.tanh, forward=instead(fa.tanh, inner, lambda x, y: y * (1 - 2**-52)))
    assert caught(wrong, "odd", **in_float64).x != 0


def test_one_pass_that_disagrees():
    def both(x):
        return fa.sigmoid(x), np.nextafter(fa.sigmoid.derivative(x), x.dtype.type(0))

    caught(Wrong(fa.sigmoid, value_and_derivative=both), "value and derivative in one pass")


def test_backward_that_drops_the_gradient():
    def backward(dy, *, x=None, y=None):
        return np.where(x > 0, dy, 1) * fa.silu.derivative(x)

    caught(Wrong(fa.silu, backward=backward), "backward is dy times the derivative", **in_float64)


def test_backward_from_the_output_that_is_off():
    def backward(dy, *, x=None, y=None):
        return fa.tanh.backward(dy, x=x) if y is None else dy * (1 - y * y) * (1 + 2**-40)

    caught(Wrong(fa.tanh, backward=backward), "backward from y", **in_float64)


def test_bits_that_depend_on_the_layout():
    def forward(x):
        y = fa.sigmoid(x)
        return y if np.asarray(x).strides != (16,) else np.nextafter(y, 2)

    caught(Wrong(fa.sigmoid, forward=forward), "the same bits: strided", **in_float64)


def test_bits_that_depend_on_threads():
    def forward(x):
        y = fa.sigmoid(x)
        return y if fa.get_num_threads() < 3 or x.size < 2**16 else np.nextafter(y, 2)

    error = caught(Wrong(fa.sigmoid, forward=forward), "the same bits", **in_float64)
    assert error.check.endswith("in threads")


def test_a_wrong_gradient_of_a_parameter():
    class Off:
        @staticmethod
        def ufunc(dy, x, *params):
            return fa.softplus._partials["beta"].ufunc(dy, x, *params) * 1.001

    wrong = Wrong(fa.softplus, _partials={"beta": Off})
    assert caught(wrong, "the gradient of beta", **in_float64).error == pytest.approx(1e-3, rel=0.2)


def test_failures_are_collected():
    wrong = Wrong(fa.relu, derivative=instead(fa.relu.derivative, lambda x: x == 0, 1.0))
    report = fa.check(wrong, raises=False)
    assert {e.dtype for e in report.failures} == {"float32", "float64"}
    assert "FAILED relu" in repr(report)


def test_it_is_imported_when_it_is_used(python):
    code = (
        "import sys, fastact as fa;"
        "late = {f'fastact.diagnostics.{name}' for name in ('check', 'diagnose')};"
        "assert not late & set(sys.modules); from fastact.diagnostics.check import check;"
        "assert fa.check is check; assert fa.CheckError;"
        "assert fa.diagnose; assert late <= set(sys.modules)"
    )
    python(code)


def test_given_parameters_alone():
    report = fa.check(fa.softplus, params={"beta": 3.0}, **in_float64)
    assert {r.params["beta"] for r in report.results} == {3.0}


def test_what_is_no_activation():
    with pytest.raises(TypeError, match="Activation"):
        fa.check(np.tanh)


def test_what_the_check_is_made_of():
    """The differences against functions whose slopes and jumps are known."""
    x = np.array([-700.0, -30.0, -1.0, 1e-3, 1.0, 5.0, 300.0])
    for f, true in ((np.exp, np.exp(x)), (np.sin, np.cos(x)), (np.tanh, np.cosh(x) ** -2.0)):
        with np.errstate(all="ignore"):
            slope, error = slopes(f, x, np.full_like(x, np.inf), 2.0**-52)
        assert (np.abs(slope - true) <= error + 1e-12 * np.abs(true)).all()
    grid = np.linspace(-3, 3, 50)
    found = jumps(lambda x: np.sin(x) + 1e-5 * (x > 0.7), grid, 2.0**-20)
    assert found.after.tolist() == [np.nextafter(0.7, 1)]
    assert jumps(np.sin, grid, 2.0**-20).after.size == 0
    numbers = ordinals(np.array([-np.inf, -1.0, -TINY, -0.0, 0.0, TINY, np.inf]))
    assert (np.diff(numbers) >= 0).all()
    assert from_ordinals(numbers)[1] == -1.0


@pytest.mark.parametrize(
    "f",
    [
        fa.identity * fa.sigmoid,
        fa.relu * fa.sigmoid,
        fa.sigmoid / (1 + fa.softplus),
    ],
    ids=repr,
)
def test_algebra_passes(f):
    assert fa.check(f, **in_float64).failures == ()


def own(**options):
    @fa.activation(**options)
    def logistic(x):
        return 1 / (1 + np.exp(-x))

    return logistic


def test_your_own_passes_without_a_derivative():
    report = fa.check(own(monotone=1, range=(0.0, 1.0)), **in_float64)
    assert report.failures == ()
    assert not any("slope" in r.check for r in report.results)


def test_your_own_that_is_off_by_a_tenth_of_a_percent():
    def derivative(x):
        e = np.exp(-abs(x))
        return 1.001 * e / (1 + e) ** 2

    error = caught(own(derivative=derivative), "the derivative is the slope", **in_float64)
    assert error.function == "logistic"


def test_your_own_that_is_wrong_when_saturated():
    def derivative(x):
        y = 1 / (1 + np.exp(-x))
        return y * (1 - y)

    error = caught(own(derivative=derivative), "no kink but the declared ones", **in_float64)
    assert 20 < error.x < 40


def test_your_own_that_is_wrong_at_its_kink():
    def hinge(x):
        return abs(x)

    f = fa.activation(
        hinge, derivative=lambda x: np.sign(x) if x else 0.5, kinks=[(0.0, 0.0)], name="hinge"
    )
    error = caught(f, "the declared derivative at kinks", **in_float64)
    assert (error.x, error.got, error.expected) == (0.0, 0.5, 0.0)
