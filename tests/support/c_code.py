"""The package's C code, and compilers for it."""

from __future__ import annotations

import runpy
import shutil
import subprocess
from importlib import resources
from pathlib import Path
from types import SimpleNamespace

import pytest

NATIVE = resources.files("fastact.native")
TOOL = Path(__file__).parents[2] / "tools" / "native_ir.py"
FLAGS = ("-std=c11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror")
native_ir = SimpleNamespace(**runpy.run_path(str(TOOL)))


def compilers() -> list[str]:
    """The C compilers that are here."""
    return list(filter(shutil.which, ("gcc", "clang", f"clang-{native_ir.RELEASE}")))


needs_compiler = pytest.mark.skipif(not compilers(), reason="gcc or clang compiles the C code")


def source(name: str) -> str:
    """The C text of this name."""
    return NATIVE.joinpath(f"{name}.c").read_text("utf-8")


def check_facts(name: str, facts: dict[str, int], folder: Path) -> None:
    """Have every compiler that is here say that C's constants are these."""
    lines = [f'_Static_assert({fact} == {value}, "");' for fact, value in facts.items()]
    (folder / f"{name}.c").write_text(source(name))
    (folder / "check.c").write_text("\n".join([f'#include "{name}.c"', *lines, ""]))
    for compiler in compilers():
        command = [compiler, *FLAGS, "-fsyntax-only", folder / "check.c"]
        subprocess.run(command, check=True)
