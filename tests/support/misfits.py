"""Arrays of a wrong shape or dtype in the place of each argument of every public function.

Each call is right but for one array. It is made with NumPy's own arrays, as native code takes them,
and with those of a subclass, which go through Python.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from fastact.catalogue import of_kind
from fastact.definition.activation import VARIETIES
from tests.support.bad_calls import LABELS, Bad, X, named

SHAPES = (3, 5), (3,), (5, 4), (2, 5)
MASK, HALF, SHARES = X > 0, X[:, :2], np.full(X.shape, 0.25)
# What the values of arguments are that no right call has been given.
GIVEN = {
    "where": MASK, "lengths": LABELS, "b": SHARES, "bias": X[0], "weight": X[0] + 3.0,
    "pos_weight": X[0] + 3.0, "gate_bias": X, "value_bias": X,
}  # fmt: skip
OPTIONS: tuple[dict[str, Any], ...] = (
    {}, {"temperature": 2.0}, {"where": MASK}, {"lengths": 3}, {"softcap": 3.0}, {"axis": 0},
    {"axis": None},
)  # fmt: skip


class Sub(np.ndarray):
    """An array that native code leaves to Python."""


class Right(NamedTuple):
    """A right call: its name, what makes it of arrays by name, these, and other arguments."""

    called: str
    call: Callable[..., Any]
    arrays: dict[str, Any]
    others: tuple[str, ...] = ()  # that may be given too
    leads: str = ""  # the array whose shape the others have to fit


def positional(call: Callable[..., Any], *first: str, **options: Any) -> Callable[..., Any]:
    """A call of arguments by name, of which the first go by position."""

    def made(**given: Any) -> Any:
        leading = [given.pop(name) for name in first]
        return call(*leading, **{**options, **given})

    return made


def of_activation(f: Any) -> Iterator[Right]:
    n, p = f.name, named(f)
    for called, g in {n: f, **{f"{n}.{m}": getattr(f, m) for m in VARIETIES}}.items():
        if g._nout == 1:
            yield Right(called, positional(g, "x", **p), {"x": X}, ("out",))
    pair = f.value_and_derivative

    def both(x: Any, out: Any = None) -> Any:
        return pair(x, **p, out=(None if out is None else np.empty(X.shape), out))

    yield Right(f"{n}.value_and_derivative", both, {"x": X}, ("out",))
    for key in ("x", "y") if f.from_output else ("x",):
        call = positional(f.backward, "dy", **p)
        yield Right(f"{n}.backward", call, {"dy": X, key: SHARES}, ("out",))
    if f._partials:
        call = positional(f.backward_params, "dy", **p)
        yield Right(f"{n}.backward_params", call, {"dy": X, "x": X})
    if f.declaration.masked is not None:
        masked = positional(f.forward_with_mask, "x", **p)
        yield Right(f"{n}.forward_with_mask", masked, {"x": X}, ("out",))


def of_rows(f: Any) -> Iterator[Right]:
    for options in OPTIONS:
        others = ("where", "temperature", "out") + ("lengths",) * (options.get("axis", 0) == 0)
        yield Right(f.name, positional(f, "x", **options), {"x": X}, others)
        for member, vector in (("backward", "dy"), ("jvp", "dx")) if f._smooth else ():
            call = positional(getattr(f, member), vector, **options)
            for key in ("x", "y")[: 1 if "softcap" in options else 2]:
                yield Right(f"{f.name}.{member}", call, {vector: X, key: SHARES}, others)
    jacobian = positional(f.jacobian, "x")
    yield Right(f"{f.name}.jacobian", jacobian, {"x": X}, ("where", "temperature", "lengths"))
    sequences = positional(f.sequences, "x", offsets=[0, 1, 4])
    yield Right(f"{f.name}.sequences", sequences, {"x": X}, ("out",))
    backward = positional(f.sequences.backward, "dy", offsets=[0, 1, 4])
    for key in ("x", "y") if f._smooth else ():
        yield Right(f"{f.name}.sequences.backward", backward, {"dy": X, key: SHARES}, ("out",))


def of_sum(f: Any) -> Iterator[Right]:
    others = ("where", "out") + ("b",) * ("b" in inspect.signature(f).parameters)
    for axis in (-1, None):
        yield Right(f.name, positional(f, "x", axis=axis), {"x": X}, others)
    backward, jvp = positional(f.backward, "ds"), positional(f.jvp, "dx")
    yield Right(f"{f.name}.backward", backward, {"ds": X[:, 0], "x": X}, others, "x")
    yield Right(f"{f.name}.jvp", jvp, {"dx": X, "x": X}, others, "x")


def of_pair(f: Any) -> Iterator[Right]:
    n = f.name
    yield Right(n, positional(f, "x"), {"x": X}, ("bias", "out"))
    backward = positional(f.backward, "dy")
    yield Right(f"{n}.backward", backward, {"dy": HALF, "x": X}, ("bias", "out"), "x")
    arrays, biases = {"gate": X, "value": X}, ("gate_bias", "value_bias")
    yield Right(f"{n}.split", positional(f.split, "gate", "value"), arrays, (*biases, "out"))
    split = positional(f.split.backward, "dy")
    yield Right(f"{n}.split.backward", split, {"dy": X, **arrays}, biases)


def of_loss(f: Any) -> Iterator[Right]:
    for member in ("", "value_and_grad", "gradient_and_hessian"):
        call = getattr(f, member, None) if member else f
        if call is None:
            continue
        known = inspect.signature(call).parameters
        first, second, *rest = known
        others = tuple(k for k in rest if k in {"weight", "pos_weight"})
        others += ("out",) * (member == "value_and_grad")
        target = LABELS if f in of_kind("loss of labels") else SHARES
        for options in ({}, {"reduction": "none"}):
            if options.keys() <= known.keys():
                made = positional(call, first, second, **options)
                called, arrays = f"{f.name}.{member}".rstrip("."), {first: X, second: target}
                yield Right(called, made, arrays, others, first)


def right_calls() -> Iterator[Right]:
    """Calls of every public function."""
    makers = {"elementwise": of_activation, "shares": of_rows, "sum": of_sum, "gated": of_pair,
              "loss": of_loss, "loss of labels": of_loss}  # fmt: skip
    for kind, make in makers.items():
        for f in of_kind(kind):
            yield from make(f)


def wrong_arrays(right: Right, argument: str) -> Iterator[tuple[str, Any, type[Exception]]]:
    """What an argument cannot be: what that is, the array, and what is raised."""
    array = right.arrays.get(argument, GIVEN.get(argument, SHARES))
    for shape in SHAPES if argument != right.leads and {argument} != {*right.arrays} else ():
        yield "an array of a shape that does not fit", np.resize(array, shape), ValueError
    if argument == "out":
        made = right.call(**right.arrays)
        if isinstance(made, tuple):
            made = next(each for each in made if np.shape(each) == X.shape)
        frozen = np.array(made)
        frozen.flags.writeable = False
        yield "an output that is read-only", frozen, ValueError
        error = ValueError if right.called.endswith("value_and_grad") else TypeError
        yield "an output of integers", np.zeros(frozen.shape, int), error
    elif argument in right.arrays and array.dtype.kind == "f":
        for dtype in ("complex", "longdouble"):
            yield f"numbers of the dtype {dtype}", array.astype(dtype), TypeError


class Misfit(NamedTuple):
    """A call with one wrong array, of NumPy's own class or another one."""

    kind: str
    right: Right
    argument: str
    array: Any
    error: type[Exception]

    def call(self, make: Callable[[Any], Any]) -> Any:
        """Make the call with arrays of a class."""
        given = {**self.right.arrays, self.argument: self.array}
        return self.right.call(**{key: make(each) for key, each in given.items()})

    @property
    def bad(self) -> Bad:
        """The same as a row of the table of wrong calls."""
        plain = functools.partial(self.call, np.asarray)
        return Bad(self.kind, f"{self.right.called}()", self.argument, plain, self.error)


def misfits() -> list[Misfit]:
    """Every such call."""
    return [
        Misfit(kind, right, argument, array, error)
        for right in right_calls()
        for argument in (*right.arrays, *right.others)
        for kind, array, error in wrong_arrays(right, argument)
    ]


# What is no array at all, and what is raised.
OBJECTS: dict[str, tuple[Any, type[Exception]]] = {
    "rows of several lengths": ([[1.0], [1.0, 2.0]], ValueError),
    "a dictionary": ({"a": 1.0}, TypeError), "a set": ({1.0, 2.0}, TypeError),
    "None for an array": (None, TypeError),
}  # fmt: skip


def objects() -> Iterator[Bad]:
    """Every call with such an object in the place of an array."""
    for right in right_calls():
        for argument in right.arrays:
            for kind, (value, error) in OBJECTS.items():
                call = functools.partial(right.call, **{**right.arrays, argument: value})
                yield Bad(kind, f"{right.called}()", argument, call, error)


def said(misfit: Misfit, make: Callable[[Any], Any]) -> str:
    """What the call says."""
    try:
        misfit.call(make)
    except (TypeError, ValueError) as error:
        return str(error)
    return "nothing"
