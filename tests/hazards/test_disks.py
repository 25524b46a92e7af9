"""File systems that are full, tiny or read-only, which stop root too: mounted for a test alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hazards.scripts import run


def can_mount() -> bool:
    """Whether this process may mount file systems where nobody else sees them."""
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        return not subprocess.run(command, capture_output=True, check=False).returncode
    except OSError:
        return False


KINDS = {"64 KB": "size=64k", "full": "size=64k", "no more files": "nr_inodes=2", "read-only": ""}
CALLS = """
import ctypes, errno
import fastact as fa
from fastact.native import store

CLONE_NEWNS, MS_RDONLY, MS_REC, MS_PRIVATE = 0x20000, 1, 0x4000, 0x40000
libc = ctypes.CDLL(None, use_errno=True)

def mount(kind, flags, options, place):
    if libc.mount(b"none", place.encode(), kind, flags, options.encode()):
        raise OSError(ctypes.get_errno(), "mount")

def calls_on(kind, options):
    if libc.unshare(CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "unshare")
    mount(None, MS_REC | MS_PRIVATE, "", "/")
    mount(b"tmpfs", MS_RDONLY if kind == "read-only" else 0, "mode=700," + options, PLACE)
    if kind == "full":
        with open(PLACE + "/other", "wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC
    assert store.directory() is not None  # it is this user's
    assert fa.relu(np.float32([-1, 2])).tolist() == [0, 2]
    assert fa.hard_tanh(np.float32([-3, 0.5])).tolist() == [-1, 0.5]
    assert not store.write("large.x.bin", bytes(2**20))
    left = sorted(name for name in os.listdir(PLACE) if name.startswith("."))
    assert not left, left  # nothing half written stays

fa.relu(1.0)  # Numba is imported here, once
assert "numba" in sys.modules
for kind, options in KINDS.items():
    assert ended(in_child(lambda: calls_on(kind, options), 0)) == 0, kind
"""


@pytest.mark.skipif(
    not (sys.platform.startswith("linux") and can_mount()), reason="only root can mount"
)
def test_file_systems_that_take_nothing(tmp_path: Path) -> None:
    run(f"PLACE, KINDS = {str(tmp_path)!r}, {KINDS}\n" + CALLS, FASTACT_CACHE_DIR=str(tmp_path))


# As `docker run --read-only --user 65534` has it: no file system takes files, whose owners do not
# matter, and there is no home. Reading is allowed, wherever the interpreter lies.
READ_ONLY = """
mount --make-rprivate / && for place in $(findmnt -rno TARGET); do
    mount -o remount,bind,ro "$place" || mount -o remount,ro "$place" || exit 1
done 2> /dev/null
exec setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
    --inh-caps -all,+dac_read_search --ambient-caps -all,+dac_read_search "$@"
"""
IN_A_CONTAINER = """
import errno
import fastact as fa
assert os.getuid() == os.geteuid() == 65534
for place in ("/tmp", "/dev/shm"):
    try:
        open(place + "/fastact-canary", "w")
    except OSError as error:
        assert error.errno == errno.EROFS, error
    else:
        raise AssertionError(f"{place} can be written to")
for name, (call, wanted) in itertools.islice(calls().items(), 3):
    right(name, call(), wanted)
assert "numba" in sys.modules, "the store is not this user's"
"""


@pytest.mark.skipif(
    not (sys.platform.startswith("linux") and can_mount() and shutil.which("setpriv")),
    reason="only root can mount",
)
@pytest.mark.parametrize("home", ["/", "/nonexistent", "/root"])
def test_read_only_container_of_nobody(home: str) -> None:
    """Import and calls, with a store of another user's and without one."""
    run(
        IN_A_CONTAINER,
        below=("unshare", "--mount", "sh", "-c", READ_ONLY, "sh"),
        HOME=home,
        FASTACT_CACHE_DIR="" if home == "/nonexistent" else os.environ.get("FASTACT_CACHE_DIR", ""),
        XDG_CACHE_HOME="",
        timeout=300,
    )
