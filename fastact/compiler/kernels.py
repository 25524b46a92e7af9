"""Kernels: how Numba types a call of one, and the loop over the elements of an array.

Imports Numba: used when a loop is compiled, and inside users' own ``@njit`` functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types
from numba.core.datamodel import models
from numba.core.datamodel.registry import register_default
from numba.core.imputils import lower_constant
from numba.extending import typeof_impl

from fastact.compiler import double_double, explain, inner_loop
from fastact.compiler.dispatch import compiled, dispatcher, kept, link, users_dispatcher
from fastact.native import machine_code
from fastact.numerics import primitives
from fastact.numerics.primitives import Elementary, Kernel

ELEMENT = {"float16": types.uint16, "float32": types.float32, "float64": types.float64}


def compute(kernel: Kernel) -> Any:
    """The dispatcher of a kernel; a TypeError shows the line that Numba cannot compile."""
    if kernel.plain:
        explain.check(kernel)
        return users_dispatcher(kernel)
    return dispatcher(kernel.function)


# ---------------------------------------------------------------- kernels that call kernels
class Chooser(types.Callable, types.Opaque):
    """Numba's type of an object whose call is that of a dispatcher, chosen by its arguments."""

    def choose(self, args: Any) -> types.Dispatcher:
        """The dispatcher for arguments of these types: each subclass has its way."""
        raise NotImplementedError

    def get_call_type(self, context: Any, args: Any, kws: Any) -> Any:
        return self.choose(args).get_call_type(context, args, kws)

    def get_call_signatures(self) -> Any:
        return (), True

    def get_impl_key(self, sig: Any) -> Any:
        return self.choose(sig.args).get_impl_key(sig)


@lower_constant(Chooser)
def _constant(context: Any, builder: Any, ty: Any, value: Any) -> Any:
    """Emit nothing: a kernel has no value at run time."""
    return context.get_dummy_value()


class KernelType(Chooser):
    """Numba's type of a `Kernel`."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        super().__init__(f"kernel({kernel.__module__}.{kernel.__name__}, {id(kernel)})")

    def choose(self, args: Any) -> types.Dispatcher:
        """Return the dispatcher of the kernel, or of its form in pairs where a number is given."""
        kernel = self.kernel
        if isinstance(kernel, Elementary) and any(
            isinstance(t, double_double.NumberType) for t in args
        ):
            kernel = kernel.pair
        return types.Dispatcher(compute(kernel))


register_default(KernelType)(models.OpaqueModel)


@typeof_impl.register(Kernel)
def _typeof_kernel(kernel: Kernel, context: Any) -> KernelType:
    """Tell Numba the type of a kernel that is a global of another."""
    return KernelType(kernel)


# ---------------------------------------------------------------- the elements of an array
@kept
def core(kernel: Kernel, dtype: str) -> Any:
    """The dispatcher of `kernel` as a function of array elements of this dtype."""
    widen, rounded, single = primitives.widen, primitives.rounded, primitives.single
    unpack, pack = primitives.half_to_double, primitives.double_to_half
    kernel = kernel.forms.get(dtype, kernel)
    value = compute(kernel)

    def same(*x: Any) -> Any:
        return value(*x)

    def same_float32(*x: Any) -> Any:
        return single(value(*x))

    def plain_float64(*x: Any) -> Any:
        return rounded(value(*x))

    def float64(*x: Any) -> Any:
        return rounded(value(*widen(x)))

    def float32(*x: Any) -> Any:
        return single(rounded(value(*widen(x))))

    def float16(*x: Any) -> Any:
        return pack(rounded(value(*unpack(x))))

    if kernel.plain and dtype == "float64":
        return dispatcher(plain_float64)
    if not kernel.widen and dtype != "float16":
        return dispatcher(same_float32 if dtype == "float32" else same)
    return dispatcher({"float16": float16, "float32": float32, "float64": float64}[dtype])


def product(dtype: str) -> Any:
    """The dispatcher of ``a * b`` on array elements of this dtype."""
    return core(primitives.product, dtype)


def object_code(
    name: str,
    function: Any,
    dtype: str,
    nin: int,
    nout: int,
    loop: Callable[[str, inner_loop.Scalar, str], str] = inner_loop.elementwise,
    params: int = 0,
) -> bytes:
    """The object code of the inner loop `name` over a dispatcher of array elements."""
    result = compiled(function, (ELEMENT[dtype],) * nin)
    scalar = inner_loop.Scalar(result.fndesc.mangled_name, nin, nout, dtype, params=params)
    text = loop(name, scalar, machine_code.architecture())
    return link(name, text, result.library)
