"""Functions along an axis beside PyTorch's, JAX's and Thinc's: values and gradients, masks too."""

from __future__ import annotations

import os

import numpy as np
import pytest

import fastact as fa

os.environ.setdefault("JAX_PLATFORMS", "cpu")  # which JAX reads when it is imported

import jax
import jax.numpy as jnp
import torch
from thinc.backends.numpy_ops import NumpyOps

jax.config.update("jax_enable_x64", True)
EPS = {"float32": 2.0**-23, "float64": 2.0**-52}
SHAPES = [((3, 5), -1), ((3, 5), 0), ((40, 17), -1), ((2, 300), -1), ((6, 3, 7), 1), ((1, 1), -1)]
INF = np.inf

# Name: (ours, PyTorch's or None, JAX's), each a function of the array and the axis.
FUNCTIONS = {
    "softmax": (fa.softmax, torch.softmax, jax.nn.softmax),
    "log_softmax": (fa.log_softmax, torch.log_softmax, jax.nn.log_softmax),
    "logsumexp": (fa.logsumexp, torch.logsumexp, jax.scipy.special.logsumexp),
    "softmin": (fa.softmin, torch.nn.functional.softmin, lambda x, axis: jax.nn.softmax(-x, axis)),
    "softmax_off_by_one": (
        fa.softmax_off_by_one, None,
        lambda x, axis: jnp.exp(x) / (1 + jnp.exp(x).sum(axis=axis, keepdims=True)),
    ),
    "logmeanexp": (
        fa.logmeanexp, None,
        lambda x, axis: jax.scipy.special.logsumexp(x, axis) - jnp.log(x.shape[axis]),
    ),
    "sparsemax": (fa.sparsemax, None, lambda x, axis: sparsemax(x, axis)),  # noqa: PLW0108  # defined below
}  # fmt: skip
over_functions = pytest.mark.parametrize("name", FUNCTIONS)
over_shapes = pytest.mark.parametrize(("shape", "axis"), SHAPES, ids=str)
over_types = pytest.mark.parametrize("dtype", EPS)


def sparsemax(x, axis):
    """By sorting, as the paper has it; JAX differentiates it."""
    rows = jnp.moveaxis(x, axis, -1)
    ordered = -jnp.sort(-rows, axis=-1)
    counts = jnp.arange(1, rows.shape[-1] + 1)
    sums = jnp.cumsum(ordered, axis=-1) - 1
    size = jnp.sum(ordered * counts > sums, axis=-1, keepdims=True)
    tau = jnp.take_along_axis(sums, size - 1, axis=-1) / size.astype(x.dtype)
    return jnp.moveaxis(jnp.maximum(rows - tau, 0), -1, axis)


def drawn(shape, dtype, seed=0):
    return np.random.default_rng(seed).normal(0, 3, shape).astype(dtype)


def ours(f, x, dy, axis, **options):
    dx = f.backward(dy, x=x, axis=axis, **options)
    return f(x, axis=axis, **options), dx


def of_torch(function, x, dy, axis):
    t = torch.tensor(x, requires_grad=True)
    y = function(t, axis)
    y.backward(torch.tensor(dy))
    return y.detach().numpy(), t.grad.numpy()


def of_jax(function, x, dy, axis):
    y, pullback = jax.vjp(lambda v: function(v, axis=axis), jnp.asarray(x))
    return np.asarray(y), np.asarray(pullback(jnp.asarray(dy, y.dtype))[0])


def agree(got, wanted, dtype, size):
    for a, b in zip(got, wanted, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        assert np.allclose(a, b, rtol=64 * EPS[dtype], atol=16 * EPS[dtype] * size)


@over_functions
@over_shapes
@over_types
def test_values_and_gradients(name, shape, axis, dtype):
    f, in_torch, in_jax = FUNCTIONS[name]
    x = drawn(shape, dtype)
    dy = drawn(np.shape(f(x, axis=axis)), dtype, 1)
    got, size = ours(f, x, dy, axis), np.abs(dy).sum()
    if in_torch is not None:
        agree(got, of_torch(in_torch, x, dy, axis), dtype, size)
    agree(got, of_jax(in_jax, x, dy, axis), dtype, size)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@over_shapes
@over_types
def test_masks(name, shape, axis, dtype):
    """Rows with something present: of others JAX makes NaN of the gradient."""
    f, _, in_jax = FUNCTIONS[name]
    x, present = drawn(shape, dtype), np.random.default_rng(2).random(shape) < 0.7
    present |= np.arange(shape[axis]).reshape([-1 if k == axis % len(shape) else 1
                                               for k in range(len(shape))]) == 0  # fmt: skip
    dy = np.where(present, drawn(shape, dtype, 1), 0).astype(dtype)

    def masked(v, axis):
        y = in_jax(v, axis=axis, where=present)
        return jnp.where(present, y, -jnp.inf if name == "log_softmax" else 0)

    got = ours(f, x, dy, axis, where=present)
    agree(got, of_jax(masked, x, dy, axis), dtype, np.abs(dy).sum())
    if name == "softmax":
        scores = torch.tensor(np.where(present, x, -INF).astype(dtype))
        agree(got[:1], [torch.softmax(scores, axis).numpy()], dtype, 1)


@over_shapes
@over_types
def test_weights(shape, axis, dtype):
    x, b = drawn(shape, dtype), np.abs(drawn(shape, dtype, 3))
    got = fa.logsumexp(x, axis=axis, b=b, return_sign=True)
    wanted = jax.scipy.special.logsumexp(jnp.asarray(x), axis=axis, b=b, return_sign=True)
    agree(got, list(map(np.asarray, wanted)), dtype, 1)


@over_types
def test_jacobian_and_tangents(dtype):
    x, t = drawn((7,), dtype), drawn((7,), dtype, 1)
    for name, (f, _, in_jax) in FUNCTIONS.items():
        y, tangent = jax.jvp(
            lambda v, g=in_jax: g(v, axis=-1), (jnp.asarray(x),), (jnp.asarray(t),)
        )
        agree([f.jvp(t, x=x)], [np.asarray(tangent)], dtype, np.abs(t).sum())
        if hasattr(f, "jacobian"):
            wanted = np.asarray(jax.jacobian(lambda v, g=in_jax: g(v, axis=-1))(jnp.asarray(x)))
            agree([f.jacobian(x)], [wanted], dtype, 1)
        assert y.dtype == dtype, name


@over_types
def test_attention(dtype):
    """Causal scores and a cap, as attention has them, beside PyTorch's."""
    scores, values = drawn((2, 4, 6), dtype), drawn((2, 6, 3), dtype, 1)
    queries, keys = scores.shape[-2:]
    seen = np.tril(np.ones((queries, keys), bool), keys - queries)
    got = fa.softmax(scores, causal=True) @ values
    hidden = torch.tensor(scores).masked_fill(~torch.tensor(seen), -INF)
    wanted = (torch.softmax(hidden, -1) @ torch.tensor(values)).numpy()
    agree([got], [wanted], dtype, np.abs(values).sum())
    capped = 5 * torch.tanh(torch.tensor(scores) / 5)
    agree([fa.softmax(scores, softcap=5.0)], [torch.softmax(capped, -1).numpy()], dtype, 8)


def test_gumbel_softmax():
    """Other draws from the same distribution, hard and soft: moments of 20,000 differ by 0.005."""
    x = np.tile(np.log([0.1, 0.3, 0.6]), (20_000, 1))
    torch.manual_seed(0)
    for hard, tau in [(True, 0.5), (False, 0.5), (False, 2.0)]:
        got = fa.gumbel_softmax(x, rng=np.random.default_rng(0), temperature=tau, hard=hard)
        wanted = torch.nn.functional.gumbel_softmax(torch.tensor(x), tau=tau, hard=hard).numpy()
        for moment in (np.mean, np.std):
            assert np.allclose(moment(got, axis=0), moment(wanted, axis=0), atol=0.015)


def test_thinc():
    """The calls that the guide on replacing calls lists."""
    ops, (x, dy) = NumpyOps(), np.random.default_rng(0).normal(size=(2, 6, 4))
    lengths = np.array([1, 3, 2], np.int32)
    y = fa.softmax(x)
    assert np.allclose(y, ops.softmax(x), rtol=1e-12)
    assert np.allclose(fa.softmax.backward(dy, y=y), ops.backprop_softmax(y, dy), atol=1e-12)
    ragged = fa.softmax.sequences(x, offsets=[0, *np.cumsum(lengths)], axis=0)
    assert np.allclose(ragged, ops.softmax_sequences(x, lengths), rtol=1e-12)
    clipped = fa.hard_sigmoid(x, alpha=1, beta=0)
    assert np.allclose(clipped, ops.clipped_linear(x), rtol=1e-12)


def test_rows_without_mass():
    """What PyTorch and JAX make NaN is 0 here, backward too."""
    x, dy = np.full((2, 3), -INF), np.ones((2, 3))
    for f, function in ((fa.softmax, torch.softmax), (fa.log_softmax, torch.log_softmax)):
        assert np.isnan(of_torch(function, x, dy, -1)[1]).all()
        assert (f.backward(dy, x=x) == 0).all()
    assert (fa.logsumexp.backward(np.ones(2), x=x) == 0).all()
