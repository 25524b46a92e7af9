"""The door of public functions: opens the containers among their arguments, and wraps results."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

from fastact import arguments
from fastact.containers.opened import LAZY, PLAIN, Kept, Opened, Xarray, is_dask, opener
from fastact.native import mode

F = TypeVar("F", bound=Callable[..., Any])
# Arguments that are no array of which the result is another form.
BESIDE = frozenset(
    {"b", "bias", "ds", "gate_bias", "label_smoothing", "labels", "lengths", "mask", "offsets",
     "pos_weight", "softcap", "t", "targets", "temperature", "value_bias", "weight", "where"}
)  # fmt: skip
PLACES = "offsets"  # what counts elements, and so stands beside none of them
NO_ARRAYS = frozenset({"activation", "axis", "out"})


class Call:
    """One call with containers among its arguments, which are opened in `bound`."""

    def __init__(self, name: str, bound: inspect.BoundArguments, lazy: tuple[str, ...]) -> None:
        self.name, self.bound, self.lazy = name, bound, lazy
        self.words = words_of(bound.arguments["self"])
        opened = dict(self.opened())
        self.first = next((o for key, o in opened.items() if key not in BESIDE), None)
        self.axes = self.found_axes()
        for key, each in opened.items():
            self.put(key, self.array(key, each))

    def opened(self) -> Iterator[tuple[str, Opened]]:
        """The arguments that are containers, opened."""
        for key, value in self.values():
            if type(value) in PLAIN or key in NO_ARRAYS:
                continue
            if is_dask(value):
                self.check_lazy(key)
                continue
            word = self.words.get(key, key)
            found = opener(self.name, word, value)
            if found is None:
                continue
            if found.missing is not None:
                raise arguments.refused(
                    self.name, word, "without missing values",
                    "some: fill them, and pass where= for those that are not to count",
                )  # fmt: skip
            yield key, found

    def check_lazy(self, key: str) -> None:
        """Raise an error if the function takes no dask array for this argument."""
        if key not in self.lazy:
            raise TypeError(f"{self.name}(): {key} must be {LAZY}")

    def array(self, key: str, each: Opened) -> Any:
        """What is in a container, in the order of the first one."""
        found = each.array
        if self.first is not None and type(each) is type(self.first) and key != PLACES:
            found = self.first.beside(self.name, key, each, self.axes)
        if is_dask(found):
            self.check_lazy(key)
        return found

    def values(self) -> Iterator[tuple[str, Any]]:
        """All arguments by name; those that are gathered under one by theirs or by number."""
        for key, value in self.bound.arguments.items():
            kind = self.bound.signature.parameters[key].kind
            if kind is inspect.Parameter.VAR_KEYWORD:
                yield from list(value.items())
            elif kind is inspect.Parameter.VAR_POSITIONAL:
                yield from ((f"{key}[{k}]", each) for k, each in enumerate(value))
            elif key != "self":
                yield key, value

    def put(self, key: str, array: Any) -> None:
        """Replace an argument, by the name that `values` gives it."""
        group, _, place = key.partition("[")
        if place:
            values = list(self.bound.arguments[group])
            values[int(place[:-1])] = array
            self.bound.arguments[group] = tuple(values)
        elif key in self.bound.arguments:
            self.bound.arguments[key] = array
        else:
            next(v for v in self.bound.arguments.values() if isinstance(v, dict))[key] = array

    def found_axes(self) -> tuple[int, ...]:
        """The axes of the call in the first container; a name of a dimension becomes a number."""
        parameters = self.bound.signature.parameters
        if self.first is None or "axis" not in parameters:
            return ()
        axis = self.bound.arguments.get("axis", parameters["axis"].default)
        if isinstance(axis, str) and isinstance(self.first, Xarray):
            dims = self.first.container.dims
            arguments.choice(self.name, "axis", axis, tuple(map(str, dims)))
            axis = self.bound.arguments["axis"] = dims.index(axis)
        return arguments.axes(self.name, axis, self.first.array.ndim)

    def wrapped(self, result: Any) -> Any:
        """What the function returned, in containers like the first one where it has its shape."""
        if isinstance(result, tuple):
            return tuple(map(self.wrapped, result))
        out = self.bound.arguments.get("out")
        given = any(result is o for o in (out if isinstance(out, tuple) else (out,)))
        fits = isinstance(result, np.ndarray) or is_dask(result)
        if self.first is None or given or not fits or result.dtype.kind != "f" or not result.ndim:
            return result
        kept = self.kept(result.shape)
        return result if kept is None else self.first.wrapped(result, kept)

    def kept(self, shape: tuple[int, ...]) -> Kept | None:
        """Which axis of the first array each axis of a result is; None if it is another thing."""
        whole = self.first.array.shape if self.first is not None else ()
        if len(shape) == len(whole):
            kept = tuple(k if shape[k] == n else None for k, n in enumerate(whole))
            return None if kept == (None,) else kept
        rest = tuple(k for k in range(len(whole)) if k not in self.axes)
        return rest if tuple(whole[k] for k in rest) == shape else None


def name_of(owner: Any, method: str) -> str:
    """The public name of a method of a public object."""
    if method in {"__call__", "_general"}:
        return str(owner.name)
    return f"{owner.name}.{method.removeprefix('_')}"


def public(*, lazy: tuple[str, ...] = ()) -> Callable[[F], F]:
    """The door of a public method: it opens containers, and names the function in errors.

    Dask arrays go through as the arguments `lazy`, which the method itself must know.
    """

    def decorated(method: F) -> F:
        label = method.__name__

        @functools.cache
        def signature() -> inspect.Signature:
            return inspect.signature(method)

        @functools.wraps(method)
        def call(self: Any, /, *args: Any, **named: Any) -> Any:
            plain = mode.is_default() and PLAIN.issuperset(map(type, args))
            if plain and (not named or PLAIN.issuperset(map(type, named.values()))):
                try:
                    return method(self, *args, **named)
                except TypeError as error:  # of arguments that do not fit the signature
                    if error.__traceback__ and error.__traceback__.tb_next:
                        raise
                    raise misbound(self, label, error, (args, named), signature()) from None
            with mode.default():
                return opened(self, args, named)

        def opened(self: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
            name = name_of(self, label)
            try:
                bound = signature().bind(self, *there(self, args, signature()), **named)
            except TypeError as error:
                if not arguments.own(error, "inspect"):
                    raise
                raise misbound(self, label, error, (args, named), signature()) from None
            found = Call(name, bound, lazy)
            return found.wrapped(method(*bound.args, **bound.kwargs))

        return call  # type: ignore[return-value]  # `wraps` gives it the type of the method

    return decorated


def words_of(thing: Any) -> dict[str, str]:
    """What users call arguments that have another name in the method."""
    return {"d": getattr(thing, "_vector", "d")}


def by_place(thing: Any, signature: inspect.Signature) -> list[str]:
    """What users call the arguments that may be given by position."""
    kinds = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    names = [p.name for p in signature.parameters.values() if p.kind in kinds and p.name != "self"]
    return [words_of(thing).get(name, name) for name in names]


def there(thing: Any, args: tuple[Any, ...], signature: inspect.Signature) -> tuple[Any, ...]:
    """The arguments, once the first of them is one: its default says that there is none."""
    if args and args[0] is arguments.MISSING:
        first = by_place(thing, signature)[0]
        raise TypeError(f"() missing 1 required positional argument: {first!r}")
    return args


def without_unknown(method: F) -> F:
    """A method that is called as it is; what is for mistakes alone is not shown.

    That are ``*more``, ``**unknown`` and MISSING.
    """
    signature = inspect.signature(method)
    known = [
        p.replace(default=p.empty) if p.default is arguments.MISSING else p
        for p in signature.parameters.values()
        if p.kind not in {p.VAR_POSITIONAL, p.VAR_KEYWORD}
    ]
    method.__signature__ = signature.replace(parameters=known)  # type: ignore[attr-defined]  # any function
    return method


def misbound(
    thing: Any,
    label: str,
    error: TypeError,
    given: tuple[tuple[Any, ...], dict[str, Any]],
    signature: inspect.Signature,
) -> TypeError:
    """The error for arguments that do not fit the signature."""
    name, (args, named) = name_of(thing, label), given
    kinds = {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    known = [p.name for p in signature.parameters.values() if p.kind in kinds and p.name != "self"]
    unknown = [key for key in named if key not in known]
    if unknown:
        return arguments.unexpected(name, unknown[0], known)
    places = by_place(thing, signature)
    gathers = any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values())
    if len(args) > len(places) and not gathers:  # Python counts `self`, too
        return arguments.too_many(name, places, len(args))
    text = str(error)
    return TypeError(f"{name}() {text.partition('() ')[2] or text}")
