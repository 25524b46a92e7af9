"""Activations inside compiled code: numbers by their kernels, arrays by the loops of the store."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numba.core import types
from numba.core.errors import TypingError

from fastact.compiler import activation_loops
from fastact.compiler.dispatch import dispatcher
from fastact.compiler.kernels import ELEMENT
from fastact.definition.declaration import Parameter
from fastact.definition.function import Backward, Function
from fastact.in_njit import operands, symbols
from fastact.in_njit.plan import (
    REAL,
    UNKNOWN,
    Attempt,
    Call,
    Plan,
    either,
    is_array,
    is_number,
)
from fastact.in_njit.row_options import choose
from fastact.native.loop_registry import DTYPES

OPTIONS = {"out": None, "where": True, "dtype": None, "casting": "same_kind"}


def signature(function: Function) -> inspect.Signature:
    """The signature of a function of an activation, as it is called outside."""
    kinds, empty = inspect.Parameter, inspect.Parameter.empty
    free, named = kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY
    backward = isinstance(function, Backward)
    parameters = [
        kinds(p.name, named if backward else free, default=empty if p.required else p.default)
        for p in function.params
    ]
    if backward:  # from a mask, not all parameters are needed
        parameters = [p.replace(default=None) if p.default is empty else p for p in parameters]
        data = [kinds("dy", kinds.POSITIONAL_ONLY)]
        data += [kinds(name, named, default=None) for name in ("x", "y", "mask", "out")]
        return inspect.Signature(data + parameters)
    options = [kinds(name, named, default=value) for name, value in OPTIONS.items()]
    return inspect.Signature([kinds("x", kinds.POSITIONAL_ONLY), *parameters, *options])


@functools.cache
def scalar(function: Function, dtype: str) -> Any:
    """The dispatcher of a function of numbers."""
    function._check_kernel()
    return activation_loops.scalar(function._owner.declaration.kernels, function._variety, dtype)


@functools.cache
def rule_of(rule: str, names: tuple[str, ...]) -> Any:
    """The dispatcher of an expression in parameters, such as a rule that they obey."""
    return dispatcher(eval(f"lambda {', '.join(names)}: {rule}", {"inf": np.inf}))  # noqa: S307  # our declarations


def loop_of(function: Function, dtype: str) -> Any:
    """The loop of a function."""
    return function._loops[dtype]


def loop_from_output(owner: Any, dtype: str) -> Any:
    """The loop of the gradient from the output."""
    return owner.backward._from_output._loops[dtype]


class Inputs(NamedTuple):
    """The operands of a call, what is wrong with them, and the copies that were made of some."""

    operands: list[operands.Operand]
    wrong: list[Any]
    copies: list[Any]


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
        self.check_operands(self.function.params)
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
        return self.result_type()

    def check_operands(self, params: Iterable[Parameter]) -> None:
        """Data and parameters are numbers or arrays; those that have a default may be None."""
        params = list(params)
        self.names = (*self.data, *(p.name for p in params))
        optional = {p.name for p in params if p.none is not None}
        for name in self.names:
            if name not in optional and self.known[name] is None:
                if self.ty.signature.parameters[name].default is not None:  # None was written out
                    raise TypingError(f"{self.name}() needs a value for {name}")
                raise TypingError(f"{self.name}(): missing a required argument: {name!r}")
            if not (
                is_array(self.types[name])
                or is_number(self.types[name])
                or (name in optional and self.known[name] is None)
            ):
                raise self.refuse(name, REAL)
        self.arrays = [n for n in self.names if is_array(self.types[n]) and self.types[n].ndim]
        self.dtype = self.loop_dtype()

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

    def asked(self) -> str | None:
        """The dtype of the loop, if it is given."""
        if self.known.get("dtype") is None:
            return None
        needed = "float16, float32 or float64"
        try:
            found = np.dtype(self.constant("dtype", needed, np.dtype | str | type))
        except TypeError:
            raise self.refuse("dtype", needed) from None
        casting = self.constant("casting", "a string", str)
        if found.name not in DTYPES:
            raise self.refuse("dtype", needed)
        for name in self.names:
            ty = self.types[name]
            if is_array(ty) and not np.can_cast(operands.dtype_of(ty), found, casting):
                raise self.refuse(name, f"of a type that casting={casting!r} makes {found}")
        return str(found.name)

    def loop_dtype(self) -> str:
        """What is asked for, or NumPy's rules, by which numbers beside arrays have no say."""
        if (found := self.asked()) is not None:
            return found
        typed = [n for n in self.names if is_array(self.types[n])]
        if not typed:
            kinds = [types.unliteral(self.types[n]) for n in self.data]
            same = kinds[0] if all(kind == kinds[0] for kind in kinds) else None
            return str(same) if same in {types.float16, types.float32} else "float64"
        common = np.result_type(*(operands.dtype_of(self.types[n]) for n in typed))
        first = self.types[self.data[0]]
        integral = is_array(first) and operands.dtype_of(first).kind in "iub"
        if common.kind in "iub" or (integral and len(self.data) == 1):
            return "float64"
        return str(common)

    def result_type(self) -> Any:
        number = operands.number_type(self.dtype)
        both = self.function._variety == "value_and_derivative"
        self.into = self.known["out"] is not None
        if self.into:
            return self.pair_of_outs(None) if both else self.out(None)
        if self.types.get("where") is not None and self.known["where"] is not True:
            raise TypingError(f"{self.name}(): where needs out, which holds the other elements")
        ndim = max((self.types[n].ndim for n in self.arrays), default=0)
        result = types.Array(number, ndim, "C") if ndim else number
        return types.UniTuple(result, 2) if both else result

    # ------------------------------------------------------------ code
    def attempt(self, call: Call) -> Attempt | None:
        if not self.arrays and not self.into:
            return Attempt(lambda: self.inlined(call))
        return self.looped(call) if self.simple() else None

    def simple(self) -> bool:
        """Whether `out` has the dtype of the loop, and rules are about numbers."""
        given: Any = self.types["out"] if self.into else ()
        outs = [given] if isinstance(given, types.Array) else list(given)
        number, ruled = operands.number_type(self.dtype), bool(self.function._requires)
        most = max((self.types[n].ndim for n in self.arrays), default=0)
        mask = getattr(self.types.get("where"), "ndim", 0)
        return (
            all(t.dtype == number and t.mutable and t.ndim >= most for t in outs)
            and not (ruled and any(p.name in self.arrays for p in self.function.params))
            and (not self.chosen or mask <= outs[0].ndim)
        )

    def castable(self, dtype: Any) -> bool:
        casting: Any = self.known.get("casting", OPTIONS["casting"])
        if casting is UNKNOWN or self.chosen:
            return False
        return super().castable(dtype) and bool(np.can_cast(self.dtype, dtype, casting))

    @property
    def chosen(self) -> bool:
        """Whether some elements of `out` are left as they are."""
        return self.known.get("where", True) is not True

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
        return self.computed(call, [ELEMENT[self.dtype]] * len(numbers), numbers)

    def computed(self, call: Call, kinds: list[Any], numbers: list[Any]) -> Any:
        """What the kernel gives for numbers."""
        return self.compiled(call, scalar(self.function, self.dtype), kinds, numbers)

    def looped(self, call: Call) -> Attempt:
        """The loop of the store, for arrays."""
        builder, context = call.builder, call.context
        inputs, wrong, copies = self.inputs(call)
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
        mask = None
        if self.chosen:
            mask = self.mask(call)
            wrong.append(builder.not_(operands.fits(builder, mask, sizes)))
            wrong += [operands.collide(builder, out, mask, sizes, same=False) for out in outs]

        def make() -> Any:
            made = [] if outs else [self.made(call, sizes) for _ in range(self.nout)]
            new = [operands.of_array(context, builder, self.array_type, m) for m in made]
            if mask is not None:
                self.where(call, inputs, outs, mask)
                return self.given_out(call)
            operands.launch(context, builder, self.need(), [*inputs, *(outs or new)], sizes)
            if outs:
                return self.given_out(call)
            return made[0] if self.nout == 1 else context.make_tuple(builder, self.result, made)

        return Attempt(make, either(builder, *wrong), copies)

    def inputs(self, call: Call) -> Inputs:
        """The arguments as operands, and whether they break a rule."""
        found, copies = [], []
        for name in self.names:
            if name in self.arrays:
                operand, copy = self.operand(call, name, self.dtype)
                copies.append(copy)
            else:
                number = self.filled(call, name, self.dtype)
                operand = operands.of_number(call.builder, number)
            found.append(operand)
        return Inputs(found, self.broken(call), copies)

    def where(
        self, call: Call, inputs: list[operands.Operand], outs: list[operands.Operand],
        mask: operands.Operand,
    ) -> None:  # fmt: skip
        """The loop into memory of its own, from which the elements go that a mask has."""
        context, builder, sizes = call.context, call.builder, outs[0].shape
        found = [operands.scratch(context, builder, self.dtype, sizes) for _ in outs]
        new = [operand for operand, _ in found]
        operands.launch(context, builder, self.need(), [*inputs, *new], sizes)
        for operand, out in zip(new, outs, strict=True):
            choose(call, self.dtype, operand, mask, out, out)
        self.release(call, [scratch for _, scratch in found])

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
