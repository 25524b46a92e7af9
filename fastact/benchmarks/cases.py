"""What is measured: every function of the catalogue in every variety, dtype and size."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import fastact as fa
from fastact.benchmarks.peers.peer import FLOATS, IN_PLACE, OUT, in_place
from fastact.catalogue import catalogue
from fastact.definition.declaration import evaluate

Shape = tuple[int, ...]

REACH = 8.0  # inputs lie within ± this, where every function is busy


class Variety(NamedTuple):
    """One way to ask a function: the operands, and how they are passed."""

    operands: tuple[str, ...]
    bind: Callable[[Any], Callable[..., Any]]


def in_place_of(f: Any) -> Callable[..., Any]:
    """Return the call that computes over a copy of its input."""
    return lambda x, work, **p: in_place(lambda x, out: f(x, out=out, **p))(x, work)


VARIETIES = {
    "forward": Variety(("x",), lambda f: f),
    OUT: Variety(("x", "out"), lambda f: lambda x, out, **p: f(x, out=out, **p)),
    IN_PLACE: Variety(("x", "work"), in_place_of),
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
    shape: Shape
    threads: int = 0  # all of them

    def __str__(self) -> str:
        size = "x".join(map(str, self.shape))
        threads = f"-{self.threads}thread" if self.threads else ""
        return f"{self.function}-{self.variety}-{self.dtype}-{size}{threads}"


class Selection(NamedTuple):
    """What of the catalogue is measured; a keyword chooses among the names of the cases."""

    dtypes: tuple[str, ...] = FLOATS
    shapes: tuple[Shape, ...] = (
        (1,), (1000,), (2**15,), (2**20,), (1000, 10), (100_000, 10), (1000, 1000),
    )  # fmt: skip
    forward: tuple[Shape, ...] = ()  # those of forward beside them
    into: tuple[Shape, ...] = ()  # those of results that go into an array that is there
    alone: tuple[Shape, ...] = ()  # and those that are measured on one thread too
    functions: tuple[str, ...] = ()  # none: all
    keyword: str = ""


EVERYTHING = Selection()
WHOLE = Selection(
    FLOATS[1:],
    (
        (100,), (2**12,), (2**16,), (2**20,),
        (32, 10), (100_000, 10), (10_000, 100), (1000, 1000), (200, 32_000), (1, 2**22),
    ),
    forward=((2**22,),),
    into=((2**12,), (2**20,)),
    alone=((2**20,),),
)  # fmt: skip
QUICK = Selection(("float32",), ((2**16,), (10_000, 100)), forward=((2**12,),))


def functions() -> dict[str, Any]:
    """Return every public function that is measured; an alias counts once."""
    return {name: entry.function for name, entry in catalogue.items() if entry.benchmarks}


def varieties(name: str) -> tuple[str, ...]:
    """Return the varieties in which a function is measured."""
    found = catalogue[name].benchmarks
    return (*found, OUT, IN_PLACE) if name in fa.activations else found


def group(case: Case) -> str:
    """Return the group whose mean a case counts in."""
    kind = case.variety.replace("_from_output", "") if case.function in fa.activations else "rows"
    return f"{kind} {case.dtype}" + (", 1 thread" if case.threads else "")


def cases(selection: Selection = EVERYTHING) -> Iterator[Case]:
    """Yield what is to be measured."""
    chosen = selected(selection.keyword)
    for name in functions():
        if selection.functions and name not in selection.functions:
            continue
        dimensions = 1 if name in fa.activations else 2
        for variety, dtype in product(varieties(name), selection.dtypes):
            shapes = selection.into if variety in {OUT, IN_PLACE} else selection.shapes
            alone: list[Case] = []
            if variety == "forward":
                shapes = (*shapes, *selection.forward)
                alone = [Case(name, variety, dtype, s, 1) for s in selection.alone]
            every = [Case(name, variety, dtype, s) for s in shapes] + alone
            every = [case for case in every if len(case.shape) == dimensions]
            yield from (case for case in every if chosen(str(case)))


def selected(keyword: str) -> Callable[[str], bool]:
    """Return whether a name has what an expression of words, and, or, not and brackets asks for."""
    words = re.findall(r"[^\s()]+", keyword)
    asked = [word for word in words if word not in {"and", "or", "not"}]
    text = re.sub(r"[^\s()]+", lambda m: m[0] if m[0] not in asked else f"has({m[0]!r})", keyword)
    try:
        code = compile(text.strip() or "True", "-k", "eval")
        eval(code, {"has": lambda word: True, "__builtins__": {}})  # noqa: S307  (words alone)
    except (SyntaxError, TypeError) as error:
        raise ValueError(
            f"-k takes words with and, or, not and brackets, got {keyword!r}"
        ) from error
    return lambda name: bool(
        eval(code, {"has": lambda word: word in name, "__builtins__": {}})  # noqa: S307  (likewise)
    )


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
    # Targets near the prediction, as in training, and probabilities: some losses have none else.
    t = np.clip(fa.sigmoid(x) + rng.uniform(-0.1, 0.1, case.shape), 0, 1).astype(case.dtype)
    arrays = {"x": x, "t": t}
    arrays["out"] = arrays["work"] = np.empty_like(x)
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
