"""tools/native_ir.py made this from glue.c (84a255c6773c0ec5): offsets in bytes."""

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
    "ndarray": 72,
    "float_type": 80,
    "tuple_type": 88,
    "last": 96,
    "integers": 104,
    "first": 112,
    "made": 120,
    "out": 128,
    "where": 136,
    "temperature": 144,
    "labels": 152,
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
    "python": 64,
}

MOST_KEYWORDS = 4
MOST_OPERANDS = 8
