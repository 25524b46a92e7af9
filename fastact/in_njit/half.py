"""float16 for Numba on the processor: arrays of it, loads, stores and conversions.

Numba knows the type and has no representation of it outside of CUDA: an array of float16 cannot
even be passed. Here a float16 is its bit pattern. There is no arithmetic of float16.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import boxing, pythonapi, types
from numba.core.datamodel import models
from numba.core.datamodel.registry import register_default
from numba.core.imputils import lower_cast
from numba.extending import NativeValue

from fastact.compiler import float16

LLVM = {
    types.float16: ir.IntType(16),
    types.float32: ir.FloatType(),
    types.float64: ir.DoubleType(),
}


@register_default(types.Float)
class FloatModel(models.PrimitiveModel):
    """Numba's own model of floats, and float16."""

    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, LLVM[fe_type])


@lower_cast(types.float16, types.float64)
@lower_cast(types.float16, types.float32)
def _from_half(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    return context.cast(builder, float16.to_double(builder, value), types.float64, toty)


@lower_cast(types.float32, types.float16)
@lower_cast(types.float64, types.float16)
@lower_cast(types.Integer, types.float16)
@lower_cast(types.Boolean, types.float16)
def _to_half(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    return float16.from_double(builder, context.cast(builder, value, fromty, types.float64))


def _box(ty: Any, value: Any, c: Any) -> Any:
    if ty == types.float16:
        ty, value = types.float64, float16.to_double(c.builder, value)
    return boxing.box_float(ty, value, c)


def _unbox(ty: Any, obj: Any, c: Any) -> Any:
    if ty != types.float16:
        return boxing.unbox_float(ty, obj, c)
    native = boxing.unbox_float(types.float64, obj, c)
    return NativeValue(float16.from_double(c.builder, native.value), is_error=native.is_error)


# Numba's registry takes one function for each type: these stand in the place of its own.
pythonapi._boxers.functions[types.Float] = _box
pythonapi._unboxers.functions[types.Float] = _unbox
