"""Gated pairs: ``value * g(gate)`` for two halves of an array, and the gradients of both."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from fastact.arguments import (
    ERRORS,
    array_of,
    boolean,
    broadcast,
    explain,
    known,
    one_axis,
    output,
    outputs,
    own,
    together,
    ufunc_keyword,
)
from fastact.containers.door import public
from fastact.definition.activation import Activation
from fastact.definition.described import OPTIONS, Documented, called, filled, shown
from fastact.definition.function import integers
from fastact.definition.plain_calls import CalledPlainly
from fastact.definition.sums import summed_to
from fastact.elementwise import gelu, relu, sigmoid, silu, swish
from fastact.native import loop_registry, pool, threads, ufunc
from fastact.native.glue import OUT, Form, plain_forms
from fastact.native.weak import WeakValues

if TYPE_CHECKING:
    from fastact.definition import interfaces

Array = Any
MAX_ULP = {"float16": 0.501, "float32": 1.0, "float64": 2.0}
DTYPES = frozenset(map(np.dtype, loop_registry.DTYPES))
MANY = 2**12  # elements for which the loop over rows is sooner: 0.9 times at (100, 100)
ROWS = "_rows"  # ends the names of the loops over rows


class PairFunction:
    """A NumPy ufunc of gate, value and perhaps their biases, made on its first use.

    A second one, of the same machine code, takes whole rows: ``(n),(n)->(n)``. Where the halves of
    an array are many short runs in memory, NumPy hands the first one run at a time, too little
    for several threads, and the second all of them.
    """

    def __init__(self, owner: GatedPair, variety: str, nin: int, nout: int) -> None:
        self.name = owner._stem if variety == "forward" else f"{owner._stem}_{variety}"
        self.doc, self.nin, self.nout = f"{owner.name} {variety}", nin, nout
        self._made: dict[str, np.ufunc] = {}
        self._origin, self._variety = owner._origin, variety
        kernels, source = owner.activation.declaration.kernels, owner.activation.declaration.source
        build = loop_registry.builder(
            "fastact.compiler.gated_loops", "build", kernels, variety, nin, nout
        )
        self.loops = {
            dtype: loop_registry.LoopSpec(self.name, owner.name, dtype, build, source)
            for dtype in loop_registry.DTYPES
        }
        if self._origin is None:
            ufunc.registry[self.name] = lambda: self.ufunc
            ufunc.registry[self.name + ROWS] = lambda: self.rows
            for loop in self.loops.values():
                loop_registry.add(loop)

    @property
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc` itself."""
        return self._made.get("") or self._make("", None)

    @property
    def rows(self) -> np.ufunc:
        """The generalized `numpy.ufunc` of rows."""
        row = ",".join(["(n)"] * self.nin) + "->" + ",".join(["(n)"] * self.nout)
        return self._made.get(ROWS) or self._make(ROWS, row)

    def of_small(self, x: Any) -> np.ufunc:
        """The sooner ufunc for halves of `x` along its last axis that are too small for threads."""
        return self.rows if x.size >= MANY and x.flags.c_contiguous else self.ufunc

    def _make(self, ending: str, signature: str | None) -> np.ufunc:
        # Not `self`: Python does not find cycles that go through a ufunc.
        loops, origin, variety = self.loops, self._origin, self._variety
        made = ufunc.make(
            self.name + ending, self.doc, self.nin, self.nout,
            lambda dtype: loops[dtype].part(ending), signature,
            again=None if origin is None else lambda _: (ufunc_of, (origin, variety, ending)),
        )  # fmt: skip
        return self._made.setdefault(ending, made)

    def __call__(self, *arrays: Array, **options: Any) -> Any:
        """Call the ufunc."""
        if integers(arrays):
            options.setdefault("dtype", np.float64)
        call = ufunc.quiet if "dtype" in options else ufunc.calling(options.get("out"), *arrays)
        return call(self.ufunc, *arrays, **options)

    def along(self, arrays: Sequence[Any], axis: int, out: Any) -> Any:
        """Call one ufunc or the other for halves of an array along `axis`."""
        outs = out if isinstance(out, tuple) else () if out is None else (out,)
        if not short_rows(arrays, outs, axis):
            return self(*arrays, out=out)
        return ufunc.calling(out, *arrays)(self.rows, *arrays, axis=axis, out=out)


def ufunc_of(origin: Origin, variety: str, ending: str) -> np.ufunc:
    """A ufunc of a pair with parameters: what `pickle` calls."""
    function = with_params(*origin)._functions[variety]
    return function.rows if ending else function.ufunc


def loop_of(pair: GatedPair, variety: str, dtype: str) -> loop_registry.LoopSpec:
    """A loop of a pair, for compiled code that has to find it again."""
    return pair._functions[variety].loops[dtype]


def short_rows(arrays: Sequence[Any], outs: Sequence[Any], axis: int) -> bool:
    """Whether these are many rows, each too short for threads, that need no conversion.

    NumPy copies for a generalized ufunc what it converts.
    """
    first = arrays[0]
    n, step = first.shape[axis], abs(first.strides[axis])
    if n == first.size or n >= pool.CUTOVER:
        return False
    others = (abs(s) for s, m in zip(first.strides, first.shape, strict=True) if m > 1)
    return (
        first.dtype in DTYPES
        and all(s >= step for s in others)
        and all(a.dtype == first.dtype and a.dtype.isnative and a.flags.aligned
                for a in (*arrays, *outs))
    )  # fmt: skip


def halves(x: Any, axis: int, gate_first: bool) -> tuple[Any, Any]:
    """Gate and value: views of `x`."""
    middle = x.shape[axis] // 2
    if axis == x.ndim - 1:  # the usual one, where Python has sooner words for it
        first, second = x[..., :middle], x[..., middle:]
    else:
        before = (slice(None),) * axis
        first, second = x[(*before, slice(middle))], x[(*before, slice(middle, None))]
    return (first, second) if gate_first else (second, first)


def gradient(dy: Any, name: str, shape: tuple[int, ...]) -> Any:
    """`dy` as an array of the shape of the output; a Python number keeps its weak dtype."""
    if isinstance(dy, float | int):
        return dy
    dy = array_of(name, "dy", dy)
    known(name, "dy", dy.dtype)
    if dy.shape != shape:
        broadcast(name, "dy", dy, shape, "the shape of the output")
    return dy


def unbroadcast(term: Any, array: Any) -> Any:
    """The gradient of an array that was broadcast to the shape of `term`, or `term` itself."""
    shape = np.shape(array)
    return term if np.shape(term) == shape else summed_to(shape, term)


def common(*arrays: Any) -> Any:
    """The dtype of the result: float64 for integers."""
    dtypes = {getattr(each, "dtype", None) for each in arrays}
    dtype = dtypes.pop()
    if dtypes or dtype is None:
        dtype = np.result_type(*arrays)
    return np.dtype(np.float64) if dtype.kind in "biu" else dtype.newbyteorder("=")


class Split(Documented):
    """The gated pair of two arrays."""

    _passed_on = MappingProxyType({k: v for k, v in OPTIONS.items() if k != "out"})

    def __init__(self, owner: GatedPair) -> None:
        self._owner = owner
        self.name = self.__qualname__ = f"{owner.name}.split"
        self.__module__, self.__name__ = "fastact", "split"

    @property
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc` of ``(gate, value)``."""
        return self._owner._functions["forward"].ufunc

    @public()
    def __call__(
        self,
        gate: Array,
        value: Array,
        /,
        *,
        gate_bias: Array | None = None,
        value_bias: Array | None = None,
        out: Any = None,
        **options: Any,
    ) -> Any:
        """Return ``value * g(gate)``; see the class."""
        names = ("gate", "value", "gate_bias", "value_bias", "out", *self._passed_on)
        for key, given in {"out": out, **options}.items():
            ufunc_keyword(self.name, names, key, given)
        biases = both(gate_bias, value_bias)
        function = self._owner._function("forward", biases)
        try:
            return function(gate, value, *biases, out=out, **options)
        except ERRORS as error:
            given = {"gate_bias": gate_bias, "value_bias": value_bias}
            given = {key: each for key, each in given.items() if each is not None}
            where = options.pop("where", True)
            explain(error, self.name, out, where, options, gate=gate, value=value, **given)
            raise

    @shown
    @public()
    def backward(
        self,
        dy: Array,
        /,
        *,
        gate: Array,
        value: Array,
        gate_bias: Array | None = None,
        value_bias: Array | None = None,
        out: tuple[Any, Any] | None = None,
    ) -> tuple[Any, ...]:
        """Return the gradients of gate and value for that of the output: see `SPLIT_BACKWARD`."""
        name = f"{self.name}.backward"
        given = {"gate": gate, "value": value, "gate_bias": gate_bias, "value_bias": value_bias}
        for key, each in given.items():
            if each is not None or not key.endswith("bias"):
                known(name, key, array_of(name, key, each).dtype)
        shape = together(name, **given)
        dy = gradient(dy, name, shape)
        ufunc_keyword(name, (), "out", out)
        if out is not None and not np.shape(gate) == np.shape(value) == shape:
            raise ValueError(
                f"{name}() needs gate and value of shape {shape} where out is given, "
                f"got {np.shape(gate)} and {np.shape(value)}"
            )
        biases = both(gate_bias, value_bias)
        function = self._owner._function("backward", biases)
        outs = outputs(name, out, 2)
        for each in () if out is None else outs:
            output(name, each, shape, common(dy, *(a for a in given.values() if a is not None)))
        terms = function(dy, gate, value, *biases, out=outs)
        summed = (
            summed_to(np.shape(array), np.asarray(term))
            for array, term in zip((gate_bias, value_bias), terms, strict=True)
            if array is not None
        )
        return *map(unbroadcast, terms, (gate, value)), *summed

    def _document(self) -> str:
        return self._owner._text_of(SPLIT, f"{self.name}{self._signature()}")

    def _member(self, name: str, _text: str) -> str:
        return self._owner._text_of(SPLIT_BACKWARD, called(self, name))

    def __reduce__(self) -> Any:
        return operator.attrgetter("split"), (self._owner,)

    def __repr__(self) -> str:
        return f"<fastact.{self.name}{self._signature()}>"


def both(gate_bias: Array | None, value_bias: Array | None) -> tuple[Any, ...]:
    """The biases, none if none is given; -0.0 changes nothing, not even the sign of a zero."""
    if gate_bias is None and value_bias is None:
        return ()
    return tuple(-0.0 if bias is None else bias for bias in (gate_bias, value_bias))


class GatedPair(CalledPlainly):
    """A gated linear unit: one half of an array times an activation of the other half."""

    _kind = "gated"
    _axis = "axis"
    _unshaped = ("x", OUT)

    def __init__(
        self, name: str, activation: Activation, summary: str, source: str, *,
        stem: str | None = None, origin: Origin | None = None,
    ) -> None:  # fmt: skip
        self.name = self.__name__ = self.__qualname__ = name
        self.__module__ = "fastact"
        self._stem, self._origin = stem or name, origin
        self.activation, self._summary, self.source = activation, summary, source
        self.formula = f"v\\,g(u), g(x) = {activation.formula}"
        self.max_ulp = MAX_ULP
        self._functions = {
            variety: PairFunction(self, variety, nin, nout)
            for variety, nin, nout in (
                ("forward", 2, 1), ("forward_bias", 4, 1),
                ("backward", 3, 2), ("backward_bias", 5, 2),
            )
        }  # fmt: skip
        self.split = Split(self)

    def _document(self) -> str:
        return self._text_of(DOC)

    def _member(self, name: str, _text: str) -> str:
        return self._text_of(BACKWARD, called(self, name))

    def _text_of(self, template: str, call: str = "") -> str:
        kinks = [f"at gate = {k.at} the slope is {k.derivative}" for k in self.activation.kinks]
        return template.format(
            name=self.name, activation=self.activation.name, formula=self.formula,
            inner=self.activation.formula, summary=self._summary, call=filled(f"``{call}``"),
            kinks=f"Kinks: {'; '.join(kinks) or 'none'}.", source=self.source,
        )  # fmt: skip

    @property
    def ufunc(self) -> np.ufunc:
        """The `numpy.ufunc` of ``(gate, value)``."""
        return self._functions["forward"].ufunc

    def _function(self, variety: str, biases: tuple[Any, ...]) -> PairFunction:
        """The function of a variety, with biases or without."""
        return self._functions[f"{variety}_bias" if biases else variety]

    def _forms(self) -> list[Form]:
        return plain_forms(self._plain)

    @property
    def _any_ufunc(self) -> np.ufunc:
        return self.ufunc

    @property
    def _member_forms(self) -> Mapping[str, list[Form]]:
        return {"backward": plain_forms(self._plain_backward, "x")}

    def _plain(self, x: Any, out: Any = None) -> Any:
        """Apply the function to the halves of an array of floats along its last axis."""
        if x.shape[-1] % 2 or x.size >= pool.CUTOVER:
            return self._applied(x, out=out)
        gate, value = halves(x, x.ndim - 1, False)
        function = self._functions["forward"].of_small(x)
        if out is None:
            return threads.call(function, gate, value)
        output(self.name, out, gate.shape, x.dtype)
        return threads.call(function, gate, value, out)

    def _plain_backward(self, dy: Any, x: Any, out: Any = None) -> Any:
        """The gradient of an array of floats whose halves are those of its last axis."""
        middle = x.shape[-1] // 2 if x.ndim else 0
        if x.size >= pool.CUTOVER or (*x.shape[:-1], middle) != dy.shape or x.size != 2 * dy.size:
            return type(self).backward(self, dy, x=x, out=out)
        if out is None:
            out = np.empty(x.shape, x.dtype)
        else:
            output(f"{self.name}.backward", out, x.shape, x.dtype)
        inputs, outs = (halves(each, x.ndim - 1, False) for each in (x, out))
        threads.call(self._functions["backward"].of_small(x), dy, *inputs, *outs)
        return out

    @public()
    def __call__(
        self,
        x: Array,
        /,
        axis: int = -1,
        *,
        gate_first: bool = False,
        bias: Array | None = None,
        out: Any = None,
    ) -> Any:
        """Apply the function to the halves of `x`; see the docstring of the object."""
        arrays, axis = self._operands(self.name, x, axis, gate_first, bias)
        if out is not None:
            output(self.name, out, arrays[0].shape, common(*arrays))
        return self._function("forward", arrays[2:]).along(arrays, axis, out)

    @shown
    @public()
    def backward(
        self,
        dy: Array,
        /,
        *,
        x: Array,
        axis: int = -1,
        gate_first: bool = False,
        bias: Array | None = None,
        out: Any = None,
    ) -> Any:
        """Return the gradient of `x` for that of the output, in one pass: see `BACKWARD`."""
        name = f"{self.name}.backward"
        arrays, axis = self._operands(name, x, axis, gate_first, bias)
        shape = arrays[0].shape
        whole = (*shape[:axis], 2 * shape[axis], *shape[axis + 1 :])
        dy = gradient(dy, name, shape)
        dtype = common(dy, *arrays)
        if out is None:
            out = np.empty_like(x, dtype, subok=False)
        else:
            output(name, out, whole, dtype)
        if np.shape(dy) != shape:
            dy = np.broadcast_to(np.asarray(dy, None if hasattr(dy, "dtype") else dtype), shape)
        function = self._function("backward", arrays[2:])
        function.along((dy, *arrays), axis, halves(out, axis, gate_first))
        if bias is None:
            return out
        across = [1] * out.ndim
        across[axis] = whole[axis]
        return out, summed_to(tuple(across), out).flatten()

    def _operands(
        self, name: str, x: Array, axis: int, gate_first: bool, bias: Array | None
    ) -> tuple[tuple[Any, ...], int]:
        """Gate, value and their biases as arrays that broadcast, and `axis` as it counts from 0."""
        if self._waits:
            self._go_plainly()
        x = array_of(name, "x", x)
        known(name, "x", x.dtype)
        index = one_axis(name, axis, x.ndim)
        gate_first = boolean(name, "gate_first", gate_first)
        n = x.shape[index]
        if n % 2:
            raise ValueError(
                f"{name}(): x needs an even length along axis {axis}, "
                f"got {n} (x has shape {x.shape})"
            )
        arrays = halves(x, index, gate_first)
        if bias is None:
            return arrays, index
        bias = array_of(name, "bias", bias)
        known(name, "bias", bias.dtype)
        if bias.shape != (n,):
            raise ValueError(
                f"{name}(): bias needs shape ({n},), the length of x along axis {axis}, "
                f"got {bias.shape}"
            )
        column = bias.reshape(-1, *[1] * (x.ndim - index - 1))
        column = column.reshape(*[1] * index, *column.shape)
        return (*arrays, *halves(column, index, gate_first)), index

    def _ufuncs(self) -> Iterator[np.ufunc]:
        """Every ufunc of this pair."""
        for function in self._functions.values():
            yield function.ufunc
            yield function.rows

    def __reduce__(self) -> Any:
        return self.name if self._origin is None else (with_params, self._origin)

    def __repr__(self) -> str:
        return f"<fastact.{self.name}(x, axis=-1) = value * {self.activation.name}(gate)>"


class Swiglu(GatedPair):
    """The pair of silu, which may be one of swish with another parameter."""

    @shown
    @public()
    def with_params(self, beta: float = 1.0) -> GatedPair:
        """Return the pair with ``swish(gate, beta)``: see `WITH_PARAMS`."""
        try:
            return with_params(self, swish.with_params(beta=beta))
        except (TypeError, ValueError) as error:
            if not own(error):
                raise
            raise type(error)(f"{self.name}.with_params(): {error}") from None

    def _member(self, name: str, text: str) -> str:
        if name != "with_params":
            return super()._member(name, text)
        return WITH_PARAMS.format(call=filled(f"``{called(self, name)}``"))


Origin = tuple[GatedPair, Activation]  # of a pair with parameters: the pair without, and the gate's
_alive: WeakValues[Activation, GatedPair] = WeakValues()


def with_params(pair: GatedPair, gate: Activation) -> GatedPair:
    """The pair of an activation with parameters: one object for each, as long as it is there."""
    found = _alive.get(gate)
    if found is None:
        given = gate.name.partition(".")[2]
        found = GatedPair(
            f"{pair.name}.{given}", gate, pair._summary, pair.source,
            stem=f"{pair.name}_with_params", origin=(pair, gate),
        )  # fmt: skip
        _alive[gate] = found
    return found


WITH_PARAMS = r"""The pair with another parameter of its gate: ``value * swish(gate, beta)``.

.. math:: f(u, v) = v\,u\,\sigma(\beta u)

{call}

It is compiled for this number, and has all members of `swiglu` but this one.

>>> import numpy as np, fastact as fa
>>> f, x = fa.swiglu.with_params(beta=1.702), np.ones((2, 8))
>>> bool(np.allclose(f(x), x[:, :4] * fa.quick_gelu(x[:, 4:])))
True
"""
DOC = r"""{summary}: ``value * {activation}(gate)``.

.. math:: f(u, v) = {formula}

``{name}(x, axis=-1, *, gate_first=False, bias=None, out=None)`` splits `x` in two halves along
`axis`: the second is the gate u, the first the value v. ``{name}.split(gate, value)`` takes two
arrays. No temporary array is made.

Parameters
----------
x : array_like of float16, float32 or float64
    Of an even length along `axis`. Integers and bool are converted to float64.
axis : int, default -1
    The axis to split.
gate_first : bool, default False
    Whether the first half is the gate.
bias : array_like, optional
    One number for each element along `axis`, added before gating: to value and gate in the order
    in which they stand in `x`.
out : ndarray, optional
    Where the result goes. It may overlap with `x`.

Returns
-------
ndarray
    Of half the length of `x` along `axis`.

Raises
------
AxisError
    If `axis` is out of range.
ValueError
    If the length along `axis` is odd, or `bias` or `out` has another shape.
TypeError
    If `axis` is no integer; for complex, object, string and longdouble input.

Notes
-----
The product is that of IEEE 754: NaN gives NaN, an infinite value times a gate whose
``{activation}(gate)`` is 0 in the dtype of `x` is NaN.
{kinks}
Error: at most 1 ulp in float32 and 2 ulp in float64, for the value and both gradients, where no
factor and no product of two underflows or overflows in float64. The sum with a bias is exact in
float64, and rounded to float64 in float32 and float16.
Backward: from the input ``x=``, see ``{name}.backward``.
Source: {source}.

Examples
--------
>>> import numpy as np, fastact as fa
>>> x = np.array([[1.0, 2.0, 0.0, 3.0]], dtype=np.float32)
>>> y = fa.{name}(x)
>>> bool((y == fa.{name}.split(x[:, 2:], x[:, :2])).all())
True
>>> fa.{name}.backward(np.ones_like(y), x=x).shape
(1, 4)
"""

BACKWARD = r"""The vector-Jacobian product of `{name}`: the gradient of both halves, in one pass.

.. math:: du = dy\,v\,g'(u),\quad dv = dy\,g(u),\quad g(x) = {inner}

{call}

Of the gate u and the value v: each gradient stands where its half stands in `x`. {kinks}

Parameters
----------
dy : array_like
    Gradient of the output; broadcasts to its shape.
x, axis, gate_first, bias
    As they were given to the function.
out : ndarray, optional
    Of the shape of `x`; may be `x` itself.

Returns
-------
dx : ndarray
    Of the shape of `x`.
dbias : ndarray
    Only if `bias` is given, the result being ``(dx, dbias)``: the sum of `dx`, in float64, over all
    axes but `axis`.

Raises
------
ValueError, AxisError, TypeError
    As for the function, and a ValueError if `dy` does not broadcast to the output.

Examples
--------
>>> import numpy as np, fastact as fa
>>> f, x, dy = fa.{name}, np.array([[3.0, 4.0, -1.0, 0.5]]), np.array([[1.0, -2.0]])
>>> dx, value, gate = f.backward(dy, x=x), x[:, :2], x[:, 2:]
>>> bool(np.allclose(dx[:, 2:], dy * value * fa.{activation}.derivative(gate)))
True
>>> bool(np.allclose(dx[:, :2], dy * fa.{activation}(gate)))
True
>>> f.backward(dy, x=x, bias=np.zeros(4))[1].shape
(4,)
"""
SPLIT = r"""`{name}` of two arrays: ``split(gate, value)`` is ``value * {activation}(gate)``.

.. math:: f(u, v) = {formula}

{call}

Gate u and value v broadcast against each other; ``where=``, ``dtype=`` and ``casting=`` are those
of `numpy.ufunc`. The biases are added before gating. `out` may be `gate` or `value`. {kinks}

Raises
------
ValueError
    If the shapes do not broadcast.
TypeError
    For complex, object, string and longdouble input.

Examples
--------
>>> import numpy as np, fastact as fa
>>> gate, value = np.array([-1.0, 0.5, 2.0]), np.array([3.0, 4.0, 5.0])
>>> bool(np.allclose(fa.{name}.split(gate, value), value * fa.{activation}(gate)))
True
>>> shifted = fa.{name}.split(gate, value, gate_bias=1.5)
>>> bool(np.allclose(shifted, value * fa.{activation}(gate + 1.5)))
True
"""
SPLIT_BACKWARD = r"""The gradients of gate and value of `{name}`, in one pass.

.. math:: du = dy\,v\,g'(u),\quad dv = dy\,g(u),\quad g(x) = {inner}

{call}

The gradients of those biases that are given come after those of gate u and value v. Each has the
shape of its argument: summed, in float64, over the axes along which that was broadcast. `out` is a
pair of arrays, which may be `gate` and `value`, or `dy` and another. {kinks}

Raises
------
ValueError
    If the shapes do not fit, or if `out` is given and `gate` or `value` is broadcast.

Examples
--------
>>> import numpy as np, fastact as fa
>>> gate, value = np.array([-1.0, 0.5, 2.0]), np.array([3.0, 4.0, 5.0])
>>> dgate, dvalue = fa.{name}.split.backward(np.ones(3), gate=gate, value=value)
>>> bool(np.allclose(dgate, value * fa.{activation}.derivative(gate)))
True
>>> bool(np.allclose(dvalue, fa.{activation}(gate)))
True
"""

LISTED = GatedPair  # what `fastact.catalogue` looks for
SHAZEER = "Shazeer 2020, GLU Variants Improve Transformer"
glu: interfaces.Gated = GatedPair(
    "glu", sigmoid, "The gated linear unit",
    "Dauphin, Fan, Auli and Grangier 2017, Language Modeling with Gated Convolutional Networks",
)  # fmt: skip
reglu: interfaces.Gated = GatedPair("reglu", relu, "The gated linear unit with relu", SHAZEER)
geglu: interfaces.Gated = GatedPair("geglu", gelu, "The gated linear unit with gelu", SHAZEER)
swiglu: interfaces.Swiglu = Swiglu("swiglu", silu, "The gated linear unit with silu", SHAZEER)
