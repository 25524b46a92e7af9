"""Expressions of activations: a graph in which equal parts are one node, and how it is written."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastact.native.weak import WeakValues


@dataclass(frozen=True, eq=False)
class Node:
    """A part of an expression; there is one for each structure, so that identity is equality."""

    kind: str  # "x", "number", "call", "neg", "+", "-", "*" or "/"
    operands: tuple[Node, ...] = ()
    value: float = 0.0  # of a number
    activation: Any = None  # that is called
    params: tuple[float, ...] = ()


_nodes: WeakValues[Any, Node] = WeakValues()
_locks = [threading.RLock()]  # so that an expression is one object in all threads
if hasattr(os, "register_at_fork"):  # a child must not wait for a thread that it has not got
    os.register_at_fork(after_in_child=lambda: _locks.__setitem__(0, threading.RLock()))


def lock() -> Any:
    return _locks[0]


def node(
    kind: str,
    operands: tuple[Node, ...] = (),
    value: float = 0.0,
    activation: Any = None,
    params: tuple[float, ...] = (),
) -> Node:
    """The node of this structure; numbers are told apart by their bits."""
    key = kind, operands, value.hex(), activation, tuple(p.hex() for p in params)
    with lock():
        found = _nodes.get(key)
        if found is None:
            found = Node(kind, operands, value, activation, params)
            _nodes[key] = found
        return found


X = node("x")


def reachable(*roots: Node) -> list[Node]:
    """The nodes of an expression, operands first, each once."""
    found: dict[Node, None] = {}
    stack = [(root, False) for root in roots]
    while stack:
        at, done = stack.pop()
        if done:
            found[at] = None
        elif at not in found:
            stack += [(at, True), *((each, False) for each in at.operands)]
    return list(found)


Flat = list[tuple[str, tuple[int, ...], float, Any, tuple[float, ...]]]


def flat(root: Node) -> Flat:
    """The nodes as data, each with the places of its operands in the list."""
    place = {each: k for k, each in enumerate(reachable(root))}
    return [
        (n.kind, tuple(place[o] for o in n.operands), n.value, n.activation, n.params)
        for n in place
    ]


def unflattened(parts: Flat) -> Node:
    """The expression that was made flat."""
    nodes: list[Node] = []
    for kind, places, *others in parts:
        nodes.append(node(kind, tuple(nodes[place] for place in places), *others))
    return nodes[-1]


def substituted(root: Node, argument: Node) -> Node:
    """The expression with `argument` in the place of x."""
    new = {X: argument}
    for each in reachable(root):
        if each is not X:
            operands = tuple(new[o] for o in each.operands)
            new[each] = node(each.kind, operands, each.value, each.activation, each.params)
    return new[root]


# ---------------------------------------------------------------- how expressions are written
SUM, PRODUCT, SIGN, ATOM = range(4)
BINDING = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "neg": SIGN}
OPERATORS = {symbol: f"{{}} {symbol} {{}}" for symbol in "+-*/"} | {"neg": "-{}"}
PYTHON = OPERATORS | {"x": "identity", "call": "{0}({1})", "first": "{0}"}
LATEX = OPERATORS | {
    "x": "x",
    "*": r"{} \cdot {}",
    "call": r"\operatorname{{{0}}}({1})",
    "first": r"\operatorname{{{0}}}(x)",
}
LONGEST = 2000  # characters of an operand: a graph of n nodes may be 2**n as a text


def shortest(value: float) -> str:
    text = f"{value:g}"
    return text if float(text) == value and text != "-0" else repr(value)


def with_params(root: Node, *, always: bool = False) -> str:
    """The name of an activation with the parameters that are not the defaults."""
    f = root.activation
    changed = [
        f"{p.name}={shortest(value)}"
        for p, value, default in zip(f.params, root.params, f._defaults, strict=True)
        if default is None or value.hex() != float(default).hex()
    ]
    return f"{f.name}.with_params({', '.join(changed)})" if changed or always else f.name


def shown(root: Node, notation: Mapping[str, str] = PYTHON) -> str:
    """The expression with no more parentheses than Python needs to read it as it is."""
    if root.kind == "call" and root.operands == (X,):  # even if all parameters are the defaults
        return notation["first"].format(with_params(root, always=bool(root.params)))
    texts: dict[Node, str] = {}
    for each in reachable(root):
        text = written(each, texts, notation)
        texts[each] = text if len(text) <= LONGEST else "…"
    return texts[root]


def written(at: Node, texts: Mapping[Node, str], notation: Mapping[str, str]) -> str:
    """One node, whose operands are written already."""
    if at.kind == "number":
        return shortest(at.value)
    if at.kind == "call":
        inner = at.operands[0]
        form = "first" if inner is X else "call"
        return notation[form].format(with_params(at), texts[inner])
    binding, parts = BINDING.get(at.kind, ATOM), []
    for place, operand in enumerate(at.operands):
        loose = BINDING.get(operand.kind, ATOM) < binding + (place and 1)
        parts.append(f"({texts[operand]})" if loose else texts[operand])
    return notation[at.kind].format(*parts)
