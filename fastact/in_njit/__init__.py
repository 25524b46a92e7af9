"""The functions of this package inside users' own ``@njit`` functions.

Numba finds this package by the entry point ``numba_extensions`` when it first compiles something,
so importing fastact never imports Numba. Calls have the names, arguments and bits that they have
outside:

- of numbers, the kernel is compiled into the caller, and LLVM vectorises the caller's loop;
- of arrays, the loops of the store are called, as NumPy calls them outside, with their threads;
- with rare options, and for errors, the function outside is called, in Python.

The dtype is that of the arrays: numbers beside them never change it, as in NumPy.
"""

from __future__ import annotations

from fastact.in_njit import cfunc, guvectorize, half, objects

__all__ = ["cfunc", "guvectorize", "half", "objects"]


def _init_extension() -> None:
    """What the entry point calls: importing this package has done it all."""
