"""A real `numpy.ufunc` from the addresses of inner loops, through NumPy's public C API.

A ufunc is made without any code. Each of its loops starts as a stub that finds or compiles the code
on the first call with that dtype, and puts it in its own place.

The ufuncs are attributes of this module, by their own names: `pickle` finds them here.

>>> from fastact.native import ufunc
>>> ufunc.sigmoid_derivative
<ufunc 'sigmoid_derivative'>
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from fastact.native import loop_registry

# NumPy takes the first loop that all inputs can be cast to safely. One input: float64 first, so
# that integers and bool become float64. Several: like `numpy.add`, so that a Python float, or a
# float16 beside a float32, does not.
ONE_INPUT = ("float64", "float32", "float16")
SEVERAL_INPUTS = ("float16", "float32", "float64")
NO_IDENTITY = -1  # PyUFunc_None
FROM_FUNCTIONS, FROM_SIGNATURE = 1, 31  # slots of NumPy's table

registry: dict[str, Callable[[], np.ufunc]] = {}  # every ufunc by its name, made when asked for
_kept: list[Any] = []  # what ufuncs point to: they live as long as the process


def _api(slot: int, *arguments: Any) -> Any:
    """The function at a slot of the array that NumPy publishes as ``_UFUNC_API``."""
    capsule = import_module("numpy._core._multiarray_umath").__dict__["_UFUNC_API"]
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    table = ctypes.cast(pointer(capsule, None), ctypes.POINTER(ctypes.c_void_p))
    return ctypes.PYFUNCTYPE(ctypes.py_object, *arguments)(table[slot])


# A loop that is not there yet. It asks Python for the loop and runs it; if there is none, it raises
# the error in the thread that called the ufunc, which an inner loop has no other way to do and
# Python code could not do to itself. `context` is what NumPy hands to the loop as its data.
CONTEXT = ("find", "loop", "data", "error", "acquire", "release", "ident", "raise")
FIELDS = "".join(
    f"""
  %at.{name} = getelementptr ptr, ptr %context, i64 {index}"""
    for index, name in enumerate(CONTEXT)
)
STUB = f"""
define void @fastact_stub_native(ptr %args, ptr %dims, ptr %steps, ptr %context) {{{FIELDS}
  %find = load ptr, ptr %at.find
  %failed = call i32 %find()
  %bad = icmp ne i32 %failed, 0
  br i1 %bad, label %raising, label %running
running:
  %loop = load ptr, ptr %at.loop
  %data = load ptr, ptr %at.data
  call void %loop(ptr %args, ptr %dims, ptr %steps, ptr %data)
  ret void
raising:
  %acquire = load ptr, ptr %at.acquire
  %release = load ptr, ptr %at.release
  %ident = load ptr, ptr %at.ident
  %raise = load ptr, ptr %at.raise
  %error = load ptr, ptr %at.error
  %state = call i32 %acquire()
  %thread = call i64 %ident()
  %count = call i32 %raise(i64 %thread, ptr %error)
  call void %release(i32 %state)
  ret void
}}
"""


def _assemble_stub(spec: loop_registry.LoopSpec) -> bytes:
    from fastact.native import machine_code

    return machine_code.assembled(STUB)


stub = loop_registry.add_support("stub", _assemble_stub)
PYTHON = ("PyGILState_Ensure", "PyGILState_Release", "PyThread_get_thread_ident",
          "PyThreadState_SetAsyncExc")  # fmt: skip
FIND = ctypes.CFUNCTYPE(ctypes.c_int)


def _raised(error: BaseException) -> type[BaseException]:
    """A class of the kind of `error` that makes the same error when Python instantiates it."""

    def init(self: BaseException) -> None:
        BaseException.__init__(self, *error.args)
        self.__cause__ = error

    kind = type(error)
    return type(kind.__name__, (kind,), {"__init__": init, "__module__": kind.__module__})


class _Stub:
    """The stub in place `index` of a ufunc's loops, which it replaces by the loop for `dtype`."""

    def __init__(
        self, functions: Any, datas: Any, index: int, load: Callable[[], int], data: int
    ) -> None:
        self.functions, self.datas, self.index = functions, datas, index
        self.load, self.data = load, data
        self.find = FIND(self._find)
        self.context = (ctypes.c_void_p * len(CONTEXT))()
        self.context[0] = ctypes.cast(self.find, ctypes.c_void_p)
        for k, name in enumerate(PYTHON):
            address = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p)
            self.context[len(CONTEXT) - len(PYTHON) + k] = address
        functions[index] = stub.address()
        datas[index] = ctypes.addressof(self.context)

    def _find(self) -> int:
        try:
            address = self.load()
        except BaseException as error:  # noqa: BLE001  # it is raised again, in the caller
            kind = _raised(error)
            _kept.append(kind)
            self.context[3] = id(kind)
            return 1
        self.context[1], self.context[2] = address, self.data
        # In between, the loop may run with the stub's context, whose first word, an address, is a
        # cut-over that no array reaches: it is serial.
        self.functions[self.index], self.datas[self.index] = address, self.data
        return 0


def make(
    name: str,
    doc: str,
    nin: int,
    nout: int,
    load: Callable[[str], int],
    data: int,
    signature: str | None = None,
    fixed: tuple[str | None, ...] = (),
) -> np.ufunc:
    """Make a ufunc.

    Parameters
    ----------
    name, doc
        Its name and docstring.
    nin, nout
        How many inputs and outputs it has.
    load
        Returns the address of the inner loop for a dtype.
    data
        What the inner loops get as their last argument.
    signature
        Of a generalized ufunc, such as ``"(n)->(n)"``.
    fixed
        The dtype of each operand that has the same one in every loop, None for the others; by
        default all operands have the dtype of the loop.
    """
    order: tuple[str, ...] = ONE_INPUT if nin == 1 else SEVERAL_INPUTS
    fixed = fixed or (None,) * (nin + nout)
    if None not in fixed:
        order = ("float64",)  # every loop would be the same
    functions, datas = ((ctypes.c_void_p * len(order))() for _ in range(2))
    for index, dtype in enumerate(order):
        _kept.append(_Stub(functions, datas, index, partial(load, dtype), data))
    types = ctypes.create_string_buffer(
        bytes(np.dtype(each or dtype).num for dtype in order for each in fixed)
    )
    texts = [ctypes.create_string_buffer(text.encode()) for text in (name, doc, signature or "")]
    _kept.append((functions, datas, types, texts))
    pointed: list[Any] = [functions, datas, types, *texts]
    addresses = [ctypes.addressof(each) for each in pointed]
    arguments = [*addresses[:3], len(order), nin, nout, NO_IDENTITY, *addresses[3:5], 0]
    kinds = [ctypes.c_void_p] * 3 + [ctypes.c_int] * 4 + [ctypes.c_void_p] * 2 + [ctypes.c_int]
    if signature is None:
        made: np.ufunc = _api(FROM_FUNCTIONS, *kinds)(*arguments)
    else:
        made = _api(FROM_SIGNATURE, *kinds, ctypes.c_void_p)(*arguments, addresses[5])
    with suppress(AttributeError):  # NumPy before 2.2, for which pickle searches all modules
        made.__module__ = __name__
    return made


def __getattr__(name: str) -> np.ufunc:
    if name not in registry:
        raise AttributeError(f"module {__name__!r} has no ufunc {name!r}")
    return registry[name]()


def __dir__() -> list[str]:
    return [*globals(), *registry]
