"""Inner loops that write or read masks: one bit for each element, the first in the lowest bit.

They have the form of the loops of `inner_loop` and share their parts, but count in units: `UNIT`
elements, or a word of as many bits. An operand is contiguous, or a scalar, whose step is zero.

A unit goes through ``dense``, inlined, and a buffer of its length. LLVM vectorises the former to
straight code, and then finds that the latter can stay in registers: comparisons become bits, and
bits choose between vectors, without a detour through memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from fastact.compiler import inner_loop
from fastact.compiler.dispatch import dispatcher
from fastact.compiler.inner_loop import ELEMENT, I32, INT, ITEMSIZE, ONE, PTR, UNIT, VOID, Scalar
from fastact.compiler.kernels import core, object_code, product
from fastact.native.loop_registry import LoopSpec
from fastact.numerics.primitives import Kernel, half_to_double, kernel, where

GROUP = 4  # units whose words are stored together: stored singly, they cost a third more
BITS = ir.VectorType(ir.IntType(1), UNIT)
FLAG = {"float16": np.uint16, "float32": np.uint32, "float64": np.uint64}


class Body:
    """The function ``body`` of a loop over units, as it is being written.

    `constants` are the operands that may be scalars: they are copied to a unit of their own.
    """

    def __init__(self, module: ir.Module, scalar: Scalar, operands: int, constants: range) -> None:
        self.dtype, self.lanes = scalar.dtype, ir.VectorType(ELEMENT[scalar.dtype], UNIT)
        self.dense = inner_loop.dense(module, scalar, 0)
        self.dense.attributes.discard("noinline")
        self.dense.attributes.add("alwaysinline")
        self.function, self.b = inner_loop.function(
            module, "body", ir.FunctionType(VOID, [PTR] * 3)
        )
        args, dims, steps = self.function.args
        self.pointers, self.steps = self.b.pointers(args, operands), self.b.words(steps, operands)
        (self.n,) = self.b.words(dims, 1)
        self.scratch = self.unit()
        for k in constants:
            constant = self.b.icmp_signed("==", self.steps[k], INT(0))
            self.pointers[k] = self.b.select(constant, self.repeated(k), self.pointers[k])

    def unit(self) -> Any:
        """Reserve memory of one unit on the stack."""
        place = self.b.alloca(self.lanes)
        place.align = 64
        return place

    def repeated(self, k: int) -> Any:
        """A unit of the first element of an operand."""
        place, element = self.unit(), ELEMENT[self.dtype]
        first = self.b.load(self.pointers[k], typ=element, align=ITEMSIZE[self.dtype])
        one = self.b.insert_element(ir.Constant(self.lanes, None), first, I32(0))
        every = ir.Constant(ir.VectorType(I32, UNIT), [0] * UNIT)
        self.b.store(self.b.shuffle_vector(one, one, every), place)
        return place

    def units(self, work: Callable[[list[list[Any]]], None]) -> Any:
        """Write the loop: `work` on where the operands stand in each of the units of a group."""
        b = self.b
        whole = b.and_(self.n, INT(-GROUP))
        with b.count(whole, INT(GROUP)) as i:
            work([self.places(b.add(i, INT(k))) for k in range(GROUP)])
        with b.count(b.sub(self.n, whole)) as i:
            work([self.places(b.add(whole, i))])
        b.ret_void()
        return self.function

    def places(self, i: Any) -> list[Any]:
        """Emit the addresses of unit `i` of every operand."""
        b = self.b
        return [b.offset(p, b.mul(i, s)) for p, s in zip(self.pointers, self.steps, strict=True)]

    def compute(self, *places: Any) -> None:
        """Emit the call of the scalar function on one unit."""
        self.b.call(self.dense, [*places, ONE])

    def load(self, place: Any) -> Any:
        """Emit the load of one unit as a vector."""
        return self.b.load(place, typ=self.lanes, align=ITEMSIZE[self.dtype])


def forward_body(module: ir.Module, scalar: Scalar) -> Any:
    """From x and parameters to y and the mask; the scalar function gives y and a flag."""
    body = Body(module, scalar, scalar.nin + 2, range(1, scalar.nin))
    b, flags = body.b, ir.VectorType(ir.IntType(8 * ITEMSIZE[scalar.dtype]), UNIT)

    def word(places: list[Any]) -> Any:
        """Emit one unit: write y, and return the word of its mask."""
        body.compute(*places, body.scratch)
        return b.bitcast(b.trunc(b.load(body.scratch, typ=flags), BITS), I32)

    def work(group: list[list[Any]]) -> None:
        """Emit a group of units, whose words are stored after all values."""
        words = [word(places) for *places, _ in group]
        for value, (*_, mask) in zip(words, group, strict=True):
            b.store(value, mask, align=1)

    return body.units(work)


def backward_body(module: ir.Module, scalar: Scalar) -> Any:
    """From dy, the slopes of set and of clear bits and the mask to dx; the function multiplies."""
    body = Body(module, scalar, 5, range(1, 3))
    b = body.b

    def work(group: list[list[Any]]) -> None:
        """Emit a group of units: bits choose slopes, which dy is multiplied by."""
        for dy, set_, clear, mask, dx in group:
            bits = b.bitcast(b.load(mask, typ=I32, align=1), BITS)
            b.store(b.select(bits, body.load(set_), body.load(clear)), body.scratch, align=64)
            body.compute(dy, body.scratch, dx)

    return body.units(work)


def loop(name: str, scalar: Scalar, architecture: str) -> str:
    """The LLVM assembly of the loop that writes a mask (two outputs) or reads one."""
    write = scalar.nout == 2
    module = ir.Module(name)
    body = (forward_body if write else backward_body)(module, scalar)
    run = inner_loop.chunk(module, body, architecture)
    inner_loop.entry(module, name, run, scalar.nin + 2 if write else 5, 1)
    return inner_loop.assembly(module, scalar.dtype)


@kernel
def same(x: Any) -> Any:
    """Return the elements: the counterpart of `half_to_double` for other dtypes."""
    return x


def value_and_flag(kernels: Any, first: str, dtype: str) -> Any:
    """The dispatcher of the value and of 1 where the derivative is `first` or NaN, else 0."""
    value, derivative = core(kernels["forward"], dtype), kernels["derivative"]
    set_ = Kernel(eval(first), widen=False)  # noqa: S307  # a field of a declaration
    one, zero, numbers = FLAG[dtype](1), FLAG[dtype](0), half_to_double
    if dtype != "float16":  # whose elements are bit patterns, which cannot be compared
        derivative, set_, numbers = core(derivative, dtype), core(set_, dtype), same

    def both(*x: Any) -> Any:
        """Return the value of one element and its flag."""
        x_ = numbers(x)
        slope = derivative(*x_)
        wanted = set_(*x_)
        return value(*x), where((slope < wanted) | (slope > wanted), zero, one)

    return dispatcher(both)


def build_forward(spec: LoopSpec, kernels: Any, first: str, nin: int) -> bytes:
    """The object code of the loop that writes a mask; `first` is a lambda expression."""
    function = value_and_flag(kernels, first, spec.dtype)
    return object_code(spec.symbol, function, spec.dtype, nin, 2, loop)


def build_backward(spec: LoopSpec) -> bytes:
    """The object code of the loop that reads a mask."""
    return object_code(spec.symbol, product(spec.dtype), spec.dtype, 2, 1, loop)
