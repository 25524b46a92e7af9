"""Objects of Python's classes that are called as soon as functions of C: by vectorcall (PEP 590).

Python packs the arguments of an object whose class has `__call__` into a tuple and a dict. Objects
of `Vectorcalled` have a place for a function of C code that gets them as they lie, and hands them
to what the object holds in its slot `__call__`. Their classes are Python's, with that slot alone.

Python gives no word for this to classes that are written in Python. What is written here into a
class is the flag that says that its objects have the place; where a class is laid out in another
way than is known, nothing is written, and calls are as Python makes them.
"""

from __future__ import annotations

import ctypes
import functools
from typing import TYPE_CHECKING, Any

from fastact.native.glue import glue, python
from fastact.native.immortal import immortal

HEAD = object.__basicsize__
WORD = ctypes.sizeof(ctypes.c_void_p)
# In a class, behind the head of an object: `tp_vectorcall_offset` and `tp_flags`.
OFFSET_AT, FLAGS_AT = HEAD + 5 * WORD, HEAD + 19 * WORD
MEMBERS = 72  # Py_tp_members
LENGTH, READ_ONLY = 19, 1  # Py_T_PYSSIZET, Py_READONLY
BASE, HAS_VECTORCALL = 1 << 10, 1 << 11  # Py_TPFLAGS_BASETYPE, Py_TPFLAGS_HAVE_VECTORCALL


class Member(ctypes.Structure):
    """Python's ``PyMemberDef``."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_int),
        ("offset", ctypes.c_ssize_t),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class Slot(ctypes.Structure):
    """Python's ``PyType_Slot``."""

    _fields_ = (("slot", ctypes.c_int), ("function", ctypes.c_void_p))


class TypeSpec(ctypes.Structure):
    """Python's ``PyType_Spec``."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        *((name, ctypes.c_int) for name in ("basicsize", "itemsize", "flags")),
        ("slots", ctypes.c_void_p),
    )


def _base() -> Any:
    """The class whose objects have, behind the head, two words that are no objects."""
    members = immortal((Member * 2)(Member(b"__vectorcalloffset__", LENGTH, HEAD, READ_ONLY)))
    slots = (Slot * 2)(Slot(MEMBERS, ctypes.addressof(members)))
    name = f"{__name__}.Vectorcalled".encode()
    spec = TypeSpec(name, HEAD + 2 * WORD, 0, BASE, ctypes.addressof(slots))
    make = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p)
    return make(("PyType_FromSpec", ctypes.pythonapi))(ctypes.addressof(spec))


if TYPE_CHECKING:

    class Vectorcalled:
        """What subclasses are for a type checker."""

        __slots__ = ()
        __call__: Any

else:
    Vectorcalled = _base()


@functools.cache
def _is_known() -> bool:
    """Whether classes are laid out as is written here."""
    offset = ctypes.c_ssize_t.from_address(id(Vectorcalled) + OFFSET_AT)
    return offset.value == HEAD and all(
        ctypes.c_ulong.from_address(id(each) + FLAGS_AT).value == each.__flags__
        for each in (Vectorcalled, type, int, tuple)
    )


def call_quickly(thing: Vectorcalled) -> None:
    """Have Python call an object by vectorcall from now on."""
    words = (ctypes.c_void_p * 3).from_address(id(thing) + HEAD)
    if not _is_known() or words[2] != id(thing.__call__):
        return
    cls: type = type(thing)
    if not cls.__flags__ & HAS_VECTORCALL:
        ctypes.c_ulong.from_address(id(cls) + FLAGS_AT).value |= HAS_VECTORCALL
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(cls))
    words[1] = ctypes.addressof(python())
    words[0] = glue.address_of("_called")
