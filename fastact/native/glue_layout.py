"""tools/native_ir.py made this from glue.c (459cc5407bcc08ea): offsets in bytes."""

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
    "of_context": 72,
    "to_integer": 80,
    "own_limit": 88,
    "key": 96,
    "limit": 104,
    "sync": 112,
    "ndarray": 120,
    "float_type": 128,
    "tuple_type": 136,
    "last": 144,
    "integers": 152,
    "first": 160,
    "made": 168,
    "out": 176,
    "where": 184,
    "temperature": 192,
    "labels": 200,
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
