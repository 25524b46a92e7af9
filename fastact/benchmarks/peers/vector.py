"""Libraries of vector mathematics: Intel's MKL, and simd-ml-kernels."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from ctypes.util import find_library
from pathlib import Path
from typing import Any

import numpy as np

from fastact.benchmarks.peers.peer import FORWARD, Calls, Peer, into, one_thread

LETTERS = {np.dtype(np.float32): "s", np.dtype(np.float64): "d"}


def library() -> ctypes.CDLL:
    """Load libmkl_rt, of the package `mkl` or of the system."""
    places = (Path(place) for place in sys.path if place.endswith("site-packages"))
    found = [file for place in places for file in place.parents[1].glob("libmkl_rt.so*")]
    name = str(found[0]) if found else find_library("mkl_rt")
    if name is None:
        raise ModuleNotFoundError("no libmkl_rt", name="mkl")
    return ctypes.CDLL(name)


def mkl() -> Peer:
    """MKL's vector mathematics in its accurate mode, and NumPy for the arithmetic around it."""
    loaded = library()

    def vector(name: str) -> Callable[..., Any]:
        both = {dtype: loaded[f"v{letter}{name}"] for dtype, letter in LETTERS.items()}
        for each in both.values():
            each.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)

        def call(x: Any, out: Any = None) -> Any:
            out = np.empty_like(x) if out is None else out
            both[x.dtype](x.size, x.ctypes.data, out.ctypes.data)
            return out

        return call

    exp, expm1, log1p, normal = map(vector, ("Exp", "Expm1", "Log1p", "CdfNorm"))
    whole = {name.lower(): vector(name) for name in ("Tanh", "Erf", "Erfc")} | {"exponential": exp}

    def sigmoid(x: Any, out: Any = None) -> Any:
        out = np.negative(x, out)
        exp(out, out)
        np.add(out, 1, out)
        return np.reciprocal(out, out)

    def softplus(x: Any, out: Any = None) -> Any:
        out = exp(x, out)
        return log1p(out, out)

    whole |= {"sigmoid": sigmoid, "softplus": softplus}
    calls: Calls = {(name, FORWARD): f for name, f in whole.items()} | into(whole)
    calls["gelu", FORWARD] = lambda x: np.multiply(y := normal(x), x, out=y)
    calls["silu", FORWARD] = lambda x: np.multiply(y := sigmoid(x), x, out=y)
    calls["elu", FORWARD] = lambda x: np.where(x > 0, x, expm1(x))
    return Peer("mkl", ("float32", "float64"), np.asarray, calls, loaded["MKL_Set_Num_Threads"])


def simd_ml_kernels() -> Peer:
    """simd-ml-kernels: float32, one thread."""
    import simd_ml_kernels as kernels

    calls: Calls = {
        ("gelu", FORWARD): kernels.gelu,
        ("gelu_tanh", FORWARD): lambda x: kernels.gelu(x, approximate="tanh"),
        ("relu", FORWARD): kernels.relu,
        ("silu", FORWARD): kernels.silu,
        ("softmax", FORWARD): kernels.softmax,
    }
    return Peer("simd-ml-kernels", ("float32",), np.asarray, calls, one_thread)
