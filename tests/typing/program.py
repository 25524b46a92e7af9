"""A program of a user: mypy --strict and pyright know what each call returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Literal, TypeAlias, assert_type

import numpy as np
from numpy.typing import NDArray

import fastact as fa

Half: TypeAlias = NDArray[np.float16]
Single: TypeAlias = NDArray[np.float32]
Double: TypeAlias = NDArray[np.float64]
Bits: TypeAlias = NDArray[np.uint8]

half: Half = np.full(3, 0.5, np.float16)
single: Single = np.full(3, 0.5, np.float32)
double: Double = np.linspace(0.25, 0.75, 3)
rows: Single = np.full((3, 4), 0.5, np.float32)
bias: Single = np.zeros(4, np.float32)
whole, flags, labels = np.arange(3), np.zeros(3, np.bool), np.zeros(3, np.int64)
one, generator = np.float32(1.0), np.random.default_rng(0)
two, factor = np.float64(2.0), float(len(whole))  # np.float64 is a float too


# ---------------------------------------------------------------- names
assert_type(fa.__version__, str)
assert_type(fa.expit.name, str)
assert_type(fa.log_expit.name, str)
assert_type(fa.hard_swish.name, str)
assert_type(fa.activations, Mapping[str, fa.Activation])
assert_type(fa.activations["swish"](single), Single)
dask: ModuleType = fa.dask
all_of_them: list[fa.Activation] = [fa.relu, fa.swish, fa.prelu, fa.threshold, fa.rrelu, fa.logit]
one_of_them: fa.Activation = fa.gelu
one_of_them = fa.tanh


# ---------------------------------------------------------------- calls
assert_type(fa.sigmoid(half), Half)
assert_type(fa.sigmoid(single), Single)
assert_type(fa.sigmoid(double), Double)
assert_type(fa.sigmoid(whole), Double)
assert_type(fa.sigmoid(flags), Double)
assert_type(fa.sigmoid([0.5, 1.0]), Double)
assert_type(fa.sigmoid([[1, 2], [3, 4]]), Double)
assert_type(fa.sigmoid(0.5), np.float64)
assert_type(fa.sigmoid(1), np.float64)
assert_type(fa.sigmoid(np.float64(0.5)), np.float64)
assert_type(fa.sigmoid(one), np.float32)
assert_type(fa.sigmoid(double, out=single), Single)
assert_type(fa.sigmoid(single, out=(double,)), Double)
assert_type(fa.sigmoid(single, out=single, where=flags, casting="unsafe"), Single)
assert_type(fa.sigmoid(whole, dtype=np.float32), Single)
assert_type(fa.sigmoid(1, dtype=np.float32), np.float32)
assert_type(fa.sigmoid(whole, dtype="float32"), Single)
assert_type(fa.sigmoid(single, dtype=float), Double)
assert_type(fa.sigmoid(1, dtype="half"), np.float16)
assert_type(fa.expit.derivative(single), Single)
partial_result: Single = partial(fa.relu)(single)  # of overloads mypy makes Any
partial_result = partial(fa.swish, beta=2.0)(single)
partial_result = partial(fa.swish.derivative, beta=2.0)(single)
partial_result = partial(fa.softplus.backward, beta=2.0)(single, x=single)
partial_result = partial(fa.identity * fa.tanh)(single)
partial_result = partial(fa.activations["elu"], alpha=2.0)(single)


# ---------------------------------------------------------------- members
assert_type(fa.gelu.derivative(double), Double)
assert_type(fa.gelu.second_derivative(0.5), np.float64)
assert_type(fa.gelu.second_derivative(single), Single)
assert_type(fa.gelu.value_and_derivative(single), tuple[Single, Single])
assert_type(fa.gelu.value_and_derivative(0.5), tuple[np.float64, np.float64])
assert_type(fa.gelu.value_and_derivative(double, out=(double, single)), tuple[Double, Single])
assert_type(fa.gelu.value_and_derivative(whole, dtype="f4"), tuple[Single, Single])
assert_type(fa.swish.value_and_derivative(whole, 2.0, dtype=np.float16), tuple[Half, Half])
assert_type(fa.tanh.backward(single, x=single), Single)
assert_type(fa.tanh.backward(single, y=single), Single)
assert_type(fa.tanh.backward(1.0, x=half), Half)
assert_type(fa.tanh.backward(whole, x=whole), Double)
assert_type(fa.tanh.backward(1.0, x=0.5), np.float64)
assert_type(fa.tanh.backward(one, y=one), np.float32)
assert_type(fa.tanh.backward(single, x=single, out=single), Single)
assert_type(fa.relu.forward_with_mask(single), tuple[Single, Bits])
assert_type(fa.relu.backward(single, mask=fa.relu.forward_with_mask(single)[1]), Single)
assert_type(fa.gelu.backward(single, x=single), Single)
assert_type(fa.gelu.backward(1.0, x=half, out=None), Half)
assert_type(fa.gelu.backward(1.0, x=0.5), np.float64)
assert_type(fa.shrink.backward(single, x=single, lambd=1.0, bias=0.5), Single)
assert_type(fa.threshold.forward_with_mask(single, 0.5, 1.0), tuple[Single, Bits])


def backward(f: fa.Activation, dy: Single, x: Single) -> Single:
    return f.backward(dy, y=f(x)) if f.from_output else f.backward(dy, x=x)


assert_type(backward(fa.gelu, single, single), Single)
assert_type(backward(fa.tanh, single, single), Single)
assert_type((fa.identity * fa.tanh).backward(single, y=None, x=single), Single)
assert_type(fa.sigmoid.name, str)
assert_type(fa.sigmoid.formula, str)
assert_type(fa.sigmoid.from_output, bool)
assert_type(fa.sigmoid.ufunc, np.ufunc)
assert_type(fa.sigmoid.derivative.ufunc, np.ufunc)
assert_type(fa.sigmoid.declaration.monotone, int)
assert_type([kink.derivative for kink in fa.relu.kinks], list[float | str])
assert_type([p.name for p in fa.swish.params], list[str])


# ---------------------------------------------------------------- parameters
assert_type(fa.swish(single), Single)
assert_type(fa.swish(single, 2.0), Single)
assert_type(fa.swish(single, beta=2.0), Single)
assert_type(fa.swish(single, beta=single), Single)
assert_type(fa.swish(0.5, beta=2.0), np.float64)
assert_type(fa.swish(single, beta=2), Single)
assert_type(fa.swish(single, beta=factor), Single)
assert_type(fa.swish(single, beta=factor / 3), Single)
assert_type(fa.swish(whole, beta=2.0), Double)
assert_type(fa.swish.derivative(double, beta=[1.0, 2.0, 3.0]), Double)
assert_type(fa.swish.derivative(single, beta=[1.0, 2.0, 3.0]), NDArray[np.floating])
assert_type(fa.prelu(single, single), Single)
assert_type(fa.prelu(single, weight=0.25, out=double), Double)
assert_type(fa.threshold(double, 0.5, value=2.0), Double)
assert_type(fa.logit(double, eps=None), Double)
assert_type(fa.softplus.backward(single, x=single, beta=2.0), Single)
gradients = fa.prelu.backward_params(single, x=single, weight=single)
assert_type(gradients, dict[str, Single | np.float32])
fixed: fa.Activation = fa.swish.with_params(beta=2.0)
assert_type(fa.swish.with_params(beta=2.0)(single), Single)
assert_type(fa.rrelu(single, rng=generator), Single)
assert_type(fa.rrelu(single, rng=generator, return_slopes=True), tuple[Single, Single])
assert_type(fa.rrelu.backward(single, slopes=single), Single)


# ---------------------------------------------------------------- numbers that are float64
assert_type(fa.swish(single, two), Double)
assert_type(fa.swish(half, beta=two), Double)
assert_type(fa.swish(double, beta=one), Double)
assert_type(fa.swish(single, beta=double), Double)
assert_type(fa.swish(single, beta=one), Single)
assert_type(fa.swish(one, two), np.float64)
assert_type(fa.swish(two, one), np.float64)
assert_type(fa.swish(0.5, one), np.floating)
assert_type(fa.swish(single, two, out=single.copy()), Single)
assert_type(fa.swish(single, two, dtype=np.float32), Single)
assert_type(fa.elu.derivative(single, two), Double)
assert_type(fa.elu.second_derivative(half, alpha=two), Double)
assert_type(fa.elu.value_and_derivative(single, two), tuple[Double, Double])
assert_type(fa.elu.backward(single, x=single, alpha=two), Double)
assert_type(fa.elu.backward(one, x=one, alpha=two), np.float64)
assert_type(fa.elu.backward(1.0, x=single, alpha=two), Double)
assert_type(fa.logit(single, eps=np.float64(0.25)), Double)
assert_type(fa.hard_tanh(single, np.float64(-1)), Double)
assert_type(fa.hard_tanh(single, -1.0, two), Double)
assert_type(fa.hard_tanh(single, -1.0, max_val=two), Double)
assert_type(fa.hard_tanh(single, max_val=two), Double)
assert_type(fa.hard_tanh(single, max_val=two, min_val=-1.0), Double)
assert_type(fa.hard_tanh(single, np.float64(-1), two), Double)
assert_type(fa.hard_tanh(single, -1, 1), Single)
assert_type(fa.hard_tanh.forward_with_mask(single, max_val=two), tuple[Double, Bits])
assert_type(
    fa.hard_tanh.forward_with_mask(single, 0, np.int64(1)), tuple[NDArray[np.floating], Bits]
)
assert_type(fa.threshold(single, 0.5, two), Double)
assert_type(fa.threshold(single, threshold=two, value=0.5), Double)
shares = fa.swish.backward_params(single, x=single, beta=two)
assert_type(shares, dict[str, Double | np.float64])
assert_type(fa.swish.backward_params(two, x=single, beta=1.0), dict[str, Double | np.float64])
assert_type(fa.tanh.backward(two, x=single), Double)
assert_type(fa.tanh.backward(two, y=half), Double)
assert_type(fa.tanh.backward(single, x=double), Double)
assert_type(fa.tanh.backward(double, y=single), Double)
assert_type(fa.tanh.backward(single, x=two), Double)
assert_type(fa.tanh.backward(two, x=one), np.float64)
assert_type(fa.tanh.backward(1.0, x=one), np.float32)
assert_type(fa.tanh.backward(one, x=0.5), np.float32)
assert_type(fa.tanh.backward(one, x=single), Single)
assert_type(fa.rrelu.backward(single, slopes=double), Double)
assert_type(fa.softmax.backward(two, y=rows), Double)
assert_type(fa.softmax.backward(double, x=single), Double)
assert_type(fa.softmax.backward(single, y=double), Double)
assert_type(fa.softmax.backward(1.0, y=rows), Single)
assert_type(fa.softmax.backward(rows, y=0.5), NDArray[np.floating])
assert_type(fa.log_softmax.jvp(two, y=rows), Double)
assert_type(fa.softmax.sequences.backward(single, y=double, offsets=[0, 3]), Double)
assert_type(fa.logsumexp(rows, axis=0, b=double[:1], keepdims=True), Double)
assert_type(fa.logsumexp(rows, axis=None, b=two), np.float64)
assert_type(fa.logsumexp(rows, axis=0, b=two), Double | np.float64)
assert_type(fa.logsumexp(single, axis=None, b=whole), np.float32)
assert_type(
    fa.logsumexp(single, axis=None, b=double, return_sign=True), tuple[np.float64, np.float64]
)
assert_type(fa.logsumexp.backward(single, x=rows, b=two), Double)
assert_type(fa.logsumexp.backward(two, x=rows), Double)
assert_type(fa.logsumexp.backward(1.0, x=rows), Single)
assert_type(fa.logsumexp.backward(labels, x=rows), NDArray[np.floating])
assert_type(fa.logsumexp.jvp(two, x=rows), Double | np.float64)
assert_type(fa.swiglu.split(single, two), Double)
assert_type(fa.swiglu.split(two, single), Double)
assert_type(fa.swiglu.split(one, two), np.float64)
assert_type(fa.swiglu.split(single, single, gate_bias=two), Double)
assert_type(fa.swiglu.split(single, single, gate_bias=1.0, value_bias=two), Double)
assert_type(fa.swiglu.split.backward(two, gate=single, value=single), tuple[Double, Double])
assert_type(fa.swiglu.split.backward(single, gate=single, value=double), tuple[Double, Double])
assert_type(fa.swiglu(rows, bias=np.zeros(4)), Double)
assert_type(fa.swiglu.backward(two, x=rows), Double)
assert_type(fa.swiglu.backward(1.0, x=rows, bias=np.zeros(4)), tuple[Double, Double])
wider: NDArray[np.floating] = fa.swish(half, one)
wider = fa.rrelu(single, two, two, rng=generator)
wider = fa.activations["swish"](single, beta=two)


# ---------------------------------------------------------------- one activation or another
assert_type(fa.activations["prelu"](single, weight=0.25), Single)
assert_type(fa.activations["threshold"].derivative(single, 0.5, value=1.0), Single)


class Layer:
    """A layer with any activation, and its parameters."""

    def __init__(self, act: fa.Activation, **params: float) -> None:
        self.act, self.params = act, params

    def __call__(self, z: Single) -> Single:
        return self.act(z, **self.params)

    def backward(self, dy: Single, z: Single) -> Single:
        first = self.act.backward(dy, x=z, **self.params)
        assert_type(first, Single)
        assert_type(self.act.backward(dy, x=z, out=first, **self.params), Single)
        assert_type(self.act.derivative(z, **self.params), Single)
        assert_type(self.act(z, out=double.copy(), **self.params), Double)
        both = self.act.value_and_derivative(z, **self.params)
        assert_type(both, tuple[Single, Single])
        assert_type(self.act(z, out=first, where=flags), Single)
        assert_type(self.act(z, *self.params.values(), dtype="f8"), Double)
        return self.act.with_params(**self.params).backward(dy, x=z)

    def gradients(self, dy: Single, z: Single) -> dict[str, Single | np.float32]:
        return self.act.backward_params(dy, x=z, **self.params)


assert_type(Layer(fa.softplus, beta=2.0)(single), Single)
assert_type(Layer(fa.swish, beta=2.0).backward(single, single), Single)
assert_type(Layer(fa.elu, alpha=0.5).gradients(single, single), dict[str, Single | np.float32])
with_any_parameter: Callable[..., Single] = fa.activations["swish"]


# ---------------------------------------------------------------- algebra, and one's own
composed: list[fa.Activation] = [
    fa.identity * fa.sigmoid,
    2 * fa.tanh(fa.softplus) - fa.relu / 3,
    -fa.erf,
    fa.activations["tanh"](fa.activations["softplus"]),
]
assert_type((fa.identity * fa.sigmoid)(single), Single)
assert_type((1.0 - fa.sigmoid).derivative(single), Single)
assert_type((1.0 - fa.sigmoid).backward(single, x=single), Single)


@fa.activation
def cube(x: float) -> float:
    return x * x * x


@fa.activation(derivative=lambda x, a=0.5: 1.0 + a * x, name="bent", kinks=[(0.0, 1.0)])
def bent(x: float, a: float = 0.5) -> float:
    return x + a * x * x / 2


assert_type(cube(single), Single)
assert_type(bent(single, a=0.25), Single)
assert_type(bent.derivative(0.5, a=0.25), np.float64)
assert_type(bent.backward(single, x=single, a=0.25), Single)
assert_type(bent.with_params(a=0.25)(single), Single)
own: fa.Activation = bent


def layer(x: Single, w: Single, activation: fa.Activation = fa.sigmoid) -> Single:
    return activation(x @ w)


assert_type(layer(rows, rows.T, fa.swish), Single)
function_of_numbers: Callable[[float], float] = fa.sigmoid
function_of_arrays: Callable[[Double], Double] = fa.swish.derivative


# ---------------------------------------------------------------- along an axis
assert_type(fa.softmax(rows), Single)
assert_type(fa.softmax(rows, 0), Single)
assert_type(fa.softmax(whole, axis=None), Double)
assert_type(fa.softmax([0.5, 1.0]), Double)
assert_type(fa.softmax(rows, out=rows), Single)
assert_type(fa.softmax(rows, where=rows > 0, temperature=2.0, empty="nan", inf="nan"), Single)
assert_type(fa.log_softmax(rows, lengths=labels, causal=False, softcap=30.0), Single)
assert_type(fa.softmin(half), Half)
assert_type(fa.sparsemax(rows), Single)
assert_type(fa.hardmax(rows), Single)
assert_type(fa.softmax_off_by_one(rows, axis=(0, 1)), Single)
assert_type(fa.softmax.backward(rows, y=rows), Single)
assert_type(fa.softmax.backward(rows, x=rows, axis=0, out=rows), Single)
assert_type(fa.log_softmax.jvp(double, x=double), Double)
assert_type(fa.softmax.jacobian(rows), Single)
assert_type(fa.softmax.sequences(double, offsets=[0, 1, 3]), Double)
assert_type(fa.softmax.sequences.backward(double, y=double, offsets=[0, 1, 3]), Double)
assert_type(fa.softmax.sequences(single, offsets=[0, 3], temperature=2.0, softcap=5.0), Single)
assert_type(fa.softmax.ufunc, np.ufunc)
assert_type(fa.softmax.backward.ufunc, np.ufunc)
assert_type(fa.softmax.jvp.name, str)
assert_type(fa.softmax.max_ulp, Mapping[str, Mapping[str, float]])
assert_type(fa.logsumexp.max_ulp, Mapping[str, Mapping[str, float]])
assert_type(fa.logsumexp(rows), Single | np.float32)
assert_type(fa.logsumexp(rows, axis=None), np.float32)
assert_type(fa.logsumexp(rows, axis=0, keepdims=True), Single)
assert_type(fa.logsumexp(double, b=[1.0, -1.0, 2.0], axis=None), np.float64)
signed = fa.logsumexp(double, axis=None, return_sign=True)
assert_type(signed, tuple[np.float64, np.float64])
assert_type(fa.logsumexp.backward(single, x=rows), Single)
assert_type(fa.logsumexp.jvp(rows, x=rows), Single | np.float32)
assert_type(fa.logmeanexp(rows, axis=None), np.float32)
assert_type(fa.gumbel_softmax(rows, rng=generator, temperature=0.5), Single)
assert_type(fa.gumbel_softmax([0.5, 1.0], axis=0, rng=generator, hard=True), Double)
drawn = fa.gumbel_softmax(rows, rng=generator, hard=True, return_shares=True)
assert_type(drawn, tuple[Single, Single])


# ---------------------------------------------------------------- losses
assert_type(fa.softmax_cross_entropy(rows, labels), np.float32)
assert_type(fa.softmax_cross_entropy(rows, labels, ignore_index=-1, reduction="sum"), np.float32)
assert_type(fa.softmax_cross_entropy(rows, labels, reduction="none"), Single)
assert_type(fa.softmax_cross_entropy([[0.5, 1.0]], [0]), np.float64)
both = fa.softmax_cross_entropy.value_and_grad(rows, labels, label_smoothing=0.1)
assert_type(both, tuple[np.float32, Single])
each = fa.softmax_cross_entropy.value_and_grad(rows, labels, reduction="none")
assert_type(each, tuple[Single, Single])
into = fa.softmax_cross_entropy.value_and_grad(rows, labels, out=rows.copy())
assert_type(into, tuple[np.float32, Single])
assert_type(fa.softmax_cross_entropy.gradient_and_hessian(rows, labels), tuple[Single, Single])
pair = (rows.copy(), rows.copy())
pair = fa.softmax_cross_entropy.gradient_and_hessian(rows, labels, out=pair)
whole_rows = fa.softmax_cross_entropy.value_and_grad([[0.5, 1.0]], [0], out=np.zeros((1, 2)))
assert_type(whole_rows, tuple[np.float64, Double])
assert_type(fa.nll(rows, labels), np.float32)
assert_type(fa.nll.value_and_grad(rows, labels, reduction="none"), tuple[Single, Single])
assert_type(fa.sigmoid_cross_entropy(double, flags, pos_weight=2.0), np.float64)
assert_type(fa.sigmoid_cross_entropy.value_and_grad(single, labels), tuple[np.float32, Single])
assert_type(fa.sigmoid_cross_entropy.gradient_and_hessian(single, labels), tuple[Single, Single])
assert_type(fa.focal(single, labels, gamma=2.0, alpha=0.25), np.float32)
assert_type(fa.focal.value_and_grad(single, labels), tuple[np.float32, Single])
assert_type(fa.kl_divergence(double, double, reduction="batchmean"), np.float64)
assert_type(fa.kl_divergence.value_and_grad(double, double), tuple[np.float64, Double])
assert_type(fa.squared_error(double, double, activation=fa.tanh), np.float64)
assert_type(fa.squared_error.value_and_grad(single, single), tuple[np.float32, Single])


def loss_by(reduction: Literal["mean", "sum", "none"]) -> np.float32 | Single:
    return fa.softmax_cross_entropy(rows, labels, reduction=reduction)


# ---------------------------------------------------------------- gated pairs
assert_type(fa.swiglu(rows), Single)
assert_type(fa.glu(rows, axis=1, gate_first=True, bias=bias, out=rows[:, :2].copy()), Single)
assert_type(fa.reglu.backward(1.0, x=rows), Single)
assert_type(fa.geglu.backward(1.0, x=rows, bias=bias), tuple[Single, Single])
assert_type(fa.swiglu.split(single, single), Single)
assert_type(fa.swiglu.split(single, single, gate_bias=1.0), Single)
assert_type(fa.swiglu.split.backward(single, gate=single, value=single), tuple[Single, Single])
assert_type(fa.swiglu.activation, fa.Activation)
assert_type(fa.swiglu.split.ufunc, np.ufunc)
assert_type(fa.swiglu.source, str)
assert_type(fa.swiglu.max_ulp, dict[str, float])


# ---------------------------------------------------------------- the rest
assert_type(fa.get_num_threads(), int)
assert_type(fa.set_num_threads(2), None)
with fa.num_threads(2):
    pass
report = fa.check(fa.relu, dtypes=["float64"], raises=False)
assert_type([failure.x for failure in report.failures], list[float])
diagnosis = fa.diagnose(double, fa.sigmoid)


def failed(error: fa.CheckError) -> str:
    return error.function


conventions = fa.conventions()
