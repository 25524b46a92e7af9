"""A dictionary that holds its values weakly, and runs no Python when one goes.

The callbacks of `weakref.WeakValueDictionary` are written in Python. A signal handler may run in
one, wherever the last reference to a value is given up, and what it raises there is printed and
dropped. Those here are methods of built-in types, in which no handler runs.
"""

from __future__ import annotations

from _weakref import _remove_dead_weakref  # type: ignore[attr-defined]  # as `weakref` does
from collections import deque
from typing import Generic, TypeVar
from weakref import KeyedRef

K = TypeVar("K")
V = TypeVar("V")


class WeakValues(Generic[K, V]):
    """Values by key, as long as somebody else has them; keys go with the next value that comes."""

    def __init__(self) -> None:
        self._refs: dict[K, KeyedRef[K, V]] = {}
        self._gone: deque[KeyedRef[K, V]] = deque()

    def get(self, key: K) -> V | None:
        """The value of a key, or None."""
        ref = self._refs.get(key)
        return None if ref is None else ref()

    def __setitem__(self, key: K, value: V) -> None:
        while self._gone:
            _remove_dead_weakref(self._refs, self._gone.popleft().key)
        self._refs[key] = KeyedRef(value, self._gone.append, key)

    def values(self) -> list[V]:
        """The values that there are."""
        found = (ref() for ref in list(self._refs.values()))
        return [value for value in found if value is not None]
