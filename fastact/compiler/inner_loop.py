"""From a scalar function to a NumPy inner loop, as LLVM IR.

The loop is ``void loop(char **args, intp *dims, intp *steps, void *data)``, the form that
`numpy.ufunc` calls. It is four functions, from the inside out:

``dense``
    the only loop over the scalar function: contiguous, a multiple of `UNIT` elements, declared
    free of dependencies between iterations (in-place calls included), so that LLVM vectorises it.
    Parameters that are the same for all elements are read once, before it.
``body``
    any strides and any length: contiguous data goes to ``dense`` directly, with its last unit moved
    back so far that it is whole; everything else (other strides, scalars, fewer elements than a
    unit) goes through buffers on the stack, in blocks. An element is therefore computed by the same
    instructions wherever it stands. Where there are parameters, there is one ``body`` for those
    that are the same for all elements, and one for arrays of them.
``chunk``
    sets round-to-nearest with subnormal numbers, calls ``body``, and restores the caller's
    floating-point environment, flags included: no spurious RuntimeWarning.
the loop itself
    calls ``chunk``, or hands it to the threads (`native.threads`) when there is enough to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from llvmlite import ir

from fastact.native import machine_code

UNIT = 32  # elements of an iteration of the vectorised loop: of float32, two vectors of 512 bits
BLOCK = 512  # elements of a buffer: 4 KiB of float64, so that a few buffers fit into the L1 cache
# The control register (MXCSR, FPCR) that rounds to nearest, keeps subnormals, and traps nothing.
DEFAULT_ENVIRONMENT = {"x86_64": 0x1F80, "aarch64": 0}

INT, I32 = ir.IntType(64), ir.IntType(32)
ONE = INT(1)
PTR, VOID = ir.PointerType(), ir.VoidType()
LOOP = ir.FunctionType(VOID, [PTR] * 4)
LAUNCH = ir.FunctionType(INT, [PTR] * 5 + [INT] * 4)
ELEMENT = {
    "float16": ir.IntType(16), "float32": ir.FloatType(), "float64": ir.DoubleType(),
    "bool": ir.IntType(8),
}  # fmt: skip
ITEMSIZE = {"float16": 2, "float32": 4, "float64": 8, "int64": 8, "bool": 1}


# LLVM's metadata for the loop of ``dense``: iterations do not depend on one another; it is to be
# vectorised, with `lanes` in each of `chains` of operations, which overlap; and it is not to be
# unrolled before. Two chains have half a unit each. Where no vector has 512 bits, two chains have a
# quarter of float64: the registers hold that, and exp, sigmoid and gelu take 0.87 to 0.9 of the
# time; and four chains a quarter of float32: silu and gelu' take 0.92 and 0.93 (AMD Zen 3).
# Where a fused multiply-add is a hundred instructions, one chain of four lanes is enough: more take
# eight times as long to compile, and are slower in float64.
#
# llvmlite cannot write nodes that are distinct or name themselves, so the module is built with
# placeholders of these names, and `assembly` writes the nodes in their place.
ACCESSES, INDEPENDENT = "accesses", "independent"
METADATA = """
!%(accesses)s = distinct !{}
!%(independent)s = distinct !{ !%(independent)s, !9000, !9003, !9004, !9001, !9002 }
!9000 = !{ !"llvm.loop.parallel_accesses", !%(accesses)s }
!9001 = !{ !"llvm.loop.vectorize.enable", i1 true }
!9002 = !{ !"llvm.loop.vectorize.width", i32 %(lanes)d }
!9003 = !{ !"llvm.loop.interleave.count", i32 %(chains)d }
!9004 = !{ !"llvm.loop.unroll.disable" }
"""


CHAINS = "llvm.loop.interleave.count"


def tentative(text: str) -> str:
    """The assembly of a loop that need not be vectorised: if LLVM cannot, it says nothing.

    It is to have at least two chains, which LLVM can make of a loop if it can vectorise it, and
    then no longer asks for.
    """
    return text.replace(", !9001, !9002 }", " }").replace(
        f'"{CHAINS}", i32 1', f'"{CHAINS}", i32 2'
    )


def is_left(text: str) -> bool:
    """Whether a tentative loop is in this optimised assembly as it was: it cannot be vectorised."""
    return CHAINS in text


@dataclass(frozen=True)
class Scalar:
    """A compiled scalar function: its symbol and how many values it takes and returns.

    They are of type `dtype`, unless `dtypes` gives one for each. The last of those that it takes,
    so many as `params`, are mostly the same for all elements.
    """

    symbol: str
    nin: int
    nout: int
    dtype: str
    dtypes: tuple[str, ...] = ()
    params: int = 0

    @property
    def operands(self) -> tuple[str, ...]:
        """The type of each input and output."""
        return self.dtypes or (self.dtype,) * (self.nin + self.nout)


class Address(ir.instructions.CastInstr):
    """An address that is known to be that of a function: a plain pointer cannot be called."""

    def __init__(self, block: Any, address: Any, kind: ir.FunctionType) -> None:
        self.kind = kind
        super().__init__(block, "inttoptr", address, PTR)

    @property
    def function_type(self) -> ir.FunctionType:
        return self.kind


class Builder(ir.IRBuilder):
    """`IRBuilder` with the few shapes of code that loops are made of."""

    def words(self, pointer: Any, count: int) -> list[Any]:
        """Load the first `count` integers at an address."""
        return [
            self.load(self.gep(pointer, [INT(k)], source_etype=INT), typ=INT) for k in range(count)
        ]

    def pointers(self, pointer: Any, count: int) -> list[Any]:
        """Load the first `count` pointers at an address."""
        return [self.inttoptr(word, PTR) for word in self.words(pointer, count)]

    def function_at(self, address: Any, kind: ir.FunctionType) -> Any:
        """Return an address as a function of this type, to be called."""
        target = Address(self.block, address, kind)
        self._insert(target)
        return target

    def offset(self, pointer: Any, distance: Any) -> Any:
        """Return the pointer so many bytes further."""
        return self.gep(pointer, [distance], source_etype=ir.IntType(8))

    def smaller(self, x: Any, y: Any) -> Any:
        """Return the smaller of two unsigned integers."""
        return self.select(self.icmp_unsigned("<", x, y), x, y)

    @contextmanager
    def count(self, n: Any, step: Any = ONE, metadata: Any = None) -> Iterator[Any]:
        """A loop over ``range(0, n, step)``."""
        before = self.block
        loop, done = (self.append_basic_block(name) for name in ("loop", "done"))
        self.cbranch(self.icmp_unsigned(">", n, INT(0)), loop, done)
        self.position_at_end(loop)
        index = self.phi(INT)
        index.add_incoming(INT(0), before)
        yield index
        following = self.add(index, step)
        index.add_incoming(following, self.block)
        again = self.cbranch(self.icmp_unsigned("<", following, n), loop, done)
        if metadata is not None:
            again.set_metadata("llvm.loop", metadata)
        self.position_at_end(done)


def function(module: ir.Module, name: str, kind: ir.FunctionType, *, public: bool = False) -> Any:
    """Return a new function of the module and a builder at its beginning."""
    f = ir.Function(module, kind, name)
    f.attributes.add("nounwind")
    if not public:
        f.linkage = "internal"
        f.attributes.add("noinline")
    return f, Builder(f.append_basic_block("entry"))


def dense(module: ir.Module, scalar: Scalar, params: int) -> Any:
    """Emit ``dense``: of each operand the address, and the number of units.

    The last `params` inputs are numbers, the same for all elements.
    """
    nin, dtypes = scalar.nin, scalar.operands
    elements = [ELEMENT[dtype] for dtype in dtypes]
    kind = ir.FunctionType(VOID, [PTR] * len(elements) + [INT])
    f, b = function(module, f"dense_{params}", kind)
    result = ir.LiteralStructType(elements[nin:])
    taken = ir.FunctionType(I32, [PTR, PTR, *elements[:nin]])
    known = module.globals.get(scalar.symbol)
    compute = known or ir.Function(module, taken, scalar.symbol)
    returned, raised = b.alloca(result), b.alloca(PTR)
    access, independent = (
        module.add_metadata([ir.MetaDataString(module, name)]) for name in (ACCESSES, INDEPENDENT)
    )
    arrays = nin - params
    numbers = [b.load(f.args[k], typ=elements[k]) for k in range(arrays, nin)]
    for number in numbers:
        number.align = 1
    with b.count(b.mul(f.args[-1], INT(UNIT)), metadata=independent) as i:
        places = [
            b.gep(p, [i], source_etype=element)
            for p, element in zip(f.args[:-1], elements, strict=True)
        ]
        inputs = [b.load(p, typ=e) for p, e in zip(places[:arrays], elements, strict=False)]
        b.call(compute, [returned, raised, *inputs, *numbers])
        outputs = [
            b.load(b.gep(returned, [I32(0), I32(k)], source_etype=result), typ=element)
            for k, element in enumerate(elements[nin:])
        ]
        stores = [b.store(y, p) for y, p in zip(outputs, places[nin:], strict=True)]
        sizes = [ITEMSIZE[dtype] for dtype in (*dtypes[:arrays], *dtypes[nin:])]
        for instruction, size in zip(inputs + stores, sizes, strict=True):
            instruction.align = size
            instruction.set_metadata("llvm.access.group", access)
    b.ret_void()
    return f


def gather(module: ir.Module, dtype: str) -> Any:
    """Copy `n` elements, `step` bytes apart, into a buffer; the rest of its last unit is filled."""
    f, b = function(module, f"gather_{dtype}", ir.FunctionType(VOID, [PTR, INT, PTR, INT]))
    source, step, buffer, n = f.args
    element = ELEMENT[dtype]

    def read(i: Any) -> Any:
        """Emit the load of element `i`, which need not be aligned."""
        value = b.load(b.offset(source, b.mul(i, step)), typ=element)
        value.align = 1
        return value

    def write(value: Any, place: Any) -> None:
        """Emit the store of an element of the buffer."""
        b.store(value, b.gep(buffer, [place], source_etype=element))

    last, unit = b.sub(n, ONE), b.and_(b.sub(n, ONE), INT(-UNIT))
    filler = read(last)
    with b.count(INT(UNIT)) as i:
        write(filler, b.add(unit, i))
    with b.count(n) as i:
        write(read(i), i)
    b.ret_void()
    return f


def scatter(module: ir.Module, dtype: str) -> Any:
    """Copy `n` elements from a buffer to memory, `step` bytes apart."""
    f, b = function(module, f"scatter_{dtype}", ir.FunctionType(VOID, [PTR, PTR, INT, INT]))
    buffer, target, step, n = f.args
    element = ELEMENT[dtype]
    with b.count(n) as i:
        value = b.load(b.gep(buffer, [i], source_etype=element), typ=element)
        b.store(value, b.offset(target, b.mul(i, step))).align = 1
    b.ret_void()
    return f


def copy_unit(b: Builder, source: Any, target: Any, dtype: str) -> None:
    """Emit the copy of `UNIT` elements from a buffer to where they are aligned as elements are."""
    vector = ir.VectorType(ELEMENT[dtype], UNIT)
    value = b.load(source, typ=vector)
    value.align = 64
    b.store(value, target).align = ITEMSIZE[dtype]


def body(module: ir.Module, scalar: Scalar) -> Any:
    """Emit ``body`` over the scalar function."""
    dtypes, nin = scalar.operands, scalar.nin
    load = {dtype: gather(module, dtype) for dtype in dict.fromkeys(dtypes[:nin])}
    store = {dtype: scatter(module, dtype) for dtype in dict.fromkeys(dtypes[nin:])}
    arrays = blocks(module, scalar, 0, load, store)
    if not scalar.params:
        return arrays
    numbers = blocks(module, scalar, scalar.params, load, store)
    f, b = function(module, "body", ir.FunctionType(VOID, [PTR] * 3))
    alike = ir.IntType(1)(1)
    for step in b.words(f.args[2], nin)[nin - scalar.params :]:
        alike = b.and_(alike, b.icmp_signed("==", step, INT(0)))
    with b.if_else(alike) as (yes, no):
        with yes:
            b.call(numbers, f.args)
        with no:
            b.call(arrays, f.args)
    b.ret_void()
    return f


def blocks(
    module: ir.Module, scalar: Scalar, params: int, load: dict[str, Any], store: dict[str, Any]
) -> Any:
    """Emit ``body`` for which the last `params` inputs are the same for all elements."""
    dtypes, nin, arrays = scalar.operands, scalar.nin, scalar.nin - params
    operands, compute = len(dtypes), dense(module, scalar, params)
    f, b = function(module, f"body_{params}", ir.FunctionType(VOID, [PTR] * 3))
    pointers, steps = b.pointers(f.args[0], operands), b.words(f.args[2], operands)
    (n,) = b.words(f.args[1], 1)
    moving = [*range(arrays), *range(nin, operands)]
    buffers = {k: b.alloca(ir.ArrayType(ELEMENT[dtypes[k]], BLOCK)) for k in moving}
    for buffer in buffers.values():
        buffer.align = 64
    direct = {k: b.icmp_signed("==", steps[k], INT(ITEMSIZE[dtypes[k]])) for k in moving}
    whole = b.icmp_unsigned(">=", n, INT(UNIT))
    for k in moving:
        whole = b.and_(whole, direct[k])
    with b.if_then(whole):
        contiguous(b, scalar, compute, pointers, buffers, n)
    left = b.select(whole, INT(0), n)
    # A scalar fills its buffer once for all blocks.
    scalars = [b.icmp_signed("==", step, INT(0)) for step in steps[:arrays]]
    first = b.smaller(INT(BLOCK), left)
    for k in range(arrays):
        with b.if_then(b.and_(scalars[k], b.icmp_unsigned(">", first, INT(0)))):
            b.call(load[dtypes[k]], [pointers[k], steps[k], buffers[k], first])
    with b.count(left, INT(BLOCK)) as start:
        m = b.smaller(INT(BLOCK), b.sub(left, start))
        units = b.icmp_unsigned("==", b.and_(m, INT(UNIT - 1)), INT(0))
        places = [b.offset(p, b.mul(start, s)) for p, s in zip(pointers, steps, strict=True)]
        straight = {k: b.and_(direct[k], units) for k in moving}
        for k in range(arrays):
            with b.if_then(b.not_(b.or_(straight[k], scalars[k]))):
                b.call(load[dtypes[k]], [places[k], steps[k], buffers[k], m])
        taken = [
            b.select(straight[k], places[k], buffers[k]) if k in buffers else pointers[k]
            for k in range(operands)
        ]
        b.call(compute, [*taken, b.udiv(b.add(m, INT(UNIT - 1)), INT(UNIT))])
        for k in range(nin, operands):
            with b.if_then(b.not_(straight[k])):
                b.call(store[dtypes[k]], [buffers[k], places[k], steps[k], m])
    b.ret_void()
    return f


def contiguous(
    b: Builder, scalar: Scalar, compute: Any, pointers: list[Any], buffers: dict[int, Any], n: Any
) -> None:
    """Emit the calls for contiguous operands of at least a unit.

    If the last unit is not full, the last `UNIT` elements are computed first, into buffers, since
    results may take the place of inputs, and put over those that were computed twice alike.
    """
    dtypes, nin = scalar.operands, scalar.nin
    ragged = b.icmp_unsigned("!=", b.and_(n, INT(UNIT - 1)), INT(0))
    last = b.sub(n, INT(UNIT))
    ends = {k: b.offset(pointers[k], b.mul(last, INT(ITEMSIZE[dtypes[k]]))) for k in buffers}
    with b.if_then(ragged):
        read = [ends.get(k, pointers[k]) for k in range(nin)]
        written = [buffers[k] for k in range(nin, len(dtypes))]
        b.call(compute, [*read, *written, ONE])
    b.call(compute, [*pointers, b.udiv(n, INT(UNIT))])
    with b.if_then(ragged):
        for k in range(nin, len(dtypes)):
            copy_unit(b, buffers[k], ends[k], dtypes[k])


class Environment:
    """The floating-point environment of the calling thread."""

    def __init__(self, b: Builder, architecture: str) -> None:
        self.b, self.architecture = b, architecture
        self.word = I32 if architecture == "x86_64" else INT

    def get(self) -> Any:
        """Emit the reading of the control and status register."""
        if self.architecture == "x86_64":
            place = self.b.alloca(I32)
            self._x86("stmxcsr", place)
            return self.b.load(place, typ=I32)
        return self.b.call(self._declare("llvm.aarch64.get.fpcr", INT, []), [])

    def set(self, value: Any) -> None:
        """Emit the writing of the control and status register."""
        if self.architecture == "x86_64":
            place = self.b.alloca(I32)
            self.b.store(value, place)
            self._x86("ldmxcsr", place)
        else:
            self.b.call(self._declare("llvm.aarch64.set.fpcr", VOID, [INT]), [value])

    def _declare(self, name: str, result: Any, arguments: Sequence[Any]) -> Any:
        known = self.b.module.globals.get(name)
        return known or ir.Function(self.b.module, ir.FunctionType(result, arguments), name)

    def _x86(self, name: str, place: Any) -> None:
        """Emit the instruction that stores or loads the register."""
        self.b.call(self._declare(f"llvm.x86.sse.{name}", VOID, [PTR]), [place])


def chunk(module: ir.Module, compute: Any, architecture: str) -> Any:
    """Emit ``chunk`` around a function that computes, for a processor of this architecture."""
    f, b = function(module, f"chunk_{compute.name}", LOOP)
    if architecture not in DEFAULT_ENVIRONMENT:
        b.call(compute, f.args[:3])
    else:
        environment = Environment(b, architecture)
        saved = environment.get()
        environment.set(environment.word(DEFAULT_ENVIRONMENT[architecture]))
        b.call(compute, f.args[:3])
        environment.set(saved)
    b.ret_void()
    return f


def entry(
    module: ir.Module, name: str, run: Any, operands: int, core: int, steps: int | None = None
) -> None:
    """Emit the public loop; `core` is the number of core dimensions of a generalized ufunc."""
    f, b = function(module, name, LOOP, public=True)
    dims = b.words(f.args[1], 1 + core)
    work = dims[0]
    for length in dims[1:]:
        work = b.mul(work, length)
    counts = operands, 1 + core, steps or operands + 3 * core * operands
    shared(b, run, list(f.args), counts, work)
    b.ret_void()


def shared(
    b: Builder, run: Any, arguments: list[Any], counts: tuple[int, int, int], work: Any
) -> Any:
    """Emit the call of a loop, on the threads if it is enough work.

    `counts` are the lengths of the three arrays it gets: addresses, dimensions and steps.
    The result is not zero if the handler of a signal has raised, so that not all may be done.
    """
    places, dims, steps, data = arguments
    (n,) = b.words(dims, 1)
    cutover, launch = b.words(data, 2)
    parallel = b.and_(b.icmp_signed(">=", work, cutover), b.icmp_unsigned(">", n, INT(1)))
    with b.if_else(parallel) as (many, one):
        with many:
            numbers = [INT(count) for count in counts]
            target = b.function_at(launch, LAUNCH)
            answer = b.call(target, [data, run, places, dims, steps, *numbers, work])
            shared_at = b.block
        with one:
            b.call(run, arguments)
            alone_at = b.block
    stopped = b.phi(INT)
    stopped.add_incoming(answer, shared_at)
    stopped.add_incoming(INT(0), alone_at)
    return stopped


def lanes_and_chains(dtype: str) -> tuple[int, int]:
    """How an iteration of the vectorised loop is laid out on the processor that is compiled for."""
    if not machine_code.fuses():
        return 4, 1
    if machine_code.has_512_bits():
        return 16, 2
    return 8, 2 if dtype == "float64" else 4


def assembly(module: ir.Module, dtype: str) -> str:
    """The module as text, with the metadata that llvmlite cannot express."""
    text, numbers = str(module), {}
    for name in (ACCESSES, INDEPENDENT):
        number = re.search(rf'!(\d+) = !{{ !"{name}" }}', text)
        if number is None:
            raise ValueError(f"no metadata {name!r} in module {module.name}")
        text, numbers[name] = text.replace(number[0], ""), number[1]
    lanes, chains = lanes_and_chains(dtype)
    return text + METADATA % (numbers | {"lanes": lanes, "chains": chains})


def elementwise(name: str, scalar: Scalar, architecture: str) -> str:
    """The LLVM assembly of the inner loop `name` over a compiled scalar function."""
    module = ir.Module(name)
    run = chunk(module, body(module, scalar), architecture)
    entry(module, name, run, scalar.nin + scalar.nout, 0)
    return assembly(module, scalar.dtype)


@dataclass(frozen=True)
class Rows:
    """A compiled function of rows: its symbol, its operands, its scratch memory.

    An operand is the type of its elements and whether it has the axis. The function takes of each
    operand the address, the distance between rows and that between elements of a row, both counted
    in elements; then the scratch memory, the number of rows and their length.
    """

    symbol: str
    operands: tuple[tuple[str, bool], ...]
    scratch: int


def rows_body(module: ir.Module, rows: Rows) -> Any:
    """Emit the body of a loop over rows: distances in elements, scratch memory, one call."""
    count = len(rows.operands)
    f, b = function(module, "body", ir.FunctionType(VOID, [PTR] * 3))
    kind = ir.FunctionType(I32, [PTR, PTR] + [PTR, INT, INT] * count + [PTR, INT, INT])
    compute = ir.Function(module, kind, rows.symbol)
    returned, raised = b.alloca(PTR), b.alloca(PTR)
    scratch = b.alloca(ir.ArrayType(ir.DoubleType(), rows.scratch))
    scratch.align = 64
    with_axis = sum(has_axis for _, has_axis in rows.operands)
    steps = b.words(f.args[2], count + with_axis)
    inner = iter(steps[count:])
    views = []
    pointers, counts = b.pointers(f.args[0], count), b.words(f.args[1], 2)
    for pointer, row, (dtype, has_axis) in zip(pointers, steps, rows.operands, strict=False):
        size = INT(ITEMSIZE[dtype])
        step = b.sdiv(next(inner), size) if has_axis else INT(0)
        views += [pointer, b.sdiv(row, size), step]
    b.call(compute, [returned, raised, *views, scratch, *counts])
    b.ret_void()
    return f


def rowwise(name: str, rows: Rows, architecture: str) -> str:
    """The LLVM assembly of the generalized inner loop `name` over a compiled function of rows."""
    module = ir.Module(name)
    run = chunk(module, rows_body(module, rows), architecture)
    with_axis = sum(has_axis for _, has_axis in rows.operands)
    entry(module, name, run, len(rows.operands), 1, len(rows.operands) + with_axis)
    return str(module)
