"""Compiled code on disk: one self-verifying file for each loop.

The name of an entry ends with the hash of everything that decides its code: the source files of
this package but those of `IDLE`, the versions of Python, Numba and llvmlite, the processor that it
is for, and Numba's settings. Its content repeats the name and carries a checksum. An entry is
written aside and renamed, so that readers see all of it or nothing. Whatever cannot be read, or is
not what it says it is, is a miss and is compiled again; whatever cannot be written is not kept.
Neither is an error. A process that writes removes the entries that nobody has read for `UNUSED`
seconds.

The directory is ``$FASTACT_CACHE_DIR``, else ``$XDG_CACHE_HOME/fastact``, else
``~/.cache/fastact``; in the variables, too, ``~`` is the user's home. It holds machine code, so it
is used only if it belongs to this user and nobody else may write to it. What is judged is the open
directory, and entries are opened in it and judged once they are open: paths that others change
meanwhile, and links, lead nowhere.
"""

from __future__ import annotations

import functools
import os
import platform
import re
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from _hashlib import HASH

from fastact.native import processor

MAGIC = b"fastact object code 1\n"
SUFFIX = ".bin"
LARGEST = 2**26  # bytes: nothing larger is read; our largest entries have some hundred thousand
UNUSED, DAY = 90 * 86400.0, 86400.0
# Names of entries, and of those that were being written when their process was killed.
OURS = re.compile(r"[^.]+\.\w+\.[0-9a-f]{32}\.bin|\.[^.]+\.\w+\.[0-9a-f]{32}\.bin\.[0-9a-f]{16}")
# Files that decide no code: nothing that makes code imports them.
IDLE = ("__main__.", "benchmarks/", "cli/", "dask.", "diagnostics/", "verification/")
SOURCES = (".py", ".pyc", ".ll", ".c", ".h", ".so", ".pyd")
IN_A_DIRECTORY = {os.open, os.unlink, os.mkdir} <= os.supports_dir_fd  # not on Windows
# Files are opened without following a link, and without waiting for who writes to a pipe.
CAREFULLY = sum(
    getattr(os, f"O_{name}", 0) for name in ("NOFOLLOW", "NONBLOCK", "CLOEXEC", "BINARY")
)
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
    chosen, base = os.environ.get("FASTACT_CACHE_DIR"), os.environ.get("XDG_CACHE_HOME")
    try:
        if chosen:
            return Path(chosen).expanduser()
        return Path(base or "~/.cache").expanduser() / "fastact"
    except RuntimeError:
        return None


class Place(NamedTuple):
    """The directory of the store, open."""

    path: Path
    descriptor: int | None  # None where files are not opened in directories

    def open(self, name: str, flags: int) -> int:
        """Open a file of the store."""
        if self.descriptor is None:
            return os.open(self.path / name, flags | CAREFULLY, 0o600)
        return os.open(name, flags | CAREFULLY, 0o600, dir_fd=self.descriptor)

    def unlink(self, name: str) -> None:
        """Remove a file of the store."""
        if self.descriptor is None:
            (self.path / name).unlink()
        else:
            os.unlink(name, dir_fd=self.descriptor)

    def rename(self, old: str, new: str) -> None:
        """Rename a file of the store."""
        at = self.descriptor
        if at is None:
            (self.path / old).replace(self.path / new)
        else:
            os.replace(old, new, src_dir_fd=at, dst_dir_fd=at)


class UntrustedError(OSError):
    """A place that is not used, and why."""


@contextmanager
def opened(directory: Path | None) -> Iterator[Place]:
    """The directory, made if it is not there.

    Raises
    ------
    OSError
        If it cannot be used, or belongs to somebody else, or others may write to it.
    """
    if directory is None:
        raise UntrustedError(0, "no home directory, and FASTACT_CACHE_DIR names none")
    make(directory)
    if not IN_A_DIRECTORY:
        check(directory.stat(follow_symlinks=False), stat.S_ISDIR, "not a directory")
        yield Place(directory, None)
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | CAREFULLY)
    try:
        check(os.fstat(descriptor), stat.S_ISDIR, "not a directory")
        yield Place(directory, descriptor)
    finally:
        os.close(descriptor)


def make(directory: Path) -> None:
    """Make a directory and its parents, each for this user alone."""
    if not directory.parent.exists():
        make(directory.parent)
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)


def check(status: os.stat_result, kind: Any, otherwise: str) -> None:
    """Raise an error unless this is of a kind, is this user's, and nobody else may write to it."""
    if not kind(status.st_mode):
        raise UntrustedError(0, otherwise)
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        raise UntrustedError(0, "belongs to another user")
    if os.name == "posix" and status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        mode = stat.S_IMODE(status.st_mode)
        raise UntrustedError(0, f"others may write to it (mode {mode:o})")


def problem(directory: Path | None) -> str | None:
    """Why a directory is not used, or None."""
    try:
        with opened(directory):
            return None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return why if directory is None else f"{directory}: {why}"


def directory() -> Path | None:
    """Where compiled code is kept, or None if there is no place that can be trusted."""
    chosen = configured()
    return chosen if problem(chosen) is None else None


def package_sources() -> dict[str, Callable[[], bytes]] | None:
    """The files of this package, wherever it was imported from; None if they are not all there.

    A package may be in a zip file, have no sources, or be part of a program that is one file. What
    a file holds is read when it is asked for.
    """
    found: dict[str, Callable[[], bytes]] = {}
    package = __name__.partition(".")[0]
    try:
        _collect(_folder(package), package, found)
    except (OSError, TypeError, ImportError):
        return None
    loaded = [
        name.replace(".", "/") for name in [*sys.modules] if f"{name}.".startswith(f"{package}.")
    ]
    stems = {name.partition(".")[0].removesuffix("/__init__") for name in found}
    return found if stems.issuperset(loaded) else None


def _folder(package: str) -> Any:
    """The folder of a package, which may be in an archive."""
    folder = Path(__file__).parents[1]
    if folder.is_dir():
        return folder
    from importlib import resources  # takes as long to import as half of this package

    return resources.files(package)


def _collect(folder: Any, path: str, found: dict[str, Callable[[], bytes]]) -> None:
    """Add the files of a folder that decide code to `found`, and those of all below it."""
    for item in folder.iterdir():
        name = item.name
        if name.endswith(SOURCES):
            found[f"{path}/{name}"] = item.read_bytes
        elif name != "__pycache__" and item.is_dir():
            _collect(item, f"{path}/{name}", found)


def compiler_versions() -> dict[str, Callable[[], bytes]] | None:
    """The files that name the versions of Numba and llvmlite: read, never imported."""
    from importlib.util import find_spec

    found: dict[str, Callable[[], bytes]] = {}
    for package in ("numba", "llvmlite"):
        spec = find_spec(package)
        get_data = getattr(spec and spec.loader, "get_data", None)
        if spec is None or not spec.origin or get_data is None:
            return None
        place = str(Path(spec.origin).with_name("_version.py"))
        found[f"{package}/_version.py"] = functools.partial(get_data, place)
    return found


def sha256(data: bytes = b"") -> HASH:
    """Return a hash. What it loads, the library of OpenSSL, `import fastact` does without."""
    import hashlib

    return hashlib.sha256(data)


@functools.cache
def code_hash(idle: tuple[str, ...] = ()) -> str | None:
    """The hash of what decides all code alike, or None if that is not known.

    Files and folders of the package that are `idle` do not count.
    """
    sources, versions = package_sources(), compiler_versions()
    if sources is None or versions is None:
        return None
    digest = sha256()
    for name, read_bytes in sorted((sources | versions).items()):
        if name.partition("/")[2].startswith(idle):
            continue
        try:
            content = read_bytes()
        except OSError:
            return None
        digest.update(f"{name}\n{len(content)}\n".encode())
        digest.update(content)
    facts = [
        sys.implementation.cache_tag,
        getattr(sys, "abiflags", ""),
        platform.machine(),
        host(digest.copy()),
        *(f"{name}={os.environ.get(name)}" for name in DECISIVE),
    ]
    digest.update("\n".join(map(str, facts)).encode())
    return digest.hexdigest()


def host(digest: Any) -> str:
    """What LLVM calls this processor; the store keeps it, so that LLVM is asked once.

    `digest` is that of this version.
    """
    told = processor.facts()
    name = None
    if told is not None:
        digest.update(told.encode())
        name = f"processor.native.{digest.hexdigest()[:32]}{SUFFIX}"
        known = read(name)
        if known is not None:
            return known.decode()
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features().flatten()
    found = f"{llvm.get_process_triple()}\n{llvm.get_host_cpu_name()}\n{features}"
    write(name, found.encode())
    return found


def name_of(name: str, dtype: str, source: str) -> str | None:
    """The entry of a loop; `source` is what decides its code beside `code_hash`."""
    common = code_hash(IDLE)
    if common is None:
        return None
    digest = sha256(f"{name}\n{dtype}\n{common}\n{source}".encode()).hexdigest()
    return f"{name}.{dtype}.{digest[:32]}{SUFFIX}"


def header(name: str, code: bytes) -> bytes:
    """Return what an entry begins with: the format, its own name, the checksum of the code."""
    return MAGIC + name.encode() + b"\n" + sha256(code).digest()


def read(name: str | None) -> bytes | None:
    """The object code of an entry, or None if that is not what it holds."""
    if name is None:
        return None
    try:
        with opened(configured()) as place:
            content = _content(place.open(name, os.O_RDONLY))
    except (OSError, ValueError):
        return None
    code = content[len(header(name, b"")) :]
    return code if code and content == header(name, code) + code else None


def _content(descriptor: int) -> bytes:
    """What a file holds, if it is one of ours."""
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        check(status, stat.S_ISREG, "not a file")
        if status.st_size > LARGEST:
            raise UntrustedError(0, "too large")
        if time.time() - status.st_mtime > DAY and os.utime in os.supports_fd:
            with suppress(OSError):
                os.utime(descriptor)  # it is in use: see `prune`
        return file.read(LARGEST + 1)


def write(name: str | None, code: bytes) -> bool:
    """Keep object code as an entry, if that is possible."""
    if name is None:
        return False
    aside = f".{name}.{os.urandom(8).hex()}"
    try:
        with opened(configured()) as place:
            descriptor = place.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(header(name, code) + code)
                place.rename(aside, name)
            except OSError:
                with suppress(OSError):
                    place.unlink(aside)
                return False
            prune(place)
    except (OSError, ValueError):
        return False
    return True


def prune(place: Place) -> None:
    """Remove what nobody has read for long, once in a process."""
    if _pruned:
        return
    _pruned.append(True)
    at, oldest = place.descriptor, time.time() - UNUSED
    with os.scandir(place.path if at is None else at) as found:
        for each in found:
            with suppress(OSError):
                old = each.stat(follow_symlinks=False).st_mtime < oldest
                if old and OURS.fullmatch(each.name) and each.is_file(follow_symlinks=False):
                    place.unlink(each.name)


_pruned: list[bool] = []


def entries() -> list[Entry]:
    """What the store holds, of this and of other versions."""
    place = directory()
    if place is None:
        return []
    found = []
    for path in sorted(place.glob(f"*.*.*{SUFFIX}")):
        name, dtype = path.name.split(".")[:2]
        with suppress(OSError):
            found.append(Entry(name, dtype, path.lstat().st_size, path))
    return found
