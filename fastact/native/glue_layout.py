"""tools/native_ir.py made this from glue.c (03695c8af2e27b59): offsets in bytes."""

from __future__ import annotations

PYTHON = {
    "acquire": 0,
    "release": 8,
    "call": 16,
    "forget": 24,
    "vectorcall": 32,
    "size": 40,
    "item": 48,
    "to_double": 56,
    "from_double": 64,
    "fetch": 72,
    "normalize": 80,
    "keep_trace": 88,
    "ndarray": 96,
    "float_type": 104,
    "tuple_type": 112,
    "last": 120,
    "integers": 128,
    "first": 136,
    "made": 144,
    "out": 152,
    "where": 160,
    "temperature": 168,
    "labels": 176,
}

PLACE = {
    "loop": 0,
    "data": 8,
    "ndims": 16,
    "dtype": 24,
    "operand": 32,
    "find": 40,
    "check": 48,
    "quietly": 56,
    "explain": 64,
    "python": 72,
}

MOST_KEYWORDS = 4
MOST_OPERANDS = 8
MOST_ARGUMENTS = 8
