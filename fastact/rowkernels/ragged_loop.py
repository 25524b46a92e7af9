"""Ragged sequences through the loop of a function along an axis, as LLVM IR.

The loop is that of any generalized ufunc, called at its address: once for each run of sequences of
one length, which are the rows of a matrix, or once for each sequence of several rows. It is called
as a ufunc calls it, so that the handlers of signals run in a long call; if one raises, what is left
is not done, and Python, which calls the function, raises it.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from fastact.compiler import inner_loop
from fastact.compiler.inner_loop import INT, LOOP, ONE, PTR, VOID
from fastact.native import machine_code
from fastact.native.loop_registry import LoopSpec
from fastact.native.pool_layout import FIELDS

# The loop and its last argument; a table of int64 words, and the number of operands; the offsets
# and the number of sequences; the number of rows. The table has of each operand the address, then
# of each the bytes between rows, then those between elements (0 without the axis), then the steps
# of the loop, of which the first are still to be filled in, then room for the addresses. Last come
# the functions that release Python's lock and take it again: 0 if the caller is compiled code, in
# which no handler of a signal runs.
DRIVE = ir.FunctionType(VOID, [INT, PTR, PTR, INT, PTR, INT, INT, INT, INT])
RELEASE, TAKE = ir.FunctionType(PTR, []), ir.FunctionType(VOID, [PTR])
CALL = ir.FunctionType(INT, [PTR] * 5 + [INT])  # of the block, see ``run_for_ufunc`` of pool.c
SECTIONS = 6


def call(b: inner_loop.Builder, loop: Any, arguments: list[Any], data: Any, locks: Any) -> Any:
    """Emit the call of a loop; the result is not zero if the handler of a signal has raised."""
    way = b.load(b.offset(data, INT(FIELDS["call"])), typ=INT)  # 0 without native threads
    plain = b.or_(b.icmp_signed("==", way, INT(0)), b.not_(locks))
    with b.if_else(plain) as (plainly, interruptibly):
        with plainly:
            b.call(b.function_at(loop, LOOP), [*arguments, data])
            plain_at = b.block
        with interruptibly:
            target = b.inttoptr(loop, PTR)
            answer = b.call(b.function_at(way, CALL), [data, target, *arguments, INT(2)])
            interruptible_at = b.block
    stopped = b.phi(INT)
    stopped.add_incoming(INT(0), plain_at)
    stopped.add_incoming(answer, interruptible_at)
    return stopped


def build(spec: LoopSpec) -> bytes:
    """The object code of the function over all sequences."""
    module = ir.Module(spec.symbol)
    f, b = inner_loop.function(module, spec.symbol, DRIVE, public=True)
    loop, data, table, operands, offsets, count, rows, release, take = f.args
    sections = [b.offset(table, b.mul(operands, INT(8 * k))) for k in range(SECTIONS)]
    places, row_steps, element_steps, steps, _, found = sections
    dims, first, stopped = b.alloca(INT, INT(2)), b.alloca(INT), b.alloca(INT)

    def word(pointer: Any, k: Any) -> Any:
        """Emit the reading of integer `k` of an array."""
        return b.load(b.gep(pointer, [k], source_etype=INT), typ=INT)

    def set_word(pointer: Any, k: Any, value: Any) -> None:
        """Emit the writing of integer `k` of an array."""
        b.store(value, b.gep(pointer, [k], source_etype=INT))

    single = b.icmp_signed("==", rows, ONE)
    b.store(INT(0), first)
    b.store(INT(0), stopped)
    locks, thread = b.icmp_signed("!=", release, INT(0)), b.alloca(PTR)
    with b.if_then(locks):
        b.store(b.call(b.function_at(release, RELEASE), []), thread)
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
                step = word(element_steps, j)
                place = b.add(word(places, j), b.mul(word(offsets, begin), step))
                set_word(found, j, place)
                set_word(steps, j, b.select(single, b.mul(length, step), word(row_steps, j)))
            unstopped = b.icmp_signed("==", b.load(stopped, typ=INT), INT(0))
            with b.if_then(b.and_(b.icmp_signed(">", length, INT(0)), unstopped)):
                b.store(call(b, loop, [found, dims, steps], data, locks), stopped)
    with b.if_then(locks):
        b.call(b.function_at(take, TAKE), [b.load(thread, typ=PTR)])
    b.ret_void()
    return machine_code.assembled(str(module))
