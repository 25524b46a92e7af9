"""Containers of pandas, polars and xarray: the arrays in them, and results put into others."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from fastact import arguments

Array = Any
F = TypeVar("F", bound=Callable[..., Any])

# What needs no look: NumPy's own arrays and scalars, and what is made into them.
PLAIN = frozenset(
    {np.ndarray, float, int, bool, str, list, tuple, type(None), np.bool_, np.float16, np.float32,
     np.float64, np.int64}
)  # fmt: skip
# Why the arrays of a package are refused, by the package and the class, "" being any.
REFUSED = {
    ("numpy", "MaskedArray"): (
        "an array, got a masked array: pass its data, and the mask as where=~mask where the "
        "function takes one"
    ),
    ("awkward", ""): (
        "an array, got an awkward array: pass rows of one length with awkward.to_numpy(), ragged "
        "ones to fastact.softmax.sequences or its kin, with "
        "offsets=numpy.cumsum([0, *awkward.num(…)]) and the elements from awkward.flatten()"
    ),
    ("sparse", ""): "a dense array, got a sparse one: pass its .todense()",
    ("scipy", ""): "a dense array, got a sparse one: pass its .toarray()",
    ("polars", "LazyFrame"): "a Series or DataFrame, got a LazyFrame: pass its .collect()",
    ("polars", "Expr"): "a Series or DataFrame, got an expression: use its .map_batches()",
    ("polars", "GroupBy"): "a Series or DataFrame, got groups: use their .map_groups()",
    ("xarray", "Dataset"): "a DataArray, got a Dataset: use its .map()",
    ("dask_expr", ""): "an array, got a dask collection: use its .map_partitions()",
    ("dask", ""): "an array, got a dask collection: use its .map_partitions()",
}
LAZY = (
    "an array in memory, got a dask array: pass its .compute(), use its .map_blocks(), or see "
    "fastact.dask"
)


def package(value: Any) -> tuple[str, str]:
    """The package that an object's class is from, and the class; of NumPy, masked arrays only."""
    for kind in type(value).__mro__:
        root = kind.__module__.partition(".")[0]
        if root in OPENERS or (root, kind.__name__) in REFUSED or (root, "") in REFUSED:
            return root, kind.__name__
    return "", ""


def is_dask(value: Any) -> bool:
    """Whether this is a dask array."""
    return type(value) not in PLAIN and package(value) == ("dask", "Array")


# ---------------------------------------------------------------- containers that are opened
Kept = tuple[int | None, ...]  # the axis of the array that each axis of the result is, if it is one


class Opened:
    """The array in a container; `missing` tells where it has none, None for nowhere."""

    def __init__(self, container: Any, array: Any, missing: Any = None) -> None:
        self.container, self.array, self.missing = container, array, missing

    def wrapped(self, result: Any, kept: Kept) -> Any:
        """A container with this result."""
        raise NotImplementedError

    def beside(self, name: str, argument: str, other: Any, axes: tuple[int, ...]) -> Any:
        """The array of another container of this package, once its labels are known to agree."""
        return other.array

    def aligned(self, name: str, opened: dict[str, Any]) -> dict[str, Any]:
        """The containers of a function of elements, this among them, with the same labels."""
        for key, other in opened.items():
            self.beside(name, key, other, ())
        return opened

    mixed = False  # whether columns have dtypes of their own

    def cut(self, k: int, first: Any) -> Any:
        """The column of a frame, or what stands beside that of the frame `first`."""
        raise NotImplementedError

    def bound(self, columns: list[Any]) -> Any:
        """Columns as a frame."""
        raise NotImplementedError

    def gaps(self, result: Any) -> Any:
        """Where a result of the array's shape has no value."""
        same = self.missing is not None and self.missing.shape == result.shape
        return self.missing if same else None


def disagree(name: str, argument: str, how: str) -> ValueError:
    """The error for two containers of which it is unclear what belongs together."""
    return ValueError(
        f"{name}(): {argument} must have the labels of the first array, got others; {how}"
    )


def common_dtype(dtypes: list[Any]) -> Any:
    """The dtype of columns as one array: that of floats, with integers as float64."""
    if len(set(dtypes)) == 1:
        return dtypes[0]
    if any(d.kind == "f" for d in dtypes):
        return np.result_type(*(np.float64 if d.kind in "iu" else d for d in dtypes))
    return np.result_type(*dtypes) if dtypes else np.dtype(np.float64)


def joined(columns: list[Any], absent: list[Any], rows: int, *, frame: bool) -> tuple[Any, Any]:
    """Columns and what they lack as arrays, of two axes for those of a frame."""
    if not frame:
        return columns[0], absent[0]
    array = np.empty((rows, len(columns)), common_dtype([c.dtype for c in columns]))
    missing = np.zeros(array.shape, bool) if any(a is not None for a in absent) else None
    for k, (column, gaps) in enumerate(zip(columns, absent, strict=True)):
        array[:, k] = column
        if gaps is not None and missing is not None:
            missing[:, k] = gaps
    return array, missing


class Pandas(Opened):
    """A Series, DataFrame, Index or an array of pandas: index, columns and names are kept."""

    def __init__(self, name: str, argument: str, container: Any) -> None:
        import pandas as pd

        kinds = pd.DataFrame | pd.Series | pd.Index | pd.api.extensions.ExtensionArray
        if not isinstance(container, kinds) or isinstance(container, pd.MultiIndex):
            expected = "a DataFrame or a Series, Index or array of numbers"
            raise arguments.refused(name, argument, expected, type(container).__name__)
        self.frame = isinstance(container, pd.DataFrame)
        plain = self.frame or isinstance(container, pd.Series)
        self.whole = whole = container if plain else pd.Series(container)
        columns = [whole.iloc[:, k] for k in range(whole.shape[1])] if self.frame else [whole]
        self.labels: tuple[Any, ...] = (
            (whole.index, whole.columns) if self.frame else (whole.index,)
        )
        families = {self.family_of(name, argument, c.dtype) for c in columns}
        self.family = families.pop() if len(families) == 1 else "numpy"
        found = [self.parts(c) for c in columns]
        values, absent = [v for v, _ in found], [a for _, a in found]
        self.mixed = len({str(c.dtype) for c in columns}) > 1
        super().__init__(container, *joined(values, absent, len(whole), frame=self.frame))

    @staticmethod
    def family_of(name: str, argument: str, dtype: Any) -> str:
        """Whether results get NumPy's dtypes, pandas' nullable ones or those of Arrow."""
        ours = isinstance(dtype, np.dtype)
        found = dtype if ours else getattr(dtype, "numpy_dtype", None)
        if found is None or found.kind not in "biufc":
            hint = ": pass its .astype(float) if it holds numbers" * (str(dtype) == "object")
            raise arguments.refused(name, argument, "numbers", f"dtype {dtype}{hint}")
        if ours:
            return "numpy"
        return "arrow" if type(dtype).__name__ == "ArrowDtype" else "nullable"

    @staticmethod
    def parts(column: Any) -> tuple[Any, Any]:
        """The values of a column, and where a nullable one has none."""
        if isinstance(column.dtype, np.dtype):
            return column.to_numpy(), None
        dtype, absent = column.dtype.numpy_dtype, column.isna().to_numpy(dtype=bool)
        if not absent.any():
            return column.to_numpy(dtype=dtype), None
        return column.to_numpy(dtype=dtype, na_value=dtype.type(0)), absent

    def column(self, values: Any, gaps: Any) -> Any:
        """Floats as a column of this family; NaN stays what it is."""
        import pandas as pd

        values = np.ascontiguousarray(values)
        if self.family == "nullable" and values.dtype != np.float16:
            absent = np.zeros(values.shape, bool) if gaps is None else gaps.copy()
            return pd.arrays.FloatingArray(values, absent)
        if self.family == "arrow":
            import pyarrow as pa

            return pd.arrays.ArrowExtensionArray(pa.array(values, mask=gaps, from_pandas=False))
        return values

    def wrapped(self, result: Any, kept: Kept) -> Any:
        """A container with this result."""
        import pandas as pd

        labels, gaps = [None if k is None else self.labels[k] for k in kept], self.gaps(result)
        if result.ndim == 2:
            made = pd.DataFrame(result, labels[0])
            if self.family != "numpy":
                columns = range(result.shape[1])
                absent = [None if gaps is None else gaps[:, k] for k in columns]
                parts = {k: self.column(result[:, k], absent[k]) for k in columns}
                made = pd.DataFrame(parts, labels[0])
            if labels[1] is not None:
                made.columns = labels[1]
            return made.__finalize__(self.whole)
        values = self.column(result, gaps)
        if isinstance(self.container, pd.Index):
            return pd.Index(values, name=self.container.name)
        if self.whole is not self.container:
            return pd.array(values) if self.family == "numpy" else values
        return pd.Series(values, labels[0], name=None if self.frame else self.whole.name)

    def aligned(self, name: str, opened: dict[str, Any]) -> dict[str, Any]:
        """Each with all labels, as `numpy.multiply` has it; those of a Series are columns."""
        labelled = {key: o for key, o in opened.items() if o.whole is o.container}
        ndim = max((len(o.labels) for o in labelled.values()), default=0)
        every = []
        for back in range(ndim):
            found = [o.labels[-1 - back] for o in labelled.values() if len(o.labels) > back]
            every.append(functools.reduce(lambda a, b: a if a.equals(b) else a.union(b), found))
        reordered = {}
        for key, o in labelled.items():
            wanted = every[: len(o.labels)][::-1]
            if all(a.equals(b) for a, b in zip(o.labels, wanted, strict=True)):
                continue
            if not all(labels.is_unique for labels in o.labels):
                how = "and some twice: pass its .to_numpy() if the order is the same"
                raise disagree(name, key, how)
            whole = o.whole.reindex(**dict(zip(("index", "columns"), wanted, strict=False)))
            reordered[key] = Pandas(name, key, whole)
        return opened | reordered

    def cut(self, k: int, first: Pandas) -> Any:
        """The column of a frame, or what stands beside that of the frame `first`."""
        if self.frame:
            return self.whole.iloc[:, k]
        rows = np.full(len(first.whole), k if len(self.whole) > 1 else 0)
        return self.whole.iloc[rows].set_axis(first.whole.index)

    def bound(self, columns: list[Any]) -> Any:
        """Columns as a frame."""
        import pandas as pd

        made = pd.concat(columns, axis=1)
        made.columns = self.whole.columns
        return made.__finalize__(self.whole)

    def beside(self, name: str, argument: str, other: Any, axes: tuple[int, ...]) -> Any:
        """Labels are compared, not aligned: whoever has others passes an array."""
        ours, theirs = self.labels, other.labels
        if len(theirs) == len(ours):
            agree = all(len(a) != len(b) or a.equals(b) for a, b in zip(ours, theirs, strict=True))
        else:  # a column beside a frame: one number for each row, or one for each column
            (index,) = theirs if len(theirs) == 1 else ours
            sides = [side for side in max(ours, theirs, key=len) if len(side) == len(index)]
            agree = not sides or any(side.equals(index) for side in sides)
        if not agree:
            raise disagree(name, argument, "pass its .to_numpy() if the order is the same")
        return other.array


LARGE = frozenset({"Int128", "UInt128"})  # polars' dtypes that NumPy has no other for


class Polars(Opened):
    """A Series or DataFrame of polars: names are kept."""

    def __init__(self, name: str, argument: str, container: Any) -> None:
        import polars as pl

        self.frame = isinstance(container, pl.DataFrame)
        columns = container.get_columns() if self.frame else [container]
        for c in columns:
            if not (c.dtype.is_numeric() or c.dtype == pl.Boolean):
                raise arguments.refused(name, argument, "numbers", f"dtype {c.dtype}")
            if c.dtype.is_decimal() or str(c.dtype) in LARGE:
                expected, hint = "numbers of at most 64 bits", "pass its .cast(polars.Float64)"
                raise arguments.refused(name, argument, expected, f"dtype {c.dtype}: {hint}")
        absent = [c.is_null().to_numpy() if c.null_count() else None for c in columns]
        filled = [c.fill_null(value=False if c.dtype == pl.Boolean else 0) for c in columns]
        found = [c.to_numpy() for c in filled]
        self.mixed = len({c.dtype for c in columns}) > 1
        super().__init__(container, *joined(found, absent, len(container), frame=self.frame))

    def beside(self, name: str, argument: str, other: Any, axes: tuple[int, ...]) -> Any:
        """Names of columns are compared, as pandas' labels are."""
        if self.frame and other.frame:
            ours, theirs = self.container.columns, other.container.columns
            if len(ours) == len(theirs) and ours != theirs:
                how = "pass its .select() of these columns, or .to_numpy() if the order is the same"
                raise disagree(name, argument, how)
        return other.array

    def aligned(self, name: str, opened: dict[str, Any]) -> dict[str, Any]:
        """A Series beside a DataFrame may be of rows or of columns."""
        for key, other in opened.items():
            if other.frame != self.frame:
                raise arguments.refused(
                    name, key, "a DataFrame or an array beside a DataFrame",
                    "Series: pass its .to_numpy(), of which each number is for a column, or "
                    ".to_numpy()[:, None], of which each is for a row",
                )  # fmt: skip
        return super().aligned(name, opened)

    def cut(self, k: int, first: Any) -> Any:
        """The column of a frame."""
        return self.container.get_columns()[k]

    def bound(self, columns: list[Any]) -> Any:
        """Columns as a frame."""
        import polars as pl

        return pl.DataFrame(columns)

    @staticmethod
    def column(name: str, values: Any, gaps: Any) -> Any:
        """Floats as a column."""
        import polars as pl

        made = pl.Series(name, np.ascontiguousarray(values))
        return made if gaps is None else made.set(pl.Series(gaps), None)

    def wrapped(self, result: Any, kept: Kept) -> Any:
        """A container with this result."""
        import polars as pl

        gaps = self.gaps(result)
        if result.ndim == 1:
            return self.column("" if self.frame else self.container.name, result, gaps)
        columns = range(result.shape[1])
        names = self.container.columns if kept[1] == 1 else [f"column_{k}" for k in columns]
        absent = [None if gaps is None else gaps[:, k] for k in columns]
        return pl.DataFrame([self.column(names[k], result[:, k], absent[k]) for k in columns])


# What arguments of functions along an axis have a number for; others are broadcast to the array.
OF = {
    "weight": "class", "bias": "class",
    "labels": "row", "lengths": "row", "temperature": "row", "ds": "row",
}  # fmt: skip


class Xarray(Opened):
    """A DataArray of xarray: dimensions, coordinates, name and attributes are kept."""

    def __init__(self, name: str, argument: str, container: Any) -> None:
        data = container.data
        inner = None if is_dask(data) else opener(name, argument, data)
        super().__init__(container, data if inner is None else inner.array)

    def wrapped(self, result: Any, kept: Kept) -> Any:
        """A container with this result."""
        import xarray as xr

        x = self.container
        there = {x.dims[k] for k in kept if k is not None}
        others = iter(d for d in x.dims if d not in there)
        dims = tuple(next(others) if k is None else x.dims[k] for k in kept)
        if not hasattr(x, "coords"):
            return xr.Variable(dims, result, x.attrs)
        coords = {key: c for key, c in x.coords.items() if there.issuperset(c.dims)}
        return xr.DataArray(result, coords, dims, x.name, x.attrs)

    def beside(self, name: str, argument: str, other: Any, axes: tuple[int, ...]) -> Any:
        """Dimensions are matched by their names; labels must be the same.

        One number for each row has the dimensions of the rows, one for each class those of the
        axis. Other arrays are broadcast, by their names too.
        """
        dims, found = self.container.dims, other.container.dims
        if not found:
            return other.array
        along = tuple(dims[k] for k in axes)
        rest = tuple(d for d in dims if d not in along)
        some = tuple(d for d in dims if d in found)
        each = OF.get(argument) if axes else None
        allowed = {"class": (along,), "row": (dims, rest)}.get(each or "", (some,))
        wanted = next((w for w in allowed if set(w) == set(found)), None)
        if wanted is None:
            which = " or ".join(map(str, allowed)) if each else f"{dims} or some of them"
            raise disagree(name, argument, f"pass one with the dimensions {which}")
        ours, theirs = (getattr(c.container, "indexes", {}) for c in (self, other))
        if not all(ours[key].equals(theirs[key]) for key in found if key in ours and key in theirs):
            raise disagree(name, argument, "see xarray.align")
        array = np.transpose(other.array, [found.index(d) for d in wanted])
        if each:
            return array
        behind = dims[dims.index(some[0]) :]  # those before broadcast by themselves
        return array[tuple(slice(None) if d in found else None for d in behind)]


OPENERS: dict[str, Callable[[str, str, Any], Opened]] = {
    "pandas": Pandas, "polars": Polars, "xarray": Xarray,
}  # fmt: skip


def opener(name: str, argument: str, value: Any) -> Opened | None:
    """The container opened; None if it is an array already; an error if it is neither."""
    root, kind = package(value)
    for key in ((root, kind), (root, "")):
        if key in REFUSED:
            raise TypeError(f"{name}(): {argument} must be {REFUSED[key]}")
    if root in OPENERS:
        return OPENERS[root](name, argument, value)
    foreign = hasattr(type(value), "__array_ufunc__") and not isinstance(
        value, np.ndarray | np.generic
    )
    if foreign:
        raise arguments.refused(
            name, argument, "an array", f"{type(value).__name__}: pass numpy.asarray(…) of it"
        )
    return None


def takes_one(value: Any) -> bool:
    """Whether a container takes no ufunc of two results: dask's, and xarray's around them."""
    return package(value)[0] in {"dask", "xarray"}


def array(name: str, argument: str, value: Any) -> Any:
    """What is an array already or is made into one; an error for any container."""
    if type(value) in PLAIN:
        return value
    if is_dask(value):
        raise TypeError(f"{name}(): {argument} must be {LAZY}")
    if opener(name, argument, value) is not None:
        raise arguments.refused(name, argument, "an array", f"{type(value).__name__}")
    return value
