"""The native code between NumPy or Python and the loops, in LLVM's language.

It does on each call what Python would take too long for: it finds the loop of the call's dtypes,
and sees whether a call is plain enough to be one of the ufunc as it is. What it knows of a loop is
a `Place`, at which a ufunc's data points.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from typing import Any

import numpy as np

from fastact.native import loading, loop_registry
from fastact.native.pool_layout import FIELDS as FIELDS_OF_BLOCK

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


# One loop of a ufunc, as native code knows it.
PLACE: dict[str, Any] = {
    "loop": ctypes.c_void_p,  # the loop's address; 0 until it has been found
    "data": ctypes.c_void_p,  # the loop's last argument
    "ndims": ctypes.c_int64,  # how many dimensions the loop has
    "dtype": ctypes.c_int64,  # NumPy's number of the dtype that the loop is for
    "operand": ctypes.c_int64,  # the number of an operand that has this dtype
    "find": ctypes.c_void_p,  # a Python callable that fills in the loop
    "acquire": ctypes.c_void_p,  # functions of Python's: see `PYTHON`
    "release": ctypes.c_void_p,
    "call": ctypes.c_void_p,
    "forget": ctypes.c_void_p,
    # Of `guarded`, the same in all places of a ufunc.
    "vectorcall": ctypes.c_void_p,  # functions of Python's
    "size": ctypes.c_void_p,
    "item": ctypes.c_void_p,
    "check": ctypes.c_void_p,  # a Python callable of a keyword and its value, which may raise
    "out": ctypes.c_void_p,  # the string "out" as keywords have it
    "ndarray": ctypes.c_void_p,  # the class
    "quietly": ctypes.c_void_p,  # the function of that name
}
PYTHON = {
    "acquire": "PyGILState_Ensure",
    "release": "PyGILState_Release",
    "call": "PyObject_CallNoArgs",
    "forget": "Py_DecRef",
    "vectorcall": "PyObject_Vectorcall",
    "size": "PyTuple_Size",
    "item": "PyTuple_GetItem",
}


class Place(ctypes.Structure):
    """A place of a ufunc's loop."""

    _fields_ = tuple(PLACE.items())


# Where `PyArrayObject` has its number of dimensions, after a pointer, and its dtype: after four
# pointers and a number that takes as much.
RANK, DTYPE = object.__basicsize__ + 8, object.__basicsize__ + 40
# Where `PyArray_Descr` has the number of a dtype: after a pointer (8 bytes) and four characters.
NUMBER = object.__basicsize__ + 12


def field_of(structure: Any, name: str) -> int:
    """Return the distance of a field from the beginning of a structure, in bytes."""
    offset: int = getattr(structure, name).offset
    return offset


MOST_PLAIN = 4  # arguments of a plain call: see `plainly`

# The loop that NumPy is given, the same for all ufuncs. It looks through the places of the ufunc
# for the one of the call's dtypes (the last, if it is no other), has Python fill it in if it is
# empty, and returns -1 if that raises an error.
#
# Ufuncs of two inputs and one output have the loop `fold`. Where NumPy feeds the output back to an
# input, it calls the loop for one element at a time: in `reduce` both are the same element, in
# `accumulate` the input is the output one step before.
FIELDS = "".join(
    f"\n  %at.{name} = getelementptr i8, ptr %place, i64 {field_of(Place, name)}" for name in PLACE
)
RUN = f"""
define internal ptr @place(ptr %context) alwaysinline {{
  %ufunc = load ptr, ptr %context
  %at.descriptors = getelementptr ptr, ptr %context, i64 2
  %descriptors = load ptr, ptr %at.descriptors
  %at.places = getelementptr i8, ptr %ufunc, i64 {field_of(UFuncObject, "data")}
  %places = load ptr, ptr %at.places
  %at.count = getelementptr i8, ptr %ufunc, i64 {field_of(UFuncObject, "ntypes")}
  %count = load i32, ptr %at.count
  %last = sub i32 %count, 1
  br label %look
look:
  %i = phi i32 [ 0, %0 ], [ %next, %other ]
  %at.place = getelementptr ptr, ptr %places, i32 %i
  %place = load ptr, ptr %at.place
  %enough = icmp sge i32 %i, %last
  br i1 %enough, label %found, label %compare
compare:{FIELDS}
  %operand = load i64, ptr %at.operand
  %at.descriptor = getelementptr ptr, ptr %descriptors, i64 %operand
  %descriptor = load ptr, ptr %at.descriptor
  %at.number = getelementptr i8, ptr %descriptor, i64 {NUMBER}
  %number = load i32, ptr %at.number
  %dtype = load i64, ptr %at.dtype
  %dtype32 = trunc i64 %dtype to i32
  %same = icmp eq i32 %number, %dtype32
  br i1 %same, label %found, label %other
other:
  %next = add i32 %i, 1
  br label %look
found:
  ret ptr %place
}}

define internal i32 @filled(ptr %place) noinline {{{FIELDS}
  %acquire = load ptr, ptr %at.acquire
  %release = load ptr, ptr %at.release
  %call = load ptr, ptr %at.call
  %forget = load ptr, ptr %at.forget
  %find = load ptr, ptr %at.find
  %state = call i32 %acquire()
  %result = call ptr %call(ptr %find)
  call void %forget(ptr %result)
  call void %release(i32 %state)
  %raised = icmp eq ptr %result, null
  %answer = sext i1 %raised to i32
  ret i32 %answer
}}

define i32 @fastact_glue_native(ptr %context, ptr %args, ptr %dims, ptr %steps, ptr %auxiliary) {{
  %place = call ptr @place(ptr %context){FIELDS}
  %first = load atomic ptr, ptr %at.loop acquire, align 8
  %known = icmp ne ptr %first, null
  br i1 %known, label %running, label %asking
asking:
  %answer = call i32 @filled(ptr %place)
  %bad = icmp ne i32 %answer, 0
  br i1 %bad, label %raised, label %running
raised:
  ret i32 -1
running:
  %loop = load atomic ptr, ptr %at.loop acquire, align 8
  %data = load ptr, ptr %at.data
  %at.way = getelementptr i8, ptr %data, i64 {FIELDS_OF_BLOCK["call"]}
  %way = load ptr, ptr %at.way
  %plain = icmp eq ptr %way, null
  br i1 %plain, label %plainly, label %interruptibly
plainly:
  call void %loop(ptr %args, ptr %dims, ptr %steps, ptr %data)
  ret i32 0
interruptibly:
  %ndims = load i64, ptr %at.ndims
  %result = call i64 %way(ptr %data, ptr %loop, ptr %args, ptr %dims, ptr %steps, i64 %ndims)
  %result32 = trunc i64 %result to i32
  ret i32 %result32
}}
"""
FOLD = """
define i32 @fastact_glue_native_fold(ptr %context, ptr %args, ptr %dims, ptr %steps, ptr %none) {
  %n = load i64, ptr %dims
  %x = load i64, ptr %args
  %x.step = load i64, ptr %steps
  %at.y = getelementptr i64, ptr %args, i64 1
  %y = load i64, ptr %at.y
  %at.y.step = getelementptr i64, ptr %steps, i64 1
  %y.step = load i64, ptr %at.y.step
  %at.z = getelementptr i64, ptr %args, i64 2
  %z = load i64, ptr %at.z
  %at.z.step = getelementptr i64, ptr %steps, i64 2
  %z.step = load i64, ptr %at.z.step
  %after = add i64 %x, %x.step
  %one.ahead = icmp eq i64 %after, %z
  %equal.steps = icmp eq i64 %x.step, %z.step
  %back = and i1 %one.ahead, %equal.steps
  %several = icmp sgt i64 %n, 1
  %slowly = and i1 %back, %several
  br i1 %slowly, label %fold, label %whole
whole:
  %all = call i32 @fastact_glue_native(ptr %context, ptr %args, ptr %dims, ptr %steps, ptr %none)
  ret i32 %all
fold:
  %mine = alloca [3 x i64]
  %one = alloca i64
  store i64 1, ptr %one
  %my.y = getelementptr i64, ptr %mine, i64 1
  %my.z = getelementptr i64, ptr %mine, i64 2
  br label %each
each:
  %i = phi i64 [ 0, %fold ], [ %next, %more ]
  %dx = mul i64 %i, %x.step
  %dy = mul i64 %i, %y.step
  %dz = mul i64 %i, %z.step
  %px = add i64 %x, %dx
  %py = add i64 %y, %dy
  %pz = add i64 %z, %dz
  store i64 %px, ptr %mine
  store i64 %py, ptr %my.y
  store i64 %pz, ptr %my.z
  %answer = call i32 @fastact_glue_native(ptr %context, ptr %mine, ptr %one, ptr %steps, ptr %none)
  %bad = icmp ne i32 %answer, 0
  %next = add i64 %i, 1
  %over = icmp sge i64 %next, %n
  %leave = or i1 %bad, %over
  br i1 %leave, label %end, label %more
more:
  br label %each
end:
  ret i32 %answer
}
"""
# What both functions below ask: the first place of a ufunc, whether an object is a plain array, the
# dtype of one.
ASKED = f"""
define internal ptr @first_place(ptr %ufunc) alwaysinline {{
  %at.places = getelementptr i8, ptr %ufunc, i64 {field_of(UFuncObject, "data")}
  %places = load ptr, ptr %at.places
  %place = load ptr, ptr %places
  ret ptr %place
}}

define internal i1 @is_array(ptr %object, ptr %ndarray) alwaysinline {{
  %at.type = getelementptr i8, ptr %object, i64 {object.__basicsize__ - 8}
  %type = load ptr, ptr %at.type
  %same = icmp eq ptr %type, %ndarray
  ret i1 %same
}}

define internal ptr @dtype_of(ptr %array) alwaysinline {{
  %at.dtype = getelementptr i8, ptr %array, i64 {DTYPE}
  %dtype = load ptr, ptr %at.dtype
  ret ptr %dtype
}}
"""

# A function of Python's C API (METH_FASTCALL | METH_KEYWORDS) that calls the ufunc, its `self`.
# `check` looks at the keywords before: NumPy itself takes `where="a"`. An array for `out` is right,
# and of the input's dtype asks for no cast; with anything else, what NumPy casts is cast `quietly`.
GUARDED = f"""
define ptr @fastact_glue_native_guarded(ptr %ufunc, ptr %args, i64 %count, ptr %names) {{
entry:
  %place = call ptr @first_place(ptr %ufunc){FIELDS}
  %vectorcall = load ptr, ptr %at.vectorcall
  %none = icmp eq ptr %names, null
  br i1 %none, label %run, label %start
start:
  %check = load ptr, ptr %at.check
  %forget = load ptr, ptr %at.forget
  %out = load ptr, ptr %at.out
  %ndarray = load ptr, ptr %at.ndarray
  %size = load ptr, ptr %at.size
  %item = load ptr, ptr %at.item
  %pair = alloca [2 x ptr]
  %second = getelementptr ptr, ptr %pair, i64 1
  %named = call i64 %size(ptr %names)
  br label %each
each:
  %k = phi i64 [ 0, %start ], [ %next, %good ]
  %casts = phi i1 [ false, %start ], [ %may.cast, %good ]
  %over = icmp sge i64 %k, %named
  br i1 %over, label %run, label %look
look:
  %name = call ptr %item(ptr %names, i64 %k)
  %place.of = add i64 %count, %k
  %at.value = getelementptr ptr, ptr %args, i64 %place.of
  %value = load ptr, ptr %at.value
  %is.out = icmp eq ptr %name, %out
  %is.array = call i1 @is_array(ptr %value, ptr %ndarray)
  %usual = and i1 %is.out, %is.array
  %any = icmp sgt i64 %count, 0
  %first = and i1 %usual, %any
  br i1 %first, label %compare, label %ask
compare:
  %x = load ptr, ptr %args
  %both = call i1 @is_array(ptr %x, ptr %ndarray)
  br i1 %both, label %dtypes, label %ask
dtypes:
  %kind.x = call ptr @dtype_of(ptr %x)
  %kind = call ptr @dtype_of(ptr %value)
  %same = icmp eq ptr %kind.x, %kind
  br i1 %same, label %good, label %ask
ask:
  store ptr %name, ptr %pair
  store ptr %value, ptr %second
  %answer = call ptr %vectorcall(ptr %check, ptr %pair, i64 2, ptr null)
  %bad = icmp eq ptr %answer, null
  br i1 %bad, label %raised, label %passed
passed:
  call void %forget(ptr %answer)
  br label %good
good:
  %may.cast = phi i1 [ %casts, %dtypes ], [ true, %passed ]
  %next = add i64 %k, 1
  br label %each
raised:
  ret ptr null
run:
  %loud = phi i1 [ false, %entry ], [ %casts, %each ]
  br i1 %loud, label %quiet, label %plain
quiet:
  %quietly = load ptr, ptr %at.quietly
  %drop = load ptr, ptr %at.forget
  %alone = alloca ptr
  store ptr %ufunc, ptr %alone
  %made = call ptr %vectorcall(ptr %quietly, ptr %alone, i64 1, ptr null)
  %failed = icmp eq ptr %made, null
  br i1 %failed, label %raised, label %calm
calm:
  %without = call ptr %vectorcall(ptr %made, ptr %args, i64 %count, ptr %names)
  call void %drop(ptr %made)
  ret ptr %without
plain:
  %result = call ptr %vectorcall(ptr %ufunc, ptr %args, i64 %count, ptr %names)
  ret ptr %result
}}
"""

# The same for a function of rows that does more than its ufunc. `self` is a tuple: the ufunc; what
# does more; keywords whose values the ufunc takes after the first argument; those of them that
# there must be; "axis" and -1, which say nothing. One array, and of the keywords the first ones in
# their order, with arrays of the same dtype, go to the ufunc without keywords.
PLAINLY = f"""
define ptr @fastact_glue_native_plainly(ptr %self, ptr %args, i64 %count, ptr %names) {{
entry:
  %at.ufunc = getelementptr i8, ptr %self, i64 {tuple.__basicsize__}
  %at.more = getelementptr ptr, ptr %at.ufunc, i64 1
  %at.known = getelementptr ptr, ptr %at.ufunc, i64 2
  %at.least = getelementptr ptr, ptr %at.ufunc, i64 3
  %at.axis = getelementptr ptr, ptr %at.ufunc, i64 4
  %at.last = getelementptr ptr, ptr %at.ufunc, i64 5
  %ufunc = load ptr, ptr %at.ufunc
  %more = load ptr, ptr %at.more
  %known = load ptr, ptr %at.known
  %least = load ptr, ptr %at.least
  %axis = load ptr, ptr %at.axis
  %last = load ptr, ptr %at.last
  %place = call ptr @first_place(ptr %ufunc){FIELDS}
  %vectorcall = load ptr, ptr %at.vectorcall
  %size = load ptr, ptr %at.size
  %item = load ptr, ptr %at.item
  %ndarray = load ptr, ptr %at.ndarray
  %plain = alloca [{MOST_PLAIN} x ptr]
  %one = icmp eq i64 %count, 1
  br i1 %one, label %counting, label %other
counting:
  %most = call i64 %size(ptr %known)
  %needed = call i64 %size(ptr %least)
  %none = icmp eq ptr %names, null
  br i1 %none, label %first, label %named
named:
  %found = call i64 %size(ptr %names)
  br label %first
first:
  %given = phi i64 [ 0, %counting ], [ %found, %named ]
  %x = load ptr, ptr %args
  store ptr %x, ptr %plain
  %array = call i1 @is_array(ptr %x, ptr %ndarray)
  br i1 %array, label %inside, label %other
inside:
  %kind.x = call ptr @dtype_of(ptr %x)
  %at.rank = getelementptr i8, ptr %x, i64 {RANK}
  %rank = load i32, ptr %at.rank
  %at.number = getelementptr i8, ptr %kind.x, i64 {NUMBER}
  %number = load i32, ptr %at.number
  %half = icmp eq i32 %number, {np.dtype("f2").num}
  %single = icmp eq i32 %number, {np.dtype("f4").num}
  %double = icmp eq i32 %number, {np.dtype("f8").num}
  %narrow = or i1 %half, %single
  %float = or i1 %narrow, %double
  %rows = icmp sgt i32 %rank, 0
  %good = and i1 %float, %rows
  br i1 %good, label %each, label %other
each:
  %k = phi i64 [ 0, %inside ], [ %next, %look ], [ %next, %dtypes ]
  %taken = phi i64 [ 0, %inside ], [ %taken, %look ], [ %now, %dtypes ]
  %over = icmp sge i64 %k, %given
  br i1 %over, label %enough, label %look
look:
  %name = call ptr %item(ptr %names, i64 %k)
  %next = add i64 %k, 1
  %at.value = getelementptr ptr, ptr %args, i64 %next
  %value = load ptr, ptr %at.value
  %is.axis = icmp eq ptr %name, %axis
  %is.last = icmp eq ptr %value, %last
  %says.nothing = and i1 %is.axis, %is.last
  br i1 %says.nothing, label %each, label %another
another:
  %room = icmp slt i64 %taken, %most
  br i1 %room, label %match, label %other
match:
  %wanted = call ptr %item(ptr %known, i64 %taken)
  %is.wanted = icmp eq ptr %name, %wanted
  %is.array = call i1 @is_array(ptr %value, ptr %ndarray)
  %usual = and i1 %is.wanted, %is.array
  br i1 %usual, label %dtypes, label %other
dtypes:
  %now = add i64 %taken, 1
  %at.plain = getelementptr ptr, ptr %plain, i64 %now
  store ptr %value, ptr %at.plain
  %kind = call ptr @dtype_of(ptr %value)
  %same = icmp eq ptr %kind.x, %kind
  br i1 %same, label %each, label %other
enough:
  %all = add i64 %taken, 1
  %complete = icmp sge i64 %taken, %needed
  br i1 %complete, label %run, label %other
run:
  %result = call ptr %vectorcall(ptr %ufunc, ptr %plain, i64 %all, ptr null)
  ret ptr %result
other:
  %answer = call ptr %vectorcall(ptr %more, ptr %args, i64 %count, ptr %names)
  ret ptr %answer
}}
"""


def assemble(spec: loop_registry.LoopSpec) -> bytes:
    """Return the object code of what NumPy and Python call."""
    from fastact.native import machine_code

    return machine_code.assembled(RUN + FOLD + ASKED + GUARDED + PLAINLY)


glue = loop_registry.add_support("glue", assemble)


@functools.cache
def python_functions() -> dict[str, Any]:
    """Return the addresses of the functions of Python's C API that native code calls."""
    functions = {field: getattr(ctypes.pythonapi, name) for field, name in PYTHON.items()}
    found = {field: ctypes.cast(f, ctypes.c_void_p).value for field, f in functions.items()}
    return found | {"out": id(sys.intern("out")), "ndarray": id(np.ndarray)}
