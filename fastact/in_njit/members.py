"""Gradients of activations by their parameters."""

from __future__ import annotations

import inspect
from typing import Any

from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.datamodel.registry import register_default
from numba.core.errors import TypingError
from numba.extending import box

from fastact.definition.function import Function
from fastact.in_njit import operands, python_call, symbols
from fastact.in_njit.elementwise import Elementwise, Inputs, scalar
from fastact.in_njit.operands import number_type
from fastact.in_njit.plan import Attempt, Call, either, is_array
from fastact.in_njit.sums import sum_into


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


def partial_loop(owner: Any, name: str, dtype: str) -> Any:
    """The loop of the terms whose sum is the gradient by a parameter."""
    return owner._partials[name]._loops[dtype]


class ParameterGradients(Elementwise):
    """A call of `backward_params`: kernels for numbers, loops and sums for arrays."""

    def typed(self) -> Any:
        self.data, self.positional = ("dy", "x"), ("dy",)
        self.partials = self.function._partials
        if not self.partials:
            owner = self.function.name
            raise TypingError(f"{self.name}(): {owner} has no such parameters")
        self.check_operands(self.function.params)
        self.into = False
        return Gradients({name: self.kind_of(name) for name in self.partials})

    def kind_of(self, name: str) -> Any:
        """The type of the gradient by a parameter."""
        ty = self.types[name]
        number = number_type(self.dtype)
        return types.Array(number, ty.ndim, "C") if is_array(ty) and ty.ndim else number

    def computed(self, call: Call, kinds: list[Any], numbers: list[Any]) -> Any:
        found = [
            self.compiled(call, scalar(partial, self.dtype), kinds, numbers)
            for partial in self.partials.values()
        ]
        return self.packed(call, found)

    def looped(self, call: Call) -> Attempt:
        b, found = call.builder, self.inputs(call)
        sizes, clash = operands.broadcast(b, found.operands)

        def make() -> Any:
            pairs = zip(self.partials, self.result.types, strict=True)
            made = [self.gradient(call, name, kind, found, sizes) for name, kind in pairs]
            return self.packed(call, made)

        return Attempt(make, either(b, *found.wrong, clash), found.copies)

    def gradient(self, call: Call, name: str, kind: Any, found: Inputs, sizes: list[Any]) -> Any:
        """The gradient by a parameter: the sum of terms."""
        context, b = call.context, call.builder
        terms, copy = operands.scratch(context, b, self.dtype, sizes)
        need = symbols.needed(partial_loop, self.function, name, self.dtype)
        operands.launch(context, b, need, [*found.operands, terms], sizes)
        like = found.operands[self.names.index(name)]
        made, to = operands.new(context, b, kind, like.shape)
        sum_into(call, terms, to, self.dtype)
        self.release(call, [copy])
        return made if like.shape else b.load(made)

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
