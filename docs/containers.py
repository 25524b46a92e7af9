"""Make docs/containers.md, by running what it says: ``python docs/containers.py``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import fastact as fa

HEAD = """# Containers

What each container of another package gives. In every place the values and the dtype are those of
the same call with a NumPy array: float32 gives float32, integers give float64. A name is the kind
of the result, with the index, columns, dimensions and names of the first argument; of results that
lack an axis those that are left. "lazy" is computed by nobody before you ask. "-" is a TypeError
that says what to pass; the second table has what it says. Missing values stay missing in functions
of elements, and are a TypeError elsewhere, as what they mean is yours to say with `where=`. Two
containers in one call must have the same labels in the same order; functions of elements align
those of pandas and xarray, as `numpy.multiply` does. Dimensions of xarray are matched by their
names. An axis that is split into chunks is joined by `fastact.dask`, within the same bounds of
error. This page is made by `python docs/containers.py`, which runs all of it.

"""
X = np.array([[0.5, -1.0, 2.0, 0.25], [3.0, 0.0, -2.5, 1.0], [-0.5, 1.5, 0.0, 4.0]])
MASK = np.array([True, True, False, True])
LABELS = np.array([0, 2, 1])


def pandas(x: Any, dtype: str | None = None) -> Any:
    """A DataFrame with labels of its own."""
    frame = import_module("pandas").DataFrame(x, index=list("xyz"), columns=list("abcd"))
    return frame if dtype is None else frame.astype(dtype.format(x.dtype.name))


def nullable(x: Any) -> Any:
    """A DataFrame of pandas' nullable dtypes."""
    return pandas(x, x.dtype.name.capitalize())


def arrow(x: Any) -> Any:
    """A DataFrame of Arrow's dtypes."""
    name = {"float32": "float", "float64": "double"}.get(x.dtype.name, x.dtype.name)
    return pandas(x, f"{name}[pyarrow]")


def xarray(x: Any) -> Any:
    """A DataArray with coordinates along one dimension."""
    return import_module("xarray").DataArray(x, {"row": [3, 4, 5]}, ("row", "class"), "scores")


def dask(x: Any, chunks: tuple[int, int] = (2, -1)) -> Any:
    """A dask array of two chunks."""
    return import_module("dask.array").from_array(x, chunks=chunks)


CONTAINERS: dict[str, Callable[[Any], Any]] = {
    "pandas DataFrame": pandas,
    "pandas, nullable": nullable,
    "pandas, Arrow": arrow,
    "polars DataFrame": lambda x: import_module("polars").DataFrame(x, schema=list("abcd")),
    "xarray DataArray": xarray,
    "xarray of dask": lambda x: xarray(x).chunk({"row": 2}),
    "dask array": dask,
    "dask array, axis split": lambda x: dask(x, (-1, 2)),
    "awkward Array": lambda x: import_module("awkward").Array(x),
    "numpy.ma": lambda x: np.ma.array(x, mask=x > 2),
    "sparse COO": lambda x: import_module("sparse").COO(x),
}
COLUMNS: dict[str, Callable[[Any], Any]] = {  # of one axis: the first column or row
    "pandas Series": lambda x: import_module("pandas").Series(x, list("wxyz"), name="s"),
    "polars Series": lambda x: import_module("polars").Series("s", x),
}
CALLS: dict[str, Callable[[Any], Any]] = {
    "gelu": fa.gelu,
    "elu, a parameter": lambda x: fa.elu(x, 2.0),
    "value_and_derivative": fa.gelu.value_and_derivative,
    "backward": lambda x: fa.gelu.backward(x, x=x),
    "softmax": fa.softmax,
    "temperature=": lambda x: fa.log_softmax(x, temperature=2.0),
    "lengths=": lambda x: fa.softmax(x, lengths=2),
    "where=": lambda x: fa.sparsemax(x, where=MASK),
    "softcap=": lambda x: fa.softmin(x, softcap=3.0),
    "softmax.backward": lambda x: fa.softmax.backward(x, y=x),
    "sequences": lambda x: fa.softmax.sequences(x, offsets=[0, 1, 4]),
    "logsumexp": fa.logsumexp,
    "logsumexp, b=": lambda x: fa.logsumexp(x, b=[1, 2, 1, 1]),
    "swiglu": fa.swiglu,
    "forward_with_mask": fa.relu.forward_with_mask,
    "backward_params": lambda x: fa.prelu.backward_params(x, x=x, weight=0.5)["weight"],
    "cross-entropy": lambda x: fa.softmax_cross_entropy.value_and_grad(
        x, LABELS[0] if np.ndim(x) == 1 else LABELS
    ),
    "sigmoid cross-entropy": lambda x: fa.sigmoid_cross_entropy(x, 0.5, reduction="none"),
}


def shown(result: Any) -> str:
    """What a call gave: the kind of its container."""
    if isinstance(result, tuple):
        return ", ".join(map(shown, result))
    lazy = hasattr(getattr(result, "data", result), "compute") and not hasattr(result, "columns")
    kind = type(result).__name__
    kind = "number" if isinstance(result, np.generic) else kind
    return f"lazy {kind}" if lazy else kind


def outcome(call: Callable[[Any], Any], x: Any) -> tuple[str, str]:
    """What a call gives for a container, or that it is refused, and with which words."""
    try:
        return shown(call(x)), ""
    except TypeError as error:
        return "-", str(error).partition("(): ")[2]


def table(rows: list[list[str]]) -> str:
    """Rows as Markdown; the first is the head."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]) + "\n"


def page() -> str:
    """The text of the page."""
    made = {name: make(X.astype("f4")) for name, make in CONTAINERS.items()}
    made |= {name: make(X[0].astype("f4")) for name, make in COLUMNS.items()}
    found = {name: {c: outcome(call, x) for c, call in CALLS.items()} for name, x in made.items()}
    rows = [["", *found]]
    rows += [[f"`{c}`", *(found[name][c][0] for name in found)] for c in CALLS]
    told = [["container", "what the TypeError says"]]
    for name, cells in found.items():
        texts = dict.fromkeys(text for kind, text in cells.values() if kind == "-")
        told += [[name, text] for text in texts]
    return HEAD + table(rows) + "\n" + table(told)


if __name__ == "__main__":
    Path(__file__).with_suffix(".md").write_text(page(), encoding="utf-8")
