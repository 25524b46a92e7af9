"""Gated pairs, ``value * g(gate)``, and their gradients: scalar functions and loops.

Each object code has two loops: elementwise, for arrays that NumPy sees as one long run, and
over rows, whose threads share the rows where each is too short to be worth it.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from llvmlite import ir

from fastact.compiler import inner_loop
from fastact.compiler.dispatch import dispatcher
from fastact.compiler.inner_loop import BLOCK, ELEMENT, INT, ITEMSIZE, ONE, PTR, VOID, Builder
from fastact.compiler.kernels import core, object_code
from fastact.native.loop_registry import LoopSpec
from fastact.numerics.primitives import Kernel, kernel, where

INF = float("inf")
SHORT = BLOCK // 4  # elements of rows that are put together; where they are longer it takes longer
LANES = 16, 8, 4, 2  # elements that are copied at once, the first that a row has
ROWS = "_rows"  # ends the name of the loop over rows
# Half of the smallest number of each dtype: what is not larger rounds to zero. That of float64,
# 2**-1075, is zero itself, in pairs too.
VANISHING = {"float16": 2.0**-25, "float32": 2.0**-150, "float64": 0.0}


@kernel
def times(a: Any, g: Any, vanishing: Any) -> Any:
    """``a g``; an infinite `a` meets the zero that `g` would be in an array, and gives NaN."""
    return a * where(abs(a) < INF, g, where(abs(g) <= vanishing, 0.0, g))


def factors(kernels: Any, dtype: str, *names: str) -> Iterator[Kernel]:
    """The kernels in twice the precision of a result, no longer than the result needs.

    Those of float64 share their exponential: they are taken if there are all of them.
    """
    known = [kernels[each].factors for each in names]
    if dtype == "float64":
        for each, found in zip(names, known, strict=True):
            yield found[dtype] if all(dtype in k for k in known) else kernels[each]
        return
    for each, found in zip(names, known, strict=True):
        short = found.get("float32") or kernels[each].forms.get("float32", kernels[each])
        yield short if short.widen else kernels[each]


def forward(kernels: Any, dtype: str, *, wide: bool = False) -> tuple[Kernel, ...]:
    """Return the kernel of the pair's value; a `wide` one takes float64 that are no `dtype`."""
    known = kernels["forward"].products.get(dtype)
    if known is None or (wide and not known.widen):
        return factored(kernels, dtype)
    return (known,)


def factored(kernels: Any, dtype: str) -> tuple[Kernel, ...]:
    """The same as a factor times the value."""
    (g,), vanishing = factors(kernels, dtype, "forward"), VANISHING[dtype]
    return (Kernel(lambda gate, value: times(value, g(gate), vanishing)),)


def backward(kernels: Any, dtype: str) -> tuple[Kernel, ...]:
    """The gradients of gate and value."""
    g, slope = factors(kernels, dtype, "forward", "derivative")
    vanishing = VANISHING[dtype]
    return (
        Kernel(lambda dy, gate, value: times(dy * value, slope(gate), vanishing)),
        Kernel(lambda dy, gate, value: times(dy, g(gate), vanishing)),
    )


def forward_bias(kernels: Any, dtype: str) -> tuple[Kernel, ...]:
    """Return the kernel of the pair's value, with biases `b` and `c` of gate and value."""
    (y,) = forward(kernels, dtype, wide=True)
    return (Kernel(lambda gate, value, b, c: y(gate + b, value + c)),)


def backward_bias(kernels: Any, dtype: str) -> tuple[Kernel, ...]:
    """Return the kernels of the gradients, with biases `b` and `c` of gate and value."""
    dgate, dvalue = backward(kernels, dtype)
    return (
        Kernel(lambda dy, gate, value, b, c: dgate(dy, gate + b, value + c)),
        Kernel(lambda dy, gate, value, b, c: dvalue(dy, gate + b, value + c)),
    )


VARIETIES: dict[str, Callable[[Any, str], tuple[Kernel, ...]]] = {
    "forward": forward,
    "backward": backward,
    "forward_bias": forward_bias,
    "backward_bias": backward_bias,
}


def scalar(kernels: Any, variety: str, dtype: str) -> Any:
    """The dispatcher of a variety on array elements of this dtype."""
    results = [core(each, dtype) for each in VARIETIES[variety](kernels, dtype)]
    if len(results) == 1:
        return results[0]
    first, second = results

    def both(*x: Any) -> Any:
        return first(*x), second(*x)

    return dispatcher(both)


def rows_at_once(module: ir.Module, compute: Any, dtypes: tuple[str, ...], nin: int) -> Any:
    """Call an elementwise loop for the rows of a generalized ufunc whose operands are rows.

    Long rows are one call each. Short ones are many in a call: those that do not follow one another
    in memory go through buffers on the stack.
    """
    kind = ir.FunctionType(VOID, [PTR] * 3)
    f, b = inner_loop.function(module, "rows_at_once", kind)
    operands = len(dtypes)
    table = ir.ArrayType(INT, operands)
    taken, sizes, total = b.alloca(table), b.alloca(table), b.alloca(INT)
    buffers = [b.alloca(ir.ArrayType(ELEMENT[dtype], BLOCK)) for dtype in dtypes]
    for buffer in buffers:
        buffer.align = 64
    rows, n = b.words(f.args[1], 2)
    steps = b.words(f.args[2], 2 * operands)
    views = [
        Rows(b, *view)
        for view in zip(
            b.pointers(f.args[0], operands), steps, steps[operands:], dtypes, buffers, strict=False
        )
    ]
    fits = b.icmp_unsigned("<=", n, INT(SHORT))
    group = b.udiv(INT(BLOCK), b.select(b.icmp_unsigned(">", n, INT(0)), n, ONE))
    many = b.select(fits, group, ONE)
    joined = [b.or_(b.not_(fits), each.joined(n)) for each in views]
    with b.count(rows, many) as start:
        m = b.smaller(many, b.sub(rows, start))
        b.store(b.mul(m, n), total)
        for k, each in enumerate(views):
            if k < nin:
                with b.if_then(b.not_(joined[k])):
                    each.copy(start, m, n, into=True)
            place = b.select(joined[k], each.place(start), each.buffer)
            b.store(b.ptrtoint(place, INT), b.gep(taken, [INT(0), INT(k)]))
            step = b.select(fits, INT(ITEMSIZE[dtypes[k]]), each.step)
            b.store(step, b.gep(sizes, [INT(0), INT(k)]))
        b.call(compute, [taken, total, sizes])
        for k in range(nin, operands):
            with b.if_then(b.not_(joined[k])):
                views[k].copy(start, m, n, into=False)
    b.ret_void()
    return f


class Rows:
    """The rows of an operand: the first, the distance between two, that of elements, a buffer."""

    def __init__(
        self, b: Builder, pointer: Any, distance: Any, step: Any, dtype: str, buffer: Any
    ) -> None:
        self.b, self.pointer, self.distance, self.step = b, pointer, distance, step
        self.dtype, self.buffer = dtype, buffer

    def joined(self, n: Any) -> Any:
        """Emit whether each row of n elements begins where the one before ends."""
        b, size = self.b, INT(ITEMSIZE[self.dtype])
        close = b.icmp_signed("==", self.step, size)
        return b.and_(close, b.icmp_signed("==", self.distance, b.mul(n, size)))

    def place(self, start: Any) -> Any:
        """Emit the address of a row."""
        return self.b.offset(self.pointer, self.b.mul(start, self.distance))

    def copy(self, start: Any, rows: Any, n: Any, *, into: bool) -> None:
        """Emit the copy of rows into the buffer, or from there."""
        b, module = self.b, self.b.module
        name = f"copy_rows_{'in' if into else 'out'}_{self.dtype}"
        kind = ir.FunctionType(VOID, [PTR, INT, INT, PTR, INT, INT])
        known = module.globals.get(name)
        called = known or copying(module, name, kind, self.dtype, into=into)
        b.call(called, [self.place(start), self.distance, self.step, self.buffer, rows, n])


def copying(module: ir.Module, name: str, kind: Any, dtype: str, *, into: bool) -> Any:
    """Emit the function that copies rows of n elements into a buffer, or from there."""
    f, b = inner_loop.function(module, name, kind)
    pointer, distance, step, buffer, rows, n = f.args
    element, size = ELEMENT[dtype], INT(ITEMSIZE[dtype])

    def moved(row: Any, i: Any, typ: Any) -> None:
        """Emit the copy of element `i` of a row, or of a vector from there on."""
        here = b.offset(b.offset(pointer, b.mul(row, distance)), b.mul(i, step))
        there = b.gep(buffer, [b.add(b.mul(row, n), i)], source_etype=element)
        source, target = (here, there) if into else (there, here)
        value = b.load(source, typ=typ)
        value.align = 1
        b.store(value, target).align = 1

    close = b.icmp_signed("==", step, size)
    for lanes in LANES:
        last = b.sub(n, INT(lanes))
        with b.if_then(b.and_(close, b.icmp_signed(">=", last, INT(0)))):
            vector = ir.VectorType(element, lanes)
            with b.count(rows) as row:
                with b.count(last, INT(lanes)) as i:
                    moved(row, i, vector)
                moved(row, last, vector)  # over those before, if some are left
            b.ret_void()
    with b.count(rows) as row, b.count(n) as i:
        moved(row, i, element)
    b.ret_void()
    return f


def assembly(name: str, scalar: inner_loop.Scalar, architecture: str) -> str:
    """The LLVM assembly of the loop `name` and of that over rows."""
    module, operands = ir.Module(name), scalar.nin + scalar.nout
    elements = inner_loop.body(module, scalar)
    rows = rows_at_once(module, elements, scalar.operands, scalar.nin)
    for symbol, compute, core_dimensions in ((name, elements, 0), (f"{name}{ROWS}", rows, 1)):
        run = inner_loop.chunk(module, compute, architecture)
        inner_loop.entry(module, symbol, run, operands, core_dimensions)
    return inner_loop.assembly(module, scalar.dtype)


def build(spec: LoopSpec, kernels: Any, variety: str, nin: int, nout: int) -> bytes:
    """The object code of both loops."""
    function = scalar(kernels, variety, spec.dtype)
    return object_code(spec.symbol, function, spec.dtype, nin, nout, assembly)
