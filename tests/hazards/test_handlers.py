"""A handler of a signal that raises what this package catches: its exception is never lost."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any

import numpy as np
import pytest

from tests.support.misfits import Right, Sub, right_calls

RIGHT = {right.called: right for right in right_calls()}
CALLED = ("sigmoid", "sigmoid.backward", "sigmoid.value_and_derivative", "leaky_relu.backward",
          "leaky_relu.backward_params", "relu.forward_with_mask", "softmax", "softmax.backward",
          "softmax.jacobian", "softmax.sequences", "log_softmax.jvp", "logsumexp", "logsumexp.jvp",
          "swiglu", "swiglu.backward", "swiglu.split", "swiglu.split.backward",
          "sigmoid_cross_entropy", "softmax_cross_entropy.value_and_grad",
          "softmax_cross_entropy.gradient_and_hessian")  # fmt: skip


def variants(right: Right) -> dict[str, Callable[[], Any]]:
    """A call with arrays, with those of a subclass, and calls that are wrong."""
    first = next(iter(right.arrays))

    def made(change: Callable[[Any], Any], **more: Any) -> Callable[[], Any]:
        arrays = {key: change(array) for key, array in right.arrays.items()}
        return lambda: right.call(**{**arrays, **more})

    return {
        "arrays": made(np.asarray), "a subclass": made(lambda a: a.view(Sub)),
        "lists": made(lambda a: a.tolist()),
        "a ragged list": made(np.asarray, **{first: [[1.0], []]}),
        "complex": made(np.asarray, **{first: right.arrays[first] * 1j}),
        "another shape": made(np.asarray, **{first: np.ones((3, 5))}),
        "an unknown keyword": made(np.asarray, bogus=1),
    }  # fmt: skip


def lines(call: Callable[[], Any], at: int, error: Exception) -> tuple[int, BaseException | None]:
    """Make the call, and raise the error before line number `at`: lines, and what came of it.

    Python runs handlers between instructions, wherever it is: so does a tracer, at a known one.
    Lines are those of this package; what others catch in theirs is their affair.
    """
    count = 0

    def tracer(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        if event == "line" and frame.f_globals.get("__name__", "").startswith("fastact."):
            count += 1
            if count == at:
                raise error
        return tracer

    sys.settrace(tracer)
    try:
        call()
    except (TypeError, ValueError) as found:
        return count, found
    finally:
        sys.settrace(None)
    return count, None


def lost(called: str, kind: type[Exception]) -> list[Any]:
    """Where an exception is not raised as it is."""
    found: list[Any] = []
    with np.errstate(all="ignore"):
        for name, call in variants(RIGHT[called]).items():
            lines(call, 0, kind())  # what first calls do
            total, _ = lines(call, 0, kind())
            for at in range(1, total + 1):
                error = kind("of a handler")
                reached, raised = lines(call, at, error)
                if reached >= at and raised is not error:
                    found.append((name, at, raised))
    return found


@pytest.mark.skipif(
    sys.gettrace() is not None, reason="something else traces: coverage, or a debugger"
)
@pytest.mark.parametrize("kind", [TypeError, ValueError])
@pytest.mark.parametrize("called", CALLED)
def test_what_a_handler_raises_is_raised(called: str, kind: type[Exception]) -> None:
    """In a thread that ends: what a tracer raises in an `except` stays the context of all later."""
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(lost, called, kind).result() == []
