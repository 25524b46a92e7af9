"""float16 to and from float64 in integer arithmetic: no instruction or library that may be missing.

IEEE 754 binary16 has 5 bits of exponent and 10 of significand. Both directions are exact or
correctly rounded (to nearest, ties to even), subnormal numbers, infinities and NaN included.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

I64, F64 = ir.IntType(64), ir.DoubleType()
REBIAS = float(2**1008)  # between the exponent biases of the two formats: 1023 - 15


def types_like(x: Any) -> list[Any]:
    """16 and 64 bits and float64, or vectors of these with as many lanes as `x` has."""
    kinds = [ir.IntType(16), I64, F64]
    if not isinstance(x.type, ir.VectorType):
        return kinds
    return [ir.VectorType(kind, x.type.count) for kind in kinds]


def constant(kind: Any, value: Any) -> Any:
    """A number, in every lane of a vector."""
    if isinstance(kind, ir.VectorType):
        return ir.Constant(kind, [kind.element(value)] * kind.count)
    return kind(value)


def to_double(b: Any, bits: Any) -> Any:
    """Move exponent and significand into place and scale them, which suits subnormals too."""
    _, integer, real = types_like(bits)

    def c(value: int) -> Any:
        return constant(integer, value)

    wide = b.zext(bits, integer)
    magnitude = b.shl(b.and_(wide, c(0x7FFF)), c(42))
    finite = b.fmul(b.bitcast(magnitude, real), constant(real, REBIAS))
    special = b.bitcast(b.or_(magnitude, c(0x7FF << 52)), real)
    large = b.icmp_unsigned(">=", b.and_(wide, c(0x7FFF)), c(0x7C00))
    sign = b.shl(b.and_(wide, c(0x8000)), c(48))
    value = b.bitcast(b.select(large, special, finite), integer)
    return b.bitcast(b.or_(value, sign), real)


def from_double(b: Any, x: Any) -> Any:
    """Round by adding half a unit (less one, plus the last bit that stays) to the bit pattern.

    Below the smallest normal number, 2**-14, adding 2**28 leaves float64 with exactly the bits
    that float16 has there, and lets the addition round.
    """
    short, integer, real = types_like(x)

    def c(value: int) -> Any:
        return constant(integer, value)

    pattern = b.bitcast(x, integer)
    sign = b.and_(b.lshr(pattern, c(48)), c(0x8000))
    magnitude = b.and_(pattern, c(2**63 - 1))
    odd = b.and_(b.lshr(magnitude, c(42)), c(1))
    nearest = b.add(b.add(magnitude, c(2**41 - 1)), odd)
    normal = b.sub(b.lshr(nearest, c(42)), c(1008 << 10))
    shifted = b.bitcast(b.fadd(b.bitcast(magnitude, real), constant(real, 2.0**28)), integer)
    subnormal = b.sub(shifted, b.bitcast(constant(real, 2.0**28), integer))
    finite = b.select(
        b.fcmp_ordered("<", b.bitcast(magnitude, real), constant(real, 2.0**-14)), subnormal, normal
    )
    capped = b.select(b.icmp_signed("<", finite, c(0x7C00)), finite, c(0x7C00))
    nan = b.icmp_signed(">", magnitude, c(0x7FF << 52))
    payload = b.or_(b.and_(b.lshr(magnitude, c(42)), c(0x3FF)), c(0x7E00))
    return b.trunc(b.or_(b.select(nan, payload, capped), sign), short)
