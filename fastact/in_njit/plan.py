"""A call inside compiled code: its types, and the code for it.

A `Plan` belongs to a function and the types of its arguments. It says what the result is, or
raises a `TypingError`. It writes the code: code of our own where there is some, and else the call
of the function in Python. Where both are written, `Attempt.wrong` decides at run time.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import TypingError
from numba.core.imputils import impl_ret_borrowed
from numba.np.numpy_support import as_dtype

from fastact.in_njit import operands, python_call, symbols
from fastact.in_njit.operands import INT

FLOATS = (types.float16, types.float32, types.float64)
UNKNOWN = object()  # the value of what is not known when the call is compiled
REAL = "a number or an array of float16, float32, float64 or integers"
ARRAY = "an array of float16, float32, float64 or integers"
# What is the same in all functions: switches and words. Others are checked where they are used.
SWITCHES = frozenset({"causal", "gate_first", "log_target"})
WORDS = frozenset({"casting", "empty", "inf"})


class Attempt(NamedTuple):
    """Code of our own, which `make` writes; it returns the result.

    `wrong` is a value of compiled code: whether to call Python instead. Either way `copies`, arrays
    that were made for the call with their types, are released.
    """

    make: Callable[[], Any]
    wrong: Any = None  # never
    copies: Sequence[Any] = ()


class Call(NamedTuple):
    """Where code is written, and the values of the arguments by their names."""

    context: Any
    builder: Any
    values: dict[str, Any]


def value_of(ty: Any) -> Any:
    """The value of an argument if its type tells it, else `UNKNOWN`."""
    if isinstance(ty, types.NoneType):
        return None
    if isinstance(ty, types.Omitted):
        return ty.value
    if isinstance(ty, types.Literal):
        return ty.literal_value
    if isinstance(ty, types.NumberClass | types.DType):
        return as_dtype(ty.instance_type if isinstance(ty, types.NumberClass) else ty.dtype)
    if isinstance(ty, types.Function) and ty.typing_key is float:
        return float
    return UNKNOWN


def is_array(ty: Any) -> bool:
    """Whether this is an array of numbers that our functions take."""
    return isinstance(ty, types.Array) and is_real(ty.dtype)


def is_number(ty: Any) -> bool:
    """Whether this is a real number, or one that is known."""
    return is_real(types.unliteral(ty)) or isinstance(value_of(ty), int | float)


def is_bool(ty: Any) -> bool:
    """Whether this is a bool, or an array of them: no number of an option."""
    element = ty.dtype if isinstance(ty, types.Array) else types.unliteral(ty)
    return isinstance(element, types.Boolean) or isinstance(value_of(ty), bool)


def is_switch(ty: Any) -> bool:
    """Whether this is a bool, or an integer, which may be 0 or 1."""
    integral = isinstance(types.unliteral(ty), types.Boolean | types.Integer)
    return integral or isinstance(value_of(ty), bool | int)


def is_text(ty: Any) -> bool:
    """Whether this is a string."""
    return isinstance(types.unliteral(ty), types.UnicodeType) or isinstance(value_of(ty), str)


def is_real(ty: Any) -> bool:
    """Whether this is a type of elements that our functions take."""
    return ty in FLOATS or isinstance(ty, types.Integer | types.Boolean)


def shown(ty: Any) -> str:
    """A type in the words of an error message."""
    value = value_of(ty)
    return str(types.unliteral(ty)) if value is UNKNOWN or value is None else repr(value)


class Plan:
    """A call of a function with arguments of these types."""

    dtype: str  # of the loop
    positional: tuple[str, ...] = ()  # arguments that only have a place
    counted = False  # whether its loops count the distances between elements in elements

    def __init__(self, ty: Any, arguments: dict[str, Any]) -> None:
        self.ty, self.name, self.types = ty, ty.shown, arguments
        self.known = {name: value_of(t) for name, t in arguments.items()}
        for name, given in arguments.items():
            if name in SWITCHES and not is_switch(given):
                raise self.refuse(name, "a bool")
            if name in WORDS and not is_text(given):
                raise self.refuse(name, "a string")
        self.result = self.typed()

    # ------------------------------------------------------------ types
    def typed(self) -> Any:
        """The type of the result, or a `TypingError`."""
        raise NotImplementedError

    def refuse(self, argument: str, needed: str) -> TypingError:
        """The error for an argument of a wrong type."""
        got = shown(self.types[argument])
        return TypingError(f"{self.name}(): {argument} must be {needed}, got {got}")

    def array(self, argument: str, *, ndim: int | None = None) -> Any:
        """The type of an argument that must be an array."""
        ty = self.types[argument]
        if not is_array(ty):
            raise self.refuse(argument, ARRAY)
        if ndim is not None and ty.ndim != ndim:
            raise self.refuse(argument, f"{ARRAY} with {ndim} axes")
        return ty

    def constant(self, argument: str, needed: str, kind: Any) -> Any:
        """The value of an argument that must be known when the call is compiled."""
        value = self.known[argument]
        if value is UNKNOWN or not isinstance(value, kind):
            raise self.refuse(argument, f"{needed}, written out in the call")
        return value

    def out(self, result: Any, argument: str = "out") -> Any:
        """The type of the result where it goes into `out`, if that is given."""
        ty = self.types[argument]
        if self.known[argument] is None:
            return result
        if not (isinstance(ty, types.Array) and ty.dtype in FLOATS):
            raise self.refuse(argument, "an array of float16, float32 or float64")
        return ty

    def pair_of_outs(self, result: Any) -> Any:
        """The type of a pair of results where they go into `out`, if that is given."""
        ty = self.types["out"]
        if self.known["out"] is None:
            return result
        if not (isinstance(ty, types.BaseTuple) and len(ty) == 2 and all(map(is_array, ty))):
            raise self.refuse("out", "a pair of arrays")
        return ty

    def refuse_bools(self, *names: str) -> None:
        """Options that are numbers are no bool, as outside."""
        for name in names:
            if name in self.types and is_bool(self.types[name]):
                raise self.refuse(name, "a number")

    def given(self, *names: str) -> bool:
        """Whether any of these arguments has another value than its default."""
        defaults = self.ty.signature.parameters
        return any(
            self.known[name] is UNKNOWN or self.known[name] != defaults[name].default
            for name in names
        )

    # ------------------------------------------------------------ code
    def attempt(self, call: Call) -> Attempt | None:
        """Code of our own, or None if there is none for these types."""
        return None

    def cast(self, call: Call) -> Attempt | None:
        """Code for an `out` of another dtype: the result is made in memory of its own."""
        ty, context, b = self.types.get("out"), call.context, call.builder
        if not (isinstance(ty, types.Array) and ty.mutable and self.castable(as_dtype(ty.dtype))):
            return None
        shape = operands.of_array(context, b, ty, call.values["out"]).shape
        _, copy = operands.scratch(context, b, self.dtype, shape)
        inner = type(self)(self.ty, {**self.types, "out": copy[0]})
        attempt = inner.attempt(call._replace(values={**call.values, "out": copy[1]}))
        if attempt is None:
            self.release(call, [copy])
            return None

        def make() -> Any:
            several = isinstance(self.result, types.BaseTuple)
            found = attempt.make()
            found = cgutils.unpack_tuple(b, found, len(self.result)) if several else [found]
            operands.convert(context, b, (ty, call.values["out"]), copy)
            self.release(call, [(copy[0], found[0])])
            out = self.given_out(call)
            return context.make_tuple(b, self.result, [out, *found[1:]]) if several else out

        return Attempt(make, attempt.wrong, [*attempt.copies, copy])

    def castable(self, dtype: Any) -> bool:
        """Whether results may be converted to the dtype of `out`, which is another."""
        return bool(dtype != self.dtype)

    def needs(self) -> tuple[symbols.Need, ...]:
        """What a cache must find again beside the loops that are called."""
        return ()

    def callees(self) -> list[Any]:
        """The activations and gated pairs of this call."""
        found = [getattr(ty, "target", None) for ty in (self.ty, *self.types.values())]
        owners = [getattr(each, "_owner", each) for each in found]
        return [each for each in owners if hasattr(each, "_origin")]

    def lower(self, context: Any, builder: Any, signature: Any, args: Any) -> Any:
        """The code of the call: what Numba calls."""
        others = {id(each) for each in arithmetic(builder.function)}
        found = self.lowered(context, builder, args)
        for each in arithmetic(builder.function):
            if id(each) not in others and not each.flags:
                each.flags.append(STEADY)
        return found

    def lowered(self, context: Any, builder: Any, args: Any) -> Any:
        """The code of the call, as it is written."""
        call = Call(context, builder, dict(zip(self.types, args, strict=True)))
        symbols.stamp(context, *self.needs(), *symbols.bindings(context, self.callees()))
        attempt = self.attempt(call) or self.cast(call)
        if attempt is None:
            return self.python(call)
        if self.counted:
            wrong = either(builder, attempt.wrong, self.uneven(call))
            attempt = attempt._replace(wrong=wrong)
        if attempt.wrong is None:
            made = attempt.make()
            self.release(call, attempt.copies)
            return made
        place = cgutils.alloca_once(builder, context.get_value_type(self.result))
        with builder.if_else(attempt.wrong, likely=False) as (otherwise, well):
            with otherwise:
                builder.store(self.python(call), place)
            with well:
                builder.store(attempt.make(), place)
        self.release(call, attempt.copies)
        return builder.load(place)

    def uneven(self, call: Call) -> Any:
        """Whether elements of an array are not whole elements apart, as in packed records."""
        b, found = call.builder, INT(0)
        for name, ty in self.types.items():
            values = [(ty, call.values[name])]
            if isinstance(ty, types.BaseTuple):
                values = list(zip(ty, cgutils.unpack_tuple(b, values[0][1], len(ty)), strict=True))
            for kind, value in values:
                if isinstance(kind, types.Array):
                    array = operands.of_array(call.context, b, kind, value)
                    rest = INT(operands.dtype_of(kind).itemsize - 1)
                    for word in (b.ptrtoint(array.pointer, INT), *array.strides):
                        found = b.or_(found, b.and_(word, rest))
        return b.icmp_signed("!=", found, INT(0))

    def python(self, call: Call) -> Any:
        """The code that calls the function in Python."""
        if self.known.get("out") is UNKNOWN:
            self.invoked(call, types.none, "out")
            return self.given_out(call)
        return self.invoked(call, self.result, python_call.expected(self.result))

    def invoked(self, call: Call, result: Any, expected: Any) -> Any:
        """The result of the function in Python, of a type, and as `settled` is told to make it."""
        boxed = {n: t for n, t in self.types.items() if self.known[n] is UNKNOWN}
        constants = {
            n: self.known[n]
            for n, t in self.types.items()
            if n not in boxed and not isinstance(t, types.Omitted)
        }
        invocation = python_call.Invocation(
            self.ty.target, self.ty.member, tuple(boxed), self.positional, constants, expected
        )
        arguments = [(t, call.values[n]) for n, t in boxed.items()]
        return python_call.call(call.context, call.builder, invocation, arguments, result)

    def given_out(self, call: Call) -> Any:
        """`out` as the result."""
        return impl_ret_borrowed(call.context, call.builder, self.types["out"], call.values["out"])

    # ------------------------------------------------------------ operands
    def operand(self, call: Call, name: str, dtype: str) -> tuple[operands.Operand, Any]:
        """An argument as an operand in a dtype, and the copy that was made of it, if any."""
        ty, value = self.types[name], call.values[name]
        if not (isinstance(ty, types.Array) and ty.ndim):
            return operands.of_number(call.builder, self.number(call, name, dtype)), None
        if ty.dtype == operands.number_type(dtype):
            return operands.of_array(call.context, call.builder, ty, value), None
        ty, value = operands.converted(call.context, call.builder, ty, value, dtype)
        return operands.of_array(call.context, call.builder, ty, value), (ty, value)

    def number(self, call: Call, name: str, dtype: str) -> Any:
        """A number, or the only element of an array without axes, in a dtype."""
        ty, value, known = self.types[name], call.values[name], self.known[name]
        if known is not UNKNOWN:
            return operands.literal(dtype, known)
        to = operands.number_type(dtype)
        if isinstance(ty, types.Array):
            array = operands.of_array(call.context, call.builder, ty, value)
            kind = call.context.get_data_type(ty.dtype).as_pointer()
            pointer = call.builder.bitcast(array.pointer, kind)
            loaded = call.context.unpack_value(call.builder, ty.dtype, pointer)
            return call.context.cast(call.builder, loaded, ty.dtype, to)
        return call.context.cast(call.builder, value, types.unliteral(ty), to)

    def compiled(self, call: Call, function: Any, kinds: list[Any], values: list[Any]) -> Any:
        """Call a dispatcher of numbers."""
        ty = types.Dispatcher(function)
        signature = ty.get_call_type(call.context.typing_context, tuple(kinds), {})
        fixed = function.py_func.__code__.co_argcount
        if len(signature.args) > fixed:  # the last one is the tuple of ``*x``
            rest = cgutils.make_anonymous_struct(call.builder, values[fixed:])
            values = [*values[:fixed], rest]
        return call.context.get_function(ty, signature)(call.builder, values)

    def flag(self, call: Call, name: str) -> Any:
        """A bool, as one bit."""
        known = self.known[name]
        if known is not UNKNOWN:
            return ir.IntType(1)(bool(known))
        return call.context.cast(call.builder, call.values[name], self.types[name], types.boolean)

    def mask(self, call: Call) -> operands.Operand:
        """`where` as an operand: an array, or one bool."""
        ty = self.types["where"]
        if isinstance(ty, types.Array):
            return operands.of_array(call.context, call.builder, ty, call.values["where"])
        bit = call.builder.zext(self.flag(call, "where"), ir.IntType(8))
        return operands.of_number(call.builder, bit)

    def release(self, call: Call, copies: Sequence[Any]) -> None:
        """Release copies that were made for the call; None among them is left out."""
        for copy in copies:
            if copy is not None:
                call.context.nrt.decref(call.builder, *copy)


def new_array(ty: Any, dtype: Any = None, ndim: int | None = None) -> Any:
    """The type of a new array, as that of another but for what is given."""
    return types.Array(dtype or ty.dtype, ty.ndim if ndim is None else ndim, "C")


def floating(ty: Any) -> Any:
    """The type of the elements as floats: integers become float64."""
    number = types.unliteral(getattr(ty, "dtype", ty))
    return number if number in FLOATS else types.float64


def either(builder: Any, *conditions: Any) -> Any:
    """The disjunction of those that are not None; None if there is none."""
    found = [each for each in conditions if each is not None]
    return functools.reduce(builder.or_, found) if found else None


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of a method, without `self` and without options of any name."""
    kept = [
        p
        for p in list(inspect.signature(function).parameters.values())[1:]
        if p.kind is not p.VAR_KEYWORD
    ]
    return inspect.Signature(kept)


# Numba gives the flags of ``fastmath=True`` to instructions that have none: ours get one that alone
# changes nothing, so that they keep their bits, and find the NaN that users' code may not expect.
STEADY = "contract"
ARITHMETIC = frozenset({"fadd", "fsub", "fmul", "fdiv", "fcmp"})


def arithmetic(function: Any) -> Iterator[Any]:
    """The instructions of a function that have such flags."""
    for block in function.blocks:
        yield from (each for each in block.instructions if each.opname in ARITHMETIC)
