"""Lower the thread pool's C to the LLVM IR and the table of offsets that the package carries.

``python tools/pool_ir.py`` writes ``pool.ll`` and ``pool_layout.py`` beside ``pool.c``; with
``--check`` it compares them instead. It needs clang 19, from PATH or from ``ziglang==0.14.1`` of
PyPI. Only clang's front end runs: its output is the same for every build of one release, and LLVM
optimises it for the processor at hand when the pool is first needed.

The IR must be the same for every machine that has a pool. What clang says beside it about the
machine (triple, processor, how a bool is extended, how arrays on the stack are aligned) is left
out, and what then differs is an error.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

RELEASE = 19
NATIVE = Path(__file__).resolve().parents[1] / "fastact" / "native"
MACHINES = ("x86_64", "aarch64")
SIZE = "size of the struct"
FLAGS = [
    *("-std=c11", "-ffreestanding", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror"),
    *("-O1", "-Xclang", "-disable-llvm-passes", "-Xclang", "-disable-lifetime-markers"),
    *("-fno-strict-aliasing", "-fno-finite-loops", "-fno-sanitize=all", "-fno-stack-protector"),
    *("-fno-asynchronous-unwind-tables", "-fomit-frame-pointer", "-fPIC", "-g0"),
    *("-S", "-emit-llvm"),
]

# What goes: comments and the first lines of clang, metadata, attributes that name a machine.
CUTS = [
    r"^;.*\n",
    r"^(source_filename|target) .*\n",
    r"^!.*\n",
    r", !(range|noundef|llvm\.loop) !\d+",
    r" +; preds = .*",
    r' "[\w-]+"="[^"]*"',
    r"\b(zeroext|uwtable\(sync\)) ",
]


def candidates() -> list[list[str]]:
    """Commands that may be the clang that is asked for."""
    found = [[path] for n in (f"clang-{RELEASE}", "clang") if (path := shutil.which(n))]
    return found + [[sys.executable, "-m", "ziglang", "cc"]] * (find_spec("ziglang") is not None)


def clang() -> list[str] | None:
    """The command of clang of the release that the checked-in files are made with."""
    for command in candidates():
        version = subprocess.check_output([*command, "--version"], text=True)
        if f"clang version {RELEASE}." in version:
            return command
    return None


def run(command: list[str], machine: str, *options: str) -> tuple[str, str]:
    """The IR, and what clang prints: zig prints nothing of what it takes out of a cache."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "pool.ll"
        call = [*command, f"--target={machine}-linux-gnu", *FLAGS, *options, NATIVE / "pool.c"]
        caches = {"ZIG_GLOBAL_CACHE_DIR": directory, "ZIG_LOCAL_CACHE_DIR": directory}
        done = subprocess.run(
            [*call, "-o", out],
            stdout=subprocess.PIPE,
            env=os.environ | caches,
            text=True,
            check=True,
        )
        return out.read_text("utf-8"), done.stdout


def lowered(command: list[str], machine: str) -> str:
    """The IR without what is about one machine."""
    text, _ = run(command, machine)
    for cut in CUTS:
        text = re.sub(cut, "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def digest(source: str) -> str:
    """The hash of the C text, which both files repeat."""
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def ir(command: list[str]) -> str:
    """The IR, from which nothing may differ between machines."""
    one, *others = (lowered(command, machine) for machine in MACHINES)
    if any(other != one for other in others):
        raise SystemExit("pool.c: the IR depends on the machine")
    return one


def records(command: list[str]) -> dict[str, dict[str, int]]:
    """The offsets of every member of every struct, and its size."""
    _, dump = run(command, MACHINES[0], "-Xclang", "-fdump-record-layouts-complete")
    found = {}
    for record in dump.split("*** Dumping AST Record Layout")[1:]:
        head, *lines = record.strip().splitlines()
        members = re.findall(r"^ *(\d+) \|   \S.* (\w+)$", "\n".join(lines), re.MULTILINE)
        (size,) = re.findall(r"sizeof=(\d+)", record)
        found[head.split()[-1]] = {n: int(at) for at, n in members} | {SIZE: int(size)}
    return found


def layout(command: list[str], source: str) -> str:
    """What Python must know of the structs."""
    found = records(command)
    block, libc, slot = (found[name] for name in ("block", "libc", "slot"))
    tables = {
        "FIELDS": {n: at for n, at in block.items() if n not in {SIZE, "unused", "libc"}},
        "LIBC": {n: block["libc"] + at for n, at in libc.items() if n != SIZE},
        "SLOT": {n: at for n, at in slot.items() if n != SIZE},
    }
    text = "from __future__ import annotations\n"
    for name, table in tables.items():
        entries = "".join(f'    "{n}": {at},\n' for n, at in table.items())
        text += f"\n{name} = {{\n{entries}}}\n"
    (threads,) = re.findall(r"MAX_THREADS = (\d+)", source)
    return f"{text}\nSLOT_SIZE = {slot[SIZE]}\nMAX_THREADS = {threads}\n"


def made(command: list[str]) -> dict[Path, str]:
    """The files that this program writes, and their texts."""
    source = (NATIVE / "pool.c").read_text("utf-8")
    origin = f"tools/pool_ir.py made this from pool.c ({digest(source)})"
    return {
        NATIVE / "pool.ll": f"; {origin} with clang {RELEASE}.\n\n{ir(command)}",
        NATIVE
        / "pool_layout.py": f'"""{origin}: offsets in bytes."""\n\n{layout(command, source)}',
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    command = clang()
    if command is None:
        raise SystemExit(f"there is no clang {RELEASE}; `pip install ziglang==0.14.1` brings one")
    for path, text in made(command).items():
        if not check:
            path.write_text(text, "utf-8")
        elif path.read_text("utf-8") != text:
            raise SystemExit(f"{path.name} is not what pool.c gives: run tools/pool_ir.py")


if __name__ == "__main__":
    main()
