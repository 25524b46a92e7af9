"""Loops over arrays of any shape: what NumPy's iterator does around an inner loop.

All is in one block of 64-bit words, which the caller has on its stack:

=========  =============  ======================================================
words      number         what
=========  =============  ======================================================
pointers   operands       the first element of each
sizes      axes           lengths that operands have been broadcast to
strides    axes, operands in bytes; 0 where an operand was broadcast
counter    axes           0
arguments  operands       for the inner loop
dimensions 2              for the inner loop; the second is the length of a row
steps      operands, rows for the inner loop; those within rows are set
=========  =============  ======================================================

The functions are compiled once and kept in the store, as loops are.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import carray
from numba.core import cgutils, types
from numba.extending import intrinsic

from fastact.compiler.dispatch import compiled, link
from fastact.compiler.dispatch import with_all_of_numba as dispatcher
from fastact.native.loop_registry import LoopSpec

INT, PTR, VOID = ir.IntType(64), ir.IntType(8).as_pointer(), ir.VoidType()
WORDS, DOUBLES = types.CPointer(types.int64), types.CPointer(types.float64)


@intrinsic
def call_loop(
    typingctx: Any, loop: Any, block: Any, arguments: Any, dimensions: Any, steps: Any, data: Any
) -> Any:
    """Call the inner loop with three places of the block."""

    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        loop, block, *places, data = values
        kind = ir.FunctionType(VOID, [PTR] * 4).as_pointer()
        pointers = [builder.bitcast(builder.gep(block, [place]), PTR) for place in places]
        builder.call(builder.inttoptr(loop, kind), [*pointers, builder.inttoptr(data, PTR)])
        return context.get_dummy_value()

    return types.void(loop, block, arguments, dimensions, steps, data), codegen


@dispatcher
def exchange(block: Any, i: Any, j: Any, count: Any) -> None:
    """Swap `count` words from `i` on with those from `j` on."""
    for k in range(count):
        block[i + k], block[j + k] = block[j + k], block[i + k]


@dispatcher
def ordered(block: Any, operands: Any, axes: Any) -> Any:
    """Leave out axes of length 1, and sort the others by the strides of the last operand.

    The largest stride comes first. Returns how many axes are left.
    """
    sizes = operands
    strides, kept = sizes + axes, 0
    for axis in range(axes):
        if block[sizes + axis] == 1:
            continue
        exchange(block, sizes + axis, sizes + kept, 1)
        exchange(block, strides + axis * operands, strides + kept * operands, operands)
        at = kept
        while at > 0:
            here = strides + at * operands
            if abs(block[here - 1]) >= abs(block[here + operands - 1]):
                break
            exchange(block, here, here - operands, operands)
            exchange(block, sizes + at, sizes + at - 1, 1)
            at -= 1
        kept += 1
    return kept


@dispatcher
def joined(block: Any, operands: Any, axes: Any, kept: Any) -> Any:
    """Join neighbouring axes that are one run in every operand; return the number of the last."""
    sizes = operands
    strides, last = sizes + axes, 0
    for axis in range(1, kept):
        here, before = strides + axis * operands, strides + last * operands
        run = True
        for k in range(operands):
            run &= block[before + k] == block[here + k] * block[sizes + axis]
        if run:
            block[sizes + last] *= block[sizes + axis]
        else:
            last += 1
            block[sizes + last] = block[sizes + axis]
        for k in range(operands):
            block[strides + last * operands + k] = block[here + k]
    return last


@dispatcher
def drive(loop: Any, data: Any, operands: Any, axes: Any, block: Any) -> Any:
    """Call the inner loop for all elements."""
    sizes = operands
    strides = sizes + axes
    counter = strides + axes * operands
    arguments = counter + axes
    dimensions = arguments + operands
    steps = dimensions + 2
    for axis in range(axes):
        if block[sizes + axis] == 0:
            return 0
    kept = ordered(block, operands, axes)
    last = joined(block, operands, axes, kept)
    for k in range(operands):
        block[arguments + k] = block[k]
        block[steps + k] = block[strides + last * operands + k] if kept else 0
    block[dimensions] = block[sizes + last] if kept else 1
    while True:
        call_loop(loop, block, arguments, dimensions, steps, data)
        axis = last - 1
        while axis >= 0:
            block[counter + axis] += 1
            end = block[counter + axis] == block[sizes + axis]
            back = block[sizes + axis] if end else 0
            for k in range(operands):
                block[arguments + k] += block[strides + axis * operands + k] * (1 - back)
            if not end:
                break
            block[counter + axis] = 0
            axis -= 1
        if axis < 0:
            return 0


# ---------------------------------------------------------------- sums
DEPTH = 64  # more than halvings of any number of elements


@intrinsic
def scratch(typingctx: Any) -> Any:
    """Memory on the stack: a place, a number and a flag for each level, and float64 for each."""

    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kinds = (INT, ir.DoubleType())
        sizes = (3 * DEPTH, DEPTH)
        places = [
            cgutils.alloca_once(builder, kind, size=size)
            for kind, size in zip(kinds, sizes, strict=True)
        ]
        places = [
            builder.bitcast(place, context.get_value_type(ty))
            for place, ty in zip(places, signature.return_type, strict=True)
        ]
        return context.make_tuple(builder, signature.return_type, places)

    return types.Tuple([WORDS, DOUBLES])(), codegen


@dispatcher
def short_sum(x: Any, start: Any, n: Any) -> Any:
    """The sum of at most 128 elements, in 8 sums."""
    total = -0.0
    i = 0
    if n >= 8:
        a, b, c, d = x[start], x[start + 1], x[start + 2], x[start + 3]
        e, f, g, h = x[start + 4], x[start + 5], x[start + 6], x[start + 7]
        i = 8
        while i < n - n % 8:
            at = start + i
            a, b, c, d = a + x[at], b + x[at + 1], c + x[at + 2], d + x[at + 3]
            e, f, g, h = e + x[at + 4], f + x[at + 5], g + x[at + 6], h + x[at + 7]
            i += 8
        total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    while i < n:
        total += x[start + i]
        i += 1
    return total


@dispatcher
def pairwise(x: Any, n: Any) -> Any:
    """The sum in the order of `numpy.add.reduce`, which halves what is longer than 128.

    A level of the stack holds where the second half begins and how long it is, whether it is under
    way, and the sum of the first.
    """
    words, sums = scratch()
    start, level = 0, 0
    while True:
        while n > 128:
            half = n // 2
            half -= half % 8
            at = 3 * level
            words[at], words[at + 1], words[at + 2] = start + half, n - half, 0
            n = half
            level += 1
        value = short_sum(x, start, n)
        while level > 0 and words[3 * level - 1] == 1:
            level -= 1
            value = sums[level] + value
        if level == 0:
            return value
        sums[level - 1] = value
        words[3 * level - 1] = 1
        start, n = words[3 * level - 3], words[3 * level - 2]


@dispatcher
def total(x: Any, n: Any) -> Any:
    """``numpy.add.reduce`` of `n` float64."""
    return 0.0 + pairwise(x, n)


@dispatcher
def outside(labels: Any, n: Any, classes: Any) -> Any:
    """How many labels are none of the classes."""
    found = 0
    for label in carray(labels, (n,)):
        found += (label < 0) | (label >= classes)
    return found


FUNCTIONS = {  # arguments and result of each
    "drive": (drive, (types.int64, types.int64, types.int64, types.int64, WORDS), types.int64),
    "total": (total, (DOUBLES, types.int64), types.float64),
    "outside": (outside, (WORDS, types.int64, types.int64), types.int64),
}
LLVM = {types.int64: INT, types.float64: ir.DoubleType(), WORDS: INT.as_pointer(),
        DOUBLES: ir.DoubleType().as_pointer()}  # fmt: skip


def build(spec: LoopSpec) -> bytes:
    """The object code of one of the functions, by the name of the spec."""
    function, arguments, result = FUNCTIONS[spec.name.removeprefix("njit_")]
    found = compiled(function, arguments)
    module = ir.Module(spec.name)
    kinds = [LLVM[each] for each in arguments]
    outer = ir.Function(module, ir.FunctionType(LLVM[result], kinds), spec.symbol)
    b = ir.IRBuilder(outer.append_basic_block())
    returned, raised = b.alloca(LLVM[result]), b.alloca(PTR)
    kind = ir.FunctionType(ir.IntType(32), [returned.type, raised.type, *kinds])
    b.call(ir.Function(module, kind, found.fndesc.mangled_name), [returned, raised, *outer.args])
    b.ret(b.load(returned))
    return link(spec.symbol, str(module), found.library)
