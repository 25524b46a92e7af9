"""tools/native_ir.py made this from glue.c (bd9a3f1e55d15fa7): offsets in bytes."""

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
    "new_tuple": 72,
    "set_item": 80,
    "keep": 88,
    "has": 96,
    "of_context": 104,
    "to_integer": 112,
    "from_integer": 120,
    "fetch": 128,
    "normalize": 136,
    "keep_trace": 144,
    "own_limit": 152,
    "key": 160,
    "limit": 168,
    "sync": 176,
    "ndarray": 184,
    "float_type": 192,
    "int_type": 200,
    "tuple_type": 208,
    "last": 216,
    "integers": 224,
    "first": 232,
    "made": 240,
    "out": 248,
    "where": 256,
    "temperature": 264,
    "labels": 272,
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

MOST_KEYWORDS = 6
MOST_OPERANDS = 8
MOST_ARGUMENTS = 8
