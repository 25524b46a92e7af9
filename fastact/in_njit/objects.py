"""Numba's types of this package's functions, by which it knows what a call is.

Each function has a type of its own, so that a call is known when it is compiled: also that of an
activation which is an argument, a field or an element of a tuple, and that of a bound method.
"""

from __future__ import annotations

import functools
import inspect
import pickle
from collections.abc import Callable
from types import MethodType
from typing import Any

from numba.core import types
from numba.core.datamodel import models
from numba.core.datamodel.registry import register_default
from numba.core.errors import TypingError
from numba.core.imputils import lower_constant, lower_getattr_generic
from numba.core.registry import cpu_target
from numba.core.typing import signature as signature_of_types
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import NativeValue, box, typeof_impl, unbox

from fastact.definition.activation import Activation
from fastact.definition.bitmask import ForwardWithMask
from fastact.definition.described import Method
from fastact.definition.function import Backward, Function
from fastact.definition.travel import dumps_by_name
from fastact.elementwise.gated import GatedPair, Split
from fastact.in_njit import (
    bitmasks,
    elementwise,
    gated,
    jacobians,
    log_sums,
    losses,
    members,
    rowwise,
    sequences,
)
from fastact.in_njit.plan import Plan, signature_of
from fastact.rowwise.gumbel import GumbelSoftmax
from fastact.rowwise.logsumexp import LogSum
from fastact.rowwise.normaliser import Normaliser
from fastact.rowwise.products import Product
from fastact.rowwise.ragged import Sequences

# How a call is planned, by the class of the function and the method that is called.
KINDS: dict[tuple[type, str], Callable[[Any, dict[str, Any]], Plan]] = {
    (Function, ""): elementwise.Elementwise,
    (Backward, ""): bitmasks.backward,
    (Activation, "backward_params"): members.ParameterGradients,
    (ForwardWithMask, ""): bitmasks.WithMask,
    (Normaliser, ""): rowwise.Normalise,
    (Normaliser, "jacobian"): jacobians.Jacobian,
    (Product, ""): rowwise.Product,
    (LogSum, ""): log_sums.LogSum,
    (LogSum, "backward"): log_sums.LogSumBackward,
    (LogSum, "jvp"): log_sums.LogSumJvp,
    (Sequences, ""): sequences.Sequences,
    (Sequences, "backward"): sequences.SequencesBackward,
    (GatedPair, ""): gated.Halves,
    (GatedPair, "backward"): gated.HalvesBackward,
    (Split, ""): gated.Split,
    (Split, "backward"): gated.SplitBackward,
    **{
        (kind, member): plan
        for kind, plan in losses.PLANS.items()
        for member in ("", "value_and_grad", "gradient_and_hessian")
        if not member or hasattr(kind, member)
    },
}
# What draws has a type too, of which `plan_type` says that compiled code cannot call it.
CLASSES = (*{kind for kind, _ in KINDS}, GumbelSoftmax)
FREE = inspect.Parameter.POSITIONAL_OR_KEYWORD

_plans: dict[tuple[str, tuple[Any, ...]], Plan] = {}


class ObjectType(types.Callable, types.Opaque):
    """Numba's type of one function of this package: of `target`, or its method `member`."""

    def __init__(self, target: Any, member: str = "") -> None:
        self.target, self.member = target, member
        self.shown = display(target) + (f".{member}" if member else "")
        super().__init__(f"fastact.{self.shown}{distinction(target)}")

    def __reduce__(self) -> Any:
        try:
            return revived, (dumps_by_name(self.target), self.member)
        except (pickle.PicklingError, AttributeError, TypeError):
            return revived, (b"", "")

    @functools.cached_property
    def signature(self) -> inspect.Signature:
        """How it is called outside."""
        if self.member == "backward_params":
            return members.signature_of_gradients(self.target)
        if isinstance(self.target, Function) and not self.member:
            return elementwise.signature(self.target)
        if isinstance(self.target, ForwardWithMask):
            return self.target._signature()
        return signature_of(getattr(type(self.target), self.member or self.target._method))

    def plan(self, kinds: tuple[Any, ...]) -> Plan:
        """The plan of a call with all arguments in the order of the signature."""
        found = _plans.get((self.name, kinds))
        if found is None:
            arguments = dict(zip(self.signature.parameters, kinds, strict=True))
            found = _plans[self.name, kinds] = plan_type(self)(self, arguments)
            cpu_target.target_context.insert_func_defn(
                [(found.lower, found, (types.VarArg(types.Any),))]
            )
        return found

    def get_call_type(self, context: Any, args: Any, kws: Any) -> Any:
        plan_type(self)  # refuses what cannot be called
        try:
            bound = self.signature.bind(*args, **dict(kws)).arguments
        except TypeError as error:
            raise TypingError(f"{self.shown}(): {error}") from None
        kinds = tuple(
            bound.get(name, types.Omitted(p.default))
            for name, p in self.signature.parameters.items()
        )
        found = signature_of_types(self.plan(kinds).result, *kinds)
        free = [p.replace(kind=FREE) for p in self.signature.parameters.values()]
        return found.replace(pysig=ordered(free))

    def get_call_signatures(self) -> Any:
        return (), True

    def get_impl_key(self, sig: Any) -> Any:
        return self.plan(tuple(sig.args))


def ordered(parameters: list[inspect.Parameter]) -> inspect.Signature:
    """A signature in which a parameter without a default may stand after one that has one."""
    return inspect.Signature(parameters, __validate_parameters__=False)


def plan_type(ty: ObjectType) -> Callable[[Any, dict[str, Any]], Plan]:
    """The kind of plan for a function."""
    for kind in type(ty.target).__mro__:
        if (kind, ty.member) in KINDS:
            return KINDS[kind, ty.member]
    raise TypingError(f"{ty.shown}() cannot be called in compiled code")


def revived(pickled: bytes, member: str) -> Any:
    """What unpickling a type calls; one that cannot be found is a type that nothing has."""
    try:
        return ObjectType(pickle.loads(pickled), member)  # noqa: S301  # from Numba's own pickle
    except Exception:  # noqa: BLE001  # whatever a user's module raises
        return types.Opaque("fastact.gone")


def display(target: Any) -> str:
    """The name of a function as error messages have it outside."""
    if isinstance(target, Function):
        owner = target._owner.name
        return owner if target._variety == "forward" else f"{owner}.{target._variety}"
    return str(target.name)


def distinction(target: Any) -> str:
    """What tells an activation that is not of the catalogue from others of its name."""
    owner: Any = getattr(target, "_owner", None)
    if not isinstance(target, Function | ForwardWithMask) or owner._origin.listed:
        return ""
    if owner._own_name is None:
        owner._own_name = "@" + owner._loops["float64"].decided().symbol
    return str(owner._own_name)


def member_of(ty: ObjectType, name: str) -> ObjectType | None:
    """The type of an attribute that can be called."""
    if ty.member or name.startswith("_"):
        return None
    value = getattr(ty.target, name, None)
    if isinstance(value, CLASSES):
        return ObjectType(value)
    return ObjectType(ty.target, name) if callable(value) else None


register_default(ObjectType)(models.OpaqueModel)


def type_of(value: Any, context: Any = None) -> ObjectType | None:
    """The type of a function of ours or of a bound method of one; None of all else."""
    if isinstance(value, CLASSES):
        return ObjectType(value)
    owner = getattr(value, "__self__", None)
    return ObjectType(owner, value.__name__) if isinstance(owner, CLASSES) else None


for _kind in (*CLASSES, MethodType, Method):
    typeof_impl.register(_kind)(type_of)


@infer_getattr
class Attributes(AttributeTemplate):
    """``sigmoid.derivative`` and the like."""

    key = ObjectType

    def generic_resolve(self, ty: ObjectType, name: str) -> ObjectType | None:
        return member_of(ty, name)


@lower_getattr_generic(ObjectType)
def _attribute(context: Any, builder: Any, ty: Any, value: Any, name: str) -> Any:
    return context.get_dummy_value()


@lower_constant(ObjectType)
def _constant(context: Any, builder: Any, ty: Any, value: Any) -> Any:
    return context.get_dummy_value()


@unbox(ObjectType)
def _unbox(ty: ObjectType, obj: Any, c: Any) -> NativeValue:
    return NativeValue(c.context.get_dummy_value())


@box(ObjectType)
def _box(ty: ObjectType, value: Any, c: Any) -> Any:
    index = c.env_manager.add_const(getattr(ty.target, ty.member) if ty.member else ty.target)
    found = c.env_manager.read_const(index)
    c.pyapi.incref(found)
    return found
