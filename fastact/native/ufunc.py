"""A real `numpy.ufunc` from the addresses of inner loops, through NumPy's public C API.

A ufunc is made without a loop of its own. What NumPy calls is C code (`glue`) in the form that may
fail, the strided loop of an ArrayMethod. On the first call with a dtype it has Python find or
compile the loop. Whatever is raised meanwhile, by the search or by a signal handler, is then an
error of the call, and nothing is computed.

The ufuncs of the catalogue are attributes of this module, by their own names: `pickle` finds them
here. Those of users' activations and of expressions go as what makes them again.

>>> from fastact.native import ufunc
>>> ufunc.sigmoid_derivative
<ufunc 'sigmoid_derivative'>
"""

from __future__ import annotations

import copyreg
import ctypes
import functools
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from fastact.native import loading, loop_registry, threads
from fastact.native.glue import Form, Place, UFuncObject, glue, python
from fastact.native.immortal import immortal
from fastact.native.vectorcall import Slot

loading.refuse_reload(globals())

# NumPy takes the first loop that all inputs can be cast to safely. One input: float64 first, so
# that integers and bool become float64. Several: like `numpy.add`, so that a Python float, or a
# float16 beside a float32, does not.
ONE_INPUT = ("float64", "float32", "float16")
SEVERAL_INPUTS = ("float16", "float32", "float64")
NO_IDENTITY = -1  # PyUFunc_None
NO_CASTING = 0  # NPY_NO_CASTING
FROM_SIGNATURE = 31  # slot of PyUFunc_FromFuncAndDataAndSignature in NumPy's table
ADD_LOOP = 43  # slot of PyUFunc_AddLoopFromSpec
STRIDED_LOOP = 5  # NPY_METH_strided_loop

Load = Callable[[str], int | loop_registry.Loaded | loop_registry.Part]
Check = Callable[[str, Any], None]
Explain = Callable[..., None]

registry: dict[str, Callable[[], np.ufunc]] = {}  # every ufunc by its name, made when asked for


def _api(slot: int, result: Any, *arguments: Any) -> Any:
    """The function at a slot of the array that NumPy publishes as ``_UFUNC_API``."""
    capsule = import_module("numpy._core._multiarray_umath").__dict__["_UFUNC_API"]
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    table = ctypes.cast(pointer(capsule, None), ctypes.POINTER(ctypes.c_void_p))
    return ctypes.PYFUNCTYPE(result, *arguments)(table[slot])


class Spec(ctypes.Structure):
    """NumPy's ``PyArrayMethod_Spec``."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        *((name, ctypes.c_int) for name in ("nin", "nout", "casting", "flags")),
        ("dtypes", ctypes.c_void_p),
        ("slots", ctypes.c_void_p),
    )


class _Loop:
    """The loop of a ufunc for one dtype; native code calls this to have it found."""

    def __init__(self, load: Load, dtype: str, operand: int, ndims: int) -> None:
        self.load, self.dtype = load, dtype
        self.code: object = None  # what holds the code in the process
        number, data = np.dtype(dtype).num, threads.block()
        self.place = Place(
            data=data, ndims=ndims, dtype=number, operand=operand, find=id(self),
            python=ctypes.addressof(python()),
        )  # fmt: skip

    def __call__(self) -> None:
        """Find or compile the loop, and put its address into `place`."""
        found = self.load(self.dtype)
        self.code, self.place.loop = found, found if isinstance(found, int) else found.address


class Kept(NamedTuple):
    """What lives as long as a ufunc."""

    loops: list[_Loop]
    places: Any
    types: Any
    texts: list[Any]
    again: Callable[[np.ufunc], Any] | None
    check: Check | None
    explain: Explain | None


class Method(ctypes.Structure):
    """Python's ``PyMethodDef``."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


WITH_KEYWORDS = 0x82  # METH_FASTCALL | METH_KEYWORDS


_methods: dict[str, Method] = {}  # of native functions, which point to them


def _builtin(ending: str, of: Any) -> Callable[..., Any]:
    """A function of C code of `glue`, whose name has this ending and whose ``self`` is `of`."""
    method = _methods.get(ending)
    if method is None:  # threads that come here at once get the same one, which stays
        made = Method(b"call", glue.address_of(ending), WITH_KEYWORDS, None)
        method = immortal(_methods.setdefault(ending, made))
    anything = ctypes.py_object
    create = ctypes.PYFUNCTYPE(anything, ctypes.c_void_p, anything, anything)(
        ("PyCFunction_NewEx", ctypes.pythonapi)
    )
    function: Callable[..., Any] = create(ctypes.addressof(method), of, __name__)
    return function


def quiet(function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Any:
    """Call a ufunc that casts: overflow and underflow of a cast are no floating-point errors."""
    spell_out(options, getattr(function, "nout", 1))
    with np.errstate(all="ignore"):
        return threads.call(function, *arguments, **options)


def spell_out(options: dict[str, Any], results: int) -> None:
    """Put ``out=None``, which NumPy takes for one result alone, as it does for several."""
    if results > 1 and options.get("out", ()) is None:
        options["out"] = (None,) * results


def calling(out: Any, *arrays: Any) -> Callable[..., Any]:
    """What calls a ufunc with these operands: `quiet` if one has another dtype than the first."""
    if out is None:
        return threads.call
    kind = getattr(arrays[0], "dtype", None)
    for each in (*arrays[1:], *(out if type(out) is tuple else (out,))):
        if each is not None and getattr(each, "dtype", None) is not kind:
            return quiet
    return threads.call


def quietly(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, called by `quiet`."""
    return functools.partial(quiet, function)


def guarded(ufunc: np.ufunc) -> Callable[..., Any]:
    """A function of C code that has `check` look at keywords, and calls the ufunc.

    What the ufunc raises goes to `explain`. It was made with both.
    """
    return _builtin("_guarded", ufunc)


class Plain(NamedTuple):
    """What C code gets of a function whose plain calls are steps of ufuncs: ``struct plain``."""

    ufunc: np.ufunc  # any of the function's
    more: Callable[..., Any]
    forms: tuple[Form, ...]
    axis: str | None
    owner: tuple[Any, ...]
    positional: tuple[str, ...]
    unshaped: tuple[str, ...]


def plainly(
    of: np.ufunc,
    more: Callable[..., Any],
    forms: list[Form],
    axis: str | None = None,
    owner: tuple[Any, ...] = (),
    positional: tuple[str, ...] = (),
    unshaped: tuple[str, ...] = (),
) -> Callable[..., Any]:
    """A function of C code: a plain call is the steps of its form, all others are calls of `more`.

    A plain call gives one array and the keywords of one of the `forms`, and perhaps -1 by the
    keyword `axis`, which changes nothing. Those that are `positional` may follow the array by
    position; as steps may be functions of Python's then, such calls are plain in the default
    floating-point mode alone. Those that are `unshaped` are arrays of any shape, at which steps
    look. A method is called with its `owner` first. `of` is any of the function's ufuncs.
    """
    axis = axis and sys.intern(axis)
    names, free = (tuple(map(sys.intern, each)) for each in (positional, unshaped))
    return _builtin("_plainly", Plain(of, more, tuple(forms), axis, owner, names, free))


def summing(ufunc: np.ufunc) -> Callable[..., float]:
    """A function of C code: calls the ufunc, with arrays for all outputs, and sums the first one.

    That one is float64 without gaps; the sum has the bits of ``numpy.add.reduce``.
    """
    return _builtin("_summing", ufunc)


class Reduction(NamedTuple):
    """What C code gets of a loss of small arrays: ``struct reduction``."""

    ufunc: np.ufunc
    more: Callable[..., Any]
    defaults: tuple[tuple[Any, ...], ...]
    labelled: int
    divided: int
    most: int
    factor: Callable[[int], Any]
    types: tuple[type, ...]
    narrowed: Callable[[float, Any], Any]
    none: None = None


def reducing(
    ufunc: np.ufunc,
    more: Callable[..., Any],
    narrowed: Callable[[float, Any], Any],
    *,
    most: int = sys.maxsize,
    defaults: tuple[tuple[Any, ...], ...] = (),
    labelled: bool = False,
    divided: bool = False,
) -> Callable[..., Any]:
    """A function of C code of an array, targets and perhaps an array for the gradient: the loss.

    Where the ufunc has a gradient, too, it returns both. The arrays are those of plain calls. The
    ufunc makes the losses, in float64, of elements or of rows with labels: its operands are array,
    targets, `defaults`, one for each dtype, and a factor: one over the number of losses for a mean,
    as those of labels are, and those whose sum is `divided` by that number, else 1. Many losses,
    arrays of more elements than `most`, labels out of range and what has gaps in memory go to
    `more`, losses that are no normal numbers of the dtype to `narrowed`.
    """
    types = tuple(np.dtype(dtype).type for dtype in loop_registry.DTYPES)
    factor = _inverse if labelled or divided else _one
    flags = int(labelled), int(divided)
    return _builtin(
        "_reducing", Reduction(ufunc, more, defaults, *flags, most, factor, types, narrowed)
    )


@functools.lru_cache(maxsize=256)
def _inverse(n: int) -> Any:
    """1 / n as an array, which NumPy takes sooner than a number."""
    found = np.array(1.0 / n)
    found.setflags(write=False)
    return found


@functools.lru_cache(maxsize=256)
def _one(n: int) -> Any:
    """1 for every n."""
    return _inverse(1)


def largest(of: np.ufunc) -> Callable[..., float]:
    """A function of C code: the largest of an array of int64 without gaps, as unsigned numbers.

    `of` is any ufunc of ours.
    """
    return _builtin("_largest", of)


def make(
    name: str,
    doc: str,
    nin: int,
    nout: int,
    load: Load,
    signature: str | None = None,
    fixed: tuple[str | None, ...] = (),
    again: Callable[[np.ufunc], Any] | None = None,
    check: Check | None = None,
    explain: Explain | None = None,
) -> np.ufunc:
    """Make a ufunc.

    Parameters
    ----------
    name, doc
        Its name and docstring.
    nin, nout
        How many inputs and outputs it has.
    load
        Returns the inner loop for a dtype: its address, or what holds it in the process.
    signature
        Of a generalized ufunc, such as ``"(n)->(n)"``.
    fixed
        The dtype of each operand that has the same one in every loop, None for the others; by
        default all operands have the dtype of the loop.
    again
        What pickle is given for a ufunc that is not in `registry`: see `object.__reduce__`.
    check
        Raises an error if a keyword has a wrong value, for `guarded`.
    explain
        Gets an error that a call has raised and its arguments, and raises it or a better one. From
        `guarded` it gets the number of arguments by position, where that is not one for each input.
    """
    fixed = fixed or (None,) * (nin + nout)
    return loading.loaded(
        functools.partial(
            _make, name, doc, (nin, nout), load, signature or "", fixed, again, check, explain
        )
    )


def _make(
    name: str, doc: str, counts: tuple[int, int], load: Load, signature: str,
    fixed: tuple[str | None, ...], again: Callable[[np.ufunc], Any] | None, check: Check | None,
    explain: Explain | None,
) -> np.ufunc:  # fmt: skip
    """Make a ufunc, in the thread that may load."""
    order: tuple[str, ...] = ONE_INPUT if counts[0] == 1 else SEVERAL_INPUTS
    if None not in fixed:
        order = ("float64",)  # all operands have fixed dtypes, so there is one loop
    operand = fixed.index(None) if None in fixed else 0
    ndims = 1 + len(set(re.findall(r"\w+", signature)))
    loops = [_Loop(load, dtype, operand, ndims) for dtype in order]
    if check is not None:
        loops[0].place.check, loops[0].place.quietly = id(check), id(immortal(quietly))
        loops[0].place.explain = id(explain)
    kinds = [[np.dtype(each or dtype) for each in fixed] for dtype in order]
    places = (ctypes.c_void_p * len(order))(*(ctypes.addressof(loop.place) for loop in loops))
    types = ctypes.create_string_buffer(bytes(kind.num for row in kinds for kind in row))
    texts = [ctypes.create_string_buffer(text.encode()) for text in (name, doc, signature)]
    made = _empty(counts, texts, places, types, generalized=bool(signature))
    run = glue.address_of("_fold" if (counts, signature) == ((2, 1), "") else "")
    for row in kinds:
        _add_loop(made, counts, row, run)
    own = UFuncObject.from_address(id(made))
    if (own.nin, own.nout, own.types) != (*counts, ctypes.addressof(types)):
        raise RuntimeError(f"fastact: NumPy {np.__version__} lays out its ufuncs in another way")
    own.ntypes = len(order)  # NumPy searches the table `types`, to which adding loops adds nothing
    kept = Kept(loops, places, types, texts, again, check, explain)
    own.obj = id(kept)  # where numpy.frompyfunc keeps what lives as long as a ufunc
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(kept))
    with suppress(AttributeError):  # NumPy before 2.2, for which pickle searches all modules
        made.__module__ = __name__
    if again is not None:
        copyreg.pickle(np.ufunc, _reduced)
    return made


_by_name = copyreg.dispatch_table[np.ufunc]


def _reduced(ufunc: np.ufunc) -> Any:
    """Return what pickle is given for a ufunc: by NumPy its name, which only ours may be without.

    Pickle asks a table by the type, so that NumPy's entry is the only place to say it.
    """
    kept = UFuncObject.from_address(id(ufunc)).obj
    found = ctypes.cast(kept, ctypes.py_object).value if kept else None
    again = found.again if isinstance(found, Kept) else None
    return _by_name(ufunc) if again is None else again(ufunc)


def _empty(
    counts: tuple[int, int], texts: list[Any], places: Any, types: Any, *, generalized: bool
) -> np.ufunc:
    """A ufunc without loops."""
    name, doc, signature = map(ctypes.addressof, texts)
    kinds = [ctypes.c_void_p] * 3 + [ctypes.c_int] * 4 + [ctypes.c_void_p] * 2 + [ctypes.c_int]
    create = _api(FROM_SIGNATURE, ctypes.py_object, *kinds, ctypes.c_void_p)
    made: np.ufunc = create(
        None, ctypes.addressof(places), ctypes.addressof(types), 0, *counts, NO_IDENTITY,
        name, doc, 0, signature if generalized else None,
    )  # fmt: skip
    return made


def _add_loop(made: np.ufunc, counts: tuple[int, int], kinds: list[Any], run: int) -> None:
    """Give a ufunc the native loop `run` for one row of dtypes."""
    dtypes = (ctypes.c_void_p * len(kinds))(*(id(type(kind)) for kind in kinds))
    slots = (Slot * 2)(Slot(STRIDED_LOOP, run), Slot(0, None))
    at = ctypes.addressof(dtypes), ctypes.addressof(slots)
    spec = Spec(made.__name__.encode(), *counts, NO_CASTING, 0, *at)
    _api(ADD_LOOP, ctypes.c_int, ctypes.py_object, ctypes.c_void_p)(made, ctypes.addressof(spec))


def __getattr__(name: str) -> np.ufunc:
    if name not in registry:
        raise AttributeError(f"module {__name__!r} has no ufunc {name!r}")
    return registry[name]()


def __dir__() -> list[str]:
    return [*globals(), *registry]
