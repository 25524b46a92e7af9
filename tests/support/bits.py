"""The hash of what every function gives on a fixed set of inputs: ``python -m tests.support.bits``.

Two machines that print the same lines compute the same bits. Names of functions, of one of their
varieties (``gelu_backward``) and of dtypes after the command choose some. A NaN counts as NaN,
whatever its sign and payload.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
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


def results(name: str, dtype: str, place: Callable[[Any], Any] = np.asarray) -> list[Any]:
    """What a ufunc gives: its inputs are data, then parameters; of rows if it works on rows.

    `place` puts data elsewhere in memory.
    """
    ufunc, params = registry[name](), parameters().get(name, ())
    data = [place(inputs(dtype, k)) for k in range(ufunc.nin - len(params))]
    if ufunc.signature is not None:
        data = [x[: x.size // ROW * ROW].reshape(-1, ROW) for x in data]
        shapes = ufunc.signature.split("->")[0].replace("),(", ") (").split()
        data = [x[:, 0] if shape == "()" else x for x, shape in zip(data, shapes, strict=False)]
    values = (np.asarray(p, dtype) for p in params)
    found = ufunc(*data, *values)
    return list(found) if isinstance(found, tuple) else [found]


def digest(arrays: list[Any]) -> str:
    found = hashlib.blake2b(digest_size=8)
    for y in arrays:
        found.update(np.where(np.isnan(y), y.dtype.type(np.nan), y).tobytes())
    return found.hexdigest()


def plain(name: str, dtype: str) -> bool:
    """Whether all operands of a ufunc are of this dtype."""
    return any(set(types) <= {np.dtype(dtype).char, "-", ">"} for types in registry[name]().types)


def chosen(words: set[str]) -> list[tuple[str, str]]:
    """The ufuncs and dtypes that are named, or all."""
    owners = {spec.name: spec.function for spec in loop_registry.loops()}
    dtypes = words & set(loop_registry.DTYPES) or set(loop_registry.DTYPES)
    names = words - dtypes or set(registry)
    found = [name for name in registry if {name, owners.get(name)} & names]
    return [(n, d) for n in found for d in loop_registry.DTYPES if d in dtypes and plain(n, d)]


def main() -> None:
    together = hashlib.blake2b(digest_size=8)
    for name, dtype in chosen(set(sys.argv[1:])):
        line = f"{digest(results(name, dtype))} {dtype} {name}\n"
        together.update(line.encode())
        sys.stdout.write(line)
    sys.stdout.write(f"{together.hexdigest()} all\n")


if __name__ == "__main__":
    main()
