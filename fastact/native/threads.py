"""How many threads a call may use, and the pool that runs them.

The threads are native: made by ``pthread_create`` from a loop that runs without the GIL, at the
first call that is large enough, never on import. They need no Python, so they survive a patched
``threading``, a process that is shutting down and callers that meet. A second caller, while one is
at work, runs alone. ``native/pool.py`` holds their code.

Where unnamed POSIX semaphores are missing (macOS, Windows), and where the machine is neither x86-64
nor aarch64, every call runs on the calling thread.
"""

from __future__ import annotations

import contextvars
import ctypes
import functools
import math
import operator
import os
import reprlib
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self, SupportsIndex
from weakref import ref

from fastact.native import glue, loading, pool
from fastact.native.immortal import immortal
from fastact.native.pool_layout import MAX_THREADS

loading.refuse_reload(globals())

VARIABLES = ("FASTACT_NUM_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS")

# The limit of a context, 0 where it has none.
override: contextvars.ContextVar[int] = contextvars.ContextVar("fastact_num_threads", default=0)
# Functions whose calls go to their ufuncs without Python; None once there may be none.
_direct: set[ref[Any]] | None = set()

_state: dict[str, Any] = {}  # block, limit, key; each is there from its first need on
_slot = threading.local()  # `n`: what this thread's native slot holds
_forking: list[int] = []  # the thread whose fork keeps the pool from being used

DIGITS = 9  # at most, of a number of threads: Python refuses to read thousands of them
# Seconds that a fork waits until the kernel no longer counts workers that have been joined.
PATIENCE = 0.01


def parse_count(text: str | None) -> int | None:
    """Number of threads that a variable asks for: "4,2" is 4; None if unset or malformed."""
    first = (text or "").split(",")[0].strip()
    readable = first.isascii() and first.isdigit() and len(first) <= DIGITS
    return int(first) or None if readable else None


def malformed(environment: Mapping[str, str]) -> list[str]:
    """The variables that are set, and to no number of threads."""
    given = {name: environment.get(name, "") for name in VARIABLES}
    return [name for name, text in given.items() if text.strip() and parse_count(text) is None]


def quota(directory: Path) -> float | None:
    """CPUs that one cgroup directory allows, from either version's files; None if unlimited."""
    try:
        fields = (directory / "cpu.max").read_text().split()
    except OSError:
        try:
            names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
            fields = [(directory / name).read_text().strip() for name in names]
        except OSError:
            return None
    if len(fields) != 2 or not all(f.isascii() and f.isdigit() and int(f) > 0 for f in fields):
        return None  # "max" and -1 are no limit
    return int(fields[0]) / int(fields[1])


def cgroup_directories(root: Path) -> Iterator[Path]:
    """The directories of this process's CPU cgroups and of all above them, where they may be."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        number, controllers, path = [*line.split(":", 2), "", ""][:3]
        if number == "0" and not controllers:
            mounts = [".", "unified"]
        elif "cpu" in controllers.split(","):
            mounts = [controllers, "cpu"]
        else:
            continue
        parts = [part for part in path.split("/") if part not in ("", "..")]
        # In a container the path may be the host's, of which only the upper directories are there.
        for mount in mounts:
            base = root / "sys/fs/cgroup" / mount
            yield from (base.joinpath(*parts[:k]) for k in range(len(parts), -1, -1))


def cgroup_cpus(root: Path) -> int | None:
    """Smallest CPU quota of the cgroups below `root`, rounded up; None if there is none.

    Parameters
    ----------
    root
        The root of the file system: ``/``, or a copy of its ``proc`` and ``sys`` in a test.
    """
    found = [q for q in map(quota, cgroup_directories(root)) if q is not None]
    return math.ceil(min(found)) if found else None


def available_cpus() -> int:
    """CPUs that this thread may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def limits(environment: Mapping[str, str], root: Path) -> dict[str, int]:
    """Everything that bounds the default number of threads, by where it comes from."""
    asked = {name: parse_count(environment.get(name)) for name in VARIABLES}
    machine = {"affinity": available_cpus(), "cgroup": cgroup_cpus(root)}
    return {name: n for name, n in (asked | machine).items() if n is not None}


def _default() -> tuple[int, str]:
    """The least of the environment's wishes, the CPU affinity and the cgroup quota; its source."""
    found = limits(os.environ, Path("/"))
    source = min(found, key=found.__getitem__)
    return min(found[source], MAX_THREADS), source


def _limit() -> tuple[int, str]:
    """The process's number of threads and where it comes from."""
    if "limit" not in _state:
        _state.setdefault("limit", _default())
        for name in malformed(os.environ):
            text = reprlib.repr(os.environ[name])
            warnings.warn(f"fastact ignores {name}={text}: not a number of threads", stacklevel=2)
    limit: tuple[int, str] = _state["limit"]
    return limit


def _checked(n: SupportsIndex, function: str) -> int:
    """Return a user's number of threads as an int, or raise an error."""
    try:
        count = None if isinstance(n, bool) else operator.index(n)
    except TypeError as error:
        if error.__traceback__ and error.__traceback__.tb_next:
            raise  # of a handler of a signal, say
        count = None
    if count is None:
        raise TypeError(f"{function}: n must be an integer, got {n!r}")
    if not 1 <= count <= MAX_THREADS:
        raise ValueError(f"{function}: n must be from 1 to {MAX_THREADS}, got {n!r}")
    return count


def block() -> int:
    """Address of this process's launch block, built at the first call and never freed."""
    if "block" not in _state:
        loading.loaded(_build)
    return int(_state["block"])


def _build() -> None:
    """Build the block of this process, if nobody has meanwhile."""
    if "block" not in _state:
        _state["block"] = pool.build(available_cpus() - 1)
        _word("main").value = threading.main_thread().ident or 0
        _apply()


def _word(name: str) -> ctypes.c_int64:
    return pool.word(_state["block"], name)


def _get(name: str) -> int:
    """A word of the block; 0 as long as there is no block."""
    return _word(name).value if "block" in _state else 0


def _apply() -> None:
    """Bring the block in line with the limit and the overrides in use."""
    if not _get("launch"):
        return
    limit = _limit()[0]
    _word("limit").value, _word("failed").value = limit, 0
    _word("key").value = _state.get("key", -1)
    _word("cutover").value = pool.CUTOVER  # of one thread, too: signals are looked for there


def _new_key() -> int:
    """A native slot that every thread has, zero at first; -1 where there are no native threads."""
    key = ctypes.c_uint()
    if pool.libc() is None or _native().pthread_key_create(ctypes.byref(key), None):
        return -1
    return key.value


@functools.cache
def _native() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def sync() -> None:
    """Tell this thread's native slot the override of the current context.

    ``num_threads`` does it on entry and exit; `call` and the native code before ufuncs do it for
    callers that may run in another task than the one that entered.
    """
    n = override.get()
    key = _state.get("key", -1)
    if getattr(_slot, "n", 0) == n or key < 0:
        return
    _native().pthread_setspecific(ctypes.c_uint(key), ctypes.c_void_p(n))
    _slot.n = n


def _tell_native_code(key: int) -> None:
    """Let native code compare the limit of the context with that in the slot, and call `sync`."""
    if key < 0:
        return
    python = glue.python()
    python.key, python.limit, python.sync = key, id(immortal(override)), id(immortal(sync))
    python.own_limit = ctypes.cast(_native().pthread_getspecific, ctypes.c_void_p).value


# How a ufunc or a loop is called with the thread limit of the calling context. As long as nobody
# has entered `num_threads` the process's limit is the only one, and this is a plain call. Callers
# look it up in this module each time, since it changes then.
call: Callable[..., Any] = operator.call


def _call_in_context(function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Any:
    """Call with the context's number of threads: what `call` is once `num_threads` was entered."""
    sync()
    return function(*arguments, **options)


def direct_until(function: Any) -> bool:
    """Whether calls may go to the ufunc without Python.

    If so, `_detour` of the function is called when they may no longer.
    """
    if _direct is None:
        return False
    _direct.add(ref(function, _direct.discard))
    return True


def end_direct_calls() -> None:
    """From now on, let all calls go through Python."""
    global _direct  # the state of the process
    waiting, _direct = _direct or set(), None
    detour(waiting)


def detour(functions: set[ref[Any]]) -> None:
    """Let calls of those functions that are still there go through Python, for good."""
    if _direct is not None:
        _direct.difference_update(functions)
    for function in [each() for each in list(functions)]:
        if function is not None:
            function._detour()


def set_num_threads(n: SupportsIndex) -> None:
    """Let calls of this process use up to `n` threads, the calling one included.

    Parameters
    ----------
    n
        From 1 to 1024; it may exceed the number of cores. Results have the same bits for any.

    Raises
    ------
    TypeError, ValueError
        If `n` is not an integer, or out of range.
    """
    _state["limit"] = (_checked(n, "set_num_threads"), "set_num_threads")
    _apply()


def get_num_threads() -> int:
    """The number of threads that a call made here may use: the context's, else the process's.

    The context's is that of the `num_threads` around it. The process's is that of
    `set_num_threads`, or else the smallest of ``FASTACT_NUM_THREADS``, ``NUMBA_NUM_THREADS`` and
    ``OMP_NUM_THREADS`` where they are set, the CPU affinity and the quota of the container.

    Examples
    --------
    >>> import fastact as fa
    >>> with fa.num_threads(2):
    ...     fa.get_num_threads()
    2
    """
    return override.get() or _limit()[0]


class num_threads:  # noqa: N801 - used like a function
    """Context manager: calls in this context (thread or asyncio task) use up to `n` threads.

    Parameters
    ----------
    n
        From 1 to 1024, as for `set_num_threads`.

    Raises
    ------
    TypeError, ValueError
        If `n` is not an integer, or out of range.

    Examples
    --------
    >>> with num_threads(1):
    ...     get_num_threads()
    1
    """

    def __init__(self, n: SupportsIndex) -> None:
        self.n = _checked(n, "num_threads")
        self._tokens: list[contextvars.Token[int]] = []

    __init__.__qualname__ = __qualname__  # by which Python calls it in its messages

    def __enter__(self) -> Self:
        global call  # noqa: PLW0603  # the state of the process
        if call is not _call_in_context:
            _state.setdefault("key", _new_key())
            _tell_native_code(_state["key"])
            call = _call_in_context
            _apply()
        self._tokens.append(override.set(self.n))
        sync()
        return self

    def __exit__(self, *exception: object) -> None:
        override.reset(self._tokens.pop())
        sync()


def stats() -> dict[str, int | str | bool]:
    """The pool: limit and its source, workers alive and parked, launches, cut-over."""
    limit, source = _limit()
    found: dict[str, int | str | bool] = {"threads": limit, "source": source}
    found["native"] = bool(_get("launch"))
    found |= {name: _get(name) for name in ("workers", "launches", "cutover")}
    return found | {"parked": sum(pool.parked(_state["block"], i) for i in range(_get("workers")))}


def _before_fork() -> None:
    """End the workers, unless a launch is under way: a fork should see a single thread.

    Python 3.12 and later count the threads of the process right after the fork, and the kernel
    counts a thread for a moment after it has been joined.
    """
    if not _get("workers"):
        return
    before = _count_tasks()
    ended = ctypes.PYFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)(_get("quiesce"))(block())
    if ended < 0:
        return
    _forking.append(threading.get_ident())
    give_up = time.monotonic() + PATIENCE
    while _count_tasks() > before - ended and time.monotonic() < give_up:
        time.sleep(0)


def _count_tasks() -> int:
    """Return how many threads the kernel counts in this process, 0 if it does not say."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir())
    except OSError:
        return 0


def _after_fork_in_parent() -> None:
    """Let the pool be used again: workers start with the next launch."""
    if threading.get_ident() in _forking:
        _forking.clear()
        _word("busy").value = 0


def _after_fork_in_child() -> None:
    """Whatever the parent's threads were doing: no workers, no job, no caller."""
    _forking.clear()
    if not _get("launch"):
        return
    _word("main").value = threading.get_ident()
    for name in ("workers", "failed", "stop", "state", "launches", "busy"):
        _word(name).value = 0
    _word("owner").value = 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
