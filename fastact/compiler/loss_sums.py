"""The sum of the losses of a row: a loop over rows that calls that over elements piece by piece.

Nothing is written but the sums and gradients: the losses of a piece stay in a buffer on the stack.
They are added in the order of `numpy.add.reduce`, so that the sum has its bits.

Imports llvmlite: used when a loop is compiled.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from fastact.compiler import inner_loop
from fastact.compiler.inner_loop import ELEMENT, INT, ITEMSIZE, ONE, PTR, VOID, Builder, Scalar

SUMS = "_sums"  # ends the name of the loop over rows
PIECE = 1024  # elements of a buffer
LONGEST, LANES = 128, 8  # NumPy halves what is longer, and adds so many numbers side by side
DOUBLE = ir.DoubleType()
VECTOR = ir.VectorType(DOUBLE, LANES)
NUMBERS = ir.ArrayType(DOUBLE, PIECE)


def halved(b: Builder, n: Any) -> Any:
    """Emit the length of the first half, a multiple of the lanes."""
    half = b.lshr(n, ONE)
    return b.and_(half, INT(-LANES))


def sum_of(module: ir.Module) -> Any:
    """Emit the function of float64 numbers, of an address and how many, that adds them up."""
    f, b = inner_loop.function(module, "sum_of", ir.FunctionType(DOUBLE, [PTR, INT]))
    x, n = f.args

    def at(place: Any, k: Any, typ: Any) -> Any:
        """Emit the load of a number, or of a vector of them."""
        value = b.load(b.gep(place, [k], source_etype=DOUBLE), typ=typ)
        value.align = 8
        return value

    total, parts = b.alloca(DOUBLE), b.alloca(VECTOR)
    with b.if_then(b.icmp_unsigned(">", n, INT(LONGEST))):
        half = halved(b, n)
        rest = b.gep(x, [half], source_etype=DOUBLE)
        b.ret(b.fadd(b.call(f, [x, half]), b.call(f, [rest, b.sub(n, half)])))
    b.store(DOUBLE(0.0), total)
    whole = b.and_(n, INT(-LANES))
    with b.if_then(b.icmp_unsigned(">", whole, INT(0))):
        b.store(at(x, INT(0), VECTOR), parts)
        after = b.gep(x, [INT(LANES)], source_etype=DOUBLE)
        with b.count(b.sub(whole, INT(LANES)), INT(LANES)) as k:
            b.store(b.fadd(b.load(parts, typ=VECTOR), at(after, k, VECTOR)), parts)
        lanes = b.load(parts, typ=VECTOR)
        numbers = [b.extract_element(lanes, INT(k)) for k in range(LANES)]
        while len(numbers) > 1:
            numbers = [b.fadd(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
        b.store(numbers[0], total)
    left = b.gep(x, [whole], source_etype=DOUBLE)
    with b.count(b.sub(n, whole)) as k:
        b.store(b.fadd(b.load(total, typ=DOUBLE), at(left, k, DOUBLE)), total)
    b.ret(b.load(total, typ=DOUBLE))
    return f


def sum_of_piece(module: ir.Module, compute: Any, scalar: Scalar) -> Any:
    """Emit the sum of the losses of at most `PIECE` elements: addresses, steps, how many.

    Where a step is 0, the number at the address stands there once for each element.
    """
    operands = len(scalar.operands)
    kind = ir.FunctionType(DOUBLE, [PTR, PTR, INT])
    f, b = inner_loop.function(module, "sum_of_piece", kind)
    places, steps, n = f.args
    table, count, losses = ir.ArrayType(INT, operands), b.alloca(INT), b.alloca(NUMBERS)
    losses.align = 64
    taken, sizes = b.alloca(table), b.alloca(table)
    b.store(n, count)
    for k, (place, step) in enumerate(
        zip(b.words(places, operands), b.words(steps, operands), strict=True)
    ):
        here = b.ptrtoint(losses, INT) if k == scalar.nin else place
        size = INT(ITEMSIZE[scalar.operands[k]])
        b.store(here, b.gep(taken, [INT(0), INT(k)]))
        apart = b.select(b.icmp_signed("==", step, INT(0)), size, step)
        b.store(apart, b.gep(sizes, [INT(0), INT(k)]))
    b.call(compute, [taken, count, sizes])
    b.ret(b.call(sum_of(module), [losses, n]))
    return f


def sum_of_row(module: ir.Module, piece: Any, operands: int) -> Any:
    """Emit the sum of the losses of a row: addresses, steps, length."""
    kind = ir.FunctionType(DOUBLE, [PTR, PTR, INT])
    f, b = inner_loop.function(module, "sum_of_row", kind)
    places, steps, n = f.args
    further = b.alloca(ir.ArrayType(INT, operands))
    with b.if_then(b.icmp_unsigned("<=", n, INT(PIECE))):
        b.ret(b.call(piece, f.args))
    half = halved(b, n)
    for k, (place, step) in enumerate(
        zip(b.words(places, operands), b.words(steps, operands), strict=True)
    ):
        b.store(b.add(place, b.mul(step, half)), b.gep(further, [INT(0), INT(k)]))
    first = b.call(f, [places, steps, half])
    b.ret(b.fadd(first, b.call(f, [further, steps, b.sub(n, half)])))
    return f


def repeated(b: Builder, place: Any, dtype: str, n: Any) -> Any:
    """Emit the address of a buffer with the number at a place, as often as a piece has elements."""
    with b.goto_entry_block():
        buffer = b.alloca(ir.ArrayType(ELEMENT[dtype], PIECE))
    number = b.load(place, typ=ELEMENT[dtype])
    number.align = 1
    with b.count(b.smaller(n, INT(PIECE))) as i:
        b.store(number, b.gep(buffer, [INT(0), i]))
    return buffer


def rows(module: ir.Module, compute: Any, scalar: Scalar, cores: tuple[bool, ...]) -> Any:
    """Emit the loop over rows; `cores` tells which operands are rows, and not one number each."""
    operands = len(scalar.operands)
    row_of = sum_of_row(module, sum_of_piece(module, compute, scalar), operands)
    f, b = inner_loop.function(module, "sums", ir.FunctionType(VOID, [PTR] * 3))
    table = ir.ArrayType(INT, operands)
    places, steps = b.alloca(table), b.alloca(table)
    count, n = b.words(f.args[1], 2)
    words = b.words(f.args[2], operands + sum(cores))
    along = iter(words[operands:])
    inner = [next(along) if core else INT(0) for core in cores]
    for k, step in enumerate(inner):
        b.store(step, b.gep(steps, [INT(0), INT(k)]))
    pointers = b.pointers(f.args[0], operands)
    with b.count(count) as row:
        here = [b.offset(p, b.mul(row, s)) for p, s in zip(pointers, words, strict=False)]
        for k, place in enumerate(here):
            b.store(b.ptrtoint(place, INT), b.gep(places, [INT(0), INT(k)]))
            if k < scalar.nin:
                with b.if_then(b.icmp_signed("==", inner[k], INT(0))):
                    buffer = repeated(b, place, scalar.operands[k], n)
                    b.store(b.ptrtoint(buffer, INT), b.gep(places, [INT(0), INT(k)]))
        total = b.call(row_of, [places, steps, n])
        b.store(total, here[scalar.nin]).align = 1
    b.ret_void()
    return f


def assembly(name: str, scalar: Scalar, cores: tuple[bool, ...], architecture: str) -> str:
    """The LLVM assembly of the loop `name` over elements and of that over rows."""
    module, operands = ir.Module(name), len(scalar.operands)
    elements = inner_loop.body(module, scalar)
    run = inner_loop.chunk(module, elements, architecture)
    inner_loop.entry(module, name, run, operands, 0)
    run = inner_loop.chunk(module, rows(module, elements, scalar, cores), architecture)
    inner_loop.entry(module, f"{name}{SUMS}", run, operands, 1, operands + sum(cores))
    return inner_loop.assembly(module, scalar.dtype)
