"""Ufuncs of elements, and the containers that they must not be called with as they are."""

from __future__ import annotations

import sys
from typing import Any
from weakref import ref

import numpy as np

from fastact import arguments
from fastact.arguments import is_container
from fastact.containers.opened import PLAIN, Opened, opener, package
from fastact.native import threads
from fastact.native.ufunc import quiet

Array = Any


def elementwise(ufunc: Any, name: str, inputs: dict[str, Array], options: dict[str, Any]) -> Any:
    """Call a ufunc of elements with arguments by name, of which some may be containers.

    Those of pandas and polars are opened: polars takes the first dtype of a ufunc that holds the
    input, pandas makes arrays of numbers that stand beside a DataFrame, aligns only what it holds
    in arrays of NumPy, and gives up where a DataFrame has several dtypes. The others are left to
    themselves.
    """
    opened: dict[str, Opened] = {
        key: found for key, x in inputs.items() if opens(x) and (found := opener(name, key, x))
    }
    if not opened:
        return passed_on(ufunc, name, inputs, options)
    top = max(opened, key=lambda key: opened[key].array.ndim)
    for key, x in inputs.items():
        if type(opened.get(key)) is not type(opened[top]) and (key in opened or is_container(x)):
            expected = f"an array beside the {type(opened[top].container).__name__} {top}"
            raise arguments.refused(
                name, key, expected, f"{type(x).__name__}: pass an array of NumPy's"
            )
    opened = opened[top].aligned(name, opened)
    first = opened[top]
    shape = first.array.shape
    arrays = {key: opened[key].array if key in opened else x for key, x in inputs.items()}
    for key, array in arrays.items():
        arguments.broadcast(name, key, array, shape, f"the shape of {top}")
    outs = options.get("out")
    if outs is None and any(o.mixed for o in opened.values()):
        return column_by_column(ufunc, name, inputs | opened, options, first)
    if all(kind_of(a) in {*arguments.INTEGRAL, ""} for a in arrays.values()):
        options["dtype"] = options.get("dtype") or np.float64
    places = outs if isinstance(outs, tuple) else (outs,) * (outs is not None)
    into = [place_of(name, first, out) for out in places]
    if outs is not None:
        options["out"] = tuple(getattr(each, "array", each) for each in into)
    where = options.get("where", True)
    try:
        results = quiet(ufunc, *arrays.values(), **options)
    except arguments.ERRORS as error:
        rest = {key: value for key, value in options.items() if key not in {"out", "where"}}
        arguments.explain(error, name, options.get("out"), where, rest, **arrays)
        raise
    lost = [np.broadcast_to(o.missing, shape) for o in opened.values() if o.missing is not None]
    first.missing = np.logical_or.reduce(lost) if lost else None
    if not isinstance(results, tuple):
        return delivered(first, results, where, *into)
    return tuple(
        delivered(first, result, where, *into[k : k + 1]) for k, result in enumerate(results)
    )


def place_of(name: str, first: Opened, out: Any) -> Any:
    """What a result is written to: an array, or a Series or DataFrame of pandas, opened."""
    if out is None or isinstance(out, np.ndarray):
        return out
    if not (hasattr(out, "iloc") and type(opened := opener(name, "out", out)) is type(first)):
        raise arguments.refused(name, "out", "an ndarray", type(out).__name__)
    first.beside(name, "out", opened, ())
    if opened.mixed and any(dtype.kind in arguments.INTEGRAL for dtype in out.dtypes):
        raise arguments.refused(name, "out", "of floats in every column", "integers in some")
    opened.array = opened.array.copy()
    return opened


def delivered(first: Opened, result: Any, where: Any, into: Any = None) -> Any:
    """A result in a container like the first one, or in what it was to be written to."""
    kept = tuple(range(first.array.ndim))
    if into is None:
        return first.wrapped(result, kept)
    lost = None if first.missing is None else first.missing & where
    if not isinstance(into, Opened):
        if lost is not None:
            into[lost] = np.nan
        return into
    if lost is not None:
        into.missing = lost if into.missing is None else lost | (into.missing & ~np.asarray(where))
    into.container[:] = into.wrapped(into.array, kept)
    return into.container


def opens(x: Any) -> bool:
    """Whether a value is of a package whose containers are opened."""
    return type(x) not in PLAIN and package(x)[0] in arguments.OPENED


def passed_on(ufunc: Any, name: str, inputs: dict[str, Array], options: dict[str, Any]) -> Any:
    """Call a ufunc with containers that take part in ufuncs by themselves."""
    given = [np.asarray(x) if isinstance(x, list | tuple) else x for x in inputs.values()]
    arrays = [x for x in given if getattr(x, "ndim", 0)]
    if len(given) > 1:
        for key, x in inputs.items():
            if package(x) == ("xarray", "Dataset"):  # of which each variable has its own dtype
                opener(name, key, x)
        if arrays and all(kind_of(x) in arguments.INTEGRAL for x in arrays):
            given = [as_float64(x) if getattr(x, "ndim", 0) else x for x in given]
            options.pop("dtype", None)
    return quiet(ufunc, *given, **options)


def in_a_row(x: Any) -> Any:
    """The elements of a ragged array one after another; anything else as it is."""
    if package(x)[0] == "awkward":
        import awkward as ak

        return ak.to_numpy(ak.flatten(x, axis=None))
    return x


def in_rule(x: Any) -> Any:
    """What is compared where a rule is checked: ragged arrays compare themselves."""
    return x if package(x)[0] == "awkward" else np.asarray(x)


def kind_of(x: Any) -> str:
    """The kind of an array's dtype."""
    return str(getattr(getattr(in_a_row(x), "dtype", None), "kind", ""))


def as_float64(x: Any) -> Any:
    """An array of integers in the dtype that they stand for, before dispatch asks them for it."""
    if package(x)[0] == "awkward":
        import awkward as ak

        return ak.values_astype(x, np.float64)
    return x.astype(np.float64)


def column_by_column(
    ufunc: Any, name: str, inputs: dict[str, Any], options: dict[str, Any], first: Opened
) -> Any:
    """A frame of columns of several dtypes, each of which keeps its own."""
    shape = first.array.shape

    def cut(value: Any, k: int) -> Any:
        if isinstance(value, Opened):
            return value.cut(k, first)
        return np.broadcast_to(value, shape)[:, k] if np.ndim(value) else value

    where = options.pop("where", True)
    columns = []
    for k in range(shape[1]):
        parts = {key: cut(x, k) for key, x in inputs.items()}
        columns.append(elementwise(ufunc, name, parts, options | {"where": cut(where, k)}))
    if isinstance(columns[0], tuple):
        return tuple(first.bound(list(each)) for each in zip(*columns, strict=True))
    return first.bound(columns)


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
