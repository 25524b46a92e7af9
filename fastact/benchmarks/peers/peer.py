"""What a peer is: another way to compute what fastact computes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

import fastact as fa

FLOATS = ("float16", "float32", "float64")
FORWARD, BACKWARD, FROM_OUTPUT = "forward", "backward", "backward_from_output"
VALUE_AND_DERIVATIVE, OUT, IN_PLACE = "value_and_derivative", "out", "in_place"
LOSS, VALUE_AND_GRAD = "loss", "value_and_grad"
LOSS_OF_LABELS, VALUE_AND_GRAD_OF_LABELS = "loss_of_labels", "value_and_grad_of_labels"
Calls = dict[tuple[str, str], Callable[..., Any]]
Into = Callable[[Any, Any], Any]

SELU = 1.6732632423543772, 1.0507009873554805  # α and the scale


def usual(name: str) -> tuple[float, ...]:
    """Return the parameters that a function is measured with."""
    return tuple(p.typical for p in fa.activations[name].params)


def one_thread(_count: int) -> None:
    """Set the number of threads of what has one."""


class Peer(NamedTuple):
    """What a peer keeps and can be asked.

    A call takes its operands in the order of `cases.VARIETIES`, as arrays that the peer made, and
    returns when the result is there.
    """

    name: str
    dtypes: tuple[str, ...]
    array: Callable[[Any], Any]
    calls: Mapping[tuple[str, str], Callable[..., Any]]
    threads: Callable[[int], None] | None = None  # sets their number, where it can be changed


def copied(work: Any, x: Any) -> None:
    """Copy an array into another, whatever the package as NumPy does it: on one thread."""
    np.copyto(memory(work), memory(x))


def memory(array: Any) -> Any:
    """Return an array of NumPy or PyTorch as one of NumPy."""
    return array if isinstance(array, np.ndarray) else _memory(array)


@functools.lru_cache(maxsize=4)  # as looking takes longer than a call of few elements
def _memory(tensor: Any) -> Any:
    return tensor.numpy()


def into(functions: Mapping[str, Into]) -> Calls:
    """Return the calls of functions that write into an array that is there, or over their input."""
    calls: Calls = {}
    for name, function in functions.items():
        calls[name, OUT] = function
        calls[name, IN_PLACE] = in_place(function)
    return calls


def in_place(function: Into) -> Into:
    """Return the call that computes over a copy, which it makes: repeated, it sees the same x."""

    def call(x: Any, work: Any) -> Any:
        copied(work, x)
        return function(work, work)

    return call
