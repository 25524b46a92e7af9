"""Loops along an axis: softmax, log-softmax, log-sum-exp and their vector-Jacobian products.

A loop gets `rows` rows of `n` elements with any strides. What is vectorised are `LANES` running
maxima and sums side by side, so that no sum is ever reordered by the compiler:

- rows that lie side by side (an axis that is not the last), and rows of up to `DEPTH` elements:
  one lane is one row;
- other rows: one lane is every `LANES`-th element of the row, and the lanes are joined in a fixed
  order at its end.

Either is the same three sweeps over a *sheet* of lanes by steps: maximum, sum, result. Elements
pass through buffers on the stack as float64, so that input and output may be the same array. Sums
are pairs (`engine.pair`): they are exact to far below one rounding for rows of any length.

Imports Numba: used when a loop is compiled.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from numba.core import types

from fastact.elementary import exp, log
from fastact.engine import compile, loops, machine, primitives
from fastact.engine.catalogue import LoopSpec
from fastact.engine.primitives import head, number, rounded, single, tail, where

LANES, DEPTH = 64, 64
MAXIMUM, TOTAL, REST, HERE, OTHER, SHEET = (k * LANES for k in range(6))
SCRATCH = SHEET + LANES * DEPTH  # float64 elements of scratch memory: 35 KiB

INF = float("inf")


@functools.cache
def elements(dtype: str) -> tuple[Any, Any, Any]:
    """Functions that read and write an element as a float64, and that make it a kernel's number."""
    to_half, to_double = primitives.double_to_half, primitives.half_to_double

    def read(p: Any, i: Any) -> Any:
        return 1.0 * p[i]

    def read_half(p: Any, i: Any) -> Any:
        return to_double((p[i],))[0]

    def write(p: Any, i: Any, value: Any) -> None:
        p[i] = value

    def write_single(p: Any, i: Any, value: Any) -> None:
        p[i] = single(value)

    def write_half(p: Any, i: Any, value: Any) -> None:
        p[i] = to_half(value)

    def plain(value: Any) -> Any:
        return value

    def exact(value: Any) -> Any:
        return primitives.widen((value,))[0]

    chosen: dict[str, tuple[Callable[..., Any], ...]] = {
        "float16": (read_half, write_half, plain),
        "float32": (read, write_single, plain),
        "float64": (read, write, exact),
    }
    first, second, third = map(compile.dispatcher, chosen[dtype])
    return first, second, third


@functools.cache
def moves(dtype: str) -> tuple[Any, Any]:
    """Functions that copy one step of a sheet from and to an array."""
    read, write, _ = elements(dtype)

    def gather(x: Any, start: Any, stride: Any, width: Any, t: Any, at: Any, filler: Any) -> None:
        """One step; the lanes beyond `width` get what changes neither maximum nor sum."""
        for j in range(width, LANES):
            t[at + j] = filler
        if stride == 1:
            for j in range(width):
                t[at + j] = read(x, start + j)
        else:
            for j in range(width):
                t[at + j] = read(x, start + j * stride)

    def scatter(t: Any, at: Any, width: Any, y: Any, start: Any, stride: Any) -> None:
        if stride == 1:
            for j in range(width):
                write(y, start + j, t[at + j])
        else:
            for j in range(width):
                write(y, start + j * stride, t[at + j])

    return compile.dispatcher(gather), compile.dispatcher(scatter)


# ---------------------------------------------------------------- running maxima and sums
@compile.dispatcher
def reset(t: Any) -> None:
    for j in range(LANES):
        t[MAXIMUM + j], t[TOTAL + j], t[REST + j] = -INF, 0.0, 0.0


@compile.dispatcher
def maximum(t: Any, at: Any) -> None:
    for j in range(LANES):
        t[MAXIMUM + j] = where(t[at + j] > t[MAXIMUM + j], t[at + j], t[MAXIMUM + j])


@compile.dispatcher
def add(t: Any, j: Any, value: Any, rest: Any) -> None:
    """Add ``value + rest`` to lane j; REST collects what the additions round off (Knuth)."""
    total = t[TOTAL + j]
    after = total + value
    part = after - total
    t[REST + j] += (total - (after - part)) + (value - part) + rest
    t[TOTAL + j] = after


@compile.dispatcher
def settle(t: Any) -> None:
    """Bring the sums into the one form that does not show the order of the additions."""
    for j in range(LANES):
        total = t[TOTAL + j] + t[REST + j]
        t[REST + j] += t[TOTAL + j] - total
        t[TOTAL + j] = total


@compile.dispatcher
def join(t: Any) -> None:
    """Join maxima and sums of all lanes, by halves, and give them to every lane."""
    half = LANES // 2
    while half > 0:
        for j in range(half):
            other = j + half
            t[MAXIMUM + j] = where(
                t[MAXIMUM + other] > t[MAXIMUM + j], t[MAXIMUM + other], t[MAXIMUM + j]
            )
            add(t, j, t[TOTAL + other], t[REST + other])
        half //= 2
    for j in range(1, LANES):
        t[MAXIMUM + j], t[TOTAL + j], t[REST + j] = t[MAXIMUM], t[TOTAL], t[REST]


# ---------------------------------------------------------------- what happens in a sweep
# Each takes the scratch memory and the places of one or two steps in it.
def exponentials(lift: Any) -> Any:
    def exponentials(t: Any, at: Any, to: Any) -> None:
        """exp(x - maximum); an infinite maximum shares the mass with its equals."""
        for j in range(LANES):
            x, most = t[at + j], t[MAXIMUM + j]
            e = rounded(exp(lift(x) - lift(most)))
            t[to + j] = where(x == most, where(most == -INF, 0.0, 1.0), e)

    return compile.dispatcher(exponentials)


@compile.dispatcher
def accumulate(t: Any, at: Any) -> None:
    for j in range(LANES):
        add(t, j, t[at + j], 0.0)


def softmax_finish(lift: Any) -> Any:
    def finish(t: Any, at: Any) -> None:
        """The exponentials by their sum; a row without mass is 0."""
        for j in range(LANES):
            t[at + j] = t[at + j] / where(t[TOTAL + j] == 0.0, 1.0, t[TOTAL + j])

    return compile.dispatcher(finish)


def log_softmax_finish(lift: Any) -> Any:
    def finish(t: Any, at: Any) -> None:
        """x - maximum - log(sum); a row without mass is -inf."""
        for j in range(LANES):
            x, most = t[at + j], t[MAXIMUM + j]
            shifted = lift(where(x == most, 0.0, x)) - lift(where(x == most, 0.0, most))
            y = rounded(shifted - log(number(t[TOTAL + j], t[REST + j])))
            t[at + j] = where(most == -INF, where(x == x, -INF, x), y)

    return compile.dispatcher(finish)


def logsumexp_finish(lift: Any) -> Any:
    def finish(t: Any, at: Any) -> None:
        """maximum + log(sum)."""
        for j in range(LANES):
            most, total = t[MAXIMUM + j], t[TOTAL + j]
            y = rounded(log(number(total, t[REST + j])) + lift(most))
            y = where(abs(most) == INF, most, y)
            t[at + j] = where(total == total, y, total)

    return compile.dispatcher(finish)


def passed_through(dtype: str) -> Any:
    """The sweep that rounds to the dtype, as what is kept in the output has been."""

    def through(t: Any, at: Any) -> None:
        for j in range(LANES):
            t[at + j] = single(t[at + j])

    def unchanged(t: Any, at: Any) -> None:
        pass

    return compile.dispatcher(through if dtype == "float32" else unchanged)


# ---------------------------------------------------------------- loops over sheets
def forward(dtype: str, finish: Any, *, keeps_input: bool, reduces: bool) -> Any:
    """The rows of softmax (elements become exponentials), log-softmax and log-sum-exp."""
    (_, _, lift), (gather, scatter) = elements(dtype), moves(dtype)
    raised, finish, through = exponentials(lift), finish(lift), passed_through(dtype)
    # float16 has too few bits to keep an exponential in the output: it is computed again there.
    again = dtype == "float16" and not keeps_input

    def sheet(
        x: Any, y: Any, x0: Any, y0: Any, lane_x: Any, lane_y: Any, step_x: Any, step_y: Any,
        steps: Any, width: Any, last: Any, whole: Any, t: Any,
    ) -> None:  # fmt: skip
        kept = steps <= DEPTH
        reset(t)
        for i in range(steps):
            w, at = last if i == steps - 1 else width, SHEET + i * LANES if kept else HERE
            gather(x, x0 + i * step_x, lane_x, w, t, at, -INF)
            maximum(t, at)
        if whole:
            join(t)
        for i in range(steps):
            w, at = last if i == steps - 1 else width, SHEET + i * LANES if kept else HERE
            if not kept:
                gather(x, x0 + i * step_x, lane_x, w, t, at, -INF)
            to = OTHER if keeps_input else at
            raised(t, at, to)
            accumulate(t, to)
            if not (keeps_input or again):
                through(t, to)
                if not kept:
                    scatter(t, to, w, y, y0 + i * step_y, lane_y)
        if whole:
            join(t)
        settle(t)
        if reduces:
            finish(t, HERE)
            scatter(t, HERE, 1 if whole else width, y, y0, lane_y)
            return
        for i in range(steps):
            w, at = last if i == steps - 1 else width, SHEET + i * LANES if kept else HERE
            if not kept and (keeps_input or again):
                gather(x, x0 + i * step_x, lane_x, w, t, at, -INF)
                if again:
                    raised(t, at, at)
            elif not kept:
                gather(y, y0 + i * step_y, lane_y, w, t, at, 0.0)
            finish(t, at)
            scatter(t, at, w, y, y0 + i * step_y, lane_y)

    sheet = compile.dispatcher(sheet)

    def loop(
        x: Any, y: Any, t: Any, rows: Any, n: Any, row_x: Any, row_y: Any, core_x: Any, core_y: Any
    ) -> None:
        across = row_x == 1 or n <= DEPTH
        together = LANES if across else 1
        steps = n if across else (n + LANES - 1) // LANES
        lane_x, lane_y = (row_x, row_y) if across else (core_x, core_y)
        step_x, step_y = (core_x, core_y) if across else (LANES * core_x, LANES * core_y)
        for r in range(0, rows, together):
            width = min(LANES, rows - r) if across else LANES
            last = width if across else n - (steps - 1) * LANES
            sheet(x, y, r * row_x, r * row_y, lane_x, lane_y, step_x, step_y,
                  steps, width, last, not across, t)  # fmt: skip

    return compile.dispatcher(loop)


def backward(dtype: str, term: Any, finish: Any, absent: float) -> Any:
    """The rows of a vector-Jacobian product from `dy` and `y`: a sum, then the result.

    `absent` is the y of an element without mass.
    """
    (_, _, lift), (gather, scatter) = elements(dtype), moves(dtype)
    term, finish = term(lift), finish(lift)

    def sheet(
        dy: Any, y: Any, dx: Any, start: Any, lane: Any, step: Any,
        steps: Any, width: Any, last: Any, whole: Any, t: Any,
    ) -> None:  # fmt: skip
        reset(t)
        for i in range(steps):
            w = last if i == steps - 1 else width
            gather(dy, start[0] + i * step[0], lane[0], w, t, HERE, 0.0)
            gather(y, start[1] + i * step[1], lane[1], w, t, OTHER, absent)
            maximum(t, OTHER)
            term(t)
        if whole:
            join(t)
        settle(t)
        for i in range(steps):
            w = last if i == steps - 1 else width
            gather(dy, start[0] + i * step[0], lane[0], w, t, HERE, 0.0)
            gather(y, start[1] + i * step[1], lane[1], w, t, OTHER, absent)
            finish(t)
            scatter(t, HERE, w, dx, start[2] + i * step[2], lane[2])

    sheet = compile.dispatcher(sheet)

    def loop(
        dy: Any, y: Any, dx: Any, t: Any, rows: Any, n: Any,
        row_dy: Any, row_y: Any, row_dx: Any, core_dy: Any, core_y: Any, core_dx: Any,
    ) -> None:  # fmt: skip
        across = row_y == 1 or n <= DEPTH
        row, core = (row_dy, row_y, row_dx), (core_dy, core_y, core_dx)
        together = LANES if across else 1
        steps = n if across else (n + LANES - 1) // LANES
        lane = row if across else core
        step = core if across else (LANES * core_dy, LANES * core_y, LANES * core_dx)
        for r in range(0, rows, together):
            width = min(LANES, rows - r) if across else LANES
            last = width if across else n - (steps - 1) * LANES
            start = (r * row_dy, r * row_y, r * row_dx)
            sheet(dy, y, dx, start, lane, step, steps, width, last, not across, t)

    return compile.dispatcher(loop)


def product_term(lift: Any) -> Any:
    def term(t: Any) -> None:
        for j in range(LANES):
            p = lift(t[HERE + j]) * lift(t[OTHER + j])
            add(t, j, head(p), tail(p))

    return compile.dispatcher(term)


def plain_term(lift: Any) -> Any:
    def term(t: Any) -> None:
        for j in range(LANES):
            add(t, j, t[HERE + j], 0.0)

    return compile.dispatcher(term)


def softmax_backward_finish(lift: Any) -> Any:
    def finish(t: Any) -> None:
        """y (dy - sum(dy y)); 0 where y is 0, whatever dy is."""
        for j in range(LANES):
            y = t[OTHER + j]
            centred = lift(t[HERE + j]) - number(t[TOTAL + j], t[REST + j])
            t[HERE + j] = where(y == 0.0, 0.0, rounded(lift(y) * centred))

    return compile.dispatcher(finish)


def log_softmax_backward_finish(lift: Any) -> Any:
    def finish(t: Any) -> None:
        """dy - e^y sum(dy); 0 where the row had no mass."""
        for j in range(LANES):
            total = number(t[TOTAL + j], t[REST + j])
            dx = rounded(lift(t[HERE + j]) - exp(lift(t[OTHER + j])) * total)
            t[HERE + j] = where(t[MAXIMUM + j] == -INF, 0.0, dx)

    return compile.dispatcher(finish)


KINDS: dict[str, Callable[[str], Any]] = {
    "softmax": lambda dtype: forward(dtype, softmax_finish, keeps_input=False, reduces=False),
    "log_softmax": lambda dtype: forward(
        dtype, log_softmax_finish, keeps_input=True, reduces=False
    ),
    "logsumexp": lambda dtype: forward(dtype, logsumexp_finish, keeps_input=True, reduces=True),
    "softmax_backward": lambda dtype: backward(dtype, product_term, softmax_backward_finish, 0.0),
    "log_softmax_backward": lambda dtype: backward(
        dtype, plain_term, log_softmax_backward_finish, -INF
    ),
}


def build(spec: LoopSpec, cores: tuple[bool, ...]) -> bytes:
    """The object code of a generalized inner loop; `cores` says which operands have the axis."""
    function = KINDS[spec.name](spec.dtype)
    pointer = types.CPointer(compile.ELEMENT[spec.dtype])
    operands = len(cores)
    arguments = (
        *[pointer] * operands, types.CPointer(types.float64), *[types.int64] * (2 + 2 * operands)
    )  # fmt: skip
    result = compile.compiled(function, arguments)
    rows = loops.Rows(result.fndesc.mangled_name, cores, spec.dtype, SCRATCH)
    text = loops.rowwise(spec.symbol, rows, machine.architecture())
    return compile.link(spec.symbol, text, result.library.get_llvm_str())
