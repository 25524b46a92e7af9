"""Members of activations that give more than an array: by parameters, with masks."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.datamodel.registry import register_default
from numba.core.errors import TypingError
from numba.extending import box

from fastact.definition.function import Function
from fastact.in_njit import python_call
from fastact.in_njit.elementwise import Elementwise, scalar
from fastact.in_njit.operands import number_type
from fastact.in_njit.plan import UNKNOWN, Attempt, Call, Plan, is_array, value_of

MASK = "a uint8 array of forward_with_mask"


# ---------------------------------------------------------------- by parameters
class Gradients(types.LiteralStrKeyDict):
    """Numba's type of a dict whose keys are known, which leaves compiled code as a dict."""

    def __init__(self, kinds: dict[str, Any]) -> None:
        super().__init__({types.literal(name): ty for name, ty in kinds.items()})
        self.name = f"fastact.gradients({kinds})"

    def __unliteral__(self) -> Gradients:
        return self


register_default(Gradients)(models.TupleModel)


@box(Gradients)
def _box(ty: Gradients, value: Any, c: Any) -> Any:
    found = c.pyapi.dict_new(len(ty.fields))
    for k, (name, kind) in enumerate(zip(ty.fields, ty.types, strict=True)):
        item = c.box(kind, c.builder.extract_value(value, k))
        c.pyapi.dict_setitem_string(found, name, item)
        c.pyapi.decref(item)
    return found


def signature_of_gradients(target: Function) -> inspect.Signature:
    """The signature of `backward_params`, as it is called outside."""
    kinds = inspect.Parameter
    parameters = [kinds("dy", kinds.POSITIONAL_ONLY), kinds("x", kinds.KEYWORD_ONLY)]
    parameters += [
        kinds(p.name, kinds.KEYWORD_ONLY, default=kinds.empty if p.required else p.default)
        for p in target.params
    ]
    return inspect.Signature(parameters)


class ParameterGradients(Elementwise):
    """A call of `backward_params`: kernels for numbers, Python for arrays, which are summed."""

    def typed(self) -> Any:
        self.data, self.positional = ("dy", "x"), ("dy",)
        self.partials = self.function._partials
        if not self.partials:
            owner = self.function.name
            raise TypingError(f"{self.name}(): {owner} has no such parameters")
        self.check_operands(self.function.params)
        return Gradients({name: self.kind_of(name) for name in self.partials})

    def kind_of(self, name: str) -> Any:
        """The type of the gradient by a parameter."""
        ty = self.types[name]
        number = number_type(self.dtype)
        return types.Array(number, ty.ndim, "C") if is_array(ty) and ty.ndim else number

    def attempt(self, call: Call) -> Attempt | None:
        return None if self.arrays else Attempt(lambda: self.inlined(call))

    def computed(self, call: Call, kinds: list[Any], numbers: list[Any]) -> Any:
        found = [
            self.compiled(call, scalar(partial, self.dtype), kinds, numbers)
            for partial in self.partials.values()
        ]
        return self.packed(call, [summed(call.builder, each) for each in found])

    def packed(self, call: Call, items: list[Any]) -> Any:
        """The values as those of a dict."""
        kind = call.context.get_value_type(self.result)
        return cgutils.make_anonymous_struct(call.builder, items, kind)

    def python(self, call: Call) -> Any:
        kinds = types.Tuple(self.result.types)
        expected = {name: python_call.expected(ty) for name, ty in zip(
            self.result.fields, self.result.types, strict=True)}  # fmt: skip
        found = self.invoked(call, kinds, expected)
        return self.packed(call, cgutils.unpack_tuple(call.builder, found, len(kinds)))


def summed(builder: Any, value: Any) -> Any:
    """The sum of one number: 0 for -0, as sums begin with 0."""
    if isinstance(value.type, ir.IntType):  # float16
        negative = builder.icmp_unsigned("==", value, value.type(0x8000))
        return builder.select(negative, value.type(0), value)
    return builder.fadd(value, value.type(0.0))


# ---------------------------------------------------------------- with masks
def masked(owner: Any, name: str) -> Collection[str]:
    """The parameters that the derivative depends on, or a `TypingError` if there is no mask."""
    try:
        owner.forward_with_mask._values_of_slope(name)
    except TypeError as error:
        raise TypingError(str(error)) from None
    found: Collection[str] = owner.forward_with_mask._used
    return found


class WithMask(Elementwise):
    """A call of `forward_with_mask`."""

    def typed(self) -> Any:
        self.data, self.function = ("x",), self.ty.target._owner
        masked(self.function, self.name)
        self.check_operands(self.function.params)
        number, ty = number_type(self.dtype), self.types["x"]
        ndim = ty.ndim if is_array(ty) else 0
        value = self.out(types.Array(number, ndim, "C") if ndim else number)
        return types.Tuple([value, types.Array(types.uint8, 1, "C")])

    def attempt(self, call: Call) -> Attempt | None:
        return None

    def python(self, call: Call) -> Any:
        """With `out`, Python gives the mask beside what is in it."""
        if self.known["out"] is not UNKNOWN:
            return super().python(call)
        mask = self.result[1]
        found = self.invoked(call, mask, ("item", 1, python_call.expected(mask)))
        return call.context.make_tuple(call.builder, self.result, [self.given_out(call), found])


class FromMask(Elementwise):
    """A call of `backward` with a mask in the place of the input."""

    def typed(self) -> Any:
        self.data = ("dy",)
        if any(self.known[name] is not None for name in ("x", "y")):
            raise TypingError(f"{self.name}() needs exactly one of x=, y= and mask=, got several")
        used = masked(self.function._owner, self.name)
        self.check_operands(p for p in self.function.params if p.name in used)
        mask = self.types["mask"]
        if not (isinstance(mask, types.Array) and mask.dtype == types.uint8):
            raise self.refuse("mask", MASK)
        number, ty = number_type(self.dtype), self.types["dy"]
        ndim = ty.ndim if is_array(ty) else 0
        return self.out(types.Array(number, ndim, "C") if ndim else number)

    def attempt(self, call: Call) -> Attempt | None:
        return None


def backward(ty: Any, arguments: dict[str, Any]) -> Plan:
    """The plan of a call of `backward`, from a mask or not."""
    plan = Elementwise if value_of(arguments["mask"]) is None else FromMask
    return plan(ty, arguments)
