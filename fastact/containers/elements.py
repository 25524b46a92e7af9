"""Ufuncs of elements, and the containers that they must not be called with as they are."""

from __future__ import annotations

import sys
from typing import Any
from weakref import ref

import numpy as np

from fastact import arguments
from fastact.containers.opened import OPENERS, PLAIN, Opened, package
from fastact.native import threads
from fastact.native.ufunc import quiet

Array = Any


def elementwise(ufunc: Any, name: str, inputs: tuple[Array, ...], options: dict[str, Any]) -> Any:
    """Call a ufunc of elements with containers that would not pass it on as it is.

    polars takes the first dtype of a ufunc that holds the input, pandas makes arrays of numbers
    that stand beside a DataFrame, and columns of Arrow go through as objects. The others, and
    Series that have to be aligned, are left to themselves.
    """
    opened = {
        k: OPENERS[root](name, f"argument {k}", x)
        for k, x in enumerate(inputs)
        if type(x) not in PLAIN and (root := package(x)[0]) in {"pandas", "polars"}
    }
    first = next(iter(opened.values()), None)
    if first is not None and first.mixed and first.array.ndim == 2:
        return column_by_column(ufunc, name, inputs, options, first)
    if first is None or options.get("out") is not None or not in_line(opened, inputs):
        arrays = [x for x in inputs if np.ndim(x)] if first is None else []
        if len(inputs) > 1 and arrays and all(kind_of(x) in arguments.INTEGRAL for x in arrays):
            inputs = tuple(as_float64(x) if np.ndim(x) else x for x in inputs)
            options.pop("dtype", None)
        return quiet(ufunc, *inputs, **options)
    arrays = [opened[k].array if k in opened else x for k, x in enumerate(inputs)]
    if all(getattr(getattr(a, "dtype", None), "kind", "b") in arguments.INTEGRAL for a in arrays):
        options["dtype"] = options.get("dtype") or np.float64
    results = quiet(ufunc, *arrays, **options)
    lost = [o.missing for o in opened.values() if o.missing is not None]
    first.missing = np.logical_or.reduce(lost) if lost else None
    kept = tuple(range(first.array.ndim))
    if isinstance(results, tuple):
        return tuple(first.wrapped(r, kept) for r in results)
    return first.wrapped(results, kept)


def kind_of(x: Any) -> str:
    """The kind of an array's dtype; of ragged ones that of the elements."""
    if package(x)[0] == "awkward":
        import awkward as ak

        x = ak.to_numpy(ak.flatten(x, axis=None))
    return str(getattr(getattr(x, "dtype", None), "kind", ""))


def as_float64(x: Any) -> Any:
    """An array of integers in the dtype that they stand for, before dispatch asks them for it."""
    if package(x)[0] == "awkward":
        import awkward as ak

        return ak.values_astype(x, np.float64)
    return x.astype(np.float64)


def column_by_column(
    ufunc: Any, name: str, inputs: tuple[Array, ...], options: dict[str, Any], first: Any
) -> Any:
    """A frame of columns of several dtypes, each of which keeps its own."""
    shape = first.array.shape
    columns = []
    for k in range(shape[1]):
        parts = tuple(first.cut(x, k, shape) for x in inputs)
        columns.append(elementwise(ufunc, name, parts, dict(options)))
    if columns and isinstance(columns[0], tuple):
        return tuple(first.bound(list(each)) for each in zip(*columns, strict=True))
    return first.bound(columns)


def in_line(opened: dict[int, Opened], inputs: tuple[Array, ...]) -> bool:
    """Whether containers have one shape, one package and one order, and all else is no larger."""
    first, *others = opened.values()
    shape = first.array.shape
    try:
        for each in others:
            if type(each) is not type(first) or each.array.shape != shape:
                return False
            first.beside("", "", each, ())
        rest = (x for k, x in enumerate(inputs) if k not in opened)
        return all(arguments.fits(np.shape(x), shape) for x in rest)
    except ValueError as error:
        if not arguments.own(error, *OPENERS):
            raise
        return False


# Packages whose containers need more than a ufunc of elements: all ufuncs, or those of two results.
EVERY, PAIRS = frozenset({"polars"}), frozenset({"dask", "pandas", "xarray"})
_pairs: set[ref[Any]] = set()


def direct_until(function: Any, results: int) -> bool:
    """Whether a ufunc may be called by itself; if so, `_detour` is called when that ends."""
    if results == 2:
        if PAIRS & sys.modules.keys():
            return False
        _pairs.add(ref(function, _pairs.discard))
    return threads.direct_until(function)


class Watch:
    """Finds no module: it tells when packages come whose containers ufuncs must not meet."""

    def find_spec(self, name: str, *_: Any) -> None:
        """Let calls go the longer way once such a package is imported."""
        if name in EVERY:
            threads.end_direct_calls()
        elif name in PAIRS:
            threads.detour(_pairs)
            _pairs.clear()


if EVERY & sys.modules.keys():
    threads.end_direct_calls()
else:
    sys.meta_path.insert(0, Watch())
