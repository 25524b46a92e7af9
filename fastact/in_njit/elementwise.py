"""Activations inside compiled code: numbers by their kernels, arrays by the loops of the store."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import numpy as np
from numba.core import cgutils, types
from numba.core.errors import TypingError

from fastact.compiler import activation_loops
from fastact.compiler.dispatch import dispatcher
from fastact.compiler.kernels import ELEMENT
from fastact.definition.function import Backward, Function
from fastact.in_njit import operands, symbols
from fastact.in_njit.plan import (
    UNKNOWN,
    Attempt,
    Call,
    Plan,
    either,
    is_array,
    is_number,
)

REAL = "a number or an array of float16, float32, float64 or integers"


def signature(function: Function) -> inspect.Signature:
    """The signature of a function of an activation, as it is called outside."""
    kinds, empty = inspect.Parameter, inspect.Parameter.empty
    free, named = kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY
    backward = isinstance(function, Backward)
    parameters = [
        kinds(p.name, named if backward else free, default=empty if p.required else p.default)
        for p in function.params
    ]
    if backward:
        data = [kinds("dy", kinds.POSITIONAL_ONLY)]
        data += [kinds(name, named, default=None) for name in ("x", "y", "out")]
        return inspect.Signature(data + parameters)
    options = [kinds("out", named, default=None), kinds("where", named, default=True)]
    return inspect.Signature([kinds("x", kinds.POSITIONAL_ONLY), *parameters, *options])


@functools.cache
def scalar(function: Function, dtype: str) -> Any:
    """The dispatcher of a function of numbers."""
    function._check_kernel()
    return activation_loops.scalar(function._owner.declaration.kernels, function._variety, dtype)


@functools.cache
def rule_of(rule: str, names: tuple[str, ...]) -> Any:
    """The dispatcher that tells whether parameters obey a rule."""
    return dispatcher(eval(f"lambda {', '.join(names)}: {rule}", {"inf": np.inf}))  # noqa: S307  # our declarations


def loop_of(function: Function, dtype: str) -> Any:
    """The loop of a function."""
    return function._loops[dtype]


def loop_from_output(owner: Any, dtype: str) -> Any:
    """The loop of the gradient from the output."""
    return owner.backward._from_output._loops[dtype]


class Elementwise(Plan):
    """A call of a function of an activation."""

    def __init__(self, ty: Any, arguments: dict[str, Any]) -> None:
        self.function: Any = ty.target
        self.positional = ("dy",) if isinstance(ty.target, Backward) else ("x",)
        super().__init__(ty, arguments)

    # ------------------------------------------------------------ types
    def typed(self) -> Any:
        self.data = self.positional
        if isinstance(self.function, Backward):
            self.choose()
        try:
            self.function._check_kernel()
        except TypeError as error:
            raise TypingError(str(error)) from None
        self.names = (*self.data, *(p.name for p in self.function.params))
        for name in self.names:
            if not (
                is_array(self.types[name])
                or is_number(self.types[name])
                or (name not in self.data and self.known[name] is None)
            ):
                raise self.refuse(name, REAL)
        where = self.types.get("where")
        if (
            where is not None
            and self.known["where"] is not True
            and not (
                isinstance(where, types.Boolean)
                or (isinstance(where, types.Array) and isinstance(where.dtype, types.Boolean))
            )
        ):
            raise self.refuse("where", "an array of bool")
        self.arrays = [n for n in self.names if is_array(self.types[n]) and self.types[n].ndim]
        self.dtype = self.loop_dtype()
        return self.result_type()

    def choose(self) -> None:
        """From the input or from the output: which of both is given says which function it is."""
        given = [name for name in ("x", "y") if self.known[name] is not None]
        if len(given) != 1:
            got = "both" if given else "neither"
            raise TypingError(f"{self.name}() needs exactly one of x= and y=, got {got}")
        if given == ["y"]:
            if not self.function._owner.from_output:
                raise TypingError(
                    f"{self.name}(): the output of {self.function._owner.name} does not determine "
                    "its derivative; pass the input as x="
                )
            self.function = self.function._from_output
        self.data = ("dy", *given)

    def loop_dtype(self) -> str:
        """NumPy's rules, by which numbers beside arrays have no say."""
        typed = [n for n in self.names if is_array(self.types[n])]
        if not typed:
            kinds = [types.unliteral(self.types[n]) for n in self.data]
            same = kinds[0] if all(kind == kinds[0] for kind in kinds) else None
            return str(same) if same in {types.float16, types.float32} else "float64"
        found = np.result_type(*(operands.dtype_of(self.types[n]) for n in typed))
        first = self.types[self.data[0]]
        integral = is_array(first) and operands.dtype_of(first).kind in "iub"
        if found.kind in "iub" or (integral and len(self.data) == 1):
            return "float64"
        return str(found)

    def result_type(self) -> Any:
        number = operands.number_type(self.dtype)
        both = self.function._variety == "value_and_derivative"
        self.into = self.known["out"] is not None
        if self.into:
            return self.out_type(both=both)
        if self.types.get("where") is not None and self.known["where"] is not True:
            raise TypingError(f"{self.name}(): where needs out, which holds the other elements")
        ndim = max((self.types[n].ndim for n in self.arrays), default=0)
        result = types.Array(number, ndim, "C") if ndim else number
        return types.UniTuple(result, 2) if both else result

    def out_type(self, *, both: bool) -> Any:
        ty = self.types["out"]
        if not both:
            return self.out(None)
        if not (isinstance(ty, types.BaseTuple) and len(ty) == 2 and all(map(is_array, ty))):
            raise self.refuse("out", "a pair of arrays")
        return ty

    # ------------------------------------------------------------ code
    def attempt(self, call: Call) -> Attempt | None:
        if not self.arrays and not self.into:
            return Attempt(lambda: self.inlined(call))
        if self.known.get("where", True) is not True or not self.simple():
            return None
        return self.looped(call)

    def simple(self) -> bool:
        """Whether `out` has the dtype of the loop, and rules are about numbers."""
        given: Any = self.types["out"] if self.into else ()
        outs = [given] if isinstance(given, types.Array) else list(given)
        number, ruled = operands.number_type(self.dtype), bool(self.function._requires)
        most = max((self.types[n].ndim for n in self.arrays), default=0)
        return all(t.dtype == number and t.mutable and t.ndim >= most for t in outs) and not (
            ruled and any(p.name in self.arrays for p in self.function.params)
        )

    def needs(self) -> tuple[symbols.Need, ...]:
        owner = self.function._owner
        if owner._origin.listed:
            return ()
        return (self.need(called=False),)

    def need(self, *, called: bool = True) -> symbols.Need:
        """The loop of this call."""
        if self.function._variety == "backward_from_output":
            return symbols.needed(loop_from_output, self.function._owner, self.dtype, called=called)
        return symbols.needed(loop_of, self.function, self.dtype, called=called)

    def filled(self, call: Call, name: str, dtype: str) -> Any:
        """A number; for a parameter that is None, what the kernels are given."""
        if self.known[name] is None:
            (none,) = (p.none for p in self.function.params if p.name == name)
            return operands.literal(dtype, float(none or 0.0))
        return self.number(call, name, dtype)

    def broken(self, call: Call) -> list[Any]:
        """For each rule whose parameters are not known, whether they break it."""
        names = tuple(p.name for p in self.function.params)
        if all(self.known[name] is not UNKNOWN for name in names) and not self.names_given():
            return []
        found = []
        for rule in self.function._requires:
            numbers = [self.filled(call, name, "float64") for name in names]
            check = rule_of(rule, names)
            obeyed = self.compiled(call, check, [types.float64] * len(names), numbers)
            found.append(call.builder.not_(obeyed))
        return found

    def names_given(self) -> bool:
        """Whether a parameter is written out in the call."""
        return any(not isinstance(self.types[p.name], types.Omitted) for p in self.function.params)

    def compiled(self, call: Call, function: Any, kinds: list[Any], values: list[Any]) -> Any:
        """Call a dispatcher of numbers."""
        ty = types.Dispatcher(function)
        signature = ty.get_call_type(call.context.typing_context, tuple(kinds), {})
        fixed = function.py_func.__code__.co_argcount
        if len(signature.args) > fixed:  # the last one is the tuple of ``*x``
            rest = cgutils.make_anonymous_struct(call.builder, values[fixed:])
            values = [*values[:fixed], rest]
        return call.context.get_function(ty, signature)(call.builder, values)

    def inlined(self, call: Call) -> Any:
        """The kernel itself, for numbers."""
        builder = call.builder
        wrong = either(builder, *self.broken(call))
        if wrong is not None:
            rules = " and ".join(self.function._requires)
            with builder.if_then(wrong, likely=False):
                call.context.call_conv.return_user_exc(
                    builder, ValueError, (f"{self.function._owner.name}(): needs {rules}",)
                )
        numbers = [self.filled(call, name, self.dtype) for name in self.names]
        kinds = [ELEMENT[self.dtype]] * len(numbers)
        return self.compiled(call, scalar(self.function, self.dtype), kinds, numbers)

    def looped(self, call: Call) -> Attempt:
        """The loop of the store, for arrays."""
        builder, context = call.builder, call.context
        inputs, copies = [], []
        for name in self.names:
            if is_array(self.types[name]) and self.types[name].ndim:
                operand, copy = self.operand(call, name, self.dtype)
                copies.append(copy)
            else:
                operand = operands.of_number(builder, self.filled(call, name, self.dtype))
            inputs.append(operand)
        wrong = self.broken(call)
        outs = self.outs(call)
        if outs:
            sizes = outs[0].shape
            wrong += [builder.not_(operands.fits(builder, each, sizes)) for each in inputs]
            wrong += [builder.not_(operands.same_shape(builder, outs[0], o)) for o in outs[1:]]
            wrong += [
                operands.collide(builder, out, each, sizes, same=True)
                for out in outs for each in (*inputs, *(o for o in outs if o is not out))
                if each.shape
            ]  # fmt: skip
        else:
            sizes, clash = operands.broadcast(builder, inputs)
            wrong += [clash] if len(self.arrays) > 1 else []

        def make() -> Any:
            made = [] if outs else [self.made(call, sizes) for _ in range(self.nout)]
            new = [operands.of_array(context, builder, self.array_type, m) for m in made]
            operands.launch(context, builder, self.need(), [*inputs, *(outs or new)], sizes)
            self.release(call, copies)
            if outs:
                return self.given_out(call)
            return made[0] if self.nout == 1 else context.make_tuple(builder, self.result, made)

        return Attempt(make, either(builder, *wrong))

    @property
    def nout(self) -> int:
        return 2 if self.function._variety == "value_and_derivative" else 1

    @property
    def array_type(self) -> Any:
        return self.result[0] if isinstance(self.result, types.BaseTuple) else self.result

    def made(self, call: Call, sizes: list[Any]) -> Any:
        """A new array for the result."""
        return operands.empty(call.context, call.builder, self.array_type, sizes)

    def outs(self, call: Call) -> list[operands.Operand]:
        """The arrays of `out` as operands."""
        if not self.into:
            return []
        ty, value = self.types["out"], call.values["out"]
        kinds = list(ty) if isinstance(ty, types.BaseTuple) else [ty]
        values = (
            [call.builder.extract_value(value, k) for k in range(len(kinds))]
            if isinstance(ty, types.BaseTuple) else [value]
        )  # fmt: skip
        return [
            operands.of_array(call.context, call.builder, t, v)
            for t, v in zip(kinds, values, strict=True)
        ]
