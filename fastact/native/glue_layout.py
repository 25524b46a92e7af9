"""tools/native_ir.py made this from glue.c (e9c2ce8fc336957f): offsets in bytes."""

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
    "attribute": 128,
    "fetch": 136,
    "normalize": 144,
    "keep_trace": 152,
    "own_limit": 160,
    "key": 168,
    "limit": 176,
    "sync": 184,
    "ndarray": 192,
    "float_type": 200,
    "int_type": 208,
    "tuple_type": 216,
    "last": 224,
    "integers": 232,
    "call_name": 240,
    "first": 248,
    "made": 256,
    "out": 264,
    "where": 272,
    "temperature": 280,
    "labels": 288,
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
