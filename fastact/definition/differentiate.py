"""From an expression to one scalar function: its value or a derivative, by the rules of calculus.

The function is written as Python, a line for each value that is needed, and becomes a `Kernel` like
any other. Importing this module does not import Numba.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from fastact.definition.declaration import ORDERS
from fastact.definition.expression import Node, X, node, reachable
from fastact.numerics.primitives import (
    Kernel,
    elementary,
    head,
    number,
    rounded,
    tail,
    where,
)

INF = math.inf


# ---------------------------------------------------------------- kernels between kernels
LARGE, SMALL = 2.0**330, 2.0**-330


@elementary
def settled(y: Any) -> Any:
    """The result of an operation, fit to be an operand: for pairs, hi holds all it can."""
    return y


@settled.for_pairs
def settled_pair(y: Any) -> Any:
    hi, lo = head(y), tail(y)
    lo = where(abs(lo) < INF, lo, 0.0)  # what is lost to overflow
    total = where(lo == 0.0, hi, hi + lo)  # -0 stays
    rest = lo - (total - hi)
    return number(total, where(abs(rest) < INF, rest, 0.0))


@elementary
def in_range(y: Any) -> Any:
    """The result of a kernel. In floats exp ends at e^±240: beyond 2^±330 it is infinity or 0."""
    return y * where(abs(y) > LARGE, INF, where(abs(y) < SMALL, 0.0, 1.0))


in_range.pair = settled.pair


@elementary
def exactly(value: Any, like: Any) -> Any:
    """A float as a number of the kind of `like`, so that kernels take their form for it."""
    return value


@exactly.for_pairs
def exactly_pair(value: Any, like: Any) -> Any:
    return number(value, 0.0)


# ---------------------------------------------------------------- the scalar function
Term = float | str  # a small integer that the rules of calculus bring, or what the text calls it

LIBRARY: dict[str, Any] = {
    "inf": INF,  # as `repr` writes it
    "nan": math.nan,
    "exactly": exactly,
    "in_range": in_range,
    "rounded": rounded,
    "settled": settled,
    "where": where,
}
TEMPORARY = re.compile(r"\bt\d+\b")


class Program:
    """The text of a scalar function: a line for each value that is needed, and each once."""

    def __init__(self) -> None:
        self.space: dict[str, Any] = dict(LIBRARY)
        self.lines: dict[str, str] = {}  # what is computed, and its name
        self.free: set[str] = set()  # the names of what does not depend on x
        self.known: dict[tuple[Node, int], Term] = {}

    def let(self, text: str, *operands: Term) -> str:
        """The name of a value."""
        if text not in self.lines:
            self.lines[text] = f"t{len(self.lines)}"
            if all(isinstance(o, float) or o in self.free for o in operands):
                self.free.add(self.lines[text])
        return self.lines[text]

    def kernel(self, kernel: Kernel) -> str:
        """The name of a kernel."""
        name = re.sub(r"\W", "_", f"k_{kernel.__name__}")
        while self.space.setdefault(name, kernel) is not kernel:
            name += "_"
        return name

    def times(self, a: Term, b: Term) -> Term:
        if 0.0 in (a, b):
            return 0.0
        if 1.0 in (a, b):
            return b if a == 1.0 else a
        return self.operation("*", a, b)

    def plus(self, a: Term, b: Term) -> Term:
        if 0.0 in (a, b):
            return b if a == 0.0 else a
        return self.operation("+", a, b)

    def minus(self, a: Term, b: Term) -> Term:
        if b == 0.0:
            return a
        return self.negative(b) if a == 0.0 else self.operation("-", a, b)

    def over(self, a: Term, b: Term) -> Term:
        return 0.0 if a == 0.0 else self.operation("/", a, b)

    def negative(self, a: Term) -> Term:
        return -a if isinstance(a, float) else self.let(f"-{a}", a)

    def operation(self, symbol: str, a: Term, b: Term) -> Term:
        if isinstance(a, float) and isinstance(b, float):
            return {"+": a + b, "-": a - b, "*": a * b}[symbol]
        return self.let(f"settled({a} {symbol} {b})", a, b)

    def applied(self, at: Node, order: int, argument: Term) -> Term:
        """The `order`-th derivative of an activation at a term."""
        kernel = at.activation.declaration.kernels[ORDERS[order]]
        name = self.kernel(kernel)
        if kernel.plain:
            given = ", ".join([f"rounded({argument})", *map(repr, at.params)])
            return self.let(f"exactly({name}({given}), x)", argument)
        given = ", ".join([str(argument), *(f"exactly({p!r}, x)" for p in at.params)])
        return self.let(f"in_range({name}({given}))", argument)

    def term(self, at: Node, order: int) -> Term:
        """The `order`-th derivative of a node with respect to x."""
        if (at, order) not in self.known:
            self.known[at, order] = RULES[at.kind](self, at, order)
        return self.known[at, order]

    def function(self, root: Node, order: int, ends: Mapping[float, float]) -> Callable[..., Any]:
        """The scalar function; `ends` are its values at infinities where it is not defined."""
        for each in reachable(root):  # operands first: no recursion goes deep
            for lower in range(order + 1):
                self.term(each, lower)
        result = self.term(root, order)
        if isinstance(result, float):
            result = self.let(f"exactly({result!r}, x)")
        lines = [f"{name} = {value}" for name, value in self.needed(result)]
        if lines:  # what is rounded next need not be settled
            lines[-1] = lines[-1].replace("= settled(", "= (")
        lines.append(f"y = where(x == x, {result}, x)" if result in self.free else f"y = {result}")
        for end, value in ends.items():
            lines.append(f"y = where(x == {end}, {value}, y)")
        return defined(lines, self.space)

    def needed(self, result: str) -> Iterable[tuple[str, str]]:
        """The names and texts of the values that the result is computed from."""
        found, names = [], {result}
        for value, name in reversed(self.lines.items()):
            if name in names:
                found.append((name, value))
                names.update(TEMPORARY.findall(value))
        return reversed(found)


def derivatives(program: Program, nodes: tuple[Node, ...], order: int) -> list[list[Term]]:
    """The derivatives of each node from the 0th to the `order`-th."""
    return [[program.term(each, k) for k in range(order + 1)] for each in nodes]


def variable(program: Program, at: Node, order: int) -> Term:
    return ("x", 1.0, 0.0)[order]


def constant(program: Program, at: Node, order: int) -> Term:
    return 0.0 if order else program.let(f"exactly({at.value!r}, x)")


def negation(program: Program, at: Node, order: int) -> Term:
    return program.negative(program.term(at.operands[0], order))


def addition(program: Program, at: Node, order: int) -> Term:
    return program.plus(*(program.term(each, order) for each in at.operands))


def subtraction(program: Program, at: Node, order: int) -> Term:
    return program.minus(*(program.term(each, order) for each in at.operands))


def product(program: Program, at: Node, order: int) -> Term:
    """Leibniz: the sum of C(n, k) a^(k) b^(n-k)."""
    a, b = derivatives(program, at.operands, order)
    total: Term = 0.0
    for k in range(order + 1):
        summand = program.times(a[k], b[order - k])
        total = program.plus(total, program.times(float(math.comb(order, k)), summand))
    return total


def quotient(program: Program, at: Node, order: int) -> Term:
    """Leibniz for a = q b, solved for q^(n): no square is formed that could overflow."""
    a, b = derivatives(program, at.operands, order)
    rest = a[order]
    for k in range(order):
        summand = program.times(program.term(at, k), b[order - k])
        rest = program.minus(rest, program.times(float(math.comb(order, k)), summand))
    return program.over(rest, b[0])


def chain(program: Program, at: Node, order: int) -> Term:
    """f(u), f'(u) u', and f''(u) u'^2 + f'(u) u''."""
    (u,) = derivatives(program, at.operands, order)
    if order == 0:
        return program.applied(at, 0, u[0])
    outer = program.times(program.applied(at, 1, u[0]), u[order])
    if order == 1:
        return outer
    return program.plus(
        program.times(program.applied(at, 2, u[0]), program.times(u[1], u[1])), outer
    )


RULES: dict[str, Callable[[Program, Node, int], Term]] = {
    "x": variable,
    "number": constant,
    "neg": negation,
    "+": addition,
    "-": subtraction,
    "*": product,
    "/": quotient,
    "call": chain,
}


# ---------------------------------------------------------------- limits
FAR = (2.0**60, 2.0**80, 2.0**120, 2.0**160)


def at_a_point(function: Callable[..., Any], x: float) -> float:
    """The value, without the compiler; NaN where Python raises what IEEE arithmetic does not."""
    try:
        with np.errstate(all="ignore"):
            return float(function(np.float64(x)))
    except (ArithmeticError, ValueError, TypeError):
        return math.nan


def limit(values: list[float]) -> float | None:
    """What a sequence clearly tends to: 0, an infinity, or a short number that it has reached."""
    first, last = values[0], values[-1]
    if len({(v, math.copysign(1.0, v)) for v in values}) == 1 and first * 2**16 % 1.0 == 0.0:
        return first
    growth = [abs(b) / abs(a) if a else INF for a, b in itertools.pairwise(values)]
    if first * last > 0.0 and min(growth) > 2.0**10:
        return math.copysign(INF, last)
    if first * last > 0.0 and max(growth) < 2.0**-10:
        return math.copysign(0.0, last)
    return None


def ends_of(function: Callable[..., Any]) -> dict[float, float]:
    """The limits at the infinities at which a function gives NaN."""
    found = {}
    for end in (-INF, INF):
        if math.isnan(at_a_point(function, end)):
            value = limit([at_a_point(function, math.copysign(x, end)) for x in FAR])
            if value is not None:
                found[end] = value
    np.add(0.0, 0.0)  # clears the processor's flags: NumPy would warn of them after a first call
    return found


# ---------------------------------------------------------------- products of float32
# A product of one activation that is known as a factor, x and numbers: float64 is enough, without
# a second part, and takes a fraction of the time.
MOST, MOST_X = 3, 2  # factors beside it, and x among them: where a tail is cut off, it stays zero
FACTORS = {"x", "number", "call", "neg", "*"}
F = np.float32


def factors(root: Node) -> list[Node]:
    """What an expression is a product of."""
    if root.kind == "neg":
        return [node("number", value=-1.0), *factors(root.operands[0])]
    return [f for o in root.operands for f in factors(o)] if root.kind == "*" else [root]


def moderate(value: float) -> bool:
    """Whether a number is a float32 that makes nothing overflow or underflow."""
    return float(F(value)) == value and 2.0**-16 <= abs(value) <= 2.0**16


def single(root: Node, ends: Mapping[float, float]) -> Kernel | None:
    """The form of an expression for float32 that computes in plain float64, if it has one."""
    nodes = reachable(root)
    if len(nodes) > 3 * MOST or not {each.kind for each in nodes} <= FACTORS:
        return None
    found = factors(root)
    calls = [f for f in found if f.kind == "call"]
    exact = [f for f in found if f.kind == "x" or (f.kind == "number" and moderate(f.value))]
    if len(calls) != 1 or len(found) != 1 + len(exact) or not 1 <= len(exact) <= MOST:
        return None
    (known,) = (each.activation.declaration.kernels["forward"].factors for each in calls)
    factor = known.get("float32")
    if factor is None or calls[0].operands != (X,) or exact.count(X) > MOST_X:
        return None
    terms = " * ".join("x" if each is X else repr(float(each.value)) for each in exact)
    space: dict[str, Any] = {"factor": factor, "where": where}
    lines = [f"y = {terms} * factor(x)"]
    for k, (end, value) in enumerate(ends.items()):
        space |= {f"end{k}": end, f"value{k}": value}
        lines.append(f"y = where(x == end{k}, value{k}, y)")
    return Kernel(defined(lines, space))


def defined(lines: Iterable[str], space: dict[str, Any]) -> Callable[..., Any]:
    """The function of x that computes y by these lines; they are its docstring."""
    text = "\n    ".join(["def function(x):", *lines, "return y"])
    exec(text, space)  # noqa: S102  # written here
    function: Callable[..., Any] = space.pop("function")  # its globals do not have it
    function.__doc__ = text
    return function


# ---------------------------------------------------------------- all kernels
class Kernels(Mapping[str, Kernel]):
    """The kernels of an expression, made when they are asked for."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.made: dict[str, Kernel] = {}
        self.called = [each.activation for each in reachable(root) if each.kind == "call"]

    def unknown(self, kernel: str) -> list[Any]:
        """The activations in it that have no such kernel."""
        needed = ORDERS[: ORDERS.index(kernel) + 1]
        return [
            f
            for f in dict.fromkeys(self.called)
            if any(k not in f.declaration.kernels for k in needed)
        ]

    def __contains__(self, kernel: object) -> bool:
        return kernel in ORDERS and not self.unknown(str(kernel))

    def __iter__(self) -> Iterator[str]:
        return (kernel for kernel in ORDERS if kernel in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, kernel: str) -> Kernel:
        if kernel not in self:
            raise KeyError(kernel)
        if kernel not in self.made:
            self.made.setdefault(kernel, written_kernel(self.root, ORDERS.index(kernel)))
        return self.made[kernel]


def written_kernel(root: Node, order: int) -> Kernel:
    """The kernel of a derivative of an expression."""
    program = Program()
    ends = ends_of(program.function(root, order, {}))
    made = Kernel(program.function(root, order, ends))
    form = single(root, ends) if order == 0 else None
    return made if form is None else made.extended("forms", "float32", form)
