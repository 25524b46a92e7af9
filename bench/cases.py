"""What is measured: every function of the catalogue in every variety, dtype and size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import fastact as fa
from bench.peers import FLOATS, PEERS
from fastact.catalogue import catalogue
from fastact.definition.declaration import evaluate

SIZES = ((1,), (1000,), (2**15,), (2**20,))
TABLES = ((1000, 10), (100_000, 10), (1000, 1000))
REACH = 8.0  # inputs lie within ± this, where every function is busy


class Variety(NamedTuple):
    """One way to ask a function: the operands, and how they are passed."""

    operands: tuple[str, ...]
    bind: Callable[[Any], Callable[..., Any]]


VARIETIES = {
    "forward": Variety(("x",), lambda f: f),
    "backward": Variety(("dy", "x"), lambda f: lambda dy, x, **p: f.backward(dy, x=x, **p)),
    "backward_from_output": Variety(
        ("dy", "y"), lambda f: lambda dy, y, **p: f.backward(dy, y=y, **p)
    ),
    "value_and_derivative": Variety(("x",), lambda f: f.value_and_derivative),
    "loss": Variety(("x", "t"), lambda f: f),
    "value_and_grad": Variety(("x", "t"), lambda f: f.value_and_grad),
    "loss_of_labels": Variety(("x", "labels"), lambda f: f),
    "value_and_grad_of_labels": Variety(("x", "labels"), lambda f: f.value_and_grad),
}


class Case(NamedTuple):
    """One thing to measure."""

    function: str
    variety: str
    dtype: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        size = "x".join(map(str, self.shape))
        return f"{self.function}-{self.variety}-{self.dtype}-{size}"


def functions() -> dict[str, Any]:
    """Return every public function; an alias counts once."""
    return {name: entry.function for name, entry in catalogue.items()}


def varieties(name: str, f: Any) -> tuple[str, ...]:
    """Return the varieties in which a function is measured."""
    return catalogue[name].benchmarks


def cases() -> Iterator[Case]:
    """Yield everything that is to be measured."""
    for name, f in functions().items():
        shapes = SIZES if name in fa.activations else TABLES
        for variety, dtype, shape in product(varieties(name, f), FLOATS, shapes):
            yield Case(name, variety, dtype, shape)


def operands(case: Case) -> list[NDArray[Any]]:
    """Return the arrays that a case is measured with."""
    f = functions()[case.function]
    usual = {p.name: p.typical for p in getattr(f, "params", ())}
    everywhere = (-math.inf, math.inf)
    ends = f.declaration.domain if isinstance(f, fa.Activation) else everywhere
    low, high = np.clip([evaluate(end, usual) for end in ends], -REACH, REACH)
    margin = (high - low) / 100  # rounding to float16 must not reach the end of the domain
    rng = np.random.default_rng(0)
    x = rng.uniform(low + margin, high - margin, case.shape).astype(case.dtype)
    arrays = {
        "x": x,
        "t": (fa.sigmoid(x) + rng.uniform(-0.1, 0.1, case.shape)).astype(case.dtype),
    }
    wanted = VARIETIES[case.variety].operands
    if "labels" in wanted:
        arrays["labels"] = rng.integers(0, case.shape[-1], case.shape[:-1])
    if "dy" in wanted:
        arrays["y"] = y = call_of(case._replace(variety="forward"))(x)
        arrays["dy"] = rng.standard_normal(y.shape).astype(case.dtype)
    return [arrays[name] for name in wanted]


def call_of(case: Case) -> Callable[..., Any]:
    """Return fastact's own function of the operands, with what parameters need a value."""
    f = functions()[case.function]
    call = VARIETIES[case.variety].bind(f)
    required = {p.name: p.typical for p in getattr(f, "params", ()) if p.required}
    return partial(call, **required) if required else call


def check_complete() -> None:
    """Refuse to measure if a peer compares with nothing."""
    known = functions()
    asked = {(name, variety) for name, f in known.items() for variety in varieties(name, f)}
    lines = {line for peer in PEERS.values() for line in peer.calls}
    if stray := sorted(lines - asked):
        raise LookupError(f"peers of benchmarks that do not exist: {stray}")


check_complete()
