"""One-bit masks: what a backward pass needs of functions whose derivative takes two values."""

from __future__ import annotations

import ctypes
import functools
import operator
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastact.arguments import array_of, broadcast, delivered, refused, target, unexpected
from fastact.containers.door import public
from fastact.containers.opened import array
from fastact.definition.declaration import Field, compiled, evaluate
from fastact.definition.described import Described, member, signature
from fastact.definition.function import INTEGRAL, Owner
from fastact.native import loop_registry, threads, ufunc

if TYPE_CHECKING:
    from inspect import Signature

Array = Any

UNIT = 32  # elements for which the loops write or read one word of the mask
BITS = 8  # elements for which the mask has one byte
LOOP = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4)
DIMS = ctypes.c_int64 * 2
NAMES = {np.dtype(name).char: name for name in loop_registry.DTYPES}
_build = loop_registry.builder("fastact.compiler.bitmask_loops", "build_backward")
FROM_MASK = {
    dtype: loop_registry.add(loop_registry.LoopSpec("backward_from_mask", "masks", dtype, _build))
    for dtype in loop_registry.DTYPES
}
WITH_MASK: list[str] = []  # the names of the activations of the catalogue that have masks


class ForwardWithMask(Described):
    """The value of an activation, and the mask that its backward pass can do with.

    ``y, mask = f.forward_with_mask(x, *params, out=None)``, then
    ``dx = f.backward(dy, mask=mask, **params)``: one pass over memory each, and in place where
    `out` is `x` or `dy`. The mask takes 1/32 of the memory of a float32 `x`. Functions whose
    derivative takes two values have one.

    Parameters
    ----------
    x : array_like of float16, float32 or float64
        Any shape and strides; what is not contiguous in C order is copied first. Integers and bool
        are converted to float64.
    params
        The parameters of the activation, positional or named, broadcast against `x`.
    out : ndarray, optional
        Where to put `y`.

    Returns
    -------
    y : ndarray or scalar
        The value, the same bits as ``f(x, *params)``.
    mask : ndarray of uint8
        ``ceil(x.size / 8)`` bytes. Bit k, counted from the lowest of the first byte, belongs to
        element k of `x` in C order, as in ``numpy.packbits(..., bitorder="little")``. It is set
        where the derivative is the first of the two values: 1 for relu and its like, so that it
        tells where x > 0. The bits that are left over are 0.

    Raises
    ------
    TypeError
        If the derivative of the function takes more than two values; for masked arrays and what
        is not real.
    ValueError
        If a parameter does not broadcast to the shape of `x`, or breaks a rule of the function.

    Notes
    -----
    Where x is NaN so is `y`, but a bit cannot hold the NaN of the derivative: it is set, and `dy`
    passes as it came. ``backward(x=)`` gives NaN there. Everywhere else both give the same bits.

    Examples
    --------
    >>> import numpy as np, fastact as fa
    >>> x = np.array([-2.0, 1.0, 3.0, 0.0])
    >>> y, mask = fa.relu.forward_with_mask(x)
    >>> y, mask
    (array([0., 1., 3., 0.]), array([6], dtype=uint8))
    >>> fa.relu.backward(np.full(4, 0.5), mask=mask)
    array([0. , 0.5, 0.5, 0. ])
    """

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self.__module__, self.__name__ = "fastact", "forward_with_mask"
        self.__qualname__ = self.name = f"{owner.name}.forward_with_mask"
        self._slopes = owner.declaration.masked
        if self._slopes is None:
            return
        self._used = {name for slope in self._slopes for name in compiled(str(slope)).co_names}
        name = f"{owner.name}_forward_with_mask"
        first = f"lambda {', '.join(['x', *(p.name for p in owner.params)])}: {self._slopes[0]}"
        build = loop_registry.builder(
            "fastact.compiler.bitmask_loops",
            "build_forward",
            owner.declaration.kernels,
            first,
            owner._nin,
        )
        self._loops = {
            dtype: loop_registry.LoopSpec(name, owner.name, dtype, build, owner.declaration.source)
            for dtype in loop_registry.DTYPES
        }
        if owner._origin.listed:
            WITH_MASK.append(owner.name)
            for loop in self._loops.values():
                loop_registry.add(loop)

    @public()
    def __call__(
        self, x: Array, /, *params: Array, out: Any = None, **named: Any
    ) -> tuple[Any, Any]:
        """Return the value and the mask; see the class."""
        function = self.name
        self._values_of_slope(function)
        values = self._bind(function, params, named)
        self._owner._check_shapes(function, {"x": x}, values)
        x, *values = operands(function, x, values)
        result = Result(function, out, x, values)
        mask = np.empty(-(-x.size // BITS), np.uint8)
        flat = [Operand(x.reshape(-1), UNIT), *map(parameter, values)]
        flat += [result.operand, Operand(mask, UNIT // BITS, written=True)]
        run(self._loops, x.size, flat)
        if x.size % BITS:
            mask[-1] &= (1 << x.size % BITS) - 1
        return result.given(), mask

    def _backward(self, dy: Array, mask: Any, out: Any, named: dict[str, Any]) -> Any:
        """``dy`` times the derivative that the mask tells; see `Backward`."""
        if not named and self._slopes is not None:
            found = self._backward_at_once(dy, mask, out)
            if found is not None:
                return found
        function = f"{self._owner.name}.backward"
        slopes = self._values_of_slope(function)
        for p in self._owner.params:
            if p.required and p.name not in self._used:
                named.setdefault(p.name, p.typical)
        bound = zip(self._owner.params, self._bind(function, (), named), strict=True)
        known = {p.name: value for p, value in bound if p.name in self._used}
        dy, *values = operands(function, dy, known.values(), "dy")
        known = dict(zip(known, values, strict=True))
        chosen = [np.asarray(evaluate(slope, known), dy.dtype).reshape(-1) for slope in slopes]
        mask = checked(function, mask, dy.shape, dy.size)
        result = Result(function, out, dy, [*chosen, mask])
        flat = [Operand(dy.reshape(-1), UNIT), *map(parameter, chosen)]
        flat += [Operand(mask, UNIT // BITS), result.operand]
        run(FROM_MASK, dy.size, flat)
        return result.given()

    def _backward_at_once(self, dy: Any, mask: Any, out: Any) -> Any:
        """The product for contiguous arrays of whole units; None if there is more to look at."""
        if not (
            type(dy) is np.ndarray and dy.size and dy.size % UNIT == 0 and plain(dy)
            and type(mask) is np.ndarray and mask.dtype.char == "B" and mask.ndim == 1
            and mask.size * BITS == dy.size and mask.flags.c_contiguous
            and dy.dtype.char in self._standard
        ):  # fmt: skip
            return None
        words = mask.view(np.uint32)
        if not words.flags.aligned:
            return None
        if out is None:
            out = np.empty_like(dy)
        elif not (
            type(out) is np.ndarray and out.dtype == dy.dtype and out.shape == dy.shape
            and plain(out) and out.flags.writeable and not np.may_share_memory(out, dy)
            and not np.may_share_memory(out, mask)
        ):  # fmt: skip
            return None
        slopes = self._standard[dy.dtype.char]
        units = dy.reshape(-1, UNIT), *slopes, words, out.reshape(-1, UNIT)
        threads.call(of_units(), *units)
        return out

    @functools.cached_property
    def _standard(self) -> Mapping[str, tuple[Any, Any]]:
        """Both slopes at the defaults of parameters, by NumPy's character of the dtype."""
        known = {p.name: p.default for p in self._owner.params if p.name in self._used}
        if self._slopes is None or None in known.values():
            return {}
        first, second = (evaluate(slope, known) for slope in self._slopes)
        return {char: (np.array(first, char), np.array(second, char)) for char in NAMES}

    def _values_of_slope(self, function: str) -> tuple[Field, Field]:
        """The derivative where bits are set, and where they are not."""
        if self._slopes is None:
            raise TypeError(
                f"{function}(): the derivative of {self._owner.name} takes more than two values, "
                f"which no mask can hold; functions with masks are {', '.join(WITH_MASK)}"
            )
        return self._slopes

    def _bind(self, function: str, params: tuple[Array, ...], named: dict[str, Any]) -> Any:
        """The parameters in the order of the declaration; an error if there are others."""
        values = self._owner._bind(params, named, function)
        if named:
            known = [*(p.name for p in self._owner.params), "out"]
            raise unexpected(function, next(iter(named)), known)
        return values

    def _signature(self) -> Signature:
        return signature(("x",), self._owner.params, {"out": None})

    def _document(self) -> str:
        return member(self._owner, "forward_with_mask")

    def __reduce__(self) -> Any:
        return operator.attrgetter("forward_with_mask"), (self._owner,)

    def __repr__(self) -> str:
        return f"<fastact.{self._owner.name}.forward_with_mask>"


def plain(array: Any) -> bool:
    """Whether an array is contiguous, and of numbers as the processor has them."""
    flags = array.flags
    return bool(flags.c_contiguous and flags.aligned and array.dtype.isnative)


@functools.cache
def of_units() -> np.ufunc:
    """The generalized ufunc of dy in units, both slopes and the words of the mask."""
    kinds = None, None, None, "uint32", None
    doc, signature = "backward from a mask", "(n),(),(),()->(n)"
    return ufunc.make(
        "backward_from_mask", doc, 4, 1, lambda dtype: FROM_MASK[dtype].address(), signature, kinds
    )


def operands(function: str, x: Array, values: Iterable[Array], called: str = "x") -> list[Any]:
    """`x`, and parameters of its size or of one element, as contiguous arrays of one dtype."""
    x = array_of(function, called, array(function, called, x))
    values = [v if isinstance(v, float | int) else np.asarray(v) for v in values]
    dtype = np.result_type(np.float64 if x.dtype.kind in INTEGRAL else x, *values)
    if dtype.char not in NAMES:
        raise refused(function, called, f"{', '.join(loop_registry.DTYPES)} or integers", dtype)
    native = np.dtype(dtype.char)
    x = np.asarray(x, native, order="C")
    x = x if x.flags.aligned else x.copy()
    return [x, *(fitted(function, np.asarray(v, native), x.shape) for v in values)]


def fitted(function: str, value: Any, shape: tuple[int, ...]) -> Any:
    """A parameter as one element, or as the contiguous array of that shape it broadcasts to."""
    whole = broadcast(function, "a parameter", value, shape, "the shape of x")
    return value.reshape(1) if value.size == 1 else np.require(whole, None, ["C", "A"]).reshape(-1)


def checked(function: str, mask: Any, shape: tuple[int, ...], size: int) -> Any:
    """The mask, contiguous, if it is one and fits."""
    if not isinstance(mask, np.ndarray) or mask.dtype != np.uint8:
        got = getattr(mask, "dtype", type(mask).__name__)
        raise refused(function, "mask", "a uint8 array of forward_with_mask", got)
    wanted = (-(-size // BITS),)
    if mask.shape != wanted:
        expected = f"of shape {wanted} for dy of shape {shape}"
        raise refused(function, "mask", expected, mask.shape, ValueError)
    return np.ascontiguousarray(mask)


class Operand(NamedTuple):
    """A contiguous array, and how many of its elements a unit has: 0 for a scalar."""

    array: Any
    width: int
    written: bool = False

    def tail(self, start: int) -> Operand:
        """A whole unit that begins with what follows `start` units."""
        if not self.width:
            return self
        unit = np.zeros(self.width, self.array.dtype)
        rest = self.array[start * self.width :]
        unit[: rest.size] = rest
        return self._replace(array=unit)


def parameter(value: Any) -> Operand:
    """An operand that may be a scalar."""
    return Operand(value, UNIT if value.size != 1 else 0)


def run(loops: Mapping[str, loop_registry.LoopSpec], size: int, flat: list[Operand]) -> None:
    """Run a loop over arrays of `size` elements; what does not fill a unit, in copies."""
    loop = loaded(loops[NAMES[flat[0].array.dtype.char]])
    units, rest = divmod(size, UNIT)
    if units:
        call(loop, units, flat)
    if rest:
        tails = [operand.tail(units) for operand in flat]
        call(loop, 1, tails)
        for operand, tail in zip(flat, tails, strict=True):
            if operand.written:
                end = operand.array[units * operand.width :]
                end[...] = tail.array[: end.size]


@functools.cache
def loaded(spec: loop_registry.LoopSpec) -> Any:
    """The loop as a function, which runs without the GIL."""
    return LOOP(spec.address())


def call(loop: Any, units: int, flat: list[Operand]) -> None:
    """Run a loop over whole units."""
    words = ctypes.c_int64 * len(flat)
    pointers = words(*[array.ctypes.data for array, _, _ in flat])
    steps = words(*[array.itemsize * width for array, width, _ in flat])
    threads.call(loop, pointers, DIMS(units, UNIT), steps, threads.block())


class Result:
    """The array that a loop writes: `out` itself where that can be, else one to copy from."""

    def __init__(self, function: str, out: Any, like: Any, others: list[Any]) -> None:
        self.function, self.out = function, out
        found = target(function, out, like.shape, like.dtype, (like, *others))
        free = found is not None and found.flags.carray
        self.array = found if free else np.empty_like(like)
        self.operand = Operand(self.array.reshape(-1), UNIT, written=True)

    def given(self) -> Any:
        """What the caller gets."""
        (out,) = self.out if isinstance(self.out, tuple) else (self.out,)
        return out if out is self.array else delivered(self.function, out, self.array)
