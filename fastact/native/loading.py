"""A thread for whatever finds, imports, compiles or loads code.

Loading runs a great deal of Python and takes from a millisecond to many seconds, and it may happen
in any call, hence below any signal handler, at any depth of recursion and in any thread. If it were
interrupted, half of Numba would be imported. So it never runs in the thread that asks for it:
Python runs signal handlers in the main thread alone, a new thread starts with a recursion depth of
zero, and nobody else knows it, to raise an exception in it. The thread that asks waits. What is
raised in it while it waits is raised at once, and the code is finished for the next call; what is
raised by the loading itself is raised again in the thread that asked.

Loads go one after another, under a lock that is held across forks: a child never inherits a
compiler, or an import, in the middle of its work.
"""

from __future__ import annotations

import _thread
import atexit
import ctypes
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import BuiltinFunctionType
from typing import Any, TypeVar

T = TypeVar("T")

STACK = (
    2**24
)  # bytes; LLVM recurses, and some systems and programs make the stacks of threads small
AFTER_HOOKS = 0.002  # seconds, in which the hooks of a fork return
PATIENCE = (
    0.01  # seconds that a fork waits for a thread to leave the process after its work is done
)

_new_lock = _thread.allocate_lock
_start_thread = _thread.start_new_thread
_lock = threading.RLock()
_starting = [threading.RLock()]  # held for microseconds, while the stack's size is a loader's
_loaders: set[int] = set()  # the threads that load
_leaving: deque[int] = deque(maxlen=16)  # the kernel's numbers of threads that did their work


class FinalizingError(RuntimeError):
    """The interpreter is shutting down, and cannot import what loading needs."""


def loaded(work: Callable[[], T]) -> T:
    """The result of `work`, which runs under the lock, in a thread of its own where there can be.

    Raises
    ------
    FinalizingError
        If it fails because the interpreter is shutting down.
    """
    try:
        box = None if _here() else _start(work)
        return _locked(work) if box is None else _outcome(box)
    except Exception as error:
        if sys.is_finalizing() or sys.meta_path is None:
            raise FinalizingError(
                "fastact: the interpreter is shutting down, and this function was not called before"
            ) from error
        raise


def _locked(work: Callable[[], T]) -> T:
    if _owned():
        return work()
    # Other threads have ended when the interpreter has: one of them may have left the lock.
    if not _lock.acquire(blocking=not sys.is_finalizing()):
        raise RuntimeError("another thread was loading")
    try:
        with _noting_hooks():
            return work()
    finally:
        _lock.release()


def _here() -> bool:
    """Whether this thread has to load by itself.

    It does where it is loading already, where it holds the lock that Numba compiles under, and
    where new threads are none, or do not run.
    """
    numba = sys.modules.get("numba.core.compiler_lock")
    return (
        _thread.get_ident() in _loaders
        or (numba is not None and numba.global_compiler_lock.is_locked())
        or not isinstance(_start_thread, BuiltinFunctionType)  # gevent's
        or sys.is_finalizing()
    )


class _Box:
    """What a thread leaves for the one that waits for it."""

    def __init__(self) -> None:
        self.done = _new_lock()
        self.done.acquire()
        self.result: Any = None
        self.error: BaseException | None = None


def _start(work: Callable[[], T]) -> _Box | None:
    """A thread that does the work, or None if there can be none."""
    box = _Box()
    with _starting[0]:
        try:
            before = _thread.stack_size(STACK)
        except (ValueError, RuntimeError):
            before = -1
        try:
            _start_thread(_load, (work, box))
        except RuntimeError:
            return None
        finally:
            if before >= 0:
                _thread.stack_size(before)
    return box


def _load(work: Callable[[], T], box: _Box) -> None:
    me, number = _thread.get_ident(), threading.get_native_id()
    try:
        _loaders.add(me)
        trace, profile = threading.gettrace(), threading.getprofile()
        if trace or profile:
            sys.settrace(trace)
            sys.setprofile(profile)
        box.result = _locked(work)
    except BaseException as error:  # noqa: BLE001  # it is raised again, in the thread that waits
        box.error = error
    finally:
        _leaving.append(number)
        _loaders.discard(me)
        box.done.release()


def _outcome(box: _Box) -> Any:
    """What a thread has left, once it is done."""
    box.done.acquire()
    if box.error is None:
        return box.result
    try:
        raise box.error
    finally:
        del box


# ---------------------------------------------------------------- forks
_nested: list[bool] = []  # whether the thread that forks holds the lock anyway
_interruptions: list[BaseException] = []  # of a fork that waits for a load
_hooks: list[Callable[[], object]] = []  # before forks, registered by what is being loaded
_waited = [False]  # whether the fork that is under way waited already
_modules = [0]  # how many there were when this module's hook became the first to run


def _be_first() -> None:
    """Register the hook again: what is registered last runs first, before forks.

    A hook that runs earlier may hold a lock that the load needs, for which it then waits for ever:
    that of `logging` holds the one that each import of a module with a logger takes.
    """
    _modules[0] = len(sys.modules)
    os.register_at_fork(before=_before_fork)


def _before_fork() -> None:
    """Wait for what is being loaded, and for the thread that did it to be gone."""
    if _waited[0]:
        return
    _waited[0] = True
    _nested.append(_owned())
    known = len(_hooks)
    while not _owned():
        try:
            _lock.acquire()
        except BaseException as error:  # noqa: BLE001
            _interruptions.append(error)
    for hook in _hooks[known:]:  # Python has not seen them, and will call their counterparts
        hook()
    give_up = time.monotonic() + PATIENCE
    while _leaving and time.monotonic() < give_up:
        if not Path(f"/proc/self/task/{_leaving[-1]}").exists():
            _leaving.pop()
    _leaving.clear()


@contextmanager
def _noting_hooks() -> Iterator[None]:
    """Keep what is registered to be called before forks, in case that one is waiting."""
    register = getattr(os, "register_at_fork", None)
    if register is None:
        yield
        return
    if len(sys.modules) != _modules[0]:
        _be_first()

    def noting(**hooks: Any) -> None:
        register(**hooks)
        if hooks.get("before"):
            _hooks.append(hooks["before"])
            register(before=_before_fork)

    vars(os)["register_at_fork"] = noting
    try:
        yield
    finally:
        vars(os)["register_at_fork"] = register


def _owned() -> bool:
    """Whether this thread holds the lock."""
    return bool(_lock._is_owned())  # type: ignore[attr-defined]  # as Condition does


def _after_fork() -> None:
    _waited[0] = False
    if _owned() and not (_nested and _nested.pop()):
        _lock.release()


def _after_fork_in_parent() -> None:
    """Python drops what is raised in a hook of a fork: it is raised again once all have run."""
    _after_fork()
    if _interruptions:
        error = _interruptions[0]
        _interruptions.clear()
        with suppress(RuntimeError):
            _start_thread(_raise_soon, (_thread.get_ident(), error))


def _raise_soon(ident: int, error: BaseException) -> None:
    time.sleep(AFTER_HOOKS)
    _raise_in(ident, _again(error))


def _raise_in(ident: int, kind: type[BaseException]) -> None:
    function = ctypes.pythonapi.PyThreadState_SetAsyncExc
    function(ctypes.c_ulong(ident), ctypes.py_object(kind))


def _after_fork_in_child() -> None:
    _after_fork()
    _starting[0] = threading.RLock()
    _interruptions.clear()
    _loaders.intersection_update({_thread.get_ident()})


def _again(error: BaseException) -> type[BaseException]:
    """A class of the kind of `error` that makes the same error when Python instantiates it."""

    def init(self: BaseException) -> None:
        BaseException.__init__(self, *error.args)
        self.__cause__ = error

    kind = type(error)
    return type(kind.__name__, (kind,), {"__init__": init, "__module__": kind.__module__})


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )


# ---------------------------------------------------------------- the end
def _at_exit() -> None:
    """Stop threads that load: LLVM must not be taken down while one is inside it."""
    while alive := _loaders.intersection(sys._current_frames()):
        for ident in alive:
            _raise_in(ident, SystemExit)
        with suppress(BaseException):  # a second Ctrl-C does not end the process sooner
            time.sleep(0.01)


atexit.register(_at_exit)
