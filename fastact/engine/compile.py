"""From a kernel to object code: the only place with compiler options.

Numba compiles the scalar function, `engine.loops` writes the loop around it, LLVM inlines the one
into the other, vectorises and emits. Importing this module imports Numba; the rest of the package
does so only when something has to be compiled that the store does not hold.

``fastmath`` is never used: it deletes checks for NaN. ``error_model="numpy"`` always: the other
raises from inside the loop and keeps it from being vectorised.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import llvmlite.binding as llvm
from numba import njit
from numba.core import config, types
from numba.core.compiler_lock import global_compiler_lock
from numba.core.datamodel import models
from numba.core.datamodel.registry import register_default
from numba.core.imputils import lower_constant
from numba.core.registry import cpu_target
from numba.extending import typeof_impl

from fastact.engine import loops, machine, pair, primitives
from fastact.engine.primitives import Elementary, Kernel

OPTIONS = {
    "error_model": "numpy",
    "nogil": True,
    "forceinline": True,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
ELEMENT = {"float16": types.uint16, "float32": types.float32, "float64": types.float64}


@functools.cache
def dispatcher(function: Callable[..., Any]) -> Any:
    """The Numba dispatcher of a scalar function."""
    return njit(**OPTIONS)(function)


@functools.cache
def outlined(function: Callable[..., Any]) -> Any:
    """The same, for a function that is too long to be repeated wherever it is called."""
    return njit(**OPTIONS | {"forceinline": False})(function)


@contextmanager
def unoptimised() -> Iterator[None]:
    """Leave all optimisation to `link`, which sees the loop and the function together.

    Numba optimises each function by itself: that would unroll loops before anything is inlined,
    keep them from being vectorised, and take twice the time.
    """
    codegen = cpu_target.target_context.codegen()
    places = [(config, "OPT", 0), (codegen, "_opt_level", 0), (codegen, "_loopvect", False)]
    with global_compiler_lock:
        saved = [getattr(place, name) for place, name, _ in places]
        try:
            for place, name, value in places:
                setattr(place, name, value)
            yield
        finally:
            for (place, name, _), value in zip(places, saved, strict=True):
                setattr(place, name, value)


def compute(kernel: Kernel) -> Any:
    """The dispatcher of a kernel; a TypeError shows the line that Numba cannot compile."""
    if kernel.plain:
        from fastact.engine import uncompilable

        uncompilable.check(kernel)
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
    return context.get_dummy_value()


class KernelType(Chooser):
    """Numba's type of a `Kernel`."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        super().__init__(f"kernel({kernel.__module__}.{kernel.__name__}, {id(kernel)})")

    def choose(self, args: Any) -> types.Dispatcher:
        kernel = self.kernel
        if isinstance(kernel, Elementary) and any(isinstance(t, pair.NumberType) for t in args):
            kernel = kernel.pair
        return types.Dispatcher(compute(kernel))


register_default(KernelType)(models.OpaqueModel)


@typeof_impl.register(Kernel)
def _typeof_kernel(kernel: Kernel, context: Any) -> KernelType:
    return KernelType(kernel)


# ---------------------------------------------------------------- the elements of an array
@functools.cache
def core(kernel: Kernel, dtype: str) -> Any:
    """The dispatcher of `kernel` as a function of array elements of this dtype."""
    widen, rounded, single = primitives.widen, primitives.rounded, primitives.single
    unpack, pack = primitives.half_to_double, primitives.double_to_half
    if dtype == "float32" and kernel.float32 is not None:
        kernel = kernel.float32
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
    loop: Callable[[str, loops.Scalar, str], str] = loops.elementwise,
) -> bytes:
    """The object code of the inner loop `name` over a dispatcher of array elements."""
    result = compiled(function, (ELEMENT[dtype],) * nin)
    scalar = loops.Scalar(result.fndesc.mangled_name, nin, nout, dtype)
    text = loop(name, scalar, machine.architecture())
    return link(name, text, result.library.get_llvm_str())


def compiled(function: Any, arguments: tuple[Any, ...]) -> Any:
    """Numba's result for a dispatcher and the types of its arguments, not optimised."""
    with unoptimised():
        _, _, folded, _ = function.get_call_template(arguments, {})
        return function.overloads[tuple(folded)]


def link(name: str, text: str, *libraries: str) -> bytes:
    """Inline the functions of `libraries` into the loop, optimise, and emit."""
    return machine.emit(linked(name, text, *libraries))


def linked(name: str, text: str, *libraries: str) -> Any:
    """The module of a loop and the functions of `libraries`; what is `outlined` stays so.

    What remains visible are the loop `name` and its variants, whose names begin with it.
    """
    module = llvm.parse_assembly(text)
    for library in libraries:
        module.link_in(llvm.parse_assembly(library))
    for function in module.functions:
        if not (function.is_declaration or function.name.startswith(name)):
            function.linkage = llvm.Linkage.internal
            inlined = any(b"alwaysinline" in several for several in function.attributes)
            if function.name.startswith("_ZN") and not inlined:
                function.add_function_attribute("noinline")
    for variable in module.global_variables:  # Numba's records of environments: nobody reads them
        if not variable.is_declaration:
            variable.linkage = llvm.Linkage.internal
    return module
