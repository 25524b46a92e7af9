"""Parameters: which are needed, the rules they obey, and the gradients with respect to them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import fastact as fa
from fastact.definition.sums import summed_to
from tests.conftest import name_of
from tests.support.checks import (
    VARIETIES,
    apply,
    assert_same_bits,
    backward,
    check_partial_product,
    check_partial_slope,
    check_values,
    named,
)
from tests.support.reference import domain, resolve
from tests.support.strategies import (
    DTYPES,
    central,
    defaults,
    mixed,
    needed,
    obeyed,
    parameter_sets,
    sample,
)

ACTIVATIONS = list(fa.activations.values())
NEEDED = [(f, name) for f in ACTIVATIONS for name in needed(f)]
RULES = [(f, rule) for f in ACTIVATIONS for rule in f.declaration.requires]
OUTPUT_RULES = [(f, rule) for f in ACTIVATIONS for rule in f.declaration.output_requires]
CALLS = (*VARIETIES, "value_and_derivative", "backward", "backward_params")


def call(f, variety, x, given):
    """Call a function of `f` with parameters by name."""
    if variety.startswith("backward"):
        return getattr(f, variety)(np.ones_like(x), x=x, **given)
    return (f if variety == "forward" else getattr(f, variety))(x, **given)


def broken(f, rule):
    """Parameters that break only `rule`: one of them, or all, is moved to where it is broken."""
    places = [0.0, -1.0, -1e300, 1e300, np.nan]
    start = defaults(f, "float64")
    for values in itertools.product(*([p, *places] for p in start)):
        others = [r for r in f.declaration.requires if r != rule]
        if obeyed(f, others, values) and not resolve(rule, f, values):
            yield values


# --- which are needed ---------------------------------------------------------------------------


@pytest.mark.parametrize(("f", "name"), NEEDED, ids=name_of)
@pytest.mark.parametrize("variety", CALLS)
def test_a_missing_parameter_is_a_type_error_that_names_it(f, name, variety):
    if variety == "backward_params" and not f._partials:
        pytest.skip(f"{f.name} has no gradients with respect to parameters")
    given = {other: value for other, value in needed(f).items() if other != name}
    with pytest.raises(TypeError, match=rf"{f.name}.*\b{name}\b"):
        call(f, variety, np.ones(3), given)
    with pytest.raises(TypeError, match=rf"{f.name}.*\b{name}\b"):
        call(f, variety, np.ones(3), given | {name: None})


def test_too_many_and_twice(f):
    values = defaults(f, "float64")
    if f.params:
        with pytest.raises(TypeError, match=f.name):
            f(np.ones(3), *values, 1.0)
        with pytest.raises(TypeError, match=rf"{f.name}.*\b{f.params[0].name}\b"):
            f(np.ones(3), *values, **{f.params[0].name: values[0]})


def test_defaults_are_the_declared_numbers(f, variety):
    x = mixed("float64", 200)
    assert_same_bits(apply(f, variety, x), apply(f, variety, x, defaults(f, "float64")))


# --- rules --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("f", "rule"), RULES, ids=name_of)
@pytest.mark.parametrize("variety", CALLS)
def test_rules_are_enforced(f, rule, variety):
    """The error names the function, the parameters of the rule and their values."""
    if variety == "backward_params" and not f._partials:
        pytest.skip(f"{f.name} has no gradients with respect to parameters")
    wrong = [*itertools.islice(broken(f, rule), 5)]
    assert wrong, "no parameters break the rule"
    for values in wrong:
        given = named(f, values)
        with pytest.raises(ValueError, match=f"^{f.name}") as caught:
            call(f, variety, np.ones(3), given)
        concerned = set(compile(rule, "", "eval").co_names)
        assert [n for n in concerned if f"{n}={given[n]!r}" not in str(caught.value)] == []


@pytest.mark.parametrize(("f", "rule"), RULES, ids=name_of)
def test_rules_are_enforced_in_arrays(f, rule):
    """One bad element among good ones."""
    wrong = next(broken(f, rule))
    columns = [np.array([good, bad]) for good, bad in zip(defaults(f, "f8"), wrong, strict=True)]
    with pytest.raises(ValueError, match=f"^{f.name}"):
        f(np.ones(2), *columns)


@pytest.mark.parametrize(("f", "rule"), OUTPUT_RULES, ids=name_of)
def test_rules_for_the_output_are_enforced_there_only(f, rule):
    values = next(v for v in broken(f, rule) if obeyed(f, f.declaration.requires, v))
    given, ones = named(f, values), np.ones(3)
    with pytest.raises(ValueError, match=f"^{f.name}") as caught:
        f.backward(ones, y=ones, **given)
    assert [n for n in compile(rule, "", "eval").co_names if n not in str(caught.value)] == []
    for variety in CALLS:
        call(f, variety, ones, given)


def test_rules_allow_the_declared_range(f, dtype):
    x = np.full(3, 0.5, dtype)
    for params in parameter_sets(f, dtype):
        assert not np.isnan(f(x, *params)).any()


# --- partial derivatives ------------------------------------------------------------------------


def test_partial_on_the_sample(partial, dtype):
    f = partial._owner
    for i, params in enumerate(parameter_sets(f, dtype)):
        low, high = domain(f, params)
        xs = sample(f, dtype, params)[:: 8 if i else 2]
        ends = np.isfinite(xs) & ((xs == low) | (xs == high))  # there f itself may be infinite
        check_values(f, partial._variety, xs[~ends], params)


def test_partial_is_the_slope_by_finite_differences(partial):
    f, x = partial._owner, central("float64", 1000, np.random.default_rng(6))
    for params in parameter_sets(f, "float64"):
        check_partial_slope(f, partial._variety, x[np.abs(x) < 64], params)


def test_partial_is_linear(partial, dtype):
    f = partial._owner
    for params in parameter_sets(f, dtype):
        check_partial_product(
            f, partial._variety, mixed(dtype, 3000, 1), mixed(dtype, 3000), params
        )


def test_partial_of_nan(partial, dtype):
    """NaN in the gradient or the input is NaN in the result."""
    params = defaults(partial._owner, dtype)
    good, bad = np.full(64, 0.5, dtype), np.full(64, 0.5, dtype)
    bad[5] = np.nan
    for dy, x in ((bad, good), (good, bad)):
        assert np.flatnonzero(np.isnan(partial.ufunc(dy, x, *params))).tolist() == [5]


def test_partial_raises_no_warning(partial, dtype):
    with np.errstate(all="raise"):
        partial.ufunc(mixed(dtype, 4000, 1), mixed(dtype, 4000), *defaults(partial._owner, dtype))


# --- gradients with respect to parameters -------------------------------------------------------

WITH = [f for f in ACTIVATIONS if f._partials]
with_gradients = pytest.mark.parametrize("f", WITH, ids=name_of)


def inside(f, dtype, shape):
    """Inputs in the domain."""
    low, high = (min(max(end, -4.0), 4.0) for end in domain(f, defaults(f, dtype)))
    x = np.random.default_rng(0).uniform(low, high, shape).astype(dtype)
    return x, np.random.default_rng(1).normal(size=shape).astype(dtype)


def terms(f, name, dy, x, given):
    """``dy * ∂f/∂p`` element by element."""
    return f._partials[name].ufunc(dy, x, *(given[p.name] for p in f.params))


@with_gradients
def test_gradients_have_the_shapes_of_their_parameters(f, dtype):
    x, dy = inside(f, dtype, (4, 5, 3))
    for shape, axes in {
        (): (0, 1, 2),
        (3,): (0, 1),
        (1,): (0, 1, 2),
        (5, 1): (0, 2),
        (5, 3): (0,),
        (1, 1, 3): (0, 1),
        (4, 5, 3): (),
    }.items():
        typical = zip(f.params, defaults(f, dtype), strict=True)
        given = {p.name: np.full(shape, value, dtype) for p, value in typical}
        found = f.backward_params(dy, x=x, **given)
        assert list(found) == list(f._partials)
        for name, gradient in found.items():
            wanted = exact_sums(terms(f, name, dy, x, given), axes).reshape(shape)[()]
            assert_same_bits(gradient, wanted, (f.name, name, shape))


def exact_sums(terms, axes):
    """Sums over axes, rounded once to float64, and to the dtype of the terms."""
    moved = np.moveaxis(terms, axes, range(-len(axes), 0))
    kept = moved.shape[: terms.ndim - len(axes)]
    rows = [[*map(float, moved[index].flat)] for index in np.ndindex(kept)]
    found = [math.fsum(row) if {*map(str, row)} != {"-0.0"} else -0.0 for row in rows]
    return np.array(found).astype(terms.dtype).reshape(kept)


@pytest.mark.parametrize("change", [np.asfortranarray, lambda a: a[::-1].copy()[::-1]])
def test_sums_do_not_depend_on_the_layout(change):
    """Of rows that lie side by side, one after another, or apart; of few and of many terms."""
    for shape in ((3, 4, 5), (40, 17, 33), (2, 1, 3000), (70, 70, 70)):
        terms = np.random.default_rng(2).normal(size=shape)
        for to in ((), shape[2:], (shape[1], 1), (shape[0], 1, 1), (1, shape[1], 1)):
            wide = (1,) * (3 - len(to)) + to
            axes = tuple(k for k in range(3) if wide[k] != shape[k])
            wanted = exact_sums(terms, axes).reshape(to)[()]
            for given in (terms, change(terms)):
                assert_same_bits(summed_to(to, given), wanted, (shape, to))


def test_sums_of_one_term_of_none_and_of_infinities():
    assert_same_bits(summed_to((1,), np.full((1, 1), -0.0)), np.full(1, -0.0))
    assert_same_bits(summed_to((2,), np.zeros((0, 2))), np.zeros(2))
    inf = np.inf
    terms = np.array([[inf, inf, 1e308, -0.0], [1.0, -inf, 1e308, -0.0]])
    for given in (terms, np.asfortranarray(terms)):
        assert_same_bits(summed_to((4,), given), np.array([inf, np.nan, inf, -0.0]))


@with_gradients
def test_gradients_of_one_parameter_of_each_shape(f):
    """Each parameter has its own shape; the input may be the smaller one."""
    x, dy = inside(f, "float64", 3)
    shapes = [(2, 1), (3,), ()]
    typical = zip(f.params, defaults(f, "float64"), itertools.cycle(shapes))
    given = {p.name: np.full(shape, value) for p, value, shape in typical}
    found = f.backward_params(dy, x=x, **given)
    assert {n: np.shape(g) for n, g in found.items()} == {n: given[n].shape for n in f._partials}
    for name, gradient in found.items():
        everything = np.broadcast_arrays(terms(f, name, dy, x, given), *given.values())[0]
        assert np.isclose(gradient.sum(), everything.sum(), rtol=1e-13)


@with_gradients
def test_python_numbers_and_defaults_as_parameters(f, dtype):
    x, dy = inside(f, dtype, 50)
    by_default = f.backward_params(dy, x=x, **needed(f))
    for name, gradient in by_default.items():
        assert gradient.dtype == dtype
        assert gradient.shape == ()
        given = named(f, defaults(f, dtype))
        assert_same_bits(gradient, f.backward_params(dy, x=x, **given)[name])


@with_gradients
def test_sums_are_those_of_float64(f):
    """A sum in float16 overflows at 65504, and one in float32 loses what is small."""
    x, _ = inside(f, "float16", 1)
    many, given = np.broadcast_to(x, 2**18), named(f, defaults(f, "float16"))
    dy = np.ones(2**18, "float16") / 256
    for name, gradient in f.backward_params(dy, x=many, **given).items():
        one = np.float64(terms(f, name, dy[:1], x, given)[0])
        with np.errstate(over="ignore"):
            assert gradient == np.float16(one * 2**18)


@with_gradients
def test_gradients_are_those_of_the_loss(f):
    """d/dp of Σ dy f(x; p) by central differences; x keeps away from kinks."""
    params = defaults(f, "float64")
    x, dy = inside(f, "float64", 400)
    given = named(f, params)
    for name, gradient in f.backward_params(dy, x=x, **given).items():
        h = 2.0**-20
        high, low = (
            (dy * f(x, **given | {name: given[name] + sign * h})).sum() for sign in (1, -1)
        )
        scale = np.abs(terms(f, name, dy, x, given)).sum() + np.abs(dy).sum()
        assert abs(gradient - (high - low) / (2 * h)) <= 2.0**-20 * scale, name


@with_gradients
def test_gradients_of_integers_are_float64(f):
    x = np.array([0, 1, 1, 0])
    given = named(f, defaults(f, "float64"))
    for gradient in f.backward_params(x, x=x, **given).values():
        assert gradient.dtype == "float64"


@with_gradients
def test_gradients_of_nothing_are_zero(f):
    empty = np.empty((0, 3))
    given = {
        p.name: np.full(3, value) for p, value in zip(f.params, defaults(f, "f8"), strict=True)
    }
    for gradient in f.backward_params(empty, x=empty, **given).values():
        assert_same_bits(gradient, np.zeros(3))


@with_gradients
def test_gradients_leave_their_inputs_alone(f):
    x, dy = inside(f, "float32", 20)
    before = dy.tobytes(), x.tobytes()
    f.backward_params(dy, x=x, **needed(f))
    assert (dy.tobytes(), x.tobytes()) == before


def test_unknown_parameters_and_functions_without(f):
    ones = np.ones(3)
    with pytest.raises(TypeError, match=rf"{f.name}.*no_such_parameter"):
        backward(f, ones, x=ones, no_such_parameter=1.0)
    if f._partials:
        with pytest.raises(TypeError, match=rf"{f.name}\.backward_params.*no_such_parameter"):
            f.backward_params(ones, x=ones, no_such_parameter=1.0, **needed(f))
    else:
        with pytest.raises(TypeError, match=rf"{f.name}\.backward_params"):
            f.backward_params(ones, x=ones, **needed(f))


@pytest.mark.parametrize(
    ("f", "params"), [(fa.elu, (-1.5,)), (fa.swish, (-2.0,)), (fa.thresholded_relu, (-0.5,))]
)
def test_outside_the_declared_range(f, params, dtype, variety):
    """No bound is promised there, but the values are those of the formula."""
    check_values(f, variety, sample(f, dtype, defaults(f, dtype))[::3], params)


# --- defaults -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("f", [f for f in ACTIVATIONS if f.params and not needed(f)], ids=name_of)
def test_calls_without_parameters_give_the_bits_of_calls_with_their_defaults(f, dtype):
    """Loops that contain the defaults compute what those that read them do, once or each time."""
    x = mixed(dtype, 1001)
    numbers = dict(zip((p.name for p in f.params), f._defaults, strict=True))
    arrays = {name: np.full_like(x, value) for name, value in numbers.items()}
    y = f(x)
    for given in (numbers, arrays):
        for variety in (*VARIETIES, "value_and_derivative", "backward"):
            assert_same_bits(call(f, variety, x, {}), call(f, variety, x, given), variety)
        assert_same_bits(f(x, out=np.empty_like(x)), f(x, **given), "out=")
        if f.from_output:
            want = f.backward(x, y=y, **given)
            assert_same_bits(f.backward(x, y=y), want, "backward from y")
            assert_same_bits(f.backward(x, y=y, out=np.empty_like(x)), want, "from y, out=")


def test_integers_beside_numbers_of_python_are_float64():
    """NumPy's own loops for an int8 beside Python's 1 would be those of float16."""
    one, many = np.int8(1), np.ones(2, "i1")
    for got in (
        fa.swish(1, one), fa.swish(True, np.True_), fa.swish(1, many), fa.hard_tanh(1, many, 2.5),
        fa.swish.derivative(2, many), *fa.swish.value_and_derivative(1, many), fa.prelu(1.5, many),
        fa.tanh.backward(1, x=one), fa.tanh.backward(1.5, x=many), fa.tanh.backward(True, y=one),
        fa.elu.backward(1.0, x=2.0, alpha=many), fa.swish.backward_params(1.0, x=many)["beta"],
        fa.swiglu.split(1, many), fa.swiglu.split(many, many, gate_bias=one),
        *fa.swiglu.split.backward(1, gate=many, value=many),
    ):  # fmt: skip
        assert got.dtype == np.float64
    for got in (fa.swish(1, np.float32(2)), fa.elu.backward(1, x=np.ones(2, "f4"), alpha=many)):
        assert got.dtype == np.float32


@pytest.mark.parametrize("name", ["relu", "gelu", "elu"])
def test_out_may_be_none(name, dtype):
    """In a first call, and in later ones, which go another way; of a number, too."""
    for x in (np.linspace(-2, 2, 9).astype(dtype), 1.5):
        member, wanted = getattr(fa, name).value_and_derivative, None
        for options in ({"out": None}, {}, {"out": None}, {"out": (None, None)}):
            got = member(x, **options)
            wanted = wanted or got
            for a, b in zip(got, wanted, strict=True):
                assert_same_bits(np.asarray(a), np.asarray(b))
        assert_same_bits(np.asarray(getattr(fa, name)(x, out=None)), np.asarray(wanted[0]))
