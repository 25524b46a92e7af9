"""tools/native_ir.py made this from glue.c (dea3825b64a0ff4b): offsets in bytes."""

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
    "own_limit": 120,
    "key": 128,
    "limit": 136,
    "sync": 144,
    "ndarray": 152,
    "float_type": 160,
    "int_type": 168,
    "tuple_type": 176,
    "last": 184,
    "integers": 192,
    "first": 200,
    "made": 208,
    "out": 216,
    "where": 224,
    "temperature": 232,
    "labels": 240,
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

MOST_KEYWORDS = 6
MOST_OPERANDS = 8
