"""Lower the package's C to the LLVM IR and the tables of offsets that it carries.

``python tools/native_ir.py`` writes ``pool.ll`` and ``pool_layout.py`` beside ``pool.c``, and the
same for ``glue.c``; with ``--check`` it compares them instead. It needs clang 19, from PATH or from
``ziglang==0.14.1`` of PyPI. Only clang's front end runs: its output is the same for every build of
one release, and LLVM optimises it for the processor at hand when the code is first needed.

The IR must be the same for every machine. What clang says beside it about the
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
from typing import Any

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


def run(command: list[str], source: Path, machine: str, *options: str) -> tuple[str, str]:
    """The IR, and what clang prints: zig prints nothing of what it takes out of a cache."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "out.ll"
        call = [*command, f"--target={machine}-linux-gnu", *FLAGS, *options, source]
        caches = {"ZIG_GLOBAL_CACHE_DIR": directory, "ZIG_LOCAL_CACHE_DIR": directory}
        done = subprocess.run(
            [*call, "-o", out],
            stdout=subprocess.PIPE,
            env=os.environ | caches,
            text=True,
            check=True,
        )
        return out.read_text("utf-8"), done.stdout


def lowered(command: list[str], source: Path, machine: str) -> str:
    """The IR without what is about one machine."""
    text, _ = run(command, source, machine)
    for cut in CUTS:
        text = re.sub(cut, "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def digest(source: str) -> str:
    """The hash of the C text, which both files repeat."""
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def ir(command: list[str], source: Path) -> str:
    """The IR, from which nothing may differ between machines."""
    one, *others = (lowered(command, source, machine) for machine in MACHINES)
    if any(other != one for other in others):
        raise SystemExit(f"{source.name}: the IR depends on the machine")
    return one


def records(command: list[str], source: Path) -> dict[str, dict[str, int]]:
    """The offsets of every member of every struct, and its size."""
    _, dump = run(command, source, MACHINES[0], "-Xclang", "-fdump-record-layouts-complete")
    found = {}
    for record in dump.split("*** Dumping AST Record Layout")[1:]:
        head, *lines = record.strip().splitlines()
        members = re.findall(r"^ *(\d+) \|   \S.* (\w+)$", "\n".join(lines), re.MULTILINE)
        (size,) = re.findall(r"sizeof=(\d+)", record)
        found[head.split()[-1]] = {n: int(at) for at, n in members} | {SIZE: int(size)}
    return found


def of_pool(found: dict[str, dict[str, int]], source: str) -> dict[str, Any]:
    """What Python must know of the pool's structs."""
    block, libc, slot = (found[name] for name in ("block", "libc", "slot"))
    (threads,) = re.findall(r"MAX_THREADS = (\d+)", source)
    return {
        "FIELDS": {n: at for n, at in block.items() if n not in {SIZE, "unused", "libc"}},
        "LIBC": {n: block["libc"] + at for n, at in libc.items() if n != SIZE},
        "SLOT": {n: at for n, at in slot.items() if n != SIZE},
        "SLOT_SIZE": slot[SIZE],
        "MAX_THREADS": int(threads),
    }


def of_glue(found: dict[str, dict[str, int]], source: str) -> dict[str, Any]:
    """What Python must know of the structs that it fills in, and of the limits of forms."""
    limits = dict(re.findall(r"(MOST_\w+) = (\d+)", source))
    tables = {
        name.upper(): {n: at for n, at in found[name].items() if n != SIZE}
        for name in ("python", "place")
    }
    return tables | {name: int(most) for name, most in limits.items()}


LAYOUTS = {"pool": of_pool, "glue": of_glue}  # by the source


def layout(constants: dict[str, Any]) -> str:
    """A module of constants, which are numbers or tables of them."""
    text = "from __future__ import annotations\n"
    for name, value in constants.items():
        if isinstance(value, dict):
            entries = "".join(f'    "{n}": {at},\n' for n, at in value.items())
            text += f"\n{name} = {{\n{entries}}}\n"
    numbers = (f"{name} = {value}\n" for name, value in constants.items() if isinstance(value, int))
    return f"{text}\n{''.join(numbers)}"


def made(command: list[str]) -> dict[Path, str]:
    """The files that this program writes, and their texts."""
    files = {}
    for name, of_structs in LAYOUTS.items():
        path = NATIVE / f"{name}.c"
        source = path.read_text("utf-8")
        origin = f"tools/native_ir.py made this from {path.name} ({digest(source)})"
        constants = of_structs(records(command, path), source)
        files |= {
            path.with_suffix(".ll"): f"; {origin} with clang {RELEASE}.\n\n{ir(command, path)}",
            path.with_name(f"{name}_layout.py"): f'"""{origin}: offsets in bytes."""\n\n'
            + layout(constants),
        }
    return files


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
            raise SystemExit(f"{path.name} is not what its C gives: run tools/native_ir.py")


if __name__ == "__main__":
    main()
