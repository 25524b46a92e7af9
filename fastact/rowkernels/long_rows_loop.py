"""The inner loop of a function whose long rows go in pieces on the threads, as LLVM IR.

It calls the steps of `long_rows` for each long row: the first and the third are jobs for the
threads, in which a piece stands where a row does in other loops; the second runs on this thread.
Other rows go as in every loop over rows.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from fastact.compiler import inner_loop
from fastact.compiler.inner_loop import I32, INT, ITEMSIZE, ONE, PTR, UNIT, VOID
from fastact.rowkernels.long_rows import LONG, MOST, NUMBERS, SHORTEST

ARGUMENTS = 4  # of a job: addresses of input, output and what pieces find; the first one's number
FOUND = 8 * NUMBERS  # bytes: what a piece finds


def step(module: ir.Module, symbol: str, rows: inner_loop.Rows) -> Any:
    """Emit a job: call a step of `long_rows` on the pieces that its arguments begin with."""
    size = INT(ITEMSIZE[rows.operands[0][0]])
    f, b = inner_loop.function(module, f"step_{symbol}", ir.FunctionType(VOID, [PTR] * 3))
    kind = ir.FunctionType(I32, [PTR] * 2 + [PTR, INT, INT] * 2 + [PTR] * 2 + [INT] * 4)
    compute = ir.Function(module, kind, symbol)
    returned, raised = b.alloca(PTR), b.alloca(PTR)
    scratch = b.alloca(ir.ArrayType(ir.DoubleType(), rows.scratch))
    scratch.align = 64
    x, y, found, _ = b.pointers(f.args[0], ARGUMENTS)
    number = b.words(f.args[0], ARGUMENTS)[-1]
    of_x, of_y = (b.sdiv(each, size) for each in b.words(f.args[2], ARGUMENTS + 2)[ARGUMENTS:])
    row, pieces = INT(0), [found, scratch, number, *b.words(f.args[1], 3)]
    b.call(compute, [returned, raised, x, row, of_x, y, row, of_y, *pieces])
    b.ret_void()
    return f


class Job:
    """Arguments of a job, on the stack: addresses, dimensions, and distances between pieces."""

    def __init__(self, b: inner_loop.Builder) -> None:
        """Reserve stack memory for addresses, dimensions and distances."""
        self.b = b
        self.arrays = [
            b.alloca(ir.ArrayType(INT, count)) for count in (ARGUMENTS, 3, ARGUMENTS + 2)
        ]

    def set(self, *values: list[Any]) -> None:
        """Emit the stores of addresses, dimensions and distances."""
        for part, words in zip(self.arrays, values, strict=True):
            for k, word in enumerate(words):
                self.b.store(word, self.b.gep(part, [INT(0), INT(k)]))

    def run(self, function: Any, data: Any, work: Any) -> Any:
        """Emit the call of a job: on the threads, if it is enough work.

        The result is not zero if not all is done.
        """
        return inner_loop.shared(
            self.b, function, [*self.arrays, data], (ARGUMENTS, 3, ARGUMENTS + 2), work
        )


def each_long_row(module: ir.Module, steps: tuple[Any, Any, Any]) -> Any:
    """Emit the function that takes the three steps of each row of a call."""
    f, b = inner_loop.function(module, "each_long_row", inner_loop.LOOP)
    places, dims, all_steps, data = f.args
    count, n = b.words(dims, 2)
    row_x, row_y, step_x, step_y = b.words(all_steps, 4)
    pointers = b.words(places, 2)
    # The length of a piece, as in `long_rows.piece_length`.
    units = b.udiv(b.add(n, INT(MOST * UNIT - 1)), INT(MOST * UNIT))
    spread = b.mul(units, INT(UNIT))
    length = b.select(b.icmp_unsigned(">", spread, INT(SHORTEST)), spread, INT(SHORTEST))
    pieces = b.udiv(b.add(n, b.sub(length, ONE)), length)
    found = b.alloca(ir.ArrayType(INT, MOST * NUMBERS))
    found.align = 64
    job = Job(b)
    with b.count(count) as r:
        x, y = (b.add(p, b.mul(r, s)) for p, s in zip(pointers, (row_x, row_y), strict=True))
        job.set(
            [x, y, b.ptrtoint(found, INT), INT(0)],
            [pieces, length, n],
            [b.mul(length, step_x), b.mul(length, step_y), INT(FOUND), ONE, step_x, step_y],
        )
        first, second, third = steps
        stopped = job.run(first, data, n)
        with b.if_then(b.icmp_unsigned("==", stopped, INT(0))):
            b.call(second, [*job.arrays, data])
            # Every piece is finished with what all have found: the distance is 0.
            b.store(INT(0), b.gep(job.arrays[2], [INT(0), INT(2)]))
            job.run(third, data, n)
    b.ret_void()
    return f


def rowwise(
    name: str, rows: inner_loop.Rows, symbols: tuple[str, str, str], architecture: str
) -> str:
    """The LLVM assembly of the loop `name`, from the names of the three steps."""
    module = ir.Module(name)
    short = inner_loop.chunk(module, inner_loop.rows_body(module, rows), architecture)
    steps = tuple(inner_loop.chunk(module, step(module, s, rows), architecture) for s in symbols)
    long_rows = each_long_row(module, steps)
    f, b = inner_loop.function(module, name, inner_loop.LOOP, public=True)
    count, n = b.words(f.args[1], 2)
    size = INT(ITEMSIZE[rows.operands[0][0]])
    side_by_side = b.icmp_unsigned(">", count, ONE)
    for row in b.words(f.args[2], 2):
        side_by_side = b.and_(side_by_side, b.icmp_signed("==", row, size))
    in_pieces = b.and_(b.icmp_signed(">", n, INT(LONG)), b.not_(side_by_side))
    with b.if_else(in_pieces) as (yes, no):
        with yes:
            b.call(long_rows, f.args)
        with no:
            inner_loop.shared(b, short, list(f.args), (2, 2, 4), b.mul(count, n))
    b.ret_void()
    return str(module)
