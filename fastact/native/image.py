"""Object code of ELF for x86-64 in the memory of the process, without LLVM.

Loading LLVM takes longer than all else that a warm start does, and most loops of the store need
little of it: they call nothing, and read their own constants at a distance from the instruction.
What needs more is no `Image`, and LLVM loads it (`machine_code`).
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import os
import struct
import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple

# Of ELF: an object that is not linked, for x86-64; kinds and flags of sections; the relocation that
# is the distance of a symbol in 32 bits.
BEGINNING = b"\x7fELF\x02\x01\x01"
RELOCATABLE, X86_64 = 1, 62
PROGBITS, SYMTAB, RELA, NOBITS = 1, 2, 4, 8
WRITE, ALLOC, EXECUTE = 1, 2, 4
PC32 = 2
WRITE_AND_EXECUTE = mmap.PROT_WRITE | mmap.PROT_EXEC  # what no section may have
MOST = 2**26  # bytes of an image: ours have some hundred thousand
SUPPORTED = sys.platform.startswith("linux") and os.uname().machine == "x86_64"


class Section(NamedTuple):
    """A section header."""

    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    each: int

    @property
    def loaded(self) -> bool:
        """Whether it has a place in memory."""
        return bool(self.flags & ALLOC and self.size and self.kind in {PROGBITS, NOBITS})

    @property
    def access(self) -> int:
        """How its memory is protected."""
        executable = mmap.PROT_EXEC * bool(self.flags & EXECUTE)
        return mmap.PROT_READ | mmap.PROT_WRITE * bool(self.flags & WRITE) | executable


class UnfitError(ValueError):
    """Object code that is none of ours, or needs LLVM, and why."""


class Image:
    """Object code as it lies in memory, at addresses that are not known yet.

    Raises
    ------
    UnfitError
        Unless the code is whole: each number that is to be read is looked at.
    """

    def __init__(self, code: bytes) -> None:
        if not SUPPORTED or not code.startswith(BEGINNING):
            raise UnfitError("no ELF of this machine")
        try:
            self._read(code)
        except (struct.error, ValueError, IndexError, UnicodeDecodeError) as error:
            raise UnfitError(str(error)) from error

    def _read(self, code: bytes) -> None:
        """Find the places of sections, fill them in, and find the functions."""
        kind, machine = struct.unpack_from("<HH", code, 16)
        if (kind, machine) != (RELOCATABLE, X86_64):
            raise UnfitError("no object for x86-64")
        (start,) = struct.unpack_from("<Q", code, 40)
        size, count = struct.unpack_from("<HH", code, 58)
        self.sections = [
            Section(*struct.unpack_from("<IIQQQQIIQQ", code, start + k * size))
            for k in range(count)
        ]
        self._arrange()
        self.content = bytearray(self.size)
        for k, place in self.places.items():
            section = self.sections[k]
            if section.kind == PROGBITS:
                self.content[place : place + section.size] = taken(code, section)
        (table,) = (s for s in self.sections if s.kind == SYMTAB)
        symbols = list(struct.iter_unpack("<IBBHQQ", taken(code, table)))
        names = taken(code, self.sections[table.link])
        self.symbols = {
            names[at : names.index(b"\0", at)].decode(): self.places[home] + value
            for at, _, _, home, value, _ in symbols
            if at and home in self.places
        }
        for section in self.sections:
            if section.kind == RELA and section.info in self.places:
                self._relocate(section.info, taken(code, section), symbols)

    def _arrange(self) -> None:
        """Give each section a place: those of one protection share pages, others never."""
        self.places: dict[int, int] = {}
        self.protections: list[tuple[int, int, int]] = []  # from, to, access
        end = 0
        loaded = [k for k, s in enumerate(self.sections) if s.loaded]
        for access in sorted({self.sections[k].access for k in loaded}):
            start = end
            for k in loaded:
                section = self.sections[k]
                if section.access == access:
                    if section.align > mmap.PAGESIZE or section.size > MOST:
                        raise UnfitError("a section that is too large")
                    if access & WRITE_AND_EXECUTE == WRITE_AND_EXECUTE:
                        raise UnfitError("code that could be changed")
                    self.places[k] = end = aligned(end, max(1, section.align))
                    end += section.size
            end = aligned(end, mmap.PAGESIZE)
            self.protections.append((start, end, access))
        if not 0 < end <= MOST:
            raise UnfitError("nothing, or too much")
        self.size = end

    def _relocate(self, at: int, table: bytes, symbols: list[tuple[int, ...]]) -> None:
        """Write the distances that a section needs."""
        base, size = self.places[at], self.sections[at].size
        for offset, info, addend in struct.iter_unpack("<QQq", table):
            _, _, _, home, value, _ = symbols[info >> 32]
            if info & 0xFFFFFFFF != PC32 or home not in self.places or offset + 4 > size:
                raise UnfitError("a relocation that LLVM knows")
            place = base + offset
            distance = self.places[home] + value + addend - place
            struct.pack_into("<i", self.content, place, distance)

    def load(self) -> Mapped:
        """Put it into the process."""
        return Mapped(bytes(self.content), self.protections, self.symbols)


def aligned(n: int, step: int) -> int:
    """The next multiple of a power of two."""
    return -(-n // step) * step


def taken(code: bytes, section: Section) -> bytes:
    """The bytes of a section, all of which must be there."""
    found = code[section.offset : section.offset + section.size]
    if len(found) != section.size:
        raise UnfitError("a section that is cut off")
    return found


class Mapped:
    """Code at its place in memory, until `close`.

    `protections` are parts of it, from and to, and how each is protected.
    """

    def __init__(
        self, code: bytes, protections: list[tuple[int, int, int]], symbols: Mapping[str, int]
    ) -> None:
        self._symbols = symbols
        self._memory = mmap.mmap(-1, len(code), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._memory[:] = code
        first = ctypes.c_char.from_buffer(self._memory)
        self._start = ctypes.addressof(first)
        del first  # else the memory could not be given back
        for start, end, access in protections:
            protect(self._start + start, end - start, access)

    def get_function_address(self, name: str) -> int:
        """The address of a function; 0 if there is none of that name."""
        place = self._symbols.get(name)
        return 0 if place is None else self._start + place

    def close(self) -> None:
        """Give the memory back: nobody may run the code any more."""
        self._memory.close()


@functools.cache
def mprotect() -> Callable[[int, int, int], int]:
    """The function of the system that protects memory."""
    found = ctypes.CDLL(None, use_errno=True).mprotect
    found.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return found


def protect(start: int, size: int, access: int) -> None:
    """Have memory read, written or executed and nothing else."""
    if mprotect()(start, size, access):
        error = ctypes.get_errno()
        raise OSError(error, "fastact: memory cannot be made executable")
