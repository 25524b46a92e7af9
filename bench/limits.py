"""What the processor allows each loop, and how much of that it reaches.

`python -m bench.limits [functions]` takes the machine code of elementwise loops out of the store,
lets llvm-mca count what an iteration occupies in the processor, and times the loop on one thread:

- in the cache (4,096 elements), beside the cycles in which the busiest unit of the processor is
  done with an iteration. 100 % is the limit of these instructions; fewer would have to do.
- out of it (2^24 elements), beside a copy of as many bytes: 100 % is the speed of memory.

It needs llvm-mca and llvm-objdump, Debian's package `llvm`. The frequency of the clock is that of a
chain of dependent instructions, measured beside each loop.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import llvmlite.binding as llvm
import numba
import numpy as np
from rich.console import Console
from rich.table import Table

import fastact as fa
from bench.claims import WIDTH
from fastact.benchmarks.machine import bandwidth
from fastact.benchmarks.turns import QUICK, by_turns, spread
from fastact.compiler import inner_loop
from fastact.native import loop_registry

FUNCTIONS = ("relu", "sigmoid", "tanh", "silu", "gelu", "erf", "softplus", "exponential")
VARIETIES = ("forward", "derivative", "backward")
DTYPES = ("float32", "float64")
CACHED, LARGE, UNIT = 2**12, 2**24, inner_loop.UNIT  # elements
LINKS, CYCLES = 10**5, 4  # of a chain: a product takes 3 cycles, a sum 1
# Processors whose units llvm-mca has known for long, the widest first.
MODELS = ("znver4", "icelake-server", "skylake-avx512", "znver3", "haswell")
OPERANDS = {"forward": 2, "derivative": 2, "backward": 3}  # arrays that are read and written
INSTRUCTION = re.compile(r"\s*([0-9a-f]+):\s+(\S.*)")
TARGET = re.compile(r"(?:0x)?([0-9a-f]+) <[^>]*>")
JUMP = re.compile(r"j[a-z]+|b(\.[a-z]+)?|cbn?z|tbn?z")


class Limit(NamedTuple):
    """What an iteration of a loop occupies."""

    instructions: int
    cycles: float  # of the busiest unit
    unit: str
    model: str  # the processor that llvm-mca counts for


# ---------------------------------------------------------------- the code
def tool(name: str) -> str:
    """Return the newest version of a program of LLVM that is installed."""
    names = [name, *(f"{name}-{version}" for version in range(14, 40))]
    found = [path for path in map(shutil.which, names) if path]
    if not found:
        sys.exit(f"bench.limits needs {name}: install LLVM's programs (Debian: apt install llvm)")
    return found[-1]


def dense_loop(code: bytes) -> list[str]:
    """Return the instructions of the vectorised loop: the longest that has no other in it."""
    with tempfile.NamedTemporaryFile(suffix=".o") as file:
        file.write(code)
        file.flush()
        command = [tool("llvm-objdump"), "-d", "--no-show-raw-insn", file.name]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (body,) = re.findall(r"<dense_0>:\n(.*?)(?:\n\n|\Z)", text, re.DOTALL)
    found = [INSTRUCTION.match(line) for line in body.splitlines()]
    lines = [(int(match[1], 16), match[2]) for match in found if match]
    places = {place: k for k, (place, _) in enumerate(lines)}
    loops = []
    for k, (place, text) in enumerate(lines):
        target = TARGET.search(text) if JUMP.fullmatch(text.split()[0]) else None
        start = int(target[1], 16) if target else place + 1
        if start <= place:
            loops.append((places[start], k))
    inner = [(a, z) for a, z in loops if not any(a <= b < y < z for b, y in loops)]
    first, last = max(inner, key=lambda ends: ends[1] - ends[0])
    return [text for _, text in lines[first : last + 1]]


def analysed(lines: list[str]) -> tuple[str, str]:
    """Return what llvm-mca says of lines of assembly, and of which processor it says so.

    That is the one that is compiled for, or where llvm-mca is older than it the first of `MODELS`
    that has its instructions.
    """
    host = llvm.get_host_cpu_name()
    for cpu in (host, *MODELS):
        done = subprocess.run(
            [tool("llvm-mca"), f"-mcpu={cpu}", "-json"], input="\n".join([".Lagain:", *lines, ""]),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if not done.returncode and "not a recognized" not in done.stderr:
            return done.stdout, cpu
    sys.exit(f"{tool('llvm-mca')} cannot tell for the processor {host}: {done.stderr[:500]}")


def limit(instructions: list[str]) -> Limit:
    """Return what llvm-mca counts for a loop on the processor that is compiled for."""
    text, model = analysed([TARGET.sub(".Lagain", text.split("#")[0]) for text in instructions])
    found = json.loads(text)
    (region,) = found["CodeRegions"]
    count = len(region["Instructions"])
    units = found["TargetInfo"]["Resources"]
    usage = {
        units[each["ResourceIndex"]]: each["ResourceUsage"]
        for each in region["ResourcePressureView"]["ResourcePressureInfo"]
        if each["InstructionIndex"] == count
    }
    busiest = max(usage, key=lambda unit: usage[unit])
    return Limit(count, region["SummaryView"]["BlockRThroughput"], busiest, model)


# ---------------------------------------------------------------- the time
@numba.njit
def chain(links: int, factor: int) -> int:
    """Multiply and add, one after the other."""
    x = factor
    for _ in range(links):
        x = x * factor + 1
    return x


def call(name: str, variety: str, dtype: str, size: int) -> Callable[[], Any]:
    """Return a call into an array that is there, 2 KiB further on a page than the input."""
    items = 4096 // np.dtype(dtype).itemsize
    x, dy, out = (np.linspace(-4, 4, size + items).astype(dtype)[k:][:size]
                  for k in (0, items // 4, items // 2))  # fmt: skip
    f = getattr(fa, name)
    f = f if variety == "forward" else getattr(f, variety)
    if variety == "backward":
        return lambda: f(dy, x=x, out=out)
    return lambda: f(x, out=out)


def loop(name: str, variety: str, dtype: str) -> loop_registry.LoopSpec:
    """Return the loop of a call, at the defaults of parameters."""
    key = name if variety == "forward" else f"{name}_{variety}"
    try:
        return loop_registry.get(f"{key}_standard", dtype)
    except KeyError:
        return loop_registry.get(key, dtype)


def row(name: str, variety: str, dtype: str, size: int, turns: Any) -> list[str]:
    """Return a line of the table."""
    found = limit(dense_loop(loop(name, variety, dtype).code()[0]))
    count = math.prod(inner_loop.lanes_and_chains(dtype))  # elements of an iteration
    chain(1, 3)
    calls: dict[str, Callable[[], Any]] = {
        "chain": partial(chain, LINKS, 3),
        "cached": call(name, variety, dtype, CACHED),
        "empty": call(name, variety, dtype, UNIT),
        "large": call(name, variety, dtype, size),
    }
    times = by_turns(calls, **turns)
    clock = [seconds / LINKS / CYCLES for seconds in times["chain"]]
    rounds = zip(times["cached"], times["empty"], clock, strict=True)
    spent = [(whole - unit) / (CACHED - UNIT) / cycle * count for whole, unit, cycle in rounds]
    share = spread([found.cycles / each for each in spent])
    moved = OPERANDS[variety] * size * np.dtype(dtype).itemsize
    speed = moved / spread(times["large"]).median
    copied = bandwidth(size * np.dtype(dtype).itemsize)
    return [
        name, variety, dtype, str(found.instructions), str(count), f"{found.cycles:.1f}",
        found.unit, found.model, f"{spread(spent).median:.1f}", f"{share.median:.0%}",
        f"{speed / 1e9:.1f}", f"{speed / copied:.0%}",
    ]  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("functions", nargs="*", default=FUNCTIONS)
    parser.add_argument("--quick", action="store_true", help="small arrays, once: to see it run")
    given = parser.parse_args()
    for name in given.functions:
        if not isinstance(getattr(fa, name, None), fa.Activation):
            parser.error(f"no activation {name!r}")
    size, turns = (2**16, QUICK) if given.quick else (LARGE, {})
    shown = Table(title=f"{llvm.get_host_cpu_name()}, one thread: iterations of the loops")
    for heading in ("function", "variety", "dtype", "instructions", "elements", "limit, cycles",
                    "busiest unit", "of", "cycles", "share", "GB/s", "of a copy"):  # fmt: skip
        shown.add_column(heading)
    with fa.num_threads(1):
        for name in given.functions:
            for variety in VARIETIES:
                for dtype in DTYPES:
                    shown.add_row(*row(name, variety, dtype, size, turns))
    Console(width=None if sys.stdout.isatty() else WIDTH + 40).print(shown)


if __name__ == "__main__":
    main()
