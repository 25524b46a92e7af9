"""Ragged sequences through the loop of a function along an axis, as LLVM IR.

The loop is that of any generalized ufunc, called at its address: once for each run of sequences of
one length, which are the rows of a matrix, or once for each sequence of several rows.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from fastact.compiler import inner_loop
from fastact.compiler.inner_loop import INT, LOOP, ONE, PTR, VOID
from fastact.native import machine_code
from fastact.native.loop_registry import LoopSpec

# The loop and its last argument; a table of int64 words, and the number of operands; the offsets
# and the number of sequences; the number of rows. The table has of each operand the address, then
# of each the bytes between rows, then those between elements (0 without the axis), then the steps
# of the loop, of which the first are still to be filled in, then room for the addresses.
DRIVE = ir.FunctionType(VOID, [INT, PTR, PTR, INT, PTR, INT, INT])
SECTIONS = 6


def build(spec: LoopSpec) -> bytes:
    """The object code of the function over all sequences."""
    module = ir.Module(spec.symbol)
    f, b = inner_loop.function(module, spec.symbol, DRIVE, public=True)
    loop, data, table, operands, offsets, count, rows = f.args
    sections = [b.offset(table, b.mul(operands, INT(8 * k))) for k in range(SECTIONS)]
    places, row_steps, core_steps, steps, _, found = sections
    dims, first = b.alloca(INT, INT(2)), b.alloca(INT)

    def word(pointer: Any, k: Any) -> Any:
        return b.load(b.gep(pointer, [k], source_etype=INT), typ=INT)

    def set_word(pointer: Any, k: Any, value: Any) -> None:
        b.store(value, b.gep(pointer, [k], source_etype=INT))

    single = b.icmp_signed("==", rows, ONE)
    b.store(INT(0), first)
    # Each sequence looks whether the run ends with it.
    with b.count(count) as k:
        following = b.add(k, ONE)
        start, end = word(offsets, k), word(offsets, following)
        length = b.sub(end, start)
        last = b.icmp_signed("==", following, count)
        after = word(offsets, b.select(last, following, b.add(following, ONE)))
        goes_on = b.icmp_signed("==", b.sub(after, end), length)
        goes_on = b.and_(b.and_(goes_on, single), b.not_(last))
        with b.if_then(b.not_(goes_on)):
            begin = b.load(first, typ=INT)
            b.store(following, first)
            set_word(dims, INT(0), b.select(single, b.sub(following, begin), rows))
            set_word(dims, ONE, length)
            with b.count(operands) as j:
                step = word(core_steps, j)
                place = b.add(word(places, j), b.mul(word(offsets, begin), step))
                set_word(found, j, place)
                set_word(steps, j, b.select(single, b.mul(length, step), word(row_steps, j)))
            with b.if_then(b.icmp_signed(">", length, INT(0))):
                b.call(b.function_at(loop, LOOP), [found, dims, steps, data])
    b.ret_void()
    return machine_code.assembled(str(module))
