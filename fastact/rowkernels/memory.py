"""Arrays as rows: where elements lie, and how vectors of them are read and written.

A `Strided` is all that a loop knows of an array. Everything here works on vectors of `LANES`
elements: neighbours in a row, or by way of `across` the same element of neighbouring rows.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from fastact.compiler import simd
from fastact.compiler.dispatch import dispatcher as njit
from fastact.compiler.simd import ELEMENT as LLVM_TYPES
from fastact.compiler.simd import (
    F64,
    I64,
    LANES,
    QUAD,
    QUAD_IN,
    QUAD_OUT,
    REST_IN,
    REST_OUT,
    SIZE,
    SQUARE,
    SQUARE_IN,
    SQUARE_OUT,
    VectorType,
    first,
    load_all,
    shifted,
    singles,
    splat,
    store_all,
)


class Strided(NamedTuple):
    """An array as rows: its first element, and the distances in elements.

    `row` lies between the first elements of neighbouring rows, `step` between neighbours in a row.
    """

    pointer: Any
    row: Any
    step: Any


ROW, STEP = 1, 2  # fields of `Strided`
F64_OF_HALF = types.float64, types.uint16


def type_of(pointer: Any) -> Any:
    """Return Numba's type of a `Strided` whose elements a pointer points to."""
    return types.NamedTuple((pointer, types.int64, types.int64), Strided)


def is_view(ty: Any) -> bool:
    """Return whether a type is that of a `Strided`."""
    return isinstance(ty, types.BaseNamedTuple) and ty.instance_class is Strided


@intrinsic
def view(typing: Any, pointer: Any, row: Any, step: Any) -> Any:
    """The `Strided` with these fields."""
    result = type_of(pointer)

    def code(context, b, sig, args):
        value = ir.Constant(context.get_value_type(result), ir.Undefined)
        for k, each in enumerate(args):
            value = b.insert_value(value, each, k)
        return value

    return result(pointer, types.int64, types.int64), code


# ---------------------------------------------------------------- several arrays at once
Places = Iterator[tuple[tuple[int, ...], Any]]


def views_in(ty: Any, place: tuple[int, ...] = ()) -> Places:
    """Yield where the arrays among the fields of a tuple are, and of what type."""
    if is_view(ty):
        yield place, ty
    elif isinstance(ty, types.BaseTuple):
        for k, each in enumerate(ty.types):
            yield from views_in(each, (*place, k))


def extracted(b: Any, value: Any, *places: int) -> Any:
    """The LLVM value of a field of a field."""
    return b.extract_value(value, places) if places else value


def moved(field: int) -> Any:
    """The function that lets all arrays of a tuple begin `count` rows or elements later."""

    @intrinsic
    def later(typing: Any, arrays: Any, count: Any) -> Any:
        """Return the tuple with every pointer moved on; no element is read."""

        def code(context, b, sig, args):
            value = args[0]
            for place, ty in views_in(arrays):
                pointer, distance = (extracted(b, value, *place, k) for k in (0, field))
                element = LLVM_TYPES[ty.types[0].dtype]
                there = b.gep(pointer, [b.mul(args[1], distance)], source_etype=element)
                value = b.insert_value(value, there, (*place, 0))
            return value

        return arrays(arrays, types.int64), code

    return later


from_row, from_element = moved(ROW), moved(STEP)


@intrinsic
def neighbours(typing: Any, arrays: Any) -> Any:
    """Whether the elements of each row are neighbours, in all arrays of a tuple."""

    def code(context, b, sig, args):
        found = ir.Constant(ir.IntType(1), 1)
        for place, _ in views_in(arrays):
            step = extracted(b, args[0], *place, STEP)
            found = b.and_(found, b.icmp_signed("==", step, I64(1)))
        return found

    return types.boolean(arrays), code


def known(field: int) -> Any:
    """The function that gives the same arrays, of which a distance is known to be 1."""

    @intrinsic
    def known(typing: Any, arrays: Any) -> Any:
        """Return the tuple with 1 as this distance of each array; memory is not read."""

        def code(context, b, sig, args):
            value = args[0]
            for place, _ in views_in(arrays):
                value = b.insert_value(value, I64(1), (*place, field))
            return value

        return arrays(arrays), code

    return known


near, side_by_side = known(STEP), known(ROW)


@intrinsic
def across(typing: Any, arrays: Any) -> Any:
    """The same arrays with rows and columns exchanged."""

    def code(context, b, sig, args):
        value = args[0]
        for place, _ in views_in(arrays):
            row, step = (extracted(b, args[0], *place, k) for k in (ROW, STEP))
            value = b.insert_value(value, step, (*place, ROW))
            value = b.insert_value(value, row, (*place, STEP))
        return value

    return arrays(arrays), code


# ---------------------------------------------------------------- vectors
class Vector:
    """The LLVM code around up to `LANES` elements of a row, from element `i` on."""

    def __init__(self, b: Any, ty: Any, row: Any, i: Any, count: Any) -> None:
        """Emit the address of element `i` of the `Strided` value `row`."""
        self.b, self.count = b, count
        self.element = LLVM_TYPES[ty.types[0].dtype]
        self.kind, self.size = ir.VectorType(self.element, LANES), SIZE[str(self.element)]
        pointer, _, self.step = (b.extract_value(row, k) for k in range(3))
        self.start = simd.place_of(b, pointer, b.mul(i, self.step), self.element)

    def each_way(self, together: Any, some: Any, apart: Any) -> list[tuple[Any, Any]]:
        """Emit a choice: whole vectors of neighbours, some neighbours, elements that lie apart."""
        b, found = self.b, []
        with b.if_else(b.icmp_signed("==", self.step, I64(1))) as (yes, no):
            with yes:
                enough = b.icmp_signed(">=", self.count, I64(LANES))
                with b.if_else(enough) as (whole, part):
                    with whole:
                        found.append((together(), b.block))
                    with part:
                        found.append((some(), b.block))
                inner = self.merged(found)
                found = [(inner, b.block)]
            with no:
                found.append((apart(), b.block))
        return found

    def merged(self, found: list[tuple[Any, Any]]) -> Any:
        """The value that a choice has given, if it gives one."""
        if found[0][0] is None:
            return None
        phi = self.b.phi(found[0][0].type)
        for value, block in found:
            phi.add_incoming(value, block)
        return phi

    def mask(self) -> Any:
        """Emit the mask of lanes that are in the row."""
        return simd.in_range(self.b, self.count)

    def addresses(self) -> Any:
        """Emit the address of each lane's element."""
        return simd.places(self.b, self.start, self.step, self.element)

    def loaded(self) -> Any:
        """Emit one load of a whole vector of neighbours."""
        found = self.b.load(self.start, typ=self.kind)
        found.align = self.size
        return found

    def masked(self, mask: Any) -> Any:
        """Emit the load of the neighbours in a mask, and 0 in other lanes."""
        return self.read("masked.load", self.start, mask)

    def gathered(self, mask: Any) -> Any:
        """Emit the load of the elements in a mask that lie apart, and 0 in other lanes."""
        return self.read("masked.gather", self.addresses(), mask)

    def read(self, intrinsic: str, where: Any, mask: Any) -> Any:
        """Emit the call of LLVM's function that reads with a mask."""
        size, zeros = ir.IntType(32)(self.size), ir.Constant(self.kind, None)
        return simd.called(
            self.b, intrinsic, self.kind, where, size, mask, zeros,
            overloads=(self.kind, where.type),
        )  # fmt: skip


@intrinsic
def fetch(typing: Any, row: Any, i: Any, count: Any, filler: Any) -> Any:
    """Up to `count` elements of a row from element `i` on, and `filler` in the other lanes.

    They are float64 if `filler` is.
    """
    held = simd.value_type(row.types[0])
    number = types.float64 if filler == types.float64 else held

    def code(context, b, sig, args):
        v = Vector(b, row, *args[:3])

        def result(loaded):
            """Emit the lanes as numbers that are computed with."""
            value = simd.from_memory(b, loaded)
            return value if number == held else simd.converted("fpext", F64)(b, value)

        def chosen(mask, loaded):
            """Emit the lanes in the row, with `filler` in the others."""
            return b.select(mask, result(loaded), simd.broadcast(b, args[3]))

        def together():
            """Emit the elements of a whole vector."""
            return result(v.loaded())

        def some():
            """Emit neighbours that are fewer than lanes."""
            mask = v.mask()
            return chosen(mask, v.masked(mask))

        def apart():
            """Emit elements that lie apart."""
            mask = v.mask()
            return chosen(mask, v.gathered(mask))

        return v.merged(v.each_way(together, some, apart))

    return VectorType(number)(row, types.int64, types.int64, number), code


@intrinsic
def present(typing: Any, row: Any, i: Any, count: Any) -> Any:
    """Which of up to `count` elements of a row of a mask are True, from element `i` on.

    A mask whose `step` is 0 is one bit for the whole row.
    """

    def code(context, b, sig, args):
        v = Vector(b, row, *args)

        def some():
            """Emit neighbours that are fewer than lanes."""
            return v.masked(v.mask())

        def apart():
            """Emit elements that lie apart, or the one bit of the row."""
            found = []
            with b.if_else(b.icmp_signed("==", v.step, I64(0))) as (one, several):
                with one:
                    same = simd.broadcast(b, b.load(v.start, typ=v.element))
                    found.append((same, b.block))
                with several:
                    found.append((v.gathered(v.mask()), b.block))
            return v.merged(found)

        there = v.merged(v.each_way(v.loaded, some, apart))
        return b.icmp_unsigned("!=", there, ir.Constant(v.kind, None))

    return VectorType(types.boolean)(row, types.int64, types.int64), code


def store_vector(b: Any, ty: Any, row: Any, i: Any, count: Any, x: Any) -> None:
    """Emit a store of the first `count` lanes of `x` to the elements of a row from `i` on."""
    v = Vector(b, ty, row, i, count)
    value = simd.to_memory(b, x, v.element)
    void, size = ir.VoidType(), ir.IntType(32)(v.size)

    def together() -> None:
        """Emit one store of a whole vector."""
        b.store(value, v.start).align = v.size

    def some() -> None:
        """Emit a store to some neighbours."""
        simd.store_some(b, value, v.start, v.count)

    def apart() -> None:
        """Emit a scatter to elements that lie apart."""
        where = v.addresses()
        simd.called(
            b, "masked.scatter", void, value, where, size, v.mask(), overloads=(v.kind, where.type)
        )

    v.each_way(together, some, apart)


@intrinsic
def put(typing: Any, row: Any, i: Any, count: Any, x: Any) -> Any:
    """Write the first `count` lanes of a vector, or one number, to a row from element `i` on."""
    vector, memory = isinstance(x, VectorType), row.types[0]
    number = x.dtype if vector else x
    # float64 that becomes float16 is not rounded to float32 on the way.
    if number != simd.value_type(memory) and (number, memory.dtype) != F64_OF_HALF:
        return None

    def code(context, b, sig, args):
        place, start, left, value = args
        store_vector(b, row, place, start, left, value if vector else simd.broadcast(b, value))
        return context.get_dummy_value()

    return types.void(row, types.int64, types.int64, x), code


def prefetching(*, writing: bool) -> Any:
    """The function that asks for the memory of a vector of neighbours, which need not exist."""

    @intrinsic
    def prefetch(typing: Any, row: Any, i: Any) -> Any:
        """Prefetch the memory of the vector at element `i` of a row, to read or to write it."""

        def code(context, b, sig, args):
            element = LLVM_TYPES[row.types[0].dtype]
            pointer = b.extract_value(args[0], 0)
            for k in range(0, LANES, max(1, LINE // SIZE[str(element)])):
                simd.prefetch(b, simd.place_of(b, pointer, b.add(args[1], I64(k)), element),
                              writing=writing)  # fmt: skip
            return context.get_dummy_value()

        return types.void(row, types.int64), code

    return prefetch


LINE = 64  # bytes of memory that come together
prefetch_read, prefetch_write = prefetching(writing=False), prefetching(writing=True)


@njit
def fetch_across(rows, i, width, filler):
    """Element `i` of up to `width` neighbouring rows."""
    return fetch(across(from_element(rows, i)), 0, width, filler)


@njit
def put_across(rows, i, width, x):
    """Write element `i` of the first `width` neighbouring rows."""
    put(across(from_element(rows, i)), 0, width, x)


@njit
def element_at(row, i, filler):
    """One element of a row, as a number like `filler`."""
    return first(fetch(row, i, 1, filler))


# ---------------------------------------------------------------- every vector of a row
@functools.cache
def each_vector(step: Callable[..., Any]) -> Any:
    """The function that takes a step for each vector of a row, in order: whole ones, then the rest.

    A step gets arrays, the number of the vector's first element, how many are left, and what
    earlier steps have found; it returns what is found with this vector.
    """

    def each_vector(arrays, n, values, found):
        """Return `found` after the steps for all vectors of rows of length `n`."""
        close, whole = near(arrays), n - n % LANES if neighbours(arrays) else 0
        for i in range(0, whole, LANES):
            found = step(close, i, LANES, values, found)
        for i in range(whole, n, LANES):
            found = step(arrays, i, n - i, values, found)
        return found

    return njit(each_vector)


@functools.cache
def each_result(element: Callable[..., Any], zero: Any) -> Any:
    """The function that writes a row of results, which `element` makes of arrays at a vector.

    Where a row is no whole vectors, its last `LANES` results are written as one vector too, which
    overlaps the one before: to write a part of a vector takes longer. They are computed before any
    is written, as the row may lie in one of the arrays.
    """

    def each_result(arrays, y, n, values):
        """Write to the row `y` the `n` results of `arrays`."""
        if neighbours((arrays, y)) and n >= LANES:
            close, out, last, final = near(arrays), near(y), n - LANES, splat(zero)
            if n % LANES:
                final = element(close, last, LANES, values)
            for i in range(0, last + 1, LANES):
                put(out, i, LANES, element(close, i, LANES, values))
            if n % LANES:
                put(out, last, LANES, final)
        else:
            for i in range(0, n, LANES):
                put(y, i, n - i, element(arrays, i, n - i, values))

    return njit(each_result)


# ---------------------------------------------------------------- scratch memory
# It holds a tile, whose columns are rows, or the exponentials of short rows; the accumulators of
# each column, or the states of rows; and what is found out about pieces of a long row.
DEPTH = 64  # elements of a row that a tile holds: there is room for two tiles
GROUP, GROUP_OF_LOGARITHMS = 8, LANES  # rows along which a pass goes before the next
# A row's state is float64 numbers, of each kind those of up to `LANES` rows side by side.
MAXIMUM, MOVED, HIGH, LOW, SLOPE, TOTAL, REST, COUNT, OWN = (LANES * k for k in range(9))
STATES = 16 * LANES
SUMS = 3 * LANES  # of each row three vectors, which the second pass gives
TOTALS, RESTS = 2048, 2048 + LANES * LANES
FOUND = TOTALS + max(2 * LANES * LANES, 2 * STATES + LANES * SUMS)
SCRATCH = FOUND + 4 * 1024  # float64 elements


@functools.cache
def numbers(*, narrow: bool) -> Any:
    """The function that gives the beginning of scratch memory as float32, or as float64."""

    def numbers(scratch):
        """Return the pointer to scratch memory as one to numbers of this size."""
        return singles(scratch) if narrow else scratch

    return njit(numbers)


# ---------------------------------------------------------------- tiles
@njit
def bring(rows, width, n, tile, filler):
    """Copy `n` elements of up to `LANES` rows to the columns of a tile, `filler` in other rows."""
    if rows.step == 1 and width == LANES:
        squares = n - n % SQUARE
        quads = n - n % QUAD
        for i in range(0, squares, SQUARE):
            SQUARE_IN(shifted(rows.pointer, i), rows.row, SQUARE, shifted(tile, i * LANES))
        for i in range(squares, quads, QUAD):
            QUAD_IN(shifted(rows.pointer, i), rows.row, QUAD, shifted(tile, i * LANES))
        if quads < n:
            REST_IN(shifted(rows.pointer, quads), rows.row, n - quads, shifted(tile, quads * LANES))
    else:
        for i in range(n):
            store_all(tile, i * LANES, fetch_across(rows, i, width, filler))


@njit
def back(tile, rows, width, n):
    """Copy the columns of a tile to `n` elements of up to `LANES` rows."""
    if rows.step == 1 and width == LANES:
        squares = n - n % SQUARE
        quads = n - n % QUAD
        for i in range(0, squares, SQUARE):
            SQUARE_OUT(shifted(tile, i * LANES), shifted(rows.pointer, i), rows.row, SQUARE)
        for i in range(squares, quads, QUAD):
            QUAD_OUT(shifted(tile, i * LANES), shifted(rows.pointer, i), rows.row, QUAD)
        if quads < n:
            REST_OUT(
                shifted(tile, quads * LANES), shifted(rows.pointer, quads), rows.row, n - quads
            )
    else:
        for i in range(n):
            put_across(rows, i, width, load_all(tile, i * LANES))


@njit
def column(tile):
    """A tile as rows side by side."""
    return view(tile, 1, LANES)
