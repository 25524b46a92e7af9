"""Losses of elements: values, gradients, options, special values, layouts, memory.

For squared error also the gradient of a layer's weights, which follows from its delta.
"""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

import fastact as fa
from fastact.catalogue import of_kind
from tests.support.checks import assert_same_bits
from tests.support.losses import LOSSES, binary, errors, focal, peak
from tests.support.strategies import LAYOUTS, mixed, needed
from tests.support.ulp import ulps

EVERYWHERE = [f for f in fa.activations.values() if f.declaration.domain == (-np.inf, np.inf)]
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
    assert_same_bits(loss, fa.squared_error(z, t, activation=g))
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


@pytest.mark.parametrize("g", [g for g in EVERYWHERE if not needed(g)], ids=lambda g: g.name)
def test_a_perfect_fit_costs_nothing(g, dtype):
    """The value in the loss is that of a call, whatever form the dtype has."""
    z = (np.random.default_rng(0).normal(size=5000) * 3).astype(dtype)
    loss, delta = fa.squared_error.value_and_grad(z, g(z), activation=g)
    assert loss == 0
    assert not delta.any()


def test_activations_that_are_not_listed():
    """Own ones, and those made by algebra; without a derivative there is a value only."""
    x, w, t = layer(6)
    z = x @ w
    for g in (fa.identity * fa.sigmoid, fa.tanh(fa.softplus), fa.leaky_relu.with_params(0.3)):
        loss, delta = fa.squared_error.value_and_grad(z, t, activation=g)
        assert np.isclose(loss, 0.5 * ((g(z) - t) ** 2).sum(), rtol=1e-13)
        assert np.allclose(delta, (g(z) - t) * g.derivative(z), rtol=1e-13)
    half = fa.activation(lambda x: 0.5 * x)
    assert np.isclose(fa.squared_error(z, t, half), 0.5 * ((0.5 * z - t) ** 2).sum(), rtol=1e-13)
    with pytest.raises(TypeError, match="derivative"):
        fa.squared_error.value_and_grad(z, t, half)


def test_what_is_no_activation():
    with pytest.raises(TypeError, match=r"fastact\.Activation, got ufunc"):
        fa.squared_error(np.ones(3), np.ones(3), np.tanh)
    with pytest.raises(TypeError, match="needs a value for threshold"):
        fa.squared_error(np.ones(3), np.ones(3), fa.threshold)


# --- errors in ulp ------------------------------------------------------------------------------

EDGES = [0.0, -0.0, 1e-6, -1e-6, 0.5, -1, 3.0, -7, 17, -17, 20.0, -37, 40, -60, 85, -88, 100, -300]


def logits(dtype, size=400):
    rng = np.random.default_rng(0)
    drawn = rng.normal(0, 1, size) * 10 ** rng.uniform(-4, 2, size)
    return np.concatenate([EDGES, [-x for x in EDGES], drawn]).astype(dtype)


SHARP = {"float16": 1.0, "float32": 1.0, "float64": 2.0}


@pytest.mark.parametrize("t", [0.0, 1.0])
@pytest.mark.parametrize("pos_weight", [None, 2.5])
def test_sigmoid_cross_entropy_in_ulp(dtype, t, pos_weight):
    x = logits(dtype)
    value, slope, curve = binary(x, t, pos_weight or 1.0)
    options = {"pos_weight": pos_weight}
    sigmoid = fa.sigmoid_cross_entropy
    loss, gradient = sigmoid.value_and_grad(x, t, reduction="none", **options)
    assert (loss.dtype, gradient.dtype) == (dtype, dtype)
    assert errors(loss, value).max() <= SHARP[dtype]
    assert errors(gradient, slope).max() <= SHARP[dtype]
    first, second = sigmoid.gradient_and_hessian(x, t, **options)
    assert_same_bits(first, gradient)
    assert errors(second, curve).max() <= SHARP[dtype]
    assert (second[curve > float(np.finfo(dtype).tiny)] > 0).all()


@pytest.mark.parametrize("t", [0.25, 0.5, 0.999])
def test_sigmoid_cross_entropy_of_targets_between(dtype, t):
    """The gradient's error is one of its larger term."""
    x, t = logits(dtype), float(np.array(t, dtype))
    value, slope, curve = binary(x, t)
    loss, gradient = fa.sigmoid_cross_entropy.value_and_grad(x, t, reduction="none")
    assert errors(loss, value).max() <= SHARP[dtype]
    size = np.maximum(abs(slope), np.minimum(t, 1 - t) / 2)
    assert (abs(gradient - slope) <= SHARP[dtype] * np.finfo(dtype).eps * size).all()
    assert errors(fa.sigmoid_cross_entropy.gradient_and_hessian(x, t)[1], curve).max() <= 2


@pytest.mark.parametrize("t", [0, 1])
@pytest.mark.parametrize(("gamma", "alpha"), [(2.0, None), (0.0, 0.25), (0.5, 0.25), (5.0, 0.75)])
def test_focal_in_ulp(dtype, t, gamma, alpha):
    x = logits(dtype)
    value, slope = focal(x, t, gamma, alpha)
    loss, gradient = fa.focal.value_and_grad(x, t, gamma, alpha, reduction="none")
    bound = {"float16": 1.0, "float32": 1.0, "float64": 8.0}[dtype]
    normal = float(np.finfo(dtype).tiny)
    for got, true in ((loss, value), (gradient, slope)):
        assert errors(got, true)[abs(true) > normal].max() <= bound
        assert errors(got, true).max() <= 2048  # a subnormal number


def test_focal_against_finite_differences():
    x = np.array([-3.0, -0.5, 0.0, 1.0, 4.0])
    h = 2.0**-17
    for t in (0.0, 0.3, 1.0):
        for gamma in (0.0, 0.7, 2.0):
            high, low = (fa.focal(x + s * h, t, gamma, 0.3, "none") for s in (1, -1))
            found = fa.focal.value_and_grad(x, t, gamma, 0.3, "sum")[1]
            assert np.allclose(found, (high - low) / (2 * h), rtol=1e-7, atol=1e-11)


def test_focal_without_focus_is_cross_entropy(dtype):
    x = logits(dtype)
    t = np.resize([0, 1, 0.25], x.size).astype(dtype)
    for got, wanted in zip(
        fa.focal.value_and_grad(x, t, gamma=0.0, reduction="none"),
        fa.sigmoid_cross_entropy.value_and_grad(x, t, reduction="none"), strict=True,
    ):  # fmt: skip
        assert errors(got, wanted).max() <= 1


def divergence(x, t, log_target):
    """Terms in multiple precision, and the size that their error is judged by."""
    with mp.workprec(200):
        x, t = mpf(float(x)), mpf(float(t))
        p = mp.exp(t) if log_target else t
        log_p = t if log_target else (mp.log(t) if t else mpf(0))
        return p * (log_p - x), max(abs(p * log_p), abs(p * x)), -p


@pytest.mark.parametrize("log_target", [False, True])
def test_kl_divergence_in_ulp(dtype, log_target):
    rng = np.random.default_rng(0)
    t = fa.softmax(rng.normal(0, 3, 60).astype(dtype))
    x = fa.log_softmax(rng.normal(0, 3, 60).astype(dtype))
    x[:20] = np.log(t[:20].astype("f8"))  # nearly equal: their difference cancels
    t = fa.log_softmax(np.log(t)) if log_target else t
    loss, gradient = fa.kl_divergence.value_and_grad(x, t, log_target, "none")
    for k in range(60):
        value, size, slope = divergence(x[k], t[k], log_target)
        assert abs(mpf(float(loss[k])) - value) <= np.finfo(dtype).eps * size
        assert ulps(gradient[k], slope, dtype) <= 1


def test_kl_divergence_of_zeros():
    x = np.array([-1.0, -np.inf, np.nan])
    with np.errstate(all="raise"):
        assert fa.kl_divergence(x, np.zeros(3)) == 0
        assert fa.kl_divergence(x, np.full(3, -np.inf), log_target=True) == 0
        assert fa.kl_divergence(x[:2], [0.5, 0.5]) == np.inf
        assert np.isnan(fa.kl_divergence([-1.0], [-0.5]))


# --- reductions and options ---------------------------------------------------------------------

EVERY = of_kind("loss")
ELEMENTWISE = [f for f in EVERY if f._functions]  # with a reduction and kernels of its own
OF_LOGITS = [fa.sigmoid_cross_entropy, fa.focal]
elementwise = pytest.mark.parametrize("loss", ELEMENTWISE, ids=lambda f: f.name)
every_loss = pytest.mark.parametrize("loss", EVERY, ids=lambda f: f.name)


def operands(dtype, shape=(6, 5), seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 3, shape).astype(dtype), rng.uniform(0.1, 1, shape).astype(dtype)


@elementwise
@pytest.mark.parametrize("shape", [(6, 5), (), (3, 2, 4), (700, 300), (3, 70000), (2, 1, 65537)])
def test_reductions(loss, dtype, shape):
    x, t = operands(dtype, shape)
    each, slope = loss.value_and_grad(x, t, reduction="none")
    assert (each.shape, slope.shape) == (shape, shape)
    wide = each.astype("f8").sum()
    eps = float(np.finfo(dtype).eps)
    total, same = loss.value_and_grad(x, t, reduction="sum")
    assert_same_bits(same, slope)
    if wide < float(np.finfo(dtype).max):
        assert np.isclose(float(total), wide, rtol=2 * eps)
    mean, scaled = loss.value_and_grad(x, t)
    if np.isfinite(wide):  # an element may be too large for the dtype, and the mean not
        assert np.isclose(float(mean), wide / x.size, rtol=2 * eps)
    tiny = float(np.finfo(dtype).tiny)
    fits = np.isfinite(slope)
    wanted = slope[fits].astype("f8") / x.size
    assert np.allclose(scaled[fits].astype("f8"), wanted, rtol=2 * eps, atol=tiny)
    assert {type(total), type(mean)} == {np.dtype(dtype).type}
    assert_same_bits(loss(x, t), mean)
    assert_same_bits(loss(x, t, reduction="sum"), total)
    assert_same_bits(loss(x, t, reduction="none"), each)


def test_mean_of_rows():
    x, t = operands("float64", (4, 5, 2))
    found = fa.kl_divergence.value_and_grad(x, t, reduction="batchmean")
    for got, total in zip(
        found, fa.kl_divergence.value_and_grad(x, t, reduction="sum"), strict=True
    ):
        assert np.allclose(got, total / 4, rtol=1e-15)


def test_too_large_for_the_dtype():
    x = np.full(9, 60000.0, "f2")
    with np.errstate(all="raise"):
        assert fa.sigmoid_cross_entropy(x, 0, reduction="sum") == np.inf
        assert fa.sigmoid_cross_entropy(x, 0) == np.float16(60000)
        assert fa.squared_error(x, 0, fa.identity) == np.inf
        assert np.isinf(fa.sigmoid_cross_entropy(x, 0, weight=2, reduction="none")).all()


@pytest.mark.parametrize("shape", [(), (5,), (6, 1), (6, 5)])
def test_weights(dtype, shape):
    x, t = operands(dtype)
    t = (t > 0.5).astype(dtype)
    w = np.random.default_rng(7).uniform(0.5, 2, shape).astype(dtype)
    unit = 2 * float(np.finfo(dtype).eps)
    for found, plain in zip(
        fa.sigmoid_cross_entropy.value_and_grad(x, t, weight=w, reduction="none"),
        fa.sigmoid_cross_entropy.value_and_grad(x, t, reduction="none"), strict=True,
    ):  # fmt: skip
        assert np.allclose(found, plain.astype("f8") * w, rtol=unit)
    positive = fa.sigmoid_cross_entropy.value_and_grad(x, t, pos_weight=w, reduction="none")
    wanted = fa.sigmoid_cross_entropy.value_and_grad(
        x, t, weight=np.where(t == 1, w, 1).astype(dtype), reduction="none"
    )
    for found, other in zip(positive, wanted, strict=True):
        assert errors(found, other).max() <= 1


def test_what_has_no_weight_counts_nothing():
    x, w = np.array([np.inf, np.nan, 1.0]), np.array([0.0, 0.0, 2.0])
    loss, gradient = fa.sigmoid_cross_entropy.value_and_grad(x, 0.0, weight=w, reduction="sum")
    assert np.isclose(loss, 2 * np.log1p(np.e))
    assert gradient[:2].tolist() == [0, 0]
    assert fa.sigmoid_cross_entropy.gradient_and_hessian(x, 0.0, weight=w)[1][:2].tolist() == [0, 0]


@pytest.mark.parametrize("loss", OF_LOGITS, ids=lambda f: f.name)
def test_special_logits(loss, dtype):
    inf, nan = np.inf, np.nan
    x, t = np.array([inf, inf, -inf, -inf, nan], dtype), np.array([0, 1, 0, 1, 1])
    with np.errstate(all="raise"):
        value, gradient = loss.value_and_grad(x, t, reduction="none")
    assert value[:4].tolist() == [inf, 0, 0, inf]
    assert gradient[:4].tolist() == [1, 0, 0, -1]
    assert np.isnan(value[4])
    assert np.isnan(gradient[4])


@every_loss
@pytest.mark.parametrize("kind", ["?", "i1", "i8", "f2", "f4", "f8", ">f4"])
def test_targets_of_any_numbers(loss, dtype, kind):
    x, t = operands(dtype)
    t = (t > 0.5).astype(kind)
    for got, wanted in zip(
        loss.value_and_grad(x, t), loss.value_and_grad(x, t.astype(dtype)), strict=True
    ):
        assert_same_bits(got, wanted)


# --- layouts, memory, threads -------------------------------------------------------------------


@every_loss
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(loss, layout):
    x = LAYOUTS[layout](np.random.default_rng(0).normal(0, 3, 300).astype("f4"))
    if not x.size:
        return
    t = np.random.default_rng(1).uniform(0, 1, x.shape).astype("f4")
    plain = np.array(x, "=f4", order="C")
    for got, wanted in zip(loss.value_and_grad(x, t), loss.value_and_grad(plain, t), strict=True):
        assert_same_bits(got, wanted)


@given(data=st.data())
def test_drawn_shapes_and_broadcasting(data):
    loss = data.draw(st.sampled_from(EVERY), "loss")
    shape = tuple(data.draw(st.lists(st.integers(1, 4), max_size=3), "shape"))
    narrow = tuple(data.draw(st.sampled_from([1, n])) for n in shape)
    narrow = narrow[data.draw(st.integers(0, len(shape)), "cut") :]
    x, _ = operands("float32", shape, data.draw(st.integers(0, 9), "seed"))
    _, t = operands("float32", narrow)
    step = data.draw(st.sampled_from([1, 2, -1]), "step")
    if shape:
        x = np.repeat(x, abs(step), axis=0)[::step]
    full = np.broadcast_to(t, shape).copy()
    for got, wanted in zip(
        loss.value_and_grad(x, t), loss.value_and_grad(x.copy(), full), strict=True
    ):
        assert_same_bits(got, wanted)


@every_loss
@pytest.mark.parametrize("shape", [(40,), (3, 50000), (400, 400)])
def test_in_place_and_overlapping_out(loss, dtype, shape):
    x, t = operands(dtype, shape)
    value, wanted = loss.value_and_grad(x, t)
    for operand in (0, 1):
        pair = [x.copy(), t.copy()]
        found, gradient = loss.value_and_grad(*pair, out=pair[operand])
        assert gradient is pair[operand]
        assert_same_bits(found, value)
        assert_same_bits(gradient, wanted)
    size = x.size
    for shift in (-3, 7, 60000):
        buffer = np.zeros(size + 60000 + 6, dtype)
        near, out = (buffer[3 + s : 3 + s + size].reshape(shape) for s in (0, shift))
        near[...] = x
        loss.value_and_grad(near, t, out=out)
        assert_same_bits(out, wanted, shift)


@every_loss
@pytest.mark.parametrize("kind", ["f4", "i8", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_memory(loss, kind, order):
    """Nothing of the size of the logits is made but the gradient: a slab is converted at a time."""
    x = np.asarray(np.random.default_rng(0).normal(size=(3000, 2000)).astype("f4"), order=order)
    t = (x > 0).astype(kind)
    out = np.empty_like(x)
    assert peak(lambda: loss.value_and_grad(x, t)) < 1.1 * x.nbytes
    assert peak(lambda: loss.value_and_grad(x, t, out=out)) < 0.1 * x.nbytes
    assert peak(lambda: loss.value_and_grad(out, t, out=out)) < 0.1 * x.nbytes
    assert peak(lambda: loss(x, t)) < 0.1 * x.nbytes


def test_memory_with_weights():
    x = np.random.default_rng(0).normal(size=(3000, 2000)).astype("f4")
    t, out = (x > 0).astype("f4"), np.empty_like(x)
    loss = fa.sigmoid_cross_entropy
    for weight in (abs(x), abs(x[0]), abs(x[:, :1])):
        options = {"weight": weight, "pos_weight": weight}
        assert peak(lambda: loss.value_and_grad(x, t, out=out, **options)) < 0.1 * x.nbytes  # noqa: B023


@every_loss
def test_any_bits(loss, dtype):
    """No warning, and an error in no place but one's own."""
    x, t = mixed(dtype, 200), mixed(dtype, 200, 1)
    with np.errstate(all="raise", invalid="ignore"):  # inf - inf in the sum
        _, gradient = loss.value_and_grad(x, t)
    for k in range(0, 200, 17):
        one = loss.value_and_grad(np.resize(x[k], 200), np.resize(t[k], 200))[1]
        assert_same_bits(one[0], gradient[k])


# --- errors -------------------------------------------------------------------------------------

X = np.zeros((4, 3))


@every_loss
@pytest.mark.parametrize(
    ("args", "error", "text"),
    [
        (
            (X, np.zeros((2, 3))),
            ValueError,
            r"t(argets)? must broadcast to .*\(4, 3\), got shape \(2, 3\)",
        ),
        ((X[0], X), ValueError, r"t(argets)? must broadcast to .*\(3,\), got shape \(4, 3\)"),
        ((X.astype(complex), X), TypeError, "must be float16.*complex128"),
        ((X.astype("g"), X), TypeError, "must be float16"),
        ((X, X.astype("O")), TypeError, "t(argets)? must be .*object"),
        ((X, np.full((4, 3), "a")), TypeError, "t(argets)? must be .*<U1"),
    ],
)
def test_bad_operands(loss, args, error, text):
    for call in (loss, loss.value_and_grad):
        with pytest.raises(
            error, match=rf"{loss.name}.*\(\): {'.*' if text[0] != 't' else ''}{text}"
        ):
            call(*args)


@every_loss
def test_bad_out(loss):
    for out, error in (
        (np.empty((3, 4)), ValueError), (np.empty((4, 3), "f4"), ValueError), ([0.0], TypeError),
        (np.broadcast_to(0.0, (4, 3)), ValueError),
    ):  # fmt: skip
        with pytest.raises(error, match=rf"{loss.name}\.value_and_grad\(\): out"):
            loss.value_and_grad(X, X, out=out)


@elementwise
def test_bad_reductions(loss):
    with pytest.raises(ValueError, match=rf"{loss.name}.*reduction must be one of .*'average'"):
        loss(X, X, reduction="average")
    with pytest.raises(ValueError, match="mean of an empty batch"):
        loss.value_and_grad(X[:0], X[:0])
    total, gradient = loss.value_and_grad(X[:0], X[:0], reduction="sum")
    assert (total, gradient.shape) == (0, (0, 3))
    assert loss(X[:0], X[:0], reduction="none").shape == (0, 3)


def test_bad_weights():
    for name in ("weight", "pos_weight"):
        for value, text in (
            (np.ones(4), rf"{name} must broadcast to .*got shape \(4,\)"),
            ([1.0, np.nan, 1.0], rf"{name} must be numbers, got NaN at \(1,\)"),
            (np.nan, rf"{name} must be numbers, got NaN"),
        ):
            with pytest.raises(ValueError, match=text):
                fa.sigmoid_cross_entropy(X, X, **{name: value})


def test_bad_parameters_of_focal():
    for options in ({"gamma": -1}, {"gamma": np.inf}, {"gamma": np.nan}, {"alpha": 1.5},
                    {"alpha": np.nan}):  # fmt: skip
        with pytest.raises(ValueError, match=rf"focal\(\): {next(iter(options))} must be"):
            fa.focal(X, X, **options)


@pytest.mark.parametrize("name", LOSSES)
def test_pickle_and_repr(name):
    loss = LOSSES[name]
    assert getattr(fa, name) is loss
    assert pickle.loads(pickle.dumps(loss)) is loss
    assert name in repr(loss)
