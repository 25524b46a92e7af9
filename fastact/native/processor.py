"""What the processor says of itself, by which its code in the store is found without LLVM."""

from __future__ import annotations

import ctypes
import functools
import mmap
from collections.abc import Callable
from typing import Any

from fastact.native.image import SUPPORTED, Mapped
from fastact.native.immortal import immortal

CHOSEN = ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES")  # variables that choose another one
# void (uint32_t leaf, uint32_t part, uint32_t *registers): the instruction CPUID, and
# uint32_t (void): the features that the system lets programs use, XGETBV.
CPUID = bytes.fromhex("53 4989d0 89f8 89f1 0fa2 418900 41895804 41894808 4189500c 5b c3")
XGETBV = bytes.fromhex("31c9 0f01d0 c3")
OSXSAVE = 1 << 27  # in ECX of leaf 1: whether there is XGETBV
# Leaves, their parts and the registers that tell the maker, the model and the features. Others have
# the number of the core that runs this, or sizes that depend on what is in use.
LEAVES = (
    (0x0, 0, "abcd"), (0x1, 0, "acd"), (0x7, 0, "abcd"), (0x7, 1, "abcd"), (0xD, 1, "a"),
    (0x14, 0, "ab"), (0x19, 0, "b"), (0x1E, 1, "a"), (0x24, 0, "ab"),
    (0x80000001, 0, "cd"), (0x80000008, 0, "b"),
)  # fmt: skip


def function(code: bytes, *signature: Any) -> Callable[..., Any]:
    """The function that machine code is; it stays."""
    loaded = Mapped(code, [(0, len(code), mmap.PROT_READ | mmap.PROT_EXEC)], {"": 0})
    return ctypes.CFUNCTYPE(*signature)(immortal(loaded).get_function_address(""))


@functools.cache
def facts() -> str | None:
    """All that decides which instructions there are; None where nobody knows how to ask."""
    if not SUPPORTED:
        return None
    registers = (ctypes.c_uint32 * 4)()
    cpuid = function(CPUID, None, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_void_p)

    def told(leaf: int, part: int) -> dict[str, int]:
        """The registers by letter."""
        cpuid(leaf, part, registers)
        return dict(zip("abcd", registers, strict=True))

    last = {kind: told(kind, 0)["a"] for kind in (0, 0x80000000)}
    found = [
        f"{leaf:x}.{part}{letter}={told(leaf, part)[letter]:x}"
        for leaf, part, letters in LEAVES
        for letter in letters
        if leaf <= last[leaf & 0x80000000]
    ]
    if told(1, 0)["c"] & OSXSAVE:
        found.append(f"xcr0={function(XGETBV, ctypes.c_uint32)():x}")
    return " ".join(found)
