"""Softmax cross-entropy and nll: values, gradients, options, special rows, layouts, memory."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastact as fa
from fastact.native import ufunc
from tests.support.checks import assert_same_bits
from tests.support.losses import WIDE, entropies, errors, peak, target
from tests.support.strategies import LAYOUTS, rows_of_all_kinds

ce, nll = fa.softmax_cross_entropy, fa.nll
LOSS = {"float16": 1.0, "float32": 2.0, "float64": 3.5}  # ulp
SLOPE = {"float16": 1.0, "float32": 2.0, "float64": 4.0}
SIZES = [1, 2, 3, 10, 16, 17, 64, 65, 100, 2047, 2100]  # both sides of each way through rows
WEIGHTS = [None, "drawn", "zeros"]
GRID = list(itertools.product(WEIGHTS, [None, 1, -100], [0.0, 0.1, 1.0], ["mean", "sum", "none"]))


def batch(dtype, rows=7, classes=10, seed=0, scale=3.0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, scale, (rows, classes)).astype(dtype), rng.integers(0, classes, rows)


def weights(kind, classes, dtype="float64"):
    if kind is None:
        return None
    drawn = np.random.default_rng(1).uniform(0.5, 2, classes).astype(dtype)
    return drawn if kind == "drawn" else np.where(np.arange(classes) % 2, 0, drawn)


def expected(x, labels, weight=None, ignore_index=None, label_smoothing=0.0, reduction="mean"):
    """The loss and its gradient by torch's definition, rows along the last axis."""
    q, counted = target(x.shape, labels, weight, ignore_index, label_smoothing)
    losses, gradient = entropies(x, q)
    divisor = counted.sum() if reduction == "mean" else 1
    divisor = divisor or np.inf
    return (losses if reduction == "none" else losses.sum()) / divisor, gradient / divisor


# --- values -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0])
@pytest.mark.parametrize("classes", SIZES)
def test_errors_in_ulp(dtype, classes, scale):
    x, labels = batch(dtype, 5, classes, classes, scale)
    labels[1], labels[2] = x[1].argmax(), x[2].argmin()
    losses, gradient = ce.value_and_grad(x, labels, reduction="none")
    true, slope = expected(x, labels, reduction="none")
    assert (losses.dtype, gradient.dtype) == (dtype, dtype)
    assert errors(losses, true).max() <= LOSS[dtype]
    assert errors(gradient, slope).max() <= SLOPE[dtype]
    assert_same_bits(ce(x, labels, reduction="none"), losses)


@pytest.mark.parametrize("gap", [5.0, 10.0, 17.0, 40.0, 80.0])
@pytest.mark.parametrize("classes", [2, 10, 100])
def test_saturated_rows_still_learn(gap, classes, dtype):
    """1 - p at the label is made of the other elements: it is not 0 where p rounds to 1."""
    x = np.zeros((3, classes), dtype)
    x[:, 1] = gap
    loss, gradient = ce.value_and_grad(x, np.full(3, 1), reduction="none")
    true, slope = expected(x, np.full(3, 1), reduction="none")
    assert errors(loss, true).max() <= LOSS[dtype]
    assert errors(gradient, slope).max() <= SLOPE[dtype]
    if slope.min() < -float(np.finfo(dtype).tiny):
        assert (gradient[:, 1] < 0).all()


@pytest.mark.parametrize(("weight", "ignore", "smoothing", "reduction"), GRID)
@pytest.mark.parametrize("classes", [3, 70])
def test_the_grid_of_options(dtype, classes, weight, ignore, smoothing, reduction):
    x, labels = batch(dtype, 9, classes)
    labels[3] = 1
    if ignore == -100:
        labels[5] = -100
    options = {
        "weight": weights(weight, classes, dtype), "ignore_index": ignore,
        "label_smoothing": smoothing, "reduction": reduction,
    }  # fmt: skip
    loss, gradient = ce.value_and_grad(x, labels, **options)
    true, slope = expected(x, labels, **options)
    unit = float(np.finfo(dtype).eps)
    assert np.allclose(loss, true.astype("f8"), rtol=4 * unit, atol=0)
    assert np.abs(gradient - slope).max() <= 2 * unit * np.abs(slope).max()
    assert_same_bits(ce(x, labels, **options), loss)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weight", [None, "drawn"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("classes", [3, 70])
def test_probabilities(dtype, classes, weight, smoothing, reduction):
    x, _ = batch(dtype, 9, classes)
    t = fa.softmax(batch(dtype, 9, classes, 5)[0])
    w = weights(weight, classes, dtype)
    options = {"weight": w, "label_smoothing": smoothing, "reduction": reduction}
    loss, gradient = ce.value_and_grad(x, t, **options)
    q = t.astype(WIDE) * (1 - WIDE(smoothing)) + WIDE(smoothing) / classes
    true, slope = entropies(x, q if w is None else q * w)
    divisor = 9 if reduction == "mean" else 1
    true = (true if reduction == "none" else true.sum()) / divisor
    unit = float(np.finfo(dtype).eps)
    assert np.allclose(loss, true.astype("f8"), rtol=4 * unit, atol=0)
    assert np.abs(gradient - slope / divisor).max() <= 4 * unit * np.abs(slope / divisor).max()
    assert_same_bits(ce(x, t, **options), loss)


def test_probabilities_of_one_class_are_labels(dtype):
    x, labels = batch(dtype, 20, 12)
    loss, gradient = ce.value_and_grad(x, np.eye(12, dtype=dtype)[labels])
    wanted, slope = ce.value_and_grad(x, labels)
    assert errors(loss, wanted).max() <= 1
    assert np.abs(gradient - slope).max() <= 2 * float(np.finfo(dtype).eps) / 20


def test_probabilities_in_slabs(dtype):
    """More than fit into one."""
    x, labels = batch(dtype, 9000, 10)
    t = np.eye(10)[labels]
    loss, gradient = ce.value_and_grad(x, t, weight=np.arange(1, 11))
    q = t * np.arange(1, 11)
    assert np.isclose(float(loss), float(entropies(x, q)[0].mean()), rtol=1e-3)
    parts = [ce.value_and_grad(x[k : k + 500], t[k : k + 500], weight=np.arange(1, 11))[1]
             for k in range(0, 9000, 500)]  # fmt: skip
    assert np.allclose(gradient * WIDE(18), np.concatenate(parts), rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
@pytest.mark.parametrize("soft", [False, True])
def test_axes(dtype, axis, soft):
    rng = np.random.default_rng(2)
    x = rng.normal(0, 3, (4, 5, 6)).astype(dtype)
    classes = x.shape[axis]
    shape = np.delete(x.shape, axis)
    labels = fa.softmax(x[::-1, ::-1], axis=axis) if soft else rng.integers(0, classes, shape)
    rows = np.ascontiguousarray(np.moveaxis(x, axis, -1))
    turned = np.ascontiguousarray(np.moveaxis(labels, axis, -1)) if soft else labels
    options = {"weight": weights("drawn", classes), "label_smoothing": 0.25, "reduction": "none"}
    for given_ in ({}, options):
        loss, gradient = ce.value_and_grad(x, labels, axis=axis, **given_)
        wanted, slope = ce.value_and_grad(rows, turned, **given_)
        assert_same_bits(loss, wanted)
        assert_same_bits(np.moveaxis(gradient, axis, -1), slope)


@pytest.mark.parametrize("loop", ["nll_gradient", "nll_of_zeros", "cross_entropy_gradient"])
def test_loops_write_nothing_into_rows_without_classes(loop, dtype):
    """The functions raise an error, their ufuncs do not."""
    beside, losses = np.ones((3, 4), dtype), np.ones(3)
    out = losses, beside[:, :0]
    getattr(ufunc, loop)(beside[:, :0].copy(), np.zeros(3, int), 1.0, out=out)
    assert (beside == 1).all()


def test_one_row_and_one_label():
    loss, gradient = ce.value_and_grad(np.array([1.0, 2.0, 3.0]), 0)
    assert np.isclose(loss, 2.40760596444438)
    assert gradient.shape == (3,)
    assert ce([1.0, 2.0, 3.0], np.int8(0), reduction="none").shape == ()


@pytest.mark.parametrize("kind", ["i1", "u1", "i4", "u8", ">i8"])
def test_labels_of_any_integers(kind):
    x, labels = batch("float32")
    assert_same_bits(ce(x, labels.astype(kind)), ce(x, labels))


def test_logits_that_are_integers_or_lists():
    x = [[1, 2, 3], [3, 2, 1]]
    assert_same_bits(ce(x, [0, 1]), ce(np.array(x, "f8"), np.array([0, 1])))


@pytest.mark.parametrize("others", [1, 3, 7, 15, 31, 63])
def test_where_errors_add_up(others, dtype):
    """Beside the largest element all are equal, so that their exponentials err alike."""
    rng = np.random.default_rng(others)
    halvings = rng.integers(1, 10, (2**12, 1)) * np.log(2)
    d = (rng.uniform(0, 1.5 / (others + 1), halvings.shape) - halvings).astype(dtype)
    x = np.concatenate([np.zeros_like(d), np.repeat(d, others, axis=1)], axis=1)
    true = np.log1p(others * np.exp(d[:, 0].astype(WIDE)))
    labels = np.zeros(len(x), int)
    loss, gradient = ce.value_and_grad(x, labels, reduction="none")
    assert errors(loss, true).max() <= LOSS[dtype]
    assert errors(-gradient[:, 0], -np.expm1(-true)).max() <= SLOPE[dtype]
    for result in (fa.logsumexp(x), -fa.log_softmax(x)[:, 0]):
        assert errors(result, true).max() <= fa.logsumexp.max_ulp[dtype]["forward"]


@given(data=st.data())
def test_drawn(data, dtype):
    """Shapes, axes, layouts and values."""
    shape = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=3), "shape")
    axis = data.draw(st.integers(-len(shape), len(shape) - 1), "axis")
    seed = data.draw(st.integers(0, 99), "seed")
    rng = np.random.default_rng(seed)
    x = rng.normal(0, data.draw(st.sampled_from([0.1, 3.0, 50.0]), "scale"), shape).astype(dtype)
    step = data.draw(st.sampled_from([1, 2, -1]), "step")
    x = np.repeat(x, abs(step), axis=0)[::step]
    labels = rng.integers(0, shape[axis], np.delete(shape, axis))
    loss, gradient = ce.value_and_grad(x, labels, axis=axis, reduction="none")
    rows = np.moveaxis(x, axis, -1)
    true, slope = expected(rows, labels, reduction="none")
    assert errors(loss, true).max(initial=0) <= LOSS[dtype]
    assert errors(np.moveaxis(gradient, axis, -1), slope).max(initial=0) <= SLOPE[dtype]


@pytest.mark.parametrize(
    "options",
    [{}, {"label_smoothing": 0.2}, {"weight": [1.0, 2.0, 0.5, 3.0]}, {"ignore_index": 2}],
    ids=str,
)
@pytest.mark.parametrize("soft", [False, True])
def test_gradient_against_finite_differences(soft, options):
    if soft and "ignore_index" in options:
        pytest.skip("needs class indices")
    x, labels = batch("float64", 5, 4)
    labels = fa.softmax(x[::-1] * 0.5) if soft else labels
    h, found = 2.0**-17, np.empty_like(x)
    for at in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[at] = h
        found[at] = (ce(x + step, labels, **options) - ce(x - step, labels, **options)) / (2 * h)
    assert np.allclose(ce.value_and_grad(x, labels, **options)[1], found, rtol=1e-6, atol=1e-9)


# --- rows that do not count, special rows -------------------------------------------------------


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weight", [None, "drawn"])
@pytest.mark.parametrize("classes", [10, 100])
def test_ignored_rows_count_nothing_whatever_they_are(dtype, classes, weight, smoothing):
    x, labels = batch(dtype, 6, classes)
    x[1], x[2, 3], x[4] = np.nan, np.inf, -np.inf
    labels[[1, 2, 4]] = -1
    options = {"weight": weights(weight, classes), "label_smoothing": smoothing}
    for reduction in ("mean", "sum"):
        loss, gradient = ce.value_and_grad(
            x, labels, ignore_index=-1, reduction=reduction, **options
        )
        rest = ce.value_and_grad(x[[0, 3, 5]], labels[[0, 3, 5]], reduction=reduction, **options)
        assert_same_bits(loss, rest[0])
        assert_same_bits(gradient[[0, 3, 5]], rest[1])
        assert_same_bits(gradient[[1, 2, 4]], np.zeros((3, classes), dtype))


@pytest.mark.parametrize("ignore", [None, 1])
@pytest.mark.parametrize("size", [1e308, 1e40, 1e-40, 1e-310])
def test_a_mean_does_not_depend_on_the_size_of_weights(dtype, size, ignore):
    """Their sum may be more than float64 has room for, or so little that its inverse is."""
    x, labels = np.array([[0.0, 1, 2], [3, 1, 0], [0, 0, 1]], dtype), np.array([0, 1, 1]) + 1
    for loss, rows, options in ((ce, x, {"label_smoothing": 0.25}), (nll, fa.log_softmax(x), {})):
        options["ignore_index"] = ignore
        with np.errstate(all="raise"):
            got = loss.value_and_grad(rows, labels, weight=np.full(3, size), **options)
        wanted = loss.value_and_grad(rows, labels, weight=np.ones(3), **options)
        for a, b in zip(got, wanted, strict=True):
            np.testing.assert_allclose(a, b, rtol=16 * np.finfo(dtype).eps)
    skewed = np.array([1e308, 1.0, 1e-307])  # the class of all rows has the last
    alike = np.array([2, 2, 2])
    assert np.isclose(ce(x, alike, weight=skewed), ce(x, alike), rtol=1e-3)


def test_smoothing_is_read_as_float64(dtype):
    x, labels = np.array([[0.0, 1, 2], [3, 1, 0]], dtype), np.array([0, 1])
    for number in (np.float16(0.3), np.float32(0.3)):
        got = ce.value_and_grad(x, labels, label_smoothing=number)
        wanted = ce.value_and_grad(x, labels, label_smoothing=float(number))
        assert got[0] == wanted[0]
        assert_same_bits(got[1], wanted[1])


@pytest.mark.parametrize("loss", [ce, nll], ids=lambda f: f.name)
def test_nothing_counts(loss, dtype):
    """The convention: 0 with gradient 0. torch gives NaN, Chainer 0."""
    x, _ = batch(dtype)
    x = fa.log_softmax(x)
    for options in ({"ignore_index": 3}, {"weight": np.where(np.arange(10) == 3, 0, 1)}):
        value, gradient = loss.value_and_grad(x, np.full(7, 3), **options)
        assert_same_bits(value, np.zeros((), dtype)[()])
        assert_same_bits(gradient, np.zeros_like(x))


@pytest.mark.parametrize("classes", [4, 100])
def test_special_rows(dtype, classes):
    inf, nan = np.inf, np.nan
    x = np.zeros((6, classes), dtype)
    x[0], x[1, 2], x[2, 1:3], x[3, 1], x[4, 0], x[5, 3] = -inf, inf, inf, nan, -inf, inf
    labels = np.array([0, 2, 1, 0, 0, 0])
    with np.errstate(all="raise"):
        loss, gradient = ce.value_and_grad(x, labels, reduction="none")
    assert loss[0] == inf
    assert (gradient[0] == 0).all()
    assert loss[1] == 0
    assert (gradient[1] == 0).all()
    assert np.isclose(loss[2], np.log(2), rtol=1e-3)
    assert gradient[2, :4].tolist() == [0, -0.5, 0.5, 0]
    assert np.isnan(loss[3])
    assert np.isnan(gradient[3]).all()
    assert loss[4] == inf
    assert gradient[4, 0] == -1
    assert loss[5] == inf
    assert gradient[5, :4].tolist() == [-1, 0, 0, 1]


# --- gradient and hessian -----------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0])
@pytest.mark.parametrize("classes", [1, 2, 10, 17, 64, 65, 2100])
def test_hessian(dtype, classes, scale):
    x, labels = batch(dtype, 18, classes, classes, scale)
    gradient, hessian = ce.gradient_and_hessian(x, labels)
    p, rest = probabilities(x)
    one = np.arange(classes) == labels[:, None]
    assert errors(gradient, np.where(one, -rest, p)).max() <= SLOPE[dtype]
    assert errors(hessian, p * rest).max() <= SLOPE[dtype]
    tiny = 2 * float(np.finfo(dtype).tiny)
    assert (hessian[p * rest > tiny] > 0).all()


def probabilities(x):
    """p and 1 - p, each with its relative accuracy."""
    e = np.exp(x.astype(WIDE) - x.max(-1, keepdims=True))
    top = np.arange(x.shape[-1]) == x.argmax(-1)[:, None]
    others = np.where(top, 0, e).sum(-1, keepdims=True)
    p = e / (1 + others)
    return p, np.where(top, others / (1 + others), 1 - p)


def test_hessian_against_finite_differences_of_the_gradient():
    x, labels = batch("float64", 5, 4)
    h, found = 2.0**-17, np.empty_like(x)
    for k in range(4):
        step = h * np.eye(4)[k]
        high, low = (ce.gradient_and_hessian(x + s * step, labels)[0] for s in (1, -1))
        found[:, k] = (high - low)[:, k] / (2 * h)
    assert np.allclose(ce.gradient_and_hessian(x, labels)[1], found, rtol=1e-6)


def test_hessian_with_options(dtype):
    x, labels = batch(dtype, 40, 5)
    plain = ce.gradient_and_hessian(x, labels)
    labels[::3] = -7
    w = np.array([1.0, 2, 4, 0.5, 8])
    found = ce.gradient_and_hessian(x, labels, weight=w, ignore_index=-7, hessian_scale=2.0)
    row = np.where(labels == -7, 0, w[labels % 5])[:, None]
    tiny = np.finfo(dtype).tiny
    for got, base, factor in zip(found, plain, (1, 2), strict=True):
        assert np.allclose(got, base * row * factor, rtol=4 * np.finfo(dtype).eps, atol=tiny)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_hessian_along_any_axis_and_in_place(dtype, axis):
    rng = np.random.default_rng(2)
    x = rng.normal(0, 3, (4, 5, 6)).astype(dtype)
    labels = rng.integers(0, x.shape[axis], np.delete(x.shape, axis))
    rows = np.ascontiguousarray(np.moveaxis(x, axis, -1))
    wanted = ce.gradient_and_hessian(rows, labels)
    out = x.copy(), np.empty_like(x)
    found = ce.gradient_and_hessian(out[0], labels, axis=axis, out=out)
    assert found[0] is out[0]
    for got, true in zip(found, wanted, strict=True):
        assert_same_bits(np.moveaxis(got, axis, -1), true)


def test_hessian_of_special_rows(dtype):
    x = np.zeros((5, 4), dtype)
    x[0], x[1, 2], x[2, 1:3], x[3, 1] = -np.inf, np.inf, np.inf, np.nan
    with np.errstate(all="raise"):
        gradient, hessian = ce.gradient_and_hessian(x, np.array([0, 2, 1, 0, 0]))
    assert (gradient[:2] == 0).all()
    assert (hessian[:2] == 0).all()
    assert gradient[2].tolist() == [0, -0.5, 0.5, 0]
    assert hessian[2].tolist() == [0, 0.25, 0.25, 0]
    assert np.isnan(gradient[3]).all()
    assert np.isnan(hessian[3]).all()
    assert hessian[4].tolist() == [0.1875] * 4


def test_newton_boosting_learns():
    """Gradient boosting of stumps by these objectives: the training loss falls at every step."""
    rng = np.random.default_rng(0)
    feature, labels = np.sort(rng.uniform(-3, 3, 300)), rng.integers(0, 3, 300)
    labels[feature > 0.5], labels[feature < -1] = 2, 0
    logits, losses = np.zeros((300, 3)), [ce(np.zeros((300, 3)), labels)]
    for cut in (150, 100, 200, 50, 250, 120):
        g, h = ce.gradient_and_hessian(logits, labels, hessian_scale=2.0)
        for leaf in (slice(cut), slice(cut, None)):
            logits[leaf] -= g[leaf].sum(0) / (h[leaf].sum(0) + 1)
        losses.append(ce(logits, labels))
    assert (np.diff(losses) < 0).all()


# --- memory and layouts -------------------------------------------------------------------------


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if "empty" not in name])
@pytest.mark.parametrize("axis", [0, -1])
def test_layouts(dtype, layout, axis):
    x = LAYOUTS[layout](np.random.default_rng(0).normal(0, 3, 300).astype(dtype))
    plain = np.array(x, x.dtype.newbyteorder("="), order="C")
    labels = np.random.default_rng(1).integers(0, x.shape[axis], np.delete(x.shape, axis))
    for got, wanted in zip(
        ce.value_and_grad(x, labels, axis), ce.value_and_grad(plain, labels, axis), strict=True
    ):
        assert_same_bits(got, wanted)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("n", [3, 17, 65, 100])
@pytest.mark.parametrize("value", [0.0, -np.inf, np.inf, np.nan, 6e4])
def test_nothing_is_written_beyond_a_row(dtype, value, n, smoothing):
    buffer = np.full(n + 64, 7, dtype)
    out = buffer[32 : 32 + n].reshape(1, n)
    ce.value_and_grad(np.full((1, n), value, dtype), [1], out=out, label_smoothing=smoothing)
    assert (np.delete(buffer, np.s_[32 : 32 + n]) == 7).all()


@pytest.mark.parametrize("n", [3, 17, 100, 4100])
def test_nothing_is_written_between_rows(dtype, n):
    x = np.random.default_rng(0).normal(0, 3, (40 if n < 1000 else 5, n)).astype(dtype)
    labels = np.arange(len(x)) % n
    wide = np.full((len(x) + 1, n + 40), 7, dtype)
    ce.value_and_grad(x, labels, out=wide[:-1, :n])
    assert_same_bits(wide[:-1, :n].copy(), ce.value_and_grad(x, labels)[1])
    assert (wide[:, n:] == 7).all()
    assert (wide[-1] == 7).all()


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("n", [3, 17, 64, 65, 100, 300, 2100, 4100])
@pytest.mark.parametrize("rows", [2, 5, 47, 150])
def test_a_row_does_not_depend_on_its_neighbours(dtype, n, rows, smoothing):
    """Some of them do not count, or have no mass, or are done in another way."""
    x = rows_of_all_kinds(dtype, rows, n)
    labels = np.random.default_rng(1).integers(-1, n, rows)
    options = {"ignore_index": -1, "label_smoothing": smoothing, "reduction": "none"}
    alone = [ce.value_and_grad(x[r : r + 1], labels[r : r + 1], **options) for r in range(rows)]
    loss, gradient = (np.concatenate(each) for each in zip(*alone, strict=True))
    for axis, given_x, back in (
        (1, x.copy(), np.asarray),
        (0, np.array(x.T, order="C"), np.transpose),
    ):
        for out in (np.empty_like(given_x), given_x):
            got, _ = ce.value_and_grad(given_x, labels, axis, out=out, **options)
            assert_same_bits(got, loss, f"loss, axis {axis}")
            assert_same_bits(back(out), gradient, f"axis {axis}")


@pytest.mark.parametrize(
    "options", [{}, {"label_smoothing": 0.1, "weight": np.arange(10)}], ids=len
)
@pytest.mark.parametrize("soft", [False, True])
def test_in_place_and_overlapping_out(dtype, soft, options):
    x, labels = batch(dtype, 30, 10)
    labels = fa.softmax(x[::-1]) if soft else labels
    loss, wanted = ce.value_and_grad(x, labels, **options)
    out = x.copy()
    found, gradient = ce.value_and_grad(out, labels, out=out, **options)
    assert gradient is out
    assert_same_bits(found, loss)
    assert_same_bits(out, wanted)
    for shift in (-3, 10, 14):
        buffer = np.zeros(400, dtype)
        near, out = (buffer[50 + s : 350 + s].reshape(30, 10) for s in (0, shift))
        near[...] = x
        ce.value_and_grad(near, labels, out=out, **options)
        assert_same_bits(out, wanted, shift)


def test_ignored_labels_that_are_no_int64():
    """A label of 2**64 - 1 is not -1, whose bits it has."""
    x, labels = np.eye(2, 3), np.array([1, 2**64 - 1], np.uint64)
    for index in (2**64 - 1, np.uint64(2**64 - 1)):
        assert_same_bits(ce(x, labels, ignore_index=index), ce(x[:1], labels[:1]))
    for index in (-1, np.int64(-1), -(2**63), 2**63):
        with pytest.raises(ValueError, match=rf"labels\[1\] is {2**64 - 1}"):
            ce(x, labels, ignore_index=index)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("kind", ["labels", "ignored, weighted, smoothed", "probabilities", "all"])
def test_memory(kind, axis):
    """Nothing of the size of the logits is made but the gradient."""
    x = np.random.default_rng(0).normal(size=(1500, 1000)).astype("f4")
    labels = np.random.default_rng(1).integers(0, x.shape[axis], x.shape[1 - axis])
    options = {"axis": axis}
    if kind in ("probabilities", "all"):
        labels = fa.softmax(x, axis=axis)
    if kind in ("ignored, weighted, smoothed", "all"):
        options |= {"weight": np.ones(x.shape[axis]), "label_smoothing": 0.1}
    if kind == "ignored, weighted, smoothed":
        options |= {"ignore_index": 5}
    out = np.empty_like(x)
    assert peak(lambda: ce.value_and_grad(x, labels, **options)) < 1.3 * x.nbytes
    assert peak(lambda: ce.value_and_grad(x, labels, out=out, **options)) < 0.3 * x.nbytes
    assert peak(lambda: ce.value_and_grad(out, labels, out=out, **options)) < 0.3 * x.nbytes
    assert peak(lambda: ce(x, labels, **options)) < 0.3 * x.nbytes


@pytest.mark.parametrize("loss", [ce, nll], ids=lambda f: f.name)
def test_threads_give_the_same_bits(loss):
    x, labels = batch("float32", 30000, 10)
    with fa.num_threads(1):
        wanted = loss.value_and_grad(x, labels, ignore_index=3)
    with fa.num_threads(3):
        found = loss.value_and_grad(x, labels, ignore_index=3)
    for got, true in zip(found, wanted, strict=True):
        assert_same_bits(got, true)


# --- nll ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize(
    ("weight", "ignore", "reduction"),
    list(itertools.product(WEIGHTS, [None, 1, -100], ["mean", "sum", "none"])),
)
def test_nll_is_cross_entropy_after_log_softmax(axis, weight, ignore, reduction):
    x, _ = batch("float64", 8, 6)
    labels = np.random.default_rng(3).integers(0, x.shape[axis], x.shape[1 - axis % 2])
    if ignore is not None:
        labels[2] = ignore
    options = {
        "axis": axis, "ignore_index": ignore, "reduction": reduction,
        "weight": weights(weight, x.shape[axis]),
    }  # fmt: skip
    y = fa.log_softmax(x, axis=axis)
    loss, gradient = nll.value_and_grad(y, labels, **options)
    wanted, slope = ce.value_and_grad(x, labels, **options)
    assert np.allclose(loss, wanted, rtol=1e-14)
    assert_same_bits(nll(y, labels, **options), loss)
    backward = fa.log_softmax.backward(gradient, y=y, axis=axis)
    assert np.allclose(backward, slope, rtol=1e-13, atol=1e-15)
    assert nll.value_and_grad(y, labels, out=y, **options)[1] is y
    assert_same_bits(y, gradient)


@pytest.mark.parametrize("weight", WEIGHTS)
def test_a_row_of_nll_is_rounded_once_at_most(weight, dtype):
    """And not at all without weights: its docstring says so."""
    x, labels = batch(dtype, 50, 6)
    w = weights(weight, 6)
    losses, gradient = nll.value_and_grad(x, labels, weight=w, reduction="none")
    rows, factor = np.arange(len(x)), 1.0 if w is None else np.float64(w)[labels]
    assert np.array_equal(losses, (-factor * x[rows, labels].astype(float)).astype(dtype))
    assert np.all(gradient[rows, labels] == np.broadcast_to(-factor, len(x)).astype(dtype))


# --- errors -------------------------------------------------------------------------------------

X, L = np.zeros((4, 3)), np.zeros(4, int)
BAD = [
    ((X, [0, 1, 3, 0]), {}, ValueError, r"labels\[2\] is 3, which is none of 3 classes"),
    ((X, [0, 1, 2, -1]), {}, ValueError, r"labels\[3\] is -1"),
    ((X, [0, -100, 7, 0]), {"ignore_index": -100}, ValueError, r"labels\[2\] is 7"),
    ((X, np.uint64([0, 2**63, 1, 1])), {}, ValueError, r"labels\[1\] is 9223372036854775808"),
    ((np.zeros((2, 3, 2)), [[0, 0], [0, 9]]), {"axis": 1}, ValueError, r"labels\[1, 1\] is 9"),
    ((X[0], 5), {}, ValueError, "the label is 5"),
    ((X, L[:3]), {}, ValueError, r"shape of the logits \(4, 3\) without axis 1, \(4,\), got \(3,"),
    ((X, np.zeros((4, 3), int)), {}, ValueError, "probabilities must be floats"),
    ((X, L.astype(bool)), {}, TypeError, "labels must be integers .*bool"),
    ((X, L.astype(complex)), {}, TypeError, "complex"),
    ((X, ["a"] * 4), {}, TypeError, "integers"),
    ((X.astype(complex), L), {}, TypeError, "must be float16.*complex"),
    ((X.astype("g"), L), {}, TypeError, "longdouble|float128|float96"),
    ((np.float64(1), 0), {}, np.exceptions.AxisError, "axis"),
    ((X, L), {"axis": 2}, np.exceptions.AxisError, "axis 2"),
    ((X, L), {"axis": 0.5}, TypeError, "axis must be an integer"),
    ((X, L), {"reduction": "average"}, ValueError, "reduction must be one of .*'average'"),
    ((X[:0], L[:0]), {}, ValueError, "empty batch"),
    ((X, L), {"weight": [1.0, 2.0]}, ValueError, r"shape \(3,\), got \(2,\)"),
    ((X, L), {"weight": [1.0, np.nan, 1.0]}, ValueError, "finite, got nan for class 1"),
    ((X, L), {"weight": [1.0, 1.0, np.inf]}, ValueError, "finite, got inf for class 2"),
    ((X, L), {"weight": ["a", "b", "c"]}, TypeError, "weight must be float16.*U1"),
]
SMOOTHED = [
    ((X, L.astype(float)), {}, TypeError, "class indices must be integers, got float64"),
    ((X, np.zeros((4, 2))), {}, ValueError, r"shape of the logits, \(4, 3\), got \(4, 2\)"),
    ((X, L), {"label_smoothing": 1.5}, ValueError, "from 0 to 1, got 1.5"),
    ((X, L), {"label_smoothing": np.nan}, ValueError, "from 0 to 1, got nan"),
    ((X, X), {"ignore_index": 1}, ValueError, "ignore_index needs"),
]
OUTS = [
    ((X, L), {"out": np.empty((4, 4))}, ValueError, "out must be of shape"),
    ((X, L), {"out": np.empty((4, 3), "f4")}, ValueError, "out must be .*float64, got float32"),
    ((X, L), {"out": [[0.0] * 3] * 4}, TypeError, "out must be an ndarray"),
    ((X, L), {"out": np.broadcast_to(0.0, (4, 3))}, ValueError, "read-only"),
]
CASES = [(ce, *case) for case in BAD + SMOOTHED] + [(nll, *case) for case in BAD]


@pytest.mark.parametrize(("loss", "args", "options", "error", "text"), CASES)
def test_bad_input(loss, args, options, error, text):
    with pytest.raises(error, match=rf"(?s){loss.name}\(\).*{text}|{text}"):
        loss(*args, **options)
    with pytest.raises(error, match=text):
        loss.value_and_grad(*args, **options)


@pytest.mark.parametrize("loss", [ce, nll], ids=lambda f: f.name)
@pytest.mark.parametrize(("args", "options", "error", "text"), OUTS)
def test_bad_out(loss, args, options, error, text):
    with pytest.raises(error, match=text):
        loss.value_and_grad(*args, **options)


def test_nothing_is_written_when_input_is_bad():
    out = np.full((4, 3), 7.0)
    with pytest.raises(ValueError, match="none of 3 classes"):
        ce.value_and_grad(X, [0, 1, 3, 0], out=out)
    assert (out == 7).all()


def test_empty_batches():
    for reduction, shape in (("sum", ()), ("none", (0,))):
        loss, gradient = ce.value_and_grad(X[:0], L[:0], reduction=reduction)
        assert np.shape(loss) == shape
        assert gradient.shape == (0, 3)
        assert np.sum(loss) == 0


@pytest.mark.parametrize("loss", [ce, nll], ids=lambda f: f.name)
def test_pickle_and_repr(loss):
    assert pickle.loads(pickle.dumps(loss)) is loss
    assert loss.name in repr(loss)
