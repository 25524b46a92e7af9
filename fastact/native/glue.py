"""The C code between NumPy or Python and the loops, ``glue.c``, and what it must know.

It has five parts: what NumPy calls of every ufunc, which goes on to the loop of the call's dtypes;
a function that checks keywords and calls a ufunc (`ufunc.guarded`); a function whose plain calls
are steps of ufuncs (`ufunc.plainly`); losses of small arrays (`ufunc.reducing`); and what calls
these for objects of Python's classes (`vectorcall`). The package carries the code as LLVM IR,
``glue.ll``.

The C code knows each loop by a `Place`, to which the data of its ufunc point, and Python by one
`Python`. It holds no references: whoever fills these in keeps the objects, what all share for ever.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import numpy as np

from fastact.native import loading, loop_registry
from fastact.native.glue_layout import MOST_KEYWORDS, MOST_OPERANDS, PLACE, PYTHON
from fastact.native.immortal import immortal
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
    """``struct python`` of the C code: addresses of functions of Python and of objects."""

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
    "fetch": "PyErr_Fetch",
    "normalize": "PyErr_NormalizeException",
    "keep_trace": "PyException_SetTraceback",
    "new_tuple": "PyTuple_New",
    "set_item": "PyTuple_SetItem",
    "keep": "Py_IncRef",
    "has": "PySet_Contains",
    "of_context": "PyContextVar_Get",
    "to_integer": "PyLong_AsSsize_t",
    "from_integer": "PyLong_FromSsize_t",
    "attribute": "PyObject_GetAttr",
}
# What operands of steps may name: the array of a call, what the last step made, and keywords.
FIRST, MADE, OUT, WHERE, TEMPERATURE, LABELS = map(
    sys.intern, ("first", "made", "out", "where", "temperature", "labels")
)
LAST = -1  # an axis
OBJECTS = {
    "ndarray": np.ndarray, "float_type": float, "int_type": int, "tuple_type": tuple, "last": LAST,
    "integers": np.dtype(np.int64), "first": FIRST, "made": MADE, "out": OUT, "where": WHERE,
    "temperature": TEMPERATURE, "labels": LABELS, "call_name": sys.intern("__call__"),
}  # fmt: skip


@functools.cache
def python() -> Python:
    """What the C code calls of Python and compares with; the same for all loops, until the end.

    `native.threads` adds what it must know of the limits of contexts, once there are any.
    """
    functions = {name: getattr(ctypes.pythonapi, symbol) for name, symbol in FUNCTIONS.items()}
    addresses = {name: ctypes.cast(f, ctypes.c_void_p).value for name, f in functions.items()}
    objects = {name: id(immortal(thing)) for name, thing in OBJECTS.items()}
    return immortal(Python(**addresses, **objects))


class Form(NamedTuple):
    """A form of plain calls: the keywords that they give, and the steps that they are.

    A plain call gives an array of float16, float32 or float64 in native byte order. For `keywords`
    it gives a mask of its shape, labels for its rows in int64, arrays of its dtype and shape, that
    for `OUT` writeable, and as a temperature a float: steps get `sign` / temperature. Those that
    are `numbers` are floats or ints, in this order one of the tuples in `obeyed`, which may grow.

    A step is a ufunc, or another function, and its operands. `FIRST`, `MADE` and the names of
    keywords stand for the array, for what the last step made and for the keyword's value; a tuple
    for its item of the array's dtype, in the order float16, float32, float64; all else for itself.
    """

    keywords: tuple[str, ...]
    sign: float
    steps: tuple[tuple[Any, ...], ...]
    numbers: tuple[str, ...] = ()
    obeyed: AbstractSet[tuple[float, ...]] = frozenset()

    @classmethod
    def of(
        cls,
        *keywords: str,
        steps: list[tuple[Any, ...]],
        sign: float = 1.0,
        numbers: tuple[str, ...] = (),
        obeyed: AbstractSet[tuple[float, ...]] = frozenset(),
    ) -> Form:
        """Return a form; its tuples are what the C code reads, so that they must fit there."""
        if len(keywords) > MOST_KEYWORDS or any(len(step) > MOST_OPERANDS for step in steps):
            raise ValueError(f"native code has no room for {keywords} or {steps}")
        names, floats = (tuple(map(sys.intern, each)) for each in (keywords, numbers))
        return cls(names, sign, tuple(steps), floats, obeyed)

    @property
    def ufunc(self) -> np.ufunc:
        """What the first step calls."""
        found: np.ufunc = self.steps[0][0]
        return found


def plain_forms(
    function: Callable[..., Any],
    *keywords: str,
    beside: tuple[Any, ...] = (),
    out: bool = True,
    **numbers: Any,
) -> list[Form]:
    """The forms of calls that are one step: a function of the array, keywords and constants.

    With `out` there is a form for that keyword, too.
    """
    outs: tuple[tuple[str, ...], ...] = ((), (OUT,)) if out else ((),)
    return [
        Form.of(*keywords, *each, steps=[(function, FIRST, *keywords, *beside, *each)], **numbers)
        for each in outs
    ]


# Constants of the C code, in bytes, that depend on this Python.
DEFINED = {
    "head": object.__basicsize__,
    "tuple": tuple.__basicsize__,
    "ntypes": UFuncObject.ntypes.offset,
    "data": UFuncObject.data.offset,
    "way": FIELDS["call"],
}


def assemble(spec: loop_registry.LoopSpec) -> bytes:
    """Return the object code of ``glue.ll``, with the constants of this Python."""
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
