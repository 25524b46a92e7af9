"""tools/native_ir.py made this from glue.c (c7206ace0dd7ac4f): offsets in bytes."""

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
    "fetch": 120,
    "normalize": 128,
    "keep_trace": 136,
    "own_limit": 144,
    "key": 152,
    "limit": 160,
    "sync": 168,
    "ndarray": 176,
    "float_type": 184,
    "int_type": 192,
    "tuple_type": 200,
    "last": 208,
    "integers": 216,
    "first": 224,
    "made": 232,
    "out": 240,
    "where": 248,
    "temperature": 256,
    "labels": 264,
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
