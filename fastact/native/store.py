"""Compiled code on disk: one self-verifying file for each loop.

The name of an entry ends with the hash of everything that decides its code: every source file of
this package, the versions of Python, Numba and llvmlite, the processor that it is for, and Numba's
settings. Its content repeats the name and carries a checksum. An entry is written aside and
renamed, so that readers see all of it or nothing. Whatever cannot be read, or is not what it says
it is, is a miss and is compiled again; whatever cannot be written is not kept. Neither is an error.

The directory is ``$FASTACT_CACHE_DIR``, else ``$XDG_CACHE_HOME/fastact``, else
``~/.cache/fastact``. It holds machine code, so it is used only if it belongs to this user and
nobody else may write to it.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import platform
import stat
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

MAGIC = b"fastact object code 1\n"
SUFFIX = ".bin"
DECISIVE = (  # Numba's settings that change the code it makes
    "NUMBA_CPU_NAME",
    "NUMBA_CPU_FEATURES",
    "NUMBA_OPT",
    "NUMBA_BOUNDSCHECK",
    "NUMBA_LOOP_VECTORIZE",
    "NUMBA_SLP_VECTORIZE",
)


class Entry(NamedTuple):
    """One loop in the store."""

    name: str
    dtype: str
    size: int
    path: Path


def configured() -> Path | None:
    """Where compiled code would be kept; None if this user has no home."""
    chosen = os.environ.get("FASTACT_CACHE_DIR")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "fastact"
    except RuntimeError:
        return None


def problem(directory: Path | None) -> str | None:
    """Why a directory is not used, or None."""
    if directory is None:
        return "no home directory, and FASTACT_CACHE_DIR is not set"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = directory.stat()
    except OSError as error:
        return f"{directory}: {error.strerror}"
    if not stat.S_ISDIR(status.st_mode):
        return f"{directory}: not a directory"
    if hasattr(os, "getuid") and status.st_uid != os.getuid():
        return f"{directory}: belongs to another user"
    if os.name == "posix" and status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"{directory}: others may write to it (mode {stat.S_IMODE(status.st_mode):o})"
    return None


def directory() -> Path | None:
    """Where compiled code is kept, or None if there is no place that can be trusted."""
    chosen = configured()
    return chosen if problem(chosen) is None else None


def package_sources() -> list[Path]:
    package = Path(__file__).resolve().parent.parent
    return sorted(path for path in package.rglob("*") if path.suffix in (".py", ".ll"))


def compiler_versions() -> list[Path]:
    """The files that name the versions of Numba and llvmlite: read, never imported."""
    found = []
    for package in ("numba", "llvmlite"):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin:
            found.append(Path(spec.origin).with_name("_version.py"))
    return found


@functools.cache
def code_hash() -> str:
    """The hash of what decides all code alike."""
    import llvmlite.binding as llvm

    digest = hashlib.sha256()
    for path in package_sources() + compiler_versions():
        digest.update(path.name.encode())
        with suppress(OSError):
            digest.update(path.read_bytes())
    facts = [
        sys.implementation.cache_tag,
        platform.machine(),
        llvm.get_process_triple(),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
        *(f"{name}={os.environ.get(name)}" for name in DECISIVE),
    ]
    digest.update("\n".join(map(str, facts)).encode())
    return digest.hexdigest()


def path_of(name: str, dtype: str, source: str) -> Path | None:
    """The file of a loop; `source` is what decides its code beside `code_hash`."""
    place = directory()
    if place is None:
        return None
    digest = hashlib.sha256(f"{name}\n{dtype}\n{code_hash()}\n{source}".encode()).hexdigest()
    return place / f"{name}.{dtype}.{digest[:32]}{SUFFIX}"


def header(path: Path, code: bytes) -> bytes:
    return MAGIC + path.name.encode() + b"\n" + hashlib.sha256(code).digest()


def read(path: Path | None) -> bytes | None:
    """The object code in `path`, or None if that is not what it holds."""
    if path is None:
        return None
    try:
        content = path.read_bytes()
    except OSError:
        return None
    code = content[len(header(path, b"")) :]
    return code if code and content == header(path, code) + code else None


def write(path: Path | None, code: bytes) -> bool:
    """Keep object code in `path`, if that is possible."""
    if path is None:
        return False
    aside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        aside.write_bytes(header(path, code) + code)
        aside.replace(path)
    except OSError:
        with suppress(OSError):
            aside.unlink()
        return False
    return True


def entries() -> list[Entry]:
    """What the store holds, of this and of other versions."""
    place = directory()
    if place is None:
        return []
    found = []
    for path in sorted(place.glob(f"*{SUFFIX}")):
        name, dtype = path.name.split(".")[:2]
        with suppress(OSError):
            found.append(Entry(name, dtype, path.stat().st_size, path))
    return found
