"""The hash of what every function gives on a fixed set of inputs: ``python -m tests.support.bits``.

Two machines that print the same lines compute the same bits. Names of functions, of one of their
varieties (``gelu_backward``) and of dtypes after the command choose some. A NaN counts as NaN,
whatever its sign and payload. What works on rows has a second line, for rows as they are in use:
most of the first inputs leave of a row one number or none.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

import fastact as fa
from fastact.native import loop_registry
from fastact.native.ufunc import registry

SIZE = 40_001  # more than one thread takes, and no multiple of anything
ROW = 67
CENTRE = 24.0  # where most functions do what they are known for
ODD = {"float16": 40_503, "float32": 2_654_435_769, "float64": 11_400_714_819_323_198_485}
UNSIGNED = {"float16": np.uint16, "float32": np.uint32, "float64": np.uint64}


def inputs(dtype: str, shift: int) -> np.ndarray:
    """Bit patterns over all exponents, and every second one an even grid over the centre.

    Nothing but integers and exact steps makes them, so they are the same wherever this runs.
    """
    kind, numbers = UNSIGNED[dtype], np.arange(SIZE, dtype=np.uint64) + np.uint64(shift * SIZE)
    with np.errstate(over="ignore"):
        x = (numbers * np.uint64(ODD[dtype])).astype(kind).view(dtype)
    grid = (np.arange(SIZE) * 7919 + shift) % SIZE
    x[::2] = ((grid - SIZE // 2) * (CENTRE * 2 / 2**16)).astype(dtype)[::2]
    return x


def parameters() -> dict[str, tuple[float, ...]]:
    """The typical values of parameters by the name of the ufunc."""
    functions = (g for f in fa.activations.values() for g in f._functions())
    return {g.name: tuple(p.typical for p in g.params) for g in functions}


def rows(dtype: str, shift: int) -> np.ndarray:
    """Rows as they are in use, one after the other; made exactly, as `inputs` are.

    Of eight rows, four hold numbers of either sign up to 8, one large numbers close together, one
    such numbers that are -inf here and there, one a NaN, and one -inf or inf throughout.
    """
    i, k = np.divmod(np.arange(SIZE // ROW * ROW), ROW)
    x = ((np.arange(i.size) * 7919 + shift * 17) % SIZE - SIZE // 2) / 2.0**12 * 2
    with np.errstate(invalid="ignore"):
        x = np.select(
            [i % 8 == 4, (i % 8 == 5) & ((i + k) % 3 == 0), (i % 8 == 6) & (k == i % ROW)],
            [2.0 ** (np.finfo(dtype).nmant - 1) + np.rint(x), -np.inf, np.nan],
            np.where(i % 8 == 7, np.where(i % 16 == 7, -np.inf, np.inf), x),
        )
    return x.astype(dtype)


def of_each_row(kind: str) -> np.ndarray:
    """A number of each row: a label or length, or what is multiplied by or added."""
    number = np.arange(SIZE // ROW)
    return number % ROW if kind == "l" else (1.0 + number % 8) / 4.0


def shapes_of(ufunc: Any) -> list[str]:
    """The core dimensions of each input: ``(n)``, or ``()`` for a number of a row."""
    return str(ufunc.signature).split("->")[0].replace("),(", ") (").split()


def results(name: str, dtype: str, place: Callable[[Any], Any] = np.asarray) -> list[Any]:
    """What a ufunc gives: its inputs are data, then parameters; of rows if it works on rows.

    `place` puts data elsewhere in memory.
    """
    ufunc, params = registry[name](), parameters().get(name, ())
    data = [place(inputs(dtype, k)) for k in range(ufunc.nin - len(params))]
    if ufunc.signature is not None:
        data = [x[: x.size // ROW * ROW].reshape(-1, ROW) for x in data]
        data = [x[:, 0] if s == "()" else x for x, s in zip(data, shapes_of(ufunc), strict=False)]
    values = (np.asarray(p, dtype) for p in params)
    found = ufunc(*data, *values)
    return list(found) if isinstance(found, tuple) else [found]


def results_of_rows(name: str, dtype: str) -> list[Any]:
    """What a ufunc that works on rows gives for `rows`, whatever else its operands are."""
    ufunc = registry[name]()
    kinds, data = types_of(ufunc, dtype), []
    for k, (kind, shape) in enumerate(zip(kinds, shapes_of(ufunc), strict=True)):
        if shape == "()":
            data.append(of_each_row(kind))
        elif kind == "?":
            data.append(np.arange(SIZE // ROW * ROW).reshape(-1, ROW) % 5 != 0)
        else:
            data.append(rows(np.dtype(kind).name, k).reshape(-1, ROW))
    found = ufunc(*data)
    return list(found) if isinstance(found, tuple) else [found]


def digest(arrays: list[Any]) -> str:
    found = hashlib.blake2b(digest_size=8)
    for y in arrays:
        found.update(np.where(np.isnan(y), y.dtype.type(np.nan), y).tobytes())
    return found.hexdigest()


def plain(name: str, dtype: str) -> bool:
    """Whether all operands of a ufunc are of this dtype."""
    return any(set(types) <= {np.dtype(dtype).char, "-", ">"} for types in registry[name]().types)


def types_of(ufunc: Any, dtype: str) -> str:
    """The types of the inputs of the loop whose first input is of this dtype, or none."""
    found = (types.split("->")[0] for types in ufunc.types)
    return next((types for types in found if types[0] == np.dtype(dtype).char), "")


def on_rows(name: str, dtype: str) -> bool:
    """Whether a ufunc works on rows of this dtype."""
    ufunc = registry[name]()
    return ufunc.signature is not None and bool(types_of(ufunc, dtype))


def chosen(words: set[str], wanted: Callable[[str, str], bool] = plain) -> list[tuple[str, str]]:
    """The ufuncs and dtypes that are named, or all, and of these the wanted ones."""
    owners = {spec.name: spec.function for spec in loop_registry.loops()}
    dtypes = words & set(loop_registry.DTYPES) or set(loop_registry.DTYPES)
    names = words - dtypes or set(registry)
    found = [name for name in registry if {name, owners.get(name)} & names]
    return [(n, d) for n in found for d in loop_registry.DTYPES if d in dtypes and wanted(n, d)]


def lines(words: set[str]) -> Iterator[str]:
    """A line for each ufunc and dtype that is named, or all; one more if it works on rows."""
    for name, dtype in chosen(words):
        yield f"{digest(results(name, dtype))} {dtype} {name}"
    for name, dtype in chosen(words, on_rows):
        yield f"{digest(results_of_rows(name, dtype))} {dtype} {name} of rows"


def together(found: Iterable[str]) -> str:
    """The SHA-256 of lines, in any order."""
    return hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest()


def main() -> None:
    found = []
    for line in lines(set(sys.argv[1:])):
        found.append(line)
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{together(found)} all\n")


if __name__ == "__main__":
    main()
