"""Numbers and strings that become source text, and ufunc methods that feed the output back."""

from __future__ import annotations

import math

import numpy as np
import pytest

import fastact as fa
from fastact.definition.declaration import evaluate
from fastact.native import ufunc

X = np.linspace(-3, 3, 13)


@pytest.mark.parametrize("value", [math.inf, 1e308, 5e-324, -0.0, 0.1, 1e22, 3])
def test_numbers_in_expressions(value: float) -> None:
    made = fa.hard_tanh.with_params(max_val=max(value, -1))
    np.testing.assert_array_equal(made(X), fa.hard_tanh(X, max_val=max(value, -1)))
    np.testing.assert_array_equal(made.derivative(X), fa.hard_tanh.derivative(X, max_val=value))


def test_nan_and_infinities_in_expressions() -> None:
    made = fa.leaky_relu.with_params(negative_slope=math.nan)
    np.testing.assert_array_equal(made(X), np.where(X > 0, X, np.nan))
    made = fa.hard_tanh.with_params(min_val=-math.inf, max_val=math.inf)
    np.testing.assert_array_equal(made(X), X)
    np.testing.assert_array_equal((made + 1)(X), X + 1)
    own = fa.activation(lambda x, a=1.0: min(a, x), name="below")
    np.testing.assert_array_equal((own.with_params(math.inf) * 2)(X), X * 2)


@pytest.mark.parametrize(
    "text",
    [
        "().__class__", "__import__('os').getcwd()", "(lambda: 1)()", "[1 for _ in 'a']", "f'{1}'",
        "'a' * 10", "9**9**9**9", "1 <<", "a.b", "print(1)", "(x := 1)", "1j", "None",
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["kinks", "domain", "range"])
def test_strings_are_arithmetic(text: str, where: str) -> None:
    given = {"kinks": [(text, 0.0)], "domain": (text, 1.0), "range": (0.0, text)}
    with pytest.raises(ValueError, match="not arithmetic"):
        fa.activation(lambda x, a=1.0: x * a, name="f", **{where: given[where]})


def test_strings_name_parameters() -> None:
    made = fa.activation(lambda x, a=1.0: x * a, name="f", kinks=[("-2 * a / 3", "inf")])
    assert evaluate(made.kinks[0].at, {"a": 3.0}) == -2
    with pytest.raises(ValueError, match="no parameter 'b'"):
        fa.activation(lambda x, a=1.0: x * a, name="f", kinks=[("a + b", 0.0)])


OF_TWO = sorted(
    f.backward.name
    for f in fa.activations.values()
    if not f.params and "derivative" in f.declaration.kernels
)


@pytest.mark.parametrize("name", [*OF_TWO, "leaky_relu", "softplus", "elu"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_methods_that_feed_the_output_back(name: str, dtype: str) -> None:
    """`reduce` and its kin are what a loop in Python makes of them."""
    f = ufunc.registry[name]()
    x = np.random.default_rng(1).standard_normal((70, 3)).astype(dtype)
    running = [x[0]]
    for row in x[1:]:
        running.append(f(running[-1], row))
    wanted = np.array(running)
    for axis, given in ((0, x), (-1, np.ascontiguousarray(x.T)), (-1, x.T)):
        result = wanted if axis == 0 else wanted.T
        np.testing.assert_array_equal(f.accumulate(given, axis=axis), result)
        np.testing.assert_array_equal(f.reduce(given, axis=axis), wanted[-1])
    parts = f.reduceat(x, [0, 20, 50], axis=0)
    ends = [(0, 20), (20, 50), (50, 70)]
    np.testing.assert_array_equal(parts, [f.reduce(x[a:b], axis=0) for a, b in ends])
    at = x.copy()
    f.at(at, np.array([3, 3, 5]), x[:3])
    by_hand = x.copy()
    for place, row in zip([3, 3, 5], x[:3], strict=True):
        by_hand[place] = f(by_hand[place], row)
    np.testing.assert_array_equal(at, by_hand)
