"""A multilayer classifier of handwritten digits whose activations come from a `Backend`.

Everything else (matrix products, gradients of the weights, the optimizer) is the same NumPy code
for every backend, so that two runs differ in the activations alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from time import perf_counter
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import special
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

import fastact as fa

Array = NDArray[np.float64]

SIDE = 8  # an image is 8 × 8 pixels
LAYERS = {"silu": 512, "tanh": 512, "log_softmax": 10}  # activation and width of each layer
HELD_OUT = 360  # a fifth of the images
BATCH = 256
RATE = 0.3  # at the start; falls linearly to 0
MOMENTUM = 0.9
SHIFTS = (0.1, 0.8, 0.1)  # how often an image moves by -1, 0 or 1 pixel, along either axis


@dataclass(frozen=True)
class Function:
    """One activation: `forward(z, out=y)` and `backward(dy, z, y, out=dz)`."""

    forward: Callable[..., Array]
    backward: Callable[..., Array]


@dataclass(frozen=True)
class Backend:
    """Where the activations come from."""

    name: str
    functions: Mapping[str, Function]


def _ours(name: str, saved: str) -> Function:
    """Return a function of this package; its backward pass takes the `saved` x or y."""
    f = getattr(fa, name)

    def backward(dy: Array, z: Array, y: Array, out: Array) -> Array:
        f.backward(dy, **{saved: {"x": z, "y": y}[saved]}, out=out)
        return out

    return Function(f, backward)


FASTACT = Backend(
    "fastact",
    {
        "silu": _ours("silu", "x"),
        "tanh": _ours("tanh", "y"),
        "log_softmax": _ours("log_softmax", "y"),
    },
)


def _silu(z: Array, out: Array) -> Array:
    np.multiply(z, special.expit(z), out=out)
    return out


def _silu_backward(dy: Array, z: Array, _: Array, out: Array) -> Array:
    s = special.expit(z)
    np.multiply(dy, s * (1 + z * (1 - s)), out=out)
    return out


def _tanh_backward(dy: Array, _: Array, y: Array, out: Array) -> Array:
    np.multiply(dy, 1 - y * y, out=out)
    return out


def _log_softmax(z: Array, out: Array) -> Array:
    out[:] = special.log_softmax(z, axis=-1)
    return out


def _log_softmax_backward(dy: Array, _: Array, y: Array, out: Array) -> Array:
    np.subtract(dy, np.exp(y) * dy.sum(axis=-1, keepdims=True), out=out)
    return out


NUMPY = Backend(
    "NumPy/SciPy",
    {
        "silu": Function(_silu, _silu_backward),
        "tanh": Function(np.tanh, _tanh_backward),
        "log_softmax": Function(_log_softmax, _log_softmax_backward),
    },
)


@dataclass(frozen=True)
class Digits:
    """Images as rows of pixels from -1 (paper) to 1 (ink), and the digits that they show."""

    images: Array
    labels: NDArray[np.int64]
    held_out_images: Array
    held_out_labels: NDArray[np.int64]


def load(seed: int) -> Digits:
    """Return the digits that scikit-learn ships, `HELD_OUT` of them, drawn at random, apart."""
    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(pixels))
    images, labels = pixels[order] / 8 - 1, labels[order]
    return Digits(images[HELD_OUT:], labels[HELD_OUT:], images[:HELD_OUT], labels[:HELD_OUT])


class Timer:
    """Calls functions and adds up the seconds spent under each label."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def __call__(self, label: str, function: Callable[..., Array], *args: Any, out: Array) -> Array:
        """Return `function(*args, out=out)`."""
        start = perf_counter()
        result = function(*args, out=out)
        self.seconds[label] += perf_counter() - start
        return result


class Layer:
    """y = f(x W + b), with the buffers that every batch uses again."""

    def __init__(
        self,
        name: str,
        function: Function,
        shape: tuple[int, int],
        timer: Timer,
        rng: np.random.Generator,
    ) -> None:
        inputs, outputs = shape
        self.name, self.function, self.timer = name, function, timer
        self.weight = rng.standard_normal(shape) * np.sqrt(2 / (inputs + outputs))
        self.bias = np.zeros(outputs)
        self.parameters = (self.weight, self.bias)
        self.gradients = tuple(map(np.zeros_like, self.parameters))
        self.velocities = tuple(map(np.zeros_like, self.parameters))
        self.x, self.dx = np.empty((2, BATCH, inputs))
        self.z, self.y = np.empty((2, BATCH, outputs))

    def forward(self, x: Array) -> Array:
        """Return y, in a buffer that the next call overwrites."""
        self.x, n = x, len(x)
        z = np.matmul(x, self.weight, out=self.z[:n])
        z += self.bias
        return self.timer(f"{self.name} forward", self.function.forward, z, out=self.y[:n])

    def backward(self, dy: Array) -> Array:
        """Return the gradient of x and keep those of W and b; overwrites `dy`."""
        z, y, dx = (buffer[: len(dy)] for buffer in (self.z, self.y, self.dx))
        dz = self.timer(f"{self.name} backward", self.function.backward, dy, z, y, out=dy)
        np.matmul(self.x.T, dz, out=self.gradients[0])
        dz.sum(axis=0, out=self.gradients[1])
        return np.matmul(dz, self.weight.T, out=dx)

    def step(self, rate: float) -> None:
        """Move W and b down their gradients, with momentum."""
        for parameter, velocity, gradient in zip(
            self.parameters, self.velocities, self.gradients, strict=True
        ):
            velocity[:] = MOMENTUM * velocity - rate * gradient
            parameter[:] += velocity


class Network:
    """Layers, trained by the cross entropy of the last one's log-probabilities."""

    def __init__(self, backend: Backend, timer: Timer, rng: np.random.Generator) -> None:
        widths = (SIDE * SIDE, *LAYERS.values())
        self.layers = [
            Layer(name, backend.functions[name], shape, timer, rng)
            for name, shape in zip(LAYERS, pairwise(widths), strict=True)
        ]

    def forward(self, x: Array) -> Array:
        """Return the log-probability of each digit for each row of `x`."""
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def learn(self, x: Array, labels: NDArray[np.int64], rate: float) -> float:
        """Take one step on a batch; return its cross entropy, summed over the rows."""
        shown = np.arange(len(x)), labels
        loss = -float(self.forward(x)[shown].sum())
        dy = np.zeros((len(x), self.layers[-1].y.shape[1]))
        dy[shown] = -1 / len(x)
        for layer in reversed(self.layers):
            dy = layer.backward(dy)
        for layer in self.layers:
            layer.step(rate)
        return loss

    def correct(self, x: Array, labels: NDArray[np.int64]) -> int:
        """Return how many rows of `x` are taken for what they are."""
        batches = (slice(start, start + BATCH) for start in range(0, len(x), BATCH))
        return sum(int((self.forward(x[b]).argmax(axis=1) == labels[b]).sum()) for b in batches)


@dataclass(frozen=True)
class Run:
    """What one training gave, and where its time went."""

    losses: list[float]
    correct: int
    activation_seconds: dict[str, float]
    first_calls_seconds: float
    seconds: float


def shifted(x: Array, rng: np.random.Generator) -> Array:
    """Return `x` with each image moved as `SHIFTS` says: people do not write in the middle."""
    margins = ((0, 0), (1, 1), (1, 1))
    padded = np.pad(x.reshape(-1, SIDE, SIDE), margins, constant_values=-1)
    windows = sliding_window_view(padded, (SIDE, SIDE), axis=(1, 2))
    down, right = rng.choice(len(SHIFTS), (2, len(x)), p=SHIFTS)
    moved: Array = windows[np.arange(len(x)), down, right].reshape(x.shape)
    return moved


def train(
    backend: Backend,
    digits: Digits,
    seed: int,
    epochs: int,
    after_epoch: Callable[[float], object],
) -> Run:
    """Train a network from `seed` alone; call `after_epoch(loss)` after each epoch."""
    first_calls = _first_calls(backend, digits)
    start, losses = perf_counter(), []
    rng, timer = np.random.default_rng(seed), Timer()
    network = Network(backend, timer, rng)
    # The threads of a BLAS spin while they wait: they would take the cores that the activations
    # are timed on, and on a busy machine they make such small products ten times slower.
    with threadpool_limits(1, "blas"):
        for epoch in range(epochs):
            losses.append(_epoch(network, digits, RATE * (1 - epoch / epochs), rng))
            after_epoch(losses[-1])
        correct = network.correct(digits.held_out_images, digits.held_out_labels)
    return Run(losses, correct, dict(timer.seconds), first_calls, perf_counter() - start)


def _epoch(network: Network, digits: Digits, rate: float, rng: np.random.Generator) -> float:
    images, total = shifted(digits.images, rng), 0.0
    order = rng.permutation(len(images))
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        total += network.learn(images[batch], digits.labels[batch], rate)
    return total / len(order)


def _first_calls(backend: Backend, digits: Digits) -> float:
    """Compile or load every kernel, and wake every thread, on a network that is thrown away."""
    timer = Timer()
    network = Network(backend, timer, np.random.default_rng(0))
    network.learn(digits.images[:BATCH], digits.labels[:BATCH], RATE)
    return sum(timer.seconds.values())
