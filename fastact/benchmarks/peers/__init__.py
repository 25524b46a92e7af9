"""What fastact is compared with: one entry for each peer, in one table.

A peer is made when it is asked for, and counts only where its result is that of fastact. It runs on
as many threads as fastact does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import fastact as fa
from fastact.benchmarks.peers.array import numexpr, numpy, scipy
from fastact.benchmarks.peers.compiled import njit, njit_parallel, vectorize
from fastact.benchmarks.peers.jax import jax
from fastact.benchmarks.peers.peer import Peer
from fastact.benchmarks.peers.runtimes import onnxruntime, openvino
from fastact.benchmarks.peers.torch import torch, torch_compile
from fastact.benchmarks.peers.vector import mkl, simd_ml_kernels

__all__ = ["PEERS", "QUICK", "Entry", "load"]


class Entry(NamedTuple):
    """A peer that may be had."""

    make: Callable[[], Peer]
    install: str  # what pip calls it
    slow: bool = False  # compiles for seconds at each first call: not in a quick run


PEERS = {
    "numpy": Entry(numpy, "numpy"),
    "scipy": Entry(scipy, "scipy"),
    "numexpr": Entry(numexpr, "numexpr"),
    "njit": Entry(njit, "numba"),
    "njit_parallel": Entry(njit_parallel, "numba"),
    "vectorize": Entry(vectorize, "numba"),
    "torch": Entry(torch, "torch"),
    "torch.compile": Entry(torch_compile, "torch", slow=True),
    "jax": Entry(jax, "jax"),
    "onnxruntime": Entry(onnxruntime, "onnx onnxruntime"),
    "openvino": Entry(openvino, "openvino"),
    "mkl": Entry(mkl, "mkl"),
    "simd-ml-kernels": Entry(simd_ml_kernels, "simd-ml-kernels"),
}
QUICK = tuple(name for name, entry in PEERS.items() if not entry.slow)


def load(names: Iterable[str] = QUICK) -> tuple[dict[str, Peer], dict[str, str]]:
    """Return the peers that are installed, and for each of the others why it is left out."""
    peers, missing = {}, {}
    for name in names:
        try:
            peers[name] = peer = PEERS[name].make()
            if peer.threads:
                peer.threads(fa.get_num_threads())
        except ImportError as error:
            missing[name] = f"{error.name or error}: pip install {PEERS[name].install}"
        except (OSError, RuntimeError, AttributeError) as error:  # there, but not to be used
            missing[name] = f"{type(error).__name__}: {error}".splitlines()[0]
    return peers, missing
