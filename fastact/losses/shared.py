"""What all losses share: reductions, what is checked before any work, and passes over slabs."""

from __future__ import annotations

import abc
import functools
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from fastact.arguments import array_of, broadcast, cast, choice, fits, floats, output, overlaps
from fastact.containers.door import public
from fastact.definition.described import called, filled, shown
from fastact.definition.plain_calls import CalledPlainly
from fastact.native import loop_registry, threads, ufunc
from fastact.native.glue import Form, plain_forms
from fastact.numerics.primitives import Kernel

Array = Any
REDUCTIONS = ("mean", "sum", "none")
# What numbers are normal in a dtype, by its character, and their type.
NORMAL = {c: (float(np.finfo(c).tiny), float(np.finfo(c).max), np.dtype(c).type) for c in "efd"}
SLAB = 2**16  # elements that are computed before they are summed: half a MiB of float64
Slab = Any  # an index
SUMS = "_sums"  # ends the names of the loops that sum losses


# ---------------------------------------------------------------- what is checked before any work
def check_reduction(name: str, reduction: str, known: tuple[str, ...] = REDUCTIONS) -> None:
    """Raise a ValueError unless this is a known reduction."""
    choice(name, "reduction", reduction, known)


def check_batch(name: str, size: int, reduction: str, what: str = "element") -> None:
    """Raise a ValueError if this would be a mean over nothing."""
    if size == 0 and reduction not in ("sum", "none"):
        raise ValueError(
            f"{name}(): the {reduction} of an empty batch is not defined: "
            f"reduction={reduction!r} needs at least one {what}"
        )


def fitting(name: str, what: str, x: Array, shape: tuple[int, ...]) -> Any:
    """`x` as an array of numbers that broadcasts to `shape`; integers stay, as ufuncs cast them."""
    x = array_of(name, what, x)
    if not fits(x.shape, shape):
        broadcast(name, what, x, shape, "the shape of the first array")  # raises the error
    return floats(name, what, x) if x.dtype.kind not in "biu" else x


def no_nan(name: str, what: str, x: Any) -> None:
    """Raise a ValueError if a weight is NaN; the minimum tells it without a temporary array."""
    if x.size and np.isnan(np.minimum.reduce(x, axis=None)):
        place = tuple(int(i) for i in np.argwhere(np.isnan(x))[0])
        raise ValueError(f"{name}(): {what} must be numbers, got NaN at {place}")


def gradient_array(name: str, out: Any, like: Any) -> Any:
    """`out`, or a new array for the gradient of `like`."""
    if out is None:
        return np.empty(like.shape, like.dtype)
    return output(name, out, like.shape, like.dtype, exact=True)


# ---------------------------------------------------------------- results
def narrowed(losses: Any, dtype: Any) -> Any:
    """Losses in float64, in the dtype of the input; what is too large is infinity."""
    if dtype.char == "d":
        return losses
    with np.errstate(all="ignore"):
        return losses.astype(dtype.newbyteorder("="))


def number_of(loss: float, dtype: Any) -> Any:
    """A loss as a number of the dtype of the input; what is too large is infinity."""
    low, high, kind = NORMAL[dtype.char]
    return kind(loss) if low < abs(loss) < high else narrowed(np.float64(loss), dtype)


def summed(function: OfLosses, values: Any, *operands: Any) -> float:
    """The sum of `values`, which the function computes first: the first of its outputs.

    They are float64 without gaps. `operands` are all operands of the function, `values` too.
    """
    if values.size <= SLAB:
        return float(threads.call(function.summing, *operands))
    threads.call(function.ufunc, *operands)
    return total_of(values)


def total_of(losses: Any) -> float:
    """The sum of losses, of which infinite ones are no floating-point error."""
    with np.errstate(all="ignore"):
        return float(np.add.reduce(losses, None))


# ---------------------------------------------------------------- passes
def cutting(shape: tuple[int, ...], size: int = SLAB) -> tuple[int, int]:
    """The axis along which an array of more elements is cut into slabs, and their length on it."""
    rest = math.prod(shape)
    for axis, n in enumerate(shape):
        rest //= n
        if rest <= size:
            return axis, size // rest
    raise ValueError(f"an array of shape {shape} cannot be cut into slabs of {size}")


def slabs(shape: tuple[int, ...], size: int = SLAB) -> Iterator[Slab]:
    """Indices of parts of at most `size` elements, in C order; all of them if there are few."""
    if math.prod(shape) <= size:
        yield ...
        return
    axis, step = cutting(shape, size)
    for before in np.ndindex(shape[:axis]):
        for start in range(0, shape[axis], step):
            yield (*before, slice(start, start + step))


def apart(x: Any, out: Any) -> Any:
    """`x`, or a copy of it if writing `out` element by element would change what is yet to read."""
    return x if out is None or not overlaps(out, x) else x.copy()


# ---------------------------------------------------------------- element by element
class OfLosses(abc.ABC):
    """A function whose first output are losses, in float64."""

    @property
    @abc.abstractmethod
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc` itself."""

    @functools.cached_property
    def summing(self) -> Callable[..., float]:
        """The ufunc with arrays for all outputs: returns the sum of the losses."""
        return ufunc.summing(self.ufunc)


class LossFunction(OfLosses):
    """A NumPy ufunc of elements (``x``) and float64 numbers (``d``), made on its first use.

    A second one, of the same machine code, takes rows of elements and sums their losses.
    """

    def __init__(
        self, name: str, owner: str, operands: str, build: Any, source: Any = None
    ) -> None:
        self.name = name
        inputs, outputs = operands.split(">")
        self.letters, self.nin, self.nout = inputs, len(inputs), len(outputs)
        self.fixed = tuple(None if c == "x" else "float64" for c in inputs + outputs)
        self.loops = {
            dtype: loop_registry.LoopSpec(name, owner, dtype, build, source or "")
            for dtype in loop_registry.DTYPES
        }
        # Rows of elements, a number for each row; the losses of a row become one, their sum.
        cores = (",".join("(n)" if c == "x" else "()" for c in each) for each in (inputs, outputs))
        self._signature = "->".join(cores)
        if source is None:
            ufunc.registry[name] = lambda: self.ufunc
            ufunc.registry[name + SUMS] = lambda: self.sums
            for loop in self.loops.values():
                loop_registry.add(loop)

    @functools.cached_property
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc` itself."""
        return self._made("", None)

    @functools.cached_property
    def sums(self) -> np.ufunc:
        """The generalized `numpy.ufunc` of rows, of which the first output are the sums."""
        return self._made(SUMS, self._signature)

    def _made(self, ending: str, signature: str | None) -> np.ufunc:
        loops = self.loops  # not `self`: Python does not find cycles that go through a ufunc
        return ufunc.make(
            self.name + ending, "", self.nin, self.nout, lambda dtype: loops[dtype].part(ending),
            signature, self.fixed,
        )  # fmt: skip


Operand = tuple[Any, Any]  # an array or a number, and the dtype that the ufunc takes


class Operands:
    """Operands cut into slabs, so that what is converted or summed stays in the cache."""

    def __init__(self, x: Any, others: tuple[Operand, ...], outs: tuple[Any, ...]) -> None:
        self.outs = outs
        operands = ((x, x.dtype.newbyteorder("=")), *others)
        self.operands = [self.prepared(x.shape, *operand) for operand in operands]

    def prepared(self, shape: tuple[int, ...], array: Any, dtype: Any) -> Operand:
        """An array that can be cut into slabs, and its dtype; or a number, and None."""
        if isinstance(array, float):
            return array, None
        for out in self.outs:
            array = apart(array, out)
        if array.shape == shape:
            return array, dtype
        if array.size == 1:
            return cast(array.reshape(()), dtype), None
        return np.broadcast_to(array, shape), dtype

    def are_rows(self, letters: str) -> bool:
        """Whether the arrays lie in memory as loops over rows take them: all of one dtype.

        The `letters` are those of the operands: a float64 number is one for the row.
        """
        x, kind = self.operands[0]
        given = zip(letters, self.operands, strict=False)
        arrays = [(letter, array) for letter, (array, dtype) in given if dtype is not None]
        return all(
            letter == "x" and a.shape == x.shape and a.dtype == kind
            and a.flags.c_contiguous and a.flags.aligned
            for letter, a in [*arrays, *(("x", out) for out in self.outs)]
        )  # fmt: skip

    def rows(
        self, letters: str, groups: tuple[int, int], part: slice, shape: tuple[int, ...]
    ) -> tuple[list[Any], list[Any]]:
        """Inputs and outputs as rows in this shape: a part of each group of elements."""

        def cut(array: Any) -> Any:
            return array.reshape(groups)[:, part].reshape(*shape, -1)

        x, kind = self.operands[0]
        long = cut(x).shape
        inputs = [
            cut(array) if dtype is not None
            else np.broadcast_to(np.asarray(array, kind), long) if letter == "x" else array
            for letter, (array, dtype) in zip(letters, self.operands, strict=False)
        ]  # fmt: skip
        return inputs, [cut(out) for out in self.outs]

    def cut(self, slab: Any, scale: float, *values: Any) -> list[Any]:
        """The operands of a slab, with the outputs: `values`, which have its shape, and others."""
        cut = [
            array if dtype is None else cast(array[slab], dtype) for array, dtype in self.operands
        ]
        return [*cut, scale, *values, *(out[slab] for out in self.outs)]


def total_of_rows(function: LossFunction, parts: Operands, scale: float) -> float:
    """The sum of the losses, slab by slab, which threads share; writes gradients too."""
    shape = parts.operands[0][0].shape
    axis, step = cutting(shape)
    groups, length, slab = (
        math.prod(each) for each in (shape[:axis], shape[axis:], (step, *shape[axis + 1 :]))
    )
    whole = length - length % slab
    sums = np.empty((groups, -(-length // slab)))
    for part, found in (
        (slice(whole), sums[:, : whole // slab]),
        (slice(whole, None), sums[:, whole // slab :]),
    ):
        if found.size:
            inputs, outs = parts.rows(function.letters, (groups, length), part, found.shape)
            threads.call(function.sums, *inputs, scale, found, *outs)
    return functools.reduce(operator.add, sums.ravel().tolist(), 0.0)


def total(
    function: LossFunction, x: Any, others: tuple[Operand, ...], scale: float,
    gradient: Any, losses: Any,
) -> float:  # fmt: skip
    """The sum of the losses, or 0 with each of them written to `losses`, in float64.

    Writes the gradient times `scale` to `gradient`, if that is an array.
    """
    parts = Operands(x, others, () if gradient is None else (gradient,))
    if losses is None and x.size > SLAB and parts.are_rows(function.letters):
        return total_of_rows(function, parts, scale)
    scratch, found = np.empty(min(x.size, SLAB)), 0.0
    for slab in slabs(x.shape):
        part = x[slab]
        values = scratch[: part.size].reshape(part.shape)
        operands = parts.cut(slab, scale, values)
        if losses is None:
            found += summed(function, values, *operands)
        else:
            threads.call(function.ufunc, *operands)
            losses[slab] = values
    return found


class Loss(CalledPlainly):
    """A loss: it is called with an input and targets, and gives its gradient by the input.

    Its plain calls, and those of `value_and_grad`, are an array, targets of its dtype and shape or
    labels for its rows, and perhaps ``out=``. Of small arrays they are computed natively.
    """

    # In LaTeX, what each member gives.
    _formulas: Mapping[str, str] = MappingProxyType({})
    _positional = ("targets",)  # the name of the second argument
    value_and_grad: Callable[..., tuple[Any, Any]]
    # Makes what computes the loss of small arrays, or the loss and its gradient too, and calls the
    # function that it is given for others: each class has this method.
    _natively_small: Callable[..., Callable[..., Any]]

    def __init__(self, name: str) -> None:
        self.name = self.__name__ = self.__qualname__ = name
        self.__module__ = "fastact"

    def _forms(self) -> list[Form]:
        small = self._natively_small(self._applied, gradient=False)
        return plain_forms(small, *self._positional, out=False)

    @property
    def _member_forms(self) -> Mapping[str, list[Form]]:
        small = self._natively_small(self._loss_and_gradient_into, gradient=True)
        return {"value_and_grad": plain_forms(small, *self._positional)}

    def _loss_and_gradient_into(self, x: Any, targets: Any, out: Any = None) -> tuple[Any, Any]:
        """What `value_and_grad` gives, all of whose arguments have a place."""
        return type(self).value_and_grad(self, x, targets, out=out)

    def _member(self, name: str, text: str) -> str:
        """Below the first line of the text of a member: the formula, and how it is called."""
        head, _, rest = text.replace("{name}", self.name).partition("\n\n")
        call = f"``{called(self, name)}``"
        return f"{head}\n\n.. math:: {self._formulas[name]}\n\n{filled(call)}\n\n{rest}"

    def __reduce__(self) -> Any:
        return self.name

    def __repr__(self) -> str:
        return f"<fastact.{self.name}{self._signature()}>"


class ElementwiseLoss(Loss):
    """A loss that is a sum or a mean over elements.

    `_kernels` are those of an element, "value", "gradient" and perhaps "hessian": functions of the
    input, the operands after it and a scale, by which gradient and hessian are multiplied.
    `_letters` are the operands, "x" in the dtype of the input and "d" in float64.
    """

    _kind = "loss"
    _reductions: tuple[str, ...] = REDUCTIONS
    _kernels: Mapping[str, Kernel] = MappingProxyType({})
    _letters = "xxd"
    _defaults: tuple[float, ...] = ()  # of the operands between targets and scale
    _operands: Callable[..., tuple[Any, Any]]  # the input, and those after it with their dtypes

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._functions = functions(name, self._letters, self._kernels)

    @property
    def _any_ufunc(self) -> np.ufunc:
        return self._functions[""].ufunc

    def _plain_function(self, ending: str) -> LossFunction:
        """What computes the loss, or its gradient too, without options."""
        return self._functions[ending]

    def _natively_small(self, more: Any, *, gradient: bool) -> Callable[..., Any]:
        defaults = zip(self._letters[2:], self._defaults, strict=False)
        return ufunc.reducing(
            self._plain_function("_gradient" if gradient else "").ufunc, more, number_of,
            defaults=tuple(
                tuple(np.asarray(value, each if letter == "x" else np.float64)
                      for each in loop_registry.DTYPES)
                for letter, value in defaults
            ),
            divided=self._reductions[0] == "mean",
        )  # fmt: skip

    def _loss(self, *given: Any, reduction: str) -> Any:
        """The loss of what `_operands` takes."""
        check_reduction(self.name, reduction, self._reductions)
        x, others = self._operands(self.name, *given)
        return self._reduced(self._functions[""], x, others, reduction)

    def _loss_and_gradient(self, *given: Any, reduction: str, out: Any) -> tuple[Any, Any]:
        """The loss and its gradient by `given[0]`, in `out` or a new array."""
        name = f"{self.name}.value_and_grad"
        check_reduction(name, reduction, self._reductions)
        x, others = self._operands(name, *given)
        gradient = gradient_array(name, out, x)
        return self._reduced(self._functions["_gradient"], x, others, reduction, gradient), gradient

    def _reduced(
        self, function: LossFunction, x: Any, others: Any, reduction: str, gradient: Any = None
    ) -> Any:
        """The loss; writes the gradient, if there is an array for it."""
        if self._waits:
            self._go_plainly()
        check_batch(self.name, x.size, reduction)
        scale, losses = self._divisor(x, reduction), None
        if reduction == "none":
            losses = np.empty(x.shape, x.dtype.newbyteorder("="))
        if losses is None:
            found = total(function, x, others, 1.0 / scale, gradient, None)
            return number_of(found / scale, x.dtype)
        with np.errstate(all="ignore"):
            total(function, x, others, 1.0, gradient, losses)
        return losses[()]

    def _divisor(self, x: Any, reduction: str) -> float:
        """What the sum is divided by."""
        return float(x.size) if reduction == "mean" else 1.0


class OfTargets(ElementwiseLoss):
    """A loss of an input and targets, without options: its class declares kernels alone."""

    _formulas = MappingProxyType({"value_and_grad": r"\frac{\partial \ell}{\partial x}"})

    @public()
    def __call__(self, x: Array, targets: Array, reduction: str = "mean") -> Any:
        """Return the loss; see the class."""
        return self._loss(x, targets, reduction=reduction)

    @shown
    @public()
    def value_and_grad(
        self, x: Array, targets: Array, reduction: str = "mean", *, out: Any = None
    ) -> tuple[Any, Any]:
        """The loss and its gradient by `x`, in one pass.

        `out` is where the gradient goes, of the shape and dtype of `x`, or `x` itself; another is
        an error, and all else is as for the loss.

        >>> import numpy as np, fastact as fa
        >>> x, t, step = np.array([0.5, -0.25]), np.array([0.25, 1.0]), 2.0**-12
        >>> loss, gradient = fa.{name}.value_and_grad(x, t, reduction="sum")
        >>> high, low = (fa.{name}(x + s, t, reduction="none") for s in (step, -step))
        >>> bool(np.allclose(gradient, (high - low) / (2 * step), 0.001, 0.001))
        True
        """
        return self._loss_and_gradient(x, targets, reduction=reduction, out=out)

    def _operands(self, name: str, x: Array, targets: Array) -> tuple[Any, Any]:
        """The input, and the operands after it with their dtypes."""
        x = floats(name, "x", x)
        return x, ((fitting(name, "targets", targets, x.shape), x.dtype.newbyteorder("=")),)


def of_kernels(kernels: tuple[Kernel, ...], inputs: str, outputs: str) -> Any:
    """A `build` of `LoopSpec` that makes a loop of the kernels of an element."""
    return loop_registry.builder("fastact.compiler.loss_loops", "build", kernels, inputs, outputs)


def functions(
    name: str, inputs: str, kernels: Mapping[str, Kernel], owner: str = ""
) -> dict[str, LossFunction]:
    """The ufuncs of a loss: its value, with the gradient, and the gradient with the hessian."""
    outputs = {
        "": (("value",), "d"),
        "_gradient": (("value", "gradient"), "dx"),
        "_hessian": (("gradient", "hessian"), "xx"),
    }
    return {
        ending: LossFunction(
            name + ending, owner or name, f"{inputs}>{letters}",
            of_kernels(tuple(kernels[k] for k in parts), inputs, letters),
        )
        for ending, (parts, letters) in outputs.items()
        if all(k in kernels for k in parts)
    }  # fmt: skip
