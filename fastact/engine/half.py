"""float16 to and from float64 in integer arithmetic: no instruction or library that may be missing.

IEEE 754 binary16 has 5 bits of exponent and 10 of significand. Both directions are exact or
correctly rounded (to nearest, ties to even), subnormal numbers, infinities and NaN included.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

I16, I64, F64 = ir.IntType(16), ir.IntType(64), ir.DoubleType()
REBIAS = float(2**1008)  # between the exponent biases of the two formats: 1023 - 15


def to_double(b: Any, bits: Any) -> Any:
    """Exponent and significand moved into place, then scaled: subnormals come out right too."""
    wide = b.zext(bits, I64)
    magnitude = b.shl(b.and_(wide, I64(0x7FFF)), I64(42))
    finite = b.fmul(b.bitcast(magnitude, F64), F64(REBIAS))
    special = b.bitcast(b.or_(magnitude, I64(0x7FF << 52)), F64)
    large = b.icmp_unsigned(">=", b.and_(wide, I64(0x7FFF)), I64(0x7C00))
    sign = b.shl(b.and_(wide, I64(0x8000)), I64(48))
    value = b.bitcast(b.select(large, special, finite), I64)
    return b.bitcast(b.or_(value, sign), F64)


def from_double(b: Any, x: Any) -> Any:
    """Round by adding half a unit (less one, plus the last bit that stays) to the bit pattern.

    Below the smallest normal number, 2**-14, adding 2**28 leaves float64 with exactly the bits
    that float16 has there, and lets the addition round.
    """
    pattern = b.bitcast(x, I64)
    sign = b.and_(b.lshr(pattern, I64(48)), I64(0x8000))
    magnitude = b.and_(pattern, I64(2**63 - 1))
    odd = b.and_(b.lshr(magnitude, I64(42)), I64(1))
    nearest = b.add(b.add(magnitude, I64(2**41 - 1)), odd)
    normal = b.sub(b.lshr(nearest, I64(42)), I64(1008 << 10))
    shifted = b.bitcast(b.fadd(b.bitcast(magnitude, F64), F64(float(2**28))), I64)
    subnormal = b.sub(shifted, b.bitcast(F64(float(2**28)), I64))
    finite = b.select(
        b.fcmp_ordered("<", b.bitcast(magnitude, F64), F64(2.0**-14)), subnormal, normal
    )
    capped = b.select(b.icmp_signed("<", finite, I64(0x7C00)), finite, I64(0x7C00))
    nan = b.icmp_signed(">", magnitude, I64(0x7FF << 52))
    payload = b.or_(b.and_(b.lshr(magnitude, I64(42)), I64(0x3FF)), I64(0x7E00))
    return b.trunc(b.or_(b.select(nan, payload, capped), sign), I16)
