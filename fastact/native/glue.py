"""The native code between NumPy or Python and the loops, and what it must know.

Its C is ``glue.c``: the loop that every ufunc is made with, the check of keywords, and calls that
are steps of ufuncs. The package carries it as LLVM IR, ``glue.ll``, as it does that of the pool.
What it knows of a loop is a `Place`, at which a ufunc's data points, and of Python one `Python`.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from typing import Any, NamedTuple

import numpy as np

from fastact.native import loading, loop_registry
from fastact.native.glue_layout import MOST_KEYWORDS, MOST_OPERANDS, PLACE, PYTHON
from fastact.native.pool_layout import FIELDS

loading.refuse_reload(globals())


class UFuncObject(ctypes.Structure):
    """The beginning of NumPy's public ``PyUFuncObject``."""

    _fields_ = (
        ("head", ctypes.c_char * object.__basicsize__),
        *((name, ctypes.c_int) for name in ("nin", "nout", "nargs", "identity")),
        ("functions", ctypes.c_void_p),
        ("data", ctypes.c_void_p),
        ("ntypes", ctypes.c_int),
        ("reserved1", ctypes.c_int),
        *((name, ctypes.c_void_p) for name in ("name", "types", "doc", "ptr", "obj")),
    )


class Python(ctypes.Structure):
    """The addresses of ``struct python`` of the C code."""

    _fields_ = tuple((name, ctypes.c_void_p) for name in PYTHON)


class Place(ctypes.Structure):
    """``struct place`` of the C code: one loop of a ufunc."""

    _fields_ = tuple((name, ctypes.c_int64) for name in PLACE)


FUNCTIONS = {
    "acquire": "PyGILState_Ensure",
    "release": "PyGILState_Release",
    "call": "PyObject_CallNoArgs",
    "forget": "Py_DecRef",
    "vectorcall": "PyObject_Vectorcall",
    "size": "PyTuple_Size",
    "item": "PyTuple_GetItem",
    "to_double": "PyFloat_AsDouble",
    "from_double": "PyFloat_FromDouble",
}
# What steps name: the first array of a call, what the last step made, and keywords.
X, MADE, OUT, WHERE, TEMPERATURE, AXIS = map(
    sys.intern, ("x", "made", "out", "where", "temperature", "axis")
)
LAST = -1  # an axis
OBJECTS = {
    "ndarray": np.ndarray, "float_type": float, "tuple_type": tuple, "last": LAST,
    "x": X, "made": MADE, "out": OUT, "where": WHERE, "temperature": TEMPERATURE, "axis": AXIS,
}  # fmt: skip


@functools.cache
def python() -> Python:
    """What native code calls of Python, and compares with."""
    functions = {name: getattr(ctypes.pythonapi, symbol) for name, symbol in FUNCTIONS.items()}
    addresses = {name: ctypes.cast(f, ctypes.c_void_p).value for name, f in functions.items()}
    return Python(**addresses, **{name: id(thing) for name, thing in OBJECTS.items()})


class Form(NamedTuple):
    """What calls may give beside an array, and the steps that such a call is.

    A step is a ufunc and its operands: `X`, `MADE` or the name of a keyword for what it is in the
    call; a tuple for the item that is for the dtype, of float16, float32 and float64; all else for
    itself. A mask has the shape of the array, `OUT` its dtype, other arrays both; a temperature, of
    which the steps get `sign` / temperature, is a float.
    """

    keywords: tuple[str, ...]
    sign: float
    steps: tuple[tuple[Any, ...], ...]

    @classmethod
    def of(cls, *keywords: str, steps: list[tuple[Any, ...]], sign: float = 1.0) -> Form:
        """Return a form, in the memory of which native code reads."""
        if len(keywords) > MOST_KEYWORDS or any(len(step) > MOST_OPERANDS for step in steps):
            raise ValueError(f"native code has no room for {keywords} or {steps}")
        return cls(tuple(map(sys.intern, keywords)), sign, tuple(steps))


# What the C code calls its own and this module decides, in bytes.
DEFINED = {
    "head": object.__basicsize__,
    "tuple": tuple.__basicsize__,
    "ntypes": UFuncObject.ntypes.offset,
    "data": UFuncObject.data.offset,
    "way": FIELDS["call"],
}


def assemble(spec: loop_registry.LoopSpec) -> bytes:
    """Return the object code of what NumPy and Python call."""
    from importlib import resources

    from fastact.native import machine_code

    text = resources.files(__package__).joinpath("glue.ll").read_text("utf-8")
    for name, value in DEFINED.items():
        before = f"@fastact_glue_{name} = external constant"
        if before not in text:
            raise RuntimeError(f"glue.ll has no {name}")
        text = text.replace(
            f"{before} i64", f"@fastact_glue_{name} = internal constant i64 {value}"
        )
    return machine_code.assembled(text)


glue = loop_registry.add_support("glue", assemble)
