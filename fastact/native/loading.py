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
import functools
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

# Bytes of a loader's stack: LLVM recurses, and some systems and programs give threads small ones.
STACK = 2**24
# Seconds until an error is raised that a fork held back: the hooks of the fork return in them.
AFTER_HOOKS = 0.002
# Seconds that a fork, and the next load, wait for a thread whose work is done to leave the process.
PATIENCE = 0.2
# Seconds between looks whether it has left.
MOMENT = 1e-4
# Seconds between looks whether the threads that load have ended, at the end of the process.
BETWEEN_LOOKS = 0.01
# Seconds, after which a thread that waits to load looks whether the process ends.
A_LOOK = 0.05

_new_lock = _thread.allocate_lock
_start_thread = _thread.start_new_thread
_lock = threading.RLock()
_starting = [threading.RLock()]  # held while new threads get a loader's stack: microseconds
_loaders: set[int] = set()  # Python's numbers of the threads that load
_leaving: deque[int] = deque(maxlen=16)  # the kernel's numbers of threads whose work is done
_ending = [False]  # whether the process ends


def refuse_reload(module: dict[str, Any]) -> None:
    """Raise an error if the module with these globals runs again: it holds the process's state."""
    if module.get("_has_run"):
        raise cannot_reload(module["__name__"])
    module["_has_run"] = True


def cannot_reload(name: str) -> ImportError:
    return ImportError(
        f"{name} cannot be reloaded alone: it holds what the rest of fastact refers to. "
        "importlib.reload(fastact) works, and changed code needs a new process"
    )


refuse_reload(globals())


def in_subinterpreter() -> bool:
    """Whether this is an interpreter beside the first, where threads that load would hang.

    Native code calls Python by functions (PyGILState_Ensure) that know the first one alone.
    """
    current, main = (
        ctypes.PYFUNCTYPE(ctypes.c_void_p)((f"PyInterpreterState_{which}", ctypes.pythonapi))()
        for which in ("Get", "Main")
    )
    return bool(current != main)


class FinalizingError(RuntimeError):
    """The interpreter is shutting down, and cannot import what loading needs."""


def loaded(work: Callable[[], T]) -> T:
    """The result of `work`, which runs under the lock, and in a new thread where there can be one.

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
    """Return the result of `work`, done in this thread, under the lock."""
    if _owned():
        return work()
    if not _acquire():
        raise RuntimeError("another thread was loading")
    try:
        with _noting_hooks():
            return work()
    finally:
        _lock.release()


def _acquire() -> bool:
    """Wait for the lock; false if the process ends meanwhile.

    Other threads have ended when the interpreter has: one of them may have left the lock.
    """
    if sys.is_finalizing():
        return _lock.acquire(blocking=False)
    while not _lock.acquire(timeout=A_LOOK):
        if _ending[0]:
            return False
    return True


def _here() -> bool:
    """Whether this thread has to load by itself.

    It does where it is loading already, where it holds the lock that Numba compiles under, where
    gevent makes greenlets of new threads, and where the interpreter starts none any more.
    """
    numba = sys.modules.get("numba.core.compiler_lock")
    return (
        _thread.get_ident() in _loaders
        or (numba is not None and numba.global_compiler_lock.is_locked())
        or not isinstance(_start_thread, BuiltinFunctionType)  # gevent's
        or sys.is_finalizing()
    )


class _Box:
    """Where a thread leaves its result or error, and releases the lock `done`, for who waits."""

    def __init__(self) -> None:
        self.done = _new_lock()
        self.done.acquire()
        self.result: Any = None
        self.error: BaseException | None = None


def _start(work: Callable[[], T]) -> _Box | None:
    """A thread that does the work, or None if there can be none."""
    _until_left()
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
    """Do the work in this new thread, and leave the result or the error in the box."""
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
        while _owned():  # `_at_exit` has ended it between one instruction and the next
            _lock.release()
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
_nested: list[bool] = []  # whether the thread that forks held the lock before the fork
_interruptions: list[BaseException] = []  # what was raised while a fork waited for a load
_hooks: list[Callable[[], object]] = []  # hooks before forks, registered by what is being loaded
_waited = [False]  # whether the fork that is under way has waited for loads
_modules = [0]  # how many modules there were when this module's hook was last registered


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
    # Hooks that were registered meanwhile: Python calls those after the fork, but not these.
    for hook in _hooks[known:]:
        hook()
    _until_left()


def _until_left() -> None:
    """Wait for threads whose work is done to leave the process.

    One that is still there, on a busy machine, while the next one loads, is given a stack of its
    own, and by glibc a heap of its own, both of which stay.
    """
    give_up = time.monotonic() + PATIENCE
    while _leaving and time.monotonic() < give_up:
        with suppress(IndexError, ValueError):  # another thread has taken it
            number = _leaving[-1]
            if Path(f"/proc/self/task/{number}").exists():
                time.sleep(MOMENT)
            else:
                _leaving.remove(number)
    _leaving.clear()


@contextmanager
def _noting_hooks() -> Iterator[None]:
    """Note what hooks the work registers before forks, in case that a fork is waiting."""
    register = getattr(os, "register_at_fork", None)
    if register is None:
        yield
        return
    if len(sys.modules) != _modules[0]:
        _be_first()

    def noting(**hooks: Any) -> None:
        """Register hooks, note those before forks, and let this module's run before them again."""
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
    """Release the lock, unless the thread that forked had it before."""
    _waited[0] = False
    if _owned() and not (_nested and _nested.pop()):
        _lock.release()


def _after_fork_in_parent() -> None:
    """Raise again what was raised while the fork waited: Python drops what a hook raises."""
    _after_fork()
    if _interruptions:
        error = _interruptions[0]
        _interruptions.clear()
        with suppress(RuntimeError):
            _start_thread(_raise_soon, (_thread.get_ident(), error))


def _raise_soon(ident: int, error: BaseException) -> None:
    """Raise an error in a thread once the hooks of its fork have returned."""
    time.sleep(AFTER_HOOKS)
    _raise_in(ident, _again(error))


def _raise_in(ident: int, kind: type[BaseException]) -> None:
    """Have Python raise an exception of this kind in a thread, at its next bytecode."""
    function = ctypes.pythonapi.PyThreadState_SetAsyncExc
    function(ctypes.c_ulong(ident), ctypes.py_object(kind))


def _after_fork_in_child() -> None:
    """Forget the parent's threads: this one is the only thread here."""
    _after_fork()
    _starting[0] = threading.RLock()
    _interruptions.clear()
    _loaders.intersection_update({_thread.get_ident()})


def _again(error: BaseException) -> type[BaseException]:
    """A class whose instance, which Python makes without arguments, is like `error`."""

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
    _ending[0], sys.unraisablehook = True, functools.partial(_unraisable, sys.unraisablehook)
    while alive := _loaders.intersection(sys._current_frames()):
        for ident in alive:
            _raise_in(ident, SystemExit)
        with suppress(BaseException):  # a second Ctrl-C does not end the process sooner
            time.sleep(BETWEEN_LOOKS)


def _unraisable(hook: Callable[[Any], Any], what: Any) -> None:
    """Say nothing where a thread is told to stop in a callback of Python's, which drops that.

    It is told again.
    """
    if not (what.exc_type is SystemExit and _thread.get_ident() in _loaders):
        hook(what)


atexit.register(_at_exit)
