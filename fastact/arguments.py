"""What is asked of arguments: each kind is checked in one place, with one wording.

``name(): argument must be <what was expected>, got <what came>``: a message names the public
function and the argument, and the nearest name where one was given that there is not. Checks come
before any work. What is no array of NumPy's has been opened by `fastact.containers` before.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

Array = Any
Axis = int | tuple[int, ...] | None

MISSING: Any = type("Missing", (), {"__repr__": lambda self: "<missing>"})()  # no argument
INTEGER = (int, np.integer)
BOOLEAN = (bool, np.bool_)
INTEGRAL = frozenset("biu")
MOST = int(np.finfo(np.float64).max)
LARGEST = 8  # bytes of a number: float64, and no long double
FLOATS = ("float16", "float32", "float64")
CHARACTERS = frozenset("efd")  # NumPy's for `FLOATS`
# What other packages call the arguments that we have.
SYNONYMS = {
    "dim": "axis", "axes": "axis", "dims": "axis", "keepdim": "keepdims", "mask": "where",
    "tau": "temperature", "temp": "temperature", "weights": "weight", "input": "x",
    "is_causal": "causal", "target": "targets", "label": "labels", "grad": "dy",
    "grad_output": "dy", "approximate": "gelu_tanh",
}  # fmt: skip


def refused(
    name: str, argument: str, expected: str, got: object, kind: type[Exception] = TypeError
) -> Exception:
    """The error for an argument that is not what it must be."""
    return kind(f"{name}(): {argument} must be {expected}, got {got}")


def own(error: BaseException, *others: str) -> bool:
    """Whether this package, NumPy or one of `others` has raised an error, or no code of Python's.

    If not, it is another's, as of a handler of a signal, and nothing may take its place.
    """
    at = error.__traceback__
    if at is None:
        return True
    while at.tb_next is not None:
        at = at.tb_next
    root = at.tb_frame.f_globals.get("__name__", "").partition(".")[0]
    return root in {__name__.partition(".")[0], "numpy", *others}


def shown(value: object) -> str:
    """A value in a message: itself if it is short, else its type."""
    text = repr(value)
    return text if len(text) <= 40 and "\n" not in text else type(value).__name__


# ---------------------------------------------------------------- names
def nearest(given: str, known: Iterable[str]) -> str:
    """What to say after a name that there is not."""
    import difflib

    names = list(known)
    found = [SYNONYMS[given]] if SYNONYMS.get(given) in names else []
    found += difflib.get_close_matches(given, names, 1, 0.6)
    return f"; did you mean {found[0]!r}?" if found else ""


def unexpected(name: str, given: str, known: Iterable[str]) -> TypeError:
    """The error for a keyword that a function does not have."""
    names = list(known)
    hint = nearest(given, names) or f"; it takes {', '.join(names) or 'no keywords'}"
    return TypeError(f"{name}() got an unexpected keyword argument {given!r}{hint}")


def too_many(name: str, known: Collection[str], given: int) -> TypeError:
    """The error for more arguments by position than there are places."""
    plural = "s" * (len(known) != 1)
    return TypeError(
        f"{name}() takes {len(known)} positional argument{plural} ({', '.join(known)}), got {given}"
    )


def choice(name: str, argument: str, value: object, allowed: tuple[str, ...]) -> None:
    """A policy that must be one of those that there are."""
    if not isinstance(value, str) or value not in allowed:
        hint = nearest(value, allowed) if isinstance(value, str) else ""
        raise refused(name, argument, f"one of {allowed}", f"{value!r}{hint}", ValueError)


def exactly_one(name: str, **given: Array | None) -> None:
    """Input and output, say, of which one must be given."""
    found = [key for key, value in given.items() if value is not None]
    if len(found) != 1:
        keys = [f"{key}=" for key in given]
        what = f"{', '.join(keys[:-1])} and {keys[-1]}"
        several = "both" if len(given) == 2 else " and ".join(f"{key}=" for key in found)
        raise TypeError(
            f"{name}() needs exactly one of {what}, got {several if found else 'neither'}"
        )


# ---------------------------------------------------------------- numbers
PARAMETER = "a number or an array of numbers"


def parameter(name: str, argument: str, value: Any) -> None:
    """A parameter of a function of elements; containers keep what they hold to themselves."""
    dtype = getattr(value, "dtype", None)
    if dtype is None and not hasattr(type(value), "__array_ufunc__"):
        try:
            dtype = np.asarray(value).dtype
        except ValueError as error:  # of several lengths
            if not own(error):
                raise
            raise refused(name, argument, PARAMETER, shown(value)) from None
    if isinstance(dtype, np.dtype) and (dtype.kind not in "biuf" or dtype.itemsize > LARGEST):
        raise refused(name, argument, PARAMETER, shown(value))


def boolean(name: str, argument: str, value: object) -> bool:
    """A switch."""
    if isinstance(value, BOOLEAN) or (isinstance(value, INTEGER) and value in (0, 1)):
        return bool(value)
    raise refused(name, argument, "True or False", shown(value))


def integer(
    name: str, argument: str, value: Any, expected: str = "an integer", got: object = None
) -> int:
    """One integer, which is no bool; an error may tell of what it is `got` from."""
    try:
        if not isinstance(value, BOOLEAN):
            return operator.index(value)
    except TypeError as error:
        if not own(error):
            raise
    raise refused(name, argument, expected, shown(value if got is None else got))


def numbers(name: str, argument: str, value: Array) -> Any:
    """Numbers as an array of float64."""
    array = array_of(name, argument, value)
    if array.dtype.kind not in "iuf":
        raise refused(name, argument, "a number", array.dtype)
    return array.astype(np.float64)


def number(name: str, argument: str, value: Array, low: float, high: float, expected: str) -> float:
    """One number from `low` to `high`."""
    if type(value) is float and low <= value <= high:
        return value
    array = numbers(name, argument, value)
    if array.ndim or not low <= array <= high:
        raise refused(name, argument, expected, shown(value), ValueError)
    return float(array)


# ---------------------------------------------------------------- arrays
def array_of(name: str, argument: str, value: Array, dtype: Any = None) -> Any:
    """What NumPy makes an array of; an empty list has no numbers, and so any `dtype`."""
    if isinstance(value, list | tuple):
        try:
            array = np.asarray(value)
        except ValueError as error:
            if not own(error):
                raise
            expected = "an array or a list whose rows have one length"
            raise refused(name, argument, expected, "rows of several", ValueError) from None
        return array if array.size or dtype is None else array.astype(dtype)
    return np.asarray(value)


def is_container(value: object) -> bool:
    """Whether an object of another package takes part in ufuncs by itself."""
    numpys = isinstance(value, np.ndarray | np.generic)
    return not numpys and hasattr(type(value), "__array_ufunc__")


def known(name: str, argument: str, dtype: Any) -> None:
    """Raise a TypeError unless an array may have this dtype."""
    if dtype.char not in CHARACTERS and dtype.kind not in INTEGRAL:
        raise refused(name, argument, "float16, float32, float64 or integers", dtype)


def floats(name: str, argument: str, x: Array) -> Any:
    """An array of one of our float types, in native byte order; integers become float64."""
    array = array_of(name, argument, x)
    dtype = array.dtype
    if dtype.char in CHARACTERS:
        return array if dtype.isnative else array.astype(dtype.newbyteorder("="))
    known(name, argument, dtype)
    return array.astype(np.float64)


def cast(array: Any, dtype: Any) -> Any:
    """The array in this dtype; what becomes infinite or subnormal is no floating-point error."""
    if array.dtype == dtype:
        return array
    with np.errstate(all="ignore"):
        return array.astype(dtype)


def weak(value: Array, dtype: Any) -> Array:
    """A Python number in the dtype of the array that it goes with, which it must not widen."""
    if type(value) is int and abs(value) > MOST:
        return value  # no number of ours
    return np.asarray(value, dtype) if type(value) in {int, float, bool} else value


def fits(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether a shape broadcasts to another."""
    if shape == to:
        return True
    ends = zip(shape[::-1], to[::-1], strict=False)
    return len(shape) <= len(to) and all(n in (1, m) for n, m in ends)


def joint(*shapes: tuple[int, ...]) -> tuple[int, ...] | None:
    """The shape that shapes broadcast to, if they do."""
    ends = itertools.zip_longest(*(shape[::-1] for shape in shapes), fillvalue=1)
    lengths = [{n for n in end if n != 1} or {1} for end in ends]
    if any(len(each) > 1 for each in lengths):
        return None
    return tuple(n for each in lengths[::-1] for n in each)


def broadcast(name: str, argument: str, array: Array, shape: tuple[int, ...], to: str) -> Any:
    """The array broadcast to a shape, that of `to`."""
    given = np.shape(array)
    if not fits(given, shape):
        raise ValueError(f"{name}(): {argument} must broadcast to {to}, {shape}, got shape {given}")
    return np.broadcast_to(array, shape)


def together(name: str, **arrays: Any) -> tuple[int, ...]:
    """The shape that arrays broadcast to; None is left out."""
    shapes = {key: np.shape(a) for key, a in arrays.items() if a is not None}
    found = joint(*shapes.values())
    if found is None:
        got = ", ".join(f"{key} {shape}" for key, shape in shapes.items())
        first, *others = shapes
        raise ValueError(f"{name}(): {' and '.join(others)} must broadcast with {first}, got {got}")
    return found


def mask(name: str, argument: str, where: Array, shape: tuple[int, ...]) -> Any:
    """The mask of an array of this shape."""
    where = array_of(name, argument, where, np.bool_)
    if where.dtype != np.bool_:
        raise refused(name, argument, "boolean, True where an element counts", where.dtype)
    return broadcast(name, argument, where, shape, "the shape of x")


def integers(name: str, argument: str, value: Array) -> Any:
    """An array of integers, as int64."""
    array = array_of(name, argument, value, np.int64)
    if array.dtype.kind not in "iu":
        raise refused(name, argument, "integers", array.dtype)
    if array.dtype == np.uint64 and array.size and array.max() >= 2**63:
        raise refused(name, argument, "integers below 2**63", array.max(), ValueError)
    return array.astype(np.int64)


# ---------------------------------------------------------------- keywords of ufuncs
OPENED = frozenset({"pandas", "polars"})  # whose containers functions of elements open


def _where(name: str, argument: str, value: Any) -> None:
    """A mask: NumPy takes whatever is no array by its truth, so that nothing is done for None."""
    if isinstance(value, BOOLEAN):
        return
    root = type(value).__module__.partition(".")[0]
    if root in OPENED:  # which would align it with nothing, or call without end
        expected, got = "a boolean array", f"{type(value).__name__}: pass its .to_numpy()"
        raise refused(name, argument, expected, got)
    if root == "builtins":  # others, and their masks, go through as they are
        value = np.asarray(value)
    dtype = getattr(value, "dtype", None)
    if getattr(dtype, "kind", "b") != "b":
        raise refused(name, argument, "boolean, True where an element counts", dtype)


def _array(name: str, argument: str, value: Any) -> None:
    """One or several arrays for results."""
    given = value if isinstance(value, tuple) else (value,)
    for each in given:
        if each is not None and not hasattr(type(each), "__array_ufunc__"):
            raise refused(name, argument, "an ndarray", type(each).__name__)
    distinct(name, given)


def distinct(name: str, outs: tuple[Any, ...]) -> None:
    """Raise a ValueError if two arrays for results share memory: one would be lost."""
    arrays = [each for each in outs if isinstance(each, np.ndarray)]
    for a, b in itertools.combinations(arrays, 2):
        if np.may_share_memory(a, b) and np.shares_memory(a, b):
            raise refused(
                name, "out", "arrays that share no memory",
                "one array twice" if a is b else "arrays that overlap", ValueError,
            )  # fmt: skip


def _dtype(name: str, argument: str, value: Any) -> None:
    """What stands for a dtype that there are loops for, or None."""
    try:
        a_class: Any = value if isinstance(value, type) and issubclass(value, np.dtype) else None
        value = value if a_class is None else a_class()
        dtype = np.dtype(np.float64 if value is None else value)
    except TypeError as error:
        if not own(error):
            raise
        raise refused(name, argument, "a dtype", shown(value)) from None
    if dtype.char not in CHARACTERS:
        raise refused(name, argument, "float16, float32 or float64", dtype)


def _casting(name: str, argument: str, value: object) -> None:
    choice(name, argument, value, ("no", "equiv", "safe", "same_kind", "unsafe"))


def _order(name: str, argument: str, value: Any) -> None:
    choice(name, argument, value.upper() if isinstance(value, str) else value, tuple("CFAK"))


def _numpys(_name: str, _argument: str, _value: object) -> None:
    """Nothing: NumPy's own check is enough."""


UFUNC_KEYWORDS: dict[str, Callable[[str, str, Any], object]] = {
    "where": _where, "out": _array, "dtype": _dtype, "casting": _casting, "order": _order,
    "subok": boolean, "signature": _numpys, "sig": _numpys,
}  # fmt: skip


def ufunc_keyword(name: str, known: Iterable[str], keyword: str, value: Any) -> None:
    """Raise an error if a ufunc of elements has no such keyword, or it cannot have this value."""
    check = UFUNC_KEYWORDS.get(keyword)
    if check is None:
        raise unexpected(name, keyword, known)
    check(name, keyword, value)


# ---------------------------------------------------------------- the axis
def axes(name: str, axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes as distinct non-negative integers; None is all of them.

    A number has no axis, but NumPy's reductions take 0 and -1 for it, as one element.
    """
    if axis is None:
        return tuple(range(ndim))
    expected = "an integer, a tuple of integers or None"
    given: Any = axis
    several = isinstance(given, tuple | list | range) or (
        isinstance(given, np.ndarray) and given.ndim
    )
    chosen = tuple(
        integer(name, "axis", each, expected, given) for each in (given if several else (given,))
    )
    if ndim == 0 and not several and chosen[0] in (0, -1):
        return ()
    for a in chosen:
        if not -ndim <= a < ndim:
            raise np.exceptions.AxisError(a, ndim, f"{name}()")
    chosen = tuple(a % ndim for a in chosen)
    if len(set(chosen)) != len(chosen):
        raise ValueError(f"{name}(): axis={axis!r} names an axis twice")
    return chosen


def one_int(axis: Any) -> Any:
    """The axis as an `int` if it is one integer, perhaps in a tuple; anything else as it is."""
    (only,) = axis if type(axis) is tuple and len(axis) == 1 else (axis,)
    if type(only) is int:
        return only
    kind = getattr(getattr(only, "dtype", None), "kind", None)  # of an array of one integer, too
    return int(only) if kind in {"i", "u"} and only.shape == () else axis


def one_axis(name: str, axis: Any, ndim: int) -> int:
    """The axis as a non-negative integer."""
    if type(axis) is int and -ndim <= axis < ndim:
        return axis % ndim
    return axes(name, (integer(name, "axis", axis),), ndim)[0]


# ---------------------------------------------------------------- out
def output(name: str, out: Any, shape: tuple[int, ...], dtype: Any, *, exact: bool = False) -> Any:
    """`out` as an array that can take a result: writeable, of its shape, of a dtype for it.

    With `exact` of its dtype, else of one that it can be cast to as ufuncs do ("same_kind").
    """
    if isinstance(out, tuple) and len(out) == 1:
        (out,) = out
    if not isinstance(out, np.ndarray):
        raise refused(name, "out", "an ndarray", type(out).__name__)
    if out.shape != shape:
        raise refused(name, "out", f"of shape {shape}", out.shape, ValueError)
    if not out.flags.writeable:
        raise refused(name, "out", "writeable", "a read-only array", ValueError)
    if out.dtype == dtype:
        return out
    if exact:
        raise refused(name, "out", f"of dtype {dtype}", out.dtype, ValueError)
    if not np.can_cast(dtype, out.dtype, "same_kind"):
        raise refused(name, "out", f"of a dtype that {dtype} can be cast to", out.dtype)
    return out


def outputs(name: str, out: Any, count: int) -> tuple[Any, ...]:
    """`out` of a function with several results."""
    if out is None:
        return (None,) * count
    if not isinstance(out, tuple) or len(out) != count:
        got = f"{len(out)} of them" if isinstance(out, tuple) else type(out).__name__
        expected = (
            "an ndarray" if count == 1 else f"{'two' if count == 2 else count} arrays in a tuple"
        )
        raise refused(name, "out", expected, got)
    distinct(name, out)
    return out


ERRORS = (TypeError, ValueError, OverflowError)  # of NumPy, that `explain` explains


def explain(
    error: Exception, name: str, out: Any = None, where: Array = True,
    options: Mapping[str, Any] = MappingProxyType({}), **arrays: Array,
) -> None:  # fmt: skip
    """Raise an error that names what a ufunc of elements has refused, if it is one of these.

    What NumPy itself says of shapes and dtypes names neither the function nor the argument. Other
    keywords of the ufunc are its `options`.
    """
    said = str(error).startswith(f"{name}()")
    if said or not own(error) or any(map(is_container, arrays.values())):
        return  # they say it themselves
    count = 2 if name.endswith(".value_and_derivative") else 1
    if count == 2 or isinstance(out, tuple):
        outputs(name, out, count)
    for key, each in arrays.items():
        known(name, key, array_of(name, key, each).dtype)
    mask = {} if isinstance(where, BOOLEAN) else {"where": where}
    shape = together(name, **arrays, **mask)
    numbers = (each if type(each) in {int, float} else np.asarray(each) for each in arrays.values())
    dtype = np.result_type(*numbers)
    dtype = np.dtype(np.float64) if dtype.kind in INTEGRAL else dtype
    dtype = np.dtype(options.get("dtype") or dtype)
    outs = [each for each in (out if isinstance(out, tuple) else (out,)) if each is not None]
    for each in outs:
        wide = isinstance(each, np.ndarray) and fits(shape, each.shape)
        output(name, each, each.shape if wide else shape, dtype)
    for key in ("signature", "sig"):
        if options.get(key) is not None:
            expected = "the types of one of the ufunc's loops, or None"
            kind = ValueError if isinstance(error, ValueError) else TypeError
            raise refused(name, key, expected, shown(options[key]), kind)
    allowed(name, arrays, outs, dtype, options.get("casting", "same_kind"))


def allowed(
    name: str, arrays: Mapping[str, Array], outs: list[Any], dtype: Any, casting: Any
) -> None:
    """Raise a TypeError if arrays are cast to a dtype, or from it to results, against `casting`."""
    how = f"with casting={casting!r}"
    for key, each in arrays.items():
        found = np.asarray(each).dtype
        if not np.can_cast(found, dtype, casting):
            raise refused(name, key, f"of a dtype that can be cast to {dtype} {how}", found)
    for each in outs:
        if not np.can_cast(dtype, each.dtype, casting):
            raise refused(name, "out", f"of a dtype that {dtype} can be cast to {how}", each.dtype)


def same_view(a: Any, b: Any) -> bool:
    """Whether two arrays are the same elements at the same places of memory."""
    return (a.ctypes.data, a.shape, a.strides, a.dtype) == (
        b.ctypes.data, b.shape, b.strides, b.dtype
    )  # fmt: skip


def overlaps(out: Any, a: Any) -> bool:
    """Whether writing `out` element by element would change elements of `a` yet to be read."""
    return bool(np.may_share_memory(a, out)) and not same_view(a, out)


def target(
    name: str, out: Any, shape: tuple[int, ...], dtype: Any, same: tuple[Any, ...] = (),
    apart: tuple[Any, ...] = (),
) -> Any:  # fmt: skip
    """`out` if the work can be done in its memory, else None.

    It may be one of the arrays `same`, but otherwise share no memory with them or with `apart`, of
    which some may be None.
    """
    if out is None:
        return None
    array = output(name, out, shape, dtype)
    free = not any(overlaps(array, a) for a in same)
    free &= not any(np.may_share_memory(array, a) for a in apart if a is not None)
    return array if free and array.dtype == dtype else None


def delivered(name: str, out: Any, result: Any) -> Any:
    """The result, in `out` if there is one."""
    if out is None:
        return result[()] if result.ndim == 0 else result
    array = output(name, out, np.shape(result), result.dtype)
    with np.errstate(all="ignore"):
        np.copyto(array, result, casting="same_kind")
    return array
