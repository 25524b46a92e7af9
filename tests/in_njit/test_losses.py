"""Losses and gated pairs inside compiled code have the bits, arguments and errors of outside."""

from __future__ import annotations

import numpy as np
import pytest

import fastact as fa
from fastact.catalogue import of_kind
from fastact.losses.shared import SLAB
from tests.in_njit.support import (
    allocations,
    assert_inside_as_outside,
    assert_same,
    python_calls,
)
from tests.support.strategies import DTYPES

numba = pytest.importorskip("numba", reason="Numba does not support this Python yet")
pytestmark = pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaWarning")

RNG = np.random.default_rng(16)
ELEMENTWISE = of_kind("loss")
REDUCED = {"mean", "sum", "none"}
by_loss = pytest.mark.parametrize("f", ELEMENTWISE, ids=lambda f: f.name)


def data(dtype, shape=(6, 5)):
    return RNG.normal(size=shape).astype(dtype), RNG.random(shape).astype(dtype)


@by_loss
def test_loss_and_gradient(f):
    """In one pass, of a batch and of more than a slab, whose sums are rounded in their order."""

    def every(x, t):
        return (f(x, t), f.value_and_grad(x, t))

    dtype = DTYPES[ELEMENTWISE.index(f) % 3]
    assert_inside_as_outside(numba, every, *data(dtype))
    x, t = data(dtype, (7, 3, SLAB // 15))
    assert x.size > SLAB
    assert_inside_as_outside(numba, every, x, t)
    assert_inside_as_outside(numba, every, x.transpose(2, 0, 1), t.transpose(2, 0, 1))


@by_loss
def test_targets_of_another_dtype(f):
    """Such as classes 0 and 1, in C and Fortran order; of a batch and of more than a slab."""

    def every(x, t, fortran):
        return (f(x, t), f.value_and_grad(x, fortran))

    inside, dtype = numba.njit(every), ("i8", "f8", "i1")[ELEMENTWISE.index(f) % 3]
    for shape in (6, 5), (2 * SLAB // 5, 5):
        x, t = data("float32", shape)
        given = x, t > 0.5, np.asfortranarray(2 * t).astype(dtype)
        assert_same(inside(*given), every(*given))


def test_reductions_and_weights():
    def every(x, t):
        return (
            fa.sigmoid_cross_entropy(x, t, reduction="none"),
            fa.sigmoid_cross_entropy.value_and_grad(x, t, reduction="sum"),
            fa.sigmoid_cross_entropy(x, t, weight=t, pos_weight=2.0),
            fa.sigmoid_cross_entropy(x, 1.0), fa.sigmoid_cross_entropy(x, t[0]),
            fa.sigmoid_cross_entropy.gradient_and_hessian(x, t),
            fa.focal.value_and_grad(x, t, gamma=1.5, alpha=0.25, reduction="none"),
            fa.kl_divergence(x, t, reduction="batchmean"), fa.kl_divergence(x, t, log_target=True),
            fa.squared_error(x, t, activation=fa.tanh),
        )  # fmt: skip

    for dtype in ("float32", "float64"):
        assert_inside_as_outside(numba, every, *data(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_cross_entropy(dtype):
    """Class indices on any axis, of any integer type and layout; probabilities; rare options."""

    def every(x, labels, columns):
        f = fa.softmax_cross_entropy
        return (
            f(x, labels), f.value_and_grad(x, labels), f(x, labels, reduction="none"),
            f.value_and_grad(x, columns[::2], axis=0, reduction="sum"),
            f(x[0], 2), f.value_and_grad(x, labels, label_smoothing=0.1, ignore_index=1),
        )  # fmt: skip

    x = RNG.normal(size=(40, 7)).astype(dtype)
    labels, columns = RNG.integers(0, 7, 40), RNG.integers(0, 40, 14).astype("u2")
    assert_inside_as_outside(numba, every, x, labels, columns)


def test_probabilities_and_other_losses_of_rows():
    def every(x, labels, q):
        f = fa.softmax_cross_entropy
        return (
            f(x, q), f.value_and_grad(x, q, reduction="none"), f.gradient_and_hessian(x, labels),
            fa.nll(x, labels), fa.nll.value_and_grad(x, labels), f(x, labels, weight=q[0]),
        )  # fmt: skip

    x, q = data("float64", (9, 4))
    assert_inside_as_outside(numba, every, x, RNG.integers(0, 4, 9), q)


def test_out():
    """The gradient goes into an array, which may be the logits."""

    @numba.njit
    def into(x, labels, out):
        return fa.softmax_cross_entropy.value_and_grad(x, labels, out=out)

    x, labels = RNG.normal(size=(5, 4)), RNG.integers(0, 4, 5)
    wanted = fa.softmax_cross_entropy.value_and_grad(x, labels)
    out = np.empty((4, 5)).T
    assert_same(into(x, labels, out), wanted)
    assert_same(out, wanted[1])
    same = x.copy()
    assert_same(into(same, labels, same), wanted)
    assert_same(same, wanted[1])


def test_wrong_values_raise_as_outside():
    @numba.njit
    def entropy(x, labels):
        return fa.softmax_cross_entropy(x, labels)

    x = np.zeros((3, 4))
    for labels in (np.array([0, 4, 1]), np.array([0, -1, 1]), np.zeros(2, int)):
        with pytest.raises(ValueError, match="softmax_cross_entropy") as outside:
            fa.softmax_cross_entropy(x, labels)
        with pytest.raises(ValueError, match="softmax_cross_entropy") as inside:
            entropy(x, labels)
        assert str(inside.value) == str(outside.value)
    with pytest.raises(ValueError, match="empty batch"):
        entropy(np.zeros((0, 4)), np.zeros(0, int))
    with pytest.raises(ValueError, match="gamma must be finite"):
        numba.njit(lambda x, g: fa.focal(x, x, gamma=g))(x, -1.0)
    with pytest.raises(ValueError, match="reduction must be one of"):
        numba.njit(lambda x: fa.focal(x, x, reduction="avg"))(x)


@pytest.mark.parametrize("weight", [None, np.zeros(0)], ids=["plain", "weights"])
@pytest.mark.parametrize("f", of_kind("loss of labels"), ids=lambda f: f.name)
def test_rows_without_classes_are_the_error_of_outside(f, weight):
    def loss(x, labels):
        return f.value_and_grad(x, labels, weight=weight)

    said = []
    for call in (loss, numba.njit(loss)):
        with pytest.raises(ValueError, match=r"none of 0 classes$") as error:
            call(np.empty((3, 0)), np.zeros(3, int))
        said.append(str(error.value))
    assert said[0] == said[1]


def test_no_array_of_probabilities():
    """Beside the gradient, the losses of rows are all the memory that is asked for."""
    x, labels = np.ones((50, 10)), np.zeros(50, int)
    handed = allocations(lambda x, labels: None, x, labels)
    f = fa.softmax_cross_entropy
    assert allocations(lambda x, labels: f(x, labels), x, labels) == handed + 1
    assert allocations(lambda x, labels: f.value_and_grad(x, labels), x, labels) == handed + 2


@pytest.mark.parametrize("dtype", DTYPES)
def test_likelihoods_along_any_axis(dtype):
    def every(x, labels, others, weight):
        into = np.empty_like(x)
        return (
            fa.nll(x, labels, axis=0), fa.nll.value_and_grad(x, labels, axis=-3, out=into),
            fa.nll.value_and_grad(x, others, axis=1, weight=weight),
            fa.nll.value_and_grad(x, others, axis=-2, ignore_index=1, reduction="none"),
        )  # fmt: skip

    x, labels, others = RNG.normal(size=(4, 5, 6)), RNG.integers(0, 4, (5, 6)), np.eye(4, 6)
    given = x.astype(dtype), labels, others.astype(np.int64), RNG.random(5)
    inside = numba.njit(every)
    assert_same(inside(*given), every(*given))
    assert python_calls(inside, *given) == 0


# ---------------------------------------------------------------- gated pairs
PAIRS = [fa.glu, fa.reglu, fa.geglu, fa.swiglu]


@pytest.mark.parametrize("f", PAIRS, ids=lambda f: f.name)
def test_gated_pairs(f):
    def every(x, dy, bias):
        return (
            f(x), f(x, axis=0, gate_first=True), f.backward(dy, x=x), f(x, bias=bias),
            f.backward(dy, x=x, bias=bias), f.split(dy, dy[0]),
            f.split.backward(dy, gate=dy, value=dy), f.split(dy, 1.5, gate_bias=0.5),
            f.split.backward(dy, gate=dy, value=dy, value_bias=0.0),
        )  # fmt: skip

    dtype = DTYPES[PAIRS.index(f) % 3]
    x = RNG.normal(size=(4, 3, 12)).astype(dtype)[..., ::2]
    given = x, RNG.normal(size=(4, 3, 3)).astype(dtype), np.ones(6, dtype)
    inside = numba.njit(every)
    assert_same(inside(*given), every(*given))
    assert python_calls(inside, *given) == 0


@pytest.mark.parametrize("f", PAIRS, ids=lambda f: f.name)
def test_gradients_of_biases(f):
    """Along any axis, known or not; of what is repeated, numbers among it; into the input."""

    def every(x, dy, bias, k, first, mine):
        half, back = x[..., :3], f.split.backward
        return (
            f(x, axis=k, gate_first=first), f(x, axis=k, gate_first=first, bias=bias[:4]),
            f.backward(dy, x=x, bias=bias), f.backward(dy[0, 0], x=x[0, 0], bias=bias),
            f.backward(dy[:1], x=x, bias=bias, gate_first=True),
            f.backward(x[:2], x=x, axis=k, gate_first=first, bias=bias[:4]),
            f.backward(2.0, x=x, axis=0, bias=bias[:4]),
            f.backward(dy, x=mine, bias=bias, out=mine),
            back(dy, gate=half, value=dy, gate_bias=bias[:3]),
            back(dy, gate=half, value=dy[0], value_bias=0.5),
            back(dy, gate=half[:, :1], value=1.5, gate_bias=bias[:3], value_bias=dy[0]),
            back(1.0, gate=half, value=dy), back(dy[0], gate=half[0], value=dy[0, 0]),
        )  # fmt: skip

    dtype = DTYPES[PAIRS.index(f) % 3]
    x, dy = (RNG.normal(size=(4, 3, n)).astype(dtype) for n in (6, 3))
    given, inside = (x, dy, RNG.normal(size=6).astype(dtype)), numba.njit(every)
    for k, first in ((0, True), (-3, False)):
        assert_same(inside(*given, k, first, x.copy()), every(*given, k, first, x.copy()))
        assert python_calls(inside, *given, k, first, x.copy()) == 0
    with pytest.raises(np.exceptions.AxisError):
        inside(*given, 3, True, x.copy())


@pytest.mark.parametrize("f", PAIRS, ids=lambda f: f.name)
def test_biases_of_gated_pairs_and_out(f):
    """Along any axis; of small integers, which do not widen; of numbers; of gate or value alone."""

    def every(x, bias, integers, scale, out, dx):
        gate, value = x[..., :3], x[..., 3:]
        return (
            f(x, bias=bias), f(x[:, 0], axis=0, gate_first=True, bias=bias[:4]),
            f(x, axis=-3, bias=integers), f(x, bias=bias, out=out),
            f.split(gate, value, gate_bias=bias[3:], value_bias=bias[:3]),
            f.split(gate, value, value_bias=scale), f.split(gate, 1.5, gate_bias=value[0]),
            f.split(gate, value, out=out), f.backward(gate, x=x, out=dx),
        )  # fmt: skip

    x = RNG.normal(size=(4, 3, 12)).astype(DTYPES[PAIRS.index(f) % 3])[..., ::2]
    bias, integers = RNG.normal(size=6).astype(x.dtype), np.arange(4, dtype="i1")
    given = x, bias, integers, 0.25
    inside, into = numba.njit(every), lambda: (np.empty((4, 3, 3), x.dtype), np.empty_like(x))
    assert_same(inside(*given, *into()), every(*given, *into()))
    assert python_calls(inside, *given, *into()) == 0
    with pytest.raises(ValueError, match=r"bias needs shape \(6,\)"):
        numba.njit(lambda x, bias: f(x, bias=bias))(x, bias[1:])


@pytest.mark.parametrize("f", PAIRS, ids=lambda f: f.name)
def test_split_of_numbers_is_inlined(f):
    """Of one dtype or several, with biases, in the loops of users."""

    def every(x, y, dy):
        return (
            f.split(x, y), f.split(x, 2), f.split(1.5, True), f.split(x, y, gate_bias=dy),
            f.split.backward(dy, gate=x, value=y), f.split.backward(1.0, gate=x, value=3),
            f.split.backward(dy, gate=x, value=y, value_bias=x),
        )  # fmt: skip

    def filled(x, y):
        out = np.empty_like(x)
        for i in range(x.size):
            out[i] = f.split(x[i], y[i])
        return out

    inside = numba.njit(every)
    for dtype in (np.float16, np.float32, np.float64):
        x, y = RNG.normal(size=(2, 77)).astype(dtype)
        assert_same(numba.njit(filled)(x, y), f.split(x, y))
    given = 0.75, -2.5, 1.25
    assert_same(inside(*given), every(*given))
    assert python_calls(inside, *given) == 0
    with pytest.raises(numba.TypingError, match=r"split\(\): gate must be an array with an axis"):
        numba.njit(lambda x, out: f.split(x, 1.0, out=out))(1.0, np.empty(3))


@pytest.mark.parametrize("f", of_kind("loss"), ids=lambda f: f.name)
def test_losses_of_numbers(f):
    """They are numbers, and their gradients are arrays without axes, as outside."""

    def every(x, t):
        return f(x, t), f.value_and_grad(x, t)

    inside = numba.njit(every)
    for given in ((0.25, 0.75), (1, 0.5), (np.array(0.25), 0.75), (np.array(0.5, "f4"), 1.0)):
        assert_same(inside(*given), every(*given))
        assert python_calls(inside, *given) == 0


def test_gated_pairs_of_rows_of_any_length():
    """Short rows share a buffer, long ones the threads."""

    @numba.njit
    def both(x, dy):
        return fa.swiglu(x), fa.swiglu.backward(dy, x=x)

    for shape in (900, 2), (401, 34), (3, 50, 256), (70, 258), (2, 2**17 + 2), (5, 0), (0, 6):
        x = RNG.normal(size=shape).astype("f4")
        dy = fa.swiglu(x[..., ::-1])
        assert_same(both(x, dy), (fa.swiglu(x), fa.swiglu.backward(dy, x=x)))


def test_gated_pairs_into_arrays_and_wrong_values():
    @numba.njit
    def into(x, out):
        return fa.swiglu(x, out=out)

    x = RNG.normal(size=(5, 8))
    out = np.empty((5, 4))
    assert_same(into(x, out), fa.swiglu(x))
    assert_same(out, fa.swiglu(x))
    same = x.copy()
    assert_same(into(same, same[:, :4]), fa.swiglu(x))
    with pytest.raises(ValueError, match="even length"):
        numba.njit(lambda x: fa.swiglu(x))(np.ones((2, 3)))


def test_ignored_labels_that_are_no_int64():
    """A label of 2**64 - 1 is not -1, whose bits it has."""
    ce = fa.softmax_cross_entropy
    inside = numba.njit(lambda x, labels, index: ce(x, labels, ignore_index=index))
    x, labels = np.eye(2, 3), np.array([1, 2**64 - 1], np.uint64)
    for index in (-1, 5):
        with pytest.raises(ValueError, match=rf"labels\[1\] is {2**64 - 1}"):
            inside(x, labels, index)
    labels[1] = 2
    assert inside(x, labels, 2) == ce(x[:1], labels[:1])
