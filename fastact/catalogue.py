"""Every public function of arrays, and its kind: the list that other lists come from.

>>> from fastact.catalogue import catalogue
>>> catalogue["softmax"].kind, catalogue["softmax"].function
('shares', <fastact.softmax(x, axis=-1)>)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple

from fastact import losses
from fastact.elementwise import activations, gated
from fastact.rowwise import gumbel, logsumexp, softmax_family

FORWARD = ("forward", "backward", "value_and_derivative")
# What each kind is measured in: see `fastact.benchmarks.cases`. Samples are not: what takes time is
# the softmax, and drawing the noise, which NumPy does.
BENCHMARKS = {
    "elementwise": FORWARD,
    "gated": ("forward", "backward"),
    "shares": ("forward", "backward_from_output"),
    "samples": (),
    "sum": ("forward",),
    "loss": ("loss", "value_and_grad"),
    "loss of labels": ("loss_of_labels", "value_and_grad_of_labels"),
}


class Entry(NamedTuple):
    """A public function and its kind: how it is called, tested and measured."""

    name: str
    kind: str
    function: Any

    @property
    def benchmarks(self) -> tuple[str, ...]:
        """What of it is measured."""
        found = BENCHMARKS[self.kind]
        if self.kind == "elementwise" and self.function.from_output:
            return (*found, "backward_from_output")
        return found if getattr(self.function, "_smooth", True) else found[:1]

    @property
    def owners(self) -> tuple[str, ...]:
        """The functions that have the loops which it runs: `fastact warmup` compiles these."""
        made_of = getattr(self.function, "_made_of", (self.function,))
        found = (getattr(f, "_owner", f) for f in made_of)
        return tuple(owner if isinstance(owner, str) else owner.name for owner in found)


def entries() -> Iterator[Entry]:
    """The entries in the order of the documentation."""
    found: Iterable[Any] = chain(
        activations.values(),
        public(gated),
        public(softmax_family),
        public(gumbel),
        public(logsumexp),
        (getattr(losses, name) for name in sorted(losses.__all__)),
    )
    for function in found:
        yield Entry(function.name, getattr(function, "_kind", "elementwise"), function)


def public(module: Any) -> Iterator[Any]:
    """The functions of a module that are called like their names."""
    found = ((name, f) for name, f in vars(module).items() if isinstance(f, module.LISTED))
    return (f for name, f in found if f.name == name)


catalogue: Mapping[str, Entry] = MappingProxyType({entry.name: entry for entry in entries()})


def of_kind(*kinds: str) -> list[Any]:
    """The functions of these kinds."""
    return [entry.function for entry in catalogue.values() if entry.kind in kinds]
