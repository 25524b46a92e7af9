"""Objects of Python's classes that Python calls by vectorcall."""

from __future__ import annotations

import functools
import gc
import weakref
from typing import Any

import numpy as np
import pytest

import fastact as fa
from fastact.native.vectorcall import HAS_VECTORCALL, Vectorcalled, call_quickly

X = np.linspace(-2.0, 2.0, 5)
CALLS: dict[str, tuple[Any, tuple[Any, ...], dict[str, Any]]] = {
    "activation": (fa.tanh, (X,), {}),
    "parameters": (fa.leaky_relu, (X, 0.2), {}),
    "derivative": (fa.tanh.derivative, (X,), {}),
    "backward": (fa.tanh.backward, (X,), {"x": X}),
    "along an axis": (fa.softmax, (X,), {}),
    "its gradient": (fa.softmax.backward, (X,), {"y": X}),
    "logsumexp": (fa.logsumexp, (X,), {}),
    "loss": (fa.squared_error, (X, X), {}),
    "its gradient, too": (fa.squared_error.value_and_grad, (X, X), {}),
    "gated pair": (fa.glu, (X[:4],), {}),
}


class Thing(Vectorcalled):
    """As functions of the package are: what is called is in a slot."""

    __slots__ = ("__call__", "__dict__", "__weakref__")
    __call__: Any


def thing(function: Any) -> Thing:
    """An object that is called by vectorcall."""
    made = Thing()
    made.__call__ = function
    call_quickly(made)
    assert Thing.__flags__ & HAS_VECTORCALL
    return made


@pytest.mark.parametrize("name", CALLS)
def test_plain_calls_go_there(name: str) -> None:
    function, args, named = CALLS[name]
    found = [function(*args, **named), function(*args, **named)]
    held = getattr(function, "__func__", function)  # of a bound method
    assert type(held).__flags__ & HAS_VECTORCALL
    found.append(functools.partial(function, *args, **named)())
    assert repr(found[0]) == repr(found[1]) == repr(found[2])


@pytest.mark.parametrize("count", [0, 1, 2, 9])
@pytest.mark.parametrize("names", [(), ("a",), ("b", "a")])
def test_arguments_arrive(count: int, names: tuple[str, ...]) -> None:
    call = thing(lambda *args, **named: (args, named))
    args, named = tuple(range(count)), dict.fromkeys(names, 1)
    assert call(*args, **named) == (args, named)
    assert functools.partial(call, *args)(**named) == (args, named)
    assert next(map(call, [X])) == ((X,), {})


def test_errors_arrive() -> None:
    with pytest.raises(ZeroDivisionError):
        thing(lambda: 1 // 0)()
    with pytest.raises(TypeError, match="positional"):
        thing(lambda: 1)(2)


def test_what_is_called_may_be_replaced_by_its_call() -> None:
    """Functions do so on their first plain calls: what runs is kept until it ends."""

    class Function:
        def __call__(self, call: Any) -> str:
            call.__call__ = lambda _: "second"
            gc.collect()
            return type(self).__name__

    call = thing(Function())
    was = weakref.ref(call.__call__)
    assert (call(call), call(call)) == ("Function", "second")
    assert was() is None


def test_without_a_function() -> None:
    """The garbage collector empties objects that others may still see."""
    call = thing(len)
    del call.__call__
    with pytest.raises(AttributeError, match="__call__"):
        call([])


def test_cycles_are_collected() -> None:
    call = thing(len)
    call.__call__ = functools.partial(min, call)
    was = weakref.ref(call)
    del call
    gc.collect()
    assert was() is None


def test_a_class_of_another_layout_stays_as_it_is() -> None:
    class Wider(Vectorcalled):
        __slots__ = ("first",)

    class Other(Wider):
        __slots__ = ("__call__",)
        __call__: Any

    call = Other()
    call.__call__ = len
    call_quickly(call)
    assert not Other.__flags__ & HAS_VECTORCALL
    assert call([1]) == 1
